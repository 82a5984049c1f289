/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One function a check, in the order in which one would go through them by hand.
 */
#define _GNU_SOURCE
#include "dev/checks.h"
#include "dev/function.h"
#include "dev/system.h"
#include "pci/sysfs.h"

#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define MIB            (1ull << 20)
#define MEMLOCK_LEAST  (1 * MIB)   /* rings, and hardly a pool */
#define MEMLOCK_PLENTY (256 * MIB) /* a few pools of buffers */
#define CAP_IPC_LOCK   14          /* <linux/capability.h> */

const char *check_verdict(enum verdict v)
{
	static const char *const names[] = { "ok", "note", "problem" };

	return names[v];
}

static void say(struct check *c, enum verdict v, const char *fmt, ...) PLX_PRINTF(3, 4);
static void fix(struct check *c, const char *fmt, ...) PLX_PRINTF(2, 3);

static void say(struct check *c, enum verdict v, const char *fmt, ...)
{
	va_list ap;

	c->verdict = v;
	va_start(ap, fmt);
	vsnprintf(c->text, sizeof(c->text), fmt, ap);
	va_end(ap);
	app_clean(c->text);
}

static void fix(struct check *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->fix, sizeof(c->fix), fmt, ap);
	va_end(ap);
	app_clean(c->fix);
}

/* --- the IOMMU ---------------------------------------------------------------------------------- */

static unsigned count(const char *dir, const char *name)
{
	char path[PATH_MAX], none[1];

	return plx_sysfs_path(path, dir, "%s", name) ? system_entries(path, "", none, 256, 0) : 0;
}

/* The parameter that switches an IOMMU on, by the table with which firmware announces it. */
static const char *firmware_table(struct app *app, const char **parameter)
{
	static const struct {
		const char *table, *parameter;
	} all[] = {
		{ "DMAR", "intel_iommu=on" }, /* VT-d */
		{ "IVRS", "amd_iommu=on" },   /* AMD-Vi */
		{ "IORT", "iommu.passthrough=0" },
		{ "VIOT", "iommu.passthrough=0" }, /* virtio-iommu */
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (system_may(F_OK, app->sys, "firmware/acpi/tables/%s", all[i].table)) {
			*parameter = all[i].parameter;
			return all[i].table;
		}
	return NULL;
}

static bool noiommu_mode(struct app *app)
{
	char line[8];

	system_line(line, sizeof(line), app->sys,
		    "module/vfio/parameters/enable_unsafe_noiommu_mode");
	return line[0] == 'Y';
}

static void check_iommu(struct app *app, struct check *c)
{
	unsigned groups = count(app->sys, "kernel/iommu_groups"),
		 iommus = count(app->sys, "class/iommu");
	const char *parameter, *table = firmware_table(app, &parameter);

	/* Without an IOMMU, too, what is bound to VFIO has a group: one of VFIO's own. */
	if (groups && (iommus || !noiommu_mode(app))) {
		say(c, CHECK_OK, "%u IOMMU%s, %u groups", iommus, iommus == 1 ? "" : "s", groups);
		return;
	}
	say(c, noiommu_mode(app) ? CHECK_NOTE : CHECK_PROBLEM, "the kernel has no IOMMU%s",
	    noiommu_mode(app) ? ", and VFIO is told to do without one, which is unsafe" : "");
	if (table)
		fix(c, "the firmware has one (table %s): boot with %s on the kernel's command line",
		    table, parameter);
	else
		fix(c,
		    "switch VT-d or AMD-Vi on in the firmware's setup, or give the virtual machine "
		    "an IOMMU, and boot with intel_iommu=on or amd_iommu=on");
}

/* --- the kernel's parts ------------------------------------------------------------------------- */

/* Is the module in this kernel's lists, by its file's name? */
static bool is_listed(struct app *app, const char *list, const char *file)
{
	char path[PATH_MAX], release[128], line[512];
	bool found = false;
	FILE *f;

	if (!system_line(release, sizeof(release), app->proc, "sys/kernel/osrelease") ||
	    !plx_sysfs_path(path, app->lib, "modules/%s/%s", release, list))
		return false;
	f = fopen(path, "re");
	while (f && !found && fgets(line, sizeof(line), f))
		found = strstr(line, file) != NULL;
	if (f)
		fclose(f);
	return found;
}

static void fix_module(struct app *app, struct check *c, const char *module, const char *file,
		       const char *config)
{
	char release[128] = "";

	system_line(release, sizeof(release), app->proc, "sys/kernel/osrelease");
	if (is_listed(app, "modules.dep", file))
		fix(c, "modprobe %s", module);
	else
		fix(c, "kernel %s has no module %s: boot one that has (%s)", release, module,
		    config);
}

static void check_vfio(struct app *app, struct check *c)
{
	if (system_may(F_OK, app->sys, "class/vfio") || system_may(F_OK, app->sys, "module/vfio") ||
	    system_may(F_OK, app->dev, "vfio/vfio")) {
		say(c, CHECK_OK, "VFIO is there");
		return;
	}
	say(c, CHECK_PROBLEM, "the kernel's VFIO is not loaded");
	fix_module(app, c, "vfio", "/vfio.ko", "CONFIG_VFIO");
}

static void check_vfio_pci(struct app *app, struct check *c)
{
	if (system_may(F_OK, app->sys, "bus/pci/drivers/vfio-pci")) {
		say(c, CHECK_OK, "the driver vfio-pci is there");
		return;
	}
	say(c, CHECK_PROBLEM, "the driver vfio-pci is not loaded");
	fix_module(app, c, "vfio-pci", "/vfio-pci.ko", "CONFIG_VFIO_PCI");
}

/* One of the two ways to an IOMMU is enough. */
static void check_iommufd(struct app *app, struct check *c)
{
	if (system_may(F_OK, app->dev, "iommu")) {
		say(c, CHECK_OK, "iommufd is there");
		return;
	}
	say(c, CHECK_NOTE, "no iommufd: devices are reached by their groups (type1)");
	if (is_listed(app, "modules.dep", "/iommufd.ko"))
		fix(c, "modprobe iommufd");
}

static void check_nodes(struct app *app, struct check *c)
{
	const int how = R_OK | W_OK;

	if (system_may(how, app->dev, "vfio/vfio") || system_may(how, app->dev, "iommu")) {
		say(c, CHECK_OK, "%s may be opened",
		    system_may(how, app->dev, "vfio/vfio") ? "/dev/vfio/vfio" : "/dev/iommu");
	} else if (system_may(F_OK, app->dev, "vfio/vfio")) {
		say(c, CHECK_PROBLEM, "/dev/vfio/vfio may not be opened by this user");
		fix(c, "chmod 0666 /dev/vfio/vfio (it gives no device away)");
	} else if (system_may(F_OK, app->dev, "iommu")) {
		say(c, CHECK_PROBLEM, "/dev/iommu may not be opened by this user");
		fix(c, "as root: setfacl -m u:%u:rw /dev/iommu", geteuid());
	} else {
		say(c, CHECK_PROBLEM, "neither /dev/vfio/vfio nor /dev/iommu is there");
		fix(c, "load the modules above; in a container, pass /dev/vfio in");
	}
}

/* --- this process ------------------------------------------------------------------------------- */

static bool has_capability(struct app *app, unsigned number)
{
	char path[PATH_MAX], line[128];
	unsigned long long bits = 0;
	FILE *f = plx_sysfs_path(path, app->proc, "self/status") ? fopen(path, "re") : NULL;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "CapEff: %16llx", &bits) == 1)
			break;
	if (f)
		fclose(f);
	return bits >> number & 1;
}

