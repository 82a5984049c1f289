/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The facts of a PCI function.
 */
#include "pci/facts.h"
#include "core/error.h"
#include "pci/facts_priv.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEVICES    "bus/pci/devices"
#define NODE_MAX   1023 /* MAX_NUMNODES - 1, of any kernel */
#define DOMAIN_MAX 0xfffffffu

/* One part of an address: 1 to @digits hex digits and then @stop. NULL: it is not. */
static const char *take_part(const char *at, unsigned digits, char stop, unsigned *out)
{
	char *end;

	if (!isxdigit((unsigned char)*at))
		return NULL;
	*out = (unsigned)strtoul(at, &end, 16);
	if (end > at + digits || at[1] == 'x' || at[1] == 'X' || *end != stop)
		return NULL;
	return stop ? end + 1 : end;
}

int plx_pci_parse_address(const char *text, char out[PLX_PCI_ADDRESS])
{
	unsigned domain = 0, bus, device, function;
	const char *at = text;

	out[0] = '\0';
	if (at && strchr(at, ':') != strrchr(at, ':'))
		at = take_part(at, 7, ':', &domain);
	at = at ? take_part(at, 2, ':', &bus) : NULL;
	at = at ? take_part(at, 2, '.', &device) : NULL;
	at = at ? take_part(at, 1, '\0', &function) : NULL;
	if (!at || domain > DOMAIN_MAX || device > 31 || function > 7)
		return plx_fail(-EINVAL, PLX_R_BAD_VALUE, text,
				"\"%s\" is not the address of a PCI function: write it as "
				"0000:03:00.0",
				text ? text : "");
	snprintf(out, PLX_PCI_ADDRESS, "%04x:%02x:%02x.%x", domain & DOMAIN_MAX, bus & 0xff,
		 device & 0x1f, function & 7);
	return 0;
}

/* --- its attributes --- */

struct reading {
	const char *root;
	struct plx_pci_facts *facts;
};

static bool path_of(const struct reading *r, char path[PATH_MAX], const char *attribute)
{
	return plx_sysfs_path(path, r->root, DEVICES "/%s/%s", r->facts->address, attribute);
}

static int fail_odd(const struct reading *r, const char *attribute)
{
	return plx_fail(-EIO, PLX_R_FORMAT, r->facts->address,
			"%s: its %s in sysfs is not as the kernel writes it", r->facts->address,
			attribute);
}

static int fail_read(const struct reading *r, const char *attribute, int err)
{
	if (err == -EACCES || err == -EPERM)
		return plx_fail_sys(-EACCES, -err, PLX_R_PERMISSION, r->facts->address,
				    "%s: its %s in sysfs may not be read by this user",
				    r->facts->address, attribute);
	if (err == -ENODEV) /* it went away meanwhile */
		return plx_fail_sys(-ENODEV, -err, PLX_R_NO_DEVICE, r->facts->address,
				    "%s is being removed", r->facts->address);
	return plx_fail_sys(-EIO, -err, PLX_R_FORMAT, r->facts->address,
			    "%s: its %s in sysfs cannot be read: %s", r->facts->address, attribute,
			    strerror(-err));
}

/* @len of its text; 0 with *@len 0: there is none. */
static int read_text(const struct reading *r, const char *attribute, char text[PLX_SYSFS_MAX],
		     size_t *len)
{
	char path[PATH_MAX];
	ssize_t n = path_of(r, path, attribute) ? plx_sysfs_read(path, text) : -ENAMETOOLONG;

	*len = n > 0 ? (size_t)n : 0;
	if (n < 0 && n != -ENOENT)
		return fail_read(r, attribute, (int)n);
	return 0;
}

static int read_id(const struct reading *r, const char *attribute, uint64_t max, bool must,
		   uint64_t *out)
{
	char text[PLX_SYSFS_MAX];
	size_t len;
	int err = read_text(r, attribute, text, &len);

	*out = 0;
	if (err || (!len && !must))
		return err;
	return plx_parse_hex(text, len, max, out) ? 0 : fail_odd(r, attribute);
}

static int read_ids(const struct reading *r)
{
	struct plx_pci_facts *f = r->facts;
	uint64_t vendor, device, class_code, subvendor, subdevice;
	int err = read_id(r, "vendor", 0xffff, true, &vendor);

	err = err ? err : read_id(r, "device", 0xffff, true, &device);
	err = err ? err : read_id(r, "class", 0xffffff, true, &class_code);
	err = err ? err : read_id(r, "subsystem_vendor", 0xffff, false, &subvendor);
	err = err ? err : read_id(r, "subsystem_device", 0xffff, false, &subdevice);
	if (err)
		return err;
	f->vendor = (uint16_t)vendor;
	f->device = (uint16_t)device;
	f->class_code = (uint32_t)class_code;
	f->subsystem_vendor = (uint16_t)subvendor;
	f->subsystem_device = (uint16_t)subdevice;
	return 0;
}

