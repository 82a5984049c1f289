/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What cards do to frames: checksums, segments, tags, and which queue they go to. What comes out is
 * judged by a reference of the tests' own, and by tshark.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "qtest/bed.h"
#include "qtest/inet.h"

#define TX_CSUM (PLX_OFFLOAD_TX_CSUM | PLX_OFFLOAD_TX_IP_CSUM)

static struct inet_frame frame, want;
static uint8_t received[BED_FRAME_MAX];

static struct inet_spec random_spec(bool v6, uint8_t protocol, size_t payload)
{
	struct inet_spec s = { .v6 = v6, .protocol = protocol, .payload = payload };

	for (unsigned i = 0; i < 16; i++) {
		s.source[i] = (uint8_t)(bed_random(255) + 1);
		s.target[i] = (uint8_t)(bed_random(255) + 1);
	}
	s.source[0] = s.target[0] = 10; /* neither multicast nor ::1 */
	s.ports[0] =
		(uint16_t)(30000 + bed_random(1000)); /* of no protocol that tshark looks into */
	s.ports[1] = (uint16_t)(40000 + bed_random(1000));
	return s;
}

/* --- captures for tshark --- */

static char pcap_path[32];
static FILE *pcap;
static int in_pcap;

static void open_pcap(void)
{
	int fd;

	strcpy(pcap_path, "/tmp/pollux-qtest-XXXXXX");
	fd = mkstemp(pcap_path);
	assert_true(fd >= 0);
	close(fd);
	pcap = inet_pcap(pcap_path);
	assert_non_null(pcap);
	in_pcap = 0;
}

static void keep(const uint8_t *bytes, size_t len)
{
	inet_pcap_add(pcap, bytes, len);
	in_pcap++;
}

static void judge_pcap(void)
{
	int frames;

	assert_int_equal(fclose(pcap), 0);
	frames = inet_tshark(pcap_path);
	unlink(pcap_path);
	if (frames == -1)
		print_message("tshark is not installed: judged by the reference alone\n");
	else
		assert_int_equal(frames, in_pcap);
}

/* --- sending --- */

static struct plx_pkt request(const struct inet_frame *f, uint32_t flags)
{
	return (struct plx_pkt){
		.flags = flags, .l2_len = f->l2, .l3_len = f->l3, .l4_len = f->l4
	};
}

static uint32_t csum_flags(const struct inet_spec *s)
{
	return (s->protocol == INET_TCP ? PLX_PKT_TX_TCP_CSUM : PLX_PKT_TX_UDP_CSUM) |
	       (s->v6 ? 0 : PLX_PKT_TX_IP_CSUM);
}

static void capture_and_compare(void)
{
	const uint8_t *bytes;
	size_t len = bed_capture(&bytes, 2000);

	/* The card pads with zeros. */
	if (want.len < ETH_MIN) {
		memset(want.bytes + want.len, 0, ETH_MIN - want.len);
		if (len == ETH_MIN)
			want.len = len;
	}
	assert_int_equal(len, want.len);
	assert_memory_equal(bytes, want.bytes, len);
	assert_true(inet_is_sound(bytes, len));
	keep(bytes, len);
}

static void test_tx_checksums(void **state)
{
	const struct bed_how how = { .offloads = TX_CSUM };

	(void)state;
	bed_start(&how);
	open_pcap();
	for (unsigned i = 0; i < 800; i++) {
		size_t payload = i < 64 ? i / 4 : bed_random(1400);
		struct inet_spec s = random_spec(i & 1, i & 2 ? INET_TCP : INET_UDP, payload);
		struct plx_pkt like;

		s.tcp_options = (uint8_t)(4 * bed_random(11));
		s.ip_options = s.v6 ? 0 : (uint8_t)(4 * bed_random(11));
		if (s.payload > 1514u - 14 - 60 - 60)
			s.payload = 1514u - 14 - 60 - 60;
		s.tag = i % 3 ? 0 : (uint16_t)(bed_random(4095) + 1);
		inet_make(&want, bed.info.mac, &s);
		frame = want;
		inet_unfinish(&frame);
		like = request(&frame, csum_flags(&s));
		bed_send(frame.bytes, frame.len, &like, 1 + bed_random(3));
		capture_and_compare();
	}
	judge_pcap();
	assert_int_equal(bed_stats().tx.packets, 800);
	bed_end();
}

