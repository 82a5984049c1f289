/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a hostile RTL8139 writes into its receive ring and says in its registers: test_rtl8139
 * rtl8139.
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

#include "../../drivers/net/rtl8139/regs.h"
#include "lab.h"
#include "rtl8139_model.h"

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
#define SECOND     1000000000ull

static int setup(void **state)
{
	(void)state;
	lab_begin(&card_rtl8139, "sim");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	lab_end();
	return 0;
}

static uint16_t cbr(void)
{
	return (uint16_t)card_reg(RTL_CBR);
}

/* A header where the next frame would be, and so many bytes that the card says to have written. */
static void lie(uint16_t status, uint16_t len, uint32_t written)
{
	uint32_t at = cbr();

	rtl8139_put_header(at, status, len);
	card_set(RTL_CBR, 2, (at + written) % rtl8139_ring_size());
}

/* Whatever was before: the next honest frames are received, once around the ring and more. */
static void check_recovered(void)
{
	for (unsigned i = 0; i < 100; i++) {
		assert_true(lab_arrive(100 + 14 * i));
		assert_int_equal(lab_receive(), 1);
	}
}

/* --- classes 1 and 2: headers and places --- */

static void test_rx_length(void **state)
{
	static const uint16_t bad[] = { 0, 1, 3, 4, 17, 0xffff, 0xffef, 0x8000 };

	(void)state;
	lab_up();
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint64_t before = lab_drops(PLX_DROP_DEVICE);

		lie(RSR_ROK, bad[i], 64);
		for (unsigned look = 0; look < 3; look++) {
			assert_int_equal(lab_receive_any(), 0);
			test_clock_pass(SECOND); /* for those that might still come */
		}
		assert_int_equal(lab_drops(PLX_DROP_DEVICE) - before, 1);
		check_recovered();
	}
}

/* The shortest that is a frame, and one that is longer than may be received. */
static void test_rx_limits(void **state)
{
	(void)state;
	lab_up();
	lie(RSR_ROK, 18, 24);
	assert_int_equal(lab_receive_any(), 1);
	lie(RSR_ROK, 4000, 4004);
	assert_int_equal(lab_receive_any(), 0);
	assert_int_equal(lab_drops(PLX_DROP_TOO_LONG), 1);
	assert_int_equal(lab_drops(PLX_DROP_DEVICE), 0);
	check_recovered();
}

static void test_rx_status(void **state)
{
	(void)state;
	lab_up();
	for (unsigned bit = 0; bit < 6; bit++) {
		lie((uint16_t)((bit ? RSR_ROK : 0) | (bit ? 1u << bit : 0)), 64, 68);
		assert_int_equal(lab_receive_any(), 0);
		assert_int_equal(lab_drops(PLX_DROP_DEVICE), bit + 1);
		check_recovered();
	}
}

/* A frame that is never whole: the card is given its time, and no more. */
static void unfinished(uint16_t len, uint32_t written)
{
	lab_up();
	lie(RSR_ROK, len, written);
	assert_int_equal(lab_receive_any(), 0);
	assert_int_equal(lab_drops(PLX_DROP_DEVICE), 0);
	test_clock_pass(SECOND);
	assert_int_equal(lab_receive_any(), 0);
	assert_int_equal(lab_drops(PLX_DROP_DEVICE), 1);
	check_recovered();
}

static void test_rx_unfinished(void **state)
{
	(void)state;
	unfinished(RTL_RX_UNFINISHED, 4);
}

static void test_rx_longer_than_written(void **state)
{
	(void)state;
	unfinished(1000, 500);
}

static void test_rx_place(void **state)
{
	static const uint16_t bad[] = { 0xffff, 0xfffe, 0x8000 };

	(void)state;
	assert_int_equal(lab_open(), 0);
	lab_close();
	for (unsigned i = 0; i < 3; i++) {
		card_unplug();
		card_plug(&card_rtl8139);
		assert_int_equal(lab_try(plx_port_open(lab.ctx, "rtl8139:pci=sim:8139,rx_ring=8",
						       &lab.port)),
				 0);
		assert_int_equal(lab_start(), 0);
		card_set(RTL_CBR, 2, bad[i]);
		assert_int_equal(lab_receive_any(), 0);
		assert_int_equal(lab_drops(PLX_DROP_DEVICE), 1);
		check_recovered();
		lab_close();
	}
}

