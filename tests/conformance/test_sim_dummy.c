/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sim:dummy as 11.1 of the DDI contract describes it, through <pollux/dev.h>, over each backend.
 */
#define _GNU_SOURCE
#define DEVLAB_SETUP devlab_setup_in_domain
#include "devlab.h"

#include "core/uapi.h"

#include <linux/vfio.h>
#include <sys/eventfd.h>
#include <unistd.h>

static bool over_sim(void)
{
	return lab.backend == PLX_BACKEND_SIM;
}

static void test_identity(void **state)
{
	static const struct plx_bar bars[6] = {
		{ 0xfe000000, 0x20000, false, false, false, true },
		{ 0xfe020000, 0x100, false, false, false, false },
		{ 0xc000, 256, true, false, false, false },
		{ 0 },
		{ 0xd0000000, 0x10000, false, true, false, true },
		{ 0xfe030000, 0x4000, false, false, false, true },
	};
	struct plx_dev_info info;
	struct plx_bar bar;

	(void)state;
	assert_works(plx_dev_info(devlab.dev, &info));
	assert_string_equal(info.name, "sim:dummy,id=0");
	assert_int_equal(info.vendor, 0x1b36);
	assert_int_equal(info.device, 0x706c);
	assert_int_equal(info.backend, lab.backend);
	assert_true(info.can_reset && info.group >= 0);
	for (unsigned i = 0; i < 6; i++) {
		assert_works(plx_dev_bar(devlab.dev, i, &bar));
		assert_int_equal(bar.phys, bars[i].phys);
		assert_int_equal(bar.size, bars[i].size);
		assert_int_equal(bar.io, bars[i].io);
		assert_int_equal(bar.prefetchable, bars[i].prefetchable);
		assert_int_equal(bar.can_map, bars[i].can_map);
		assert_false(bar.is64);
	}
}

static void test_config_space(void **state)
{
	static const uint8_t caps[] = { 1, 5, 0x10, 0x11 };
	uint8_t off;
	uint16_t ext;

	(void)state;
	assert_int_equal(devlab_read(devlab.dev, PLX_REGION_CONFIG, 0, 4), 0x706c1b36);
	for (unsigned i = 0; i < sizeof(caps); i++) {
		assert_works(plx_pci_find_cap(devlab.dev, caps[i], &off));
		assert_int_equal(devlab_read(devlab.dev, PLX_REGION_CONFIG, off, 1), caps[i]);
	}
	assert_works(plx_pci_find_ext_cap(devlab.dev, 3, &ext));
	assert_int_equal(devlab_read(devlab.dev, PLX_REGION_CONFIG, ext, 2), 3);
	/* How large is BAR 0? */
	devlab_write(devlab.dev, PLX_REGION_CONFIG, 0x10, 4, 0xffffffff);
	assert_int_equal(devlab_read(devlab.dev, PLX_REGION_CONFIG, 0x10, 4), 0xfffe0000);
	devlab_write(devlab.dev, PLX_REGION_CONFIG, 0x10, 4, 0xfe000000);
}

