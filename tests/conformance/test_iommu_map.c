/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IOMMU_MAP_LOGICAL_RANGE_EX: rules MAP-1 .. MAP-19 and the matrix of allocators.
 */
#include "lab.h"

#include <sys/mman.h>

/* plx_iommu_map() with what the caller left out filled in; the output is checked, too. */
static int map(struct plx_domain *d, uint32_t perms, const struct plx_phys *p, const uint64_t *at,
	       const uint64_t *min, const uint64_t *max)
{
	uint64_t iova = 1;
	int err = plx_iommu_map(d, perms, p, at, min, max, &iova);

	assert_true(!err || iova == PLX_IOVA_INVALID);
	return err;
}

/* --- arguments --- */

static void test_MAP_1_domain(void **state)
{
	struct plx_domain *d = lab_empty(PLX_IOVA_ALLOC_FLEX, 39);
	const struct plx_phys p = lab_pages(0, 1);

	(void)state;
	assert_fails(map(NULL, RW, &p, NULL, NULL, NULL), -EINVAL, INVALID_PARAMETER(1),
		     PLX_R_DOMAIN_TYPE, 1);
	assert_works(plx_domain_delete(d));
	assert_fails(map(d, RW, &p, NULL, NULL, NULL), -EINVAL, INVALID_PARAMETER(1),
		     PLX_R_DOMAIN_TYPE, 1);
	assert_int_equal(plx_iommu_last_status(), PLX_IOMMU_INVALID_PARAMETER_1);
}

static void test_MAP_2_permissions(void **state)
{
	static const uint32_t bad[] = { 0, 4, 8, RW | 1u << 31 };
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	const struct plx_phys p = lab_pages(0, 1);

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_fails(map(d, bad[i], &p, NULL, NULL, NULL), -EINVAL, INVALID_PARAMETER(2),
			     PLX_R_RESERVED_BITS, 2);
	assert_int_equal(plx_last_error()->backend, lab.backend);
	assert_string_equal(plx_last_error()->object, "domain 1");
	for (uint32_t perms = PLX_IOMMU_READ; perms <= RW; perms++)
		assert_works(map(d, perms, &p, NULL, NULL, NULL));
	lab_delete(d);
}

static void fails_3(struct plx_domain *d, const struct plx_phys *p, enum plx_reason reason)
{
	assert_fails(map(d, RW, p, NULL, NULL, NULL), -EINVAL, INVALID_PARAMETER(3), reason, 3);
}

static void test_MAP_3_contiguous(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	struct plx_phys p = lab_pages(0, 1);

	(void)state;
	fails_3(d, NULL, PLX_R_NULL_ARG);
	p.contig.size = 0;
	fails_3(d, &p, PLX_R_ZERO_LEN);
	p.contig.size = PAGE + 1;
	fails_3(d, &p, PLX_R_UNALIGNED);
	p.contig.size = PAGE - 1;
	fails_3(d, &p, PLX_R_UNALIGNED);
	p = lab_pages(0, 1);
	p.contig.base += 512;
	fails_3(d, &p, PLX_R_UNALIGNED);
	p.contig.base = -PAGE;
	p.contig.size = 2 * PAGE;
	fails_3(d, &p, PLX_R_WRAP);
	p = lab_pages(0, 1);
	p.flags = 2;
	fails_3(d, &p, PLX_R_RESERVED_BITS);
	p.flags = 0;
	p.type = (enum plx_phys_type)3;
	fails_3(d, &p, PLX_R_BAD_ENUM);
	p.type = (enum plx_phys_type) - 1;
	fails_3(d, &p, PLX_R_BAD_ENUM);
	lab_delete(d);
}

static void test_MAP_3_mdl(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	struct iovec iov[3] = { { lab.mem, PAGE }, { lab.mem + 2 * PAGE, PAGE } };
	struct plx_phys p = { .type = PLX_PHYS_MDL, .mdl = { iov, 0 } };

	(void)state;
	fails_3(d, &p, PLX_R_ZERO_LEN);
	p.mdl = (struct plx_iovec_list){ NULL, 1 };
	fails_3(d, &p, PLX_R_NULL_ARG);
	p.mdl = (struct plx_iovec_list){ iov, 2 };
	iov[1].iov_len = 100;
	fails_3(d, &p, PLX_R_UNALIGNED);
	iov[1].iov_len = -PAGE;
	fails_3(d, &p, PLX_R_WRAP);
	iov[0].iov_len = iov[1].iov_len = 0;
	fails_3(d, &p, PLX_R_ZERO_LEN);
	iov[0] = (struct iovec){ NULL, -PAGE }; /* together more than 2^64 */
	iov[1] = (struct iovec){ NULL, -PAGE };
	fails_3(d, &p, PLX_R_WRAP);
	lab_delete(d);
}

