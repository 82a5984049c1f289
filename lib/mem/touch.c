/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory made present as a kernel would that pins it.
 */
#define _GNU_SOURCE
#include "mem/touch.h"

#include <errno.h>
#include <sys/mman.h>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ  22 /* Linux 5.14 */
#define MADV_POPULATE_WRITE 23
#endif

#define SHIFT 12

/* Does the kernel know MADV_POPULATE? The stack says. */
static bool can_populate(void)
{
	char here = 0;
	uintptr_t page = (uintptr_t)&here & ~(((uintptr_t)1 << SHIFT) - 1);

	return !madvise((void *)page, 1u << SHIFT, MADV_POPULATE_READ);
}

int plx_memory_touch(uint64_t va, uint64_t len, bool write)
{
	void *at = (void *)(uintptr_t)va;

	if (!madvise(at, len, write ? MADV_POPULATE_WRITE : MADV_POPULATE_READ))
		return 0;
	/* Before Linux 5.14: what is mapped must do. */
	if (errno == EINVAL && !can_populate() && !madvise(at, len, MADV_NORMAL))
		return 0;
	return EFAULT;
}
