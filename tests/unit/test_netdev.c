/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Linux interfaces by name: in a network namespace of the test's own.
 */
#define _GNU_SOURCE /* unshare */
#include <pollux/pollux.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "helper.h"
#include "netdev/netdev.h"
#include "netns.h"

static struct plx_netdev dev;

static int setup(void **state)
{
	(void)state;
	assert_int_equal(sh("ip link add v0 address 02:00:00:00:00:07 type veth peer name v1"), 0);
	assert_int_equal(sh("ip link set v0 up && ip link set v1 up"), 0);
	assert_int_equal(plx_netdev_open(&dev, "v0", -1, "test"), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	plx_netdev_close(&dev);
	plx_netdev_close(&dev); /* once more is nothing to do */
	sh("ip link del v1");
	return 0;
}

static void expect(int err, int wanted, enum plx_reason reason, const char *text)
{
	expect_error(err, wanted, reason, text);
	assert_string_equal(plx_last_error()->object, "test");
}

static void test_no_such(void **state)
{
	struct plx_netdev none;
	unsigned fds = count_fds();

	(void)state;
	expect(plx_netdev_open(&none, "nix", -1, "test"), -ENODEV, PLX_R_NO_DEVICE,
	       "there is no interface \"nix\"");
	assert_non_null(strstr(plx_last_error()->text, "ip link"));
	assert_int_equal(none.fd, -1);
	expect(plx_netdev_open(&none, "", -1, "test"), -EINVAL, PLX_R_BAD_VALUE, "1 to 15");
	expect(plx_netdev_open(&none, "sixteen.charactr", -1, "test"), -EINVAL, PLX_R_BAD_VALUE,
	       "1 to 15");
	assert_int_equal(count_fds(), fds);
}

/* The kernel tells of a carrier when it comes round to it (link_watch.c): within seconds. */
static void expect_link(bool up)
{
	struct plx_netdev_link link;

	for (int i = 0; i < 1000; i++) {
		plx_netdev_link(&dev, &link);
		if (link.up == up)
			return;
		usleep(10000);
	}
	fail_msg("the link is not %s", up ? "up" : "down");
}

static void test_facts(void **state)
{
	static const uint8_t address[6] = { 2, 0, 0, 0, 0, 7 };
	unsigned mtu, min, max, flags;
	struct plx_netdev_link link;
	char name[IFNAMSIZ];
	uint8_t mac[6];

	(void)state;
	assert_int_equal(plx_netdev_get_mac(&dev, mac), 0);
	assert_memory_equal(mac, address, 6);
	assert_int_equal(plx_netdev_get_mtu(&dev, &mtu), 0);
	assert_int_equal(mtu, 1500);
	plx_netdev_mtu_range(&dev, &min, &max);
	assert_int_equal(min, 68);
	assert_int_equal(max, 65535);
	assert_int_equal(plx_netdev_get_flags(&dev, &flags), 0);
	assert_true(flags & IFF_UP);
	expect_link(true);
	plx_netdev_link(&dev, &link);
	assert_true(link.full_duplex);
	assert_int_equal(link.mbps, 10000);
	assert_int_equal(plx_netdev_node(&dev), -1);
	assert_string_equal(plx_netdev_name(&dev, name), "v0");
	assert_false(plx_netdev_gone(&dev));
}

static void test_changes(void **state)
{
	static const uint8_t address[6] = { 2, 0, 0, 0, 0, 9 };
	uint8_t mac[6];
	unsigned mtu;

	(void)state;
	assert_int_equal(plx_netdev_set_mtu(&dev, 9000), 0);
	assert_int_equal(plx_netdev_get_mtu(&dev, &mtu), 0);
	assert_int_equal(mtu, 9000);
	expect(plx_netdev_set_mtu(&dev, 67), -EINVAL, PLX_R_FILE, "cannot set the MTU of v0");
	assert_int_equal(plx_netdev_set_mac(&dev, address), 0);
	assert_int_equal(plx_netdev_get_mac(&dev, mac), 0);
	assert_memory_equal(mac, address, 6);
	assert_int_equal(plx_netdev_set_up(&dev, false), 0);
	expect_link(false);
	assert_int_equal(plx_netdev_set_up(&dev, true), 0);
	expect_link(true);
	assert_int_equal(sh("ip link set v1 down"), 0); /* takes the carrier away */
	expect_link(false);
}

/* The name goes to another interface; the index does not. */
static void test_renamed(void **state)
{
	char name[IFNAMSIZ];
	unsigned mtu;

	(void)state;
	assert_int_equal(sh("ip link set v0 down; ip link set v0 name other"), 0);
	assert_int_equal(sh("ip link add v0 mtu 1234 type veth peer name v3"), 0);
	assert_int_equal(plx_netdev_get_mtu(&dev, &mtu), 0);
	assert_int_equal(mtu, 1500);
	assert_string_equal(plx_netdev_name(&dev, name), "other");
	assert_int_equal(plx_netdev_set_mtu(&dev, 1400), 0);
	assert_int_equal(sh("ip link show v0 | grep 'mtu 1234'"), 0);
	assert_int_equal(sh("ip link show other | grep 'mtu 1400'"), 0);
	assert_int_equal(sh("ip link del v0"), 0);
}

static void test_removed(void **state)
{
	struct plx_netdev_link link;
	char name[IFNAMSIZ];
	unsigned n, max;
	uint8_t mac[6];

	(void)state;
	assert_int_equal(sh("ip link del v0"), 0);
	assert_true(plx_netdev_gone(&dev));
	expect(plx_netdev_get_mtu(&dev, &n), -ENODEV, PLX_R_NO_DEVICE, "interface v0 is gone");
	assert_int_equal(n, 0);
	assert_int_equal(plx_netdev_set_mtu(&dev, 1400), -ENODEV);
	assert_int_equal(plx_netdev_get_mac(&dev, mac), -ENODEV);
	assert_int_equal(plx_netdev_set_mac(&dev, mac), -ENODEV);
	assert_int_equal(plx_netdev_get_flags(&dev, &n), -ENODEV);
	assert_int_equal(plx_netdev_set_up(&dev, true), -ENODEV);
	plx_netdev_link(&dev, &link);
	assert_false(link.up);
	plx_netdev_mtu_range(&dev, &n, &max);
	assert_int_equal(n, 68);
	assert_int_equal(plx_netdev_node(&dev), -1);
	assert_string_equal(plx_netdev_name(&dev, name), "v0");
}

/* Through a socket of somebody else's, which is not closed. */
static void test_given_socket(void **state)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct plx_netdev other;
	unsigned mtu, max;

	(void)state;
	assert_int_equal(plx_netdev_open(&other, "v1", fd, "test"), 0);
	assert_int_equal(plx_netdev_get_mtu(&other, &mtu), 0);
	assert_int_equal(mtu, 1500);
	plx_netdev_mtu_range(&other, &mtu, &max);
	assert_int_equal(max, 65535);
	plx_netdev_close(&other);
	assert_int_equal(close(fd), 0);
	fd = open("/dev/null", O_RDONLY);
	expect(plx_netdev_open(&other, "v1", fd, "test"), -ENOTTY, PLX_R_FILE,
	       "cannot ask about interface v1");
	assert_int_equal(close(fd), 0);
}