/* Only what was asked for is done, and frames of all kinds may follow each other. */
static void test_tx_checksums_mixed(void **state)
{
	const struct bed_how how = { .offloads = TX_CSUM };

	(void)state;
	bed_start(&how);
	for (unsigned i = 0; i < 400; i++) {
		struct inet_spec s = random_spec(false, bed_random(2) ? INET_TCP : INET_UDP, 100);
		struct plx_pkt like = { 0 };
		const uint8_t *bytes;
		uint32_t what = bed_random(4);

		inet_make(&want, bed.info.mac, &s);
		frame = want;
		inet_unfinish(&frame);
		if (what & 1)
			like.flags |= csum_flags(&s) & ~(uint32_t)PLX_PKT_TX_IP_CSUM;
		else
			memcpy(want.bytes + want.l2 + want.l3, frame.bytes + want.l2 + want.l3,
			       want.l4);
		if (what & 2)
			like.flags |= PLX_PKT_TX_IP_CSUM;
		else
			memcpy(want.bytes + want.l2, frame.bytes + want.l2, want.l3);
		like.l2_len = frame.l2;
		like.l3_len = frame.l3;
		like.l4_len = frame.l4;
		bed_send(frame.bytes, frame.len, &like, 1);
		assert_int_equal(bed_capture(&bytes, 2000), want.len);
		assert_memory_equal(bytes, want.bytes, want.len);
	}
	bed_end();
}

/* Flags of a queue that was not set up for them are refused, and counted. */
static void test_tx_offload_not_configured(void **state)
{
	static const uint32_t flags[] = { PLX_PKT_TX_TCP_CSUM, PLX_PKT_TX_UDP_CSUM,
					  PLX_PKT_TX_IP_CSUM, PLX_PKT_TX_VLAN,
					  PLX_PKT_TX_TSO | PLX_PKT_TX_TCP_CSUM };
	const struct inet_spec s = random_spec(false, INET_TCP, 100);
	const uint8_t *bytes;

	(void)state;
	bed_start(NULL);
	inet_make(&frame, bed.info.mac, &s);
	for (unsigned i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		struct plx_pkt like = request(&frame, flags[i]);

		like.mss = 50;
		bed_send(frame.bytes, frame.len, &like, 1);
		assert_int_equal(bed_stats().tx.drops[PLX_DROP_OFFLOAD], i + 1);
	}
	assert_int_equal(bed_capture(&bytes, 50), 0);
	bed_end();
}

/* --- segmentation --- */

/* One segment: @at bytes of the payload came before it. Returns its bytes of payload. */
static size_t check_segment(uint8_t *bytes, size_t len, size_t at, size_t payload, unsigned mss,
			    unsigned number)
{
	const unsigned headers = frame.l2 + frame.l3 + frame.l4;
	uint8_t *ip = bytes + frame.l2, *tcp = ip + frame.l3;
	const uint8_t *model = want.bytes + want.l2 + want.l3;
	size_t part = payload - at < mss ? payload - at : mss;
	bool last = at + part == payload;

	if (headers + part < ETH_MIN)
		assert_true(len == headers + part || len == ETH_MIN);
	else
		assert_int_equal(len, headers + part);
	assert_memory_equal(bytes, want.bytes, frame.l2);
	/* QEMU's e1000 counts the IPv6 header in, which RFC 8200 does not. */
	if (ip[0] >> 4 == 6 && inet_get16(ip + 4) == headers + part - frame.l2)
		inet_put16(ip + 4, (uint32_t)(frame.l4 + part));
	assert_true(inet_is_sound(bytes, len));
	if (ip[0] >> 4 == 4)
		assert_int_equal(inet_get16(ip + 4), (0x1234 + number) & 0xffff);
	assert_memory_equal(tcp, model, 4);
	assert_true(inet_get32(tcp + 4) == (uint32_t)(inet_get32(model + 4) + at));
	assert_true(inet_get32(tcp + 8) == inet_get32(model + 8));
	assert_int_equal(tcp[13], last ? 0x19 : 0x10); /* PSH and FIN are the last one's */
	assert_memory_equal(tcp + 20, model + 20, frame.l4 - 20);
	assert_memory_equal(bytes + headers, want.bytes + headers + at, part);
	return part;
}

