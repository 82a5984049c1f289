#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Commands to plx-testpmd: usage test_session.py PLX_TESTPMD WORKDIR [REGEX]

Every command of its table, by a file, standard input, the control socket and a terminal; every
object it answers with against docs/testpmd.schema.json; and bad input by all these ways. One line
for each failure, a summary, exit status 1 when anything failed. REGEX runs some checks only.
"""
import fcntl
import functools
import json
import os
import pty
import re
import resource
import select
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import termios
import threading
import time

sys.dont_write_bytecode = True
import schema
import test_testpmd as runner  # the runner
from schema import check_schema
from test_testpmd import Hang, Skip, expect

runner.CHECKS.clear()
if len(sys.argv) > 3:
    os.environ["TESTPMD_ONLY"] = sys.argv[3]

PROGRAM = os.path.realpath(sys.argv[1]) if len(sys.argv) > 1 else ""
WORK = os.path.realpath(sys.argv[2]) if len(sys.argv) > 2 else ""
PREFIX = "plx-testpmd: "
TIMEOUT = 20
MODES = ("io", "mac", "macswap", "rxonly", "txonly", "csum", "flowgen", "icmpecho", "5tswap")
CPUS = sorted(os.sched_getaffinity(0))
CABLE = ["--port", "ring:name=a", "--port", "ring:name=a"]
GOOD = ["start", "stop"]


# --- the runner ---------------------------------------------------------------------------------

def check(fn):
    """As the runner's, with an end to all that the check has started."""
    @functools.wraps(fn)
    def whole():
        try:
            fn()
        finally:
            end_all()
    return runner.check(whole)


# --- the schema ---------------------------------------------------------------------------------

def objects(text, what):
    """One JSON object a line."""
    found = []
    for line in text.splitlines():
        try:
            found.append(check_schema(json.loads(line), what))
        except ValueError as e:
            expect(False, "%s: a line is no JSON (%s): %r" % (what, e, line[:80]))
    return found


# --- running the program ------------------------------------------------------------------------

running = []


class Result:
    def __init__(self, args, rc, out, err):
        self.args, self.rc, self.out, self.err = args, rc, out, err

    def __str__(self):
        return "%s: exit %s, stderr %r" % (" ".join(self.args)[-200:], self.rc, self.err[-300:])


def start(args, **how):
    how.setdefault("stdin", subprocess.PIPE)
    how.setdefault("stdout", subprocess.PIPE)
    how.setdefault("stderr", subprocess.PIPE)
    how.setdefault("cwd", WORK)
    p = subprocess.Popen([PROGRAM, *args], start_new_session=True, **how)
    running.append(p)
    return p


def end_all():
    while running:
        p = running.pop()
        if p.poll() is None:
            p.kill()
            p.wait()
        for f in (p.stdin, p.stdout, p.stderr):
            try:
                if f:
                    f.close()
            except BrokenPipeError:
                pass


def run(*args, data=b"", timeout=TIMEOUT, **how):
    p = start(args, **how)
    try:
        out, err = p.communicate(data, timeout)
    except subprocess.TimeoutExpired:
        raise Hang("%s did not end within %s s" % (" ".join(args)[-200:], timeout)) from None
    return Result(args, p.returncode, (out or b"").decode(errors="replace"),
                  (err or b"").decode(errors="replace"))


def work_file(name, content=None):
    path = os.path.join(WORK, name)
    if os.path.lexists(path):
        os.unlink(path)
    if content is not None:
        with open(path, "wb") as f:
            f.write(content if isinstance(content, bytes) else
                    "".join(line + "\n" for line in content).encode())
    return path


def sentences(r):
    return [line[len(PREFIX):] for line in r.err.splitlines() if line.startswith(PREFIX)]


def capture(n):
    """A capture of n frames."""
    out = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1)
    for i in range(n):
        data = bytes.fromhex("020000000002" "020000000001" "88b5") + bytes([i & 255] * (46 + i % 50))
        out += struct.pack("<IIII", 1700000000 + i, i, len(data), len(data)) + data
    return out


def complaint():
    """What a sanitizer says of the last session."""
    with open(os.path.join(WORK, "stderr"), "rb") as f:
        text = f.read().decode(errors="replace")
    m = re.search(r"WARNING: ThreadSanitizer|ERROR: \w+Sanitizer|runtime error", text)
    return text[m.start():m.start() + 3000] if m else text[-200:]


class Session:
    """Commands on standard input, answers on standard output."""

    def __init__(self, *args):
        self.events = []
        with open(os.path.join(WORK, "stderr"), "wb") as err:
            self.p = start(["--json", "--interactive", *args], stderr=err)
        self.left = b""

    def send(self, text):
        self.p.stdin.write(text if isinstance(text, bytes) else text.encode() + b"\n")
        self.p.stdin.flush()

    def read(self):
        return self.p.stdout.fileno(), lambda: os.read(self.p.stdout.fileno(), 65536)

    def line(self):
        fd, read = self.read()
        until = time.monotonic() + TIMEOUT
        while b"\n" not in self.left:
            if not select.select([fd], [], [], max(0, until - time.monotonic()))[0]:
                raise Hang("no answer")
            part = read()
            if not part:
                raise Hang("the end instead of an answer: " + complaint())
            self.left += part
        line, self.left = self.left.split(b"\n", 1)
        return line

    def object(self):
        line = self.line()
        return check_schema(json.loads(line), line[:80])

    def answer(self, line):
        self.send(line)
        while True:
            o = self.object()
            if "event" not in o:
                break
            self.events.append(o)
        expect(o.get("command") == line, "%r answers %r" % (o.get("command"), line))
        return o

    def good(self, line):
        o = self.answer(line)
        if not expect(o["ok"], "%s: %s" % (line, o.get("error", {}).get("text"))):
            return {}
        return o["result"]

    def bad(self, line, *words):
        o = self.answer(line)
        if expect(not o["ok"], "%s is accepted" % line):
            missing = [word for word in words if word not in o["error"]["text"]]
            expect(not missing, "%s: no %r in %r" % (line, missing, o["error"]["text"]))

    def end(self, code=0):
        self.p.stdin.close()
        rest = self.p.stdout.read()
        expect(self.p.wait(TIMEOUT) == code, "exit status %s, not %s %s" %
               (self.p.returncode, code, complaint()))
        return objects((self.left + rest).decode(), "the end")


    def flow(self, port=0):
        """Wait until packets have come: a busy machine may have no time for it at once."""
        until = time.monotonic() + TIMEOUT
        while not self.good("show port stats %d" % port)["ports"][0]["rx_packets"]:
            if not expect(time.monotonic() < until, "no packet comes"):
                return
            time.sleep(0.01)


class Client(Session):
    """Commands on the control socket."""

    def __init__(self, path):
        self.events = []
        self.left = b""
        self.s = socket.socket(socket.AF_UNIX)
        self.s.connect(path)  # which waits for room, without a timeout
        self.s.settimeout(TIMEOUT)

    def send(self, text):
        self.s.sendall(text if isinstance(text, bytes) else text.encode() + b"\n")

    def read(self):
        return self.s.fileno(), lambda: self.s.recv(65536)

    def close(self):
        self.s.close()


