/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a hostile 82540EM or 82574L writes into rings, and what its EEPROM, PHY and BARs are:
 * test_e1000 CARD.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../drivers/net/e1000/regs.h"
#include "e1000_model.h"
#include "lab.h"

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
#define RX         E1000_RDBAL(0)
#define TX         E1000_TDBAL(0)
#define WHOLE      (E1000_RXD_DD | E1000_RXD_EOP)

static const struct card_kind *kind;

static int setup(void **state)
{
	(void)state;
	lab_begin(kind, "sim");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	lab_end();
	return 0;
}

static void up(uint16_t mtu)
{
	lab.mtu = mtu;
	lab_up();
	assert_int_equal(lab_receive(), 0); /* which posts buffers */
}

/* Say of the next descriptor that it is done, without a byte of a frame. */
static void lie(uint32_t status, uint32_t errors, uint32_t len)
{
	unsigned index = card_reg(RX + E1000_DH);

	e1000_poke(RX, index, 1, e1000_rx_word(status, errors, len));
	card_set(RX + E1000_DH, 4, (index + 1) % kind->rxd);
}

/* Whatever was before: the next honest frames are received, and nothing else. */
static void check_recovered(void)
{
	for (unsigned i = 0; i < 3u * kind->rxd; i++) {
		assert_true(lab_arrive(60 + i));
		assert_int_equal(lab_receive(), 1);
	}
}

/* --- class 1: lengths --- */

static void test_rx_length(void **state)
{
	static const uint32_t bad[] = { 0, 1, 13, LAB_ROOM + 1, LAB_ROOM + 4, 0x3fff, 0xffff };
	const unsigned n = sizeof(bad) / sizeof(bad[0]);

	(void)state;
	up(0);
	for (unsigned i = 0; i < n; i++) {
		lie(WHOLE, 0, bad[i]);
		assert_int_equal(lab_receive_any(), 0);
		assert_int_equal(lab_drops(PLX_DROP_DEVICE), i + 1);
	}
	check_recovered();
	assert_int_equal(lab_drops(PLX_DROP_DEVICE), n);
	lie(WHOLE, 0, 14);
	lie(WHOLE, 0, LAB_ROOM);
	assert_int_equal(lab_receive_any(), 2);
}

static void test_rx_length_in_a_chain(void **state)
{
	static const uint32_t bad[] = { 0, LAB_ROOM + 1, 0xffff };

	(void)state;
	up(9000);
	for (unsigned at = 0; at < 3; at++)
		for (unsigned i = 0; i < 3; i++) {
			for (unsigned part = 0; part < 3; part++)
				lie(part < 2 ? E1000_RXD_DD : WHOLE, 0,
				    part == at ? bad[i] : LAB_ROOM);
			assert_int_equal(lab_receive_any(), 0);
			assert_int_equal(lab_drops(PLX_DROP_DEVICE), 3 * at + i + 1);
		}
	lie(E1000_RXD_DD, 0, 6); /* too short together */
	lie(WHOLE, 0, 7);
	assert_int_equal(lab_receive_any(), 0);
	assert_int_equal(lab_drops(PLX_DROP_DEVICE), 10);
	assert_true(lab_arrive(8000));
	assert_int_equal(lab_receive(), 1);
	check_recovered();
}

/* A frame without an end: no more of it than a frame may have, and what follows it is found. */
static void endless(uint16_t mtu, unsigned parts)
{
	uint64_t given = 0;

	up(mtu);
	for (unsigned i = 0; i < parts; i++) {
		lie(E1000_RXD_DD, 0, LAB_ROOM);
		if (i % 8 == 7)
			given += lab_receive_any();
	}
	lie(WHOLE, 0, 100);
	given += lab_receive_any();
	assert_int_equal(given, 0);
	assert_int_equal(lab_drops(PLX_DROP_TOO_LONG), 1);
	check_recovered();
}

static void test_rx_endless(void **state)
{
	(void)state;
	endless(0, 3u * kind->rxd);
}

static void test_rx_endless_jumbo(void **state)
{
	(void)state;
	endless(9000, 5u * kind->rxd);
}

