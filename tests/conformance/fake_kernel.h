/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A kernel with VFIO type1 and iommufd in memory, behind the library's table of system calls. It
 * keeps the rules of 8.2 and 8.3 of the DDI contract: those of the argument checks and their
 * order, of overlap, splitting, limits, groups and lifetimes.
 *
 * Group N is opened as /dev/vfio/N, its only device as /dev/vfio/devices/vfioN.
 */
#ifndef TESTS_FAKE_KERNEL_H
#define TESTS_FAKE_KERNEL_H

#include <pollux/iommu.h>

#define FAKE_GROUPS 8

enum plx_test_call {
	PLX_TEST_OPEN,
	PLX_TEST_CLOSE,
	PLX_TEST_IOCTL,
	PLX_TEST_MMAP,
	PLX_TEST_MUNMAP,
	PLX_TEST_PREAD,
	PLX_TEST_PWRITE,
};

/* Make the @nth such call from now (1: the next) fail with @err; @request is for ioctl(2) only. */
void plx_test_inject(enum plx_test_call call, unsigned long request, unsigned nth, int err);

/* What a group is like; change before it is attached. */
struct fake_group {
	uint8_t width;                  /* bits; 39 */
	struct plx_iova_range reserved; /* beside the MSI window; none: last 0 */
	bool not_viable;                /* a kernel driver has a device of it */
	bool unsafe;                    /* interrupts are not remapped */
};

struct fake_kernel {
	struct fake_group groups[FAKE_GROUPS];
	uint32_t dma_entry_limit; /* 65535 */
	bool no_type1, no_iommufd, no_unmap_all, denied;
	bool noiommu; /* enable_unsafe_noiommu_mode, and all groups are such */
	uint64_t page_sizes;
};

extern struct fake_kernel fake_kernel;

/* Boot: everything as above, nothing open, in force for what is opened from now on. */
void fake_kernel_boot(void);
/* The real kernel again. */
void fake_kernel_halt(void);

unsigned fake_kernel_fds(void);      /* open ones */
uint64_t fake_kernel_entries(void);  /* mappings in all address spaces */
uint64_t fake_kernel_maps(void);     /* map calls that succeeded since boot */
uint32_t fake_kernel_last_map(void); /* flags of the last one */

/* Map behind the library's back into every address space. */
void fake_kernel_squat(uint64_t iova, uint64_t len);

#endif
