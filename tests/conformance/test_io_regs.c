/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Registers of a BAR, mapped or through the transport: MIO-17, and the accessors of 3.3.
 */
#define DEVLAB_SETUP devlab_setup_open
#include "devlab.h"

#include "core/error.h"

#define ID       0x00
#define OFFSET   0x14
#define COMMAND  0x18
#define RESULT   0x1c
#define RAM      0x1000
#define ID_VALUE 0x706c7801u

static void test_MIO_17_registers(void **state)
{
	struct plx_regs r;

	(void)state;
	assert_works(plx_regs_open(devlab.dev, 0, &r));
	assert_ptr_equal(r.dev, devlab.dev);
	assert_int_equal(r.bar, 0);
	assert_int_equal(plx_reg_read32(&r, ID), ID_VALUE);
	assert_int_equal(plx_reg_read16(&r, ID), ID_VALUE & 0xffff);
	assert_int_equal(plx_reg_read16(&r, ID + 2), ID_VALUE >> 16);
	assert_int_equal(plx_reg_read8(&r, ID + 3), ID_VALUE >> 24);
	plx_reg_write32(&r, RAM, 0x11223344);
	plx_reg_write8(&r, RAM + 1, 0xaa);
	plx_reg_write16(&r, RAM + 2, 0xbbcc);
	assert_int_equal(plx_reg_read32(&r, RAM), 0xbbccaa44);
	/* A command is executed before the write returns (11.1). */
	plx_reg_write32(&r, COMMAND, 99);
	assert_int_equal(plx_reg_read32(&r, RESULT), 2);
	plx_regs_close(&r);
	assert_null(r.dev);
	assert_int_equal(devlab.dev->n_maps, 0);
	assert_null(devlab.dev->function->claims);
}

/* The model does not see stores through a mapping: no raw pointer (11.1). */
static void test_MIO_17_doorbell(void **state)
{
	volatile uint32_t ram[4] = { 0 };
	const struct plx_regs mapped = { .va = (volatile uint8_t *)ram };
	struct plx_regs r;

	(void)state;
	assert_works(plx_regs_open(devlab.dev, 0, &r));
	assert_null((void *)(uintptr_t)r.va);
	assert_null((void *)(uintptr_t)plx_regs_doorbell(&r, COMMAND));
	plx_regs_close(&r);
	assert_ptr_equal((void *)(uintptr_t)plx_regs_doorbell(&mapped, 8),
			 (void *)(uintptr_t)&ram[2]);
	plx_reg_write32(&mapped, 4, 0x01020304);
	assert_int_equal(ram[1], 0x01020304);
	assert_int_equal(plx_reg_read16(&mapped, 6), 0x0102);
	plx_reg_write16(&mapped, 8, 0x0506);
	plx_reg_write8(&mapped, 11, 7);
	assert_int_equal(plx_reg_read32(&mapped, 8), 0x07000506);
	assert_int_equal(plx_reg_read8(&mapped, 9), 5);
}

static void test_MIO_17_other_bars(void **state)
{
	struct plx_regs r;

	(void)state;
	/* Smaller than a page; I/O; with the MSI-X table; absent. */
	assert_works(plx_regs_open(devlab.dev, 1, &r));
	plx_reg_write32(&r, 0xfc, 0xabcd);
	assert_int_equal(plx_reg_read32(&r, 0xfc), 0xabcd);
	assert_int_equal(plx_reg_read32(&r, 0x100), UINT32_MAX); /* beyond its end */
	plx_regs_close(&r);
	assert_works(plx_regs_open(devlab.dev, 2, &r));
	assert_int_equal(plx_reg_read8(&r, 0x40), 1);
	assert_int_equal(plx_reg_read32(&r, 0x40), 2);
	assert_int_equal(devlab_command(devlab.dev) & 1, 1);
	plx_regs_close(&r);
	assert_works(plx_regs_open(devlab.dev, 5, &r));
	plx_reg_write32(&r, 0x1000, 5);
	assert_int_equal(plx_reg_read32(&r, 0x1000), 5);
	plx_regs_close(&r);
	memset(&r, 0xff, sizeof(r));
	assert_fails(plx_regs_open(devlab.dev, 3, &r), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_OUT_OF_IOSPACE, 2);
	assert_null(r.dev);
	assert_null((void *)(uintptr_t)r.va);
	assert_fails(plx_regs_open(devlab.dev, 6, &r), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_INDEX, 2);
	assert_fails(plx_regs_open(devlab.dev, 0, NULL), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_NULL_ARG, 3);
	assert_fails(plx_regs_open(NULL, 0, &r), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_NULL_ARG, 1);
}

