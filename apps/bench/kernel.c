/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cases with interfaces of the kernel's. Where packets have to come from somewhere, they come
 * from a plx-testpmd that sends into the far end from the other CPU: the same for both sides. It
 * begins when the measured program has begun to forward, and its time is the time that counts.
 *
 * A packet socket is read faster than frames can be made. A reader that has to wait for each finds
 * one at a time, and what it pays is the way of cache lines between two CPUs; the faster it polls,
 * the more often. So to count the cycles of reading, the sender fills the ring while nobody reads,
 * and then the reader empties it in whole bursts (drains).
 *
 * Packets received are those that the measured program counts. Packets sent are those that have
 * arrived at the far end by the kernel's own account: what was lost on the way was not sent.
 */
#include "bench/bench.h"
#include "bench/lab.h"
#include "bench/spawn.h"
#include "bench/testpmd.h"

#include <string.h>

#define FILL_FRAMES 4096 /* more than a ring has slots */

/* What run.meanwhile is given. */
struct kernel_run {
	struct testpmd_run run; /* first: of the measured program */
	const struct bench_case *def;
	const struct cable *cables;
	double seconds;
	uint64_t arrived; /* at the far end */
};

static bool receives(const struct bench_case *c)
{
	return strcmp(c->mode, "txonly") != 0;
}

static bool sends(const struct bench_case *c)
{
	return strcmp(c->mode, "rxonly") != 0;
}

/* Cables: one that packets come from, and where they are sent on. */
static unsigned cables(const struct bench_case *c)
{
	return receives(c) + sends(c);
}

/* Send into the far end of the first cable for as long as was asked. */
static enum outcome feed(struct bench *b, struct kernel_run *k)
{
	struct testpmd_run sender = { .mode = "txonly",
				      .driver = "af_packet",
				      .interfaces = { k->cables[0].far_end },
				      .frame = k->def->frame,
				      .companion = true,
				      .limit = k->def->drains ? FILL_FRAMES : 0,
				      .seconds = b->opts.duration };
	enum outcome got = ours_testpmd(b, &sender);

	k->seconds = sender.forwarded;
	return got;
}

static enum outcome wait_here(struct bench *b, struct kernel_run *k, struct child *c)
{
	double begin = monotonic_now();
	enum outcome got = child_let_run(b, c, b->opts.duration);

	k->seconds = monotonic_now() - begin;
	return got;
}

static enum outcome meanwhile(struct bench *b, struct testpmd_run *run, struct child *c)
{
	struct kernel_run *k = (struct kernel_run *)run;
	const char *sink = k->cables[cables(k->def) - 1].far_end;
	uint64_t before, after = 0;
	enum outcome got;

	if (!lab_received(b, sink, &before))
		return FAILED;
	got = receives(k->def) ? feed(b, k) : wait_here(b, k, c);
	if (got == MEASURED && !lab_received(b, sink, &after))
		return FAILED;
	k->arrived = got == MEASURED ? after - before : 0;
	return got;
}

static enum outcome go(struct bench *b, const struct bench_case *c, enum side side,
		       struct kernel_run *k)
{
	enum outcome got = lab_enter(b, c->driver);

	if (got != MEASURED)
		return got;
	k->def = c;
	k->cables = lab_cables(c->driver);
	k->run = (struct testpmd_run){
		.mode = c->mode,
		.driver = c->driver,
		.frame = c->frame,
		.drains = c->drains,
		.meanwhile = meanwhile,
	};
	for (unsigned i = 0; i < cables(c); i++)
		k->run.interfaces[i] = k->cables[i].near_end;
	got = side == OURS ? ours_testpmd(b, &k->run) : rival_testpmd(b, &k->run);
	if (got == MEASURED && sends(c) && !k->arrived)
		return bench_failed(b, "no packet arrived at %s", k->cables[cables(c) - 1].far_end);
	return got;
}

static double wall_ns(const struct kernel_run *k)
{
	return k->seconds * 1e9 / (double)(sends(k->def) ? k->arrived : k->run.packets);
}

/* The times of this case's runs are kept for the one that asks for them, next in the table. */
static enum outcome measure_cycles(struct bench *b, const struct bench_case *c, enum side side,
				   double *value)
{
	struct kernel_run k = { .seconds = 0 };
	enum outcome got = go(b, c, side, &k);

	if (got != MEASURED)
		return got;
	if (b->kernel.last != c)
		b->kernel.kept[OURS] = b->kernel.kept[RIVAL] = (struct kept){ .taken = 0 };
	b->kernel.last = c;
	if (!c->drains)
		series_add(&b->kernel.kept[side].times, wall_ns(&k));
	*value = k.run.cycles_per_packet;
	return MEASURED;
}

enum outcome kernel_cycles_ours(struct bench *b, const struct bench_case *c, double *value)
{
	return measure_cycles(b, c, OURS, value);
}

enum outcome kernel_cycles_rival(struct bench *b, const struct bench_case *c, double *value)
{
	return measure_cycles(b, c, RIVAL, value);
}

static enum outcome measure_wall(struct bench *b, const struct bench_case *c, enum side side,
				 double *value)
{
	struct kernel_run k = { .seconds = 0 };
	struct kept *kept = &b->kernel.kept[side];
	enum outcome got;

	if (b->kernel.last == c - 1 && kept->taken < kept->times.n) {
		*value = kept->times.values[kept->taken++];
		return MEASURED;
	}
	got = go(b, c, side, &k);
	if (got == MEASURED)
		*value = wall_ns(&k);
	return got;
}

enum outcome kernel_wall_ours(struct bench *b, const struct bench_case *c, double *value)
{
	return measure_wall(b, c, OURS, value);
}

enum outcome kernel_wall_rival(struct bench *b, const struct bench_case *c, double *value)
{
	return measure_wall(b, c, RIVAL, value);
}
