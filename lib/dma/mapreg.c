/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Map registers: bounce slots below the device's address limit, pinned and mapped before the
 * datapath needs them (6.3). What runs in a burst loop is in mapping.c.
 */
#include "dma/mapreg_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#define MAX_REGISTERS 64 /* of a device (MR-5) */

/* As many pages as a buffer can span at the worst alignment (6.1). */
uint32_t plx_mapreg_per_base(uint32_t max_buf)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	return max_buf ? (uint32_t)((max_buf + page - 2) / page + 1) : 0;
}

static uint64_t limit_of(enum plx_dma_size sz)
{
	switch (sz) {
	case PLX_DMA_24BITS:
		return 0x00ffffff;
	case PLX_DMA_32BITS:
		return 0xffffffff;
	default:
		return PLX_DMA_NO_LIMIT;
	}
}

static int check_args(const struct plx_dev *dev, uint32_t channel, enum plx_dma_size sz,
		      uint32_t base_regs, uint32_t max_buf)
{
	if (channel)
		return plx_fail_ddi(-EINVAL, plx_status_arg(2), PLX_R_BAD_ENUM, 2, dev->child.name,
				    "DMA channel %u: channels are ISA's, a PCI function has 0",
				    channel);
	if ((unsigned)sz > PLX_DMA_64BITS)
		return plx_fail_ddi(-EINVAL, plx_status_arg(3), PLX_R_BAD_ENUM, 3, dev->child.name,
				    "DMA size %u is none of PLX_DMA_24BITS, _32BITS, _64BITS",
				    (unsigned)sz);
	if (!base_regs)
		return plx_fail_ddi(
			-EINVAL, plx_status_arg(4), PLX_R_ZERO_LEN, 4, dev->child.name,
			"0 map registers: say how many buffers are in flight at a time");
	if (!max_buf)
		return plx_fail_ddi(-EINVAL, plx_status_arg(5), PLX_R_ZERO_LEN, 5, dev->child.name,
				    "buffers of at most 0 bytes need no map registers");
	return 0;
}

/* MR-5, in 64 bits. */
static int check_total(const struct plx_dev *dev, uint32_t base_regs, uint32_t max_buf)
{
	uint64_t per_base = plx_mapreg_per_base(max_buf), total = base_regs * per_base;

	if (total <= MAX_REGISTERS)
		return 0;
	return plx_fail_ddi(
		-ENOSPC, PLX_STATUS_NDIS_RESOURCES, PLX_R_MAPREG_LIMIT, 0, dev->child.name,
		"%u buffers of %u bytes take %llu map registers, and a device has %d: ask "
		"for %llu buffers or fewer",
		base_regs, max_buf, (unsigned long long)total, MAX_REGISTERS,
		(unsigned long long)(MAX_REGISTERS / per_base));
}

/* MR-8: nothing decides where memory lies, if no IOMMU does. */
static int check_size(const struct plx_dev *dev, enum plx_dma_size sz)
{
	if (sz == PLX_DMA_64BITS || dev->backend != PLX_BACKEND_NOIOMMU)
		return 0;
	return plx_fail_ddi(-ENOMEM, PLX_STATUS_NDIS_RESOURCES, PLX_R_NO_IOMMU, 0, dev->child.name,
			    "%s has no IOMMU: memory below %u bits cannot be asked for; only "
			    "PLX_DMA_64BITS works",
			    dev->child.name, sz == PLX_DMA_24BITS ? 24 : 32);
}

/* In the order of G-5. */
static int check(const struct plx_dev *dev, uint32_t channel, enum plx_dma_size sz,
		 uint32_t base_regs, uint32_t max_buf)
{
	int err = check_args(dev, channel, sz, base_regs, max_buf);

	if (!err && dev->has_attributes && !dev->bus_master)
		err = plx_fail_ddi(-ENOTSUP, PLX_STATUS_NDIS_RESOURCES, PLX_R_NOT_BUSMASTER, 0,
				   dev->child.name,
				   "%s was declared no bus master: plx_dev_set_attributes() with "
				   "bus_master comes first",
				   dev->child.name);
	if (!err)
		err = check_total(dev, base_regs, max_buf);
	if (!err)
		err = plx_channel_check(plx_dma_peek((struct plx_dev *)dev), dev);
	if (!err)
		err = plx_dev_check_state(dev, PLX_STATE_BIT(PLX_DEV_INIT), PLX_STATUS_NDIS_FAILURE,
					  "plx_mapreg_alloc()");
	if (!err)
		err = plx_dev_check_attributes(dev, PLX_STATUS_NDIS_FAILURE, "plx_mapreg_alloc()");
	if (!err)
		err = check_size(dev, sz);
	return err;
}

