# shellcheck shell=sh
# SPDX-License-Identifier: BSD-3-Clause
# Two stacks of the kernel's, and between them nothing but plx-testpmd, with a NIC of ours, and a cable:
#
#	near, 198.18.0.1: tap --- plx-testpmd --- NIC --- cable --- NIC of the kernel's driver: far, 198.18.0.2
#
# /bin/ip and /bin/ping are the real ones; without the path, busybox takes its own.

log=/tmp/testpmd.log

# In the background, nsenter is named itself: a function there would be one more process, which signals go to.
near() { nsenter --net="/proc/$near/ns/net" "$@"; }
far() { nsenter --net="/proc/$far/ns/net" "$@"; }

# sides ADDRESS DRIVER: makes both namespaces; the NIC at ADDRESS is the far one's, driven by the kernel's DRIVER.
sides() {
	local name
	load tun
	kernel_drives "$1" "$2"
	name=$(interface "$1")
	unshare -n sleep 100000 &
	near=$!
	unshare -n sleep 100000 &
	far=$!
	sleep 0.3
	/bin/ip link set "$name" netns "$far"
	side far "$name" 2
	far iperf3 -s >/tmp/iperf3 2>&1 &
}

# side NAMESPACE INTERFACE N: gives it its addresses, N at their end.
side() {
	"$1" /bin/ip link set lo up
	"$1" /bin/ip link set "$2" address "02:00:00:00:00:0$3" up
	"$1" /bin/ip address add "198.18.0.$3/24" dev "$2"
	"$1" /bin/ip address add "fd00::$3/64" dev "$2" nodad
}

# --- plx-testpmd ---

# testpmd SPEC [OPTION...]: forwards between this port and the near side's tap, on a core each way. So each way has
# a pool of its own, and what the NIC only sends is mapped read-only. Returns when the far side answers.
testpmd() {
	local spec=$1
	shift
	rm -f /tmp/testpmd.in
	mkfifo /tmp/testpmd.in
	nsenter --net="/proc/$near/ns/net" plx-testpmd --interactive --auto-start --keep-going --cores 0,1 \
		--buffers 2048 --port "$spec" --port tap:iface=near0 "$@" </tmp/testpmd.in >$log 2>&1 &
	testpmd=$!
	exec 5>/tmp/testpmd.in
	testpmd_asks "^ +1 .* started " "show port summary all" >/dev/null
	side near near0 1
	until_answered
}

# NIC, cable and addresses take their time to be up.
until_answered() { await 30 near /bin/ping -q -c 1 -W 1 198.18.0.2; }

# testpmd_said FROM: what it has said from that line on.
testpmd_said() { tail -n "+$(($1 + 1))" $log; }

# testpmd_asks PATTERN COMMAND: asks until it says that, for ten seconds; shows what it has said.
testpmd_asks() {
	local from
	from=$(wc -l <$log)
	await 50 testpmd_answers "$from" "$@"
	testpmd_said "$from"
}

testpmd_answers() {
	echo "$3" >&5
	sleep 0.1
	testpmd_said "$1" | grep -qE -- "$2"
}

# testpmd_says NAME PATTERN COMMAND: does it come to say that?
testpmd_says() { says "$1" "$2" testpmd_asks "$2" "$3"; }

# It ends by itself; its status tells of each command that failed.
testpmd_quits() {
	echo quit >&5
	exec 5>&-
	wait "$testpmd"
	says "plx-testpmd ends, and no command has failed" "^status 0$" testpmd_ended $?
}

testpmd_ended() {
	echo "status $1"
	tail -n 20 $log
}

# --- traffic ---

# reaches NAME PING-ARGUMENT...: each echo is answered, the next one sent when it was.
reaches() {
	local name=$1
	shift
	says "$name" " 0% packet loss" near /bin/ping -q -A -W 5 "$@"
}

# carries NAME IPERF3-ARGUMENT...: data arrives; how much is QEMU's business.
carries() {
	local name=$1
	shift
	near timeout 30 iperf3 -c 198.18.0.2 -t 1 -f m "$@" >/tmp/iperf3.log 2>&1
	says "$name" " [1-9][.0-9]* .?Bytes .* receiver" cat /tmp/iperf3.log
	sed -n '/receiver/s/^\[ *[0-9]*\]/#/p' /tmp/iperf3.log
}