def with_socket(*args):
    """A session, and its control socket's path."""
    path = work_file("control")
    session = Session("--control", path, *args)
    session.good("show config fwd")  # it is there now
    return session, path


# --- every command ------------------------------------------------------------------------------

def syntax_pattern(syntax):
    """A regular expression of the lines that a syntax string means."""
    def word(text):
        if text.startswith("("):
            return "(%s)" % "|".join(word(part) for part in text[1:-1].split("|"))
        return r"\S+" if text[0].isupper() else re.escape(text)
    out = ""
    for text in syntax.split():
        if text.startswith("["):
            out += "( %s)?" % word(text[1:-1])
        else:
            out += (" " if out else "") + word(text)
    return re.compile(out + "$")


def balance(r, what):
    came = sum(p["rx_packets"] for p in r["ports"]) + r["generated"]
    went = sum(p["tx_packets"] + sum(p["drops"].values()) for p in r["ports"])
    went += r["consumed"] + r["held"]
    expect(came == went, "%s: %d came, %d are accounted for" % (what, came, went))
    for pool in r["pools"]:
        there = sum(pool[k] for k in ("free", "rx_ring", "tx_ring", "user"))
        expect(there == pool["total"], "%s: a pool of %d accounts for %d" %
               (what, pool["total"], there))


def is_at(path, value):
    """A check of one member: "ports.0.mtu"."""
    def look(r):
        o = r
        for key in path.split("."):
            o = o[int(key)] if isinstance(o, list) else o[key]
        expect(o == value, "%s is %r, not %r" % (path, o, value))
    return look


def moved(r):
    balance(r, "stop")
    came(r)


def came(r):
    expect(sum(p["rx_packets"] for p in r["ports"]) > 0, "nothing was forwarded")


def zeroed(r):
    for p in r["ports"]:
        numbers = [n for k, v in p.items() if k in ("rx_packets", "tx_packets", "rx_bytes", "tx_bytes")
                   for n in [v]] + list(p.get("xstats", {}).values())
        expect(not any(numbers), "port %d is not cleared: %r" % (p["port"], p))


# Of ports that have nothing of the kind, with a word of the refusal.
CARD_LINES = {
    "show port 0 rss reta": "spread", "show port 0 rss hash": "spread",
    "show port 0 rss hash key": "spread", "show port 0 rss-hash key": "spread",
    "show port 0 flow_ctrl": "pause", "show port 0 regs": "registers",
    "mac_addr add 0 02:00:00:00:00:0c": "MAC address", "mac_addr remove 0 02:00:00:00:00:0c": "MAC",
    "mcast_addr add 0 01:00:5e:00:00:01": "multicast", "mcast_addr remove 0 01:00:5e:00:00:01": "multicast",
    "rx_vlan add 5 0": "VLAN", "rx_vlan rm all 0": "VLAN",
    "port config 0 rss ip": "spread", "port config all rss all": "spread",
    "port config 0 rss reta (0,1),(1,0)": "spread", "port config 0 rss-hash-key 00ff": "spread",
    "vlan set strip on 0": "rx_vlan_strip", "vlan set filter on 0": "rx_vlan_filter",
    "tx_vlan set 0 5": "tx_vlan", "csum set ip hw 0": "tx_ip_csum", "csum set tcp hw 0": "tx_csum",
    "csum set udp hw 0": "tx_csum", "tso set 1000 0": "tx_csum",
    "port config 0 rx_offload csum on": "rx_csum", "port config 0 rx_offload rss_hash on": "rx_hash",
    "set link-down port 0": "link", "set link-up port 0": "link",
    "set flow_ctrl rx on tx off 0": "pause", "set flow_ctrl tx on 0": "pause",
}
# Of any port.
SETTINGS = [
    ("tx_vlan reset 0", None), ("vlan set strip off 0", None), ("port config 0 rx_offload csum off", None),
    ("csum set ip sw 0", is_at("ip", "sw")), ("csum show 0", is_at("tcp", "sw")),
    ("tso set 0 0", is_at("segment_bytes", 0)), ("tso show 0", is_at("segment_bytes", 0)),
    ("set rx-interrupt on", None), ("show config rxtx", is_at("rx_interrupt", True)),
    ("set rx-interrupt off", None), ("show config rxtx", is_at("rx_interrupt", False)),
]


def lasts(seconds):
    """Time for packets, by a command where one may wait."""
    return "sleep %s" % seconds


