/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keys, the device that an interface makes, and its one port.
 *
 * The port and the interface are two stations at the ends of a cable: the interface keeps its MAC
 * address, the port has its own, which says what it receives when it is not promiscuous. They
 * share the MTU and the state of the link.
 */
#include "tap.h"

#include <string.h>

static const struct plx_key keys[] = {
	{ .name = "iface",
	  .type = PLX_KEY_STRING,
	  .offset = offsetof(struct tap_args, iface),
	  .help = "interface to open, made if there is none; a %d in it becomes a number; plx%d "
		  "where neither it nor fd is given" },
	{ .name = "fd",
	  .type = PLX_KEY_STRING,
	  .offset = offsetof(struct tap_args, fd),
	  .value = "NUMBER",
	  .help = "open file of a tap to use instead; it stays the caller's, but is non-blocking "
		  "from then on; one queue" },
	{ .name = "up",
	  .type = PLX_KEY_BOOL,
	  .offset = offsetof(struct tap_args, up),
	  .initial = "on",
	  .help = "whether to set the interface up" },
	{ .name = "persist",
	  .type = PLX_KEY_BOOL,
	  .offset = offsetof(struct tap_args, persist),
	  .help = "whether the interface stays when the port is closed; one that was made to stay "
		  "by others always does" },
	{ .name = "offload",
	  .type = PLX_KEY_BOOL,
	  .offset = offsetof(struct tap_args, offload),
	  .initial = "on",
	  .help = "whether the kernel leaves checksums and segmentation of what it sends to the "
		  "port, which is faster for TCP" },
	{ 0 },
};

static int open_device(struct plx_device *base)
{
	struct tap_device *device = (struct tap_device *)base;
	int err = plx_tap_open(device, base->args);

	if (!err)
		pthread_mutex_init(&device->lock, NULL);
	return err;
}

static void close_device(struct plx_device *base)
{
	struct tap_device *device = (struct tap_device *)base;

	plx_tap_close(device);
	pthread_mutex_destroy(&device->lock);
}

static int open_port(struct plx_port *port)
{
	struct tap_device *device = (struct tap_device *)port->device;
	uint16_t queues = device->multi_queue ? TAP_MAX_QUEUES : 1;
	unsigned mtu, min, max;
	int err = plx_netdev_get_mtu(&device->netdev, &mtu);

	if (err)
		return err;
	plx_netdev_mtu_range(&device->netdev, &min, &max);
	port->caps = (struct plx_port_caps){
		.features = PLX_PORT_RX | PLX_PORT_TX | PLX_PORT_PROMISC_OFF | PLX_PORT_ALLMULTI |
			    PLX_PORT_SET_MAC | PLX_PORT_SET_MTU,
		.max_rxq = queues,
		.max_txq = queues,
		.mtu_min = (uint16_t)min,
		.mtu_max = (uint16_t)(max < TAP_MTU_MAX ? max : TAP_MTU_MAX),
		.max_frame = PLX_UNFINISHED_MAX,
	};
	if (device->header_len)
		port->caps.offloads =
			PLX_OFFLOAD_RX_UNFINISHED | PLX_OFFLOAD_TX_CSUM | PLX_OFFLOAD_TX_TSO;
	port->mtu = (uint16_t)mtu;
	plx_soft_mac(port);
	/* Whoever had the interface before may have set one. */
	return plx_tap_filter(port, true, false, port->mac);
}

/* A persistent interface must not go on filtering for a port that is gone. */
static void close_port(struct plx_port *port)
{
	struct plx_error saved = *plx_last_error();

	if (!port->promiscuous)
		plx_tap_filter(port, true, false, port->mac);
	plx_fail_again(&saved);
}

static void link_state(struct plx_port *port, struct plx_link *link)
{
	const struct tap_device *device = (const struct tap_device *)port->device;
	struct plx_netdev_link state;

	plx_netdev_link(&device->netdev, &state);
	link->up = state.up;
	/* The kernel says 10 Mbit/s, which nobody measures. */
	link->mbps = 0;
}

