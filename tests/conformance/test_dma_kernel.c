/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernel refuses what lib/dma asks it for: 2.2, MR-7, G-4.
 */
#define DEVLAB_SETUP devlab_setup_open
#include "devlab.h"

#include <pollux/test.h>

#include "core/uapi.h"

#include <linux/vfio.h>

#define dev devlab.dev

/* sim asks no kernel. */
static bool no_kernel(void)
{
	return lab.backend == PLX_BACKEND_SIM;
}

static void inject_map(int err)
{
	bool type1 = lab.backend == PLX_BACKEND_TYPE1;

	plx_test_inject(PLX_TEST_IOCTL, type1 ? VFIO_IOMMU_MAP_DMA : PLX_UAPI_IOAS_MAP, 1, err);
}

static void inject_unmap(int err)
{
	bool type1 = lab.backend == PLX_BACKEND_TYPE1;

	plx_test_inject(PLX_TEST_IOCTL, type1 ? VFIO_IOMMU_UNMAP_DMA : PLX_UAPI_IOAS_UNMAP, 1, err);
}

static void check_alloc(int kernel, int err, uint32_t status, enum plx_reason reason)
{
	uint64_t iova = 1;
	void *va = &iova;

	inject_map(kernel);
	assert_fails(plx_mapreg_alloc(dev, 0, PLX_DMA_32BITS, 4, 1514), err, status, reason, 0);
	assert_int_equal(plx_last_error()->sys_errno, kernel);
	assert_int_equal(plx_last_error()->backend, lab.backend);
	inject_map(kernel);
	assert_fails(plx_dmabuf_alloc(dev, PAGE, RW, &va, &iova), err, status, reason, 0);
	assert_null(va);
	assert_true(iova == PLX_IOVA_INVALID);
	assert_int_equal(devlab_mappings(dev), 0);
	/* MR-6: as if nothing had been */
	assert_works(plx_mapreg_alloc(dev, 0, PLX_DMA_32BITS, 2, 1514));
	inject_map(kernel);
	assert_fails(plx_shmem_alloc(dev, 64, true, &va, &iova), err, status, reason, 0);
	assert_null(va);
	assert_true(iova == PLX_IOVA_INVALID);
	assert_works(plx_mapreg_free(dev));
}

/* Which of the two reasons of ENOMEM it is here depends on who runs the test (2.2). */
static enum plx_reason memory_reason(void)
{
	enum plx_reason reason;

	inject_map(ENOMEM);
	assert_int_equal(plx_mapreg_alloc(dev, 0, PLX_DMA_32BITS, 4, 1514), -ENOMEM);
	reason = plx_last_error()->reason;
	assert_true(reason == PLX_R_MEMLOCK || reason == PLX_R_NOMEM);
	return reason;
}

static void test_MR_7_kernel(void **state)
{
	(void)state;
	if (no_kernel())
		return;
	check_alloc(ENOMEM, -ENOMEM, PLX_STATUS_INSUFFICIENT_RESOURCES, memory_reason());
	check_alloc(ENOSPC, -ENOSPC, PLX_STATUS_INSUFFICIENT_RESOURCES, PLX_R_DMA_ENTRIES);
	check_alloc(EEXIST, -EEXIST, PLX_STATUS_IN_USE, PLX_R_KERNEL_CONFLICT);
	lab_assert_errors(3); /* which are said */
}

/* What cannot be unmapped stays as it was, and can be freed later. */
static void test_SHM_3_kernel(void **state)
{
	uint64_t queue, shared;
	void *va, *block;

	(void)state;
	if (no_kernel())
		return;
	assert_works(plx_mapreg_alloc(dev, 0, PLX_DMA_32BITS, 4, 1514));
	assert_works(plx_dmabuf_alloc(dev, PAGE, RW, &va, &queue));
	assert_works(plx_shmem_alloc(dev, 64, true, &block, &shared));
	inject_unmap(EIO);
	assert_fails(plx_dmabuf_free(dev, va), -EIO, PLX_STATUS_UNSUCCESSFUL, PLX_R_KERNEL_CONFLICT,
		     0);
	inject_unmap(EIO);
	assert_fails(plx_shmem_free(dev, 64, true, block, shared), -EIO, PLX_STATUS_UNSUCCESSFUL,
		     PLX_R_KERNEL_CONFLICT, 0);
	inject_unmap(EIO);
	assert_fails(plx_mapreg_free(dev), -EIO, PLX_STATUS_UNSUCCESSFUL, PLX_R_KERNEL_CONFLICT, 0);
	assert_int_equal(devlab_dma(dev, DMA_READ, queue, PAGE, 0), DMA_DONE);
	assert_int_equal(devlab_dma(dev, DMA_READ, shared, 64, 0), DMA_DONE);
	assert_works(plx_dmabuf_free(dev, va));
	assert_works(plx_shmem_free(dev, 64, true, block, shared));
	assert_works(plx_mapreg_free(dev));
	lab.errors = 0;
}

/* At close there is no later: it is said, and the domain takes it with it. */
static void test_G_13_kernel(void **state)
{
	uint64_t iova;
	void *va;

	(void)state;
	if (no_kernel())
		return;
	assert_works(plx_dmabuf_alloc(dev, PAGE, RW, &va, &iova));
	inject_unmap(EIO);
	devlab_reopen(NULL);
	assert_int_equal(lab.leaks, 1);
	assert_true(lab.errors >= 1);
	lab.errors = 0;
}

static const struct CMUnitTest tests[] = {
	RULE(test_MR_7_kernel),
	RULE(test_SHM_3_kernel),
	RULE(test_G_13_kernel),
};

LAB_MAIN(tests)
