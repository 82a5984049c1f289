/* SPDX-License-Identifier: BSD-3-Clause */
#define _GNU_SOURCE
#include "qtest/bed.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINK_MS 5000
#define STALL_S 10.0 /* traffic that does not go on for so long has failed */
#define WINDOW  512u

#define E1000 (BED_OFFLOADS | BED_SCATTERS)

static const struct bed_kind kinds[] = {
	{ .name = "e1000",
	  .model = "qtest-e1000",
	  .driver = "e1000",
	  .jumbo = 16110,
	  .traits = E1000 | BED_8254X },
	{ .name = "82545em",
	  .model = "qtest-82545em",
	  .driver = "e1000",
	  .jumbo = 16110,
	  .traits = E1000 | BED_8254X },
	{ .name = "e1000e",
	  .model = "qtest-e1000e",
	  .driver = "e1000",
	  .jumbo = 9226,
	  .traits = E1000 | BED_VERDICTS | BED_RSS | BED_FRAGMENTS },
	{ .name = "rtl8139", .model = "qtest-rtl8139", .driver = "rtl8139", .traits = BED_RETRIES },
};

struct bed bed;
bool bed_long;

/* --- main --- */

static const struct bed_kind *find_kind(const char *name)
{
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}

/* Those that the card is for. */
static int run(const char *group, const struct bed_test *tests, size_t n)
{
	struct CMUnitTest list[64];
	size_t chosen = 0;

	for (size_t i = 0; i < n && chosen < 64; i++)
		if (!(tests[i].needs & ~bed.kind->traits))
			list[chosen++] = tests[i].test;
	return _cmocka_run_group_tests(group, list, chosen, NULL, NULL);
}

int bed_main(int argc, char **argv, const char *group, const struct bed_test *tests, size_t n)
{
	const char *why;

	bed.kind = argc > 1 ? find_kind(argv[1]) : NULL;
	if (!bed.kind) {
		fprintf(stderr, "usage: %s e1000|82545em|e1000e|rtl8139 [long] [test]\n", argv[0]);
		return 1;
	}
	if (!qemu_installed(&why)) {
		printf("SKIP: %s\n", why);
		return 77;
	}
	bed_long = argc > 2 && !strcmp(argv[2], "long");
	if (argc > 2 + bed_long)
		cmocka_set_test_filter(argv[2 + bed_long]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	return cards_add(NULL) ? 1 : run(group, tests, n);
}

/* --- small things --- */

void bed_check_ok(int err, const char *call, const char *file, int line)
{
	if (err) {
		print_error("%s: %s\n", call, plx_last_error()->text);
		_fail(file, line);
	}
}

double bed_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void bed_sleep_ms(unsigned ms)
{
	usleep(ms * 1000);
}

uint32_t bed_random(uint32_t below)
{
	static uint64_t state = 0x9e3779b97f4a7c15;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32) % below;
}

unsigned bed_count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* --- setting up --- */

void bed_enter(void)
{
	bed = (struct bed){ .kind = bed.kind, .fds = bed_count_fds() };
	bed_ok(plx_ctx_create(NULL, &bed.ctx));
}

void bed_leave(void)
{
	bed_ok(plx_ctx_destroy(bed.ctx));
	assert_int_equal(bed_count_fds(), bed.fds);
}

void bed_open(void)
{
	char spec[128];

	snprintf(spec, sizeof(spec), "%s:pci=sim:%s", bed.kind->driver, bed.kind->model);
	bed_ok(plx_port_open(bed.ctx, spec, &bed.port));
	bed.card = card_find(bed.kind->model);
	assert_non_null(bed.card);
}

static void make_pool(const struct bed_how *how)
{
	const struct plx_pool_opts opts = { .name = "bed",
					    .count = how->buffers ? how->buffers : 4096,
					    .data_room = how->data_room,
					    .node = -1,
					    .flags = PLX_POOL_PREFAULT };

	bed_ok(plx_pool_create(bed.ctx, &opts, &bed.pool));
}

void bed_configure(const struct bed_how *how)
{
	const struct plx_port_conf conf = {
		.n_rxq = how->n_rxq ? how->n_rxq : 1,
		.n_txq = how->n_txq ? how->n_txq : 1,
		.rxd = how->rxd,
		.txd = how->txd,
		.mtu = how->mtu,
		.offloads = how->offloads,
		.rx_pool = bed.pool,
		.interrupts = how->interrupts,
	};

	bed_ok(plx_port_configure(bed.port, &conf));
	for (unsigned i = 0; i < BED_QUEUES; i++) {
		bed.rxq[i] = plx_port_rxq(bed.port, i);
		bed.txq[i] = plx_port_txq(bed.port, i);
	}
	plx_port_info(bed.port, &bed.info);
}

