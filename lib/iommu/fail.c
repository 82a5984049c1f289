/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the kernel answers, in the words of the contract (2.2), with the fix where it is known.
 */
#include "iommu/iommu_priv.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <syslog.h>
#include <unistd.h>

static bool may_lock_memory(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	return !syscall(SYS_capget, &header, data) &&
	       data[CAP_TO_INDEX(CAP_IPC_LOCK)].effective & CAP_TO_MASK(CAP_IPC_LOCK);
}

/* Is locked memory limited for this process? Then *@limit is RLIMIT_MEMLOCK in bytes. */
static bool memlock_limit(uint64_t *limit)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_MEMLOCK, &r) || r.rlim_cur == RLIM_INFINITY || may_lock_memory())
		return false;
	*limit = r.rlim_cur;
	return true;
}

int plx_fail_call(const char *object, int sys_errno, const char *call)
{
	if (sys_errno == ENOTTY)
		return plx_fail_sys(-ENOTSUP, sys_errno, PLX_R_NO_IOMMU, object,
				    "%s is not known to the kernel here: no IOMMU is behind it",
				    call);
	if (sys_errno == ENOMEM)
		return plx_fail_sys(-ENOMEM, sys_errno, PLX_R_NOMEM, object,
				    "the kernel has no memory for %s", call);
	return plx_fail_sys(-sys_errno, sys_errno, PLX_R_KERNEL_CONFLICT, object, "%s failed: %s",
			    call, strerror(sys_errno));
}

/*
 * Out of memory, or over the limit of locked memory: the kernel says the same to both, so this is
 * a guess from what can be read.
 */
static int fail_pin(const struct plx_domain *d, uint64_t more, const char *call)
{
	uint64_t limit, need = (d->bytes + more) >> 10;

	if (memlock_limit(&limit))
		return plx_fail_sys(
			-ENOMEM, ENOMEM, PLX_R_MEMLOCK, d->child.name,
			"%s: locked memory is limited to %llu KiB, and this domain alone "
			"needs %llu: raise it (ulimit -l %llu) or grant CAP_IPC_LOCK",
			d->child.name, (unsigned long long)limit >> 10, (unsigned long long)need,
			(unsigned long long)need);
	return plx_fail_sys(-ENOMEM, ENOMEM, PLX_R_NOMEM, d->child.name,
			    "the kernel has no memory for %s of %llu KiB", call,
			    (unsigned long long)more >> 10);
}

/* The library's table says free, the kernel says taken: somebody is wrong. */
static int fail_conflict(const struct plx_domain *d, const struct plx_extent_map *m,
			 const char *call)
{
	plx_fail_ddi(-EEXIST, PLX_STATUS_IN_USE, PLX_R_KERNEL_CONFLICT, 0, d->child.name,
		     "%s: the kernel has a mapping in 0x%llx-0x%llx that we do not know of (%s)",
		     d->child.name, (unsigned long long)m->iova,
		     (unsigned long long)(m->iova + m->len - 1), call);
	plx_log(d->child.ctx, LOG_ERR, "iommu", "%s", plx_last_error()->text);
	return -EEXIST;
}

static int fail_bad_va(const struct plx_domain *d, const struct plx_extent_map *m)
{
	return plx_fail_ddi(-EFAULT, plx_status_arg(m->arg), PLX_R_BAD_VA, m->arg, d->child.name,
			    "memory at 0x%llx, %llu bytes, cannot be pinned for %s: it must be "
			    "mapped%s in this process, and no BAR's unless on type1",
			    (unsigned long long)m->va, (unsigned long long)m->len,
			    m->perms & PLX_IOMMU_WRITE ? "writing" : "reading",
			    m->perms & PLX_IOMMU_WRITE ? " writable" : "");
}

static int fail_entries(const struct plx_domain *d)
{
	return plx_fail(-ENOSPC, PLX_R_DMA_ENTRIES, d->child.name,
			"%s: the kernel takes no more than the %llu mappings it has: map larger "
			"pieces, or raise vfio_iommu_type1's dma_entry_limit",
			d->child.name, (unsigned long long)d->entries);
}

