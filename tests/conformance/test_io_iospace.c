/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * MmMapIoSpaceEx and MmUnmapIoSpace: the table of 4.3, and the write-combining rules WC-2 .. WC-6.
 */
#define DEVLAB_SETUP devlab_setup_open
#include "devlab.h"

#include "core/error.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROT_RW (PLX_PROT_READWRITE)
#define WC      (PLX_PROT_READWRITE | PLX_PROT_WRITECOMBINE)

static volatile void *va;

/* The call fails, and its output is NULL (G-2). */
#define assert_map_fails(phys, len, protect, err, status, reason, arg)                             \
	do {                                                                                       \
		va = &va;                                                                          \
		assert_fails(plx_iospace_map_ex(devlab.dev, phys, len, protect, &va), err, status, \
			     reason, arg);                                                         \
		assert_null((void *)(uintptr_t)va);                                                \
	} while (0)

static struct plx_mmio_attr attr_of(const volatile void *at)
{
	struct plx_mmio_attr attr;

	assert_works(plx_mmio_attr(devlab.dev, at, &attr));
	return attr;
}

static enum plx_map_path uncached_path(void)
{
	return lab.backend == PLX_BACKEND_SIM ? PLX_PATH_SIM : PLX_PATH_VFIO;
}

static void test_iospace_base_flags(void **state)
{
	static const uint32_t bad[] = {
		0,
		PLX_PROT_NOCACHE,
		PLX_PROT_READONLY | PLX_PROT_READWRITE,
		PLX_PROT_READWRITE | PLX_PROT_EXECUTE,
		PLX_PROT_READWRITE | 0x1,
		PLX_PROT_READWRITE | 0x100,
		PLX_PROT_READWRITE | 0x40000000,
	};
	static const uint32_t legal[] = { PLX_PROT_READONLY, PLX_PROT_READWRITE };

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_map_fails(BAR0, 0x1000, bad[i], -EINVAL, INVALID_PARAMETER(3),
				 PLX_R_RESERVED_BITS, 3);
	for (unsigned i = 0; i < 2; i++) {
		assert_works(plx_iospace_map_ex(devlab.dev, BAR0, 0x1000, legal[i], &va));
		assert_int_equal(attr_of(va).protect, legal[i]);
		assert_int_equal(attr_of(va).cache, PLX_CACHE_UC);
		assert_int_equal(attr_of(va).path, uncached_path());
		assert_int_equal(plx_read32(va), 0x706c7801);
		assert_works(plx_iospace_unmap(devlab.dev, va, 0x1000));
	}
}

static void test_iospace_execute(void **state)
{
	static const uint32_t execute[] = { PLX_PROT_EXECUTE, PLX_PROT_EXECUTE_READ,
					    PLX_PROT_EXECUTE_READWRITE };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		assert_map_fails(BAR0, 0x1000, execute[i], -ENOTSUP, PLX_STATUS_NOT_SUPPORTED,
				 PLX_R_EXEC, 3);
		assert_map_fails(BAR0, 0x1000, execute[i] | PLX_PROT_NOCACHE, -ENOTSUP,
				 PLX_STATUS_NOT_SUPPORTED, PLX_R_EXEC, 3);
	}
}

static void test_iospace_cache_flags(void **state)
{
	(void)state;
	assert_map_fails(BAR0, 0x1000, WC | PLX_PROT_NOCACHE, -EINVAL, INVALID_PARAMETER(3),
			 PLX_R_BAD_ENUM, 3);
	assert_works(plx_iospace_map_ex(devlab.dev, BAR0, 0x1000, PROT_RW | PLX_PROT_NOCACHE, &va));
	assert_int_equal(attr_of(va).cache, PLX_CACHE_UC);
	assert_works(plx_iospace_unmap(devlab.dev, va, 0x1000));
	assert_works(plx_iospace_map_ex(devlab.dev, BAR0, 0x1000,
					PROT_RW | PLX_PROT_NOCACHE | PLX_PROT_STRICT, &va));
	assert_works(plx_iospace_unmap(devlab.dev, va, 0x1000));
	/* Cached, without an alternative. */
	assert_map_fails(BAR0, 0x1000, PROT_RW | PLX_PROT_STRICT, -ENOTSUP,
			 PLX_STATUS_NOT_SUPPORTED, PLX_R_UNSUPPORTED, 3);
}

