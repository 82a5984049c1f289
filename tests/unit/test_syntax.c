/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Command lines against a small table: words, values, what can follow, and why a line is none.
 */
#include "testpmd/commands/syntax.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *colour(unsigned i)
{
	static const char *const names[] = { "red", "green", NULL };

	return names[i];
}

static const char *colour_help(unsigned i)
{
	return i ? "as grass" : "as blood";
}

static const struct value_type types[] = {
	{ "N", VALUE_UINT, 1, 10, NULL, "a number", NULL },
	{ "BIG", VALUE_UINT, 0, UINT64_MAX, NULL, "any number", NULL },
	{ "X", VALUE_REAL, 0, 5, NULL, "seconds", NULL },
	{ "COLOUR", VALUE_CHOICE, 0, 0, colour, "a colour", colour_help },
	{ "MAC", VALUE_MAC, 0, 0, NULL, "an address", NULL },
	{ "TEXT", VALUE_TEXT, 0, 0, NULL, "words", NULL },
	{ NULL, 0, 0, 0, NULL, NULL, NULL },
};

static const struct command commands[] = {
	{ "go", "a", "go on", NULL, 0 },
	{ "go far [N]", "a", "go far", NULL, 0 },
	{ "show (N|all)", "a", "show some", NULL, 0 },
	{ "show N (left|right) side", "a", "show a side", NULL, 0 },
	{ "paint COLOUR", "b", "paint it", NULL, 0 },
	{ "wait X", "b", "wait", NULL, 0 },
	{ "to MAC", "b", "send", NULL, 0 },
	{ "say TEXT", "b", "say it", NULL, 0 },
	{ "count BIG", "b", "count", NULL, 0 },
	{ "look N hash [key]", "b", "look", NULL, 0 },
	{ "look N-hash", "b", "not a type", NULL, 0 },
	{ NULL, NULL, NULL, NULL, 0 },
};

static const struct grammar grammar = { commands, types };
static struct words words;
static char error[256];

static int split(const char *line)
{
	return syntax_split(line, &words, error, sizeof(error));
}

static int parse(const char *line, struct parsed *p)
{
	assert_int_equal(split(line), 0);
	return syntax_parse(&grammar, &words, p, error, sizeof(error));
}

/* Neither fails nor is anything but the command of that syntax. */
static struct parsed good(const char *line, const char *syntax)
{
	struct parsed p = { .n = 0 };

	if (parse(line, &p))
		fail_msg("%s: %s", line, error);
	assert_string_equal(p.command->syntax, syntax);
	return p;
}

static void bad(const char *line, const char *sentence)
{
	struct parsed p;

	if (!parse(line, &p))
		fail_msg("%s is taken", line);
	assert_string_equal(error, sentence);
}

/* --- words -------------------------------------------------------------------------------------- */

static void words_are_split_at_blanks(void **state)
{
	(void)state;
	assert_int_equal(split("  a\tbc \r\n"), 0);
	assert_int_equal(words.n, 2);
	assert_string_equal(words.word[0], "a");
	assert_string_equal(words.word[1], "bc");
	assert_false(words.open);
	assert_int_equal(split("a b"), 0);
	assert_true(words.open);
	assert_int_equal(split(""), 0);
	assert_int_equal(words.n, 0);
	assert_false(words.open);
}

static void quotes_and_backslashes_keep_characters(void **state)
{
	(void)state;
	assert_int_equal(split("\"a b\" c\\ d e\"f\"g \"\" \\\" \\# \"\\\"\""), 0);
	assert_int_equal(words.n, 7);
	assert_string_equal(words.word[0], "a b");
	assert_string_equal(words.word[1], "c d");
	assert_string_equal(words.word[2], "efg");
	assert_string_equal(words.word[3], "");
	assert_string_equal(words.word[4], "\"");
	assert_string_equal(words.word[5], "#");
	assert_string_equal(words.word[6], "\"");
	assert_int_equal(split("a\\"), 0);
	assert_string_equal(words.word[0], "a\\");
}

