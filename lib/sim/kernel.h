/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A kernel with VFIO type1 and iommufd in memory, behind the library's table of system calls. It
 * keeps the rules of 8.2 and 8.3 of the DDI contract: those of the argument checks and their
 * order, of overlap, splitting, limits, groups and lifetimes. Its VFIO devices are simulated
 * functions (function.h) that were plugged in.
 *
 * There is one in a process, whatever contexts use it. Threads: any, at once.
 */
#ifndef PLX_SIM_KERNEL_H
#define PLX_SIM_KERNEL_H

#include <pollux/iommu.h>

#include "core/sysops.h"
#include "sim/function.h"

/* Its system calls. File descriptors are far above those of the real kernel. */
const struct plx_sysops *plx_sim_kernel(void);

/*
 * Before anything is opened: calls that go to @ops instead, which passes them on to what
 * plx_sim_kernel() was before, to measure them. NULL: no more.
 */
void plx_sim_kernel_watch(const struct plx_sysops *ops);

/*
 * Plug a function in: /dev/vfio/<facts.group>, /dev/vfio/devices/vfio<facts.cdev> and, for
 * VFIO_GROUP_GET_DEVICE_FD, the name facts.address are there from now on. Again: nothing happens.
 * plx_sim_function_destroy() unplugs; files that are still open then answer ENODEV.
 */
void plx_sim_kernel_plug(struct plx_sim_function *f);
void plx_sim_kernel_unplug(struct plx_sim_function *f);

/* --- for tests: what the kernel is like --- */

/* A group; change before it is attached. */
struct plx_sim_group_config {
	uint8_t width;                  /* bits; 39, or the narrowest member's */
	struct plx_iova_range reserved; /* beside the MSI window; none: last 0 */
	bool not_viable;                /* a kernel driver has a device of it */
	bool unsafe;                    /* interrupts are not remapped */
};

/*
 * Groups 0 .. PLX_SIM_GROUPS - 1 are always there, each with one device that has neither registers
 * nor a name: /dev/vfio/N and /dev/vfio/devices/vfioN.
 */
#define PLX_SIM_GROUPS 8

struct plx_sim_config {
	struct plx_sim_group_config groups[PLX_SIM_GROUPS];
	uint32_t dma_entry_limit; /* 65535 */
	bool no_type1, no_iommufd, no_unmap_all, denied;
	bool noiommu; /* enable_unsafe_noiommu_mode, and all groups are such */
	uint64_t page_sizes;
	/* functions */
	unsigned held_bars; /* a bit for each that someone else holds: EBUSY */
	bool no_reset;      /* VFIO_DEVICE_RESET */
	bool msix_mappable; /* VFIO_REGION_INFO_CAP_MSIX_MAPPABLE */
	bool sparse;        /* pages 4 .. 7 of mappable BARs cannot be mapped */
};

extern struct plx_sim_config plx_sim_config;

/* Of the group of functions that were plugged in; NULL: there is none of that number. */
struct plx_sim_group_config *plx_sim_group_config(unsigned number);

/* Boot: everything as above, nothing injected, and the library's system calls go here. */
void plx_sim_kernel_boot(void);
/* Close what is open; the real kernel again. */
void plx_sim_kernel_halt(void);

unsigned plx_sim_kernel_fds(void);      /* open files, and closed ones that are still in use */
unsigned plx_sim_kernel_mappings(void); /* of BARs */
uint64_t plx_sim_kernel_entries(void);  /* mappings in all address spaces */
uint64_t plx_sim_kernel_maps(void);     /* map calls that succeeded since boot */
uint32_t plx_sim_kernel_last_map(void); /* flags of the last one */

/* Map behind the library's back into every address space. */
void plx_sim_kernel_squat(uint64_t iova, uint64_t len);

#endif
