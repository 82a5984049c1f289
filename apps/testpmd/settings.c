/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of options.
 */
#include "testpmd/app.h"
#include "testpmd/engines/udp_frames.h"

#include <errno.h>
#include <string.h>

static const char *mode_name(unsigned i)
{
	return engines[i] ? engines[i]->name : NULL;
}

const char *topology_name(unsigned i)
{
	static const char *const names[] = { "paired", "chained", "loop", NULL };

	return names[i];
}

#define AT(member) .offset = offsetof(struct settings, member)

static const struct option_def options[] = {
	{ "port", 'p', OPTION_LIST, AT(ports), "SPEC", 0, 0, NULL,
	  "a port, driver[:key=value,...], or the address of a network card; give one for each "
	  "port (default: two null ports)" },
	{ "forward-mode", 'm', OPTION_CHOICE, AT(mode), "MODE", 0, 0, mode_name,
	  "what is done with packets (default io)" },
	{ "cores", 'c', OPTION_TEXT, AT(cores), "LIST", 0, 0, NULL,
	  "CPUs to forward on, as in 1,3-5 (default: one, not the program's own)" },
	{ "nb-cores", 0, OPTION_UINT, AT(nb_cores), "N", 1, 64, NULL,
	  "how many of them (default: all that --cores names, else 1)" },
	{ "burst", 'b', OPTION_UINT, AT(burst), "N", 1, 4096, NULL,
	  "packets taken at a time (default 32)" },
	{ "packets", 'n', OPTION_UINT, AT(packets), "N", 1, UINT64_MAX >> 1, NULL,
	  "stop after N packets received by all ports together, or sent by txonly and flowgen" },
	{ "duration", 'd', OPTION_REAL, AT(duration), "S", 0, 1000000000, NULL,
	  "stop after S seconds" },
	{ "stats-period", 's', OPTION_REAL, AT(stats_period), "S", 0, 86400, NULL,
	  "show statistics every S seconds" },
	{ "rxq", 0, OPTION_UINT, AT(rxq), "N", 1, 1024, NULL,
	  "receive queues of each port (default 1)" },
	{ "txq", 0, OPTION_UINT, AT(txq), "N", 1, 1024, NULL,
	  "transmit queues of each port (default: as --rxq)" },
	{ "rxd", 0, OPTION_UINT, AT(rxd), "N", 1, 32768, NULL,
	  "descriptors of a receive queue, where a port has any (default: the port's)" },
	{ "txd", 0, OPTION_UINT, AT(txd), "N", 1, 32768, NULL,
	  "descriptors of a transmit queue, where a port has any (default: the port's)" },
	{ "mtu", 0, OPTION_UINT, AT(mtu), "BYTES", 68, 65535, NULL,
	  "MTU of each port (default: the port's)" },
	{ "buffers", 0, OPTION_UINT, AT(buffers), "N", 1, 1 << 22, NULL,
	  "packet buffers of each core (default 8192)" },
	{ "buffer-size", 0, OPTION_UINT, AT(buffer_size), "BYTES", 64, 65408, NULL,
	  "frame bytes that one buffer holds (default 2048)" },
	{ "small-pages", 0, OPTION_FLAG, AT(small_pages), NULL, 0, 0, NULL,
	  "keep buffers in 4 KiB pages, to compare" },
	{ "no-offloads", 0, OPTION_FLAG, AT(no_offloads), NULL, 0, 0, NULL,
	  "finish checksums and cut segments on receive, even where the sending port could" },
	{ "rx-interrupt", 0, OPTION_FLAG, AT(rx_interrupt), NULL, 0, 0, NULL,
	  "let cores sleep while nothing comes, where all ports that they poll can wake them" },
	{ "frame-size", 0, OPTION_UINT, AT(frame_size), "BYTES", 46, 65412, NULL,
	  "length of the frames that txonly and flowgen send, with FCS (default 64)" },
	{ "txpkts", 0, OPTION_TEXT, AT(txpkts), "LEN,...", 0, 0, NULL,
	  "the same in segments, without FCS: one buffer each" },
	{ "flowgen-flows", 0, OPTION_UINT, AT(flows), "N", 1, 131069, NULL,
	  "how many flows flowgen makes (default 1024)" },
	{ "tx-first", 0, OPTION_UINT, AT(tx_first), "BURSTS", 1, 1000000, NULL,
	  "send so many bursts on every stream before forwarding" },
	{ "port-topology", 0, OPTION_CHOICE, AT(topology), "HOW", 0, 0, topology_name,
	  "which port a port's packets go to (default paired)" },
	{ "eth-peer", 0, OPTION_LIST, AT(eth_peers), "PORT,MAC", 0, 0, NULL,
	  "the MAC address that mac, txonly and flowgen send to from a port" },
	{ "verbose", 'v', OPTION_UINT, AT(verbose), "LEVEL", 0, 3, NULL,
	  "show packets in a line each: 1 received, 2 sent, 3 both" },
	{ "interactive", 'i', OPTION_FLAG, AT(interactive), NULL, 0, 0, NULL,
	  "take commands: at a prompt, or from standard input where that is no terminal" },
	{ "auto-start", 'a', OPTION_FLAG, AT(auto_start), NULL, 0, 0, NULL,
	  "with --interactive: start forwarding at once" },
	{ "cmdline-file", 'f', OPTION_TEXT, AT(cmdline_file), "FILE", 0, 0, NULL,
	  "run the commands in FILE first" },
	{ "keep-going", 'k', OPTION_FLAG, AT(keep_going), NULL, 0, 0, NULL,
	  "go on after a command that failed; the exit status is 1 in the end" },
	{ "control", 0, OPTION_TEXT, AT(control), "PATH", 0, 0, NULL,
	  "take commands on a UNIX socket, too, and answer in JSON" },
	{ "json", 'j', OPTION_FLAG, AT(json), NULL, 0, 0, NULL,
	  "one JSON object on standard output at the end, or for each command; text goes to "
	  "standard error" },
	{ "completion", 0, OPTION_TEXT, AT(completion), "SHELL", 0, 0, NULL,
	  "print the completion script for bash or zsh" },
	{ "help-ports", 0, OPTION_TEXT, AT(help_ports), "DRIVER", 0, 0, NULL,
	  "describe a driver's keys, or those of \"all\"" },
	{ "help", 'h', OPTION_FLAG, AT(help), NULL, 0, 0, NULL, "show this" },
	{ "version", 'V', OPTION_FLAG, AT(version), NULL, 0, 0, NULL, "show the version" },
	{ "man", 0, OPTION_FLAG, AT(man), NULL, 0, 0, NULL, "print the man page's source" },
	{ 0 },
};

