/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For a close look: statistics by name, queues and descriptors in words.
 */
#include "port/device.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

void plx_xstats_add(struct plx_xstats *x, uint64_t value, const char *fmt, ...)
{
	if (x->n < x->room) {
		struct plx_xstat *stat = &x->list[x->n];
		va_list ap;

		va_start(ap, fmt);
		vsnprintf(stat->name, sizeof(stat->name), fmt, ap);
		va_end(ap);
		stat->value = value;
	}
	x->n++;
}

static void add_sums(struct plx_xstats *x, const char *what, const struct plx_queue_stats *stats)
{
	plx_xstats_add(x, stats->packets, "%s_packets", what);
	plx_xstats_add(x, stats->bytes, "%s_bytes", what);
}

static void add_drops(struct plx_xstats *x, const char *what, const struct plx_queue_stats *stats)
{
	for (unsigned i = 0; i < PLX_DROP_COUNT_; i++)
		plx_xstats_add(x, stats->drops[i], "%s_drop_%s", what, plx_drop_name(i));
}

static void add_queues(struct plx_xstats *x, const struct plx_port *port)
{
	struct plx_queue_stats stats;
	char what[16];

	for (unsigned i = 0; i < port->n_rxq; i++) {
		plx_rxq_stats(port->rxqs[i], &stats);
		snprintf(what, sizeof(what), "rxq%u", i);
		add_sums(x, what, &stats);
		plx_xstats_add(x, stats.short_bursts, "%s_short_bursts", what);
	}
	for (unsigned i = 0; i < port->n_txq; i++) {
		plx_txq_stats(port->txqs[i], &stats);
		snprintf(what, sizeof(what), "txq%u", i);
		add_sums(x, what, &stats);
	}
}

int plx_port_xstats(const struct plx_port *port, struct plx_xstat *xstats, unsigned n,
		    unsigned *total)
{
	struct plx_xstats x = { .list = xstats, .room = n };
	struct plx_port_stats sums;

	if (total)
		*total = 0;
	if (!port)
		return plx_fail_null(1, "port");
	if (!xstats && n)
		return plx_fail_null(2, "xstats");
	if (!total)
		return plx_fail_null(4, "total");
	plx_port_stats(port, &sums);
	add_sums(&x, "rx", &sums.rx);
	add_sums(&x, "tx", &sums.tx);
	add_drops(&x, "rx", &sums.rx);
	add_drops(&x, "tx", &sums.tx);
	add_queues(&x, port);
	if (port->device->driver->xstats)
		port->device->driver->xstats((struct plx_port *)(uintptr_t)port, &x);
	*total = x.n;
	return plx_ok();
}

void plx_rxq_info(struct plx_rxq *q, struct plx_queue_info *info)
{
	const struct plx_driver *driver = q->port->device->driver;

	*info = (struct plx_queue_info){
		.descriptors = q->port->caps.rxd.max ? q->port->rxd : 0,
		.max_entries = q->max_entries,
		.pool = q->pool,
	};
	if (driver->rxq_info)
		driver->rxq_info(q, info);
}

void plx_txq_info(struct plx_txq *q, struct plx_queue_info *info)
{
	const struct plx_driver *driver = q->port->device->driver;

	*info = (struct plx_queue_info){
		.descriptors = q->port->caps.txd.max ? q->port->txd : 0,
	};
	if (driver->txq_info)
		driver->txq_info(q, info);
}

/* Can descriptor @index be described? */
static int check_desc(const struct plx_port *port, bool has, unsigned index, unsigned n,
		      const char *kind)
{
	if (!has)
		return plx_fail(-ENOTSUP, PLX_R_UNSUPPORTED, port->child.name,
				"%s has no %s descriptors to show", port->child.name, kind);
	if (index >= n)
		return plx_fail(-EINVAL, PLX_R_INDEX, port->child.name,
				"%s has %s descriptors 0 to %u, not %u", port->child.name, kind,
				n - 1, index);
	return 0;
}

int plx_rxq_desc(struct plx_rxq *q, unsigned index, char *text, size_t size)
{
	const struct plx_driver *driver;
	int err;

	if (!q)
		return plx_fail_null(1, "q");
	if (!text || !size)
		return plx_fail_null(3, "text");
	driver = q->port->device->driver;
	err = check_desc(q->port, driver->rxq_desc, index, q->port->rxd, "receive");
	if (err)
		return err;
	driver->rxq_desc(q, index, text, size);
	return plx_ok();
}

int plx_txq_desc(struct plx_txq *q, unsigned index, char *text, size_t size)
{
	const struct plx_driver *driver;
	int err;

	if (!q)
		return plx_fail_null(1, "q");
	if (!text || !size)
		return plx_fail_null(3, "text");
	driver = q->port->device->driver;
	err = check_desc(q->port, driver->txq_desc, index, q->port->txd, "transmit");
	if (err)
		return err;
	driver->txq_desc(q, index, text, size);
	return plx_ok();
}
