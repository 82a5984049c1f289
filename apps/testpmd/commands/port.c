/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * port: start, stop, close, reset, attach, detach, config.
 */
#include "testpmd/commands/commands.h"

#include <errno.h>
#include <string.h>

int for_ports(struct app *app, const struct value *which, port_fn fn, const struct value *v,
	      struct report *r)
{
	int err = 0;

	if (which->choice == 0)
		return app_port(app, which->number) ? fn(app, (unsigned)which->number, v, r)
						    : app->error.err;
	for (unsigned i = 0; i < MAX_PORTS && !err; i++)
		if (app->ports[i].port)
			err = fn(app, i, v, r);
	return err;
}

static bool is_started(const struct app_port *p)
{
	struct plx_port_info info;

	plx_port_info(p->port, &info);
	return info.started;
}

static int up(struct app *app, unsigned number, const struct value *v, struct report *r)
{
	(void)v;
	(void)r;
	app->ports[number].down = false;
	return 0;
}

COMMAND(port_start)
{
	int err = check_stopped(app, "ports cannot be started");

	(void)n;
	if (!err)
		err = for_ports(app, &v[2], up, v, r);
	/* Its queues follow from the whole plan. */
	if (!err)
		err = app_plan_ports(app);
	return err ? err : app_start_ports(app);
}

static int stop(struct app *app, unsigned number, const struct value *v, struct report *r)
{
	struct app_port *p = &app->ports[number];

	(void)v;
	(void)r;
	p->down = true;
	return is_started(p) ? app_keep_last(app, plx_port_stop(p->port)) : 0;
}

COMMAND(port_stop)
{
	int err = check_stopped(app, "ports cannot be stopped");

	(void)n;
	return err ? err : for_ports(app, &v[2], stop, v, r);
}

static int end_port(struct app *app, unsigned number, const struct value *v, struct report *r)
{
	(void)v;
	(void)r;
	return app_close_port(app, number);
}

COMMAND(port_close)
{
	int err = check_stopped(app, "ports cannot be closed");

	(void)n;
	if (err)
		return err;
	app_free_streams(app); /* their queues go */
	return for_ports(app, &v[2], end_port, v, r);
}

COMMAND(port_detach)
{
	return port_close(app, v, n, r);
}

static int reset(struct app *app, unsigned number, const struct value *v, struct report *r)
{
	(void)v;
	(void)r;
	return app_reset_port(app, number);
}

COMMAND(port_reset)
{
	int err = check_stopped(app, "ports cannot be reset");

	(void)n;
	if (err)
		return err;
	app_free_streams(app);
	err = for_ports(app, &v[2], reset, v, r);
	if (!err)
		err = app_plan_ports(app);
	return err ? err : app_start_ports(app);
}

COMMAND(port_attach)
{
	int err = check_stopped(app, "ports cannot be attached");
	unsigned number;

	(void)n;
	if (!err)
		err = app_open_port(app, v[2].text, &number);
	if (err)
		return err;
	report_count(r, "port", "port", number);
	err = app_plan_ports(app);
	return err ? err : app_start_ports(app);
}

COMMAND(port_config_mtu)
{
	struct app_port *p = app_port(app, v[3].number);
	uint16_t mtu = (uint16_t)v[4].number;
	int err;

	(void)n;
	(void)r;
	if (!p)
		return app->error.err;
	err = app_keep_last(app, plx_port_set_mtu(p->port, mtu));
	if (!err)
		p->mtu = mtu;
	return err;
}

/* What a port's queues or descriptors of one kind may be. */
static struct plx_desc_limits limits_of(const struct plx_port_caps *caps, const char *what)
{
	if (what[2] == 'd')
		return what[0] == 'r' ? caps->rxd : caps->txd;
	return (struct plx_desc_limits){ .min = 1,
					 .max = what[0] == 'r' ? caps->max_rxq : caps->max_txq };
}

/* A port without queues or descriptors of the kind takes any number: it has none to set up. */
static int check_number(struct app *app, unsigned number, const struct value *v, struct report *r)
{
	const uint64_t asked = v[4].number;
	struct plx_desc_limits limits;
	struct plx_port_info info;
	char text[64];

	(void)r;
	plx_port_info(app->ports[number].port, &info);
	limits = limits_of(&info.caps, v[3].text);
	if (!limits.max ||
	    (asked >= limits.min && asked <= limits.max && !(limits.pow2 && asked & (asked - 1))))
		return 0;
	return app_fail(app, -EINVAL, PLX_R_TOO_LARGE, "port %u (%s): %s is %s, not %u", number,
			info.driver, v[3].text, limits_text(&limits, text, sizeof(text)),
			(unsigned)asked);
}

COMMAND(port_config_all)
{
	const struct value all = { .choice = 1 };
	struct settings *s = &app->settings;
	int err = check_stopped(app, "queues cannot be changed");

	(void)n;
	if (!err)
		err = for_ports(app, &all, check_number, v, r);
	if (err)
		return err;
	if (!strcmp(v[3].text, "rxq"))
		s->rxq = v[4].number;
	else if (!strcmp(v[3].text, "txq"))
		s->txq = v[4].number;
	else if (!strcmp(v[3].text, "rxd"))
		s->rxd = v[4].number;
	else
		s->txd = v[4].number;
	return 0;
}
