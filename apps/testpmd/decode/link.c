/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What goes from link to link: ARP, LLC with spanning tree, LLDP.
 */
#include "testpmd/decode/line.h"

#include <string.h>

#define LLDP_TLVS_MAX 32 /* that are looked at */

#define BPDU_CONFIG   0x00
#define BPDU_RAPID    0x02
#define BPDU_TOPOLOGY 0x80

static void add_arp_request(struct line *l, const uint8_t *sender, const uint8_t *target)
{
	static const uint8_t none[4];

	if (!memcmp(sender, target, 4)) { /* RFC 5227 3 */
		line_add(l, " ARP Announcement for ");
		line_add_ipv4(l, target);
		return;
	}
	line_add(l, " Who has ");
	line_add_ipv4(l, target);
	if (!memcmp(sender, none, 4)) { /* RFC 5227 2.1.1 */
		line_add(l, "? (ARP Probe)");
		return;
	}
	line_add(l, "? Tell ");
	line_add_ipv4(l, sender);
}

static void add_arp_reply(struct line *l, const uint8_t *mac, const uint8_t *sender,
			  const uint8_t *target)
{
	if (!memcmp(sender, target, 4)) {
		line_add(l, " Gratuitous ARP for ");
		line_add_ipv4(l, sender);
		line_add(l, " (Reply)");
		return;
	}
	line_add(l, " ");
	line_add_ipv4(l, sender);
	line_add(l, " is at ");
	line_add_mac(l, mac);
}

/* RFC 826. */
void decode_arp(struct line *l)
{
	static const uint8_t ethernet_ipv4[] = { 0, 1, 8, 0, 6, 4 };
	const uint8_t *p = line_bytes(l, l->h.l3, 8);
	unsigned op = p ? get16(p + 6) : 0;
	bool known = p && !memcmp(p, ethernet_ipv4, sizeof(ethernet_ipv4));

	line_begin(l, "ARP");
	if (p && (!known || op < 1 || op > 2)) {
		line_add(l, " Hardware type %u, protocol 0x%04x, operation %u", get16(p),
			 get16(p + 2), op);
		return;
	}
	p = p ? line_bytes(l, l->h.l3, 28) : NULL;
	if (p && op == 1)
		add_arp_request(l, p + 14, p + 24);
	else if (p)
		add_arp_reply(l, p + 8, p + 14, p + 24);
}

/* IEEE 802.1D-2004 9.3. */
static void decode_spanning_tree(struct line *l)
{
	const uint8_t *p = line_bytes(l, l->h.l3 + 3, 4);
	uint8_t type = p ? p[3] : 0, version = p ? p[2] : 0;

	line_begin(l, "STP");
	if (p && type == BPDU_TOPOLOGY) {
		line_add(l, " Topology Change Notification");
		return;
	}
	if (p && type != BPDU_CONFIG && type != BPDU_RAPID) {
		line_add(l, " Type 0x%02x", type);
		return;
	}
	p = p ? line_bytes(l, l->h.l3 + 3, type == BPDU_RAPID ? 36 : 35) : NULL;
	if (!p)
		return;
	line_add(l, " %s. %s",
		 type == BPDU_CONFIG ? "Conf"
		 : version > 2       ? "MST"
				     : "RST",
		 p[4] & 1 ? "TC + " : "");
	line_add(l, "Root = %u/%u/", get16(p + 5) & 0xf000u, get16(p + 5) & 0x0fffu);
	line_add_mac(l, p + 7);
	line_add(l, " Cost = %u Port = 0x%04x", get32(p + 13), get16(p + 25));
}

/* IEEE 802.2; the type field is the length of what follows. */
void decode_llc(struct line *l)
{
	static const uint8_t spanning_tree[] = { 0x42, 0x42, 3 }, snap[] = { 0xaa, 0xaa, 3 };
	const uint8_t *p;

	if (l->h.ethertype < l->end - l->h.l3)
		l->end = l->h.l3 + l->h.ethertype;
	else
		l->cut |= l->h.ethertype > l->end - l->h.l3;
	p = line_bytes(l, l->h.l3, 3);
	if (p && !memcmp(p, spanning_tree, sizeof(spanning_tree))) {
		decode_spanning_tree(l);
		return;
	}
	line_begin(l, "LLC");
	if (p && !memcmp(p, snap, sizeof(snap))) {
		p = line_bytes(l, l->h.l3, 8);
		if (p)
			line_add(l, " SNAP OUI 0x%02x%04x, type 0x%04x", p[3], get16(p + 4),
				 get16(p + 6));
	} else if (p) {
		line_add(l, " DSAP 0x%02x, SSAP 0x%02x, control 0x%02x", p[0], p[1], p[2]);
	}
}

enum lldp_tlv { LLDP_END, LLDP_CHASSIS, LLDP_PORT, LLDP_TTL, LLDP_SYSTEM_NAME = 5 };

/* IEEE 802.1AB 8.5.2, 8.5.3: chassis and port number their kinds of names differently. */
static void add_lldp_id(struct line *l, uint8_t type, const uint8_t *p, size_t len)
{
	static const char kinds[2][8][3] = { { "??", "CC", "IA", "PC", "MA", "NA", "IN", "LA" },
					     { "??", "IA", "PC", "MA", "NA", "IN", "AC", "LA" } };
	const char *kind = kinds[type == LLDP_PORT][len && p[0] < 8 ? p[0] : 0];

	line_add(l, " %s/", kind);
	if (!strcmp(kind, "MA") && len == 7)
		line_add_mac(l, p + 1);
	else if (!strcmp(kind, "NA") && len == 6 && p[1] == 1)
		line_add_ipv4(l, p + 2);
	else if (!strcmp(kind, "NA") && len == 18 && p[1] == 2)
		line_add_ipv6(l, p + 2);
	else if (len)
		line_add_text(l, p + 1, len - 1);
}

/* Return: false at the end. */
static bool add_lldp_tlv(struct line *l, size_t *at)
{
	const uint8_t *p = line_bytes(l, *at, 2);
	uint8_t type = p ? p[0] >> 1 : LLDP_END;
	size_t len = p ? get16(p) & 0x1ff : 0;

	if (type == LLDP_END)
		return false;
	p = line_bytes(l, *at + 2, len);
	if (!p)
		return false;
	*at += 2 + len;
	if (type == LLDP_CHASSIS || type == LLDP_PORT)
		add_lldp_id(l, type, p, len);
	else if (type == LLDP_TTL && len >= 2)
		line_add(l, " %u", get16(p));
	if (type == LLDP_SYSTEM_NAME) {
		line_add(l, " SysN=");
		line_add_text(l, p, len);
	}
	return true;
}

void decode_lldp(struct line *l)
{
	size_t at = l->h.l3;
	bool more = true;

	line_begin(l, "LLDP");
	for (unsigned i = 0; i < LLDP_TLVS_MAX && more; i++)
		more = add_lldp_tlv(l, &at);
}
