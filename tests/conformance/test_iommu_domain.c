/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The interface and its domains: rules DOM-1 .. DOM-4 and DEV-1 .. DEV-5.
 */
#include "lab.h"

#include "core/sysops.h"
#include "core/uapi.h"

#include <fcntl.h>
#include <linux/vfio.h>

/* plx_iommu_open() and plx_domain_create() that fail: the output is NULL. */
static int open_fails(struct plx_ctx *ctx, uint32_t version, uint32_t flags, int backend)
{
	struct plx_iommu *io = lab.io;
	int err = plx_iommu_open(ctx, version, flags, (enum plx_backend)backend, &io);

	assert_true(err && !io);
	return err;
}

static int create_fails(int type, uint32_t flags, const struct plx_iova_alloc_cfg *alloc,
			const struct plx_reserved_region *reserved)
{
	struct plx_domain *d = (struct plx_domain *)&lab;
	int err = plx_domain_create(lab.io, (enum plx_domain_type)type, flags, alloc, reserved, &d);

	assert_true(err && !d);
	return err;
}

/* --- the interface --- */

static void test_open_arguments(void **state)
{
	(void)state;
	assert_fails(open_fails(NULL, 2, 0, lab.backend), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_NULL_ARG, 0);
	assert_fails(open_fails(lab.ctx, 1, 0, lab.backend), -EINVAL, INVALID_PARAMETER(1),
		     PLX_R_BAD_VERSION, 1);
	assert_fails(open_fails(lab.ctx, 3, 1, lab.backend), -EINVAL, INVALID_PARAMETER(1),
		     PLX_R_BAD_VERSION, 1);
	assert_fails(open_fails(lab.ctx, 2, 1, lab.backend), -EINVAL, INVALID_PARAMETER(2),
		     PLX_R_RESERVED_BITS, 2);
	assert_fails(plx_iommu_open(lab.ctx, 2, 0, lab.backend, NULL), -EINVAL,
		     INVALID_PARAMETER(3), PLX_R_NULL_ARG, 3);
	assert_fails(open_fails(lab.ctx, 2, 0, 99), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_BAD_ENUM, 0);
	assert_fails(open_fails(lab.ctx, 2, 0, PLX_BACKEND_SYSFS), -ENOTSUP,
		     PLX_STATUS_NOT_SUPPORTED, PLX_R_NO_BACKEND, 0);
}

static void test_open_backends(void **state)
{
	struct plx_iommu *io;

	(void)state;
	assert_works(plx_iommu_open(lab.ctx, 2, 0, PLX_BACKEND_AUTO, &io));
	assert_int_equal(plx_iommu_backend_id(io), PLX_BACKEND_TYPE1);
	assert_works(plx_iommu_close(io));
	plx_sim_config.no_type1 = true;
	assert_fails(open_fails(lab.ctx, 2, 0, PLX_BACKEND_TYPE1), -ENOTSUP,
		     PLX_STATUS_NOT_SUPPORTED, PLX_R_NO_BACKEND, 0);
	assert_int_equal(plx_last_error()->sys_errno, ENOENT);
	assert_int_equal(plx_last_error()->backend, PLX_BACKEND_TYPE1);
	assert_works(plx_iommu_open(lab.ctx, 2, 0, PLX_BACKEND_AUTO, &io));
	assert_int_equal(plx_iommu_backend_id(io), PLX_BACKEND_IOMMUFD);
	assert_works(plx_iommu_close(io));
	plx_sim_config.denied = true;
	assert_fails(open_fails(lab.ctx, 2, 0, PLX_BACKEND_AUTO), -EACCES, PLX_STATUS_ACCESS_DENIED,
		     PLX_R_PERMISSION, 0);
	plx_sim_config.no_iommufd = true;
	assert_fails(open_fails(lab.ctx, 2, 0, PLX_BACKEND_AUTO), -ENOTSUP,
		     PLX_STATUS_NOT_SUPPORTED, PLX_R_NO_BACKEND, 0);
	/* The fake kernel has no no-iommu mode. */
	plx_sim_config.no_type1 = false;
	assert_fails(open_fails(lab.ctx, 2, 0, PLX_BACKEND_NOIOMMU), -ENOTSUP,
		     PLX_STATUS_NOT_SUPPORTED, PLX_R_NO_BACKEND, 0);
}

