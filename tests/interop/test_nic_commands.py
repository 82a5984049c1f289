#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Commands of plx-testpmd on QEMU's network cards: usage test_nic_commands.py PLX_TESTPMD_QTEST WORKDIR [REGEX]

Each command that only a card can do, and what comes of it: on the wire, in the card's registers and
statistics, in the time that a sleeping worker takes. Checksums, segments and RSS queues are worked out
here, by their standards. One line for each failure, a summary, exit status 1 when anything failed.
"""
import contextlib
import os
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import schema
import test_session as sessions
import test_testpmd as runner
from test_session import Session, check, run, sentences
from test_testpmd import Hang, Skip, expect

runner.CHECKS.clear()

# Cards by QEMU's name: our driver, and the model.
CARDS = {"e1000e": ("e1000", "qtest-e1000e"), "e1000": ("e1000", "qtest-e1000"),
         "rtl8139": ("rtl8139", "qtest-rtl8139")}
OURS, PEER = bytes.fromhex("525400120001"), bytes.fromhex("0200000000aa")
OTHER, GROUP = bytes.fromhex("0200000000bb"), bytes.fromhex("01005e010203")
BROADCAST = b"\xff" * 6
MICROSOFT_KEY = bytes.fromhex("6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c"
                              "6a42b73bbeac01fa")
used = set()


# --- the wire -----------------------------------------------------------------------------------

class Wire:
    """The far end of a card's cable: frames behind their length (QEMU, -netdev stream)."""

    def __init__(self, model):
        self.path = os.path.join(os.environ["PLX_QTEST_WIRES"], model)
        self.left = b""
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(1)
        self.listener.settimeout(sessions.TIMEOUT)

    def plug(self):
        self.s, _ = self.listener.accept()

    def send(self, *frames):
        for f in frames:
            f = f.ljust(60, b"\0")
            self.s.sendall(struct.pack(">I", len(f)) + f)

    def receive(self, seconds=sessions.TIMEOUT):
        """The next frame, or None."""
        until = time.monotonic() + seconds
        while len(self.left) < 4 or len(self.left) < 4 + struct.unpack(">I", self.left[:4])[0]:
            wait = until - time.monotonic()
            if wait <= 0 or not select.select([self.s], [], [], wait)[0]:
                return None
            part = self.s.recv(1 << 20)
            if not part:
                return None
            self.left += part
        n = struct.unpack(">I", self.left[:4])[0]
        frame, self.left = self.left[4:4 + n], self.left[4 + n:]
        return frame

    def drain(self):
        while self.receive(0.05) is not None:
            pass

    def close(self):
        self.s.close()
        self.listener.close()
        os.unlink(self.path)


class Nic(Session):
    """Commands to a program with one card as port 0; their syntax is noted."""

    def __init__(self, card, *args, first=()):
        driver, model = CARDS[card]
        self.wire = Wire(model)
        super().__init__(*first, "--port", "%s:pci=sim:%s" % (driver, model), "--keep-going", *args)
        self.wire.plug()

    def answer(self, line):
        used.add(line)
        return super().answer(line)

    def restart(self, *lines, mode=None):
        """Stop if need be, give commands, start."""
        self.answer("stop")
        for line in lines:
            self.good(line)
        if mode:
            self.good("set fwd " + mode)
        self.good("start")
        self.wait_link()
        self.wire.drain()

    def wait_link(self, up=True):
        until = time.monotonic() + sessions.TIMEOUT
        while self.good("show port info 0")["ports"][0]["link_up"] != up:
            if not expect(time.monotonic() < until, "the link is not %s" % ("up" if up else "down")):
                return
            time.sleep(0.05)

    def comes_back(self, frame, what, sought=None):
        """Send it, and return the answer to it: a frame with @sought, its last 16 bytes, in it."""
        sought = sought or frame[-16:]
        self.wire.send(frame)
        while True:
            back = self.wire.receive(5)
            if not expect(back is not None, "%s: nothing comes back" % what):
                return b""
            if sought in back:
                return back

    def is_dropped(self, frame, what):
        """It does not come back, but one to everybody sent behind it does."""
        self.wire.send(frame)
        marker = eth(b"marker of a frame that is dropped", dst=BROADCAST)
        self.wire.send(marker)
        while True:
            back = self.wire.receive(5)
            if not expect(back is not None, "%s: not even the frame behind it comes back" % what):
                return
            if b"marker" in back:
                return
            expect(frame[-16:] not in back, "%s is not dropped" % what)


@contextlib.contextmanager
def nic(card, *args, code=None, **how):
    n = Nic(card, *args, **how)
    try:
        yield n
        n.end(code) if code is not None else n.finish()
    finally:
        sessions.end_all()
        n.wire.close()


def finish(self):
    """The end, whatever exit status refusals on the way have led to."""
    self.p.stdin.close()
    out = self.p.stdout.read()
    expect(self.p.wait(sessions.TIMEOUT) in (0, 1), "exit status %s %s" %
           (self.p.returncode, sessions.complaint()))
    return sessions.objects((self.left + out).decode(), "the end")


Nic.finish = finish


# --- frames -------------------------------------------------------------------------------------

def eth(payload, dst=OURS, src=PEER, kind=0x88b5, vid=None):
    tag = b"" if vid is None else struct.pack(">HH", 0x8100, vid)
    return dst + src + tag + struct.pack(">H", kind) + payload


