/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How much of a ring is there to be read, and a look at it for people.
 */
#include "ring.h"

#include <stdio.h>

/* Reading the statuses first has the lines of all headers come in side by side. */
static uint32_t slots_ready(const struct af_packet_ring *ring, uint32_t max)
{
	uint32_t at = ring->next, n = 0;

	if (max > ring->n)
		max = ring->n;
	while (n < max && LOAD_ACQUIRE(*plx_ring_slot_status(ring, at)) & TP_STATUS_USER) {
		__builtin_prefetch(plx_ring_item(ring, at) + ring->mac);
		n++;
		if (++at == ring->n)
			at = 0;
	}
	return n;
}

static uint32_t block_frames_ready(struct af_packet_ring *ring)
{
	/* A block without frames is not the kernel's way; pass over a ring of them at most. */
	for (uint32_t i = 0; !ring->left && i < ring->n; i++) {
		struct tpacket_block_desc *block = (void *)plx_ring_item(ring, ring->next);

		if (!(LOAD_ACQUIRE(*plx_ring_block_status(ring, ring->next)) & TP_STATUS_USER))
			return 0;
		ring->left = READ_ONCE(block->hdr.bh1.num_pkts);
		if (ring->left > ring->item_size / V3_ALIGNMENT)
			ring->left = ring->item_size / V3_ALIGNMENT;
		ring->offset = READ_ONCE(block->hdr.bh1.offset_to_first_pkt);
		if (!ring->left)
			plx_ring_give_back_block(ring);
	}
	return ring->left;
}

uint32_t plx_af_packet_ring_ready(struct af_packet_ring *ring, uint32_t max)
{
	uint32_t n;

	if (!ring->v3)
		return slots_ready(ring, max);
	n = block_frames_ready(ring);
	return n < max ? n : max;
}

void plx_af_packet_ring_desc(const struct af_packet_ring *ring, uint32_t index, char *text,
			     size_t size)
{
	const struct tpacket_block_desc *block = (const void *)plx_ring_item(ring, index);
	const struct tpacket2_hdr *slot = (const void *)plx_ring_item(ring, index);
	uint32_t status = LOAD_ACQUIRE(
		*(ring->v3 ? plx_ring_block_status : plx_ring_slot_status)(ring, index));

	if (!(status & TP_STATUS_USER))
		snprintf(text, size, "the kernel's: it receives here");
	else if (ring->v3)
		snprintf(text, size, "ours: a block of %u frames, %u bytes, status 0x%x",
			 READ_ONCE(block->hdr.bh1.num_pkts), READ_ONCE(block->hdr.bh1.blk_len),
			 status);
	else
		snprintf(text, size, "ours: a frame of %u bytes, %u of them here, status 0x%x",
			 READ_ONCE(slot->tp_len), READ_ONCE(slot->tp_snaplen), status);
}