/* The socket stays in the namespace in which it was opened. */
static void test_other_namespace(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (!pid) {
		unsigned mtu;

		if (unshare(CLONE_NEWNET) || plx_netdev_get_mtu(&dev, &mtu))
			_exit(1);
		_exit(mtu != 1500);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_not_ethernet(void **state)
{
	struct plx_netdev tun;
	uint8_t mac[6];

	(void)state;
	if (sh("ip tuntap add dev plxtun mode tun"))
		skip();
	assert_int_equal(plx_netdev_open(&tun, "plxtun", -1, "test"), 0);
	expect(plx_netdev_get_mac(&tun, mac), -ENOTSUP, PLX_R_UNSUPPORTED, "no Ethernet interface");
	assert_int_equal(plx_netdev_set_mac(&tun, mac), -ENOTSUP);
	plx_netdev_close(&tun);
	assert_int_equal(sh("ip link del plxtun"), 0);
}

static void test_no_rights(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (!pid) {
		/* In a new user namespace nobody has rights in the old one's network. */
		if (unshare(CLONE_NEWUSER))
			_exit(77);
		if (plx_netdev_set_mtu(&dev, 1400) != -EPERM)
			_exit(1);
		if (plx_last_error()->reason != PLX_R_PERMISSION)
			_exit(2);
		_exit(!strstr(plx_last_error()->text, "cap_net_raw,cap_net_admin"));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

static void test_no_socket(void **state)
{
	struct plx_netdev none;
	int fds[1024], n = 0;

	(void)state;
	assert_int_equal(sh("true"), 0);
	while (n < 1024 && (fds[n] = dup(0)) >= 0)
		n++;
	if (n < 1024)
		expect(plx_netdev_open(&none, "v0", -1, "test"), -EMFILE, PLX_R_FILE,
		       "cannot open a socket");
	while (n)
		close(fds[--n]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_no_such, setup, teardown),
		cmocka_unit_test_setup_teardown(test_facts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_changes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_renamed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_removed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_given_socket, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_namespace, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_ethernet, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_rights, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_socket, setup, teardown),
	};
	const char *why = enter_netns();

	if (why) {
		printf("SKIP: %s\n", why);
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