static void test_MAP_3_pfn(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	uint64_t frame[2] = { (uintptr_t)lab.mem / PAGE, 1ull << 52 };
	struct plx_phys p = { .type = PLX_PHYS_PFN, .pfn = { frame, 0 } };

	(void)state;
	fails_3(d, &p, PLX_R_ZERO_LEN);
	p.pfn = (struct plx_pfn_list){ NULL, 1 };
	fails_3(d, &p, PLX_R_NULL_ARG);
	p.pfn = (struct plx_pfn_list){ frame, 2 };
	fails_3(d, &p, PLX_R_WRAP);
	p.pfn.npages = 1;
	assert_works(map(d, RW, &p, NULL, NULL, NULL));
	lab_delete(d);
}

static void test_MAP_4_explicit_address(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_NONE, 0);
	const struct plx_phys p = lab_pages(0, 2);
	uint64_t at = 0x10800;

	(void)state;
	assert_fails(map(d, RW, &p, &at, NULL, NULL), -EINVAL, INVALID_PARAMETER(4),
		     PLX_R_UNALIGNED, 4);
	at = -PAGE;
	assert_fails(map(d, RW, &p, &at, NULL, NULL), -EINVAL, INVALID_PARAMETER(4), PLX_R_WRAP, 4);
	at = -2 * PAGE; /* to the last byte: no wrap, but outside the aperture */
	assert_fails(map(d, RW, &p, &at, NULL, NULL), -EADDRNOTAVAIL, INVALID_PARAMETER(4),
		     PLX_R_IOVA_RESERVED, 4);
	lab_delete(d);
}

static void test_MAP_4_before_MAP_5(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_BUDDY, 39);
	const struct plx_phys p = lab_pages(0, 1);
	const uint64_t at = 0x10800;

	(void)state;
	assert_fails(map(d, RW, &p, &at, NULL, NULL), -EINVAL, INVALID_PARAMETER(4),
		     PLX_R_UNALIGNED, 4);
	lab_delete(d);
}

static void test_MAP_11_output(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	const struct plx_phys p = lab_pages(0, 1);
	uint64_t iova = 5;

	(void)state;
	assert_fails(plx_iommu_map(d, RW, &p, NULL, NULL, NULL, NULL), -EINVAL,
		     INVALID_PARAMETER(7), PLX_R_NULL_ARG, 7);
	assert_int_equal(lab_mappings(d), 0);
	assert_int_equal(plx_iommu_map(d, 0, &p, NULL, NULL, NULL, &iova), -EINVAL);
	assert_true(iova == PLX_IOVA_INVALID);
	iova = 0x7000; /* one variable for the question and the answer */
	assert_works(plx_iommu_map(d, RW, &p, &iova, &iova, NULL, &iova));
	assert_int_equal(iova, 0x7000);
	lab_delete(d);
}

/* --- MAP-5: the matrix --- */

static void test_MAP_5_none(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_NONE, 0);
	const struct plx_phys p = lab_pages(0, 1);
	const uint64_t min = 0x1000, max = 0x100000;

	(void)state;
	assert_int_equal(lab_map_at(d, 0x40000000, 1), 0x40000000);
	assert_int_equal(lab_map_at(d, 0, 1), 0); /* a legal IOVA */
	assert_fails(map(d, RW, &p, NULL, NULL, NULL), -ENOTSUP, PLX_STATUS_NOT_SUPPORTED,
		     PLX_R_NEED_EXPLICIT, 0);
	assert_fails(map(d, RW, &p, NULL, &min, &max), -ENOTSUP, PLX_STATUS_NOT_SUPPORTED,
		     PLX_R_NEED_EXPLICIT, 0);
	lab_delete(d);
}

static void test_MAP_5_no_allocator_given(void **state)
{
	struct plx_domain *d;
	const struct plx_phys p = lab_pages(0, 1);

	(void)state;
	assert_works(plx_domain_create(lab.io, PLX_DOMAIN_TRANSLATE, 0, NULL, NULL, &d));
	assert_fails(map(d, RW, &p, NULL, NULL, NULL), -ENOTSUP, PLX_STATUS_NOT_SUPPORTED,
		     PLX_R_NEED_EXPLICIT, 0);
	lab_delete(d);
}

