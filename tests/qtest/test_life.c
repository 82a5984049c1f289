/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cards over time: started, stopped, reset, unplugged, asleep, gone.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "nic/nic.h"
#include "qtest/bed.h"
#include "sim/model.h"

#define LEN 100u

static uint8_t bytes[BED_FRAME_MAX];

/* A frame each way. */
static void exchange(uint32_t number)
{
	const uint8_t *sent;
	struct plx_pkt pkt;
	size_t len;

	bed_make(bytes, number, LEN);
	bed_send(bytes, LEN, NULL, 1);
	len = bed_capture(&sent, 5000);
	if (!len)
		fail_msg("frame %u was not sent", number);
	bed_expect(sent, len, number, LEN);
	bed_inject(bytes, LEN);
	len = bed_receive(bytes, &pkt, 5000);
	if (!len)
		fail_msg("frame %u was not received", number);
	bed_expect(bytes, len, number, LEN);
}

/* --- start and stop --- */

static unsigned count_maps(void)
{
	FILE *f = fopen("/proc/self/maps", "re");
	unsigned n = 0;

	assert_non_null(f);
	for (int c; (c = getc(f)) != EOF;)
		n += c == '\n';
	fclose(f);
	return n;
}

static void test_start_and_stop(void **state)
{
	const unsigned cycles = bed_long ? 10000 : 1000;
	unsigned fds = 0, maps = 0;

	(void)state;
	bed_start(NULL);
	for (unsigned i = 0; i < cycles; i++) {
		if (i % 100 == 0)
			exchange(i);
		bed_ok(plx_port_stop(bed.port));
		if (i == 10) {
			fds = bed_count_fds();
			maps = count_maps();
		}
		bed_ok(plx_port_start(bed.port));
		if (i % 100 == 99)
			bed_wait_link(true);
	}
	bed_wait_link(true);
	exchange(cycles);
	bed_ok(plx_port_stop(bed.port));
	assert_int_equal(bed_count_fds(), fds);
	assert_int_equal(count_maps(), maps);
	bed_end();
}

static void test_open_and_close(void **state)
{
	static const struct bed_how usual;
	unsigned fds = 0, maps = 0;

	(void)state;
	bed_start(NULL);
	for (unsigned i = 0; i < 24; i++) {
		exchange(i);
		if (i % 2)
			bed_ok(plx_port_stop(bed.port));
		bed_ok(plx_port_close(bed.port));
		if (i == 5) {
			fds = bed_count_fds();
			maps = count_maps();
		}
		if (i > 5) {
			assert_int_equal(bed_count_fds(), fds);
			assert_in_range(count_maps(), maps - 8, maps + 8); /* neighbours merge */
		}
		bed_open();
		if (i % 8 == 3) { /* once without being used */
			bed_ok(plx_port_close(bed.port));
			bed_open();
		}
		bed_configure(&usual);
		bed_go();
	}
	bed_end();
}

/* --- reset --- */

/* Frames under way: to the card, and from it. Those that arrive are sound; the others are lost. */
static void disturb(uint32_t *number)
{
	struct plx_pkt pkts[32];
	unsigned n, sent;

	for (unsigned i = 0; i < 100; i++) {
		bed_make(bytes, ++*number, LEN);
		wire_send(&bed.card->wire, bytes, LEN);
	}
	wire_flush(&bed.card->wire);
	n = plx_pool_get(bed.pool, NULL, pkts, 32);
	for (unsigned i = 0; i < n; i++) {
		bed_make(pkts[i].data, ++*number, LEN);
		pkts[i].len = LEN;
	}
	sent = plx_tx_burst(bed.txq[0], pkts, n);
	plx_pkt_free(pkts + sent, n - sent);
	n = plx_rx_burst(bed.rxq[0], pkts, 8);
	plx_pkt_free(pkts, n);
}

static void expect_earlier(const uint8_t *frame, size_t len, uint32_t number)
{
	uint32_t found;

	memcpy(&found, frame + ETH_HEADER, sizeof(found));
	assert_in_range(found, 1, number);
	bed_expect(frame, len, found, LEN);
}

