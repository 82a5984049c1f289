/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The pcap driver through the public API. Input files are written here byte by byte, so that
 * what is read was not made by the library that reads it; output files are read with libpcap.
 */
#include <pollux/pollux.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pcap/pcap.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define MICRO 0xa1b2c3d4u
#define NANO  0xa1b23c4du
#define ETHER 1
#define SEC   1700000000u
#define NS    1000000000ull

static char dir[64];
static struct plx_ctx *ctx;
static struct plx_pool *pool;

/* Paths and specifications: a few at a time live. */
static const char *fmt(const char *format, ...) __attribute__((format(printf, 1, 2)));
static const char *fmt(const char *format, ...)
{
	static char texts[8][1024];
	static unsigned turn;
	char *text = texts[turn++ % 8];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(texts[0]), format, args);
	va_end(args);
	return text;
}

static const char *in(const char *name)
{
	return fmt("%s/%s", dir, name);
}

static struct plx_pool *make_pool(unsigned count, unsigned data_room)
{
	struct plx_pool_opts opts = PLX_POOL_OPTS_DEFAULT;
	struct plx_pool *made;

	opts.count = count;
	opts.data_room = data_room;
	opts.flags = PLX_POOL_SMALL_PAGES;
	assert_int_equal(plx_pool_create(ctx, &opts, &made), 0);
	return made;
}

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/plx-pcap-XXXXXX");
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chmod(dir, 0755), 0);
	assert_int_equal(plx_ctx_create(NULL, &ctx), 0);
	pool = make_pool(512, 2048);
	return 0;
}

