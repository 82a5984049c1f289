/* SPDX-License-Identifier: BSD-3-Clause */
#include "testpmd/decode/decode.h"
#include "testpmd/decode/line.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TRUNCATED  " [truncated]"
#define CHUNKS_MAX 8 /* of an SCTP packet, that are shown */

void line_add(struct line *l, const char *fmt, ...)
{
	size_t left = l->size - l->used;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(l->buf + l->used, left, fmt, args);
	va_end(args);
	if (n > 0)
		l->used += (size_t)n < left ? (size_t)n : left - 1;
}

void line_add_text(struct line *l, const uint8_t *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		line_add(l, "%c", text[i] >= ' ' && text[i] <= '~' ? text[i] : '.');
}

void line_add_mac(struct line *l, const uint8_t *mac)
{
	line_add(l, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
		 mac[5]);
}

static void add_ip(struct line *l, int family, const uint8_t *address)
{
	char text[INET6_ADDRSTRLEN];

	if (inet_ntop(family, address, text, sizeof(text)))
		line_add(l, "%s", text);
}

void line_add_ipv4(struct line *l, const uint8_t *address)
{
	add_ip(l, AF_INET, address);
}

void line_add_ipv6(struct line *l, const uint8_t *address)
{
	add_ip(l, AF_INET6, address);
}

static size_t wire_len(const struct line *l)
{
	const struct plx_pkt *first = l->frame.entries;

	return l->frame.n && first->flags & PLX_PKT_CUT ? first->wire_len : l->frame.len;
}

void line_begin(struct line *l, const char *proto)
{
	line_add(l, "%s -> %s %s %zu", l->src, l->dst, proto, wire_len(l));
	for (unsigned i = 0; i < l->h.n_tags; i++)
		line_add(l, "%s%u", i ? "." : " [VLAN ", l->h.tags[i] & 0xfffu);
	if (l->h.n_tags)
		line_add(l, "]");
}

const uint8_t *line_bytes(struct line *l, size_t offset, size_t len)
{
	const uint8_t *p = NULL;

	if (len <= sizeof(l->room) && offset <= l->end && len <= l->end - offset)
		p = frame_bytes(&l->frame, offset, len, l->room);
	l->cut |= !p;
	return p;
}

static const char *ip_proto_name(uint8_t proto)
{
	switch (proto) {
	case IP_PROTO_ICMP:
		return "ICMP";
	case IP_PROTO_IGMP:
		return "IGMP";
	case 4:
		return "IPIP";
	case IP_PROTO_TCP:
		return "TCP";
	case IP_PROTO_UDP:
		return "UDP";
	case 41:
		return "IPv6";
	case 47:
		return "GRE";
	case 50:
		return "ESP";
	case IP_PROTO_AH:
		return "AH";
	case IP_PROTO_ICMPV6:
		return "ICMPv6";
	case IP_PROTO_SCTP:
		return "SCTP";
	default:
		return "Unassigned";
	}
}

/* RFC 9293 3.1. */
static void add_tcp_flags(struct line *l, uint8_t flags)
{
	static const char *const names[] = {
		"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"
	};
	const char *between = " [";

	for (unsigned i = 0; i < 8; i++)
		if (flags >> i & 1) {
			line_add(l, "%s%s", between, names[i]);
			between = ", ";
		}
	line_add(l, flags ? "]" : " [<None>]");
}

static void decode_tcp(struct line *l)
{
	const uint8_t *p = line_bytes(l, l->h.l4, 20);
	size_t header, len = l->h.end - l->h.l4;

	line_begin(l, "TCP");
	if (!p)
		return;
	header = (p[12] >> 4) * 4u;
	line_add(l, " %u -> %u", get16(p), get16(p + 2));
	add_tcp_flags(l, p[13]);
	line_add(l, " Seq=%u", get32(p + 4));
	if (p[13] & 0x10)
		line_add(l, " Ack=%u", get32(p + 8));
	line_add(l, " Win=%u", get16(p + 14));
	if (p[13] & 0x20)
		line_add(l, " Urg=%u", get16(p + 18));
	if (header < 20 || header > len)
		l->cut = true;
	else
		line_add(l, " Len=%zu", len - header);
}

