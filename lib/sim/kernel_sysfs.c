/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sysfs of the simulated kernel: resourceN_wc of plugged functions, which maps a BAR write-combined
 * (WC-2, WC-3). The mapping is memory as any other; what is kept are the rules of who may have it.
 */
#define _GNU_SOURCE
#include "sim/kernel_priv.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>

#define IORESOURCE_PREFETCH 0x2000u /* include/linux/ioport.h */

int plx_sim_open_sysfs(const char *path)
{
	struct plx_sim_function *function;
	struct plx_sim_facts facts;
	struct plx_sim_file *f;
	char address[16];
	unsigned bar;
	int fd, end = 0;

	sscanf(path, "/sys/bus/pci/devices/%15[0-9a-f:.]/resource%u_wc%n", address, &bar, &end);
	if (!end || path[end] || bar >= PLX_SIM_BARS)
		return plx_sim_fail(ENOENT);
	function = plx_sim_find_address(address);
	if (!function)
		return plx_sim_fail(ENOENT);
	plx_sim_function_facts(function, &facts);
	if (!(facts.bars[bar].flags & IORESOURCE_PREFETCH))
		return plx_sim_fail(ENOENT);
	fd = plx_sim_file_open(RESOURCE_WC, NULL, &f);
	if (fd >= 0) {
		f->function = function;
		f->bar = bar;
	}
	return fd;
}

/* CONFIG_IO_STRICT_DEVMEM: VFIO, or somebody else, has requested the BAR (WC-4). */
static bool is_busy(const struct plx_sim_file *f)
{
	if (plx_sim_config.held_bars & 1u << f->bar)
		return true;
	for (struct plx_sim_file *x = NULL; (x = plx_sim_file_next(x));)
		if (x->kind == DEVICE && x->function == f->function && x->requested & 1u << f->bar)
			return true;
	return false;
}

void *plx_sim_sysfs_mmap(struct plx_sim_file *f, size_t len, int prot, int flags, off_t offset)
{
	struct plx_sim_region r;

	errno = ENODEV;
	if (!f->function)
		return MAP_FAILED;
	plx_sim_function_region(f->function, f->bar, &r);
	errno = EINVAL;
	if (!(flags & MAP_SHARED) || !len || offset < 0 || (uint64_t)offset > r.size ||
	    len > r.size - (uint64_t)offset || is_busy(f))
		return MAP_FAILED;
	errno = EPERM; /* sysfs is mounted noexec */
	if (prot & PROT_EXEC)
		return MAP_FAILED;
	return mmap(NULL, len, prot, MAP_SHARED, r.fd, (off_t)(r.fd_offset + (uint64_t)offset));
}
