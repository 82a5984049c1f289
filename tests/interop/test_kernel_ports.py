#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""plx-testpmd between kernel interfaces: usage test_kernel_ports.py PLX_TESTPMD WORKDIR

Hosts (network namespaces) talk through it with everyday programs, with frames that no kernel sends,
and with DPDK's testpmd, while interfaces come, go and change. One line for each failure, a summary,
exit status 1 when anything failed. TESTPMD_ONLY=REGEX runs some checks, TESTPMD_TIMES=1 times them.

Needs root. Counts are exact and waits end by what happens, so that a slow machine is only slow.
"""
import collections
import contextlib
import hashlib
import itertools
import json
import os
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

SKIP = 77
TOOLS = "ip tcpdump tshark ping iperf3".split()


def skip(why):
    print("SKIP: " + why)
    sys.exit(SKIP)


if len(sys.argv) != 3:
    sys.exit("usage: %s PLX_TESTPMD WORKDIR" % sys.argv[0])
os.environ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin:" + os.environ.get("PATH", "")
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import netlab
from netlab import SLOW, TYPE, Host, Net, Testpmd, Wire, counters, ip, link, tool, until
from test_testpmd import (CPUS, WORK, Hang, Skip, bad, check, check_balance, check_sentence, expect,
                          ones_sum, parse, run, run_as_nobody, run_checks)

PAIRS = (("af_packet", "af_packet"), ("tap", "tap"), ("af_packet", "tap"))
VALIDATE = [arg for what in ("ip", "tcp", "udp") for arg in
            ("-o", what + ".check_checksum:TRUE")]
names = ("plxl%d" % i for i in itertools.count())


def skip_unless_two_cpus():
    if len(CPUS) < 2:
        raise Skip("one CPU")
    return ",".join(map(str, CPUS[:2]))


# --- hosts at both sides of plx-testpmd ---------------------------------------------------------

Side = collections.namedtuple("Side", "kind name host port")
Lab = collections.namedtuple("Lab", "t a b", defaults=[None])


@contextlib.contextmanager
def lab(*kinds, options=(), mtu=1500, quiet=False, keys="", **how):
    """plx-testpmd forwards between hosts, by ports of these kinds. Frames alone: @quiet.

    It runs in the middle, and taps are moved to their hosts, which they do not notice; but where
    a tap is the only port, it runs in that host.
    """
    sides, alone = [], kinds == ("tap",)
    for number, kind in enumerate(kinds):
        name, host = "lan" if alone else next(names), Host(number + 1, quiet)
        if kind == "af_packet":
            host.cable(name, mtu)
        sides.append(Side(kind, name, host, number))
    specs = ["%s:iface=%s%s" % (s.kind, s.name, keys if s.kind == "af_packet" else "")
             for s in sides]
    try:
        with sides[0].host if alone else contextlib.nullcontext():
            t = Testpmd(*specs, options=["--mtu", str(mtu), *options], **how)
        with t:
            for s in sides:
                if alone:
                    s.host.up(mtu)
                elif s.kind == "tap":
                    s.host.take(s.name, mtu)
            if t.wait:
                until(lambda: cleared(t), "a moment without a frame under way")
            yield Lab(t, *sides)
    finally:
        for s in sides:
            s.host.close()


def cleared(t):
    """Forget what was lost when not all were up; but no half of a frame's way."""
    t.ask("clear port stats all")
    t.ask("clear fwd stats all")
    time.sleep(0.02)
    now = t.ask("show fwd stats all")
    return (sum(p["rx_packets"] for p in now["ports"]) + now["generated"] ==
            sum(p["tx_packets"] + sum(p["drops"].values()) for p in now["ports"]) +
            now["consumed"])


def kernel_counts(side):
    """What the kernel has counted for a port: received, sent, as the port sees it."""
    if side.kind == "tap":
        c = side.host.counters()  # the interface is the port's other end
        return {"rx_packets": c["tx_packets"], "rx_bytes": c["tx_bytes"],
                "tx_packets": c["rx_packets"], "tx_bytes": c["rx_bytes"]}
    c = counters(side.name)
    return {key: c[key] for key in ("rx_packets", "rx_bytes", "tx_packets", "tx_bytes")}


def port_counts(t, side):
    s = t.stats(side.port)
    return {key: s[key] for key in ("rx_packets", "rx_bytes", "tx_packets", "tx_bytes")}


def settled(read):
    """What is read when it no longer changes."""
    last = [read()]

    def same():
        time.sleep(0.1)
        last.append(read())
        return last[-1] == last[-2]
    until(same, "counters to settle")
    return last[-1]


class Counting:
    """Port statistics beside the kernel's, from here on."""

    def __init__(self, t, *sides):
        self.t, self.sides = t, sides
        self.begin = self.read()

    def read(self):
        return settled(lambda: [(port_counts(self.t, s), kernel_counts(s)) for s in self.sides])

    def check(self, what):
        for side, before, now in zip(self.sides, self.begin, self.read()):
            ours, theirs = ({k: now[i][k] - before[i][k] for k in now[i]} for i in (0, 1))
            expect(ours == theirs, "%s: %s counts %s, the kernel %s" %
                   (what, side.kind, ours, theirs))
            expect(ours["rx_packets"] > 0, "%s: nothing was counted" % what)


def check_drops(result, what, allowed=()):
    """No frame was lost, but for these reasons."""
    for port in result["ports"]:
        bad = {k: n for k, n in port["drops"].items() if n and k not in allowed}
        expect(not bad, "%s: %s dropped %s" % (what, port["name"], bad))


class Errors:
    """What the hosts' stacks find wrong with what they receive, from here on."""

    def __init__(self, *hosts):
        self.hosts = hosts
        self.begin = [h.errors() for h in hosts]

    def rcvbuf(self, host):
        """Datagrams that came and found no room in a socket."""
        now, then = host.errors(), self.begin[self.hosts.index(host)]
        return sum(now[k] - then[k] for k in now if "Rcvbuf" in k)

    def check(self, what, allowed=()):
        for host, then in zip(self.hosts, self.begin):
            now = host.errors()
            new = {k: now[k] - then[k] for k in now if now[k] != then[k] and k not in allowed}
            # Those that found no room are among the errors.
            for v in ("Udp", "Udp6"):
                if new.get(v + "InErrors", 0) == new.get(v + "RcvbufErrors", 0):
                    new.pop(v + "InErrors", 0), new.pop(v + "RcvbufErrors", 0)
            expect(not new, "%s: the stack of %s counts %s" % (what, host.ip4, new))


# --- programs that talk -------------------------------------------------------------------------

def ping(a, to, *options):
    """One echo, however long it takes."""
    out = a.tool("ping", "-q", "-n", "-c", "1", "-W", str(SLOW), *options, to, check=False)
    return expect(" 1 received" in out and "error" not in out,
                  "ping %s %s: %s" % (to, " ".join(options), out[-200:].strip()))


def flood(a, to, count):
    """As fast as answers come. ping does not wait for the last ones, but the stack counts."""
    def answers():
        found = a.stack()
        return found["IcmpInEchoReps"] + found["Icmp6InEchoReplies"]
    before = answers()
    out = a.tool("ping", "-q", "-n", "-f", "-c", str(count), to, check=False)
    sent = int(re.search(r"(\d+) packets transmitted", out)[1])
    expect(sent == count, "ping -f %s: %s" % (to, out))
    with contextlib.suppress(Hang):
        until(lambda: answers() - before >= sent, "echoes", 5)
    expect(answers() - before == sent, "ping -f %s: %d sent, %d answered" %
           (to, sent, answers() - before))


