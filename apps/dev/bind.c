/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plx-dev bind and unbind: all that is asked for, or nothing.
 */
#include "dev/function.h"
#include "dev/override.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#define CHANGES_MAX  256
#define CLASS_BRIDGE 0x06

struct plan {
	struct app *app;
	unsigned n;
	struct change *changes;
	const struct function *asked; /* whose group is being looked at */
};

static bool is_planned(const struct plan *p, const char *address)
{
	for (unsigned i = 0; i < p->n; i++)
		if (!strcmp(p->changes[i].address, address))
			return true;
	return false;
}

static int add(struct plan *p, const struct function *f, const char *mate_of)
{
	struct change *c = &p->changes[p->n];

	if (p->n == CHANGES_MAX)
		return app_fail(p->app, -EINVAL, PLX_R_BAD_VALUE, f->facts.address,
				"these are more than %d functions with those of their groups",
				CHANGES_MAX);
	memset(c, 0, sizeof(*c));
	strcpy(c->address, f->facts.address);
	strcpy(c->mate_of, mate_of);
	memcpy(c->from, f->facts.driver, sizeof(c->from));
	c->group = f->facts.group;
	c->pollux_driver = function_pollux_driver(f);
	p->n++;
	return 0;
}

/* What the command line names, once each, where @check says 0. */
static int plan_operands(struct plan *p,
			 int (*check)(struct app *, const struct function *, const char *mate_of))
{
	const char *address;
	struct function f;
	int err = 0;

	for (unsigned i = 0; !err && (address = app_operand(p->app, i)); i++) {
		err = function_read(p->app, address, &f);
		if (err || is_planned(p, f.facts.address))
			continue;
		err = check(p->app, &f, "");
		err = err ? err : add(p, &f, "");
	}
	return err;
}

/* --- what bind has to do ------------------------------------------------------------------------ */

static int check_bind(struct app *app, const struct function *f, const char *mate_of)
{
	char shared[64] = "";

	if (*mate_of)
		snprintf(shared, sizeof(shared), ", which shares the IOMMU group of %s,", mate_of);
	if (f->facts.group < 0)
		return app_fail(
			app, -ENOTSUP, PLX_R_NO_IOMMU, f->facts.address,
			"%s has no IOMMU, so vfio-pci would not take it: plx-dev doctor says "
			"how to get one",
			f->facts.address);
	if (f->has_group && f->group.direct_map)
		return app_fail(
			app, -ENOTSUP, PLX_R_FW_DIRECT_MAP, f->facts.address,
			"%s%s cannot be used: the firmware demands that some of its memory stays "
			"mapped 1:1",
			f->facts.address, shared);
	if (f->default_route && !app->settings.force)
		return app_fail(
			app, -EBUSY, PLX_R_KERNEL_CONFLICT, f->facts.address,
			"%s%s is %s, and the default route goes through it: move the route, or "
			"use --force and lose it",
			f->facts.address, shared, f->interfaces[0]);
	return 0;
}

/* Devices of the group that another driver has, bridges excepted: they never stand in the way. */
static int add_mate(void *arg, const struct plx_pci_member *m)
{
	const struct function *asked;
	struct plan *p = arg;
	struct function f;
	int err;

	if (!m->foreign || is_planned(p, m->name))
		return 0;
	err = function_read(p->app, m->name, &f);
	if (err || f.facts.class_code >> 16 == CLASS_BRIDGE)
		return err;
	asked = p->asked;
	err = check_bind(p->app, &f, asked->facts.address);
	return err ? err : add(p, &f, asked->facts.address);
}

static int plan_bind(struct plan *p)
{
	struct function f;
	int err = plan_operands(p, check_bind);

	for (unsigned i = 0, n = p->n; !err && i < n; i++) {
		err = function_read(p->app, p->changes[i].address, &f);
		p->asked = &f;
		err = err ? err
			  : plx_pci_group_each(p->app->sys, (unsigned)f.facts.group, add_mate, p);
		if (err && !p->app->error.err)
			err = app_keep_last(p->app, err);
	}
	return err;
}

/* --- what unbind has to do ---------------------------------------------------------------------- */

static int check_unbind(struct app *app, const struct function *f, const char *mate_of)
{
	(void)mate_of;
	if (!function_is_vfio(f))
		return app_fail(app, -EINVAL, PLX_R_NOT_BOUND, f->facts.address,
				"%s is bound to %s, not to vfio-pci: there is nothing to give back",
				f->facts.address, *f->facts.driver ? f->facts.driver : "no driver");
	if (f->holder) /* the kernel would wait until it is closed */
		return app_fail(app, -EBUSY, PLX_R_GROUP_BUSY, f->facts.address,
				"%s is in use by %s (process %ld): end that first",
				f->facts.address, f->holder_name, (long)f->holder);
	return 0;
}

static int plan_unbind(struct plan *p)
{
	return plan_operands(p, check_unbind);
}

/* --- doing it ----------------------------------------------------------------------------------- */

