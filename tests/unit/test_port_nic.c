/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the core of ports keeps for network cards: filters, RSS, flow control, link, interrupts,
 * registers; over a driver that notes what it is asked to make so, and can be told to fail.
 */
#include <pollux/pollux.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "helper.h"
#include "port/driver.h"
#include "port/spec.h"
#include "sysfs_tree.h"

/* --- the driver --- */

enum op { FILTERS, ALLMULTI, RSS, FLOW, LINK, RESET, USE_POOL, FD, ARM, DISARM, READ, START };

static enum op ops[64]; /* in the order in which they were asked for */
static unsigned n_ops;
static int fail_op;       /* the op that fails; -1: none */
static uint16_t entries;  /* of the longest frame; 0: one */
static unsigned fast, tx; /* bursts of the functions that were chosen */

static struct plx_port_caps caps;

static int reach(enum op op)
{
	assert_true(n_ops < 64);
	ops[n_ops++] = op;
	if ((int)op == fail_op)
		return plx_fail(-ENODEV, PLX_R_NO_DEVICE, "card", "the card is gone");
	return 0;
}

static int card_open(struct plx_port *port)
{
	port->caps = caps;
	port->mtu = 1500;
	plx_soft_mac(port);
	return 0;
}

static int card_init_rxq(struct plx_rxq *q)
{
	if (entries)
		q->max_entries = entries;
	return 0;
}

static int card_init_txq(struct plx_txq *q)
{
	(void)q;
	return 0;
}

static int card_start(struct plx_port *port)
{
	(void)port;
	return reach(START);
}

static unsigned rx_plain(struct plx_rxq *q, struct plx_pkt *pkts, unsigned n)
{
	(void)q;
	(void)pkts;
	(void)n;
	return 0;
}

static unsigned rx_fast(struct plx_rxq *q, struct plx_pkt *pkts, unsigned n)
{
	fast++;
	return rx_plain(q, pkts, n);
}

static unsigned tx_plain(struct plx_txq *q, const struct plx_pkt *pkts, unsigned n)
{
	(void)q;
	(void)pkts;
	tx++;
	return n;
}

static plx_rx_burst_fn card_choose_rx(struct plx_rxq *q)
{
	return q->port->offloads & PLX_OFFLOAD_RX_CSUM ? rx_plain : rx_fast;
}

static plx_tx_burst_fn card_choose_tx(struct plx_txq *q)
{
	(void)q;
	return tx_plain;
}

static int card_set_filters(struct plx_port *port)
{
	(void)port;
	return reach(FILTERS);
}

static int card_set_allmulti(struct plx_port *port, bool on)
{
	assert_true(port->allmulti != on);
	return reach(ALLMULTI);
}

static int card_set_rss(struct plx_port *port)
{
	(void)port;
	return reach(RSS);
}

static int card_set_flow_control(struct plx_port *port)
{
	(void)port;
	return reach(FLOW);
}

static int card_set_link(struct plx_port *port)
{
	(void)port;
	return reach(LINK);
}

static int card_reset(struct plx_port *port)
{
	(void)port;
	return reach(RESET);
}

static int card_use_pool(struct plx_port *port, struct plx_pool *pool)
{
	(void)port;
	assert_non_null(pool);
	return reach(USE_POOL);
}

static int card_rxq_fd(struct plx_rxq *q, int *fd)
{
	int err = reach(FD);

	if (!err)
		*fd = 1000 + q->index;
	return err;
}

static int card_rxq_arm(struct plx_rxq *q, bool on)
{
	(void)q;
	return reach(on ? ARM : DISARM);
}

/* Registers have their own address as value. */
static int card_read_reg(struct plx_port *port, const struct plx_reg_desc *reg, uint32_t offset,
			 uint32_t *value)
{
	(void)port;
	assert_true(offset >= reg->offset);
	*value = offset;
	return reach(READ);
}

static const struct plx_reg_field ctrl_fields[] = {
	{ "FD", 0, 1 },
	{ "RST", 26, 1 },
	{ NULL, 0, 0 },
};

static const struct plx_reg_desc regs[] = {
	{ "CTRL", 0x0, 32, 0, 0, ctrl_fields },
	{ "RDBAL", 0x2800, 32, 2, 0x100, NULL },
	{ "CONFIG", 0x52, 8, 1, 0, NULL },
	{ NULL, 0, 0, 0, 0, NULL },
};

static const struct plx_pci_id ids[] = {
	{ 0x8086, 0x100e, "82540EM" },
	{ 0x8086, 0x10d3, "82574L" },
	{ 0, 0, NULL },
};
static const struct plx_pci_id other_ids[] = { { 0x10ec, 0x8139, "RTL8139" }, { 0, 0, NULL } };

/* What its key says is not looked at: it opens no device. */
struct card_args {
	const char *pci;
	bool flag;
};

static const struct plx_key keys[] = {
	{ .name = "pci",
	  .type = PLX_KEY_STRING,
	  .offset = offsetof(struct card_args, pci),
	  .help = "where it is" },
	{ .name = "flag",
	  .type = PLX_KEY_BOOL,
	  .offset = offsetof(struct card_args, flag),
	  .help = "whether it waves" },
	{ 0 },
};

static const struct plx_driver card = {
	.name = "card",
	.summary = "A network card that notes what it is asked for",
	.keys = keys,
	.args_size = sizeof(struct card_args),
	.rxq_size = sizeof(struct plx_rxq),
	.txq_size = sizeof(struct plx_txq),
	.open_port = card_open,
	.init_rxq = card_init_rxq,
	.init_txq = card_init_txq,
	.start = card_start,
	.choose_rx = card_choose_rx,
	.choose_tx = card_choose_tx,
	.set_filters = card_set_filters,
	.set_allmulti = card_set_allmulti,
	.set_rss = card_set_rss,
	.set_flow_control = card_set_flow_control,
	.set_link = card_set_link,
	.reset = card_reset,
	.use_pool = card_use_pool,
	.rxq_fd = card_rxq_fd,
	.rxq_arm = card_rxq_arm,
	.regs = regs,
	.read_reg = card_read_reg,
	.ids = ids,
};

