/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The simulated kernel's system calls: who is asked is decided here, what they answer in the other
 * files.
 */
#define _GNU_SOURCE
#include "sim/kernel_priv.h"

#include <pollux/test.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

static int open_cdev(unsigned n)
{
	struct plx_sim_function *function = plx_sim_find_cdev(n);
	struct plx_sim_group *g = function ? function->group : NULL;
	struct plx_sim_file *f;
	int fd;

	if (!g && n < PLX_SIM_GROUPS)
		g = plx_sim_group_find(n);
	if (!g)
		return plx_sim_fail(ENOENT);
	if (plx_sim_file_count(GROUP, g))
		return plx_sim_fail(EBUSY);
	fd = plx_sim_file_open(DEVICE, g, &f);
	if (fd >= 0)
		f->function = function;
	return fd;
}

static int open_group(unsigned n)
{
	struct plx_sim_group *g = plx_sim_group_find(n);

	if (!g || !plx_sim_group_present(g))
		return plx_sim_fail(ENOENT);
	if (plx_sim_file_count(GROUP, g) || plx_sim_file_count(DEVICE, g))
		return plx_sim_fail(EBUSY);
	return plx_sim_file_open(GROUP, g, NULL);
}

static int open_path(const char *path)
{
	unsigned n;
	char end;

	if (!strcmp(path, "/dev/vfio/vfio"))
		return plx_sim_config.no_type1 ? plx_sim_fail(ENOENT)
					       : plx_sim_file_open(CONTAINER, NULL, NULL);
	if (!strcmp(path, "/dev/iommu")) {
		if (plx_sim_config.no_iommufd)
			return plx_sim_fail(ENOENT);
		return plx_sim_config.denied ? plx_sim_fail(EACCES)
					     : plx_sim_file_open(IOMMUFD, NULL, NULL);
	}
	if (sscanf(path, "/dev/vfio/devices/vfio%u%c", &n, &end) == 1)
		return plx_sim_config.no_iommufd ? plx_sim_fail(ENOENT) : open_cdev(n);
	if (sscanf(path, "/dev/vfio/%u%c", &n, &end) == 1 ||
	    (plx_sim_config.noiommu && sscanf(path, "/dev/vfio/noiommu-%u%c", &n, &end) == 1))
		return open_group(n);
	return plx_sim_open_sysfs(path);
}

static int kernel_open(const char *path, int flags)
{
	int fd;

	(void)flags;
	plx_sim_kernel_lock();
	fd = plx_sim_injected(PLX_TEST_OPEN, 0) ? -1 : open_path(path);
	plx_sim_kernel_unlock();
	return fd;
}

static int kernel_close(int fd)
{
	struct plx_sim_file *f;
	int err = 0;

	plx_sim_kernel_lock();
	f = plx_sim_file(fd);
	if (plx_sim_injected(PLX_TEST_CLOSE, 0))
		err = -1;
	else if (!f)
		err = plx_sim_fail(EBADF);
	else
		plx_sim_file_close(f);
	plx_sim_kernel_unlock();
	return err;
}

/* --- the rest --- */

static int ask(struct plx_sim_file *f, unsigned long request, void *arg)
{
	switch (f->kind) {
	case CONTAINER:
		return plx_sim_container_ioctl(f, request, arg);
	case GROUP:
		return plx_sim_group_ioctl(f, request, arg);
	case IOMMUFD:
		return plx_sim_iommufd_ioctl(f, request, arg);
	default:
		return plx_sim_device_ioctl(f, request, arg);
	}
}

static int kernel_ioctl(int fd, unsigned long request, void *arg)
{
	struct plx_sim_file *f;
	int got;

	plx_sim_kernel_lock();
	f = plx_sim_file(fd);
	if (plx_sim_injected(PLX_TEST_IOCTL, request))
		got = -1;
	else
		got = f ? ask(f, request, arg) : plx_sim_fail(EBADF);
	plx_sim_kernel_unlock();
	return got;
}

static void *kernel_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	struct plx_sim_file *f;
	void *va = MAP_FAILED;

	(void)addr; /* a hint */
	plx_sim_kernel_lock();
	f = plx_sim_file(fd);
	if (plx_sim_injected(PLX_TEST_MMAP, 0))
		;
	else if (!f)
		errno = EBADF;
	else if (f->kind != DEVICE && f->kind != RESOURCE_WC)
		errno = ENODEV;
	else
		va = plx_sim_map_bar(f, len, prot, flags, offset);
	plx_sim_kernel_unlock();
	return va;
}

static int kernel_munmap(void *addr, size_t len)
{
	int err;

	plx_sim_kernel_lock();
	err = plx_sim_injected(PLX_TEST_MUNMAP, 0) ? -1 : munmap(addr, len);
	if (!err)
		plx_sim_unmap_bar(addr, len);
	plx_sim_kernel_unlock();
	return err;
}

/* The device that a read or write is for; NULL, and errno: it fails. The kernel is locked. */
static struct plx_sim_file *device_of(int fd, enum plx_test_call call)
{
	struct plx_sim_file *f = plx_sim_file(fd);

	if (plx_sim_injected(call, 0))
		return NULL;
	if (f && f->kind == DEVICE)
		return f;
	plx_sim_fail(f ? EINVAL : EBADF);
	return NULL;
}

static ssize_t kernel_pread(int fd, void *buf, size_t len, off_t offset)
{
	struct plx_sim_file *f;
	ssize_t n;

	plx_sim_kernel_lock();
	f = device_of(fd, PLX_TEST_PREAD);
	n = f ? plx_sim_device_pread(f, buf, len, offset) : -1;
	plx_sim_kernel_unlock();
	return n;
}

static ssize_t kernel_pwrite(int fd, const void *buf, size_t len, off_t offset)
{
	struct plx_sim_file *f;
	ssize_t n;

	plx_sim_kernel_lock();
	f = device_of(fd, PLX_TEST_PWRITE);
	n = f ? plx_sim_device_pwrite(f, buf, len, offset) : -1;
	plx_sim_kernel_unlock();
	return n;
}

static const struct plx_sysops *watcher;

void plx_sim_kernel_watch(const struct plx_sysops *ops)
{
	watcher = ops;
}

const struct plx_sysops *plx_sim_kernel(void)
{
	static const struct plx_sysops ops = {
		.open = kernel_open,
		.close = kernel_close,
		.ioctl = kernel_ioctl,
		.mmap = kernel_mmap,
		.munmap = kernel_munmap,
		.pread = kernel_pread,
		.pwrite = kernel_pwrite,
	};

	return watcher ? watcher : &ops;
}
