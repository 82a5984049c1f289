/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Chains of buffers: their length, their segments, their bytes. [DP]: no system call, no lock, no
 * allocation.
 */
#include "dma/dma_priv.h"

#include <string.h>

struct plx_chain_sum plx_chain_sum(const struct plx_buf *b, uint64_t max)
{
	struct plx_chain_sum sum = { 0 };

	for (; b && sum.len <= max; b = b->next) {
		sum.null |= b->len && !b->va;
		sum.len += b->len;
		/* Any odd constant spreads the bits; this is the golden ratio's. */
		sum.print = (sum.print ^ (uintptr_t)b->va) * 0x9e3779b97f4a7c15ull;
		sum.print = (sum.print ^ (sum.print >> 32) ^ b->len) * 0x9e3779b97f4a7c15ull;
	}
	return sum;
}

uint32_t plx_chain_translate(const struct plx_dma_table *t, const struct plx_buf *b,
			     const struct plx_chain_use *use, struct plx_dma_seg *segs,
			     uint32_t cap)
{
	const struct plx_dma_entry *last = NULL;
	uint64_t next = 0; /* the IOVA after the last segment */
	uint32_t n = 0;

	for (; b; b = b->next) {
		const struct plx_dma_entry *e;
		uint64_t iova;

		if (!b->len)
			continue;
		e = plx_table_find(t, b->va, b->len, use->perms, use->max);
		if (!e)
			return 0;
		iova = e->iova + ((uintptr_t)b->va - e->first);
		if (use->ordered && n && iova < next)
			return 0;
		if (n && iova == next && (e == last || !use->ordered)) {
			if (n <= cap)
				segs[n - 1].len += b->len;
		} else {
			if (n < cap)
				segs[n] = (struct plx_dma_seg){ iova, b->len };
			n++;
		}
		next = iova + b->len;
		last = e;
	}
	return n;
}

void plx_chain_to(void *to, const struct plx_buf *from)
{
	for (uint8_t *at = to; from; at += from->len, from = from->next)
		if (from->len)
			memcpy(at, from->va, from->len);
}

void plx_chain_from(const struct plx_buf *to, const void *from)
{
	for (const uint8_t *at = from; to; at += to->len, to = to->next)
		if (to->len)
			memcpy(to->va, at, to->len);
}
