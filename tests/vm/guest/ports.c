// SPDX-License-Identifier: BSD-3-Clause
/*
 * usage: lab-ports type1|iommufd RTL8139-ADDRESS E1000E-ADDRESS
 *
 * I/O ports of real device models, against what the same registers are in memory.
 */
#include "check.h"
#include "device.h"

#include <errno.h>
#include <string.h>

static plx_ioport_t register_bar(struct plx_dev *dev, unsigned bar, uint32_t *first,
				 uint32_t *count)
{
	struct plx_bar facts;
	plx_ioport_t base;
	uint64_t port;

	must(plx_dev_bar(dev, bar, &facts), "BAR %u is told", bar);
	check(facts.io && facts.size, "BAR %u has %llu I/O ports", bar,
	      (unsigned long long)facts.size);
	must(plx_mmio_bar_to_phys(dev, bar, 0, &port), "its first port is told");
	*first = (uint32_t)port;
	*count = (uint32_t)facts.size;
	must(plx_ioport_register(dev, *first, *count, &base), "the ports are claimed");
	return base;
}

/* The Ethernet address, read byte by byte, in twos and fours, is the one in memory. */
static void test_widths(struct plx_dev *dev, plx_ioport_t base)
{
	uint8_t bytes[8], in_memory[8];
	uint16_t words[4];
	uint32_t longs[2];

	for (unsigned i = 0; i < 8; i++)
		bytes[i] = plx_raw_in8(base + i);
	for (unsigned i = 0; i < 4; i++)
		words[i] = plx_raw_in16(base + 2 * i);
	for (unsigned i = 0; i < 2; i++)
		longs[i] = plx_raw_in32(base + 4 * i);
	must(plx_region_read(dev, 1, 0, in_memory, 4), "BAR 1 is read");
	must(plx_region_read(dev, 1, 4, in_memory + 4, 4), "BAR 1 is read");
	check(!memcmp(bytes, in_memory, 6), "RTL8139: ports read as bytes give what memory gives");
	check(!memcmp(words, bytes, 6), "RTL8139: ports read as words give the same");
	check(!memcmp(longs, bytes, 6), "RTL8139: ports read as long words give the same");
}

static void test_rtl8139(struct lab_env *env, const char *address)
{
	struct plx_dev_opts opts = { .backend = env->backend };
	struct plx_dev_attributes attributes = { 0 };
	uint32_t first, count, value = 0;
	uint8_t string[4], one;
	plx_ioport_t base;
	struct plx_dev *dev;

	must(plx_dev_open(env->ctx, address, &opts, &dev), "%s opens", address);
	must(plx_dev_set_attributes(dev, &attributes), "its attributes are set");
	base = register_bar(dev, 0, &first, &count);
	test_widths(dev, base);
	plx_raw_out32(base, 0x11223344);
	must(plx_region_read(dev, 1, 0, &value, 4), "BAR 1 is read");
	check(value == 0x11223344, "RTL8139: what is written to ports is in memory");
	value = 0x55667788;
	must(plx_region_write(dev, 1, 0, &value, 4), "BAR 1 is written");
	check(plx_raw_in32(base) == value, "RTL8139: what is written to memory is in ports");
	plx_raw_ins8(base, string, 4);
	one = plx_raw_in8(base);
	check(string[0] == one && string[1] == one && string[2] == one && string[3] == one,
	      "a string is one port, many times");
	must(plx_ioport_deregister(dev, first, count, base), "the ports are given back");
	check(plx_raw_in8(base) == 0xff, "ports that were given back read as all ones");
	must(plx_dev_close(dev), "%s is closed", address);
}

/* IOADDR and IODATA: any register through two ports (82574 datasheet, 10.2.1). */
static void test_e1000e(struct lab_env *env, const char *address)
{
	struct plx_dev_opts opts = { .backend = env->backend };
	struct plx_dev_attributes attributes = { 0 };
	const uint32_t ral0 = 0x5400;
	struct plx_regs regs;
	struct plx_dev *dev;
	uint32_t first, count;
	plx_ioport_t base;

	must(plx_dev_open(env->ctx, address, &opts, &dev), "%s opens", address);
	must(plx_dev_set_attributes(dev, &attributes), "its attributes are set");
	must(plx_regs_open(dev, 0, &regs), "its registers are mapped");
	base = register_bar(dev, 2, &first, &count);
	plx_raw_out32(base, ral0);
	check(plx_raw_in32(base + 4) == plx_reg_read32(&regs, ral0),
	      "e1000e: RAL0 is the same through ports and memory");
	plx_raw_out32(base + 4, 0xabcdef12);
	check(plx_reg_read32(&regs, ral0) == 0xabcdef12,
	      "e1000e: what is written through ports is in memory");
	must(plx_ioport_deregister(dev, first, count, base), "the ports are given back");
	plx_regs_close(&regs);
	must(plx_dev_close(dev), "%s is closed", address);
}

int main(int argc, char **argv)
{
	struct lab_env env;

	must(argc != 4, "usage: lab-ports type1|iommufd RTL8139-ADDRESS E1000E-ADDRESS");
	lab_begin(&env, argv[1]);
	test_rtl8139(&env, argv[2]);
	test_e1000e(&env, argv[3]);
	lab_end(&env);
	return checks_end();
}
