/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receive side scaling: what is hashed, with which key, and which queue a hash means.
 */
#include "testpmd/commands/commands.h"

#include <errno.h>
#include <string.h>

#define IPV4 (PLX_RSS_IPV4 | PLX_RSS_IPV4_TCP | PLX_RSS_IPV4_UDP)
#define IPV6 (PLX_RSS_IPV6 | PLX_RSS_IPV6_TCP | PLX_RSS_IPV6_UDP)

const struct flag_name rss_type_names[] = {
	{ PLX_RSS_IPV4, "ipv4" },
	{ PLX_RSS_IPV4_TCP, "ipv4-tcp" },
	{ PLX_RSS_IPV4_UDP, "ipv4-udp" },
	{ PLX_RSS_IPV6, "ipv6" },
	{ PLX_RSS_IPV6_TCP, "ipv6-tcp" },
	{ PLX_RSS_IPV6_UDP, "ipv6-udp" },
	{ 0, NULL },
};

/* What `port config rss` takes: these, then the types by themselves. */
static const struct {
	const char *name;
	uint32_t types;
} groups[] = {
	{ "none", 0 },
	{ "all", IPV4 | IPV6 },
	{ "ip", PLX_RSS_IPV4 | PLX_RSS_IPV6 },
	{ "tcp", PLX_RSS_IPV4_TCP | PLX_RSS_IPV6_TCP },
	{ "udp", PLX_RSS_IPV4_UDP | PLX_RSS_IPV6_UDP },
};

#define N_GROUPS (sizeof(groups) / sizeof(groups[0]))

const char *rss_choice(unsigned i)
{
	return i < N_GROUPS ? groups[i].name : rss_type_names[i - N_GROUPS].name;
}

static uint32_t types_of(uint64_t choice)
{
	return choice < N_GROUPS ? groups[choice].types : rss_type_names[choice - N_GROUPS].bit;
}

/* How a port spreads, and what it can do. */
static int read_rss(struct app *app, unsigned number, struct plx_rss *rss,
		    struct plx_port_caps *caps)
{
	const struct app_port *p = app_port(app, number);
	struct plx_port_info info;

	*caps = (struct plx_port_caps){ .rss_types = 0 };
	if (!p)
		return app->error.err;
	plx_port_info(p->port, &info);
	*caps = info.caps;
	return app_keep_last(app, plx_port_rss(p->port, rss));
}

/* --- port config -------------------------------------------------------------------------------- */

/* Of a group, those that the port can do: "ip" on one that knows IPv4 alone is IPv4. */
static int set_types(struct app *app, unsigned number, const struct value *v, struct report *r)
{
	const uint32_t asked = types_of(v[4].number);
	struct plx_port_caps caps;
	struct plx_rss rss;
	int err = read_rss(app, number, &rss, &caps);

	char known[128];

	(void)r;
	if (err)
		return err;
	rss.types = asked & caps.rss_types;
	if (asked && !rss.types)
		return app_fail(
			app, -ENOTSUP, PLX_R_UNSUPPORTED, "port %u hashes %s, but not %s", number,
			app_flags_text(caps.rss_types, rss_type_names, known, sizeof(known)),
			rss_choice((unsigned)v[4].number));
	return app_set_rss(app, number, &rss, RSS_TYPES);
}

COMMAND(config_rss)
{
	(void)n;
	return for_ports(app, &v[2], set_types, v, r);
}

/* One "(HASH,QUEUE)" at *@text, which is left behind it and a comma. */
static bool read_entry(const char **text, unsigned *hash, unsigned *queue)
{
	int end = 0;

	if (sscanf(*text, "(%5u,%5u)%n", hash, queue, &end) != 2 || !end)
		return false;
	*text += end;
	if (!**text)
		return true;
	return *(*text)++ == ',' && **text == '(';
}

