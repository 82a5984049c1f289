/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rings from one thread: sizes, limits, wrap-around, errors. Both kinds behave the same
 * then, so each test runs on both.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include <pollux/error.h>
#include <pollux/ring.h>

#include "mem/node.h"

/* One kind of ring, by its calls. */
struct kind {
	int (*create)(const struct plx_ring_opts *opts, void **out);
	void (*destroy)(void *r);
	unsigned (*capacity)(const void *r);
	unsigned (*count)(const void *r);
	unsigned (*push)(void *r, const void *elems, unsigned n);
	unsigned (*push_bulk)(void *r, const void *elems, unsigned n);
	unsigned (*pop)(void *r, void *elems, unsigned n);
	unsigned (*pop_bulk)(void *r, void *elems, unsigned n);
};

#define KIND(name)                                                                 \
	static int name##_create(const struct plx_ring_opts *opts, void **out)     \
	{                                                                          \
		struct plx_##name *r = (void *)&r;                                 \
		int rc = plx_##name##_create(opts, out ? &r : NULL);               \
                                                                                   \
		if (out)                                                           \
			*out = r;                                                  \
		return rc;                                                         \
	}                                                                          \
	static void name##_destroy(void *r)                                        \
	{                                                                          \
		plx_##name##_destroy(r);                                           \
	}                                                                          \
	static unsigned name##_capacity(const void *r)                             \
	{                                                                          \
		return plx_##name##_capacity(r);                                   \
	}                                                                          \
	static unsigned name##_count(const void *r)                                \
	{                                                                          \
		return plx_##name##_count(r);                                      \
	}                                                                          \
	static unsigned name##_push(void *r, const void *elems, unsigned n)        \
	{                                                                          \
		return plx_##name##_push(r, elems, n);                             \
	}                                                                          \
	static unsigned name##_push_bulk(void *r, const void *elems, unsigned n)   \
	{                                                                          \
		return plx_##name##_push_bulk(r, elems, n);                        \
	}                                                                          \
	static unsigned name##_pop(void *r, void *elems, unsigned n)               \
	{                                                                          \
		return plx_##name##_pop(r, elems, n);                              \
	}                                                                          \
	static unsigned name##_pop_bulk(void *r, void *elems, unsigned n)          \
	{                                                                          \
		return plx_##name##_pop_bulk(r, elems, n);                         \
	}                                                                          \
	static const struct kind name##_kind = {                                   \
		name##_create, name##_destroy,   name##_capacity, name##_count,    \
		name##_push,   name##_push_bulk, name##_pop,      name##_pop_bulk, \
	}

KIND(spsc);
KIND(mpmc);

static const struct kind *const kinds[] = { &spsc_kind, &mpmc_kind };

#define FOR_EACH_KIND(k) \
	for (const struct kind *const *k##_ = kinds, *k; k##_ < kinds + 2 && (k = *k##_); k##_++)

static void *make(const struct kind *k, unsigned capacity, unsigned elem_size)
{
	struct plx_ring_opts opts = { capacity, elem_size, -1 };
	void *r;

	assert_int_equal(k->create(&opts, &r), 0);
	assert_non_null(r);
	assert_int_equal(plx_last_error()->err, 0);
	return r;
}

/* Elements of any size, told apart by @seed. */
static void fill(unsigned char *elems, size_t bytes, unsigned seed)
{
	for (size_t i = 0; i < bytes; i++)
		elems[i] = (unsigned char)(seed * 31 + i * 7 + (i >> 8));
}

static void expect_refusal(const struct kind *k, const struct plx_ring_opts *opts, int err,
			   enum plx_reason reason)
{
	void *r;

	assert_int_equal(k->create(opts, &r), err);
	assert_null(r);
	assert_int_equal(plx_last_error()->err, err);
	assert_int_equal(plx_last_error()->reason, reason);
}

static void test_bad_options(void **state)
{
	(void)state;
	FOR_EACH_KIND(k)
	{
		const struct plx_ring_opts good = { 1, 1, -1 };
		struct plx_ring_opts opts = good;

		expect_refusal(k, NULL, -EINVAL, PLX_R_NULL_ARG);
		assert_int_equal(k->create(&good, NULL), -EINVAL);
		assert_int_equal(plx_last_error()->reason, PLX_R_NULL_ARG);
		opts.capacity = 0;
		expect_refusal(k, &opts, -EINVAL, PLX_R_ZERO_LEN);
		opts.capacity = (1u << 24) + 1;
		expect_refusal(k, &opts, -EINVAL, PLX_R_TOO_LARGE);
		opts = good;
		opts.elem_size = 0;
		expect_refusal(k, &opts, -EINVAL, PLX_R_ZERO_LEN);
		opts.elem_size = 4097;
		expect_refusal(k, &opts, -EINVAL, PLX_R_TOO_LARGE);
		opts = good;
		opts.node = -2;
		expect_refusal(k, &opts, -EINVAL, PLX_R_INDEX);
	}
}

/* No room in the address space: the one shortage that a test can bring about. */
static void test_no_memory(void **state)
{
	struct plx_ring_opts opts = { 1u << 20, 64, -1 };
	struct rlimit old, none = { 0, 0 };

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_AS, &old), 0);
	none.rlim_max = old.rlim_max;
	FOR_EACH_KIND(k)
	{
		void *r;
		int rc;

		assert_int_equal(setrlimit(RLIMIT_AS, &none), 0);
		rc = k->create(&opts, &r);
		assert_int_equal(setrlimit(RLIMIT_AS, &old), 0);
		assert_int_equal(rc, -ENOMEM);
		assert_null(r);
		assert_int_equal(plx_last_error()->reason, PLX_R_NOMEM);
		assert_int_equal(plx_last_error()->sys_errno, ENOMEM);
	}
}

