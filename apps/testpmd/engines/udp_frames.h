/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The frames that generators send: Ethernet, IPv4 and UDP headers, prepared once. The addresses
 * are those of RFC 2544 appendix C.
 */
#ifndef TESTPMD_ENGINES_UDP_FRAMES_H
#define TESTPMD_ENGINES_UDP_FRAMES_H

#include "testpmd/engine.h"

#define UDP_HEADERS_LEN (14 + 20 + 8) /* and so the shortest frame */

typedef void (*udp_frames_fn)(const struct plx_pkt *pkts, unsigned n, const uint8_t *header);

struct udp_frames {
	struct plx_pkt like; /* for plx_pool_get() */
	uint8_t header[48];  /* UDP_HEADERS_LEN bytes, and 6 of zero */
	udp_frames_fn write; /* all 48 into frames */
};

void udp_frames_init(struct udp_frames *f, const struct stream *s, unsigned frame_len);

#endif
