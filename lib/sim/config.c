/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Config space of a simulated function: a header of type 0, capabilities, and which bits can be
 * written (PCI Local Bus Specification 3.0, chapter 6; <linux/pci_regs.h>).
 */
#include "sim/function_priv.h"

#include <linux/pci_regs.h>
#include <string.h>

enum { CAP_PM = 0x40, CAP_MSI = 0x50, CAP_MSIX = 0x70, CAP_EXP = 0x80 };
enum { EXT_AER = 0x100, EXT_DSN = 0x148 };

static void set(uint8_t *config, unsigned off, unsigned bytes, uint64_t value)
{
	for (unsigned i = 0; i < bytes; i++)
		config[off + i] = (uint8_t)(value >> 8 * i);
}

static uint32_t get(const uint8_t *config, unsigned off, unsigned bytes)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value |= (uint32_t)config[off + i] << 8 * i;
	return value;
}

/* The bits of a BAR's register that say what it is. */
static uint32_t bar_type(const struct plx_sim_bar_model *bar)
{
	if (bar->flags & PLX_SIM_BAR_IO)
		return PCI_BASE_ADDRESS_SPACE_IO;
	return bar->flags & PLX_SIM_BAR_PREFETCH ? PCI_BASE_ADDRESS_MEM_PREFETCH : 0;
}

static void set_header(uint8_t *c, const struct plx_sim_model *m)
{
	set(c, PCI_VENDOR_ID, 2, m->vendor);
	set(c, PCI_DEVICE_ID, 2, m->device);
	set(c, PCI_STATUS, 2, PCI_STATUS_CAP_LIST);
	set(c, PCI_REVISION_ID, 1, 1);
	set(c, PCI_CLASS_PROG, 3, m->class_code);
	for (unsigned i = 0; i < PLX_SIM_BARS; i++)
		if (m->bars[i].size)
			set(c, PCI_BASE_ADDRESS_0 + 4 * i, 4,
			    m->bars[i].address | bar_type(&m->bars[i]));
	set(c, PCI_SUBSYSTEM_VENDOR_ID, 2, m->subsystem_vendor);
	set(c, PCI_SUBSYSTEM_ID, 2, m->subsystem_device);
	set(c, PCI_INTERRUPT_PIN, 1, 1);
}

/* Put a capability before those that are in the list. */
static void add_capability(uint8_t *c, unsigned off, unsigned id)
{
	set(c, off, 2, id | get(c, PCI_CAPABILITY_LIST, 1) << 8);
	set(c, PCI_CAPABILITY_LIST, 1, off);
}

static void add_express(uint8_t *c)
{
	add_capability(c, CAP_EXP, PCI_CAP_ID_EXP);
	/* A legacy endpoint: others may have no I/O BAR. */
	set(c, CAP_EXP + PCI_EXP_FLAGS, 2, 2 | PCI_EXP_TYPE_LEG_END << 4);
	set(c, CAP_EXP + PCI_EXP_DEVCAP, 4, PCI_EXP_DEVCAP_FLR | PCI_EXP_DEVCAP_RBER);
	set(c, CAP_EXP + PCI_EXP_LNKCAP, 4, 0x11); /* 2.5 GT/s, one lane */
	set(c, CAP_EXP + PCI_EXP_LNKSTA, 2, 0x11);
}

static void add_msix(uint8_t *c, const struct plx_sim_model *m)
{
	add_capability(c, CAP_MSIX, PCI_CAP_ID_MSIX);
	set(c, CAP_MSIX + PCI_MSIX_FLAGS, 2, m->msix - 1u);
	set(c, CAP_MSIX + PCI_MSIX_TABLE, 4, m->msix_bar);
	set(c, CAP_MSIX + PCI_MSIX_PBA, 4, 0x800u | m->msix_bar);
}

static void add_msi(uint8_t *c, const struct plx_sim_model *m)
{
	const unsigned exponent = (unsigned)__builtin_ctz(m->msi);

	add_capability(c, CAP_MSI, PCI_CAP_ID_MSI);
	set(c, CAP_MSI + PCI_MSI_FLAGS, 2, PCI_MSI_FLAGS_64BIT | exponent << 1);
}

static void set_capabilities(uint8_t *c, const struct plx_sim_model *m)
{
	if (m->can_reset)
		add_express(c);
	if (m->msix)
		add_msix(c, m);
	if (m->msi)
		add_msi(c, m);
	add_capability(c, CAP_PM, PCI_CAP_ID_PM);
	set(c, CAP_PM + PCI_PM_PMC, 2, 3);
}