def steps():
    """Lines with a check of the result of each. Ports 0 and 1 are null, 2 and 3 a ring, 4 a file."""
    cpus = ",".join(map(str, CPUS[:2]))
    yield "help", None
    yield "help display", lambda r: expect({c["section"] for c in r["commands"]} == {"display"}, r)
    yield "show drivers", lambda r: expect("null" in r["text"] and "pcap" in r["text"], r)
    yield "show drivers ring", lambda r: expect("name" in r["text"], r)
    yield "show port summary all", lambda r: expect(
        [p["driver"] for p in r["ports"]] == ["null", "null", "ring", "ring", "pcap"], r)
    # Ports.
    yield "port stop 0", None
    yield "show port info 0", is_at("ports.0.state", "stopped")
    yield "port config mtu 0 9000", None
    yield "show port info 0", is_at("ports.0.mtu", 9000)
    yield "port start 0", None
    yield "show port info all", is_at("ports.0.mtu", 9000)
    yield "show port info 0", is_at("ports.0.state", "started")
    yield "mac_addr set 0 02:00:00:00:0a:0b", None
    yield "show port info 0", is_at("ports.0.mac", "02:00:00:00:0a:0b")
    yield "set eth-peer 1 02:00:00:00:00:99", None
    yield "show port info 1", is_at("ports.0.peer_mac", "02:00:00:00:00:99")
    yield "set promisc all on", None
    yield "show port info 0", is_at("ports.0.promiscuous", True)
    yield "set allmulti 0 on", "maybe"
    # What only cards can do: tests/interop/test_nic_commands.py. Here, that it is refused.
    for line in CARD_LINES:
        yield line, "maybe"
    for line, look in SETTINGS:
        yield line, look
    # What is forwarded.
    yield "set portlist 1,0", None
    yield "show config cores", is_at("portlist", [1, 0])
    yield "show config fwd", lambda r: expect(
        [(s["rx_port"], s["tx_port"]) for s in r["streams"]] == [(1, 0), (0, 1)], r)
    yield "set nbport 2", None
    yield "show config cores", is_at("portlist", [0, 1])
    yield "set port-topology loop", None
    yield "show config fwd", lambda r: expect(
        [(s["rx_port"], s["tx_port"]) for s in r["streams"]] == [(0, 0), (1, 1)], r)
    yield "set port-topology paired", None
    yield "set corelist " + cpus, None
    yield "show config cores", is_at("corelist", CPUS[:2])
    yield "set nbcore 1", None
    yield "show config cores", is_at("cores", CPUS[:1])
    yield "show config fwd", lambda r: expect(len({s["cpu"] for s in r["streams"]}) == 1, r)
    yield "set nbcore %d" % len(CPUS[:2]), None
    yield "show config fwd", lambda r: expect(
        len({s["cpu"] for s in r["streams"]}) == len(CPUS[:2]), r)
    yield "set portlist 0,1", None
    yield "port config all rxd 64", "maybe"
    yield "port config all txd 64", "maybe"
    yield "set burst 16", None
    yield "show config rxtx", is_at("burst", 16)
    yield "set txpkts 60,100", None
    yield "show config txpkts", is_at("length", 160)
    yield "set stats-period 0.01", None
    yield "set verbose 0", None
    # Start and stop, again and again.
    for mode in MODES:
        yield "set fwd " + mode, None
        yield "start", is_at("forward_mode", mode)
        yield lasts(0.05), None
        yield "show fwd stats all", is_at("forward_mode", mode)
        yield "stop", lambda r: balance(r, "stop")
    yield "set stats-period 0", None
    yield "set fwd macswap", None
    for _ in range(5):
        yield "start", None
        yield "stop", lambda r: balance(r, "stop")
    yield "start", None
    yield lasts(0.1), None
    yield "show port stats all", lambda r: expect(r["ports"][0]["rx_packets"] > 0, r)
    yield "show metrics", lambda r: check_metrics(r["text"])
    # What is under way while it is cleared is counted at one end only: no balance then.
    yield "clear fwd stats all", None
    yield lasts(0.05), None
    yield "stop", came
    yield "show fwd stats all", came
    yield "show port xstats all", lambda r: expect(r["ports"][0]["xstats"]["rx_packets"] > 0, r)
    yield "clear port stats all", None
    yield "show port stats all", zeroed
    yield "clear port xstats 0", None
    yield "show port xstats 0", zeroed
    yield "show port stats 0", None
    # Queues: the file has one, so it has to go.
    yield "port detach 4", None
    yield "port config all rxq 2", None
    yield "port config all txq 2", None
    yield "show config fwd", lambda r: expect(
        [(s["rx_port"], s["rx_queue"]) for s in r["streams"]] == [(0, 0), (0, 1), (1, 0), (1, 1)], r)
    yield "show config rxtx", is_at("rxq", 2)
    yield "start", None
    yield lasts(0.05), None
    yield "stop", moved
    yield "show port 0 rxq info", lambda r: expect(len(r["queues"]) == 2, r)
    yield "show port 1 txq info", lambda r: expect(len(r["queues"]) == 2, r)
    yield "show rxq info 0 1", is_at("queues.0.queue", 1)
    yield "read rxd 0 0 0", "maybe"
    yield "port config all rxq 1", None
    yield "port config all txq 1", None
    # Over the ring: what is sent first goes round for ever.
    yield "set txpkts 60", None  # a ring takes one buffer a frame
    yield "set portlist 2,3", None
    yield "start tx_first 3", None
    yield lasts(0.1), None
    yield "stop", lambda r: expect(
        r["generated"] == 2 * 3 * 16 and r["ports"][2]["rx_packets"] > r["generated"],
        "tx_first: %d made, %d received" % (r["generated"], r["ports"][2]["rx_packets"]))
    yield "start tx_first", None
    yield "stop", lambda r: expect(r["generated"] == 2 * 16, r["generated"])
    # A file: it ends by itself.
    yield "port attach pcap:rx=%s" % os.path.join(WORK, "in.pcap"), is_at("port", 4)
    yield "set portlist 4", None
    yield "set fwd rxonly", None
    yield "start", None
    yield "wait", lambda r: expect(r["consumed"] == 100, "the file gave %d" % r["consumed"])
    yield "port reset 4", None
    yield "show port stats 4", zeroed
    yield "port close 4", None
    yield "port attach null", is_at("port", 4)
    yield "port close all", None
    yield "show port summary all", is_at("ports", [])
    yield "port attach null:size=1518", is_at("port", 0)
    yield "set fwd io", None
    yield "start", None
    yield lasts(0.05), None
    yield "stop", moved
    yield "load nothing", None
    yield "quit", None


def session_ports():
    work_file("in.pcap", capture(100))
    work_file("nothing", ["# nothing at all", "", "   "])
    return ["--port", "null", "--port", "null", *CABLE, "--port",
            "pcap:rx=" + os.path.join(WORK, "in.pcap")]


def check_all_used(table, used):
    for syntax in table:
        pattern = syntax_pattern(syntax)
        expect(any(pattern.match(line) for line in used), "the session never uses %r" % syntax)


def check_answers(answers, all_steps):
    """The answers to all lines, in their order."""
    expect(len(answers) == len(all_steps), "%d answers to %d lines" %
           (len(answers), len(all_steps)))
    for o, (line, look) in zip(answers, all_steps):
        if not expect(o.get("command") == line, "%r answers %r" % (o.get("command"), line)):
            return
        if look == "maybe":
            continue
        if expect(o["ok"], "%s: %s" % (line, o.get("error", {}).get("text"))) and look:
            look(o["result"])


def of_commands(text, what):
    found = objects(text, what)
    return [o for o in found if "event" not in o]


@check
def every_command_by_a_file():
    lines = list(steps())
    path = work_file("commands", [line for line, _ in lines])
    r = run("--json", "--keep-going", "--interactive", "--cmdline-file", path, *session_ports())
    answers = of_commands(r.out, "a file")
    check_answers(answers, lines)
    table = [c["syntax"] for c in answers[0]["result"]["commands"]]
    expect(len(table) > 40, "only %d commands" % len(table))
    check_all_used(table, [line for line, _ in lines])


@check
def every_command_by_standard_input():
    lines = list(steps())
    session = Session(*session_ports(), "--keep-going")
    answers = []
    for line, _ in lines:
        answers.append(session.answer(line))
    check_answers(answers, lines)
    maybe = sum(not o["ok"] for o in answers)
    session.end(1 if maybe else 0)


@check
def every_command_by_the_socket():
    lines = list(steps())
    session, path = with_socket(*session_ports())
    client = Client(path)
    for line, look in lines:
        word = line.split()[0]
        if word == "sleep":
            client.bad(line, "sleep")
            time.sleep(float(line.split()[1]))
        elif word == "wait":
            client.bad(line, "wait")
            event = session.object()  # it ends by itself, and the session is told
            expect(event.get("event") == "forwarding_ended", event)
            look(event["result"])
        elif word == "load":
            client.bad(line, "load")
        elif look == "maybe":
            client.answer(line)
        else:
            r = client.good(line)
            if look and r is not None:
                look(r)
    expect(session.p.wait(TIMEOUT) == 0, "quit: exit status %s" % session.p.returncode)
    expect(not os.path.exists(path), "the socket is left behind")


@check
def every_command_answers_people_too():
    lines = [line for line, _ in steps()]
    path = work_file("commands", lines)
    r = run("--keep-going", "--interactive", "--cmdline-file", path, *session_ports())
    expect(not re.search(r"\bnan\b|: \(null\)", r.out), "odd words in the text")
    for word in ("port 0: null", "MAC address", "forwarding mode", "plx_port_packets_total",
                 "macswap ran for", "--- io,"):
        expect(word in r.out, "no %r in the text" % word)


# --- how the table and the schema stand to each other -------------------------------------------