/* That the pool can be destroyed says that every buffer came back. */
static int teardown(void **state)
{
	static const char *const names[] = { "in.pcap", "out.pcap", "fifo", "other.pcap" };

	(void)state;
	assert_int_equal(plx_pool_destroy(pool), 0);
	assert_int_equal(plx_ctx_destroy(ctx), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(in(names[i]));
	return rmdir(dir);
}

/* A file in the making. */
struct bytes {
	uint8_t *at;
	size_t len, room;
	bool swapped; /* numbers in the other byte order */
};

static void put(struct bytes *b, const void *data, size_t len)
{
	if (b->len + len >= b->room) {
		b->room = 2 * (b->len + len + 64);
		b->at = realloc(b->at, b->room);
		assert_non_null(b->at);
	}
	if (len)
		memcpy(b->at + b->len, data, len);
	b->len += len;
}

static void put32(struct bytes *b, uint32_t n)
{
	if (b->swapped)
		n = __builtin_bswap32(n);
	put(b, &n, 4);
}

static void put16(struct bytes *b, uint16_t n)
{
	put(b, &n, 2);
}

/* Byte @i of frame @frame: every frame can be told from its neighbours. */
static uint8_t pattern(unsigned frame, unsigned i)
{
	return (uint8_t)(frame * 7 + i + (i >> 8));
}

static void put_header(struct bytes *b, uint32_t magic, uint32_t snaplen, uint32_t link)
{
	put32(b, magic);
	put32(b, b->swapped ? 0x00020004 : 0x00040002);
	put32(b, 0);
	put32(b, 0);
	put32(b, snaplen);
	put32(b, link);
}

static void put_pattern(struct bytes *b, unsigned frame, unsigned len)
{
	for (unsigned i = 0; i < len; i++) {
		uint8_t byte = pattern(frame, i);

		put(b, &byte, 1);
	}
}

static void put_record(struct bytes *b, unsigned frame, uint32_t caplen, uint32_t len)
{
	put32(b, SEC + frame);
	put32(b, frame);
	put32(b, caplen);
	put32(b, len);
	put_pattern(b, frame, caplen);
}

static void save(struct bytes *b, const char *name)
{
	FILE *file = fopen(in(name), "wb");

	assert_non_null(file);
	if (b->len)
		assert_int_equal(fwrite(b->at, 1, b->len, file), b->len);
	assert_int_equal(fclose(file), 0);
	free(b->at);
	memset(b, 0, sizeof(*b));
}

/* in.pcap: @n frames, the first of @len bytes, each one byte longer than the one before. */
static void save_frames(unsigned n, unsigned len)
{
	struct bytes b = { 0 };

	put_header(&b, NANO, 262144, ETHER);
	for (unsigned i = 0; i < n; i++)
		put_record(&b, i, len + i, len + i);
	save(&b, "in.pcap");
}

static struct plx_port *open_port(const char *spec)
{
	struct plx_port *port;

	if (plx_port_open(ctx, spec, &port))
		fail_msg("%s: %s", spec, plx_last_error()->text);
	return port;
}

static void start_with(struct plx_port *port, struct plx_pool *rx_pool)
{
	struct plx_port_conf conf = { .rx_pool = rx_pool };
	struct plx_port_info info;

	plx_port_info(port, &info);
	if (!info.caps.max_rxq)
		conf.rx_pool = NULL;
	if (plx_port_configure(port, &conf) || plx_port_start(port))
		fail_msg("%s", plx_last_error()->text);
}

static struct plx_port *start_port(const char *spec)
{
	struct plx_port *port = open_port(spec);

	start_with(port, pool);
	return port;
}

/* Opening must fail, with exactly this sentence. */
static void assert_refused(const char *spec, int err, int reason, const char *text)
{
	struct plx_port *port;

	assert_int_equal(plx_port_open(ctx, spec, &port), err);
	assert_null(port);
	assert_string_equal(plx_last_error()->text, text);
	assert_int_equal(plx_last_error()->reason, reason);
}

static struct plx_queue_stats rx_stats(struct plx_port *port)
{
	struct plx_queue_stats stats;

	plx_rxq_stats(plx_port_rxq(port, 0), &stats);
	return stats;
}

static struct plx_queue_stats tx_stats(struct plx_port *port)
{
	struct plx_queue_stats stats;

	plx_txq_stats(plx_port_txq(port, 0), &stats);
	return stats;
}

/* Entry @pkt has the bytes of frame @frame from @from on. */
static void assert_bytes(const struct plx_pkt *pkt, unsigned frame, unsigned from)
{
	for (unsigned i = 0; i < pkt->len; i++)
		if (pkt->data[i] != pattern(frame, from + i))
			fail_msg("frame %u differs at byte %u", frame, from + i);
}

/* The next entry received is the whole of frame @frame, @len bytes. */
static void assert_next(struct plx_port *port, unsigned frame, unsigned len)
{
	struct plx_port_info info;
	struct plx_pkt pkt;

	plx_port_info(port, &info);
	assert_int_equal(plx_rx_burst(plx_port_rxq(port, 0), &pkt, 1), 1);
	assert_int_equal(pkt.len, len);
	assert_int_equal(pkt.flags, PLX_PKT_TIMESTAMP);
	assert_int_equal(pkt.port, info.number);
	assert_int_equal(pkt.pool, plx_pool_number(pool));
	assert_int_equal(pkt.timestamp, (SEC + frame) * NS + frame);
	assert_bytes(&pkt, frame, 0);
	plx_pkt_free(&pkt, 1);
}

static void assert_end(struct plx_port *port)
{
	struct plx_pkt pkts[64];

	assert_int_equal(plx_rx_burst(plx_port_rxq(port, 0), pkts, 64), 0);
	assert_int_equal(plx_rxq_status(plx_port_rxq(port, 0)), -ENODATA);
	assert_int_equal(plx_last_error()->reason, PLX_R_END);
	assert_string_equal(plx_last_error()->text, fmt("%s has ended", in("in.pcap")));
}

/* An end with a word about what was not sound; @counts: packets, cut ones, unfit ones. */
static void assert_unsound_end(struct plx_port *port, const unsigned counts[3])
{
	struct plx_pkt pkts[64];

	assert_int_equal(plx_rx_burst(plx_port_rxq(port, 0), pkts, 64), 0);
	assert_int_equal(plx_rxq_status(plx_port_rxq(port, 0)), -EBADMSG);
	assert_int_equal(plx_last_error()->reason, PLX_R_FORMAT);
	assert_string_equal(
		plx_last_error()->text,
		fmt("%s has ended: of its %u packets %u were cut when they were captured, "
		    "and %u could not be received (empty, or longer than maxlen)",
		    in("in.pcap"), counts[0], counts[1], counts[2]));
}

static void assert_damaged(struct plx_port *port, unsigned after, const char *why)
{
	struct plx_pkt pkts[64];

	assert_int_equal(plx_rx_burst(plx_port_rxq(port, 0), pkts, 64), 0);
	assert_int_equal(plx_rxq_status(plx_port_rxq(port, 0)), -EINVAL);
	assert_int_equal(plx_last_error()->reason, PLX_R_FORMAT);
	assert_string_equal(plx_last_error()->text,
			    fmt("%s is damaged after packet %u: %s", in("in.pcap"), after, why));
}

static void assert_closes(struct plx_port *port)
{
	if (plx_port_close(port))
		fail_msg("%s", plx_last_error()->text);
}

/* Opening: what is refused, and how. */

static void test_needs_a_file(void **state)
{
	(void)state;
	assert_refused("pcap", -EINVAL, PLX_R_BAD_KEY, "pcap needs rx=FILE, tx=FILE or both");
	assert_refused("pcap:loop=0", -EINVAL, PLX_R_BAD_KEY,
		       "pcap needs rx=FILE, tx=FILE or both");
}

static void test_file_that_cannot_be_read(void **state)
{
	(void)state;
	assert_refused(fmt("pcap:rx=%s", in("none.pcap")), -ENOENT, PLX_R_FILE,
		       fmt("%s cannot be read: No such file or directory", in("none.pcap")));
	assert_int_equal(plx_last_error()->sys_errno, ENOENT);
	assert_refused(fmt("pcap:rx=%s", dir), -EISDIR, PLX_R_FILE,
		       fmt("%s cannot be read: Is a directory", dir));
}

static void test_file_without_permission(void **state)
{
	(void)state;
	save_frames(1, 60);
	assert_int_equal(chmod(in("in.pcap"), 0), 0);
	if (!geteuid())
		assert_int_equal(seteuid(65534), 0);
	assert_refused(fmt("pcap:rx=%s", in("in.pcap")), -EACCES, PLX_R_FILE,
		       fmt("%s cannot be read: Permission denied", in("in.pcap")));
	assert_refused(fmt("pcap:tx=%s", in("in.pcap")), -EACCES, PLX_R_FILE,
		       fmt("%s cannot be written: Permission denied", in("in.pcap")));
	if (!getuid())
		assert_int_equal(seteuid(0), 0);
}

static void test_file_that_is_no_capture(void **state)
{
	static const char text[] = "This is not a capture file, but a line of text.\n";
	struct bytes b = { 0 };

	(void)state;
	save(&b, "in.pcap");
	assert_refused(fmt("pcap:rx=%s", in("in.pcap")), -EINVAL, PLX_R_FORMAT,
		       fmt("%s is empty, so it is no capture file", in("in.pcap")));
	put(&b, text, sizeof(text));
	save(&b, "in.pcap");
	assert_refused(fmt("pcap:rx=%s", in("in.pcap")), -EINVAL, PLX_R_FORMAT,
		       fmt("%s is no capture file: unknown file format", in("in.pcap")));
	put_header(&b, NANO, 262144, ETHER);
	b.len = 10;
	save(&b, "in.pcap");
	assert_refused(fmt("pcap:rx=%s", in("in.pcap")), -EINVAL, PLX_R_FORMAT,
		       fmt("%s is no capture file: truncated dump file; tried to read 24 file "
			   "header bytes, only got 6",
			   in("in.pcap")));
}

static void test_other_link_types(void **state)
{
	struct bytes b = { 0 };

	(void)state;
	put_header(&b, NANO, 262144, 105); /* LINKTYPE_IEEE802_11 */
	save(&b, "in.pcap");
	assert_refused(fmt("pcap:rx=%s", in("in.pcap")), -EINVAL, PLX_R_FORMAT,
		       fmt("%s has link type IEEE802_11: only Ethernet (EN10MB) can be received",
			   in("in.pcap")));
	put_header(&b, NANO, 262144, 60000);
	save(&b, "in.pcap");
	assert_refused(fmt("pcap:rx=%s", in("in.pcap")), -EINVAL, PLX_R_FORMAT,
		       fmt("%s has link type number 60000: only Ethernet (EN10MB) can be received",
			   in("in.pcap")));
}

/* The cause must not fall off the end of the sentence. */
static void test_long_path(void **state)
{
	char name[201];
	const char *path;

	(void)state;
	memset(name, 'x', 200);
	name[200] = '\0';
	path = in(name);
	assert_refused(
		fmt("pcap:rx=%s", path), -ENOENT, PLX_R_FILE,
		fmt("%s cannot be read: No such file or directory", path + strlen(path) - 100));
}

/* What the port says of itself. */

static void test_caps(void **state)
{
	struct plx_port_conf both = { .n_rxq = 1, .n_txq = 1, .rx_pool = pool };
	struct plx_port_info info;
	struct plx_port *port;

	(void)state;
	save_frames(1, 60);
	port = open_port(fmt("pcap:rx=%s", in("in.pcap")));
	plx_port_info(port, &info);
	assert_string_equal(info.driver, "pcap");
	assert_int_equal(info.caps.features, PLX_PORT_RX | PLX_PORT_ENDS);
	assert_int_equal(info.caps.max_rxq, 1);
	assert_int_equal(info.caps.max_txq, 0);
	assert_int_equal(info.caps.max_frame, 65549);
	assert_int_equal(info.mac[0], 0x02);
	assert_int_equal(plx_port_configure(port, &both), -ENOTSUP);
	assert_int_equal(plx_port_set_mtu(port, 1500), -ENOTSUP);
	assert_closes(port);

	port = open_port(fmt("pcap:rx=%s,loop=0,maxlen=1518", in("in.pcap")));
	plx_port_info(port, &info);
	assert_int_equal(info.caps.features, PLX_PORT_RX);
	assert_int_equal(info.caps.max_frame, 1518);
	assert_closes(port);

	port = open_port(fmt("pcap:tx=%s", in("out.pcap")));
	plx_port_info(port, &info);
	assert_int_equal(info.caps.features, PLX_PORT_TX);
	assert_int_equal(info.caps.max_rxq, 0);
	assert_int_equal(info.caps.max_txq, 1);
	assert_int_equal(plx_port_configure(port, &both), -ENOTSUP);
	assert_closes(port);
}

/* Receiving from the file as it is read. */

static void test_receive(void **state)
{
	struct plx_queue_stats stats;
	struct plx_port_info info;
	struct plx_port *port, *first;

	(void)state;
	/* Not number 0, which every packet has that nobody numbered. */
	first = open_port("null");
	save_frames(100, 60);
	port = start_port(fmt("pcap:rx=%s", in("in.pcap")));
	plx_port_info(port, &info);
	assert_int_equal(info.rx_max_entries, 1);
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(plx_rxq_status(plx_port_rxq(port, 0)), 0);
		assert_next(port, i, 60 + i);
	}
	assert_end(port);
	assert_end(port);
	stats = rx_stats(port);
	assert_int_equal(stats.packets, 100);
	assert_int_equal(stats.bytes, 100 * 60 + 99 * 100 / 2);
	for (int i = 0; i < PLX_DROP_COUNT_; i++)
		assert_int_equal(stats.drops[i], 0);
	assert_closes(port);
	assert_closes(first);
}

