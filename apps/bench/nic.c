/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cases with two NICs, named by --nic, whose frames reach each other: by a cable, or in a guest
 * by QEMU's hub. In a guest that is run with -icount the time stamp counter counts instructions,
 * and then what these cases call cycles is instructions: nic-tick tells.
 */
#include "bench/spawn.h"
#include "bench/testpmd.h"

#include <pollux/clock.h>

#include <string.h>

#define TICK_TURNS  1000000
#define TICK_INSNS  2 /* of a turn */
#define TICK_TRIALS 21

/* Seconds until the links are up; and QEMU's 82540EM receives nothing in the first one. */
#define SETTLE 1.5

static enum outcome meanwhile(struct bench *b, struct testpmd_run *run, struct child *c)
{
	return child_let_run(b, c, run->seconds);
}

/* Only what passes frames on needs some to begin with. */
static bool receives(const struct bench_case *c)
{
	return strcmp(c->mode, "txonly") != 0;
}

static enum outcome go(struct bench *b, const struct bench_case *c, enum side side,
		       struct testpmd_run *run)
{
	const struct option_list *nics = &b->opts.nics;

	if (nics->n != 2)
		return bench_absent(b,
				    "it takes two NICs that are connected: --nic ADDRESS, twice");
	*run = (struct testpmd_run){ .mode = c->mode,
				     .nics = nics->items,
				     .tx_first = receives(c),
				     .settle = SETTLE,
				     .meanwhile = meanwhile,
				     .seconds = b->opts.duration };
	return side == OURS ? ours_testpmd(b, run) : rival_testpmd(b, run);
}

static enum outcome cycles(struct bench *b, const struct bench_case *c, enum side side,
			   double *value)
{
	struct testpmd_run run;
	enum outcome got = go(b, c, side, &run);

	if (got == MEASURED)
		*value = run.cycles_per_packet;
	return got;
}

enum outcome nic_cycles_ours(struct bench *b, const struct bench_case *c, double *value)
{
	return cycles(b, c, OURS, value);
}

enum outcome nic_cycles_rival(struct bench *b, const struct bench_case *c, double *value)
{
	return cycles(b, c, RIVAL, value);
}

static enum outcome wall(struct bench *b, const struct bench_case *c, enum side side, double *value)
{
	struct testpmd_run run;
	enum outcome got = go(b, c, side, &run);

	if (got == MEASURED)
		*value = 1e9 * run.forwarded / (double)run.packets;
	return got;
}

enum outcome nic_wall_ours(struct bench *b, const struct bench_case *c, double *value)
{
	return wall(b, c, OURS, value);
}

enum outcome nic_wall_rival(struct bench *b, const struct bench_case *c, double *value)
{
	return wall(b, c, RIVAL, value);
}

/* TICK_TURNS turns of TICK_INSNS instructions. False: not written for this CPU. */
static bool turn(void)
{
	uint64_t left = TICK_TURNS;

#ifdef __x86_64__
	__asm__ volatile("1: dec %0\n\tjnz 1b" : "+r"(left) : : "cc");
#elif defined(__aarch64__)
	__asm__ volatile("1: subs %0, %0, #1\n\tb.ne 1b" : "+r"(left) : : "cc");
#endif
	return !left;
}

/* The least of some, since a tick of the kernel's timer comes on top. */
enum outcome nic_tick(struct bench *b, const struct bench_case *c, double *value)
{
	uint64_t least = UINT64_MAX;

	(void)c;
	for (unsigned i = 0; i < TICK_TRIALS; i++) {
		uint64_t begin = plx_cycles(), ticks;

		if (!turn())
			return bench_absent(b, "its loop is not written for this CPU");
		ticks = plx_cycles() - begin;
		least = ticks < least ? ticks : least;
	}
	*value = (double)least / ((double)TICK_TURNS * TICK_INSNS);
	return MEASURED;
}
