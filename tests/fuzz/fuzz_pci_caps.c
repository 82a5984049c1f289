/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Config space from anywhere: every walk ends, reads inside of it, and says what is true.
 *
 *	clang -fsanitize=fuzzer,address,undefined: libFuzzer finds the inputs
 *	-DFUZZ_MAIN: random inputs, or the files that are named
 */
#include "pci/pci_priv.h"

#include "split.h"

#include <errno.h>
#include <linux/pci_regs.h>

#define CONFIG 4096u
/* Two reads a capability, those of presence, and no more. */
#define READS_MAX (4 * (CONFIG / 4))

static uint8_t config[CONFIG];
static uint32_t size, reads;

static int read_config(struct plx_dev *dev, unsigned region, uint64_t off, void *buf, uint32_t len)
{
	(void)dev;
	must(region == PLX_REGION_CONFIG && off < size && len <= size - off);
	must(++reads <= READS_MAX);
	memcpy(buf, config + off, len);
	return 0;
}

static const struct plx_transport transport = { .name = "fuzz", .read = read_config };
static struct plx_function function;
static struct plx_dev device = {
	.child.name = "fuzz",
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.function = &function,
	.transport = &transport,
	.open = true,
};

/* Of 256 or of 4096 bytes, as the first byte of the input says; what it does not fill is zero. */
static void load(const uint8_t *data, size_t n)
{
	size = data[0] & 1 ? CONFIG : 256;
	memset(config, 0, sizeof(config));
	memcpy(config, data + 1, n - 1 < size ? n - 1 : size);
	memset(device.regions, 0, sizeof(device.regions));
	for (unsigned i = 0; i < PLX_REGIONS; i++)
		device.regions[i].size = i == PLX_REGION_CONFIG ? size : 0x1000u << i;
	device.regions[PLX_REGION_CONFIG].can_read = true;
}

static uint32_t word(unsigned off)
{
	return config[off] | config[off + 1] << 8 | config[off + 2] << 16 |
	       (uint32_t)config[off + 3] << 24;
}

static void check_cap(uint8_t id)
{
	uint8_t off = 1;
	int err;

	reads = 0;
	err = plx_pci_find_cap(&device, id, &off);
	must(err == 0 || err == -ENOENT || err == -ENODEV);
	must(err ? off == 0 : off >= 0x40 && config[off] == id);
}

static void check_ext_cap(uint16_t id)
{
	uint16_t off = 1;
	int err;

	reads = 0;
	err = plx_pci_find_ext_cap(&device, id, &off);
	must(err == 0 || err == -ENOENT || err == -ENODEV);
	must(err ? off == 0 : off >= 0x100 && off % 4 == 0 && (word(off) & 0xffff) == id);
}

static void check_msix(void)
{
	uint64_t off, len;
	unsigned bar;
	int err;

	reads = 0;
	err = plx_config_find_msix(&device);
	must(err == 0 || err == -EIO || err == -ENODEV);
	must(!plx_dev_msix_table(&device, &bar, &off, &len));
	must(!len || (bar < PLX_PCI_BARS && off + len <= device.regions[bar].size));
	must(!err || !len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (!n)
		return 0;
	load(data, n);
	for (unsigned id = 0; id <= PCI_CAP_ID_MAX; id++)
		check_cap((uint8_t)id);
	check_cap(0xff);
	check_cap(data[n - 1]);
	for (unsigned id = 0; id <= PCI_EXT_CAP_ID_MAX; id++)
		check_ext_cap((uint16_t)id);
	check_ext_cap(0xffff);
	check_ext_cap((uint16_t)(data[n - 1] << 8 | data[n / 2]));
	check_msix();
	return 0;
}

#ifdef FUZZ_MAIN

/* A function with a list of capabilities, that leads anywhere. */
static void random_config(uint8_t *input, size_t n, unsigned round)
{
	for (size_t i = 0; i < n; i++)
		input[i] = (uint8_t)(rand() >> 8);
	if (n < 0x40)
		return;
	input[0] = (uint8_t)round;
	input[1 + 0x06] |= 0x10;
	for (size_t i = 1 + 0x40; i + 4 < n && round % 3; i += 4)
		input[i] = (uint8_t)((rand() >> 8) % 0x15);
}

int main(int argc, char **argv)
{
	return run_inputs(argc, argv, 10000, random_config);
}

#endif