def total(data):
    """The Internet checksum's sum: RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    s = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while s >> 16:
        s = (s & 0xffff) + (s >> 16)
    return s


def ipv4(payload, proto, src="10.0.0.1", dst="10.0.0.2", wrong=0):
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 7, 0, 64, proto, 0,
                       socket.inet_aton(src), socket.inet_aton(dst))
    value = (0xffff - total(head)) ^ wrong
    return head[:10] + struct.pack(">H", value) + head[12:] + payload


def pseudo(segment, proto, src, dst):
    return socket.inet_aton(src) + socket.inet_aton(dst) + struct.pack(">BBH", 0, proto, len(segment))


def tcp(payload, sport=1000, dport=2000, seq=1, src="10.0.0.1", dst="10.0.0.2", wrong=0):
    s = struct.pack(">HHIIBBHHH", sport, dport, seq, 0, 0x50, 0x10, 1000, 0, 0) + payload
    value = (0xffff - total(pseudo(s, 6, src, dst) + s)) ^ wrong
    return s[:16] + struct.pack(">H", value) + s[18:]


def udp(payload, sport=1000, dport=2000, src="10.0.0.1", dst="10.0.0.2", wrong=0):
    s = struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload
    value = (0xffff - total(pseudo(s, 17, src, dst) + s)) ^ wrong
    return s[:6] + struct.pack(">H", value) + s[8:]


def checksums_right(frame):
    """Are those of IPv4 and TCP or UDP?"""
    head, length = frame[14:34], struct.unpack(">H", frame[16:18])[0]
    segment, proto = frame[34:14 + length], frame[23]
    fake = head[12:20] + struct.pack(">BBH", 0, proto, len(segment))
    return total(head) == 0xffff, total(fake + segment) == 0xffff


def toeplitz(key, data):
    """RSS: for each bit that is set, from the first on, the 32 bits of the key from there on."""
    key, result = int.from_bytes(key, "big") << 32, 0
    bits = key.bit_length() + (8 - key.bit_length() % 8) % 8
    for i in range(8 * len(data)):
        if data[i // 8] >> (7 - i % 8) & 1:
            result ^= key >> (bits - 32 - i) & 0xffffffff
    return result


def reg(n, name):
    return next(r for r in n.good("show port 0 regs")["regs"] if r["name"] == name)


# --- what cards are -----------------------------------------------------------------------------

@check
def cards_say_what_they_can_do():
    for card in CARDS:
        with nic(card) as n:
            p = n.good("show port info 0")["ports"][0]
            for feature in ("promisc_off", "interrupts", "regs", "reset", "multicast"):
                expect(feature in p["features"], "%s: no %s in %s" % (card, feature, p["features"]))
            expect(p["mac"] == OURS.hex(":"), "%s: %s" % (card, p["mac"]))
            if card == "e1000e":
                expect(p["max_rxq"] == 2 and p["rss_table_size"] == 128 and p["rss_key_bytes"] == 40,
                       "%s: queues and RSS" % card)
                expect("ipv4-tcp" in p["rss_types"], p["rss_types"])
                expect({"tx_vlan", "tx_tso", "tx_csum", "tx_ip_csum", "rx_csum", "rx_vlan_strip",
                        "rx_vlan_filter"} <= set(p["offloads_possible"]), p["offloads_possible"])
            else:
                expect(p["max_rxq"] == 1 and not p["rss_types"], "%s: queues and RSS" % card)
                n.bad("port config all rss ip", "spread")
            conf = n.good("show config rxtx")["configured"][0]
            expect(conf["rxd"] == p["rxd"] and conf["offloads"] == p["offloads"],
                   "%s: show config rxtx has %s" % (card, conf))
            if card == "rtl8139":
                n.bad("tx_vlan set 0 5", "tx_vlan")
                n.bad("csum set ip hw 0", "tx_ip_csum")
                n.bad("tso set 1000 0", "lacks")


# --- VLAN ---------------------------------------------------------------------------------------

@check
def vlan_tags_are_stripped():
    for card in ("e1000e", "e1000"):
        with nic(card) as n:
            tagged = eth(b"stripped of the tag or not" * 3, vid=5)
            n.restart(mode="macswap")
            expect(n.comes_back(tagged, card)[12:16] == b"\x81\0\0\5", "%s: no tag at first" % card)
            n.bad("vlan set strip on 0", "stop first")
            n.restart("vlan set strip on 0")
            p = n.good("show port info 0")["ports"][0]
            expect(p["offloads"] == ["rx_vlan_strip"], p["offloads"])
            back = n.comes_back(tagged, card)
            expect(back[12:14] == b"\x88\xb5", "%s: the tag is left: %s" % (card, back[:20].hex()))
            n.restart("vlan set strip off 0")
            expect(n.comes_back(tagged, card)[12:16] == b"\x81\0\0\5", "%s: no tag again" % card)
            n.restart("port config 0 rx_offload vlan_strip on")
            expect(n.comes_back(tagged, card)[12:14] == b"\x88\xb5", "%s: rx_offload" % card)


@check
def vlans_are_filtered():
    for card in ("e1000e", "e1000"):
        with nic(card) as n:
            five, six = (eth(b"of a VLAN, number %d" % v * 3, vid=v) for v in (5, 6))
            n.restart("vlan set filter on 0", "rx_vlan add 5 0", mode="macswap")
            n.comes_back(five, "%s: VLAN 5" % card)
            n.is_dropped(six, "%s: VLAN 6" % card)
            n.comes_back(eth(b"no tag, and passes " * 3), "%s: no tag" % card)
            n.good("rx_vlan rm 5 0")
            n.good("rx_vlan add 6 0")  # while packets are forwarded
            n.is_dropped(five, "%s: VLAN 5, removed" % card)
            n.comes_back(six, "%s: VLAN 6, added" % card)
            n.restart("rx_vlan add all 0")
            n.comes_back(five, "%s: all VLANs" % card)
            n.restart("rx_vlan rm all 0")
            n.is_dropped(six, "%s: no VLAN" % card)
            n.restart("vlan set filter off 0")
            n.comes_back(six, "%s: no filter" % card)


@check
def vlan_tags_are_put_in():
    for card in ("e1000e", "e1000"):
        with nic(card) as n:
            frame = eth(b"gets a tag on its way back" * 3)
            n.bad("tx_vlan set 0 100", "CTRL.VME")  # these cards do both or none
            p = n.good("show port info 0")["ports"][0]
            expect(p["state"] == "started" and p["rxq"] == 1 and p["offloads"] == [],
                   "%s: a refusal leaves the port %s" % (card, p))
            for mode in ("macswap", "io", "csum"):
                n.restart("vlan set strip on 0", "tx_vlan set 0 100", mode=mode)
                back = n.comes_back(frame, card)
                expect(back[12:18] == b"\x81\0\0\x64\x88\xb5",
                       "%s, %s: no tag 100: %s" % (card, mode, back[:20].hex()))
            n.restart("tx_vlan reset 0")
            expect(n.comes_back(frame, card)[12:14] == b"\x88\xb5", "%s: a tag after reset" % card)


# --- checksums and segments ---------------------------------------------------------------------

@check
def checksums_are_put_in_by_the_card():
    for card in ("e1000e", "e1000"):
        with nic(card) as n:
            expect(n.good("csum show 0") == {"port": 0, "ip": "sw", "tcp": "sw", "udp": "sw"}, card)
            for who in ("hw", "sw"):
                n.restart(*("csum set %s %s 0" % (what, who) for what in ("ip", "tcp", "udp")),
                          mode="csum")
                expect(n.good("csum show 0")["tcp"] == who, "csum show: not %s" % who)
                offloads = n.good("show port info 0")["ports"][0]["offloads"]
                expect(("tx_csum" in offloads and "tx_ip_csum" in offloads) == (who == "hw"),
                       "%s, %s: %s" % (card, who, offloads))
                for wrong in (0, 0x1234):
                    for proto, make in ((6, tcp), (17, udp)):
                        for size in (18, 101, 1000):
                            data = os.urandom(size)
                            frame = eth(ipv4(make(data, wrong=wrong), proto, wrong=wrong), kind=0x800)
                            back = n.comes_back(frame, card)
                            expect(checksums_right(back) == (True, True),
                                   "%s, %s, protocol %d, %d bytes: %s" %
                                   (card, who, proto, size, checksums_right(back)))
                            expect(back[42:42] == b"" and data in back, "%s: other bytes" % card)
            none = eth(ipv4(udp(b"no checksum of the sender's")[:6] + b"\0\0" +
                            b"no checksum of the sender's", 17), kind=0x800)
            n.restart("csum set udp hw 0")
            back = n.comes_back(none, card)
            expect(back[40:42] == b"\0\0", "%s: a checksum where the sender made none" % card)
            r = n.good("stop")
            expect(r["engine"]["ip_good"] > 0, r["engine"])


def write_capture(path, frames):
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        for frame in frames:
            f.write(struct.pack("<IIII", 1700000000, 0, len(frame), len(frame)) + frame)


def collect(n, payload, port, size, what):
    """Segments that the card cut, put together again."""
    got, seq = b"", 1
    while len(got) < len(payload):
        frame = n.wire.receive(10)
        if not expect(frame is not None, "%s: %d of %d bytes" % (what, len(got), len(payload))):
            return False
        if frame[12:14] != b"\x08\0" or struct.unpack(">H", frame[34:36])[0] != port:
            continue
        length, = struct.unpack(">H", frame[16:18])
        data = frame[54:14 + length]
        expect(len(data) == min(size, len(payload) - len(got)), "%s: a segment of %d" % (what, len(data)))
        expect(struct.unpack(">I", frame[38:42])[0] == seq, "%s: sequence number" % what)
        expect(checksums_right(frame) == (True, True), "%s: %s" % (what, checksums_right(frame)))
        got += data
        seq += len(data)
    return expect(got == payload, "%s: other bytes" % what)


@check
def segments_are_cut_by_the_card():
    """From a file to the card: a core's pool that the card does not receive into."""
    path = os.path.join(sessions.WORK, "large.pcap")
    data = [os.urandom(n) for n in (1000, 1001, 5000, 9000, 100)]
    write_capture(path, [eth(ipv4(tcp(d, sport=3000 + i), 6), kind=0x800) for i, d in enumerate(data)])
    # QEMU's 82574L leaves cutting to the other end of its cable, and where that cannot, QEMU 7.2 makes IP fragments
    # (hw/net/net_tx_pkt.c): of that card it is only seen that it was asked.
    for card in ("e1000", "e1000e"):
        with nic(card, "--port", "pcap:rx=" + path) as n:
            expect(n.good("tso show 0")["segment_bytes"] == 0, "TSO at first")
            expect(n.good("tso set 1000 0")["segment_bytes"] == 1000, "tso set")
            expect("tx_tso" in n.good("show port info 0")["ports"][0]["offloads"], "tso set: offloads")
            n.good("set fwd csum")
            n.wait_link()
            n.good("start")
            if card == "e1000":
                all(collect(n, d, 3000 + i, 1000, "%s, %d bytes" % (card, len(d)))
                    for i, d in enumerate(data))
            else:
                lengths = [len(n.wire.receive(10) or b"") for _ in range(20)]
                expect(max(lengths) <= 1514, "%s: frames of %s bytes" % (card, lengths))
            n.answer("stop")
            drops = n.good("show port stats 0")["ports"][0]["tx_drops"]
            expect(not any(drops.values()), "%s: %s" % (card, drops))
            expect(n.good("tso set 0 0")["segment_bytes"] == 0, "tso set 0")