static void test_MAP_5_buddy(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_BUDDY, 39);
	const struct plx_phys p = lab_pages(0, 1);
	const uint64_t at = 0x40000000, min = 0x10000, reserved = MSI;

	(void)state;
	assert_fails(map(d, RW, &p, &at, NULL, NULL), -ENOTSUP, PLX_STATUS_NOT_SUPPORTED,
		     PLX_R_NO_EXPLICIT, 0);
	assert_fails(map(d, RW, &p, &at, &min, NULL), -ENOTSUP, PLX_STATUS_NOT_SUPPORTED,
		     PLX_R_NO_EXPLICIT, 0);
	/* MAP-5 comes before MAP-6. */
	assert_fails(map(d, RW, &p, &reserved, NULL, NULL), -ENOTSUP, PLX_STATUS_NOT_SUPPORTED,
		     PLX_R_NO_EXPLICIT, 0);
	assert_int_equal(lab_map(d, NULL, NULL, NULL, 1), 0x1000);
	assert_int_equal(lab_map(d, NULL, &min, NULL, 1), 0x10000);
	lab_delete(d);
}

static void test_MAP_5_flex(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	const struct plx_phys p = lab_pages(0, 1);
	const uint64_t at = 0x40000000, min = 0x40000000, max = 0x40000fff, less = max - 1;

	(void)state;
	assert_int_equal(lab_map(d, &at, &min, &max, 1), at);
	assert_works(plx_iommu_unmap(d, at, 1));
	assert_fails(map(d, RW, &p, &at, NULL, &less), -ERANGE, PLX_STATUS_INVALID_PARAMETER_MIX,
		     PLX_R_WINDOW_BAD, PLX_ARG_MIX);
	assert_fails(map(d, RW, &p, &at, &less, NULL), -ERANGE, PLX_STATUS_INVALID_PARAMETER_MIX,
		     PLX_R_WINDOW_BAD, PLX_ARG_MIX);
	assert_fails(map(d, RW, &p, &at, &max, &min), -ERANGE, PLX_STATUS_INVALID_PARAMETER_MIX,
		     PLX_R_WINDOW_BAD, PLX_ARG_MIX);
	assert_int_equal(lab_map(d, &at, NULL, NULL, 1), at);
	assert_int_equal(lab_map(d, NULL, NULL, NULL, 1), 0x1000);
	assert_int_equal(lab_map(d, NULL, &min, NULL, 1), 0x40001000);
	lab_delete(d);
}

/* --- where explicit ranges may be --- */

static void fails_6(struct plx_domain *d, uint64_t at, unsigned n)
{
	const struct plx_phys p = lab_pages(0, n);

	assert_fails(map(d, RW, &p, &at, NULL, NULL), -EADDRNOTAVAIL, INVALID_PARAMETER(4),
		     PLX_R_IOVA_RESERVED, 4);
}

static void test_MAP_6_usable_ranges(void **state)
{
	static const enum plx_iova_alloc types[] = { PLX_IOVA_ALLOC_NONE, PLX_IOVA_ALLOC_FLEX };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct plx_domain *d = lab_domain(types[i], 39);

		fails_6(d, MSI, 1);
		assert_non_null(strstr(plx_last_error()->text, "0xfee00000-0xfeefffff"));
		fails_6(d, MSI_END - PAGE, 1);
		fails_6(d, MSI - PAGE, 2);
		fails_6(d, MSI_END - PAGE, 2);
		fails_6(d, TOP, 1);
		assert_non_null(strstr(plx_last_error()->text, "0x7fffffffff"));
		fails_6(d, TOP - PAGE, 2);
		assert_int_equal(lab_map_at(d, MSI - PAGE, 1), MSI - PAGE);
		assert_int_equal(lab_map_at(d, MSI_END, 1), MSI_END);
		assert_int_equal(lab_map_at(d, TOP - PAGE, 1), TOP - PAGE);
		lab_delete(d);
	}
}

