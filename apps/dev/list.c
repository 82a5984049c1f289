/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plx-dev list: which NIC?
 */
#include "dev/checks.h"
#include "dev/function.h"

#include <ctype.h>

struct listing {
	unsigned listed, usable, undriven;
};

static json_t *json_names(const char *first, size_t size, unsigned n)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < n; i++)
		json_array_append_new(all, report_json_string(first + i * size));
	return all;
}

static void cell_text(struct report *r, const char *text)
{
	report_cell_as(r, json_text_or_null(text), *text ? text : "-");
}

/* Of a NIC it is worth a word that there is none. */
static void cell_pollux_driver(struct report *r, const struct function *f, struct listing *l)
{
	const char *name = function_pollux_driver(f);
	const bool undriven = !*name && function_is_nic(f);

	l->undriven += undriven;
	report_cell_as(r, json_text_or_null(name), undriven ? "none" : *name ? name : "-");
}

static void cell_number(struct report *r, long n)
{
	char text[16];

	snprintf(text, sizeof(text), "%ld", n);
	report_cell_as(r, json_number_or_null(n), n >= 0 ? text : "-");
}

static void cell_id(struct report *r, const char *fmt, unsigned id)
{
	char text[16];

	snprintf(text, sizeof(text), fmt, id);
	report_cell_string(r, text);
}

static const struct report_column columns[] = {
	{ "address", "address", REPORT_TEXT },
	{ "name", "name", REPORT_TEXT },
	{ "vendor", NULL, REPORT_TEXT },
	{ "device", NULL, REPORT_TEXT },
	{ "class", NULL, REPORT_TEXT },
	{ "driver", "driver", REPORT_TEXT },
	{ "pollux_driver", "Pollux driver", REPORT_TEXT },
	{ "interfaces", "interface", REPORT_TEXT },
	{ "group", "group", REPORT_NUMBER },
	{ "node", "node", REPORT_NUMBER },
	{ "iommu", "IOMMU", REPORT_TEXT },
	{ "vf_of", NULL, REPORT_TEXT },
	{ "obstacles", "what stops it", REPORT_TEXT },
};

static int list_one(struct app *app, const struct function *f, void *arg)
{
	char interfaces[INTERFACES_MAX * IFNAMSIZ];
	struct report *r = app->report;
	struct listing *l = arg;

	if (!app->settings.all && !function_is_nic(f))
		return 0;
	l->listed++;
	l->usable += !f->n_obstacles;
	function_interfaces(f, interfaces);
	report_cell_string(r, f->facts.address);
	cell_text(r, f->name);
	cell_id(r, "%04x", f->facts.vendor);
	cell_id(r, "%04x", f->facts.device);
	cell_id(r, "%06x", f->facts.class_code);
	cell_text(r, f->facts.driver);
	cell_pollux_driver(r, f, l);
	report_cell_as(r, json_names(f->interfaces[0], sizeof(f->interfaces[0]), f->n_interfaces),
		       *interfaces ? interfaces : "-");
	cell_number(r, f->facts.group);
	cell_number(r, f->facts.node);
	cell_text(r, f->iommu);
	cell_text(r, f->pf);
	report_cell_as(r, json_names(f->obstacles[0], sizeof(f->obstacles[0]), f->n_obstacles),
		       f->n_obstacles ? f->obstacles[0] : "nothing");
	return 0;
}

/* What is missing of the machine itself, in a sentence each. */
static void list_problems(struct app *app)
{
	static const struct report_column problems[] = {
		{ "name", NULL, REPORT_TEXT },
		{ "text", NULL, REPORT_TEXT },
		{ "fix", NULL, REPORT_TEXT },
	};
	struct check checks[CHECKS_MAX];
	unsigned n = checks_run(app, checks);

	report_table(app->report, "problems", problems, 3);
	for (unsigned i = 0; i < n; i++) {
		if (checks[i].verdict != CHECK_PROBLEM)
			continue;
		report_cell_string(app->report, checks[i].name);
		report_cell_string(app->report, checks[i].text);
		report_cell_string(app->report, checks[i].fix);
	}
	report_table_end(app->report);
	for (unsigned i = 0; i < n; i++)
		if (checks[i].verdict == CHECK_PROBLEM)
			report_line(app->report, "%c%s: %s.", toupper(checks[i].text[0]),
				    checks[i].text + 1, checks[i].fix);
}

int command_list(struct app *app)
{
	struct report *r = app->report;
	struct listing l = { 0 };
	int err;

	report_table(r, "functions", columns, sizeof(columns) / sizeof(columns[0]));
	err = function_each(app, list_one, &l);
	report_table_end(r);
	/* A machine without PCI has no NIC: that is an answer. */
	if (err && app->error.reason != PLX_R_NO_DEVICE)
		return err;
	app->error = (struct plx_error){ 0 };
	if (!l.listed)
		report_line(r, app->settings.all ? "There is no PCI function here."
						 : "There is no PCI network controller here.");
	if (l.undriven)
		report_line(r, "Pollux driver none: af_packet goes through the kernel's driver.");
	report_count(r, "usable", NULL, l.usable);
	list_problems(app);
	return 0;
}
