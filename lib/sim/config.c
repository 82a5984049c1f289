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
static uint32_t bar_type(unsigned bar)
{
	uint32_t flags = plx_sim_dummy_bars[bar].flags;

	if (flags & BAR_IO)
		return PCI_BASE_ADDRESS_SPACE_IO;
	return flags & BAR_PREFETCH ? PCI_BASE_ADDRESS_MEM_PREFETCH : 0;
}

static void set_header(uint8_t *c)
{
	set(c, PCI_VENDOR_ID, 2, DUMMY_VENDOR);
	set(c, PCI_DEVICE_ID, 2, DUMMY_DEVICE);
	set(c, PCI_STATUS, 2, PCI_STATUS_CAP_LIST);
	set(c, PCI_REVISION_ID, 1, 1);
	set(c, PCI_CLASS_PROG, 3, DUMMY_CLASS);
	for (unsigned i = 0; i < PLX_SIM_BARS; i++)
		if (plx_sim_dummy_bars[i].size)
			set(c, PCI_BASE_ADDRESS_0 + 4 * i, 4,
			    plx_sim_dummy_bars[i].address | bar_type(i));
	set(c, PCI_SUBSYSTEM_VENDOR_ID, 2, DUMMY_VENDOR);
	set(c, PCI_SUBSYSTEM_ID, 2, DUMMY_DEVICE);
	set(c, PCI_CAPABILITY_LIST, 1, CAP_PM);
	set(c, PCI_INTERRUPT_PIN, 1, 1);
}

static void set_capabilities(uint8_t *c)
{
	set(c, CAP_PM, 2, PCI_CAP_ID_PM | CAP_MSI << 8);
	set(c, CAP_PM + PCI_PM_PMC, 2, 3);
	set(c, CAP_MSI, 2, PCI_CAP_ID_MSI | CAP_MSIX << 8);
	_Static_assert(MSI_VECTORS == 1 << 2, "the field has the exponent");
	set(c, CAP_MSI + PCI_MSI_FLAGS, 2, PCI_MSI_FLAGS_64BIT | 2 << 1);
	set(c, CAP_MSIX, 2, PCI_CAP_ID_MSIX | CAP_EXP << 8);
	set(c, CAP_MSIX + PCI_MSIX_FLAGS, 2, MSIX_VECTORS - 1);
	set(c, CAP_MSIX + PCI_MSIX_TABLE, 4, MSIX_BAR);
	set(c, CAP_MSIX + PCI_MSIX_PBA, 4, 0x800 | MSIX_BAR);
	set(c, CAP_EXP, 2, PCI_CAP_ID_EXP);
	/* A legacy endpoint: others may have no I/O BAR. */
	set(c, CAP_EXP + PCI_EXP_FLAGS, 2, 2 | PCI_EXP_TYPE_LEG_END << 4);
	set(c, CAP_EXP + PCI_EXP_DEVCAP, 4, PCI_EXP_DEVCAP_FLR | PCI_EXP_DEVCAP_RBER);
	set(c, CAP_EXP + PCI_EXP_LNKCAP, 4, 0x11); /* 2.5 GT/s, one lane */
	set(c, CAP_EXP + PCI_EXP_LNKSTA, 2, 0x11);
}

static void set_extended(uint8_t *c, unsigned serial)
{
	set(c, EXT_AER, 4, PCI_EXT_CAP_ID_ERR | 2 << 16 | (uint32_t)EXT_DSN << 20);
	set(c, EXT_DSN, 4, PCI_EXT_CAP_ID_DSN | 1 << 16);
	set(c, EXT_DSN + 4, 8, serial);
}

void plx_sim_config_reset(struct plx_sim_function *f, uint16_t command)
{
	memset(f->config, 0, sizeof(f->config));
	set_header(f->config);
	set_capabilities(f->config);
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

/* The bits of a register of 32 bits that can be written. */
static uint32_t writable(uint32_t off)
{
	unsigned bar = (off - PCI_BASE_ADDRESS_0) / 4;

	if (off >= PCI_BASE_ADDRESS_0 && bar < PLX_SIM_BARS) {
		uint64_t size = plx_sim_dummy_bars[bar].size;

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
	case CAP_PM + PCI_PM_CTRL:
		return PCI_PM_CTRL_STATE_MASK;
	case CAP_MSI: /* the upper half: flags */
		return (uint32_t)(PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE) << 16;
	case CAP_MSI + PCI_MSI_ADDRESS_LO:
		return ~3u;
	case CAP_MSI + PCI_MSI_ADDRESS_HI:
		return ~0u;
	case CAP_MSI + PCI_MSI_DATA_64:
		return 0xffff;
	case CAP_MSIX:
		return (uint32_t)(PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL) << 16;
	case CAP_EXP + PCI_EXP_DEVCTL:
		return 0x7fff;
	default:
		return 0;
	}
}

bool plx_sim_config_write(struct plx_sim_function *f, uint32_t off, const uint8_t *buf,
			  uint32_t len)
{
	const uint32_t flr = CAP_EXP + PCI_EXP_DEVCTL + 1; /* its upper byte */

	for (uint32_t i = 0; i < len; i++) {
		uint32_t at = off + i;
		uint8_t mask = (uint8_t)(writable(at & ~3u) >> 8 * (at & 3));

		f->config[at] = (uint8_t)((f->config[at] & ~mask) | (buf[i] & mask));
	}
	return off <= flr && off + len > flr && buf[flr - off] & PCI_EXP_DEVCTL_BCR_FLR >> 8;
}
