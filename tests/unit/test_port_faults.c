/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ports over a driver that can be told to fail anywhere, and that counts what it was asked: no
 * failure may leave something open, half made or changed.
 */
#include <pollux/pollux.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "port/driver.h"

/* --- the driver --- */

enum op {
	OPEN_DEVICE,
	OPEN_PORT,
	CHECK_CONF,
	INIT_RXQ,
	INIT_TXQ,
	START,
	STOP,
	SET_MTU,
	SET_MAC,
	SET_PROMISCUOUS,
	N_OPS,
};

static unsigned fail_in[N_OPS]; /* the nth call from now fails; 0: none */
static unsigned calls[N_OPS];
/* What is open: each must be 0 at the end of a test. */
static int devices, open_ports, rxqs, txqs, running;
static uint16_t entries;

struct fake_args {
	const char *name;
	uint64_t ports;
	unsigned mode;
	bool flag;
};

static int reach(enum op op)
{
	calls[op]++;
	if (fail_in[op] && !--fail_in[op])
		return plx_fail(-EIO, PLX_R_FILE, "fake", "operation %d was told to fail", op);
	return 0;
}

static int fake_open_device(struct plx_device *device)
{
	const struct fake_args *args = device->args;
	int err = reach(OPEN_DEVICE);

	device->n_ports = (unsigned)args->ports;
	devices += !err;
	return err;
}

static void fake_close_device(struct plx_device *device)
{
	(void)device;
	devices--;
}

static bool fake_same(const struct plx_device *device, const void *args)
{
	const struct fake_args *ours = device->args, *theirs = args;

	return ours->name && theirs->name && !strcmp(ours->name, theirs->name);
}

static int fake_open_port(struct plx_port *port)
{
	int err = reach(OPEN_PORT);

	port->caps = (struct plx_port_caps){
		.features = PLX_PORT_RX | PLX_PORT_TX | PLX_PORT_SET_MAC | PLX_PORT_SET_MTU |
			    PLX_PORT_PROMISC_OFF,
		.max_rxq = 4,
		.max_txq = 4,
		.rxd = { .min = 8, .max = 1024, .initial = 64, .pow2 = true },
		.txd = { .min = 10, .max = 100, .initial = 50 },
		.mtu_min = 68,
		.mtu_max = 9000,
	};
	port->mtu = 1500;
	plx_soft_mac(port);
	open_ports += !err;
	return err;
}

static int deaf_open_port(struct plx_port *port)
{
	int err = fake_open_port(port);

	port->caps.max_rxq = 0;
	return err;
}

static int mute_open_port(struct plx_port *port)
{
	int err = fake_open_port(port);

	port->caps.max_txq = 0;
	return err;
}

static void fake_close_port(struct plx_port *port)
{
	(void)port;
	open_ports--;
}

static int fake_check_conf(struct plx_port *port, const struct plx_port_conf *conf)
{
	(void)port;
	(void)conf;
	return reach(CHECK_CONF);
}

static int fake_init_rxq(struct plx_rxq *q)
{
	int err = reach(INIT_RXQ);

	if (entries)
		q->max_entries = entries;
	rxqs += !err;
	return err;
}

static int fake_init_txq(struct plx_txq *q)
{
	int err = reach(INIT_TXQ);

	(void)q;
	txqs += !err;
	return err;
}

static void fake_exit_rxq(struct plx_rxq *q)
{
	(void)q;
	rxqs--;
}

static void fake_exit_txq(struct plx_txq *q)
{
	(void)q;
	txqs--;
}

static int fake_start(struct plx_port *port)
{
	int err = reach(START);

	(void)port;
	running += !err;
	return err;
}

static int fake_stop(struct plx_port *port)
{
	(void)port;
	running--;
	return reach(STOP);
}

static unsigned fake_rx(struct plx_rxq *q, struct plx_pkt *pkts, unsigned n)
{
	(void)q;
	(void)pkts;
	return n;
}

