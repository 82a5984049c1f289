/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Command-line options as a table. getopt_long(3) would do the splitting but not the checks, and
 * its messages are its own; with a table the splitting is the smaller part.
 */
#include "common/options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct parser {
	const struct program *program;
	void *to;
	char *error;
	size_t error_size;
};

#define fail(p, ...) (snprintf((p)->error, (p)->error_size, __VA_ARGS__), -1)

static const struct option_def *find_name(const struct program *program, const char *name,
					  size_t len)
{
	for (const struct option_def *o = program->options; o->name; o++)
		if (strlen(o->name) == len && !strncmp(o->name, name, len))
			return o;
	return NULL;
}

static const struct option_def *find_letter(const struct program *program, char letter)
{
	for (const struct option_def *o = program->options; o->name; o++)
		if (o->letter && o->letter == letter)
			return o;
	return NULL;
}

/* A number with K, M or G behind it. */
static bool read_uint(const char *text, uint64_t *n)
{
	static const struct {
		char letter;
		uint64_t factor;
	} units[] = { { 'k', 1000 }, { 'K', 1000 }, { 'M', 1000000 }, { 'G', 1000000000 } };
	uint64_t factor = 1;
	char *end;

	errno = 0;
	*n = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || errno)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (*end == units[i].letter && !end[1]) {
			factor = units[i].factor;
			end++;
			break;
		}
	return !*end && !__builtin_mul_overflow(*n, factor, n);
}

static int set_uint(struct parser *p, const struct option_def *o, const char *value)
{
	uint64_t n;

	if (!read_uint(value, &n) || n < o->min || n > o->max)
		return fail(p, "--%s %.60s is not a number from %" PRIu64 " to %" PRIu64, o->name,
			    value, o->min, o->max);
	*(uint64_t *)((char *)p->to + o->offset) = n;
	return 0;
}

static int set_real(struct parser *p, const struct option_def *o, const char *value)
{
	char *end;
	double x = strtod(value, &end);

	if (end == value || *end || !(x > (double)o->min && x <= (double)o->max))
		return fail(p,
			    "--%s %.60s is not a number of seconds above %" PRIu64
			    " and up to %" PRIu64,
			    o->name, value, o->min, o->max);
	*(double *)((char *)p->to + o->offset) = x;
	return 0;
}

static int set_choice(struct parser *p, const struct option_def *o, const char *value)
{
	char all[256] = "";
	size_t used = 0;

	for (unsigned i = 0; o->choices(i); i++) {
		if (!strcmp(o->choices(i), value)) {
			*(unsigned *)((char *)p->to + o->offset) = i;
			return 0;
		}
		if (used < sizeof(all))
			used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%s",
						 i ? ", " : "", o->choices(i));
	}
	return fail(p, "--%s %.60s is none of %s", o->name, value, all);
}

static int add_operand(struct parser *p, const char *word)
{
	struct option_list *list = (struct option_list *)((char *)p->to + p->program->operands);

	if (list->n == OPTION_LIST_MAX)
		return fail(p, "there are more than %d words", OPTION_LIST_MAX);
	list->items[list->n++] = word;
	return 0;
}

static int add_item(struct parser *p, const struct option_def *o, const char *value)
{
	struct option_list *list = (struct option_list *)((char *)p->to + o->offset);

	if (list->n == OPTION_LIST_MAX)
		return fail(p, "--%s may be given at most %d times", o->name, OPTION_LIST_MAX);
	list->items[list->n++] = value;
	return 0;
}

static int set(struct parser *p, const struct option_def *o, const char *value)
{
	switch (o->type) {
	case OPTION_FLAG:
		*(bool *)((char *)p->to + o->offset) = true;
		return 0;
	case OPTION_UINT:
		return set_uint(p, o, value);
	case OPTION_REAL:
		return set_real(p, o, value);
	case OPTION_CHOICE:
		return set_choice(p, o, value);
	case OPTION_LIST:
		return add_item(p, o, value);
	default:
		*(const char **)((char *)p->to + o->offset) = value;
		return 0;
	}
}