/* Bursts of any size, also one that ends with the file. */
static void test_receive_bursts(void **state)
{
	struct plx_port *port;
	struct plx_pkt pkts[64];
	unsigned n, done = 0;

	(void)state;
	for (unsigned size = 1; size <= 64; size += 7) {
		save_frames(64, 60);
		port = start_port(fmt("pcap:rx=%s", in("in.pcap")));
		for (done = 0; (n = plx_rx_burst(plx_port_rxq(port, 0), pkts, size)); done += n) {
			for (unsigned i = 0; i < n; i++)
				assert_bytes(&pkts[i], done + i, 0);
			plx_pkt_free(pkts, n);
		}
		assert_int_equal(done, 64);
		assert_end(port);
		assert_closes(port);
	}
}

static void test_no_packets(void **state)
{
	struct plx_port *port;

	(void)state;
	save_frames(0, 0);
	port = start_port(fmt("pcap:rx=%s", in("in.pcap")));
	assert_end(port);
	assert_closes(port);
}

/* Timestamps are nanoseconds whatever the file has, in either byte order and after 2038. */
static void test_timestamps(void **state)
{
	static const uint32_t late = 0xf0000000;
	struct bytes b = { 0 };
	struct plx_port *port;
	struct plx_pkt pkt;

	(void)state;
	for (int i = 0; i < 4; i++) {
		b.swapped = i & 1;
		put_header(&b, i & 2 ? NANO : MICRO, 65535, ETHER);
		put32(&b, late);
		put32(&b, 999999);
		put32(&b, 60);
		put32(&b, 60);
		put_pattern(&b, 0, 60);
		save(&b, "in.pcap");
		port = start_port(fmt("pcap:rx=%s", in("in.pcap")));
		assert_int_equal(plx_rx_burst(plx_port_rxq(port, 0), &pkt, 1), 1);
		assert_int_equal(pkt.timestamp, late * NS + (i & 2 ? 999999 : 999999000));
		plx_pkt_free(&pkt, 1);
		assert_closes(port);
	}
}

/* A block of a pcapng file: type, body, and its length at both ends. */
static void put_block(struct bytes *b, uint32_t type, const struct bytes *body)
{
	uint32_t padded = (uint32_t)(body->len + 3) & ~3u;

	put32(b, type);
	put32(b, padded + 12);
	put(b, body->at, body->len);
	put(b, "\0\0\0", padded - body->len);
	put32(b, padded + 12);
}

static void put_section_header(struct bytes *b)
{
	struct bytes body = { 0 };

	put32(&body, 0x1a2b3c4d);
	put16(&body, 1);
	put16(&body, 0);
	put32(&body, UINT32_MAX);
	put32(&body, UINT32_MAX);
	put_block(b, 0x0a0d0d0a, &body);
	free(body.at);
}

/* With if_tsresol 9: nanoseconds. */
static void put_interface(struct bytes *b, uint16_t link)
{
	struct bytes body = { 0 };

	put16(&body, link);
	put16(&body, 0);
	put32(&body, 262144);
	put16(&body, 9);
	put16(&body, 1);
	put(&body, "\x09\0\0\0", 4);
	put32(&body, 0);
	put_block(b, 1, &body);
	free(body.at);
}

static void put_enhanced_packet(struct bytes *b, unsigned frame, uint32_t caplen, uint32_t len)
{
	uint64_t timestamp = (SEC + frame) * NS + frame;
	struct bytes body = { 0 };

	put32(&body, 0);
	put32(&body, (uint32_t)(timestamp >> 32));
	put32(&body, (uint32_t)timestamp);
	put32(&body, caplen);
	put32(&body, len);
	put_pattern(&body, frame, caplen);
	put_block(b, 6, &body);
	free(body.at);
}

static void save_pcapng(unsigned n, unsigned len)
{
	struct bytes b = { 0 };

	put_section_header(&b);
	put_interface(&b, ETHER);
	for (unsigned i = 0; i < n; i++)
		put_enhanced_packet(&b, i, len + i, len + i);
	save(&b, "in.pcap");
}

static void test_pcapng(void **state)
{
	struct plx_port *port;

	(void)state;
	save_pcapng(10, 61);
	port = start_port(fmt("pcap:rx=%s", in("in.pcap")));
	for (unsigned i = 0; i < 10; i++)
		assert_next(port, i, 61 + i);
	assert_end(port);
	assert_closes(port);
}

static void test_frames_that_are_dropped(void **state)
{
	struct plx_queue_stats stats;
	struct bytes b = { 0 };
	struct plx_port *port;

	(void)state;
	put_header(&b, NANO, 262144, ETHER);
	put_record(&b, 0, 0, 0);
	put_record(&b, 1, 100, 100);
	put_record(&b, 2, 101, 101);
	put_record(&b, 3, 0, 60);
	put_record(&b, 4, 99, 99);
	put_record(&b, 5, 262144, 262144);
	save(&b, "in.pcap");
	port = start_port(fmt("pcap:rx=%s,maxlen=100", in("in.pcap")));
	assert_next(port, 1, 100);
	assert_next(port, 4, 99);
	assert_unsound_end(port, (const unsigned[]){ 6, 1, 4 });
	stats = rx_stats(port);
	assert_int_equal(stats.packets, 2);
	assert_int_equal(stats.bytes, 199);
	assert_int_equal(stats.drops[PLX_DROP_EMPTY], 2);
	assert_int_equal(stats.drops[PLX_DROP_TOO_LONG], 2);
	assert_closes(port);
}

/* Without maxlen= the limit is what an MTU of 65,535 allows. */
static void test_default_maxlen(void **state)
{
	struct bytes b = { 0 };
	struct plx_port *port;
	struct plx_port_info info;
	struct plx_pkt pkts[64];

	(void)state;
	put_header(&b, NANO, 262144, ETHER);
	put_record(&b, 0, 65550, 65550);
	put_record(&b, 1, 65549, 65549);
	save(&b, "in.pcap");
	port = start_port(fmt("pcap:rx=%s", in("in.pcap")));
	plx_port_info(port, &info);
	assert_int_equal(info.rx_max_entries, 33);
	assert_int_equal(plx_rx_burst(plx_port_rxq(port, 0), pkts, 64), 33);
	plx_pkt_free(pkts, 33);
	assert_unsound_end(port, (const unsigned[]){ 2, 0, 1 });
	assert_int_equal(rx_stats(port).drops[PLX_DROP_TOO_LONG], 1);
	assert_closes(port);
}

/* One frame over as many buffers as it needs. */
static void assert_frame(const struct plx_pkt *pkts, unsigned frame, unsigned len, unsigned room)
{
	unsigned done = 0;

	for (unsigned i = 0; done < len; i++) {
		bool more = len - done > room;

		assert_int_equal(pkts[i].len, more ? room : len - done);
		assert_int_equal(pkts[i].flags, PLX_PKT_TIMESTAMP | (more ? PLX_PKT_MORE : 0u));
		assert_int_equal(pkts[i].timestamp, (SEC + frame) * NS + frame);
		assert_bytes(&pkts[i], frame, done);
		done += pkts[i].len;
	}
}

static void check_scattered(const char *spec)
{
	struct plx_pool *small = make_pool(64, 100);
	struct plx_port *port = open_port(spec);
	struct plx_port_info info;
	struct plx_pkt pkts[16];
	struct plx_rxq *q;

	start_with(port, small);
	q = plx_port_rxq(port, 0);
	plx_port_info(port, &info);
	assert_int_equal(info.rx_max_entries, 4);
	assert_int_equal(plx_rx_burst(q, pkts, 3), 0);
	assert_int_equal(plx_rxq_status(q), 0);
	assert_int_equal(rx_stats(port).short_bursts, 1);
	/* 60, 100, 101 and 400 bytes: 1 + 1 + 2 entries, and four that do not fit. */
	assert_int_equal(plx_rx_burst(q, pkts, 7), 4);
	assert_frame(pkts, 0, 60, 100);
	assert_frame(pkts + 1, 1, 100, 100);
	assert_frame(pkts + 2, 2, 101, 100);
	plx_pkt_free(pkts, 4);
	assert_int_equal(plx_rx_burst(q, pkts, 4), 4);
	assert_frame(pkts, 3, 400, 100);
	plx_pkt_free(pkts, 4);
	assert_int_equal(rx_stats(port).packets, 4);
	assert_int_equal(rx_stats(port).bytes, 661);
	assert_closes(port);
	assert_int_equal(plx_pool_destroy(small), 0);
}

