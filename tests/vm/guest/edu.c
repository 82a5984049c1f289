// SPDX-License-Identifier: BSD-3-Clause
/*
 * usage: lab-edu type1|iommufd ADDRESS [enforces-write-only]
 *
 * What a device may do is what its domain says: each blocked access on a page that the device has not
 * touched before (QEMU's IOTLB drops a repeated one without a word), after one that goes through.
 */
#include "check.h"
#include "device.h"
#include "edu_dma.h"

#include <stdio.h>
#include <string.h>

#define R  PLX_IOMMU_READ
#define W  PLX_IOMMU_WRITE
#define RW (R | W)

#define LEN 1024u /* bytes of a transfer */

/* A page per case; IOVAs below the 2^28 that an edu reaches. */
static const uint64_t base = 0x1000000;

struct lab {
	struct lab_dev dev;
	uint8_t *pattern; /* mapped at base, device may read */
	uint8_t *out;     /* mapped at base + PAGE, device may write */
};

/* The device's buffer holds the pattern afterwards. */
static void load_pattern(struct lab *l)
{
	edu_dma(&l->dev, DEVICE_READS, base, LEN);
}

static bool is_pattern(struct lab *l, const uint8_t *mem, size_t len)
{
	return !memcmp(mem, l->pattern, len);
}

static void set_up(struct lab *l)
{
	l->pattern = lab_pages(1);
	l->out = lab_pages(1);
	for (unsigned i = 0; i < PAGE; i++)
		l->pattern[i] = (uint8_t)(i % 251 + 1);
	lab_map(l->dev.domain, R, l->pattern, 1, base);
	lab_map(l->dev.domain, RW, l->out, 1, base + PAGE);
}

/* The positive control of everything that follows. */
static void test_allowed(struct lab *l)
{
	load_pattern(l);
	edu_dma(&l->dev, DEVICE_WRITES, base + PAGE, LEN);
	check(is_pattern(l, l->out, LEN), "a read-only page is read, a read-write page is written");
	check(!lab_count_other(l->out + LEN, PAGE - LEN, 0), "nothing beyond is written");
}

static void test_write_only_written(struct lab *l)
{
	uint8_t *page = lab_pages(1);
	uint64_t iova = base + 2 * PAGE;

	lab_map(l->dev.domain, W, page, 1, iova);
	load_pattern(l);
	edu_dma(&l->dev, DEVICE_WRITES, iova, LEN);
	check(is_pattern(l, page, LEN), "a write-only page is written");
}

static void test_read_only(struct lab *l)
{
	uint8_t *page = lab_pages(1);
	uint64_t iova = base + 3 * PAGE;

	lab_map(l->dev.domain, R, page, 1, iova);
	memset(page, 0x55, PAGE);
	load_pattern(l);
	edu_dma(&l->dev, DEVICE_WRITES, iova, LEN);
	check(!lab_count_other(page, PAGE, 0x55), "a read-only page is not written");
	expect_fault(l->dev.address, DEVICE_WRITES, iova, "write to a read-only page");
}

static void test_crossing(struct lab *l)
{
	uint8_t *pages = lab_pages(2);
	uint64_t iova = base + 4 * PAGE;
	uint8_t *start = pages + PAGE - LEN / 2;

	lab_map(l->dev.domain, RW, pages, 1, iova);
	lab_map(l->dev.domain, R, pages + PAGE, 1, iova + PAGE);
	load_pattern(l);
	edu_dma(&l->dev, DEVICE_WRITES, iova + PAGE - LEN / 2, LEN);
	check(is_pattern(l, start, LEN / 2), "write across RW -> RO: the RW part is moved");
	check(!lab_count_other(pages + PAGE, PAGE, 0), "write across RW -> RO: the RO part is not");
	check(!lab_count_other(pages, PAGE - LEN / 2, 0), "write across RW -> RO: nothing before");
	expect_fault(l->dev.address, DEVICE_WRITES, iova + PAGE, "write across RW -> RO");
}

