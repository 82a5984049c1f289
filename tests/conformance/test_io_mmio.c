/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NdisMMapIoSpace and NdisMUnmapIoSpace: MIO-1 .. MIO-14, MIO-16.
 */
#define _GNU_SOURCE
#define DEVLAB_SETUP devlab_setup_open
#include "devlab.h"

#include "core/error.h"
#include "io/io_priv.h"

#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile void *va;

/* The call fails, and its output is NULL (G-2). */
#define assert_map_fails(phys, len, err, status, reason, arg)                                     \
	do {                                                                                      \
		va = &va;                                                                         \
		assert_fails(plx_mmio_map(devlab.dev, phys, len, &va), err, status, reason, arg); \
		assert_null((void *)(uintptr_t)va);                                               \
	} while (0)

static void test_MIO_1_states(void **state)
{
	volatile void *kept;

	(void)state;
	assert_works(plx_mmio_map(devlab.dev, BAR0, 0x1000, &va));
	assert_works(plx_mmio_unmap(devlab.dev, va, 0x1000));
	assert_works(plx_mmio_map(devlab.dev, BAR0, 0x1000, &kept));
	assert_works(plx_dev_start(devlab.dev));
	assert_map_fails(BAR0, 0x1000, -EPERM, FAILURE, PLX_R_STATE, 0);
	assert_fails(plx_mmio_unmap(devlab.dev, kept, 0x1000), -EPERM, FAILURE, PLX_R_STATE, 0);
	assert_works(plx_dev_halt(devlab.dev));
	assert_map_fails(BAR0, 0x1000, -EPERM, FAILURE, PLX_R_STATE, 0);
	assert_works(plx_mmio_unmap(devlab.dev, kept, 0x1000));
	assert_int_equal(devlab.dev->n_maps, 0);
}

static void test_MIO_1_attributes_first(void **state)
{
	const struct plx_dev_opts opts = { .backend = lab.backend };
	const struct plx_dev_attributes attr = { 0 };

	(void)state;
	assert_works(plx_dev_close(devlab.dev));
	assert_works(plx_dev_open(lab.ctx, "sim:dummy", &opts, &devlab.dev));
	assert_map_fails(BAR0, 0x1000, -EPERM, FAILURE, PLX_R_ORDER, 0);
	assert_null(devlab.dev->function->claims);
	assert_works(plx_dev_set_attributes(devlab.dev, &attr));
	assert_works(plx_mmio_map(devlab.dev, BAR0, 0x1000, &va));
	assert_works(plx_mmio_unmap(devlab.dev, va, 0x1000));
}

static void test_MIO_1_null(void **state)
{
	(void)state;
	assert_fails(plx_mmio_map(devlab.dev, BAR0, 0x1000, NULL), -EINVAL,
		     PLX_STATUS_INVALID_PARAMETER, PLX_R_NULL_ARG, 1);
	va = &va;
	assert_fails(plx_mmio_map(NULL, BAR0, 0x1000, &va), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_NULL_ARG, 2);
	assert_null((void *)(uintptr_t)va);
	assert_fails(plx_mmio_unmap(NULL, va, 1), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_NULL_ARG, 1);
}

static void test_MIO_2_bar_to_phys(void **state)
{
	uint64_t phys = 1;

	(void)state;
	assert_works(plx_mmio_bar_to_phys(devlab.dev, 0, 0x1234, &phys));
	assert_int_equal(phys, BAR0 + 0x1234);
	assert_works(plx_mmio_bar_to_phys(devlab.dev, 2, 0x40, &phys));
	assert_int_equal(phys, BAR2 + 0x40);
	assert_fails(plx_mmio_bar_to_phys(devlab.dev, 6, 0, &phys), -EINVAL,
		     PLX_STATUS_INVALID_PARAMETER, PLX_R_INDEX, 2);
	assert_int_equal(phys, 0);
	assert_fails(plx_mmio_bar_to_phys(devlab.dev, 3, 0, &phys), -EINVAL,
		     PLX_STATUS_INVALID_PARAMETER, PLX_R_OUT_OF_IOSPACE, 2);
	assert_fails(plx_mmio_bar_to_phys(devlab.dev, 0, BAR0_SIZE, &phys), -EINVAL,
		     PLX_STATUS_INVALID_PARAMETER, PLX_R_OUT_OF_IOSPACE, 3);
	assert_fails(plx_mmio_bar_to_phys(devlab.dev, 0, 0, NULL), -EINVAL,
		     PLX_STATUS_INVALID_PARAMETER, PLX_R_NULL_ARG, 4);
	assert_fails(plx_mmio_bar_to_phys(NULL, 0, 0, &phys), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_NULL_ARG, 1);
}

