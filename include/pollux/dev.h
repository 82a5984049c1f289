/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PCI functions: opened through VFIO, or simulated.
 *
 * A device is opened by name, gets its attributes, is claimed and mapped (<pollux/io.h>,
 * <pollux/dma.h>), started, halted and closed. What it reaches of memory a domain says
 * (<pollux/iommu.h>). The rules are those of the DDI contract: G-11, G-12 for the order of calls,
 * DEV-1 .. DEV-6 for domains.
 *
 * Calls on one device from several threads are serialised by it (G-7). A handle that was closed is
 * remembered for a while: then every call on it fails with -EPERM (STATE).
 *
 * Every call on a device can fail with -EINVAL (NULL_ARG: the handle is NULL) and -EPERM (STATE: it
 * was closed; or it was detached on type1, after which only plx_domain_attach(), plx_dev_info(),
 * plx_dev_stats(), plx_dev_domain() and plx_dev_close() are allowed: DEV-6).
 */
#ifndef POLLUX_DEV_H
#define POLLUX_DEV_H

#include <pollux/base.h>
#include <pollux/error.h>
#include <pollux/iommu.h>

PLX_BEGIN_DECLS

struct plx_ctx;
struct plx_dev;

/*
 * Files that the caller has open, for a process without the right to open them; -1: none. They stay
 * the caller's, to be closed after the device, and after all devices of its group.
 */
struct plx_dev_fds {
	int group;  /* of /dev/vfio/N: type1 */
	int device; /* of /dev/vfio/devices/vfioK, not bound yet: iommufd */
	int iommu;  /* of /dev/iommu, for a domain of the device's own: iommufd */
};

/* How to open a device. All zero is the default; members may be added at the end. */
struct plx_dev_opts {
	struct plx_domain *domain;     /* to attach to; NULL: one of its own, see plx_dev_open() */
	enum plx_backend backend;      /* AUTO: @domain's; else type1, iommufd; SIM for sim: */
	bool allow_noiommu;            /* take a device that no IOMMU restrains */
	const char *vf_token;          /* of a virtual function: a UUID; NULL: none */
	const struct plx_dev_fds *fds; /* NULL: none; read during the call only */
};

/**
 * plx_dev_open - open a PCI function
 * @ctx:  the context it will live in
 * @name: "0000:03:00.0", "03:00.0", or "sim:dummy" with ",id=N", ",group=G", ",aperture=BITS"
 * @opts: NULL for the defaults
 * @out:  the device, in state PLX_DEV_INIT; NULL on failure
 *
 * The function must be bound to vfio-pci, and so must whatever shares its IOMMU group (plx-dev bind
 * does it). Opening resets it where it can be reset, and it is no bus master afterwards.
 *
 * Domains: with opts->domain the device is attached to that one, whose backend is then the
 * device's. Without one, a device on type1 is attached to a TRANSLATE domain of its own, with a
 * Flex allocator, because the kernel opens only what is attached (DEV-6); on iommufd and SIM it is
 * not attached until plx_domain_attach(), or until a call of <pollux/dma.h> needs a domain, which
 * then is one of its own. No-iommu has no domain that restrains anything, and is taken only with
 * opts->allow_noiommu.
 *
 * "sim:dummy" is the same function for the same id in a context; a second handle of it meets the
 * first one's claims. Backend SIM (and AUTO) simulates the IOMMU, too; backends TYPE1 and IOMMUFD
 * run their real code over a kernel in memory.
 *
 * The caller owns the device and ends it with plx_dev_close().
 * Threads: any. Burst loop: no.
 * Errors:
 *   -EINVAL  NULL_ARG: @ctx arg 1, @name arg 2, @out arg 4; BAD_VALUE: @name is no name; BAD_KEY:
 *            of a sim: device; arg 3: BAD_ENUM: opts->backend; BAD_VALUE: opts->fds; MISMATCH: the
 *            backend, the domain, the files or the kind of device do not go together; BAD_VALUE:
 *            vf_token; MISMATCH arg 2: a sim: function that is open has another group or aperture
 *            than the name says; DOMAIN_TYPE arg 1: opts->domain was deleted
 *   -ENODEV  NO_DEVICE: no such function, or it does not answer; NO_DRIVER: no such model;
 *            NOT_BOUND: it has another driver, which the sentence names; NO_IOMMU: no IOMMU is
 *            before it; NO_BACKEND: VFIO or its file is not there
 *   -ENOTSUP NO_BACKEND: this kernel has no such interface, or nothing is opened through it;
 *            FW_DIRECT_MAP: the firmware keeps a part of memory mapped for it; UNSUPPORTED
 *   -EBUSY   GROUP_BUSY: its IOMMU group is in use by somebody, in another domain or through
 *            another backend (DEV-3); GROUP_NOT_VIABLE: a device of the group has another driver,
 *            both named
 *   -EACCES  PERMISSION; -EPERM UNSAFE_INTR: no interrupt remapping; NO_IOMMU: allow_noiommu is
 *            needed
 *   -EADDRINUSE IOVA_RESERVED: the domain's mappings are in the way (DEV-2)
 *   -EIO     FORMAT: what the device or the kernel says cannot be; -ENOMEM NOMEM, MEMLOCK; others
 *            as the kernel answers (FILE, KERNEL_CONFLICT)
 * Source: 1.1, 7.2 (DEV-6), 8.2, 8.3, 8.6 of the DDI contract.
 */
