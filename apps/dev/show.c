/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plx-dev show: everything about one function.
 */
#include "dev/caps.h"
#include "dev/function.h"
#include "dev/names.h"
#include "dev/system.h"
#include "pci/sysfs.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define VFS_MAX 256

static void show_hex(struct report *r, const char *key, const char *fmt, unsigned n)
{
	char text[16];

	snprintf(text, sizeof(text), fmt, n);
	report_string(r, key, NULL, text);
}

static void show_text(struct report *r, const char *key, const char *label, const char *text,
		      const char *none)
{
	report_value_as(r, key, label, json_text_or_null(text), *text ? text : none);
}

static void show_number(struct report *r, const char *key, const char *label, long n,
			const char *none)
{
	char text[16];

	snprintf(text, sizeof(text), "%ld", n);
	report_value_as(r, key, label, json_number_or_null(n), n >= 0 ? text : none);
}

static void show_identity(struct report *r, const struct function *f)
{
	const struct plx_pci_facts *facts = &f->facts;
	char ids[32], class_name[64];

	snprintf(ids, sizeof(ids), "%04x:%04x, %04x:%04x", facts->vendor, facts->device,
		 facts->subsystem_vendor, facts->subsystem_device);
	name_class(facts->class_code, class_name, sizeof(class_name));
	report_string(r, "address", "address", facts->address);
	report_string(r, "name", "name", f->name);
	report_string(r, NULL, "ids, subsystem's", ids);
	show_hex(r, "vendor", "%04x", facts->vendor);
	show_hex(r, "device", "%04x", facts->device);
	show_hex(r, "subsystem_vendor", "%04x", facts->subsystem_vendor);
	show_hex(r, "subsystem_device", "%04x", facts->subsystem_device);
	show_hex(r, "class", "%06x", facts->class_code);
	report_string(r, "class_name", "class", class_name);
}

static void show_user(struct report *r, const struct function *f)
{
	char interfaces[INTERFACES_MAX * IFNAMSIZ], holder[48] = "";
	json_t *all = json_array();

	show_text(r, "driver", "driver", f->facts.driver, "none");
	show_text(r, "module", NULL, f->facts.module, "");
	show_text(r, "pollux_driver", "Pollux driver", function_pollux_driver(f),
		  function_is_nic(f) ? "none (af_packet goes through the kernel's)" : "none");
	for (unsigned i = 0; i < f->n_interfaces; i++)
		json_array_append_new(all, report_json_string(f->interfaces[i]));
	function_interfaces(f, interfaces);
	report_value_as(r, "interfaces", "interface", all, *interfaces ? interfaces : "none");
	report_value_as(r, "default_route", f->default_route ? "default route" : NULL,
			json_boolean(f->default_route), "through it");
	if (f->holder)
		snprintf(holder, sizeof(holder), "%s (%ld)", f->holder_name, (long)f->holder);
	report_value_as(
		r, "holder", "in use by",
		f->holder ? json_pack("{s:i,s:s}", "pid", (int)f->holder, "name", f->holder_name)
			  : json_null(),
		*holder ? holder : "nobody that can be seen");
	for (unsigned i = 0; i < 2; i++)
		show_text(r, i ? "device_node" : "group_node", *f->node[i] ? "opened by" : NULL,
			  f->node[i], "");
}

/* --- memory ------------------------------------------------------------------------------------- */

static void bar_row(struct report *r, const char *name, const struct plx_pci_resource *b)
{
	bool io = b->flags & PLX_PCI_IO;
	char text[48];

	if (!b->flags)
		return;
	report_cell_string(r, name);
	report_cell_string(r, io                         ? "I/O ports"
			      : b->flags & PLX_PCI_MEM64 ? "memory 64"
							 : "memory 32");
	snprintf(text, sizeof(text), "0x%" PRIx64, b->first);
	report_cell_string(r, text);
	report_cell_count(r, b->last - b->first + 1);
	report_cell_as(r, json_boolean(b->flags & PLX_PCI_PREFETCH && !io),
		       b->flags & PLX_PCI_PREFETCH && !io ? "yes" : "no");
}

