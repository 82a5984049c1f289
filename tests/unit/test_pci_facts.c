/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What sysfs says of PCI functions and IOMMU groups: made-up trees, odd ones among them.
 */
#include <pollux/pollux.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "helper.h"
#include "pci/facts.h"
#include "sysfs_tree.h"

#define NIC    "bus/pci/devices/0000:03:00.0/"
#define GROUP  "kernel/iommu_groups/14/"
#define ABSENT "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"

static const char resource[] = "0x00000000fe000000 0x00000000fe01ffff 0x0000000000040200\n"
			       "0x00000000fe020000 0x00000000fe0200ff 0x0000000000040200\n"
			       "0x000000000000c000 0x000000000000c0ff 0x0000000000040101\n" ABSENT
			       "0x00000000d0000000 0x00000000d000ffff 0x000000000014220c\n" ABSENT
			       "0x00000000fe040000 0x00000000fe07ffff 0x0000000000046200\n";

static int setup(void **state)
{
	(void)state;
	tree_make();
	tree_put(NIC "vendor", "0x8086\n");
	tree_put(NIC "device", "0x10D3\n");
	tree_put(NIC "subsystem_vendor", "0x15d9\n");
	tree_put(NIC "subsystem_device", "0x060a\n");
	tree_put(NIC "class", "0x020000\n");
	tree_put(NIC "numa_node", "1\n");
	tree_put(NIC "resource", resource);
	tree_put(NIC "vfio-dev/vfio7/dev", "511:7\n");
	tree_link(NIC "driver", "../../../../bus/pci/drivers/vfio-pci");
	tree_link("bus/pci/drivers/vfio-pci/module", "../../../../module/vfio_pci");
	tree_link(NIC "iommu_group", "../../../../kernel/iommu_groups/14");
	tree_link(GROUP "devices/0000:03:00.0", "../../../../bus/pci/devices/0000:03:00.0");
	tree_put(GROUP "type", "DMA-FQ\n");
	tree_put(GROUP "reserved_regions", "0x00000000fee00000 0x00000000feefffff msi\n");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tree_remove();
	return 0;
}

static struct plx_pci_facts facts;

static int read_facts(void)
{
	return plx_pci_facts_read(tree, "0000:03:00.0", &facts);
}

/* --- addresses --- */

static void test_addresses(void **state)
{
	static const struct {
		const char *text, *full;
	} good[] = {
		{ "0000:03:00.0", "0000:03:00.0" }, { "03:00.0", "0000:03:00.0" },
		{ "3:0.0", "0000:03:00.0" },        { "0:3:0.0", "0000:03:00.0" },
		{ "FFFF:fA:1F.7", "ffff:fa:1f.7" }, { "10000:e1:00.0", "10000:e1:00.0" },
	};
	static const char *const bad[] = {
		"",
		"0000:03:00",
		"03.00.0",
		"0000:03:00.8",
		"0000:03:20.0",
		"0000:100:0.0",
		"0000:03:00.0 ",
		" 3:0.0",
		"0x3:0.0",
		"3:0x1.0",
		"-3:0.0",
		"3:+0.0",
		"1:2:3:4.0",
		"12345678:0:0.0",
		"3:0.",
		":3:0.0",
		"3::0.0",
		"3:0.0.0",
		"0000:03:00.0f",
		"eth0",
	};
	char out[PLX_PCI_ADDRESS];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(plx_pci_parse_address(good[i].text, out), 0);
		assert_string_equal(out, good[i].full);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		expect_error(plx_pci_parse_address(bad[i], out), -EINVAL, PLX_R_BAD_VALUE,
			     "0000:03:00.0");
		assert_string_equal(out, "");
	}
	expect_error(plx_pci_parse_address(NULL, out), -EINVAL, PLX_R_BAD_VALUE, "\"\"");
}

/* --- a function --- */

