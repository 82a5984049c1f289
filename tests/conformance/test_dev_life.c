/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A device's life: states, attributes, what is left at close, the error record (G-1, G-5, G-11 ..
 * G-13, E-1 .. E-3).
 */
#include "devlab.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>

#define DENIED PLX_STATUS_ACCESS_DENIED

static enum plx_dev_state state_of(struct plx_dev *dev)
{
	struct plx_dev_info info;

	assert_works(plx_dev_info(dev, &info));
	return info.state;
}

/* --- states --- */

static void test_G_11_states(void **state)
{
	const struct plx_dev_attributes attr = { .bus_master = false };
	struct plx_dev *dev = devlab_open("sim:dummy", NULL);

	(void)state;
	assert_int_equal(state_of(dev), PLX_DEV_INIT);
	devlab_attributes(dev, false);
	assert_works(plx_dev_start(dev));
	assert_int_equal(state_of(dev), PLX_DEV_RUNNING);
	assert_fails(plx_dev_set_attributes(dev, &attr), -EPERM, DENIED, PLX_R_STATE, 0);
	assert_non_null(strstr(plx_last_error()->text, "RUNNING"));
	assert_works(plx_dev_halt(dev));
	assert_int_equal(state_of(dev), PLX_DEV_HALTED);
	assert_fails(plx_dev_halt(dev), -EPERM, DENIED, PLX_R_STATE, 0);
	assert_fails(plx_dev_start(dev), -EPERM, DENIED, PLX_R_STATE, 0);
	assert_fails(plx_dev_set_attributes(dev, &attr), -EPERM, DENIED, PLX_R_STATE, 0);
	assert_int_equal(devlab_read32(dev, 0, 0), 0x706c7801); /* registers: any state */
	assert_works(plx_dev_close(dev));
}

static void test_G_11_a_start_twice(void **state)
{
	struct plx_dev *dev = devlab_open("sim:dummy", NULL);

	(void)state;
	assert_works(plx_dev_start(dev));
	assert_fails(plx_dev_start(dev), -EALREADY, PLX_STATUS_UNSUCCESSFUL, PLX_R_ALREADY, 0);
	assert_int_equal(state_of(dev), PLX_DEV_RUNNING);
	assert_works(plx_dev_close(dev));
	dev = devlab_open("sim:dummy", NULL);
	assert_works(plx_dev_halt(dev)); /* from INIT */
	assert_int_equal(state_of(dev), PLX_DEV_HALTED);
	assert_works(plx_dev_close(dev));
}

/* What the rooms above ask for before a claim. */
static void test_G_12_attributes_first(void **state)
{
	struct plx_dev *dev = devlab_open("sim:dummy", NULL);

	(void)state;
	assert_works(plx_dev_enter(dev, 1));
	assert_fails(plx_dev_check_attributes(dev, PLX_STATUS_UNSUCCESSFUL, "plx_mmio_map()"),
		     -EPERM, PLX_STATUS_UNSUCCESSFUL, PLX_R_ORDER, 0);
	assert_works(plx_dev_leave(dev, 0));
	devlab_attributes(dev, false);
	assert_works(plx_dev_enter(dev, 1));
	assert_int_equal(plx_dev_check_attributes(dev, PLX_STATUS_UNSUCCESSFUL, "it"), 0);
	assert_works(plx_dev_leave(dev, 0));
	assert_works(plx_dev_close(dev));
}

/* MIO-14: bus mastering on if asked for, and off at the end. */
static void test_bus_master(void **state)
{
	struct plx_dev *dev = devlab_open("sim:dummy", NULL);
	uint8_t config[4] = { 0 };
	struct plx_sim_function *model = dev->function->sim;

	(void)state;
	assert_int_equal(devlab_command(dev) & 4, 0);
	devlab_attributes(dev, false);
	assert_int_equal(devlab_command(dev) & 4, 0);
	devlab_attributes(dev, true);
	assert_int_equal(devlab_command(dev) & 4, 4);
	assert_works(plx_dev_reset(dev));
	assert_int_equal(devlab_command(dev) & 4, 4);
	devlab_attributes(dev, false);
	assert_int_equal(devlab_command(dev) & 4, 0);
	devlab_attributes(dev, true);
	plx_sim_function_open(model, NULL); /* so that the last close does not reset it */
	dev->function->n_handles++;
	assert_works(plx_dev_close(dev));
	assert_int_equal(plx_sim_function_read(model, PLX_REGION_CONFIG, 4, config, 2), 2);
	assert_int_equal(config[0] & 7, 0);
	plx_sim_function_close(model);
	dev = devlab_open("sim:dummy", NULL);
	dev->function->n_handles--;
	assert_works(plx_dev_close(dev));
}

