/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The files of VFIO: groups and devices; and whether they can be had.
 */
#include "pci/vfio_priv.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define CONTAINER "/dev/vfio/vfio"

/* A file that is to be opened, for sentences. */
struct node {
	const struct plx_sysops *sys;
	enum plx_backend backend;
	int group; /* -1: a device's file */
	char path[48];
};

/* --- who has it --- */

struct holder {
	const char *root, *proc;
	pid_t pid;
	char comm[PLX_COMM];
};

static bool find_holder(struct holder *h, const char *path)
{
	return plx_pci_holder(h->proc, path, &h->pid, h->comm);
}

/* A group is busy, too, when a member is open through its own file (8.2). */
static int find_member(void *arg, const struct plx_pci_member *m)
{
	struct holder *h = arg;
	struct plx_pci_facts facts;
	char path[48];

	if (plx_pci_facts_read(h->root, m->name, &facts) || facts.cdev < 0)
		return 0;
	snprintf(path, sizeof(path), "/dev/vfio/devices/vfio%d", facts.cdev);
	return find_holder(h, path);
}

int plx_vfio_fail_busy(const char *root, const char *proc, const char *path, int group)
{
	struct holder h = { .root = root, .proc = proc };

	if (proc &&
	    (find_holder(&h, path) ||
	     (group >= 0 && plx_pci_group_each(root, (unsigned)group, find_member, &h) == 1)))
		return plx_fail_sys(-EBUSY, EBUSY, PLX_R_GROUP_BUSY, path,
				    "%s is in use by process %ld (%s): only one can have it", path,
				    (long)h.pid, h.comm);
	return plx_fail_sys(-EBUSY, EBUSY, PLX_R_GROUP_BUSY, path,
			    "%s is in use by another process, which this user may not see: "
			    "\"lsof /dev/vfio/*\" as root names it",
			    path);
}

int plx_vfio_fail_bind(const struct plx_sysops *sys, const struct plx_pci_facts *f, int sys_errno)
{
	const char *proc = sys == plx_sysops() ? PLX_PROC : NULL;
	char path[48];

	if (sys_errno == EBUSY)
		snprintf(path, sizeof(path), "/dev/vfio/%d", f->group);
	else
		snprintf(path, sizeof(path), "/dev/vfio/devices/vfio%d", f->cdev);
	plx_vfio_fail_busy(PLX_SYSFS, proc, path, sys_errno == EBUSY ? f->group : -1);
	return plx_fail_origin(PLX_BACKEND_IOMMUFD, NULL, sys_errno);
}

/* --- why it cannot be opened --- */

static int fail_permission(const struct node *n, int sys_errno)
{
	if (n->backend == PLX_BACKEND_NOIOMMU)
		return plx_fail_sys(-EACCES, sys_errno, PLX_R_PERMISSION, n->path,
				    "%s takes the right to open it and CAP_SYS_RAWIO: a device "
				    "without an IOMMU reaches all memory",
				    n->path);
	return plx_fail_sys(-EACCES, sys_errno, PLX_R_PERMISSION, n->path,
			    "%s may not be opened by this user: give it to them (chown, or a udev "
			    "rule for SUBSYSTEM \"vfio\")",
			    n->path);
}

/* Is there a VFIO that has no such group, or none at all? */
static int fail_missing(const struct node *n, int sys_errno)
{
	int fd = n->group < 0 ? -1 : n->sys->open(CONTAINER, O_RDWR | O_CLOEXEC);

	if (n->group < 0)
		return plx_fail_sys(-ENODEV, sys_errno, PLX_R_NO_BACKEND, n->path,
				    "%s is not there: device files of VFIO take Linux 6.6 with "
				    "CONFIG_VFIO_DEVICE_CDEV, and the device bound to vfio-pci",
				    n->path);
	if (fd < 0 && errno == ENOENT)
		return plx_fail_sys(-ENODEV, sys_errno, PLX_R_NO_BACKEND, n->path,
				    "there is no VFIO here: load the kernel module vfio-pci%s",
				    n->backend == PLX_BACKEND_NOIOMMU
					    ? ", with vfio's enable_unsafe_noiommu_mode=1"
					    : "");
	if (fd >= 0)
		n->sys->close(fd);
	return plx_fail_sys(-ENODEV, sys_errno, PLX_R_NOT_BOUND, n->path,
			    "no device of IOMMU group %d is bound to vfio-pci: plx-dev bind binds "
			    "one",
			    n->group);
}