static unsigned fake_tx(struct plx_txq *q, const struct plx_pkt *pkts, unsigned n)
{
	(void)q;
	(void)pkts;
	return n;
}

static int fake_rxq_status(struct plx_rxq *q)
{
	return plx_fail(-ENODATA, PLX_R_END, q->port->child.name, "the input has ended");
}

static int fake_txq_status(struct plx_txq *q)
{
	return plx_fail(-ENOSPC, PLX_R_FILE, q->port->child.name, "the disk is full");
}

static void fake_link(struct plx_port *port, struct plx_link *link)
{
	(void)port;
	*link = (struct plx_link){ .up = false, .full_duplex = true, .mbps = 2500 };
}

static int fake_set_mtu(struct plx_port *port, uint16_t mtu)
{
	(void)port;
	(void)mtu;
	return reach(SET_MTU);
}

static int fake_set_mac(struct plx_port *port, const uint8_t mac[6])
{
	(void)port;
	(void)mac;
	return reach(SET_MAC);
}

static int fake_set_promiscuous(struct plx_port *port, bool on)
{
	(void)port;
	(void)on;
	return reach(SET_PROMISCUOUS);
}

static const char *const modes[] = { "slow", "fast", "odd", NULL };

static const struct plx_key keys[] = {
	{ .name = "name",
	  .type = PLX_KEY_STRING,
	  .offset = offsetof(struct fake_args, name),
	  .initial = "nobody",
	  .help = "who it is" },
	{ .name = "ports",
	  .type = PLX_KEY_UINT,
	  .offset = offsetof(struct fake_args, ports),
	  .min = 1,
	  .max = UINT64_MAX,
	  .initial = "1",
	  .help = "ports it has" },
	{ .name = "mode",
	  .type = PLX_KEY_CHOICE,
	  .offset = offsetof(struct fake_args, mode),
	  .choices = modes,
	  .initial = "fast",
	  .help = "how it goes" },
	{ .name = "flag",
	  .type = PLX_KEY_BOOL,
	  .offset = offsetof(struct fake_args, flag),
	  .help = "whether it waves" },
	{ 0 },
};

#define FAKE(a_name, a_open)                                                                      \
	{                                                                                         \
		.name = a_name, .summary = "A driver that fails when told", .keys = keys,         \
		.args_size = sizeof(struct fake_args), .rxq_size = sizeof(struct plx_rxq),        \
		.txq_size = sizeof(struct plx_txq), .open_device = fake_open_device,              \
		.close_device = fake_close_device, .same_device = fake_same, .open_port = a_open, \
		.close_port = fake_close_port, .check_conf = fake_check_conf,                     \
		.init_rxq = fake_init_rxq, .init_txq = fake_init_txq, .exit_rxq = fake_exit_rxq,  \
		.exit_txq = fake_exit_txq, .start = fake_start, .stop = fake_stop,                \
		.rx_burst = fake_rx, .tx_burst = fake_tx, .rxq_status = fake_rxq_status,          \
		.txq_status = fake_txq_status, .link = fake_link, .set_mtu = fake_set_mtu,        \
		.set_mac = fake_set_mac, .set_promiscuous = fake_set_promiscuous,                 \
	}

static const struct plx_driver fake = FAKE("fake", fake_open_port);
static const struct plx_driver deaf = FAKE("deaf", deaf_open_port);
static const struct plx_driver mute = FAKE("mute", mute_open_port);

/* Nothing but what is mandatory. */
static const struct plx_driver bare = {
	.name = "bare",
	.summary = "The least that a driver can be",
	.rxq_size = sizeof(struct plx_rxq),
	.txq_size = sizeof(struct plx_txq),
	.open_port = fake_open_port,
	.close_port = fake_close_port,
	.init_rxq = fake_init_rxq,
	.init_txq = fake_init_txq,
	.exit_rxq = fake_exit_rxq,
	.exit_txq = fake_exit_txq,
	.rx_burst = fake_rx,
	.tx_burst = fake_tx,
};