static void test_rx_errors(void **state)
{
	(void)state;
	up(0);
	for (unsigned bit = 0; bit < 8; bit++) {
		uint64_t before = lab_drops(PLX_DROP_ERROR);
		bool bad = E1000_RXE_BAD >> bit & 1;

		lie(WHOLE, 1u << bit, 100);
		assert_int_equal(lab_receive_any(), !bad);
		assert_int_equal(lab_drops(PLX_DROP_ERROR) - before, bad);
	}
	check_recovered();
}

/* --- class 2: descriptors --- */

/* All are done at once, also the one that is not posted, again and again. */
static void test_rx_done_everywhere(void **state)
{
	(void)state;
	up(0);
	for (unsigned round = 0; round < 20; round++) {
		unsigned n;

		for (unsigned i = 0; i < kind->rxd; i++)
			e1000_poke(RX, i, 1, e1000_rx_word(WHOLE, 0, 60 + i));
		n = lab_receive_any();
		assert_true(n < kind->rxd);
	}
	assert_int_equal(lab_stop(), 0);
	lab.sequence = 0;
	assert_int_equal(lab_restart(), 0);
	lab_receive();
	check_recovered();
}

/* In the middle, before those that come first: nothing is given until these are done. */
static void test_rx_out_of_order(void **state)
{
	(void)state;
	up(0);
	for (unsigned i = 4; i < 8; i++)
		e1000_poke(RX, i, 1, e1000_rx_word(WHOLE, 0, 60));
	assert_int_equal(lab_receive_any(), 0);
	for (unsigned i = 0; i < 4; i++)
		lie(WHOLE, 0, 60);
	assert_int_equal(lab_receive_any(), 8);
}

/* The card's own head and tail are absurd: they are nothing that the driver believes. */
static uint32_t bend_heads(struct card *c, uint32_t off, unsigned bytes, uint32_t value)
{
	const uint32_t at = off & 0xff;

	(void)bytes;
	return (off & 0xf000) == 0x2000 || (off & 0xf000) == 0x3000
		       ? (at == E1000_DH || at == E1000_DT ? 0xfffffff0u + c->reads % 16 : value)
		       : value;
}

static void test_heads(void **state)
{
	(void)state;
	card.bend = bend_heads;
	lab_run();
	assert_true(lab.finished && !lab.failures && lab.delivered == 24);
}

/* --- class 3: sending --- */

static uint64_t tx_word(unsigned index)
{
	return e1000_peek(TX, index, 1);
}

static void tx_done(unsigned index)
{
	e1000_poke(TX, index, 1, tx_word(index) | E1000_TXD_DD);
}

/* Done before it was read: the buffer is free, and the card reads what is in it by then. */
static void test_tx_done_early(void **state)
{
	(void)state;
	up(0);
	card.holds_tx = true;
	for (unsigned round = 0; round < 100; round++) {
		assert_int_equal(lab_send(8, 100), 8);
		tx_done((round * 8 + 7) % kind->txd);
	}
	assert_true(lab_sending() <= 8);
	card_transmit();
	assert_true(card.sent > 0);
}

static void test_tx_done_out_of_order(void **state)
{
	(void)state;
	up(0);
	card.holds_tx = true;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(lab_send(4, 100), 4);
	tx_done(7);
	tx_done(11);
	lab_send(4, 100);
	assert_int_equal(lab_sending(), 16);
	tx_done(3);
	lab_send(4, 100);
	assert_int_equal(lab_sending(), 8);
}

/* The ring fills up, and it is stopped like that: every buffer comes back, in time. */
static void test_tx_never_done(void **state)
{
	unsigned sent = 0, n;

	(void)state;
	up(0);
	card.holds_tx = true;
	while ((n = lab_send(16, 1000)))
		sent += n;
	assert_true(sent > 64 && sent < kind->txd);
	assert_int_equal(lab_sending(), sent);
	assert_int_equal(lab_send(16, 1000), 0);
	assert_int_equal(lab_stop(), 0);
	assert_int_equal(lab_sending(), 0);
}

