/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reserved ranges: rules TOK-1 .. TOK-6.
 */
#include "lab.h"

#include <sys/mman.h>

/* plx_iova_reserve() that fails: the output is NULL. */
static int reserve(struct plx_domain *d, uint64_t size, const uint64_t *at, const uint64_t *min,
		   const uint64_t *max, uint32_t segments)
{
	struct plx_token *t = (struct plx_token *)&lab;
	int err = plx_iova_reserve(d, size, at, min, max, segments, &t);

	assert_true(err && !t);
	return err;
}

static struct plx_token *token(struct plx_domain *d, uint64_t at, uint64_t size)
{
	struct plx_token *t;
	uint64_t base = 0, got = 0;

	assert_works(plx_iova_reserve(d, size, &at, NULL, NULL, 0, &t));
	assert_works(plx_token_info(t, &base, &got));
	assert_int_equal(base, at);
	assert_int_equal(got, size);
	return t;
}

static void test_TOK_1_arguments(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	uint64_t at = 0x10800;

	(void)state;
	assert_fails(reserve(NULL, PAGE, NULL, NULL, NULL, 0), -EINVAL, INVALID_PARAMETER(1),
		     PLX_R_DOMAIN_TYPE, 1);
	assert_fails(reserve(d, 0, NULL, NULL, NULL, 0), -EINVAL, INVALID_PARAMETER(2),
		     PLX_R_ZERO_LEN, 2);
	assert_fails(reserve(d, PAGE + 1, NULL, NULL, NULL, 0), -EINVAL, INVALID_PARAMETER(2),
		     PLX_R_UNALIGNED, 2);
	assert_fails(reserve(d, PAGE, &at, NULL, NULL, 0), -EINVAL, INVALID_PARAMETER(3),
		     PLX_R_UNALIGNED, 3);
	at = -PAGE;
	assert_fails(reserve(d, 2 * PAGE, &at, NULL, NULL, 0), -EINVAL, INVALID_PARAMETER(3),
		     PLX_R_WRAP, 3);
	at = MSI;
	assert_fails(reserve(d, PAGE, &at, NULL, NULL, 0), -EADDRNOTAVAIL, INVALID_PARAMETER(3),
		     PLX_R_IOVA_RESERVED, 3);
	assert_fails(plx_iova_reserve(d, PAGE, NULL, NULL, NULL, 0, NULL), -EINVAL,
		     INVALID_PARAMETER(6), PLX_R_NULL_ARG, 6);
	lab_delete(d);
}

static void test_TOK_1_matrix(void **state)
{
	struct plx_domain *none = lab_empty(PLX_IOVA_ALLOC_NONE, 0);
	struct plx_domain *buddy = lab_empty(PLX_IOVA_ALLOC_BUDDY, 39);
	const uint64_t at = 0x10000, min = 0x20000, max = 0x20fff;
	struct plx_token *t;
	uint64_t base;

	(void)state;
	assert_fails(reserve(none, PAGE, NULL, NULL, NULL, 0), -ENOTSUP, PLX_STATUS_NOT_SUPPORTED,
		     PLX_R_NEED_EXPLICIT, 0);
	assert_fails(reserve(buddy, PAGE, &at, NULL, NULL, 0), -ENOTSUP, PLX_STATUS_NOT_SUPPORTED,
		     PLX_R_NO_EXPLICIT, 0);
	assert_works(plx_iova_reserve(none, PAGE, &at, &max, &min, 0, &t)); /* MAP-12 */
	assert_works(plx_token_free(t));
	assert_fails(reserve(buddy, PAGE, NULL, &max, &min, 0), -ERANGE,
		     PLX_STATUS_INVALID_PARAMETER_MIX, PLX_R_WINDOW_BAD, PLX_ARG_MIX);
	assert_works(plx_iova_reserve(buddy, PAGE, NULL, &min, &max, 0, &t));
	assert_works(plx_token_info(t, &base, NULL));
	assert_int_equal(base, min);
	assert_fails(reserve(buddy, PAGE, NULL, &min, &max, 0), -ENOSPC,
		     PLX_STATUS_INVALID_PARAMETER_MIX, PLX_R_WINDOW_FULL, PLX_ARG_MIX);
	assert_works(plx_token_free(t));
	lab_delete(none);
	lab_delete(buddy);
}

