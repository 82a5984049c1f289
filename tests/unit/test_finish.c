/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames that a sender left unfinished: super-frames of all kinds and sizes are cut, and every
 * segment is checked by the library's own verifier and byte by byte; and headers that lie.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pollux/checksum.h>

#include "pkt/finish.h"
#include "pkt/parse.h"
#include "pkt/ports.h"

#include <endian.h>
#include <errno.h>

#define MAX_ENTRIES 2048

/* What a test frame is made of. */
struct recipe {
	unsigned tags;       /* VLAN */
	bool v6, udp;        /* else IPv4, TCP */
	unsigned extra;      /* bytes of IPv4 options or of an IPv6 extension header, 0 or 8 */
	unsigned l4_options; /* bytes of TCP options */
	uint32_t payload;
	uint8_t tcp_flags;
	bool needs_csum;
	unsigned pad; /* bytes behind the datagram */
	uint16_t mss;
};

struct frame {
	struct recipe r;
	struct virtio_net_hdr header;
	unsigned l3, l4, l4_len, len; /* len: all bytes, pad included */
	uint8_t *bytes;
};

struct entries {
	struct plx_pkt pkts[MAX_ENTRIES];
	unsigned n;
	uint32_t room;
};

static uint32_t rnd(uint32_t below)
{
	return (uint32_t)(random() >> 4) % below;
}

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static unsigned put_ethernet(struct frame *f)
{
	unsigned at = 12;

	for (unsigned i = 0; i < f->r.tags; i++, at += 4) {
		put16(f->bytes + at, i + 1 < f->r.tags ? 0x88a8 : 0x8100);
		put16(f->bytes + at + 2, 5 + i);
	}
	put16(f->bytes + at, f->r.v6 ? 0x86dd : 0x0800);
	return at + 2;
}

static void put_ip(struct frame *f)
{
	uint8_t *ip = f->bytes + f->l3;
	unsigned behind = f->l4_len + f->r.payload, proto = f->r.udp ? 17 : 6;
	uint16_t sum;

	if (f->r.v6) {
		ip[0] = 0x60;
		put16(ip + 4, f->r.extra + behind);
		ip[6] = f->r.extra ? 0 : (uint8_t)proto;
		ip[7] = 64;
		if (f->r.extra) {
			memcpy(ip + 40, "\0\0\1\4\0\0\0\0", 8);
			ip[40] = (uint8_t)proto;
		}
		return;
	}
	ip[0] = (uint8_t)(0x45 + f->r.extra / 4);
	ip[1] = 0;
	put16(ip + 2, 20 + f->r.extra + behind);
	put16(ip + 6, 0x4000);
	ip[9] = (uint8_t)proto;
	memset(ip + 20, 1, f->r.extra);
	put16(ip + 10, 0);
	sum = (uint16_t)~plx_csum_fold(plx_csum_add(0, ip, 20 + f->r.extra));
	memcpy(ip + 10, &sum, 2);
}

static void put_l4(struct frame *f)
{
	uint8_t *l4 = f->bytes + f->l4, *ip = f->bytes + f->l3;
	unsigned len = f->l4_len + f->r.payload, addr = f->r.v6 ? 16 : 4;
	uint64_t sum;
	uint16_t field;

	if (f->r.udp) {
		put16(l4 + 4, len);
	} else {
		l4[12] = (uint8_t)(f->l4_len / 4 << 4);
		l4[13] = f->r.tcp_flags;
	}
	sum = plx_csum_add(0, ip + (f->r.v6 ? 8 : 12), 2 * addr);
	sum += htobe32(len);
	sum = (sum & 0xffffffff) + (sum >> 32) + htobe32(f->r.udp ? 17 : 6);
	field = plx_csum_fold(sum);
	memcpy(l4 + (f->r.udp ? 6 : 16), &field, 2);
}

