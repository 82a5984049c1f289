/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What users call things, from anywhere: names of devices, real and simulated, VF tokens and
 * specifications of ports. The input's first byte says which. What parses is in its bounds, and
 * when it is written down again, that parses to the same; what does not is refused with a sentence.
 *
 *	clang -fsanitize=fuzzer,address,undefined: libFuzzer finds the inputs
 *	-DFUZZ_MAIN: random inputs, or the files that are named
 */
#include "pci/facts.h"
#include "pci/pci_priv.h"
#include "pci/vfio.h"
#include "port/args.h"

#include "split.h"

#include <ctype.h>
#include <errno.h>

#define KINDS 5

/* A refusal: one of the documented errors, and a record that says why. */
static void check_refused(int err, int first, int second)
{
	const struct plx_error *e = plx_last_error();

	must(err == first || err == second);
	must(e->err == err && e->reason != PLX_R_NONE);
	must(memchr(e->text, '\0', sizeof(e->text)) && strlen(e->text) > 8);
}

/* --- "sim:dummy,id=N,group=G,aperture=BITS" --- */

static void fuzz_sim(const char *text)
{
	struct plx_sim_spec spec, again;
	char name[64];
	int n, err = plx_sim_parse(text, &spec);

	if (err) {
		check_refused(err, -EINVAL, -ENODEV);
		return;
	}
	must(spec.group >= -1 && spec.address_width >= 13 && spec.address_width <= 52);
	n = snprintf(name, sizeof(name), "sim:dummy,id=%u,aperture=%u", spec.id,
		     spec.address_width);
	if (spec.group >= 0)
		snprintf(name + n, sizeof(name) - (size_t)n, ",group=%d", spec.group);
	must(!plx_sim_parse(name, &again));
	must(again.id == spec.id && again.group == spec.group &&
	     again.address_width == spec.address_width);
}

/* --- "0000:03:00.0" --- */

static void check_address(const char *address)
{
	unsigned domain, bus, device, function;
	char again[PLX_PCI_ADDRESS], written[32];

	must(sscanf(address, "%x:%x:%x.%x", &domain, &bus, &device, &function) == 4);
	must(domain <= 0xfffffff && bus <= 0xff && device <= 31 && function <= 7);
	snprintf(written, sizeof(written), "%04x:%02x:%02x.%x", domain, bus, device, function);
	must(!strcmp(written, address));
	must(!plx_pci_parse_address(address, again) && !strcmp(again, address));
}

static void fuzz_address(const char *text)
{
	char address[PLX_PCI_ADDRESS];
	int err = plx_pci_parse_address(text, address);

	if (!err) {
		check_address(address);
		return;
	}
	check_refused(err, -EINVAL, -EINVAL);
	must(!address[0]);
}

/* --- what plx_dev_open() is told --- */

static void fuzz_name(const char *text)
{
	struct plx_dev_name name, again;
	int err = plx_dev_name_parse(text, &name);

	if (err) {
		check_refused(err, -EINVAL, -ENODEV);
		must(!name.text[0]);
		return;
	}
	if (!name.simulated)
		check_address(name.text);
	must(!plx_dev_name_parse(name.text, &again) && !strcmp(again.text, name.text));
	must(again.simulated == name.simulated && again.spec.id == name.spec.id);
}

/* --- VF tokens --- */

/* 8-4-4-4-12 hex digits, either case. */
static bool is_uuid(const char *text)
{
	if (strlen(text) != 36)
		return false;
	for (int i = 0; i < 36; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23 ? text[i] != '-'
							    : !isxdigit((unsigned char)text[i]))
			return false;
	return true;
}

static void fuzz_token(const char *text)
{
	int err = plx_vfio_check_token(text);

	must(!err == (!*text || is_uuid(text))); /* "": there is none */
	if (err)
		check_refused(err, -EINVAL, -EINVAL);
}

/* --- "driver:key=value,..." --- */

/* @text so that it is one value: its commas and backslashes are escaped. */
static size_t put_escaped(char *to, const char *text)
{
	size_t n = 0;

	for (; *text; text++) {
		if (*text == ',' || *text == '\\')
			to[n++] = '\\';
		to[n++] = *text;
	}
	return n;
}

