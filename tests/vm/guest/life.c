// SPDX-License-Identifier: BSD-3-Clause
/*
 * usage: lab-life type1|iommufd EDU-ADDRESS
 *
 * A device is opened, used and closed 300 times, and nothing is left; a process is killed in the middle
 * of DMA, and the next one works.
 */
#include "check.h"
#include "device.h"
#include "edu_dma.h"
#include "process.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define RW (PLX_IOMMU_READ | PLX_IOMMU_WRITE)

#define ROUNDS 300u
#define LEN    1024u

static void open_use_close(const char *backend, const char *address, uint8_t *pages)
{
	struct plx_domain *domain;
	struct lab_env env;
	struct lab_dev dev;

	lab_begin(&env, backend);
	domain = lab_domain(&env);
	lab_open(&dev, &env, domain, address);
	lab_map(domain, RW, pages, 4, 0x100000);
	lab_unmap(domain, 0x100000, 4);
	lab_map(domain, PLX_IOMMU_READ, pages, 2, 0x200000);
	must(plx_domain_unmap_all(domain), "everything is unmapped");
	lab_close(&dev);
	lab_domain_end(domain);
	lab_end(&env);
}

static void test_rounds(const char *backend, const char *address)
{
	uint8_t *pages = lab_pages(4);
	unsigned files, mappings;

	/* What libc and the library keep once they were used. */
	open_use_close(backend, address, pages);
	files = process_open_files();
	mappings = process_mappings();
	for (unsigned i = 0; i < ROUNDS; i++)
		open_use_close(backend, address, pages);
	check(process_open_files() == files, "after %u rounds %u files are open (%u before)",
	      ROUNDS, process_open_files(), files);
	check(process_mappings() == mappings, "after %u rounds there are %u mappings (%u before)",
	      ROUNDS, process_mappings(), mappings);
	check(process_pinned_kib() == 0, "after %u rounds nothing is pinned", ROUNDS);
}

/* Tells that its DMA runs, and goes on until it is killed. */
static void be_killed(const char *backend, const char *address, uint8_t *pages, int tell)
{
	struct lab_env env;
	struct lab_dev dev;

	lab_begin(&env, backend);
	lab_open(&dev, &env, lab_domain(&env), address);
	lab_map(dev.domain, RW, pages, 1, 0x300000);
	for (bool told = false;; told = true) {
		edu_dma(&dev, DEVICE_READS, 0x300000, LEN);
		edu_dma_start(&dev, DEVICE_WRITES, 0x300000, LEN);
		if (!told)
			must(write(tell, "", 1) != 1, "the child tells");
		edu_dma_wait(&dev);
	}
}

static void test_next_works(const char *backend, const char *address, uint8_t *page)
{
	struct lab_env env;
	struct lab_dev dev;

	lab_begin(&env, backend);
	lab_open(&dev, &env, lab_domain(&env), address);
	memset(page, 0xc3, LEN);
	lab_map(dev.domain, RW, page, 1, 0x400000);
	edu_dma_wait(&dev);
	edu_dma(&dev, DEVICE_READS, 0x400000, LEN);
	memset(page, 0, LEN);
	edu_dma(&dev, DEVICE_WRITES, 0x400000, LEN);
	check(!lab_count_other(page, LEN, 0xc3), "the next process works");
	must(plx_domain_unmap_all(dev.domain), "everything is unmapped");
	lab_close(&dev);
	lab_domain_end(dev.domain);
	lab_end(&env);
}

static void test_killed(const char *backend, const char *address)
{
	uint8_t *pages = lab_pages(2);
	int pipes[2], status;
	char byte;
	pid_t pid;

	must(pipe(pipes), "a pipe is made");
	pid = fork();
	must(pid < 0, "a process is made");
	if (!pid)
		be_killed(backend, address, pages, pipes[1]);
	/* Without it, a child that ends early would never be noticed. */
	close(pipes[1]);
	must(read(pipes[0], &byte, 1) != 1, "the child's DMA runs");
	kill(pid, SIGKILL);
	must(waitpid(pid, &status, 0) != pid, "the child has ended");
	check(WIFSIGNALED(status), "a process is killed in the middle of DMA");
	/* The kernel takes the mapping away and turns bus mastering off, in an order of its own. */
	allow_fault(address, DEVICE_WRITES, 0x300000);
	test_next_works(backend, address, pages + PAGE);
}

int main(int argc, char **argv)
{
	must(argc != 3, "usage: lab-life type1|iommufd EDU-ADDRESS");
	test_rounds(argv[1], argv[2]);
	test_killed(argv[1], argv[2]);
	return checks_end();
}