static void test_MIO_17_claims(void **state)
{
	struct plx_regs r, again;
	volatile void *va;
	plx_ioport_t base;

	(void)state;
	assert_works(plx_regs_open(devlab.dev, 0, &r));
	/* The handle may have it more than once (MIO-9) ... */
	assert_works(plx_regs_open(devlab.dev, 0, &again));
	assert_works(plx_mmio_map(devlab.dev, BAR0, 0x1000, &va));
	assert_works(plx_mmio_unmap(devlab.dev, va, 0x1000));
	plx_regs_close(&again);
	assert_int_equal(plx_reg_read32(&r, ID), ID_VALUE);
	plx_regs_close(&r);
	/* ... but ports once (PIO-4). */
	assert_works(plx_regs_open(devlab.dev, 2, &r));
	assert_fails(plx_ioport_register(devlab.dev, BAR2 + 8, 8, &base), -EBUSY, CONFLICT,
		     PLX_R_CLAIMED, 0);
	assert_fails(plx_regs_open(devlab.dev, 2, &again), -EBUSY, CONFLICT, PLX_R_CLAIMED, 0);
	lab_assert_errors(2);
	plx_regs_close(&r);
	assert_works(plx_ioport_register(devlab.dev, BAR2 + 8, 8, &base));
	assert_fails(plx_regs_open(devlab.dev, 2, &r), -EBUSY, CONFLICT, PLX_R_CLAIMED, 0);
	lab_assert_errors(1);
	assert_works(plx_ioport_deregister(devlab.dev, BAR2 + 8, 8, base));
}

static void test_MIO_17_another_handle(void **state)
{
	struct plx_dev *other;
	struct plx_regs r, s;
	volatile void *va;

	(void)state;
	if (lab.backend == PLX_BACKEND_IOMMUFD)
		return; /* which opens a device once */
	other = devlab_open_master("sim:dummy", NULL);
	assert_works(plx_regs_open(devlab.dev, 0, &r));
	assert_fails(plx_regs_open(other, 0, &s), -EBUSY, CONFLICT, PLX_R_CLAIMED, 0);
	lab_assert_logged("sim:dummy", "0xfe000000-0xfe01ffff");
	assert_fails(plx_mmio_map(other, BAR0 + 8, 8, &va), -EBUSY, CONFLICT, PLX_R_CLAIMED, 0);
	lab_assert_logged("sim:dummy", "0xfe000008-0xfe00000f");
	plx_regs_close(&r);
	assert_works(plx_regs_open(other, 0, &s));
	plx_regs_close(&s);
	assert_works(plx_dev_close(other));
}

static void test_MIO_17_any_state(void **state)
{
	const struct plx_dev_opts opts = { .backend = lab.backend };
	struct plx_regs r;

	(void)state;
	assert_works(plx_dev_start(devlab.dev));
	assert_works(plx_regs_open(devlab.dev, 0, &r));
	plx_regs_close(&r);
	assert_works(plx_dev_halt(devlab.dev));
	assert_works(plx_regs_open(devlab.dev, 0, &r));
	plx_regs_close(&r);
	assert_works(plx_dev_close(devlab.dev));
	assert_works(plx_dev_open(lab.ctx, "sim:dummy", &opts, &devlab.dev));
	assert_fails(plx_regs_open(devlab.dev, 0, &r), -EPERM, FAILURE, PLX_R_ORDER, 0);
}

static void test_MIO_17_close(void **state)
{
	struct plx_regs r, copy;

	(void)state;
	plx_regs_close(NULL);
	memset(&r, 0, sizeof(r));
	plx_regs_close(&r);
	assert_works(plx_regs_open(devlab.dev, 0, &r));
	copy = r;
	plx_regs_close(&r);
	plx_regs_close(&r);
	assert_int_equal(plx_last_error()->err, 0);
	plx_regs_close(&copy);
	assert_int_equal(plx_last_error()->err, -ENOENT);
	assert_int_equal(plx_last_error()->reason, PLX_R_NOT_MAPPED);
}

