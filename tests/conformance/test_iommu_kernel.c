/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the kernel answers, and what becomes of it: the table 2.2 of the DDI contract (MAP-18), the
 * limits of locked memory, and many mappings.
 */
#include "lab.h"

#include "core/uapi.h"

#include <linux/capability.h>
#include <linux/vfio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static unsigned long request(unsigned long type1, unsigned long iommufd)
{
	return lab.backend == PLX_BACKEND_TYPE1 ? type1 : iommufd;
}

static unsigned long map_request(void)
{
	return request(VFIO_IOMMU_MAP_DMA, PLX_UAPI_IOAS_MAP);
}

/* Map three pieces, of which the second fails with @err: nothing may be left. */
static int map_failing(struct plx_domain *d, int err)
{
	struct iovec iov[] = { { lab.mem, PAGE },
			       { lab.mem + 2 * PAGE, PAGE },
			       { lab.mem + 4 * PAGE, PAGE } };
	const struct plx_phys p = { .type = PLX_PHYS_MDL, .mdl = { iov, 3 } };
	struct plx_domain_info before, after;
	struct plx_error saved;
	uint64_t iova = 0;
	int got;

	assert_works(plx_domain_info(d, &before, NULL, 0));
	plx_test_inject(PLX_TEST_IOCTL, map_request(), 2, err);
	got = plx_iommu_map(d, RW, &p, NULL, NULL, NULL, &iova);
	assert_true(iova == PLX_IOVA_INVALID);
	saved = *plx_last_error();
	assert_int_equal(saved.sys_errno, err);
	assert_int_equal(saved.backend, lab.backend);
	assert_works(plx_domain_info(d, &after, NULL, 0));
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(plx_sim_kernel_entries(), 0);
	/* Once more for the record, which the questions above have reset. */
	plx_test_inject(PLX_TEST_IOCTL, map_request(), 2, err);
	assert_int_equal(plx_iommu_map(d, RW, &p, NULL, NULL, NULL, &iova), got);
	return got;
}

static void test_MAP_18_kernel_errors(void **state)
{
	struct plx_domain *d;

	(void)state;
	if (lab.backend == PLX_BACKEND_SIM)
		return;
	d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	assert_fails(map_failing(d, EEXIST), -EEXIST, PLX_STATUS_IN_USE, PLX_R_KERNEL_CONFLICT, 0);
	lab_assert_errors(2);
	assert_fails(map_failing(d, ENOSPC), -ENOSPC, PLX_STATUS_INSUFFICIENT_RESOURCES,
		     PLX_R_DMA_ENTRIES, 0);
	assert_fails(map_failing(d, EFAULT), -EFAULT, INVALID_PARAMETER(3), PLX_R_BAD_VA, 3);
	assert_fails(map_failing(d, EINVAL), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_KERNEL_CONFLICT, 0);
	assert_fails(map_failing(d, EPERM), -EPERM, PLX_STATUS_ACCESS_DENIED, PLX_R_KERNEL_CONFLICT,
		     0);
	assert_fails(map_failing(d, EBUSY), -EBUSY, PLX_STATUS_RESOURCE_IN_USE,
		     PLX_R_KERNEL_CONFLICT, 0);
	assert_fails(map_failing(d, ENOTTY), -ENOTSUP, PLX_STATUS_NOT_SUPPORTED, PLX_R_NO_IOMMU, 0);
	lab_assert_errors(0);
	lab_delete(d);
}

/* Take CAP_IPC_LOCK out of what is in effect, or put it back. */
static void lock_memory(bool may)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return;
	if (may)
		data[0].effective |= data[0].permitted & (1u << CAP_IPC_LOCK);
	else
		data[0].effective &= ~(1u << CAP_IPC_LOCK);
	assert_int_equal(syscall(SYS_capset, &header, data), 0);
}

static void test_MAP_18_locked_memory(void **state)
{
	struct plx_domain *d;
	struct rlimit was, low = { 8192, 8192 };

	(void)state;
	if (lab.backend == PLX_BACKEND_SIM)
		return;
	d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &was), 0);
	lock_memory(false);
	low.rlim_max = was.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &low), 0);
	assert_fails(map_failing(d, ENOMEM), -ENOMEM, PLX_STATUS_INSUFFICIENT_RESOURCES,
		     PLX_R_MEMLOCK, 0);
	assert_non_null(strstr(plx_last_error()->text, "ulimit -l"));
	assert_non_null(strstr(plx_last_error()->text, "8 KiB"));
	assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &was), 0);
	lock_memory(true);
	if (was.rlim_cur == RLIM_INFINITY)
		assert_fails(map_failing(d, ENOMEM), -ENOMEM, PLX_STATUS_INSUFFICIENT_RESOURCES,
			     PLX_R_NOMEM, 0);
	lab_delete(d);
}