static void comments_begin_words(void **state)
{
	(void)state;
	assert_int_equal(split("a#b # c"), 0);
	assert_int_equal(words.n, 1);
	assert_string_equal(words.word[0], "a#b");
	assert_int_equal(split("#"), 0);
	assert_int_equal(words.n, 0);
}

static void lines_have_limits(void **state)
{
	static char line[SYNTAX_LINE_MAX + 1];

	(void)state;
	memset(line, 'x', SYNTAX_LINE_MAX - 2);
	assert_int_equal(split(line), 0);
	assert_int_equal(strlen(words.word[0]), SYNTAX_LINE_MAX - 2);
	line[SYNTAX_LINE_MAX - 2] = 'x';
	assert_int_equal(split(line), -1);
	assert_string_equal(error, "a line has at most 4094 bytes");
	memset(line, ' ', sizeof(line) - 1);
	for (int i = 0; i < SYNTAX_WORDS; i++)
		line[2 * i] = 'x';
	line[100] = '\0';
	assert_int_equal(split(line), 0);
	assert_int_equal(words.n, SYNTAX_WORDS);
	line[2 * SYNTAX_WORDS] = 'x';
	assert_int_equal(split(line), -1);
	assert_string_equal(error, "a command has at most 16 words");
	assert_int_equal(split("a \"b c"), -1);
	assert_string_equal(error, "a \" is not closed");
}

/* --- values ------------------------------------------------------------------------------------- */

static void values_are_read(void **state)
{
	struct parsed p;

	(void)state;
	p = good("go far 10", "go far [N]");
	assert_int_equal(p.n, 3);
	assert_int_equal(p.values[2].number, 10);
	assert_int_equal(good("go far", "go far [N]").n, 2);
	good("go", "go");
	assert_int_equal(good("show 3", "show (N|all)").values[1].choice, 0);
	assert_int_equal(good("show all", "show (N|all)").values[1].choice, 1);
	p = good("show 3 right side", "show N (left|right) side");
	assert_int_equal(p.values[1].number, 3);
	assert_int_equal(p.values[2].choice, 1);
	assert_string_equal(p.values[2].text, "right");
	assert_int_equal(good("paint green", "paint COLOUR").values[1].number, 1);
	assert_true(good("wait 2.5", "wait X").values[1].real == 2.5);
	assert_true(good("wait 0", "wait X").values[1].real == 0);
	p = good("to 02:ab:CD:00:fF:09", "to MAC");
	assert_memory_equal(p.values[1].mac, "\x02\xab\xcd\x00\xff\x09", 6);
	assert_string_equal(good("say \"a  b\"", "say TEXT").values[1].text, "a  b");
	assert_true(good("count 18446744073709551615", "count BIG").values[1].number == UINT64_MAX);
}

static void values_have_limits(void **state)
{
	static const char *const lines[] = {
		"go far 0",
		"go far 11",
		"go far -1",
		"go far +1",
		"go far 1x",
		"go far \"\"",
		"go far 0x1",
		"go far \" 1\"",
		"count 18446744073709551616",
		"wait 5.01",
		"wait -1",
		"wait nan",
		"wait inf",
		"wait 1e999",
		"wait .5",
		"wait 1s",
		"paint blue",
		"paint gree",
		"paint greens",
		"to 02:00:00:00:00",
		"to 02:00:00:00:00:0",
		"to 02:00:00:00:00:001",
		"to 2::00:00:00:00:01",
		"to 02-00-00-00-00-01",
		"to 02:00:00:00:00:0g",
		"say \"\"",
	};
	struct parsed p;

	(void)state;
	for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (!parse(lines[i], &p))
			fail_msg("%s is taken", lines[i]);
}

/* --- sentences ---------------------------------------------------------------------------------- */

