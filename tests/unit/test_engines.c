/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plx-testpmd's engines on streams of the test's own, for what its command line does not reach:
 * frames in parts, numbers of flows, shared buffers, room to grow. Two ends of a ring are the
 * engine's port and the test's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "testpmd/engine.h"
#include "testpmd/headers.h"

#define BURST   64
#define BUFFERS 512

static const uint8_t own_mac[6] = { 2, 0, 0, 0, 0, 9 }, asker_mac[6] = { 2, 0, 0, 0, 0, 1 };

struct bench {
	struct plx_ctx *ctx;
	struct plx_pool *pool;
	struct plx_port *ports[2]; /* the engine's, the test's */
	struct plx_pkt room[BURST];
	struct stream s;
	uint64_t priv[64];
};

static int setup(void **state)
{
	struct plx_pool_opts opts = { .count = BUFFERS, .node = -1 };
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	assert_int_equal(plx_ctx_create(NULL, &b->ctx), 0);
	assert_int_equal(plx_pool_create(b->ctx, &opts, &b->pool), 0);
	for (int i = 0; i < 2; i++) {
		struct plx_port_conf conf = { .n_rxq = 1, .n_txq = 1, .rx_pool = b->pool };

		assert_int_equal(plx_port_open(b->ctx, "ring:name=a,entries=8", &b->ports[i]), 0);
		assert_int_equal(plx_port_configure(b->ports[i], &conf), 0);
	}
	for (int i = 0; i < 2; i++)
		assert_int_equal(plx_port_start(b->ports[i]), 0);
	b->s = (struct stream){ .rxq = plx_port_rxq(b->ports[0], 0),
				.txq = plx_port_txq(b->ports[0], 0),
				.pool = b->pool,
				.pkts = b->room,
				.frame_len = 60,
				.priv = b->priv };
	memcpy(b->s.own_mac, own_mac, 6);
	memcpy(b->s.peer_mac, asker_mac, 6);
	*state = b;
	return 0;
}

/* Every buffer is back. */
static int teardown(void **state)
{
	struct bench *b = *state;
	struct plx_pool_account account;

	for (int i = 0; i < 2; i++)
		assert_int_equal(plx_port_close(b->ports[i]), 0);
	plx_pool_account(b->pool, &account);
	assert_int_equal(account.free, BUFFERS);
	assert_int_equal(plx_pool_destroy(b->pool), 0);
	assert_int_equal(plx_ctx_destroy(b->ctx), 0);
	free(b);
	return 0;
}

static const struct engine *use(struct bench *b, const char *name)
{
	for (const struct engine *const *e = engines; *e; e++) {
		if (strcmp((*e)->name, name))
			continue;
		assert_true((*e)->priv_size <= sizeof(b->priv));
		if ((*e)->begin)
			(*e)->begin(&b->s);
		return *e;
	}
	fail_msg("no engine %s", name);
	return NULL;
}

static uint64_t counted(struct bench *b, const struct engine *e, const char *name)
{
	for (const struct engine_count *c = e->counts; c->name; c++)
		if (!strcmp(c->name, name))
			return b->priv[c->offset / sizeof(uint64_t)];
	fail_msg("%s does not count %s", e->name, name);
	return 0;
}

/* A frame in @n entries; the first has @first of its bytes, unless there is only one. */
static void make(struct bench *b, struct plx_pkt *pkts, unsigned n, const uint8_t *bytes,
		 unsigned len, unsigned first)
{
	assert_int_equal(plx_pool_get(b->pool, NULL, pkts, n), n);
	for (unsigned i = 0; i < n; i++) {
		unsigned part = i + 1 == n ? len : i == 0 ? first : 1;

		memcpy(pkts[i].data, bytes, part);
		pkts[i].len = (uint16_t)part;
		pkts[i].flags = i + 1 == n ? 0 : PLX_PKT_MORE;
		bytes += part;
		len -= part;
	}
}

static void to_engine(struct bench *b, const struct plx_pkt *pkts, unsigned n)
{
	assert_int_equal(plx_tx_burst(plx_port_txq(b->ports[1], 0), pkts, n), n);
}

static unsigned from_engine(struct bench *b, struct plx_pkt *pkts, unsigned n)
{
	return plx_rx_burst(plx_port_rxq(b->ports[1], 0), pkts, n);
}

