/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ring that the kernel receives into. Its memory is shared, so every field is read once, and
 * nothing that is said in it is followed before it was checked against the frame's slot (V2) or
 * block (V3). The layout is packet_mmap.rst's:
 *
 *	header | struct sockaddr_ll | ... | struct virtio_net_hdr | frame
 *	                                                          ^ tp_mac
 */
#include "af_packet.h"

#include <errno.h>
#include <string.h>

#define V3_ALIGNMENT 8 /* of frames in a block: net/packet/internal.h */

#define READ_ONCE(x)    __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define LOAD_ACQUIRE(x) __atomic_load_n(&(x), __ATOMIC_ACQUIRE)

static uint8_t *item(const struct af_packet_ring *ring, uint32_t index)
{
	return ring->map + (size_t)index * ring->item_size;
}

static uint32_t *slot_status(const struct af_packet_ring *ring, uint32_t index)
{
	struct tpacket2_hdr *header = (void *)item(ring, index);

	return &header->tp_status;
}

static uint32_t *block_status(const struct af_packet_ring *ring, uint32_t index)
{
	struct tpacket_block_desc *block = (void *)item(ring, index);

	return &block->hdr.bh1.block_status;
}

static void step(struct af_packet_ring *ring)
{
	if (++ring->next == ring->n)
		ring->next = 0;
}

/* Reading the statuses first has the lines of all headers come in side by side. */
static uint32_t slots_ready(const struct af_packet_ring *ring, uint32_t max)
{
	uint32_t at = ring->next, n = 0;

	if (max > ring->n)
		max = ring->n;
	while (n < max && LOAD_ACQUIRE(*slot_status(ring, at)) & TP_STATUS_USER) {
		n++;
		if (++at == ring->n)
			at = 0;
	}
	return n;
}

static void give_back_block(struct af_packet_ring *ring)
{
	__atomic_store_n(block_status(ring, ring->next), TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	ring->left = 0;
	step(ring);
}

static uint32_t block_frames_ready(struct af_packet_ring *ring)
{
	/* A block without frames is not the kernel's way; pass over a ring of them at most. */
	for (uint32_t i = 0; !ring->left && i < ring->n; i++) {
		struct tpacket_block_desc *block = (void *)item(ring, ring->next);

		if (!(LOAD_ACQUIRE(*block_status(ring, ring->next)) & TP_STATUS_USER))
			return 0;
		ring->left = READ_ONCE(block->hdr.bh1.num_pkts);
		if (ring->left > ring->item_size / V3_ALIGNMENT)
			ring->left = ring->item_size / V3_ALIGNMENT;
		ring->offset = READ_ONCE(block->hdr.bh1.offset_to_first_pkt);
		if (!ring->left)
			give_back_block(ring);
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

static uint64_t ns(uint32_t sec, uint32_t nsec)
{
	return (uint64_t)sec * 1000000000 + nsec;
}

/*
 * What both versions have in common: @room bytes from @header on are the frame's slot, or the rest
 * of its block; the address is @address bytes behind it.
 */
static int check(struct af_packet_frame *frame, uint8_t *header, uint32_t room, uint32_t address,
		 uint32_t mac)
{
	const struct sockaddr_ll *from = (const void *)(header + address);
	uint32_t before = address + (uint32_t)(sizeof(*from) + sizeof(frame->vnet));

	if (mac < before || mac > room || frame->len > room - mac || frame->len > frame->wire_len)
		return -EBADMSG;
	if (!frame->wire_len)
		return -ENODATA;
	if (frame->len < ETH_HDR)
		return -EBADMSG;
	frame->data = header + mac;
	frame->readable = room - mac;
	frame->pkttype = READ_ONCE(from->sll_pkttype);
	memcpy(&frame->vnet, frame->data - sizeof(frame->vnet), sizeof(frame->vnet));
	return 0;
}

static int peek_slot(const struct af_packet_ring *ring, struct af_packet_frame *frame)
{
	struct tpacket2_hdr *header = (void *)item(ring, ring->next);

	frame->status = READ_ONCE(header->tp_status);
	frame->len = READ_ONCE(header->tp_snaplen);
	frame->wire_len = READ_ONCE(header->tp_len);
	frame->tpid = READ_ONCE(header->tp_vlan_tpid);
	frame->tci = READ_ONCE(header->tp_vlan_tci);
	frame->timestamp = ns(READ_ONCE(header->tp_sec), READ_ONCE(header->tp_nsec));
	return check(frame, (uint8_t *)header, ring->item_size, TPACKET_ALIGN(sizeof(*header)),
		     READ_ONCE(header->tp_mac));
}

static int peek_in_block(const struct af_packet_ring *ring, struct af_packet_frame *frame)
{
	uint32_t offset = ring->offset;
	struct tpacket3_hdr *header;

	if (offset % V3_ALIGNMENT || offset < sizeof(struct tpacket_block_desc) ||
	    offset > ring->item_size - TPACKET_ALIGN(sizeof(*header)))
		return -EBADMSG;
	header = (void *)(item(ring, ring->next) + offset);
	frame->status = READ_ONCE(header->tp_status);
	frame->len = READ_ONCE(header->tp_snaplen);
	frame->wire_len = READ_ONCE(header->tp_len);
	frame->tpid = READ_ONCE(header->hv1.tp_vlan_tpid);
	frame->tci = (uint16_t)READ_ONCE(header->hv1.tp_vlan_tci);
	frame->timestamp = ns(READ_ONCE(header->tp_sec), READ_ONCE(header->tp_nsec));
	return check(frame, (uint8_t *)header, ring->item_size - offset,
		     TPACKET_ALIGN(sizeof(*header)), READ_ONCE(header->tp_mac));
}

int plx_af_packet_ring_peek(struct af_packet_ring *ring, struct af_packet_frame *frame)
{
	return ring->v3 ? peek_in_block(ring, frame) : peek_slot(ring, frame);
}

static void release_in_block(struct af_packet_ring *ring, bool broken)
{
	const struct tpacket3_hdr *header;
	uint32_t next;

	if (broken || !--ring->left) {
		give_back_block(ring);
		return;
	}
	header = (const void *)(item(ring, ring->next) + ring->offset);
	next = READ_ONCE(header->tp_next_offset);
	/* Too far is one of the things that the next peek finds. */
	ring->offset = next <= ring->item_size ? ring->offset + next : UINT32_MAX;
}

void plx_af_packet_ring_release(struct af_packet_ring *ring, bool broken)
{
	if (ring->v3) {
		release_in_block(ring, broken);
		return;
	}
	__atomic_store_n(slot_status(ring, ring->next), TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	step(ring);
}

void plx_af_packet_ring_desc(const struct af_packet_ring *ring, uint32_t index, char *text,
			     size_t size)
{
	const struct tpacket_block_desc *block = (const void *)item(ring, index);
	const struct tpacket2_hdr *slot = (const void *)item(ring, index);
	uint32_t status = LOAD_ACQUIRE(*(ring->v3 ? block_status : slot_status)(ring, index));

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