/* In the place of the table that the library has. */
const struct plx_driver *const plx_drivers[] = { &fake, &deaf, &mute, &bare, NULL };

/* --- the tests' own --- */

static struct plx_ctx *ctx;
static struct plx_pool *pool;

static int setup(void **state)
{
	struct plx_pool_opts opts = { .count = 8, .node = -1 };

	(void)state;
	memset(fail_in, 0, sizeof(fail_in));
	memset(calls, 0, sizeof(calls));
	devices = open_ports = rxqs = txqs = running = entries = 0;
	return plx_ctx_create(NULL, &ctx) || plx_pool_create(ctx, &opts, &pool);
}

static int teardown(void **state)
{
	(void)state;
	if (devices || open_ports || rxqs || txqs || running)
		return -1;
	return plx_pool_destroy(pool) || plx_ctx_destroy(ctx);
}

static struct plx_port *open_port(const char *spec)
{
	struct plx_port *port;

	assert_int_equal(plx_port_open(ctx, spec, &port), 0);
	return port;
}

static struct plx_port *configured(const char *spec, uint16_t n_rxq, uint16_t n_txq)
{
	struct plx_port_conf conf = { .n_rxq = n_rxq, .n_txq = n_txq, .rx_pool = pool };
	struct plx_port *port = open_port(spec);

	assert_int_equal(plx_port_configure(port, &conf), 0);
	return port;
}

static void close_port(struct plx_port *port)
{
	assert_int_equal(plx_port_close(port), 0);
}

static struct plx_port_info info_of(struct plx_port *port)
{
	struct plx_port_info info;

	plx_port_info(port, &info);
	return info;
}

static void assert_error(int rc, int err, enum plx_reason reason)
{
	assert_int_equal(rc, err);
	assert_int_equal(plx_last_error()->err, err);
	assert_int_equal(plx_last_error()->reason, reason);
}

/* The driver's own failure came through, its record with it. */
static void assert_told_to_fail(int rc)
{
	assert_error(rc, -EIO, PLX_R_FILE);
	assert_string_equal(plx_last_error()->object, "fake");
	assert_non_null(strstr(plx_last_error()->text, "told to fail"));
}

/* --- opening --- */

static void test_device_that_does_not_open(void **state)
{
	struct plx_port *port = (void *)&ctx;

	(void)state;
	fail_in[OPEN_DEVICE] = 1;
	assert_told_to_fail(plx_port_open(ctx, "fake", &port));
	assert_null(port);
	assert_int_equal(devices, 0);
	assert_int_equal(calls[OPEN_PORT], 0);
	close_port(open_port("fake")); /* and now it does */
}

static void test_port_that_does_not_open(void **state)
{
	struct plx_port *port = (void *)&ctx;

	(void)state;
	fail_in[OPEN_PORT] = 1;
	assert_told_to_fail(plx_port_open(ctx, "fake", &port));
	assert_null(port);
	assert_int_equal(devices, 0);
	port = open_port("fake");
	assert_int_equal(info_of(port).number, 0); /* the number was given back */
	close_port(port);
}

static void test_second_port_that_does_not_open(void **state)
{
	struct plx_port *one = open_port("fake:name=a,ports=2"), *two = (void *)&ctx;

	(void)state;
	fail_in[OPEN_PORT] = 1;
	assert_told_to_fail(plx_port_open(ctx, "fake:name=a", &two));
	assert_null(two);
	assert_int_equal(devices, 1);
	two = open_port("fake:name=a");
	assert_int_equal(devices, 1);
	close_port(one);
	assert_int_equal(devices, 1);
	close_port(two);
	assert_int_equal(devices, 0);
}

