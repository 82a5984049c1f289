/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Arenas: memfd memory on a NUMA node, placed low, committed in 2 MiB chunks.
 */
#define _GNU_SOURCE
#include "mem/arena.h"

#include "core/ctx.h"
#include "core/error.h"
#include "core/sighold.h"
#include "mem/node.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <syslog.h>
#include <unistd.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* Linux 6.1 */
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif
#ifndef MFD_HUGE_2MB
#define MFD_HUGE_2MB (21u << 26)
#endif
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

#define CHUNK    ((size_t)2 << 20)
#define MAX_SIZE ((size_t)1 << 37)

/*
 * Where low arenas go: above 4 GiB, out of the way of 32-bit habits, and below 2^38, inside
 * half of what a 39-bit IOMMU translates.
 */
#define LOW_FIRST ((uintptr_t)1 << 32)
#define LOW_END   ((uintptr_t)1 << 38)
#define LOW_TRIES 64 /* before the steps get twice as long */

struct plx_arena {
	struct plx_child child;
	struct plx_arena_info info;
};

static size_t round_chunk(size_t size)
{
	return (size + CHUNK - 1) & ~(CHUNK - 1);
}

/*
 * Try low addresses that an arena of this size would fit at, each past the end of the last, in
 * steps that grow: some hundred tries see all of it. Sanitizers occupy all of it: then any address
 * does and info.low stays false.
 */
static void *map_low(size_t size, int fd)
{
	size_t step = size;
	uintptr_t at = LOW_FIRST;

	for (unsigned i = 1; at + size <= LOW_END; i++, at += step) {
		void *p = mmap((void *)at, size, PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0);

		if (p == (void *)at)
			return p;
		if (p != MAP_FAILED) /* a kernel before 4.17 takes the address as a hint */
			munmap(p, size);
		else if (errno != EEXIST)
			return MAP_FAILED;
		if (i % LOW_TRIES == 0)
			step *= 2;
	}
	return MAP_FAILED;
}

