/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The interface, and the files through which its queues are reached (Documentation/networking/
 * tuntap.rst, linux/if_tun.h). An interface that nobody keeps (TUNSETPERSIST) goes with the last
 * file that is attached to it.
 */
#include "tap.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_tun.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define CLONE_DEVICE "/dev/net/tun"
#define DEFAULT_NAME "plx%d" /* the kernel puts a number there */
#define OFFLOADS     (TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN)

static int fail_rights(const char *spec, int err, const char *name)
{
	return plx_fail_sys(-err, err, PLX_R_PERMISSION, spec,
			    "no right to open interface %s: needs CAP_NET_ADMIN, or once as root: "
			    "ip tuntap add dev %s mode tap user $USER multi_queue vnet_hdr",
			    name, strchr(name, '%') ? "plx0" : name);
}

/* Why TUNSETIFF refused. */
static int fail_attach(const char *spec, int err, const char *name)
{
	switch (err) {
	case EPERM:
		return fail_rights(spec, err, name);
	case EBUSY:
		return plx_fail_sys(-EBUSY, err, PLX_R_ALREADY, spec,
				    "another program has interface %s open: end it, or recreate "
				    "the interface with multi_queue so that both can",
				    name);
	case EINVAL:
		return plx_fail_sys(-EINVAL, err, PLX_R_BAD_VALUE, spec,
				    "%s is not a tap interface: choose another name, see ip link",
				    name);
	default:
		return plx_netdev_fail(spec, err, "cannot open interface %s", name);
	}
}

