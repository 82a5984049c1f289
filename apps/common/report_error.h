/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef COMMON_REPORT_ERROR_H
#define COMMON_REPORT_ERROR_H

#include <pollux/error.h>

#include <jansson.h>

/* The library's record of a failure as every program writes it: errno, errno_name, reason, ... */
json_t *report_error(const struct plx_error *e);

#endif
