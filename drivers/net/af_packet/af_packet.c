/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keys, the device and its one port. What is changed on the interface (MTU, MAC address) stays
 * changed when the port is closed, as with ip-link(8); promiscuous mode ends with the port.
 */
#include "af_packet.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const char *const rings[] = {
	[PLX_AF_PACKET_V2] = "v2",
	[PLX_AF_PACKET_V3] = "v3",
	[PLX_AF_PACKET_V3 + 1] = NULL,
};

static const struct plx_key keys[] = {
	{ .name = "iface",
	  .type = PLX_KEY_STRING,
	  .offset = offsetof(struct af_packet_args, iface),
	  .help = "network interface, as ip link names it",
	  .required = true },
	{ .name = "ring",
	  .type = PLX_KEY_CHOICE,
	  .offset = offsetof(struct af_packet_args, ring),
	  .choices = rings,
	  .initial = "v2",
	  .help = "how the kernel hands frames over: v2 each at once, v3 in blocks, when one is "
		  "full or its timeout over" },
	{ .name = "block_size",
	  .type = PLX_KEY_UINT,
	  .offset = offsetof(struct af_packet_args, block_size),
	  .min = 128,
	  .max = 4096,
	  .initial = "128",
	  .help = "size of a v3 block, in KiB, a multiple of 4" },
	{ .name = "timeout",
	  .type = PLX_KEY_UINT,
	  .offset = offsetof(struct af_packet_args, timeout),
	  .min = 1,
	  .max = 1000,
	  .initial = "1",
	  .help = "how long a frame may wait for its v3 block to become full, in ms" },
	{ .name = "fanout",
	  .type = PLX_KEY_CHOICE,
	  .offset = offsetof(struct af_packet_args, fanout),
	  .choices = plx_af_packet_fanouts,
	  .initial = "hash",
	  .help = "how frames are spread over several receive queues: by flow, in turn, by CPU, "
		  "to the first with room, at random, by the NIC's queue" },
	{ .name = "fanout_id",
	  .type = PLX_KEY_UINT,
	  .offset = offsetof(struct af_packet_args, fanout_id),
	  .max = UINT16_MAX,
	  .initial = "0",
	  .help = "fanout group to share with other ports and programs, 0 for one of its own" },
	{ .name = "qdisc_bypass",
	  .type = PLX_KEY_BOOL,
	  .offset = offsetof(struct af_packet_args, qdisc_bypass),
	  .initial = "off",
	  .help = "whether to send past the traffic control; a full device then drops" },
	{ 0 },
};

static int open_device(struct plx_device *base)
{
	struct af_packet_device *device = (struct af_packet_device *)base;
	const struct af_packet_args *args = base->args;
	struct plx_error saved;
	int err;

	device->fd = -1;
	device->group = -1;
	if (args->block_size % 4)
		return plx_fail(-EINVAL, PLX_R_UNALIGNED, base->spec,
				"block_size=%u is no multiple of 4 KiB",
				(unsigned)args->block_size);
	err = plx_netdev_open(&device->netdev, args->iface, -1, base->spec);
	if (err)
		return err;
	device->fd = plx_af_packet_socket(device);
	if (device->fd >= 0) {
		pthread_mutex_init(&device->lock, NULL);
		return 0;
	}
	saved = *plx_last_error();
	plx_netdev_close(&device->netdev);
	return plx_fail_again(&saved);
}

static void close_device(struct plx_device *base)
{
	struct af_packet_device *device = (struct af_packet_device *)base;

	pthread_mutex_destroy(&device->lock);
	close(device->fd);
	plx_netdev_close(&device->netdev);
}

/* Which frames are nothing to the port: what leaves, and what is for others unless it wants all. */
static void set_skip(struct af_packet_device *device, bool promiscuous)
{
	uint32_t skip = 1u << PACKET_OUTGOING;

	if (!promiscuous)
		skip |= 1u << PACKET_OTHERHOST;
	atomic_store_explicit(&device->skip, skip, memory_order_relaxed);
}

static int set_promiscuous(struct plx_port *port, bool on)
{
	struct af_packet_device *device = (struct af_packet_device *)port->device;
	int err = 0;

	if (on != device->promiscuous)
		err = plx_af_packet_membership(device, PACKET_MR_PROMISC, on);
	if (err)
		return err;
	device->promiscuous = on;
	set_skip(device, on);
	return 0;
}

static int set_allmulti(struct plx_port *port, bool on)
{
	struct af_packet_device *device = (struct af_packet_device *)port->device;

	/* Memberships are counted: one is enough. */
	return on == port->allmulti ? 0 : plx_af_packet_membership(device, PACKET_MR_ALLMULTI, on);
}

