/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every interleaving of small uses of the rings, on the rings' own source.
 *
 * The source is included with its atomic operations and element copies replaced by hooks, and
 * each hook is one step. There are no threads: to take one step of a thread, its present call
 * is run from its beginning, the results of the steps already taken are played back from a
 * log, the next step is done for real, and a longjmp leaves the call. So the whole state is one
 * plain structure, which a depth-first search copies, hashes and compares. States reached twice
 * are explored once and their interleavings counted as often as they are reached.
 *
 * The search is over sequentially consistent orders: a load sees the last store. What the
 * weaker orders of the real operations allow is covered in part, by vector clocks: a load with
 * acquire takes over the clock that the store it reads from left behind, if that was a release,
 * and to copy an element in or out without being ordered after the previous use of the slot is
 * an error. Loads of outdated values are not modelled.
 */
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- The hooks, and the rings built on them. --- */

enum order { RELAXED, ACQUIRE, RELEASE, ACQ_REL };

static uint64_t step_load(const void *p, size_t size, enum order order);
static void step_store(void *p, size_t size, uint64_t value, enum order order);
static void step_xor(void *p, size_t size, uint64_t value, enum order order);
static bool step_cas(void *p, uint64_t *expected, uint64_t value);
static uint64_t own_load(const void *p);
static void own_store(void *p, uint64_t value);
static void step_copy_in(void *slot, const void *elem);
static void step_copy_out(void *elem, const void *slot);

/* The mutations: each breaks one promise, and the search has to notice. */
enum mutation {
	NONE,
	RELAXED_PUBLISH, /* the publication no longer orders the elements */
	RELAXED_LOOK,    /* nor does looking at it */
	COPY_AFTER,      /* elements are copied in after they are published */
	CLAIM_UNCHECKED, /* compare and swap always succeeds */
	NO_SECOND_LOOK,  /* a claim does not see that the position has moved meanwhile */
	STALE_SHADOW,    /* the producer believes in one free slot too many */
};
static enum mutation mutation;

#define PLX_RING_ATOMIC_HOOKS
#define PLX_LOAD_OWN(p)     own_load(p)
#define PLX_STORE_OWN(p, v) own_store(p, v)
#define PLX_LOAD_ACQUIRE(p)                                               \
	((__typeof__(*(p) + 0))step_load((const void *)(p), sizeof(*(p)), \
					 mutation == RELAXED_LOOK ? RELAXED : ACQUIRE))
#define PLX_STORE_RELEASE(p, v) \
	step_store((void *)(p), sizeof(*(p)), v, mutation == RELAXED_PUBLISH ? RELAXED : RELEASE)
#define PLX_XOR_RELEASE(p, v) \
	step_xor((void *)(p), sizeof(*(p)), v, mutation == RELAXED_PUBLISH ? RELAXED : RELEASE)
#define PLX_CAS_ACQ_REL(p, e, v)       step_cas((void *)(p), e, v)
#define PLX_COPY_IN(slot, elem, size)  ((void)(size), step_copy_in(slot, elem))
#define PLX_COPY_OUT(elem, slot, size) ((void)(size), step_copy_out(elem, slot))
#define PLX_PREFETCH(p)                ((void)(p))
#define PLX_PREFETCH_WRITE(p)          ((void)(p))

/* Two of these lines are still 16 bytes: the state stays small. */
#include <pollux/base.h>
#undef PLX_CACHE_LINE
#define PLX_CACHE_LINE 8
/* Two slots to a word of bits, so that a ring of 4 has whole words and parts of them. */
#define GROUP_SLOTS 2u

/* Nothing here may fail or leave the arena, so the tests need no other source. */
#define plx_ok         stub_ok
#define plx_fail       stub_fail
#define plx_fail_sys   stub_fail_sys
#define plx_fail_null  stub_fail_null
#define plx_node_valid stub_node_valid
#define plx_node_alloc stub_node_alloc
#define plx_node_free  stub_node_free

#include "ring/mpmc.c"
#include "ring/spsc.c"