/*
 * Take what is left of frames before @number, each of which is whole, up to a marker. That is sent
 * again when nothing comes: QEMU's e1000 drops what is too much for its ring.
 */
static void settle(uint32_t number)
{
	const uint8_t *sent;
	struct plx_pkt pkt;
	size_t len = 0;

	for (unsigned tries = 0; tries < 10 && !len; tries++) {
		bed_inject_marker();
		while ((len = bed_receive(bytes, &pkt, 500)) && !bed_is_marker(bytes, len))
			expect_earlier(bytes, len, number);
	}
	assert_true(len);
	while ((len = bed_capture(&sent, 5)))
		expect_earlier(sent, len, number);
}

static void test_reset_under_traffic(void **state)
{
	uint32_t number = 0;

	(void)state;
	bed_start(NULL);
	for (unsigned i = 0; i < 30; i++) {
		for (unsigned j = 0; j < 5; j++)
			disturb(&number);
		assert_int_equal(plx_port_reset(bed.port), -EBUSY);
		bed_ok(plx_port_stop(bed.port));
		if (i % 3)
			bed_ok(plx_port_reset(bed.port));
		bed_go();
		settle(number);
		exchange(++number);
	}
	bed_end();
}

/* --- the link --- */

static void test_cable(void **state)
{
	uint32_t number = 0;
	struct plx_pkt pkt;

	(void)state;
	bed_start(NULL);
	for (unsigned i = 0; i < 10; i++) {
		assert_true(card_set_cable(bed.card, false));
		bed_wait_link(false);
		disturb(&number);
		assert_true(card_set_cable(bed.card, true));
		bed_wait_link(true);
		settle(number);
		exchange(++number);
	}
	/* Quicker than anyone looks. */
	for (unsigned i = 0; i < 50; i++)
		assert_true(card_set_cable(bed.card, i & 1));
	bed_wait_link(true);
	while (bed_receive(bytes, &pkt, 20))
		;
	exchange(++number);
	bed_end();
}

static void test_no_cable_at_start(void **state)
{
	const struct bed_how how = { .stopped = true };

	(void)state;
	bed_start(&how);
	assert_true(card_set_cable(bed.card, false));
	bed_ok(plx_port_start(bed.port));
	bed_sleep_ms(20);
	assert_false(bed_link());
	assert_true(card_set_cable(bed.card, true));
	bed_wait_link(true);
	exchange(1);
	bed_end();
}

static void test_set_link(void **state)
{
	struct plx_port_info info;
	uint32_t number = 0;
	struct plx_pkt pkt;

	(void)state;
	bed_start(NULL);
	assert_true(bed.info.caps.features & PLX_PORT_SET_LINK);
	for (unsigned i = 0; i < 6; i++) {
		bed_ok(plx_port_set_link(bed.port, false));
		bed_wait_link(false);
		bed_make(bytes, ++number, LEN);
		bed_inject(bytes, LEN);
		assert_int_equal(bed_receive(bytes, &pkt, 20), 0);
		if (i & 1) { /* it stays down */
			bed_ok(plx_port_stop(bed.port));
			bed_ok(plx_port_start(bed.port));
			bed_sleep_ms(20);
			assert_false(bed_link());
		}
		bed_ok(plx_port_set_link(bed.port, true));
		bed_wait_link(true);
		settle(++number);
		exchange(++number);
	}
	plx_port_info(bed.port, &info);
	assert_true(info.link.full_duplex);
	assert_int_equal(info.link.mbps, bed_is(BED_SCATTERS) ? 1000 : 100);
	bed_end();
}

/* --- sleeping --- */

static bool readable(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) == 1;
}

static double cpu_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Until it may sleep. False: there was something to do. */
static bool falls_asleep(struct plx_rxq *q)
{
	struct plx_pkt pkts[32];
	unsigned n;

	bed_ok(plx_rxq_arm(q));
	n = plx_rx_burst(q, pkts, 32);
	if (!n)
		return true;
	plx_pkt_free(pkts, n);
	bed_ok(plx_rxq_disarm(q));
	return false;
}

