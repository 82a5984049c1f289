/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rate of the cycle counter, from two readings of both clocks.
 *
 * The first reading is taken when the context is made, the second when someone asks. A pair of
 * readings disagrees by some 50 ns, so a millisecond between them gives 50 ppm and a tenth of
 * a second better than 1 ppm. Nobody has to wait for that: programs live longer.
 */
#include "core/clock.h"

#define NS_PER_S   1000000000u
#define YOUNG_NS   1000000u /* below this an answer would be too coarse */
#define SETTLED_NS 100000000u

static uint64_t raw_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* Both clocks at one moment: of a few tries the one with the shortest way between them. */
static void read_pair(uint64_t *cycles, uint64_t *ns)
{
	uint64_t best = 0;

	for (int i = 0; i < 4; i++) {
		uint64_t before = plx_cycles();
		uint64_t t = raw_ns();
		uint64_t after = plx_cycles();

		if (!i || after - before < best) {
			best = after - before;
			*cycles = before + best / 2;
			*ns = t;
		}
	}
}

void plx_clock_start(struct plx_clock *clock)
{
	read_pair(&clock->cycles, &clock->ns);
	atomic_init(&clock->hz, 0);
}

uint64_t plx_clock_rate(struct plx_clock *clock)
{
	uint64_t hz = atomic_load_explicit(&clock->hz, memory_order_relaxed);
	uint64_t cycles, ns;

	if (hz)
		return hz;
	do
		read_pair(&cycles, &ns);
	while (ns - clock->ns < YOUNG_NS);

	hz = (uint64_t)((double)(cycles - clock->cycles) * NS_PER_S / (double)(ns - clock->ns));
	if (ns - clock->ns >= SETTLED_NS)
		atomic_store_explicit(&clock->hz, hz, memory_order_relaxed);
	return hz;
}
