/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For rooms above: memory that is somebody else's, mapped for a device.
 */
#ifndef PLX_DMA_MEMORY_H
#define PLX_DMA_MEMORY_H

#include <pollux/dma.h>

struct plx_dma_region;

/*
 * Let @dev reach @size bytes at @va, whole pages, with @perms. What is mapped already for somebody
 * else, with those permissions or more, is used again; else it is mapped, beside what there is.
 * *@offset: IOVA = virtual address + *@offset, modulo 2^64; 0 where that can be. [DP] calls
 * translate the memory from now on.
 *
 * The caller owns *@out and ends it with plx_dma_unshare(), or else plx_dev_close() does (and logs
 * it). Any state before close; attributes first (G-12). Errors: -EINVAL (NULL_ARG, ZERO_LEN,
 * UNALIGNED, RESERVED_BITS), -EPERM (ORDER), -ENOMEM (NOMEM, MEMLOCK; NO_PHYS: without an IOMMU it
 * must be one piece of physical memory), -ENOSPC (WINDOW_FULL, DMA_ENTRIES), others as
 * plx_iommu_map().
 */
int plx_dma_share(struct plx_dev *dev, void *va, uint64_t size, uint32_t perms,
		  struct plx_dma_region **out, uint64_t *offset);

/* The device has stopped using it for this caller (UNM-6). Errors: -EINVAL (NULL_ARG), others as
 * plx_iommu_unmap(), and then nothing is changed. */
int plx_dma_unshare(struct plx_dev *dev, struct plx_dma_region *r);

#endif