PLX_API int plx_dev_open(struct plx_ctx *ctx, const char *name, const struct plx_dev_opts *opts,
			 struct plx_dev **out);

/**
 * plx_dev_close - close a device
 * @dev: the device
 *
 * Whatever is left on it is released in the reverse order of its making, each with a line in the
 * log: it is a leak (G-13). Then bus mastering and decoding go off, the device leaves its domain,
 * and the domain of its own ends. Where that was the last device of a type1 domain, mappings that
 * are left in it go with it (DEV-5).
 * Threads: any; of several that close one device, one does. Burst loop: no; stop all use first.
 * Errors: those of every call on a device; what the kernel refuses is a line in the log.
 * Source: MiniportHaltEx; 1.1 and "Release order" of the DDI contract.
 */
PLX_API int plx_dev_close(struct plx_dev *dev);

/* What a driver says of its device. Members may be added at the end. */
struct plx_dev_attributes {
	bool bus_master; /* it reads and writes memory by itself */
};

/**
 * plx_dev_set_attributes - say what the device is going to do
 * @dev:  the device, in state PLX_DEV_INIT
 * @attr: the attributes
 *
 * To be called before anything is claimed or mapped for DMA (G-12). Switches bus mastering on if
 * asked to (PCI_COMMAND bit 2, MIO-14); may be repeated.
 * Threads: any. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG arg 2), -EPERM (STATE), -ENODEV (NO_DEVICE: it does not answer), others
 * as plx_region_write().
 * Source: NdisMSetMiniportAttributes; G-12.
 */
PLX_API int plx_dev_set_attributes(struct plx_dev *dev, const struct plx_dev_attributes *attr);

/**
 * plx_dev_start - from PLX_DEV_INIT to PLX_DEV_RUNNING
 * @dev: the device
 *
 * Only says so: calls that belong to initialisation are refused from now on. A port's start and
 * stop are something else (G-11a).
 * Threads: any. Burst loop: no.
 * Errors: -EALREADY (ALREADY: it runs), -EPERM (STATE: it was halted).
 * Source: the end of MiniportInitializeEx; G-11, G-11a.
 */
PLX_API int plx_dev_start(struct plx_dev *dev);

/**
 * plx_dev_halt - from PLX_DEV_INIT or PLX_DEV_RUNNING to PLX_DEV_HALTED
 * @dev: the device
 *
 * Only says so: what was claimed and allocated is given back now, and then the device is closed.
 * Threads: any. Burst loop: no.
 * Errors: -EPERM (STATE: it is halted).
 * Source: MiniportHaltEx; G-11, G-11a.
 */
PLX_API int plx_dev_halt(struct plx_dev *dev);

/**
 * plx_dev_reset - reset the function
 * @dev: the device, in any state
 *
 * Its registers are as after power on; config space comes back as it was, bus mastering included.
 * Threads: any. Burst loop: no; stop all cores that touch its registers first (MIO-15).
 * Errors: -ENOTSUP (UNSUPPORTED: it cannot be reset by itself), others as the kernel answers
 * (FILE).
 * Source: VFIO_DEVICE_RESET.
 */
PLX_API int plx_dev_reset(struct plx_dev *dev);

enum plx_dev_state { PLX_DEV_INIT, PLX_DEV_RUNNING, PLX_DEV_HALTED };