def ping_all(a, b, mtu, many=0):
    for to, room in ((b.ip4, mtu - 28), (b.ip6, mtu - 48)):
        for size in (0, 1, 17, 999, room - 1, room):
            ping(a, to, "-M", "do", "-s", str(size))
        ping(a, to, "-s", "20000")  # fragments
        if many:
            flood(a, to, many)


def iperf(a, b, to, *options):
    out = a.tool("iperf3", "--json", "-c", to, *options, check=False)
    result = json.loads(out)
    if "error" in result:
        raise ValueError("iperf3 %s: %s" % (to, result["error"]))
    return result["end"]


def iperf_all(a, b, errors, how=("-t", "1")):
    with netlab.program(b, "iperf3", "-s", "--forceflush", ready="Server listening"):
        for to in (b.ip4, b.ip6):
            end = iperf(a, b, to, *how)
            expect(end["sum_received"]["bytes"] > 0, "iperf3 %s: nothing arrived" % to)
            full = errors.rcvbuf(b)
            end = iperf(a, b, to, "-u", "-b", "50M", "-t", "1", "-l", "1200")["sum"]
            full = errors.rcvbuf(b) - full
            expect(end["packets"] > 0 and end["lost_packets"] <= full,
                   "iperf3 -u %s: %d of %d datagrams lost, %d for want of room in the socket" %
                   (to, end["lost_packets"], end["packets"], full))


def listener(b, kind, v6=False):
    with b:
        s = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, kind)
    s.settimeout(SLOW)
    s.bind((b.ip6 if v6 else b.ip4, 0))
    return s


def tcp_exact(a, b, v6, size=3 << 20):
    """A stream arrives as it was sent."""
    data = random.randbytes(size)
    got = hashlib.sha256()
    with listener(b, socket.SOCK_STREAM, v6) as server:
        server.listen()

        def receive():
            with contextlib.suppress(OSError):
                s, _ = server.accept()
                s.settimeout(SLOW)
                while part := s.recv(1 << 16):
                    got.update(part)
                s.close()
        thread = threading.Thread(target=receive)
        thread.start()
        with a:
            s = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_STREAM)
        s.settimeout(SLOW)
        s.connect(server.getsockname())
        s.sendall(data)
        s.close()
        thread.join(2 * SLOW)
    expect(got.digest() == hashlib.sha256(data).digest(), "TCP over IPv%d: other bytes arrived" %
           (6 if v6 else 4))


def udp_exact(a, b, v6, mtu, fragments=True):
    """Datagrams of all kinds of sizes arrive as they were sent, in order."""
    room = mtu - (48 if v6 else 28)
    sizes = [0, 1, 2, 3, 18, room - 1, room]
    sizes += [room + 1, 2 * room, 20000, 60000] if fragments else []
    sizes += [random.randrange(room) for _ in range(300)]
    with listener(b, socket.SOCK_DGRAM, v6) as server, a:
        s = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
        s.connect(server.getsockname())
        for i in range(0, len(sizes), 8):
            sent = [random.randbytes(n) for n in sizes[i:i + 8]]
            for data in sent:
                s.send(data)
            for data in sent:
                if not expect(server.recv(1 << 16) == data, "UDP over IPv%d: a datagram of %d "
                              "bytes is another one" % (6 if v6 else 4, len(data))):
                    return
        s.close()


def exact_all(a, b, mtu, fragments=True):
    for v6 in (False, True):
        tcp_exact(a, b, v6)
        tcp_exact(b, a, v6, 1 << 20)
        udp_exact(a, b, v6, mtu, fragments)
        udp_exact(b, a, v6, mtu, fragments)


# --- hosts talk through plx-testpmd -------------------------------------------------------------

def talk(left, right):
    """With offloads: frames may come unfinished, and the receiving stack must like them."""
    what = "%s to %s" % (left, right)
    with lab(left, right, options=["--rxd", "8192"] if left != "tap" else []) as l:
        a, b = l.a.host, l.b.host
        errors = Errors(a, b)
        ping_all(a, b, 1500, 5000 if left != right else 1000)
        exact_all(a, b, 1500)
        iperf_all(a, b, errors)
        errors.check(what)
        # A stream may fill a ring: that is what its congestion control is for.
        check_drops(l.t.stop(), what, ["missed"])


@check
def af_packet_to_af_packet():
    talk("af_packet", "af_packet")


@check
def tap_to_tap():
    talk("tap", "tap")


@check
def af_packet_to_tap():
    talk("af_packet", "tap")


def check_finished(path, mtu, what):
    """Every frame of a capture is whole: no checksum missing or wrong, nothing left to cut."""
    protocols = ("ip", "tcp", "udp", "icmp", "icmpv6")
    fields = ["frame.len", *(p + ".checksum.status" for p in protocols)]
    out = tool("tshark", "-n", "-r", path, *VALIDATE, "-T", "fields", "-E", "occurrence=a",
               *(arg for f in fields for arg in ("-e", f)), timeout=2 * SLOW)
    good, bad = collections.Counter(), []
    for n, line in enumerate(out.splitlines()):
        length, *status = line.split("\t")
        if int(length) > mtu + 14:
            bad.append("frame %d has %s bytes" % (n + 1, length))
        for protocol, words in zip(protocols, status):
            # 0 bad, 1 good, 2 not verified, 3 not present, 4 illegal
            if not set(words.split(",")) <= {"", "1"}:
                bad.append("frame %d: %s checksum status %s" % (n + 1, protocol, words))
            good[protocol] += "1" in words
    fine = expect(not bad, "%s: %d frames of %d: %s" % (path, len(bad), n + 1, bad[:3]))
    for protocol in protocols:
        expect(good[protocol] >= 5, "%s: only %d %s checksums to be seen" %
               (what, good[protocol], protocol))
    return fine


def talk_finished(left, right, mtu=1500, options=()):
    """Without offloads: whatever a port sends is finished, and is counted as the kernel does."""
    what = "%s to %s, MTU %d, without offloads" % (left, right, mtu)
    pcaps = [os.path.join(WORK, "%s-%s-%d-%d.pcap" % (left, right, mtu, i)) for i in (0, 1)]
    rxd = ["--rxd", "4096"] if left != "tap" else []
    with lab(left, right, options=["--no-offloads", *rxd, *options], mtu=mtu) as l:
        a, b = l.a.host, l.b.host
        for s in (l.a, l.b):
            info = l.t.info(s.port)
            expect(info["offloads"] == [], "%s: offloads %s" % (what, info["offloads"]))
        errors = Errors(a, b)
        with netlab.capture(a, pcaps[0]), netlab.capture(b, pcaps[1]):
            ping_all(a, b, mtu)
            exact_all(a, b, mtu)
        # Super-frames are counted as one by the kernel, and by us as what they become.
        for h in (a, b):
            h.tool("ip", "link", "set", "lan", "gso_max_segs", "1")
        counting = Counting(l.t, l.a, l.b)
        tcp_exact(a, b, False, 300000)
        udp_exact(a, b, True, mtu)
        flood(a, b.ip4, 200)
        counting.check(what)
        errors.check(what)
        result = l.t.stop()
        check_drops(result, what, ["missed"])
    for path in pcaps:
        if check_finished(path, mtu, what):
            os.unlink(path)


@check
def af_packet_to_af_packet_without_offloads():
    talk_finished("af_packet", "af_packet")


@check
def tap_to_tap_without_offloads():
    talk_finished("tap", "tap")


