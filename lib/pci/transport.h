/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The seam to how a function's registers are reached: through VFIO, or in a simulated function
 * (later: QEMU's qtest). Who translates the function's addresses is another seam
 * (iommu/backend.h). Calls are made with the device locked, but for read() and write(), which any
 * thread makes. Each fills the error record when it fails.
 */
#ifndef PLX_PCI_TRANSPORT_H
#define PLX_PCI_TRANSPORT_H

#include <pollux/dev.h>

#define PLX_REGIONS    8 /* BARs, ROM, config space */
#define PLX_SPARSE_MAX 16

struct plx_region {
	uint64_t size; /* 0: not there */
	bool can_read, can_write, can_map;
	bool msix_mappable; /* VFIO_REGION_INFO_CAP_MSIX_MAPPABLE */
	unsigned n_sparse;  /* 0: all of it can be mapped */
	struct plx_sparse {
		uint64_t offset, size;
	} sparse[PLX_SPARSE_MAX];
};

/* The index of an interrupt as VFIO counts: what transports are asked for. */
enum plx_irq_index { PLX_IRQI_INTX, PLX_IRQI_MSI, PLX_IRQI_MSIX, PLX_IRQI_ERR, PLX_IRQI_REQ };

struct plx_transport {
	const char *name;
	bool simulated; /* PLX_PATH_SIM */

	/* The device's fd, or whatever stands for it, has become available: read what is there. */
	int (*open)(struct plx_dev *dev);
	void (*close)(struct plx_dev *dev); /* undoes open(); the handle lives on (DEV-6) */

	int (*region)(struct plx_dev *dev, unsigned region, struct plx_region *out);
	int (*map)(struct plx_dev *dev, unsigned region, uint64_t off, uint64_t len, int prot,
		   void **va); /* whole pages */
	void (*unmap)(struct plx_dev *dev, void *va, uint64_t len);
	/*
	 * One access; 0 or a negative errno, no record: callers say it better. -ENODATA: fewer
	 * bytes went than were asked for (EIO is the kernel's word for memory decoding that is off).
	 */
	int (*read)(struct plx_dev *dev, unsigned region, uint64_t off, void *buf, uint32_t len);
	int (*write)(struct plx_dev *dev, unsigned region, uint64_t off, const void *buf,
		     uint32_t len);

	int (*irq_count)(struct plx_dev *dev, enum plx_irq_index index, unsigned *n);
	/* @fds[n]; n 0: off */
	int (*irq_set)(struct plx_dev *dev, enum plx_irq_index index, const int *fds, unsigned n);
	int (*irq_unmask)(struct plx_dev *dev, enum plx_irq_index index);

	bool (*can_reset)(struct plx_dev *dev);
	int (*reset)(struct plx_dev *dev);
};

extern const struct plx_transport plx_transport_vfio, plx_transport_sim;

#endif
