/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The room's own: devices, which ports open and close, queues, which they configure, and what is
 * set on ports.
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
void plx_queues_connect(struct plx_port *port);
void plx_queues_disconnect(struct plx_port *port);

/* The lists of addresses, as large as the port's caps say. Errors: -ENOMEM (NOMEM). */
int plx_filters_init(struct plx_port *port);
void plx_filters_exit(struct plx_port *port);
/* What RSS a configuration with @n_rxq queues begins with. */
void plx_rss_init(struct plx_port *port, unsigned n_rxq);

/* Can it be the port's MTU? Errors as plx_port_set_mtu(). */
int plx_check_mtu(const struct plx_port *port, uint16_t mtu);
/* -EINVAL (NULL_ARG: argument 2; BAD_VALUE). */
int plx_check_unicast(const struct plx_port *port, const uint8_t mac[6]);

/* An address in a sentence. */
#define PLX_MAC_FMT      "%02x:%02x:%02x:%02x:%02x:%02x"
#define PLX_MAC_ARG(mac) mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]

#endif
