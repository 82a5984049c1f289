/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Registers through the transport, config space and its capabilities (2.2, G-8, G-10, MIO-6, MIO-14).
 */
#include "devlab.h"

#include "pci/facts.h"

#include <sys/mman.h>

#define INVALID PLX_STATUS_INVALID_PARAMETER
#define CONFIG  PLX_REGION_CONFIG

/* --- regions --- */

static void test_bars(void **state)
{
	static const struct plx_bar bars[6] = {
		{ .phys = 0xfe000000, .size = 0x20000, .can_map = true },
		{ .phys = 0xfe020000, .size = 0x100 },
		{ .phys = 0xc000, .size = 0x100, .io = true },
		{ 0 },
		{ .phys = 0xd0000000, .size = 0x10000, .prefetchable = true, .can_map = true },
		{ .phys = 0xfe030000, .size = 0x4000, .can_map = true },
	};
	struct plx_dev *dev = devlab_open("sim:dummy", NULL);
	struct plx_bar bar;

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		assert_works(plx_dev_bar(dev, i, &bar));
		assert_int_equal(bar.phys, bars[i].phys);
		assert_int_equal(bar.size, bars[i].size);
		assert_int_equal(bar.io, bars[i].io);
		assert_int_equal(bar.prefetchable, bars[i].prefetchable);
		assert_int_equal(bar.can_map, bars[i].can_map);
	}
	bar.size = 1;
	assert_fails(plx_dev_bar(dev, 6, &bar), -EINVAL, INVALID, PLX_R_INDEX, 2);
	assert_int_equal(bar.size, 0);
	assert_works(plx_dev_close(dev));
}

static void test_read_write(void **state)
{
	struct plx_dev *dev = devlab_open("sim:dummy", NULL);
	uint8_t bytes[256], back[256];

	(void)state;
	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	for (unsigned bar = 0; bar < 5; bar++) {
		uint64_t off = bar ? 0 : 0x1000; /* registers come first */

		if (bar == 2 || bar == 3) /* ports go by 1, 2 and 4; there is no BAR 3 */
			continue;
		assert_works(plx_region_write(dev, bar, off, bytes, sizeof(bytes)));
		assert_works(plx_region_read(dev, bar, off, back, sizeof(back)));
		assert_memory_equal(bytes, back, sizeof(bytes));
	}
	devlab_write32(dev, 2, 0x10, 0x12345678);
	assert_int_equal(devlab_read32(dev, 2, 0x10), 0x12345678);
	assert_int_equal(devlab_read32(dev, 0, 0), 0x706c7801);
	assert_int_equal(devlab_read32(dev, CONFIG, 0), 0x706c1b36);
	assert_works(plx_dev_close(dev));
}

static void test_region_arguments(void **state)
{
	struct plx_dev *dev = devlab_open("sim:dummy", NULL);
	uint32_t v = 0;

	(void)state;
	assert_fails(plx_region_read(NULL, 0, 0, &v, 4), -EINVAL, INVALID, PLX_R_NULL_ARG, 1);
	assert_fails(plx_region_read(dev, 8, 0, &v, 4), -EINVAL, INVALID, PLX_R_INDEX, 2);
	assert_fails(plx_region_read(dev, 3, 0, &v, 4), -EINVAL, INVALID, PLX_R_OUT_OF_IOSPACE, 2);
	assert_fails(plx_region_write(dev, PLX_REGION_ROM, 0, &v, 4), -EINVAL, INVALID,
		     PLX_R_OUT_OF_IOSPACE, 2);
	assert_fails(plx_region_read(dev, 1, 0x100, &v, 4), -EINVAL, INVALID, PLX_R_OUT_OF_IOSPACE,
		     3);
	assert_fails(plx_region_read(dev, 1, 0, NULL, 4), -EINVAL, INVALID, PLX_R_NULL_ARG, 4);
	assert_fails(plx_region_write(dev, 1, 0, NULL, 4), -EINVAL, INVALID, PLX_R_NULL_ARG, 4);
	assert_fails(plx_region_read(dev, 1, 0, &v, 0), -EINVAL, INVALID, PLX_R_ZERO_LEN, 5);
	assert_fails(plx_region_write(dev, 1, 0xfe, &v, 4), -EINVAL, INVALID, PLX_R_STRADDLES_BAR,
		     5);
	assert_works(plx_dev_close(dev));
}