static void test_frames_larger_than_a_buffer(void **state)
{
	struct bytes b = { 0 };

	(void)state;
	put_header(&b, NANO, 262144, ETHER);
	put_record(&b, 0, 60, 60);
	put_record(&b, 1, 100, 100);
	put_record(&b, 2, 101, 101);
	put_record(&b, 3, 400, 400);
	save(&b, "in.pcap");
	check_scattered(fmt("pcap:rx=%s", in("in.pcap")));
	check_scattered(fmt("pcap:rx=%s,loop=2", in("in.pcap")));
}

static void check_cut(const char *spec)
{
	struct plx_pool *small = make_pool(64, 64);
	struct plx_port *port = open_port(spec);
	struct plx_pkt pkts[4];

	start_with(port, small);
	assert_int_equal(plx_rx_burst(plx_port_rxq(port, 0), pkts, 4), 4);
	assert_int_equal(pkts[0].flags, PLX_PKT_TIMESTAMP | PLX_PKT_CUT | PLX_PKT_MORE);
	assert_int_equal(pkts[0].wire_len, 1514);
	assert_int_equal(pkts[1].len, 32);
	assert_int_equal(pkts[1].flags, PLX_PKT_TIMESTAMP | PLX_PKT_CUT);
	assert_int_equal(pkts[1].wire_len, 1514);
	assert_int_equal(pkts[2].flags, PLX_PKT_TIMESTAMP);
	assert_int_equal(pkts[3].flags, PLX_PKT_TIMESTAMP | PLX_PKT_CUT);
	assert_int_equal(pkts[3].wire_len, 61);
	plx_pkt_free(pkts, 4);
	assert_closes(port);
	assert_int_equal(plx_pool_destroy(small), 0);
}

static void test_frames_that_were_cut(void **state)
{
	struct bytes b = { 0 };

	(void)state;
	put_header(&b, NANO, 96, ETHER);
	put_record(&b, 0, 96, 1514);
	put_record(&b, 1, 60, 60);
	put_record(&b, 2, 60, 61);
	save(&b, "in.pcap");
	check_cut(fmt("pcap:rx=%s", in("in.pcap")));
	check_cut(fmt("pcap:rx=%s,loop=3", in("in.pcap")));
}

/* A record that claims more bytes on file than on the wire is taken for what is there. */
static void test_captured_more_than_there_was(void **state)
{
	struct bytes b = { 0 };
	struct plx_port *port;

	(void)state;
	put_header(&b, NANO, 262144, ETHER);
	put_record(&b, 0, 100, 60);
	save(&b, "in.pcap");
	port = start_port(fmt("pcap:rx=%s", in("in.pcap")));
	assert_next(port, 0, 100);
	assert_end(port);
	assert_closes(port);
}

/* Damage: all whole packets come first. */

static void test_truncated(void **state)
{
	struct bytes b = { 0 };
	struct plx_port *port;

	(void)state;
	for (unsigned cut = 1; cut < 100; cut += 49) {
		put_header(&b, NANO, 262144, ETHER);
		for (unsigned i = 0; i < 42; i++)
			put_record(&b, i, 90, 90);
		b.len -= cut;
		save(&b, "in.pcap");
		port = start_port(fmt("pcap:rx=%s", in("in.pcap")));
		for (unsigned i = 0; i < 41; i++)
			assert_next(port, i, 90);
		assert_damaged(port, 41,
			       cut < 90 ? fmt("truncated dump file; tried to read 90 captured "
					      "bytes, only got %u",
					      90 - cut)
					: fmt("truncated dump file; tried to read 16 header bytes, "
					      "only got %u",
					      106 - cut));
		assert_int_equal(rx_stats(port).packets, 41);
		assert_closes(port);
	}
}

static void test_truncated_at_once(void **state)
{
	struct bytes b = { 0 };
	struct plx_port *port;

	(void)state;
	put_header(&b, NANO, 262144, ETHER);
	put32(&b, SEC);
	save(&b, "in.pcap");
	port = start_port(fmt("pcap:rx=%s", in("in.pcap")));
	assert_damaged(port, 0, "truncated dump file; tried to read 16 header bytes, only got 4");
	assert_closes(port);
}

static void test_absurd_length(void **state)
{
	struct bytes b = { 0 };
	struct plx_port *port;

	(void)state;
	put_header(&b, NANO, 65535, ETHER);
	put_record(&b, 0, 60, 60);
	put32(&b, SEC);
	put32(&b, 0);
	put32(&b, 0xfffffff0);
	put32(&b, 0xfffffff0);
	put_pattern(&b, 1, 100);
	save(&b, "in.pcap");
	port = start_port(fmt("pcap:rx=%s", in("in.pcap")));
	assert_next(port, 0, 60);
	assert_damaged(port, 1,
		       "invalid packet capture length 4294967280, bigger than snaplen of 65535");
	assert_closes(port);
}

/* What is to be played again and again must be good as a whole. */
/* What is whole is played, but once. */
static void test_truncated_and_looped(void **state)
{
	struct bytes b = { 0 };
	struct plx_port *port;

	(void)state;
	put_header(&b, NANO, 262144, ETHER);
	put_record(&b, 0, 60, 60);
	put_record(&b, 1, 60, 60);
	b.len--;
	save(&b, "in.pcap");
	port = start_port(fmt("pcap:rx=%s,loop=2", in("in.pcap")));
	assert_next(port, 0, 60);
	assert_damaged(port, 1,
		       "truncated dump file; tried to read 60 captured bytes, only got 59");
	assert_closes(port);
}

/* The file changed between opening and reading: a frame longer than any before. */
static void test_file_that_grows(void **state)
{
	struct bytes b = { 0 };
	struct plx_port *port;
	FILE *file;

	(void)state;
	save_frames(1, 60);
	port = start_port(fmt("pcap:rx=%s", in("in.pcap")));
	file = fopen(in("in.pcap"), "ab");
	put_record(&b, 1, 5000, 5000);
	put_record(&b, 2, 60, 60);
	assert_int_equal(fwrite(b.at, 1, b.len, file), b.len);
	assert_int_equal(fclose(file), 0);
	free(b.at);
	assert_next(port, 0, 60);
	assert_next(port, 2, 60);
	assert_unsound_end(port, (const unsigned[]){ 3, 0, 1 });
	assert_int_equal(rx_stats(port).drops[PLX_DROP_TOO_LONG], 1);
	assert_closes(port);
}

/* Playing a capture from memory. */

static void test_loop_twice(void **state)
{
	struct plx_port *port;

	(void)state;
	save_frames(3, 60);
	port = start_port(fmt("pcap:rx=%s,loop=2", in("in.pcap")));
	for (unsigned i = 0; i < 6; i++) {
		assert_int_equal(plx_rxq_status(plx_port_rxq(port, 0)), 0);
		assert_next(port, i % 3, 60 + i % 3);
	}
	assert_end(port);
	assert_int_equal(rx_stats(port).packets, 6);
	assert_int_equal(rx_stats(port).bytes, 6 * 61);
	assert_closes(port);
}

static void test_loop_for_ever(void **state)
{
	struct plx_port *port;
	struct plx_pkt pkts[32];

	(void)state;
	save_frames(3, 60);
	port = start_port(fmt("pcap:rx=%s,loop=0", in("in.pcap")));
	for (unsigned done = 0; done < 320; done += 32) {
		assert_int_equal(plx_rx_burst(plx_port_rxq(port, 0), pkts, 32), 32);
		for (unsigned i = 0; i < 32; i++)
			assert_bytes(&pkts[i], (done + i) % 3, 0);
		plx_pkt_free(pkts, 32);
		assert_int_equal(plx_rxq_status(plx_port_rxq(port, 0)), 0);
	}
	assert_closes(port);
}