/* Each place in the ring with what is there: nothing is read that is not the ring's. */
static void test_rx_every_place(void **state)
{
	(void)state;
	lab_up();
	for (uint32_t at = 0; at < 65536; at += 1021) {
		card_set(RTL_CBR, 2, at);
		lab_receive_any();
		test_clock_pass(SECOND);
		lab_receive_any();
	}
	lab_stop();
	assert_int_equal(lab_restart(), 0);
	check_recovered();
}

/* The header says one thing and then another, while it is read. */
static atomic_bool over;

static void *tear(void *arg)
{
	static const uint16_t lengths[] = { 64, 0xffff, 0, 1000, 0xfff0, 4096 };

	for (unsigned i = 0; !atomic_load(&over); i++) {
		uint32_t at = i * 4 % rtl8139_ring_size();

		rtl8139_put_header(at, RSR_ROK, lengths[i % 6]);
		if (i % 64 == 0)
			card_set(RTL_CBR, 2, i * 52 % 65536);
	}
	return arg;
}

static void test_torn_headers(void **state)
{
	pthread_t thread;

	(void)state;
	lab_up();
	atomic_store(&over, false);
	assert_int_equal(pthread_create(&thread, NULL, tear, NULL), 0);
	for (unsigned i = 0; i < 20000 || (!lab_drops(PLX_DROP_DEVICE) && i < 10000000); i++)
		lab_receive_any();
	atomic_store(&over, true);
	pthread_join(thread, NULL);
	assert_true(lab_drops(PLX_DROP_DEVICE) > 0);
}

/* --- class 3: sending --- */

static void tx_status(unsigned i, uint32_t bits)
{
	card_set(RTL_TSD0 + 4 * i, 4, card_reg(RTL_TSD0 + 4 * i) | bits);
}

static void test_tx_done_out_of_order(void **state)
{
	(void)state;
	lab_up();
	card.holds_tx = true;
	assert_int_equal(lab_send(4, 100), 4);
	tx_status(2, TSD_OWN | TSD_TOK);
	tx_status(3, TSD_OWN | TSD_TOK);
	assert_int_equal(lab_send(4, 100), 0);
	assert_int_equal(lab_sending(), 4);
	tx_status(0, TSD_OWN | TSD_TOK);
	assert_int_equal(lab_send(4, 100), 1);
	assert_int_equal(lab_sending(), 4);
}

/* Before it was sent, and again: no buffer is given back twice. */
static void test_tx_done_early(void **state)
{
	(void)state;
	lab_up();
	card.holds_tx = true;
	for (unsigned round = 0; round < 200; round++) {
		lab_send(4, 100 + round);
		for (unsigned i = 0; i < 4; i++)
			tx_status(i, TSD_OWN | TSD_TOK | (round % 2 ? TSD_TUN : 0));
		assert_true(lab_sending() <= 4);
	}
	card_transmit();
}

/*
 * It is told once, and the queue stands still with a sentence; it is stopped in time, and starts.
 */
static void never_done(uint32_t bits)
{
	lab_up();
	card.holds_tx = true;
	assert_int_equal(lab_send(4, 100), 4);
	for (unsigned i = 0; i < 4; i++)
		tx_status(i, bits);
	assert_int_equal(lab_send(4, 100), 0);
	assert_int_equal(lab_try(plx_txq_status(lab.txq)), 0);
	test_clock_pass(10 * SECOND);
	assert_int_equal(lab_send(4, 100), 0);
	assert_int_equal(lab_try(plx_txq_status(lab.txq)), -ETIMEDOUT);
	lab_stop();
	assert_int_equal(lab_sending(), 0);
	card.holds_tx = false;
	assert_int_equal(lab_restart(), 0);
	assert_int_equal(lab_send(4, 100), 4);
}

static void test_tx_never_done(void **state)
{
	(void)state;
	never_done(0);
}

static void test_tx_always_aborted(void **state)
{
	(void)state;
	never_done(TSD_OWN | TSD_TABT);
}

