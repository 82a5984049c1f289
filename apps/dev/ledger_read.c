/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading by pread(2) and not by mmap(2): a file that is cut short then is a short answer.
 */
#define _GNU_SOURCE
#include "dev/ledger_read.h"
#include "dev/system.h"
#include "pci/sysfs.h"

#include <pollux/iommu.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RECORD sizeof(struct plx_ledger_record)
#define CHUNK  1024 /* records at a time */
#define TRIES  200  /* for one that is being written */
#define LINK   "/memfd:" PLX_LEDGER_NAME

struct seen {
	dev_t dev;
	ino_t ino;
};

struct scan {
	struct app *app;
	ledger_fn fn;
	void *arg;
	struct ledger_gaps *gaps;
	struct seen *seen; /* a child of fork(2) has the files of its parent */
	size_t n_seen;
};

/* --- records ------------------------------------------------------------------------------------ */

/* Text of 40 bytes, whose last need not be 0. */
static void take_text(char to[PLX_LEDGER_TEXT], const char from[PLX_LEDGER_TEXT])
{
	size_t len = strnlen(from, PLX_LEDGER_TEXT - 1);

	memcpy(to, from, len);
	to[len] = '\0';
	app_clean(to);
}

static bool is_range(const struct plx_ledger_record *r)
{
	return r->size && r->size <= INT64_MAX && r->size - 1 <= UINT64_MAX - r->iova && r->perms &&
	       !(r->perms & ~(unsigned)(PLX_IOMMU_READ | PLX_IOMMU_WRITE));
}

static void *one_more(void *all, size_t n, size_t size)
{
	/* Room for the next power of two. */
	return n & (n - 1) ? all : realloc(all, (n ? 2 * n : 1) * size);
}

static int add_range(struct ledger *l, const struct plx_ledger_record *r)
{
	struct ledger_range *more;

	if (!is_range(r)) {
		l->odd++;
		return 0;
	}
	more = one_more(l->ranges, l->n_ranges, sizeof(*more));
	if (!more)
		return -ENOMEM;
	l->ranges = more;
	more += l->n_ranges++;
	more->iova = r->iova;
	more->size = r->size;
	more->perms = r->perms;
	take_text(more->owner, r->text);
	if (!more->owner[0])
		strcpy(more->owner, "program");
	return 0;
}

static int add_device(struct ledger *l, const struct plx_ledger_record *r)
{
	struct ledger_device *more;

	if (!r->text[0] || r->group > UINT32_MAX) {
		l->odd++;
		return 0;
	}
	more = one_more(l->devices, l->n_devices, sizeof(*more));
	if (!more)
		return -ENOMEM;
	l->devices = more;
	more += l->n_devices++;
	more->group = (uint32_t)r->group;
	take_text(more->name, r->text);
	return 0;
}

static int add_record(struct ledger *l, const struct plx_ledger_record *r)
{
	switch (r->kind) {
	case PLX_LEDGER_FREE:
		return 0;
	case PLX_LEDGER_DEVICE:
		return add_device(l, r);
	case PLX_LEDGER_MAPPING:
		return add_range(l, r);
	default:
		l->odd++;
		return 0;
	}
}

/*
 * Twice the same, and not in the midst of a change: the first copy may be torn, but then either
 * its sequence number or the second copy's is another.
 */
static bool same(const struct plx_ledger_record *a, const struct plx_ledger_record *b)
{
	return !memcmp(a, b, RECORD) && !(a->sequence & 1);
}

/* A record that was changing: look until it rests. */
static bool read_again(int fd, size_t number, struct plx_ledger_record *r)
{
	struct plx_ledger_record again;
	const off_t at = (off_t)(number * RECORD);

	for (unsigned i = 0; i < TRIES; i++) {
		if (pread(fd, r, RECORD, at) != RECORD || pread(fd, &again, RECORD, at) != RECORD)
			return false;
		if (same(r, &again))
			return true;
		sched_yield();
	}
	return false;
}

static int read_chunk(int fd, size_t first, size_t n, struct plx_ledger_record *buf,
		      struct ledger *l)
{
	struct plx_ledger_record *again = buf + CHUNK;
	const off_t at = (off_t)(first * RECORD);
	ssize_t got = pread(fd, buf, n * RECORD, at), got2 = pread(fd, again, n * RECORD, at);
	size_t whole = got < 0 || got2 < got ? 0 : (size_t)got / RECORD;
	int err = 0;

	l->odd += n - whole;
	for (size_t i = 0; i < whole && !err; i++) {
		if (same(&buf[i], &again[i]) || read_again(fd, first + i, &buf[i]))
			err = add_record(l, &buf[i]);
		else
			l->odd++;
	}
	return err;
}

static int by_iova(const void *a, const void *b)
{
	const struct ledger_range *x = a, *y = b;

	return x->iova < y->iova ? -1 : x->iova > y->iova;
}