#define THREADS   4
#define MAX_OPS   5
#define MAX_BURST 4
#define MAX_LOG   40 /* steps of one call; more would mean that it waits */
#define MAX_POPS  16
#define SLOTS     4

static union {
	_Alignas(64) unsigned char bytes[160];
	uint64_t words[20];
} arena;

int stub_ok(void)
{
	return 0;
}

int stub_fail(int err, enum plx_reason reason, const char *object, const char *fmt, ...)
{
	(void)reason, (void)object, (void)fmt;
	return err;
}

int stub_fail_sys(int err, int sys_errno, enum plx_reason reason, const char *object,
		  const char *fmt, ...)
{
	(void)sys_errno, (void)reason, (void)object, (void)fmt;
	return err;
}

int stub_fail_null(unsigned arg, const char *what)
{
	(void)arg, (void)what;
	return -EINVAL;
}

bool stub_node_valid(int node)
{
	return node == -1;
}

void *stub_node_alloc(size_t size, int node)
{
	(void)node;
	if (size > sizeof(arena))
		abort();
	memset(&arena, 0, sizeof(arena));
	return &arena;
}

void stub_node_free(void *mem, size_t size)
{
	(void)mem, (void)size;
}

/* --- The uses to be searched. --- */

struct op {
	bool push;
	bool bulk;
	unsigned n;
};

#define PUSH(n)                \
	{                      \
		true, false, n \
	}
#define PUSH_BULK(n)          \
	{                     \
		true, true, n \
	}
#define POP(n)                  \
	{                       \
		false, false, n \
	}
#define POP_BULK(n)            \
	{                      \
		false, true, n \
	}

struct scenario {
	const char *name;
	bool mpmc;
	unsigned capacity;
	unsigned skip;    /* elements that have gone through the ring before */
	unsigned prefill; /* elements that are in the ring */
	struct op ops[THREADS][MAX_OPS];
};

/* --- The state of one moment. All of it is here, and nothing else. --- */

struct thread {
	uint64_t log[MAX_LOG]; /* what the steps of the present call returned */
	uint32_t popped[MAX_POPS];
	uint8_t accepted[MAX_OPS]; /* elements, by call */
	uint8_t clock[THREADS];
	uint8_t logged;
	uint8_t op;
	uint8_t pops;
	bool blocked; /* at some moment of the present call it could not succeed */
	bool stopped;
};

/* How a slot was used last, for the ghost that knows what is in it. */
struct slot {
	uint8_t touched[THREADS]; /* time of each thread's last use */
	uint8_t writer;
	uint8_t written;
	bool filled;
};

struct state {
	unsigned char ring[sizeof(arena)];
	uint8_t released[sizeof(arena) / 4][THREADS]; /* clock left with a release */
	struct slot slots[SLOTS];
	struct thread threads[THREADS];
};

static const struct scenario *scene;
static union {
	struct plx_spsc *spsc;
	struct plx_mpmc *mpmc;
} ring;
static struct state *now; /* the state being changed */
static unsigned self;     /* the thread taking a step; THREADS: set-up, no scheduling */
static unsigned replayed; /* of its log */
static unsigned budget;   /* steps left to take */
static jmp_buf leave;
static char failure[160];
static char path[512];
static unsigned depth;

#define FAIL(...)                                                        \
	do {                                                             \
		if (!failure[0])                                         \
			snprintf(failure, sizeof(failure), __VA_ARGS__); \
	} while (0)

/* --- Steps --- */

/* What this thread wrote to its private memory in the present call; kept when it ends. */
static struct {
	uint64_t *p;
	uint64_t value;
} overlay[8];
static unsigned overlaid;

static uint64_t own_load(const void *p)
{
	uint64_t value = *(const uint64_t *)p;

	for (unsigned i = 0; i < overlaid; i++)
		if (overlay[i].p == p)
			value = overlay[i].value;
	if (mutation == STALE_SHADOW && p == &ring.spsc->producer.shadow)
		value++;
	return value;
}

static void own_store(void *p, uint64_t value)
{
	overlay[overlaid].p = p;
	overlay[overlaid++].value = value;
}

