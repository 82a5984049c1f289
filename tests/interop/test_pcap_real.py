#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""
The pcap driver against captures that others made and readers that others wrote.

  usage: test_pcap_real.py PLX-TESTPMD WORK-DIR

Two hosts (network namespaces joined by a veth pair) talk with everyday programs while three tcpdumps
listen: microseconds, nanoseconds, and cut to 96 bytes. editcap makes pcapng of it, scapy adds frames
that no kernel sends. plx-testpmd forwards each capture into a new one, and both are compared packet by
packet (bytes, lengths, timestamps) as scapy reads them and as tshark reads them.

Needs root. Nothing of it outlives the script: the namespaces have no names and end with it.
"""

import json
import logging
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

SKIP = 77
NS = 10**9
TOOLS = "unshare nsenter ip tcpdump ping curl iperf3 tshark capinfos editcap".split()


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIP)


try:
    logging.getLogger("scapy").setLevel(logging.ERROR)  # it misses a default route
    from scapy.all import (ARP, GRE, ICMP, IP, IPv6, LLC, SNAP, UDP, VXLAN, Dot1AD, Dot1Q, Dot3, Ether,
                           IPv6ExtHdrDestOpt, Raw, RawPcapReader)
except ImportError as e:
    skip(f"scapy is missing ({e})")


# --- two hosts and what they have to say to each other ---

def run(*command, timeout=20):
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: exit {done.returncode}: {done.stderr.strip()}")
    return done.stdout


class Hosts:
    """Us with lan0, and a process in another network namespace with lan1."""

    def __init__(self):
        self.children = []
        run("ip", "link", "set", "lo", "up")
        other = self.start("unshare", "--net", "sleep", "120")
        ours = os.readlink("/proc/self/ns/net")
        self.wait_for(lambda: os.readlink(f"/proc/{other.pid}/ns/net") != ours)
        self.inside = ("nsenter", f"--net=/proc/{other.pid}/ns/net")
        run("ip", "link", "add", "lan0", "type", "veth", "peer", "name", "lan1")
        run("ip", "link", "set", "lan1", "netns", str(other.pid))
        for on, dev, n in ((), "lan0", 1), (self.inside, "lan1", 2):
            run(*on, "ip", "address", "add", f"192.0.2.{n}/24", "dev", dev)
            run(*on, "ip", "address", "add", f"2001:db8::{n}/64", "dev", dev, "nodad")
            run(*on, "ip", "link", "set", dev, "mtu", "9000", "up")
        run(*self.inside, "ip", "link", "set", "lo", "up")

    def start(self, *command):
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.children.append(child)
        return child

    def wait_for(self, true):
        for _ in range(100):
            if true():
                return
            time.sleep(0.05)
        sys.exit("gave up waiting")

    def end(self):
        for child in self.children:
            child.kill()
            child.wait()


DNS_SERVER = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("192.0.2.2", 53))
while True:
    q, who = s.recvfrom(512)
    answer = b"\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\x3c\\0\\4\\xc0\\0\\2\\2"
    s.sendto(q[:2] + b"\\x85\\x80\\0\\1\\0\\1\\0\\0\\0\\0" + q[12:] + answer, who)
"""


def ask_dns():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.2)
        for n in range(20):
            s.sendto(struct.pack("!6H", n, 0x100, 1, 0, 0, 0) + b"\6host-b\7example\0\0\1\0\1", ("192.0.2.2", 53))
            try:
                return s.recv(512)
            except OSError:
                time.sleep(0.05)
    sys.exit("no answer to a DNS query")


def send_tagged():
    """Frames with VLAN tags: from a VLAN device, or as such where the kernel has none."""
    try:
        run("ip", "link", "add", "link", "lan0", "name", "lan0.42", "type", "vlan", "id", "42")
        run("ip", "address", "add", "198.51.100.1/24", "dev", "lan0.42")
        run("ip", "link", "set", "lan0.42", "up")
        subprocess.run(["ping", "-q", "-c", "2", "-i", "0.2", "-W", "0.2", "198.51.100.2"], capture_output=True)
    except SystemExit:
        pass
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
        s.bind(("lan0", 0))
        inner = IP(src="192.0.2.1", dst="192.0.2.2") / UDP(sport=1, dport=9) / (b"tagged" * 10)
        s.send(bytes(Ether(dst="ff:ff:ff:ff:ff:ff", src="02:00:00:00:00:01") / Dot1Q(vlan=42) / inner))
        s.send(bytes(Ether(dst="ff:ff:ff:ff:ff:ff", src="02:00:00:00:00:01") / Dot1AD(vlan=100) / Dot1Q(vlan=42) / inner))


