/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Opening a device: names, options, and what is left when it fails (G-2 .. G-5).
 */
#include "devlab.h"

#include "core/sysops.h"
#include "core/uapi.h"
#include "pci/pci_priv.h"

#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>

#define INVALID   PLX_STATUS_INVALID_PARAMETER
#define OPEN(...) devlab_open_fails("sim:dummy", &(struct plx_dev_opts){ __VA_ARGS__ })
#define REAL(...) devlab_open_fails("ffff:ff:1f.7", &(struct plx_dev_opts){ __VA_ARGS__ })

/* --- names --- */

static void test_names(void **state)
{
	static const char *const same[] = { "sim:dummy", "sim:dummy,id=0",
					    "sim:dummy,aperture=39" };
	struct plx_dev_info info;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct plx_dev *dev = devlab_open(same[i], NULL);

		assert_works(plx_dev_info(dev, &info));
		assert_string_equal(info.name, "sim:dummy,id=0");
		assert_works(plx_dev_close(dev));
	}
}

static void test_names_that_are_none(void **state)
{
	static const char *const bad[] = { "",
					   "x",
					   "03:00",
					   "03:00.8",
					   "0000:03:20.0",
					   "03:00.0 ",
					   "0000:03:00.00",
					   "sim:dummy,id=x",
					   "sim:dummy,aperture=99" };

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(devlab_open_fails(bad[i], NULL), -EINVAL);
		assert_int_equal(plx_last_error()->reason, PLX_R_BAD_VALUE);
	}
	assert_fails(devlab_open_fails("sim:dummy,colour=red", NULL), -EINVAL, INVALID,
		     PLX_R_BAD_KEY, 0);
	assert_fails(devlab_open_fails("sim:e1000", NULL), -ENODEV, PLX_STATUS_NOT_FOUND,
		     PLX_R_NO_DRIVER, 0);
	assert_fails(devlab_open_fails("ffff:ff:1f.7", NULL), -ENODEV, PLX_STATUS_NOT_FOUND,
		     PLX_R_NO_DEVICE, 0);
	assert_string_equal(plx_last_error()->object, "ffff:ff:1f.7");
}

static void test_info(void **state)
{
	struct plx_dev *dev = devlab_open("sim:dummy", NULL);
	struct plx_dev_info info;

	(void)state;
	assert_works(plx_dev_info(dev, &info));
	assert_int_equal(info.vendor, 0x1b36);
	assert_int_equal(info.device, 0x706c);
	assert_int_equal(info.backend, lab.backend);
	assert_int_equal(info.state, PLX_DEV_INIT);
	assert_true(info.group >= 0);
	assert_true(info.can_reset);
	assert_works(plx_dev_close(dev));
}

/* --- options --- */

static void test_options(void **state)
{
	const struct plx_dev_fds low = { -2, -1, -1 }, both = { 3, 4, -1 }, group = { 3, -1, -1 },
				 file = { -1, -1, 3 };

	(void)state;
	assert_fails(OPEN(.backend = (enum plx_backend)99), -EINVAL, INVALID, PLX_R_BAD_ENUM, 3);
	assert_fails(OPEN(.backend = (enum plx_backend) - 1), -EINVAL, INVALID, PLX_R_BAD_ENUM, 3);
	for (int i = 0; i < 3; i++) {
		static const enum plx_backend none[] = { PLX_BACKEND_VFIO_USER, PLX_BACKEND_SYSFS,
							 PLX_BACKEND_IOPORT };

		assert_fails(OPEN(.backend = none[i]), -ENOTSUP, PLX_STATUS_NOT_SUPPORTED,
			     PLX_R_NO_BACKEND, 3);
	}
	assert_fails(OPEN(.fds = &low), -EINVAL, INVALID, PLX_R_BAD_VALUE, 3);
	assert_fails(OPEN(.fds = &both), -EINVAL, INVALID, PLX_R_MISMATCH, 3);
	assert_fails(OPEN(.fds = &group, .backend = PLX_BACKEND_IOMMUFD), -EINVAL, INVALID,
		     PLX_R_MISMATCH, 3);
	assert_fails(OPEN(.fds = &file, .backend = PLX_BACKEND_TYPE1), -EINVAL, INVALID,
		     PLX_R_MISMATCH, 3);
	assert_fails(OPEN(.fds = &file, .backend = PLX_BACKEND_SIM), -EINVAL, INVALID,
		     PLX_R_MISMATCH, 3);
	assert_int_equal(OPEN(.vf_token = "no uuid"), -EINVAL);
	assert_int_equal(plx_last_error()->reason, PLX_R_BAD_VALUE);
	assert_fails(OPEN(.backend = PLX_BACKEND_NOIOMMU), -EPERM, PLX_STATUS_ACCESS_DENIED,
		     PLX_R_NO_IOMMU, 0);
	assert_fails(OPEN(.backend = PLX_BACKEND_NOIOMMU, .allow_noiommu = true), -EINVAL, INVALID,
		     PLX_R_MISMATCH, 3);
}