static void test_MAP_6_reserved_region(void **state)
{
	const struct plx_reserved_region second = { NULL, 0x30000, 1, false };
	const struct plx_reserved_region first = { &second, 0x10000, 2, false };
	const struct plx_iova_alloc_cfg flex = { PLX_IOVA_ALLOC_FLEX, 39 };
	struct plx_domain *d;

	(void)state;
	assert_works(plx_domain_create(lab.io, PLX_DOMAIN_TRANSLATE, 0, &flex, &first, &d));
	assert_works(lab_attach(d, 0));
	fails_6(d, 0x10000, 1);
	fails_6(d, 0x11000, 1);
	fails_6(d, 0xf000, 2);
	fails_6(d, 0x2f000, 3);
	assert_int_equal(lab_map(d, NULL, NULL, NULL, 14), 0x1000);
	assert_int_equal(lab_map(d, NULL, NULL, NULL, 2), 0x12000); /* never inside them */
	lab_delete(d);
}

static void test_MAP_7_overlap(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	const struct plx_phys p = lab_pages(0, 4);
	static const uint64_t at[] = { 0x20000, 0x1d000, 0x23000, 0x1e000 };
	uint64_t token_at = 0x80000;
	struct plx_token *t;

	(void)state;
	assert_int_equal(lab_map_at(d, 0x20000, 4), 0x20000);
	for (unsigned i = 0; i < 4; i++)
		assert_fails(map(d, RW, &p, &at[i], NULL, NULL), -EEXIST, PLX_STATUS_IN_USE,
			     PLX_R_IOVA_BUSY, 0);
	assert_int_equal(plx_iommu_last_status(), PLX_IOMMU_IN_USE);
	assert_int_equal(lab_map_at(d, 0x1c000, 4), 0x1c000); /* next door */
	assert_works(plx_iova_reserve(d, 4 * PAGE, &token_at, NULL, NULL, 0, &t));
	assert_fails(map(d, RW, &p, &token_at, NULL, NULL), -EEXIST, PLX_STATUS_IN_USE,
		     PLX_R_IOVA_BUSY, 0);
	assert_works(plx_token_free(t));
	assert_int_equal(lab_map_at(d, token_at, 4), token_at);
	lab_delete(d);
}

/* The backstop: the kernel knows of a mapping that the library does not. */
static void test_MAP_7_kernel_conflict(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	const struct plx_phys p = lab_pages(0, 1);
	const uint64_t at = 0x50000;

	(void)state;
	if (lab.backend != PLX_BACKEND_SIM) {
		plx_sim_kernel_squat(at, PAGE);
		assert_fails(map(d, RW, &p, &at, NULL, NULL), -EEXIST, PLX_STATUS_IN_USE,
			     PLX_R_KERNEL_CONFLICT, 0);
		assert_int_equal(plx_last_error()->sys_errno, EEXIST);
		lab_assert_logged("0x50000-0x50fff", "");
	}
	if (lab.backend == PLX_BACKEND_TYPE1) {
		/* What is not ours is not ours to unmap; it goes with the device. */
		assert_int_equal(plx_sim_kernel_entries(), 1);
	}
	lab_delete(d);
}

/* --- what a mapping is --- */

static void test_MAP_8_extents_merge(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	struct iovec iov[] = { { lab.mem, PAGE },
			       { lab.mem + PAGE, 2 * PAGE },
			       { lab.mem + 9 * PAGE, 0 },
			       { lab.mem + 3 * PAGE, PAGE },
			       { lab.mem + 8 * PAGE, PAGE } };
	const struct plx_phys p = { .type = PLX_PHYS_MDL, .mdl = { iov, 5 } };
	uint64_t at = 0x100000;
	struct plx_domain_info before, after;

	(void)state;
	assert_works(plx_domain_info(d, &before, NULL, 0));
	assert_works(map(d, RW, &p, &at, NULL, NULL));
	assert_works(plx_domain_info(d, &after, NULL, 0));
	assert_int_equal(after.mappings, 1);
	if (lab.backend != PLX_BACKEND_IOMMUFD)
		assert_int_equal(before.mappings_left - after.mappings_left, 2);
	if (lab.backend != PLX_BACKEND_SIM)
		assert_int_equal(plx_sim_kernel_maps(), 2);
	/* It is one range of 5 pages: all of it goes, and nothing less. */
	assert_int_equal(plx_iommu_unmap(d, at, 4), -EINVAL);
	assert_works(plx_iommu_unmap(d, at, 5));
	assert_int_equal(plx_sim_kernel_entries(), 0);
	lab_delete(d);
}