static void test_nothing_to_loop(void **state)
{
	struct bytes b = { 0 };

	(void)state;
	save_frames(0, 0);
	assert_refused(fmt("pcap:rx=%s,loop=0", in("in.pcap")), -EINVAL, PLX_R_FORMAT,
		       fmt("%s has no packets to loop", in("in.pcap")));
	put_header(&b, NANO, 262144, ETHER);
	put_record(&b, 0, 0, 60);
	save(&b, "in.pcap");
	assert_refused(fmt("pcap:rx=%s,loop=2", in("in.pcap")), -EINVAL, PLX_R_FORMAT,
		       fmt("%s has no packets to loop", in("in.pcap")));
}

static void test_drops_of_a_loop(void **state)
{
	struct bytes b = { 0 };
	struct plx_port *port;

	(void)state;
	put_header(&b, NANO, 262144, ETHER);
	put_record(&b, 0, 0, 0);
	put_record(&b, 1, 60, 60);
	put_record(&b, 2, 101, 101);
	put_record(&b, 3, 61, 61);
	save(&b, "in.pcap");
	port = start_port(fmt("pcap:rx=%s,loop=3,maxlen=100", in("in.pcap")));
	for (unsigned i = 0; i < 3; i++) {
		assert_next(port, 1, 60);
		assert_next(port, 3, 61);
	}
	assert_unsound_end(port, (const unsigned[]){ 4, 0, 2 });
	assert_int_equal(rx_stats(port).drops[PLX_DROP_EMPTY], 3);
	assert_int_equal(rx_stats(port).drops[PLX_DROP_TOO_LONG], 3);
	assert_closes(port);
}

/* A capture of some size: growing while it loads must not lose anything. */
static void test_loop_of_many(void **state)
{
	struct bytes b = { 0 };
	struct plx_port *port;

	(void)state;
	put_header(&b, NANO, 262144, ETHER);
	for (unsigned i = 0; i < 9000; i++)
		put_record(&b, i, 60 + i % 1000, 60 + i % 1000);
	save(&b, "in.pcap");
	port = start_port(fmt("pcap:rx=%s,loop=2", in("in.pcap")));
	for (unsigned i = 0; i < 18000; i++)
		assert_next(port, i % 9000, 60 + i % 1000);
	assert_end(port);
	assert_closes(port);
}

/* 4,096 bytes are what is there at first; copying the last frame reads 64 bytes. */
static void test_loop_that_fills_its_memory(void **state)
{
	struct bytes b = { 0 };
	struct plx_port *port;

	(void)state;
	put_header(&b, NANO, 262144, ETHER);
	put_record(&b, 0, 2036, 2036);
	put_record(&b, 1, 2000, 2000);
	put_record(&b, 2, 60, 60);
	save(&b, "in.pcap");
	port = start_port(fmt("pcap:rx=%s,loop=0", in("in.pcap")));
	assert_next(port, 0, 2036);
	assert_next(port, 1, 2000);
	assert_next(port, 2, 60);
	assert_closes(port);
}

/* Buffers. */

static void check_no_buffer(const char *spec, unsigned n)
{
	struct plx_pool *few = make_pool(4, 2048);
	struct plx_port *port = open_port(spec);
	struct plx_pkt pkts[32];
	unsigned done = 0, got;
	struct plx_rxq *q;

	start_with(port, few);
	q = plx_port_rxq(port, 0);
	while (done < n) {
		got = plx_rx_burst(q, pkts, 32);
		assert_in_range(got, 1, 4);
		assert_int_equal(plx_rx_burst(q, pkts + got, 32 - got), 0);
		assert_int_equal(plx_rxq_status(q), got == 4 ? 0 : -ENODATA);
		for (unsigned i = 0; i < got; i++)
			assert_bytes(&pkts[i], (done + i) % 10, 0);
		plx_pkt_free(pkts, got);
		done += got;
	}
	assert_end(port);
	assert_int_equal(rx_stats(port).packets, n);
	assert_int_equal(rx_stats(port).drops[PLX_DROP_NO_BUFFER], 0);
	assert_closes(port);
	assert_int_equal(plx_pool_destroy(few), 0);
}

/* A file waits for buffers: nothing is lost. */
static void test_no_buffer(void **state)
{
	(void)state;
	save_frames(10, 60);
	check_no_buffer(fmt("pcap:rx=%s", in("in.pcap")), 10);
	check_no_buffer(fmt("pcap:rx=%s,loop=3", in("in.pcap")), 30);
}

static void test_pool_too_small(void **state)
{
	struct plx_pool *few = make_pool(4, 100);
	struct plx_port_conf conf = { .rx_pool = few };
	struct plx_port *port;

	(void)state;
	save_frames(1, 401);
	port = open_port(fmt("pcap:rx=%s", in("in.pcap")));
	assert_int_equal(plx_port_configure(port, &conf), -EINVAL);
	assert_string_equal(plx_last_error()->text,
			    "the longest frame needs 5 buffers and the pool has 4: give it more or "
			    "larger ones");
	start_with(port, pool);
	assert_next(port, 0, 401);
	assert_closes(port);
	assert_int_equal(plx_pool_destroy(few), 0);
}

static void ignore(void *arg, const struct plx_pkt *pkts, unsigned n)
{
	(void)arg;
	(void)pkts;
	(void)n;
}

static void test_wrapped_pool(void **state)
{
	struct plx_port_conf conf = { 0 };
	struct plx_pool *wrapped;
	struct plx_port *port;

	(void)state;
	save_frames(1, 60);
	assert_int_equal(plx_pool_wrap(ctx, NULL, ignore, NULL, &wrapped), 0);
	conf.rx_pool = wrapped;
	port = open_port(fmt("pcap:rx=%s", in("in.pcap")));
	assert_int_equal(plx_port_configure(port, &conf), -ENOTSUP);
	assert_closes(port);
	assert_int_equal(plx_pool_destroy(wrapped), 0);
}

/* Where reading stands outlives a stop, and a new configuration. */
static void check_goes_on(const char *spec)
{
	struct plx_port *port = start_port(spec);
	struct plx_pkt pkt;

	assert_next(port, 0, 60);
	assert_int_equal(plx_port_stop(port), 0);
	assert_int_equal(plx_rx_burst(plx_port_rxq(port, 0), &pkt, 1), 0);
	assert_int_equal(plx_port_start(port), 0);
	assert_next(port, 1, 61);
	assert_int_equal(plx_port_stop(port), 0);
	start_with(port, pool);
	assert_next(port, 2, 62);
	assert_closes(port);
}

static void test_stop_and_start(void **state)
{
	(void)state;
	save_frames(4, 60);
	check_goes_on(fmt("pcap:rx=%s", in("in.pcap")));
	check_goes_on(fmt("pcap:rx=%s,loop=0", in("in.pcap")));
}

/* Sending. */

/* Packets with frame @first and those after it, @len bytes each, whole and in one buffer. */
static void make_frames(struct plx_pkt *pkts, unsigned n, unsigned first, unsigned len)
{
	assert_int_equal(plx_pool_get(pool, NULL, pkts, n), n);
	for (unsigned i = 0; i < n; i++) {
		pkts[i].len = (uint16_t)len;
		pkts[i].flags = PLX_PKT_TIMESTAMP;
		pkts[i].timestamp = (SEC + first + i) * NS + first + i;
		for (unsigned j = 0; j < len; j++)
			pkts[i].data[j] = pattern(first + i, j);
	}
}

static pcap_t *read_back(const char *name)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *pcap =
		pcap_open_offline_with_tstamp_precision(in(name), PCAP_TSTAMP_PRECISION_NANO, why);

	if (!pcap)
		fail_msg("%s: %s", name, why);
	assert_int_equal(pcap_datalink(pcap), DLT_EN10MB);
	assert_int_equal(pcap_snapshot(pcap), 262144);
	return pcap;
}

