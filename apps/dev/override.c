/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writing to sysfs. With --dry-run nothing is written, and everything else is the same.
 */
#define _GNU_SOURCE
#include "dev/override.h"
#include "dev/system.h"
#include "pci/sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define VFIO_PCI "vfio-pci"
#define PCI      "bus/pci"

/* A driver may prefer to probe in the background (PROBE_PREFER_ASYNCHRONOUS). */
#define PATIENCE_MS 2000

extern char **environ;

/* --- the log ------------------------------------------------------------------------------------ */

void override_log_begin(struct app *app)
{
	static const struct report_column columns[] = {
		{ "what", NULL, REPORT_TEXT },
		{ "text", "writes", REPORT_TEXT },
		{ "path", "to", REPORT_TEXT },
	};
	static const struct report_column silent[] = {
		{ "what", NULL, REPORT_TEXT },
		{ "text", NULL, REPORT_TEXT },
		{ "path", NULL, REPORT_TEXT },
	};

	report_table(app->report, "steps", app->settings.dry_run ? columns : silent, 3);
}

void override_log_end(struct app *app)
{
	report_table_end(app->report);
}

static void note(struct app *app, const char *what, const char *text, const char *path)
{
	report_cell_string(app->report, what);
	report_cell_string(app->report, *text ? text : "(nothing)");
	report_cell_string(app->report, path);
}

/* --- writing ------------------------------------------------------------------------------------ */

static int write_file(const char *path, const char *text)
{
	char line[PLX_PCI_NAME + 1];
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOCTTY), err = 0;
	int len = snprintf(line, sizeof(line), "%s\n", text);

	if (fd < 0)
		return -errno;
	if (write(fd, line, (size_t)len) != len)
		err = -errno;
	close(fd);
	return err;
}

static int fail_write(struct app *app, const struct change *c, const char *path, int err)
{
	if (err == -EACCES || err == -EPERM)
		return app_fail(app, -EACCES, PLX_R_PERMISSION, c->address,
				"%s: %s may not be written by this user: run plx-dev as root",
				c->address, path);
	if (err == -ENOENT || err == -ENODEV)
		return app_fail(
			app, -ENODEV, PLX_R_NO_DEVICE, c->address,
			"%s: %s cannot be written: %s; the device or the driver is gone, or refuses",
			c->address, path, strerror(-err));
	return app_fail(app, err, PLX_R_FILE, c->address, "%s: %s cannot be written: %s",
			c->address, path, strerror(-err));
}

/* Write @text to @path below the folder of the bus. */
static int put(struct app *app, const struct change *c, const char *text, const char *rest)
{
	char path[PATH_MAX];
	int err = 0;

	if (!plx_sysfs_path(path, app->sys, PCI "/%s", rest))
		return fail_write(app, c, rest, -ENAMETOOLONG);
	note(app, "write", text, path);
	if (!app->settings.dry_run)
		err = write_file(path, text);
	return err ? fail_write(app, c, path, err) : 0;
}

static void driver_of(struct app *app, const struct change *c, char driver[PLX_PCI_NAME])
{
	system_link(driver, PLX_PCI_NAME, app->sys, PCI "/devices/%s/driver", c->address);
}

static bool await_driver(struct app *app, struct change *c, const char *want)
{
	char driver[PLX_PCI_NAME];

	for (int ms = 0; !app->settings.dry_run; ms += 10) {
		driver_of(app, c, driver);
		if (want ? !strcmp(driver, want) : driver[0] && strcmp(driver, c->from) != 0) {
			snprintf(c->to, sizeof(c->to), "%s", driver);
			return true;
		}
		if (ms >= PATIENCE_MS || (!want && ms >= PATIENCE_MS / 4))
			return false;
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	}
	snprintf(c->to, sizeof(c->to), "%s", want ? want : "");
	return true;
}

/* --- modules ------------------------------------------------------------------------------------ */

static int run_modprobe(struct app *app, char *module)
{
	char modprobe[PATH_MAX], quiet[] = "-q";
	char *const argv[] = { modprobe, quiet, module, NULL };
	pid_t pid;
	int status;

	if (!system_line(modprobe, sizeof(modprobe), app->proc, "sys/kernel/modprobe") ||
	    modprobe[0] != '/')
		strcpy(modprobe, "/sbin/modprobe");
	note(app, "run", module, modprobe);
	if (app->settings.dry_run)
		return 0;
	if (!system_is_real(app) || posix_spawn(&pid, modprobe, NULL, NULL, argv, environ))
		return -1;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status ? -1 : 0;
}

/* Where the driver that wants a function was never loaded, as one that was given away at boot. */
static bool load_wanted(struct app *app, const struct change *c)
{
	char alias[128];

	system_line(alias, sizeof(alias), app->sys, PCI "/devices/%s/modalias", c->address);
	return !strncmp(alias, "pci:", 4) && system_is_real(app) && !run_modprobe(app, alias);
}

/* --- forward ------------------------------------------------------------------------------------ */

static int set_override(struct app *app, struct change *c, const char *driver)
{
	char rest[96];
	int err;

	system_line(c->old_override, sizeof(c->old_override), app->sys,
		    PCI "/devices/%s/driver_override", c->address);
	if (!strcmp(c->old_override, "(null)")) /* the kernel's word for none */
		c->old_override[0] = '\0';
	snprintf(rest, sizeof(rest), "devices/%s/driver_override", c->address);
	err = put(app, c, driver, rest);
	c->override_written = !err;
	return err;
}

