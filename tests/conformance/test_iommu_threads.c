/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * G-7: calls on one domain from several threads are serialised inside.
 */
#include "lab.h"

#include <pthread.h>

#define THREADS 4
#define ROUNDS  500

static struct plx_domain *domain;

/* Mappings, a token, questions and mistakes; returns how many answers were wrong. */
static void *work(void *arg)
{
	const struct plx_phys p = lab_pages(0, 1 + (unsigned)(uintptr_t)arg);
	const uint64_t pages = p.contig.size / PAGE;
	uintptr_t wrong = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct plx_domain_info info;
		struct plx_segment s;
		struct plx_token *t;
		uint64_t iova;

		wrong += plx_iommu_map(domain, RW, &p, NULL, NULL, NULL, &iova) != 0;
		wrong += plx_iova_reserve(domain, 8 * PAGE, NULL, NULL, NULL, 0, &t) != 0;
		wrong += plx_token_map(t, PAGE, RW, &p, &s) != 0;
		wrong += plx_domain_info(domain, &info, NULL, 0) != 0 || info.mappings < 2;
		wrong +=
			plx_iommu_map(domain, 0, &p, NULL, NULL, NULL, &(uint64_t){ 0 }) != -EINVAL;
		wrong += plx_last_error()->arg != 2;
		wrong += plx_iommu_unmap(domain, iova, pages) != 0;
		wrong += plx_token_unmap(&s) != 0;
		wrong += plx_token_free(t) != 0;
	}
	return (void *)wrong;
}

static void test_G_7_threads(void **state)
{
	pthread_t threads[THREADS];

	(void)state;
	domain = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	for (uintptr_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, (void *)i), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		void *wrong;

		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_null(wrong);
	}
	assert_int_equal(lab_mappings(domain), 0);
	assert_int_equal(plx_sim_kernel_entries(), 0);
	lab_delete(domain);
}

static const struct CMUnitTest tests[] = {
	RULE(test_G_7_threads),
};

LAB_MAIN(tests)
