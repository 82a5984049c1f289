// SPDX-License-Identifier: BSD-3-Clause
/*
 * usage: lab-refused CASE type1|iommufd ADDRESS [WORD...]
 *
 * What opening or mapping is refused for, and what the sentence names:
 *   unsafe-interrupts           the machine does not remap interrupts
 *   not-viable MATE DRIVER      a device of the group is a kernel driver's
 *   not-bound DRIVER            the device itself is
 *   busy BACKEND                another process has it, through that backend
 *   no-rights                   an ordinary user may not open the node
 *   fds                         but opens a device through files that somebody else has opened
 *   memlock                     an ordinary user may lock 64 KiB
 */
#include "check.h"
#include "device.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define RW (PLX_IOMMU_READ | PLX_IOMMU_WRITE)

static struct lab_env env;
static const char *address;

static int try_open(struct plx_domain *domain)
{
	struct plx_dev_opts opts = { .domain = domain, .backend = env.backend };
	struct plx_dev *dev;
	int err = plx_dev_open(env.ctx, address, &opts, &dev);

	if (!err) {
		must(plx_dev_close(dev), "%s is closed", address);
		return 0;
	}
	check(!dev, "the handle is NULL after a failure");
	return err;
}

static void check_reason(enum plx_reason reason)
{
	check(plx_last_error()->reason == reason, "the reason is '%s' (it is '%s')",
	      plx_reason_str((uint16_t)reason), plx_reason_str(plx_last_error()->reason));
}

static void check_names(const char *word)
{
	check(strstr(plx_last_error()->text, word), "the sentence names %s", word);
}

static void unsafe_interrupts(char **words)
{
	(void)words;
	check_err(try_open(lab_domain(&env)), -EPERM, "without interrupt remapping it is refused");
	check_reason(PLX_R_UNSAFE_INTR);
	check_names("allow_unsafe_interrupts");
}

static void not_viable(char **words)
{
	check_err(try_open(NULL), -EBUSY, "a group with a member of a kernel driver is refused");
	check_reason(PLX_R_GROUP_NOT_VIABLE);
	check_names(words[0]);
	check_names(words[1]);
}

static void not_bound(char **words)
{
	check_err(try_open(NULL), -ENODEV, "a device of a kernel driver is refused");
	check_reason(PLX_R_NOT_BOUND);
	check_names(words[0]);
}

/* Holds the device until its parent has closed the pipe. */
static void hold(enum plx_backend backend, int tell, int until)
{
	struct plx_dev_opts opts = { .backend = backend };
	struct plx_dev *dev;
	char byte;

	must(plx_dev_open(env.ctx, address, &opts, &dev), "the other process opens %s", address);
	must(write(tell, "", 1) != 1, "the other process tells");
	must(read(until, &byte, 1) < 0, "the other process waits");
	must(plx_dev_close(dev), "the other process closes %s", address);
	_exit(0);
}

static void check_busy(pid_t holder)
{
	char pid[32];

	check_err(try_open(NULL), -EBUSY, "what another process has is refused");
	check_reason(PLX_R_GROUP_BUSY);
	snprintf(pid, sizeof(pid), "process %d", holder);
	check_names(pid);
	check_names("lab-refused");
}

static void busy(char **words)
{
	int told[2], until[2], status;
	char byte;
	pid_t pid;

	must(pipe(told) || pipe(until), "pipes are made");
	pid = fork();
	must(pid < 0, "a process is made");
	if (!pid) {
		close(until[1]);
		hold(lab_backend(words[0]), told[1], until[0]);
	}
	close(told[1]);
	must(read(told[0], &byte, 1) != 1, "the other process has %s", address);
	check_busy(pid);
	close(until[1]);
	must(waitpid(pid, &status, 0) != pid, "the other process has ended");
	check_err(try_open(NULL), 0, "once it has ended, the device opens");
}

static void become_user(void)
{
	must(setgroups(0, NULL) || setgid(65534) || setuid(65534), "an ordinary user");
}

