/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ports: how they are named, configured, started and stopped, with the null and the ring driver
 * as examples; and what those two do with packets.
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

#define BUFFERS 256

static struct plx_ctx *ctx;
static struct plx_pool *pool;

static int setup(void **state)
{
	struct plx_pool_opts opts = { .count = BUFFERS, .node = -1 };

	(void)state;
	return plx_ctx_create(NULL, &ctx) || plx_pool_create(ctx, &opts, &pool);
}

static int teardown(void **state)
{
	(void)state;
	return plx_pool_destroy(pool) || plx_ctx_destroy(ctx);
}

static struct plx_port *open_port(const char *spec)
{
	struct plx_port *port;

	assert_int_equal(plx_port_open(ctx, spec, &port), 0);
	assert_non_null(port);
	return port;
}

static void configure(struct plx_port *port, uint16_t n_rxq, uint16_t n_txq)
{
	struct plx_port_conf conf = { .n_rxq = n_rxq, .n_txq = n_txq, .rx_pool = pool };

	assert_int_equal(plx_port_configure(port, &conf), 0);
}

/* Open, with a queue each way, and started. */
static struct plx_port *running(const char *spec)
{
	struct plx_port *port = open_port(spec);

	configure(port, 1, 1);
	assert_int_equal(plx_port_start(port), 0);
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

static struct plx_port_stats stats_of(const struct plx_port *port)
{
	struct plx_port_stats stats;

	plx_port_stats(port, &stats);
	return stats;
}

static void assert_error(int rc, int err, enum plx_reason reason)
{
	assert_int_equal(rc, err);
	assert_int_equal(plx_last_error()->err, err);
	assert_int_equal(plx_last_error()->reason, reason);
	assert_true(plx_last_error()->text[0]);
}

static void assert_account(unsigned free, unsigned tx, unsigned user)
{
	struct plx_pool_account a;

	plx_pool_account(pool, &a);
	assert_int_equal(a.free, free);
	assert_int_equal(a.rx_ring, 0);
	assert_int_equal(a.tx_ring, tx);
	assert_int_equal(a.user, user);
}

/* --- specifications --- */

/* Opening @spec fails for @reason, and the sentence has each of the @words. */
static void refuse(const char *spec, enum plx_reason reason, const char *word, const char *second)
{
	struct plx_port *port = (void *)&ctx;

	assert_error(plx_port_open(ctx, spec, &port), -EINVAL, reason);
	assert_null(port);
	assert_non_null(strstr(plx_last_error()->text, word));
	assert_non_null(strstr(plx_last_error()->text, second));
	assert_int_equal(strncmp(plx_last_error()->object, spec, 40), 0);
}

static void test_unknown_drivers(void **state)
{
	(void)state;
	refuse("nonesuch", PLX_R_NO_DRIVER, "nonesuch", "null, ring");
	refuse("", PLX_R_NO_DRIVER, "\"\"", "null");
	refuse("nul:size=64", PLX_R_NO_DRIVER, "\"nul\"", "ring");
	refuse("null2", PLX_R_NO_DRIVER, "null2", "ring");
	refuse(":size=64", PLX_R_NO_DRIVER, "\"\"", "ring");
}

static void test_unknown_keys(void **state)
{
	(void)state;
	refuse("null:sise=64", PLX_R_BAD_KEY, "sise", "null");
	refuse("null:size=64,colour=red", PLX_R_BAD_KEY, "colour", "null");
	refuse("null:,", PLX_R_BAD_KEY, "\"\"", "null");
	refuse("null:=64", PLX_R_BAD_KEY, "\"\"", "null");
	refuse("ring:name=a,Size=3", PLX_R_BAD_KEY, "Size", "ring");
}

static void test_bad_numbers(void **state)
{
	static const char *const values[] = { "17", "16385", "-1",   "64x",
					      "x",  "",      "0x40", "99999999999999999999999" };

	(void)state;
	for (int i = 0; i < 8; i++) {
		char spec[64];

		snprintf(spec, sizeof(spec), "null:size=%s", values[i]);
		refuse(spec, PLX_R_BAD_VALUE, "size=", "18 to 16384");
		assert_non_null(strstr(plx_last_error()->text, values[i]));
	}
}

static void test_numbers_at_the_edges(void **state)
{
	(void)state;
	close_port(open_port("null:size=18"));
	close_port(open_port("null:size=16384"));
	close_port(open_port("ring:name=a,size=1,queues=16,entries=1"));
}

static void test_switches(void **state)
{
	static const char *const good[] = { "null:rx=on", "null:rx=off", "null:rx=yes",
					    "null:rx=no", "null:rx=1",   "null:rx=0",
					    "null:rx",    "null",        "null:rx,size=64" };

	(void)state;
	for (int i = 0; i < 9; i++)
		close_port(open_port(good[i]));
	refuse("null:rx=maybe", PLX_R_BAD_VALUE, "rx=maybe", "neither on nor off");
	refuse("null:rx=", PLX_R_BAD_VALUE, "rx=", "neither");
}

static void test_missing_values(void **state)
{
	(void)state;
	refuse("null:size", PLX_R_BAD_VALUE, "size needs a value", "size=");
	refuse("ring:name", PLX_R_BAD_VALUE, "name needs a value", "name=");
	refuse("ring:name=", PLX_R_BAD_VALUE, "name=", "needs a value");
}

static void test_required_keys(void **state)
{
	(void)state;
	refuse("ring", PLX_R_BAD_KEY, "ring needs", "name=NAME");
	refuse("ring:size=4", PLX_R_BAD_KEY, "ring needs", "name=NAME");
}

/* What is wrong is said although the specification is longer than any field of the record. */
static void test_long_specifications(void **state)
{
	char spec[5000] = "ring:name=";

	(void)state;
	memset(spec + 10, 'n', sizeof(spec) - 11);
	strcpy(spec + sizeof(spec) - 10, ",size=0");
	refuse(spec, PLX_R_BAD_VALUE, "size=0", "1 to");
	spec[sizeof(spec) - 4] = '\0';
	strcpy(spec + sizeof(spec) - 10, ",size=8");
	close_port(open_port(spec));
}

static void test_last_of_two_values_counts(void **state)
{
	struct plx_port *port = running("null:size=100,size=200");
	struct plx_pkt pkt;

	(void)state;
	assert_int_equal(plx_rx_burst(plx_port_rxq(port, 0), &pkt, 1), 1);
	assert_int_equal(pkt.len, 196);
	plx_pkt_free(&pkt, 1);
	close_port(port);
}

/* The name of the ring that @spec opens: the driver's string, without backslashes. */
static void expect_name(const char *spec, const char *name)
{
	struct plx_port *port = open_port(spec);
	const char *const *args = port->device->args;

	assert_string_equal(args[0], name);
	close_port(port);
}

static void test_escapes(void **state)
{
	(void)state;
	expect_name("ring:name=a\\,b", "a,b");
	expect_name("ring:name=a\\,size\\=7,size=4", "a,size=7");
	expect_name("ring:size=4,name=a\\\\", "a\\");
	expect_name("ring:name=a=b", "a=b");
	expect_name("ring:name=\\\\\\,", "\\,");
	expect_name("ring:name=a:b", "a:b");
	expect_name("ring:name=a\\", "a\\");
}

static void test_names_are_kept_short(void **state)
{
	char spec[200] = "ring:name=";
	struct plx_port *port;

	(void)state;
	memset(spec + 10, 'n', sizeof(spec) - 11);
	port = open_port(spec);
	assert_int_equal(strlen(info_of(port).name), 63);
	assert_int_equal(strncmp(info_of(port).name, spec, 63), 0);
	close_port(port);
}

static void test_failed_opening_leaves_nothing(void **state)
{
	struct plx_ctx *other;
	struct plx_port *port;

	(void)state;
	assert_int_equal(plx_ctx_create(NULL, &other), 0);
	assert_int_equal(plx_port_open(other, "null:size=1", &port), -EINVAL);
	assert_int_equal(plx_port_open(other, "ring", &port), -EINVAL);
	assert_int_equal(plx_ctx_destroy(other), 0);
}

/* --- what a port says of itself --- */

static void test_info_of_a_new_port(void **state)
{
	struct plx_port *port = open_port("null:size=128");
	struct plx_port_info info = info_of(port);

	(void)state;
	assert_string_equal(info.name, "null:size=128");
	assert_string_equal(info.driver, "null");
	assert_int_equal(info.number, 0);
	assert_int_equal(info.node, -1);
	assert_int_equal(info.mtu, 1500);
	assert_true(info.promiscuous);
	assert_false(info.started);
	assert_int_equal(info.n_rxq, 0);
	assert_int_equal(info.n_txq, 0);
	assert_true(info.link.up);
	assert_true(info.caps.features & PLX_PORT_RX && info.caps.features & PLX_PORT_TX);
	close_port(port);
}

static void test_info_of_a_running_port(void **state)
{
	struct plx_port *port = running("null");

	(void)state;
	assert_true(info_of(port).started);
	assert_int_equal(info_of(port).n_rxq, 1);
	assert_int_equal(info_of(port).n_txq, 1);
	assert_int_equal(info_of(port).rx_max_entries, 1);
	assert_int_equal(plx_port_stop(port), 0);
	assert_false(info_of(port).started);
	close_port(port);
}

static void test_numbers_and_addresses_are_unique(void **state)
{
	struct plx_port *ports[20];

	(void)state;
	for (int i = 0; i < 20; i++) {
		ports[i] = open_port("null");
		assert_int_equal(info_of(ports[i]).number, i);
		assert_int_equal(info_of(ports[i]).mac[0] & 3, 2); /* local, unicast */
		for (int j = 0; j < i; j++)
			assert_memory_not_equal(info_of(ports[i]).mac, info_of(ports[j]).mac, 6);
	}
	close_port(ports[7]);
	ports[7] = open_port("ring:name=x");
	assert_int_equal(info_of(ports[7]).number, 7);
	for (int i = 0; i < 20; i++)
		close_port(ports[i]);
}

static void test_as_many_ports_as_numbers(void **state)
{
	static struct plx_port *ports[1024];
	struct plx_port *more = (void *)&ports;

	(void)state;
	for (int i = 0; i < 1024; i++)
		ports[i] = open_port("null");
	assert_error(plx_port_open(ctx, "null", &more), -ENOSPC, PLX_R_INDEX);
	assert_null(more);
	for (int i = 0; i < 1024; i++)
		close_port(ports[i]);
}

static void test_drop_names(void **state)
{
	(void)state;
	assert_string_equal(plx_drop_name(PLX_DROP_NO_BUFFER), "no_buffer");
	for (unsigned i = 0; i < PLX_DROP_COUNT_; i++)
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(plx_drop_name(i), plx_drop_name(j));
	assert_null(plx_drop_name(PLX_DROP_COUNT_));
	assert_null(plx_drop_name(~0u));
}

/* --- configurations --- */

/* @conf is refused in such words, and the configuration that the port had still works. */
static void refuse_conf(struct plx_port *port, const struct plx_port_conf *conf, int err,
			enum plx_reason reason, const char *words)
{
	struct plx_port_info before = info_of(port);
	struct plx_rxq *rxq = plx_port_rxq(port, 0);

