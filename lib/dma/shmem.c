/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Shared memory: blocks that the device and the program both see, below the channel's limit
 * (SHM-1 .. SHM-3).
 *
 * Arguments as the DDI counts them: handle 1, length 2, cached 3, virtual address 4, physical 5.
 */
#include "dma/dma_priv.h"

#include <errno.h>
#include <unistd.h>

static bool has_channel(const struct plx_dma *dma)
{
	return dma && (atomic_load_explicit(&dma->mapregs, memory_order_relaxed) || dma->sgdma);
}

static int check_alloc(struct plx_dev *dev, uint32_t len, void **va, const uint64_t *iova)
{
	int err;

	if (!len)
		return plx_fail_ddi(-EINVAL, plx_status_arg(2), PLX_R_ZERO_LEN, 2, dev->child.name,
				    "shared memory of 0 bytes");
	if (!va)
		return plx_dma_fail_null(dev, 4, "va");
	if (!iova)
		return plx_dma_fail_null(dev, 5, "iova");
	err = plx_dev_check_state(dev, PLX_STATE_BIT(PLX_DEV_INIT), PLX_STATUS_NDIS_FAILURE,
				  "plx_shmem_alloc()");
	if (err)
		return err;
	if (!has_channel(plx_dma_peek(dev)))
		return plx_fail_ddi(-EPERM, PLX_STATUS_NDIS_FAILURE, PLX_R_ORDER, 0,
				    dev->child.name,
				    "%s has no DMA channel: plx_mapreg_alloc() or "
				    "plx_sgdma_register() comes before shared memory",
				    dev->child.name);
	return 0;
}

int plx_shmem_alloc(struct plx_dev *dev, uint32_t len, bool cached, void **va, uint64_t *iova)
{
	struct plx_dma_region *r;
	int err;

	if (va)
		*va = NULL;
	if (iova)
		*iova = PLX_IOVA_INVALID;
	err = plx_dev_enter(dev, 1);
	if (err)
		return err;
	err = check_alloc(dev, len, va, iova);
	if (!err) {
		err = plx_region_make(dev, PLX_DMA_SHMEM, len, PLX_IOMMU_READ | PLX_IOMMU_WRITE,
				      &r);
		if (err)
			err = plx_channel_fail(err);
	}
	if (!err) {
		r->cached = cached;
		*va = r->va;
		*iova = r->iova;
	}
	return plx_dev_leave(dev, err);
}

/* SHM-3: which argument is not the allocation's; 0: all are. */
static unsigned find_mismatch(const struct plx_dma_region *r, uint32_t len, bool cached,
			      const void *va, uint64_t iova)
{
	if (len != r->asked)
		return 2;
	if (cached != r->cached)
		return 3;
	if (va != r->va)
		return 4;
	return iova != r->iova ? 5 : 0;
}

static int release(struct plx_dev *dev, uint32_t len, bool cached, void *va, uint64_t iova)
{
	struct plx_dma *dma = plx_dma_peek(dev);
	struct plx_dma_region *r = dma ? plx_region_find(dma, PLX_DMA_SHMEM, va) : NULL;
	unsigned arg;

	if (!r)
		return plx_fail_ddi(-ENOENT, PLX_STATUS_NOT_FOUND, PLX_R_NOT_MAPPED, 4,
				    dev->child.name, "no shared memory of %s is at %p",
				    dev->child.name, va);
	arg = find_mismatch(r, len, cached, va, iova);
	if (arg)
		return plx_fail_ddi(-EINVAL, plx_status_arg(arg), PLX_R_MISMATCH, arg,
				    dev->child.name,
				    "the block at %p has %llu bytes, IOVA 0x%llx, cached %d: it is "
				    "freed as it was allocated, and whole",
				    (void *)r->va, (unsigned long long)r->asked,
				    (unsigned long long)r->iova, r->cached);
	return plx_region_end(dev, r);
}

int plx_shmem_free(struct plx_dev *dev, uint32_t len, bool cached, void *va, uint64_t iova)
{
	int err = plx_dev_enter(dev, 1);

	if (err)
		return err;
	err = va ? release(dev, len, cached, va, iova) : plx_dma_fail_null(dev, 4, "va");
	return plx_dev_leave(dev, err);
}

/* At least a cache line, so that what device and program write stays apart. */
uint32_t plx_dma_alignment(struct plx_dev *dev)
{
	long line = sysconf(_SC_LEVEL1_DCACHE_LINESIZE);

	if (plx_dev_enter(dev, 1))
		return 0;
	plx_dev_leave(dev, 0);
	return line > PLX_CACHE_LINE ? (uint32_t)line : PLX_CACHE_LINE;
}