static void test_device_of_many_ports(void **state)
{
	struct plx_port *ports[32], *more;

	(void)state;
	for (int i = 0; i < 32; i++)
		ports[i] = open_port("fake:name=a,ports=32");
	assert_int_equal(devices, 1);
	assert_error(plx_port_open(ctx, "fake:name=a", &more), -EBUSY, PLX_R_ALREADY);
	assert_int_equal(devices, 1);
	close_port(ports[31]);
	ports[31] = open_port("fake:name=a");
	for (int i = 0; i < 32; i++)
		close_port(ports[i]);
	assert_int_equal(devices, 0);
}

static void test_devices_of_other_keys_or_drivers(void **state)
{
	struct plx_port *a = open_port("fake:name=a"), *b = open_port("fake:name=b");
	struct plx_port *c = open_port("deaf:name=a");

	(void)state;
	assert_int_equal(devices, 3);
	close_port(b);
	close_port(a);
	close_port(c);
}

/* --- keys --- */

static const struct fake_args *args_of(const struct plx_port *port)
{
	return port->device->args;
}

static void test_choices(void **state)
{
	struct plx_port *port;

	(void)state;
	for (unsigned i = 0; modes[i]; i++) {
		char spec[32];

		snprintf(spec, sizeof(spec), "fake:mode=%s", modes[i]);
		port = open_port(spec);
		assert_int_equal(args_of(port)->mode, i);
		close_port(port);
	}
	assert_error(plx_port_open(ctx, "fake:mode=quick", &port), -EINVAL, PLX_R_BAD_VALUE);
	assert_non_null(strstr(plx_last_error()->text, "mode=quick is none of slow, fast, odd"));
}

static void test_initial_values(void **state)
{
	struct plx_port *port = open_port("fake");

	(void)state;
	assert_string_equal(args_of(port)->name, "nobody");
	assert_int_equal(args_of(port)->ports, 1);
	assert_int_equal(args_of(port)->mode, 1);
	assert_false(args_of(port)->flag);
	close_port(port);
	port = open_port("fake:flag,mode=odd,name=x");
	assert_true(args_of(port)->flag);
	assert_int_equal(args_of(port)->mode, 2);
	close_port(port);
}

static void test_largest_number(void **state)
{
	struct plx_port *port = open_port("fake:ports=18446744073709551615");

	(void)state;
	assert_true(args_of(port)->ports == UINT64_MAX);
	close_port(port);
	assert_error(plx_port_open(ctx, "fake:ports=18446744073709551616", &port), -EINVAL,
		     PLX_R_BAD_VALUE);
}

static void test_help_shows_choices(void **state)
{
	char text[4096] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	(void)state;
	assert_non_null(out);
	assert_int_equal(plx_drivers_help(out, "fake", PLX_HELP_TEXT), 0);
	fclose(out);
	assert_non_null(strstr(text, "mode=slow|fast|odd"));
	assert_non_null(strstr(text, "(default fast)"));
	assert_non_null(strstr(text, "flag=on|off"));
}

static void test_driver_without_keys(void **state)
{
	struct plx_port *port;

	(void)state;
	assert_error(plx_port_open(ctx, "bare:size=1", &port), -EINVAL, PLX_R_BAD_KEY);
	port = open_port("bare");
	close_port(port);
	assert_int_equal(plx_drivers_help(stderr, "nobody", PLX_HELP_MAN), -EINVAL);
}

/* --- configuring --- */

static void test_driver_refuses_a_configuration(void **state)
{
	struct plx_port *port = configured("fake", 2, 2);
	struct plx_rxq *q = plx_port_rxq(port, 0);

	(void)state;
	fail_in[CHECK_CONF] = 1;
	assert_told_to_fail(plx_port_configure(port, NULL));
	assert_int_equal(rxqs, 2);
	assert_ptr_equal(plx_port_rxq(port, 0), q);
	assert_int_equal(plx_port_start(port), 0);
	close_port(port);
}

static void refuse_desc(struct plx_port *port, uint16_t rxd, uint16_t txd, enum plx_reason reason,
			const char *words)
{
	struct plx_port_conf conf = { .rxd = rxd, .txd = txd };

	assert_error(plx_port_configure(port, &conf), -EINVAL, reason);
	assert_non_null(strstr(plx_last_error()->text, words));
	assert_int_equal(calls[CHECK_CONF], 0);
}

