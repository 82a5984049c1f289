/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory of this process as memory of QEMU. What a driver maps for a card at an IOVA becomes QEMU's
 * memory at that address: the pages of the process are exchanged for those of a file that QEMU has
 * mapped, with their contents; when they are unmapped, the process gets its own pages back.
 *
 * There are two files: what a card has below 2 GiB is its own; from 4 GiB on all cards of the
 * process share one, so that two can reach one pool. There a virtual address is its own IOVA (where
 * the library puts its arenas, no sanitizer does that), so the cards agree. Nothing is at the IOVAs
 * in between.
 *
 * A file has only pages that somebody touched: so it is known whether the card touched any that was
 * not mapped.
 */
#ifndef PLX_QTEST_MEMORY_H
#define PLX_QTEST_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

struct memory {
	int low, high; /* memfds */
};

/* 0 or -errno */
int memory_init(struct memory *m);
void memory_fini(struct memory *m);

/*
 * @len bytes at @va, whole pages of a shared mapping, are QEMU's at @iova: 0; -ERANGE (QEMU has no memory there), -EEXIST
 * (they are elsewhere already, or others are there), -errno. The same once more is counted.
 */
int memory_map(struct memory *m, uint64_t iova, uint64_t len, uint64_t va);
void memory_unmap(struct memory *m, uint64_t iova, uint64_t len, uint64_t va);

/* Did the card touch memory that was not mapped? Then *@iova is some of it. */
bool memory_strayed(const struct memory *m, uint64_t *iova);

#endif
