/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Regions: memory, mapped for one device, and found by [DP] calls. Made and undone in the same
 * steps: memory, IOVAs, table.
 */
#include "dma/dma_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <syslog.h>

/* Map @r and make it known; on failure neither. */
static int map_and_list(struct plx_dev *dev, struct plx_dma *dma, struct plx_dma_region *r)
{
	int err = plx_region_map(dev, r, dma->limit);

	if (!err && r->kind != PLX_DMA_SLOTS)
		err = plx_table_add(dma, r);
	if (err && r->domain) {
		struct plx_error saved = *plx_last_error();

		plx_region_unmap(r);
		return plx_fail_again(&saved);
	}
	if (err)
		return err;
	r->next = dma->regions;
	dma->regions = r;
	return 0;
}

static struct plx_dma_region *new_region(const struct plx_dev *dev, enum plx_dma_kind kind,
					 uint64_t size, unsigned shift, uint32_t perms)
{
	struct plx_dma_region *r = calloc(1, sizeof(*r));
	uint64_t page = 1ull << shift;

	if (!r) {
		plx_fail_nomem(dev->child.name, "a DMA region");
		return NULL;
	}
	r->kind = kind;
	r->asked = size;
	r->size = (size + page - 1) & ~(page - 1);
	r->perms = perms;
	r->users = 1;
	return r;
}

/* What can never fit is refused before memory is taken for it. */
static int check_size(const struct plx_dev *dev, uint64_t size, unsigned shift, uint64_t limit)
{
	if (size > PLX_DMA_MAX_SIZE)
		return plx_fail(-ENOMEM, PLX_R_NOMEM, dev->child.name,
				"%llu bytes are more than a device's memory may have in one piece "
				"(128 GiB)",
				(unsigned long long)size);
	/* Page 0 is never given out. */
	if (size <= limit && limit - size >= (1ull << shift) - 1)
		return 0;
	return plx_fail(
		-ENOSPC, PLX_R_WINDOW_FULL, dev->child.name,
		"%llu bytes never fit below IOVA 0x%llx, the end of what the DMA channel of "
		"%s reaches",
		(unsigned long long)size, (unsigned long long)limit, dev->child.name);
}

/* A region at @va, or of the device's heap. */
static int make(struct plx_dev *dev, enum plx_dma_kind kind, void *va, uint64_t size,
		uint32_t perms, struct plx_dma_region **out)
{
	struct plx_dma_region *r;
	struct plx_dma *dma;
	unsigned shift;
	int err = plx_dma_get(dev, &dma);

	if (!err)
		err = plx_dma_page_shift(dev, &shift);
	if (!err && !va)
		err = check_size(dev, size, shift, dma->limit);
	if (err)
		return err;
	r = new_region(dev, kind, size, shift, perms);
	if (!r)
		return -ENOMEM;
	if (!va)
		err = plx_heap_take(dev, &dma->heap, r->size, shift, &r->block);
	if (!err) {
		r->va = va ? va : plx_heap_address(&r->block);
		err = map_and_list(dev, dma, r);
	}
	if (err) {
		plx_heap_give(&dma->heap, &r->block);
		free(r);
		return err;
	}
	*out = r;
	return 0;
}

int plx_region_make(struct plx_dev *dev, enum plx_dma_kind kind, uint64_t size, uint32_t perms,
		    struct plx_dma_region **out)
{
	return make(dev, kind, NULL, size, perms, out);
}

int plx_region_share(struct plx_dev *dev, void *va, uint64_t size, uint32_t perms,
		     struct plx_dma_region **out)
{
	return make(dev, PLX_DMA_SHARED, va, size, perms, out);
}

static void forget(struct plx_dma *dma, struct plx_dma_region *r)
{
	struct plx_dma_region **at = &dma->regions;

	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	plx_heap_give(&dma->heap, &r->block);
	free(r);
}

/* Out of the table first: nobody may be handed an IOVA that is on its way out. */
int plx_region_end(struct plx_dev *dev, struct plx_dma_region *r)
{
	struct plx_dma *dma = plx_dma_peek(dev);
	int err;

	plx_table_set(dma, r, 0);
	err = plx_region_unmap(r);
	if (err) {
		plx_table_set(dma, r, r->perms);
		return err;
	}
	forget(dma, r);
	return 0;
}

void plx_region_drop(struct plx_dev *dev, struct plx_dma_region *r)
{
	struct plx_dma *dma = plx_dma_peek(dev);

	plx_table_set(dma, r, 0);
	if (plx_region_unmap(r))
		plx_log(dev->child.ctx, LOG_ERR, "dma", "%s: IOVA 0x%llx stays mapped: %s",
			dev->child.name, (unsigned long long)r->iova, plx_last_error()->text);
	plx_domain_drop(r->domain);
	r->domain = NULL;
	forget(dma, r);
}

const char *plx_region_purpose(const struct plx_dma_region *r)
{
	switch (r->kind) {
	case PLX_DMA_SLOTS:
		return "bounce memory";
	case PLX_DMA_SHMEM:
		return "shared memory";
	case PLX_DMA_BUF:
		return "queue memory";
	default:
		return r->perms & PLX_IOMMU_WRITE ? "pool, to receive and send" : "pool, to send";
	}
}

struct plx_dma_region *plx_region_find(const struct plx_dma *dma, enum plx_dma_kind kind,
				       const void *va)
{
	struct plx_dma_region *r = dma->regions;

	while (r && (r->kind != kind || (uintptr_t)va - (uintptr_t)r->va >= r->size))
		r = r->next;
	return r;
}
