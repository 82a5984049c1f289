/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names of simulated functions: "sim:MODEL,id=N,group=G,aperture=BITS".
 */
#include "core/error.h"
#include "sim/model.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define PREFIX "sim:"
#define NAMES  (PLX_SIM_MODELS * (PLX_SIM_MODEL_NAME + 6))

/* A decimal number of @len digits and nothing else; false: it is not, or above @max. */
static bool number(const char *s, size_t len, uint64_t max, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		*out = *out * 10 + (uint64_t)(s[i] - '0');
		if (*out > max)
			return false;
	}
	return len > 0;
}

/* One "key=value" of @len bytes. */
static int option(const char *name, const char *s, size_t len, struct plx_sim_spec *out)
{
	static const struct {
		const char *key;
		uint64_t min, max;
	} keys[] = { { "id", 0, UINT_MAX }, { "group", 0, INT_MAX }, { "aperture", 13, 52 } };
	const char *equals = memchr(s, '=', len);
	size_t key = equals ? (size_t)(equals - s) : len;
	size_t i = 0;
	uint64_t value;

	while (i < 3 && (strlen(keys[i].key) != key || memcmp(keys[i].key, s, key)))
		i++;
	if (i == 3)
		return plx_fail(-EINVAL, PLX_R_BAD_KEY, name,
				"%s: sim:%s has no option '%.*s', but id, group and aperture", name,
				out->model->name, (int)key, s);
	if (!equals || !number(equals + 1, len - key - 1, keys[i].max, &value) ||
	    value < keys[i].min)
		return plx_fail(-EINVAL, PLX_R_BAD_VALUE, name,
				"%s: '%.*s' must be %s= and a number from %llu to %llu", name,
				(int)len, s, keys[i].key, (unsigned long long)keys[i].min,
				(unsigned long long)keys[i].max);
	if (i == 0)
		out->id = (unsigned)value;
	else if (i == 1)
		out->group = (int)value;
	else
		out->address_width = (uint8_t)value;
	out->says_width |= i == 2;
	return 0;
}

int plx_sim_parse(const char *name, struct plx_sim_spec *out)
{
	char names[NAMES];
	const char *s;
	size_t len;
	int err = 0;

	*out = (struct plx_sim_spec){ .group = -1, .address_width = 39 };
	plx_sim_model_names(names, sizeof(names));
	if (strncmp(name, PREFIX, strlen(PREFIX)))
		return plx_fail(-EINVAL, PLX_R_BAD_VALUE, name,
				"'%s' is no simulated function: they are named %s", name, names);
	s = name + strlen(PREFIX);
	len = strcspn(s, ",");
	out->model = plx_sim_model_find(s, len, &out->arg);
	if (!out->model)
		return plx_fail(-ENODEV, PLX_R_NO_DRIVER, name,
				"there is no simulated function sim:%.*s, but %s", (int)len, s,
				names);
	for (s += len; *s && !err; s += len) {
		len = strcspn(++s, ",");
		err = option(name, s, len, out);
	}
	return err;
}

void plx_sim_name(const struct plx_sim_spec *spec, char *text, size_t size)
{
	snprintf(text, size, PREFIX "%s,id=%u", spec->model->name, spec->id);
}
