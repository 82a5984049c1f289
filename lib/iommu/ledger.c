/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The writer of a domain's ledger. The file is sealed, so that nobody else can shorten it below
 * our feet or write to it; still no decision is made on what stands in it.
 */
#define _GNU_SOURCE
#include "iommu/ledger.h"
#include "core/sighold.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010 /* Linux 5.1 */
#endif

#define RECORD    sizeof(struct plx_ledger_record)
#define AT_FIRST  64 /* records: a page of them */
#define SEALS     (F_SEAL_SHRINK | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL)
#define OLD_SEALS (F_SEAL_SHRINK | F_SEAL_SEAL)

struct plx_ledger {
	struct plx_ledger_record *records; /* [0] is the head */
	uint32_t *free;                    /* numbers to be used again, a stack */
	uint32_t n_free, used, room;
	uint64_t missing;
	int fd;
	bool full; /* it could not grow: it is not tried again */
};

static struct plx_ledger_head *head(struct plx_ledger *l)
{
	return (struct plx_ledger_head *)l->records;
}

/* A memfd counts as a file: at RLIMIT_FSIZE the kernel sends a signal, too. */
static bool resize(struct plx_ledger *l, uint32_t room)
{
	struct plx_held_signals held;
	int rc;

	plx_signals_hold(&held);
	rc = ftruncate(l->fd, (off_t)(room * RECORD));
	plx_signals_release(&held);
	return !rc;
}

/* The stack of free numbers has room for all there are: giving one back cannot fail. */
static bool make_stack(struct plx_ledger *l, uint32_t room)
{
	uint32_t *more = realloc(l->free, room * sizeof(*more));

	l->free = more ? more : l->free;
	return more != NULL;
}

/* --- opening and closing --- */

static bool make_file(struct plx_ledger *l, const char *domain)
{
	char name[64];

	snprintf(name, sizeof(name), PLX_LEDGER_NAME "%s", domain);
	l->fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (l->fd < 0 || !resize(l, AT_FIRST))
		return false;
	l->records = mmap(NULL, AT_FIRST * RECORD, PROT_READ | PROT_WRITE, MAP_SHARED, l->fd, 0);
	if (l->records == MAP_FAILED)
		return false;
	l->room = AT_FIRST;
	if (fcntl(l->fd, F_ADD_SEALS, SEALS))
		fcntl(l->fd, F_ADD_SEALS, OLD_SEALS);
	return true;
}

struct plx_ledger *plx_ledger_open(const char *domain, unsigned type, unsigned backend)
{
	struct plx_ledger *l = malloc(sizeof(*l));

	if (!l)
		return NULL;
	*l = (struct plx_ledger){ .records = MAP_FAILED, .used = 1, .fd = -1 };
	if (!make_stack(l, AT_FIRST) || !make_file(l, domain)) {
		plx_ledger_close(l);
		return NULL;
	}
	head(l)->type = (uint16_t)type;
	head(l)->backend = (uint16_t)backend;
	snprintf(head(l)->name, sizeof(head(l)->name), "%s", domain);
	atomic_store_explicit(&head(l)->used, 1, memory_order_relaxed);
	atomic_store_explicit(&head(l)->magic, PLX_LEDGER_MAGIC, memory_order_release);
	return l;
}

void plx_ledger_close(struct plx_ledger *l)
{
	if (!l)
		return;
	if (l->records != MAP_FAILED)
		munmap(l->records, l->room * RECORD);
	if (l->fd >= 0)
		close(l->fd);
	free(l->free);
	free(l);
}

/* --- records --- */

/* Not a part of what every mapping costs. */
static __attribute__((noinline, cold)) bool grow(struct plx_ledger *l)
{
	uint32_t room = 2 * l->room;
	void *more = MAP_FAILED;
	int saved = errno;

	if (!l->full && room <= PLX_LEDGER_RECORDS && make_stack(l, room) && resize(l, room))
		more = mremap(l->records, l->room * RECORD, room * RECORD, MREMAP_MAYMOVE);
	errno = saved;
	if (more == MAP_FAILED) {
		l->full = true;
		return false;
	}
	l->records = more;
	l->room = room;
	return true;
}

static void count_missing(struct plx_ledger *l, int by)
{
	l->missing += (uint64_t)(int64_t)by;
	atomic_store_explicit(&head(l)->missing, l->missing, memory_order_relaxed);
}

/* A number that no record has; 0: there is no room. */
static uint32_t take_number(struct plx_ledger *l)
{
	if (l->n_free)
		return l->free[--l->n_free];
	if (l->used == l->room && !grow(l))
		return 0;
	return l->used++;
}

/*
 * Stores have release order: a reader that sees any of them sees the odd sequence number, too.
 */
#define put(to, value) __atomic_store_n(&(to), value, __ATOMIC_RELEASE)

/* What is behind the end of the text is not worth a store: most texts are short. */
static __attribute__((noinline)) void put_text(char *to, const char *text)
{
	const unsigned size = sizeof(uint64_t);
	unsigned n = size;

	for (unsigned at = 0; n == size; at += size) {
		uint64_t word = 0;

		/* The last byte of all is never the text's. */
		for (n = 0; *text && n < size - (at + size == PLX_LEDGER_TEXT); n++)
			((char *)&word)[n] = *text++;
		put(*(uint64_t *)(void *)(to + at), word);
	}
}

uint32_t plx_ledger_add(struct plx_ledger *l, enum plx_ledger_kind kind, uint64_t iova,
			uint64_t size, uint32_t perms, const char *text)
{
	uint32_t used = l->used, number = take_number(l), sequence;
	struct plx_ledger_record *r = &l->records[number];

	if (!number) {
		count_missing(l, 1);
		return 0;
	}
	sequence = atomic_load_explicit(&r->sequence, memory_order_relaxed);
	atomic_store_explicit(&r->sequence, sequence + 1, memory_order_relaxed);
	put(r->kind, (uint16_t)kind);
	put(r->perms, (uint16_t)perms);
	put(r->iova, iova);
	put(r->size, size);
	if (*text)
		put_text(r->text, text);
	else /* as most */
		put(*(uint64_t *)(void *)r->text, 0);
	atomic_store_explicit(&r->sequence, sequence + 2, memory_order_release);
	if (l->used != used)
		atomic_store_explicit(&head(l)->used, l->used, memory_order_release);
	return number;
}

void plx_ledger_remove(struct plx_ledger *l, uint32_t number)
{
	struct plx_ledger_record *r = &l->records[number];
	uint32_t sequence;

	if (!number) {
		count_missing(l, -1);
		return;
	}
	sequence = atomic_load_explicit(&r->sequence, memory_order_relaxed);
	put(r->kind, PLX_LEDGER_FREE);
	atomic_store_explicit(&r->sequence, sequence + 2, memory_order_release);
	l->free[l->n_free++] = number;
}
