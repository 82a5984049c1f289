/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checksums: the sum, a short way for the frames that most traffic is made of, and the long way
 * for all others.
 *
 * Sums are kept in 64 bits, in memory order: the ones' complement sum of 16-bit words is the same
 * when wider words are added with their carries, and byte order does not matter (RFC 1071).
 */
#include <pollux/checksum.h>

#include "pkt/crc32c.h"
#include "pkt/parse.h"

#include <endian.h>
#include <string.h>

#define ETHERNET_HEADER 14
#define IPV4_HEADER     20

static inline uint16_t load16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint32_t load32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint64_t load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint64_t add_carry(uint64_t sum, uint64_t v)
{
	sum += v;
	return sum + (sum < v);
}

/* A word's last @n bytes in memory, 1 .. 7, as if they stood first and zeros followed. */
static inline uint64_t last_bytes(uint64_t word, size_t n)
{
#if __BYTE_ORDER == __LITTLE_ENDIAN
	return word >> (64 - 8 * n);
#else
	return word << (64 - 8 * n);
#endif
}

/* Under 64 bytes, say. The 8 bytes before the end must be readable even when @len is less. */
static inline uint64_t add_short(uint64_t sum, const uint8_t *p, size_t len)
{
	const uint8_t *end = p + len;

	for (; len >= 8; len -= 8, p += 8)
		sum = add_carry(sum, load64(p));
	return len ? add_carry(sum, last_bytes(load64(end - 8), len)) : sum;
}

/*
 * Blocks of 64 bytes. Without carries, so that the compiler can use vectors: next to the sum of
 * the words, which overflows, goes the sum of their upper halves, which tells by how much.
 */
static uint64_t add_blocks(uint64_t sum, const uint8_t *p, size_t blocks)
{
	uint64_t all[4] = { 0 }, upper[4] = { 0 }, word[8];

	for (; blocks; blocks--, p += sizeof(word)) {
		memcpy(word, p, sizeof(word));
		for (unsigned i = 0; i < 8; i++) {
			all[i % 4] += word[i];
			upper[i % 4] += word[i] >> 32;
		}
	}
	for (unsigned i = 0; i < 4; i++) {
		sum = add_carry(sum, all[i] - (upper[i] << 32)); /* the lower halves */
		sum = add_carry(sum, upper[i]);
	}
	return sum;
}

/* As add_short(), for any length. */
static inline uint64_t add_any(uint64_t sum, const uint8_t *p, size_t len)
{
	if (len >= 128) {
		sum = add_blocks(sum, p, len / 64);
		p += len & ~(size_t)63;
		len &= 63;
	}
	return add_short(sum, p, len);
}

uint64_t plx_csum_add(uint64_t sum, const void *data, size_t len)
{
	uint8_t few[8] = { 0 };

	if (len >= sizeof(few))
		return add_any(sum, data, len);
	if (len)
		memcpy(few, data, len);
	return add_carry(sum, load64(few));
}

/* The checksum to store, from a sum that holds the one that is there and is not all zero. */
static inline uint16_t replace(uint64_t sum, uint16_t old, uint8_t proto)
{
	uint16_t new = (uint16_t)~plx_csum_fold(add_carry(sum, (uint16_t)~old));

	/* UDP keeps 0 for "none" and sends the other zero. */
	if (new == 0 && (proto == PLX_IP_UDP || proto == PLX_IP_UDPLITE))
		return 0xffff;
	return new;
}

/* A checksum in a frame of one entry that is wrong by @sum. */
static uint8_t mend(const struct plx_pkt *pkt, uint8_t *field, uint64_t sum, uint8_t proto)
{
	uint16_t new = replace(sum, load16(field), proto);

	if (pkt->flags & PLX_PKT_SHARED)
		return PLX_CSUM_LOCKED;
	memcpy(field, &new, sizeof(new));
	return PLX_CSUM_BAD;
}

static inline uint8_t judge(const struct plx_pkt *pkt, uint8_t *field, uint64_t sum, uint8_t proto,
			    bool fix)
{
	if (__builtin_expect(plx_csum_fold(sum) == 0xffff, 1))
		return PLX_CSUM_GOOD;
	return fix ? mend(pkt, field, sum, proto) : PLX_CSUM_BAD;
}

