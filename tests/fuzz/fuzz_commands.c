/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Command lines of plx-testpmd, from anywhere, against its own table; none is run. Words come back
 * as they are when they are quoted and split again, what is parsed is what may follow, and what
 * may follow is parsed.
 *
 *	clang -fsanitize=fuzzer,address,undefined: libFuzzer finds the inputs
 *	-DFUZZ_MAIN: random inputs, or the files that are named
 *
 * The seeds are the table's own lines, made into each other by a mutator.
 */
#include "testpmd/commands/commands.h"

#include "split.h"

#define LINES_MAX 8192

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);

static void check_error(const char *error, size_t size)
{
	must(memchr(error, '\0', size) && strlen(error) > 8);
}

/* A backslash before each character, "" around each word. */
static bool quote(const struct words *words, char *line, size_t size)
{
	size_t used = 0;

	for (unsigned i = 0; i < words->n; i++) {
		if (used + 2 * strlen(words->word[i]) + 4 >= size)
			return false;
		line[used++] = '"';
		for (const char *c = words->word[i]; *c; c++) {
			line[used++] = '\\';
			line[used++] = *c;
		}
		line[used++] = '"';
		line[used++] = ' ';
	}
	line[used] = '\0';
	return true;
}

static void check_words(const struct words *words)
{
	static char line[SYNTAX_LINE_MAX - 2];
	static struct words again;
	char error[256];

	must(words->n <= SYNTAX_WORDS);
	for (unsigned i = 0; i < words->n; i++) {
		const char *word = words->word[i];

		must(word >= words->text && word < words->text + sizeof(words->text));
		must(memchr(word, '\0', (size_t)(words->text + sizeof(words->text) - word)));
	}
	if (!quote(words, line, sizeof(line)))
		return;
	must(!syntax_split(line, &again, error, sizeof(error)) && again.n == words->n);
	for (unsigned i = 0; i < words->n; i++)
		must(!strcmp(words->word[i], again.word[i]));
}

struct follow {
	const char *word; /* to be found */
	bool found;
	unsigned n;
};

static void follow(void *arg, const char *word, const char *help, const struct value_type *type)
{
	struct follow *f = arg;

	must(*word && help);
	f->n++;
	f->found |= type || !strcmp(word, f->word);
}

/* What can follow each word, with the next one's beginning. */
static void check_next(const struct words *words, bool good)
{
	for (unsigned n = 0; n <= words->n; n++) {
		const char *prefix = n < words->n ? words->word[n] : "";
		struct follow f = { .word = prefix };
		bool end;

		syntax_next(&command_grammar, words, n, prefix, follow, &f, &end);
		if (good && n < words->n)
			must(f.found);
		if (good && n == words->n)
			must(end);
	}
}

static void check_values(const struct parsed *p, const struct words *words)
{
	must(p->command && p->command->run && p->n == words->n);
	for (unsigned i = 0; i < p->n; i++)
		must(p->values[i].text == words->word[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char line[LINES_MAX + 1];
	static struct words words;
	struct parsed parsed;
	unsigned numbers[MAX_PORTS], n;
	char error[256];
	bool good;

	if (size > LINES_MAX)
		return 0;
	if (size)
		memcpy(line, data, size);
	line[size] = '\0';
	n = list_parse(line, numbers, MAX_PORTS);
	must(n <= MAX_PORTS);
	if (syntax_split(line, &words, error, sizeof(error))) {
		check_error(error, sizeof(error));
		return 0;
	}
	check_words(&words);
	if (!words.n)
		return 0;
	good = !syntax_parse(&command_grammar, &words, &parsed, error, sizeof(error));
	if (good)
		check_values(&parsed, &words);
	else
		check_error(error, sizeof(error));
	check_next(&words, good);
	return 0;
}

/* --- lines of the table ------------------------------------------------------------------------- */

static size_t put(char *line, size_t used, size_t size, const char *text, size_t len)
{
	if (used + len >= size)
		return used;
	memcpy(line + used, text, len);
	return used + len;
}

/* A value of the type of that name, right or nearly so. */
static size_t put_value(char *line, size_t used, size_t size, const struct value_type *t)
{
	static const char *const texts[] = {
		"0",   "0,1",     "60,1440", "02:00:00:00:00:01", "null:size=64", "1.5",
		"all", "\"a b\"", "-1"
	};
	const char *text = texts[(unsigned)(rand() >> 8) % (sizeof(texts) / sizeof(texts[0]))];
	char number[32];
	unsigned n = 0;

	if (t->kind == VALUE_UINT) {
		snprintf(number, sizeof(number), "%llu",
			 (unsigned long long)(rand() & 1 ? t->min : t->max + (rand() >> 8) % 2));
		text = number;
	}
	while (t->choices && t->choices(n))
		n++;
	if (n)
		text = t->choices((unsigned)(rand() >> 8) % n);
	return put(line, used, size, text, strlen(text));
}

static size_t table_line(char *line, size_t size)
{
	const struct command *c = command_grammar.commands;
	unsigned n = 0;
	size_t used = 0;

	while (c[n].syntax)
		n++;
	for (const char *s = c[(unsigned)(rand() >> 8) % n].syntax; *s;) {
		size_t len = strcspn(s, " ()[]|");
		const struct value_type *t = syntax_type(&command_grammar, s, len);
		size_t before = used;

		used = t ? put_value(line, used, size, t) : put(line, used, size, s, len);
		s += len;
		if (*s == '|' && rand() & 256) /* this one of them */
			s += strcspn(s, ")");
		else if (*s == '|') /* the next, in its place */
			used = before;
		if (*s && *s++ == ' ')
			used = put(line, used, size, " ", 1);
	}
	return used;
}

#ifdef FUZZ_MAIN

static size_t mutate(uint8_t *data, size_t size, size_t max)
{
	static const char odd[] = "\"\\# \t\n|()[]A\xff:,-";

	for (int n = (rand() >> 8) % 4; n > 0; n--) {
		size_t at = (size_t)(rand() >> 8) % (size + 1);

		if (rand() & 256 && size < max) {
			memmove(data + at + 1, data + at, size - at);
			data[at] = (uint8_t)odd[(unsigned)(rand() >> 8) % sizeof(odd)];
			size++;
		} else if (at < size) {
			memmove(data + at, data + at + 1, size - at - 1);
			size--;
		}
	}
	return size;
}

int main(int argc, char **argv)
{
	static uint8_t input[LINES_MAX];
	int rc = 0;

	for (int i = 1; i < argc; i++)
		rc |= run_file(argv[i]);
	for (unsigned round = 0; argc == 1 && round < 100000; round++) {
		size_t size = table_line((char *)input, 512);

		LLVMFuzzerTestOneInput(input, mutate(input, size, sizeof(input)));
	}
	memset(input, 'x', sizeof(input));
	for (size_t size = SYNTAX_LINE_MAX - 4; argc == 1 && size < SYNTAX_LINE_MAX + 4; size++)
		LLVMFuzzerTestOneInput(input, size);
	return rc;
}

#else

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	srand(seed);
	if (seed % 8 == 0)
		size = table_line((char *)data, max);
	return LLVMFuzzerMutate(data, size, max);
}

#endif
