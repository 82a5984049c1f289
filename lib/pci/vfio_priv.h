/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of the VFIO transport share.
 */
#ifndef PLX_PCI_VFIO_PRIV_H
#define PLX_PCI_VFIO_PRIV_H

#include "core/error.h"
#include "pci/dev.h"
#include "pci/vfio.h"

#include <linux/vfio.h>

/* How often, and after how many ms, what another's reset stands in the way of is tried again. */
#define PLX_VFIO_TRIES   100
#define PLX_VFIO_WAIT_MS 10

/* Nothing that the kernel says of a region is longer. */
#define PLX_VFIO_INFO_MAX 65536u

struct plx_vfio_region {
	struct plx_region info;
	uint64_t offset; /* in the device's file */
};

/* dev->transport_data: made by open(), constant afterwards but for irqs_on. */
struct plx_vfio {
	int fd;
	bool own_fd; /* the group gave it; a cdev's is the bus's */
	bool can_reset;
	unsigned n_irqs;                    /* of the indices */
	unsigned irqs_on[PLX_IRQI_REQ + 1]; /* vectors that are enabled */
	struct plx_vfio_region regions[PLX_REGIONS];
};

static inline struct plx_vfio *plx_vfio_of(const struct plx_dev *dev)
{
	return dev->transport_data;
}

static inline int plx_vfio_ioctl(const struct plx_dev *dev, unsigned long request, void *arg)
{
	return dev->sys->ioctl(plx_vfio_of(dev)->fd, request, arg);
}

/* --- vfio_fail.c --- */

/* @call on the device failed with @sys_errno, which says all there is to say. */
int plx_vfio_fail(const struct plx_dev *dev, int sys_errno, const char *call);
/* What the kernel says of @what is not as it can be. */
int plx_vfio_fail_odd(const struct plx_dev *dev, const char *what);
/* The device's fd was refused by its group. */
int plx_vfio_fail_device_fd(const struct plx_dev *dev, int sys_errno);
/* Wait before try number @n, from 0; false: that was the last. */
bool plx_vfio_again(unsigned n);

/* --- vfio_open.c --- */

/*
 * @path, or what is of IOMMU group @group (-1: of none), is busy: -EBUSY (GROUP_BUSY), with the
 * name of who has it if it is found below @root and @proc (NULL: it cannot be).
 */
int plx_vfio_fail_busy(const char *root, const char *proc, const char *path, int group);

/* --- vfio_caps.c --- */

/*
 * What VFIO_DEVICE_GET_REGION_INFO answered, @size bytes of it, which may be anything. False:
 * malformed.
 */
bool plx_vfio_parse_region(const void *info, size_t size, struct plx_vfio_region *out);

/* --- vfio_regions.c --- */

int plx_vfio_read_regions(struct plx_dev *dev);
int plx_vfio_region(struct plx_dev *dev, unsigned region, struct plx_region *out);
int plx_vfio_map(struct plx_dev *dev, unsigned region, uint64_t off, uint64_t len, int prot,
		 void **va);
void plx_vfio_unmap(struct plx_dev *dev, void *va, uint64_t len);
int plx_vfio_read(struct plx_dev *dev, unsigned region, uint64_t off, void *buf, uint32_t len);
int plx_vfio_write(struct plx_dev *dev, unsigned region, uint64_t off, const void *buf,
		   uint32_t len);

/* --- vfio_irq.c --- */

int plx_vfio_irq_count(struct plx_dev *dev, enum plx_irq_index index, unsigned *n);
int plx_vfio_irq_set(struct plx_dev *dev, enum plx_irq_index index, const int *fds, unsigned n);
int plx_vfio_irq_unmask(struct plx_dev *dev, enum plx_irq_index index);
/* Turn off whatever is on; failures are of no use to anybody. */
void plx_vfio_irqs_off(struct plx_dev *dev);

#endif
