/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of lib/nic share.
 */
#ifndef PLX_NIC_PRIV_H
#define PLX_NIC_PRIV_H

#include "nic/nic.h"

/* Does config space answer? If not it is gone from now on. */
bool plx_nic_answers(struct plx_nic *nic);
/* -ENODEV, and what became of it. */
int plx_nic_fail_gone(const struct plx_nic *nic);
/* Hear what the kernel has to say of it: plx_nic_is_gone() knows then. */
void plx_nic_take_events(struct plx_nic *nic);

#endif