static void test_all_facts(void **state)
{
	(void)state;
	assert_int_equal(plx_pci_facts_read(tree, "3:0.0", &facts), 0);
	assert_string_equal(facts.address, "0000:03:00.0");
	assert_int_equal(facts.vendor, 0x8086);
	assert_int_equal(facts.device, 0x10d3);
	assert_int_equal(facts.subsystem_vendor, 0x15d9);
	assert_int_equal(facts.subsystem_device, 0x060a);
	assert_int_equal(facts.class_code, 0x020000);
	assert_int_equal(facts.node, 1);
	assert_int_equal(facts.group, 14);
	assert_false(facts.noiommu);
	assert_string_equal(facts.driver, "vfio-pci");
	assert_string_equal(facts.module, "vfio_pci");
	assert_int_equal(facts.cdev, 7);
	assert_int_equal(facts.bars[0].first, 0xfe000000);
	assert_int_equal(facts.bars[0].last, 0xfe01ffff);
	assert_int_equal(facts.bars[2].flags & (PLX_PCI_IO | PLX_PCI_MEM), PLX_PCI_IO);
	assert_int_equal(facts.bars[3].flags, 0);
	assert_true(facts.bars[4].flags & PLX_PCI_PREFETCH);
	assert_true(facts.bars[4].flags & PLX_PCI_MEM64);
	assert_int_equal(facts.rom.first, 0xfe040000);
}

/* A machine without NUMA, IOMMU, VFIO and driver. */
static void test_few_facts(void **state)
{
	(void)state;
	tree_unlink(NIC "numa_node");
	tree_unlink(NIC "driver");
	tree_unlink(NIC "iommu_group");
	tree_unlink(NIC "subsystem_vendor");
	tree_unlink(NIC "vfio-dev/vfio7/dev");
	assert_int_equal(rmdir(tree_path(NIC "vfio-dev/vfio7")), 0);
	assert_int_equal(read_facts(), 0);
	assert_int_equal(facts.node, -1);
	assert_int_equal(facts.group, -1);
	assert_int_equal(facts.cdev, -1);
	assert_int_equal(facts.subsystem_vendor, 0);
	assert_string_equal(facts.driver, "");
	assert_string_equal(facts.module, "");
	assert_int_equal(rmdir(tree_path(NIC "vfio-dev")), 0);
	tree_put(NIC "numa_node", "-1\n");
	assert_int_equal(read_facts(), 0);
	assert_int_equal(facts.node, -1);
	assert_int_equal(facts.cdev, -1);
}

static void test_noiommu(void **state)
{
	(void)state;
	tree_put(GROUP "name", "vfio-noiommu\n");
	assert_int_equal(read_facts(), 0);
	assert_true(facts.noiommu);
}

static void test_no_such_function(void **state)
{
	static const struct plx_pci_facts none;
	unsigned fds = count_fds();

	(void)state;
	expect_error(plx_pci_facts_read(tree, "0000:04:00.0", &facts), -ENODEV, PLX_R_NO_DEVICE,
		     "no PCI function 0000:04:00.0");
	assert_memory_equal(&facts, &none, sizeof(none));
	expect_error(plx_pci_facts_read(tree, "../../../etc", &facts), -EINVAL, PLX_R_BAD_VALUE,
		     "not the address");
	assert_int_equal(count_fds(), fds);
}

