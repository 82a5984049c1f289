/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The tables of options and commands.
 */
#include "dev/app.h"

#include <string.h>

#define AT(member) .offset = offsetof(struct settings, member)

static const struct option_def options[] = {
	{ "all", 'a', OPTION_FLAG, AT(all), NULL, 0, 0, NULL,
	  "list: every function, not only network controllers", false },
	{ "dry-run", 'n', OPTION_FLAG, AT(dry_run), NULL, 0, 0, NULL,
	  "bind, unbind: print what would be written, and write nothing", false },
	{ "user", 'u', OPTION_TEXT, AT(user), "NAME", 0, 0, NULL,
	  "bind: give the group's and the device's node to this user", false },
	{ "force", 'f', OPTION_FLAG, AT(force), NULL, 0, 0, NULL,
	  "bind: even an interface that carries the default route", false },
	{ "json", 'j', OPTION_FLAG, AT(json), NULL, 0, 0, NULL,
	  "one JSON object on standard output", false },
	{ "root", 0, OPTION_TEXT, AT(root), "DIR", 0, 0, NULL,
	  "take /sys, /proc, /dev and /lib below this directory: for tests and chroots", true },
	{ "completion", 0, OPTION_TEXT, AT(completion), "SHELL", 0, 0, NULL,
	  "print the completion script for bash or zsh", false },
	{ "help", 'h', OPTION_FLAG, AT(help), NULL, 0, 0, NULL, "show this", false },
	{ "version", 'V', OPTION_FLAG, AT(version), NULL, 0, 0, NULL, "show the version", false },
	{ "man", 0, OPTION_FLAG, AT(man), NULL, 0, 0, NULL, "print the man page's source", false },
	{ 0 },
};

const struct command commands[] = {
	{ "list", NULL, "NICs: address, name, driver, and what stops each from being used", 0, 0,
	  "a", command_list },
	{ "show", "ADDR", "everything about a function: BARs, capabilities, group, interrupts", 1,
	  1, "", command_show },
	{ "bind", "ADDR...", "give functions to vfio-pci, and with them what shares their groups",
	  1, OPTION_LIST_MAX - 1, "nuf", command_bind },
	{ "unbind", "ADDR...", "give functions back to the kernel's drivers", 1,
	  OPTION_LIST_MAX - 1, "n", command_unbind },
	{ "doctor", NULL, "what VFIO needs, whether it is there, and how to get it", 0, 0, "",
	  command_doctor },
	{ "dma", "[ADDR]", "every range of memory that a device, or each one, can reach", 0, 1, "",
	  command_dma },
	{ 0 },
};

static const char *command_name(unsigned i)
{
	return commands[i].name;
}

const struct program program = {
	.name = "plx-dev",
	.summary = "which NIC, what stops it, and what it reaches",
	.usage = "COMMAND [ADDR]... [OPTION]...",
	.options = options,
	.words = command_name,
	.operands = offsetof(struct settings, words),
	.later = "ls /sys/bus/pci/devices 2>/dev/null",
};

const struct command *command_find(const char *name)
{
	for (const struct command *c = commands; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

/* An option that was given and that @c does not take; NULL: none. */
static const char *stray_option(const struct settings *s, const struct command *c)
{
	const struct {
		bool given;
		char letter;
		const char *name;
	} some[] = {
		{ s->all, 'a', "--all" },
		{ s->dry_run, 'n', "--dry-run" },
		{ s->user, 'u', "--user" },
		{ s->force, 'f', "--force" },
	};

	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		if (some[i].given && !strchr(c->options, some[i].letter))
			return some[i].name;
	return NULL;
}

#define fail(...) (snprintf(error, size, __VA_ARGS__), -1)

static int check_command(const struct settings *s, char *error, size_t size)
{
	const struct command *c = command_find(s->words.items[0]);
	unsigned n = s->words.n - 1;

	if (!c)
		return fail("there is no command %.60s: list, show, bind, unbind, doctor, dma",
			    s->words.items[0]);
	if (n < c->min)
		return fail("%s needs the address of a PCI function, as in plx-dev %s "
			    "0000:03:00.0",
			    c->name, c->name);
	if (n > c->max)
		return c->max ? fail("%s takes %u address%s, not %u", c->name, c->max,
				     c->max == 1 ? "" : "es", n)
			      : fail("%s takes no address: \"%.60s\"", c->name, s->words.items[1]);
	if (stray_option(s, c))
		return fail("%s does not go with %s", stray_option(s, c), c->name);
	return 0;
}

int settings_read(struct settings *s, int argc, char **argv, char *error, size_t size)
{
	*s = (struct settings){ .root = "/" };
	if (options_parse(&program, argc, argv, s, error, size))
		return -1;
	if (s->help || s->version || s->man || s->completion)
		return 0;
	if (!s->words.n)
		return fail("say what to do: list, show, bind, unbind, doctor or dma (see --help)");
	return check_command(s, error, size);
}