static int gone_read(struct plx_dev *dev, unsigned region, uint64_t off, void *buf, uint32_t len)
{
	(void)dev;
	(void)region;
	(void)off;
	(void)buf;
	(void)len;
	return -ENODEV;
}

/* A device that is gone reads as all ones. */
static void test_MIO_17_gone(void **state)
{
	const struct plx_transport *whole = devlab.dev->transport;
	struct plx_regs r;

	(void)state;
	assert_works(plx_regs_open(devlab.dev, 0, &r));
	devlab_break()->read = gone_read;
	assert_int_equal(plx_reg_read32(&r, ID), UINT32_MAX);
	assert_int_equal(plx_reg_read16(&r, ID), UINT16_MAX);
	assert_int_equal(plx_reg_read8(&r, ID), UINT8_MAX);
	assert_int_equal(plx_last_error()->err, 0);
	devlab.dev->transport = whole;
	plx_regs_close(&r);
}

/* Neither what a failed open left nor what outlived its device is touched. */
static void test_MIO_17_after_close(void **state)
{
	const struct plx_dev_opts opts = { .backend = lab.backend };
	struct plx_regs r;

	(void)state;
	assert_fails(plx_regs_open(devlab.dev, 3, &r), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_OUT_OF_IOSPACE, 2);
	plx_reg_write32(&r, 0x1000, 1);
	assert_int_equal(plx_reg_read32(&r, 0x1000), UINT32_MAX);
	assert_works(plx_regs_open(devlab.dev, 0, &r));
	assert_works(plx_dev_close(devlab.dev));
	plx_reg_write32(&r, 0x1000, 1);
	assert_int_equal(plx_reg_read32(&r, 0x1000), UINT32_MAX);
	plx_regs_close(&r);
	assert_int_equal(plx_last_error()->err, -EPERM);
	assert_null(r.dev);
	assert_works(plx_dev_open(lab.ctx, "sim:dummy", &opts, &devlab.dev));
}

/* NdisRead/WriteRegisterXxx: each width, strict and relaxed, little endian. */
static void test_MIO_17_accessors(void **state)
{
	volatile void *va;
	volatile uint8_t *p;

	(void)state;
	assert_works(plx_mmio_map(devlab.dev, BAR4, 0x1000, &va));
	p = va;
	plx_write64(p, 0x8877665544332211);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(plx_read8(p + i), 0x11 * (i + 1));
	assert_int_equal(plx_read16(p + 2), 0x4433);
	assert_int_equal(plx_read32(p + 4), 0x88776655);
	assert_int_equal(plx_read64(p), 0x8877665544332211);
	plx_write8(p, 0xa1);
	plx_write16(p + 2, 0xa2a3);
	plx_write32(p + 4, 0xa4a5a6a7);
	assert_int_equal(plx_read64_relaxed(p), 0xa4a5a6a7a2a322a1);
	plx_write8_relaxed(p, 1);
	plx_write16_relaxed(p + 2, 0x203);
	plx_write32_relaxed(p + 4, 0x4050607);
	plx_io_wmb();
	plx_io_rmb();
	plx_io_mb();
	assert_int_equal(plx_read8_relaxed(p), 1);
	assert_int_equal(plx_read16_relaxed(p + 2), 0x203);
	assert_int_equal(plx_read32_relaxed(p + 4), 0x4050607);
	plx_write64_relaxed(p, 9);
	assert_int_equal(plx_read64(p), 9);
	assert_works(plx_mmio_unmap(devlab.dev, va, 0x1000));
}

static const struct CMUnitTest tests[] = {
	RULE(test_MIO_17_registers),      RULE(test_MIO_17_doorbell),
	RULE(test_MIO_17_other_bars),     RULE(test_MIO_17_claims),
	RULE(test_MIO_17_another_handle), RULE(test_MIO_17_any_state),
	RULE(test_MIO_17_close),          RULE(test_MIO_17_gone),
	RULE(test_MIO_17_after_close),    RULE(test_MIO_17_accessors),
};

LAB_MAIN(tests)