@check
def af_packet_to_tap_without_offloads():
    talk_finished("af_packet", "tap")


@check
def jumbo_frames_in_several_buffers():
    for left, right in PAIRS:
        what = "%s to %s, MTU 9000" % (left, right)
        with lab(left, right, mtu=9000, options=["--buffer-size", "2048"]) as l:
            a, b = l.a.host, l.b.host
            for s in (l.a, l.b):
                info = l.t.info(s.port)
                expect(info["rx_max_entries"] > 4, "%s: a frame in %d buffers" %
                       (what, info["rx_max_entries"]))
            errors = Errors(a, b)
            ping_all(a, b, 9000, 100)
            exact_all(a, b, 9000)
            errors.check(what)
            check_drops(l.t.stop(), what, ["missed"])


@check
def jumbo_frames_without_offloads():
    for left, right in PAIRS:
        talk_finished(left, right, 9000, ["--buffer-size", "2048"])


# --- frames that no kernel sends ----------------------------------------------------------------

OURS = bytes.fromhex("020000000001")
TAGS = (b"", bytes.fromhex("81000064"), bytes.fromhex("8100e001"), bytes.fromhex("81000000"),
        bytes.fromhex("8100a000"), bytes.fromhex("81000fff"), bytes.fromhex("88a80064"),
        bytes.fromhex("88a8f000"), bytes.fromhex("88a8006481000065"),
        bytes.fromhex("8100006481000065"), bytes.fromhex("88a8000188a8000288a80003"))


def raw(number, size, dst=b"\x02\0\0\0\0\x02", tag=b""):
    """A frame of ours: its number, and bytes that follow from it; @size without the tag."""
    head = dst + OURS + tag + struct.pack(">H", TYPE)
    body = struct.pack(">I", number) + random.Random(number).randbytes(max(size - 18, 0))
    return head + body[:max(size - 14, 0)]


def is_ours(frame):
    return frame[6:12] == OURS


def send_windows(source, sink, frames, what, window=128):
    """Send, never with more under way than any queue holds; what arrives must be it, in order."""
    for at in range(0, len(frames), window):
        part = frames[at:at + window]
        for frame in part:
            source.send(frame)
        for n, frame in enumerate(part):
            got = receive_ours(sink)
            if got == frame:
                continue
            return expect(False, "%s: frame %d of %d bytes (%s) %s" % (
                what, at + n, len(frame), frame[12:24].hex(),
                "is lost" if got is None else "became one of %d bytes (%s)" %
                (len(got), got[12:24].hex())))
    extra = [f for f in sink.drain() if is_ours(f)]
    return expect(not extra, "%s: %d frames too many" % (what, len(extra)))


def receive_ours(sink):
    while True:
        got = sink.receive(10)
        if got is None or is_ours(got):
            return got


def both_ways(l, frames, what, **how):
    with Wire(l.a.host) as a, Wire(l.b.host) as b:
        if send_windows(a, b, frames, what + ", there", **how):
            send_windows(b, a, frames, what + ", back", **how)


def random_frames(n, longest=1514):
    choice = random.Random(n)
    return [raw(i, choice.randint(14, longest)) for i in range(n)]


@check
def frames_of_all_sizes_in_order():
    for pair in PAIRS:
        what = "%s to %s" % pair
        with lab(*pair, quiet=True) as l:
            both_ways(l, [raw(i, size) for i, size in enumerate(range(14, 1515))], what)
            both_ways(l, random_frames(20000 if pair == PAIRS[0] else 4000), what)
            check_drops(l.t.stop(), what)


@check
def frames_by_blocks_and_small_rings():
    for keys, options in ((",ring=v3", []), (",ring=v3,block_size=256,timeout=5", ["--rxd", "4"]),
                          ("", ["--rxd", "256", "--burst", "1"]), (",qdisc_bypass=on", []),
                          ("", ["--buffer-size", "64", "--burst", "200"]),
                          (",ring=v3", ["--buffer-size", "100", "--no-offloads"])):
        what = "af_packet%s %s" % (keys, " ".join(options))
        with lab("af_packet", "af_packet", keys=keys, options=options, quiet=True) as l:
            both_ways(l, random_frames(3000), what, window=64)
            check_drops(l.t.stop(), what)


def longest(frame, mtu):
    """What a packet socket sends: an MTU without the first tag, if that is an 802.1Q one."""
    return mtu + 14 + 4 * (frame[12:14] == b"\x81\0")


@check
def tagged_frames():
    for pair in PAIRS:
        for options in ([], ["--no-offloads"]):
            what = "%s to %s %s" % (*pair, " ".join(options))
            with lab(*pair, options=options, quiet=True) as l:
                sizes = (16, 18, 46, 60, 1000, 1513, 1514)  # 14 and a tag the kernel drops
                frames = [raw(i, size, tag=tag)
                          for i, (size, tag) in enumerate(itertools.product(sizes, TAGS))]
                frames = [f for f in frames if len(f) <= longest(f, 1500)]
                both_ways(l, frames * 3, what)
                check_drops(l.t.stop(), what)


@check
def jumbo_frames_of_all_kinds():
    for pair in PAIRS:
        what = "%s to %s, MTU 9000" % pair
        with lab(*pair, quiet=True, mtu=9000, options=["--buffer-size", "2048"]) as l:
            frames = random_frames(1500, 9014)
            tagged = [raw(i, size, tag=tag) for i, (size, tag) in enumerate(
                itertools.product((2047, 2048, 2049, 4096, 4097, 9000, 9014), TAGS))]
            frames += [f for f in tagged if len(f) <= longest(f, 9000)]
            both_ways(l, frames, what, window=32)
            check_drops(l.t.stop(), what)


@check
def frames_longer_than_the_kernel_sends():
    """Dropped, under their name, and the others go on."""
    for right in ("af_packet", "tap"):
        what = "af_packet to %s" % right
        with lab("af_packet", right, quiet=True) as l:
            l.a.host.tool("ip", "link", "set", "lan", "mtu", "2000")
            frames = [raw(0, 1514), raw(1, 1514, tag=TAGS[6]), raw(2, 1518), raw(3, 1514)]
            with Wire(l.a.host) as a, Wire(l.b.host) as b:
                for frame in frames:
                    a.send(frame)
                got = [receive_ours(b)]
                while got[-1] not in (None, frames[-1]):
                    got.append(receive_ours(b))
            # A tap receives whatever its file is given.
            want = frames if right == "tap" else [frames[0], frames[3]]
            expect(got == want, "%s: %d frames arrived" % (what, len(got)))
            drops = l.t.stats(1)["tx_drops"]["too_long"]
            expect(drops == len(frames) - len(want), "%s: %d dropped as too long" % (what, drops))
            l.t.stop()


@check
def counts_are_the_kernels():
    """Frames of known number and size: ours, the kernel's and the sender's counts are equal."""
    for pair in PAIRS:
        what = "%s to %s" % pair
        with lab(*pair, quiet=True) as l:
            counting = Counting(l.t, l.a, l.b)
            frames = random_frames(1000)
            both_ways(l, frames, what)
            counting.check(what)
            s = l.t.stats(0)
            want = len(frames), sum(map(len, frames))
            for way in ("rx", "tx"):
                got = s[way + "_packets"], s[way + "_bytes"]
                expect(got == want, "%s: %s %s instead of %s" % (what, way, got, want))


# --- plx-testpmd as an end station --------------------------------------------------------------

