/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The real kernel behind the table of system calls.
 */
#define _GNU_SOURCE
#include "core/sysops.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

static int real_open(const char *path, int flags)
{
	return open(path, flags);
}

static int real_ioctl(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg);
}

static const struct plx_sysops real = {
	.open = real_open,
	.close = close,
	.ioctl = real_ioctl,
	.mmap = mmap,
	.munmap = munmap,
	.pread = pread,
	.pwrite = pwrite,
};

static const struct plx_sysops *in_force = &real;

const struct plx_sysops *plx_sysops(void)
{
	return __atomic_load_n(&in_force, __ATOMIC_ACQUIRE);
}

void plx_sysops_replace(const struct plx_sysops *ops)
{
	__atomic_store_n(&in_force, ops ? ops : &real, __ATOMIC_RELEASE);
}