static void test_MAP_8_pages_in_order(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	const uint64_t mem = (uintptr_t)lab.mem / PAGE;
	const uint64_t frame[] = { mem + 3, mem + 4, mem + 1, mem };
	const struct plx_phys p = { .type = PLX_PHYS_PFN, .pfn = { frame, 4 } };
	uint64_t iova;

	(void)state;
	assert_works(plx_iommu_map(d, RW, &p, NULL, NULL, NULL, &iova));
	if (lab.backend != PLX_BACKEND_SIM)
		assert_int_equal(plx_sim_kernel_maps(), 3); /* 3+4, 1, 0 */
	assert_works(plx_iommu_unmap(d, iova, 4));
	lab_delete(d);
}

static void test_MAP_9_all_or_nothing(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	struct iovec iov[] = { { lab.mem, PAGE },
			       { lab.mem + 2 * PAGE, PAGE },
			       { lab.readonly, PAGE },
			       { lab.mem + 4 * PAGE, PAGE } };
	const struct plx_phys p = { .type = PLX_PHYS_MDL, .mdl = { iov, 4 } };
	struct plx_domain_info before, after;

	(void)state;
	assert_works(plx_domain_info(d, &before, NULL, 0));
	assert_fails(map(d, RW, &p, NULL, NULL, NULL), -EFAULT, INVALID_PARAMETER(3), PLX_R_BAD_VA,
		     3);
	assert_works(plx_domain_info(d, &after, NULL, 0));
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(plx_sim_kernel_entries(), 0);
	assert_int_equal(lab_map(d, NULL, NULL, NULL, 1), 0x1000); /* the IOVA is free again */
	lab_delete(d);
}

/* --- windows and allocators --- */

static void test_MAP_12_window_without_allocator(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_NONE, 0);
	const uint64_t at = 0x10000, min = 0xfffff000, max = 3;

	(void)state;
	assert_int_equal(lab_map(d, &at, &min, &max, 1), at);
	lab_delete(d);
}

static void test_MAP_13_buddy_blocks(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_BUDDY, 39);

	(void)state;
	assert_int_equal(lab_map(d, NULL, NULL, NULL, 1), 0x1000); /* not page 0 */
	assert_int_equal(lab_map(d, NULL, NULL, NULL, 3), 0x4000); /* a block of 4 */
	assert_int_equal(lab_map(d, NULL, NULL, NULL, 1), 0x2000);
	assert_int_equal(lab_map(d, NULL, NULL, NULL, 2), 0x8000);
	assert_int_equal(lab_map(d, NULL, NULL, NULL, 1), 0x3000); /* 0x7000 is the tail */
	assert_int_equal(lab_map(d, NULL, NULL, NULL, 1), 0xa000);
	assert_int_equal(lab_map(d, NULL, NULL, NULL, 5), 0x10000);
	assert_works(plx_iommu_unmap(d, 0x4000, 3));
	assert_int_equal(lab_map(d, NULL, NULL, NULL, 4), 0x4000);
	lab_delete(d);
}

static void test_MAP_13_usable_ranges_only(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_BUDDY, 39);
	const uint64_t min = MSI - PAGE, below = MSI - 4 * PAGE;

	(void)state;
	assert_int_equal(lab_map(d, NULL, &min, NULL, 2), MSI_END);
	assert_int_equal(lab_map(d, NULL, &min, NULL, 1), MSI - PAGE);
	/* Three pages would fit below, but their block of four would not. */
	assert_int_equal(lab_map(d, NULL, &below, NULL, 3), MSI_END + 4 * PAGE);
	lab_delete(d);
}

static void test_MAP_13_flex_is_first_fit(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);

	(void)state;
	assert_int_equal(lab_map(d, NULL, NULL, NULL, 3), 0x1000);
	assert_int_equal(lab_map(d, NULL, NULL, NULL, 2), 0x4000);
	assert_int_equal(lab_map(d, NULL, NULL, NULL, 1), 0x6000);
	assert_works(plx_iommu_unmap(d, 0x4000, 2));
	assert_int_equal(lab_map(d, NULL, NULL, NULL, 3), 0x7000);
	assert_int_equal(lab_map(d, NULL, NULL, NULL, 1), 0x4000);
	lab_delete(d);
}

