/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IOMMU_UNMAP_LOGICAL_RANGE: rules UNM-1 .. UNM-7.
 */
#include "lab.h"

#include "iommu/sim.h"

static void test_UNM_1_arguments(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39), *gone;

	(void)state;
	assert_fails(plx_iommu_unmap(NULL, 0x1000, 1), -EINVAL, INVALID_PARAMETER(1),
		     PLX_R_DOMAIN_TYPE, 1);
	gone = lab_empty(PLX_IOVA_ALLOC_NONE, 0);
	assert_works(plx_domain_delete(gone));
	assert_fails(plx_iommu_unmap(gone, 0x1000, 1), -EINVAL, INVALID_PARAMETER(1),
		     PLX_R_DOMAIN_TYPE, 1);
	assert_fails(plx_iommu_unmap(d, 0x1001, 1), -EINVAL, INVALID_PARAMETER(2), PLX_R_UNALIGNED,
		     2);
	assert_fails(plx_iommu_unmap(d, 0x1000, 0), -EINVAL, INVALID_PARAMETER(3), PLX_R_ZERO_LEN,
		     3);
	assert_fails(plx_iommu_unmap(d, -PAGE, 2), -EINVAL, INVALID_PARAMETER(3), PLX_R_WRAP, 3);
	assert_fails(plx_iommu_unmap(d, 0x1000, UINT64_MAX), -EINVAL, INVALID_PARAMETER(3),
		     PLX_R_WRAP, 3);
	/* To the very last byte is no wrap. */
	assert_fails(plx_iommu_unmap(d, -PAGE, 1), -ENOENT, PLX_STATUS_NOT_FOUND, PLX_R_NOT_MAPPED,
		     0);
	assert_fails(plx_iommu_unmap(d, 0, 1ull << 52), -ENOENT, PLX_STATUS_NOT_FOUND,
		     PLX_R_NOT_MAPPED, 0);
	lab_delete(d);
}

static void fails_split(struct plx_domain *d, uint64_t iova, uint64_t npages)
{
	assert_fails(plx_iommu_unmap(d, iova, npages), -EINVAL, PLX_STATUS_UNSUCCESSFUL,
		     PLX_R_SPLIT, 0);
}

static void test_UNM_2_split(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);

	(void)state;
	lab_map_at(d, 0x10000, 1);
	lab_map_at(d, 0x11000, 4);
	fails_split(d, 0x11000, 3);
	fails_split(d, 0x12000, 3);
	fails_split(d, 0x12000, 1);
	fails_split(d, 0x10000, 2); /* the first one whole, the second cut: neither goes */
	fails_split(d, 0x14000, 100);
	assert_int_equal(lab_mappings(d), 2);
	assert_works(plx_iommu_unmap(d, 0x11000, 4));
	assert_int_equal(lab_mappings(d), 1);
	lab_delete(d);
}

static void test_UNM_3_several_and_holes(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);

	(void)state;
	for (uint64_t i = 0; i < 8; i++)
		lab_map_at(d, 0x100000 + i * 0x10000, 2);
	assert_works(plx_iommu_unmap(d, 0x10f000, 0x31)); /* holes at both ends, and between */
	assert_int_equal(lab_mappings(d), 5);
	assert_works(plx_iommu_unmap(d, 0, 1ull << 27));
	assert_int_equal(lab_mappings(d), 0);
	assert_int_equal(plx_sim_kernel_entries(), 0);
	lab_delete(d);
}

static void test_UNM_3_nothing(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);

	(void)state;
	assert_fails(plx_iommu_unmap(d, 0x10000, 16), -ENOENT, PLX_STATUS_NOT_FOUND,
		     PLX_R_NOT_MAPPED, 0);
	assert_int_equal(plx_iommu_last_status(), PLX_IOMMU_NOT_FOUND);
	lab_map_at(d, 0x20000, 1);
	assert_int_equal(plx_iommu_unmap(d, 0x10000, 16), -ENOENT);
	assert_int_equal(plx_iommu_unmap(d, 0x21000, 16), -ENOENT);
	assert_works(plx_iommu_unmap(d, 0x20000, 1));
	assert_int_equal(plx_iommu_unmap(d, 0x20000, 1), -ENOENT);
	lab_delete(d);
}

static void test_UNM_4_token_backed(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	const struct plx_phys p = lab_pages(0, 1);
	const uint64_t at = 0x40000;
	struct plx_segment s;
	struct plx_token *t;

	(void)state;
	lab_map_at(d, 0x3f000, 1);
	assert_works(plx_iova_reserve(d, 4 * PAGE, &at, NULL, NULL, 0, &t));
	/* Reserved is not mapped. */
	assert_int_equal(plx_iommu_unmap(d, at, 4), -ENOENT);
	assert_works(plx_token_map(t, PAGE, RW, &p, &s));
	assert_fails(plx_iommu_unmap(d, at, 4), -EBUSY, PLX_STATUS_RESOURCE_IN_USE,
		     PLX_R_TOKENS_LIVE, 0);
	assert_fails(plx_iommu_unmap(d, at - PAGE, 3), -EBUSY, PLX_STATUS_RESOURCE_IN_USE,
		     PLX_R_TOKENS_LIVE, 0);
	assert_int_equal(lab_mappings(d), 2);
	assert_works(plx_iommu_unmap(d, at - PAGE, 2)); /* ends before the segment */
	assert_works(plx_token_unmap(&s));
	assert_works(plx_token_free(t));
	lab_delete(d);
}