/* The next record of a file: header and bytes of that frame. */
static void assert_record(pcap_t *pcap, unsigned frame, unsigned caplen, unsigned len)
{
	struct pcap_pkthdr *header;
	const u_char *data;

	assert_int_equal(pcap_next_ex(pcap, &header, &data), 1);
	assert_int_equal(header->caplen, caplen);
	assert_int_equal(header->len, len);
	assert_int_equal(header->ts.tv_sec, SEC + frame);
	assert_int_equal(header->ts.tv_usec, frame);
	for (unsigned i = 0; i < caplen; i++)
		if (data[i] != pattern(frame, i))
			fail_msg("frame %u differs at byte %u", frame, i);
}

static void assert_no_more(pcap_t *pcap)
{
	struct pcap_pkthdr *header;
	const u_char *data;

	assert_int_equal(pcap_next_ex(pcap, &header, &data), PCAP_ERROR_BREAK);
	pcap_close(pcap);
}

static void test_send(void **state)
{
	struct plx_port *port;
	struct plx_pkt pkts[32];
	pcap_t *pcap;

	(void)state;
	port = start_port(fmt("pcap:tx=%s", in("out.pcap")));
	make_frames(pkts, 32, 0, 60);
	assert_int_equal(plx_tx_burst(plx_port_txq(port, 0), pkts, 32), 32);
	assert_int_equal(plx_txq_status(plx_port_txq(port, 0)), 0);
	assert_int_equal(tx_stats(port).packets, 32);
	assert_int_equal(tx_stats(port).bytes, 32 * 60);
	assert_int_equal(plx_port_stop(port), 0);

	/* Stopped, it is a whole capture; started again, it goes on. */
	pcap = read_back("out.pcap");
	for (unsigned i = 0; i < 32; i++)
		assert_record(pcap, i, 60, 60);
	assert_no_more(pcap);
	assert_int_equal(plx_port_start(port), 0);
	make_frames(pkts, 1, 32, 61);
	assert_int_equal(plx_tx_burst(plx_port_txq(port, 0), pkts, 1), 1);
	assert_closes(port);
	pcap = read_back("out.pcap");
	for (unsigned i = 0; i < 32; i++)
		assert_record(pcap, i, 60, 60);
	assert_record(pcap, 32, 61, 61);
	assert_no_more(pcap);
}

static void test_send_nothing(void **state)
{
	(void)state;
	assert_closes(start_port(fmt("pcap:tx=%s", in("out.pcap"))));
	assert_no_more(read_back("out.pcap"));
}

/* More than the stream's buffer holds. */
static void test_send_many(void **state)
{
	struct plx_port *port;
	struct plx_pkt pkts[32];
	pcap_t *pcap;

	(void)state;
	port = start_port(fmt("pcap:tx=%s", in("out.pcap")));
	for (unsigned i = 0; i < 3200; i += 32) {
		make_frames(pkts, 32, i, 1514);
		assert_int_equal(plx_tx_burst(plx_port_txq(port, 0), pkts, 32), 32);
	}
	assert_closes(port);
	pcap = read_back("out.pcap");
	for (unsigned i = 0; i < 3200; i++)
		assert_record(pcap, i, 1514, 1514);
	assert_no_more(pcap);
}

/* What one port receives and sends is the same file again, also where frames were cut. */
static void check_copy(const char *keys, unsigned room)
{
	struct plx_pool *own = make_pool(512, room);
	struct plx_port *port;
	struct plx_pkt pkts[64];
	struct bytes b = { 0 };
	pcap_t *pcap;
	unsigned n;

	put_header(&b, NANO, 262144, ETHER);
	for (unsigned i = 0; i < 100; i++)
		put_record(&b, i, 1 + i * 37, i % 3 ? 1 + i * 37 : 5000);
	save(&b, "in.pcap");
	port = open_port(fmt("pcap:rx=%s,tx=%s%s", in("in.pcap"), in("out.pcap"), keys));
	start_with(port, own);
	while ((n = plx_rx_burst(plx_port_rxq(port, 0), pkts, 64)))
		assert_int_equal(plx_tx_burst(plx_port_txq(port, 0), pkts, n), n);
	assert_int_equal(tx_stats(port).packets, rx_stats(port).packets);
	assert_int_equal(tx_stats(port).bytes, rx_stats(port).bytes);
	assert_closes(port);
	assert_int_equal(plx_pool_destroy(own), 0);
	pcap = read_back("out.pcap");
	for (unsigned pass = 0; pass < (*keys ? 2 : 1); pass++)
		for (unsigned i = 0; i < 100; i++)
			assert_record(pcap, i, 1 + i * 37, i % 3 ? 1 + i * 37 : 5000);
	assert_no_more(pcap);
}

static void test_copy(void **state)
{
	(void)state;
	check_copy("", 4096);
	check_copy("", 100);
	check_copy(",loop=2", 4096);
	check_copy(",loop=2", 64);
}

/* Without a timestamp the frame was sent now. */
static void test_send_without_timestamp(void **state)
{
	time_t before = time(NULL);
	struct pcap_pkthdr *header;
	struct plx_port *port;
	const u_char *data;
	struct plx_pkt pkt;
	pcap_t *pcap;

	(void)state;
	port = start_port(fmt("pcap:tx=%s", in("out.pcap")));
	make_frames(&pkt, 1, 0, 60);
	pkt.flags = 0;
	assert_int_equal(plx_tx_burst(plx_port_txq(port, 0), &pkt, 1), 1);
	assert_closes(port);
	pcap = read_back("out.pcap");
	assert_int_equal(pcap_next_ex(pcap, &header, &data), 1);
	assert_in_range(header->ts.tv_sec, before, time(NULL));
	assert_int_equal(header->len, 60);
	assert_no_more(pcap);
}

static void test_send_microseconds(void **state)
{
	struct pcap_pkthdr *header;
	struct plx_port *port;
	const u_char *data;
	struct plx_pkt pkt;
	uint32_t magic;
	pcap_t *pcap;
	FILE *file;

	(void)state;
	port = start_port(fmt("pcap:tx=%s,precision=micro", in("out.pcap")));
	make_frames(&pkt, 1, 0, 60);
	pkt.timestamp = SEC * NS + 123456789;
	assert_int_equal(plx_tx_burst(plx_port_txq(port, 0), &pkt, 1), 1);
	assert_closes(port);
	file = fopen(in("out.pcap"), "rb");
	assert_int_equal(fread(&magic, 4, 1, file), 1);
	fclose(file);
	assert_int_equal(magic, MICRO);
	pcap = read_back("out.pcap");
	assert_int_equal(pcap_next_ex(pcap, &header, &data), 1);
	assert_int_equal(header->ts.tv_sec, SEC);
	assert_int_equal(header->ts.tv_usec, 123456000);
	assert_no_more(pcap);
}

static void test_send_whole_frames_only(void **state)
{
	struct plx_port *port;
	struct plx_pkt pkts[4];
	pcap_t *pcap;

	(void)state;
	port = start_port(fmt("pcap:tx=%s", in("out.pcap")));
	make_frames(pkts, 4, 0, 60);
	pkts[3].flags |= PLX_PKT_MORE;
	assert_int_equal(plx_tx_burst(plx_port_txq(port, 0), pkts, 4), 3);
	assert_int_equal(plx_tx_burst(plx_port_txq(port, 0), pkts + 3, 1), 0);
	plx_pkt_free(pkts + 3, 1);
	assert_int_equal(plx_tx_burst(plx_port_txq(port, 0), pkts, 0), 0);
	assert_closes(port);
	pcap = read_back("out.pcap");
	for (unsigned i = 0; i < 3; i++)
		assert_record(pcap, i, 60, 60);
	assert_no_more(pcap);
}

