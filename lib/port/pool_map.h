/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packet pools, mapped for devices: for drivers of network cards.
 */
#ifndef PLX_PORT_POOL_MAP_H
#define PLX_PORT_POOL_MAP_H

#include <pollux/dma.h>
#include <pollux/pool.h>

struct plx_dma_region;

/* What a driver keeps for each pool that a queue uses; the caller's. */
struct plx_pool_map {
	struct plx_dma_region *region;
	uint64_t offset; /* IOVA of a byte = its virtual address + offset, modulo 2^64 */
	uint64_t base, size;
};

/*
 * Let @dev reach all of @pool's memory, with no more than its use needs (least privilege):
 * PLX_IOMMU_READ to send from it, PLX_IOMMU_READ | PLX_IOMMU_WRITE to receive into it and send from
 * it. Asking again for the same pool costs nothing; asking for more than it was mapped with maps
 * it once more, beside, so that who sends from it keeps the narrow one.
 *
 * All of the pool is committed: the kernel pins what it maps. The pool's owner must not be in
 * plx_pool_get() meanwhile. @out is given back with plx_pool_unmap() before the pool is destroyed,
 * after the device has stopped using it. Any state before close.
 * Errors: -EINVAL (NULL_ARG, RESERVED_BITS), -ENOTSUP (UNSUPPORTED: a wrapped pool has no memory),
 * -ENOMEM (NOMEM, MEMLOCK), -EPERM (ORDER), others as plx_dma_share().
 */
int plx_pool_map(struct plx_dev *dev, struct plx_pool *pool, uint32_t perms,
		 struct plx_pool_map *out);

/* Zeroes @map; a zeroed one is nothing to do. Errors: as plx_dma_unshare(). */
int plx_pool_unmap(struct plx_dev *dev, struct plx_pool_map *map);

#endif
