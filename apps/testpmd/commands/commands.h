/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What can be typed: one table, and the functions that it names.
 *
 *	syntax.c    lines against the table
 *	commands.c  the table; running a line; help and the man page from it
 *	control.c   start, stop, quit, ...
 *	show.c      show, read
 *	info.c      show port info
 *	set.c       set, clear
 *	port.c      port
 *	rss.c       port config rss, show port rss
 *	vlan.c      vlan, rx_vlan, tx_vlan
 *	offload.c   csum, tso, port config rx_offload
 *	filter.c    mac_addr, mcast_addr
 *	link.c      set link-up, set flow_ctrl
 *	regs.c      show port regs
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
/* As for_ports(), each an object of the list "ports"; @fn begins and ends it, and gets @which. */
int list_ports(struct app *app, const struct value *which, port_fn fn, struct report *r);
/* Begin an object, and a paragraph, about a port. */
void report_port(struct app *app, unsigned number, struct report *r);
/* Flags as words: an array in JSON, a list in the text. */
/* "64 to 4096, powers of two", or "none", in @buf. Return: @buf. */
const char *limits_text(const struct plx_desc_limits *d, char *buf, size_t size);
void report_flags(struct report *r, const char *key, const char *label, uint32_t flags,
		  const struct flag_name *names);
void link_text(const struct plx_link *link, char *buf, size_t size);
extern const struct flag_name rss_type_names[]; /* enum plx_rss_types */
const char *rss_choice(unsigned i);             /* what `port config rss` takes */
/* Have a port do, or no longer do, some work on what it receives; @what is for the sentence. */
int change_rx_offload(struct app *app, const struct value *port, uint32_t offload, bool on,
		      const char *what);
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
COMMAND(set_rx_interrupt);

COMMAND(config_rss);
COMMAND(config_rss_reta);
COMMAND(config_rss_key);
COMMAND(show_rss_reta);
COMMAND(show_rss_hash);

COMMAND(set_vlan);
COMMAND(set_rx_vlan);
COMMAND(set_tx_vlan);
COMMAND(reset_tx_vlan);

COMMAND(set_csum);
COMMAND(show_csum);
COMMAND(set_tso);
COMMAND(show_tso);
COMMAND(config_rx_offload);

COMMAND(change_mac);
COMMAND(change_multicast);

COMMAND(set_link);
COMMAND(set_flow_ctrl);
COMMAND(set_flow_ctrl_one);
COMMAND(show_flow_ctrl);

COMMAND(show_regs);

COMMAND(port_start);
COMMAND(port_stop);
COMMAND(port_close);
COMMAND(port_reset);
COMMAND(port_attach);
COMMAND(port_detach);
COMMAND(port_config_mtu);
COMMAND(port_config_all);

#endif