static void test_MIO_3_unaligned(void **state)
{
	volatile void *page, *odd;
	uint8_t b;

	(void)state;
	assert_works(plx_mmio_map(devlab.dev, BAR4, BAR4_SIZE, &page));
	assert_works(plx_mmio_map(devlab.dev, BAR4 + 0x1ffd, 7, &odd));
	assert_int_equal((uintptr_t)odd & (PAGE - 1), 0xffd);
	/* Both sides of a page boundary, and the same bytes. */
	for (unsigned i = 0; i < 7; i++) {
		plx_write8((volatile uint8_t *)odd + i, (uint8_t)(0xa0 + i));
		assert_int_equal(plx_read8((volatile uint8_t *)page + 0x1ffd + i), 0xa0 + i);
	}
	assert_works(plx_mmio_unmap(devlab.dev, odd, 7));
	assert_works(plx_mmio_unmap(devlab.dev, page, BAR4_SIZE));
	assert_works(plx_region_read(devlab.dev, 4, 0x2003, &b, 1));
	assert_int_equal(b, 0xa6);
}

static void test_MIO_4_length(void **state)
{
	(void)state;
	assert_map_fails(BAR0, 0, -EINVAL, FAILURE, PLX_R_ZERO_LEN, 4);
	assert_map_fails(UINT64_MAX - 0xfff, 0x1001, -EINVAL, FAILURE, PLX_R_WRAP, 4);
	/* To the last byte is no wrap. */
	assert_map_fails(UINT64_MAX - 0xfff, 0x1000, -EINVAL, FAILURE, PLX_R_OUT_OF_IOSPACE, 3);
}

static void test_MIO_5_outside(void **state)
{
	(void)state;
	assert_map_fails(BAR0 - 0x1000, 0x1000, -EINVAL, FAILURE, PLX_R_OUT_OF_IOSPACE, 3);
	assert_map_fails(BAR5 + 0x4000, 1, -EINVAL, FAILURE, PLX_R_OUT_OF_IOSPACE, 3);
	assert_map_fails(0x80000000, 0x1000, -EINVAL, FAILURE, PLX_R_OUT_OF_IOSPACE, 3);
	assert_map_fails(0x100000, 0x1000, -EINVAL, FAILURE, PLX_R_HOST_RAM, 3);
	assert_map_fails(0x7fffffff, 1, -EINVAL, FAILURE, PLX_R_HOST_RAM, 3);
	assert_map_fails(0x7fffffff, 2, -EINVAL, FAILURE, PLX_R_HOST_RAM, 3);
	assert_int_equal(devlab.dev->n_maps, 0);
}

static void test_MIO_5_wrong_space(void **state)
{
	(void)state;
	assert_map_fails(BAR2, BAR2_PORTS, -EINVAL, FAILURE, PLX_R_WRONG_SPACE, 3);
	assert_map_fails(BAR2 + 0x40, 1, -EINVAL, FAILURE, PLX_R_WRONG_SPACE, 3);
}

static void test_MIO_5_straddles(void **state)
{
	(void)state;
	assert_map_fails(BAR0 - 1, 2, -EINVAL, FAILURE, PLX_R_STRADDLES_BAR, 3);
	assert_map_fails(BAR4 + BAR4_SIZE - 1, 2, -EINVAL, FAILURE, PLX_R_STRADDLES_BAR, 3);
	/* The next byte is BAR 1's. */
	assert_map_fails(BAR0, BAR0_SIZE + 1, -EINVAL, FAILURE, PLX_R_STRADDLES_BAR, 3);
	assert_map_fails(BAR0 - 0x1000, UINT32_MAX & ~0xfc000fffu, -EINVAL, FAILURE,
			 PLX_R_STRADDLES_BAR, 3);
	/* All of it is fine. */
	assert_works(plx_mmio_map(devlab.dev, BAR0, BAR0_SIZE, &va));
	assert_works(plx_mmio_unmap(devlab.dev, va, BAR0_SIZE));
}

