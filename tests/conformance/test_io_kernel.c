/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the kernel refuses of BARs and ports, over the backends that have one (2.2): MIO-8, MIO-10,
 * WC-3, PIO-4, PIO-7, PIO-8.
 */
#define DEVLAB_SETUP devlab_setup_open
#include "devlab.h"

#include "sim/kernel.h"

#include <pollux/test.h>

#define WC (PLX_PROT_READWRITE | PLX_PROT_WRITECOMBINE)

static volatile void *va;

/* The simulated IOMMU has no kernel below. */
#define need_kernel()                               \
	do {                                        \
		(void)state;                        \
		if (lab.backend == PLX_BACKEND_SIM) \
			skip();                     \
	} while (0)

/* G-4: nothing is left of a failed map. */
static void assert_no_residue(void)
{
	assert_null(devlab.dev->function->claims);
	assert_int_equal(devlab.dev->n_maps, 0);
	assert_int_equal(plx_sim_kernel_mappings(), 0);
}

static void test_MIO_8_kernel_busy(void **state)
{
	struct plx_regs r;
	uint32_t v;

	need_kernel();
	plx_sim_config.held_bars = 1u << 0;
	assert_fails(plx_mmio_map(devlab.dev, BAR0, 0x1000, &va), -EBUSY, CONFLICT, PLX_R_CLAIMED,
		     0);
	assert_int_equal(plx_last_error()->sys_errno, EBUSY);
	assert_int_equal(plx_last_error()->backend, lab.backend);
	assert_string_equal(plx_last_error()->object, devlab.dev->child.name);
	lab_assert_logged("sim:dummy", "0xfe000000-0xfe000fff");
	assert_no_residue();
	assert_fails(plx_iospace_map_ex(devlab.dev, BAR0, 0x1000, PLX_PROT_READWRITE, &va), -EBUSY,
		     INVALID_PARAMETER(1), PLX_R_CLAIMED, 1);
	lab_assert_logged("sim:dummy", "0xfe000000-0xfe000fff");
	assert_fails(plx_region_read(devlab.dev, 0, 0, &v, 4), -EBUSY, CONFLICT, PLX_R_CLAIMED, 0);
	lab_assert_errors(1);
	/* Registers that the transport reaches answer as a bus does. */
	assert_works(plx_regs_open(devlab.dev, 0, &r));
	assert_int_equal(plx_reg_read32(&r, 0), UINT32_MAX);
	plx_sim_config.held_bars = 0;
	assert_int_equal(plx_reg_read32(&r, 0), 0x706c7801);
	plx_regs_close(&r);
	assert_works(plx_mmio_map(devlab.dev, BAR0, 0x1000, &va));
	assert_works(plx_mmio_unmap(devlab.dev, va, 0x1000));
}

static void test_MIO_10_kernel_memory(void **state)
{
	need_kernel();
	plx_test_inject(PLX_TEST_MMAP, 0, 1, ENOMEM);
	assert_fails(plx_mmio_map(devlab.dev, BAR0, 0x1000, &va), -ENOMEM, RESOURCES, PLX_R_NOMEM,
		     0);
	assert_null((void *)(uintptr_t)va);
	assert_int_equal(plx_last_error()->sys_errno, ENOMEM);
	assert_no_residue();
	plx_test_inject(PLX_TEST_MMAP, 0, 1, ENOMEM);
	assert_fails(plx_iospace_map_ex(devlab.dev, BAR0, 0x1000, PLX_PROT_READONLY, &va), -ENOMEM,
		     RESOURCES, PLX_R_NOMEM, 0);
	assert_no_residue();
	assert_works(plx_mmio_map(devlab.dev, BAR0, 0x1000, &va));
	assert_works(plx_mmio_unmap(devlab.dev, va, 0x1000));
	lab_assert_errors(0);
}

/* Turning decoding on is the last step: what was mapped is unmapped when it fails. */
static void test_MIO_14_kernel_refuses(void **state)
{
	plx_ioport_t base;

	need_kernel();
	assert_works(plx_region_write(devlab.dev, PLX_REGION_CONFIG, 4, &(uint16_t){ 4 }, 2));
	plx_test_inject(PLX_TEST_PWRITE, 0, 1, EIO);
	assert_int_equal(plx_mmio_map(devlab.dev, BAR0, 0x1000, &va), -EIO);
	assert_null((void *)(uintptr_t)va);
	assert_no_residue();
	plx_test_inject(PLX_TEST_PWRITE, 0, 1, EIO);
	assert_int_equal(plx_ioport_register(devlab.dev, BAR2, 8, &base), -EIO);
	assert_true(base == 0);
	assert_no_residue();
	assert_works(plx_ioport_register(devlab.dev, BAR2, 8, &base));
	assert_works(plx_ioport_deregister(devlab.dev, BAR2, 8, base));
}

