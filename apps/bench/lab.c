/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/lab.h"
#include "bench/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define IP_DEADLINE 30.0 /* seconds */

static const char ip_commands[] = "link add plxb0 type veth peer name plxb0far\n"
				  "link add plxb1 type veth peer name plxb1far\n"
				  "link set plxb0 up arp off\n"
				  "link set plxb0far up arp off\n"
				  "link set plxb1 up arp off\n"
				  "link set plxb1far up arp off\n";

const struct cable *lab_cables(const char *driver)
{
	static const struct cable veth[] = { { "plxb0", "plxb0far" }, { "plxb1", "plxb1far" } };
	static const struct cable tap[] = { { "plxbtap0", "plxbtap0" },
					    { "plxbtap1", "plxbtap1" } };

	return strcmp(driver, "tap") ? veth : tap;
}

static bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t len = strlen(text);
	bool good = fd >= 0 && write(fd, text, len) == (ssize_t)len;

	if (fd >= 0)
		close(fd);
	return good;
}

/* By ip(8), from a file. */
static enum outcome make_veth(struct bench *b)
{
	char ip[4096], path[4200];
	const char *const argv[] = { ip, "-batch", path, NULL };
	struct child c = { 0 };
	enum outcome got;

	if (!find_program("ip", ip, sizeof(ip)))
		return bench_absent(b, "ip(8) is not installed (package iproute2)");
	if (!bench_temp_path(b, "ip", path, sizeof(path)))
		return FAILED;
	if (!write_text(path, ip_commands))
		return bench_failed(b, "%s cannot be written: %s", path, strerror(errno));
	got = child_start(b, &c, argv, false);
	if (got == MEASURED)
		got = child_finish(b, &c, IP_DEADLINE);
	child_end(&c);
	return got == MEASURED || bench_interrupted() ? got : ABSENT;
}

static enum outcome enter(struct bench *b)
{
	if (geteuid())
		return bench_absent(b, "it needs root");
	if (unshare(CLONE_NEWNET))
		return bench_absent(b, "no network namespace is to be had: %s", strerror(errno));
	/* No frames of the kernel's own: router solicitations, duplicate address detection. */
	write_text("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
	return make_veth(b);
}

enum outcome lab_enter(struct bench *b, const char *driver)
{
	struct kernel_state *k = &b->kernel;
	enum outcome got;

	if (k->lab == LAB_UNTRIED) {
		got = enter(b);
		if (got == FAILED)
			return got;
		k->lab = got == MEASURED ? LAB_READY : LAB_ABSENT;
		snprintf(k->why, sizeof(k->why), "%.255s", b->why);
	}
	if (k->lab == LAB_ABSENT)
		return bench_absent(b, "%s", k->why);
	if (!strcmp(driver, "tap") && access("/dev/net/tun", R_OK | W_OK))
		return bench_absent(b, "/dev/net/tun: %s", strerror(errno));
	return MEASURED;
}

bool lab_received(struct bench *b, const char *interface, uint64_t *packets)
{
	FILE *f = fopen("/proc/thread-self/net/dev", "re");
	bool found = false;
	char line[512], name[32];

	while (f && !found && fgets(line, sizeof(line), f))
		found = sscanf(line, " %31[^: ]: %*u %" SCNu64, name, packets) == 2 &&
			!strcmp(name, interface);
	if (f)
		fclose(f);
	if (!found)
		bench_failed(b, "the kernel counts no packets of %s", interface);
	return found;
}