@check
def objects_of_runs_without_commands():
    for args in (["--packets", "100"], ["--burst", "0"], ["--port", "nosuch"],
                 ["--packets", "10", "--forward-mode", "icmpecho"], ["--duration", "0.05", *CABLE]):
        r = run("--json", *args)
        check_schema(json.loads(r.out), " ".join(args))
    r = run("--json", "--cmdline-file", "/nonexistent")
    found = objects(r.out, "no file")
    expect(len(found) == 1 and found[0]["error"]["errno_name"] == "ENOENT", r.out)
    path = work_file("commands", ["set fwd macswap"])
    r = run("--json", "--cmdline-file", path, "--packets", "10")
    found = objects(r.out, "a file that prepares")
    expect(len(found) == 2 and found[1].get("forward_mode") == "macswap", r.out)


@check
def the_schema_refuses_what_is_wrong():
    if not schema.validator:
        raise Skip("no python3-jsonschema")
    for o in ({}, {"version": 1}, {"command": "start", "ok": True, "version": 1},
              {"command": "start", "ok": True, "result": {}, "version": 1},
              {"command": "set fwd io", "ok": True, "result": {"x": 1}, "version": 1},
              {"command": "nosuch", "ok": True, "result": {}, "version": 1},
              {"command": "quit", "ok": True, "result": {}, "version": 2},
              {"command": "quit", "ok": True, "result": {}, "event": "forwarding_ended",
               "version": 1}):
        expect(not schema.validator.is_valid(o), "the schema takes %r" % o)

    for path in schema.undescribed(schema.validator.schema):
        expect(False, "%s has no description" % path)


# --- bad input ----------------------------------------------------------------------------------

def bad_lines():
    """Lines that no session takes, stopped."""
    for line in ("x", "stat", "start x", "start tx_first 0", "start tx_first 1 2", "stop now",
                 "sleep", "sleep -1", "sleep x", "sleep 1e99", "load", "help nosuch", "quit now",
                 "show", "show port", "show port info", "show port info 32", "show port info 9",
                 "show port info -1", "show port info 0x0", "show port info 0 0",
                 "show port stats 99999999999999999999", "show port xstats ALL",
                 "show port 0 rxq", "show port 0 xxq info", "show rxq info 0", "show rxq info 0 9",
                 "show fwd stats", "show config", "show config nosuch", "show drivers nosuch",
                 "read rxd 0 0", "read rxd 9 0 0", "read txd 0 9 0", "clear", "clear port stats",
                 "clear port stats 9", "clear fwd stats", "set", "set fwd", "set fwd nosuch",
                 "set burst 0", "set burst 4097", "set burst -1", "set portlist 9",
                 "set portlist 0,0", "set portlist ,", "set portlist 1-0", "set nbport 0",
                 "set nbport 9", "set corelist 4095", "set corelist x", "set nbcore 0",
                 "set nbcore 65", "set port-topology ring", "set promisc 0 maybe",
                 "set promisc 9 on", "set allmulti 0", "set verbose 4", "set txpkts 0",
                 "set txpkts 1-3", "set txpkts 99999", "set txpkts 1,1,1,1,1,1,1,1,1",
                 "set eth-peer 0 02:00:00:00:00", "set eth-peer 9 02:00:00:00:00:01",
                 "set eth-peer 0 02:00:00:00:00:0g", "set stats-period", "set stats-period -1",
                 "set stats-period nan", "mac_addr set 0 x", "mac_addr set 9 02:00:00:00:00:01",
                 "mac_addr set 0 ff:ff:ff:ff:ff:ff", "port", "port start", "port start 9",
                 "port stop 9", "port close 9", "port reset 9", "port attach", "port attach nosuch",
                 "port attach null:x=1", "port attach null null", "port detach 9",
                 "port config mtu 0 67", "port config mtu 0 65536", "port config mtu 9 1500",
                 "port config mtu 0 9000", "port config all rxq 0", "port config all rxq 1025",
                 "port config all rxq 65", "port config all rxd 0", "port config 0 rxq 1",
                 *CARD_LINES, "show port 9 rss reta", "show port 0 rss", "show port 0 rss table",
                 "show port 9 regs", "show port 0 rss hash keys", "mac_addr add 0",
                 "mac_addr drop 0 02:00:00:00:00:0c", "mcast_addr set 0 01:00:5e:00:00:01",
                 "mcast_addr add 9 01:00:5e:00:00:01", "rx_vlan add 4096 0", "rx_vlan add 5",
                 "rx_vlan add -1 0", "rx_vlan add 5 9", "vlan set", "vlan set qinq on 0",
                 "vlan set strip maybe 0", "vlan set strip on 9", "tx_vlan set 0", "tx_vlan set 0 4096",
                 "tx_vlan set 9 1", "tx_vlan reset", "csum set sctp hw 0", "csum set ip both 0",
                 "csum set ip hw 9", "csum show 9", "tso set 65536 0", "tso set 0", "tso set 1000 9",
                 "tso show", "set link-sideways port 0", "set link-up 0", "set link-up port 9",
                 "set flow_ctrl rx on", "set flow_ctrl rx on tx maybe 0", "set flow_ctrl rx on tx on 9",
                 "set flow_ctrl both on 0", "show port 9 flow_ctrl", "port config all rss",
                 "port config 9 rss ip", "port config all rss nosuch", "port config 9 rss reta (0,0)",
                 "port config 9 rss-hash-key 00", "port config 0 rx_offload nosuch on",
                 "port config 9 rx_offload csum on", "set rx-interrupt", "set rx-interrupt maybe",
                 '"', 'show "port', "show port info \xff", "a " * 17, "\\", "start\\ x",
                 "show port info 0\tx", "stop", "wait", "show fwd stats all"):
        yield line


@check
def bad_lines_are_told_in_one_sentence():
    lines = list(bad_lines())
    content = [line for bad in lines for line in (bad, *GOOD)]
    r = run("--cmdline-file", work_file("bad", content), "--interactive", "--keep-going", timeout=60)
    told = sentences(r)
    # Once something has run there are statistics: that one becomes a good line.
    expect(r.rc == 1, str(r))
    by_line = {}
    for text in told:
        m = re.match(r"(.*/bad):(\d+): (.*)$", text)
        if expect(m, "no file and line: %r" % text):
            by_line.setdefault(int(m[2]), []).append(m[3])
    for i, line in enumerate(lines):
        said = by_line.pop(3 * i + 1, [])
        if line == "show fwd stats all":
            continue
        if expect(len(said) == 1, "%r: %d sentences: %r" % (line, len(said), said)):
            sound = said[0].isprintable() and "(null)" not in said[0].replace("0 (null)", "")
            expect(len(said[0]) > 8 and sound,
                   "%r: %r" % (line, said[0]))
    expect(not by_line, "good lines fail: %r" % by_line)


@check
def ports_refuse_what_they_cannot_do():
    """One sentence that says which port, and what it lacks."""
    session = Session("--keep-going")
    for line, word in CARD_LINES.items():
        session.bad(line, word, "null")
    for line, _ in SETTINGS:
        session.good(line)
    session.good("start")
    session.flow()
    for line in ("vlan set strip off 0", "tx_vlan reset 0", "csum set ip sw 0", "tso set 0 0",
                 "set rx-interrupt on", "port config 0 rx_offload csum off"):
        session.bad(line, "stop first")
    moved(session.good("stop"))
    session.end(1)


