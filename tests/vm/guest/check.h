/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a guest's program says: a line for each check (see steps/verdict).
 */
#ifndef LAB_CHECK_H
#define LAB_CHECK_H

#include <stdbool.h>
#include <stdint.h>

/* A check; returns @ok. */
bool check(bool ok, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A check that an @err is @want, with the record's sentence beside it. */
bool check_err(int err, int want, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* A check that cannot be made here. */
void skip(const char *why, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A remark. */
void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Without this nothing else makes sense: ends the program when @err is not 0. */
void must(int err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

enum direction { DEVICE_READS = 1, DEVICE_WRITES = 2 };

/* The host is to find in the IOMMU's trace that it blocked this access (verdict looks). */
void expect_fault(const char *address, enum direction direction, uint64_t iova, const char *fmt,
		  ...) __attribute__((format(printf, 4, 5)));

/* It may have, too: that depends on what the kernel did first. */
void allow_fault(const char *address, enum direction direction, uint64_t iova);

/* What main() returns: 0 when no check failed. */
int checks_end(void);

#endif
