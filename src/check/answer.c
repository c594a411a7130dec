// SPDX-License-Identifier: GPL-2.0-only
/*
 * answer.c: the list of answers
 */
#include <stdlib.h>
#include <string.h>

#include "check/check.h"
#include "lib/say.h"

struct check_answer *check_answer_new(struct check_answer **list, const char *path,
				      const char *member)
{
	struct check_answer *answer = calloc(1, sizeof(*answer));

	if (answer) {
		answer->path = strdup(path);
		answer->member = member ? strdup(member) : NULL;
	}
	if (!answer || !answer->path || (member && !answer->member))
		die(EXIT_UNKNOWN, "out of memory");
	kernel_finding_unknown(&answer->finding, "");
	while (*list)
		list = &(*list)->next;
	*list = answer;
	return answer;
}

void check_answers_free(struct check_answer *list)
{
	while (list) {
		struct check_answer *next = list->next;

		free(list->path);
		free(list->member);
		free(list);
		list = next;
	}
}