static void test_iospace_readonly_faults(void **state)
{
	int status;
	pid_t child;

	(void)state;
	assert_works(plx_iospace_map_ex(devlab.dev, BAR4, 64, PLX_PROT_READONLY, &va));
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		signal(SIGSEGV, SIG_DFL);
		plx_write32_relaxed(va, 1);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	assert_works(plx_iospace_unmap(devlab.dev, va, 64));
}

static void test_iospace_range(void **state)
{
	(void)state;
	assert_map_fails(BAR0, 0, PROT_RW, -EINVAL, INVALID_PARAMETER(2), PLX_R_ZERO_LEN, 2);
	assert_map_fails(BAR0, SIZE_MAX, PROT_RW, -EINVAL, INVALID_PARAMETER(2), PLX_R_WRAP, 2);
	assert_map_fails(BAR0 - 0x1000, 0x1000, PROT_RW, -EINVAL, INVALID_PARAMETER(1),
			 PLX_R_OUT_OF_IOSPACE, 1);
	assert_map_fails(0x1000, 0x1000, PROT_RW, -EINVAL, INVALID_PARAMETER(1), PLX_R_HOST_RAM, 1);
	assert_map_fails(BAR2, 16, PROT_RW, -EINVAL, INVALID_PARAMETER(1), PLX_R_WRONG_SPACE, 1);
	assert_map_fails(BAR0, BAR0_SIZE + 1, PROT_RW, -EINVAL, INVALID_PARAMETER(1),
			 PLX_R_STRADDLES_BAR, 1);
	assert_map_fails(BAR0, 0x100000000, PROT_RW, -EINVAL, INVALID_PARAMETER(1),
			 PLX_R_STRADDLES_BAR, 1);
	assert_map_fails(BAR5, 0x1000, PROT_RW, -EINVAL, INVALID_PARAMETER(1), PLX_R_MSIX_TABLE, 1);
	assert_map_fails(BAR1, 0x100, PROT_RW, -ENOTSUP, PLX_STATUS_NOT_SUPPORTED, PLX_R_NO_MMAP,
			 0);
	assert_fails(plx_iospace_map_ex(devlab.dev, BAR0, 0x1000, PROT_RW, NULL), -EINVAL,
		     PLX_STATUS_INVALID_PARAMETER, PLX_R_NULL_ARG, 5);
	va = &va;
	assert_fails(plx_iospace_map_ex(NULL, BAR0, 0x1000, PROT_RW, &va), -EINVAL,
		     PLX_STATUS_INVALID_PARAMETER, PLX_R_NULL_ARG, 0);
	assert_null((void *)(uintptr_t)va);
}

static void test_iospace_another_handle(void **state)
{
	struct plx_dev *first = devlab.dev;
	volatile void *held;

	(void)state;
	if (lab.backend == PLX_BACKEND_IOMMUFD)
		return; /* which opens a device once */
	assert_works(plx_iospace_map_ex(first, BAR4, 0x1000, PROT_RW, &held));
	devlab.dev = devlab_open_master("sim:dummy", NULL);
	assert_map_fails(BAR4, 0x1000, PROT_RW, -EBUSY, INVALID_PARAMETER(1), PLX_R_CLAIMED, 1);
	lab_assert_logged("another handle", "0xd0000000-0xd0000fff");
	assert_works(plx_iospace_map_ex(devlab.dev, BAR4 + 0x1000, 0x1000, PROT_RW, &va));
	assert_works(plx_iospace_unmap(devlab.dev, va, 0x1000));
	assert_works(plx_iospace_unmap(first, held, 0x1000));
	assert_works(plx_dev_close(first));
}