static void check_frame(const struct plx_pkt *pkts, unsigned n, unsigned len)
{
	struct frame frame = frame_of(pkts, n);
	struct plx_csum csum;
	uint8_t udp[8];

	assert_int_equal(frame.len, len);
	plx_csum_check(pkts, n, &csum);
	assert_int_equal(csum.l3, PLX_CSUM_GOOD);
	assert_int_equal(csum.l4_proto, IP_PROTO_UDP);
	frame_read(&frame, 34, udp, sizeof(udp));
	assert_int_equal(get16(udp + 4), len - 34);
}

static void txonly_sends_frames_in_parts(void **state)
{
	static const uint16_t parts[][STREAM_SEGMENTS_MAX] = {
		{ 64, 64 },
		{ 10, 1, 3, 90 },
		{ 42, 1 },
		{ 100, 200, 300, 400, 500, 600, 700, 800 },
	};
	static const unsigned n_parts[] = { 2, 4, 2, 8 };
	struct plx_pkt got[BURST];
	struct bench *b = *state;

	for (unsigned i = 0; i < 4; i++) {
		const struct engine *e;
		unsigned len = 0, n;

		memcpy(b->s.segments, parts[i], sizeof(parts[i]));
		b->s.n_segments = n_parts[i];
		for (unsigned k = 0; k < n_parts[i]; k++)
			len += parts[i][k];
		e = use(b, "txonly");
		assert_int_equal(e->forward(&b->s, 5), 5);
		n = from_engine(b, got, BURST);
		assert_int_equal(n, 5 * n_parts[i]);
		for (unsigned k = 0; k < n; k += n_parts[i]) {
			assert_int_equal(frame_entries(got + k, n - k), n_parts[i]);
			for (unsigned m = 0; m < n_parts[i]; m++)
				assert_int_equal(got[k + m].len, parts[i][m]);
			check_frame(got + k, n_parts[i], len);
		}
		plx_pkt_free(got, n);
	}
}

static void txonly_sends_what_the_pool_has(void **state)
{
	struct plx_pkt got[BUFFERS];
	struct bench *b = *state;

	b->s.segments[0] = b->s.segments[1] = b->s.segments[2] = 50;
	b->s.n_segments = 3;
	assert_int_equal(use(b, "txonly")->forward(&b->s, 1000), BUFFERS / 3);
	assert_int_equal(use(b, "txonly")->forward(&b->s, 1), 0);
	assert_int_equal(from_engine(b, got, BUFFERS), BUFFERS / 3 * 3);
	plx_pkt_free(got, BUFFERS / 3 * 3);
}

static void flowgen_goes_round(void **state)
{
	struct plx_pkt got[BURST];
	struct bench *b = *state;
	const struct engine *e;

	b->s.flows = 5;
	e = use(b, "flowgen");
	make(b, got, 3, asker_mac, 6, 1);
	to_engine(b, got, 3);
	assert_int_equal(e->forward(&b->s, 8), 8);
	assert_int_equal(e->forward(&b->s, 9), 9);
	assert_int_equal(from_engine(b, got, BURST), 17);
	for (unsigned i = 0; i < 17; i++) {
		assert_int_equal(get32(got[i].data + 30), 0xc6120002 + i % 5);
		assert_memory_equal(got[i].data, asker_mac, 6);
		check_frame(got + i, 1, 60);
	}
	plx_pkt_free(got, 17);
	assert_int_equal(b->s.generated, 17);
	assert_int_equal(b->s.consumed, 1);
}

/* Sums over more than one carry: a flow's checksum is right at every address. */
static void flowgen_sums_every_address(void **state)
{
	struct plx_pkt got[BURST];
	struct bench *b = *state;
	const struct engine *e;
	unsigned n;

	b->s.flows = 131069;
	e = use(b, "flowgen");
	for (unsigned i = 0; i < 131069; i += n) {
		n = e->forward(&b->s, BURST);
		assert_int_equal(from_engine(b, got, BURST), n);
		for (unsigned k = 0; k < n; k++) {
			struct plx_csum csum;

			plx_csum_check(got + k, 1, &csum);
			assert_int_equal(csum.l3, PLX_CSUM_GOOD);
		}
		plx_pkt_free(got, n);
	}
}