static void test_wake(void **state)
{
	const struct bed_how how = { .interrupts = true };
	struct plx_pkt pkt;
	double cpu;
	int fd;

	(void)state;
	bed_start(&how);
	bed_ok(plx_rxq_fd(bed.rxq[0], &fd));
	for (unsigned i = 0; i < 50; i++) {
		while (!falls_asleep(bed.rxq[0]))
			;
		assert_false(readable(fd, i ? 2 : 300));
		bed_make(bytes, i, LEN);
		bed_inject(bytes, LEN);
		assert_true(readable(fd, 2000));
		bed_ok(plx_rxq_disarm(bed.rxq[0]));
		assert_false(readable(fd, 0));
		bed_expect(bytes, bed_receive(bytes, &pkt, 0), i, LEN);
	}
	/* It does sleep. */
	while (!falls_asleep(bed.rxq[0]))
		;
	cpu = cpu_time();
	assert_false(readable(fd, 500));
	assert_true(cpu_time() - cpu < 0.1);
	/* What changes of the link wakes, too. */
	assert_true(card_set_cable(bed.card, false));
	assert_true(readable(fd, 2000));
	bed_ok(plx_rxq_disarm(bed.rxq[0]));
	assert_true(card_set_cable(bed.card, true));
	bed_wait_link(true);
	exchange(1000);
	bed_end();
}

static void test_no_file_unasked(void **state)
{
	int fd;

	(void)state;
	bed_start(NULL);
	assert_int_equal(plx_rxq_fd(bed.rxq[0], &fd), -ENOTSUP);
	assert_int_equal(plx_rxq_arm(bed.rxq[0]), -ENOTSUP);
	bed_end();
}

/* Both queues of a card have one file. */
static void test_wake_two_queues(void **state)
{
	const struct bed_how how = { .n_rxq = 2, .interrupts = true };
	struct plx_rss rss;
	int fds[2];

	(void)state;
	bed_start(&how);
	for (unsigned i = 0; i < 2; i++)
		bed_ok(plx_rxq_fd(bed.rxq[i], &fds[i]));
	bed_ok(plx_port_rss(bed.port, &rss));
	for (unsigned i = 0; i < 20; i++) {
		struct plx_pkt pkt;

		for (unsigned e = 0; e < bed.info.caps.rss_table_size; e++)
			rss.table[e] = (uint16_t)(i & 1);
		bed_ok(plx_port_set_rss(bed.port, &rss));
		for (unsigned q = 0; q < 2; q++)
			while (!falls_asleep(bed.rxq[q]))
				;
		bed_make(bytes, i, LEN);
		memcpy(bytes + 12, "\x08\x00\x45\x00\x00\x56\x00\x00\x00\x00\x40\xfd\x00\x00", 14);
		bed_inject(bytes, LEN);
		assert_true(readable(fds[i & 1], 2000));
		for (unsigned q = 0; q < 2; q++)
			bed_ok(plx_rxq_disarm(bed.rxq[q]));
		assert_int_equal(plx_rx_burst(bed.rxq[i & 1], &pkt, 1), 1);
		plx_pkt_free(&pkt, 1);
	}
	bed_end();
}

#define STRESS_FRAMES (bed_long ? 200000u : 10000u)

/* Frames at all moments of the other's falling asleep. */
static void *inject_at_random(void *arg)
{
	static uint8_t frame[LEN];
	unsigned seed = 1;

	(void)arg;
	for (unsigned i = 0; i < STRESS_FRAMES; i++) {
		bed_make(frame, i, LEN);
		while (!wire_send(&bed.card->wire, frame, LEN))
			usleep(100);
		if (rand_r(&seed) % 4 == 0 || i == STRESS_FRAMES - 1) {
			while (!wire_flush(&bed.card->wire))
				usleep(100);
			usleep((unsigned)rand_r(&seed) % 300);
		}
	}
	return NULL;
}

