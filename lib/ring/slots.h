/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What both kinds of ring share: the check of the options, and elements in and out of slots.
 */
#ifndef PLX_RING_SLOTS_H
#define PLX_RING_SLOTS_H

#include <errno.h>
#include <pollux/ring.h>

#include "core/error.h"
#include "mem/node.h"
#include "ring/atomic.h"

#define PLX_RING_MAX_CAPACITY  (1u << 24)
#define PLX_RING_MAX_ELEM_SIZE 4096u

/* What never changes after creation: readers share it, nobody's store disturbs them. */
struct plx_ring_slots {
	unsigned char *mem;
	size_t alloc_size; /* of the ring with everything behind it */
	uint32_t mask;     /* capacity - 1 */
	uint32_t elem_size;
};

/* The log2 of the capacity that is made of a request for @capacity elements. */
static inline unsigned plx_ring_order(unsigned capacity)
{
	return capacity > 1 ? 32 - (unsigned)__builtin_clz(capacity - 1) : 0;
}

static inline int plx_ring_check(const struct plx_ring_opts *opts)
{
	if (!opts)
		return plx_fail_null(1, "opts");
	if (!opts->capacity)
		return plx_fail(-EINVAL, PLX_R_ZERO_LEN, NULL, "a ring needs a capacity");
	if (opts->capacity > PLX_RING_MAX_CAPACITY)
		return plx_fail(-EINVAL, PLX_R_TOO_LARGE, NULL,
				"a ring of %u elements is more than the limit of %u",
				opts->capacity, PLX_RING_MAX_CAPACITY);
	if (!opts->elem_size)
		return plx_fail(-EINVAL, PLX_R_ZERO_LEN, NULL, "a ring needs an element size");
	if (opts->elem_size > PLX_RING_MAX_ELEM_SIZE)
		return plx_fail(-EINVAL, PLX_R_TOO_LARGE, NULL,
				"an element of %u bytes is more than the limit of %u",
				opts->elem_size, PLX_RING_MAX_ELEM_SIZE);
	if (!plx_node_valid(opts->node))
		return plx_fail(-EINVAL, PLX_R_INDEX, NULL, "there is no NUMA node %d", opts->node);
	return 0;
}

/*
 * A ring in one allocation: @header bytes, a multiple of the cache line, then the slots. The
 * limits keep the sum far from overflow. Returns NULL with the error record filled.
 */
static inline void *plx_ring_alloc(const struct plx_ring_opts *opts, size_t header,
				   struct plx_ring_slots *slots)
{
	size_t capacity = (size_t)1 << plx_ring_order(opts->capacity);
	unsigned char *mem;

	slots->alloc_size = header + capacity * opts->elem_size;
	slots->mask = (uint32_t)(capacity - 1);
	slots->elem_size = opts->elem_size;
	mem = plx_node_alloc(slots->alloc_size, opts->node);
	if (!mem) {
		plx_fail_sys(-ENOMEM, errno, PLX_R_NOMEM, NULL,
			     "no memory for a ring of %zu elements of %u bytes on NUMA node %d",
			     capacity, opts->elem_size, opts->node);
		return NULL;
	}
	slots->mem = mem + header;
	return mem;
}

/*
 * How many elements ahead of a burst to ask for lines, given the distance in @bytes; 0: not at
 * all. Elements larger than a line cover many lines each, which the hardware prefetches itself;
 * in a small ring the lines ahead are the ones that the other side is at.
 */
static inline unsigned plx_ring_ahead(const struct plx_ring_slots *slots, unsigned bytes)
{
	unsigned ahead = bytes / slots->elem_size;

	if (slots->elem_size > PLX_CACHE_LINE || slots->mask < 4 * ahead)
		return 0;
	return ahead;
}

/*
 * The lines that begin in the @n elements from position @pos on, the first few of them and only
 * up to the end of the slots. Successive bursts so ask for each line once.
 */
