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
#define PROMPT "testpmd> "
#define CYCLES "CPU cycles/packet="

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
	if (!last_number(text, CYCLES, &run->cycles_per_packet) ||
	    !last_number(text, label, &packets))
		return bench_failed(b, "%s did not say how many cycles a packet took",
				    b->dpdk_testpmd);
	run->packets = (unsigned long long)packets;
	run->exec_time = c->exec_time;
	run->peak_kb = c->peak_kb;
	return MEASURED;
}

/* It starts by itself, and stops at Enter. */
static enum outcome forward(struct bench *b, struct child *c, struct testpmd_run *run)
{
	enum outcome got = child_wait_for(b, c, STARTS, START_DEADLINE, &run->first_packet);

	if (got == MEASURED)
		got = run->meanwhile ? run->meanwhile(b, run, c)
				     : child_let_run(b, c, run->seconds);
	if (got == MEASURED)
		child_type(c, "\n");
	return got;
}

static bool by_commands(const struct testpmd_run *run)
{
	return run->drains || run->nics;
}

static enum outcome start_and_stop(struct bench *b, struct child *c, struct testpmd_run *run)
{
	enum outcome got;
	double when;

	child_type(c, run->tx_first ? "start tx_first\n" : "start\n");
	got = child_wait_for(b, c, STARTS, START_DEADLINE, &run->first_packet);
	if (got == MEASURED)
		got = run->drains ? child_let_run(b, c, DRAIN_TIME) : run->meanwhile(b, run, c);
	run->forwarded = monotonic_now() - run->first_packet;
	child_type(c, "stop\n");
	return got == MEASURED ? child_wait_for(b, c, CYCLES, STOP_DEADLINE, &when) : got;
}

/* It starts and stops at commands. */
static enum outcome command(struct bench *b, struct child *c, struct testpmd_run *run)
{
	enum outcome got = child_wait_for(b, c, PROMPT, START_DEADLINE, &run->first_packet);

	if (got == MEASURED)
		got = child_let_run(b, c, run->settle);
	if (!run->drains && got == MEASURED)
		got = start_and_stop(b, c, run);
	for (unsigned i = 0; i < run->drains && got == MEASURED; i++) {
		got = run->meanwhile(b, run, c);
		if (got == MEASURED)
			got = start_and_stop(b, c, run);
	}
	child_type(c, "quit\n");
	return got;
}

static enum outcome go(struct bench *b, struct testpmd_run *run, const char *const argv[])
{
	struct child c = { .watch_memory = run->watch_memory };
	enum outcome got = child_start(b, &c, argv, true);

	if (got == MEASURED)
		got = by_commands(run) ? command(b, &c, run) : forward(b, &c, run);
	if (got == MEASURED)
		got = child_finish(b, &c, STOP_DEADLINE);
	if (got == MEASURED)
		got = read_result(b, &c, run);
	child_end(&c);
	return got;
}

/* The devices' options. */
struct devices {
	char options[2][4200];
	unsigned n;
};

/*
 * net_null's size is the length of the data: 60 bytes are a frame of 64 with FCS. net_af_packet
 * is given rings of as many slots as ours have by default, where it would have 512, and longer
 * blocks of them.
 */
static void choose_devices(const struct testpmd_run *run, struct devices *d)
{
	const char *more = run->driver && !strcmp(run->driver, "af_packet")
				   ? ",framecnt=2048,framesz=2048,blocksz=65536"
				   : "";

	*d = (struct devices){ { "--vdev=net_null0,size=60", "--vdev=net_null1,size=60" }, 2 };
	if (run->capture) {
		snprintf(d->options[0], sizeof(d->options[0]),
			 "--vdev=net_pcap0,rx_pcap=%s,infinite_rx=1", run->capture);
		snprintf(d->options[1], sizeof(d->options[1]), "--vdev=net_null1,size=60,no-rx=1");
	}
	for (unsigned i = 0; run->driver && i < 2; i++)
		snprintf(d->options[i], sizeof(d->options[i]), "--vdev=net_%s%u,iface=%s%s",
			 run->driver, i, run->interfaces[i], more);
	for (unsigned i = 0; run->nics && i < 2; i++)
		snprintf(d->options[i], sizeof(d->options[i]), "--allow=%s", run->nics[i]);
	if (run->driver && !run->interfaces[1])
		d->n = 1;
}

/* The main thread sleeps on one core while the other forwards. */
enum outcome rival_testpmd(struct bench *b, struct testpmd_run *run)
{
	char lcores[64], mode[64], frame[32];
	enum outcome got = find(b);
	struct devices devices;
	struct command cmd;

	if (got == MEASURED)
		got = command_begin(b, &cmd, run, b->dpdk_testpmd);
	if (got != MEASURED)
		return got;
	choose_devices(run, &devices);
	snprintf(lcores, sizeof(lcores), "--lcores=0@%u,1@%u", b->cpu_other, b->cpu_work);
	snprintf(frame, sizeof(frame), "--txpkts=%u",
		 run->frame ? run->frame : FRAME_LEN - FCS_LEN);
	snprintf(mode, sizeof(mode), "--forward-mode=%s", run->mode);
	command_add(&cmd, lcores, "-v", "-m", "256", "--no-telemetry", "--no-shconf", NULL);
	/* A NIC gets huge pages, as its users give it. */
	if (run->nics)
		command_add(&cmd, "--huge-unlink", NULL);
	else
		command_add(&cmd, "--no-huge", "--no-pci", NULL);
	for (unsigned i = 0; i < devices.n; i++)
		command_add(&cmd, devices.options[i], NULL);
	command_add(&cmd, "--", mode, "--record-core-cycles", "--nb-cores=1", "--burst=32", frame,
		    "--total-num-mbufs=8192", "--no-mlockall", NULL);
	command_add(&cmd, by_commands(run) ? "--interactive" : "--auto-start", NULL);
	/* What waits in a ring before the start is what is to be received. */
	if (run->drains)
		command_add(&cmd, "--no-flush-rx", NULL);
	return go(b, run, cmd.argv);
}