/* A super-frame, or with mss 0 one frame, and the header that goes with it. */
static void make_frame(struct frame *f, const struct recipe *r)
{
	memset(f, 0, sizeof(*f));
	f->r = *r;
	f->l3 = 14 + 4 * r->tags;
	f->l4 = f->l3 + (r->v6 ? 40 : 20) + r->extra;
	f->l4_len = r->udp ? 8 : 20 + r->l4_options;
	f->len = f->l4 + f->l4_len + r->payload + r->pad;
	f->bytes = malloc(f->len);
	assert_non_null(f->bytes);
	for (unsigned i = 0; i < f->len; i++)
		f->bytes[i] = (uint8_t)rnd(256);
	if (r->pad)
		memset(f->bytes + f->len - r->pad, 0, r->pad);
	put_ethernet(f);
	put_ip(f);
	put_l4(f);
	f->header.hdr_len = (uint16_t)rnd(65536); /* must not matter */
	if (r->needs_csum) {
		f->header.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		f->header.csum_start = (uint16_t)f->l4;
		f->header.csum_offset = r->udp ? 6 : 16;
	}
	if (!r->mss)
		return;
	f->header.gso_size = r->mss;
	f->header.gso_type = r->udp  ? VIRTIO_NET_HDR_GSO_UDP_L4
			     : r->v6 ? VIRTIO_NET_HDR_GSO_TCPV6
				     : VIRTIO_NET_HDR_GSO_TCPV4;
	if (r->tcp_flags & 0x80 && !r->udp)
		f->header.gso_type |= VIRTIO_NET_HDR_GSO_ECN;
}

/* Buffers of exactly @room bytes, so that a sanitizer sees a byte too many. */
static void make_entries(struct entries *e, unsigned n, uint32_t room)
{
	assert_in_range(n, 0, MAX_ENTRIES);
	memset(e, 0, sizeof(*e));
	e->n = n;
	e->room = room;
	for (unsigned i = 0; i < n; i++) {
		e->pkts[i].data = malloc(room);
		assert_non_null(e->pkts[i].data);
	}
}

static void free_entries(struct entries *e)
{
	for (unsigned i = 0; i < e->n; i++)
		free(e->pkts[i].data);
}

/* All frames of @u, through bursts of random sizes. */
static void take_all(struct plx_unfinished *u, struct entries *e)
{
	unsigned used = 0, need = plx_entries(u->longest, e->room), burst, got;
	uint32_t frames = u->frames;

	while (plx_unfinished_left(u)) {
		burst = need + rnd(8);
		if (burst > e->n - used)
			burst = e->n - used;
		got = plx_unfinished_next(u, e->pkts + used, burst, e->room);
		assert_in_range(got, 1, burst);
		used += got;
	}
	assert_int_equal(plx_unfinished_next(u, e->pkts, e->n, e->room), 0);
	for (unsigned i = used; i < e->n; i++)
		assert_int_equal(e->pkts[i].len, 0);
	while (e->n > used)
		free(e->pkts[--e->n].data);
	assert_int_equal(plx_sum_pkts(e->pkts, e->n).frames, frames);
}

/* The bytes of the frame that begins at entry @first; sets how many entries and bytes it has. */
static uint8_t *gather(const struct entries *e, unsigned first, unsigned *n, uint32_t *len)
{
	uint8_t *bytes = malloc(PLX_UNFINISHED_MAX);
	unsigned i = first;

	assert_non_null(bytes);
	*len = 0;
	do {
		assert_true(i < e->n && e->pkts[i].len && e->pkts[i].len <= e->room);
		memcpy(bytes + *len, e->pkts[i].data, e->pkts[i].len);
		*len += e->pkts[i].len;
	} while (e->pkts[i++].flags & PLX_PKT_MORE);
	*n = i - first;
	return bytes;
}

static void check_csums(const struct entries *e, unsigned first, unsigned n, const struct frame *f)
{
	struct plx_csum csum;

	plx_csum_check(e->pkts + first, n, &csum);
	assert_int_equal(csum.l3, f->r.v6 ? PLX_CSUM_NONE : PLX_CSUM_GOOD);
	assert_int_equal(csum.l4, PLX_CSUM_GOOD);
	assert_int_equal(csum.l4_offset, f->l4);
}

