/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Devices enter and leave domains: DEV-1 .. DEV-6 from outside, where opening and closing files is
 * a part of it.
 */
#include "devlab.h"

#include "core/sysops.h"
#include "core/uapi.h"
#include "iommu/attach.h"

#include <linux/vfio.h>
#include <sys/mman.h>

#define BUSY PLX_STATUS_RESOURCE_IN_USE

static struct plx_iommu *io;
static struct plx_domain *a, *b;

/* Two domains, and a device in neither. */
static struct plx_dev *begin(const char *name)
{
	struct plx_dev *dev = devlab_open(name, NULL);

	io = devlab_iommu();
	a = devlab_domain(io);
	b = devlab_domain(io);
	devlab_leave_own(dev);
	return dev;
}

static void end(void)
{
	assert_works(plx_domain_delete(a));
	assert_works(plx_domain_delete(b));
	assert_works(plx_iommu_close(io));
}

static uint64_t map_page(struct plx_domain *d, void **va)
{
	struct plx_phys p = { .type = PLX_PHYS_CONTIG };
	uint64_t iova = 0;

	*va = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(*va != MAP_FAILED);
	p.contig = (struct plx_va_range){ (uintptr_t)*va, PAGE };
	assert_works(
		plx_iommu_map(d, PLX_IOMMU_READ | PLX_IOMMU_WRITE, &p, NULL, NULL, NULL, &iova));
	return iova;
}

/* --- arguments --- */

static void test_attach_arguments(void **state)
{
	struct plx_dev *dev = begin("sim:dummy");
	struct plx_domain *gone = devlab_domain(io);

	(void)state;
	assert_works(plx_domain_delete(gone));
	assert_fails(plx_domain_attach(NULL, NULL), -EINVAL, INVALID_PARAMETER(1),
		     PLX_R_DOMAIN_TYPE, 1);
	assert_fails(plx_domain_detach(NULL, dev), -EINVAL, INVALID_PARAMETER(1), PLX_R_DOMAIN_TYPE,
		     1);
	assert_fails(plx_domain_attach(gone, dev), -EINVAL, INVALID_PARAMETER(1), PLX_R_DOMAIN_TYPE,
		     1);
	assert_fails(plx_domain_detach(gone, dev), -EINVAL, INVALID_PARAMETER(1), PLX_R_DOMAIN_TYPE,
		     1);
	assert_fails(plx_domain_attach(a, NULL), -EINVAL, INVALID_PARAMETER(2), PLX_R_NULL_ARG, 2);
	assert_fails(plx_domain_detach(a, NULL), -EINVAL, INVALID_PARAMETER(2), PLX_R_NULL_ARG, 2);
	assert_fails(plx_domain_detach(a, dev), -EINVAL, INVALID_PARAMETER(1), PLX_R_NOT_ATTACHED,
		     1);
	assert_works(plx_dev_close(dev));
	end();
}

/* A device of one backend does not fit into a domain of another. */
static void test_attach_mismatch(void **state)
{
	const enum plx_backend other =
		lab.backend == PLX_BACKEND_SIM ? PLX_BACKEND_IOMMUFD : PLX_BACKEND_SIM;
	const struct plx_dev_opts opts = { .backend = other };
	struct plx_dev *dev;
	struct plx_domain *d;

	(void)state;
	io = devlab_iommu();
	d = devlab_domain(io);
	assert_works(plx_dev_open(lab.ctx, "sim:dummy", &opts, &dev));
	assert_fails(plx_domain_attach(d, dev), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_MISMATCH, 2);
	assert_works(plx_dev_close(dev));
	assert_works(plx_domain_delete(d));
	assert_works(plx_iommu_close(io));
}

/* --- DEV-1 .. DEV-5 --- */

static void test_DEV_1_attached_already(void **state)
{
	struct plx_dev *dev = begin("sim:dummy");
	struct plx_domain *d;

	(void)state;
	assert_works(plx_domain_attach(a, dev));
	assert_fails(plx_domain_attach(a, dev), -EBUSY, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_ALREADY_ATTACHED, 0);
	assert_fails(plx_domain_attach(b, dev), -EBUSY, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_ALREADY_ATTACHED, 0);
	assert_works(plx_dev_domain(dev, &d));
	assert_ptr_equal(d, a);
	assert_fails(plx_domain_detach(b, dev), -EINVAL, INVALID_PARAMETER(1), PLX_R_NOT_ATTACHED,
		     1);
	assert_works(plx_domain_detach(a, dev));
	assert_works(plx_domain_attach(b, dev));
	assert_fails(plx_domain_delete(b), -EBUSY, BUSY, PLX_R_STILL_ATTACHED, 0);
	assert_works(plx_dev_close(dev));
	end();
}

