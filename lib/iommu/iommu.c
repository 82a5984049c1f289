/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The IOMMU interface: choosing a backend, opening and closing it; what was deleted.
 */
#include "iommu/iommu_priv.h"
#include "sim/kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <syslog.h>

void plx_iommu_mourn(struct plx_iommu *io, struct plx_grave *g)
{
	struct plx_grave *oldest = NULL;

	g->next = NULL;
	pthread_mutex_lock(&io->lock);
	*io->last_grave = g;
	io->last_grave = &g->next;
	if (++io->n_graves > PLX_GRAVES) {
		oldest = io->graves;
		io->graves = oldest->next;
		io->n_graves--;
	}
	pthread_mutex_unlock(&io->lock);
	if (oldest)
		oldest->bury(oldest);
}

static void free_iommu(struct plx_iommu *io)
{
	while (io->graves) {
		struct plx_grave *g = io->graves;

		io->graves = g->next;
		g->bury(g);
	}
	pthread_mutex_destroy(&io->lock);
	free(io);
}

static int open_backend(struct plx_ctx *ctx, const struct plx_iommu_backend *backend,
			const struct plx_sysops *sys, int fd, struct plx_iommu **out)
{
	struct plx_iommu *io = calloc(1, sizeof(*io));
	int err;

	if (!io)
		return plx_fail_nomem(backend->name, "an IOMMU interface");
	io->backend = backend;
	io->sys = sys;
	io->fd = fd;
	io->child.ctx = ctx;
	io->attached.prev = io->attached.next = &io->attached;
	io->last_grave = &io->graves;
	pthread_mutex_init(&io->lock, NULL);
	err = backend->open(io);
	if (err) {
		free_iommu(io);
		return plx_fail_origin(backend->id, NULL, 0);
	}
	plx_ctx_adopt(ctx, &io->child, "iommu %s", backend->name);
	*out = io;
	return 0;
}

/* Type1 first: it is the interface that everybody has (7.2). */
static int open_any(struct plx_ctx *ctx, const struct plx_sysops *sys, struct plx_iommu **out)
{
	int err = open_backend(ctx, &plx_iommu_type1, sys, -1, out);

	if (err == -ENOTSUP)
		err = open_backend(ctx, &plx_iommu_iommufd, sys, -1, out);
	if (err == -ENOTSUP)
		return plx_fail(err, PLX_R_NO_BACKEND, NULL,
				"neither /dev/vfio/vfio nor /dev/iommu is there: switch the IOMMU "
				"on (intel_iommu=on) and load the kernel module vfio-pci");
	return err;
}

int plx_iommu_open_on(struct plx_ctx *ctx, enum plx_backend id, const struct plx_sysops *sys,
		      struct plx_iommu **out)
{
	static const struct plx_iommu_backend *const backends[] = {
		&plx_iommu_type1,
		&plx_iommu_iommufd,
		&plx_iommu_noiommu,
		&plx_iommu_sim,
	};

	if ((unsigned)id > PLX_BACKEND_IOPORT)
		return plx_fail(-EINVAL, PLX_R_BAD_ENUM, NULL, "there is no backend %d", (int)id);
	if (id == PLX_BACKEND_AUTO)
		return open_any(ctx, sys, out);
	for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++)
		if (backends[i]->id == id)
			return open_backend(ctx, backends[i], sys, -1, out);
	return plx_fail(-ENOTSUP, PLX_R_NO_BACKEND, NULL, "backend %d has no IOMMU", (int)id);
}

/* Is @err that this machine has no such interface, and the library one for tests? */
static bool may_simulate(enum plx_backend id, int err)
{
#ifdef PLX_TESTS
	return err == -ENOTSUP && plx_sysops() != plx_sim_kernel() &&
	       (id == PLX_BACKEND_TYPE1 || id == PLX_BACKEND_IOMMUFD);
#else
	(void)id;
	(void)err;
	return false;
#endif
}

int plx_iommu_open(struct plx_ctx *ctx, uint32_t version, uint32_t flags, enum plx_backend backend,
		   struct plx_iommu **out)
{
	int err;