int plx_fail_map(struct plx_domain *d, const struct plx_extent_map *m, int sys_errno,
		 const char *call)
{
	switch (sys_errno) {
	case EEXIST:
		fail_conflict(d, m, call);
		break;
	case ENOSPC:
		fail_entries(d);
		break;
	case ENOMEM:
		fail_pin(d, m->len, call);
		break;
	case EFAULT:
		fail_bad_va(d, m);
		break;
	default:
		plx_fail_call(d->child.name, sys_errno, call);
		break;
	}
	return plx_fail_origin(d->io->backend->id, NULL, sys_errno);
}

int plx_fail_unmap(struct plx_domain *d, uint64_t iova, uint64_t len, int sys_errno,
		   const char *call)
{
	plx_fail_call(d->child.name, sys_errno, call);
	plx_log(d->child.ctx, LOG_ERR, "iommu", "%s: unmapping 0x%llx-0x%llx: %s", d->child.name,
		(unsigned long long)iova, (unsigned long long)(iova + len - 1),
		plx_last_error()->text);
	return plx_fail_origin(d->io->backend->id, NULL, sys_errno);
}

/* EPERM has two causes; which one it is shows in the group (2.2). */
static int fail_attach_eperm(const struct plx_attachment *a)
{
	if (a->foreign_member)
		return plx_fail(-EBUSY, PLX_R_GROUP_NOT_VIABLE, a->name,
				"%s: a device of its IOMMU group %u belongs to a kernel driver or "
				"to someone else: bind all of the group to vfio-pci",
				a->name, a->group);
	return plx_fail(
		-EPERM, PLX_R_UNSAFE_INTR, a->name,
		"%s: this machine does not remap interrupts, so that a device could forge "
		"them: vfio_iommu_type1's (or iommufd's) allow_unsafe_interrupts=1 permits it",
		a->name);
}

int plx_fail_attach(struct plx_domain *d, const struct plx_attachment *a, int sys_errno,
		    const char *call)
{
	/* Type1's word for DEV-2 is EINVAL. */
	if (sys_errno == EINVAL && d->n_mappings && d->io->backend->needs_device)
		sys_errno = EADDRINUSE;
	switch (sys_errno) {
	case EPERM:
		fail_attach_eperm(a);
		break;
	case EBUSY:
		plx_fail_sys(-EBUSY, EBUSY, PLX_R_GROUP_BUSY, a->name,
			     "%s: its IOMMU group %u is in use (%s)", a->name, a->group, call);
		break;
	case EADDRINUSE:
		plx_fail_sys(-EADDRINUSE, EADDRINUSE, PLX_R_IOVA_RESERVED, a->name,
			     "%s reserves IOVAs at which %s has mappings or tokens: map elsewhere, "
			     "or attach before mapping",
			     a->name, d->child.name);
		break;
	case ENOMEM:
		fail_pin(d, 0, call);
		break;
	default:
		plx_fail_call(a->name, sys_errno, call);
		break;
	}
	return plx_fail_origin(d->io->backend->id, NULL, sys_errno);
}

int plx_fail_open(const struct plx_iommu *io, int sys_errno, const char *path)
{
	if (sys_errno == EACCES || sys_errno == EPERM)
		plx_fail_sys(-EACCES, sys_errno, PLX_R_PERMISSION, path,
			     "%s may not be opened by this user: give it to them (chown, udev)",
			     path);
	else if (sys_errno == ENOENT || sys_errno == ENODEV)
		plx_fail_sys(-ENOTSUP, sys_errno, PLX_R_NO_BACKEND, path,
			     "%s is not there: load the kernel module %s", path,
			     io->backend->id == PLX_BACKEND_IOMMUFD ? "iommufd" : "vfio-pci");
	else
		plx_fail_sys(-sys_errno, sys_errno, PLX_R_NO_BACKEND, path,
			     "%s cannot be opened: %s", path, strerror(sys_errno));
	return plx_fail_origin(io->backend->id, NULL, 0);
}
