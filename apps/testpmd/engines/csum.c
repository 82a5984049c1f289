/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * csum: verify the checksums of what comes in, put wrong ones right, send it on.
 *
 * What the port that receives has verified is believed. What the port that sends is to do (`csum
 * set ip hw`, `tso set`) is asked of it for every frame, right or wrong.
 */
#include "testpmd/engine.h"
#include "testpmd/headers.h"

#include <string.h>

#define TCP_HDR_MIN   20
#define IPV4_HDR_CSUM 10 /* bytes into the header */
#define TCP_HDR_CSUM  16
#define UDP_HDR_CSUM  6

struct counts {
	_Atomic uint64_t ip[4], l4[4]; /* by enum plx_csum_verdict */
};

static const struct engine_count csum_counts[] = {
	{ "ip_good", "good IP checksum", offsetof(struct counts, ip[PLX_CSUM_GOOD]) },
	{ "ip_bad", "bad IP checksum", offsetof(struct counts, ip[PLX_CSUM_BAD]) },
	{ "ip_locked", "bad IP, buffer shared", offsetof(struct counts, ip[PLX_CSUM_LOCKED]) },
	{ "ip_unchecked", "no IP checksum", offsetof(struct counts, ip[PLX_CSUM_NONE]) },
	{ "l4_good", "good L4 checksum", offsetof(struct counts, l4[PLX_CSUM_GOOD]) },
	{ "l4_bad", "bad L4 checksum", offsetof(struct counts, l4[PLX_CSUM_BAD]) },
	{ "l4_locked", "bad L4, buffer shared", offsetof(struct counts, l4[PLX_CSUM_LOCKED]) },
	{ "l4_unchecked", "unchecked L4", offsetof(struct counts, l4[PLX_CSUM_NONE]) },
	{ NULL, NULL, 0 },
};

/* --- left to the port that sends ---------------------------------------------------------------- */

/* The sum of the pseudo header: RFC 9293 3.1, RFC 8200 8.1. The datagram ends at @h->end. */
static uint16_t pseudo_header(const struct frame *frame, const struct headers *h)
{
	const size_t addresses = h->ip_version == 4 ? 12 : 8, len = h->ip_version == 4 ? 8 : 32;
	size_t l4_len = h->end - h->l4;
	uint8_t bytes[40] = { 0 };

	frame_read(frame, h->l3 + addresses, bytes, len);
	put16(bytes + len, (unsigned)(l4_len >> 16));
	put16(bytes + len + 2, (unsigned)(l4_len & 0xffff));
	bytes[len + 7] = h->l4_proto;
	return plx_csum_fold(plx_csum_add(0, bytes, len + 8));
}

/*
 * A checksum that the port can put in where it is told: nothing of the datagram is missing or
 * elsewhere.
 */
static bool is_plain(const struct frame *frame, const struct headers *h)
{
	return h->has_l4 && !h->fragment && !h->routed && !h->cut && h->end <= frame->len &&
	       h->l3 < 1 << 7 && h->l4 - h->l3 < 1 << 9;
}

static void set_lengths(struct plx_pkt *pkt, const struct headers *h)
{
	pkt->flags &= ~(uint32_t)PLX_PKT_TIMESTAMP; /* which has the same place */
	pkt->timestamp = 0;
	pkt->l2_len = h->l3 & 0x7f;
	pkt->l3_len = (h->l4 - h->l3) & 0x1ff;
}

static void ask_ip(struct plx_pkt *pkt, const struct frame *frame, const struct headers *h)
{
	frame_write(frame, h->l3 + IPV4_HDR_CSUM, "\0", 2);
	set_lengths(pkt, h);
	pkt->flags |= PLX_PKT_TX_IP_CSUM;
}

static void ask_l4(struct plx_pkt *pkt, const struct frame *frame, const struct headers *h,
		   uint32_t work, size_t field)
{
	uint16_t sum = pseudo_header(frame, h);

	frame_write(frame, h->l4 + field, &sum, sizeof(sum));
	set_lengths(pkt, h);
	pkt->flags |= work;
}