static void set_caps(struct plx_port *port, const struct af_packet_args *args, unsigned mtu_min,
		     unsigned mtu_max)
{
	port->caps = (struct plx_port_caps){
		.features = PLX_PORT_RX | PLX_PORT_TX | PLX_PORT_PROMISC_OFF | PLX_PORT_SET_MAC |
			    PLX_PORT_SET_MTU | PLX_PORT_ALLMULTI,
		.max_rxq = MAX_QUEUES,
		.max_txq = MAX_QUEUES,
		.rxd = { .min = 64, .max = 16384, .initial = 2048, .pow2 = true },
		.mtu_min = (uint16_t)mtu_min,
		.mtu_max = (uint16_t)(mtu_max < UINT16_MAX ? mtu_max : UINT16_MAX),
		.max_frame = PLX_UNFINISHED_MAX,
		.offloads = PLX_OFFLOAD_RX_UNFINISHED | PLX_OFFLOAD_TX_CSUM | PLX_OFFLOAD_TX_TSO,
	};
	if (args->ring == PLX_AF_PACKET_V3)
		port->caps.rxd = (struct plx_desc_limits){ .min = 2, .max = 4096, .initial = 64 };
}

static int open_port(struct plx_port *port)
{
	struct af_packet_device *device = (struct af_packet_device *)port->device;
	unsigned mtu, min, max;
	int err = plx_netdev_get_mac(&device->netdev, port->mac);

	if (!err)
		err = plx_netdev_get_mtu(&device->netdev, &mtu);
	if (!err)
		err = set_promiscuous(port, true); /* as every port begins */
	if (err)
		return err;
	plx_netdev_mtu_range(&device->netdev, &min, &max);
	set_caps(port, device->base.args, min, max);
	port->mtu = (uint16_t)(mtu < UINT16_MAX ? mtu : UINT16_MAX);
	port->node = plx_netdev_node(&device->netdev);
	return 0;
}

static int stop(struct plx_port *port)
{
	for (unsigned i = 0; i < port->n_rxq; i++)
		plx_af_packet_close_rx((struct af_packet_rxq *)port->rxqs[i]);
	return 0;
}

static int start(struct plx_port *port)
{
	struct plx_error saved;
	int err = 0;

	for (unsigned i = 0; !err && i < port->n_rxq; i++) {
		struct af_packet_rxq *q = (struct af_packet_rxq *)port->rxqs[i];

		if (q->fd < 0)
			err = plx_af_packet_open_rx(q);
	}
	if (!err)
		err = plx_af_packet_bind(port);
	if (!err)
		return 0;
	saved = *plx_last_error();
	stop(port);
	return plx_fail_again(&saved);
}

static void port_link(struct plx_port *port, struct plx_link *link)
{
	const struct af_packet_device *device = (const struct af_packet_device *)port->device;
	struct plx_netdev_link now;

	plx_netdev_link(&device->netdev, &now);
	*link = (struct plx_link){ now.up, now.full_duplex, now.mbps };
}

static int set_mtu(struct plx_port *port, uint16_t mtu)
{
	return plx_netdev_set_mtu(&((struct af_packet_device *)port->device)->netdev, mtu);
}

static int set_mac(struct plx_port *port, const uint8_t mac[6])
{
	return plx_netdev_set_mac(&((struct af_packet_device *)port->device)->netdev, mac);
}

static void add_xstats(struct plx_port *port, struct plx_xstats *x)
{
	for (unsigned i = 0; i < port->n_rxq; i++) {
		const struct af_packet_rxq *q = (const struct af_packet_rxq *)port->rxqs[i];

		plx_xstats_add(x, q->kernel_packets, "rxq%u_kernel_packets", i);
		plx_xstats_add(x, q->kernel_drops, "rxq%u_kernel_drops", i);
		plx_xstats_add(x, q->freezes, "rxq%u_ring_full", i);
		plx_xstats_add(x, q->copied, "rxq%u_recvmsg_calls", i);
		plx_xstats_add(x, q->cut, "rxq%u_segmented", i);
		plx_xstats_add(x, q->filtered, "rxq%u_not_for_us", i);
	}
	for (unsigned i = 0; i < port->n_txq; i++)
		plx_xstats_add(x, ((const struct af_packet_txq *)port->txqs[i])->calls,
			       "txq%u_sendmmsg_calls", i);
}

const struct plx_driver plx_af_packet_driver = {
	.name = "af_packet",
	.summary = "A Linux network interface, through packet sockets",
	.keys = keys,
	.args_size = sizeof(struct af_packet_args),
	.device_size = sizeof(struct af_packet_device),
	.rxq_size = sizeof(struct af_packet_rxq),
	.txq_size = sizeof(struct af_packet_txq),
	.open_device = open_device,
	.close_device = close_device,
	.open_port = open_port,
	.check_conf = plx_af_packet_check_conf,
	.init_rxq = plx_af_packet_init_rxq,
	.init_txq = plx_af_packet_init_txq,
	.exit_rxq = plx_af_packet_exit_rxq,
	.exit_txq = plx_af_packet_exit_txq,
	.start = start,
	.stop = stop,
	.rx_burst = plx_af_packet_rx_burst,
	.tx_burst = plx_af_packet_tx_burst,
	.rxq_status = plx_af_packet_rxq_status,
	.txq_status = plx_af_packet_txq_status,
	.link = port_link,
	.set_mtu = set_mtu,
	.set_mac = set_mac,
	.set_promiscuous = set_promiscuous,
	.set_allmulti = set_allmulti,
	.read_stats = plx_af_packet_read_stats,
	.xstats = add_xstats,
	.rxq_info = plx_af_packet_rxq_info,
	.txq_info = plx_af_packet_txq_info,
	.rxq_desc = plx_af_packet_rxq_desc,
};
