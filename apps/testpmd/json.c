/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Statistics for programs: one object on standard output, described in plx-testpmd(1).
 */
#define _GNU_SOURCE /* strerrorname_np() */
#include "testpmd/app.h"

#include <jansson.h>
#include <string.h>

#define SCHEMA_VERSION 1

/* JSON is UTF-8; a path, or a sentence cut short, need not be. */
static json_t *text(const char *from)
{
	json_t *s = json_string(from);
	char buf[512];
	size_t n = 0;

	if (s)
		return s;
	for (; *from && n < sizeof(buf); from++)
		buf[n++] = *from & 0x80 ? '?' : *from;
	return json_stringn(buf, n);
}

static json_t *count(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *drops_object(const struct port_totals *p)
{
	json_t *drops = json_object();

	for (unsigned i = 0; i < TOTAL_DROPS; i++) {
		uint64_t n;
		const char *name = totals_drop(p, i, &n);

		json_object_set_new(drops, name, count(n));
	}
	return drops;
}

static json_t *port_object(const struct app *app, unsigned i, const struct port_totals *p)
{
	struct plx_port_info info;
	json_t *o = json_object();
	char mac[18];

	plx_port_info(app->ports[i], &info);
	snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", info.mac[0], info.mac[1],
		 info.mac[2], info.mac[3], info.mac[4], info.mac[5]);
	json_object_set_new(o, "name", text(app->settings.ports.items[i]));
	json_object_set_new(o, "number", count(i));
	json_object_set_new(o, "driver", json_string(info.driver));
	json_object_set_new(o, "mac", json_string(mac));
	json_object_set_new(o, "rx_packets", count(p->rx_packets));
	json_object_set_new(o, "tx_packets", count(p->tx_packets));
	json_object_set_new(o, "rx_bytes", count(p->rx_bytes));
	json_object_set_new(o, "tx_bytes", count(p->tx_bytes));
	json_object_set_new(o, "drops", drops_object(p));
	return o;
}

static json_t *ratio(uint64_t part, uint64_t of)
{
	return of ? json_real((double)part / (double)of) : json_null();
}

static json_t *core_object(const struct app_core *core)
{
	uint64_t busy = atomic_load_explicit(&core->busy_cycles, memory_order_relaxed);
	uint64_t all = atomic_load_explicit(&core->all_cycles, memory_order_relaxed);
	uint64_t packets = atomic_load_explicit(&core->packets, memory_order_relaxed);
	json_t *o = json_object();

	json_object_set_new(o, "cpu", count(core->cpu));
	json_object_set_new(o, "packets", count(packets));
	json_object_set_new(o, "cycles_per_packet", ratio(busy, packets));
	json_object_set_new(o, "busy", ratio(busy, all));
	return o;
}

static json_t *pool_object(const struct app_core *core)
{
	struct plx_pool_account a;
	struct plx_pool_info info;
	json_t *o = json_object();

	plx_pool_account(core->pool, &a);
	plx_pool_info(core->pool, &info);
	json_object_set_new(o, "name", json_string(info.name));
	json_object_set_new(o, "total", count(a.total));
	json_object_set_new(o, "free", count(a.free));
	json_object_set_new(o, "rx_ring", count(a.rx_ring));
	json_object_set_new(o, "tx_ring", count(a.tx_ring));
	json_object_set_new(o, "user", count(a.user));
	json_object_set_new(o, "page_size", count(info.page_size));
	json_object_set_new(o, "pages", json_string(info.pages_why));
	return o;
}

static json_t *engine_object(const struct app *app)
{
	const struct engine_count *c = app->engine->counts;
	json_t *o = json_object();

	for (; c && c->name; c++)
		json_object_set_new(o, c->name, count(totals_engine_count(app, c)));
	return o;
}

static json_t *error_object(const struct plx_error *e)
{
	json_t *o = json_object();

	json_object_set_new(o, "errno", json_integer(e->err));
	json_object_set_new(o, "errno_name", json_string(strerrorname_np(-e->err)));
	json_object_set_new(o, "reason", json_string(plx_reason_str(e->reason)));
	json_object_set_new(o, "object", text(e->object));
	json_object_set_new(o, "text", text(e->text));
	return o;
}

static void add_results(json_t *o, const struct app *app, const struct totals *t)
{
	json_t *ports = json_array(), *cores = json_array(), *pools = json_array();

	for (unsigned i = 0; i < app->n_ports; i++)
		json_array_append_new(ports, port_object(app, i, &t->ports[i]));
	for (unsigned i = 0; i < app->n_cores; i++) {
		json_array_append_new(cores, core_object(&app->cores[i]));
		json_array_append_new(pools, pool_object(&app->cores[i]));
	}
	json_object_set_new(o, "forward_mode", json_string(app->engine->name));
	json_object_set_new(o, "ports", ports);
	json_object_set_new(o, "cores", cores);
	json_object_set_new(o, "pools", pools);
	json_object_set_new(o, "engine", engine_object(app));
	json_object_set_new(o, "generated", count(t->generated));
	json_object_set_new(o, "consumed", count(t->consumed));
	json_object_set_new(o, "held", count(t->held));
	json_object_set_new(o, "cycles_per_packet", ratio(t->busy_cycles, t->packets));
	json_object_set_new(o, "duration_s", json_real(t->seconds));
	json_object_set_new(o, "first_packet_s",
			    t->first_packet_s > 0 ? json_real(t->first_packet_s) : json_null());
}

int json_print(const struct app *app, const struct totals *t, const struct plx_error *e)
{
	json_t *o = json_object();
	int err;

	json_object_set_new(o, "version", json_integer(SCHEMA_VERSION));
	if (t)
		add_results(o, app, t);
	if (e)
		json_object_set_new(o, "error", error_object(e));
	err = json_dumpf(o, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
	fputc('\n', stdout);
	json_decref(o);
	return err || fflush(stdout) ? -1 : 0;
}
