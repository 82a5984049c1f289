/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rings and pools: DPDK's side, in this same process. Without libdpdk at build time the rival
 * is absent.
 */
#include "bench/micro.h"

#ifdef BENCH_DPDK

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_ring.h>
#include <rte_version.h>

#include <string.h>

#define CACHE 256 /* buffers that a core keeps for itself; DPDK's examples use this size */

static enum { EAL_UNTRIED, EAL_UP, EAL_REFUSED } eal;

/* Once, when first needed: DPDK can be initialised but once in a process's life. */
static enum outcome eal_up(struct bench *b)
{
	/* It wants them writable. */
	char words[][24] = { "plx-bench", "",    "--no-huge", "--no-shconf",      "--no-telemetry",
			     "-m",        "256", "--no-pci",  "--log-level=error" };
	char *argv[sizeof(words) / sizeof(words[0]) + 1] = { NULL };
	int argc = sizeof(words) / sizeof(words[0]);

	if (eal == EAL_UNTRIED) {
		snprintf(words[1], sizeof(words[1]), "--lcores=0@%u", b->cpu_work);
		for (int i = 0; i < argc; i++)
			argv[i] = words[i];
		eal = rte_eal_init(argc, argv) < 0 ? EAL_REFUSED : EAL_UP;
		unpin(b); /* it has pinned us */
	}
	if (eal == EAL_REFUSED)
		return bench_absent(b, "DPDK cannot be initialised: %s", rte_strerror(rte_errno));
	/* "DPDK 22.11.11" */
	snprintf(b->rival_version, sizeof(b->rival_version), "%.31s",
		 rte_version() + strcspn(rte_version(), "0123456789"));
	return MEASURED;
}

void rival_end(void)
{
	if (eal == EAL_UP)
		rte_eal_cleanup();
}

static ALWAYS_INLINE unsigned push_spsc(void *ring, uint64_t *elems)
{
	return rte_ring_sp_enqueue_bulk(ring, (void *const *)elems, RING_BULK, NULL);
}

static ALWAYS_INLINE unsigned pop_spsc(void *ring, uint64_t *elems)
{
	return rte_ring_sc_dequeue_bulk(ring, (void **)elems, RING_BULK, NULL);
}

static ALWAYS_INLINE unsigned push_mpmc(void *ring, uint64_t *elems)
{
	return rte_ring_mp_enqueue_bulk(ring, (void *const *)elems, RING_BULK, NULL);
}

static ALWAYS_INLINE unsigned pop_mpmc(void *ring, uint64_t *elems)
{
	return rte_ring_mc_dequeue_bulk(ring, (void **)elems, RING_BULK, NULL);
}

static void *produce_spsc(void *run)
{
	return ring_produce(run, push_spsc);
}

static void *consume_spsc(void *run)
{
	return ring_consume(run, pop_spsc);
}

static void *produce_mpmc(void *run)
{
	return ring_produce(run, push_mpmc);
}

static void *consume_mpmc(void *run)
{
	return ring_consume(run, pop_mpmc);
}

static enum outcome ring(struct bench *b, unsigned flags, void *(*produce)(void *),
			 void *(*consume)(void *), double *value)
{
	struct ring_run run = { .ready = 0 };
	enum outcome got = eal_up(b);

	if (got != MEASURED)
		return got;
	run.ring = rte_ring_create("bench", RING_CAPACITY, SOCKET_ID_ANY, flags);
	if (!run.ring)
		return bench_failed(b, "rte_ring_create: %s", rte_strerror(rte_errno));
	got = ring_measure(b, &run, produce, consume, value);
	rte_ring_free(run.ring);
	return got;
}

enum outcome ring_spsc_rival(struct bench *b, const struct bench_case *c, double *value)
{
	(void)c;
	return ring(b, RING_F_SP_ENQ | RING_F_SC_DEQ, produce_spsc, consume_spsc, value);
}

enum outcome ring_mpmc_rival(struct bench *b, const struct bench_case *c, double *value)
{
	(void)c;
	return ring(b, 0, produce_mpmc, consume_mpmc, value);
}

static ALWAYS_INLINE bool take(void *pool, void *slot)
{
	struct rte_mbuf **mbufs = slot;

	if (rte_pktmbuf_alloc_bulk(pool, mbufs, POOL_BULK))
		return false;
	for (unsigned i = 0; i < POOL_BULK; i++)
		memcpy(rte_pktmbuf_mtod(mbufs[i], void *), &i, sizeof(i));
	return true;
}

static ALWAYS_INLINE void give(void *slot)
{
	rte_pktmbuf_free_bulk(slot, POOL_BULK);
}

static enum outcome cycle(struct bench *b, struct rte_mempool *pool, double *value)
{
	struct rte_mbuf *slots[POOL_SLOTS][POOL_BULK];
	struct pool_run run = { .pool = pool };

	for (unsigned i = 0; i < POOL_SLOTS; i++)
		run.slots[i] = slots[i];
	*value = pool_cycle(&run, take, give);
	return *value > 0 ? MEASURED : bench_failed(b, "DPDK's pool gave too few mbufs");
}

/* On the thread that DPDK knows as lcore 0: others have no cache. */
enum outcome pool_rival(struct bench *b, const struct bench_case *c, double *value)
{
	enum outcome got = eal_up(b);
	struct rte_mempool *pool;

	(void)c;
	if (got != MEASURED)
		return got;
	pool = rte_pktmbuf_pool_create("bench", POOL_BUFFERS, CACHE, 0,
				       POOL_ROOM + RTE_PKTMBUF_HEADROOM, SOCKET_ID_ANY);
	if (!pool)
		return bench_failed(b, "rte_pktmbuf_pool_create: %s", rte_strerror(rte_errno));
	pin_to(b->cpu_work);
	got = cycle(b, pool, value);
	unpin(b);
	rte_mempool_free(pool); /* with what is out of it */
	return got;
}

#else

static enum outcome absent(struct bench *b)
{
	return bench_absent(b, "plx-bench was built without libdpdk");
}

enum outcome ring_spsc_rival(struct bench *b, const struct bench_case *c, double *value)
{
	(void)c;
	(void)value;
	return absent(b);
}

enum outcome ring_mpmc_rival(struct bench *b, const struct bench_case *c, double *value)
{
	(void)c;
	(void)value;
	return absent(b);
}

enum outcome pool_rival(struct bench *b, const struct bench_case *c, double *value)
{
	(void)c;
	(void)value;
	return absent(b);
}

void rival_end(void)
{
}

#endif
