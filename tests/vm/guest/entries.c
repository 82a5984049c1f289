// SPDX-License-Identifier: BSD-3-Clause
/*
 * usage: lab-entries type1|iommufd EDU-ADDRESS
 *
 * 60,000 mappings at a time, each of them reached; and beyond type1's limit of 65,535.
 */
#include "check.h"
#include "device.h"
#include "edu_dma.h"
#include "process.h"

#include <errno.h>
#include <string.h>

#define RW (PLX_IOMMU_READ | PLX_IOMMU_WRITE)

#define MAPPINGS 60000u
#define LIMIT    65535u

/* Every other page, so that none continues the one before. */
static uint64_t iova_of(unsigned i)
{
	return 0x1000000 + (uint64_t)i * 2 * PAGE;
}

static bool map_up_to(struct lab_dev *d, unsigned first, unsigned end, uint8_t *page)
{
	for (unsigned i = first; i < end; i++)
		if (lab_try_map(d->domain, RW, page, 1, iova_of(i)))
			return false;
	return true;
}

static void test_reached(struct lab_dev *d, uint8_t *page, unsigned i)
{
	memset(page, 0x69, 16);
	edu_dma(d, DEVICE_READS, iova_of(i), 16);
	memset(page, 0, 16);
	edu_dma(d, DEVICE_WRITES, iova_of(i), 16);
	check(!lab_count_other(page, 16, 0x69), "mapping %u is reached", i);
}

static void test_limit(struct lab_dev *d, uint8_t *page)
{
	struct plx_domain_info info;

	must(plx_domain_info(d->domain, &info, NULL, 0), "the domain tells what is left");
	check(info.mappings_left == LIMIT - MAPPINGS, "%u entries are left (%llu)",
	      LIMIT - MAPPINGS, (unsigned long long)info.mappings_left);
	check(map_up_to(d, MAPPINGS, LIMIT, page), "MAP-18: %u mappings are made", LIMIT);
	check_err(lab_try_map(d->domain, RW, page, 1, iova_of(LIMIT)), -ENOSPC,
		  "MAP-18: one more is refused");
	check(plx_last_error()->reason == PLX_R_DMA_ENTRIES, "MAP-18: for want of entries");
	lab_unmap(d->domain, iova_of(0), 1);
	check_err(lab_try_map(d->domain, RW, page, 1, iova_of(LIMIT)), 0,
		  "once one is unmapped, one more is made");
}

int main(int argc, char **argv)
{
	struct plx_domain_info info;
	struct lab_env env;
	struct lab_dev dev;
	uint8_t *page;

	must(argc != 3, "usage: lab-entries type1|iommufd EDU-ADDRESS");
	lab_begin(&env, argv[1]);
	lab_open(&dev, &env, lab_domain(&env), argv[2]);
	page = lab_pages(1);
	check(map_up_to(&dev, 0, MAPPINGS, page), "%u mappings are made", MAPPINGS);
	must(plx_domain_info(dev.domain, &info, NULL, 0), "the domain tells its mappings");
	check(info.mappings == MAPPINGS, "the domain has %u mappings (%llu)", MAPPINGS,
	      (unsigned long long)info.mappings);
	test_reached(&dev, page, 0);
	test_reached(&dev, page, MAPPINGS / 2);
	test_reached(&dev, page, MAPPINGS - 1);
	if (env.backend == PLX_BACKEND_TYPE1)
		test_limit(&dev, page);
	must(plx_domain_unmap_all(dev.domain), "everything is unmapped");
	check(process_pinned_kib() == 0, "nothing stays pinned");
	lab_close(&dev);
	lab_domain_end(dev.domain);
	lab_end(&env);
	return checks_end();
}
