/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of commands. Spelled as users of DPDK's testpmd know them; docs/testpmd.md says what
 * differs.
 */
#include "testpmd/commands/commands.h"

#include <errno.h>
#include <string.h>

enum {
	NOT_BY_SOCKET = 1 << 0, /* it takes its time, and a client can wait by itself */
};

static const char *mode_name(unsigned i)
{
	return engines[i] ? engines[i]->name : NULL;
}

static const char *mode_help(unsigned i)
{
	return engines[i]->help;
}

static const struct value_type types[] = {
	{ "PORT", VALUE_UINT, 0, MAX_PORTS - 1, NULL, "a port's number", NULL },
	{ "QUEUE", VALUE_UINT, 0, 1023, NULL, "a queue's number", NULL },
	{ "DESC", VALUE_UINT, 0, 65535, NULL, "a descriptor's number", NULL },
	{ "MODE", VALUE_CHOICE, 0, 0, mode_name, "a forwarding mode", mode_help },
	{ "BURST", VALUE_UINT, 1, 4096, NULL, "packets", NULL },
	{ "BURSTS", VALUE_UINT, 1, 1000000, NULL, "how many bursts", NULL },
	{ "QUEUES", VALUE_UINT, 1, 1024, NULL, "how many queues", NULL },
	{ "DESCS", VALUE_UINT, 1, 32768, NULL, "how many descriptors", NULL },
	{ "CORES", VALUE_UINT, 1, MAX_CORES, NULL, "how many cores", NULL },
	{ "PORTS", VALUE_UINT, 1, MAX_PORTS, NULL, "how many ports", NULL },
	{ "MTU", VALUE_UINT, 68, 65535, NULL, "bytes without Ethernet header and FCS", NULL },
	{ "LEVEL", VALUE_UINT, 0, 3, NULL, "0: none, 1: received, 2: sent, 3: both", NULL },
	{ "SECONDS", VALUE_REAL, 0, 86400, NULL, "seconds", NULL },
	{ "LIST", VALUE_TEXT, 0, 0, NULL, "numbers, as in 0,2-3", NULL },
	{ "LENGTHS", VALUE_TEXT, 0, 0, NULL, "bytes of each segment, as in 64 or 60,1440", NULL },
	{ "MAC", VALUE_MAC, 0, 0, NULL, "an address, as in 02:00:00:00:00:01", NULL },
	{ "SPEC", VALUE_TEXT, 0, 0, NULL,
	  "driver[:key=value,...], or the address of a network card", NULL },
	{ "DRIVER", VALUE_TEXT, 0, 0, NULL, "a driver's name", NULL },
	{ "RSS", VALUE_CHOICE, 0, 0, rss_choice, "what is hashed", NULL },
	{ "RETA", VALUE_TEXT, 0, 0, NULL, "entries of a table, as in (0,1),(1,0)", NULL },
	{ "KEY", VALUE_TEXT, 0, 0, NULL, "bytes in hexadecimal digits", NULL },
	{ "VID", VALUE_UINT, 0, 4095, NULL, "a VLAN's number", NULL },
	{ "SIZE", VALUE_UINT, 0, 65535, NULL, "bytes of TCP payload in a segment; 0: off", NULL },
	{ "FILE", VALUE_TEXT, 0, 0, NULL, "a file's name", NULL },
	{ "SECTION", VALUE_CHOICE, 0, 0, command_section, "a section of help", NULL },
	{ NULL, 0, 0, 0, NULL, NULL, NULL },
};

