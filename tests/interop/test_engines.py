#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The engines that look into packets: usage test_engines.py PLX_TESTPMD WORKDIR

Frames go through plx-testpmd from capture to capture. What must come out is made with scapy, and
tshark judges every checksum: in parts (--buffer-size 64), too, where the engine can.
"""
import json
import os
import random
import shutil
import struct
import subprocess
import sys

SKIP = 77


def skip(why):
    print("SKIP: " + why)
    sys.exit(SKIP)


try:
    from scapy.all import (AH, ARP, ICMP, IP, SCTP, TCP, UDP, Dot1Q, Ether, ICMPv6EchoReply,
                           ICMPv6EchoRequest, ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6NDOptDstLLAddr,
                           ICMPv6NDOptSrcLLAddr, IPOption_LSRR, IPOption_RR, IPv6,
                           IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop,
                           IPv6ExtHdrRouting, SCTPChunkData, in6_getnsma, inet_ntop, inet_pton)
except ImportError:
    skip("scapy is not installed")
if not shutil.which("tshark"):
    skip("tshark is not installed")
import socket

TESTPMD, WORK = "", ""
ASKER, OTHER = "02:00:00:00:00:11", "02:00:00:00:00:22"
BROADCAST = "ff:ff:ff:ff:ff:ff"
A4, B4 = "192.0.2.1", "198.51.100.7"
A6, B6 = "2001:db8::1", "2001:db8::2"
PORTS, SWAPPED = {"sport": 40001, "dport": 443}, {"sport": 443, "dport": 40001}
TAGS = ((), ((0x8100, 5),), ((0x88a8, 100), (0x8100, 42)), ((0x8100, 7), (0x8100, 8)))
failed = 0


def check(good, what):
    global failed
    if not good:
        failed += 1
        if failed <= 30:
            print("FAIL " + what)
    return good


# ---- running ----

def write_capture(path, frames):
    with open(path, "wb") as f:
        f.write(struct.pack("=IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        for i, frame in enumerate(frames):
            f.write(struct.pack("=IIII", 1000000 + i, 0, len(frame), len(frame)) + frame)


def read_capture(path):
    frames, at = [], 24
    with open(path, "rb") as f:
        data = f.read()
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    while at < len(data):
        size = struct.unpack(order + "IIII", data[at:at + 16])[2]
        frames.append(data[at + 16:at + 16 + size])
        at += 16 + size
    return frames


def testpmd(mode, *options):
    command = [TESTPMD, "--forward-mode", mode, "--json", *options]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                         timeout=60, check=False)
    check(run.returncode == 0, f"{mode}: ended with {run.returncode}")
    return json.loads(run.stdout)


def through(mode, frames, *options):
    """What comes out, and the result."""
    paths = [os.path.join(WORK, f"{mode}-{side}.pcap") for side in ("in", "out")]
    write_capture(paths[0], frames)
    result = testpmd(mode, "--port", f"pcap:rx={paths[0]},tx={paths[1]}", *options)
    check(result["held"] == 0, f"{mode}: holds {result['held']}")
    return read_capture(paths[1]), result


def bad_checksums(path):
    """Numbers of packets with one that tshark finds wrong."""
    command = ["tshark", "-r", path, "-o", "ip.check_checksum:TRUE", "-o",
               "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-o",
               "sctp.checksum:CRC 32c", "-o", "ip.defragment:FALSE", "-o",
               "ipv6.defragment:FALSE", "-T", "fields", "-e", "frame.number", "-Y",
               "ip.checksum.status == 0 or tcp.checksum.status == 0 or udp.checksum.status == 0 "
               "or icmp.checksum.status == 0 or icmpv6.checksum.status == 0 or "
               "sctp.checksum.status == 0"]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                         timeout=60, check=True)
    return {int(n) for n in run.stdout.split()}


def compare(what, got, wanted):
    check(len(got) == len(wanted), f"{what}: {len(got)} frames, not {len(wanted)}")
    for i, (a, b) in enumerate(zip(got, wanted)):
        check(a == b, f"{what}: frame {i + 1}\n  is      {a.hex()}\n  must be {b.hex()}")


def frame(dst, src, tags, upper):
    kinds = {"ARP": 0x806, "IP": 0x800, "IPv6": 0x86dd}
    types = [t for t, _ in tags] + [kinds[upper.__class__.__name__]]
    packet = Ether(dst=dst, src=src, type=types[0])
    for (_, vlan), after in zip(tags, types[1:]):
        packet = packet / Dot1Q(vlan=vlan, prio=2, type=after)
    return bytes(packet / upper)


# ---- icmpecho ----

def own_mac():
    """The port's address, as an ARP reply tells it."""
    out, _ = through("icmpecho", [frame(BROADCAST, ASKER, (), ARP(
        op=1, hwsrc=ASKER, psrc="10.0.0.1", pdst="10.0.0.2"))])
    return Ether(out[0])[ARP].hwsrc


