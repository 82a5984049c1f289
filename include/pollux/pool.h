/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pools: where packet buffers come from and go back to.
 *
 * A pool is a stack of buffer addresses, owned by the thread that first takes from it, so that
 * taking and giving back are a few instructions and the buffer that is reused next is the one
 * that is still in the cache. Other threads give back through a queue of the pool's that never
 * makes them wait. There is nothing to register; plx_pool_disown() hands a pool to the next
 * thread that takes from it.
 */
#ifndef POLLUX_POOL_H
#define POLLUX_POOL_H

#include <pollux/pkt.h>

PLX_BEGIN_DECLS

struct plx_ctx;
struct plx_pool;

enum plx_pool_flags {
	/* Commit all memory at creation. Without it a pool commits 2 MiB when a burst first
	 * reaches into them: one system call per 2 MiB in the pool's life. */
	PLX_POOL_PREFAULT = 1 << 0,
	PLX_POOL_SMALL_PAGES = 1 << 1, /* base pages only: for tests and comparisons */
};

struct plx_pool_opts {
	const char *name;   /* shows in errors and accounts; NULL: "pool" */
	unsigned count;     /* buffers, 1 .. 2^22; 0: 8192 */
	unsigned data_room; /* bytes a frame may have in one buffer, 64 .. 65408; 0: 2048 */
	unsigned headroom;  /* bytes kept free before it, up to 512; 0: 128 */
	int node;           /* NUMA node; -1: any */
	uint32_t flags;     /* enum plx_pool_flags */
};

/* Start from this: all zero would mean NUMA node 0. */
#define PLX_POOL_OPTS_DEFAULT        \
	{                            \
		NULL, 0, 0, 0, -1, 0 \
	}

/* Where every buffer is. The parts add up to total when no thread is inside a call. */
struct plx_pool_account {
	unsigned total;
	unsigned free;    /* in the pool, returns by other threads included */
	unsigned rx_ring; /* posted to devices to receive into */
	unsigned tx_ring; /* handed over to send and not yet done */
	unsigned user;    /* in the program's hands, and shared ones wherever they are */
};

struct plx_pool_info {
	const char *name;
	uint16_t number;     /* plx_pkt.pool of its packets */
	unsigned data_room;  /* bytes */
	unsigned headroom;   /* bytes */
	unsigned stride;     /* bytes from buffer to buffer */
	const void *base;    /* first byte of the buffers' memory */
	size_t size;         /* bytes */
	char pages_why[160]; /* what pages it has and why not better ones */
	size_t page_size;    /* bytes */
	bool low;            /* virtual addresses can be their own IOVAs */
};

/**
 * plx_pool_create - make a pool of equal buffers
 * @ctx:  the context it will live in
 * @opts: NULL for the defaults
 * @out:  the pool; NULL on failure
 *
 * The caller owns the pool and ends it with plx_pool_destroy().
 * Threads: any. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG, TOO_LARGE: a number over its range, RESERVED_BITS in flags, INDEX:
 * no such NUMA node), -ENOMEM (NOMEM), -ENOSPC (INDEX: 4,095 pools live in the process).
 * Source: docs/architecture.md, "Packets are values".
 */
PLX_API int plx_pool_create(struct plx_ctx *ctx, const struct plx_pool_opts *opts,
			    struct plx_pool **out);

/**
 * plx_release_fn - take back packets whose memory is not the pool's
 * @arg:  as given to plx_pool_wrap()
 * @pkts: packets of that pool, in the order they were freed
 * @n:    how many
 *
 * Called by plx_pkt_free() on the freeing thread, several threads at once if several free.
 */
typedef void (*plx_release_fn)(void *arg, const struct plx_pkt *pkts, unsigned n);

/**
 * plx_pool_wrap - give a pool number to buffers that someone else manages
 * @ctx:     the context it will live in
 * @name:    shows in errors; NULL: "pool"
 * @release: called with every packet of this pool that is freed
 * @arg:     handed to @release
 * @out:     the pool; NULL on failure
 *
 * Packets of such a pool are made by their owner, who sets plx_pkt.pool to plx_pool_number().
 * plx_pool_get() gives none. @release must be callable until the pool is destroyed.
 * Threads: any. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG), -ENOMEM (NOMEM), -ENOSPC (INDEX).
 * Source: docs/architecture.md, "Packets are values".
 */
PLX_API int plx_pool_wrap(struct plx_ctx *ctx, const char *name, plx_release_fn release, void *arg,
			  struct plx_pool **out);

/**
 * plx_pool_destroy - end a pool
 * @pool: the pool; NULL is nothing to do
 *
 * Threads: one, and no other may use @pool. Burst loop: no.
 * Errors: -EBUSY (STILL_ATTACHED: buffers are out; the record says how many and where), and then
 * the pool is untouched. A wrapped pool does not count and is always destroyed.
 * Source: docs/architecture.md, "Packets are values".
 */
PLX_API int plx_pool_destroy(struct plx_pool *pool);

/**
 * plx_pool_get - take packets from a pool
 * @pool: the pool
 * @like: every packet starts as a copy of this, but for data and pool; NULL: all zero
 * @pkts: filled
 * @n:    how many are wanted
 *
 * data points headroom bytes into a buffer whose contents are whatever it held before.
 * The caller owns the packets.
 * Return: how many were taken, 0 .. @n: fewer when the pool has no more.
 * Threads: the first caller becomes the owner; any other thread gets 0. Burst loop: yes; without
 * PLX_POOL_PREFAULT, with system calls when it reaches into 2 MiB that nobody has used yet.
 * Errors: a result of 0 fills the record: -ENOMEM (NOMEM: no buffer is free) or -EPERM
 * (NOT_OWNER; UNSUPPORTED: a wrapped pool).
 * Source: docs/architecture.md, "Packets are values".
 */
PLX_API unsigned plx_pool_get(struct plx_pool *pool, const struct plx_pkt *like,
			      struct plx_pkt *pkts, unsigned n);

/**
 * plx_pool_disown - let another thread become the owner
 * @pool: the pool
 *
 * The next thread that takes from it owns it. The program makes sure that this thread's work
 * on the pool happens before that (starting or joining a thread does).
 * Threads: the owner; or, when the owner has ended, any, before another thread is started that
 * uses the pool. Burst loop: yes. Errors: none.
 * Source: docs/architecture.md, "Packets are values".
 */
PLX_API void plx_pool_disown(struct plx_pool *pool);

/**
 * plx_pool_number - the number that packets carry
 * @pool: the pool
 *
 * Return: 1 .. 4095, unique in the process while the pool lives.
 * Threads: any. Burst loop: yes. Errors: none.
 */
PLX_API uint16_t plx_pool_number(const struct plx_pool *pool);

/**
 * plx_pool_info - what a pool is made of
 * @pool: the pool
 * @info: filled
 *
 * Threads: any that does not race the owner's plx_pool_get(), which may commit memory; any at all
 * with PLX_POOL_PREFAULT. Burst loop: yes. Errors: none.
 */
PLX_API void plx_pool_info(const struct plx_pool *pool, struct plx_pool_info *info);

/**
 * plx_pool_account - where every buffer of a pool is
 * @pool:    the pool
 * @account: filled; exact when no thread is inside a call, else of slightly different moments,
 *           each part at most the total
 *
 * Threads: any. Burst loop: yes. Errors: none.
 */
PLX_API void plx_pool_account(const struct plx_pool *pool, struct plx_pool_account *account);

PLX_END_DECLS

#endif
