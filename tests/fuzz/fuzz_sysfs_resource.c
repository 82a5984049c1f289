/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files of sysfs from anywhere: `resource` of a function, `reserved_regions` of a group and the
 * numbers in others. The input's first byte says which. What is believed must hold together.
 *
 *	clang -fsanitize=fuzzer,address,undefined: libFuzzer finds the inputs
 *	-DFUZZ_MAIN: random inputs, or the files that are named
 */
#include "pci/facts_priv.h"

#include "split.h"

#define RESERVED 8

static void check_resource(const char *text, size_t len)
{
	static const struct plx_pci_resource none;
	struct plx_pci_resource r[PLX_PCI_BARS + 1];
	bool good = plx_parse_resource(text, len, r);

	for (unsigned i = 0; i <= PLX_PCI_BARS; i++) {
		bool io = r[i].flags & PLX_PCI_IO, mem = r[i].flags & PLX_PCI_MEM;

		if (!good || !r[i].flags)
			must(!memcmp(&r[i], &none, sizeof(none)));
		else
			must(io != mem && r[i].first <= r[i].last);
	}
}

static void check_reserved(const char *text, size_t len)
{
	struct plx_pci_reserved r[RESERVED];
	int n = plx_parse_reserved(text, len, r, RESERVED);

	must(n >= -1 && n <= (int)len);
	for (int i = 0; i < n && i < RESERVED; i++)
		must(r[i].first <= r[i].last && r[i].type <= PLX_RESERVED_DIRECT_RELAXABLE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t len = size ? size - 1 : 0;
	uint64_t id;
	long number;
	char *text;

	if (!size || size > INPUT_MAX)
		return 0;
	text = malloc(len + !len); /* of its own size: there is no NUL behind a file */
	if (!text)
		return 0;
	memcpy(text, data + 1, len);
	if (data[0] % 4 == 0)
		check_resource(text, len);
	else if (data[0] % 4 == 1)
		check_reserved(text, len);
	else if (data[0] % 4 == 2)
		must(!plx_parse_hex(text, len, 0xffff, &id) || id <= 0xffff);
	else
		must(!plx_parse_decimal(text, len, -1, 1023, &number) ||
		     (number >= -1 && number <= 1023));
	free(text);
	return 0;
}

#ifdef FUZZ_MAIN

/* Lines as the kernel writes them, and sometimes a byte that it would not. */
static void random_input(uint8_t *input, size_t size, unsigned round)
{
	static const char *const types[] = { "msi", "direct", "direct-relaxable", "reserved" };
	char line[128];
	size_t at = 1;

	memset(input, '\n', size);
	if (!size)
		return;
	input[0] = (uint8_t)(round % 4);
	for (unsigned i = 0; i < 14; i++) {
		unsigned long first = (unsigned long)rand() << (rand() >> 4) % 33;
		unsigned long last = first + (unsigned long)(rand() >> 12);
		int n = round % 4 == 1   ? snprintf(line, sizeof(line), "0x%016lx 0x%016lx %s\n",
						    first, last, types[(rand() >> 8) % 4])
			: round % 4 == 0 ? snprintf(line, sizeof(line), "0x%016lx 0x%016lx 0x%x\n",
						    first, last, (rand() >> 6) & 0x302)
			: round % 4 == 2 ? snprintf(line, sizeof(line), "0x%x", rand() >> 12)
					 : snprintf(line, sizeof(line), "%d", (rand() >> 20) - 1);

		if (at + (size_t)n > size || (round % 4 > 1 && i))
			break;
		memcpy(input + at, line, (size_t)n);
		at += (size_t)n;
	}
	if (round % 8 > 3)
		input[1 + (size_t)(rand() >> 4) % size % at] = (uint8_t)(rand() >> 8);
}

int main(int argc, char **argv)
{
	return run_inputs(argc, argv, 200000, random_input);
}

#endif
