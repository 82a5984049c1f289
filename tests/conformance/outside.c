/* SPDX-License-Identifier: BSD-3-Clause */
#include "outside.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/mman.h>
#include <syslog.h>

struct outside outside;

static void count(void *arg, int level, const char *room, const char *text)
{
	(void)arg;
	(void)room;
	(void)text;
	outside.warnings += level == LOG_WARNING;
}

int outside_run(int argc, char **argv, const struct CMUnitTest *tests, size_t n)
{
	static const struct {
		const char *name;
		enum plx_backend id;
	} backends[] = { { "sim", PLX_BACKEND_SIM },
			 { "type1", PLX_BACKEND_TYPE1 },
			 { "iommufd", PLX_BACKEND_IOMMUFD } };

	for (size_t i = 0; argc == 2 && i < sizeof(backends) / sizeof(backends[0]); i++)
		if (!strcmp(argv[1], backends[i].name))
			outside.backend = backends[i].id;
	if (!outside.backend) {
		fprintf(stderr, "usage: %s sim|type1|iommufd\n", argv[0]);
		return 2;
	}
	return _cmocka_run_group_tests(argv[1], tests, n, NULL, NULL);
}

unsigned outside_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

int outside_setup(void **state)
{
	const struct plx_ctx_opts opts = { .log = count };

	(void)state;
	outside.files = outside_files();
	outside.mem = mmap(NULL, LAB_PAGES * PAGE, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(outside.mem != MAP_FAILED);
	assert_works(plx_ctx_create(&opts, &outside.ctx));
	assert_works(plx_iommu_open(outside.ctx, 2, 0, outside.backend, &outside.io));
	outside.warnings = 0;
	return 0;
}

int outside_teardown(void **state)
{
	(void)state;
	assert_works(plx_iommu_close(outside.io));
	assert_works(plx_ctx_destroy(outside.ctx));
	munmap(outside.mem, LAB_PAGES * PAGE);
	assert_int_equal(outside_files(), outside.files);
	return 0;
}

struct plx_domain *outside_domain(enum plx_iova_alloc type)
{
	const struct plx_iova_alloc_cfg alloc = { .type = type, .address_width = 39 };
	struct plx_domain *d;

	assert_works(plx_domain_create(outside.io, PLX_DOMAIN_TRANSLATE, 0, &alloc, NULL, &d));
	return d;
}

static struct plx_dev *open_with(const char *name, const struct plx_dev_opts *opts)
{
	struct plx_dev *dev;

	assert_works(plx_dev_open(outside.ctx, name, opts, &dev));
	return dev;
}

static struct plx_dev *declare(struct plx_dev *dev)
{
	const struct plx_dev_attributes master = { .bus_master = true };

	assert_works(plx_dev_set_attributes(dev, &master));
	return dev;
}

struct plx_dev *outside_open(const char *name, struct plx_domain *d)
{
	const struct plx_dev_opts opts = { .domain = d, .backend = outside.backend };

	return declare(open_with(name, &opts));
}

/* On type1 the device is in a domain of its own first, from which it must be detached (DEV-6). */
static struct plx_dev *open_and_attach(struct plx_domain *d)
{
	const struct plx_dev_opts opts = { .backend = outside.backend };
	struct plx_dev *dev = open_with("sim:dummy", &opts);
	struct plx_domain *own;

	if (!plx_dev_domain(dev, &own))
		assert_works(plx_domain_detach(own, dev));
	assert_works(plx_domain_attach(d, dev));
	return dev;
}

struct plx_dev *outside_open_by(enum outside_way way, struct plx_domain **d)
{
	*d = way == OUTSIDE_OWN ? NULL : outside_domain(PLX_IOVA_ALLOC_FLEX);
	switch (way) {
	case OUTSIDE_OWN:
		if (outside.backend == PLX_BACKEND_SIM) /* AUTO, for a sim: name */
			return declare(open_with("sim:dummy", NULL));
		return outside_open("sim:dummy", NULL);
	case OUTSIDE_OPTS:
		return declare(
			open_with("sim:dummy", &(const struct plx_dev_opts){ .domain = *d }));
	case OUTSIDE_BOTH:
		return outside_open("sim:dummy", *d);
	default:
		return declare(open_and_attach(*d));
	}
}

void outside_close(struct plx_dev *dev, struct plx_domain *d)
{
	assert_works(plx_dev_close(dev));
	if (d)
		assert_works(plx_domain_delete(d));
}

struct plx_phys outside_pages(unsigned first, unsigned n)
{
	return (struct plx_phys){ .type = PLX_PHYS_CONTIG,
				  .contig = { (uintptr_t)outside.mem + first * PAGE, n * PAGE } };
}

static void store(struct plx_dev *dev, uint64_t reg, uint32_t value)
{
	assert_works(plx_region_write(dev, 0, reg, &value, sizeof(value)));
}

static uint32_t command(struct plx_dev *dev, uint32_t what, uint64_t iova, uint32_t len,
			uint32_t offset)
{
	uint32_t result;

	store(dev, 0x08, (uint32_t)iova);
	store(dev, 0x0c, (uint32_t)(iova >> 32));
	store(dev, 0x10, len);
	store(dev, 0x14, offset);
	store(dev, 0x18, what);
	assert_works(plx_region_read(dev, 0, 0x1c, &result, sizeof(result)));
	return result;
}

uint32_t outside_reads(struct plx_dev *dev, uint64_t iova, uint32_t len, uint32_t offset)
{
	return command(dev, 1, iova, len, offset);
}

uint32_t outside_writes(struct plx_dev *dev, uint64_t iova, uint32_t len, uint32_t offset)
{
	return command(dev, 2, iova, len, offset);
}
