/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program that maps memory for devices, to be looked at by plx-dev dma.
 *
 *	usage: dma_lab few|many|churn|passing|sim|type1|iommufd|ADDRESS
 *
 * sim, type1 and iommufd open sim:dummy, over its own IOMMU and over the kernel in memory; ADDRESS
 * is of a function that VFIO has.
 *
 * Says "ready" and goes on until its standard input ends. A mapping's length, permission and owner
 * follow from its IOVA, so that whoever reads can tell a whole record from a torn one.
 */
#include <pollux/pollux.h>

#include "iommu/attach.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE  4096ull
#define FIRST 0x10000000ull
#define STEP  0x100000ull
#define MANY  3000

static const char *const owners[] = { NULL,
				      "ring",
				      "pool rx",
				      "map registers",
				      "eight by",
				      "39 bytes are what fits in here, no more",
				      "longer than what fits in here, so it is cut off",
				      "two\nlines" };

static uint8_t *memory;

static void must(int err)
{
	if (!err)
		return;
	fprintf(stderr, "dma_lab: %s\n", plx_last_error()->text);
	exit(1);
}

static void map(struct plx_domain *d, unsigned i)
{
	const struct plx_phys p = { .type = PLX_PHYS_CONTIG,
				    .contig = { (uintptr_t)memory, (i % 16 + 1) * PAGE } };
	uint64_t iova = FIRST + i * STEP;

	must(plx_iommu_map_for(d, owners[i % 8], 1 + i % 3, &p, &iova, NULL, NULL, &iova));
}

static void unmap(struct plx_domain *d, unsigned i)
{
	must(plx_iommu_unmap(d, FIRST + i * STEP, i % 16 + 1));
}

static bool input_ended(int timeout)
{
	struct pollfd p = { .fd = 0, .events = POLLIN };

	return poll(&p, 1, timeout) > 0;
}

static void wait_for_end(void)
{
	puts("ready");
	fflush(stdout);
	input_ended(-1);
}

/* Fifty at a time, of five hundred. */
static void churn(struct plx_domain *d)
{
	puts("ready");
	fflush(stdout);
	for (unsigned i = 0; i % 256 || !input_ended(0); i++) {
		map(d, i % 500);
		if (i >= 50)
			unmap(d, (i - 50) % 500);
	}
}

/* Something in a token. */
static void map_token(struct plx_domain *d, struct plx_token **t, struct plx_segment *s)
{
	const struct plx_phys p = { .type = PLX_PHYS_CONTIG,
				    .contig = { (uintptr_t)memory, PAGE } };
	uint64_t at = 0x7000000;

	must(plx_iova_reserve(d, 4 * PAGE, &at, NULL, NULL, 0, t));
	must(plx_token_map_for(*t, "a token's", PAGE, PLX_IOMMU_READ, &p, s));
}

/* A device as programs open it. */
static void open_dummy(struct plx_ctx *ctx, struct plx_iommu *io, struct plx_domain *d,
		       const char *what)
{
	const struct plx_dev_attributes attributes = { .bus_master = true };
	struct plx_dev_opts opts = { .domain = d };
	struct plx_dev *dev;
	uint64_t iova;
	void *va;

	if (strcmp(what, "sim") != 0)
		opts = (struct plx_dev_opts){ .backend = !strcmp(what, "type1")
								 ? PLX_BACKEND_TYPE1
								 : PLX_BACKEND_IOMMUFD };
	must(plx_dev_open(ctx, "sim:dummy,id=9", &opts, &dev));
	if (opts.backend == PLX_BACKEND_IOMMUFD) {
		const struct plx_iova_alloc_cfg flex = { PLX_IOVA_ALLOC_FLEX, 39 };

		must(plx_iommu_open(ctx, 2, 0, PLX_BACKEND_IOMMUFD, &io));
		must(plx_domain_create(io, PLX_DOMAIN_TRANSLATE, 0, &flex, NULL, &d));
		must(plx_domain_attach(d, dev));
	}
	must(plx_dev_domain(dev, &d));
	for (unsigned i = 1; i < 8; i++)
		map(d, i);
	must(plx_dev_set_attributes(dev, &attributes));
	must(plx_dmabuf_alloc(dev, 2 * PAGE, PLX_IOMMU_READ | PLX_IOMMU_WRITE, &va, &iova));
	wait_for_end();
}

/* One of the machine's. */
static void open_function(struct plx_ctx *ctx, const char *address)
{
	struct plx_domain *d;
	struct plx_dev *dev;

	must(plx_dev_open(ctx, address, NULL, &dev));
	must(plx_dev_domain(dev, &d));
	for (unsigned i = 1; i < 8; i++)
		map(d, i);
	wait_for_end();
}

int main(int argc, char **argv)
{
	const struct plx_iova_alloc_cfg flex = { PLX_IOVA_ALLOC_FLEX, 39 };
	struct plx_attachment nic = { .name = "0000:03:00.0", .group = 14, .fd = -1 },
			      other = { .name = "sim:dummy,id=5", .group = 77, .fd = -1 };
	const char *what = argc > 1 ? argv[1] : "few";
	struct plx_segment segment;
	struct plx_token *token;
	struct plx_domain *d;
	struct plx_iommu *io;
	struct plx_ctx *ctx;

	memory = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(plx_ctx_create(NULL, &ctx));
	must(plx_iommu_open(ctx, 2, 0, PLX_BACKEND_SIM, &io));
	must(plx_domain_create(io, PLX_DOMAIN_TRANSLATE, 0, &flex, NULL, &d));
	if (strchr(what, ':')) {
		open_function(ctx, what);
		return 0;
	}
	if (!strcmp(what, "sim") || !strcmp(what, "type1") || !strcmp(what, "iommufd")) {
		open_dummy(ctx, io, d, what);
		return 0;
	}
	map(d, 0); /* before there is a device */
	map_token(d, &token, &segment);
	must(plx_domain_attach_fd(d, &nic));
	must(plx_domain_attach_fd(d, &other));
	for (unsigned i = 1; i < (!strcmp(what, "many") ? MANY : 8); i++)
		map(d, i);
	unmap(d, 3);
	if (!strcmp(what, "churn")) {
		must(plx_token_unmap(&segment));
		must(plx_domain_unmap_all(d));
		churn(d);
	} else if (!strcmp(what, "passing")) { /* devices have come, and gone */
		must(plx_domain_detach_fd(d, &nic));
		must(plx_domain_detach_fd(d, &other));
		wait_for_end();
	} else {
		wait_for_end();
	}
	return 0; /* as a program that is killed: nothing is given back */
}