/* It says what it can and has no operations: what is set on it is kept, and that is all. */
static const struct plx_driver quiet = {
	.name = "quiet",
	.summary = "A network card without operations",
	.rxq_size = sizeof(struct plx_rxq),
	.txq_size = sizeof(struct plx_txq),
	.open_port = card_open,
	.init_rxq = card_init_rxq,
	.init_txq = card_init_txq,
	.rx_burst = rx_plain,
	.tx_burst = tx_plain,
	.ids = other_ids,
};

/* In the place of the table that the library has. */
const struct plx_driver *const plx_drivers[] = { &card, &quiet, NULL };

/* --- the tests' own --- */

static struct plx_ctx *ctx;
static struct plx_pool *pool;

static const struct plx_port_caps all_caps = {
	.features = PLX_PORT_RX | PLX_PORT_TX | PLX_PORT_MULTICAST | PLX_PORT_ALLMULTI |
		    PLX_PORT_SET_LINK | PLX_PORT_FLOW_CONTROL | PLX_PORT_INTERRUPTS |
		    PLX_PORT_REGS | PLX_PORT_RESET | PLX_PORT_OWN_POOLS,
	.max_rxq = 4,
	.max_txq = 4,
	.mtu_min = 68,
	.mtu_max = 9000,
	.offloads = PLX_OFFLOAD_RX_VLAN_FILTER | PLX_OFFLOAD_RX_CSUM,
	.rss_types = PLX_RSS_IPV4 | PLX_RSS_IPV4_TCP,
	.rss_table_size = 128,
	.rss_key_size = 40,
	.max_macs = 3,
	.max_multicast = 2,
};

static int setup(void **state)
{
	struct plx_pool_opts opts = { .count = 8, .node = -1 };

	(void)state;
	caps = all_caps;
	n_ops = fast = tx = 0;
	entries = 0;
	fail_op = -1;
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
	return port;
}

static void configure(struct plx_port *port, struct plx_port_conf conf)
{
	conf.rx_pool = pool;
	assert_int_equal(plx_port_configure(port, &conf), 0);
}

static struct plx_port *configured(uint16_t n_rxq)
{
	struct plx_port *port = open_port("card");

	configure(port, (struct plx_port_conf){ .n_rxq = n_rxq });
	return port;
}

static void close_port(struct plx_port *port)
{
	assert_int_equal(plx_port_close(port), 0);
}

/* The driver was asked for this alone since it was last looked. */
static void asked_for(enum op op)
{
	assert_int_equal(n_ops, 1);
	assert_int_equal(ops[0], op);
	n_ops = 0;
}

static void asked_for_nothing(void)
{
	assert_int_equal(n_ops, 0);
}

/* The driver's own failure came through, its record with it. */
static void failed_in(int rc, enum op op)
{
	expect_error(rc, -ENODEV, PLX_R_NO_DEVICE, "the card is gone");
	assert_string_equal(plx_last_error()->object, "card");
	asked_for(op);
}

static void unsupported(int rc, const char *word)
{
	expect_error(rc, -ENOTSUP, PLX_R_UNSUPPORTED, word);
	asked_for_nothing();
}

/* --- addresses --- */

static const uint8_t mac1[6] = { 2, 0, 0, 0, 0, 1 }, mac2[6] = { 2, 0, 0, 0, 0, 2 },
		     mac3[6] = { 2, 0, 0, 0, 0, 3 }, mac4[6] = { 2, 0, 0, 0, 0, 4 };
static const uint8_t group1[6] = { 1, 0, 0x5e, 0, 0, 1 }, group2[6] = { 1, 0, 0x5e, 0, 0, 2 },
		     group3[6] = { 1, 0, 0x5e, 0, 0, 3 };
static const uint8_t zero[6], broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static bool has_mac(const struct plx_mac *list, unsigned n, const uint8_t mac[6])
{
	for (unsigned i = 0; i < n; i++)
		if (!memcmp(list[i].bytes, mac, 6))
			return true;
	return false;
}

static void test_macs(void **state)
{
	struct plx_port *port = open_port("card");

	(void)state;
	assert_int_equal(plx_port_mac_add(port, mac1), 0);
	asked_for(FILTERS);
	assert_int_equal(plx_port_mac_add(port, mac2), 0);
	assert_int_equal(plx_port_mac_add(port, mac3), 0);
	assert_int_equal(port->n_macs, 3);
	n_ops = 0;
	expect_error(plx_port_mac_add(port, mac4), -ENOSPC, PLX_R_INDEX, "at most 3");
	expect_error(plx_port_mac_add(port, mac2), -EEXIST, PLX_R_ALREADY, "02:00:00:00:00:02");
	expect_error(plx_port_mac_add(port, port->mac), -EEXIST, PLX_R_ALREADY, "already");
	expect_error(plx_port_mac_remove(port, mac4), -ENOENT, PLX_R_INDEX, "02:00:00:00:00:04");
	asked_for_nothing();

	assert_int_equal(plx_port_mac_remove(port, mac1), 0);
	asked_for(FILTERS);
	assert_int_equal(port->n_macs, 2);
	assert_true(has_mac(port->macs, 2, mac2) && has_mac(port->macs, 2, mac3));
	assert_int_equal(plx_port_mac_add(port, mac4), 0);
	assert_true(has_mac(port->macs, 3, mac4));
	close_port(port);
}

