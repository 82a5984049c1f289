/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Queue memory and the pools of packets: what a device reaches and what it does not (G-11a, G-12).
 */
#define DEVLAB_SETUP devlab_setup_open
#include "devlab.h"

#include "dma/memory.h"
#include "port/pool_map.h"

#define dev devlab.dev

static void *memory(size_t len, uint32_t perms, uint64_t *iova)
{
	void *va;

	assert_works(plx_dmabuf_alloc(dev, len, perms, &va, iova));
	return va;
}

static void alloc_fails(size_t len, uint32_t perms, int err, uint32_t status,
			enum plx_reason reason, unsigned arg)
{
	uint64_t iova = 1;
	void *va = &iova;

	assert_fails(plx_dmabuf_alloc(dev, len, perms, &va, &iova), err, status, reason, arg);
	assert_null(va);
	assert_true(iova == PLX_IOVA_INVALID);
}

static void test_G_11_any_state(void **state)
{
	uint64_t iova[3];
	void *va[3];

	(void)state;
	va[0] = memory(1, RW, &iova[0]);
	assert_works(plx_dev_start(dev));
	va[1] = memory(PAGE, RW, &iova[1]);
	assert_works(plx_dmabuf_free(dev, va[0]));
	assert_works(plx_dev_halt(dev));
	va[2] = memory(5 * PAGE, RW, &iova[2]);
	assert_works(plx_dmabuf_free(dev, va[2]));
	assert_works(plx_dmabuf_free(dev, va[1]));
	assert_int_equal(devlab_mappings(dev), 0);
}

static void test_G_12_attributes_first(void **state)
{
	uint64_t iova;

	(void)state;
	devlab_reopen(NULL);
	alloc_fails(64, RW, -EPERM, PLX_STATUS_UNSUCCESSFUL, PLX_R_ORDER, 0);
	devlab_attributes(dev, true);
	assert_works(plx_dmabuf_free(dev, memory(64, RW, &iova)));
}

static void test_dmabuf_arguments(void **state)
{
	uint64_t iova = 1;
	void *va = &iova;

	(void)state;
	alloc_fails(0, RW, -EINVAL, INVALID_PARAMETER(2), PLX_R_ZERO_LEN, 2);
	alloc_fails(64, 0, -EINVAL, INVALID_PARAMETER(3), PLX_R_RESERVED_BITS, 3);
	alloc_fails(64, 4, -EINVAL, INVALID_PARAMETER(3), PLX_R_RESERVED_BITS, 3);
	alloc_fails(SIZE_MAX, RW, -ENOMEM, PLX_STATUS_INSUFFICIENT_RESOURCES, PLX_R_NOMEM, 0);
	alloc_fails(((size_t)1 << 37) + 1, RW, -ENOMEM, PLX_STATUS_INSUFFICIENT_RESOURCES,
		    PLX_R_NOMEM, 0);
	assert_fails(plx_dmabuf_alloc(dev, 64, RW, NULL, &iova), -EINVAL, INVALID_PARAMETER(4),
		     PLX_R_NULL_ARG, 4);
	assert_fails(plx_dmabuf_alloc(dev, 64, RW, &va, NULL), -EINVAL, INVALID_PARAMETER(5),
		     PLX_R_NULL_ARG, 5);
	assert_fails(plx_dmabuf_alloc(NULL, 64, RW, &va, &iova), -EINVAL,
		     PLX_STATUS_INVALID_PARAMETER, PLX_R_NULL_ARG, 1);
	assert_fails(plx_dmabuf_free(NULL, &iova), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_NULL_ARG, 1);
	assert_fails(plx_dmabuf_free(dev, NULL), -EINVAL, INVALID_PARAMETER(2), PLX_R_NULL_ARG, 2);
	assert_fails(plx_dmabuf_free(dev, &iova), -ENOENT, PLX_STATUS_NOT_FOUND, PLX_R_NOT_MAPPED,
		     2);
	va = memory(2 * PAGE, RW, &iova);
	assert_fails(plx_dmabuf_free(dev, (uint8_t *)va + PAGE), -EINVAL, INVALID_PARAMETER(2),
		     PLX_R_MISMATCH, 2);
	assert_works(plx_dmabuf_free(dev, va));
	assert_fails(plx_dmabuf_free(dev, va), -ENOENT, PLX_STATUS_NOT_FOUND, PLX_R_NOT_MAPPED, 2);
}