def made_source(address):
    """As DPDK's testpmd answers a group: another address in the asker's neighbourhood."""
    raw = bytearray(inet_pton(socket.AF_INET, address))
    raw[3] = raw[3] & 0xfc | (2 if raw[3] & 3 == 1 else 1)
    return inet_ntop(socket.AF_INET, bytes(raw))


def link_local(mac):
    m = bytearray(int(x, 16) for x in mac.split(":"))
    m[0] ^= 2
    return inet_ntop(socket.AF_INET6, b"\xfe\x80" + bytes(6) + m[:3] + b"\xff\xfe" + m[3:])


def arp_pairs(mac, tags):
    for dst, sender, target in ((BROADCAST, "10.0.0.1", "10.0.0.2"), (mac, "10.0.0.1", "1.2.3.4"),
                                (BROADCAST, "0.0.0.0", "10.0.0.9")):
        for padding in (b"", bytes(18)):
            ask = ARP(op=1, hwsrc=ASKER, psrc=sender, pdst=target)
            tell = ARP(op=2, hwsrc=mac, psrc=target, hwdst=ASKER, pdst=sender)
            yield (frame(dst, ASKER, tags, ask) + padding,
                   frame(ASKER, mac, tags, tell) + padding)


def ping_pairs(mac, tags):
    for size in (0, 1, 56, 600):
        data = random.Random(size).randbytes(size)
        for options in ([], [IPOption_RR()]):
            head = {"ttl": 33, "id": 7 + size, "options": options}
            ask = IP(src=A4, dst=B4, **head) / ICMP(id=size, seq=0xfff8) / data
            tell = IP(src=B4, dst=A4, **head) / ICMP(type=0, id=size, seq=0xfff8) / data
            yield frame(OTHER, ASKER, tags, ask), frame(ASKER, OTHER, tags, tell)
    for src in (A4, "192.0.2.2", "192.0.2.3", "192.0.2.4"):
        for dst, group in (("01:00:5e:00:00:01", "224.0.0.1"), (BROADCAST, "255.255.255.255"),
                           (BROADCAST, "192.0.2.255")):
            ask = IP(src=src, dst=group) / ICMP(id=1, seq=2) / b"all"
            tell = IP(src=made_source(src), dst=src) / ICMP(type=0, id=1, seq=2) / b"all"
            yield frame(dst, ASKER, tags, ask), frame(ASKER, mac, tags, tell)


def ping6_pairs(mac, tags):
    for size in (0, 1, 56, 600):
        data = random.Random(size).randbytes(size)
        for extra in (None, IPv6ExtHdrHopByHop(), IPv6ExtHdrDestOpt()):
            def ip(src, dst, extra=extra):
                return IPv6(src=src, dst=dst, hlim=7) / extra if extra else IPv6(src=src, dst=dst)
            ask = ip(A6, B6) / ICMPv6EchoRequest(id=size, seq=9, data=data)
            tell = ip(B6, A6) / ICMPv6EchoReply(id=size, seq=9, data=data)
            yield frame(OTHER, ASKER, tags, ask), frame(ASKER, OTHER, tags, tell)
    ask = IPv6(src="fe80::11", dst="ff02::1") / ICMPv6EchoRequest(id=1, seq=2, data=b"all")
    tell = IPv6(src=link_local(mac), dst="fe80::11") / ICMPv6EchoReply(id=1, seq=2, data=b"all")
    yield frame("33:33:00:00:00:01", ASKER, tags, ask), frame(ASKER, mac, tags, tell)


