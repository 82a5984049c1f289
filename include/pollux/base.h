/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What every public header needs: C linkage, symbol visibility, the cache line.
 */
#ifndef POLLUX_BASE_H
#define POLLUX_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define PLX_BEGIN_DECLS extern "C" {
#define PLX_END_DECLS   }
#else
#define PLX_BEGIN_DECLS
#define PLX_END_DECLS
#endif

/* Everything else in libpollux is built with hidden visibility. */
#define PLX_API          __attribute__((visibility("default")))
#define PLX_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* Alignment that keeps what two threads write apart (x86-64 and most aarch64). */
#define PLX_CACHE_LINE 64

#endif