@check
def icmpecho_answers_a_host():
    for kind in ("af_packet", "tap"):
        for keys in ([], ["--no-offloads"]):
            with lab(kind, mode="icmpecho", options=keys) as l:
                host, mac = l.a.host, l.t.info()["mac"]
                errors = Errors(host)
                for to, room in (("192.0.2.77", 1472), ("2001:db8::77", 1452)):
                    for size in (0, 17, 56, room - 1, room):
                        ping(host, to, "-s", str(size), "-M", "do")
                    flood(host, to, 300)
                    neighbour = json.loads(host.tool("ip", "-j", "neighbour", "show", to))
                    expect([n.get("lladdr") for n in neighbour] == [mac],
                           "icmpecho on %s: %s is at %s" % (kind, to, neighbour))
                errors.check("icmpecho on " + kind)
                result = l.t.stop()
                engine = result["engine"]
                expect(engine["echo_replies"] == engine["echo6_replies"] == 305 and
                       engine["arp_replies"] > 0 and engine["nd_replies"] > 0,
                       "icmpecho on %s: %s" % (kind, engine))
                check_drops(result, "icmpecho on " + kind)


def know(host, address, mac):
    host.tool("ip", "neighbour", "replace", address, "lladdr", mac, "dev", "lan")


def echo_datagrams(host, address, family, what):
    with host:
        s = socket.socket(family, socket.SOCK_DGRAM)
    with s:
        s.settimeout(SLOW)
        s.connect((address, 9))
        for size in [0, 1, 2, 1000, 1452] + [random.randrange(1452) for _ in range(100)]:
            data = random.randbytes(size)
            s.send(data)
            if not expect(s.recv(1 << 16) == data, "%s: %d bytes came back otherwise" %
                          (what, size)):
                return


def echo_stream(host, address, family, what, size=2 << 20):
    """A host's TCP connects to itself: both ends open at once (RFC 9293 3.5)."""
    data, got = random.randbytes(size), bytearray()
    with host:
        s = socket.socket(family, socket.SOCK_STREAM)
    with s:
        s.settimeout(SLOW)
        s.connect((address, 9))
        thread = threading.Thread(target=s.sendall, args=[data])
        thread.start()
        while len(got) < size and (part := s.recv(1 << 16)):
            got += part
        thread.join(SLOW)
    expect(got == data, "%s: %d bytes came back, not the %d that were sent" %
           (what, len(got), size))


@check
def five_tuples_are_swapped():
    """A host that hears itself, from an address that is nobody's."""
    for kind in ("af_packet", "tap"):
        for options in ([], ["--no-offloads"]):
            what = "5tswap on %s %s" % (kind, " ".join(options))
            with lab(kind, mode="5tswap", options=options) as l:
                host = l.a.host
                errors = Errors(host)
                for address, family in (("192.0.2.77", socket.AF_INET),
                                        ("2001:db8::77", socket.AF_INET6)):
                    know(host, address, "02:00:00:00:00:77")
                    echo_datagrams(host, address, family, what)
                    echo_stream(host, address, family, what)
                # What was for a group comes back from one, which no host likes.
                errors.check(what, ["Ip6InHdrErrors"])
                check_drops(l.t.stop(), what, ["missed"])


@check
def addresses_are_swapped():
    for kind in ("af_packet", "tap"):
        with lab(kind, mode="macswap", quiet=True) as l, Wire(l.a.host) as wire:
            frames = random_frames(1000)
            for at in range(0, len(frames), 50):
                for frame in frames[at:at + 50]:
                    wire.send(frame)
                for frame in frames[at:at + 50]:
                    got = wire.receive()
                    want = frame[6:12] + frame[:6] + frame[12:]
                    if not expect(got == want, "macswap on %s: %s" % (kind, got)):
                        return
            check_drops(l.t.stop(), "macswap on " + kind)


@check
def generators_reach_a_host():
    for kind, mode in itertools.product(("af_packet", "tap"), ("txonly", "flowgen")):
        what = "%s on %s" % (mode, kind)
        name, host = next(names), Host(1, quiet=True)
        if kind == "af_packet":
            host.cable(name)
        with Testpmd("%s:iface=%s" % (kind, name), interactive=True,
                     options=["--packets", "3000", "--flowgen-flows", "100"], mode=mode) as t:
            if kind == "tap":
                host.take(name)
            with Wire(host) as wire:
                t.ask("start")
                frames = [wire.receive(10) for _ in range(3000)]
                until(lambda: not t.answer("stop")["ok"], mode + " to end by itself")
                frames += wire.drain()
                t.stop()
        expect(None not in frames and len(frames) == 3000, "%s: %d frames instead of 3000" %
               (what, len([f for f in frames if f])))
        bad = [f for f in frames if f and ones_sum(f[14:34]) != 0xffff]
        expect(not bad, "%s: %d bad IPv4 headers" % (what, len(bad)))
        flows = len({f[26:38] for f in frames if f})
        expect(flows == (100 if mode == "flowgen" else 1), "%s: %d flows" % (what, flows))
        host.close()


# --- several queues -----------------------------------------------------------------------------

def flow_frame(flow, number, size=100):
    """UDP of flow @flow, with a number."""
    ip4 = struct.pack(">BBHHHBBH4s4s", 0x45, 0, size - 14, 0, 0x40, 64, 17, 0,
                      b"\xc6\x12\0\1", bytes((198, 18, 1, flow & 255)))
    csum = ~ones_sum(ip4) & 0xffff
    ip4 = ip4[:10] + struct.pack(">H", csum) + ip4[12:]
    udp = struct.pack(">HHHH", 1000 + flow, 2000, size - 34, 0)
    data = struct.pack(">II", flow, number)
    return (b"\x02\0\0\0\0\x02" + OURS + b"\x08\0" + ip4 + udp + data).ljust(size, b"x")


def numbered(frame):
    return struct.unpack_from(">II", frame, 42)


def queue_packets(t, port=0):
    found = t.xstats(port)
    return [found["rxq%d_packets" % q] for q in (0, 1)]


def flows_through(source, sink, ours, what, flows=32, rounds=60):
    """All flows at once, a frame of each at a time."""
    at = collections.Counter()
    for number in range(rounds):
        for flow in range(flows):
            source.send(flow_frame(flow, number))
        for _ in range(flows):
            frame = sink.receive(10)
            while frame is not None and frame[6:12] != ours:
                frame = sink.receive(10)
            if not expect(frame is not None, "%s: a frame is lost in round %d" % (what, number)):
                return
            flow, n = numbered(frame)
            expect(n == at[flow], "%s: flow %d: number %d comes when it is %d's turn" %
                   (what, flow, n, at[flow]))
            at[flow] += 1
    expect(len(at) == flows, "%s: %d flows" % (what, len(at)))


@check
def flows_stay_on_their_queues():
    two = skip_unless_two_cpus()
    for kind in ("af_packet", "tap"):
        what = "2 queues of " + kind
        with lab(kind, mode="macswap", quiet=True,
                 options=["--rxq", "2", "--cores", two]) as l, Wire(l.a.host) as wire:
            back = b"\x02\0\0\0\0\x02"
            flows_through(wire, wire, back, what)
            queues = queue_packets(l.t)
            expect(all(queues) and sum(queues) == 32 * 60, "%s have got %s" % (what, queues))
            for flow in range(8):
                before = queue_packets(l.t)
                for n in range(20):
                    wire.send(flow_frame(flow, n))
                got = [wire.receive(10) for _ in range(20)]
                more = [b - a for a, b in zip(before, queue_packets(l.t))]
                expect(None not in got and sorted(more) == [0, 20],
                       "%s: flow %d went to %s" % (what, flow, more))
            result = l.t.stop()
            check_drops(result, what)
            expect(all(core["packets"] for core in result["cores"]),
                   "%s: a core had nothing to do" % what)