static void test_bad_macs(void **state)
{
	struct plx_port *port = open_port("card");

	(void)state;
	expect_error(plx_port_mac_add(NULL, mac1), -EINVAL, PLX_R_NULL_ARG, "port");
	expect_error(plx_port_mac_add(port, NULL), -EINVAL, PLX_R_NULL_ARG, "mac");
	expect_error(plx_port_mac_add(port, zero), -EINVAL, PLX_R_BAD_VALUE, "unicast");
	expect_error(plx_port_mac_add(port, group1), -EINVAL, PLX_R_BAD_VALUE, "unicast");
	expect_error(plx_port_mac_remove(NULL, mac1), -EINVAL, PLX_R_NULL_ARG, "port");
	expect_error(plx_port_mac_remove(port, NULL), -EINVAL, PLX_R_NULL_ARG, "mac");
	expect_error(plx_port_mac_remove(port, broadcast), -EINVAL, PLX_R_BAD_VALUE, "unicast");
	asked_for_nothing();
	close_port(port);
}

static void test_macs_that_the_card_refuses(void **state)
{
	struct plx_port *port = open_port("card");

	(void)state;
	assert_int_equal(plx_port_mac_add(port, mac1), 0);
	assert_int_equal(plx_port_mac_add(port, mac2), 0);
	n_ops = 0;
	fail_op = FILTERS;
	failed_in(plx_port_mac_add(port, mac3), FILTERS);
	assert_int_equal(port->n_macs, 2);
	assert_false(has_mac(port->macs, 2, mac3));
	failed_in(plx_port_mac_remove(port, mac1), FILTERS);
	assert_int_equal(port->n_macs, 2);
	assert_true(has_mac(port->macs, 2, mac1) && has_mac(port->macs, 2, mac2));
	close_port(port);
}

static void test_multicast(void **state)
{
	struct plx_port *port = open_port("card");

	(void)state;
	assert_int_equal(plx_port_multicast_add(port, group1), 0);
	asked_for(FILTERS);
	assert_int_equal(plx_port_multicast_add(port, group2), 0);
	asked_for(FILTERS);
	assert_int_equal(port->n_multicast, 2);
	assert_int_equal(port->n_macs, 0);
	expect_error(plx_port_multicast_add(port, group3), -ENOSPC, PLX_R_INDEX,
		     "at most 2 multicast");
	expect_error(plx_port_multicast_add(port, group1), -EEXIST, PLX_R_ALREADY, "already");
	expect_error(plx_port_multicast_remove(port, group3), -ENOENT, PLX_R_INDEX, "not added");
	asked_for_nothing();
	fail_op = FILTERS;
	failed_in(plx_port_multicast_remove(port, group1), FILTERS);
	assert_true(has_mac(port->multicast, 2, group1));
	fail_op = -1;
	assert_int_equal(plx_port_multicast_remove(port, group1), 0);
	asked_for(FILTERS);
	assert_int_equal(port->n_multicast, 1);
	assert_true(has_mac(port->multicast, 1, group2));
	close_port(port);
}

static void test_allmulti(void **state)
{
	struct plx_port *port = open_port("card");
	struct plx_port_info info;

	(void)state;
	assert_int_equal(plx_port_set_allmulti(port, true), 0);
	asked_for(ALLMULTI);
	fail_op = ALLMULTI;
	failed_in(plx_port_set_allmulti(port, false), ALLMULTI);
	plx_port_info(port, &info);
	assert_true(info.allmulti);
	expect_error(plx_port_set_allmulti(NULL, true), -EINVAL, PLX_R_NULL_ARG, "port");
	close_port(port);
}

static void test_bad_multicast(void **state)
{
	struct plx_port *port = open_port("card");

	(void)state;
	expect_error(plx_port_multicast_add(NULL, group1), -EINVAL, PLX_R_NULL_ARG, "port");
	expect_error(plx_port_multicast_add(port, NULL), -EINVAL, PLX_R_NULL_ARG, "mac");
	expect_error(plx_port_multicast_add(port, mac1), -EINVAL, PLX_R_BAD_VALUE, "multicast");
	expect_error(plx_port_multicast_add(port, broadcast), -EINVAL, PLX_R_BAD_VALUE,
		     "ff:ff:ff:ff:ff:ff");
	expect_error(plx_port_multicast_remove(port, zero), -EINVAL, PLX_R_BAD_VALUE, "multicast");
	asked_for_nothing();
	close_port(port);
}

static bool has_vlan(const struct plx_port *port, unsigned vid)
{
	return port->vlans[vid / 64] >> vid % 64 & 1;
}

static void test_vlans(void **state)
{
	static const uint16_t vids[] = { 0, 1, 63, 64, 4095 };
	struct plx_port *port = open_port("card");

	(void)state;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(plx_port_vlan_add(port, vids[i]), 0);
		asked_for(FILTERS);
		assert_int_equal(plx_port_vlan_add(port, vids[i]), 0);
		asked_for_nothing();
	}
	for (unsigned vid = 0; vid < 4096; vid++)
		assert_int_equal(has_vlan(port, vid),
				 vid <= 1 || vid == 63 || vid == 64 || vid == 4095);
	assert_int_equal(plx_port_vlan_remove(port, 2), 0);
	asked_for_nothing();
	fail_op = FILTERS;
	failed_in(plx_port_vlan_remove(port, 63), FILTERS);
	assert_true(has_vlan(port, 63));
	failed_in(plx_port_vlan_add(port, 62), FILTERS);
	assert_false(has_vlan(port, 62));
	fail_op = -1;
	assert_int_equal(plx_port_vlan_remove(port, 63), 0);
	asked_for(FILTERS);
	assert_false(has_vlan(port, 63));
	assert_true(has_vlan(port, 64));
	expect_error(plx_port_vlan_add(port, 4096), -EINVAL, PLX_R_TOO_LARGE, "not 4096");
	expect_error(plx_port_vlan_remove(port, 65534), -EINVAL, PLX_R_TOO_LARGE, "0 to 4095");
	expect_error(plx_port_vlan_add(NULL, 1), -EINVAL, PLX_R_NULL_ARG, "port");
	asked_for_nothing();
	close_port(port);
}

