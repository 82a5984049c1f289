/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rings between real threads: nothing lost, nothing twice, nothing out of order.
 *
 * An element carries its producer and number in its first eight bytes and a pattern made of
 * them in the rest, so that a torn or unwritten one shows. Each run is bounded by a number of
 * elements and by a time.
 */
#include <pollux/ring.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_THREADS 2 /* of each side */
#define MAX_BURST   64
#define MAX_ELEM    64
#define SECONDS     0.2 /* for each of the runs below */

struct run {
	struct plx_spsc *spsc;
	struct plx_mpmc *mpmc; /* the one that is not NULL */
	unsigned elem_size;
	unsigned threads; /* of each side */
	double deadline;
	_Atomic unsigned producing; /* producers that are not done */
	_Atomic uint64_t pushed, popped, sum;
	_Atomic bool bad;
};

struct worker {
	struct run *run;
	unsigned id;
	uint64_t random;
	pthread_t thread;
};

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static unsigned random_below(struct worker *w, unsigned limit)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return (unsigned)(w->random % limit);
}

static unsigned push(struct run *run, const void *elems, unsigned n, bool bulk)
{
	if (run->mpmc)
		return bulk ? plx_mpmc_push_bulk(run->mpmc, elems, n)
			    : plx_mpmc_push(run->mpmc, elems, n);
	return bulk ? plx_spsc_push_bulk(run->spsc, elems, n) : plx_spsc_push(run->spsc, elems, n);
}

static unsigned pop(struct run *run, void *elems, unsigned n, bool bulk)
{
	if (run->mpmc)
		return bulk ? plx_mpmc_pop_bulk(run->mpmc, elems, n)
			    : plx_mpmc_pop(run->mpmc, elems, n);
	return bulk ? plx_spsc_pop_bulk(run->spsc, elems, n) : plx_spsc_pop(run->spsc, elems, n);
}

static void write_elem(unsigned char *elem, unsigned size, uint64_t value)
{
	memcpy(elem, &value, sizeof(value));
	for (unsigned i = sizeof(value); i < size; i++)
		elem[i] = (unsigned char)(value + i);
}

static bool read_elem(const unsigned char *elem, unsigned size, uint64_t *value)
{
	memcpy(value, elem, sizeof(*value));
	for (unsigned i = sizeof(*value); i < size; i++)
		if (elem[i] != (unsigned char)(*value + i))
			return false;
	return true;
}

static void *produce(void *arg)
{
	unsigned char elems[MAX_BURST * MAX_ELEM];
	struct worker *w = arg;
	struct run *run = w->run;
	uint64_t seq = 1, sum = 0;

	while (now() < run->deadline && !run->bad) {
		unsigned n = 1 + random_below(w, MAX_BURST);
		unsigned got;

		for (unsigned i = 0; i < n; i++)
			write_elem(elems + (size_t)i * run->elem_size, run->elem_size,
				   (uint64_t)w->id << 56 | (seq + i));
		got = push(run, elems, n, random_below(w, 2));
		for (unsigned i = 0; i < got; i++)
			sum += seq + i;
		seq += got;
		if (!got)
			sched_yield();
	}
	run->pushed += seq - 1;
	run->sum += sum;
	run->producing--;
	return NULL;
}

/* Each producer's numbers grow, and without a gap where there is one consumer. */
static bool in_order(const struct run *run, uint64_t *last, uint64_t value)
{
	uint64_t seq = value & (UINT64_MAX >> 8);
	unsigned id = (unsigned)(value >> 56);
	bool ok;

	if (id >= run->threads)
		return false;
	ok = run->threads == 1 ? seq == last[id] + 1 : seq > last[id];
	last[id] = seq;
	return ok;
}

static void *consume(void *arg)
{
	unsigned char elems[MAX_BURST * MAX_ELEM];
	uint64_t last[MAX_THREADS] = { 0 };
	struct worker *w = arg;
	struct run *run = w->run;
	uint64_t count = 0, sum = 0, value = 0;

	for (;;) {
		bool ended = !run->producing;
		unsigned n = 1 + random_below(w, MAX_BURST);
		unsigned got = pop(run, elems, n, !ended && random_below(w, 2));

		for (unsigned i = 0; i < got; i++) {
			if (!read_elem(elems + (size_t)i * run->elem_size, run->elem_size,
				       &value) ||
			    !in_order(run, last, value))
				run->bad = true;
			sum += value & (UINT64_MAX >> 8);
		}
		count += got;
		if (!got && ended)
			break;
		if (!got)
			sched_yield();
	}
	run->popped += count;
	run->sum -= sum;
	return NULL;
}

static void start(struct worker *w, struct run *run, unsigned id, void *(*body)(void *))
{
	w->run = run;
	w->id = id;
	w->random = UINT64_C(0x9e3779b97f4a7c15) * (id + (body == consume ? 8 : 1));
	if (pthread_create(&w->thread, NULL, body, w))
		abort();
}

/* The consumers that saw the ring empty may have left while another held elements; look. */
static void collect_rest(struct run *run)
{
	unsigned char elem[MAX_ELEM];
	uint64_t value;

	while (pop(run, elem, 1, false)) {
		memcpy(&value, elem, sizeof(value));
		run->sum -= value & (UINT64_MAX >> 8);
		run->popped++;
	}
}

static bool stress(bool mpmc, unsigned threads, unsigned capacity, unsigned elem_size)
{
	struct plx_ring_opts opts = { capacity, elem_size, -1 };
	struct worker producers[MAX_THREADS], consumers[MAX_THREADS];
	struct run run = { .elem_size = elem_size, .threads = threads };
	bool ok;

	if (mpmc ? plx_mpmc_create(&opts, &run.mpmc) : plx_spsc_create(&opts, &run.spsc))
		return false;
	run.deadline = now() + SECONDS;
	run.producing = threads;
	for (unsigned i = 0; i < threads; i++) {
		start(&producers[i], &run, i, produce);
		start(&consumers[i], &run, i, consume);
	}
	for (unsigned i = 0; i < threads; i++) {
		pthread_join(producers[i].thread, NULL);
		pthread_join(consumers[i].thread, NULL);
	}
	collect_rest(&run);
	ok = !run.bad && run.pushed == run.popped && !run.sum && run.pushed;
	printf("%s %s: %u+%u threads, capacity %u, %u bytes: %llu in, %llu out\n",
	       ok ? "ok" : "FAIL", mpmc ? "mpmc" : "spsc", threads, threads, capacity, elem_size,
	       (unsigned long long)run.pushed, (unsigned long long)run.popped);
	plx_spsc_destroy(run.spsc);
	plx_mpmc_destroy(run.mpmc);
	return ok;
}

int main(void)
{
	bool ok = true;

	ok &= stress(false, 1, 1, 8);
	ok &= stress(false, 1, 64, 24);
	ok &= stress(false, 1, 1024, 8);
	ok &= stress(false, 1, 256, 64);
	ok &= stress(true, 1, 1024, 8);
	ok &= stress(true, 2, 1, 8);
	ok &= stress(true, 2, 64, 16);
	ok &= stress(true, 2, 256, 33);
	ok &= stress(true, 2, 1024, 8);
	return ok ? 0 : 1;
}