struct rights {
	unsigned bound, open;
	char first[PLX_PCI_ADDRESS]; /* that may not be opened */
};

static int count_rights(struct app *app, const struct function *f, void *arg)
{
	struct rights *n = arg;
	bool open = false;

	if (!function_is_vfio(f))
		return 0;
	for (unsigned i = 0; i < 2; i++)
		open |= f->node[i][0] &&
			system_may(R_OK | W_OK, app->dev, "%s", f->node[i] + strlen("/dev/"));
	n->bound++;
	n->open += open;
	if (!open && !n->first[0])
		snprintf(n->first, sizeof(n->first), "%s", f->facts.address);
	return 0;
}

static const char *user_name(char buf[32])
{
	const struct passwd *p = getpwuid(geteuid());

	snprintf(buf, 32, "%u", geteuid());
	if (p && strlen(p->pw_name) < 32)
		strcpy(buf, p->pw_name);
	return buf;
}

static void check_rights(struct app *app, struct check *c)
{
	struct rights n = { 0 };
	char user[32];

	if (function_each(app, count_rights, &n)) /* no PCI */
		app->error = (struct plx_error){ 0 };
	user_name(user);
	if (n.open) {
		say(c, CHECK_OK, "user %s may open %u of %u functions that are bound to vfio-pci",
		    user, n.open, n.bound);
	} else if (n.bound) {
		say(c, CHECK_PROBLEM, "user %s may open none of %u functions bound to vfio-pci",
		    user, n.bound);
		fix(c, "as root: plx-dev bind %s --user %s", n.first, user);
	} else if (!geteuid()) {
		say(c, CHECK_NOTE, "root; no function is bound to vfio-pci");
		fix(c, "plx-dev bind ADDR (plx-dev list shows the addresses)");
	} else {
		say(c, CHECK_PROBLEM, "user %s is not root, and no function is bound to vfio-pci",
		    user);
		fix(c, "as root: plx-dev bind ADDR --user %s", user);
	}
}

