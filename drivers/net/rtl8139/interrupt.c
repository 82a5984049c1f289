/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sleeping until something is received. A port that polls leaves IMR 0.
 */
#include "rtl8139.h"

#define WAKING (ISR_ROK | ISR_RER | ISR_RXOVW | ISR_FOVW | ISR_PUN | ISR_SERR)

int plx_rtl8139_rxq_fd(struct plx_rxq *q, int *fd)
{
	*fd = rtl8139_of(q->port)->nic.irq_fd;
	return 0;
}

/*
 * Arming clears ISR.ROK, so that only frames from now on wake; those before are found by the burst
 * that the caller makes next. The burst itself does not clear it: a frame may come between its look
 * at the ring and that write, and nobody would be woken for it.
 */
int plx_rtl8139_rxq_arm(struct plx_rxq *q, bool on)
{
	struct rtl8139_device *d = rtl8139_of(q->port);
	int err;

	plx_lock(&d->receiver);
	plx_raw_out16(d->io + RTL_IMR, 0);
	plx_rtl8139_take_errors(d);
	plx_raw_out16(d->io + RTL_ISR, WAKING);
	err = plx_nic_irq_rearm(&d->nic);
	if (!err && on)
		plx_raw_out16(d->io + RTL_IMR, WAKING);
	plx_unlock(&d->receiver);
	return err;
}
