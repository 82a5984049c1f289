/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table behind I/O port cookies (PIO-6): a cookie says which slot and which generation of it,
 * and the offset from the range's first port.
 *
 * It is process-wide, because the raw accessors get nothing but a cookie and must recognise one that
 * is stale. Taking, ending and forgetting are locked. Looking up is not: the tag and the numbers of
 * accesses under way are one word, which a reader changes only while the tag is the one it wants.
 * Once the tag has changed nobody new comes in, so that whoever changed it waits for accesses that
 * had begun, and for no others.
 */
#include "io/io_priv.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>

#define SLOT_BITS 10
#define SLOTS     (1u << SLOT_BITS)
#define LAST_GEN  ((1u << (32 - SLOT_BITS)) - 1)

enum tag_state { GONE, STALE, LIVE };

/* The word: generation (22 bits), state (2), accesses while stale (20), while live (20). */
#define ONE_LIVE   1ull
#define ONE_STALE  (1ull << 20)
#define COUNT_MASK (ONE_STALE - 1)
#define TAG_SHIFT  40

struct slot {
	_Alignas(PLX_CACHE_LINE) _Atomic uint64_t word;
	/* What follows changes only while the state is GONE and there are no accesses. */
	struct plx_dev *dev;
	struct plx_io_range range;
	uint64_t off; /* of range.first in its BAR */
	uint32_t generation;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct slot slots[SLOTS];
static unsigned hint; /* where to look first: reuse comes late, so that stale cookies stay known */

static enum tag_state state_of_word(uint64_t word)
{
	return (enum tag_state)(word >> TAG_SHIFT & 3);
}

static uint32_t generation_of(uint64_t word)
{
	return (uint32_t)(word >> (TAG_SHIFT + 2));
}

static enum tag_state state_of(const struct slot *s)
{
	return state_of_word(atomic_load(&s->word));
}

static plx_ioport_t cookie(const struct slot *s)
{
	return (uint64_t)(s->generation << SLOT_BITS | (uint32_t)(s - slots)) << 32;
}

static uint64_t tag_of(const struct slot *s, enum tag_state state)
{
	return (uint64_t)(s->generation << 2 | state) << TAG_SHIFT;
}

/* Make it STALE or GONE, and wait for accesses that this forbids: one system call each at most. */
static void retag(struct slot *s, enum tag_state state)
{
	const uint64_t tag = tag_of(s, state);
	const uint64_t forbidden = state == GONE ? COUNT_MASK | COUNT_MASK << 20 : COUNT_MASK;
	uint64_t word = atomic_load(&s->word);

	while (!atomic_compare_exchange_weak(&s->word, &word,
					     tag | (word & ((1ull << TAG_SHIFT) - 1))))
		;
	while (atomic_load(&s->word) & forbidden)
		sched_yield();
}

/*
 * PIO-4: real ports exist once in the machine, whichever context a handle is of. A simulated
 * function's are its own, and its claims say who has them.
 */
static const struct slot *taken(const struct plx_claim *c)
{
	if (c->dev->function->sim)
		return NULL;
	for (unsigned i = 0; i < SLOTS; i++) {
		const struct slot *s = &slots[i];

		if (state_of(s) == LIVE && !s->dev->function->sim &&
		    s->range.first <= c->range.last && c->range.first <= s->range.last)
			return s;
	}
	return NULL;
}

/* One that nobody has; else one that is only remembered. */
static struct slot *find_free(void)
{
	struct slot *stale = NULL;

	for (unsigned i = 0; i < SLOTS; i++) {
		struct slot *s = &slots[(hint + i) % SLOTS];

		if (state_of(s) == GONE) {
			hint = (unsigned)(s - slots) + 1;
			return s;
		}
		if (state_of(s) == STALE && !stale)
			stale = s;
	}
	if (stale)
		retag(stale, GONE);
	return stale;
}

static void fill(struct slot *s, const struct plx_claim *c)
{
	s->generation = s->generation == LAST_GEN ? 1 : s->generation + 1;
	s->dev = c->dev;
	s->range = c->range;
	s->off = c->range.first - c->dev->function->facts.bars[c->range.bar].first;
	atomic_store(&s->word, tag_of(s, LIVE)); /* publishes what is above */
}

int plx_slot_take(const struct plx_claim *c, plx_ioport_t *base, char *other, size_t size)
{
	const struct slot *holder;
	struct slot *s = NULL;

	pthread_mutex_lock(&lock);
	holder = taken(c);
	if (holder) {
		snprintf(other, size, "%s", holder->dev->child.name);
	} else {
		s = find_free();
		if (s) {
			fill(s, c);
			*base = cookie(s);
		}
	}
	pthread_mutex_unlock(&lock);
	return holder ? -EBUSY : s ? 0 : -ENOMEM;
}

static uint32_t index_of(plx_ioport_t p)
{
	return (uint32_t)(p >> 32) & (SLOTS - 1);
}

void plx_slot_end(plx_ioport_t base)
{
	pthread_mutex_lock(&lock);
	retag(&slots[index_of(base)], STALE);
	pthread_mutex_unlock(&lock);
}

void plx_slots_forget(const struct plx_dev *dev)
{
	pthread_mutex_lock(&lock);
	for (unsigned i = 0; i < SLOTS; i++) {
		struct slot *s = &slots[i];

		if (state_of(s) == GONE || s->dev != dev)
			continue;
		retag(s, GONE);
		s->dev = NULL;
	}
	pthread_mutex_unlock(&lock);
}

/* Count an access in. False: the slot is not of that generation, or nobody's. */
static bool pin(struct slot *s, uint32_t generation, enum tag_state *state)
{
	uint64_t word = atomic_load(&s->word), one;

	do {
		*state = state_of_word(word);
		if (*state == GONE || generation_of(word) != generation)
			return false;
		one = *state == LIVE ? ONE_LIVE : ONE_STALE;
	} while (!atomic_compare_exchange_weak(&s->word, &word, word + one));
	return true;
}

enum plx_reason plx_slot_get(plx_ioport_t p, unsigned width, struct plx_port_ref *out)
{
	struct slot *s = &slots[index_of(p)];
	uint32_t off = (uint32_t)p;
	enum tag_state state;

	*out = (struct plx_port_ref){ .slot = index_of(p) };
	if (!pin(s, (uint32_t)(p >> (32 + SLOT_BITS)), &state))
		return PLX_R_INDEX;
	out->live = state == LIVE;
	out->dev = s->dev;
	out->bar = s->range.bar;
	out->off = s->off + off;
	if (!out->live || off + (uint64_t)width - 1 > s->range.last - s->range.first)
		return PLX_R_INDEX;
	return off & (width - 1) ? PLX_R_UNALIGNED : PLX_R_NONE;
}

void plx_slot_put(const struct plx_port_ref *ref)
{
	if (ref->dev)
		atomic_fetch_sub(&slots[ref->slot].word, ref->live ? ONE_LIVE : ONE_STALE);
}
