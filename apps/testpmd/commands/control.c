/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Starting, stopping, waiting, and what else steers the program.
 */
#include "testpmd/commands/commands.h"
#include "testpmd/input/input.h"

#include <errno.h>
#include <stdlib.h>

int check_stopped(struct app *app, const char *what)
{
	if (!app->forwarding)
		return 0;
	return app_fail(app, -EBUSY, PLX_R_STATE, "%s while packets are forwarded: stop first",
			what);
}

static int start(struct app *app, uint64_t tx_first, struct report *r)
{
	int err;

	if (app->forwarding)
		return app_fail(app, -EALREADY, PLX_R_ALREADY,
				"packets are being forwarded already: stop first");
	err = app_start(app, tx_first);
	return err ? err : show_config_fwd(app, NULL, 0, r);
}

COMMAND(do_start)
{
	(void)v;
	(void)n;
	return start(app, 0, r);
}

COMMAND(do_start_tx_first)
{
	return start(app, n > 2 ? v[2].number : 1, r);
}

static int fail_not_started(struct app *app)
{
	return app_fail(app, -EPERM, PLX_R_NOT_STARTED, "no packets are being forwarded");
}

COMMAND(do_stop)
{
	int err;

	if (!app->forwarding)
		return fail_not_started(app);
	err = app_stop(app);
	show_fwd_stats(app, v, n, r);
	return err;
}

COMMAND(do_wait)
{
	if (!app->forwarding && !app->ended)
		return fail_not_started(app);
	app->waiting = true;
	app_wait(app, -1, UINT64_MAX);
	app->waiting = false;
	/* A client of the control socket may have stopped it. */
	return app->forwarding ? do_stop(app, v, n, r) : show_fwd_stats(app, v, n, r);
}

COMMAND(do_sleep)
{
	(void)n;
	(void)r;
	app_wait(app, -1, monotonic_ns() + (uint64_t)(v[1].real * 1e9));
	return 0;
}

COMMAND(do_load)
{
	(void)n;
	(void)r;
	return input_file(app, v[1].text);
}

COMMAND(do_help)
{
	(void)app;
	command_help(r, n > 1 ? v[1].text : NULL);
	return 0;
}

COMMAND(do_quit)
{
	(void)v;
	(void)n;
	(void)r;
	app->quit = true;
	return 0;
}
