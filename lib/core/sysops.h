/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The system calls that reach VFIO and iommufd, in one table, so that a fake kernel can be put
 * behind the rooms that use them. Each call behaves as its namesake: -1 and errno.
 */
#ifndef PLX_CORE_SYSOPS_H
#define PLX_CORE_SYSOPS_H

#include <stddef.h>
#include <sys/types.h>

struct plx_sysops {
	int (*open)(const char *path, int flags);
	int (*close)(int fd);
	int (*ioctl)(int fd, unsigned long request, void *arg);
	void *(*mmap)(void *addr, size_t len, int prot, int flags, int fd, off_t offset);
	int (*munmap)(void *addr, size_t len);
	ssize_t (*pread)(int fd, void *buf, size_t len, off_t offset);
	ssize_t (*pwrite)(int fd, const void *buf, size_t len, off_t offset);
};

/* The table in force: objects take it when they are opened and keep it. Threads: any. */
const struct plx_sysops *plx_sysops(void);

/* For tests, before anything is opened: another kernel; NULL: the real one again. */
void plx_sysops_replace(const struct plx_sysops *ops);

#endif
