/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which cases run, in turns, how often; and what is shown meanwhile.
 */
#include "bench/bench.h"

#include <errno.h>
#include <math.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *case_on_demand(const struct bench_case *c)
{
	char path[4096];

	if (c->flags & CASE_KERNEL)
		return "needs root, and all of its kind take some minutes";
	if (c->flags & CASE_NICS)
		return "needs two NICs: --nic";
	if (c->flags & CASE_VALGRIND && !find_program("valgrind", path, sizeof(path)))
		return "needs valgrind";
	return NULL;
}

double case_ratio(const struct case_result *r)
{
	return series_median(&r->series[OURS]) / series_median(&r->series[RIVAL]);
}

double case_judged(const struct case_result *r)
{
	return r->def->flags & CASE_ABSOLUTE ? series_median(&r->series[OURS]) : case_ratio(r);
}

/* A line that is written over and over, for who watches. */
static void progress(const struct bench *b, unsigned done, const struct bench_case *c,
		     unsigned round, unsigned rounds)
{
	if (!isatty(STDERR_FILENO) || (getenv("TERM") && !strcmp(getenv("TERM"), "dumb")))
		return;
	if (!c)
		fputs("\r\033[K", stderr);
	else
		fprintf(stderr, "\r\033[K[%u/%u] %s, round %u of %u", done + 1, b->n_results,
			c->name, round + 1, rounds);
	fflush(stderr);
}

/* One round of one side. One that is not here is no failure; the reason is kept. */
static bool measure_side(struct bench *b, struct case_result *r, enum side side)
{
	double value = NAN;

	if (r->absent[side][0] || !r->def->measure[side])
		return true;
	if (bench_interrupted()) {
		bench_failed(b, "interrupted");
		return false;
	}
	switch (r->def->measure[side](b, r->def, &value)) {
	case MEASURED:
		if (isfinite(value) && value > 0)
			return series_add(&r->series[side], value);
		bench_failed(b, "it came out as %g, which cannot be", value);
		return false;
	case ABSENT:
		snprintf(r->absent[side], sizeof(r->absent[side]), "%.255s", b->why);
		return true;
	default:
		return false;
	}
}

/* What there is to say about a case besides its numbers. */
static void tell(struct bench *b, struct case_result *r, bool good)
{
	if (!good) {
		snprintf(r->failed, sizeof(r->failed), "%s", b->why);
		fprintf(stderr, "plx-bench: %s failed: %s\n", r->def->name, r->failed);
	} else if (r->absent[OURS][0]) {
		fprintf(stderr, "plx-bench: %s is left out: %s\n", r->def->name, r->absent[OURS]);
	} else if (r->absent[RIVAL][0]) {
		fprintf(stderr, "plx-bench: %s: ours alone: %s\n", r->def->name, r->absent[RIVAL]);
	}
}

/* False: the user interrupted. */
static bool run_case(struct bench *b, unsigned i)
{
	struct case_result *r = &b->results[i];
	unsigned rounds = b->opts.rounds ? (unsigned)b->opts.rounds : r->def->rounds;
	bool good = true;

	for (unsigned round = 0; round < rounds && good && !r->absent[OURS][0]; round++) {
		progress(b, i, r->def, round, rounds);
		good = measure_side(b, r, OURS);
		if (good && !r->absent[OURS][0])
			good = measure_side(b, r, RIVAL);
	}
	progress(b, i, NULL, 0, 0);
	if (!good && bench_interrupted()) {
		bench_failed(b, "interrupted");
		return false;
	}
	tell(b, r, good);
	return true;
}

/* Take a case into the run, or say why it is left out. */
static void choose(struct bench *b, const struct bench_case *c, const regex_t *filter)
{
	if (filter ? regexec(filter, c->name, 0, NULL, 0) != 0
		   : !b->opts.all && case_on_demand(c) != NULL)
		return;
	if (c->flags & CASE_TWO_CPUS && b->n_cpus < 2) {
		fprintf(stderr,
			"plx-bench: %s is left out: it needs two CPUs, and one may be used\n",
			c->name);
		return;
	}
	b->results[b->n_results++].def = c;
}

static bool choose_all(struct bench *b)
{
	unsigned n = 0;
	regex_t filter;
	char error[256];
	int err;

	while (bench_cases[n].name)
		n++;
	b->results = calloc(n, sizeof(*b->results));
	if (!b->results) {
		bench_failed(b, "no memory for the results");
		return false;
	}
	if (b->opts.filter) {
		err = regcomp(&filter, b->opts.filter, REG_EXTENDED | REG_NOSUB);
		if (err) {
			regerror(err, &filter, error, sizeof(error));
			bench_failed(b, "--filter %s is no regular expression: %s", b->opts.filter,
				     error);
			return false;
		}
	}
	for (unsigned i = 0; i < n; i++)
		choose(b, &bench_cases[i], b->opts.filter ? &filter : NULL);
	if (b->opts.filter)
		regfree(&filter);
	if (!b->n_results)
		bench_failed(b, "no case is left to run (see --list)");
	return b->n_results;
}

/* For users but root DPDK leaves files in XDG_RUNTIME_DIR, or /tmp: let them go with ours. */
static bool house_rival(struct bench *b)
{
	char path[4200];

	if (!geteuid())
		return true;
	if (!bench_temp_path(b, "", path, sizeof(path)))
		return false;
	return !setenv("XDG_RUNTIME_DIR", b->temp_dir, 1);
}

bool bench_run(struct bench *b)
{
	if (!choose_all(b) || !house_rival(b)) {
		b->n_results = 0;
		return false;
	}
	for (unsigned i = 0; i < b->n_results; i++)
		if (!run_case(b, i)) {
			b->n_results = i + (b->results[i].series[OURS].n > 0);
			return false;
		}
	return true;
}