static int read_node(const struct reading *r)
{
	char text[PLX_SYSFS_MAX];
	size_t len;
	long node = -1;
	int err = read_text(r, "numa_node", text, &len);

	if (!err && len && !plx_parse_decimal(text, len, -1, NODE_MAX, &node))
		err = fail_odd(r, "numa_node");
	r->facts->node = err ? 0 : (int)node;
	return err;
}

static int read_resource(const struct reading *r)
{
	struct plx_pci_resource all[PLX_PCI_BARS + 1];
	char text[PLX_SYSFS_MAX];
	size_t len;
	int err = read_text(r, "resource", text, &len);

	if (err)
		return err;
	if (!plx_parse_resource(text, len, all))
		return fail_odd(r, "resource");
	memcpy(r->facts->bars, all, sizeof(r->facts->bars));
	r->facts->rom = all[PLX_PCI_BARS];
	return 0;
}

/* Where a link leads; "": there is none. */
static int read_link(const struct reading *r, const char *attribute, char name[PLX_PCI_NAME])
{
	char path[PATH_MAX];
	int err = path_of(r, path, attribute) ? plx_sysfs_link(path, name, PLX_PCI_NAME)
					      : -ENAMETOOLONG;

	return err && err != -ENOENT ? fail_read(r, attribute, err) : 0;
}

static int read_group(const struct reading *r)
{
	static const char noiommu[] = "vfio-noiommu\n"; /* vfio_noiommu_group_alloc() */
	char name[PLX_PCI_NAME], text[PLX_SYSFS_MAX];
	size_t len;
	long group = -1;
	int err = read_link(r, "iommu_group", name);

	if (!err && name[0] && !plx_parse_decimal(name, strlen(name), 0, INT_MAX, &group))
		err = fail_odd(r, "iommu_group");
	r->facts->group = (int)group;
	if (err || group < 0)
		return err;
	err = read_text(r, "iommu_group/name", text, &len);
	r->facts->noiommu = !err && len == sizeof(noiommu) - 1 && !memcmp(text, noiommu, len);
	return err;
}

/* The folder vfio-dev has one entry, "vfioK", where the driver is VFIO's. */
static int read_cdev(const struct reading *r)
{
	char path[PATH_MAX];
	struct dirent *entry;
	long k = -1;
	DIR *dir;

	r->facts->cdev = -1;
	errno = ENAMETOOLONG;
	dir = path_of(r, path, "vfio-dev") ? opendir(path) : NULL;
	if (!dir)
		return errno == ENOENT ? 0 : fail_read(r, "vfio-dev", -errno);
	while ((entry = readdir(dir)))
		if (!strncmp(entry->d_name, "vfio", 4) &&
		    plx_parse_decimal(entry->d_name + 4, strlen(entry->d_name + 4), 0, INT_MAX, &k))
			break;
	closedir(dir);
	r->facts->cdev = entry ? (int)k : -1;
	return 0;
}

static int read_all(const struct reading *r)
{
	int err = read_ids(r);

	err = err ? err : read_node(r);
	err = err ? err : read_resource(r);
	err = err ? err : read_link(r, "driver", r->facts->driver);
	err = err ? err : read_link(r, "driver/module", r->facts->module);
	err = err ? err : read_group(r);
	return err ? err : read_cdev(r);
}

int plx_pci_facts_read(const char *root, const char *address, struct plx_pci_facts *out)
{
	struct reading r = { root, out };
	char path[PATH_MAX];
	int err;

	memset(out, 0, sizeof(*out));
	err = plx_pci_parse_address(address, out->address);
	if (err)
		return err;
	if (!path_of(&r, path, "") || access(path, F_OK))
		err = plx_fail(
			-ENODEV, PLX_R_NO_DEVICE, out->address,
			"there is no PCI function %s: \"plx-dev list\" shows those there are",
			out->address);
	else
		err = read_all(&r);
	if (err)
		memset(out, 0, sizeof(*out));
	return err;
}

/* --- all of them --- */

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Domains of five digits come behind those of four. */
static int by_address(const struct dirent **a, const struct dirent **b)
{
	size_t x = strlen((*a)->d_name), y = strlen((*b)->d_name);

	return x != y ? (x > y) - (x < y) : strcmp((*a)->d_name, (*b)->d_name);
}

int plx_pci_each(const char *root, plx_pci_each_fn fn, void *arg)
{
	char path[PATH_MAX], address[PLX_PCI_ADDRESS];
	struct dirent **all = NULL;
	int n, err = 0;

	errno = ENAMETOOLONG;
	n = plx_sysfs_path(path, root, DEVICES) ? scandir(path, &all, is_visible, by_address) : -1;
	if (n < 0)
		return errno == ENOMEM
			       ? plx_fail(-ENOMEM, PLX_R_NOMEM, path, "no memory to read %s", path)
			       : plx_fail_sys(-ENODEV, errno, PLX_R_NO_DEVICE, path,
					      "there is no PCI bus here: %s: %s", path,
					      strerror(errno));
	for (int i = 0; i < n; i++) {
		if (!err && !plx_pci_parse_address(all[i]->d_name, address))
			err = fn(arg, address);
		free(all[i]);
	}
	free(all);
	return err;
}
