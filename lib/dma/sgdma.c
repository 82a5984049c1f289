/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Scatter-gather channels: registered once, so that lists can be built in burst loops (sglist.c).
 * NDIS maps any memory then; here mapping in a burst loop is out of the question, so that what the
 * device does not reach anyway is copied to bounce memory that is mapped beforehand.
 */
#include "dma/sgdma_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#define BOUNCE_BYTES (1ull << 20)  /* as many slots as fit, but one and PLX_SG_SLOTS at most */
#define BOUNCE_MAX   (16ull << 20) /* a larger mapping gets no bounce memory */

/* Argument 2 is the description (handle 1, description 2, channel 3). */
static int fail_desc(const struct plx_dev *dev, enum plx_reason reason, const char *what)
{
	return plx_fail_ddi(-EINVAL, plx_status_arg(2), reason, 2, dev->child.name, "%s", what);
}

static int check_desc(const struct plx_dev *dev, const struct plx_sgdma_desc *d)
{
	if (!d)
		return plx_dma_fail_null(dev, 2, "d");
	if (d->type != PLX_SGDMA_TYPE || d->rev != PLX_SGDMA_REV_1 || d->size != sizeof(*d))
		return plx_fail_ddi(
			-EPROTONOSUPPORT, PLX_STATUS_NDIS_BAD_VERSION, PLX_R_BAD_VERSION, 2,
			dev->child.name,
			"description of type 0x%x, revision %u, %u bytes: wanted are type "
			"0x%x, revision %u, %zu bytes",
			d->type, d->rev, d->size, PLX_SGDMA_TYPE, PLX_SGDMA_REV_1, sizeof(*d));
	if (d->flags & ~(uint32_t)PLX_SGDMA_64BIT)
		return fail_desc(dev, PLX_R_RESERVED_BITS,
				 "the only flag of a description is PLX_SGDMA_64BIT");
	if (!d->max_mapping)
		return fail_desc(dev, PLX_R_ZERO_LEN,
				 "max_mapping is 0: say how long a buffer gets");
	if (!d->process)
		return fail_desc(dev, PLX_R_NULL_ARG, "process must not be NULL");
	return 0;
}

/* In the order of G-5. */
static int check(struct plx_dev *dev, const struct plx_sgdma_desc *d, struct plx_sgdma **out)
{
	int err = check_desc(dev, d);

	if (!err && !out)
		err = plx_dma_fail_null(dev, 3, "out");
	if (!err && dev->has_attributes && !dev->bus_master)
		err = plx_fail(-ENOTSUP, PLX_R_NOT_BUSMASTER, dev->child.name,
			       "%s was declared no bus master: plx_dev_set_attributes() with "
			       "bus_master comes first",
			       dev->child.name);
	if (!err)
		err = plx_channel_check(plx_dma_peek(dev), dev);
	if (!err)
		err = plx_dev_check_state(dev, PLX_STATE_BIT(PLX_DEV_INIT), PLX_STATUS_NDIS_FAILURE,
					  "plx_sgdma_register()");
	if (!err)
		err = plx_dev_check_attributes(dev, PLX_STATUS_NDIS_FAILURE,
					       "plx_sgdma_register()");
	/* As MR-8. */
	if (!err && dev->backend == PLX_BACKEND_NOIOMMU && !(d->flags & PLX_SGDMA_64BIT))
		err = plx_fail(-ENOMEM, PLX_R_NO_IOMMU, dev->child.name,
			       "%s has no IOMMU: memory below 4 GiB cannot be asked for; only "
			       "PLX_SGDMA_64BIT works",
			       dev->child.name);
	return err;
}

static int make_bounce(struct plx_dev *dev, struct plx_sgdma *s)
{
	const uint32_t rw = PLX_IOMMU_READ | PLX_IOMMU_WRITE;
	uint64_t n;

	s->slot_size = plx_mapreg_per_base(s->max_mapping) * (uint64_t)sysconf(_SC_PAGESIZE);
	if (s->slot_size > BOUNCE_MAX)
		return 0;
	n = BOUNCE_BYTES / s->slot_size;
	s->n_slots = n > PLX_SG_SLOTS ? PLX_SG_SLOTS : n ? (unsigned)n : 1;
	return plx_region_make(dev, PLX_DMA_SLOTS, s->n_slots * s->slot_size, rw, &s->bounce);
}