/* The region is made under the limit of the channel that it belongs to. */
static int make(struct plx_dev *dev, struct plx_dma *dma, struct plx_mapregs *m)
{
	const uint32_t rw = PLX_IOMMU_READ | PLX_IOMMU_WRITE;
	int err;

	dma->limit = m->limit;
	err = plx_region_make(dev, PLX_DMA_SLOTS, m->n * m->slot_size, rw, &m->region);
	if (err)
		dma->limit = PLX_DMA_NO_LIMIT;
	return err ? plx_channel_fail(err) : 0;
}

static int alloc(struct plx_dev *dev, enum plx_dma_size sz, uint32_t base_regs, uint32_t max_buf)
{
	size_t size = sizeof(struct plx_mapregs) + base_regs * sizeof(struct plx_mapreg_slot);
	struct plx_mapregs *m;
	struct plx_dma *dma;
	int err = plx_dma_get(dev, &dma);

	if (err)
		return plx_channel_fail(err);
	m = aligned_alloc(PLX_CACHE_LINE, size);
	if (!m)
		return plx_fail(-ENOMEM, PLX_R_NOMEM, dev->child.name,
				"no memory for %u map registers", base_regs);
	memset(m, 0, size);
	m->n = base_regs;
	m->max_buf = max_buf;
	m->limit = limit_of(sz);
	m->slot_size = plx_mapreg_per_base(max_buf) * (uint64_t)sysconf(_SC_PAGESIZE);
	err = make(dev, dma, m);
	if (err) {
		free(m);
		return err;
	}
	if (sz == PLX_DMA_24BITS)
		plx_log(dev->child.ctx, LOG_WARNING, "dma",
			"%s: map registers below 16 MiB: a PCI function should ask for 32 or 64 bits",
			dev->child.name);
	atomic_store_explicit(&dma->mapregs, m, memory_order_release);
	return 0;
}

int plx_mapreg_alloc(struct plx_dev *dev, uint32_t dma_channel, enum plx_dma_size sz,
		     uint32_t base_regs, uint32_t max_buf)
{
	int err = plx_dev_enter(dev, 1);

	if (err)
		return err;
	err = check(dev, dma_channel, sz, base_regs, max_buf);
	if (!err)
		err = alloc(dev, sz, base_regs, max_buf);
	return plx_dev_leave(dev, err);
}

static unsigned count_busy(const struct plx_mapregs *m)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < m->n; i++)
		n += atomic_load_explicit(&m->slots[i].busy, memory_order_acquire);
	return n;
}

static int check_free(struct plx_dev *dev, const struct plx_mapregs *m)
{
	unsigned busy;

	if (!m)
		return plx_fail(-ENOENT, PLX_R_NOT_MAPPED, dev->child.name,
				"%s has no map registers", dev->child.name);
	busy = count_busy(m);
	if (busy)
		return plx_fail(
			-EBUSY, PLX_R_BUSY_SLOT, dev->child.name,
			"%u of %u map registers are in use: plx_mapreg_complete() comes first",
			busy, m->n);
	return plx_dev_check_state(dev, PLX_STATE_BIT(PLX_DEV_INIT) | PLX_STATE_BIT(PLX_DEV_HALTED),
				   PLX_STATUS_NDIS_FAILURE, "plx_mapreg_free()");
}

static void forget(struct plx_dma *dma, struct plx_mapregs *m)
{
	atomic_store_explicit(&dma->mapregs, NULL, memory_order_release);
	dma->limit = PLX_DMA_NO_LIMIT;
	free(m);
}

int plx_mapreg_free(struct plx_dev *dev)
{
	struct plx_mapregs *m;
	struct plx_dma *dma;
	int err = plx_dev_enter(dev, 1);

	if (err)
		return err;
	dma = plx_dma_peek(dev);
	m = dma ? atomic_load_explicit(&dma->mapregs, memory_order_relaxed) : NULL;
	err = check_free(dev, m);
	if (!err)
		err = plx_region_end(dev, m->region);
	if (!err)
		forget(dma, m);
	return plx_dev_leave(dev, err);
}

void plx_mapregs_drop(struct plx_dev *dev, struct plx_dma *dma)
{
	struct plx_mapregs *m = atomic_load_explicit(&dma->mapregs, memory_order_relaxed);

	if (!m)
		return;
	plx_log(dev->child.ctx, LOG_WARNING, "dma",
		"%s is closed with %u map registers, %u of them started: a leak, released now",
		dev->child.name, m->n, count_busy(m));
	plx_region_drop(dev, m->region);
	forget(dma, m);
}

bool plx_mapregs_reading(const struct plx_mapregs *m)
{
	for (uint32_t i = 0; i < m->n; i++)
		if (atomic_load(&m->slots[i].readers))
			return true;
	return false;
}
