/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The VFIO transport over a kernel that says what it is told to, the impossible included. What a
 * kernel that keeps the rules does is tested in tests/conformance.
 */
#include <pollux/pollux.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "helper.h"
#include "pci/vfio_priv.h"
#include "sysfs_tree.h"

#define GROUP_FD  10
#define DEVICE_FD 20
#define OTHER_FD  30
#define ADDRESS   "0000:03:00.0"
#define TOKEN     "2ab74924-c335-45f4-9b16-8569e5b08258"

/* --- no memory --- */

static unsigned allocations; /* that succeed still */
static bool limited;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);

void *__wrap_malloc(size_t size)
{
	return limited && !allocations-- ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return limited && !allocations-- ? NULL : __real_calloc(n, size);
}

/* The answers; and what was asked. */
static struct {
	struct {
		unsigned long request; /* 0: of open(2) */
		int err;
		unsigned times;
	} fails;
	const char *missing; /* a path; NULL: none */
	struct vfio_device_info info;
	struct region {
		struct vfio_region_info head;
		uint8_t caps[256];
		uint32_t size; /* of caps */
		bool grows;    /* never says all */
	} regions[PLX_REGIONS];
	struct vfio_irq_info irqs[5];
	int set_rc, mmap_err, io_err;
	unsigned interrupted;
	size_t io_max;

	int fds; /* that are open */
	char path[64], name[128];
	unsigned n_sets, n_resets, n_infos;
	struct {
		uint32_t argsz, flags, index, start, count; /* struct vfio_irq_set */
		int fds[4];
	} sets[8];
	struct {
		off_t at;
		size_t len;
		int prot, flags;
	} last;
} k;

static int answer(int err)
{
	errno = err;
	return err ? -1 : 0;
}

/* Does what is asked for fail now? */
static bool fails(unsigned long request)
{
	if (!k.fails.times || k.fails.request != request)
		return false;
	k.fails.times--;
	errno = k.fails.err;
	return true;
}

static int k_open(const char *path, int flags)
{
	assert_int_equal(flags, O_RDWR | O_CLOEXEC);
	if (k.missing && !strcmp(path, k.missing))
		return answer(ENOENT);
	if (fails(0)) {
		snprintf(k.path, sizeof(k.path), "%s", path);
		return -1;
	}
	snprintf(k.path, sizeof(k.path), "%s", path);
	k.fds++;
	return OTHER_FD;
}

static int k_close(int fd)
{
	assert_true(fd == DEVICE_FD || fd == OTHER_FD);
	k.fds--;
	return 0;
}

static int region_info(struct vfio_region_info *out)
{
	const struct region *r = &k.regions[out->index];
	uint32_t room = out->argsz, wanted = (uint32_t)sizeof(r->head) + r->size;

	assert_true(out->index < PLX_REGIONS && room >= sizeof(r->head));
	k.n_infos++;
	memcpy((char *)out + 8, (const char *)&r->head + 8, sizeof(r->head) - 8);
	out->flags = r->head.flags;
	if (r->grows) {
		out->argsz = room + 64;
		return 0;
	}
	out->argsz = r->head.argsz ? r->head.argsz : wanted;
	if (room >= wanted)
		memcpy(out + 1, r->caps, r->size);
	else
		out->cap_offset = 0;
	return 0;
}

static int set_irqs(const struct vfio_irq_set *args)
{
	unsigned i = k.n_sets++;

	assert_true(i < 8);
	memcpy(&k.sets[i], args, sizeof(*args));
	if (args->flags & VFIO_IRQ_SET_DATA_EVENTFD) {
		assert_int_equal(args->argsz, sizeof(*args) + args->count * sizeof(int));
		memcpy(k.sets[i].fds, args->data, args->count * sizeof(int));
	}
	return k.set_rc;
}

static int device_ioctl(unsigned long request, void *arg)
{
	struct vfio_irq_info *irq = arg;

	switch (request) {
	case VFIO_DEVICE_GET_INFO:
		memcpy(arg, &k.info, sizeof(k.info));
		return 0;
	case VFIO_DEVICE_GET_REGION_INFO:
		return region_info(arg);
	case VFIO_DEVICE_GET_IRQ_INFO:
		irq->flags = k.irqs[irq->index].flags;
		irq->count = k.irqs[irq->index].count;
		return 0;
	case VFIO_DEVICE_SET_IRQS:
		return set_irqs(arg);
	case VFIO_DEVICE_RESET:
		k.n_resets++;
		return 0;
	default:
		return answer(ENOTTY);
	}
}

static int k_ioctl(int fd, unsigned long request, void *arg)
{
	if (fails(request))
		return -1;
	if (fd == DEVICE_FD)
		return device_ioctl(request, arg);
	assert_int_equal(fd, GROUP_FD);
	assert_int_equal(request, VFIO_GROUP_GET_DEVICE_FD);
	snprintf(k.name, sizeof(k.name), "%s", (const char *)arg);
	k.fds++;
	return DEVICE_FD;
}

