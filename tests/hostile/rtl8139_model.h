/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For tests that act as an RTL8139: its receive ring.
 */
#ifndef TESTS_HOSTILE_RTL8139_MODEL_H
#define TESTS_HOSTILE_RTL8139_MODEL_H

#include "card.h"

/* Put bytes into the ring at @at, which goes on at its beginning. */
void rtl8139_put(uint32_t at, const void *bytes, uint32_t len);
/* Put a header there; its length counts the FCS. */
void rtl8139_put_header(uint32_t at, uint16_t status, uint16_t len);
uint32_t rtl8139_ring_size(void);

extern const struct plx_sim_model card_model_8139;

#endif