	assert_error(plx_port_configure(port, conf), err, reason);
	assert_non_null(strstr(plx_last_error()->text, before.name));
	assert_non_null(strstr(plx_last_error()->text, words));
	assert_int_equal(info_of(port).n_rxq, before.n_rxq);
	assert_int_equal(info_of(port).n_txq, before.n_txq);
	assert_int_equal(info_of(port).mtu, before.mtu);
	assert_ptr_equal(plx_port_rxq(port, 0), rxq);
	assert_int_equal(plx_port_start(port), 0);
	assert_int_equal(plx_port_stop(port), 0);
}

static void test_too_many_queues(void **state)
{
	struct plx_port_conf rx = { .n_rxq = 65, .rx_pool = pool }, tx = { .n_txq = 65 };
	struct plx_port *port = open_port("null");

	(void)state;
	configure(port, 2, 2);
	refuse_conf(port, &rx, -EINVAL, PLX_R_TOO_LARGE, "64 receive queues, not 65");
	refuse_conf(port, &tx, -EINVAL, PLX_R_TOO_LARGE, "64 transmit queues, not 65");
	close_port(port);
}

static void test_queues_without_pool(void **state)
{
	struct plx_pool *pools[2] = { pool, NULL };
	struct plx_port_conf none = { .n_rxq = 1 }, half = { .n_rxq = 2, .rx_pools = pools };
	struct plx_port *port = open_port("null");

	(void)state;
	configure(port, 1, 1);
	refuse_conf(port, &none, -EINVAL, PLX_R_MISMATCH, "queue 0 has no pool");
	refuse_conf(port, &half, -EINVAL, PLX_R_MISMATCH, "queue 1 has no pool");
	close_port(port);
}

static void test_mtu_out_of_range(void **state)
{
	struct plx_port_conf low = { .mtu = 67 }, high = { .mtu = 16367 };
	struct plx_port *port = open_port("null");

	(void)state;
	configure(port, 1, 1);
	refuse_conf(port, &low, -EINVAL, PLX_R_TOO_LARGE, "68 to 16366 bytes, not 67");
	refuse_conf(port, &high, -EINVAL, PLX_R_TOO_LARGE, "not 16367");
	close_port(port);
}

static void test_fixed_mtu(void **state)
{
	struct plx_port_conf other = { .mtu = 1400 }, same = { .mtu = 1500 };
	struct plx_port *port = open_port("ring:name=a");

	(void)state;
	configure(port, 1, 1);
	refuse_conf(port, &other, -ENOTSUP, PLX_R_UNSUPPORTED, "cannot be changed");
	assert_int_equal(plx_port_configure(port, &same), 0);
	assert_error(plx_port_set_mtu(port, 1400), -ENOTSUP, PLX_R_UNSUPPORTED);
	assert_error(plx_port_set_mtu(port, 60), -EINVAL, PLX_R_TOO_LARGE);
	assert_int_equal(plx_port_set_mtu(port, 1500), 0);
	close_port(port);
}

static void test_mtu_is_set(void **state)
{
	struct plx_port_conf conf = { .mtu = 9000 };
	struct plx_port *port = open_port("null");

	(void)state;
	assert_int_equal(plx_port_configure(port, &conf), 0);
	assert_int_equal(info_of(port).mtu, 9000);
	assert_int_equal(plx_port_set_mtu(port, 68), 0);
	assert_int_equal(info_of(port).mtu, 68);
	configure(port, 0, 0); /* zero: as it is */
	assert_int_equal(info_of(port).mtu, 68);
	close_port(port);
}

static void test_default_queues(void **state)
{
	struct plx_port_conf conf = { .rx_pools = &pool };
	struct plx_port *port = open_port("null");

	(void)state;
	assert_int_equal(plx_port_configure(port, NULL), 0);
	assert_int_equal(info_of(port).n_rxq, 0);
	assert_int_equal(info_of(port).n_txq, 1);
	assert_null(plx_port_rxq(port, 0));
	assert_int_equal(plx_port_configure(port, &conf), 0);
	assert_int_equal(info_of(port).n_rxq, 1);
	assert_non_null(plx_port_rxq(port, 0));
	close_port(port);
}

static void test_queue_handles(void **state)
{
	struct plx_port *port = open_port("null");

	(void)state;
	assert_null(plx_port_rxq(port, 0));
	assert_null(plx_port_txq(port, 0));
	configure(port, 3, 2);
	for (unsigned i = 0; i < 3; i++) {
		assert_non_null(plx_port_rxq(port, i));
		assert_true((plx_port_txq(port, i) != NULL) == (i < 2));
	}
	assert_ptr_not_equal(plx_port_rxq(port, 0), plx_port_rxq(port, 1));
	assert_null(plx_port_rxq(port, 3));
	assert_null(plx_port_rxq(port, ~0u));
	close_port(port);
}

static void test_pool_of_each_queue(void **state)
{
	struct plx_pool_opts opts = { .count = 8, .node = -1 };
	struct plx_pool *pools[2] = { pool, NULL };
	struct plx_port_conf conf = { .n_rxq = 2, .rx_pools = pools };
	struct plx_port *port = open_port("null");
	struct plx_pkt pkts[2];

	(void)state;
	assert_int_equal(plx_pool_create(ctx, &opts, &pools[1]), 0);
	assert_int_equal(plx_port_configure(port, &conf), 0);
	assert_int_equal(plx_port_start(port), 0);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(plx_rx_burst(plx_port_rxq(port, i), &pkts[i], 1), 1);
		assert_int_equal(pkts[i].pool, plx_pool_number(pools[i]));
	}
	plx_pkt_free(pkts, 2);
	close_port(port);
	assert_int_equal(plx_pool_destroy(pools[1]), 0);
}