@check
def a_worker_that_cannot_be_woken_polls_on():
    for way in (["--rx-interrupt"], []):
        session = Session(*way)
        if not way:
            session.good("set rx-interrupt on")
        r = session.good("start")
        expect({s["rx_mode"] for s in r["streams"]} == {"poll"}, r["streams"])
        session.flow()
        r = session.good("stop")
        expect(all(c["sleeps"] == 0 and c["slept_s"] == 0 for c in r["cores"]), r["cores"])
        session.end()
    r = run("--rx-interrupt", "--duration", "0.05")
    expect(r.rc == 0 and "polls on: port 0: null cannot wake it" in r.out, str(r))


@check
def the_first_bad_line_ends_a_file():
    for line in ("nosuch", "stop", "set burst 0"):
        path = work_file("bad", ["set fwd io", "", "# comment", line, "show drivers"])
        r = run("--cmdline-file", path, "--interactive")
        expect(r.rc == 1 and len(sentences(r)) == 1, str(r))
        expect(sentences(r)[:1] and sentences(r)[0].startswith(path + ":4: "), str(r))
        expect("null" not in r.out, "%s: the file goes on" % r)
        r = run("--interactive", data=("\n%s\nshow drivers\n" % line).encode())
        expect(r.rc == 1 and sentences(r)[:1] and
               sentences(r)[0].startswith("standard input:2: "), str(r))


@check
def bad_lines_leave_forwarding_alone():
    session = Session("--keep-going")
    session.good("start")
    session.bad("start", "already")
    for line in ("set fwd io", "set burst 8", "set portlist 0", "set nbport 1", "set corelist 0",
                 "set nbcore 1", "set port-topology loop", "set txpkts 64", "port start all",
                 "set eth-peer 0 02:00:00:00:00:01", "port stop all", "port close 0",
                 "port reset 0", "port attach null", "port detach 1", "port config all rxq 2",
                 "start tx_first"):
        session.bad(line, "stop first")
    session.bad("port config mtu 0 1400")
    moved(session.good("stop"))
    session.bad("stop", "no packets")
    session.good("port stop 1")
    session.bad("start", "port start 1")
    session.good("port start all")
    session.good("port close all")
    session.bad("start", "no port")
    session.good("port attach null")
    session.good("start")
    session.good("stop")
    session.end(1)


@check
def odd_files():
    big = b"x" * 5000 + b"\n"
    for name, content, rc, words in (
            ("no-newline", b"start\nstop", 0, []), ("crlf", b"start\r\nstop\r\n", 0, []),
            ("empty", b"", 0, []), ("comments", b"# a\n   # b\n\t\n", 0, []),
            ("quotes", b'"start"\nst"o"p # done\n', 0, []),
            ("long", b"start\n" + big + b"stop\n", 1, [":2", "4094"]),
            ("long-last", b"start\n" + big[:-1], 1, [":2"]),
            ("nul", b"start\nst\0op\n", 1, [":2", "NUL"]),
            ("nul-last", b"start\nstop\0", 1, [":2", "NUL"]),
            ("only-nul", b"\0" * 10000, 1, [":1"]),
            ("utf8", b"\xff\xfe\xc3(\n", 1, [":1"]), ("escape", b"\033[2J\n", 1, [":1"]),
            ("longest", b"help" + b" " * 4089 + b"\n", 0, [])):
        path = work_file("odd-" + name, content)
        for json_too in ([], ["--json"]):
            r = run("--cmdline-file", path, "--interactive", *json_too)
            told = sentences(r)
            expect(r.rc == rc and len(told) == rc, "%s: %s" % (name, r))
            for word in words:
                expect(told and word in told[0] and told[0].isprintable(),
                       "%s: no %r in %r" % (name, word, told))
            if json_too:
                found = objects(r.out, name)
                expect(not rc or any("error" in o for o in found), "%s: no error object" % name)
    for path, word in (("/nonexistent", "No such"), (WORK, "directory"), ("/dev/zero", "bytes")):
        r = run("--cmdline-file", path, "--interactive")
        expect(r.rc == 1 and len(sentences(r)) == 1 and word in r.err, "%s: %s" % (path, r))
    path = work_file("self")
    work_file("self", ["load " + path])
    for extra in ([], ["--keep-going"]):
        r = run("--cmdline-file", path, "--interactive", *extra)
        expect(r.rc == 1 and len(sentences(r)) == 1 and "loaded each other" in r.err, str(r))
    inner = work_file("inner", ["show drivers", "nosuch"])
    outer = work_file("outer", ["load " + inner])
    r = run("--cmdline-file", outer, "--interactive")
    expect(r.rc == 1 and len(sentences(r)) == 1 and inner + ":2: " in r.err, str(r))


@check
def a_command_file_may_be_a_pipe():
    path = work_file("pipe")
    os.mkfifo(path)
    p = start(["--interactive", "--cmdline-file", path])
    time.sleep(0.1)
    with open(path, "wb") as f:
        f.write(b"start\nst")
        f.flush()
        time.sleep(0.1)
        f.write(b"op\n")
    out, _ = p.communicate(b"", TIMEOUT)
    expect(p.returncode == 0 and b"ran for" in out, "exit status %s" % p.returncode)
    p = start(["--interactive", "--cmdline-file", path])
    time.sleep(0.2)
    p.send_signal(signal.SIGINT)
    p.wait(TIMEOUT)
    expect(p.returncode == 0, "exit status %s by a signal" % p.returncode)


@check
def runs_that_end_by_themselves_can_be_repeated():
    session = Session("--packets", "1000")
    for _ in range(5):
        session.good("start")
        o = session.object()
        expect(o.get("event") == "forwarding_ended", "no event: %r" % o)
        balance(o["result"], "event")
    session.good("start")
    balance(session.good("wait"), "wait")
    session.end()


@check
def what_was_counted_goes_with_its_ports():
    session = Session("--keep-going")
    for _ in range(2):
        session.good("start")
        session.good("sleep 0.05")
        session.good("clear port stats all")
        balance(session.good("stop"), "cleared on the way")
    for lines in (["port detach 0", "port attach null"], ["port reset 1"]):
        for line in lines:
            session.good(line)
        o = session.answer("show fwd stats all")
        if o["ok"]:
            balance(o["result"], lines[0])
    session.good("start")
    session.flow()
    moved(session.good("stop"))
    session.end(1)


@check
def periods_of_any_length():
    for period in ("0.0000000001", "0.001", "86400"):
        session = Session()
        session.good("set stats-period " + period)
        session.good("start")
        session.flow()
        session.good("sleep 0.1")
        session.good("set stats-period 0")
        moved(session.good("stop"))
        session.end()


@check
def standard_output_that_is_gone():
    ours, theirs = os.pipe()
    os.close(ours)
    p = start(["--json", "--interactive"], stdout=theirs)
    os.close(theirs)
    _, err = p.communicate(b"show drivers\n" * 3 + b"sleep 60\n", TIMEOUT)
    expect(p.returncode == 1 and b"standard output" in err, "%s %r" % (p.returncode, err))


