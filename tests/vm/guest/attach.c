// SPDX-License-Identifier: BSD-3-Clause
/*
 * usage: lab-attach type1|iommufd EDU-ADDRESS [EDU-ADDRESS]
 *
 * A device leaves its domain and enters another one (DEV-1 .. DEV-6). With two, which are of one group: both are
 * in one domain, or the second is in none.
 */
#include "check.h"
#include "device.h"
#include "edu_dma.h"

#include <errno.h>
#include <string.h>

#define RW (PLX_IOMMU_READ | PLX_IOMMU_WRITE)

#define IOVA 0x100000u
#define LEN  256u

struct lab {
	struct lab_env env;
	struct lab_dev dev;
	struct plx_domain *first, *second;
	uint8_t *in_first, *in_second; /* each a page at IOVA */
	bool type1;
};

static void check_reason(enum plx_reason reason, const char *rule)
{
	check(plx_last_error()->reason == reason, "%s: the reason is '%s' (it is '%s')", rule,
	      plx_reason_str((uint16_t)reason), plx_reason_str(plx_last_error()->reason));
}

/* The device writes what it reads at IOVA behind it: only @page, which is mapped there, changes. */
static void check_reaches(struct lab *l, uint8_t *page, uint8_t * not, const char *when)
{
	memset(page, 0x42, LEN);
	memset(page + LEN, 0, LEN);
	memset(not, 0, PAGE);
	edu_dma(&l->dev, DEVICE_READS, IOVA, LEN);
	edu_dma(&l->dev, DEVICE_WRITES, IOVA + LEN, LEN);
	check(!lab_count_other(page + LEN, LEN, 0x42) && !lab_count_other(not, PAGE, 0),
	      "%s: the device reaches that domain's memory", when);
}

static void test_attached(struct lab *l)
{
	struct plx_domain *which;

	must(plx_dev_domain(l->dev.dev, &which), "the device tells its domain");
	check(which == l->first, "the device is in the first domain");
	check_err(plx_domain_attach(l->second, l->dev.dev), -EBUSY,
		  "DEV-1: attached, it is not attached again");
	check_reason(PLX_R_ALREADY_ATTACHED, "DEV-1");
	lab_map(l->first, RW, l->in_first, 1, IOVA);
	check_reaches(l, l->in_first, l->in_second, "the first domain");
}

/* Type1 takes mappings away with the last device, and closes the device's file. */
static void detach_type1(struct lab *l)
{
	uint32_t id;

	check_err(plx_domain_detach(l->first, l->dev.dev), -EBUSY,
		  "DEV-5, DEV-6: with registers and memory mapped it stays");
	check_reason(PLX_R_STILL_MAPPED, "DEV-5, DEV-6");
	plx_regs_close(&l->dev.regs);
	check_err(plx_domain_detach(l->first, l->dev.dev), -EBUSY,
		  "DEV-5: with memory mapped it stays");
	check_reason(PLX_R_STILL_MAPPED, "DEV-5");
	lab_unmap(l->first, IOVA, 1);
	check_err(plx_domain_detach(l->first, l->dev.dev), 0, "DEV-5: unmapped, it leaves");
	check_err(plx_region_read(l->dev.dev, PLX_REGION_CONFIG, 0, &id, 4), -EPERM,
		  "DEV-6: its file is closed");
	check_reason(PLX_R_STATE, "DEV-6");
}

static void detach_iommufd(struct lab *l)
{
	memset(l->in_first, 0, PAGE);
	check_err(plx_domain_detach(l->first, l->dev.dev), 0, "DEV-5: mapped, it leaves");
	edu_dma(&l->dev, DEVICE_WRITES, IOVA, LEN);
	check(!lab_count_other(l->in_first, PAGE, 0), "detached, it reaches nothing");
	expect_fault(l->dev.address, DEVICE_WRITES, IOVA, "a device in no domain");
}

