/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * icmpecho: be every host. Answers ARP requests and neighbour solicitations for any address with
 * the sending port's MAC address, and pings of IPv4 and IPv6 to any address. The reply is made in
 * the request's buffer, with its VLAN tags; everything else is freed.
 *
 * As DPDK's testpmd has it: TTL and hop limit of an echo reply are those of the request, and a
 * ping to a group is answered from an address that differs from the sender's in the last two
 * bits. Other than there, broadcasts are such a group, a group's MAC address is never a source,
 * and an ARP announcement (RFC 5227 3), which asks nothing, gets no answer.
 *
 * Not answered: fragments, source routes, frames that are cut, and those whose headers do not
 * lie in the first entry or in one that has other owners (PLX_PKT_SHARED).
 */
#include "testpmd/engine.h"
#include "testpmd/engines/ether.h"
#include "testpmd/headers.h"

#define ARP_LEN     28 /* for Ethernet and IPv4 */
#define ARP_REQUEST 1
#define ARP_REPLY   2

#define ICMP_HDR_LEN        8
#define ICMP_ECHO_REPLY     0
#define ICMP_ECHO_REQUEST   8
#define ICMPV6_ECHO_REQUEST 128
#define ICMPV6_ECHO_REPLY   129

#define ND_SOLICIT        135
#define ND_ADVERTISE      136
#define ND_SOLICIT_LEN    24
#define ND_ADVERTISE_LEN  32 /* with the target's MAC address */
#define ND_SOLICITED      0x40
#define ND_OVERRIDE       0x20
#define ND_OPT_SOURCE_MAC 1
#define ND_OPT_TARGET_MAC 2

struct counts {
	_Atomic uint64_t arp_replies, echo_replies, nd_replies, echo6_replies, ignored;
};

static const struct engine_count echo_counts[] = {
	{ "arp_replies", "ARP replies", offsetof(struct counts, arp_replies) },
	{ "echo_replies", "ICMP echo replies", offsetof(struct counts, echo_replies) },
	{ "nd_replies", "ND replies", offsetof(struct counts, nd_replies) },
	{ "echo6_replies", "ICMPv6 echo replies", offsetof(struct counts, echo6_replies) },
	{ "ignored", "ignored", offsetof(struct counts, ignored) },
	{ NULL, NULL, 0 },
};

/* A request: the frame, its first entry, which is written, and where the headers are in it. */
struct request {
	struct plx_pkt *first;
	struct frame frame;
	struct headers h;
	const uint8_t *own_mac;
};

static const uint8_t zero[16];

static bool is_group(const uint8_t *mac)
{
	return mac[0] & 1;
}

static bool has(const struct request *r, size_t offset, size_t len)
{
	return offset + len <= r->first->len;
}

/* Back to the sender. A group's address is nobody's source (IEEE 802.3 3.2.3). */
static void answer_ether(const struct request *r)
{
	uint8_t *frame = r->first->data;
	bool group = is_group(frame);

	ether_swap(frame);
	if (group)
		memcpy(frame + ETHER_ADDR_LEN, r->own_mac, ETHER_ADDR_LEN);
}

/* RFC 826. A probe (sender 0.0.0.0, RFC 5227 2.1.1) is answered, too. */
static bool answer_arp(const struct request *r)
{
	static const uint8_t begin[] = { 0, 1, 8, 0, 6, 4, 0, ARP_REQUEST };
	uint8_t *arp = r->first->data + r->h.l3, *sender = arp + 8, *target = sender + 10;
	uint8_t asked[4];

	if (!has(r, r->h.l3, ARP_LEN) || memcmp(arp, begin, sizeof(begin)) ||
	    !memcmp(sender + 6, target + 6, 4))
		return false;
	memcpy(asked, target + 6, 4);
	memcpy(target, sender, 10);
	memcpy(sender, r->own_mac, 6);
	memcpy(sender + 6, asked, 4);
	put16(arp + 6, ARP_REPLY);
	ether_set(r->first->data, r->first->data + ETHER_ADDR_LEN, r->own_mac);
	return true;
}

/*
 * Put the checksum of changed data right: RFC 1624 eqn. 3. All sums are in memory order, of
 * bytes that begin at an even offset.
 */
static void adjust_checksum(uint8_t *field, uint64_t old, uint64_t new)
{
	uint16_t sum;

	memcpy(&sum, field, sizeof(sum));
	sum = (uint16_t)~sum;
	sum = (uint16_t)~plx_csum_fold((uint64_t)sum + (uint16_t)~plx_csum_fold(old) +
				       plx_csum_fold(new));
	memcpy(field, &sum, sizeof(sum));
}

static void set_type(uint8_t *icmp, uint8_t type)
{
	uint64_t old = plx_csum_add(0, icmp, 2);

	icmp[0] = type;
	adjust_checksum(icmp + 2, old, plx_csum_add(0, icmp, 2));
}

