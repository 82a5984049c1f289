/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checksums and segmentation that a sender left undone; see finish.h.
 *
 * A segment's headers are made in a buffer of our own, with the checksum over them and the bytes
 * that follow in the source, and only then spread over entries: no field is ever split while it
 * is written, however small the buffers are.
 */
#include "pkt/finish.h"

#include "pkt/parse.h"
#include "pkt/ports.h"

#include <pollux/checksum.h>

#include <endian.h>
#include <errno.h>
#include <string.h>

#define ETHERNET_MIN 14
#define IP_MIN       20

#define TCP_MIN  20
#define TCP_CSUM 16
#define TCP_FIN  0x01
#define TCP_PSH  0x08
#define TCP_CWR  0x80
#define UDP_CSUM 6
#define UDP_LEN  8

static inline void store16(uint8_t *p, uint16_t v)
{
	memcpy(p, &v, sizeof(v));
}

static inline void put_be16(uint8_t *p, uint32_t v)
{
	store16(p, htobe16((uint16_t)v));
}

static inline uint32_t be32(const uint8_t *p)
{
	return (uint32_t)plx_be16(p) << 16 | plx_be16(p + 2);
}

/*
 * The checksum to store, @offset bytes into its header. 0xffff is the same number as 0, which UDP
 * has for "none" (RFC 768). TCP has none of that, and who checks strictly calls 0xffff wrong there
 * (RFC 1624); only its checksum is so far behind.
 */
static inline uint16_t finished(uint64_t sum, uint32_t offset)
{
	uint16_t csum = (uint16_t)~plx_csum_fold(sum);

	return csum || offset == TCP_CSUM ? csum : 0xffff;
}

/*
 * Whoever sent the frame may still write to it (vhost): headers are read once, into our copy. What
 * lies behind the copy is only looked at to find out that the headers are too long.
 */
static void parse(struct plx_unfinished *u, uint32_t len, struct plx_layout *at)
{
	uint32_t first = len < sizeof(u->header) ? len : sizeof(u->header);
	struct plx_pkt parts[2] = {
		{ .data = u->header, .len = (uint16_t)first },
		{ .data = (uint8_t *)(uintptr_t)u->bytes + first, .len = (uint16_t)(len - first) },
	};
	struct plx_frame frame = { .entries = parts, .n = 2, .len = len };

	_Static_assert(PLX_UNFINISHED_MAX - sizeof(u->header) <= UINT16_MAX, "two entries do");
	memcpy(u->header, u->bytes, first);
	plx_frame_parse(&frame, at);
}

/* Take over where a frame's headers are. Return: false when there is no TCP or UDP to be found. */
static bool locate(struct plx_unfinished *u, uint32_t len, struct plx_layout *at)
{
	uint32_t headers;

	parse(u, len, at);
	if (at->kind != PLX_SUM_INTERNET || at->fragment ||
	    (at->l4_proto != PLX_IP_TCP && at->l4_proto != PLX_IP_UDP))
		return false;
	if (at->l4 + TCP_MIN > PLX_UNFINISHED_HEADERS)
		return false;
	u->l4_len = UDP_LEN;
	if (at->l4_proto == PLX_IP_TCP)
		u->l4_len = (uint8_t)((u->header[at->l4 + 12] >> 4) * 4);
	headers = (uint32_t)at->l4 + u->l4_len;
	if (headers > PLX_UNFINISHED_HEADERS || headers > at->l4 + at->covered)
		return false;
	u->l3 = (uint16_t)at->l3;
	u->l4 = (uint16_t)at->l4;
	u->ip_version = at->ip_version;
	u->l4_proto = at->l4_proto;
	return true;
}

static unsigned csum_offset(const struct plx_unfinished *u)
{
	return u->l4_proto == PLX_IP_TCP ? TCP_CSUM : UDP_CSUM;
}

/* Is the checksum that is asked for the one of the TCP or UDP header that was found? */
static bool csum_is_l4(const struct plx_unfinished *u)
{
	return u->csum_start == u->l4 && u->csum_field == u->l4 + csum_offset(u);
}

