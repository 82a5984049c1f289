/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plx_iommu_copy(): the same memory in two domains.
 */
#include "lab.h"

#include "core/uapi.h"
#include "iommu/sim.h"

#include <linux/vfio.h>
#include <pollux/test.h>

static struct plx_domain *from, *to;

static int setup(void **state)
{
	lab_setup(state);
	from = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	to = lab_empty(PLX_IOVA_ALLOC_FLEX, 39);
	assert_works(lab_attach(to, 1));
	return 0;
}

static int teardown(void **state)
{
	lab_delete(from);
	lab_delete(to);
	return lab_teardown(state);
}

/* All of it from @iova on, to a place of the library's choice. */
static int copy(uint32_t perms, uint64_t iova, uint64_t npages, uint64_t *out)
{
	return plx_iommu_copy(to, perms, from, iova, npages, NULL, NULL, NULL, out);
}

static void test_reaches_the_same_memory(void **state)
{
	const uint64_t at = 0x40000;
	uint64_t iova, there;
	char said[8] = "";

	(void)state;
	iova = lab_map(from, NULL, NULL, NULL, 4);
	assert_works(plx_iommu_copy(to, RW, from, iova + PAGE, 2, &at, NULL, NULL, &there));
	assert_int_equal(there, at);
	assert_int_equal(lab_mappings(to), 1);
	if (lab.backend != PLX_BACKEND_SIM)
		return;
	memcpy(lab.mem + PAGE, "page 1", 7);
	assert_int_equal(plx_sim_iommu_access(to, at, sizeof(said), false, said), sizeof(said));
	assert_string_equal(said, "page 1");
}

/* Neither mapping needs the other, and rights are its own. */
static void test_is_independent(void **state)
{
	uint64_t iova, there;
	char byte = 0;

	(void)state;
	iova = lab_map(from, NULL, NULL, NULL, 1);
	assert_works(copy(PLX_IOMMU_READ, iova, 1, &there));
	assert_works(plx_iommu_unmap(from, iova, 1));
	assert_int_equal(lab_mappings(to), 1);
	assert_int_equal(plx_sim_kernel_entries(), lab.backend == PLX_BACKEND_SIM ? 0 : 1);
	if (lab.backend == PLX_BACKEND_SIM) {
		assert_int_equal(plx_sim_iommu_access(to, there, 1, false, &byte), 1);
		assert_int_equal(plx_sim_iommu_access(to, there, 1, true, &byte), 0);
	}
	assert_works(plx_iommu_unmap(to, there, 1));
}

/* iommufd is not asked to pin again: IOMMU_IOAS_MAP, which would fail, is not called. */
static void test_pins_once_on_iommufd(void **state)
{
	const unsigned long map =
		lab.backend == PLX_BACKEND_IOMMUFD ? PLX_UAPI_IOAS_MAP : VFIO_IOMMU_MAP_DMA;
	uint64_t iova, there;

	(void)state;
	iova = lab_map(from, NULL, NULL, NULL, 1);
	plx_test_inject(PLX_TEST_IOCTL, map, 1, EIO);
	if (lab.backend == PLX_BACKEND_TYPE1) {
		assert_int_equal(copy(RW, iova, 1, &there), -EIO);
		assert_int_equal(there, PLX_IOVA_INVALID);
	} else {
		assert_works(copy(RW, iova, 1, &there));
	}
	plx_test_inject(PLX_TEST_IOCTL, 0, 0, 0);
}

/* ... and where copying fails, nothing is left. */
static void test_failure_leaves_nothing(void **state)
{
	uint64_t iova, there;

	(void)state;
	if (lab.backend != PLX_BACKEND_IOMMUFD)
		return;
	iova = lab_map(from, NULL, NULL, NULL, 1);
	plx_test_inject(PLX_TEST_IOCTL, PLX_UAPI_IOAS_COPY, 1, ENOMEM);
	assert_int_equal(copy(RW, iova, 1, &there), -ENOMEM);
	assert_int_equal(lab_mappings(to), 0);
	assert_works(copy(RW, iova, 1, &there));
}

