/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of the fake kernel share.
 */
#ifndef TESTS_FAKE_PRIV_H
#define TESTS_FAKE_PRIV_H

#include "fake_kernel.h"

#include "core/sysops.h"
#include "iommu/tree.h"

#define FAKE_RANGES (2 * FAKE_GROUPS + 4)

enum fake_kind { NONE, CONTAINER, GROUP, IOMMUFD, DEVICE };

struct fake_space {
	struct plx_ranges table; /* of pages of 4 KiB */
	uint64_t n;
	unsigned groups; /* a bit for each that is attached */
};

struct fake_file {
	enum fake_kind kind;
	unsigned group;
	struct fake_space space;     /* of containers */
	bool iommu_set;              /* containers: SET_IOMMU is done */
	struct fake_file *container; /* groups: where they are */
	struct fake_file *bound;     /* devices: to which iommufd */
	struct fake_ioas *ioas;      /* devices: attached to */
};

/* -1 and errno. */
int fake_fail(int err);

struct fake_file *fake_file(int fd);
int fake_new_file(enum fake_kind kind, unsigned group);
unsigned fake_count(enum fake_kind kind, unsigned group);

/* Usable ranges with the groups of @s and those in the mask @also; FAKE_RANGES are enough. */
unsigned fake_ranges(const struct fake_space *s, unsigned also, struct plx_iova_range *out);
bool fake_in_range(const struct fake_space *s, uint64_t first, uint64_t last);
/* Do the mappings that are there lie inside what would be usable with @group? */
bool fake_can_join(struct fake_space *s, unsigned group);

/* The first mapping that touches bytes first..last; NULL: none. */
struct plx_range *fake_find(struct fake_space *s, uint64_t first, uint64_t last);
int fake_map(struct fake_space *s, uint64_t iova, uint64_t len, uint32_t flags);
/* Drops what touches first..last; returns the bytes. */
uint64_t fake_unmap(struct fake_space *s, uint64_t first, uint64_t last);

int fake_container_ioctl(struct fake_file *f, unsigned long request, void *arg);
int fake_group_ioctl(struct fake_file *f, unsigned long request, void *arg);
void fake_leave_container(struct fake_file *group);

int fake_iommufd_ioctl(struct fake_file *f, unsigned long request, void *arg);
int fake_device_ioctl(struct fake_file *f, unsigned long request, void *arg);
void fake_leave_ioas(struct fake_file *device);
void fake_drop_ioases(struct fake_file *iommufd);
uint64_t fake_ioas_entries(void);
void fake_squat_ioases(uint64_t iova, uint64_t len);

#endif