/* The list of /proc/iomem: who may not see addresses gets zeros. */
static void test_MIO_5_proc_iomem(void **state)
{
	static const char text[] = "00001000-0009ffff : System RAM\n"
				   "  00002000-00002fff : Kernel code\n"
				   "fe000000-fe01ffff : PCI Bus 0000:00\n"
				   "  fe000000-fe000fff : vfio-pci\n";
	static const char hidden[] = "00000000-00000000 : System RAM\n";
	char path[] = "/tmp/iomem-XXXXXX", name[32] = "";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, sizeof(text) - 1), (ssize_t)sizeof(text) - 1);
	assert_true(plx_iomem_find(path, 0x2000, 0x2000, "System RAM", NULL, 0));
	assert_false(plx_iomem_find(path, 0xa0000, 0xfffff, "System RAM", NULL, 0));
	assert_false(plx_iomem_find(path, 0xfe000000, 0xfe000fff, "System RAM", NULL, 0));
	assert_true(plx_iomem_find(path, 0xfe000010, 0xfe00001f, NULL, name, sizeof(name)));
	assert_string_equal(name, "vfio-pci");
	assert_false(plx_iomem_find(path, 0xff000000, 0xffffffff, NULL, name, sizeof(name)));
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(pwrite(fd, hidden, sizeof(hidden) - 1, 0), (ssize_t)sizeof(hidden) - 1);
	assert_false(plx_iomem_find(path, 0, 0x2000, "System RAM", NULL, 0));
	close(fd);
	unlink(path);
	assert_false(plx_iomem_find(path, 0, 0x2000, "System RAM", NULL, 0));
}

static void test_MIO_6_not_mappable(void **state)
{
	uint32_t v = 0;

	(void)state;
	assert_map_fails(BAR1, 0x100, -ENOTSUP, RESOURCES, PLX_R_NO_MMAP, 0);
	assert_map_fails(BAR1 + 4, 4, -ENOTSUP, RESOURCES, PLX_R_NO_MMAP, 0);
	assert_works(plx_region_write(devlab.dev, 1, 4, &(uint32_t){ 0x12345678 }, 4));
	assert_works(plx_region_read(devlab.dev, 1, 4, &v, 4));
	assert_int_equal(v, 0x12345678);
}

static void test_MIO_7_msix_table(void **state)
{
	(void)state;
	assert_map_fails(BAR5, 0x1000, -EINVAL, FAILURE, PLX_R_MSIX_TABLE, 3);
	assert_map_fails(BAR5 + 0xfff, 1, -EINVAL, FAILURE, PLX_R_MSIX_TABLE, 3);
	assert_map_fails(BAR5, 0x4000, -EINVAL, FAILURE, PLX_R_MSIX_TABLE, 3);
	assert_works(plx_mmio_map(devlab.dev, BAR5 + 0x1000, 0x3000, &va));
	plx_write32(va, 7);
	assert_int_equal(plx_read32(va), 7);
	assert_works(plx_mmio_unmap(devlab.dev, va, 0x3000));
	/* The same offsets of another BAR are none of it. */
	assert_works(plx_mmio_map(devlab.dev, BAR4, 0x1000, &va));
	assert_works(plx_mmio_unmap(devlab.dev, va, 0x1000));
}

static void test_MIO_7_sparse(void **state)
{
	struct plx_region *region = &devlab.dev->regions[4];
	const struct plx_region whole = *region;

	(void)state;
	region->n_sparse = 2;
	region->sparse[0] = (struct plx_sparse){ 0x1000, 0x2000 };
	region->sparse[1] = (struct plx_sparse){ 0x8000, 0x1000 };
	assert_map_fails(BAR4, 4, -EINVAL, FAILURE, PLX_R_NO_MMAP, 3);
	assert_map_fails(BAR4 + 0x2ffe, 4, -EINVAL, FAILURE, PLX_R_NO_MMAP, 3);
	assert_map_fails(BAR4, BAR4_SIZE, -EINVAL, FAILURE, PLX_R_NO_MMAP, 3);
	assert_works(plx_mmio_map(devlab.dev, BAR4 + 0x1ffe, 4, &va));
	assert_works(plx_mmio_unmap(devlab.dev, va, 4));
	assert_works(plx_mmio_map(devlab.dev, BAR4 + 0x8000, 0x1000, &va));
	assert_works(plx_mmio_unmap(devlab.dev, va, 0x1000));
	*region = whole;
}

