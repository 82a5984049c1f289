/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * set, clear: what the next start does, and what ports do at once.
 */
#include "testpmd/commands/commands.h"

#include <errno.h>
#include <string.h>

/* --- clear -------------------------------------------------------------------------------------- */

static int clear(struct app *app, unsigned number, const struct value *v, struct report *r)
{
	(void)v;
	(void)r;
	return app_port_clear(app, number);
}

COMMAND(clear_port_stats)
{
	(void)n;
	return for_ports(app, &v[3], clear, v, r);
}

COMMAND(clear_fwd_stats)
{
	(void)v;
	(void)n;
	(void)r;
	if (app->ran)
		totals_clear(app);
	return 0;
}

/* --- what is forwarded -------------------------------------------------------------------------- */

COMMAND(set_fwd)
{
	int err = check_stopped(app, "the forwarding mode cannot be changed");

	(void)n;
	(void)r;
	if (!err)
		app->settings.mode = (unsigned)v[2].number;
	return err;
}

COMMAND(set_burst)
{
	int err = check_stopped(app, "the burst size cannot be changed");

	(void)n;
	(void)r;
	if (!err)
		app->settings.burst = v[2].number;
	return err;
}

static int check_ports(struct app *app, const unsigned *numbers, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (!app_port(app, numbers[i]))
			return app->error.err;
		for (unsigned j = 0; j < i; j++)
			if (numbers[i] == numbers[j])
				return app_fail(app, -EINVAL, PLX_R_BAD_VALUE,
						"port %u is in the list twice", numbers[i]);
	}
	return 0;
}

COMMAND(set_portlist)
{
	int err = check_stopped(app, "the list of ports cannot be changed");
	unsigned numbers[MAX_PORTS], count;

	(void)n;
	(void)r;
	if (err)
		return err;
	count = list_parse(v[2].text, numbers, MAX_PORTS);
	if (!count)
		return app_fail(app, -EINVAL, PLX_R_BAD_VALUE,
				"%.60s is not a list of up to %d port numbers, as in 0,2-3",
				v[2].text, MAX_PORTS);
	err = check_ports(app, numbers, count);
	if (err)
		return err;
	memcpy(app->portlist, numbers, count * sizeof(*numbers));
	app->n_portlist = count;
	return 0;
}

COMMAND(set_nbport)
{
	int err = check_stopped(app, "the number of ports cannot be changed");
	unsigned count = 0, wanted = (unsigned)v[2].number, numbers[MAX_PORTS];

	(void)n;
	(void)r;
	for (unsigned i = 0; i < MAX_PORTS && count < wanted; i++)
		if (app->ports[i].port)
			numbers[count++] = i;
	if (!err && count < wanted)
		err = app_fail(app, -EINVAL, PLX_R_TOO_LARGE, "only %u ports are open", count);
	if (err)
		return err;
	memcpy(app->portlist, numbers, count * sizeof(*numbers));
	app->n_portlist = count;
	return 0;
}

COMMAND(set_topology)
{
	int err = check_stopped(app, "the topology cannot be changed");

	(void)n;
	(void)r;
	if (!err)
		app->settings.topology = v[2].choice;
	return err;
}

COMMAND(set_eth_peer)
{
	struct app_port *p = app_port(app, v[2].number);
	int err = p ? check_stopped(app, "peers cannot be changed") : app->error.err;

	(void)n;
	(void)r;
	if (!err)
		memcpy(p->peer_mac, v[3].mac, sizeof(p->peer_mac));
	return err;
}

COMMAND(set_txpkts)
{
	int err = check_stopped(app, "what is sent cannot be changed");

	(void)n;
	(void)r;
	return err ? err : app_set_segments(app, v[2].text, "set txpkts");
}

COMMAND(set_rx_interrupt)
{
	int err = check_stopped(app, "how workers wait cannot be changed");

	(void)n;
	(void)r;
	if (!err)
		app->settings.rx_interrupt = v[2].choice == 0;
	return err;
}

/* --- cores -------------------------------------------------------------------------------------- */

COMMAND(set_corelist)
{
	int err = check_stopped(app, "the list of cores cannot be changed");
	unsigned cpus[MAX_CORES], count;

	(void)n;
	(void)r;
	if (err)
		return err;
	count = list_parse(v[2].text, cpus, MAX_CORES);
	if (!count)
		return app_fail(app, -EINVAL, PLX_R_BAD_VALUE,
				"%.60s is not a list of up to %d CPU numbers, as in 1,3-5",
				v[2].text, MAX_CORES);
	err = app_check_cores(app, cpus, count, "set corelist");
	if (err)
		return err;
	memcpy(app->corelist, cpus, count * sizeof(*cpus));
	app->n_corelist = count;
	app->corelist_given = true;
	app->settings.nb_cores = 0; /* all of them */
	return 0;
}

COMMAND(set_nbcore)
{
	int err = check_stopped(app, "the number of cores cannot be changed");

	(void)n;
	(void)r;
	return err ? err : app_set_nbcore(app, (unsigned)v[2].number);
}

/* --- at once ------------------------------------------------------------------------------------ */

static int promisc(struct app *app, unsigned number, const struct value *v, struct report *r)
{
	bool on = v[3].choice == 0;

	(void)r;
	return app_keep_last(app, plx_port_set_promiscuous(app->ports[number].port, on));
}

COMMAND(set_promisc)
{
	(void)n;
	return for_ports(app, &v[2], promisc, v, r);
}

static int allmulti(struct app *app, unsigned number, const struct value *v, struct report *r)
{
	bool on = v[3].choice == 0;

	(void)r;
	return app_keep_last(app, plx_port_set_allmulti(app->ports[number].port, on));
}

COMMAND(set_allmulti)
{
	(void)n;
	return for_ports(app, &v[2], allmulti, v, r);
}

COMMAND(set_verbose)
{
	(void)n;
	(void)r;
	app->settings.verbose = v[2].number;
	app_set_verbose(app);
	return 0;
}

COMMAND(set_stats_period)
{
	(void)n;
	(void)r;
	app->settings.stats_period = v[2].real;
	app->next_period_ns = monotonic_ns() + (uint64_t)(v[2].real * 1e9);
	if (app->forwarding) {
		app->stop_cycles = plx_cycles();
		totals_read(app, &app->period);
	}
	return 0;
}