static void keep_own(void)
{
	for (unsigned i = 0; i < overlaid; i++)
		*overlay[i].p = overlay[i].value;
	overlaid = 0;
}

static bool scheduled(void)
{
	return self < THREADS;
}

/* True when the step at hand has been taken before: its result is in @result. */
static bool replay(uint64_t *result)
{
	struct thread *t;

	if (!scheduled())
		return false;
	t = &now->threads[self];
	if (replayed < t->logged) {
		*result = t->log[replayed++];
		return true;
	}
	if (!budget)
		longjmp(leave, 1);
	budget--;
	return false;
}

static uint64_t taken(uint64_t result)
{
	struct thread *t;

	if (!scheduled())
		return result;
	t = &now->threads[self];
	if (t->logged == MAX_LOG) {
		FAIL("thread %u: a call takes more than %u steps", self, MAX_LOG);
		longjmp(leave, 1);
	}
	t->log[t->logged++] = result;
	replayed++;
	return result;
}

static uint8_t *released_at(const void *p)
{
	return now->released[((const unsigned char *)p - arena.bytes) / 4];
}

static void join(uint8_t *into, const uint8_t *from)
{
	for (unsigned i = 0; i < THREADS; i++)
		into[i] = from[i] > into[i] ? from[i] : into[i];
}

static void acquire(const void *p)
{
	if (scheduled())
		join(now->threads[self].clock, released_at(p));
}

/* @add: the store was an atomic change, so earlier releases still count for who reads it. */
static void release(const void *p, bool add)
{
	if (!scheduled())
		return;
	if (!add)
		memset(released_at(p), 0, THREADS);
	join(released_at(p), now->threads[self].clock);
	now->threads[self].clock[self]++;
}

static uint64_t get(const void *p, size_t size)
{
	uint32_t word;
	uint64_t value;

	if (size == sizeof(word)) {
		memcpy(&word, p, size);
		return word;
	}
	memcpy(&value, p, sizeof(value));
	return value;
}

static void put(void *p, size_t size, uint64_t value)
{
	uint32_t word = (uint32_t)value;

	if (size == sizeof(word))
		memcpy(p, &word, size);
	else
		memcpy(p, &value, sizeof(value));
}

static uint64_t last_pos; /* For NO_SECOND_LOOK: the position as the call knows it. */

static uint64_t step_load(const void *p, size_t size, enum order order)
{
	uint64_t result;

	if (!replay(&result)) {
		if (order == ACQUIRE)
			acquire(p);
		result = get(p, size);
		if (mutation == NO_SECOND_LOOK && size == sizeof(last_pos) && scheduled() &&
		    replayed)
			result = last_pos;
		taken(result);
	}
	if (size == sizeof(last_pos))
		last_pos = result;
	return result;
}

static void step_store(void *p, size_t size, uint64_t value, enum order order)
{
	uint64_t result;

	if (replay(&result))
		return;
	put(p, size, value);
	if (order == RELEASE)
		release(p, false);
	else
		memset(released_at(p), 0, THREADS);
	taken(0);
}

static void step_xor(void *p, size_t size, uint64_t value, enum order order)
{
	uint64_t result;

	if (replay(&result))
		return;
	put(p, size, get(p, size) ^ value);
	if (order == RELEASE)
		release(p, true);
	taken(0);
}

static bool step_cas(void *p, uint64_t *expected, uint64_t value)
{
	uint64_t want = *expected;
	uint64_t found;

	if (!replay(&found)) {
		found = mutation == CLAIM_UNCHECKED ? want : get(p, sizeof(found));
		acquire(p);
		if (found == want) {
			put(p, sizeof(value), value);
			release(p, true);
		}
		taken(found);
	}
	*expected = last_pos = found;
	return found == want;
}

static unsigned slot_of(const void *p)
{
	const unsigned char *mem = scene->mpmc ? ring.mpmc->slots.mem : ring.spsc->slots.mem;

	return (unsigned)((const unsigned char *)p - mem) / sizeof(uint64_t);
}