/* DEV-2: the domain has a mapping where the device, which is narrower, has no IOVA. */
static void test_DEV_2_narrow_device(void **state)
{
	struct plx_dev *wide = begin("sim:dummy"), *narrow;
	const uint64_t high = 1ull << 33;
	struct plx_phys p = { .type = PLX_PHYS_CONTIG };
	void *va = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t iova;

	(void)state;
	narrow = devlab_open("sim:dummy,id=1,aperture=32", NULL);
	devlab_leave_own(narrow);
	assert_works(plx_domain_attach(a, wide));
	p.contig = (struct plx_va_range){ (uintptr_t)va, PAGE };
	assert_works(plx_iommu_map(a, PLX_IOMMU_READ, &p, &high, NULL, NULL, &iova));
	assert_fails(plx_domain_attach(a, narrow), -EADDRINUSE, PLX_STATUS_UNSUCCESSFUL,
		     PLX_R_IOVA_RESERVED, 0);
	assert_works(plx_iommu_unmap(a, iova, 1));
	assert_works(plx_domain_attach(a, narrow));
	assert_works(plx_dev_close(narrow));
	assert_works(plx_dev_close(wide));
	munmap(va, PAGE);
	end();
}

static void test_DEV_3_one_group_one_domain(void **state)
{
	struct plx_dev *dev = begin("sim:dummy,group=7"), *mate;

	(void)state;
	mate = devlab_open("sim:dummy,id=1,group=7", NULL);
	devlab_leave_own(mate);
	assert_works(plx_domain_attach(a, dev));
	assert_fails(plx_domain_attach(b, mate), -EBUSY, BUSY, PLX_R_GROUP_BUSY, 0);
	assert_non_null(strstr(plx_last_error()->text, "sim:dummy,id=0"));
	assert_works(plx_domain_attach(a, mate));
	assert_works(plx_domain_detach(a, dev));
	assert_fails(plx_domain_attach(b, dev), -EBUSY, BUSY, PLX_R_GROUP_BUSY, 0);
	assert_works(plx_dev_close(mate));
	assert_works(plx_domain_attach(b, dev));
	assert_works(plx_dev_close(dev));
	end();
}

/* The same across two interfaces, whose books do not know of each other. */
static void test_DEV_3_across_interfaces(void **state)
{
	const struct plx_dev_opts opts = { .backend = lab.backend };
	struct plx_dev *dev = begin("sim:dummy,group=7"), *mate;
	struct plx_iommu *second = devlab_iommu();
	struct plx_domain *c = devlab_domain(second);

	(void)state;
	assert_works(plx_domain_attach(a, dev));
	if (lab.backend == PLX_BACKEND_TYPE1) {
		/* It would be attached to a domain of its own (DEV-6). */
		assert_fails(devlab_open_fails("sim:dummy,id=1,group=7", &opts), -EBUSY, BUSY,
			     PLX_R_GROUP_BUSY, 0);
		mate = devlab_open("sim:dummy,id=1,group=7", a);
		assert_works(plx_domain_detach(a, mate));
	} else {
		mate = devlab_open("sim:dummy,id=1,group=7", NULL);
	}
	assert_fails(plx_domain_attach(c, mate), -EBUSY, BUSY, PLX_R_GROUP_BUSY, 0);
	assert_works(plx_domain_detach(a, dev));
	assert_works(plx_domain_attach(c, mate));
	assert_fails(plx_domain_attach(a, dev), -EBUSY, BUSY, PLX_R_GROUP_BUSY, 0);
	assert_works(plx_dev_close(dev));
	assert_works(plx_dev_close(mate));
	assert_works(plx_domain_delete(c));
	assert_works(plx_iommu_close(second));
	end();
}

/* One backend a group: the kernel has one of them say EBUSY. */
static void test_DEV_3_one_backend(void **state)
{
	const enum plx_backend other =
		lab.backend == PLX_BACKEND_IOMMUFD ? PLX_BACKEND_TYPE1 : PLX_BACKEND_IOMMUFD;
	const struct plx_dev_opts opts = { .backend = other };
	struct plx_dev *dev = devlab_open("sim:dummy,group=7", NULL);

	(void)state;
	assert_fails(devlab_open_fails("sim:dummy,id=1,group=7", &opts), -EBUSY, BUSY,
		     PLX_R_GROUP_BUSY, 0);
	assert_fails(devlab_open_fails("sim:dummy,group=7", &opts), -EBUSY, BUSY, PLX_R_GROUP_BUSY,
		     0);
	assert_works(plx_dev_close(dev));
}