@check
def what_the_card_found_is_shown():
    """By set verbose: the hash, the tag that was taken out, checksums that are wrong."""
    src, dst, sport, dport = flow = FLOWS[5]
    good = ipv4(tcp(b"whose checksums are right", sport, dport, src=src, dst=dst), 6, src, dst)
    bad = ipv4(tcp(b"whose checksums are wrong", sport, dport, src=src, dst=dst, wrong=1), 6, src, dst)
    for card in ("e1000e", "e1000"):
        on = ["vlan_strip", "csum"] + (["rss_hash"] if card == "e1000e" else [])
        with nic(card, *(["--rxq", "2", "--txq", "2"] if card == "e1000e" else [])) as n:
            n.restart(*("port config 0 rx_offload %s on" % what for what in on), "set verbose 1",
                      mode="rxonly")
            n.wire.send(eth(good, kind=0x800), eth(bad, kind=0x800), eth(good, kind=0x800, vid=77))
            until = time.monotonic() + sessions.TIMEOUT
            while n.good("show port stats 0")["ports"][0]["rx_packets"] < 3 and time.monotonic() < until:
                time.sleep(0.02)
            p = n.good("stop")["ports"][0]
            expect(p["rx_packets"] == 3, "%s: %s" % (card, p))
        with open(os.path.join(sessions.WORK, "stderr")) as f:
            lines = [line for line in f if line.startswith("rx port 0 queue")]
        if not expect(len(lines) == 3, "%s: %s" % (card, lines)):
            continue
        # QEMU's 82540EM looks at no checksum (and says so: RDESC.STATUS.IXSM).
        expect("checksum" not in lines[0] and
               ("[bad L4 checksum]" in lines[1]) == (card == "e1000e"), "%s: %s" % (card, lines))
        expect("[VLAN 77 taken out]" in lines[2], "%s: %s" % (card, lines))
        shown = "[RSS 0x%08x]" % hash_of(MICROSOFT_KEY, flow)
        expect((shown in lines[0]) == (card == "e1000e"), "%s: no %s: %s" % (card, shown, lines))


