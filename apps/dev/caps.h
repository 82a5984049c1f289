/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Config space as sysfs shows it: capabilities, and what interrupts there are. Only root is shown
 * more than its first 64 bytes.
 */
#ifndef DEV_CAPS_H
#define DEV_CAPS_H

#include "dev/app.h"

#define CONFIG_SIZE 4096
#define CAPS_MAX    128

struct cap {
	uint16_t id, offset;
	bool extended;
};

struct config {
	size_t len; /* bytes that were shown */
	uint8_t bytes[CONFIG_SIZE];
	unsigned n_caps;
	struct cap caps[CAPS_MAX];
	bool broken;        /* a list of capabilities bites its tail, or leads nowhere */
	unsigned pin;       /* 1 .. 4: INTA .. INTD; 0: none */
	unsigned msi, msix; /* vectors */
};

/* False: it cannot be read; @out is empty then. */
bool config_read(struct app *app, const char *address, struct config *out);

/* The same of @out->bytes, of which @out->len are there. */
bool config_parse(struct config *out);

/* "MSI-X"; NULL: not known here. */
const char *cap_name(const struct cap *cap);

#endif