static void test_capacity(void **state)
{
	static const unsigned asked[] = { 1, 2, 3, 31, 32, 33, 64, 1000, 1024, 1025 };
	static const unsigned given[] = { 1, 2, 4, 32, 32, 64, 64, 1024, 1024, 2048 };

	(void)state;
	FOR_EACH_KIND(k)
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		unsigned char *elems = calloc(given[i] + 1, 1);
		void *r = make(k, asked[i], 1);

		assert_int_equal(k->capacity(r), given[i]);
		assert_int_equal(k->count(r), 0);
		assert_int_equal(k->push_bulk(r, elems, given[i] + 1), 0);
		assert_int_equal(k->push(r, elems, given[i] + 1), given[i]);
		assert_int_equal(k->count(r), given[i]);
		assert_int_equal(k->push(r, elems, 1), 0);
		assert_int_equal(k->pop_bulk(r, elems, given[i] + 1), 0);
		assert_int_equal(k->pop(r, elems, given[i] + 1), given[i]);
		assert_int_equal(k->count(r), 0);
		assert_int_equal(k->pop(r, elems, 1), 0);
		k->destroy(r);
		free(elems);
	}
}

/* The limits themselves are allowed; the largest ring of all would take 64 GiB. */
static void test_limits(void **state)
{
	(void)state;
	FOR_EACH_KIND(k)
	{
		void *r = make(k, 1u << 24, 1);

		assert_int_equal(k->capacity(r), 1u << 24);
		k->destroy(r);
		k->destroy(make(k, 1, 4096));
		k->destroy(NULL);
	}
}

static void test_nothing(void **state)
{
	(void)state;
	FOR_EACH_KIND(k)
	{
		void *r = make(k, 4, 8);

		assert_int_equal(k->push(r, NULL, 0), 0);
		assert_int_equal(k->push_bulk(r, NULL, 0), 0);
		assert_int_equal(k->pop(r, NULL, 0), 0);
		assert_int_equal(k->pop_bulk(r, NULL, 0), 0);
		assert_int_equal(k->count(r), 0);
		k->destroy(r);
	}
}

static void test_bulk(void **state)
{
	uint64_t in[4] = { 1, 2, 3, 4 }, out[4] = { 0 };

	(void)state;
	FOR_EACH_KIND(k)
	{
		void *r = make(k, 4, 8);

		assert_int_equal(k->push_bulk(r, in, 3), 3);
		assert_int_equal(k->push_bulk(r, in, 2), 0);
		assert_int_equal(k->count(r), 3);
		assert_int_equal(k->push(r, in + 3, 2), 1);
		assert_int_equal(k->pop_bulk(r, out, 4), 4);
		assert_memory_equal(in, out, sizeof(in));
		assert_int_equal(k->push_bulk(r, in, 1), 1);
		memset(out, 0, sizeof(out));
		assert_int_equal(k->pop_bulk(r, out, 2), 0);
		assert_int_equal(out[0], 0);
		assert_int_equal(k->pop(r, out, 2), 1);
		assert_int_equal(out[0], 1);
		assert_int_equal(k->push_bulk(r, in, UINT32_MAX), 0);
		assert_int_equal(k->pop_bulk(r, out, UINT32_MAX), 0);
		k->destroy(r);
	}
}

