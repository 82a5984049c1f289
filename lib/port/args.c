/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * "driver:key=value,..." against a driver's table of keys.
 */
#include "port/args.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A list of names in a sentence: "null, pcap, ring". */
static const char *driver_names(char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (int i = 0; plx_drivers[i] && used < size; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s%s", i ? ", " : "",
					 plx_drivers[i]->name);
	return buf;
}

const struct plx_driver *plx_args_driver(const char *spec, const char **keys)
{
	size_t len = strcspn(spec, ":");
	char names[128];

	*keys = spec[len] ? spec + len + 1 : NULL; /* NULL: no colon, so no keys */
	for (int i = 0; plx_drivers[i]; i++)
		if (strlen(plx_drivers[i]->name) == len &&
		    !strncmp(plx_drivers[i]->name, spec, len))
			return plx_drivers[i];
	plx_fail(-EINVAL, PLX_R_NO_DRIVER, spec, "there is no driver \"%.*s\": choose from %s",
		 len > 32 ? 32 : (int)len, spec, driver_names(names, sizeof(names)));
	return NULL;
}

static int set_uint(const struct plx_key *key, const char *value, uint64_t *to)
{
	char *end;
	uint64_t n;

	errno = 0;
	n = strtoull(value, &end, 10);
	if (*value < '0' || *value > '9' || errno || *end || n < key->min || n > key->max)
		return plx_fail(-EINVAL, PLX_R_BAD_VALUE, NULL,
				"%s=%.60s is not a number from %" PRIu64 " to %" PRIu64, key->name,
				value, key->min, key->max);
	*to = n;
	return 0;
}

static int set_bool(const struct plx_key *key, const char *value, bool *to)
{
	static const char *const words[2][3] = { { "off", "no", "0" }, { "on", "yes", "1" } };

	for (int i = 0; i < 2; i++)
		for (int j = 0; j < 3; j++)
			if (!strcmp(value, words[i][j])) {
				*to = i;
				return 0;
			}
	return plx_fail(-EINVAL, PLX_R_BAD_VALUE, NULL, "%s=%.60s is neither on nor off", key->name,
			value);
}

static int set_choice(const struct plx_key *key, const char *value, unsigned *to)
{
	char names[128] = "";
	size_t used = 0;

	for (unsigned i = 0; key->choices[i]; i++) {
		if (!strcmp(value, key->choices[i])) {
			*to = i;
			return 0;
		}
		if (used < sizeof(names))
			used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
						 i ? ", " : "", key->choices[i]);
	}
	return plx_fail(-EINVAL, PLX_R_BAD_VALUE, NULL, "%s=%.60s is none of %s", key->name, value,
			names);
}

static int set_string(const struct plx_key *key, const char *value, const char **to)
{
	if (!*value)
		return plx_fail(-EINVAL, PLX_R_BAD_VALUE, NULL, "%s= needs a value", key->name);
	*to = value;
	return 0;
}

/* @value must outlive the args struct. */
static int set_key(const struct plx_key *key, const char *value, void *args)
{
	void *to = (char *)args + key->offset;

	switch (key->type) {
	case PLX_KEY_UINT:
		return set_uint(key, value, to);
	case PLX_KEY_BOOL:
		return set_bool(key, value, to);
	case PLX_KEY_CHOICE:
		return set_choice(key, value, to);
	default:
		return set_string(key, value, to);
	}
}

/* The end of a key=value at an unescaped comma; takes the backslashes out on the way. */
static char *end_of_item(char *item, bool *more)
{
	char *to = item, *from = item;

	while (*from && *from != ',') {
		if (*from == '\\' && from[1])
			from++;
		*to++ = *from++;
	}
	*more = *from;
	if (*more)
		from++;
	*to = '\0';
	return from;
}

static const struct plx_key *find_key(const struct plx_driver *driver, const char *name)
{
	for (const struct plx_key *key = driver->keys; key && key->name; key++)
		if (!strcmp(key->name, name))
			return key;
	return NULL;
}

static int parse_item(const struct plx_driver *driver, char *item, void *args)
{
	char *value = strchr(item, '=');
	const struct plx_key *key;

	if (value)
		*value++ = '\0';
	key = find_key(driver, item);
	if (!key)
		return plx_fail(-EINVAL, PLX_R_BAD_KEY, NULL, "%s has no key \"%.60s\"",
				driver->name, item);
	if (!value && key->type != PLX_KEY_BOOL)
		return plx_fail(-EINVAL, PLX_R_BAD_VALUE, NULL, "%s needs a value: %s=...", item,
				item);
	return set_key(key, value ? value : "on", args);
}

/* Defaults, then what was given. @items is written to. */
static int parse_items(const struct plx_driver *driver, char *items, void *args)
{
	bool more = items;
	int err = 0;

	for (const struct plx_key *key = driver->keys; key && key->name && !err; key++)
		if (key->initial)
			err = set_key(key, key->initial, args);
	while (!err && more) {
		char *next = end_of_item(items, &more);

		err = parse_item(driver, items, args);
		items = next;
	}
	return err;
}

/* A key that must be there: strings alone are ever required. */
static int check_required(const struct plx_driver *driver, const void *args)
{
	for (const struct plx_key *key = driver->keys; key && key->name; key++)
		if (key->required && !*(const char *const *)((const char *)args + key->offset))
			return plx_fail(-EINVAL, PLX_R_BAD_KEY, NULL, "%s needs %s=%s",
					driver->name, key->name, key->value ? key->value : "NAME");
	return 0;
}

int plx_args_parse(const struct plx_driver *driver, const char *spec, const char *keys, void **args,
		   char **text)
{
	struct plx_error e;
	int err;

	*args = calloc(1, driver->args_size ? driver->args_size : 1);
	*text = keys ? strdup(keys) : NULL;
	if (!*args || (keys && !*text))
		err = plx_fail_nomem(spec, "a port's keys");
	else
		err = parse_items(driver, *text, *args);
	if (!err)
		err = check_required(driver, *args);
	if (!err)
		return 0;
	free(*args);
	free(*text);
	*args = NULL;
	*text = NULL;
	/* The record names the whole specification; the sentence says what part is wrong. */
	e = *plx_last_error();
	if (err == -ENOMEM)
		return err;
	return plx_fail(err, e.reason, spec, "%s", e.text);
}
