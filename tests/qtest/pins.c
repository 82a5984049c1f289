/* SPDX-License-Identifier: BSD-3-Clause */
#define _GNU_SOURCE
#include "qtest/pins.h"

#include "sim/model.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* The pins of PCI's INTA to INTD on q35; those below are ISA's. */
#define FIRST_PCI_PIN 16

#define TICK_MS 1

static void wake(struct pins *p)
{
	eventfd_write(p->event, 1);
}

/* The socket is locked, and the function may be. */
static void note(void *arg, unsigned pin, bool up)
{
	struct pins *p = arg;

	if (pin < FIRST_PCI_PIN || !up)
		return;
	atomic_store(&p->raised, true);
	wake(p);
}

/*
 * A card holds its pin up until its cause is read; what the kernel signals is the pin going up, and
 * VFIO masks it then (VFIO_IRQ_INFO_AUTOMASKED). So is it here.
 */
static void raise_noted(struct pins *p)
{
	if (!atomic_exchange(&p->raised, false))
		return;
	plx_sim_lock(p->function);
	plx_sim_interrupt(p->function, 0);
	plx_sim_unlock(p->function);
}

/*
 * While commands are under way their answers would wake this thread for nothing: then it looks once
 * in a tick. When there were none for a tick it waits for the socket.
 */
static void wait(struct pins *p, bool idle)
{
	struct pollfd fds[] = { { .fd = p->event, .events = POLLIN },
				{ .fd = p->qtest->fd, .events = POLLIN } };
	eventfd_t n;

	poll(fds, idle ? 2 : 1, idle ? -1 : TICK_MS);
	eventfd_read(p->event, &n);
}

static void *run(void *arg)
{
	struct pins *p = arg;
	unsigned commands = 0;
	bool idle = false;

	while (!atomic_load(&p->ends)) {
		wait(p, idle);
		qtest_lock(p->qtest);
		qtest_drain(p->qtest);
		idle = commands == p->qtest->commands && !p->qtest->broken;
		commands = p->qtest->commands;
		qtest_unlock(p->qtest);
		raise_noted(p);
	}
	return NULL;
}

int pins_start(struct pins *p, struct qtest *t, struct plx_sim_function *f)
{
	bool watched;
	int err;

	p->qtest = t;
	p->function = f;
	p->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->event < 0)
		return errno;
	qtest_lock(t);
	t->pin = note;
	t->arg = p;
	watched = qtest_watch_pins(t);
	qtest_unlock(t);
	err = watched ? pthread_create(&p->thread, NULL, run, p) : EPROTO;
	if (err)
		close(p->event);
	return err;
}

void pins_stop(struct pins *p)
{
	atomic_store(&p->ends, true);
	wake(p);
	pthread_join(p->thread, NULL);
	close(p->event);
}