static int leave_driver(struct app *app, struct change *c)
{
	char rest[96];
	int err;

	if (!c->from[0])
		return 0;
	snprintf(rest, sizeof(rest), "devices/%s/driver/unbind", c->address);
	err = put(app, c, c->address, rest);
	c->driver_left = !err;
	return err;
}

int override_bind(struct app *app, struct change *c)
{
	int err = set_override(app, c, VFIO_PCI);

	err = err ? err : leave_driver(app, c);
	c->driver_left |= !err; /* from here on vfio-pci may have it */
	err = err ? err : put(app, c, c->address, "drivers_probe");
	if (!err && !await_driver(app, c, VFIO_PCI))
		err = app_fail(app, -EIO, PLX_R_NOT_BOUND, c->address,
			       "%s: vfio-pci did not take it: the kernel's log (dmesg) says why",
			       c->address);
	return err;
}

int override_unbind(struct app *app, struct change *c)
{
	int err = set_override(app, c, "");

	err = err ? err : leave_driver(app, c);
	err = err ? err : put(app, c, c->address, "drivers_probe");
	if (err || await_driver(app, c, NULL))
		return err;
	if (load_wanted(app, c))
		await_driver(app, c, NULL);
	return 0; /* that no driver wants it is no failure */
}

static int give_node(struct app *app, struct change *c, unsigned i, const char *path, uid_t uid)
{
	struct stat st;
	char text[16];

	if (lstat(path, &st))
		return -errno;
	snprintf(text, sizeof(text), "%u", uid);
	note(app, "chown", text, path);
	if (app->settings.dry_run)
		return 0;
	if (fchownat(AT_FDCWD, path, uid, (gid_t)-1, AT_SYMLINK_NOFOLLOW))
		return -errno;
	snprintf(c->nodes[i].path, sizeof(c->nodes[i].path), "%s", path);
	c->nodes[i].uid = st.st_uid;
	return 0;
}

int override_give(struct app *app, struct change *c, uid_t uid)
{
	char path[2][PATH_MAX];
	struct plx_pci_facts facts;
	int err[2] = { -ENOENT, -ENOENT };

	if (plx_pci_facts_read(app->sys, c->address, &facts))
		return app_keep_last(app, plx_last_error()->err);
	if (facts.group >= 0 && plx_sysfs_path(path[0], app->dev, "vfio/%s%d",
					       facts.noiommu ? "noiommu-" : "", facts.group))
		err[0] = give_node(app, c, 0, path[0], uid);
	if (facts.cdev >= 0 && plx_sysfs_path(path[1], app->dev, "vfio/devices/vfio%d", facts.cdev))
		err[1] = give_node(app, c, 1, path[1], uid);
	if (!err[0] || !err[1] || app->settings.dry_run)
		return 0;
	return app_fail(app, err[0], PLX_R_FILE, c->address,
			"%s is bound, but its node below /dev/vfio cannot be given away: %s",
			c->address, strerror(-err[0]));
}

/* --- back --------------------------------------------------------------------------------------- */

/* The driver it had, where it lost it. */
static bool take_back(struct app *app, struct change *c)
{
	char now[PLX_PCI_NAME], rest[96];
	bool well = true;

	driver_of(app, c, now);
	if (now[0] && strcmp(now, c->from) != 0) {
		snprintf(rest, sizeof(rest), "devices/%s/driver/unbind", c->address);
		well = !put(app, c, c->address, rest);
	}
	if (c->from[0] && strcmp(now, c->from) != 0) {
		snprintf(rest, sizeof(rest), "drivers/%s/bind", c->from);
		well &= !put(app, c, c->address, rest);
	}
	return well;
}

bool override_undo(struct app *app, struct change *c)
{
	char rest[96];
	bool well = true;

	for (unsigned i = 0; i < 2; i++)
		if (c->nodes[i].path[0])
			well &= !fchownat(AT_FDCWD, c->nodes[i].path, c->nodes[i].uid, (gid_t)-1,
					  AT_SYMLINK_NOFOLLOW);
	/* First: the old driver may not take what is reserved for another. */
	if (c->override_written) {
		snprintf(rest, sizeof(rest), "devices/%s/driver_override", c->address);
		well &= !put(app, c, c->old_override, rest);
	}
	if (c->driver_left)
		well &= take_back(app, c);
	return well;
}

/* --- vfio-pci itself ---------------------------------------------------------------------------- */

int override_load_driver(struct app *app)
{
	char module[] = VFIO_PCI;

	if (system_may(F_OK, app->sys, PCI "/drivers/" VFIO_PCI))
		return 0;
	if (!run_modprobe(app, module) &&
	    (app->settings.dry_run || system_may(F_OK, app->sys, PCI "/drivers/" VFIO_PCI)))
		return 0;
	return app_fail(app, -ENOTSUP, PLX_R_NO_BACKEND, VFIO_PCI,
			"the driver vfio-pci is not loaded, and modprobe vfio-pci does not do it: "
			"plx-dev doctor says what is missing");
}