static void test_MIO_8_another_handle(void **state)
{
	struct plx_dev *first = devlab.dev;
	volatile void *held;

	(void)state;
	if (lab.backend == PLX_BACKEND_IOMMUFD)
		return; /* which opens a device once */
	assert_works(plx_mmio_map(first, BAR0 + 0x1000, 0x1000, &held));
	devlab.dev = devlab_open_master("sim:dummy", NULL);
	assert_map_fails(BAR0 + 0x1fff, 2, -EBUSY, CONFLICT, PLX_R_CLAIMED, 0);
	lab_assert_logged("sim:dummy", "0xfe001fff-0xfe002000");
	assert_map_fails(BAR0, BAR0_SIZE, -EBUSY, CONFLICT, PLX_R_CLAIMED, 0);
	lab_assert_logged("another handle", "0xfe001000-0xfe001fff");
	/* Beside it is free, and so is another function. */
	assert_works(plx_mmio_map(devlab.dev, BAR0 + 0x2000, 0x1000, &va));
	assert_works(plx_mmio_unmap(devlab.dev, va, 0x1000));
	/* MIO-13: the claim ends with the mapping. */
	assert_works(plx_mmio_unmap(first, held, 0x1000));
	assert_works(plx_mmio_map(devlab.dev, BAR0, BAR0_SIZE, &va));
	assert_works(plx_mmio_unmap(devlab.dev, va, BAR0_SIZE));
	lab_assert_errors(0);
	assert_works(plx_dev_close(first));
}

static void test_MIO_8_another_function(void **state)
{
	struct plx_dev *other = devlab_open_master("sim:dummy,id=1", NULL);
	volatile void *held;

	(void)state;
	assert_works(plx_mmio_map(other, BAR0, BAR0_SIZE, &held));
	assert_works(plx_mmio_map(devlab.dev, BAR0, BAR0_SIZE, &va));
	assert_works(plx_mmio_unmap(devlab.dev, va, BAR0_SIZE));
	assert_works(plx_mmio_unmap(other, held, BAR0_SIZE));
	assert_works(plx_dev_close(other));
}

static int map_busy(struct plx_dev *dev, unsigned region, uint64_t off, uint64_t len, int prot,
		    void **out)
{
	(void)region;
	(void)off;
	(void)len;
	(void)prot;
	(void)out;
	return plx_fail_sys(-EBUSY, EBUSY, PLX_R_CLAIMED, dev->child.name, "taken");
}

static void test_MIO_8_kernel(void **state)
{
	(void)state;
	devlab_break()->map = map_busy;
	assert_map_fails(BAR0, 0x1000, -EBUSY, CONFLICT, PLX_R_CLAIMED, 0);
	assert_int_equal(plx_last_error()->sys_errno, EBUSY);
	assert_int_equal(plx_last_error()->backend, lab.backend);
	lab_assert_logged("sim:dummy", "0xfe000000-0xfe000fff");
	assert_null(devlab.dev->function->claims);
	assert_int_equal(devlab.dev->n_maps, 0);
}

static void test_MIO_9_same_handle(void **state)
{
	volatile void *first, *second;

	(void)state;
	assert_works(plx_mmio_map(devlab.dev, BAR4, 0x2000, &first));
	assert_works(plx_mmio_map(devlab.dev, BAR4 + 0x1000, 0x2000, &second));
	assert_ptr_not_equal((void *)(uintptr_t)first, (void *)(uintptr_t)second);
	plx_write32((volatile uint8_t *)first + 0x1004, 0xcafe);
	assert_int_equal(plx_read32((volatile uint8_t *)second + 4), 0xcafe);
	assert_works(plx_mmio_unmap(devlab.dev, first, 0x2000));
	assert_int_equal(plx_read32((volatile uint8_t *)second + 4), 0xcafe);
	assert_works(plx_mmio_unmap(devlab.dev, second, 0x2000));
}

