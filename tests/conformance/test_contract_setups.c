/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sim:dummy as programs use it, by public headers alone, in each way to come by one: without
 * options, by backend, in a domain of the program's own at the open, and attached to it afterwards.
 * What a rule says holds in all of them.
 */
#include <pollux/pollux.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <syslog.h>
#include <unistd.h>

#include <cmocka.h>

#define BAR0 0xfe000000ull
#define BAR4 0xd0000000ull

enum how { NO_OPTS, BY_BACKEND, IN_DOMAIN, IN_DOMAIN_AUTO, ATTACHED };

static const enum how hows[] = { NO_OPTS, BY_BACKEND, IN_DOMAIN, IN_DOMAIN_AUTO, ATTACHED };

static enum plx_backend backend;
static enum how how;
static struct plx_ctx *ctx;
static struct plx_iommu *iommu;
static struct plx_domain *domain;
static struct plx_dev *dev;
static unsigned errors, warnings;
static char said[512];

static void take_log(void *arg, int level, const char *room, const char *text)
{
	(void)arg;
	(void)room;
	errors += level <= LOG_ERR;
	warnings += level == LOG_WARNING;
	snprintf(said, sizeof(said), "%s", text);
}

static void works_at(int got, int line)
{
	const struct plx_error *e = plx_last_error();

	if (got || e->err || e->status || e->reason || e->arg || e->text[0])
		fail_msg("line %d, way %d: %d: %s", line, how, got, e->text);
}
#define works(call) works_at(call, __LINE__)

static void fails_at(int got, int err, uint32_t status, enum plx_reason reason, unsigned arg,
		     int line)
{
	const struct plx_error *e = plx_last_error();

	if (got != err || e->err != err || e->status != status || e->reason != reason ||
	    e->arg != arg || e->backend != backend || !e->text[0])
		fail_msg("line %d, way %d: %d, 0x%x, %s, %u: %s", line, how, got, e->status,
			 plx_reason_str(e->reason), e->arg, e->text);
}
#define fails(call, err, status, reason, arg) fails_at(call, err, status, reason, arg, __LINE__)

static void set_attributes(bool bus_master)
{
	const struct plx_dev_attributes attr = { .bus_master = bus_master };

	works(plx_dev_set_attributes(dev, &attr));
}

static void open_domain(void)
{
	const struct plx_iova_alloc_cfg flex = { PLX_IOVA_ALLOC_FLEX, 39 };

	works(plx_iommu_open(ctx, 2, 0, backend, &iommu));
	works(plx_domain_create(iommu, PLX_DOMAIN_TRANSLATE, 0, &flex, NULL, &domain));
}

static void open_dev(void)
{
	struct plx_dev_opts opts = { .backend =
					     how == IN_DOMAIN_AUTO ? PLX_BACKEND_AUTO : backend };

	if (how == IN_DOMAIN || how == IN_DOMAIN_AUTO)
		opts.domain = domain;
	works(plx_dev_open(ctx, "sim:dummy", how == NO_OPTS ? NULL : &opts, &dev));
	if (how == ATTACHED)
		works(plx_domain_attach(domain, dev));
}

static unsigned files(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += dup2(fd, fd) >= 0;
	return n;
}

/* Not without options on a backend that has to be named, nor attached twice (DEV-6). */
static bool possible(void)
{
	if (how == NO_OPTS)
		return backend == PLX_BACKEND_SIM;
	return how != ATTACHED || backend != PLX_BACKEND_TYPE1;
}

static void in_each_way(void (*test)(void))
{
	const struct plx_ctx_opts opts = { .log = take_log };

	for (unsigned i = 0; i < sizeof(hows) / sizeof(hows[0]); i++) {
		unsigned before = files();

		how = hows[i];
		if (!possible())
			continue;
		works(plx_ctx_create(&opts, &ctx));
		if (how >= IN_DOMAIN)
			open_domain();
		open_dev();
		errors = warnings = 0;
		test();
		if (dev)
			works(plx_dev_close(dev));
		if (domain)
			works(plx_domain_delete(domain));
		if (iommu)
			works(plx_iommu_close(iommu));
		works(plx_ctx_destroy(ctx));
		dev = NULL;
		domain = NULL;
		iommu = NULL;
		assert_int_equal(files(), before);
	}
}

/* --- mappings --- */

static void map_fails(uint64_t phys, uint32_t len, int err, uint32_t status, enum plx_reason reason,
		      unsigned arg)
{
	volatile void *va = &va;

	fails(plx_mmio_map(dev, phys, len, &va), err, status, reason, arg);
	assert_null((void *)(uintptr_t)va);
}

