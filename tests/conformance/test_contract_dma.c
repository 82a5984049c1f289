/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Section 6 of the DDI contract from outside: map registers, scatter-gather lists, shared memory and
 * queue memory, in each way that a device gets into a domain, with data that the device moves.
 */
#include "outside.h"

#include <sys/mman.h>

#define LONG   9018u /* bytes of a jumbo frame: 4 map registers */
#define CYCLES 500

static const uint64_t limit[] = { 1ull << 24, 1ull << 32, 1ull << 39 }; /* of enum plx_dma_size */

/* As the device's own buffer is (11.1), and as nothing else is. */
static void fill(uint8_t *at, unsigned n, unsigned seed)
{
	for (unsigned i = 0; i < n; i++)
		at[i] = (uint8_t)(i * 7 + seed);
}

static void check_segments(const struct plx_dma_seg *seg, uint32_t n, uint64_t len, uint64_t below)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < n; i++) {
		assert_true(seg[i].iova >= PAGE && seg[i].iova + seg[i].len <= below);
		assert_true(!i || seg[i].iova >= seg[i - 1].iova + seg[i - 1].len);
		sum += seg[i].len;
	}
	assert_int_equal(sum, len);
}

/* To the device through one register, and back through another. */
static void send_and_receive(struct plx_dev *dev, enum plx_dma_size size)
{
	uint8_t out[LONG], in[PAGE] = { 0 };
	const struct plx_buf sent = { out, LONG, NULL }, got = { in, PAGE, NULL };
	struct plx_dma_seg seg[8];
	uint32_t n = 8;

	fill(out, LONG, size);
	assert_int_equal(plx_mapreg_start(dev, &sent, 0, true, seg, &n), 0);
	check_segments(seg, n, LONG, limit[size]);
	assert_int_equal(outside_reads(dev, seg[0].iova, PAGE, 100), DONE);
	n = 8;
	assert_int_equal(plx_mapreg_start(dev, &got, 7, false, seg, &n), 0);
	check_segments(seg, n, PAGE, limit[size]);
	assert_int_equal(outside_writes(dev, seg[0].iova, PAGE, 100), DONE);
	assert_fails(plx_mapreg_free(dev), -EBUSY, PLX_STATUS_RESOURCE_IN_USE, PLX_R_BUSY_SLOT, 0);
	assert_int_equal(plx_mapreg_complete(dev, &got, 7), 0);
	assert_int_equal(plx_mapreg_complete(dev, &sent, 0), 0);
	assert_int_equal(plx_last_error()->err, -EBUSY); /* E-1: [DP] calls leave it alone */
	assert_memory_equal(in, out, PAGE);
}

