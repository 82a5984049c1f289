/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Waking sleepers: one file to wait on, for interrupts and for what the kernel has to say.
 */
#include "nic/nic_priv.h"

#include "pci/dev.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

static int fail_file(const struct plx_nic *nic, const char *what)
{
	return plx_fail_sys(-errno, errno, PLX_R_FILE, nic->base.spec, "%s: no %s can be had: %s",
			    nic->dev->function->name, what, strerror(errno));
}

static int watch(const struct plx_nic *nic, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	if (fd >= 0 && epoll_ctl(nic->irq_fd, EPOLL_CTL_ADD, fd, &event))
		return fail_file(nic, "file to wait on");
	return 0;
}

/* Readable when one of these is: an interrupt, an error, the kernel's wish for the device. */
static int make_files(struct plx_nic *nic)
{
	int err;

	nic->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (nic->event_fd < 0)
		return fail_file(nic, "eventfd");
	nic->irq_fd = epoll_create1(EPOLL_CLOEXEC);
	if (nic->irq_fd < 0)
		return fail_file(nic, "file to wait on");
	err = watch(nic, nic->event_fd);
	for (unsigned i = 0; i < 2 && !err; i++)
		err = watch(nic, nic->dev->event_fds[i]);
	return err;
}

static int enable(struct plx_nic *nic)
{
	unsigned n = 0;
	int err = nic->no_msi ? 0 : plx_irq_count(nic->dev, PLX_IRQ_MSI, &n);

	if (err)
		return err;
	nic->irq_type = n ? PLX_IRQ_MSI : PLX_IRQ_INTX;
	return plx_irq_enable(nic->dev, nic->irq_type, &nic->event_fd, 1);
}

static void close_files(struct plx_nic *nic)
{
	if (nic->irq_fd >= 0)
		close(nic->irq_fd);
	if (nic->event_fd >= 0)
		close(nic->event_fd);
	nic->irq_fd = nic->event_fd = -1;
}

int plx_nic_irq_on(struct plx_nic *nic)
{
	struct plx_error saved;
	int err;

	if (nic->irq_fd >= 0)
		return 0;
	err = make_files(nic);
	if (!err)
		err = enable(nic);
	if (!err)
		return 0;
	saved = *plx_last_error();
	close_files(nic);
	return plx_fail_again(&saved);
}

void plx_nic_irq_off(struct plx_nic *nic)
{
	if (nic->irq_fd < 0)
		return;
	plx_irq_disable(nic->dev);
	close_files(nic);
}

int plx_nic_irq_rearm(struct plx_nic *nic)
{
	uint64_t times;
	bool fired = read(nic->event_fd, &times, sizeof(times)) == sizeof(times);

	plx_nic_take_events(nic);
	if (plx_nic_is_gone(nic))
		return plx_nic_fail_gone(nic);
	/* The kernel masked it when it fired, so none came since the file was emptied. */
	return fired && nic->irq_type == PLX_IRQ_INTX ? plx_irq_unmask(nic->dev) : 0;
}