static void test_MIO_9_types(void **state)
{
	volatile void *wc, *ro;

	(void)state;
	assert_works(plx_iospace_map_ex(devlab.dev, BAR0, 0x1000, PLX_PROT_READONLY, &ro));
	assert_map_fails(BAR0, 4, -EBUSY, CONFLICT, PLX_R_CACHE_CONFLICT, 0);
	lab_assert_logged("sim:dummy", "0xfe000000-0xfe000003");
	assert_works(plx_iospace_unmap(devlab.dev, ro, 0x1000));
	assert_works(plx_mmio_map(devlab.dev, BAR0, 4, &va));
	assert_works(plx_mmio_unmap(devlab.dev, va, 4));
	assert_works(plx_iospace_map_ex(devlab.dev, BAR4, 0x1000,
					PLX_PROT_READWRITE | PLX_PROT_WRITECOMBINE, &wc));
	assert_map_fails(BAR4, 4, -EBUSY, CONFLICT, PLX_R_CACHE_CONFLICT, 0);
	lab_assert_logged("sim:dummy", "0xd0000000-0xd0000003");
	assert_works(plx_iospace_unmap(devlab.dev, wc, 0x1000));
	/* WC-6: for the life of the handle. */
	assert_map_fails(BAR4, 4, -EBUSY, CONFLICT, PLX_R_CACHE_CONFLICT, 0);
	lab_assert_errors(1);
}

static int map_nomem(struct plx_dev *dev, unsigned region, uint64_t off, uint64_t len, int prot,
		     void **out)
{
	(void)region;
	(void)off;
	(void)len;
	(void)prot;
	(void)out;
	return plx_fail_sys(-ENOMEM, ENOMEM, PLX_R_NOMEM, dev->child.name, "none");
}

static void test_MIO_10_memory(void **state)
{
	uint16_t before = devlab_command(devlab.dev);

	(void)state;
	devlab_break()->map = map_nomem;
	assert_map_fails(BAR0, 0x1000, -ENOMEM, RESOURCES, PLX_R_NOMEM, 0);
	assert_int_equal(plx_last_error()->sys_errno, ENOMEM);
	lab_assert_errors(0);
	/* G-4 */
	assert_null(devlab.dev->function->claims);
	assert_int_equal(devlab.dev->n_maps, 0);
	assert_int_equal(devlab_command(devlab.dev), before);
}

static void test_MIO_11_attributes(void **state)
{
	struct plx_mmio_attr attr;

	(void)state;
	assert_works(plx_mmio_map(devlab.dev, BAR0 + 0x104, 0x30, &va));
	assert_works(plx_mmio_attr(devlab.dev, va, &attr));
	assert_int_equal(attr.protect, PLX_PROT_READWRITE);
	assert_int_equal(attr.cache, PLX_CACHE_UC);
	assert_int_equal(attr.path, lab.backend == PLX_BACKEND_SIM ? PLX_PATH_SIM : PLX_PATH_VFIO);
	assert_int_equal(attr.phys, BAR0 + 0x104);
	assert_int_equal(attr.len, 0x30);
	assert_works(plx_mmio_unmap(devlab.dev, va, 0x30));
}

static void test_MIO_12_unmap(void **state)
{
	(void)state;
	assert_works(plx_mmio_map(devlab.dev, BAR0, 0x2000, &va));
	assert_fails(plx_mmio_unmap(devlab.dev, va, 0x1000), -EINVAL, FAILURE, PLX_R_MISMATCH, 3);
	assert_fails(plx_mmio_unmap(devlab.dev, va, 0), -EINVAL, FAILURE, PLX_R_MISMATCH, 3);
	assert_fails(plx_mmio_unmap(devlab.dev, (volatile uint8_t *)va + 0x1000, 0x1000), -ENOENT,
		     FAILURE, PLX_R_NOT_MAPPED, 2);
	assert_fails(plx_mmio_unmap(devlab.dev, NULL, 0x2000), -ENOENT, FAILURE, PLX_R_NOT_MAPPED,
		     2);
	assert_int_equal(plx_read32(va), 0x706c7801); /* it stayed */
	assert_works(plx_mmio_unmap(devlab.dev, va, 0x2000));
	assert_fails(plx_mmio_unmap(devlab.dev, va, 0x2000), -ENOENT, FAILURE, PLX_R_NOT_MAPPED, 2);
}

static void test_MIO_13_claim_ends(void **state)
{
	(void)state;
	assert_works(plx_mmio_map(devlab.dev, BAR0, 0x1000, &va));
	assert_non_null(devlab.dev->function->claims);
	assert_int_equal(devlab.dev->n_maps, 1);
	assert_works(plx_mmio_unmap(devlab.dev, va, 0x1000));
	assert_null(devlab.dev->function->claims);
	assert_int_equal(devlab.dev->n_maps, 0);
}