static void test_DEV_4_ranges_follow_devices(void **state)
{
	struct plx_dev *dev = begin("sim:dummy,aperture=32");
	struct plx_domain_info info;

	(void)state;
	assert_works(plx_domain_info(a, &info, NULL, 0));
	assert_int_not_equal(info.address_width, 32);
	assert_works(plx_domain_attach(a, dev));
	assert_works(plx_domain_info(a, &info, NULL, 0));
	assert_int_equal(info.address_width, 32);
	assert_works(plx_domain_detach(a, dev));
	assert_works(plx_domain_info(a, &info, NULL, 0));
	assert_int_not_equal(info.address_width, 32);
	assert_works(plx_dev_close(dev));
	end();
}

static void test_DEV_5_last_device_with_mappings(void **state)
{
	struct plx_dev *dev = begin("sim:dummy");
	uint64_t iova;
	void *va;

	(void)state;
	assert_works(plx_domain_attach(a, dev));
	iova = map_page(a, &va);
	if (lab.backend == PLX_BACKEND_TYPE1) {
		assert_fails(plx_domain_detach(a, dev), -EBUSY, BUSY, PLX_R_STILL_MAPPED, 0);
		assert_int_equal(devlab_read32(dev, 0, 0), 0x706c7801); /* still open */
	} else {
		assert_works(plx_domain_detach(a, dev));
		assert_int_equal(lab_mappings(a), 1);
	}
	assert_works(plx_iommu_unmap(a, iova, 1));
	assert_works(plx_dev_close(dev));
	munmap(va, PAGE);
	end();
}

/* plx_dev_close() does both, tokens included. */
static void test_DEV_5_close_with_mappings(void **state)
{
	struct plx_dev *dev = begin("sim:dummy");
	struct plx_phys p = { .type = PLX_PHYS_CONTIG };
	struct plx_segment s;
	struct plx_token *t;
	void *va;

	(void)state;
	assert_works(plx_domain_attach(a, dev));
	map_page(a, &va);
	p.contig = (struct plx_va_range){ (uintptr_t)va, PAGE };
	assert_works(plx_iova_reserve(a, 4 * PAGE, NULL, NULL, NULL, 0, &t));
	assert_works(plx_token_map(t, 0, PLX_IOMMU_READ, &p, &s));
	assert_works(plx_dev_close(dev));
	if (lab.backend == PLX_BACKEND_TYPE1) {
		assert_int_equal(lab_mappings(a), 0);
		assert_int_equal(lab.warnings, 1);
		assert_fails(plx_token_unmap(&s), -ENOENT, PLX_STATUS_INVALID_PARAMETER,
			     PLX_R_NOT_MAPPED, 0);
	} else {
		assert_int_equal(lab_mappings(a), 2);
		assert_works(plx_token_unmap(&s));
	}
	assert_works(plx_token_free(t));
	assert_works(plx_domain_unmap_all(a));
	munmap(va, PAGE);
	end();
}

/* --- DEV-6 --- */

static void test_DEV_6_open_attaches(void **state)
{
	struct plx_dev *dev = devlab_open("sim:dummy", NULL);
	struct plx_domain *d = NULL;
	uint64_t iova;
	void *va;

	(void)state;
	if (lab.backend == PLX_BACKEND_TYPE1) {
		assert_works(plx_dev_domain(dev, &d));
		iova = map_page(d, &va); /* Translate, with a Flex allocator */
		assert_int_equal(iova, PAGE);
		assert_works(plx_iommu_unmap(d, iova, 1));
		munmap(va, PAGE);
	} else {
		d = (struct plx_domain *)&devlab;
		assert_fails(plx_dev_domain(dev, &d), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
			     PLX_R_NOT_ATTACHED, 0);
		assert_null(d);
	}
	assert_works(plx_dev_close(dev));
	assert_int_equal(lab.warnings + lab.errors, 0);
}

static void test_DEV_6_open_into_domain(void **state)
{
	struct plx_domain *d;
	struct plx_dev *dev;

	(void)state;
	io = devlab_iommu();
	a = devlab_domain(io);
	b = devlab_domain(io);
	dev = devlab_open("sim:dummy", a);
	assert_works(plx_dev_domain(dev, &d));
	assert_ptr_equal(d, a);
	assert_works(plx_domain_detach(a, dev));
	assert_works(plx_domain_attach(b, dev));
	assert_works(plx_dev_close(dev));
	end();
}

