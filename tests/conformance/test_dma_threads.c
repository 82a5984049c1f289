/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * MR-11: two threads on different map registers, or building lists on one channel, while a third
 * allocates and frees queue memory, so that the table they read is replaced under them.
 */
#define DEVLAB_SETUP devlab_setup_open
#include "devlab.h"

#include <pthread.h>
#include <stdatomic.h>

#define dev    devlab.dev
#define ROUNDS 2000

static _Atomic unsigned running;

struct worker {
	pthread_t thread;
	uint32_t idx;
	uint8_t *mapped; /* a page that the device reaches */
	uint64_t iova;
	struct plx_sgdma *s;
	unsigned wrong;
};

static void one_mapping(struct worker *w, const struct plx_buf *b, bool reached)
{
	struct plx_dma_seg seg;
	uint32_t n = 1;

	if (plx_mapreg_start(dev, b, w->idx, false, &seg, &n) || n != 1 || seg.len != b->len ||
	    (seg.iova == w->iova) != reached || plx_mapreg_complete(dev, b, w->idx))
		w->wrong++;
}

static void one_list(struct worker *w, const struct plx_buf *b, bool reached)
{
	union {
		struct plx_sg_list l;
		uint8_t bytes[sizeof(struct plx_sg_list) + 2 * sizeof(struct plx_dma_seg)];
	} list;

	if (plx_sg_build(w->s, b, 0, &list.l, sizeof(list), NULL) || list.l.n != 1 ||
	    (list.l.seg[0].iova == w->iova) != reached) {
		w->wrong++;
		return;
	}
	plx_sg_release(w->s, &list.l);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	uint8_t mem[256];
	const struct plx_buf inside = { w->mapped, 128, NULL }, outside = { mem, 256, NULL };

	memset(mem, (int)w->idx, sizeof(mem));
	for (unsigned i = 0; i < ROUNDS; i++) {
		const struct plx_buf *b = i % 2 ? &inside : &outside;

		if (w->s)
			one_list(w, b, i % 2);
		else
			one_mapping(w, b, i % 2);
	}
	for (unsigned i = 0; i < sizeof(mem); i++) /* nobody else's bytes */
		w->wrong += mem[i] != w->idx;
	atomic_fetch_sub(&running, 1);
	return NULL;
}

static void process(struct plx_sgdma *s, struct plx_sg_list *l, void *ctx)
{
	(void)s;
	(void)l;
	(void)ctx;
}

static void run(struct plx_sgdma *s)
{
	struct worker w[2] = { 0 };

	running = 2;
	for (uint32_t i = 0; i < 2; i++) {
		void *va;

		assert_works(plx_dmabuf_alloc(dev, PAGE, RW, &va, &w[i].iova));
		w[i].mapped = va;
		w[i].idx = i;
		w[i].s = s;
	}
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&w[i].thread, NULL, work, &w[i]), 0);
	do {
		uint64_t iova;
		void *va;

		assert_works(plx_dmabuf_alloc(dev, PAGE, RO, &va, &iova));
		assert_works(plx_dmabuf_free(dev, va));
	} while (running);
	for (unsigned i = 0; i < 2; i++) {
		pthread_join(w[i].thread, NULL);
		assert_int_equal(w[i].wrong, 0);
		assert_works(plx_dmabuf_free(dev, w[i].mapped));
	}
}

static void test_MR_11_threads(void **state)
{
	(void)state;
	assert_works(plx_mapreg_alloc(dev, 0, PLX_DMA_64BITS, 2, 1512));
	run(NULL);
	assert_works(plx_mapreg_free(dev));
}

static void test_SG_4_threads(void **state)
{
	struct plx_sgdma_desc d = { .type = PLX_SGDMA_TYPE,
				    .rev = PLX_SGDMA_REV_1,
				    .size = sizeof(d),
				    .flags = PLX_SGDMA_64BIT,
				    .max_mapping = 1514,
				    .process = process };
	struct plx_sgdma *s;

	(void)state;
	assert_works(plx_sgdma_register(dev, &d, &s));
	run(s);
	assert_works(plx_sgdma_deregister(s));
}

static const struct CMUnitTest tests[] = {
	RULE(test_MR_11_threads),
	RULE(test_SG_4_threads),
};

LAB_MAIN(tests)