static int fail_open(const struct node *n, int sys_errno)
{
	switch (sys_errno) {
	case EBUSY:
		/* of a simulated kernel nothing is in /proc */
		plx_vfio_fail_busy(PLX_SYSFS, n->sys == plx_sysops() ? PLX_PROC : NULL, n->path,
				   n->group);
		break;
	case EACCES:
	case EPERM:
		fail_permission(n, sys_errno);
		break;
	case ENOENT:
	case ENODEV:
	case ENXIO:
		fail_missing(n, sys_errno);
		break;
	default:
		plx_fail_sys(-sys_errno, sys_errno, PLX_R_FILE, n->path, "%s cannot be opened: %s",
			     n->path, strerror(sys_errno));
		break;
	}
	return plx_fail_origin(n->backend, NULL, 0);
}

static int open_node(const struct node *n, int *fd)
{
	*fd = n->sys->open(n->path, O_RDWR | O_CLOEXEC);
	return *fd < 0 ? fail_open(n, errno) : 0;
}

int plx_vfio_open_group(const struct plx_sysops *sys, unsigned group, bool noiommu, int *fd)
{
	struct node n = {
		.sys = sys,
		.backend = noiommu ? PLX_BACKEND_NOIOMMU : PLX_BACKEND_TYPE1,
		.group = (int)group,
	};

	snprintf(n.path, sizeof(n.path), "/dev/vfio/%s%u", noiommu ? "noiommu-" : "", group);
	return open_node(&n, fd);
}

int plx_vfio_open_cdev(const struct plx_sysops *sys, int cdev, int *fd)
{
	struct node n = { .sys = sys, .backend = PLX_BACKEND_IOMMUFD, .group = -1 };

	*fd = -1;
	snprintf(n.path, sizeof(n.path), "/dev/vfio/devices");
	if (cdev < 0)
		return fail_open(&n, ENOENT);
	snprintf(n.path, sizeof(n.path), "/dev/vfio/devices/vfio%d", cdev);
	return open_node(&n, fd);
}

/* --- whether it makes sense to try --- */

int plx_vfio_check_bound(const struct plx_pci_facts *f)
{
	if (strstr(f->driver, "vfio")) /* vfio-pci, or a vendor's variant of it */
		return 0;
	if (!f->driver[0])
		return plx_fail(-ENODEV, PLX_R_NOT_BOUND, f->address,
				"%s has no driver: \"plx-dev bind %s\" gives it to vfio-pci",
				f->address, f->address);
	return plx_fail(-ENODEV, PLX_R_NOT_BOUND, f->address,
			"%s belongs to the kernel's driver %s: \"plx-dev bind %s\" gives it to "
			"vfio-pci",
			f->address, f->driver, f->address);
}

int plx_vfio_check_group(const struct plx_pci_facts *f, const struct plx_pci_group *g)
{
	if (g->foreign[0])
		return plx_fail(-EBUSY, PLX_R_GROUP_NOT_VIABLE, f->address,
				"%s shares IOMMU group %u with %s, which is bound to %s: unbind "
				"that one too, or run plx-dev bind %s",
				f->address, g->number, g->foreign, g->foreign_driver, g->foreign);
	if (g->direct_map)
		return plx_fail(-ENOTSUP, PLX_R_FW_DIRECT_MAP, f->address,
				"%s cannot be used: the firmware demands that some of its memory "
				"stays mapped 1:1 (reserved_regions of IOMMU group %u)",
				f->address, g->number);
	return 0;
}

int plx_vfio_check_token(const char *uuid)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	size_t at = 0;

	if (!uuid[0])
		return 0;
	while (form[at] && (form[at] == '-' ? uuid[at] == '-' : isxdigit((unsigned char)uuid[at])))
		at++;
	if (form[at] || uuid[at])
		return plx_fail(-EINVAL, PLX_R_BAD_VALUE, NULL,
				"vf_token is a UUID such as "
				"2ab74924-c335-45f4-9b16-8569e5b08258, and not \"%.40s\"",
				uuid);
	return 0;
}
