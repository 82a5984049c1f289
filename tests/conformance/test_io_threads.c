/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Threads: cookies are looked up without a lock while ranges come and go (PIO-6), control-plane calls
 * on one device are serialised (G-7). Run under TSan, too.
 */
#define DEVLAB_SETUP devlab_setup_open
#include "devlab.h"

#include <pthread.h>
#include <stdatomic.h>

#define READERS 3
#define ROUNDS  2000

static _Atomic uint64_t published; /* a cookie of ports 0 .. 7, valid or stale */
static _Atomic bool done;

/* Reads through whatever cookie there is: what the range holds, or all ones. */
static void *reader(void *arg)
{
	uintptr_t wrong = 0;

	(void)arg;
	while (!atomic_load(&done)) {
		plx_ioport_t p = atomic_load(&published);
		uint32_t v = plx_raw_in32(p + 4);

		wrong += v != 0x600dcafe && v != UINT32_MAX;
		wrong += plx_ioport_read(p, 1, &v) && plx_last_error()->reason != PLX_R_INDEX;
	}
	return (void *)wrong;
}

static void test_PIO_6_threads(void **state)
{
	pthread_t threads[READERS];
	plx_ioport_t p;

	(void)state;
	assert_works(plx_ioport_register(devlab.dev, BAR2, 8, &p));
	plx_raw_out32(p + 4, 0x600dcafe);
	atomic_store(&published, p);
	for (unsigned i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, reader, NULL), 0);
	for (unsigned i = 0; i < ROUNDS; i++) {
		assert_works(plx_ioport_deregister(devlab.dev, BAR2, 8, p));
		assert_works(plx_ioport_register(devlab.dev, BAR2, 8, &p));
		atomic_store(&published, p);
	}
	/* The device goes, and its cookies with it. */
	assert_works(plx_dev_close(devlab.dev));
	devlab.dev = NULL;
	atomic_store(&done, true);
	for (unsigned i = 0; i < READERS; i++) {
		void *wrong;

		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_null(wrong);
	}
	assert_int_equal(plx_raw_in32(p), UINT32_MAX);
	atomic_store(&done, false);
}

/* Each has a page and eight ports of its own. */
static void *work(void *arg)
{
	const unsigned me = (unsigned)(uintptr_t)arg;
	uintptr_t wrong = 0;

	for (unsigned i = 0; i < ROUNDS / 10; i++) {
		volatile void *va, *other;
		struct plx_regs r;
		plx_ioport_t p;

		wrong += plx_mmio_map(devlab.dev, BAR4 + me * 0x1000, 0x1000, &va) != 0;
		wrong += plx_iospace_map_ex(devlab.dev, BAR4 + me * 0x1000, 16, PLX_PROT_READWRITE,
					    &other) != 0;
		wrong += plx_regs_open(devlab.dev, 0, &r) != 0;
		wrong += plx_ioport_register(devlab.dev, BAR2 + me * 8, 8, &p) != 0;
		plx_write32(va, me + i);
		wrong += plx_read32(other) != me + i;
		plx_raw_out8(p + 1, (uint8_t)me);
		wrong += plx_raw_in8(p + 1) != me;
		wrong += plx_reg_read32(&r, 0) != 0x706c7801;
		wrong += plx_mmio_unmap(devlab.dev, va, 0x1000) != 0;
		wrong += plx_iospace_unmap(devlab.dev, other, 16) != 0;
		wrong += plx_ioport_deregister(devlab.dev, BAR2 + me * 8, 8, p) != 0;
		plx_regs_close(&r);
	}
	return (void *)wrong;
}

static void test_G_7_threads(void **state)
{
	pthread_t threads[READERS];

	(void)state;
	for (uintptr_t i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, (void *)i), 0);
	for (unsigned i = 0; i < READERS; i++) {
		void *wrong;

		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_null(wrong);
	}
	assert_int_equal(devlab.dev->n_maps, 0);
	assert_null(devlab.dev->function->claims);
}

static const struct CMUnitTest tests[] = {
	RULE(test_PIO_6_threads),
	RULE(test_G_7_threads),
};

LAB_MAIN(tests)
