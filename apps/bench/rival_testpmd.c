/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Running dpdk-testpmd. It says when it starts to forward, goes on until Enter is pressed, and
 * tells at the end, for people. On a terminal its lines come as they are written.
 */
#include "bench/spawn.h"
#include "bench/testpmd.h"

#include <stdlib.h>
#include <string.h>

#define START_DEADLINE 60.0 /* seconds; callgrind needs some ten */
#define STOP_DEADLINE  60.0

#define STARTS " packet forwarding - ports="

static enum outcome find(struct bench *b)
{
	const char *name = b->opts.dpdk_testpmd ? b->opts.dpdk_testpmd : "dpdk-testpmd";

	if (b->dpdk_testpmd[0] || find_program(name, b->dpdk_testpmd, sizeof(b->dpdk_testpmd)))
		return MEASURED;
	b->dpdk_testpmd[0] = '\0';
	if (b->opts.dpdk_testpmd)
		return bench_failed(b, "%s is no program that can be run (--dpdk-testpmd)", name);
	return bench_absent(b, "dpdk-testpmd is not installed (package dpdk-dev on Debian)");
}

/* The number behind @label, the last time that it was said. */
static bool last_number(const char *text, const char *label, double *value)
{
	const char *at = NULL, *next = text;
	char *end;

	while ((next = strstr(next, label)))
		at = next += strlen(label);
	if (!at)
		return false;
	*value = strtod(at, &end);
	return end != at;
}

static void read_version(struct bench *b, const char *text)
{
	const char *at = strstr(text, "RTE Version: 'DPDK ");

	if (at && !b->rival_version[0])
		sscanf(at, "RTE Version: 'DPDK %31[^']", b->rival_version);
}

static enum outcome read_result(struct bench *b, const struct child *c, struct testpmd_run *run)
{
	const char *text = c->said[0].bytes ? c->said[0].bytes : "";
	char label[64];
	double packets;

	read_version(b, text);
	snprintf(label, sizeof(label), "/ total %s packets=", run->mode);
	if (!last_number(text, "CPU cycles/packet=", &run->cycles_per_packet) ||
	    !last_number(text, label, &packets))
		return bench_failed(b, "%s did not say how many cycles a packet took",
				    b->dpdk_testpmd);
	run->packets = (unsigned long long)packets;
	run->exec_time = c->exec_time;
	run->peak_kb = c->peak_kb;
	return MEASURED;
}

static enum outcome go(struct bench *b, struct testpmd_run *run, const char *const argv[])
{
	struct child c = { .watch_memory = run->watch_memory };
	enum outcome got = child_start(b, &c, argv, true);

	if (got == MEASURED)
		got = child_wait_for(b, &c, STARTS, START_DEADLINE, &run->first_packet);
	if (got == MEASURED)
		got = child_let_run(b, &c, run->seconds);
	if (got == MEASURED) {
		child_press_enter(&c);
		got = child_finish(b, &c, STOP_DEADLINE);
	}
	if (got == MEASURED)
		got = read_result(b, &c, run);
	child_end(&c);
	return got;
}

/*
 * net_null's size is the length of the data, and so is --txpkts: 60 bytes are a frame of 64 with
 * FCS. The main thread sleeps on one core while the other forwards.
 */
enum outcome rival_testpmd(struct bench *b, struct testpmd_run *run)
{
	char lcores[64], vdev0[4200] = "--vdev=net_null0,size=60", mode[64];
	const char *vdev1 = "--vdev=net_null1,size=60";
	enum outcome got = find(b);
	struct command cmd;

	if (got == MEASURED)
		got = command_begin(b, &cmd, run, b->dpdk_testpmd);
	if (got != MEASURED)
		return got;
	if (run->capture) {
		snprintf(vdev0, sizeof(vdev0), "--vdev=net_pcap0,rx_pcap=%s,infinite_rx=1",
			 run->capture);
		vdev1 = "--vdev=net_null1,size=60,no-rx=1";
	}
	snprintf(lcores, sizeof(lcores), "--lcores=0@%u,1@%u", b->cpu_other, b->cpu_work);
	snprintf(mode, sizeof(mode), "--forward-mode=%s", run->mode);
	command_add(&cmd, lcores, "-v", "--no-huge", "-m", "256", "--no-pci", "--no-telemetry",
		    "--no-shconf", vdev0, vdev1, "--", mode, "--record-core-cycles", "--auto-start",
		    "--nb-cores=1", "--burst=32", "--txpkts=60", "--total-num-mbufs=8192",
		    "--no-mlockall", NULL);
	return go(b, run, cmd.argv);
}
