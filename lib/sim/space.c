/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/space.h"

#include <stdlib.h>
#include <string.h>

#define SHIFT 12

struct entry {
	struct plx_range range; /* first member */
	uint8_t *va;
	uint32_t perms;
};

bool plx_sim_space_map(struct plx_sim_space *s, const struct plx_sim_map *m)
{
	struct entry *e = calloc(1, sizeof(*e));

	if (!e)
		return false;
	e->range.first = m->iova >> SHIFT;
	e->range.last = (m->iova + m->len - 1) >> SHIFT;
	e->va = (uint8_t *)(uintptr_t)m->va;
	e->perms = m->perms;
	plx_ranges_insert(&s->table, &e->range);
	s->n++;
	return true;
}

uint64_t plx_sim_space_unmap(struct plx_sim_space *s, uint64_t first, uint64_t last)
{
	uint64_t bytes = 0;
	struct plx_range *r;

	while ((r = plx_sim_space_find(s, first, last))) {
		bytes += (r->last - r->first + 1) << SHIFT;
		plx_ranges_remove(&s->table, r);
		free(r);
		s->n--;
	}
	return bytes;
}

struct plx_range *plx_sim_space_find(struct plx_sim_space *s, uint64_t first, uint64_t last)
{
	struct plx_range *r = plx_ranges_from(&s->table, first >> SHIFT);

	return r && r->first <= last >> SHIFT ? r : NULL;
}

bool plx_sim_space_splits(struct plx_sim_space *s, uint64_t first, uint64_t last)
{
	struct plx_range *low = plx_sim_space_find(s, first, first);
	struct plx_range *high = plx_sim_space_find(s, last, last);

	return (low && low->first < first >> SHIFT) || (high && high->last > last >> SHIFT);
}

struct plx_sim_map plx_sim_space_get(const struct plx_range *r)
{
	const struct entry *e = (const struct entry *)r;

	return (struct plx_sim_map){
		.iova = r->first << SHIFT,
		.len = (r->last - r->first + 1) << SHIFT,
		.va = (uintptr_t)e->va,
		.perms = e->perms,
	};
}

/* Where one page's part of an access goes; NULL: it is blocked. */
static uint8_t *translate(struct plx_sim_space *s, uint64_t iova, bool write)
{
	struct plx_range *r = plx_sim_space_find(s, iova, iova);
	struct entry *e = (struct entry *)r;

	if (!r || !(e->perms & (write ? PLX_SIM_WRITE : PLX_SIM_READ)))
		return NULL;
	return e->va + (iova - (r->first << SHIFT));
}

#ifdef __SANITIZE_ADDRESS__
/*
 * A device knows nothing of what the program gave back: it may reach buffers that are free, which
 * AddressSanitizer is told about with -Dchecks=true. volatile, or this becomes memcpy(3).
 */
__attribute__((no_sanitize_address)) static void copy(uint8_t *to, const uint8_t *from, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		*(volatile uint8_t *)(to + i) = *(const volatile uint8_t *)(from + i);
}
#else
static void copy(uint8_t *to, const uint8_t *from, uint64_t n)
{
	memcpy(to, from, n);
}
#endif

/* A word that lies so is one access on a bus, too: descriptors are not seen in halves. */
static void move(uint8_t *va, void *buf, uint64_t n, bool write)
{
	const bool word = n == 8 && !((uintptr_t)va & 7);
	uint64_t value;

	if (!word) {
		copy(write ? va : buf, write ? buf : va, n);
	} else if (write) {
		memcpy(&value, buf, 8);
		__atomic_store_n((uint64_t *)(void *)va, value, __ATOMIC_RELEASE);
	} else {
		value = __atomic_load_n((uint64_t *)(void *)va, __ATOMIC_ACQUIRE);
		memcpy(buf, &value, 8);
	}
}

uint64_t plx_sim_space_access(struct plx_sim_space *s, uint64_t iova, uint64_t len, bool write,
			      void *buf)
{
	const uint64_t page = 1ull << SHIFT;
	uint64_t done = 0;

	while (done < len) {
		uint64_t at = iova + done, n = page - (at & (page - 1));
		uint8_t *va = at >= iova ? translate(s, at, write) : NULL;

		if (!va)
			break;
		if (n > len - done)
			n = len - done;
		move(va, (uint8_t *)buf + done, n, write);
		done += n;
	}
	return done;
}
