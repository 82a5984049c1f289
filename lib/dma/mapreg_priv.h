/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Map registers from the inside, for mapreg.c and mapping.c.
 */
#ifndef PLX_DMA_MAPREG_PRIV_H
#define PLX_DMA_MAPREG_PRIV_H

#include "dma/dma_priv.h"

/* One base register. Its user's, but for busy and readers, which others look at. */
struct plx_mapreg_slot {
	_Alignas(PLX_CACHE_LINE) _Atomic unsigned readers; /* of the table, inside a call */
	_Atomic bool busy;
	bool copied; /* the device works on the slot, not on the buffer */
	bool to_device;
	struct plx_chain_sum what; /* the buffer at start (MR-10) */
};

struct plx_mapregs {
	_Alignas(PLX_CACHE_LINE) struct plx_dma_region *region; /* all slots, one after the other */
	uint64_t slot_size;
	uint64_t limit; /* last IOVA */
	uint32_t n, max_buf;
	struct plx_mapreg_slot slots[];
};

#endif
