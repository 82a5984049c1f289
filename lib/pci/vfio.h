/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * VFIO: what the bus needs of it before there is a device's fd (8.2, 8.3 of the DDI contract).
 * Each fills the error record when it fails, and leaves @fd -1 then.
 */
#ifndef PLX_PCI_VFIO_H
#define PLX_PCI_VFIO_H

#include "core/sysops.h"
#include "pci/facts.h"

/*
 * Open /dev/vfio/@group, or /dev/vfio/noiommu-@group. The caller closes the fd. Errors: -EBUSY
 * (GROUP_BUSY: somebody has it open, whom the sentence names where that can be seen), -EACCES
 * (PERMISSION), -ENODEV (NOT_BOUND: no device of the group is VFIO's; NO_BACKEND: there is no VFIO
 * at all), others as open(2) answers (FILE).
 */
int plx_vfio_open_group(const struct plx_sysops *sys, unsigned group, bool noiommu, int *fd);

/*
 * Open /dev/vfio/devices/vfio@cdev; -1, as of plx_pci_facts: the kernel knows no such file. The
 * caller closes the fd. Errors as above; NO_BACKEND: the kernel has no device files.
 */
int plx_vfio_open_cdev(const struct plx_sysops *sys, int cdev, int *fd);

/*
 * VFIO_DEVICE_BIND_IOMMUFD was answered EBUSY or, which means that another open file of the device is
 * bound, EINVAL: -EBUSY (GROUP_BUSY), and the sentence names who has it where that can be seen.
 */
int plx_vfio_fail_bind(const struct plx_sysops *sys, const struct plx_pci_facts *f, int sys_errno);

/* Is @f's driver VFIO's? -ENODEV (NOT_BOUND): the sentence says how to bind it. */
int plx_vfio_check_bound(const struct plx_pci_facts *f);

/*
 * Can VFIO have the group @g of @f? Tells what the kernel refuses in words that do not say why.
 * Errors: -EBUSY (GROUP_NOT_VIABLE: a member has another driver), -ENOTSUP (FW_DIRECT_MAP).
 */
int plx_vfio_check_group(const struct plx_pci_facts *f, const struct plx_pci_group *g);

/* Is it a UUID? "" is none, and fine. -EINVAL (BAD_VALUE). */
int plx_vfio_check_token(const char *uuid);

#endif