static void test_may_widen_rights_but_not_the_memory_s(void **state)
{
	const struct plx_phys readonly = { .type = PLX_PHYS_CONTIG,
					   .contig = { (uintptr_t)lab.readonly, PAGE } };
	uint64_t iova, there;

	(void)state;
	assert_works(plx_iommu_map(from, PLX_IOMMU_READ, &readonly, NULL, NULL, NULL, &iova));
	assert_fails(copy(RW, iova, 1, &there), -EFAULT, INVALID_PARAMETER(3), PLX_R_BAD_VA, 3);
	assert_works(copy(PLX_IOMMU_READ, iova, 1, &there));
}

static void test_source(void **state)
{
	const struct iovec pieces[] = { { lab.mem, PAGE }, { lab.mem + 2 * PAGE, PAGE } };
	const struct plx_phys scattered = { .type = PLX_PHYS_MDL, .mdl = { pieces, 2 } };
	struct plx_domain *gone = lab_empty(PLX_IOVA_ALLOC_NONE, 0);
	uint64_t iova, there = 0;

	(void)state;
	assert_works(plx_domain_delete(gone));
	iova = lab_map(from, NULL, NULL, NULL, 2);
	assert_fails(plx_iommu_copy(to, RW, gone, iova, 1, NULL, NULL, NULL, &there), -EINVAL,
		     INVALID_PARAMETER(3), PLX_R_DOMAIN_TYPE, 3);
	assert_fails(plx_iommu_copy(to, RW, NULL, iova, 1, NULL, NULL, NULL, &there), -EINVAL,
		     INVALID_PARAMETER(3), PLX_R_DOMAIN_TYPE, 3);
	assert_fails(copy(RW, iova + 1, 1, &there), -EINVAL, INVALID_PARAMETER(4), PLX_R_UNALIGNED,
		     4);
	assert_fails(copy(RW, iova, 0, &there), -EINVAL, INVALID_PARAMETER(5), PLX_R_ZERO_LEN, 5);
	assert_fails(copy(RW, iova, 3, &there), -ENOENT, PLX_STATUS_NOT_FOUND, PLX_R_NOT_MAPPED, 0);
	assert_fails(copy(RW, iova, UINT64_MAX, &there), -ENOENT, PLX_STATUS_NOT_FOUND,
		     PLX_R_NOT_MAPPED, 0);
	assert_fails(copy(RW, iova + 0x100000, 1, &there), -ENOENT, PLX_STATUS_NOT_FOUND,
		     PLX_R_NOT_MAPPED, 0);
	assert_works(plx_iommu_map(from, RW, &scattered, NULL, NULL, NULL, &iova));
	assert_fails(copy(RW, iova, 2, &there), -ENOTSUP, PLX_STATUS_NOT_SUPPORTED,
		     PLX_R_UNSUPPORTED, 0);
	assert_int_equal(there, PLX_IOVA_INVALID);
}

static void test_arguments(void **state)
{
	const uint64_t crooked = 0x1001;
	uint64_t iova, there;

	(void)state;
	iova = lab_map(from, NULL, NULL, NULL, 1);
	assert_fails(plx_iommu_copy(NULL, RW, from, iova, 1, NULL, NULL, NULL, &there), -EINVAL,
		     INVALID_PARAMETER(1), PLX_R_DOMAIN_TYPE, 1);
	assert_fails(copy(0, iova, 1, &there), -EINVAL, INVALID_PARAMETER(2), PLX_R_RESERVED_BITS,
		     2);
	assert_fails(plx_iommu_copy(to, RW, from, iova, 1, &crooked, NULL, NULL, &there), -EINVAL,
		     INVALID_PARAMETER(6), PLX_R_UNALIGNED, 6);
	assert_fails(copy(RW, iova, 1, NULL), -EINVAL, INVALID_PARAMETER(9), PLX_R_NULL_ARG, 9);
	/* Into itself is fine: the same memory twice. */
	assert_works(plx_iommu_copy(from, RW, from, iova, 1, NULL, NULL, NULL, &there));
	assert_true(there != iova);
}

#undef RULE /* two domains stand in each test */
#define RULE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

static const struct CMUnitTest tests[] = {
	RULE(test_reaches_the_same_memory),
	RULE(test_is_independent),
	RULE(test_pins_once_on_iommufd),
	RULE(test_failure_leaves_nothing),
	RULE(test_may_widen_rights_but_not_the_memory_s),
	RULE(test_source),
	RULE(test_arguments),
};

LAB_MAIN(tests)
