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

static void read_range(const struct nlmsghdr *msg, unsigned *min, unsigned *max)
{
	const struct rtattr *attr = IFLA_RTA((const struct ifinfomsg *)NLMSG_DATA(msg));
	int len = (int)IFLA_PAYLOAD(msg);

	for (; RTA_OK(attr, len); attr = RTA_NEXT(attr, len)) {
		uint32_t value;

		if (RTA_PAYLOAD(attr) < sizeof(value))
			continue;
		memcpy(&value, RTA_DATA(attr), sizeof(value));
		/* 0: the driver sets no bound of its own. */
		if (attr->rta_type == IFLA_MIN_MTU && value > *min)
			*min = value;
		if (attr->rta_type == IFLA_MAX_MTU && value && value < *max)
			*max = value;
	}
}

void plx_netdev_mtu_range(const struct plx_netdev *dev, unsigned *min, unsigned *max)
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
	_Alignas(struct nlmsghdr) char answer[16384];
	const struct nlmsghdr *msg = (const struct nlmsghdr *)(const void *)answer;
	ssize_t len;

	*min = MTU_MIN;
	*max = MTU_MAX;
	/* A socket of the caller's has another protocol, maybe in another namespace than ours. */
	if (!dev->mine || send(dev->fd, &ask, sizeof(ask), 0) != sizeof(ask))
		return;
	/* The kernel answers before send() returns. */
	len = recv(dev->fd, answer, sizeof(answer), MSG_DONTWAIT);
	if (len > 0 && NLMSG_OK(msg, (size_t)len) && msg->nlmsg_type == RTM_NEWLINK)
		read_range(msg, min, max);
}