static void test_configuring_again_starts_afresh(void **state)
{
	struct plx_port *port = running("null");
	struct plx_pkt pkts[8];

	(void)state;
	assert_int_equal(plx_rx_burst(plx_port_rxq(port, 0), pkts, 8), 8);
	plx_pkt_free(pkts, 8);
	assert_int_equal(plx_port_stop(port), 0);
	configure(port, 4, 1);
	assert_int_equal(info_of(port).n_rxq, 4);
	assert_int_equal(stats_of(port).rx.packets, 0);
	assert_int_equal(plx_port_start(port), 0);
	assert_int_equal(plx_rx_burst(plx_port_rxq(port, 3), pkts, 8), 8);
	plx_pkt_free(pkts, 8);
	close_port(port);
}

/* --- states --- */

static void test_start_before_configure(void **state)
{
	struct plx_port *port = open_port("null");

	(void)state;
	assert_error(plx_port_start(port), -EPERM, PLX_R_ORDER);
	close_port(port);
}

static void test_stop_before_start(void **state)
{
	struct plx_port *port = open_port("null");

	(void)state;
	assert_error(plx_port_stop(port), -EPERM, PLX_R_NOT_STARTED);
	configure(port, 1, 1);
	assert_error(plx_port_stop(port), -EPERM, PLX_R_NOT_STARTED);
	assert_int_equal(plx_port_start(port), 0);
	assert_int_equal(plx_port_stop(port), 0);
	assert_error(plx_port_stop(port), -EPERM, PLX_R_NOT_STARTED);
	close_port(port);
}

static void test_start_twice(void **state)
{
	struct plx_port *port = running("null");

	(void)state;
	assert_error(plx_port_start(port), -EALREADY, PLX_R_ALREADY);
	assert_true(info_of(port).started);
	close_port(port);
}

static void test_started_port_is_not_changed(void **state)
{
	struct plx_port *port = running("null");
	struct plx_rxq *q = plx_port_rxq(port, 0);
	struct plx_pkt pkt;

	(void)state;
	assert_error(plx_port_configure(port, NULL), -EBUSY, PLX_R_STATE);
	assert_error(plx_port_set_mtu(port, 1400), -EBUSY, PLX_R_STATE);
	assert_int_equal(info_of(port).mtu, 1500);
	assert_ptr_equal(plx_port_rxq(port, 0), q);
	assert_int_equal(plx_rx_burst(q, &pkt, 1), 1);
	plx_pkt_free(&pkt, 1);
	close_port(port);
}

