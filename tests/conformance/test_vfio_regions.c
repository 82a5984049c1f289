/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Regions of a VFIO device: what the transport says of them, maps, and accesses (3.2, 5.2).
 */
#include "devlab.h"

#include <sys/mman.h>

static struct plx_dev *dev;
static const struct plx_transport *vfio;
static struct plx_region region;

static void open_device(void)
{
	dev = devlab_open("sim:dummy", NULL);
	vfio = dev->transport;
	assert_ptr_equal(vfio, &plx_transport_vfio);
	assert_false(vfio->simulated);
}

static const struct plx_region *ask(unsigned index)
{
	assert_int_equal(vfio->region(dev, index, &region), 0);
	return &region;
}

/* 11.1's table. */
static void test_regions(void **state)
{
	static const struct {
		uint64_t size;
		bool can_map;
	} known[PLX_REGIONS] = {
		{ 0x20000, true }, { 0x100, false },  { 0x100, false },
		{ 0, false },      { 0x10000, true }, { 0x4000, true },
	};

	(void)state;
	open_device();
	for (unsigned i = 0; i < 6; i++) {
		assert_int_equal(ask(i)->size, known[i].size);
		assert_int_equal(region.can_map, known[i].can_map);
		assert_int_equal(region.can_read, known[i].size != 0);
		assert_int_equal(region.can_write, known[i].size != 0);
		assert_int_equal(region.n_sparse, 0);
	}
	assert_true(ask(7)->size >= 256);
	assert_true(region.can_read && region.can_write && !region.can_map);
	assert_false(ask(5)->msix_mappable);
	assert_works(plx_dev_close(dev));
}

static void test_capabilities(void **state)
{
	(void)state;
	plx_sim_config.sparse = plx_sim_config.msix_mappable = true;
	open_device();
	assert_true(ask(5)->msix_mappable);
	assert_int_equal(ask(0)->n_sparse, 2);
	assert_true(region.can_map && !region.msix_mappable);
	assert_int_equal(region.sparse[0].offset, 0);
	assert_int_equal(region.sparse[0].size, 0x4000);
	assert_int_equal(region.sparse[1].offset, 0x8000);
	assert_int_equal(region.sparse[1].size, 0x18000);
	assert_works(plx_dev_close(dev));
}

/* --- maps --- */

static void test_map(void **state)
{
	volatile uint32_t *at;
	void *va = NULL;
	uint32_t v = 0;

	(void)state;
	open_device();
	assert_int_equal(vfio->map(dev, 0, 0x1000, 0x2000, PROT_READ | PROT_WRITE, &va), 0);
	at = va;
	at[1] = 0xcafe0001;
	assert_works(plx_region_read(dev, 0, 0x1004, &v, 4));
	assert_int_equal(v, 0xcafe0001);
	v = 0xcafe0002;
	assert_works(plx_region_write(dev, 0, 0x2ffc, &v, 4));
	assert_int_equal(at[0x1ffc / 4], 0xcafe0002);
	assert_int_equal(plx_sim_kernel_mappings(), 1);
	vfio->unmap(dev, va, 0x2000);
	assert_int_equal(plx_sim_kernel_mappings(), 0);
	assert_works(plx_dev_close(dev));
}

static int map_page(unsigned bar)
{
	void *va = &va;
	int err = vfio->map(dev, bar, 0, PAGE, PROT_READ, &va);

	assert_null(va); /* G-2 */
	return err;
}

static void test_map_refused(void **state)
{
	(void)state;
	open_device();
	assert_fails(map_page(1), -ENOTSUP, PLX_STATUS_INSUFFICIENT_RESOURCES, PLX_R_NO_MMAP, 0);
	assert_fails(map_page(2), -ENOTSUP, PLX_STATUS_INSUFFICIENT_RESOURCES, PLX_R_NO_MMAP, 0);
	assert_fails(map_page(7), -ENOTSUP, PLX_STATUS_INSUFFICIENT_RESOURCES, PLX_R_NO_MMAP, 0);
	plx_test_inject(PLX_TEST_MMAP, 0, 1, ENOMEM);
	assert_fails(map_page(0), -ENOMEM, PLX_STATUS_INSUFFICIENT_RESOURCES, PLX_R_NOMEM, 0);
	plx_test_inject(PLX_TEST_MMAP, 0, 1, EBUSY);
	assert_fails(map_page(0), -EBUSY, PLX_STATUS_NDIS_RESOURCE_CONFLICT, PLX_R_CLAIMED, 0);
	assert_int_equal(plx_last_error()->sys_errno, EBUSY);
	assert_int_equal(plx_last_error()->backend, lab.backend);
	plx_test_inject(PLX_TEST_MMAP, 0, 1, EPERM);
	assert_fails(map_page(0), -EPERM, PLX_STATUS_ACCESS_DENIED, PLX_R_KERNEL_CONFLICT, 0);
	plx_sim_config.held_bars = 1;
	assert_fails(map_page(0), -EBUSY, PLX_STATUS_NDIS_RESOURCE_CONFLICT, PLX_R_CLAIMED, 0);
	assert_works(plx_dev_close(dev));
}

/* --- accesses --- */

static int read4(unsigned index, uint64_t off)
{
	uint32_t v;

	return vfio->read(dev, index, off, &v, 4);
}

static int write4(unsigned index, uint64_t off)
{
	const uint32_t v = 0;

	return vfio->write(dev, index, off, &v, 4);
}

static void test_accesses(void **state)
{
	(void)state;
	open_device();
	assert_int_equal(read4(1, 0xfc), 0);
	assert_int_equal(read4(1, 0xfd), -EINVAL);
	assert_int_equal(read4(3, 0), -EINVAL);
	assert_int_equal(read4(9, 0), -EINVAL);
	assert_int_equal(write4(0, UINT64_MAX), -EINVAL);
	plx_test_inject(PLX_TEST_PREAD, 0, 1, EINTR);
	assert_int_equal(read4(0, 0), 0);
	plx_test_inject(PLX_TEST_PWRITE, 0, 1, EINTR);
	assert_int_equal(write4(0, 8), 0);
	plx_test_inject(PLX_TEST_PREAD, 0, 1, EIO);
	assert_int_equal(read4(0, 0), -EIO);
	plx_test_inject(PLX_TEST_PWRITE, 0, 1, EIO);
	assert_int_equal(write4(0, 8), -EIO);
	plx_sim_config.held_bars = 2;
	assert_int_equal(read4(1, 0), -EBUSY);
	assert_int_equal(read4(0, 0), 0);
	assert_works(plx_dev_close(dev));
}

/* What memory decoding that is off looks like (2.2). */
static void test_decoding_off(void **state)
{
	uint16_t command = 0;

	(void)state;
	open_device();
	assert_int_equal(vfio->write(dev, PLX_REGION_CONFIG, 4, &command, 2), 0);
	assert_int_equal(read4(0, 0), -EIO);
	assert_int_equal(read4(1, 0), -EIO);
	assert_int_equal(read4(PLX_REGION_CONFIG, 0), 0);
	command = 2;
	assert_int_equal(vfio->write(dev, PLX_REGION_CONFIG, 4, &command, 2), 0);
	assert_int_equal(read4(0, 0), 0);
	assert_works(plx_dev_close(dev));
}

static const struct CMUnitTest tests[] = {
	RULE(test_regions),     RULE(test_capabilities), RULE(test_map),
	RULE(test_map_refused), RULE(test_accesses),     RULE(test_decoding_off),
};

LAB_MAIN(tests)
