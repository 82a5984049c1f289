/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What can be typed: one table, and the functions that it names.
 *
 *	syntax.c    lines against the table
 *	commands.c  the table; running a line; help and the man page from it
 *	control.c   start, stop, quit, ...
 *	show.c      show, read
 *	set.c       set, clear, mac_addr
 *	port.c      port
 */
#ifndef TESTPMD_COMMANDS_H
#define TESTPMD_COMMANDS_H

#include "testpmd/app.h"
#include "testpmd/commands/syntax.h"

/* Where a line comes from: some commands make no sense everywhere. */
enum command_way {
	WAY_PROMPT,
	WAY_FILE, /* or standard input that is no terminal */
	WAY_SOCKET,
};

/* The answer to a line. The report is the caller's to free; it may be NULL. */
struct answer {
	int err;
	struct plx_error error; /* when err is not 0 */
	struct report *report;
};

/* Run one line. An empty one does nothing. Return: answer->err. */
int command_run(struct app *app, const char *line, enum command_way way, struct answer *answer);

extern const struct grammar command_grammar;

/* Do something with each port that "(PORT|all)" means, in order, until it fails. */
typedef int (*port_fn)(struct app *app, unsigned number, const struct value *v, struct report *r);
int for_ports(struct app *app, const struct value *which, port_fn fn, const struct value *v,
	      struct report *r);
/* Fail when packets are being forwarded: @what cannot be done then. */
int check_stopped(struct app *app, const char *what);

/* The sections of the table, in its order; NULL behind the last. */
const char *command_section(unsigned i);
void command_help(struct report *r, const char *section);
/* The COMMANDS section of the man page, mdoc(7). */
void command_man(FILE *out);

#define COMMAND(name) int name(struct app *app, const struct value *v, unsigned n, struct report *r)

COMMAND(do_start);
COMMAND(do_start_tx_first);
COMMAND(do_stop);
COMMAND(do_wait);
COMMAND(do_sleep);
COMMAND(do_load);
COMMAND(do_help);
COMMAND(do_quit);

COMMAND(show_port_info);
COMMAND(show_port_stats);
COMMAND(show_port_xstats);
COMMAND(show_port_summary);
COMMAND(show_port_queues);
COMMAND(show_queue_info);
COMMAND(show_fwd_stats);
COMMAND(show_config_fwd);
COMMAND(show_config_rxtx);
COMMAND(show_config_cores);
COMMAND(show_config_txpkts);
COMMAND(show_drivers);
COMMAND(show_metrics);
COMMAND(read_desc);

COMMAND(clear_port_stats);
COMMAND(clear_fwd_stats);
COMMAND(set_fwd);
COMMAND(set_burst);
COMMAND(set_portlist);
COMMAND(set_nbport);
COMMAND(set_corelist);
COMMAND(set_nbcore);
COMMAND(set_topology);
COMMAND(set_promisc);
COMMAND(set_allmulti);
COMMAND(set_verbose);
COMMAND(set_txpkts);
COMMAND(set_eth_peer);
COMMAND(set_stats_period);
COMMAND(set_mac);

COMMAND(port_start);
COMMAND(port_stop);
COMMAND(port_close);
COMMAND(port_reset);
COMMAND(port_attach);
COMMAND(port_detach);
COMMAND(port_config_mtu);
COMMAND(port_config_all);

#endif
