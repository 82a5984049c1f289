/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A series of measurements of one thing, and what it comes to.
 */
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

#include <stdbool.h>

#define SERIES_MAX 1000

struct series {
	unsigned n;
	double values[SERIES_MAX]; /* in the order measured */
};

/* Keep a value. Return: false when the series is full. */
bool series_add(struct series *s, double value);

/* All are NaN for an empty series. */
double series_median(const struct series *s);
double series_min(const struct series *s);
double series_max(const struct series *s);

#endif