/* What may differ from segment to segment is right; then it is made the same for a comparison. */
static void check_headers(uint8_t *seg, const struct frame *f, uint32_t index, uint32_t done,
			  uint32_t part, bool last)
{
	uint8_t *ip = seg + f->l3, *l4 = seg + f->l4, flags = f->r.tcp_flags;
	const uint8_t *ip0 = f->bytes + f->l3, *l40 = f->bytes + f->l4;
	uint32_t seq, seq0;

	if (f->r.v6) {
		assert_int_equal(plx_be16(ip + 4), f->r.extra + f->l4_len + part);
		memcpy(ip + 4, ip0 + 4, 2);
	} else {
		assert_int_equal(plx_be16(ip + 2), 20 + f->r.extra + f->l4_len + part);
		assert_int_equal(plx_be16(ip + 4), (uint16_t)(plx_be16(ip0 + 4) + index));
		memcpy(ip + 2, ip0 + 2, 4);
		memcpy(ip + 10, ip0 + 10, 2);
	}
	if (f->r.udp) {
		assert_int_equal(plx_be16(l4 + 4), 8 + part);
		memcpy(l4 + 4, l40 + 4, 4);
	} else {
		memcpy(&seq, l4 + 4, 4);
		memcpy(&seq0, l40 + 4, 4);
		assert_int_equal(be32toh(seq), (uint32_t)(be32toh(seq0) + done));
		if (index)
			flags &= 0x7f;
		if (!last)
			flags &= 0xf6;
		assert_int_equal(l4[13], flags);
		l4[13] = f->r.tcp_flags;
		memcpy(l4 + 4, l40 + 4, 4);
		memcpy(l4 + 16, l40 + 16, 2);
	}
	assert_memory_equal(seg, f->bytes, f->l4 + f->l4_len);
}

static void check_segments(const struct frame *f, const struct entries *e)
{
	uint32_t done = 0, len, part, headers = f->l4 + f->l4_len, index = 0;
	unsigned entries;

	for (unsigned i = 0; i < e->n; i += entries, index++) {
		uint8_t *seg = gather(e, i, &entries, &len);

		part = f->r.payload - done < f->r.mss ? f->r.payload - done : f->r.mss;
		assert_int_equal(len, headers + part);
		check_csums(e, i, entries, f);
		assert_memory_equal(seg + headers, f->bytes + headers + done, part);
		check_headers(seg, f, index, done, part, done + part == f->r.payload);
		done += part;
		free(seg);
	}
	assert_int_equal(done, f->r.payload);
}

static struct recipe random_recipe(void)
{
	struct recipe r = {
		.tags = rnd(3),
		.v6 = rnd(2),
		.udp = rnd(2),
		.extra = 8 * rnd(2),
		.l4_options = 4 * rnd(11),
		.tcp_flags = (uint8_t)(rnd(256) & ~0x20u), /* no URG */
		.needs_csum = rnd(2),
		.mss = (uint16_t)(1 + rnd(rnd(2) ? 1460 : 9000)),
		.pad = rnd(4) ? 0 : rnd(30),
	};

	r.payload = rnd(rnd(2) ? 65000 : 3000);
	/* As many segments as there are entries to take them in. */
	while (r.payload / r.mss > 100)
		r.payload /= 2;
	return r;
}

static void test_segments(void **state)
{
	static struct entries e;
	struct plx_unfinished u;
	struct frame f;

	(void)state;
	for (unsigned round = 0; round < 1500; round++) {
		struct recipe r = random_recipe();
		uint32_t room = rnd(2) ? 2048 : 64 + rnd(4000);

		make_frame(&f, &r);
		assert_int_equal(plx_unfinished_begin(&u, &f.header, f.bytes, f.len), 0);
		assert_int_equal(u.frames, r.payload ? (r.payload + r.mss - 1) / r.mss : 1);
		make_entries(&e, u.frames * plx_entries(u.longest, room) % MAX_ENTRIES, room);
		if (e.n == u.frames * plx_entries(u.longest, room)) {
			take_all(&u, &e);
			check_segments(&f, &e);
		}
		free_entries(&e);
		free(f.bytes);
	}
}

/* The largest super-frame there is. */
static void test_largest(void **state)
{
	struct recipe r = { .tags = 2, .v6 = true, .payload = 65535 - 20, .mss = 1440 };
	static struct entries e;
	struct plx_unfinished u;
	struct frame f;

	(void)state;
	make_frame(&f, &r);
	assert_int_equal(plx_unfinished_begin(&u, &f.header, f.bytes, f.len), 0);
	make_entries(&e, u.frames, 2048);
	take_all(&u, &e);
	assert_int_equal(e.n, 46);
	check_segments(&f, &e);
	free_entries(&e);
	free(f.bytes);
}

