/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What hosts and routers tell each other: ICMP, ICMPv6 with neighbour discovery, IGMP.
 */
#include "testpmd/decode/line.h"

#include <string.h>

#define RECORDS_MAX 8 /* of an IGMPv3 report, that are shown */
#define SOURCES_MAX 4 /* of a record */

#define ND_OPT_SOURCE_MAC 1
#define ND_OPT_TARGET_MAC 2

/* What a type means, or one code of it. */
struct meaning {
	uint8_t type;
	int16_t code; /* -1: the type itself */
	const char *text;
};

static const char *meaning(const struct meaning *table, uint8_t type, int code)
{
	while (table->text && (table->type != type || table->code != code))
		table++;
	return table->text;
}

/* RFC 792, 950, 1122 3.2.2.1, 1256, 1812 5.2.7.1. */
static const struct meaning icmp_table[] = {
	{ 0, -1, "Echo (ping) reply" },
	{ 3, -1, "Destination unreachable" },
	{ 3, 0, "Network unreachable" },
	{ 3, 1, "Host unreachable" },
	{ 3, 2, "Protocol unreachable" },
	{ 3, 3, "Port unreachable" },
	{ 3, 4, "Fragmentation needed" },
	{ 3, 5, "Source route failed" },
	{ 3, 13, "Communication administratively filtered" },
	{ 4, -1, "Source quench (flow control)" },
	{ 5, -1, "Redirect" },
	{ 5, 0, "Redirect for network" },
	{ 5, 1, "Redirect for host" },
	{ 8, -1, "Echo (ping) request" },
	{ 9, -1, "Router advertisement" },
	{ 10, -1, "Router solicitation" },
	{ 11, -1, "Time-to-live exceeded" },
	{ 11, 0, "Time to live exceeded in transit" },
	{ 11, 1, "Fragment reassembly time exceeded" },
	{ 12, -1, "Parameter problem" },
	{ 12, 0, "Pointer indicates the error" },
	{ 13, -1, "Timestamp request" },
	{ 14, -1, "Timestamp reply" },
	{ 17, -1, "Address mask request" },
	{ 18, -1, "Address mask reply" },
	{ 0, 0, NULL },
};

/* RFC 4443, 2710, 4861, 3810. */
static const struct meaning icmpv6_table[] = {
	{ 1, -1, "Destination Unreachable" },
	{ 1, 0, "no route to destination" },
	{ 1, 1, "Administratively prohibited" },
	{ 1, 2, "Beyond scope of source address" },
	{ 1, 3, "Address unreachable" },
	{ 1, 4, "Port unreachable" },
	{ 1, 5, "Source address failed ingress/egress policy" },
	{ 1, 6, "Reject route to destination" },
	{ 2, -1, "Packet Too Big" },
	{ 3, -1, "Time Exceeded" },
	{ 3, 0, "hop limit exceeded in transit" },
	{ 3, 1, "fragment reassembly time exceeded" },
	{ 4, -1, "Parameter Problem" },
	{ 4, 0, "erroneous header field encountered" },
	{ 4, 1, "unrecognized Next Header type encountered" },
	{ 4, 2, "unrecognized IPv6 option encountered" },
	{ 128, -1, "Echo (ping) request" },
	{ 129, -1, "Echo (ping) reply" },
	{ 130, -1, "Multicast Listener Query" },
	{ 131, -1, "Multicast Listener Report" },
	{ 132, -1, "Multicast Listener Done" },
	{ 133, -1, "Router Solicitation" },
	{ 134, -1, "Router Advertisement" },
	{ 135, -1, "Neighbor Solicitation" },
	{ 136, -1, "Neighbor Advertisement" },
	{ 137, -1, "Redirect" },
	{ 143, -1, "Multicast Listener Report Message v2" },
	{ 0, 0, NULL },
};

/* Return: its type; -1 when it is not there. */
static int add_meaning(struct line *l, const struct meaning *table)
{
	const uint8_t *p = line_bytes(l, l->h.l4, 4);
	const char *type, *code;

	if (!p)
		return -1;
	type = meaning(table, p[0], -1);
	code = meaning(table, p[0], p[1]);
	if (!type)
		line_add(l, " Type %u Code %u", p[0], p[1]);
	else if (code)
		line_add(l, " %s (%s)", type, code);
	else
		line_add(l, " %s", type);
	return p[0];
}

void decode_icmp(struct line *l)
{
	const uint8_t *p;
	unsigned seq;
	int type;

	line_begin(l, "ICMP");
	type = add_meaning(l, icmp_table);
	if (type != 0 && type != 8 && type != 13 && type != 14 && type != 17 && type != 18)
		return;
	p = line_bytes(l, l->h.l4, 8);
	if (!p)
		return;
	/* Some count it in the other byte order, so both are shown. */
	seq = get16(p + 6);
	line_add(l, " id=0x%04x, seq=%u/%u", get16(p + 4), seq, seq >> 8 | (seq & 0xff) << 8);
	p = line_bytes(l, l->h.l3, IPV4_HDR_LEN);
	if (p)
		line_add(l, ", ttl=%u", p[8]);
}

static void add_echo6(struct line *l)
{
	const uint8_t *p = line_bytes(l, l->h.l4, 8);

	if (!p)
		return;
	line_add(l, " id=0x%04x, seq=%u", get16(p + 4), get16(p + 6));
	p = line_bytes(l, l->h.l3, IPV6_HDR_LEN);
	if (p)
		line_add(l, ", hop limit=%u", p[7]);
}

