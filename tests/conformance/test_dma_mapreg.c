/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Map registers: MR-1 .. MR-13, with a device that uses the addresses.
 */
#define DEVLAB_SETUP devlab_setup_open
#include "devlab.h"

#define dev devlab.dev

#define alloc_works(sz, n, max) assert_works(plx_mapreg_alloc(dev, 0, sz, n, max))
#define alloc_fails(channel, sz, n, max, err, status, reason, arg) \
	assert_fails(plx_mapreg_alloc(dev, channel, sz, n, max), err, status, reason, arg)

static int start(const struct plx_buf *b, uint32_t idx, bool to_device, struct plx_dma_seg *segs,
		 uint32_t *n)
{
	return plx_mapreg_start(dev, b, idx, to_device, segs, n);
}

/* One buffer that becomes one segment; its IOVA. */
static uint64_t start_one(const struct plx_buf *b, uint32_t idx, bool to_device)
{
	struct plx_dma_seg seg = { 0 };
	uint32_t n = 1;

	assert_int_equal(start(b, idx, to_device, &seg, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(seg.len, b->len);
	return seg.iova;
}

static void complete(const struct plx_buf *b, uint32_t idx)
{
	assert_int_equal(plx_mapreg_complete(dev, b, idx), 0);
}

static struct plx_buf buffer(void *va, uint32_t len)
{
	return (struct plx_buf){ .va = va, .len = len };
}

static void *queue_memory(size_t len, uint32_t perms, uint64_t *iova)
{
	void *va;

	assert_works(plx_dmabuf_alloc(dev, len, perms, &va, iova));
	return va;
}

/* --- MR-1 .. MR-8: allocating --- */

static void test_MR_1_state(void **state)
{
	(void)state;
	alloc_works(PLX_DMA_64BITS, 1, 1512);
	assert_works(plx_dev_start(dev));
	assert_fails(plx_mapreg_free(dev), -EPERM, PLX_STATUS_UNSUCCESSFUL, PLX_R_STATE, 0);
	assert_works(plx_dev_halt(dev));
	assert_works(plx_mapreg_free(dev));
	alloc_fails(0, PLX_DMA_64BITS, 1, 1512, -EPERM, PLX_STATUS_UNSUCCESSFUL, PLX_R_STATE, 0);
	assert_fails(plx_mapreg_alloc(NULL, 0, PLX_DMA_64BITS, 1, 1512), -EINVAL,
		     PLX_STATUS_INVALID_PARAMETER, PLX_R_NULL_ARG, 1);
}

static void test_MR_1_running(void **state)
{
	(void)state;
	assert_works(plx_dev_start(dev));
	alloc_fails(0, PLX_DMA_64BITS, 1, 1512, -EPERM, PLX_STATUS_UNSUCCESSFUL, PLX_R_STATE, 0);
}

static void test_MR_1_attributes_first(void **state)
{
	(void)state;
	devlab_reopen(NULL);
	alloc_fails(0, PLX_DMA_64BITS, 1, 1512, -EPERM, PLX_STATUS_UNSUCCESSFUL, PLX_R_ORDER, 0);
	devlab_attributes(dev, false);
	alloc_fails(0, PLX_DMA_64BITS, 1, 1512, -ENOTSUP, PLX_STATUS_INSUFFICIENT_RESOURCES,
		    PLX_R_NOT_BUSMASTER, 0);
	devlab_attributes(dev, true);
	alloc_works(PLX_DMA_64BITS, 1, 1512);
	assert_works(plx_mapreg_free(dev));
}

static void test_MR_2_channel(void **state)
{
	(void)state;
	alloc_fails(1, PLX_DMA_32BITS, 1, 1512, -EINVAL, INVALID_PARAMETER(2), PLX_R_BAD_ENUM, 2);
}

static void test_MR_3_size(void **state)
{
	(void)state;
	alloc_fails(0, (enum plx_dma_size)3, 1, 1512, -EINVAL, INVALID_PARAMETER(3), PLX_R_BAD_ENUM,
		    3);
	alloc_fails(0, (enum plx_dma_size) - 1, 1, 1512, -EINVAL, INVALID_PARAMETER(3),
		    PLX_R_BAD_ENUM, 3);
	alloc_works(PLX_DMA_24BITS, 1, 1512);
	assert_int_equal(lab.warnings, 1);
	assert_non_null(strstr(lab.said, "16 MiB"));
	assert_works(plx_mapreg_free(dev));
}

static void test_MR_4_zero(void **state)
{
	(void)state;
	alloc_fails(0, PLX_DMA_32BITS, 0, 1512, -EINVAL, INVALID_PARAMETER(4), PLX_R_ZERO_LEN, 4);
	alloc_fails(0, PLX_DMA_32BITS, 1, 0, -EINVAL, INVALID_PARAMETER(5), PLX_R_ZERO_LEN, 5);
}

static void check_limit(uint32_t n, uint32_t max, bool fits)
{
	uint64_t before = devlab_mappings(dev);

	if (fits) {
		alloc_works(PLX_DMA_32BITS, n, max);
		assert_works(plx_mapreg_free(dev));
	} else {
		alloc_fails(0, PLX_DMA_32BITS, n, max, -ENOSPC, PLX_STATUS_INSUFFICIENT_RESOURCES,
			    PLX_R_MAPREG_LIMIT, 0);
		assert_int_equal(devlab_mappings(dev), before); /* before any allocation */
	}
}

static void test_MR_5_sixty_four(void **state)
{
	(void)state;
	check_limit(32, 1512, true);
	check_limit(33, 1512, false);
	check_limit(3, 65536, true);
	check_limit(4, 65536, false);
	check_limit(64, 1, true);
	check_limit(65, 1, false);
	check_limit(UINT32_MAX, UINT32_MAX, false);
	check_limit(UINT32_MAX, 1, false);
	check_limit(0x80000000, 2, false); /* 2^32 in all: 0 in 32 bits */
	check_limit(1, UINT32_MAX, false);
}

static void test_MR_6_already(void **state)
{
	(void)state;
	alloc_fails(0, PLX_DMA_32BITS, 33, 1512, -ENOSPC, PLX_STATUS_INSUFFICIENT_RESOURCES,
		    PLX_R_MAPREG_LIMIT, 0);
	alloc_works(PLX_DMA_32BITS, 16, 1512); /* smaller, after a failure */
	alloc_fails(0, PLX_DMA_32BITS, 1, 1512, -EBUSY, PLX_STATUS_RESOURCE_IN_USE, PLX_R_ALREADY,
		    0);
	assert_works(plx_mapreg_free(dev));
	alloc_works(PLX_DMA_64BITS, 1, 1512);
	assert_works(plx_mapreg_free(dev));
}

/* A domain of the caller's in which all IOVAs below 16 MiB are reserved. */
static void test_MR_7_no_iovas(void **state)
{
	const struct plx_reserved_region low = { NULL, 0, 0x1000000 / PAGE, false };
	const struct plx_iova_alloc_cfg flex = { PLX_IOVA_ALLOC_FLEX, 39 };
	struct plx_dev_opts opts = { .backend = lab.backend };
	struct plx_iommu *io;
	uint64_t left;

	(void)state;
	assert_works(plx_iommu_open(lab.ctx, 2, 0, lab.backend, &io));
	assert_works(plx_domain_create(io, PLX_DOMAIN_TRANSLATE, 0, &flex, &low, &opts.domain));
	devlab_reopen(&opts);
	devlab_attributes(dev, true);
	left = devlab_mappings(dev);
	alloc_fails(0, PLX_DMA_24BITS, 1, 1512, -ENOSPC, PLX_STATUS_INSUFFICIENT_RESOURCES,
		    PLX_R_WINDOW_FULL, 0);
	assert_int_equal(devlab_mappings(dev), left);
	alloc_works(PLX_DMA_32BITS, 1, 1512);
	assert_works(plx_mapreg_free(dev));
	devlab_reopen(NULL);
	assert_works(plx_domain_delete(opts.domain));
	assert_works(plx_iommu_close(io));
}

static void test_MR_8_needs_a_domain(void **state)
{
	struct plx_domain *d;
	void *va;
	uint64_t iova;

	(void)state;
	/* Attached to one of its own, and detached from it by hand. */
	assert_works(plx_dmabuf_alloc(dev, PAGE, RW, &va, &iova));
	assert_works(plx_dmabuf_free(dev, va));
	assert_works(plx_dev_domain(dev, &d));
	assert_works(plx_domain_detach(d, dev));
	alloc_fails(0, PLX_DMA_64BITS, 1, 1512, -EPERM, PLX_STATUS_ACCESS_DENIED,
		    lab.backend == PLX_BACKEND_TYPE1 ? PLX_R_STATE : PLX_R_ORDER, 0);
	assert_works(plx_domain_attach(d, dev));
	alloc_works(PLX_DMA_64BITS, 1, 1512);
	assert_works(plx_mapreg_free(dev));
}

/*
 * No-iommu, which no backend here is: the device says that it were. Physical memory can be had in
 * one piece only where there are hugepages, and a right to ask where they are.
 */
static void test_MR_8_no_iommu(void **state)
{
	enum plx_backend backend = dev->backend;
	int err;

	(void)state;
	dev->backend = PLX_BACKEND_NOIOMMU;
	alloc_fails(0, PLX_DMA_24BITS, 1, 1512, -ENOMEM, PLX_STATUS_INSUFFICIENT_RESOURCES,
		    PLX_R_NO_IOMMU, 0);
	alloc_fails(0, PLX_DMA_32BITS, 1, 1512, -ENOMEM, PLX_STATUS_INSUFFICIENT_RESOURCES,
		    PLX_R_NO_IOMMU, 0);
	err = plx_mapreg_alloc(dev, 0, PLX_DMA_64BITS, 32, 1512);
	if (err)
		assert_int_equal(plx_last_error()->reason, PLX_R_NO_PHYS);
	else
		assert_works(plx_mapreg_free(dev));
	dev->backend = backend;
}

/* --- per_base --- */

/* How many pages a buffer can touch, by trying every offset in a page. */
static uint32_t span(uint32_t len)
{
	uint64_t most = 0;

	for (uint64_t off = 0; off < PAGE; off++) {
		uint64_t pages = (off + len - 1) / PAGE + 1;

		if (pages > most)
			most = pages;
	}
	return (uint32_t)most;
}

static void test_MR_5_per_base(void **state)
{
	static const uint32_t known[][2] = { { 0, 0 },    { 1, 1 },    { 2, 2 },
					     { 1512, 2 }, { 4096, 2 }, { 4097, 2 },
					     { 4098, 3 }, { 9018, 4 }, { 65536, 17 } };

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		assert_int_equal(plx_mapreg_per_base(known[i][0]), known[i][1]);
	for (uint32_t len = 1; len < 20000; len += 37)
		assert_int_equal(plx_mapreg_per_base(len), span(len));
	for (uint32_t len = 4 * PAGE - 3; len < 4 * PAGE + 4; len++)
		assert_int_equal(plx_mapreg_per_base(len), span(len));
	assert_int_equal(plx_mapreg_per_base(UINT32_MAX), span(UINT32_MAX));
}

/* --- MR-9: starting --- */

static void start_fails(const struct plx_buf *b, uint32_t idx, struct plx_dma_seg *segs,
			uint32_t cap, int err, uint32_t status, enum plx_reason reason,
			unsigned arg)
{
	uint32_t n = cap;

	assert_fails(start(b, idx, true, segs, &n), err, status, reason, arg);
	assert_int_equal(n, 0);
}

static void test_MR_9_arguments(void **state)
{
	uint8_t mem[1600];
	const struct plx_buf b = buffer(mem, 1512), null = buffer(NULL, 1);
	const struct plx_buf longer = buffer(mem, 1513), more = { mem, 1500, &longer };
	struct plx_dma_seg segs[4];

	(void)state;
	start_fails(&b, 0, segs, 4, -EINVAL, INVALID_PARAMETER(3), PLX_R_INDEX, 3); /* none */
	alloc_works(PLX_DMA_32BITS, 2, 1512);
	start_fails(&b, 2, segs, 4, -EINVAL, INVALID_PARAMETER(3), PLX_R_INDEX, 3);
	start_fails(&b, UINT32_MAX, segs, 4, -EINVAL, INVALID_PARAMETER(3), PLX_R_INDEX, 3);
	start_fails(&longer, 0, segs, 4, -EINVAL, INVALID_PARAMETER(2), PLX_R_TOO_LARGE, 2);
	start_fails(&more, 0, segs, 4, -EINVAL, INVALID_PARAMETER(2), PLX_R_TOO_LARGE, 2);
	start_fails(NULL, 0, segs, 4, -EINVAL, INVALID_PARAMETER(2), PLX_R_NULL_ARG, 2);
	start_fails(&null, 0, segs, 4, -EINVAL, INVALID_PARAMETER(2), PLX_R_NULL_ARG, 2);
	start_fails(&b, 0, NULL, 1, -EINVAL, INVALID_PARAMETER(5), PLX_R_NULL_ARG, 5);
	assert_fails(start(&b, 0, true, segs, NULL), -EINVAL, INVALID_PARAMETER(6), PLX_R_NULL_ARG,
		     6);
	assert_fails(plx_mapreg_start(NULL, &b, 0, true, segs, &(uint32_t){ 4 }), -EINVAL,
		     PLX_STATUS_INVALID_PARAMETER, PLX_R_NULL_ARG, 1);
	assert_works(plx_mapreg_free(dev)); /* none of them was started */
}

static void test_MR_9_busy(void **state)
{
	uint8_t mem[64] = { 0 };
	const struct plx_buf b = buffer(mem, 64);
	struct plx_dma_seg seg;

	(void)state;
	alloc_works(PLX_DMA_32BITS, 2, 1512);
	start_one(&b, 0, true);
	start_fails(&b, 0, &seg, 1, -EBUSY, PLX_STATUS_RESOURCE_IN_USE, PLX_R_BUSY_SLOT, 3);
	start_one(&b, 1, true);
	complete(&b, 0);
	start_one(&b, 0, false);
	complete(&b, 0);
	complete(&b, 1);
	assert_works(plx_mapreg_free(dev));
}

static void test_MR_9_capacity(void **state)
{
	uint8_t mem[64] = { 0 };
	const struct plx_buf b = buffer(mem, 64);
	uint64_t iova;
	uint8_t *near = queue_memory(2 * PAGE, RW, &iova);
	const struct plx_buf second = buffer(near + PAGE, 32), first = { near, 32, &second };
	struct plx_dma_seg segs[2] = { { 1, 1 }, { 2, 2 } };
	uint32_t n = 0;

	(void)state;
	alloc_works(PLX_DMA_64BITS, 1, 1512);
	assert_fails(start(&b, 0, true, NULL, &n), -EMSGSIZE, PLX_STATUS_BUFFER_TOO_SMALL,
		     PLX_R_TOO_LARGE, 6);
	assert_int_equal(n, 1);
	n = 1;
	assert_fails(start(&first, 0, true, segs, &n), -EMSGSIZE, PLX_STATUS_BUFFER_TOO_SMALL,
		     PLX_R_TOO_LARGE, 6);
	assert_int_equal(n, 2);
	assert_int_equal(segs[0].iova, 1);                     /* nothing else is written */
	assert_int_equal(start(&first, 0, true, segs, &n), 0); /* the register is free */
	assert_int_equal(n, 2);
	assert_int_equal(segs[0].iova, iova);
	assert_int_equal(segs[1].iova, iova + PAGE);
	complete(&first, 0);
	assert_works(plx_mapreg_free(dev));
	assert_works(plx_dmabuf_free(dev, near));
}

static void test_MR_9_empty(void **state)
{
	const struct plx_buf none = { 0 }, two = { NULL, 0, &none };
	uint32_t n = 0;

	(void)state;
	alloc_works(PLX_DMA_32BITS, 1, 1512);
	assert_int_equal(start(&two, 0, true, NULL, &n), 0);
	assert_int_equal(n, 0);
	assert_fails(plx_mapreg_free(dev), -EBUSY, PLX_STATUS_RESOURCE_IN_USE, PLX_R_BUSY_SLOT, 0);
	complete(&two, 0);
	assert_works(plx_mapreg_free(dev));
}

/* --- MR-10: completing --- */

static void test_MR_10_complete(void **state)
{
	uint8_t mem[128] = { 0 };
	const struct plx_buf b = buffer(mem, 64), other = buffer(mem + 64, 64);
	const struct plx_buf shorter = buffer(mem, 63), same = b;

	(void)state;
	alloc_works(PLX_DMA_32BITS, 1, 1512);
	assert_fails(plx_mapreg_complete(dev, &b, 0), -ENOENT, PLX_STATUS_NOT_FOUND,
		     PLX_R_NOT_STARTED, 3);
	start_one(&b, 0, true);
	assert_fails(plx_mapreg_complete(dev, &b, 1), -EINVAL, INVALID_PARAMETER(3), PLX_R_INDEX,
		     3);
	assert_fails(plx_mapreg_complete(dev, &other, 0), -EINVAL, INVALID_PARAMETER(2),
		     PLX_R_MISMATCH, 2);
	assert_fails(plx_mapreg_complete(dev, &shorter, 0), -EINVAL, INVALID_PARAMETER(2),
		     PLX_R_MISMATCH, 2);
	assert_fails(plx_mapreg_complete(dev, NULL, 0), -EINVAL, INVALID_PARAMETER(2),
		     PLX_R_NULL_ARG, 2);
	assert_fails(plx_mapreg_complete(NULL, &b, 0), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_NULL_ARG, 1);
	complete(&same, 0);
	assert_fails(plx_mapreg_complete(dev, &b, 0), -ENOENT, PLX_STATUS_NOT_FOUND,
		     PLX_R_NOT_STARTED, 3);
	assert_works(plx_mapreg_free(dev));
}

/* --- the device uses what it is told --- */

static void check_slots(enum plx_dma_size sz, uint64_t last)
{
	static uint8_t mem[4][9018];
	uint64_t iova[4];

	alloc_works(sz, 4, sizeof(mem[0]));
	for (unsigned i = 0; i < 4; i++) {
		struct plx_buf b = buffer(mem[i], sizeof(mem[i]));

		devlab_fill(mem[i], sizeof(mem[i]), i);
		iova[i] = start_one(&b, i, true);
		assert_true(iova[i] && iova[i] + sizeof(mem[i]) - 1 <= last);
		/* Consecutive: per_base pages each. */
		assert_int_equal(iova[i] - iova[0], i * 4 * PAGE);
	}
	for (unsigned i = 0; i < 4; i++) {
		struct plx_buf b = buffer(mem[i], sizeof(mem[i]));

		assert_true(devlab_dma_reads(iova[i], mem[i], sizeof(mem[i])));
		complete(&b, i);
	}
	assert_works(plx_mapreg_free(dev));
	assert_int_equal(devlab_dma(dev, DMA_READ, iova[0], 64, 0), DMA_BLOCKED);
}

static void test_MR_11_device_reads(void **state)
{
	(void)state;
	check_slots(PLX_DMA_24BITS, 0xffffff);
	check_slots(PLX_DMA_32BITS, 0xffffffff);
	check_slots(PLX_DMA_64BITS, TOP - 1);
}

/* In pieces; what the device does not write stays as it was. */
static void test_MR_11_device_writes(void **state)
{
	uint8_t a[100], b[50], data[120];
	const struct plx_buf second = buffer(b, sizeof(b)), gap = { NULL, 0, &second };
	const struct plx_buf first = { a, sizeof(a), &gap };
	struct plx_dma_seg seg;
	uint32_t n = 1;

	(void)state;
	devlab_fill(data, sizeof(data), 99);
	memset(a, 0x11, sizeof(a));
	memset(b, 0x22, sizeof(b));
	alloc_works(PLX_DMA_32BITS, 1, 1512);
	assert_int_equal(start(&first, 0, false, &seg, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(seg.len, 150);
	assert_true(devlab_dma_writes(seg.iova, data, sizeof(data)));
	assert_int_equal(a[0], 0x11); /* not before it is completed */
	complete(&first, 0);
	assert_memory_equal(a, data, 100);
	assert_memory_equal(b, data + 100, 20);
	assert_int_equal(b[20], 0x22);
	assert_int_equal(b[49], 0x22);
	/* What it writes into a buffer that it was to read goes nowhere. */
	assert_int_equal(start(&first, 0, true, &seg, &n), 0);
	assert_true(devlab_dma_writes(seg.iova, b, 10));
	complete(&first, 0);
	assert_memory_equal(a, data, 100);
	assert_works(plx_mapreg_free(dev));
}

/* E-1: the record of a failure outlives [DP] calls that succeed. */
static void test_MR_11_leaves_the_record(void **state)
{
	uint8_t mem[64] = { 0 };
	const struct plx_buf b = buffer(mem, 64);
	struct plx_error before;

	(void)state;
	alloc_works(PLX_DMA_32BITS, 1, 1512);
	alloc_fails(0, PLX_DMA_32BITS, 1, 1512, -EBUSY, PLX_STATUS_RESOURCE_IN_USE, PLX_R_ALREADY,
		    0);
	before = *plx_last_error();
	start_one(&b, 0, true);
	complete(&b, 0);
	assert_memory_equal(plx_last_error(), &before, sizeof(before));
	assert_works(plx_mapreg_free(dev));
}

static void test_MR_11_no_copy(void **state)
{
	uint64_t iova, read_only_iova;
	uint8_t *mem = queue_memory(2 * PAGE, RW, &iova), data[64];
	uint8_t *read_only = queue_memory(PAGE, RO, &read_only_iova);
	const struct plx_buf b = buffer(mem + 100, 64), r = buffer(read_only, 64);

	(void)state;
	devlab_fill(data, sizeof(data), 5);
	alloc_works(PLX_DMA_64BITS, 1, 1512);
	assert_int_equal(start_one(&b, 0, false), iova + 100);
	assert_true(devlab_dma_writes(iova + 100, data, 64));
	assert_memory_equal(mem + 100, data, 64); /* at once */
	complete(&b, 0);
	assert_int_equal(start_one(&r, 0, true), read_only_iova);
	complete(&r, 0);
	/* The device may not write there: it is given the slot, and the CPU copies. */
	assert_true(start_one(&r, 0, false) != read_only_iova);
	complete(&r, 0);
	assert_works(plx_mapreg_free(dev));
	/* Too high for a device of 32 bits. */
	alloc_works(PLX_DMA_32BITS, 1, 1512);
	if (iova > UINT32_MAX)
		assert_true(start_one(&b, 0, true) <= UINT32_MAX);
	else
		assert_int_equal(start_one(&b, 0, true), iova + 100);
	complete(&b, 0);
	assert_works(plx_mapreg_free(dev));
	assert_works(plx_dmabuf_free(dev, mem));
	assert_works(plx_dmabuf_free(dev, read_only));
}

/* What was freed is not found any more. */
static void test_MR_11_freed(void **state)
{
	uint64_t iova[3];
	uint8_t *mem[3];
	struct plx_buf b;

	(void)state;
	alloc_works(PLX_DMA_64BITS, 1, 1512);
	for (unsigned i = 0; i < 3; i++)
		mem[i] = queue_memory(PAGE, RW, &iova[i]);
	assert_works(plx_dmabuf_free(dev, mem[1]));
	b = buffer(mem[2], 64);
	assert_int_equal(start_one(&b, 0, true), iova[2]);
	complete(&b, 0);
	mem[1] = queue_memory(PAGE, RW, &iova[1]);
	for (unsigned i = 0; i < 3; i++) {
		b = buffer(mem[i] + PAGE - 64, 64);
		assert_int_equal(start_one(&b, 0, true), iova[i] + PAGE - 64);
		complete(&b, 0);
		assert_works(plx_dmabuf_free(dev, mem[i]));
	}
	assert_works(plx_mapreg_free(dev));
}

static void test_MR_12_free(void **state)
{
	uint8_t mem[64] = { 0 };
	const struct plx_buf b = buffer(mem, 64);

	(void)state;
	assert_fails(plx_mapreg_free(dev), -ENOENT, PLX_STATUS_NOT_FOUND, PLX_R_NOT_MAPPED, 0);
	alloc_works(PLX_DMA_32BITS, 4, 1512);
	start_one(&b, 3, true);
	assert_fails(plx_mapreg_free(dev), -EBUSY, PLX_STATUS_RESOURCE_IN_USE, PLX_R_BUSY_SLOT, 0);
	complete(&b, 3);
	assert_works(plx_mapreg_free(dev));
	assert_fails(plx_mapreg_free(dev), -ENOENT, PLX_STATUS_NOT_FOUND, PLX_R_NOT_MAPPED, 0);
	assert_int_equal(devlab_mappings(dev), 0);
}

/* Segments ascend; neighbours in one region are one; else it is copied. */
static void test_MR_13_segments(void **state)
{
	uint64_t iova;
	uint8_t *mem = queue_memory(4 * PAGE, RW, &iova), outside[32];
	const struct plx_buf c = buffer(mem + 2 * PAGE, 32), b = { mem + 64, 64, &c };
	const struct plx_buf a = { mem, 64, &b };
	const struct plx_buf low = buffer(mem, 32), high = { mem + PAGE, 32, &low };
	const struct plx_buf foreign = buffer(outside, 32), mixed = { mem, 32, &foreign };
	struct plx_dma_seg segs[4];
	uint32_t n = 4;

	(void)state;
	devlab_fill(mem, 4 * PAGE, 1);
	devlab_fill(outside, sizeof(outside), 200);
	alloc_works(PLX_DMA_64BITS, 1, 1512);
	assert_int_equal(start(&a, 0, true, segs, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(segs[0].iova, iova);
	assert_int_equal(segs[0].len, 128);
	assert_int_equal(segs[1].iova, iova + 2 * PAGE);
	assert_int_equal(segs[1].len, 32);
	complete(&a, 0);
	n = 4;
	assert_int_equal(start(&high, 0, true, segs, &n), 0); /* descending: copied, in order */
	assert_int_equal(n, 1);
	assert_int_equal(segs[0].len, 64);
	assert_true(devlab_dma_reads(segs[0].iova, mem + PAGE, 32));
	assert_true(devlab_dma_reads(segs[0].iova + 32, mem, 32));
	complete(&high, 0);
	n = 4;
	assert_int_equal(start(&mixed, 0, true, segs, &n), 0);
	assert_int_equal(n, 1);
	assert_true(devlab_dma_reads(segs[0].iova + 32, outside, 32));
	complete(&mixed, 0);
	assert_works(plx_mapreg_free(dev));
	assert_works(plx_dmabuf_free(dev, mem));
}

/* In every kind of domain that the caller may bring. */
static void test_MR_8_domains(void **state)
{
	static const struct plx_iova_alloc_cfg kinds[] = { { PLX_IOVA_ALLOC_NONE, 0 },
							   { PLX_IOVA_ALLOC_BUDDY, 39 },
							   { PLX_IOVA_ALLOC_FLEX, 39 } };
	struct plx_iommu *io;

	(void)state;
	assert_works(plx_iommu_open(lab.ctx, 2, 0, lab.backend, &io));
	for (unsigned i = 0; i < 3; i++) {
		struct plx_dev_opts opts = { .backend = lab.backend };

		assert_works(plx_domain_create(io, PLX_DOMAIN_TRANSLATE, 0, &kinds[i], NULL,
					       &opts.domain));
		devlab_reopen(&opts);
		devlab_attributes(dev, true);
		check_slots(PLX_DMA_24BITS, 0xffffff);
		check_slots(PLX_DMA_32BITS, 0xffffffff);
		check_slots(PLX_DMA_64BITS, TOP - 1);
		devlab_reopen(NULL);
		assert_works(plx_domain_delete(opts.domain));
		devlab_attributes(dev, true);
	}
	assert_works(plx_iommu_close(io));
}

/* G-13: what was forgotten is released, and said. */
static void test_G_13_leaks(void **state)
{
	uint8_t mem[64] = { 0 };
	const struct plx_buf b = buffer(mem, 64);
	uint64_t iova;
	void *va;

	(void)state;
	alloc_works(PLX_DMA_32BITS, 4, 1512);
	start_one(&b, 0, true);
	assert_works(plx_shmem_alloc(dev, 100, true, &va, &iova));
	queue_memory(PAGE, RW, &iova);
	devlab_reopen(NULL);
	assert_int_equal(lab.leaks, 3);
	assert_int_equal(lab.warnings, 3);
	assert_non_null(strstr(lab.said, "queue memory")); /* the last of section 1's order */
}

static const struct CMUnitTest tests[] = {
	RULE(test_MR_1_state),
	RULE(test_MR_1_running),
	RULE(test_MR_1_attributes_first),
	RULE(test_MR_2_channel),
	RULE(test_MR_3_size),
	RULE(test_MR_4_zero),
	RULE(test_MR_5_sixty_four),
	RULE(test_MR_5_per_base),
	RULE(test_MR_6_already),
	RULE(test_MR_7_no_iovas),
	RULE(test_MR_8_needs_a_domain),
	RULE(test_MR_8_domains),
	RULE(test_MR_8_no_iommu),
	RULE(test_MR_9_arguments),
	RULE(test_MR_9_busy),
	RULE(test_MR_9_capacity),
	RULE(test_MR_9_empty),
	RULE(test_MR_10_complete),
	RULE(test_MR_11_device_reads),
	RULE(test_MR_11_device_writes),
	RULE(test_MR_11_leaves_the_record),
	RULE(test_MR_11_no_copy),
	RULE(test_MR_11_freed),
	RULE(test_MR_12_free),
	RULE(test_MR_13_segments),
	RULE(test_G_13_leaks),
};

LAB_MAIN(tests)
