/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Scatter-gather channels: SG-1 .. SG-4, with a device that uses the lists.
 */
#define DEVLAB_SETUP devlab_setup_open
#include "devlab.h"

#define dev devlab.dev

#define TO_DEVICE PLX_SG_WRITE_TO_DEVICE

/* What process() was called with. */
static struct {
	unsigned calls;
	struct plx_sgdma *s;
	struct plx_sg_list *l;
	void *ctx;
} seen;

static void process(struct plx_sgdma *s, struct plx_sg_list *l, void *ctx)
{
	seen.calls++;
	seen.s = s;
	seen.l = l;
	seen.ctx = ctx;
}

static void process_and_release(struct plx_sgdma *s, struct plx_sg_list *l, void *ctx)
{
	process(s, l, ctx);
	plx_sg_release(s, l);
}

static struct plx_sgdma_desc description(uint32_t flags, uint32_t max)
{
	memset(&seen, 0, sizeof(seen));
	return (struct plx_sgdma_desc){ .type = PLX_SGDMA_TYPE,
					.rev = PLX_SGDMA_REV_1,
					.size = sizeof(struct plx_sgdma_desc),
					.flags = flags,
					.max_mapping = max,
					.process = process,
					.sg_list_size = 77 };
}

static struct plx_sgdma *channel(uint32_t flags, uint32_t max)
{
	struct plx_sgdma_desc d = description(flags, max);
	struct plx_sgdma *s;

	assert_works(plx_sgdma_register(dev, &d, &s));
	assert_non_null(s);
	return s;
}

/* A list with room for eight segments. */
static union {
	struct plx_sg_list l;
	uint8_t bytes[sizeof(struct plx_sg_list) + 8 * sizeof(struct plx_dma_seg)];
} list;

static void build(struct plx_sgdma *s, const struct plx_buf *b, uint32_t flags)
{
	unsigned calls = seen.calls;

	assert_int_equal(plx_sg_build(s, b, flags, &list.l, sizeof(list), &calls), 0);
	assert_int_equal(seen.calls, calls + 1);
	assert_ptr_equal(seen.s, s);
	assert_ptr_equal(seen.l, &list.l);
	assert_ptr_equal(seen.ctx, &calls);
}

static void register_fails(struct plx_sgdma_desc d, int err, uint32_t status,
			   enum plx_reason reason, unsigned arg)
{
	struct plx_sgdma *s = (struct plx_sgdma *)&d;

	assert_fails(plx_sgdma_register(dev, &d, &s), err, status, reason, arg);
	assert_null(s);
	assert_int_equal(d.sg_list_size, 0);
}

static void test_SG_1_description(void **state)
{
	const struct plx_sgdma_desc good = description(0, 1514);
	struct plx_sgdma_desc d;
	struct plx_sgdma *s;

	(void)state;
#define with(member, value, err, status, reason)           \
	do {                                               \
		d = good;                                  \
		d.member = value;                          \
		register_fails(d, err, status, reason, 2); \
	} while (0)
	with(type, 0x84, -EPROTONOSUPPORT, PLX_STATUS_NDIS_BAD_VERSION, PLX_R_BAD_VERSION);
	with(rev, 0, -EPROTONOSUPPORT, PLX_STATUS_NDIS_BAD_VERSION, PLX_R_BAD_VERSION);
	with(size, 8, -EPROTONOSUPPORT, PLX_STATUS_NDIS_BAD_VERSION, PLX_R_BAD_VERSION);
	with(flags, 2, -EINVAL, INVALID_PARAMETER(2), PLX_R_RESERVED_BITS);
	with(max_mapping, 0, -EINVAL, INVALID_PARAMETER(2), PLX_R_ZERO_LEN);
	with(process, NULL, -EINVAL, INVALID_PARAMETER(2), PLX_R_NULL_ARG);
#undef with
	assert_fails(plx_sgdma_register(dev, NULL, &s), -EINVAL, INVALID_PARAMETER(2),
		     PLX_R_NULL_ARG, 2);
	assert_null(s);
	d = good;
	assert_fails(plx_sgdma_register(dev, &d, NULL), -EINVAL, INVALID_PARAMETER(3),
		     PLX_R_NULL_ARG, 3);
	assert_fails(plx_sgdma_register(NULL, &d, &s), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_NULL_ARG, 1);
	assert_fails(plx_sgdma_deregister(NULL), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_NULL_ARG, 1);
}