/* lib.sh's give() has given the node to the user, or not. */
static void no_rights(char **words)
{
	(void)words;
	become_user();
	check_err(try_open(NULL), -EACCES, "a user without the node is refused");
	check_reason(PLX_R_PERMISSION);
	check_names("/dev/");
}

static void memlock(char **words)
{
	struct rlimit limit = { 64 << 10, 64 << 10 };
	struct plx_domain *domain = lab_domain(&env);
	uint8_t *pages = lab_pages(256);
	struct lab_dev dev;

	(void)words;
	must(setrlimit(RLIMIT_MEMLOCK, &limit), "locked memory is limited to 64 KiB");
	become_user();
	lab_open(&dev, &env, domain, address);
	check_err(lab_try_map(domain, RW, pages, 8, 0x100000), 0, "32 KiB are mapped");
	check_err(lab_try_map(domain, RW, pages + 8 * PAGE, 240, 0x200000), -ENOMEM,
		  "960 KiB more are refused");
	check_reason(PLX_R_MEMLOCK);
	check_names("992");
	check_err(lab_try_map(domain, RW, pages + 8 * PAGE, 8, 0x200000), 0,
		  "what fits is mapped afterwards");
	must(plx_domain_unmap_all(domain), "everything is unmapped");
	lab_close(&dev);
	lab_domain_end(domain);
}

/* As a privileged program would do it for another one. */
static int open_node(char *path, size_t size)
{
	struct plx_dev_info info;
	struct plx_dev_opts opts = { .backend = env.backend };
	struct plx_dev *dev;
	int fd;

	must(plx_dev_open(env.ctx, address, &opts, &dev), "%s opens", address);
	must(plx_dev_info(dev, &info), "it tells its group");
	must(plx_dev_close(dev), "it is closed");
	snprintf(path, size, "/dev/vfio/%d", info.group);
	if (env.backend == PLX_BACKEND_IOMMUFD)
		snprintf(path, size, "/dev/vfio/devices/vfio0");
	fd = open(path, O_RDWR | O_CLOEXEC);
	must(fd < 0, "%s opens", path);
	return fd;
}

static void fds(char **words)
{
	bool iommufd = env.backend == PLX_BACKEND_IOMMUFD;
	struct plx_dev_fds files = { -1, -1, -1 };
	struct plx_dev_opts opts = { .fds = &files };
	struct plx_domain *domain = lab_domain(&env);
	struct plx_dev *dev;
	uint32_t id = 0;
	char path[64];

	(void)words;
	*(iommufd ? &files.device : &files.group) = open_node(path, sizeof(path));
	become_user();
	opts.domain = domain;
	check_err(plx_dev_open(env.ctx, address, &opts, &dev), 0,
		  "a user opens the device through an open %s", path);
	must(!dev, "it opens");
	must(plx_region_read(dev, PLX_REGION_CONFIG, 0, &id, 4), "config space is read");
	check(id == 0x11e81234, "it is an edu");
	check_err(lab_try_map(domain, RW, lab_pages(1), 1, 0x100000), 0, "memory is mapped");
	must(plx_domain_unmap_all(domain), "everything is unmapped");
	must(plx_dev_close(dev), "it is closed");
	check(fcntl(iommufd ? files.device : files.group, F_GETFD) >= 0, "the file stays open");
	lab_domain_end(domain);
}

static const struct {
	const char *name;
	void (*run)(char **words);
	int n_words;
} cases[] = {
	{ "unsafe-interrupts", unsafe_interrupts, 0 },
	{ "not-viable", not_viable, 2 },
	{ "not-bound", not_bound, 1 },
	{ "busy", busy, 1 },
	{ "no-rights", no_rights, 0 },
	{ "fds", fds, 0 },
	{ "memlock", memlock, 0 },
};

int main(int argc, char **argv)
{
	must(argc < 4, "usage: lab-refused CASE type1|iommufd ADDRESS [WORD...]");
	address = argv[3];
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (!strcmp(argv[1], cases[i].name) && argc - 4 == cases[i].n_words) {
			note("%s, %s", argv[1], argv[2]);
			lab_begin(&env, argv[2]);
			cases[i].run(argv + 4);
			return checks_end();
		}
	must(1, "there is no such case: %s", argv[1]);
}
