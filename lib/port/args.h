/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * "driver:key=value,..." against a driver's table of keys.
 */
#ifndef PLX_PORT_ARGS_H
#define PLX_PORT_ARGS_H

#include "port/driver.h"

/*
 * The driver that @spec names; *@keys is what follows the colon, NULL without a colon.
 * NULL with a record: NO_DRIVER.
 */
const struct plx_driver *plx_args_driver(const char *spec, const char **keys);

/*
 * Parse @keys into a new args struct of the driver. *@text holds the strings that it points
 * into; free() both. Errors: -EINVAL (BAD_KEY, BAD_VALUE), -ENOMEM (NOMEM).
 */
int plx_args_parse(const struct plx_driver *driver, const char *spec, const char *keys, void **args,
		   char **text);

#endif
