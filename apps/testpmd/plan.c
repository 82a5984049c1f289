/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which core polls which receive queue, and where its packets go. The plan follows from the
 * settings and the ports; ports are configured anew only where it has changed for them.
 */
#include "testpmd/app.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- cores -------------------------------------------------------------------------------------- */

int app_check_cores(struct app *app, const unsigned *cpus, unsigned n, const char *what)
{
	for (unsigned i = 0; i < n; i++) {
		if (!plx_cpu_allowed(app->ctx, cpus[i]))
			return app_fail(app, -EINVAL, PLX_R_NO_CPU,
					"%s: CPU %u does not exist or is not allowed here (see "
					"nproc and taskset -p)",
					what, cpus[i]);
		for (unsigned j = 0; j < i; j++)
			if (cpus[i] == cpus[j])
				return app_fail(app, -EINVAL, PLX_R_BAD_VALUE,
						"%s names CPU %u twice", what, cpus[i]);
	}
	return 0;
}

/* The best @n CPUs, where the user has not said which. */
static int pick_cores(struct app *app, unsigned n)
{
	app->n_corelist = plx_cpu_pick(app->ctx, -1, app->corelist, n);
	if (!app->n_corelist)
		return app_fail(app, -EINVAL, PLX_R_NO_CPU, "no CPU is allowed here");
	if (app->n_corelist < n)
		return app_fail(app, -EINVAL, PLX_R_NO_CPU, "only %u CPU%s allowed here, not %u",
				app->n_corelist, app->n_corelist > 1 ? "s are" : " is", n);
	return 0;
}

int app_set_nbcore(struct app *app, unsigned n)
{
	int err = 0;

	if (!app->corelist_given)
		err = pick_cores(app, n);
	else if (n > app->n_corelist)
		err = app_fail(app, -EINVAL, PLX_R_TOO_LARGE, "the list of cores has %u, not %u",
			       app->n_corelist, n);
	if (!err)
		app->settings.nb_cores = n;
	return err;
}

int app_default_cores(struct app *app)
{
	const struct settings *s = &app->settings;

	if (!s->cores)
		return pick_cores(app, s->nb_cores ? (unsigned)s->nb_cores : 1);
	app->corelist_given = true;
	app->n_corelist = list_parse(s->cores, app->corelist, MAX_CORES);
	if (!app->n_corelist)
		return app_fail(app, -EINVAL, PLX_R_BAD_VALUE,
				"--cores %.60s is not a list of up to %d CPU numbers, as in 1,3-5",
				s->cores, MAX_CORES);
	if (s->nb_cores > app->n_corelist)
		return app_fail(app, -EINVAL, PLX_R_BAD_VALUE,
				"--nb-cores %u is more than --cores has", (unsigned)s->nb_cores);
	return app_check_cores(app, app->corelist, app->n_corelist, "--cores");
}

static int make_pool(struct app *app, struct app_core *core)
{
	char name[32];
	struct plx_pool_opts opts = { .name = name,
				      .count = (unsigned)app->settings.buffers,
				      .data_room = (unsigned)app->settings.buffer_size,
				      .node = plx_cpu_node(app->ctx, core->cpu) };

	if (app->settings.small_pages)
		opts.flags |= PLX_POOL_SMALL_PAGES;
	snprintf(name, sizeof(name), "core %u", core->cpu);
	return app_keep_last(app, plx_pool_create(app->ctx, &opts, &core->pool));
}

/* A core is made once and kept: a ring, for one, may hold buffers of its pool for long. */
static struct app_core *get_core(struct app *app, unsigned cpu)
{
	struct app_core *core;

	for (unsigned i = 0; i < app->n_known; i++)
		if (app->known[i]->cpu == cpu)
			return app->known[i];
	if (app->n_known == MAX_CORES) {
		app_fail(app, -ENOSPC, PLX_R_INDEX, "%d CPUs were used already", MAX_CORES);
		return NULL;
	}
	core = aligned_alloc(PLX_CACHE_LINE, sizeof(*core));
	if (!core) {
		app_fail_nomem(app);
		return NULL;
	}
	memset(core, 0, sizeof(*core));
	core->app = app;
	core->cpu = cpu;
	core->wake = core->polls_for = -1;
	if (make_pool(app, core)) {
		free(core);
		return NULL;
	}
	return app->known[app->n_known++] = core;
}

static int plan_cores(struct app *app)
{
	unsigned n = app->n_corelist;

	if (app->settings.nb_cores && app->settings.nb_cores < n)
		n = (unsigned)app->settings.nb_cores;
	app->n_cores = 0;
	for (unsigned i = 0; i < n; i++) {
		struct app_core *core = get_core(app, app->corelist[i]);

		if (!core)
			return app->error.err;
		app->cores[app->n_cores++] = core;
	}
	return 0;
}

/* --- ports -------------------------------------------------------------------------------------- */