static int read_records(int fd, size_t used, struct ledger *l)
{
	struct plx_ledger_record *buf = calloc(2 * CHUNK, RECORD);
	int err = buf ? 0 : -ENOMEM;

	for (size_t i = 1; i < used && !err; i += CHUNK)
		err = read_chunk(fd, i, used - i < CHUNK ? used - i : CHUNK, buf, l);
	free(buf);
	if (l->n_ranges)
		qsort(l->ranges, l->n_ranges, sizeof(*l->ranges), by_iova);
	return err;
}

/* --- files -------------------------------------------------------------------------------------- */

/* How many records there are to read; 0: it is no ledger. */
static size_t read_head(int fd, off_t size, struct ledger *l)
{
	struct plx_ledger_head head;
	size_t used;

	if (pread(fd, &head, sizeof(head), 0) != sizeof(head) || head.magic != PLX_LEDGER_MAGIC ||
	    head.type > PLX_DOMAIN_TRANSLATE_S1 || head.backend > PLX_BACKEND_IOPORT)
		return 0;
	used = head.used;
	if (!used || used > PLX_LEDGER_RECORDS || used > (uint64_t)size / RECORD)
		return 0;
	l->type = head.type;
	l->backend = head.backend;
	l->missing = head.missing;
	take_text(l->name, head.name);
	return used;
}

static bool first_sight(struct scan *s, const struct stat *st)
{
	struct seen *more;

	for (size_t i = 0; i < s->n_seen; i++)
		if (s->seen[i].dev == st->st_dev && s->seen[i].ino == st->st_ino)
			return false;
	more = one_more(s->seen, s->n_seen, sizeof(*more));
	if (!more)
		return true;
	s->seen = more;
	s->seen[s->n_seen++] = (struct seen){ st->st_dev, st->st_ino };
	return true;
}

static int read_open(struct scan *s, int fd, long pid)
{
	struct ledger l = { .pid = pid };
	struct stat st;
	size_t used;
	int err;

	/* Seals are of memfds alone: a file of that name is none. */
	if (fstat(fd, &st) || fcntl(fd, F_GET_SEALS) < 0) {
		s->gaps->odd++;
		return 0;
	}
	if (!first_sight(s, &st))
		return 0;
	used = read_head(fd, st.st_size, &l);
	if (!used) {
		s->gaps->odd++;
		return 0;
	}
	system_line(l.comm, sizeof(l.comm), s->app->proc, "%ld/comm", pid);
	err = read_records(fd, used, &l);
	err = err ? app_fail_nomem(s->app) : s->fn(s->app, &l, s->arg);
	free(l.ranges);
	free(l.devices);
	return err;
}

/*
 * What was a memfd when it was looked at may be a device by now, which does something when it is
 * opened: first take hold of it without opening it.
 */
static int open_regular(const char *path)
{
	int held = open(path, O_PATH | O_CLOEXEC), fd = -1;
	char again[32];
	struct stat st;

	if (held < 0)
		return -1;
	snprintf(again, sizeof(again), "/proc/self/fd/%d", held);
	errno = ENOENT;
	if (!fstat(held, &st) && S_ISREG(st.st_mode))
		fd = open(again, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	close(held);
	return fd;
}

static int read_fd(struct scan *s, const char *fds, long pid, const char *name)
{
	char path[PATH_MAX], target[sizeof(LINK)];
	ssize_t n = plx_sysfs_path(path, fds, "%s", name)
			    ? readlink(path, target, sizeof(target) - 1)
			    : -1;
	int fd, err;

	if (n < 0 || (size_t)n < strlen(LINK) || strncmp(target, LINK, strlen(LINK)) != 0)
		return 0;
	fd = open_regular(path);
	if (fd < 0) { /* closed meanwhile, or not for us */
		s->gaps->denied += errno == EACCES || errno == EPERM;
		return 0;
	}
	err = read_open(s, fd, pid);
	close(fd);
	return err;
}

static int read_process(struct scan *s, long pid)
{
	char fds[PATH_MAX];
	struct dirent *entry;
	int err = 0;
	DIR *dir;

	if (!plx_sysfs_path(fds, s->app->proc, "%ld/fd", pid))
		return 0;
	dir = opendir(fds);
	if (!dir) {
		s->gaps->denied += errno == EACCES || errno == EPERM;
		return 0;
	}
	while (!err && (entry = readdir(dir)))
		err = read_fd(s, fds, pid, entry->d_name);
	closedir(dir);
	return err;
}

int ledger_each(struct app *app, ledger_fn fn, void *arg, struct ledger_gaps *gaps)
{
	struct scan s = { .app = app, .fn = fn, .arg = arg, .gaps = gaps };
	DIR *dir = opendir(app->proc);
	struct dirent *entry;
	int err = 0;
	long pid;

	*gaps = (struct ledger_gaps){ 0 };
	if (!dir)
		return app_fail(app, -EIO, PLX_R_FILE, "/proc", "%s cannot be read: %s", app->proc,
				strerror(errno));
	while (!err && (entry = readdir(dir)))
		if (plx_parse_decimal(entry->d_name, strlen(entry->d_name), 1, INT_MAX, &pid))
			err = read_process(&s, pid);
	closedir(dir);
	free(s.seen);
	return err;
}
