#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""plx-testpmd as a sceptical user: usage test_testpmd.py PLX_TESTPMD WORKDIR

What it forwards, counts and prints; how it stops; and what it says to bad input. One line for
each failure, a summary, exit status 1 when anything failed. TESTPMD_ONLY=REGEX runs some checks.
"""
import itertools
import json
import os
import pty
import re
import resource
import select
import shutil
import signal
import stat
import struct
import subprocess
import sys
import time

PROGRAM = os.path.realpath(sys.argv[1]) if len(sys.argv) > 1 else ""
WORK = os.path.realpath(sys.argv[2]) if len(sys.argv) > 2 else ""
PREFIX = "plx-testpmd: "
TIMEOUT = 15
NOBODY = 65534
MODES = ("io", "mac", "macswap", "rxonly", "txonly", "csum", "flowgen", "icmpecho", "5tswap")
GENERATORS = ("txonly", "flowgen")
CPUS = sorted(os.sched_getaffinity(0))
CABLE = ["--port", "ring:name=a", "--port", "ring:name=a"]
CHAIN = ["--port", "null", *CABLE, "--port", "null:rx=off"]
MIB = 1 << 20


# --- the runner ---------------------------------------------------------------------------------

CHECKS = []
failures = []
skipped = []
expectations = 0
current = ""


class Hang(Exception):
    pass


class Skip(Exception):
    pass


def check(fn):
    CHECKS.append(fn)
    return fn


def expect(ok, what):
    """Note a failure in one line; go on."""
    global expectations
    expectations += 1
    if not ok:
        line = "FAIL %s: %s" % (current, " ".join(str(what).split()))
        failures.append(line)
        print(line if len(line) < 400 else line[:400] + "...", flush=True)
    return ok


def run_checks():
    global current
    # Under nohup(1) it is ignored, and programs that are started inherit that.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    only = re.compile(os.environ.get("TESTPMD_ONLY", ""))
    start = time.monotonic()
    for fn in CHECKS:
        current = fn.__name__
        if not only.search(current):
            continue
        began = time.monotonic()
        try:
            fn()
        except Skip as why:
            skipped.append("%s: %s" % (current, why))
        except Exception as e:  # a check that breaks is a check that failed
            expect(False, "%s: %s" % (type(e).__name__, e))
        if os.environ.get("TESTPMD_TIMES"):
            print("%6.2f s %s" % (time.monotonic() - began, current))
    for line in skipped:
        print("skipped " + line)
    print("%d checks, %d expectations, %d failed, %d skipped, %.1f s" %
          (len(CHECKS), expectations, len(failures), len(skipped), time.monotonic() - start))
    return 1 if failures else 0


# --- running the program ------------------------------------------------------------------------

class Result:
    def __init__(self, args, rc, out, err):
        self.args, self.rc, self.out, self.err = args, rc, out, err

    def __str__(self):
        return "%s: exit %s, stderr %r" % (short(self.args), self.rc, self.err[-300:])


def short(args):
    text = " ".join(args) if args else "(no arguments)"
    return repr(text if len(text) < 120 else text[:100] + "...")


def group_left(pid):
    """Is there still a process of the group that we began?"""
    try:
        os.killpg(pid, 0)
        return True
    except ProcessLookupError:
        return False


def start(args, **how):
    how.setdefault("stdin", subprocess.DEVNULL)
    how.setdefault("stdout", subprocess.PIPE)
    how.setdefault("stderr", subprocess.PIPE)
    how.setdefault("cwd", WORK)
    return subprocess.Popen([PROGRAM, *args], start_new_session=True, **how)


def end(p):
    if p.poll() is None:
        p.kill()
    p.communicate()


def finish(p, args, timeout=TIMEOUT):
    try:
        out, err = p.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        end(p)
        raise Hang("%s did not end within %s s" % (short(args), timeout)) from None
    if group_left(p.pid):
        expect(False, "%s left a process behind" % short(args))
    return Result(args, p.returncode, (out or b"").decode(errors="replace"),
                  (err or b"").decode(errors="replace"))


def run(*args, timeout=TIMEOUT, **how):
    args = list(args)
    return finish(start(args, **how), args, timeout)


def limited(what, n):
    """A preexec_fn: with a resource limit."""
    return lambda: resource.setrlimit(what, (n, n))


def parse(r):
    """The one JSON object on standard output, or None with a failure noted."""
    try:
        result = json.loads(r.out)
    except ValueError as e:
        expect(False, "%s: stdout is no JSON (%s): %r" % (r, e, r.out[:80]))
        return None
    if not isinstance(result, dict):
        expect(False, "%s: stdout is no object" % r)
        return None
    return result


def total(result, key):
    return sum(port[key] for port in result["ports"])


def all_drops(result):
    return sum(n for port in result["ports"] for n in port["drops"].values())


def check_keys(result, what):
    """What the schema promises."""
    expect(result.get("version") == 1, "%s: version %r" % (what, result.get("version")))
    expect(isinstance(result.get("duration_s"), (int, float)), "%s: duration_s" % what)
    expect("cycles_per_packet" in result, "%s: no cycles_per_packet" % what)
    for port in result.get("ports", []):
        for key in ("rx_packets", "tx_packets", "rx_bytes", "tx_bytes"):
            expect(type(port.get(key)) is int and port[key] >= 0, "%s: port %s" % (what, key))
        expect(isinstance(port.get("name"), str), "%s: a port has no name" % what)
        expect(isinstance(port.get("drops"), dict) and
               all(type(n) is int and n >= 0 for n in port["drops"].values()), "%s: drops" % what)


def check_balance(result, what):
    came = total(result, "rx_packets") + result["generated"]
    went = total(result, "tx_packets") + all_drops(result) + result["consumed"] + result["held"]
    expect(came == went, "%s: %d came in or were made, %d are accounted for" % (what, came, went))
    for pool in result["pools"]:
        there = sum(pool[k] for k in ("free", "rx_ring", "tx_ring", "user"))
        expect(there == pool["total"], "%s: pool of %d accounts for %d" %
               (what, pool["total"], there))
        expect(pool["user"] == 0, "%s: %d buffers still in hand" % (what, pool["user"]))


def good(*args, code=0, **how):
    """Run with --json; the object, when all is well with it."""
    r = run(*args, "--json", **how)
    expect(r.rc == code, str(r))
    result = parse(r)
    if result is None or "ports" not in result:
        raise ValueError("%s: no result" % r)
    check_keys(result, short(args))
    check_balance(result, short(args))
    expect(code or "error" not in result, "%s: an error beside exit status 0" % r)
    return result


def sentences(r):
    return [line for line in r.err.splitlines() if line.startswith(PREFIX)]


def sentence_fault(r, words, late):
    """What is wrong with how a failure is told: exactly one sentence; where nothing ran yet, on an
    otherwise empty screen."""
    said = sentences(r)
    if r.rc is None or not 0 < r.rc < 128:
        return "not a failure's exit status"
    if len(said) != 1:
        return "%d sentences" % len(said)
    if not r.err.endswith(said[0] + "\n") or (not late and r.err != said[0] + "\n"):
        return "not one sentence in one line"
    text = said[0][len(PREFIX):]
    if len(text) <= 8 or "(null)" in text:
        return "hardly a sentence"
    if not text.isprintable():
        return "control characters in the sentence"
    missing = [word for word in words if word not in text]
    return "no %r in the sentence" % missing[0] if missing else None


def check_sentence(r, words, late):
    fault = sentence_fault(r, words, late)
    return expect(not fault, "%s: %s" % (fault, r))


def check_error_object(r, words, late, same_text=True):
    if not check_sentence(r, words, late):
        return
    result = parse(r)
    if result is None:
        return
    error = result.get("error")
    if not expect(isinstance(error, dict), "%s: no error object" % r):
        return
    text = sentences(r)[0][len(PREFIX):]
    expect(error.get("text") == text if same_text else error.get("text"),
           "%s: error.text is %r" % (r, error.get("text")))
    expect(isinstance(error.get("errno"), int) and error["errno"] < 0, "%s: error.errno" % r)
    for key in ("errno_name", "reason", "object"):
        expect(isinstance(error.get(key), str), "%s: no error.%s" % (r, key))


def bad(*args, words=(), late=False, **how):
    """Both ways to be told what is wrong. @late: after it ran."""
    try:
        r = run(*args, **how)
        if not expect(r.rc != 0, "%s is accepted" % short(args)):
            return
        expect(late or not r.out, "%s: stdout is not empty" % r)
        if check_sentence(r, words, late):
            check_error_object(run(*args, "--json", **how), words, late)
    except Hang as e:
        expect(False, e)


def cpus(n):
    if len(CPUS) < n:
        raise Skip("needs %d CPUs" % n)
    return ",".join(map(str, CPUS[:n]))


# --- captures, written by hand ------------------------------------------------------------------

def frame(n, size=60):
    head = bytes.fromhex("020000000002" "020000000001") + struct.pack(">H", 0x88b5)
    return (head + struct.pack(">I", n) + bytes(i & 0xff for i in range(size)))[:size]


def records(*frames, wire=0):
    out = b""
    for i, data in enumerate(frames):
        out += struct.pack("<IIII", 1700000000 + i, i, len(data), max(wire, len(data))) + data
    return out


def header(link=1, snaplen=262144):
    return struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, snaplen, link)


def work_file(name, content=None):
    path = os.path.join(WORK, name)
    if os.path.lexists(path):
        os.chmod(path, 0o600)
        os.unlink(path)
    if content is not None:
        with open(path, "wb") as f:
            f.write(content)
    return path


def read_capture(path):
    """[(data, wire length)] of a classic little-endian capture."""
    with open(path, "rb") as f:
        raw = f.read()
    magic, link = struct.unpack_from("<I", raw)[0], struct.unpack_from("<I", raw, 20)[0]
    if magic not in (0xa1b2c3d4, 0xa1b23c4d) or link != 1:
        raise ValueError("%s is no Ethernet capture" % path)
    found, at = [], 24
    while at < len(raw):
        caplen, wire = struct.unpack_from("<II", raw, at + 8)
        if at + 16 + caplen > len(raw):
            raise ValueError("%s ends within a record" % path)
        found.append((raw[at + 16:at + 16 + caplen], wire))
        at += 16 + caplen
    return found


def ten():
    return [frame(i, 60 + 50 * i) for i in range(10)]


# --- forwarding ---------------------------------------------------------------------------------

def check_packets(result, mode, n, what):
    came = result["generated"] if mode in GENERATORS else total(result, "rx_packets")
    expect(came == n, "%s: %d packets instead of %d" % (what, came, n))
    worked = sum(core["packets"] for core in result["cores"])
    expect(worked == n, "%s: the cores moved %d packets instead of %d" % (what, worked, n))
    if mode == "txonly":
        expect(total(result, "rx_packets") == 0, "%s: txonly received" % what)
    if mode == "rxonly":
        expect(total(result, "tx_packets") == 0 and result["consumed"] == n,
               "%s: rxonly consumed %d" % (what, result["consumed"]))


@check
def every_mode_stops_at_packets():
    for mode in MODES:
        for ports in ([], CHAIN, ["--port", "null"]):
            for n in (1, 31, 1000, 12345):
                args = [*ports, "--forward-mode", mode, "--packets", str(n)]
                check_packets(good(*args), mode, n, short(args))


@check
def every_mode_stops_at_duration():
    for mode in MODES:
        for ports in ([], CHAIN, CABLE):
            args = [*ports, "--forward-mode", mode, "--duration", "0.1"]
            result = good(*args)
            if result["cycles_per_packet"] is None and ports is not CABLE:
                result = good(*args[:-1], "1")  # a busy machine may have had no time for it
            expect(0.09 <= result["duration_s"] < 5, "%s: ran %.3f s" %
                   (short(args), result["duration_s"]))
            if ports is not CABLE or mode in GENERATORS:
                expect(result["cycles_per_packet"] > 0, "%s: no packet" % short(args))
            else:
                expect(result["cycles_per_packet"] is None, "%s: packets from nowhere" %
                       short(args))


@check
def packets_are_exact_on_cores_and_queues():
    two = cpus(2)
    for mode in MODES:
        for extra in (["--cores", two], ["--rxq", "4"], ["--cores", two, "--rxq", "4"],
                      ["--cores", two, "--burst", "4096"], ["--rxq", "3", "--txq", "4"]):
            for n in (1, 1000, 100003):
                args = ["--forward-mode", mode, "--packets", str(n), *extra]
                check_packets(good(*args), mode, n, short(args))


@check
def packets_end_it_when_one_core_waits_for_another():
    two = cpus(2)
    for i in range(40):
        args = [*CHAIN, "--cores", two, "--burst", "512", "--packets", "1000"]
        result = good(*args, timeout=5)
        expect(total(result, "rx_packets") == 1000, "run %d: %d packets instead of 1000" %
               (i, total(result, "rx_packets")))


@check
def frames_that_cross_a_ring_are_all_there():
    for extra in ([], ["--cores", ",".join(map(str, CPUS[:2]))], ["--rxq", "4"], ["--burst", "1"],
                  ["--burst", "4096"]):
        result = good(*CHAIN, "--duration", "0.1", *extra)
        sent, got = result["ports"][1]["tx_packets"], result["ports"][2]["rx_packets"]
        inside = sum(pool["tx_ring"] for pool in result["pools"])
        expect(sent - got == inside, "%s: %d sent, %d received, %d in the ring" %
               (extra, sent, got, inside))
        expect(got > 0, "%s: nothing came through" % extra)


@check
def a_small_ring_drops_by_name():
    result = good("--port", "null", "--port", "ring:name=a,size=8", "--port", "ring:name=a,size=8",
                  "--port", "null:rx=off", "--packets", "10000")
    full = result["ports"][1]["drops"]["tx_full"]
    expect(full > 0, "a ring of 8 took bursts of 32")
    result = good("--port", "ring:name=a", "--forward-mode", "txonly", "--packets", "100")
    expect(result["ports"][0]["drops"]["no_peer"] == 100, "%s" % result["ports"][0]["drops"])


@check
def bytes_are_without_fcs():
    result = good("--port", "null:size=1518", "--packets", "100")
    expect(total(result, "rx_bytes") == 151400, "%d bytes" % total(result, "rx_bytes"))
    result = good("--forward-mode", "txonly", "--frame-size", "1518", "--packets", "100")
    expect(total(result, "tx_bytes") == 151400, "%d bytes" % total(result, "tx_bytes"))


@check
def odd_sizes_run():
    for args in (["--buffers", "1"], ["--burst", "1"], ["--buffers", "1", "--burst", "4096"],
                 ["--buffer-size", "64"], ["--buffer-size", "65408", "--buffers", "64"],
                 ["--port", "null:size=18"], ["--port", "null:size=16384", "--buffer-size",
                                              "16380"], ["--small-pages"], ["--burst", "4096"],
                 ["--port", "null", "--port-topology", "loop"], ["--packets=7"],
                 ["--port-topology", "chained"], ["--port", "null", "--port", "null", "--port",
                                                  "null"], ["-b", "3"], ["--mtu", "9000"]):
        for mode in ("macswap", "csum", "txonly"):
            args_now = ["--packets", "100", "--forward-mode", mode, *args]
            n = 7 if "--packets=7" in args else 100
            check_packets(good(*args_now), mode, n, short(args_now))


@check
def addresses_are_rewritten():
    source = work_file("mac-in.pcap", header() + records(*ten()))
    out = work_file("mac-out.pcap")
    ports = ["--port", "pcap:rx=" + source, "--port", "pcap:tx=" + out]
    want = {"io": (frame(0)[:6], frame(0)[6:12]), "macswap": (frame(0)[6:12], frame(0)[:6]),
            "mac": (bytes.fromhex("021122334455"), None)}
    for mode, (dst, src) in want.items():
        result = good(*ports, "--forward-mode", mode, "--eth-peer", "1,02:11:22:33:44:55")
        own = bytes.fromhex(result["ports"][1]["mac"].replace(":", ""))
        found = read_capture(out)
        expect([f[12:] for f, _ in found] == [f[12:] for f in ten()], "%s: other payload" % mode)
        expect(all(f[:6] == dst and f[6:12] == (src or own) for f, _ in found),
               "%s: wrong addresses" % mode)


def ones_sum(data):
    n = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while n >> 16:
        n = (n & 0xffff) + (n >> 16)
    return n


@check
def txonly_makes_valid_frames():
    for size in (46, 64, 1518):
        out = work_file("txonly.pcap")
        good("--port", "pcap:tx=" + out, "--forward-mode", "txonly", "--packets", "50",
             "--frame-size", str(size), "--eth-peer", "0,02:11:22:33:44:55")
        found = read_capture(out)
        expect(len(found) == 50, "%d frames instead of 50" % len(found))
        for data, wire in found:
            ok = (len(data) == wire == size - 4 and data[:6].hex() == "021122334455" and
                  data[12:14] == b"\x08\x00" and ones_sum(data[14:34]) == 0xffff and
                  struct.unpack_from(">H", data, 16)[0] == size - 18 and data[23] == 17 and
                  struct.unpack_from(">H", data, 38)[0] == size - 38)
            if not expect(ok, "frame of %d bytes: %s" % (size, data.hex())):
                break


# --- what is printed ----------------------------------------------------------------------------

@check
def json_goes_to_stdout_and_text_to_stderr():
    r = run("--json", "--packets", "1000")
    expect(r.rc == 0 and parse(r), str(r))
    expect("received" in r.err and "io ran for" in r.err, "no table on stderr: %s" % r)
    r = run("--packets", "1000")
    expect("received" in r.out and "io ran for" in r.out and not r.err, "table: %s" % r)
    match = re.search(r"^all +([\d,]+) +([\d,]+) +([\d,]+)", r.out, re.M)
    if expect(match, "no sum in the table"):
        rx, tx, drops = (int(n.replace(",", "")) for n in match.groups())
        expect(rx == 1000 and rx == tx + drops, "the table does not add up: %s" % match[0])


def on_terminal(args, env):
    """What the program writes when stdout is a terminal."""
    ours, theirs = pty.openpty()
    p = start(args, stdout=theirs, env=env)
    os.close(theirs)
    out = b""
    try:
        p.wait(TIMEOUT)
        while select.select([ours], [], [], 0.2)[0]:
            part = os.read(ours, 65536)
            if not part:
                break
            out += part
    except OSError:  # the terminal is gone: EIO
        pass
    finally:
        end(p)
        os.close(ours)
    return out


@check
def no_escape_codes_without_a_terminal_or_with_no_color():
    env = dict(os.environ, TERM="xterm")
    env.pop("NO_COLOR", None)
    for args in (["--packets", "10"], ["--packets", "10", "--json"], ["--help"],
                 ["--help-ports", "all"], ["--burst", "0"]):
        r = run(*args, env=env)
        expect("\033" not in r.out + r.err, "%s: escape codes" % short(args))
    expect(b"received" in on_terminal(["--packets", "10"], env), "no table on a terminal")
    text = on_terminal(["--packets", "10"], dict(env, NO_COLOR="1"))
    expect(b"received" in text and b"\033" not in text, "escape codes with NO_COLOR")
    text = on_terminal(["--packets", "10"], dict(env, TERM="dumb"))
    expect(b"\033" not in text, "escape codes with TERM=dumb")


@check
def statistics_come_while_it_runs():
    for args, where in (([], "out"), (["--json"], "err")):
        r = run("--stats-period", "0.1", "--duration", "0.55", *args)
        lines = re.findall(r"^\d: null +[\d.]+ [kMG]?pps +[\d.]+ [kMG]?bit/s +[\d.]+ [kMG]?pps +[\d.]+ [kMG]?bit/s$", getattr(r, where), re.M)
        expect(r.rc == 0 and 4 <= len(lines) <= 12, "%d lines in 0.55 s: %s" % (len(lines), r))
    expect(parse(r) is not None, "statistics spoil the JSON")
    for i in range(2):
        expect(re.search(r"^%d: null +[\d,]+ " % i, r.err, re.M), "no row for port %d: %s" % (i, r))
    r = run("--stats-period", "0.000000001", "--duration", "0.1")
    expect(r.rc == 0, "period of 1 ns: %s" % r)


@check
def help_and_version():
    r = run("--help")
    options = re.findall(r"--[a-z-]+", r.out)
    expect(r.rc == 0 and not r.err, str(r))
    for option in ("--port", "--forward-mode", "--cores", "--burst", "--rxq", "--txq", "--rxd",
                   "--txd", "--packets", "--duration", "--stats-period", "--json", "--version"):
        expect(option in options, "%s is not in --help" % option)
    for mode in MODES:
        expect(mode in r.out, "mode %s is not in --help" % mode)
    expect(run("-h").out == r.out, "-h is not --help")
    r = run("--version")
    expect(r.rc == 0 and re.fullmatch(r"plx-testpmd \d+\.\d+\.\d+\n", r.out), "%s %r" % (r, r.out))
    expect(run("-V").out == r.out, "-V is not --version")


@check
def help_ports():
    r = run("--help-ports", "all")
    expect(r.rc == 0 and all(d in r.out for d in ("null", "ring", "pcap")), str(r))
    r = run("--help-ports", "null")
    expect(r.rc == 0 and "size=" in r.out and "ring" not in r.out, str(r))
    for name in ("nonsense", "", "nul", "x" * 10000):
        bad("--help-ports", name, words=["driver"])


@check
def man_page():
    r = run("--man")
    expect(r.rc == 0 and r.out.startswith(".Dd") and not r.err, str(r))
    options = re.findall(r"--([a-z-]+)", run("--help").out)
    for option in options:
        expect("Fl Fl " + option in r.out, "--%s is not in the man page" % option)
    if not shutil.which("mandoc"):
        raise Skip("no mandoc")
    lint = subprocess.run(["mandoc", "-Tlint", "-Wwarning"], input=r.out, text=True,
                          capture_output=True, timeout=TIMEOUT)
    worse = [line for line in lint.stdout.splitlines() if "STYLE" not in line]
    expect(not worse, "mandoc -Tlint: %s" % "; ".join(worse))


# --- stopping -----------------------------------------------------------------------------------

def running(args, **how):
    """Start, and return when it forwards."""
    p = start([*args, "--stats-period", "0.02"], **how)
    stream = p.stderr if "--json" in args else p.stdout
    if not select.select([stream], [], [], TIMEOUT)[0]:
        end(p)
        raise Hang("%s shows no statistics" % short(args))
    return p


def check_stopped(p, args, what, timeout=TIMEOUT):
    r = finish(p, args, timeout)
    expect(r.rc == 0, "%s: %s" % (what, r))
    result = parse(r)
    if result is not None:
        check_balance(result, what)
    expect("ran for" in r.err and not sentences(r), "%s: %s" % (what, r))


@check
def signals_stop_it_cleanly():
    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        for args in (["--json"], [*CHAIN, "--json", "--cores", ",".join(map(str, CPUS[:2]))],
                     ["--json", "--port", "pcap:tx=" + work_file("signal.pcap"),
                      "--forward-mode", "txonly"]):
            p = running(args)
            p.send_signal(sig)
            check_stopped(p, args, "%s to %s" % (sig.name, short(args)))
    read_capture(os.path.join(WORK, "signal.pcap"))
    os.unlink(os.path.join(WORK, "signal.pcap"))
    p = running([])
    p.send_signal(signal.SIGINT)
    r = finish(p, [])
    expect(r.rc == 0 and "io ran for" in r.out and not r.err, "SIGINT without --json: %s" % r)


@check
def signals_in_quick_succession():
    for gap in (0, 0.0002):
        p = running(["--json"])
        for sig in [signal.SIGINT, signal.SIGTERM, signal.SIGHUP] * 20:
            if p.poll() is None:
                p.send_signal(sig)
            time.sleep(gap)
        check_stopped(p, ["--json"], "60 signals, %g s apart" % gap)


@check
def signals_at_any_moment():
    """Before it forwards a signal may end it; nothing else may happen."""
    for i in range(40):
        p = start(["--json"])
        time.sleep(i * 0.00025)
        p.send_signal(signal.SIGTERM)
        r = finish(p, ["--json"])
        if r.rc == 0:
            check_balance(parse(r), "SIGTERM after %d us" % (i * 250))
        else:
            expect(r.rc == -signal.SIGTERM, "SIGTERM after %d us: %s" % (i * 250, r))


@check
def stopped_and_continued():
    p = running(["--json", "--duration", "1"])
    p.send_signal(signal.SIGSTOP)
    time.sleep(0.1)
    p.send_signal(signal.SIGCONT)
    check_stopped(p, ["--json"], "SIGSTOP, SIGCONT")


@check
def nohup_is_respected():
    """A signal that was ignored from the start, as by nohup(1), stays ignored."""
    args = ["--json", "--duration", "0.7"]
    p = running(args, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    p.send_signal(signal.SIGHUP)
    result = parse(finish(p, args))
    expect(result and result["duration_s"] >= 0.69, "an ignored SIGHUP stopped it")


def check_interruptible(args):
    """Within seconds of repeated Ctrl-C it is gone, one way or the other."""
    p = start(args)
    try:
        time.sleep(0.4)
        for _ in range(20):
            if p.poll() is None:
                p.send_signal(signal.SIGINT)
                time.sleep(0.2)
        expect(p.poll() is not None, "%s: 20 times SIGINT in 4 s, and it runs" % short(args))
    finally:
        end(p)


@check
def pipes_that_stand_still_are_no_trap():
    path = work_file("still.fifo")
    os.mkfifo(path)
    fd = os.open(path, os.O_RDWR)
    try:
        check_interruptible(["--port", "pcap:tx=" + path, "--forward-mode", "txonly"])
    finally:
        os.close(fd)
    fd = os.open(path, os.O_RDWR)
    try:
        os.write(fd, header() + records(frame(1))[:-1])
        check_interruptible(["--port", "pcap:rx=" + path, "--forward-mode", "rxonly"])
    finally:
        os.close(fd)
        os.unlink(path)


def closed_pipe():
    r, w = os.pipe()
    os.close(r)
    return w


@check
def output_that_cannot_be_written():
    """A closed pipe or a full disk as stdout: a sentence and an exit status, whatever it prints."""
    for args in (["--packets", "1000"], ["--packets", "1000", "--json"], ["--help"],
                 ["--version"], ["--man"], ["--help-ports", "all"], ["--help-ports", "null"],
                 ["--burst", "0", "--json"]):
        for name, fd in (("closed pipe", closed_pipe()),
                         ("/dev/full", os.open("/dev/full", os.O_WRONLY))):
            r = run(*args, stdout=fd)
            os.close(fd)
            n = 2 if "--burst" in args else 1
            expect(0 < r.rc < 128 and 0 < len(sentences(r)) <= n and "standard output" in r.err,
                   "%s: %s" % (name, r))


@check
def it_ends_when_nobody_reads_on():
    """As in plx-testpmd --stats-period 1 | head -1."""
    p = start(["--stats-period", "0.02"])
    p.stdout.readline()
    p.stdout.close()
    try:
        p.wait(3)
        err = p.stderr.read().decode()
        expect(0 < p.returncode < 128, "exit %s, %r" % (p.returncode, err))
        expect(err.count(PREFIX) == 1, "%r" % err)
    except subprocess.TimeoutExpired:
        expect(False, "stdout was closed 3 s ago and it still runs")
    finally:
        p.stdout = None
        end(p)


@check
def stderr_that_cannot_be_written():
    r = run("--packets", "1000", "--json", stderr=closed_pipe())
    result = parse(r)
    expect(r.rc is not None and 0 <= r.rc < 128, "stderr a closed pipe: %s" % r)
    text = ((result or {}).get("error") or {}).get("text", "")
    expect("standard output" not in text, "stdout is blamed for stderr: %r" % text)
    r = run("--burst", "0", stderr=closed_pipe())
    expect(0 < r.rc < 128, str(r))


def close_fds(fds):
    def preexec():
        for fd in fds:
            os.close(fd)
    return preexec


@check
def closed_standard_streams():
    source = work_file("closed-in.pcap", header() + records(*ten()))
    out = work_file("closed-out.pcap")
    sets = [fds for n in (1, 2, 3) for fds in itertools.combinations((0, 1, 2), n)]
    for fds in sets:
        for args, codes in ((["--packets", "10"], (0,)), (["--packets", "10", "--json"], (0,)),
                            (["--burst", "0"], (2,)), (["--help"], (0, 1)),
                            (["--port", "pcap:rx=%s,tx=%s" % (source, out), "--json"], (0,))):
            r = run(*args, preexec_fn=close_fds(fds))
            expect(r.rc in codes, "%s closed: %s" % (fds, r))
        expect([f for f, _ in read_capture(out)] == ten(), "%s closed: the file suffers" % (fds,))


# --- bad input ----------------------------------------------------------------------------------

SPECS = ["", ":", ":size=64", "nonsense", "nonsense:size=64", "NULL", "null ", "nul", "nulls",
         "null;size=64", "null:size", "null:size=", "null:size=x", "null:size=64x", "null:=",
         "null:=64", "null:,", "null::", "null:size=64,,rx=on", "null:bogus=1", "null:size=17",
         "null:size=16385", "null:size=-64", "null:size=18446744073709551616",
         "null:size=18446744073709551680", "null:size=0x40", "null:size=6.4", "null:rx=maybe",
         "null:rx=", "ring", "ring:", "ring:name", "ring:name=", "ring:size=8",
         "ring:name=a,size=0", "ring:name=a,size=-1", "ring:name=a,queues=17",
         "ring:name=a,entries=65", "pcap", "pcap:",
         "pcap:rx=", "pcap:rx", "pcap:loop=1", "pcap:rx=a,precision=pico", "pcap:rx=a,maxlen=59",
         "pcap:rx=a,maxlen=262145", "pcap:rx=a,loop=4294967296"]


@check
def malformed_port_specs():
    for spec in SPECS:
        bad("--packets", "10", "--port", spec)
        bad("--packets", "10", "--port", "null", "--port", spec)


@check
def empty_parts_of_a_port_spec():
    for spec in ("null:", "null:size=64,", "null:,size=64"):
        bad("--packets", "10", "--port", spec)


@check
def garbage_in_a_port_spec():
    for garbage in ("x" * 10000, "null:" + "x" * 10000, "null:size=" + "9" * 10000,
                    "null:" + "size=64," * 1250 + "x", "ring:name=" + "a" * 10000 + ",x=1",
                    "%s%n%x" * 1000, "null:%s%n%d=1", "null:a\nb=1", "nu\nll", "null:size=\033[31m",
                    "\t", "null:\\", "null:\\,=1"):
        bad("--packets", "10", "--port", garbage)


@check
def text_that_is_not_utf8():
    for spec in (b"null:\xff\xfe=1", b"\xc3", b"null:size=" + b"\xc3\xa4" * 400,
                 b"null:xsize=" + b"\xc3\xa4" * 400, "pcap:rx=\N{SNOWMAN}" .encode() * 300):
        args = ["--packets", "10", "--port", os.fsdecode(spec)]
        check_sentence(run(*args), [], False)
        check_error_object(run(*args, "--json"), [], False, same_text=False)
    name = b"in-\xe4.pcap"
    path = os.path.join(os.fsencode(WORK), name)
    with open(path, "wb") as f:
        f.write(header() + records(*ten()))
    result = good("--port", os.fsdecode(b"pcap:rx=" + path), "--forward-mode", "rxonly")
    expect(total(result, "rx_packets") == 10, "a file with a Latin-1 name")
    os.unlink(path)


@check
def bad_cores():
    missing = str(max(CPUS) + 1)
    while int(missing) in CPUS:
        missing = str(int(missing) + 1)
    for cores, word in ((missing, missing), ("65534", "65534"), ("4096", "4096"), ("", "list"),
                        (",", "list"), ("0,", "list"), (",0", "list"), ("0,,1", "list"),
                        ("0-", "list"), ("-1", "list"), ("1-0", "list"), ("0-1-2", "list"),
                        ("x", "list"), ("0x1", "list"), ("0 1", "list"), ("0;1", "list"),
                        (" 0", "list"), ("99999999999999999999", "list"),
                        ("0-99999999999999999999", "list"), ("18446744073709551616", "list"),
                        ("0-65000", "list"), ("0-64", ""), ("all", "list"), ("0," * 5000, ""),
                        ("%d,%d" % (CPUS[0], CPUS[0]), "twice")):
        bad("--packets", "10", "--cores", cores, words=[word, "--cores"])


@check
def cores_that_are_not_allowed():
    if len(CPUS) < 2:
        raise Skip("needs 2 CPUs")
    one, other = CPUS[0], CPUS[1]
    only_one = lambda: os.sched_setaffinity(0, {one})
    bad("--packets", "10", "--cores", str(other), words=["CPU %d" % other, "allowed"],
        preexec_fn=only_one)
    bad("--packets", "10", "--cores", "%d,%d" % (one, other), words=["CPU %d" % other],
        preexec_fn=only_one)
    result = good("--packets", "10", preexec_fn=only_one)
    expect(result["cores"][0]["cpu"] == one, "runs on CPU %d" % result["cores"][0]["cpu"])
    if not shutil.which("taskset"):
        return
    r = subprocess.run(["taskset", "-c", str(one), PROGRAM, "--cores", str(other)],
                       capture_output=True, text=True, timeout=TIMEOUT)
    expect(r.returncode == 2 and r.stderr.count(PREFIX) == 1, "taskset: %s %r" %
           (r.returncode, r.stderr))


@check
def more_queues_than_a_driver_has():
    for args in (["--rxq", "65"], ["--rxq", "1024"], ["--txq", "65"],
                 ["--rxq", "65", "--forward-mode", "rxonly"],
                 ["--txq", "65", "--forward-mode", "txonly"], [*CABLE, "--rxq", "5"],
                 [*CABLE, "--txq", "5"], ["--rxq", "4", "--txq", "3"]):
        bad("--packets", "10", *args, words=["queue"])
    source = work_file("queues.pcap", header() + records(*ten()))
    bad("--port", "pcap:rx=" + source, "--port", "null", "--rxq", "2", words=["queue"])


NUMBERS = {"--burst": ["0", "4097"], "--packets": ["0", "9223372036854775808"],
           "--rxq": ["0", "1025"], "--txq": ["0"], "--rxd": ["0", "32769"], "--txd": ["0", "65537"],
           "--mtu": ["0", "67", "65536"], "--buffers": ["0", "4194305"],
           "--buffer-size": ["0", "63", "65409"], "--frame-size": ["0", "45", "65413"]}
NO_NUMBERS = ["", "-1", "x", "1x", "0x10", "1.5", "1e3", "18446744073709551616",
              "18446744073709551617", "18446744073709551616K", "18446744073709551G", "1KK", "1k ",
              "--", "nan", "9" * 5000]


@check
def bad_numbers():
    for option, values in NUMBERS.items():
        for value in values + NO_NUMBERS:
            bad(option, value, words=[option] if len(value) < 99 else [])


@check
def bad_seconds():
    for option in ("--duration", "--stats-period"):
        for value in ("", "-1", "-0.001", "x", "1s", "nan", "inf", "-inf", "1e300", "1e10", "1,5",
                      "9" * 5000):
            bad(option, value, words=[option] if len(value) < 99 else [])


@check
def a_duration_of_zero_is_no_duration_for_ever():
    bad("--duration", "0", timeout=2)


@check
def bad_options():
    for args in (["--bogus"], ["--bogus", "1"], ["--bogus=1"], ["-x"], ["-"], ["--"], ["-j1"],
                 ["-hV"], ["--por", "null"], ["--ports", "null"], ["--PORT", "null"], ["--=1"],
                 ["--" + "x" * 10000], ["--a\nb"], ["null"], ["--packets", "10", "null"], [""],
                 ["--json=yes"], ["--help=1"], ["---json"], ["--forward-mode", "nonsense"],
                 ["--forward-mode", ""], ["--forward-mode", "IO"], ["--forward-mode", "i"],
                 ["--port-topology", "star"], ["--port", "null"] * 33):
        bad(*args)


@check
def options_without_their_value():
    values = [o for o in ("--port", "--forward-mode", "--cores", "--burst", "--packets", "--txd",
                          "--duration", "--stats-period", "--rxq", "--txq", "--rxd", "--mtu",
                          "--buffers", "--buffer-size", "--frame-size", "--port-topology",
                          "--eth-peer", "--help-ports", "-p", "-n")]
    for option in values:
        r = run(option)
        check_sentence(r, ["needs a value"], False)
        check_error_object(run("--json", option), ["needs a value"], False)


@check
def bad_eth_peers():
    for peer in ("", "0", "0,", ",02:00:00:00:00:01", "0,02:00:00:00:00", "0,02:00:00:00:00:01:02",
                 "0,02-00-00-00-00-01", "0,020000000001", "0,0g:00:00:00:00:00",
                 "2,02:00:00:00:00:01", "-1,02:00:00:00:00:01", "4294967296,02:00:00:00:00:01",
                 "18446744073709551616,02:00:00:00:00:01", "0,-1:00:00:00:00:01",
                 "0, 2:00:00:00:00:01", "0,02:00:00:00:00:01 ", "0,002:00:00:00:00:01",
                 "0;02:00:00:00:00:01", "x" * 5000):
        bad("--packets", "10", "--eth-peer", peer, words=["--eth-peer"])


@check
def a_long_value_does_not_hide_the_cause():
    for args, word in ((["--burst", "9" * 5000], "number"), (["--cores", "0," * 5000], "list"),
                       (["--duration", "9" * 5000], "number"), (["--" + "x" * 5000], "--help"),
                       (["--forward-mode", "x" * 5000], "macswap"), (["x" * 5000], "option"),
                       (["--eth-peer", "x" * 5000], "PORT,MAC"),
                       (["--port", "null:size=" + "9" * 5000], "number"),
                       (["--port", "null:" + "x" * 5000 + "=1"], "--help-ports"),
                       (["--port", "null:rx=" + "x" * 5000], "on nor off"),
                       (["--port", "pcap:rx=" + "x" * 5000], "too long")):
        r = run("--packets", "10", *args)
        check_sentence(r, [word], False)


@check
def sizes_that_do_not_fit():
    bad("--frame-size", "1518", "--buffer-size", "1024", "--forward-mode", "txonly",
        words=["1518", "1024"])
    bad("--packets", "10", "--port", "null:size=1518", "--buffer-size", "1024", words=["1518",
                                                                                     "1024"])
    bad("--packets", "10", "--mtu", "65535", words=["MTU"])
    bad("--packets", "10", *CABLE, "--mtu", "9000", words=["MTU"])
    bad("--packets", "10", "--buffers", "4194304", "--buffer-size", "65408")
    check_packets(good("--frame-size", "1028", "--buffer-size", "1024", "--forward-mode", "txonly",
                       "--packets", "10"), "txonly", 10, "a frame that just fits")


@check
def rings_with_too_few_or_many_ends():
    bad("--packets", "10", *CABLE, "--port", "ring:name=a", words=["ring:name=a", "open"])
    result = good("--duration", "0.1", "--port", "ring:name=a")
    expect(total(result, "rx_packets") == 0, "packets from a ring's open end")
    good("--duration", "0.1", "--port", "ring:name=a", "--port", "ring:name=b")


# --- limits of the process ----------------------------------------------------------------------

def tolerable(r):
    """Success, one sentence, or a system that cannot even load the program."""
    if r.rc == 0 or (r.rc == 127 and "error while loading shared libraries" in r.err):
        return True
    return r.rc is not None and 0 < r.rc < 127 and len(sentences(r)) == 1


@check
def little_address_space():
    for args in (["--packets", "1000"], ["--packets", "1000", "--json"], [*CHAIN, "--packets", "9"],
                 ["--packets", "9", "--json", "--buffers", "100"]):
        for mib in (8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34, 36, 40, 48, 64, 96, 128,
                    256, 512):
            what = "RLIMIT_AS of %d MiB" % mib
            try:
                r = run(*args, preexec_fn=limited(resource.RLIMIT_AS, mib * MIB))
            except Hang as e:
                expect(False, "%s: %s" % (what, e))
                continue
            expect(tolerable(r), "%s: %s" % (what, r))
            if "--json" in args and r.rc in (0, 1):
                parse(r)
    expect(r.rc == 0, "512 MiB of address space are not enough: %s" % r)


@check
def no_locked_memory():
    good("--packets", "1000", preexec_fn=limited(resource.RLIMIT_MEMLOCK, 0))
    good(*CHAIN, "--packets", "1000", preexec_fn=limited(resource.RLIMIT_MEMLOCK, 0))


@check
def few_files():
    for n in range(3, 13):
        what = "RLIMIT_NOFILE %d" % n
        try:
            r = run("--packets", "1000", preexec_fn=limited(resource.RLIMIT_NOFILE, n))
            expect(tolerable(r), "%s: %s" % (what, r))
        except Hang as e:
            expect(False, "%s: %s" % (what, e))
    expect(r.rc == 0, "12 files are not enough: %s" % r)


@check
def few_files_and_signals():
    """It must not run when it cannot hear signals."""
    for n in range(4, 10):
        p = start([], preexec_fn=limited(resource.RLIMIT_NOFILE, n))
        time.sleep(0.15)
        p.send_signal(signal.SIGINT)
        try:
            r = finish(p, [], 3)
            expect(tolerable(r), "RLIMIT_NOFILE %d: %s" % (n, r))
        except Hang:
            expect(False, "RLIMIT_NOFILE %d: SIGINT does not stop it" % n)


@check
def a_file_size_limit():
    """Buffers are no files: a limit on those must not kill the program."""
    for size in (0, 4096, MIB):
        r = run("--packets", "1000", preexec_fn=limited(resource.RLIMIT_FSIZE, size))
        expect(tolerable(r), "RLIMIT_FSIZE %d: %s" % (size, r))


def as_nobody(*then):
    """A preexec_fn: give up root, then call what else."""
    def preexec():
        if os.geteuid() == 0:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
        for fn in then:
            fn()
    return preexec


def run_as_nobody(*args, then=()):
    """The program by descriptor, since its path may be closed to others."""
    fd = os.open(PROGRAM, os.O_RDONLY)
    try:
        p = subprocess.Popen(["plx-testpmd", *args], executable="/proc/self/fd/%d" % fd,
                             pass_fds=[fd], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, cwd=WORK, start_new_session=True,
                             preexec_fn=as_nobody(*then))
        return finish(p, list(args))
    finally:
        os.close(fd)


@check
def no_threads():
    no_more = limited(resource.RLIMIT_NPROC, 0)
    r = run_as_nobody("--packets", "10")
    expect(r.rc == 0, "as an ordinary user: %s" % r)
    check_sentence(run_as_nobody("--packets", "10", then=[no_more]), ["thread"], True)
    r = run_as_nobody("--packets", "10", "--json", then=[no_more])
    check_error_object(r, ["thread"], True)


# --- bad captures -------------------------------------------------------------------------------

def from_file(path, *extra):
    return ["--port", "pcap:rx=" + path + "".join("," + e for e in extra)]


@check
def files_that_are_no_captures():
    good_file = work_file("good.pcap", header() + records(*ten()))
    cases = {
        "missing.pcap": None,
        "empty.pcap": b"",
        "one-byte.pcap": b"\xd4",
        "half-header.pcap": header()[:12],
        "text.pcap": b"this is no capture\n" * 100,
        "zeroes.pcap": bytes(4096),
        "wrong-link.pcap": header(link=113) + records(*ten()),
        "unknown-link.pcap": header(link=0x7777) + records(*ten()),
    }
    for name, content in cases.items():
        path, out = work_file(name, content), work_file("from-none.pcap")
        bad(*from_file(path), "--forward-mode", "rxonly", words=[name])
        bad(*from_file(path, "tx=" + out), words=[name])
        bad(*from_file(path, "loop=0"), "--packets", "10", words=[name])
        expect(not os.path.exists(out), "%s: the output file was left behind" % name)
    bad(*from_file(WORK), words=["irectory"])
    bad(*from_file(good_file + "/x"), words=["good.pcap/x"])
    bad(*from_file("/dev/null"), "--forward-mode", "rxonly")


@check
def a_file_that_may_not_be_read():
    path = work_file("secret.pcap", header() + records(*ten()))
    os.chmod(path, 0)
    mode = stat.S_IMODE(os.stat(WORK).st_mode)
    os.chmod(WORK, mode | 0o055)
    try:
        args = ("--port", "pcap:rx=secret.pcap", "--forward-mode", "rxonly")
        check_sentence(run_as_nobody(*args), ["secret.pcap", "ermission"], False)
        check_error_object(run_as_nobody(*args, "--json"), ["secret.pcap", "ermission"], False)
        args = ("--port", "pcap:tx=not-here.pcap", "--forward-mode", "txonly")
        if os.geteuid() == 0:
            check_sentence(run_as_nobody(*args), ["not-here.pcap", "ermission"], False)
    finally:
        os.chmod(WORK, mode)
        os.chmod(path, 0o600)


def faulty(name, content, delivered, *extra, words=(), wire=None):
    """All that can be delivered is, then one sentence; the same with --json beside the result."""
    path, out = work_file(name, content), work_file("out-" + name)
    args = [*from_file(path, "tx=" + out, *extra)]
    for json_too in ([], ["--json"]):
        r = run(*args, *json_too)
        if json_too:
            check_error_object(r, words, True)
            result = parse(r)
            if result and expect("ports" in result, "%s: no result beside the error" % r):
                check_keys(result, name)
                check_balance(result, name)
                expect(total(result, "tx_packets") == len(delivered), "%s: %d packets of %d" %
                       (name, total(result, "tx_packets"), len(delivered)))
        else:
            check_sentence(r, words, True)
            expect("ran for" in r.out, "%s: no table" % r)
        found = read_capture(out)
        expect([f for f, _ in found] == delivered, "%s: %d packets in the output, not %d" %
               (name, len(found), len(delivered)))
        if wire:
            expect([w for _, w in found] == wire, "%s: lengths on the wire are lost" % name)


@check
def captures_that_are_damaged():
    whole = header() + records(*ten())
    for cut in (1, 59, len(ten()[-1]) + 1, len(ten()[-1]) + 15):
        faulty("cut-%d.pcap" % cut, whole[:-cut], ten()[:-1], words=["cut-%d.pcap" % cut])
    huge = struct.pack("<IIII", 0, 0, 0xffffffff, 0xffffffff)
    faulty("huge.pcap", whole + huge + records(*ten()), ten(), words=["huge.pcap"])
    faulty("only-cut.pcap", header() + records(frame(1))[:-1], [], words=["only-cut.pcap"])


@check
def captures_with_empty_packets():
    faulty("zero.pcap", header() + records(frame(1), b"", frame(2), b"", b""),
           [frame(1), frame(2)], words=["zero.pcap"])
    faulty("all-zero.pcap", header() + records(b"", b""), [], words=["all-zero.pcap"])


@check
def captures_with_packets_too_long():
    faulty("long.pcap", header() + records(frame(1), frame(2, 2000), frame(3)),
           [frame(1), frame(3)], "maxlen=1500", words=["long.pcap"])
    faulty("all-long.pcap", header() + records(frame(1, 2000)), [], "maxlen=60",
           words=["all-long.pcap"])


@check
def captures_that_were_cut_by_a_snaplen():
    faulty("snap.pcap", header(snaplen=60) + records(frame(1), frame(2), wire=1500),
           [frame(1), frame(2)], words=["snap.pcap"], wire=[1500, 1500])


@check
def captures_are_forwarded_whole():
    frames = [frame(i, size) for i, size in enumerate((1, 13, 14, 15, 59, 60, 1514, 2048, 2049,
                                                        9014, 65535, 65549) * 20)]
    source = work_file("all-sizes.pcap", header() + records(*frames))
    for extra in ([], ["--burst", "1"], ["--burst", "4096"], ["--buffer-size", "64", "--buffers",
                                                            "2000"], ["--buffers", "33"]):
        out = work_file("all-sizes-out.pcap")
        result = good(*from_file(source, "tx=" + out), *extra)
        expect(total(result, "rx_packets") == len(frames), "%s: %d packets" %
               (extra, total(result, "rx_packets")))
        expect([f for f, _ in read_capture(out)] == frames, "%s: other packets" % extra)
    bad(*from_file(source), "--forward-mode", "rxonly", "--buffers", "5", words=["buffers"])
    path = work_file("none.pcap", header())
    result = good(*from_file(path), "--forward-mode", "rxonly")
    expect(total(result, "rx_packets") == 0, "packets from a capture that has none")


@check
def captures_are_looped():
    source = work_file("loop.pcap", header() + records(*ten()))
    result = good(*from_file(source, "loop=3"), "--forward-mode", "rxonly")
    expect(total(result, "rx_packets") == 30, "loop=3: %d" % total(result, "rx_packets"))
    result = good(*from_file(source, "loop=0"), "--forward-mode", "rxonly", "--packets", "12345")
    expect(total(result, "rx_packets") == 12345, "loop=0: %d" % total(result, "rx_packets"))


@check
def output_files_that_do_not_work():
    source = work_file("source.pcap", header() + records(*ten()))
    bad(*from_file(source, "tx=/dev/full"), words=["/dev/full", "space"], late=True)
    r = run(*from_file(source, "tx=/dev/full"), "--json")
    result = parse(r)
    if result and expect("ports" in result, "no result: %s" % r):
        check_balance(result, "/dev/full")
        expect(all_drops(result) == 10, "/dev/full took %d packets" % (10 - all_drops(result)))
    bad("--port", "pcap:tx=/dev/full", "--forward-mode", "txonly", words=["/dev/full"], late=True)
    missing = os.path.join(WORK, "no-such-directory", "out.pcap")
    bad(*from_file(source, "tx=" + missing), words=["out.pcap"])
    bad(*from_file(source, "tx=" + WORK), words=["irectory"])
    out = work_file("limit.pcap")
    r = run("--port", "pcap:tx=" + out, "--forward-mode", "txonly", "--packets", "1M", "--buffers",
            "64", "--buffer-size", "64", preexec_fn=limited(resource.RLIMIT_FSIZE, 3 * MIB))
    check_sentence(r, ["limit.pcap"], True)
    read_capture(out)
    os.unlink(out)


@check
def input_and_output_the_same_file():
    content = header() + records(*ten())
    source = work_file("same.pcap", content)
    link, hard = work_file("same-link.pcap"), work_file("same-hard.pcap")
    os.symlink(source, link)
    os.link(source, hard)
    for other in (source, link, hard, os.path.join(WORK, ".", "same.pcap")):
        for args in (from_file(source, "tx=" + other), [*from_file(source), "--port",
                     "pcap:tx=" + other], ["--port", "pcap:tx=" + other, *from_file(source)]):
            bad(*args, words=["same"] if "rx" in args[1] and "tx" in args[1] else [])
            with open(source, "rb") as f:
                expect(f.read() == content, "%s: the input is lost" % short(args))
            with open(source, "wb") as f:
                f.write(content)


@check
def an_error_elsewhere_keeps_old_files():
    """A command line that does nothing must not empty the file that it was to write."""
    source = work_file("old-source.pcap", header() + records(*ten()))
    old = header() + records(*ten()[:3])
    for args in (["--port", "null:bogus=1"], ["--port", "null", "--rxq", "2"],
                 ["--port", "null", "--cores", "65534"], ["--port", "null", "--eth-peer", "x"],
                 ["--port", "null", "--mtu", "1000"], ["--port", "null", "--burst", "0"]):
        out = work_file("old.pcap", old)
        bad(*from_file(source, "tx=" + out), *args)
        with open(out, "rb") as f:
            expect(f.read() == old, "%s: an old capture was emptied" % short(args))
        os.unlink(out)
        bad(*from_file(source, "tx=" + out), *args)
        expect(not os.path.exists(out), "%s: a file was left behind" % short(args))


# --- beside others, and afterwards --------------------------------------------------------------

def public_files(pid):
    """Files and mappings of a process in places that others see."""
    paths = []
    for fd in os.listdir("/proc/%d/fd" % pid):
        try:
            paths.append(os.readlink("/proc/%d/fd/%s" % (pid, fd)))
        except OSError:
            pass
    with open("/proc/%d/maps" % pid) as f:
        paths += [line.split(None, 5)[5].strip() for line in f if len(line.split()) > 5]
    return {p for p in paths if re.match("/(dev/shm|dev/hugepages|tmp|run|var)/", p) and
            p != PROGRAM and not p.startswith(WORK)}


@check
def instances_beside_each_other():
    first = running(["--json"])
    second = running([*CHAIN, "--json"])
    try:
        expect(not public_files(first.pid), "it has %s open" % public_files(first.pid))
        check_packets(good("--packets", "1000"), "io", 1000, "a third instance")
        with open("/proc/%d/task/%d/children" % (first.pid, first.pid)) as f:
            expect(not f.read().strip(), "it has child processes")
    finally:
        for p in (first, second):
            p.send_signal(signal.SIGINT)
    check_stopped(first, ["--json"], "the first instance")
    check_stopped(second, ["--json"], "the second instance")


@check
def two_instances_write_one_file():
    out = work_file("shared.pcap")
    args = ["--json", "--port", "pcap:tx=" + out, "--port", "ring:name=idle"]
    p = running(args)
    try:
        bad("--port", "pcap:tx=" + out, "--forward-mode", "txonly", "--packets", "10",
            words=["shared.pcap"])
    finally:
        p.send_signal(signal.SIGINT)
    check_stopped(p, args, "the first writer")
    expect(read_capture(out) == [], "the file of the first writer suffered")


# Runs in a mount namespace with empty places for files, and prints what is left there.
ALONE = r"""
import ctypes, os, signal, subprocess, sys, time
fd = os.open(sys.argv[1], os.O_RDONLY)
os.set_inheritable(fd, True)
libc = ctypes.CDLL(None, use_errno=True)
user = 0 if os.geteuid() == 0 else 0x10000000
if libc.unshare(0x20000 | user) or libc.mount(None, b"/", None, 0x44000, None):
    sys.exit(77)
