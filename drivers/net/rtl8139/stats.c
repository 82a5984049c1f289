/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the card counts: frames that it missed. And what happened, by name.
 */
#include "rtl8139.h"

#define MPC_MASK 0xffffffu

static const char *const names[RTL_EVENTS] = {
	[RTL_RX_ERROR] = "isr_rx_error",
	[RTL_TX_ERROR] = "isr_tx_error",
	[RTL_RX_OVERFLOW] = "isr_rx_buffer_overflow",
	[RTL_FIFO_OVERFLOW] = "isr_rx_fifo_overflow",
	[RTL_RX_RESTART] = "rx_restarts",
	[RTL_TX_UNDERRUN] = "tx_underruns",
	[RTL_TX_ABORT] = "tx_aborts",
	[RTL_TX_CARRIER_LOST] = "tx_carrier_lost",
	[RTL_TX_LATE_COLLISION] = "tx_late_collisions",
	[RTL_TX_COLLISIONS] = "tx_collisions",
	[RTL_TX_COALESCED] = "tx_coalesced",
	[RTL_TX_TIMEOUT] = "tx_timeouts",
};

uint16_t plx_rtl8139_take_errors(struct rtl8139_device *d)
{
	static const struct {
		uint16_t bit;
		enum rtl8139_event event;
	} errors[] = {
		{ ISR_RER, RTL_RX_ERROR },
		{ ISR_TER, RTL_TX_ERROR },
		{ ISR_RXOVW, RTL_RX_OVERFLOW },
		{ ISR_FOVW, RTL_FIFO_OVERFLOW },
	};
	uint16_t isr = plx_raw_in16(d->io + RTL_ISR), seen = 0;

	if (isr == UINT16_MAX) /* gone */
		return 0;
	for (unsigned i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (!(isr & errors[i].bit))
			continue;
		rtl8139_count(d, errors[i].event, 1);
		seen |= errors[i].bit;
	}
	if (seen)
		plx_raw_out16(d->io + RTL_ISR, seen);
	return isr;
}

void plx_rtl8139_mpc_anew(struct rtl8139_device *d)
{
	d->mpc = plx_raw_in32(d->io + RTL_MPC) & MPC_MASK;
}

/*
 * MPC goes on counting when it is read, modulo 2^24. QEMU's card counts a frame that does not fit
 * the ring, and then keeps it and takes it later: there it says too much.
 */
void plx_rtl8139_read_mpc(struct rtl8139_device *d)
{
	uint32_t mpc = plx_raw_in32(d->io + RTL_MPC);

	if (mpc == UINT32_MAX) /* gone */
		return;
	d->missed += (mpc - d->mpc) & MPC_MASK;
	d->mpc = mpc & MPC_MASK;
}

void plx_rtl8139_read_stats(struct plx_port *port)
{
	struct rtl8139_device *d = rtl8139_of(port);
	uint64_t missed;

	if (!port->n_rxq)
		return;
	pthread_mutex_lock(&d->nic.lock);
	plx_rtl8139_read_mpc(d);
	missed = d->missed + atomic_load_explicit(&d->abandoned, memory_order_relaxed);
	atomic_store_explicit(&port->rxqs[0]->counts.drops[PLX_DROP_MISSED], missed,
			      memory_order_relaxed);
	pthread_mutex_unlock(&d->nic.lock);
}

void plx_rtl8139_xstats(struct plx_port *port, struct plx_xstats *x)
{
	const struct rtl8139_device *d = rtl8139_of(port);

	for (unsigned i = 0; i < RTL_EVENTS; i++)
		plx_xstats_add(x, atomic_load_explicit(&d->events[i], memory_order_relaxed), "%s",
			       names[i]);
}
