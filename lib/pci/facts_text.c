/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is in the files of sysfs. Nothing is taken for granted: a file may be cut off, or be none
 * of the kernel's.
 */
#include "pci/facts_priv.h"

#include <string.h>

#define UNSET    0x20000000u /* IORESOURCE_UNSET: no address was assigned */
#define DISABLED 0x10000000u /* IORESOURCE_DISABLED */

struct cursor {
	const char *at, *end;
};

static bool take(struct cursor *c, char what)
{
	if (c->at == c->end || *c->at != what)
		return false;
	c->at++;
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* "0x" and 1 to 16 digits: nothing that strtoull(3) would take beside. */
static bool take_hex(struct cursor *c, uint64_t *out)
{
	unsigned digits = 0;

	*out = 0;
	if (!take(c, '0') || !take(c, 'x'))
		return false;
	for (; c->at < c->end && hex_digit(*c->at) >= 0; c->at++, digits++)
		*out = *out << 4 | (unsigned)hex_digit(*c->at);
	return digits >= 1 && digits <= 16;
}

/* The end of a line, or of a file whose last line has none. */
static bool take_end(struct cursor *c)
{
	return c->at == c->end || take(c, '\n');
}

bool plx_parse_hex(const char *text, size_t len, uint64_t max, uint64_t *out)
{
	struct cursor c = { text, text + len };

	return take_hex(&c, out) && take_end(&c) && c.at == c.end && *out <= max;
}

bool plx_parse_decimal(const char *text, size_t len, long min, long max, long *out)
{
	struct cursor c = { text, text + len };
	bool negative = take(&c, '-');
	unsigned digits = 0;

	*out = 0;
	for (; c.at < c.end && *c.at >= '0' && *c.at <= '9' && digits < 10; c.at++, digits++)
		*out = *out * 10 + (*c.at - '0');
	if (negative)
		*out = -*out;
	return digits && take_end(&c) && c.at == c.end && *out >= min && *out <= max;
}

/* Is there something to address? An empty range is written as one that ends before it begins. */
static bool is_there(const struct plx_pci_resource *r)
{
	return r->flags & (PLX_PCI_IO | PLX_PCI_MEM) && !(r->flags & (UNSET | DISABLED)) &&
	       r->last - r->first + 1 != 0 && r->last;
}

static bool take_resource(struct cursor *c, struct plx_pci_resource *out)
{
	struct plx_pci_resource r;

	memset(out, 0, sizeof(*out));
	if (!take_hex(c, &r.first) || !take(c, ' ') || !take_hex(c, &r.last) || !take(c, ' ') ||
	    !take_hex(c, &r.flags) || !take_end(c))
		return false;
	if (!is_there(&r))
		return true;
	if (r.last < r.first || (r.flags & PLX_PCI_IO && r.flags & PLX_PCI_MEM))
		return false;
	*out = r;
	return true;
}

bool plx_parse_resource(const char *text, size_t len, struct plx_pci_resource out[7])
{
	struct cursor c = { text, text + len };

	for (unsigned i = 0; i < PLX_PCI_BARS + 1; i++)
		if (!take_resource(&c, &out[i])) {
			memset(out, 0, (PLX_PCI_BARS + 1) * sizeof(*out));
			return false;
		}
	return true;
}

static bool take_type(struct cursor *c, enum plx_pci_reserved_type *type)
{
	static const struct {
		const char *name;
		enum plx_pci_reserved_type type;
	} types[] = {
		{ "msi", PLX_RESERVED_MSI },
		{ "direct", PLX_RESERVED_DIRECT },
		{ "direct-relaxable", PLX_RESERVED_DIRECT_RELAXABLE },
	};
	const char *from = c->at;
	size_t len;

	while (c->at < c->end && *c->at != '\n')
		c->at++;
	len = (size_t)(c->at - from);
	*type = PLX_RESERVED;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strlen(types[i].name) == len && !memcmp(types[i].name, from, len))
			*type = types[i].type;
	return len && take_end(c);
}

static bool take_reserved(struct cursor *c, struct plx_pci_reserved *r)
{
	return take_hex(c, &r->first) && take(c, ' ') && take_hex(c, &r->last) && take(c, ' ') &&
	       take_type(c, &r->type) && r->first <= r->last;
}

int plx_parse_reserved(const char *text, size_t len, struct plx_pci_reserved *out, unsigned max)
{
	struct cursor c = { text, text + len };
	int n = 0;

	for (; c.at < c.end; n++) {
		struct plx_pci_reserved r;

		if (!take_reserved(&c, &r))
			return -1;
		if ((unsigned)n < max)
			out[n] = r;
	}
	return n;
}