static const struct command commands[] = {
	{ "start", "control", "forward packets", do_start, 0 },
	{ "start tx_first [BURSTS]", "control",
	  "send bursts (one unless told) on every stream, then forward", do_start_tx_first, 0 },
	{ "stop", "control", "stop forwarding and show what it did", do_stop, 0 },
	{ "wait", "control", "wait until forwarding ends by itself, and show what it did", do_wait,
	  NOT_BY_SOCKET },
	{ "sleep SECONDS", "control", "let forwarding go on for a time", do_sleep, NOT_BY_SOCKET },
	{ "load FILE", "control", "run the commands in a file", do_load, NOT_BY_SOCKET },
	{ "help [SECTION]", "control", "list the commands, all or those of a section", do_help, 0 },
	{ "quit", "control", "stop forwarding and end the program", do_quit, 0 },

	{ "show port info (PORT|all)", "display", "what a port is and how it is set up",
	  show_port_info, 0 },
	{ "show port stats (PORT|all)", "display",
	  "packets, bytes and drops of a port, and rates since they were shown last",
	  show_port_stats, 0 },
	{ "show port xstats (PORT|all)", "display", "every statistic of a port by name",
	  show_port_xstats, 0 },
	{ "show port summary (PORT|all)", "display", "a line for each port", show_port_summary, 0 },
	{ "show port PORT (rxq|txq) info", "display", "how each queue of a port is set up",
	  show_port_queues, 0 },
	{ "show port PORT rss reta", "display", "the table from hash to queue", show_rss_reta, 0 },
	{ "show port PORT rss hash [key]", "display", "what is hashed, and with which key",
	  show_rss_hash, 0 },
	{ "show port PORT rss-hash [key]", "display", "the same", show_rss_hash, 0 },
	{ "show port PORT flow_ctrl", "display", "which pause frames are honoured and sent",
	  show_flow_ctrl, 0 },
	{ "show port PORT regs", "display", "registers of a device by name, and their fields",
	  show_regs, 0 },
	{ "csum show PORT", "display", "who puts checksums into what csum sends to a port",
	  show_csum, 0 },
	{ "tso show PORT", "display", "the segments that a port cuts", show_tso, 0 },
	{ "show (rxq|txq) info PORT QUEUE", "display", "how one queue is set up", show_queue_info,
	  0 },
	{ "show fwd stats all", "display", "what forwarding has done since it was started",
	  show_fwd_stats, 0 },
	{ "show config fwd", "display", "which core forwards what to where", show_config_fwd, 0 },
	{ "show config rxtx", "display", "bursts, queues, descriptors and offloads",
	  show_config_rxtx, 0 },
	{ "show config cores", "display", "the cores that may forward, and those that do",
	  show_config_cores, 0 },
	{ "show config txpkts", "display", "what txonly and flowgen send", show_config_txpkts, 0 },
	{ "show drivers [DRIVER]", "display",
	  "the drivers that ports can be opened with, or one's keys", show_drivers, 0 },
	{ "show metrics", "display", "all counts in the text format of Prometheus", show_metrics,
	  0 },
	{ "read (rxd|txd) PORT QUEUE DESC", "display", "a descriptor of a queue", read_desc, 0 },
	{ "clear port (stats|xstats) (PORT|all)", "display", "count a port's packets from zero",
	  clear_port_stats, 0 },
	{ "clear fwd stats all", "display", "count what is forwarded from zero", clear_fwd_stats,
	  0 },

	{ "set fwd MODE", "config", "what is done with packets, from the next start on", set_fwd,
	  0 },
	{ "set burst BURST", "config", "packets taken at a time", set_burst, 0 },
	{ "set portlist LIST", "config", "the ports that forward, in the order of their pairs",
	  set_portlist, 0 },
	{ "set nbport PORTS", "config", "forward on the first so many ports", set_nbport, 0 },
	{ "set corelist LIST", "config", "the CPUs that may forward", set_corelist, 0 },
	{ "set nbcore CORES", "config", "forward on the first so many of them", set_nbcore, 0 },
	{ "set port-topology (paired|chained|loop)", "config", "which port a port's packets go to",
	  set_topology, 0 },
	{ "set promisc (PORT|all) (on|off)", "config", "receive frames for other stations, too",
	  set_promisc, 0 },
	{ "set allmulti (PORT|all) (on|off)", "config", "receive every multicast frame",
	  set_allmulti, 0 },
	{ "set verbose LEVEL", "config", "show each packet in a line", set_verbose, 0 },
	{ "set txpkts LENGTHS", "config",
	  "length of the frames that txonly and flowgen send, without FCS", set_txpkts, 0 },
	{ "set eth-peer PORT MAC", "config", "the address that mac, txonly and flowgen send to",
	  set_eth_peer, 0 },
	{ "set stats-period SECONDS", "config",
	  "show statistics that often while forwarding; 0: not", set_stats_period, 0 },
	{ "set rx-interrupt (on|off)", "config",
	  "let cores sleep while nothing comes, where ports can wake them", set_rx_interrupt, 0 },

	{ "mac_addr (add|remove|set) PORT MAC", "filters",
	  "receive for one more address, or change a port's own", change_mac, 0 },
	{ "mcast_addr (add|remove) PORT MAC", "filters", "receive a multicast group",
	  change_multicast, 0 },
	{ "rx_vlan (add|rm) (VID|all) PORT", "filters",
	  "receive a VLAN, where vlan set filter is on", set_rx_vlan, 0 },
	{ "port config (PORT|all) rss RSS", "filters",
	  "what is hashed to choose a queue, as far as the port can", config_rss, 0 },
	{ "port config PORT rss reta RETA", "filters", "which queue an entry of the table names",
	  config_rss_reta, 0 },
	{ "port config PORT rss-hash-key KEY", "filters", "the key of the hash", config_rss_key,
	  0 },

	{ "vlan set (strip|filter) (on|off) PORT", "offloads",
	  "take tags out of frames, or drop VLANs that rx_vlan has not added", set_vlan, 0 },
	{ "tx_vlan set PORT VID", "offloads", "have the port put a tag into all that is sent to it",
	  set_tx_vlan, 0 },
	{ "tx_vlan reset PORT", "offloads", "no longer", reset_tx_vlan, 0 },
	{ "csum set (ip|tcp|udp) (hw|sw) PORT", "offloads",
	  "who puts checksums into what csum sends to a port", set_csum, 0 },
	{ "tso set SIZE PORT", "offloads", "have the port cut what csum sends to it over TCP",
	  set_tso, 0 },
	{ "port config PORT rx_offload (csum|rss_hash|vlan_strip|vlan_filter) (on|off)", "offloads",
	  "work on what a port receives", config_rx_offload, 0 },

	{ "set (link-up|link-down) port PORT", "link", "as if the cable were plugged, or pulled",
	  set_link, 0 },
	{ "set flow_ctrl rx (on|off) tx (on|off) PORT", "link",
	  "honour pause frames, and send them", set_flow_ctrl, 0 },
	{ "set flow_ctrl (rx|tx) (on|off) PORT", "link", "one of both", set_flow_ctrl_one, 0 },

	{ "port start (PORT|all)", "ports", "let packets flow", port_start, 0 },
	{ "port stop (PORT|all)", "ports", "stop the flow, to change the port", port_stop, 0 },
	{ "port close (PORT|all)", "ports", "end a port; its number is free again", port_close, 0 },
	{ "port reset (PORT|all)", "ports",
	  "reset a port's device; one that has none is closed and opened as at first", port_reset,
	  0 },
	{ "port attach SPEC", "ports", "open a port", port_attach, 0 },
	{ "port detach PORT", "ports", "as port close", port_detach, 0 },
	{ "port config mtu PORT MTU", "ports", "change a stopped port's MTU", port_config_mtu, 0 },
	{ "port config all (rxq|txq) QUEUES", "ports", "how many queues ports have",
	  port_config_all, 0 },
	{ "port config all (rxd|txd) DESCS", "ports",
	  "how many descriptors queues have, where a port has any", port_config_all, 0 },
	{ NULL, NULL, NULL, NULL, 0 },
};