/* A ping from 192.0.2.1 to 198.51.100.7 of 4 bytes. */
static const uint8_t ping[46] = {
	0x02, 0x00, 0x00, 0x00, 0x00, 0x09, 0x02, 0x00, 0x00, 0x00, 0x00, 0x01,
	0x08, 0x00, 0x45, 0x00, 0x00, 0x20, 0x00, 0x01, 0x00, 0x00, 0x40, 0x01,
	0x8e, 0xa0, 0xc0, 0x00, 0x02, 0x01, 0xc6, 0x33, 0x64, 0x07, 0x08, 0x00,
	0x33, 0x32, 0x00, 0x03, 0x00, 0x04, 0x61, 0x62, 0x63, 0x64,
};

static void echo_leaves_shared_buffers_alone(void **state)
{
	struct bench *b = *state;
	const struct engine *e = use(b, "icmpecho");
	struct plx_pkt pkt, got[BURST];

	make(b, &pkt, 1, ping, sizeof(ping), 0);
	assert_int_equal(plx_pkt_share(&pkt, 1), 0);
	to_engine(b, &pkt, 1);
	assert_int_equal(e->forward(&b->s, BURST), 1);
	assert_int_equal(from_engine(b, got, BURST), 0);
	assert_memory_equal(pkt.data, ping, sizeof(ping));
	assert_int_equal(counted(b, e, "ignored"), 1);
	assert_int_equal(b->s.consumed, 1);
	plx_pkt_free(&pkt, 1);
}

/* The headers in the first entry, the payload anywhere, and shared at that. */
static void echo_answers_over_entries(void **state)
{
	struct bench *b = *state;
	const struct engine *e = use(b, "icmpecho");
	struct plx_pkt pkts[3], got[BURST];
	struct plx_csum csum;

	make(b, pkts, 3, ping, sizeof(ping), 42);
	assert_int_equal(plx_pkt_share(&pkts[2], 1), 0);
	to_engine(b, pkts, 3);
	assert_int_equal(e->forward(&b->s, BURST), 3);
	assert_int_equal(from_engine(b, got, BURST), 3);
	plx_csum_check(got, 3, &csum);
	assert_int_equal(csum.l3, PLX_CSUM_GOOD);
	assert_int_equal(csum.l4, PLX_CSUM_GOOD);
	assert_int_equal(got[0].data[34], 0);
	assert_memory_equal(got[0].data, asker_mac, 6);
	assert_int_equal(counted(b, e, "echo_replies"), 1);
	plx_pkt_free(got, 3);
	plx_pkt_free(&pkts[2], 1);

	make(b, pkts, 2, ping, sizeof(ping), 41);
	to_engine(b, pkts, 2);
	assert_int_equal(e->forward(&b->s, BURST), 2);
	assert_int_equal(from_engine(b, got, BURST), 0);
	assert_int_equal(counted(b, e, "ignored"), 1);
}

/* A solicitation for fe80::9 from fe80::1, without option, and two bytes of padding. */
static unsigned make_solicit(uint8_t *frame)
{
	static const uint8_t pseudo[4] = { 0, 24, 0, IP_PROTO_ICMPV6 };
	uint8_t *ip = frame + 14, *icmp = ip + 40;
	uint16_t sum;

	memset(frame, 0, 80);
	memcpy(frame, own_mac, 6);
	memcpy(frame + 6, asker_mac, 6);
	put16(frame + 12, ETHERTYPE_IPV6);
	ip[0] = 0x60;
	ip[5] = 24;
	ip[6] = IP_PROTO_ICMPV6;
	ip[7] = 255;
	for (int i = 0; i < 3; i++)
		put16(i < 2 ? ip + 8 + 16 * i : icmp + 8, 0xfe80);
	ip[23] = 1;
	ip[39] = icmp[23] = 9;
	icmp[0] = 135;
	sum = (uint16_t)~plx_csum_fold(
		plx_csum_add(plx_csum_add(0, pseudo, sizeof(pseudo)), ip + 8, 32 + 24));
	memcpy(icmp + 2, &sum, sizeof(sum));
	return 80;
}

