/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The lists of capabilities in config space, wherever that is read from (PCI Local Bus 3.0, 6.7;
 * PCI Express Base, 7.9). The device wrote them: each step is checked, and every walk ends.
 */
#ifndef PLX_PCI_CAPS_H
#define PLX_PCI_CAPS_H

#include <stdbool.h>
#include <stdint.h>

/* @len bytes (1, 2 or 4) at @off, in host order; 0, or what the walk is to end with. */
typedef int (*plx_caps_read_fn)(void *arg, unsigned off, unsigned len, uint32_t *out);

/* A walk; zero it, fill the first part. */
struct plx_caps_walk {
	plx_caps_read_fn read;
	void *arg;
	unsigned size; /* bytes of config space that can be read, up to 4096 */
	bool extended; /* those of PCI Express, from 0x100 on */

	uint32_t header; /* of what was found: 16 bits, extended ones 32 */
	bool broken; /* the list does not end as lists do: it goes in circles, or out of bounds */
	bool begun;
	unsigned next;
	uint64_t seen[4096 / 4 / 64]; /* offsets / 4 */
};

/*
 * The next capability: its number in *@id, its offset in *@off. Returns 1; 0: that was all; or what
 * read() failed with.
 */
int plx_caps_next(struct plx_caps_walk *w, unsigned *id, unsigned *off);

#endif
