/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ring that the kernel receives into. Its memory is shared, so every field is read once, and
 * nothing that is said in it is followed before it was checked against the frame's slot (V2) or
 * block (V3). The layout is packet_mmap.rst's:
 *
 *	header | struct sockaddr_ll | ... | struct virtio_net_hdr | frame
 *	                                                          ^ tp_mac
 *
 * What is done for each frame is inline.
 */
#ifndef PLX_NET_AF_PACKET_RING_H
#define PLX_NET_AF_PACKET_RING_H

#include <pollux/base.h>

#include <errno.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <string.h>

#define ETH_HDR      14
#define VLAN_LEN     4
#define V3_ALIGNMENT 8 /* of frames in a block: net/packet/internal.h */

#define READ_ONCE(x)    __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define LOAD_ACQUIRE(x) __atomic_load_n(&(x), __ATOMIC_ACQUIRE)

/* The memory that the kernel receives into, and how far it has been read. */
struct af_packet_ring {
	uint8_t *map; /* NULL: none */
	size_t size;
	uint32_t n;         /* V2: frames; V3: blocks */
	uint32_t item_size; /* bytes of one */
	uint32_t next;      /* to read */
	uint32_t mac;       /* V2: offset of most frames in their slots */
	bool v3;
	uint32_t left;   /* V3: frames not read yet in the block, */
	uint32_t offset; /* and where the first of them is */
};

/* A frame in a ring: checked, so its bytes are within the ring. */
struct af_packet_frame {
	uint8_t *data;     /* at least VLAN_LEN bytes before it are free to be written */
	uint32_t len;      /* bytes that the ring holds, ETH_HDR at least, */
	uint32_t wire_len; /* and that the frame has */
	uint32_t readable; /* bytes that may be read from data on */
	uint32_t status;   /* TP_STATUS_ bits */
	uint16_t tpid, tci;
	uint8_t pkttype; /* PACKET_HOST, ... */
	uint64_t timestamp;
	struct virtio_net_hdr vnet;
};

static inline uint8_t *plx_ring_item(const struct af_packet_ring *ring, uint32_t index)
{
	return ring->map + (size_t)index * ring->item_size;
}

static inline uint32_t *plx_ring_slot_status(const struct af_packet_ring *ring, uint32_t index)
{
	struct tpacket2_hdr *header = (void *)plx_ring_item(ring, index);

	return &header->tp_status;
}

static inline uint32_t *plx_ring_block_status(const struct af_packet_ring *ring, uint32_t index)
{
	struct tpacket_block_desc *block = (void *)plx_ring_item(ring, index);

	return &block->hdr.bh1.block_status;
}

static inline void plx_ring_step(struct af_packet_ring *ring)
{
	if (++ring->next == ring->n)
		ring->next = 0;
}

static inline void plx_ring_give_back_block(struct af_packet_ring *ring)
{
	__atomic_store_n(plx_ring_block_status(ring, ring->next), TP_STATUS_KERNEL,
			 __ATOMIC_RELEASE);
	ring->left = 0;
	plx_ring_step(ring);
}

static inline uint64_t plx_ring_ns(uint32_t sec, uint32_t nsec)
{
	return (uint64_t)sec * 1000000000 + nsec;
}

/*
 * A frame whose checksum is unfinished, or known to be good, may also be one on its way to
 * segmentation; of others the virtio header says nothing, and its cache line is not waited for.
 */
#define TELLS_OF_CHECKSUM (TP_STATUS_CSUMNOTREADY | TP_STATUS_CSUM_VALID)

/*
 * What both versions have in common: @room bytes from @header on are the frame's slot, or the rest
 * of its block; the address is @address bytes behind it.
 */
static inline int plx_ring_check(struct af_packet_frame *frame, uint8_t *header, uint32_t room,
				 uint32_t address, uint32_t mac)
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
	if (frame->status & TELLS_OF_CHECKSUM)
		memcpy(&frame->vnet, frame->data - sizeof(frame->vnet), sizeof(frame->vnet));
	else
		memset(&frame->vnet, 0, sizeof(frame->vnet));
	return 0;
}

