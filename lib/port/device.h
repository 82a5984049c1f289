/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The room's own: devices, which ports open and close, and queues, which they configure.
 */
#ifndef PLX_PORT_DEVICE_H
#define PLX_PORT_DEVICE_H

#include "port/driver.h"

/*
 * The device that @spec means and the index of a port of it that is now taken. Call both with
 * the context locked. Errors as plx_port_open().
 */
int plx_device_take(struct plx_ctx *ctx, const char *spec, struct plx_device **out,
		    unsigned *index);
/* Give the port back; the device ends with its last. */
void plx_device_drop(struct plx_device *device, unsigned index);

/* Make a port's queues for a configuration that was checked; on failure it has none. */
int plx_queues_create(struct plx_port *port, const struct plx_port_conf *conf);
void plx_queues_destroy(struct plx_port *port);
/* Point the burst calls at the driver, or at functions that do nothing. */
void plx_queues_connect(struct plx_port *port, bool on);

#endif
