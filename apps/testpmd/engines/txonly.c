/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * txonly: the simplest generator. Writes an Ethernet, IPv4 and UDP header into every frame; the
 * addresses are those of RFC 2544 appendix C and UDP port 9, discard.
 */
#include "testpmd/engine.h"
#include "testpmd/engines/ether.h"

#define IP_HDR_LEN  20
#define UDP_HDR_LEN 8

typedef void (*write_fn)(const struct plx_pkt *pkts, unsigned n, const uint8_t *header);

struct txonly {
	struct plx_pkt like;
	uint8_t header[48]; /* the headers, 42 bytes, and 6 of zero */
	write_fn write;     /* them into frames */
};

static void put16(uint8_t *to, unsigned value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static void write_headers(const struct stream *s, uint8_t *frame)
{
	static const uint8_t addresses[] = { 198, 18, 0, 1, 198, 18, 0, 2 };
	uint8_t *ip = frame + ETHER_HDR_LEN, *udp = ip + IP_HDR_LEN;
	unsigned ip_len = s->frame_len - ETHER_HDR_LEN;
	uint16_t sum;

	ether_set(frame, s->peer_mac, s->own_mac);
	put16(frame + 2 * ETHER_ADDR_LEN, 0x0800);
	ip[0] = 0x45;
	put16(ip + 2, ip_len);
	ip[8] = 64; /* time to live */
	ip[9] = 17; /* UDP */
	memcpy(ip + 12, addresses, sizeof(addresses));
	sum = (uint16_t)~plx_csum_fold(plx_csum_add(0, ip, IP_HDR_LEN));
	memcpy(ip + 10, &sum, sizeof(sum)); /* it is in memory order already */
	put16(udp, 9);
	put16(udp + 2, 9);
	put16(udp + 4, ip_len - IP_HDR_LEN); /* no UDP checksum: 0 */
}

/* The header as two values in registers: in memory it might change with every byte written. */
static inline __attribute__((always_inline)) void write_frames(const struct plx_pkt *pkts,
							       unsigned n, const uint8_t *header)
{
	typedef uint64_t front_words __attribute__((vector_size(32)));
	typedef uint64_t back_words __attribute__((vector_size(16)));
	front_words front;
	back_words back;

	memcpy(&front, header, sizeof(front));
	memcpy(&back, header + sizeof(front), sizeof(back));
#pragma GCC unroll 4
	for (unsigned i = 0; i < n; i++) {
		uint8_t *frame = pkts[i].data;

		memcpy(frame, &front, sizeof(front));
		memcpy(frame + sizeof(front), &back, sizeof(back));
	}
}

static void write_any(const struct plx_pkt *pkts, unsigned n, const uint8_t *header)
{
	write_frames(pkts, n, header);
}

#ifdef __x86_64__
/* Two stores a frame instead of three. */
static __attribute__((target("avx2"))) void write_avx2(const struct plx_pkt *pkts, unsigned n,
						       const uint8_t *header)
{
	write_frames(pkts, n, header);
}
#endif

static write_fn choose_write(void)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx2"))
		return write_avx2;
#endif
	return write_any;
}

static void begin(struct stream *s)
{
	struct txonly *t = s->priv;

	t->like.len = (uint16_t)s->frame_len;
	t->like.pool = plx_pool_number(s->pool);
	write_headers(s, t->header);
	t->write = choose_write();
}

static unsigned forward(struct stream *s, unsigned n)
{
	const struct txonly *t = s->priv;

	n = plx_pool_get(s->pool, &t->like, s->pkts, n);
	t->write(s->pkts, n, t->header);
	if (n)
		stream_send(s, s->pkts, n);
	return n;
}

const struct engine txonly_engine = {
	.name = "txonly",
	.help = "send UDP frames of its own making",
	.needs = ENGINE_TX,
	.priv_size = sizeof(struct txonly),
	.begin = begin,
	.forward = forward,
};
