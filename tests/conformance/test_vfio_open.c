/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Opening a device through VFIO: what the kernel's refusals become (2.2, 8.2, 8.3). That they leave
 * nothing behind is tested in test_dev_open.c.
 */
#include "devlab.h"

#include <ctype.h>
#include <linux/vfio.h>

#define TOKEN "2ab74924-c335-45f4-9b16-8569e5b08258"

static bool by_group(void)
{
	return lab.backend == PLX_BACKEND_TYPE1;
}

static int open_refused(const char *token)
{
	const struct plx_dev_opts opts = { .backend = lab.backend, .vf_token = token };

	return devlab_open_fails("sim:dummy", &opts);
}

/* --- the group's or the device's file --- */

static bool is_node(const char *path)
{
	if (by_group())
		return !strncmp(path, "/dev/vfio/", 10) && isdigit((unsigned char)path[10]);
	return !strncmp(path, "/dev/vfio/devices/vfio", 22);
}

/* Have every open(2) fail in turn until it is the node's. */
static int open_without_node(int err)
{
	for (unsigned n = 1; n < 10; n++) {
		int rc;

		plx_test_inject(PLX_TEST_OPEN, 0, n, err);
		rc = open_refused(NULL);
		if (is_node(plx_last_error()->object))
			return rc;
	}
	fail_msg("no opening fails for the node");
	return 0;
}

static void test_node_refused(void **state)
{
	(void)state;
	assert_fails(open_without_node(EBUSY), -EBUSY, PLX_STATUS_RESOURCE_IN_USE, PLX_R_GROUP_BUSY,
		     0);
	assert_fails(open_without_node(EACCES), -EACCES, PLX_STATUS_ACCESS_DENIED, PLX_R_PERMISSION,
		     0);
	assert_fails(open_without_node(EPERM), -EACCES, PLX_STATUS_ACCESS_DENIED, PLX_R_PERMISSION,
		     0);
	assert_int_equal(plx_last_error()->sys_errno, EPERM);
	assert_fails(open_without_node(ENOENT), -ENODEV, PLX_STATUS_NOT_FOUND,
		     by_group() ? PLX_R_NOT_BOUND : PLX_R_NO_BACKEND, 0);
	assert_fails(open_without_node(EMFILE), -EMFILE, PLX_STATUS_UNSUCCESSFUL, PLX_R_FILE, 0);
}

/* --- the device's fd --- */

static int fd_refused(int err)
{
	plx_test_inject(PLX_TEST_IOCTL, VFIO_GROUP_GET_DEVICE_FD, 1, err);
	return open_refused(NULL);
}

/* For a moment, which is waited for. */
static void fd_comes_later(int err)
{
	plx_test_inject(PLX_TEST_IOCTL, VFIO_GROUP_GET_DEVICE_FD, 1, err);
	assert_works(plx_dev_close(devlab_open("sim:dummy", NULL)));
}

static void test_device_fd_refused(void **state)
{
	(void)state;
	if (!by_group())
		return; /* the cdev is the device's fd */
	assert_fails(fd_refused(EACCES), -EACCES, PLX_STATUS_ACCESS_DENIED, PLX_R_PERMISSION, 0);
	assert_fails(fd_refused(EINVAL), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_KERNEL_CONFLICT, 0);
	assert_fails(fd_refused(ENODEV), -ENODEV, PLX_STATUS_NOT_FOUND, PLX_R_NOT_BOUND, 0);
	assert_fails(fd_refused(EPERM), -EPERM, PLX_STATUS_ACCESS_DENIED, PLX_R_UNSAFE_INTR, 0);
	assert_fails(fd_refused(EBUSY), -EBUSY, PLX_STATUS_RESOURCE_IN_USE, PLX_R_GROUP_BUSY, 0);
	fd_comes_later(EAGAIN);
	fd_comes_later(EINTR);
}

static void test_token(void **state)
{
	(void)state;
	assert_fails(open_refused("no-uuid"), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_BAD_VALUE, 0);
	if (by_group()) /* it is no virtual function */
		assert_fails(open_refused(TOKEN), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
			     PLX_R_BAD_VALUE, 0);
	else
		assert_fails(open_refused(TOKEN), -ENOTSUP, PLX_STATUS_NOT_SUPPORTED,
			     PLX_R_UNSUPPORTED, 0);
}

/* --- reset --- */

static int reset_refused(struct plx_dev *dev, int err)
{
	plx_test_inject(PLX_TEST_IOCTL, VFIO_DEVICE_RESET, 1, err);
	return plx_dev_reset(dev);
}

static void test_reset(void **state)
{
	struct plx_dev *dev = devlab_open("sim:dummy", NULL);

	(void)state;
	devlab_write32(dev, 0, 8, 0x12345678);
	assert_works(reset_refused(dev, EAGAIN)); /* somebody else's stood in the way */
	assert_int_equal(devlab_read32(dev, 0, 8), 0);
	assert_fails(reset_refused(dev, ENODEV), -ENODEV, PLX_STATUS_NOT_FOUND, PLX_R_NO_DEVICE, 0);
	assert_int_equal(plx_last_error()->sys_errno, ENODEV);
	assert_works(plx_dev_close(dev));
}

static void test_reset_that_is_not_to_be_had(void **state)
{
	struct plx_dev_info info;
	struct plx_dev *dev;

	(void)state;
	plx_sim_config.no_reset = true;
	dev = devlab_open("sim:dummy", NULL);
	assert_works(plx_dev_info(dev, &info));
	assert_false(info.can_reset);
	assert_fails(plx_dev_reset(dev), -ENOTSUP, PLX_STATUS_NOT_SUPPORTED, PLX_R_UNSUPPORTED, 0);
	assert_works(plx_dev_close(dev));
}

static const struct CMUnitTest tests[] = {
	RULE(test_node_refused), RULE(test_device_fd_refused),           RULE(test_token),
	RULE(test_reset),        RULE(test_reset_that_is_not_to_be_had),
};

LAB_MAIN(tests)