static void test_SG_1_list_size(void **state)
{
	static const uint32_t sizes[] = { 1, 1514, 65536, 262144, 100u << 20 };

	(void)state;
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct plx_sgdma_desc d = description(PLX_SGDMA_64BIT, sizes[i]);
		struct plx_sgdma *s;

		assert_works(plx_sgdma_register(dev, &d, &s));
		assert_int_equal(d.sg_list_size,
				 sizeof(struct plx_sg_list) + plx_mapreg_per_base(sizes[i]) *
								      sizeof(struct plx_dma_seg));
		assert_works(plx_sgdma_deregister(s));
	}
	assert_int_equal(devlab_mappings(dev), 0);
}

static void test_SG_1_order(void **state)
{
	(void)state;
	devlab_reopen(NULL);
	register_fails(description(0, 1514), -EPERM, PLX_STATUS_UNSUCCESSFUL, PLX_R_ORDER, 0);
	devlab_attributes(dev, false);
	register_fails(description(0, 1514), -ENOTSUP, PLX_STATUS_NOT_SUPPORTED,
		       PLX_R_NOT_BUSMASTER, 0);
	devlab_attributes(dev, true);
	assert_works(plx_dev_start(dev));
	register_fails(description(0, 1514), -EPERM, PLX_STATUS_UNSUCCESSFUL, PLX_R_STATE, 0);
}

static void test_SG_1_deregister(void **state)
{
	uint8_t mem[64] = { 0 };
	const struct plx_buf b = { mem, 64, NULL };
	struct plx_sgdma *s = channel(0, 1514);

	(void)state;
	build(s, &b, TO_DEVICE);
	assert_fails(plx_sgdma_deregister(s), -EBUSY, PLX_STATUS_RESOURCE_IN_USE, PLX_R_BUSY_SLOT,
		     0);
	plx_sg_release(s, &list.l);
	plx_sg_release(s, &list.l); /* has no segments any more */
	assert_works(plx_dev_start(dev));
	assert_fails(plx_sgdma_deregister(s), -EPERM, PLX_STATUS_UNSUCCESSFUL, PLX_R_STATE, 0);
	assert_works(plx_dev_halt(dev));
	assert_works(plx_sgdma_deregister(s));
}

static void test_SG_2_alternatives(void **state)
{
	struct plx_sgdma *s;

	(void)state;
	assert_works(plx_mapreg_alloc(dev, 0, PLX_DMA_32BITS, 1, 1514));
	register_fails(description(0, 1514), -EBUSY, PLX_STATUS_RESOURCE_IN_USE, PLX_R_ALREADY, 0);
	assert_works(plx_mapreg_free(dev));
	s = channel(0, 1514);
	assert_fails(plx_mapreg_alloc(dev, 0, PLX_DMA_32BITS, 1, 1514), -EBUSY,
		     PLX_STATUS_RESOURCE_IN_USE, PLX_R_ALREADY, 0);
	register_fails(description(0, 1514), -EBUSY, PLX_STATUS_RESOURCE_IN_USE, PLX_R_ALREADY, 0);
	assert_works(plx_sgdma_deregister(s));
	assert_works(plx_mapreg_alloc(dev, 0, PLX_DMA_32BITS, 1, 1514));
	assert_works(plx_mapreg_free(dev));
}

static void check_list(struct plx_sgdma *s, const struct plx_buf *b, uint64_t last)
{
	build(s, b, TO_DEVICE);
	for (uint32_t i = 0; i < list.l.n; i++)
		assert_true(list.l.seg[i].iova + list.l.seg[i].len - 1 <= last);
	plx_sg_release(s, &list.l);
	assert_int_equal(list.l.n, 0);
}

static void test_SG_3_below_4_gib(void **state)
{
	uint8_t mem[64] = { 0 };
	const struct plx_buf outside = { mem, 64, NULL };
	struct plx_buf before, after;
	uint64_t high, low, shared;
	struct plx_sgdma *s;
	void *va;

	(void)state;
	assert_works(plx_dmabuf_alloc(dev, PAGE, RW, &before.va, &high)); /* anywhere */
	before.len = 64;
	before.next = NULL;
	s = channel(0, 1514);
	assert_works(plx_dmabuf_alloc(dev, PAGE, RW, &after.va, &low)); /* as the channel says */
	after.len = 64;
	after.next = NULL;
	assert_true(low <= UINT32_MAX);
	assert_works(plx_shmem_alloc(dev, 64, true, &va, &shared));
	assert_true(shared <= UINT32_MAX);
	check_list(s, &outside, UINT32_MAX);
	check_list(s, &before, UINT32_MAX);
	check_list(s, &after, UINT32_MAX);
	build(s, &after, TO_DEVICE);
	assert_int_equal(list.l.seg[0].iova, low);
	plx_sg_release(s, &list.l);
	assert_works(plx_shmem_free(dev, 64, true, va, shared));
	assert_works(plx_sgdma_deregister(s));
	s = channel(PLX_SGDMA_64BIT, 1514);
	build(s, &before, TO_DEVICE);
	assert_int_equal(list.l.seg[0].iova, high);
	plx_sg_release(s, &list.l);
	assert_works(plx_sgdma_deregister(s));
	assert_works(plx_dmabuf_free(dev, before.va));
	assert_works(plx_dmabuf_free(dev, after.va));
}