static unsigned count_vlans(const struct plx_port *port)
{
	unsigned n = 0;

	for (unsigned vid = 0; vid < 4096; vid++)
		n += has_vlan(port, vid);
	return n;
}

/* In one step, which the card makes or does not. */
static void test_all_vlans(void **state)
{
	struct plx_port *port = open_port("card");

	(void)state;
	assert_int_equal(plx_port_vlan_add(port, 7), 0);
	asked_for(FILTERS);
	fail_op = FILTERS;
	failed_in(plx_port_vlan_add(port, PLX_VLAN_ALL), FILTERS);
	assert_int_equal(count_vlans(port), 1);
	assert_true(has_vlan(port, 7));
	fail_op = -1;
	assert_int_equal(plx_port_vlan_add(port, PLX_VLAN_ALL), 0);
	asked_for(FILTERS);
	assert_int_equal(count_vlans(port), 4096);
	assert_int_equal(plx_port_vlan_add(port, PLX_VLAN_ALL), 0);
	asked_for_nothing();
	assert_int_equal(plx_port_vlan_remove(port, 9), 0);
	asked_for(FILTERS);
	assert_int_equal(count_vlans(port), 4095);
	assert_int_equal(plx_port_vlan_remove(port, PLX_VLAN_ALL), 0);
	asked_for(FILTERS);
	assert_int_equal(count_vlans(port), 0);
	close_port(port);
}

/* They are there when the card starts, whatever was configured in between. */
static void test_filters_outlive_a_configuration(void **state)
{
	struct plx_port *port = open_port("card");

	(void)state;
	assert_int_equal(plx_port_mac_add(port, mac1), 0);
	assert_int_equal(plx_port_multicast_add(port, group1), 0);
	assert_int_equal(plx_port_vlan_add(port, 7), 0);
	configure(port, (struct plx_port_conf){ .n_rxq = 2 });
	configure(port, (struct plx_port_conf){ .offloads = PLX_OFFLOAD_RX_VLAN_FILTER });
	assert_int_equal(plx_port_start(port), 0);
	assert_true(has_mac(port->macs, port->n_macs, mac1));
	assert_true(has_mac(port->multicast, port->n_multicast, group1));
	assert_true(has_vlan(port, 7));
	n_ops = 0;
	assert_int_equal(plx_port_mac_add(port, mac2), 0); /* also while it is started */
	asked_for(FILTERS);
	close_port(port);
}

/* --- RSS --- */

/* A bit of the input that is set adds the 32 bits of the key from its place on. */
static uint32_t toeplitz(const uint8_t *key, const uint8_t *input, unsigned len)
{
	uint32_t hash = 0;

	for (unsigned bit = 0; bit < len * 8; bit++) {
		uint32_t window = 0;

		for (unsigned i = bit; i < bit + 32; i++)
			window = window << 1 | (key[i / 8] >> (7 - i % 8) & 1);
		if (input[bit / 8] >> (7 - bit % 8) & 1)
			hash ^= window;
	}
	return hash;
}

/* Vectors of Microsoft's "Verifying the RSS Hash Calculation": addresses, then ports. */
static void test_rss_key(void **state)
{
	static const uint8_t ipv4[12] = { 66,  9,  149,       187,         161,       142,
					  100, 80, 2794 >> 8, 2794 & 0xff, 1766 >> 8, 1766 & 0xff };
	static const uint8_t ipv6[36] = {
		0x3f, 0xfe, 0x25, 0x01, 0x02, 0x00,      0x1f,        0xff,      0,
		0,    0,    0,    0,    0,    0,         7,           0x3f,      0xfe,
		0x25, 0x01, 0x02, 0x00, 0x00, 0x03,      0,           0,         0,
		0,    0,    0,    0,    1,    2794 >> 8, 2794 & 0xff, 1766 >> 8, 1766 & 0xff
	};
	struct plx_port *port = configured(2);

	(void)state;
	assert_int_equal(toeplitz(port->rss.key, ipv4, 8), 0x323e8fc2);
	assert_int_equal(toeplitz(port->rss.key, ipv4, 12), 0x51ccc178);
	assert_int_equal(toeplitz(port->rss.key, ipv6, 32), 0x2cc18cd5);
	assert_int_equal(toeplitz(port->rss.key, ipv6, 36), 0x40207d3d);
	close_port(port);
}

static void test_rss_begins(void **state)
{
	struct plx_port *port = configured(3);
	struct plx_rss rss;

	(void)state;
	assert_int_equal(plx_port_rss(port, &rss), 0);
	assert_int_equal(rss.types, caps.rss_types);
	assert_int_not_equal(rss.key[39], 0);
	for (int i = 40; i < PLX_RSS_KEY_MAX; i++)
		assert_int_equal(rss.key[i], 0);
	for (int i = 0; i < PLX_RSS_TABLE_MAX; i++)
		assert_int_equal(rss.table[i], i < 128 ? i % 3 : 0);
	asked_for_nothing(); /* the start makes it so */

	configure(port, (struct plx_port_conf){ .n_rxq = 1 });
	assert_int_equal(plx_port_rss(port, &rss), 0);
	assert_int_equal(rss.types, 0);
	for (int i = 0; i < PLX_RSS_TABLE_MAX; i++)
		assert_int_equal(rss.table[i], 0);
	close_port(port);
}