static void show_bars(struct report *r, const struct function *f)
{
	static const struct report_column columns[] = {
		{ "bar", "BAR", REPORT_TEXT },
		{ "type", "type", REPORT_TEXT },
		{ "address", "address", REPORT_TEXT },
		{ "size", "bytes", REPORT_COUNT },
		{ "prefetchable", "prefetchable", REPORT_TEXT },
	};
	char name[8];

	report_line(r, "%s", "");
	report_table(r, "bars", columns, sizeof(columns) / sizeof(columns[0]));
	for (unsigned i = 0; i < PLX_PCI_BARS; i++) {
		snprintf(name, sizeof(name), "%u", i);
		bar_row(r, name, &f->facts.bars[i]);
	}
	bar_row(r, "ROM", &f->facts.rom);
	report_table_end(r);
}

/* --- config space ------------------------------------------------------------------------------- */

static void show_caps(struct report *r, const struct config *c)
{
	static const struct report_column columns[] = {
		{ "name", "capability", REPORT_TEXT },
		{ "id", "id", REPORT_TEXT },
		{ "offset", "offset", REPORT_TEXT },
		{ "extended", "extended", REPORT_TEXT },
	};

	report_line(r, "%s", "");
	report_table(r, "capabilities", columns, sizeof(columns) / sizeof(columns[0]));
	for (unsigned i = 0; i < c->n_caps; i++) {
		const struct cap *cap = &c->caps[i];
		const char *name = cap_name(cap);
		char text[16];

		report_cell_as(r, json_text_or_null(name ? name : ""), name ? name : "-");
		snprintf(text, sizeof(text), "0x%02x", cap->id);
		report_cell_string(r, text);
		snprintf(text, sizeof(text), "0x%02x", cap->offset);
		report_cell_string(r, text);
		report_cell_as(r, json_boolean(cap->extended), cap->extended ? "yes" : "no");
	}
	report_table_end(r);
	report_value(r, "capabilities_complete", json_boolean(c->len > 64 && !c->broken));
	if (c->broken)
		report_line(r, "The device's list of capabilities is broken.");
	else if (c->len <= 64)
		report_line(r, "Only root is shown the capabilities.");
}

static void show_interrupts(struct app *app, const struct function *f, const struct config *c)
{
	const char pin[] = { 'I', 'N', 'T', (char)('A' + c->pin - 1), '\0' };
	struct report *r = app->report;
	char text[64], methods[128];

	snprintf(text, sizeof(text), "%s, MSI %u, MSI-X %u", c->pin ? pin : "no INTx", c->msi,
		 c->msix);
	report_value_as(r, "interrupts", "interrupts",
			json_pack("{s:o,s:i,s:i}", "pin", json_text_or_null(c->pin ? pin : ""),
				  "msi", (int)c->msi, "msix", (int)c->msix),
			c->len > 64 ? text
			: c->pin    ? pin
				    : "none that can be seen");
	system_line(methods, sizeof(methods), app->sys, "bus/pci/devices/%s/reset_method",
		    f->facts.address);
	show_text(r, "reset_methods", "reset by", methods, "none");
}

/* --- the group ---------------------------------------------------------------------------------- */

static int member_row(void *arg, const struct plx_pci_member *m)
{
	char name[64], driver[PLX_PCI_NAME];
	struct report *r = arg;

	snprintf(name, sizeof(name), "%s", m->name);
	snprintf(driver, sizeof(driver), "%s", m->driver);
	report_cell_string(r, app_clean(name));
	report_cell_as(r, json_text_or_null(app_clean(driver)), *driver ? driver : "none");
	report_cell_as(r, json_boolean(m->foreign), m->foreign ? "yes" : "no");
	return 0;
}

static void show_members(struct app *app, const struct function *f)
{
	static const struct report_column columns[] = {
		{ "address", "group", REPORT_TEXT },
		{ "driver", "driver", REPORT_TEXT },
		{ "in_the_way", "in the way", REPORT_TEXT },
	};
	struct report *r = app->report;

	report_line(r, "%s", "");
	report_table(r, "members", columns, sizeof(columns) / sizeof(columns[0]));
	plx_pci_group_each(app->sys, f->group.number, member_row, r);
	report_table_end(r);
}