/* opts.domain decides on the backend, and must go with what else is said. */
static void test_options_domain(void **state)
{
	const enum plx_backend other =
		lab.backend == PLX_BACKEND_TYPE1 ? PLX_BACKEND_IOMMUFD : PLX_BACKEND_TYPE1;
	struct plx_iommu *io = devlab_iommu();
	struct plx_domain *d = devlab_domain(io);
	const struct plx_dev_opts opts = { .domain = d };
	struct plx_dev_info info;
	struct plx_dev *dev;

	(void)state;
	assert_works(plx_dev_open(lab.ctx, "sim:dummy", &opts, &dev));
	assert_works(plx_dev_info(dev, &info));
	assert_int_equal(info.backend, lab.backend);
	assert_works(plx_dev_close(dev));
	assert_fails(OPEN(.domain = d, .backend = other), -EINVAL, INVALID, PLX_R_MISMATCH, 3);
	assert_works(plx_domain_delete(d));
	assert_fails(OPEN(.domain = d), -EINVAL, INVALID_PARAMETER(1), PLX_R_DOMAIN_TYPE, 1);
	assert_works(plx_iommu_close(io));
}

static void test_auto_is_sim(void **state)
{
	struct plx_dev_info info;
	struct plx_dev *dev;

	(void)state;
	assert_works(plx_dev_open(lab.ctx, "sim:dummy", NULL, &dev));
	assert_works(plx_dev_info(dev, &info));
	assert_int_equal(info.backend, PLX_BACKEND_SIM);
	assert_works(plx_dev_close(dev));
}

/* A file that the caller opens in the simulated kernel, where the function stays plugged in. */
static int open_node(const char *fmt, unsigned n)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), fmt, n);
	fd = plx_sysops()->open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static struct plx_dev_fds open_fds(const struct plx_function *f)
{
	struct plx_dev_fds fds = { -1, -1, -1 };

	if (lab.backend == PLX_BACKEND_TYPE1) {
		fds.group = open_node("/dev/vfio/%u", (unsigned)f->facts.group);
	} else {
		fds.device = open_node("/dev/vfio/devices/vfio%u", (unsigned)f->facts.cdev);
		fds.iommu = open_node("/dev/iommu", 0);
	}
	return fds;
}

static void close_fds(struct plx_dev_fds *fds)
{
	const int all[] = { fds->group, fds->device, fds->iommu };

	for (unsigned i = 0; i < 3; i++)
		if (all[i] >= 0)
			assert_int_equal(plx_sysops()->close(all[i]), 0);
}