static void test_rss_is_kept_with_its_queues(void **state)
{
	struct plx_port *port = configured(2);
	struct plx_rss rss, seen;

	(void)state;
	assert_int_equal(plx_port_rss(port, &rss), 0);
	rss.types = PLX_RSS_IPV4;
	memset(rss.key, 0x55, sizeof(rss.key));
	memset(rss.table, 0, sizeof(rss.table));
	rss.table[127] = 1;
	rss.table[128] = 9; /* beyond the port's */
	assert_int_equal(plx_port_set_rss(port, &rss), 0);
	asked_for(RSS);
	memset(rss.key + 40, 0, PLX_RSS_KEY_MAX - 40);
	rss.table[128] = 0;
	assert_int_equal(plx_port_rss(port, &seen), 0);
	assert_memory_equal(&seen, &rss, sizeof(rss));
	configure(port, (struct plx_port_conf){ .n_rxq = 2 });
	assert_int_equal(plx_port_rss(port, &seen), 0);
	assert_memory_equal(&seen, &rss, sizeof(rss));
	configure(port, (struct plx_port_conf){ .n_rxq = 4 });
	assert_int_equal(plx_port_rss(port, &seen), 0);
	assert_int_equal(seen.types, caps.rss_types);
	assert_int_equal(seen.table[127], 3);
	close_port(port);
}

static void test_bad_rss(void **state)
{
	struct plx_port *port = open_port("card");
	struct plx_rss rss = { .types = 0 }, seen;

	(void)state;
	expect_error(plx_port_rss(NULL, &rss), -EINVAL, PLX_R_NULL_ARG, "port");
	expect_error(plx_port_rss(port, NULL), -EINVAL, PLX_R_NULL_ARG, "rss");
	expect_error(plx_port_rss(port, &rss), -EPERM, PLX_R_ORDER, "configured");
	expect_error(plx_port_set_rss(NULL, &rss), -EINVAL, PLX_R_NULL_ARG, "port");
	expect_error(plx_port_set_rss(port, NULL), -EINVAL, PLX_R_NULL_ARG, "rss");
	expect_error(plx_port_set_rss(port, &rss), -EPERM, PLX_R_ORDER, "configured");
	configure(port, (struct plx_port_conf){ .n_rxq = 2 });
	assert_int_equal(plx_port_rss(port, &rss), 0);
	rss.types = PLX_RSS_IPV4 | PLX_RSS_IPV6;
	expect_error(plx_port_set_rss(port, &rss), -EINVAL, PLX_R_BAD_VALUE, "not 0x8");
	rss.types = PLX_RSS_IPV4;
	rss.table[127] = 2;
	expect_error(plx_port_set_rss(port, &rss), -EINVAL, PLX_R_INDEX, "entry 127");
	asked_for_nothing();
	rss.table[127] = 0;
	fail_op = RSS;
	failed_in(plx_port_set_rss(port, &rss), RSS);
	assert_int_equal(plx_port_rss(port, &seen), 0);
	assert_int_equal(seen.types, caps.rss_types);
	assert_int_equal(seen.table[127], 1);
	close_port(port);
}

/* --- flow control, link, reset, pools --- */

static void test_flow_control(void **state)
{
	struct plx_flow_control flow = { .rx = true, .tx = true };
	struct plx_port *port = open_port("card");

	(void)state;
	assert_int_equal(plx_port_flow_control(port, &flow), 0);
	assert_false(flow.rx || flow.tx);
	flow.rx = true;
	assert_int_equal(plx_port_set_flow_control(port, &flow), 0);
	asked_for(FLOW);
	assert_true(port->flow.rx && !port->flow.tx);
	flow.tx = true;
	fail_op = FLOW;
	failed_in(plx_port_set_flow_control(port, &flow), FLOW);
	assert_int_equal(plx_port_flow_control(port, &flow), 0);
	assert_true(flow.rx && !flow.tx);
	expect_error(plx_port_flow_control(NULL, &flow), -EINVAL, PLX_R_NULL_ARG, "port");
	expect_error(plx_port_flow_control(port, NULL), -EINVAL, PLX_R_NULL_ARG, "flow");
	expect_error(plx_port_set_flow_control(NULL, &flow), -EINVAL, PLX_R_NULL_ARG, "port");
	expect_error(plx_port_set_flow_control(port, NULL), -EINVAL, PLX_R_NULL_ARG, "flow");
	asked_for_nothing();
	close_port(port);
}

static void test_link(void **state)
{
	struct plx_port *port = open_port("card");
	struct plx_port_info info;

	(void)state;
	plx_port_info(port, &info);
	assert_true(info.link.up);
	assert_int_equal(plx_port_set_link(port, false), 0);
	asked_for(LINK);
	plx_port_info(port, &info);
	assert_false(info.link.up);
	fail_op = LINK;
	failed_in(plx_port_set_link(port, true), LINK);
	assert_true(port->link_down);
	fail_op = -1;
	assert_int_equal(plx_port_set_link(port, true), 0);
	asked_for(LINK);
	plx_port_info(port, &info);
	assert_true(info.link.up);
	expect_error(plx_port_set_link(NULL, true), -EINVAL, PLX_R_NULL_ARG, "port");
	close_port(port);
}

static void test_reset(void **state)
{
	struct plx_port *port = configured(1);

	(void)state;
	assert_int_equal(plx_port_reset(port), 0);
	asked_for(RESET);
	fail_op = RESET;
	failed_in(plx_port_reset(port), RESET);
	fail_op = -1;
	assert_int_equal(plx_port_start(port), 0);
	asked_for(START);
	expect_error(plx_port_reset(port), -EBUSY, PLX_R_STATE, "stop it");
	expect_error(plx_port_reset(NULL), -EINVAL, PLX_R_NULL_ARG, "port");
	asked_for_nothing();
	close_port(port);
}

