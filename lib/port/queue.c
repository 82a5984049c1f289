/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Queues: made and unmade with a port's configuration; their statistics.
 */
#include "port/device.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static unsigned stopped_rx(struct plx_rxq *q, struct plx_pkt *pkts, unsigned n)
{
	(void)q;
	(void)pkts;
	(void)n;
	return 0;
}

static unsigned stopped_tx(struct plx_txq *q, const struct plx_pkt *pkts, unsigned n)
{
	(void)q;
	(void)pkts;
	(void)n;
	return 0;
}

/* The longest frame needs more room than the caller offers: nothing can be given (design 3). */
static unsigned short_rx(struct plx_rxq *q, struct plx_pkt *pkts, unsigned n)
{
	if (n >= q->max_entries)
		return q->whole_burst(q, pkts, n);
	plx_count(&q->counts.short_bursts, 1);
	return 0;
}

static void connect_rxq(struct plx_rxq *q)
{
	const struct plx_driver *driver = q->port->device->driver;
	plx_rx_burst_fn rx = driver->choose_rx ? driver->choose_rx(q) : driver->rx_burst;

	/* A port that never scatters needs no check of n. */
	q->whole_burst = rx;
	q->head.burst.rx = q->max_entries > 1 ? short_rx : rx;
}

static void connect_txq(struct plx_txq *q)
{
	const struct plx_driver *driver = q->port->device->driver;

	q->head.burst.tx = driver->choose_tx ? driver->choose_tx(q) : driver->tx_burst;
}

void plx_queues_connect(struct plx_port *port)
{
	for (unsigned i = 0; i < port->n_rxq; i++)
		connect_rxq(port->rxqs[i]);
	for (unsigned i = 0; i < port->n_txq; i++)
		connect_txq(port->txqs[i]);
}

void plx_queues_disconnect(struct plx_port *port)
{
	for (unsigned i = 0; i < port->n_rxq; i++)
		port->rxqs[i]->head.burst.rx = stopped_rx;
	for (unsigned i = 0; i < port->n_txq; i++)
		port->txqs[i]->head.burst.tx = stopped_tx;
}

static void *new_queue(size_t size)
{
	void *q;

	size = (size + PLX_CACHE_LINE - 1) & ~(size_t)(PLX_CACHE_LINE - 1);
	q = aligned_alloc(PLX_CACHE_LINE, size);
	if (q)
		memset(q, 0, size);
	return q;
}

static int add_rxq(struct plx_port *port, const struct plx_port_conf *conf)
{
	const struct plx_driver *driver = port->device->driver;
	struct plx_rxq *q = new_queue(driver->rxq_size);
	int err;

	if (!q)
		return plx_fail_nomem(port->child.name, "a queue");
	q->head.burst.rx = stopped_rx;
	q->port = port;
	q->index = port->n_rxq;
	q->port_number = port->number;
	q->pool = plx_conf_pool(conf, q->index);
	q->max_entries = 1;
	err = driver->init_rxq(q);
	if (err) {
		free(q);
		return err;
	}
	if (q->max_entries > port->rx_max_entries)
		port->rx_max_entries = q->max_entries;
	port->rxqs[port->n_rxq++] = q;
	return 0;
}

static int add_txq(struct plx_port *port)
{
	const struct plx_driver *driver = port->device->driver;
	struct plx_txq *q = new_queue(driver->txq_size);
	int err;

	if (!q)
		return plx_fail_nomem(port->child.name, "a queue");
	q->head.burst.tx = stopped_tx;
	q->port = port;
	q->index = port->n_txq;
	err = driver->init_txq(q);
	if (err) {
		free(q);
		return err;
	}
	port->txqs[port->n_txq++] = q;
	return 0;
}

int plx_queues_create(struct plx_port *port, const struct plx_port_conf *conf)
{
	int err = 0;

	port->rx_max_entries = 1;
	port->rxqs = calloc(conf->n_rxq + 1u, sizeof(*port->rxqs));
	port->txqs = calloc(conf->n_txq + 1u, sizeof(*port->txqs));
	if (!port->rxqs || !port->txqs)
		err = plx_fail_nomem(port->child.name, "queues");
	while (!err && port->n_rxq < conf->n_rxq)
		err = add_rxq(port, conf);
	while (!err && port->n_txq < conf->n_txq)
		err = add_txq(port);
	if (err) {
		struct plx_error saved = *plx_last_error();

		plx_queues_destroy(port);
		return plx_fail_again(&saved);
	}
	return 0;
}