/* The caller's files are used, and stay the caller's, whether the open works or not. */
static void test_borrowed_files(void **state)
{
	struct plx_dev *dev = devlab_open("sim:dummy", NULL);
	struct plx_function *f = dev->function;
	struct plx_iommu *io = devlab_iommu();
	struct plx_domain *d = devlab_domain(io);
	struct plx_dev_fds fds;
	struct plx_dev_opts opts = { .backend = lab.backend, .fds = &fds };

	(void)state;
	f->n_handles++; /* it stays when its last handle goes */
	assert_works(plx_dev_close(dev));
	if (lab.backend != PLX_BACKEND_SIM) {
		fds = open_fds(f);
		plx_test_inject(PLX_TEST_IOCTL, VFIO_DEVICE_GET_INFO, 1, EIO);
		assert_int_equal(plx_dev_open(lab.ctx, "sim:dummy", &opts, &dev), -EIO);
		close_fds(&fds); /* a device's file was bound, once and for all */
		fds = open_fds(f);
		assert_works(plx_dev_open(lab.ctx, "sim:dummy", &opts, &dev));
		assert_int_equal(devlab_read32(dev, 0, 0), 0x706c7801);
		if (lab.backend == PLX_BACKEND_IOMMUFD)
			assert_fails(plx_domain_attach(d, dev), -EINVAL, INVALID, PLX_R_MISMATCH,
				     2);
		assert_works(plx_dev_close(dev));
		close_fds(&fds);
	}
	dev = devlab_open("sim:dummy", NULL);
	f->n_handles--;
	assert_works(plx_dev_close(dev));
	assert_works(plx_domain_delete(d));
	assert_works(plx_iommu_close(io));
}

/* IF-7: no-iommu is for who says so, and only where there is nothing else. */
static void test_noiommu(void **state)
{
	const struct plx_dev_opts opts = { .backend = PLX_BACKEND_NOIOMMU, .allow_noiommu = true };
	struct plx_phys p = { .type = PLX_PHYS_CONTIG, .contig = { 0x10000, PAGE } };
	struct plx_domain *d;
	struct plx_dev *dev;
	uint64_t iova;

	(void)state;
	plx_sim_config.noiommu = true;
	assert_fails(OPEN(.backend = PLX_BACKEND_NOIOMMU), -EPERM, PLX_STATUS_ACCESS_DENIED,
		     PLX_R_NO_IOMMU, 0);
	assert_fails(OPEN(.backend = PLX_BACKEND_TYPE1, .allow_noiommu = true), -ENODEV,
		     PLX_STATUS_NOT_FOUND, PLX_R_NO_IOMMU, 0);
	assert_works(plx_dev_open(lab.ctx, "sim:dummy", &opts, &dev));
	assert_int_equal(devlab_read32(dev, 0, 0), 0x706c7801);
	devlab_attributes(dev, true);
	assert_works(plx_dev_domain(dev, &d));
	assert_fails(plx_iommu_map(d, PLX_IOMMU_READ, &p, NULL, NULL, NULL, &iova), -EINVAL,
		     INVALID_PARAMETER(1), PLX_R_DOMAIN_TYPE, 1); /* PASSTHROUGH */
	assert_works(plx_domain_detach(d, dev));
	assert_works(plx_domain_attach(d, dev));
	assert_works(plx_dev_close(dev));
	plx_sim_config.noiommu = false;
}

/* AUTO, as a real device has it: type1 first, iommufd where only that is there. */
static void test_auto_backend(void **state)
{
	struct plx_dev *dev, *other;

	(void)state;
	assert_works(plx_dev_open(lab.ctx, "sim:dummy", NULL, &dev));
	dev->sys = plx_sim_kernel();
	dev->backend = PLX_BACKEND_AUTO;
	assert_int_equal(plx_bus_take_iommu(dev), 0);
	assert_int_equal(dev->backend, PLX_BACKEND_TYPE1);
	plx_bus_return_iommu(dev);
	other = devlab_open("sim:dummy,id=1", NULL); /* of iommufd, for one, is open already */
	plx_sim_config.no_type1 = true;
	dev->backend = PLX_BACKEND_AUTO;
	if (lab.backend != PLX_BACKEND_TYPE1) {
		assert_int_equal(plx_bus_take_iommu(dev), 0);
		assert_int_equal(dev->backend, PLX_BACKEND_IOMMUFD);
		if (lab.backend == PLX_BACKEND_IOMMUFD)
			assert_ptr_equal(dev->own_iommu, other->own_iommu);
		plx_bus_return_iommu(dev);
	}
	assert_works(plx_dev_close(other));
	plx_sim_config.no_iommufd = true;
	dev->backend = PLX_BACKEND_AUTO;
	assert_fails(plx_bus_take_iommu(dev), -ENOTSUP, PLX_STATUS_NOT_SUPPORTED, PLX_R_NO_BACKEND,
		     0);
	plx_sim_config.no_type1 = plx_sim_config.no_iommufd = false;
	dev->backend = PLX_BACKEND_SIM;
	assert_works(plx_dev_close(dev));
}