static void test_open_wrong_api_version(void **state)
{
	(void)state;
	plx_test_inject(PLX_TEST_IOCTL, VFIO_GET_API_VERSION, 1, EINVAL);
	assert_fails(open_fails(lab.ctx, 2, 0, PLX_BACKEND_TYPE1), -ENOTSUP,
		     PLX_STATUS_NOT_SUPPORTED, PLX_R_NO_BACKEND, 0);
	plx_test_inject(PLX_TEST_IOCTL, VFIO_CHECK_EXTENSION, 1, EINVAL);
	assert_fails(open_fails(lab.ctx, 2, 0, PLX_BACKEND_TYPE1), -ENOTSUP,
		     PLX_STATUS_NOT_SUPPORTED, PLX_R_NO_BACKEND, 0);
	plx_test_inject(PLX_TEST_OPEN, 0, 1, EMFILE);
	assert_fails(open_fails(lab.ctx, 2, 0, PLX_BACKEND_TYPE1), -EMFILE, PLX_STATUS_UNSUCCESSFUL,
		     PLX_R_NO_BACKEND, 0);
}

static void test_close_with_domain(void **state)
{
	struct plx_domain *d = lab_empty(PLX_IOVA_ALLOC_FLEX, 39);

	(void)state;
	assert_fails(plx_iommu_close(NULL), -EINVAL, PLX_STATUS_INVALID_PARAMETER, PLX_R_NULL_ARG,
		     1);
	assert_fails(plx_iommu_close(lab.io), -EBUSY, PLX_STATUS_RESOURCE_IN_USE,
		     PLX_R_STILL_ATTACHED, 0);
	assert_fails(plx_ctx_destroy(lab.ctx), -EBUSY, PLX_STATUS_RESOURCE_IN_USE,
		     PLX_R_STILL_ATTACHED, 0);
	assert_string_equal(plx_last_error()->object, "domain 1");
	assert_works(plx_domain_delete(d));
	assert_int_equal(plx_ctx_destroy(lab.ctx), -EBUSY);
	assert_non_null(strstr(plx_last_error()->object, "iommu "));
}

/* --- domains --- */

static void test_DOM_1_types(void **state)
{
	(void)state;
	assert_fails(create_fails(4, 0, NULL, NULL), -EINVAL, INVALID_PARAMETER(1),
		     PLX_R_DOMAIN_TYPE, 1);
	assert_fails(create_fails(-1, 0, NULL, NULL), -EINVAL, INVALID_PARAMETER(1),
		     PLX_R_DOMAIN_TYPE, 1);
	assert_fails(create_fails(PLX_DOMAIN_UNMANAGED, 0, NULL, NULL), -ENOTSUP,
		     PLX_STATUS_NOT_SUPPORTED, PLX_R_DOMAIN_TYPE, 0);
	assert_fails(create_fails(PLX_DOMAIN_TRANSLATE_S1, 0, NULL, NULL), -ENOTSUP,
		     PLX_STATUS_NOT_SUPPORTED, PLX_R_DOMAIN_TYPE, 0);
	assert_fails(create_fails(PLX_DOMAIN_PASSTHROUGH, 0, NULL, NULL), -ENOTSUP,
		     PLX_STATUS_NOT_SUPPORTED, PLX_R_NO_IOMMU, 0);
	assert_int_equal(plx_last_error()->backend, lab.backend);
	assert_fails(plx_domain_create(lab.io, PLX_DOMAIN_TRANSLATE, 0, NULL, NULL, NULL), -EINVAL,
		     INVALID_PARAMETER(5), PLX_R_NULL_ARG, 5);
	assert_fails(plx_domain_create(NULL, PLX_DOMAIN_TRANSLATE, 0, NULL, NULL, NULL), -EINVAL,
		     PLX_STATUS_INVALID_PARAMETER, PLX_R_NULL_ARG, 0);
}

