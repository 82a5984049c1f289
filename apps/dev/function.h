/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All that sysfs and /proc tell of a PCI function, and what stops it from being used.
 */
#ifndef DEV_FUNCTION_H
#define DEV_FUNCTION_H

#include "dev/app.h"
#include "pci/facts.h"

#include <net/if.h>

#define OBSTACLES_MAX  8
#define INTERFACES_MAX 4

struct function {
	struct plx_pci_facts facts; /* its texts are cleaned; only the address when unreadable */
	struct plx_pci_group group; /* where it has one that can be read */
	bool has_group;
	char name[128], iommu[32]; /* "dmar0"; "": none */
	char pf[PLX_PCI_ADDRESS];  /* of a virtual function */
	char interfaces[INTERFACES_MAX][IFNAMSIZ];
	unsigned n_interfaces;
	bool default_route;
	char node[2][48]; /* of the group, of the device: "/dev/vfio/14"; "": there is none */
	pid_t holder;     /* who has one of them open; 0: nobody that can be seen */
	char holder_name[PLX_COMM];
	unsigned n_obstacles; /* in the order in which they are to be removed */
	char obstacles[OBSTACLES_MAX][160];
};

/* Errors as plx_pci_facts_read(). */
int function_read(struct app *app, const char *address, struct function *f);

/* As plx_pci_each(), but what of a function cannot be read is its obstacle. */
typedef int (*function_fn)(struct app *app, const struct function *f, void *arg);
int function_each(struct app *app, function_fn fn, void *arg);

bool function_is_nic(const struct function *f);
/* Does VFIO have it? */
bool function_is_vfio(const struct function *f);
/* Which of Pollux' drivers drives it: "e1000"; "": none does. */
const char *function_pollux_driver(const struct function *f);
/* "eth0 eth1", or "". */
const char *function_interfaces(const struct function *f, char buf[INTERFACES_MAX * IFNAMSIZ]);

/* JSON: a string, null where it is empty; a number, null where it is negative. */
json_t *json_text_or_null(const char *text);
json_t *json_number_or_null(long n);

#endif
