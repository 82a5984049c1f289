/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The same address space twice: made by the library, and by the system calls that are needed.
 */
#include "bench/iommu/iommu.h"
#include "core/uapi.h"
#include "iommu/attach.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <string.h>

#define GROUP  "/dev/vfio/0"
#define DEVICE "/dev/vfio/devices/vfio0"

static bool choose(struct space *s, const char *backend)
{
	*s = (struct space){ .type1 = is(backend, "type1"), .sys = watched_kernel() };
	if (s->type1 || is(backend, "iommufd"))
		return true;
	complain("%s is neither type1 nor iommufd", backend);
	return false;
}

static int open_device_file(const struct space *s)
{
	return s->sys->open(s->type1 ? GROUP : DEVICE, O_RDWR);
}

bool space_open(struct space *s, const char *backend)
{
	static struct plx_attachment device = { .name = "group 0" };
	const struct plx_iova_alloc_cfg flex = { PLX_IOVA_ALLOC_FLEX, 39 };
	enum plx_backend id;
	int err;

	if (!choose(s, backend))
		return false;
	id = s->type1 ? PLX_BACKEND_TYPE1 : PLX_BACKEND_IOMMUFD;
	err = plx_ctx_create(NULL, &s->ctx);
	if (!err)
		err = plx_iommu_open_on(s->ctx, id, s->sys, &s->io);
	if (!err)
		err = plx_domain_create(s->io, PLX_DOMAIN_TRANSLATE, 0, &flex, NULL, &s->d);
	if (!err) {
		device.fd = open_device_file(s);
		err = plx_domain_attach_fd(s->d, &device);
	}
	if (err)
		complain_of("an address space with a device");
	return !err;
}

static bool open_container(struct space *s, int device)
{
	s->fd = s->sys->open("/dev/vfio/vfio", O_RDWR);
	return !s->sys->ioctl(device, VFIO_GROUP_SET_CONTAINER, &s->fd) &&
	       !s->sys->ioctl(s->fd, VFIO_SET_IOMMU, (void *)(uintptr_t)VFIO_TYPE1v2_IOMMU);
}

static bool open_ioas(struct space *s, int device)
{
	struct plx_uapi_ioas_alloc alloc = { .size = sizeof(alloc) };
	struct plx_uapi_bind bind = { .argsz = sizeof(bind) };
	struct plx_uapi_attach attach = { .argsz = sizeof(attach) };

	s->fd = bind.iommufd = s->sys->open("/dev/iommu", O_RDWR);
	if (s->sys->ioctl(s->fd, PLX_UAPI_IOAS_ALLOC, &alloc) ||
	    s->sys->ioctl(device, PLX_UAPI_BIND, &bind))
		return false;
	s->ioas = attach.pt_id = alloc.out_ioas_id;
	return !s->sys->ioctl(device, PLX_UAPI_ATTACH, &attach);
}

bool space_open_bare(struct space *s, const char *backend)
{
	int device;

	if (!choose(s, backend))
		return false;
	device = open_device_file(s);
	if (s->type1 ? open_container(s, device) : open_ioas(s, device))
		return true;
	complain("the simulated kernel refuses an address space: %s", strerror(errno));
	return false;
}
