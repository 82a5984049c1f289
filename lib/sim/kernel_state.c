/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The state of the simulated kernel as a whole: its lock, what it is like, what it counts.
 */
#include "sim/kernel_priv.h"

#include <errno.h>

static const struct plx_sim_config defaults = {
	.groups = { { .width = 39 },
		    { .width = 39 },
		    { .width = 39 },
		    { .width = 39 },
		    { .width = 39 },
		    { .width = 39 },
		    { .width = 39 },
		    { .width = 39 } },
	.dma_entry_limit = 65535,
	.page_sizes = 1ull << 12 | 1ull << 21 | 1ull << 30,
};
_Static_assert(PLX_SIM_GROUPS == 8, "as many as above");

struct plx_sim_config plx_sim_config;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool booted;
static uint64_t maps;
static uint32_t last_map;

void plx_sim_kernel_lock(void)
{
	pthread_mutex_lock(&lock);
	if (!booted)
		plx_sim_config = defaults;
	booted = true;
}

void plx_sim_kernel_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

int plx_sim_fail(int err)
{
	errno = err;
	return -1;
}

int plx_sim_map(struct plx_sim_space *s, const struct plx_sim_map *m, uint32_t flags)
{
	if (!plx_sim_space_map(s, m))
		return plx_sim_fail(ENOMEM);
	maps++;
	last_map = flags;
	return 0;
}

void plx_sim_kernel_boot(void)
{
	plx_sim_kernel_lock();
	plx_sim_config = defaults;
	plx_sim_inject_nothing();
	maps = 0;
	plx_sim_kernel_unlock();
	plx_sysops_replace(plx_sim_kernel());
}

void plx_sim_kernel_halt(void)
{
	struct plx_sim_file *f;

	plx_sim_kernel_lock();
	do {
		for (f = NULL; (f = plx_sim_file_next(f)) && f->fd < 0;)
			;
		if (f)
			plx_sim_file_close(f);
	} while (f);
	plx_sim_kernel_unlock();
	plx_sysops_replace(NULL);
}

unsigned plx_sim_kernel_fds(void)
{
	unsigned n = 0;

	plx_sim_kernel_lock();
	for (struct plx_sim_file *f = NULL; (f = plx_sim_file_next(f));)
		n++;
	plx_sim_kernel_unlock();
	return n;
}

uint64_t plx_sim_kernel_entries(void)
{
	uint64_t n;

	plx_sim_kernel_lock();
	n = plx_sim_ioas_entries();
	for (struct plx_sim_file *f = NULL; (f = plx_sim_file_next(f));)
		n += f->space.n;
	plx_sim_kernel_unlock();
	return n;
}

uint64_t plx_sim_kernel_maps(void)
{
	uint64_t n;

	plx_sim_kernel_lock();
	n = maps;
	plx_sim_kernel_unlock();
	return n;
}

uint32_t plx_sim_kernel_last_map(void)
{
	uint32_t flags;

	plx_sim_kernel_lock();
	flags = last_map;
	plx_sim_kernel_unlock();
	return flags;
}

void plx_sim_kernel_squat(uint64_t iova, uint64_t len)
{
	const struct plx_sim_map m = { .iova = iova, .len = len };

	plx_sim_kernel_lock();
	for (struct plx_sim_file *f = NULL; (f = plx_sim_file_next(f));)
		if (f->kind == CONTAINER)
			plx_sim_map(&f->space, &m, 0);
	plx_sim_squat_ioases(iova, len);
	plx_sim_kernel_unlock();
}
