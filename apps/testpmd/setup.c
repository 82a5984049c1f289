/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ports, pools and streams from the settings; and their end.
 */
#include "testpmd/app.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static int fail_nomem(struct app *app)
{
	return app_fail(app, -ENOMEM, PLX_R_NOMEM, "out of memory");
}

static int keep_last(struct app *app, int err)
{
	return err ? app_keep(app, plx_last_error()) : 0;
}

static int choose_cores(struct app *app, unsigned *cpus)
{
	unsigned n;

	if (!app->settings.cores) {
		n = plx_cpu_pick(app->ctx, -1, cpus, 1);
		return n ? (int)n : app_fail(app, -EINVAL, PLX_R_NO_CPU, "no CPU is allowed here");
	}
	n = cores_parse(app->settings.cores, cpus, MAX_CORES);
	if (!n)
		return app_fail(app, -EINVAL, PLX_R_BAD_VALUE,
				"--cores %.60s is not a list of up to %d CPU numbers, as in 1,3-5",
				app->settings.cores, MAX_CORES);
	for (unsigned i = 0; i < n; i++) {
		if (!plx_cpu_allowed(app->ctx, cpus[i]))
			return app_fail(
				app, -EINVAL, PLX_R_NO_CPU,
				"--cores: CPU %u does not exist or is not allowed here (see "
				"nproc and taskset -p)",
				cpus[i]);
		for (unsigned j = 0; j < i; j++)
			if (cpus[i] == cpus[j])
				return app_fail(app, -EINVAL, PLX_R_BAD_VALUE,
						"--cores names CPU %u twice", cpus[i]);
	}
	return (int)n;
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
	return keep_last(app, plx_pool_create(app->ctx, &opts, &core->pool));
}

static int make_cores(struct app *app)
{
	unsigned cpus[MAX_CORES];
	int n = choose_cores(app, cpus), err = 0;
	size_t size;

	if (n < 0)
		return n;
	size = (size_t)n * sizeof(*app->cores);
	app->cores = aligned_alloc(PLX_CACHE_LINE, size);
	if (!app->cores)
		return fail_nomem(app);
	memset(app->cores, 0, size);
	app->n_cores = (unsigned)n;
	for (int i = 0; i < n && !err; i++) {
		app->cores[i].app = app;
		app->cores[i].cpu = cpus[i];
		err = make_pool(app, &app->cores[i]);
	}
	return err;
}

/* A key or value that the driver does not know: say where they are described, too. */
static int refuse_port(struct app *app, const char *spec)
{
	const struct plx_error *e = plx_last_error();

	if (e->reason != PLX_R_BAD_KEY && e->reason != PLX_R_BAD_VALUE)
		return app_keep(app, e);
	return app_fail(app, e->err, e->reason, "%.180s (see --help-ports %.*s)", e->text,
			(int)strcspn(spec, ":"), spec);
}

static int open_ports(struct app *app)
{
	const struct option_list *specs = &app->settings.ports;

	for (unsigned i = 0; i < specs->n; i++) {
		if (plx_port_open(app->ctx, specs->items[i], &app->ports[i]))
			return refuse_port(app, specs->items[i]);
		app->n_ports++;
		/* As DPDK's testpmd has it: 02:00:00:00:00:port. */
		app->peer_macs[i][0] = 2;
		app->peer_macs[i][5] = (uint8_t)i;
	}
	return 0;
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

		if (!read_peer(peers->items[i], &port, mac) || port >= app->n_ports)
			return app_fail(app, -EINVAL, PLX_R_BAD_VALUE,
					"--eth-peer %.60s is not PORT,MAC with a port below %u",
					peers->items[i], app->n_ports);
		for (int j = 0; j < 6; j++)
			app->peer_macs[port][j] = (uint8_t)mac[j];
	}
	return 0;
}

/* The port that a port's packets go to. */
static unsigned other_port(const struct app *app, unsigned port)
{
	switch (app->settings.topology) {
	case TOPOLOGY_CHAINED:
		return (port + 1) % app->n_ports;
	case TOPOLOGY_LOOP:
		return port;
	default:
		/* Paired: 0 and 1, 2 and 3; an odd one out sends to itself. */
		return (port ^ 1) < app->n_ports ? port ^ 1 : port;
	}
}

/*
 * How many streams begin at a port: one a queue. None when the port cannot receive, or has
 * nowhere to send to: a capture that is only read needs nothing sent back to it.
 */
static unsigned streams_from(const struct app *app, unsigned port)
{
	const struct settings *s = &app->settings;
	struct plx_port_info src, dst;

	plx_port_info(app->ports[port], &src);
	if (!(app->engine->needs & ENGINE_RX))
		return src.caps.max_txq ? (unsigned)(s->txq ? s->txq : 1) : 0;
	if (!src.caps.max_rxq)
		return 0;
	plx_port_info(app->ports[other_port(app, port)], &dst);
	if (app->engine->needs & ENGINE_TX && !dst.caps.max_txq)
		return 0;
	return (unsigned)(s->rxq ? s->rxq : 1);
}

/*
 * Where stream number @i of all runs. Neighbours stay together: both directions of a pair, and
 * the links of a chain.
 */
static struct app_core *core_of(const struct app *app, unsigned i)
{
	unsigned n = 0;

	for (unsigned port = 0; port < app->n_ports; port++)
		n += streams_from(app, port);
	return &app->cores[(uint64_t)i * app->n_cores / n];
}