/* Who sleeps with frames in the ring would sleep for ever. */
static void test_no_wake_is_missed(void **state)
{
	const struct bed_how how = { .interrupts = true };
	struct plx_port_stats stats;
	unsigned received = 0, sleeps = 0;
	pthread_t thread;
	int fd;

	(void)state;
	bed_start(&how);
	bed_ok(plx_rxq_fd(bed.rxq[0], &fd));
	assert_int_equal(pthread_create(&thread, NULL, inject_at_random, NULL), 0);
	while (received < STRESS_FRAMES) {
		struct plx_pkt pkts[32];
		unsigned n = plx_rx_burst(bed.rxq[0], pkts, 32);

		if (!n) {
			bed_ok(plx_rxq_arm(bed.rxq[0]));
			n = plx_rx_burst(bed.rxq[0], pkts, 32);
			if (!n && !readable(fd, 5000))
				fail_msg("asleep with %u of %u frames", received, STRESS_FRAMES);
			sleeps += !n;
			bed_ok(plx_rxq_disarm(bed.rxq[0]));
		}
		for (unsigned i = 0; i < n; i++)
			bed_expect(pkts[i].data, pkts[i].len, received++, LEN);
		plx_pkt_free(pkts, n);
	}
	pthread_join(thread, NULL);
	stats = bed_stats();
	assert_int_equal(stats.rx.packets, STRESS_FRAMES);
	assert_true(sleeps > 0); /* how often depends on the machine */
	bed_end();
}

/* --- removal --- */

static void assert_gone(void)
{
	struct plx_pkt pkts[32];
	double begin = bed_now();
	unsigned n;

	while ((!plx_rxq_status(bed.rxq[0]) || !plx_txq_status(bed.txq[0])) &&
	       bed_now() < begin + 1) {
		n = plx_rx_burst(bed.rxq[0], pkts, 32);
		plx_pkt_free(pkts, n);
	}
	assert_int_equal(plx_rxq_status(bed.rxq[0]), -ENODEV);
	assert_int_equal(plx_last_error()->reason, PLX_R_NO_DEVICE);
	assert_int_equal(plx_txq_status(bed.txq[0]), -ENODEV);
}

/* Whatever is called then, it returns, soon. */
static void use_what_is_gone(void)
{
	static struct plx_xstat xstats[512];
	static struct plx_port_reg regs[512];
	const uint8_t mac[6] = { 2, 0, 0, 0, 0, 9 }, group[6] = { 3, 0, 0, 0, 0, 9 };
	uint32_t number = 0;
	unsigned total;
	double begin = bed_now();

	disturb(&number);
	bed_link();
	plx_port_set_mac(bed.port, mac);
	plx_port_set_promiscuous(bed.port, false);
	plx_port_multicast_add(bed.port, group);
	assert_int_equal(plx_port_set_link(bed.port, false), -ENODEV);
	assert_int_equal(plx_port_regs(bed.port, regs, 512, &total), -ENODEV);
	bed_ok(plx_port_xstats(bed.port, xstats, 512, &total));
	assert_true(bed_stats().rx.drops[PLX_DROP_MISSED] < 1000000); /* all ones are no count */
	plx_port_stop(bed.port);
	assert_int_equal(plx_port_reset(bed.port), -ENODEV);
	assert_int_equal(plx_port_start(bed.port), -ENODEV);
	assert_true(bed_now() - begin < 5);
}

static void test_removal_under_traffic(void **state)
{
	uint32_t number = 0;

	(void)state;
	bed_start(NULL);
	for (unsigned i = 0; i < 5; i++)
		disturb(&number);
	assert_true(card_eject(bed.card));
	assert_gone();
	use_what_is_gone();
	bed_end();
}

/* A sleeper is woken by what the kernel says: it wants the device back. */
static void test_request_for_removal(void **state)
{
	const struct bed_how how = { .interrupts = true };
	struct plx_sim_function *f;
	int fd;

	(void)state;
	bed_start(&how);
	f = plx_dev_sim(((struct plx_nic *)bed.port->device)->dev);
	bed_ok(plx_rxq_fd(bed.rxq[0], &fd));
	while (!falls_asleep(bed.rxq[0]))
		;
	assert_false(readable(fd, 20));
	plx_sim_function_irq_raise(f, PLX_SIM_IRQS - 1, 0);
	assert_true(readable(fd, 1000));
	assert_int_equal(plx_rxq_disarm(bed.rxq[0]), -ENODEV);
	assert_gone();
	assert_non_null(strstr(plx_last_error()->text, "wants it back"));
	bed_end();
}