# --- filters ------------------------------------------------------------------------------------

@check
def addresses_are_filtered():
    for card in CARDS:
        with nic(card) as n:
            other, group = (eth(b"to another one %d..." % i * 3, dst=d)
                            for i, d in enumerate((OTHER, GROUP)))
            n.restart(mode="macswap")
            n.comes_back(other, "%s: promiscuous" % card)
            n.good("set promisc 0 off")
            n.is_dropped(other, "%s: a stranger's" % card)
            n.is_dropped(group, "%s: a group's" % card)
            n.comes_back(eth(b"to the card's own address" * 3), "%s: its own" % card)
            n.good("mcast_addr add 0 " + GROUP.hex(":"))
            n.comes_back(group, "%s: a group's, added" % card)
            n.good("mcast_addr remove 0 " + GROUP.hex(":"))
            n.is_dropped(group, "%s: a group's, removed" % card)
            n.bad("mcast_addr remove 0 " + GROUP.hex(":"))
            n.good("set allmulti 0 on")
            n.comes_back(group, "%s: all groups" % card)
            n.good("set allmulti 0 off")
            more = n.good("show port info 0")["ports"][0]["max_macs"]
            if more:
                n.good("mac_addr add 0 " + OTHER.hex(":"))
                n.bad("mac_addr add 0 " + OTHER.hex(":"))
                n.comes_back(other, "%s: one more address" % card)
                n.good("mac_addr remove 0 " + OTHER.hex(":"))
                n.is_dropped(other, "%s: an address removed" % card)
            else:
                n.bad("mac_addr add 0 " + OTHER.hex(":"), "no MAC address but its own")
            n.good("mac_addr set 0 " + OTHER.hex(":"))
            n.comes_back(other, "%s: its new address" % card)
            n.is_dropped(eth(b"to the address it had" * 3), "%s: its old address" % card)


# --- RSS ----------------------------------------------------------------------------------------

FLOWS = [("10.0.%d.%d" % (i % 7, i), "192.168.1.%d" % (i % 11 + 1), 1024 + 37 * i, 80)
         for i in range(100)]


def hash_of(key, flow):
    src, dst, sport, dport = flow
    return toeplitz(key, socket.inet_aton(src) + socket.inet_aton(dst) +
                    struct.pack(">HH", sport, dport))


