/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Anonymous memory on a NUMA node.
 */
#ifndef PLX_MEM_NODE_H
#define PLX_MEM_NODE_H

#include <stdbool.h>
#include <stddef.h>

/* May @node (-1: any) be asked for? Without NUMA support every node from -1 up may. */
bool plx_node_valid(int node);

/*
 * @size bytes (1 or more), zeroed, page-aligned, resident, on @node (-1: any), to be freed with
 * plx_node_free(). The node is preferred, as numa_alloc_onnode() does it: a full node lends
 * from its neighbours, a machine without NUMA support takes any memory. NULL with errno set
 * when the size overflows, the node does not exist or the memory cannot be had.
 */
void *plx_node_alloc(size_t size, int node);

/* Have the pages of @mem come from @node (-1: any) if it has some. Return: 0, or -1 with errno. */
int plx_node_prefer(void *mem, size_t size, int node);

/* @size as it was allocated; NULL is allowed. */
void plx_node_free(void *mem, size_t size);

#endif