void plx_queues_destroy(struct plx_port *port)
{
	const struct plx_driver *driver = port->device->driver;

	while (port->n_txq) {
		struct plx_txq *q = port->txqs[--port->n_txq];

		if (driver->exit_txq)
			driver->exit_txq(q);
		free(q);
	}
	while (port->n_rxq) {
		struct plx_rxq *q = port->rxqs[--port->n_rxq];

		if (driver->exit_rxq)
			driver->exit_rxq(q);
		free(q);
	}
	free(port->rxqs);
	free(port->txqs);
	port->rxqs = NULL;
	port->txqs = NULL;
}

struct plx_rxq *plx_port_rxq(struct plx_port *port, unsigned index)
{
	return index < port->n_rxq ? port->rxqs[index] : NULL;
}

struct plx_txq *plx_port_txq(struct plx_port *port, unsigned index)
{
	return index < port->n_txq ? port->txqs[index] : NULL;
}

int plx_rxq_status(struct plx_rxq *q)
{
	const struct plx_driver *driver = q->port->device->driver;

	return driver->rxq_status ? driver->rxq_status(q) : 0;
}

int plx_txq_status(struct plx_txq *q)
{
	const struct plx_driver *driver = q->port->device->driver;

	return driver->txq_status ? driver->txq_status(q) : 0;
}

static uint64_t get(const _Atomic uint64_t *count)
{
	return atomic_load_explicit(count, memory_order_relaxed);
}

/* A driver may take back what it counted too early: a moment of less than was cleared is 0. */
static uint64_t since(const _Atomic uint64_t *count, uint64_t cleared)
{
	uint64_t now = get(count);

	return now > cleared ? now - cleared : 0;
}

static void read_counts(const struct plx_queue_counts *c, const struct plx_queue_stats *cleared,
			struct plx_queue_stats *stats)
{
	stats->packets = since(&c->packets, cleared->packets);
	stats->bytes = since(&c->bytes, cleared->bytes);
	stats->short_bursts = since(&c->short_bursts, cleared->short_bursts);
	for (int i = 0; i < PLX_DROP_COUNT_; i++)
		stats->drops[i] = since(&c->drops[i], cleared->drops[i]);
}

void plx_rxq_stats(const struct plx_rxq *q, struct plx_queue_stats *stats)
{
	read_counts(&q->counts, &q->cleared, stats);
}

void plx_txq_stats(const struct plx_txq *q, struct plx_queue_stats *stats)
{
	read_counts(&q->counts, &q->cleared, stats);
}

static void add_stats(struct plx_queue_stats *sum, const struct plx_queue_stats *one)
{
	sum->packets += one->packets;
	sum->bytes += one->bytes;
	sum->short_bursts += one->short_bursts;
	for (int i = 0; i < PLX_DROP_COUNT_; i++)
		sum->drops[i] += one->drops[i];
}

/* Take over what the kernel or the device has counted. */
static void update_counts(const struct plx_port *port)
{
	const struct plx_driver *driver = port->device->driver;

	if (driver->read_stats)
		driver->read_stats((struct plx_port *)(uintptr_t)port);
}

void plx_port_stats(const struct plx_port *port, struct plx_port_stats *stats)
{
	struct plx_queue_stats one;

	update_counts(port);
	memset(stats, 0, sizeof(*stats));
	for (unsigned i = 0; i < port->n_rxq; i++) {
		plx_rxq_stats(port->rxqs[i], &one);
		add_stats(&stats->rx, &one);
	}
	for (unsigned i = 0; i < port->n_txq; i++) {
		plx_txq_stats(port->txqs[i], &one);
		add_stats(&stats->tx, &one);
	}
}

void plx_port_stats_clear(struct plx_port *port)
{
	static const struct plx_queue_stats zero;

	update_counts(port);
	for (unsigned i = 0; i < port->n_rxq; i++)
		read_counts(&port->rxqs[i]->counts, &zero, &port->rxqs[i]->cleared);
	for (unsigned i = 0; i < port->n_txq; i++)
		read_counts(&port->txqs[i]->counts, &zero, &port->txqs[i]->cleared);
}

const char *plx_drop_name(unsigned reason)
{
	static const char *const names[PLX_DROP_COUNT_] = {
		[PLX_DROP_NO_BUFFER] = "no_buffer",   [PLX_DROP_TOO_LONG] = "too_long",
		[PLX_DROP_EMPTY] = "empty",           [PLX_DROP_NO_PEER] = "no_peer",
		[PLX_DROP_WRITE] = "write_failed",    [PLX_DROP_MISSED] = "missed",
		[PLX_DROP_INVALID] = "invalid",       [PLX_DROP_OFFLOAD] = "offload",
		[PLX_DROP_NOT_MAPPED] = "not_mapped", [PLX_DROP_DEVICE] = "device",
		[PLX_DROP_ERROR] = "error",
	};

	return reason < PLX_DROP_COUNT_ ? names[reason] : NULL;
}
