/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an interface's driver tells: speed and place by ethtool, the range of its MTU by
 * rtnetlink(7).
 */
#include "netdev/netdev.h"

#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define MTU_MIN 68    /* ETH_MIN_MTU */
#define MTU_MAX 65535 /* ETH_MAX_MTU */

static bool ethtool(const struct plx_netdev *dev, void *command)
{
	struct ifreq req = { .ifr_ifindex = 0 };

	plx_netdev_name(dev, req.ifr_name);
	req.ifr_data = command;
	return !ioctl(dev->fd, SIOCETHTOOL, &req);
}

/*
 * ETHTOOL_GLINKSETTINGS in its two steps: asked with no room for bitmaps, the kernel tells how
 * much they need, as a negative number (linux/ethtool.h).
 */
static void read_speed(const struct plx_netdev *dev, struct plx_netdev_link *link)
{
	uint32_t room[(sizeof(struct ethtool_link_settings) + 3 * 127 * 4) / 4] = { 0 };
	struct ethtool_link_settings *settings = (struct ethtool_link_settings *)(void *)room;
	int8_t words;

	settings->cmd = ETHTOOL_GLINKSETTINGS;
	if (!ethtool(dev, settings) || settings->link_mode_masks_nwords >= 0)
		return;
	words = (int8_t)-settings->link_mode_masks_nwords;
	memset(room, 0, sizeof(room));
	settings->cmd = ETHTOOL_GLINKSETTINGS;
	settings->link_mode_masks_nwords = words;
	if (words < 0 || !ethtool(dev, settings))
		return;
	if (settings->speed != (uint32_t)SPEED_UNKNOWN)
		link->mbps = settings->speed;
	link->full_duplex = settings->duplex != DUPLEX_HALF;
}

void plx_netdev_link(const struct plx_netdev *dev, struct plx_netdev_link *link)
{
	struct ifreq req = { .ifr_ifindex = 0 };

	*link = (struct plx_netdev_link){ .full_duplex = true };
	if (plx_netdev_gone(dev))
		return;
	plx_netdev_name(dev, req.ifr_name);
	if (ioctl(dev->fd, SIOCGIFFLAGS, &req))
		return;
	link->up = (req.ifr_flags & IFF_UP) && (req.ifr_flags & IFF_RUNNING);
	read_speed(dev, link);
}

int plx_netdev_node(const struct plx_netdev *dev)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	char path[128];
	int node = -1;
	FILE *file;

	if (!ethtool(dev, &info))
		return -1;
	info.bus_info[sizeof(info.bus_info) - 1] = '\0';
	if (!info.bus_info[0] || strchr(info.bus_info, '/'))
		return -1;
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/numa_node", info.bus_info);
	file = fopen(path, "re");
	if (!file)
		return -1;
	if (fscanf(file, "%d", &node) != 1)
		node = -1;
	fclose(file);
	return node;
}

/*
 * RTM_GETLINK for the interface. Return: the first attribute of the answer, *@len bytes of them;
 * NULL when there is none.
 */
static const struct rtattr *ask_link(const struct plx_netdev *dev, void *answer, size_t size,
				     int *len)
{
	struct {
		struct nlmsghdr head;
		struct ifinfomsg link;
	} ask = {
		.head = { .nlmsg_len = sizeof(ask),
			  .nlmsg_type = RTM_GETLINK,
			  .nlmsg_flags = NLM_F_REQUEST },
		.link = { .ifi_index = dev->index },
	};
	const struct nlmsghdr *msg = answer;
	ssize_t got;

	/* A socket of the caller's has another protocol, maybe in another namespace than ours. */
	if (!dev->mine || send(dev->fd, &ask, sizeof(ask), 0) != sizeof(ask))
		return NULL;
	/* The kernel answers before send() returns. */
	got = recv(dev->fd, answer, size, MSG_DONTWAIT);
	if (got <= 0 || !NLMSG_OK(msg, (size_t)got) || msg->nlmsg_type != RTM_NEWLINK)
		return NULL;
	*len = (int)IFLA_PAYLOAD(msg);
	return IFLA_RTA((const struct ifinfomsg *)NLMSG_DATA(msg));
}

/* The attribute of that type, if it has @size bytes, copied to @value. */
static bool find_value(const struct rtattr *attr, int len, int type, void *value, size_t size)
{
	for (; RTA_OK(attr, len); attr = RTA_NEXT(attr, len))
		if (attr->rta_type == type && RTA_PAYLOAD(attr) >= size) {
			memcpy(value, RTA_DATA(attr), size);
			return true;
		}
	return false;
}

void plx_netdev_mtu_range(const struct plx_netdev *dev, unsigned *min, unsigned *max)
{
	_Alignas(struct nlmsghdr) char answer[16384];
	const struct rtattr *attr;
	uint32_t value;
	int len;

	*min = MTU_MIN;
	*max = MTU_MAX;
	attr = ask_link(dev, answer, sizeof(answer), &len);
	if (!attr)
		return;
	/* 0: the driver sets no bound of its own. */
	if (find_value(attr, len, IFLA_MIN_MTU, &value, sizeof(value)) && value > *min)
		*min = value;
	if (find_value(attr, len, IFLA_MAX_MTU, &value, sizeof(value)) && value && value < *max)
		*max = value;
}

uint64_t plx_netdev_tx_dropped(const struct plx_netdev *dev)
{
	_Alignas(struct nlmsghdr) char answer[16384];
	struct rtnl_link_stats64 stats = { .tx_dropped = 0 };
	const struct rtattr *attr;
	int len;

	attr = ask_link(dev, answer, sizeof(answer), &len);
	if (attr)
		find_value(attr, len, IFLA_STATS64, &stats,
			   offsetof(struct rtnl_link_stats64, tx_dropped) + sizeof(uint64_t));
	return stats.tx_dropped;
}