def nd_pairs(mac, tags):
    target = "2001:db8::77"
    group = inet_ntop(socket.AF_INET6, in6_getnsma(inet_pton(socket.AF_INET6, target)))
    option = ICMPv6NDOptDstLLAddr(lladdr=mac)
    for dst in (group, target):
        for tell_mac in (True, False):
            ask = IPv6(src="fe80::11", dst=dst, hlim=255) / ICMPv6ND_NS(tgt=target)
            if tell_mac:
                ask = ask / ICMPv6NDOptSrcLLAddr(lladdr=ASKER)
            tell = (IPv6(src=target, dst="fe80::11", hlim=255) /
                    ICMPv6ND_NA(tgt=target, R=0, S=1, O=1) / option)
            yield (frame("33:33:ff:00:00:77", ASKER, tags, ask),
                   frame(ASKER, mac, tags, tell))
    ask = IPv6(src="::", dst=group, hlim=255) / ICMPv6ND_NS(tgt=target)
    tell = (IPv6(src=target, dst="ff02::1", hlim=255) /
            ICMPv6ND_NA(tgt=target, R=0, S=0, O=1) / option)
    yield frame("33:33:ff:00:00:77", ASKER, tags, ask), frame("33:33:00:00:00:01", mac, tags, tell)


def ignored(mac):
    ping, ping6 = IP(src=A4, dst=B4) / ICMP() / b"data", IPv6(src=A6, dst=B6) / ICMPv6EchoRequest()
    solicit = ICMPv6ND_NS(tgt=B6)
    for upper in (ARP(op=1, hwsrc=ASKER, psrc="10.0.0.1", pdst="10.0.0.1"),
                  ARP(op=2, hwsrc=ASKER, psrc="10.0.0.1", pdst="10.0.0.2"),
                  ARP(op=1, hwlen=8, hwsrc=ASKER, psrc="10.0.0.1", pdst="10.0.0.2"),
                  IP(src=A4, dst=B4) / ICMP(type=0), IP(src=A4, dst=B4) / ICMP(code=1),
                  IP(src=A4, dst=B4) / ICMP(type=13), IP(src=A4, dst=B4) / UDP(**PORTS),
                  IP(src=A4, dst=B4, flags="MF") / ICMP(), IP(src=A4, dst=B4, frag=1) / ICMP(),
                  IP(src=A4, dst=B4, proto=1) / b"\x08\0", IP(src=A4, dst=B4, len=100) / ICMP(),
                  IP(src="224.0.0.1", dst=B4) / ICMP(), IP(src="0.0.0.0", dst=B4) / ICMP(),
                  IP(src="255.255.255.255", dst=B4) / ICMP(),
                  IP(src=A4, dst=B4, options=[IPOption_LSRR(routers=["1.2.3.4"])]) / ICMP(),
                  IPv6(src="ff02::1", dst=B6) / ICMPv6EchoRequest(),
                  IPv6(src="::", dst=B6) / ICMPv6EchoRequest(),
                  IPv6(src=A6, dst=B6) / ICMPv6EchoReply(),
                  IPv6(src=A6, dst=B6) / IPv6ExtHdrFragment(m=1, nh=58) / ICMPv6EchoRequest(),
                  IPv6(src=A6, dst=B6) / IPv6ExtHdrRouting(addresses=["2001:db8::9"], segleft=1) /
                  ICMPv6EchoRequest(),
                  IPv6(src=A6, dst=B6, plen=40) / ICMPv6EchoRequest(),
                  IPv6(src=A6, dst=B6, hlim=64) / solicit,
                  IPv6(src=A6, dst=B6, hlim=255) / ICMPv6ND_NS(tgt="ff02::1"),
                  IPv6(src=A6, dst=B6, hlim=255) / ICMPv6ND_NS(tgt=B6, cksum=1),
                  IPv6(src="::", dst=B6, hlim=255) / solicit,
                  IPv6(src="::", dst="ff02::1:ff00:2", hlim=255) / solicit /
                  ICMPv6NDOptSrcLLAddr(lladdr=ASKER),
                  IPv6(src=A6, dst=B6, hlim=255) / solicit / ICMPv6NDOptSrcLLAddr(len=0),
                  IPv6(src=A6, dst=B6, hlim=255) / solicit / ICMPv6NDOptSrcLLAddr(len=2)):
        for tags in TAGS:
            yield frame(mac, ASKER, tags, upper)
    yield frame(mac, BROADCAST, (), ping)
    for upper in (ping, ping6, IPv6(src=A6, dst=B6, hlim=255) / solicit,
                  ARP(op=1, hwsrc=ASKER, psrc="10.0.0.1", pdst="10.0.0.2")):
        whole = frame(mac, ASKER, (), upper)
        yield from (whole[:n] for n in range(1, len(whole)))
        yield frame(mac, ASKER, ((0x8100, 1),) * 9, upper)