static void test_stopped_queues_do_nothing(void **state)
{
	struct plx_port *port = open_port("null");
	struct plx_pkt pkt, got;

	(void)state;
	configure(port, 1, 1);
	assert_int_equal(plx_pool_get(pool, NULL, &pkt, 1), 1);
	assert_int_equal(plx_rx_burst(plx_port_rxq(port, 0), &got, 1), 0);
	assert_int_equal(plx_tx_burst(plx_port_txq(port, 0), &pkt, 1), 0);
	assert_int_equal(plx_port_start(port), 0);
	assert_int_equal(plx_port_stop(port), 0);
	assert_int_equal(plx_rx_burst(plx_port_rxq(port, 0), &got, 1), 0);
	assert_int_equal(plx_tx_burst(plx_port_txq(port, 0), &pkt, 1), 0);
	assert_int_equal(stats_of(port).tx.packets, 0);
	plx_pkt_free(&pkt, 1);
	close_port(port);
}

static void test_start_and_stop_repeat(void **state)
{
	struct plx_port *port = open_port("null");
	struct plx_pkt pkt;

	(void)state;
	configure(port, 1, 1);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(plx_port_start(port), 0);
		assert_int_equal(plx_rx_burst(plx_port_rxq(port, 0), &pkt, 1), 1);
		assert_int_equal(plx_tx_burst(plx_port_txq(port, 0), &pkt, 1), 1);
		assert_int_equal(plx_port_stop(port), 0);
	}
	assert_int_equal(stats_of(port).rx.packets, 10); /* statistics go on */
	close_port(port);
}

static void test_close_in_any_state(void **state)
{
	struct plx_port *port = open_port("ring:name=a");

	(void)state;
	close_port(port);
	port = open_port("ring:name=a");
	configure(port, 1, 1);
	close_port(port);
	close_port(running("ring:name=a"));
}

/* --- settings --- */

static void test_mac_is_set(void **state)
{
	static const uint8_t mac[6] = { 0x0a, 1, 2, 3, 4, 5 };
	static const uint8_t group[6] = { 1, 1, 2, 3, 4, 5 }, zero[6];
	struct plx_port *port = open_port("null");

	(void)state;
	assert_int_equal(plx_port_set_mac(port, mac), 0);
	assert_memory_equal(info_of(port).mac, mac, 6);
	assert_error(plx_port_set_mac(port, group), -EINVAL, PLX_R_BAD_VALUE);
	assert_non_null(strstr(plx_last_error()->text, "01:01:02:03:04:05"));
	assert_error(plx_port_set_mac(port, zero), -EINVAL, PLX_R_BAD_VALUE);
	assert_error(plx_port_set_mac(port, NULL), -EINVAL, PLX_R_NULL_ARG);
	assert_int_equal(plx_last_error()->arg, 2);
	assert_memory_equal(info_of(port).mac, mac, 6);
	close_port(port);
}

static void test_always_promiscuous(void **state)
{
	struct plx_port *port = open_port("null");

	(void)state;
	assert_int_equal(plx_port_set_promiscuous(port, true), 0);
	assert_error(plx_port_set_promiscuous(port, false), -ENOTSUP, PLX_R_UNSUPPORTED);
	assert_true(info_of(port).promiscuous);
	close_port(port);
}

/* --- help --- */

static void print_help(char *text, size_t size, const char *driver, enum plx_help_format format)
{
	FILE *out = fmemopen(text, size, "w");

	assert_non_null(out);
	assert_int_equal(plx_drivers_help(out, driver, format), 0);
	assert_int_equal(fclose(out), 0);
}

static void test_help_names_every_key(void **state)
{
	char text[16384];

	(void)state;
	for (enum plx_help_format f = PLX_HELP_TEXT; f <= PLX_HELP_MAN; f++) {
		print_help(text, sizeof(text), NULL, f);
		for (int i = 0; plx_drivers[i]; i++) {
			assert_non_null(strstr(text, plx_drivers[i]->name));
			assert_non_null(strstr(text, plx_drivers[i]->summary));
			for (const struct plx_key *k = plx_drivers[i]->keys; k && k->name; k++) {
				assert_non_null(strstr(text, k->name));
				assert_non_null(strstr(text, k->help));
			}
		}
	}
}

static void test_help_of_one_driver(void **state)
{
	char text[4096];

	(void)state;
	print_help(text, sizeof(text), "ring", PLX_HELP_TEXT);
	assert_non_null(strstr(text, "name=NAME"));
	assert_non_null(strstr(text, "(required)"));
	assert_non_null(strstr(text, "size=1..1048576"));
	assert_non_null(strstr(text, "(default 1024)"));
	assert_null(strstr(text, "null"));
	print_help(text, sizeof(text), "null", PLX_HELP_MAN);
	assert_non_null(strstr(text, ".It Cm rx Ns = Ns Ar on|off"));
}

static void test_help_refusals(void **state)
{
	FILE *out = tmpfile();

	(void)state;
	assert_non_null(out);
	assert_error(plx_drivers_help(out, "nonesuch", PLX_HELP_TEXT), -EINVAL, PLX_R_NO_DRIVER);
	assert_error(plx_drivers_help(out, NULL, (enum plx_help_format)2), -EINVAL, PLX_R_BAD_ENUM);
	fclose(out);
}

/* --- null --- */

static void test_null_gives_frames_of_its_size(void **state)
{
	struct plx_port *port = running("null:size=1518");
	struct plx_pkt pkts[40];

	(void)state;
	assert_int_equal(plx_rx_burst(plx_port_rxq(port, 0), pkts, 40), 40);
	for (int i = 0; i < 40; i++) {
		assert_int_equal(pkts[i].len, 1514);
		assert_int_equal(pkts[i].port, info_of(port).number);
		assert_int_equal(pkts[i].flags, 0);
	}
	assert_int_equal(stats_of(port).rx.packets, 40);
	assert_int_equal(stats_of(port).rx.bytes, 40 * 1514);
	plx_pkt_free(pkts, 40);
	close_port(port);
}

