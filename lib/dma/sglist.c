/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Building and releasing scatter-gather lists. [DP]: no system call, no lock, no allocation. Any
 * thread may build lists on a channel, several at once.
 *
 * Arguments as the DDI counts them: channel 1, buffer 2, context 3, flags 4, list 5, its size 6.
 */
#include "dma/sgdma_priv.h"

#include <errno.h>

/* --- bounce slots --- */

/* A free slot's number, which is the caller's now; -1: there is none. */
static int take_slot(struct plx_sgdma *s)
{
	for (unsigned word = 0; word * 64 < s->n_slots; word++) {
		unsigned n = s->n_slots - word * 64;
		uint64_t all = n < 64 ? (1ull << n) - 1 : UINT64_MAX;
		uint64_t busy = atomic_load_explicit(&s->busy[word], memory_order_relaxed);

		while (busy != all) {
			uint64_t bit = ~busy & (busy + 1); /* the lowest that is clear */

			if (atomic_compare_exchange_weak_explicit(&s->busy[word], &busy, busy | bit,
								  memory_order_acquire,
								  memory_order_relaxed))
				return (int)(word * 64 + (unsigned)__builtin_ctzll(bit));
		}
	}
	return -1;
}

static void give_slot(struct plx_sgdma *s, unsigned slot)
{
	atomic_fetch_and_explicit(&s->busy[slot / 64], ~(1ull << slot % 64), memory_order_release);
}

/* The slot that a list is in; -1: it is in the caller's own memory. */
static int slot_of(const struct plx_sgdma *s, const struct plx_sg_list *l)
{
	uint64_t off;

	if (!s->bounce || l->n != 1 || l->seg[0].iova < s->bounce->iova)
		return -1;
	off = l->seg[0].iova - s->bounce->iova;
	return off < s->n_slots * s->slot_size ? (int)(off / s->slot_size) : -1;
}

/* --- building --- */

static int fail_size(const struct plx_dev *dev, uint32_t need, size_t size)
{
	return plx_fail_ddi(
		-EMSGSIZE, PLX_STATUS_BUFFER_TOO_SMALL, PLX_R_TOO_LARGE, 6, dev->child.name,
		"a list of %u segments takes %zu bytes, and there are %zu (sg_list_size "
		"is enough for max_mapping bytes in one piece)",
		need, sizeof(struct plx_sg_list) + need * sizeof(struct plx_dma_seg), size);
}

static int fail_slots(const struct plx_sgdma *s)
{
	if (!s->bounce)
		return plx_fail(
			-ENOMEM, PLX_R_NOMEM, s->dev->child.name,
			"the buffer is not in memory of %s, and mappings of %u bytes have no "
			"bounce memory: take it from plx_shmem_alloc() or plx_dmabuf_alloc()",
			s->dev->child.name, s->max_mapping);
	return plx_fail(-ENOMEM, PLX_R_NOMEM, s->dev->child.name,
			"the buffer is not in memory of %s, and all %u bounce slots are in use: "
			"release lists, or take it from plx_shmem_alloc() or plx_dmabuf_alloc()",
			s->dev->child.name, s->n_slots);
}

static int check(const struct plx_sgdma *s, const struct plx_buf *chain, uint32_t flags,
		 const struct plx_sg_list *l, size_t l_size, struct plx_chain_sum *what)
{
	const struct plx_dev *dev = s->dev;

	if (!chain)
		return plx_dma_fail_null(dev, 2, "chain");
	*what = plx_chain_sum(chain, s->max_mapping);
	if (what->null)
		return plx_dma_fail_null(dev, 2, "the address of a buffer with bytes");
	if (what->len > s->max_mapping)
		return plx_fail_ddi(-EINVAL, plx_status_arg(2), PLX_R_TOO_LARGE, 2, dev->child.name,
				    "the buffer is longer than max_mapping, %u bytes",
				    s->max_mapping);
	if (flags & ~(uint32_t)PLX_SG_WRITE_TO_DEVICE)
		return plx_fail_ddi(-EINVAL, plx_status_arg(4), PLX_R_RESERVED_BITS, 4,
				    dev->child.name,
				    "flags 0x%x: the only one is PLX_SG_WRITE_TO_DEVICE", flags);
	if (!l)
		return plx_dma_fail_null(dev, 5, "l");
	return l_size < sizeof(*l) ? fail_size(dev, 1, l_size) : 0;
}

/* As for map registers: in both directions, so that nobody sees another's bytes. */
static int bounce(struct plx_sgdma *s, const struct plx_buf *chain, uint64_t len, uint32_t flags,
		  struct plx_sg_list *l)
{
	int slot = take_slot(s);
	uint64_t off;

	if (slot < 0)
		return fail_slots(s);
	off = (unsigned)slot * s->slot_size;
	s->slots[slot].chain = chain;
	s->slots[slot].to_device = flags & PLX_SG_WRITE_TO_DEVICE;
	plx_chain_to(s->bounce->va + off, chain);
	l->seg[0] = (struct plx_dma_seg){ s->bounce->iova + off, (uint32_t)len };
	return 0;
}

static int fill(struct plx_sgdma *s, const struct plx_buf *chain, uint64_t len, uint32_t flags,
		struct plx_sg_list *l, size_t l_size)
{
	const struct plx_chain_use use = { flags & PLX_SG_WRITE_TO_DEVICE ? PLX_IOMMU_READ
									  : PLX_IOMMU_WRITE,
					   s->limit, false };
	size_t room = (l_size - sizeof(*l)) / sizeof(l->seg[0]);
	uint32_t cap = room < UINT32_MAX ? (uint32_t)room : UINT32_MAX;
	const struct plx_dma_table *t = plx_table_enter(s->dma, &s->readers);
	uint32_t n = plx_chain_translate(t, chain, &use, NULL, 0), need = n ? n : 1;
	int err = 0;

	if (n && n <= cap)
		plx_chain_translate(t, chain, &use, l->seg, cap);
	plx_table_leave(&s->readers);
	if (need > cap)
		return fail_size(s->dev, need, l_size);
	if (!n)
		err = bounce(s, chain, len, flags, l);
	if (!err)
		l->n = need;
	return err;
}

int plx_sg_build(struct plx_sgdma *s, const struct plx_buf *chain, uint32_t flags,
		 struct plx_sg_list *l, size_t l_size, void *ctx)
{
	struct plx_chain_sum what = { 0 };
	int err;

	if (l && l_size >= sizeof(*l))
		l->n = l->pad = 0;
	if (!s)
		return plx_fail_null(1, "s");
	err = check(s, chain, flags, l, l_size, &what);
	if (!err && what.len)
		err = fill(s, chain, what.len, flags, l, l_size);
	if (err)
		return plx_dma_fail_dp(s->dev);
	if (l->n)
		atomic_fetch_add_explicit(&s->lists, 1, memory_order_relaxed);
	s->process(s, l, ctx);
	return 0;
}

void plx_sg_release(struct plx_sgdma *s, struct plx_sg_list *l)
{
	int slot;

	if (!s || !l || !l->n)
		return;
	slot = slot_of(s, l);
	if (slot >= 0) {
		const struct plx_sg_slot *b = &s->slots[slot];

		if (!b->to_device)
			plx_chain_from(b->chain, s->bounce->va + (unsigned)slot * s->slot_size);
		give_slot(s, (unsigned)slot);
	}
	l->n = 0;
	atomic_fetch_sub_explicit(&s->lists, 1, memory_order_release);
}
