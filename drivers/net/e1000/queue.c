/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rings: their memory, and the registers that describe them to the card.
 */
#include "e1000.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Buffers are as long as RCTL can say: 256 to 16384, powers of two. */
uint32_t plx_e1000_buffer_size(uint32_t room)
{
	uint32_t size = 16384;

	while (size > room)
		size /= 2;
	return size < 256 ? 0 : size;
}

/* Without RCTL.LPE the card drops what is longer than a tagged frame of 1500 bytes. */
bool plx_e1000_long_packets(uint16_t mtu)
{
	return mtu > 1500;
}

uint32_t plx_e1000_longest(uint16_t mtu)
{
	return (plx_e1000_long_packets(mtu) ? mtu : 1500) + ETH_HDR + VLAN_LEN;
}

/* --- configuration --- */

static int check_pools(const struct plx_port *port, const struct plx_port_conf *conf)
{
	uint32_t longest = plx_e1000_longest(conf->mtu), first = 0, size;
	struct plx_pool_account account;
	struct plx_pool_info pool;
	int err = plx_check_rx_pools(port, conf, longest);

	for (unsigned i = 0; !err && i < conf->n_rxq; i++) {
		plx_pool_info(plx_conf_pool(conf, i), &pool);
		plx_pool_account(plx_conf_pool(conf, i), &account);
		size = plx_e1000_buffer_size(pool.data_room);
		first = i ? first : size;
		if (!size)
			err = plx_fail(-EINVAL, PLX_R_MISMATCH, port->child.name,
				       "the card's smallest buffers have 256 bytes, and the "
				       "pool's have %u: give it larger ones",
				       pool.data_room);
		else if (size != first)
			err = plx_fail(-EINVAL, PLX_R_MISMATCH, port->child.name,
				       "all receive queues have buffers of one size: pools for "
				       "%u and %u bytes do not go together",
				       first, size);
		else if (account.total < plx_entries(longest, size))
			err = plx_fail(-EINVAL, PLX_R_TOO_LARGE, port->child.name,
				       "the longest frame needs %u buffers of %u bytes and the "
				       "pool has %u: give it more or larger ones",
				       plx_entries(longest, size), size, account.total);
	}
	return err;
}

int plx_e1000_check_conf(struct plx_port *port, const struct plx_port_conf *conf)
{
	if (conf->offloads & PLX_OFFLOAD_TX_VLAN && !(conf->offloads & PLX_OFFLOAD_RX_VLAN_STRIP))
		return plx_fail(-ENOTSUP, PLX_R_UNSUPPORTED, port->child.name,
				"%s inserts VLAN tags only where it strips them, too "
				"(CTRL.VME): ask for both",
				port->child.name);
	return check_pools(port, conf);
}

int plx_e1000_set_mtu(struct plx_port *port, uint16_t mtu)
{
	for (unsigned i = 0; i < port->n_rxq; i++) {
		const struct e1000_rxq *q = (const struct e1000_rxq *)port->rxqs[i];

		port->rx_max_entries = (uint16_t)plx_entries(plx_e1000_longest(mtu), q->size);
		port->rxqs[i]->max_entries = port->rx_max_entries;
	}
	return 0;
}

/* --- memory --- */

static int make_ring(struct e1000_device *device, struct e1000_ring *ring, uint32_t n,
		     uint32_t tail_reg)
{
	void *desc;
	int err = plx_dmabuf_alloc(device->nic.dev, n * sizeof(*ring->desc),
				   PLX_IOMMU_READ | PLX_IOMMU_WRITE, &desc, &ring->iova);

	if (err)
		return err;
	ring->desc = desc;
	ring->mask = n - 1;
	ring->tail_reg = tail_reg;
	ring->doorbell = plx_regs_doorbell(&device->regs, tail_reg);
	return 0;
}

static void free_ring(struct e1000_device *device, struct e1000_ring *ring)
{
	if (ring->desc)
		plx_dmabuf_free(device->nic.dev, ring->desc);
	ring->desc = NULL;
}

/* With the last queue ends what they shared. */
static void after_exit(struct plx_port *port)
{
	struct e1000_device *device = e1000_device(port);

	if (port->n_rxq || port->n_txq)
		return;
	plx_nic_irq_off(&device->nic);
	plx_nic_unmap_pools(&device->nic);
}

