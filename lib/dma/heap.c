/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory for rings, shared memory and bounce slots: pages cut out of arenas on the device's node.
 * An arena holds 2 MiB or more, so that many small buffers share one; each is mapped by itself.
 */
#include "dma/dma_priv.h"

#include "mem/node.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_SIZE ((uint64_t)2 << 20)

static int add_arena(struct plx_dev *dev, struct plx_heap_arena **heap, uint64_t size,
		     unsigned shift)
{
	int node = dev->function->facts.node;
	const struct plx_arena_opts opts = { .name = dev->child.name,
					     .node = plx_node_valid(node) ? node : -1,
					     .flags = PLX_ARENA_PREFAULT };
	struct plx_heap_arena *a = calloc(1, sizeof(*a));
	struct plx_arena_info info;
	int err;

	if (!a)
		return plx_fail_nomem(dev->child.name, "an arena");
	err = plx_arena_create(dev->child.ctx, size > ARENA_SIZE ? size : ARENA_SIZE, &opts,
			       &a->arena);
	if (err) {
		free(a);
		return err;
	}
	plx_arena_info(a->arena, &info);
	a->base = info.base;
	a->shift = shift;
	a->pages = info.size >> shift;
	a->hugetlb = info.pages == PLX_PAGES_HUGETLB;
	a->next = *heap;
	*heap = a;
	return 0;
}

static bool take(struct plx_heap_arena *a, uint64_t pages, struct plx_heap_block *out)
{
	struct plx_range place;
	uint64_t at, dirty;

	if (!plx_ranges_fit(&a->taken, a->pages - 1, pages, 0, &place))
		return false;
	at = place.first;
	*out = (struct plx_heap_block){ .range = { .first = at, .last = at + pages - 1 },
					.arena = a };
	plx_ranges_insert_before(&a->taken, place.behind, &out->range);
	a->n_blocks++;
	dirty = a->fresh > at ? a->fresh - at : 0;
	if (dirty)
		memset(a->base + (at << a->shift), 0, (dirty < pages ? dirty : pages) << a->shift);
	if (a->fresh < at + pages)
		a->fresh = at + pages;
	return true;
}

int plx_heap_take(struct plx_dev *dev, struct plx_heap_arena **heap, uint64_t size, unsigned shift,
		  struct plx_heap_block *out)
{
	uint64_t page = 1ull << shift, pages;
	int err;

	pages = (size + page - 1) >> shift;
	for (struct plx_heap_arena *a = *heap; a; a = a->next)
		if (a->shift == shift && take(a, pages, out))
			return 0;
	err = add_arena(dev, heap, pages << shift, shift);
	if (!err)
		take(*heap, pages, out);
	return err;
}

void *plx_heap_address(const struct plx_heap_block *b)
{
	return b->arena->base + (b->range.first << b->arena->shift);
}

void plx_heap_give(struct plx_heap_arena **heap, struct plx_heap_block *b)
{
	struct plx_heap_arena *a = b->arena;

	if (!a)
		return;
	b->arena = NULL;
	plx_ranges_remove(&a->taken, &b->range);
	if (--a->n_blocks)
		return;
	while (*heap != a)
		heap = &(*heap)->next;
	*heap = a->next;
	plx_arena_destroy(a->arena);
	free(a);
}