/* Members may be added at the end. */
struct plx_dev_info {
	char name[32]; /* "0000:03:00.0", "sim:dummy,id=0" */
	uint16_t vendor, device, subsystem_vendor, subsystem_device;
	uint32_t class_code; /* 24 bits */
	int node;            /* NUMA; -1: unknown */
	int group;           /* IOMMU group; -1: none */
	enum plx_backend backend;
	enum plx_dev_state state;
	bool can_reset;
};

/**
 * plx_dev_info - what a device is
 * @dev: the device; also after a type1 detach
 * @out: filled; zero on failure
 *
 * Threads: any. Burst loop: no (it locks).
 * Errors: -EINVAL (NULL_ARG arg 2).
 * Source: sysfs(5); Documentation/ABI/testing/sysfs-bus-pci.
 */
PLX_API int plx_dev_info(struct plx_dev *dev, struct plx_dev_info *out);

/* Members may be added at the end. */
struct plx_dev_stats {
	uint64_t pio_errors; /* raw port accesses that failed (PIO-8) */
	uint64_t
		dma_faults; /* accesses to memory that the IOMMU blocked; VFIO tells of none (8.5) */
};

/**
 * plx_dev_stats - what went wrong, counted
 * @dev: the device; also after a type1 detach
 * @out: filled, with counts since the open; zero on failure
 *
 * Threads: any. Burst loop: no (it locks).
 * Errors: -EINVAL (NULL_ARG arg 2).
 * Source: section 14 of the DDI contract.
 */
PLX_API int plx_dev_stats(struct plx_dev *dev, struct plx_dev_stats *out);

/**
 * plx_dev_domain - the domain that a device is attached to
 * @dev: the device
 * @out: the domain; NULL on failure
 *
 * The one of the device's own is the library's: it ends with the device, and plx_domain_delete() is
 * not for it.
 * Threads: any. Burst loop: no (it locks).
 * Errors: -EINVAL (NULL_ARG arg 2; NOT_ATTACHED: there is none).
 * Source: DEV-6.
 */
PLX_API int plx_dev_domain(struct plx_dev *dev, struct plx_domain **out);

/**
 * plx_domain_attach - a device enters a domain
 * @d:   the domain (DDI argument 1)
 * @dev: the device (DDI argument 2), opened through the domain's backend
 *
 * From now on it reaches what is mapped in the domain, and nothing else. All attached devices of an
 * IOMMU group are in one domain. The usable IOVAs of the domain may shrink (DEV-4). On type1 a
 * device that was detached is opened again: its interrupts are off, its bus mastering is as it was.
 * Threads: any. Burst loop: no.
 * Errors: -EINVAL (DOMAIN_TYPE arg 1: @d is NULL or deleted, status INVALID_PARAMETER_1; MISMATCH
 * arg 2: not of the domain's backend or kernel), -EBUSY (DEV-1: ALREADY_ATTACHED, status
 * INVALID_PARAMETER; DEV-3: GROUP_BUSY; GROUP_NOT_VIABLE), -EADDRINUSE (DEV-2: IOVA_RESERVED),
 * -EPERM (UNSAFE_INTR), -ENOTSUP (FW_DIRECT_MAP), -ENOMEM (MEMLOCK, NOMEM), others as the kernel
 * answers (KERNEL_CONFLICT). Nothing is changed then.
 * Source: IOMMU_DOMAIN_ATTACH_DEVICE_EX; DEV-1 .. DEV-4.
 */
PLX_API int plx_domain_attach(struct plx_domain *d, struct plx_dev *dev);

/**
 * plx_domain_detach - a device leaves its domain
 * @d:   the domain (DDI argument 1)
 * @dev: the device (DDI argument 2)
 *
 * It reaches no memory any more. On iommufd and SIM mappings stay in the domain. On type1 the last
 * device leaves only when nothing is mapped (DEV-5), and leaving closes the device's file, so that
 * registers and ports must have been unmapped before; after that only plx_domain_attach() and
 * plx_dev_close() are of use (DEV-6).
 * Threads: any. Burst loop: no; stop its DMA first.
 * Errors: -EINVAL (DOMAIN_TYPE arg 1: @d is NULL or deleted; NOT_ATTACHED arg 1: to that domain;
 * both with status INVALID_PARAMETER_1), -EBUSY (STILL_MAPPED: DEV-5, DEV-6), others as the kernel
 * answers (KERNEL_CONFLICT). Nothing is changed then.
 * Source: IOMMU_DOMAIN_DETACH_DEVICE_EX; DEV-4 .. DEV-6.
 */
