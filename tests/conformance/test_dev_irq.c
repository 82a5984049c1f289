/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interrupts and events (8.5).
 */
#include "devlab.h"

#include "sim/function.h"

#include <linux/vfio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define INVALID PLX_STATUS_INVALID_PARAMETER

static struct plx_dev *dev;
static int fds[16];

static void begin(void)
{
	dev = devlab_open("sim:dummy", NULL);
	for (unsigned i = 0; i < 16; i++)
		fds[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

static void end(void)
{
	assert_works(plx_dev_close(dev));
	for (unsigned i = 0; i < 16; i++)
		close(fds[i]);
}

static void raise_irq(unsigned index, unsigned vector)
{
	plx_sim_function_irq_raise(dev->function->sim, index, vector);
}

static unsigned fired(unsigned i)
{
	uint64_t n = 0;

	return read(fds[i], &n, sizeof(n)) == sizeof(n) ? (unsigned)n : 0;
}

/* --- interrupts --- */

static void test_irq_count(void **state)
{
	unsigned n = 99;

	(void)state;
	begin();
	assert_works(plx_irq_count(dev, PLX_IRQ_INTX, &n));
	assert_int_equal(n, 1);
	assert_works(plx_irq_count(dev, PLX_IRQ_MSI, &n));
	assert_int_equal(n, 4);
	assert_works(plx_irq_count(dev, PLX_IRQ_MSIX, &n));
	assert_int_equal(n, 16);
	assert_fails(plx_irq_count(dev, (enum plx_irq_type)3, &n), -EINVAL, INVALID, PLX_R_BAD_ENUM,
		     2);
	assert_int_equal(n, 0);
	end();
}

static void test_irq_arguments(void **state)
{
	const int bad[2] = { -1, -2 };

	(void)state;
	begin();
	assert_fails(plx_irq_enable(dev, (enum plx_irq_type)7, fds, 1), -EINVAL, INVALID,
		     PLX_R_BAD_ENUM, 2);
	assert_fails(plx_irq_enable(dev, PLX_IRQ_MSIX, NULL, 1), -EINVAL, INVALID, PLX_R_NULL_ARG,
		     3);
	assert_fails(plx_irq_enable(dev, PLX_IRQ_MSIX, bad, 2), -EINVAL, INVALID, PLX_R_BAD_VALUE,
		     3);
	assert_fails(plx_irq_enable(dev, PLX_IRQ_MSIX, fds, 0), -EINVAL, INVALID, PLX_R_ZERO_LEN,
		     4);
	assert_fails(plx_irq_enable(dev, PLX_IRQ_MSI, fds, 5), -EINVAL, INVALID, PLX_R_TOO_LARGE,
		     4);
	assert_fails(plx_irq_unmask(dev), -EPERM, PLX_STATUS_ACCESS_DENIED, PLX_R_ORDER, 0);
	assert_works(plx_irq_disable(dev));
	end();
}

static void test_irq_fire(void **state)
{
	const int some[3] = { -1, -1, -1 };

	(void)state;
	begin();
	assert_works(plx_irq_enable(dev, PLX_IRQ_MSIX, fds, 16));
	raise_irq(PLX_IRQI_MSIX, 3);
	raise_irq(PLX_IRQI_MSIX, 15);
	assert_int_equal(fired(3) + fired(15), 2);
	assert_works(plx_irq_enable(dev, PLX_IRQ_MSIX, fds, 2)); /* replaces all of them */
	raise_irq(PLX_IRQI_MSIX, 3);
	raise_irq(PLX_IRQI_MSIX, 1);
	assert_int_equal(fired(3), 0);
	assert_int_equal(fired(1), 1);
	assert_works(plx_irq_enable(dev, PLX_IRQ_MSI, fds, 4)); /* another kind */
	raise_irq(PLX_IRQI_MSIX, 1);
	raise_irq(PLX_IRQI_MSI, 2);
	assert_int_equal(fired(1), 0);
	assert_int_equal(fired(2), 1);
	assert_works(plx_irq_enable(dev, PLX_IRQ_MSIX, some, 3));
	assert_works(plx_irq_disable(dev));
	raise_irq(PLX_IRQI_MSI, 2);
	assert_int_equal(fired(2), 0);
	end();
}

static void test_irq_intx(void **state)
{
	(void)state;
	begin();
	assert_works(plx_irq_enable(dev, PLX_IRQ_INTX, fds, 1));
	raise_irq(PLX_IRQI_INTX, 0);
	raise_irq(PLX_IRQI_INTX, 0); /* masked meanwhile */
	assert_int_equal(fired(0), 1);
	assert_works(plx_irq_unmask(dev));
	raise_irq(PLX_IRQI_INTX, 0);
	assert_true(fired(0) >= 1);
	end();
}

/* What was enabled stays when the new ones cannot be had (G-4). */
static void test_irq_failure(void **state)
{
	(void)state;
	begin();
	assert_works(plx_irq_enable(dev, PLX_IRQ_MSI, fds, 2));
	if (lab.backend == PLX_BACKEND_SIM) {
		const int none[1] = { 0x7fffffff };

		assert_int_not_equal(plx_irq_enable(dev, PLX_IRQ_MSIX, none, 1), 0);
	} else {
		plx_test_inject(PLX_TEST_IOCTL, VFIO_DEVICE_SET_IRQS, 2, ENOMEM);
		assert_int_equal(plx_irq_enable(dev, PLX_IRQ_MSIX, fds, 4), -ENOMEM);
		plx_test_inject(PLX_TEST_IOCTL, VFIO_DEVICE_SET_IRQS, 1, EIO);
		assert_int_equal(plx_irq_disable(dev), -EIO);
	}
	raise_irq(PLX_IRQI_MSI, 1);
	assert_int_equal(fired(1), 1);
	end();
}

/* --- events --- */

static void test_events(void **state)
{
	struct plx_event ev[4];
	unsigned n = 99;

	(void)state;
	begin();
	assert_works(plx_dev_events(dev, ev, 4, &n));
	assert_int_equal(n, 0);
	raise_irq(PLX_IRQI_ERR, 0);
	raise_irq(PLX_IRQI_ERR, 0);
	raise_irq(PLX_IRQI_REQ, 0);
	assert_works(plx_dev_events(dev, NULL, 0, &n));
	assert_int_equal(n, 0);
	assert_works(plx_dev_events(dev, ev, 1, &n));
	assert_int_equal(n, 1);
	assert_int_equal(ev[0].type, PLX_EVENT_ERROR);
	assert_works(plx_dev_events(dev, ev, 4, &n)); /* the other one waited */
	assert_int_equal(n, 1);
	assert_int_equal(ev[0].type, PLX_EVENT_REMOVAL_REQUEST);
	assert_works(plx_dev_events(dev, ev, 4, &n));
	assert_int_equal(n, 0);
	end();
}

/* A device that was detached and attached again reports as before. */
static void test_events_after_reattach(void **state)
{
	struct plx_iommu *io = devlab_iommu();
	struct plx_domain *d = devlab_domain(io);
	struct plx_event ev[4];
	unsigned n = 0;

	(void)state;
	begin();
	devlab_leave_own(dev);
	assert_works(plx_domain_attach(d, dev));
	raise_irq(PLX_IRQI_REQ, 0);
	assert_works(plx_dev_events(dev, ev, 4, &n));
	assert_int_equal(n, 1);
	assert_works(plx_irq_enable(dev, PLX_IRQ_MSIX, fds, 1));
	assert_works(plx_domain_detach(d, dev));
	assert_works(plx_domain_attach(d, dev));
	raise_irq(PLX_IRQI_MSIX, 0);
	assert_int_equal(fired(0), lab.backend != PLX_BACKEND_TYPE1); /* its file was closed */
	assert_works(plx_irq_enable(dev, PLX_IRQ_MSIX, fds, 1));
	raise_irq(PLX_IRQI_MSIX, 0);
	assert_int_equal(fired(0), 1);
	end();
	assert_works(plx_domain_delete(d));
	assert_works(plx_iommu_close(io));
}

static const struct CMUnitTest tests[] = {
	RULE(test_irq_count),
	RULE(test_irq_arguments),
	RULE(test_irq_fire),
	RULE(test_irq_intx),
	RULE(test_irq_failure),
	RULE(test_events),
	RULE(test_events_after_reattach),
};

LAB_MAIN(tests)