static void test_G_10_no_wrap(void **state)
{
	struct plx_dev *dev = devlab_open("sim:dummy", NULL);
	uint32_t v = 0;

	(void)state;
	assert_fails(plx_region_read(dev, 0, UINT64_MAX - 2, &v, 4), -EINVAL, INVALID, PLX_R_WRAP,
		     5);
	assert_fails(plx_region_write(dev, CONFIG, UINT64_MAX, &v, 2), -EINVAL, INVALID, PLX_R_WRAP,
		     5);
	assert_fails(plx_region_read(dev, 0, UINT64_MAX - 3, &v, 4), -EINVAL, INVALID,
		     PLX_R_OUT_OF_IOSPACE, 3);
	assert_works(plx_dev_close(dev));
}

/* --- what the kernel answers (2.2) --- */

static void test_memory_decoding_off(void **state)
{
	struct plx_dev *dev = devlab_open("sim:dummy", NULL);
	uint16_t command = 0;
	uint32_t v;

	(void)state;
	assert_works(plx_region_write(dev, CONFIG, 4, &command, 2));
	assert_fails(plx_region_read(dev, 0, 0, &v, 4), -EIO, PLX_STATUS_UNSUCCESSFUL,
		     PLX_R_MEM_DECODE_OFF, 0);
	assert_int_equal(plx_last_error()->sys_errno, EIO);
	v = 1;
	assert_fails(plx_region_write(dev, 1, 0, &v, 4), -EIO, PLX_STATUS_UNSUCCESSFUL,
		     PLX_R_MEM_DECODE_OFF, 0);
	/* What the first claim of a BAR does (MIO-14). */
	assert_int_equal(plx_dev_enter(dev, 1), 0);
	assert_works(plx_dev_leave(dev, plx_dev_command(dev, PLX_PCI_COMMAND_MEMORY)));
	assert_int_equal(devlab_command(dev) & 7, 2);
	assert_int_equal(devlab_read32(dev, 0, 0), 0x706c7801);
	assert_int_equal(plx_dev_enter(dev, 1), 0);
	assert_works(plx_dev_leave(dev, plx_dev_command(dev, PLX_PCI_COMMAND_IO)));
	assert_int_equal(devlab_command(dev) & 7, 3);
	assert_works(plx_dev_close(dev));
}

static void test_G_8_claimed_by_others(void **state)
{
	struct plx_dev *dev = devlab_open("sim:dummy", NULL);
	uint32_t v = 0;

	(void)state;
	if (lab.backend == PLX_BACKEND_SIM) {
		assert_works(plx_dev_close(dev));
		return;
	}
	plx_test_inject(PLX_TEST_PREAD, 0, 1, EBUSY);
	assert_fails(plx_region_read(dev, 4, 0, &v, 4), -EBUSY, PLX_STATUS_NDIS_RESOURCE_CONFLICT,
		     PLX_R_CLAIMED, 0);
	assert_int_equal(plx_last_error()->backend, lab.backend);
	lab_assert_logged("sim:dummy,id=0", "BAR 4");
	plx_test_inject(PLX_TEST_PWRITE, 0, 1, EBUSY);
	assert_fails(plx_region_write(dev, 4, 0, &v, 4), -EBUSY, PLX_STATUS_NDIS_RESOURCE_CONFLICT,
		     PLX_R_CLAIMED, 0);
	lab_assert_errors(1);
	assert_works(plx_region_read(dev, 4, 0, &v, 4));
	lab_assert_errors(0);
	assert_works(plx_dev_close(dev));
}