/*
 * Where the checksum is in an upper header that needs no second look; 0: take the long way.
 * @len bytes are there, at least 8.
 */
static inline unsigned plain_field(uint8_t proto, const uint8_t *l4, unsigned len)
{
	if (__builtin_expect(proto == PLX_IP_UDP, 1))
		return plx_be16(l4 + 4) == len ? 6 : 0;
	if (proto == PLX_IP_TCP && len >= 20 && l4[12] >= 5 << 4)
		return 16;
	return 0;
}

/*
 * The short way: one entry, no VLAN tag, IPv4 without options and not a fragment, UDP or TCP.
 * Returns false, with nothing done, when the frame is not such a one.
 */
static inline __attribute__((always_inline)) bool plain(const struct plx_pkt *pkt,
							struct plx_csum *out, bool fix)
{
	uint8_t *ip = pkt->data + ETHERNET_HEADER, *l4 = ip + IPV4_HEADER;
	uint64_t addresses, sum;
	unsigned len, field;

	/* The type and IP's version and header length are three bytes in a row. */
	if (pkt->len < ETHERNET_HEADER + IPV4_HEADER + 8 ||
	    (load32(ip - 2) & htobe32(0xffffff00)) != htobe32(0x08004500))
		return false;
	len = plx_be16(ip + 2);
	if (len > pkt->len - (unsigned)ETHERNET_HEADER || len < IPV4_HEADER + 8 ||
	    load16(ip + 6) & htobe16(0x3fff))
		return false;
	len -= IPV4_HEADER;
	field = plain_field(ip[9], l4, len);
	if (!field)
		return false;

	*out = (struct plx_csum){ .ip_version = 4,
				  .l4_proto = ip[9],
				  .l3_offset = ETHERNET_HEADER,
				  .l4_offset = ETHERNET_HEADER + IPV4_HEADER };
	addresses = load64(ip + 12);
	sum = add_carry(add_carry(load64(ip), load32(ip + 8)), addresses);
	out->l3 = judge(pkt, ip + 10, sum, 0, fix);
	if (field == 6 && load16(l4 + 6) == 0) {
		out->l4 = PLX_CSUM_NONE;
		return true;
	}
	sum = add_any(add_carry(addresses, htobe32((uint32_t)ip[9] << 16 | len)), l4, len);
	out->l4 = judge(pkt, l4 + field, sum, ip[9], fix);
	return true;
}

/* The sum of bytes [from, to), which the frame has. */
static uint64_t sum_range(const struct plx_frame *frame, size_t from, size_t to)
{
	size_t start = 0, low, high;
	uint64_t sum = 0, part;

	for (unsigned i = 0; start < to; start += frame->entries[i++].len) {
		low = from > start ? from : start;
		high = start + frame->entries[i].len;
		if (high > to)
			high = to;
		if (low >= high)
			continue;
		part = plx_csum_add(0, frame->entries[i].data + (low - start), high - low);
		sum = plx_csum_join(sum, part, low - from);
	}
	return sum;
}

static uint32_t crc_range(const struct plx_frame *frame, uint32_t crc, size_t from, size_t to)
{
	size_t start = 0, low, high;

	for (unsigned i = 0; start < to; start += frame->entries[i++].len) {
		low = from > start ? from : start;
		high = start + frame->entries[i].len;
		if (high > to)
			high = to;
		if (low < high)
			crc = plx_crc32c(crc, frame->entries[i].data + (low - start), high - low);
	}
	return crc;
}

/* The entry that holds one byte of the frame; @offset becomes the byte's place in it. */
static const struct plx_pkt *entry_of(const struct plx_frame *frame, size_t *offset)
{
	const struct plx_pkt *entry = frame->entries;

	for (; *offset >= entry->len; entry++)
		*offset -= entry->len;
	return entry;
}

/* Write a checksum, which entries may split at any byte. Returns the verdict. */
static uint8_t write_field(const struct plx_frame *frame, size_t offset, const void *bytes,
			   unsigned len)
{
	uint8_t *to[4];

	for (unsigned i = 0; i < len; i++) {
		size_t place = offset + i;
		const struct plx_pkt *entry = entry_of(frame, &place);

		if (entry->flags & PLX_PKT_SHARED)
			return PLX_CSUM_LOCKED;
		to[i] = entry->data + place;
	}
	for (unsigned i = 0; i < len; i++)
		*to[i] = ((const uint8_t *)bytes)[i];
	return PLX_CSUM_BAD;
}

