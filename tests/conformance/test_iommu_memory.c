/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Shortage of memory: a life with everything in it is lived again and again, and each time one
 * more allocation succeeds before one fails. The failure must be said, and nothing be left (G-4).
 *
 * The linker sends allocations here (-Wl,--wrap=calloc), those of the simulated kernel, too.
 */
#include "lab.h"

static unsigned fail_in; /* the nth allocation from now fails; 0: none */
static bool failed;

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);

void *__wrap_calloc(size_t n, size_t size)
{
	if (!fail_in || --fail_in)
		return __real_calloc(n, size);
	failed = true;
	errno = ENOMEM;
	return NULL;
}

struct life {
	struct plx_iommu *io;
	struct plx_domain *d;
	struct plx_token *t;
	struct plx_segment s;
};

/* Up to the first failure. */
static int live(struct life *l)
{
	const struct plx_reserved_region reserved = { NULL, 0x10000, 1, false };
	const struct plx_iova_alloc_cfg flex = { PLX_IOVA_ALLOC_FLEX, 39 };
	struct iovec iov[] = { { lab.mem, PAGE }, { lab.mem + 2 * PAGE, PAGE } };
	const struct plx_phys p = { .type = PLX_PHYS_MDL, .mdl = { iov, 2 } };
	uint64_t iova;
	int err;

	err = plx_iommu_open(lab.ctx, 2, 0, lab.backend, &l->io);
	if (!err)
		err = plx_domain_create(l->io, PLX_DOMAIN_TRANSLATE, 0, &flex, &reserved, &l->d);
	if (!err)
		err = lab_attach(l->d, 0);
	if (!err)
		err = plx_iommu_map(l->d, RW, &p, NULL, NULL, NULL, &iova);
	if (!err)
		err = plx_iova_reserve(l->d, 4 * PAGE, NULL, NULL, NULL, 0, &l->t);
	if (!err)
		err = plx_token_map(l->t, PAGE, RW, &p, &l->s);
	return err;
}

static void die(struct life *l)
{
	if (l->s.valid)
		assert_works(plx_token_unmap(&l->s));
	if (l->t)
		assert_works(plx_token_free(l->t));
	if (l->d)
		lab_delete(l->d);
	if (l->io)
		assert_works(plx_iommu_close(l->io));
	assert_int_equal(plx_sim_kernel_entries(), 0);
}

static void test_G_4_memory(void **state)
{
	unsigned n = 0;

	(void)state;
	do {
		struct life l = { 0 };
		int err;

		failed = false;
		fail_in = ++n;
		err = live(&l);
		fail_in = 0;
		assert_int_equal(err, failed ? -ENOMEM : 0);
		assert_int_equal(plx_last_error()->reason == PLX_R_NONE, !failed);
		die(&l);
	} while (failed);
	assert_true(n > 8);
}

/* What a detach frees cannot be read again: less than what is usable stays usable. */
static void test_detach_without_memory(void **state)
{
	struct plx_domain *d;

	(void)state;
	plx_sim_config.groups[1].width = 32;
	d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	assert_works(lab_attach(d, 1));
	fail_in = 1;
	assert_works(lab_detach(d, 1));
	assert_int_equal(lab.warnings, 1);
	assert_true(lab_map_at(d, 1ull << 32, 1) == PLX_IOVA_INVALID);
	assert_int_equal(lab_map_at(d, 0x10000, 1), 0x10000);
	lab_delete(d);
}

static const struct CMUnitTest tests[] = {
	RULE(test_G_4_memory),
	RULE(test_detach_without_memory),
};

LAB_MAIN(tests)
