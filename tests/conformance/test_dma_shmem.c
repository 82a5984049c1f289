/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Shared memory: SHM-1 .. SHM-3, with a device that shares it.
 */
#define DEVLAB_SETUP devlab_setup_open
#include "devlab.h"

#define dev devlab.dev

static void channel(enum plx_dma_size sz)
{
	assert_works(plx_mapreg_alloc(dev, 0, sz, 1, 1514));
}

static void alloc_fails(uint32_t len, int err, uint32_t status, enum plx_reason reason,
			unsigned arg)
{
	uint64_t iova = 1;
	void *va = &iova;

	assert_fails(plx_shmem_alloc(dev, len, true, &va, &iova), err, status, reason, arg);
	assert_null(va);
	assert_true(iova == PLX_IOVA_INVALID);
}

static void test_SHM_1_order(void **state)
{
	uint64_t iova;
	void *va;

	(void)state;
	alloc_fails(64, -EPERM, PLX_STATUS_UNSUCCESSFUL, PLX_R_ORDER, 0);
	channel(PLX_DMA_32BITS);
	assert_works(plx_shmem_alloc(dev, 64, false, &va, &iova));
	assert_works(plx_dev_start(dev));
	alloc_fails(64, -EPERM, PLX_STATUS_UNSUCCESSFUL, PLX_R_STATE, 0);
	assert_works(plx_shmem_free(dev, 64, false, va, iova)); /* SHM-3: any state */
	assert_works(plx_dev_halt(dev));
	alloc_fails(64, -EPERM, PLX_STATUS_UNSUCCESSFUL, PLX_R_STATE, 0);
	assert_works(plx_mapreg_free(dev));
}

static void test_SHM_1_channel_gone(void **state)
{
	(void)state;
	channel(PLX_DMA_32BITS);
	assert_works(plx_mapreg_free(dev));
	alloc_fails(64, -EPERM, PLX_STATUS_UNSUCCESSFUL, PLX_R_ORDER, 0);
}

static void test_SHM_2_arguments(void **state)
{
	uint64_t iova = 1;
	void *va = &iova;

	(void)state;
	channel(PLX_DMA_32BITS);
	alloc_fails(0, -EINVAL, INVALID_PARAMETER(2), PLX_R_ZERO_LEN, 2);
	assert_fails(plx_shmem_alloc(dev, 64, true, NULL, &iova), -EINVAL, INVALID_PARAMETER(4),
		     PLX_R_NULL_ARG, 4);
	assert_true(iova == PLX_IOVA_INVALID);
	assert_fails(plx_shmem_alloc(dev, 64, true, &va, NULL), -EINVAL, INVALID_PARAMETER(5),
		     PLX_R_NULL_ARG, 5);
	assert_null(va);
	va = &iova;
	iova = 1;
	assert_fails(plx_shmem_alloc(NULL, 64, true, &va, &iova), -EINVAL,
		     PLX_STATUS_INVALID_PARAMETER, PLX_R_NULL_ARG, 1);
	assert_null(va);
	assert_true(iova == PLX_IOVA_INVALID);
	assert_works(plx_mapreg_free(dev));
}

static void check_block(uint32_t len, uint64_t last)
{
	static uint8_t data[3 * PAGE];
	uint64_t iova;
	void *va;

	assert_works(plx_shmem_alloc(dev, len, true, &va, &iova));
	assert_int_equal((uintptr_t)va % PAGE, 0);
	assert_int_equal(iova % plx_dma_alignment(dev), 0);
	assert_true(iova && iova + len - 1 <= last);
	for (uint32_t i = 0; i < len; i++)
		assert_int_equal(((uint8_t *)va)[i], 0);
	devlab_fill(va, len, 1);
	assert_true(devlab_dma_reads(iova, va, len));
	devlab_fill(data, len, 2);
	assert_true(devlab_dma_writes(iova, data, len));
	assert_memory_equal(va, data, len);
	assert_works(plx_shmem_free(dev, len, true, va, iova));
	assert_int_equal(devlab_dma(dev, DMA_READ, iova, 1, 0), DMA_BLOCKED);
}

static void test_SHM_2_block(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		static const uint64_t last[] = { 0xffffff, UINT32_MAX, TOP - 1 };

		channel((enum plx_dma_size)i);
		check_block(1, last[i]);
		check_block(3 * PAGE, last[i]);
		check_block(PAGE + 1, last[i]); /* zeroed, though the one before was there */
		assert_works(plx_mapreg_free(dev));
	}
}

static void test_SHM_2_limit(void **state)
{
	(void)state;
	channel(PLX_DMA_24BITS);
	alloc_fails(16u << 20, -ENOSPC, PLX_STATUS_INSUFFICIENT_RESOURCES, PLX_R_WINDOW_FULL, 0);
	assert_works(plx_mapreg_free(dev));
	channel(PLX_DMA_32BITS);
	alloc_fails(UINT32_MAX, -ENOSPC, PLX_STATUS_INSUFFICIENT_RESOURCES, PLX_R_WINDOW_FULL, 0);
	assert_works(plx_mapreg_free(dev));
}

