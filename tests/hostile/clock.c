/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The time that drivers see, in programs that are linked with
 * --wrap=clock_gettime,--wrap=nanosleep: it passes when they sleep and a little when they look, so
 * that a wait for what never comes is over at once, and how long it would have been can be checked.
 */
#include "clock.h"

#include <stdatomic.h>
#include <time.h>

int __wrap_clock_gettime(clockid_t clock, struct timespec *out);
int __wrap_nanosleep(const struct timespec *time, struct timespec *left);

static _Atomic uint64_t now_ns = 1000000000;

uint64_t test_clock(void)
{
	return atomic_load(&now_ns);
}

void test_clock_pass(uint64_t ns)
{
	atomic_fetch_add(&now_ns, ns);
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *out)
{
	uint64_t now = atomic_fetch_add(&now_ns, 1000);

	(void)clock;
	out->tv_sec = (time_t)(now / 1000000000);
	out->tv_nsec = (long)(now % 1000000000);
	return 0;
}

int __wrap_nanosleep(const struct timespec *time, struct timespec *left)
{
	(void)left;
	test_clock_pass((uint64_t)time->tv_sec * 1000000000 + (uint64_t)time->tv_nsec);
	return 0;
}
