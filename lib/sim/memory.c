/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The memory behind BARs: a memfd, so that whoever maps a BAR sees the model's own bytes; and who
 * an access to them goes to.
 */
#define _GNU_SOURCE
#include "core/error.h"
#include "sim/function_priv.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096ull

/* Each BAR begins on a page. */
static uint64_t lay_out(struct plx_sim_function *f)
{
	uint64_t size = 0;

	for (unsigned i = 0; i < PLX_SIM_BARS; i++) {
		f->bar_offset[i] = size;
		size += (f->model->bars[i].size + PAGE - 1) & ~(PAGE - 1);
	}
	return size ? size : PAGE; /* of none, for a mapping has at least that */
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

uint8_t *plx_sim_bar(struct plx_sim_function *f, unsigned bar)
{
	return f->memory + f->bar_offset[bar];
}

uint64_t plx_sim_table_size(const struct plx_sim_function *f, unsigned bar)
{
	return bar == f->model->msix_bar ? f->model->msix * MSIX_ENTRY : 0;
}

static void access_rest(struct plx_sim_function *f, unsigned bar, uint64_t off, uint8_t *buf,
			uint32_t len, bool write)
{
	uint8_t *memory = plx_sim_bar(f, bar) + off;

	if (write && f->model->write)
		f->model->write(f, bar, off, buf, len);
	else if (write)
		memcpy(memory, buf, len);
	else if (f->model->read)
		f->model->read(f, bar, off, buf, len);
	else
		memcpy(buf, memory, len);
}

/* VFIO hides the MSI-X table: ones are read, and writes have no effect. */
void plx_sim_bar_access(struct plx_sim_function *f, unsigned bar, uint64_t off, uint8_t *buf,
			uint32_t len, bool write)
{
	uint64_t table = plx_sim_table_size(f, bar);
	uint32_t hidden = off < table ? (uint32_t)(table - off) : 0;

	if (hidden > len)
		hidden = len;
	if (!write)
		memset(buf, 0xff, hidden);
	if (hidden < len)
		access_rest(f, bar, off + hidden, buf + hidden, len - hidden, write);
}
