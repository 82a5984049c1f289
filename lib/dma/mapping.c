/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Starting and completing the mapping of a buffer. [DP]: no system call, no lock, no allocation,
 * and the error record stays as it is unless the call fails (MR-11, E-1).
 *
 * Arguments as the DDI counts them: handle 1, buffer 2, register 3, direction 4, array 5, size 6.
 */
#include "dma/mapreg_priv.h"

#include <errno.h>

static int fail_index(const struct plx_dev *dev, uint32_t idx, uint32_t n)
{
	plx_fail_ddi(-EINVAL, plx_status_arg(3), PLX_R_INDEX, 3, dev->child.name,
		     "map register %u: %s has %u", idx, dev->child.name, n);
	return plx_dma_fail_dp(dev);
}

static int fail_null(const struct plx_dev *dev, unsigned arg, const char *what)
{
	plx_dma_fail_null(dev, arg, what);
	return plx_dma_fail_dp(dev);
}

static int fail_long(const struct plx_dev *dev, uint32_t max)
{
	plx_fail_ddi(-EINVAL, plx_status_arg(2), PLX_R_TOO_LARGE, 2, dev->child.name,
		     "the buffer is longer than the %u bytes that map registers were asked for",
		     max);
	return plx_dma_fail_dp(dev);
}

static int fail_busy(const struct plx_dev *dev, uint32_t idx)
{
	plx_fail_ddi(-EBUSY, PLX_STATUS_RESOURCE_IN_USE, PLX_R_BUSY_SLOT, 3, dev->child.name,
		     "map register %u is started already: complete it first", idx);
	return plx_dma_fail_dp(dev);
}

static int fail_room(const struct plx_dev *dev, uint32_t need, uint32_t cap)
{
	plx_fail_ddi(-EMSGSIZE, PLX_STATUS_BUFFER_TOO_SMALL, PLX_R_TOO_LARGE, 6, dev->child.name,
		     "the buffer has %u segments, and there is room for %u", need, cap);
	return plx_dma_fail_dp(dev);
}

static struct plx_mapregs *registers(struct plx_dma *dma)
{
	return dma ? atomic_load_explicit(&dma->mapregs, memory_order_acquire) : NULL;
}

static uint64_t slot_offset(const struct plx_mapregs *m, const struct plx_mapreg_slot *s)
{
	return (uint64_t)(s - m->slots) * m->slot_size;
}

/*
 * The segments of a buffer that the device reaches where it is; 0: it does not, or not all of it.
 * More than @cap: none is written.
 */
static uint32_t translate(struct plx_dma *dma, const struct plx_mapregs *m,
			  struct plx_mapreg_slot *s, const struct plx_buf *b, bool to_device,
			  struct plx_dma_seg *segs, uint32_t cap)
{
	const struct plx_chain_use use = { to_device ? PLX_IOMMU_READ : PLX_IOMMU_WRITE, m->limit,
					   true };
	const struct plx_dma_table *t = plx_table_enter(dma, &s->readers);
	uint32_t n = b->next ? plx_chain_translate(t, b, &use, NULL, 0) : 1;

	if (n && n <= cap)
		n = plx_chain_translate(t, b, &use, segs, cap);
	else if (n && !b->next && !plx_table_find(t, b->va, b->len, use.perms, use.max))
		n = 0;
	plx_table_leave(&s->readers);
	return n;
}

/*
 * Copied in both directions: what the device does not write must come back as it was, and not as
 * the slot's last user left it (the kernel's swiotlb does the same).
 */
static void copy_in(const struct plx_mapregs *m, const struct plx_mapreg_slot *s,
		    const struct plx_buf *b, uint64_t len, struct plx_dma_seg *seg)
{
	uint64_t off = slot_offset(m, s);

	plx_chain_to(m->region->va + off, b);
	*seg = (struct plx_dma_seg){ m->region->iova + off, (uint32_t)len };
}

static int start(struct plx_dev *dev, struct plx_dma *dma, struct plx_mapregs *m,
		 const struct plx_buf *b, uint32_t idx, bool to_device, struct plx_dma_seg *segs,
		 uint32_t cap, uint32_t *nsegs)
{
	struct plx_mapreg_slot *s = &m->slots[idx];
	const struct plx_chain_sum what = plx_chain_sum(b, m->max_buf);
	uint32_t n = 0, need = 0;

	if (what.null)
		return fail_null(dev, 2, "the address of a buffer with bytes");
	if (what.len > m->max_buf)
		return fail_long(dev, m->max_buf);
	if (atomic_load_explicit(&s->busy, memory_order_relaxed))
		return fail_busy(dev, idx);
	if (what.len) {
		n = translate(dma, m, s, b, to_device, segs, cap);
		need = n ? n : 1;
	}
	if (need > cap) {
		*nsegs = need;
		return fail_room(dev, need, cap);
	}
	if (need && !n)
		copy_in(m, s, b, what.len, segs);
	s->copied = need && !n;
	s->to_device = to_device;
	s->what = what;
	atomic_store_explicit(&s->busy, true, memory_order_release);
	*nsegs = need;
	return 0;
}

int plx_mapreg_start(struct plx_dev *dev, const struct plx_buf *b, uint32_t idx, bool to_device,
		     struct plx_dma_seg *segs, uint32_t *nsegs)
{
	uint32_t cap = nsegs ? *nsegs : 0;
	struct plx_mapregs *m;
	struct plx_dma *dma;

	if (nsegs)
		*nsegs = 0;
	if (!dev)
		return plx_fail_null(1, "dev");
	if (!b)
		return fail_null(dev, 2, "b");
	dma = plx_dma_peek(dev);
	m = registers(dma);
	if (!m || idx >= m->n)
		return fail_index(dev, idx, m ? m->n : 0);
	if (!segs && cap)
		return fail_null(dev, 5, "segs");
	if (!nsegs)
		return fail_null(dev, 6, "nsegs");
	return start(dev, dma, m, b, idx, to_device, segs, cap, nsegs);
}

static int fail_not_started(const struct plx_dev *dev, uint32_t idx)
{
	plx_fail_ddi(-ENOENT, PLX_STATUS_NOT_FOUND, PLX_R_NOT_STARTED, 3, dev->child.name,
		     "map register %u is not started", idx);
	return plx_dma_fail_dp(dev);
}

static int fail_other(const struct plx_dev *dev, uint32_t idx)
{
	plx_fail_ddi(-EINVAL, plx_status_arg(2), PLX_R_MISMATCH, 2, dev->child.name,
		     "map register %u was started with another buffer", idx);
	return plx_dma_fail_dp(dev);
}

int plx_mapreg_complete(struct plx_dev *dev, const struct plx_buf *b, uint32_t idx)
{
	struct plx_mapreg_slot *s;
	struct plx_chain_sum what;
	struct plx_mapregs *m;

	if (!dev)
		return plx_fail_null(1, "dev");
	if (!b)
		return fail_null(dev, 2, "b");
	m = registers(plx_dma_peek(dev));
	if (!m || idx >= m->n)
		return fail_index(dev, idx, m ? m->n : 0);
	s = &m->slots[idx];
	if (!atomic_load_explicit(&s->busy, memory_order_relaxed))
		return fail_not_started(dev, idx);
	what = plx_chain_sum(b, m->max_buf);
	if (what.len != s->what.len || what.print != s->what.print)
		return fail_other(dev, idx);
	if (s->copied && !s->to_device)
		plx_chain_from(b, m->region->va + slot_offset(m, s));
	atomic_store_explicit(&s->busy, false, memory_order_release);
	return 0;
}