static void test_send_odd_lengths(void **state)
{
	struct plx_port *port;
	struct plx_pkt pkts[130];
	pcap_t *pcap;

	(void)state;
	port = start_port(fmt("pcap:tx=%s", in("out.pcap")));
	make_frames(pkts, 130, 0, 2048);
	pkts[0].len = 0;
	/* 128 buffers of 2,048 bytes are as many as a record can have; one byte more are not. */
	for (unsigned i = 1; i < 128; i++)
		pkts[i].flags |= PLX_PKT_MORE;
	assert_int_equal(plx_tx_burst(plx_port_txq(port, 0), pkts, 129), 129);
	assert_int_equal(tx_stats(port).drops[PLX_DROP_EMPTY], 1);
	assert_int_equal(tx_stats(port).packets, 1);
	assert_int_equal(tx_stats(port).bytes, 262144);
	plx_pkt_free(pkts + 129, 1);
	make_frames(pkts, 129, 0, 2048);
	pkts[128].len = 1;
	for (unsigned i = 0; i < 128; i++)
		pkts[i].flags |= PLX_PKT_MORE;
	assert_int_equal(plx_tx_burst(plx_port_txq(port, 0), pkts, 129), 129);
	assert_int_equal(tx_stats(port).drops[PLX_DROP_TOO_LONG], 1);
	assert_int_equal(tx_stats(port).packets, 1);
	assert_closes(port);
	pcap = read_back("out.pcap");
	assert_int_equal(pcap_next(pcap, &(struct pcap_pkthdr){ 0 }) != NULL, 1);
	assert_no_more(pcap);
}

/* Files that must not be written to. */

static void write_text(const char *name)
{
	struct bytes b = { 0 };

	for (int i = 0; i < 100; i++)
		put(&b, "precious", 8);
	save(&b, name);
}

static void assert_text(const char *name)
{
	char text[16] = "";
	FILE *file = fopen(in(name), "rb");

	assert_non_null(file);
	assert_int_equal(fread(text, 1, sizeof(text), file), 16);
	fclose(file);
	assert_memory_equal(text, "preciousprecious", 16);
}

/* A port that cannot be opened leaves an old file alone and makes no new one. */
static void test_failed_open_changes_nothing(void **state)
{
	struct plx_port *port;

	(void)state;
	write_text("out.pcap");
	assert_refused(fmt("pcap:rx=%s,tx=%s", in("none.pcap"), in("out.pcap")), -ENOENT,
		       PLX_R_FILE,
		       fmt("%s cannot be read: No such file or directory", in("none.pcap")));
	assert_text("out.pcap");
	assert_refused(fmt("pcap:rx=%s,tx=%s", in("none.pcap"), in("other.pcap")), -ENOENT,
		       PLX_R_FILE,
		       fmt("%s cannot be read: No such file or directory", in("none.pcap")));
	assert_int_equal(access(in("other.pcap"), F_OK), -1);
	save_frames(1, 60);
	assert_refused(fmt("pcap:rx=%s,tx=%s/no/out.pcap", in("in.pcap"), dir), -ENOENT, PLX_R_FILE,
		       fmt("%s/no/out.pcap cannot be written: No such file or directory", dir));
	/* Opened it still has the old file; started it replaces it. */
	port = open_port(fmt("pcap:rx=%s,tx=%s", in("in.pcap"), in("out.pcap")));
	assert_text("out.pcap");
	assert_closes(port);
	assert_text("out.pcap");
	assert_closes(start_port(fmt("pcap:rx=%s,tx=%s", in("in.pcap"), in("out.pcap"))));
	assert_no_more(read_back("out.pcap"));
}

static void test_same_file(void **state)
{
	struct stat st;

	(void)state;
	save_frames(1, 60);
	assert_refused(fmt("pcap:rx=%s,tx=%s/./in.pcap", in("in.pcap"), dir), -EINVAL,
		       PLX_R_BAD_VALUE,
		       fmt("rx and tx are the same file, %s/./in.pcap: it would be lost", dir));
	assert_int_equal(stat(in("in.pcap"), &st), 0);
	assert_int_equal(st.st_size, 24 + 16 + 60);
}

static void test_file_of_another_port(void **state)
{
	struct plx_port *port, *reader;
	struct plx_ctx *other;

	(void)state;
	save_frames(1, 60);
	port = start_port(fmt("pcap:rx=%s,tx=%s", in("in.pcap"), in("out.pcap")));
	assert_refused(fmt("pcap:tx=%s", in("out.pcap")), -EBUSY, PLX_R_ALREADY,
		       fmt("%s is being read or written by another port", in("out.pcap")));
	assert_refused(fmt("pcap:tx=%s", in("in.pcap")), -EBUSY, PLX_R_ALREADY,
		       fmt("%s is being read or written by another port", in("in.pcap")));
	assert_refused(fmt("pcap:rx=%s", in("out.pcap")), -EBUSY, PLX_R_ALREADY,
		       fmt("%s is being written by another port", in("out.pcap")));
	/* Another context makes no difference; two may read. */
	assert_int_equal(plx_ctx_create(NULL, &other), 0);
	assert_int_equal(plx_port_open(other, fmt("pcap:tx=%s", in("in.pcap")), &reader), -EBUSY);
	assert_int_equal(plx_ctx_destroy(other), 0);
	reader = open_port(fmt("pcap:rx=%s", in("in.pcap")));
	assert_closes(reader);
	assert_closes(port);
	assert_closes(open_port(fmt("pcap:rx=%s", in("out.pcap"))));
}

/* Writing that fails. */

static void test_disk_full(void **state)
{
	struct plx_queue_stats stats;
	struct plx_port *port;
	struct plx_pkt pkts[32];
	struct plx_txq *q;

	(void)state;
	port = start_port("pcap:tx=/dev/full");
	q = plx_port_txq(port, 0);
	make_frames(pkts, 32, 0, 60);
	assert_int_equal(plx_tx_burst(q, pkts, 32), 32);
	assert_int_equal(plx_txq_status(q), 0);
	assert_int_equal(plx_port_stop(port), -ENOSPC);
	assert_int_equal(plx_last_error()->reason, PLX_R_FILE);
	assert_string_equal(plx_last_error()->text,
			    "/dev/full: No space left on device after 0 packets");
	assert_int_equal(plx_txq_status(q), -ENOSPC);
	stats = tx_stats(port);
	assert_int_equal(stats.packets, 0);
	assert_int_equal(stats.bytes, 0);
	assert_int_equal(stats.drops[PLX_DROP_WRITE], 32);

	/* The file has no room any more: starting again says so. */
	assert_int_equal(plx_port_start(port), -ENOSPC);
	assert_closes(port);
}

/* In the middle of a run, and not only when it ends. */
static void test_disk_full_while_sending(void **state)
{
	struct plx_port *port;
	struct plx_pkt pkts[32];
	struct plx_txq *q;
	unsigned sent = 0;

	(void)state;
	port = start_port("pcap:tx=/dev/full");
	q = plx_port_txq(port, 0);
	while (!plx_txq_status(q) && sent < 3200) {
		make_frames(pkts, 32, sent, 1514);
		assert_int_equal(plx_tx_burst(q, pkts, 32), 32);
		sent += 32;
	}
	assert_in_range(sent, 32, 1024);
	assert_int_equal(plx_txq_status(q), -ENOSPC);
	assert_int_equal(tx_stats(port).packets, 0);
	assert_int_equal(tx_stats(port).bytes, 0);
	assert_int_equal(tx_stats(port).drops[PLX_DROP_WRITE], sent);
	assert_int_equal(plx_port_stop(port), -ENOSPC);
	assert_closes(port);
}

