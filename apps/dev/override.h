/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a function changes its driver (Documentation/ABI/testing/sysfs-bus-pci: driver_override,
 * unbind, drivers_probe), and how it gets back what it had.
 */
#ifndef DEV_OVERRIDE_H
#define DEV_OVERRIDE_H

#include "dev/app.h"
#include "pci/facts.h"

#include <sys/types.h>

struct change {
	char address[PLX_PCI_ADDRESS];
	char from[PLX_PCI_NAME], to[PLX_PCI_NAME]; /* drivers; "": none */
	char mate_of[PLX_PCI_ADDRESS]; /* not asked for: it shares the group of this one; or "" */
	int group;
	const char *pollux_driver; /* that is then to drive it; "": none */

	/* What is to be undone. */
	char old_override[PLX_PCI_NAME];
	bool override_written, driver_left;
	struct {
		char path[PATH_MAX]; /* "": untouched */
		uid_t uid;
	} nodes[2];
};

/* Have vfio-pci take it; or have whichever driver of the kernel's wants it. */
int override_bind(struct app *app, struct change *c);
int override_unbind(struct app *app, struct change *c);
/* Give the nodes of the group and of the device to a user. */
int override_give(struct app *app, struct change *c, uid_t uid);
/* As it was before; false: not all could be undone. */
bool override_undo(struct app *app, struct change *c);

/* Load vfio-pci where it is not there. */
int override_load_driver(struct app *app);

/* Everything that was written, or with --dry-run would be; JSON: an array. */
void override_log_begin(struct app *app);
void override_log_end(struct app *app);

#endif
