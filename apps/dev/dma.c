/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plx-dev dma: what devices can reach. Each domain of each process is listed once.
 */
#include "dev/function.h"
#include "dev/ledger_read.h"

#include <pollux/iommu.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>

struct query {
	char address[PLX_LEDGER_TEXT]; /* "": every device */
	int group;                     /* of that; -1: none that is known */
	unsigned found;
};

/* A device's group reaches what it reaches. */
static bool is_meant(const struct query *q, const struct ledger *l)
{
	bool meant = !q->address[0];

	for (size_t i = 0; i < l->n_devices; i++)
		meant |= !strcmp(l->devices[i].name, q->address) ||
			 (q->group >= 0 && l->devices[i].group == (uint32_t)q->group &&
			  strncmp(l->devices[i].name, "sim:", 4) != 0);
	return meant && l->n_devices;
}

static const char *permission(uint32_t perms)
{
	static const char *const names[] = { "", "read", "write", "read, write" };

	return names[perms & 3];
}

static const char *backend_name(unsigned backend)
{
	static const char *const names[] = { "auto",      "type1", "iommufd", "noiommu",
					     "vfio-user", "sim",   "sysfs",   "ioport" };

	return names[backend];
}

static void show_devices(struct report *r, const struct ledger *l)
{
	json_t *all = json_array();
	char text[256] = "";
	size_t used = 0;

	for (size_t i = 0; i < l->n_devices; i++) {
		json_array_append_new(all, report_json_string(l->devices[i].name));
		if (used < sizeof(text))
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s",
						 i ? ", " : "", l->devices[i].name);
	}
	report_line(r, "%s, by %s (process %ld, %s, %s):", text, l->comm, l->pid, l->name,
		    backend_name(l->backend));
	report_value(r, "devices", all);
}

static void show_ranges(struct report *r, const struct ledger *l)
{
	static const struct report_column columns[] = {
		{ "first", "IOVA from", REPORT_TEXT }, { "last", "to", REPORT_TEXT },
		{ "length", "bytes", REPORT_COUNT },   { "permission", "device may", REPORT_TEXT },
		{ "owner", "what for", REPORT_TEXT },
	};
	char text[32];

	report_table(r, "ranges", columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < l->n_ranges; i++) {
		const struct ledger_range *range = &l->ranges[i];

		snprintf(text, sizeof(text), "0x%" PRIx64, range->iova);
		report_cell_string(r, text);
		snprintf(text, sizeof(text), "0x%" PRIx64, range->iova + range->size - 1);
		report_cell_string(r, text);
		report_cell_count(r, range->size);
		report_cell_string(r, permission(range->perms));
		report_cell_string(r, range->owner);
	}
	report_table_end(r);
}

static int show_ledger(struct app *app, const struct ledger *l, void *arg)
{
	bool everything = l->type == PLX_DOMAIN_PASSTHROUGH;
	struct report *r = app->report;
	struct query *q = arg;
	uint64_t sum = 0;
	char text[32];

	if (!is_meant(q, l))
		return 0;
	if (q->found++)
		report_line(r, "%s", "");
	report_begin(r, NULL, NULL);
	show_devices(r, l);
	report_value(r, "process",
		     json_pack("{s:I,s:o}", "pid", (json_int_t)l->pid, "name",
			       report_json_string(l->comm)));
	report_string(r, "domain", NULL, l->name);
	report_string(r, "backend", NULL, backend_name(l->backend));
	report_value(r, "everything", json_boolean(everything));
	if (everything)
		report_line(r, "All memory of this machine: there is no IOMMU.");
	show_ranges(r, l);
	for (size_t i = 0; i < l->n_ranges; i++)
		sum += l->ranges[i].size;
	if (!everything)
		report_line(r, "%s bytes in all.", report_grouped(sum, text));
	report_value(r, "missing", json_integer((json_int_t)(l->missing & INT64_MAX)));
	report_value(r, "odd", json_integer((json_int_t)l->odd));
	if (l->missing)
		report_line(r, "%" PRIu64 " more are not listed: the process had no room to say.",
			    l->missing);
	if (l->odd)
		report_line(r, "%" PRIu64 " entries make no sense or did not stand still.", l->odd);
	report_end(r);
	return 0;
}

static int read_query(struct app *app, struct query *q)
{
	const char *address = app_operand(app, 0);
	struct plx_pci_facts facts;

	q->group = -1;
	if (!address)
		return 0;
	if (!strncmp(address, "sim:", 4)) {
		if (strlen(address) >= sizeof(q->address))
			return app_fail(app, -EINVAL, PLX_R_BAD_VALUE, address,
					"a simulated device has no name of more than %d bytes",
					PLX_LEDGER_TEXT - 1);
		strcpy(q->address, address);
		return 0;
	}
	if (plx_pci_facts_read(app->sys, address, &facts))
		return app_keep_last(app, plx_last_error()->err);
	snprintf(q->address, sizeof(q->address), "%s", facts.address);
	q->group = facts.group;
	return 0;
}

int command_dma(struct app *app)
{
	struct report *r = app->report;
	struct query q = { .group = -1 };
	struct ledger_gaps gaps;
	int err = read_query(app, &q);

	if (err)
		return err;
	report_begin_list(r, "domains");
	err = ledger_each(app, show_ledger, &q, &gaps);
	report_end(r);
	report_value(r, "denied", json_integer(gaps.denied));
	report_value(r, "odd_files", json_integer(gaps.odd));
	if (!err && !q.found)
		report_line(r, "No process that can be seen has mapped memory for %s.",
			    q.address[0] ? q.address : "a device");
	if (gaps.denied)
		report_line(r, "%u processes may not be looked into by this user: root sees all.",
			    gaps.denied);
	return err;
}
