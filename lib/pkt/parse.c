/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The walk over a frame's headers. A length is believed only after it was checked against the
 * one around it, and a byte is read only through plx_frame_bytes().
 */
#include "pkt/parse.h"

#include <string.h>

#define TAGS_MAX      8    /* VLAN tags */
#define HEADERS_MAX   16   /* IPv6 extension headers */
#define EXTENSION_MAX 2048 /* bytes of one */

#define ETHERTYPE_IPV4   0x0800
#define ETHERTYPE_IPV6   0x86dd
#define ETHERTYPE_VLAN   0x8100 /* 802.1Q */
#define ETHERTYPE_QINQ   0x88a8 /* 802.1ad */
#define ETHERTYPE_QINQ_0 0x9100 /* before there was a standard */

#define IPV4_HEADER   20
#define IPV4_OPT_END  0
#define IPV4_OPT_NOP  1
#define IPV4_OPT_LSRR 131
#define IPV4_OPT_SSRR 137
#define IPV6_HEADER   40
#define IPV6_OPT_PAD1 0
#define IPV6_OPT_HOME 201

/* Bytes that lie in several entries, piece by piece. */
static const uint8_t *gather(const struct plx_frame *frame, size_t offset, size_t len,
			     uint8_t *room)
{
	size_t start = 0, done = 0;

	for (unsigned i = 0; done < len; start += frame->entries[i++].len) {
		const struct plx_pkt *entry = &frame->entries[i];
		size_t skip, part;

		if (offset + done >= start + entry->len)
			continue;
		skip = offset + done - start;
		part = entry->len - skip;
		if (part > len - done)
			part = len - done;
		memcpy(room + done, entry->data + skip, part);
		done += part;
	}
	return room;
}

const uint8_t *plx_frame_bytes(const struct plx_frame *frame, size_t offset, size_t len,
			       uint8_t *room)
{
	if (offset > frame->len || len > frame->len - offset)
		return NULL;
	if (offset + len <= frame->entries[0].len)
		return frame->entries[0].data + offset;
	return gather(frame, offset, len, room);
}

static bool is_vlan_tag(uint16_t type)
{
	return type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ || type == ETHERTYPE_QINQ_0;
}

/* Where the Ethernet payload begins, past all tags; 0 when there is none or no end of tags. */
static size_t skip_ethernet(const struct plx_frame *frame, uint16_t *type)
{
	size_t offset = 12; /* two addresses */

	for (unsigned tags = 0; tags <= TAGS_MAX; tags++) {
		uint8_t room[2];
		const uint8_t *p = plx_frame_bytes(frame, offset, sizeof(room), room);

		if (!p)
			return 0;
		*type = plx_be16(p);
		if (!is_vlan_tag(*type))
			return offset + 2;
		offset += 4;
	}
	return 0;
}

/*
 * With a source route that has hops left, the pseudo header has the last of them, not the next,
 * which the IP header shows. Returns its offset in the header, 0 when there is no such route.
 */
static size_t ipv4_last_hop(const uint8_t *ip, size_t header)
{
	for (size_t at = IPV4_HEADER; at + 2 < header && ip[at] != IPV4_OPT_END;) {
		size_t len = ip[at + 1], next;

		if (ip[at] == IPV4_OPT_NOP) {
			at++;
			continue;
		}
		if (len < 2 || len > header - at)
			return 0;
		if (ip[at] == IPV4_OPT_LSRR || ip[at] == IPV4_OPT_SSRR) {
			next = ip[at + 2]; /* from 1, in the option */
			return next >= 4 && next % 4 == 0 && next + 3 <= len ? at + len - 4 : 0;
		}
		at += len;
	}
	return 0;
}

