/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * beside.h: programs in the folder of this one
 */
#ifndef ICACHE_IPI_LIB_BESIDE_H
#define ICACHE_IPI_LIB_BESIDE_H

#include <stdbool.h>

/*
 * May this program run the one at @path, in its own folder? It, and the link that it may be, belong to root or to
 * who owns this program: in a folder that anybody writes to (/tmp) somebody else's may stand beside ours.
 */
bool beside_is_ours(const char *path);

#endif
