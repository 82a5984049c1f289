/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Section 7 of the DDI contract from outside: what is mapped is what the device reaches, in each way
 * that a program can set things up, and with as many mappings as there may be.
 */
#include "outside.h"

#include <linux/vfio.h>
#include <sys/mman.h>

#define IOMMU_IOAS_MAP 0x3b85ul
#define MANY           60000u
#define LIMIT          65535u /* 11.1: the dummy's, and type1's default */
#define CYCLES         2000

static bool is_type1(void)
{
	return outside.backend == PLX_BACKEND_TYPE1;
}

static uint64_t map(struct plx_domain *d, uint32_t perms, const struct plx_phys *p)
{
	uint64_t iova;

	assert_works(plx_iommu_map(d, perms, p, NULL, NULL, NULL, &iova));
	return iova;
}

/* The domain that a device is in; one of the caller's where it is in none. */
static struct plx_domain *domain_of(struct plx_dev *dev, struct plx_domain **made)
{
	struct plx_domain *d;

	if (!plx_dev_domain(dev, &d))
		return d;
	*made = outside_domain(PLX_IOVA_ALLOC_FLEX);
	assert_works(plx_domain_attach(*made, dev));
	return *made;
}

/* What was blocked is an event: the function is simulated, whoever forwards to it (11.1). */
static void check_event(struct plx_dev *dev, uint64_t iova, uint32_t direction)
{
	struct plx_event event[4];
	unsigned n;

	assert_works(plx_dev_events(dev, event, 4, &n));
	assert_int_equal(n, 1);
	assert_int_equal(event[0].type, PLX_EVENT_DMA_FAULT);
	assert_int_equal(event[0].iova, iova);
	assert_int_equal(event[0].direction, direction);
}

static void test_UNM_6_device_reaches_what_is_mapped(void **state)
{
	const struct plx_phys p = outside_pages(3, 2);

	(void)state;
	for (int way = 0; way < OUTSIDE_WAYS; way++) {
		struct plx_domain *made, *d;
		struct plx_dev *dev = outside_open_by(way, &made);
		uint64_t iova;

		d = domain_of(dev, &made);
		iova = map(d, PLX_IOMMU_WRITE, &p);
		memset(outside.mem, 0, LAB_PAGES * PAGE);
		assert_int_equal(outside_writes(dev, iova + 4000, 200, 7), DONE);
		assert_int_equal(outside.mem[3 * PAGE + 3999], 0);
		for (unsigned i = 0; i < 200; i++)
			assert_int_equal(outside.mem[3 * PAGE + 4000 + i], 7 + i);
		assert_int_equal(outside.mem[3 * PAGE + 4200], 0);
		assert_int_equal(outside_reads(dev, iova, 8, 0), BLOCKED);
		check_event(dev, iova, 1);
		assert_works(plx_iommu_unmap(d, iova, 2));
		assert_int_equal(outside_writes(dev, iova, 8, 0), BLOCKED);
		check_event(dev, iova, 2);
		outside_close(dev, made);
	}
}

/* Page @k of a mapping at @iova is page @page of the memory, and no other. */
static void check_page(struct plx_dev *dev, uint64_t iova, unsigned k, unsigned page)
{
	memset(outside.mem, 0, LAB_PAGES * PAGE);
	assert_int_equal(outside_writes(dev, iova + k * PAGE, 4, 1), DONE);
	assert_int_equal(outside.mem[page * PAGE + 3], 4);
	outside.mem[page * PAGE + 3] = 0;
	for (unsigned i = 0; i < LAB_PAGES; i++)
		assert_int_equal(outside.mem[i * PAGE + 3], 0);
}

