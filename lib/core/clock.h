/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The calibration that a context keeps for plx_clock_hz().
 */
#ifndef PLX_CORE_CLOCK_H
#define PLX_CORE_CLOCK_H

#include <pollux/clock.h>

#include <stdatomic.h>

struct plx_clock {
	uint64_t cycles, ns; /* the anchor: both clocks at the context's birth */
	_Atomic uint64_t hz; /* final rate, 0 while the context is too young */
};

void plx_clock_start(struct plx_clock *clock);
uint64_t plx_clock_rate(struct plx_clock *clock);

#endif