bool bed_link(void)
{
	struct plx_port_info info;

	plx_port_info(bed.port, &info);
	return info.link.up;
}

void bed_wait_link(bool up)
{
	double end = bed_now() + LINK_MS / 1000.0;

	while (bed_link() != up && bed_now() < end)
		bed_sleep_ms(1);
	assert_int_equal(bed_link(), up);
}

/*
 * Drivers post buffers in bursts: the pool is of the thread that calls them. Before the first one a
 * card may drop what it receives.
 */
void bed_go(void)
{
	struct plx_pkt pkts[64];

	bed_ok(plx_port_start(bed.port));
	bed_wait_link(true);
	for (unsigned i = 0; i < bed.info.n_rxq; i++)
		plx_pkt_free(pkts, plx_rx_burst(bed.rxq[i], pkts, bed.info.rx_max_entries));
}

void bed_start(const struct bed_how *how)
{
	static const struct bed_how usual;

	if (!how)
		how = &usual;
	bed_enter();
	make_pool(how);
	bed_open();
	bed_configure(how);
	if (!how->stopped)
		bed_go();
}

static void check_account(void)
{
	struct plx_pool_account a;

	plx_pool_account(bed.pool, &a);
	assert_int_equal(a.rx_ring, 0);
	assert_int_equal(a.tx_ring, 0);
	assert_int_equal(a.user, 0);
	assert_int_equal(a.free, a.total);
}

void bed_end(void)
{
	uint64_t stray;

	bed_ok(plx_port_close(bed.port));
	if (cards_strayed(&stray))
		fail_msg("the card touched 0x%llx, which is not mapped", (unsigned long long)stray);
	check_account();
	bed_ok(plx_pool_destroy(bed.pool));
	bed_leave();
}

/* --- statistics --- */

struct plx_port_stats bed_stats(void)
{
	struct plx_port_stats stats;

	plx_port_stats(bed.port, &stats);
	return stats;
}

uint64_t bed_xstat(const char *name)
{
	static struct plx_xstat list[512];
	unsigned total;

	bed_ok(plx_port_xstats(bed.port, list, 512, &total));
	assert_true(total <= 512);
	for (unsigned i = 0; i < total; i++)
		if (!strcmp(list[i].name, name))
			return list[i].value;
	fail_msg("there is no xstat %s", name);
	return 0;
}

uint64_t bed_drops(const struct plx_queue_stats *s)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < PLX_DROP_COUNT_; i++)
		n += s->drops[i];
	return n;
}

uint64_t bed_retries(const struct plx_port_stats *s)
{
	return bed_is(BED_RETRIES) ? s->rx.drops[PLX_DROP_MISSED] : 0;
}

/* --- frames --- */

#define ETHERTYPE_LOCAL 0x88b5 /* IEEE 802: for experiments */

void bed_make(uint8_t *frame, uint32_t number, size_t len)
{
	uint64_t state = ((uint64_t)number << 32 | len) * 0x9e3779b97f4a7c15 + 1;
	const uint8_t header[ETH_HEADER] = {
		[6] = 0x02, 0, 0, 0, 0, 1, ETHERTYPE_LOCAL >> 8, ETHERTYPE_LOCAL & 0xff
	};

	for (size_t at = 0; at < len; at += sizeof(state)) {
		size_t left = len - at;

		state = state * 6364136223846793005u + 1442695040888963407u;
		memcpy(frame + at, &state, left < sizeof(state) ? left : sizeof(state));
	}
	memcpy(frame, header, sizeof(header));
	memcpy(frame, bed.info.mac, 6);
	memcpy(frame + ETH_HEADER, &number, sizeof(number));
}

void bed_expect(const uint8_t *frame, size_t len, uint32_t number, size_t expected)
{
	uint8_t want[BED_FRAME_MAX];
	uint32_t found = 0;

	if (len >= ETH_HEADER + sizeof(found))
		memcpy(&found, frame + ETH_HEADER, sizeof(found));
	if (len != expected)
		fail_msg("frame %u of %zu bytes came as number %u with %zu bytes", number, expected,
			 found, len);
	bed_make(want, number, expected);
	for (size_t i = 0; i < len; i++)
		if (frame[i] != want[i])
			fail_msg(
				"frame %u of %zu bytes came as number %u, from byte %zu on with other bytes",
				number, len, found, i);
}

