/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two pinned threads around a ring; the same for both sides.
 */
#include "bench/micro.h"
#include "bench/spawn.h"

#include <pthread.h>
#include <string.h>

#define DEADLINE 20.0 /* seconds without progress */

static ALWAYS_INLINE void relax(void)
{
#ifdef __x86_64__
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

void pin_to(unsigned cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

void unpin(const struct bench *b)
{
	pthread_setaffinity_np(pthread_self(), sizeof(b->allowed), &b->allowed);
}

void ring_rendezvous(struct ring_run *run)
{
	atomic_fetch_add(&run->ready, 1);
	while (atomic_load(&run->ready) < 2)
		relax();
}

bool ring_wait(struct ring_run *run, unsigned *waits)
{
	/* A clock is read once in a few milliseconds of waiting. */
	static _Thread_local double since;

	relax();
	if (++*waits % 65536)
		return true;
	if (*waits == 65536)
		since = monotonic_now();
	if (bench_interrupted() || monotonic_now() - since > DEADLINE)
		run->broken = true;
	return !run->broken;
}

static int launch(pthread_t *thread, unsigned cpu, void *(*fn)(void *), void *arg)
{
	pthread_attr_t attr;
	cpu_set_t set;
	int err;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	pthread_attr_init(&attr);
	pthread_attr_setaffinity_np(&attr, sizeof(set), &set);
	err = pthread_create(thread, &attr, fn, arg);
	pthread_attr_destroy(&attr);
	return err;
}

enum outcome ring_measure(struct bench *b, struct ring_run *run, void *(*produce)(void *),
			  void *(*consume)(void *), double *value)
{
	pthread_t producer, consumer;
	int err = launch(&consumer, b->cpu_work, consume, run);

	if (err)
		return bench_failed(b, "no thread can be started: %s", strerror(err));
	err = launch(&producer, b->cpu_other, produce, run);
	if (err) {
		run->broken = true;
		run->ready = 2; /* let the other one see it */
		pthread_join(consumer, NULL);
		return bench_failed(b, "no thread can be started: %s", strerror(err));
	}
	pthread_join(producer, NULL);
	pthread_join(consumer, NULL);
	if (bench_interrupted())
		return bench_failed(b, "interrupted");
	if (run->broken)
		return bench_failed(b, "the ring gave a wrong element, or none for %.0f s",
				    DEADLINE);
	*value = (double)(run->end - run->begin) / ((double)RING_BULKS * RING_BULK);
	return MEASURED;
}
