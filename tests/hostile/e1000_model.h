/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For tests that act as an e1000: its rings. @q is the queue; registers by regs.h of the driver.
 */
#ifndef TESTS_HOSTILE_E1000_MODEL_H
#define TESTS_HOSTILE_E1000_MODEL_H

#include "card.h"

extern const struct plx_sim_model card_model_82540em;

/* Read and write a word of a descriptor of the ring whose registers begin at @base. */
uint64_t e1000_peek(uint32_t base, unsigned index, unsigned word);
void e1000_poke(uint32_t base, unsigned index, unsigned word, uint64_t value);
/* The second word of a receive descriptor, of the card's kind. */
uint64_t e1000_rx_word(uint32_t status, uint32_t errors, uint32_t len);

#endif
