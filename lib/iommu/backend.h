/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The seam to who translates addresses. The room above it keeps the books (what is mapped where,
 * tokens, budgets, groups) and checks arguments; a backend does what it is told and says what the
 * IOMMU can do. Calls are made with the domain locked; each fills the error record when it fails.
 */
#ifndef PLX_IOMMU_BACKEND_H
#define PLX_IOMMU_BACKEND_H

#include <pollux/iommu.h>

struct plx_attachment;

/* One piece of memory on its way into a domain. */
struct plx_extent_map {
	uint64_t iova, va, len; /* whole pages */
	uint32_t perms;         /* enum plx_iommu_perms */
	uint8_t arg;            /* the DDI's argument that memory is (3, or 4 for tokens) */
	/* Mapped already at @from_iova of @from, which need not be pinned again; or NULL. */
	const struct plx_domain *from;
	uint64_t from_iova;
};

/* What an IOMMU can do, as of now. */
struct plx_iommu_limits {
	struct plx_iova_range *ranges; /* in order; malloc(3)ed, the caller's */
	unsigned n_ranges;
	uint64_t page_sizes;
	uint64_t entries_left; /* mappings that can still be made; UINT64_MAX: no limit */
};

struct plx_iommu_backend {
	enum plx_backend id;
	const char *name;
	bool translates;   /* has TRANSLATE domains; else PASSTHROUGH ones (DOM-1) */
	bool needs_device; /* translates only while a device is attached (X-12, DEV-5) */
	bool by_group;     /* attaches groups, not devices */

	int (*open)(struct plx_iommu *io); /* is it there? */
	void (*close)(struct plx_iommu *io);
	int (*domain_open)(struct plx_domain *d);
	void (*domain_close)(struct plx_domain *d);

	/* Needed only by those that translate. */
	int (*map)(struct plx_domain *d, const struct plx_extent_map *m);
	int (*unmap)(struct plx_domain *d, uint64_t iova, uint64_t len); /* one whole mapping */
	int (*unmap_all)(struct plx_domain *d);
	int (*limits)(struct plx_domain *d, struct plx_iommu_limits *out);

	/* The device @a, or the first device of its group where by_group, enters or leaves. */
	int (*attach)(struct plx_domain *d, struct plx_attachment *a);
	int (*detach)(struct plx_domain *d, struct plx_attachment *a);
};

extern const struct plx_iommu_backend plx_iommu_type1, plx_iommu_iommufd, plx_iommu_noiommu,
	plx_iommu_sim;

#endif