/* One option at argv[i], "--name", "--name=value" or "-n": how many words it took, or -1. */
static int parse_one(struct parser *p, int argc, char **argv, int i)
{
	const char *word = argv[i], *value = NULL;
	const struct option_def *o;
	size_t len = strcspn(word, "=");
	int words = 1;

	if (word[0] != '-' && p->program->words)
		return add_operand(p, word) ? -1 : 1;
	if (word[0] != '-' || !word[1])
		return fail(p, "\"%.60s\" is no option: %s", word,
			    p->program->words ? "they start with --"
					      : "all arguments start with --");
	if (word[1] == '-') {
		o = find_name(p->program, word + 2, len - 2);
		value = word[len] ? word + len + 1 : NULL;
	} else {
		o = word[2] ? NULL : find_letter(p->program, word[1]);
	}
	if (!o)
		return fail(p, "there is no option %.*s (see --help)", len > 60 ? 60 : (int)len,
			    word);
	if (o->type == OPTION_FLAG && value)
		return fail(p, "--%s takes no value", o->name);
	if (o->type != OPTION_FLAG && !value) {
		if (i + 1 >= argc)
			return fail(p, "--%s needs a value: %s", o->name, o->value);
		value = argv[i + 1];
		words = 2;
	}
	return set(p, o, value) ? -1 : words;
}

int options_parse(const struct program *program, int argc, char **argv, void *to, char *error,
		  size_t error_size)
{
	struct parser p = { program, to, error, error_size };

	for (int i = 1; i < argc;) {
		int words = parse_one(&p, argc, argv, i);

		if (words < 0)
			return -1;
		i += words;
	}
	return 0;
}

static void print_choices(const struct option_def *o, FILE *out, const char *between)
{
	for (unsigned i = 0; o->choices(i); i++)
		fprintf(out, "%s%s", i ? between : "", o->choices(i));
}

void options_help(const struct program *program, FILE *out)
{
	fprintf(out, "%s - %s\n\nUsage: %s %s\n\n", program->name, program->summary, program->name,
		program->usage);
	for (const struct option_def *o = program->options; o->name; o++) {
		char item[64];

		if (o->hidden)
			continue;
		snprintf(item, sizeof(item), "%c%c%s--%s%s%s", o->letter ? '-' : ' ',
			 o->letter ? o->letter : ' ', o->letter ? ", " : "  ", o->name,
			 o->value ? " " : "", o->value ? o->value : "");
		fprintf(out, "  %-28s %s", item, o->help);
		if (o->type == OPTION_CHOICE) {
			fputs(": ", out);
			print_choices(o, out, ", ");
		}
		fputc('\n', out);
	}
}

void options_man(const struct program *program, FILE *out)
{
	fputs(".Bl -tag -width Ds\n", out);
	for (const struct option_def *o = program->options; o->name; o++) {
		fputs(".It ", out);
		if (o->letter)
			fprintf(out, "Fl %c , ", o->letter);
		fprintf(out, "Fl Fl %s%s%s\n", o->name, o->value ? " Ar " : "",
			o->value ? o->value : "");
		fputs(o->help, out);
		if (o->type == OPTION_CHOICE) {
			fputs(": ", out);
			print_choices(o, out, ", ");
		}
		fputs(".\n", out);
	}
	fputs(".El\n", out);
}

/* --- completion --------------------------------------------------------------------------------- */

/* What completes an option's value in bash: words, files, or nothing. */
static void bash_values(const struct option_def *o, FILE *out)
{
	if (o->type == OPTION_FLAG)
		return;
	fprintf(out, "\t--%s", o->name);
	if (o->letter)
		fprintf(out, "|-%c", o->letter);
	fputs(") ", out);
	if (o->type == OPTION_CHOICE) {
		fputs("COMPREPLY=($(compgen -W '", out);
		print_choices(o, out, " ");
		fputs("' -- \"$word\")) ;;\n", out);
	} else if (!strcmp(o->value, "FILE") || !strcmp(o->value, "PATH")) {
		fputs("COMPREPLY=($(compgen -f -- \"$word\")) ;;\n", out);
	} else {
		fputs("COMPREPLY=() ;;\n", out);
	}
}