/* --- class 6: EEPROM, BARs, reset --- */

static void test_eeprom(void **state)
{
	static const uint8_t bad[] = { 0x00, 0xff, 0x01 }; /* none, blank, a group */

	(void)state;
	for (unsigned i = 0; i < sizeof(bad); i++) {
		memset(card.eeprom, bad[i], sizeof(card.eeprom));
		assert_int_equal(lab_open(), -EBADMSG);
		assert_int_equal(plx_last_error()->reason, PLX_R_FORMAT);
	}
	card_rtl8139.power_on(&card);
	assert_int_equal(lab_open(), 0);
}

static uint32_t bend_cr(struct card *c, uint32_t off, unsigned bytes, uint32_t value)
{
	(void)bytes;
	return off == RTL_CR ? value | c->value : value;
}

/* CR.RST that stays; a receiver that does not go off. */
static void test_reset_without_end(void **state)
{
	(void)state;
	card.bend = bend_cr;
	card.value = CR_RST;
	assert_int_equal(lab_open(), -ETIMEDOUT);
	assert_int_equal(plx_last_error()->reason, PLX_R_TIMEOUT);
	card_be_honest();
	lab_up();
	card.bend = bend_cr;
	card.value = CR_RE;
	assert_int_equal(lab_stop(), -ETIMEDOUT);
	card_be_honest();
	assert_int_equal(lab_restart(), 0);
	check_recovered();
}

/* The ring overflows, says the card, and it is empty: reception begins anew. */
static void test_overflow(void **state)
{
	(void)state;
	lab_up();
	for (unsigned i = 0; i < 10; i++) {
		card_set(RTL_ISR, 2, ISR_RXOVW | ISR_FOVW | ISR_RER | ISR_TER);
		for (unsigned look = 0; look < 600; look++)
			assert_int_equal(lab_receive_any(), 0);
	}
	check_recovered();
}

static void with_bar(uint64_t size, uint32_t flags)
{
	struct plx_sim_model model = card_model_8139;
	struct card_kind small = card_rtl8139;

	model.name = "small";
	model.bars[0].size = size;
	model.bars[0].flags = flags;
	model.read = NULL;
	model.write = NULL;
	model.reset = NULL;
	small.model = &model;
	small.spec = "rtl8139:pci=sim:small";
	lab_begin(&small, "sim");
	assert_int_equal(lab_open(), -EINVAL);
	lab_end();
}

static void test_bar(void **state)
{
	(void)state;
	with_bar(128, PLX_SIM_BAR_IO);
	with_bar(0, PLX_SIM_BAR_IO);
	with_bar(256, PLX_SIM_BAR_MEMORY);
}

/* The card reads from multiples of 4 only: other frames are copied to one. */
static void test_frames_from_any_address(void **state)
{
	struct plx_pkt pkt;
	uint8_t frame[100];

	(void)state;
	lab_up();
	for (unsigned shift = 0; shift < 8; shift++) {
		assert_int_equal(plx_pool_get(lab.tx_pool, NULL, &pkt, 1), 1);
		pkt.data += shift;
		pkt.len = sizeof(frame);
		lab_frame(frame, shift, sizeof(frame));
		memcpy(pkt.data, frame, sizeof(frame));
		assert_int_equal(plx_tx_burst(lab.txq, &pkt, 1), 1);
		assert_int_equal(card.last_len, sizeof(frame));
		assert_memory_equal(card.last, frame, sizeof(frame));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_rx_length),
		TEST(test_rx_limits),
		TEST(test_rx_status),
		TEST(test_rx_unfinished),
		TEST(test_rx_longer_than_written),
		TEST(test_rx_place),
		TEST(test_rx_every_place),
		TEST(test_torn_headers),
		TEST(test_tx_done_out_of_order),
		TEST(test_tx_done_early),
		TEST(test_tx_never_done),
		TEST(test_tx_always_aborted),
		TEST(test_eeprom),
		TEST(test_reset_without_end),
		TEST(test_overflow),
		TEST(test_frames_from_any_address),
		cmocka_unit_test(test_bar),
	};

	return cmocka_run_group_tests_name("rtl8139", tests, NULL, NULL);
}