static void test_iospace_states(void **state)
{
	volatile void *kept;

	(void)state;
	assert_works(plx_iospace_map_ex(devlab.dev, BAR0, 0x1000, PROT_RW, &kept));
	assert_works(plx_dev_start(devlab.dev));
	assert_works(plx_iospace_map_ex(devlab.dev, BAR0, 0x1000, PROT_RW, &va));
	assert_works(plx_iospace_unmap(devlab.dev, va, 0x1000));
	assert_works(plx_dev_halt(devlab.dev));
	assert_map_fails(BAR0, 0x1000, PROT_RW, -EPERM, PLX_STATUS_ACCESS_DENIED, PLX_R_STATE, 0);
	assert_works(plx_iospace_unmap(devlab.dev, kept, 0x1000));
}

static void test_iospace_attributes_first(void **state)
{
	const struct plx_dev_opts opts = { .backend = lab.backend };

	(void)state;
	assert_works(plx_dev_close(devlab.dev));
	assert_works(plx_dev_open(lab.ctx, "sim:dummy", &opts, &devlab.dev));
	assert_map_fails(BAR0, 0x1000, PROT_RW, -EPERM, PLX_STATUS_ACCESS_DENIED, PLX_R_ORDER, 0);
}

static void test_iospace_unmap(void **state)
{
	volatile void *mmio;

	(void)state;
	assert_works(plx_iospace_map_ex(devlab.dev, BAR0 + 3, 0x1234, PROT_RW, &va));
	assert_fails(plx_iospace_unmap(devlab.dev, va, 0x1000), -EINVAL, INVALID_PARAMETER(2),
		     PLX_R_MISMATCH, 2);
	assert_fails(plx_iospace_unmap(devlab.dev, (volatile uint8_t *)va - 3, 0x1234), -ENOENT,
		     FAILURE, PLX_R_NOT_MAPPED, 1);
	assert_fails(plx_iospace_unmap(NULL, va, 0x1234), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_NULL_ARG, 0);
	assert_works(plx_iospace_unmap(devlab.dev, va, 0x1234));
	assert_fails(plx_iospace_unmap(devlab.dev, va, 0x1234), -ENOENT, FAILURE, PLX_R_NOT_MAPPED,
		     1);
	/* NDIS' mappings have NDIS' rules: each call ends what its own kind began. */
	assert_works(plx_mmio_map(devlab.dev, BAR0, 0x1000, &mmio));
	assert_fails(plx_iospace_unmap(devlab.dev, mmio, 0x1000), -ENOENT, FAILURE,
		     PLX_R_NOT_MAPPED, 1);
	assert_works(plx_mmio_unmap(devlab.dev, mmio, 0x1000));
}

static void test_iospace_attr(void **state)
{
	struct plx_mmio_attr attr;

	(void)state;
	assert_works(plx_iospace_map_ex(devlab.dev, BAR4 + 0x10, 0x20, PROT_RW, &va));
	attr = attr_of((volatile uint8_t *)va + 0x1f);
	assert_int_equal(attr.phys, BAR4 + 0x10);
	assert_int_equal(attr.len, 0x20);
	assert_fails(plx_mmio_attr(devlab.dev, (volatile uint8_t *)va + 0x20, &attr), -ENOENT,
		     PLX_STATUS_NOT_FOUND, PLX_R_NOT_MAPPED, 2);
	assert_int_equal(attr.len, 0);
	assert_fails(plx_mmio_attr(devlab.dev, va, NULL), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_NULL_ARG, 3);
	assert_fails(plx_mmio_attr(NULL, va, &attr), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_NULL_ARG, 1);
	assert_works(plx_iospace_unmap(devlab.dev, va, 0x20));
}

/* --- write-combining --- */

static void test_WC_2_not_prefetchable(void **state)
{
	(void)state;
	assert_map_fails(BAR0, 0x1000, WC | PLX_PROT_STRICT, -ENOTSUP, PLX_STATUS_NOT_SUPPORTED,
			 PLX_R_NO_WC, 3);
	assert_works(plx_iospace_map_ex(devlab.dev, BAR0, 0x1000, WC, &va));
	assert_int_equal(attr_of(va).cache, PLX_CACHE_UC);
	assert_int_equal(attr_of(va).path, uncached_path());
	assert_works(plx_iospace_unmap(devlab.dev, va, 0x1000));
	lab_assert_errors(0);
}

