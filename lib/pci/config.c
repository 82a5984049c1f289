/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Config space of an open device: capabilities, the MSI-X table's place, PCI_COMMAND.
 */
#include "pci/caps.h"
#include "pci/pci_priv.h"

#include <errno.h>
#include <string.h>

#define VENDOR           0x00u
#define COMMAND          0x04u
#define CONFIG_SIZE      4096u
#define CAP_END          0x100u
#define CAP_MSIX         0x11u
#define MSIX_CONTROL     2u
#define MSIX_TABLE       4u
#define MSIX_ENTRY_BYTES 16u

/* A part of config space, little endian as it is; the device is locked. @len: 1, 2, 4. */
static int read_config(struct plx_dev *dev, unsigned off, unsigned len, uint32_t *out)
{
	uint8_t b[4] = { 0 };
	int err = plx_dev_region_read(dev, PLX_REGION_CONFIG, off, b, len);

	*out = err ? 0 : b[0] | b[1] << 8 | b[2] << 16 | (uint32_t)b[3] << 24;
	return err;
}

static int write_config(struct plx_dev *dev, unsigned off, unsigned len, uint32_t value)
{
	const uint8_t b[4] = { (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
			       (uint8_t)(value >> 24) };

	return plx_dev_region_write(dev, PLX_REGION_CONFIG, off, b, len);
}

static int fail_gone(const struct plx_dev *dev)
{
	return plx_fail(-ENODEV, PLX_R_NO_DEVICE, dev->child.name,
			"%s does not answer any more: it was unplugged, or has no power",
			dev->child.name);
}

int plx_config_check_present(struct plx_dev *dev)
{
	uint32_t id;
	int err = read_config(dev, VENDOR, 4, &id);

	if (err)
		return err;
	return id == UINT32_MAX ? fail_gone(dev) : 0;
}

/* --- capabilities --- */

static int read_for_walk(void *dev, unsigned off, unsigned len, uint32_t *out)
{
	return read_config(dev, off, len, out);
}

/* The offset of capability @id; 0 on failure. The device is locked. */
static int find(struct plx_dev *dev, unsigned id, bool extended, unsigned *off)
{
	const uint64_t size = dev->regions[PLX_REGION_CONFIG].size;
	struct plx_caps_walk walk = { .read = read_for_walk,
				      .arg = dev,
				      .size = size < CONFIG_SIZE ? (unsigned)size : CONFIG_SIZE,
				      .extended = extended };
	int err = plx_config_check_present(dev);
	unsigned at = 0, found;

	*off = 0;
	if (err)
		return err;
	while ((err = plx_caps_next(&walk, &found, &at)) > 0)
		if (found == id) {
			*off = at;
			return 0;
		}
	if (!err)
		err = plx_config_check_present(dev); /* it may have gone meanwhile */
	if (err)
		return err;
	return plx_fail(-ENOENT, PLX_R_UNSUPPORTED, dev->child.name, "%s has no %scapability 0x%x",
			dev->child.name, extended ? "extended " : "", id);
}

/* @wanted: the caller has somewhere to put it. */
static int find_for_caller(struct plx_dev *dev, unsigned id, bool extended, bool wanted,
			   unsigned *off)
{
	int err;

	*off = 0;
	err = plx_dev_enter(dev, 1);
	if (err)
		return err;
	return plx_dev_leave(dev, wanted ? find(dev, id, extended, off) : plx_fail_null(3, "off"));
}

int plx_pci_find_cap(struct plx_dev *dev, uint8_t id, uint8_t *off)
{
	unsigned at;
	int err = find_for_caller(dev, id, false, off, &at);

	if (off)
		*off = (uint8_t)at;
	return err;
}

int plx_pci_find_ext_cap(struct plx_dev *dev, uint16_t id, uint16_t *off)
{
	unsigned at;
	int err = find_for_caller(dev, id, true, off, &at);

	if (off)
		*off = (uint16_t)at;
	return err;
}

/* --- the MSI-X table --- */

static int fail_msix(const struct plx_dev *dev, unsigned bar, uint64_t off)
{
	return plx_fail(-EIO, PLX_R_FORMAT, dev->child.name,
			"%s says that its MSI-X table is at 0x%llx of BAR %u, where it cannot be",
			dev->child.name, (unsigned long long)off, bar);
}

int plx_config_find_msix(struct plx_dev *dev)
{
	uint32_t control, table;
	uint64_t off, len;
	unsigned cap;
	int err = find(dev, CAP_MSIX, false, &cap);

	memset(&dev->msix_table, 0, sizeof(dev->msix_table));
	if (err)
		return err == -ENOENT ? 0 : err;
	err = read_config(dev, cap + MSIX_CONTROL, 2, &control);
	if (!err && cap + MSIX_TABLE + 4 > CAP_END)
		err = fail_msix(dev, 0, 0);
	if (!err)
		err = read_config(dev, cap + MSIX_TABLE, 4, &table);
	if (err)
		return err;
	off = table & ~7u;
	len = ((control & 0x7ff) + 1) * MSIX_ENTRY_BYTES;
	if ((table & 7) >= PLX_PCI_BARS || off + len > dev->regions[table & 7].size)
		return fail_msix(dev, table & 7, off);
	dev->msix_table.bar = table & 7;
	dev->msix_table.off = off;
	dev->msix_table.len = len;
	return 0;
}

int plx_dev_msix_table(struct plx_dev *dev, unsigned *bar, uint64_t *off, uint64_t *len)
{
	*bar = dev->msix_table.bar;
	*off = dev->msix_table.off;
	*len = dev->msix_table.len;
	return 0;
}

/* --- PCI_COMMAND --- */

#define OUR_BITS (PLX_PCI_COMMAND_IO | PLX_PCI_COMMAND_MEMORY | PLX_PCI_COMMAND_MASTER)

/* Bits that some handle of the function wants. */
static uint16_t wanted(struct plx_function *f)
{
	uint16_t bits = 0;

	for (unsigned i = 0; i < 3; i++)
		bits |= f->command_users[i] ? (uint16_t)(1u << i) : 0;
	return bits;
}

/* @turn_off: bits that may go off. The function is locked. */
static int apply(struct plx_dev *dev, uint16_t turn_off)
{
	uint16_t want = wanted(dev->function);
	uint32_t is;
	int err = read_config(dev, COMMAND, 2, &is);
	uint32_t becomes = (is & ~(uint32_t)turn_off) | want;

	if (err)
		return err;
	if (is == 0xffff)
		return fail_gone(dev);
	return becomes == is ? 0 : write_config(dev, COMMAND, 2, becomes);
}

static void count(struct plx_dev *dev, uint16_t bits, int by)
{
	for (unsigned i = 0; i < 3; i++)
		if (bits & 1u << i)
			dev->function->command_users[i] += (unsigned)by;
}

/* Set which bits this handle asks for; those that nobody asks for go off. */
static int set_command(struct plx_dev *dev, uint16_t bits)
{
	uint16_t on = bits & (uint16_t)~dev->command, off = dev->command & (uint16_t)~bits;
	int err;

	pthread_mutex_lock(&dev->function->lock);
	count(dev, on, 1);
	count(dev, off, -1);
	err = apply(dev, off);
	if (err) {
		count(dev, off, 1);
		count(dev, on, -1);
	} else {
		dev->command = bits;
	}
	pthread_mutex_unlock(&dev->function->lock);
	return err;
}

int plx_dev_command(struct plx_dev *dev, uint16_t bits)
{
	return set_command(dev, dev->command | bits);
}

int plx_dev_command_off(struct plx_dev *dev, uint16_t bits)
{
	return set_command(dev, dev->command & (uint16_t)~bits);
}

int plx_config_apply_command(struct plx_dev *dev)
{
	int err;

	pthread_mutex_lock(&dev->function->lock);
	err = apply(dev, 0);
	pthread_mutex_unlock(&dev->function->lock);
	return err;
}

/* Another handle keeps what it may use without having asked: decoding. */
int plx_config_drop_command(struct plx_dev *dev)
{
	int err = 0;

	pthread_mutex_lock(&dev->function->lock);
	count(dev, dev->command, -1);
	dev->command = 0;
	if (dev->open)
		err = apply(dev, PLX_PCI_COMMAND_MASTER);
	pthread_mutex_unlock(&dev->function->lock);
	return err;
}

int plx_config_decode_off(struct plx_dev *dev)
{
	return apply(dev, OUR_BITS);
}