/* Could a host have this address? Not "this network", loopback, groups or broadcast. */
static bool is_host_ipv4(const uint8_t *a)
{
	return a[0] != 0 && a[0] != 127 && a[0] < 224;
}

static void answer_ipv4(const struct request *r, uint8_t *ip)
{
	bool group = is_group(r->first->data) || ip[16] >= 224;
	uint64_t old = plx_csum_add(0, ip + 12, 8);
	uint8_t *src = ip + 12, *dst = ip + 16, asked[4];

	memcpy(asked, dst, 4);
	memcpy(dst, src, 4);
	if (group)
		src[3] = (uint8_t)((src[3] & 0xfc) | ((src[3] & 3) == 1 ? 2 : 1));
	else
		memcpy(src, asked, 4);
	adjust_checksum(ip + 10, old, plx_csum_add(0, ip + 12, 8));
}

/* RFC 792, 1122 3.2.2.6. */
static bool answer_echo(const struct request *r)
{
	uint8_t *ip = r->first->data + r->h.l3, *icmp = r->first->data + r->h.l4;

	if (!has(r, r->h.l4, ICMP_HDR_LEN) || r->h.l4 + ICMP_HDR_LEN > r->h.end ||
	    icmp[0] != ICMP_ECHO_REQUEST || icmp[1] != 0 || !is_host_ipv4(ip + 12))
		return false;
	answer_ipv4(r, ip);
	set_type(icmp, ICMP_ECHO_REPLY);
	answer_ether(r);
	return true;
}

/* fe80::/64 and the interface identifier that follows from a MAC address: RFC 4291 appendix A. */
static void link_local(uint8_t *address, const uint8_t *mac)
{
	const uint8_t eui[] = { mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5] };

	memset(address, 0, 16);
	put16(address, 0xfe80);
	memcpy(address + 8, eui, sizeof(eui));
}

/* A group is answered from the port's link-local address: RFC 4443 4.2. */
static void answer_ipv6(const struct request *r, uint8_t *ip, uint8_t *checksum)
{
	uint8_t *src = ip + 8, *dst = ip + 24, asked[16];
	uint64_t old = plx_csum_add(0, ip + 8, 32);

	memcpy(asked, dst, 16);
	memcpy(dst, src, 16);
	if (asked[0] == 0xff)
		link_local(src, r->own_mac);
	else
		memcpy(src, asked, 16);
	adjust_checksum(checksum, old, plx_csum_add(0, ip + 8, 32));
}

static bool answer_echo6(const struct request *r)
{
	uint8_t *ip = r->first->data + r->h.l3, *icmp = r->first->data + r->h.l4;

	if (r->h.l4 + ICMP_HDR_LEN > r->h.end || icmp[1] != 0 || ip[8] == 0xff ||
	    !memcmp(ip + 8, zero, 16))
		return false;
	answer_ipv6(r, ip, icmp + 2);
	set_type(icmp, ICMPV6_ECHO_REPLY);
	answer_ether(r);
	return true;
}

/* No option may be empty, and who has no address yet must not tell a MAC address for it. */
static bool options_valid(const struct request *r, bool probe)
{
	size_t at = r->h.l4 + ND_SOLICIT_LEN, len;
	uint8_t room[2];

	for (; at < r->h.end; at += len) {
		const uint8_t *p = frame_bytes(&r->frame, at, 2, room);

		len = p ? p[1] * 8u : 0;
		if (!len || len > r->h.end - at || (probe && p[0] == ND_OPT_SOURCE_MAC))
			return false;
	}
	return true;
}

/* RFC 4861 7.1.1. */
static bool solicit_valid(const struct request *r, bool probe)
{
	static const uint8_t group[13] = { 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff };
	const uint8_t *ip = r->first->data + r->h.l3, *icmp = ip + IPV6_HDR_LEN;
	struct plx_csum found;

	if (r->h.l4 != r->h.l3 + IPV6_HDR_LEN || !has(r, r->h.l4, ND_SOLICIT_LEN) ||
	    r->h.l4 + ND_SOLICIT_LEN > r->h.end || ip[7] != 255 || icmp[1] != 0 ||
	    icmp[8] == 0xff || ip[8] == 0xff || (probe && memcmp(ip + 24, group, sizeof(group))))
		return false;
	plx_csum_check(r->frame.entries, r->frame.n, &found);
	return found.l4 == PLX_CSUM_GOOD && options_valid(r, probe);
}

