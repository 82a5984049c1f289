/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * File descriptors, address spaces and groups of the fake kernel; its calls are in fake_type1.c
 * and fake_iommufd.c.
 */
#include "fake_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FD_BASE   1000
#define MSI_FIRST 0xfee00000ull
#define MSI_LAST  0xfeefffffull

struct fake_kernel fake_kernel;

static struct fake_file files[64];
static uint64_t maps;
static uint32_t last_map;

static struct {
	enum plx_test_call call;
	unsigned long request;
	unsigned in; /* 0: nothing is injected */
	int err;
} injected;

void plx_test_inject(enum plx_test_call call, unsigned long request, unsigned nth, int err)
{
	injected.call = call;
	injected.request = request;
	injected.in = nth;
	injected.err = err;
}

static bool fails(enum plx_test_call call, unsigned long request)
{
	if (!injected.in || injected.call != call || injected.request != request || --injected.in)
		return false;
	errno = injected.err;
	return true;
}

int fake_fail(int err)
{
	errno = err;
	return -1;
}

/* --- address spaces --- */

/* Take @hole out of sorted ranges. */
static void cut(struct plx_iova_range *ranges, unsigned *n, struct plx_iova_range hole)
{
	struct plx_iova_range out[FAKE_RANGES];
	unsigned kept = 0;

	for (unsigned i = 0; i < *n; i++) {
		struct plx_iova_range r = ranges[i];

		if (hole.last < r.first || hole.first > r.last) {
			out[kept++] = r;
			continue;
		}
		if (hole.first > r.first)
			out[kept++] = (struct plx_iova_range){ r.first, hole.first - 1 };
		if (hole.last < r.last)
			out[kept++] = (struct plx_iova_range){ hole.last + 1, r.last };
	}
	memcpy(ranges, out, kept * sizeof(out[0]));
	*n = kept;
}

unsigned fake_ranges(const struct fake_space *s, unsigned also, struct plx_iova_range *out)
{
	unsigned groups = s->groups | also, n = 1;

	out[0] = (struct plx_iova_range){ 0, UINT64_MAX };
	for (unsigned g = 0; g < FAKE_GROUPS; g++) {
		const struct fake_group *group = &fake_kernel.groups[g];

		if (!(groups & 1u << g))
			continue;
		cut(out, &n, (struct plx_iova_range){ 1ull << group->width, UINT64_MAX });
		cut(out, &n, (struct plx_iova_range){ MSI_FIRST, MSI_LAST });
		if (group->reserved.last)
			cut(out, &n, group->reserved);
	}
	return n;
}

static bool inside(const struct plx_iova_range *ranges, unsigned n, uint64_t first, uint64_t last)
{
	for (unsigned i = 0; i < n; i++)
		if (first >= ranges[i].first && last <= ranges[i].last)
			return true;
	return false;
}

bool fake_in_range(const struct fake_space *s, uint64_t first, uint64_t last)
{
	struct plx_iova_range ranges[FAKE_RANGES];

	return inside(ranges, fake_ranges(s, 0, ranges), first, last);
}

bool fake_can_join(struct fake_space *s, unsigned group)
{
	struct plx_iova_range ranges[FAKE_RANGES];
	unsigned n = fake_ranges(s, 1u << group, ranges);
	struct plx_range *r = plx_ranges_from(&s->table, 0);

	for (; r; r = plx_ranges_from(&s->table, r->last + 1))
		if (!inside(ranges, n, r->first << 12, (r->last << 12) + 4095))
			return false;
	return true;
}

struct plx_range *fake_find(struct fake_space *s, uint64_t first, uint64_t last)
{
	struct plx_range *r = plx_ranges_from(&s->table, first >> 12);

	return r && r->first <= last >> 12 ? r : NULL;
}

int fake_map(struct fake_space *s, uint64_t iova, uint64_t len, uint32_t flags)
{
	struct plx_range *r = calloc(1, sizeof(*r));

	if (!r)
		return fake_fail(ENOMEM);
	r->first = iova >> 12;
	r->last = (iova + len - 1) >> 12;
	plx_ranges_insert(&s->table, r);
	s->n++;
	maps++;
	last_map = flags;
	return 0;
}

uint64_t fake_unmap(struct fake_space *s, uint64_t first, uint64_t last)
{
	uint64_t bytes = 0;
	struct plx_range *r;

	while ((r = fake_find(s, first, last))) {
		bytes += (r->last - r->first + 1) << 12;
		plx_ranges_remove(&s->table, r);
		free(r);
		s->n--;
	}
	return bytes;
}

