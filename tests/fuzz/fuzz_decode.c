/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lines of frames from anywhere. The input's first byte says into how many entries the rest is
 * split, on which the line must not depend; it is printable ASCII, and a short buffer is enough.
 *
 *	clang -fsanitize=fuzzer,address,undefined: libFuzzer finds the inputs
 *	-DFUZZ_MAIN: random inputs, or the files that are named
 */
#include "testpmd/decode/decode.h"

#include "split.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plx_pkt whole, parts[ENTRIES_MAX];
	char first[DECODE_LINE_MAX], *second;
	size_t room;
	unsigned n;
	int len;

	if (size == 0 || size > INPUT_MAX)
		return 0;
	split(&whole, data + 1, size - 1, 1);
	n = split(parts, data + 1, size - 1, 1 + data[0] % ENTRIES_MAX);
	len = decode_line(&whole, 1, first, sizeof(first));
	must(len > 0 && (size_t)len == strlen(first));
	for (int i = 0; i < len; i++)
		must(first[i] >= ' ' && first[i] <= '~');
	room = data[0] % 2 ? sizeof(first) : 1u + data[0] / 2;
	second = malloc(room);
	len = decode_line(parts, n, second, room);
	must((size_t)len < room && (size_t)len == strlen(second));
	must(room < sizeof(first) || !strcmp(first, second));
	free(second);
	unsplit(&whole, 1);
	unsplit(parts, n);
	return 0;
}

#ifdef FUZZ_MAIN
int main(int argc, char **argv)
{
	return run_inputs(argc, argv, 200000, random_frame);
}
#endif
