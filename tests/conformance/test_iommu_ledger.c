/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ledger says at any time what is mapped and for whom, and is there only while devices are.
 */
#define _GNU_SOURCE
#include "lab.h"

#include "iommu/ledger.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* The fds of this process that are ledgers: how many, and the last of them. */
static unsigned ledgers(int *fd)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	unsigned n = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		char target[128] = "";

		if (readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1) > 0 &&
		    strstr(target, PLX_LEDGER_NAME)) {
			n++;
			*fd = atoi(entry->d_name);
		}
	}
	closedir(dir);
	return n;
}

static bool read_at(int fd, unsigned i, struct plx_ledger_record *r)
{
	return pread(fd, r, sizeof(*r), (off_t)(i * sizeof(*r))) == sizeof(*r);
}

/* Records of a kind; those at @iova are copied to *@at. */
static unsigned count(enum plx_ledger_kind kind, uint64_t iova, struct plx_ledger_record *at)
{
	struct plx_ledger_head head;
	struct plx_ledger_record r;
	unsigned n = 0;
	int fd;

	assert_int_equal(ledgers(&fd), 1);
	assert_int_equal(pread(fd, &head, sizeof(head), 0), sizeof(head));
	assert_int_equal(head.magic, PLX_LEDGER_MAGIC);
	assert_int_equal(head.backend, lab.backend);
	assert_int_equal(head.type, PLX_DOMAIN_TRANSLATE);
	for (unsigned i = 1; i < head.used; i++) {
		assert_true(read_at(fd, i, &r));
		assert_int_equal(r.sequence & 1, 0);
		n += r.kind == kind;
		if (r.kind == kind && r.iova == iova && at)
			*at = r;
	}
	return n;
}

static unsigned mappings(void)
{
	return count(PLX_LEDGER_MAPPING, 0, NULL);
}

static uint64_t missing(void)
{
	struct plx_ledger_head head;
	int fd;

	assert_int_equal(ledgers(&fd), 1);
	assert_int_equal(pread(fd, &head, sizeof(head), 0), sizeof(head));
	return head.missing;
}

static void test_comes_and_goes_with_devices(void **state)
{
	struct plx_domain *d = lab_empty(PLX_IOVA_ALLOC_FLEX, 39);
	struct plx_ledger_record r = { 0 };
	int fd;

	(void)state;
	assert_int_equal(ledgers(&fd), 0);
	assert_works(lab_attach(d, 0));
	assert_int_equal(count(PLX_LEDGER_DEVICE, 0, &r), 1);
	assert_string_equal(r.text, "0000:03:00.0");
	assert_int_equal(mappings(), 0);
	assert_works(lab_attach(d, 1));
	assert_int_equal(count(PLX_LEDGER_DEVICE, 1, &r), 2);
	assert_int_equal(r.group, 1);
	assert_works(lab_detach(d, 0));
	assert_int_equal(count(PLX_LEDGER_DEVICE, 0, NULL), 1);
	assert_works(lab_detach(d, 1));
	assert_int_equal(ledgers(&fd), 0);
	lab_delete(d);
}

static void test_says_what_is_mapped(void **state)
{
	const struct plx_phys p = lab_pages(0, 3);
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	uint64_t at = 0x100000, iova;
	struct plx_ledger_record r = { 0 };

	(void)state;
	assert_works(plx_iommu_map_for(d, "ring", PLX_IOMMU_READ, &p, &at, NULL, NULL, &iova));
	assert_int_equal(count(PLX_LEDGER_MAPPING, at, &r), 1);
	assert_int_equal(r.size, 3 * PAGE);
	assert_int_equal(r.perms, PLX_IOMMU_READ);
	assert_string_equal(r.text, "ring");
	assert_int_equal(lab_map_at(d, 0x200000, 1), 0x200000);
	assert_int_equal(count(PLX_LEDGER_MAPPING, 0x200000, &r), 2);
	assert_int_equal(r.perms, RW);
	assert_string_equal(r.text, "");
	assert_works(plx_iommu_unmap(d, at, 3));
	assert_int_equal(mappings(), 1);
	assert_works(plx_domain_unmap_all(d));
	assert_int_equal(mappings(), 0);
	lab_delete(d);
}

static void test_what_failed_is_not_there(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);

	(void)state;
	assert_int_equal(lab_map_at(d, 0x100000, 1), 0x100000);
	assert_int_equal(lab_map_at(d, 0x100000, 1), PLX_IOVA_INVALID);
	assert_int_equal(lab_map_at(d, MSI, 1), PLX_IOVA_INVALID);
	assert_int_equal(mappings(), 1);
	lab_delete(d);
}

