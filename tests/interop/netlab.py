# SPDX-License-Identifier: BSD-3-Clause
"""Hosts for tests on live traffic: network namespaces without names, which end with the script.

The script's own namespace is the middle, where plx-testpmd runs; hosts are around it. Everything
that is made is gone when the script ends, however it ends.
"""
import contextlib
import ctypes
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import test_testpmd as runner  # the runner and what it knows of plx-testpmd
from test_testpmd import PROGRAM, WORK, Hang, Skip, expect, short

runner.CHECKS.clear()

libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
SLOW = 30  # seconds that anything may take on a machine that is busy with other things
TYPE = 0x88b5  # "local experimental": the kernel's own traffic is told apart
ETH_P_ALL = 3
SOL_PACKET = 263
PACKET_AUXDATA, PACKET_IGNORE_OUTGOING = 8, 23
SO_SNDBUFFORCE, SO_RCVBUFFORCE = 32, 33


def die_with_us():
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def until(true, what, seconds=SLOW):
    """Wait for something to become true; return what it is then."""
    end = time.monotonic() + seconds
    while True:
        value = true()
        if value:
            return value
        if time.monotonic() > end:
            raise Hang("gave up waiting: " + what)
        time.sleep(0.02)


# --- namespaces ---------------------------------------------------------------------------------

class Net:
    """A network namespace; `with` it, sockets and programs are made there."""
    home = None

    def __init__(self, quiet=True):
        if libc.unshare(CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "unshare")
        self.fd = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        self.path = "/proc/%d/fd/%d" % (os.getpid(), self.fd)
        self.outer = []
        sysctl("net/ipv6/conf/default/accept_dad", 0)
        sysctl("net/ipv6/conf/default/router_solicitations", 0)
        sysctl("net/ipv6/conf/default/disable_ipv6", int(quiet))
        sysctl("net/ipv4/ping_group_range", "0 2147483647")
        tool("ip", "link", "set", "lo", "up")
        if Net.home:
            enter(Net.home.fd)

    def __enter__(self):
        self.outer.append(os.open("/proc/thread-self/ns/net", os.O_RDONLY))
        enter(self.fd)
        return self

    def __exit__(self, *what):
        fd = self.outer.pop()
        enter(fd)
        os.close(fd)

    def close(self):
        if self.fd >= 0:
            os.close(self.fd)
        self.fd = -1