static int set_mtu(struct plx_port *port, uint16_t mtu)
{
	return plx_netdev_set_mtu(&((struct tap_device *)port->device)->netdev, mtu);
}

static int set_mac(struct plx_port *port, const uint8_t mac[6])
{
	return port->promiscuous ? 0 : plx_tap_filter(port, false, port->allmulti, mac);
}

static int set_promiscuous(struct plx_port *port, bool on)
{
	return plx_tap_filter(port, on, port->allmulti, port->mac);
}

static int set_allmulti(struct plx_port *port, bool on)
{
	return port->promiscuous ? 0 : plx_tap_filter(port, false, on, port->mac);
}

/*
 * Frames that found the queues full: the interface's, so they count for the first queue. A filter's
 * drops are in the same count, so while there is one nothing is said of those that were missed.
 */
static void read_stats(struct plx_port *port)
{
	struct tap_device *device = (struct tap_device *)port->device;
	uint64_t now, missed;

	pthread_mutex_lock(&device->lock);
	now = plx_netdev_tx_dropped(&device->netdev);
	missed = now > device->tx_dropped ? now - device->tx_dropped : 0;
	device->tx_dropped = now;
	if (device->counting && port->promiscuous && port->n_rxq)
		atomic_fetch_add(&port->rxqs[0]->counts.drops[PLX_DROP_MISSED], missed);
	pthread_mutex_unlock(&device->lock);
}

static void count_missed(struct plx_port *port, bool on)
{
	struct tap_device *device = (struct tap_device *)port->device;

	read_stats(port);
	pthread_mutex_lock(&device->lock);
	device->counting = on;
	pthread_mutex_unlock(&device->lock);
}

static int start(struct plx_port *port)
{
	count_missed(port, true);
	return 0;
}

static int stop(struct plx_port *port)
{
	count_missed(port, false);
	return 0;
}

static void xstats(struct plx_port *port, struct plx_xstats *x)
{
	for (unsigned i = 0; i < port->n_rxq; i++) {
		const struct tap_rxq *q = (const struct tap_rxq *)port->rxqs[i];

		plx_xstats_add(x, q->unfinished, "rxq%u_unfinished", i);
		plx_xstats_add(x, q->batch.calls, "rxq%u_system_calls", i);
	}
	for (unsigned i = 0; i < port->n_txq; i++) {
		const struct tap_txq *q = (const struct tap_txq *)port->txqs[i];

		plx_xstats_add(x, q->batch.calls, "txq%u_system_calls", i);
	}
}

const struct plx_driver plx_tap_driver = {
	.name = "tap",
	.summary = "A network interface of the kernel's, with this port at its other end",
	.keys = keys,
	.args_size = sizeof(struct tap_args),
	.device_size = sizeof(struct tap_device),
	.rxq_size = sizeof(struct tap_rxq),
	.txq_size = sizeof(struct tap_txq),
	.open_device = open_device,
	.close_device = close_device,
	.open_port = open_port,
	.close_port = close_port,
	.check_conf = plx_tap_check_conf,
	.init_rxq = plx_tap_init_rxq,
	.init_txq = plx_tap_init_txq,
	.exit_rxq = plx_tap_exit_rxq,
	.exit_txq = plx_tap_exit_txq,
	.start = start,
	.stop = stop,
	.rx_burst = plx_tap_rx_burst,
	.tx_burst = plx_tap_tx_burst,
	.rxq_status = plx_tap_rxq_status,
	.txq_status = plx_tap_txq_status,
	.link = link_state,
	.set_mtu = set_mtu,
	.set_mac = set_mac,
	.set_promiscuous = set_promiscuous,
	.set_allmulti = set_allmulti,
	.read_stats = read_stats,
	.xstats = xstats,
	.rxq_info = plx_tap_rxq_info,
	.txq_info = plx_tap_txq_info,
};