static void limit_file_size(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* At the limit the kernel writes a part and then raises SIGXFSZ, which must not end the program. */
static void test_file_size_limit(void **state)
{
	struct plx_queue_stats stats;
	struct plx_port *port;
	struct plx_pkt pkts[32];
	unsigned sent = 0;
	char number[16];
	struct stat st;
	pcap_t *pcap;

	(void)state;
	assert_ptr_equal(signal(SIGXFSZ, SIG_DFL), SIG_DFL);
	port = start_port(fmt("pcap:tx=%s", in("out.pcap")));
	limit_file_size(1536 << 10);
	for (; sent < 3200; sent += 32) {
		make_frames(pkts, 32, sent, 1514);
		assert_int_equal(plx_tx_burst(plx_port_txq(port, 0), pkts, 32), 32);
	}
	assert_int_equal(plx_txq_status(plx_port_txq(port, 0)), -EFBIG);
	limit_file_size(RLIM_INFINITY);
	stats = tx_stats(port);
	assert_in_range(stats.packets, 600, 800);
	assert_int_equal(stats.bytes, stats.packets * 1514);
	assert_int_equal(stats.packets + stats.drops[PLX_DROP_WRITE], sent);
	assert_int_equal(plx_port_close(port), -EFBIG);
	snprintf(number, sizeof(number), "%u", (unsigned)stats.packets);
	assert_string_equal(plx_last_error()->text,
			    fmt("%s: File too large after %s packets", in("out.pcap"), number));

	/* What the statistics say is what the file holds, to the byte. */
	assert_int_equal(stat(in("out.pcap"), &st), 0);
	assert_int_equal(st.st_size, 24 + stats.packets * (16 + 1514));
	pcap = read_back("out.pcap");
	for (unsigned i = 0; i < stats.packets; i++)
		assert_record(pcap, i, 1514, 1514);
	assert_no_more(pcap);
}

/* Not even the header can be written: no port, and no file. */
static void test_no_room_for_a_header(void **state)
{
	struct plx_port *port = open_port(fmt("pcap:tx=%s", in("out.pcap")));

	(void)state;
	assert_int_equal(plx_port_configure(port, NULL), 0);
	limit_file_size(10);
	assert_int_equal(plx_port_start(port), -EFBIG);
	limit_file_size(RLIM_INFINITY);
	assert_int_equal(plx_last_error()->reason, PLX_R_FILE);
	assert_string_equal(plx_last_error()->text,
			    fmt("%s cannot be written: File too large", in("out.pcap")));
	assert_closes(port);
	assert_int_equal(access(in("out.pcap"), F_OK), -1);
}

/* Pipes. */

static int make_fifo(int flags)
{
	int fd;

	assert_int_equal(mkfifo(in("fifo"), 0600), 0);
	fd = open(in("fifo"), flags | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

/* SIGPIPE would end the program if it came through. */
static void test_send_to_a_pipe_without_reader(void **state)
{
	int fd = make_fifo(O_RDWR);
	struct plx_port *port;
	struct plx_pkt pkts[32];

	(void)state;
	port = start_port(fmt("pcap:tx=%s", in("fifo")));
	close(fd);
	make_frames(pkts, 32, 0, 60);
	assert_int_equal(plx_tx_burst(plx_port_txq(port, 0), pkts, 32), 32);
	assert_int_equal(plx_port_close(port), -EPIPE);
	assert_string_equal(plx_last_error()->text,
			    fmt("%s: Broken pipe after 0 packets", in("fifo")));
}

static void test_receive_from_a_pipe(void **state)
{
	int fd = make_fifo(O_RDWR);
	struct bytes b = { 0 };
	struct plx_port *port;
	struct plx_port_info info;
	struct plx_pkt pkts[4];

	(void)state;
	put_header(&b, NANO, 2000, ETHER);
	assert_int_equal(write(fd, b.at, b.len), b.len);
	port = start_port(fmt("pcap:rx=%s", in("fifo")));
	plx_port_info(port, &info);
	assert_int_equal(info.rx_max_entries, 1);
	assert_int_equal(plx_rx_burst(plx_port_rxq(port, 0), pkts, 4), 0);
	assert_int_equal(plx_rxq_status(plx_port_rxq(port, 0)), 0);
	b.len = 0;
	put_record(&b, 0, 60, 60);
	put_record(&b, 1, 61, 61);
	assert_int_equal(write(fd, b.at, b.len), b.len);
	free(b.at);
	assert_next(port, 0, 60);
	assert_int_equal(plx_rx_burst(plx_port_rxq(port, 0), pkts, 4), 1);
	assert_bytes(pkts, 1, 0);
	plx_pkt_free(pkts, 1);
	assert_int_equal(plx_rxq_status(plx_port_rxq(port, 0)), 0);
	close(fd);
	assert_int_equal(plx_rx_burst(plx_port_rxq(port, 0), pkts, 4), 0);
	assert_int_equal(plx_rxq_status(plx_port_rxq(port, 0)), -ENODATA);
	assert_closes(port);
}

/*
 * Damage of every kind: a few bytes of a good file are changed at random, the same ones in every
 * run. Whatever comes of it, the port ends, and the teardown finds all buffers back.
 */
static uint32_t next_random(void)
{
	static uint64_t x = 88172645463325252ull;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (uint32_t)(x >> 16);
}

static void play(const char *spec)
{
	struct plx_pkt pkts[64];
	struct plx_port *port;
	unsigned n, bursts = 0;

	if (plx_port_open(ctx, spec, &port)) {
		assert_true(plx_last_error()->text[0]);
		return;
	}
	start_with(port, pool);
	while ((n = plx_rx_burst(plx_port_rxq(port, 0), pkts, 64)) && bursts++ < 100)
		plx_pkt_free(pkts, n);
	plx_pkt_free(pkts, n);
	assert_int_not_equal(plx_rxq_status(plx_port_rxq(port, 0)), 0);
	assert_true(plx_last_error()->text[0]);
	assert_closes(port);
}

static void play_damaged(void)
{
	struct bytes b = { 0 };
	char good[8192];
	FILE *file = fopen(in("in.pcap"), "rb");
	size_t len = fread(good, 1, sizeof(good), file);

	fclose(file);
	for (unsigned i = 0; i < 1000; i++) {
		put(&b, good, len);
		for (unsigned n = next_random() % 4 + 1; n; n--)
			b.at[next_random() % (i % 2 ? len : 200)] = (uint8_t)next_random();
		if (i % 5 == 0)
			b.len = next_random() % len;
		save(&b, "in.pcap");
		play(fmt("pcap:rx=%s,loop=%u", in("in.pcap"), 1 + i % 2));
	}
}

static void test_random_damage(void **state)
{
	(void)state;
	save_frames(20, 60);
	play_damaged();
	save_pcapng(20, 60);
	play_damaged();
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(needs_a_file),
		TEST(file_that_cannot_be_read),
		TEST(file_without_permission),
		TEST(file_that_is_no_capture),
		TEST(other_link_types),
		TEST(long_path),
		TEST(caps),
		TEST(receive),
		TEST(receive_bursts),
		TEST(no_packets),
		TEST(timestamps),
		TEST(pcapng),
		TEST(frames_that_are_dropped),
		TEST(default_maxlen),
		TEST(frames_larger_than_a_buffer),
		TEST(frames_that_were_cut),
		TEST(captured_more_than_there_was),
		TEST(truncated),
		TEST(truncated_at_once),
		TEST(absurd_length),
		TEST(truncated_and_looped),
		TEST(file_that_grows),
		TEST(loop_twice),
		TEST(loop_for_ever),
		TEST(nothing_to_loop),
		TEST(drops_of_a_loop),
		TEST(loop_of_many),
		TEST(loop_that_fills_its_memory),
		TEST(no_buffer),
		TEST(pool_too_small),
		TEST(wrapped_pool),
		TEST(stop_and_start),
		TEST(send),
		TEST(send_nothing),
		TEST(send_many),
		TEST(copy),
		TEST(send_without_timestamp),
		TEST(send_microseconds),
		TEST(send_whole_frames_only),
		TEST(send_odd_lengths),
		TEST(failed_open_changes_nothing),
		TEST(same_file),
		TEST(file_of_another_port),
		TEST(disk_full),
		TEST(disk_full_while_sending),
		TEST(file_size_limit),
		TEST(no_room_for_a_header),
		TEST(send_to_a_pipe_without_reader),
		TEST(receive_from_a_pipe),
		TEST(random_damage),
	};

	return cmocka_run_group_tests_name("pcap", tests, NULL, NULL);
}