static void test_TOK_1_overlap(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	struct plx_token *t = token(d, 0x10000, 4 * PAGE);
	uint64_t at = 0x13000;

	(void)state;
	assert_fails(reserve(d, PAGE, &at, NULL, NULL, 0), -EEXIST, PLX_STATUS_IN_USE,
		     PLX_R_IOVA_BUSY, 0);
	at = 0x20000;
	lab_map_at(d, at, 1);
	assert_fails(reserve(d, PAGE, &at, NULL, NULL, 0), -EEXIST, PLX_STATUS_IN_USE,
		     PLX_R_IOVA_BUSY, 0);
	assert_works(plx_token_free(t));
	lab_delete(d);
}

static void test_TOK_2_budget(void **state)
{
	struct plx_domain *d;
	const struct plx_phys p = lab_pages(0, 1);
	struct plx_domain_info info;
	struct plx_segment s;
	struct plx_token *t;
	uint64_t left;

	(void)state;
	plx_sim_config.dma_entry_limit = 100;
	d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	assert_works(plx_domain_info(d, &info, NULL, 0));
	left = info.mappings_left;
	assert_works(plx_iova_reserve(d, 60 * PAGE, NULL, NULL, NULL, 0, &t));
	assert_works(plx_domain_info(d, &info, NULL, 0));
	if (lab.backend == PLX_BACKEND_IOMMUFD)
		assert_true(info.mappings_left == UINT64_MAX);
	else
		assert_int_equal(info.mappings_left, left - 60);
	if (lab.backend == PLX_BACKEND_TYPE1)
		assert_fails(reserve(d, 60 * PAGE, NULL, NULL, NULL, 0), -ENOSPC,
			     PLX_STATUS_INSUFFICIENT_RESOURCES, PLX_R_DMA_ENTRIES, 0);
	/* A segment uses what the token holds already. */
	assert_works(plx_token_map(t, 0, RW, &p, &s));
	if (lab.backend != PLX_BACKEND_IOMMUFD) {
		assert_works(plx_domain_info(d, &info, NULL, 0));
		assert_int_equal(info.mappings_left, left - 60);
	}
	assert_works(plx_token_unmap(&s));
	assert_works(plx_token_free(t));
	assert_works(plx_domain_info(d, &info, NULL, 0));
	assert_true(info.mappings_left == left);
	plx_sim_config.dma_entry_limit = 65535;
	lab_delete(d);
}

static void test_TOK_2_segments(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	const struct plx_phys p = lab_pages(0, 1);
	struct plx_segment a, b, c;
	struct plx_token *t;

	(void)state;
	assert_works(plx_iova_reserve(d, 16 * PAGE, NULL, NULL, NULL, 2, &t));
	assert_works(plx_token_map(t, 0, RW, &p, &a));
	assert_works(plx_token_map(t, PAGE, RW, &p, &b));
	assert_fails(plx_token_map(t, 2 * PAGE, RW, &p, &c), -ENOSPC,
		     PLX_STATUS_INSUFFICIENT_RESOURCES, PLX_R_DMA_ENTRIES, 0);
	assert_false(c.valid);
	assert_works(plx_token_unmap(&a));
	assert_works(plx_token_map(t, 2 * PAGE, RW, &p, &c));
	assert_works(plx_token_unmap(&b));
	assert_works(plx_token_unmap(&c));
	assert_works(plx_token_free(t));
	lab_delete(d);
}

/* Plain mappings cannot take what a token holds: that is the guarantee. */
static void test_TOK_3_credits_are_kept(void **state)
{
	struct plx_domain *d;
	const struct plx_phys p = lab_pages(0, 1);
	struct plx_segment s;
	struct plx_token *t;

	(void)state;
	plx_sim_config.dma_entry_limit = 3;
	d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	assert_works(plx_iova_reserve(d, 2 * PAGE, NULL, NULL, NULL, 0, &t));
	assert_int_not_equal(lab_map(d, NULL, NULL, NULL, 1), PLX_IOVA_INVALID);
	if (lab.backend == PLX_BACKEND_TYPE1) {
		assert_true(lab_map(d, NULL, NULL, NULL, 1) == PLX_IOVA_INVALID);
		assert_int_equal(plx_last_error()->reason, PLX_R_DMA_ENTRIES);
	}
	assert_works(plx_token_map(t, PAGE, RW, &p, &s));
	assert_works(plx_token_unmap(&s));
	assert_works(plx_token_free(t));
	lab_delete(d);
}