static void test_registers(void **state)
{
	(void)state;
	assert_int_equal(devlab_read(devlab.dev, 0, REG_ID, 4), 0x706c7801);
	devlab_write(devlab.dev, 0, REG_ID, 4, 1);
	devlab_write(devlab.dev, 0, REG_RESULT, 4, 1);
	devlab_write(devlab.dev, 0, REG_BLOCKED, 4, 1);
	devlab_write(devlab.dev, 0, REG_BLOCKED_IOVA, 8, 1);
	devlab_write(devlab.dev, 0, REG_DIRECTION, 4, 1);
	assert_int_equal(devlab_read(devlab.dev, 0, REG_ID, 4), 0x706c7801);
	assert_int_equal(devlab_read(devlab.dev, 0, REG_RESULT, 4), 0);
	assert_int_equal(devlab_read(devlab.dev, 0, REG_BLOCKED, 4), 0);
	assert_int_equal(devlab_read(devlab.dev, 0, REG_BLOCKED_IOVA, 8), 0);
	assert_int_equal(devlab_read(devlab.dev, 0, REG_DIRECTION, 4), 0);
	devlab_write(devlab.dev, 0, REG_IOVA, 8, 0x123456789abcdef0);
	assert_int_equal(devlab_read(devlab.dev, 0, REG_IOVA + 4, 4), 0x12345678);
	devlab_write(devlab.dev, 0, REG_LEN, 2, 0xabcd);
	assert_int_equal(devlab_read(devlab.dev, 0, REG_LEN + 1, 1), 0xab);
	/* The rest is RAM. */
	devlab_write(devlab.dev, 0, 0x1fff8, 8, 0x1122334455667788);
	assert_int_equal(devlab_read(devlab.dev, 0, 0x1fffc, 4), 0x11223344);
	devlab_write(devlab.dev, 1, 0xfe, 2, 0xbeef);
	assert_int_equal(devlab_read(devlab.dev, 1, 0xfe, 2), 0xbeef);
	devlab_write(devlab.dev, 4, 0, 4, 77);
	assert_int_equal(devlab_read(devlab.dev, 4, 0, 4), 77);
	devlab_write(devlab.dev, 5, 0x1000, 4, 78);
	assert_int_equal(devlab_read(devlab.dev, 5, 0x1000, 4), 78);
}

static void test_ports(void **state)
{
	(void)state;
	devlab_write(devlab.dev, 2, 0x10, 4, 0x11223344);
	assert_int_equal(devlab_read(devlab.dev, 2, 0x11, 1), 0x33);
	assert_int_equal(devlab_read(devlab.dev, 2, 0x40, 1), 1);
	assert_int_equal(devlab_read(devlab.dev, 2, 0x40, 2), 2);
	devlab_write(devlab.dev, 2, 0x40, 4, 0);
	assert_int_equal(devlab_read(devlab.dev, 2, 0x40, 4), 4);
}

static void test_dma_both_ways(void **state)
{
	uint64_t iova;

	(void)state;
	for (unsigned i = 0; i < 4 * PAGE; i++)
		lab.mem[i] = (uint8_t)(i * 13);
	iova = devlab_map(0, 4, RW);
	/* From the buffer, which begins as i mod 251 */
	assert_int_equal(devlab_dma(devlab.dev, DMA_WRITE, iova + PAGE, 4096, 1000), DMA_DONE);
	for (unsigned i = 0; i < 4096; i++)
		assert_int_equal(lab.mem[PAGE + i], (1000 + i) % 251);
	/* Into it over a page's end, and out again */
	assert_int_equal(devlab_dma(devlab.dev, DMA_READ, iova + 3 * PAGE - 100, 200, 65336),
			 DMA_DONE);
	assert_int_equal(devlab_dma(devlab.dev, DMA_WRITE, iova + 5, 200, 65336), DMA_DONE);
	assert_memory_equal(lab.mem + 5, lab.mem + 3 * PAGE - 100, 200);
	assert_int_equal(devlab_dma(devlab.dev, DMA_WRITE, iova, 1, 65535), DMA_DONE);
	assert_int_equal(lab.mem[0], lab.mem[204]);
	assert_int_equal(devlab_read(devlab.dev, 0, REG_BLOCKED, 4), 0);
}

static void test_bad_arguments(void **state)
{
	uint64_t iova = devlab_map(0, 2, RW);

	(void)state;
	assert_int_equal(devlab_dma(devlab.dev, DMA_WRITE, iova, 4097, 0), DMA_BAD_ARGUMENT);
	assert_int_equal(devlab_dma(devlab.dev, DMA_WRITE, iova, 2, 65535), DMA_BAD_ARGUMENT);
	assert_int_equal(devlab_dma(devlab.dev, DMA_WRITE, iova, 1, 65536), DMA_BAD_ARGUMENT);
	assert_int_equal(devlab_dma(devlab.dev, DMA_WRITE, iova, 1, UINT32_MAX), DMA_BAD_ARGUMENT);
	assert_int_equal(devlab_dma(devlab.dev, 0, iova, 1, 0), DMA_BAD_ARGUMENT);
	assert_int_equal(devlab_dma(devlab.dev, 3, iova, 1, 0), DMA_BAD_ARGUMENT);
	assert_int_equal(devlab_read(devlab.dev, 0, REG_BLOCKED, 4), 0);
	assert_int_equal(lab.mem[0], 0);
}

