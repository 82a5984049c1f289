/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Open files of the simulated kernel. A file outlives its descriptor while a BAR of it is mapped or
 * another file needs it, as with the real one.
 */
#include "sim/kernel_priv.h"

#include <errno.h>
#include <stdlib.h>

#define FD_BASE 0x40000000 /* far above what fs.nr_open may be */

static struct plx_sim_file *all;
static struct plx_sim_file **table;
static unsigned table_size;

struct plx_sim_file *plx_sim_file(int fd)
{
	if (fd < FD_BASE || (unsigned)(fd - FD_BASE) >= table_size)
		return NULL;
	return table[fd - FD_BASE];
}

struct plx_sim_file *plx_sim_file_next(const struct plx_sim_file *f)
{
	return f ? f->next : all;
}

unsigned plx_sim_file_count(enum plx_sim_kind kind, const struct plx_sim_group *group)
{
	unsigned n = 0;

	for (struct plx_sim_file *f = all; f; f = f->next)
		n += f->kind == kind && f->group == group;
	return n;
}

/* The lowest free slot; -1: no memory. */
static int free_slot(void)
{
	unsigned slot = 0, size = table_size ? 2 * table_size : 64;
	struct plx_sim_file **larger;

	while (slot < table_size && table[slot])
		slot++;
	if (slot < table_size)
		return (int)slot;
	larger = realloc(table, size * sizeof(*table));
	if (!larger)
		return -1;
	for (unsigned i = table_size; i < size; i++)
		larger[i] = NULL;
	table = larger;
	table_size = size;
	return (int)slot;
}

int plx_sim_file_open(enum plx_sim_kind kind, struct plx_sim_group *group,
		      struct plx_sim_file **out)
{
	int slot = free_slot();
	struct plx_sim_file *f = slot < 0 ? NULL : calloc(1, sizeof(*f));

	if (!f)
		return plx_sim_fail(ENOMEM);
	f->refs = 1;
	f->fd = FD_BASE + slot;
	f->kind = kind;
	f->group = group;
	if (group)
		plx_sim_group_get(group);
	f->next = all;
	all = f;
	table[slot] = f;
	if (out)
		*out = f;
	return f->fd;
}

struct plx_sim_file *plx_sim_file_get(struct plx_sim_file *f)
{
	f->refs++;
	return f;
}

static void release(struct plx_sim_file *f)
{
	struct plx_sim_file **link = &all;

	if (f->kind == GROUP)
		plx_sim_leave_container(f);
	if (f->kind == DEVICE) {
		plx_sim_device_stop(f);
		plx_sim_leave_ioas(f);
	}
	plx_sim_space_unmap(&f->space, 0, UINT64_MAX);
	if (f->kind == IOMMUFD)
		plx_sim_drop_ioases(f);
	if (f->via)
		plx_sim_file_put(f->via);
	if (f->bound)
		plx_sim_file_put(f->bound);
	while (*link != f)
		link = &(*link)->next;
	*link = f->next;
	if (f->group)
		plx_sim_group_put(f->group);
	free(f);
}

void plx_sim_file_put(struct plx_sim_file *f)
{
	if (!--f->refs)
		release(f);
}

void plx_sim_file_close(struct plx_sim_file *f)
{
	table[f->fd - FD_BASE] = NULL;
	f->fd = -1;
	plx_sim_file_put(f);
}
