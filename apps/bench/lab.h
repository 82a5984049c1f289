/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interfaces of the kernel's to measure with, in a network namespace that has no name: it and all
 * in it are gone when this process and its children are, however they end.
 */
#ifndef BENCH_LAB_H
#define BENCH_LAB_H

#include "bench/bench.h"

/*
 * A cable: the measured program has the near end. What is sent into the far end it receives, and
 * what it sends arrives there, where nobody listens. Of a tap both are the one interface, which
 * the measured program makes.
 */
struct cable {
	const char *near_end, *far_end;
};

/* The two cables for a driver, "af_packet" or "tap". */
const struct cable *lab_cables(const char *driver);

/* Move this process to the namespace and make the veth interfaces, once. ABSENT: bench.why. */
enum outcome lab_enter(struct bench *b, const char *driver);

/* Packets that an interface of the namespace has received. False: bench.why. */
bool lab_received(struct bench *b, const char *interface, uint64_t *packets);

#endif
