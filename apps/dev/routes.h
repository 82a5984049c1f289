/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef DEV_ROUTES_H
#define DEV_ROUTES_H

#include "dev/app.h"

/*
 * Does a default route of this network namespace go through the interface, or through a bridge, a
 * bond or the like that it is part of?
 */
bool route_default(const struct app *app, const char *interface);

#endif
