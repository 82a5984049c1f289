/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All of Pollux.
 */
#ifndef POLLUX_POLLUX_H
#define POLLUX_POLLUX_H

#include <pollux/base.h>
#include <pollux/checksum.h>
#include <pollux/clock.h>
#include <pollux/ctx.h>
#include <pollux/error.h>
#include <pollux/iommu.h>
#include <pollux/lcore.h>
#include <pollux/mem.h>
#include <pollux/pkt.h>
#include <pollux/pool.h>
#include <pollux/port.h>
#include <pollux/ring.h>

#endif