static void write_slot(void *slot, uint64_t value)
{
	struct slot *s = &now->slots[slot_of(slot)];

	if (s->filled)
		FAIL("thread %u overwrites an element that nobody has read", self);
	s->filled = true;
	memcpy(slot, &value, sizeof(value));
	if (!scheduled())
		return;
	for (unsigned i = 0; i < THREADS; i++)
		if (i != self && s->touched[i] > now->threads[self].clock[i])
			FAIL("thread %u writes a slot, unordered with thread %u", self, i);
	s->writer = (uint8_t)self;
	s->written = s->touched[self] = now->threads[self].clock[self];
}

static uint64_t read_slot(const void *slot)
{
	struct slot *s = &now->slots[slot_of(slot)];

	if (!s->filled)
		FAIL("thread %u reads an element that nobody has written", self);
	s->filled = false;
	if (scheduled()) {
		if (s->writer != self && s->written > now->threads[self].clock[s->writer])
			FAIL("thread %u reads a slot, unordered with its writer", self);
		s->touched[self] = now->threads[self].clock[self];
	}
	return get(slot, sizeof(uint64_t));
}

/* For COPY_AFTER: the copies that the call has put off. */
static struct {
	void *slot;
	uint64_t value;
} late[MAX_BURST];
static unsigned lates;

static void copy_in_now(void *slot, uint64_t value)
{
	uint64_t result;

	if (replay(&result))
		return;
	write_slot(slot, value);
	taken(0);
}

static void step_copy_in(void *slot, const void *elem)
{
	uint64_t value;

	memcpy(&value, elem, sizeof(value));
	if (mutation == COPY_AFTER && scheduled()) {
		late[lates].slot = slot;
		late[lates++].value = value;
		return;
	}
	copy_in_now(slot, value);
}

static void step_copy_out(void *elem, const void *slot)
{
	uint64_t value;

	if (!replay(&value))
		value = taken(read_slot(slot));
	memcpy(elem, &value, sizeof(value));
}

/* --- Calls --- */

static unsigned call(const struct op *op, uint64_t *elems)
{
	if (scene->mpmc && op->push)
		return op->bulk ? plx_mpmc_push_bulk(ring.mpmc, elems, op->n)
				: plx_mpmc_push(ring.mpmc, elems, op->n);
	if (scene->mpmc)
		return op->bulk ? plx_mpmc_pop_bulk(ring.mpmc, elems, op->n)
				: plx_mpmc_pop(ring.mpmc, elems, op->n);
	if (op->push)
		return op->bulk ? plx_spsc_push_bulk(ring.spsc, elems, op->n)
				: plx_spsc_push(ring.spsc, elems, op->n);
	return op->bulk ? plx_spsc_pop_bulk(ring.spsc, elems, op->n)
			: plx_spsc_pop(ring.spsc, elems, op->n);
}

/* An element says whose it is: thread + 1, call, place in the call. */
static uint64_t element(unsigned thread, unsigned op, unsigned i)
{
	return (thread + 1) << 16 | op << 8 | i;
}

static bool slot_blocked(enum mpmc_side me, uint64_t pos)
{
	struct run run = run_at(ring.mpmc, pos, 1);
	uint32_t done = (uint32_t)get(&run.group->done[!me], sizeof(done));
	uint32_t wanted = me == PRODUCER ? run.lap : ~run.lap;

	return ((done ^ wanted) >> run.first) & 1;
}

/* Would @op be right to return 0 at this moment? */
static bool is_blocked(const struct op *op)
{
	unsigned need = op->bulk ? op->n : 1;
	enum mpmc_side me = op->push ? PRODUCER : CONSUMER;
	uint64_t head, tail;

	if (scene->mpmc) {
		for (unsigned i = 0; i < need; i++)
			if (slot_blocked(me, get(&ring.mpmc->claimed[me].pos, 8) + i))
				return true;
		return need > scene->capacity;
	}
	head = get(&ring.spsc->producer.published, 8);
	tail = get(&ring.spsc->consumer.published, 8);
	return op->push ? scene->capacity - (head - tail) < need : head - tail < need;
}