/* No room for the next frame is no harm: it comes with the next call. */
static void test_resume(void **state)
{
	struct recipe r = { .payload = 10000, .mss = 4000, .needs_csum = true };
	static struct entries e;
	struct plx_unfinished u;
	struct frame f;

	(void)state;
	make_frame(&f, &r);
	assert_int_equal(plx_unfinished_begin(&u, &f.header, f.bytes, f.len), 0);
	make_entries(&e, 7, 2000);
	assert_int_equal(plx_unfinished_next(&u, e.pkts, 2, e.room), 0);
	assert_int_equal(plx_unfinished_next(&u, e.pkts, 5, e.room), 3);
	assert_int_equal(u.frames, 2);
	assert_int_equal(plx_unfinished_next(&u, e.pkts + 3, 0, e.room), 0);
	assert_int_equal(plx_unfinished_next(&u, e.pkts + 3, 3, e.room), 3);
	assert_true(plx_unfinished_left(&u));
	/* 2,000 bytes of payload and the headers: two entries more than are left. */
	assert_int_equal(plx_unfinished_next(&u, e.pkts + 6, 1, e.room), 0);
	free_entries(&e);
	free(f.bytes);
}

/* A checksum left to do: in place, in pieces, at any place at all. */
static void test_partial_csum(void **state)
{
	static struct entries e;
	struct plx_unfinished u;
	struct plx_csum csum;
	struct frame f;

	(void)state;
	for (unsigned round = 0; round < 2000; round++) {
		struct recipe r = random_recipe();
		struct plx_pkt pkt = { 0 };
		uint32_t room = 64 + rnd(1000);

		r.mss = 0;
		r.needs_csum = true;
		r.payload %= 9000;
		make_frame(&f, &r);
		assert_int_equal(plx_unfinished_begin(&u, &f.header, f.bytes, f.len), 0);
		make_entries(&e, plx_entries(f.len, room), room);
		take_all(&u, &e);
		check_csums(&e, 0, e.n, &f);
		free_entries(&e);

		assert_int_equal(plx_unfinished_begin(&u, &f.header, f.bytes, f.len), 0);
		pkt.data = f.bytes;
		pkt.len = (uint16_t)f.len;
		assert_true(plx_unfinished_here(&u, &pkt));
		assert_false(plx_unfinished_left(&u));
		plx_csum_check(&pkt, 1, &csum);
		assert_int_equal(csum.l4, PLX_CSUM_GOOD);
		free(f.bytes);
	}
}

static void test_odd_places(void **state)
{
	uint8_t bytes[] = { 1, 2, 3, 4, 5, 0, 0, 8, 9, 10 };
	struct virtio_net_hdr h = { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
				    .csum_start = 3,
				    .csum_offset = 2 };
	struct plx_pkt pkt = { .data = bytes, .len = sizeof(bytes) };
	struct plx_unfinished u;

	(void)state;
	assert_false(plx_vnet_plain(&h));
	assert_int_equal(plx_unfinished_begin(&u, &h, bytes, sizeof(bytes)), 0);
	assert_false(plx_unfinished_pass(&u));
	assert_true(plx_unfinished_here(&u, &pkt));
	assert_int_equal(plx_csum_fold(plx_csum_add(0, bytes + 3, 7)), 0xffff);

	/* All zero: the sum is 0, and its complement fine; all ones: the sum must not be 0. */
	memset(bytes, 0xff, sizeof(bytes));
	h.csum_start = 4;
	h.csum_offset = 0;
	assert_int_equal(plx_unfinished_begin(&u, &h, bytes, sizeof(bytes)), 0);
	assert_true(plx_unfinished_here(&u, &pkt));
	assert_int_equal(plx_be16(bytes + 4), 0xffff);
}

/* A checksum of 0 is a good one in TCP, and none in UDP. */
static void test_zero_checksum(void **state)
{
	static const uint16_t offsets[] = { 6, 16 }, stored[] = { 0xffff, 0 };
	uint8_t bytes[34 + 20];
	struct virtio_net_hdr h = { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 34 };
	struct plx_pkt pkt = { .data = bytes, .len = sizeof(bytes) };
	struct plx_unfinished u;

	(void)state;
	for (int i = 0; i < 2; i++) {
		memset(bytes, 0xff, sizeof(bytes));
		h.csum_offset = offsets[i];
		assert_int_equal(plx_unfinished_begin(&u, &h, bytes, sizeof(bytes)), 0);
		assert_true(plx_unfinished_here(&u, &pkt));
		assert_int_equal(plx_be16(bytes + 34 + offsets[i]), stored[i]);
	}
}

