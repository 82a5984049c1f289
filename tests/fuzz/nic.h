/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What fuzz targets of drivers of network cards have in common. An input is what a card does
 * between the start of a port and its stop: answers of registers, contents of descriptors, frames,
 * interrupts; and what the program does meanwhile. That is looked at as the tests in ../hostile do.
 */
#ifndef TESTS_FUZZ_NIC_H
#define TESTS_FUZZ_NIC_H

#include "split.h"

#include <errno.h>

#include "../hostile/lab.h"

#define STEPS_MAX 64
#define REOPEN    4096 /* inputs, after which the port is opened anew */

/* An input that is being used up. */
struct nic_input {
	const uint8_t *at, *end;
};

/* The next @bytes as a number; 0 at the end. */
static inline uint64_t nic_take(struct nic_input *in, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes && in->at < in->end; i++)
		value |= (uint64_t)*in->at++ << 8 * i;
	return value;
}

/* What only this kind of card can do. */
typedef void (*nic_act_fn)(struct nic_input *in);

static struct nic_input nic_script;

/* Answers of registers: a byte below 160 is honesty, others come before what is read. */
static uint32_t nic_bend(struct card *c, uint32_t off, unsigned bytes, uint32_t value)
{
	uint8_t how = (uint8_t)nic_take(&nic_script, 1);

	(void)c;
	(void)off;
	if (how < 160)
		return value;
	if (how < 162) /* seldom: then it is gone, and has to be opened again */
		return UINT32_MAX;
	if (how < 192)
		return 0;
	if (how < 224)
		return value ^ 1u << how % 32;
	return (uint32_t)nic_take(&nic_script, bytes);
}

static void nic_step(struct nic_input *in, nic_act_fn act)
{
	switch (nic_take(in, 1) % 16) {
	case 0:
		lab_arrive(18 + (uint32_t)nic_take(in, 2) % 1600);
		break;
	case 1:
	case 2:
		lab_receive_any();
		break;
	case 3:
		lab_send(1 + (unsigned)nic_take(in, 1) % 32, 14 + (uint32_t)nic_take(in, 2) % 1600);
		break;
	case 4: /* the next bytes are answers */
		nic_script.at = in->at;
		in->at += in->end - in->at < 32 ? in->end - in->at : 32;
		nic_script.end = in->at;
		card.bend = nic_bend;
		break;
	case 5:
		card.bend = NULL;
		break;
	case 6:
		card.holds_tx = nic_take(in, 1) & 1;
		card_transmit();
		break;
	case 7:
		lab_look();
		break;
	case 8:
		lab_set();
		break;
	case 9:
		lab_try(plx_rxq_arm(lab.rxq));
		card_interrupt();
		lab_try(plx_rxq_disarm(lab.rxq));
		break;
	case 10:
		lab_try(plx_rxq_status(lab.rxq));
		lab_try(plx_txq_status(lab.txq));
		break;
	case 11:
		test_clock_pass(nic_take(in, 2) * 1000000);
		break;
	default:
		act(in);
		break;
	}
}

/* A port that is started. That it is open takes most of the time of an input, so it stays open. */
static void nic_start(void)
{
	static unsigned inputs;
	int err = -ENODEV;

	if (lab.port && ++inputs % REOPEN)
		err = lab_restart();
	if (!err)
		return;
	must(err == -ENODEV); /* it was taken for gone, and stays so */
	lab_close();
	must(!lab_open() && !lab_start());
}

static void nic_run(const struct card_kind *kind, const uint8_t *data, size_t size, nic_act_fn act)
{
	struct nic_input in = { data, data + size };

	if (!lab.kind)
		lab_begin(kind, "sim");
	nic_start();
	lab_receive_any();
	for (unsigned i = 0; i < STEPS_MAX && in.at < in.end; i++)
		nic_step(&in, act);
	lab_stop();
	lab_check_pools();
	card_be_honest();
	nic_script.at = nic_script.end;
}

#ifdef FUZZ_MAIN

static void nic_random(uint8_t *input, size_t size, unsigned round)
{
	(void)round;
	for (size_t i = 0; i < size; i++)
		input[i] = (uint8_t)(rand() >> 8);
}

int main(int argc, char **argv)
{
	return run_inputs(argc, argv, 3000, nic_random);
}

#endif

#endif