def spread(n, what, key=MICROSOFT_KEY):
    """Send a frame of each flow: those that each queue got, against what the table says."""
    table = n.good("show port 0 rss reta")["table"]
    expected = [0, 0]
    for flow in FLOWS:
        expected[table[hash_of(key, flow) % len(table)] if key else 0] += 1
    n.good("clear port xstats 0")
    for i, (src, dst, sport, dport) in enumerate(FLOWS):
        segment = tcp(b"flow %03d of a hundred" % i, sport, dport, src=src, dst=dst)
        n.wire.send(eth(ipv4(segment, 6, src, dst), kind=0x800))
    until, got = time.monotonic() + 10, []
    while time.monotonic() < until and sum(got) < len(FLOWS):
        x = n.good("show port xstats 0")["ports"][0]["xstats"]
        got = [x["rxq0_packets"], x["rxq1_packets"]]
    expect(got == expected, "%s: queues got %s, not %s" % (what, got, expected))
    return expected


@check
def frames_are_spread_over_queues():
    # Microsoft, "RSS Hashing Functions", "Verifying the RSS hash calculation".
    expect(hash_of(MICROSOFT_KEY, ("66.9.149.187", "161.142.100.80", 2794, 1766)) == 0x51ccc178,
           "the reference is wrong")
    with nic("e1000e", "--rxq", "2", "--txq", "2") as n:
        n.restart(mode="rxonly")
        types = n.good("show port 0 rss hash")["types"]
        expect("ipv4-tcp" in types and "key" not in n.good("show port 0 rss hash"), types)
        expect(n.good("show port 0 rss-hash key")["key"] == MICROSOFT_KEY.hex(), "the key at first")
        expect(min(spread(n, "at first")) > 20, "one queue gets all")
        table = n.good("show port 0 rss reta")["table"]
        expect(table == [i % 2 for i in range(128)], table)
        n.good("port config 0 rss reta " + ",".join("(%d,1)" % i for i in range(128)))
        expect(spread(n, "a table of 1")[0] == 0, "the table has still a 0")
        n.good("port config 0 rss reta (3,0),(5,0)")
        table = n.good("show port 0 rss reta")["table"]
        expect([i for i, q in enumerate(table) if q == 0] == [3, 5], table)
        spread(n, "a table of 1 and some 0")
        key = bytes(range(1, 41))
        n.good("port config 0 rss-hash-key " + key.hex())
        expect(n.good("show port 0 rss hash key")["key"] == key.hex(), "the key that was set")
        spread(n, "another key", key)
        # What was set outlasts a stop, and a new configuration of as many queues.
        n.restart("port config all rxd 128")
        expect(n.good("show port 0 rss hash key")["key"] == key.hex(), "the key after a restart")
        spread(n, "after a restart", key)
        n.good("port config all rss none")
        expect(n.good("show port 0 rss hash")["types"] == [], "types of none")
        spread(n, "rss none", None)
        n.good("port config 0 rss tcp")
        expect(set(n.good("show port 0 rss hash")["types"]) <= {"ipv4-tcp", "ipv6-tcp"}, "types")
        spread(n, "rss tcp", key)
        n.good("port config all rss all")
        spread(n, "rss all", key)
        for line, word in (("port config 0 rss reta (0,2)", "queue"), ("port config 0 rss reta (128,0)",
                           "0 to 127"), ("port config 0 rss reta (0,1),", "not a list"),
                           ("port config 0 rss reta 0,1", "not a list"), ("port config 0 rss reta (0,99999)", "queue"), ("port config 0 rss udp", "hash"),
                           ("port config 0 rss reta (0,-1)", "not a list"),
                           ("port config 0 rss-hash-key 1234", "80"), ("port config 0 rss nosuch", "all")):
            n.bad(line, word)
        spread(n, "after refusals", key)


# --- the link -----------------------------------------------------------------------------------

@check
def the_link_goes_down_and_up():
    for card in CARDS:
        with nic(card) as n:
            frame = eth(b"over the link, up or down" * 3)
            n.restart(mode="macswap")
            n.comes_back(frame, card)
            if "set_link" not in n.good("show port info 0")["ports"][0]["features"]:
                n.bad("set link-down port 0", "cannot be taken down")
                continue
            n.good("set link-down port 0")
            n.wait_link(False)
            before = n.good("show port stats 0")["ports"][0]["rx_packets"]
            n.wire.send(frame)
            expect(n.wire.receive(0.5) is None, "%s: a frame by a link that is down" % card)
            expect(n.good("show port stats 0")["ports"][0]["rx_packets"] == before,
                   "%s: a frame received while down" % card)
            n.good("set link-up port 0")
            n.wait_link()
            n.comes_back(eth(b"over the link, up again." * 3), "%s: up again" % card)


@check
def pause_frames_are_asked_for():
    for card in CARDS:
        with nic(card) as n:
            if "flow_control" not in n.good("show port info 0")["ports"][0]["features"]:
                n.bad("show port 0 flow_ctrl", "pause")
                n.bad("set flow_ctrl rx on tx on 0", "pause")
                continue
            expect(n.good("show port 0 flow_ctrl") == {"port": 0, "rx": False, "tx": False}, card)
            n.restart(mode="rxonly")
            for line, rx, tx in (("set flow_ctrl rx on tx on 0", 1, 1),
                                 ("set flow_ctrl tx off 0", 1, 0), ("set flow_ctrl rx on tx off 0", 1, 0),
                                 ("set flow_ctrl rx off tx on 0", 0, 1), ("set flow_ctrl tx off 0", 0, 0)):
                n.good(line)
                shown = n.good("show port 0 flow_ctrl")
                expect((shown["rx"], shown["tx"]) == (rx, tx), "%s: %s: %s" % (card, line, shown))
                if card != "rtl8139":
                    fields = reg(n, "CTRL")["fields"]
                    expect((fields["RFCE"], fields["TFCE"]) == (rx, tx),
                           "%s: %s: CTRL %s" % (card, line, fields))