static void test_bus_master(void **state)
{
	uint64_t iova = devlab_map(0, 1, RW);
	uint64_t command = devlab_read(devlab.dev, PLX_REGION_CONFIG, 4, 2);

	(void)state;
	assert_true(command & 4);
	devlab_write(devlab.dev, PLX_REGION_CONFIG, 4, 2, command & ~4ull);
	assert_int_equal(devlab_dma(devlab.dev, DMA_WRITE, iova, 16, 1), DMA_NO_BUS_MASTER);
	assert_int_equal(lab.mem[0], 0);
	assert_int_equal(devlab_read(devlab.dev, 0, REG_BLOCKED, 4), 0);
	devlab_write(devlab.dev, PLX_REGION_CONFIG, 4, 2, command);
	assert_int_equal(devlab_dma(devlab.dev, DMA_WRITE, iova, 16, 1), DMA_DONE);
}

static void assert_last_blocked(unsigned count, uint64_t iova, unsigned direction)
{
	assert_int_equal(devlab_read(devlab.dev, 0, REG_BLOCKED, 4), count);
	assert_int_equal(devlab_read(devlab.dev, 0, REG_BLOCKED_IOVA, 8), iova);
	assert_int_equal(devlab_read(devlab.dev, 0, REG_DIRECTION, 4), direction);
}

static void test_blocked(void **state)
{
	uint64_t readable = devlab_map(0, 1, RO), writable = devlab_map(1, 1, WO);

	(void)state;
	assert_int_equal(devlab_dma(devlab.dev, DMA_WRITE, readable + 8, 16, 0), DMA_BLOCKED);
	assert_last_blocked(1, readable + 8, 2);
	assert_int_equal(devlab_dma(devlab.dev, DMA_READ, writable + 8, 16, 0), DMA_BLOCKED);
	assert_last_blocked(2, writable + 8, 1);
	assert_int_equal(devlab_dma(devlab.dev, DMA_READ, readable, 16, 0), DMA_DONE);
	assert_int_equal(devlab_dma(devlab.dev, DMA_WRITE, writable, 16, 1), DMA_DONE);
	assert_int_equal(devlab_dma(devlab.dev, DMA_READ, 1ull << 38, 16, 0), DMA_BLOCKED);
	assert_last_blocked(3, 1ull << 38, 1);
	assert_int_equal(devlab_dma(devlab.dev, DMA_READ, MSI, 16, 0), DMA_BLOCKED);
	assert_int_equal(devlab_dma(devlab.dev, DMA_READ, UINT64_MAX, 16, 0), DMA_BLOCKED);
	assert_last_blocked(5, UINT64_MAX, 1);
	/* What was mapped is not any more. */
	assert_works(plx_iommu_unmap(devlab.d, readable, 1));
	assert_int_equal(devlab_dma(devlab.dev, DMA_READ, readable, 16, 0), DMA_BLOCKED);
	assert_last_blocked(6, readable, 1);
}

/* Each page by itself: those before the blocked one are done, it moves no byte. */
static void test_blocked_page(void **state)
{
	uint64_t at = 0x100000;
	const struct plx_phys p = { .type = PLX_PHYS_CONTIG,
				    .contig = { (uintptr_t)lab.mem, PAGE } };

	(void)state;
	assert_works(plx_iommu_map(devlab.d, RW, &p, &at, NULL, NULL, &at));
	assert_int_equal(devlab_dma(devlab.dev, DMA_WRITE, at + PAGE - 10, 20, 1), DMA_BLOCKED);
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(lab.mem[PAGE - 10 + i], i + 1);
	assert_int_equal(lab.mem[PAGE], 0);
	assert_last_blocked(1, at + PAGE, 2);
	lab.mem[0] = 99;
	assert_int_equal(devlab_dma(devlab.dev, DMA_READ, at - 10, 20, 0), DMA_BLOCKED);
	assert_last_blocked(2, at - 10, 1);
	assert_int_equal(devlab_dma(devlab.dev, DMA_WRITE, at, 20, 0), DMA_DONE);
	assert_int_equal(lab.mem[10], 10); /* the buffer's own: nothing was read */
}

