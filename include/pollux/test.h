/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For tests of programs that use Pollux: failures of the simulated kernel. What is declared here is
 * in a library that was built with Meson's feature `tests`, and in no other.
 *
 * Such a library also opens the IOMMU interfaces type1 and iommufd on a machine that has none: in
 * the simulated kernel, where simulated devices (sim:dummy) can be attached to their domains.
 */
#ifndef POLLUX_TEST_H
#define POLLUX_TEST_H

#include <pollux/base.h>

PLX_BEGIN_DECLS

/* The system calls that reach a kernel's VFIO and iommufd. */
enum plx_test_call {
	PLX_TEST_OPEN,
	PLX_TEST_CLOSE,
	PLX_TEST_IOCTL,
	PLX_TEST_MMAP,
	PLX_TEST_MUNMAP,
	PLX_TEST_PREAD,
	PLX_TEST_PWRITE,
};

/**
 * plx_test_inject - have a call of the simulated kernel fail
 * @call:    which
 * @request: PLX_TEST_IOCTL: only those with this number (VFIO_IOMMU_MAP_DMA); else ignored
 * @nth:     which of them from now on; 1: the next; 0: none, what was asked for before is off
 * @err:     the errno that it fails with, without doing anything
 *
 * One failure is pending at a time: the last that was asked for. It strikes once.
 *
 * Threads: any; it is the process's. Burst loop: no.
 * Errors: none. Source: 11.1 of the DDI contract.
 */
PLX_API void plx_test_inject(enum plx_test_call call, unsigned long request, unsigned nth, int err);

PLX_END_DECLS

#endif
