/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Threads that drive sim:dummy at once, over each backend: run under TSan, too.
 */
#define _GNU_SOURCE
#define DEVLAB_SETUP devlab_setup_in_domain
#include "devlab.h"

#include <pthread.h>
#include <stdatomic.h>

#define ROUNDS 200

static atomic_uint failures;

static void run(void *(*body)(void *), pthread_t *thread, void *arg)
{
	assert_int_equal(pthread_create(thread, NULL, body, arg), 0);
}

/* Domains and devices of its own, in a context of its own, again and again. */
static void *live(void *arg)
{
	const struct plx_dev_opts opts = { .backend = lab.backend };
	uint32_t id = 0;

	(void)arg;
	for (unsigned i = 0; i < ROUNDS / 4; i++) {
		struct plx_ctx *ctx;
		struct plx_dev *dev;

		failures += plx_ctx_create(NULL, &ctx) != 0;
		failures += plx_dev_open(ctx, "sim:dummy", &opts, &dev) != 0;
		failures += plx_region_read(dev, 0, REG_ID, &id, 4) != 0 || id != 0x706c7801;
		failures += plx_dev_close(dev) != 0;
		failures += plx_ctx_destroy(ctx) != 0;
	}
	return NULL;
}

static void test_contexts_at_once(void **state)
{
	pthread_t threads[4];

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		run(live, &threads[i], NULL);
	for (unsigned i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(failures, 0);
}

struct engine {
	struct plx_dev *dev;
	uint64_t iova; /* of a page of its own */
};

/* DMA all the time. */
static void *drive(void *arg)
{
	struct engine *e = arg;
	const uint32_t len = 64, command = DMA_WRITE;
	uint32_t result = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		uint32_t offset = i;

		failures += plx_region_write(e->dev, 0, REG_IOVA, &e->iova, 8) != 0;
		failures += plx_region_write(e->dev, 0, REG_LEN, &len, 4) != 0;
		failures += plx_region_write(e->dev, 0, REG_OFFSET, &offset, 4) != 0;
		failures += plx_region_write(e->dev, 0, REG_COMMAND, &command, 4) != 0;
		failures += plx_region_read(e->dev, 0, REG_RESULT, &result, 4) != 0 || result;
	}
	return NULL;
}

/* Mappings of the same domain come and go. */
static void *map(void *arg)
{
	const struct plx_phys p = { .type = PLX_PHYS_CONTIG,
				    .contig = { (uintptr_t)lab.mem + 8 * PAGE, PAGE } };
	uint64_t iova;

	(void)arg;
	for (unsigned i = 0; i < ROUNDS; i++) {
		if (plx_iommu_map(devlab.d, RW, &p, NULL, NULL, NULL, &iova))
			failures++;
		else
			failures += plx_iommu_unmap(devlab.d, iova, 1) != 0;
	}
	return NULL;
}

static void test_dma_while_mapping(void **state)
{
	struct engine engines[2] = { { devlab.dev, devlab_map(0, 1, RW) },
				     { devlab_open_master("sim:dummy,id=1", devlab.d),
				       devlab_map(1, 1, RW) } };
	pthread_t threads[3];

	(void)state;
	run(drive, &threads[0], &engines[0]);
	run(drive, &threads[1], &engines[1]);
	run(map, &threads[2], NULL);
	for (unsigned i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(failures, 0);
	assert_int_equal(lab.mem[0], (ROUNDS - 1) % 251);
	assert_int_equal(lab.mem[PAGE], (ROUNDS - 1) % 251);
	assert_works(plx_dev_close(engines[1].dev));
}

/* Two threads, one device: whole accesses, one after the other. */
static void *count_accesses(void *arg)
{
	uint32_t n = 0, last = 0;

	(void)arg;
	for (unsigned i = 0; i < ROUNDS; i++) {
		failures += plx_region_read(devlab.dev, 2, 0x40, &n, 4) != 0 || n <= last;
		last = n;
	}
	return NULL;
}

static void test_one_device(void **state)
{
	pthread_t threads[3];

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		run(count_accesses, &threads[i], NULL);
	for (unsigned i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(failures, 0);
	assert_int_equal(devlab_read(devlab.dev, 2, 0x40, 4), 3 * ROUNDS + 1);
}

static const struct CMUnitTest tests[] = {
	RULE(test_contexts_at_once),
	RULE(test_dma_while_mapping),
	RULE(test_one_device),
};

LAB_MAIN(tests)