static uint32_t list_size(uint32_t max_mapping)
{
	return (uint32_t)(sizeof(struct plx_sg_list) +
			  plx_mapreg_per_base(max_mapping) * sizeof(struct plx_dma_seg));
}

static int make(struct plx_dev *dev, struct plx_sgdma_desc *d, struct plx_sgdma **out)
{
	struct plx_sgdma *s;
	struct plx_dma *dma;
	int err = plx_dma_get(dev, &dma);

	if (err)
		return plx_channel_fail(err);
	s = aligned_alloc(PLX_CACHE_LINE, sizeof(*s));
	if (!s)
		return plx_fail_nomem(dev->child.name, "a scatter-gather channel");
	memset(s, 0, sizeof(*s));
	s->dev = dev;
	s->dma = dma;
	s->process = d->process;
	s->max_mapping = d->max_mapping;
	s->limit = d->flags & PLX_SGDMA_64BIT ? PLX_DMA_NO_LIMIT : 0xffffffff; /* SG-3 */
	dma->limit = s->limit;
	err = make_bounce(dev, s);
	if (err) {
		dma->limit = PLX_DMA_NO_LIMIT;
		free(s);
		return plx_channel_fail(err);
	}
	dma->sgdma = s;
	d->sg_list_size = list_size(d->max_mapping);
	*out = s;
	return 0;
}

int plx_sgdma_register(struct plx_dev *dev, struct plx_sgdma_desc *d, struct plx_sgdma **out)
{
	int err;

	if (d)
		d->sg_list_size = 0;
	if (out)
		*out = NULL;
	err = plx_dev_enter(dev, 1);
	if (err)
		return err;
	err = check(dev, d, out);
	if (!err)
		err = make(dev, d, out);
	return plx_dev_leave(dev, err);
}

static int check_deregister(struct plx_dev *dev, const struct plx_sgdma *s)
{
	unsigned lists = atomic_load_explicit(&s->lists, memory_order_acquire);

	if (lists)
		return plx_fail(-EBUSY, PLX_R_BUSY_SLOT, dev->child.name,
				"%u scatter-gather lists are not released: plx_sg_release() comes "
				"first",
				lists);
	return plx_dev_check_state(dev, PLX_STATE_BIT(PLX_DEV_INIT) | PLX_STATE_BIT(PLX_DEV_HALTED),
				   PLX_STATUS_NDIS_FAILURE, "plx_sgdma_deregister()");
}

static void forget(struct plx_dma *dma, struct plx_sgdma *s)
{
	dma->sgdma = NULL;
	dma->limit = PLX_DMA_NO_LIMIT;
	free(s);
}

int plx_sgdma_deregister(struct plx_sgdma *s)
{
	struct plx_dev *dev;
	int err;

	if (!s)
		return plx_fail_null(1, "s");
	dev = s->dev;
	err = plx_dev_enter(dev, 1);
	if (err)
		return err;
	err = check_deregister(dev, s);
	if (!err && s->bounce)
		err = plx_region_end(dev, s->bounce);
	if (!err)
		forget(s->dma, s);
	return plx_dev_leave(dev, err);
}

void plx_sgdma_drop(struct plx_dev *dev, struct plx_dma *dma)
{
	struct plx_sgdma *s = dma->sgdma;

	if (!s)
		return;
	plx_log(dev->child.ctx, LOG_WARNING, "dma",
		"%s is closed with a scatter-gather channel and %u lists in it: a leak, released now",
		dev->child.name, atomic_load_explicit(&s->lists, memory_order_relaxed));
	if (s->bounce)
		plx_region_drop(dev, s->bounce);
	forget(dma, s);
}

bool plx_sgdma_reading(const struct plx_sgdma *s)
{
	return atomic_load(&s->readers) != 0;
}