#define PLX_RING_PREFETCH(s, pos, n, fetch)                                             \
	do {                                                                            \
		size_t first_ = ((pos) & (s)->mask) * (s)->elem_size;                   \
		size_t end_ = first_ + (size_t)(n) * (s)->elem_size;                    \
		size_t last_ = ((size_t)(s)->mask + 1) * (s)->elem_size;                \
                                                                                        \
		first_ = (first_ + PLX_CACHE_LINE - 1) & ~(size_t)(PLX_CACHE_LINE - 1); \
		last_ = end_ < last_ ? end_ : last_;                                    \
		end_ = first_ + PLX_RING_PREFETCH_MAX;                                  \
		end_ = end_ < last_ ? end_ : last_;                                     \
		for (; first_ < end_; first_ += PLX_CACHE_LINE)                         \
			fetch((s)->mem + first_);                                       \
	} while (0)
#define PLX_RING_PREFETCH_MAX (8 * PLX_CACHE_LINE) /* the line buffers are few */

/* With @size known to the compiler an element is a register or two, and the loop unrolls. */
static inline __attribute__((always_inline)) void
plx_ring_run_in(unsigned char *restrict slot, const unsigned char *restrict elem, size_t n,
		size_t size)
{
	for (size_t i = 0; i < n; i++)
		PLX_COPY_IN(slot + i * size, elem + i * size, size);
}

static inline __attribute__((always_inline)) void
plx_ring_run_out(unsigned char *restrict elem, const unsigned char *restrict slot, size_t n,
		 size_t size)
{
	for (size_t i = 0; i < n; i++)
		PLX_COPY_OUT(elem + i * size, slot + i * size, size);
}

/* Copy in two runs: up to the end of the slots, then from their start. */
static inline __attribute__((always_inline)) void plx_ring_in_sized(const struct plx_ring_slots *s,
								    uint64_t pos,
								    const unsigned char *elems,
								    size_t n, size_t size)
{
	size_t slot = pos & s->mask;
	size_t run = (size_t)s->mask + 1 - slot;

	if (n <= run) {
		plx_ring_run_in(s->mem + slot * size, elems, n, size);
		return;
	}
	plx_ring_run_in(s->mem + slot * size, elems, run, size);
	plx_ring_run_in(s->mem, elems + run * size, n - run, size);
}

static inline __attribute__((always_inline)) void plx_ring_out_sized(const struct plx_ring_slots *s,
								     uint64_t pos,
								     unsigned char *elems, size_t n,
								     size_t size)
{
	size_t slot = pos & s->mask;
	size_t run = (size_t)s->mask + 1 - slot;

	if (n <= run) {
		plx_ring_run_out(elems, s->mem + slot * size, n, size);
		return;
	}
	plx_ring_run_out(elems, s->mem + slot * size, run, size);
	plx_ring_run_out(elems + run * size, s->mem, n - run, size);
}

/* @n elements into the slots from position @pos on; the caller owns those slots. */
static inline void plx_ring_in(const struct plx_ring_slots *s, uint64_t pos, const void *elems,
			       size_t n)
{
	switch (s->elem_size) {
	case 4:
		plx_ring_in_sized(s, pos, elems, n, 4);
		break;
	case 8:
		plx_ring_in_sized(s, pos, elems, n, 8);
		break;
	case 16:
		plx_ring_in_sized(s, pos, elems, n, 16);
		break;
	case 32:
		plx_ring_in_sized(s, pos, elems, n, 32);
		break;
	default:
		plx_ring_in_sized(s, pos, elems, n, s->elem_size);
	}
}

/* @n elements out of the slots from position @pos on; the caller owns those slots. */
static inline void plx_ring_out(const struct plx_ring_slots *s, uint64_t pos, void *elems, size_t n)
{
	switch (s->elem_size) {
	case 4:
		plx_ring_out_sized(s, pos, elems, n, 4);
		break;
	case 8:
		plx_ring_out_sized(s, pos, elems, n, 8);
		break;
	case 16:
		plx_ring_out_sized(s, pos, elems, n, 16);
		break;
	case 32:
		plx_ring_out_sized(s, pos, elems, n, 32);
		break;
	default:
		plx_ring_out_sized(s, pos, elems, n, s->elem_size);
	}
}

#endif
