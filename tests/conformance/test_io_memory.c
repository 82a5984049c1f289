/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory that runs out in lib/io: MIO-10, PIO-5, and nothing is left (G-4).
 */
#define DEVLAB_SETUP devlab_setup_open
#include "devlab.h"

static int countdown; /* 1: the next calloc() fails; 0: none */

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);

void *__wrap_calloc(size_t n, size_t size)
{
	if (countdown && !--countdown)
		return NULL;
	return __real_calloc(n, size);
}

static void assert_no_residue(void)
{
	assert_int_equal(countdown, 0); /* it struck */
	assert_int_equal(devlab.dev->n_maps, 0);
	assert_null(devlab.dev->function->claims);
	lab_assert_errors(0);
}

/* The first call of a kind on a device allocates twice. */
static void test_MIO_10_no_memory(void **state)
{
	volatile void *va;

	(void)state;
	for (int nth = 1; nth <= 2; nth++) {
		countdown = nth;
		va = &va;
		assert_fails(plx_mmio_map(devlab.dev, BAR0, 0x1000, &va), -ENOMEM, RESOURCES,
			     PLX_R_NOMEM, 0);
		assert_null((void *)(uintptr_t)va);
		assert_no_residue();
		countdown = nth;
		va = &va;
		assert_fails(plx_iospace_map_ex(devlab.dev, BAR0, 0x1000, PLX_PROT_READWRITE, &va),
			     -ENOMEM, RESOURCES, PLX_R_NOMEM, 0);
		assert_null((void *)(uintptr_t)va);
		assert_no_residue();
	}
	assert_works(plx_mmio_map(devlab.dev, BAR0, 0x1000, &va));
	assert_works(plx_mmio_unmap(devlab.dev, va, 0x1000));
}

static void test_MIO_17_no_memory(void **state)
{
	struct plx_regs r;

	(void)state;
	for (int nth = 1; nth <= 2; nth++) {
		countdown = nth;
		memset(&r, 0xff, sizeof(r));
		assert_fails(plx_regs_open(devlab.dev, 0, &r), -ENOMEM, RESOURCES, PLX_R_NOMEM, 0);
		assert_null(r.dev);
		assert_no_residue();
	}
}

static void test_PIO_5_no_memory(void **state)
{
	plx_ioport_t base;

	(void)state;
	for (int nth = 1; nth <= 2; nth++) {
		countdown = nth;
		base = 1;
		assert_fails(plx_ioport_register(devlab.dev, BAR2, 8, &base), -ENOMEM, RESOURCES,
			     PLX_R_NOMEM, 0);
		assert_true(base == 0);
		assert_no_residue();
	}
	assert_works(plx_ioport_register(devlab.dev, BAR2, 8, &base));
	assert_works(plx_ioport_deregister(devlab.dev, BAR2, 8, base));
}

static const struct CMUnitTest tests[] = {
	RULE(test_MIO_10_no_memory),
	RULE(test_MIO_17_no_memory),
	RULE(test_PIO_5_no_memory),
};

LAB_MAIN(tests)