static void take_segments(size_t payload, unsigned mss)
{
	const uint8_t *bytes;
	size_t at = 0, len;

	for (unsigned n = 0; at < payload; n++) {
		len = bed_capture(&bytes, 2000);
		assert_true(len && len <= sizeof(received));
		memcpy(received, bytes, len);
		at += check_segment(received, len, at, payload, mss, n);
		keep(received, len);
	}
	assert_int_equal(at, payload);
	/* Where that came out even QEMU's e1000 sends the headers once more. */
	if (bed_is(BED_8254X) && payload % mss == 0)
		assert_in_range(bed_capture(&bytes, 2000), 1, frame.l2 + frame.l3 + frame.l4);
}

/*
 * QEMU before 8.1 has no TCP segmentation for its e1000e: where the far end of the wire cannot do
 * it either it sends the packet, finished, in IP fragments of that size.
 */
static void take_fragments(unsigned mss)
{
	const unsigned headers = want.l2 + want.l3;
	size_t at = 0, total = want.len - headers;

	while (at < total) {
		const uint8_t *bytes, *ip;
		size_t len = bed_capture(&bytes, 2000), part = len - headers;

		assert_in_range(len, headers + 1, headers + mss);
		ip = bytes + want.l2;
		part = inet_get16(ip + 2) - (size_t)want.l3; /* less than @len where it is padded */
		assert_int_equal(inet_get16(ip + 6) & 0x1fff, at / 8);
		assert_int_equal(!!(inet_get16(ip + 6) & 0x2000), at + part < total);
		assert_true(at + part <= total);
		assert_memory_equal(ip + want.l3, want.bytes + headers + at, part);
		keep(bytes, len);
		at += part;
	}
}

/* In pieces of which the first has all headers. */
static void segment(const struct inet_spec *s, unsigned mss)
{
	struct plx_pkt like;

	inet_make(&want, bed.info.mac, s);
	frame = want;
	inet_unfinish(&frame);
	like = request(&frame, csum_flags(s) | PLX_PKT_TX_TSO);
	like.mss = (uint16_t)mss;
	bed_send(frame.bytes, frame.len, &like, 1 + (unsigned)frame.len / (1000 + bed_random(800)));
	if (bed_is(BED_FRAGMENTS))
		take_fragments(mss);
	else
		take_segments(s->payload, mss);
}

static void test_tso(void **state)
{
	const struct bed_how how = { .offloads = TX_CSUM | PLX_OFFLOAD_TX_TSO };
	static const unsigned sizes[] = { 1460, 1000, 536, 77, 1 };
	const uint8_t *bytes;

	(void)state;
	bed_start(&how);
	open_pcap();
	for (unsigned i = 0; i < 200; i++) {
		unsigned mss = sizes[i % (bed_is(BED_FRAGMENTS) ? 3 : 5)];
		size_t most = mss > 100 ? 60000 : 60 * mss;
		size_t payload =
			i % 7 == 0 ? mss * (1 + i / 7u % 4) : bed_random((uint32_t)most) + 1;
		struct inet_spec s =
			random_spec(i & 1 && !bed_is(BED_FRAGMENTS), INET_TCP, payload);

		s.tcp_options = (uint8_t)(4 * bed_random(11));
		s.tag = i % 4 ? 0 : 100;
		if (mss == 1460)
			mss -= s.tcp_options + (s.v6 ? 20u : 0);
		segment(&s, mss);
	}
	assert_int_equal(bed_capture(&bytes, 20), 0);
	judge_pcap();
	bed_end();
}

