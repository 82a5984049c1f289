/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Class 13: a port is started, stopped and reset while the card receives, sends and interrupts in a
 * thread of its own: test_threads CARD. Run under TSan, too.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "lab.h"

#define ROUNDS 60
#define FRAMES 200 /* that are received in each */

static const struct card_kind *kind;
static atomic_bool over;

static void *drive(void *arg)
{
	uint8_t frame[1514];

	for (uint32_t i = 0; !atomic_load(&over); i++) {
		uint32_t len = 60 + i % 1400;

		lab_frame(frame, i, len);
		card_receive(frame, len);
		if (i % 4 == 0)
			card_transmit();
		if (i % 16 == 0)
			card_interrupt();
	}
	return arg;
}

/* Each round takes so many frames as show that it works. */
static void traffic(void)
{
	for (unsigned got = 0, idle = 0; got < FRAMES; idle++) {
		got += lab_receive_any();
		lab_send(8, 60 + got % 1400); /* one look may take thousands */
		if (idle % 64 == 0) {
			lab_look();
			lab_try(plx_rxq_arm(lab.rxq));
			lab_try(plx_rxq_disarm(lab.rxq));
		}
		assert_int_equal(lab_try(plx_rxq_status(lab.rxq)), 0);
	}
}

static void test_start_stop_reset(void **state)
{
	pthread_t thread;

	(void)state;
	lab_begin(kind, "sim");
	card.limit = UINT32_MAX;
	lab_up();
	atomic_store(&over, false);
	assert_int_equal(pthread_create(&thread, NULL, drive, NULL), 0);
	for (unsigned i = 0; i < ROUNDS; i++) {
		traffic();
		assert_int_equal(lab_stop(), 0);
		lab_check_pools();
		if (i % 2)
			assert_int_equal(lab_try(plx_port_reset(lab.port)), 0);
		assert_int_equal(i % 4 ? lab_restart() : lab_start(), 0);
	}
	assert_int_equal(lab_stop(), 0);
	atomic_store(&over, true);
	pthread_join(thread, NULL);
	lab_close();
	lab_end();
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(test_start_stop_reset) };

	kind = card_kind_find(argc > 1 ? argv[1] : "");
	if (!kind) {
		fprintf(stderr, "usage: %s e1000|e1000e|rtl8139\n", argv[0]);
		return 2;
	}
	return cmocka_run_group_tests_name(kind->name, tests, NULL, NULL);
}
