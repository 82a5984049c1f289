/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * null: receives frames from nowhere as fast as it is asked, and sends to nowhere.
 *
 * For each frame it does what any port must: takes a buffer from the pool to receive, gives it
 * back after sending. So it shows what the framework itself costs.
 */
#include "port/driver.h"

#include <errno.h>

#define FCS_LEN    4
#define ETH_HDR    14
#define MAX_QUEUES 64

struct null_args {
	uint64_t size;
	bool rx;
};

struct null_rxq {
	struct plx_rxq base;
	struct plx_pkt like; /* every packet it gives, but for the buffer */
};

static const struct plx_key keys[] = {
	{ .name = "size",
	  .type = PLX_KEY_UINT,
	  .offset = offsetof(struct null_args, size),
	  .min = 18,
	  .max = 16384,
	  .initial = "64",
	  .help = "length of the frames it gives, in bytes with FCS" },
	{ .name = "rx",
	  .type = PLX_KEY_BOOL,
	  .offset = offsetof(struct null_args, rx),
	  .initial = "on",
	  .help = "whether it gives any" },
	{ 0 },
};

static int null_open(struct plx_port *port)
{
	const struct null_args *args = port->device->args;

	port->caps = (struct plx_port_caps){
		.features = (args->rx ? PLX_PORT_RX : 0u) | PLX_PORT_TX | PLX_PORT_SET_MAC |
			    PLX_PORT_SET_MTU,
		.max_rxq = args->rx ? MAX_QUEUES : 0,
		.max_txq = MAX_QUEUES,
		.mtu_min = 68,
		.mtu_max = 16384 - ETH_HDR - FCS_LEN,
		.max_frame = 16384 - FCS_LEN,
	};
	port->mtu = 1500;
	plx_soft_mac(port);
	return 0;
}

/* It makes its frames of one piece: the buffers must be large enough. */
static int null_check_conf(struct plx_port *port, const struct plx_port_conf *conf)
{
	const struct null_args *args = port->device->args;
	struct plx_pool_info pool;

	for (unsigned i = 0; i < conf->n_rxq; i++) {
		plx_pool_info(plx_conf_pool(conf, i), &pool);
		if (args->size - FCS_LEN > pool.data_room)
			return plx_fail(-EINVAL, PLX_R_MISMATCH, port->child.name,
					"frames of size=%u do not fit the pool's buffers of %u "
					"bytes",
					(unsigned)args->size, pool.data_room);
	}
	return 0;
}

static int null_init_rxq(struct plx_rxq *base)
{
	struct null_rxq *q = (struct null_rxq *)base;
	const struct null_args *args = base->port->device->args;

	q->like.len = (uint16_t)(args->size - FCS_LEN);
	q->like.port = base->port_number;
	q->like.pool = plx_pool_number(base->pool);
	return 0;
}

static int null_init_txq(struct plx_txq *q)
{
	(void)q;
	return 0;
}

static unsigned null_rx(struct plx_rxq *base, struct plx_pkt *pkts, unsigned n)
{
	struct null_rxq *q = (struct null_rxq *)base;
	unsigned got;

	got = plx_pool_get(base->pool, &q->like, pkts, n);
	plx_count_burst(&base->counts, got, (uint64_t)got * q->like.len);
	return got;
}

static unsigned null_tx(struct plx_txq *q, const struct plx_pkt *pkts, unsigned n)
{
	struct plx_sum sum;

	n = plx_whole_frames(pkts, n);
	sum = plx_pkts_sent(pkts, n);
	plx_count_burst(&q->counts, sum.frames, sum.bytes);
	return n;
}

const struct plx_driver plx_null_driver = {
	.name = "null",
	.summary = "Frames from nowhere, as fast as they are asked for; sent ones vanish",
	.keys = keys,
	.args_size = sizeof(struct null_args),
	.rxq_size = sizeof(struct null_rxq),
	.txq_size = sizeof(struct plx_txq),
	.open_port = null_open,
	.check_conf = null_check_conf,
	.init_rxq = null_init_rxq,
	.init_txq = null_init_txq,
	.rx_burst = null_rx,
	.tx_burst = null_tx,
};