static void test_odd_numbers(void **state)
{
	static const struct {
		const char *file, *good, *bad[8];
	} odd[] = {
		{ NIC "vendor",
		  "0x8086\n",
		  { "", "8086\n", "0x18086\n", "0x\n", "0x80 86\n", "0xg\n", "0x8086\n\n" } },
		{ NIC "device", "0x10d3\n", { "-1\n", "0x00000000000000000\n" } },
		{ NIC "class", "0x020000\n", { "0x1020000\n" } },
		{ NIC "subsystem_vendor", "0x15d9\n", { "0x15d9 \n", "zero" } },
		{ NIC "numa_node",
		  "0\n",
		  { "-2\n", "1024\n", "one\n", "0x1\n", "-\n", "99999999999999999999\n" } },
	};
	static const struct plx_pci_facts none;
	unsigned fds = count_fds();

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		for (unsigned k = 0; odd[i].bad[k]; k++) {
			tree_put(odd[i].file, odd[i].bad[k]);
			expect_error(read_facts(), -EIO, PLX_R_FORMAT,
				     strrchr(odd[i].file, '/') + 1);
			assert_memory_equal(&facts, &none, sizeof(none));
		}
		tree_put(odd[i].file, odd[i].good);
	}
	assert_int_equal(read_facts(), 0);
	tree_put_bytes(NIC "vendor", "0x80\0006\n", 7);
	expect_error(read_facts(), -EIO, PLX_R_FORMAT, "vendor");
	tree_unlink(NIC "vendor");
	expect_error(read_facts(), -EIO, PLX_R_FORMAT, "vendor");
	assert_int_equal(mkdir(tree_path(NIC "vendor"), 0755), 0); /* no file at all */
	expect_error(read_facts(), -EIO, PLX_R_FORMAT, "cannot be read");
	assert_int_equal(count_fds(), fds);
}

/* Some of sysfs is for root only; and so may all of it be, in a container. */
static void test_not_allowed(void **state)
{
	bool root = !geteuid();
	int err;

	(void)state;
	assert_int_equal(chmod(tree_path(NIC "resource"), 0), 0);
	assert_int_equal(chmod(tree_path(""), 0755), 0);
	if (root)
		assert_int_equal(seteuid(65534), 0);
	err = read_facts();
	if (root)
		assert_int_equal(seteuid(0), 0);
	expect_error(err, -EACCES, PLX_R_PERMISSION, "resource");
}

/* What is bound has a name of any length; the group's is a number. */
static void test_odd_links(void **state)
{
	(void)state;
	tree_link(NIC "driver", "drivers/a-driver-whose-name-is-longer-than-any-that-there-is");
	expect_error(read_facts(), -EIO, PLX_R_FORMAT, "driver");
	tree_link(NIC "driver", "e1000e");
	assert_int_equal(read_facts(), 0);
	assert_string_equal(facts.driver, "e1000e");
	assert_string_equal(facts.module, "");
	tree_link(NIC "iommu_group", "../groups/fourteen");
	expect_error(read_facts(), -EIO, PLX_R_FORMAT, "iommu_group");
	tree_link(NIC "iommu_group", "../groups/99999999999");
	expect_error(read_facts(), -EIO, PLX_R_FORMAT, "iommu_group");
	tree_link(NIC "iommu_group", "../groups/-1");
	expect_error(read_facts(), -EIO, PLX_R_FORMAT, "iommu_group");
}

/* --- resource --- */

static void put_resource(const char *bar0)
{
	char text[1024];

	snprintf(text, sizeof(text), "%s\n%s", bar0, strchr(resource, '\n') + 1);
	tree_put(NIC "resource", text);
}

static void test_odd_resources(void **state)
{
	static const char *const bad[] = {
		"",
		"0x1000 0x1fff",
		"0x1000 0x1fff 0x200 ",
		"0x1000  0x1fff 0x200",
		"1000 1fff 200",
		"0x1000 0x1fff 0x2x0",
		"0x1000 0x1fff -0x200",
		"0x10000000000000000 0x10000000000000fff 0x200",
		"0x2000 0x1000 0x200", /* ends before it begins */
		"0x1000 0x1fff 0x300", /* ports and memory at once */
	};
	char text[PATH_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put_resource(bad[i]);
		expect_error(read_facts(), -EIO, PLX_R_FORMAT, "resource");
	}
	/* cut off: in a number, and after a line */
	for (size_t len = 0; len < sizeof(resource) - 2; len++) {
		tree_put_bytes(NIC "resource", resource, len);
		/* the last number alone may be shorter and be one still */
		if (len < sizeof(resource) - 2 - 16)
			expect_error(read_facts(), -EIO, PLX_R_FORMAT, "resource");
		else
			read_facts();
	}
	memset(text, 'x', sizeof(text));
	tree_put_bytes(NIC "resource", text, sizeof(text));
	expect_error(read_facts(), -EIO, PLX_R_FORMAT, "resource");
}

