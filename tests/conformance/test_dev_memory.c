/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Shortage of memory and of file descriptors: a device's life is lived again and again, and each time one
 * more allocation succeeds before one fails. The failure must be said, and nothing be left (G-4).
 *
 * The linker sends allocations here (-Wl,--wrap=calloc), those of the simulated kernel, too.
 */
#include "devlab.h"

#include <sys/eventfd.h>
#include <unistd.h>

static unsigned fail_in; /* the nth allocation from now fails; 0: none */
static bool failed;

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
int __real_eventfd(unsigned count, int flags);
int __wrap_eventfd(unsigned count, int flags);

static bool fails_now(void)
{
	if (!fail_in || --fail_in)
		return false;
	failed = true;
	return true;
}

void *__wrap_calloc(size_t n, size_t size)
{
	if (!fails_now())
		return __real_calloc(n, size);
	errno = ENOMEM;
	return NULL;
}

void *__wrap_malloc(size_t size)
{
	if (!fails_now())
		return __real_malloc(size);
	errno = ENOMEM;
	return NULL;
}

int __wrap_eventfd(unsigned count, int flags)
{
	if (!fails_now())
		return __real_eventfd(count, flags);
	errno = EMFILE;
	return -1;
}

/* Up to the first failure. */
static int live(struct plx_dev **dev, int vector)
{
	const struct plx_dev_opts opts = { .backend = lab.backend };
	const struct plx_dev_attributes attr = { .bus_master = true };
	struct plx_domain *d;
	int err = plx_dev_open(lab.ctx, "sim:dummy", &opts, dev);

	assert_true(err || *dev);
	if (!err)
		err = plx_dev_set_attributes(*dev, &attr);
	if (!err)
		err = plx_irq_enable(*dev, PLX_IRQ_MSIX, &vector, 1);
	if (!err)
		err = plx_dev_enter(*dev, 1);
	if (!err)
		err = plx_dev_leave(*dev, plx_dev_need_domain(*dev, &d));
	if (!err && !plx_dev_domain(*dev, &d))
		err = plx_domain_detach(d, *dev);
	return err ? err : plx_domain_attach(d, *dev);
}

static void test_G_4_shortage(void **state)
{
	int vector = __real_eventfd(0, EFD_CLOEXEC), err;
	unsigned failures = 0;

	(void)state;
	for (unsigned nth = 1;; nth++) {
		struct plx_dev *dev = NULL;

		failed = false;
		fail_in = nth;
		err = live(&dev, vector);
		fail_in = 0;
		if (err) {
			assert_true(failed);
			assert_true(err == -ENOMEM || err == -EMFILE);
			assert_int_equal(plx_last_error()->err, err);
			assert_true(plx_last_error()->text[0]);
			failures++;
		}
		if (dev)
			assert_works(plx_dev_close(dev));
		assert_int_equal(plx_sim_kernel_fds(), 0);
		assert_int_equal(count_fds(), lab.files + 1);
		if (!failed)
			break;
	}
	assert_true(failures > 10);
	close(vector);
}

static const struct CMUnitTest tests[] = { RULE(test_G_4_shortage) };

LAB_MAIN(tests)