/* A second handle says the same of the function as the first, or nothing. */
static void test_same_id_other_function(void **state)
{
	struct plx_dev *dev = devlab_open("sim:dummy,group=3", NULL);

	(void)state;
	assert_fails(devlab_open_fails("sim:dummy,group=4", NULL), -EINVAL, INVALID, PLX_R_MISMATCH,
		     2);
	assert_fails(devlab_open_fails("sim:dummy,group=3,aperture=32", NULL), -EINVAL, INVALID,
		     PLX_R_MISMATCH, 2);
	if (lab.backend == PLX_BACKEND_SIM) /* the name need not say it again */
		assert_works(plx_dev_close(devlab_open("sim:dummy", NULL)));
	assert_works(plx_dev_close(dev));
}

/* --- G-2 .. G-5 --- */

static void test_G_2_outputs_on_failure(void **state)
{
	struct plx_domain *d = (struct plx_domain *)&devlab;
	struct plx_dev_stats stats = { 1, 1 };
	struct plx_bar bar = { .size = 1 };
	struct plx_dev_info info = { .vendor = 1 };
	unsigned n = 1;
	uint8_t cap = 1;
	uint16_t ext = 1;

	(void)state;
	assert_int_equal(devlab_open_fails("sim:none", NULL), -ENODEV); /* checks *out */
	assert_int_equal(plx_dev_info(NULL, &info), -EINVAL);
	assert_int_equal(plx_dev_stats(NULL, &stats), -EINVAL);
	assert_int_equal(plx_dev_domain(NULL, &d), -EINVAL);
	assert_int_equal(plx_dev_bar(NULL, 0, &bar), -EINVAL);
	assert_int_equal(plx_irq_count(NULL, PLX_IRQ_MSIX, &n), -EINVAL);
	assert_int_equal(plx_pci_find_cap(NULL, 0x11, &cap), -EINVAL);
	assert_int_equal(plx_pci_find_ext_cap(NULL, 1, &ext), -EINVAL);
	assert_int_equal(info.vendor + (int)stats.pio_errors + (int)stats.dma_faults, 0);
	assert_null(d);
	assert_int_equal(bar.size + n + cap + ext, 0);
	n = 1;
	assert_int_equal(plx_dev_events(NULL, NULL, 0, &n), -EINVAL);
	assert_int_equal(n, 0);
}

