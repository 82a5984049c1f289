/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * show and read: how things stand.
 */
#include "testpmd/commands/commands.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(columns) (sizeof(columns) / sizeof((columns)[0]))

/* --- ports -------------------------------------------------------------------------------------- */

int list_ports(struct app *app, const struct value *which, port_fn fn, struct report *r)
{
	int err;

	report_begin_list(r, "ports");
	err = for_ports(app, which, fn, which, r);
	report_end(r);
	return err;
}

void report_port(struct app *app, unsigned number, struct report *r)
{
	char name[APP_PORT_NAME], title[APP_PORT_NAME + 8];

	snprintf(title, sizeof(title), "port %s", app_port_name(app, number, name));
	report_begin(r, NULL, title);
	report_count(r, "port", NULL, number);
	report_string(r, "name", NULL, app->ports[number].spec);
}

void link_text(const struct plx_link *link, char *buf, size_t size)
{
	if (!link->up)
		snprintf(buf, size, "down");
	else if (!link->mbps)
		snprintf(buf, size, "up");
	else
		snprintf(buf, size, "up, %u Mbit/s, %s duplex", link->mbps,
			 link->full_duplex ? "full" : "half");
}

static void report_drops(struct report *r, const char *key, const char *label,
			 const struct plx_queue_stats *stats)
{
	char line[64], number[32];

	report_begin(r, key, NULL);
	for (unsigned i = 0; i < PLX_DROP_COUNT_; i++) {
		report_count(r, plx_drop_name(i), NULL, stats->drops[i]);
		if (!stats->drops[i])
			continue;
		snprintf(line, sizeof(line), "%s %s", report_grouped(stats->drops[i], number),
			 plx_drop_name(i));
		report_string(r, NULL, label, line);
	}
	report_end(r);
}

static void report_rates(struct report *r, const struct plx_queue_stats *now,
			 const struct plx_queue_stats *then, double seconds, const char *pps_key,
			 const char *bits_key)
{
	double pps = (double)(now->packets - then->packets) / seconds;
	double bits = (double)(now->bytes - then->bytes) * 8 / seconds;
	char a[32], b[32], text[80];

	snprintf(text, sizeof(text), "%s, %s", report_scaled(pps, "pps", a),
		 report_scaled(bits, "bit/s", b));
	report_real(r, pps_key, NULL, REPORT_REAL, pps);
	report_real(r, bits_key, NULL, REPORT_REAL, bits);
	report_string(r, NULL, pps_key[0] == 'r' ? "rx rate" : "tx rate", text);
}

static int port_stats(struct app *app, unsigned number, const struct value *v, struct report *r)
{
	struct app_port *p = &app->ports[number];
	uint64_t now = plx_cycles();
	struct plx_port_stats s;
	double seconds;

	(void)v;
	app_port_stats(app, number, &s);
	seconds = (double)(now - p->shown_cycles) / (double)plx_clock_hz(app->ctx);
	report_port(app, number, r);
	report_count(r, "rx_packets", "rx packets", s.rx.packets);
	report_count(r, "rx_bytes", "rx bytes", s.rx.bytes);
	report_drops(r, "rx_drops", "rx dropped", &s.rx);
	report_count(r, "tx_packets", "tx packets", s.tx.packets);
	report_count(r, "tx_bytes", "tx bytes", s.tx.bytes);
	report_drops(r, "tx_drops", "tx dropped", &s.tx);
	/* Since they were shown last, as testpmd has it. */
	report_rates(r, &s.rx, &p->shown.rx, seconds, "rx_pps", "rx_bps");
	report_rates(r, &s.tx, &p->shown.tx, seconds, "tx_pps", "tx_bps");
	report_real(r, "seconds", NULL, REPORT_REAL, seconds);
	report_end(r);
	p->shown = s;
	p->shown_cycles = now;
	return 0;
}

COMMAND(show_port_stats)
{
	(void)n;
	return list_ports(app, &v[3], port_stats, r);
}

