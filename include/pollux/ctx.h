/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The context: owner of everything a program makes with Pollux.
 *
 * There is no process-wide state to initialise. Contexts are independent of each other, may
 * be created and destroyed any number of times, start no thread, install no signal handler,
 * write nothing to disk and need no configuration. (Process-wide are pool numbers and the table
 * behind I/O port cookies, alone.)
 */
#ifndef POLLUX_CTX_H
#define POLLUX_CTX_H

#include <pollux/base.h>

PLX_BEGIN_DECLS

struct plx_ctx;

/**
 * plx_log_fn - where log lines go
 * @arg:   plx_ctx_opts.log_arg
 * @level: a syslog(3) level, LOG_ERR .. LOG_DEBUG
 * @room:  the part of the library that speaks: "mem", "port", ...
 * @text:  one line without newline; valid during the call only
 *
 * Called from whatever thread has something to say, several at once; never from a burst call.
 */
typedef void (*plx_log_fn)(void *arg, int level, const char *room, const char *text);

/* How to make a context. All zero is the default; members may be added at the end. */
struct plx_ctx_opts {
	plx_log_fn log; /* NULL: standard error, "pollux: room: text" */
	void *log_arg;
	int log_level; /* highest syslog level that is passed on; 0: LOG_WARNING */
};

/**
 * plx_ctx_create - make a context
 * @opts: NULL for the defaults
 * @out:  the context; NULL on failure
 *
 * The caller owns the context and ends it with plx_ctx_destroy().
 * Threads: any. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG: @out is NULL; BAD_ENUM: log_level is no syslog level), -ENOMEM (NOMEM).
 * Source: docs/architecture.md, "A context".
 */
PLX_API int plx_ctx_create(const struct plx_ctx_opts *opts, struct plx_ctx **out);

/**
 * plx_ctx_destroy - end a context
 * @ctx: the context; NULL is nothing to do
 *
 * Everything that was made in the context must have been closed before.
 * Threads: one, and no other may use @ctx any more. Burst loop: no.
 * Errors: -EBUSY (STILL_ATTACHED: something lives still; the record names it), and then the
 * context is untouched.
 * Source: docs/architecture.md, "A context".
 */
PLX_API int plx_ctx_destroy(struct plx_ctx *ctx);

/* The CPUs as this context found them when it was created. */
struct plx_cpu_facts {
	unsigned online;  /* CPUs that the kernel runs on */
	unsigned allowed; /* CPUs that this process may use: affinity mask and cpuset */
	unsigned nodes;   /* NUMA nodes with memory, at least 1 */
};

/**
 * plx_cpu_facts - how many CPUs and NUMA nodes there are
 * @ctx:   the context
 * @facts: filled
 *
 * Read once, at plx_ctx_create().
 * Threads: any. Burst loop: yes. Errors: none. Source: sysfs(5), sched_getaffinity(2), numa(3).
 */
PLX_API void plx_cpu_facts(const struct plx_ctx *ctx, struct plx_cpu_facts *facts);

/**
 * plx_cpu_allowed - may this process run on a CPU?
 * @ctx: the context
 * @cpu: CPU number as the kernel counts, any value
 *
 * Return: true when the CPU exists and the process may use it.
 * Threads: any. Burst loop: yes. Errors: none. Source: sched_getaffinity(2).
 */
PLX_API bool plx_cpu_allowed(const struct plx_ctx *ctx, unsigned cpu);

/**
 * plx_cpu_node - the NUMA node of a CPU
 * @ctx: the context
 * @cpu: CPU number, any value
 *
 * Return: the node, 0 on a machine without NUMA, -1 for a CPU that does not exist.
 * Threads: any. Burst loop: yes. Errors: none. Source: numa(3).
 */
PLX_API int plx_cpu_node(const struct plx_ctx *ctx, unsigned cpu);

PLX_END_DECLS

#endif