void bed_inject(const void *frame, size_t len)
{
	double end = bed_now() + STALL_S;

	assert_true(wire_send(&bed.card->wire, frame, len));
	while (!wire_flush(&bed.card->wire) && bed_now() < end)
		bed_sleep_ms(1);
	assert_true(wire_flush(&bed.card->wire));
}

static size_t count_captured(size_t len)
{
	bed.wire_frames += len != 0;
	bed.wire_bytes += len;
	return len;
}

size_t bed_capture(const uint8_t **frame, int ms)
{
	return count_captured(wire_wait(&bed.card->wire, frame, ms));
}

/* Put a frame into entries of about the same length. */
static void fill(struct plx_pkt *pkts, unsigned n, const uint8_t *frame, size_t len)
{
	for (unsigned i = 0; i < n; i++) {
		size_t part = len / (n - i);

		memcpy(pkts[i].data, frame, part);
		pkts[i].len = (uint16_t)part;
		if (i < n - 1)
			pkts[i].flags |= PLX_PKT_MORE;
		frame += part;
		len -= part;
	}
}

static bool get_frame(struct plx_pkt *pkts, unsigned n, const struct plx_pkt *like)
{
	unsigned got = plx_pool_get(bed.pool, NULL, pkts, n);

	if (got < n) {
		plx_pkt_free(pkts, got);
		return false;
	}
	if (like) {
		uint8_t *data = pkts[0].data;
		uint16_t pool = pkts[0].pool;

		pkts[0] = *like;
		pkts[0].data = data;
		pkts[0].pool = pool;
	}
	return true;
}

void bed_send(const void *frame, size_t len, const struct plx_pkt *like, unsigned entries)
{
	struct plx_pkt pkts[64];
	double end = bed_now() + STALL_S;
	unsigned sent = 0;

	assert_in_range(entries, 1, 64);
	assert_true(get_frame(pkts, entries, like));
	fill(pkts, entries, frame, len);
	while (sent < entries && bed_now() < end)
		sent += plx_tx_burst(bed.txq[0], pkts + sent, entries - sent);
	assert_int_equal(sent, entries);
}

/* The bytes of the frame that begins with @pkts[0]; *@n: its entries. */
static size_t gather(const struct plx_pkt *pkts, unsigned left, uint8_t *frame, unsigned *n)
{
	size_t len = 0;
	unsigned i = 0;

	do {
		assert_true(i < left);
		assert_true(len + pkts[i].len <= BED_FRAME_MAX);
		memcpy(frame + len, pkts[i].data, pkts[i].len);
		len += pkts[i].len;
	} while (pkts[i++].flags & PLX_PKT_MORE);
	*n = i;
	return len;
}

static size_t receive_from(struct plx_rxq *q, uint8_t *frame, struct plx_pkt *pkt)
{
	struct plx_pkt pkts[64];
	unsigned n = plx_rx_burst(q, pkts, bed.info.rx_max_entries), used;
	size_t len;

	if (!n)
		return 0;
	len = gather(pkts, n, frame, &used);
	assert_int_equal(used, n);
	*pkt = pkts[0];
	plx_pkt_free(pkts, n);
	return len;
}

size_t bed_receive(uint8_t *frame, struct plx_pkt *pkt, int ms)
{
	double end = bed_now() + ms / 1000.0;
	size_t len = 0;

	do
		for (unsigned i = 0; !len && i < bed.info.n_rxq; i++)
			len = receive_from(bed.rxq[i], frame, pkt);
	while (!len && bed_now() < end);
	return len;
}

#define MARKER 0xfffffffeu

void bed_inject_marker(void)
{
	uint8_t frame[ETH_MIN];

	bed_make(frame, MARKER, sizeof(frame));
	memset(frame, 0xff, 6); /* broadcast */
	bed_inject(frame, sizeof(frame));
}

bool bed_is_marker(const uint8_t *frame, size_t len)
{
	uint32_t number;

	memcpy(&number, frame + ETH_HEADER, sizeof(number));
	return len == ETH_MIN && number == MARKER;
}

/* --- traffic --- */

struct run {
	const struct traffic *t;
	unsigned burst;
	uint64_t injected, received, made, captured; /* frames */
	struct plx_pkt pending[BED_BURST * 8];       /* made, not yet taken by the port */
	unsigned first, n;
	uint8_t frame[BED_FRAME_MAX];
};