static void test_MIO_14_decoding(void **state)
{
	plx_ioport_t base;

	(void)state;
	assert_int_equal(devlab_command(devlab.dev) & 4, 4);
	assert_works(plx_region_write(devlab.dev, PLX_REGION_CONFIG, 4, &(uint16_t){ 4 }, 2));
	assert_works(plx_mmio_map(devlab.dev, BAR0, 0x1000, &va));
	assert_int_equal(devlab_command(devlab.dev) & 7, 6);
	assert_works(plx_ioport_register(devlab.dev, BAR2, 8, &base));
	assert_int_equal(devlab_command(devlab.dev) & 7, 7);
	assert_works(plx_ioport_deregister(devlab.dev, BAR2, 8, base));
	assert_works(plx_mmio_unmap(devlab.dev, va, 0x1000));
}

/* Builds with checks stop at a strict accessor on a write-combined address. */
static void test_MIO_16_strict_on_wc(void **state)
{
	volatile uint8_t *wc;
	int status;
	pid_t child;

	(void)state;
	assert_works(plx_iospace_map_ex(devlab.dev, BAR4, 0x1000,
					PLX_PROT_READWRITE | PLX_PROT_WRITECOMBINE, &va));
	wc = va;
	plx_write32_relaxed(wc + 8, 0x1234);
	plx_wc_flush();
	assert_int_equal(plx_read32_relaxed(wc + 8), 0x1234);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		signal(SIGABRT, SIG_DFL);
		if (!freopen("/dev/null", "w", stderr))
			_exit(2);
		plx_write32(wc + 8, 1);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
#ifdef PLX_CHECKS
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
#else
	assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
#endif
	assert_works(plx_iospace_unmap(devlab.dev, va, 0x1000));
}

/* What the program forgot is given back, and named (G-13). */
static void test_G_13_leftovers(void **state)
{
	struct plx_dev *other;
	struct plx_regs r;
	plx_ioport_t base;

	(void)state;
	assert_works(plx_mmio_map(devlab.dev, BAR0, 0x1000, &va));
	assert_works(plx_iospace_map_ex(devlab.dev, BAR4, 64, PLX_PROT_READWRITE, &va));
	assert_works(plx_regs_open(devlab.dev, 1, &r));
	assert_works(plx_ioport_register(devlab.dev, BAR2 + 16, 16, &base));
	assert_int_equal(devlab.dev->n_maps, 4);
	assert_works(plx_dev_close(devlab.dev));
	assert_int_equal(lab.warnings, 4);
	assert_non_null(strstr(lab.said, "leak"));
	assert_int_equal(plx_raw_in8(base), 0xff);
	other = devlab_open_master("sim:dummy", NULL);
	assert_works(plx_mmio_map(other, BAR0, BAR0_SIZE, &va));
	assert_works(plx_mmio_unmap(other, va, BAR0_SIZE));
	devlab.dev = other;
}

static const struct CMUnitTest tests[] = {
	RULE(test_MIO_1_states),
	RULE(test_MIO_1_attributes_first),
	RULE(test_MIO_1_null),
	RULE(test_MIO_2_bar_to_phys),
	RULE(test_MIO_3_unaligned),
	RULE(test_MIO_4_length),
	RULE(test_MIO_5_outside),
	RULE(test_MIO_5_wrong_space),
	RULE(test_MIO_5_straddles),
	RULE(test_MIO_5_proc_iomem),
	RULE(test_MIO_6_not_mappable),
	RULE(test_MIO_7_msix_table),
	RULE(test_MIO_7_sparse),
	RULE(test_MIO_8_another_handle),
	RULE(test_MIO_8_another_function),
	RULE(test_MIO_8_kernel),
	RULE(test_MIO_9_same_handle),
	RULE(test_MIO_9_types),
	RULE(test_MIO_10_memory),
	RULE(test_MIO_11_attributes),
	RULE(test_MIO_12_unmap),
	RULE(test_MIO_13_claim_ends),
	RULE(test_MIO_14_decoding),
	RULE(test_MIO_16_strict_on_wc),
	RULE(test_G_13_leftovers),
};

LAB_MAIN(tests)