/* RFC 768, 3828: UDP-Lite has the checksum's coverage where UDP has the length. */
static void decode_udp(struct line *l)
{
	const uint8_t *p = line_bytes(l, l->h.l4, 8);
	bool lite = l->h.l4_proto == IP_PROTO_UDPLITE;
	size_t space = l->h.end - l->h.l4, len;

	line_begin(l, lite ? "UDP-Lite" : "UDP");
	if (!p)
		return;
	line_add(l, " %u -> %u", get16(p), get16(p + 2));
	len = lite ? space : get16(p + 4);
	if (len >= 8)
		line_add(l, " Len=%zu", len - 8);
	l->cut |= len < 8 || len > space;
}

static const char *chunk_name(uint8_t type)
{
	/* RFC 9260 3.2. */
	static const char *const names[] = {
		"DATA",          "INIT",       "INIT_ACK", "SACK",         "HEARTBEAT",
		"HEARTBEAT_ACK", "ABORT",      "SHUTDOWN", "SHUTDOWN_ACK", "ERROR",
		"COOKIE_ECHO",   "COOKIE_ACK", "ECNE",     "CWR",          "SHUTDOWN_COMPLETE",
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

/* Return: the chunk's length, 0 when it has none or is not there. */
static size_t add_chunk(struct line *l, size_t at)
{
	const uint8_t *p = line_bytes(l, at, 4);
	size_t len = p ? get16(p + 2) : 0;
	uint8_t type = p ? p[0] : 0;

	if (!p)
		return 0;
	if (chunk_name(type))
		line_add(l, " %s", chunk_name(type));
	else
		line_add(l, " chunk %u", type);
	if (type == 0 && len >= 16) {
		p = line_bytes(l, at, 8);
		if (p)
			line_add(l, " (TSN=%u)", get32(p + 4));
	} else if (type == 3 && len >= 16) {
		p = line_bytes(l, at, 12);
		if (p)
			line_add(l, " (Ack=%u, Arwnd=%u)", get32(p + 4), get32(p + 8));
	}
	l->cut |= len < 4 || len > l->h.end - at;
	return len < 4 ? 0 : len;
}

static void decode_sctp(struct line *l)
{
	const uint8_t *p = line_bytes(l, l->h.l4, 12);
	size_t at = l->h.l4 + 12, len = 1;

	line_begin(l, "SCTP");
	if (!p)
		return;
	line_add(l, " %u -> %u", get16(p), get16(p + 2));
	for (unsigned i = 0; i < CHUNKS_MAX && len && at < l->end; i++) {
		len = add_chunk(l, at);
		at += (len + 3) & ~(size_t)3;
	}
}

static void decode_esp(struct line *l)
{
	const uint8_t *p = line_bytes(l, l->h.l4, 8);

	line_begin(l, "ESP");
	if (p)
		line_add(l, " ESP (SPI=0x%08x)", get32(p));
}

static void decode_fragment(struct line *l)
{
	bool v6 = l->h.ip_version == 6;
	const uint8_t *p = line_bytes(l, v6 ? l->h.extension : l->h.l3, v6 ? 8 : 20);

	line_begin(l, v6 ? "IPv6" : "IPv4");
	if (!p)
		return;
	if (v6)
		line_add(l, " IPv6 fragment (off=%u more=%c ident=0x%08x nxt=%u)",
			 get16(p + 2) & 0xfff8u, p[3] & 1 ? 'y' : 'n', get32(p + 4), p[0]);
	else
		line_add(l, " Fragmented IP protocol (proto=%s %u, off=%u, ID=%04x)",
			 ip_proto_name(p[9]), p[9], (get16(p + 6) & 0x1fffu) * 8, get16(p + 4));
}

static void decode_other_ip(struct line *l)
{
	line_begin(l, l->h.ip_version == 6 ? "IPv6" : "IPv4");
	if (!l->h.has_l4)
		return;
	if (l->h.ip_version == 6 && l->h.l4_proto == IP_PROTO_NONE)
		line_add(l, " IPv6 no next header");
	else
		line_add(l, " %s (%u)", ip_proto_name(l->h.l4_proto), l->h.l4_proto);
}

static void read_ip_addresses(struct line *l)
{
	bool v6 = l->h.ip_version == 6;
	const uint8_t *p = line_bytes(l, l->h.l3 + (v6 ? 8 : 12), v6 ? 32 : 8);

	if (!p)
		return;
	inet_ntop(v6 ? AF_INET6 : AF_INET, p, l->src, sizeof(l->src));
	inet_ntop(v6 ? AF_INET6 : AF_INET, p + (v6 ? 16 : 4), l->dst, sizeof(l->dst));
}

static void decode_ip(struct line *l)
{
	bool v4 = l->h.ip_version == 4;

	if (l->h.end < l->end)
		l->end = l->h.end;
	read_ip_addresses(l);
	if (l->h.fragment)
		decode_fragment(l);
	else if (!l->h.has_l4)
		decode_other_ip(l);
	else if (l->h.l4_proto == IP_PROTO_TCP)
		decode_tcp(l);
	else if (l->h.l4_proto == IP_PROTO_UDP || l->h.l4_proto == IP_PROTO_UDPLITE)
		decode_udp(l);
	else if (l->h.l4_proto == IP_PROTO_ICMP && v4)
		decode_icmp(l);
	else if (l->h.l4_proto == IP_PROTO_IGMP && v4)
		decode_igmp(l);
	else if (l->h.l4_proto == IP_PROTO_ICMPV6 && !v4)
		decode_icmpv6(l);
	else if (l->h.l4_proto == IP_PROTO_SCTP)
		decode_sctp(l);
	else if (l->h.l4_proto == 50)
		decode_esp(l);
	else
		decode_other_ip(l);
}

static void decode_other(struct line *l)
{
	char proto[8];

	snprintf(proto, sizeof(proto), "0x%04x", l->h.ethertype);
	if (!l->h.l3)
		line_begin(l, "Ethernet");
	else if (l->h.ethertype == ETHERTYPE_IPV4)
		line_begin(l, "IPv4");
	else if (l->h.ethertype == ETHERTYPE_IPV6)
		line_begin(l, "IPv6");
	else
		line_begin(l, proto);
}

static void read_mac_addresses(struct line *l)
{
	uint8_t room[12];
	const uint8_t *p = frame_bytes(&l->frame, 0, sizeof(room), room);

	strcpy(l->src, "?");
	strcpy(l->dst, "?");
	if (!p)
		return;
	snprintf(l->dst, sizeof(l->dst), "%02x:%02x:%02x:%02x:%02x:%02x", p[0], p[1], p[2], p[3],
		 p[4], p[5]);
	snprintf(l->src, sizeof(l->src), "%02x:%02x:%02x:%02x:%02x:%02x", p[6], p[7], p[8], p[9],
		 p[10], p[11]);
}

static void decode_frame(struct line *l)
{
	read_mac_addresses(l);
	if (l->h.l3 && l->h.ethertype < ETHERTYPE_MIN)
		decode_llc(l);
	else if (l->h.ip_version)
		decode_ip(l);
	else if (l->h.l3 && l->h.ethertype == ETHERTYPE_ARP)
		decode_arp(l);
	else if (l->h.l3 && l->h.ethertype == ETHERTYPE_LLDP)
		decode_lldp(l);
	else
		decode_other(l);
}

int decode_line(const struct plx_pkt *entries, unsigned n, char *buf, size_t size)
{
	/* Room for the last word, unless there is hardly room for anything. */
	size_t last = size > 2 * sizeof(TRUNCATED) ? sizeof(TRUNCATED) : 0;
	struct line l = { .buf = buf, .size = size - last, .frame = frame_of(entries, n) };

	buf[0] = '\0';
	l.end = l.frame.len;
	headers_read(&l.frame, &l.h);
	l.cut = l.h.cut || wire_len(&l) > l.frame.len;
	decode_frame(&l);
	l.size = size;
	if (l.cut)
		line_add(&l, TRUNCATED);
	return (int)l.used;
}
