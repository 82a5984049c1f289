/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What sysfs says of PCI functions (Documentation/ABI/testing/sysfs-bus-pci) and of IOMMU groups
 * (sysfs-kernel-iommu_groups), read once and checked. @root is "/sys" for everybody but tests.
 * None of it needs privileges, and none of it changes anything.
 */
#ifndef PLX_PCI_FACTS_H
#define PLX_PCI_FACTS_H

#include <pollux/dev.h>

#include <sys/types.h>

#define PLX_SYSFS "/sys"

#define PLX_PCI_BARS    6
#define PLX_PCI_ADDRESS 16 /* bytes of "0000:03:00.0" and the like, VMD's long domains included */
#define PLX_PCI_NAME    32 /* bytes of a driver's or module's name */

/* IORESOURCE_*, include/linux/ioport.h */
#define PLX_PCI_IO       0x100u
#define PLX_PCI_MEM      0x200u
#define PLX_PCI_PREFETCH 0x2000u
#define PLX_PCI_MEM64    0x100000u

struct plx_pci_resource {
	uint64_t first, last; /* CPU physical; both 0: not there */
	uint64_t flags;       /* 0: not there; else one of IO and MEM is set */
};

struct plx_pci_facts {
	char address[PLX_PCI_ADDRESS];
	uint16_t vendor, device, subsystem_vendor, subsystem_device;
	uint32_t class_code;
	int node;                  /* -1: none */
	int group;                 /* -1: no IOMMU */
	bool noiommu;              /* the group is VFIO's own: no IOMMU is behind it (IF-7) */
	char driver[PLX_PCI_NAME]; /* "": none is bound */
	char module[PLX_PCI_NAME]; /* of the driver; "": built in, or no driver */
	int cdev;                  /* K of /dev/vfio/devices/vfioK; -1: none */
	struct plx_pci_resource bars[PLX_PCI_BARS], rom;
};

/*
 * The address in full, lower case: "3:0.0", "03:00.0" and "0000:03:00.0" are one. Errors: -EINVAL
 * (BAD_VALUE: it is no address); @out is "" then.
 */
int plx_pci_parse_address(const char *text, char out[PLX_PCI_ADDRESS]);

/*
 * Read the facts of @address, in any of its forms, below @root. Errors: -EINVAL (BAD_VALUE: no
 * address), -ENODEV (NO_DEVICE: no such function), -EIO (FORMAT: odd contents), -EACCES
 * (PERMISSION). @out is zero then.
 */
int plx_pci_facts_read(const char *root, const char *address, struct plx_pci_facts *out);

/*
 * Call @fn for every function, in order of address, until it returns something else than 0, and
 * return that. Errors of its own: -ENODEV (NO_DEVICE: there is no PCI), -ENOMEM (NOMEM).
 */
typedef int (*plx_pci_each_fn)(void *arg, const char *address);
int plx_pci_each(const char *root, plx_pci_each_fn fn, void *arg);

/* --- IOMMU groups --- */

/* A device of a group; not all are PCI functions. */
struct plx_pci_member {
	const char *name;
	char driver[PLX_PCI_NAME]; /* "": none is bound */
	bool foreign;              /* that driver keeps the group from VFIO */
};

/*
 * Call @fn for every device of a group, in order of name, until it returns something else than 0,
 * and return that. Errors of its own: -ENODEV (NO_IOMMU: no such group), -ENOMEM (NOMEM), -EIO
 * (FORMAT).
 */
typedef int (*plx_pci_member_fn)(void *arg, const struct plx_pci_member *m);
int plx_pci_group_each(const char *root, unsigned group, plx_pci_member_fn fn, void *arg);

enum plx_pci_reserved_type {
	PLX_RESERVED,                  /* never to be mapped; also what is not known here */
	PLX_RESERVED_MSI,              /* where interrupts are written to */
	PLX_RESERVED_DIRECT,           /* the firmware demands a 1:1 mapping: no VFIO */
	PLX_RESERVED_DIRECT_RELAXABLE, /* ... which VFIO may ignore */
};

/* IOVAs that a group reserves. */
struct plx_pci_reserved {
	uint64_t first, last;
	enum plx_pci_reserved_type type;
};

#define PLX_RESERVED_MAX 32

/* What decides whether VFIO can have a group (8.6). */
struct plx_pci_group {
	unsigned number;
	unsigned n_members;
	char foreign[PLX_PCI_NAME];        /* a member with another driver; "": none */
	char foreign_driver[PLX_PCI_NAME]; /* and that driver */
	char type[16];                     /* of its own domain: "DMA", "DMA-FQ", "identity" */
	bool direct_map;                   /* a reserved region is DIRECT */
	unsigned n_reserved;               /* the first PLX_RESERVED_MAX of them */
	struct plx_pci_reserved reserved[PLX_RESERVED_MAX];
};

/* Errors as plx_pci_group_each(); @out is zero then. */
int plx_pci_group_read(const char *root, unsigned group, struct plx_pci_group *out);

/*
 * Who has @path open, as far as this user may see: "/dev/vfio/14". Scans the processes below
 * @proc. False: nobody that can be seen.
 */
#define PLX_PROC "/proc" /* for everybody but tests */
#define PLX_COMM 16      /* TASK_COMM_LEN */
bool plx_pci_holder(const char *proc, const char *path, pid_t *pid, char comm[PLX_COMM]);

#endif