static void test_null_sends_to_nowhere(void **state)
{
	struct plx_pkt like = { .len = 100 }, pkts[40];
	struct plx_port *port = running("null");

	(void)state;
	assert_int_equal(plx_pool_get(pool, &like, pkts, 40), 40);
	pkts[10].flags = pkts[11].flags = PLX_PKT_MORE;
	assert_int_equal(plx_tx_burst(plx_port_txq(port, 0), pkts, 40), 40);
	assert_int_equal(stats_of(port).tx.packets, 38);
	assert_int_equal(stats_of(port).tx.bytes, 4000);
	assert_account(BUFFERS, 0, 0);
	close_port(port);
}

static void test_null_leaves_an_unfinished_frame(void **state)
{
	struct plx_port *port = running("null");
	struct plx_pkt pkts[3];

	(void)state;
	assert_int_equal(plx_pool_get(pool, NULL, pkts, 3), 3);
	pkts[1].flags = pkts[2].flags = PLX_PKT_MORE;
	assert_int_equal(plx_tx_burst(plx_port_txq(port, 0), pkts, 3), 1);
	assert_account(BUFFERS - 2, 0, 2);
	plx_pkt_free(pkts + 1, 2);
	close_port(port);
}

static void test_null_may_be_silent(void **state)
{
	struct plx_port *port = open_port("null:rx=off");
	struct plx_pkt pkt;

	(void)state;
	assert_int_equal(info_of(port).caps.features & PLX_PORT_RX, 0);
	configure(port, 0, 1);
	assert_int_equal(plx_port_start(port), 0);
	assert_null(plx_port_rxq(port, 0));
	assert_int_equal(plx_pool_get(pool, NULL, &pkt, 1), 1);
	assert_int_equal(plx_tx_burst(plx_port_txq(port, 0), &pkt, 1), 1);
	close_port(port);
}

static void test_null_with_an_empty_pool(void **state)
{
	struct plx_port *port = running("null");
	struct plx_pkt pkts[BUFFERS], more;

	(void)state;
	assert_int_equal(plx_rx_burst(plx_port_rxq(port, 0), pkts, BUFFERS), BUFFERS);
	assert_int_equal(plx_rx_burst(plx_port_rxq(port, 0), &more, 1), 0);
	plx_pkt_free(pkts, BUFFERS);
	assert_int_equal(plx_rx_burst(plx_port_rxq(port, 0), &more, 1), 1);
	plx_pkt_free(&more, 1);
	close_port(port);
}

/* A configuration that cannot be is refused before anything is changed. */
static void test_null_with_a_pool_too_small(void **state)
{
	struct plx_pool_opts opts = { .count = 8, .data_room = 1000, .node = -1 };
	struct plx_port *port = open_port("null:size=1518");
	struct plx_port_conf conf = { .n_rxq = 1 };
	int rc;

	(void)state;
	assert_int_equal(plx_pool_create(ctx, &opts, &conf.rx_pool), 0);
	configure(port, 2, 1);
	rc = plx_port_configure(port, &conf);
	assert_int_equal(plx_pool_destroy(conf.rx_pool), 0);
	assert_int_equal(rc, -EINVAL);
	assert_int_equal(info_of(port).n_rxq, 2);
	assert_int_equal(plx_port_start(port), 0);
	close_port(port);
}

static void test_null_names_the_pool_size(void **state)
{
	struct plx_pool_opts opts = { .count = 8, .data_room = 1000, .node = -1 };
	struct plx_port *port = open_port("null:size=1518");
	struct plx_port_conf conf = { .n_rxq = 1 };

	(void)state;
	assert_int_equal(plx_pool_create(ctx, &opts, &conf.rx_pool), 0);
	assert_error(plx_port_configure(port, &conf), -EINVAL, PLX_R_MISMATCH);
	assert_non_null(strstr(plx_last_error()->text, "1518"));
	assert_non_null(strstr(plx_last_error()->text, "1000"));
	assert_int_equal(plx_pool_destroy(conf.rx_pool), 0);
	close_port(port);
}

static void test_stats_clear(void **state)
{
	struct plx_port *port = running("null");
	struct plx_queue_stats one;
	struct plx_pkt pkts[8];

	(void)state;
	assert_int_equal(plx_rx_burst(plx_port_rxq(port, 0), pkts, 8), 8);
	assert_int_equal(plx_tx_burst(plx_port_txq(port, 0), pkts, 8), 8);
	plx_port_stats_clear(port);
	assert_int_equal(stats_of(port).rx.packets, 0);
	assert_int_equal(stats_of(port).rx.bytes, 0);
	assert_int_equal(stats_of(port).tx.packets, 0);
	assert_int_equal(plx_rx_burst(plx_port_rxq(port, 0), pkts, 3), 3);
	assert_int_equal(plx_tx_burst(plx_port_txq(port, 0), pkts, 3), 3);
	plx_rxq_stats(plx_port_rxq(port, 0), &one);
	assert_int_equal(one.packets, 3);
	assert_int_equal(one.bytes, 3 * 60);
	plx_txq_stats(plx_port_txq(port, 0), &one);
	assert_int_equal(one.packets, 3);
	close_port(port);
}

static void test_stats_are_sums(void **state)
{
	struct plx_port *port = open_port("null");
	struct plx_pkt pkts[8];

	(void)state;
	configure(port, 3, 2);
	assert_int_equal(plx_port_start(port), 0);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(plx_rx_burst(plx_port_rxq(port, i), pkts, i + 2), i + 2);
		assert_int_equal(plx_tx_burst(plx_port_txq(port, i % 2), pkts, i + 2), i + 2);
	}
	assert_int_equal(stats_of(port).rx.packets, 9);
	assert_int_equal(stats_of(port).tx.bytes, 9 * 60);
	close_port(port);
}

/* --- ring --- */

/* Both ends of a ring, running. */
static void open_ends(const char *spec, struct plx_port *ends[2])
{
	ends[0] = running(spec);
	ends[1] = running(spec);
}

static void close_ends(struct plx_port *ends[2])
{
	close_port(ends[0]);
	close_port(ends[1]);
	assert_account(BUFFERS, 0, 0);
}

/* Packets told apart by their length, 1 on. */
static void take(struct plx_pkt *pkts, unsigned n)
{
	assert_int_equal(plx_pool_get(pool, NULL, pkts, n), n);
	for (unsigned i = 0; i < n; i++)
		pkts[i].len = (uint16_t)(i + 1);
}

