/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The transport to a simulated function of this process. Its DMA goes through the domain that the
 * function is attached to, by whatever handle, which is of the simulated IOMMU (iommu/sim.h).
 */
#include "core/error.h"
#include "iommu/sim.h"
#include "pci/dev.h"
#include "sim/model.h"

#include <errno.h>
#include <sys/mman.h>

_Static_assert(PLX_REGIONS == PLX_SIM_REGIONS, "both count as VFIO does");
_Static_assert(PLX_IRQI_REQ + 1 == PLX_SIM_IRQS, "both count as VFIO does");

static struct plx_sim_function *model(const struct plx_dev *dev)
{
	return dev->function->sim;
}

struct plx_sim_function *plx_dev_sim(struct plx_dev *dev)
{
	return model(dev);
}

/* A bus master's accesses. Without a domain all of them are blocked. */
static uint64_t access_domain(void *arg, uint64_t iova, uint64_t len, bool write, void *buf)
{
	struct plx_function *f = arg;
	struct plx_domain *d = atomic_load(&f->domain);

	return d ? plx_sim_iommu_access(d, iova, len, write, buf) : 0;
}

static int sim_open(struct plx_dev *dev)
{
	const struct plx_sim_bus bus = { access_domain, dev->function };

	plx_sim_function_open(model(dev), &bus);
	return 0;
}

static void sim_close(struct plx_dev *dev)
{
	plx_sim_function_close(model(dev));
}

static int sim_region(struct plx_dev *dev, unsigned region, struct plx_region *out)
{
	struct plx_sim_region r;

	plx_sim_function_region(model(dev), region, &r);
	*out = (struct plx_region){
		.size = r.size,
		.can_read = r.size,
		.can_write = r.size,
		.can_map = r.can_map,
	};
	return 0;
}

static int sim_map(struct plx_dev *dev, unsigned region, uint64_t off, uint64_t len, int prot,
		   void **va)
{
	struct plx_sim_region r;
	void *at;

	plx_sim_function_region(model(dev), region, &r);
	*va = NULL;
	if (!r.can_map || off > r.size || len > r.size - off || off < r.table_size)
		return plx_fail(-EINVAL, PLX_R_NO_MMAP, dev->child.name,
				"%s: bytes 0x%llx of region %u and the %llu after it cannot be "
				"mapped",
				dev->child.name, (unsigned long long)off, region,
				(unsigned long long)len);
	at = mmap(NULL, len, prot, MAP_SHARED, r.fd, (off_t)(r.fd_offset + off));
	if (at == MAP_FAILED)
		return plx_fail_sys(-ENOMEM, errno, PLX_R_NOMEM, dev->child.name,
				    "%s: region %u could not be mapped: no address space is left "
				    "for %llu bytes",
				    dev->child.name, region, (unsigned long long)len);
	*va = at;
	return 0;
}

static void sim_unmap(struct plx_dev *dev, void *va, uint64_t len)
{
	(void)dev;
	munmap(va, len);
}

static int sim_read(struct plx_dev *dev, unsigned region, uint64_t off, void *buf, uint32_t len)
{
	int n = plx_sim_function_read(model(dev), region, off, buf, len);

	return n < 0 ? n : (uint32_t)n < len ? -ENODATA : 0;
}

static int sim_write(struct plx_dev *dev, unsigned region, uint64_t off, const void *buf,
		     uint32_t len)
{
	int n = plx_sim_function_write(model(dev), region, off, buf, len);

	return n < 0 ? n : (uint32_t)n < len ? -ENODATA : 0;
}

static int sim_irq_count(struct plx_dev *dev, enum plx_irq_index index, unsigned *n)
{
	*n = plx_sim_function_irqs(model(dev), index);
	return 0;
}

/* Replaces what was on: vectors beyond @n go off. */
static int set_all(struct plx_dev *dev, unsigned index, const int *fds, unsigned n)
{
	int all[PLX_SIM_VECTORS];
	unsigned count = plx_sim_function_irqs(model(dev), index);

	if (n > count)
		return -EINVAL;
	for (unsigned i = 0; i < count; i++)
		all[i] = i < n ? fds[i] : -1;
	return plx_sim_function_irq_set(model(dev), index, 0, n ? count : 0, all);
}

static int sim_irq_set(struct plx_dev *dev, enum plx_irq_index index, const int *fds, unsigned n)
{
	int err = set_all(dev, index, fds, n);

	if (!err)
		return 0;
	if (err == -EMFILE)
		return plx_fail_sys(err, EMFILE, PLX_R_FILE, dev->child.name,
				    "%s: no file descriptor is left for its interrupts: raise the "
				    "limit (ulimit -n)",
				    dev->child.name);
	return plx_fail_sys(err, -err, PLX_R_BAD_VALUE, dev->child.name,
			    "%s: interrupts need eventfds, no more than it has vectors, and one "
			    "kind of interrupt at a time",
			    dev->child.name);
}

static int sim_irq_unmask(struct plx_dev *dev, enum plx_irq_index index)
{
	if (index != PLX_IRQI_INTX || !plx_sim_function_irq_on(model(dev), index))
		return plx_fail(-EINVAL, PLX_R_STATE, dev->child.name,
				"%s: only INTx can be unmasked, and it is not enabled",
				dev->child.name);
	plx_sim_function_irq_mask(model(dev), false);
	return 0;
}

static bool sim_can_reset(struct plx_dev *dev)
{
	return plx_sim_function_can_reset(model(dev));
}

static int sim_reset(struct plx_dev *dev)
{
	plx_sim_function_reset(model(dev));
	return 0;
}

const struct plx_transport plx_transport_sim = {
	.name = "sim",
	.simulated = true,
	.open = sim_open,
	.close = sim_close,
	.region = sim_region,
	.map = sim_map,
	.unmap = sim_unmap,
	.read = sim_read,
	.write = sim_write,
	.irq_count = sim_irq_count,
	.irq_set = sim_irq_set,
	.irq_unmask = sim_irq_unmask,
	.can_reset = sim_can_reset,
	.reset = sim_reset,
};