/* --- bad input --- */

static void refuse(const struct plx_port_conf *conf, int err, enum plx_reason reason)
{
	assert_int_equal(plx_port_configure(bed.port, conf), err);
	assert_int_equal(plx_last_error()->reason, reason);
	assert_true(plx_last_error()->text[0]);
}

static void test_bad_configurations(void **state)
{
	const struct bed_how how = { .stopped = true };
	const struct plx_port_caps *caps = &bed.info.caps;
	const struct plx_port_conf good = { .n_rxq = 1, .n_txq = 1 };
	struct plx_port_conf conf;

	(void)state;
	bed_start(&how);
	conf = good;
	conf.rx_pool = bed.pool;
	conf.n_rxq = (uint16_t)(caps->max_rxq + 1);
	refuse(&conf, -EINVAL, PLX_R_TOO_LARGE);
	conf.n_rxq = 1;
	conf.n_txq = (uint16_t)(caps->max_txq + 1);
	refuse(&conf, -EINVAL, PLX_R_TOO_LARGE);
	conf.n_txq = 1;
	conf.mtu = (uint16_t)(caps->mtu_max + 1);
	refuse(&conf, -EINVAL, PLX_R_TOO_LARGE);
	conf.mtu = (uint16_t)(caps->mtu_min - 1);
	refuse(&conf, -EINVAL, PLX_R_TOO_LARGE);
	conf.mtu = 0;
	conf.offloads = PLX_OFFLOAD_RX_UNFINISHED;
	refuse(&conf, -ENOTSUP, PLX_R_UNSUPPORTED);
	conf.offloads = 0;
	if (caps->txd.max) {
		conf.txd = (uint16_t)(caps->txd.max * 2);
		refuse(&conf, -EINVAL, PLX_R_TOO_LARGE);
	}
	conf.txd = 0;
	conf.rx_pool = NULL;
	refuse(&conf, -EINVAL, PLX_R_MISMATCH);
	/* The port is as before. */
	bed_go();
	exchange(1);
	bed_end();
}

/* The other driver's card: the sentence says which it knows. */
static void test_wrong_driver(void **state)
{
	bool e1000 = bed_is(BED_SCATTERS);
	struct plx_port *port;
	char spec[64];

	(void)state;
	bed_enter();
	snprintf(spec, sizeof(spec), "%s:pci=sim:%s", e1000 ? "rtl8139" : "e1000", bed.kind->model);
	assert_int_equal(plx_port_open(bed.ctx, spec, &port), -EINVAL);
	assert_int_equal(plx_last_error()->reason, PLX_R_NO_DRIVER);
	assert_non_null(strstr(plx_last_error()->text, e1000 ? "10ec:8139" : "8086:10d3"));
	assert_int_equal(plx_port_open(bed.ctx, "e1000:pci=sim:qtest-nothing", &port), -ENODEV);
	bed_leave();
}

int main(int argc, char **argv)
{
	const struct bed_test tests[] = {
		BED_TEST(test_start_and_stop, 0),
		BED_TEST(test_open_and_close, 0),
		BED_TEST(test_reset_under_traffic, 0),
		BED_TEST(test_cable, 0),
		BED_TEST(test_no_cable_at_start, 0),
		BED_TEST(test_set_link, 0),
		BED_TEST(test_wake, 0),
		BED_TEST(test_no_file_unasked, 0),
		BED_TEST(test_wake_two_queues, BED_RSS),
		BED_TEST(test_no_wake_is_missed, 0),
		BED_TEST(test_removal_under_traffic, 0),
		BED_TEST(test_request_for_removal, 0),
		BED_TEST(test_bad_configurations, 0),
		BED_TEST(test_wrong_driver, 0),
	};

	return BED_MAIN(argc, argv, "life", tests);
}