/*
 * Behind the first word. bash takes colons for the ends of words, and the library of functions
 * that knows better need not be there: what is left of the last colon is taken off again.
 */
static void bash_later(const struct program *program, FILE *out)
{
	fprintf(out,
		"\t\tlocal line=${COMP_LINE:0:COMP_POINT} whole\n"
		"\t\twhole=${line##* }\n"
		"\t\tif [[ $whole != -* && $line == *[[:alpha:]]*' '*' '* ]]; then\n"
		"\t\t\tCOMPREPLY=($(compgen -W \"$(%s)\" -- \"$whole\"))\n"
		"\t\t\t[[ $whole != *:* ]] ||\n"
		"\t\t\t\tCOMPREPLY=(\"${COMPREPLY[@]#\"${whole%%:*}:\"}\")\n"
		"\t\tfi\n",
		program->later);
}

static void bash_completion(const struct program *program, FILE *out)
{
	char function[32];
	size_t len = 0;

	for (const char *c = program->name; *c && len < sizeof(function) - 1; c++)
		function[len++] = *c == '-' ? '_' : *c;
	function[len] = '\0';
	fprintf(out,
		"# bash completion for %s\n"
		"_%s() {\n"
		"\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
		"\tcase $before in\n",
		program->name, function);
	for (const struct option_def *o = program->options; o->name; o++)
		if (!o->hidden)
			bash_values(o, out);
	fputs("\t*) COMPREPLY=($(compgen -W '", out);
	for (const struct option_def *o = program->options; o->name; o++)
		if (!o->hidden)
			fprintf(out, "%s--%s", o == program->options ? "" : " ", o->name);
	for (unsigned i = 0; program->words && program->words(i); i++)
		fprintf(out, " %s", program->words(i));
	fputs("' -- \"$word\"))\n", out);
	if (program->later)
		bash_later(program, out);
	fprintf(out, "\t\t;;\n\tesac\n}\ncomplete -F _%s %s\n", function, program->name);
}

/* Text inside '...[...]:...' of zsh's _arguments. */
static void zsh_text(const char *text, FILE *out)
{
	for (; *text; text++)
		if (*text == '\'')
			fputs("'\\''", out);
		else
			fprintf(out, strchr("[]:\\", *text) ? "\\%c" : "%c", *text);
}

static void zsh_option(const struct option_def *o, FILE *out)
{
	fprintf(out, "  '%s--%s%s[", o->type == OPTION_LIST ? "*" : "", o->name,
		o->type == OPTION_FLAG ? "" : "=");
	zsh_text(o->help, out);
	fputc(']', out);
	if (o->type != OPTION_FLAG)
		fprintf(out, ":%s:", o->value);
	if (o->type == OPTION_CHOICE) {
		fputc('(', out);
		print_choices(o, out, " ");
		fputc(')', out);
	} else if (o->value && (!strcmp(o->value, "FILE") || !strcmp(o->value, "PATH"))) {
		fputs("_files", out);
	}
	fputs("' \\\n", out);
}

static void zsh_completion(const struct program *program, FILE *out)
{
	fprintf(out, "#compdef %s\n_arguments \\\n", program->name);
	for (const struct option_def *o = program->options; o->name; o++)
		if (!o->hidden)
			zsh_option(o, out);
	if (program->words) {
		fputs("  '1:command:(", out);
		for (unsigned i = 0; program->words(i); i++)
			fprintf(out, "%s%s", i ? " " : "", program->words(i));
		fputs(")' \\\n", out);
	}
	if (program->later)
		fprintf(out, "  '*:address:($(%s))' \\\n", program->later);
	fputs("  && return 0\n", out);
}

bool options_completion(const struct program *program, const char *shell, FILE *out)
{
	if (!strcmp(shell, "bash"))
		bash_completion(program, out);
	else if (!strcmp(shell, "zsh"))
		zsh_completion(program, out);
	else
		return false;
	return true;
}
