/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plx-bench: what a case is, and what its parts tell each other.
 *
 * A case measures the same work twice, done by Pollux and done by a rival, in turns: a round of
 * ours, a round of the rival's, and again. What counts is the ratio of the medians, or, where the
 * case says so, our median.
 *
 * The rival is DPDK. Where DPDK has nothing of the kind, it is the system calls without us, or
 * ourselves with less to carry; or there is none.
 */
#ifndef BENCH_H
#define BENCH_H

#include "bench/stats.h"
#include "common/options.h"

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum side { OURS, RIVAL, SIDES };

enum outcome {
	MEASURED,
	ABSENT, /* this side cannot run here; bench.why says why */
	FAILED, /* it ran and went wrong; bench.why says how */
};

enum bench_case_flags {
	CASE_TWO_CPUS = 1 << 0,
	CASE_VALGRIND = 1 << 1, /* runs by default where valgrind is installed */
	CASE_KERNEL = 1 << 2,   /* on demand: takes minutes, and needs root */
	CASE_ABSOLUTE = 1 << 3, /* must and aim are ours, in the case's unit: no ratios */
	CASE_NO_DPDK = 1 << 4,  /* the rival, if there is one, is no part of DPDK */
	CASE_NICS = 1 << 5,     /* on demand: needs two NICs */
};

struct bench;
struct bench_case;

typedef enum outcome (*measure_fn)(struct bench *b, const struct bench_case *c, double *value);

struct bench_case {
	const char *name;
	const char *unit;
	const char *what;   /* what is done, on both sides; a sentence or two */
	const char *rival;  /* which part of DPDK, or of what; NULL: there is none */
	const char *mode;   /* forwarding mode, for the cases that run two programs */
	const char *driver; /* of the kernel's ports, for the cases that have such */
	unsigned frame;     /* bytes of their frames, without FCS */
	unsigned drains;    /* so often they are filled first, and then emptied; the last counts */
	const char *args[SIDES][8]; /* what plx-bench-iommu is told, for the cases that run it */
	double must, aim; /* ratios (but CASE_ABSOLUTE), small is better; 0: for information */
	unsigned rounds;  /* unless --rounds says otherwise */
	unsigned flags;   /* enum bench_case_flags */
	measure_fn measure[SIDES];
};

extern const struct bench_case bench_cases[]; /* one without a name ends them */

struct case_result {
	const struct bench_case *def;
	struct series series[SIDES]; /* empty for a side that is not here */
	char absent[SIDES][256];     /* why it is not */
	char failed[512];            /* what went wrong; the series are of the rounds before */
};

struct bench_options {
	const char *filter, *json, *report, *testpmd, *dpdk_testpmd, *completion;
	struct option_list nics; /* PCI functions: none, or two that are connected */
	uint64_t rounds;         /* 0: each case's own */
	double duration;         /* seconds that a forwarding run lasts */
	bool list, all, check, help, version, man;
};

/* Of the cases with the kernel's interfaces. */
struct kernel_state {
	enum { LAB_UNTRIED, LAB_READY, LAB_ABSENT } lab;
	char why[256]; /* LAB_ABSENT */
	/* A run tells cycles and time; what the time was waits here for the case that asks. */
	const struct bench_case *last;
	struct kept {
		struct series times;
		unsigned taken;
	} kept[SIDES];
};

struct bench {
	struct bench_options opts;
	char why[512];      /* one sentence about the last ABSENT or FAILED */
	cpu_set_t allowed;  /* as the program was started */
	unsigned cpu_work;  /* where the measured loop runs */
	unsigned cpu_other; /* its companion; the same one when there is but one */
	unsigned n_cpus;
	double load;            /* average over the last minute, when we began */
	char rival_version[32]; /* "22.11.11", "" as long as it is not known */
	char testpmd[4096];     /* the two programs, "" until they are looked for */
	char dpdk_testpmd[4096];
	char temp_dir[4096]; /* "" until it is needed */
	struct kernel_state kernel;
	struct case_result *results;
	unsigned n_results;
};

/* Set bench.why; return FAILED or ABSENT. */
enum outcome bench_failed(struct bench *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
enum outcome bench_absent(struct bench *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* True once the user wants the program to end. */
bool bench_interrupted(void);

/* ours / rival; NaN when there is no rival. */
double case_ratio(const struct case_result *r);
/* What must and aim are about: the ratio, or ours. */
double case_judged(const struct case_result *r);

/*
 * run.c: measure the chosen cases, into bench.results; one that fails is told of, and the next goes
 * on. False: none could be, or the user interrupted, and bench.why says so; what was measured until
 * then is in bench.results.
 */
bool bench_run(struct bench *b);

/* options.c: 0, or -1 with one sentence in @error. */
int options_read(struct bench_options *o, int argc, char **argv, char *error, size_t size);
extern const struct program bench_program;

/* report.c, json.c, html.c: false with bench.why. */
enum verdict { VERDICT_NONE, VERDICT_FAILED, VERDICT_MISSED, VERDICT_MUST, VERDICT_AIM };
enum verdict case_verdict(const struct case_result *r);
const char *verdict_text(enum verdict verdict);
const char *report_number(double value, char *text, size_t size);
/* A must or an aim: a ratio, or a value. */
const char *report_target(const struct bench_case *c, double target, char *text, size_t size);
void report_list(FILE *out);
void report_table(const struct bench *b, FILE *out);
bool report_json(struct bench *b, const char *path);
bool report_html(struct bench *b, const char *path);

/* man.c: the man page, from the tables of options and cases; source for mdoc(7). */
void man_print(FILE *out);

/* run.c: why the case runs only when it is asked for; NULL: it runs by default. */
const char *case_on_demand(const struct bench_case *c);

/* files.c: a directory for the length of the run, and programs. */
const char *bench_temp_path(struct bench *b, const char *name, char *path, size_t size);
void bench_remove_temp(struct bench *b);
bool find_program(const char *name, char *path, size_t size);
bool find_beside(const char *relative, char *path, size_t size);

#endif