static bool gso_matches(const struct plx_unfinished *u)
{
	switch (u->gso_type) {
	case VIRTIO_NET_HDR_GSO_TCPV4:
		return u->ip_version == 4 && u->l4_proto == PLX_IP_TCP;
	case VIRTIO_NET_HDR_GSO_TCPV6:
		return u->ip_version == 6 && u->l4_proto == PLX_IP_TCP;
	default:
		return u->l4_proto == PLX_IP_UDP;
	}
}

/* What is the same in all segments, and what the first one starts from. */
static void begin_segments(struct plx_unfinished *u, const struct plx_layout *at)
{
	uint32_t payload;

	u->headers = (uint16_t)(u->l4 + u->l4_len);
	u->at = u->headers;
	u->end = (uint32_t)(at->l4 + at->covered); /* without Ethernet's padding */
	payload = u->end - u->at;
	u->frames = payload ? (payload + u->mss - 1) / u->mss : 1;
	u->longest = u->headers + (payload < u->mss ? payload : u->mss);
	u->pseudo = plx_csum_add(htobe32(u->l4_proto), u->header + at->src, at->addr_len);
	u->pseudo = plx_csum_add(u->pseudo, u->header + at->dst, at->addr_len);
	if (u->ip_version == 4)
		u->ip_id = plx_be16(u->header + u->l3 + 4);
	if (u->l4_proto == PLX_IP_TCP) {
		u->tcp_seq = be32(u->header + u->l4 + 4);
		u->tcp_flags = u->header[u->l4 + 13];
	}
}

static int begin_gso(struct plx_unfinished *u, const struct virtio_net_hdr *header, uint32_t len)
{
	struct plx_layout at;

	u->gso_type = header->gso_type & (uint8_t)~VIRTIO_NET_HDR_GSO_ECN;
	u->mss = header->gso_size;
	if (u->gso_type != VIRTIO_NET_HDR_GSO_TCPV4 && u->gso_type != VIRTIO_NET_HDR_GSO_TCPV6 &&
	    header->gso_type != VIRTIO_NET_HDR_GSO_UDP_L4)
		return -EBADMSG;
	if (!u->mss || !locate(u, len, &at) || !gso_matches(u))
		return -EBADMSG;
	if (u->needs_csum && !csum_is_l4(u))
		return -EBADMSG;
	begin_segments(u, &at);
	return 0;
}

int plx_unfinished_begin(struct plx_unfinished *u, const struct virtio_net_hdr *header,
			 const uint8_t *bytes, uint32_t len)
{
	int err;

	u->frames = 0;
	if (!len || len > PLX_UNFINISHED_MAX)
		return -EBADMSG;
	u->bytes = bytes;
	u->at = 0;
	u->end = len;
	u->headers = 0;
	u->gso_type = VIRTIO_NET_HDR_GSO_NONE;
	u->request = 0;
	u->needs_csum = header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM;
	if (u->needs_csum) {
		u->csum_start = header->csum_start;
		u->csum_field = u->csum_start + header->csum_offset;
		if (u->csum_field + 2 > len)
			return -EBADMSG;
	}
	if (header->gso_type != VIRTIO_NET_HDR_GSO_NONE) {
		err = begin_gso(u, header, len);
		if (err)
			u->frames = 0;
		return err;
	}
	u->frames = 1;
	u->longest = len;
	return 0;
}

/* The bit fields of a packet to send must hold what is to go into them. */
static bool lengths_fit(const struct plx_unfinished *u)
{
	return u->l3 < 1 << 7 && u->l4 - u->l3 < 1 << 9;
}

bool plx_unfinished_pass(struct plx_unfinished *u)
{
	struct plx_layout at;

	if (!u->needs_csum || u->gso_type == VIRTIO_NET_HDR_GSO_UDP_L4)
		return u->gso_type == VIRTIO_NET_HDR_GSO_NONE;
	if (!u->headers && (!locate(u, u->end, &at) || !csum_is_l4(u)))
		return false;
	if (!lengths_fit(u))
		return false;
	u->request = u->l4_proto == PLX_IP_TCP ? PLX_PKT_TX_TCP_CSUM : PLX_PKT_TX_UDP_CSUM;
	if (u->headers)
		u->request |= PLX_PKT_TX_TSO;
	u->needs_csum = false;
	u->headers = 0;
	u->at = 0;
	u->frames = 1;
	u->longest = u->end;
	return true;
}