/* No-iommu: PASSTHROUGH and nothing else; nothing is mapped in it (MAP-1). */
static void test_DOM_1_noiommu(void **state)
{
	const struct plx_phys p = lab_pages(0, 1);
	enum plx_backend backend = lab.backend;
	struct plx_iommu *io = lab.io;
	struct plx_domain_info info;
	struct plx_domain *d;
	const uint64_t at = 0x10000;
	struct plx_token *t;
	uint64_t iova;

	(void)state;
	plx_sim_config.noiommu = true;
	lab.backend = PLX_BACKEND_TYPE1; /* whose nodes these are */
	assert_works(plx_iommu_open(lab.ctx, 2, 0, PLX_BACKEND_NOIOMMU, &lab.io));
	assert_fails(create_fails(PLX_DOMAIN_TRANSLATE, 0, NULL, NULL), -ENOTSUP,
		     PLX_STATUS_NOT_SUPPORTED, PLX_R_NO_IOMMU, 0);
	assert_works(plx_domain_create(lab.io, PLX_DOMAIN_PASSTHROUGH, 0, NULL, NULL, &d));
	assert_works(lab_attach(d, 0));
	assert_fails(plx_iommu_map(d, PLX_IOMMU_READ, &p, &at, NULL, NULL, &iova), -EINVAL,
		     INVALID_PARAMETER(1), PLX_R_DOMAIN_TYPE, 1);
	assert_int_equal(plx_last_error()->backend, PLX_BACKEND_NOIOMMU);
	assert_fails(plx_iommu_unmap(d, at, 1), -EINVAL, INVALID_PARAMETER(1), PLX_R_DOMAIN_TYPE,
		     1);
	assert_fails(plx_iova_reserve(d, PAGE, &at, NULL, NULL, 0, &t), -EINVAL,
		     INVALID_PARAMETER(1), PLX_R_DOMAIN_TYPE, 1);
	assert_works(plx_domain_info(d, &info, NULL, 0));
	assert_int_equal(info.n_ranges, 0);
	assert_works(lab_detach(d, 0));
	assert_works(plx_domain_delete(d));
	assert_works(plx_iommu_close(lab.io));
	lab.io = io;
	lab.backend = backend;
}

static void test_DOM_2_flags(void **state)
{
	(void)state;
	assert_fails(create_fails(PLX_DOMAIN_TRANSLATE, 1, NULL, NULL), -EINVAL,
		     INVALID_PARAMETER(2), PLX_R_RESERVED_BITS, 2);
	/* Arguments come before modes (G-5). */
	assert_fails(create_fails(PLX_DOMAIN_UNMANAGED, 1u << 31, NULL, NULL), -EINVAL,
		     INVALID_PARAMETER(2), PLX_R_RESERVED_BITS, 2);
}

static void test_DOM_3_width(void **state)
{
	static const uint8_t bad[] = { 0, 12, 64, 255 };
	struct plx_iova_alloc_cfg cfg = { PLX_IOVA_ALLOC_BUDDY, 0 };
	struct plx_domain_info info;
	struct plx_domain *d;

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		cfg.type = i % 2 ? PLX_IOVA_ALLOC_FLEX : PLX_IOVA_ALLOC_BUDDY;
		cfg.address_width = bad[i / 2];
		assert_fails(create_fails(PLX_DOMAIN_TRANSLATE, 0, &cfg, NULL), -EINVAL,
			     INVALID_PARAMETER(3), PLX_R_TOO_LARGE, 3);
	}
	cfg = (struct plx_iova_alloc_cfg){ (enum plx_iova_alloc)3, 39 };
	assert_fails(create_fails(PLX_DOMAIN_TRANSLATE, 0, &cfg, NULL), -EINVAL,
		     INVALID_PARAMETER(3), PLX_R_BAD_ENUM, 3);
	d = lab_domain(PLX_IOVA_ALLOC_BUDDY, 63); /* clipped to the aperture */
	assert_works(plx_domain_info(d, &info, NULL, 0));
	assert_int_equal(info.address_width, 39);
	lab_delete(d);
	d = lab_domain(PLX_IOVA_ALLOC_BUDDY, 13);
	assert_works(plx_domain_info(d, &info, NULL, 0));
	assert_int_equal(info.address_width, 13);
	lab_delete(d);
	lab_delete(lab_domain(PLX_IOVA_ALLOC_NONE, 255)); /* not looked at */
}