/* Entries that lie in frames of @entries each. */
static void take_frames(struct plx_pkt *pkts, unsigned n, unsigned entries)
{
	take(pkts, n);
	for (unsigned i = 0; i < n; i++)
		pkts[i].flags = (i + 1) % entries ? PLX_PKT_MORE : 0;
}

static unsigned send(struct plx_port *port, const struct plx_pkt *pkts, unsigned n)
{
	return plx_tx_burst(plx_port_txq(port, 0), pkts, n);
}

static unsigned receive(struct plx_port *port, struct plx_pkt *pkts, unsigned n)
{
	return plx_rx_burst(plx_port_rxq(port, 0), pkts, n);
}

static void test_ring_joins_its_ends(void **state)
{
	struct plx_pkt sent[8], got[8];
	struct plx_port *ends[2];

	(void)state;
	open_ends("ring:name=a", ends);
	for (int way = 0; way < 2; way++) {
		take(sent, 8);
		assert_int_equal(send(ends[way], sent, 8), 8);
		assert_account(BUFFERS - 8, 8, 0);
		assert_int_equal(receive(ends[way], got, 8), 0);
		assert_int_equal(receive(ends[!way], got, 8), 8);
		assert_account(BUFFERS - 8, 0, 8);
		for (int i = 0; i < 8; i++) {
			sent[i].port = info_of(ends[!way]).number;
			assert_memory_equal(&got[i], &sent[i], sizeof(got[i]));
		}
		plx_pkt_free(got, 8);
	}
	assert_int_equal(stats_of(ends[0]).tx.packets, 8);
	assert_int_equal(stats_of(ends[1]).rx.bytes, 36);
	close_ends(ends);
}

static void test_ring_has_two_ends(void **state)
{
	struct plx_port *one = open_port("ring:name=a"), *two = open_port("ring:name=a"), *more;

	(void)state;
	assert_error(plx_port_open(ctx, "ring:name=a", &more), -EBUSY, PLX_R_ALREADY);
	assert_null(more);
	assert_non_null(strstr(plx_last_error()->text, "ring:name=a"));
	close_port(open_port("ring:name=b"));
	close_port(one);
	one = open_port("ring:name=a");
	close_port(one);
	close_port(two);
}

static void test_ring_without_peer_drops(void **state)
{
	struct plx_port *one = running("ring:name=a"), *two;
	struct plx_pkt pkts[6];

	(void)state;
	take_frames(pkts, 6, 2);
	assert_false(info_of(one).link.up);
	assert_int_equal(send(one, pkts, 6), 6);
	assert_int_equal(stats_of(one).tx.drops[PLX_DROP_NO_PEER], 3);
	assert_int_equal(stats_of(one).tx.packets, 0);
	two = open_port("ring:name=a");
	configure(two, 1, 1);
	take(pkts, 6);
	assert_int_equal(send(one, pkts, 6), 6); /* there, but not started */
	assert_int_equal(stats_of(one).tx.drops[PLX_DROP_NO_PEER], 9);
	assert_int_equal(plx_port_start(two), 0);
	assert_true(info_of(one).link.up);
	plx_port_stats_clear(one);
	assert_int_equal(stats_of(one).tx.drops[PLX_DROP_NO_PEER], 0);
	close_port(one);
	close_port(two);
	assert_account(BUFFERS, 0, 0);
}

static void test_full_ring_leaves_packets_with_the_caller(void **state)
{
	struct plx_pkt sent[20], got[20];
	struct plx_port *ends[2];

	(void)state;
	open_ends("ring:name=a,size=8", ends);
	take(sent, 20);
	assert_int_equal(send(ends[0], sent, 20), 8);
	assert_int_equal(send(ends[0], sent + 8, 12), 0);
	assert_account(BUFFERS - 20, 8, 12);
	assert_int_equal(receive(ends[1], got, 3), 3);
	assert_int_equal(send(ends[0], sent + 8, 12), 3);
	assert_int_equal(receive(ends[1], got + 3, 17), 8);
	for (int i = 0; i < 11; i++)
		assert_int_equal(got[i].len, i + 1);
	plx_pkt_free(got, 11);
	plx_pkt_free(sent + 11, 9);
	close_ends(ends);
}

static void test_ring_frames_stay_whole(void **state)
{
	struct plx_pkt sent[30], got[64];
	struct plx_port *ends[2];
	unsigned n = 0;

	(void)state;
	open_ends("ring:name=a,entries=3", ends);
	assert_int_equal(info_of(ends[1]).rx_max_entries, 3);
	take_frames(sent, 30, 3);
	assert_int_equal(send(ends[0], sent, 30), 30);
	assert_int_equal(stats_of(ends[0]).tx.packets, 10);
	while (n < 30) { /* 4 and 5 have room for one frame only */
		unsigned burst = receive(ends[1], got + n, 3 + n % 3 + (n / 3) % 3);

		assert_true(burst && burst % 3 == 0);
		n += burst;
	}
	for (int i = 0; i < 30; i++)
		assert_ptr_equal(got[i].data, sent[i].data);
	assert_int_equal(stats_of(ends[1]).rx.packets, 10);
	plx_pkt_free(got, 30);
	close_ends(ends);
}

/* The front of a frame that had no room is the port's until its rest has. */
static void test_ring_keeps_the_front_of_a_frame(void **state)
{
	struct plx_pkt sent[6], got[8];
	struct plx_port *ends[2];

	(void)state;
	open_ends("ring:name=a,entries=3", ends);
	take_frames(sent, 6, 3);
	assert_int_equal(send(ends[0], sent, 6), 6);
	assert_int_equal(receive(ends[1], got, 5), 3);
	assert_account(BUFFERS - 6, 3, 3);
	assert_int_equal(receive(ends[1], got + 3, 3), 3);
	assert_account(BUFFERS - 6, 0, 6);
	for (int i = 0; i < 6; i++)
		assert_ptr_equal(got[i].data, sent[i].data);
	plx_pkt_free(got, 6);
	close_ends(ends);
}

static void test_front_of_a_frame_goes_back_at_the_end(void **state)
{
	struct plx_pkt sent[6], got[8];
	struct plx_port *ends[2];

	(void)state;
	open_ends("ring:name=a,entries=3", ends);
	take_frames(sent, 6, 3);
	assert_int_equal(send(ends[0], sent, 6), 6);
	assert_int_equal(receive(ends[1], got, 4), 3);
	plx_pkt_free(got, 3);
	close_ends(ends);
}