static int find_user(struct app *app, uid_t *uid)
{
	const char *name = app->settings.user;
	const struct passwd *p = getpwnam(name);
	char *end;
	unsigned long number = strtoul(name, &end, 10);

	*uid = p ? p->pw_uid : (uid_t)number;
	if (p || (*name >= '0' && *name <= '9' && !*end && number < UINT32_MAX))
		return 0;
	return app_fail(app, -EINVAL, PLX_R_BAD_VALUE, "--user",
			"--user %.60s: there is no such user", name);
}

/* Take back the first @n changes, the last of which may be half done; say how that went. */
static void undo(struct plan *p, unsigned n)
{
	struct plx_error *e = &p->app->error;
	size_t len = strlen(e->text);
	bool well = true;

	while (n-- > 0)
		well &= override_undo(p->app, &p->changes[n]);
	snprintf(e->text + len, sizeof(e->text) - len, "%s",
		 well ? "; everything is as it was" : "; what was done could not all be undone");
}

static int bind_one(struct app *app, struct change *c, bool give, uid_t uid)
{
	int err = 0;

	if (!strstr(c->from, "vfio"))
		err = override_bind(app, c);
	else
		strcpy(c->to, c->from);
	return err || !give ? err : override_give(app, c, uid);
}

static int bind_all(struct plan *p)
{
	struct app *app = p->app;
	uid_t uid = 0;
	int err = app->settings.user ? find_user(app, &uid) : 0;

	err = err ? err : override_load_driver(app);
	for (unsigned i = 0; !err && i < p->n; i++) {
		err = bind_one(app, &p->changes[i], app->settings.user, uid);
		if (err)
			undo(p, i + 1);
	}
	return err;
}

static int unbind_all(struct plan *p)
{
	int err = 0;

	for (unsigned i = 0; !err && i < p->n; i++) {
		err = override_unbind(p->app, &p->changes[i]);
		if (err)
			undo(p, i + 1);
	}
	return err;
}

/* --- saying it ---------------------------------------------------------------------------------- */

static void describe(struct app *app, const struct change *c)
{
	const char *from = *c->from ? c->from : "no driver", *to = *c->to ? c->to : "no driver";

	if (app->settings.dry_run)
		return;
	if (!strcmp(c->from, c->to))
		report_line(app->report, "%s is bound to %s already", c->address, to);
	else if (*c->mate_of)
		report_line(app->report, "%s: %s -> %s, since it shares IOMMU group %d with %s",
			    c->address, from, to, c->group, c->mate_of);
	else
		report_line(app->report, "%s: %s -> %s", c->address, from, to);
}

/* What to do with a function that bind was asked for. */
static void say_next(struct app *app, const struct change *c)
{
	if (app->settings.dry_run || *c->mate_of)
		return;
	if (*c->pollux_driver)
		report_line(app->report, "%s is ready: plx-testpmd --port %s", c->address,
			    c->address);
	else
		report_line(app->report,
			    "Pollux has no driver for %s: a program has to bring its own",
			    c->address);
}

static void report_changes(struct plan *p)
{
	static const struct report_column columns[] = {
		{ "address", NULL, REPORT_TEXT }, { "from", NULL, REPORT_TEXT },
		{ "to", NULL, REPORT_TEXT },      { "group", NULL, REPORT_NUMBER },
		{ "mate_of", NULL, REPORT_TEXT }, { "pollux_driver", NULL, REPORT_TEXT },
	};
	struct report *r = p->app->report;

	report_table(r, "functions", columns, sizeof(columns) / sizeof(columns[0]));
	for (unsigned i = 0; i < p->n; i++) {
		const struct change *c = &p->changes[i];

		report_cell_string(r, c->address);
		report_cell_as(r, json_text_or_null(c->from), "");
		report_cell_as(r, json_text_or_null(c->to), "");
		report_cell_as(r, json_number_or_null(c->group), "");
		report_cell_as(r, json_text_or_null(c->mate_of), "");
		report_cell_as(r, json_text_or_null(c->pollux_driver), "");
	}
	report_table_end(r);
	for (unsigned i = 0; i < p->n; i++)
		describe(p->app, &p->changes[i]);
}

static int run(struct app *app, int (*plan)(struct plan *), int (*act)(struct plan *),
	       void (*next)(struct app *, const struct change *))
{
	struct plan p = { .app = app, .changes = calloc(CHANGES_MAX, sizeof(struct change)) };
	int err = p.changes ? plan(&p) : app_fail_nomem(app);

	if (!err) {
		report_value(app->report, "dry_run", json_boolean(app->settings.dry_run));
		override_log_begin(app);
		err = act(&p);
		override_log_end(app);
		report_changes(&p);
		for (unsigned i = 0; !err && next && i < p.n; i++)
			next(app, &p.changes[i]);
	}
	free(p.changes);
	return err;
}

int command_bind(struct app *app)
{
	return run(app, plan_bind, bind_all, say_next);
}

int command_unbind(struct app *app)
{
	return run(app, plan_unbind, unbind_all, NULL);
}