static void test_G_3_null_outputs(void **state)
{
	struct plx_dev *dev = (struct plx_dev *)&devlab;
	struct plx_event ev;
	unsigned n;

	(void)state;
	assert_fails(plx_dev_open(NULL, "sim:dummy", NULL, &dev), -EINVAL, INVALID, PLX_R_NULL_ARG,
		     1);
	assert_null(dev);
	assert_works(plx_dev_open(lab.ctx, "sim:dummy,id=1", NULL, &dev));
	assert_fails(devlab_open_fails(NULL, NULL), -EINVAL, INVALID, PLX_R_NULL_ARG, 2);
	assert_fails(plx_dev_open(lab.ctx, "sim:dummy,id=2", NULL, NULL), -EINVAL, INVALID,
		     PLX_R_NULL_ARG, 4);
	assert_fails(plx_dev_set_attributes(dev, NULL), -EINVAL, INVALID, PLX_R_NULL_ARG, 2);
	assert_fails(plx_dev_info(dev, NULL), -EINVAL, INVALID, PLX_R_NULL_ARG, 2);
	assert_fails(plx_dev_stats(dev, NULL), -EINVAL, INVALID, PLX_R_NULL_ARG, 2);
	assert_fails(plx_dev_domain(dev, NULL), -EINVAL, INVALID, PLX_R_NULL_ARG, 2);
	assert_fails(plx_dev_bar(dev, 0, NULL), -EINVAL, INVALID, PLX_R_NULL_ARG, 3);
	assert_fails(plx_irq_count(dev, PLX_IRQ_INTX, NULL), -EINVAL, INVALID, PLX_R_NULL_ARG, 3);
	assert_fails(plx_pci_find_cap(dev, 1, NULL), -EINVAL, INVALID, PLX_R_NULL_ARG, 3);
	assert_fails(plx_pci_find_ext_cap(dev, 1, NULL), -EINVAL, INVALID, PLX_R_NULL_ARG, 3);
	assert_fails(plx_dev_events(dev, NULL, 1, &n), -EINVAL, INVALID, PLX_R_NULL_ARG, 2);
	assert_fails(plx_dev_events(dev, &ev, 1, NULL), -EINVAL, INVALID, PLX_R_NULL_ARG, 4);
	assert_fails(plx_dev_close(NULL), -EINVAL, INVALID, PLX_R_NULL_ARG, 1);
	assert_fails(plx_dev_start(NULL), -EINVAL, INVALID, PLX_R_NULL_ARG, 1);
	assert_fails(plx_dev_halt(NULL), -EINVAL, INVALID, PLX_R_NULL_ARG, 1);
	assert_fails(plx_dev_reset(NULL), -EINVAL, INVALID, PLX_R_NULL_ARG, 1);
	assert_works(plx_dev_close(dev));
}

/* Each call that a device's life makes of the kernel; close(2) closes whatever it answers. */
static const struct {
	enum plx_test_call call;
	unsigned long request;
} calls[] = {
	{ PLX_TEST_OPEN, 0 },
	{ PLX_TEST_MMAP, 0 },
	{ PLX_TEST_PREAD, 0 },
	{ PLX_TEST_PWRITE, 0 },
	{ PLX_TEST_IOCTL, VFIO_GET_API_VERSION },
	{ PLX_TEST_IOCTL, VFIO_CHECK_EXTENSION },
	{ PLX_TEST_IOCTL, VFIO_SET_IOMMU },
	{ PLX_TEST_IOCTL, VFIO_IOMMU_GET_INFO },
	{ PLX_TEST_IOCTL, VFIO_GROUP_GET_STATUS },
	{ PLX_TEST_IOCTL, VFIO_GROUP_SET_CONTAINER },
	{ PLX_TEST_IOCTL, VFIO_GROUP_UNSET_CONTAINER },
	{ PLX_TEST_IOCTL, VFIO_GROUP_GET_DEVICE_FD },
	{ PLX_TEST_IOCTL, VFIO_DEVICE_GET_INFO },
	{ PLX_TEST_IOCTL, VFIO_DEVICE_GET_REGION_INFO },
	{ PLX_TEST_IOCTL, VFIO_DEVICE_GET_IRQ_INFO },
	{ PLX_TEST_IOCTL, VFIO_DEVICE_SET_IRQS },
	{ PLX_TEST_IOCTL, VFIO_DEVICE_RESET },
	{ PLX_TEST_IOCTL, PLX_UAPI_BIND },
	{ PLX_TEST_IOCTL, PLX_UAPI_ATTACH },
	{ PLX_TEST_IOCTL, PLX_UAPI_DETACH },
	{ PLX_TEST_IOCTL, PLX_UAPI_IOAS_ALLOC },
	{ PLX_TEST_IOCTL, PLX_UAPI_IOVA_RANGES },
	{ PLX_TEST_IOCTL, PLX_UAPI_DESTROY },
};

/* Whatever fails, at whatever time: nothing is left, and the next try works. */
static void inject_open(unsigned i, unsigned nth, struct plx_domain *d, bool *failed)
{
	const struct plx_dev_opts opts = { .domain = d, .backend = lab.backend };
	unsigned fds = plx_sim_kernel_fds(), files = count_fds();
	struct plx_dev *dev;
	int err;

	plx_test_inject(calls[i].call, calls[i].request, nth, EIO);
	err = plx_dev_open(lab.ctx, "sim:dummy", &opts, &dev);
	*failed = err;
	plx_test_inject(calls[i].call, calls[i].request, 0, 0);
	if (!err) {
		assert_works(plx_dev_close(dev));
	} else {
		assert_null(dev);
		assert_int_equal(plx_last_error()->err, err);
		assert_true(plx_last_error()->text[0]);
	}
	assert_int_equal(plx_sim_kernel_fds(), fds);
	assert_int_equal(count_fds(), files);
}