# traffic NAME: of all kinds, both ways.
traffic() {
	reaches "$1: 100 pings" -c 100 198.18.0.2
	reaches "$1: 20 pings of 20,000 bytes, which is 14 fragments each" -c 20 -s 20000 198.18.0.2
	reaches "$1: 20 pings by IPv6" -c 20 fd00::2
	says "$1: ARP" "Received 1 response" near arping -c 1 -I near0 198.18.0.2
	carries "$1: TCP, near to far"
	carries "$1: TCP, far to near" -R
	carries "$1: UDP, near to far" -u -b 2M -l 1400
	carries "$1: UDP, far to near" -u -b 2M -l 1400 -R
}

# taken ADDRESS: from a driver of the kernel's that has it up, and leaves it set up in its own way.
taken() {
	/bin/ip link set "$(interface "$1")" up
	sleep 0.5
	fails "the kernel's driver has it: plx-testpmd says so, and what helps" \
		"belongs to the kernel's driver $(driver "$1"): .*plx-dev bind $1" plx-testpmd --port "$1" --duration 1
	take "$1"
}

# Echoes as fast as they come back, until flood_ends. Returns when they do come.
flood() {
	local before
	before=$(replies)
	nsenter --net="/proc/$far/ns/net" /bin/ping -q -f 198.18.0.1 >/tmp/flood 2>&1 &
	flood=$!
	await 100 more_replies $((before + 10))
}

more_replies() { [ "$(replies)" -ge "$1" ]; }

# IcmpInEchoReps of the far side.
replies() { far awk '/^Icmp:/ && n++ { print $11 }' /proc/net/snmp; }

flood_ends() {
	kill -INT $flood
	wait $flood
	sed -n '/transmitted/s/^/# the flood: /p' /tmp/flood
}

# --- what may become of a card ---

# cable ID: is pulled and put in under traffic; the port shows it.
cable() {
	local n
	flood
	for n in 1 2 3; do
		host set_link "$1" off
		testpmd_says "cable out, time $n: the port shows it" "^ +0 .* down " "show port summary all"
		host set_link "$1" on
		testpmd_says "cable in, time $n: the port shows it" "^ +0 .* up," "show port summary all"
	done
	flood_ends
	until_answered
	reaches "cable: 50 pings afterwards" -c 50 198.18.0.2
}

# Under traffic.
resets() {
	flood
	printf 'stop\nport reset 0\nstart\n' >&5
	testpmd_says "reset: the port is started again" "^ +0 .* started " "show port summary all"
	flood_ends
	until_answered
	reaches "reset: 50 pings afterwards" -c 50 198.18.0.2
}

# cycles N: stop and start, under traffic.
cycles() {
	local n=0 from
	flood
	from=$(wc -l <$log)
	while [ $n -lt "$1" ]; do
		printf 'stop\nport stop 0\nport start 0\nstart\n' >&5
		n=$((n + 1))
	done
	await 600 ran "$1" "$from"
	says "$1 times stop and start: all were done" "^$1$" runs "$from"
	flood_ends
	until_answered
	reaches "$1 times stop and start: 50 pings afterwards" -c 50 198.18.0.2
}

# How often it has forwarded since a line of its log.
runs() { testpmd_said "$1" | grep -c '^io ran for'; }
ran() { [ "$(runs "$2")" -ge "$1" ]; }

# killed SPEC: without a chance to clean up, under traffic; the next one works.
killed() {
	never_says "no command has failed" "^plx-testpmd:" cat $log
	flood
	kill -9 "$testpmd"
	wait "$testpmd"
	exec 5>&-
	flood_ends
	await 100 not near ip link show near0
	testpmd "$1"
	reaches "killed: 50 pings through the next one" -c 50 198.18.0.2
}

# lives SPEC: all of that, of the card with id=nic.
lives() {
	cable nic
	resets
	cycles 50
	killed "$1"
}

