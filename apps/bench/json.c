/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What programs read.
 */
#include "bench/bench.h"
#include "bench/machine.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

static json_t *real_or_null(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *text_or_null(const char *text)
{
	return text[0] ? json_string(text) : json_null();
}

static void add_series(json_t *o, const struct series *s)
{
	json_object_set_new(o, "median", real_or_null(series_median(s)));
	json_object_set_new(o, "min", real_or_null(series_min(s)));
	json_object_set_new(o, "max", real_or_null(series_max(s)));
	json_object_set_new(o, "rounds", json_integer(s->n));
}

static json_t *rival_object(const struct bench *b, const struct case_result *r)
{
	const char *version = r->def->flags & CASE_NO_DPDK ? "" : b->rival_version;
	json_t *o = json_object();

	json_object_set_new(o, "name", text_or_null(r->def->rival ? r->def->rival : ""));
	json_object_set_new(o, "version", text_or_null(version));
	add_series(o, &r->series[RIVAL]);
	if (r->absent[RIVAL][0])
		json_object_set_new(o, "absent", json_string(r->absent[RIVAL]));
	return o;
}

static json_t *case_object(const struct bench *b, const struct case_result *r)
{
	json_t *o = json_object(), *ours = json_object();
	const struct bench_case *c = r->def;

	add_series(ours, &r->series[OURS]);
	if (r->absent[OURS][0])
		json_object_set_new(ours, "absent", json_string(r->absent[OURS]));
	if (r->failed[0])
		json_object_set_new(o, "failed", json_string(r->failed));
	json_object_set_new(o, "name", json_string(c->name));
	json_object_set_new(o, "unit", json_string(c->unit));
	json_object_set_new(o, "ours", ours);
	json_object_set_new(o, "rival", rival_object(b, r));
	json_object_set_new(o, "ratio", real_or_null(case_ratio(r)));
	json_object_set_new(o, "must", c->must ? json_real(c->must) : json_null());
	json_object_set_new(o, "aim", c->aim ? json_real(c->aim) : json_null());
	json_object_set_new(o, "judged", json_string(c->flags & CASE_ABSOLUTE ? "ours" : "ratio"));
	return o;
}

static json_t *machine_object(const struct bench *b)
{
	json_t *o = json_object(), *huge = json_object();
	struct machine m;

	machine_read(b, &m);
	json_object_set_new(huge, "total", json_integer((json_int_t)m.huge_total));
	json_object_set_new(huge, "free", json_integer((json_int_t)m.huge_free));
	json_object_set_new(huge, "kb", json_integer((json_int_t)m.huge_kb));
	json_object_set_new(huge, "shmem", text_or_null(m.shmem_huge));
	json_object_set_new(o, "cpu", json_string(m.cpu));
	json_object_set_new(o, "cores", json_integer(m.cpus_online));
	json_object_set_new(o, "cores_allowed", json_integer(m.cpus_allowed));
	json_object_set_new(o, "governor", text_or_null(m.governor));
	json_object_set_new(o, "virtual", json_boolean(m.virtual));
	json_object_set_new(o, "kernel", json_string(m.kernel));
	json_object_set_new(o, "hugepages", huge);
	json_object_set_new(o, "load", json_real(m.load));
	json_object_set_new(o, "compiler", json_string(m.compiler));
	json_object_set_new(o, "optimized", json_boolean(m.optimized));
	json_object_set_new(o, "version", json_string(m.version));
	json_object_set_new(o, "commit", json_string(m.commit));
	json_object_set_new(o, "date", json_string(m.date));
	return o;
}

bool report_json(struct bench *b, const char *path)
{
	bool to_stdout = !strcmp(path, "-"), bad;
	FILE *f = to_stdout ? stdout : fopen(path, "we");
	json_t *o = json_object(), *cases = json_array();

	for (unsigned i = 0; i < b->n_results; i++)
		json_array_append_new(cases, case_object(b, &b->results[i]));
	json_object_set_new(o, "cases", cases);
	json_object_set_new(o, "machine", machine_object(b));
	bad = !f || json_dumpf(o, f, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) ||
	      fputc('\n', f) == EOF || fflush(f);
	json_decref(o);
	if (bad)
		bench_failed(b, "the results cannot be written to %s: %s",
			     to_stdout ? "standard output" : path, strerror(errno));
	if (f && !to_stdout && fclose(f) && !bad) {
		bench_failed(b, "the results cannot be written to %s: %s", path, strerror(errno));
		bad = true;
	}
	return !bad;
}
