/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The part of iommufd and of the VFIO device cdev that we use, under names of our own: Debian 12
 * has no <linux/iommufd.h>, and its <linux/vfio.h> knows nothing of BIND and ATTACH. Layouts and
 * numbers are those of Linux 6.13's include/uapi/linux/{iommufd,vfio}.h.
 */
#ifndef PLX_CORE_UAPI_H
#define PLX_CORE_UAPI_H

#include <stdint.h>

#define PLX_UAPI_BIND        0x3b76ul /* VFIO_DEVICE_BIND_IOMMUFD */
#define PLX_UAPI_ATTACH      0x3b77ul /* VFIO_DEVICE_ATTACH_IOMMUFD_PT */
#define PLX_UAPI_DETACH      0x3b78ul /* VFIO_DEVICE_DETACH_IOMMUFD_PT */
#define PLX_UAPI_DESTROY     0x3b80ul /* IOMMU_DESTROY */
#define PLX_UAPI_IOAS_ALLOC  0x3b81ul /* IOMMU_IOAS_ALLOC */
#define PLX_UAPI_IOAS_COPY   0x3b83ul /* IOMMU_IOAS_COPY */
#define PLX_UAPI_IOVA_RANGES 0x3b84ul /* IOMMU_IOAS_IOVA_RANGES */
#define PLX_UAPI_IOAS_MAP    0x3b85ul /* IOMMU_IOAS_MAP */
#define PLX_UAPI_IOAS_UNMAP  0x3b86ul /* IOMMU_IOAS_UNMAP */

/* plx_uapi_map.flags, plx_uapi_copy.flags: not the DDI's bits */
#define PLX_UAPI_MAP_FIXED_IOVA (1u << 0)
#define PLX_UAPI_MAP_WRITEABLE  (1u << 1)
#define PLX_UAPI_MAP_READABLE   (1u << 2)

struct plx_uapi_bind {
	uint32_t argsz, flags;
	int32_t iommufd;
	uint32_t out_devid;
};

struct plx_uapi_attach {
	uint32_t argsz, flags, pt_id;
};

struct plx_uapi_detach {
	uint32_t argsz, flags;
};

struct plx_uapi_destroy {
	uint32_t size, id;
};

struct plx_uapi_ioas_alloc {
	uint32_t size, flags, out_ioas_id;
};

struct plx_uapi_iova_range {
	uint64_t start, last;
};

struct plx_uapi_iova_ranges {
	uint32_t size, ioas_id, num_iovas, reserved;
	uint64_t allowed_iovas; /* struct plx_uapi_iova_range * */
	uint64_t out_iova_alignment;
};

struct plx_uapi_map {
	uint32_t size, flags, ioas_id, reserved;
	uint64_t user_va, length, iova;
};

struct plx_uapi_copy {
	uint32_t size, flags, dst_ioas_id, src_ioas_id;
	uint64_t length, dst_iova, src_iova;
};

struct plx_uapi_unmap {
	uint32_t size, ioas_id;
	uint64_t iova, length;
};

_Static_assert(sizeof(struct plx_uapi_bind) == 16, "uapi");
_Static_assert(sizeof(struct plx_uapi_attach) == 12, "uapi");
_Static_assert(sizeof(struct plx_uapi_destroy) == 8, "uapi");
_Static_assert(sizeof(struct plx_uapi_ioas_alloc) == 12, "uapi");
_Static_assert(sizeof(struct plx_uapi_iova_ranges) == 32, "uapi");
_Static_assert(sizeof(struct plx_uapi_map) == 40, "uapi");
_Static_assert(sizeof(struct plx_uapi_copy) == 40, "uapi");
_Static_assert(sizeof(struct plx_uapi_unmap) == 24, "uapi");

#endif
