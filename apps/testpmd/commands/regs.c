/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * show port regs: a device's registers, by the names of its datasheet.
 */
#include "testpmd/commands/commands.h"

#include <stdlib.h>

static uint32_t field_value(const struct plx_port_reg *reg, const struct plx_reg_field *f)
{
	return reg->value >> f->low & (f->bits < 32 ? (1u << f->bits) - 1 : UINT32_MAX);
}

/* " FD=1 SPEED=2", and each in the object that is open. */
static void report_fields(const struct plx_port_reg *reg, struct report *r, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (const struct plx_reg_field *f = reg->fields; f && f->name; f++) {
		uint32_t value = field_value(reg, f);

		report_count(r, f->name, NULL, value);
		if (used < size)
			used += (size_t)snprintf(text + used, size - used,
						 value < 10 ? " %s=%u" : " %s=0x%x", f->name,
						 value);
	}
}

static void report_reg(const struct plx_port_reg *reg, struct report *r)
{
	char fields[512];

	report_begin(r, NULL, NULL);
	report_string(r, "name", NULL, reg->name);
	report_count(r, "offset", NULL, reg->offset);
	report_count(r, "width", NULL, reg->width);
	report_count(r, "value", NULL, reg->value);
	report_begin(r, "fields", NULL);
	report_fields(reg, r, fields, sizeof(fields));
	report_end(r);
	report_end(r);
	report_line(r, "%-12s 0x%05x  %*s0x%0*x %s", reg->name, reg->offset, 8 - reg->width / 4, "",
		    reg->width / 4, reg->value, fields);
}

static int read_regs(struct app *app, struct plx_port *port, struct plx_port_reg **regs,
		     unsigned *n)
{
	if (plx_port_regs(port, NULL, 0, n))
		return app_keep(app, plx_last_error());
	*regs = calloc(*n + 1, sizeof(**regs));
	if (!*regs)
		return app_fail_nomem(app);
	return app_keep_last(app, plx_port_regs(port, *regs, *n, n));
}

COMMAND(show_regs)
{
	const struct app_port *p = app_port(app, v[2].number);
	struct plx_port_reg *regs = NULL;
	unsigned count = 0;
	int err = p ? read_regs(app, p->port, &regs, &count) : app->error.err;

	(void)n;
	report_count(r, "port", NULL, v[2].number);
	report_begin_list(r, "regs");
	for (unsigned i = 0; i < count && !err; i++)
		report_reg(&regs[i], r);
	report_end(r);
	free(regs);
	return err;
}
