/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The first thing that goes wrong is what the user is told.
 */
#include "dev/app.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

char *app_clean(char *text)
{
	for (char *c = text; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return text;
}

static int keep(struct app *app, const struct plx_error *e)
{
	int err = e->err;

	if (app->error.err)
		return err;
	app->error = *e;
	app_clean(app->error.text);
	app_clean(app->error.object);
	return err;
}

int app_keep_last(struct app *app, int err)
{
	return err ? keep(app, plx_last_error()) : 0;
}

int app_fail(struct app *app, int err, enum plx_reason reason, const char *object, const char *fmt,
	     ...)
{
	struct plx_error e = { .err = err, .reason = (uint16_t)reason };
	va_list ap;

	if (object)
		snprintf(e.object, sizeof(e.object), "%s", object);
	va_start(ap, fmt);
	vsnprintf(e.text, sizeof(e.text), fmt, ap);
	va_end(ap);
	return keep(app, &e);
}

int app_fail_nomem(struct app *app)
{
	return app_fail(app, -ENOMEM, PLX_R_NOMEM, NULL, "out of memory");
}

const char *app_operand(const struct app *app, unsigned i)
{
	return i + 1 < app->settings.words.n ? app->settings.words.items[i + 1] : NULL;
}
