/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of options.
 */
#include "testpmd/settings.h"
#include "testpmd/engine.h"

static const char *mode_name(unsigned i)
{
	return engines[i] ? engines[i]->name : NULL;
}

static const char *topology_name(unsigned i)
{
	static const char *const names[] = { "paired", "chained", "loop", NULL };

	return names[i];
}

#define AT(member) .offset = offsetof(struct settings, member)

static const struct option_def options[] = {
	{ "port", 'p', OPTION_LIST, AT(ports), "SPEC", 0, 0, NULL,
	  "a port, driver[:key=value,...]; give one for each port (default: two null ports)" },
	{ "forward-mode", 'm', OPTION_CHOICE, AT(mode), "MODE", 0, 0, mode_name,
	  "what is done with packets (default io)" },
	{ "cores", 'c', OPTION_TEXT, AT(cores), "LIST", 0, 0, NULL,
	  "CPUs to forward on, as in 1,3-5 (default: one, not the program's own)" },
	{ "burst", 'b', OPTION_UINT, AT(burst), "N", 1, 4096, NULL,
	  "packets taken at a time (default 32)" },
	{ "packets", 'n', OPTION_UINT, AT(packets), "N", 1, UINT64_MAX >> 1, NULL,
	  "stop after N packets received by all ports together, or sent by txonly" },
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
	{ "frame-size", 0, OPTION_UINT, AT(frame_size), "BYTES", 46, 65412, NULL,
	  "length of the frames that txonly sends, with FCS (default 64)" },
	{ "port-topology", 0, OPTION_CHOICE, AT(topology), "HOW", 0, 0, topology_name,
	  "which port a port's packets go to (default paired)" },
	{ "eth-peer", 0, OPTION_LIST, AT(eth_peers), "PORT,MAC", 0, 0, NULL,
	  "the MAC address that mac and txonly send to from a port" },
	{ "json", 'j', OPTION_FLAG, AT(json), NULL, 0, 0, NULL,
	  "one JSON object on standard output at the end; text goes to standard error" },
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
