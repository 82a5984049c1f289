/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Shortage of memory: a device's life with everything in it is lived again and again, and each time
 * one more allocation succeeds before one fails. The failure must be said, and nothing be left (G-4).
 *
 * The linker sends allocations here (-Wl,--wrap).
 */
#define _GNU_SOURCE
#define DEVLAB_SETUP devlab_setup_open
#include "devlab.h"

#include <sys/mman.h>

#define dev devlab.dev

static unsigned fail_in; /* the nth allocation from now fails; 0: none */
static bool failed;

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
int __real_memfd_create(const char *name, unsigned flags);
int __wrap_memfd_create(const char *name, unsigned flags);

static bool fails_now(void)
{
	if (!fail_in || --fail_in)
		return false;
	failed = true;
	errno = ENOMEM;
	return true;
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails_now() ? NULL : __real_calloc(n, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
	return fails_now() ? NULL : __real_aligned_alloc(alignment, size);
}

/* An arena can do without a hugetlb memfd, and a domain without its ledger: that is no failure. */
int __wrap_memfd_create(const char *name, unsigned flags)
{
	bool needed = !(flags & MFD_HUGETLB) && strncmp(name, "pollux-dma:", 11);

	return needed && fails_now() ? -1 : __real_memfd_create(name, flags);
}

struct life {
	bool registers;
	void *queue, *shared;
	uint64_t queue_iova, shared_iova;
	struct plx_sgdma *s;
};

static void process(struct plx_sgdma *s, struct plx_sg_list *l, void *ctx)
{
	(void)s;
	(void)l;
	(void)ctx;
}

/* Up to the first failure. */
static int live(struct life *l, bool with_sg)
{
	struct plx_sgdma_desc d = { .type = PLX_SGDMA_TYPE,
				    .rev = PLX_SGDMA_REV_1,
				    .size = sizeof(d),
				    .max_mapping = 1514,
				    .process = process };
	int err;

	if (with_sg) {
		err = plx_sgdma_register(dev, &d, &l->s);
	} else {
		err = plx_mapreg_alloc(dev, 0, PLX_DMA_32BITS, 32, 1512);
		l->registers = !err;
	}
	if (!err)
		err = plx_shmem_alloc(dev, 100, true, &l->shared, &l->shared_iova);
	if (!err)
		err = plx_dmabuf_alloc(dev, 3u << 20, RW, &l->queue, &l->queue_iova);
	return err;
}

static void die(struct life *l)
{
	if (l->queue)
		assert_works(plx_dmabuf_free(dev, l->queue));
	if (l->shared)
		assert_works(plx_shmem_free(dev, 100, true, l->shared, l->shared_iova));
	if (l->registers)
		assert_works(plx_mapreg_free(dev));
	if (l->s)
		assert_works(plx_sgdma_deregister(l->s));
	assert_int_equal(devlab_mappings(dev), 0);
}

static void live_and_die(bool with_sg)
{
	unsigned n = 0;

	do {
		struct life l = { 0 };
		int err;

		devlab_reopen(NULL);
		devlab_attributes(dev, true);
		failed = false;
		fail_in = ++n;
		err = live(&l, with_sg);
		fail_in = 0;
		assert_int_equal(err, failed ? -ENOMEM : 0);
		if (failed) {
			assert_int_equal(plx_last_error()->reason, PLX_R_NOMEM);
			assert_int_equal(plx_last_error()->status,
					 PLX_STATUS_INSUFFICIENT_RESOURCES);
			assert_int_equal(plx_last_error()->arg, 0);
		}
		die(&l);
		assert_int_equal(lab.leaks, 0);
	} while (failed);
	assert_true(n > 10);
}

static void test_MR_7_memory(void **state)
{
	(void)state;
	live_and_die(false);
}

static void test_SG_1_memory(void **state)
{
	(void)state;
	live_and_die(true);
}

static const struct CMUnitTest tests[] = {
	RULE(test_MR_7_memory),
	RULE(test_SG_1_memory),
};

LAB_MAIN(tests)