# --- registers ----------------------------------------------------------------------------------

@check
def registers_have_names_and_fields():
    with nic("e1000e", "--rxd", "256") as n:
        n.restart(mode="rxonly")
        expect(reg(n, "RDLEN0")["value"] == 256 * 16, "RDLEN0")
        expect(reg(n, "RCTL")["fields"]["UPE"] == 1, "RCTL.UPE while promiscuous")
        n.good("set promisc 0 off")
        r = reg(n, "RCTL")
        expect(r["fields"]["UPE"] == 0 and r["fields"]["EN"] == 1 and r["value"] >> 1 & 1 == 1,
               "RCTL: %s" % r)
        expect(reg(n, "RAL0")["value"] == struct.unpack("<I", OURS[:4])[0], "RAL0")
    for card in CARDS:
        with nic(card) as n:
            regs = n.good("show port 0 regs")["regs"]
            names = [r["name"] for r in regs]
            expect(len(names) > 10 and len(set(names)) == len(names), "%s: %s" % (card, names))
            expect(any(r["fields"] for r in regs), "%s: no fields" % card)
            for r in regs:
                expect(r["value"] < 1 << r["width"], "%s: %s" % (card, r))
    driver, model = CARDS["e1000e"]
    wire = Wire(model)
    r = run("--port", "%s:pci=sim:%s" % (driver, model), "--interactive", data=b"show port 0 regs\n")
    wire.plug()
    wire.close()
    expect(re.search(r"^STATUS +0x00008 +0x[0-9a-f]{8} +FD=1 LU=", r.out, re.M), r.out[:300])


# --- pools --------------------------------------------------------------------------------------

@check
def a_card_sends_from_all_pools_of_the_plan():
    """Through a ring come buffers of another core; txonly makes its own, where nothing is received."""
    if len(sessions.CPUS) < 2:
        raise Skip("one CPU")
    path = os.path.join(sessions.WORK, "some.pcap")
    write_capture(path, [eth(b"frame %04d by a ring of another core" % i) for i in range(300)])
    for card in CARDS:
        with nic(card, "--port", "pcap:rx=" + path, "--port", "ring:name=a", "--port", "ring:name=a",
                 "--cores", "%d,%d" % tuple(sessions.CPUS[:2])) as n:
            n.good("set portlist 3,0,1,2")
            n.wait_link()
            n.wire.drain()
            streams = n.good("start")["streams"]
            cpu = {s["rx_port"]: s["cpu"] for s in streams}
            expect(cpu[1] != cpu[3] and cpu[0] == cpu[3], streams)
            for i in range(300):
                frame = n.wire.receive(10)
                if not expect(frame and b"frame %04d" % i in frame, "%s: %d: %s" % (card, i, frame)):
                    break
            n.good("stop")
            drops = n.good("show port stats 0")["ports"][0]["tx_drops"]
            expect(not any(drops.values()), "%s: %s" % (card, drops))
            for line in ("set portlist 0", "set fwd txonly", "start"):
                n.good(line)
            for i in range(100):
                if not expect(n.wire.receive(10), "%s: %d frames of txonly" % (card, i)):
                    break
            n.answer("stop")
            drops = n.good("show port stats 0")["ports"][0]["tx_drops"]
            expect(not drops["not_mapped"], "%s: %s" % (card, drops))


# --- sleeping -----------------------------------------------------------------------------------

def cpu_seconds(pid):
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu_share(n, seconds):
    before, start = cpu_seconds(n.p.pid), time.monotonic()
    time.sleep(seconds)
    return (cpu_seconds(n.p.pid) - before) / (time.monotonic() - start)


def times_back(n, count, what):
    """Seconds until each of some frames is back, with rests between them, sorted."""
    times = []
    for i in range(count):
        time.sleep(0.03)
        start = time.monotonic()
        n.comes_back(eth(b"frame %03d, who is awake?" % i * 3), what)
        times.append(time.monotonic() - start)
    return sorted(times)


@check
def workers_sleep_while_nothing_comes():
    for card in CARDS:
        with nic(card) as n:
            n.restart(mode="macswap")
            polls = cpu_share(n, 1)
            n.bad("set rx-interrupt on", "stop")
            n.answer("stop")
            n.good("set rx-interrupt on")
            n.good("set fwd macswap")
            streams = n.good("start")["streams"]
            expect(streams[0]["rx_mode"] == "interrupt", streams)
            expect(n.good("show config rxtx")["rx_interrupt"], "show config rxtx")
            n.wait_link()
            n.wire.drain()
            sleeps = cpu_share(n, 2)
            expect(sleeps < 0.05 and polls > 3 * sleeps,
                   "%s: %.3f of a CPU asleep, %.3f polling" % (card, sleeps, polls))
            # Without interrupts it would look every 100 ms only.
            times = times_back(n, 20, card)
            expect(times[10] < 0.04, "%s: half of the frames take %.3f s" % (card, times[10]))
            start = time.monotonic()
            core = n.good("stop")["cores"][0]
            expect(time.monotonic() - start < 1, "%s: stopping takes its time" % card)
            expect(core["sleeps"] > 20 and core["slept_s"] > 1.5, "%s: %s" % (card, core))
            # All of a burst, and none twice.
            n.good("start")
            n.wait_link()
            n.wire.drain()
            n.good("clear port stats all")
            for i in range(300):
                n.wire.send(eth(b"%08d" % i * 6))
                if i % 50 == 0:
                    time.sleep(0.01)
            for i in range(300):
                back = n.wire.receive(5)
                if not expect(back and b"%08d" % i in back, "%s: frame %d: %s" % (card, i, back)):
                    break
            n.good("stop")
            n.good("set rx-interrupt off")
            expect(n.good("start")["streams"][0]["rx_mode"] == "poll", "off again")
            n.good("stop")