unsigned app_other_port(const struct app *app, unsigned number)
{
	unsigned i = 0, n = app->n_portlist;

	if (!app_needs(app, ENGINE_RX) || !app_needs(app, ENGINE_TX))
		return number;
	while (i < n && app->portlist[i] != number)
		i++;
	if (i == n)
		return number;
	switch (app->settings.topology) {
	case TOPOLOGY_CHAINED:
		return app->portlist[(i + 1) % n];
	case TOPOLOGY_LOOP:
		return number;
	default:
		/* Paired: first and second, third and fourth; an odd one out sends to itself. */
		return (i ^ 1) < n ? app->portlist[i ^ 1] : number;
	}
}

/*
 * How many streams begin at a port: one a queue. None when the port cannot receive, or has
 * nowhere to send to: a capture that is only read needs nothing sent back to it.
 */
static unsigned streams_from(const struct app *app, unsigned number)
{
	const struct settings *s = &app->settings;
	struct plx_port_info src, dst;

	plx_port_info(app->ports[number].port, &src);
	if (!app_needs(app, ENGINE_RX))
		return src.caps.max_txq ? (unsigned)(s->txq ? s->txq : 1) : 0;
	if (!src.caps.max_rxq)
		return 0;
	plx_port_info(app->ports[app_other_port(app, number)].port, &dst);
	if (app_needs(app, ENGINE_TX) && !dst.caps.max_txq)
		return 0;
	return (unsigned)(s->rxq ? s->rxq : 1);
}

static unsigned count_streams(const struct app *app)
{
	unsigned n = 0;

	for (unsigned i = 0; i < app->n_portlist; i++)
		n += streams_from(app, app->portlist[i]);
	return n;
}

/*
 * Where stream number @i of @n runs. Neighbours stay together: both directions of a pair, and
 * the links of a chain.
 */
static struct app_core *core_of(const struct app *app, unsigned i, unsigned n)
{
	return app->cores[(uint64_t)i * app->n_cores / n];
}

static bool same_conf(const struct app_port *p, const struct plx_port_conf *conf)
{
	const struct plx_port_conf *c = &p->conf;

	return p->has_conf && c->n_rxq == conf->n_rxq && c->n_txq == conf->n_txq &&
	       c->rxd == conf->rxd && c->txd == conf->txd && c->mtu == conf->mtu &&
	       c->offloads == conf->offloads && c->interrupts == conf->interrupts &&
	       !memcmp(p->pools, conf->rx_pools ? conf->rx_pools : p->pools,
		       conf->n_rxq * sizeof(*p->pools));
}

/* The port is stopped for it. Takes over @pools, which @conf points to. */
static int apply_conf(struct app *app, unsigned number, const struct plx_port_conf *conf,
		      struct plx_pool **pools)
{
	struct app_port *p = &app->ports[number];
	struct plx_port_info info;
	int err = 0;

	plx_port_info(p->port, &info);
	if (info.started)
		err = app_keep_last(app, plx_port_stop(p->port));
	app_port_keep_stats(app, number);
	free(p->pools);
	p->pools = pools;
	p->conf = *conf;
	if (!err)
		err = app_keep_last(app, plx_port_configure(p->port, conf));
	p->has_conf = !err;
	return err ? err : app_restore_rss(app, number);
}

/* Receive queues take from the pool of the core that will poll them: streams @first of @total. */
static int configure_port(struct app *app, unsigned number, unsigned first, unsigned n,
			  unsigned total)
{
	const struct settings *s = &app->settings;
	struct plx_port_conf conf = { .rxd = (uint16_t)s->rxd,
				      .txd = (uint16_t)s->txd,
				      .mtu = app->ports[number].mtu,
				      .offloads = app_offloads_of(app, number) };
	struct plx_pool **pools = calloc(n + 1, sizeof(*pools));
	struct plx_port_info info;

	if (!pools)
		return app_fail_nomem(app);
	plx_port_info(app->ports[number].port, &info);
	if (app_needs(app, ENGINE_TX) && info.caps.max_txq)
		conf.n_txq = (uint16_t)(s->txq ? s->txq : s->rxq);
	if (app_needs(app, ENGINE_RX)) {
		conf.n_rxq = (uint16_t)n;
		conf.rx_pools = n ? pools : NULL;
		for (unsigned q = 0; q < n; q++)
			pools[q] = core_of(app, first + q, total)->pool;
		conf.interrupts = n && s->rx_interrupt && info.caps.features & PLX_PORT_INTERRUPTS;
	}
	if (same_conf(&app->ports[number], &conf)) {
		free(pools);
		return 0;
	}
	return apply_conf(app, number, &conf, pools);
}

static bool in_portlist(const struct app *app, unsigned number)
{
	for (unsigned i = 0; i < app->n_portlist; i++)
		if (app->portlist[i] == number)
			return true;
	return false;
}

int app_plan_ports(struct app *app)
{
	unsigned total, stream = 0;
	int err = plan_cores(app);

	total = count_streams(app);
	for (unsigned i = 0; i < app->n_portlist && !err; i++) {
		unsigned number = app->portlist[i], n = streams_from(app, number);

		err = configure_port(app, number, stream, n, total);
		stream += n;
	}
	for (unsigned i = 0; i < MAX_PORTS && !err; i++)
		if (app->ports[i].port && !in_portlist(app, i))
			err = configure_port(app, i, 0, 0, 1);
	return err;
}