static void test_pools_to_send_from(void **state)
{
	struct plx_port *port = open_port("card");

	(void)state;
	expect_error(plx_port_use_pool(port, pool), -EPERM, PLX_R_ORDER, "configured");
	configure(port, (struct plx_port_conf){ .n_rxq = 1 });
	expect_error(plx_port_use_pool(NULL, pool), -EINVAL, PLX_R_NULL_ARG, "port");
	expect_error(plx_port_use_pool(port, NULL), -EINVAL, PLX_R_NULL_ARG, "pool");
	asked_for_nothing();
	assert_int_equal(plx_port_use_pool(port, pool), 0);
	asked_for(USE_POOL);
	fail_op = USE_POOL;
	failed_in(plx_port_use_pool(port, pool), USE_POOL);
	fail_op = -1;
	assert_int_equal(plx_port_start(port), 0);
	n_ops = 0;
	assert_int_equal(plx_port_use_pool(port, pool), 0);
	asked_for(USE_POOL);
	close_port(port);
}

/* --- interrupts --- */

static void test_interrupts(void **state)
{
	struct plx_port *port = open_port("card");
	struct plx_rxq *q;
	int fd;

	(void)state;
	configure(port, (struct plx_port_conf){ .n_rxq = 2, .interrupts = true });
	q = plx_port_rxq(port, 1);
	assert_int_equal(plx_rxq_fd(q, &fd), 0);
	asked_for(FD);
	assert_int_equal(fd, 1001);
	expect_error(plx_rxq_arm(q), -EPERM, PLX_R_NOT_STARTED, "not started");
	expect_error(plx_rxq_disarm(q), -EPERM, PLX_R_NOT_STARTED, "not started");
	asked_for_nothing();
	assert_int_equal(plx_port_start(port), 0);
	n_ops = 0;
	assert_int_equal(plx_rxq_arm(q), 0);
	asked_for(ARM);
	assert_int_equal(plx_rxq_disarm(q), 0);
	asked_for(DISARM);
	fail_op = ARM;
	failed_in(plx_rxq_arm(q), ARM);
	fail_op = DISARM;
	failed_in(plx_rxq_disarm(q), DISARM);
	fail_op = FD;
	failed_in(plx_rxq_fd(q, &fd), FD);
	assert_int_equal(fd, -1);
	close_port(port);
}

static void test_no_interrupts(void **state)
{
	struct plx_port_conf conf = { .n_rxq = 1, .rx_pool = pool, .interrupts = true };
	struct plx_port *port = configured(1);
	struct plx_rxq *q = plx_port_rxq(port, 0);
	int fd = 7;

	(void)state;
	assert_int_equal(plx_port_start(port), 0);
	n_ops = 0;
	expect_error(plx_rxq_fd(NULL, &fd), -EINVAL, PLX_R_NULL_ARG, "q");
	expect_error(plx_rxq_arm(NULL), -EINVAL, PLX_R_NULL_ARG, "q");
	expect_error(plx_rxq_disarm(NULL), -EINVAL, PLX_R_NULL_ARG, "q");
	unsupported(plx_rxq_fd(q, &fd), "without interrupts");
	assert_int_equal(fd, -1);
	unsupported(plx_rxq_arm(q), "without interrupts");
	unsupported(plx_rxq_disarm(q), "without interrupts");
	assert_int_equal(plx_port_stop(port), 0);
	port->caps.features &= ~(uint32_t)PLX_PORT_INTERRUPTS;
	unsupported(plx_port_configure(port, &conf), "no interrupts");
	assert_int_equal(port->state, PLX_PORT_CONFIGURED); /* as it was */
	close_port(port);

	port = open_port("card");
	configure(port, (struct plx_port_conf){ .n_rxq = 1, .interrupts = true });
	expect_error(plx_rxq_fd(plx_port_rxq(port, 0), NULL), -EINVAL, PLX_R_NULL_ARG, "fd");
	close_port(port);
}

/* --- registers --- */

static void expect_reg(const struct plx_port_reg *reg, const char *name, uint32_t offset,
		       unsigned width)
{
	assert_string_equal(reg->name, name);
	assert_int_equal(reg->offset, offset);
	assert_int_equal(reg->value, offset);
	assert_int_equal(reg->width, width);
}

static void test_regs(void **state)
{
	struct plx_port *port = open_port("card");
	struct plx_port_reg found[5];
	unsigned total;

	(void)state;
	memset(found, 0xa5, sizeof(found));
	assert_int_equal(plx_port_regs(port, NULL, 0, &total), 0);
	assert_int_equal(total, 4);
	asked_for_nothing();
	assert_int_equal(plx_port_regs(port, found, 5, &total), 0);
	assert_int_equal(total, 4);
	assert_int_equal(n_ops, 4);
	expect_reg(&found[0], "CTRL", 0, 32);
	assert_ptr_equal(found[0].fields, ctrl_fields);
	expect_reg(&found[1], "RDBAL0", 0x2800, 32);
	expect_reg(&found[2], "RDBAL1", 0x2900, 32);
	assert_null(found[2].fields);
	expect_reg(&found[3], "CONFIG", 0x52, 8);
	assert_int_equal(found[4].width, 0xa5); /* not touched */

	memset(found, 0xa5, sizeof(found));
	assert_int_equal(plx_port_regs(port, found, 2, &total), 0);
	assert_int_equal(total, 4);
	expect_reg(&found[1], "RDBAL0", 0x2800, 32);
	assert_int_equal(found[2].width, 0xa5);
	close_port(port);
}

