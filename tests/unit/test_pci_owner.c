/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whose a function is (8.6 of the DDI contract): made-up trees of sysfs.
 */
#include <pollux/pollux.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "helper.h"
#include "pci/pci_priv.h"
#include "sysfs_tree.h"

#define NIC   "bus/pci/devices/0000:03:00.0/"
#define MATE  "bus/pci/devices/0000:03:00.1/"
#define GROUP "kernel/iommu_groups/14/"

static struct plx_pci_facts facts;
static struct plx_attachment attachment;
static bool noiommu;

static int setup(void **state)
{
	(void)state;
	tree_make();
	tree_put(NIC "vendor", "0x8086\n");
	tree_put(MATE "vendor", "0x8086\n");
	tree_link(GROUP "devices/0000:03:00.0", "../../../../bus/pci/devices/0000:03:00.0");
	tree_link(GROUP "devices/0000:03:00.1", "../../../../bus/pci/devices/0000:03:00.1");
	tree_put(GROUP "type", "DMA\n");
	tree_put(GROUP "reserved_regions", "0x00000000fee00000 0x00000000feefffff msi\n");
	facts = (struct plx_pci_facts){ .address = "0000:03:00.0",
					.driver = "vfio-pci",
					.group = 14 };
	noiommu = false;
	attachment = (struct plx_attachment){ .name = "0000:03:00.0", .group = 14 };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tree_remove();
	return 0;
}

/* The sentence names the cause and the fix. */
static void check(int wanted, enum plx_reason reason, const char *cause, const char *fix)
{
	const struct plx_error *e = plx_last_error();
	int err = plx_pci_check_owner(tree, &facts, noiommu, &attachment);

	assert_int_equal(err, wanted);
	if (!wanted)
		return;
	assert_int_equal(e->err, wanted);
	assert_int_equal(e->reason, reason);
	assert_string_equal(e->object, "0000:03:00.0");
	if (!strstr(e->text, cause) || !strstr(e->text, fix))
		fail_msg("\"%s\" does not say \"%s\" and \"%s\"", e->text, cause, fix);
}

static void test_ours(void **state)
{
	(void)state;
	check(0, PLX_R_NONE, "", "");
	assert_false(attachment.direct_map || attachment.foreign_member);
}

static void test_not_bound(void **state)
{
	(void)state;
	strcpy(facts.driver, "e1000e");
	check(-ENODEV, PLX_R_NOT_BOUND, "e1000e", "plx-dev bind 0000:03:00.0");
	facts.driver[0] = 0;
	check(-ENODEV, PLX_R_NOT_BOUND, "no driver", "plx-dev bind 0000:03:00.0");
	facts.group = -1;
	noiommu = true; /* vfio-pci makes a group then */
	check(-ENODEV, PLX_R_NOT_BOUND, "no driver", "plx-dev bind 0000:03:00.0");
}

static void test_no_iommu(void **state)
{
	(void)state;
	facts.group = -1;
	check(-ENODEV, PLX_R_NO_IOMMU, "behind no IOMMU", "intel_iommu=on");
	noiommu = true;
	check(-ENODEV, PLX_R_NO_IOMMU, "behind no IOMMU", "intel_iommu=on");
	/* A driver of the kernel's has it: nothing would be won by taking it away. */
	noiommu = false;
	strcpy(facts.driver, "e1000e");
	check(-ENODEV, PLX_R_NO_IOMMU, "behind no IOMMU", "intel_iommu=on");
}

static void test_noiommu_group(void **state)
{
	(void)state;
	facts.noiommu = true;
	facts.group = 99; /* sysfs has nothing of it that could be asked */
	check(0, PLX_R_NONE, "", "");
}

static void test_group_mate(void **state)
{
	(void)state;
	tree_link(MATE "driver", "../../../../bus/pci/drivers/e1000e");
	check(-EBUSY, PLX_R_GROUP_NOT_VIABLE, "0000:03:00.1, which is bound to e1000e",
	      "plx-dev bind 0000:03:00.1");
	assert_true(attachment.foreign_member);
}

static void test_direct_map(void **state)
{
	(void)state;
	tree_put(GROUP "reserved_regions", "0x00000000000e0000 0x00000000000fffff direct\n");
	check(-ENOTSUP, PLX_R_FW_DIRECT_MAP, "1:1", "reserved_regions");
	assert_true(attachment.direct_map);
}

static void test_no_group(void **state)
{
	(void)state;
	facts.group = 15;
	assert_int_equal(plx_pci_check_owner(tree, &facts, noiommu, &attachment), -ENODEV);
}

#define OWNER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		OWNER(test_ours),          OWNER(test_not_bound),  OWNER(test_no_iommu),
		OWNER(test_noiommu_group), OWNER(test_group_mate), OWNER(test_direct_map),
		OWNER(test_no_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
