/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Running plx-testpmd. It ends by itself and says all in one JSON object.
 */
#include "bench/spawn.h"
#include "bench/testpmd.h"

#include <jansson.h>
#include <string.h>

#define START_DEADLINE 30.0 /* seconds; far more than it takes, callgrind included */

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

static enum outcome read_result(struct bench *b, const struct child *c, struct testpmd_run *run)
{
	const char *text = c->said[0].bytes ? c->said[0].bytes : "";
	json_t *object = json_loads(text, 0, NULL);
	bool good = object && number(object, "cycles_per_packet", &run->cycles_per_packet) &&
		    number(object, "first_packet_s", &run->first_packet);

	if (good)
		run->packets = (unsigned long long)count_packets(object, run->mode);
	json_decref(object);
	run->exec_time = c->exec_time;
	run->peak_kb = c->peak_kb;
	if (!good || !run->packets)
		return bench_failed(b, "%s moved no packets, or did not say so in its JSON",
				    b->testpmd);
	return MEASURED;
}

static enum outcome go(struct bench *b, struct testpmd_run *run, const char *const argv[])
{
	struct child c = { .watch_memory = run->watch_memory };
	enum outcome got = child_start(b, &c, argv, false);

	if (got == MEASURED)
		got = child_finish(b, &c, run->seconds + START_DEADLINE);
	if (got == MEASURED)
		got = read_result(b, &c, run);
	child_end(&c);
	return got;
}

enum outcome ours_testpmd(struct bench *b, struct testpmd_run *run)
{
	char port0[4200] = "null:size=64", core[16], seconds[32];
	const char *port1 = run->capture ? "null:rx=off" : "null:size=64";
	struct command cmd;
	enum outcome got;

	if (!find(b))
		return FAILED;
	got = command_begin(b, &cmd, run, b->testpmd);
	if (got != MEASURED)
		return got;
	if (run->capture)
		snprintf(port0, sizeof(port0), "pcap:rx=%s,loop=0", run->capture);
	snprintf(seconds, sizeof(seconds), "%.3f", run->seconds);
	snprintf(core, sizeof(core), "%u", b->cpu_work);
	command_add(&cmd, "--port", port0, "--port", port1, "--forward-mode", run->mode, "--cores",
		    core, "--burst", "32", "--buffers", "8192", "--duration", seconds, "--json",
		    NULL);
	return go(b, run, cmd.argv);
}