static void test_segments_of_tokens(void **state)
{
	const struct plx_phys p = lab_pages(0, 1);
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	struct plx_ledger_record r = { 0 };
	struct plx_segment s;
	struct plx_token *t;
	uint64_t at = 0x700000;

	(void)state;
	assert_works(plx_iova_reserve(d, 4 * PAGE, &at, NULL, NULL, 0, &t));
	assert_int_equal(mappings(), 0);
	assert_works(plx_token_map_for(t, "a token's", PAGE, PLX_IOMMU_WRITE, &p, &s));
	assert_int_equal(count(PLX_LEDGER_MAPPING, at + PAGE, &r), 1);
	assert_string_equal(r.text, "a token's");
	assert_int_equal(r.perms, PLX_IOMMU_WRITE);
	assert_works(plx_token_unmap(&s));
	assert_int_equal(mappings(), 0);
	assert_works(plx_token_free(t));
	lab_delete(d);
}

/* type1 maps only where there is a device; the others may have mapped before. */
static void test_what_was_mapped_before_the_device(void **state)
{
	struct plx_domain *d = lab_empty(PLX_IOVA_ALLOC_FLEX, 39);
	unsigned n = lab.backend == PLX_BACKEND_TYPE1 ? 0 : 2;

	(void)state;
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(lab_map_at(d, 0x100000 * (i + 1), 1), 0x100000 * (i + 1));
	assert_works(lab_attach(d, 0));
	assert_int_equal(mappings(), n);
	lab_delete(d);
}

/* A device that is lost takes type1's mappings with it. */
static void test_last_device_is_lost(void **state)
{
	const struct plx_phys p = lab_pages(0, 1);
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	struct plx_segment s;
	struct plx_token *t;
	int fd;

	(void)state;
	assert_int_equal(lab_map_at(d, 0x100000, 1), 0x100000);
	assert_works(plx_iova_reserve(d, PAGE, NULL, NULL, NULL, 0, &t));
	assert_works(plx_token_map(t, 0, RW, &p, &s));
	assert_int_equal(mappings(), 2);
	plx_domain_drop_fd(&lab.dev[0]);
	assert_int_equal(ledgers(&fd), 0);
	plx_sysops()->close(lab.dev[0].fd);
	lab.dev[0].fd = -1;
	lab.dev[0].bound = false;
	assert_works(lab_attach(d, 0));
	assert_int_equal(mappings(), lab.backend == PLX_BACKEND_TYPE1 ? 0 : 2);
	if (lab.backend != PLX_BACKEND_TYPE1)
		assert_works(plx_token_unmap(&s));
	assert_works(plx_token_free(t));
	lab_delete(d);
}

static void test_grows(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	struct stat st;
	int fd;

	(void)state;
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 1; i <= 1000; i++)
			assert_int_equal(lab_map_at(d, i * PAGE, 1), i * PAGE);
		assert_int_equal(mappings(), 1000);
		for (unsigned i = 1; i <= 1000; i += 2)
			assert_works(plx_iommu_unmap(d, i * PAGE, 1));
		assert_int_equal(mappings(), 500);
		assert_works(plx_domain_unmap_all(d));
	}
	/* Places are used again. */
	assert_int_equal(ledgers(&fd), 1);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 1024 * sizeof(struct plx_ledger_record));
	assert_int_equal(missing(), 0);
	lab_delete(d);
}

/* At the limit of a file's size the rest is only counted; nothing fails, no signal comes. */
static void test_no_room(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	struct rlimit old, tight = { 4096, 4096 };

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	tight.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	for (unsigned i = 1; i <= 100; i++)
		assert_int_equal(lab_map_at(d, i * PAGE, 1), i * PAGE);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(mappings(), 62); /* 64 less the head and the device */
	assert_int_equal(missing(), 38);
	assert_works(plx_iommu_unmap(d, 100 * PAGE, 1));
	assert_int_equal(missing(), 37);
	assert_works(plx_iommu_unmap(d, PAGE, 1));
	assert_int_equal(lab_map_at(d, PAGE, 1), PAGE);
	assert_int_equal(mappings(), 62);
	lab_delete(d);
}

static void test_nobody_else_writes(void **state)
{
	struct plx_domain *d = lab_domain(PLX_IOVA_ALLOC_FLEX, 39);
	char path[64];
	int fd, again;

	(void)state;
	assert_int_equal(ledgers(&fd), 1);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDWR);
	assert_true(again >= 0);
	assert_int_equal(pwrite(again, "x", 1, 64), -1);
	assert_int_equal(ftruncate(again, 0), -1);
	close(again);
	assert_int_equal(count(PLX_LEDGER_DEVICE, 0, NULL), 1);
	lab_delete(d);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		RULE(test_comes_and_goes_with_devices),
		RULE(test_says_what_is_mapped),
		RULE(test_what_failed_is_not_there),
		RULE(test_segments_of_tokens),
		RULE(test_what_was_mapped_before_the_device),
		RULE(test_last_device_is_lost),
		RULE(test_grows),
		RULE(test_no_room),
		RULE(test_nobody_else_writes),
	};

	return lab_run(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