# --- the control socket -------------------------------------------------------------------------

@check
def the_socket_file():
    path = work_file("control")
    old = os.umask(0)
    try:
        session = Session("--control", path)
        session.good("help")
    finally:
        os.umask(old)
    st = os.lstat(path)
    expect(stat.S_ISSOCK(st.st_mode) and st.st_mode & 0o777 == 0o600, oct(st.st_mode))
    r = run("--control", path, "--packets", "1")
    expect(r.rc == 1 and len(sentences(r)) == 1 and "listening" in r.err, str(r))
    expect(os.lstat(path).st_ino == st.st_ino, "another program took the socket")
    Client(path).good("help")
    session.p.kill()
    session.p.wait()
    expect(os.path.exists(path), "no stale socket")
    session = Session("--control", path)
    session.good("help")
    Client(path).good("help")
    session.end()
    expect(not os.path.exists(path), "the socket is left behind")
    work_file("control", b"precious")
    r = run("--control", path, "--packets", "1")
    expect(r.rc == 1 and len(sentences(r)) == 1, str(r))
    with open(path, "rb") as f:
        expect(f.read() == b"precious", "a file was overwritten")
    for bad in (os.path.join(WORK, "x" * 200), "/nonexistent/x", WORK, ""):
        r = run("--control", bad, "--packets", "1")
        expect(r.rc and len(sentences(r)) == 1, "%r: %s" % (bad, r))
    # What somebody else put in its place stays.
    work_file("control")
    session = Session("--control", path)
    session.good("help")
    work_file("control", b"other")
    session.end()
    expect(os.path.exists(path), "another's file was removed")


@check
def too_many_clients():
    session, path = with_socket()
    clients = [Client(path) for _ in range(16)]
    for client in clients:
        client.good("show config cores")
    more = Client(path)
    try:
        gone = more.s.recv(1) == b""
    except ConnectionError:
        gone = True
    expect(gone, "a 17th client is not told to go")
    clients[3].close()
    time.sleep(0.1)
    Client(path).good("show config cores")
    clients[0].good("show config cores")
    session.end()


def cpu_seconds(pid):
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@check
def clients_when_there_are_no_files_left():
    session, path = with_socket()
    client = Client(path)
    client.good("show config cores")
    pid = session.p.pid
    limit = max(int(fd) for fd in os.listdir("/proc/%d/fd" % pid)) + 1
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (limit, limit))
    gone, held = 0, []
    while gone < 3 and len(held) < 10:  # those below the highest are taken first
        more = Client(path)
        more.s.settimeout(0.5)
        try:
            gone += more.s.recv(1) == b""
        except TimeoutError:
            held.append(more)
    expect(gone == 3, "clients are taken without files for them")
    before = cpu_seconds(pid)
    time.sleep(0.5)
    expect(cpu_seconds(pid) - before < 0.25, "the main loop does not sleep")
    client.good("show config cores")
    session.end()


def rss(pid):
    with open("/proc/%d/status" % pid) as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read())[1])


@check
def clients_that_do_not_read():
    session, path = with_socket()
    session.good("start")
    session.flow()
    before = rss(session.p.pid)
    slow = [Client(path) for _ in range(8)]
    for client in slow:
        client.s.setblocking(False)
    for _ in range(200):
        for client in slow:
            try:
                client.s.send(b"show port xstats all\nshow metrics\nhelp\n" * 50)
            except (BlockingIOError, ConnectionError):
                pass
    Client(path).good("show port stats all")
    grown = rss(session.p.pid) - before
    expect(grown < 40 << 10, "%d KiB grown" % grown)
    session.good("clear port stats all")
    session.flow()
    for client in slow:
        client.close()
    moved(session.good("stop"))
    session.end()


@check
def many_commands_in_one_write():
    session, path = with_socket()
    client = Client(path)
    sender = threading.Thread(target=client.send, args=(b"help\n" * 3000,))
    sender.start()
    for i in range(3000):
        o = json.loads(client.line()) if i % 500 else client.object()
        if not expect(o["command"] == "help" and o["ok"], "answer %d: %r" % (i, o)):
            break
    sender.join()
    # Half a line, the other half later; blank lines; CRLF.
    client.send(b"show config ")
    time.sleep(0.05)
    client.send(b"cores\r\n\n\n# a comment\nshow config cores\n")
    expect("corelist" in client.object()["result"], "half a line")
    expect(client.object()["command"] == "# a comment", "a comment")
    expect("corelist" in client.object()["result"], "after a comment")
    # Half a line at the end is none.
    client.send(b"quit")
    client.close()
    time.sleep(0.1)
    session.good("show config cores")
    # One that says it has said all still gets its answers.
    client = Client(path)
    client.send(b"help\n" * 100)
    client.s.shutdown(socket.SHUT_WR)
    for _ in range(100):
        client.object()
    expect(client.s.recv(1) == b"", "more than was asked for")
    session.end()


@check
def garbage_from_clients():
    session, path = with_socket()
    session.good("start")
    session.flow()
    before = rss(session.p.pid)
    stop_at = time.monotonic() + 1.5
    kinds = (os.urandom(65536), b"x" * 65536, b"\0" * 65536, b"\n" * 65536, b"GET /\r\n" * 9000,
             b"nosuch\n" * 9000, b"show port xstats all\n" * 3000, b"\xff\xfe\n" * 9000)

    def flood(data):
        while time.monotonic() < stop_at:
            try:
                s = socket.socket(socket.AF_UNIX)
                s.connect(path)
                s.settimeout(0.2)
                for at in range(0, len(data), 4096):
                    s.send(data[at:at + 4096])
                s.recv(4096)
            except OSError:
                pass
            finally:
                s.close()

    floods = [threading.Thread(target=flood, args=(data,)) for data in kinds]
    for thread in floods:
        thread.start()
    answers = 0
    while time.monotonic() < stop_at:
        session.good("clear port stats all")
        session.flow()
        answers += 1
        time.sleep(0.1)
    for thread in floods:
        thread.join()
    expect(answers > 3, "%d answers meanwhile" % answers)
    grown = rss(session.p.pid) - before
    expect(grown < 40 << 10, "%d KiB grown" % grown)
    moved(session.good("stop"))
    session.end()
    # Told why.
    session, path = with_socket()
    for data, word in ((b"x" * 5000, "too long"), (b"st\0art\n", "NUL")):
        client = Client(path)
        client.send(data)
        o = client.object()
        expect(not o["ok"] and word in o["error"]["text"], o)
        expect(client.s.recv(1) == b"", "%s: goes on" % word)
    session.end()


@check
def clients_that_vanish():
    session, path = with_socket()
    for i in range(200):
        client = Client(path)
        client.send((b"show port xstats all\n" * (i % 7) + b"show met")[:5 + 3 * i])
        if i % 3 == 0:
            linger = struct.pack("ii", 1, 0)
            client.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        client.close()
    Client(path).good("start")
    session.flow()
    moved(session.good("stop"))
    session.end()