/* Queues that are made anew forget a frame as a whole: its rest is no frame. */
static void test_no_rest_of_a_frame_after_configuring(void **state)
{
	struct plx_pkt sent[9], got[9];
	struct plx_port *ends[2];
	unsigned n;

	(void)state;
	open_ends("ring:name=a,entries=3", ends);
	take_frames(sent, 9, 3);
	assert_int_equal(send(ends[0], sent, 9), 9);
	assert_int_equal(receive(ends[1], got, 4), 3);
	plx_pkt_free(got, 3);
	assert_int_equal(plx_port_stop(ends[1]), 0);
	configure(ends[1], 1, 1);
	assert_int_equal(plx_port_start(ends[1]), 0);
	n = receive(ends[1], got, 9);
	plx_pkt_free(got, n);
	close_ends(ends);
	assert_int_equal(n % 3, 0);
}

static void test_ring_drops_long_frames(void **state)
{
	struct plx_pkt sent[10], got[10];
	struct plx_port *ends[2];

	(void)state;
	open_ends("ring:name=a,entries=2", ends);
	take(sent, 10); /* frames of 1, 2, 3, 2 and 2 entries */
	sent[1].flags = sent[3].flags = sent[4].flags = PLX_PKT_MORE;
	sent[6].flags = sent[8].flags = PLX_PKT_MORE;
	assert_int_equal(send(ends[0], sent, 10), 10);
	assert_int_equal(stats_of(ends[0]).tx.drops[PLX_DROP_TOO_LONG], 1);
	assert_int_equal(stats_of(ends[0]).tx.packets, 4);
	assert_int_equal(receive(ends[1], got, 10), 7);
	for (int i = 0; i < 7; i++)
		assert_int_equal(got[i].len, i < 3 ? i + 1 : i + 4);
	plx_pkt_free(got, 7);
	close_ends(ends);
}

static void test_one_entry_ring_takes_single_frames_only(void **state)
{
	struct plx_pkt sent[4], got[4];
	struct plx_port *ends[2];

	(void)state;
	open_ends("ring:name=a", ends);
	take(sent, 4);
	sent[1].flags = PLX_PKT_MORE;
	assert_int_equal(send(ends[0], sent, 4), 4);
	assert_int_equal(receive(ends[1], got, 4), 2);
	assert_int_equal(got[0].len, 1);
	assert_int_equal(got[1].len, 4);
	assert_int_equal(stats_of(ends[0]).tx.drops[PLX_DROP_TOO_LONG], 1);
	plx_pkt_free(got, 2);
	close_ends(ends);
}

static void test_ring_leaves_an_unfinished_frame(void **state)
{
	struct plx_pkt sent[4], got[4];
	struct plx_port *ends[2];

	(void)state;
	open_ends("ring:name=a,entries=4", ends);
	take(sent, 4);
	sent[2].flags = sent[3].flags = PLX_PKT_MORE;
	assert_int_equal(send(ends[0], sent, 4), 2);
	assert_int_equal(send(ends[0], sent + 2, 2), 0);
	assert_int_equal(receive(ends[1], got, 4), 2);
	plx_pkt_free(got, 2);
	plx_pkt_free(sent + 2, 2);
	close_ends(ends);
}

static void test_full_ring_does_not_split_frames(void **state)
{
	struct plx_pkt sent[12], got[12];
	struct plx_port *ends[2];

	(void)state;
	open_ends("ring:name=a,size=8,entries=3", ends);
	take_frames(sent, 12, 3);
	assert_int_equal(send(ends[0], sent, 12), 6);
	assert_int_equal(send(ends[0], sent + 6, 6), 0);
	assert_int_equal(receive(ends[1], got, 3), 3);
	assert_int_equal(send(ends[0], sent + 6, 6), 3);
	assert_int_equal(receive(ends[1], got + 3, 9), 6);
	plx_pkt_free(got, 9);
	plx_pkt_free(sent + 9, 3);
	close_ends(ends);
}

/* A frame that the port promises to take must fit into the ring, or sending waits for ever. */
static void test_longest_frame_fits(void **state)
{
	struct plx_pkt sent[4], got[4];
	struct plx_port *ends[2];
	unsigned n;

	(void)state;
	if (plx_port_open(ctx, "ring:name=a,size=1,entries=4", &ends[0])) {
		assert_int_equal(plx_last_error()->reason, PLX_R_BAD_VALUE);
		return;
	}
	close_port(ends[0]);
	open_ends("ring:name=a,size=1,entries=4", ends);
	take_frames(sent, 4, 4);
	n = send(ends[0], sent, 4);
	if (!n)
		plx_pkt_free(sent, 4);
	plx_pkt_free(got, receive(ends[1], got, 4));
	close_ends(ends);
	assert_int_equal(n, 4);
}

static void test_short_bursts_are_counted(void **state)
{
	struct plx_pkt sent[4], got[4];
	struct plx_port *ends[2];

	(void)state;
	open_ends("ring:name=a,entries=4", ends);
	take(sent, 4);
	assert_int_equal(send(ends[0], sent, 4), 4);
	for (unsigned n = 0; n < 4; n++)
		assert_int_equal(receive(ends[1], got, n), 0);
	assert_int_equal(stats_of(ends[1]).rx.short_bursts, 4);
	assert_int_equal(receive(ends[1], got, 4), 4);
	assert_int_equal(stats_of(ends[1]).rx.short_bursts, 4);
	plx_port_stats_clear(ends[1]);
	assert_int_equal(stats_of(ends[1]).rx.short_bursts, 0);
	plx_pkt_free(got, 4);
	close_ends(ends);
}

static void test_packets_inside_go_back_at_the_end(void **state)
{
	struct plx_port *ends[2];
	struct plx_pkt sent[100];

	(void)state;
	open_ends("ring:name=a", ends);
	take(sent, 100);
	assert_int_equal(send(ends[0], sent, 60), 60);
	assert_int_equal(send(ends[1], sent + 60, 40), 40);
	assert_account(BUFFERS - 100, 100, 0);
	assert_int_equal(plx_pool_destroy(pool), -EBUSY);
	assert_non_null(strstr(plx_last_error()->text, "100 in TX rings"));
	close_ends(ends);
}

static void test_packets_inside_survive_a_stop(void **state)
{
	struct plx_pkt sent[5], got[5];
	struct plx_port *ends[2];

	(void)state;
	open_ends("ring:name=a", ends);
	take(sent, 5);
	assert_int_equal(send(ends[0], sent, 5), 5);
	assert_int_equal(plx_port_stop(ends[1]), 0);
	assert_int_equal(receive(ends[1], got, 5), 0);
	assert_int_equal(plx_port_start(ends[1]), 0);
	assert_int_equal(receive(ends[1], got, 5), 5);
	plx_pkt_free(got, 5);
	close_ends(ends);
}

