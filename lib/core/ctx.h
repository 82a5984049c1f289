/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the rooms see of a context: a mutex, a list of what lives in it, a log.
 */
#ifndef PLX_CORE_CTX_H
#define PLX_CORE_CTX_H

#include <pollux/ctx.h>

/* Base of whatever lives in a context and must be closed before it: pools, ports, workers. */
struct plx_child {
	struct plx_ctx *ctx;
	struct plx_child *prev, *next;
	char name[64];
};

/* Put @child, named by @fmt, into @ctx's list, or take it out. Threads: any. */
void plx_ctx_adopt(struct plx_ctx *ctx, struct plx_child *child, const char *fmt, ...)
	PLX_PRINTF(3, 4);
void plx_ctx_orphan(struct plx_child *child);

/* Serialises control-plane work on objects that a context shares out (G-7). Not recursive. */
void plx_ctx_lock(struct plx_ctx *ctx);
void plx_ctx_unlock(struct plx_ctx *ctx);

/* The devices that ports of this context have open; guarded by plx_ctx_lock(). */
struct plx_device;
struct plx_device **plx_ctx_devices(struct plx_ctx *ctx);

/*
 * What a room keeps in a context: made at the first call, ended by plx_ctx_destroy(). @make
 * returns NULL when there is no memory, and then so does the call. Threads: any.
 */
struct plx_annex {
	void (*end)(struct plx_annex *annex);
};

enum plx_annex_of { PLX_ANNEX_IOMMU, PLX_ANNEX_PCI, PLX_ANNEXES };

struct plx_annex *plx_ctx_annex(struct plx_ctx *ctx, enum plx_annex_of room,
				struct plx_annex *(*make)(void));

/* The lowest port number not in use, from 0, or -1 when all are; and its return. */
int plx_ctx_take_port_id(struct plx_ctx *ctx);
void plx_ctx_return_port_id(struct plx_ctx *ctx, int id);

/* CPU numbers are below this. */
unsigned plx_cpu_limit(const struct plx_ctx *ctx);

/* One line, without newline. @room is the folder that speaks. */
void plx_log(const struct plx_ctx *ctx, int level, const char *room, const char *fmt, ...)
	PLX_PRINTF(4, 5);

#endif
