// SPDX-License-Identifier: BSD-3-Clause
/*
 * usage: lab-two type1|iommufd EDU-ADDRESS EDU-ADDRESS
 *
 * Two devices in one domain, and two domains on the same memory: iommufd pins it once, type1 twice.
 */
#include "check.h"
#include "device.h"
#include "edu_dma.h"
#include "process.h"

#include <errno.h>
#include <string.h>

#define R  PLX_IOMMU_READ
#define RW (PLX_IOMMU_READ | PLX_IOMMU_WRITE)

#define LEN     1024u
#define N_PAGES 256u

static void fill(struct lab_dev *d, uint8_t *scratch, uint8_t byte)
{
	memset(scratch, byte, LEN);
	edu_dma(d, DEVICE_READS, 0x10000, LEN);
}

/* One domain: each sees what is mapped once, and what the other one wrote. */
static void test_one_domain(struct lab_env *env, const char *first, const char *second)
{
	struct plx_domain *domain = lab_domain(env);
	uint8_t *pages = lab_pages(2);
	struct lab_dev a, b;

	lab_open(&a, env, domain, first);
	lab_open(&b, env, domain, second);
	lab_map(domain, R, pages, 1, 0x10000);
	lab_map(domain, RW, pages + PAGE, 1, 0x20000);
	fill(&a, pages, 0xa1);
	edu_dma(&a, DEVICE_WRITES, 0x20000, LEN);
	check(!lab_count_other(pages + PAGE, LEN, 0xa1), "one domain: the first device writes");
	edu_dma(&b, DEVICE_READS, 0x20000, LEN);
	memset(pages + PAGE, 0, LEN);
	edu_dma(&b, DEVICE_WRITES, 0x20000, LEN);
	check(!lab_count_other(pages + PAGE, LEN, 0xa1),
	      "one domain: the second reads what the first wrote, and writes");
	edu_dma(&b, DEVICE_WRITES, 0x10000, LEN);
	expect_fault(second, DEVICE_WRITES, 0x10000, "one domain: the second writes a RO page");
	lab_close(&a);
	memset(pages + PAGE, 0, LEN);
	edu_dma(&b, DEVICE_WRITES, 0x20000, LEN);
	check(!lab_count_other(pages + PAGE, LEN, 0xa1),
	      "one domain: without the first, the second works on");
	must(plx_domain_unmap_all(domain), "everything is unmapped");
	lab_close(&b);
	lab_domain_end(domain);
}

static void check_pins(struct lab_env *env, uint64_t before, uint64_t one, uint64_t both)
{
	uint64_t kib = N_PAGES * PAGE / 1024;

	note("pinned: %llu KiB before, %llu with the first domain, %llu with both",
	     (unsigned long long)before, (unsigned long long)one, (unsigned long long)both);
	check(one - before == kib, "two domains: the first pins the memory");
	if (env->backend == PLX_BACKEND_IOMMUFD)
		check(both == one, "two domains: the second does not pin it again (IOAS_COPY)");
	else
		check(both - one == kib, "two domains: type1 pins it again");
}

/* What is copied is reached, with the permission of the copy, however long the source lives. */
static void test_copied(struct lab_dev *a, struct lab_dev *b, uint8_t *shared, uint8_t *own)
{
	fill(a, own, 0xb2);
	edu_dma(a, DEVICE_WRITES, 0x1000000, LEN);
	check(!lab_count_other(shared, LEN, 0xb2), "two domains: the first device writes");
	edu_dma(b, DEVICE_READS, 0x3000000, LEN);
	memset(own, 0, LEN);
	edu_dma(b, DEVICE_WRITES, 0x20000, LEN);
	check(!lab_count_other(own, LEN, 0xb2), "two domains: the second device reads it");
	edu_dma(b, DEVICE_WRITES, 0x3001000, LEN);
	check(!lab_count_other(shared + PAGE, LEN, 0), "two domains: its copy is read-only");
	expect_fault(b->address, DEVICE_WRITES, 0x3001000, "write to a read-only copy");
	edu_dma(b, DEVICE_READS, 0x1002000, LEN);
	expect_fault(b->address, DEVICE_READS, 0x1002000, "the other domain's address");
	lab_unmap(a->domain, 0x1000000, N_PAGES);
	edu_dma(a, DEVICE_READS, 0x1003000, LEN);
	expect_fault(a->address, DEVICE_READS, 0x1003000, "the source is unmapped");
	memset(own, 0, LEN);
	edu_dma(b, DEVICE_READS, 0x3000000, LEN);
	edu_dma(b, DEVICE_WRITES, 0x20000, LEN);
	check(!lab_count_other(own, LEN, 0xb2), "two domains: the copy outlives its source");
}

static void test_two_domains(struct lab_env *env, const char *first, const char *second)
{
	struct plx_domain *from = lab_domain(env), *to = lab_domain(env);
	uint8_t *shared = lab_pages(N_PAGES), *own = lab_pages(1);
	uint64_t where = 0x3000000, out, before, one;
	struct lab_dev a, b;

	lab_open(&a, env, from, first);
	lab_open(&b, env, to, second);
	lab_map(from, R, own, 1, 0x10000);
	lab_map(to, RW, own, 1, 0x20000);
	before = process_pinned_kib();
	lab_map(from, RW, shared, N_PAGES, 0x1000000);
	one = process_pinned_kib();
	check_err(plx_iommu_copy(to, R, from, 0x1000000, N_PAGES, &where, NULL, NULL, &out), 0,
		  "two domains: the memory of one is mapped in the other");
	check_pins(env, before, one, process_pinned_kib());
	test_copied(&a, &b, shared, own);
	must(plx_domain_unmap_all(from), "the first domain is unmapped");
	must(plx_domain_unmap_all(to), "the second domain is unmapped");
	check(process_pinned_kib() == 0, "two domains: nothing stays pinned");
	lab_close(&a);
	lab_close(&b);
	lab_domain_end(from);
	lab_domain_end(to);
}

int main(int argc, char **argv)
{
	struct lab_env env;

	must(argc != 4, "usage: lab-two type1|iommufd EDU-ADDRESS EDU-ADDRESS");
	lab_begin(&env, argv[1]);
	test_one_domain(&env, argv[2], argv[3]);
	test_two_domains(&env, argv[2], argv[3]);
	lab_end(&env);
	return checks_end();
}
