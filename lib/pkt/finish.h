/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Unfinished frames: those whose checksum or segmentation the sender left to whoever puts them on
 * a wire, and described in a virtio net header (virtio 1.2, 5.1.6.2 and 5.1.6.4; the kernel's TUN
 * and AF_PACKET use the same header in the host's byte order). They are finished here in software,
 * or their header is turned into a packet's flags; and flags into a header.
 *
 * The way of a received frame, in a driver:
 *
 *	plx_unfinished_begin(&u, header, bytes, len)    -EBADMSG: drop it, PLX_DROP_INVALID
 *	plx_unfinished_pass(&u)                         if configured PLX_OFFLOAD_RX_UNFINISHED
 *	if (u.longest > what the queue gives)           drop it, PLX_DROP_TOO_LONG
 *	plx_unfinished_here(&u, pkt)                    where it lies in one buffer: done in place
 *	while (plx_unfinished_left(&u))                 else copy, in as many bursts as it takes
 *		plx_unfinished_next(&u, pkts, n, room)
 *
 * Nothing in here allocates, calls the kernel or fills the error record: all is for burst loops.
 */
#ifndef PLX_PKT_FINISH_H
#define PLX_PKT_FINISH_H

#include <pollux/pkt.h>

#include <linux/virtio_net.h>

/* Since Linux 6.2. */
#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

/* The longest headers that are repeated in segments: Ethernet, tags, IP, extensions, TCP. */
#define PLX_UNFINISHED_HEADERS 512

/* The longest frame that a header can speak of: Ethernet, eight tags, IPv6 and what it can have. */
#define PLX_UNFINISHED_MAX (14 + 8 * 4 + 40 + 65535)

/* A frame and how far it has been given. Read: frames and longest; the rest is of finish.c. */
struct plx_unfinished {
	uint32_t frames;  /* to give, of which */
	uint32_t longest; /* the longest has this many bytes */

	const uint8_t *bytes; /* the caller's, until no frames are left */
	uint32_t at, end;     /* bytes not given yet, without the headers that are repeated */
	uint32_t csum_start, csum_field;
	uint32_t request; /* PLX_PKT_TX_ flags to give with it instead of doing the work */
	uint16_t headers; /* bytes at the front of every segment; 0: it is not segmented */
	uint16_t mss;     /* bytes after them in a segment */
	uint16_t l3, l4;
	uint8_t l4_len, ip_version, l4_proto;
	bool needs_csum;
	uint8_t gso_type;                       /* without the ECN bit */
	uint8_t tcp_flags;                      /* of the frame */
	uint32_t tcp_seq;                       /* of the next segment */
	uint16_t ip_id;                         /* of the next segment */
	uint64_t pseudo;                        /* sum of the pseudo header, without the length */
	uint8_t header[PLX_UNFINISHED_HEADERS]; /* of the next segment */
};

/* Is there nothing to do? Most frames are so. */
static inline bool plx_vnet_plain(const struct virtio_net_hdr *header)
{
	return !(header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) &&
	       header->gso_type == VIRTIO_NET_HDR_GSO_NONE;
}

/*
 * Check a header against the frame it came with; neither is trusted. hdr_len is a hint that may be
 * wrong (virtio 1.2, 5.1.6.4.1) and is not used. @bytes stay in use until no frames are left.
 * Return: 0, or -EBADMSG: the header contradicts the bytes, or asks for what nobody offered (UFO,
 * tunnels). @u has no frames then.
 */
int plx_unfinished_begin(struct plx_unfinished *u, const struct virtio_net_hdr *header,
			 const uint8_t *bytes, uint32_t len);

/*
 * Leave the work to whoever sends the frame next: the first entry of the frame will ask for it.
 * Call it before any part was given.
 * Return: false: flags cannot say what is to be done (checksums at other places than TCP's and
 * UDP's, UDP segmentation, lengths that do not fit), and it is done here as without this call.
 */
bool plx_unfinished_pass(struct plx_unfinished *u);

/*
 * Finish a frame where it lies: @pkt->data are the bytes that begin() got, @pkt->len their length.
 * Return: false, with nothing done, when it has to be cut into segments.
 */
bool plx_unfinished_here(struct plx_unfinished *u, struct plx_pkt *pkt);

static inline bool plx_unfinished_left(const struct plx_unfinished *u)
{
	return u->frames != 0;
}

/*
 * Give the next whole frames, as many as fit.
 * @pkts: entries with a buffer each, as plx_pool_get() gives them; not where u's bytes are. Of
 *        those used, len is set, flags are added to, and what a request needs is set
 * @n:    how many there are
 * @room: bytes in each of their buffers
 * Return: entries used, from the first. 0 also when the next frame needs more than @n.
 */
unsigned plx_unfinished_next(struct plx_unfinished *u, struct plx_pkt *pkts, unsigned n,
			     uint32_t room);

/*
 * The header for a frame to send: what its flags ask for. @n entries, one frame, at least one.
 * Return: 0, or -EBADMSG: the flags contradict the frame.
 */
int plx_vnet_from_pkts(struct virtio_net_hdr *header, const struct plx_pkt *pkts, unsigned n);

#endif
