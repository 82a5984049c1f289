/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The driver e1000 and a card that does what the input says: FUZZ_CARD, a 82540EM or a 82574L.
 */
#include "nic.h"

#include "../../drivers/net/e1000/regs.h"
#include "../hostile/e1000_model.h"

static void act(struct nic_input *in)
{
	uint8_t what = (uint8_t)nic_take(in, 1), index = (uint8_t)nic_take(in, 1);
	const uint32_t ring = what & 1 ? E1000_RDBAL(0) : E1000_TDBAL(0);
	uint32_t status;

	switch (what >> 1 & 3) {
	case 0: /* a word of a descriptor */
		e1000_poke(ring, index % 128, what >> 3 & 1, nic_take(in, 8));
		break;
	case 1: /* what can be said of a frame, several times */
		status = (uint32_t)nic_take(in, 1) | 1;
		for (unsigned i = 0; i <= what >> 3; i++)
			e1000_poke(E1000_RDBAL(0), (index + i) % 64, 1,
				   e1000_rx_word(status, in->at < in->end ? *in->at : 0,
						 (uint32_t)nic_take(in, 2)));
		break;
	case 2:
		card_set((uint32_t)nic_take(in, 2) % 0x6000 & ~3u, 4, (uint32_t)nic_take(in, 4));
		break;
	default:
		for (unsigned i = 0; i < 8; i++)
			e1000_poke(ring, (index + i) % 64, 1,
				   e1000_peek(ring, (index + i) % 64, 1) | 1ull << 32 | 3);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	nic_run(&FUZZ_CARD, data, size, act);
	return 0;
}
