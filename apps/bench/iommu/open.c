/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a device costs before its first packet: once, in a process that has just begun. The domain
 * is there; the device is opened into it, made a bus master, and started.
 */
#include "bench/iommu/iommu.h"
#include "iommu/attach.h"

static int make_domain(struct plx_ctx *ctx, enum plx_backend id, struct plx_domain **d)
{
	const struct plx_iova_alloc_cfg flex = { PLX_IOVA_ALLOC_FLEX, 39 };
	struct plx_iommu *io;
	int err = plx_iommu_open_on(ctx, id, watched_kernel(), &io);

	return err ? err : plx_domain_create(io, PLX_DOMAIN_TRANSLATE, 0, &flex, NULL, d);
}

static int begin(struct plx_ctx *ctx, enum plx_backend id, struct plx_domain *d)
{
	const struct plx_dev_opts opts = { .domain = d, .backend = id };
	const struct plx_dev_attributes master = { .bus_master = true };
	struct plx_dev *dev;
	int err = plx_dev_open(ctx, "sim:dummy", &opts, &dev);

	if (!err)
		err = plx_dev_set_attributes(dev, &master);
	return err ? err : plx_dev_start(dev);
}

double open_device(const char *const words[])
{
	enum plx_backend id = PLX_BACKEND_SIM;
	double before, kernel, whole;
	struct plx_domain *d;
	struct plx_ctx *ctx;

	if (is(words[0], "type1"))
		id = PLX_BACKEND_TYPE1;
	else if (is(words[0], "iommufd"))
		id = PLX_BACKEND_IOMMUFD;
	clock_kernel();
	if (plx_ctx_create(NULL, &ctx) || make_domain(ctx, id, &d))
		return complain_of("a domain");
	kernel = kernel_ns();
	before = now_ns();
	if (begin(ctx, id, d))
		return complain_of("sim:dummy");
	whole = now_ns() - before;
	kernel = kernel_ns() - kernel;
	return (is(words[1], "kernel") ? kernel : whole) / 1e3;
}