static void set_request(const struct plx_unfinished *u, struct plx_pkt *pkt)
{
	pkt->flags = (pkt->flags & ~(uint32_t)PLX_PKT_TIMESTAMP) | u->request;
	pkt->timestamp = 0;
	pkt->l2_len = u->l3 & 127;
	pkt->l3_len = (u->l4 - u->l3) & 511;
	pkt->l4_len = u->l4_len;
	pkt->hash = 0;
	if (u->request & PLX_PKT_TX_TSO)
		pkt->mss = u->mss;
}

/* The checksum of a frame that is not segmented: its field already has the pseudo header's sum. */
static uint16_t whole_csum(const struct plx_unfinished *u)
{
	return finished(plx_csum_add(0, u->bytes + u->csum_start, u->end - u->csum_start),
			u->csum_field - u->csum_start);
}

bool plx_unfinished_here(struct plx_unfinished *u, struct plx_pkt *pkt)
{
	if (u->headers)
		return false;
	if (u->needs_csum)
		store16(pkt->data + u->csum_field, whole_csum(u));
	if (u->request)
		set_request(u, pkt);
	u->frames = 0;
	return true;
}

/* Lengths and checksum of the IP header; @len bytes are behind it and its extensions. */
static void finish_ip(struct plx_unfinished *u, uint32_t len)
{
	uint8_t *ip = u->header + u->l3;
	uint32_t l3_len = u->l4 - u->l3;

	if (u->ip_version == 6) {
		put_be16(ip + 4, l3_len - 40 + len);
		return;
	}
	l3_len = (ip[0] & 15) * 4u; /* an AH behind it is not under its checksum */
	put_be16(ip + 2, u->l4 - u->l3 + len);
	put_be16(ip + 4, u->ip_id++);
	store16(ip + 10, 0);
	store16(ip + 10, (uint16_t)~plx_csum_fold(plx_csum_add(0, ip, l3_len)));
}

/* What TCP has in one segment only: CWR in the first (RFC 3168 6.1.2), FIN and PSH in the last. */
static void finish_tcp(struct plx_unfinished *u, uint32_t part)
{
	uint8_t *tcp = u->header + u->l4, flags = u->tcp_flags;

	if (u->at > u->headers)
		flags &= (uint8_t)~TCP_CWR;
	if (u->frames > 1)
		flags &= (uint8_t) ~(TCP_FIN | TCP_PSH);
	put_be16(tcp + 4, u->tcp_seq >> 16);
	put_be16(tcp + 6, u->tcp_seq & 0xffff);
	tcp[13] = flags;
	u->tcp_seq += part;
}

/* The headers of a segment with the next @part bytes. */
static void finish_header(struct plx_unfinished *u, uint32_t part)
{
	uint8_t *l4 = u->header + u->l4, *field = l4 + csum_offset(u);
	uint32_t len = u->l4_len + part;
	uint64_t sum;

	finish_ip(u, len);
	if (u->l4_proto == PLX_IP_TCP)
		finish_tcp(u, part);
	else
		put_be16(l4 + 4, len);
	store16(field, 0);
	sum = plx_csum_add(u->pseudo, l4, u->l4_len);
	sum = plx_csum_add(sum, u->bytes + u->at, part);
	sum += htobe32(len);
	store16(field, finished(sum + (sum < htobe32(len)), csum_offset(u)));
}

/* Append to entries that are filled one after the other; @filled bytes are in them. */
static uint32_t spread(struct plx_pkt *pkts, uint32_t room, uint32_t filled, const uint8_t *from,
		       uint32_t len)
{
	while (len) {
		uint32_t place = filled % room, part = room - place;

		if (part > len)
			part = len;
		memcpy(pkts[filled / room].data + place, from, part);
		filled += part;
		from += part;
		len -= part;
	}
	return filled;
}