static void test_MAP_8_pieces_follow_each_other(void **state)
{
	static const unsigned pages[] = { 0, 4, 5, 2 };
	const uint64_t first = (uintptr_t)outside.mem / PAGE;
	const struct iovec iov[] = { { outside.mem, PAGE },
				     { outside.mem + 4 * PAGE, 2 * PAGE },
				     { outside.mem + 2 * PAGE, PAGE } };
	const uint64_t frame[] = { first, first + 4, first + 5, first + 2 };
	const struct plx_phys forms[] = {
		{ .type = PLX_PHYS_MDL, .mdl = { iov, 3 } },
		{ .type = PLX_PHYS_PFN, .pfn = { frame, 4 } },
	};

	(void)state;
	for (int type = PLX_IOVA_ALLOC_NONE; type <= PLX_IOVA_ALLOC_FLEX; type++) {
		struct plx_domain *d = outside_domain(type);
		struct plx_dev *dev = outside_open("sim:dummy", d);

		for (int form = 0; form < 2; form++) {
			uint64_t iova = 16 * PAGE;
			const uint64_t *at = type == PLX_IOVA_ALLOC_NONE ? &iova : NULL;

			assert_works(plx_iommu_map(d, 3, &forms[form], at, NULL, NULL, &iova));
			for (unsigned k = 0; k < 4; k++)
				check_page(dev, iova, k, pages[k]);
			assert_int_equal(outside_writes(dev, iova + 4 * PAGE, 4, 0), BLOCKED);
			assert_works(plx_iommu_unmap(d, iova, 4));
		}
		outside_close(dev, d);
	}
}

static void test_MAP_19_bar_is_memory_for_type1_alone(void **state)
{
	struct plx_domain *d = outside_domain(PLX_IOVA_ALLOC_FLEX);
	struct plx_dev *dev = outside_open("sim:dummy", d);
	volatile void *bar;
	struct plx_phys p;
	uint64_t iova;

	(void)state;
	assert_works(plx_mmio_map(dev, 0xd0000000, 0x10000, &bar));
	p = (struct plx_phys){ .type = PLX_PHYS_CONTIG, .contig = { (uintptr_t)bar + PAGE, PAGE } };
	if (outside.backend == PLX_BACKEND_IOMMUFD) {
		assert_fails(plx_iommu_map(d, 3, &p, NULL, NULL, NULL, &iova), -EFAULT,
			     INVALID_PARAMETER(3), PLX_R_BAD_VA, 3);
		assert_true(iova == PLX_IOVA_INVALID);
	} else if (is_type1()) {
		iova = map(d, 3, &p);
		assert_int_equal(outside_writes(dev, iova, 4, 9), DONE);
		assert_int_equal(((volatile uint8_t *)bar)[PAGE], 9);
		assert_works(plx_iommu_unmap(d, iova, 1));
	}
	assert_works(plx_mmio_unmap(dev, bar, 0x10000));
	p = outside_pages(0, 1);
	map(d, 3, &p);
	assert_works(plx_domain_unmap_all(d));
	outside_close(dev, d);
}

/* The narrowest device decides, as long as it is there. */
static void test_DEV_4_usable_ranges_shrink_and_grow(void **state)
{
	const uint64_t high = 1ull << 32;
	const struct plx_phys p = outside_pages(0, 1);
	struct plx_domain *d = outside_domain(PLX_IOVA_ALLOC_FLEX);
	struct plx_dev *wide = outside_open("sim:dummy,id=1,group=1", d), *narrow = NULL;
	const struct plx_dev_opts opts = { .domain = d };
	const char *name = "sim:dummy,id=2,group=2,aperture=32";
	struct plx_domain_info info;
	uint64_t iova;

	(void)state;
	assert_works(plx_iommu_map(d, 3, &p, &high, NULL, NULL, &iova));
	assert_int_equal(plx_dev_open(outside.ctx, name, &opts, &narrow), -EADDRINUSE);
	assert_int_equal(plx_last_error()->reason, PLX_R_IOVA_RESERVED);
	assert_null(narrow);
	assert_works(plx_iommu_unmap(d, high, 1));
	narrow = outside_open(name, d);
	assert_fails(plx_iommu_map(d, 3, &p, &high, NULL, NULL, &iova), -EADDRNOTAVAIL,
		     INVALID_PARAMETER(4), PLX_R_IOVA_RESERVED, 4);
	assert_works(plx_dev_close(narrow));
	assert_works(plx_iommu_map(d, 3, &p, &high, NULL, NULL, &iova));
	assert_int_equal(outside_writes(wide, high, 4, 0), DONE);
	assert_works(plx_domain_info(d, &info, NULL, 0));
	assert_int_equal(info.address_width, 39);
	assert_works(plx_iommu_unmap(d, high, 1));
	outside_close(wide, d);
}

