/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool series_add(struct series *s, double value)
{
	if (s->n == SERIES_MAX)
		return false;
	s->values[s->n++] = value;
	return true;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double series_median(const struct series *s)
{
	double sorted[SERIES_MAX];

	if (!s->n)
		return NAN;
	memcpy(sorted, s->values, s->n * sizeof(*sorted));
	qsort(sorted, s->n, sizeof(*sorted), compare);
	/* Of an even number of values the middle is half way between two. */
	return (sorted[(s->n - 1) / 2] + sorted[s->n / 2]) / 2;
}

double series_min(const struct series *s)
{
	double min = s->n ? s->values[0] : NAN;

	for (unsigned i = 1; i < s->n; i++)
		min = s->values[i] < min ? s->values[i] : min;
	return min;
}

double series_max(const struct series *s)
{
	double max = s->n ? s->values[0] : NAN;

	for (unsigned i = 1; i < s->n; i++)
		max = s->values[i] > max ? s->values[i] : max;
	return max;
}