PLX_API int plx_domain_detach(struct plx_domain *d, struct plx_dev *dev);

/* --- regions and config space --- */

enum { PLX_REGION_BAR0 = 0, PLX_REGION_ROM = 6, PLX_REGION_CONFIG = 7 };

/**
 * plx_region_read - read from a BAR, the ROM or config space
 * @dev:    the device, in any state
 * @region: 0 to 5: a BAR; PLX_REGION_ROM; PLX_REGION_CONFIG
 * @off:    bytes from its beginning
 * @buf:    filled with @len bytes as the device has them: little endian
 * @len:    bytes; a width that @off is a multiple of (1, 2, 4) is one access of the device
 *
 * For BARs that cannot be mapped (MIO-6), and for config space. A system call each.
 * Threads: any. Burst loop: no.
 * Errors: -EINVAL (INDEX arg 2: no such region; OUT_OF_IOSPACE arg 2: the device does not have it;
 * OUT_OF_IOSPACE arg 3: @off is past its end; NULL_ARG arg 4; ZERO_LEN, WRAP, STRADDLES_BAR arg 5),
 * -ENOTSUP (UNSUPPORTED: it cannot be read), -EBUSY (CLAIMED: the kernel has given the BAR to
 * somebody else, status RESOURCE_CONFLICT, one line in the log), -EIO (MEM_DECODE_OFF; SHORT_IO: a
 * part of it was done), -ENODEV (NO_DEVICE), others as the kernel answers (FILE).
 * Source: pread(2) on a VFIO device; 2.2 of the DDI contract.
 */
PLX_API int plx_region_read(struct plx_dev *dev, unsigned region, uint64_t off, void *buf,
			    uint32_t len);

/**
 * plx_region_write - write to a BAR or config space
 * @dev:    the device, in any state
 * @region: as for plx_region_read()
 * @off:    as for plx_region_read()
 * @buf:    @len bytes as the device wants them: little endian
 * @len:    as for plx_region_read()
 *
 * What the kernel keeps for itself in config space (BARs, for one) does not change.
 * Threads: any. Burst loop: no.
 * Errors: as plx_region_read(); -ENOTSUP (UNSUPPORTED: it cannot be written).
 * Source: pwrite(2) on a VFIO device; 2.2 of the DDI contract.
 */
PLX_API int plx_region_write(struct plx_dev *dev, unsigned region, uint64_t off, const void *buf,
			     uint32_t len);

struct plx_bar {
	uint64_t phys; /* CPU physical, or the first port, as sysfs has it (MIO-2) */
	uint64_t size; /* bytes; 0: not there */
	bool io;       /* ports, not memory */
	bool prefetchable, is64;
	bool can_map; /* MIO-6; a part of it may be excepted (MIO-7) */
};

/**
 * plx_dev_bar - where a BAR is
 * @dev: the device, in any state
 * @bar: 0 to 5
 * @out: filled; zero on failure, and where there is no such BAR
 *
 * Threads: any. Burst loop: no (it locks).
 * Errors: -EINVAL (INDEX arg 2, NULL_ARG arg 3).
 * Source: sysfs "resource"; VFIO_DEVICE_GET_REGION_INFO.
 */
PLX_API int plx_dev_bar(struct plx_dev *dev, unsigned bar, struct plx_bar *out);

/**
 * plx_pci_find_cap - find a capability in config space
 * @dev: the device, in any state
 * @id:  PCI_CAP_ID_*: 0x11 is MSI-X
 * @off: where it begins; 0 on failure
 *
 * The first one of that id. A list that is a loop or leads nowhere ends.
 * Threads: any. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG arg 3), -ENOENT (UNSUPPORTED: there is none), -ENODEV (NO_DEVICE: the
 * device answers all ones: it is gone), others as plx_region_read().
 * Source: PCI Local Bus Specification 3.0, 6.7.
 */
PLX_API int plx_pci_find_cap(struct plx_dev *dev, uint8_t id, uint8_t *off);