static void solicitation_grows_into_one_entry(void **state)
{
	struct bench *b = *state;
	const struct engine *e = use(b, "icmpecho");
	struct plx_pkt pkts[2], got[BURST];
	struct plx_csum csum;
	uint8_t frame[80];
	unsigned len = make_solicit(frame);

	make(b, pkts, 2, frame, len, 78);
	to_engine(b, pkts, 2);
	assert_int_equal(e->forward(&b->s, BURST), 2);
	assert_int_equal(counted(b, e, "nd_replies"), 1);
	assert_int_equal(from_engine(b, got, BURST), 1);
	assert_int_equal(got[0].len, 86);
	assert_int_equal(got[0].flags & PLX_PKT_MORE, 0);
	plx_csum_check(got, 1, &csum);
	assert_int_equal(csum.l4, PLX_CSUM_GOOD);
	assert_memory_equal(got[0].data + 80, own_mac, 6);
	plx_pkt_free(got, 1);

	/* No room behind the data: no answer, and no byte written there. */
	make(b, pkts, 1, frame, 78, 0);
	memmove(pkts[0].data + plx_pkt_tailroom(&pkts[0]), pkts[0].data, 78);
	pkts[0].data += plx_pkt_tailroom(&pkts[0]);
	to_engine(b, pkts, 1);
	assert_int_equal(e->forward(&b->s, BURST), 1);
	assert_int_equal(from_engine(b, got, BURST), 0);
}

static void swap_passes_shared_buffers_on(void **state)
{
	struct bench *b = *state;
	const struct engine *e = use(b, "5tswap");
	struct plx_pkt pkt, got[BURST];

	make(b, &pkt, 1, ping, sizeof(ping), 0);
	assert_int_equal(plx_pkt_share(&pkt, 1), 0);
	to_engine(b, &pkt, 1);
	assert_int_equal(e->forward(&b->s, BURST), 1);
	assert_int_equal(from_engine(b, got, BURST), 1);
	assert_memory_equal(got[0].data, ping, sizeof(ping));
	assert_int_equal(counted(b, e, "unchanged"), 1);
	plx_pkt_free(got, 1);
	plx_pkt_free(&pkt, 1);
}

/* --- work that is left to the port --------------------------------------------------------------- */

#define IP_WORK (PLX_PKT_TX_IP_CSUM | PLX_PKT_TX_TCP_CSUM | PLX_PKT_TX_UDP_CSUM)
#define PAYLOAD 33

/*
 * TCP or UDP over IPv4 or IPv6, PAYLOAD bytes of it, no checksum right. Return: the frame's
 * length.
 */
static unsigned make_l4(uint8_t *frame, unsigned version, uint8_t proto)
{
	unsigned l3 = version == 4 ? IPV4_HDR_LEN : IPV6_HDR_LEN,
		 l4 = proto == IP_PROTO_TCP ? 20 : 8;
	unsigned len = 14 + l3 + l4 + PAYLOAD;

	for (unsigned i = 0; i < len; i++)
		frame[i] = (uint8_t)(7 * i);
	put16(frame + 12, version == 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);
	if (version == 4) {
		frame[14] = 0x45;
		put16(frame + 16, len - 14);
		put16(frame + 20, 0); /* no fragment */
		frame[23] = proto;
	} else {
		frame[14] = 0x60;
		put16(frame + 18, len - 54);
		frame[20] = proto;
	}
	if (proto == IP_PROTO_TCP)
		frame[14 + l3 + 12] = 0x50;
	else
		put16(frame + 14 + l3 + 4, l4 + PAYLOAD);
	return len;
}

/* The sum of bytes [from, end), as it is stored. */
static uint16_t sum_of(const uint8_t *frame, unsigned from, unsigned end)
{
	return (uint16_t)~plx_csum_fold(plx_csum_add(0, frame + from, end - from));
}

/* Do what the flags ask for, as a card does. */
static void do_work(const struct plx_pkt *pkts, unsigned n, uint8_t *frame)
{
	unsigned l3 = pkts->l2_len, l4 = l3 + pkts->l3_len, len = 0;
	uint16_t sum;

	for (unsigned i = 0; i < n; len += pkts[i++].len)
		memcpy(frame + len, pkts[i].data, pkts[i].len);
	if (pkts->flags & PLX_PKT_TX_IP_CSUM) {
		assert_int_equal(get16(frame + l3 + 10), 0);
		sum = sum_of(frame, l3, l4);
		memcpy(frame + l3 + 10, &sum, 2);
	}
	sum = sum_of(frame, l4, len);
	if (pkts->flags & (PLX_PKT_TX_TCP_CSUM | PLX_PKT_TX_UDP_CSUM))
		memcpy(frame + l4 + (pkts->flags & PLX_PKT_TX_TCP_CSUM ? 16 : 6), &sum, 2);
}

