// SPDX-License-Identifier: BSD-3-Clause
/*
 * usage: lab-wc type1|iommufd IVSHMEM-ADDRESS
 *
 * Write-combining on a prefetchable BAR (memory), and where it is not to be had.
 */
#include "check.h"
#include "device.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MEMORY    2u /* BARs of an ivshmem-plain */
#define REGISTERS 0u

static struct lab_env env;

static struct plx_dev *open_device(const char *address)
{
	struct plx_dev_opts opts = { .backend = env.backend };
	struct plx_dev_attributes attributes = { 0 };
	struct plx_dev *dev;

	must(plx_dev_open(env.ctx, address, &opts, &dev), "%s opens", address);
	must(plx_dev_set_attributes(dev, &attributes), "its attributes are set");
	return dev;
}

static int map(struct plx_dev *dev, unsigned bar, uint32_t protect, volatile uint32_t **va)
{
	volatile void *p;
	uint64_t phys;
	int err;

	must(plx_mmio_bar_to_phys(dev, bar, 0, &phys), "BAR %u's address is told", bar);
	err = plx_iospace_map_ex(dev, phys, bar == MEMORY ? PAGE : 256,
				 PLX_PROT_READWRITE | protect, &p);
	*va = p;
	return err;
}

static void unmap(struct plx_dev *dev, unsigned bar, volatile uint32_t *va)
{
	must(plx_iospace_unmap(dev, va, bar == MEMORY ? PAGE : 256), "BAR %u is unmapped", bar);
}

/* How the kernel has set the page tables: its list of memory types, if it shows that. */
static void check_memory_type(struct plx_dev *dev)
{
	FILE *f = fopen("/sys/kernel/debug/x86/pat_memtype_list", "r");
	unsigned long long first, end;
	char line[256], type[64];
	bool found = false;
	uint64_t phys;

	if (!f) {
		skip("this kernel does not show its memory types", "the pages are write-combining");
		return;
	}
	must(plx_mmio_bar_to_phys(dev, MEMORY, 0, &phys), "BAR 2's address is told");
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "PAT: [mem %llx-%llx] %63s", &first, &end, type) == 3 &&
		    first <= phys && phys < end)
			found |= !strncmp(type, "write-combining", 15);
	fclose(f);
	check(found, "the pages are write-combining");
}

static void test_write_combined(const char *address)
{
	struct plx_dev *dev = open_device(address);
	struct plx_mmio_attr attr;
	volatile uint32_t *va, *other;

	check_err(map(dev, MEMORY, PLX_PROT_WRITECOMBINE | PLX_PROT_STRICT, &va), 0,
		  "a prefetchable BAR is mapped write-combined");
	must(!va, "a prefetchable BAR is mapped write-combined");
	must(plx_mmio_attr(dev, va, &attr), "the mapping is told");
	check(attr.cache == PLX_CACHE_WC && attr.path == PLX_PATH_SYSFS_WC,
	      "it says that it is, and through sysfs");
	check_memory_type(dev);
	va[0] = 0x600df00d;
	check(va[0] == 0x600df00d, "it is written and read");
	check_err(map(dev, MEMORY, PLX_PROT_NOCACHE, &other), -EBUSY,
		  "uncached beside it is refused");
	check(plx_last_error()->reason == PLX_R_CACHE_CONFLICT, "the reason is the cache type");
	unmap(dev, MEMORY, va);
	must(plx_dev_close(dev), "it is closed");
}

static void check_falls_back(struct plx_dev *dev, unsigned bar, const char *where)
{
	struct plx_mmio_attr attr;
	volatile uint32_t *va;

	check_err(map(dev, bar, PLX_PROT_WRITECOMBINE | PLX_PROT_STRICT, &va), -ENOTSUP,
		  "%s: write-combined and nothing else is refused", where);
	check(plx_last_error()->reason == PLX_R_NO_WC, "%s: the reason is that there is none",
	      where);
	must(map(dev, bar, PLX_PROT_WRITECOMBINE, &va), "%s: it is mapped", where);
	must(plx_mmio_attr(dev, va, &attr), "the mapping is told");
	check(attr.cache == PLX_CACHE_UC && attr.path == PLX_PATH_VFIO,
	      "%s: else it falls back to uncached, and says so", where);
	unmap(dev, bar, va);
}

static void test_fallback(const char *address)
{
	struct plx_dev *dev = open_device(address);
	volatile uint32_t *va;

	check_falls_back(dev, REGISTERS, "a BAR that is not prefetchable");
	must(map(dev, MEMORY, PLX_PROT_NOCACHE, &va), "the memory is mapped uncached");
	check(va[0] == 0x600df00d, "what was written write-combined is there");
	check_falls_back(dev, MEMORY, "a BAR that VFIO has mapped");
	unmap(dev, MEMORY, va);
	must(plx_dev_close(dev), "it is closed");
}

int main(int argc, char **argv)
{
	must(argc != 3, "usage: lab-wc type1|iommufd IVSHMEM-ADDRESS");
	lab_begin(&env, argv[1]);
	test_write_combined(argv[2]);
	test_fallback(argv[2]);
	lab_end(&env);
	return checks_end();
}
