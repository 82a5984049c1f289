/* SPDX-License-Identifier: BSD-3-Clause */
#include "testpmd/engines/udp_frames.h"
#include "testpmd/engines/ether.h"
#include "testpmd/headers.h"

#define UDP_DISCARD 9 /* RFC 863 */

static void write_headers(const struct stream *s, uint8_t *frame, unsigned frame_len)
{
	static const uint8_t addresses[] = { 198, 18, 0, 1, 198, 18, 0, 2 };
	uint8_t *ip = frame + ETHER_HDR_LEN, *udp = ip + IPV4_HDR_LEN;
	unsigned ip_len = frame_len - ETHER_HDR_LEN;
	uint16_t sum;

	ether_set(frame, s->peer_mac, s->own_mac);
	put16(frame + 2 * ETHER_ADDR_LEN, ETHERTYPE_IPV4);
	ip[0] = 0x45;
	put16(ip + 2, ip_len);
	ip[8] = 64; /* time to live */
	ip[9] = IP_PROTO_UDP;
	memcpy(ip + 12, addresses, sizeof(addresses));
	sum = (uint16_t)~plx_csum_fold(plx_csum_add(0, ip, IPV4_HDR_LEN));
	memcpy(ip + 10, &sum, sizeof(sum)); /* it is in memory order already */
	put16(udp, UDP_DISCARD);
	put16(udp + 2, UDP_DISCARD);
	put16(udp + 4, ip_len - IPV4_HDR_LEN); /* no UDP checksum: 0 */
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

static udp_frames_fn choose_write(void)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx2"))
		return write_avx2;
#endif
	return write_any;
}

void udp_frames_init(struct udp_frames *f, const struct stream *s, unsigned frame_len)
{
	memset(f, 0, sizeof(*f));
	f->like.len = (uint16_t)frame_len;
	f->like.pool = plx_pool_number(s->pool);
	write_headers(s, f->header, frame_len);
	f->write = choose_write();
}
