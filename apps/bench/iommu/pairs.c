/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Unmap and map, while so many mappings live: of all of them, in a random order that does not
 * change, a batch is unmapped and the same number is mapped again. The library finds the places;
 * the bare ioctls use the old ones.
 *
 * Memory is one anonymous region of which nothing was ever written, so that it is made of the
 * kernel's page of zeroes however large it is; devices may only read it.
 */
#include "bench/iommu/iommu.h"
#include "core/uapi.h"

#include <linux/vfio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define HUGE_PAGE  (1ull << 21)
#define FIRST_IOVA (1ull << 32) /* of the bare ones: behind the MSI window */
#define WARM       16           /* turns */
#define ENOUGH     1e8          /* ns of turns, when time is asked for */
#define MAX_LIVE   65000

struct run {
	struct space space;
	void *memory;
	uint64_t size;
	unsigned long live, batch, turns, next;
	uint64_t *iova;      /* of each mapping */
	const uint64_t *min; /* of the window, which is all there is; NULL: none is asked for */
	uint32_t *order;     /* in which they are taken */
	bool (*map)(struct run *r, uint64_t *iova);
	bool (*turn)(struct run *r, const uint32_t *slots);
};

/* --- by the library --- */

static bool our_map(struct run *r, uint64_t *iova)
{
	const struct plx_phys p = { .type = PLX_PHYS_CONTIG,
				    .contig = { (uintptr_t)r->memory, r->size } };

	return !plx_iommu_map(r->space.d, PLX_IOMMU_READ, &p, NULL, r->min, NULL, iova);
}

static bool our_unmap(struct run *r, uint64_t iova)
{
	return !plx_iommu_unmap(r->space.d, iova, r->size >> 12);
}

/* --- bare --- */

static bool type1_map(struct run *r, uint64_t *iova)
{
	struct vfio_iommu_type1_dma_map map = { .argsz = sizeof(map),
						.flags = VFIO_DMA_MAP_FLAG_READ,
						.vaddr = (uintptr_t)r->memory,
						.iova = *iova,
						.size = r->size };

	return !r->space.sys->ioctl(r->space.fd, VFIO_IOMMU_MAP_DMA, &map);
}

static bool type1_unmap(struct run *r, uint64_t iova)
{
	struct vfio_iommu_type1_dma_unmap unmap = { .argsz = sizeof(unmap),
						    .iova = iova,
						    .size = r->size };

	return !r->space.sys->ioctl(r->space.fd, VFIO_IOMMU_UNMAP_DMA, &unmap);
}

static bool iommufd_map(struct run *r, uint64_t *iova)
{
	struct plx_uapi_map map = { .size = sizeof(map),
				    .flags = PLX_UAPI_MAP_FIXED_IOVA | PLX_UAPI_MAP_READABLE,
				    .ioas_id = r->space.ioas,
				    .user_va = (uintptr_t)r->memory,
				    .length = r->size,
				    .iova = *iova };

	return !r->space.sys->ioctl(r->space.fd, PLX_UAPI_IOAS_MAP, &map);
}

static bool iommufd_unmap(struct run *r, uint64_t iova)
{
	struct plx_uapi_unmap unmap = {
		.size = sizeof(unmap), .ioas_id = r->space.ioas, .iova = iova, .length = r->size
	};

	return !r->space.sys->ioctl(r->space.fd, PLX_UAPI_IOAS_UNMAP, &unmap);
}

/* --- both --- */

/*
 * What callgrind counts, less excluded_ioctl(): one function a side, so that none pays for calling
 * through pointers.
 */
#define COUNTED(name, map, unmap)                             \
	KEPT bool name(struct run *r, const uint32_t *slots); \
	KEPT bool name(struct run *r, const uint32_t *slots)  \
	{                                                     \
		unsigned long n = r->batch;                   \
                                                              \
		for (unsigned long i = 0; i < n; i++)         \
			if (!unmap(r, r->iova[slots[i]]))     \
				return false;                 \
		for (unsigned long i = 0; i < n; i++)         \
			if (!map(r, &r->iova[slots[i]]))      \
				return false;                 \
		return true;                                  \
	}

COUNTED(counted_ours, our_map, our_unmap)
COUNTED(counted_type1, type1_map, type1_unmap)
COUNTED(counted_iommufd, iommufd_map, iommufd_unmap)

/* @order has the first slots behind the last again, so that a batch is in one piece. */
static bool turn(struct run *r)
{
	const uint32_t *slots = &r->order[r->next];

	r->next = (r->next + r->batch) % r->live;
	return r->turn(r, slots);
}

static void shuffle(struct run *r)
{
	for (uint32_t i = 0; i < r->live; i++) {
		uint64_t at = random_below(i + 1ull);

		r->order[i] = r->order[at];
		r->order[at] = i;
	}
	for (unsigned long i = 0; i < r->batch; i++)
		r->order[r->live + i] = r->order[i];
}

static bool make_memory(struct run *r)
{
	char *at = mmap(NULL, r->size + HUGE_PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	r->iova = calloc(r->live, sizeof(*r->iova));
	r->order = calloc(r->live + r->batch, sizeof(*r->order));
	if (at == MAP_FAILED || !r->iova || !r->order)
		return complain("no memory") > 0;
	at += -(uintptr_t)at & (HUGE_PAGE - 1);
	madvise(at, r->size, MADV_HUGEPAGE); /* fewer pages of zeroes; no matter when refused */
	r->memory = at;
	shuffle(r);
	return true;
}

static bool fill(struct run *r)
{
	for (unsigned long i = 0; i < r->live; i++) {
		r->iova[i] = FIRST_IOVA + i * r->size;
		if (!r->map(r, &r->iova[i]))
			return false;
	}
	return true;
}

/* Nanoseconds a pair; 0 when a call failed. */
static double run_turns(struct run *r)
{
	double begin = now_ns(), end = begin;
	unsigned long done = 0;

	while (r->turns ? done < r->turns : end - begin < ENOUGH) {
		if (!turn(r))
			return 0;
		done++;
		end = r->turns && done < r->turns ? begin : now_ns();
	}
	return (end - begin) / ((double)done * (double)r->batch);
}

static bool open_side(struct run *r, const char *side, const char *backend)
{
	if (is(side, "ours") || is(side, "window")) {
		static const uint64_t min = 4096;

		r->min = is(side, "window") ? &min : NULL;
		r->map = our_map;
		r->turn = counted_ours;
		return space_open(&r->space, backend);
	}
	if (!space_open_bare(&r->space, backend))
		return false;
	r->map = r->space.type1 ? type1_map : iommufd_map;
	r->turn = r->space.type1 ? counted_type1 : counted_iommufd;
	return true;
}

double pairs(const char *const words[])
{
	struct run r = { .size = strtoull(words[2], NULL, 0),
			 .live = strtoul(words[3], NULL, 0),
			 .batch = strtoul(words[4], NULL, 0),
			 .turns = strtoul(words[5], NULL, 0) };
	bool good = true;
	double ns;

	if (!r.size || r.size % 4096 || !r.live || r.live > MAX_LIVE || !r.batch ||
	    r.batch > r.live)
		return complain("sizes are whole pages, %u live mappings at most", MAX_LIVE);
	if (!open_side(&r, words[0], words[1]) || !make_memory(&r))
		return -1;
	good = fill(&r);
	for (unsigned i = 0; i < WARM && good && !r.turns; i++)
		good = turn(&r);
	if (r.turns)
		leave_out_kernel();
	ns = good ? run_turns(&r) : 0;
	return ns > 0 ? ns : complain_of("map and unmap");
}
