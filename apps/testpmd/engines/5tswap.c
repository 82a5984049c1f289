/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * 5tswap: turn packets round: exchange source and destination of Ethernet, IPv4 or IPv6, and of
 * TCP, UDP, UDP-Lite or SCTP.
 *
 * The Internet checksum does not depend on the order of its words (RFC 1071), so it stays as
 * good as it was. SCTP's CRC does, and is computed anew. Only MAC addresses are exchanged where
 * the other addresses do not say who the ends are: no IP, or a source route or home address.
 * Frames whose buffers have other owners (PLX_PKT_SHARED) are passed on as they are.
 */
#include "testpmd/engine.h"
#include "testpmd/engines/ether.h"
#include "testpmd/headers.h"

struct counts {
	_Atomic uint64_t swapped, mac_only, unchanged;
};

static const struct engine_count swap_counts[] = {
	{ "swapped", "IP addresses swapped", offsetof(struct counts, swapped) },
	{ "mac_only", "MAC addresses only", offsetof(struct counts, mac_only) },
	{ "unchanged", "not changed", offsetof(struct counts, unchanged) },
	{ NULL, NULL, 0 },
};

/* Exchange the two halves of [offset, offset + 2 * len), which the frame has. */
static inline __attribute__((always_inline)) void swap_halves(const struct frame *frame,
							      size_t offset, size_t len)
{
	uint8_t room[32], *p = room, half[16];
	bool whole = offset + 2 * len <= frame->entries[0].len;

	if (__builtin_expect(whole, 1))
		p = frame->entries[0].data + offset;
	else
		frame_read(frame, offset, room, 2 * len);
	memcpy(half, p, len);
	memcpy(p, p + len, len);
	memcpy(p + len, half, len);
	if (__builtin_expect(!whole, 0))
		frame_write(frame, offset, room, 2 * len);
}

/*
 * A CRC32c covers the whole packet: without all of it there is no new one, and the ports stay
 * (RFC 9260 6.8). What was wrong is not made right.
 */
static void swap_sctp_ports(const struct frame *frame, size_t ports)
{
	struct plx_pkt *entries = (struct plx_pkt *)(uintptr_t)frame->entries;
	struct plx_csum found;

	plx_csum_check(entries, frame->n, &found);
	if (found.l4 == PLX_CSUM_NONE || found.l3 == PLX_CSUM_BAD)
		return;
	swap_halves(frame, ports, 2);
	if (found.l4 == PLX_CSUM_GOOD)
		plx_csum_fix(entries, frame->n, &found);
}

static void swap_ports(const struct frame *frame, const struct headers *h)
{
	if (!h->has_l4 || h->l4 + 4 > h->end || h->l4 + 4 > frame->len)
		return;
	switch (h->l4_proto) {
	case IP_PROTO_TCP:
	case IP_PROTO_UDP:
	case IP_PROTO_UDPLITE:
		swap_halves(frame, h->l4, 2);
		break;
	case IP_PROTO_SCTP:
		swap_sctp_ports(frame, h->l4);
		break;
	}
}

/*
 * What most frames are: IPv4 without options or fragments, TCP or UDP, all in one entry. Without
 * the walk and its stores a third of the cycles. False: it is something else, and as it was.
 */
static bool swap_plain(const struct plx_pkt *pkt)
{
	uint8_t *frame = pkt->data, *ip = frame + ETHER_HDR_LEN;
	uint64_t addresses;
	uint32_t ports;

	if (pkt->len < ETHER_HDR_LEN + IPV4_HDR_LEN + sizeof(ports) ||
	    pkt->flags & (PLX_PKT_SHARED | PLX_PKT_MORE) || get16(ip - 2) != ETHERTYPE_IPV4 ||
	    ip[0] != 0x45 || (ip[9] != IP_PROTO_TCP && ip[9] != IP_PROTO_UDP) ||
	    get16(ip + 2) < IPV4_HDR_LEN + sizeof(ports) || get16(ip + 6) & 0x3fff)
		return false;
	ether_swap(frame);
	memcpy(&addresses, ip + 12, sizeof(addresses));
	memcpy(&ports, ip + IPV4_HDR_LEN, sizeof(ports));
	addresses = addresses >> 32 | addresses << 32;
	ports = ports >> 16 | ports << 16;
	memcpy(ip + 12, &addresses, sizeof(addresses));
	memcpy(ip + IPV4_HDR_LEN, &ports, sizeof(ports));
	return true;
}

static void swap_frame(struct counts *counts, const struct frame *frame)
{
	struct headers h;

	if (frame->len < ETHER_HDR_LEN || !frame_writable(frame)) {
		stream_count(&counts->unchanged, 1);
		return;
	}
	headers_read(frame, &h);
	swap_halves(frame, 0, ETHER_ADDR_LEN);
	if (!h.ip_version || h.routed) {
		stream_count(&counts->mac_only, 1);
		return;
	}
	if (h.ip_version == 4)
		swap_halves(frame, h.l3 + 12, 4);
	else
		swap_halves(frame, h.l3 + 8, 16);
	swap_ports(frame, &h);
	stream_count(&counts->swapped, 1);
}

static unsigned forward(struct stream *s, unsigned n)
{
	unsigned received = stream_receive(s, n), plain = 0;
	struct counts *counts = s->priv;

	for (unsigned i = 0, entries; i < received; i += entries) {
		struct frame frame;

		entries = frame_entries(s->pkts + i, received - i);
		if (__builtin_expect(entries == 1 && swap_plain(s->pkts + i), 1)) {
			plain++;
			continue;
		}
		frame = frame_of(s->pkts + i, entries);
		swap_frame(counts, &frame);
	}
	stream_count(&counts->swapped, plain);
	if (received)
		stream_send(s, s->pkts, received);
	return received;
}

const struct engine swap_5tuple_engine = {
	.name = "5tswap",
	.help = "exchange source and destination of MAC, IP and L4 port, and send",
	.needs = ENGINE_RX | ENGINE_TX | ENGINE_READS,
	.priv_size = sizeof(struct counts),
	.counts = swap_counts,
	.forward = forward,
};