	if (out)
		*out = NULL;
	if (!ctx) /* which is no argument of the DDI */
		return plx_fail_null(0, "ctx");
	if (version != 2)
		return plx_fail_ddi(-EINVAL, plx_status_arg(1), PLX_R_BAD_VERSION, 1, NULL,
				    "version %u of the IOMMU interface is not to be had: ask for 2",
				    version);
	if (flags)
		return plx_fail_ddi(-EINVAL, plx_status_arg(2), PLX_R_RESERVED_BITS, 2, NULL,
				    "flags must be 0, not 0x%x", flags);
	if (!out)
		return plx_fail_ddi(-EINVAL, plx_status_arg(3), PLX_R_NULL_ARG, 3, NULL,
				    "out must not be NULL");
	err = plx_iommu_open_on(ctx, backend, plx_sysops(), out);
	if (may_simulate(backend, err)) {
		plx_log(ctx, LOG_NOTICE, "iommu", "%s: the simulated kernel is used instead",
			plx_last_error()->text);
		err = plx_iommu_open_on(ctx, backend, plx_sim_kernel(), out);
	}
	return err ? err : plx_ok();
}

int plx_iommu_close(struct plx_iommu *io)
{
	unsigned n;

	if (!io)
		return plx_fail_null(1, "io");
	pthread_mutex_lock(&io->lock);
	n = io->n_domains;
	pthread_mutex_unlock(&io->lock);
	if (n) {
		plx_fail(-EBUSY, PLX_R_STILL_ATTACHED, io->child.name,
			 "%s still has %u domain%s: delete %s first", io->child.name, n,
			 n == 1 ? "" : "s", n == 1 ? "it" : "them");
		return plx_fail_origin(io->backend->id, NULL, 0);
	}
	io->backend->close(io);
	plx_ctx_orphan(&io->child);
	free_iommu(io);
	return plx_ok();
}

int plx_iommu_open_fd(struct plx_ctx *ctx, const struct plx_sysops *sys, int fd,
		      struct plx_iommu **out)
{
	return open_backend(ctx, &plx_iommu_iommufd, sys, fd, out);
}

int plx_iommu_fd(const struct plx_iommu *io)
{
	return io->fd;
}

const struct plx_sysops *plx_iommu_sysops(const struct plx_iommu *io)
{
	return io->sys;
}

enum plx_backend plx_iommu_backend_id(const struct plx_iommu *io)
{
	return io->backend->id;
}

enum plx_iommu_status plx_iommu_last_status(void)
{
	uint32_t status = plx_last_error()->status;
	static const struct {
		uint32_t status;
		enum plx_iommu_status name;
	} names[] = {
		{ PLX_STATUS_SUCCESS, PLX_IOMMU_OK },
		{ PLX_STATUS_INVALID_PARAMETER, PLX_IOMMU_INVALID_PARAMETER },
		{ PLX_STATUS_INVALID_PARAMETER_MIX, PLX_IOMMU_INVALID_PARAMETER_MIX },
		{ PLX_STATUS_IN_USE, PLX_IOMMU_IN_USE },
		{ PLX_STATUS_RESOURCE_IN_USE, PLX_IOMMU_RESOURCE_IN_USE },
		{ PLX_STATUS_NOT_SUPPORTED, PLX_IOMMU_NOT_SUPPORTED },
		{ PLX_STATUS_NOT_FOUND, PLX_IOMMU_NOT_FOUND },
		{ PLX_STATUS_NOT_IMPLEMENTED, PLX_IOMMU_NOT_IMPLEMENTED },
		{ PLX_STATUS_ACCESS_DENIED, PLX_IOMMU_ACCESS_DENIED },
		{ PLX_STATUS_INSUFFICIENT_RESOURCES, PLX_IOMMU_INSUFFICIENT_RESOURCES },
		{ PLX_STATUS_BUFFER_TOO_SMALL, PLX_IOMMU_BUFFER_TOO_SMALL },
	};

	if (status >= plx_status_arg(1) && status <= plx_status_arg(7))
		return PLX_IOMMU_INVALID_PARAMETER_1 + (status - plx_status_arg(1));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].status == status)
			return names[i].name;
	return PLX_IOMMU_UNSUCCESSFUL;
}
