/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What fuzz targets that take frames have in common: a frame in parts, and inputs without
 * libFuzzer (-DFUZZ_MAIN), random ones or the files that are named.
 */
#ifndef TESTS_FUZZ_SPLIT_H
#define TESTS_FUZZ_SPLIT_H

#include <pollux/pkt.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES_MAX 8
#define INPUT_MAX   65535

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each part in memory of its own size, so that a sanitizer sees a byte read past it. */
static inline unsigned split(struct plx_pkt *pkts, const uint8_t *data, size_t size, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		size_t from = size * i / n, to = size * (i + 1) / n;

		memset(&pkts[i], 0, sizeof(pkts[i]));
		pkts[i].data = malloc(to - from + !size);
		pkts[i].len = (uint16_t)(to - from);
		pkts[i].flags = i + 1 < n ? PLX_PKT_MORE : 0;
		if (to > from)
			memcpy(pkts[i].data, data + from, to - from);
	}
	return n;
}

static inline void unsplit(struct plx_pkt *pkts, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		free(pkts[i].data);
}

static inline void must(bool what)
{
	if (!what)
		abort();
}

#ifdef FUZZ_MAIN

static int run_file(const char *name)
{
	static uint8_t input[INPUT_MAX];
	FILE *f = fopen(name, "rb");

	if (!f) {
		perror(name);
		return 1;
	}
	LLVMFuzzerTestOneInput(input, fread(input, 1, sizeof(input), f));
	fclose(f);
	return 0;
}

/* @make: fill an input so that more than the first test is reached. */
static inline int run_inputs(int argc, char **argv, unsigned rounds,
			     void (*make)(uint8_t *input, size_t size, unsigned round))
{
	static uint8_t input[2048];
	int rc = 0;

	for (int i = 1; i < argc; i++)
		rc |= run_file(argv[i]);
	for (unsigned round = 0; argc == 1 && round < rounds; round++) {
		size_t size = (size_t)(rand() >> 8) % sizeof(input);

		make(input, size, round);
		LLVMFuzzerTestOneInput(input, size);
	}
	return rc;
}

/* A random frame behind the input's first byte, which begins as a kind of frame does. */
static inline void random_frame(uint8_t *input, size_t size, unsigned round)
{
	static const uint16_t types[] = { 0x0800, 0x86dd, 0x0806, 0x88cc, 0x0026, 0x8100, 0x88b5 };
	static const uint8_t protos[] = { 0, 1, 2, 6, 17, 43, 44, 50, 51, 58, 60, 132, 136 };
	uint16_t type = types[round % (sizeof(types) / sizeof(types[0]))];
	size_t at = type == 0x8100 ? 19 : 15; /* of what follows Ethernet */

	for (size_t i = 0; i < size; i++)
		input[i] = (uint8_t)(rand() >> 8);
	if (size < 80)
		return;
	input[7] &= 0xfe; /* a sender is no group */
	input[13] = (uint8_t)(type >> 8);
	input[14] = (uint8_t)type;
	if (type == 0x8100)
		type = types[(rand() >> 8) % 3];
	input[at - 2] = (uint8_t)(type >> 8);
	input[at - 1] = (uint8_t)type;
	if (type == 0x0806) {
		memcpy(input + at, "\0\1\10\0\6\4\0", 7);
	} else if (type == 0x0800) {
		input[at] = (uint8_t)(0x45 + (rand() >> 8) % 3);
		input[at + 2] = 0;
		input[at + 6] = input[at + 7] = 0; /* no fragment */
		input[at + 9] = protos[(rand() >> 8) % sizeof(protos)];
	} else if (type == 0x86dd) {
		input[at] = 0x60;
		input[at + 4] = 0;
		input[at + 6] = protos[(rand() >> 8) % sizeof(protos)];
		input[at + 7] = 255;
	}
}

#endif

#endif