/* All descriptors are done all the time: no buffer is given back twice. */
static void test_tx_done_again(void **state)
{
	(void)state;
	up(0);
	card.holds_tx = true;
	for (unsigned round = 0; round < 200; round++) {
		unsigned n = lab_send(1 + round % 16, 200);

		assert_true(n == 1 + round % 16);
		for (unsigned i = 0; i < kind->txd; i++)
			tx_done(i);
		assert_true(lab_sending() <= 16);
	}
}

/*
 * Descriptors that the card writes over: lengths and addresses are the driver's own all the same.
 */
static void test_tx_written_over(void **state)
{
	(void)state;
	up(0);
	card.holds_tx = true;
	for (unsigned round = 0; round < 50; round++) {
		lab_send(8, 500);
		for (unsigned i = 0; i < kind->txd; i++) {
			e1000_poke(TX, i, 0, 0x4141414141414141);
			e1000_poke(TX, i, 1, UINT64_MAX << (round % 32));
		}
	}
}

/* --- class 4: words that change while they are read --- */

static atomic_bool over;

/* One word of status and length after the other, sound and not, in all descriptors. */
static void *tear(void *arg)
{
	static const uint32_t lengths[] = { 60, 0xffff, 0, LAB_ROOM, LAB_ROOM + 1, 1514 };

	for (unsigned i = 0; !atomic_load(&over); i++)
		e1000_poke(RX, i % kind->rxd, 1,
			   e1000_rx_word(i % 5 ? WHOLE : E1000_RXD_DD, 0, lengths[i % 6]));
	return arg;
}

static void test_torn_writes(void **state)
{
	pthread_t thread;

	(void)state;
	up(9000);
	atomic_store(&over, false);
	assert_int_equal(pthread_create(&thread, NULL, tear, NULL), 0);
	for (unsigned i = 0; i < 20000 || (!lab_drops(PLX_DROP_DEVICE) && i < 10000000); i++)
		lab_receive_any(); /* looks at each length */
	atomic_store(&over, true);
	pthread_join(thread, NULL);
	assert_true(lab_drops(PLX_DROP_DEVICE) > 0);
}

/* Done is seen before the length is. */
static void test_status_before_length(void **state)
{
	(void)state;
	up(0);
	e1000_poke(RX, 0, 1, e1000_rx_word(WHOLE, 0, 0));
	assert_int_equal(lab_receive_any(), 0);
	e1000_poke(RX, 0, 1, e1000_rx_word(WHOLE, 0, 60));
	assert_int_equal(lab_receive_any(), 0);
	assert_int_equal(lab_drops(PLX_DROP_DEVICE), 1);
}

/* --- class 6: EEPROM, PHY, BARs --- */

static void fix_sum(void)
{
	uint16_t sum = 0;

	for (unsigned i = 0; i < E1000_EEPROM_WORDS - 1; i++)
		sum = (uint16_t)(sum + card.eeprom[i]);
	card.eeprom[E1000_EEPROM_WORDS - 1] = (uint16_t)(E1000_EEPROM_SUM - sum);
}

static void check_refused(const char *what)
{
	assert_int_equal(lab_open(), -EBADMSG);
	assert_int_equal(plx_last_error()->reason, PLX_R_FORMAT);
	assert_non_null(strstr(plx_last_error()->text, what));
}

static void test_eeprom(void **state)
{
	(void)state;
	card.eeprom[0] |= 1;                /* multicast */
	check_refused("not to be trusted"); /* and the sum is wrong */
	fix_sum();
	check_refused("is no MAC address");
	memset(card.eeprom, 0, 6);
	fix_sum();
	check_refused("is no MAC address");
	memset(card.eeprom, 0xff, sizeof(card.eeprom));
	check_refused("not to be trusted");
	memset(card.eeprom, 0, sizeof(card.eeprom));
	check_refused("not to be trusted");
	kind->power_on(&card);
	assert_int_equal(lab_open(), 0);
}

static void test_phy(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		memset(card.phy, i == 0 ? 0xff : i == 1 ? 0 : 0xa5, sizeof(card.phy));
		lab_run();
		assert_true(lab.finished);
	}
}