const struct grammar command_grammar = { commands, types };

const char *command_section(unsigned i)
{
	const char *last = "";

	for (const struct command *c = commands; c->syntax; c++) {
		if (!strcmp(c->section, last))
			continue;
		last = c->section;
		if (!i--)
			return last;
	}
	return NULL;
}

static int run(struct app *app, const char *line, enum command_way way, struct report *r)
{
	struct parsed parsed;
	struct words words;
	char error[256];

	if (syntax_split(line, &words, error, sizeof(error)))
		return app_fail(app, -EINVAL, PLX_R_FORMAT, "%s", error);
	if (!words.n)
		return 0;
	if (syntax_parse(&command_grammar, &words, &parsed, error, sizeof(error)))
		return app_fail(app, -EINVAL, PLX_R_BAD_VALUE, "%s", error);
	if (way == WAY_SOCKET && parsed.command->flags & NOT_BY_SOCKET)
		return app_fail(
			app, -ENOTSUP, PLX_R_UNSUPPORTED,
			"%s is for files and the prompt: nobody else could get in meanwhile",
			words.word[0]);
	return parsed.command->run(app, parsed.values, parsed.n, r);
}

int command_run(struct app *app, const char *line, enum command_way way, struct answer *answer)
{
	struct plx_error before = app->error;

	*answer = (struct answer){ .report = results_new(app) };
	app->error = (struct plx_error){ .err = 0 };
	if (answer->report)
		answer->err = run(app, line, way, answer->report);
	else
		answer->err = app_fail_nomem(app);
	answer->error = app->error;
	app->error = before;
	return answer->err;
}

/* --- help and man page -------------------------------------------------------------------------- */

void command_help(struct report *r, const char *section)
{
	const char *last = "";

	report_begin_list(r, "commands");
	for (const struct command *c = commands; c->syntax; c++) {
		if (section && strcmp(c->section, section))
			continue;
		if (strcmp(c->section, last))
			report_line(r, "%s%s:", *last ? "\n" : "", c->section);
		last = c->section;
		report_begin(r, NULL, NULL);
		report_string(r, "syntax", NULL, c->syntax);
		report_string(r, "section", NULL, c->section);
		report_string(r, "help", NULL, c->help);
		report_end(r);
		report_line(r, "  %-40s %s", c->syntax, c->help);
	}
	report_end(r);
}

static void man_value(FILE *out, const struct value_type *t)
{
	fprintf(out, ".It Ar %s\n%s", t->name, t->help);
	if (t->kind == VALUE_UINT)
		fprintf(out, ", %llu to %llu", (unsigned long long)t->min,
			(unsigned long long)t->max);
	for (unsigned i = 0; t->choices && t->choices(i); i++)
		fprintf(out, "%s%s", i ? ", " : ": ", t->choices(i));
	fputs(".\n", out);
}

void command_man(FILE *out)
{
	const char *last = "";

	for (const struct command *c = commands; c->syntax; c++) {
		if (strcmp(c->section, last))
			fprintf(out, "%s.Ss %s\n.Bl -tag -width Ds\n", *last ? ".El\n" : "",
				c->section);
		last = c->section;
		fprintf(out, ".It Li %s\n%s.\n", c->syntax, c->help);
	}
	fputs(".El\n.Ss Values\n.Bl -tag -width Ds\n", out);
	for (const struct value_type *t = types; t->name; t++)
		man_value(out, t);
	fputs(".El\n", out);
}
