/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The program: options, one run over the cases, what is written about it.
 *
 *	cases.c          the table of cases
 *	run.c            which ones, in turns, how often
 *	forward.c        cases that run plx-testpmd and dpdk-testpmd,
 *	kernel.c         those with interfaces of the kernel's, in lab.c's namespace,
 *	nic.c            those with two NICs ...
 *	ours_testpmd.c   ... and how each is run, with command.c
 *	rival_testpmd.c
 *	ours_ring.c      cases inside this process: ours ...
 *	ours_pool.c
 *	rival_dpdk.c     ... and DPDK's
 *	iommu.c          cases of the IOMMU, by plx-bench-iommu, which is iommu/
 *	spawn.c          another program, under a deadline
 *	report.c json.c html.c machine.c   what comes out
 *	man.c            the man page, from the tables
 */
#include "bench/bench.h"
#include "bench/micro.h"
#include "common/options.h"

#include <errno.h>
#include <libgen.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXIT_MISSED 1
#define EXIT_ERROR  2

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	interrupted = number;
}

bool bench_interrupted(void)
{
	return interrupted;
}

enum outcome bench_failed(struct bench *b, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(b->why, sizeof(b->why), format, args);
	va_end(args);
	return FAILED;
}

enum outcome bench_absent(struct bench *b, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(b->why, sizeof(b->why), format, args);
	va_end(args);
	return ABSENT;
}

static int complain(const char *sentence)
{
	fprintf(stderr, "plx-bench: %s\n", sentence);
	return EXIT_ERROR;
}

static void catch_signals(void)
{
	struct sigaction act = { .sa_handler = on_signal };

	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGHUP, &act, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* The measured loop runs on the last CPU we may use, its companion on the first. */
static bool choose_cpus(struct bench *b)
{
	if (sched_getaffinity(0, sizeof(b->allowed), &b->allowed)) {
		bench_failed(b, "the CPUs that may be used are not known: %s", strerror(errno));
		return false;
	}
	b->n_cpus = (unsigned)CPU_COUNT(&b->allowed);
	if (getloadavg(&b->load, 1) < 0)
		b->load = 0;
	for (unsigned i = CPU_SETSIZE; i-- > 0;)
		if (CPU_ISSET(i, &b->allowed))
			b->cpu_other = i;
	for (unsigned i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &b->allowed))
			b->cpu_work = i;
	return true;
}

/* A case without rival outweighs one that misses: nothing was checked. */
static int check(const struct bench *b)
{
	unsigned missed = 0;

	for (unsigned i = 0; i < b->n_results; i++) {
		const struct case_result *r = &b->results[i];
		double judged = case_judged(r);

		if (!r->def->must)
			continue;
		if (isnan(judged)) {
			fprintf(stderr, "plx-bench: %s cannot be checked: %s\n", r->def->name,
				r->absent[r->absent[OURS][0] ? OURS : RIVAL]);
			return EXIT_ERROR;
		}
		missed += judged > r->def->must;
	}
	if (!missed)
		return 0;
	fprintf(stderr, "plx-bench: %u of %u cases miss%s what must be\n", missed, b->n_results,
		missed == 1 ? "es" : "");
	return EXIT_MISSED;
}

static bool flushed(struct bench *b, FILE *out)
{
	if (!fflush(out) && !ferror(out))
		return true;
	bench_failed(b, "the results cannot be written to standard output: %s", strerror(errno));
	return false;
}

/* Files that cannot be written are found out before minutes of measuring, not after. */
static bool may_write(struct bench *b, const char *path)
{
	const char *what = path;
	char copy[4096];
	struct stat st;

	if (!path || !strcmp(path, "-"))
		return true;
	if (stat(path, &st)) {
		snprintf(copy, sizeof(copy), "%s", path);
		what = dirname(copy);
	} else if (S_ISDIR(st.st_mode)) {
		bench_failed(b, "%s is a directory", path);
		return false;
	}
	if (!access(what, W_OK))
		return true;
	bench_failed(b, "%s cannot be written: %s", path, strerror(errno));
	return false;
}

static bool write_all(struct bench *b)
{
	FILE *out = b->opts.json && !strcmp(b->opts.json, "-") ? stderr : stdout;

	report_table(b, out);
	if (out == stdout && !flushed(b, stdout))
		return false;
	if (b->opts.json && !report_json(b, b->opts.json))
		return false;
	return !b->opts.report || report_html(b, b->opts.report);
}

static bool any_failed(const struct bench *b)
{
	for (unsigned i = 0; i < b->n_results; i++)
		if (b->results[i].failed[0])
			return true;
	return false;
}

static int measure(struct bench *b)
{
	int status = 0;

	if (!choose_cpus(b) || !may_write(b, b->opts.json) || !may_write(b, b->opts.report))
		return complain(b->why);
	if (!bench_run(b))
		status = complain(b->why);
	rival_end();
	bench_remove_temp(b);
	/* Also of a run that was interrupted: what it had found is worth something. */
	if (b->n_results && !write_all(b))
		return complain(b->why);
	if (status)
		return status;
	if (any_failed(b))
		return EXIT_MISSED;
	return b->opts.check ? check(b) : 0;
}

/* What is asked for instead of measuring. Return: false: nothing is. */
static bool print_instead(const struct bench_options *o, bool *good)
{
	*good = true;
	if (o->help)
		options_help(&bench_program, stdout);
	else if (o->man)
		man_print(stdout);
	else if (o->version)
		puts("plx-bench " PLX_VERSION);
	else if (o->list)
		report_list(stdout);
	else if (o->completion)
		*good = options_completion(&bench_program, o->completion, stdout);
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	static struct bench b;
	char error[512];
	int status;
	bool good;

	if (options_read(&b.opts, argc, argv, error, sizeof(error)))
		return complain(error);
	catch_signals();
	if (print_instead(&b.opts, &good)) {
		if (!good)
			return complain("--completion is for bash or zsh");
		return flushed(&b, stdout) ? 0 : complain(b.why);
	}
	status = measure(&b);
	free(b.results);
	return status;
}