/* --- streams ------------------------------------------------------------------------------------ */

static int fill_stream(struct app *app, struct app_stream *s, struct app_core *core, unsigned src,
		       unsigned queue)
{
	bool rx = app_needs(app, ENGINE_RX), tx = app_needs(app, ENGINE_TX);
	struct plx_port_info info;

	s->src = src;
	s->dst = app_other_port(app, src);
	s->queue = queue;
	s->app = app;
	s->rx_fd = s->lost = -1;
	s->base.rxq = rx ? plx_port_rxq(app->ports[src].port, queue) : NULL;
	s->base.txq = tx ? plx_port_txq(app->ports[s->dst].port, queue) : NULL;
	if (tx && !s->base.txq)
		return app_fail(app, -EINVAL, PLX_R_INDEX,
				"%.100s has too few transmit queues: txq must be at least rxq",
				app->ports[s->dst].spec);
	plx_port_info(app->ports[src].port, &info);
	/* A port that scatters needs room for its longest frame. */
	s->max_burst = (unsigned)app->settings.burst;
	s->max_entries = rx ? info.rx_max_entries : 1;
	s->scatters = s->max_entries > 1 && !app_needs(app, ENGINE_MAKES);
	if (s->max_entries > s->max_burst)
		s->max_burst = s->max_entries;
	plx_port_info(app->ports[s->dst].port, &info);
	memcpy(s->base.own_mac, info.mac, 6);
	memcpy(s->base.peer_mac, app->ports[s->dst].peer_mac, 6);
	s->base.pool = core->pool;
	s->base.flows = (unsigned)app->settings.flows;
	s->base.tx_work = app->ports[s->dst].tx_work;
	s->base.tx_vlan = app->ports[s->dst].tx_vlan;
	s->base.tso_size = app->ports[s->dst].tso_size;
	s->base.n_segments = app->settings.n_segments;
	for (unsigned i = 0; i < s->base.n_segments; i++) {
		s->base.segments[i] = (uint16_t)app->settings.segments[i];
		s->base.frame_len += app->settings.segments[i];
	}
	if (s->base.frame_len > app->settings.buffer_size)
		s->base.frame_len = (unsigned)app->settings.buffer_size; /* flowgen's: one buffer */
	s->base.pkts = aligned_alloc(PLX_CACHE_LINE, (s->max_burst + 1) / 2 * 64);
	s->base.priv = calloc(1, app->engine->priv_size + 1);
	return s->base.pkts && s->base.priv ? 0 : app_fail_nomem(app);
}

static int add_stream(struct app *app, struct app_core *core, unsigned src, unsigned queue,
		      void *arg)
{
	struct app_stream *more = realloc(core->streams, (core->n_streams + 1) * sizeof(*more));
	struct app_stream *s;
	int err;

	(void)arg;
	if (!more)
		return app_fail_nomem(app);
	core->streams = more;
	s = &more[core->n_streams++];
	memset(s, 0, sizeof(*s));
	err = fill_stream(app, s, core, src, queue);
	if (!err && app->engine->begin)
		app->engine->begin(&s->base);
	return err;
}

static int fail_no_stream(struct app *app)
{
	return app_fail(app, -ENOTSUP, PLX_R_UNSUPPORTED,
			"no port can do what %s needs: %s%s%s (a port sends to its pair, or to "
			"itself when it has none)",
			engines[app->settings.mode]->name,
			app_needs(app, ENGINE_RX) ? "one that receives" : "",
			app_needs(app, ENGINE_RX) && app_needs(app, ENGINE_TX) ? " and " : "",
			app_needs(app, ENGINE_TX) ? "one that sends" : "");
}

int app_plan_walk(struct app *app, plan_fn fn, void *arg)
{
	unsigned total = count_streams(app), stream = 0;
	int err = total ? plan_cores(app) : fail_no_stream(app);

	for (unsigned i = 0; i < app->n_portlist && !err; i++) {
		unsigned src = app->portlist[i];

		for (unsigned q = 0, n = streams_from(app, src); q < n && !err; q++)
			err = fn(app, core_of(app, stream++, total), src, q, arg);
	}
	return err;
}

int app_plan_streams(struct app *app)
{
	app_free_streams(app);
	app->engine = engines[app->settings.mode];
	return app_plan_walk(app, add_stream, NULL);
}

void app_free_streams(struct app *app)
{
	app->ran = app->ended = false; /* what streams have counted goes with them */
	app_forget_removed(app);
	for (unsigned i = 0; i < app->n_known; i++) {
		struct app_core *core = app->known[i];

		for (unsigned j = 0; j < core->n_streams; j++) {
			free(core->streams[j].base.pkts);
			free(core->streams[j].base.priv);
		}
		free(core->streams);
		core->streams = NULL;
		core->n_streams = 0;
	}
}