/* --- verdicts --- */

struct verdict_case {
	const char *what;
	struct inet_spec spec;
	bool bad_ip, bad_upper, no_sum;
	uint32_t flags;
};

#define GOOD (PLX_PKT_RX_IP_GOOD | PLX_PKT_RX_L4_GOOD)
#define ALL  (GOOD | PLX_PKT_RX_IP_BAD | PLX_PKT_RX_L4_BAD)

static const struct verdict_case verdicts[] = {
	{ "TCP", { .protocol = INET_TCP }, .flags = GOOD },
	{ "UDP", { .protocol = INET_UDP }, .flags = GOOD },
	{ "TCP with options",
	  { .protocol = INET_TCP, .ip_options = 8, .tcp_options = 12 },
	  .flags = GOOD },
	{ "TCP, bad",
	  { .protocol = INET_TCP },
	  .bad_upper = true,
	  .flags = PLX_PKT_RX_IP_GOOD | PLX_PKT_RX_L4_BAD },
	{ "UDP, bad",
	  { .protocol = INET_UDP },
	  .bad_upper = true,
	  .flags = PLX_PKT_RX_IP_GOOD | PLX_PKT_RX_L4_BAD },
	{ "IP, bad",
	  { .protocol = INET_TCP },
	  .bad_ip = true,
	  .flags = PLX_PKT_RX_IP_BAD | PLX_PKT_RX_L4_GOOD },
	{ "both bad",
	  { .protocol = INET_UDP },
	  .bad_ip = true,
	  .bad_upper = true,
	  .flags = PLX_PKT_RX_IP_BAD | PLX_PKT_RX_L4_BAD },
	{ "another protocol", { .protocol = INET_OTHER }, .flags = PLX_PKT_RX_IP_GOOD },
	{ "TCP over IPv6", { .v6 = true, .protocol = INET_TCP }, .flags = PLX_PKT_RX_L4_GOOD },
	{ "UDP over IPv6", { .v6 = true, .protocol = INET_UDP }, .flags = PLX_PKT_RX_L4_GOOD },
	{ "TCP over IPv6, bad",
	  { .v6 = true, .protocol = INET_TCP },
	  .bad_upper = true,
	  .flags = PLX_PKT_RX_L4_BAD },
};

static void inject_case(const struct verdict_case *v)
{
	struct inet_spec s = random_spec(v->spec.v6, v->spec.protocol, 200);

	s.ip_options = v->spec.ip_options;
	s.tcp_options = v->spec.tcp_options;
	inet_make(&frame, bed.info.mac, &s);
	if (v->bad_ip)
		frame.bytes[frame.l2 + 8]--; /* TTL, which is in no pseudo header */
	if (v->bad_upper)
		frame.bytes[frame.len - 1] ^= 1;
	bed_inject(frame.bytes, frame.len);
}

static void test_rx_verdicts(void **state)
{
	const struct bed_how how = { .offloads = PLX_OFFLOAD_RX_CSUM };
	struct plx_pkt pkt;

	(void)state;
	bed_start(&how);
	for (unsigned i = 0; i < sizeof(verdicts) / sizeof(*verdicts); i++) {
		uint32_t expected = bed_is(BED_VERDICTS) ? verdicts[i].flags : 0;

		inject_case(&verdicts[i]);
		assert_int_equal(bed_receive(received, &pkt, 1000), frame.len);
		assert_memory_equal(received, frame.bytes, frame.len);
		if ((pkt.flags & ALL) != expected)
			fail_msg("%s: flags 0x%x, not 0x%x", verdicts[i].what, pkt.flags & ALL,
				 expected);
	}
	/* Not IP: nothing to say. */
	bed_inject_marker();
	bed_receive(received, &pkt, 1000);
	assert_int_equal(pkt.flags & ALL, 0);
	bed_end();
}

