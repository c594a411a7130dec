// SPDX-License-Identifier: GPL-2.0-only
/*
 * beside.c: programs in the folder of this one
 */
#include <sys/stat.h>

#include "lib/beside.h"

bool beside_is_ours(const char *path)
{
	struct stat own, link, target;

	if (stat("/proc/self/exe", &own) || lstat(path, &link) || stat(path, &target))
		return false;
	return (!link.st_uid || link.st_uid == own.st_uid) &&
	       (!target.st_uid || target.st_uid == own.st_uid);
}
