// SPDX-License-Identifier: BSD-3-Clause
/*
 * usage: lab-noiommu EDU-ADDRESS off|on
 *
 * A machine without an IOMMU; off and on: whether the kernel was told to hand out devices all the same.
 */
#include "check.h"
#include "device.h"
#include "edu_dma.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct plx_ctx *ctx;

static int try_open(const char *address, bool allow, enum plx_backend backend, struct plx_dev **dev)
{
	struct plx_dev_opts opts = { .allow_noiommu = allow, .backend = backend };

	return plx_dev_open(ctx, address, &opts, dev);
}

/* The library does not tell physical addresses; /proc/self/pagemap tells them to root. */
static uint64_t physical(const void *va)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry;

	must(fd < 0, "/proc/self/pagemap opens");
	must(pread(fd, &entry, 8, (off_t)((uintptr_t)va / PAGE * 8)) != 8, "pagemap is read");
	close(fd);
	return (entry & ((1ull << 55) - 1)) * PAGE;
}

static void test_dma(const char *address, struct plx_dev *dev)
{
	struct plx_dev_attributes attributes = { .bus_master = true };
	struct lab_dev d = { .address = address, .dev = dev };
	uint8_t *page = lab_pages(1);
	uint64_t pa;

	must(mlock(page, PAGE), "a page is locked");
	memset(page, 0x3c, PAGE);
	pa = physical(page);
	must(plx_dev_set_attributes(dev, &attributes), "it becomes bus master");
	must(plx_regs_open(dev, 0, &d.regs), "its registers are mapped");
	edu_dma(&d, DEVICE_READS, pa, 512);
	memset(page, 0, PAGE);
	edu_dma(&d, DEVICE_WRITES, pa + 1024, 512);
	check(!lab_count_other(page + 1024, 512, 0x3c), "it reaches memory by physical address");
	plx_regs_close(&d.regs);
}

static void test_mapping(struct plx_dev *dev)
{
	struct plx_domain *domain;
	struct plx_domain_info info;

	must(plx_dev_domain(dev, &domain), "it has a domain");
	check_err(lab_try_map(domain, PLX_IOMMU_READ, lab_pages(1), 1, 0x100000), -EINVAL,
		  "MAP-1: nothing can be mapped in its domain");
	check(plx_last_error()->reason == PLX_R_DOMAIN_TYPE && plx_last_error()->arg == 1,
	      "MAP-1: for that is no translating one, argument 1");
	must(plx_domain_info(domain, &info, NULL, 0), "the domain tells of itself");
}

int main(int argc, char **argv)
{
	struct plx_dev *dev;
	const char *address;
	bool on;

	must(argc != 3, "usage: lab-noiommu EDU-ADDRESS off|on");
	address = argv[1];
	on = !strcmp(argv[2], "on");
	must(plx_ctx_create(NULL, &ctx), "a context is made");
	if (!on) {
		check(try_open(address, false, PLX_BACKEND_AUTO, &dev) == -ENODEV,
		      "without an IOMMU a device does not open");
		note("%s", plx_last_error()->text);
		check(try_open(address, true, PLX_BACKEND_NOIOMMU, &dev) == -ENODEV,
		      "nor with allow_noiommu, when the kernel does not permit it");
		note("%s", plx_last_error()->text);
		return checks_end();
	}
	check_err(try_open(address, false, PLX_BACKEND_AUTO, &dev), -EPERM,
		  "no-iommu is refused to who does not say allow_noiommu");
	check(plx_last_error()->reason == PLX_R_NO_IOMMU, "the reason is that there is no IOMMU");
	check(strstr(plx_last_error()->text, "allow_noiommu"), "the sentence names allow_noiommu");
	check_err(try_open(address, true, PLX_BACKEND_AUTO, &dev), 0,
		  "with allow_noiommu it opens");
	test_mapping(dev);
	test_dma(address, dev);
	must(plx_dev_close(dev), "it is closed");
	must(plx_ctx_destroy(ctx), "the context is ended");
	return checks_end();
}
