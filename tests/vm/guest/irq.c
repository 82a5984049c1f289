// SPDX-License-Identifier: BSD-3-Clause
/*
 * usage: lab-irq type1|iommufd EDU-ADDRESS
 *
 * Interrupts reach eventfds, through the IOMMU's remapping; and the kernel's wish to have the device back
 * reaches whoever has it.
 */
#include "check.h"
#include "device.h"
#include "edu_dma.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define EDU_RAISE 0x60
#define EDU_ACK   0x64

/* How often the eventfd has fired; waits for it. */
static uint64_t fired_within(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t n = 0;

	if (poll(&p, 1, ms) == 1)
		must(read(fd, &n, sizeof(n)) != sizeof(n), "an eventfd is read");
	return n;
}

/* Hosts may be busy; only what is not to come has to be waited for in full. */
static bool fires(int fd)
{
	return fired_within(fd, 20000) == 1;
}

static bool stays_silent(int fd)
{
	return fired_within(fd, 500) == 0;
}

static void raise_irq(struct lab_dev *d)
{
	lab_write32(d, EDU_RAISE, 1);
}

static void test_msi(struct lab_dev *d)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	unsigned n;

	must(plx_irq_count(d->dev, PLX_IRQ_MSI, &n), "the MSIs are counted");
	check(n == 1, "an edu has one MSI");
	must(plx_irq_enable(d->dev, PLX_IRQ_MSI, &fd, 1), "the MSI is enabled");
	raise_irq(d);
	check(fires(fd), "an MSI arrives");
	raise_irq(d);
	check(fires(fd), "another one arrives");
	lab_write32(d, EDU_ACK, 1);
	must(plx_irq_disable(d->dev), "the MSI is disabled");
	raise_irq(d);
	check(stays_silent(fd), "disabled, none arrives");
	lab_write32(d, EDU_ACK, 1);
	close(fd);
}

static void test_intx(struct lab_dev *d)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	must(plx_irq_enable(d->dev, PLX_IRQ_INTX, &fd, 1), "INTx is enabled");
	raise_irq(d);
	check(fires(fd), "INTx arrives");
	check(stays_silent(fd), "and is masked then, though it stays asserted");
	must(plx_irq_unmask(d->dev), "INTx is unmasked");
	check(fires(fd), "unmasked, it arrives again");
	lab_write32(d, EDU_ACK, 1);
	must(plx_irq_unmask(d->dev), "INTx is unmasked");
	check(stays_silent(fd), "acknowledged, it does not");
	must(plx_irq_disable(d->dev), "INTx is disabled");
	close(fd);
}

/*
 * A process that will unbind the device when it is told to: the kernel waits within that write until the
 * device is given back, so it may not have inherited any of the device's files.
 */
static pid_t make_unbinder(const char *address, int *tell)
{
	ssize_t len = (ssize_t)strlen(address);
	int pipes[2], fd;
	char byte;
	pid_t pid;

	must(pipe(pipes), "a pipe is made");
	pid = fork();
	must(pid < 0, "a process is made");
	*tell = pipes[1];
	if (pid)
		return pid;
	close(pipes[1]);
	fd = open("/sys/bus/pci/drivers/vfio-pci/unbind", O_WRONLY | O_CLOEXEC);
	_exit(fd < 0 || read(pipes[0], &byte, 1) != 1 || write(fd, address, (size_t)len) != len);
}

static bool removal_requested(struct lab_dev *d)
{
	struct plx_event ev[4];
	unsigned n;

	for (unsigned i = 0; i < 200; i++) {
		must(plx_dev_events(d->dev, ev, 4, &n), "events are told");
		for (unsigned k = 0; k < n; k++)
			if (ev[k].type == PLX_EVENT_REMOVAL_REQUEST)
				return true;
		poll(NULL, 0, 100);
	}
	return false;
}

static void test_removal(struct lab_env *env, struct lab_dev *d, pid_t unbinder, int tell)
{
	struct plx_dev_opts opts = { .backend = env->backend };
	struct plx_dev *gone;
	int status;

	must(write(tell, "", 1) != 1, "the other process is told");
	check(removal_requested(d), "the kernel's wish to have the device back is told");
	lab_close(d);
	check(waitpid(unbinder, &status, 0) == unbinder && !status,
	      "closed, the device is the kernel's again");
	check_err(plx_dev_open(env->ctx, d->address, &opts, &gone), -ENODEV, "it opens no more");
	check(plx_last_error()->reason == PLX_R_NOT_BOUND, "for it is not vfio-pci's");
}

int main(int argc, char **argv)
{
	struct lab_env env;
	struct lab_dev dev;
	pid_t unbinder;
	int tell;

	must(argc != 3, "usage: lab-irq type1|iommufd EDU-ADDRESS");
	unbinder = make_unbinder(argv[2], &tell);
	lab_begin(&env, argv[1]);
	lab_open(&dev, &env, lab_domain(&env), argv[2]);
	test_msi(&dev);
	test_intx(&dev);
	test_removal(&env, &dev, unbinder, tell);
	lab_domain_end(dev.domain);
	lab_end(&env);
	return checks_end();
}