static void inject_opens(struct plx_domain *d)
{
	unsigned failures = 0;

	for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		unsigned successes = 0;

		/* Some failures do not keep a device from being opened. */
		for (unsigned nth = 1; successes < 12; nth++) {
			bool failed;

			inject_open(i, nth, d, &failed);
			successes = failed ? 0 : successes + 1;
			failures += failed;
		}
	}
	assert_true(lab.backend == PLX_BACKEND_SIM || failures >= 15);
}

static void test_G_4_open_fails(void **state)
{
	(void)state;
	inject_opens(NULL);
}

static void test_G_4_open_into_domain_fails(void **state)
{
	struct plx_iommu *io = devlab_iommu();
	struct plx_domain *d = devlab_domain(io);

	(void)state;
	inject_opens(d);
	assert_works(plx_domain_delete(d));
	assert_works(plx_iommu_close(io));
}

/* Closing always succeeds: what the kernel refuses is a line in the log. */
static void test_G_4_close_while_kernel_refuses(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		for (unsigned nth = 1; nth < 8; nth++) {
			struct plx_dev *dev = devlab_open("sim:dummy", NULL);

			devlab_attributes(dev, true);
			plx_test_inject(calls[i].call, calls[i].request, nth, EIO);
			assert_works(plx_dev_close(dev));
			plx_test_inject(calls[i].call, calls[i].request, 0, 0);
			assert_int_equal(plx_sim_kernel_fds(), 0);
		}
	}
}

/* Two faults at once: the first argument's is told, and arguments before what they ask for. */
static void test_G_5_order_of_faults(void **state)
{
	(void)state;
	assert_fails(plx_dev_open(NULL, NULL, NULL, NULL), -EINVAL, INVALID, PLX_R_NULL_ARG, 1);
	assert_fails(plx_dev_open(lab.ctx, NULL, NULL, NULL), -EINVAL, INVALID, PLX_R_NULL_ARG, 2);
	assert_int_equal(plx_dev_open(lab.ctx, "x", NULL, NULL), -EINVAL);
	assert_int_equal(plx_last_error()->reason, PLX_R_BAD_VALUE);
	plx_test_inject(PLX_TEST_OPEN, 0, 1, EMFILE);
	assert_fails(OPEN(.backend = (enum plx_backend)99), -EINVAL, INVALID, PLX_R_BAD_ENUM, 3);
	plx_test_inject(PLX_TEST_OPEN, 0, 0, 0);
}

/* Ten thousand times, and nothing grows. */
static void test_open_close_for_ever(void **state)
{
	unsigned rounds = lab.backend == PLX_BACKEND_SIM ? 10000 : 1000;

	(void)state;
	for (unsigned i = 0; i < rounds; i++)
		assert_works(plx_dev_close(devlab_open("sim:dummy", NULL)));
	assert_int_equal(count_fds(), lab.files);
	assert_int_equal(plx_sim_kernel_fds(), 0);
}

static const struct CMUnitTest tests[] = {
	RULE(test_names),
	RULE(test_names_that_are_none),
	RULE(test_info),
	RULE(test_options),
	RULE(test_options_domain),
	RULE(test_auto_is_sim),
	RULE(test_borrowed_files),
	RULE(test_auto_backend),
	RULE(test_noiommu),
	RULE(test_same_id_other_function),
	RULE(test_G_2_outputs_on_failure),
	RULE(test_G_3_null_outputs),
	RULE(test_G_4_open_fails),
	RULE(test_G_4_open_into_domain_fails),
	RULE(test_G_4_close_while_kernel_refuses),
	RULE(test_G_5_order_of_faults),
	RULE(test_open_close_for_ever),
};

LAB_MAIN(tests)