/* As it was left, with flags; and back into the header that it came from. */
static void test_pass(void **state)
{
	static struct entries e;
	struct virtio_net_hdr back;
	struct plx_unfinished u;
	struct frame f;

	(void)state;
	for (unsigned round = 0; round < 1000; round++) {
		struct recipe r = random_recipe();
		uint32_t room = 64 + rnd(4000), len;
		unsigned n;
		uint8_t *bytes;

		r.needs_csum = true;
		r.pad = 0;
		if (r.udp || rnd(2))
			r.mss = 0;
		make_frame(&f, &r);
		assert_int_equal(plx_unfinished_begin(&u, &f.header, f.bytes, f.len), 0);
		assert_true(plx_unfinished_pass(&u));
		assert_int_equal(u.frames, 1);
		assert_int_equal(u.longest, f.len);
		make_entries(&e, plx_entries(f.len, room), room);
		e.pkts[0].flags = PLX_PKT_TIMESTAMP;
		take_all(&u, &e);
		assert_false(e.pkts[0].flags & PLX_PKT_TIMESTAMP);
		bytes = gather(&e, 0, &n, &len);
		assert_int_equal(len, f.len);
		assert_memory_equal(bytes, f.bytes, len);
		assert_int_equal(plx_vnet_from_pkts(&back, e.pkts, n), 0);
		back.hdr_len = f.header.hdr_len;
		assert_memory_equal(&back, &f.header, sizeof(back));
		free(bytes);
		free_entries(&e);
		free(f.bytes);
	}
}

/* What flags cannot say is not passed, and done here as if nobody had asked. */
static void test_not_passed(void **state)
{
	struct recipe recipes[] = {
		{ .udp = true, .payload = 5000, .mss = 1000, .needs_csum = true }, /* USO */
		{ .payload = 5000, .mss = 1000 }, /* finished sum */
		{ .v6 = true, .payload = 5000, .mss = 1000 },
	};
	static struct entries e;
	struct plx_unfinished u;
	struct frame f;

	(void)state;
	for (unsigned i = 0; i < sizeof(recipes) / sizeof(recipes[0]); i++) {
		make_frame(&f, &recipes[i]);
		assert_int_equal(plx_unfinished_begin(&u, &f.header, f.bytes, f.len), 0);
		assert_false(plx_unfinished_pass(&u));
		make_entries(&e, 5, 2048);
		take_all(&u, &e);
		check_segments(&f, &e);
		free_entries(&e);
		free(f.bytes);
	}
}

static int begin(const struct frame *f, uint32_t len)
{
	struct plx_unfinished u;
	int err = plx_unfinished_begin(&u, &f->header, f->bytes, len);

	assert_int_equal(err ? 0 : 1, plx_unfinished_left(&u));
	return err;
}

#define refuse(f, change)                                       \
	do {                                                    \
		struct frame saved_ = *(f);                     \
		change;                                         \
		assert_int_equal(begin(f, (f)->len), -EBADMSG); \
		(f)->header = saved_.header;                    \
		assert_int_equal(begin(f, (f)->len), 0);        \
	} while (0)

static void test_contradictions(void **state)
{
	struct recipe r = { .payload = 5000, .mss = 1000, .needs_csum = true };
	struct virtio_net_hdr *h;
	struct frame f;

	(void)state;
	make_frame(&f, &r);
	h = &f.header;
	refuse(&f, h->csum_start = (uint16_t)f.len);
	refuse(&f, h->csum_start = 65535);
	refuse(&f, h->csum_start++);
	refuse(&f, h->csum_offset = 65535);
	refuse(&f, h->csum_offset = 6);
	refuse(&f, h->gso_size = 0);
	refuse(&f, h->gso_type = VIRTIO_NET_HDR_GSO_TCPV6);
	refuse(&f, h->gso_type = VIRTIO_NET_HDR_GSO_UDP_L4);
	refuse(&f, h->gso_type = VIRTIO_NET_HDR_GSO_UDP_L4 | VIRTIO_NET_HDR_GSO_ECN);
	refuse(&f, h->gso_type = VIRTIO_NET_HDR_GSO_UDP);
	refuse(&f, h->gso_type = VIRTIO_NET_HDR_GSO_ECN);
	for (unsigned type = 6; type < 0x80; type++)
		refuse(&f, h->gso_type = (uint8_t)type);
	/* Cut short: the IP header speaks of bytes that are not there. */
	for (uint32_t len = 0; len < f.len; len++)
		assert_int_equal(begin(&f, len), -EBADMSG);
	assert_int_equal(begin(&f, PLX_UNFINISHED_MAX + 1), -EBADMSG);
	f.bytes[f.l3 + 6] = 0x20; /* a fragment */
	assert_int_equal(begin(&f, f.len), -EBADMSG);
	free(f.bytes);
}

