/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Statistics for people: one line a port while running, a table at the end.
 */
#include "testpmd/app.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* 1234567 as 1,234,567 so that eyes can compare lines. */
static const char *grouped(uint64_t n, char buf[32])
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, n), out = 0;

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			buf[out++] = ',';
		buf[out++] = digits[i];
	}
	buf[out] = '\0';
	return buf;
}

/* A rate with its unit: "14.88 Mpps". */
static const char *scaled(double x, const char *unit, char buf[32])
{
	static const char prefixes[] = " kMGT";
	int i = 0;

	for (; x >= 1000 && i < 4; i++)
		x /= 1000;
	snprintf(buf, 32, "%.*f %.*s%s",
		 x >= 100  ? 0
		 : x >= 10 ? 1
			   : 2,
		 x, i ? 1 : 0, &prefixes[i], unit);
	return buf;
}

#define NAME_WIDTH 43
#define NAME_SIZE  (NAME_WIDTH + 16)

/*
 * A port's number and specification, with the middle left out where that is long: both its ends
 * tell ports apart.
 */
static const char *name_of(const struct app *app, unsigned port, char buf[NAME_SIZE])
{
	const char *spec = app->settings.ports.items[port];
	size_t len = strlen(spec), room = NAME_WIDTH - 3;

	if (len <= room)
		snprintf(buf, NAME_SIZE, "%u: %s", port, spec);
	else
		snprintf(buf, NAME_SIZE, "%u: %.16s...%s", port, spec, spec + len - (room - 19));
	return buf;
}

static int name_width(const struct app *app)
{
	char name[NAME_SIZE];
	size_t width = 4, len;

	for (unsigned i = 0; i < app->n_ports; i++) {
		len = strlen(name_of(app, i, name));
		if (len > width)
			width = len;
	}
	return (int)width;
}

static const char *bold(const struct app *app, bool on)
{
	const char *term = getenv("TERM");

	if (getenv("NO_COLOR") || !term || !strcmp(term, "dumb") || !isatty(fileno(app->text)))
		return "";
	return on ? "\033[1m" : "\033[0m";
}

static void print_rates(FILE *out, double packets, double bytes, double seconds)
{
	char a[32], b[32];

	if (!(seconds > 0))
		seconds = 1;
	fprintf(out, " %12s %13s", scaled(packets / seconds, "pps", a),
		scaled(bytes * 8 / seconds, "bit/s", b));
}

void table_period(const struct app *app, const struct totals *now, const struct totals *before)
{
	double seconds = now->seconds - before->seconds;
	uint64_t packets = now->packets - before->packets;
	char n[32], name[NAME_SIZE];

	for (unsigned i = 0; i < app->n_ports; i++) {
		const struct port_totals *p = &now->ports[i], *b = &before->ports[i];

		fprintf(app->text, "%7.1f s  %-*s rx", now->seconds, name_width(app),
			name_of(app, i, name));
		print_rates(app->text, (double)(p->rx_packets - b->rx_packets),
			    (double)(p->rx_bytes - b->rx_bytes), seconds);
		fprintf(app->text, "   tx");
		print_rates(app->text, (double)(p->tx_packets - b->tx_packets),
			    (double)(p->tx_bytes - b->tx_bytes), seconds);
		fprintf(app->text, "   dropped %s",
			scaled((double)(p->all_drops - b->all_drops) / seconds, "pps", n));
		if (!i && packets)
			fprintf(app->text, "   %.1f cycles/packet",
				(double)(now->busy_cycles - before->busy_cycles) / (double)packets);
		fputc('\n', app->text);
	}
	fflush(app->text);
}

static void print_port(const struct app *app, const char *name, const struct port_totals *p,
		       double seconds)
{
	char a[32], b[32], c[32];

	fprintf(app->text, "%-*s %16s %16s %12s", name_width(app), name, grouped(p->rx_packets, a),
		grouped(p->tx_packets, b), grouped(p->all_drops, c));
	print_rates(app->text, (double)p->rx_packets, (double)p->rx_bytes, seconds);
	print_rates(app->text, (double)p->tx_packets, (double)p->tx_bytes, seconds);
	fputc('\n', app->text);
}

static void print_drops(const struct app *app, const struct totals *t)
{
	char buf[32], port[NAME_SIZE];

	for (unsigned i = 0; i < app->n_ports; i++)
		for (unsigned d = 0; d < TOTAL_DROPS; d++) {
			uint64_t n;
			const char *name = totals_drop(&t->ports[i], d, &n);

			if (n)
				fprintf(app->text, "dropped at %s: %s %s\n", name_of(app, i, port),
					grouped(n, buf), name);
		}
}

static void print_engine(const struct app *app)
{
	const struct engine_count *c = app->engine->counts;
	char buf[32];

	for (; c && c->name; c++)
		fprintf(app->text, "%s: %-22s %16s\n", app->engine->name, c->label,
			grouped(totals_engine_count(app, c), buf));
}

static void print_cores(const struct app *app)
{
	for (unsigned i = 0; i < app->n_cores; i++) {
		const struct app_core *core = &app->cores[i];
		uint64_t busy = atomic_load_explicit(&core->busy_cycles, memory_order_relaxed);
		uint64_t all = atomic_load_explicit(&core->all_cycles, memory_order_relaxed);
		uint64_t packets = atomic_load_explicit(&core->packets, memory_order_relaxed);

		fprintf(app->text, "core %u: ", core->cpu);
		if (packets)
			fprintf(app->text, "%.1f cycles/packet, %.0f %% busy\n",
				(double)busy / (double)packets,
				all ? 100.0 * (double)busy / (double)all : 0);
		else
			fprintf(app->text, "no packet\n");
	}
}

void table_final(const struct app *app, const struct totals *t)
{
	char a[32], name[NAME_SIZE];

	if (app->settings.stats_period > 0)
		fputc('\n', app->text);
	fprintf(app->text, "%s%-*s %16s %16s %12s %12s %13s %12s %13s%s\n", bold(app, true),
		name_width(app), "port", "received", "sent", "dropped", "rx rate", "rx bits",
		"tx rate", "tx bits", bold(app, false));
	for (unsigned i = 0; i < app->n_ports; i++)
		print_port(app, name_of(app, i, name), &t->ports[i], t->seconds);
	if (app->n_ports > 1)
		print_port(app, "all", &t->sum, t->seconds);
	print_drops(app, t);
	if (t->held)
		fprintf(app->text, "held: %s\n", grouped(t->held, a));
	print_engine(app);
	print_cores(app);
	fprintf(app->text, "%s ran for %.2f s\n", app->engine->name, t->seconds);
	fflush(app->text);
}
