/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checksums: frames that others made, vectors from the standards, and a slow checker written for
 * this test that the library must agree with on every frame, however broken or split.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pollux/checksum.h>

#include "pkt/crc32c.h"

/* The table-driven CRC as well, which builds for a CPU with the instruction leave out. */
#undef __SSE4_2__
#define plx_crc32c crc32c_by_table
uint32_t crc32c_by_table(uint32_t crc, const uint8_t *data, size_t len);
#include "pkt/crc32c.c"
#undef plx_crc32c

#define FRAME_MAX 2048

/* Frames made with scapy 2.5 and found as they are stated here by tshark 4.0. */
static const struct sample {
	const char *name;
	uint8_t l3, l4, proto;
	const char *hex;
} samples[] = {
	/* clang-format off */
	{ "UDP", PLX_CSUM_GOOD, PLX_CSUM_GOOD, 17,
	  "0200000000020200000000010800450000210001000040118e8fc0000201c633640703e807d0000dc40d6865"
	  "6c6c6f" },
	{ "UDP, padded to 60 bytes", PLX_CSUM_GOOD, PLX_CSUM_GOOD, 17,
	  "02000000000202000000000108004500001e0001000040118e92c0000201c633640703e807d0000a9f7c6869"
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
	{ "UDP without checksum", PLX_CSUM_GOOD, PLX_CSUM_NONE, 17,
	  "02000000000202000000000108004500001f0001000040118e91c0000201c633640700010002000b00006162"
	  "63" },
	{ "UDP shorter than its IP payload", PLX_CSUM_GOOD, PLX_CSUM_GOOD, 17,
	  "0200000000020200000000010800450000220001000040118e8ec0000201c633640703e807d0000b43816162"
	  "6358595a" },
	{ "TCP with options", PLX_CSUM_GOOD, PLX_CSUM_GOOD, 6,
	  "02000000000202000000000108004500003c0001000040068e7fc0000201c633640700501092000000000000"
	  "0000a00220002ae10000020405b40402080a000000010000000001030307" },
	{ "TCP, odd length, VLAN", PLX_CSUM_GOOD, PLX_CSUM_GOOD, 6,
	  "0200000000020200000000018100000508004500002d0001000040068e8ec0000201c6336407005010920000"
	  "00070000000950182000c8330000474554202f" },
	{ "UDP, two tags", PLX_CSUM_GOOD, PLX_CSUM_GOOD, 17,
	  "02000000000202000000000188a800058100000608004500001e0001000040118e92c0000201c633640703e8"
	  "07d0000ad6b33132" },
	{ "IPv4 options", PLX_CSUM_GOOD, PLX_CSUM_GOOD, 17,
	  "02000000000202000000000108004800002d0001000040117a73c0000201c6336407070b0401020304000000"
	  "000103e807d0000d6e793132333435" },
	{ "IPv4 source route with hops left", PLX_CSUM_GOOD, PLX_CSUM_GOOD, 17,
	  "02000000000202000000000108004800002d0001000040116af9c0000201c633640701830b040a0000010a00"
	  "000203e807d0000d8eb23132333435" },
	{ "IPv4 source route used up", PLX_CSUM_GOOD, PLX_CSUM_GOOD, 17,
	  "02000000000202000000000108004800002d000100004011f363c0000201c6336407890b0c0a0000010a0000"
	  "020003e807d0000d6e793132333435" },
	{ "IPv4 first fragment", PLX_CSUM_GOOD, PLX_CSUM_NONE, 17,
	  "0200000000020200000000010800450000240001200040116e8cc0000201c633640703e807d0001037053132"
	  "333435363738" },
	{ "IPv4 last fragment", PLX_CSUM_GOOD, PLX_CSUM_NONE, 17,
	  "02000000000202000000000108004500001c0001000340118e91c0000201c63364073132333435363738" },
	{ "IPv4 AH", PLX_CSUM_GOOD, PLX_CSUM_GOOD, 17,
	  "0200000000020200000000010800450000370001000040338e57c0000201c633640711040000000000010000"
	  "000201010101010101010101010103e807d0000b4381616263" },
	{ "IPv4 ESP", PLX_CSUM_GOOD, PLX_CSUM_NONE, 50,
	  "02000000000202000000000108004500002c0001000040328e63c0000201c633640701010101010101010101"
	  "0101010101010101010101010101" },
	{ "ICMP echo", PLX_CSUM_GOOD, PLX_CSUM_GOOD, 1,
	  "0200000000020200000000010800450000210001000040018e9fc0000201c63364070800f82b000100027069"
	  "6e6721" },
	{ "IGMP", PLX_CSUM_GOOD, PLX_CSUM_GOOD, 2,
	  "02000000000202000000000108004500001c00010000010217c8c0000201e00000161614f8e6ef010203" },
	{ "SCTP", PLX_CSUM_GOOD, PLX_CSUM_GOOD, 132,
	  "02000000000202000000000108004500002c0001000040848e11c0000201c63364070007000801020304f8f5"
	  "353d0a00000a4142434445460000" },
	{ "UDP-Lite, all covered", PLX_CSUM_GOOD, PLX_CSUM_GOOD, 136,
	  "0200000000020200000000010800450000210001000040888e18c0000201c633640703e807d00000d4a66d65"
	  "646961" },
	{ "UDP-Lite, 11 bytes covered", PLX_CSUM_GOOD, PLX_CSUM_GOOD, 136,
	  "0200000000020200000000010800450000260001000040888e13c0000201c633640703e807d0000b36006d65"
	  "6469616d65646961" },
	{ "IPv6 UDP", PLX_CSUM_NONE, PLX_CSUM_GOOD, 17,
	  "02000000000202000000000186dd60000000000d114020010db800000000000000000000000120010db80000"
	  "0000000000000000000203e807d0000d54d568656c6c6f" },
	{ "IPv6 TCP", PLX_CSUM_NONE, PLX_CSUM_GOOD, 6,
	  "02000000000202000000000186dd600000000019064020010db800000000000000000000000120010db80000"
	  "0000000000000000000200501092000000070000000950182000df8e000068656c6c6f" },
	{ "IPv6 ICMPv6", PLX_CSUM_NONE, PLX_CSUM_GOOD, 58,
	  "02000000000202000000000186dd6000000000203aff20010db800000000000000000000000120010db80000"
	  "000000000000000000028700ec6f0000000020010db80000000000000000000000050101020000000001" },
	{ "IPv6 SCTP", PLX_CSUM_NONE, PLX_CSUM_GOOD, 132,
	  "02000000000202000000000186dd600000000018844020010db800000000000000000000000120010db80000"
	  "000000000000000000020007000801020304f8f5353d0a00000a4142434445460000" },
	{ "IPv6 UDP-Lite", PLX_CSUM_NONE, PLX_CSUM_GOOD, 136,
	  "02000000000202000000000186dd60000000000d884020010db800000000000000000000000120010db80000"
	  "0000000000000000000203e807d0000898356d65646961" },
	{ "IPv6 hop-by-hop and destination options", PLX_CSUM_NONE, PLX_CSUM_GOOD, 17,
	  "02000000000202000000000186dd60000000001b004020010db800000000000000000000000120010db80000"
	  "000000000000000000023c00050200000100110001020000010003e807d0000bd448616263" },
	{ "IPv6 atomic fragment", PLX_CSUM_NONE, PLX_CSUM_GOOD, 17,
	  "02000000000202000000000186dd6000000000132c4020010db800000000000000000000000120010db80000"
	  "00000000000000000002110000000000000503e807d0000bd448616263" },
	{ "IPv6 fragment", PLX_CSUM_NONE, PLX_CSUM_NONE, 17,
	  "02000000000202000000000186dd6000000000182c4020010db800000000000000000000000120010db80000"
	  "00000000000000000002110000010000000503e807d00010070c6162636465666768" },
	{ "IPv6 routing type 0", PLX_CSUM_NONE, PLX_CSUM_GOOD, 17,
	  "02000000000202000000000186dd6000000000332b4020010db800000000000000000000000120010db80000"
	  "00000000000000000002110400020000000020010db800000000000000000000000a20010db8000000000000"
	  "00000000000b03e807d0000bd43f616263" },
	{ "IPv6 routing type 0, used up", PLX_CSUM_NONE, PLX_CSUM_GOOD, 17,
	  "02000000000202000000000186dd6000000000332b4020010db800000000000000000000000120010db80000"
	  "00000000000000000002110400000000000020010db800000000000000000000000a20010db8000000000000"
	  "00000000000b03e807d0000bd448616263" },
	{ "IPv6 routing type 2", PLX_CSUM_NONE, PLX_CSUM_GOOD, 6,
	  "02000000000202000000000186dd60000000002f2b4020010db800000000000000000000000120010db80000"
	  "00000000000000000002060202010000000020010db800000000000000000000000a00501092000000070000"
	  "0009501820005ef80000616263" },
	{ "IPv6 segment routing", PLX_CSUM_NONE, PLX_CSUM_GOOD, 17,
	  "02000000000202000000000186dd6000000000332b4020010db800000000000000000000000120010db80000"
	  "00000000000000000002110404010100000020010db800000000000000000000000a20010db8000000000000"
	  "00000000000b03e807d0000bd440616263" },
	{ "IPv6 home address", PLX_CSUM_NONE, PLX_CSUM_GOOD, 17,
	  "02000000000202000000000186dd6000000000243c4020010db800000000000000000000000120010db80000"
	  "00000000000000000002110201020000c91020010db800000000000000000000007703e807d0000cd36c6162"
	  "6364" },
	{ "IPv6 AH", PLX_CSUM_NONE, PLX_CSUM_GOOD, 17,
	  "02000000000202000000000186dd600000000023334020010db800000000000000000000000120010db80000"
	  "0000000000000000000211040000000000010000000201010101010101010101010103e807d0000bd4486162"
	  "63" },
	{ "IPv6 ESP", PLX_CSUM_NONE, PLX_CSUM_NONE, 50,
	  "02000000000202000000000186dd600000000018324020010db800000000000000000000000120010db80000"
	  "00000000000000000002010101010101010101010101010101010101010101010101" },
	{ "ARP", PLX_CSUM_NONE, PLX_CSUM_NONE, 0,
	  "0200000000020200000000010806000108000604000102fc00000001c000020200000000000000000000" },
	{ "LLC", PLX_CSUM_NONE, PLX_CSUM_NONE, 0,
	  "020000000002020000000001000a42420331323334353637" },
	/* clang-format on */
};

#define N_SAMPLES (sizeof(samples) / sizeof(samples[0]))

/* A sample's bytes; returns how many. */
static unsigned sample_bytes(const struct sample *s, uint8_t *to)
{
	unsigned len = 0;

	for (const char *p = s->hex; *p; p += 2)
		assert_int_equal(sscanf(p, "%2hhx", &to[len++]), 1);
	return len;
}

/* A copy that ends where its memory ends, so that a sanitizer sees any byte read past it. */
static uint8_t *exact(const uint8_t *bytes, unsigned len)
{
	uint8_t *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	if (len)
		memcpy(copy, bytes, len);
	return copy;
}

static uint32_t random_state = 1;

static unsigned below(unsigned n)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % n;
}