/* Anything at all: only that nothing beyond the buffers is touched. */
static void test_hostile(void **state)
{
	static struct entries e;
	struct plx_unfinished u;
	struct frame f;

	(void)state;
	for (unsigned round = 0; round < 4000; round++) {
		struct recipe r = random_recipe();
		uint32_t room = 64 + rnd(3000);

		make_frame(&f, &r);
		for (unsigned i = rnd(4); i; i--)
			f.bytes[rnd(f.l4 + f.l4_len)] = (uint8_t)rnd(256);
		for (unsigned i = rnd(3); i; i--)
			((uint8_t *)&f.header)[rnd(sizeof(f.header))] = (uint8_t)rnd(256);
		make_entries(&e, 64, room);
		if (!plx_unfinished_begin(&u, &f.header, f.bytes, f.len)) {
			if (rnd(2))
				plx_unfinished_pass(&u);
			while (plx_unfinished_next(&u, e.pkts, e.n, room))
				;
		}
		free_entries(&e);
		free(f.bytes);
	}
}

static void test_bad_requests(void **state)
{
	uint8_t bytes[74] = { 0 };
	struct plx_pkt good = { .data = bytes,
				.len = sizeof(bytes),
				.flags = PLX_PKT_TX_TCP_CSUM | PLX_PKT_TX_TSO,
				.mss = 10 },
		       pkt;
	struct virtio_net_hdr h;

	(void)state;
	good.l2_len = 14;
	good.l3_len = 20;
	good.l4_len = 20;
	bytes[14] = 0x45;
	assert_int_equal(plx_vnet_from_pkts(&h, &good, 1), 0);
	assert_int_equal(h.gso_type, VIRTIO_NET_HDR_GSO_TCPV4);
	assert_int_equal(h.hdr_len, 54);
	pkt = good;
	pkt.flags = PLX_PKT_TX_TSO;
	assert_int_equal(plx_vnet_from_pkts(&h, &pkt, 1), -EBADMSG);
	pkt.flags = PLX_PKT_TX_TSO | PLX_PKT_TX_UDP_CSUM;
	assert_int_equal(plx_vnet_from_pkts(&h, &pkt, 1), -EBADMSG);
	pkt.flags = PLX_PKT_TX_TCP_CSUM | PLX_PKT_TX_UDP_CSUM;
	assert_int_equal(plx_vnet_from_pkts(&h, &pkt, 1), -EBADMSG);
	pkt = good;
	pkt.mss = 0;
	assert_int_equal(plx_vnet_from_pkts(&h, &pkt, 1), -EBADMSG);
	pkt = good;
	pkt.l2_len = 0;
	assert_int_equal(plx_vnet_from_pkts(&h, &pkt, 1), -EBADMSG);
	pkt = good;
	pkt.l3_len = 0;
	assert_int_equal(plx_vnet_from_pkts(&h, &pkt, 1), -EBADMSG);
	pkt.l3_len = 50;
	assert_int_equal(plx_vnet_from_pkts(&h, &pkt, 1), -EBADMSG);
	pkt.l3_len = 511;
	assert_int_equal(plx_vnet_from_pkts(&h, &pkt, 1), -EBADMSG);
	pkt = good;
	pkt.l4_len = 16;
	assert_int_equal(plx_vnet_from_pkts(&h, &pkt, 1), -EBADMSG);
	pkt.l4_len = 60;
	assert_int_equal(plx_vnet_from_pkts(&h, &pkt, 1), -EBADMSG);
	pkt = good;
	bytes[14] = 0x75;
	assert_int_equal(plx_vnet_from_pkts(&h, &pkt, 1), -EBADMSG);
	pkt.flags = 0;
	assert_int_equal(plx_vnet_from_pkts(&h, &pkt, 1), 0);
	assert_true(plx_vnet_plain(&h));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_segments),       cmocka_unit_test(test_largest),
		cmocka_unit_test(test_resume),         cmocka_unit_test(test_partial_csum),
		cmocka_unit_test(test_odd_places),     cmocka_unit_test(test_zero_checksum),
		cmocka_unit_test(test_pass),           cmocka_unit_test(test_not_passed),
		cmocka_unit_test(test_contradictions), cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_bad_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
