/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The context: what lives in it, the lock, the log, and the facts it read at birth.
 */
#define _GNU_SOURCE
#include "core/ctx.h"
#include "core/clock.h"
#include "core/cpu.h"
#include "core/error.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>

#define MAX_PORTS 1024

struct plx_ctx {
	struct plx_ctx_opts opts;
	struct plx_clock clock;
	struct plx_cpus cpus;
	pthread_mutex_t lock;          /* shared-out objects: devices */
	pthread_mutex_t children_lock; /* children, port_ids; held for a few instructions only */
	struct plx_child children;     /* list head */
	struct plx_device *devices;
	struct plx_annex *annexes[PLX_ANNEXES]; /* made under children_lock */
	uint64_t port_ids[MAX_PORTS / 64];
};

int plx_ctx_create(const struct plx_ctx_opts *opts, struct plx_ctx **out)
{
	struct plx_ctx *ctx;

	if (!out)
		return plx_fail_null(2, "out");
	*out = NULL;
	if (opts && (opts->log_level < 0 || opts->log_level > LOG_DEBUG))
		return plx_fail(-EINVAL, PLX_R_BAD_ENUM, NULL, "log level %d is not 0 to %d",
				opts->log_level, LOG_DEBUG);
	ctx = calloc(1, sizeof(*ctx));
	if (!ctx || plx_cpus_read(&ctx->cpus)) {
		free(ctx);
		return plx_fail_nomem(NULL, "a context");
	}
	if (opts)
		ctx->opts = *opts;
	if (!ctx->opts.log_level)
		ctx->opts.log_level = LOG_WARNING;
	plx_clock_start(&ctx->clock);
	pthread_mutex_init(&ctx->lock, NULL);
	pthread_mutex_init(&ctx->children_lock, NULL);
	ctx->children.prev = ctx->children.next = &ctx->children;
	*out = ctx;
	return plx_ok();
}

int plx_ctx_destroy(struct plx_ctx *ctx)
{
	if (!ctx)
		return plx_ok();
	/* The youngest: what was made on top of others comes after them. */
	if (ctx->children.prev != &ctx->children)
		return plx_fail(-EBUSY, PLX_R_STILL_ATTACHED, ctx->children.prev->name,
				"%s still lives in the context: close it first",
				ctx->children.prev->name);
	for (int i = PLX_ANNEXES - 1; i >= 0; i--) /* higher rooms first */
		if (ctx->annexes[i])
			ctx->annexes[i]->end(ctx->annexes[i]);
	pthread_mutex_destroy(&ctx->lock);
	pthread_mutex_destroy(&ctx->children_lock);
	plx_cpus_free(&ctx->cpus);
	free(ctx);
	return plx_ok();
}

void plx_ctx_adopt(struct plx_ctx *ctx, struct plx_child *child, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(child->name, sizeof(child->name), fmt, ap);
	va_end(ap);
	child->ctx = ctx;
	pthread_mutex_lock(&ctx->children_lock);
	child->prev = ctx->children.prev;
	child->next = &ctx->children;
	child->prev->next = child;
	child->next->prev = child;
	pthread_mutex_unlock(&ctx->children_lock);
}

void plx_ctx_orphan(struct plx_child *child)
{
	pthread_mutex_lock(&child->ctx->children_lock);
	child->prev->next = child->next;
	child->next->prev = child->prev;
	pthread_mutex_unlock(&child->ctx->children_lock);
}

void plx_ctx_lock(struct plx_ctx *ctx)
{
	pthread_mutex_lock(&ctx->lock);
}

void plx_ctx_unlock(struct plx_ctx *ctx)
{
	pthread_mutex_unlock(&ctx->lock);
}

struct plx_device **plx_ctx_devices(struct plx_ctx *ctx)
{
	return &ctx->devices;
}

struct plx_annex *plx_ctx_annex(struct plx_ctx *ctx, enum plx_annex_of room,
				struct plx_annex *(*make)(void))
{
	struct plx_annex *annex;

	pthread_mutex_lock(&ctx->children_lock);
	if (!ctx->annexes[room])
		ctx->annexes[room] = make();
	annex = ctx->annexes[room];
	pthread_mutex_unlock(&ctx->children_lock);
	return annex;
}

int plx_ctx_take_port_id(struct plx_ctx *ctx)
{
	int id = -1;

	pthread_mutex_lock(&ctx->children_lock);
	for (int i = 0; i < MAX_PORTS / 64 && id < 0; i++) {
		if (ctx->port_ids[i] == UINT64_MAX)
			continue;
		id = i * 64 + __builtin_ctzll(~ctx->port_ids[i]);
		ctx->port_ids[i] |= 1ull << (id % 64);
	}
	pthread_mutex_unlock(&ctx->children_lock);
	return id;
}

void plx_ctx_return_port_id(struct plx_ctx *ctx, int id)
{
	pthread_mutex_lock(&ctx->children_lock);
	ctx->port_ids[id / 64] &= ~(1ull << (id % 64));
	pthread_mutex_unlock(&ctx->children_lock);
}

void plx_log(const struct plx_ctx *ctx, int level, const char *room, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (level > ctx->opts.log_level)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (ctx->opts.log)
		ctx->opts.log(ctx->opts.log_arg, level, room, text);
	else
		fprintf(stderr, "pollux: %s: %s\n", room, text);
}

uint64_t plx_clock_hz(struct plx_ctx *ctx)
{
	return plx_clock_rate(&ctx->clock);
}

void plx_cpu_facts(const struct plx_ctx *ctx, struct plx_cpu_facts *facts)
{
	*facts = ctx->cpus.facts;
}

unsigned plx_cpu_limit(const struct plx_ctx *ctx)
{
	return ctx->cpus.n;
}

bool plx_cpu_allowed(const struct plx_ctx *ctx, unsigned cpu)
{
	return cpu < ctx->cpus.n &&
	       CPU_ISSET_S(cpu, CPU_ALLOC_SIZE(ctx->cpus.n), ctx->cpus.allowed);
}

int plx_cpu_node(const struct plx_ctx *ctx, unsigned cpu)
{
	return cpu < ctx->cpus.n ? ctx->cpus.node[cpu] : -1;
}
