/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TESTS_HOSTILE_CLOCK_H
#define TESTS_HOSTILE_CLOCK_H

#include <stdint.h>

/* Nanoseconds; and so many of them have passed. */
uint64_t test_clock(void);
void test_clock_pass(uint64_t ns);

#endif