static void test_bad_regs(void **state)
{
	struct plx_port *port = open_port("card");
	struct plx_port_reg found[4];
	unsigned total = 9;

	(void)state;
	expect_error(plx_port_regs(NULL, found, 4, &total), -EINVAL, PLX_R_NULL_ARG, "port");
	expect_error(plx_port_regs(port, NULL, 4, &total), -EINVAL, PLX_R_NULL_ARG, "regs");
	expect_error(plx_port_regs(port, found, 4, NULL), -EINVAL, PLX_R_NULL_ARG, "total");
	asked_for_nothing();
	fail_op = READ;
	total = 9;
	failed_in(plx_port_regs(port, found, 4, &total), READ);
	assert_int_equal(total, 0);
	close_port(port);
}

/* --- ports that cannot --- */

static void test_ports_that_cannot(void **state)
{
	struct plx_flow_control flow = { .rx = true };
	struct plx_rss rss = { .types = 0 };
	struct plx_port *port;
	unsigned total;

	(void)state;
	caps = (struct plx_port_caps){
		.features = PLX_PORT_RX | PLX_PORT_TX,
		.max_rxq = 2,
		.max_txq = 1,
		.mtu_min = 68,
		.mtu_max = 9000,
	};
	port = configured(2);
	unsupported(plx_port_mac_add(port, mac1), "no MAC address but its own");
	unsupported(plx_port_mac_remove(port, mac1), "no MAC address but its own");
	unsupported(plx_port_multicast_add(port, group1), "does not filter multicast");
	unsupported(plx_port_multicast_remove(port, group1), "does not filter multicast");
	unsupported(plx_port_set_allmulti(port, true), "does not filter multicast");
	unsupported(plx_port_set_mac(port, mac1), "cannot be changed");
	unsupported(plx_port_vlan_add(port, 1), "does not filter VLANs");
	unsupported(plx_port_vlan_remove(port, 1), "does not filter VLANs");
	unsupported(plx_port_rss(port, &rss), "does not spread");
	unsupported(plx_port_set_rss(port, &rss), "does not spread");
	unsupported(plx_port_flow_control(port, &flow), "pause frames");
	unsupported(plx_port_set_flow_control(port, &flow), "pause frames");
	unsupported(plx_port_set_link(port, false), "link");
	unsupported(plx_port_reset(port), "cannot be reset");
	unsupported(plx_port_regs(port, NULL, 0, &total), "no registers");
	close_port(port);
}

/* A driver without an operation has nothing to do for it. */
static void test_drivers_without_operations(void **state)
{
	const struct plx_flow_control flow = { .tx = true };
	struct plx_port *port = open_port("quiet");
	struct plx_rss rss;

	(void)state;
	configure(port, (struct plx_port_conf){ .n_rxq = 2 });
	assert_int_equal(plx_port_mac_add(port, mac1), 0);
	assert_int_equal(plx_port_multicast_add(port, group1), 0);
	assert_int_equal(plx_port_vlan_add(port, 1), 0);
	assert_int_equal(plx_port_rss(port, &rss), 0);
	assert_int_equal(plx_port_set_rss(port, &rss), 0);
	assert_int_equal(plx_port_set_flow_control(port, &flow), 0);
	assert_int_equal(plx_port_set_link(port, false), 0);
	assert_int_equal(plx_port_use_pool(port, pool), 0);
	assert_true(port->flow.tx && port->link_down && port->n_macs == 1);
	close_port(port);
}

/* --- burst functions --- */

/* Offloads choose the function; one that gives frames in several entries is not called for less. */
static void test_chosen_bursts(void **state)
{
	struct plx_port *port = open_port("card");
	struct plx_queue_stats stats;
	struct plx_pkt pkts[8];

	(void)state;
	entries = 4;
	configure(port, (struct plx_port_conf){ .n_rxq = 1, .n_txq = 1 });
	plx_rx_burst(plx_port_rxq(port, 0), pkts, 8); /* stopped */
	assert_int_equal(plx_tx_burst(plx_port_txq(port, 0), pkts, 8), 0);
	assert_int_equal(fast + tx, 0);
	assert_int_equal(plx_port_start(port), 0);
	plx_rx_burst(plx_port_rxq(port, 0), pkts, 4);
	assert_int_equal(fast, 1);
	plx_rx_burst(plx_port_rxq(port, 0), pkts, 3);
	assert_int_equal(fast, 1);
	plx_rxq_stats(plx_port_rxq(port, 0), &stats);
	assert_int_equal(stats.short_bursts, 1);
	assert_int_equal(plx_tx_burst(plx_port_txq(port, 0), pkts, 8), 8);
	assert_int_equal(tx, 1);
	assert_int_equal(plx_port_stop(port), 0);

	entries = 1;
	configure(port, (struct plx_port_conf){ .n_rxq = 1 });
	assert_int_equal(plx_port_start(port), 0);
	plx_rx_burst(plx_port_rxq(port, 0), pkts, 1);
	assert_int_equal(fast, 2);
	assert_int_equal(plx_port_stop(port), 0);
	plx_rx_burst(plx_port_rxq(port, 0), pkts, 1);
	assert_int_equal(fast, 2);

	configure(port, (struct plx_port_conf){ .n_rxq = 1, .offloads = PLX_OFFLOAD_RX_CSUM });
	assert_int_equal(plx_port_start(port), 0);
	plx_rx_burst(plx_port_rxq(port, 0), pkts, 8); /* rx_plain() */
	assert_int_equal(fast, 2);
	close_port(port);
}

/* --- addresses of PCI functions as specifications --- */

