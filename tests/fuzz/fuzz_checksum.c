/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checksums of frames from anywhere. The input's first byte says into how many entries the rest
 * is split; after a repair nothing may be wrong, and the verdicts must not depend on the split.
 *
 *	clang -fsanitize=fuzzer,address,undefined: libFuzzer finds the inputs
 *	-DFUZZ_MAIN: random inputs, or the files that are named
 */
#include <pollux/checksum.h>

#include "split.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plx_pkt whole, parts[ENTRIES_MAX];
	struct plx_csum first, second;
	unsigned n;

	if (size == 0 || size > INPUT_MAX)
		return 0;
	split(&whole, data + 1, size - 1, 1);
	n = split(parts, data + 1, size - 1, 1 + data[0] % ENTRIES_MAX);
	plx_csum_check(&whole, 1, &first);
	plx_csum_fix(parts, n, &second);
	must(!memcmp(&first, &second, sizeof(first)));
	plx_csum_fix(&whole, 1, &first);
	for (unsigned i = 0, at = 0; i < n; at += parts[i++].len)
		must(!parts[i].len || !memcmp(parts[i].data, whole.data + at, parts[i].len));
	plx_csum_check(parts, n, &second);
	must(second.l3 != PLX_CSUM_BAD && second.l4 != PLX_CSUM_BAD);
	unsplit(&whole, 1);
	unsplit(parts, n);
	return 0;
}

#ifdef FUZZ_MAIN

/* A frame that begins as IPv4 or IPv6 does, so that more than the first test is reached. */
static void random_input(uint8_t *input, size_t size, unsigned round)
{
	static const uint8_t protos[] = { 0, 1, 2, 6, 17, 43, 44, 51, 58, 60, 132, 136 };
	bool v6 = round % 2;

	for (size_t i = 0; i < size; i++)
		input[i] = (uint8_t)(rand() >> 8);
	if (size < 60)
		return;
	input[13] = v6 ? 0x86 : 0x08;
	input[14] = v6 ? 0xdd : 0x00;
	input[15] = v6 ? 0x60 : (uint8_t)(0x45 + (rand() >> 8) % 3);
	input[v6 ? 19 : 17] = 0;
	input[v6 ? 21 : 24] = protos[(rand() >> 8) % sizeof(protos)];
	input[v6 ? 55 : 21] = 0; /* no fragment; the first extension header's next: hop-by-hop */
	input[22] = v6 ? input[22] : 0;
}

int main(int argc, char **argv)
{
	return run_inputs(argc, argv, 200000, random_input);
}

#endif