/**
 * plx_pci_find_ext_cap - find an extended capability in config space
 * @dev: the device, in any state
 * @id:  PCI_EXT_CAP_ID_*: 0x0001 is Advanced Error Reporting
 * @off: where it begins; 0 on failure
 *
 * The first one of that id. A list that is a loop or leads nowhere ends.
 * Threads: any. Burst loop: no.
 * Errors: as plx_pci_find_cap(); a function of conventional PCI has none.
 * Source: PCI Express Base Specification, 7.6.3.
 */
PLX_API int plx_pci_find_ext_cap(struct plx_dev *dev, uint16_t id, uint16_t *off);

/* --- interrupts and events --- */

enum plx_irq_type { PLX_IRQ_INTX, PLX_IRQ_MSI, PLX_IRQ_MSIX };

/**
 * plx_irq_count - how many interrupt vectors of a kind there are
 * @dev:  the device
 * @type: the kind
 * @n:    vectors; 0: the device has no such interrupts, and on failure
 *
 * Threads: any. Burst loop: no.
 * Errors: -EINVAL (BAD_ENUM arg 2, NULL_ARG arg 3), others as the kernel answers (FILE).
 * Source: VFIO_DEVICE_GET_IRQ_INFO.
 */
PLX_API int plx_irq_count(struct plx_dev *dev, enum plx_irq_type type, unsigned *n);

/**
 * plx_irq_enable - have interrupts signal eventfds
 * @dev:      the device
 * @type:     the kind; one is enabled at a time
 * @eventfds: of vectors 0 .. @n - 1; -1 leaves a vector off. The caller's, to be kept open as long
 *            as they are enabled
 * @n:        vectors, at least 1
 *
 * Replaces what was enabled. On failure that stays, if the kernel lets it.
 * Threads: any. Burst loop: no.
 * Errors: -EINVAL (BAD_ENUM arg 2; NULL_ARG, BAD_VALUE arg 3: below -1, or no eventfd; ZERO_LEN,
 * TOO_LARGE arg 4), -ENOTSUP (UNSUPPORTED: the device has none of that kind), -ENOMEM (NOMEM),
 * others as the kernel answers.
 * Source: VFIO_DEVICE_SET_IRQS.
 */
PLX_API int plx_irq_enable(struct plx_dev *dev, enum plx_irq_type type, const int *eventfds,
			   unsigned n);

/**
 * plx_irq_disable - turn interrupts off
 * @dev: the device
 *
 * Nothing to do where none is enabled.
 * Threads: any. Burst loop: no.
 * Errors: as the kernel answers.
 * Source: VFIO_DEVICE_SET_IRQS.
 */
PLX_API int plx_irq_disable(struct plx_dev *dev);

/**
 * plx_irq_unmask - let INTx fire again
 * @dev: the device
 *
 * The kernel masks INTx whenever it fires, since nobody but the driver can make the device be
 * quiet.
 * Threads: any. Burst loop: no.
 * Errors: -EPERM (ORDER: INTx is not enabled), others as the kernel answers.
 * Source: VFIO_IRQ_INFO_AUTOMASKED.
 */
PLX_API int plx_irq_unmask(struct plx_dev *dev);

enum plx_event_type {
	PLX_EVENT_ERROR,           /* an uncorrectable error: stop the device */
	PLX_EVENT_REMOVAL_REQUEST, /* the kernel wants it back: close it */
	PLX_EVENT_DMA_FAULT,       /* the IOMMU blocked an access; sim: devices only */
};

/* Members may be added at the end. */
struct plx_event {
	enum plx_event_type type;
	uint64_t iova;      /* DMA_FAULT */
	uint32_t direction; /* DMA_FAULT: 1 the device read, 2 it wrote */
};

/**
 * plx_dev_events - what the device has reported since the last call
 * @dev: the device
 * @ev:  filled; may be NULL when @max is 0
 * @max: how many fit; the others stay for the next call
 * @n:   how many there are in @ev; 0 on failure
 *
 * Never blocks. An error or removal that is reported several times is one event. VFIO tells nobody
 * of blocked accesses: the kernel log has them (8.5). A simulated function tells of its own, over
 * each backend.
 * Threads: any. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG arg 2: @ev although @max is not 0; arg 4: @n).
 * Source: 8.5 of the DDI contract.
 */
PLX_API int plx_dev_events(struct plx_dev *dev, struct plx_event *ev, unsigned max, unsigned *n);

PLX_END_DECLS

#endif
