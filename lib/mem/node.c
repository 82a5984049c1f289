/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Anonymous memory on a NUMA node.
 */
#include "mem/node.h"

#include <errno.h>
#include <numa.h>
#include <numaif.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

/* @size in whole pages; 0 when it is zero or overflows. */
static size_t whole_pages(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (size > SIZE_MAX - (page - 1))
		return 0;
	return (size + page - 1) & ~(page - 1);
}

/*
 * mbind() itself rather than numa_tonode_memory(): that one prints to stderr when it fails,
 * and tells its caller nothing.
 */
int plx_node_prefer(void *mem, size_t size, int node)
{
	struct bitmask *mask;
	long rc;

	if (node < 0 || numa_available() < 0)
		return 0;
	mask = numa_allocate_nodemask();
	if (!mask)
		return -1;
	numa_bitmask_setbit(mask, (unsigned)node);
	rc = mbind(mem, size, MPOL_PREFERRED, mask->maskp, mask->size + 1, 0);
	numa_free_nodemask(mask);
	return rc ? -1 : 0;
}

/*
 * Now, because a page fault in a burst loop costs more than the burst. Kernels before 5.14 do
 * not know the request; their pages come at first touch.
 */
static int fault_in(void *mem, size_t size)
{
	if (madvise(mem, size, MADV_POPULATE_WRITE) && errno != EINVAL)
		return -1;
	return 0;
}

bool plx_node_valid(int node)
{
	if (node < 0 || numa_available() < 0)
		return node >= -1;
	return node <= numa_max_node() && numa_bitmask_isbitset(numa_all_nodes_ptr, (unsigned)node);
}

void *plx_node_alloc(size_t size, int node)
{
	size_t bytes = whole_pages(size);
	void *mem;
	int err;

	if (!bytes || !plx_node_valid(node)) {
		errno = bytes ? EINVAL : ENOMEM;
		return NULL;
	}
	mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED)
		return NULL;
	if (plx_node_prefer(mem, bytes, node) || fault_in(mem, bytes)) {
		err = errno;
		munmap(mem, bytes);
		errno = err;
		return NULL;
	}
	return mem;
}

void plx_node_free(void *mem, size_t size)
{
	if (mem)
		munmap(mem, whole_pages(size));
}
