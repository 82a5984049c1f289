/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cases that run plx-testpmd and dpdk-testpmd, and what each reads off such a run.
 */
#include "bench/bench.h"
#include "bench/testpmd.h"

#include <string.h>

/* Long enough to settle: packets come at once, and nothing grows after the first of them. */
#define SHORT_RUN 0.1

typedef enum outcome (*testpmd_fn)(struct bench *b, struct testpmd_run *run);

static enum outcome forward(struct bench *b, const struct bench_case *c, testpmd_fn go,
			    double *value)
{
	struct testpmd_run run = { .mode = c->mode, .seconds = b->opts.duration };
	enum outcome got = go(b, &run);

	*value = run.cycles_per_packet;
	return got;
}

enum outcome forward_ours(struct bench *b, const struct bench_case *c, double *value)
{
	return forward(b, c, ours_testpmd, value);
}

enum outcome forward_rival(struct bench *b, const struct bench_case *c, double *value)
{
	return forward(b, c, rival_testpmd, value);
}

static enum outcome csum(struct bench *b, const struct bench_case *c, testpmd_fn go, double *value)
{
	struct testpmd_run run = { .mode = c->mode, .seconds = b->opts.duration };
	char path[4200];
	enum outcome got;

	run.capture = bench_temp_path(b, "udp.pcap", path, sizeof(path));
	if (!run.capture || !capture_write(b, path))
		return FAILED;
	got = go(b, &run);
	*value = run.cycles_per_packet;
	return got;
}

enum outcome csum_ours(struct bench *b, const struct bench_case *c, double *value)
{
	return csum(b, c, ours_testpmd, value);
}

enum outcome csum_rival(struct bench *b, const struct bench_case *c, double *value)
{
	return csum(b, c, rival_testpmd, value);
}

static enum outcome startup(struct bench *b, const struct bench_case *c, testpmd_fn go,
			    double *value)
{
	struct testpmd_run run = { .mode = c->mode, .seconds = SHORT_RUN };
	enum outcome got = go(b, &run);

	*value = 1e3 * (run.first_packet - run.exec_time);
	return got;
}

enum outcome startup_ours(struct bench *b, const struct bench_case *c, double *value)
{
	return startup(b, c, ours_testpmd, value);
}

enum outcome startup_rival(struct bench *b, const struct bench_case *c, double *value)
{
	return startup(b, c, rival_testpmd, value);
}

static enum outcome rss(struct bench *b, const struct bench_case *c, testpmd_fn go, double *value)
{
	struct testpmd_run run = { .mode = c->mode, .seconds = SHORT_RUN, .watch_memory = true };
	enum outcome got = go(b, &run);

	*value = (double)run.peak_kb * 1024 / 1e6;
	return got;
}

enum outcome rss_ours(struct bench *b, const struct bench_case *c, double *value)
{
	return rss(b, c, ours_testpmd, value);
}

enum outcome rss_rival(struct bench *b, const struct bench_case *c, double *value)
{
	return rss(b, c, rival_testpmd, value);
}

/* Instructions and packets of one run. */
static enum outcome count(struct bench *b, const struct bench_case *c, testpmd_fn go, bool longer,
			  uint64_t *insns, uint64_t *packets)
{
	struct testpmd_run run = { .mode = c->mode, .seconds = longer ? 3 : 1 };
	char path[4200];
	enum outcome got;

	run.callgrind = bench_temp_path(b, "callgrind", path, sizeof(path));
	if (!run.callgrind)
		return FAILED;
	got = go(b, &run);
	*packets = run.packets;
	if (got == MEASURED && !command_instructions(b, path, insns))
		return FAILED;
	return got;
}

static enum outcome insns(struct bench *b, const struct bench_case *c, testpmd_fn go, double *value)
{
	uint64_t insns[2] = { 0 }, packets[2] = { 0 };
	enum outcome got = count(b, c, go, false, &insns[0], &packets[0]);

	if (got == MEASURED)
		got = count(b, c, go, true, &insns[1], &packets[1]);
	if (got == MEASURED && packets[1] <= packets[0])
		return bench_failed(b, "the longer run moved no more packets than the shorter");
	*value = (double)(insns[1] - insns[0]) / (double)(packets[1] - packets[0]);
	return got;
}

enum outcome insns_ours(struct bench *b, const struct bench_case *c, double *value)
{
	return insns(b, c, ours_testpmd, value);
}

enum outcome insns_rival(struct bench *b, const struct bench_case *c, double *value)
{
	return insns(b, c, rival_testpmd, value);
}