static void test_other_errors(void **state)
{
	struct plx_dev *dev = devlab_open("sim:dummy", NULL);
	uint32_t v;

	(void)state;
	if (lab.backend != PLX_BACKEND_SIM) {
		plx_test_inject(PLX_TEST_PREAD, 0, 1, EIO);
		assert_fails(plx_region_read(dev, 4, 0, &v, 4), -EIO, PLX_STATUS_UNSUCCESSFUL,
			     PLX_R_MEM_DECODE_OFF, 0);
		plx_test_inject(PLX_TEST_PREAD, 0, 1, EIO);
		assert_fails(plx_region_read(dev, 2, 0, &v, 4), -EIO, PLX_STATUS_UNSUCCESSFUL,
			     PLX_R_FILE, 0);
		plx_test_inject(PLX_TEST_PREAD, 0, 1, ENODEV);
		assert_fails(plx_region_read(dev, CONFIG, 0, &v, 4), -ENODEV, PLX_STATUS_NOT_FOUND,
			     PLX_R_NO_DEVICE, 0);
	}
	assert_works(plx_dev_close(dev));
}

/* A transport that does a part of what it is asked for. */
static int half(struct plx_dev *dev, unsigned region, uint64_t off, void *buf, uint32_t len)
{
	(void)dev;
	(void)region;
	(void)off;
	memset(buf, 0, len / 2);
	return -ENODATA;
}

static void test_short_access(void **state)
{
	struct plx_dev *dev = devlab_open("sim:dummy", NULL);
	const struct plx_transport *real = dev->transport;
	struct plx_transport t = *real;
	uint32_t v;

	(void)state;
	t.read = half;
	dev->transport = &t;
	assert_fails(plx_region_read(dev, 0, 0, &v, 4), -EIO, PLX_STATUS_UNSUCCESSFUL,
		     PLX_R_SHORT_IO, 0);
	dev->transport = real;
	assert_works(plx_dev_close(dev));
}

/* --- capabilities --- */

static void test_capabilities(void **state)
{
	struct plx_dev *dev = devlab_open("sim:dummy", NULL);
	uint64_t off = 0, len = 0;
	unsigned bar = 0;
	uint16_t ext = 0;
	uint8_t cap = 0;

	(void)state;
	assert_works(plx_pci_find_cap(dev, 0x11, &cap));
	assert_int_equal(devlab_read32(dev, CONFIG, cap) & 0xff, 0x11);
	assert_works(plx_pci_find_ext_cap(dev, 0x0001, &ext));
	assert_int_equal(devlab_read32(dev, CONFIG, ext) & 0xffff, 1);
	assert_fails(plx_pci_find_cap(dev, 0x77, &cap), -ENOENT, PLX_STATUS_NOT_FOUND,
		     PLX_R_UNSUPPORTED, 0);
	assert_int_equal(cap, 0);
	assert_fails(plx_pci_find_ext_cap(dev, 0x7777, &ext), -ENOENT, PLX_STATUS_NOT_FOUND,
		     PLX_R_UNSUPPORTED, 0);
	assert_int_equal(ext, 0);
	assert_int_equal(plx_dev_enter(dev, 1), 0);
	assert_int_equal(plx_dev_msix_table(dev, &bar, &off, &len), 0);
	plx_dev_leave(dev, 0);
	assert_int_equal(bar, 5);
	assert_int_equal(off, 0);
	assert_int_equal(len, 16 * 16);
	assert_works(plx_dev_close(dev));
}

/* All ones: the device is gone. */
static int gone(struct plx_dev *dev, unsigned region, uint64_t off, void *buf, uint32_t len)
{
	(void)dev;
	(void)region;
	(void)off;
	memset(buf, 0xff, len);
	return 0;
}