/* A call that succeeds in the burst loop leaves the error record alone, and so does a full ring. */
static void test_error_record_kept(void **state)
{
	struct plx_ring_opts bad = { 0, 8, -1 };
	uint64_t elem = 7;

	(void)state;
	FOR_EACH_KIND(k)
	{
		void *r = make(k, 1, 8), *none;

		assert_int_equal(k->create(&bad, &none), -EINVAL);
		assert_int_equal(k->push(r, &elem, 1), 1);
		assert_int_equal(k->push(r, &elem, 1), 0);
		assert_int_equal(k->pop(r, &elem, 1), 1);
		assert_int_equal(plx_last_error()->err, -EINVAL);
		k->destroy(r);
	}
}

/*
 * Bursts of every length at every position of the ring, between guards and off alignment,
 * against what went in.
 */
static void wrap_with(const struct kind *k, unsigned capacity, unsigned size)
{
	size_t bytes = (size_t)capacity * size;
	unsigned char *in = malloc(bytes + 1), *out = malloc(bytes + 2);
	void *r = make(k, capacity, size);
	unsigned seed = 0;

	for (unsigned round = 0; round < 3 * capacity; round++)
		for (unsigned n = 1; n <= capacity; n += 1 + n / 5) {
			fill(in + 1, (size_t)n * size, ++seed);
			memset(out, 0xa5, bytes + 2);
			assert_int_equal(k->push_bulk(r, in + 1, n), n);
			assert_int_equal(k->count(r), n);
			assert_int_equal(k->pop(r, out + 1, capacity), n);
			assert_memory_equal(out + 1, in + 1, (size_t)n * size);
			assert_int_equal(out[0], 0xa5);
			assert_int_equal(out[1 + (size_t)n * size], 0xa5);
		}
	k->destroy(r);
	free(in);
	free(out);
}

static void test_wrap(void **state)
{
	static const unsigned sizes[] = { 1, 4, 8, 16, 32, 33, 65, 4096 };
	static const unsigned capacities[] = { 1, 2, 8, 32, 128 };

	(void)state;
	FOR_EACH_KIND(k)
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (size_t j = 0; j < sizeof(capacities) / sizeof(capacities[0]); j++)
			if (sizes[i] * capacities[j] <= 65 * 128)
				wrap_with(k, capacities[j], sizes[i]);
}

/* Never empty, seldom full: the order over many laps, in bursts that do not divide anything. */
static void test_order(void **state)
{
	(void)state;
	FOR_EACH_KIND(k)
	{
		uint32_t next_in = 0, next_out = 0, buf[61];
		void *r = make(k, 512, 4);

		for (unsigned round = 0; round < 20000; round++) {
			unsigned n = 1 + round * 17 % 61, got;

			for (unsigned i = 0; i < n; i++)
				buf[i] = next_in + i;
			next_in += k->push(r, buf, n);
			got = k->pop(r, buf, 1 + round * 13 % 61);
			for (unsigned i = 0; i < got; i++)
				assert_int_equal(buf[i], next_out++);
			assert_int_equal(k->count(r), next_in - next_out);
		}
		k->destroy(r);
	}
}

static void test_node(void **state)
{
	unsigned char *mem;

	(void)state;
	assert_true(plx_node_valid(-1));
	assert_true(plx_node_valid(0));
	assert_false(plx_node_valid(-2));
	mem = plx_node_alloc(5000, 0);
	assert_non_null(mem);
	assert_int_equal((uintptr_t)mem % 4096, 0);
	for (unsigned i = 0; i < 8192; i++)
		assert_int_equal(mem[i], 0);
	plx_node_free(mem, 5000);
	plx_node_free(NULL, 5000);
	errno = 0;
	assert_null(plx_node_alloc(0, -1));
	assert_int_equal(errno, ENOMEM);
	assert_null(plx_node_alloc(SIZE_MAX, -1));
	assert_int_equal(errno, ENOMEM);
	assert_null(plx_node_alloc(SIZE_MAX / 2, -1));
	assert_int_equal(errno, ENOMEM);
	assert_null(plx_node_alloc(1, -2));
	assert_int_equal(errno, EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_options),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_capacity),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_bulk),
		cmocka_unit_test(test_error_record_kept),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_node),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