/* All entries of @text into the table. */
static int read_table(struct app *app, unsigned number, const char *text, unsigned size,
		      uint16_t *table)
{
	const char *at = text;
	unsigned hash, queue;

	while (*at) {
		if (strpbrk(text, "+- ") || !read_entry(&at, &hash, &queue))
			return app_fail(app, -EINVAL, PLX_R_FORMAT,
					"%.60s is not a list of (HASH,QUEUE), as in (0,1),(1,0)",
					text);
		if (hash >= size)
			return app_fail(app, -EINVAL, PLX_R_TOO_LARGE,
					"(%u,%u): the table of port %u has entries 0 to %u", hash,
					queue, number, size - 1);
		table[hash] = queue > UINT16_MAX ? UINT16_MAX : (uint16_t)queue;
	}
	return 0;
}

COMMAND(config_rss_reta)
{
	unsigned number = (unsigned)v[2].number;
	struct plx_port_caps caps;
	struct plx_rss rss;
	int err = read_rss(app, number, &rss, &caps);

	(void)n;
	(void)r;
	if (!err)
		err = read_table(app, number, v[5].text, caps.rss_table_size, rss.table);
	return err ? err : app_set_rss(app, number, &rss, RSS_TABLE);
}

static bool read_key(const char *text, uint8_t *key, unsigned size)
{
	if (strlen(text) != 2 * size || strspn(text, "0123456789abcdefABCDEF") != strlen(text))
		return false;
	for (unsigned i = 0; i < size; i++)
		sscanf(text + 2 * i, "%2hhx", &key[i]);
	return true;
}

COMMAND(config_rss_key)
{
	unsigned number = (unsigned)v[2].number;
	struct plx_port_caps caps;
	struct plx_rss rss;
	int err = read_rss(app, number, &rss, &caps);

	(void)n;
	(void)r;
	if (err)
		return err;
	if (!read_key(v[4].text, rss.key, caps.rss_key_size))
		return app_fail(app, -EINVAL, PLX_R_BAD_VALUE,
				"a key of port %u is %u bytes: %u hexadecimal digits", number,
				caps.rss_key_size, 2 * caps.rss_key_size);
	return app_set_rss(app, number, &rss, RSS_KEY);
}

/* --- show --------------------------------------------------------------------------------------- */

#define ROW 16 /* entries of the table in a line */

static void report_rows(struct report *r, const uint16_t *table, unsigned size)
{
	for (unsigned i = 0; i < size; i += ROW) {
		char line[ROW * 6 + 1];
		size_t used = 0;

		for (unsigned j = i; j < size && j < i + ROW; j++)
			used += (size_t)snprintf(line + used, sizeof(line) - used, " %u", table[j]);
		report_line(r, "%3u:%s", i, line);
	}
}

COMMAND(show_rss_reta)
{
	json_t *table = json_array();
	struct plx_port_caps caps;
	struct plx_rss rss;
	int err = read_rss(app, (unsigned)v[2].number, &rss, &caps);

	(void)n;
	for (unsigned i = 0; !err && i < caps.rss_table_size; i++)
		json_array_append_new(table, json_integer(rss.table[i]));
	report_count(r, "port", NULL, v[2].number);
	report_value(r, "table", table);
	if (!err)
		report_rows(r, rss.table, caps.rss_table_size);
	return err;
}

COMMAND(show_rss_hash)
{
	bool with_key = n > (v[3].text[3] ? 4 : 5); /* "rss-hash key", "rss hash key" */
	char key[2 * PLX_RSS_KEY_MAX + 1] = "";
	struct plx_port_caps caps;
	struct plx_rss rss;
	int err = read_rss(app, (unsigned)v[2].number, &rss, &caps);

	if (err)
		return err;
	report_count(r, "port", NULL, v[2].number);
	report_flags(r, "types", "RSS types", rss.types, rss_type_names);
	for (unsigned i = 0; i < caps.rss_key_size && i < PLX_RSS_KEY_MAX; i++)
		snprintf(key + 2 * i, 3, "%02x", rss.key[i]);
	if (with_key)
		report_string(r, "key", "RSS key", key);
	return 0;
}
