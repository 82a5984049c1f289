/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The simulated kernel, with a function before each of its calls: under callgrind that function is
 * where counting stops, natively it reads the clock.
 */
#include "sim/kernel.h"
#include "bench/iommu/iommu.h"

static const struct plx_sysops *beneath;
static struct plx_sysops watched;
static double spent;

const struct plx_sysops *watched_kernel(void)
{
	if (!beneath) {
		beneath = plx_sim_kernel();
		watched = *beneath;
	}
	return &watched;
}

/*
 * callgrind turns counting off where this function is entered and on again where it is left: it
 * must be one, and not end in a jump to another.
 */
KEPT int excluded_ioctl(int fd, unsigned long request, void *arg)
{
	int rc = beneath->ioctl(fd, request, arg);

	__asm__ volatile("" : "+r"(rc));
	return rc;
}

void leave_out_kernel(void)
{
	watched.ioctl = excluded_ioctl;
}

/* --- time --- */

#define CLOCKED(type, call)          \
	double begin = now_ns();     \
	type result = beneath->call; \
                                     \
	spent += now_ns() - begin;   \
	return result

static int clocked_open(const char *path, int flags)
{
	CLOCKED(int, open(path, flags));
}

static int clocked_close(int fd)
{
	CLOCKED(int, close(fd));
}

static int clocked_ioctl(int fd, unsigned long request, void *arg)
{
	CLOCKED(int, ioctl(fd, request, arg));
}

static void *clocked_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	CLOCKED(void *, mmap(addr, len, prot, flags, fd, offset));
}

static int clocked_munmap(void *addr, size_t len)
{
	CLOCKED(int, munmap(addr, len));
}

static ssize_t clocked_pread(int fd, void *buf, size_t len, off_t offset)
{
	CLOCKED(ssize_t, pread(fd, buf, len, offset));
}

static ssize_t clocked_pwrite(int fd, const void *buf, size_t len, off_t offset)
{
	CLOCKED(ssize_t, pwrite(fd, buf, len, offset));
}

void clock_kernel(void)
{
	watched_kernel();
	watched = (struct plx_sysops){
		.open = clocked_open,
		.close = clocked_close,
		.ioctl = clocked_ioctl,
		.mmap = clocked_mmap,
		.munmap = clocked_munmap,
		.pread = clocked_pread,
		.pwrite = clocked_pwrite,
	};
	plx_sim_kernel_watch(&watched);
}

double kernel_ns(void)
{
	return spent;
}
