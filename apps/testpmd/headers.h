/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The headers of a frame, found by a walk that believes no length before it has checked it.
 *
 * A frame is one or more entries; offsets count from its first byte over all of them. Engines
 * that look behind the Ethernet header and the decoder share this; the library's own walk for
 * checksums is private to it and looks for other things.
 */
#ifndef TESTPMD_HEADERS_H
#define TESTPMD_HEADERS_H

#include <pollux/pollux.h>

#define HEADERS_TAGS_MAX 8 /* VLAN tags */

enum ethertype {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_ARP = 0x0806,
	ETHERTYPE_VLAN = 0x8100, /* 802.1Q */
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_QINQ = 0x88a8, /* 802.1ad */
	ETHERTYPE_LLDP = 0x88cc,
	ETHERTYPE_QINQ_0 = 0x9100, /* before there was a standard */
};

#define ETHERTYPE_MIN 0x0600 /* below it the field is a length: 802.3 with LLC */

enum ip_proto {
	IP_PROTO_HOP_OPTIONS = 0,
	IP_PROTO_ICMP = 1,
	IP_PROTO_IGMP = 2,
	IP_PROTO_TCP = 6,
	IP_PROTO_UDP = 17,
	IP_PROTO_ROUTING = 43,
	IP_PROTO_FRAGMENT = 44,
	IP_PROTO_AH = 51,
	IP_PROTO_ICMPV6 = 58,
	IP_PROTO_NONE = 59,
	IP_PROTO_DST_OPTIONS = 60,
	IP_PROTO_SCTP = 132,
	IP_PROTO_UDPLITE = 136,
};

#define IPV4_HDR_LEN 20
#define IPV6_HDR_LEN 40

struct frame {
	const struct plx_pkt *entries;
	unsigned n;
	size_t len; /* bytes of all entries */
};

/* Members that belong to what was not found are 0. */
struct headers {
	uint16_t ethertype; /* behind all tags */
	uint8_t n_tags;
	uint8_t ip_version; /* 0: no IP header that can be read */
	uint8_t l4_proto;   /* behind the extension headers that were read */
	bool has_l4;        /* a header of l4_proto begins at l4, at least by the IP headers */
	bool fragment;      /* one part of a datagram */
	/*
	 * A source route or a home address: the addresses in the IP header are not those of the
	 * pseudo header. RFC 791 3.1, 8200 4.4, 6275 6.3.
	 */
	bool routed;
	bool cut;         /* bytes are missing, or a length contradicts another */
	size_t l3;        /* behind Ethernet header and tags; 0: the frame ends before that */
	size_t l3_len;    /* the IP header; without extension headers */
	size_t extension; /* the IPv6 fragment header, when there is one */
	size_t l4;        /* behind the IP headers */
	size_t end;       /* of the datagram, by the IP header; may be past the frame's */
	uint16_t tags[HEADERS_TAGS_MAX]; /* TCIs, the outer one first */
};

static inline uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static inline void put16(uint8_t *p, unsigned value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

/* Entries of the frame that a burst begins with. @n: entries of the burst, at least 1. */
static inline unsigned frame_entries(const struct plx_pkt *pkts, unsigned n)
{
	unsigned i = 1;

	while (i < n && pkts[i - 1].flags & PLX_PKT_MORE)
		i++;
	return i;
}

static inline struct frame frame_of(const struct plx_pkt *entries, unsigned n)
{
	struct frame frame = { entries, n, 0 };

	for (unsigned i = 0; i < n; i++)
		frame.len += entries[i].len;
	return frame;
}

/* Copy @len bytes at @offset, which the frame has. */
void frame_read(const struct frame *frame, size_t offset, void *to, size_t len);

/* The other way round; the caller owns every buffer alone. */
void frame_write(const struct frame *frame, size_t offset, const void *from, size_t len);

/*
 * Bytes [offset, offset + len): a pointer into the frame where its first entry has them, else
 * copied to @room, which has @len bytes. NULL when the frame does not have them.
 */
static inline const uint8_t *frame_bytes(const struct frame *frame, size_t offset, size_t len,
					 uint8_t *room)
{
	if (offset > frame->len || len > frame->len - offset)
		return NULL;
	if (offset + len <= frame->entries[0].len)
		return frame->entries[0].data + offset;
	frame_read(frame, offset, room, len);
	return room;
}

/* May its bytes be written? Not while a buffer has other owners. */
static inline bool frame_writable(const struct frame *frame)
{
	for (unsigned i = 0; i < frame->n; i++)
		if (frame->entries[i].flags & PLX_PKT_SHARED)
			return false;
	return true;
}

void headers_read(const struct frame *frame, struct headers *h);

#endif