/* Each permission alone, and one page beside the buffer: the device is blocked. */
static void test_dmabuf_least_privilege(void **state)
{
	static const uint32_t perms[] = { RO, WO, RW };
	uint8_t data[64];

	(void)state;
	devlab_fill(data, sizeof(data), 7);
	for (unsigned i = 0; i < 3; i++) {
		uint64_t iova;
		uint8_t *va = memory(PAGE, perms[i], &iova);

		memcpy(va, data, 64);
		assert_true(devlab_dma_reads(iova, data, 64) == !!(perms[i] & RO));
		memset(data, 1, sizeof(data));
		assert_true(devlab_dma_writes(iova, data, 64) == !!(perms[i] & WO));
		assert_int_equal(va[0] == 1, !!(perms[i] & WO));
		assert_int_equal(devlab_dma(dev, DMA_READ, iova + PAGE, 1, 0), DMA_BLOCKED);
		devlab_fill(data, sizeof(data), 7);
		assert_works(plx_dmabuf_free(dev, va));
		assert_int_equal(devlab_dma(dev, DMA_READ, iova, 1, 0), DMA_BLOCKED);
		assert_int_equal(devlab_dma(dev, DMA_WRITE, iova, 1, 0), DMA_BLOCKED);
	}
}

/* Zeroed whatever was there; many small ones share an arena and do not overlap. */
static void test_dmabuf_memory(void **state)
{
	uint8_t *va[64];
	uint64_t iova[64];

	(void)state;
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 64; i++) {
			size_t len = (i % 5 + 1) * 1500;

			va[i] = memory(len, RW, &iova[i]);
			assert_int_equal((uintptr_t)va[i] % PAGE, 0);
			for (size_t j = 0; j < len; j++)
				assert_int_equal(va[i][j], 0);
			memset(va[i], (int)i + 1, len);
		}
		for (unsigned i = 0; i < 64; i++)
			for (size_t j = 0; j < (i % 5 + 1) * 1500; j++)
				assert_int_equal(va[i][j], i + 1);
		for (unsigned i = 0; i < 64; i++) /* not in the order of their making */
			assert_works(plx_dmabuf_free(dev, va[(i * 37 + round) % 64]));
	}
	assert_int_equal(devlab_mappings(dev), 0);
}

/* Larger than an arena of 2 MiB, and larger than hugepages there may be. */
static void test_dmabuf_large(void **state)
{
	const size_t len = (5u << 20) + 1;
	uint64_t iova;
	uint8_t *va = memory(len, RW, &iova), data[64];

	(void)state;
	devlab_fill(data, sizeof(data), 3);
	assert_true(devlab_dma_writes(iova + len - 64, data, 64));
	assert_memory_equal(va + len - 64, data, 64);
	assert_works(plx_dmabuf_free(dev, va));
}

/* IOVA = virtual address, where memory could be placed low (not under sanitizers). */
static void test_dmabuf_own_address(void **state)
{
	uint64_t iova;
	void *va = memory(PAGE, RW, &iova);

	(void)state;
	if ((uintptr_t)va < TOP)
		assert_int_equal(iova, (uintptr_t)va);
	else
		assert_true(iova < TOP);
	assert_works(plx_dmabuf_free(dev, va));
}

static struct plx_domain *own_domain(struct plx_iommu **io, enum plx_iova_alloc type)
{
	const struct plx_iova_alloc_cfg cfg = { type, 39 };
	struct plx_dev_opts opts = { .backend = lab.backend };

	assert_works(plx_iommu_open(lab.ctx, 2, 0, lab.backend, io));
	assert_works(plx_domain_create(*io, PLX_DOMAIN_TRANSLATE, 0, &cfg, NULL, &opts.domain));
	devlab_reopen(&opts);
	devlab_attributes(dev, true);
	return opts.domain;
}

