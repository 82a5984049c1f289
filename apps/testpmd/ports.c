/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ports by number: opened, closed, opened anew; and what they have counted, which outlasts the
 * queues that counted it.
 */
#include "testpmd/app.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct app_port *app_port(struct app *app, uint64_t number)
{
	if (number < MAX_PORTS && app->ports[number].port)
		return &app->ports[number];
	if (number < MAX_PORTS && app->ports[number].removed) {
		app_fail(app, -ENODEV, PLX_R_NO_DEVICE, "port %u is closed: its device is gone",
			 (unsigned)number);
		return NULL;
	}
	app_fail(app, -ENODEV, PLX_R_INDEX, "there is no port %u (see show port summary all)",
		 (unsigned)number);
	return NULL;
}

const char *app_port_name(const struct app *app, unsigned number, char buf[APP_PORT_NAME])
{
	const char *spec = app->ports[number].spec;
	size_t len = strlen(spec);

	/* Both its ends tell long ones apart. */
	if (len < APP_PORT_NAME - 5)
		snprintf(buf, APP_PORT_NAME, "%u: %s", number, spec);
	else
		snprintf(buf, APP_PORT_NAME, "%u: %.16s...%s", number, spec,
			 spec + len - (APP_PORT_NAME - 26));
	return buf;
}

/* --- opening and closing ------------------------------------------------------------------------ */

/* "0000:03:00.0": the port's driver is that of the function. */
static bool is_pci_address(const char *spec)
{
	return strspn(spec, "0123456789abcdefABCDEF") == strcspn(spec, ":");
}

/* A key or value that the driver does not know: say where they are described, too. */
static int refuse(struct app *app, const char *spec)
{
	const struct plx_error *e = plx_last_error();

	if ((e->reason != PLX_R_BAD_KEY && e->reason != PLX_R_BAD_VALUE) || is_pci_address(spec))
		return app_keep(app, e);
	return app_fail(app, e->err, e->reason, "%.180s (see %s %.*s)", e->text,
			app->interactive ? "show drivers" : "--help-ports", (int)strcspn(spec, ":"),
			spec);
}

static int free_number(struct app *app, unsigned *number)
{
	for (*number = 0; *number < MAX_PORTS; ++*number)
		if (!app->ports[*number].spec)
			return 0;
	return app_fail(app, -ENOSPC, PLX_R_INDEX, "%d ports are open already", MAX_PORTS);
}

int app_open_port(struct app *app, const char *spec, unsigned *number)
{
	struct app_port *p;
	int err = free_number(app, number);

	if (err)
		return err;
	p = &app->ports[*number];
	*p = (struct app_port){ .spec = strdup(spec), .mtu = (uint16_t)app->settings.mtu };
	if (!p->spec)
		return app_fail_nomem(app);
	if (plx_port_open(app->ctx, spec, &p->port)) {
		free(p->spec);
		p->spec = NULL;
		return refuse(app, spec);
	}
	/* As DPDK's testpmd has it: 02:00:00:00:00:port. */
	p->peer_mac[0] = 2;
	p->peer_mac[5] = (uint8_t)*number;
	p->shown_cycles = plx_cycles();
	app->portlist[app->n_portlist++] = *number;
	app->next_look_ns = 0; /* its device may go away */
	return 0;
}

static void leave_portlist(struct app *app, unsigned number)
{
	unsigned n = 0;

	for (unsigned i = 0; i < app->n_portlist; i++)
		if (app->portlist[i] != number)
			app->portlist[n++] = app->portlist[i];
	app->n_portlist = n;
}

static void forget_xstats(struct app_port *p)
{
	free(p->xcleared);
	p->xcleared = NULL;
	p->n_xcleared = 0;
}

static int close_device(struct app *app, struct app_port *p)
{
	int err = app_keep_last(app, plx_port_close(p->port));

	p->port = NULL;
	free(p->pools);
	p->pools = NULL;
	p->has_conf = false;
	forget_xstats(p);
	return err;
}

int app_close_port(struct app *app, unsigned number)
{
	struct app_port *p = &app->ports[number];
	int err = close_device(app, p);

	free(p->spec);
	*p = (struct app_port){ .spec = NULL };
	leave_portlist(app, number);
	return err;
}

void app_remove_port(struct app *app, unsigned number)
{
	struct app_port *p = &app->ports[number];
	struct plx_error before = app->error;

	plx_port_info(p->port, &p->last);
	app_port_keep_stats(app, number);
	close_device(app, p);
	app->error = before; /* that it is gone was said */
	p->removed = true;
	leave_portlist(app, number);
}

void app_forget_removed(struct app *app)
{
	for (unsigned i = 0; i < MAX_PORTS; i++) {
		struct app_port *p = &app->ports[i];

		p->gone = p->lost = false;
		if (!p->removed)
			continue;
		free(p->spec);
		*p = (struct app_port){ .spec = NULL };
	}
}

void app_port_info(const struct app *app, unsigned number, struct plx_port_info *info)
{
	const struct app_port *p = &app->ports[number];

	if (p->port)
		plx_port_info(p->port, info);
	else
		*info = p->last;
}

/* What was set on the port stays, and its statistics. */
static int reset_device(struct app *app, struct app_port *p)
{
	struct plx_port_info info;
	int err = 0;

	plx_port_info(p->port, &info);
	if (info.started)
		err = app_keep_last(app, plx_port_stop(p->port));
	return err ? err : app_keep_last(app, plx_port_reset(p->port));
}