/* ---- the slow checker: flat bytes, one at a time, from the standards ---- */

struct slow {
	uint8_t l3, l4;
	unsigned l4_field, l4_field_len; /* where the upper checksum is, if it is checked */
	uint32_t l4_right; /* what it should be, as a number, most significant first */
};

static unsigned get16(const uint8_t *d, unsigned at)
{
	return (unsigned)d[at] * 256 + d[at + 1];
}

static unsigned slow_sum(unsigned sum, const uint8_t *d, unsigned len)
{
	for (unsigned i = 0; i < len; i++) {
		sum += i % 2 ? d[i] : d[i] * 256u;
		if (sum > 0xffff)
			sum -= 0xffff;
	}
	return sum;
}

static uint32_t slow_crc(const uint8_t *d, unsigned len)
{
	uint32_t crc = 0xffffffff;

	for (unsigned i = 0; i < len; i++) {
		crc ^= i >= 8 && i < 12 ? 0 : d[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
	}
	return __builtin_bswap32(~crc);
}

/* One datagram's upper part: its bytes, its pseudo header, and where things are in it. */
struct slow_ip {
	unsigned version, proto;
	const uint8_t *src, *dst, *upper;
	unsigned upper_len;
};

static unsigned slow_pseudo(const struct slow_ip *ip, unsigned len)
{
	unsigned addr = ip->version == 4 ? 4 : 16;

	return slow_sum(slow_sum(slow_sum(ip->proto, ip->src, addr), ip->dst, addr),
			(const uint8_t[]){ (uint8_t)(len >> 8), (uint8_t)len }, 2);
}

static void slow_internet(const uint8_t *d, const struct slow_ip *ip, unsigned field,
			  unsigned covered, unsigned pseudo, struct slow *out)
{
	uint8_t copy[FRAME_MAX];
	unsigned right, found = get16(ip->upper, field);
	int udp = ip->proto == 17 || ip->proto == 136;

	memcpy(copy, ip->upper, covered);
	copy[field] = copy[field + 1] = 0;
	right = 0xffff - slow_sum(pseudo, copy, covered);
	if (udp && right == 0)
		right = 0xffff;
	out->l4_field = (unsigned)(ip->upper - d) + field;
	out->l4_field_len = 2;
	out->l4_right = right;
	out->l4 = found == right ? PLX_CSUM_GOOD : PLX_CSUM_BAD;
	/* The two zeros are equal to a receiver, but 0 from UDP means none, and all zero data. */
	if (found == 0xffff && right == 0)
		out->l4 = PLX_CSUM_GOOD;
}

static void slow_upper(const uint8_t *d, const struct slow_ip *ip, struct slow *out)
{
	const uint8_t *u = ip->upper;
	unsigned len = ip->upper_len, own;

	switch (ip->proto) {
	case 6:
		if (len >= 20 && u[12] / 16 * 4 >= 20)
			slow_internet(d, ip, 16, len, slow_pseudo(ip, len), out);
		break;
	case 17:
		own = len >= 8 ? get16(u, 4) : 0;
		if (own >= 8 && own <= len && (ip->version == 6 || get16(u, 6) != 0))
			slow_internet(d, ip, 6, own, slow_pseudo(ip, own), out);
		break;
	case 136:
		own = len >= 8 ? get16(u, 4) : 1;
		own = own == 0 ? len : own;
		if (own >= 8 && own <= len)
			slow_internet(d, ip, 6, own, slow_pseudo(ip, len), out);
		break;
	case 132:
		if (len < 12)
			break;
		out->l4_field = (unsigned)(u - d) + 8;
		out->l4_field_len = 4;
		out->l4_right = slow_crc(u, len);
		out->l4 = (get16(u, 8) << 16 | get16(u, 10)) == out->l4_right ? PLX_CSUM_GOOD
									      : PLX_CSUM_BAD;
		break;
	case 1:
	case 2:
		if (ip->version == 4 && len >= 4)
			slow_internet(d, ip, 2, len, 0, out);
		break;
	case 58:
		if (ip->version == 6 && len >= 4)
			slow_internet(d, ip, 2, len, slow_pseudo(ip, len), out);
		break;
	}
}

/* Extension headers; returns 0 when the way ends in them. */
static int slow_extensions(struct slow_ip *ip)
{
	for (int count = 0;; count++) {
		const uint8_t *h = ip->upper;
		unsigned next = ip->proto, len;

		if (next != 51 &&
		    (ip->version == 4 || (next && next != 43 && next != 44 && next != 60)))
			return 1;
		if (count == 16 || ip->upper_len < 8)
			return 0;
		len = next == 44 ? 8 : next == 51 ? h[1] * 4u + 8 : h[1] * 8u + 8;
		if (len > ip->upper_len)
			return 0;
		if (next == 44 && (get16(h, 2) & 0xfff9))
			return 0;
		if (next == 43 && h[3]) {
			if (h[1] < 2 || (h[2] != 0 && h[2] != 2 && h[2] != 4))
				return 0;
			ip->dst = h + (h[2] == 0 ? h[1] / 2 * 16 - 8 : 8);
		}
		for (unsigned i = 2; next == 60 && i + 1 < len; i += h[i] ? 2u + h[i + 1] : 1)
			if (h[i] == 201 && h[i + 1] == 16 && i + 18 <= len)
				ip->src = h + i + 2;
		ip->proto = h[0];
		ip->upper += len;
		ip->upper_len -= len;
	}
}

static const uint8_t *slow_source_route(const uint8_t *ip, unsigned header)
{
	for (unsigned i = 20; i + 2 < header && ip[i] != 0;) {
		if (ip[i] == 1) {
			i++;
			continue;
		}
		if (ip[i + 1] < 2 || i + ip[i + 1] > header)
			break;
		if (ip[i] == 131 || ip[i] == 137) {
			unsigned pointer = ip[i + 2];

			if (pointer < 4 || pointer % 4 || pointer + 3 > ip[i + 1])
				break;
			return ip + i + ip[i + 1] - 4;
		}
		i += ip[i + 1];
	}
	return ip + 16;
}

static void slow_ipv4(const uint8_t *d, unsigned l3, unsigned len, struct slow *out)
{
	const uint8_t *h = d + l3;
	unsigned left = len - l3, header, total;
	struct slow_ip ip = { .version = 4 };

	if (left < 20 || h[0] / 16 != 4)
		return;
	header = h[0] % 16 * 4u;
	total = get16(h, 2);
	if (header < 20 || header > left || total < header)
		return;
	out->l3 = slow_sum(0, h, header) == 0xffff ? PLX_CSUM_GOOD : PLX_CSUM_BAD;
	if (total > left || (get16(h, 6) & 0x3fff))
		return;
	ip.src = h + 12;
	ip.dst = slow_source_route(h, header);
	ip.proto = h[9];
	ip.upper = h + header;
	ip.upper_len = total - header;
	if (slow_extensions(&ip))
		slow_upper(d, &ip, out);
}

static void slow_ipv6(const uint8_t *d, unsigned l3, unsigned len, struct slow *out)
{
	const uint8_t *h = d + l3;
	unsigned left = len - l3;
	struct slow_ip ip = { .version = 6 };

	if (left < 40 || h[0] / 16 != 6 || get16(h, 4) > left - 40)
		return;
	ip.src = h + 8;
	ip.dst = h + 24;
	ip.proto = h[6];
	ip.upper = h + 40;
	ip.upper_len = get16(h, 4);
	if (slow_extensions(&ip))
		slow_upper(d, &ip, out);
}

static struct slow slow_check(const uint8_t *d, unsigned len)
{
	struct slow out = { .l3 = PLX_CSUM_NONE };
	unsigned at = 12, tags = 0;

	while (at + 2 <= len && tags <= 8 &&
	       (get16(d, at) == 0x8100 || get16(d, at) == 0x88a8 || get16(d, at) == 0x9100)) {
		at += 4;
		tags++;
	}
	if (at + 2 > len || tags > 8)
		return out;
	if (get16(d, at) == 0x0800)
		slow_ipv4(d, at + 2, len, &out);
	else if (get16(d, at) == 0x86dd)
		slow_ipv6(d, at + 2, len, &out);
	return out;
}

/* ---- what every frame must hold to ---- */

static struct plx_pkt entry(uint8_t *data, unsigned len)
{
	return (struct plx_pkt){ .data = data, .len = (uint16_t)len };
}

static void assert_same(const struct plx_csum *a, const struct plx_csum *b)
{
	assert_memory_equal(a, b, sizeof(*a));
}

/* The library and the slow checker agree on a frame; and a repair repairs, and nothing else. */
static void agree(const uint8_t *bytes, unsigned len)
{
	struct slow slow = slow_check(bytes, len), again;
	uint8_t *copy = exact(bytes, len);
	struct plx_pkt pkt = entry(copy, len);
	struct plx_csum found, fixed;

	plx_csum_check(&pkt, 1, &found);
	assert_int_equal(found.l3, slow.l3);
	assert_int_equal(found.l4, slow.l4);
	if (len)
		assert_memory_equal(copy, bytes, len);

	plx_csum_fix(&pkt, 1, &fixed);
	assert_same(&fixed, &found);
	for (unsigned i = 0; i < len; i++) {
		unsigned ip = i - found.l3_offset, upper = i - slow.l4_field;

		if (found.l3 == PLX_CSUM_BAD && (ip == 10 || ip == 11))
			continue;
		if (found.l4 == PLX_CSUM_BAD && upper < slow.l4_field_len) {
			unsigned shift = (slow.l4_field_len - 1 - upper) * 8;

			assert_int_equal(copy[i], slow.l4_right >> shift & 0xff);
			continue;
		}
		assert_int_equal(copy[i], bytes[i]);
	}
	again = slow_check(copy, len);
	assert_int_not_equal(again.l3, PLX_CSUM_BAD);
	assert_int_not_equal(again.l4, PLX_CSUM_BAD);
	free(copy);
}

/* Cut a frame into entries at ascending places, each in memory of its own. */
static void split(struct plx_pkt *pkts, const uint8_t *bytes, unsigned len, const unsigned *places,
		  unsigned n)
{
	for (unsigned i = 0, from = 0; i < n; i++) {
		unsigned to = i + 1 < n ? places[i] : len;

		pkts[i] = entry(exact(bytes + from, to - from), to - from);
		pkts[i].flags = i + 1 < n ? PLX_PKT_MORE : 0;
		from = to;
	}
}

/* However a frame is split, the verdict and the repaired bytes are those of the whole frame. */
static void same_when_split(const uint8_t *bytes, unsigned len, const unsigned *places, unsigned n)
{
	struct plx_pkt pkts[64], whole;
	struct plx_csum expected, found;
	uint8_t *copy = exact(bytes, len);

	whole = entry(copy, len);
	split(pkts, bytes, len, places, n);
	plx_csum_check(&whole, 1, &expected);
	plx_csum_check(pkts, n, &found);
	assert_same(&found, &expected);

	plx_csum_fix(&whole, 1, &expected);
	plx_csum_fix(pkts, n, &found);
	assert_same(&found, &expected);
	for (unsigned i = 0, at = 0; i < n; at += pkts[i++].len) {
		if (pkts[i].len)
			assert_memory_equal(pkts[i].data, copy + at, pkts[i].len);
		free(pkts[i].data);
	}
	free(copy);
}

static int by_value(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Into up to 64 entries, some of them empty. */
static void same_when_split_anyhow(const uint8_t *bytes, unsigned len)
{
	unsigned places[63], n = 1 + below(64);

	for (unsigned i = 0; i + 1 < n; i++)
		places[i] = below(len + 1);
	qsort(places, n - 1, sizeof(places[0]), by_value);
	same_when_split(bytes, len, places, n);
}

/* ---- tests ---- */

static void test_sum_vectors(void **state)
{
	/* RFC 1071, 3 */
	static const uint8_t words[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };
	/* an IPv4 header whose checksum is 0xb861 */
	static const uint8_t header[] = { 0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40,
					  0x00, 0x40, 0x11, 0xb8, 0x61, 0xc0, 0xa8,
					  0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7 };
	static const uint8_t zeros[40];
	uint16_t sum = plx_csum_fold(plx_csum_add(0, words, sizeof(words)));

	(void)state;
	assert_int_equal(get16((const uint8_t *)&sum, 0), 0xddf2);
	assert_int_equal(plx_csum_fold(plx_csum_add(0, header, sizeof(header))), 0xffff);
	assert_int_equal(plx_csum_fold(plx_csum_add(0, zeros, sizeof(zeros))), 0);
	assert_int_equal(plx_csum_fold(plx_csum_add(0, NULL, 0)), 0);
	assert_int_equal(plx_csum_fold(UINT64_MAX), 0xffff);
}

static void test_crc_vectors(void **state)
{
	/* RFC 3720 B.4, and the check value of every catalogue of CRCs */
	uint8_t bytes[32];

	(void)state;
	memset(bytes, 0, sizeof(bytes));
	assert_int_equal(~plx_crc32c(PLX_CRC32C_START, bytes, 32), 0x8a9136aa);
	memset(bytes, 0xff, sizeof(bytes));
	assert_int_equal(~plx_crc32c(PLX_CRC32C_START, bytes, 32), 0x62a8ab43);
	for (unsigned i = 0; i < 32; i++)
		bytes[i] = (uint8_t)i;
	assert_int_equal(~plx_crc32c(PLX_CRC32C_START, bytes, 32), 0x46dd794e);
	assert_int_equal(~plx_crc32c(PLX_CRC32C_START, (const uint8_t *)"123456789", 9),
			 0xe3069283);
	for (unsigned i = 0; i <= 32; i++)
		assert_int_equal(plx_crc32c(i, bytes, i), crc32c_by_table(i, bytes, i));
}

/* Every length and alignment, in one piece and in two. */
static void test_sum_lengths(void **state)
{
	uint8_t bytes[300];

	(void)state;
	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i % 3 ? below(256) : 0xff);
	for (unsigned from = 0; from < 9; from++)
		for (unsigned len = 0; len + from <= sizeof(bytes); len++) {
			uint8_t *copy = exact(bytes + from, len);
			uint64_t whole = plx_csum_add(0, copy, len), parts;
			unsigned cut = below(len + 1);
			uint16_t sum = plx_csum_fold(whole);

			assert_int_equal(get16((const uint8_t *)&sum, 0), slow_sum(0, copy, len));
			parts = plx_csum_join(0, plx_csum_add(0, copy + cut, len - cut), cut);
			parts = plx_csum_join(parts, plx_csum_add(0, copy, cut), 0);
			assert_int_equal(plx_csum_fold(parts), sum);
			free(copy);
		}
}

static void test_samples(void **state)
{
	(void)state;
	for (unsigned i = 0; i < N_SAMPLES; i++) {
		uint8_t bytes[FRAME_MAX];
		unsigned len = sample_bytes(&samples[i], bytes);
		struct plx_pkt pkt = entry(bytes, len);
		struct plx_csum found;

		plx_csum_check(&pkt, 1, &found);
		if (found.l3 != samples[i].l3 || found.l4 != samples[i].l4 ||
		    found.l4_proto != samples[i].proto)
			fail_msg("%s: l3 %u, l4 %u, protocol %u", samples[i].name, found.l3,
				 found.l4, found.l4_proto);
		agree(bytes, len);
	}
}

static void test_offsets(void **state)
{
	uint8_t bytes[FRAME_MAX];
	struct plx_csum found;
	struct plx_pkt pkt;

	(void)state;
	pkt = entry(bytes, sample_bytes(&samples[0], bytes));
	plx_csum_check(&pkt, 1, &found);
	assert_int_equal(found.ip_version, 4);
	assert_int_equal(found.l3_offset, 14);
	assert_int_equal(found.l4_offset, 34);
	plx_csum_check(&pkt, 0, &found);
	assert_same(&found, &(struct plx_csum){ .l3 = PLX_CSUM_NONE });
}

static void test_every_truncation(void **state)
{
	(void)state;
	for (unsigned i = 0; i < N_SAMPLES; i++) {
		uint8_t bytes[FRAME_MAX];
		unsigned len = sample_bytes(&samples[i], bytes);

		for (unsigned cut = 0; cut < len; cut++)
			agree(bytes, cut);
	}
}

/* One wrong bit is found, except where it changes what the frame is; the checker knows. */
static void test_every_bit_flip(void **state)
{
	(void)state;
	for (unsigned i = 0; i < N_SAMPLES; i++) {
		uint8_t bytes[FRAME_MAX];
		unsigned len = sample_bytes(&samples[i], bytes);

		for (unsigned bit = 0; bit < len * 8; bit++) {
			bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			agree(bytes, len);
			bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
}

static void test_every_split(void **state)
{
	(void)state;
	for (unsigned i = 0; i < N_SAMPLES; i++) {
		uint8_t bytes[FRAME_MAX];
		unsigned len = sample_bytes(&samples[i], bytes);

		for (int wrong = 0; wrong < 2; wrong++) {
			for (unsigned cut = 0; cut <= len; cut++) {
				same_when_split(bytes, len, (unsigned[]){ cut }, 2);
				same_when_split(bytes, len, (unsigned[]){ cut, cut }, 3);
				if (cut < len)
					same_when_split(bytes, len, (unsigned[]){ cut, cut + 1 },
							3);
			}
			for (unsigned k = 0; k < 50; k++)
				same_when_split_anyhow(bytes, len);
			/* TTL or hop limit, and the last byte: both sums become wrong. */
			bytes[22] ^= 0xff;
			bytes[len - 1] ^= 0xff;
		}
	}
}

/* Other owners still read the buffer: it stays as it is. */
static void test_shared(void **state)
{
	uint8_t bytes[FRAME_MAX], before[FRAME_MAX];
	unsigned len = sample_bytes(&samples[0], bytes);
	struct plx_csum found;
	struct plx_pkt pkts[2];

	(void)state;
	bytes[22] ^= 1;
	bytes[len - 1] ^= 1;
	memcpy(before, bytes, len);
	pkts[0] = entry(bytes, len);
	pkts[0].flags = PLX_PKT_SHARED;
	plx_csum_fix(pkts, 1, &found);
	assert_int_equal(found.l3, PLX_CSUM_LOCKED);
	assert_int_equal(found.l4, PLX_CSUM_LOCKED);
	assert_memory_equal(bytes, before, len);

	/* The second byte of the UDP checksum lies in a shared buffer, the IP header does not. */
	pkts[0] = entry(bytes, 41);
	pkts[0].flags = PLX_PKT_MORE;
	pkts[1] = entry(bytes + 41, len - 41);
	pkts[1].flags = PLX_PKT_SHARED;
	plx_csum_fix(pkts, 2, &found);
	assert_int_equal(found.l3, PLX_CSUM_BAD);
	assert_int_equal(found.l4, PLX_CSUM_LOCKED);
	assert_memory_equal(bytes + 26, before + 26, len - 26);
	plx_csum_check(pkts, 2, &found);
	assert_int_equal(found.l3, PLX_CSUM_GOOD);
	assert_int_equal(found.l4, PLX_CSUM_BAD);
}

static unsigned named_sample(const char *name, uint8_t *to)
{
	for (unsigned i = 0; i < N_SAMPLES; i++)
		if (!strcmp(samples[i].name, name))
			return sample_bytes(&samples[i], to);
	fail_msg("no sample %s", name);
	return 0;
}

/* Over IPv6, UDP must have a checksum (RFC 8200 8.1). */
static void test_udp_zero_over_ipv6(void **state)
{
	uint8_t bytes[FRAME_MAX], good[FRAME_MAX];
	unsigned len = named_sample("IPv6 UDP", bytes);
	struct plx_pkt pkt = entry(bytes, len);
	struct plx_csum found;

	(void)state;
	memcpy(good, bytes, len);
	bytes[60] = bytes[61] = 0;
	plx_csum_fix(&pkt, 1, &found);
	assert_int_equal(found.l4, PLX_CSUM_BAD);
	assert_memory_equal(bytes, good, len);
}

/* A UDP checksum that comes out as 0 is sent as 0xffff (RFC 768), on the short and the long way. */
static void udp_comes_out_zero(const char *name, unsigned field)
{
	uint8_t bytes[FRAME_MAX];
	unsigned len = named_sample(name, bytes);
	struct plx_pkt pkt = entry(bytes, len);
	struct plx_csum found;

	/* A port made larger by the checksum makes the checksum smaller by itself. */
	unsigned port = get16(bytes, field - 6) + get16(bytes, field);

	port = port > 0xffff ? port - 0xffff : port;
	bytes[field - 6] = (uint8_t)(port >> 8);
	bytes[field - 5] = (uint8_t)port;
	plx_csum_fix(&pkt, 1, &found);
	assert_int_equal(found.l4, PLX_CSUM_BAD);
	assert_int_equal(get16(bytes, field), 0xffff);
	plx_csum_check(&pkt, 1, &found);
	assert_int_equal(found.l4, PLX_CSUM_GOOD);
	/* The other zero adds up just as well, and means that there is none. */
	bytes[field] = bytes[field + 1] = 0;
	plx_csum_check(&pkt, 1, &found);
	assert_int_equal(found.l4, found.ip_version == 4 ? PLX_CSUM_NONE : PLX_CSUM_BAD);
}

static void test_udp_comes_out_zero(void **state)
{
	(void)state;
	udp_comes_out_zero("UDP", 40);
	udp_comes_out_zero("UDP, two tags", 48);
	udp_comes_out_zero("IPv6 UDP", 60);
}

/* An echo reply of zeros: the only data whose sum is 0, so that its checksum is 0xffff. */
static void test_icmp_of_zeros(void **state)
{
	uint8_t bytes[FRAME_MAX];
	unsigned len = named_sample("ICMP echo", bytes);
	struct plx_pkt pkt = entry(bytes, len);
	struct plx_csum found;

	(void)state;
	memset(bytes + 34, 0, len - 34);
	for (unsigned wrong = 0; wrong < 3; wrong++) {
		bytes[37] = bytes[36] = (uint8_t)wrong;
		agree(bytes, len);
	}
	plx_csum_fix(&pkt, 1, &found);
	assert_int_equal(found.l4, PLX_CSUM_BAD);
	assert_int_equal(get16(bytes, 36), 0xffff);
}

static void test_too_many_headers(void **state)
{
	uint8_t bytes[FRAME_MAX] = { 0 }, tags[FRAME_MAX];
	unsigned len = named_sample("IPv6 UDP", tags);

	(void)state;
	/* 16 empty destination options before UDP, then 17; 8 VLAN tags, then 9 */
	for (unsigned n = 16; n <= 17; n++) {
		struct plx_pkt pkt = entry(bytes, len + n * 8);
		struct plx_csum found;

		memcpy(bytes, tags, 54);
		bytes[19] = (uint8_t)(len - 54 + n * 8);
		bytes[20] = 60;
		for (unsigned i = 0; i < n; i++)
			memcpy(bytes + 54 + i * 8, (uint8_t[]){ i + 1 < n ? 60 : 17, 0, 1, 4 }, 4);
		memcpy(bytes + 54 + n * 8, tags + 54, len - 54);
		plx_csum_check(&pkt, 1, &found);
		assert_int_equal(found.l4, n == 16 ? PLX_CSUM_GOOD : PLX_CSUM_NONE);
		agree(bytes, len + n * 8);
	}
	for (unsigned n = 8; n <= 9; n++) {
		struct plx_pkt pkt = entry(bytes, len + n * 4);
		struct plx_csum found;

		for (unsigned i = 0; i < n; i++)
			memcpy(bytes + 12 + i * 4, (uint8_t[]){ 0x81, 0, 0, 5 }, 4);
		memcpy(bytes + 12 + n * 4, tags + 12, len - 12);
		plx_csum_check(&pkt, 1, &found);
		assert_int_equal(found.l4, n == 8 ? PLX_CSUM_GOOD : PLX_CSUM_NONE);
	}
}

/* Samples with many bytes changed, cut, lengthened and split: mostly the header bytes. */
static void test_random(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 40000; round++) {
		uint8_t bytes[FRAME_MAX];
		unsigned len = sample_bytes(&samples[below(N_SAMPLES)], bytes);

		for (unsigned i = below(4) + 1; i; i--)
			bytes[below(2) ? 12 + below(len - 12) : below(len)] = (uint8_t)below(256);
		if (below(4) == 0)
			len = below(len + 1);
		else if (below(4) == 0)
			for (unsigned i = below(200); i; i--)
				bytes[len++] = (uint8_t)below(256);
		agree(bytes, len);
		if (round % 4 == 0)
			same_when_split_anyhow(bytes, len);
	}
}

/* Options of IPv4, and extension headers of IPv6, filled with what options are made of. */
static void hostile_fill(uint8_t *to, unsigned len)
{
	static const uint8_t likely[] = { 0, 1, 2, 4, 7, 8, 11, 16, 131, 137, 201 };

	for (unsigned i = 0; i < len; i++)
		to[i] = below(8) ? likely[below(sizeof(likely))] : (uint8_t)below(256);
}

static unsigned hostile_ipv6(uint8_t *bytes)
{
	static const uint8_t types[] = { 0, 43, 43, 44, 51, 60, 60 };
	unsigned len = named_sample("IPv6 UDP", bytes), at = 54, headers = 1 + below(4);
	uint8_t udp[FRAME_MAX], *next = &bytes[20];

	len -= at;
	memcpy(udp, bytes + at, len);
	for (; headers; headers--) {
		unsigned units = below(6), size;

		*next = types[below(sizeof(types))];
		size = *next == 44 ? 8 : *next == 51 ? units * 4 + 8 : units * 8 + 8;
		hostile_fill(bytes + at, size);
		if (*next == 44 && below(4))
			memset(bytes + at + 2, 0, 2);
		next = &bytes[at];
		bytes[at + 1] = (uint8_t)units;
		at += size;
	}
	*next = 17;
	memcpy(bytes + at, udp, len);
	bytes[19] = (uint8_t)(at + len - 54);
	return at + len;
}

static unsigned hostile_ipv4(uint8_t *bytes)
{
	unsigned len = named_sample("UDP", bytes), words = 1 + below(10);

	memmove(bytes + 34 + words * 4, bytes + 34, len - 34);
	hostile_fill(bytes + 34, words * 4);
	len += words * 4;
	bytes[14] = (uint8_t)(0x45 + words);
	bytes[17] = (uint8_t)(len - 14);
	return len;
}

static void test_hostile_headers(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 40000; round++) {
		uint8_t bytes[FRAME_MAX];
		unsigned len = round % 2 ? hostile_ipv6(bytes) : hostile_ipv4(bytes);

		agree(bytes, len);
		if (round % 2)
			agree(bytes, 54 + below(len - 54));
	}
}

/* Options headers at the frame's very end, whose last option has no room for its own length. */
static void test_option_at_the_end(void **state)
{
	uint8_t bytes[FRAME_MAX];

	(void)state;
	named_sample("IPv6 UDP", bytes);
	bytes[19] = 8;
	bytes[20] = 60;
	memcpy(bytes + 54, (uint8_t[]){ 17, 0, 1, 3, 0, 0, 0, 201 }, 8);
	agree(bytes, 62);
}

/* UDP and TCP of every length up to 1,500 bytes of IP: the short way and its block loop. */
static void test_every_length(void **state)
{
	(void)state;
	for (unsigned total = 20; total <= 1500; total++) {
		static const char *const names[] = { "UDP", "TCP with options" };
		uint8_t bytes[FRAME_MAX];

		for (unsigned tcp = 0; tcp < 2; tcp++) {
			named_sample(names[tcp], bytes);
			bytes[16] = (uint8_t)(total >> 8);
			bytes[17] = (uint8_t)total;
			bytes[38] = tcp ? bytes[38] : (uint8_t)((total - 20) >> 8);
			bytes[39] = tcp ? bytes[39] : (uint8_t)(total - 20);
			bytes[46] = tcp ? (uint8_t)(below(16) << 4) : bytes[46];
			for (unsigned i = 54; i < 14 + total; i++)
				bytes[i] = (uint8_t)below(256);
			agree(bytes, 14 + total);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sum_vectors),
		cmocka_unit_test(test_crc_vectors),
		cmocka_unit_test(test_sum_lengths),
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_offsets),
		cmocka_unit_test(test_every_truncation),
		cmocka_unit_test(test_every_bit_flip),
		cmocka_unit_test(test_every_split),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_udp_zero_over_ipv6),
		cmocka_unit_test(test_udp_comes_out_zero),
		cmocka_unit_test(test_icmp_of_zeros),
		cmocka_unit_test(test_too_many_headers),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_hostile_headers),
		cmocka_unit_test(test_option_at_the_end),
		cmocka_unit_test(test_every_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