/* A Buddy takes no wishes; without allocator the room chooses. */
static void test_dmabuf_domains(void **state)
{
	static const enum plx_iova_alloc types[] = { PLX_IOVA_ALLOC_NONE, PLX_IOVA_ALLOC_BUDDY };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct plx_iommu *io;
		struct plx_domain *d = own_domain(&io, types[i]);
		uint64_t iova[20];
		void *va[20];
		uint8_t data[64];

		devlab_fill(data, sizeof(data), i);
		for (unsigned j = 0; j < 20; j++) {
			va[j] = memory(3 * PAGE, RW, &iova[j]);
			assert_true(devlab_dma_writes(iova[j] + 2 * PAGE, data, 64));
			assert_memory_equal((uint8_t *)va[j] + 2 * PAGE, data, 64);
		}
		for (unsigned j = 0; j < 20; j++)
			assert_works(plx_dmabuf_free(dev, va[j]));
		assert_int_equal(devlab_mappings(dev), 0);
		devlab_reopen(NULL);
		devlab_attributes(dev, true);
		assert_works(plx_domain_delete(d));
		assert_works(plx_iommu_close(io));
	}
}

/* The domain goes, and later the memory that was mapped in it. */
static void test_dmabuf_outlives_its_domain(void **state)
{
	struct plx_iommu *io;
	struct plx_domain *d = own_domain(&io, PLX_IOVA_ALLOC_FLEX);
	uint64_t iova;
	void *va = memory(PAGE, RW, &iova), *second = memory(PAGE, RW, &iova);
	int err = plx_domain_detach(d, dev);

	(void)state;
	if (lab.backend == PLX_BACKEND_TYPE1) { /* DEV-5 */
		assert_int_equal(err, -EBUSY);
		assert_int_equal(plx_last_error()->reason, PLX_R_STILL_MAPPED);
		assert_works(plx_dmabuf_free(dev, va));
		assert_works(plx_dmabuf_free(dev, second));
		devlab_reopen(NULL);
		assert_works(plx_domain_delete(d));
		assert_works(plx_iommu_close(io));
		return;
	}
	assert_int_equal(err, 0);
	alloc_fails(64, RW, -EPERM, PLX_STATUS_ACCESS_DENIED, PLX_R_ORDER, 0);
	assert_works(plx_dmabuf_free(dev, va)); /* still mapped */
	assert_works(plx_domain_delete(d));     /* with a warning: the second is */
	assert_int_equal(lab.warnings, 1);
	assert_works(plx_iommu_close(io));
	assert_works(plx_dmabuf_free(dev, second));
}

static void test_G_13_leaks(void **state)
{
	uint64_t iova;

	(void)state;
	memory(100, RW, &iova);
	memory(200, RO, &iova);
	devlab_reopen(NULL);
	assert_int_equal(lab.leaks, 2);
	assert_non_null(strstr(lab.said, "100 bytes")); /* the older one last */
}

/* --- pools --- */

static struct plx_pool *new_pool(unsigned count)
{
	struct plx_pool_opts opts = PLX_POOL_OPTS_DEFAULT;
	struct plx_pool *pool;

	opts.count = count;
	assert_works(plx_pool_create(lab.ctx, &opts, &pool));
	return pool;
}

static void test_pool_permissions(void **state)
{
	struct plx_pool *pool = new_pool(2000);
	struct plx_pool_map send, receive, again;
	struct plx_pkt pkts[2000];
	uint8_t data[64];

	(void)state;
	devlab_fill(data, sizeof(data), 3);
	assert_works(plx_pool_map(dev, pool, RO, &send));
	assert_int_equal(devlab_mappings(dev), 1);
	assert_int_equal(plx_pool_get(pool, NULL, pkts, 2000), 2000);
	memcpy(pkts[1999].data, data, 64);
	assert_true(devlab_dma_reads((uintptr_t)pkts[1999].data + send.offset, data, 64));
	assert_false(devlab_dma_writes((uintptr_t)pkts[1999].data + send.offset, data, 64));
	/* Who receives gets a mapping of his own; who sends keeps the narrow one. */
	assert_works(plx_pool_map(dev, pool, RW, &receive));
	assert_int_equal(devlab_mappings(dev), 2);
	assert_true(devlab_dma_writes((uintptr_t)pkts[0].data + receive.offset, data, 64));
	assert_memory_equal(pkts[0].data, data, 64);
	assert_false(devlab_dma_writes((uintptr_t)pkts[0].data + send.offset, data, 64));
	assert_works(plx_pool_map(dev, pool, RO, &again));
	assert_int_equal(again.offset, send.offset);
	assert_int_equal(devlab_mappings(dev), 2);
	assert_works(plx_pool_unmap(dev, &send));
	assert_true(devlab_dma_reads((uintptr_t)pkts[0].data + again.offset, data, 64));
	assert_works(plx_pool_unmap(dev, &again));
	assert_works(plx_pool_unmap(dev, &again)); /* nothing left to do */
	assert_int_equal(devlab_mappings(dev), 1);
	assert_works(plx_pool_unmap(dev, &receive));
	assert_int_equal(devlab_mappings(dev), 0);
	plx_pkt_free(pkts, 2000);
	assert_works(plx_pool_destroy(pool));
}