/* What is left of a handle after a detach. */
static void test_DEV_6_detached(void **state)
{
	struct plx_dev *dev = begin("sim:dummy");
	const struct plx_dev_attributes attr = { .bus_master = true };
	struct plx_dev_info info;
	struct plx_dev_stats stats;
	uint32_t v = 0;

	(void)state;
	assert_works(plx_domain_attach(a, dev));
	devlab_attributes(dev, true);
	assert_works(plx_domain_detach(a, dev));
	if (lab.backend == PLX_BACKEND_TYPE1) {
		assert_fails(plx_region_read(dev, 0, 0, &v, 4), -EPERM, PLX_STATUS_ACCESS_DENIED,
			     PLX_R_STATE, 0);
		assert_fails(plx_dev_set_attributes(dev, &attr), -EPERM, PLX_STATUS_ACCESS_DENIED,
			     PLX_R_STATE, 0);
		assert_fails(plx_dev_start(dev), -EPERM, PLX_STATUS_ACCESS_DENIED, PLX_R_STATE, 0);
	} else {
		assert_int_equal(devlab_read32(dev, 0, 0), 0x706c7801);
	}
	assert_works(plx_dev_info(dev, &info));
	assert_works(plx_dev_stats(dev, &stats));
	assert_fails(plx_domain_detach(a, dev), -EINVAL, INVALID_PARAMETER(1), PLX_R_NOT_ATTACHED,
		     1);
	assert_works(plx_domain_attach(b, dev));
	assert_int_equal(devlab_read32(dev, 0, 0), 0x706c7801);
	assert_int_equal(devlab_command(dev) & 4, 4); /* as it was */
	assert_works(plx_domain_detach(b, dev));
	assert_works(plx_dev_close(dev));
	end();
}

/* No domain of the device's own after the caller has detached it. */
static void test_DEV_6_needs_domain(void **state)
{
	struct plx_dev *dev = begin("sim:dummy");
	struct plx_domain *d = NULL, *again = NULL;

	(void)state;
	assert_works(plx_domain_attach(a, dev));
	assert_works(plx_dev_enter(dev, 1));
	assert_int_equal(plx_dev_need_domain(dev, &d), 0);
	assert_ptr_equal(d, a);
	assert_works(plx_dev_leave(dev, 0));
	assert_works(plx_domain_detach(a, dev));
	if (lab.backend != PLX_BACKEND_TYPE1) {
		assert_works(plx_dev_enter(dev, 1));
		assert_fails(plx_dev_leave(dev, plx_dev_need_domain(dev, &d)), -EPERM,
			     PLX_STATUS_ACCESS_DENIED, PLX_R_ORDER, 0);
		assert_null(d);
	}
	assert_works(plx_dev_close(dev));
	dev = devlab_open("sim:dummy", NULL);
	assert_works(plx_dev_enter(dev, 1));
	assert_int_equal(plx_dev_need_domain(dev, &d), 0);
	assert_works(plx_dev_leave(dev, 0));
	assert_works(plx_dev_domain(dev, &again));
	assert_ptr_equal(d, again);
	/* What was made for the device does not come before it. */
	assert_fails(plx_ctx_destroy(lab.ctx), -EBUSY, BUSY, PLX_R_STILL_ATTACHED, 0);
	assert_string_equal(plx_last_error()->object, "sim:dummy,id=0");
	assert_works(plx_dev_close(dev));
	end();
}

/* A live map keeps the file open, and with type1 the group in its container. */
static void test_DEV_6_maps_alive(void **state)
{
	struct plx_dev *dev = begin("sim:dummy");

	(void)state;
	assert_works(plx_domain_attach(a, dev));
	dev->n_maps = 1; /* as lib/io does */
	if (lab.backend == PLX_BACKEND_TYPE1)
		assert_fails(plx_domain_detach(a, dev), -EBUSY, BUSY, PLX_R_STILL_MAPPED, 0);
	else
		assert_works(plx_domain_detach(a, dev));
	assert_int_equal(devlab_read32(dev, 0, 0), 0x706c7801);
	dev->n_maps = 0;
	assert_works(plx_dev_close(dev));
	end();
}