static void test_absent_resources(void **state)
{
	static const char *const absent[] = {
		"0x0000000000000000 0x0000000000000000 0x0000000000000000",
		"0x0000000000000000 0x0000000000000000 0x0000000000040200",
		"0x0000000000000000 0xffffffffffffffff 0x0000000000000200", /* of size 0 */
		"0x00000000fe000000 0x00000000fdffffff 0x0000000000000200", /* so is this */
		"0x0000000000000000 0x000000000001ffff 0x0000000020040200", /* UNSET */
		"0x00000000fe000000 0x00000000fe01ffff 0x0000000010040200", /* DISABLED */
		"0x00000000fe000000 0x00000000fe01ffff 0x0000000000000000",
	};
	static const struct plx_pci_resource none;

	(void)state;
	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
		put_resource(absent[i]);
		assert_int_equal(read_facts(), 0);
		assert_memory_equal(&facts.bars[0], &none, sizeof(none));
		assert_int_equal(facts.bars[1].first, 0xfe020000);
	}
}

/* Bridges and functions with virtual ones have more lines; the last may lack its end. */
static void test_long_resources(void **state)
{
	char text[2048];

	(void)state;
	snprintf(text, sizeof(text), "%s" ABSENT ABSENT ABSENT ABSENT ABSENT ABSENT "half a line",
		 resource);
	tree_put(NIC "resource", text);
	assert_int_equal(read_facts(), 0);
	assert_int_equal(facts.rom.last, 0xfe07ffff);
	tree_put_bytes(NIC "resource", resource, sizeof(resource) - 2);
	assert_int_equal(read_facts(), 0);
	assert_int_equal(facts.rom.last, 0xfe07ffff);
	put_resource("0xffffffffffff0000 0xffffffffffffffff 0x200");
	assert_int_equal(read_facts(), 0);
	assert_int_equal(facts.bars[0].last, UINT64_MAX);
}

/* --- all functions --- */

static char seen[256];

static int see(void *arg, const char *address)
{
	snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%s ", address);
	return !strcmp(address, arg ? (const char *)arg : "") ? 7 : 0;
}

static void test_each(void **state)
{
	(void)state;
	tree_put("bus/pci/devices/10000:e1:00.0/vendor", "0x8086\n");
	tree_put("bus/pci/devices/0000:03:00.1/vendor", "0x8086\n");
	tree_put("bus/pci/devices/0000:00:1f.6/vendor", "0x8086\n");
	tree_put("bus/pci/devices/no-address/vendor", "0x8086\n");
	seen[0] = '\0';
	assert_int_equal(plx_pci_each(tree, see, NULL), 0);
	assert_string_equal(seen, "0000:00:1f.6 0000:03:00.0 0000:03:00.1 10000:e1:00.0 ");
	seen[0] = '\0';
	assert_int_equal(plx_pci_each(tree, see, (char[]){ "0000:03:00.0" }), 7);
	assert_string_equal(seen, "0000:00:1f.6 0000:03:00.0 ");
	expect_error(plx_pci_each("/nonexistent", see, NULL), -ENODEV, PLX_R_NO_DEVICE,
		     "no PCI bus");
}

/* --- groups --- */

static struct plx_pci_group group;

static void add_member(const char *name, const char *driver)
{
	char path[128], target[128];

	snprintf(path, sizeof(path), "bus/pci/devices/%s/vendor", name);
	tree_put(path, "0x8086\n");
	if (driver) {
		snprintf(path, sizeof(path), "bus/pci/devices/%s/driver", name);
		snprintf(target, sizeof(target), "../../../../bus/pci/drivers/%s", driver);
		tree_link(path, target);
	}
	snprintf(path, sizeof(path), GROUP "devices/%s", name);
	snprintf(target, sizeof(target), "../../../../bus/pci/devices/%s", name);
	tree_link(path, target);
}