@check
def quit_and_stop_by_a_client():
    session, path = with_socket()
    client = Client(path)
    client.good("start")
    client.send("quit")
    o = client.object()
    expect(o["ok"] and o["command"] == "quit", o)
    expect(client.s.recv(1) == b"", "more after quit")
    expect(session.p.wait(TIMEOUT) == 0, "exit status %s" % session.p.returncode)
    found = objects(session.p.stdout.read().decode(), "the end")
    expect(len(found) == 1 and found[0].get("event") == "forwarding_ended", found)
    # wait ends when another stops.
    session, path = with_socket()
    session.good("start")
    session.send("wait")
    client = Client(path)
    time.sleep(0.1)
    client.good("stop")
    o = session.object()
    expect(o["ok"] and o["command"] == "wait", o)
    session.end()
    # Without commands of its own, too; and then signals are still heard.
    path = work_file("control")
    p = start(["--json", "--control", path])
    while not os.path.exists(path):
        time.sleep(0.01)
    client = Client(path)
    while not client.answer("stop")["ok"]:
        time.sleep(0.01)
    client.good("port config all rxq 2")
    client.good("port stop all")
    client.good("port start all")
    client.good("show port info all")
    p.send_signal(signal.SIGTERM)
    out, _ = p.communicate(timeout=TIMEOUT)
    expect(p.returncode == 0, "exit status %s" % p.returncode)
    check_schema(json.loads(out), "after a client's stop")


# --- metrics ------------------------------------------------------------------------------------

SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)*\})?'
                    r' (\S+)$')


def check_metrics(text):
    """Prometheus' text format: {sample: value}, {name: type}."""
    types, helps, samples = {}, set(), {}
    expect(text.endswith("\n") or "\n" in text, "no lines")
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name = line.split()[2]
            expect(name not in helps and len(line.split()) > 3, line)
            helps.add(name)
        elif line.startswith("# TYPE "):
            name, kind = line.split()[2:]
            expect(name in helps and name not in types and kind in ("counter", "gauge"), line)
            types[name] = kind
        else:
            m = SAMPLE.match(line)
            if not expect(m, "no sample: %r" % line):
                continue
            expect(m[1] in types, "%s has no TYPE" % m[1])
            expect(list(types)[-1] == m[1], "%s is not with its TYPE" % m[1])
            expect(types[m[1]] != "counter" or m[1].endswith("_total"), "%s: no _total" % m[1])
            key = m[1] + (m[2] or "")
            expect(key not in samples, "%s is there twice" % key)
            samples[key] = float(m[3])
    return samples, types


@check
def metrics_by_http():
    odd = "pcap:rx=" + work_file('in "quoted\\.pcap', capture(10)).replace("\\", "\\\\")
    session, path = with_socket("--port", "null", "--port", "null", "--port", odd)
    client = Client(path)

    def get(what, *args):
        return subprocess.run(["curl", "-s", "-S", "--max-time", "5", "--unix-socket", path,
                               "http://plx" + what, *args], capture_output=True, text=True)

    if not shutil.which("curl"):
        raise Skip("no curl")
    session.good("set portlist 0,1")
    last = {}
    for i in range(10):
        r = get("/metrics")
        if not expect(r.returncode == 0, r.stderr):
            return
        samples, types = check_metrics(r.stdout)
        expect(samples.get("plx_forwarding") == (i % 4 > 0), "plx_forwarding in step %d" % i)
        for key, value in samples.items():
            if types[key.split("{")[0]] == "counter" and key.startswith("plx_port"):
                expect(value >= last.get(key, 0), "%s went from %s to %s" %
                       (key, last.get(key), value))
        last = samples
        client.good(("start", "clear port stats all", "clear fwd stats all", "stop")[i % 4])
        time.sleep(0.03)
    expect(any(v > 0 for k, v in last.items() if k.startswith("plx_port_packets")), "all are zero")
    label = [k for k in last if "quoted" in k]
    escaped = odd.replace("\\", "\\\\").replace('"', '\\"')
    expect(label and all('name="%s"' % escaped in k for k in label), label[:1])
    r = get("/nosuch", "-o", "/dev/null", "-w", "%{http_code}")
    expect(r.stdout == "404", r.stdout)
    r = get("/metrics", "-o", "/dev/null", "-w", "%{content_type} %{http_code}")
    expect(r.stdout == "text/plain; version=0.0.4 200", r.stdout)
    session.end()


# --- a terminal ---------------------------------------------------------------------------------