static const struct op *present_op(const struct thread *t)
{
	const struct op *ops = scene->ops[t - now->threads];

	return t->op < MAX_OPS && ops[t->op].n ? &ops[t->op] : NULL;
}

static void note_blocked(bool first)
{
	for (unsigned i = 0; i < THREADS; i++) {
		struct thread *t = &now->threads[i];
		const struct op *op = present_op(t);

		if (op && ((first && i == self) || t->logged))
			t->blocked = t->blocked || is_blocked(op);
	}
}

static void end_call(struct thread *t, const struct op *op, unsigned got, const uint64_t *elems)
{
	if (got > op->n || (op->bulk && got && got != op->n))
		FAIL("thread %u: call %u of %u elements returned %u", self, t->op, op->n, got);
	if (!got && !t->blocked)
		FAIL("thread %u: call %u failed for no reason", self, t->op);
	if (op->push)
		t->accepted[t->op] = (uint8_t)got;
	else
		for (unsigned i = 0; i < got; i++)
			t->popped[t->pops++] = (uint32_t)elems[i];
	memset(t->log, 0, sizeof(t->log));
	t->logged = 0;
	t->blocked = false;
	t->op++;
	keep_own();
}

/* One step of thread @self, with what it computes from there to its next step. */
static void run_step(void)
{
	struct thread *t = &now->threads[self];
	const struct op *op = present_op(t);
	uint64_t elems[MAX_BURST];
	unsigned got;

	if (!t->logged)
		note_blocked(true);
	for (unsigned i = 0; i < MAX_BURST; i++)
		elems[i] = op->push ? element(self, t->op, i) : 0;
	replayed = overlaid = lates = 0;
	budget = 1;
	if (setjmp(leave))
		return;
	got = call(op, elems);
	for (unsigned i = 0; i < lates; i++)
		copy_in_now(late[i].slot, late[i].value);
	end_call(t, op, got, elems);
}

static void step(struct state *s, unsigned thread)
{
	now = s;
	self = thread;
	memcpy(&arena, s->ring, sizeof(arena));
	run_step();
	note_blocked(false);
	memcpy(s->ring, &arena, sizeof(arena));
}

/* --- What must hold when all is done --- */

#define PREFILL THREADS /* the thread number in elements that were there before */

static unsigned accepted(const struct state *s, unsigned thread, unsigned op)
{
	if (thread == PREFILL)
		return op ? 0 : scene->prefill;
	return s->threads[thread].accepted[op];
}

/* @list: elements in the order in which one thread got them. */
static void check_order(const uint32_t *list, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		for (unsigned j = i + 1; j < n; j++)
			if (list[i] >> 16 == list[j] >> 16 && list[i] >= list[j])
				FAIL("%#x came before %#x", list[i], list[j]);
}

/* With a single consumer, what was pushed together comes out together. */
static void check_together(const uint32_t *list, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if ((list[i] & 0xff) && (!i || list[i - 1] != list[i] - 1))
			FAIL("%#x does not follow its predecessor", list[i]);
}

static unsigned occurrences(const uint32_t *list, unsigned n, uint64_t value)
{
	unsigned count = 0;

	for (unsigned i = 0; i < n; i++)
		count += list[i] == value;
	return count;
}

static void check_contents(const struct state *s, const uint32_t *list, unsigned n, bool stopped)
{
	unsigned expected = 0;

	for (unsigned t = 0; t <= THREADS; t++)
		for (unsigned op = 0; op < MAX_OPS; op++)
			for (unsigned i = 0; i < accepted(s, t, op); i++, expected++) {
				unsigned seen = occurrences(list, n, element(t, op, i));

				if (seen > 1 || (!seen && !stopped))
					FAIL("%#x came out %u times", (unsigned)element(t, op, i),
					     seen);
			}
	if (!stopped && n != expected)
		FAIL("%u elements came out of %u", n, expected);
}

