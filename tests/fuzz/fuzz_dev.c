/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What plx-dev takes from devices and from users: any config space has a walk that ends inside it,
 * and any command line is taken or refused with a sentence.
 */
#include "split.h"

#include "dev/caps.h"

#define WORDS_MAX 40

/* In memory of its own size, as far as the walk may look. */
static void config(const uint8_t *data, size_t size)
{
	struct config *c = calloc(1, sizeof(*c));

	must(c);
	c->len = size < CONFIG_SIZE ? size : CONFIG_SIZE;
	memcpy(c->bytes, data, c->len);
	must(config_parse(c) || !c->n_caps);
	must(c->n_caps <= CAPS_MAX && c->pin <= 4 && c->msi <= 32 && c->msix <= 2048);
	for (unsigned i = 0; i < c->n_caps; i++) {
		must(c->caps[i].offset >= 0x40 && c->caps[i].offset + 4u <= c->len);
		must((c->caps[i].offset >= 0x100) == c->caps[i].extended);
		cap_name(&c->caps[i]);
	}
	free(c);
}

/* Words end at newlines. */
static void command_line(const uint8_t *data, size_t size)
{
	char *text = calloc(1, size + 1), *argv[WORDS_MAX + 1], error[256] = "";
	struct settings s;
	int argc = 1;

	must(text);
	memcpy(text, data, size);
	argv[0] = text;
	for (char *word = strtok(text, "\n"); word && argc < WORDS_MAX; word = strtok(NULL, "\n"))
		argv[argc++] = word;
	argv[argc] = NULL;
	if (settings_read(&s, argc, argv, error, sizeof(error)))
		must(error[0]);
	else
		must(s.help || s.version || s.man || s.completion ||
		     command_find(s.words.items[0]));
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size || size > INPUT_MAX)
		return 0;
	if (data[0] & 1)
		config(data + 1, size - 1);
	else
		command_line(data + 1, size - 1);
	return 0;
}

#ifdef FUZZ_MAIN

/* Config space with a list of capabilities to begin with, or words that options have. */
static void random_input(uint8_t *input, size_t size, unsigned round)
{
	static const char words[] = "show\nbind\n--user\n--json\n-n\n--root=/\n0000:03:00.0\n-\n";

	for (size_t i = 0; i < size; i++)
		input[i] = (uint8_t)(rand() >> 8);
	if (!size)
		return;
	input[0] = (uint8_t)round;
	for (size_t i = 1; !(round & 1) && i < size; i++)
		input[i] = (uint8_t)words[input[i] % (sizeof(words) - 1)];
	if (round & 1 && size > 0x100) {
		input[1] = input[2] = 0x86;
		input[7] |= 0x10;
	}
}

int main(int argc, char **argv)
{
	return run_inputs(argc, argv, 100000, random_input);
}

#endif