static void test_no_verdicts_unasked(void **state)
{
	struct plx_pkt pkt;

	(void)state;
	bed_start(NULL);
	for (unsigned i = 0; i < sizeof(verdicts) / sizeof(*verdicts); i++) {
		inject_case(&verdicts[i]);
		assert_int_equal(bed_receive(received, &pkt, 1000), frame.len);
		assert_int_equal(pkt.flags & PLX_PKT_RX_FOUND, 0);
	}
	bed_end();
}

/* --- VLAN --- */

static void send_tagged(uint16_t tci, size_t payload, bool checksum)
{
	struct inet_spec s = random_spec(false, INET_TCP, payload);
	const uint8_t *bytes;
	struct plx_pkt like;
	size_t len;

	s.tag = tci;
	inet_make(&want, bed.info.mac, &s);
	s.tag = 0;
	inet_make(&frame, bed.info.mac, &s);
	like = request(&frame, PLX_PKT_TX_VLAN);
	like.vlan = tci;
	if (checksum) {
		inet_unfinish(&frame);
		like.flags |= csum_flags(&s);
	}
	bed_send(frame.bytes, frame.len, &like, 1);
	len = bed_capture(&bytes, 2000);
	assert_int_equal(len, want.len);
	assert_memory_equal(bytes, want.bytes, len);
}

static void test_vlan_insert(void **state)
{
	/* CTRL.VME switches both on: 8254x manual 13.4.2. */
	const struct bed_how how = { .offloads = TX_CSUM | PLX_OFFLOAD_TX_VLAN |
						 PLX_OFFLOAD_RX_VLAN_STRIP };
	const struct plx_port_conf alone = { .n_txq = 1, .offloads = PLX_OFFLOAD_TX_VLAN };
	const uint8_t *bytes;

	(void)state;
	bed_start(&how);
	bed_ok(plx_port_stop(bed.port));
	assert_int_equal(plx_port_configure(bed.port, &alone), -ENOTSUP);
	bed_go();
	for (unsigned i = 0; i < 200; i++) {
		send_tagged((uint16_t)(1 + bed_random(0xffff)), 40 + bed_random(1400), i & 1);
		/* The next one is not tagged. */
		bed_make(frame.bytes, i, 100);
		bed_send(frame.bytes, 100, NULL, 1);
		bed_expect(bytes, bed_capture(&bytes, 2000), i, 100);
	}
	bed_end();
}

static void inject_tagged(uint16_t tci, size_t payload)
{
	struct inet_spec s = random_spec(false, INET_UDP, payload);

	s.tag = tci;
	inet_make(&frame, bed.info.mac, &s);
	s.tag = 0;
	inet_make(&want, bed.info.mac, &s);
	memcpy(want.bytes + want.l2, frame.bytes + frame.l2, want.len - want.l2);
	bed_inject(frame.bytes, frame.len);
}

/* @strip: tags come beside frames; else in them. */
static void receive_tags(uint32_t offloads)
{
	const struct bed_how how = { .offloads = offloads };
	bool strip = offloads & PLX_OFFLOAD_RX_VLAN_STRIP;
	const struct inet_frame *expected = strip ? &want : &frame;
	struct plx_pkt pkt;

	bed_start(&how);
	for (unsigned i = 0; i < 200; i++) {
		uint16_t tci = (uint16_t)(1 + bed_random(0xffff));

		inject_tagged(tci, 40 + bed_random(1400));
		assert_int_equal(bed_receive(received, &pkt, 1000), expected->len);
		assert_memory_equal(received, expected->bytes, expected->len);
		assert_int_equal(!!(pkt.flags & PLX_PKT_RX_VLAN), strip);
		if (strip)
			assert_int_equal(pkt.vlan, tci);
		bed_inject_marker();
		assert_true(bed_is_marker(received, bed_receive(received, &pkt, 1000)));
		assert_int_equal(pkt.flags & PLX_PKT_RX_VLAN, 0);
	}
	bed_end();
}