static void test_descriptor_limits(void **state)
{
	struct plx_port *port = open_port("fake");

	(void)state;
	refuse_desc(port, 7, 0, PLX_R_TOO_LARGE, "8 to 1024 receive descriptors, not 7");
	refuse_desc(port, 2048, 0, PLX_R_TOO_LARGE, "not 2048");
	refuse_desc(port, 9, 0, PLX_R_UNALIGNED, "a power of two of receive descriptors, not 9");
	refuse_desc(port, 0, 9, PLX_R_TOO_LARGE, "10 to 100 transmit descriptors, not 9");
	refuse_desc(port, 0, 101, PLX_R_TOO_LARGE, "not 101");
	close_port(port);
}

static void test_descriptors_are_set(void **state)
{
	struct plx_port_conf conf = { .rxd = 1024, .txd = 77 };
	struct plx_port *port = open_port("fake");

	(void)state;
	assert_int_equal(plx_port_configure(port, &conf), 0);
	assert_int_equal(info_of(port).rxd, 1024);
	assert_int_equal(info_of(port).txd, 77);
	assert_int_equal(plx_port_configure(port, NULL), 0);
	assert_int_equal(info_of(port).rxd, 64);
	assert_int_equal(info_of(port).txd, 50);
	close_port(port);
}

static void test_port_that_cannot_receive(void **state)
{
	struct plx_port_conf conf = { .n_rxq = 1, .rx_pool = pool };
	struct plx_port *port = open_port("deaf");

	(void)state;
	assert_error(plx_port_configure(port, &conf), -ENOTSUP, PLX_R_UNSUPPORTED);
	assert_non_null(strstr(plx_last_error()->text, "cannot receive"));
	conf.n_rxq = 0;
	assert_int_equal(plx_port_configure(port, &conf), 0);
	assert_int_equal(info_of(port).n_rxq, 0);
	assert_int_equal(info_of(port).n_txq, 1);
	close_port(port);
}

static void test_port_that_cannot_send(void **state)
{
	struct plx_port_conf conf = { .n_txq = 1, .rx_pool = pool };
	struct plx_port *port = open_port("mute");

	(void)state;
	assert_error(plx_port_configure(port, &conf), -ENOTSUP, PLX_R_UNSUPPORTED);
	assert_non_null(strstr(plx_last_error()->text, "cannot send"));
	conf.n_txq = 0;
	assert_int_equal(plx_port_configure(port, &conf), 0);
	assert_int_equal(info_of(port).n_rxq, 1);
	assert_int_equal(info_of(port).n_txq, 0);
	close_port(port);
}

/* A queue that cannot be made: those before it are unmade, and the port can be configured anew. */
static void fail_queue(enum op op, unsigned nth)
{
	struct plx_port_conf conf = { .n_rxq = 3, .n_txq = 3, .rx_pool = pool };
	struct plx_port *port = configured("fake", 1, 1);

	fail_in[op] = nth;
	assert_told_to_fail(plx_port_configure(port, &conf));
	assert_int_equal(rxqs, 0);
	assert_int_equal(txqs, 0);
	assert_int_equal(info_of(port).n_rxq, 0);
	assert_int_equal(info_of(port).n_txq, 0);
	assert_null(plx_port_rxq(port, 0));
	assert_error(plx_port_start(port), -EPERM, PLX_R_ORDER);
	assert_int_equal(plx_port_configure(port, &conf), 0);
	assert_int_equal(rxqs, 3);
	assert_int_equal(plx_port_start(port), 0);
	close_port(port);
}

static void test_queue_that_cannot_be_made(void **state)
{
	(void)state;
	for (unsigned nth = 1; nth <= 3; nth++) {
		fail_queue(INIT_RXQ, nth);
		fail_queue(INIT_TXQ, nth);
	}
}

