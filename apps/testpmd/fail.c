/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The first thing that goes wrong is what the user is told.
 */
#include "testpmd/app.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

int app_keep(struct app *app, const struct plx_error *e)
{
	int err = e->err;

	if (!app->error.err)
		app->error = *e;
	return err;
}

int app_fail(struct app *app, int err, enum plx_reason reason, const char *fmt, ...)
{
	struct plx_error e = { .err = err, .reason = (uint16_t)reason };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e.text, sizeof(e.text), fmt, ap);
	va_end(ap);
	return app_keep(app, &e);
}

int app_check_text(struct app *app)
{
	if (!ferror(app->text))
		return 0;
	return app_fail(app, -EIO, PLX_R_FILE, "standard %s: %s",
			app->text == stderr ? "error" : "output", strerror(errno));
}