def talk(hosts):
    ping = ("ping", "-q", "-i", "0.2", "-W", "2")
    run(*ping, "-c", "4", "192.0.2.2")
    run(*ping, "-c", "4", "2001:db8::2")
    run(*ping, "-c", "2", "-s", "8900", "192.0.2.2")   # jumbo
    run(*ping, "-c", "2", "-s", "20000", "192.0.2.2")  # fragments
    run(*ping, "-c", "2", "-s", "20000", "2001:db8::2")
    ask_dns()
    run("curl", "-sS", "--noproxy", "*", "--retry", "5", "--retry-connrefused", "-o", "/dev/null", "http://192.0.2.2/")
    run("curl", "-sS", "--noproxy", "*", "-o", "/dev/null", "http://[2001:db8::2]/")
    # Segmentation offload is on: frames of up to 64 KiB.
    run("iperf3", "-c", "192.0.2.2", "-n", "4M")
    run("iperf3", "-c", "2001:db8::2", "-n", "1M")
    run("iperf3", "-c", "192.0.2.2", "-u", "-b", "20M", "-n", "400K", "-l", "1200")
    send_tagged()
    time.sleep(0.5)  # the last FIN and ACK


def listen(path, *options):
    with open(f"{path}.log", "w") as log:
        child = subprocess.Popen(["tcpdump", "-i", "lan0", "-B", "16384", "-Z", "root", "--immediate-mode", "-U",
                                  "-w", path, *options], stderr=log)
    return child


def capture(work):
    """Return: the paths of three captures of the same conversation."""
    hosts = Hosts()
    listeners = {}
    try:
        for name, options in ("micro", ["-s", "0"]), ("nano", ["--time-stamp-precision=nano"]), ("cut", ["-s", "96"]):
            listeners[f"{work}/{name}.pcap"] = listen(f"{work}/{name}.pcap", *options)
        for path in listeners:
            hosts.wait_for(lambda: "listening on" in open(f"{path}.log").read())
        hosts.start(*hosts.inside, sys.executable, "-c", DNS_SERVER)
        hosts.start(*hosts.inside, sys.executable, "-m", "http.server", "--bind", "::", "--directory", work, "80")
        hosts.start(*hosts.inside, "iperf3", "-s")
        hosts.wait_for(lambda: all(f":{port} " in run(*hosts.inside, "ss", "-Hltn") for port in (80, 5201)))
        talk(hosts)
    finally:
        for child in listeners.values():
            child.send_signal(signal.SIGINT)
            child.wait(10)
        hosts.end()
    return list(listeners)


# --- frames that no kernel sends ---

def odd_frames():
    eth = Ether(dst="02:00:00:00:00:02", src="02:00:00:00:00:01")
    ip = IP(src="192.0.2.1", dst="192.0.2.2")

    def bad(**fields):
        return eth / IP(src="192.0.2.1", dst="192.0.2.2", **fields)

    frames = [
        eth / ARP(psrc="192.0.2.1", hwsrc="02:00:00:00:00:01"), eth / Dot1Q(vlan=1, prio=7) / ip / ICMP(),
        eth / Dot1AD(vlan=4095) / Dot1Q(vlan=0) / Dot1Q(vlan=1) / ip / UDP(),
        Dot3() / LLC() / SNAP() / Raw(b"802.3"), eth / ip / GRE() / ip / UDP() / b"tunnel",
        eth / ip / UDP(dport=4789) / VXLAN(vni=5) / eth / ip / UDP(),
        eth / IPv6(src="2001:db8::1", dst="2001:db8::2") / IPv6ExtHdrDestOpt() / UDP() / b"options",
        bad(ihl=15, len=9) / UDP(len=65535), bad(ihl=0, version=15), bad(proto=132) / Raw(b"sctp"),
        eth / ip / UDP() / Raw(bytes(60000)), eth / ip / UDP(chksum=0xffff) / b"bad checksum",
    ]
    frames = [bytes(f) for f in frames]
    frames += [bytes([0xff]) * n for n in (1, 2, 13, 14, 15, 59, 60, 63, 64, 65, 128, 1514, 1518, 2047, 2048, 2049, 65549)]
    return frames