static void test_TOK_4_arguments(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	struct plx_token *t = token(d, 0x10000, 4 * PAGE);
	struct plx_phys p = lab_pages(0, 1);
	struct plx_segment s = { .valid = true };

	(void)state;
	assert_fails(plx_token_map(NULL, 0, RW, &p, &s), -EINVAL, INVALID_PARAMETER(1),
		     PLX_R_NULL_ARG, 1);
	assert_false(s.valid);
	assert_fails(plx_token_map(t, 100, RW, &p, &s), -EINVAL, INVALID_PARAMETER(2),
		     PLX_R_UNALIGNED, 2);
	assert_fails(plx_token_map(t, 0, 0, &p, &s), -EINVAL, INVALID_PARAMETER(3),
		     PLX_R_RESERVED_BITS, 3);
	assert_fails(plx_token_map(t, 0, RW, NULL, &s), -EINVAL, INVALID_PARAMETER(4),
		     PLX_R_NULL_ARG, 4);
	p.contig.size = 100;
	assert_fails(plx_token_map(t, 0, RW, &p, &s), -EINVAL, INVALID_PARAMETER(4),
		     PLX_R_UNALIGNED, 4);
	p = lab_pages(0, 1);
	assert_fails(plx_token_map(t, 0, RW, &p, NULL), -EINVAL, INVALID_PARAMETER(5),
		     PLX_R_NULL_ARG, 5);
	p.flags = PLX_PHYS_HOSTPA;
	assert_fails(plx_token_map(t, 0, RW, &p, &s), -ENOTSUP, PLX_STATUS_NOT_SUPPORTED,
		     PLX_R_NO_PHYS, 0);
	p = lab_pages(0, 2);
	assert_fails(plx_token_map(t, 3 * PAGE, RW, &p, &s), -ERANGE, INVALID_PARAMETER(2),
		     PLX_R_TOO_LARGE, 2);
	assert_fails(plx_token_map(t, -PAGE, RW, &p, &s), -ERANGE, INVALID_PARAMETER(2),
		     PLX_R_TOO_LARGE, 2);
	p = (struct plx_phys){ .type = PLX_PHYS_CONTIG,
			       .contig = { (uintptr_t)lab.readonly, PAGE } };
	assert_fails(plx_token_map(t, 0, RW, &p, &s), -EFAULT, INVALID_PARAMETER(4), PLX_R_BAD_VA,
		     4);
	assert_int_equal(lab_mappings(d), 0);
	assert_works(plx_token_free(t));
	lab_delete(d);
}

static void test_TOK_4_segments(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	struct plx_token *t = token(d, 0x10000, 8 * PAGE);
	const struct plx_phys p = lab_pages(0, 2);
	struct plx_segment a, b, c;

	(void)state;
	assert_works(plx_token_map(t, 2 * PAGE, RW, &p, &a));
	assert_ptr_equal(a.token, t);
	assert_int_equal(a.offset, 2 * PAGE);
	assert_int_equal(a.size, 2 * PAGE);
	assert_true(a.valid);
	assert_fails(plx_token_map(t, 3 * PAGE, RW, &p, &b), -EEXIST, PLX_STATUS_RESOURCE_IN_USE,
		     PLX_R_IOVA_BUSY, 0);
	assert_fails(plx_token_map(t, PAGE, RW, &p, &b), -EEXIST, PLX_STATUS_RESOURCE_IN_USE,
		     PLX_R_IOVA_BUSY, 0);
	assert_works(plx_token_map(t, 0, RW, &p, &b));
	assert_works(plx_token_map(t, 6 * PAGE, RW, &p, &c));
	assert_int_equal(lab_mappings(d), 3);
	assert_works(plx_token_unmap(&a));
	assert_works(plx_token_unmap(&b));
	assert_works(plx_token_unmap(&c));
	assert_int_equal(plx_sim_kernel_entries(), 0);
	assert_works(plx_token_free(t));
	lab_delete(d);
}