places = [p for p in ("/dev/shm", "/run", "/var/tmp", "/tmp") if os.path.isdir(p)]
os.chdir("/")
for p in places:
    if libc.mount(b"none", p.encode(), b"tmpfs", 0, None):
        sys.exit(77)
def go(*args, stop=False):
    p = subprocess.Popen(["plx-testpmd", *args], executable="/proc/self/fd/%d" % fd, pass_fds=[fd],
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if stop:
        time.sleep(0.05)
        p.send_signal(signal.SIGKILL if stop == "kill" else signal.SIGINT)
    return p.wait(15)
for i in range(20):
    go(stop="kill" if i % 5 == 4 else True)
go("--port", "null:bogus=1")
if go("--packets", "10", "--json"):
    print("it does not run here")
go("--port", "pcap:rx=/tmp/none,tx=/tmp/out.pcap")
for p in places:
    for where, _, files in os.walk(p):
        for f in files:
            print(os.path.join(where, f))
"""


@check
def twenty_instances_leave_nothing_behind():
    p = subprocess.Popen([sys.executable, "-c", ALONE, PROGRAM], stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, start_new_session=True)
    r = finish(p, ["20 instances"], 30)
    if r.rc == 77:
        raise Skip("no mount namespace here")
    expect(r.rc == 0 and not r.out and not r.err, "left behind: %s %r" % (r, r.out))


def main():
    if len(sys.argv) != 3 or not os.access(PROGRAM, os.X_OK):
        print("usage: %s PLX_TESTPMD WORKDIR" % sys.argv[0], file=sys.stderr)
        return 2
    os.makedirs(WORK, exist_ok=True)
    os.environ.pop("NO_COLOR", None)
    return run_checks()


if __name__ == "__main__":
    sys.exit(main())
