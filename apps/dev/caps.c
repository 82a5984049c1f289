/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Config space as sysfs shows it.
 */
#include "dev/caps.h"
#include "pci/caps.h"
#include "pci/sysfs.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define PIN     0x3d
#define HEADER  0x40
#define ID_MSI  0x05
#define ID_MSIX 0x11

static uint16_t word(const struct config *c, unsigned at)
{
	return (uint16_t)(c->bytes[at] | c->bytes[at + 1] << 8);
}

static int read_shown(void *arg, unsigned off, unsigned len, uint32_t *out)
{
	const struct config *c = arg;

	*out = 0;
	for (unsigned i = 0; i < len; i++)
		*out |= (uint32_t)c->bytes[off + i] << 8 * i;
	return 0;
}

static void walk(struct config *c, bool extended)
{
	struct plx_caps_walk w = {
		.read = read_shown, .arg = c, .size = (unsigned)c->len, .extended = extended
	};
	unsigned id, off;

	while (c->n_caps < CAPS_MAX && plx_caps_next(&w, &id, &off) > 0)
		c->caps[c->n_caps++] = (struct cap){ (uint16_t)id, (uint16_t)off, extended };
	c->broken |= w.broken;
}

static void read_interrupts(struct config *c)
{
	c->pin = c->bytes[PIN] <= 4 ? c->bytes[PIN] : 0;
	for (unsigned i = 0; i < c->n_caps; i++) {
		const struct cap *cap = &c->caps[i];

		if (!cap->extended && cap->id == ID_MSI && (word(c, cap->offset + 2) >> 1 & 7) < 6)
			c->msi = 1u << (word(c, cap->offset + 2) >> 1 & 7);
		if (!cap->extended && cap->id == ID_MSIX)
			c->msix = (word(c, cap->offset + 2) & 0x7ff) + 1u;
	}
}

static void read_bytes(struct app *app, const char *address, struct config *c)
{
	char path[PATH_MAX];
	ssize_t n = -1;
	int fd = -1;

	if (plx_sysfs_path(path, app->sys, "bus/pci/devices/%s/config", address))
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0) {
		n = pread(fd, c->bytes, sizeof(c->bytes), 0);
		close(fd);
	}
	c->len = n > 0 ? (size_t)n : 0;
}

bool config_parse(struct config *out)
{
	if (out->len < HEADER || word(out, 0) == 0xffff) { /* gone, or asleep */
		out->len = 0;
		return false;
	}
	walk(out, false);
	walk(out, true);
	read_interrupts(out);
	return true;
}

bool config_read(struct app *app, const char *address, struct config *out)
{
	memset(out, 0, sizeof(*out));
	read_bytes(app, address, out);
	return config_parse(out);
}

const char *cap_name(const struct cap *cap)
{
	static const char *const names[] = {
		[0x01] = "power management",
		[0x03] = "VPD",
		[0x05] = "MSI",
		[0x07] = "PCI-X",
		[0x09] = "vendor's",
		[0x0d] = "bridge subsystem",
		[0x10] = "PCI Express",
		[0x11] = "MSI-X",
		[0x12] = "SATA",
		[0x13] = "AF",
		[0x14] = "EA",
	};
	static const char *const extended[] = {
		[0x01] = "AER",
		[0x02] = "VC",
		[0x03] = "serial number",
		[0x0b] = "vendor's",
		[0x0d] = "ACS",
		[0x0e] = "ARI",
		[0x0f] = "ATS",
		[0x10] = "SR-IOV",
		[0x13] = "PRI",
		[0x15] = "REBAR",
		[0x17] = "TPH",
		[0x18] = "LTR",
		[0x19] = "secondary PCI Express",
		[0x1b] = "PASID",
		[0x1d] = "DPC",
		[0x1e] = "L1 PM",
		[0x1f] = "PTM",
		[0x23] = "DVSEC",
		[0x25] = "data link feature",
		[0x26] = "16 GT/s",
		[0x27] = "lane margining",
	};
	const char *const *table = cap->extended ? extended : names;
	size_t n = cap->extended ? sizeof(extended) / sizeof(extended[0])
				 : sizeof(names) / sizeof(names[0]);

	return cap->id < n ? table[cap->id] : NULL;
}