/* Another handle of the function keeps what it asked for, and decoding. */
static void test_bus_master_of_two(void **state)
{
	struct plx_dev *first, *second;

	(void)state;
	if (lab.backend == PLX_BACKEND_IOMMUFD)
		return; /* which opens a device once */
	first = devlab_open("sim:dummy", NULL);
	second = devlab_open("sim:dummy", NULL);
	devlab_attributes(first, true);
	devlab_attributes(second, true);
	devlab_attributes(first, false);
	assert_int_equal(devlab_command(first) & 4, 4);
	assert_works(plx_dev_close(second));
	assert_int_equal(devlab_command(first) & 4, 0);
	assert_int_equal(devlab_read32(first, 0, 0), 0x706c7801);
	assert_works(plx_dev_close(first));
}

/* --- closing --- */

static void test_G_5_closed_handle(void **state)
{
	struct plx_dev *dev = devlab_open("sim:dummy", NULL);
	uint32_t v;

	(void)state;
	assert_works(plx_dev_close(dev));
	assert_fails(plx_dev_close(dev), -EPERM, DENIED, PLX_R_STATE, 0);
	assert_fails(plx_dev_start(dev), -EPERM, DENIED, PLX_R_STATE, 0);
	assert_fails(plx_dev_info(dev, NULL), -EPERM, DENIED, PLX_R_STATE, 0);
	assert_fails(plx_region_read(dev, 99, 0, &v, 0), -EPERM, DENIED, PLX_R_STATE, 0);
	assert_string_equal(plx_last_error()->object, "sim:dummy,id=0");
}

static struct plx_holding held[3];
static unsigned order[3], released;

static void release(struct plx_dev *dev, struct plx_holding *h)
{
	struct plx_domain *d = NULL;

	order[released++] = (unsigned)(h - held);
	if (lab.backend == PLX_BACKEND_TYPE1)
		assert_non_null(dev->attachment.domain); /* before the detach */
	assert_true(dev->open);
	(void)d;
}

static void test_G_13_leftovers_in_reverse(void **state)
{
	struct plx_dev *dev = devlab_open("sim:dummy", NULL);

	(void)state;
	released = 0;
	assert_works(plx_dev_enter(dev, 1));
	for (unsigned i = 0; i < 3; i++) {
		held[i].release = release;
		plx_dev_hold(dev, &held[i]);
	}
	assert_works(plx_dev_leave(dev, 0));
	assert_works(plx_dev_close(dev));
	assert_int_equal(released, 3);
	assert_int_equal(order[0] * 100 + order[1] * 10 + order[2], 210);
}

/* A context does not go before its devices. */
static void test_G_13_context_with_device(void **state)
{
	struct plx_dev *dev = devlab_open("sim:dummy", NULL);

	(void)state;
	assert_fails(plx_ctx_destroy(lab.ctx), -EBUSY, PLX_STATUS_RESOURCE_IN_USE,
		     PLX_R_STILL_ATTACHED, 0);
	assert_string_equal(plx_last_error()->object, "sim:dummy,id=0");
	assert_works(plx_dev_close(dev));
}

/* --- threads --- */

static void *close_it(void *arg)
{
	return (void *)(intptr_t)plx_dev_close(arg);
}

/* One of them closes it. */
static void test_two_close(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		struct plx_dev *dev = devlab_open("sim:dummy", NULL);
		pthread_t other;
		void *theirs;
		int ours;

		assert_int_equal(pthread_create(&other, NULL, close_it, dev), 0);
		ours = plx_dev_close(dev);
		pthread_join(other, &theirs);
		assert_int_equal(ours + (intptr_t)theirs, -EPERM);
	}
}

struct worker {
	pthread_t thread;
	unsigned id;
	bool failed;
};

/* Its own device, of a group that all of them are in, which one closes and another opens. */
static void *open_and_close(void *arg)
{
	struct worker *w = arg;
	const struct plx_dev_opts opts = { .backend = lab.backend };
	char name[32];

	snprintf(name, sizeof(name), "sim:dummy,id=%u", w->id);
	for (unsigned i = 0; i < 200 && !w->failed; i++) {
		struct plx_dev *dev;
		uint32_t v = 0;

		w->failed = plx_dev_open(lab.ctx, name, &opts, &dev) ||
			    plx_dev_set_attributes(dev, &(struct plx_dev_attributes){ true }) ||
			    plx_region_read(dev, 0, 0, &v, 4) || v != 0x706c7801 ||
			    plx_dev_close(dev);
	}
	return NULL;
}

