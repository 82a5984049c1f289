/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interrupts of a simulated function, which reach eventfds as those of vfio-pci do.
 */
#define _GNU_SOURCE
#include "sim/function_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

unsigned plx_sim_function_irqs(const struct plx_sim_function *f, unsigned index)
{
	switch (index) {
	case MSI:
		return f->model->msi;
	case MSIX:
		return f->model->msix;
	case ERR: /* PCI Express has AER */
		return f->model->can_reset;
	default:
		return index < PLX_SIM_IRQS;
	}
}

bool plx_sim_function_irq_on(struct plx_sim_function *f, unsigned index)
{
	bool on;

	pthread_mutex_lock(&f->lock);
	on = index < PLX_SIM_IRQS && f->irqs[index].on;
	pthread_mutex_unlock(&f->lock);
	return on;
}

static void drop(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void turn_off(struct plx_sim_function *f, unsigned index)
{
	struct plx_sim_irq *irq = &f->irqs[index];

	for (unsigned i = 0; irq->on && i < plx_sim_function_irqs(f, index); i++)
		drop(irq->fds[i]);
	irq->on = false;
	if (index == INTX)
		f->intx_masked = f->intx_pending = false;
}

void plx_sim_irqs_off(struct plx_sim_function *f)
{
	for (unsigned i = 0; i < PLX_SIM_IRQS; i++)
		turn_off(f, i);
}

/* The kernel keeps the eventfd behind a descriptor, whatever becomes of that; so do we. */
static int duplicate(int fd)
{
	char path[32], kind[32] = "";
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (own < 0)
		return errno == EBADF ? -EBADF : -EMFILE;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", own);
	if (readlink(path, kind, sizeof(kind) - 1) > 0 && strcmp(kind, "anon_inode:[eventfd]")) {
		close(own);
		return -EINVAL;
	}
	return own;
}

/* All or none. */
static int duplicate_all(const int *fds, unsigned n, int *own)
{
	for (unsigned i = 0; i < n; i++) {
		own[i] = fds[i] < 0 ? -1 : duplicate(fds[i]);
		if (own[i] < -1) {
			int err = own[i];

			while (i--)
				drop(own[i]);
			return err;
		}
	}
	return 0;
}

/* INTx, MSI and MSI-X exclude each other. */
static bool excluded(const struct plx_sim_function *f, unsigned index)
{
	for (unsigned i = INTX; i <= MSIX && index <= MSIX; i++)
		if (i != index && f->irqs[i].on)
			return true;
	return false;
}

static int turn_on(struct plx_sim_function *f, unsigned index, unsigned first, unsigned n,
		   const int *fds)
{
	struct plx_sim_irq *irq = &f->irqs[index];
	int own[PLX_SIM_VECTORS];
	int err = excluded(f, index) ? -EINVAL : duplicate_all(fds, n, own);

	if (err)
		return err;
	for (unsigned i = 0; !irq->on && i < PLX_SIM_VECTORS; i++)
		irq->fds[i] = -1;
	irq->on = true;
	for (unsigned i = 0; i < n; i++) {
		drop(irq->fds[first + i]);
		irq->fds[first + i] = own[i];
	}
	return 0;
}

int plx_sim_function_irq_set(struct plx_sim_function *f, unsigned index, unsigned first, unsigned n,
			     const int *fds)
{
	const unsigned count = plx_sim_function_irqs(f, index);
	int err = 0;

	if (index >= PLX_SIM_IRQS || first > count || n > count - first)
		return -EINVAL;
	pthread_mutex_lock(&f->lock);
	if (n)
		err = turn_on(f, index, first, n, fds);
	else
		turn_off(f, index);
	pthread_mutex_unlock(&f->lock);
	return err;
}

/* The function is locked. */
static void signal_vector(struct plx_sim_function *f, unsigned index, unsigned vector)
{
	const uint64_t one = 1;
	const bool on = f->irqs[index].on && vector < plx_sim_function_irqs(f, index);
	int fd = on ? f->irqs[index].fds[vector] : -1;

	if (fd < 0)
		return;
	if (index == INTX && f->intx_masked) {
		f->intx_pending = true;
		return;
	}
	f->intx_masked = f->intx_masked || index == INTX;
	if (write(fd, &one, sizeof(one)) < 0) /* full: it is readable, which is what counts */
		return;
}

void plx_sim_interrupt(struct plx_sim_function *f, unsigned vector)
{
	const uint16_t command = plx_sim_command(f);

	if (!(command & INTX_DISABLE))
		signal_vector(f, INTX, 0);
	if (command & BUS_MASTER) { /* a message is a write to memory */
		signal_vector(f, MSI, vector);
		signal_vector(f, MSIX, vector);
	}
}

void plx_sim_function_irq_mask(struct plx_sim_function *f, bool masked)
{
	pthread_mutex_lock(&f->lock);
	f->intx_masked = masked;
	if (!masked && f->intx_pending) {
		f->intx_pending = false;
		signal_vector(f, INTX, 0);
	}
	pthread_mutex_unlock(&f->lock);
}

void plx_sim_function_irq_raise(struct plx_sim_function *f, unsigned index, unsigned vector)
{
	pthread_mutex_lock(&f->lock);
	if (index < PLX_SIM_IRQS)
		signal_vector(f, index, vector);
	pthread_mutex_unlock(&f->lock);
}
