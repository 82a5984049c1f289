/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A context, memory, assertions and domains for conformance tests.
 */
#define _GNU_SOURCE
#include "lab.h"

#include "core/error.h"
#include "core/sysops.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <syslog.h>

struct lab lab;

int lab_run(int argc, char **argv, const struct CMUnitTest *tests, size_t n)
{
	const char *name = argc > 1 ? argv[1] : "sim";

	if (!strcmp(name, "type1"))
		lab.backend = PLX_BACKEND_TYPE1;
	else if (!strcmp(name, "iommufd"))
		lab.backend = PLX_BACKEND_IOMMUFD;
	else
		lab.backend = PLX_BACKEND_SIM;
	return _cmocka_run_group_tests(name, tests, n, NULL, NULL);
}

static void log_line(void *arg, int level, const char *room, const char *text)
{
	bool warning = level <= LOG_WARNING;

	(void)arg;
	assert_true(*room && *text && !strchr(text, '\n'));
	lab.warnings += level == LOG_WARNING;
	lab.errors += level <= LOG_ERR;
	lab.leaks += warning && strstr(text, "a leak");
	snprintf(warning ? lab.said : lab.notice, sizeof(lab.said), "%s", text);
}

/* BARs of simulated functions that the process has mapped. */
static unsigned bars_mapped(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	unsigned n = 0;

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps))
		n += strstr(line, "memfd:pollux-sim") != NULL;
	fclose(maps);
	return n;
}