/* Of frame @number, whoever asks. */
static size_t length_of(const struct traffic *t, uint64_t number, bool in)
{
	size_t range = t->longest - t->shortest + 1;
	uint64_t x = number * 0x9e3779b97f4a7c15 + in;

	x ^= x >> 29;
	x *= 0xbf58476d1ce4e5b9;
	return t->shortest + (t->each_size ? number : x >> 20) % range;
}

/*
 * No more than there are descriptors for: QEMU's e1000 drops what finds none when it was held back
 * before. The rtl8139 has bytes for a ring, and QEMU keeps what does not fit.
 */
static uint32_t window_of(const struct traffic *t)
{
	uint32_t window = t->window ? t->window : WINDOW, room = UINT32_MAX;

	if (bed_is(BED_SCATTERS))
		room = (bed.info.rxd - 1u) / bed.info.rx_max_entries;
	return window < room ? window : room ? room : 1;
}

static void inject_some(struct run *r)
{
	const struct traffic *t = r->t;
	uint32_t window = window_of(t);
	struct wire *wire = &bed.card->wire;

	for (unsigned i = bed_random(r->burst) + 1;
	     i && r->injected < t->in && r->injected - r->received < window; i--) {
		size_t len = length_of(t, r->injected, true);

		bed_make(r->frame, (uint32_t)r->injected, len);
		if (!wire_send(wire, r->frame, len))
			break;
		r->injected++;
	}
	wire_flush(wire);
}

static void receive_some(struct run *r)
{
	unsigned least = bed.info.rx_max_entries, n, used;
	struct plx_pkt pkts[BED_BURST + 64];

	n = plx_rx_burst(bed.rxq[0], pkts, least + bed_random(r->burst));
	for (unsigned at = 0; at < n; at += used, r->received++) {
		size_t len = gather(pkts + at, n - at, r->frame, &used);

		assert_true(r->received < r->injected);
		bed_expect(r->frame, len, (uint32_t)r->received,
			   length_of(r->t, r->received, true));
	}
	plx_pkt_free(pkts, n);
}

/* As many as asked for at most, and as few as the buffers' room allows. */
static unsigned entries_of(const struct traffic *t, size_t len)
{
	struct plx_pool_info info;
	unsigned least, most = t->entries ? t->entries : 1;

	plx_pool_info(bed.pool, &info);
	least = (unsigned)((len + info.data_room - 1) / info.data_room);
	return most > least ? least + bed_random(most - least + 1) : least;
}

static void make_some(struct run *r)
{
	const struct traffic *t = r->t;

	r->first = r->n = 0;
	for (unsigned i = bed_random(r->burst) + 1; i && r->made < t->out; i--) {
		size_t len = length_of(t, r->made, false);
		unsigned entries = entries_of(t, len);

		if (!get_frame(r->pending + r->n, entries, NULL))
			return;
		bed_make(r->frame, (uint32_t)r->made, len);
		fill(r->pending + r->n, entries, r->frame, len);
		r->n += entries;
		r->made++;
	}
}

static void send_some(struct run *r)
{
	if (r->first == r->n)
		make_some(r);
	r->first += plx_tx_burst(bed.txq[0], r->pending + r->first, r->n - r->first);
}

static void capture_some(struct run *r)
{
	const uint8_t *frame;
	size_t len;

	while ((len = count_captured(wire_receive(&bed.card->wire, &frame)))) {
		bed_expect(frame, len, (uint32_t)r->captured, length_of(r->t, r->captured, false));
		r->captured++;
	}
}

void bed_traffic(const struct traffic *t)
{
	static struct run r;
	double end = bed_now() + STALL_S;
	uint64_t done = 0;

	memset(&r, 0, offsetof(struct run, frame));
	r.t = t;
	r.burst = t->burst ? t->burst : BED_BURST;
	while (r.received < t->in || r.captured < t->out) {
		inject_some(&r);
		receive_some(&r);
		send_some(&r);
		capture_some(&r);
		if (r.received + r.captured > done) {
			done = r.received + r.captured;
			end = bed_now() + STALL_S;
		} else if (bed_now() > end) {
			fail_msg("stalled: received %llu of %llu, captured %llu of %llu",
				 (unsigned long long)r.received, (unsigned long long)r.injected,
				 (unsigned long long)r.captured, (unsigned long long)r.made);
		}
	}
	assert_int_equal(r.first, r.n);
}