static int reopen(struct app *app, unsigned number)
{
	struct app_port *p = &app->ports[number];
	int err;

	err = close_device(app, p);
	p->past = p->cleared = p->shown = (struct plx_port_stats){ .rx = { .packets = 0 } };
	p->shown_cycles = plx_cycles();
	if (plx_port_open(app->ctx, p->spec, &p->port)) {
		err = refuse(app, p->spec);
		free(p->spec);
		*p = (struct app_port){ .spec = NULL };
		leave_portlist(app, number);
	}
	return err;
}

int app_reset_port(struct app *app, unsigned number)
{
	struct app_port *p = &app->ports[number];
	struct plx_port_info info;

	plx_port_info(p->port, &info);
	return info.caps.features & PLX_PORT_RESET ? reset_device(app, p) : reopen(app, number);
}

int app_start_ports(struct app *app)
{
	int err = 0;

	for (unsigned i = 0; i < MAX_PORTS && !err; i++) {
		struct app_port *p = &app->ports[i];
		struct plx_port_info info;

		if (!p->port || p->down)
			continue;
		plx_port_info(p->port, &info);
		if (!info.started)
			err = app_keep_last(app, plx_port_start(p->port));
	}
	return err;
}

int app_stop_ports(struct app *app)
{
	int err = 0;

	for (unsigned i = 0; i < MAX_PORTS; i++) {
		struct plx_port_info info;

		if (!app->ports[i].port)
			continue;
		plx_port_info(app->ports[i].port, &info);
		if (info.started && plx_port_stop(app->ports[i].port) && !err)
			err = app_keep(app, plx_last_error());
	}
	return err;
}

/* "PORT,MAC" of digits and colons only, which sscanf() alone does not insist on. */
static bool read_peer(const char *item, unsigned *port, unsigned mac[6])
{
	int end = 0;

	return strspn(item, "0123456789") <= 4 &&
	       strspn(item, "0123456789abcdefABCDEF:,") == strlen(item) &&
	       sscanf(item, "%u,%2x:%2x:%2x:%2x:%2x:%2x%n", port, &mac[0], &mac[1], &mac[2],
		      &mac[3], &mac[4], &mac[5], &end) == 6 + 1 &&
	       !item[end];
}

static int set_peers(struct app *app)
{
	const struct option_list *peers = &app->settings.eth_peers;

	for (unsigned i = 0; i < peers->n; i++) {
		unsigned port, mac[6];

		if (!read_peer(peers->items[i], &port, mac) || port >= app->n_portlist)
			return app_fail(app, -EINVAL, PLX_R_BAD_VALUE,
					"--eth-peer %.60s is not PORT,MAC with a port below %u",
					peers->items[i], app->n_portlist);
		for (int j = 0; j < 6; j++)
			app->ports[port].peer_mac[j] = (uint8_t)mac[j];
	}
	return 0;
}

int app_open_ports(struct app *app)
{
	const struct option_list *specs = &app->settings.ports;
	unsigned number;
	int err = 0;

	for (unsigned i = 0; i < specs->n && !err; i++)
		err = app_open_port(app, specs->items[i], &number);
	return err ? err : set_peers(app);
}

/* --- what they have counted --------------------------------------------------------------------- */

void stats_add(struct plx_port_stats *to, const struct plx_port_stats *s, int sign)
{
	uint64_t *a = (uint64_t *)to;
	const uint64_t *b = (const uint64_t *)s;

	_Static_assert(sizeof(*to) % sizeof(*a) == 0, "statistics are counts and nothing else");
	for (size_t i = 0; i < sizeof(*to) / sizeof(*a); i++)
		a[i] += sign < 0 ? -b[i] : b[i];
}

void app_port_total(const struct app *app, unsigned number, struct plx_port_stats *stats)
{
	const struct app_port *p = &app->ports[number];

	*stats = p->past;
	if (p->port) {
		struct plx_port_stats now;

		plx_port_stats(p->port, &now);
		stats_add(stats, &now, 1);
	}
}

void app_port_stats(const struct app *app, unsigned number, struct plx_port_stats *stats)
{
	app_port_total(app, number, stats);
	stats_add(stats, &app->ports[number].cleared, -1);
}

void app_port_keep_stats(struct app *app, unsigned number)
{
	struct app_port *p = &app->ports[number];
	struct plx_port_stats now;

	plx_port_stats(p->port, &now);
	stats_add(&p->past, &now, 1);
	plx_port_stats_clear(p->port);
	forget_xstats(p);
}

static int read_xstats(struct app *app, const struct app_port *p, struct plx_xstat **list,
		       unsigned *n)
{
	if (plx_port_xstats(p->port, NULL, 0, n))
		return app_keep(app, plx_last_error());
	*list = calloc(*n + 1, sizeof(**list));
	if (!*list)
		return app_fail_nomem(app);
	return app_keep_last(app, plx_port_xstats(p->port, *list, *n, n));
}

/* The port itself is not cleared: it cannot tell what it counted between reading and clearing. */
int app_port_clear(struct app *app, unsigned number)
{
	struct app_port *p = &app->ports[number];

	app_port_total(app, number, &p->cleared);
	p->shown = (struct plx_port_stats){ .rx = { .packets = 0 } };
	p->shown_cycles = plx_cycles();
	forget_xstats(p);
	return read_xstats(app, p, &p->xcleared, &p->n_xcleared);
}

int app_port_xstats(struct app *app, unsigned number, struct plx_xstat **list, unsigned *n)
{
	const struct app_port *p = &app->ports[number];
	int err = read_xstats(app, p, list, n);

	/* Names and their order stay until the port is configured anew, which forgets these. */
	for (unsigned i = 0; !err && i < *n && i < p->n_xcleared; i++)
		(*list)[i].value -= p->xcleared[i].value;
	return err;
}