static void test_group(void **state)
{
	(void)state;
	add_member("0000:03:00.1", NULL);
	add_member("0000:03:00.2", "pcieport");
	add_member("0000:03:00.3", "mlx5_vfio_pci");
	add_member("0000:03:00.4", "pci-stub");
	assert_int_equal(plx_pci_group_read(tree, 14, &group), 0);
	assert_int_equal(group.number, 14);
	assert_int_equal(group.n_members, 5);
	assert_string_equal(group.foreign, "");
	assert_string_equal(group.type, "DMA-FQ");
	assert_false(group.direct_map);
	assert_int_equal(group.n_reserved, 1);
	assert_int_equal(group.reserved[0].first, 0xfee00000);
	assert_int_equal(group.reserved[0].last, 0xfeefffff);
	assert_int_equal(group.reserved[0].type, PLX_RESERVED_MSI);
	add_member("0000:03:00.5", "e1000e");
	add_member("0000:03:00.6", "igb");
	assert_int_equal(plx_pci_group_read(tree, 14, &group), 0);
	assert_string_equal(group.foreign, "0000:03:00.5");
	assert_string_equal(group.foreign_driver, "e1000e");
	expect_error(plx_pci_group_read(tree, 15, &group), -ENODEV, PLX_R_NO_IOMMU,
		     "IOMMU group 15");
	assert_int_equal(group.n_members, 0);
}

static int find_driver(void *arg, const struct plx_pci_member *m)
{
	return strcmp(m->driver, arg) ? 0 : m->foreign ? 2 : 1;
}

static void test_group_each(void **state)
{
	(void)state;
	add_member("0000:03:00.5", "uio_pci_generic");
	assert_int_equal(plx_pci_group_each(tree, 14, find_driver, (char[]){ "vfio-pci" }), 1);
	assert_int_equal(plx_pci_group_each(tree, 14, find_driver, (char[]){ "uio_pci_generic" }),
			 2);
	assert_int_equal(plx_pci_group_each(tree, 14, find_driver, (char[]){ "none" }), 0);
	add_member("0000:03:00.6", "a-driver-whose-name-is-longer-than-any-that-there-is");
	expect_error(plx_pci_group_each(tree, 14, find_driver, (char[]){ "none" }), -EIO,
		     PLX_R_FORMAT, "devices");
}

static void test_reserved_regions(void **state)
{
	(void)state;
	tree_put(GROUP "reserved_regions", "0x0 0xfff direct-relaxable\n"
					   "0xbdd00000 0xbddfffff direct\n"
					   "0xfee00000 0xfeefffff msi\n"
					   "0xfd00000000 0xffffffffff reserved\n"
					   "0x1 0x1 of-tomorrow");
	assert_int_equal(plx_pci_group_read(tree, 14, &group), 0);
	assert_true(group.direct_map);
	assert_int_equal(group.n_reserved, 5);
	assert_int_equal(group.reserved[0].type, PLX_RESERVED_DIRECT_RELAXABLE);
	assert_int_equal(group.reserved[1].type, PLX_RESERVED_DIRECT);
	assert_int_equal(group.reserved[3].type, PLX_RESERVED);
	assert_int_equal(group.reserved[4].type, PLX_RESERVED);
	tree_put(GROUP "reserved_regions", "0x0 0xfff direct-relaxable\n");
	assert_int_equal(plx_pci_group_read(tree, 14, &group), 0);
	assert_false(group.direct_map);
	tree_put(GROUP "reserved_regions", "");
	assert_int_equal(plx_pci_group_read(tree, 14, &group), 0);
	assert_int_equal(group.n_reserved, 0);
	tree_unlink(GROUP "reserved_regions");
	tree_unlink(GROUP "type");
	assert_int_equal(plx_pci_group_read(tree, 14, &group), 0);
	assert_string_equal(group.type, "");
}

