/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For the simulated device of the room above: its DMA goes through here.
 */
#ifndef PLX_IOMMU_SIM_H
#define PLX_IOMMU_SIM_H

#include <pollux/iommu.h>

/*
 * Move @len bytes between @buf and IOVA @iova of a domain of PLX_BACKEND_SIM; @write: to memory.
 * Each page is checked by itself. Returns the bytes moved: fewer than @len when the access to the
 * page of @iova plus that number was blocked. Touches no error record. Threads: any.
 */
uint64_t plx_sim_iommu_access(struct plx_domain *d, uint64_t iova, uint64_t len, bool write,
			      void *buf);

#endif