/* READ and WRITE are other bits in iommufd than in the DDI and in type1. */
static void test_permission_bits(void **state)
{
	struct plx_domain *d;
	const struct plx_phys p = lab_pages(0, 1);
	const bool type1 = lab.backend == PLX_BACKEND_TYPE1;
	uint64_t iova;

	(void)state;
	if (lab.backend == PLX_BACKEND_SIM)
		return;
	d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	assert_works(plx_iommu_map(d, PLX_IOMMU_READ, &p, NULL, NULL, NULL, &iova));
	assert_int_equal(plx_sim_kernel_last_map(), type1 ? 1 : 1 | 4);
	assert_works(plx_iommu_map(d, PLX_IOMMU_WRITE, &p, NULL, NULL, NULL, &iova));
	assert_int_equal(plx_sim_kernel_last_map(), type1 ? 2 : 1 | 2);
	assert_works(plx_iommu_map(d, RW, &p, NULL, NULL, NULL, &iova));
	assert_int_equal(plx_sim_kernel_last_map(), type1 ? 3 : 1 | 2 | 4);
	lab_delete(d);
}

static void test_attach_errors(void **state)
{
	struct plx_domain *d = lab_empty(PLX_IOVA_ALLOC_FLEX, 39);

	(void)state;
	if (lab.backend != PLX_BACKEND_SIM) {
		plx_sim_config.groups[0].unsafe = true;
		assert_fails(lab_attach(d, 0), -EPERM, PLX_STATUS_ACCESS_DENIED, PLX_R_UNSAFE_INTR,
			     0);
		assert_int_equal(plx_last_error()->sys_errno, EPERM);
		plx_sim_config.groups[0].unsafe = false;
		plx_sim_config.groups[0].not_viable = true;
		lab.dev[0].foreign_member = true; /* as sysfs would say */
		assert_fails(lab_attach(d, 0), -EBUSY, PLX_STATUS_RESOURCE_IN_USE,
			     PLX_R_GROUP_NOT_VIABLE, 0);
		assert_null(lab.dev[0].domain);
		plx_sim_config.groups[0].not_viable = false;
		lab.dev[0].direct_map = true;
		assert_fails(lab_attach(d, 0), -ENOTSUP, PLX_STATUS_NOT_SUPPORTED,
			     PLX_R_FW_DIRECT_MAP, 0);
		lab.dev[0].direct_map = false;
		plx_test_inject(PLX_TEST_IOCTL, request(VFIO_GROUP_SET_CONTAINER, PLX_UAPI_BIND), 1,
				EBUSY);
		assert_fails(lab_attach(d, 0), -EBUSY, PLX_STATUS_RESOURCE_IN_USE, PLX_R_GROUP_BUSY,
			     0);
		/* The last step fails: the first ones are undone (G-4). */
		plx_test_inject(PLX_TEST_IOCTL, request(VFIO_IOMMU_GET_INFO, PLX_UAPI_IOVA_RANGES),
				2, EIO);
		assert_fails(lab_attach(d, 0), -EIO, PLX_STATUS_UNSUCCESSFUL, PLX_R_KERNEL_CONFLICT,
			     0);
		assert_null(lab.dev[0].domain);
	}
	assert_works(lab_attach(d, 0));
	lab_delete(d);
}

/* G-9: PAGE is the IOMMU's where that is larger. */
static void test_G_9_page_of_64_KiB(void **state)
{
	const uint64_t large = 1ull << 16;
	struct plx_phys p = { .type = PLX_PHYS_CONTIG,
			      .contig = { ((uintptr_t)lab.mem + large - 1) & ~(large - 1),
					  large } };
	struct plx_domain_info info;
	struct plx_domain *d;
	struct plx_token *t;
	uint64_t iova;

	(void)state;
	if (lab.backend == PLX_BACKEND_SIM)
		return;
	d = lab_empty(PLX_IOVA_ALLOC_FLEX, 39);
	assert_works(plx_iova_reserve(d, PAGE, NULL, NULL, NULL, 0, &t));
	plx_sim_config.page_sizes = large;
	assert_fails(lab_attach(d, 0), -EADDRINUSE, PLX_STATUS_UNSUCCESSFUL, PLX_R_IOVA_RESERVED,
		     0);
	assert_works(plx_token_free(t));
	assert_works(lab_attach(d, 0));
	assert_works(plx_domain_info(d, &info, NULL, 0));
	assert_int_equal(info.page_sizes, large);
	assert_works(plx_iommu_map(d, RW, &p, NULL, NULL, NULL, &iova));
	assert_int_equal(iova, large);
	assert_works(plx_iommu_map(d, RW, &p, NULL, NULL, NULL, &iova));
	assert_int_equal(iova, 2 * large);
	iova = 0x401000;
	assert_fails(plx_iommu_map(d, RW, &p, &iova, NULL, NULL, &iova), -EINVAL,
		     INVALID_PARAMETER(4), PLX_R_UNALIGNED, 4);
	p.contig.size = PAGE;
	assert_fails(plx_iommu_map(d, RW, &p, NULL, NULL, NULL, &iova), -EINVAL,
		     INVALID_PARAMETER(3), PLX_R_UNALIGNED, 3);
	assert_works(plx_iommu_unmap(d, large, 2));
	lab_delete(d);
}