@check
def two_workers_of_a_card_sleep_and_wake():
    """The queues share a file: who wakes first must not keep the other asleep."""
    if len(sessions.CPUS) < 2:
        raise Skip("one CPU")
    with nic("e1000e", "--rxq", "2", "--txq", "2", "--cores", "%d,%d" % tuple(sessions.CPUS[:2]),
             "--rx-interrupt") as n:
        n.restart(mode="macswap")
        queue = [[], []]
        for i, flow in enumerate(FLOWS):
            queue[hash_of(MICROSOFT_KEY, flow) % 2].append(flow)
        times = []
        for i in range(40):
            src, dst, sport, dport = queue[i % 2][i // 2]
            frame = eth(ipv4(tcp(b"%016d" % i, sport, dport, src=src, dst=dst), 6, src, dst), kind=0x800)
            time.sleep(0.02)
            start = time.monotonic()
            n.comes_back(frame, "queue %d" % (i % 2))
            times.append(time.monotonic() - start)
        for q in (0, 1):
            some = sorted(times[q::2])
            expect(some[len(some) // 2] < 0.04, "queue %d: half take %.3f s" % (q, some[len(some) // 2]))
        cores = n.good("stop")["cores"]
        expect(all(c["sleeps"] > 5 for c in cores), cores)


@check
def a_worker_with_another_port_polls_on():
    with nic("e1000e", "--port", "null", "--rx-interrupt") as n:
        streams = n.good("start")["streams"]
        expect({s["rx_mode"] for s in streams} == {"poll"}, streams)
        n.good("sleep 0.05")
        expect(n.good("stop")["cores"][0]["sleeps"] == 0, "it sleeps")
    driver, model = CARDS["e1000e"]
    wire = Wire(model)
    r = run("--port", "%s:pci=sim:%s" % (driver, model), "--port", "null", "--rx-interrupt",
            "--duration", "0.1")
    wire.plug()
    wire.close()
    expect(r.rc == 0 and "polls on: port 1: null cannot wake it" in r.out, str(r))


# --- reset and removal --------------------------------------------------------------------------

@check
def a_reset_keeps_what_was_set():
    for card in CARDS:
        with nic(card) as n:
            n.restart(mode="macswap")
            n.good("set promisc 0 off")
            n.good("mcast_addr add 0 " + GROUP.hex(":"))
            frame, group = eth(b"before and after a reset" * 3), eth(b"to the group that was added" * 3, dst=GROUP)
            for _ in range(3):
                n.comes_back(frame, card)
                n.comes_back(group, card)
                n.is_dropped(eth(b"to another one, filtered" * 3, dst=OTHER), card)
                n.bad("port reset 0", "stop first")
                n.good("stop")
                before = n.good("show port stats 0")["ports"][0]["rx_packets"]
                n.good("port reset 0")
                after = n.good("show port stats 0")["ports"][0]["rx_packets"]
                expect(after >= before, "%s: statistics are gone: %d, %d" % (card, before, after))
                n.good("start")
                n.wait_link()


def qemu_of(pid):
    """The QEMU that a program started."""
    for task in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/children" % (pid, task)) as f:
            for child in f.read().split():
                with open("/proc/%s/comm" % child) as comm:
                    if comm.read().startswith("qemu"):
                        return int(child)
    raise Hang("no QEMU")


@check
def a_card_that_is_gone_leaves_forwarding():
    """Its registers answer nothing from one moment to the next; two null ports go on."""
    for extra in ([], ["--rx-interrupt"]):
        with nic("e1000e", "--port", "null", "--port", "null", *extra, code=1) as n:
            n.good("set port-topology loop")
            n.restart(mode="macswap")
            n.comes_back(eth(b"while it is still there." * 3), "at first")
            os.kill(qemu_of(n.p.pid), signal.SIGKILL)
            until = time.monotonic() + 10
            while len(n.good("show port summary all")["ports"]) > 2 and time.monotonic() < until:
                time.sleep(0.05)
            left = [p["port"] for p in n.good("show port summary all")["ports"]]
            expect(left == [1, 2], "ports %s are left" % left)
            n.bad("show port info 0", "gone")
            before = n.good("show fwd stats all")["ports"]
            time.sleep(0.1)
            after = n.good("show fwd stats all")["ports"]
            expect(after[1]["rx_packets"] > before[1]["rx_packets"], "the others stand still")
            expect(after[0]["number"] == 0 and after[0]["rx_packets"] == before[0]["rx_packets"] > 0,
                   "what the card counted is gone: %s" % after[0])
            sessions.balance(n.good("stop"), "without the card")
            n.good("start")
            n.good("stop")
            expect(n.good("port attach null")["port"] == 0, "its number is not free")
        with open(os.path.join(sessions.WORK, "stderr")) as f:
            said = [line for line in f if "standard input" not in line]
        expect(len(said) == 1 and "port 0: e1000" in said[0], said)


@check
def a_run_without_commands_ends_with_a_sentence():
    driver, model = CARDS["e1000e"]
    wire = Wire(model)
    p = sessions.start(["--port", "%s:pci=sim:%s" % (driver, model), "--json"])
    wire.plug()
    time.sleep(1)
    os.kill(qemu_of(p.pid), signal.SIGKILL)
    out, err = p.communicate(timeout=sessions.TIMEOUT)
    wire.close()
    expect(p.returncode == 1, "exit status %s" % p.returncode)
    found = sessions.objects(" ".join(out.decode().split()), "the object")
    expect(found and found[0].get("error", {}).get("errno_name") == "ENODEV", out[-200:])
    told = [s for s in err.decode().splitlines() if s.startswith(sessions.PREFIX)]
    expect(len(told) == 1 and "port 0" in told[0], told)


@check
def a_card_that_nobody_uses_is_given_back():
    with nic("e1000e", code=1) as n:
        n.good("show port info 0")
        os.kill(qemu_of(n.p.pid), signal.SIGKILL)
        until = time.monotonic() + 10
        while n.good("show port summary all")["ports"] and time.monotonic() < until:
            n.good("sleep 0.1")
        expect(n.good("show port summary all")["ports"] == [], "the port stays")


# --- beside a tap -------------------------------------------------------------------------------

@check
def frames_of_a_tap_are_finished_where_the_card_cannot():
    probe = ["unshare", "-n", "ip", "link"]
    if os.geteuid() or subprocess.run(probe, capture_output=True).returncode:
        raise Skip("no root, no network namespaces or no ip(8)")
    for queues, offloads in ("1", ["tx_csum", "tx_tso"]), ("2", []):
        p = subprocess.run(["unshare", "-n", sessions.PROGRAM, "--port", "tap:iface=near", "--port",
                            "e1000:pci=sim:qtest-e1000e", "--rxq", queues, "--json", "--interactive"],
                           input=b"start\nstop\nshow port info 1\n", capture_output=True,
                           env={k: v for k, v in os.environ.items() if k != "PLX_QTEST_WIRES"},
                           timeout=sessions.TIMEOUT)
        answers = [a.get("result") or {} for a in sessions.objects(p.stdout.decode(), "answers")]
        ports = [a["ports"][0] for a in answers if "max_csum_txq" in str(a)]
        if expect(p.returncode == 0 and ports, "%s queues: %s" % (queues, p)):
            expect(ports[0]["max_csum_txq"] == 1 and ports[0]["offloads"] == offloads,
                   "%s queues: %s" % (queues, ports[0]))


# --- bad input ----------------------------------------------------------------------------------

@check
def bad_input_is_told_in_one_sentence():
    for card, args, words in (
            ("e1000e", ["--rxd", "100"], ["power of two"]), ("e1000e", ["--rxd", "8192"], ["to 4096", "8192"]),
            ("e1000e", ["--txd", "8"], ["descriptors", "8"]), ("e1000e", ["--rxq", "3"], ["at most 2"]),
            ("e1000", ["--rxq", "2"], ["at most 1"]), ("e1000", ["--mtu", "20000"], ["MTU", "20000"]),
            ("rtl8139", ["--mtu", "9000"], ["MTU", "9000"]), ("rtl8139", ["--txd", "128"], ["descriptors"])):
        driver, model = CARDS[card]
        wire = Wire(model)
        r = run("--port", "%s:pci=sim:%s" % (driver, model), "--packets", "1", "--forward-mode", "txonly",
                *args) if args[0].startswith("--tx") else \
            run("--port", "%s:pci=sim:%s" % (driver, model), "--packets", "1", *args)
        wire.plug()
        wire.close()
        told = sentences(r)
        if expect(r.rc == 1 and len(told) == 1, "%s %s: %s" % (card, args, r)):
            for word in words:
                expect(word in told[0], "%s %s: no %r in %r" % (card, args, word, told[0]))
    for spec, words in (("e1000:pci=sim:dummy", ["1b36:706c", "82574L 8086:10d3"]), ("0000:99:00.0", ["0000:99:00.0"]),
                        ("99:00.0", ["99:00.0"]), ("e1000:pci=nonsense", ["nonsense"]),
                        ("e1000", ["pci"]), ("rtl8139:pci=sim:dummy", ["139"])):
        r = run("--port", spec)
        told = sentences(r)
        if expect(r.rc in (1, 2) and len(told) == 1, "%s: %s" % (spec, r)):
            for word in words:
                expect(word in told[0], "%s: no %r in %r" % (spec, word, told[0]))


@check
def every_command_was_used():
    if runner.failures or os.environ.get("TESTPMD_ONLY"):
        raise Skip("not all checks ran to their end")
    r = run("--json", "--interactive", data=b"help\n")
    table = sessions.objects(r.out, "help")[0]["result"]["commands"]
    ours = [c["syntax"] for c in table if c["section"] in ("filters", "offloads", "link") or
            re.match(r"show port PORT (rss|flow|regs)|csum|tso|set rx-int|port reset", c["syntax"])]
    expect(len(ours) > 20, ours)
    sessions.check_all_used(ours, used)


def main():
    schema.load("testpmd.schema.json")
    shutil.rmtree(sessions.WORK, ignore_errors=True)
    os.makedirs(sessions.WORK)
    if not shutil.which("qemu-system-x86_64"):
        print("SKIP: no qemu-system-x86_64")
        return 77
    with tempfile.TemporaryDirectory() as wires:  # a socket's path is short
        os.environ["PLX_QTEST_WIRES"] = wires
        return runner.run_checks()


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    sys.exit(main())
