/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An interface held by its index. The ioctls want a name, so each call first asks for the name of
 * the index.
 */
#include "netdev/netdev.h"

#include "core/error.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <linux/netlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

int plx_netdev_fail(const char *object, int sys_errno, const char *fmt, ...)
{
	char what[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (sys_errno == EPERM || sys_errno == EACCES)
		return plx_fail_sys(-sys_errno, sys_errno, PLX_R_PERMISSION, object,
				    "%s: %s; run as root, or once: setcap "
				    "cap_net_raw,cap_net_admin+ep PROGRAM",
				    what, strerror(sys_errno));
	if (sys_errno == ENODEV || sys_errno == ENXIO)
		return plx_fail_sys(-ENODEV, sys_errno, PLX_R_NO_DEVICE, object,
				    "%s: the interface is gone", what);
	return plx_fail_sys(-sys_errno, sys_errno, PLX_R_FILE, object, "%s: %s", what,
			    strerror(sys_errno));
}

int plx_netdev_fail_gone(const struct plx_netdev *dev)
{
	return plx_fail_sys(-ENODEV, ENODEV, PLX_R_NO_DEVICE, dev->object,
			    "interface %s is gone: close the port and open it when the interface "
			    "is there again",
			    dev->name);
}

/* An ifreq for the name that the index has now. */
static bool named(const struct plx_netdev *dev, struct ifreq *req)
{
	memset(req, 0, sizeof(*req));
	req->ifr_ifindex = dev->index;
	return !ioctl(dev->fd, SIOCGIFNAME, req);
}

/* @what names the request in the error: "set the MTU of". */
static int request(const struct plx_netdev *dev, unsigned long code, struct ifreq *req,
		   const char *what)
{
	if (!ioctl(dev->fd, code, req))
		return 0;
	if (errno == ENODEV)
		return plx_netdev_fail_gone(dev);
	return plx_netdev_fail(dev->object, errno, "cannot %s %s", what, dev->name);
}

int plx_netdev_open(struct plx_netdev *dev, const char *name, int fd, const char *object)
{
	struct ifreq req = { .ifr_ifindex = 0 };
	size_t len = strlen(name);
	int err;

	*dev = (struct plx_netdev){ .fd = -1, .object = object };
	if (!len || len >= IFNAMSIZ)
		return plx_fail(
			-EINVAL, PLX_R_BAD_VALUE, object,
			"\"%s\" is no interface: a name has 1 to %d characters, see ip link", name,
			IFNAMSIZ - 1);
	dev->mine = fd < 0;
	dev->fd = fd < 0 ? socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE) : fd;
	if (dev->fd < 0)
		return plx_netdev_fail(object, errno, "cannot open a socket to ask about %s", name);
	memcpy(dev->name, name, len + 1);
	memcpy(req.ifr_name, name, len + 1);
	if (!ioctl(dev->fd, SIOCGIFINDEX, &req)) {
		dev->index = req.ifr_ifindex;
		return 0;
	}
	err = errno;
	plx_netdev_close(dev);
	if (err != ENODEV)
		return plx_netdev_fail(object, err, "cannot ask about interface %s", name);
	return plx_fail_sys(-ENODEV, err, PLX_R_NO_DEVICE, object,
			    "there is no interface \"%s\" in this network namespace: see ip link",
			    name);
}

void plx_netdev_close(struct plx_netdev *dev)
{
	if (dev->mine && dev->fd >= 0)
		close(dev->fd);
	dev->mine = false;
	dev->fd = -1;
}

const char *plx_netdev_name(const struct plx_netdev *dev, char name[IFNAMSIZ])
{
	struct ifreq req;

	memcpy(name, named(dev, &req) ? req.ifr_name : dev->name, IFNAMSIZ);
	return name;
}

bool plx_netdev_gone(const struct plx_netdev *dev)
{
	struct ifreq req;

	return !named(dev, &req) && errno == ENODEV;
}

int plx_netdev_get_flags(const struct plx_netdev *dev, unsigned *flags)
{
	struct ifreq req;
	int err;

	*flags = 0;
	if (!named(dev, &req))
		return plx_netdev_fail_gone(dev);
	err = request(dev, SIOCGIFFLAGS, &req, "read the flags of");
	if (!err)
		*flags = (unsigned short)req.ifr_flags;
	return err;
}

int plx_netdev_set_up(const struct plx_netdev *dev, bool up)
{
	struct ifreq req;
	unsigned flags;
	int err = plx_netdev_get_flags(dev, &flags);

	if (err)
		return err;
	if (!named(dev, &req))
		return plx_netdev_fail_gone(dev);
	req.ifr_flags = (short)(up ? flags | IFF_UP : flags & ~(unsigned)IFF_UP);
	return request(dev, SIOCSIFFLAGS, &req, up ? "set up" : "set down");
}

int plx_netdev_get_mtu(const struct plx_netdev *dev, unsigned *mtu)
{
	struct ifreq req;
	int err;

	*mtu = 0;
	if (!named(dev, &req))
		return plx_netdev_fail_gone(dev);
	err = request(dev, SIOCGIFMTU, &req, "read the MTU of");
	if (!err)
		*mtu = (unsigned)req.ifr_mtu;
	return err;
}

int plx_netdev_set_mtu(const struct plx_netdev *dev, unsigned mtu)
{
	struct ifreq req;

	if (!named(dev, &req))
		return plx_netdev_fail_gone(dev);
	req.ifr_mtu = (int)mtu;
	return request(dev, SIOCSIFMTU, &req, "set the MTU of");
}

/* The address with its kind of hardware: loopback has an Ethernet header as well. */
static int get_address(const struct plx_netdev *dev, struct ifreq *req)
{
	int err;

	if (!named(dev, req))
		return plx_netdev_fail_gone(dev);
	err = request(dev, SIOCGIFHWADDR, req, "read the address of");
	if (err)
		return err;
	if (req->ifr_hwaddr.sa_family == ARPHRD_ETHER ||
	    req->ifr_hwaddr.sa_family == ARPHRD_LOOPBACK)
		return 0;
	return plx_fail(-ENOTSUP, PLX_R_UNSUPPORTED, dev->object,
			"%s is no Ethernet interface (hardware type %u of if_arp.h)", dev->name,
			req->ifr_hwaddr.sa_family);
}

int plx_netdev_get_mac(const struct plx_netdev *dev, uint8_t mac[6])
{
	struct ifreq req;
	int err = get_address(dev, &req);

	memset(mac, 0, 6);
	if (!err)
		memcpy(mac, req.ifr_hwaddr.sa_data, 6);
	return err;
}

int plx_netdev_set_mac(const struct plx_netdev *dev, const uint8_t mac[6])
{
	struct ifreq req;
	int err = get_address(dev, &req);

	if (err)
		return err;
	if (!named(dev, &req))
		return plx_netdev_fail_gone(dev);
	req.ifr_hwaddr.sa_family = ARPHRD_ETHER;
	memcpy(req.ifr_hwaddr.sa_data, mac, 6);
	return request(dev, SIOCSIFHWADDR, &req, "set the MAC address of");
}
