/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For the room above: devices enter and leave domains. Who opens groups and devices is its job;
 * this room does what the kernel calls SET_CONTAINER, SET_IOMMU, BIND and ATTACH, reads again
 * what is usable, and keeps DEV-1 .. DEV-5.
 *
 * The books of groups are kept for each plx_iommu: use one for all devices of a backend.
 */
#ifndef PLX_IOMMU_ATTACH_H
#define PLX_IOMMU_ATTACH_H

#include <pollux/iommu.h>

/* One device; a member of the device's own struct. Zero it, fill the first part, leave the rest. */
struct plx_attachment {
	const char *name;      /* for sentences: "0000:03:00.0" */
	uint32_t group;        /* the number of its IOMMU group */
	int fd;                /* type1, noiommu: of the group; iommufd: of the device; sim: -1 */
	uint8_t address_width; /* sim: bits, up to 52; 0: 39 */
	bool foreign_member;   /* a device of the group has another driver: what EPERM means */
	bool direct_map;       /* firmware wants a 1:1 mapping: sysfs reserved_regions, "direct" */

	struct plx_domain *domain; /* NULL: not attached */
	bool bound;                /* iommufd: fd is bound to the interface (until it is closed) */
	struct plx_attachment *prev, *next;
};

/*
 * Attach a device. On type1 the group's fd must stay open until the detach, and VFIO hands out
 * device fds from now on (DEV-6). Errors: -EINVAL (DOMAIN_TYPE arg 1: no domain, or deleted),
 * -EBUSY (DEV-1: ALREADY_ATTACHED, status INVALID_PARAMETER; DEV-3: GROUP_BUSY; the kernel's:
 * GROUP_NOT_VIABLE), -EADDRINUSE (DEV-2: IOVA_RESERVED), -EPERM (UNSAFE_INTR), -ENOTSUP
 * (FW_DIRECT_MAP, NO_IOMMU), -ENOMEM (MEMLOCK, NOMEM).
 */
int plx_domain_attach_fd(struct plx_domain *d, struct plx_attachment *a);

/*
 * Detach a device. On type1 all device fds of the group must be closed before its last device
 * leaves. Errors: -EINVAL (NOT_ATTACHED arg 1), -EBUSY (DEV-5: STILL_MAPPED on type1; the
 * kernel's: STILL_MAPPED, a device fd is open).
 */
int plx_domain_detach_fd(struct plx_domain *d, struct plx_attachment *a);

/* iommufd: BIND a device's fd, which plx_domain_attach_fd() does where it is not done. */
int plx_iommu_bind(struct plx_iommu *io, struct plx_attachment *a);

/* Which backend an interface or domain runs on. */
enum plx_backend plx_iommu_backend_id(const struct plx_iommu *io);
struct plx_iommu *plx_domain_iommu(const struct plx_domain *d);

#endif