const struct program program = {
	.name = "plx-testpmd",
	.summary = "forward packets between ports, and measure",
	.usage = "[--port SPEC]... [--forward-mode MODE] [OPTION]...",
	.options = options,
};

int settings_read(struct settings *s, int argc, char **argv, char *error, size_t size)
{
	*s = (struct settings){
		.burst = 32, .buffers = 8192, .buffer_size = 2048, .frame_size = 64
	};
	if (options_parse(&program, argc, argv, s, error, size))
		return -1;
	s->segments[0] = (unsigned)s->frame_size - 4;
	s->n_segments = 1;
	if (!s->ports.n) {
		s->ports.items[s->ports.n++] = "null";
		s->ports.items[s->ports.n++] = "null";
	}
	if (s->frame_size - 4 > s->buffer_size) {
		snprintf(error, size, "--frame-size %u does not fit --buffer-size %u",
			 (unsigned)s->frame_size, (unsigned)s->buffer_size);
		return -1;
	}
	return 0;
}

int app_set_segments(struct app *app, const char *list, const char *what)
{
	unsigned segments[STREAM_SEGMENTS_MAX], n = list_parse(list, segments, STREAM_SEGMENTS_MAX),
						total = 0;

	if (!n || strchr(list, '-'))
		return app_fail(app, -EINVAL, PLX_R_BAD_VALUE,
				"%s %.60s is not a list of 1 to %d lengths, as in 60,1440", what,
				list, STREAM_SEGMENTS_MAX);
	for (unsigned i = 0; i < n; i++) {
		if (segments[i] < 1 || segments[i] > app->settings.buffer_size)
			return app_fail(app, -EINVAL, PLX_R_TOO_LARGE,
					"%s: a segment has 1 to %u bytes (--buffer-size), not %u",
					what, (unsigned)app->settings.buffer_size, segments[i]);
		total += segments[i];
	}
	if (total < UDP_HEADERS_LEN || total > UINT16_MAX)
		return app_fail(app, -EINVAL, PLX_R_TOO_LARGE,
				"%s: a frame has %d bytes for its headers to %d, not %u", what,
				UDP_HEADERS_LEN, UINT16_MAX, total);
	memcpy(app->settings.segments, segments, n * sizeof(*segments));
	app->settings.n_segments = n;
	return 0;
}
