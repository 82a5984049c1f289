/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The link: up, down, and who may ask for a pause.
 */
#include "testpmd/commands/commands.h"

COMMAND(set_link)
{
	const struct app_port *p = app_port(app, v[3].number);

	(void)n;
	(void)r;
	return p ? app_keep_last(app, plx_port_set_link(p->port, v[1].choice == 0))
		 : app->error.err;
}

COMMAND(set_flow_ctrl)
{
	const struct plx_flow_control flow = { .rx = v[3].choice == 0, .tx = v[5].choice == 0 };
	const struct app_port *p = app_port(app, v[6].number);

	(void)n;
	(void)r;
	return p ? app_keep_last(app, plx_port_set_flow_control(p->port, &flow)) : app->error.err;
}

static int read_flow(struct app *app, const struct app_port *p, struct plx_flow_control *flow)
{
	return p ? app_keep_last(app, plx_port_flow_control(p->port, flow)) : app->error.err;
}

COMMAND(set_flow_ctrl_one)
{
	const struct app_port *p = app_port(app, v[4].number);
	struct plx_flow_control flow;
	int err = read_flow(app, p, &flow);

	(void)n;
	(void)r;
	if (err)
		return err;
	*(v[2].choice ? &flow.tx : &flow.rx) = v[3].choice == 0;
	return app_keep_last(app, plx_port_set_flow_control(p->port, &flow));
}

COMMAND(show_flow_ctrl)
{
	struct plx_flow_control flow;
	int err = read_flow(app, app_port(app, v[2].number), &flow);

	(void)n;
	if (err)
		return err;
	report_count(r, "port", NULL, v[2].number);
	report_bool(r, "rx", "pause frames honoured", flow.rx);
	report_bool(r, "tx", "pause frames sent", flow.tx);
	return 0;
}
