/* SPDX-License-Identifier: BSD-3-Clause */
#include "testpmd/headers.h"

#include <string.h>

#define EXTENSIONS_MAX 16   /* IPv6 extension headers of one datagram */
#define EXTENSION_MAX  2048 /* bytes of one */

#define IPV4_OPT_END  0
#define IPV4_OPT_NOP  1
#define IPV4_OPT_LSRR 131
#define IPV4_OPT_SSRR 137
#define IPV6_OPT_PAD1 0
#define IPV6_OPT_HOME 201

/* The part of an entry that a range of the frame covers; @start: the entry's offset in it. */
static size_t part_of(const struct plx_pkt *entry, size_t start, size_t at, size_t len,
		      uint8_t **part)
{
	size_t skip = at - start, n;

	if (at < start || skip >= entry->len)
		return 0;
	n = entry->len - skip;
	*part = entry->data + skip;
	return n < len ? n : len;
}

void frame_read(const struct frame *frame, size_t offset, void *to, size_t len)
{
	uint8_t *bytes = to, *part;
	size_t start = 0, n;

	for (unsigned i = 0; i < frame->n && len; start += frame->entries[i++].len) {
		n = part_of(&frame->entries[i], start, offset, len, &part);
		if (!n)
			continue;
		memcpy(bytes, part, n);
		bytes += n;
		offset += n;
		len -= n;
	}
}

void frame_write(const struct frame *frame, size_t offset, const void *from, size_t len)
{
	const uint8_t *bytes = from;
	size_t start = 0, n;
	uint8_t *part;

	for (unsigned i = 0; i < frame->n && len; start += frame->entries[i++].len) {
		n = part_of(&frame->entries[i], start, offset, len, &part);
		if (!n)
			continue;
		memcpy(part, bytes, n);
		bytes += n;
		offset += n;
		len -= n;
	}
}

static bool is_tag(uint16_t type)
{
	return type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ || type == ETHERTYPE_QINQ_0;
}

/* Addresses, tags and type. False when the frame ends before what follows, or with more tags. */
static bool read_ethernet(const struct frame *frame, struct headers *h)
{
	size_t offset = 12; /* two addresses */
	uint8_t room[4];
	const uint8_t *p;

	for (;;) {
		p = frame_bytes(frame, offset, 2, room);
		if (!p)
			return false;
		h->ethertype = get16(p);
		if (!is_tag(h->ethertype))
			break;
		p = frame_bytes(frame, offset, 4, room);
		if (!p || h->n_tags == HEADERS_TAGS_MAX)
			return false;
		h->tags[h->n_tags++] = get16(p + 2);
		offset += 4;
	}
	h->l3 = offset + 2;
	return true;
}

static bool has_source_route(const uint8_t *ip, size_t header)
{
	for (size_t at = IPV4_HDR_LEN; at + 1 < header && ip[at] != IPV4_OPT_END;) {
		if (ip[at] == IPV4_OPT_LSRR || ip[at] == IPV4_OPT_SSRR)
			return true;
		if (ip[at] != IPV4_OPT_NOP && ip[at + 1] < 2)
			return false;
		at += ip[at] == IPV4_OPT_NOP ? 1 : ip[at + 1];
	}
	return false;
}

static bool read_ipv4(const struct frame *frame, struct headers *h)
{
	uint8_t room[60];
	const uint8_t *ip = frame_bytes(frame, h->l3, IPV4_HDR_LEN, room);
	size_t header, total;

	if (!ip || ip[0] >> 4 != 4)
		return false;
	header = (ip[0] & 15) * 4u;
	total = get16(ip + 2);
	if (header < IPV4_HDR_LEN || total < header)
		return false;
	if (header > IPV4_HDR_LEN) {
		ip = frame_bytes(frame, h->l3, header, room);
		if (!ip)
			return false;
		h->routed = has_source_route(ip, header);
	}
	h->ip_version = 4;
	h->l3_len = header;
	h->l4 = h->l3 + header;
	h->end = h->l3 + total;
	h->l4_proto = ip[9];
	h->fragment = get16(ip + 6) & 0x3fff; /* more to come, or not the first */
	h->has_l4 = !(get16(ip + 6) & 0x1fff);
	return true;
}

static bool has_home_address(const uint8_t *p, size_t len)
{
	for (size_t at = 2; at + 1 < len;) {
		if (p[at] == IPV6_OPT_HOME)
			return true;
		at += p[at] == IPV6_OPT_PAD1 ? 1 : 2u + p[at + 1];
	}
	return false;
}

static size_t extension_len(uint8_t proto, const uint8_t *p)
{
	if (proto == IP_PROTO_FRAGMENT)
		return 8;
	return proto == IP_PROTO_AH ? (p[1] + 2u) * 4 : (p[1] + 1u) * 8;
}

/* One header on. Return: false when there is no further one to find. */
static bool read_extension(const struct frame *frame, struct headers *h)
{
	uint8_t room[EXTENSION_MAX + 8];
	const uint8_t *p = frame_bytes(frame, h->l4, 8, room);
	size_t len = p ? extension_len(h->l4_proto, p) : 0;

	p = p && len <= h->end - h->l4 ? frame_bytes(frame, h->l4, len, room) : NULL;
	if (!p) {
		h->cut = true;
		return false;
	}
	if (h->l4_proto == IP_PROTO_ROUTING)
		h->routed |= p[3] != 0; /* segments left */
	else if (h->l4_proto == IP_PROTO_DST_OPTIONS)
		h->routed |= has_home_address(p, len);
	if (h->l4_proto == IP_PROTO_FRAGMENT) {
		h->extension = h->l4;
		h->fragment = get16(p + 2) & 0xfff9;
		h->has_l4 = !(get16(p + 2) & 0xfff8);
	}
	h->l4_proto = p[0];
	h->l4 += len;
	return h->has_l4;
}

static bool is_extension(const struct headers *h)
{
	switch (h->l4_proto) {
	case IP_PROTO_AH:
		return true;
	case IP_PROTO_HOP_OPTIONS:
	case IP_PROTO_ROUTING:
	case IP_PROTO_FRAGMENT:
	case IP_PROTO_DST_OPTIONS:
		return h->ip_version == 6;
	default:
		return false;
	}
}

static bool read_ipv6(const struct frame *frame, struct headers *h)
{
	uint8_t room[IPV6_HDR_LEN];
	const uint8_t *ip = frame_bytes(frame, h->l3, IPV6_HDR_LEN, room);

	if (!ip || ip[0] >> 4 != 6)
		return false;
	h->ip_version = 6;
	h->l3_len = IPV6_HDR_LEN;
	h->l4 = h->l3 + IPV6_HDR_LEN;
	h->end = h->l4 + get16(ip + 4);
	h->l4_proto = ip[6];
	h->has_l4 = true;
	return true;
}

static void skip_extensions(const struct frame *frame, struct headers *h)
{
	for (unsigned i = 0; is_extension(h); i++)
		if (i == EXTENSIONS_MAX || !read_extension(frame, h)) {
			h->has_l4 = false;
			return;
		}
}

void headers_read(const struct frame *frame, struct headers *h)
{
	bool sound = true;

	memset(h, 0, sizeof(*h));
	if (!frame->n || !read_ethernet(frame, h)) {
		h->cut = true;
		return;
	}
	if (h->ethertype == ETHERTYPE_IPV4)
		sound = read_ipv4(frame, h);
	else if (h->ethertype == ETHERTYPE_IPV6)
		sound = read_ipv6(frame, h);
	if (h->has_l4)
		skip_extensions(frame, h);
	h->cut |= !sound || h->end > frame->len;
}