def test_icmpecho():
    mac = own_mac()
    pairs, counts = [], {}
    for name, make in (("arp_replies", arp_pairs), ("echo_replies", ping_pairs),
                       ("echo6_replies", ping6_pairs), ("nd_replies", nd_pairs)):
        made = [pair for tags in TAGS for pair in make(mac, tags)]
        counts[name] = len(made)
        pairs += made
    rest = list(ignored(mac))
    counts["ignored"] = len(rest)
    order = [*pairs, *((f, None) for f in rest)]
    random.Random(2).shuffle(order)
    out, result = through("icmpecho", [ask for ask, _ in order])
    compare("icmpecho", out, [tell for _, tell in order if tell])
    got = {name: result["engine"][name] for name in counts}
    check(got == counts, f"icmpecho counts {got}, must be {counts}")
    check(result["consumed"] == len(rest), f"icmpecho consumed {result['consumed']}")
    wrong = bad_checksums(os.path.join(WORK, "icmpecho-out.pcap"))
    check(not wrong, f"icmpecho: wrong checksums in {sorted(wrong)}")
    # The payload in other entries than the headers.
    some = [p for tags in TAGS[:3] for p in ping_pairs(mac, tags) if p[0][14 + 4 * len(tags)] == 0x45]
    out, _ = through("icmpecho", [ask for ask, _ in some], "--buffer-size", "64")
    compare("icmpecho in parts", out, [tell for _, tell in some])
    print(f"icmpecho: {len(order)} frames, {got}")


# ---- 5tswap ----

def both(make):
    """Packets and the same turned round."""
    ports = make(4, A4, B4, PORTS), make(4, B4, A4, SWAPPED)
    return [ports, (make(6, A6, B6, PORTS), make(6, B6, A6, SWAPPED))]


def ip(version, src, dst, **kw):
    return IP(src=src, dst=dst, id=5, **kw) if version == 4 else IPv6(src=src, dst=dst)


def swap_pairs():
    data = bytes(range(101))
    yield from both(lambda v, a, b, p: ip(v, a, b) / TCP(flags="PA", seq=9, ack=8, **p) / data)
    yield from both(lambda v, a, b, p: ip(v, a, b) / UDP(**p) / data)
    yield from both(lambda v, a, b, p: ip(v, a, b) / UDP(**p))
    yield from both(lambda v, a, b, p: ip(v, a, b) / SCTP(tag=1, **p) / SCTPChunkData(data=data))
    yield from both(lambda v, a, b, p: ip(v, a, b) / AH(nh=17, spi=1, icv=bytes(12),
                                                        payloadlen=4) / UDP(**p) / data)
    for upper in (ICMP(id=3) / data, b"", b"\1\2\3"):
        yield IP(src=A4, dst=B4) / upper, IP(src=B4, dst=A4) / upper
    yield IPv6(src=A6, dst=B6) / ICMPv6EchoRequest(id=1), IPv6(src=B6, dst=A6) / ICMPv6EchoRequest(id=1)
    for extra in (IPv6ExtHdrHopByHop(), IPv6ExtHdrDestOpt(),
                  IPv6ExtHdrRouting(addresses=["2001:db8::9"], segleft=0)):
        yield (IPv6(src=A6, dst=B6) / extra / UDP(**PORTS) / data,
               IPv6(src=B6, dst=A6) / extra / UDP(**SWAPPED) / data)
    yield (IP(src=A4, dst=B4, options=[IPOption_RR()]) / UDP(**PORTS) / data,
           IP(src=B4, dst=A4, options=[IPOption_RR()]) / UDP(**SWAPPED) / data)
    yield IP(src=A4, dst=B4) / UDP(chksum=0, **PORTS), IP(src=B4, dst=A4) / UDP(chksum=0, **SWAPPED)
    # The first of several fragments has ports; a later one has data there.
    sound = bytes(IP(src=A4, dst=B4) / UDP(len=1008, chksum=77, **PORTS))[20:]
    turned = bytes(IP(src=B4, dst=A4) / UDP(len=1008, chksum=77, **SWAPPED))[20:]
    for kw, after in (({"flags": "MF"}, turned), ({"frag": 9}, sound)):
        yield (IP(src=A4, dst=B4, proto=17, **kw) / sound,
               IP(src=B4, dst=A4, proto=17, **kw) / after)
    # Only the MAC addresses.
    for same in (IP(src=A4, dst=B4, options=[IPOption_LSRR(routers=["1.2.3.4"])]) / UDP(**PORTS),
                 IPv6(src=A6, dst=B6) / IPv6ExtHdrRouting(addresses=["2001:db8::9"], segleft=1) /
                 UDP(**PORTS), ARP(op=1, psrc="10.0.0.1", pdst="10.0.0.2", hwsrc=ASKER)):
        yield same, same


