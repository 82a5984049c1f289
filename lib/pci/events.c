/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a device reports by itself (8.5 of the DDI contract): errors, that the kernel wants it back,
 * and, where it is simulated, blocked accesses.
 */
#include "pci/pci_priv.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static const struct {
	enum plx_irq_index index;
	enum plx_event_type type;
} sources[] = {
	{ PLX_IRQI_ERR, PLX_EVENT_ERROR },
	{ PLX_IRQI_REQ, PLX_EVENT_REMOVAL_REQUEST },
};

#define SOURCES (sizeof(sources) / sizeof(sources[0]))

static int open_event(struct plx_dev *dev, unsigned i)
{
	unsigned n = 0;
	int err = dev->transport->irq_count(dev, sources[i].index, &n);

	if (err || !n)
		return err;
	dev->event_fds[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (dev->event_fds[i] < 0)
		return plx_fail_sys(-errno, errno, PLX_R_FILE, dev->child.name,
				    "%s: no eventfd can be had: %s", dev->child.name,
				    strerror(errno));
	err = dev->transport->irq_set(dev, sources[i].index, &dev->event_fds[i], 1);
	if (err) {
		close(dev->event_fds[i]);
		dev->event_fds[i] = -1;
	}
	return err;
}

int plx_events_open(struct plx_dev *dev)
{
	for (unsigned i = 0; i < SOURCES; i++) {
		int err = open_event(dev, i);

		if (err)
			return err;
	}
	return 0;
}

void plx_events_close(struct plx_dev *dev)
{
	for (unsigned i = 0; i < SOURCES; i++) {
		if (dev->event_fds[i] < 0)
			continue;
		dev->transport->irq_set(dev, sources[i].index, NULL, 0);
		close(dev->event_fds[i]);
		dev->event_fds[i] = -1;
	}
}

/* Has it been signalled since it was asked last? */
static bool take(int fd)
{
	uint64_t times;

	return fd >= 0 && read(fd, &times, sizeof(times)) == sizeof(times);
}

/*
 * VFIO tells nobody of blocked accesses (8.5). The model of a simulated function does, whatever
 * backend's code it is reached through (11.1).
 */
static unsigned take_faults(struct plx_dev *dev, struct plx_event *ev, unsigned max)
{
	struct plx_sim_fault fault;
	unsigned n = 0;

	while (dev->function->sim && n < max &&
	       plx_sim_function_faults(dev->function->sim, &fault, 1))
		ev[n++] = (struct plx_event){ PLX_EVENT_DMA_FAULT, fault.iova, fault.direction };
	return n;
}

uint64_t plx_dev_faults(const struct plx_dev *dev)
{
	return dev->function->sim ? plx_sim_function_count_faults(dev->function->sim) : 0;
}

static unsigned collect(struct plx_dev *dev, struct plx_event *ev, unsigned max)
{
	unsigned n = 0;

	for (unsigned i = 0; i < SOURCES && n < max; i++)
		if (take(dev->event_fds[i]))
			ev[n++] = (struct plx_event){ .type = sources[i].type };
	return n + take_faults(dev, ev + n, max - n);
}

int plx_dev_events(struct plx_dev *dev, struct plx_event *ev, unsigned max, unsigned *n)
{
	int err;

	if (n)
		*n = 0;
	err = plx_dev_enter(dev, 1);
	if (err)
		return err;
	if (!ev && max)
		err = plx_fail_null(2, "ev");
	else if (!n)
		err = plx_fail_null(4, "n");
	else
		*n = collect(dev, ev, max);
	return plx_dev_leave(dev, err);
}
