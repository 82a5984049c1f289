/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A scatter-gather channel from the inside, for sgdma.c and sglist.c.
 */
#ifndef PLX_DMA_SGDMA_PRIV_H
#define PLX_DMA_SGDMA_PRIV_H

#include "dma/dma_priv.h"

#define PLX_SG_SLOTS 128

/* Bounce memory for one list; the list's, from build to release. */
struct plx_sg_slot {
	const struct plx_buf *chain;
	bool to_device;
};

struct plx_sgdma {
	struct plx_dev *dev;
	struct plx_dma *dma;
	plx_sg_fn process;
	uint64_t limit; /* last IOVA */
	uint32_t max_mapping;
	struct plx_dma_region *bounce; /* NULL: mappings are too large for it */
	uint64_t slot_size;
	unsigned n_slots;
	/* What several threads write. */
	_Alignas(PLX_CACHE_LINE) _Atomic unsigned readers; /* of the table, inside a call */
	_Atomic unsigned lists;                            /* built and not released */
	_Atomic uint64_t busy[PLX_SG_SLOTS / 64];
	struct plx_sg_slot slots[PLX_SG_SLOTS];
};

#endif
