/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A device under test: opened, in a domain, BAR 0 mapped.
 */
#ifndef LAB_DEVICE_H
#define LAB_DEVICE_H

#include <pollux/pollux.h>

#include <stddef.h>

#define PAGE 4096u

/* A context and the IOMMU interface of one backend. */
struct lab_env {
	enum plx_backend backend;
	struct plx_ctx *ctx;
	struct plx_iommu *io;
};

struct lab_dev {
	const char *address; /* "0000:00:02.0" */
	struct plx_domain *domain;
	struct plx_dev *dev;
	struct plx_regs regs; /* BAR 0 */
};

/* All of these end the program with a failed check when something does not work. */

/* "type1" or "iommufd". */
enum plx_backend lab_backend(const char *word);
void lab_begin(struct lab_env *env, const char *backend);
void lab_end(struct lab_env *env);

/* A domain that takes explicit addresses, and chooses them where none is given. */
struct plx_domain *lab_domain(struct lab_env *env);
void lab_domain_end(struct plx_domain *domain);

/* Opens a device in a domain, as bus master. */
void lab_open(struct lab_dev *d, struct lab_env *env, struct plx_domain *domain,
	      const char *address);
/* On type1 nothing may be mapped when the last device of a domain leaves it (DEV-5). */
void lab_close(struct lab_dev *d);
void lab_bus_master(struct lab_dev *d, bool on);

static inline uint32_t lab_read32(const struct lab_dev *d, uint32_t off)
{
	return plx_reg_read32(&d->regs, off);
}

static inline void lab_write32(const struct lab_dev *d, uint32_t off, uint32_t value)
{
	plx_reg_write32(&d->regs, off, value);
}

/* Memory that a device may be given: @n pages of zeros. */
void *lab_pages(size_t n);
int lab_try_map(struct plx_domain *domain, uint32_t perms, void *va, size_t n_pages, uint64_t iova);
void lab_map(struct plx_domain *domain, uint32_t perms, void *va, size_t n_pages, uint64_t iova);
void lab_unmap(struct plx_domain *domain, uint64_t iova, size_t n_pages);

/* How many of @len bytes are not @byte. */
size_t lab_count_other(const void *mem, size_t len, uint8_t byte);

#endif