/* Bytes [from, to) with their checksum at @field, and what else counts, in @pseudo. */
static uint8_t internet(const struct plx_frame *frame, size_t from, size_t to, size_t field,
			uint64_t pseudo, uint8_t proto, bool fix)
{
	uint64_t sum = add_carry(pseudo, sum_range(frame, from, to));
	bool udp = proto == PLX_IP_UDP || proto == PLX_IP_UDPLITE;
	uint8_t room[2];
	uint16_t old = load16(plx_frame_bytes(frame, field, sizeof(room), room)), new;

	if (plx_csum_fold(sum) == 0xffff && !(udp && old == 0))
		return PLX_CSUM_GOOD;
	if (!fix)
		return PLX_CSUM_BAD;
	/* Not by difference: without a pseudo header, all other bytes may be zero. */
	sum = add_carry(pseudo, sum_range(frame, from, field));
	sum = add_carry(sum, sum_range(frame, field + 2, to));
	new = replace(sum, 0xffff, proto);
	return write_field(frame, field, &new, sizeof(new));
}

static uint64_t pseudo_header(const struct plx_frame *frame, const struct plx_layout *at)
{
	uint64_t sum = sum_range(frame, at->src, at->src + at->addr_len);

	sum = add_carry(sum, sum_range(frame, at->dst, at->dst + at->addr_len));
	sum = add_carry(sum, htobe32((uint32_t)at->pseudo_len));
	return add_carry(sum, htobe32(at->l4_proto));
}

static uint8_t crc32c(const struct plx_frame *frame, const struct plx_layout *at, bool fix)
{
	static const uint8_t zeros[4];
	uint32_t crc = crc_range(frame, PLX_CRC32C_START, at->l4, at->field);
	uint8_t room[4];

	crc = plx_crc32c(crc, zeros, sizeof(zeros));
	crc = htole32(~crc_range(frame, crc, at->field + 4, at->l4 + at->covered));
	if (load32(plx_frame_bytes(frame, at->field, sizeof(room), room)) == crc)
		return PLX_CSUM_GOOD;
	return fix ? write_field(frame, at->field, &crc, sizeof(crc)) : PLX_CSUM_BAD;
}

static uint8_t upper(const struct plx_frame *frame, const struct plx_layout *at, bool fix)
{
	switch (at->kind) {
	case PLX_SUM_INTERNET:
		return internet(frame, at->l4, at->l4 + at->covered, at->field,
				at->pseudo ? pseudo_header(frame, at) : 0, at->l4_proto, fix);
	case PLX_SUM_CRC32C:
		return crc32c(frame, at, fix);
	default:
		return PLX_CSUM_NONE;
	}
}

/* The long way: any frame at all. */
static __attribute__((noinline)) void any(const struct plx_pkt *entries, unsigned n,
					  struct plx_csum *out, bool fix)
{
	struct plx_frame frame = { .entries = entries, .n = n };
	struct plx_layout at;

	memset(out, 0, sizeof(*out));
	if (n == 0)
		return;
	for (unsigned i = 0; i < n; i++)
		frame.len += entries[i].len;
	plx_frame_parse(&frame, &at);
	if (!at.ip_version)
		return;
	out->ip_version = at.ip_version;
	out->l4_proto = at.l4_proto;
	out->l3_offset = (uint16_t)at.l3;
	out->l4_offset = (uint16_t)at.l4;
	if (at.ip_version == 4)
		out->l3 = internet(&frame, at.l3, at.l3 + at.l3_len, at.l3 + 10, 0, 0, fix);
	out->l4 = upper(&frame, &at, fix);
}

void plx_csum_check(const struct plx_pkt *frame, unsigned n, struct plx_csum *out)
{
	if (n != 1 || !plain(frame, out, false))
		any(frame, n, out, false);
}

void plx_csum_fix(struct plx_pkt *frame, unsigned n, struct plx_csum *out)
{
	if (n != 1 || !plain(frame, out, true))
		any(frame, n, out, true);
}