/* MIO-7: what VFIO says of holes, and of the MSI-X table. */
static void test_MIO_7_kernel_says(void **state)
{
	const struct plx_dev_opts opts = { .backend = lab.backend };
	const struct plx_dev_attributes attr = { 0 };

	need_kernel();
	assert_works(plx_dev_close(devlab.dev));
	plx_sim_config.sparse = true;
	plx_sim_config.msix_mappable = true;
	assert_works(plx_dev_open(lab.ctx, "sim:dummy", &opts, &devlab.dev));
	assert_works(plx_dev_set_attributes(devlab.dev, &attr));
	assert_fails(plx_mmio_map(devlab.dev, BAR4 + 0x3000, 0x2000, &va), -EINVAL, FAILURE,
		     PLX_R_NO_MMAP, 3);
	assert_works(plx_mmio_map(devlab.dev, BAR4, 0x4000, &va));
	assert_works(plx_mmio_unmap(devlab.dev, va, 0x4000));
	assert_works(plx_mmio_map(devlab.dev, BAR4 + 0x8000, 0x8000, &va));
	assert_works(plx_mmio_unmap(devlab.dev, va, 0x8000));
	assert_works(plx_mmio_map(devlab.dev, BAR5, 0x1000, &va));
	assert_works(plx_mmio_unmap(devlab.dev, va, 0x1000));
}

static void test_WC_3_kernel_refuses(void **state)
{
	static const struct {
		enum plx_test_call call;
		int err;
	} refusals[] = { { PLX_TEST_OPEN, EACCES },
			 { PLX_TEST_OPEN, ENOENT },
			 { PLX_TEST_MMAP, EPERM },
			 { PLX_TEST_MMAP, EINVAL } };
	struct plx_mmio_attr attr;

	need_kernel();
	for (unsigned i = 0; i < 4; i++) {
		unsigned fds = plx_sim_kernel_fds();

		plx_test_inject(refusals[i].call, 0, 1, refusals[i].err);
		assert_fails(
			plx_iospace_map_ex(devlab.dev, BAR4, 0x1000, WC | PLX_PROT_STRICT, &va),
			-ENOTSUP, PLX_STATUS_NOT_SUPPORTED, PLX_R_NO_WC, 3);
		assert_int_equal(plx_last_error()->sys_errno, refusals[i].err);
		assert_int_equal(plx_last_error()->backend, PLX_BACKEND_SYSFS);
		assert_no_residue();
		assert_int_equal(plx_sim_kernel_fds(), fds);
	}
	plx_test_inject(PLX_TEST_MMAP, 0, 1, EPERM);
	assert_works(plx_iospace_map_ex(devlab.dev, BAR4, 0x1000, WC, &va));
	assert_works(plx_mmio_attr(devlab.dev, va, &attr));
	assert_int_equal(attr.cache, PLX_CACHE_UC);
	assert_int_equal(attr.path, PLX_PATH_VFIO);
	assert_works(plx_iospace_unmap(devlab.dev, va, 0x1000));
}

/*
 * The library asks whether a function is simulated in few places; a device that says it is not is a
 * real one in all that matters here, its kernel apart.
 */
static struct plx_sim_function *pretend_real(struct plx_dev *dev)
{
	struct plx_sim_function *sim = dev->function->sim;

	dev->function->sim = NULL;
	return sim;
}

static void test_MIO_17_mapped(void **state)
{
	struct plx_sim_function *sim;
	struct plx_regs r, small, io_bar;

	need_kernel();
	sim = pretend_real(devlab.dev);
	assert_works(plx_regs_open(devlab.dev, 4, &r));
	assert_works(plx_regs_open(devlab.dev, 1, &small));
	assert_works(plx_regs_open(devlab.dev, 2, &io_bar));
	assert_non_null((void *)(uintptr_t)r.va);
	assert_null((void *)(uintptr_t)small.va);
	assert_null((void *)(uintptr_t)io_bar.va);
	assert_int_equal(plx_sim_kernel_mappings(), 1);
	assert_ptr_equal((void *)(uintptr_t)plx_regs_doorbell(&r, 0x18),
			 (void *)(uintptr_t)(r.va + 0x18));
	*plx_regs_doorbell(&r, 0x18) = 0xabcd;
	assert_int_equal(plx_reg_read32(&r, 0x18), 0xabcd);
	assert_int_equal(plx_regs_read_slow(&r, 0x18, 4), 0xabcd);
	plx_reg_write16(&small, 0xfe, 0x55aa);
	assert_int_equal(plx_reg_read8(&small, 0xff), 0x55);
	plx_regs_close(&r);
	plx_regs_close(&small);
	plx_regs_close(&io_bar);
	assert_no_residue();
	/* The table's page is not mapped, so that nothing of the BAR is. */
	assert_works(plx_regs_open(devlab.dev, 5, &r));
	assert_null((void *)(uintptr_t)r.va);
	plx_regs_close(&r);
	devlab.dev->function->sim = sim;
}

