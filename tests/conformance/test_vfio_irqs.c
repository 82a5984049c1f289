/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interrupts of a VFIO device: eventfds that the simulated function signals.
 */
#include "devlab.h"

#include <linux/vfio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define VECTORS 8

static int fds[VECTORS];
static struct plx_dev *dev;
static struct plx_sim_function *function;

static void open_device(void)
{
	dev = devlab_open("sim:dummy", NULL);
	function = dev->function->sim;
}

static int setup(void **state)
{
	devlab_setup(state);
	for (unsigned i = 0; i < VECTORS; i++)
		fds[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	open_device();
	return 0;
}

static int teardown(void **state)
{
	assert_works(plx_dev_close(dev));
	for (unsigned i = 0; i < VECTORS; i++)
		close(fds[i]);
	return devlab_teardown(state);
}

#undef RULE
#define RULE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

static void fail_ioctl(unsigned long request, int err)
{
	plx_test_inject(PLX_TEST_IOCTL, request, 1, err);
}

/* How often vector @i was signalled since it was asked last. */
static uint64_t count(unsigned i)
{
	uint64_t n;

	return read(fds[i], &n, sizeof(n)) == sizeof(n) ? n : 0;
}

static void raise_each(enum plx_irq_index index, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		plx_sim_function_irq_raise(function, index, i);
}

static void test_vectors(void **state)
{
	unsigned n = 0;

	(void)state;
	assert_works(plx_irq_count(dev, PLX_IRQ_MSIX, &n));
	assert_true(n >= 4);
	assert_works(plx_irq_enable(dev, PLX_IRQ_MSIX, fds, 2));
	raise_each(PLX_IRQI_MSIX, 4);
	raise_each(PLX_IRQI_MSIX, 1);
	assert_int_equal(count(0), 2);
	assert_int_equal(count(1), 1);
	assert_int_equal(count(2), 0);
	/* as many, more, fewer: those that are named are on, and no others */
	assert_works(plx_irq_enable(dev, PLX_IRQ_MSIX, fds + 1, 2));
	raise_each(PLX_IRQI_MSIX, 4);
	assert_int_equal(count(0), 0);
	assert_int_equal(count(1), 1);
	assert_int_equal(count(2), 1);
	assert_works(plx_irq_enable(dev, PLX_IRQ_MSIX, fds, 4));
	raise_each(PLX_IRQI_MSIX, 4);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(count(i), 1);
	assert_works(plx_irq_enable(dev, PLX_IRQ_MSIX, (int[]){ -1, fds[1] }, 2));
	raise_each(PLX_IRQI_MSIX, 4);
	assert_int_equal(count(0), 0);
	assert_int_equal(count(1), 1);
	assert_int_equal(count(3), 0);
	assert_works(plx_irq_disable(dev));
	raise_each(PLX_IRQI_MSIX, 4);
	assert_int_equal(count(1), 0);
}

/* The transport's own replacing, which keeps what stays. */
static void test_resize(void **state)
{
	const struct plx_transport *vfio = dev->transport;

	(void)state;
	assert_int_equal(vfio->irq_set(dev, PLX_IRQI_MSIX, fds, 2), 0);
	assert_int_equal(vfio->irq_set(dev, PLX_IRQI_MSIX, fds + 2, 2), 0);
	assert_int_equal(vfio->irq_set(dev, PLX_IRQI_MSIX, fds, 4), 0);
	raise_each(PLX_IRQI_MSIX, 4);
	assert_int_equal(count(3), 1);
	assert_int_equal(vfio->irq_set(dev, PLX_IRQI_MSIX, fds, 1), 0);
	raise_each(PLX_IRQI_MSIX, 4);
	assert_int_equal(count(0), 2);
	assert_int_equal(count(3), 0);
	assert_int_equal(vfio->irq_set(dev, PLX_IRQI_MSIX, NULL, 0), 0);
	assert_int_equal(vfio->irq_set(dev, PLX_IRQI_MSIX, NULL, 0), 0);
	/* one kind at a time */
	assert_int_equal(vfio->irq_set(dev, PLX_IRQI_INTX, fds, 1), 0);
	assert_fails(vfio->irq_set(dev, PLX_IRQI_MSIX, fds, 1), -EINVAL,
		     PLX_STATUS_INVALID_PARAMETER, PLX_R_KERNEL_CONFLICT, 0);
}

/* INTx masks itself. */
static void test_intx(void **state)
{
	(void)state;
	assert_works(plx_irq_enable(dev, PLX_IRQ_INTX, fds, 1));
	plx_sim_function_irq_raise(function, PLX_IRQI_INTX, 0);
	plx_sim_function_irq_raise(function, PLX_IRQI_INTX, 0);
	assert_int_equal(count(0), 1);
	assert_works(plx_irq_unmask(dev));
	count(0); /* what was pending */
	assert_works(plx_irq_unmask(dev));
	plx_sim_function_irq_raise(function, PLX_IRQI_INTX, 0);
	assert_int_equal(count(0), 1);
	fail_ioctl(VFIO_DEVICE_SET_IRQS, EINVAL);
	assert_fails(plx_irq_unmask(dev), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_KERNEL_CONFLICT, 0);
}

static int enable_refused(int err)
{
	fail_ioctl(VFIO_DEVICE_SET_IRQS, err);
	return plx_irq_enable(dev, PLX_IRQ_MSIX, fds, 4);
}

static void test_refused(void **state)
{
	(void)state;
	assert_fails(enable_refused(ENOMEM), -ENOMEM, PLX_STATUS_INSUFFICIENT_RESOURCES,
		     PLX_R_NOMEM, 0);
	assert_fails(enable_refused(EINVAL), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_KERNEL_CONFLICT, 0);
	assert_fails(enable_refused(ENOTTY), -ENOTSUP, PLX_STATUS_NOT_SUPPORTED, PLX_R_UNSUPPORTED,
		     0);
	assert_int_equal(plx_last_error()->sys_errno, ENOTTY);
	fail_ioctl(VFIO_DEVICE_GET_IRQ_INFO, EIO);
	assert_fails(plx_irq_enable(dev, PLX_IRQ_MSIX, fds, 4), -EIO, PLX_STATUS_UNSUCCESSFUL,
		     PLX_R_KERNEL_CONFLICT, 0);
	/* nothing came of it */
	raise_each(PLX_IRQI_MSIX, 4);
	assert_int_equal(count(0), 0);
	assert_works(plx_irq_enable(dev, PLX_IRQ_MSI, fds, 1));
}

/* 8.5: what the device reports by itself; after the close nobody listens. */
static void test_events(void **state)
{
	struct plx_event ev[4];
	unsigned n = 0;

	(void)state;
	assert_works(plx_dev_events(dev, ev, 4, &n));
	assert_int_equal(n, 0);
	plx_sim_function_irq_raise(function, PLX_IRQI_ERR, 0);
	plx_sim_function_irq_raise(function, PLX_IRQI_REQ, 0);
	plx_sim_function_irq_raise(function, PLX_IRQI_REQ, 0);
	assert_works(plx_dev_events(dev, ev, 4, &n));
	assert_int_equal(n, 2);
	assert_int_equal(ev[0].type, PLX_EVENT_ERROR);
	assert_int_equal(ev[1].type, PLX_EVENT_REMOVAL_REQUEST);
	assert_works(plx_dev_events(dev, ev, 4, &n));
	assert_int_equal(n, 0);
}

/* What is enabled is off after the close, whatever the kernel answers. */
static void test_close_while_enabled(void **state)
{
	(void)state;
	assert_works(plx_irq_enable(dev, PLX_IRQ_MSIX, fds, 4));
	fail_ioctl(VFIO_DEVICE_SET_IRQS, EIO);
	assert_works(plx_dev_close(dev));
	assert_int_equal(plx_sim_kernel_fds(), 0);
	open_device();
	raise_each(PLX_IRQI_MSIX, 4);
	assert_int_equal(count(0), 0);
}

static const struct CMUnitTest tests[] = {
	RULE(test_vectors), RULE(test_resize), RULE(test_intx),
	RULE(test_refused), RULE(test_events), RULE(test_close_while_enabled),
};

LAB_MAIN(tests)
