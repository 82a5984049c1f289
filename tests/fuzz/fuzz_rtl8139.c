/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The driver rtl8139 and a card that does what the input says.
 */
#include "nic.h"

#include "../../drivers/net/rtl8139/regs.h"
#include "../hostile/rtl8139_model.h"

static void act(struct nic_input *in)
{
	uint8_t bytes[16];
	uint32_t at;

	switch (nic_take(in, 1) % 5) {
	case 0: /* bytes in the ring, wherever */
		at = (uint32_t)nic_take(in, 2);
		for (unsigned i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)nic_take(in, 1);
		rtl8139_put(at, bytes, sizeof(bytes));
		break;
	case 1: /* a header where the next frame is, and how far it was written */
		at = card_reg(RTL_CBR) & 0xffff;
		rtl8139_put_header(at, (uint16_t)nic_take(in, 1), (uint16_t)nic_take(in, 2));
		card_set(RTL_CBR, 2, (at + (uint32_t)nic_take(in, 2)) & 0xffff);
		break;
	case 2:
		card_set(RTL_CBR, 2, (uint32_t)nic_take(in, 2));
		break;
	case 3: /* what became of a transmit descriptor */
		at = RTL_TSD0 + 4 * (nic_take(in, 1) & 3);
		card_set(at, 4, card_reg(at) | (uint32_t)nic_take(in, 4));
		break;
	default:
		card_set((uint32_t)nic_take(in, 1) & 0x7c, 4, (uint32_t)nic_take(in, 4));
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	nic_run(&card_rtl8139, data, size, act);
	return 0;
}