/* A network card in a sysfs of the test's own. */
static void put_function(const char *address, const char *vendor, const char *device)
{
	static const char resource[] = "0x0000000000000000 0x0000000000000000 0x0000000000000000\n";
	char name[128], resources[sizeof(resource) * 7] = "";

	snprintf(name, sizeof(name), "bus/pci/devices/%s/vendor", address);
	tree_put(name, vendor);
	snprintf(name, sizeof(name), "bus/pci/devices/%s/device", address);
	tree_put(name, device);
	snprintf(name, sizeof(name), "bus/pci/devices/%s/class", address);
	tree_put(name, "0x020000\n");
	for (int i = 0; i < 7; i++)
		strcat(resources, resource);
	snprintf(name, sizeof(name), "bus/pci/devices/%s/resource", address);
	tree_put(name, resources);
}

static void resolves(const char *spec, const char *to)
{
	char *resolved;

	if (plx_spec_resolve(tree, spec, &resolved))
		fail_msg("%s: %s", spec, plx_last_error()->text);
	assert_string_equal(resolved, to);
	free(resolved);
}

static void test_addresses(void **state)
{
	char *resolved = (void *)&ctx;

	(void)state;
	tree_make();
	put_function("0000:03:00.0", "0x8086\n", "0x10d3\n");
	put_function("0000:04:00.0", "0x10ec\n", "0x8139\n");
	put_function("0000:05:00.0", "0x8086\n", "0x1521\n");
	resolves("0000:03:00.0", "card:pci=0000:03:00.0");
	resolves("03:00.0", "card:pci=0000:03:00.0");
	resolves("3:0.0,backend=type1", "card:pci=0000:03:00.0,backend=type1");
	resolves("4:0.0", "quiet:pci=0000:04:00.0");
	resolves("card", "card");
	resolves("card:flag=on", "card:flag=on");
	resolves("ring:name=a.0", "ring:name=a.0");
	resolves("", "");
	expect_error(plx_spec_resolve(tree, "05:00.0", &resolved), -EINVAL, PLX_R_NO_DRIVER,
		     "0000:05:00.0 is 8086:1521");
	assert_null(resolved);
	assert_non_null(strstr(plx_last_error()->text,
			       "82540EM 8086:100e, 82574L 8086:10d3, RTL8139 10ec:8139"));
	expect_error(plx_spec_resolve(tree, "06:00.0", &resolved), -ENODEV, PLX_R_NO_DEVICE,
		     "0000:06:00.0");
	expect_error(plx_spec_resolve(tree, "0000:03:00.9", &resolved), -EINVAL, PLX_R_BAD_VALUE,
		     "0000:03:00.9");
	expect_error(plx_spec_resolve(tree, "0", &resolved), -EINVAL, PLX_R_BAD_VALUE, "\"0\"");
	expect_error(plx_spec_resolve(tree, "00000000000000000000000000000000:03:00.0", &resolved),
		     -EINVAL, PLX_R_BAD_VALUE, "not the address");
	tree_remove();
}

/* On this machine's own PCI bus there is no such domain. */
static void test_addresses_are_looked_up(void **state)
{
	struct plx_port *port = (void *)&ctx;

	(void)state;
	expect_error(plx_port_open(ctx, "fffffff:00:00.0", &port), -ENODEV, PLX_R_NO_DEVICE,
		     "fffffff:00:00.0");
	assert_null(port);
	expect_error(plx_port_open(ctx, "0000:03:00.9", &port), -EINVAL, PLX_R_BAD_VALUE,
		     "not the address");
}

static void test_help_lists_functions(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	assert_int_equal(plx_drivers_help(out, NULL, PLX_HELP_TEXT), 0);
	assert_int_equal(plx_drivers_help(out, "quiet", PLX_HELP_MAN), 0);
	fclose(out);
	assert_non_null(strstr(text, "\n    drives 82540EM 8086:100e, 82574L 8086:10d3\n"));
	assert_non_null(strstr(text, "\n    drives RTL8139 10ec:8139\n"));
	assert_non_null(strstr(text, "\nDrives RTL8139 10ec:8139.\n"));
	free(text);
}

/* --- offloads --- */

/* A card whose checksums and segments go with fewer transmit queues than it has. */
static void test_offloads_that_want_fewer_queues(void **state)
{
	struct plx_port *port = open_port("card");
	struct plx_port_conf conf = { .n_txq = 3, .offloads = PLX_OFFLOAD_TX_VLAN };

	(void)state;
	port->caps.offloads |= PLX_OFFLOAD_TX_CSUM | PLX_OFFLOAD_TX_VLAN;
	port->caps.max_csum_txq = 2;
	assert_int_equal(plx_port_configure(port, &conf), 0);
	conf.offloads |= PLX_OFFLOAD_TX_CSUM;
	n_ops = 0;
	unsupported(plx_port_configure(port, &conf), "at most 2 transmit queues, not 3");
	conf.n_txq = 2;
	assert_int_equal(plx_port_configure(port, &conf), 0);
	close_port(port);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_offloads_that_want_fewer_queues),
		TEST(test_macs),
		TEST(test_bad_macs),
		TEST(test_macs_that_the_card_refuses),
		TEST(test_multicast),
		TEST(test_allmulti),
		TEST(test_bad_multicast),
		TEST(test_vlans),
		TEST(test_all_vlans),
		TEST(test_filters_outlive_a_configuration),
		TEST(test_rss_key),
		TEST(test_rss_begins),
		TEST(test_rss_is_kept_with_its_queues),
		TEST(test_bad_rss),
		TEST(test_flow_control),
		TEST(test_link),
		TEST(test_reset),
		TEST(test_pools_to_send_from),
		TEST(test_interrupts),
		TEST(test_no_interrupts),
		TEST(test_regs),
		TEST(test_bad_regs),
		TEST(test_ports_that_cannot),
		TEST(test_drivers_without_operations),
		TEST(test_chosen_bursts),
		TEST(test_addresses),
		TEST(test_addresses_are_looked_up),
		TEST(test_help_lists_functions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