static void test_unmapped(struct lab *l)
{
	uint64_t iova = base + 8 * PAGE;

	load_pattern(l);
	edu_dma(&l->dev, DEVICE_WRITES, iova, LEN);
	expect_fault(l->dev.address, DEVICE_WRITES, iova, "write where nothing is mapped");
	edu_dma(&l->dev, DEVICE_READS, iova + PAGE, LEN);
	expect_fault(l->dev.address, DEVICE_READS, iova + PAGE, "read where nothing is mapped");
	memset(l->out, 0, LEN);
	edu_dma(&l->dev, DEVICE_WRITES, base + PAGE, LEN);
	check(!is_pattern(l, l->out, LEN), "a blocked read delivers nothing of what was there");
}

/* The engine has been started, the page goes away before it runs. */
static void test_unmapped_while_live(struct lab *l)
{
	uint8_t *page = lab_pages(1);
	uint64_t iova = base + 10 * PAGE;

	lab_map(l->dev.domain, RW, page, 1, iova);
	load_pattern(l);
	edu_dma(&l->dev, DEVICE_WRITES, iova, LEN);
	check(is_pattern(l, page, LEN), "before the unmap the page is written");
	memset(page, 0, PAGE);
	edu_dma_start(&l->dev, DEVICE_WRITES, iova, LEN);
	lab_unmap(l->dev.domain, iova, 1);
	edu_dma_wait(&l->dev);
	check(!lab_count_other(page, PAGE, 0), "unmapped under a DMA: the page is not written");
	expect_fault(l->dev.address, DEVICE_WRITES, iova, "unmapped under a DMA");
	lab_map(l->dev.domain, RW, page, 1, iova);
	edu_dma(&l->dev, DEVICE_WRITES, iova, LEN);
	check(is_pattern(l, page, LEN), "mapped again, it is written again");
}

static void test_write_only(struct lab *l, bool enforced)
{
	uint8_t *page = lab_pages(1), *zero = lab_pages(1);
	uint64_t iova = base + 12 * PAGE;
	size_t n;

	memset(page, 0x77, PAGE);
	lab_map(l->dev.domain, W, page, 1, iova);
	lab_map(l->dev.domain, R, zero, 1, iova + PAGE);
	edu_dma(&l->dev, DEVICE_READS, iova + PAGE, LEN);
	edu_dma(&l->dev, DEVICE_READS, iova, LEN);
	edu_dma(&l->dev, DEVICE_WRITES, base + PAGE, LEN);
	n = LEN - lab_count_other(l->out, LEN, 0x77);
	if (enforced) {
		check(n == 0, "a write-only page is not read");
		expect_fault(l->dev.address, DEVICE_READS, iova, "read of a write-only page");
	} else {
		/* MAP-16: permissions are a lower bound of what the hardware grants. */
		skip("Linux's VT-d driver makes every page readable since 5.13",
		     "a write-only page is not read (%zu of %u bytes were)", n, LEN);
	}
}

static void test_bus_master_off(struct lab *l)
{
	uint8_t *page = lab_pages(1);
	uint64_t iova = base + 14 * PAGE;

	lab_map(l->dev.domain, RW, page, 1, iova);
	load_pattern(l);
	lab_bus_master(&l->dev, false);
	edu_dma(&l->dev, DEVICE_WRITES, iova, LEN);
	check(!lab_count_other(page, PAGE, 0), "bus master off: nothing is written");
	lab_bus_master(&l->dev, true);
	edu_dma(&l->dev, DEVICE_WRITES, iova, LEN);
	check(is_pattern(l, page, LEN), "bus master on: it is written");
}

int main(int argc, char **argv)
{
	struct lab_env env;
	struct lab l = { 0 };

	must(argc < 3, "usage: lab-edu type1|iommufd ADDRESS [enforces-write-only]");
	lab_begin(&env, argv[1]);
	lab_open(&l.dev, &env, lab_domain(&env), argv[2]);
	edu_probe(&l.dev);
	set_up(&l);
	test_allowed(&l);
	test_write_only_written(&l);
	test_read_only(&l);
	test_crossing(&l);
	test_unmapped(&l);
	test_unmapped_while_live(&l);
	test_write_only(&l, argc > 3);
	test_bus_master_off(&l);
	must(plx_domain_unmap_all(l.dev.domain), "everything is unmapped");
	lab_close(&l.dev);
	lab_domain_end(l.dev.domain);
	lab_end(&env);
	return checks_end();
}
