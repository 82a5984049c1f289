/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The memory behind BARs: a memfd, so that whoever maps a BAR sees the model's own bytes.
 */
#define _GNU_SOURCE
#include "core/error.h"
#include "sim/function_priv.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096ull

/* Each BAR begins on a page. */
static uint64_t lay_out(struct plx_sim_function *f)
{
	uint64_t size = 0;

	for (unsigned i = 0; i < PLX_SIM_BARS; i++) {
		f->bar_offset[i] = size;
		size += (plx_sim_dummy_bars[i].size + PAGE - 1) & ~(PAGE - 1);
	}
	return size;
}

int plx_sim_memory_create(struct plx_sim_function *f)
{
	void *memory = MAP_FAILED;

	f->memory_size = lay_out(f);
	f->fd = memfd_create("pollux-sim", MFD_CLOEXEC);
	if (f->fd >= 0 && !ftruncate(f->fd, (off_t)f->memory_size))
		memory = mmap(NULL, f->memory_size, PROT_READ | PROT_WRITE, MAP_SHARED, f->fd, 0);
	if (memory == MAP_FAILED) {
		int sys_errno = errno;

		if (f->fd >= 0)
			close(f->fd);
		return plx_fail_sys(sys_errno == EMFILE ? -EMFILE : -ENOMEM, sys_errno, PLX_R_NOMEM,
				    NULL, "no memory file for the BARs of a simulated function");
	}
	f->memory = memory;
	return 0;
}

void plx_sim_memory_destroy(struct plx_sim_function *f)
{
	munmap(f->memory, f->memory_size);
	close(f->fd);
}
