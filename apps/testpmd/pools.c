/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A card sends only from pools that it was told of: those that it receives into, and, here, those
 * of what the plan sends to it.
 */
#include "testpmd/app.h"

#include <string.h>

/* A ring hands over packets as it got them: their buffers are of any core that ever was. */
static bool brings_any_pool(const struct app *app, unsigned src)
{
	struct plx_port_info info;

	plx_port_info(app->ports[src].port, &info);
	return app_needs(app, ENGINE_RX) && !strcmp(info.driver, "ring");
}

static bool receives_into(const struct app_port *p, const struct plx_pool *pool)
{
	for (unsigned q = 0; q < p->conf.n_rxq; q++)
		if (p->pools[q] == pool)
			return true;
	return false;
}

static int use_pool(struct app *app, unsigned dst, struct plx_pool *pool)
{
	const struct app_port *p = &app->ports[dst];

	return receives_into(p, pool) ? 0 : app_keep_last(app, plx_port_use_pool(p->port, pool));
}

/* What a stream sends it has received into its core's pool, or made there. */
static int share_pools(struct app *app, struct app_core *core, unsigned src, unsigned queue,
		       void *arg)
{
	unsigned dst = app_other_port(app, src);
	int err = use_pool(app, dst, core->pool);

	(void)queue;
	(void)arg;
	for (unsigned i = 0; i < app->n_known && !err && brings_any_pool(app, src); i++)
		err = use_pool(app, dst, app->known[i]->pool);
	return err;
}

int app_plan_pools(struct app *app)
{
	return app_needs(app, ENGINE_TX) ? app_plan_walk(app, share_pools, NULL) : 0;
}