static inline int plx_ring_peek_slot(const struct af_packet_ring *ring,
				     struct af_packet_frame *frame)
{
	struct tpacket2_hdr *header = (void *)plx_ring_item(ring, ring->next);

	frame->status = READ_ONCE(header->tp_status);
	frame->len = READ_ONCE(header->tp_snaplen);
	frame->wire_len = READ_ONCE(header->tp_len);
	frame->tpid = READ_ONCE(header->tp_vlan_tpid);
	frame->tci = READ_ONCE(header->tp_vlan_tci);
	frame->timestamp = plx_ring_ns(READ_ONCE(header->tp_sec), READ_ONCE(header->tp_nsec));
	return plx_ring_check(frame, (uint8_t *)header, ring->item_size,
			      TPACKET_ALIGN(sizeof(*header)), READ_ONCE(header->tp_mac));
}

static inline int plx_ring_peek_in_block(const struct af_packet_ring *ring,
					 struct af_packet_frame *frame)
{
	uint32_t offset = ring->offset;
	struct tpacket3_hdr *header;

	if (offset % V3_ALIGNMENT || offset < sizeof(struct tpacket_block_desc) ||
	    offset > ring->item_size - TPACKET_ALIGN(sizeof(*header)))
		return -EBADMSG;
	header = (void *)(plx_ring_item(ring, ring->next) + offset);
	frame->status = READ_ONCE(header->tp_status);
	frame->len = READ_ONCE(header->tp_snaplen);
	frame->wire_len = READ_ONCE(header->tp_len);
	frame->tpid = READ_ONCE(header->hv1.tp_vlan_tpid);
	frame->tci = (uint16_t)READ_ONCE(header->hv1.tp_vlan_tci);
	frame->timestamp = plx_ring_ns(READ_ONCE(header->tp_sec), READ_ONCE(header->tp_nsec));
	return plx_ring_check(frame, (uint8_t *)header, ring->item_size - offset,
			      TPACKET_ALIGN(sizeof(*header)), READ_ONCE(header->tp_mac));
}

static inline void plx_ring_release_in_block(struct af_packet_ring *ring, bool broken)
{
	const struct tpacket3_hdr *header;
	uint32_t next;

	if (broken || !--ring->left) {
		plx_ring_give_back_block(ring);
		return;
	}
	header = (const void *)(plx_ring_item(ring, ring->next) + ring->offset);
	next = READ_ONCE(header->tp_next_offset);
	/* Too far is one of the things that the next peek finds. */
	ring->offset = next <= ring->item_size ? ring->offset + next : UINT32_MAX;
}

/* Frames that may be read now, at most @max. Takes a new block where need be. */
uint32_t plx_af_packet_ring_ready(struct af_packet_ring *ring, uint32_t max);
/* Frame or block @index in words. */
void plx_af_packet_ring_desc(const struct af_packet_ring *ring, uint32_t index, char *text,
			     size_t size);

/*
 * Read the next frame, of those that are ready. It stays where it is.
 * Return: 0; -EBADMSG: what the ring says of it contradicts itself; -ENODATA: it has no bytes.
 */
static inline int plx_af_packet_ring_peek(const struct af_packet_ring *ring,
					  struct af_packet_frame *frame)
{
	return ring->v3 ? plx_ring_peek_in_block(ring, frame) : plx_ring_peek_slot(ring, frame);
}

/* Done with the next frame. One that could not be read ends its block. */
static inline void plx_af_packet_ring_release(struct af_packet_ring *ring, bool broken)
{
	if (ring->v3) {
		plx_ring_release_in_block(ring, broken);
		return;
	}
	__atomic_store_n(plx_ring_slot_status(ring, ring->next), TP_STATUS_KERNEL,
			 __ATOMIC_RELEASE);
	plx_ring_step(ring);
}

#endif