def test_5tswap():
    pairs = [(frame(OTHER, ASKER, tags, a), frame(ASKER, OTHER, tags, b))
             for tags in TAGS for a, b in swap_pairs()]
    pairs += [(Ether(dst=OTHER, src=ASKER, type=0x88b5) / bytes(46),
               Ether(dst=ASKER, src=OTHER, type=0x88b5) / bytes(46))]
    pairs = [(bytes(a), bytes(b)) for a, b in pairs]
    short = bytes(pairs[0][0])[:13]
    pairs += [(short, short)]
    for options in ([], ["--buffer-size", "64"], ["--buffer-size", "65"]):
        out, result = through("5tswap", [a for a, _ in pairs], *options)
        compare(f"5tswap {' '.join(options)}", out, [b for _, b in pairs])
        before, after = (bad_checksums(os.path.join(WORK, f"5tswap-{side}.pcap"))
                         for side in ("in", "out"))
        check(after <= before, f"5tswap: wrong checksums in {sorted(after - before)}")
    # Twice is as before.
    back, _ = through("5tswap", out)
    compare("5tswap twice", back, [a for a, _ in pairs])
    print(f"5tswap: {len(pairs)} frames, {result['engine']}")


# ---- flowgen, txonly ----

def generate(mode, *options):
    path = os.path.join(WORK, mode + ".pcap")
    result = testpmd(mode, "--port", "null", "--port", f"pcap:tx={path}", *options)
    wrong = bad_checksums(path)
    check(not wrong, f"{mode}: wrong checksums in {sorted(wrong)[:9]}")
    return read_capture(path), result


def test_flowgen():
    for size in (64, 46, 1518):
        frames, result = generate("flowgen", "--packets", "3000", "--frame-size", str(size))
        check(len(frames) == 3000, f"flowgen: {len(frames)} frames")
        destinations = [f[30:34] for f in frames]
        flows = len(set(destinations))
        check(flows == 1024, f"flowgen: {flows} flows")
        check(destinations[1024:2048] == destinations[:1024], "flowgen: not round and round")
        rest = {f[:24] + f[26:30] + f[34:42] for f in frames}
        check(len(rest) == 1, f"flowgen: {len(rest)} kinds of headers")
        check({len(f) for f in frames} == {size - 4}, "flowgen: another length")
        check(result["generated"] == 3000, f"flowgen generated {result['generated']}")
        rx = sum(port["rx_packets"] for port in result["ports"])
        check(result["consumed"] == rx > 0, f"flowgen consumed {result['consumed']} of {rx}")
    packet = Ether(frames[1])
    check((packet[IP].src, packet[IP].dst) == ("198.18.0.1", "198.18.0.3"), f"flowgen: {packet!r}")
    print("flowgen: 1024 flows")


def test_txonly():
    path = os.path.join(WORK, "txonly.pcap")
    testpmd("txonly", "--port", f"pcap:tx={path}", "--packets", "100", "--frame-size", "100")
    frames = read_capture(path)
    check(len(frames) == 100 and len({f[:42] for f in frames}) == 1, "txonly: frames differ")
    packet = Ether(frames[0])
    check(len(frames[0]) == 96 and packet[UDP].dport == 9 and packet[UDP].len == 62 and
          (packet[IP].src, packet[IP].dst) == ("198.18.0.1", "198.18.0.2"), f"txonly: {packet!r}")
    check(not bad_checksums(path), "txonly: wrong checksums")
    print("txonly: 100 frames")


def main():
    global TESTPMD, WORK
    if len(sys.argv) != 3:
        sys.exit("usage: test_engines.py PLX_TESTPMD WORKDIR")
    TESTPMD, WORK = sys.argv[1:]
    os.makedirs(WORK, exist_ok=True)
    test_icmpecho()
    test_5tswap()
    test_flowgen()
    test_txonly()
    print(f"{failed} failures")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
