/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plx-testpmd(1), from the tables that the program itself works with.
 */
#include "testpmd/man.h"
#include "testpmd/commands/commands.h"

static const char head[] =
	".Dd November 20, 2026\n"
	".Dt PLX-TESTPMD 1\n"
	".Os Pollux\n"
	".Sh NAME\n"
	".Nm plx-testpmd\n"
	".Nd forward packets between ports, and measure\n"
	".Sh SYNOPSIS\n"
	".Nm\n"
	".Op Fl Fl port Ar SPEC ...\n"
	".Op Fl Fl forward-mode Ar MODE\n"
	".Op Ar OPTION ...\n"
	".Sh DESCRIPTION\n"
	".Nm\n"
	"opens ports, takes packets from them in bursts on pinned cores, does with each burst what "
	"the forward mode says, and sends it.\n"
	"It stops when all inputs have ended, at a limit, or on SIGINT, SIGTERM or SIGHUP, and ends "
	"with a table of what it did.\n"
	".Pp\n"
	"Packets of port 0 go to port 1 and the other way, so for 2 and 3, and so on; a last port "
	"without a pair sends to itself\n"
	".Pq see Fl Fl port-topology .\n"
	"A port that cannot send, or is sent nothing, is left out of that.\n"
	"A ring or a null port never ends: give a limit.\n"
	"A signal that is ignored from the start stays ignored, as SIGINT is for what a shell script "
	"runs in the background.\n"
	"A second signal, a second later, ends the program where it stands.\n"
	".Pp\n"
	"With\n.Fl Fl rx-interrupt\na core for which nothing comes for 100 microseconds sleeps until a "
	"card wakes it, if each port that it polls is a card; else it polls on, and that is said at the "
	"start.\n"
	".Pp\n"
	"A port whose device goes away leaves forwarding, and the others go on; the exit status is 1 in "
	"the end, with a sentence that says which.\n"
	"The port of a card is closed then, so that the kernel gets the card back that it asks for.\n"
	"Another, as that of an interface that was deleted, stays for\n.Li port reset\nor\n.Li port close .\n"
	".Pp\n"
	"Rates in bit/s count the bytes of frames without their FCS.\n"
	"Cycles per packet are those of bursts that moved packets; they include the first use of "
	"memory, so let it run for a second.\n"
	".Pp\n"
	"With\n.Fl Fl interactive ,\n.Fl Fl cmdline-file\nor\n.Fl Fl control\nit takes commands; see\n"
	".Sx COMMANDS .\n"
	".Pp\n"
	"The options are:\n";

static const char commands_head[] =
	".Sh COMMANDS\n"
	"Commands come, in this order, from the file of\n.Fl Fl cmdline-file\nand, with\n"
	".Fl Fl interactive ,\nfrom a prompt, or from standard input where that is no terminal; at any "
	"time from clients of the socket of\n.Fl Fl control .\n"
	"At the prompt Tab completes a word,\n.Ic \\&?\nsays what can follow, and the arrow keys bring "
	"back earlier lines.\n"
	".Pp\n"
	"A line is one command.\n"
	"Words are separated by blanks; double quotes keep blanks in a word, a backslash takes the next "
	"character as it is, and\n.Li #\nbegins a comment.\n"
	".Pp\n"
	"In a file, and on standard input, the first command that fails ends the program with its line "
	"number and exit status 1;\n.Fl Fl keep-going\ngoes on.\n"
	"After the file packets are forwarded, unless it said\n.Li quit ;\nwith\n.Fl Fl interactive\n"
	"commands are taken first.\n"
	".Pp\n"
	"Below, words in capitals stand for values, (a|b) for one of several, and [x] for what may be "
	"left out.\n";

static const char control_text[] =
	".Sh CONTROL SOCKET\n"
	"The socket of\n.Fl Fl control\nis a UNIX stream socket that its owner alone can open.\n"
	"Up to 16 clients write commands, a line each, and are answered in order by one JSON object a "
	"line, as described below.\n"
	"Lines have at most 4094 bytes.\n"
	"A client that has 4 MiB of answers to read is disconnected.\n"
	".Pp\n"
	"A client that sends an HTTP request for\n.Pa /metrics\nis given all counts in the text format "
	"of Prometheus:\n"
	".Dl curl --unix-socket /run/plx.sock http://plx/metrics\n";

