// SPDX-License-Identifier: GPL-2.0-only
/*
 * qmp.c: QEMU's monitor: one command, one answer, within a deadline
 *
 * The protocol is JSON, a line each way (QEMU's docs/interop/qmp-spec). QEMU greets, is told
 * "qmp_capabilities", and from then on answers commands by their id; events come whenever they like.
 * Every answer is host software's, yet none is trusted: a line that is no JSON, or endless, breaks
 * the monitor for good, and the run goes on without it.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "vm/vm.h"

/* The registers of 512 CPUs are 1.1 MB of text. */
#define LINE_MAX_SIZE (16ul << 20)

static void break_monitor(struct vm_qmp *qmp, const char *why)
{
	if (!qmp->broken)
		snprintf(qmp->error, sizeof(qmp->error), "QEMU's monitor %s", why);
	qmp->broken = true;
}

/* Takes one line: an answer becomes @qmp->answer, anything else is noted. */
static void take_line(struct vm_qmp *qmp, const char *line, size_t length)
{
	json_t *object = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
	const json_t *id = json_object_get(object, "id");
	const char *event = json_string_value(json_object_get(object, "event"));

	if (!json_is_object(object)) {
		break_monitor(qmp, "sent something that is no JSON object");
	} else if (json_object_get(object, "QMP")) {
		qmp->greeted = true;
	} else if (event) {
		const json_t *guest = json_object_get(json_object_get(object, "data"), "guest");

		if (!strcmp(event, "SHUTDOWN") && json_is_true(guest))
			qmp->guest_ended = true;
	} else if (json_is_integer(id) && json_integer_value(id) == qmp->id && !qmp->answer) {
		qmp->answer = json_incref(object);
	}
	/* What is left are answers nobody waits for any more. */
	json_decref(object);
}

static void take_bytes(struct vm_qmp *qmp, const char *bytes, size_t size)
{
	if (qmp->used + size > qmp->size) {
		const size_t wanted = 2 * (qmp->used + size);
		char *text = wanted > LINE_MAX_SIZE ? NULL : realloc(qmp->text, wanted);

		if (!text) {
			break_monitor(qmp, "sent more than any answer has");
			return;
		}
		qmp->text = text;
		qmp->size = wanted;
	}
	for (size_t i = 0; i < size; i++) {
		qmp->text[qmp->used++] = bytes[i];
		if (bytes[i] != '\n')
			continue;
		if (qmp->text[0] != '\n' && qmp->text[0] != '\r')
			take_line(qmp, qmp->text, qmp->used - 1);
		qmp->used = 0;
	}
}

void vm_qmp_read(struct vm_qmp *qmp)
{
	char bytes[65536];
	ssize_t got;

	while (!qmp->broken && (got = recv(qmp->fd, bytes, sizeof(bytes), MSG_DONTWAIT)) != 0) {
		if (got > 0)
			take_bytes(qmp, bytes, got);
		else if (errno == EAGAIN)
			return;
		else if (errno != EINTR)
			break_monitor(qmp, strerror(errno));
	}
	break_monitor(qmp, "was closed");
}

static bool send_all(struct vm_qmp *qmp, const char *text)
{
	size_t left = strlen(text);

	while (left) {
		ssize_t sent = send(qmp->fd, text, left, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0) {
			break_monitor(qmp, "takes no commands");
			return false;
		}
		text += sent;
		left -= sent;
	}
	return true;
}

void vm_qmp_open(struct vm_qmp *qmp, int fd)
{
	*qmp = (struct vm_qmp){ .fd = fd };
	/* QEMU reads this once it has greeted. */
	send_all(qmp, "{\"execute\":\"qmp_capabilities\",\"id\":0}\n");
}

bool vm_qmp_send(struct vm_qmp *qmp, const char *command, json_t *arguments)
{
	json_t *object = json_pack("{s:s, s:I, s:o*}", "execute", command, "id",
				   (json_int_t)(qmp->id + 1), "arguments", arguments);
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
	bool sent;

	json_decref(object);
	json_decref(qmp->answer);
	qmp->answer = NULL;
	qmp->id++;
	qmp->error[0] = qmp->broken ? qmp->error[0] : '\0';
	sent = text && !qmp->broken && send_all(qmp, text) && send_all(qmp, "\n");
	free(text);
	return sent;
}

json_t *vm_qmp_answer(struct vm_qmp *qmp, double timeout_s)
{
	const double deadline = vm_wall_s() + timeout_s;
	struct pollfd wait = { .fd = qmp->fd, .events = POLLIN };
	json_t *value;

	for (;;) {
		const double left = deadline - vm_wall_s();

		vm_qmp_read(qmp);
		if (qmp->answer || qmp->broken || left <= 0)
			break;
		poll(&wait, 1, left * 1000 + 1);
	}
	value = json_incref(json_object_get(qmp->answer, "return"));
	if (!value && qmp->answer) {
		const char *said = json_string_value(
			json_object_get(json_object_get(qmp->answer, "error"), "desc"));

		snprintf(qmp->error, sizeof(qmp->error), "QEMU's monitor says: %.120s",
			 said ? said : "nothing that makes sense");
	} else if (!value && !qmp->broken) {
		snprintf(qmp->error, sizeof(qmp->error),
			 "QEMU's monitor has not answered for %.1f s", timeout_s);
	}
	json_decref(qmp->answer);
	qmp->answer = NULL;
	return value;
}

json_t *vm_qmp_execute(struct vm_qmp *qmp, const char *command, json_t *arguments, double timeout_s)
{
	return vm_qmp_send(qmp, command, arguments) ? vm_qmp_answer(qmp, timeout_s) : NULL;
}

bool vm_qmp_send_monitor(struct vm_qmp *qmp, int cpu, const char *command_line)
{
	json_t *arguments = json_pack("{s:s}", "command-line", command_line);

	if (cpu >= 0)
		json_object_set_new(arguments, "cpu-index", json_integer(cpu));
	return vm_qmp_send(qmp, "human-monitor-command", arguments);
}

json_t *vm_qmp_monitor(struct vm_qmp *qmp, int cpu, const char *command_line, double timeout_s)
{
	json_t *value =
		vm_qmp_send_monitor(qmp, cpu, command_line) ? vm_qmp_answer(qmp, timeout_s) : NULL;

	if (value && !json_is_string(value)) {
		json_decref(value);
		value = NULL;
		snprintf(qmp->error, sizeof(qmp->error), "QEMU's monitor has no text for '%s'",
			 command_line);
	}
	return value;
}

void vm_qmp_close(struct vm_qmp *qmp)
{
	free(qmp->text);
	json_decref(qmp->answer);
	qmp->text = NULL;
	qmp->answer = NULL;
	qmp->broken = true;
}