static void test_vlan_strip(void **state)
{
	(void)state;
	receive_tags(PLX_OFFLOAD_RX_VLAN_STRIP);
}

static void test_vlan_stays(void **state)
{
	(void)state;
	receive_tags(0);
}

static bool is_wanted(unsigned vid)
{
	return vid == 0 || vid == 1 || vid == 31 || vid == 32 || vid == 1000 || vid == 4095;
}

static void expect_vlans(bool (*wanted)(unsigned vid))
{
	struct plx_pkt pkt;

	for (unsigned first = 0; first < 4096; first += 64) {
		for (unsigned vid = first; vid < first + 64; vid++)
			inject_tagged((uint16_t)(vid | 0x6000), 40); /* and a priority */
		bed_inject_marker();                                 /* without a tag: passes */
		for (unsigned vid = first; vid < first + 64; vid++) {
			if (!wanted(vid))
				continue;
			assert_true(bed_receive(received, &pkt, 1000));
			assert_true(pkt.flags & PLX_PKT_RX_VLAN);
			assert_int_equal(pkt.vlan, vid | 0x6000);
		}
		assert_true(bed_is_marker(received, bed_receive(received, &pkt, 1000)));
	}
}

static bool is_none(unsigned vid)
{
	(void)vid;
	return false;
}

static void test_vlan_filter(void **state)
{
	const struct bed_how how = { .offloads = PLX_OFFLOAD_RX_VLAN_FILTER |
						 PLX_OFFLOAD_RX_VLAN_STRIP };

	(void)state;
	bed_start(&how);
	expect_vlans(is_none);
	for (uint16_t vid = 0; vid < 4096; vid++)
		if (is_wanted(vid))
			bed_ok(plx_port_vlan_add(bed.port, vid));
	expect_vlans(is_wanted);
	bed_ok(plx_port_stop(bed.port));
	bed_go();
	expect_vlans(is_wanted);
	for (uint16_t vid = 0; vid < 4096; vid++)
		if (is_wanted(vid))
			bed_ok(plx_port_vlan_remove(bed.port, vid));
	expect_vlans(is_none);
	bed_end();
}

/* --- RSS --- */

/* The reference against Microsoft's verification suite. */
static void test_toeplitz_reference(void **state)
{
	static const uint8_t key[40] = {
		0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
		0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
		0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa
	};
	static const uint8_t input[12] = {
		66, 9, 149, 187, 161, 142, 100, 80, 2794 >> 8, 2794 & 0xff, 1766 >> 8, 1766 & 0xff
	};

	(void)state;
	assert_int_equal(inet_toeplitz(key, input, 12), 0x51ccc178);
	assert_int_equal(inet_toeplitz(key, input, 8), 0x323e8fc2);
}

/* What is hashed of a frame: addresses, and ports where the types say so. 0: nothing is. */
static size_t hash_input(const struct inet_spec *s, uint32_t types, uint8_t *input)
{
	unsigned address = s->v6 ? 16 : 4;
	bool tcp = s->protocol == INET_TCP;
	bool ports = tcp && types & (s->v6 ? PLX_RSS_IPV6_TCP : PLX_RSS_IPV4_TCP);

	if (!ports && !(types & (s->v6 ? PLX_RSS_IPV6 : PLX_RSS_IPV4)))
		return 0;
	memcpy(input, s->source, address);
	memcpy(input + address, s->target, address);
	inet_put16(input + 2 * address, s->ports[0]);
	inet_put16(input + 2 * address + 2, s->ports[1]);
	return 2 * address + (ports ? 4 : 0);
}

