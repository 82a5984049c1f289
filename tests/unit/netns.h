/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A network namespace of the test's own, with interfaces made by ip(8). Included after
 * <cmocka.h>.
 */
#ifndef TESTS_UNIT_NETNS_H
#define TESTS_UNIT_NETNS_H

#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));

	if (fd >= 0)
		close(fd);
	return n < 0 ? -1 : 0;
}

/* Run a command of the shell's, quietly. Return: 0 when it went well. */
static inline int sh(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline int sh(const char *format, ...)
{
	char command[512];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(command, sizeof(command) - 16, format, args);
	va_end(args);
	assert_true(n > 0 && n < (int)sizeof(command) - 16);
	strcat(command, " >/dev/null 2>&1");
	return system(command);
}

/* Return: why this process cannot have a namespace with a pair of veth interfaces; NULL: it has. */
static inline const char *enter_netns(void)
{
	char map[32];
	unsigned uid = getuid();

	if (uid) {
		if (unshare(CLONE_NEWUSER))
			return "no user namespace to be had";
		snprintf(map, sizeof(map), "0 %u 1", uid);
		if (write_text("/proc/self/uid_map", map))
			return "no user can be mapped";
	}
	if (unshare(CLONE_NEWNET))
		return "no network namespace to be had";
	/* No frames of the kernel's own: router solicitations, duplicate address detection. */
	write_text("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
	write_text("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
	if (sh("ip link add v0 type veth peer name v1"))
		return "ip(8) makes no veth interfaces here";
	return sh("ip link del v0") ? "ip(8) removes no interface here" : NULL;
}

/* The kernel tells of a carrier when it comes round to it (link_watch.c): within seconds. */
static inline struct plx_port_info info_when_up(struct plx_port *port)
{
	struct plx_port_info info;

	for (int i = 0; i < 1000; i++) {
		plx_port_info(port, &info);
		if (info.link.up)
			return info;
		usleep(10000);
	}
	fail_msg("the link does not come up");
	return info;
}

#endif