static void test_MAP_14_window_bounds(void **state)
{
	static const enum plx_iova_alloc types[] = { PLX_IOVA_ALLOC_BUDDY, PLX_IOVA_ALLOC_FLEX };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct plx_domain *d = lab_domain(types[i], 39);
		const struct plx_phys p = lab_pages(0, 2);
		const uint64_t min = 0x40000, max = 0x41fff, inside = 0x3f001, more = 0x42ffe;

		/* Exactly the size; min rounded up, max + 1 rounded down. */
		assert_int_equal(lab_map(d, NULL, &min, &max, 2), 0x40000);
		assert_works(plx_iommu_unmap(d, 0x40000, 2));
		assert_int_equal(lab_map(d, NULL, &inside, &more, 2), 0x40000);
		assert_fails(map(d, RW, &p, NULL, &min, &max), -ENOSPC,
			     PLX_STATUS_INVALID_PARAMETER_MIX, PLX_R_WINDOW_FULL, PLX_ARG_MIX);
		lab_delete(d);
	}
}

/* Of a block only what is mapped must lie in the window. */
static void test_MAP_14_block_tail_outside(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_BUDDY, 39);
	const uint64_t min = 0x40000, max = 0x42fff, next = 0x43000, end = 0x43fff;

	(void)state;
	assert_int_equal(lab_map(d, NULL, &min, &max, 3), 0x40000);
	assert_true(lab_map(d, NULL, &next, &end, 1) == PLX_IOVA_INVALID);
	assert_int_equal(plx_last_error()->reason, PLX_R_WINDOW_FULL);
	lab_delete(d);
}

static void fails_bad(struct plx_domain *d, uint64_t min, uint64_t max, unsigned n)
{
	const struct plx_phys p = lab_pages(0, n);

	assert_fails(map(d, RW, &p, NULL, &min, &max), -ERANGE, PLX_STATUS_INVALID_PARAMETER_MIX,
		     PLX_R_WINDOW_BAD, PLX_ARG_MIX);
}

static void test_MAP_15_bad_windows(void **state)
{
	static const enum plx_iova_alloc types[] = { PLX_IOVA_ALLOC_BUDDY, PLX_IOVA_ALLOC_FLEX };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct plx_domain *d = lab_domain(types[i], 39);

		fails_bad(d, 0x50000, 0x4ffff, 1); /* min > max */
		fails_bad(d, 0x50000, 0x50fff, 2); /* too small */
		fails_bad(d, 0x50001, 0x50fff, 1); /* too small once rounded */
		fails_bad(d, 0, 0, 1);
		fails_bad(d, 0, 0xfff, 1);         /* page 0 is never given out */
		fails_bad(d, MSI, MSI_END - 1, 1); /* disjoint from the usable ranges */
		fails_bad(d, TOP, UINT64_MAX, 1);
		lab_delete(d);
	}
}

static void test_MAP_15_exhaustion_without_window(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_BUDDY, 13);
	const struct plx_phys p = lab_pages(0, 1), two = lab_pages(0, 2);

	(void)state;
	assert_fails(map(d, RW, &two, NULL, NULL, NULL), -ENOSPC, PLX_STATUS_INSUFFICIENT_RESOURCES,
		     PLX_R_WINDOW_FULL, 0);
	assert_int_equal(lab_map(d, NULL, NULL, NULL, 1), 0x1000); /* all that 13 bits have */
	assert_fails(map(d, RW, &p, NULL, NULL, NULL), -ENOSPC, PLX_STATUS_INSUFFICIENT_RESOURCES,
		     PLX_R_WINDOW_FULL, 0);
	assert_int_equal(plx_iommu_last_status(), PLX_IOMMU_INSUFFICIENT_RESOURCES);
	lab_delete(d);
}

/* --- the kernel's part --- */

static void test_MAP_17_memory(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	struct plx_phys p = { .type = PLX_PHYS_CONTIG,
			      .contig = { (uintptr_t)lab.readonly, PAGE } };
	void *hole = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_works(map(d, PLX_IOMMU_READ, &p, NULL, NULL, NULL));
	assert_fails(map(d, PLX_IOMMU_WRITE, &p, NULL, NULL, NULL), -EFAULT, INVALID_PARAMETER(3),
		     PLX_R_BAD_VA, 3);
	assert_int_equal(plx_last_error()->sys_errno, EFAULT);
	munmap(hole, PAGE);
	p.contig.base = (uintptr_t)hole;
	assert_fails(map(d, PLX_IOMMU_READ, &p, NULL, NULL, NULL), -EFAULT, INVALID_PARAMETER(3),
		     PLX_R_BAD_VA, 3);
	lab_delete(d);
}

