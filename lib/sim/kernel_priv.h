/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of the simulated kernel share. Everything below is called with the kernel locked,
 * but for plx_sim_group_take() and plx_sim_group_return().
 */
#ifndef PLX_SIM_KERNEL_PRIV_H
#define PLX_SIM_KERNEL_PRIV_H

#include "sim/function_priv.h"
#include "sim/kernel.h"
#include "sim/space.h"

#define PLX_SIM_RANGES (2 * PLX_SIM_GROUPS + 4)

enum plx_sim_kind { CONTAINER, GROUP, IOMMUFD, DEVICE, RESOURCE_WC };

struct plx_sim_ioas;

struct plx_sim_group {
	struct plx_sim_group *next;
	const void *owner; /* whose functions these are, and which of theirs */
	int key;
	unsigned number;
	unsigned members;                    /* functions and open files; 0: it is gone */
	unsigned plugged;                    /* functions */
	struct plx_sim_group_config *config; /* own, or of plx_sim_config */
	struct plx_sim_group_config own;
	struct plx_sim_space *space; /* where its DMA goes: a container's or an IOAS's */
	struct plx_sim_ioas *ioas;   /* the latter */
	unsigned attached;           /* devices of it that are attached to that */
};

/* An open file: alive as long as a descriptor, a mapping or another file refers to it. */
struct plx_sim_file {
	struct plx_sim_file *next; /* of all */
	unsigned refs;
	int fd; /* -1: closed */
	enum plx_sim_kind kind;
	struct plx_sim_group *group;
	struct plx_sim_space space;        /* of containers */
	bool iommu_set;                    /* containers: SET_IOMMU is done */
	struct plx_sim_file *container;    /* groups: where they are */
	struct plx_sim_file *via;          /* devices: the group that they were asked of */
	struct plx_sim_file *bound;        /* devices: to which iommufd */
	bool attached;                     /* devices: to their group's IOAS */
	struct plx_sim_function *function; /* devices, resources; NULL: none, or unplugged */
	bool running;                      /* devices: the function is open */
	unsigned requested;                /* devices: a bit for each BAR that was used */
	unsigned bar;                      /* resources */
};

void plx_sim_kernel_lock(void);
void plx_sim_kernel_unlock(void);

/* -1 and errno. */
int plx_sim_fail(int err);
/* Does an injected failure strike? errno is set then. */
bool plx_sim_injected(unsigned call, unsigned long request);
void plx_sim_inject_nothing(void);

/* --- kernel_file.c --- */

struct plx_sim_file *plx_sim_file(int fd);
/* Returns a descriptor. */
int plx_sim_file_open(enum plx_sim_kind kind, struct plx_sim_group *group,
		      struct plx_sim_file **out);
struct plx_sim_file *plx_sim_file_get(struct plx_sim_file *f);
void plx_sim_file_put(struct plx_sim_file *f);
void plx_sim_file_close(struct plx_sim_file *f);
/* All of them: NULL is before the first and after the last. */
struct plx_sim_file *plx_sim_file_next(const struct plx_sim_file *f);
unsigned plx_sim_file_count(enum plx_sim_kind kind, const struct plx_sim_group *group);

/* --- group.c --- */

struct plx_sim_group *plx_sim_group_take(const void *owner, const struct plx_sim_spec *spec);
void plx_sim_group_return(struct plx_sim_group *g);
void plx_sim_group_get(struct plx_sim_group *g);
void plx_sim_group_put(struct plx_sim_group *g);
struct plx_sim_group *plx_sim_group_next(const struct plx_sim_group *g);
struct plx_sim_group *plx_sim_group_find(unsigned number);
/* Is there a node of it? */
bool plx_sim_group_present(const struct plx_sim_group *g);

/* Usable ranges of @s, with @also's (NULL: nobody's); PLX_SIM_RANGES are enough. */
unsigned plx_sim_ranges(const struct plx_sim_space *s, const struct plx_sim_group *also,
			struct plx_iova_range *out);
bool plx_sim_in_range(const struct plx_sim_space *s, uint64_t first, uint64_t last);
/* Do the mappings that are there lie inside what would be usable with @group? */
bool plx_sim_can_join(struct plx_sim_space *s, const struct plx_sim_group *group);

/* --- kernel_plug.c --- */

/* The function plugged in as vfio@cdev, or named @address; NULL: none is. */
struct plx_sim_function *plx_sim_find_cdev(unsigned cdev);
struct plx_sim_function *plx_sim_find_address(const char *address);

/* --- kernel_state.c --- */

/* A map call that is right in all else: 0, or -1 and errno. @flags as the caller had them. */
int plx_sim_map(struct plx_sim_space *s, const struct plx_sim_map *m, uint32_t flags);

/* --- kernel_map.c --- */

void *plx_sim_map_bar(struct plx_sim_file *f, size_t len, int prot, int flags, off_t offset);
/* Does any of it lie in a BAR's mapping? */
bool plx_sim_touches_bar(uint64_t va, uint64_t len);
/* The mapping at @va, if it was one, is gone. */
void plx_sim_unmap_bar(const void *va, size_t len);

/* --- kernel_type1.c --- */

int plx_sim_container_ioctl(struct plx_sim_file *f, unsigned long request, void *arg);
int plx_sim_group_ioctl(struct plx_sim_file *f, unsigned long request, void *arg);
void plx_sim_leave_container(struct plx_sim_file *group);

/* --- kernel_iommufd.c --- */

int plx_sim_iommufd_ioctl(struct plx_sim_file *f, unsigned long request, void *arg);
int plx_sim_bind(struct plx_sim_file *f, void *arg);
int plx_sim_attach(struct plx_sim_file *f, void *arg);
void plx_sim_leave_ioas(struct plx_sim_file *device);
void plx_sim_drop_ioases(const struct plx_sim_file *iommufd);
uint64_t plx_sim_ioas_entries(void);
void plx_sim_squat_ioases(uint64_t iova, uint64_t len);

/* --- kernel_device.c --- */

/* The first file of a function opens it, the last one closes it. */
void plx_sim_device_run(struct plx_sim_file *f);
void plx_sim_device_stop(struct plx_sim_file *f);
int plx_sim_device_ioctl(struct plx_sim_file *f, unsigned long request, void *arg);
void *plx_sim_device_mmap(struct plx_sim_file *f, size_t len, int prot, int flags, off_t offset);
ssize_t plx_sim_device_pread(struct plx_sim_file *f, void *buf, size_t len, off_t offset);
ssize_t plx_sim_device_pwrite(struct plx_sim_file *f, const void *buf, size_t len, off_t offset);

/* --- kernel_sysfs.c --- */

int plx_sim_open_sysfs(const char *path);
void *plx_sim_sysfs_mmap(struct plx_sim_file *f, size_t len, int prot, int flags, off_t offset);

/* --- kernel_irqs.c --- */

int plx_sim_get_irq_info(struct plx_sim_file *f, void *arg);
int plx_sim_set_irqs(struct plx_sim_file *f, void *arg);

#endif