static const char json_head[] =
	".Sh JSON\n"
	"With\n.Fl Fl json\nstandard output is one object, and where commands are taken one a line for "
	"each of them, as on the control socket: version, command, ok, and either result, an object of "
	"the command's own, or error.\n"
	"Forwarding that ends by itself adds one with event, \\(dqforwarding_ended\\(dq.\n"
	"All of it is described by the JSON Schema in\n.Pa docs/testpmd.schema.json .\n"
	"The object at the end, which is also the result of\n.Li stop\nand\n.Li show fwd stats all :\n"
	".Bl -tag -width Ds\n"
	".It version\nof this schema: 1.\n"
	".It forward_mode\nits name.\n"
	".It ports\nan array in the order given: name, number, driver, mac, rx_packets (dropped ones too), "
	"tx_packets, rx_bytes, tx_bytes, and drops, an object with a count for each reason, 0 too.\n"
	".It cores\nan array: cpu, packets, cycles_per_packet, busy (a share of 1), sleeps, slept_s.\n"
	".It pools\nwhere every buffer is: name, total, free, rx_ring, tx_ring, user, page_size, "
	"pages.\n"
	".It engine\nthe forward mode's own counts.\n"
	".It generated, consumed, held\nframes that the engine made, that it kept and freed, "
	"and that are in the program's hands: the sum of rx_packets plus generated is that of tx_packets and "
	"drops, plus consumed, plus held.\n"
	".It cycles_per_packet\nof bursts that moved packets; null when none did.\n"
	".It duration_s, first_packet_s\nseconds; the latter is CLOCK_MONOTONIC at the first "
	"packet.\n"
	".It error\nonly when something failed: errno, errno_name, reason, object, text.\n"
	".El\n";

static const char tail[] =
	".Sh EXIT STATUS\n"
	"0 when all went well, 1 when something failed on the way, 2 when the command line is "
	"wrong; the last two with one sentence on standard error.\n"
	".Sh EXAMPLES\n"
	"What the framework itself costs, for two seconds:\n"
	".Dl plx-testpmd --duration 2\n"
	"Verify and repair the checksums of a capture:\n"
	".Dl plx-testpmd --port pcap:rx=in.pcap,tx=out.pcap --forward-mode csum\n"
	"Two cores, with a ring between them:\n"
	".Dl plx-testpmd --port null --port ring:name=a --port ring:name=a --port null:rx=off "
	"--cores 0,1 --duration 2\n"
	"Commands by a prompt, on two network interfaces:\n"
	".Dl plx-testpmd --port af_packet:iface=veth0 --port af_packet:iface=veth1 --interactive\n"
	"Two network cards, by cores that sleep while nothing comes:\n"
	".Dl plx-testpmd --port 03:00.0 --port 03:00.1 --rx-interrupt\n"
	"Commands by a program:\n"
	".Dl echo 'show port stats all' | plx-testpmd --interactive --json\n"
	".Sh SEE ALSO\n"
	".Xr plx-bench 1 ,\n.Xr plx-dev 1\n";

static void print_modes(FILE *out)
{
	fputs(".Sh FORWARD MODES\n.Bl -tag -width Ds\n", out);
	for (int i = 0; engines[i]; i++) {
		const struct engine_count *c = engines[i]->counts;

		fprintf(out, ".It Cm %s\n%s.\n", engines[i]->name, engines[i]->help);
		for (; c && c->name; c++)
			fprintf(out, "%s%s (%s)%s\n", c == engines[i]->counts ? "Counts " : "",
				c->name, c->label, c[1].name ? "," : ".");
	}
	fputs(".El\n", out);
}

void man_print(FILE *out)
{
	fputs(head, out);
	options_man(&program, out);
	print_modes(out);
	fputs(".Sh PORTS\nA port is written\n.Ar driver Ns Op : Ns Ar key Ns = Ns Ar value , Ns ... ;\n"
	      "a comma or backslash in a value has a backslash before it.\n"
	      "The address of a network card alone, as in\n.Li 0000:03:00.0 ,\nis a port of the driver "
	      "that knows the card, for which\n.Xr plx-dev 1\nmakes it ready.\nThe drivers:\n",
	      out);
	plx_drivers_help(out, NULL, PLX_HELP_MAN);
	fputs(commands_head, out);
	command_man(out);
	fputs(control_text, out);
	fputs(json_head, out);
	fputs(tail, out);
}