/* --- what the kernel refuses (2.2) --- */

#ifdef POLLUX_TEST_H

static const struct refusal {
	int sys_errno;
	uint32_t status;
	enum plx_reason reason;
	unsigned arg;
} refusals[] = {
	{ ENOSPC, PLX_STATUS_INSUFFICIENT_RESOURCES, PLX_R_DMA_ENTRIES, 0 },
	{ ENOMEM, PLX_STATUS_INSUFFICIENT_RESOURCES, PLX_R_NONE, 0 }, /* MEMLOCK, or NOMEM */
	{ EFAULT, INVALID_PARAMETER(3), PLX_R_BAD_VA, 3 },
	{ EEXIST, PLX_STATUS_IN_USE, PLX_R_KERNEL_CONFLICT, 0 },
};

static void check_refusal(struct plx_domain *d, const struct refusal *r, unsigned nth)
{
	const struct iovec iov[] = { { outside.mem, PAGE }, { outside.mem + 4 * PAGE, PAGE } };
	const struct plx_phys p = { .type = PLX_PHYS_MDL, .mdl = { iov, 2 } };
	struct plx_domain_info before, after;
	uint64_t iova = 0;

	assert_works(plx_domain_info(d, &before, NULL, 0));
	plx_test_inject(PLX_TEST_IOCTL, is_type1() ? VFIO_IOMMU_MAP_DMA : IOMMU_IOAS_MAP, nth,
			r->sys_errno);
	assert_int_equal(plx_iommu_map(d, 3, &p, NULL, NULL, NULL, &iova), -r->sys_errno);
	assert_int_equal(plx_last_error()->sys_errno, r->sys_errno);
	assert_int_equal(plx_last_error()->status, r->status);
	assert_int_equal(plx_last_error()->backend, outside.backend);
	assert_int_equal(plx_last_error()->arg, r->arg);
	if (r->reason)
		assert_int_equal(plx_last_error()->reason, r->reason);
	assert_true(iova == PLX_IOVA_INVALID);
	assert_works(plx_domain_info(d, &after, NULL, 0));
	assert_int_equal(after.mappings, before.mappings);
	assert_true(after.mappings_left == before.mappings_left);
	iova = map(d, 3, &p);
	assert_int_equal(iova, PAGE);
	assert_works(plx_iommu_unmap(d, iova, 2));
}

static void test_MAP_9_kernel_refuses_a_piece(void **state)
{
	struct plx_domain *d = outside_domain(PLX_IOVA_ALLOC_FLEX);
	struct plx_dev *dev = outside_open("sim:dummy", d);

	(void)state;
	for (unsigned i = 0; outside.backend != PLX_BACKEND_SIM && i < 4; i++)
		for (unsigned nth = 1; nth <= 2; nth++)
			check_refusal(d, &refusals[i], nth);
	outside_close(dev, d);
}

/* Whichever file it is that is not there. */
static void test_file_of_vfio_is_missing(void **state)
{
	const struct plx_dev_opts opts = { .backend = outside.backend };
	unsigned files = outside_files(), nth = 1;
	struct plx_dev *dev = NULL;

	(void)state;
	if (outside.backend == PLX_BACKEND_SIM)
		return;
	for (; !dev; nth++) {
		plx_test_inject(PLX_TEST_OPEN, 0, nth, ENOENT);
		if (!plx_dev_open(outside.ctx, "sim:dummy", &opts, &dev))
			break;
		assert_null(dev);
		assert_int_equal(plx_last_error()->err, -ENODEV);
		assert_int_equal(plx_last_error()->status, PLX_STATUS_NOT_FOUND);
		assert_true(plx_last_error()->reason == PLX_R_NO_BACKEND ||
			    plx_last_error()->reason == PLX_R_NOT_BOUND);
		assert_int_equal(plx_last_error()->sys_errno, ENOENT);
		assert_int_equal(outside_files(), files);
	}
	plx_test_inject(PLX_TEST_OPEN, 0, 0, 0);
	assert_true(nth > 2);
	assert_works(plx_dev_close(dev));
}