static int make_rxq(struct e1000_rxq *q)
{
	struct e1000_device *device = q->device;
	const struct plx_port *port = q->base.port;
	int err;

	q->buffers = calloc(port->rxd, sizeof(*q->buffers));
	if (!q->buffers)
		return plx_fail_nomem(device->nic.base.spec, "a receive queue");
	err = plx_nic_map_pool(&device->nic, q->base.pool, PLX_IOMMU_READ | PLX_IOMMU_WRITE);
	if (!err)
		err = make_ring(device, &q->ring, port->rxd, E1000_RDT(q->base.index));
	if (!err && port->interrupts)
		err = plx_nic_irq_on(&device->nic);
	return err;
}

static void unmake_rxq(struct e1000_rxq *q)
{
	free_ring(q->device, &q->ring);
	free(q->buffers);
	after_exit(q->base.port);
}

int plx_e1000_init_rxq(struct plx_rxq *base)
{
	struct e1000_rxq *q = (struct e1000_rxq *)base;
	const struct plx_port *port = base->port;
	struct plx_pool_info pool;
	struct plx_error saved;

	q->device = e1000_device(port);
	plx_pool_info(base->pool, &pool);
	q->size = plx_e1000_buffer_size(pool.data_room);
	base->max_entries = (uint16_t)plx_entries(plx_e1000_longest(port->mtu), q->size);
	q->refill = port->rxd / 4 < E1000_BATCH ? port->rxd / 4 : E1000_BATCH;
	q->extended = q->device->model->pcie;
	q->found = port->offloads &
		   (PLX_OFFLOAD_RX_CSUM | PLX_OFFLOAD_RX_VLAN_STRIP | PLX_OFFLOAD_RX_HASH);
	q->pool = plx_pool_number(base->pool);
	if (!make_rxq(q)) {
		q->offset = plx_nic_offset(&q->device->nic, q->pool);
		plx_e1000_count_anew(q);
		return 0;
	}
	saved = *plx_last_error();
	unmake_rxq(q);
	return plx_fail_again(&saved);
}

void plx_e1000_exit_rxq(struct plx_rxq *base)
{
	unmake_rxq((struct e1000_rxq *)base);
}

static int make_txq(struct e1000_txq *q)
{
	const uint16_t n = q->base.port->txd;

	q->sent = calloc(n, sizeof(*q->sent));
	q->runs = calloc(n, sizeof(*q->runs));
	q->marks = calloc(n, sizeof(*q->marks));
	if (!q->sent || !q->runs || !q->marks)
		return plx_fail_nomem(q->device->nic.base.spec, "a transmit queue");
	return make_ring(q->device, &q->ring, n, E1000_TDT(q->base.index));
}

static void unmake_txq(struct e1000_txq *q)
{
	free_ring(q->device, &q->ring);
	free(q->sent);
	free(q->runs);
	free(q->marks);
	after_exit(q->base.port);
}

int plx_e1000_init_txq(struct plx_txq *base)
{
	struct e1000_txq *q = (struct e1000_txq *)base;
	struct plx_error saved;

	q->device = e1000_device(base->port);
	q->work = plx_tx_work(base->port->offloads);
	plx_e1000_tx_limits(q);
	if (!make_txq(q))
		return 0;
	saved = *plx_last_error();
	unmake_txq(q);
	return plx_fail_again(&saved);
}

void plx_e1000_exit_txq(struct plx_txq *base)
{
	unmake_txq((struct e1000_txq *)base);
}

/* --- start and stop --- */

static void empty(struct e1000_ring *ring)
{
	ring->head = ring->tail = 0;
	memset(ring->desc, 0, (ring->mask + 1) * sizeof(*ring->desc));
}

/* @base: RDBAL or TDBAL of the queue; the others follow it. No ring: the queue is not used. */
static void program(const struct e1000_device *device, uint32_t base, const struct e1000_ring *ring)
{
	const uint64_t iova = ring ? ring->iova : 0;
	const uint32_t bytes = ring ? (ring->mask + 1) * (uint32_t)sizeof(*ring->desc) : 0;

	e1000_write(device, base, (uint32_t)iova);
	e1000_write(device, base + E1000_DBAH, (uint32_t)(iova >> 32));
	e1000_write(device, base + E1000_DLEN, bytes);
	e1000_write(device, base + E1000_DH, 0);
	e1000_write(device, base + E1000_DT, 0);
}

