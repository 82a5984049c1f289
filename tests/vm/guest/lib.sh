# shellcheck shell=sh
# SPDX-License-Identifier: BSD-3-Clause
# What a scenario's commands may use, in the guest.

# load MODULE [PARAMETER...]: with what it depends on; nothing where it is built in.
load() {
	local module needed
	module=$(echo "$1" | tr - _)
	shift
	[ -e "/modules/$module.ko" ] && ! grep -q "^$module " /proc/modules || return 0
	for needed in $(sed -n "s/^$module: //p" /modules/deps); do
		load "$needed"
	done
	insmod "/modules/$module.ko" "$@"
}

# pci VENDOR:DEVICE [N]: the address of the Nth (1) such function.
pci() {
	local dir n=${2:-1}
	for dir in /sys/bus/pci/devices/*; do
		[ "$(cat "$dir/vendor"):$(cat "$dir/device")" = "0x${1%:*}:0x${1#*:}" ] || continue
		n=$((n - 1))
		[ $n != 0 ] || basename "$dir"
	done
}

# take ADDRESS...: from its driver, for vfio-pci.
take() {
	local dev address
	load vfio_iommu_type1
	load vfio-pci
	for address; do
		dev=/sys/bus/pci/devices/$address
		[ ! -e "$dev/driver" ] || echo "$address" >"$dev/driver/unbind"
		echo vfio-pci >"$dev/driver_override"
		echo "$address" >/sys/bus/pci/drivers_probe
		[ "$(basename "$(readlink "$dev/driver")")" = vfio-pci ] || echo "not ok - vfio-pci takes $address"
	done
}

# give ADDRESS...: the nodes of their groups and of themselves to an ordinary user.
give() {
	local address group name
	for address; do
		group=$(basename "$(readlink "/sys/bus/pci/devices/$address/iommu_group")")
		chown 65534 "/dev/vfio/$group"
		[ ! -e /dev/iommu ] || chown 65534 /dev/iommu
		for name in "/sys/bus/pci/devices/$address"/vfio-dev/*; do
			[ ! -e "$name" ] || chown 65534 "/dev/vfio/devices/$(basename "$name")"
		done
	done
}

# kernel_drives ADDRESS DRIVER: binds it.
kernel_drives() {
	load "$2"
	[ -e "/sys/bus/pci/devices/$1/driver" ] || echo "$1" >"/sys/bus/pci/drivers/$2/bind"
}

# unbind ADDRESS: from whatever drives it.
unbind() {
	echo "$1" >"/sys/bus/pci/devices/$1/driver/unbind"
}

# says NAME PATTERN COMMAND...: is there a line like that in what it prints?
says() {
	local name=$1 pattern=$2 said
	shift 2
	said=$("$@" 2>&1)
	if echo "$said" | grep -qE -- "$pattern"; then
		echo "ok - $name"
	else
		echo "not ok - $name"
		echo "# no line like '$pattern' from: $*"
		echo "$said" | sed 's/^/#   /'
	fi
}

# never_says NAME PATTERN COMMAND...: is there no line like that?
never_says() {
	local name=$1 pattern=$2 lines
	shift 2
	if lines=$("$@" 2>&1 | grep -E -- "$pattern"); then
		echo "not ok - $name"
		echo "$lines" | sed 's/^/#   /'
	else
		echo "ok - $name"
	fi
}

# fails NAME PATTERN COMMAND...: does it fail, and say that?
fails() {
	local name=$1 pattern=$2
	shift 2
	if "$@" >/dev/null 2>&1; then
		echo "not ok - $name (it does not fail)"
	else
		says "$name" "$pattern" "$@"
	fi
}

# until_says WORDS COMMAND...: waits for that, ten seconds at most.
until_says() {
	local words=$1 n=0
	shift
	while [ $n -lt 100 ]; do
		case $("$@" 2>&1) in
		*"$words"*) return ;;
		esac
		sleep 0.1
		n=$((n + 1))
	done
}

# await N COMMAND...: until it succeeds, tried N times with a tenth of a second between.
await() {
	local n=$1
	shift
	while [ "$n" -gt 0 ] && ! "$@" >/dev/null 2>&1; do
		sleep 0.1
		n=$((n - 1))
	done
}

not() { ! "$@"; }

driver() { basename "$(readlink "/sys/bus/pci/devices/$1/driver")"; }
interface() { ls "/sys/bus/pci/devices/$1/net"; }
as_user() { su -s /bin/sh nobody -c "$*"; }

# host COMMAND...: a command of QEMU's monitor: device_del, device_add, set_link.
host() {
	local answer
	[ -e /proc/self/fd/9 ] || host_open
	host_asks "{\"execute\":\"human-monitor-command\",\"arguments\":{\"command-line\":\"$*\"},\"id\":1}"
	case $answer in
	*'"return": ""'*) ;;
	*) echo "not ok - the host does '$*' ($answer)" ;;
	esac
}

# Opening the line echoes the greeting that waits there: 0xff has QMP forget what it has read of that.
host_open() {
	exec 9<>/dev/ttyS2
	stty -F /dev/ttyS2 raw -echo
	printf '\377' >&9
	host_asks '{"execute":"qmp_capabilities","id":1}'
}

# The answer, into $answer: events and complaints of what was echoed have no id.
host_asks() {
	echo "$1" >&9
	while read -r -t 10 answer <&9; do
		case $answer in
		*'"id": 1'*) return ;;
		esac
	done
	answer="no answer"
}