/* Nothing of the buffer is copied: the device is told where it is. */
static void share(struct plx_dev *dev, enum plx_dma_size size)
{
	struct plx_dma_seg seg[4];
	struct plx_buf part;
	uint32_t n = 4;
	uint64_t iova;
	void *va;

	assert_works(plx_shmem_alloc(dev, 5000, false, &va, &iova));
	assert_true(iova >= PAGE && iova + 5000 <= limit[size]);
	for (unsigned i = 0; i < 5000; i++)
		assert_int_equal(((uint8_t *)va)[i], 0);
	part = (struct plx_buf){ (uint8_t *)va + 100, 4500, NULL };
	assert_int_equal(plx_mapreg_start(dev, &part, 3, true, seg, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(seg[0].iova, iova + 100);
	assert_int_equal(seg[0].len, 4500);
	assert_int_equal(plx_mapreg_complete(dev, &part, 3), 0);
	fill(va, 5000, 0);
	assert_int_equal(outside_reads(dev, iova + 3000, 2000, 0), DONE);
	assert_int_equal(outside_writes(dev, iova, 2000, 0), DONE);
	assert_memory_equal(va, (uint8_t *)va + 3000, 2000);
	assert_fails(plx_shmem_free(dev, 4096, false, va, iova), -EINVAL, INVALID_PARAMETER(2),
		     PLX_R_MISMATCH, 2);
	assert_fails(plx_shmem_free(dev, 5000, true, va, iova), -EINVAL, INVALID_PARAMETER(3),
		     PLX_R_MISMATCH, 3);
	assert_fails(plx_shmem_free(dev, 5000, false, va, iova + 1), -EINVAL, INVALID_PARAMETER(5),
		     PLX_R_MISMATCH, 5);
	assert_works(plx_shmem_free(dev, 5000, false, va, iova));
	assert_int_equal(outside_reads(dev, iova, 16, 0), BLOCKED);
	assert_fails(plx_shmem_free(dev, 5000, false, va, iova), -ENOENT, PLX_STATUS_NOT_FOUND,
		     PLX_R_NOT_MAPPED, 4);
}

static void test_MR_7_registers_below_their_limit(void **state)
{
	(void)state;
	for (int way = 0; way < OUTSIDE_WAYS; way++) {
		struct plx_domain *d;
		struct plx_dev *dev = outside_open_by(way, &d);

		for (int size = PLX_DMA_24BITS; size <= PLX_DMA_64BITS; size++) {
			outside.warnings = 0;
			assert_works(plx_mapreg_alloc(dev, 0, size, 8, LONG));
			assert_int_equal(outside.warnings, size == PLX_DMA_24BITS); /* MR-3 */
			send_and_receive(dev, size);
			share(dev, size);
			assert_works(plx_mapreg_free(dev));
		}
		outside_close(dev, d);
	}
}

/* All of the lowest 16 MiB is taken; a failed call leaves nothing behind. */
static void test_MR_7_no_room_below_the_limit(void **state)
{
	const uint64_t at = PAGE, size = (16ull << 20) - PAGE;
	uint8_t *mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	const struct plx_phys p = { .type = PLX_PHYS_CONTIG, .contig = { (uintptr_t)mem, size } };
	struct plx_domain *d = outside_domain(PLX_IOVA_ALLOC_FLEX);
	struct plx_dev *dev = outside_open("sim:dummy", d);
	struct plx_domain_info before, after;
	unsigned files = outside_files();
	uint64_t iova;

	(void)state;
	assert_true(mem != MAP_FAILED);
	assert_works(plx_iommu_map(d, 3, &p, &at, NULL, NULL, &iova));
	assert_works(plx_domain_info(d, &before, NULL, 0));
	assert_fails(plx_mapreg_alloc(dev, 0, PLX_DMA_24BITS, 4, 1512), -ENOSPC,
		     PLX_STATUS_INSUFFICIENT_RESOURCES, PLX_R_WINDOW_FULL, 0);
	assert_works(plx_domain_info(d, &after, NULL, 0));
	assert_memory_equal(&after, &before, sizeof(after));
	assert_int_equal(outside_files(), files);
	assert_works(plx_mapreg_alloc(dev, 0, PLX_DMA_32BITS, 4, 1512)); /* MR-6 */
	assert_works(plx_mapreg_free(dev));
	assert_works(plx_iommu_unmap(d, at, size / PAGE));
	assert_works(plx_mapreg_alloc(dev, 0, PLX_DMA_24BITS, 4, 1512));
	assert_works(plx_mapreg_free(dev));
	outside_close(dev, d);
	munmap(mem, size);
}

/* --- scatter-gather lists --- */

static struct {
	struct plx_sgdma *s;
	struct plx_sg_list *l;
	void *ctx;
	unsigned calls;
} seen;

static void see(struct plx_sgdma *s, struct plx_sg_list *l, void *ctx)
{
	seen.s = s;
	seen.l = l;
	seen.ctx = ctx;
	seen.calls++;
}

static void check_lists(struct plx_dev *dev, struct plx_sgdma *s, size_t size, uint64_t below)
{
	struct plx_sg_list *l = calloc(1, size);
	uint8_t bytes[LONG];
	const struct plx_buf b = { bytes, PAGE, NULL };

	fill(bytes, LONG, 5);
	seen.calls = 0;
	assert_int_equal(plx_sg_build(s, &b, PLX_SG_WRITE_TO_DEVICE, l, size, bytes), 0);
	assert_int_equal(seen.calls, 1);
	assert_true(seen.s == s && seen.l == l && seen.ctx == bytes);
	check_segments(l->seg, l->n, PAGE, below);
	assert_int_equal(outside_reads(dev, l->seg[0].iova, PAGE, 0), DONE);
	assert_int_equal(plx_sgdma_deregister(s), -EBUSY);
	plx_sg_release(s, l);
	memset(bytes, 0, sizeof(bytes));
	assert_int_equal(plx_sg_build(s, &b, 0, l, size, NULL), 0);
	assert_int_equal(outside_writes(dev, l->seg[0].iova, PAGE, 0), DONE);
	plx_sg_release(s, l);
	for (unsigned i = 0; i < LONG; i++)
		assert_int_equal(bytes[i], i < PAGE ? (uint8_t)(i * 7 + 5) : 0);
	assert_fails(plx_sg_build(s, &b, 0, l, sizeof(*l), NULL), -EMSGSIZE,
		     PLX_STATUS_BUFFER_TOO_SMALL, PLX_R_TOO_LARGE, 6);
	assert_int_equal(seen.calls, 2);
	free(l);
}

static void test_SG_3_lists_below_their_limit(void **state)
{
	(void)state;
	for (int way = 0; way < OUTSIDE_WAYS; way++) {
		struct plx_domain *d;
		struct plx_dev *dev = outside_open_by(way, &d);

		for (uint32_t flags = 0; flags <= PLX_SGDMA_64BIT; flags++) {
			struct plx_sgdma_desc desc = {
				PLX_SGDMA_TYPE, PLX_SGDMA_REV_1, sizeof(desc), flags, LONG, see, 0
			};
			struct plx_sgdma *s;

			assert_works(plx_sgdma_register(dev, &desc, &s));
			assert_int_equal(desc.sg_list_size,
					 sizeof(struct plx_sg_list) +
						 4 * sizeof(struct plx_dma_seg)); /* SG-1 */
			check_lists(dev, s, desc.sg_list_size, limit[1 + flags]);
			assert_works(plx_sgdma_deregister(s));
		}
		outside_close(dev, d);
	}
}

/* --- queue memory, states, leftovers --- */

static void test_G_11_queue_memory_in_every_state(void **state)
{
	struct plx_domain *d;
	struct plx_dev *dev = outside_open_by(OUTSIDE_OWN, &d);
	uint64_t ring, buffer, more;
	void *va[3];

	(void)state;
	assert_works(plx_dmabuf_alloc(dev, 2 * PAGE, PLX_IOMMU_READ, &va[0], &ring));
	assert_works(plx_dev_start(dev));
	assert_fails(plx_mapreg_alloc(dev, 0, PLX_DMA_64BITS, 1, 1), -EPERM,
		     PLX_STATUS_UNSUCCESSFUL, PLX_R_STATE, 0);
	assert_works(plx_dmabuf_alloc(dev, 1, PLX_IOMMU_WRITE, &va[1], &buffer));
	assert_works(plx_dev_halt(dev));
	assert_works(plx_dmabuf_alloc(dev, 1, 3, &va[2], &more));
	memcpy((uint8_t *)va[0] + PAGE, "ring", 4);
	assert_int_equal(outside_reads(dev, ring + PAGE, 4, 0), DONE);
	assert_int_equal(outside_writes(dev, ring, 4, 0), BLOCKED);
	assert_int_equal(outside_reads(dev, buffer, 4, 0), BLOCKED);
	assert_int_equal(outside_writes(dev, buffer, 4, 0), DONE);
	assert_memory_equal(va[1], "ring", 4);
	assert_int_equal(outside_writes(dev, more, 4, 0), DONE);
	for (int i = 0; i < 3; i++)
		assert_works(plx_dmabuf_free(dev, va[i]));
	assert_int_equal(outside_reads(dev, ring + PAGE, 4, 0), BLOCKED);
	outside_close(dev, d);
}

/* G-13: each leftover is a line in the log, and gone. */
static void test_G_13_leftovers_are_released_by_close(void **state)
{
	struct plx_domain *d = outside_domain(PLX_IOVA_ALLOC_FLEX);
	struct plx_dev *stays = outside_open("sim:dummy,id=1", d);
	struct plx_dev *dev = outside_open("sim:dummy", d);
	struct plx_domain_info info;
	uint64_t iova[2];
	void *va;

	(void)state;
	assert_works(plx_mapreg_alloc(dev, 0, PLX_DMA_64BITS, 2, 1512));
	assert_works(plx_shmem_alloc(dev, 100, true, &va, &iova[0]));
	assert_works(plx_dmabuf_alloc(dev, 100, 3, &va, &iova[1]));
	for (int i = 0; i < 2; i++)
		assert_int_equal(outside_writes(stays, iova[i], 4, 0), DONE);
	outside.warnings = 0;
	assert_works(plx_dev_close(dev));
	assert_int_equal(outside.warnings, 3);
	for (int i = 0; i < 2; i++)
		assert_int_equal(outside_writes(stays, iova[i], 4, 0), BLOCKED);
	assert_works(plx_domain_info(d, &info, NULL, 0));
	assert_int_equal(info.mappings, 0);
	outside_close(stays, d);
}

static void test_everything_again_and_again(void **state)
{
	unsigned files = 0;

	(void)state;
	for (unsigned i = 0; i < CYCLES; i++) {
		struct plx_domain *d;
		struct plx_dev *dev = outside_open_by(i % OUTSIDE_WAYS, &d);
		volatile void *bar;
		uint64_t iova;
		void *va[2];

		assert_works(plx_mmio_map(dev, 0xfe000000, PAGE, &bar));
		assert_works(plx_mapreg_alloc(dev, 0, PLX_DMA_32BITS, 2, 1512));
		assert_works(plx_shmem_alloc(dev, 100, true, &va[0], &iova));
		assert_works(plx_shmem_free(dev, 100, true, va[0], iova));
		assert_works(plx_dmabuf_alloc(dev, 5000, 3, &va[1], &iova));
		assert_works(plx_dmabuf_free(dev, va[1]));
		assert_works(plx_mapreg_free(dev));
		assert_works(plx_mmio_unmap(dev, bar, PAGE));
		outside_close(dev, d);
		if (i == OUTSIDE_WAYS)
			files = outside_files();
	}
	assert_int_equal(outside_files(), files);
}

static const struct CMUnitTest tests[] = {
	RULE(test_MR_7_registers_below_their_limit),
	RULE(test_MR_7_no_room_below_the_limit),
	RULE(test_SG_3_lists_below_their_limit),
	RULE(test_G_11_queue_memory_in_every_state),
	RULE(test_G_13_leftovers_are_released_by_close),
	RULE(test_everything_again_and_again),
};

OUTSIDE_MAIN(tests)
