// SPDX-License-Identifier: BSD-3-Clause
#include "device.h"

#include "check.h"

#include <linux/pci_regs.h>
#include <string.h>
#include <sys/mman.h>

enum plx_backend lab_backend(const char *word)
{
	return strcmp(word, "iommufd") ? PLX_BACKEND_TYPE1 : PLX_BACKEND_IOMMUFD;
}

void lab_begin(struct lab_env *env, const char *backend)
{
	*env = (struct lab_env){ .backend = lab_backend(backend) };
	must(plx_ctx_create(NULL, &env->ctx), "a context is made");
	must(plx_iommu_open(env->ctx, 2, 0, env->backend, &env->io), "the IOMMU interface opens");
}

void lab_end(struct lab_env *env)
{
	must(plx_iommu_close(env->io), "the IOMMU interface is closed");
	must(plx_ctx_destroy(env->ctx), "the context is ended");
}

struct plx_domain *lab_domain(struct lab_env *env)
{
	struct plx_iova_alloc_cfg flex = { PLX_IOVA_ALLOC_FLEX, 63 };
	struct plx_domain *domain;

	must(plx_domain_create(env->io, PLX_DOMAIN_TRANSLATE, 0, &flex, NULL, &domain),
	     "a domain is made");
	return domain;
}

void lab_domain_end(struct plx_domain *domain)
{
	must(plx_domain_delete(domain), "a domain is deleted");
}

void lab_open(struct lab_dev *d, struct lab_env *env, struct plx_domain *domain,
	      const char *address)
{
	struct plx_dev_opts opts = { .domain = domain, .backend = env->backend };
	struct plx_dev_attributes attributes = { .bus_master = true };

	*d = (struct lab_dev){ .address = address, .domain = domain };
	must(plx_dev_open(env->ctx, address, &opts, &d->dev), "%s opens", address);
	must(plx_dev_set_attributes(d->dev, &attributes), "%s becomes bus master", address);
	must(plx_regs_open(d->dev, 0, &d->regs), "%s's registers are mapped", address);
}

void lab_bus_master(struct lab_dev *d, bool on)
{
	uint16_t command;

	must(plx_region_read(d->dev, PLX_REGION_CONFIG, PCI_COMMAND, &command, 2),
	     "config space is read");
	check(!!(command & PCI_COMMAND_MASTER) != on, "bus mastering is %s before",
	      on ? "off" : "on");
	command ^= PCI_COMMAND_MASTER;
	must(plx_region_write(d->dev, PLX_REGION_CONFIG, PCI_COMMAND, &command, 2),
	     "config space is written");
}

void lab_close(struct lab_dev *d)
{
	plx_regs_close(&d->regs);
	must(plx_dev_close(d->dev), "%s is closed", d->address);
}

void *lab_pages(size_t n)
{
	void *va = mmap(NULL, n * PAGE, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	must(va == MAP_FAILED, "memory is there");
	return va;
}

int lab_try_map(struct plx_domain *domain, uint32_t perms, void *va, size_t n_pages, uint64_t iova)
{
	struct plx_phys phys = { .type = PLX_PHYS_CONTIG,
				 .contig = { (uintptr_t)va, n_pages * PAGE } };
	uint64_t out;

	return plx_iommu_map(domain, perms, &phys, &iova, NULL, NULL, &out);
}

void lab_map(struct plx_domain *domain, uint32_t perms, void *va, size_t n_pages, uint64_t iova)
{
	must(lab_try_map(domain, perms, va, n_pages, iova), "memory is mapped at 0x%llx",
	     (unsigned long long)iova);
}

void lab_unmap(struct plx_domain *domain, uint64_t iova, size_t n_pages)
{
	must(plx_iommu_unmap(domain, iova, n_pages), "memory is unmapped at 0x%llx",
	     (unsigned long long)iova);
}

size_t lab_count_other(const void *mem, size_t len, uint8_t byte)
{
	const volatile uint8_t *p = mem;
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += p[i] != byte;
	return n;
}
