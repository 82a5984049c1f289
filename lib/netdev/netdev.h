/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A Linux network interface: found by name, held by index, asked and changed by ioctl
 * (netdevice(7)).
 *
 * The index stays when the interface is renamed and is not given to another one soon, so nothing
 * here acts on an interface that merely inherited the name. All calls go through one socket: the
 * interface is one of the network namespace in which that socket was opened, also when the thread
 * has moved to another namespace since. /sys/class/net is not used, for it shows the namespace of
 * whoever mounted it.
 *
 * All calls return 0 or fail by plx_fail_sys(): -ENODEV (NO_DEVICE: the interface is gone), -EPERM
 * (PERMISSION), and what else the kernel says (FILE). Threads: any, several at once.
 */
#ifndef PLX_NETDEV_NETDEV_H
#define PLX_NETDEV_NETDEV_H

#include <pollux/base.h>

#include <net/if.h>

struct plx_netdev {
	int fd;    /* the socket */
	bool mine; /* opened here, and closed here */
	int index;
	char name[IFNAMSIZ]; /* as it was opened */
	const char *object;  /* for error records */
};

struct plx_netdev_link {
	bool up; /* set up, and with carrier */
	bool full_duplex;
	uint32_t mbps; /* 0: unknown */
};

/*
 * Find interface @name. @fd is a socket that outlives @dev, or -1: one is opened. @object, too,
 * outlives @dev: it names the port in error records. On failure nothing is held.
 * Errors: -ENODEV (NO_DEVICE), -EINVAL (BAD_VALUE: no name of an interface).
 */
int plx_netdev_open(struct plx_netdev *dev, const char *name, int fd, const char *object);
/* Also for one that is zeroed or was not opened. */
void plx_netdev_close(struct plx_netdev *dev);

/* Its name now, for people: the one it was opened by when it is gone. Return: @name. */
const char *plx_netdev_name(const struct plx_netdev *dev, char name[IFNAMSIZ]);
bool plx_netdev_gone(const struct plx_netdev *dev);
/* Fill the record for an interface that is gone. Return: -ENODEV. */
int plx_netdev_fail_gone(const struct plx_netdev *dev);

/* IFF_UP, IFF_RUNNING, ... (netdevice(7)). */
int plx_netdev_get_flags(const struct plx_netdev *dev, unsigned *flags);
int plx_netdev_set_up(const struct plx_netdev *dev, bool up);
int plx_netdev_get_mtu(const struct plx_netdev *dev, unsigned *mtu);
int plx_netdev_set_mtu(const struct plx_netdev *dev, unsigned mtu);
/*
 * Where the kernel does not tell, what any Ethernet interface may have: 68 .. 65535. One thread
 * at a time.
 */
void plx_netdev_mtu_range(const struct plx_netdev *dev, unsigned *min, unsigned *max);
/* What the kernel wanted to send by it and dropped; 0: not known. One thread at a time. */
uint64_t plx_netdev_tx_dropped(const struct plx_netdev *dev);
/* -ENOTSUP (UNSUPPORTED): its frames have no Ethernet header. */
int plx_netdev_get_mac(const struct plx_netdev *dev, uint8_t mac[6]);
int plx_netdev_set_mac(const struct plx_netdev *dev, const uint8_t mac[6]);
/* Of one that is gone: down. */
void plx_netdev_link(const struct plx_netdev *dev, struct plx_netdev_link *link);
/* NUMA node of the device behind it; -1: none. */
int plx_netdev_node(const struct plx_netdev *dev);

/*
 * The record for a refusal by the kernel, for all who work with interfaces and sockets: "@what
 * failed: why", and what to do about it where rights are missing. @sys_errno as the kernel left
 * it. Return: -@sys_errno, but -ENODEV for ENXIO.
 */
int plx_netdev_fail(const char *object, int sys_errno, const char *fmt, ...) PLX_PRINTF(3, 4);

#endif
