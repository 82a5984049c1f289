/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the room holds on a device: made at the first call that needs it, ended by
 * plx_dev_close(), which finds what the caller forgot (G-13).
 */
#include "dma/dma_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <syslog.h>

/* Leftovers of one kind, newest first. */
static void drop_kind(struct plx_dev *dev, struct plx_dma *dma, enum plx_dma_kind kind)
{
	struct plx_dma_region *r = dma->regions, *next;

	for (; r; r = next) {
		next = r->next;
		if (r->kind != kind)
			continue;
		plx_log(dev->child.ctx, LOG_WARNING, "dma",
			"%s is closed with memory (%s) of %llu bytes at IOVA 0x%llx: a leak, released now",
			dev->child.name, plx_region_purpose(r), (unsigned long long)r->asked,
			(unsigned long long)r->iova);
		plx_region_drop(dev, r);
	}
}

/* The order of section 1: shared memory, map registers or channel, mappings. */
static void release(struct plx_dev *dev, struct plx_holding *h)
{
	struct plx_dma *dma = (struct plx_dma *)((char *)h - offsetof(struct plx_dma, holding));

	drop_kind(dev, dma, PLX_DMA_SHMEM);
	plx_mapregs_drop(dev, dma);
	plx_sgdma_drop(dev, dma);
	drop_kind(dev, dma, PLX_DMA_SHARED);
	drop_kind(dev, dma, PLX_DMA_BUF);
	plx_table_free(dma);
	__atomic_store_n(&dev->dma, NULL, __ATOMIC_RELEASE);
	free(dma);
}

int plx_dma_get(struct plx_dev *dev, struct plx_dma **out)
{
	struct plx_dma *dma = plx_dma_peek(dev);

	if (!dma) {
		dma = calloc(1, sizeof(*dma));
		if (!dma)
			return plx_fail(-ENOMEM, PLX_R_NOMEM, dev->child.name,
					"no memory for the DMA of %s", dev->child.name);
		dma->limit = PLX_DMA_NO_LIMIT;
		dma->holding.release = release;
		plx_dev_hold(dev, &dma->holding);
		__atomic_store_n(&dev->dma, dma, __ATOMIC_RELEASE);
	}
	*out = dma;
	return 0;
}

int plx_channel_check(const struct plx_dma *dma, const struct plx_dev *dev)
{
	const char *which;

	if (!dma)
		return 0;
	if (atomic_load_explicit(&dma->mapregs, memory_order_relaxed))
		which = "map registers: free them first (plx_mapreg_free())";
	else if (dma->sgdma)
		which = "a scatter-gather channel: deregister it first (plx_sgdma_deregister())";
	else
		return 0;
	return plx_fail(-EBUSY, PLX_R_ALREADY, dev->child.name, "%s has %s", dev->child.name,
			which);
}

int plx_channel_fail(int err)
{
	struct plx_error e = *plx_last_error();

	/* MR-7: a shortage is nobody's argument, and NDIS has one word for it. */
	if (err == -ENOMEM || err == -ENOSPC) {
		e.status = PLX_STATUS_NDIS_RESOURCES;
		e.arg = 0;
	}
	return plx_fail_again(&e);
}

int plx_dma_fail_dp(const struct plx_dev *dev)
{
	return plx_fail_origin(dev->backend, dev->child.name, 0);
}

int plx_dma_fail_null(const struct plx_dev *dev, unsigned arg, const char *what)
{
	return plx_fail_ddi(-EINVAL, plx_status_arg(arg), PLX_R_NULL_ARG, arg, dev->child.name,
			    "%s must not be NULL", what);
}

int plx_dma_check_perms(const struct plx_dev *dev, uint32_t perms, unsigned arg)
{
	if (perms && !(perms & ~(uint32_t)(PLX_IOMMU_READ | PLX_IOMMU_WRITE)))
		return 0;
	return plx_fail_ddi(-EINVAL, plx_status_arg(arg), PLX_R_RESERVED_BITS, arg, dev->child.name,
			    "permissions 0x%x are not PLX_IOMMU_READ (1), PLX_IOMMU_WRITE (2) or "
			    "both",
			    perms);
}