static int open_clone(const char *spec, const char *name, int *fd)
{
	*fd = open(CLONE_DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (*fd >= 0)
		return 0;
	if (errno == EACCES || errno == EPERM)
		return fail_rights(spec, errno, name);
	if (errno == ENOENT || errno == ENODEV || errno == ENXIO)
		return plx_fail_sys(-ENODEV, errno, PLX_R_FILE, spec,
				    "there is no " CLONE_DEVICE ": run modprobe tun, and in a "
				    "container give it that device");
	return plx_netdev_fail(spec, errno, "cannot open " CLONE_DEVICE);
}

/* Attach @fd to interface @name, which is made where it does not exist. Return: 0 or errno. */
static int attach(int fd, char name[IFNAMSIZ], unsigned flags)
{
	struct ifreq req = { .ifr_flags = (short)(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | flags) };

	memcpy(req.ifr_name, name, IFNAMSIZ);
	if (ioctl(fd, TUNSETIFF, &req))
		return errno;
	memcpy(name, req.ifr_name, IFNAMSIZ);
	return 0;
}

static int check_name(const char *spec, const char *name)
{
	size_t len = strlen(name);
	bool good = len && len < IFNAMSIZ && strcmp(name, ".") && strcmp(name, "..");

	for (size_t i = 0; i < len; i++)
		if (name[i] == '/' || name[i] == ':' || isspace((unsigned char)name[i]))
			good = false;
	if (good)
		return 0;
	return plx_fail(-EINVAL, PLX_R_BAD_VALUE, spec,
			"iface=%.40s is no interface name: 1 to %d characters without space, slash "
			"and colon",
			name, IFNAMSIZ - 1);
}

static int open_by_name(struct tap_device *device, const char *wanted, char name[IFNAMSIZ])
{
	const char *spec = device->base.spec;
	int err = check_name(spec, wanted);

	if (!err)
		err = open_clone(spec, wanted, &device->fd);
	if (err)
		return err;
	strcpy(name, wanted);
	err = attach(device->fd, name, IFF_MULTI_QUEUE);
	device->multi_queue = !err;
	/* One that was made for a single queue. */
	if (err == EINVAL)
		err = attach(device->fd, name, 0);
	return err ? fail_attach(spec, err, wanted) : 0;
}

/*
 * What the interface of @fd was made with. The kernel has one bit (0x1000) for two things: IFF_NO_PI
 * and, set when no filter is attached, IFF_NOFILTER. So where it is set, a filter that lets all
 * pass is attached for the moment.
 */
static int read_flags(int fd, struct ifreq *req)
{
	struct sock_filter all = { .code = BPF_RET | BPF_K, .k = UINT32_MAX };
	struct sock_fprog program = { .len = 1, .filter = &all };
	bool attached;
	int err;

	if (ioctl(fd, TUNGETIFF, req))
		return errno;
	if (!(req->ifr_flags & IFF_NOFILTER))
		return 0;
	attached = !ioctl(fd, TUNATTACHFILTER, &program);
	err = ioctl(fd, TUNGETIFF, req) ? errno : 0;
	if (attached)
		ioctl(fd, TUNDETACHFILTER, NULL);
	return err;
}

/* What a file that someone else opened must be. */
static int check_flags(struct tap_device *device, const struct ifreq *req)
{
	const char *spec = device->base.spec;
	unsigned flags = (unsigned short)req->ifr_flags;

	if (!(flags & IFF_TAP))
		return plx_fail(-EINVAL, PLX_R_MISMATCH, spec,
				"interface %s carries IP packets (tun): make it with IFF_TAP",
				req->ifr_name);
	if (!(flags & IFF_NO_PI))
		return plx_fail(
			-EINVAL, PLX_R_MISMATCH, spec,
			"interface %s puts 4 bytes before each frame: make it with IFF_NO_PI",
			req->ifr_name);
	if (!(flags & IFF_VNET_HDR))
		device->header_len = 0;
	return 0;
}

static int open_by_fd(struct tap_device *device, const char *text, char name[IFNAMSIZ])
{
	const char *spec = device->base.spec;
	struct ifreq req = { .ifr_flags = 0 };
	char *end;
	long fd = strtol(text, &end, 10);
	int flags, err;

	if (!isdigit((unsigned char)*text) || *end || fd > INT32_MAX)
		return plx_fail(-EINVAL, PLX_R_BAD_VALUE, spec,
				"fd=%.20s is no number of an open file", text);
	device->by_fd = true;
	device->fd = fcntl((int)fd, F_DUPFD_CLOEXEC, 0);
	err = device->fd < 0 ? errno : read_flags(device->fd, &req);
	if (err)
		return plx_fail_sys(
			-EBADF, err, PLX_R_FILE, spec,
			"fd=%ld is not a tap that is open and attached to an interface: %s", fd,
			strerror(err));
	flags = fcntl(device->fd, F_GETFL);
	if (flags < 0 || fcntl(device->fd, F_SETFL, flags | O_NONBLOCK))
		return plx_netdev_fail(spec, errno, "cannot make fd=%ld non-blocking", fd);
	memcpy(name, req.ifr_name, IFNAMSIZ);
	return check_flags(device, &req);
}

/*
 * A file belongs to the network namespace it was opened in, and its interface may have a namesake
 * in this one. Their addresses tell them apart: the file tells its interface's (SIOCGIFHWADDR).
 */
static bool same_interface(const struct tap_device *device, int fd)
{
	struct ifreq req = { .ifr_flags = 0 };
	uint8_t mac[6];

	return !plx_netdev_get_mac(&device->netdev, mac) && !ioctl(fd, SIOCGIFHWADDR, &req) &&
	       !memcmp(req.ifr_hwaddr.sa_data, mac, sizeof(mac));
}

static int fail_namespace(const struct tap_device *device)
{
	return plx_fail(-ENODEV, PLX_R_NO_DEVICE, device->base.spec,
			"interface %s is in another network namespace than this thread: use the "
			"port from a thread that is there",
			device->netdev.name);
}

/* Frames with a header in the host's byte order, and what the kernel may leave undone in them. */
static int set_headers(struct tap_device *device, bool offload)
{
	int len = (int)device->header_len;

	if (!len)
		return 0;
	if (ioctl(device->fd, TUNSETVNETHDRSZ, &len) ||
	    ioctl(device->fd, TUNSETOFFLOAD, offload ? OFFLOADS : 0))
		return plx_netdev_fail(device->base.spec, errno, "cannot set the offloads of %s",
				       device->netdev.name);
	return 0;
}

static int set_up(struct tap_device *device, const struct tap_args *args)
{
	int err = set_headers(device, args->offload);

	if (!err && args->persist && ioctl(device->fd, TUNSETPERSIST, 1))
		err = plx_netdev_fail(device->base.spec, errno, "cannot make %s persistent",
				      device->netdev.name);
	if (!err && args->up)
		err = plx_netdev_set_up(&device->netdev, true);
	return err;
}

/* Already up is good enough, where there is no right to set it. */
static int set_up_or_is(struct tap_device *device, const struct tap_args *args)
{
	int err = set_up(device, args);
	struct plx_error saved;
	unsigned flags;

	if (err != -EPERM)
		return err;
	saved = *plx_last_error();
	if (!plx_netdev_get_flags(&device->netdev, &flags) && flags & IFF_UP)
		return 0;
	return plx_fail_again(&saved);
}

int plx_tap_open(struct tap_device *device, const struct tap_args *args)
{
	const char *spec = device->base.spec;
	char name[IFNAMSIZ] = "";
	struct plx_error saved;
	int err;

	device->fd = -1;
	device->netdev.fd = -1;
	device->header_len = sizeof(struct virtio_net_hdr);
	if (args->iface && args->fd)
		return plx_fail(-EINVAL, PLX_R_BAD_KEY, spec,
				"iface= and fd= say the same thing twice: give one of them");
	err = args->fd ? open_by_fd(device, args->fd, name)
		       : open_by_name(device, args->iface ? args->iface : DEFAULT_NAME, name);
	if (!err)
		err = plx_netdev_open(&device->netdev, name, -1, spec);
	if (!err && !same_interface(device, device->fd))
		err = fail_namespace(device);
	if (!err)
		err = set_up_or_is(device, args);
	if (!err)
		return 0;
	saved = *plx_last_error();
	plx_tap_close(device);
	return plx_fail_again(&saved);
}

void plx_tap_close(struct tap_device *device)
{
	plx_netdev_close(&device->netdev);
	if (device->fd >= 0)
		close(device->fd);
	device->fd = -1;
}

int plx_tap_open_queue(struct tap_device *device, int *fd)
{
	const char *spec = device->base.spec;
	char name[IFNAMSIZ];
	int err;

	*fd = -1;
	plx_netdev_name(&device->netdev, name);
	err = open_clone(spec, name, fd);
	if (err)
		return err;
	err = attach(*fd, name, IFF_MULTI_QUEUE);
	if (err == E2BIG)
		err = plx_fail_sys(-ENOSPC, err, PLX_R_TOO_LARGE, spec,
				   "interface %s has all the queues it can have: ask for fewer",
				   name);
	else if (err)
		err = fail_attach(spec, err, name);
	else if (!same_interface(device, *fd))
		err = fail_namespace(device);
	if (!err)
		return 0;
	close(*fd);
	*fd = -1;
	return err;
}

void plx_tap_close_queue(int fd)
{
	close(fd);
}

int plx_tap_filter(struct plx_port *port, bool promiscuous, bool allmulti, const uint8_t mac[6])
{
	const struct tap_device *device = (const struct tap_device *)port->device;
	_Alignas(struct tun_filter) uint8_t room[sizeof(struct tun_filter) + 12] = { 0 };
	struct tun_filter *filter = (struct tun_filter *)(void *)room;

	filter->flags = allmulti ? TUN_FLT_ALLMULTI : 0;
	filter->count = promiscuous ? 0 : 2; /* none: no filter */
	memcpy(filter->addr[0], mac, 6);
	memset(filter->addr[1], 0xff, 6);
	/* The kernel returns how many addresses it compares exactly. */
	if (ioctl(device->fd, TUNSETTXFILTER, filter) >= 0)
		return 0;
	return plx_netdev_fail(port->child.name, errno == EBADFD ? ENODEV : errno,
			       "cannot set which frames %s gives", device->netdev.name);
}