@check
def queues_between_interfaces():
    two = skip_unless_two_cpus()
    for pair in PAIRS:
        what = "2 queues, %s to %s" % pair
        with lab(*pair, quiet=True, options=["--rxq", "2", "--cores", two]) as l:
            with Wire(l.a.host) as a, Wire(l.b.host) as b:
                flows_through(a, b, OURS, what + ", there")
                flows_through(b, a, OURS, what + ", back")
            check_drops(l.t.stop(), what)


@check
def hosts_talk_over_several_queues():
    two = skip_unless_two_cpus()
    for pair in PAIRS:
        what = "2 queues, %s to %s" % pair
        with lab(*pair, options=["--rxq", "2", "--cores", two]) as l:
            errors = Errors(l.a.host, l.b.host)
            ping_all(l.a.host, l.b.host, 1500, 200)
            # Fragments have no ports, so they go another way than what is whole.
            exact_all(l.a.host, l.b.host, 1500, fragments=False)
            errors.check(what)
            check_drops(l.t.stop(), what, ["missed"])


# --- DPDK at the other end ----------------------------------------------------------------------

class Dpdk:
    """DPDK's testpmd on a host's interface."""

    def __init__(self, host, mode):
        if not shutil.which("dpdk-testpmd"):
            raise Skip("dpdk-testpmd is missing: scripts/setup test")
        self.log = os.path.join(WORK, "dpdk-testpmd.log")
        with host, open(self.log, "wb") as out:
            self.p = subprocess.Popen(
                ["stdbuf", "-oL", "dpdk-testpmd", "--no-huge", "-m", "256", "--no-pci",
                 "--no-telemetry", "--no-shconf", "-l", ",".join(map(str, (CPUS * 2)[:2])),
                 "--vdev=net_af_packet0,iface=lan,framecnt=8192", "--", "-i",
                 "--total-num-mbufs=12000", "--forward-mode=" + mode],
                stdin=subprocess.PIPE, stdout=out, stderr=out, preexec_fn=netlab.die_with_us,
                start_new_session=True)

    def text(self):
        with open(self.log, errors="replace") as f:
            return f.read()

    def say(self, command, answer):
        """Return: what it says from the command on, once that has a match of @answer."""
        def answered():
            if self.p.poll() is not None:
                raise Skip("dpdk-testpmd ended: " + self.text()[-200:])
            said = self.text()[start:]
            return said if re.search(answer, said, re.S) else None
        start = len(self.text())
        if command:
            self.p.stdin.write(command.encode() + b"\n")
            self.p.stdin.flush()
        return until(answered, "dpdk-testpmd to answer %r" % command)

    def stats(self):
        said = self.say("show port stats 0", r"Tx-pps.*####")
        return {k: int(n) for k, n in re.findall(r"([RT]X-packets): +(\d+)", said)}

    def __enter__(self):
        return self

    def __exit__(self, *what):
        with contextlib.suppress(OSError):
            self.p.stdin.write(b"quit\n")
            self.p.stdin.close()
        try:
            self.p.wait(SLOW)
        except subprocess.TimeoutExpired:
            self.p.kill()
            self.p.wait()


# Our --packets for both: fits DPDK's ring and ours, however long neither of them runs.
TO_DPDK = 5000


@contextlib.contextmanager
def beside_dpdk(mode):
    """A veth pair with DPDK's testpmd at its far end; its near end, to be used by us."""
    name, host = next(names), Host(1, quiet=True)
    host.cable(name)
    try:
        with Dpdk(host, mode) as dpdk:
            dpdk.say(None, "testpmd> ")
            yield name, dpdk
    finally:
        host.close()


@check
def dpdk_sends_and_we_return():
    for mode, options in (("macswap", []), ("macswap", ["--no-offloads"]), ("io", []), ("mac", [])):
        what = "DPDK sends, %s %s" % (mode, " ".join(options))
        with beside_dpdk("rxonly") as (name, dpdk):
            spec = "af_packet:iface=" + name
            with Testpmd(spec, mode=mode, options=["--rxd", "16384", *options]) as t:
                before = counters(name)
                # As many bursts of 32 as its ring has room for.
                dpdk.say("start tx_first 150", "rxonly packet forwarding")
                sent = settled(dpdk.stats)["TX-packets"]
                now = counters(name)
                came, went = (now[k] - before[k] for k in ("rx_packets", "tx_packets"))
                got = settled(dpdk.stats)["RX-packets"]
                s = t.stats()
                expect(sent == 150 * 32 and sent == came == went == got,
                       "%s: %d sent, %d came, %d went, %d received" % (what, sent, came, went, got))
                expect(s["rx_packets"] == s["tx_packets"] == came, "%s: we count %d and %d, the "
                       "kernel %d" % (what, s["rx_packets"], s["tx_packets"], came))
                expect(s["rx_bytes"] == s["tx_bytes"] == now["rx_bytes"] - before["rx_bytes"],
                       "%s: %d and %d bytes" % (what, s["rx_bytes"], s["tx_bytes"]))
                check_drops(t.stop(), what)


@check
def dpdk_returns_what_we_send():
    for mode, size in (("txonly", 64), ("flowgen", 64), ("txonly", 1518)):
        what = "DPDK returns, %s of %d bytes" % (mode, size)
        with beside_dpdk("macswap") as (name, dpdk):
            dpdk.say("start", "macswap packet forwarding")
            spec = "af_packet:iface=" + name
            with Testpmd(spec, mode="rxonly", options=["--rxd", "16384"]) as t:
                before = counters(name)
                r = run("--port", spec, "--forward-mode", mode, "--packets", str(TO_DPDK), "--json",
                        "--frame-size", str(size))
                result = parse(r)
                expect(r.rc == 0 and result and result["ports"][0]["tx_packets"] == TO_DPDK,
                       "%s: %s" % (what, r))
                with contextlib.suppress(Hang):
                    until(lambda: t.stats()["rx_packets"] >= TO_DPDK, "echoes", 10)
                theirs, s, now = dpdk.stats(), t.stats(), counters(name)
                found = [theirs["RX-packets"], theirs["TX-packets"], s["rx_packets"],
                         *(now[k] - before[k] for k in ("tx_packets", "rx_packets"))]
                expect(found == [TO_DPDK] * 5, "%s: DPDK received, sent, we received, the kernel "
                       "sent, received: %s" % (what, found))
                size_rx = s["rx_bytes"] / max(s["rx_packets"], 1)
                expect(size_rx == size - 4, "%s: %s bytes came back" % (what, size_rx))
                check_drops(t.stop(), what)


# --- trouble ------------------------------------------------------------------------------------

@contextlib.contextmanager
def traffic(host, to):
    """Pings as fast as answers come, meanwhile."""
    with netlab.program(host, "ping", "-q", "-n", "-f", to) as p:
        yield p


def talks(host, to, what):
    """Does traffic flow (again)? The kernel may need a moment for its own part of it."""
    out = host.tool("ping", "-q", "-n", "-i", "0.05", "-c", "1", "-w", str(SLOW), to, check=False)
    return expect(re.search(r" [1-9]\d* received", out), "%s: no traffic: %s" %
                  (what, out[-150:].strip()))


ECHO = "192.0.2.77"  # icmpecho is every host


def end_of(side, how):
    """Take an interface away: itself, its peer, or its namespace."""
    if how == "itself" and side.kind == "af_packet":
        ip("link", "delete", side.name)
    elif how == "namespace":
        side.host.close()
    else:
        side.host.tool("ip", "link", "delete", "lan")


