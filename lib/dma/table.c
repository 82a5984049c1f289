/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of what a device has mapped, for [DP] calls: sorted, replaced as a whole when a region
 * is added, and never waited for. Removing needs no memory: the entry's permissions become none.
 *
 * A table that was replaced is freed as soon as no [DP] call is inside any: readers count
 * themselves before they look for the table, the writer looks at the counts after it has replaced
 * it, and both in sequentially consistent order, so that one of them sees the other.
 */
#include "dma/dma_priv.h"

#include <errno.h>
#include <stdlib.h>

static struct plx_dma_table *current_table(const struct plx_dma *dma)
{
	return atomic_load_explicit(&dma->table, memory_order_relaxed);
}

static void put(struct plx_dma_entry *to, const struct plx_dma_entry *from, uint32_t perms)
{
	to->first = from->first;
	to->last = from->last;
	to->iova = from->iova;
	atomic_init(&to->perms, perms);
}

static bool in_use(const struct plx_dma *dma)
{
	const struct plx_mapregs *m = atomic_load_explicit(&dma->mapregs, memory_order_relaxed);

	return (m && plx_mapregs_reading(m)) || (dma->sgdma && plx_sgdma_reading(dma->sgdma));
}

static void free_retired(struct plx_dma *dma)
{
	while (dma->retired) {
		struct plx_dma_table *t = dma->retired;

		dma->retired = t->next;
		free(t);
	}
}

static void publish(struct plx_dma *dma, struct plx_dma_table *t)
{
	struct plx_dma_table *old = current_table(dma);

	atomic_store(&dma->table, t);
	if (old) {
		old->next = dma->retired;
		dma->retired = old;
	}
	if (!in_use(dma))
		free_retired(dma);
}

/* What is left of the old table, and @r in its place. */
static void merge(struct plx_dma_table *t, const struct plx_dma_table *old,
		  const struct plx_dma_entry *add, uint32_t perms)
{
	bool added = false;

	for (unsigned i = 0; old && i < old->n; i++) {
		const struct plx_dma_entry *e = &old->entry[i];
		uint32_t has = atomic_load_explicit(&e->perms, memory_order_relaxed);

		if (!has)
			continue;
		if (!added && e->first > add->first) {
			put(&t->entry[t->n++], add, perms);
			added = true;
		}
		put(&t->entry[t->n++], e, has);
	}
	if (!added)
		put(&t->entry[t->n++], add, perms);
}

int plx_table_add(struct plx_dma *dma, const struct plx_dma_region *r)
{
	const struct plx_dma_table *old = current_table(dma);
	size_t n = (old ? old->n : 0) + 1;
	struct plx_dma_table *t = calloc(1, sizeof(*t) + n * sizeof(t->entry[0]));
	const struct plx_dma_entry add = { .first = (uintptr_t)r->va,
					   .last = (uintptr_t)r->va + r->size - 1,
					   .iova = r->iova };

	if (!t)
		return plx_fail(-ENOMEM, PLX_R_NOMEM, NULL, "no memory for a table of %zu regions",
				n);
	merge(t, old, &add, r->perms);
	publish(dma, t);
	return 0;
}

void plx_table_set(struct plx_dma *dma, const struct plx_dma_region *r, uint32_t perms)
{
	struct plx_dma_table *t = current_table(dma);

	for (unsigned i = 0; t && i < t->n; i++)
		if (t->entry[i].first == (uintptr_t)r->va && t->entry[i].iova == r->iova)
			atomic_store_explicit(&t->entry[i].perms, perms, memory_order_relaxed);
}

void plx_table_free(struct plx_dma *dma)
{
	free_retired(dma);
	free(current_table(dma));
	atomic_store_explicit(&dma->table, NULL, memory_order_relaxed);
}

const struct plx_dma_table *plx_table_enter(struct plx_dma *dma, _Atomic unsigned *readers)
{
	atomic_fetch_add(readers, 1);
	return atomic_load(&dma->table);
}

void plx_table_leave(_Atomic unsigned *readers)
{
	atomic_fetch_sub_explicit(readers, 1, memory_order_release);
}

const struct plx_dma_entry *plx_table_find(const struct plx_dma_table *t, const void *va,
					   uint32_t len, uint32_t perms, uint64_t max)
{
	uintptr_t at = (uintptr_t)va, first;
	unsigned low = 0, high = t ? t->n : 0;

	while (low <
	       high) { /* entries before low begin at @at or before, those from high on after */
		unsigned mid = low + (high - low) / 2;

		if (t->entry[mid].first <= at)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return NULL;
	first = t->entry[low - 1].first;
	for (; low && t->entry[low - 1].first == first; low--) {
		const struct plx_dma_entry *e = &t->entry[low - 1];
		uint64_t end = e->iova + (at - e->first) + (len - 1); /* of the last byte */
		uint32_t has = atomic_load_explicit(&e->perms, memory_order_relaxed);

		if ((has & perms) == perms && at <= e->last && len - 1 <= e->last - at &&
		    end <= max)
			return e;
	}
	return NULL;
}