/* ",key=value", or nothing where nothing can say what the args have: 0 or NULL by omission. */
static size_t put_key(char *to, const struct plx_key *key, const void *args)
{
	const void *at = (const char *)args + key->offset;
	const char *string = NULL;
	uint64_t number = 0;
	unsigned choices = 0;

	if (key->type == PLX_KEY_STRING) {
		string = *(const char *const *)at;
		must(!string || *string);
		must(string || (!key->required && !key->initial));
	} else if (key->type == PLX_KEY_BOOL) {
		string = *(const bool *)at ? "on" : "off";
	} else if (key->type == PLX_KEY_CHOICE) {
		while (key->choices[choices])
			choices++;
		must(*(const unsigned *)at < choices);
		string = key->choices[*(const unsigned *)at];
	} else {
		number = *(const uint64_t *)at;
		must((!number && !key->initial) || (number >= key->min && number <= key->max));
		return number || key->initial ? (size_t)sprintf(to, ",%s=%llu", key->name,
								(unsigned long long)number)
					      : 0;
	}
	if (!string)
		return 0;
	number = (uint64_t)sprintf(to, ",%s=", key->name);
	return number + put_escaped(to + number, string);
}

/* All that a specification of @len bytes can be parsed to. */
static char *put_keys(const struct plx_driver *driver, const void *args, size_t len)
{
	char *text = calloc(1, 2 * len + 4096);
	size_t n = 0;

	must(text);
	for (const struct plx_key *key = driver->keys; key && key->name; key++)
		n += put_key(text + n, key, args);
	return text;
}

static void fuzz_port(const char *spec)
{
	const char *keys;
	const struct plx_driver *driver = plx_args_driver(spec, &keys);
	void *args = NULL, *args_again = NULL;
	char *strings = NULL, *strings_again = NULL, *text, *text_again;
	int err = driver ? plx_args_parse(driver, spec, keys, &args, &strings) : -EINVAL;

	if (err) {
		check_refused(err, -EINVAL, -EINVAL);
		must(!args && !strings);
		return;
	}
	text = put_keys(driver, args, strlen(spec));
	must(!plx_args_parse(driver, spec, *text ? text + 1 : NULL, &args_again, &strings_again));
	text_again = put_keys(driver, args_again, strlen(spec));
	must(!strcmp(text, text_again));
	free(args);
	free(strings);
	free(args_again);
	free(strings_again);
	free(text);
	free(text_again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const kinds[KINDS])(const char *text) = { fuzz_sim, fuzz_address, fuzz_name,
								fuzz_token, fuzz_port };
	char *text;

	if (!size || size > INPUT_MAX)
		return 0;
	text = calloc(1, size); /* of its own size, and ends where the input or a NUL does */
	must(text);
	memcpy(text, data + 1, size - 1);
	kinds[data[0] % KINDS](text);
	free(text);
	return 0;
}

#ifdef FUZZ_MAIN

/* Words that such names are made of, and now and then a byte that is in none. */
static void random_input(uint8_t *input, size_t size, unsigned round)
{
	static const char *const words[KINDS][12] = {
		{ "sim:dummy", ",id=", ",group=", ",aperture=", "0", "7", "42", "," },
		{ "0000:", "03", ":", "00", ".", "1", "1f", "f", "0x" },
		{ "sim:dummy", ",id=", "9", "5e:", "00.", "3", "10000:" },
		{ "2ab74924", "-", "c335", "45F4", "8569e5b08258", "0" },
		{ "null", ":", "size=", "64", ",", "rx=off", "ring", "name=", "a", "\\", "queues=2",
		  "pcap:rx=x" },
	};
	unsigned kind = round % KINDS, n = 0;
	size_t at = 1;

	if (!size)
		return;
	while (n < 12 && words[kind][n])
		n++;
	memset(input, 0, size);
	input[0] = (uint8_t)kind;
	for (unsigned left = (unsigned)(rand() >> 8) % 12; left; left--) {
		const char *word = words[kind][(unsigned)(rand() >> 8) % n];

		if (at + strlen(word) > size)
			break;
		memcpy(input + at, word, strlen(word));
		at += strlen(word);
	}
	if (round % 4 == 0)
		input[(size_t)(rand() >> 8) % at] = (uint8_t)(rand() >> 8);
}

int main(int argc, char **argv)
{
	return run_inputs(argc, argv, 200000, random_input);
}

#endif
