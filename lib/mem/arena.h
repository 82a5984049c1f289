/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Arenas for other rooms.
 */
#ifndef PLX_MEM_ARENA_H
#define PLX_MEM_ARENA_H

#include <pollux/mem.h>

/*
 * plx_arena_commit() for pools, which call it from bursts: @size is in range, and the error record
 * is left alone. Return: 0 or a positive errno.
 */
int plx_arena_grow(struct plx_arena *arena, size_t size);

#endif
