/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a frame's checksums are and what they cover. Offsets count from the frame's first byte,
 * over all of its entries.
 */
#ifndef PLX_PKT_PARSE_H
#define PLX_PKT_PARSE_H

#include <pollux/pkt.h>

struct plx_frame {
	const struct plx_pkt *entries;
	unsigned n;
	size_t len; /* bytes of all entries */
};

enum plx_sum_kind {
	PLX_SUM_NONE, /* nothing that can be checked */
	PLX_SUM_INTERNET,
	PLX_SUM_CRC32C,
};

/* The IP protocol numbers that are told apart. */
enum plx_ip_proto {
	PLX_IP_HOP_OPTIONS = 0,
	PLX_IP_ICMP = 1,
	PLX_IP_IGMP = 2,
	PLX_IP_TCP = 6,
	PLX_IP_UDP = 17,
	PLX_IP_ROUTING = 43,
	PLX_IP_FRAGMENT = 44,
	PLX_IP_AH = 51,
	PLX_IP_ICMPV6 = 58,
	PLX_IP_DST_OPTIONS = 60,
	PLX_IP_SCTP = 132,
	PLX_IP_UDPLITE = 136,
};

struct plx_layout {
	uint8_t ip_version; /* 0: no IP header that can be read */
	uint8_t l4_proto;
	uint8_t kind;      /* enum plx_sum_kind of the upper checksum */
	uint8_t addr_len;  /* bytes of each address */
	bool pseudo;       /* the pseudo header counts */
	bool fragment;     /* one part of a datagram */
	size_t l3, l3_len; /* the IP header; without extension headers */
	size_t l4;         /* the upper header */
	size_t end;        /* of the datagram, by the IP header; may be past the frame's */
	size_t covered;    /* bytes from l4 on that the checksum covers */
	size_t field;      /* the upper checksum */
	size_t src, dst;   /* addresses of the pseudo header */
	size_t pseudo_len; /* length in the pseudo header */
};

/*
 * Bytes [offset, offset + len) of a frame: a pointer into the frame where they lie in one entry,
 * else copied to @room, which has @len bytes. NULL when the frame does not have them.
 */
const uint8_t *plx_frame_bytes(const struct plx_frame *frame, size_t offset, size_t len,
			       uint8_t *room);

/* Everything in @at that was not found is 0. The frame is not trusted; what is in @at can be. */
void plx_frame_parse(const struct plx_frame *frame, struct plx_layout *at);

static inline uint16_t plx_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

#endif
