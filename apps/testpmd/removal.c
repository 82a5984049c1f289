/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ports whose device goes away: unplugged, asked back by the kernel, deleted. A worker that sees it
 * ends the streams of that port and goes on with the others; once no worker uses the port, the main
 * thread says so. The port of a card it also closes: the kernel waits, and does not get a device
 * back before the last file of it is closed. Another stays for `port reset` or `port close`.
 */
#include "testpmd/app.h"
#include "testpmd/input/input.h"

#include <errno.h>
#include <string.h>

#define LOOK_NS 1000000000 /* between two looks, while no worker does it */

static bool uses(const struct app_stream *s, unsigned number)
{
	return stream_uses(s, number) && !atomic_load_explicit(&s->ended, memory_order_acquire);
}

static bool in_use(const struct app *app, unsigned number)
{
	for (unsigned i = 0; i < app->n_cores && app->forwarding; i++)
		for (unsigned j = 0; j < app->cores[i]->n_streams; j++)
			if (uses(&app->cores[i]->streams[j], number))
				return true;
	return false;
}

/* One who types commands reads it now; else it is what the program ends with. */
static void tell(struct app *app, unsigned number, const struct plx_error *e)
{
	char name[APP_PORT_NAME];

	app_port_name(app, number, name);
	if (!app->interactive) {
		app_fail(app, e->err, e->reason, "port %s: %s", name, e->text);
		return;
	}
	app->failed = true;
	input_leave_prompt(app);
	fprintf(stderr, "plx-testpmd: port %s: %s\n", name, e->text);
	input_return_prompt(app);
}

/*
 * One with registers: the kernel may want it back. What else a port may be is missed when it is
 * used.
 */
static bool is_card(struct plx_port *port)
{
	struct plx_port_info info;

	plx_port_info(port, &info);
	return info.caps.features & PLX_PORT_REGS;
}

static void lose_port(struct app *app, unsigned number, const struct plx_error *e)
{
	struct app_port *p = &app->ports[number];

	p->lost = true;
	tell(app, number, e);
	if (is_card(p->port))
		app_remove_port(app, number);
}

static void look_at_stream(struct app *app, const struct app_stream *s)
{
	const struct app_port *p;

	if (!atomic_load_explicit(&s->ended, memory_order_acquire) || s->lost < 0)
		return;
	p = &app->ports[s->lost];
	if (p->port && !p->lost && !in_use(app, (unsigned)s->lost))
		lose_port(app, (unsigned)s->lost, &s->error);
}

void app_close_removed(struct app *app)
{
	for (unsigned i = 0; i < app->n_cores; i++)
		for (unsigned j = 0; j < app->cores[i]->n_streams; j++)
			look_at_stream(app, &app->cores[i]->streams[j]);
}

static bool is_gone(struct plx_port *port)
{
	struct plx_rxq *rxq = plx_port_rxq(port, 0);
	struct plx_txq *txq = plx_port_txq(port, 0);

	return rxq ? plx_rxq_status(rxq) == -ENODEV : txq && plx_txq_status(txq) == -ENODEV;
}

void app_look_for_removed(struct app *app, uint64_t now)
{
	if (app->forwarding || now < app->next_look_ns)
		return;
	app->next_look_ns = UINT64_MAX;
	for (unsigned i = 0; i < MAX_PORTS; i++) {
		struct plx_port *port = app->ports[i].port;

		if (!port || !is_card(port))
			continue;
		app->next_look_ns = now + LOOK_NS;
		if (is_gone(port)) {
			struct plx_error e = *plx_last_error();

			lose_port(app, i, &e);
		}
	}
}
