/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What forwarding has done: a table on the way, tables and an object at the end.
 */
#define _GNU_SOURCE /* strerrorname_np() */
#include "common/report_error.h"
#include "testpmd/app.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(columns) (sizeof(columns) / sizeof((columns)[0]))

struct report *results_new(const struct app *app)
{
	const char *term = getenv("TERM");
	struct report *r = report_new();

	if (r && !getenv("NO_COLOR") && term && strcmp(term, "dumb") && isatty(fileno(app->text)))
		report_set_bold(r, true);
	return r;
}

void results_print(struct app *app, struct report *r)
{
	fputs(report_text(r), app->text);
	fflush(app->text);
}

static double ratio(uint64_t part, uint64_t of)
{
	return of ? (double)part / (double)of : NAN;
}

/* --- on the way --------------------------------------------------------------------------------- */

/* "12 no_buffer, 3 tx_full", for the time between the two. */
static void describe_drops(const struct port_totals *now, const struct port_totals *before,
			   char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (unsigned d = 0; d < TOTAL_DROPS && used < size; d++) {
		uint64_t n, then;
		const char *name = totals_drop(now, d, &n);
		char number[32];

		totals_drop(before, d, &then);
		if (n != then)
			used += (size_t)snprintf(buf + used, size - used, "%s%s %s",
						 used ? ", " : "", report_grouped(n - then, number),
						 name);
	}
}

/* @before: NULL: since the start. */
static void core_table(const struct app *app, const struct totals *now, const struct totals *before,
		       struct report *r)
{
	bool sleeps = app->settings.rx_interrupt;
	const struct report_column columns[] = {
		{ "cpu", "core", REPORT_NUMBER },
		{ "packets", "packets", REPORT_COUNT },
		{ "cycles_per_packet", "cycles/packet", REPORT_REAL },
		{ "busy", "busy", REPORT_SHARE },
		{ "sleeps", sleeps ? "sleeps" : NULL, REPORT_COUNT },
		{ "slept_s", sleeps ? "seconds asleep" : NULL, REPORT_REAL },
	};

	report_table(r, "cores", columns, COUNT(columns));
	for (unsigned i = 0; i < app->n_cores; i++) {
		struct core_totals c = now->cores[i];

		if (before) {
			c.packets -= before->cores[i].packets;
			c.busy_cycles -= before->cores[i].busy_cycles;
			c.all_cycles -= before->cores[i].all_cycles;
			c.naps -= before->cores[i].naps;
			c.slept_ns -= before->cores[i].slept_ns;
		}
		report_cell_count(r, app->cores[i]->cpu);
		report_cell_count(r, c.packets);
		report_cell_real(r, ratio(c.busy_cycles, c.packets));
		report_cell_real(r, ratio(c.busy_cycles, c.all_cycles));
		report_cell_count(r, c.naps);
		report_cell_real(r, (double)c.slept_ns / 1e9);
	}
	report_table_end(r);
}

static void period_ports(const struct app *app, const struct totals *now,
			 const struct totals *before, struct report *r)
{
	static const struct report_column columns[] = {
		{ NULL, "port", REPORT_TEXT },     { NULL, "rx pps", REPORT_PPS },
		{ NULL, "rx bit/s", REPORT_BITS }, { NULL, "tx pps", REPORT_PPS },
		{ NULL, "tx bit/s", REPORT_BITS }, { NULL, "dropped", REPORT_TEXT },
	};
	double seconds = now->seconds - before->seconds;
	char name[APP_PORT_NAME], drops[160];

	report_table(r, NULL, columns, COUNT(columns));
	for (unsigned i = 0; i < app->n_portlist; i++) {
		const struct port_totals *p = &now->ports[app->portlist[i]];
		const struct port_totals *b = &before->ports[app->portlist[i]];

		describe_drops(p, b, drops, sizeof(drops));
		report_cell_string(r, app_port_name(app, app->portlist[i], name));
		report_cell_real(r, (double)(p->rx_packets - b->rx_packets) / seconds);
		report_cell_real(r, (double)(p->rx_bytes - b->rx_bytes) * 8 / seconds);
		report_cell_real(r, (double)(p->tx_packets - b->tx_packets) / seconds);
		report_cell_real(r, (double)(p->tx_bytes - b->tx_bytes) * 8 / seconds);
		report_cell_string(r, drops);
	}
	report_table_end(r);
}

void results_period(struct app *app, const struct totals *now, const struct totals *before)
{
	struct report *r = results_new(app);

	if (!r)
		return;
	report_line(r, "--- %s, %.1f s", app->engine->name, now->seconds);
	period_ports(app, now, before, r);
	core_table(app, now, before, r);
	results_print(app, r);
	report_free(r);
}

/* --- at the end --------------------------------------------------------------------------------- */

static json_t *drops_object(const struct port_totals *p)
{
	json_t *drops = json_object();

	for (unsigned i = 0; i < TOTAL_DROPS; i++) {
		uint64_t n;
		const char *name = totals_drop(p, i, &n);

		json_object_set_new(drops, name, json_integer((json_int_t)n));
	}
	return drops;
}

/* The columns that a port's row and the sum's have in common. */
static void port_cells(struct report *r, const struct port_totals *p, double seconds)
{
	if (!(seconds > 0))
		seconds = 1;
	report_cell_count(r, p->rx_packets);
	report_cell_count(r, p->tx_packets);
	report_cell_count(r, p->all_drops);
	report_cell_real(r, (double)p->rx_packets / seconds);
	report_cell_real(r, (double)p->rx_bytes * 8 / seconds);
	report_cell_real(r, (double)p->tx_packets / seconds);
	report_cell_real(r, (double)p->tx_bytes * 8 / seconds);
	report_cell_count(r, p->rx_bytes);
	report_cell_count(r, p->tx_bytes);
	report_cell_value(r, drops_object(p));
}