/* --- files --- */

struct fake_file *fake_file(int fd)
{
	if (fd < FD_BASE || fd >= FD_BASE + (int)(sizeof(files) / sizeof(files[0])))
		return NULL;
	return files[fd - FD_BASE].kind ? &files[fd - FD_BASE] : NULL;
}

int fake_new_file(enum fake_kind kind, unsigned group)
{
	for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (files[i].kind)
			continue;
		memset(&files[i], 0, sizeof(files[i]));
		files[i].kind = kind;
		files[i].group = group;
		return FD_BASE + (int)i;
	}
	return fake_fail(EMFILE);
}

unsigned fake_count(enum fake_kind kind, unsigned group)
{
	unsigned n = 0;

	for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		n += files[i].kind == kind && files[i].group == group;
	return n;
}

static int fake_open(const char *path, int flags)
{
	unsigned n;

	(void)flags;
	if (fails(PLX_TEST_OPEN, 0))
		return -1;
	if (!strcmp(path, "/dev/vfio/vfio"))
		return fake_kernel.no_type1 ? fake_fail(ENOENT) : fake_new_file(CONTAINER, 0);
	if (!strcmp(path, "/dev/iommu")) {
		if (fake_kernel.no_iommufd)
			return fake_fail(ENOENT);
		return fake_kernel.denied ? fake_fail(EACCES) : fake_new_file(IOMMUFD, 0);
	}
	if (sscanf(path, "/dev/vfio/devices/vfio%u", &n) == 1 && n < FAKE_GROUPS)
		return fake_count(GROUP, n) ? fake_fail(EBUSY) : fake_new_file(DEVICE, n);
	if (sscanf(path, "/dev/vfio/%u", &n) == 1 && n < FAKE_GROUPS)
		return fake_count(GROUP, n) || fake_count(DEVICE, n) ? fake_fail(EBUSY)
								     : fake_new_file(GROUP, n);
	return fake_fail(ENOENT);
}

static int fake_close(int fd)
{
	struct fake_file *f = fake_file(fd);

	if (fails(PLX_TEST_CLOSE, 0))
		return -1;
	if (!f)
		return fake_fail(EBADF);
	if (f->kind == GROUP)
		fake_leave_container(f);
	if (f->kind == DEVICE)
		fake_leave_ioas(f);
	fake_unmap(&f->space, 0, UINT64_MAX);
	if (f->kind == IOMMUFD)
		fake_drop_ioases(f);
	f->kind = NONE;
	return 0;
}

static int fake_ioctl(int fd, unsigned long request, void *arg)
{
	struct fake_file *f = fake_file(fd);

	if (fails(PLX_TEST_IOCTL, request))
		return -1;
	if (!f)
		return fake_fail(EBADF);
	switch (f->kind) {
	case CONTAINER:
		return fake_container_ioctl(f, request, arg);
	case GROUP:
		return fake_group_ioctl(f, request, arg);
	case IOMMUFD:
		return fake_iommufd_ioctl(f, request, arg);
	default:
		return fake_device_ioctl(f, request, arg);
	}
}

/* --- the whole --- */

void fake_kernel_boot(void)
{
	static const struct plx_sysops ops = {
		.open = fake_open,
		.close = fake_close,
		.ioctl = fake_ioctl,
	};

	memset(&fake_kernel, 0, sizeof(fake_kernel));
	for (unsigned i = 0; i < FAKE_GROUPS; i++)
		fake_kernel.groups[i].width = 39;
	fake_kernel.dma_entry_limit = 65535;
	fake_kernel.page_sizes = 1ull << 12 | 1ull << 21 | 1ull << 30;
	injected.in = 0;
	maps = 0;
	plx_sysops_replace(&ops);
}

void fake_kernel_halt(void)
{
	for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (files[i].kind)
			fake_close(FD_BASE + (int)i);
	plx_sysops_replace(NULL);
}

unsigned fake_kernel_fds(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		n += files[i].kind != NONE;
	return n;
}

uint64_t fake_kernel_entries(void)
{
	uint64_t n = fake_ioas_entries();

	for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		n += files[i].kind ? files[i].space.n : 0;
	return n;
}

uint64_t fake_kernel_maps(void)
{
	return maps;
}

uint32_t fake_kernel_last_map(void)
{
	return last_map;
}

void fake_kernel_squat(uint64_t iova, uint64_t len)
{
	for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (files[i].kind == CONTAINER)
			fake_map(&files[i].space, iova, len, 0);
	fake_squat_ioases(iova, len);
}
