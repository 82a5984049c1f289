/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Running plx-testpmd. It ends by itself and says all in one JSON object; or it is told when to
 * start and when to stop, and answers each command with an object on a line.
 */
#include "bench/spawn.h"
#include "bench/testpmd.h"

#include <jansson.h>
#include <string.h>

#define START_DEADLINE 30.0 /* seconds; far more than it takes, callgrind included */

#define DONE(command) "{\"command\":\"" command "\",\"ok\":true"
#define STOPPED       DONE("stop")

/* Beside us in the build directory or where we are installed, else as any other program. */
static bool find(struct bench *b)
{
	if (b->testpmd[0])
		return true;
	if (b->opts.testpmd) {
		if (find_program(b->opts.testpmd, b->testpmd, sizeof(b->testpmd)))
			return true;
		bench_failed(b, "%s is no program that can be run (--testpmd)", b->opts.testpmd);
		return false;
	}
	if (find_beside("../testpmd/plx-testpmd", b->testpmd, sizeof(b->testpmd)) ||
	    find_beside("plx-testpmd", b->testpmd, sizeof(b->testpmd)) ||
	    find_program("plx-testpmd", b->testpmd, sizeof(b->testpmd)))
		return true;
	bench_failed(b, "plx-testpmd is not found: build it, or say where it is with --testpmd");
	return false;
}

static bool number(const json_t *object, const char *name, double *value)
{
	const json_t *member = json_object_get(object, name);

	if (!json_is_number(member))
		return false;
	*value = json_number_value(member);
	return true;
}

/* What was moved: received, or sent where the mode only sends. */
static double count_packets(const json_t *object, const char *mode)
{
	const char *name = strcmp(mode, "txonly") ? "rx_packets" : "tx_packets";
	const json_t *port;
	double sum = 0, n;
	size_t i;

	json_array_foreach(json_object_get(object, "ports"), i, port) sum +=
		number(port, name, &n) ? n : 0;
	return sum;
}

/* The last that it stopped with; NULL when there is none. */
static json_t *load_result(const struct child *c, const struct testpmd_run *run)
{
	const char *text = c->said[0].bytes ? c->said[0].bytes : "", *last = NULL;

	if (!run->meanwhile)
		return json_loads(text, 0, NULL);
	while ((text = strstr(text, STOPPED)))
		last = text++;
	return last ? json_loads(last, JSON_DISABLE_EOF_CHECK, NULL) : NULL;
}

static enum outcome read_result(struct bench *b, const struct child *c, struct testpmd_run *run)
{
	json_t *object = load_result(c, run);
	const json_t *told = run->meanwhile ? json_object_get(object, "result") : object;
	bool good = number(told, "cycles_per_packet", &run->cycles_per_packet) &&
		    number(told, "first_packet_s", &run->first_packet);

	if (good)
		run->packets = (unsigned long long)count_packets(told, run->mode);
	number(told, "duration_s", &run->forwarded);
	json_decref(object);
	run->exec_time = c->exec_time;
	run->peak_kb = c->peak_kb;
	if (!good || !run->packets)
		return bench_failed(b, "%s moved no packets, or did not say so in its JSON",
				    b->testpmd);
	return MEASURED;
}

static enum outcome tell(struct bench *b, struct child *c, const char *line, const char *answer)
{
	double when;

	child_type(c, line);
	return child_wait_for(b, c, answer, START_DEADLINE, &when);
}

/* Start, and stop when it is time. */
static enum outcome forward(struct bench *b, struct child *c, struct testpmd_run *run)
{
	enum outcome got = run->tx_first ? tell(b, c, "start tx_first\n", DONE("start tx_first"))
					 : tell(b, c, "start\n", DONE("start"));

	if (got == MEASURED)
		got = run->drains ? child_let_run(b, c, DRAIN_TIME) : run->meanwhile(b, run, c);
	return got == MEASURED ? tell(b, c, "stop\n", STOPPED) : got;
}

static enum outcome command(struct bench *b, struct child *c, struct testpmd_run *run)
{
	/* Its ports are open when it answers. */
	enum outcome got = tell(b, c, "show config fwd\n", "\"ok\":true");

	if (got == MEASURED)
		got = child_let_run(b, c, run->settle);
	if (!run->drains && got == MEASURED)
		got = forward(b, c, run);
	for (unsigned i = 0; i < run->drains && got == MEASURED; i++) {
		got = run->meanwhile(b, run, c);
		if (got == MEASURED)
			got = forward(b, c, run);
	}
	if (got == MEASURED)
		child_type(c, "quit\n");
	return got;
}

static enum outcome go(struct bench *b, struct testpmd_run *run, const char *const argv[])
{
	struct child c = { .watch_memory = run->watch_memory };
	enum outcome got = child_start(b, &c, argv, false);

	if (got == MEASURED && run->meanwhile)
		got = command(b, &c, run);
	if (got == MEASURED)
		got = child_finish(b, &c, run->seconds + START_DEADLINE);
	if (got == MEASURED)
		got = read_result(b, &c, run);
	child_end(&c);
	return got;
}

/* The ports' specifications. */
struct ports {
	char specs[2][4200];
	unsigned n;
};

static void choose_ports(const struct testpmd_run *run, struct ports *ports)
{
	*ports = (struct ports){ { "null:size=64", "null:size=64" }, 2 };
	if (run->capture) {
		snprintf(ports->specs[0], sizeof(ports->specs[0]), "pcap:rx=%s,loop=0",
			 run->capture);
		snprintf(ports->specs[1], sizeof(ports->specs[1]), "null:rx=off");
	}
	for (unsigned i = 0; run->nics && i < 2; i++)
		snprintf(ports->specs[i], sizeof(ports->specs[i]), "%s", run->nics[i]);
	for (unsigned i = 0; run->driver && i < 2; i++)
		snprintf(ports->specs[i], sizeof(ports->specs[i]), "%s:iface=%s", run->driver,
			 run->interfaces[i]);
	if (run->driver && !run->interfaces[1])
		ports->n = 1;
}

enum outcome ours_testpmd(struct bench *b, struct testpmd_run *run)
{
	char core[16], seconds[32], frame[16], limit[16];
	struct command cmd;
	struct ports ports;
	enum outcome got;

	if (!find(b))
		return FAILED;
	got = command_begin(b, &cmd, run, b->testpmd);
	if (got != MEASURED)
		return got;
	choose_ports(run, &ports);
	snprintf(seconds, sizeof(seconds), "%.3f", run->seconds);
	snprintf(core, sizeof(core), "%u", run->companion ? b->cpu_other : b->cpu_work);
	snprintf(frame, sizeof(frame), "%u", run->frame ? run->frame : FRAME_LEN - FCS_LEN);
	for (unsigned i = 0; i < ports.n; i++)
		command_add(&cmd, "--port", ports.specs[i], NULL);
	command_add(&cmd, "--forward-mode", run->mode, "--cores", core, "--burst", "32",
		    "--buffers", "8192", "--txpkts", frame, "--json", NULL);
	snprintf(limit, sizeof(limit), "%u", run->limit);
	if (run->meanwhile)
		command_add(&cmd, "--interactive", NULL);
	else if (run->limit)
		command_add(&cmd, "--packets", limit, NULL);
	else
		command_add(&cmd, "--duration", seconds, NULL);
	return go(b, run, cmd.argv);
}