static void test_UNM_5_iova_is_free_again(void **state)
{
	static const enum plx_iova_alloc types[] = { PLX_IOVA_ALLOC_NONE, PLX_IOVA_ALLOC_BUDDY,
						     PLX_IOVA_ALLOC_FLEX };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct plx_domain *d = lab_domain(types[i], 39);
		const uint64_t at = 0x4000;

		for (unsigned round = 0; round < 3; round++) {
			/* Buddy's block is of 4, and all of it comes back. */
			uint64_t iova = lab_map(d, i == 1 ? NULL : &at, NULL, NULL, 3);

			assert_int_equal(iova, 0x4000);
			assert_works(plx_iommu_unmap(d, iova, round == 2 && i == 1 ? 4 : 3));
		}
		lab_delete(d);
	}
}

#define MODEL_PAGES 512
#define MODEL_LIVE  64

/* Pages of the model that a mapping of @n takes: lowest first, Buddy's in aligned blocks. */
static unsigned lowest_free(const bool *taken, unsigned block, bool aligned)
{
	for (unsigned at = aligned ? block : 1;; at += aligned ? block : 1) {
		unsigned i = 0;

		assert_true(at + block <= MODEL_PAGES);
		while (i < block && !taken[at + i])
			i++;
		if (i == block)
			return at;
	}
}

/*
 * Single calls and bursts, of one size and of several: whatever the domain remembers of what was
 * unmapped, the next place is the lowest one that is free.
 */
static void lowest_first(enum plx_iova_alloc type)
{
	struct plx_domain *d = lab_domain(type, 39);
	struct {
		unsigned at, n, block;
	} live[MODEL_LIVE] = { 0 };
	bool taken[MODEL_PAGES] = { 0 };
	unsigned seed = 1, sizes = 1;

	for (unsigned step = 0; step < 20000; step++) {
		unsigned i = (seed = seed * 1103515245 + 12345) >> 16 & (MODEL_LIVE - 1);

		if (step % 500 == 0)
			sizes = 1 + step / 500 % 4;
		if (live[i].n) {
			assert_works(plx_iommu_unmap(d, live[i].at * PAGE, live[i].n));
			memset(&taken[live[i].at], false, live[i].block);
			if (step % 16 == 0) /* and is reminded now and then */
				assert_fails(plx_iommu_unmap(d, live[i].at * PAGE, live[i].n),
					     -ENOENT, PLX_STATUS_NOT_FOUND, PLX_R_NOT_MAPPED, 0);
			live[i].n = 0;
			continue;
		}
		live[i].n = live[i].block = 1 + (seed >> 24) % sizes;
		while (type == PLX_IOVA_ALLOC_BUDDY && live[i].block & (live[i].block - 1))
			live[i].block++;
		live[i].at = lowest_free(taken, live[i].block, type == PLX_IOVA_ALLOC_BUDDY);
		assert_int_equal(lab_map(d, NULL, NULL, NULL, live[i].n), live[i].at * PAGE);
		memset(&taken[live[i].at], true, live[i].block);
	}
	lab_delete(d);
}

static void test_UNM_5_lowest_is_next(void **state)
{
	(void)state;
	lowest_first(PLX_IOVA_ALLOC_BUDDY);
	lowest_first(PLX_IOVA_ALLOC_FLEX);
}

/* What was unmapped is in nobody's way: not of an address, a token, or a device's ranges. */
static void test_UNM_5_free_for_all(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	const uint64_t at = TOP - PAGE, low = PAGE;
	struct plx_token *t;

	(void)state;
	assert_int_equal(lab_map_at(d, at, 1), at);
	assert_works(plx_iommu_unmap(d, at, 1));
	plx_sim_config.groups[1].width = 32;
	assert_works(lab_attach(d, 1));
	assert_int_equal(lab_map(d, NULL, NULL, NULL, 2), low);
	assert_works(plx_iommu_unmap(d, low, 2));
	assert_works(plx_iova_reserve(d, 4 * PAGE, &low, NULL, NULL, 0, &t));
	assert_works(plx_token_free(t));
	assert_int_equal(lab_map(d, NULL, &low, NULL, 3), low);
	assert_works(plx_iommu_unmap(d, low, 3));
	assert_int_equal(lab_mappings(d), 0);
	assert_works(plx_iommu_unmap(d, lab_map_at(d, 2 * PAGE, 1), 1));
	lab_delete(d);
}