static int port_xstats(struct app *app, unsigned number, const struct value *v, struct report *r)
{
	struct plx_xstat *list = NULL;
	unsigned n;
	int err = app_port_xstats(app, number, &list, &n);

	(void)v;
	if (err) {
		free(list);
		return err;
	}
	report_port(app, number, r);
	report_begin(r, "xstats", NULL);
	for (unsigned i = 0; i < n; i++)
		report_count(r, list[i].name, list[i].name, list[i].value);
	report_end(r);
	report_end(r);
	free(list);
	return 0;
}

COMMAND(show_port_xstats)
{
	(void)n;
	return list_ports(app, &v[3], port_xstats, r);
}

static int port_summary(struct app *app, unsigned number, const struct value *v, struct report *r)
{
	struct plx_port_info info;
	char mac[18], link[64];

	(void)v;
	plx_port_info(app->ports[number].port, &info);
	link_text(&info.link, link, sizeof(link));
	report_cell_count(r, number);
	report_cell_string(r, app->ports[number].spec);
	report_cell_string(r, info.driver);
	report_cell_string(r, results_mac(info.mac, mac));
	report_cell_string(r, info.started ? "started" : "stopped");
	report_cell_string(r, link);
	report_cell_count(r, info.mtu);
	return 0;
}

COMMAND(show_port_summary)
{
	static const struct report_column columns[] = {
		{ "port", "port", REPORT_NUMBER },   { "name", "name", REPORT_TEXT },
		{ "driver", "driver", REPORT_TEXT }, { "mac", "MAC address", REPORT_TEXT },
		{ "state", "state", REPORT_TEXT },   { "link", "link", REPORT_TEXT },
		{ "mtu", "MTU", REPORT_NUMBER },
	};
	int err;

	(void)n;
	report_table(r, "ports", columns, COUNT(columns));
	err = for_ports(app, &v[3], port_summary, v, r);
	report_table_end(r);
	return err;
}

/* --- queues ------------------------------------------------------------------------------------- */

/* One queue of a port: @which is "rxq" or "txq". */
static int queue_info(struct app *app, unsigned number, const char *which, unsigned queue,
		      struct report *r)
{
	struct plx_port *port = app->ports[number].port;
	struct plx_rxq *rxq = plx_port_rxq(port, queue);
	struct plx_txq *txq = plx_port_txq(port, queue);
	struct plx_pool_info pool = { .name = NULL };
	struct plx_queue_info info;
	char title[48];
	bool rx = *which == 'r';

	if (rx ? !rxq : !txq)
		return app_fail(app, -EINVAL, PLX_R_INDEX, "port %u has no %s queue %u", number,
				rx ? "receive" : "transmit", queue);
	if (rx)
		plx_rxq_info(rxq, &info);
	else
		plx_txq_info(txq, &info);
	snprintf(title, sizeof(title), "port %u %s %u", number, which, queue);
	report_begin(r, NULL, title);
	report_count(r, "port", NULL, number);
	report_string(r, "kind", NULL, which);
	report_count(r, "queue", NULL, queue);
	report_number(r, "descriptors", "descriptors", info.descriptors);
	if (rx) {
		plx_pool_info(info.pool, &pool);
		report_string(r, "pool", "pool", pool.name);
		report_number(r, "buffer_bytes", "bytes per buffer", pool.data_room);
		report_number(r, "max_entries", "buffers per frame", info.max_entries);
	}
	report_string(r, "how", info.how[0] ? "how" : NULL, info.how);
	report_end(r);
	return 0;
}

COMMAND(show_port_queues)
{
	const struct app_port *p = app_port(app, v[2].number);
	struct plx_port_info info;
	unsigned queues;
	int err = 0;

	(void)n;
	if (!p)
		return app->error.err;
	plx_port_info(p->port, &info);
	queues = v[3].text[0] == 'r' ? info.n_rxq : info.n_txq;
	report_begin_list(r, "queues");
	for (unsigned q = 0; q < queues && !err; q++)
		err = queue_info(app, (unsigned)v[2].number, v[3].text, q, r);
	report_end(r);
	return err;
}

COMMAND(show_queue_info)
{
	int err;

	(void)n;
	if (!app_port(app, v[3].number))
		return app->error.err;
	report_begin_list(r, "queues");
	err = queue_info(app, (unsigned)v[3].number, v[1].text, (unsigned)v[4].number, r);
	report_end(r);
	return err;
}

