/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What was counted, summed up so that it adds up: every frame that came in is sent, dropped for
 * a reason, consumed, or held.
 */
#include "testpmd/app.h"

static void read_port(const struct app *app, unsigned i, struct port_totals *p)
{
	struct plx_port_stats stats;

	plx_port_stats(app->ports[i], &stats);
	*p = (struct port_totals){ .rx_packets = stats.rx.packets,
				   .rx_bytes = stats.rx.bytes,
				   .tx_packets = stats.tx.packets,
				   .tx_bytes = stats.tx.bytes };
	for (int d = 0; d < PLX_DROP_COUNT_; d++) {
		/* What a port dropped on receive did come in. */
		p->rx_packets += stats.rx.drops[d];
		p->drops[d] = stats.rx.drops[d] + stats.tx.drops[d];
		p->all_drops += p->drops[d];
	}
}

/* What streams alone know: ports do not count it. */
static void add_streams(const struct app *app, struct totals *t)
{
	for (unsigned i = 0; i < app->n_cores; i++)
		for (unsigned j = 0; j < app->cores[i].n_streams; j++) {
			const struct app_stream *s = &app->cores[i].streams[j];

			uint64_t n = atomic_load_explicit(&s->base.tx_full, memory_order_relaxed);

			t->ports[s->dst].tx_full += n;
			t->ports[s->dst].all_drops += n;
			t->generated +=
				atomic_load_explicit(&s->base.generated, memory_order_relaxed);
			t->consumed +=
				atomic_load_explicit(&s->base.consumed, memory_order_relaxed);
		}
}

static void add_port(struct port_totals *sum, const struct port_totals *p)
{
	sum->rx_packets += p->rx_packets;
	sum->rx_bytes += p->rx_bytes;
	sum->tx_packets += p->tx_packets;
	sum->tx_bytes += p->tx_bytes;
	sum->tx_full += p->tx_full;
	sum->all_drops += p->all_drops;
	for (int d = 0; d < PLX_DROP_COUNT_; d++)
		sum->drops[d] += p->drops[d];
}

static void add_core(const struct app_core *core, struct totals *t)
{
	uint64_t first = atomic_load_explicit(&core->first_ns, memory_order_relaxed);
	double first_s = (double)first / 1e9;

	t->busy_cycles += atomic_load_explicit(&core->busy_cycles, memory_order_relaxed);
	t->packets += atomic_load_explicit(&core->packets, memory_order_relaxed);
	if (first && (t->first_packet_s == 0 || first_s < t->first_packet_s))
		t->first_packet_s = first_s;
}

/* Buffers in no pool and in no ring; while workers run, those of their present bursts. */
static void read_held(const struct app *app, struct totals *t)
{
	for (unsigned i = 0; i < app->n_cores; i++) {
		struct plx_pool_account a;

		plx_pool_account(app->cores[i].pool, &a);
		t->held += a.user;
	}
}

void totals_read(const struct app *app, struct totals *t)
{
	*t = (struct totals){ .seconds = (double)(app->stop_cycles - app->start_cycles) /
					 (double)plx_clock_hz(app->ctx) };
	for (unsigned i = 0; i < app->n_ports; i++)
		read_port(app, i, &t->ports[i]);
	add_streams(app, t);
	for (unsigned i = 0; i < app->n_ports; i++)
		add_port(&t->sum, &t->ports[i]);
	for (unsigned i = 0; i < app->n_cores; i++)
		add_core(&app->cores[i], t);
	read_held(app, t);
	if (!(app->engine->needs & ENGINE_TX))
		t->consumed = t->sum.rx_packets - t->sum.all_drops;
	if (!(app->engine->needs & ENGINE_RX))
		t->generated = t->sum.tx_packets + t->sum.all_drops;
}

const char *totals_drop(const struct port_totals *p, unsigned i, uint64_t *n)
{
	*n = i < PLX_DROP_COUNT_ ? p->drops[i] : p->tx_full;
	return i < PLX_DROP_COUNT_ ? plx_drop_name(i) : "tx_full";
}

uint64_t totals_engine_count(const struct app *app, const struct engine_count *c)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < app->n_cores; i++)
		for (unsigned j = 0; j < app->cores[i].n_streams; j++) {
			const char *priv = app->cores[i].streams[j].base.priv;

			sum += *(const uint64_t *)(const void *)(priv + c->offset);
		}
	return sum;
}
