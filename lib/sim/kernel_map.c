/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * BARs that somebody mapped: a mapping keeps its file, as with the real kernel.
 */
#include "sim/kernel_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

struct mapping {
	struct mapping *next;
	void *va;
	size_t len;
	struct plx_sim_file *file;
};

static struct mapping *mappings;

void *plx_sim_map_bar(struct plx_sim_file *f, size_t len, int prot, int flags, off_t offset)
{
	struct mapping *m = calloc(1, sizeof(*m));
	void *va = MAP_FAILED;

	if (!m)
		errno = ENOMEM;
	else if (f->kind == RESOURCE_WC)
		va = plx_sim_sysfs_mmap(f, len, prot, flags, offset);
	else
		va = plx_sim_device_mmap(f, len, prot, flags, offset);
	if (va == MAP_FAILED) {
		free(m);
		return va;
	}
	m->va = va;
	m->len = len;
	m->file = plx_sim_file_get(f);
	m->next = mappings;
	mappings = m;
	return va;
}

bool plx_sim_touches_bar(uint64_t va, uint64_t len)
{
	const struct mapping *m = mappings;

	while (m && (va + len <= (uintptr_t)m->va || va >= (uintptr_t)m->va + m->len))
		m = m->next;
	return m != NULL;
}

void plx_sim_unmap_bar(const void *va, size_t len)
{
	struct mapping **link = &mappings;
	struct mapping *m;

	while ((m = *link) && (m->va != va || m->len != len))
		link = &m->next;
	if (!m)
		return;
	*link = m->next;
	plx_sim_file_put(m->file);
	free(m);
}

unsigned plx_sim_kernel_mappings(void)
{
	unsigned n = 0;

	plx_sim_kernel_lock();
	for (struct mapping *m = mappings; m; m = m->next)
		n++;
	plx_sim_kernel_unlock();
	return n;
}