/* The MAC address in the option of that type, behind @before. RFC 4861 4.6.1. */
static void add_option_mac(struct line *l, size_t at, uint8_t type, const char *before)
{
	while (at < l->end) {
		const uint8_t *p = line_bytes(l, at, 2);
		size_t len = p ? p[1] * 8u : 0;

		if (!len || len > l->end - at) {
			l->cut = true;
			return;
		}
		if (p[0] == type && len == 8) {
			p = line_bytes(l, at, 8);
			line_add(l, "%s", before);
			line_add_mac(l, p + 2);
			return;
		}
		at += len;
	}
}

static void add_target(struct line *l, bool solicit)
{
	const uint8_t *p = line_bytes(l, l->h.l4, 24);
	const char *between = " (";

	if (!p)
		return;
	line_add(l, solicit ? " for " : " ");
	line_add_ipv6(l, p + 8);
	for (unsigned i = 0; i < 3 && !solicit; i++) {
		static const char *const names[] = { "rtr", "sol", "ovr" };

		if (!(p[4] & 0x80 >> i))
			continue;
		line_add(l, "%s%s", between, names[i]);
		between = ", ";
	}
	if (!solicit && p[4] & 0xe0)
		line_add(l, ")");
	add_option_mac(l, l->h.l4 + 24, solicit ? ND_OPT_SOURCE_MAC : ND_OPT_TARGET_MAC,
		       solicit ? " from " : " is at ");
}

void decode_icmpv6(struct line *l)
{
	int type;

	line_begin(l, "ICMPv6");
	type = add_meaning(l, icmpv6_table);
	if (type == 128 || type == 129)
		add_echo6(l);
	else if (type == 133 && line_bytes(l, l->h.l4, 8))
		add_option_mac(l, l->h.l4 + 8, ND_OPT_SOURCE_MAC, " from ");
	else if (type == 134 && line_bytes(l, l->h.l4, 16))
		add_option_mac(l, l->h.l4 + 16, ND_OPT_SOURCE_MAC, " from ");
	else if (type == 135 || type == 136)
		add_target(l, type == 135);
}

static void add_sources(struct line *l, size_t at, unsigned n)
{
	for (unsigned i = 0; i < n && i < SOURCES_MAX; i++) {
		const uint8_t *p = line_bytes(l, at + i * 4u, 4);

		if (!p)
			return;
		line_add(l, i ? ", " : " {");
		line_add_ipv4(l, p);
	}
	line_add(l, n > SOURCES_MAX ? ", ...}" : "}");
}

/* RFC 3376 4.2.12: is include, is exclude, to include, to exclude, allow, block. */
static const char *record_begin(uint8_t type, unsigned sources)
{
	if (type > 4)
		return "Group";
	return type % 2 && !sources ? "Leave group" : "Join group";
}

static const char *record_end(uint8_t type, unsigned sources)
{
	static const char *const with_sources[] = {
		" for sources in",      ", for sources not in", " for sources in",
		", for sources not in", ", new sources",        ", block sources",
	};

	if (sources)
		return with_sources[type - 1];
	return type == 2 || type == 4 ? " for any sources" : "";
}

/* Return: the record's length, 0 when it is not there. */
static size_t add_record(struct line *l, size_t at)
{
	const uint8_t *p = line_bytes(l, at, 8);
	unsigned sources;
	uint8_t type;
	size_t len;

	if (!p)
		return 0;
	type = p[0];
	sources = get16(p + 2);
	len = 8 + sources * 4u + p[1] * 4u;
	if (type < 1 || type > 6) {
		line_add(l, " / Record type %u", type);
		return len;
	}
	line_add(l, " / %s ", record_begin(type, sources));
	line_add_ipv4(l, p + 4);
	line_add(l, "%s", record_end(type, sources));
	if (sources)
		add_sources(l, at + 8, sources);
	return len;
}

static void decode_igmp_report(struct line *l)
{
	const uint8_t *p = line_bytes(l, l->h.l4, 8);
	size_t at = l->h.l4 + 8, len = 1;
	unsigned n = p ? get16(p + 6) : 0;

	line_begin(l, "IGMPv3");
	line_add(l, " Membership Report");
	for (unsigned i = 0; i < n && i < RECORDS_MAX && len; i++, at += len)
		len = add_record(l, at);
}

/* RFC 3376 7.1: its version shows in its length, and in a time that version 1 does not have. */
static void decode_igmp_query(struct line *l, const uint8_t *p)
{
	static const uint8_t general[4];

	if (l->h.end - l->h.l4 >= 12)
		line_begin(l, "IGMPv3");
	else
		line_begin(l, p[1] ? "IGMPv2" : "IGMPv1");
	line_add(l, " Membership Query");
	if (l->h.end - l->h.l4 < 12 && !p[1])
		return;
	if (!memcmp(p + 4, general, sizeof(general))) {
		line_add(l, ", general");
		return;
	}
	line_add(l, ", specific for group ");
	line_add_ipv4(l, p + 4);
}

void decode_igmp(struct line *l)
{
	const uint8_t *p = line_bytes(l, l->h.l4, 8);
	uint8_t type = p ? p[0] : 0;

	switch (type) {
	case 0x11:
		decode_igmp_query(l, p);
		break;
	case 0x12:
		line_begin(l, "IGMPv1");
		line_add(l, " Membership Report");
		break;
	case 0x16:
	case 0x17:
		line_begin(l, "IGMPv2");
		line_add(l, type == 0x16 ? " Membership Report group " : " Leave Group ");
		line_add_ipv4(l, p + 4);
		break;
	case 0x22:
		decode_igmp_report(l);
		break;
	default:
		line_begin(l, "IGMP");
		if (p)
			line_add(l, " Type 0x%02x", type);
	}
}