static void test_odd_groups(void **state)
{
	static const char *const bad[] = {
		"0xfff 0x0 msi\n",
		"0x0 0xfff\n",
		"0x0 0xfff \n",
		"\n",
		"0x0 0xfff msi\n\n",
		"0x0",
		"0 4095 direct\n",
		" 0x0 0xfff msi\n",
		"0x0 0xfffffffffffffffff msi\n",
	};
	char text[257 * 16 + 1] = "";

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		tree_put(GROUP "reserved_regions", bad[i]);
		expect_error(plx_pci_group_read(tree, 14, &group), -EIO, PLX_R_FORMAT,
			     "reserved_regions");
	}
	/* more than are kept: a demand behind them is seen all the same */
	for (unsigned i = 0; i < 2 * PLX_RESERVED_MAX; i++)
		strcat(text, "0x0 0x1 msi\n");
	strcat(text, "0x2 0x3 direct\n");
	tree_put(GROUP "reserved_regions", text);
	assert_int_equal(plx_pci_group_read(tree, 14, &group), 0);
	assert_int_equal(group.n_reserved, PLX_RESERVED_MAX);
	assert_true(group.direct_map);
	/* more than sysfs writes: what is cut off might be a demand */
	for (unsigned i = 0; i < 257; i++)
		snprintf(text + 16 * i, 17, "%s",
			 i < 256 ? "0x000 0x111 msi\n" : "0x0 0x11 direct\n");
	tree_put(GROUP "reserved_regions", text);
	expect_error(plx_pci_group_read(tree, 14, &group), -EIO, PLX_R_FORMAT, "reserved_regions");
	tree_put(GROUP "reserved_regions", "");
	tree_put(GROUP "type", "a type of domain that nobody knows\n");
	expect_error(plx_pci_group_read(tree, 14, &group), -EIO, PLX_R_FORMAT, "type");
	memset(text, '\n', sizeof(text));
	tree_put_bytes(GROUP "type", text, sizeof(text));
	expect_error(plx_pci_group_read(tree, 14, &group), -EIO, PLX_R_FORMAT, "type");
}

/* --- holders --- */

static void test_holder_found(void **state)
{
	char path[PATH_MAX], comm[PLX_COMM];
	pid_t pid;
	int fd;

	(void)state;
	tree_put("dev/vfio/14", "");
	snprintf(path, sizeof(path), "%s", tree_path("dev/vfio/14"));
	assert_false(plx_pci_holder("/proc", path, &pid, comm));
	assert_int_equal(pid, 0);
	assert_string_equal(comm, "");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_true(plx_pci_holder("/proc", path, &pid, comm));
	assert_int_equal(pid, getpid());
	assert_int_equal(strncmp(comm, "test_pci_facts", 14), 0);
	close(fd);
	assert_false(plx_pci_holder("/proc", path, &pid, comm));
}

static void test_holder_odd(void **state)
{
	char comm[PLX_COMM];
	pid_t pid;

	(void)state;
	tree_put("proc/self/comm", "not a number\n");
	tree_link("proc/99/fd/3", "/dev/vfio/141");
	tree_link("proc/99/fd/4", "/dev/vfio/1");
	tree_link("proc/100/fd/0", "/dev/vfio/14");
	tree_put("proc/100/comm", "a\x1b[31mname that is far too long\n");
	assert_true(plx_pci_holder(tree_path("proc"), "/dev/vfio/14", &pid, comm));
	assert_int_equal(pid, 100);
	assert_string_equal(comm, "a?[31mname that");
	tree_unlink("proc/100/comm");
	assert_true(plx_pci_holder(tree_path("proc"), "/dev/vfio/14", &pid, comm));
	assert_string_equal(comm, "");
	assert_false(plx_pci_holder("/nonexistent", "/dev/vfio/14", &pid, comm));
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		TEST(all_facts),
		TEST(few_facts),
		TEST(noiommu),
		TEST(no_such_function),
		TEST(odd_numbers),
		TEST(odd_links),
		TEST(not_allowed),
		TEST(odd_resources),
		TEST(absent_resources),
		TEST(long_resources),
		TEST(each),
		TEST(group),
		TEST(group_each),
		TEST(reserved_regions),
		TEST(odd_groups),
		TEST(holder_found),
		TEST(holder_odd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