static void sentences_say_what_could_follow(void **state)
{
	(void)state;
	bad("fly", "there is no command \"fly\" (see help)");
	bad("Go", "there is no command \"Go\" (see help)");
	bad("show", "\"show\" is not complete: what follows is N (1 to 10) or all");
	bad("show x", "\"x\" cannot follow \"show\": that takes N (1 to 10) or all");
	bad("show 3 up", "\"up\" cannot follow \"show 3\": that takes left or right");
	bad("go far 3 4", "\"4\" is too much: nothing follows \"go far 3\"");
	bad("go away", "\"away\" cannot follow \"go\": that takes far");
	bad("paint blue", "\"blue\" cannot follow \"paint\": that takes red or green");
	bad("wait x", "\"x\" cannot follow \"wait\": that takes X (seconds)");
}

/* However long the words are. */
static void sentences_fit(void **state)
{
	static char line[SYNTAX_LINE_MAX];
	struct parsed p;

	(void)state;
	memset(line, 'x', 4000);
	assert_int_equal(parse(line, &p), -1);
	memcpy(line, "show ", 5);
	assert_int_equal(parse(line, &p), -1);
	memcpy(line, "say x ", 6);
	assert_int_equal(parse(line, &p), -1);
	snprintf(line, sizeof(line), "say ");
	memset(line + 4, 'y', 3000);
	memcpy(line + 3004, " more", 6);
	assert_int_equal(parse(line, &p), -1);
	assert_true(strlen(error) < sizeof(error));
	assert_int_equal(syntax_parse(&grammar, &words, &p, error, 10), -1);
	assert_int_equal(strlen(error), 9);
}

/* --- what can follow ---------------------------------------------------------------------------- */

static char found[512];

static void add(void *arg, const char *word, const char *help, const struct value_type *type)
{
	(void)arg;
	snprintf(found + strlen(found), sizeof(found) - strlen(found), "%s%s%s;", word,
		 type ? "=" : "-", help);
}

static bool next(const char *line, unsigned n, const char *prefix)
{
	bool end;

	found[0] = '\0';
	assert_int_equal(split(line), 0);
	syntax_next(&grammar, &words, n, prefix, add, NULL, &end);
	return end;
}

static void what_can_follow(void **state)
{
	(void)state;
	assert_false(next("", 0, "s"));
	assert_string_equal(found, "show-show some;show-show a side;say-say it;");
	assert_true(next("go", 1, ""));
	assert_string_equal(found, "far-go far;");
	assert_true(next("go far", 2, ""));
	assert_string_equal(found, "N=a number;");
	assert_true(next("go far 3", 3, ""));
	assert_string_equal(found, "");
	assert_false(next("show", 1, "a"));
	assert_string_equal(found, "N=a number;all-show some;N=a number;");
	assert_true(next("show 3", 2, "l"));
	assert_string_equal(found, "left-show a side;");
	assert_false(next("paint", 1, "g"));
	assert_string_equal(found, "green-as grass;");
	assert_false(next("fly", 1, ""));
	assert_string_equal(found, "");
}

static void types_are_found_by_name(void **state)
{
	(void)state;
	assert_ptr_equal(syntax_type(&grammar, "N|all", 1), &types[0]);
	assert_null(syntax_type(&grammar, "NO", 2));
	assert_null(syntax_type(&grammar, "all", 3));
}

static void a_word_may_be_left_out(void **state)
{
	struct parsed p;

	(void)state;
	p = good("look 3 hash", "look N hash [key]");
	assert_int_equal(p.n, 3);
	p = good("look 3 hash key", "look N hash [key]");
	assert_int_equal(p.n, 4);
	bad("look 3 hash keys", "\"keys\" cannot follow \"look 3 hash\": that takes key");
	bad("look 3 hash key key", "\"key\" is too much: nothing follows \"look 3 hash key\"");
	good("look N-hash", "look N-hash");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_word_may_be_left_out),
		cmocka_unit_test(words_are_split_at_blanks),
		cmocka_unit_test(quotes_and_backslashes_keep_characters),
		cmocka_unit_test(comments_begin_words),
		cmocka_unit_test(lines_have_limits),
		cmocka_unit_test(values_are_read),
		cmocka_unit_test(values_have_limits),
		cmocka_unit_test(sentences_say_what_could_follow),
		cmocka_unit_test(sentences_fit),
		cmocka_unit_test(what_can_follow),
		cmocka_unit_test(types_are_found_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
