/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Config space is reached by mechanism 1 (PCI Local Bus 3.0, 3.2.2.3.2), bridges are set up as the
 * PCI-to-PCI Bridge Architecture Specification 1.2, 3.2.5 says.
 */
#include "qtest/bus.h"

#include <linux/pci_regs.h>

#define CONFIG_ADDRESS 0xcf8
#define CONFIG_DATA    0xcfc

/* Bus << 8 | device << 3 | function. */
#define HOST_BRIDGE 0u
#define ROOT_PORT   (2u << 3)
#define CARD        (1u << 8)

/*
 * ACPI PCI hotplug of q35 (QEMU, docs/specs/acpi_pci_hotplug.rst): select a bus, then eject slots.
 */
#define HOTPLUG       0x0cc0
#define HOTPLUG_EJECT (HOTPLUG + 0x08)
#define HOTPLUG_BUS   (HOTPLUG + 0x10)

/*
 * The memory controller of q35 (Intel, 3 Series Express Chipset datasheet, 5.1.23 to 5.1.30,
 * 5.1.35)
 */
#define PAM0         0x90 /* 0xf0000; */
#define PAM1         0x91 /* to PAM6: 32 KiB each from 0xc0000 on */
#define PAM6         0x96
#define PAM_RAM      0x33 /* reads and writes go to memory, in both halves */
#define SMRAM        0x9d
#define SMRAM_D_OPEN 0x4a /* 0xa0000 to 0xbffff is memory to all; on; where it is */

static void select_config(struct qtest *t, unsigned function, unsigned off)
{
	qtest_out(t, CONFIG_ADDRESS, 4, 0x80000000u | function << 8 | (off & 0xfcu));
}

static uint32_t get(struct qtest *t, unsigned function, unsigned off, unsigned bytes)
{
	select_config(t, function, off);
	return qtest_in(t, (uint16_t)(CONFIG_DATA + (off & 3)), bytes);
}

static void put(struct qtest *t, unsigned function, unsigned off, unsigned bytes, uint32_t value)
{
	select_config(t, function, off);
	qtest_out(t, (uint16_t)(CONFIG_DATA + (off & 3)), bytes, value);
}

/* A PC has no memory from 640 KiB to 1 MiB, unless it is told to. A driver's IOVAs may be there. */
static void fill_memory_hole(struct qtest *t)
{
	put(t, HOST_BRIDGE, PAM0, 1, PAM_RAM & 0xf0);
	for (unsigned pam = PAM1; pam <= PAM6; pam++)
		put(t, HOST_BRIDGE, pam, 1, PAM_RAM);
	put(t, HOST_BRIDGE, SMRAM, 1, SMRAM_D_OPEN);
}

/* One bus behind the port, with a MiB of registers and 4 Ki ports. */
static void set_port_up(struct qtest *t)
{
	put(t, ROOT_PORT, PCI_PRIMARY_BUS, 1, 0);
	put(t, ROOT_PORT, PCI_SECONDARY_BUS, 1, 1);
	put(t, ROOT_PORT, PCI_SUBORDINATE_BUS, 1, 1);
	put(t, ROOT_PORT, PCI_MEMORY_BASE, 2, BUS_MEMORY >> 16);
	put(t, ROOT_PORT, PCI_MEMORY_LIMIT, 2, BUS_MEMORY >> 16);
	put(t, ROOT_PORT, PCI_IO_BASE, 1, BUS_PORTS >> 8);
	put(t, ROOT_PORT, PCI_IO_LIMIT, 1, BUS_PORTS >> 8);
	put(t, ROOT_PORT, PCI_COMMAND, 2, PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

static unsigned bar_register(unsigned bar)
{
	return PCI_BASE_ADDRESS_0 + 4 * bar;
}

/*
 * All ones are written: the bits that stay 0 say how large it is. The cards here have no 64-bit
 * BARs.
 */
static struct bus_bar size_bar(struct qtest *t, unsigned bar)
{
	struct bus_bar b = { 0 };
	uint32_t mask, value;

	put(t, CARD, bar_register(bar), 4, UINT32_MAX);
	value = get(t, CARD, bar_register(bar), 4);
	b.io = value & PCI_BASE_ADDRESS_SPACE_IO;
	mask = b.io ? (uint32_t)PCI_BASE_ADDRESS_IO_MASK : (uint32_t)PCI_BASE_ADDRESS_MEM_MASK;
	b.size = value & mask ? -(value & mask) & UINT32_MAX : 0;
	return b;
}

/* Each at a multiple of its size. */
static void choose_addresses(struct bus_card *c)
{
	uint64_t memory = BUS_MEMORY, ports = BUS_PORTS;

	for (unsigned i = 0; i < BUS_BARS; i++) {
		struct bus_bar *b = &c->bars[i];
		uint64_t *at = b->io ? &ports : &memory;

		if (!b->size)
			continue;
		b->address = (*at + b->size - 1) & ~(b->size - 1);
		*at = b->address + b->size;
	}
}

static void place(struct qtest *t, const struct bus_card *c)
{
	for (unsigned i = 0; i < BUS_BARS; i++)
		if (c->bars[i].size)
			put(t, CARD, bar_register(i), 4, (uint32_t)c->bars[i].address);
	put(t, CARD, PCI_COMMAND, 2, c->command);
}

bool bus_scan(struct qtest *t, struct bus_card *c)
{
	qtest_lock(t);
	fill_memory_hole(t);
	set_port_up(t);
	*c = (struct bus_card){ .id = get(t, CARD, PCI_VENDOR_ID, 4) };
	if (c->id != UINT32_MAX) {
		c->class_code = get(t, CARD, PCI_CLASS_REVISION, 4) >> 8;
		for (unsigned i = 0; i < BUS_BARS; i++)
			c->bars[i] = size_bar(t, i);
		choose_addresses(c);
		place(t, c);
	}
	qtest_unlock(t);
	return c->id != UINT32_MAX;
}

void bus_command(struct qtest *t, struct bus_card *c, uint16_t command)
{
	qtest_lock(t);
	c->command = command;
	put(t, CARD, PCI_COMMAND, 2, command);
	qtest_unlock(t);
}

void bus_reset(struct qtest *t, struct bus_card *c)
{
	uint32_t control;

	qtest_lock(t);
	control = get(t, ROOT_PORT, PCI_BRIDGE_CONTROL, 2) & ~(uint32_t)PCI_BRIDGE_CTL_BUS_RESET;
	put(t, ROOT_PORT, PCI_BRIDGE_CONTROL, 2, control | PCI_BRIDGE_CTL_BUS_RESET);
	put(t, ROOT_PORT, PCI_BRIDGE_CONTROL, 2, control);
	place(t, c);
	qtest_unlock(t);
}

void bus_eject(struct qtest *t)
{
	qtest_lock(t);
	qtest_out(t, HOTPLUG_BUS, 4, 0);
	qtest_out(t, HOTPLUG_EJECT, 4, 1u << 0);
	qtest_unlock(t);
}
