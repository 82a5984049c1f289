/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Queues of a network card ask whether it is there and which pools it reaches, while the program
 * has it reach more, reads its statistics, and at last the kernel wants it back.
 */
#include <pollux/pollux.h>

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <cmocka.h>

#include "nic/nic.h"
#include "pci/dev.h"
#include "sim/model.h"

#define QUEUES 3
#define POOLS  24

static int card_open_port(struct plx_port *port)
{
	port->caps.features = PLX_PORT_TX;
	return 0;
}

static const struct plx_key keys[] = { PLX_NIC_KEYS, { 0 } };
static const struct plx_pci_id ids[] = { { 0x1b36, 0x706c, "dummy" }, { 0, 0, NULL } };

static const struct plx_driver card = {
	.name = "card",
	.summary = "A network card",
	.keys = keys,
	.args_size = sizeof(struct plx_nic_args),
	.device_size = sizeof(struct plx_nic),
	.open_device = plx_nic_open,
	.close_device = plx_nic_close,
	.open_port = card_open_port,
	.ids = ids,
};

const struct plx_driver *const plx_drivers[] = { &card, NULL };

static struct plx_pool *pools[POOLS];

struct queue {
	struct plx_nic *nic;
	pthread_t thread;
	unsigned seen; /* pools that it found mapped */
	bool moved;    /* one of them is elsewhere now */
	int status;    /* the last */
};

/* A mapped pool stays where it is; those that were mapped before the end are seen after it. */
static void *poll_card(void *arg)
{
	struct queue *q = arg;
	uint64_t where[POOLS];

	for (unsigned i = 0; i < POOLS; i++)
		where[i] = PLX_NIC_NO_POOL;
	while (!q->status && !q->moved) {
		q->status = plx_nic_status(q->nic, NULL, 0);
		for (unsigned i = 0; i < POOLS; i++) {
			const uint64_t offset = plx_nic_offset(q->nic, plx_pool_number(pools[i]));

			if (where[i] == PLX_NIC_NO_POOL && offset != PLX_NIC_NO_POOL)
				q->seen++;
			else if (where[i] != offset)
				q->moved = true;
			where[i] = offset;
		}
	}
	return NULL;
}

static void test_queues_and_program(void **state)
{
	const struct plx_nic_counter counters[] = { { "id", 0, 32, false, "" },
						    { NULL, 0, 0, false, NULL } };
	struct queue queues[QUEUES];
	struct plx_port *port;
	struct plx_regs regs;
	struct plx_nic *nic;
	struct plx_ctx *ctx;
	uint64_t sum = 0;

	(void)state;
	assert_int_equal(plx_ctx_create(NULL, &ctx), 0);
	assert_int_equal(plx_port_open(ctx, "card:pci=sim:dummy", &port), 0);
	nic = (struct plx_nic *)port->device;
	assert_int_equal(plx_nic_bar(nic, 0, 0x1000, &regs), 0);
	for (unsigned i = 0; i < POOLS; i++) {
		struct plx_pool_opts opts = PLX_POOL_OPTS_DEFAULT;

		opts.count = 8;
		assert_int_equal(plx_pool_create(ctx, &opts, &pools[i]), 0);
	}
	for (unsigned i = 0; i < QUEUES; i++) {
		queues[i] = (struct queue){ .nic = nic };
		assert_int_equal(pthread_create(&queues[i].thread, NULL, poll_card, &queues[i]), 0);
	}
	for (unsigned i = 0; i < POOLS; i++) {
		const struct timespec pause = { .tv_nsec = 2000000 };

		assert_int_equal(plx_nic_map_pool(nic, pools[i], PLX_IOMMU_READ), 0);
		pthread_mutex_lock(&nic->lock);
		plx_nic_count(nic, &regs, counters, &sum, NULL);
		pthread_mutex_unlock(&nic->lock);
		nanosleep(&pause, NULL);
	}
	assert_true(sum > 0);
	plx_sim_function_irq_raise(plx_dev_sim(nic->dev), PLX_IRQI_REQ, 0);
	for (unsigned i = 0; i < QUEUES; i++) {
		assert_int_equal(pthread_join(queues[i].thread, NULL), 0);
		assert_false(queues[i].moved);
		assert_int_equal(queues[i].status, -ENODEV);
		assert_int_equal(queues[i].seen, POOLS);
	}
	assert_int_equal(atomic_load(&nic->gone), PLX_NIC_WANTED_BACK);
	plx_regs_close(&regs);
	assert_int_equal(plx_port_close(port), 0);
	for (unsigned i = 0; i < POOLS; i++)
		assert_int_equal(plx_pool_destroy(pools[i]), 0);
	assert_int_equal(plx_ctx_destroy(ctx), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_queues_and_program) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
