/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The counts in Prometheus' text exposition format 0.0.4: counters that only grow, with labels.
 * Rates are for who asks to make.
 */
#include "testpmd/app.h"

#include <inttypes.h>
#include <stdlib.h>

/* A label's value: \, " and newlines are escaped. */
static void put_escaped(FILE *out, const char *text)
{
	for (; *text; text++)
		if (*text == '\n')
			fputs("\\n", out);
		else
			fprintf(out, *text == '\\' || *text == '"' ? "\\%c" : "%c", *text);
}

static void head(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_labels(FILE *out, const struct app *app, unsigned number)
{
	fprintf(out, "port=\"%u\",name=\"", number);
	put_escaped(out, app->ports[number].spec);
	fputc('"', out);
}

/* One metric of all ports, both directions: packets or bytes, by their offset. */
static void put_ports(FILE *out, const struct app *app, const char *name, const char *help,
		      size_t offset)
{
	head(out, name, "counter", help);
	for (unsigned i = 0; i < MAX_PORTS; i++) {
		struct plx_port_stats s;
		const struct plx_queue_stats *q[] = { &s.rx, &s.tx };

		if (!app->ports[i].port)
			continue;
		app_port_total(app, i, &s);
		for (int d = 0; d < 2; d++) {
			fprintf(out, "%s{", name);
			put_labels(out, app, i);
			fprintf(out, ",direction=\"%s\"} %" PRIu64 "\n", d ? "tx" : "rx",
				*(const uint64_t *)(const void *)((const char *)q[d] + offset));
		}
	}
}

static void put_drops(FILE *out, const struct app *app)
{
	head(out, "plx_port_dropped_packets_total", "counter", "Frames dropped, by reason.");
	for (unsigned i = 0; i < MAX_PORTS; i++) {
		struct plx_port_stats s;

		if (!app->ports[i].port)
			continue;
		app_port_total(app, i, &s);
		for (unsigned d = 0; d < 2 * PLX_DROP_COUNT_; d++) {
			const struct plx_queue_stats *q = d & 1 ? &s.tx : &s.rx;

			fputs("plx_port_dropped_packets_total{", out);
			put_labels(out, app, i);
			fprintf(out, ",direction=\"%s\",reason=\"%s\"} %" PRIu64 "\n",
				d & 1 ? "tx" : "rx", plx_drop_name(d / 2), q->drops[d / 2]);
		}
	}
}

static void put_links(FILE *out, const struct app *app)
{
	head(out, "plx_port_link_up", "gauge", "1 when the link is up.");
	for (unsigned i = 0; i < MAX_PORTS; i++) {
		struct plx_port_info info;

		if (!app->ports[i].port)
			continue;
		plx_port_info(app->ports[i].port, &info);
		fputs("plx_port_link_up{", out);
		put_labels(out, app, i);
		fprintf(out, "} %d\n", info.link.up);
	}
}

static void put_cores(FILE *out, const struct app *app)
{
	struct totals t;

	totals_raw(app, &t);
	head(out, "plx_core_packets_total", "counter", "Packets that a core moved since start.");
	for (unsigned i = 0; i < app->n_cores; i++)
		fprintf(out, "plx_core_packets_total{cpu=\"%u\"} %" PRIu64 "\n", app->cores[i]->cpu,
			t.cores[i].packets);
	head(out, "plx_core_busy_cycles_total", "counter",
	     "Cycles of bursts that moved packets since start.");
	for (unsigned i = 0; i < app->n_cores; i++)
		fprintf(out, "plx_core_busy_cycles_total{cpu=\"%u\"} %" PRIu64 "\n",
			app->cores[i]->cpu, t.cores[i].busy_cycles);
	head(out, "plx_core_sleeps_total", "counter", "How often a core slept since start.");
	for (unsigned i = 0; i < app->n_cores; i++)
		fprintf(out, "plx_core_sleeps_total{cpu=\"%u\"} %" PRIu64 "\n", app->cores[i]->cpu,
			t.cores[i].naps);
	head(out, "plx_core_slept_seconds_total", "counter",
	     "Seconds that a core slept since start.");
	for (unsigned i = 0; i < app->n_cores; i++)
		fprintf(out, "plx_core_slept_seconds_total{cpu=\"%u\"} %.6f\n", app->cores[i]->cpu,
			(double)t.cores[i].slept_ns / 1e9);
	head(out, "plx_core_cycles_total", "counter", "Cycles of all bursts since start.");
	for (unsigned i = 0; i < app->n_cores; i++)
		fprintf(out, "plx_core_cycles_total{cpu=\"%u\"} %" PRIu64 "\n", app->cores[i]->cpu,
			t.cores[i].all_cycles);
}

char *metrics_text(const struct app *app)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	head(out, "plx_forwarding", "gauge", "1 while packets are being forwarded.");
	fprintf(out, "plx_forwarding %d\n", app->forwarding);
	put_ports(out, app, "plx_port_packets_total", "Frames received, and taken to send.",
		  offsetof(struct plx_queue_stats, packets));
	put_ports(out, app, "plx_port_bytes_total", "Bytes of those frames, without FCS.",
		  offsetof(struct plx_queue_stats, bytes));
	put_drops(out, app);
	put_links(out, app);
	put_cores(out, app);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}