static bool parse_ipv4(const struct plx_frame *frame, struct plx_layout *at)
{
	uint8_t room[60];
	const uint8_t *ip = plx_frame_bytes(frame, at->l3, IPV4_HEADER, room);
	size_t header, total, hop;

	if (!ip || ip[0] >> 4 != 4)
		return false;
	header = (ip[0] & 15) * 4u;
	total = plx_be16(ip + 2);
	if (header < IPV4_HEADER || total < header)
		return false;
	ip = plx_frame_bytes(frame, at->l3, header, room);
	if (!ip)
		return false;
	at->ip_version = 4;
	at->l3_len = header;
	at->addr_len = 4;
	at->src = at->l3 + 12;
	hop = ipv4_last_hop(ip, header);
	at->dst = at->l3 + (hop ? hop : 16);
	at->l4 = at->l3 + header;
	at->end = at->l3 + total;
	at->l4_proto = ip[9];
	at->fragment = plx_be16(ip + 6) & 0x3fff; /* more to come, or not the first */
	return true;
}

static bool parse_ipv6(const struct plx_frame *frame, struct plx_layout *at)
{
	uint8_t room[IPV6_HEADER];
	const uint8_t *ip = plx_frame_bytes(frame, at->l3, IPV6_HEADER, room);

	if (!ip || ip[0] >> 4 != 6)
		return false;
	at->ip_version = 6;
	at->l3_len = IPV6_HEADER;
	at->addr_len = 16;
	at->src = at->l3 + 8;
	at->dst = at->l3 + 24;
	at->l4 = at->l3 + IPV6_HEADER;
	at->end = at->l4 + plx_be16(ip + 4);
	at->l4_proto = ip[6];
	return true;
}

/*
 * A routing header that is not used up: the final destination is in it. Returns false when it
 * is not, or not for us to find. @p is the header's first 8 bytes.
 */
static bool routing_destination(struct plx_layout *at, const uint8_t *p)
{
	unsigned addresses = p[1] / 2; /* that there is room for */

	if (p[3] == 0) /* segments left */
		return true;
	if (addresses == 0)
		return false;
	switch (p[2]) {
	case 0: /* source route: in the order of the way */
		at->dst = at->l4 + 8 + (addresses - 1) * 16u;
		return true;
	case 2: /* home address of a mobile node */
	case 4: /* segment routing: the way backwards */
		at->dst = at->l4 + 8;
		return true;
	default:
		return false;
	}
}

/* A mobile node away from home: the pseudo header has the home address that its option tells. */
static void home_address(const struct plx_frame *frame, struct plx_layout *at, size_t len)
{
	uint8_t room[EXTENSION_MAX];
	const uint8_t *p = plx_frame_bytes(frame, at->l4, len, room);

	for (size_t opt = 2; p && opt + 2 <= len;) {
		if (p[opt] == IPV6_OPT_PAD1) {
			opt++;
			continue;
		}
		if (p[opt] == IPV6_OPT_HOME && p[opt + 1] == 16 && opt + 18 <= len)
			at->src = at->l4 + opt + 2;
		opt += 2u + p[opt + 1];
	}
}

static bool is_extension(const struct plx_layout *at)
{
	switch (at->l4_proto) {
	case PLX_IP_AH:
		return true;
	case PLX_IP_HOP_OPTIONS:
	case PLX_IP_ROUTING:
	case PLX_IP_FRAGMENT:
	case PLX_IP_DST_OPTIONS:
		return at->ip_version == 6;
	default:
		return false;
	}
}

static size_t extension_len(const struct plx_layout *at, const uint8_t *p)
{
	if (at->l4_proto == PLX_IP_FRAGMENT)
		return 8;
	return at->l4_proto == PLX_IP_AH ? (p[1] + 2u) * 4 : (p[1] + 1u) * 8;
}

/* One header on. Returns false when what follows cannot be found or not be checked. */
static bool skip_extension(const struct plx_frame *frame, struct plx_layout *at)
{
	uint8_t room[8];
	const uint8_t *p = plx_frame_bytes(frame, at->l4, sizeof(room), room);
	size_t len = p ? extension_len(at, p) : 0;

	if (!p || len > at->end - at->l4 || len > frame->len - at->l4)
		return false;
	switch (at->l4_proto) {
	case PLX_IP_ROUTING:
		if (!routing_destination(at, p))
			return false;
		break;
	case PLX_IP_FRAGMENT:
		at->fragment = plx_be16(p + 2) & 0xfff9;
		break;
	case PLX_IP_DST_OPTIONS:
		home_address(frame, at, len);
		break;
	}
	at->l4_proto = p[0];
	at->l4 += len;
	return true;
}

