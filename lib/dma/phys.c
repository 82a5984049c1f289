/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Without an IOMMU a device sees physical addresses (IF-7): what lies together in virtual memory
 * must lie together there, too, and must not move. /proc/self/pagemap says where it is
 * (Documentation/admin-guide/mm/pagemap.rst), to those with CAP_SYS_ADMIN.
 */
#include "dma/dma_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define PAGEMAP_FRAME   ((1ull << 55) - 1)
#define PAGEMAP_PRESENT (1ull << 63)

/* One page's frame; 0: not present, or not told. */
static int read_frame(int fd, uintptr_t va, uint64_t page, uint64_t *frame)
{
	uint64_t entry;

	if (pread(fd, &entry, sizeof(entry), (off_t)(va / page * sizeof(entry))) != sizeof(entry))
		return errno ? errno : EIO;
	*frame = entry & PAGEMAP_PRESENT ? entry & PAGEMAP_FRAME : 0;
	return 0;
}

static int fail_frames(const struct plx_dev *dev, int sys_errno)
{
	return plx_fail_sys(-EACCES, sys_errno, PLX_R_NO_PHYS, dev->child.name,
			    "%s has no IOMMU and needs physical addresses, which the kernel tells "
			    "only with CAP_SYS_ADMIN: run as root, or use an IOMMU",
			    dev->child.name);
}

static int fail_scattered(const struct plx_dev *dev, uint64_t size)
{
	return plx_fail(
		-ENOMEM, PLX_R_NO_PHYS, dev->child.name,
		"%s has no IOMMU, and %llu bytes were not to be had in one piece of physical "
		"memory: free 2 MiB hugepages (vm.nr_hugepages), or use an IOMMU",
		dev->child.name, (unsigned long long)size);
}

int plx_dma_phys(const struct plx_dev *dev, const void *va, uint64_t size, bool hugetlb,
		 uint64_t *out)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), first = 0, frame = 0;
	int fd, err = 0;

	if (!hugetlb)
		return fail_scattered(dev, size);
	fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail_frames(dev, errno);
	for (uint64_t off = 0; off < size && !err; off += page) {
		int sys_errno = read_frame(fd, (uintptr_t)va + off, page, &frame);

		if (!off)
			first = frame;
		if (sys_errno || !frame)
			err = fail_frames(dev, sys_errno);
		else if (frame != first + off / page)
			err = fail_scattered(dev, size);
	}
	close(fd);
	if (!err)
		*out = first * page;
	return err;
}