static int fail_queue(struct app *app, const struct value *v)
{
	return app_fail(app, -EINVAL, PLX_R_INDEX, "port %u has no %s queue %u",
			(unsigned)v[2].number, v[1].text[0] == 'r' ? "receive" : "transmit",
			(unsigned)v[3].number);
}

COMMAND(read_desc)
{
	const struct app_port *p = app_port(app, v[2].number);
	unsigned queue = (unsigned)v[3].number, index = (unsigned)v[4].number;
	struct plx_rxq *rxq;
	struct plx_txq *txq;
	char text[256];
	int err;

	(void)n;
	if (!p)
		return app->error.err;
	rxq = plx_port_rxq(p->port, queue);
	txq = plx_port_txq(p->port, queue);
	if (v[1].text[0] == 'r')
		err = rxq ? plx_rxq_desc(rxq, index, text, sizeof(text)) : fail_queue(app, v);
	else
		err = txq ? plx_txq_desc(txq, index, text, sizeof(text)) : fail_queue(app, v);
	if (err)
		return app->error.err ? err : app_keep_last(app, err);
	report_string(r, "descriptor", NULL, text);
	report_line(r, "%s", text);
	return 0;
}

/* --- forwarding --------------------------------------------------------------------------------- */

COMMAND(show_fwd_stats)
{
	struct totals t;

	(void)v;
	(void)n;
	if (!app->ran)
		return app_fail(app, -ENODATA, PLX_R_NOT_STARTED,
				"nothing was forwarded yet: start");
	if (app->forwarding)
		app->stop_cycles = plx_cycles();
	totals_read(app, &t);
	results_forward(app, &t, r);
	return 0;
}

static int stream_row(struct app *app, struct app_core *core, unsigned src, unsigned queue,
		      void *report)
{
	unsigned dst = app_other_port(app, src);
	char mac[18];

	report_cell_count(report, core->cpu);
	report_cell_count(report, src);
	report_cell_count(report, queue);
	report_cell_count(report, dst);
	report_cell_count(report, queue);
	report_cell_string(report, results_mac(app->ports[dst].peer_mac, mac));
	report_cell_string(report, app_may_sleep(core) ? "interrupt" : "poll");
	return 0;
}

/* Cores that were to sleep and cannot. */
static void report_polling(const struct app *app, struct report *r)
{
	char text[160];

	for (unsigned i = 0; i < app->n_cores; i++)
		if (app_polls_on(app->cores[i], text, sizeof(text)))
			report_line(r, "%s", text);
}

COMMAND(show_config_fwd)
{
	static const struct report_column columns[] = {
		{ "cpu", "core", REPORT_NUMBER },
		{ "rx_port", "from port", REPORT_NUMBER },
		{ "rx_queue", "queue", REPORT_NUMBER },
		{ "tx_port", "to port", REPORT_NUMBER },
		{ "tx_queue", "queue", REPORT_NUMBER },
		{ "peer_mac", "peer", REPORT_TEXT },
		{ "rx_mode", "receives by", REPORT_TEXT },
	};
	int err;

	(void)v;
	(void)n;
	report_string(r, "forward_mode", "forwarding mode", engines[app->settings.mode]->name);
	report_string(r, "topology", "topology", topology_name(app->settings.topology));
	err = app_plan_sleep(app);
	report_table(r, "streams", columns, COUNT(columns));
	if (!err)
		err = app_plan_walk(app, stream_row, r);
	report_table_end(r);
	report_polling(app, r);
	return err;
}

static void report_setting(struct report *r, const char *key, const char *label, uint64_t value)
{
	if (value)
		report_number(r, key, label, value);
	else
		report_string(r, NULL, label, "the port's own");
	if (!value)
		report_value(r, key, json_null());
}

static int configured_port(struct app *app, unsigned number, const struct value *v,
			   struct report *r)
{
	struct plx_port_info info;

