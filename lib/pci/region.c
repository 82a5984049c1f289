/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Registers through the transport: for BARs that cannot be mapped, and config space.
 */
#include "pci/pci_priv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

typedef unsigned long long ull;

/* "BAR 2", "its ROM", "config space" */
static const char *region_name(unsigned region, char name[16])
{
	static const char *const others[] = { "its ROM", "config space" };

	if (region >= PLX_REGION_ROM)
		return others[region - PLX_REGION_ROM];
	snprintf(name, 16, "BAR %u", region);
	return name;
}

static int fail_range(const struct plx_dev *dev, enum plx_reason reason, unsigned arg,
		      unsigned region, uint64_t off, uint32_t len)
{
	char name[16];

	return plx_fail_ddi(-EINVAL, PLX_STATUS_INVALID_PARAMETER, reason, arg, dev->child.name,
			    "%s: %s has 0x%llx bytes, not 0x%llx and %u more", dev->child.name,
			    region_name(region, name), (ull)dev->regions[region].size, (ull)off,
			    len);
}

static int fail_direction(const struct plx_dev *dev, unsigned region, const char *what)
{
	char name[16];

	return plx_fail(-ENOTSUP, PLX_R_UNSUPPORTED, dev->child.name, "%s: %s cannot be %s",
			dev->child.name, region_name(region, name), what);
}

static int check_range(const struct plx_dev *dev, unsigned region, uint64_t off, uint32_t len,
		       bool write)
{
	const struct plx_region *r = &dev->regions[region];

	if (len - 1 > UINT64_MAX - off)
		return fail_range(dev, PLX_R_WRAP, 5, region, off, len);
	if (off >= r->size)
		return fail_range(dev, PLX_R_OUT_OF_IOSPACE, 3, region, off, len);
	if (len > r->size - off)
		return fail_range(dev, PLX_R_STRADDLES_BAR, 5, region, off, len);
	if (!(write ? r->can_write : r->can_read))
		return fail_direction(dev, region, write ? "written" : "read");
	return 0;
}

/* Arguments in order (G-5): region 2, off 3, buf 4, len 5. */
static int check_access(const struct plx_dev *dev, unsigned region, uint64_t off, const void *buf,
			uint32_t len, bool write)
{
	char name[16];

	if (region >= PLX_REGIONS)
		return plx_fail_ddi(-EINVAL, PLX_STATUS_INVALID_PARAMETER, PLX_R_INDEX, 2,
				    dev->child.name,
				    "there is no region %u: BARs are 0 to 5, the ROM is 6, config "
				    "space 7",
				    region);
	if (!dev->regions[region].size)
		return plx_fail_ddi(-EINVAL, PLX_STATUS_INVALID_PARAMETER, PLX_R_OUT_OF_IOSPACE, 2,
				    dev->child.name, "%s does not have %s", dev->child.name,
				    region_name(region, name));
	if (!buf)
		return plx_fail_null(4, "buf");
	if (!len)
		return plx_fail_ddi(-EINVAL, PLX_STATUS_INVALID_PARAMETER, PLX_R_ZERO_LEN, 5,
				    dev->child.name, "len must not be 0");
	return check_range(dev, region, off, len, write);
}

/* G-8 */
static int fail_claimed(const struct plx_dev *dev, const char *region)
{
	plx_fail_ddi(-EBUSY, PLX_STATUS_NDIS_RESOURCE_CONFLICT, PLX_R_CLAIMED, 0, dev->child.name,
		     "%s: the kernel has given %s to somebody else (see /proc/iomem and "
		     "/proc/ioports)",
		     dev->child.name, region);
	plx_log(dev->child.ctx, LOG_ERR, "pci", "%s", plx_last_error()->text);
	return -EBUSY;
}

/* 2.2 of the contract */
static int fail_access(const struct plx_dev *dev, unsigned region, int err)
{
	bool memory =
		region < PLX_PCI_BARS && dev->function->facts.bars[region].flags & PLX_PCI_MEM;
	const char *object = dev->child.name;
	char buf[16];
	const char *name = region_name(region, buf);

	if (err == -EBUSY)
		fail_claimed(dev, name);
	else if (err == -ENODATA)
		return plx_fail(-EIO, PLX_R_SHORT_IO, object,
				"%s: only a part of the access to %s was done", object, name);
	else if (err == -EIO && memory)
		plx_fail(-EIO, PLX_R_MEM_DECODE_OFF, object,
			 "%s does not decode memory, so that %s cannot be reached: PCI_COMMAND bit "
			 "1 is off, or it is being reset or sleeps",
			 object, name);
	else if (err == -ENODEV)
		plx_fail(-ENODEV, PLX_R_NO_DEVICE, object, "%s is gone", object);
	else
		plx_fail(err, PLX_R_FILE, object, "%s: the access to %s failed: %s", object, name,
			 strerror(-err));
	return plx_fail_origin(dev->backend, NULL, -err);
}