/* Blocks below 16 MiB until there is no place, and then one less. */
static void test_SHM_2_full(void **state)
{
	uint64_t iova[16];
	unsigned n = 0;
	void *va[16];

	(void)state;
	channel(PLX_DMA_24BITS);
	while (n < 16 && !plx_shmem_alloc(dev, 3u << 20, true, &va[n], &iova[n]))
		n++;
	assert_int_equal(n, 5);
	alloc_fails(3u << 20, -ENOSPC, PLX_STATUS_INSUFFICIENT_RESOURCES, PLX_R_WINDOW_FULL, 0);
	while (n--)
		assert_works(plx_shmem_free(dev, 3u << 20, true, va[n], iova[n]));
	check_block(64, 0xffffff);
	assert_works(plx_mapreg_free(dev));
}

static void test_SHM_3_exactly(void **state)
{
	uint8_t *at;
	uint64_t iova;
	void *va;

	(void)state;
	channel(PLX_DMA_32BITS);
	assert_works(plx_shmem_alloc(dev, 2 * PAGE, true, &va, &iova));
	at = va;
#define free_fails(len, cached, v, io, err, status, reason, arg) \
	assert_fails(plx_shmem_free(dev, len, cached, v, io), err, status, reason, arg)
	free_fails(PAGE, true, va, iova, -EINVAL, INVALID_PARAMETER(2), PLX_R_MISMATCH, 2);
	free_fails(2 * PAGE, false, va, iova, -EINVAL, INVALID_PARAMETER(3), PLX_R_MISMATCH, 3);
	free_fails(2 * PAGE, true, at + 1, iova, -EINVAL, INVALID_PARAMETER(4), PLX_R_MISMATCH, 4);
	free_fails(PAGE, true, at + PAGE, iova + PAGE, -EINVAL, INVALID_PARAMETER(2),
		   PLX_R_MISMATCH, 2); /* no part */
	free_fails(2 * PAGE, true, va, iova + 1, -EINVAL, INVALID_PARAMETER(5), PLX_R_MISMATCH, 5);
	free_fails(2 * PAGE, true, &iova, iova, -ENOENT, PLX_STATUS_NOT_FOUND, PLX_R_NOT_MAPPED, 4);
	free_fails(2 * PAGE, true, NULL, iova, -EINVAL, INVALID_PARAMETER(4), PLX_R_NULL_ARG, 4);
	assert_fails(plx_dmabuf_free(dev, va), -ENOENT, PLX_STATUS_NOT_FOUND, PLX_R_NOT_MAPPED, 2);
	assert_fails(plx_shmem_free(NULL, 1, true, va, iova), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_NULL_ARG, 1);
	assert_int_equal(devlab_dma(dev, DMA_READ, iova, PAGE, 0), DMA_DONE); /* none was */
	assert_works(plx_mapreg_free(dev)); /* the block outlives the channel */
	assert_works(plx_shmem_free(dev, 2 * PAGE, true, va, iova));
	free_fails(2 * PAGE, true, va, iova, -ENOENT, PLX_STATUS_NOT_FOUND, PLX_R_NOT_MAPPED, 4);
#undef free_fails
}

static void test_SHM_2_alignment(void **state)
{
	uint32_t alignment = plx_dma_alignment(dev);

	(void)state;
	assert_true(alignment >= 64 && !(alignment & (alignment - 1)));
	assert_int_equal(plx_dma_alignment(NULL), 0);
	assert_int_equal(plx_last_error()->reason, PLX_R_NULL_ARG);
}

/* Three blocks and a channel are left: released, newest block first, the channel last. */
static void test_G_13_sweep(void **state)
{
	uint64_t iova;
	void *va;

	(void)state;
	channel(PLX_DMA_32BITS);
	for (uint32_t i = 1; i <= 3; i++)
		assert_works(plx_shmem_alloc(dev, i * 100, true, &va, &iova));
	devlab_reopen(NULL);
	assert_int_equal(lab.leaks, 4);
	assert_non_null(strstr(lab.said, "map registers"));
	assert_int_equal(devlab_mappings(dev), 0);
}

static const struct CMUnitTest tests[] = {
	RULE(test_SHM_1_order),     RULE(test_SHM_1_channel_gone), RULE(test_SHM_2_arguments),
	RULE(test_SHM_2_block),     RULE(test_SHM_2_limit),        RULE(test_SHM_2_full),
	RULE(test_SHM_2_alignment), RULE(test_SHM_3_exactly),      RULE(test_G_13_sweep),
};

LAB_MAIN(tests)