static void build_fails(struct plx_sgdma *s, const struct plx_buf *b, uint32_t flags, size_t size,
			int err, uint32_t status, enum plx_reason reason, unsigned arg)
{
	unsigned calls = seen.calls;

	list.l.n = 5;
	assert_fails(plx_sg_build(s, b, flags, &list.l, size, NULL), err, status, reason, arg);
	assert_int_equal(seen.calls, calls);
	assert_int_equal(list.l.n, size < sizeof(list.l) ? 5 : 0);
}

static void test_SG_4_arguments(void **state)
{
	uint8_t mem[64] = { 0 };
	const struct plx_buf b = { mem, 64, NULL }, null = { NULL, 1, NULL };
	const struct plx_buf many = { mem, 64, &b };
	struct plx_sgdma *s = channel(0, 100);

	(void)state;
	build_fails(s, NULL, 0, sizeof(list), -EINVAL, INVALID_PARAMETER(2), PLX_R_NULL_ARG, 2);
	build_fails(s, &null, 0, sizeof(list), -EINVAL, INVALID_PARAMETER(2), PLX_R_NULL_ARG, 2);
	build_fails(s, &many, 0, sizeof(list), -EINVAL, INVALID_PARAMETER(2), PLX_R_TOO_LARGE, 2);
	build_fails(s, &b, 2, sizeof(list), -EINVAL, INVALID_PARAMETER(4), PLX_R_RESERVED_BITS, 4);
	assert_fails(plx_sg_build(s, &b, 0, NULL, 100, NULL), -EINVAL, INVALID_PARAMETER(5),
		     PLX_R_NULL_ARG, 5);
	assert_fails(plx_sg_build(NULL, &b, 0, &list.l, 100, NULL), -EINVAL,
		     PLX_STATUS_INVALID_PARAMETER, PLX_R_NULL_ARG, 1);
	plx_sg_release(NULL, &list.l);
	plx_sg_release(s, NULL);
	assert_works(plx_sgdma_deregister(s));
}

static void test_SG_4_small_list(void **state)
{
	const size_t one = sizeof(struct plx_sg_list) + sizeof(struct plx_dma_seg);
	struct plx_sgdma *s = channel(PLX_SGDMA_64BIT, 8192);
	struct plx_buf b[3];
	uint64_t iova;
	uint8_t *mem;
	void *va;

	(void)state;
	assert_works(plx_dmabuf_alloc(dev, 4 * PAGE, RW, &va, &iova));
	mem = va;
	b[0] = (struct plx_buf){ mem, 32, &b[1] };
	b[1] = (struct plx_buf){ mem + 32, 32, &b[2] };
	b[2] = (struct plx_buf){ mem + PAGE, 32, NULL };
	for (size_t size = 0; size < one + sizeof(struct plx_dma_seg); size++)
		build_fails(s, &b[0], 0, size, -EMSGSIZE, PLX_STATUS_BUFFER_TOO_SMALL,
			    PLX_R_TOO_LARGE, 6);
	assert_int_equal(plx_sg_build(s, &b[0], 0, &list.l, one + sizeof(struct plx_dma_seg), NULL),
			 0);
	assert_int_equal(list.l.n, 2); /* neighbours are one */
	assert_int_equal(list.l.seg[0].iova, iova);
	assert_int_equal(list.l.seg[0].len, 64);
	assert_int_equal(list.l.seg[1].iova, iova + PAGE);
	assert_int_equal(list.l.seg[1].len, 32);
	plx_sg_release(s, &list.l);
	/* In the order of the chain, whatever the addresses; two that meet are one. */
	b[0] = (struct plx_buf){ mem + PAGE, 32, &b[1] };
	b[1] = (struct plx_buf){ mem, 32, NULL };
	build(s, &b[0], 0);
	assert_int_equal(list.l.n, 2);
	assert_int_equal(list.l.seg[0].iova, iova + PAGE);
	assert_int_equal(list.l.seg[1].iova, iova);
	plx_sg_release(s, &list.l);
	assert_works(plx_dmabuf_free(dev, mem));
	assert_works(plx_sgdma_deregister(s));
}

static void test_SG_4_callback_releases(void **state)
{
	struct plx_sgdma_desc d = description(0, 1514);
	uint8_t mem[64] = { 0 };
	const struct plx_buf b = { mem, 64, NULL }, none = { 0 };
	struct plx_sgdma *s;

	(void)state;
	d.process = process_and_release;
	assert_works(plx_sgdma_register(dev, &d, &s));
	build(s, &b, 0);
	assert_int_equal(list.l.n, 0);
	build(s, &none, 0); /* nothing to tell, told all the same */
	assert_works(plx_sgdma_deregister(s));
}