class Terminal:
    def __init__(self, *args, **env):
        self.pid, self.fd = pty.fork()
        if not self.pid:
            os.chdir(WORK)
            base = dict(os.environ, TERM="xterm", **env)
            if "NO_COLOR" not in env:
                base.pop("NO_COLOR", None)
            os.execve(PROGRAM, [PROGRAM, "--interactive", *args], base)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
        self.seen = ""
        self.closed = False
        self.until("plx> ")

    def read(self, wait):
        if not select.select([self.fd], [], [], wait)[0]:
            return False
        try:
            part = os.read(self.fd, 65536)
        except OSError:  # the other end is gone
            part = b""
        self.closed = not part
        self.seen += part.decode(errors="replace")
        return bool(part)

    def until(self, text, seconds=5):
        """Read until the text comes; return all before its end. What is behind it stays."""
        end = time.monotonic() + seconds
        while text not in self.seen:
            if self.closed or time.monotonic() > end:
                raise Hang("no %r in %r" % (text, self.seen[-400:]))
            self.read(0.05)
        before, self.seen = self.seen.split(text, 1)
        return before + text

    def type(self, keys):
        os.write(self.fd, keys if isinstance(keys, bytes) else keys.encode())

    def end_of_file(self):
        """Ctrl-D, once the line is empty and the terminal raw: before, it is lost."""
        while self.read(0.1):
            pass
        self.type("\004")

    def command(self, line):
        self.type(line + "\r")
        return self.until("plx> ")

    def wait(self, seconds=5):
        """Its exit status."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not self.closed and self.fd >= 0:
                self.read(0.02)
            else:
                time.sleep(0.02)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.close()
                return os.waitstatus_to_exitcode(status)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        raise Hang("the terminal's program does not end: %r" % self.seen[-200:])

    def close(self):
        if self.fd >= 0:
            os.close(self.fd)
        self.fd = -1


def terminal(*args, **env):
    if b"libedit" not in subprocess.run(["ldd", PROGRAM], capture_output=True).stdout:
        raise Skip("built without libedit")
    return Terminal(*args, **env)


@check
def typing_at_a_prompt():
    t = terminal()
    expect("MAC address" in t.command("show port info 0"), "no answer")
    expect("there is no command" in t.command("nosuch"), "no sentence")
    t.command("start")
    out = t.command("stop")
    expect("io ran for" in out, "stop: %r" % out)
    # History: up twice is the start, and it has unique lines.
    t.type("\033[A\033[A\r")
    expect("to port" in t.until("plx> "), "no history")
    expect("ran for" in t.command("stop"), "stop after history")
    # Editing: to the beginning, insert, to the end.
    t.type("how config cores\001s\005\r")
    expect("may forward" in t.until("plx> "), "no editing")
    t.type("\025\025show config x\177cores\r")
    expect("may forward" in t.until("plx> "), "no backspace")
    t.type(b"\xc3\xa4\xff\r")
    t.until("plx> ")
    expect("may forward" in t.command("show config cores"), "after garbage")
    expect("MAC" in t.command("  show   port info \"0\"  # all of it"), "quotes")
    t.type("\r\r")
    t.until("plx> ")
    t.until("plx> ")
    t.end_of_file()
    expect(t.wait() == 0, "exit status by Ctrl-D")


@check
def tab_completes():
    t = terminal()
    # What the line has become shows when it is run: the terminal is sent differences only.
    t.type("sh\tpo\tsu\ta\t\r")
    expect("driver" in t.until("plx> "), "show port summary all")
    # The common part, then a list.
    t.type("show port s\t")
    time.sleep(0.1)
    t.type("\t")
    out = t.until("summary") + t.until("plx> ")
    expect("stats" in out, "no list: %r" % out)
    t.type("\025")
    t.type("set fwd mac\t")
    out = t.until("macswap") + t.until("plx> ")
    t.type("s\t\r")
    t.until("plx> ")
    expect("macswap" in t.command("show config fwd"), "set fwd macswap")
    # Ports are those that there are.
    t.type("show port info \t")
    out = t.until("all") + t.until("plx> ")
    expect("null" in out, "no ports: %r" % out)
    t.type("\025\t")
    out = t.until("mac_addr") + t.until("plx> ")
    t.type("zzz\t")
    time.sleep(0.1)
    t.type("\025show \"port\t\025")
    expect("may forward" in t.command("show config cores"), "after tabs")
    t.type("quit\r")
    expect(t.wait() == 0, "exit status by quit")


@check
def question_mark_helps():
    t = terminal()
    t.type("port config all ?")
    out = t.until("rxq") + t.until("plx> ")
    expect("how many queues" in out, out)
    t.type("rxq ?")
    out = t.until("QUEUES") + t.until("plx> ")
    t.type("2?")
    t.until("QUEUES")
    t.type("\r")
    t.until("plx> ")
    t.until("plx> ")
    t.type("start ?")
    out = t.until("<Enter>") + t.until("plx> ")
    t.type("\025")
    expect("receive queues" in t.command("show config rxtx"), "after help")
    t.type("\025?")
    out = t.until("port") + t.until("plx> ")
    t.end_of_file()
    expect(t.wait() == 0, "exit status")


@check
def terminals_that_close():
    t = terminal()
    t.command("start")
    t.close()
    began = time.monotonic()
    t.closed = True
    t.wait()
    expect(time.monotonic() - began < 1.5, "took %.1f s to end" % (time.monotonic() - began))
    t = terminal()
    t.command("start")
    os.kill(t.pid, signal.SIGHUP)
    began = time.monotonic()
    expect(t.wait() == 0, "exit status by SIGHUP")
    expect(time.monotonic() - began < 1.5, "took %.1f s to end" % (time.monotonic() - began))
    t = terminal()
    t.type("sleep 100\r")
    time.sleep(0.2)
    t.type("\003")
    expect(t.wait() in (0, 1), "Ctrl-C during sleep")
    t = terminal()
    t.command("start")
    t.type("\003")
    expect(t.wait() == 0, "Ctrl-C while forwarding")


@check
def statistics_beside_a_prompt():
    t = terminal()
    t.command("set stats-period 0.1")
    t.command("start")
    t.type("show conf")
    t.until("--- io")
    t.until("plx> ")
    t.until("show conf")
    t.type("ig cores\r")
    t.until("may forward")
    t.type("set stats-period 0\r")
    time.sleep(0.3)
    t.type("stop\r")
    t.until("ran for")
    t.type("quit\r")
    expect(t.wait() == 0, "exit status")
    t = terminal("--packets", "1000")
    t.type("start\r")
    t.until("ran for")
    t.until("plx> ")
    t.type("quit\r")
    expect(t.wait() == 0, "exit status after an event")


@check
def colour_at_a_prompt():
    t = terminal()
    expect("\033[1m" in t.command("show port summary all"), "no bold heading")
    t.end_of_file()
    t.wait()
    t = terminal(NO_COLOR="1")
    expect("\033[1m" not in t.command("show port summary all"), "bold in spite of NO_COLOR")
    t.end_of_file()
    t.wait()


# --- completion of the command line -------------------------------------------------------------

@check
def bash_completes_the_command_line():
    script = run("--completion", "bash").out
    path = work_file("completion", script.encode())
    r = subprocess.run(["bash", "-n", path], capture_output=True, text=True)
    expect(r.returncode == 0 and not r.stderr, r.stderr)

    def complete(*words):
        code = 'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _plx_testpmd; ' \
               'printf "%s\\n" "${COMPREPLY[@]}"'
        r = subprocess.run(["bash", "-c", code, path, "plx-testpmd", *words], capture_output=True,
                           text=True, cwd=WORK)
        expect(not r.stderr, r.stderr)
        return set(r.stdout.split())

    expect(complete("--stats") == {"--stats-period"}, complete("--stats"))
    expect({"--port", "--port-topology"} <= complete("--port"), complete("--port"))
    expect(complete("--forward-mode", "") == set(MODES), complete("--forward-mode", ""))
    expect(complete("-m", "mac") == {"mac", "macswap"}, complete("-m", "mac"))
    expect("completion" in complete("--cmdline-file", "compl"), "no files")
    expect(complete("--burst", "") == set(), "numbers are completed")
    expect(run("--completion", "nosuch").rc == 2, "a shell that there is not")
    zsh = work_file("completion.zsh", run("--completion", "zsh").out.encode())
    if shutil.which("zsh"):
        r = subprocess.run(["zsh", "-n", zsh], capture_output=True, text=True)
        expect(r.returncode == 0 and not r.stderr, r.stderr)


# --- threads ------------------------------------------------------------------------------------

@check
def threads_of_a_session():
    if len(CPUS) < 2:
        raise Skip("one CPU")
    path = work_file("control")
    session = Session("--control", path, "--port", "null", "--port", "ring:name=a,size=64",
                      "--port", "ring:name=a,size=64", "--port", "null:rx=off", "--cores",
                      "%d,%d" % tuple(CPUS[:2]))
    session.good("set stats-period 0.02")
    client = Client(path)
    for mode in ("io", "macswap", "csum", "5tswap"):
        session.good("set fwd " + mode)
        session.good("start")
        for line in ("set verbose 3", "set verbose 0", "show port stats all", "set verbose 1",
                     "show fwd stats all", "clear fwd stats all", "set verbose 0", "show metrics",
                     "show port xstats all", "clear port stats all", "show config fwd",
                     "show port 1 rxq info"):
            session.good(line)
            client.good("show fwd stats all")
        session.good("sleep 0.05")
        session.good("stop")
    session.end()


def main():
    schema.load("testpmd.schema.json")
    shutil.rmtree(WORK, ignore_errors=True)
    os.makedirs(WORK)
    # What ASan keeps of freed memory is not the program's growth.
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=4"
    return runner.run_checks()


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    sys.exit(main())