/* Each descriptor is written back as soon as there is something to say: no WTHRESH, no delay. */
static void start_rx(const struct e1000_device *device, const struct plx_port *port)
{
	for (unsigned i = 0; i < device->model->queues; i++) {
		struct e1000_rxq *q = i < port->n_rxq ? (struct e1000_rxq *)port->rxqs[i] : NULL;

		if (q) {
			empty(&q->ring);
			q->skipping = false;
		}
		program(device, E1000_RDBAL(i), q ? &q->ring : NULL);
		e1000_write(device, E1000_RXDCTL(i),
			    E1000_DCTL_GRAN | E1000_DCTL_PTHRESH(32) | E1000_DCTL_HTHRESH(4));
	}
	e1000_write(device, E1000_RDTR, 0);
	e1000_write(device, E1000_RADV, 0);
	e1000_write(device, E1000_ITR, 0);
}

static void start_tx(const struct e1000_device *device, const struct plx_port *port)
{
	const uint32_t must = device->model->pcie ? E1000_DCTL_COUNT_DESC : 0;

	for (unsigned i = 0; i < device->model->queues; i++) {
		struct e1000_txq *q = i < port->n_txq ? (struct e1000_txq *)port->txqs[i] : NULL;

		if (q) {
			empty(&q->ring);
			q->run_head = q->run_tail = 0;
			q->mark_head = q->mark_tail = q->marked = 0;
			q->context = (struct e1000_desc){ 0, 0 };
			q->after_tso = false;
		}
		program(device, E1000_TDBAL(i), q ? &q->ring : NULL);
		e1000_write(device, E1000_TXDCTL(i),
			    E1000_DCTL_GRAN | must | E1000_DCTL_PTHRESH(31) |
				    E1000_DCTL_HTHRESH(1));
		if (device->model->pcie)
			e1000_write(device, E1000_TARC(i),
				    E1000_TARC_COUNT(3) | (q ? E1000_TARC_ENABLE : 0) |
					    (i ? 0 : E1000_TARC0_RSVD_26));
	}
	e1000_write(device, E1000_TIPG, E1000_TIPG_VALUE);
	e1000_write(device, E1000_TIDV, 0);
	e1000_write(device, E1000_TADV, 0);
}

void plx_e1000_start_queues(struct plx_port *port)
{
	start_rx(e1000_device(port), port);
	start_tx(e1000_device(port), port);
}

void plx_e1000_fill_queues(struct plx_port *port)
{
	for (unsigned i = 0; i < port->n_rxq; i++)
		plx_e1000_rxq_fill((struct e1000_rxq *)port->rxqs[i]);
}

void plx_e1000_drain_queues(struct plx_port *port)
{
	for (unsigned i = 0; i < port->n_rxq; i++)
		plx_e1000_rxq_drain((struct e1000_rxq *)port->rxqs[i]);
	for (unsigned i = 0; i < port->n_txq; i++)
		plx_e1000_txq_drain((struct e1000_txq *)port->txqs[i]);
}

/* --- for people --- */

void plx_e1000_rxq_info(struct plx_rxq *base, struct plx_queue_info *info)
{
	const struct e1000_rxq *q = (const struct e1000_rxq *)base;

	info->descriptors = (uint16_t)(q->ring.mask + 1);
	snprintf(info->how, sizeof(info->how), "%s descriptors, %u bytes a buffer%s, tail %s",
		 q->extended ? "extended" : "legacy", q->size,
		 q->found ? ", with what the card found" : "",
		 q->ring.doorbell ? "mapped" : "through the transport");
}

void plx_e1000_txq_info(struct plx_txq *base, struct plx_queue_info *info)
{
	const struct e1000_txq *q = (const struct e1000_txq *)base;

	info->descriptors = (uint16_t)(q->ring.mask + 1);
	snprintf(info->how, sizeof(info->how), "status reported every %u descriptors%s, tail %s",
		 E1000_BATCH, q->work ? "; context descriptors for what is asked for" : "",
		 q->ring.doorbell ? "mapped" : "through the transport");
}