/* The program's own memory, which the device does not reach: through bounce memory. */
static void test_SG_3_bounced(void **state)
{
	uint8_t a[3000], b[3000], data[6000];
	const struct plx_buf second = { b, sizeof(b), NULL }, first = { a, sizeof(a), &second };
	struct plx_sgdma *s = channel(0, sizeof(data));
	struct plx_error before;

	(void)state;
	devlab_fill(a, sizeof(a), 1);
	devlab_fill(b, sizeof(b), 2);
	devlab_fill(data, sizeof(data), 3);
	assert_fails(plx_mapreg_free(dev), -ENOENT, PLX_STATUS_NOT_FOUND, PLX_R_NOT_MAPPED, 0);
	before = *plx_last_error();
	build(s, &first, TO_DEVICE);
	assert_memory_equal(plx_last_error(), &before, sizeof(before)); /* E-1 */
	assert_int_equal(list.l.n, 1);
	assert_int_equal(list.l.seg[0].len, 6000);
	assert_true(devlab_dma_reads(list.l.seg[0].iova, a, 3000));
	assert_true(devlab_dma_reads(list.l.seg[0].iova + 3000, b, 3000));
	plx_sg_release(s, &list.l);
	build(s, &first, 0);
	assert_true(devlab_dma_writes(list.l.seg[0].iova, data, 5000));
	plx_sg_release(s, &list.l);
	assert_memory_equal(a, data, 3000);
	assert_memory_equal(b, data + 3000, 2000);
	devlab_fill(data, sizeof(data), 2);
	assert_memory_equal(b + 2000, data + 2000, 1000); /* as it was */
	assert_works(plx_sgdma_deregister(s));
}

/* All bounce memory in use, and none at all. */
static void test_SG_3_no_bounce_memory(void **state)
{
	const size_t size = sizeof(struct plx_sg_list) + sizeof(struct plx_dma_seg);
	struct plx_sg_list *lists[256];
	uint8_t mem[64] = { 0 };
	const struct plx_buf b = { mem, 64, NULL };
	struct plx_sgdma *s = channel(0, 1514);
	unsigned n = 0, first_seen;

	(void)state;
	for (unsigned i = 0; i < 256; i++)
		lists[i] = malloc(size);
	while (n < 256 && !plx_sg_build(s, &b, 0, lists[n], size, NULL))
		n++;
	assert_int_equal(n, 128);
	build_fails(s, &b, 0, sizeof(list), -ENOMEM, PLX_STATUS_INSUFFICIENT_RESOURCES, PLX_R_NOMEM,
		    0);
	for (unsigned i = 0; i < n; i++) /* each has its own */
		for (unsigned j = 0; j < i; j++)
			assert_true(lists[i]->seg[0].iova != lists[j]->seg[0].iova);
	first_seen = seen.calls;
	plx_sg_release(s, lists[77]);
	build(s, &b, 0);
	assert_int_equal(seen.calls, first_seen + 1);
	plx_sg_release(s, &list.l);
	for (unsigned i = 0; i < n; i++)
		plx_sg_release(s, lists[i]);
	assert_works(plx_sgdma_deregister(s));
	for (unsigned i = 0; i < 256; i++)
		free(lists[i]);
	s = channel(0, 17u << 20);
	build_fails(s, &b, 0, sizeof(list), -ENOMEM, PLX_STATUS_INSUFFICIENT_RESOURCES, PLX_R_NOMEM,
		    0);
	assert_works(plx_sgdma_deregister(s));
}

static void test_G_13_leaks(void **state)
{
	uint8_t mem[64] = { 0 };
	const struct plx_buf b = { mem, 64, NULL };
	struct plx_sgdma *s = channel(0, 1514);

	(void)state;
	build(s, &b, TO_DEVICE);
	devlab_reopen(NULL);
	assert_int_equal(lab.leaks, 1);
	assert_non_null(strstr(lab.said, "1 lists"));
}

static const struct CMUnitTest tests[] = {
	RULE(test_SG_1_description), RULE(test_SG_1_list_size),         RULE(test_SG_1_order),
	RULE(test_SG_1_deregister),  RULE(test_SG_2_alternatives),      RULE(test_SG_3_below_4_gib),
	RULE(test_SG_3_bounced),     RULE(test_SG_3_no_bounce_memory),  RULE(test_SG_4_arguments),
	RULE(test_SG_4_small_list),  RULE(test_SG_4_callback_releases), RULE(test_G_13_leaks),
};

LAB_MAIN(tests)