# gone_and_back DRIVER BACKEND ADDRESS DEVICE: the card is unplugged under traffic, plugged in again as QEMU's device_add
# takes DEVICE, which has id=ID, and opened by the same plx-testpmd.
gone_and_back() {
	local spec="$1:pci=$3,backend=$2" address=$3 device=$4 entry=/sys/bus/pci/devices/$3 id
	id=${4#*id=}
	id=${id%%,*}
	take "$address"
	testpmd "$spec"
	flood
	host "device_del $id"
	await 100 not test -e "$entry"
	flood_ends
	fails "$id unplugged: the kernel has let it go" "No such file" ls -d "$entry"
	says "$id unplugged: plx-testpmd says why the port has ended" "wants it back" cat $log
	testpmd_says "$id unplugged: the other port is there" "^ +1 +tap" "show port summary all"
	host "device_add $device"
	until_says vendor ls "$entry"
	take "$address"
	printf 'port attach %s\nstart\n' "$spec" >&5
	until_answered
	reaches "$id plugged in again: 50 pings" -c 50 198.18.0.2
	echo quit >&5
	exec 5>&-
	wait "$testpmd"
}

# --- what it reaches ---

# By driver, in the order of their IOVAs: what plx-dev dma lists, without addresses and lengths.
e1000_memory="read, write pool, to receive and send
read pool, to send
read, write queue memory
read, write queue memory"
rtl8139_memory="read, write bounce memory
read, write shared memory
read, write shared memory
read pool, to send"

# reaches_only ADDRESS MEMORY: the card's rings and pools, with the permissions that they need.
reaches_only() {
	local listed
	listed=$(plx-dev dma "$1" | sed -nE 's/^0x[0-9a-f]+ +0x[0-9a-f]+ +[0-9,]+ +//p' | tr -s ' ')
	if [ "$listed" = "$2" ]; then
		echo "ok - plx-dev dma: rings and pools, and nothing else"
	else
		echo "not ok - plx-dev dma: rings and pools, and nothing else"
		echo "$listed" | sed 's/^/#   /'
	fi
}

# shows_registers: those of an RTL8139 are looked at through a mapping of its memory BAR that cannot write.
shows_registers() {
	says "registers: mapped for reading only" "^[0-9a-f]+-[0-9a-f]+ r--s .*vfio" cat "/proc/$testpmd/maps"
	testpmd_says "registers: shown by name" "^RCR .* AAP=1 APM=1 .* RBLEN=3" "show port 0 regs"
}

# overwrites ADDRESS: an RTL8139 is told to receive into the pool that it only sends from: RBSTART is at 0x30 of its
# registers, CBR at 0x3a. Near the mapping's end, where nothing was sent from yet: a write to what it has read QEMU
# blocks, too, but says nothing. Its driver finds no frame where one should be, and restarts the receiver.
overwrites() {
	local registers pool n=0
	registers=$(sed -n '2s/ .*//p' "/sys/bus/pci/devices/$1/resource")
	pool=$(($(plx-dev dma "$1" | awk '/ read +pool, to send/ { print $2 }') - 0x1ffff))
	reaches "before receiving into what is only sent: 5 pings" -c 5 198.18.0.2
	echo "fault $1 write $(hex $((pool + $(devmem $((registers + 0x3a)) 16)))) - receiving into what is only sent"
	while [ $n -lt 32 ]; do
		echo "perhaps $1 write $(hex $((pool + n * 4096)))"
		n=$((n + 1))
	done
	devmem $((registers + 0x30)) 32 $pool
	says "receiving into what is only sent: nothing arrives" "100% packet loss" \
		near /bin/ping -q -c 1 -W 1 198.18.0.2
	until_answered
	reaches "after that: 20 pings" -c 20 198.18.0.2
}

hex() { printf 0x%x "$1"; }

# --- sleep ---

# sleeps SPEC ADDRESS: the core that receives from the card sleeps when nothing comes, and interrupts wake it.
sleeps() {
	local ticks interrupts
	testpmd "$1" --rx-interrupt
	sleep 1
	ticks=$(ticks)
	sleep 2
	ticks=$(($(ticks) - ticks))
	says "asleep: $ticks hundredths of two seconds are used" "^[0-3]?[0-9]$" echo $ticks
	interrupts=$(interrupts "$2")
	says "asleep: 20 pings, time to sleep between them" " 0% packet loss" \
		near /bin/ping -q -c 20 -i 0.2 -W 5 198.18.0.2
	interrupts=$(($(interrupts "$2") - interrupts))
	says "asleep: $interrupts interrupts have woken it" "^[1-9][0-9]" echo $interrupts
	testpmd_quits
}

# Of CPU 0, which polls the card: its worker is pinned there.
ticks() { cat /proc/"$testpmd"/task/*/stat | awk '$39 == 0 { n += $14 + $15 } END { print n + 0 }'; }

interrupts() { grep -F "($1)" /proc/interrupts | awk '{ n += $2 + $3 } END { print n + 0 }'; }

# What it says of blocked accesses, the verdict sees.
kernel_is_content() {
	never_says "the kernel has no complaint" 'WARNING:|BUG:|Oops|Call Trace|WATCHDOG|blocked until released' dmesg
}