static void test_many_open(void **state)
{
	struct worker workers[4] = { 0 };

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		workers[i].id = lab.backend == PLX_BACKEND_IOMMUFD ? i : i / 2;
		assert_int_equal(
			pthread_create(&workers[i].thread, NULL, open_and_close, &workers[i]), 0);
	}
	for (unsigned i = 0; i < 4; i++)
		pthread_join(workers[i].thread, NULL);
	for (unsigned i = 0; i < 4; i++)
		assert_false(workers[i].failed);
}

/* G-7: calls on one device are one after the other. */
static void *call_it(void *arg)
{
	struct plx_dev *dev = arg;
	struct plx_domain *d;
	struct plx_dev_info info;
	struct plx_event ev[4];
	unsigned n;
	uint32_t v;

	for (unsigned i = 0; i < 300; i++) {
		plx_region_read(dev, 0, 0, &v, 4);
		plx_dev_info(dev, &info);
		plx_dev_events(dev, ev, 4, &n);
		if (!plx_dev_domain(dev, &d))
			plx_domain_detach(d, dev);
		plx_region_write(dev, 0, 0x10, &v, 4);
		plx_dev_set_attributes(dev, &(struct plx_dev_attributes){ i & 1 });
	}
	return NULL;
}

static void test_G_7_one_after_the_other(void **state)
{
	struct plx_iommu *io = devlab_iommu();
	struct plx_domain *d = devlab_domain(io);
	struct plx_dev *dev = devlab_open("sim:dummy", d);
	pthread_t threads[2];

	(void)state;
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, call_it, dev), 0);
	for (unsigned i = 0; i < 300; i++)
		plx_domain_attach(d, dev);
	for (unsigned i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	assert_works(plx_dev_close(dev));
	assert_works(plx_domain_delete(d));
	assert_works(plx_iommu_close(io));
}

/* --- the record --- */

static void test_E_1_record(void **state)
{
	struct plx_dev *dev = devlab_open("sim:dummy", NULL);
	uint32_t v;

	(void)state;
	assert_int_equal(plx_region_read(dev, 99, 0, &v, 4), -EINVAL);
	assert_int_equal(plx_last_error()->err, -EINVAL);
	assert_int_equal(plx_last_error()->backend, lab.backend);
	assert_string_equal(plx_last_error()->object, "sim:dummy,id=0");
	assert_works(plx_region_read(dev, 0, 0, &v, 4)); /* it is empty again */
	assert_int_equal(plx_dev_start(NULL), -EINVAL);
	assert_works(plx_dev_start(dev));
	assert_int_equal(plx_dev_start(dev), -EALREADY);
	assert_works(plx_dev_close(dev));
}

static void *other_record(void *arg)
{
	(void)arg;
	return (void *)(intptr_t)(plx_last_error() && !plx_last_error()->err);
}

static void test_E_2_never_null(void **state)
{
	pthread_t thread;
	void *empty;

	(void)state;
	assert_int_equal(plx_dev_start(NULL), -EINVAL);
	assert_int_equal(pthread_create(&thread, NULL, other_record, NULL), 0);
	pthread_join(thread, &empty);
	assert_non_null(empty);
	assert_int_equal(plx_last_error()->err, -EINVAL);
}

/* Attach(Domain 1, Device 2), which are plx_domain_attach()'s, too. */
static void test_E_3_argument_positions(void **state)
{
	struct plx_dev *dev = devlab_open("sim:dummy", NULL);

	(void)state;
	assert_fails(plx_domain_attach(NULL, dev), -EINVAL, INVALID_PARAMETER(1), PLX_R_DOMAIN_TYPE,
		     1);
	assert_works(plx_dev_close(dev));
}

static const struct CMUnitTest tests[] = {
	RULE(test_G_11_states),
	RULE(test_G_11_a_start_twice),
	RULE(test_G_12_attributes_first),
	RULE(test_bus_master),
	RULE(test_bus_master_of_two),
	RULE(test_G_5_closed_handle),
	RULE(test_G_13_leftovers_in_reverse),
	RULE(test_G_13_context_with_device),
	RULE(test_two_close),
	RULE(test_many_open),
	RULE(test_G_7_one_after_the_other),
	RULE(test_E_1_record),
	RULE(test_E_2_never_null),
	RULE(test_E_3_argument_positions),
};

LAB_MAIN(tests)
