/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What was counted, summed up so that it adds up: every frame that came in is sent, dropped for
 * a reason, consumed, or held.
 */
#include "testpmd/app.h"

#include <string.h>

static uint64_t load(const _Atomic uint64_t *n)
{
	return atomic_load_explicit(n, memory_order_relaxed);
}

static void read_port(const struct app *app, unsigned i, struct port_totals *p)
{
	struct plx_port_stats stats;

	*p = (struct port_totals){ .rx_packets = 0 };
	if (!app->ports[i].spec)
		return;
	app_port_total(app, i, &stats);
	p->rx_packets = stats.rx.packets;
	p->rx_bytes = stats.rx.bytes;
	p->tx_packets = stats.tx.packets;
	p->tx_bytes = stats.tx.bytes;
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
		for (unsigned j = 0; j < app->cores[i]->n_streams; j++) {
			const struct app_stream *s = &app->cores[i]->streams[j];
			uint64_t n = load(&s->base.tx_full);

			t->ports[s->dst].tx_full += n;
			t->ports[s->dst].all_drops += n;
			t->generated += load(&s->base.generated);
			t->consumed += load(&s->base.consumed);
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

static void read_core(const struct app_core *core, struct core_totals *c, struct totals *t)
{
	double first_s = (double)load(&core->first_ns) / 1e9;

	*c = (struct core_totals){ .packets = load(&core->packets),
				   .busy_cycles = load(&core->busy_cycles),
				   .all_cycles = load(&core->all_cycles),
				   .naps = load(&core->naps),
				   .slept_ns = load(&core->slept_ns) };
	if (first_s > 0 && (t->first_packet_s == 0 || first_s < t->first_packet_s))
		t->first_packet_s = first_s;
}

static void add_core(const struct core_totals *c, struct totals *t)
{
	t->busy_cycles += c->busy_cycles;
	t->packets += c->packets;
}

/* Buffers in no pool and in no ring; while workers run, those of their present bursts. */
static void read_held(const struct app *app, struct totals *t)
{
	for (unsigned i = 0; i < app->n_known; i++) {
		struct plx_pool_account a;

		plx_pool_account(app->known[i]->pool, &a);
		t->held += a.user;
	}
}

/* A port that was closed meanwhile has nothing to subtract from. */
static void subtract_base(const struct app *app, struct totals *t)
{
	for (unsigned i = 0; i < MAX_PORTS; i++) {
		struct port_totals *p = &t->ports[i];
		const struct port_totals *b = &app->base.ports[i];

		if (!app->ports[i].spec)
			continue;
		p->rx_packets -= b->rx_packets;
		p->rx_bytes -= b->rx_bytes;
		p->tx_packets -= b->tx_packets;
		p->tx_bytes -= b->tx_bytes;
		p->tx_full -= b->tx_full;
		p->all_drops -= b->all_drops;
		for (int d = 0; d < PLX_DROP_COUNT_; d++)
			p->drops[d] -= b->drops[d];
	}
	t->generated -= app->base.generated;
	t->consumed -= app->base.consumed;
	for (unsigned i = 0; i < app->n_cores; i++) {
		t->cores[i].packets -= app->base.cores[i].packets;
		t->cores[i].busy_cycles -= app->base.cores[i].busy_cycles;
		t->cores[i].all_cycles -= app->base.cores[i].all_cycles;
		t->cores[i].naps -= app->base.cores[i].naps;
		t->cores[i].slept_ns -= app->base.cores[i].slept_ns;
	}
}

/* What an engine made that only sends, or kept that only receives, follows from the ports. */
static void balance(const struct app *app, struct totals *t)
{
	t->generated += app->made_first;
	if (!(app->engine->needs & ENGINE_TX))
		t->consumed = t->sum.rx_packets - t->sum.all_drops;
	if (!(app->engine->needs & ENGINE_RX))
		t->generated = t->sum.tx_packets + t->sum.all_drops;
}

void totals_raw(const struct app *app, struct totals *t)
{
	*t = (struct totals){ .seconds = (double)(app->stop_cycles - app->start_cycles) /
					 (double)plx_clock_hz(app->ctx) };
	for (unsigned i = 0; i < MAX_PORTS; i++)
		read_port(app, i, &t->ports[i]);
	add_streams(app, t);
	for (unsigned i = 0; i < app->n_cores; i++)
		read_core(app->cores[i], &t->cores[i], t);
}

void totals_read(const struct app *app, struct totals *t)
{
	totals_raw(app, t);
	subtract_base(app, t);
	for (unsigned i = 0; i < MAX_PORTS; i++)
		add_port(&t->sum, &t->ports[i]);
	for (unsigned i = 0; i < app->n_cores; i++)
		add_core(&t->cores[i], t);
	read_held(app, t);
	balance(app, t);
}

void totals_clear(struct app *app)
{
	memset(app->engine_base, 0, sizeof(app->engine_base));
	for (const struct engine_count *c = app->engine->counts; c && c->name; c++)
		app->engine_base[c - app->engine->counts] = totals_engine_count(app, c);
	app->made_first = 0;
	app->start_cycles = plx_cycles();
	if (!app->forwarding)
		app->stop_cycles = app->start_cycles;
	totals_raw(app, &app->base);
	totals_read(app, &app->period);
}

const char *totals_drop(const struct port_totals *p, unsigned i, uint64_t *n)
{
	*n = i < PLX_DROP_COUNT_ ? p->drops[i] : p->tx_full;
	return i < PLX_DROP_COUNT_ ? plx_drop_name(i) : "tx_full";
}

uint64_t totals_engine_count(const struct app *app, const struct engine_count *c)
{
	uint64_t sum = 0 - app->engine_base[c - app->engine->counts];

	for (unsigned i = 0; i < app->n_cores; i++)
		for (unsigned j = 0; j < app->cores[i]->n_streams; j++) {
			const char *priv = app->cores[i]->streams[j].base.priv;

			sum += load((const _Atomic uint64_t *)(const void *)(priv + c->offset));
		}
	return sum;
}
