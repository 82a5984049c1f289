/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Waking sleepers. The card has one interrupt for all queues, and so one file: the queues that are
 * to wake somebody are counted, and who wakes first leaves the file readable for the others. The
 * last one masks the causes and takes what made it so.
 */
#include "e1000.h"

#define CAUSES                                                                              \
	(E1000_INT_LSC | E1000_INT_RXDMT | E1000_INT_RXO | E1000_INT_RXT | E1000_INT_RXQ0 | \
	 E1000_INT_RXQ1)

/* Causes are cleared by reading them, and on the 82574, while none is let through, by writing. */
void plx_e1000_mask(struct e1000_device *device)
{
	e1000_write(device, E1000_IMC, E1000_INT_ALL);
	e1000_write(device, E1000_ICR, e1000_read(device, E1000_ICR));
}

int plx_e1000_rxq_fd(struct plx_rxq *base, int *fd)
{
	*fd = e1000_device(base->port)->nic.irq_fd;
	return 0;
}

/* A frame that comes after the causes were cleared interrupts; one before, the next burst gives. */
static int arm(struct e1000_device *device, uint32_t queue)
{
	int err = 0;

	if (!device->armed) {
		plx_e1000_mask(device);
		err = plx_nic_irq_rearm(&device->nic);
	}
	if (err)
		return err;
	device->armed |= queue;
	e1000_write(device, E1000_IMS, CAUSES);
	return plx_e1000_here(device);
}

static int disarm(struct e1000_device *device, uint32_t queue)
{
	device->armed &= ~queue;
	if (device->armed)
		return 0;
	plx_e1000_mask(device);
	return plx_nic_irq_rearm(&device->nic);
}

int plx_e1000_rxq_arm(struct plx_rxq *base, bool on)
{
	struct e1000_device *device = e1000_device(base->port);
	int err;

	pthread_mutex_lock(&device->nic.lock);
	err = on ? arm(device, 1u << base->index) : disarm(device, 1u << base->index);
	pthread_mutex_unlock(&device->nic.lock);
	return err;
}
