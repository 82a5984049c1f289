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

#include "core/sysops.h"
#include "sim/function.h"

/* One device; a member of the device's own struct. Zero it, fill the first part, leave the rest. */
struct plx_attachment {
	const char *name;      /* for sentences: "0000:03:00.0" */
	uint32_t group;        /* the number of its IOMMU group */
	int fd;                /* type1, noiommu: of the group; iommufd: of the device; sim: -1 */
	uint8_t address_width; /* sim: bits, up to 52; 0: 39 */
	struct plx_sim_function *sim; /* sim: who hears of mappings, if it listens; NULL: nobody */
	bool foreign_member; /* a device of the group has another driver: what EPERM means */
	bool direct_map;     /* firmware wants a 1:1 mapping: sysfs reserved_regions, "direct" */

	struct plx_domain *domain; /* NULL: not attached */
	bool bound;      /* iommufd: fd is bound to an interface (until it is closed) ... */
	int bound_to;    /* ... with this file of /dev/iommu */
	uint32_t record; /* in the domain's ledger */
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

/*
 * The device is closed, whatever the kernel says: it leaves its domain, of which what would be lost
 * with its last device is unmapped first (DEV-5). What goes wrong is a line in the log.
 */
void plx_domain_drop_fd(struct plx_attachment *a);

/* What plx_domain_detach_fd() checks, before anything is closed for it. */
int plx_domain_check_detach(struct plx_domain *d, const struct plx_attachment *a);

/* Is @d a domain that lives? -EINVAL (DOMAIN_TYPE arg 1). */
int plx_domain_check(struct plx_domain *d);

/* iommufd: BIND a device's fd, which plx_domain_attach_fd() does where it is not done. */
int plx_iommu_bind(struct plx_iommu *io, struct plx_attachment *a);

/*
 * plx_iommu_open() on another kernel than the one in force: of the simulation (lib/sim). Two
 * devices that share a group share an interface. Errors as plx_iommu_open().
 */
int plx_iommu_open_on(struct plx_ctx *ctx, enum plx_backend backend, const struct plx_sysops *sys,
		      struct plx_iommu **out);
const struct plx_sysops *plx_iommu_sysops(const struct plx_iommu *io);

/*
 * plx_iommu_map() and plx_token_map() for rooms that say what the mapping is for, in "plx-dev dma":
 * "map registers", "ring", "pool rx". @owner, up to 39 bytes, must live as long as the mapping:
 * best it is a constant. NULL: "program".
 */
int plx_iommu_map_for(struct plx_domain *d, const char *owner, uint32_t perms,
		      const struct plx_phys *p, const uint64_t *explicit_iova,
		      const uint64_t *min_iova, const uint64_t *max_iova, uint64_t *iova_out);
int plx_token_map_for(struct plx_token *t, const char *owner, uint64_t offset, uint32_t perms,
		      const struct plx_phys *p, struct plx_segment *out);

/*
 * An iommufd interface on a file of /dev/iommu that the caller has open, and closes. (Others of a
 * context share one file, so that its devices and domains fit together.)
 */
int plx_iommu_open_fd(struct plx_ctx *ctx, const struct plx_sysops *sys, int fd,
		      struct plx_iommu **out);
/* The file; -1: the interface has none. A device that is bound enters its domains only. */
int plx_iommu_fd(const struct plx_iommu *io);

/* Which backend an interface or domain runs on. */
enum plx_backend plx_iommu_backend_id(const struct plx_iommu *io);
struct plx_iommu *plx_domain_iommu(const struct plx_domain *d);

/*
 * For whoever mapped something and wants to unmap it, however late: a domain that is held stays
 * safe to name after plx_domain_delete(), and may be asked whether it is still there.
 */
void plx_domain_hold(struct plx_domain *d);
void plx_domain_drop(struct plx_domain *d); /* NULL: nothing to do */
bool plx_domain_alive(struct plx_domain *d);

#endif