static void set_extended(uint8_t *c, unsigned serial)
{
	set(c, EXT_AER, 4, PCI_EXT_CAP_ID_ERR | 2 << 16 | (uint32_t)EXT_DSN << 20);
	set(c, EXT_DSN, 4, PCI_EXT_CAP_ID_DSN | 1 << 16);
	set(c, EXT_DSN + 4, 8, serial);
}

unsigned plx_sim_config_size(const struct plx_sim_function *f)
{
	return f->model->can_reset ? CONFIG_SIZE : PCI_CFG_SPACE_SIZE;
}

void plx_sim_config_reset(struct plx_sim_function *f, uint16_t command)
{
	memset(f->config, 0, sizeof(f->config));
	set_header(f->config, f->model);
	set_capabilities(f->config, f->model);
	if (f->model->can_reset)
		set_extended(f->config, f->spec.id);
	set(f->config, PCI_COMMAND, 2, command);
}

uint16_t plx_sim_command(const struct plx_sim_function *f)
{
	return (uint16_t)get(f->config, PCI_COMMAND, 2);
}

void plx_sim_wake(struct plx_sim_function *f)
{
	f->config[CAP_PM + PCI_PM_CTRL] &= (uint8_t)~PCI_PM_CTRL_STATE_MASK;
}

bool plx_sim_decodes_memory(const struct plx_sim_function *f)
{
	return plx_sim_command(f) & MEMORY_DECODE &&
	       !(f->config[CAP_PM + PCI_PM_CTRL] & PCI_PM_CTRL_STATE_MASK);
}

/* The bits of a register of 32 bits that can be written: of the header, of capabilities. */
static uint32_t header_writable(const struct plx_sim_model *m, uint32_t off)
{
	unsigned bar = (off - PCI_BASE_ADDRESS_0) / 4;

	if (off >= PCI_BASE_ADDRESS_0 && bar < PLX_SIM_BARS) {
		uint64_t size = m->bars[bar].size;

		return size ? (uint32_t) ~(size - 1) : 0;
	}
	switch (off) {
	case PCI_COMMAND:
		return IO_DECODE | MEMORY_DECODE | BUS_MASTER | PCI_COMMAND_PARITY |
		       PCI_COMMAND_SERR | INTX_DISABLE;
	case PCI_CACHE_LINE_SIZE:
		return 0xffff; /* and the latency timer */
	case PCI_INTERRUPT_LINE:
		return 0xff;
	default:
		return 0;
	}
}

static uint32_t msi_writable(uint32_t off)
{
	switch (off) {
	case CAP_MSI: /* the upper half: flags */
		return (uint32_t)(PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE) << 16;
	case CAP_MSI + PCI_MSI_ADDRESS_LO:
		return ~3u;
	case CAP_MSI + PCI_MSI_ADDRESS_HI:
		return ~0u;
	case CAP_MSI + PCI_MSI_DATA_64:
		return 0xffff;
	default:
		return 0;
	}
}

static uint32_t writable(const struct plx_sim_model *m, uint32_t off)
{
	if (off < PCI_STD_HEADER_SIZEOF)
		return header_writable(m, off);
	if (off == CAP_PM + PCI_PM_CTRL)
		return PCI_PM_CTRL_STATE_MASK;
	if (m->msi && off >= CAP_MSI && off < CAP_MSIX)
		return msi_writable(off);
	if (m->msix && off == CAP_MSIX)
		return (uint32_t)(PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL) << 16;
	return m->can_reset && off == CAP_EXP + PCI_EXP_DEVCTL ? 0x7fff : 0;
}

bool plx_sim_config_write(struct plx_sim_function *f, uint32_t off, const uint8_t *buf,
			  uint32_t len)
{
	const uint32_t flr = CAP_EXP + PCI_EXP_DEVCTL + 1; /* its upper byte */

	for (uint32_t i = 0; i < len; i++) {
		uint32_t at = off + i;
		uint8_t mask = (uint8_t)(writable(f->model, at & ~3u) >> 8 * (at & 3));

		f->config[at] = (uint8_t)((f->config[at] & ~mask) | (buf[i] & mask));
	}
	return f->model->can_reset && off <= flr && off + len > flr &&
	       buf[flr - off] & PCI_EXP_DEVCTL_BCR_FLR >> 8;
}
