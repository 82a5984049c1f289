// SPDX-License-Identifier: BSD-3-Clause
/*
 * usage: lab-domain type1|iommufd EDU-ADDRESS BITS
 *
 * Where a domain can map: not in the MSI window, not above the IOMMU's BITS, but up to there. The edu
 * needs dma_mask=0xffffffffffff.
 */
#include "check.h"
#include "device.h"
#include "edu_dma.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RW (PLX_IOMMU_READ | PLX_IOMMU_WRITE)

#define MSI_FIRST 0xfee00000u
#define MSI_END   0xfef00000u

static void test_info(struct plx_domain *domain, unsigned bits)
{
	struct plx_iova_range ranges[8];
	struct plx_domain_info info;

	must(plx_domain_info(domain, &info, ranges, 8), "the domain tells its ranges");
	check(info.address_width == bits, "the IOMMU has %u bits (it says %u)", bits,
	      info.address_width);
	check(info.n_ranges == 2 && ranges[0].last == MSI_FIRST - 1 && ranges[1].first == MSI_END,
	      "the usable ranges leave the MSI window out");
	check(ranges[1].last == (1ull << bits) - 1, "and end with the last of %u bits", bits);
	check(info.page_sizes & PAGE, "pages of 4 KiB are known");
}

static void test_msi_window(struct plx_domain *domain, uint8_t *page)
{
	check_err(lab_try_map(domain, RW, page, 1, MSI_FIRST), -EADDRNOTAVAIL,
		  "MAP-6: the MSI window is refused");
	check(plx_last_error()->reason == PLX_R_IOVA_RESERVED && plx_last_error()->arg == 4,
	      "MAP-6: as reserved, argument 4");
	check_err(lab_try_map(domain, RW, page, 2, MSI_FIRST - PAGE), -EADDRNOTAVAIL,
		  "MAP-6: a range into the MSI window is refused");
	check_err(lab_try_map(domain, RW, page, 1, MSI_END - PAGE), -EADDRNOTAVAIL,
		  "MAP-6: the last page of the MSI window is refused");
}

/* What is mapped at @iova is reached. */
static void test_reached(struct lab_dev *d, uint8_t *page, uint64_t iova, const char *where)
{
	uint8_t *from = page + PAGE;

	memset(page, 0, PAGE);
	memset(from, 0x5a, PAGE);
	lab_map(d->domain, PLX_IOMMU_READ, from, 1, 0x10000);
	edu_dma(d, DEVICE_READS, 0x10000, 256);
	lab_unmap(d->domain, 0x10000, 1);
	lab_map(d->domain, RW, page, 1, iova);
	edu_dma(d, DEVICE_WRITES, iova, 256);
	check(!lab_count_other(page, 256, 0x5a) && !lab_count_other(page + 256, PAGE - 256, 0),
	      "%s (0x%llx) is reached", where, (unsigned long long)iova);
	lab_unmap(d->domain, iova, 1);
}

static void test_width(struct lab_dev *d, uint8_t *page, unsigned bits)
{
	uint64_t end = 1ull << bits, min = end - 16 * PAGE;
	struct plx_phys phys = { .type = PLX_PHYS_CONTIG, .contig = { (uintptr_t)page, PAGE } };
	uint64_t iova;

	check_err(lab_try_map(d->domain, RW, page, 1, end), -EADDRNOTAVAIL,
		  "MAP-6: beyond %u bits is refused", bits);
	check_err(lab_try_map(d->domain, RW, page, 2, end - PAGE), -EADDRNOTAVAIL,
		  "MAP-6: a range that ends beyond %u bits is refused", bits);
	test_reached(d, page, end - PAGE, "the last page");
	test_reached(d, page, MSI_FIRST - PAGE, "the page below the MSI window");
	test_reached(d, page, MSI_END, "the page above the MSI window");
	check_err(plx_iommu_map(d->domain, RW, &phys, NULL, &min, NULL, &iova), 0,
		  "the allocator maps up there, too");
	check(iova == min, "at the lowest address of the window");
	lab_unmap(d->domain, iova, 1);
}

int main(int argc, char **argv)
{
	struct plx_domain *domain;
	struct lab_env env;
	struct lab_dev dev;
	uint8_t *pages;
	unsigned bits;

	must(argc != 4, "usage: lab-domain type1|iommufd EDU-ADDRESS BITS");
	bits = (unsigned)atoi(argv[3]);
	lab_begin(&env, argv[1]);
	domain = lab_domain(&env);
	lab_open(&dev, &env, domain, argv[2]);
	pages = lab_pages(2);
	test_info(domain, bits);
	test_msi_window(domain, pages);
	test_width(&dev, pages, bits);
	lab_close(&dev);
	lab_domain_end(domain);
	lab_end(&env);
	return checks_end();
}