/* To the upper header. What a fragment holds is not looked at: it may lack any part. */
static bool skip_extensions(const struct plx_frame *frame, struct plx_layout *at)
{
	for (unsigned i = 0; !at->fragment && is_extension(at); i++)
		if (i == HEADERS_MAX || !skip_extension(frame, at))
			return false;
	return !at->fragment;
}

static void set_internet(struct plx_layout *at, size_t field, size_t covered, bool pseudo)
{
	at->kind = PLX_SUM_INTERNET;
	at->field = at->l4 + field;
	at->covered = covered;
	at->pseudo = pseudo;
	at->pseudo_len = at->end - at->l4;
}

/* A header under 20 bytes is not TCP; one longer than the segment can still be summed. */
static void parse_tcp(struct plx_layout *at, const uint8_t *p, size_t len)
{
	if (p[12] >> 4 >= 5)
		set_internet(at, 16, len, true);
}

/* The datagram may be shorter than what IP carries, and then the length is in the sum. */
static void parse_udp(struct plx_layout *at, const uint8_t *p, size_t len)
{
	size_t own = plx_be16(p + 4);

	if (own < 8 || own > len || (at->ip_version == 4 && plx_be16(p + 6) == 0))
		return;
	set_internet(at, 6, own, true);
	at->pseudo_len = own;
}

/* As UDP, but the length field says how much is under the checksum; 0: all. */
static void parse_udplite(struct plx_layout *at, const uint8_t *p, size_t len)
{
	size_t covered = plx_be16(p + 4);

	if (covered == 0)
		covered = len;
	if (covered >= 8 && covered <= len)
		set_internet(at, 6, covered, true);
}

/* The shortest upper header, 0: a protocol without a checksum that we know. */
static size_t upper_header(const struct plx_layout *at)
{
	switch (at->l4_proto) {
	case PLX_IP_TCP:
		return 20;
	case PLX_IP_UDP:
	case PLX_IP_UDPLITE:
		return 8;
	case PLX_IP_SCTP:
		return 12;
	case PLX_IP_ICMP:
	case PLX_IP_IGMP:
		return at->ip_version == 4 ? 4 : 0;
	case PLX_IP_ICMPV6:
		return at->ip_version == 6 ? 4 : 0;
	default:
		return 0;
	}
}

static void parse_upper(const struct plx_frame *frame, struct plx_layout *at)
{
	size_t len = at->end - at->l4, header = upper_header(at);
	uint8_t room[20];
	const uint8_t *p;

	if (header == 0 || len < header || at->end > frame->len)
		return;
	p = plx_frame_bytes(frame, at->l4, header, room);
	switch (at->l4_proto) {
	case PLX_IP_TCP:
		parse_tcp(at, p, len);
		break;
	case PLX_IP_UDP:
		parse_udp(at, p, len);
		break;
	case PLX_IP_UDPLITE:
		parse_udplite(at, p, len);
		break;
	case PLX_IP_SCTP:
		at->kind = PLX_SUM_CRC32C;
		at->field = at->l4 + 8;
		at->covered = len;
		break;
	default:
		set_internet(at, 2, len, at->l4_proto == PLX_IP_ICMPV6);
	}
}

void plx_frame_parse(const struct plx_frame *frame, struct plx_layout *at)
{
	uint16_t type = 0;
	bool is_ip = false;

	memset(at, 0, sizeof(*at));
	at->l3 = skip_ethernet(frame, &type);
	if (at->l3 && type == ETHERTYPE_IPV4)
		is_ip = parse_ipv4(frame, at);
	else if (at->l3 && type == ETHERTYPE_IPV6)
		is_ip = parse_ipv6(frame, at);
	if (is_ip && skip_extensions(frame, at))
		parse_upper(frame, at);
}