static void fails_4(const struct plx_reserved_region *r, enum plx_reason reason)
{
	assert_fails(create_fails(PLX_DOMAIN_TRANSLATE, 0, NULL, r), -EINVAL, INVALID_PARAMETER(4),
		     reason, 4);
}

static void test_DOM_4_reserved_regions(void **state)
{
	struct plx_reserved_region b = { NULL, 0x20000, 2, false };
	struct plx_reserved_region a = { &b, 0x10000, 16, false };

	(void)state;
	a.npages = 17;
	fails_4(&a, PLX_R_IOVA_BUSY);
	a.npages = 0;
	fails_4(&a, PLX_R_ZERO_LEN);
	a.npages = UINT64_MAX;
	fails_4(&a, PLX_R_WRAP);
	a.npages = 1;
	b.base = 0x20001;
	fails_4(&a, PLX_R_UNALIGNED);
	b.base = -PAGE;
	fails_4(&a, PLX_R_WRAP);
	b.npages = 1; /* to the last byte */
	b.next = &a;  /* and for ever */
	fails_4(&a, PLX_R_TOO_LARGE);
	b.next = NULL;
	b.identity_map = true;
	assert_fails(create_fails(PLX_DOMAIN_TRANSLATE, 0, NULL, &a), -ENOTSUP,
		     PLX_STATUS_NOT_SUPPORTED, PLX_R_NO_PHYS, 0);
}

static void test_DOM_4_ranges(void **state)
{
	const struct plx_reserved_region r = { NULL, 0x10000, 2, false };
	struct plx_iova_range ranges[4];
	struct plx_domain_info info;
	struct plx_domain *d;

	(void)state;
	assert_works(plx_domain_create(lab.io, PLX_DOMAIN_TRANSLATE, 0, NULL, &r, &d));
	assert_works(lab_attach(d, 0));
	assert_works(plx_domain_info(d, &info, ranges, 4));
	assert_int_equal(info.n_ranges, 3);
	assert_int_equal(ranges[0].first, 0);
	assert_int_equal(ranges[0].last, 0xffff);
	assert_int_equal(ranges[1].first, 0x12000);
	assert_int_equal(ranges[1].last, MSI - 1);
	assert_int_equal(ranges[2].first, MSI_END);
	assert_int_equal(ranges[2].last, TOP - 1);
	assert_int_equal(info.address_width, 39);
	assert_true(info.page_sizes & PAGE);
	ranges[1].first = 5;
	assert_works(plx_domain_info(d, &info, ranges, 1));
	assert_int_equal(info.n_ranges, 3);
	assert_int_equal(ranges[1].first, 5);
	assert_fails(plx_domain_info(d, NULL, NULL, 0), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_NULL_ARG, 2);
	assert_fails(plx_domain_info(d, &info, NULL, 1), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_NULL_ARG, 3);
	assert_fails(plx_domain_info(NULL, &info, NULL, 0), -EINVAL, INVALID_PARAMETER(1),
		     PLX_R_DOMAIN_TYPE, 1);
	lab_delete(d);
}

static void test_delete(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	struct plx_token *t;

	(void)state;
	assert_fails(plx_domain_delete(NULL), -EINVAL, INVALID_PARAMETER(1), PLX_R_NULL_ARG, 1);
	assert_fails(plx_domain_delete(d), -EBUSY, PLX_STATUS_RESOURCE_IN_USE, PLX_R_STILL_ATTACHED,
		     0);
	assert_works(lab_detach(d, 0));
	assert_works(plx_iova_reserve(d, PAGE, NULL, NULL, NULL, 0, &t));
	assert_fails(plx_domain_delete(d), -EBUSY, PLX_STATUS_RESOURCE_IN_USE, PLX_R_TOKENS_LIVE,
		     0);
	assert_works(plx_token_free(t));
	assert_works(plx_domain_delete(d));
	assert_fails(plx_domain_delete(d), -EINVAL, INVALID_PARAMETER(1), PLX_R_DOMAIN_TYPE, 1);
	assert_int_equal(lab.warnings, 0);
}