static void test_device_gone(void **state)
{
	struct plx_dev *dev = devlab_open("sim:dummy", NULL);
	const struct plx_dev_attributes attr = { .bus_master = true };
	const struct plx_transport *real = dev->transport;
	struct plx_transport t = *real;
	uint16_t ext;
	uint8_t cap;

	(void)state;
	t.read = gone;
	dev->transport = &t;
	assert_fails(plx_pci_find_cap(dev, 0x11, &cap), -ENODEV, PLX_STATUS_NOT_FOUND,
		     PLX_R_NO_DEVICE, 0);
	assert_fails(plx_pci_find_ext_cap(dev, 1, &ext), -ENODEV, PLX_STATUS_NOT_FOUND,
		     PLX_R_NO_DEVICE, 0);
	assert_fails(plx_dev_set_attributes(dev, &attr), -ENODEV, PLX_STATUS_NOT_FOUND,
		     PLX_R_NO_DEVICE, 0);
	assert_fails(plx_dev_start(NULL), -EINVAL, INVALID, PLX_R_NULL_ARG, 1);
	assert_works(plx_dev_close(dev));  /* whatever it answers */
	assert_int_equal(lab.warnings, 0); /* nothing of it was left on */
	dev->transport = real;
}

/* --- DMA, of whose faults a simulated function tells, over each backend (11.1) --- */

static void test_blocked_accesses(void **state)
{
	struct plx_dev *dev = devlab_open("sim:dummy", NULL);
	struct plx_dev_stats stats;
	struct plx_event ev[4];
	unsigned n = 0;

	(void)state;
	devlab_attributes(dev, true);
	devlab_write32(dev, 0, 0x08, 0x5000); /* IOVA */
	devlab_write32(dev, 0, 0x10, 16);     /* length */
	devlab_write32(dev, 0, 0x18, 2);      /* to memory */
	assert_int_equal(devlab_read32(dev, 0, 0x1c), 1);
	assert_works(plx_dev_stats(dev, &stats));
	assert_works(plx_dev_events(dev, ev, 4, &n));
	assert_int_equal(stats.dma_faults, 1);
	assert_int_equal(n, 1);
	assert_int_equal(ev[0].type, PLX_EVENT_DMA_FAULT);
	assert_int_equal(ev[0].iova, 0x5000);
	assert_int_equal(ev[0].direction, 2);
	assert_works(plx_dev_events(dev, ev, 4, &n));
	assert_int_equal(n, 0);
	assert_works(plx_dev_close(dev));
}

/* Memory that is mapped is reached: through the domain that the device is in. */
static void test_dma_through_domain(void **state)
{
	struct plx_iommu *io = devlab_iommu();
	struct plx_domain *d = devlab_domain(io);
	struct plx_dev *dev = devlab_open("sim:dummy", d);
	uint8_t *va = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const struct plx_phys p = { .type = PLX_PHYS_CONTIG, .contig = { (uintptr_t)va, PAGE } };
	uint64_t iova;

	(void)state;
	devlab_attributes(dev, true);
	assert_works(plx_iommu_map(d, PLX_IOMMU_WRITE, &p, NULL, NULL, NULL, &iova));
	devlab_write32(dev, 0, 0x08, (uint32_t)iova);
	devlab_write32(dev, 0, 0x10, 251);
	devlab_write32(dev, 0, 0x18, 2);
	assert_int_equal(devlab_read32(dev, 0, 0x1c), 0);
	for (unsigned i = 0; i < 251; i++)
		assert_int_equal(va[i], i);
	assert_works(plx_iommu_unmap(d, iova, 1));
	devlab_write32(dev, 0, 0x18, 2);
	assert_int_equal(devlab_read32(dev, 0, 0x1c), 1);
	assert_works(plx_dev_close(dev));
	assert_works(plx_domain_delete(d));
	assert_works(plx_iommu_close(io));
	munmap(va, PAGE);
}

static const struct CMUnitTest tests[] = {
	RULE(test_bars),         RULE(test_read_write),          RULE(test_region_arguments),
	RULE(test_G_10_no_wrap), RULE(test_memory_decoding_off), RULE(test_G_8_claimed_by_others),
	RULE(test_other_errors), RULE(test_short_access),        RULE(test_capabilities),
	RULE(test_device_gone),  RULE(test_blocked_accesses),    RULE(test_dma_through_domain),
};

LAB_MAIN(tests)