@check
def interfaces_are_deleted():
    for pair in PAIRS[:2] + (("af_packet", "tap"), ("tap", "af_packet")):
        for how in ("itself", "peer", "namespace"):
            what = "%s to %s, %s deleted" % (*pair, how)
            with lab(*pair) as l, contextlib.ExitStack() as stack:
                if how != "namespace":  # which ends with its last process
                    stack.enter_context(traffic(l.a.host, l.b.host.ip4))
                until(lambda: how == "namespace" or l.t.stats(0)["rx_packets"] > 100, "traffic")
                end_of(l.a, how)
                r = l.t.wait_end()
                check_sentence(r, [l.a.name], True)
                expect(r.rc == 1, "%s: %s" % (what, r))
                result = parse(r)
                if result and expect("ports" in result, "%s: no result: %s" % (what, r)):
                    check_balance(result, what)


@check
def one_interface_is_deleted_at_the_prompt():
    with lab("af_packet", mode="icmpecho", interactive=True) as l:
        host, t, name = l.a.host, l.t, l.a.name
        t.ask("start")
        with traffic(host, ECHO):
            until(lambda: t.stats()["rx_packets"] > 100, "traffic")
            ip("link", "delete", name)
            until(lambda: not t.answer("stop")["ok"], "the end of forwarding")
        info = t.info()
        expect(not info["link_up"], "a deleted interface has a link")
        for command in ("show port info all", "show port stats all", "show fwd stats all",
                        "show port xstats all", "show port 0 rxq info"):
            expect(t.answer(command)["ok"], "%r fails without the interface" % command)
        if t.answer("start")["ok"]:  # and ends at once
            until(lambda: not t.answer("stop")["ok"], "the end of forwarding")
        found = t.answer("port reset 0")
        expect(not found["ok"] and name in found["error"]["text"],
               "port reset without the interface: %s" % found)
        # The port is gone with its number now, as reset could not open it.
        host.cable(name)
        found = t.answer("port attach af_packet:iface=" + name)
        expect(found["ok"], "attach: %s" % found)
        t.ask("start")
        talks(host, ECHO, "a new interface of the same name")
        t.ask("stop")
        r = t.stop(code=None)
        expect(r.out.count('"event":"forwarding_ended"') >= 1, "no event: %s" % r.out[-300:])


@check
def commands_go_on_after_a_deletion():
    """Words on standard input, and no JSON: who types sees why it stopped, and goes on."""
    host, name = Host(1, quiet=True), next(names)
    host.cable(name)
    args = ["--port", "af_packet:iface=" + name, "--interactive", "--keep-going"]
    p = netlab.runner.start(args, stdin=subprocess.PIPE, preexec_fn=netlab.die_with_us)
    try:
        for line in ("set fwd macswap", "start"):
            p.stdin.write(line.encode() + b"\n")
        p.stdin.flush()
        seen = b""
        while b"macswap" not in seen:
            seen += os.read(p.stdout.fileno(), 4096) or b"macswap"
        with Wire(host) as wire:
            wire.send(raw(1, 100))
            expect(wire.receive() is not None, "it does not forward")
        ip("link", "delete", name)
        while b"macswap ran for" not in seen:  # it stops by itself, and says what it has done
            seen += os.read(p.stdout.fileno(), 4096) or b"macswap ran for"
        p.stdin.write(b"show port summary all\nport close 0\nport attach null\nstart\n")
        p.stdin.flush()
    finally:
        r = netlab.runner.finish(p, args)
        host.close()
    said = [line for line in (seen.decode() + r.out + r.err).splitlines()
            if name in line and "gone" in line]
    expect(len(said) == 1, "the deletion is told in %d lines: %s" % (len(said), r))
    expect(r.rc == 1, "after a deletion: %s" % r)
    expect("null" in r.out, "the port attached later does not forward: %s" % r.out[-300:])


@check
def one_tap_is_deleted_at_the_prompt():
    with lab("tap", mode="icmpecho", interactive=True) as l:
        host, t = l.a.host, l.t
        t.ask("start")
        talks(host, ECHO, "a tap")
        host.tool("ip", "link", "delete", "lan")
        until(lambda: not t.answer("stop")["ok"], "the end of forwarding")
        expect(not t.info()["link_up"], "a deleted tap has a link")
        found = t.answer("start")
        if found["ok"]:
            until(lambda: not t.answer("stop")["ok"], "the end of forwarding")
        else:
            expect("lan" in found["error"]["text"], "start without the tap: %s" % found)
        found = t.answer("port reset 0")
        expect(found["ok"], "port reset makes no new tap: %s" % found)
        host.up(1500)
        t.ask("start")
        talks(host, ECHO, "the tap after a reset")
        r = t.stop(code=None)
        expect(r.out.count('"event":"forwarding_ended"') >= 1, "no event: %s" % r.out[-300:])


def link_is(t, up, what):
    try:
        until(lambda: t.info()["link_up"] == up, "the link", 5)
    except Hang:
        expect(False, "%s: the link is not %s" % (what, "up" if up else "down"))


@check
def interfaces_go_down_and_up():
    for kind in ("af_packet", "tap"):
        with lab(kind, mode="icmpecho") as l, traffic(l.a.host, ECHO):
            for inner in (False, True):
                if kind == "tap" and not inner:
                    continue
                name = "lan" if inner else l.a.name
                what = "%s: %s" % (kind, name)
                for _ in range(3):
                    link_is(l.t, True, what)
                    with l.a.host if inner else contextlib.nullcontext():
                        ip("link", "set", name, "down")
                    link_is(l.t, False, what)
                    with l.a.host if inner else contextlib.nullcontext():
                        ip("link", "set", name, "up")
                    link_is(l.t, True, what)
                    talks(l.a.host, ECHO, what + " up again")
            check_drops(l.t.stop(), kind + " down and up", ["no_peer", "write_failed", "missed"])


@check
def interfaces_get_another_name():
    """A port is on an interface, not on a name; and another one may have that name now."""
    for kind in ("af_packet", "tap"):
        with lab(kind, mode="icmpecho") as l:
            with l.a.host if kind == "tap" else contextlib.nullcontext():
                ip("link", "set", l.a.name, "down")
                ip("link", "set", l.a.name, "name", "plxlother")
                ip("link", "add", l.a.name, "type", "veth", "peer", "name", "plxlpeer")
                ip("link", "set", "plxlother", "up")
            link_is(l.t, True, kind + " of another name")
            if kind == "tap":
                l.a.host.tool("ip", "address", "flush", "dev", "plxlother")
                l.a.host.tool("ip", "address", "add", l.a.host.ip4 + "/24", "dev", "plxlother")
            talks(l.a.host, ECHO, kind + " of another name")
            with l.a.host if kind == "tap" else contextlib.nullcontext():
                ip("link", "delete", l.a.name)
            talks(l.a.host, ECHO, kind + ", its namesake gone")
            check_drops(l.t.stop(), kind + " of another name", ["no_peer", "write_failed"])
            with l.a.host if kind == "tap" else contextlib.nullcontext():
                if netlab.exists("plxlother"):
                    ip("link", "delete", "plxlother")