void lab_begin(void)
{
	const struct plx_ctx_opts opts = { .log = log_line, .log_level = LOG_NOTICE };
	enum plx_backend backend = lab.backend;

	memset(&lab, 0, sizeof(lab));
	lab.backend = backend;
	lab.files = count_fds();
	plx_sim_kernel_boot();
	lab.mem = mmap(NULL, LAB_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	lab.readonly = mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(lab.mem != MAP_FAILED && lab.readonly != MAP_FAILED);
	assert_works(plx_ctx_create(&opts, &lab.ctx));
}

void lab_end(void)
{
	assert_works(plx_ctx_destroy(lab.ctx));
	munmap(lab.mem, LAB_PAGES * PAGE);
	munmap(lab.readonly, PAGE);
	assert_int_equal(plx_sim_kernel_fds(), 0); /* G-4 */
	assert_int_equal(plx_sim_kernel_mappings(), 0);
	assert_int_equal(plx_sim_kernel_entries(), 0);
	plx_sim_kernel_halt();
	assert_int_equal(bars_mapped(), 0);
	assert_int_equal(count_fds(), lab.files);
	lab_assert_errors(0);
}

void lab_assert_errors(unsigned n)
{
	if (lab.errors != n)
		print_error("the log's last: %s\n", lab.said);
	assert_int_equal(lab.errors, n);
	lab.errors = 0;
}

void lab_assert_logged(const char *one, const char *other)
{
	lab_assert_errors(1);
	assert_non_null(strstr(lab.said, one));
	assert_non_null(strstr(lab.said, other));
}

int lab_setup(void **state)
{
	(void)state;
	lab_begin();
	for (unsigned i = 0; i < PLX_SIM_GROUPS; i++)
		lab.dev[i] =
			(struct plx_attachment){ .name = "0000:03:00.0", .fd = -1, .group = i };
	assert_works(plx_iommu_open(lab.ctx, 2, 0, lab.backend, &lab.io));
	return 0;
}

int lab_teardown(void **state)
{
	(void)state;
	assert_works(plx_iommu_close(lab.io));
	lab_end();
	return 0;
}

struct plx_domain *lab_empty(enum plx_iova_alloc type, uint8_t width)
{
	const struct plx_iova_alloc_cfg cfg = { type, width };
	struct plx_domain *d;

	assert_works(plx_domain_create(lab.io, PLX_DOMAIN_TRANSLATE, 0, &cfg, NULL, &d));
	assert_non_null(d);
	return d;
}

struct plx_domain *lab_domain(enum plx_iova_alloc type, uint8_t width)
{
	struct plx_domain *d = lab_empty(type, width);

	assert_works(lab_attach(d, 0));
	return d;
}

static int open_node(unsigned group)
{
	char path[64];

	if (lab.backend == PLX_BACKEND_SIM)
		return -1;
	if (lab.backend == PLX_BACKEND_TYPE1)
		snprintf(path, sizeof(path), "/dev/vfio/%u", group);
	else
		snprintf(path, sizeof(path), "/dev/vfio/devices/vfio%u", group);
	return plx_sysops()->open(path, O_RDWR);
}

static void close_node(struct plx_attachment *a)
{
	if (a->fd >= 0)
		plx_sysops()->close(a->fd);
	a->fd = -1;
	a->bound = false;
}

int lab_attach(struct plx_domain *d, unsigned group)
{
	struct plx_attachment *a = &lab.dev[group];
	bool opened = a->fd < 0;
	int err;

	if (opened)
		a->fd = open_node(group);
	if (a->fd < 0 && lab.backend != PLX_BACKEND_SIM) /* as the room above would say it */
		return plx_fail_sys(-errno, errno, PLX_R_NOMEM, a->name, "a node cannot be opened");
	if (lab.backend == PLX_BACKEND_SIM)
		a->address_width = plx_sim_config.groups[group].width;
	err = plx_domain_attach_fd(d, a);
	if (err && opened)
		close_node(a);
	return err;
}

int lab_detach(struct plx_domain *d, unsigned group)
{
	int err = plx_domain_detach_fd(d, &lab.dev[group]);

	if (!err)
		close_node(&lab.dev[group]);
	return err;
}

void lab_delete(struct plx_domain *d)
{
	assert_works(plx_domain_unmap_all(d));
	for (unsigned i = 0; i < PLX_SIM_GROUPS; i++)
		if (lab.dev[i].domain == d)
			assert_works(lab_detach(d, i));
	assert_works(plx_domain_delete(d));
}

struct plx_phys lab_pages(unsigned first, unsigned n)
{
	return (struct plx_phys){ .type = PLX_PHYS_CONTIG,
				  .contig = { (uintptr_t)lab.mem + first * PAGE, n * PAGE } };
}

uint64_t lab_map(struct plx_domain *d, const uint64_t *at, const uint64_t *min, const uint64_t *max,
		 unsigned n)
{
	const struct plx_phys p = lab_pages(0, n);
	uint64_t iova = 0;
	int err = plx_iommu_map(d, RW, &p, at, min, max, &iova);

	assert_true(!err == (iova != PLX_IOVA_INVALID));
	return iova;
}

uint64_t lab_mappings(struct plx_domain *d)
{
	struct plx_domain_info info;

	assert_works(plx_domain_info(d, &info, NULL, 0));
	return info.mappings;
}

void lab_assert_fails(int got, int err, uint32_t status, enum plx_reason reason, unsigned arg,
		      const char *file, int line)
{
	const struct plx_error *e = plx_last_error();

	_assert_int_equal((unsigned)got, (unsigned)err, file, line);
	_assert_int_equal((unsigned)e->err, (unsigned)err, file, line);
	_assert_string_equal(plx_status_name(e->status), plx_status_name(status), file, line);
	_assert_string_equal(plx_reason_str(e->reason), plx_reason_str((uint16_t)reason), file,
			     line);
	_assert_int_equal(e->arg, arg, file, line);
	_assert_true(e->text[0] && !strchr(e->text, '\n'), "a sentence", file, line);
}

void lab_assert_works(int got, const char *file, int line)
{
	static const struct plx_error zero;

	if (got)
		print_error("%s\n", plx_last_error()->text);
	_assert_int_equal((unsigned)got, 0, file, line);
	_assert_memory_equal(plx_last_error(), &zero, sizeof(zero), file, line);
}
