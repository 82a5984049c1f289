#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The decoder of plx-testpmd against tshark: usage test_decode.py DECODE_PCAP CAPTURE WORKDIR

Line by line, for CAPTURE and for a capture with every protocol that the decoder knows: the same
addresses, protocol, length, and what tshark says of it begins with what the decoder says. Frames
in several entries give the same lines; frames that are cut at any byte end in "[truncated]" and
nothing but printable ASCII comes out.
"""
import os
import random
import re
import shutil
import struct
import subprocess
import sys

SKIP = 77


def skip(why):
    print("SKIP: " + why)
    sys.exit(SKIP)


try:
    from scapy.all import (AH, ARP, ICMP, IP, LLC, SCTP, SNAP, STP, TCP, UDP, Dot1Q, Dot3, Ether,
                           ICMPv6DestUnreach, ICMPv6EchoReply, ICMPv6EchoRequest,
                           ICMPv6MLDMultAddrRec, ICMPv6MLDone, ICMPv6MLQuery, ICMPv6MLReport,
                           ICMPv6MLReport2, ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6ND_RA, ICMPv6ND_RS,
                           ICMPv6ND_Redirect, ICMPv6NDOptDstLLAddr, ICMPv6NDOptSrcLLAddr,
                           ICMPv6PacketTooBig, ICMPv6ParamProblem, ICMPv6TimeExceeded, IPv6,
                           IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop,
                           IPv6ExtHdrRouting, SCTPChunkAbort, SCTPChunkCookieAck,
                           SCTPChunkCookieEcho, SCTPChunkData, SCTPChunkInit, SCTPChunkInitAck,
                           SCTPChunkSACK, SCTPChunkShutdown, SCTPChunkShutdownAck)
    from scapy.contrib.igmp import IGMP
    from scapy.contrib.igmpv3 import IGMPv3, IGMPv3gr, IGMPv3mq, IGMPv3mr
    from scapy.contrib.lldp import (LLDPDUChassisID, LLDPDUEndOfLLDPDU, LLDPDUPortID,
                                    LLDPDUSystemName, LLDPDUTimeToLive)
except ImportError:
    skip("scapy is not installed")
if not shutil.which("tshark"):
    skip("tshark is not installed")

MACS = {"dst": "02:00:00:00:00:02", "src": "02:00:00:00:00:01"}
ETHER = Ether(**MACS)
IP4 = IP(src="192.0.2.1", dst="198.51.100.7")
IP6 = IPv6(src="2001:db8::1", dst="2001:db8::2")
LOCAL = IPv6(src="fe80::1", dst="fe80::2", hlim=255)
GROUP = IP(src="192.0.2.1", dst="224.0.0.251", ttl=1)
PORTS = {"sport": 40001, "dport": 40003}
MAC_OPTION = ICMPv6NDOptSrcLLAddr(lladdr=MACS["src"])
TARGET_OPTION = ICMPv6NDOptDstLLAddr(lladdr=MACS["src"])

# ---- packets ----


def arp():
    for kw in ({"op": 1, "psrc": "10.0.0.1", "pdst": "10.0.0.2"},
               {"op": 1, "psrc": "0.0.0.0", "pdst": "10.0.0.3"},
               {"op": 1, "psrc": "10.0.0.4", "pdst": "10.0.0.4"},
               {"op": 2, "psrc": "10.0.0.1", "pdst": "10.0.0.2"},
               {"op": 2, "psrc": "10.0.0.5", "pdst": "10.0.0.5"}):
        yield ARP(hwsrc=MACS["src"], **kw)


def tcp_udp():
    for flags in ("S", "SA", "PA", "FA", "R", "RA", "", "SEC", "FSRPAUEC"):
        yield IP4 / TCP(flags=flags, seq=4000000000, ack=2000, window=512, **PORTS) / b"hello"
    options = [("MSS", 1460), ("SAckOK", b""), ("WScale", 7)]
    yield IP6 / TCP(flags="S", options=options, **PORTS)
    yield IP4 / UDP(**PORTS) / b"123456789"
    yield IP6 / UDP(**PORTS) / bytes(70)
    yield IP6 / IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt() / UDP(**PORTS) / b"12"
    yield IP6 / IPv6ExtHdrRouting(addresses=["2001:db8::3"], segleft=0) / UDP(**PORTS)
    yield IP4 / AH(nh=17, spi=1, seq=2, icv=bytes(12), payloadlen=4) / UDP(**PORTS) / b"ab"
    for chunk in (SCTPChunkInit(), SCTPChunkData(data=b"abcd"), SCTPChunkSACK(),
                  SCTPChunkCookieAck() / SCTPChunkData(data=b"abc"), SCTPChunkAbort(),
                  SCTPChunkShutdown(), SCTPChunkShutdownAck(), SCTPChunkInitAck(),
                  SCTPChunkCookieEcho()):
        yield IP4 / SCTP(**PORTS) / chunk
        yield IP6 / SCTP(**PORTS) / chunk


def other_ip():
    for flags, offset in (("MF", 0), ("MF", 8), (0, 180)):
        yield IP(src="192.0.2.1", dst="198.51.100.7", flags=flags, frag=offset, id=700 + offset,
                 proto=17) / bytes(64)
        yield IP6 / IPv6ExtHdrFragment(offset=offset, m=bool(flags), id=0x1234 + offset,
                                       nh=6) / bytes(64)
    yield IP(proto=200) / b"abcd"
    yield IP(proto=50) / bytes(range(1, 41))
    yield IPv6(nh=50) / bytes(range(1, 41))
    yield IPv6(nh=59)


def icmp():
    yield IP4 / ICMP(id=3, seq=4) / b"abc"
    yield IP4 / ICMP(type=0, id=3, seq=400) / b"abc"
    inner = bytes(IP4 / UDP(**PORTS))[:28]
    for kind, code in ((3, 0), (3, 1), (3, 2), (3, 3), (3, 4), (3, 5), (3, 13), (11, 0), (11, 1),
                       (5, 0), (5, 1), (12, 0), (13, 0), (14, 0), (17, 0), (18, 0), (4, 0),
                       (10, 0)):
        yield IP4 / ICMP(type=kind, code=code) / inner


def icmpv6():
    for message in (ICMPv6EchoRequest(id=5, seq=6, data=b"q"), ICMPv6EchoReply(id=5, seq=7),
                    ICMPv6ND_NS(tgt="fe80::2") / MAC_OPTION, ICMPv6ND_NS(tgt="fe80::2"),
                    ICMPv6ND_NA(tgt="fe80::2", R=0, S=1, O=1) / TARGET_OPTION,
                    ICMPv6ND_NA(tgt="fe80::2", R=1, S=0, O=0),
                    ICMPv6ND_NA(tgt="fe80::2", R=1, S=1, O=1) / TARGET_OPTION,
                    ICMPv6ND_NA(tgt="fe80::2", R=0, S=0, O=0),
                    ICMPv6ND_RS() / MAC_OPTION, ICMPv6ND_RS(), ICMPv6ND_RA() / MAC_OPTION,
                    ICMPv6ND_RA(), ICMPv6ND_Redirect(), ICMPv6MLQuery(),
                    ICMPv6MLReport(mladdr="ff02::5"), ICMPv6MLDone(mladdr="ff02::5"),
                    ICMPv6MLReport2(records=[ICMPv6MLDMultAddrRec(rtype=4, dst="ff02::5")])):
        yield LOCAL / message
    inner = IP6 / UDP(**PORTS)
    for error in (*(ICMPv6DestUnreach(code=c) for c in range(7)), ICMPv6PacketTooBig(),
                  ICMPv6TimeExceeded(), ICMPv6TimeExceeded(code=1),
                  *(ICMPv6ParamProblem(code=c) for c in range(3))):
        yield LOCAL / error / inner


def igmp():
    for kind in (0x16, 0x17, 0x11, 0x12):
        yield GROUP / IGMP(type=kind, gaddr="224.0.0.251")
    yield GROUP / IGMP(type=0x11, gaddr="0.0.0.0")
    yield GROUP / IGMP(type=0x11, gaddr="224.0.0.251", mrcode=0)
    yield GROUP / IGMPv3(type=0x11) / IGMPv3mq(gaddr="0.0.0.0")
    yield GROUP / IGMPv3(type=0x11) / IGMPv3mq(gaddr="224.0.0.9")
    sources = ["1.2.3.4", "1.2.3.5"]
    for kind in range(1, 7):
        records = [IGMPv3gr(rtype=kind, maddr="224.0.0.6", srcaddrs=sources)]
        yield GROUP / IGMPv3(type=0x22) / IGMPv3mr(records=records)
    records = [IGMPv3gr(rtype=4, maddr="224.0.0.5"), IGMPv3gr(rtype=3, maddr="224.0.0.6")]
    yield GROUP / IGMPv3(type=0x22) / IGMPv3mr(records=records)


def link():
    lldp = Ether(dst="01:80:c2:00:00:0e", src=MACS["src"])
    end = LLDPDUTimeToLive(ttl=120) / LLDPDUSystemName(system_name="sw1") / LLDPDUEndOfLLDPDU()
    yield (lldp / LLDPDUChassisID(subtype=4, id=MACS["src"]) /
           LLDPDUPortID(subtype=5, id="eth0") / end)
    yield (lldp / LLDPDUChassisID(subtype=7, id="local") /
           LLDPDUPortID(subtype=3, id="02:00:00:00:00:07") / end)
    yield (lldp / LLDPDUChassisID(subtype=5, id="10.0.0.1", family=1) /
           LLDPDUPortID(subtype=7, id="7") / end)
    stp = Dot3(dst="01:80:c2:00:00:00", src=MACS["src"]) / LLC(dsap=0x42, ssap=0x42, ctrl=3)
    root = {"rootmac": "02:00:00:00:00:09", "pathcost": 19, "portid": 0x8002}
    yield stp / STP(bpdutype=0, rootid=0x8001, **root)
    yield stp / STP(bpdutype=0, bpduflags=1, rootid=0x1000, **root)
    yield stp / STP(bpdutype=0x80)
    yield stp / STP(version=2, bpdutype=2, bpduflags=0x3c, rootid=0x8000, **root) / b"\0"
    yield Ether(type=0x88b5, **MACS) / bytes(46)
    yield Dot3(**MACS) / LLC(dsap=0xaa, ssap=0xaa, ctrl=3) / SNAP(OUI=0xc, code=0x7777) / b"x"


def behind_tags(packet):
    """One tag, two tags."""
    kind = {"IP": 0x800, "IPv6": 0x86dd, "ARP": 0x806}[packet.__class__.__name__]
    yield ETHER / Dot1Q(vlan=5, prio=3, type=kind) / packet
    yield (Ether(type=0x88a8, **MACS) / Dot1Q(vlan=100, type=0x8100) /
           Dot1Q(vlan=4000, type=kind) / packet)


def synthetic():
    frames = []
    for make in (arp, tcp_udp, other_ip, icmp, icmpv6, igmp):
        for i, packet in enumerate(make()):
            frames.append(bytes(ETHER / packet))
            if i % 4 == 0:
                frames += [bytes(f) for f in behind_tags(packet)]
    return frames + [bytes(f) for f in link()]


# ---- lines ----

def write_capture(path, frames):
    with open(path, "wb") as f:
        f.write(struct.pack("=IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        for i, (frame, wire_len) in enumerate(frames):
            f.write(struct.pack("=IIII", 1000000 + i, 0, len(frame), wire_len) + frame)


def decode(program, path, buffer_size=2048):
    run = subprocess.run([program, path, str(buffer_size)], stdout=subprocess.PIPE, timeout=60,
                         check=True)
    return run.stdout.decode("ascii").split("\n")[:-1]


# What it would look into further, or remember from other packets.
PREFERENCES = ["tcp.relative_sequence_numbers:FALSE", "tcp.analyze_sequence_numbers:FALSE",
               "arp.detect_duplicate_ips:FALSE"]
DISABLED = ["dns", "http", "iperf3", "discard", "chargen", "echo"]


def tshark(path):
    """[source, destination, protocol, length, info, VLANs, window] of each packet."""
    command = ["tshark", "-n", "-r", path, "-T", "fields", "-E", "separator=/t"]
    for preference in PREFERENCES:
        command += ["-o", preference]
    for proto in DISABLED:
        command += ["--disable-protocol", proto]
    for field in ("_ws.col.Source", "_ws.col.Destination", "_ws.col.Protocol", "frame.len",
                  "_ws.col.Info", "vlan.id", "ieee8021ad.id",
                  "tcp.window_size_value"):
        command += ["-e", field]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=120,
                         check=True)
    return [line.split("\t") for line in run.stdout.decode().split("\n")[:-1]]


LINE = re.compile(r"(\S+) -> (\S+) (\S+) (\d+)(?: \[VLAN ([\d.]+)\])?(?: (.*))?$")


def same_info(ours, theirs, proto, window):
    """Their line begins with ours, but for arrows, spaces, a scaled window, and ports of SCTP."""
    theirs = " ".join(theirs.replace("\u2192", "->").split())
    theirs = re.sub(r" Win=\d+", f" Win={window}", theirs)
    if proto == "SCTP":
        for chunk in re.sub(r"^\d+ -> \d+ ", "", ours).split():
            if chunk not in theirs.split():
                return False
        return True
    return theirs.startswith(ours)


def compare(what, lines, expected):
    failed = []
    if len(lines) != len(expected):
        failed.append(f"{len(lines)} lines, tshark has {len(expected)}")
    for i, (line, theirs) in enumerate(zip(lines, expected)):
        src, dst, proto, length, info, vlan, vlan_ad, window = theirs
        match = LINE.match(line)
        ours = match.groups() if match else (None,) * 6
        tags = ".".join(t for t in ((vlan_ad + "," + vlan) if vlan_ad else vlan).split(",") if t)
        fragment = re.search(r" (Fragmented IP|IPv6 fragment)", line)
        # It shows a datagram that it has put together, and who sends a SNAP frame, by its name.
        good = match and ours[:2] == (src, dst) and ours[3] == length
        good = good and (ours[4] or "") == tags
        if not (fragment and "ragment" not in info) and proto != "CDP" and ours[2] != "LLC":
            good = good and ours[2] == proto and same_info(ours[5] or "", info, proto, window)
        if not good:
            failed.append(f"line {i + 1}: {line!r}, tshark: {' '.join(theirs)!r}")
    for line in failed[:20]:
        print(f"{what}: {line}")
    print(f"{what}: {len(lines)} lines, {len(failed)} failures")
    return len(failed)


def hostile(frames):
    """Every frame cut at every byte up to the 90th; and with wrong bytes."""
    rng = random.Random(1)
    cut = [(f[:n], len(f)) for f in frames for n in range(1, min(len(f), 90))]
    wrong = []
    for f in frames * 3:
        f = bytearray(f)
        for _ in range(4):
            f[rng.randrange(12, len(f))] = rng.randrange(256)
        wrong.append((bytes(f), len(f)))
    return cut, wrong


def check_hostile(program, workdir, frames):
    cut, wrong = hostile(frames)
    path = os.path.join(workdir, "hostile.pcap")
    write_capture(path, cut + wrong)
    lines = decode(program, path)
    bad = [line for line in lines if not re.fullmatch(r"[ -~]+", line)]
    bad += [line for line in lines[:len(cut)] if not line.endswith(" [truncated]")]
    bad += [] if len(lines) == len(cut) + len(wrong) else [f"{len(lines)} lines"]
    if decode(program, path, 64) != lines:
        bad.append("frames in parts give other lines")
    for line in bad[:20]:
        print(f"hostile: {line!r}")
    print(f"hostile: {len(lines)} lines, {len(bad)} failures")
    return len(bad)


def main():
    if len(sys.argv) != 4:
        sys.exit("usage: test_decode.py DECODE_PCAP CAPTURE WORKDIR")
    program, capture, workdir = sys.argv[1:]
    os.makedirs(workdir, exist_ok=True)
    frames = synthetic()
    path = os.path.join(workdir, "synthetic.pcap")
    write_capture(path, [(f, len(f)) for f in frames])
    failed = 0
    for what, file in (("real", capture), ("synthetic", path)):
        expected = tshark(file)
        for size in (2048, 64):
            failed += compare(f"{what}, buffers of {size}", decode(program, file, size), expected)
    failed += check_hostile(program, workdir, frames)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
