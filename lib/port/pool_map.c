/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packet pools, mapped for devices: here, because lib/dma knows no packets and lib/pkt no devices.
 */
#include "port/pool_map.h"

#include "core/error.h"
#include "dma/memory.h"
#include "pkt/ports.h"

#include <string.h>

int plx_pool_map(struct plx_dev *dev, struct plx_pool *pool, uint32_t perms,
		 struct plx_pool_map *out)
{
	uint64_t size;
	void *base;
	int err;

	memset(out, 0, sizeof(*out));
	if (!pool)
		return plx_fail_null(2, "pool");
	err = plx_pool_memory(pool, &base, &size);
	if (!err)
		err = plx_dma_share(dev, base, size, perms, &out->region, &out->offset);
	if (err)
		return err;
	out->base = (uintptr_t)base;
	out->size = size;
	return plx_ok();
}

int plx_pool_unmap(struct plx_dev *dev, struct plx_pool_map *map)
{
	int err = map->region ? plx_dma_unshare(dev, map->region) : 0;

	if (err)
		return err;
	memset(map, 0, sizeof(*map));
	return plx_ok();
}