/* The kernel refuses, after the device's file was closed for it: all is as before (G-4). */
static void test_DEV_6_detach_fails(void **state)
{
	struct plx_dev *dev = begin("sim:dummy");
	struct plx_domain *d;

	(void)state;
	assert_works(plx_domain_attach(a, dev));
	if (lab.backend == PLX_BACKEND_TYPE1)
		plx_test_inject(PLX_TEST_IOCTL, VFIO_GROUP_UNSET_CONTAINER, 1, EBUSY);
	else if (lab.backend == PLX_BACKEND_IOMMUFD)
		plx_test_inject(PLX_TEST_IOCTL, PLX_UAPI_DETACH, 1, EBUSY);
	if (lab.backend != PLX_BACKEND_SIM) {
		assert_int_equal(plx_domain_detach(a, dev), -EBUSY);
		assert_int_equal(plx_last_error()->sys_errno, EBUSY);
		assert_works(plx_dev_domain(dev, &d));
		assert_ptr_equal(d, a);
		assert_int_equal(devlab_read32(dev, 0, 0), 0x706c7801);
	}
	assert_works(plx_domain_detach(a, dev));
	assert_works(plx_dev_close(dev));
	end();
}

/* ... and when attaching again fails, the handle stays as the detach left it. */
static void test_DEV_6_attach_fails(void **state)
{
	struct plx_dev *dev = begin("sim:dummy");

	(void)state;
	if (lab.backend == PLX_BACKEND_TYPE1) {
		plx_test_inject(PLX_TEST_IOCTL, VFIO_GROUP_GET_DEVICE_FD, 1, EINVAL);
		assert_int_equal(plx_domain_attach(a, dev), -EINVAL);
		plx_test_inject(PLX_TEST_IOCTL, VFIO_DEVICE_GET_REGION_INFO, 3, EIO);
		assert_int_equal(plx_domain_attach(a, dev), -EIO);
		plx_test_inject(PLX_TEST_PREAD, 0, 1, EIO);
		assert_int_equal(plx_domain_attach(a, dev), -EIO);
	} else if (lab.backend == PLX_BACKEND_IOMMUFD) {
		plx_test_inject(PLX_TEST_IOCTL, PLX_UAPI_ATTACH, 1, EBUSY);
		assert_fails(plx_domain_attach(a, dev), -EBUSY, BUSY, PLX_R_GROUP_BUSY, 0);
	}
	assert_works(plx_domain_attach(a, dev));
	assert_int_equal(devlab_read32(dev, 0, 0), 0x706c7801);
	assert_works(plx_dev_close(dev));
	end();
}

/* Two handles of a function: one device, one domain, and a file that each of them has. */
static void test_DEV_6_two_handles(void **state)
{
	const struct plx_dev_opts opts = { .backend = lab.backend };
	struct plx_dev *first = devlab_open("sim:dummy", NULL), *second;
	struct plx_domain *x, *y;

	(void)state;
	if (lab.backend == PLX_BACKEND_IOMMUFD) {
		assert_fails(devlab_open_fails("sim:dummy", &opts), -EBUSY, BUSY, PLX_R_GROUP_BUSY,
			     0);
		assert_works(plx_dev_close(first));
		return;
	}
	second = devlab_open("sim:dummy,id=0", NULL);
	assert_works(plx_dev_enter(first, 1));
	assert_int_equal(plx_dev_need_domain(first, &x), 0);
	plx_dev_leave(first, 0);
	assert_works(plx_dev_close(first));
	assert_works(plx_dev_enter(second, 1));
	assert_int_equal(plx_dev_need_domain(second, &y), 0);
	plx_dev_leave(second, 0);
	if (lab.backend == PLX_BACKEND_TYPE1)
		assert_ptr_equal(x, y);
	assert_int_equal(devlab_read32(second, 0, 0), 0x706c7801);
	assert_works(plx_dev_close(second));
}

static const struct CMUnitTest tests[] = {
	RULE(test_attach_arguments),
	RULE(test_attach_mismatch),
	RULE(test_DEV_1_attached_already),
	RULE(test_DEV_2_narrow_device),
	RULE(test_DEV_3_one_group_one_domain),
	RULE(test_DEV_3_across_interfaces),
	RULE(test_DEV_3_one_backend),
	RULE(test_DEV_4_ranges_follow_devices),
	RULE(test_DEV_5_last_device_with_mappings),
	RULE(test_DEV_5_close_with_mappings),
	RULE(test_DEV_6_open_attaches),
	RULE(test_DEV_6_open_into_domain),
	RULE(test_DEV_6_detached),
	RULE(test_DEV_6_needs_domain),
	RULE(test_DEV_6_maps_alive),
	RULE(test_DEV_6_detach_fails),
	RULE(test_DEV_6_attach_fails),
	RULE(test_DEV_6_two_handles),
};

LAB_MAIN(tests)