def enter(fd):
    if libc.setns(fd, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def sysctl(path, value):
    try:
        with open("/proc/sys/" + path, "w") as f:
            f.write(str(value))
    except FileNotFoundError:
        pass


def tool(*command, check=True, timeout=SLOW):
    """A program that must do its work; its output."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout,
                          preexec_fn=die_with_us, stdin=subprocess.DEVNULL)
    if check and done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise ValueError("%s: exit %d: %s" % (" ".join(command), done.returncode, said))
    return done.stdout


def ip(*command):
    return tool("ip", *command)


def link(name):
    """What ip tells of an interface, its counters included."""
    return json.loads(ip("-s", "-d", "-j", "link", "show", name))[0]


def exists(name):
    return subprocess.run(["ip", "link", "show", name], capture_output=True).returncode == 0


def counters(name):
    stats = link(name)["stats64"]
    return {way + "_" + what: stats[way][what] for way in ("rx", "tx")
            for what in ("packets", "bytes", "dropped", "errors")}


class Host(Net):
    """A namespace with one interface, lan: the far end of a veth pair, or a tap moved there."""

    def __init__(self, number, quiet=True):
        super().__init__(quiet)
        self.ip4, self.ip6 = "192.0.2.%d" % number, "2001:db8::%d" % number
        self.quiet = quiet

    def cable(self, outside, mtu=1500):
        """A veth pair, with @outside in the middle."""
        ip("link", "add", outside, "mtu", str(mtu), "type", "veth", "peer", "name", "lan", "mtu",
           str(mtu), "netns", self.path)
        ip("link", "set", outside, "up")
        self.up(mtu)
        return self

    def take(self, name, mtu=1500):
        """An interface of the middle; plx-testpmd has it open."""
        ip("link", "set", name, "netns", self.path)
        with self:
            ip("link", "set", name, "name", "lan", "txqueuelen", "10000")
        self.up(mtu)
        return self

    def up(self, mtu):
        with self:
            ip("link", "set", "lan", "mtu", str(mtu), "up")
            if not self.quiet:
                ip("address", "add", self.ip4 + "/24", "dev", "lan")
                ip("-6", "address", "add", self.ip6 + "/64", "dev", "lan", "nodad")
        return self

    def tool(self, *command, **how):
        with self:
            return tool(*command, **how)

    def counters(self):
        with self:
            return counters("lan")

    def stack(self):
        """What the stack counts, by nstat's names."""
        found = {}
        with self, open("/proc/thread-self/net/snmp") as f:
            lines = [line.split() for line in f]
        for names, values in zip(lines[::2], lines[1::2]):
            found.update((names[0][:-1] + name, int(n)) for name, n in zip(names[1:], values[1:]))
        with self, open("/proc/thread-self/net/snmp6") as f:
            found.update((name, int(n)) for name, n in (line.split() for line in f))
        return found

    def errors(self):
        """Counters of the stack that a bad frame would raise."""
        found = self.stack()
        return {name: found.get(name, 0) for name in ERRORS}

    def mac(self):
        with self:
            return bytes.fromhex(link("lan")["address"].replace(":", ""))


ERRORS = """IpInHdrErrors IpInTruncatedPkts IpReasmFails TcpInErrs TcpInCsumErrors UdpInErrors
    UdpInCsumErrors UdpRcvbufErrors IcmpInErrors IcmpInCsumErrors Ip6InHdrErrors
    Ip6InTruncatedPkts Udp6InErrors Udp6InCsumErrors Udp6RcvbufErrors Icmp6InErrors
    Icmp6InCsumErrors""".split()


# --- plx-testpmd, steered by its control socket -------------------------------------------------

class Testpmd:
    """plx-testpmd in the middle, forwarding when it is made; ended and checked by stop()."""
    made = 0

    def __init__(self, *ports, options=(), mode="io", wait=True, interactive=False):
        Testpmd.made += 1
        self.path = os.path.join(WORK, "control-%d-%d" % (os.getpid(), Testpmd.made))
        self.args = ["--control", self.path, "--json", "--forward-mode", mode, *options]
        for port in ports:
            self.args += ["--port", port]
        stdin = subprocess.DEVNULL
        if interactive:
            self.args += ["--interactive"]
            stdin = subprocess.PIPE
        self.wait, self.interactive = wait and not interactive, interactive
        self.socket = None
        self.p = runner.start(self.args, preexec_fn=die_with_us, stdin=stdin)
        try:
            self.connect()
            self.ask("show port summary all")  # it answers when ports are started
            if self.wait:
                until(lambda: self.try_("show fwd stats all"), "forwarding of " + short(self.args))
        except BaseException:
            self.kill()
            raise

    def connect(self):
        def connected():
            if self.p.poll() is not None:
                out, err = self.p.communicate()
                raise ValueError("%s: exit %d: %s" % (short(self.args), self.p.returncode,
                                                      err.decode().strip()))
            try:
                s = socket.socket(socket.AF_UNIX)
                s.settimeout(SLOW)
                s.connect(self.path)
                return s
            except OSError:
                s.close()
                return None
        self.socket = until(connected, "the control socket of " + short(self.args))
        self.answers = self.socket.makefile()

    def answer(self, command):
        try:
            self.socket.sendall(command.encode() + b"\n")
            line = self.answers.readline()
        except TimeoutError:
            raise Hang("%s does not answer %r" % (short(self.args), command)) from None
        if not line:
            raise ValueError("no answer to %r" % command)
        return json.loads(line)

    def try_(self, command):
        """The result of a command, or None."""
        found = self.answer(command)
        return found.get("result", {}) if found["ok"] else None

    def ask(self, command):
        found = self.answer(command)
        if not found["ok"]:
            raise ValueError("%r: %s" % (command, found["error"]["text"]))
        return found.get("result", {})

    def info(self, port=0):
        return self.ask("show port info %d" % port)["ports"][0]

    def stats(self, port=0):
        return self.ask("show port stats %d" % port)["ports"][0]

    def xstats(self, port=0):
        return self.ask("show port xstats %d" % port)["ports"][0]["xstats"]

    def wait_end(self, timeout=SLOW):
        """It ends by itself; the Result."""
        self.close_socket()
        return runner.finish(self.p, self.args, timeout)

    def stop(self, code=0, balance=True):
        """Stop it; the JSON it leaves, checked."""
        if self.interactive:
            self.socket.sendall(b"quit\n")
        else:
            self.p.send_signal(signal.SIGINT)
        r = self.wait_end()
        expect(code is None or r.rc == code, str(r))
        if self.interactive:
            return r
        result = runner.parse(r)
        if result is None or "ports" not in result:
            raise ValueError("%s: no result" % r)
        if balance:
            runner.check_keys(result, short(self.args))
            runner.check_balance(result, short(self.args))
        return result

    def close_socket(self):
        if self.socket:
            self.answers.close()
            self.socket.close()
        self.socket = None

    def kill(self):
        self.close_socket()
        runner.end(self.p)
        if os.path.exists(self.path):
            os.unlink(self.path)

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.kill()


# --- other programs in a host -------------------------------------------------------------------

@contextlib.contextmanager
def program(host, *command, ready=None, stop=signal.SIGINT, **how):
    """Run it meanwhile. @ready: what its standard error or output says when it is."""
    log = os.path.join(WORK, os.path.basename(command[0]) + ".log")
    how.setdefault("stdin", subprocess.DEVNULL)
    with host, open(log, "wb") as out:
        p = subprocess.Popen(command, stdout=out, stderr=out, preexec_fn=die_with_us,
                             start_new_session=True, **how)

    def said():
        with open(log, errors="replace") as f:
            text = f.read()
        if p.poll() is not None and ready and ready not in text:
            raise ValueError("%s: exit %s: %s" % (" ".join(command), p.returncode, text.strip()))
        return ready in text
    try:
        if ready:
            until(said, "%s to say %r" % (command[0], ready))
        yield p
    finally:
        if p.poll() is None:
            p.send_signal(stop)
        try:
            p.wait(SLOW)
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()


@contextlib.contextmanager
def capture(host, path, *filters, way="in"):
    """tcpdump on the host's interface; by default of what it receives."""
    with program(host, "tcpdump", "-i", "lan", "-Q", way, "-B", "65536", "-s", "0", "-Z", "root",
                 "--immediate-mode", "-U", "-w", path, *filters, ready="listening on") as p:
        yield p


class Wire:
    """A packet socket on a host's interface: sends and receives whole frames."""

    def __init__(self, host, name="lan"):
        with host:
            self.s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        self.s.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, 8 << 20)
        self.s.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        self.s.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        self.s.bind((name, ETH_P_ALL))

    def send(self, frame):
        self.s.send(frame)

    def receive(self, seconds=SLOW):
        """A frame with its VLAN tag in place, or None when none has come in time."""
        if not select.select([self.s], [], [], seconds)[0]:
            return None
        data, ancillary, _, _ = self.s.recvmsg(1 << 17, 256)
        for level, kind, aux in ancillary:
            if level != SOL_PACKET or kind != PACKET_AUXDATA:
                continue
            status, _, _, _, _, tci, tpid = struct.unpack("IIIHHHH", aux[:20])
            if status & 0x10:  # TP_STATUS_VLAN_VALID
                tpid = tpid if status & 0x40 else 0x8100
                data = data[:12] + struct.pack(">HH", tpid, tci) + data[12:]
        return data

    def drain(self):
        """What is there already."""
        found = []
        while True:
            frame = self.receive(0)
            if frame is None:
                return found
            found.append(frame)

    def close(self):
        self.s.close()

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.close()