static void *k_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t at)
{
	assert_int_equal(fd, DEVICE_FD);
	k.last.at = at;
	k.last.len = len;
	k.last.prot = prot;
	k.last.flags = flags;
	if (answer(k.mmap_err))
		return MAP_FAILED;
	return mmap(addr, len, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static ssize_t transfer(int fd, size_t len, off_t at)
{
	assert_int_equal(fd, DEVICE_FD);
	if (k.interrupted) {
		k.interrupted--;
		return answer(EINTR);
	}
	if (answer(k.io_err))
		return -1;
	k.last.at = at;
	k.last.len = len;
	return (ssize_t)(len < k.io_max ? len : k.io_max);
}

static ssize_t k_pread(int fd, void *buf, size_t len, off_t at)
{
	memset(buf, 0x5a, len);
	return transfer(fd, len, at);
}

static ssize_t k_pwrite(int fd, const void *buf, size_t len, off_t at)
{
	(void)buf;
	return transfer(fd, len, at);
}

static const struct plx_sysops kernel = {
	.open = k_open,
	.close = k_close,
	.ioctl = k_ioctl,
	.mmap = k_mmap,
	.munmap = munmap,
	.pread = k_pread,
	.pwrite = k_pwrite,
};

/* --- a device --- */

static struct plx_function function;
static struct plx_dev dev;
static const struct plx_transport *const vfio = &plx_transport_vfio;

static int setup(void **state)
{
	(void)state;
	memset(&k, 0, sizeof(k));
	memset(&dev, 0, sizeof(dev));
	k.info.argsz = sizeof(k.info);
	k.info.flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET;
	k.info.num_regions = VFIO_PCI_NUM_REGIONS;
	k.info.num_irqs = 5;
	k.io_max = SIZE_MAX;
	for (unsigned i = 0; i < PLX_REGIONS; i++)
		k.regions[i].head.offset = (uint64_t)i << 40;
	k.regions[0].head.size = 0x20000;
	k.regions[0].head.flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
				  VFIO_REGION_INFO_FLAG_MMAP;
	k.regions[1].head.size = 0x100;
	k.regions[1].head.flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	k.irqs[PLX_IRQI_INTX] =
		(struct vfio_irq_info){ .flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE |
						 VFIO_IRQ_INFO_AUTOMASKED,
					.count = 1 };
	k.irqs[PLX_IRQI_MSIX] =
		(struct vfio_irq_info){ .flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE,
					.count = 4 };
	k.irqs[PLX_IRQI_REQ] = (struct vfio_irq_info){ .flags = VFIO_IRQ_INFO_EVENTFD, .count = 1 };
	snprintf(function.facts.address, sizeof(function.facts.address), ADDRESS);
	snprintf(dev.child.name, sizeof(dev.child.name), ADDRESS);
	dev.function = &function;
	dev.sys = &kernel;
	dev.backend = PLX_BACKEND_TYPE1;
	dev.attachment.fd = GROUP_FD;
	dev.attachment.group = 14;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	vfio->close(&dev);
	assert_int_equal(k.fds, 0);
	return 0;
}

/* --- the files --- */

static void test_nodes(void **state)
{
	int fd = 0;

	(void)state;
	assert_int_equal(plx_vfio_open_group(&kernel, 14, false, &fd), 0);
	assert_int_equal(fd, OTHER_FD);
	assert_string_equal(k.path, "/dev/vfio/14");
	assert_int_equal(plx_vfio_open_group(&kernel, 3, true, &fd), 0);
	assert_string_equal(k.path, "/dev/vfio/noiommu-3");
	assert_int_equal(plx_vfio_open_cdev(&kernel, 7, &fd), 0);
	assert_string_equal(k.path, "/dev/vfio/devices/vfio7");
	k.fds = 0;
}

static int open_failing(int err, unsigned times, bool noiommu)
{
	int fd = 0, rc;

	k.fails.request = 0;
	k.fails.err = err;
	k.fails.times = times;
	rc = plx_vfio_open_group(&kernel, 14, noiommu, &fd);
	assert_int_equal(fd, -1);
	assert_int_equal(plx_last_error()->sys_errno, err);
	assert_int_equal(plx_last_error()->backend,
			 noiommu ? PLX_BACKEND_NOIOMMU : PLX_BACKEND_TYPE1);
	assert_int_equal(k.fds, 0);
	return rc;
}

static void test_group_refused(void **state)
{
	(void)state;
	expect_error(open_failing(EBUSY, 1, false), -EBUSY, PLX_R_GROUP_BUSY,
		     "/dev/vfio/14 is in use");
	expect_error(open_failing(EACCES, 1, false), -EACCES, PLX_R_PERMISSION, "udev");
	expect_error(open_failing(EPERM, 1, false), -EACCES, PLX_R_PERMISSION, "chown");
	expect_error(open_failing(EPERM, 1, true), -EACCES, PLX_R_PERMISSION, "CAP_SYS_RAWIO");
	expect_error(open_failing(ENOENT, 1, false), -ENODEV, PLX_R_NOT_BOUND, "IOMMU group 14");
	expect_error(open_failing(ENODEV, 1, false), -ENODEV, PLX_R_NOT_BOUND, "plx-dev bind");
	expect_error(open_failing(EMFILE, 1, false), -EMFILE, PLX_R_FILE, "Too many open files");
	k.missing = "/dev/vfio/vfio";
	expect_error(open_failing(ENOENT, 1, false), -ENODEV, PLX_R_NO_BACKEND, "vfio-pci");
	expect_error(open_failing(ENOENT, 1, true), -ENODEV, PLX_R_NO_BACKEND,
		     "unsafe_noiommu_mode");
	assert_string_equal(plx_last_error()->object, "/dev/vfio/noiommu-14");
}

static void test_cdev_refused(void **state)
{
	int fd = 0;

	(void)state;
	expect_error(plx_vfio_open_cdev(&kernel, -1, &fd), -ENODEV, PLX_R_NO_BACKEND, "Linux 6.6");
	assert_int_equal(fd, -1);
	k.missing = "/dev/vfio/devices/vfio7";
	expect_error(plx_vfio_open_cdev(&kernel, 7, &fd), -ENODEV, PLX_R_NO_BACKEND, "vfio7");
	k.missing = NULL;
	k.fails.err = EACCES;
	k.fails.times = 1;
	expect_error(plx_vfio_open_cdev(&kernel, 7, &fd), -EACCES, PLX_R_PERMISSION, "vfio7");
	assert_int_equal(plx_last_error()->backend, PLX_BACKEND_IOMMUFD);
}

/* Who has it is looked up: the group's file, then those of its devices. */
static void test_busy(void **state)
{
	static const char path[] = "/dev/vfio/14";
	char proc[PATH_MAX];

	(void)state;
	tree_make();
	snprintf(proc, sizeof(proc), "%s", tree_path("proc"));
	expect_error(plx_vfio_fail_busy(tree, NULL, path, 14), -EBUSY, PLX_R_GROUP_BUSY, "lsof");
	expect_error(plx_vfio_fail_busy(tree, proc, path, 14), -EBUSY, PLX_R_GROUP_BUSY, "lsof");
	tree_link("proc/41/fd/9", "/dev/vfio/devices/vfio7");
	tree_put("proc/41/comm", "cloud-hypervisor\n");
	expect_error(plx_vfio_fail_busy(tree, proc, path, 14), -EBUSY, PLX_R_GROUP_BUSY, "lsof");
	tree_put("kernel/iommu_groups/14/devices/" ADDRESS "/vendor", "0x8086\n");
	tree_put("bus/pci/devices/" ADDRESS "/vendor", "0x8086\n");
	expect_error(plx_vfio_fail_busy(tree, proc, path, 14), -EBUSY, PLX_R_GROUP_BUSY, "lsof");
	tree_put("bus/pci/devices/" ADDRESS "/device", "0x10d3\n");
	tree_put("bus/pci/devices/" ADDRESS "/class", "0x020000\n");
	tree_put("bus/pci/devices/" ADDRESS "/resource", "0x0 0x0 0x0\n0x0 0x0 0x0\n0x0 0x0 0x0\n"
							 "0x0 0x0 0x0\n0x0 0x0 0x0\n0x0 0x0 0x0\n"
							 "0x0 0x0 0x0\n");
	tree_put("bus/pci/devices/" ADDRESS "/vfio-dev/vfio7/dev", "");
	expect_error(plx_vfio_fail_busy(tree, proc, path, 14), -EBUSY, PLX_R_GROUP_BUSY,
		     "/dev/vfio/14 is in use by process 41 (cloud-hyperviso)");
	tree_link("proc/42/fd/3", path);
	tree_put("proc/42/comm", "qemu\n");
	expect_error(plx_vfio_fail_busy(tree, proc, path, 14), -EBUSY, PLX_R_GROUP_BUSY,
		     "process 42 (qemu)");
	assert_int_equal(plx_last_error()->sys_errno, EBUSY);
	tree_remove();
}

static void test_ownership(void **state)
{
	struct plx_pci_facts f = { .address = ADDRESS, .group = 14 };
	struct plx_pci_group g = { .number = 14 };

	(void)state;
	expect_error(plx_vfio_check_bound(&f), -ENODEV, PLX_R_NOT_BOUND, "has no driver");
	snprintf(f.driver, sizeof(f.driver), "e1000e");
	expect_error(plx_vfio_check_bound(&f), -ENODEV, PLX_R_NOT_BOUND, "plx-dev bind " ADDRESS);
	snprintf(f.driver, sizeof(f.driver), "vfio-pci");
	assert_int_equal(plx_vfio_check_bound(&f), 0);
	assert_int_equal(plx_vfio_check_group(&f, &g), 0);
	g.direct_map = true;
	expect_error(plx_vfio_check_group(&f, &g), -ENOTSUP, PLX_R_FW_DIRECT_MAP, "group 14");
	snprintf(g.foreign, sizeof(g.foreign), "0000:03:00.1");
	snprintf(g.foreign_driver, sizeof(g.foreign_driver), "igb");
	expect_error(plx_vfio_check_group(&f, &g), -EBUSY, PLX_R_GROUP_NOT_VIABLE,
		     "0000:03:00.1, which is bound to igb");
}

/* --- the device's fd --- */

static void test_open_by_group(void **state)
{
	(void)state;
	assert_int_equal(vfio->open(&dev), 0);
	assert_string_equal(k.name, ADDRESS);
	assert_int_equal(k.fds, 1);
	vfio->close(&dev);
	assert_int_equal(k.fds, 0);
	assert_null(dev.transport_data);
	vfio->close(&dev); /* once more is nothing to do */
	snprintf(dev.vf_token, sizeof(dev.vf_token), TOKEN);
	assert_int_equal(vfio->open(&dev), 0);
	assert_string_equal(k.name, ADDRESS " vf_token=" TOKEN);
}

static void test_open_by_cdev(void **state)
{
	(void)state;
	dev.backend = PLX_BACKEND_IOMMUFD;
	dev.attachment.fd = DEVICE_FD;
	assert_int_equal(vfio->open(&dev), 0);
	assert_string_equal(k.name, "");
	vfio->close(&dev); /* which does not close it: it is the bus's */
	assert_int_equal(k.fds, 0);
	snprintf(dev.vf_token, sizeof(dev.vf_token), TOKEN);
	expect_error(vfio->open(&dev), -ENOTSUP, PLX_R_UNSUPPORTED, "vf_token");
}

static int open_refused(int err, unsigned times)
{
	int rc;

	k.fails.request = VFIO_GROUP_GET_DEVICE_FD;
	k.fails.err = err;
	k.fails.times = times;
	rc = vfio->open(&dev);
	assert_int_equal(k.fails.times && err != EAGAIN, 0);
	return rc;
}

static void test_device_fd_refused(void **state)
{
	(void)state;
	expect_error(open_refused(EACCES, 1), -EACCES, PLX_R_PERMISSION, "give vf_token");
	expect_error(open_refused(EINVAL, 1), -EINVAL, PLX_R_KERNEL_CONFLICT, "GET_DEVICE_FD");
	expect_error(open_refused(ENODEV, 1), -ENODEV, PLX_R_NOT_BOUND, "IOMMU group 14");
	expect_error(open_refused(EBUSY, 1), -EBUSY, PLX_R_GROUP_BUSY, "in use");
	expect_error(open_refused(EPERM, 1), -EPERM, PLX_R_UNSAFE_INTR, "allow_unsafe_interrupts");
	dev.attachment.foreign_member = true;
	expect_error(open_refused(EPERM, 1), -EBUSY, PLX_R_GROUP_NOT_VIABLE, "kernel driver");
	assert_int_equal(plx_last_error()->backend, PLX_BACKEND_TYPE1);
	assert_int_equal(plx_last_error()->sys_errno, EPERM);
	snprintf(dev.vf_token, sizeof(dev.vf_token), TOKEN);
	expect_error(open_refused(EACCES, 1), -EACCES, PLX_R_PERMISSION, "not the vf_token");
	expect_error(open_refused(EINVAL, 1), -EINVAL, PLX_R_BAD_VALUE, "takes no vf_token");
	assert_null(dev.transport_data);
}

/* Nothing but a UUID reaches the kernel, which would read other options after a space. */
static void test_tokens(void **state)
{
	static const char *const bad[] = { "x",
					   TOKEN "0",
					   "2ab74924-c335-45f4-9b16-8569e5b0825",
					   "2ab74924 c335-45f4-9b16-8569e5b08258",
					   "2ab74924-c335-45f4-9b16-8569e5b0825g",
					   "-" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		expect_error(plx_vfio_check_token(bad[i]), -EINVAL, PLX_R_BAD_VALUE, "UUID");
		snprintf(dev.vf_token, sizeof(dev.vf_token), "%s", bad[i]);
		expect_error(vfio->open(&dev), -EINVAL, PLX_R_BAD_VALUE, "UUID");
	}
	assert_int_equal(plx_vfio_check_token(""), 0);
	assert_int_equal(plx_vfio_check_token("2AB74924-C335-45F4-9B16-8569E5B08258"), 0);
	dev.vf_token[0] = '\0';
}

static void test_device_fd_later(void **state)
{
	(void)state;
	assert_int_equal(open_refused(EAGAIN, 3), 0);
	vfio->close(&dev);
	assert_int_equal(open_refused(EINTR, 3), 0);
	vfio->close(&dev);
	expect_error(open_refused(EAGAIN, 1000), -EAGAIN, PLX_R_KERNEL_CONFLICT, "try again");
	assert_int_equal(k.fails.times, 1000 - PLX_VFIO_TRIES);
}

static void test_odd_device_info(void **state)
{
	(void)state;
	k.info.flags = VFIO_DEVICE_FLAGS_PLATFORM;
	expect_error(vfio->open(&dev), -ENOTSUP, PLX_R_UNSUPPORTED, "no PCI function");
	k.info.flags = VFIO_DEVICE_FLAGS_PCI;
	k.info.num_regions = 7;
	expect_error(vfio->open(&dev), -EIO, PLX_R_FORMAT, "makes no sense");
	k.info.num_regions = UINT32_MAX;
	k.info.num_irqs = 0;
	expect_error(vfio->open(&dev), -EIO, PLX_R_FORMAT, "makes no sense");
	k.info.num_irqs = UINT32_MAX;
	k.fails.request = VFIO_DEVICE_GET_INFO;
	k.fails.err = EIO;
	k.fails.times = 1;
	expect_error(vfio->open(&dev), -EIO, PLX_R_KERNEL_CONFLICT, "VFIO_DEVICE_GET_INFO");
	assert_int_equal(k.fds, 0);
	assert_int_equal(vfio->open(&dev), 0);
}

/* --- regions --- */

static struct plx_region region;

static int open_and_ask(unsigned index)
{
	int err = vfio->open(&dev);

	if (!err)
		assert_int_equal(vfio->region(&dev, index, &region), 0);
	return err;
}

/* Capability @id at byte @at of the answer. */
static void put_cap(unsigned index, uint32_t at, uint16_t id, uint32_t next)
{
	struct vfio_info_cap_header cap = { .id = id, .version = 1, .next = next };
	struct region *r = &k.regions[index];

	if (!r->head.cap_offset)
		r->head.cap_offset = at;
	r->head.flags |= VFIO_REGION_INFO_FLAG_CAPS;
	memcpy(r->caps + at - sizeof(r->head), &cap, sizeof(cap));
	if (r->size < at - sizeof(r->head) + sizeof(cap))
		r->size = (uint32_t)(at - sizeof(r->head) + sizeof(cap));
}

static void put_areas(unsigned index, uint32_t at, uint32_t n, uint64_t off, uint64_t size)
{
	struct vfio_region_sparse_mmap_area area = { off, size };
	struct region *r = &k.regions[index];
	uint8_t *cap = r->caps + at - sizeof(r->head);

	memcpy(cap + 8, &n, sizeof(n));
	memcpy(cap + 16, &area, sizeof(area));
	if (r->size < at - sizeof(r->head) + 32)
		r->size = at - (uint32_t)sizeof(r->head) + 32;
}

static void test_regions(void **state)
{
	(void)state;
	assert_int_equal(open_and_ask(0), 0);
	assert_int_equal(k.n_infos, PLX_REGIONS); /* one call does where there is no more to say */
	assert_int_equal(region.size, 0x20000);
	assert_true(region.can_read && region.can_write && region.can_map);
	assert_false(region.msix_mappable);
	assert_int_equal(region.n_sparse, 0);
	assert_int_equal(vfio->region(&dev, 1, &region), 0);
	assert_false(region.can_map);
	assert_int_equal(vfio->region(&dev, 3, &region), 0);
	assert_int_equal(region.size, 0);
	expect_error(vfio->region(&dev, 8, &region), -EINVAL, PLX_R_INDEX, "0 to 7");
}

static void test_capabilities(void **state)
{
	(void)state;
	put_cap(0, 32, 2, 48); /* of a type we do not know */
	put_cap(0, 48, VFIO_REGION_INFO_CAP_SPARSE_MMAP, 80);
	put_areas(0, 48, 1, 0x1000, 0x1f000);
	put_cap(0, 80, VFIO_REGION_INFO_CAP_MSIX_MAPPABLE, 0);
	assert_int_equal(open_and_ask(0), 0);
	assert_int_equal(k.n_infos, PLX_REGIONS + 1);
	assert_true(region.msix_mappable && region.can_map);
	assert_int_equal(region.n_sparse, 1);
	assert_int_equal(region.sparse[0].offset, 0x1000);
	assert_int_equal(region.sparse[0].size, 0x1f000);
}

/* A list of nothing allows nothing. */
static void test_empty_list(void **state)
{
	(void)state;
	put_cap(0, 32, VFIO_REGION_INFO_CAP_SPARSE_MMAP, 0);
	put_areas(0, 32, 0, 0, 0);
	assert_int_equal(open_and_ask(0), 0);
	assert_false(region.can_map);
	vfio->close(&dev);
	put_areas(0, 32, 1, 0x1000, 0);
	assert_int_equal(open_and_ask(0), 0);
	assert_false(region.can_map);
}

static void expect_odd(void)
{
	expect_error(vfio->open(&dev), -EIO, PLX_R_FORMAT, "region 0");
	assert_int_equal(k.fds, 0);
	setup(NULL);
}

static void test_odd_capabilities(void **state)
{
	(void)state;
	put_cap(0, 32, 9, 32); /* a loop of one */
	expect_odd();
	put_cap(0, 32, 9, 40); /* of two */
	put_cap(0, 40, 9, 32);
	expect_odd();
	put_cap(0, 32, 9, 4096); /* outside */
	expect_odd();
	put_cap(0, 32, 9, UINT32_MAX);
	expect_odd();
	put_cap(0, 32, 9, 0);
	k.regions[0].head.cap_offset = 8; /* in the head */
	expect_odd();
	put_cap(0, 32, 9, 0);
	k.regions[0].size -= 4; /* half a head */
	expect_odd();
	put_cap(0, 32, VFIO_REGION_INFO_CAP_SPARSE_MMAP, 0); /* no count */
	expect_odd();
	put_cap(0, 32, VFIO_REGION_INFO_CAP_SPARSE_MMAP, 64); /* two lists */
	put_areas(0, 32, 0, 0, 0);
	put_cap(0, 64, VFIO_REGION_INFO_CAP_SPARSE_MMAP, 0);
	put_areas(0, 64, 0, 0, 0);
	expect_odd();
	static const struct {
		uint32_t n;
		uint64_t off, size;
	} areas[] = {
		{ 2, 0, 0x1000 },          { UINT32_MAX, 0, 0x1000 }, { 1u << 28, 0, 0x1000 },
		{ 1, 0, 0x20001 },         { 1, 0x20000, 0x1000 },    { 1, UINT64_MAX, 1 },
		{ 1, 0x1000, UINT64_MAX },
	};
	for (size_t i = 0; i < sizeof(areas) / sizeof(areas[0]); i++) {
		put_cap(0, 32, VFIO_REGION_INFO_CAP_SPARSE_MMAP, 0);
		put_areas(0, 32, areas[i].n, areas[i].off, areas[i].size);
		expect_odd();
	}
}

static void test_odd_regions(void **state)
{
	(void)state;
	k.regions[0].grows = true;
	expect_odd();
	k.regions[0].head.argsz = PLX_VFIO_INFO_MAX + 1;
	expect_odd();
	k.regions[0].head.argsz = UINT32_MAX;
	expect_odd();
	k.regions[0].head.size = UINT64_MAX;
	expect_odd();
	k.regions[0].head.offset = UINT64_MAX;
	expect_odd();
	k.regions[0].head.offset = INT64_MAX;
	expect_odd();
	k.regions[0].head.argsz = 4; /* less than was asked for */
	assert_int_equal(open_and_ask(0), 0);
	vfio->close(&dev);
	k.fails.request = VFIO_DEVICE_GET_REGION_INFO;
	k.fails.err = EINVAL;
	k.fails.times = 1;
	expect_error(vfio->open(&dev), -EINVAL, PLX_R_KERNEL_CONFLICT, "GET_REGION_INFO");
}

/* More areas than are kept: fewer can be mapped. */
static void test_many_areas(void **state)
{
	uint8_t info[32 + 16 + 16 * (PLX_SPARSE_MAX + 3)] = { 0 };
	struct vfio_region_info head = { .flags = 15, .cap_offset = 32, .size = 0x100000 };
	struct vfio_region_info_cap_sparse_mmap cap = { .header = { 1, 1, 0 },
							.nr_areas = PLX_SPARSE_MAX + 3 };
	struct plx_vfio_region r;

	(void)state;
	memcpy(info, &head, sizeof(head));
	memcpy(info + 32, &cap, sizeof(cap));
	for (unsigned i = 0; i < PLX_SPARSE_MAX + 3; i++)
		memcpy(info + 48 + 16 * i,
		       &(struct vfio_region_sparse_mmap_area){ i * 0x2000, 0x1000 }, 16);
	assert_true(plx_vfio_parse_region(info, sizeof(info), &r));
	assert_int_equal(r.info.n_sparse, PLX_SPARSE_MAX);
	assert_int_equal(r.info.sparse[15].offset, 15 * 0x2000);
	assert_false(plx_vfio_parse_region(info, sizeof(info) - 1, &r));
	assert_int_equal(r.info.size, 0);
}

static void test_no_memory(void **state)
{
	const int fds[] = { 5, 6 };
	int err;

	(void)state;
	put_cap(0, 32, VFIO_REGION_INFO_CAP_MSIX_MAPPABLE, 0);
	limited = true;
	for (unsigned i = 0; i < 2; i++) { /* the device; what is said of a region */
		allocations = i;
		expect_error(vfio->open(&dev), -ENOMEM, PLX_R_NOMEM, "no memory");
		assert_int_equal(k.fds, 0);
	}
	limited = false;
	assert_int_equal(vfio->open(&dev), 0);
	limited = true;
	allocations = 0;
	err = vfio->irq_set(&dev, PLX_IRQI_MSIX, fds, 2);
	limited = false;
	expect_error(err, -ENOMEM, PLX_R_NOMEM, "2 vectors");
	assert_int_equal(k.n_sets, 0);
}

/* --- maps --- */

static void test_map(void **state)
{
	void *va = NULL;

	(void)state;
	assert_int_equal(vfio->open(&dev), 0);
	assert_int_equal(vfio->map(&dev, 0, 0x1000, 0x1f000, PROT_READ, &va), 0);
	assert_non_null(va);
	assert_int_equal(k.last.at, 0x1000);
	assert_int_equal(k.last.prot, PROT_READ);
	assert_int_equal(k.last.flags, MAP_SHARED);
	vfio->unmap(&dev, va, 0x1f000);
	expect_error(vfio->map(&dev, 1, 0, 0x1000, PROT_READ, &va), -ENOTSUP, PLX_R_NO_MMAP,
		     "region 1");
	assert_null(va);
	assert_int_equal(plx_last_error()->status, PLX_STATUS_INSUFFICIENT_RESOURCES);
	expect_error(vfio->map(&dev, 9, 0, 0x1000, PROT_READ, &va), -ENOTSUP, PLX_R_NO_MMAP,
		     "region 9");
	expect_error(vfio->map(&dev, 0, 0, 0, PROT_READ, &va), -EINVAL, PLX_R_STRADDLES_BAR,
		     "region 0");
	expect_error(vfio->map(&dev, 0, 0x1000, 0x20000, PROT_READ, &va), -EINVAL,
		     PLX_R_STRADDLES_BAR, "region 0");
	expect_error(vfio->map(&dev, 0, UINT64_MAX - 0xfff, 0x2000, PROT_READ, &va), -EINVAL,
		     PLX_R_STRADDLES_BAR, "region 0");
}

static void test_map_refused(void **state)
{
	void *va;

	(void)state;
	assert_int_equal(vfio->open(&dev), 0);
	k.mmap_err = EBUSY;
	expect_error(vfio->map(&dev, 0, 0, 0x1000, PROT_READ, &va), -EBUSY, PLX_R_CLAIMED, "BAR 0");
	assert_int_equal(plx_last_error()->status, PLX_STATUS_NDIS_RESOURCE_CONFLICT);
	assert_int_equal(plx_last_error()->sys_errno, EBUSY);
	k.mmap_err = ENOMEM;
	expect_error(vfio->map(&dev, 0, 0, 0x1000, PROT_READ, &va), -ENOMEM, PLX_R_NOMEM, "BAR 0");
	assert_int_equal(plx_last_error()->status, PLX_STATUS_INSUFFICIENT_RESOURCES);
	k.mmap_err = EINVAL;
	expect_error(vfio->map(&dev, 0, 0, 0x1000, PROT_READ, &va), -EINVAL, PLX_R_KERNEL_CONFLICT,
		     "mmap");
	assert_null(va);
}

/* --- accesses --- */

static void test_accesses(void **state)
{
	uint32_t v = 0;

	(void)state;
	assert_int_equal(vfio->open(&dev), 0);
	assert_int_equal(vfio->read(&dev, 1, 0xfc, &v, 4), 0);
	assert_int_equal(v, 0x5a5a5a5a);
	assert_int_equal(k.last.at, (1ull << 40) + 0xfc);
	assert_int_equal(vfio->write(&dev, 0, 0x1fffe, &v, 2), 0);
	assert_int_equal(k.last.at, 0x1fffe);
	assert_int_equal(k.last.len, 2);
	/* outside: the kernel is not even asked */
	k.io_err = ENXIO;
	assert_int_equal(vfio->read(&dev, 1, 0xfd, &v, 4), -EINVAL);
	assert_int_equal(vfio->read(&dev, 1, UINT64_MAX, &v, 4), -EINVAL);
	assert_int_equal(vfio->write(&dev, 3, 0, &v, 1), -EINVAL);
	assert_int_equal(vfio->write(&dev, 8, 0, &v, 1), -EINVAL);
	k.io_err = EIO;
	assert_int_equal(vfio->read(&dev, 1, 0, &v, 4), -EIO);
	assert_int_equal(vfio->write(&dev, 1, 0, &v, 4), -EIO);
	k.io_err = 0;
	k.io_max = 3;
	assert_int_equal(vfio->read(&dev, 1, 0, &v, 4), -ENODATA);
	assert_int_equal(vfio->write(&dev, 1, 0, &v, 4), -ENODATA);
	k.io_max = 4;
	k.interrupted = 2;
	assert_int_equal(vfio->read(&dev, 1, 0, &v, 4), 0);
	k.interrupted = 2;
	assert_int_equal(vfio->write(&dev, 1, 0, &v, 4), 0);
}

/* --- interrupts --- */

static void test_irq_counts(void **state)
{
	static const unsigned counts[] = { 1, 0, 4, 0, 1 };
	unsigned n = 9;

	(void)state;
	assert_int_equal(vfio->open(&dev), 0);
	for (enum plx_irq_index i = PLX_IRQI_INTX; i <= PLX_IRQI_REQ; i++) {
		assert_int_equal(vfio->irq_count(&dev, i, &n), 0);
		assert_int_equal(n, counts[i]);
	}
	k.fails.request = VFIO_DEVICE_GET_IRQ_INFO;
	k.fails.times = 2;
	k.fails.err = EINVAL; /* what it says of an error interrupt without PCI Express */
	assert_int_equal(vfio->irq_count(&dev, PLX_IRQI_ERR, &n), 0);
	assert_int_equal(n, 0);
	k.fails.err = EIO;
	expect_error(vfio->irq_count(&dev, PLX_IRQI_MSIX, &n), -EIO, PLX_R_KERNEL_CONFLICT,
		     "IRQ_INFO");
	assert_int_equal(n, 0);
	k.irqs[PLX_IRQI_MSIX].count = 2049;
	expect_error(vfio->irq_count(&dev, PLX_IRQI_MSIX, &n), -EIO, PLX_R_FORMAT, "MSI-X");
	k.irqs[PLX_IRQI_MSIX].count = 4;
	k.irqs[PLX_IRQI_MSIX].flags = 0; /* no eventfds */
	assert_int_equal(vfio->irq_count(&dev, PLX_IRQI_MSIX, &n), 0);
	assert_int_equal(n, 0);
	vfio->close(&dev);
	k.info.num_irqs = 4; /* an old kernel: no removal request */
	assert_int_equal(vfio->open(&dev), 0);
	assert_int_equal(vfio->irq_count(&dev, PLX_IRQI_REQ, &n), 0);
	assert_int_equal(n, 0);
}

static void expect_set(unsigned i, unsigned index, unsigned flags, unsigned count)
{
	assert_true(i < k.n_sets);
	assert_int_equal(k.sets[i].index, index);
	assert_int_equal(k.sets[i].flags, flags);
	assert_int_equal(k.sets[i].start, 0);
	assert_int_equal(k.sets[i].count, count);
}

#define ON  (VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER)
#define OFF (VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER)

static void test_irq_set(void **state)
{
	const int fds[] = { 5, -1, 7, 8, 9 };

	(void)state;
	assert_int_equal(vfio->open(&dev), 0);
	assert_int_equal(vfio->irq_set(&dev, PLX_IRQI_MSIX, NULL, 0), 0); /* off already */
	assert_int_equal(k.n_sets, 0);
	assert_int_equal(vfio->irq_set(&dev, PLX_IRQI_MSIX, fds, 2), 0);
	expect_set(0, PLX_IRQI_MSIX, ON, 2);
	assert_memory_equal(k.sets[0].fds, fds, 2 * sizeof(int));
	/* as many: they are replaced */
	assert_int_equal(vfio->irq_set(&dev, PLX_IRQI_MSIX, fds + 1, 2), 0);
	expect_set(1, PLX_IRQI_MSIX, ON, 2);
	/* more: NORESIZE wants them off before */
	assert_int_equal(vfio->irq_set(&dev, PLX_IRQI_MSIX, fds, 4), 0);
	expect_set(2, PLX_IRQI_MSIX, OFF, 0);
	expect_set(3, PLX_IRQI_MSIX, ON, 4);
	/* fewer: none may stay on */
	k.irqs[PLX_IRQI_MSIX].flags = VFIO_IRQ_INFO_EVENTFD;
	assert_int_equal(vfio->irq_set(&dev, PLX_IRQI_MSIX, fds, 1), 0);
	expect_set(4, PLX_IRQI_MSIX, OFF, 0);
	/* more, without NORESIZE: they come to those there are */
	assert_int_equal(vfio->irq_set(&dev, PLX_IRQI_MSIX, fds, 3), 0);
	expect_set(6, PLX_IRQI_MSIX, ON, 3);
	expect_error(vfio->irq_set(&dev, PLX_IRQI_MSIX, fds, 5), -EINVAL, PLX_R_TOO_LARGE,
		     "4 vectors");
	expect_error(vfio->irq_set(&dev, PLX_IRQI_MSI, fds, 1), -EINVAL, PLX_R_TOO_LARGE,
		     "0 vectors");
	assert_int_equal(k.n_sets, 7);
	vfio->close(&dev);
	expect_set(7, PLX_IRQI_MSIX, OFF, 0);
}

static void test_irq_refused(void **state)
{
	const int fds[] = { 5, 6, 7, 8 };

	(void)state;
	assert_int_equal(vfio->open(&dev), 0);
	k.fails.request = VFIO_DEVICE_SET_IRQS;
	k.fails.err = EINVAL;
	k.fails.times = 1;
	expect_error(vfio->irq_set(&dev, PLX_IRQI_MSIX, fds, 4), -EINVAL, PLX_R_KERNEL_CONFLICT,
		     "another kind of interrupt");
	assert_int_equal(plx_last_error()->sys_errno, EINVAL);
	k.fails.err = ENOMEM;
	k.fails.times = 1;
	expect_error(vfio->irq_set(&dev, PLX_IRQI_MSIX, fds, 4), -ENOMEM, PLX_R_NOMEM, "SET_IRQS");
	k.set_rc = 3; /* "only so many": no error to ioctl(2) */
	expect_error(vfio->irq_set(&dev, PLX_IRQI_MSIX, fds, 4), -ENOSPC, PLX_R_TOO_LARGE,
		     "has 3 vectors left");
	k.n_sets = 0;
	vfio->close(&dev);
	assert_int_equal(k.n_sets, 0); /* nothing came to be on */
}

static void test_irq_unmask(void **state)
{
	(void)state;
	assert_int_equal(vfio->open(&dev), 0);
	assert_int_equal(vfio->irq_unmask(&dev, PLX_IRQI_INTX), 0);
	expect_set(0, PLX_IRQI_INTX, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK, 1);
	k.fails.request = VFIO_DEVICE_SET_IRQS;
	k.fails.err = ENOTTY;
	k.fails.times = 1;
	expect_error(vfio->irq_unmask(&dev, PLX_IRQI_INTX), -ENOTSUP, PLX_R_UNSUPPORTED,
		     "SET_IRQS");
}

/* --- reset --- */

static void test_reset(void **state)
{
	(void)state;
	assert_int_equal(vfio->open(&dev), 0);
	assert_true(vfio->can_reset(&dev));
	assert_int_equal(vfio->reset(&dev), 0);
	k.fails.request = VFIO_DEVICE_RESET;
	k.fails.err = EAGAIN;
	k.fails.times = 2;
	assert_int_equal(vfio->reset(&dev), 0);
	assert_int_equal(k.n_resets, 2);
	k.fails.err = ENODEV;
	k.fails.times = 1;
	expect_error(vfio->reset(&dev), -ENODEV, PLX_R_NO_DEVICE, "is gone");
	vfio->close(&dev);
	k.info.flags = VFIO_DEVICE_FLAGS_PCI;
	assert_int_equal(vfio->open(&dev), 0);
	assert_false(vfio->can_reset(&dev));
	expect_error(vfio->reset(&dev), -ENOTSUP, PLX_R_UNSUPPORTED, "cannot be reset");
	assert_int_equal(k.n_resets, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nodes),
		TEST(group_refused),
		TEST(cdev_refused),
		TEST(busy),
		TEST(ownership),
		TEST(open_by_group),
		TEST(open_by_cdev),
		TEST(tokens),
		TEST(device_fd_refused),
		TEST(device_fd_later),
		TEST(odd_device_info),
		TEST(regions),
		TEST(capabilities),
		TEST(empty_list),
		TEST(odd_capabilities),
		TEST(odd_regions),
		TEST(many_areas),
		TEST(no_memory),
		TEST(map),
		TEST(map_refused),
		TEST(accesses),
		TEST(irq_counts),
		TEST(irq_set),
		TEST(irq_refused),
		TEST(irq_unmask),
		TEST(reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
