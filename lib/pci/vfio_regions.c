/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Regions of a VFIO device: what there is, maps, and accesses through its file (3.2, 5.2 of the
 * DDI contract).
 */
#include "pci/vfio_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* --- what there is --- */

static int fail_odd_region(const struct plx_dev *dev, unsigned region)
{
	char what[24];

	snprintf(what, sizeof(what), "region %u", region);
	return plx_vfio_fail_odd(dev, what);
}

/* One call; *@size becomes what the kernel wants to say in all. */
static int ask(struct plx_dev *dev, unsigned region, struct vfio_region_info *info, size_t *size)
{
	memset(info, 0, *size);
	info->argsz = (uint32_t)*size;
	info->index = region;
	if (plx_vfio_ioctl(dev, VFIO_DEVICE_GET_REGION_INFO, info))
		return plx_vfio_fail(dev, errno, "VFIO_DEVICE_GET_REGION_INFO");
	*size = info->argsz;
	return 0;
}

/* The first call says how long the answer is, and the second has it; no third is needed. */
static int read_region(struct plx_dev *dev, unsigned region, struct plx_vfio_region *out)
{
	struct vfio_region_info head, *info = &head;
	size_t size = sizeof(head), wanted = size;
	int err = ask(dev, region, info, &wanted);

	if (!err && wanted > size) {
		if (wanted > PLX_VFIO_INFO_MAX)
			return fail_odd_region(dev, region);
		size = wanted;
		info = malloc(size);
		if (!info)
			return plx_fail(-ENOMEM, PLX_R_NOMEM, dev->child.name,
					"no memory for what VFIO says of region %u", region);
		err = ask(dev, region, info, &wanted);
	}
	if (!err && (wanted > size || !plx_vfio_parse_region(info, size, out)))
		err = fail_odd_region(dev, region);
	if (info != &head)
		free(info);
	return err;
}

int plx_vfio_read_regions(struct plx_dev *dev)
{
	int err = 0;

	for (unsigned i = 0; !err && i < PLX_REGIONS; i++)
		err = read_region(dev, i, &plx_vfio_of(dev)->regions[i]);
	return err;
}

int plx_vfio_region(struct plx_dev *dev, unsigned region, struct plx_region *out)
{
	memset(out, 0, sizeof(*out));
	if (region >= PLX_REGIONS)
		return plx_fail(-EINVAL, PLX_R_INDEX, dev->child.name,
				"regions are 0 to %u: BARs, ROM and config space", PLX_REGIONS - 1);
	*out = plx_vfio_of(dev)->regions[region].info;
	return 0;
}

/* --- maps --- */

static int fail_map(const struct plx_dev *dev, unsigned region, int sys_errno)
{
	const char *name = dev->child.name;

	if (sys_errno == EBUSY)
		plx_fail_ddi(-EBUSY, PLX_STATUS_NDIS_RESOURCE_CONFLICT, PLX_R_CLAIMED, 0, name,
			     "%s: BAR %u is claimed by someone else: /proc/iomem names them", name,
			     region);
	else if (sys_errno == ENOMEM || sys_errno == EAGAIN)
		plx_fail(-ENOMEM, PLX_R_NOMEM, name,
			 "%s: no address space, or kernel memory, to map BAR %u", name, region);
	else
		return plx_vfio_fail(dev, sys_errno, "mmap of a BAR");
	return plx_fail_origin(dev->backend, NULL, sys_errno);
}

/* The last page of a BAR may be more than the BAR. */
static bool is_inside(const struct plx_region *r, uint64_t off, uint64_t len)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), end = (r->size + page - 1) & ~(page - 1);

	return len && off <= end && len <= end - off;
}

int plx_vfio_map(struct plx_dev *dev, unsigned region, uint64_t off, uint64_t len, int prot,
		 void **va)
{
	const struct plx_vfio *v = plx_vfio_of(dev);
	const struct plx_vfio_region *r = region < PLX_REGIONS ? &v->regions[region] : NULL;
	void *at;

	*va = NULL;
	if (!r || !r->info.can_map)
		return plx_fail_ddi(-ENOTSUP, PLX_STATUS_INSUFFICIENT_RESOURCES, PLX_R_NO_MMAP, 0,
				    dev->child.name, "%s: the kernel does not map region %u",
				    dev->child.name, region);
	if (!is_inside(&r->info, off, len))
		return plx_fail(-EINVAL, PLX_R_STRADDLES_BAR, dev->child.name,
				"%s: 0x%llx bytes at 0x%llx are not inside region %u",
				dev->child.name, (unsigned long long)len, (unsigned long long)off,
				region);
	at = dev->sys->mmap(NULL, len, prot, MAP_SHARED, v->fd, (off_t)(r->offset + off));
	if (at == MAP_FAILED)
		return fail_map(dev, region, errno);
	*va = at;
	return 0;
}

void plx_vfio_unmap(struct plx_dev *dev, void *va, uint64_t len)
{
	dev->sys->munmap(va, len);
}

/* --- accesses --- */

/* Where in the file; -1: nowhere. */
static off_t place(const struct plx_dev *dev, unsigned region, uint64_t off, uint32_t len)
{
	const struct plx_vfio_region *r;

	if (region >= PLX_REGIONS)
		return -1;
	r = &plx_vfio_of(dev)->regions[region];
	if (off > r->info.size || len > r->info.size - off)
		return -1;
	return (off_t)(r->offset + off);
}

/*
 * An access is one call, as a register wants it: what was short is not continued. A call that a
 * signal interrupted has done nothing.
 */
static int outcome(ssize_t n, uint32_t len)
{
	return n < 0 ? -errno : (size_t)n == len ? 0 : -ENODATA;
}

int plx_vfio_read(struct plx_dev *dev, unsigned region, uint64_t off, void *buf, uint32_t len)
{
	off_t at = place(dev, region, off, len);
	ssize_t n;

	if (at < 0)
		return -EINVAL;
	do
		n = dev->sys->pread(plx_vfio_of(dev)->fd, buf, len, at);
	while (n < 0 && errno == EINTR);
	return outcome(n, len);
}

int plx_vfio_write(struct plx_dev *dev, unsigned region, uint64_t off, const void *buf,
		   uint32_t len)
{
	off_t at = place(dev, region, off, len);
	ssize_t n;

	if (at < 0)
		return -EINVAL;
	do
		n = dev->sys->pwrite(plx_vfio_of(dev)->fd, buf, len, at);
	while (n < 0 && errno == EINTR);
	return outcome(n, len);
}