static void check_asked(struct bench *b, unsigned version, uint8_t proto, unsigned entries,
			unsigned first)
{
	const struct engine *e = use(b, "csum");
	struct plx_pkt pkts[BURST], got[BURST], whole;
	uint8_t frame[256], done[256];
	struct plx_csum found;
	unsigned len = make_l4(frame, version, proto);

	make(b, pkts, entries, frame, len, first);
	to_engine(b, pkts, entries);
	assert_int_equal(e->forward(&b->s, BURST), entries);
	assert_int_equal(from_engine(b, got, BURST), entries);
	assert_int_equal(
		got->flags & PLX_PKT_TX_WORK,
		(version == 4 ? PLX_PKT_TX_IP_CSUM : 0) |
			(proto == IP_PROTO_TCP ? PLX_PKT_TX_TCP_CSUM : PLX_PKT_TX_UDP_CSUM));
	assert_int_equal(got->l2_len, 14);
	assert_int_equal(got->l3_len, version == 4 ? IPV4_HDR_LEN : IPV6_HDR_LEN);
	do_work(got, entries, done);
	whole = (struct plx_pkt){ .data = done, .len = (uint16_t)len };
	plx_csum_check(&whole, 1, &found);
	assert_int_equal(found.l3, version == 4 ? PLX_CSUM_GOOD : PLX_CSUM_NONE);
	assert_int_equal(found.l4, PLX_CSUM_GOOD);
	assert_memory_equal(done + len - PAYLOAD, frame + len - PAYLOAD, PAYLOAD);
	plx_pkt_free(got, entries);
}

static void csum_leaves_checksums_to_the_port(void **state)
{
	struct bench *b = *state;

	b->s.tx_work = IP_WORK;
	for (unsigned version = 4; version <= 6; version += 2)
		for (unsigned i = 0; i < 2; i++) {
			uint8_t proto = i ? IP_PROTO_TCP : IP_PROTO_UDP;

			check_asked(b, version, proto, 1, 0);
			check_asked(b, version, proto, 2, 14 + 10);
			check_asked(b, version, proto, 3, 14 + 20 + 3);
		}
}

/*
 * A frame that is not one entry's own, or not a whole datagram: no flag, and nobody else's bytes
 * written.
 */
static void csum_asks_only_for_what_can_be_done(void **state)
{
	struct bench *b = *state;
	const struct engine *e = use(b, "csum");
	struct plx_pkt pkts[4], got[BURST];
	uint8_t frame[256];
	unsigned len;

	b->s.tx_work = IP_WORK | PLX_PKT_TX_TSO;
	b->s.tso_size = 1;
	len = make_l4(frame, 4, IP_PROTO_TCP);
	make(b, &pkts[0], 1, frame, len, 0);
	assert_int_equal(plx_pkt_share(&pkts[0], 1), 0);
	make(b, &pkts[1], 1, frame, len - PAYLOAD - 5, 0); /* cut in its TCP header */
	put16(frame + 20, 0x2000);                         /* more fragments */
	make(b, &pkts[2], 1, frame, len, 0);
	len = make_l4(frame, 4, IP_PROTO_UDP);
	put16(frame + 40, 0); /* its sender made none */
	make(b, &pkts[3], 1, frame, len, 0);
	to_engine(b, pkts, 4);
	assert_int_equal(e->forward(&b->s, BURST), 4);
	assert_int_equal(from_engine(b, got, BURST), 4);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(got[i].flags & PLX_PKT_TX_WORK, 0);
	assert_int_equal(got[3].flags & PLX_PKT_TX_WORK, PLX_PKT_TX_IP_CSUM);
	assert_int_equal(get16(got[3].data + 40), 0);
	assert_int_equal(counted(b, e, "l4_locked"), 1);
	plx_pkt_free(got, 4);
	plx_pkt_free(&pkts[0], 1);
}

