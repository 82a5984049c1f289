/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whose a function is, before anything is opened (8.6 of the DDI contract): the kernel's answers
 * do not say what is wrong.
 */
#include "pci/pci_priv.h"
#include "pci/vfio.h"

#include <errno.h>

static int fail_no_iommu(const struct plx_pci_facts *facts)
{
	return plx_fail(-ENODEV, PLX_R_NO_IOMMU, facts->address,
			"%s is behind no IOMMU: switch it on in the firmware and on the kernel's "
			"command line (intel_iommu=on)",
			facts->address);
}

int plx_pci_check_owner(const char *root, const struct plx_pci_facts *facts, bool noiommu,
			struct plx_attachment *a)
{
	struct plx_pci_group group;
	int err;

	/* vfio-pci would not take it, unless in a mode that has a group, too. */
	if (facts->group < 0 && !noiommu)
		return fail_no_iommu(facts);
	err = plx_vfio_check_bound(facts);
	if (err)
		return err;
	if (facts->group < 0)
		return fail_no_iommu(facts);
	if (facts->noiommu) /* nobody else can be in it */
		return 0;
	err = plx_pci_group_read(root, (unsigned)facts->group, &group);
	if (err)
		return err;
	a->foreign_member = group.foreign[0];
	a->direct_map = group.direct_map;
	return plx_vfio_check_group(facts, &group);
}
