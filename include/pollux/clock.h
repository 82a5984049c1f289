/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cycle counter, and its rate found without sleeping.
 */
#ifndef POLLUX_CLOCK_H
#define POLLUX_CLOCK_H

#include <pollux/base.h>
#include <time.h>
#ifdef __x86_64__
#include <x86intrin.h>
#endif

PLX_BEGIN_DECLS

struct plx_ctx;

/**
 * plx_cycles - read the cycle counter
 *
 * The TSC on x86-64, the generic timer's virtual count on aarch64, nanoseconds elsewhere. It
 * runs at a constant rate, the same on every CPU. Not serialising: the CPU may move it by the
 * few instructions around it, which a burst does not notice.
 *
 * Return: counts since some start. Threads: any. Burst loop: yes. Errors: none.
 * Source: Intel SDM vol. 3B 18.17; Arm ARM, CNTVCT_EL0.
 */
static inline uint64_t plx_cycles(void)
{
#if defined(__x86_64__)
	return __rdtsc();
#elif defined(__aarch64__)
	uint64_t count;

	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(count));
	return count;
#else
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
#endif
}

/**
 * plx_clock_hz - the rate of plx_cycles()
 * @ctx: the context
 *
 * Measured against CLOCK_MONOTONIC_RAW over the context's own life, never by sleeping. The
 * longer the context has lived the better: within 50 ppm after 1 ms (the first call of a
 * younger context spins up to 1 ms), better than 1 ppm once 100 ms have passed, when the
 * value is kept for good.
 *
 * Return: counts per second. Threads: any. Burst loop: no (it may spin). Errors: none.
 * Source: clock_gettime(2).
 */
PLX_API uint64_t plx_clock_hz(struct plx_ctx *ctx);

PLX_END_DECLS

#endif