static const struct report_column port_columns[] = {
	{ NULL, "port", REPORT_TEXT },          { "name", NULL, REPORT_TEXT },
	{ "number", NULL, REPORT_NUMBER },      { "driver", NULL, REPORT_TEXT },
	{ "mac", NULL, REPORT_TEXT },           { "rx_packets", "received", REPORT_COUNT },
	{ "tx_packets", "sent", REPORT_COUNT }, { NULL, "dropped", REPORT_COUNT },
	{ NULL, "rx rate", REPORT_PPS },        { NULL, "rx bits", REPORT_BITS },
	{ NULL, "tx rate", REPORT_PPS },        { NULL, "tx bits", REPORT_BITS },
	{ "rx_bytes", NULL, REPORT_COUNT },     { "tx_bytes", NULL, REPORT_COUNT },
	{ "drops", NULL, REPORT_VALUE },
};

static void forward_ports(const struct app *app, const struct totals *t, struct report *r)
{
	char name[APP_PORT_NAME], mac[18];
	struct plx_port_info info;

	report_table(r, "ports", port_columns, COUNT(port_columns));
	for (unsigned i = 0; i < MAX_PORTS; i++) {
		if (!app->ports[i].spec)
			continue;
		app_port_info(app, i, &info);
		report_cell_string(r, app_port_name(app, i, name));
		report_cell_string(r, app->ports[i].spec);
		report_cell_count(r, i);
		report_cell_string(r, info.driver);
		report_cell_string(r, results_mac(info.mac, mac));
		port_cells(r, &t->ports[i], t->seconds);
	}
	if (app->n_portlist > 1) {
		report_row_of_text(r);
		report_cell_string(r, "all");
		report_cell_string(r, "");
		report_cell_count(r, 0);
		report_cell_string(r, "");
		report_cell_string(r, "");
		port_cells(r, &t->sum, t->seconds);
	}
	report_table_end(r);
}

static void forward_drops(const struct app *app, const struct totals *t, struct report *r)
{
	char buf[32], port[APP_PORT_NAME];

	for (unsigned i = 0; i < MAX_PORTS; i++)
		for (unsigned d = 0; app->ports[i].spec && d < TOTAL_DROPS; d++) {
			uint64_t n;
			const char *name = totals_drop(&t->ports[i], d, &n);

			if (n)
				report_line(r, "dropped at %s: %s %s", app_port_name(app, i, port),
					    report_grouped(n, buf), name);
		}
}

static void forward_engine(const struct app *app, struct report *r)
{
	const struct engine_count *c = app->engine->counts;

	report_begin(r, "engine", NULL);
	for (; c && c->name; c++)
		report_count(r, c->name, c->label, totals_engine_count(app, c));
	report_end(r);
}

static void forward_pools(const struct app *app, struct report *r)
{
	report_begin_list(r, "pools");
	for (unsigned i = 0; i < app->n_cores; i++) {
		struct plx_pool_account a;
		struct plx_pool_info info;

		plx_pool_account(app->cores[i]->pool, &a);
		plx_pool_info(app->cores[i]->pool, &info);
		report_begin(r, NULL, NULL);
		report_string(r, "name", NULL, info.name);
		report_count(r, "total", NULL, a.total);
		report_count(r, "free", NULL, a.free);
		report_count(r, "rx_ring", NULL, a.rx_ring);
		report_count(r, "tx_ring", NULL, a.tx_ring);
		report_count(r, "user", NULL, a.user);
		report_count(r, "page_size", NULL, info.page_size);
		report_string(r, "pages", NULL, info.pages_why);
		report_end(r);
	}
	report_end(r);
}

void results_forward(const struct app *app, const struct totals *t, struct report *r)
{
	report_string(r, "forward_mode", NULL, app->engine->name);
	forward_ports(app, t, r);
	forward_drops(app, t, r);
	if (t->held)
		report_line(r, "held: %llu", (unsigned long long)t->held);
	forward_engine(app, r);
	core_table(app, t, NULL, r);
	forward_pools(app, r);
	report_count(r, "generated", NULL, t->generated);
	report_count(r, "consumed", NULL, t->consumed);
	report_count(r, "held", NULL, t->held);
	report_real(r, "cycles_per_packet", NULL, REPORT_REAL, ratio(t->busy_cycles, t->packets));
	report_real(r, "duration_s", NULL, REPORT_REAL, t->seconds);
	report_real(r, "first_packet_s", NULL, REPORT_REAL,
		    t->first_packet_s > 0 ? t->first_packet_s : NAN);
	report_line(r, "%s %s for %.2f s", app->engine->name,
		    app->forwarding ? "has been running" : "ran", t->seconds);
}

/* --- the whole program's ------------------------------------------------------------------------ */

const char *results_mac(const uint8_t mac[6], char buf[18])
{
	snprintf(buf, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
		 mac[5]);
	return buf;
}

int results_dump(json_t *o, size_t flags)
{
	int err;

	json_object_set_new(o, "version", json_integer(SCHEMA_VERSION));
	err = json_dumpf(o, stdout, flags | JSON_REAL_PRECISION(15));
	fputc('\n', stdout);
	return err || fflush(stdout) ? -1 : 0;
}

int results_json(struct report *r, const struct plx_error *e, bool one_line)
{
	json_t *o = r ? json_incref(report_json(r)) : json_object();
	int err;

	if (e)
		json_object_set_new(o, "error", report_error(e));
	err = results_dump(o, one_line ? JSON_COMPACT : JSON_INDENT(2));
	json_decref(o);
	return err;
}