/* Its TCP header is whole, and there is more behind it than fits a segment. */
static bool wants_tso(const struct stream *s, const struct frame *frame, const struct headers *h,
		      unsigned *header_len)
{
	uint8_t offset;

	if (!(s->tx_work & PLX_PKT_TX_TSO) || h->end - h->l4 < TCP_HDR_MIN)
		return false;
	frame_read(frame, h->l4 + 12, &offset, 1);
	*header_len = offset >> 4 << 2;
	return *header_len >= TCP_HDR_MIN && h->end - h->l4 > *header_len + (size_t)s->tso_size;
}

static void ask_tcp(const struct stream *s, struct plx_pkt *pkt, const struct frame *frame,
		    const struct headers *h)
{
	unsigned header_len = 0;
	bool tso = wants_tso(s, frame, h, &header_len);

	if (h->end - h->l4 < TCP_HDR_MIN || !(tso || s->tx_work & PLX_PKT_TX_TCP_CSUM))
		return;
	ask_l4(pkt, frame, h, PLX_PKT_TX_TCP_CSUM, TCP_HDR_CSUM);
	if (!tso)
		return;
	pkt->flags |= PLX_PKT_TX_TSO;
	pkt->l4_len = header_len & 0xff;
	pkt->mss = s->tso_size;
}

/* A checksum of 0 says that the sender made none: RFC 768. It stays so. */
static void ask_udp(struct plx_pkt *pkt, const struct frame *frame, const struct headers *h)
{
	uint16_t had;

	if (h->end - h->l4 < UDP_HDR_CSUM + 2)
		return;
	frame_read(frame, h->l4 + UDP_HDR_CSUM, &had, sizeof(had));
	if (had || h->ip_version == 6)
		ask_l4(pkt, frame, h, PLX_PKT_TX_UDP_CSUM, UDP_HDR_CSUM);
}

static void ask_port(const struct stream *s, struct plx_pkt *pkts, unsigned n)
{
	struct frame frame = frame_of(pkts, n);
	struct headers h;

	headers_read(&frame, &h);
	if (!frame_writable(&frame) || !is_plain(&frame, &h))
		return;
	if (s->tx_work & PLX_PKT_TX_IP_CSUM && h.ip_version == 4)
		ask_ip(pkts, &frame, &h);
	if (h.l4_proto == IP_PROTO_TCP)
		ask_tcp(s, pkts, &frame, &h);
	else if (h.l4_proto == IP_PROTO_UDP && s->tx_work & PLX_PKT_TX_UDP_CSUM)
		ask_udp(pkts, &frame, &h);
}

/* --- verified by the port that received --------------------------------------------------------- */

/* Has it told of both that they are good? */
static bool told_good(const struct plx_pkt *pkt, struct plx_csum *found)
{
	const uint32_t good = PLX_PKT_RX_IP_GOOD | PLX_PKT_RX_L4_GOOD;

	if ((pkt->flags & good) != good)
		return false;
	*found = (struct plx_csum){ .l3 = PLX_CSUM_GOOD, .l4 = PLX_CSUM_GOOD };
	return true;
}

static unsigned csum_forward(struct stream *s, unsigned n)
{
	struct counts *counts = s->priv;
	unsigned received = stream_receive(s, n);

	for (unsigned i = 0, entries; i < received; i += entries) {
		struct plx_csum found;

		entries = frame_entries(s->pkts + i, received - i);
		if (!told_good(s->pkts + i, &found))
			plx_csum_fix(s->pkts + i, entries, &found);
		stream_count(&counts->ip[found.l3], 1);
		stream_count(&counts->l4[found.l4], 1);
		if (__builtin_expect(s->tx_work & ~(uint32_t)PLX_PKT_TX_VLAN, 0))
			ask_port(s, s->pkts + i, entries);
	}
	if (received)
		stream_send(s, s->pkts, received);
	return received;
}

const struct engine csum_engine = {
	.name = "csum",
	.help = "verify checksums, put wrong ones right, and send",
	.needs = ENGINE_RX | ENGINE_TX | ENGINE_READS | ENGINE_SUMS,
	.priv_size = sizeof(struct counts),
	.counts = csum_counts,
	.forward = csum_forward,
};