static void write_advertisement(const struct request *r, uint8_t *ip, bool probe)
{
	uint8_t *icmp = ip + IPV6_HDR_LEN, pseudo[4] = { 0, ND_ADVERTISE_LEN, 0, IP_PROTO_ICMPV6 };
	uint16_t sum;

	put16(ip + 4, ND_ADVERTISE_LEN);
	memcpy(ip + 24, ip + 8, 16);
	if (probe) { /* to all nodes: ff02::1 */
		memset(ip + 24, 0, 16);
		put16(ip + 24, 0xff02);
		ip[39] = 1;
	}
	memcpy(ip + 8, icmp + 8, 16); /* the target, which stays where it is */
	icmp[0] = ND_ADVERTISE;
	memset(icmp + 1, 0, 7);
	icmp[4] = probe ? ND_OVERRIDE : ND_OVERRIDE | ND_SOLICITED;
	icmp[24] = ND_OPT_TARGET_MAC;
	icmp[25] = 1;
	memcpy(icmp + 26, r->own_mac, 6);
	sum = (uint16_t)~plx_csum_fold(plx_csum_add(
		plx_csum_add(plx_csum_add(0, pseudo, 4), ip + 8, 32), icmp, ND_ADVERTISE_LEN));
	memcpy(icmp + 2, &sum, sizeof(sum));
}

/*
 * RFC 4861 7.2.4, 4862 5.4: who asks whether its own future address is taken has none yet to be
 * answered at. The reply may be longer than a solicitation without options, and is never in
 * several entries; those behind the first are the caller's to free.
 */
static bool answer_solicit(const struct request *r)
{
	static const uint8_t all_nodes[] = { 0x33, 0x33, 0, 0, 0, 1 };
	uint8_t *frame = r->first->data, *ip = frame + r->h.l3;
	size_t len = r->h.l3 + IPV6_HDR_LEN + ND_ADVERTISE_LEN;
	bool probe = !memcmp(ip + 8, zero, 16);

	if (!solicit_valid(r, probe) || len > r->first->len + plx_pkt_tailroom(r->first))
		return false;
	write_advertisement(r, ip, probe);
	ether_set(frame, probe ? all_nodes : frame + ETHER_ADDR_LEN, r->own_mac);
	r->first->len = (uint16_t)len;
	r->first->flags &= ~(uint32_t)(PLX_PKT_MORE | PLX_PKT_CUT);
	return true;
}

/* Answer in place. Return: the count of what it is. */
static _Atomic uint64_t *answer(const struct request *r, struct counts *counts)
{
	const struct headers *h = &r->h;
	uint8_t type;

	if (h->cut || h->fragment || h->routed || !has(r, 0, h->l3) ||
	    r->first->flags & PLX_PKT_SHARED || is_group(r->first->data + ETHER_ADDR_LEN))
		return &counts->ignored;
	if (h->ethertype == ETHERTYPE_ARP)
		return answer_arp(r) ? &counts->arp_replies : &counts->ignored;
	if (h->ip_version == 4 && h->has_l4 && h->l4_proto == IP_PROTO_ICMP)
		return answer_echo(r) ? &counts->echo_replies : &counts->ignored;
	if (h->ip_version != 6 || !h->has_l4 || h->l4_proto != IP_PROTO_ICMPV6 ||
	    !has(r, h->l4, ICMP_HDR_LEN))
		return &counts->ignored;
	type = r->first->data[h->l4];
	if (type == ND_SOLICIT)
		return answer_solicit(r) ? &counts->nd_replies : &counts->ignored;
	if (type == ICMPV6_ECHO_REQUEST)
		return answer_echo6(r) ? &counts->echo6_replies : &counts->ignored;
	return &counts->ignored;
}

/* Return: how many of a frame's entries are to be sent; the others are freed. */
static unsigned take_frame(struct stream *s, struct plx_pkt *pkts, unsigned n)
{
	struct request r = { pkts, frame_of(pkts, n), .own_mac = s->own_mac };
	struct counts *counts = s->priv;
	_Atomic uint64_t *count;
	unsigned keep;

	headers_read(&r.frame, &r.h);
	count = answer(&r, counts);
	stream_count(count, 1);
	keep = count == &counts->ignored ? 0 : frame_entries(pkts, n);
	if (keep < n)
		plx_pkt_free(pkts + keep, n - keep);
	return keep;
}

static unsigned forward(struct stream *s, unsigned n)
{
	unsigned received = stream_receive(s, n), replies = 0, frames = 0;

	for (unsigned i = 0, entries; i < received; i += entries) {
		unsigned keep;

		entries = frame_entries(s->pkts + i, received - i);
		keep = take_frame(s, s->pkts + i, entries);
		frames += !keep;
		memmove(s->pkts + replies, s->pkts + i, keep * sizeof(*s->pkts));
		replies += keep;
	}
	if (frames)
		stream_count(&s->consumed, frames);
	if (replies)
		stream_send(s, s->pkts, replies);
	return received;
}

const struct engine icmpecho_engine = {
	.name = "icmpecho",
	.help = "answer ARP, neighbour solicitations and pings for any address",
	.needs = ENGINE_RX | ENGINE_TX | ENGINE_READS,
	.priv_size = sizeof(struct counts),
	.counts = echo_counts,
	.forward = forward,
};