static void test_UNM_6_device_cannot_reach(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	const struct plx_phys p = lab_pages(0, 2);
	uint8_t buf[3 * PAGE];
	uint64_t iova;

	(void)state;
	assert_works(plx_iommu_map(d, PLX_IOMMU_READ, &p, NULL, NULL, NULL, &iova));
	if (lab.backend == PLX_BACKEND_SIM) {
		memset(lab.mem, 0x5a, 2 * PAGE);
		assert_int_equal(plx_sim_iommu_access(d, iova, 3 * PAGE, false, buf), 2 * PAGE);
		assert_int_equal(buf[2 * PAGE - 1], 0x5a);
		assert_int_equal(plx_sim_iommu_access(d, iova, 8, true, buf), 0);
		assert_int_equal(plx_sim_iommu_access(d, iova - 8, 16, false, buf), 0);
	}
	assert_works(plx_iommu_unmap(d, iova, 2));
	assert_int_equal(plx_sim_iommu_access(d, iova, 1, false, buf), 0);
	assert_int_equal(plx_sim_kernel_entries(), 0);
	lab_delete(d);
}

/* What the device writes arrives, page for page where scattered memory is. */
static void test_UNM_6_device_writes(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	struct iovec iov[] = { { lab.mem + 5 * PAGE, PAGE }, { lab.mem, PAGE } };
	const struct plx_phys p = { .type = PLX_PHYS_MDL, .mdl = { iov, 2 } };
	uint8_t buf[] = "over the edge";
	uint64_t iova;

	(void)state;
	assert_works(plx_iommu_map(d, RW, &p, NULL, NULL, NULL, &iova));
	if (lab.backend == PLX_BACKEND_SIM) {
		assert_int_equal(plx_sim_iommu_access(d, iova + PAGE - 5, sizeof(buf), true, buf),
				 sizeof(buf));
		assert_memory_equal(lab.mem + 6 * PAGE - 5, "over ", 5);
		assert_memory_equal(lab.mem, "the edge", 8);
	}
	assert_works(plx_iommu_unmap(d, iova, 2));
	lab_delete(d);
}

static void test_UNM_7_all(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	const struct plx_phys p = lab_pages(0, 1);
	struct plx_segment s;
	struct plx_token *t;

	(void)state;
	assert_works(plx_domain_unmap_all(d)); /* of nothing */
	for (uint64_t i = 1; i < 20; i++)
		lab_map_at(d, i * 0x10000, 3);
	lab_map_at(d, TOP - PAGE, 1);
	assert_works(plx_domain_unmap_all(d));
	assert_int_equal(lab_mappings(d), 0);
	assert_int_equal(plx_sim_kernel_entries(), 0);
	assert_int_equal(lab_map_at(d, 0x10000, 3), 0x10000);
	assert_works(plx_iova_reserve(d, PAGE, NULL, NULL, NULL, 0, &t));
	assert_works(plx_token_map(t, 0, RW, &p, &s));
	assert_fails(plx_domain_unmap_all(d), -EBUSY, PLX_STATUS_RESOURCE_IN_USE, PLX_R_TOKENS_LIVE,
		     0);
	assert_int_equal(lab_mappings(d), 2);
	assert_works(plx_token_unmap(&s));
	assert_works(plx_domain_unmap_all(d)); /* the token stays */
	assert_works(plx_token_free(t));
	assert_fails(plx_domain_unmap_all(NULL), -EINVAL, INVALID_PARAMETER(1), PLX_R_DOMAIN_TYPE,
		     1);
	lab_delete(d);
}

/* A kernel before 5.12 has no flag for it. */
static void test_UNM_7_without_the_flag(void **state)
{
	struct plx_iommu *old;
	struct plx_iommu *io = lab.io;
	struct plx_domain *d;

	(void)state;
	plx_sim_config.no_unmap_all = true;
	assert_works(plx_iommu_open(lab.ctx, 2, 0, lab.backend, &old));
	lab.io = old;
	d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	lab_map_at(d, 0x10000, 3);
	lab_map_at(d, TOP - PAGE, 1);
	assert_works(plx_domain_unmap_all(d));
	assert_int_equal(plx_sim_kernel_entries(), 0);
	lab_delete(d);
	assert_works(plx_iommu_close(old));
	lab.io = io;
}

static const struct CMUnitTest tests[] = {
	RULE(test_UNM_1_arguments),
	RULE(test_UNM_2_split),
	RULE(test_UNM_3_several_and_holes),
	RULE(test_UNM_3_nothing),
	RULE(test_UNM_4_token_backed),
	RULE(test_UNM_5_iova_is_free_again),
	RULE(test_UNM_5_lowest_is_next),
	RULE(test_UNM_5_free_for_all),
	RULE(test_UNM_6_device_cannot_reach),
	RULE(test_UNM_6_device_writes),
	RULE(test_UNM_7_all),
	RULE(test_UNM_7_without_the_flag),
};

LAB_MAIN(tests)