	(void)v;
	plx_port_info(app->ports[number].port, &info);
	report_line(r, "port %u: %u+%u queues, %u+%u descriptors each", number, info.n_rxq,
		    info.n_txq, info.rxd, info.txd);
	report_begin(r, NULL, NULL);
	report_number(r, "port", NULL, number);
	report_number(r, "rxq", NULL, info.n_rxq);
	report_number(r, "txq", NULL, info.n_txq);
	report_number(r, "rxd", NULL, info.rxd);
	report_number(r, "txd", NULL, info.txd);
	report_flags(r, "offloads", "offloads", info.offloads, app_offloads);
	report_end(r);
	return 0;
}

/* What came of the settings: ports as they are configured now. */
static int show_configured(struct app *app, struct report *r)
{
	const struct value all = { .choice = 1 };
	int err;

	report_begin_list(r, "configured");
	err = for_ports(app, &all, configured_port, &all, r);
	report_end(r);
	return err;
}

COMMAND(show_config_rxtx)
{
	const struct settings *s = &app->settings;

	(void)v;
	(void)n;
	report_string(r, "forward_mode", "forwarding mode", engines[s->mode]->name);
	report_number(r, "burst", "packets per burst", s->burst);
	report_number(r, "ports", "ports", app->n_portlist);
	report_number(r, "cores", "cores", app->n_cores);
	report_number(r, "rxq", "receive queues", s->rxq ? s->rxq : 1);
	report_number(r, "txq", "transmit queues", s->txq ? s->txq : s->rxq ? s->rxq : 1);
	report_setting(r, "rxd", "rx descriptors", s->rxd);
	report_setting(r, "txd", "tx descriptors", s->txd);
	report_number(r, "buffers", "buffers per core", s->buffers);
	report_number(r, "buffer_bytes", "bytes per buffer", s->buffer_size);
	report_bool(r, "offloads", "offloads", !s->no_offloads);
	report_bool(r, "rx_interrupt", "sleep while idle", s->rx_interrupt);
	report_number(r, "verbose", "verbose", s->verbose);
	return show_configured(app, r);
}

static void report_list(struct report *r, const char *key, const char *label,
			const unsigned *numbers, unsigned n)
{
	json_t *array = json_array();
	char text[256] = "none";
	size_t used = 0;

	for (unsigned i = 0; i < n; i++) {
		json_array_append_new(array, json_integer(numbers[i]));
		if (used < sizeof(text))
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%u",
						 i ? "," : "", numbers[i]);
	}
	report_value(r, key, array);
	report_string(r, NULL, label, text);
}

COMMAND(show_config_cores)
{
	unsigned used = app->n_corelist;

	(void)v;
	(void)n;
	if (app->settings.nb_cores && app->settings.nb_cores < used)
		used = (unsigned)app->settings.nb_cores;
	report_list(r, "corelist", "may forward", app->corelist, app->n_corelist);
	report_list(r, "cores", "forward", app->corelist, used);
	report_list(r, "portlist", "ports", app->portlist, app->n_portlist);
	return 0;
}

COMMAND(show_config_txpkts)
{
	const struct settings *s = &app->settings;
	unsigned total = 0;

	(void)v;
	(void)n;
	for (unsigned i = 0; i < s->n_segments; i++)
		total += s->segments[i];
	report_list(r, "segments", "bytes per segment", s->segments, s->n_segments);
	report_number(r, "length", "frame without FCS", total);
	return 0;
}

/* --- others ------------------------------------------------------------------------------------- */

COMMAND(show_drivers)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int err;

	if (!out)
		return app_fail_nomem(app);
	err = app_keep_last(app, plx_drivers_help(out, n > 2 ? v[2].text : NULL, PLX_HELP_TEXT));
	fclose(out);
	if (!err) {
		report_string(r, "text", NULL, text);
		report_line(r, "%.*s", (int)(size ? size - 1 : 0), text);
	}
	free(text);
	return err;
}

COMMAND(show_metrics)
{
	char *text = metrics_text(app);

	(void)v;
	(void)n;
	if (!text)
		return app_fail_nomem(app);
	report_string(r, "text", NULL, text);
	report_line(r, "%.*s", (int)(strlen(text) - 1), text);
	free(text);
	return 0;
}