static void test_two_queues_are_apart(void **state)
{
	struct plx_port *ends[2] = { open_port("ring:name=a,queues=2"), open_port("ring:name=a") };
	struct plx_pkt sent[2], got[4];

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(info_of(ends[i]).caps.max_rxq, 2);
		configure(ends[i], 2, 2);
		assert_int_equal(plx_port_start(ends[i]), 0);
	}
	take(sent, 2);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(plx_tx_burst(plx_port_txq(ends[0], i), &sent[i], 1), 1);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(plx_rx_burst(plx_port_rxq(ends[1], i), got, 4), 1);
		assert_ptr_equal(got[0].data, sent[i].data);
		plx_pkt_free(got, 1);
	}
	close_ends(ends);
}

/* The other end has fewer queues: what is sent to the missing one has no taker. */
static void test_queue_without_peer_drops(void **state)
{
	struct plx_port *ends[2] = { open_port("ring:name=a"), running("ring:name=a") };
	struct plx_queue_stats stats;
	struct plx_pkt sent[2], got[2];

	(void)state;
	configure(ends[0], 2, 2);
	assert_int_equal(plx_port_start(ends[0]), 0);
	take(sent, 2);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(plx_tx_burst(plx_port_txq(ends[0], i), &sent[i], 1), 1);
	plx_txq_stats(plx_port_txq(ends[0], 0), &stats);
	assert_int_equal(stats.packets, 1);
	plx_txq_stats(plx_port_txq(ends[0], 1), &stats);
	assert_int_equal(stats.drops[PLX_DROP_NO_PEER], 1);
	assert_int_equal(receive(ends[1], got, 2), 1);
	plx_pkt_free(got, 1);
	close_ends(ends);
}

static void test_sixteen_queues(void **state)
{
	struct plx_port *ends[2] = { open_port("ring:name=a,queues=16"), open_port("ring:name=a") };
	struct plx_pkt pkt;

	(void)state;
	for (int i = 0; i < 2; i++) {
		configure(ends[i], 16, 16);
		assert_int_equal(plx_port_start(ends[i]), 0);
	}
	for (unsigned i = 0; i < 16; i++) {
		take(&pkt, 1);
		assert_int_equal(plx_tx_burst(plx_port_txq(ends[0], i), &pkt, 1), 1);
		assert_int_equal(plx_rx_burst(plx_port_rxq(ends[1], i), &pkt, 1), 1);
		plx_pkt_free(&pkt, 1);
	}
	close_ends(ends);
}

static void test_ring_carries_shares(void **state)
{
	struct plx_pkt sent[2], got[2];
	struct plx_port *ends[2];

	(void)state;
	open_ends("ring:name=a", ends);
	take(sent, 1);
	assert_int_equal(plx_pkt_share(&sent[0], 1), 0);
	sent[1] = sent[0];
	assert_int_equal(send(ends[0], sent, 2), 2);
	assert_int_equal(receive(ends[1], got, 2), 2);
	plx_pkt_free(got, 1);
	assert_account(BUFFERS - 1, 0, 1);
	plx_pkt_free(got + 1, 1);
	close_ends(ends);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_unknown_drivers),
		TEST(test_unknown_keys),
		TEST(test_bad_numbers),
		TEST(test_numbers_at_the_edges),
		TEST(test_switches),
		TEST(test_missing_values),
		TEST(test_required_keys),
		TEST(test_long_specifications),
		TEST(test_last_of_two_values_counts),
		TEST(test_escapes),
		TEST(test_names_are_kept_short),
		TEST(test_failed_opening_leaves_nothing),
		TEST(test_info_of_a_new_port),
		TEST(test_info_of_a_running_port),
		TEST(test_numbers_and_addresses_are_unique),
		TEST(test_as_many_ports_as_numbers),
		TEST(test_drop_names),
		TEST(test_too_many_queues),
		TEST(test_queues_without_pool),
		TEST(test_mtu_out_of_range),
		TEST(test_fixed_mtu),
		TEST(test_mtu_is_set),
		TEST(test_default_queues),
		TEST(test_queue_handles),
		TEST(test_pool_of_each_queue),
		TEST(test_configuring_again_starts_afresh),
		TEST(test_start_before_configure),
		TEST(test_stop_before_start),
		TEST(test_start_twice),
		TEST(test_started_port_is_not_changed),
		TEST(test_stopped_queues_do_nothing),
		TEST(test_start_and_stop_repeat),
		TEST(test_close_in_any_state),
		TEST(test_mac_is_set),
		TEST(test_always_promiscuous),
		TEST(test_help_names_every_key),
		TEST(test_help_of_one_driver),
		TEST(test_help_refusals),
		TEST(test_null_gives_frames_of_its_size),
		TEST(test_null_sends_to_nowhere),
		TEST(test_null_leaves_an_unfinished_frame),
		TEST(test_null_may_be_silent),
		TEST(test_null_with_an_empty_pool),
		TEST(test_null_with_a_pool_too_small),
		TEST(test_null_names_the_pool_size),
		TEST(test_stats_clear),
		TEST(test_stats_are_sums),
		TEST(test_ring_joins_its_ends),
		TEST(test_ring_has_two_ends),
		TEST(test_ring_without_peer_drops),
		TEST(test_full_ring_leaves_packets_with_the_caller),
		TEST(test_ring_frames_stay_whole),
		TEST(test_ring_keeps_the_front_of_a_frame),
		TEST(test_front_of_a_frame_goes_back_at_the_end),
		TEST(test_no_rest_of_a_frame_after_configuring),
		TEST(test_ring_drops_long_frames),
		TEST(test_one_entry_ring_takes_single_frames_only),
		TEST(test_ring_leaves_an_unfinished_frame),
		TEST(test_full_ring_does_not_split_frames),
		TEST(test_longest_frame_fits),
		TEST(test_short_bursts_are_counted),
		TEST(test_packets_inside_go_back_at_the_end),
		TEST(test_packets_inside_survive_a_stop),
		TEST(test_two_queues_are_apart),
		TEST(test_queue_without_peer_drops),
		TEST(test_sixteen_queues),
		TEST(test_ring_carries_shares),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