#endif

/* --- very many --- */

static void fill(struct plx_domain *d, uint8_t *mem, unsigned from, unsigned n)
{
	for (unsigned i = from; i < n; i++) {
		const struct plx_phys p = { .type = PLX_PHYS_CONTIG,
					    .contig = { (uintptr_t)mem + i * 7919ull % MANY * PAGE,
							PAGE } };

		assert_int_equal(map(d, 3, &p), (i + 1) * PAGE);
	}
}

static void check_limit(struct plx_domain *d, uint8_t *mem)
{
	const struct plx_phys p = outside_pages(0, 1);
	uint64_t iova;

	if (outside.backend == PLX_BACKEND_IOMMUFD) { /* which has none */
		map(d, 3, &p);
		return;
	}
	fill(d, mem, MANY, LIMIT);
	assert_fails(plx_iommu_map(d, 3, &p, NULL, NULL, NULL, &iova), -ENOSPC,
		     PLX_STATUS_INSUFFICIENT_RESOURCES, PLX_R_DMA_ENTRIES, 0);
	assert_non_null(strstr(plx_last_error()->text, "65535"));
	assert_true(iova == PLX_IOVA_INVALID);
	assert_works(plx_iommu_unmap(d, PAGE, 1));
	assert_int_equal(map(d, 3, &p), PAGE);
}

static void test_MAP_18_very_many_mappings(void **state)
{
	uint8_t *mem = mmap(NULL, MANY * PAGE, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct plx_domain *d = outside_domain(PLX_IOVA_ALLOC_FLEX);
	struct plx_dev *dev = outside_open("sim:dummy", d);

	(void)state;
	assert_true(mem != MAP_FAILED);
	fill(d, mem, 0, MANY);
	for (unsigned i = 0; i < MANY; i += 7333) {
		uint8_t *page = mem + i * 7919ull % MANY * PAGE;

		assert_int_equal(outside_writes(dev, (i + 1) * PAGE + 5, 4, 9), DONE);
		assert_memory_equal(page + 4, "\0\x09\x0a\x0b\x0c", 6);
	}
	check_limit(d, mem);
	assert_works(plx_domain_unmap_all(d));
	assert_int_equal(outside_writes(dev, 7334 * PAGE, 4, 9), BLOCKED);
	outside_close(dev, d);
	munmap(mem, MANY * PAGE);
}

static void test_open_map_unmap_close_again_and_again(void **state)
{
	const struct plx_phys p = outside_pages(0, 2);
	struct plx_domain *d = outside_domain(PLX_IOVA_ALLOC_FLEX);
	unsigned files = outside_files();

	(void)state;
	for (unsigned i = 0; i < CYCLES; i++) {
		struct plx_dev *dev = outside_open("sim:dummy", d);
		uint64_t iova = map(d, 3, &p);

		assert_int_equal(iova, PAGE);
		assert_works(plx_iommu_unmap(d, iova, 2));
		assert_works(plx_dev_close(dev));
		assert_int_equal(i % 1000 ? files : outside_files(), files);
	}
	assert_works(plx_domain_delete(d));
}

static const struct CMUnitTest tests[] = {
	RULE(test_UNM_6_device_reaches_what_is_mapped),
	RULE(test_MAP_8_pieces_follow_each_other),
	RULE(test_MAP_19_bar_is_memory_for_type1_alone),
	RULE(test_DEV_4_usable_ranges_shrink_and_grow),
#ifdef POLLUX_TEST_H
	RULE(test_MAP_9_kernel_refuses_a_piece),
	RULE(test_file_of_vfio_is_missing),
#endif
	RULE(test_MAP_18_very_many_mappings),
	RULE(test_open_map_unmap_close_again_and_again),
};

OUTSIDE_MAIN(tests)