@check
def interfaces_go_down_while_others_send_to_them():
    """Frames for a port that is down are dropped by that name, and later ones arrive."""
    for right in ("af_packet", "tap"):
        what = "af_packet to %s that is down" % right
        with lab("af_packet", right, quiet=True) as l:
            with Wire(l.a.host) as a, Wire(l.b.host) as b:
                both = l.b.host if right == "tap" else contextlib.nullcontext()
                name = "lan" if right == "tap" else l.b.name
                with both:
                    ip("link", "set", name, "down")
                frames = random_frames(50)
                for frame in frames:
                    a.send(frame)
                with contextlib.suppress(Hang):
                    until(lambda: l.t.stats(1)["tx_drops"]["no_peer"] == 50, "drops", 5)
                drops = l.t.stats(1)["tx_drops"]
                expect(drops["no_peer"] == 50, "%s: drops %s" % (what, drops))
                with both:
                    ip("link", "set", name, "up")
                with contextlib.suppress(OSError):  # of the wire's own: it was down
                    b.drain()
                b.drain()
                send_windows(a, b, frames, what + ", and up again")
            check_drops(l.t.stop(), what, ["no_peer"])


def set_mtus(l, mtu):
    for s in (l.a, l.b):
        s.host.tool("ip", "link", "set", "lan", "mtu", str(mtu))
        if s.kind == "af_packet":
            ip("link", "set", s.name, "mtu", str(mtu))


@check
def mtus_change_from_outside():
    for pair in PAIRS:
        for options in ([], ["--no-offloads"]):
            what = "%s to %s, other MTUs %s" % (*pair, " ".join(options))
            with lab(*pair, options=options) as l:
                a, b = l.a.host, l.b.host
                errors = Errors(a, b)
                set_mtus(l, 1300)
                ping_all(a, b, 1300, 50)
                exact_all(a, b, 1300)
                check_drops(parse_stats(l.t), what)
                set_mtus(l, 9000)
                if options:  # buffers were planned for 1500: what is longer is dropped by name
                    a.tool("ping", "-q", "-n", "-c", "1", "-W", "0.2", "-s", "8000", b.ip4,
                           check=False)
                    drops = l.t.stats(0)["rx_drops"]["too_long"]
                    expect(drops == 1, "%s: %d dropped as too long" % (what, drops))
                    ping(a, b.ip4)
                else:
                    ping_all(a, b, 9000, 50)
                    exact_all(a, b, 9000)
                set_mtus(l, 1500)
                ping_all(a, b, 1500, 50)
                errors.check(what)
                check_drops(l.t.stop(), what, ["missed", "too_long"])


def parse_stats(t):
    """Drops of all ports, as the final report has them."""
    ports = t.ask("show port stats all")["ports"]
    return {"ports": [{"name": p["name"], "drops": {k: n + p["tx_drops"][k] for k, n in
                                                    p["rx_drops"].items() if k != "missed"}}
                      for p in ports]}


@check
def mtus_change_on_one_side():
    """What is longer than the sending interface's MTU is dropped by name; the rest goes on."""
    with lab("af_packet", "af_packet", quiet=True) as l, Wire(l.a.host) as a, Wire(l.b.host) as b:
        ip("link", "set", l.b.name, "mtu", "600")
        frames = [raw(i, size) for i, size in enumerate((60, 614, 615, 1514, 100))]
        for frame in frames:
            a.send(frame)
        got = [receive_ours(b) for _ in range(3)]
        expect(got == [frames[0], frames[1], frames[4]], "MTU 600: other frames arrive")
        drops = l.t.stats(1)["tx_drops"]
        expect(drops["too_long"] == 2, "MTU 600: drops %s" % drops)
        ip("link", "set", l.b.name, "mtu", "1500")
        send_windows(a, b, frames, "MTU 1500 again")
        l.t.stop()


@check
def promiscuous_or_not():
    other, group, everybody = b"\x02\0\0\0\0\x99", b"\1\0\x5e\0\0\x99", b"\xff" * 6
    for kind in ("af_packet", "tap"):
        with lab(kind, "af_packet", quiet=True) as l, Wire(l.a.host) as a, Wire(l.b.host) as b:
            own = bytes.fromhex(l.t.info(0)["mac"].replace(":", ""))
            for n, command in enumerate(("on", "off", "on", "off")):
                l.t.ask("set promisc 0 " + command)
                expect(l.t.info(0)["promiscuous"] == (command == "on"), "promiscuous is not shown")
                to = (own, other, everybody, other, own)
                frames = [raw(10 * n + i, 100, dst) for i, dst in enumerate(to)]
                for frame in frames:
                    a.send(frame)
                want = [f for f in frames if command == "on" or f[:6] != other]
                got = [receive_ours(b) for _ in want]
                expect(got == want, "%s, promiscuous %s: %s" %
                       (kind, command, [g and g[:6].hex() for g in got]))
                expect(not [f for f in b.drain() if is_ours(f)], "%s, promiscuous %s: too many" %
                       (kind, command))
            # A group: with a filter, at least when all groups are wanted.
            l.t.ask("set allmulti 0 on")
            a.send(raw(99, 100, group))
            expect(receive_ours(b) == raw(99, 100, group), "%s: a group's frame is lost" % kind)
            check_drops(l.t.stop(), "%s, promiscuous or not" % kind)


@check
def promiscuous_mode_ends_with_the_port():
    with lab("af_packet", quiet=True) as l:
        expect(link(l.a.name)["promiscuity"] == 1, "not promiscuous")
        l.t.ask("set promisc 0 off")
        expect(link(l.a.name)["promiscuity"] == 0, "promiscuous still")
        l.t.ask("set promisc 0 on")
        l.t.stop()
        expect(link(l.a.name)["promiscuity"] == 0, "promiscuous after the end")


@check
def ports_stop_and_start_in_traffic():
    for kinds in (("af_packet", "af_packet"), ("tap", "tap")):
        what = "%s to %s" % kinds
        with lab(*kinds, interactive=True) as l:
            t, (a, b) = l.t, (l.a.host, l.b.host)
            with traffic(a, b.ip4):
                for n in range(8):
                    t.ask("start")
                    if n % 4 == 0:
                        talks(a, b.ip4, what)
                    t.ask("stop")
                    if n % 2:
                        t.ask("port stop all")
                        expect(t.info(0)["state"] == "stopped", "a port is not stopped")
                        t.ask("port start %s" % ("all" if n % 3 else n % 2))
                        t.ask("port start all")
                    if kinds[0] == "af_packet":  # a tap that is closed is gone
                        t.ask("port reset %s" % ("all" if n % 2 else 1))
                t.ask("port stop 1")
                found = t.answer("start")
                expect(not found["ok"] and "port start 1" in found["error"]["text"],
                       "start with a stopped port: %s" % found)
                t.ask("port start 1")
                t.ask("start")
                talks(a, b.ip4, what + ", after all that")
            t.ask("stop")
            flow = t.ask("show fwd stats all")
            check_balance(flow, what)
            t.stop(code=None)


@check
def taps_end_with_the_program():
    for sig in (signal.SIGKILL, signal.SIGTERM):
        for key, stays in (("", False), (",persist=on", True)):
            name = next(names)
            with Testpmd("tap:iface=%s%s" % (name, key)) as t:
                expect(netlab.exists(name), "there is no %s" % name)
                t.p.send_signal(sig)
                t.p.wait(SLOW)
                try:
                    until(lambda: netlab.exists(name) == stays, "the tap to go", 5)
                except Hang:
                    expect(False, "after %s: tap%s is %s" %
                           (sig.name, key, "gone" if stays else "there"))
            if netlab.exists(name):
                ip("tuntap", "delete", "dev", name, "mode", "tap", "multi_queue")


def seen_by_socket(t):
    t.stats(0)
    return t.xstats(0)["rxq0_kernel_packets"]