/* What is left in the ring, as one more consumer would get it. */
static unsigned drain(struct state *s, uint32_t *list)
{
	const struct op pop = POP(1);
	uint64_t elem;
	unsigned n = 0;

	now = s;
	self = THREADS;
	memcpy(&arena, s->ring, sizeof(arena));
	while (call(&pop, &elem) && n < MAX_POPS) {
		keep_own();
		list[n++] = (uint32_t)elem;
	}
	return n;
}

static void check_end(struct state *s)
{
	uint32_t all[(THREADS + 1) * MAX_POPS];
	unsigned n = 0, consumers = 0;
	bool stopped = false;

	for (unsigned t = 0; t < THREADS; t++) {
		struct thread *thread = &s->threads[t];

		check_order(thread->popped, thread->pops);
		memcpy(all + n, thread->popped, thread->pops * sizeof(all[0]));
		n += thread->pops;
		consumers += thread->pops > 0;
		stopped = stopped || thread->stopped;
	}
	/* A second consumer beside a stopped one is against the rules of the one ring. */
	if (scene->mpmc || !stopped)
		n += drain(s, all + n);
	if (consumers < 2) {
		check_order(all, n);
		if (!stopped)
			check_together(all, n);
	}
	check_contents(s, all, n, stopped);
}

/* --- The search --- */

struct memo {
	uint64_t hash[2];
	double count;
};

static struct memo *memos;
static size_t memo_slots, memo_used;

static void hash_state(const struct state *s, uint64_t hash[2])
{
	const unsigned char *p = (const unsigned char *)s;
	uint64_t a = UINT64_C(0x9e3779b97f4a7c15), b = UINT64_C(0xc2b2ae3d27d4eb4f), word;

	_Static_assert(sizeof(*s) % sizeof(word) == 0, "whole words");
	for (size_t i = 0; i < sizeof(*s); i += sizeof(word)) {
		memcpy(&word, p + i, sizeof(word));
		a = (a ^ word) * UINT64_C(0xff51afd7ed558ccd);
		a ^= a >> 32;
		b = (b + word) * UINT64_C(0xc4ceb9fe1a85ec53);
		b ^= b >> 29;
	}
	hash[0] = a ? a : 1;
	hash[1] = b;
}

static struct memo *memo_find(const uint64_t hash[2])
{
	size_t i = hash[0] & (memo_slots - 1);

	while (memos[i].hash[0] && (memos[i].hash[0] != hash[0] || memos[i].hash[1] != hash[1]))
		i = (i + 1) & (memo_slots - 1);
	return &memos[i];
}

static void memo_reset(size_t slots)
{
	struct memo *old = memos;
	size_t old_slots = memo_slots;

	memos = calloc(slots, sizeof(*memos));
	if (!memos)
		abort();
	memo_slots = slots;
	for (size_t i = 0; old && i < old_slots; i++)
		if (old[i].hash[0])
			*memo_find(old[i].hash) = old[i];
	free(old);
}

static void memo_add(const uint64_t hash[2], double count)
{
	struct memo *m;

	if (++memo_used > memo_slots / 2)
		memo_reset(memo_slots * 2);
	m = memo_find(hash);
	m->hash[0] = hash[0];
	m->hash[1] = hash[1];
	m->count = count;
}

static double search(const struct state *s, int stopper);

/* One more step of thread @t, or its death. */
static double follow(const struct state *s, unsigned t, bool stop, int stopper)
{
	struct state next;
	double count;

	memcpy(&next, s, sizeof(next));
	if (depth < sizeof(path) - 1)
		path[depth] = (char)((stop ? 'A' : '0') + t);
	depth++;
	if (stop)
		next.threads[t].stopped = true;
	else
		step(&next, t);
	count = failure[0] ? 0 : search(&next, stopper);
	if (!failure[0])
		depth--;
	return count;
}

/*
 * How many interleavings there are from @s on (rounded above 2^53); thread @stopper (-1: none) may
 * stop for ever.
 */