static void test_WC_6_then_uncached(void **state)
{
	volatile void *wc;
	struct plx_regs r;
	uint8_t b;

	(void)state;
	assert_works(plx_iospace_map_ex(devlab.dev, BAR4, 0x1000, WC | PLX_PROT_STRICT, &wc));
	assert_int_equal(attr_of(wc).cache, PLX_CACHE_WC);
	assert_int_equal(attr_of(wc).path,
			 lab.backend == PLX_BACKEND_SIM ? PLX_PATH_SIM : PLX_PATH_SYSFS_WC);
	plx_write32_relaxed(wc, 0xbeef);
	plx_wc_flush();
	assert_int_equal(plx_read32_relaxed(wc), 0xbeef);
	/* Anywhere in the BAR. */
	assert_map_fails(BAR4 + 0x8000, 0x1000, PROT_RW, -EBUSY, INVALID_PARAMETER(1),
			 PLX_R_CACHE_CONFLICT, 1);
	lab_assert_logged("sim:dummy", "0xd0008000-0xd0008fff");
	assert_fails(plx_mmio_map(devlab.dev, BAR4, 0x1000, &va), -EBUSY, CONFLICT,
		     PLX_R_CACHE_CONFLICT, 0);
	lab_assert_logged("sim:dummy", "0xd0000000-0xd0000fff");
	assert_fails(plx_regs_open(devlab.dev, 4, &r), -EBUSY, CONFLICT, PLX_R_CACHE_CONFLICT, 0);
	lab_assert_errors(1);
	/* WC-4: an access through the region would take the mapping away. */
	assert_fails(plx_region_read(devlab.dev, 4, 0, &b, 1), -EBUSY, CONFLICT,
		     PLX_R_CACHE_CONFLICT, 0);
	lab_assert_logged("sim:dummy", "BAR 4");
	/* More of the same. */
	assert_works(plx_iospace_map_ex(devlab.dev, BAR4 + 0x800, 0x1000, WC, &va));
	assert_int_equal(attr_of(va).cache, PLX_CACHE_WC);
	assert_works(plx_iospace_unmap(devlab.dev, va, 0x1000));
	assert_works(plx_iospace_unmap(devlab.dev, wc, 0x1000));
	assert_map_fails(BAR4, 0x1000, PROT_RW, -EBUSY, INVALID_PARAMETER(1), PLX_R_CACHE_CONFLICT,
			 1);
	lab_assert_errors(1);
}

static void test_WC_6_after_uncached(void **state)
{
	(void)state;
	assert_works(plx_mmio_map(devlab.dev, BAR4, 0x1000, &va));
	assert_works(plx_mmio_unmap(devlab.dev, va, 0x1000));
	assert_map_fails(BAR4, 0x1000, WC | PLX_PROT_STRICT, -ENOTSUP, PLX_STATUS_NOT_SUPPORTED,
			 PLX_R_NO_WC, 3);
	assert_works(plx_iospace_map_ex(devlab.dev, BAR4, 0x1000, WC, &va));
	assert_int_equal(attr_of(va).cache, PLX_CACHE_UC);
	assert_works(plx_iospace_unmap(devlab.dev, va, 0x1000));
}

static void test_WC_6_after_region_access(void **state)
{
	uint32_t v;

	(void)state;
	assert_works(plx_region_read(devlab.dev, 4, 0, &v, 4));
	assert_map_fails(BAR4, 0x1000, WC | PLX_PROT_STRICT, -ENOTSUP, PLX_STATUS_NOT_SUPPORTED,
			 PLX_R_NO_WC, 3);
}