/* Real ports exist once in the machine, whatever context a handle is of. */
static void test_PIO_4_another_context(void **state)
{
	const struct plx_dev_opts opts = { .backend = lab.backend };
	const struct plx_dev_attributes attr = { 0 };
	struct plx_sim_function *sim, *other_sim;
	struct plx_ctx *ctx;
	struct plx_dev *other;
	plx_ioport_t base, second;

	need_kernel();
	assert_works(plx_ctx_create(NULL, &ctx));
	assert_works(plx_dev_open(ctx, "sim:dummy", &opts, &other));
	assert_works(plx_dev_set_attributes(other, &attr));
	/* Simulated machines are one a context. */
	assert_works(plx_ioport_register(other, BAR2, 16, &base));
	assert_works(plx_ioport_register(devlab.dev, BAR2, 16, &second));
	assert_works(plx_ioport_deregister(devlab.dev, BAR2, 16, second));
	sim = pretend_real(devlab.dev);
	other_sim = pretend_real(other);
	assert_fails(plx_ioport_register(devlab.dev, BAR2 + 15, 16, &second), -EBUSY, CONFLICT,
		     PLX_R_CLAIMED, 0);
	assert_true(second == 0);
	lab_assert_logged("another context", "0xc00f-0xc01e");
	assert_null(devlab.dev->function->claims);
	assert_works(plx_ioport_register(devlab.dev, BAR2 + 16, 16, &second));
	assert_works(plx_ioport_deregister(devlab.dev, BAR2 + 16, 16, second));
	devlab.dev->function->sim = sim;
	other->function->sim = other_sim;
	assert_works(plx_ioport_deregister(other, BAR2, 16, base));
	assert_works(plx_dev_close(other));
	assert_works(plx_ctx_destroy(ctx));
}

static void test_PIO_4_kernel_busy(void **state)
{
	plx_ioport_t base;
	uint32_t v;

	need_kernel();
	assert_works(plx_ioport_register(devlab.dev, BAR2, 16, &base));
	plx_sim_config.held_bars = 1u << 2;
	assert_fails(plx_ioport_read(base, 1, &v), -EBUSY, CONFLICT, PLX_R_CLAIMED, 0);
	assert_int_equal(plx_last_error()->sys_errno, EBUSY);
	lab_assert_logged("sim:dummy", "BAR 2");
	assert_int_equal(plx_raw_in16(base), UINT16_MAX);
	plx_sim_config.held_bars = 0;
	assert_works(plx_ioport_read(base, 1, &v));
	assert_works(plx_ioport_deregister(devlab.dev, BAR2, 16, base));
}

static void test_PIO_8_kernel_errors(void **state)
{
	struct plx_dev_stats stats;
	plx_ioport_t base;
	uint32_t v;

	need_kernel();
	assert_works(plx_ioport_register(devlab.dev, BAR2, 16, &base));
	plx_raw_out32(base, 0x01020304);
	plx_test_inject(PLX_TEST_PREAD, 0, 1, EIO);
	assert_fails(plx_ioport_read(base, 4, &v), -EIO, FAILURE, PLX_R_SHORT_IO, 0);
	plx_test_inject(PLX_TEST_PREAD, 0, 1, EIO);
	assert_int_equal(plx_raw_in32(base), UINT32_MAX);
	plx_test_inject(PLX_TEST_PWRITE, 0, 1, EIO);
	plx_raw_out32(base, 0);
	/* A signal in between has done nothing: again. */
	plx_test_inject(PLX_TEST_PREAD, 0, 1, EINTR);
	assert_int_equal(plx_raw_in32(base), 0x01020304);
	assert_works(plx_dev_stats(devlab.dev, &stats));
	assert_int_equal(stats.pio_errors, 2);
	assert_works(plx_ioport_deregister(devlab.dev, BAR2, 16, base));
}

static const struct CMUnitTest tests[] = {
	RULE(test_MIO_8_kernel_busy),     RULE(test_MIO_10_kernel_memory),
	RULE(test_MIO_14_kernel_refuses), RULE(test_MIO_7_kernel_says),
	RULE(test_WC_3_kernel_refuses),   RULE(test_MIO_17_mapped),
	RULE(test_PIO_4_another_context), RULE(test_PIO_4_kernel_busy),
	RULE(test_PIO_8_kernel_errors),
};

LAB_MAIN(tests)