def write_pcap(path, records, magic=0xa1b2c3d4, order="<"):
    """By hand: @records are (seconds, fraction, wire length, bytes)."""
    with open(path, "wb") as f:
        f.write(struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, 1))
        for sec, fraction, wire, data in records:
            f.write(struct.pack(order + "IIII", sec, fraction, len(data), wire) + data)
    return path


def odd_captures(work):
    frames = odd_frames()
    times = [0, 1, 2**31 - 1, 2**31, 2**32 - 1, 1700000000, 5]  # not in order, and past 2038
    records = [(times[i % len(times)], i * 13 % 10**6, len(f), f) for i, f in enumerate(frames)]
    cut = [(s, u, w + 1000 * i, f) for i, (s, u, w, f) in enumerate(records)]
    return [write_pcap(f"{work}/odd-micro.pcap", records), write_pcap(f"{work}/odd-big-endian.pcap", records, order=">"),
            write_pcap(f"{work}/odd-nano.pcap", records, 0xa1b23c4d), write_pcap(f"{work}/odd-cut.pcap", cut)]


# --- reading and comparing ---

def read_with_scapy(path):
    """Return: (ns, captured length, wire length, bytes) of each packet."""
    packets = []
    reader = RawPcapReader(path)
    while True:
        try:
            data, meta = reader._read_packet(1 << 20)
        except EOFError:
            reader.close()
            return packets
        if hasattr(meta, "tshigh"):
            ns = ((meta.tshigh << 32) + meta.tslow) * (NS // int(meta.tsresol))
            packets.append((ns, len(data), meta.wirelen, data))
        else:
            ns = meta.sec * NS + meta.usec * (1 if reader.nano else 1000)
            packets.append((ns, meta.caplen, meta.wirelen, data))


def read_with_tshark(path):
    fields = "frame.time_epoch frame.cap_len frame.len _ws.col.Protocol _ws.col.Info".split()
    args = [arg for field in fields for arg in ("-e", field)]
    lines = run("tshark", "-n", "-r", path, "-T", "fields", *args).splitlines()
    # Digits behind the point come and go with the file's precision.
    return [line.split("\t", 1)[0].rstrip("0") + "\t" + line.split("\t", 1)[1] for line in lines]


class Comparison:
    def __init__(self, testpmd, work):
        self.testpmd, self.work, self.failed, self.done = testpmd, work, 0, 0

    def fail(self, what, why):
        print(f"FAIL {what}: {why}")
        self.failed += 1

    def forward(self, spec, *options, stdin=None):
        return subprocess.run([self.testpmd, "--port", spec, "--forward-mode", "io", "--json", *options],
                              capture_output=True, text=True, timeout=30, stdin=stdin)

    def same(self, what, expected, out):
        got = read_with_scapy(out)
        if len(got) != len(expected):
            return self.fail(what, f"{len(expected)} packets became {len(got)}")
        for i, (a, b) in enumerate(zip(expected, got)):
            if a != b:
                return self.fail(what, f"packet {i + 1}: {a[:3]} became {b[:3]}"
                                       f"{'' if a[3] == b[3] else ', with other bytes'}")
        counted = int(run("capinfos", "-TMrc", out).split("\t")[-1])
        if counted != len(expected):
            return self.fail(what, f"capinfos counts {counted} packets, not {len(expected)}")
        return True

    def check_report(self, what, done, expected):
        # A capture with cut frames is forwarded whole, and said to be what it is.
        cut = any(p[2] > p[1] for p in expected)
        if done.returncode != cut or ("were cut" in done.stderr) != cut:
            return self.fail(what, f"exit {done.returncode}: {done.stderr.strip()}")
        port = json.loads(done.stdout)["ports"][0]
        sums = (len(expected), sum(p[1] for p in expected))
        for way in "rx", "tx":
            if (port[f"{way}_packets"], port[f"{way}_bytes"]) != sums:
                return self.fail(what, f"{way} counts {port[f'{way}_packets']} packets and "
                                       f"{port[f'{way}_bytes']} bytes, not {sums[0]} and {sums[1]}")
        if any(port["drops"].values()):
            return self.fail(what, f"drops: {port['drops']}")
        return True

    def copy(self, path, expected, keys="", options=(), pipe=False):
        """Forward @path and compare with @expected."""
        what = f"{os.path.basename(path)}{keys}{''.join(' ' + o for o in options)}{' through a pipe' if pipe else ''}"
        out = f"{self.work}/out.pcap"
        before = self.failed
        if pipe:
            with subprocess.Popen(["cat", path], stdout=subprocess.PIPE) as cat:
                done = self.forward(f"pcap:rx=/dev/stdin,tx={out}{keys}", *options, stdin=cat.stdout)
                cat.stdout.close()
                cat.kill()  # if it is not at its end by now
        else:
            done = self.forward(f"pcap:rx={path},tx={out}{keys}", *options)
        if self.check_report(what, done, expected):
            self.same(what, expected, out)
        self.done += 1
        if self.failed == before:
            print(f"ok   {what}: {len(expected)} packets, longest {max(p[1] for p in expected)}")
        return out

    def copies(self, path):
        packets = read_with_scapy(path)
        if not packets:
            return self.fail(path, "there is nothing in it")
        out = self.copy(path, packets)
        # tshark takes seconds of a pcap file past 2038 and fractions as we do; other text must be equal too.
        if read_with_tshark(path) != read_with_tshark(out):
            self.fail(path, "tshark sees a difference")
        self.copy(path, packets, options=("--buffer-size", "256", "--burst", "300"))
        self.copy(path, packets * 2, ",loop=2")
        self.copy(path, packets * 3, ",loop=3", options=("--buffer-size", "1000", "--burst", "77"))
        micro = [(ns // 1000 * 1000, *rest) for ns, *rest in packets]
        self.copy(path, micro, ",precision=micro")
        self.copy(path, packets, pipe=True, options=("--burst", "64"))

    def truncated(self, path):
        """All whole packets arrive, the command says what is wrong and fails."""
        what = "truncated " + os.path.basename(path)
        packets = read_with_scapy(path)
        cut = f"{self.work}/truncated.pcap"
        out = f"{self.work}/out.pcap"
        shutil.copy(path, cut)
        os.truncate(cut, os.path.getsize(path) - 5)
        done = self.forward(f"pcap:rx={cut},tx={out}")
        self.done += 1
        said = done.stderr.strip().splitlines()[-1]
        if not done.returncode or "truncated dump file" not in said or f"{len(packets) - 1:,}" not in said:
            self.fail(what, f"exit {done.returncode}: {said}")
        elif self.same(what, packets[:-1], out):
            print(f"ok   {what}: {said}")


def inside(testpmd, work):
    start = time.monotonic()
    real = capture(work)
    for path in real[:2]:
        for kind in "pcapng", "nsecpcap":
            other = path.replace(".pcap", f".{kind}")
            run("editcap", "-F", kind, path, other)
            real.append(other)
    made = time.monotonic()
    print(f"captures made in {made - start:.1f} s")
    c = Comparison(testpmd, work)
    for path in real + odd_captures(work):
        c.copies(path)
    c.truncated(real[0])
    longest = max(p[1] for p in read_with_scapy(real[0]))
    if longest < 9014:
        c.fail(real[0], f"no large frame was captured: {longest} bytes at most")
    print(f"{c.done} copies, {c.failed} failures, {time.monotonic() - made:.1f} s")
    return 1 if c.failed else 0


def main():
    if len(sys.argv) != 3 and sys.argv[3:] != ["--inside"]:
        sys.exit("usage: test_pcap_real.py PLX-TESTPMD WORK-DIR")
    testpmd, work = (os.path.abspath(arg) for arg in sys.argv[1:3])
    if sys.argv[3:]:
        sys.exit(inside(testpmd, work))
    if os.geteuid():
        skip("needs root to make network namespaces")
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        skip(f"{', '.join(missing)} missing")
    alone = ["unshare", "--net", "--pid", "--fork", "--kill-child", "--propagation", "unchanged", "--mount-proc"]
    if subprocess.run([*alone, "ip", "link", "add", "lan0", "type", "veth"], capture_output=True).returncode:
        skip("network namespaces or veth are not to be had here")
    os.makedirs(work, exist_ok=True)
    sys.exit(subprocess.run([*alone, sys.executable, os.path.abspath(__file__), testpmd, work, "--inside"],
                            timeout=120).returncode)


if __name__ == "__main__":
    main()
