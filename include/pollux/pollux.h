/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All of Pollux.
 */
#ifndef POLLUX_POLLUX_H
#define POLLUX_POLLUX_H

#include <pollux/access.h>
#include <pollux/base.h>
#include <pollux/checksum.h>
#include <pollux/clock.h>
#include <pollux/ctx.h>
#include <pollux/dev.h>
#include <pollux/dma.h>
#include <pollux/error.h>
#include <pollux/io.h>
#include <pollux/iommu.h>
#include <pollux/lcore.h>
#include <pollux/mem.h>
#include <pollux/pkt.h>
#include <pollux/pool.h>
#include <pollux/port.h>
#include <pollux/ring.h>

/* Installed with a library that was built with tests, and with no other. */
#ifdef __has_include
#if __has_include(<pollux/test.h>)
#include <pollux/test.h>
#endif
#endif

#endif