static void test_delete_with_mappings(void **state)
{
	struct plx_domain *d = lab_empty(PLX_IOVA_ALLOC_FLEX, 39);

	(void)state;
	if (lab.backend == PLX_BACKEND_TYPE1) { /* which has none without a device */
		lab_delete(d);
		return;
	}
	lab_map_at(d, 0x10000, 1);
	lab_map_at(d, 0x20000, 1);
	assert_works(plx_domain_delete(d));
	assert_int_equal(lab.warnings, 1);
	assert_non_null(strstr(lab.said, "2 mappings"));
	assert_int_equal(plx_sim_kernel_entries(), 0);
	/* Even when the kernel will not. */
	d = lab_empty(PLX_IOVA_ALLOC_FLEX, 39);
	lab_map_at(d, 0x10000, 1);
	plx_test_inject(PLX_TEST_IOCTL, PLX_UAPI_IOAS_UNMAP, 1, EIO);
	assert_works(plx_domain_delete(d));
	lab_assert_errors(lab.backend == PLX_BACKEND_IOMMUFD);
	assert_int_equal(plx_sim_kernel_entries(), 0);
}

static void test_delete_again_and_again(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		assert_works(plx_domain_delete(lab_empty(PLX_IOVA_ALLOC_BUDDY, 39)));
}

/* --- devices --- */

static void test_DEV_1_attached_already(void **state)
{
	struct plx_domain *a = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	struct plx_domain *b = lab_empty(PLX_IOVA_ALLOC_FLEX, 39);

	(void)state;
	assert_fails(lab_attach(a, 0), -EBUSY, PLX_STATUS_INVALID_PARAMETER, PLX_R_ALREADY_ATTACHED,
		     0);
	assert_fails(lab_attach(b, 0), -EBUSY, PLX_STATUS_INVALID_PARAMETER, PLX_R_ALREADY_ATTACHED,
		     0);
	assert_fails(lab_detach(b, 0), -EINVAL, INVALID_PARAMETER(1), PLX_R_NOT_ATTACHED, 1);
	assert_fails(lab_detach(a, 1), -EINVAL, INVALID_PARAMETER(1), PLX_R_NOT_ATTACHED, 1);
	assert_works(lab_detach(a, 0));
	assert_works(lab_attach(b, 0));
	lab_delete(a);
	lab_delete(b);
}

static void test_DEV_2_collision(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	struct plx_token *t;
	const uint64_t high = 1ull << 36;
	struct plx_domain_info before, after;

	(void)state;
	plx_sim_config.groups[1].width = 32;
	lab_map_at(d, high, 1);
	assert_works(plx_domain_info(d, &before, NULL, 0));
	assert_fails(lab_attach(d, 1), -EADDRINUSE, PLX_STATUS_UNSUCCESSFUL, PLX_R_IOVA_RESERVED,
		     0);
	assert_works(plx_domain_info(d, &after, NULL, 0));
	assert_memory_equal(&before, &after, sizeof(before));
	assert_works(plx_domain_unmap_all(d));
	/* Of tokens the kernel knows nothing. */
	assert_works(plx_iova_reserve(d, PAGE, &high, NULL, NULL, 0, &t));
	assert_fails(lab_attach(d, 1), -EADDRINUSE, PLX_STATUS_UNSUCCESSFUL, PLX_R_IOVA_RESERVED,
		     0);
	assert_non_null(strstr(plx_last_error()->text, "0x1000000000-0x1000000fff"));
	assert_works(plx_token_free(t));
	assert_works(lab_attach(d, 1));
	lab_delete(d);
}

static void test_DEV_3_group_mates(void **state)
{
	struct plx_domain *a = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	struct plx_domain *b = lab_empty(PLX_IOVA_ALLOC_FLEX, 39);
	struct plx_attachment mate = { .name = "0000:03:00.1", .group = 0, .fd = lab.dev[0].fd };

	(void)state;
	assert_fails(plx_domain_attach_fd(b, &mate), -EBUSY, PLX_STATUS_RESOURCE_IN_USE,
		     PLX_R_GROUP_BUSY, 0);
	assert_non_null(strstr(plx_last_error()->text, "group 0"));
	if (lab.backend != PLX_BACKEND_IOMMUFD) { /* there each device has a file of its own */
		assert_works(plx_domain_attach_fd(a, &mate));
		lab_map_at(a, 0x10000, 1);
		/* One of two may go: the group stays. */
		assert_works(plx_domain_detach_fd(a, &mate));
	}
	lab_delete(a);
	assert_works(lab_attach(b, 0));
	lab_delete(b);
}