@check
def rings_that_overflow_count_what_they_miss():
    for keys, options in (("", ["--rxd", "256"]), (",ring=v3", ["--rxd", "2"])):
        what = "af_packet%s, nobody reads" % keys
        with lab("af_packet", "af_packet", keys=keys, options=options, quiet=True,
                 interactive=True) as l, Wire(l.a.host) as a, Wire(l.b.host) as b:
            frames = random_frames(3000)
            for at in range(0, 3000, 100):  # the kernel's own queues must not overflow
                for frame in frames[at:at + 100]:
                    a.send(frame)
                until(lambda: seen_by_socket(l.t) == at + 100, "the kernel")
            missed = l.t.stats(0)["rx_drops"]["missed"]
            expect(0 < missed < 3000, "%s: %d missed" % (what, missed))
            expect(keys or missed == 3000 - 256, "%s: %d missed, not 2744" % (what, missed))
            l.t.ask("start")
            got = []
            while len(got) < 3000 - missed and None not in got:
                got.append(receive_ours(b))
            expect(got == frames[:3000 - missed], "%s: %d frames that are not the first %d" %
                   (what, len(got), 3000 - missed))
            s = l.t.stats(0)
            expect(s["rx_packets"] + s["rx_drops"]["missed"] == 3000, "%s: %s" % (what, s))
            send_windows(a, b, frames[:500], what + ", later", window=32)
            l.t.ask("stop")
            check_balance(l.t.ask("show fwd stats all"), what)
            l.t.stop(code=None)


@check
def taps_that_overflow_count_what_they_miss():
    with lab("tap", mode="macswap", quiet=True, interactive=True) as l, Wire(l.a.host) as wire:
        l.a.host.tool("ip", "link", "set", "lan", "txqueuelen", "500")
        frames = random_frames(2000)
        for frame in frames:
            with contextlib.suppress(OSError):  # ENOBUFS: the kernel tells the sender, too
                wire.send(frame)
        missed = l.t.stats()["rx_drops"]["missed"]
        expect(0 < missed < 2000, "a tap that nobody reads: %d missed" % missed)
        l.t.ask("start")
        with contextlib.suppress(Hang):
            until(lambda: l.t.stats()["rx_packets"] == 2000 - missed, "frames", 5)
        s = l.t.stats()
        expect(s["rx_packets"] + s["rx_drops"]["missed"] == 2000, "a tap that nobody read: %s" % s)
        wire.drain()
        wire.send(frames[0])
        expect(wire.receive() is not None, "a tap that overflowed receives no more")
        l.t.ask("stop")
        check_balance(l.t.ask("show fwd stats all"), "a tap that overflowed")
        l.t.stop(code=None)


# --- without rights, and other mistakes ---------------------------------------------------------

@check
def without_rights():
    host, name = Host(1, quiet=True), next(names)
    host.cable(name)
    expected = {"af_packet:iface=" + name: ["setcap", "cap_net_raw"],
                "tap:iface=" + next(names): ["CAP_NET_ADMIN", "ip tuntap add"],
                "tap": ["CAP_NET_ADMIN", "ip tuntap add"]}
    for spec, words in expected.items():
        r = run_as_nobody("--port", spec)
        expect(r.rc == 1 and not r.out, "as nobody: %s" % r)
        check_sentence(r, [spec.partition("=")[2], *words], False)
    # A tap that root has made for its user is theirs.
    name = next(names)
    ip("tuntap", "add", "dev", name, "mode", "tap", "user", "nobody", "multi_queue", "vnet_hdr")
    ip("link", "set", name, "up")
    r = run_as_nobody("--port", "tap:iface=" + name, "--forward-mode", "txonly", "--packets", "100")
    expect(r.rc == 0, "a tap of one's own: %s" % r)
    expect(counters(name)["rx_packets"] == 100, "the kernel got %s" % counters(name))
    ip("link", "delete", name)
    host.close()


@check
def interfaces_that_do_not_exist():
    for driver in ("af_packet", "tap"):
        for name in ("a" * 16, "with/slash", "with space", "x" * 300):
            if driver == "tap" or len(name) > 15:
                bad("--port", "%s:iface=%s" % (driver, name), words=[name[:15]])
        bad("--port", driver + ":iface=", words=["iface"])
    bad("--port", "af_packet:iface=plxlnone", words=["plxlnone", "ip link"])
    bad("--port", "af_packet", words=["iface"])
    bad("--port", "tap:iface=plxl1,fd=0", words=["iface", "fd"])
    bad("--port", "tap:fd=0", words=["fd=0"])
    bad("--port", "tap:iface=lo", words=["lo"])
    name = next(names)
    ip("tuntap", "add", "dev", name, "mode", "tun")
    bad("--port", "tap:iface=" + name, words=[name, "tap"])
    bad("--port", "af_packet:iface=" + name, words=[name, "Ethernet"])
    ip("link", "delete", name)


@check
def loopback_is_an_interface():
    host = Host(1)
    with host, Testpmd("af_packet:iface=lo", mode="rxonly") as t:
        # Twice: what the kernel sends it receives, which are two frames on others' captures.
        tool("ping", "-q", "-c", "3", "-i", "0.01", "-s", "60000", "127.0.0.1")
        with contextlib.suppress(Hang):
            until(lambda: t.stats()["rx_packets"] >= 6, "frames", 5)
        s = t.stats()
        expect((s["rx_packets"], s["rx_bytes"]) == (6, 6 * (60000 + 42)), "lo: %s" % s)
        check_drops(t.stop(), "lo")
    host.close()


@check
def programs_share_interfaces():
    """A packet socket takes nothing away from others; a tap has a queue for each."""
    with lab("af_packet", mode="icmpecho") as l:
        with Testpmd("af_packet:iface=" + l.a.name, mode="rxonly") as second:
            flood(l.a.host, ECHO, 100)
            with contextlib.suppress(Hang):
                until(lambda: second.stats()["rx_packets"] >= 100, "frames", 5)
            expect(second.stats()["rx_packets"] >= 100, "the second one hears too little")
            second.stop()
        talks(l.a.host, ECHO, "after a second program")
        l.t.stop()
    with lab("tap", mode="icmpecho") as l:
        with l.a.host, Testpmd("tap:iface=lan", mode="icmpecho") as second:
            talks(l.a.host, ECHO, "a tap with two programs")
            second.stop()
        talks(l.a.host, ECHO, "a tap after a second program")
        l.t.stop()
    name = next(names)
    ip("tuntap", "add", "dev", name, "mode", "tap", "vnet_hdr")
    with Testpmd("tap:iface=" + name):
        bad("--port", "tap:iface=" + name, words=[name, "multi_queue"])
    ip("link", "delete", name)


def main():
    if os.geteuid():
        skip("network namespaces need root")
    for program in TOOLS:
        if not shutil.which(program):
            skip("%s is missing: scripts/setup test" % program)
    os.makedirs(WORK, exist_ok=True)
    try:
        Net.home = Net()
        next_to(Net.home)
    except (OSError, ValueError) as e:
        skip("no network namespaces with veth and tap here: %s" % e)
    return run_checks()


def next_to(net):
    """Move to the middle, and see whether interfaces can be had."""
    netlab.enter(net.fd)
    ip("link", "add", "plxlprobe", "type", "veth", "peer", "name", "plxlprobe1")
    ip("link", "delete", "plxlprobe")
    ip("tuntap", "add", "dev", "plxlprobe", "mode", "tap")
    ip("link", "delete", "plxlprobe")


if __name__ == "__main__":
    sys.exit(main())