static void test_port_may_close_after_failed_configuration(void **state)
{
	struct plx_port *port = open_port("fake");

	(void)state;
	fail_in[INIT_TXQ] = 1;
	assert_told_to_fail(plx_port_configure(port, NULL));
	close_port(port);
}

static void test_configuring_unmakes_old_queues(void **state)
{
	struct plx_port *port = configured("fake", 4, 4);

	(void)state;
	assert_int_equal(rxqs, 4);
	assert_int_equal(plx_port_configure(port, NULL), 0);
	assert_int_equal(rxqs, 0);
	assert_int_equal(txqs, 1);
	close_port(port);
}

static void test_longest_frame_is_known(void **state)
{
	struct plx_port *port;
	struct plx_pkt pkts[8];

	(void)state;
	entries = 5;
	port = configured("fake", 2, 1);
	assert_int_equal(info_of(port).rx_max_entries, 5);
	assert_int_equal(plx_port_start(port), 0);
	assert_int_equal(plx_rx_burst(plx_port_rxq(port, 0), pkts, 4), 0);
	assert_int_equal(plx_rx_burst(plx_port_rxq(port, 0), pkts, 5), 5);
	assert_int_equal(plx_rx_burst(plx_port_rxq(port, 1), pkts, 6), 6);
	close_port(port);
}

/* --- starting and stopping --- */

static void test_port_that_does_not_start(void **state)
{
	struct plx_port *port = configured("fake", 1, 1);
	struct plx_pkt pkt;

	(void)state;
	fail_in[START] = 1;
	assert_told_to_fail(plx_port_start(port));
	assert_false(info_of(port).started);
	assert_int_equal(plx_rx_burst(plx_port_rxq(port, 0), &pkt, 1), 0);
	assert_error(plx_port_stop(port), -EPERM, PLX_R_NOT_STARTED);
	assert_int_equal(plx_port_start(port), 0);
	assert_int_equal(plx_rx_burst(plx_port_rxq(port, 0), &pkt, 1), 1);
	close_port(port);
}

static void test_port_that_does_not_stop_cleanly(void **state)
{
	struct plx_port *port = configured("fake", 1, 1);
	struct plx_pkt pkt;

	(void)state;
	assert_int_equal(plx_port_start(port), 0);
	fail_in[STOP] = 1;
	assert_told_to_fail(plx_port_stop(port));
	assert_false(info_of(port).started);
	assert_int_equal(plx_rx_burst(plx_port_rxq(port, 0), &pkt, 1), 0);
	assert_int_equal(plx_port_start(port), 0);
	close_port(port);
}

static void test_closing_reports_the_stop(void **state)
{
	struct plx_port *port = configured("fake", 2, 2);

	(void)state;
	assert_int_equal(plx_port_start(port), 0);
	fail_in[STOP] = 1;
	assert_told_to_fail(plx_port_close(port));
	assert_int_equal(open_ports, 0);
	assert_int_equal(devices, 0);
	assert_int_equal(rxqs + txqs, 0);
}

static void test_closing_stops_only_what_runs(void **state)
{
	struct plx_port *port = configured("fake", 1, 1);

	(void)state;
	close_port(port);
	assert_int_equal(calls[STOP], 0);
	port = configured("fake", 1, 1);
	assert_int_equal(plx_port_start(port), 0);
	close_port(port);
	assert_int_equal(calls[STOP], 1);
}

static void test_statuses_come_through(void **state)
{
	struct plx_port *port = configured("fake", 1, 1);

	(void)state;
	assert_error(plx_rxq_status(plx_port_rxq(port, 0)), -ENODATA, PLX_R_END);
	assert_error(plx_txq_status(plx_port_txq(port, 0)), -ENOSPC, PLX_R_FILE);
	close_port(port);
	port = configured("bare", 1, 1);
	assert_int_equal(plx_rxq_status(plx_port_rxq(port, 0)), 0);
	assert_int_equal(plx_txq_status(plx_port_txq(port, 0)), 0);
	close_port(port);
}