/* Map registers find a pool's buffers. */
static void test_pool_translated(void **state)
{
	struct plx_pool *pool = new_pool(10);
	struct plx_dma_seg seg;
	struct plx_pool_map map;
	struct plx_pkt pkt;
	uint32_t n = 1;
	struct plx_buf b;

	(void)state;
	assert_works(plx_mapreg_alloc(dev, 0, PLX_DMA_64BITS, 1, 1514));
	assert_works(plx_pool_map(dev, pool, RO, &map));
	assert_int_equal(plx_pool_get(pool, NULL, &pkt, 1), 1);
	b = (struct plx_buf){ pkt.data, 60, NULL };
	assert_int_equal(plx_mapreg_start(dev, &b, 0, true, &seg, &n), 0);
	assert_int_equal(seg.iova, (uintptr_t)pkt.data + map.offset);
	assert_int_equal(plx_mapreg_complete(dev, &b, 0), 0);
	plx_pkt_free(&pkt, 1);
	assert_works(plx_pool_unmap(dev, &map));
	assert_works(plx_pool_destroy(pool));
	assert_works(plx_mapreg_free(dev));
}

static void release(void *arg, const struct plx_pkt *pkts, unsigned n)
{
	(void)arg;
	(void)pkts;
	(void)n;
}

static void test_pool_arguments(void **state)
{
	struct plx_dma_region *r;
	struct plx_pool_map map;
	struct plx_pool *pool;
	uint64_t offset;

	(void)state;
	assert_works(plx_pool_wrap(lab.ctx, "foreign", release, NULL, &pool));
	assert_fails(plx_pool_map(dev, pool, RW, &map), -ENOTSUP, PLX_STATUS_NOT_SUPPORTED,
		     PLX_R_UNSUPPORTED, 0);
	assert_works(plx_pool_destroy(pool));
	assert_fails(plx_pool_map(dev, NULL, RW, &map), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_NULL_ARG, 2);
	pool = new_pool(10);
	assert_fails(plx_pool_map(dev, pool, 8, &map), -EINVAL, INVALID_PARAMETER(4),
		     PLX_R_RESERVED_BITS, 4);
	assert_fails(plx_pool_map(NULL, pool, RW, &map), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_NULL_ARG, 1);
	assert_fails(plx_dma_share(dev, (uint8_t *)&map + 1, PAGE, RW, &r, &offset), -EINVAL,
		     INVALID_PARAMETER(2), PLX_R_UNALIGNED, 2);
	assert_null(r);
	assert_fails(plx_dma_share(dev, NULL, PAGE, RW, &r, &offset), -EINVAL, INVALID_PARAMETER(2),
		     PLX_R_NULL_ARG, 2);
	assert_fails(plx_dma_share(dev, &map, 0, RW, &r, &offset), -EINVAL, INVALID_PARAMETER(3),
		     PLX_R_ZERO_LEN, 3);
	assert_works(plx_pool_map(dev, pool, RW, &map));
	devlab_reopen(NULL); /* G-13 */
	assert_int_equal(lab.leaks, 1);
	assert_non_null(strstr(lab.said, "pool"));
	assert_works(plx_pool_destroy(pool));
}

static const struct CMUnitTest tests[] = {
	RULE(test_G_11_any_state),
	RULE(test_G_12_attributes_first),
	RULE(test_dmabuf_arguments),
	RULE(test_dmabuf_least_privilege),
	RULE(test_dmabuf_memory),
	RULE(test_dmabuf_large),
	RULE(test_dmabuf_own_address),
	RULE(test_dmabuf_domains),
	RULE(test_dmabuf_outlives_its_domain),
	RULE(test_G_13_leaks),
	RULE(test_pool_permissions),
	RULE(test_pool_translated),
	RULE(test_pool_arguments),
};

LAB_MAIN(tests)
