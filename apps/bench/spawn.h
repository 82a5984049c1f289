/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Another program, run under a deadline: what it says is kept, its standard input is held open,
 * and it never outlives us.
 */
#ifndef BENCH_SPAWN_H
#define BENCH_SPAWN_H

#include "bench/bench.h"

#include <sys/types.h>

struct text {
	char *bytes; /* a string; NULL when empty */
	size_t len, room;
};

struct child {
	const char *name; /* for sentences about it */
	pid_t pid;        /* 0: none, or gone */
	int pidfd;
	int in;     /* its standard input */
	int fds[2]; /* its standard output and error; with a terminal only the first */
	struct text said[2];
	size_t heard;     /* so much of its output has been waited for */
	double exec_time; /* CLOCK_MONOTONIC, seconds, just before exec */
	bool watch_memory;
	long peak_kb; /* highest resident size seen, when watched */
	int status;   /* as waitpid() gives it, once it is gone */
};

/* Seconds of CLOCK_MONOTONIC. */
double monotonic_now(void);

/*
 * Start argv[0], a path. With @terminal, standard output and error are a terminal's, so that the
 * program writes each line at once. *@c is all zero before but for watch_memory; end it with
 * child_end() also after a failure.
 */
enum outcome child_start(struct bench *b, struct child *c, const char *const argv[], bool terminal);

/* Wait until it has said @needle, behind what was waited for before; *@when is then. It must within @seconds, and not end before. */
enum outcome child_wait_for(struct bench *b, struct child *c, const char *needle, double seconds,
			    double *when);

/* Let it run for so long; it must not end in that time. */
enum outcome child_let_run(struct bench *b, struct child *c, double seconds);

/* Type a line. */
void child_type(struct child *c, const char *line);

/* Wait for its end, which must come within @seconds and with exit status 0. */
enum outcome child_finish(struct bench *b, struct child *c, double seconds);

/* Kill it if it still runs; free what is held. */
void child_end(struct child *c);

#endif
