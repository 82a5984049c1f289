/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Failures in JSON.
 */
#define _GNU_SOURCE
#include "common/report_error.h"
#include "common/report.h"

#include <string.h>

json_t *report_error(const struct plx_error *e)
{
	json_t *o = json_object();

	json_object_set_new(o, "errno", json_integer(e->err));
	json_object_set_new(o, "errno_name", json_string(strerrorname_np(-e->err)));
	json_object_set_new(o, "reason", json_string(plx_reason_str(e->reason)));
	json_object_set_new(o, "object", report_json_string(e->object));
	json_object_set_new(o, "text", report_json_string(e->text));
	return o;
}