static double search(const struct state *s, int stopper)
{
	uint64_t hash[2];
	struct memo *m;
	double count = 0;
	bool any = false;

	hash_state(s, hash);
	m = memo_find(hash);
	if (m->hash[0])
		return m->count;
	for (unsigned t = 0; t < THREADS && !failure[0]; t++) {
		const struct thread *thread = &s->threads[t];

		if (thread->stopped || thread->op == MAX_OPS || !scene->ops[t][thread->op].n)
			continue;
		any = true;
		count += follow(s, t, false, stopper);
		if ((int)t == stopper && !failure[0])
			count += follow(s, t, true, stopper);
	}
	if (!any) {
		struct state end;

		memcpy(&end, s, sizeof(end));
		check_end(&end);
		count = 1;
	}
	memo_add(hash, count);
	return count;
}

static void make_ring(void)
{
	struct plx_ring_opts opts = { scene->capacity, sizeof(uint64_t), -1 };

	if (scene->mpmc ? plx_mpmc_create(&opts, &ring.mpmc) : plx_spsc_create(&opts, &ring.spsc))
		abort();
}

static void prepare(struct state *s)
{
	const struct op push = PUSH(1), pop = POP(1);
	uint64_t elem = 0;

	memset(s, 0, sizeof(*s));
	now = s;
	self = THREADS;
	overlaid = depth = 0;
	memset(path, 0, sizeof(path));
	failure[0] = '\0';
	make_ring();
	for (unsigned i = 0; i < scene->skip; i++) {
		call(&push, &elem);
		keep_own();
		call(&pop, &elem);
		keep_own();
	}
	for (unsigned i = 0; i < scene->prefill; i++) {
		elem = element(PREFILL, 0, i);
		call(&push, &elem);
		keep_own();
	}
	for (unsigned t = 0; t < THREADS; t++)
		s->threads[t].clock[t] = 1;
	memcpy(s->ring, &arena, sizeof(arena));
}

static double explore(const struct scenario *sc, int stopper)
{
	struct state start;

	scene = sc;
	prepare(&start);
	free(memos);
	memos = NULL;
	memo_slots = memo_used = 0;
	memo_reset(1 << 12);
	return search(&start, stopper);
}

/* --- The scenarios --- */