static void test_not_attached(struct lab *l)
{
	struct plx_domain *which;

	check_err(plx_domain_detach(l->first, l->dev.dev), -EINVAL,
		  "not attached, it cannot leave");
	check_reason(PLX_R_NOT_ATTACHED, "twice detached");
	check_err(plx_dev_domain(l->dev.dev, &which), -EINVAL, "it has no domain");
	check(!which, "none is told");
}

static void test_moved(struct lab *l)
{
	must(plx_domain_attach(l->second, l->dev.dev), "the device enters the second domain");
	if (l->type1)
		must(plx_regs_open(l->dev.dev, 0, &l->dev.regs), "its registers are mapped again");
	lab_map(l->second, RW, l->in_second, 1, IOVA);
	check_reaches(l, l->in_second, l->in_first, "the second domain");
}

/* DEV-2: only iommufd's domains have mappings before they have devices. */
static void test_reserved(struct lab *l, uint64_t iova)
{
	struct plx_domain *full = lab_domain(&l->env);

	must(plx_domain_unmap_all(l->second), "the second domain is unmapped");
	must(plx_domain_detach(l->second, l->dev.dev), "the device leaves it");
	must(lab_try_map(full, RW, l->in_first, 1, iova), "an empty domain maps anywhere");
	check_err(plx_domain_attach(full, l->dev.dev), -EADDRINUSE,
		  "DEV-2: a domain with a mapping at 0x%llx is refused", (unsigned long long)iova);
	check_reason(PLX_R_IOVA_RESERVED, "DEV-2");
	must(plx_domain_unmap_all(full), "it is unmapped");
	check_err(plx_domain_attach(full, l->dev.dev), 0, "DEV-2: without it, it is not");
	must(plx_domain_detach(full, l->dev.dev), "the device leaves it");
	must(plx_domain_attach(l->second, l->dev.dev), "and is back");
	lab_domain_end(full);
}

static void test_group_mate(struct lab *l, const char *address)
{
	struct plx_dev_opts opts = { .domain = l->second, .backend = l->env.backend };
	struct plx_dev *mate;

	check_err(plx_dev_open(l->env.ctx, address, &opts, &mate), -EBUSY,
		  "DEV-3: a device of the group is refused in another domain");
	check_reason(PLX_R_GROUP_BUSY, "DEV-3");
	opts.domain = l->first;
	check_err(plx_dev_open(l->env.ctx, address, &opts, &mate), 0,
		  "DEV-3: and comes into the same one");
	if (mate)
		must(plx_dev_close(mate), "it is closed");
}

static void test_moving(struct lab *l)
{
	test_attached(l);
	l->type1 ? detach_type1(l) : detach_iommufd(l);
	test_not_attached(l);
	test_moved(l);
	if (!l->type1) {
		test_reserved(l, 0xfee00000);
		test_reserved(l, 1ull << 50);
	}
}

int main(int argc, char **argv)
{
	struct lab l = { 0 };

	must(argc != 3 && argc != 4, "usage: lab-attach type1|iommufd EDU-ADDRESS [EDU-ADDRESS]");
	lab_begin(&l.env, argv[1]);
	l.type1 = l.env.backend == PLX_BACKEND_TYPE1;
	l.first = lab_domain(&l.env);
	l.second = lab_domain(&l.env);
	l.in_first = lab_pages(1);
	l.in_second = lab_pages(1);
	lab_open(&l.dev, &l.env, l.first, argv[2]);
	if (argc == 4)
		test_group_mate(&l, argv[3]);
	else
		test_moving(&l);
	must(plx_domain_unmap_all(l.first), "the first domain is unmapped");
	must(plx_domain_unmap_all(l.second), "the second domain is unmapped");
	lab_close(&l.dev);
	lab_domain_end(l.first);
	lab_domain_end(l.second);
	lab_end(&l.env);
	return checks_end();
}