/* Lengths and flags of the @n entries of a frame of @len bytes. */
static void close_entries(struct plx_pkt *pkts, unsigned n, uint32_t room, uint32_t len)
{
	for (unsigned i = 0; i + 1 < n; i++, len -= room) {
		pkts[i].len = (uint16_t)room;
		pkts[i].flags |= PLX_PKT_MORE;
	}
	pkts[n - 1].len = (uint16_t)len;
}

static void give_segment(struct plx_unfinished *u, struct plx_pkt *pkts, uint32_t room,
			 uint32_t part)
{
	uint32_t filled;

	finish_header(u, part);
	filled = spread(pkts, room, 0, u->header, u->headers);
	spread(pkts, room, filled, u->bytes + u->at, part);
}

static void give_whole(struct plx_unfinished *u, struct plx_pkt *pkts, uint32_t room)
{
	uint8_t csum[2];

	spread(pkts, room, 0, u->bytes, u->end);
	if (u->needs_csum) {
		store16(csum, whole_csum(u));
		spread(pkts, room, u->csum_field, csum, sizeof(csum));
	}
	if (u->request)
		set_request(u, pkts);
}

unsigned plx_unfinished_next(struct plx_unfinished *u, struct plx_pkt *pkts, unsigned n,
			     uint32_t room)
{
	unsigned used = 0;

	while (u->frames) {
		uint32_t part = u->end - u->at;
		unsigned entries;

		if (u->headers && part > u->mss)
			part = u->mss;
		entries = plx_entries(u->headers + part, room);
		if (entries > n - used)
			break;
		if (u->headers)
			give_segment(u, pkts + used, room, part);
		else
			give_whole(u, pkts + used, room);
		close_entries(pkts + used, entries, room, u->headers + part);
		used += entries;
		u->at += part;
		u->frames--;
	}
	return used;
}

/* The segmentation that a frame to send asks for; its headers begin at @l3 and @l4. */
static int request_gso(struct virtio_net_hdr *header, const struct plx_pkt *pkt,
		       const struct plx_frame *frame, size_t l3, size_t l4)
{
	uint8_t room[20], version;
	const uint8_t *p = plx_frame_bytes(frame, l3, 1, room);

	version = p ? p[0] >> 4 : 0;
	p = plx_frame_bytes(frame, l4, sizeof(room), room);
	if (!p || !pkt->mss || pkt->l4_len < sizeof(room) || l4 + pkt->l4_len > frame->len ||
	    (version != 4 && version != 6))
		return -EBADMSG;
	header->gso_type = version == 4 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;
	if (p[13] & TCP_CWR)
		header->gso_type |= VIRTIO_NET_HDR_GSO_ECN;
	header->gso_size = pkt->mss;
	header->hdr_len = (uint16_t)(l4 + pkt->l4_len);
	return 0;
}

int plx_vnet_from_pkts(struct virtio_net_hdr *header, const struct plx_pkt *pkts, unsigned n)
{
	struct plx_frame frame = { .entries = pkts, .n = n };
	uint32_t work = pkts->flags & PLX_PKT_TX_WORK;
	size_t l3 = pkts->l2_len, l4 = l3 + pkts->l3_len;

	memset(header, 0, sizeof(*header));
	if (!work)
		return 0;
	for (unsigned i = 0; i < n; i++)
		frame.len += pkts[i].len;
	switch (work) {
	case PLX_PKT_TX_TCP_CSUM:
	case PLX_PKT_TX_TCP_CSUM | PLX_PKT_TX_TSO:
		header->csum_offset = TCP_CSUM;
		break;
	case PLX_PKT_TX_UDP_CSUM:
		header->csum_offset = UDP_CSUM;
		break;
	default:
		return -EBADMSG;
	}
	header->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	header->csum_start = (uint16_t)l4;
	if (l3 < ETHERNET_MIN || pkts->l3_len < IP_MIN || l4 + header->csum_offset + 2 > frame.len)
		return -EBADMSG;
	return work & PLX_PKT_TX_TSO ? request_gso(header, pkts, &frame, l3, l4) : 0;
}