static void test_link_comes_through(void **state)
{
	struct plx_port *port = open_port("fake");

	(void)state;
	assert_false(info_of(port).link.up);
	assert_int_equal(info_of(port).link.mbps, 2500);
	close_port(port);
	port = open_port("bare");
	assert_true(info_of(port).link.up);
	close_port(port);
}

/* --- settings --- */

static void test_mtu_that_cannot_be_set(void **state)
{
	struct plx_port_conf conf = { .n_rxq = 4, .mtu = 4000, .rx_pool = pool };
	struct plx_port *port = configured("fake", 1, 1);

	(void)state;
	fail_in[SET_MTU] = 1;
	assert_told_to_fail(plx_port_set_mtu(port, 2000));
	assert_int_equal(info_of(port).mtu, 1500);
	fail_in[SET_MTU] = 1;
	assert_told_to_fail(plx_port_configure(port, &conf));
	assert_int_equal(info_of(port).mtu, 1500);
	assert_int_equal(info_of(port).n_rxq, 1);
	assert_int_equal(plx_port_configure(port, &conf), 0);
	assert_int_equal(info_of(port).mtu, 4000);
	assert_int_equal(calls[SET_MTU], 3);
	assert_int_equal(plx_port_configure(port, &conf), 0); /* the same: not set again */
	assert_int_equal(calls[SET_MTU], 3);
	close_port(port);
}

static void test_mac_that_cannot_be_set(void **state)
{
	static const uint8_t mac[6] = { 0x0e, 1, 2, 3, 4, 5 };
	struct plx_port *port = open_port("fake");
	struct plx_port_info before = info_of(port);

	(void)state;
	fail_in[SET_MAC] = 1;
	assert_told_to_fail(plx_port_set_mac(port, mac));
	assert_memory_equal(info_of(port).mac, before.mac, 6);
	assert_int_equal(plx_port_set_mac(port, mac), 0);
	assert_memory_equal(info_of(port).mac, mac, 6);
	close_port(port);
}

static void test_promiscuous_that_cannot_be_set(void **state)
{
	struct plx_port *port = open_port("fake");

	(void)state;
	fail_in[SET_PROMISCUOUS] = 1;
	assert_told_to_fail(plx_port_set_promiscuous(port, false));
	assert_true(info_of(port).promiscuous);
	assert_int_equal(plx_port_set_promiscuous(port, false), 0);
	assert_false(info_of(port).promiscuous);
	assert_int_equal(plx_port_set_promiscuous(port, true), 0);
	assert_true(info_of(port).promiscuous);
	close_port(port);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_device_that_does_not_open),
		TEST(test_port_that_does_not_open),
		TEST(test_second_port_that_does_not_open),
		TEST(test_device_of_many_ports),
		TEST(test_devices_of_other_keys_or_drivers),
		TEST(test_choices),
		TEST(test_initial_values),
		TEST(test_largest_number),
		TEST(test_help_shows_choices),
		TEST(test_driver_without_keys),
		TEST(test_driver_refuses_a_configuration),
		TEST(test_descriptor_limits),
		TEST(test_descriptors_are_set),
		TEST(test_port_that_cannot_receive),
		TEST(test_port_that_cannot_send),
		TEST(test_queue_that_cannot_be_made),
		TEST(test_port_may_close_after_failed_configuration),
		TEST(test_configuring_unmakes_old_queues),
		TEST(test_longest_frame_is_known),
		TEST(test_port_that_does_not_start),
		TEST(test_port_that_does_not_stop_cleanly),
		TEST(test_closing_reports_the_stop),
		TEST(test_closing_stops_only_what_runs),
		TEST(test_statuses_come_through),
		TEST(test_link_comes_through),
		TEST(test_mtu_that_cannot_be_set),
		TEST(test_mac_that_cannot_be_set),
		TEST(test_promiscuous_that_cannot_be_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
