/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The pools that a card reaches.
 */
#include "nic/nic.h"

#include "core/ctx.h"
#include "pci/dev.h"

#include <errno.h>
#include <stdlib.h>
#include <syslog.h>

/* Bursts may be reading the table. */
static void set_offset(struct plx_nic *nic, uint16_t number, uint64_t offset)
{
	atomic_store_explicit(&nic->offsets[number], offset, memory_order_release);
}

static bool reaches(const struct plx_nic *nic, uint16_t number, uint32_t perms)
{
	for (unsigned i = 0; i < nic->n_pools; i++)
		if (nic->pools[i].number == number && !(perms & ~nic->pools[i].perms))
			return true;
	return false;
}

static int make_room(struct plx_nic *nic)
{
	struct plx_nic_pool *more = realloc(nic->pools, (nic->n_pools + 1) * sizeof(*nic->pools));

	if (!more)
		return plx_fail_nomem(nic->base.spec, "a pool's mapping");
	nic->pools = more;
	return 0;
}

int plx_nic_map_pool(struct plx_nic *nic, struct plx_pool *pool, uint32_t perms)
{
	struct plx_nic_pool *entry;
	int err;

	if (!pool)
		return plx_fail_null(2, "pool");
	if (reaches(nic, plx_pool_number(pool), perms))
		return 0;
	err = make_room(nic);
	if (err)
		return err;
	/* One with fewer permissions stays beside: descriptors may name its IOVAs. */
	entry = &nic->pools[nic->n_pools];
	err = plx_pool_map(nic->dev, pool, perms, &entry->map);
	if (err)
		return err;
	entry->number = plx_pool_number(pool);
	entry->perms = perms;
	nic->n_pools++;
	set_offset(nic, entry->number, entry->map.offset);
	return 0;
}

void plx_nic_unmap_pools(struct plx_nic *nic)
{
	while (nic->n_pools) {
		struct plx_nic_pool *entry = &nic->pools[--nic->n_pools];

		set_offset(nic, entry->number, PLX_NIC_NO_POOL);
		if (plx_pool_unmap(nic->dev, &entry->map)) /* then closing the device does */
			plx_log(nic->base.ctx, LOG_WARNING, "nic", "%s: pool %u stays mapped: %s",
				nic->dev->function->name, entry->number, plx_last_error()->text);
	}
	free(nic->pools);
	nic->pools = NULL;
}