/* SIM can report what VFIO cannot (8.5). */
static void test_fault_events(void **state)
{
	struct plx_event ev[4];
	struct plx_dev_stats stats;
	unsigned n;

	(void)state;
	devlab_dma(devlab.dev, DMA_READ, 0x5000, 16, 0);
	devlab_dma(devlab.dev, DMA_WRITE, 0x6008, 16, 0);
	assert_works(plx_dev_events(devlab.dev, ev, 4, &n));
	assert_int_equal(n, 2);
	assert_int_equal(ev[0].type, PLX_EVENT_DMA_FAULT);
	assert_int_equal(ev[0].iova, 0x5000);
	assert_int_equal(ev[0].direction, 1);
	assert_int_equal(ev[1].iova, 0x6008);
	assert_int_equal(ev[1].direction, 2);
	assert_works(plx_dev_events(devlab.dev, ev, 4, &n));
	assert_int_equal(n, 0);
	assert_works(plx_dev_stats(devlab.dev, &stats));
	assert_int_equal(stats.dma_faults, 2);
}

static void test_other_events(void **state)
{
	struct plx_event ev[4];
	unsigned n;

	(void)state;
	plx_sim_function_irq_raise(devlab.dev->function->sim, PLX_IRQI_ERR, 0);
	plx_sim_function_irq_raise(devlab.dev->function->sim, PLX_IRQI_REQ, 0);
	assert_works(plx_dev_events(devlab.dev, ev, 4, &n));
	assert_int_equal(n, 2);
	assert_int_equal(ev[0].type, PLX_EVENT_ERROR);
	assert_int_equal(ev[1].type, PLX_EVENT_REMOVAL_REQUEST);
}

