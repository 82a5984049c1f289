/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The VFIO container, which type1 and no-iommu are two uses of.
 */
#ifndef PLX_IOMMU_CONTAINER_H
#define PLX_IOMMU_CONTAINER_H

#include "iommu/iommu_priv.h"

/* Is there a VFIO with @extension (VFIO_TYPE1v2_IOMMU, ..)? Sets io->can_unmap_all. */
int plx_container_probe(struct plx_iommu *io, unsigned long extension, const char *what);

/* A domain's own container (VF-8). */
int plx_container_open(struct plx_domain *d);
void plx_container_close(struct plx_domain *d);

/* The group of @a enters or leaves; the first one sets the type of IOMMU. */
int plx_container_attach(struct plx_domain *d, struct plx_attachment *a, unsigned long type);
int plx_container_detach(struct plx_domain *d, struct plx_attachment *a);

#endif
