/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What plx_dev_open() is asked for: backend, domain, and files that are open.
 */
#include "pci/pci_priv.h"
#include "pci/vfio.h"
#include "sim/kernel.h"

#include <errno.h>
#include <stdio.h>

#define OPTS 3 /* the argument of plx_dev_open() */

static int fail_opts(const struct plx_dev *dev, enum plx_reason reason, const char *why)
{
	return plx_fail_ddi(-EINVAL, PLX_STATUS_INVALID_PARAMETER, reason, OPTS, dev->child.name,
			    "%s: %s", dev->child.name, why);
}

static int check_backend(const struct plx_dev *dev, enum plx_backend backend)
{
	const bool simulated = dev->function->sim;

	if ((unsigned)backend > PLX_BACKEND_IOPORT)
		return plx_fail_ddi(-EINVAL, PLX_STATUS_INVALID_PARAMETER, PLX_R_BAD_ENUM, OPTS,
				    dev->child.name, "there is no backend %d", (int)backend);
	if (backend == PLX_BACKEND_SIM && !simulated)
		return fail_opts(dev, PLX_R_MISMATCH,
				 "backend SIM is for sim: devices, and this is a real one");
	switch (backend) {
	case PLX_BACKEND_AUTO:
	case PLX_BACKEND_TYPE1:
	case PLX_BACKEND_IOMMUFD:
	case PLX_BACKEND_NOIOMMU:
	case PLX_BACKEND_SIM:
		return 0;
	default:
		return plx_fail_ddi(-ENOTSUP, PLX_STATUS_NOT_SUPPORTED, PLX_R_NO_BACKEND, OPTS,
				    dev->child.name,
				    "no device can be opened through backend %d: type1, iommufd, "
				    "no-iommu and sim are there",
				    (int)backend);
	}
}

static int check_fds(const struct plx_dev *dev)
{
	const struct plx_dev_fds *fds = &dev->fds;

	if (fds->group < -1 || fds->device < -1 || fds->iommu < -1)
		return fail_opts(dev, PLX_R_BAD_VALUE,
				 "a file descriptor is negative: -1 says that there is none");
	if (fds->group >= 0 && (fds->device >= 0 || fds->iommu >= 0))
		return fail_opts(dev, PLX_R_MISMATCH,
				 "a group's file goes with type1, a device's and /dev/iommu with "
				 "iommufd: give those of one");
	return 0;
}

/* Those of a backend, if it has files at all. */
static int check_fds_backend(const struct plx_dev *dev)
{
	bool group = dev->fds.group >= 0, others = dev->fds.device >= 0 || dev->fds.iommu >= 0;
	bool by_group = dev->backend == PLX_BACKEND_TYPE1 || dev->backend == PLX_BACKEND_NOIOMMU;

	if ((group && !by_group) || (others && dev->backend != PLX_BACKEND_IOMMUFD))
		return fail_opts(dev, PLX_R_MISMATCH, "the files are not those of its backend");
	return 0;
}

/* No-iommu only where there is nothing else, and only for who says so (IF-7). */
int plx_dev_check_noiommu(const struct plx_dev *dev, bool allowed)
{
	bool wanted = dev->backend == PLX_BACKEND_NOIOMMU, is = dev->function->facts.noiommu;

	if (dev->backend == PLX_BACKEND_SIM) /* which has an IOMMU of its own */
		return 0;
	if ((wanted || is) && !allowed)
		return plx_fail(-EPERM, PLX_R_NO_IOMMU, dev->child.name,
				"%s: without an IOMMU it reaches all memory, whoever drives it: "
				"set allow_noiommu to take that risk",
				dev->child.name);
	if (wanted && !is)
		return fail_opts(dev, PLX_R_MISMATCH,
				 "it is behind an IOMMU, so that no-iommu is not to be had");
	if (is && !wanted)
		return plx_fail(-ENODEV, PLX_R_NO_IOMMU, dev->child.name,
				"%s is behind no IOMMU: only backend NOIOMMU is to be had",
				dev->child.name);
	return 0;
}

int plx_dev_check_domain(const struct plx_dev *dev, struct plx_domain *d, unsigned arg)
{
	struct plx_iommu *io = plx_domain_iommu(d);
	enum plx_backend id = plx_iommu_backend_id(io);
	const char *why = NULL;

	if (dev->backend != PLX_BACKEND_AUTO && dev->backend != id)
		why = "is open through another backend than the domain's";
	else if (!dev->function->sim && id == PLX_BACKEND_SIM)
		why = "is a real device, and the domain's IOMMU is simulated";
	else if (id != PLX_BACKEND_SIM && plx_iommu_sysops(io) != dev->sys)
		why = "and the domain are not of one kernel: one of them is simulated";
	else if (dev->attachment.bound && dev->attachment.bound_to != plx_iommu_fd(io))
		why = "is bound to another file of /dev/iommu than the domain's: one of them is "
		      "the caller's own";
	if (!why)
		return 0;
	return plx_fail_ddi(-EINVAL, PLX_STATUS_INVALID_PARAMETER, PLX_R_MISMATCH, arg,
			    dev->child.name, "%s %s", dev->child.name, why);
}

/* What was asked for, or what the domain or the files say. */
static enum plx_backend wanted_backend(const struct plx_dev *dev, const struct plx_dev_opts *opts)
{
	if (opts->backend != PLX_BACKEND_AUTO)
		return opts->backend;
	if (opts->domain)
		return plx_iommu_backend_id(plx_domain_iommu(opts->domain));
	if (dev->function->sim)
		return PLX_BACKEND_SIM;
	if (dev->function->facts.noiommu && opts->allow_noiommu)
		return PLX_BACKEND_NOIOMMU;
	if (dev->fds.device >= 0 || dev->fds.iommu >= 0)
		return PLX_BACKEND_IOMMUFD;
	return dev->fds.group >= 0 ? PLX_BACKEND_TYPE1 : PLX_BACKEND_AUTO;
}

static int check_token(struct plx_dev *dev, const char *token)
{
	int err = token ? plx_vfio_check_token(token) : 0;

	if (!err && token)
		snprintf(dev->vf_token, sizeof(dev->vf_token), "%s", token);
	return err;
}

int plx_dev_choose(struct plx_dev *dev, const struct plx_dev_opts *opts)
{
	static const struct plx_dev_opts defaults;
	int err;

	opts = opts ? opts : &defaults;
	dev->fds = opts->fds ? *opts->fds : (struct plx_dev_fds){ -1, -1, -1 };
	err = check_backend(dev, opts->backend);
	if (!err)
		err = check_fds(dev);
	if (!err)
		err = check_token(dev, opts->vf_token);
	if (err)
		return err;
	dev->backend = wanted_backend(dev, opts);
	dev->sys = plx_sysops();
	dev->transport = &plx_transport_vfio;
	if (dev->function->sim && dev->backend == PLX_BACKEND_SIM)
		dev->transport = &plx_transport_sim;
	else if (dev->function->sim)
		dev->sys = plx_sim_kernel();
	err = check_fds_backend(dev);
	if (!err && opts->domain)
		err = plx_dev_check_domain(dev, opts->domain, OPTS);
	return err;
}