static unsigned width(struct plx_domain *d)
{
	struct plx_domain_info info;

	assert_works(plx_domain_info(d, &info, NULL, 0));
	return info.address_width;
}

static void test_DEV_4_ranges_are_read_again(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	struct plx_iova_range ranges[4];
	struct plx_domain_info info;

	(void)state;
	assert_int_equal(width(d), 39);
	plx_sim_config.groups[1].width = 32;
	assert_works(lab_attach(d, 1));
	assert_int_equal(width(d), 32);
	assert_true(lab_map_at(d, 1ull << 32, 1) == PLX_IOVA_INVALID);
	assert_works(lab_detach(d, 1));
	assert_int_equal(width(d), 39);
	assert_works(plx_domain_info(d, &info, ranges, 4));
	assert_int_equal(info.n_ranges, 2);
	if (lab.backend != PLX_BACKEND_SIM) {
		plx_sim_config.groups[2].reserved = (struct plx_iova_range){ 0x8000, 0x8800 };
		assert_works(lab_attach(d, 2));
		assert_works(plx_domain_info(d, &info, ranges, 4));
		assert_int_equal(info.n_ranges, 3);
		assert_int_equal(ranges[0].last, 0x7fff);
		assert_int_equal(ranges[1].first, 0x9000); /* whole pages only */
	}
	lab_delete(d);
}

static void test_DEV_5_last_detach(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);

	(void)state;
	lab_map_at(d, 0x10000, 1);
	assert_works(lab_attach(d, 1));
	assert_works(lab_detach(d, 1));
	if (lab.backend == PLX_BACKEND_TYPE1) {
		assert_fails(lab_detach(d, 0), -EBUSY, PLX_STATUS_RESOURCE_IN_USE,
			     PLX_R_STILL_MAPPED, 0);
		assert_int_equal(lab_mappings(d), 1);
		assert_works(plx_domain_unmap_all(d));
	}
	assert_works(lab_detach(d, 0));
	assert_int_equal(lab_mappings(d), lab.backend != PLX_BACKEND_TYPE1);
	assert_works(lab_attach(d, 0)); /* type1 has to be told its type again */
	assert_int_equal(lab_map_at(d, 0x20000, 1), 0x20000);
	lab_delete(d);
}

/* A group leaves its container only when its devices are closed (DEV-6). */
static void test_DEV_6_device_is_open(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	int fd;

	(void)state;
	if (lab.backend == PLX_BACKEND_TYPE1) {
		fd = plx_sysops()->ioctl(lab.dev[0].fd, VFIO_GROUP_GET_DEVICE_FD, NULL);
		assert_true(fd >= 0);
		assert_fails(lab_detach(d, 0), -EBUSY, PLX_STATUS_RESOURCE_IN_USE,
			     PLX_R_STILL_MAPPED, 0);
		assert_ptr_equal(lab.dev[0].domain, d);
		plx_sysops()->close(fd);
	}
	lab_delete(d);
}

static const struct CMUnitTest tests[] = {
	RULE(test_open_arguments),
	RULE(test_open_backends),
	RULE(test_open_wrong_api_version),
	RULE(test_close_with_domain),
	RULE(test_DOM_1_types),
	RULE(test_DOM_1_noiommu),
	RULE(test_DOM_2_flags),
	RULE(test_DOM_3_width),
	RULE(test_DOM_4_reserved_regions),
	RULE(test_DOM_4_ranges),
	RULE(test_delete),
	RULE(test_delete_with_mappings),
	RULE(test_delete_again_and_again),
	RULE(test_DEV_1_attached_already),
	RULE(test_DEV_2_collision),
	RULE(test_DEV_3_group_mates),
	RULE(test_DEV_4_ranges_are_read_again),
	RULE(test_DEV_5_last_detach),
	RULE(test_DEV_6_device_is_open),
};

LAB_MAIN(tests)