static void test_create_errors(void **state)
{
	struct plx_domain *d = (struct plx_domain *)&lab;

	(void)state;
	if (lab.backend == PLX_BACKEND_SIM)
		return;
	if (lab.backend == PLX_BACKEND_TYPE1)
		plx_test_inject(PLX_TEST_OPEN, 0, 1, EMFILE);
	else
		plx_test_inject(PLX_TEST_IOCTL, PLX_UAPI_IOAS_ALLOC, 1, EMFILE);
	assert_int_equal(plx_domain_create(lab.io, PLX_DOMAIN_TRANSLATE, 0, NULL, NULL, &d),
			 -EMFILE);
	assert_null(d);
	if (lab.backend != PLX_BACKEND_IOMMUFD)
		return;
	plx_test_inject(PLX_TEST_IOCTL, PLX_UAPI_IOVA_RANGES, 2, ENOMEM);
	assert_fails(plx_domain_create(lab.io, PLX_DOMAIN_TRANSLATE, 0, NULL, NULL, &d), -ENOMEM,
		     PLX_STATUS_INSUFFICIENT_RESOURCES, PLX_R_NOMEM, 0);
	assert_null(d);
}

static void test_unmap_errors(void **state)
{
	struct plx_domain *d;

	(void)state;
	if (lab.backend == PLX_BACKEND_SIM)
		return;
	d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	lab_map_at(d, 0x10000, 1);
	plx_test_inject(PLX_TEST_IOCTL, request(VFIO_IOMMU_UNMAP_DMA, PLX_UAPI_IOAS_UNMAP), 1,
			EBUSY);
	assert_fails(plx_iommu_unmap(d, 0x10000, 1), -EBUSY, PLX_STATUS_RESOURCE_IN_USE,
		     PLX_R_KERNEL_CONFLICT, 0);
	lab_assert_errors(1);
	assert_int_equal(lab_mappings(d), 1); /* it is there still */
	plx_test_inject(PLX_TEST_IOCTL, request(VFIO_IOMMU_UNMAP_DMA, PLX_UAPI_IOAS_UNMAP), 1, EIO);
	assert_int_equal(plx_domain_unmap_all(d), -EIO);
	lab_assert_errors(1);
	assert_int_equal(lab_mappings(d), 1);
	assert_works(plx_iommu_unmap(d, 0x10000, 1));
	lab_delete(d);
}

/* 60,000 mappings, all of them apart, in an order that is none. */
static void test_MAP_18_many_mappings(void **state)
{
	enum { N = 60000 };
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	struct plx_domain_info info;

	(void)state;
	for (uint64_t i = 0; i < N; i++)
		assert_true(lab_map_at(d, 1ull << 32 | (i * 7919 % N) << 13, 1) !=
			    PLX_IOVA_INVALID);
	assert_works(plx_domain_info(d, &info, NULL, 0));
	assert_int_equal(info.mappings, N);
	assert_true(lab_map_at(d, 1ull << 32, 1) == PLX_IOVA_INVALID);
	assert_int_equal(lab_map(d, NULL, &(uint64_t){ 1ull << 32 }, NULL, 1), (1ull << 32) + PAGE);
	for (uint64_t i = 0; i < N; i += 2)
		assert_works(plx_iommu_unmap(d, 1ull << 32 | i << 13, 1));
	assert_int_equal(lab_mappings(d), N / 2 + 1);
	lab_delete(d);
}

static const struct CMUnitTest tests[] = {
	RULE(test_MAP_18_kernel_errors), RULE(test_MAP_18_locked_memory),
	RULE(test_permission_bits),      RULE(test_attach_errors),
	RULE(test_G_9_page_of_64_KiB),   RULE(test_create_errors),
	RULE(test_unmap_errors),         RULE(test_MAP_18_many_mappings),
};

LAB_MAIN(tests)