static void test_MAP_18_entry_limit(void **state)
{
	struct plx_domain *d;
	const struct plx_phys p = lab_pages(0, 1);
	struct iovec iov[] = { { lab.mem, PAGE }, { lab.mem + 2 * PAGE, PAGE } };
	const struct plx_phys scattered = { .type = PLX_PHYS_MDL, .mdl = { iov, 2 } };
	struct plx_domain_info info;

	(void)state;
	plx_sim_config.dma_entry_limit = 3;
	d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	assert_works(plx_domain_info(d, &info, NULL, 0));
	assert_true(info.mappings_left == (lab.backend == PLX_BACKEND_SIM       ? 65535
					   : lab.backend == PLX_BACKEND_IOMMUFD ? UINT64_MAX
										: 3));
	if (lab.backend == PLX_BACKEND_TYPE1) {
		assert_works(map(d, RW, &scattered, NULL, NULL, NULL));
		assert_fails(map(d, RW, &scattered, NULL, NULL, NULL), -ENOSPC,
			     PLX_STATUS_INSUFFICIENT_RESOURCES, PLX_R_DMA_ENTRIES, 0);
		assert_works(map(d, RW, &p, NULL, NULL, NULL));
		assert_fails(map(d, RW, &p, NULL, NULL, NULL), -ENOSPC,
			     PLX_STATUS_INSUFFICIENT_RESOURCES, PLX_R_DMA_ENTRIES, 0);
		plx_sim_config.dma_entry_limit = 65535;
	}
	lab_delete(d);
}

static void test_MAP_19_host_physical(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	struct plx_phys p = lab_pages(0, 1);

	(void)state;
	p.flags = PLX_PHYS_HOSTPA;
	assert_fails(map(d, RW, &p, NULL, NULL, NULL), -ENOTSUP, PLX_STATUS_NOT_SUPPORTED,
		     PLX_R_NO_PHYS, 0);
	lab_delete(d);
}

/* type1 needs a device; the others keep mappings without one, as Windows does. */
static void test_X_12_map_without_device(void **state)
{
	struct plx_domain *d = lab_empty(PLX_IOVA_ALLOC_FLEX, 39);
	const struct plx_phys p = lab_pages(0, 1);

	(void)state;
	if (lab.backend == PLX_BACKEND_TYPE1)
		assert_fails(map(d, RW, &p, NULL, NULL, NULL), -ENODEV, PLX_STATUS_NOT_FOUND,
			     PLX_R_NO_DEVICE, 0);
	else
		assert_works(map(d, RW, &p, NULL, NULL, NULL));
	assert_works(plx_domain_unmap_all(d));
	lab_delete(d);
}

static const struct CMUnitTest tests[] = {
	RULE(test_MAP_1_domain),
	RULE(test_MAP_2_permissions),
	RULE(test_MAP_3_contiguous),
	RULE(test_MAP_3_mdl),
	RULE(test_MAP_3_pfn),
	RULE(test_MAP_4_explicit_address),
	RULE(test_MAP_4_before_MAP_5),
	RULE(test_MAP_5_none),
	RULE(test_MAP_5_no_allocator_given),
	RULE(test_MAP_5_buddy),
	RULE(test_MAP_5_flex),
	RULE(test_MAP_6_usable_ranges),
	RULE(test_MAP_6_reserved_region),
	RULE(test_MAP_7_overlap),
	RULE(test_MAP_7_kernel_conflict),
	RULE(test_MAP_8_extents_merge),
	RULE(test_MAP_8_pages_in_order),
	RULE(test_MAP_9_all_or_nothing),
	RULE(test_MAP_11_output),
	RULE(test_MAP_12_window_without_allocator),
	RULE(test_MAP_13_buddy_blocks),
	RULE(test_MAP_13_usable_ranges_only),
	RULE(test_MAP_13_flex_is_first_fit),
	RULE(test_MAP_14_window_bounds),
	RULE(test_MAP_14_block_tail_outside),
	RULE(test_MAP_15_bad_windows),
	RULE(test_MAP_15_exhaustion_without_window),
	RULE(test_MAP_17_memory),
	RULE(test_MAP_18_entry_limit),
	RULE(test_MAP_19_host_physical),
	RULE(test_X_12_map_without_device),
};

LAB_MAIN(tests)