/* Any address, but aligned so that 2 MiB pages can be put together. */
static void *map_high(size_t size, int fd)
{
	uint8_t *span = mmap(NULL, size + CHUNK, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t *at;

	if (span == MAP_FAILED)
		return MAP_FAILED;
	at = (uint8_t *)round_chunk((uintptr_t)span);
	if (mmap(at, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED) {
		munmap(span, size + CHUNK);
		return MAP_FAILED;
	}
	if (at > span)
		munmap(span, (size_t)(at - span));
	munmap(at + size, CHUNK - (size_t)(at - span));
	return at;
}

/* A memfd counts as a file: at RLIMIT_FSIZE the kernel sends a signal, too. */
static int truncate_fd(int fd, size_t size)
{
	struct plx_held_signals held;
	int rc;

	plx_signals_hold(&held);
	rc = ftruncate(fd, (off_t)size);
	plx_signals_release(&held);
	return rc;
}

/* Map @info->size bytes of a new memfd; @huge asks for the kernel's hugepage pool. */
static int map_memfd(struct plx_arena_info *info, const char *name, bool huge)
{
	unsigned flags = MFD_CLOEXEC | (huge ? MFD_HUGETLB | MFD_HUGE_2MB : 0);
	char tag[64]; /* memfd_create() refuses more than 249 bytes */
	void *base;
	int fd, err;

	snprintf(tag, sizeof(tag), "%s", name);
	fd = memfd_create(tag, flags);
	if (fd < 0)
		return errno;
	if (truncate_fd(fd, info->size))
		goto fail;
	base = map_low(info->size, fd);
	info->low = base != MAP_FAILED;
	if (base == MAP_FAILED)
		base = map_high(info->size, fd);
	if (base == MAP_FAILED)
		goto fail;
	info->base = base;
	info->fd = fd;
	return 0;
fail:
	err = errno;
	close(fd);
	return err;
}

static long free_hugepages(void)
{
	FILE *f = fopen("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "re");
	long n = 0;

	if (f && fscanf(f, "%ld", &n) != 1)
		n = 0;
	if (f)
		fclose(f);
	return n;
}

/* Choose the pages: hugetlb when the pool holds enough of them, else a plain memfd. */
static int choose_pages(struct plx_arena_info *info, const struct plx_arena_opts *opts,
			const char *name)
{
	long need = (long)(info->size / CHUNK), have = free_hugepages();
	bool small = opts && opts->flags & PLX_ARENA_SMALL;
	int err;

	if (!small && have >= need && !map_memfd(info, name, true)) {
		info->pages = PLX_PAGES_HUGETLB;
		info->page_size = CHUNK;
		snprintf(info->why, sizeof(info->why), "%ld of %ld free 2 MiB hugepages", need,
			 have);
		return 0;
	}
	err = map_memfd(info, name, false);
	if (err)
		return err;
	info->pages = small ? PLX_PAGES_SMALL : PLX_PAGES_COLLAPSED; /* until the kernel objects */
	info->page_size = small ? (size_t)sysconf(_SC_PAGESIZE) : CHUNK;
	if (small)
		snprintf(info->why, sizeof(info->why), "base pages were asked for");
	else
		snprintf(info->why, sizeof(info->why),
			 "%ld hugepages are free and %ld needed; MADV_COLLAPSE makes 2 MiB pages",
			 have, need);
	return 0;
}

static int check_opts(size_t size, const struct plx_arena_opts *opts)
{
	if (!size)
		return plx_fail(-EINVAL, PLX_R_ZERO_LEN, NULL, "an arena of 0 bytes");
	if (size > MAX_SIZE)
		return plx_fail(-EINVAL, PLX_R_TOO_LARGE, NULL,
				"an arena of %zu bytes is over the limit of %zu", size, MAX_SIZE);
	if (!opts)
		return 0;
	if (opts->flags & ~(uint32_t)(PLX_ARENA_PREFAULT | PLX_ARENA_SMALL))
		return plx_fail(-EINVAL, PLX_R_RESERVED_BITS, opts->name,
				"unknown arena flags 0x%x", opts->flags);
	if (!plx_node_valid(opts->node))
		return plx_fail(-EINVAL, PLX_R_INDEX, opts->name, "there is no NUMA node %d",
				opts->node);
	return 0;
}

int plx_arena_create(struct plx_ctx *ctx, size_t size, const struct plx_arena_opts *opts,
		     struct plx_arena **out)
{
	const char *name = opts && opts->name ? opts->name : "arena";
	struct plx_arena *arena;
	int err;

	if (out)
		*out = NULL;
	if (!ctx)
		return plx_fail_null(1, "ctx");
	if (!out)
		return plx_fail_null(4, "out");
	err = check_opts(size, opts);
	if (err)
		return err;
	arena = calloc(1, sizeof(*arena));
	if (!arena)
		return plx_fail_nomem(name, "an arena");
	arena->info.size = round_chunk(size);
	arena->info.node = opts ? opts->node : -1;
	err = choose_pages(&arena->info, opts, name);
	if (err) {
		free(arena);
		return plx_fail_sys(-ENOMEM, err, PLX_R_NOMEM, name,
				    "no room for an arena of %zu MiB: %s (see ulimit -v and -n)",
				    round_chunk(size) >> 20, strerror(err));
	}
	plx_node_prefer(arena->info.base, arena->info.size, arena->info.node);
	plx_ctx_adopt(ctx, &arena->child, "arena %s", name);
	plx_log(ctx, LOG_INFO, "mem", "%s: %zu KiB pages: %s", arena->child.name,
		arena->info.page_size >> 10, arena->info.why);
	if (opts && opts->flags & PLX_ARENA_PREFAULT && plx_arena_commit(arena, size)) {
		struct plx_error saved = *plx_last_error();

		plx_arena_destroy(arena);
		return plx_fail_again(&saved);
	}
	*out = arena;
	return plx_ok();
}

/* The kernel would not collapse: carry on with base pages. (No log: this may be in a burst.) */
static void settle_for_small(struct plx_arena *arena, int err)
{
	struct plx_arena_info *info = &arena->info;

	info->pages = PLX_PAGES_SMALL;
	info->page_size = (size_t)sysconf(_SC_PAGESIZE);
	snprintf(info->why, sizeof(info->why),
		 "no free hugepages, and MADV_COLLAPSE failed: %s (it needs Linux 6.1 and free "
		 "2 MiB blocks)",
		 strerror(err));
}

/*
 * One chunk of 2 MiB pages. One small page must be there for MADV_COLLAPSE to build on: it
 * fills the rest with zeroes, in a fraction of the time that collapsing 512 pages takes.
 */
static int collapse_chunk(struct plx_arena *arena, size_t offset)
{
	struct plx_arena_info *info = &arena->info;

	if (fallocate(info->fd, 0, (off_t)offset, sysconf(_SC_PAGESIZE)))
		return errno;
	if (madvise((uint8_t *)info->base + offset, CHUNK, MADV_COLLAPSE))
		settle_for_small(arena, errno);
	return 0;
}

static int commit_chunk(struct plx_arena *arena, size_t offset)
{
	struct plx_arena_info *info = &arena->info;

	if (info->pages == PLX_PAGES_COLLAPSED) {
		int err = collapse_chunk(arena, offset);

		if (err || info->pages == PLX_PAGES_COLLAPSED)
			return err;
	}
	if (fallocate(info->fd, 0, (off_t)offset, CHUNK))
		return errno;
	/* So that bursts meet no page faults; a kernel before 5.14 leaves them some. */
	if (info->pages == PLX_PAGES_SMALL)
		madvise((uint8_t *)info->base + offset, CHUNK, MADV_POPULATE_WRITE);
	return 0;
}

int plx_arena_grow(struct plx_arena *arena, size_t size)
{
	struct plx_arena_info *info = &arena->info;

	while (info->committed < size) {
		int err = commit_chunk(arena, info->committed);

		if (err)
			return err;
		info->committed += CHUNK;
	}
	return 0;
}

int plx_arena_commit(struct plx_arena *arena, size_t size)
{
	struct plx_arena_info *info;
	int err;

	if (!arena)
		return plx_fail_null(1, "arena");
	info = &arena->info;
	if (size > info->size)
		return plx_fail(-EINVAL, PLX_R_TOO_LARGE, arena->child.name,
				"%zu bytes are more than the arena's %zu", size, info->size);
	err = plx_arena_grow(arena, size);
	if (err)
		return plx_fail_sys(-ENOMEM, err, PLX_R_NOMEM, arena->child.name,
				    "no memory for %zu MiB more: %s",
				    (round_chunk(size) - info->committed) >> 20, strerror(err));
	return plx_ok();
}

void plx_arena_info(const struct plx_arena *arena, struct plx_arena_info *info)
{
	*info = arena->info;
}

void plx_arena_destroy(struct plx_arena *arena)
{
	if (!arena)
		return;
	munmap(arena->info.base, arena->info.size);
	close(arena->info.fd);
	plx_ctx_orphan(&arena->child);
	free(arena);
}