static void csum_leaves_long_segments_to_the_port(void **state)
{
	static const unsigned sizes[] = { PAYLOAD - 1, PAYLOAD, 0 };
	struct bench *b = *state;
	const struct engine *e = use(b, "csum");
	struct plx_pkt pkt, got[BURST];
	uint8_t frame[256];
	unsigned len = make_l4(frame, 4, IP_PROTO_TCP);

	for (unsigned i = 0; i < 3; i++) {
		b->s.tx_work = sizes[i] ? PLX_PKT_TX_TSO : PLX_PKT_TX_TCP_CSUM;
		b->s.tso_size = (uint16_t)sizes[i];
		make(b, &pkt, 1, frame, len, 0);
		to_engine(b, &pkt, 1);
		assert_int_equal(e->forward(&b->s, BURST), 1);
		assert_int_equal(from_engine(b, got, BURST), 1);
		if (!i) {
			assert_int_equal(got->flags & PLX_PKT_TX_WORK,
					 PLX_PKT_TX_TSO | PLX_PKT_TX_TCP_CSUM);
			assert_int_equal(got->mss, PAYLOAD - 1);
			assert_int_equal(got->l4_len, 20);
		} else {
			assert_int_equal(got->flags & PLX_PKT_TX_TSO, 0);
		}
		plx_pkt_free(got, 1);
	}
}

/* What the receiving port found good is not looked at again; what it found bad is put right. */
static void csum_believes_what_is_good(void **state)
{
	struct bench *b = *state;
	const struct engine *e = use(b, "csum");
	struct plx_pkt pkts[2], got[BURST];
	struct plx_csum found;
	uint8_t frame[256];
	unsigned len = make_l4(frame, 4, IP_PROTO_TCP);

	for (unsigned i = 0; i < 2; i++)
		make(b, &pkts[i], 1, frame, len, 0);
	pkts[0].flags = PLX_PKT_RX_IP_GOOD | PLX_PKT_RX_L4_GOOD;
	pkts[1].flags = PLX_PKT_RX_IP_GOOD | PLX_PKT_RX_L4_BAD;
	to_engine(b, pkts, 2);
	assert_int_equal(e->forward(&b->s, BURST), 2);
	assert_int_equal(from_engine(b, got, BURST), 2);
	assert_memory_equal(got[0].data, frame, len);
	plx_csum_check(&got[1], 1, &found);
	assert_int_equal(found.l4, PLX_CSUM_GOOD);
	assert_int_equal(counted(b, e, "l4_good"), 1);
	assert_int_equal(counted(b, e, "l4_bad"), 1);
	plx_pkt_free(got, 2);
}

/* On the first entry of each frame, by any engine. */
static void tags_are_asked_for_once_a_frame(void **state)
{
	struct bench *b = *state;
	const struct engine *e = use(b, "io");
	struct plx_pkt pkts[5], got[BURST];

	b->s.tx_work = PLX_PKT_TX_VLAN;
	b->s.tx_vlan = 4095;
	make(b, pkts, 3, ping, sizeof(ping), 20);
	make(b, pkts + 3, 2, ping, sizeof(ping), 20);
	to_engine(b, pkts, 5);
	assert_int_equal(e->forward(&b->s, BURST), 5);
	assert_int_equal(from_engine(b, got, BURST), 5);
	for (unsigned i = 0; i < 5; i++) {
		bool first = i == 0 || i == 3;

		assert_int_equal(got[i].flags & PLX_PKT_TX_VLAN, first ? PLX_PKT_TX_VLAN : 0);
		if (first)
			assert_int_equal(got[i].vlan, 4095);
	}
	plx_pkt_free(got, 5);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(txonly_sends_frames_in_parts),
		TEST(txonly_sends_what_the_pool_has),
		TEST(flowgen_goes_round),
		TEST(flowgen_sums_every_address),
		TEST(echo_leaves_shared_buffers_alone),
		TEST(echo_answers_over_entries),
		TEST(solicitation_grows_into_one_entry),
		TEST(swap_passes_shared_buffers_on),
		TEST(csum_leaves_checksums_to_the_port),
		TEST(csum_asks_only_for_what_can_be_done),
		TEST(csum_leaves_long_segments_to_the_port),
		TEST(csum_believes_what_is_good),
		TEST(tags_are_asked_for_once_a_frame),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