static const struct scenario scenarios[] = {
	{ "spsc 2: single elements",
	  false,
	  2,
	  0,
	  0,
	  { { PUSH(1), PUSH(1), PUSH(1), PUSH(1) }, { POP(1), POP(1), POP(1), POP(1) } } },
	{ "spsc 2: bursts and bulks",
	  false,
	  2,
	  0,
	  0,
	  { { PUSH_BULK(2), PUSH(1), PUSH(2), PUSH_BULK(2) },
	    { POP(2), POP_BULK(2), POP(1), POP(2) } } },
	{ "spsc 2: around the end",
	  false,
	  2,
	  1,
	  1,
	  { { PUSH(2), PUSH_BULK(2), PUSH(1), PUSH(2) },
	    { POP_BULK(2), POP(2), POP(1), POP_BULK(2) } } },
	{ "spsc 1",
	  false,
	  1,
	  0,
	  0,
	  { { PUSH(1), PUSH(2), PUSH(1), PUSH(1) }, { POP(1), POP(2), POP(1), POP(1) } } },
	{ "spsc 4: whole and half",
	  false,
	  4,
	  3,
	  0,
	  { { PUSH_BULK(3), PUSH_BULK(3), PUSH(4) }, { POP(2), POP_BULK(2), POP(4) } } },
	{ "mpmc 4: two producers",
	  true,
	  4,
	  0,
	  0,
	  { { PUSH_BULK(2), PUSH(1) }, { PUSH_BULK(2), PUSH(2) } } },
	{ "mpmc 4: two producers around the end",
	  true,
	  4,
	  3,
	  0,
	  { { PUSH_BULK(3), PUSH(1) }, { PUSH(3), PUSH(1) } } },
	{ "mpmc 4: two consumers",
	  true,
	  4,
	  1,
	  4,
	  { { POP(1), POP_BULK(2) }, { POP_BULK(2), POP(1) } } },
	{ "mpmc 2: across laps",
	  true,
	  2,
	  0,
	  0,
	  { { PUSH(1), PUSH_BULK(2), PUSH(1), PUSH(2) },
	    { POP(2), POP(1), POP_BULK(2), POP(1) } } },
	{ "mpmc 4: across laps in bulks",
	  true,
	  4,
	  2,
	  1,
	  { { PUSH_BULK(3), PUSH_BULK(2), PUSH(4) }, { POP_BULK(2), POP(4), POP_BULK(3) } } },
	{ "mpmc 1: across laps",
	  true,
	  1,
	  0,
	  0,
	  { { PUSH(1), PUSH(1), PUSH(1), PUSH(1) }, { POP(1), POP(1), POP(1), POP(1) } } },
	{ "mpmc 2: two producers, one consumer",
	  true,
	  2,
	  0,
	  0,
	  { { PUSH(1), PUSH(1) }, { PUSH(1), PUSH(1) }, { POP(1), POP(1), POP(1) } } },
	{ "mpmc 2: one producer, two consumers",
	  true,
	  2,
	  0,
	  1,
	  { { PUSH(1), PUSH(1), PUSH(1) }, { POP(1), POP(1) }, { POP(1), POP(1) } } },
	{ "mpmc 1: two producers, one consumer",
	  true,
	  1,
	  1,
	  0,
	  { { PUSH(1), PUSH(1) }, { PUSH(1), PUSH(1) }, { POP(1), POP(1), POP(1) } } },
	{ "mpmc 1: two producers, two consumers",
	  true,
	  1,
	  0,
	  0,
	  { { PUSH(1) }, { PUSH(1) }, { POP(1) }, { POP(1) } } },
	{ "mpmc 2: two producers, two consumers",
	  true,
	  2,
	  1,
	  1,
	  { { PUSH(1) }, { PUSH_BULK(2) }, { POP(1) }, { POP(2) } } },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int run_sound(void)
{
	for (size_t i = 0; i < COUNT(scenarios); i++)
		for (int stopper = -1; stopper < THREADS; stopper++) {
			double count;

			if (stopper >= 0 && !scenarios[i].ops[stopper][0].n)
				continue;
			count = explore(&scenarios[i], stopper);
			if (failure[0]) {
				printf("FAIL %s: %s\n  schedule %s\n", scenarios[i].name, failure,
				       path);
				return 1;
			}
			if (stopper < 0)
				printf("%-40s", scenarios[i].name);
			else
				printf("%-33s stop %c ", "", '0' + stopper);
			printf(" %.0f interleavings, %zu states\n", count, memo_used);
		}
	return 0;
}

/* A checker that cannot fail proves nothing: some scenario must expose each mutation. */
static int run_mutation(enum mutation m, bool mpmc, const char *name)
{
	int found = 0;

	mutation = m;
	for (size_t i = 0; i < COUNT(scenarios) && !found; i++) {
		if (scenarios[i].mpmc != mpmc)
			continue;
		explore(&scenarios[i], -1);
		if (failure[0]) {
			printf("%s, %s: found in \"%s\": %s\n", mpmc ? "mpmc" : "spsc", name,
			       scenarios[i].name, failure);
			found = 1;
		}
	}
	mutation = NONE;
	if (!found)
		printf("FAIL %s, %s: not found\n", mpmc ? "mpmc" : "spsc", name);
	return !found;
}

int main(void)
{
	int bad = run_sound();

	bad += run_mutation(COPY_AFTER, false, "published before the copy");
	bad += run_mutation(COPY_AFTER, true, "published before the copy");
	bad += run_mutation(RELAXED_PUBLISH, false, "publication without release");
	bad += run_mutation(RELAXED_PUBLISH, true, "publication without release");
	bad += run_mutation(RELAXED_LOOK, false, "look without acquire");
	bad += run_mutation(RELAXED_LOOK, true, "look without acquire");
	bad += run_mutation(STALE_SHADOW, false, "one slot too many");
	bad += run_mutation(CLAIM_UNCHECKED, true, "claim without compare");
	bad += run_mutation(NO_SECOND_LOOK, true, "no second look at the position");
	free(memos);
	return bad ? 1 : 0;
}