/* By this handle, or by another one just now. */
static bool is_write_combined(struct plx_dev *dev, unsigned bar)
{
	unsigned n;

	pthread_mutex_lock(&dev->function->lock);
	n = dev->function->wc_claims[bar];
	pthread_mutex_unlock(&dev->function->lock);
	return n || dev->bar_path[bar] == PLX_BAR_WC;
}

/* WC-6: an access makes VFIO request the BAR, which revokes what sysfs has mapped of it (WC-4). */
static int take_path(struct plx_dev *dev, unsigned region)
{
	if (region >= PLX_PCI_BARS) /* which are also reached with the function locked */
		return 0;
	if (is_write_combined(dev, region)) {
		plx_fail_ddi(-EBUSY, PLX_STATUS_NDIS_RESOURCE_CONFLICT, PLX_R_CACHE_CONFLICT, 0,
			     dev->child.name,
			     "%s: a handle reached BAR %u write-combined, and so it stays until "
			     "the handle is closed or, for others, has unmapped it",
			     dev->child.name, region);
		plx_log(dev->child.ctx, LOG_ERR, "pci", "%s", plx_last_error()->text);
		return -EBUSY;
	}
	dev->bar_path[region] = PLX_BAR_TRANSPORT;
	return 0;
}

int plx_dev_region_read(struct plx_dev *dev, unsigned region, uint64_t off, void *buf, uint32_t len)
{
	int err = check_access(dev, region, off, buf, len, false);

	if (!err)
		err = take_path(dev, region);
	if (err)
		return err;
	err = dev->transport->read(dev, region, off, buf, len);
	return err ? fail_access(dev, region, err) : 0;
}

int plx_dev_region_write(struct plx_dev *dev, unsigned region, uint64_t off, const void *buf,
			 uint32_t len)
{
	int err = check_access(dev, region, off, buf, len, true);

	if (!err)
		err = take_path(dev, region);
	if (err)
		return err;
	err = dev->transport->write(dev, region, off, buf, len);
	return err ? fail_access(dev, region, err) : 0;
}

int plx_region_read(struct plx_dev *dev, unsigned region, uint64_t off, void *buf, uint32_t len)
{
	int err = plx_dev_enter(dev, 1);

	return err ? err : plx_dev_leave(dev, plx_dev_region_read(dev, region, off, buf, len));
}

int plx_region_write(struct plx_dev *dev, unsigned region, uint64_t off, const void *buf,
		     uint32_t len)
{
	int err = plx_dev_enter(dev, 1);

	return err ? err : plx_dev_leave(dev, plx_dev_region_write(dev, region, off, buf, len));
}

int plx_dev_bar(struct plx_dev *dev, unsigned bar, struct plx_bar *out)
{
	const struct plx_pci_resource *r;
	int err;

	if (out)
		memset(out, 0, sizeof(*out));
	err = plx_dev_enter(dev, 1);
	if (err)
		return err;
	if (bar >= PLX_PCI_BARS)
		err = plx_fail_ddi(-EINVAL, PLX_STATUS_INVALID_PARAMETER, PLX_R_INDEX, 2,
				   dev->child.name, "there is no BAR %u: they are 0 to 5", bar);
	else if (!out)
		err = plx_fail_null(3, "out");
	if (err)
		return plx_dev_leave(dev, err);
	r = &dev->function->facts.bars[bar];
	if (dev->regions[bar].size)
		*out = (struct plx_bar){
			.phys = r->first,
			.size = dev->regions[bar].size,
			.io = r->flags & PLX_PCI_IO,
			.prefetchable = r->flags & PLX_PCI_PREFETCH,
			.is64 = r->flags & PLX_PCI_MEM64,
			.can_map = dev->regions[bar].can_map,
		};
	return plx_dev_leave(dev, 0);
}