/* Whoever had the card before has left its PHY off, isolated and in loopback. */
static void test_phy_is_brought_up(void **state)
{
	const uint16_t left = E1000_PHY_CTRL_DOWN | E1000_PHY_CTRL_ISOLATE | E1000_PHY_CTRL_LOOP;

	(void)state;
	card.phy[E1000_PHY_CTRL] = left;
	lab_up();
	assert_int_equal(card.phy[E1000_PHY_CTRL] & left, 0);
	assert_true(card.phy[E1000_PHY_CTRL] & E1000_PHY_CTRL_AUTONEG);
}

/* The PHY says that it failed; then it never answers. */
static uint32_t bend_mdic(struct card *c, uint32_t off, unsigned bytes, uint32_t value)
{
	(void)bytes;
	if (off != E1000_MDIC)
		return value;
	return c->value ? value | E1000_MDIC_E : value & ~E1000_MDIC_R;
}

static void test_phy_fails(void **state)
{
	(void)state;
	card.bend = bend_mdic;
	card.value = 1;
	assert_int_equal(lab_open(), -EIO);
	card.value = 0;
	assert_int_equal(lab_open(), -ETIMEDOUT);
	assert_int_equal(plx_last_error()->reason, PLX_R_TIMEOUT);
}

/* A card that stays in reset, or whose firmware keeps MDIO, is given up in time. */
static uint32_t bend_ctrl(struct card *c, uint32_t off, unsigned bytes, uint32_t value)
{
	(void)c;
	(void)bytes;
	return off == E1000_CTRL ? value | E1000_CTRL_RST : value;
}

static void test_reset_without_end(void **state)
{
	(void)state;
	card.bend = bend_ctrl;
	assert_int_equal(lab_open(), -ETIMEDOUT);
	card_be_honest();
	lab_up();
	lab_receive();
	card.bend = bend_ctrl;
	assert_int_equal(lab_stop(), -ETIMEDOUT);
	lab_close(); /* all buffers are back */
}

static void with_bar(uint64_t size, uint32_t flags, int err)
{
	struct plx_sim_model model = card_model_82540em;
	struct card_kind small = card_e1000;

	model.name = "small";
	model.bars[0].size = size;
	model.bars[0].flags = flags;
	/* It answers nothing: nothing is to be asked of a BAR that is not right. */
	model.read = NULL;
	model.write = NULL;
	model.reset = NULL;
	small.model = &model;
	small.spec = "e1000:pci=sim:small";
	lab_begin(&small, "sim");
	assert_int_equal(lab_open(), err);
	assert_int_equal(card.reads, 0);
	lab_end();
}

static void test_bar(void **state)
{
	(void)state;
	with_bar(0x10000, PLX_SIM_BAR_MEMORY, -EINVAL);
	with_bar(0x1000, PLX_SIM_BAR_MEMORY, -EINVAL);
	with_bar(0, PLX_SIM_BAR_MEMORY, -EINVAL);
	with_bar(0x100, PLX_SIM_BAR_IO, -EINVAL);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_rx_length),
		TEST(test_rx_length_in_a_chain),
		TEST(test_rx_endless),
		TEST(test_rx_endless_jumbo),
		TEST(test_rx_errors),
		TEST(test_rx_done_everywhere),
		TEST(test_rx_out_of_order),
		TEST(test_heads),
		TEST(test_tx_done_early),
		TEST(test_tx_done_out_of_order),
		TEST(test_tx_never_done),
		TEST(test_tx_done_again),
		TEST(test_tx_written_over),
		TEST(test_torn_writes),
		TEST(test_status_before_length),
		TEST(test_eeprom),
		TEST(test_phy),
		TEST(test_phy_is_brought_up),
		TEST(test_phy_fails),
		TEST(test_reset_without_end),
		cmocka_unit_test(test_bar),
	};

	kind = card_kind_find(argc > 1 ? argv[1] : "");
	if (kind != &card_e1000 && kind != &card_e1000e) {
		fprintf(stderr, "usage: %s e1000|e1000e\n", argv[0]);
		return 2;
	}
	return cmocka_run_group_tests_name(kind->name, tests, NULL, NULL);
}
