/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How ports spread what they receive. A port that is configured anew begins with its defaults: what
 * commands have changed is put back.
 */
#include "testpmd/app.h"

#include <string.h>

/* @part of @from to @to. */
static void copy_part(struct plx_rss *to, const struct plx_rss *from, unsigned part)
{
	if (part & RSS_TYPES)
		to->types = from->types;
	if (part & RSS_KEY)
		memcpy(to->key, from->key, sizeof(to->key));
	if (part & RSS_TABLE)
		memcpy(to->table, from->table, sizeof(to->table));
}

int app_set_rss(struct app *app, unsigned number, const struct plx_rss *rss, enum rss_part part)
{
	struct app_port *p = &app->ports[number];
	struct plx_port_info info;
	int err = app_keep_last(app, plx_port_set_rss(p->port, rss));

	if (err)
		return err;
	copy_part(&p->rss, rss, part);
	p->rss_parts |= part;
	plx_port_info(p->port, &info);
	if (part & RSS_TABLE)
		p->rss_queues = info.n_rxq;
	return 0;
}

int app_restore_rss(struct app *app, unsigned number)
{
	struct app_port *p = &app->ports[number];
	struct plx_port_info info;
	struct plx_rss rss;
	int err;

	plx_port_info(p->port, &info);
	/* The table was for other queues: the port's own is better. */
	if (p->rss_queues != info.n_rxq)
		p->rss_parts &= ~(unsigned)RSS_TABLE;
	if (!p->rss_parts || !info.n_rxq)
		return 0;
	err = app_keep_last(app, plx_port_rss(p->port, &rss));
	if (err)
		return err;
	copy_part(&rss, &p->rss, p->rss_parts);
	return app_keep_last(app, plx_port_set_rss(p->port, &rss));
}
