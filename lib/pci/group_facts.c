/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The facts of an IOMMU group: who is in it, and what it reserves.
 */
#include "core/error.h"
#include "pci/facts_priv.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROUP "kernel/iommu_groups/%u"

static int fail_odd(unsigned group, const char *what)
{
	char object[32];

	snprintf(object, sizeof(object), "IOMMU group %u", group);
	return plx_fail(-EIO, PLX_R_FORMAT, object,
			"%s: its %s in sysfs cannot be read, or is not as the kernel writes it",
			object, what);
}

/*
 * Drivers that declare driver_managed_dma share a group with VFIO: those of bridges, pci-stub, and
 * VFIO's own, which all have "vfio" in their names (8.6).
 */
static bool is_foreign(const char *driver)
{
	return driver[0] && !strstr(driver, "vfio") && strcmp(driver, "pcieport") &&
	       strcmp(driver, "pci-stub");
}

static int each_member(const char *root, unsigned group, const char *name, plx_pci_member_fn fn,
		       void *arg)
{
	struct plx_pci_member m = { .name = name };
	char path[PATH_MAX];
	int err = -ENAMETOOLONG;

	if (plx_sysfs_path(path, root, GROUP "/devices/%s/driver", group, name))
		err = plx_sysfs_link(path, m.driver, sizeof(m.driver));
	if (err && err != -ENOENT)
		return fail_odd(group, "devices");
	m.foreign = is_foreign(m.driver);
	return fn(arg, &m);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int plx_pci_group_each(const char *root, unsigned group, plx_pci_member_fn fn, void *arg)
{
	struct dirent **all = NULL;
	char path[PATH_MAX];
	int n, err = 0;

	errno = ENAMETOOLONG;
	n = plx_sysfs_path(path, root, GROUP "/devices", group)
		    ? scandir(path, &all, is_visible, alphasort)
		    : -1;
	if (n < 0)
		return errno == ENOMEM
			       ? plx_fail(-ENOMEM, PLX_R_NOMEM, path, "no memory to read %s", path)
			       : plx_fail_sys(-ENODEV, errno, PLX_R_NO_IOMMU, path,
					      "there is no IOMMU group %u: %s: %s", group, path,
					      strerror(errno));
	for (int i = 0; i < n; i++) {
		if (!err)
			err = each_member(root, group, all[i]->d_name, fn, arg);
		free(all[i]);
	}
	free(all);
	return err;
}

static int count_member(void *arg, const struct plx_pci_member *m)
{
	struct plx_pci_group *g = arg;

	g->n_members++;
	if (m->foreign && !g->foreign[0]) {
		snprintf(g->foreign, sizeof(g->foreign), "%s", m->name);
		memcpy(g->foreign_driver, m->driver, sizeof(g->foreign_driver));
	}
	return 0;
}

/* A file of a group: the length of its text, 0 where there is none; or a negative errno. */
static ssize_t read_text(const char *root, unsigned group, const char *name,
			 char text[PLX_SYSFS_MAX])
{
	char path[PATH_MAX];
	ssize_t n = plx_sysfs_path(path, root, GROUP "/%s", group, name)
			    ? plx_sysfs_read(path, text)
			    : -ENAMETOOLONG;

	return n == -ENOENT ? 0 : n;
}

static int read_reserved(const char *root, struct plx_pci_group *g)
{
	struct plx_pci_reserved all[PLX_SYSFS_MAX / 8]; /* a line has more bytes than that */
	const unsigned max = sizeof(all) / sizeof(all[0]);
	char text[PLX_SYSFS_MAX];
	ssize_t len = read_text(root, g->number, "reserved_regions", text);
	int n = len < 0 ? -1 : plx_parse_reserved(text, (size_t)len, all, max);

	if (n < 0)
		return fail_odd(g->number, "reserved_regions");
	for (unsigned i = 0; i < (unsigned)n && i < max; i++)
		g->direct_map |= all[i].type == PLX_RESERVED_DIRECT;
	g->n_reserved = (unsigned)n < PLX_RESERVED_MAX ? (unsigned)n : PLX_RESERVED_MAX;
	memcpy(g->reserved, all, g->n_reserved * sizeof(all[0]));
	return 0;
}

static int read_type(const char *root, struct plx_pci_group *g)
{
	char text[PLX_SYSFS_MAX];
	ssize_t len = read_text(root, g->number, "type", text);

	if (len < 0)
		return fail_odd(g->number, "type");
	len = len && text[len - 1] == '\n' ? len - 1 : len;
	if ((size_t)len >= sizeof(g->type) || memchr(text, '\0', (size_t)len))
		return fail_odd(g->number, "type");
	memcpy(g->type, text, (size_t)len);
	return 0;
}

int plx_pci_group_read(const char *root, unsigned group, struct plx_pci_group *out)
{
	int err;

	memset(out, 0, sizeof(*out));
	out->number = group;
	err = plx_pci_group_each(root, group, count_member, out);
	err = err ? err : read_reserved(root, out);
	err = err ? err : read_type(root, out);
	if (err)
		memset(out, 0, sizeof(*out));
	return err;
}
