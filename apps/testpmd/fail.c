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

	if (app->error.err)
		return err;
	app->error = *e;
	/* Words of the user's are quoted in it: still one line, and no codes for terminals. */
	for (char *c = app->error.text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	return err;
}

int app_keep_last(struct app *app, int err)
{
	return err ? app_keep(app, plx_last_error()) : 0;
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

int app_fail_nomem(struct app *app)
{
	return app_fail(app, -ENOMEM, PLX_R_NOMEM, "out of memory");
}

int app_check_text(struct app *app)
{
	if (ferror(app->text))
		return app_fail(app, -EIO, PLX_R_FILE, "standard %s: %s",
				app->text == stderr ? "error" : "output", strerror(errno));
	/* With --json tables do not go there, but objects do. */
	if (ferror(stdout))
		return app_fail(app, -EIO, PLX_R_FILE, "standard output: %s", strerror(errno));
	return 0;
}