static void show_reserved(struct report *r, const struct plx_pci_group *g)
{
	static const char *const types[] = { "reserved", "msi", "direct", "direct-relaxable" };
	static const struct report_column columns[] = {
		{ "first", "reserved from", REPORT_TEXT },
		{ "last", "to", REPORT_TEXT },
		{ "type", "type", REPORT_TEXT },
	};
	char text[32];

	report_line(r, "%s", "");
	report_table(r, "reserved", columns, sizeof(columns) / sizeof(columns[0]));
	for (unsigned i = 0; i < g->n_reserved; i++) {
		snprintf(text, sizeof(text), "0x%" PRIx64, g->reserved[i].first);
		report_cell_string(r, text);
		snprintf(text, sizeof(text), "0x%" PRIx64, g->reserved[i].last);
		report_cell_string(r, text);
		report_cell_string(r, types[g->reserved[i].type]);
	}
	report_table_end(r);
}

static void show_group(struct app *app, const struct function *f)
{
	struct report *r = app->report;

	if (!f->has_group) {
		report_value(r, "group", json_null());
		return;
	}
	report_begin(r, "group", NULL);
	report_value(r, "number", json_integer(f->facts.group));
	show_text(r, "type", NULL, f->group.type, "");
	report_value(r, "noiommu", json_boolean(f->facts.noiommu));
	show_members(app, f);
	show_reserved(r, &f->group);
	report_end(r);
}

/* --- SR-IOV ------------------------------------------------------------------------------------- */

static void show_vfs(struct app *app, const struct function *f)
{
	long max = system_number(app->sys, "bus/pci/devices/%s/sriov_totalvfs", f->facts.address),
	     now = system_number(app->sys, "bus/pci/devices/%s/sriov_numvfs", f->facts.address);
	struct report *r = app->report;
	json_t *all = json_array();
	char text[64], vf[PLX_PCI_ADDRESS];

	for (int i = 0; i < VFS_MAX; i++)
		if (system_link(vf, sizeof(vf), app->sys, "bus/pci/devices/%s/virtfn%d",
				f->facts.address, i))
			json_array_append_new(all, report_json_string(vf));
	snprintf(text, sizeof(text), "%ld of %ld virtual functions", now, max);
	report_value_as(r, "sriov", max > 0 ? "SR-IOV" : NULL,
			max > 0 ? json_pack("{s:I,s:I,s:O}", "max", (json_int_t)max, "now",
					    (json_int_t)(now > 0 ? now : 0), "functions", all)
				: json_null(),
			text);
	json_decref(all);
	report_value_as(r, "vf_of", *f->pf ? "virtual function of" : NULL, json_text_or_null(f->pf),
			f->pf);
}

static void show_obstacles(struct report *r, const struct function *f)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < f->n_obstacles; i++) {
		json_array_append_new(all, report_json_string(f->obstacles[i]));
		report_string(r, NULL, i ? "" : "what stops it", f->obstacles[i]);
	}
	if (!f->n_obstacles)
		report_string(r, NULL, "what stops it", "nothing");
	report_value(r, "obstacles", all);
}

int command_show(struct app *app)
{
	struct report *r = app->report;
	struct config *c = malloc(sizeof(*c));
	char group[64] = "none";
	struct function f;
	int err = c ? function_read(app, app_operand(app, 0), &f) : app_fail_nomem(app);

	if (!err) {
		config_read(app, f.facts.address, c);
		show_identity(r, &f);
		show_user(r, &f);
		show_number(r, "node", "NUMA node", f.facts.node, "none");
		show_text(r, "iommu", "IOMMU", f.iommu, f.facts.group >= 0 ? "yes" : "none");
		if (f.has_group)
			snprintf(group, sizeof(group), "%d%s%s", f.facts.group,
				 *f.group.type ? ", " : "", f.group.type);
		report_string(r, NULL, "IOMMU group", group);
		show_interrupts(app, &f, c);
		show_vfs(app, &f);
		show_obstacles(r, &f);
		show_bars(r, &f);
		show_caps(r, c);
		show_group(app, &f);
	}
	free(c);
	return err;
}