/* 4.3: the flag permits combining. Where another handle has the BAR uncached, that is all there is. */
static void test_WC_6_another_handle(void **state)
{
	struct plx_dev *other;
	volatile void *theirs;

	(void)state;
	if (lab.backend == PLX_BACKEND_IOMMUFD)
		return; /* which opens a device once */
	other = devlab_open_master("sim:dummy", NULL);
	assert_works(plx_mmio_map(other, BAR4, 0x1000, &theirs));
	assert_map_fails(BAR4 + 0x8000, 0x1000, WC | PLX_PROT_STRICT, -ENOTSUP,
			 PLX_STATUS_NOT_SUPPORTED, PLX_R_NO_WC, 3);
	assert_works(plx_iospace_map_ex(devlab.dev, BAR4 + 0x8000, 0x1000, WC, &va));
	assert_int_equal(attr_of(va).cache, PLX_CACHE_UC);
	assert_int_equal(lab.errors, 0);
	assert_works(plx_iospace_unmap(devlab.dev, va, 0x1000));
	/* What is not even free stays somebody else's. */
	assert_map_fails(BAR4, 0x1000, WC, -EBUSY, INVALID_PARAMETER(1), PLX_R_CLAIMED, 1);
	lab_assert_logged("sim:dummy", "claimed");
	assert_works(plx_mmio_unmap(other, theirs, 0x1000));
	assert_works(plx_dev_close(other));
}

/* WC-4: an access through any handle would take the mapping away. */
static void test_WC_4_another_handle(void **state)
{
	struct plx_dev *other;
	uint32_t v = 0;

	(void)state;
	if (lab.backend == PLX_BACKEND_IOMMUFD)
		return; /* which opens a device once */
	other = devlab_open_master("sim:dummy", NULL);
	assert_works(plx_iospace_map_ex(devlab.dev, BAR4, 0x1000, WC | PLX_PROT_STRICT, &va));
	assert_fails(plx_region_read(other, 4, 0x8000, &v, 4), -EBUSY, CONFLICT,
		     PLX_R_CACHE_CONFLICT, 0);
	lab_assert_logged("sim:dummy", "BAR 4");
	assert_fails(plx_region_write(other, 4, 0x8000, &v, 4), -EBUSY, CONFLICT,
		     PLX_R_CACHE_CONFLICT, 0);
	lab_assert_logged("sim:dummy", "BAR 4");
	assert_works(plx_iospace_unmap(devlab.dev, va, 0x1000));
	assert_works(plx_region_read(other, 4, 0x8000, &v, 4));
	assert_works(plx_dev_close(other));
}

/* A kernel with one file, sysfs' resource4_wc, whose calls answer what a test says. */
static struct {
	int open_errno, mmap_errno;
	unsigned files, maps;
	char path[96];
	int flags, prot;
	off_t offset;
} sysfs;

static int sysfs_open(const char *path, int flags)
{
	snprintf(sysfs.path, sizeof(sysfs.path), "%s", path);
	sysfs.flags = flags;
	errno = sysfs.open_errno;
	sysfs.files += !errno;
	return errno ? -1 : 1000;
}

static int sysfs_close(int fd)
{
	assert_int_equal(fd, 1000);
	sysfs.files--;
	return 0;
}