static uint64_t signals(int fd)
{
	uint64_t n = 0;

	return read(fd, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

static void test_interrupts(void **state)
{
	static const unsigned counts[] = { 1, 4, 16 };
	int fd = eventfd(0, EFD_NONBLOCK);
	unsigned n;

	(void)state;
	for (unsigned type = PLX_IRQ_INTX; type <= PLX_IRQ_MSIX; type++) {
		assert_works(plx_irq_count(devlab.dev, (enum plx_irq_type)type, &n));
		assert_int_equal(n, counts[type]);
		assert_works(plx_irq_enable(devlab.dev, (enum plx_irq_type)type, &fd, 1));
		devlab_dma(devlab.dev, DMA_READ, 0, 1, 0);
		assert_int_equal(signals(fd), 1);
		devlab_dma(devlab.dev, DMA_READ, 0, 1, 0);
		assert_int_equal(signals(fd), type != PLX_IRQ_INTX);
		if (type == PLX_IRQ_INTX)
			assert_works(plx_irq_unmask(devlab.dev));
		assert_int_equal(signals(fd), type == PLX_IRQ_INTX);
		assert_works(plx_irq_disable(devlab.dev));
		devlab_dma(devlab.dev, DMA_READ, 0, 1, 0);
		assert_int_equal(signals(fd), 0);
	}
	close(fd);
}

static void test_reset_and_reopen(void **state)
{
	(void)state;
	assert_int_equal(devlab_dma(devlab.dev, DMA_READ, 0x5000, 1, 0), DMA_BLOCKED);
	devlab_write(devlab.dev, 4, 0, 4, 77);
	assert_works(plx_dev_reset(devlab.dev));
	assert_int_equal(devlab_read(devlab.dev, 0, REG_BLOCKED, 4), 0);
	assert_int_equal(devlab_read(devlab.dev, 0, REG_RESULT, 4), 0);
	assert_int_equal(devlab_read(devlab.dev, 4, 0, 4), 0);
	assert_int_equal(devlab_dma(devlab.dev, DMA_READ, 0x5000, 1, 0),
			 DMA_BLOCKED); /* a master */
	assert_works(plx_dev_close(devlab.dev));
	devlab.dev = devlab_open_master("sim:dummy", devlab.d);
	assert_int_equal(devlab_read(devlab.dev, 0, REG_BLOCKED, 4), 0);
}

static void test_memory_decode(void **state)
{
	uint32_t v;

	(void)state;
	devlab_write(devlab.dev, PLX_REGION_CONFIG, 4, 2, 5);
	assert_fails(plx_region_read(devlab.dev, 0, 0, &v, 4), -EIO, PLX_STATUS_UNSUCCESSFUL,
		     PLX_R_MEM_DECODE_OFF, 0);
	assert_fails(plx_region_write(devlab.dev, 4, 0, &v, 4), -EIO, PLX_STATUS_UNSUCCESSFUL,
		     PLX_R_MEM_DECODE_OFF, 0);
	devlab_write(devlab.dev, PLX_REGION_CONFIG, 4, 2, 7);
	assert_int_equal(devlab_read(devlab.dev, 0, REG_ID, 4), 0x706c7801);
}

/* --- several of them --- */

static void test_ids_and_groups(void **state)
{
	struct plx_dev *one = devlab_open_master("sim:dummy,id=1,group=5", devlab.d);
	struct plx_dev *two = devlab_open_master("sim:dummy,id=2,group=5", devlab.d);
	struct plx_dev_info a, b, c;
	uint64_t iova = devlab_map(0, 1, RW);

	(void)state;
	assert_works(plx_dev_info(devlab.dev, &a));
	assert_works(plx_dev_info(one, &b));
	assert_works(plx_dev_info(two, &c));
	assert_int_equal(b.group, c.group);
	assert_int_not_equal(a.group, b.group);
	assert_string_equal(c.name, "sim:dummy,id=2");
	/* Functions of their own, in one domain */
	assert_int_equal(devlab_dma(one, DMA_WRITE, iova, 1, 7), DMA_DONE);
	assert_int_equal(lab.mem[0], 7);
	assert_int_equal(devlab_dma(two, DMA_WRITE, iova, 1, 8), DMA_DONE);
	assert_int_equal(lab.mem[0], 8);
	assert_int_equal(devlab_read(devlab.dev, 0, REG_LEN, 4), 0);
	assert_works(plx_dev_close(one));
	assert_works(plx_dev_close(two));
}

static void test_two_contexts(void **state)
{
	struct plx_ctx *first = lab.ctx;
	struct plx_dev *dev;

	(void)state;
	assert_works(plx_ctx_create(NULL, &lab.ctx));
	dev = devlab_open_master("sim:dummy", NULL);
	devlab_write(dev, 4, 0, 4, 77);
	assert_int_equal(devlab_read(devlab.dev, 4, 0, 4), 0);
	assert_works(plx_dev_close(dev));
	assert_works(plx_ctx_destroy(lab.ctx));
	lab.ctx = first;
}

static void test_aperture(void **state)
{
	struct plx_iova_range ranges[4];
	struct plx_domain_info info;
	struct plx_dev *narrow = devlab_open_master("sim:dummy,id=1,aperture=32", devlab.d);

	(void)state;
	assert_works(plx_domain_info(devlab.d, &info, ranges, 4));
	assert_int_equal(ranges[info.n_ranges - 1].last, UINT32_MAX);
	assert_works(plx_dev_close(narrow));
	assert_works(plx_domain_info(devlab.d, &info, ranges, 4));
	assert_int_equal(ranges[info.n_ranges - 1].last, TOP - 1);
	assert_int_equal(ranges[0].last, MSI - 1);
	assert_true(info.mappings_left ==
		    (lab.backend == PLX_BACKEND_IOMMUFD ? UINT64_MAX : 65535));
}

static void test_detached(void **state)
{
	struct plx_dev *mate =
		devlab_open_master("sim:dummy,id=1", devlab.d); /* keeps type1's mappings */
	uint64_t iova = devlab_map(0, 1, RW);

	(void)state;
	assert_int_equal(devlab_dma(devlab.dev, DMA_WRITE, iova, 1, 7), DMA_DONE);
	assert_works(plx_domain_detach(devlab.d, devlab.dev));
	if (lab.backend != PLX_BACKEND_TYPE1) /* which closes it (DEV-6) */
		assert_int_equal(devlab_dma(devlab.dev, DMA_WRITE, iova, 1, 8), DMA_BLOCKED);
	assert_works(plx_domain_attach(devlab.d, devlab.dev));
	if (lab.backend == PLX_BACKEND_TYPE1)
		assert_int_equal(devlab_read(devlab.dev, 0, REG_IOVA, 8), 0);
	assert_int_equal(devlab_dma(devlab.dev, DMA_WRITE, iova, 1, 9), DMA_DONE);
	assert_int_equal(lab.mem[0], 9);
	assert_works(plx_iommu_unmap(devlab.d, iova, 1));
	assert_works(plx_dev_close(mate));
}

/* --- what the kernel refuses --- */

/* Whatever step of an open fails, nothing is left of it (G-4). */
static void test_G_4_open(void **state)
{
	static const unsigned long requests[] = {
		VFIO_GROUP_GET_STATUS,
		VFIO_GROUP_SET_CONTAINER,
		VFIO_GROUP_GET_DEVICE_FD,
		VFIO_DEVICE_GET_INFO,
		VFIO_DEVICE_GET_REGION_INFO,
		VFIO_DEVICE_GET_IRQ_INFO,
		VFIO_DEVICE_SET_IRQS,
		PLX_UAPI_BIND,
		PLX_UAPI_ATTACH,
	};
	const struct plx_dev_opts opts = { .domain = devlab.d };
	unsigned files = count_fds(), open = plx_sim_kernel_fds(), failures = 0;
	struct plx_dev *dev;

	(void)state;
	for (unsigned i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		plx_test_inject(PLX_TEST_IOCTL, requests[i], 1, EIO);
		if (!plx_dev_open(lab.ctx, "sim:dummy,id=1", &opts, &dev)) {
			assert_works(plx_dev_close(dev));
			continue;
		}
		failures++;
		assert_null(dev);
		assert_int_equal(plx_last_error()->sys_errno, EIO);
		assert_int_equal(count_fds(), files);
		assert_int_equal(plx_sim_kernel_fds(), open);
	}
	plx_test_inject(PLX_TEST_IOCTL, 0, 0, 0);
	assert_true(over_sim() ? !failures : failures >= 5);
}

/* A library for tests needs no kernel with VFIO for domains that sim: devices enter. */
static void test_machine_without_vfio(void **state)
{
	const struct plx_dev_opts opts = { .backend = lab.backend };
	struct plx_iommu *io;
	struct plx_domain *d;
	struct plx_dev *dev;

	(void)state;
	if (!access("/dev/vfio/vfio", F_OK) || !access("/dev/iommu", F_OK))
		skip();
	plx_sysops_replace(NULL);
	assert_works(plx_iommu_open(lab.ctx, 2, 0, lab.backend, &io));
	assert_true(over_sim() || strstr(lab.notice, "simulated kernel"));
	assert_works(plx_domain_create(io, PLX_DOMAIN_TRANSLATE, 0, NULL, NULL, &d));
	dev = devlab_open_master("sim:dummy,id=1", d);
	assert_works(plx_dev_close(dev));
	assert_works(plx_domain_delete(d));
	assert_works(plx_iommu_close(io));
	/* And none of one's own */
	assert_works(plx_dev_open(lab.ctx, "sim:dummy,id=1", &opts, &dev));
	assert_works(plx_dev_close(dev));
}

static const struct CMUnitTest tests[] = {
	RULE(test_identity),       RULE(test_config_space),
	RULE(test_registers),      RULE(test_ports),
	RULE(test_dma_both_ways),  RULE(test_bad_arguments),
	RULE(test_bus_master),     RULE(test_blocked),
	RULE(test_blocked_page),   RULE(test_fault_events),
	RULE(test_other_events),   RULE(test_interrupts),
	RULE(test_memory_decode),  RULE(test_reset_and_reopen),
	RULE(test_ids_and_groups), RULE(test_two_contexts),
	RULE(test_aperture),       RULE(test_detached),
	RULE(test_G_4_open),       RULE(test_machine_without_vfio),
};

LAB_MAIN(tests)
