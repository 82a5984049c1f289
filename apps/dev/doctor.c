/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plx-dev doctor: can VFIO be used here, and if not, why?
 */
#include "dev/checks.h"
#include "dev/function.h"

static const struct report_column columns[] = {
	{ "name", "check", REPORT_TEXT },
	{ "verdict", "is", REPORT_TEXT },
	{ "fix", NULL, REPORT_TEXT },
	{ "text", "how it stands", REPORT_TEXT },
};

int command_doctor(struct app *app)
{
	struct report *r = app->report;
	struct check checks[CHECKS_MAX];
	unsigned n = checks_run(app, checks);

	report_table(r, "checks", columns, sizeof(columns) / sizeof(columns[0]));
	for (unsigned i = 0; i < n; i++) {
		app->problem |= checks[i].verdict == CHECK_PROBLEM;
		report_cell_string(r, checks[i].name);
		report_cell_string(r, check_verdict(checks[i].verdict));
		report_cell_as(r, json_text_or_null(checks[i].fix), "");
		report_cell_string(r, checks[i].text);
		if (!checks[i].fix[0])
			continue;
		report_row_of_text(r);
		report_cell_string(r, "");
		report_cell_string(r, "fix");
		report_cell_string(r, "");
		report_cell_string(r, checks[i].fix);
	}
	report_table_end(r);
	report_value(r, "usable", json_boolean(!app->problem));
	report_line(r,
		    app->problem ? "VFIO cannot be used here as it is." : "VFIO can be used here.");
	return 0;
}
