/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cases of the IOMMU: plx-bench-iommu does one thing, and says or is counted what it took. The
 * kernel beneath it is the one in memory (lib/sim), the same for both sides.
 *
 * Instructions are those of the library alone. To count with the simulated kernel and take off what
 * the bare ioctls cost would be a difference of two larger numbers, and wrong where the kernel's
 * tables are in another order; so callgrind counts in one function, the turn, and not in another,
 * the system call.
 */
#include "bench/bench.h"
#include "bench/spawn.h"
#include "bench/testpmd.h"

#include <stdlib.h>

#define DEADLINE 120.0 /* seconds; far more than it takes, callgrind included */

static bool find(struct bench *b, char *path, size_t size)
{
	if (find_beside("plx-bench-iommu", path, size) ||
	    find_beside("../libexec/pollux/plx-bench-iommu", path, size) ||
	    find_program("plx-bench-iommu", path, size))
		return true;
	bench_failed(b, "plx-bench-iommu is not found: it is built and installed with plx-bench");
	return false;
}

/* The number that it prints. */
static enum outcome go(struct bench *b, const struct command *cmd, double *value)
{
	struct child child = { .name = NULL };
	enum outcome got = child_start(b, &child, cmd->argv, false);
	char *end = NULL;

	if (got == MEASURED)
		got = child_finish(b, &child, DEADLINE);
	if (got == MEASURED) {
		const char *said = child.said[0].bytes ? child.said[0].bytes : "";

		*value = strtod(said, &end);
		if (end == said)
			got = bench_failed(b, "plx-bench-iommu printed no number");
	}
	child_end(&child);
	return got;
}

static void add_args(struct command *cmd, const struct bench_case *c, enum side side)
{
	for (unsigned i = 0; c->args[side][i]; i++)
		command_add(cmd, c->args[side][i], NULL);
}

static enum outcome number(struct bench *b, const struct bench_case *c, enum side side,
			   double *value)
{
	struct command cmd = { .n = 0 };
	char path[4096];

	if (!find(b, path, sizeof(path)))
		return FAILED;
	command_add(&cmd, path, NULL);
	add_args(&cmd, c, side);
	return go(b, &cmd, value);
}

enum outcome iommu_number_ours(struct bench *b, const struct bench_case *c, double *value)
{
	return number(b, c, OURS, value);
}

enum outcome iommu_number_rival(struct bench *b, const struct bench_case *c, double *value)
{
	return number(b, c, RIVAL, value);
}

static enum outcome insns(struct bench *b, const struct bench_case *c, enum side side,
			  double *value)
{
	struct command cmd = { .n = 0 };
	char path[4096], file[4200];
	const char *outfile = bench_temp_path(b, "callgrind", file, sizeof(file));
	enum outcome got = FAILED;
	uint64_t n = 0;
	double ns;

	if (outfile && find(b, path, sizeof(path)))
		got = command_callgrind(b, &cmd, outfile);
	if (got != MEASURED)
		return got;
	command_add(&cmd, "--toggle-collect=counted_*", "--toggle-collect=excluded_ioctl", path,
		    NULL);
	add_args(&cmd, c, side);
	command_add(&cmd, IOMMU_TURNS, NULL);
	got = go(b, &cmd, &ns);
	if (got == MEASURED && !command_instructions(b, outfile, &n))
		return FAILED;
	if (got == MEASURED && !n)
		return bench_failed(b, "callgrind counted nothing: is %s stripped?", path);
	*value = (double)n / ((double)atoi(IOMMU_TURNS) * atoi(c->args[side][IOMMU_BATCH]));
	return got;
}

enum outcome iommu_insns_ours(struct bench *b, const struct bench_case *c, double *value)
{
	return insns(b, c, OURS, value);
}

enum outcome iommu_insns_rival(struct bench *b, const struct bench_case *c, double *value)
{
	return insns(b, c, RIVAL, value);
}
