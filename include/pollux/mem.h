/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Arenas: the few, big pieces of memory that packets live in.
 *
 * An arena is a memfd, so that a peer or a device model can be handed it; it sits on one NUMA
 * node; and it is placed low, so that a virtual address can serve as its own IOVA behind the
 * narrow IOMMUs (39 bits) that laptops and QEMU have.
 *
 * Memory becomes resident 2 MiB at a time, as plx_arena_commit() is told: what nobody uses
 * costs nothing. Shortage shows as -ENOMEM there, not as SIGBUS in a packet loop.
 */
#ifndef POLLUX_MEM_H
#define POLLUX_MEM_H

#include <pollux/base.h>

PLX_BEGIN_DECLS

struct plx_ctx;
struct plx_arena;

/* The pages behind an arena, best first. */
enum plx_pages {
	PLX_PAGES_HUGETLB,   /* 2 MiB from the kernel's hugepage pool */
	PLX_PAGES_COLLAPSED, /* 2 MiB, put together by MADV_COLLAPSE */
	PLX_PAGES_SMALL,     /* the base page */
};

enum plx_arena_flags {
	PLX_ARENA_PREFAULT = 1 << 0, /* commit all of it at once */
	PLX_ARENA_SMALL = 1 << 1,    /* base pages only: for tests and comparisons */
};

struct plx_arena_opts {
	const char *name; /* shows in /proc/PID/maps and in errors; NULL: "arena" */
	int node;         /* NUMA node; -1: wherever the kernel likes */
	uint32_t flags;   /* enum plx_arena_flags */
};

struct plx_arena_info {
	void *base;
	size_t size;          /* bytes, a multiple of 2 MiB */
	size_t committed;     /* bytes from base that are resident */
	enum plx_pages pages; /* what the committed part is made of */
	size_t page_size;     /* bytes */
	int node;             /* as asked for; -1 */
	int fd;               /* the memfd; stays the arena's own */
	bool low;             /* all of it below 2^38, fit for VA == IOVA */
	char why[160];        /* why these pages and not better ones, in one sentence */
};

/**
 * plx_arena_create - reserve an arena
 * @ctx:  the context it will live in
 * @size: bytes, 1 .. 2^37; rounded up to 2 MiB
 * @opts: NULL: any node, no flags
 * @out:  the arena; NULL on failure
 *
 * Address space is taken now, memory when it is committed. (Hugetlb pages are reserved now:
 * when there are too few for all of @size the arena does without them.)
 * The caller owns the arena and ends it with plx_arena_destroy().
 * Threads: any. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG, ZERO_LEN, TOO_LARGE, RESERVED_BITS in flags, INDEX: no such node),
 * -ENOMEM (NOMEM: address space, file descriptors or, with PLX_ARENA_PREFAULT, memory ran out).
 * Source: memfd_create(2), madvise(2) MADV_COLLAPSE, docs/architecture.md.
 */
PLX_API int plx_arena_create(struct plx_ctx *ctx, size_t size, const struct plx_arena_opts *opts,
			     struct plx_arena **out);

/**
 * plx_arena_commit - make the first bytes of an arena resident
 * @arena: the arena
 * @size:  bytes from its base that must be resident afterwards; up to the arena's size
 *
 * Rounded up to 2 MiB. What is committed stays so until the arena is destroyed.
 * Threads: one at a time for an arena. Burst loop: no (system calls; pools do it for a burst
 * that needs a new chunk, see PLX_POOL_PREFAULT).
 * Errors: -EINVAL (NULL_ARG, TOO_LARGE), -ENOMEM (NOMEM: the kernel has no memory; what was
 * committed before stays).
 * Source: fallocate(2), madvise(2).
 */
PLX_API int plx_arena_commit(struct plx_arena *arena, size_t size);

/**
 * plx_arena_info - what an arena is made of
 * @arena: the arena
 * @info:  filled
 *
 * Threads: any that does not race plx_arena_commit(). Burst loop: yes. Errors: none.
 * Source: docs/architecture.md.
 */
PLX_API void plx_arena_info(const struct plx_arena *arena, struct plx_arena_info *info);

/**
 * plx_arena_destroy - give an arena's memory back
 * @arena: the arena; NULL is nothing to do
 *
 * Nothing may point into it any more.
 * Threads: one, and no other may use @arena. Burst loop: no. Errors: none. Source: munmap(2).
 */
PLX_API void plx_arena_destroy(struct plx_arena *arena);

PLX_END_DECLS

#endif
