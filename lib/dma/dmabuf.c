/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Queue memory: rings and buffers with the permissions that their use needs, in any state before
 * close (G-11a).
 */
#include "dma/dma_priv.h"

#include <errno.h>

static int check_alloc(struct plx_dev *dev, size_t len, uint32_t perms, void **va,
		       const uint64_t *iova)
{
	int err;

	if (!len)
		return plx_fail_ddi(-EINVAL, plx_status_arg(2), PLX_R_ZERO_LEN, 2, dev->child.name,
				    "queue memory of 0 bytes");
	err = plx_dma_check_perms(dev, perms, 3);
	if (!err && !va)
		err = plx_dma_fail_null(dev, 4, "va");
	if (!err && !iova)
		err = plx_dma_fail_null(dev, 5, "iova");
	if (!err)
		err = plx_dev_check_attributes(dev, PLX_STATUS_NDIS_FAILURE, "plx_dmabuf_alloc()");
	return err;
}

int plx_dmabuf_alloc(struct plx_dev *dev, size_t len, uint32_t perms, void **va, uint64_t *iova)
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
	err = check_alloc(dev, len, perms, va, iova);
	if (!err)
		err = plx_region_make(dev, PLX_DMA_BUF, len, perms, &r);
	if (!err) {
		*va = r->va;
		*iova = r->iova;
	}
	return plx_dev_leave(dev, err);
}

static int release(struct plx_dev *dev, void *va)
{
	struct plx_dma *dma = plx_dma_peek(dev);
	struct plx_dma_region *r = dma ? plx_region_find(dma, PLX_DMA_BUF, va) : NULL;

	if (!r)
		return plx_fail_ddi(-ENOENT, PLX_STATUS_NOT_FOUND, PLX_R_NOT_MAPPED, 2,
				    dev->child.name, "no queue memory of %s is at %p",
				    dev->child.name, va);
	if (r->va != va)
		return plx_fail_ddi(-EINVAL, plx_status_arg(2), PLX_R_MISMATCH, 2, dev->child.name,
				    "%p is inside the queue memory at %p, which is freed whole", va,
				    (void *)r->va);
	return plx_region_end(dev, r);
}

int plx_dmabuf_free(struct plx_dev *dev, void *va)
{
	int err = plx_dev_enter(dev, 1);

	if (err)
		return err;
	err = va ? release(dev, va) : plx_dma_fail_null(dev, 2, "va");
	return plx_dev_leave(dev, err);
}