static void *sysfs_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	assert_int_equal(fd, 1000);
	assert_int_equal(flags, MAP_SHARED);
	sysfs.prot = prot;
	sysfs.offset = offset;
	errno = sysfs.mmap_errno;
	if (errno)
		return MAP_FAILED;
	sysfs.maps++;
	return mmap(addr, len, prot, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static int sysfs_munmap(void *addr, size_t len)
{
	sysfs.maps--;
	return munmap(addr, len);
}

/* Put that kernel behind the device, and a transport that is not simulated. */
static void enter_sysfs(struct plx_sysops *ops)
{
	*ops = (struct plx_sysops){
		.open = sysfs_open, .close = sysfs_close, .mmap = sysfs_mmap, .munmap = sysfs_munmap
	};
	memset(&sysfs, 0, sizeof(sysfs));
	devlab_break()->simulated = false;
	devlab.dev->sys = ops;
}

static void test_WC_2_sysfs_file(void **state)
{
	struct plx_sysops ops;
	char path[96];

	(void)state;
	if (lab.backend != PLX_BACKEND_SIM)
		return; /* the kernel is the test's own */
	enter_sysfs(&ops);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource4_wc",
		 devlab.dev->function->facts.address);
	assert_works(
		plx_iospace_map_ex(devlab.dev, BAR4 + 0x3010, 0x20, WC | PLX_PROT_STRICT, &va));
	assert_string_equal(sysfs.path, path);
	assert_int_equal(sysfs.flags & O_ACCMODE, O_RDWR);
	assert_int_equal(sysfs.prot, PROT_READ | PROT_WRITE);
	assert_int_equal(sysfs.offset, 0x3000);
	assert_int_equal((uintptr_t)va & (PAGE - 1), 0x10);
	assert_int_equal(sysfs.files, 0); /* the mapping keeps the file */
	assert_int_equal(sysfs.maps, 1);
	assert_int_equal(attr_of(va).path, PLX_PATH_SYSFS_WC);
	assert_int_equal(attr_of(va).cache, PLX_CACHE_WC);
	assert_works(plx_iospace_unmap(devlab.dev, va, 0x20));
	assert_int_equal(sysfs.maps, 0);
	assert_works(plx_iospace_map_ex(devlab.dev, BAR4, 0x20,
					PLX_PROT_READONLY | PLX_PROT_WRITECOMBINE, &va));
	assert_int_equal(sysfs.flags & O_ACCMODE, O_RDONLY);
	assert_int_equal(sysfs.prot, PROT_READ);
	/* What is left is unmapped where it was mapped. */
	assert_int_equal(devlab_command(devlab.dev) & 2, 2);
	assert_works(plx_iospace_unmap(devlab.dev, va, 0x20));
	assert_int_equal(sysfs.maps, 0);
}

/* WC-3: no file, no rights, lockdown, a BAR that is busy: uncached, unless the caller is strict. */
static void test_WC_3_refused(void **state)
{
	static const struct {
		int open_errno, mmap_errno;
	} refusals[] = { { ENOENT, 0 }, { EACCES, 0 }, { 0, EPERM }, { 0, EINVAL } };
	struct plx_sysops ops;

	(void)state;
	if (lab.backend != PLX_BACKEND_SIM)
		return; /* the kernel is the test's own */
	enter_sysfs(&ops);
	for (unsigned i = 0; i < 4; i++) {
		sysfs.open_errno = refusals[i].open_errno;
		sysfs.mmap_errno = refusals[i].mmap_errno;
		assert_map_fails(BAR4, 0x1000, WC | PLX_PROT_STRICT, -ENOTSUP,
				 PLX_STATUS_NOT_SUPPORTED, PLX_R_NO_WC, 3);
		assert_int_equal(plx_last_error()->sys_errno, sysfs.open_errno + sysfs.mmap_errno);
		assert_int_equal(plx_last_error()->backend, PLX_BACKEND_SYSFS);
		/* G-4: the BAR is as free as before. */
		assert_int_equal(sysfs.files, 0);
		assert_null(devlab.dev->function->claims);
		assert_int_equal(devlab.dev->bar_path[4], PLX_BAR_UNTOUCHED);
	}
	assert_works(plx_iospace_map_ex(devlab.dev, BAR4, 0x1000, WC, &va));
	assert_int_equal(attr_of(va).cache, PLX_CACHE_UC);
	assert_int_equal(attr_of(va).path, PLX_PATH_VFIO);
	assert_works(plx_iospace_unmap(devlab.dev, va, 0x1000));
	lab_assert_errors(0);
}

static const struct CMUnitTest tests[] = {
	RULE(test_iospace_base_flags),    RULE(test_iospace_execute),
	RULE(test_iospace_cache_flags),   RULE(test_iospace_readonly_faults),
	RULE(test_iospace_range),         RULE(test_iospace_another_handle),
	RULE(test_iospace_states),        RULE(test_iospace_attributes_first),
	RULE(test_iospace_unmap),         RULE(test_iospace_attr),
	RULE(test_WC_2_not_prefetchable), RULE(test_WC_2_sysfs_file),
	RULE(test_WC_3_refused),          RULE(test_WC_6_then_uncached),
	RULE(test_WC_6_after_uncached),   RULE(test_WC_6_after_region_access),
	RULE(test_WC_6_another_handle),   RULE(test_WC_4_another_handle),
};

LAB_MAIN(tests)