static void mmio(void)
{
	const uint32_t failure = PLX_STATUS_UNSUCCESSFUL;
	volatile void *va, *again;

	map_fails(BAR0, 4, -EPERM, failure, PLX_R_ORDER, 0);
	set_attributes(true);
	map_fails(BAR0, 0, -EINVAL, failure, PLX_R_ZERO_LEN, 4);
	map_fails(UINT64_MAX, 2, -EINVAL, failure, PLX_R_WRAP, 4);
	map_fails(0x100000, 0x1000, -EINVAL, failure, PLX_R_HOST_RAM, 3);
	map_fails(0x80000000, 0x1000, -EINVAL, failure, PLX_R_OUT_OF_IOSPACE, 3);
	map_fails(0xc000, 0x10, -EINVAL, failure, PLX_R_WRONG_SPACE, 3);
	map_fails(BAR0 + 0x1f000, 0x1001, -EINVAL, failure, PLX_R_STRADDLES_BAR, 3);
	map_fails(0xfe020000, 4, -ENOTSUP, PLX_STATUS_INSUFFICIENT_RESOURCES, PLX_R_NO_MMAP, 0);
	map_fails(0xfe030ffc, 8, -EINVAL, failure, PLX_R_MSIX_TABLE, 3);
	works(plx_mmio_map(dev, BAR0, 0x20000, &va));
	assert_int_equal(plx_read32(va), 0x706c7801);
	works(plx_mmio_map(dev, BAR0 + 0x1ff0, 0x20, &again));
	plx_write32(again, 0xbeef);
	assert_int_equal(plx_read32((volatile uint8_t *)va + 0x1ff0), 0xbeef);
	works(plx_dev_start(dev));
	map_fails(BAR0, 4, -EPERM, failure, PLX_R_STATE, 0);
	fails(plx_mmio_unmap(dev, va, 0x20000), -EPERM, failure, PLX_R_STATE, 0);
	works(plx_dev_halt(dev));
	fails(plx_mmio_unmap(dev, va, 0x1000), -EINVAL, failure, PLX_R_MISMATCH, 3);
	works(plx_mmio_unmap(dev, va, 0x20000));
	fails(plx_mmio_unmap(dev, va, 0x20000), -ENOENT, failure, PLX_R_NOT_MAPPED, 2);
	assert_int_equal(errors + warnings, 0);
	works(plx_dev_close(dev)); /* G-13 */
	assert_int_equal(warnings, 1);
	fails(plx_dev_close(dev), -EPERM, PLX_STATUS_ACCESS_DENIED, PLX_R_STATE, 0);
	dev = NULL;
}

static void test_MIO_1_in_each_way(void **state)
{
	(void)state;
	in_each_way(mmio);
}

static void decoding(void)
{
	uint16_t command = 0;
	uint32_t id = 0;

	/* 2.2; reached again when a mapping asks for it (MIO-14) */
	works(plx_region_write(dev, 7, 4, &command, 2));
	fails(plx_region_read(dev, 0, 0, &id, 4), -EIO, PLX_STATUS_UNSUCCESSFUL,
	      PLX_R_MEM_DECODE_OFF, 0);
	set_attributes(true);
	works(plx_region_read(dev, 7, 4, &command, 2));
	assert_int_equal(command & 7, 4);
	volatile void *va;
	works(plx_mmio_map(dev, BAR0, 4, &va));
	works(plx_region_read(dev, 0, 0, &id, 4));
	assert_int_equal(id, 0x706c7801);
	works(plx_mmio_unmap(dev, va, 4));
	plx_ioport_t ports;
	works(plx_ioport_register(dev, 0xc000, 4, &ports));
	works(plx_region_read(dev, 7, 4, &command, 2));
	assert_int_equal(command & 7, 7);
	works(plx_ioport_deregister(dev, 0xc000, 4, ports));
}

static void test_MIO_14_in_each_way(void **state)
{
	(void)state;
	in_each_way(decoding);
}

/* --- ports --- */

static void ports_fail(uint32_t first, uint32_t count, int err, uint32_t status,
		       enum plx_reason reason, unsigned arg)
{
	plx_ioport_t base = 77;

	fails(plx_ioport_register(dev, first, count, &base), err, status, reason, arg);
	assert_int_equal(base, 0);
}