/* Receive queues take from the pool of the core that will poll them. */
static int configure_port(struct app *app, unsigned port, unsigned *stream)
{
	const struct settings *s = &app->settings;
	unsigned n = streams_from(app, port);
	struct plx_port_conf conf = { .rxd = (uint16_t)s->rxd,
				      .txd = (uint16_t)s->txd,
				      .mtu = (uint16_t)s->mtu };
	struct plx_pool *pools[1024];
	struct plx_port_info info;

	plx_port_info(app->ports[port], &info);
	if (app->engine->needs & ENGINE_TX && info.caps.max_txq)
		conf.n_txq = (uint16_t)(s->txq ? s->txq : s->rxq);
	if (app->engine->needs & ENGINE_RX) {
		conf.n_rxq = (uint16_t)n;
		conf.rx_pools = n ? pools : NULL;
		for (unsigned q = 0; q < n; q++)
			pools[q] = core_of(app, *stream + q)->pool;
	}
	*stream += n;
	return keep_last(app, plx_port_configure(app->ports[port], &conf));
}

static int configure_ports(struct app *app)
{
	unsigned stream = 0;
	int err = 0;

	for (unsigned i = 0; i < app->n_ports && !err; i++)
		err = configure_port(app, i, &stream);
	if (err || stream)
		return err;
	return app_fail(app, -ENOTSUP, PLX_R_UNSUPPORTED,
			"no port can do what %s needs: %s%s%s (a port sends to its pair, or to "
			"itself when it has none)",
			app->engine->name,
			app->engine->needs & ENGINE_RX ? "one that receives" : "",
			app->engine->needs == (ENGINE_RX | ENGINE_TX) ? " and " : "",
			app->engine->needs & ENGINE_TX ? "one that sends" : "");
}

static int fill_stream(struct app *app, struct app_stream *s, struct app_core *core, unsigned src,
		       unsigned queue)
{
	bool rx = app->engine->needs & ENGINE_RX, tx = app->engine->needs & ENGINE_TX;
	struct plx_port_info info;

	s->src = src;
	s->dst = rx && tx ? other_port(app, src) : src;
	s->base.rxq = rx ? plx_port_rxq(app->ports[src], queue) : NULL;
	s->base.txq = tx ? plx_port_txq(app->ports[s->dst], queue) : NULL;
	if (tx && !s->base.txq)
		return app_fail(app, -EINVAL, PLX_R_INDEX,
				"%s has too few transmit queues: --txq must be at least --rxq",
				app->settings.ports.items[s->dst]);
	plx_port_info(app->ports[src], &info);
	/* A port that scatters needs room for its longest frame. */
	s->max_burst = (unsigned)app->settings.burst;
	s->max_entries = rx ? info.rx_max_entries : 1;
	if (s->max_entries > s->max_burst)
		s->max_burst = s->max_entries;
	plx_port_info(app->ports[s->dst], &info);
	memcpy(s->base.own_mac, info.mac, 6);
	memcpy(s->base.peer_mac, app->peer_macs[s->dst], 6);
	s->base.pool = core->pool;
	s->base.frame_len = (unsigned)app->settings.frame_size - 4;
	s->base.pkts = aligned_alloc(PLX_CACHE_LINE, (s->max_burst + 1) / 2 * 64);
	s->base.priv = calloc(1, app->engine->priv_size + 1);
	return s->base.pkts && s->base.priv ? 0 : fail_nomem(app);
}

static int add_stream(struct app *app, struct app_core *core, unsigned src, unsigned queue)
{
	struct app_stream *more = realloc(core->streams, (core->n_streams + 1) * sizeof(*more));
	struct app_stream *s;
	int err;

	if (!more)
		return fail_nomem(app);
	core->streams = more;
	s = &more[core->n_streams++];
	memset(s, 0, sizeof(*s));
	err = fill_stream(app, s, core, src, queue);
	if (!err && app->engine->begin)
		app->engine->begin(&s->base);
	return err;
}

static int make_streams(struct app *app)
{
	unsigned stream = 0;

	for (unsigned port = 0; port < app->n_ports; port++)
		for (unsigned q = 0, n = streams_from(app, port); q < n; q++) {
			int err = add_stream(app, core_of(app, stream++), port, q);

			if (err)
				return err;
		}
	return 0;
}

int app_setup(struct app *app)
{
	int err;

	app->done_event = eventfd(0, EFD_CLOEXEC);
	if (app->done_event < 0)
		return app_fail(app, -ENOMEM, PLX_R_NOMEM, "no eventfd: %s", strerror(errno));
	err = make_cores(app);
	if (!err)
		err = open_ports(app);
	if (!err)
		err = set_peers(app);
	if (!err)
		err = configure_ports(app);
	if (!err)
		err = make_streams(app);
	for (unsigned i = 0; i < app->n_ports && !err; i++)
		err = keep_last(app, plx_port_start(app->ports[i]));
	return err;
}

int app_stop_ports(struct app *app)
{
	int err = 0;

	for (unsigned i = 0; i < app->n_ports; i++) {
		struct plx_port_info info;

		plx_port_info(app->ports[i], &info);
		if (info.started && plx_port_stop(app->ports[i]) && !err)
			err = app_keep(app, plx_last_error());
	}
	return err;
}

static void free_core(struct app_core *core)
{
	for (unsigned i = 0; i < core->n_streams; i++) {
		free(core->streams[i].base.pkts);
		free(core->streams[i].base.priv);
	}
	free(core->streams);
}

int app_close(struct app *app)
{
	int err = 0;

	for (unsigned i = 0; i < app->n_ports; i++)
		plx_port_close(app->ports[i]);
	for (unsigned i = 0; i < app->n_cores; i++) {
		free_core(&app->cores[i]);
		if (plx_pool_destroy(app->cores[i].pool) && !err)
			err = app_keep(app, plx_last_error());
	}
	free(app->cores);
	if (app->done_event >= 0)
		close(app->done_event);
	if (!err && plx_ctx_destroy(app->ctx))
		err = app_keep(app, plx_last_error());
	return err;
}
