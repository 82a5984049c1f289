/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory of rooms above, mapped once for all who want it with the same permissions.
 */
#include "dma/dma_priv.h"
#include "dma/memory.h"

#include <errno.h>

static int check(struct plx_dev *dev, const void *va, uint64_t size, uint32_t perms,
		 unsigned *shift)
{
	uint64_t page;
	int err;

	if (!va)
		return plx_dma_fail_null(dev, 2, "va");
	if (!size)
		return plx_fail_ddi(-EINVAL, plx_status_arg(3), PLX_R_ZERO_LEN, 3, dev->child.name,
				    "0 bytes of memory");
	err = plx_dma_check_perms(dev, perms, 4);
	if (!err)
		err = plx_dev_check_attributes(dev, PLX_STATUS_NDIS_FAILURE, "mapping memory");
	if (!err)
		err = plx_dma_page_shift(dev, shift);
	if (err)
		return err;
	page = 1ull << *shift;
	if (((uintptr_t)va | size) & (page - 1))
		return plx_fail_ddi(-EINVAL, plx_status_arg(2), PLX_R_UNALIGNED, 2, dev->child.name,
				    "%llu bytes at %p are not whole pages of %llu bytes",
				    (unsigned long long)size, va, (unsigned long long)page);
	return 0;
}

/* One that serves: least privilege first, the same permissions rather than more. */
static struct plx_dma_region *find(struct plx_dma *dma, const void *va, uint64_t size,
				   uint32_t perms)
{
	struct plx_dma_region *best = NULL;

	for (struct plx_dma_region *r = dma->regions; r; r = r->next)
		if (r->kind == PLX_DMA_SHARED && r->va == va && r->size == size &&
		    (r->perms & perms) == perms && (!best || r->perms == perms))
			best = r;
	return best;
}

static int share(struct plx_dev *dev, void *va, uint64_t size, uint32_t perms,
		 struct plx_dma_region **out)
{
	struct plx_dma *dma;
	unsigned shift;
	int err = check(dev, va, size, perms, &shift);

	if (!err)
		err = plx_dma_get(dev, &dma);
	if (err)
		return err;
	*out = find(dma, va, size, perms);
	if (!*out)
		return plx_region_share(dev, va, size, perms, out);
	(*out)->users++;
	return 0;
}

int plx_dma_share(struct plx_dev *dev, void *va, uint64_t size, uint32_t perms,
		  struct plx_dma_region **out, uint64_t *offset)
{
	int err = plx_dev_enter(dev, 1);

	*out = NULL;
	*offset = 0;
	if (err)
		return err;
	err = share(dev, va, size, perms, out);
	if (!err)
		*offset = (*out)->iova - (uintptr_t)va;
	return plx_dev_leave(dev, err);
}

int plx_dma_unshare(struct plx_dev *dev, struct plx_dma_region *r)
{
	int err = plx_dev_enter(dev, 1);

	if (err)
		return err;
	if (!r)
		err = plx_dma_fail_null(dev, 2, "r");
	else if (r->users > 1)
		r->users--;
	else
		err = plx_region_end(dev, r);
	return plx_dev_leave(dev, err);
}