static void check_memlock(struct app *app, struct check *c)
{
	struct rlimit limit;

	if (has_capability(app, CAP_IPC_LOCK) || getrlimit(RLIMIT_MEMLOCK, &limit) ||
	    limit.rlim_cur == RLIM_INFINITY) {
		say(c, CHECK_OK, "no limit");
		return;
	}
	if (limit.rlim_cur >= MEMLOCK_PLENTY) {
		say(c, CHECK_OK, "%llu MiB may be locked",
		    (unsigned long long)limit.rlim_cur / MIB);
		return;
	}
	say(c, limit.rlim_cur < MEMLOCK_LEAST ? CHECK_PROBLEM : CHECK_NOTE,
	    "only %llu KiB may be locked, and what devices reach is locked",
	    (unsigned long long)limit.rlim_cur / 1024);
	fix(c, "ulimit -l unlimited; for good: \"* - memlock unlimited\" in "
	       "/etc/security/limits.d/memlock.conf");
}

static void check_hugepages(struct app *app, struct check *c)
{
	const char *dir = "kernel/mm/hugepages/hugepages-2048kB";
	long all = system_number(app->sys, "%s/nr_hugepages", dir),
	     unused = system_number(app->sys, "%s/free_hugepages", dir);

	if (unused > 0) {
		say(c, CHECK_OK, "%ld of %ld hugepages of 2 MiB are free", unused, all);
		return;
	}
	say(c, CHECK_NOTE, "%s; pools take other memory, in more mappings",
	    all > 0 ? "no hugepage of 2 MiB is free" : "there are no hugepages of 2 MiB");
	fix(c, "sysctl vm.nr_hugepages=%ld", (all > 0 ? all : 0) + 64);
}

/* --- the cards ---------------------------------------------------------------------------------- */

struct cards {
	unsigned all, driven;
	char first[96];           /* "0000:03:00.0 (e1000), ...": those that fit */
	char interface[IFNAMSIZ]; /* of one that Pollux has no driver for */
};

static void name_card(struct cards *n, const char *address, const char *driver)
{
	const size_t used = strlen(n->first);
	char text[PLX_PCI_ADDRESS + 32];

	snprintf(text, sizeof(text), "%s%s (%s)", used ? ", " : ": ", address, driver);
	if (used + strlen(text) < sizeof(n->first))
		strcat(n->first, text);
}

static int count_card(struct app *app, const struct function *f, void *arg)
{
	const char *driver = function_pollux_driver(f);
	struct cards *n = arg;

	(void)app;
	if (!function_is_nic(f))
		return 0;
	n->all++;
	if (*driver) {
		n->driven++;
		name_card(n, f->facts.address, driver);
	} else if (f->n_interfaces && !*n->interface) {
		strcpy(n->interface, f->interfaces[0]);
	}
	return 0;
}

/* VFIO can be used without one: by programs that bring a driver. */
static void check_cards(struct app *app, struct check *c)
{
	struct cards n = { 0 };

	if (function_each(app, count_card, &n)) /* no PCI */
		app->error = (struct plx_error){ 0 };
	say(c, n.driven ? CHECK_OK : CHECK_NOTE,
	    "Pollux has a driver for %u of %u network controller%s%s", n.driven, n.all,
	    n.all == 1 ? "" : "s", n.first);
	if (!n.driven && *n.interface)
		fix(c, "plx-testpmd --port af_packet:iface=%s goes through the kernel's driver",
		    n.interface);
}

/* --- policy ------------------------------------------------------------------------------------- */

static void check_lockdown(struct app *app, struct check *c)
{
	char line[128];

	if (!system_line(line, sizeof(line), app->sys, "kernel/security/lockdown") ||
	    strstr(line, "[none]")) {
		say(c, CHECK_OK, "the kernel is not locked down");
		return;
	}
	say(c, CHECK_NOTE, "the kernel is locked down (%s): VFIO works, BARs by sysfs do not",
	    line);
}

static void check_interrupts(struct app *app, struct check *c)
{
	char line[8];

	system_line(line, sizeof(line), app->sys,
		    "module/vfio_iommu_type1/parameters/allow_unsafe_interrupts");
	if (line[0] == 'Y')
		say(c, CHECK_NOTE, "allow_unsafe_interrupts is set: a device can forge interrupts");
	else
		say(c, CHECK_OK, "VFIO insists on interrupt remapping");
}

unsigned checks_run(struct app *app, struct check checks[CHECKS_MAX])
{
	static const struct {
		const char *name;
		void (*run)(struct app *app, struct check *c);
	} all[] = {
		{ "iommu", check_iommu },       { "vfio", check_vfio },
		{ "vfio-pci", check_vfio_pci }, { "iommufd", check_iommufd },
		{ "nodes", check_nodes },       { "rights", check_rights },
		{ "memlock", check_memlock },   { "hugepages", check_hugepages },
		{ "lockdown", check_lockdown }, { "interrupts", check_interrupts },
		{ "cards", check_cards },
	};
	const unsigned n = sizeof(all) / sizeof(all[0]);

	for (unsigned i = 0; i < n; i++) {
		checks[i] = (struct check){ .name = all[i].name };
		all[i].run(app, &checks[i]);
	}
	return n;
}
