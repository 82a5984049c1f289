/* SPDX-License-Identifier: BSD-3-Clause */
#define _GNU_SOURCE
#include "qtest/memory.h"

#include "qtest/qemu.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Pages that are QEMU's. */
struct piece {
	struct piece *next;
	int fd;
	uint64_t off, len, va;
	void *own; /* where the process' pages wait */
	unsigned refs;
};

/*
 * Of all cards of the process, and how many there are: the file that they share goes with the
 * last.
 */
static struct {
	pthread_mutex_t lock;
	struct piece *pieces;
	int high;
	unsigned users;
} all = { .lock = PTHREAD_MUTEX_INITIALIZER, .high = -1 };

static int make_file(const char *name, uint64_t size)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)size)) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

static int share_high(void)
{
	pthread_mutex_lock(&all.lock);
	if (all.high < 0)
		all.high = make_file("qemu-high", QEMU_HIGH_SIZE);
	all.users += all.high >= 0;
	pthread_mutex_unlock(&all.lock);
	return all.high;
}

static void unshare_high(void)
{
	pthread_mutex_lock(&all.lock);
	if (!--all.users) {
		close(all.high);
		all.high = -1;
	}
	pthread_mutex_unlock(&all.lock);
}

int memory_init(struct memory *m)
{
	m->low = make_file("qemu-low", QEMU_LOW_SIZE);
	m->high = m->low >= 0 ? share_high() : -1;
	if (m->low >= 0 && m->high < 0) {
		int err = m->high;

		close(m->low);
		return err;
	}
	return m->low < 0 ? m->low : 0;
}

void memory_fini(struct memory *m)
{
	close(m->low);
	unshare_high();
}

/* --- pieces: locked --- */

/* The file that has the IOVA, and where; -1: none has all of it. */
static int file_of(const struct memory *m, uint64_t iova, uint64_t len, uint64_t *off)
{
	*off = iova;
	if (iova < QEMU_LOW_SIZE && len <= QEMU_LOW_SIZE - iova)
		return m->low;
	*off = iova - QEMU_HIGH_FIRST;
	if (iova >= QEMU_HIGH_FIRST && *off < QEMU_HIGH_SIZE && len <= QEMU_HIGH_SIZE - *off)
		return m->high;
	return -1;
}

static bool overlap(uint64_t a, uint64_t a_len, uint64_t b, uint64_t b_len)
{
	return a < b + b_len && b < a + a_len;
}

/* The first that shares an address with @want, on either side. */
static struct piece **find(const struct piece *want)
{
	struct piece **p = &all.pieces;

	while (*p && !overlap((*p)->va, (*p)->len, want->va, want->len) &&
	       !((*p)->fd == want->fd && overlap((*p)->off, (*p)->len, want->off, want->len)))
		p = &(*p)->next;
	return p;
}

static bool same(const struct piece *a, const struct piece *b)
{
	return a->fd == b->fd && a->off == b->off && a->len == b->len && a->va == b->va;
}

/*
 * An old size of 0 gives a shared mapping a second place (mremap(2)). Then the first one is
 * replaced, at no time is nothing there. What another thread stores in between is lost.
 */
static int exchange(struct piece *p)
{
	void *va = (void *)(uintptr_t)p->va, *ram;

	p->own = mremap(va, 0, p->len, MREMAP_MAYMOVE);
	if (p->own == MAP_FAILED)
		return -errno;
	ram = mmap(NULL, p->len, PROT_READ | PROT_WRITE, MAP_SHARED, p->fd, (off_t)p->off);
	if (ram != MAP_FAILED) {
		memcpy(ram, p->own, p->len);
		if (mremap(ram, p->len, p->len, MREMAP_MAYMOVE | MREMAP_FIXED, va) == va)
			return 0;
		munmap(ram, p->len);
	}
	munmap(p->own, p->len);
	return -ENOMEM;
}

static void give_back(struct piece *p)
{
	void *va = (void *)(uintptr_t)p->va;
	/*
	 * At a second place: at the first a pool may have told a sanitizer that nobody reads them.
	 */
	void *ram = mmap(NULL, p->len, PROT_READ, MAP_SHARED, p->fd, (off_t)p->off);

	memcpy(p->own, ram == MAP_FAILED ? va : ram, p->len);
	if (ram != MAP_FAILED)
		munmap(ram, p->len);
	mremap(p->own, p->len, p->len, MREMAP_MAYMOVE | MREMAP_FIXED, va);
	fallocate(p->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)p->off, (off_t)p->len);
}

static int add(const struct piece *want)
{
	struct piece *p = *find(want);
	int err;

	if (p) {
		p->refs += same(p, want);
		return same(p, want) ? 0 : -EEXIST;
	}
	p = malloc(sizeof(*p));
	if (!p)
		return -ENOMEM;
	*p = *want;
	err = exchange(p);
	if (err) {
		free(p);
		return err;
	}
	p->refs = 1;
	p->next = all.pieces;
	all.pieces = p;
	return 0;
}

static void drop(const struct piece *want)
{
	struct piece **at = find(want), *p = *at;

	if (!p || !same(p, want) || --p->refs)
		return;
	*at = p->next;
	give_back(p);
	free(p);
}

int memory_map(struct memory *m, uint64_t iova, uint64_t len, uint64_t va)
{
	struct piece want = { .len = len, .va = va };
	int err;

	want.fd = file_of(m, iova, len, &want.off);
	if (want.fd < 0)
		return -ERANGE;
	pthread_mutex_lock(&all.lock);
	err = add(&want);
	pthread_mutex_unlock(&all.lock);
	return err;
}

void memory_unmap(struct memory *m, uint64_t iova, uint64_t len, uint64_t va)
{
	struct piece want = { .len = len, .va = va };

	want.fd = file_of(m, iova, len, &want.off);
	pthread_mutex_lock(&all.lock);
	drop(&want);
	pthread_mutex_unlock(&all.lock);
}

/* --- what is in a file and not in a piece --- */

static uint64_t piece_end(int fd, uint64_t off)
{
	const struct piece *p = all.pieces;

	while (p && !(p->fd == fd && off >= p->off && off - p->off < p->len))
		p = p->next;
	return p ? p->off + p->len : off;
}

static bool file_strayed(int fd, uint64_t *off)
{
	off_t data = 0;

	while ((data = lseek(fd, data, SEEK_DATA)) >= 0) {
		off_t end = (off_t)piece_end(fd, (uint64_t)data);

		if (end == data) {
			*off = (uint64_t)data;
			return true;
		}
		data = end;
	}
	return false;
}

bool memory_strayed(const struct memory *m, uint64_t *iova)
{
	bool low, high = false;

	pthread_mutex_lock(&all.lock);
	low = file_strayed(m->low, iova);
	if (!low)
		high = file_strayed(m->high, iova);
	if (high)
		*iova += QEMU_HIGH_FIRST;
	pthread_mutex_unlock(&all.lock);
	return low || high;
}
