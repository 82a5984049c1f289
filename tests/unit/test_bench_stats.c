/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What plx-bench makes of a series of measurements.
 */
#include "bench/stats.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct series make(unsigned n, const double *values)
{
	struct series s = { .n = 0 };

	for (unsigned i = 0; i < n; i++)
		assert_true(series_add(&s, values[i]));
	return s;
}

static void empty_is_nan(void **state)
{
	struct series s = { .n = 0 };

	(void)state;
	assert_true(isnan(series_median(&s)));
	assert_true(isnan(series_min(&s)));
	assert_true(isnan(series_max(&s)));
}

static void one_is_all(void **state)
{
	struct series s = make(1, (const double[]){ 7.5 });

	(void)state;
	assert_true(series_median(&s) == 7.5);
	assert_true(series_min(&s) == 7.5);
	assert_true(series_max(&s) == 7.5);
}

static void odd_has_a_middle(void **state)
{
	struct series s = make(5, (const double[]){ 9, 1, 1000, 3, 2 });

	(void)state;
	assert_true(series_median(&s) == 3);
	assert_true(series_min(&s) == 1);
	assert_true(series_max(&s) == 1000);
	/* Order is kept: asking changes nothing. */
	assert_true(s.values[0] == 9 && s.values[4] == 2);
}

static void even_is_half_way(void **state)
{
	struct series s = make(4, (const double[]){ 4, 1, 3, 2 });

	(void)state;
	assert_true(series_median(&s) == 2.5);
}

static void full_takes_no_more(void **state)
{
	static struct series s;

	(void)state;
	for (unsigned i = 0; i < SERIES_MAX; i++)
		assert_true(series_add(&s, i));
	assert_false(series_add(&s, 0));
	assert_int_equal(s.n, SERIES_MAX);
	assert_true(series_max(&s) == SERIES_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_is_nan),       cmocka_unit_test(one_is_all),
		cmocka_unit_test(odd_has_a_middle),   cmocka_unit_test(even_is_half_way),
		cmocka_unit_test(full_takes_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
