/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * flowgen: a generator of many flows. As txonly, but the IPv4 destination goes round through
 * s->flows addresses from 198.18.0.2 on, frame by frame; up to 131,069 of them are host addresses
 * of the network for benchmarks, 198.18.0.0/15 (RFC 2544 appendix C). What the stream receives is
 * freed.
 */
#include "testpmd/engines/ether.h"
#include "testpmd/engines/udp_frames.h"
#include "testpmd/headers.h"

#include <arpa/inet.h>

#define FLOWS_DEFAULT 1024
#define FIRST_DST     0xc6120002u /* 198.18.0.2 */

#define IP_SUM_OFFSET (ETHER_HDR_LEN + 10)
#define IP_DST_OFFSET (ETHER_HDR_LEN + 16)

struct flowgen {
	struct udp_frames frames;
	uint64_t sum;        /* of the IPv4 header without checksum and destination */
	uint32_t next, last; /* destinations */
};

static void begin(struct stream *s)
{
	uint32_t flows = s->flows ? s->flows : FLOWS_DEFAULT;
	struct flowgen *f = s->priv;

	udp_frames_init(&f->frames, s, s->frame_len);
	/* Every frame gets its own: here they are 0, to be no part of the sum. */
	memset(f->frames.header + IP_SUM_OFFSET, 0, 2);
	memset(f->frames.header + IP_DST_OFFSET, 0, 4);
	f->sum = plx_csum_add(0, f->frames.header + ETHER_HDR_LEN, IPV4_HDR_LEN);
	f->next = FIRST_DST;
	f->last = FIRST_DST + flows - 1;
}

/* A sum may be added to in words of any length, in memory order (RFC 1071). */
static void write_flow(uint8_t *frame, uint64_t sum, uint32_t dst)
{
	uint32_t be = htonl(dst);
	uint16_t check = (uint16_t)~plx_csum_fold(sum + be);

	memcpy(frame + IP_SUM_OFFSET, &check, sizeof(check));
	memcpy(frame + IP_DST_OFFSET, &be, sizeof(be));
}

static void discard(struct stream *s, unsigned n)
{
	unsigned frames = 0;

	n = stream_receive(s, n);
	for (unsigned i = 0; i < n; i++)
		frames += !(s->pkts[i].flags & PLX_PKT_MORE);
	if (!n)
		return;
	plx_pkt_free(s->pkts, n);
	stream_count(&s->consumed, frames);
}

static unsigned forward(struct stream *s, unsigned n)
{
	struct flowgen *f = s->priv;
	uint32_t dst = f->next;

	if (s->rxq)
		discard(s, n);
	n = plx_pool_get(s->pool, &f->frames.like, s->pkts, n);
	f->frames.write(s->pkts, n, f->frames.header);
	for (unsigned i = 0; i < n; i++) {
		write_flow(s->pkts[i].data, f->sum, dst);
		dst = dst == f->last ? FIRST_DST : dst + 1;
	}
	f->next = dst;
	if (!n)
		return 0;
	stream_count(&s->generated, n);
	stream_send(s, s->pkts, n);
	return n;
}

const struct engine flowgen_engine = {
	.name = "flowgen",
	.help = "send UDP frames to many addresses, and free what comes in",
	.needs = ENGINE_RX | ENGINE_TX | ENGINE_MAKES,
	.priv_size = sizeof(struct flowgen),
	.begin = begin,
	.forward = forward,
};
