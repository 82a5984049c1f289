/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * No-iommu: devices reach all memory, nothing is mapped (IF-7). There for machines without an
 * IOMMU, and only for who names it.
 */
#include "iommu/container.h"

#include <linux/vfio.h>

static int noiommu_open(struct plx_iommu *io)
{
	return plx_container_probe(
		io, VFIO_NOIOMMU_IOMMU,
		"no-iommu mode (vfio's enable_unsafe_noiommu_mode=1 switches it on)");
}

static void noiommu_close(struct plx_iommu *io)
{
	(void)io; /* the probe's fd is closed */
}

static int noiommu_attach(struct plx_domain *d, struct plx_attachment *a)
{
	return plx_container_attach(d, a, VFIO_NOIOMMU_IOMMU);
}

const struct plx_iommu_backend plx_iommu_noiommu = {
	.id = PLX_BACKEND_NOIOMMU,
	.name = "noiommu",
	.by_group = true,
	.open = noiommu_open,
	.close = noiommu_close,
	.domain_open = plx_container_open,
	.domain_close = plx_container_close,
	.attach = noiommu_attach,
	.detach = plx_container_detach,
};
