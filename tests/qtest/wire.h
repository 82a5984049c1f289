/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The other end of the card's cable: a stream socket on which each frame, without FCS, follows its
 * length in four bytes, the highest first (QEMU, -netdev socket). No frame is lost on it: who does
 * not take them has the other side wait.
 */
#ifndef PLX_QTEST_WIRE_H
#define PLX_QTEST_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_FRAME_MAX 69632u /* what QEMU takes: NET_BUFSIZE */

struct wire {
	int fd;
	uint8_t *in, *out;
	size_t in_first, in_end;   /* received, not yet taken */
	size_t out_first, out_end; /* taken, not yet sent */
};

bool wire_init(struct wire *w, int fd);
void wire_fini(struct wire *w);

/* Send a frame, at the latest with wire_flush(). False: there is no room now. */
bool wire_send(struct wire *w, const void *frame, size_t len);
/* Send what can be sent now. True: all was. */
bool wire_flush(struct wire *w);

/*
 * The next frame that the card sent: its length, and *@frame until the next call; 0: none is there
 * now.
 */
size_t wire_receive(struct wire *w, const uint8_t **frame);
/* As that, but wait for one for @ms. */
size_t wire_wait(struct wire *w, const uint8_t **frame, int ms);

#endif