static void test_TOK_4_being_deleted(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	struct plx_token *t = token(d, 0x10000, 8 * PAGE);
	const struct plx_phys p = lab_pages(0, 2);
	uint64_t base = 5, size = 5;
	struct plx_segment s;

	(void)state;
	assert_works(plx_token_free(t));
	assert_fails(plx_token_map(t, 0, RW, &p, &s), -ESHUTDOWN, PLX_STATUS_UNSUCCESSFUL,
		     PLX_R_DELETING, 0);
	assert_fails(plx_token_info(t, &base, &size), -ESHUTDOWN, PLX_STATUS_UNSUCCESSFUL,
		     PLX_R_DELETING, 0);
	assert_true(base == PLX_IOVA_INVALID);
	assert_int_equal(size, 0);
	assert_fails(plx_token_free(t), -ESHUTDOWN, PLX_STATUS_UNSUCCESSFUL, PLX_R_DELETING, 0);
	lab_delete(d);
}

static void test_TOK_5_unmap(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	struct plx_token *t = token(d, 0x10000, 8 * PAGE);
	const struct plx_phys p = lab_pages(0, 2);
	struct plx_segment s = { 0 }, copy;

	(void)state;
	assert_fails(plx_token_unmap(NULL), -EINVAL, INVALID_PARAMETER(1), PLX_R_NULL_ARG, 1);
	assert_fails(plx_token_unmap(&s), -ENOENT, PLX_STATUS_INVALID_PARAMETER, PLX_R_NOT_MAPPED,
		     0);
	assert_works(plx_token_map(t, 0, RW, &p, &s));
	copy = s;
	assert_works(plx_token_unmap(&s));
	assert_false(s.valid);
	assert_fails(plx_token_unmap(&s), -ENOENT, PLX_STATUS_INVALID_PARAMETER, PLX_R_NOT_MAPPED,
		     0);
	assert_fails(plx_token_unmap(&copy), -ENOENT, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_NOT_MAPPED, 0);
	assert_false(copy.valid);
	assert_works(plx_token_map(t, 0, RW, &p, &s)); /* the range is free again */
	assert_works(plx_token_unmap(&s));
	assert_works(plx_token_free(t));
	lab_delete(d);
}

static void test_TOK_6_free(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	struct plx_token *t = token(d, 0x10000, 8 * PAGE);
	const struct plx_phys p = lab_pages(0, 1);
	struct plx_segment s;

	(void)state;
	assert_fails(plx_token_free(NULL), -EINVAL, PLX_STATUS_INVALID_PARAMETER_1, PLX_R_NULL_ARG,
		     1);
	assert_works(plx_token_map(t, 0, RW, &p, &s));
	assert_fails(plx_token_free(t), -EBUSY, PLX_STATUS_RESOURCE_IN_USE, PLX_R_STILL_MAPPED, 0);
	assert_works(plx_token_unmap(&s));
	assert_works(plx_token_free(t));
	assert_int_equal(lab_map_at(d, 0x10000, 8), 0x10000);
	lab_delete(d);
}

/* Freed tokens are remembered a while, not for ever. */
static void test_TOK_6_again_and_again(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_BUDDY, 39);

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		struct plx_token *t;

		assert_works(plx_iova_reserve(d, PAGE, NULL, NULL, NULL, 0, &t));
		assert_works(plx_token_free(t));
	}
	lab_delete(d);
}

static const struct CMUnitTest tests[] = {
	RULE(test_TOK_1_arguments), RULE(test_TOK_1_matrix),   RULE(test_TOK_1_overlap),
	RULE(test_TOK_2_budget),    RULE(test_TOK_2_segments), RULE(test_TOK_3_credits_are_kept),
	RULE(test_TOK_4_arguments), RULE(test_TOK_4_segments), RULE(test_TOK_4_being_deleted),
	RULE(test_TOK_5_unmap),     RULE(test_TOK_6_free),     RULE(test_TOK_6_again_and_again),
};

LAB_MAIN(tests)
