/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a kernel does when it pins memory, as far as a process can do it for itself.
 */
#ifndef PLX_MEM_TOUCH_H
#define PLX_MEM_TOUCH_H

#include <stdbool.h>
#include <stdint.h>

/* Make memory present; 0, or EFAULT: it is not there or may not be written. */
int plx_memory_touch(uint64_t va, uint64_t len, bool write);

#endif