static void ports(void)
{
	const uint32_t failure = PLX_STATUS_UNSUCCESSFUL;
	struct plx_dev_stats stats;
	plx_ioport_t base;
	uint32_t n[4];

	set_attributes(false);
	ports_fail(0xc000, 0, -EINVAL, failure, PLX_R_ZERO_LEN, 4);
	ports_fail(0xffff, 2, -EINVAL, failure, PLX_R_OUT_OF_IOSPACE, 4);
	ports_fail(0xc0ff, 2, -EINVAL, failure, PLX_R_STRADDLES_BAR, 3);
	ports_fail((uint32_t)BAR0, 4, -EINVAL, failure, PLX_R_WRONG_SPACE, 3);
	works(plx_ioport_register(dev, 0xc000, 256, &base));
	ports_fail(0xc0ff, 1, -EBUSY, PLX_STATUS_NDIS_RESOURCE_CONFLICT, PLX_R_CLAIMED, 0);
	assert_int_equal(errors, 1); /* G-8 */
	assert_non_null(strstr(said, "sim:dummy"));
	assert_non_null(strstr(said, "0xc0ff"));
	assert_int_equal(plx_raw_in8(base + 0x40), 1);
	plx_raw_out16(base + 0x40, 99);
	plx_raw_ins32(base + 0x40, n, 4);
	assert_int_equal(n[0], 3);
	assert_int_equal(n[3], 6);
	works(plx_ioport_deregister(dev, 0xc000, 256, base));
	assert_int_equal(plx_raw_in16(base + 0x40), UINT16_MAX);
	works(plx_dev_stats(dev, &stats));
	assert_int_equal(stats.pio_errors, 1);
}

static void test_PIO_4_in_each_way(void **state)
{
	(void)state;
	in_each_way(ports);
}

/* --- DMA --- */

static uint32_t command(const struct plx_regs *r, uint64_t iova, uint32_t len, uint32_t what)
{
	plx_reg_write32(r, 0x08, (uint32_t)iova);
	plx_reg_write32(r, 0x0c, (uint32_t)(iova >> 32));
	plx_reg_write32(r, 0x10, len);
	plx_reg_write32(r, 0x14, 0);
	plx_reg_write32(r, 0x18, what);
	return plx_reg_read32(r, 0x1c);
}

static void dma(void)
{
	struct plx_dev_stats stats;
	struct plx_event ev[2];
	struct plx_regs r;
	uint64_t iova;
	uint8_t *mem;
	unsigned n;
	void *va;

	set_attributes(true);
	works(plx_dmabuf_alloc(dev, 4096, PLX_IOMMU_READ | PLX_IOMMU_WRITE, &va, &iova));
	mem = va;
	works(plx_regs_open(dev, 0, &r));
	assert_int_equal(command(&r, iova, 4096, 2), 0);
	assert_int_equal(mem[250], 250);
	assert_int_equal(mem[251], 0);
	assert_int_equal(command(&r, iova, 4097, 2), 2);
	memset(mem, 0, 4096);
	assert_int_equal(command(&r, iova + 4000, 200, 2), 1); /* page by page */
	assert_int_equal(mem[4095], 95);
	assert_int_equal(plx_reg_read32(&r, 0x20), 1);
	assert_int_equal(plx_reg_read32(&r, 0x28), (uint32_t)iova + 4096);
	assert_int_equal(plx_reg_read32(&r, 0x30), 2);
	works(plx_dev_events(dev, ev, 2, &n));
	assert_int_equal(n, 1);
	assert_int_equal(ev[0].type, PLX_EVENT_DMA_FAULT);
	assert_int_equal(ev[0].iova, iova + 4096);
	assert_int_equal(ev[0].direction, 2);
	works(plx_dev_stats(dev, &stats));
	assert_int_equal(stats.dma_faults, 1);
	set_attributes(false);
	assert_int_equal(command(&r, iova, 4, 1), 3);
	works(plx_dmabuf_free(dev, va));
	plx_regs_close(&r);
}

static void test_DEV_6_dma_in_each_way(void **state)
{
	(void)state;
	in_each_way(dma);
}

static const struct CMUnitTest tests[] = {
#define RULE(test) cmocka_unit_test(test)
	RULE(test_MIO_1_in_each_way),
	RULE(test_MIO_14_in_each_way),
	RULE(test_PIO_4_in_each_way),
	RULE(test_DEV_6_dma_in_each_way),
};

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "sim";

	backend = !strcmp(name, "type1")     ? PLX_BACKEND_TYPE1
		  : !strcmp(name, "iommufd") ? PLX_BACKEND_IOMMUFD
					     : PLX_BACKEND_SIM;
	/* Where the kernel has the interface, a domain of it is for real devices. */
	if (backend != PLX_BACKEND_SIM &&
	    (!access("/dev/vfio/vfio", F_OK) || !access("/dev/iommu", F_OK))) {
		puts("SKIP: this machine has VFIO or iommufd");
		return 77;
	}
	return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}