static void expect_spread(const struct plx_rss *rss, unsigned frames, unsigned seen[BED_QUEUES])
{
	const uint16_t entries = bed.info.caps.rss_table_size;

	seen[0] = seen[1] = 0;
	for (unsigned i = 0; i < frames; i++) {
		static const uint8_t protocols[] = { INET_TCP, INET_UDP, INET_OTHER };
		struct inet_spec s = random_spec(i & 1, protocols[i / 2 % 3], 40);
		uint8_t input[36];
		size_t len = hash_input(&s, rss->types, input);
		uint32_t hash = len ? inet_toeplitz(rss->key, input, len) : 0;
		unsigned queue = len ? rss->table[hash & (entries - 1u)] : 0;
		struct plx_pkt pkt;
		double end = bed_now() + 2;

		inet_make(&frame, bed.info.mac, &s);
		bed_inject(frame.bytes, frame.len);
		while (!plx_rx_burst(bed.rxq[queue], &pkt, 1))
			assert_true(bed_now() < end);
		assert_int_equal(pkt.len, frame.len < ETH_MIN ? ETH_MIN : frame.len);
		assert_int_equal(!!(pkt.flags & PLX_PKT_RX_HASH), len != 0);
		if (len)
			assert_int_equal(pkt.hash, hash);
		plx_pkt_free(&pkt, 1);
		seen[queue]++;
	}
}

static void test_rss(void **state)
{
	const struct bed_how how = { .n_rxq = 2, .offloads = PLX_OFFLOAD_RX_HASH };
	static const uint32_t subsets[] = { PLX_RSS_IPV4,
					    PLX_RSS_IPV4_TCP,
					    PLX_RSS_IPV6,
					    PLX_RSS_IPV6_TCP,
					    PLX_RSS_IPV4 | PLX_RSS_IPV6,
					    0 };
	unsigned seen[BED_QUEUES];
	struct plx_rss rss;

	(void)state;
	bed_start(&how);
	assert_int_equal(bed.info.caps.rss_types,
			 PLX_RSS_IPV4 | PLX_RSS_IPV4_TCP | PLX_RSS_IPV6 | PLX_RSS_IPV6_TCP);
	bed_ok(plx_port_rss(bed.port, &rss));
	assert_int_equal(rss.types, bed.info.caps.rss_types);
	expect_spread(&rss, 600, seen);
	assert_in_range(seen[0], 200, 400);
	/* Another key, another table, while it receives. */
	for (unsigned i = 0; i < bed.info.caps.rss_key_size; i++)
		rss.key[i] = (uint8_t)bed_random(256);
	for (unsigned i = 0; i < bed.info.caps.rss_table_size; i++)
		rss.table[i] = (uint16_t)(bed_random(4) == 0);
	bed_ok(plx_port_set_rss(bed.port, &rss));
	expect_spread(&rss, 600, seen);
	assert_in_range(seen[1], 60, 240);
	for (unsigned i = 0; i < sizeof(subsets) / sizeof(*subsets); i++) {
		rss.types = subsets[i];
		bed_ok(plx_port_set_rss(bed.port, &rss));
		expect_spread(&rss, 120, seen);
	}
	/* It is kept. */
	rss.types = bed.info.caps.rss_types;
	bed_ok(plx_port_set_rss(bed.port, &rss));
	bed_ok(plx_port_stop(bed.port));
	bed_go();
	expect_spread(&rss, 120, seen);
	bed_end();
}

int main(int argc, char **argv)
{
	const struct bed_test tests[] = {
		BED_TEST(test_tx_checksums, BED_OFFLOADS),
		BED_TEST(test_tx_checksums_mixed, BED_OFFLOADS),
		BED_TEST(test_tx_offload_not_configured, 0),
		BED_TEST(test_tso, BED_OFFLOADS),
		BED_TEST(test_rx_verdicts, BED_OFFLOADS),
		BED_TEST(test_no_verdicts_unasked, 0),
		BED_TEST(test_vlan_insert, BED_OFFLOADS),
		BED_TEST(test_vlan_strip, BED_OFFLOADS),
		BED_TEST(test_vlan_stays, 0),
		BED_TEST(test_vlan_filter, BED_OFFLOADS),
		BED_TEST(test_toeplitz_reference, 0),
		BED_TEST(test_rss, BED_RSS),
	};

	return BED_MAIN(argc, argv, "offloads", tests);
}
