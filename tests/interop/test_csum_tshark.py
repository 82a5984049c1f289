#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Engine csum against tshark: usage test_csum_tshark.py PLX_TESTPMD WORKDIR

Every kind of packet, with good and with wrong checksums, goes through plx-testpmd. tshark judges
what went in and what came out:
  - it finds nothing wrong in what came out;
  - a packet that it found good came out as it was;
  - a packet that it found wrong came out with other bytes in its checksum fields only;
  - the engine counted as many wrong and as many good ones as tshark.
As root, real traffic of this kernel too, whose checksums are unfinished on a loopback device.
"""
import ctypes
import json
import os
import random
import select
import shutil
import socket
import struct
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

SKIP = 77


def skip(why):
    print(why)
    sys.exit(SKIP)


try:
    from scapy.all import (AH, ARP, GRE, ICMP, IP, LLC, TCP, UDP, Dot1AD, Dot1Q, Dot3, Ether,
                           ICMPv6EchoRequest, ICMPv6ND_NS, ICMPv6NDOptSrcLLAddr,
                           IPOption_LSRR, IPOption_NOP, IPOption_RR, IPv6, IPv6ExtHdrDestOpt,
                           IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting,
                           IPv6ExtHdrSegmentRouting, HAO, PadN, Raw, RouterAlert)
    from scapy.contrib.igmp import IGMP
except ImportError:
    skip("scapy is not installed")
if not shutil.which("tshark"):
    skip("tshark is not installed")

PREFERENCES = ["ip.check_checksum:TRUE", "tcp.check_checksum:TRUE", "udp.check_checksum:TRUE",
               "udplite.check_checksum:TRUE", "sctp.checksum:CRC 32c",
               # zero is an error, and a fragment is a packet of its own
               "udp.ignore_ipv6_zero_checksum:FALSE", "udplite.ignore_checksum_coverage:FALSE",
               "ip.tso_support:FALSE", "ip.defragment:FALSE", "ipv6.defragment:FALSE",
               "tcp.desegment_tcp_streams:FALSE"]
BAD, GOOD = ("0", "4"), ("1",)  # status: 0 wrong, 4 zero where that is illegal, 1 right
UPPER = {"tcp": "tcp", "udp": "udp", "udplite": "udp", "icmp": "icmp", "icmpv6": "icmpv6",
         "sctp": "sctp", "igmp": "igmp"}  # protocol: what its fields' names begin with

rng = random.Random(1)
ETHER = Ether(dst="02:00:00:00:00:02", src="02:00:00:00:00:01")
ADDR4, ADDR6 = ("192.0.2.1", "198.51.100.7"), ("2001:db8::1", "2001:db8::2")
PORTS = {"sport": 40001, "dport": 40003}


# ---- packets ----

def ip4(**kw):
    return IP(src=ADDR4[0], dst=ADDR4[1], id=rng.randrange(65536), **kw)


def ip6(**kw):
    return IPv6(src=ADDR6[0], dst=ADDR6[1], **kw)


def inet_sum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def sctp(size):
    size += -size % 4
    chunk = struct.pack("!BBH", 10, 0, 4 + size) + rng.randbytes(size)
    crc = crc32c(struct.pack("!HHII", 40001, 40003, 7, 0) + chunk)
    return struct.pack("!HHI", 40001, 40003, 7) + struct.pack("<I", crc) + chunk


def udplite(version, covered, data):
    if version == 4:
        addresses = b"".join(socket.inet_aton(a) for a in ADDR4)
    else:
        addresses = b"".join(socket.inet_pton(socket.AF_INET6, a) for a in ADDR6)
    body = struct.pack("!HHHH", 40001, 40003, covered, 0) + data
    pseudo = addresses + struct.pack("!II", len(body), 136)
    total = inet_sum(pseudo + body[:covered or len(body)]) or 0xffff
    return body[:6] + struct.pack("!H", total) + data


def behind(ip, upper):
    """The bytes of an upper header whose checksum scapy works out behind a plain IP header."""
    return bytes(ip.__class__(bytes(ip / upper)).payload)


def uppers4(size):
    data = rng.randbytes(size)
    yield ip4() / UDP(**PORTS) / data
    yield ip4() / TCP(flags="PA", seq=rng.randrange(2**32), **PORTS) / data
    yield ip4() / TCP(flags="PA", options=[("NOP", None), ("NOP", None), ("Timestamp", (1, 2))],
                      **PORTS) / data
    yield ip4() / UDP(chksum=0, **PORTS) / data
    yield ip4() / ICMP(id=3, seq=4) / data
    yield ip4() / ICMP(type=3, code=1) / bytes(ip4() / UDP(**PORTS) / data)[:28]
    yield ip4(proto=132) / Raw(sctp(size))
    yield ip4(proto=136) / Raw(udplite(4, 0, data))
    yield ip4(proto=136) / Raw(udplite(4, 8 + size // 2, data))
    yield ip4(options=[IPOption_RR(length=7, routers=["1.2.3.4"]), IPOption_NOP()]) / \
        UDP(**PORTS) / data
    yield ip4(options=[IPOption_NOP(), IPOption_LSRR(pointer=4, routers=["10.0.0.1",
                                                                         "10.0.0.2"])]) / \
        TCP(**PORTS) / data
    yield ip4(proto=51) / AH(payloadlen=4, nh=17, spi=1, seq=2, icv=b"\1" * 12) / \
        behind(ip4(), UDP(**PORTS) / data)
    yield ip4(proto=17) / (behind(ip4(), UDP(**PORTS) / data) + b"more")  # UDP ends before IP
    yield ip4(flags="MF") / UDP(**PORTS) / data
    yield ip4(frag=5, proto=17) / data
    yield ip4(proto=50) / (b"\0\0\0\1" + data)
    yield ip4(proto=253) / data
    yield ip4() / GRE() / ip4() / UDP(**PORTS) / data
    yield IP(src=ADDR4[0], dst="224.0.0.22", ttl=1) / IGMP(type=0x16, gaddr="239.1.2.3")


def uppers6(size):
    data = rng.randbytes(size)
    udp = UDP(**PORTS) / data
    yield ip6() / udp
    yield ip6() / TCP(flags="PA", seq=rng.randrange(2**32), **PORTS) / data
    yield ip6() / ICMPv6EchoRequest(id=3, seq=4, data=data)
    yield ip6() / ICMPv6ND_NS(tgt="2001:db8::5") / ICMPv6NDOptSrcLLAddr(lladdr="02:00:00:00:00:01")
    yield ip6(nh=132) / Raw(sctp(size))
    yield ip6(nh=136) / Raw(udplite(6, 8, data))
    yield ip6() / IPv6ExtHdrHopByHop(options=[RouterAlert()]) / udp
    yield ip6() / IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0\0")]) / \
        TCP(flags="S", **PORTS) / data
    yield ip6() / IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt() / IPv6ExtHdrFragment() / udp
    yield ip6() / IPv6ExtHdrFragment(m=1, id=6) / udp
    yield ip6() / IPv6ExtHdrFragment(offset=9, id=6) / udp
    for left in (0, 2):
        yield ip6() / IPv6ExtHdrRouting(type=0, segleft=left, addresses=["2001:db8::a",
                                                                         "2001:db8::b"]) / udp
    yield ip6() / IPv6ExtHdrRouting(type=2, segleft=1, addresses=["2001:db8::a"]) / udp
    yield ip6() / IPv6ExtHdrSegmentRouting(addresses=["2001:db8::a", "2001:db8::b"], segleft=1,
                                           lastentry=1) / udp
    yield ip6() / IPv6ExtHdrDestOpt(options=[HAO(hoa="2001:db8::77")]) / udp
    yield ip6(nh=51) / AH(payloadlen=4, nh=17, spi=1, seq=2, icv=b"\1" * 12) / behind(ip6(), udp)
    yield ip6(nh=50) / (b"\0\0\0\1" + data)
    yield ip6() / GRE() / ip6() / udp


def links(packet, i):
    """Ethernet, at times with tags and padding."""
    tags = [[], [Dot1Q(vlan=7)], [Dot1AD(vlan=8), Dot1Q(vlan=9)],
            [Dot1Q(vlan=1), Dot1Q(vlan=2), Dot1Q(vlan=3)]][i % 7 % 4]
    frame = ETHER
    for tag in tags:
        frame = frame / tag
    frame = bytes(frame / packet)
    return frame.ljust(60, b"\xa5" if i % 2 else b"\0")


def broken(frames):
    """Frames with contradictory lengths, and others that are not IP at all."""
    udp = bytes(ETHER / ip4() / UDP(**PORTS) / b"0123456789")
    tcp = bytes(ETHER / ip4() / TCP(**PORTS) / b"0123456789")
    for base, at, value in ((udp, 14, 0x44), (udp, 14, 0x65), (udp, 17, 19), (udp, 17, 22),
                            (udp, 39, 7), (udp, 38, 3), (tcp, 46, 0x40), (tcp, 46, 0xf0),
                            (tcp, 17, 30)):
        frame = bytearray(base)
        frame[at] = value
        frame[24:26] = b"\0\0"
        frame[24:26] = struct.pack("!H", inet_sum(bytes(frame[14:34])))
        frames.append(bytes(frame))
    frames.append(udp[:14])
    frames.append(udp[:13])
    frames.append(bytes(ETHER / ARP()))
    frames.append(bytes(Dot3(dst=ETHER.dst, src=ETHER.src) / LLC(dsap=0xf0, ssap=0xf0) / b"1234"))


def wrong(frame):
    """Copies of a frame with one random byte of its IP packet changed, or a few."""
    start = 14
    while frame[start - 2:start] in (b"\x81\x00", b"\x88\xa8"):
        start += 4
    for count in (1, 1, 2):
        copy = bytearray(frame)
        for _ in range(count):
            # not lengths, versions and what comes next: the frame stays what it is
            where = rng.choice([i for i in (start + 10, start + 11) if frame[start] >> 4 == 4] +
                               [len(frame) - 1 - rng.randrange(min(8, len(frame) - start - 20))])
            copy[where] ^= 1 << rng.randrange(8)
        yield bytes(copy)


def comes_out_zero():
    """Port numbers that make a UDP checksum 0, which is sent as 0xffff; and what is next to it."""
    for ip in (ip4(), ip6()):
        for off in (-1, 0, 1):
            frame = bytearray(bytes(ETHER / ip / UDP(sport=1, dport=2) / b"zero"))
            field = len(frame) - 6
            port = 1 + struct.unpack("!H", frame[field:field + 2])[0] + off
            port = (port & 0xffff) + (port >> 16)
            frame[field - 6:field - 4] = struct.pack("!H", port)
            yield bytes(frame)


def synthetic():
    frames = []
    for size in (0, 1, 2, 3, 7, 18, 64, 101, 255, 600, 1400, 8900):
        for uppers in (uppers4, uppers6):
            for i, packet in enumerate(uppers(size)):
                frames.append(links(packet, i + size))
                frames.extend(wrong(frames[-1]))
    for ip in (ip6(), ip6() / IPv6ExtHdrHopByHop()):
        frames.append(bytes(ETHER / ip / UDP(chksum=0, **PORTS) / b"zero is illegal"))
    frames.extend(comes_out_zero())
    broken(frames)
    return frames


def loopback_traffic():
    """Packets of real sockets in a network of their own, as a packet socket sees them leave."""
    def talk():
        for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            server = socket.create_server((host, 0), family=family)
            client = socket.create_connection(server.getsockname()[:2])
            peer, _ = server.accept()
            udp = socket.socket(family, socket.SOCK_DGRAM)
            udp.bind((host, 0))
            for size in (1, 2, 999, 1448, 30001):
                client.sendall(b"a" * size)
                peer.recv(65536)
                udp.sendto(b"b" * size, udp.getsockname())
            ping = ["ping", "-c", "1", host]
            if shutil.which("ping"):
                subprocess.run(ping, stdout=subprocess.DEVNULL, check=False)

    def child(pipe):
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(0x40000000):  # CLONE_NEWNET
            os._exit(1)
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 23)
        tap.bind(("lo", 3))
        talk()
        while select.select([tap], [], [], 0.2)[0]:
            frame, address = tap.recvfrom(1 << 17)
            if address[2] == 4:  # PACKET_OUTGOING: each is seen twice
                os.write(pipe, struct.pack("=I", len(frame)) + frame)
        os._exit(0)

    r, w = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            child(w)
        finally:
            os._exit(1)
    os.close(w)
    with os.fdopen(r, "rb") as f:
        data = f.read()
    ok = os.waitpid(pid, 0)[1] == 0
    frames = []
    while data:
        size = struct.unpack("=I", data[:4])[0]
        frames.append(data[4:4 + size])
        data = data[4 + size:]
    return frames if ok else []


# ---- captures ----

def write_capture(path, frames):
    with open(path, "wb") as f:
        f.write(struct.pack("=IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        for i, (frame, wire_len) in enumerate(frames):
            f.write(struct.pack("=IIII", 1000000 + i, 0, len(frame), wire_len) + frame)


def read_capture(path):
    frames = []
    with open(path, "rb") as f:
        data = f.read()
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    at = 24
    while at < len(data):
        _, _, size, wire_len = struct.unpack(order + "IIII", data[at:at + 16])
        frames.append((data[at + 16:at + 16 + size], wire_len))
        at += 16 + size
    return frames


class Verdict:
    def __init__(self):
        self.ip = self.upper = None  # tshark's status
        self.fields = set()          # bytes of the checksums

    def take(self, proto, prefix):
        status = None
        for field in proto.iter("field"):
            if field.get("name") == prefix + ".checksum":
                at = int(field.get("pos"))
                self.fields |= set(range(at, at + int(field.get("size"))))
            elif field.get("name") == prefix + ".checksum.status":
                status = field.get("show")
            if status is not None:
                return status
        return None


def judge(packet):
    """The outermost IP header, and the upper header that follows it before another one."""
    verdict = Verdict()
    seen_ip = False
    for proto in packet.iter("proto"):
        name = proto.get("name")
        if name in ("ip", "ipv6"):
            if seen_ip:
                break
            seen_ip = True
            if name == "ip":
                verdict.ip = verdict.take(proto, "ip")
        elif seen_ip and name in UPPER:
            verdict.upper = verdict.take(proto, UPPER[name])
            break
    return verdict


def tshark(path):
    command = ["tshark", "-r", path, "-T", "pdml"]
    for preference in PREFERENCES:
        command += ["-o", preference]
    verdicts = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as p:
        for _, element in ElementTree.iterparse(p.stdout):
            if element.tag == "packet":
                verdicts.append(judge(element))
                element.clear()
    assert p.returncode == 0, "tshark failed"
    return verdicts


# ---- the comparison ----

class Failures:
    def __init__(self, what):
        self.what, self.count = what, 0

    def check(self, good, text):
        if good:
            return
        self.count += 1
        if self.count <= 20:
            print(f"{self.what}: {text}")


def compare(what, testpmd, workdir, frames, options):
    path = [os.path.join(workdir, f"{what}-{side}.pcap") for side in ("in", "out")]
    write_capture(path[0], frames)
    command = [testpmd, "--port", f"pcap:rx={path[0]},tx={path[1]}", "--forward-mode", "csum",
               "--json"] + options
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=120, check=False)
    failures = Failures(what)
    # A capture with cut frames is forwarded whole, and said to be what it is.
    cut = any(wire > len(frame) for frame, wire in read_capture(path[0]))
    failures.check(run.returncode == cut, f"plx-testpmd ended with {run.returncode}")
    counts = json.loads(run.stdout)["engine"]
    before, after = tshark(path[0]), tshark(path[1])
    out = read_capture(path[1])
    failures.check(len(out) == len(frames), f"{len(frames)} frames in, {len(out)} out")

    for i, ((a, a_wire), (b, b_wire), va, vb) in enumerate(zip(frames, out, before, after)):
        where = f"frame {i + 1}: "
        failures.check(vb.ip not in BAD, where + "bad IP checksum in the output")
        failures.check(vb.upper not in BAD, where + "bad upper checksum in the output")
        failures.check((len(a), a_wire) == (len(b), b_wire), where + "another length")
        changed = {k for k in range(min(len(a), len(b))) if a[k] != b[k]}
        if va.ip in BAD or va.upper in BAD:
            failures.check(changed, where + "wrong and not repaired")
            failures.check(changed <= va.fields, where + f"changed at {sorted(changed)}")
        else:
            failures.check(not changed, where + f"good and changed at {sorted(changed)}")
    for name, part, statuses in (("ip_bad", "ip", BAD), ("l4_bad", "upper", BAD),
                                 ("ip_good", "ip", GOOD), ("l4_good", "upper", GOOD)):
        n = sum(getattr(v, part) in statuses for v in before)
        failures.check(counts[name] == n, f"{name} is {counts[name]}, tshark says {n}")
    print(f"{what}: {len(frames)} frames, {counts}, {failures.count} failures")
    return failures.count


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: test_csum_tshark.py PLX_TESTPMD WORKDIR")
    testpmd, workdir = sys.argv[1:]
    os.makedirs(workdir, exist_ok=True)
    whole = [(f, len(f)) for f in synthetic()]
    cut = [(f[:n], len(f)) for f, _ in whole[::23] for n in (34, 41, 60, 90) if len(f) > n]
    cut += [(f, len(f) + 5) for f, _ in whole[::23]]  # only padding is missing
    failed = compare("synthetic", testpmd, workdir, whole, [])
    failed += compare("cut", testpmd, workdir, cut, [])
    failed += compare("split", testpmd, workdir, whole[::3], ["--buffer-size", "64"])
    if os.geteuid() == 0 and shutil.which("ip"):
        real = loopback_traffic()
        if real:
            failed += compare("loopback", testpmd, workdir, [(f, len(f)) for f in real], [])
        else:
            print("loopback: no network namespace can be made here")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
