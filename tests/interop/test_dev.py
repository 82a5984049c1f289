#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""plx-dev: usage test_dev.py PLX_DEV DMA_LAB WORKDIR

On machines that are made up, as folders in the form of /sys, /proc and /dev, with a thread that
does what the kernel does when one writes there; and on this machine, where it only looks. Every
answer in JSON against docs/dev.schema.json. One line for each failure, a summary, exit status 1
when anything failed. TESTPMD_ONLY=REGEX runs some checks.
"""
import contextlib
import ctypes
import fcntl
import json
import os
import re
import resource
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
DMA_LAB = os.path.realpath(sys.argv[2]) if len(sys.argv) > 2 else ""
if len(sys.argv) > 3:
    del sys.argv[2]  # as the runner has it: PROGRAM WORKDIR
import schema
import test_testpmd as runner
from schema import check_schema
from test_testpmd import NOBODY, PROGRAM, WORK, Skip, expect, short

runner.CHECKS.clear()
runner.PREFIX = "plx-dev: "
check = runner.check

NIC, MATE, BRIDGE, DISK, VF = ("0000:03:00.0", "0000:03:00.1", "0000:00:1c.0", "0000:04:00.0",
                               "0000:03:10.0")
IS_ROOT = os.geteuid() == 0
DEFAULT4 = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n" \
    "%s\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
DEFAULT6 = "0" * 32 + " 00 " + "0" * 32 + " 00 " + "fe80" + "0" * 27 + "1" \
    " 00000400 00000001 00000000 %s %s\n"


# --- a machine that is made up ------------------------------------------------------------------

def config_space(caps=(), extended=(), size=256, pin=1):
    """@caps: (id, offset, bytes behind the pointer); @extended: (id, offset)."""
    b = bytearray(size)
    b[0:4] = struct.pack("<HH", 0x8086, 0x10d3)
    b[0x3d] = pin
    if caps:
        b[6] = 0x10
        b[0x34] = caps[0][1]
    for i, (number, at, rest) in enumerate(caps):
        if b[at]:
            break  # the list bites its tail
        b[at] = number
        b[at + 1] = caps[i + 1][1] if i + 1 < len(caps) else 0
        b[at + 2:at + 2 + len(rest)] = rest
    for i, (number, at) in enumerate(extended):
        if b[at]:
            break
        after = extended[i + 1][1] if i + 1 < len(extended) else 0
        b[at:at + 4] = struct.pack("<I", number | 1 << 16 | after << 20)
    return bytes(b)


CONFIG = config_space([(0x01, 0xc8, b""), (0x05, 0xd0, struct.pack("<H", 0x0082)),
                       (0x10, 0xe0, b""), (0x11, 0xa0, struct.pack("<H", 4))],
                      [(0x01, 0x100), (0x03, 0x140)], 4096)
BARS = ["0x00000000febc0000 0x00000000febdffff 0x0000000000040200",
        "0x00000000fea00000 0x00000000fea1ffff 0x000000000014220c",
        "0x0000000000000000 0x0000000000000000 0x0000000000000000",
        "0x000000000000c040 0x000000000000c05f 0x0000000000040101"] + \
    ["0x0000000000000000 0x0000000000000000 0x0000000000000000"] * 9


class Machine:
    """A folder with sys, proc, dev and lib."""

    def __init__(self, vfio=True):
        self.root = tempfile.mkdtemp(prefix="machine-", dir=WORK)
        os.chmod(self.root, 0o755)
        for path in ("sys/bus/pci/devices", "sys/bus/pci/drivers", "sys/class/net",
                     "sys/class/iommu", "sys/kernel/iommu_groups", "proc/net", "dev"):
            self.folder(path)
        self.file("sys/bus/pci/drivers_probe", "")
        self.file("proc/net/route", "")
        self.file("proc/sys/kernel/osrelease", "6.1.0-test\n")
        if vfio:
            self.driver("vfio-pci")
            self.folder("sys/class/vfio")
            self.file("dev/vfio/vfio", "")

    def path(self, path):
        return os.path.join(self.root, path)

    def folder(self, path):
        os.makedirs(self.path(path), exist_ok=True)

    def file(self, path, content, mode=None):
        self.folder(os.path.dirname(path))
        with open(self.path(path), "wb") as f:
            f.write(content if isinstance(content, bytes) else content.encode())
        if mode is not None:
            os.chmod(self.path(path), mode)

    def read(self, path):
        with open(self.path(path)) as f:
            return f.read()

    def link(self, target, path):
        """@target is below the root, too."""
        path = self.path(path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if os.path.lexists(path):
            os.unlink(path)
        os.symlink(os.path.relpath(self.path(target), os.path.dirname(path)), path)

    def driver(self, name):
        for file in ("bind", "unbind"):
            if not os.path.exists(self.path("sys/bus/pci/drivers/%s/%s" % (name, file))):
                self.file("sys/bus/pci/drivers/%s/%s" % (name, file), "")

    def function(self, address=NIC, driver="e1000e", group=14, net=None, cls=0x020000, node=0,
                 vendor=0x8086, device=0x10d3, config=CONFIG):
        at = "sys/bus/pci/devices/" + address
        for name, text in (("vendor", "0x%04x\n" % vendor), ("device", "0x%04x\n" % device),
                           ("class", "0x%06x\n" % cls), ("subsystem_vendor", "0x8086\n"),
                           ("subsystem_device", "0xa01f\n"), ("numa_node", "%d\n" % node),
                           ("resource", "\n".join(BARS) + "\n"), ("driver_override", "(null)\n"),
                           ("config", config)):
            self.file(at + "/" + name, text)
        if driver:
            self.driver(driver)
            self.link("sys/bus/pci/drivers/" + driver, at + "/driver")
        if group is not None:
            self.group(address, group)
            self.folder("sys/class/iommu/dmar0")
            self.link("sys/class/iommu/dmar0", at + "/iommu")
        if net:
            self.folder(at + "/net/" + net)
            self.link(at + "/net/" + net, "sys/class/net/" + net)
        if driver == "vfio-pci" and group is not None:
            self.file("dev/vfio/%d" % group, "")
        return self

    def group(self, address, number, reserved="0x00000000fee00000 0x00000000feefffff msi\n"):
        at = "sys/kernel/iommu_groups/%d" % number
        self.link("sys/bus/pci/devices/" + address, at + "/devices/" + address)
        self.file(at + "/reserved_regions", reserved)
        self.file(at + "/type", "DMA-FQ\n")
        self.link(at, "sys/bus/pci/devices/%s/iommu_group" % address)

    def bound(self, address=NIC):
        try:
            return os.path.basename(os.readlink(self.path(
                "sys/bus/pci/devices/%s/driver" % address)))
        except FileNotFoundError:
            return None

    def override(self, address=NIC):
        return self.read("sys/bus/pci/devices/%s/driver_override" % address).strip()

    def state(self):
        """All there is, without the nodes' times."""
        found = {}
        for where, folders, files in os.walk(self.path("sys")):
            for name in folders + files:
                path = os.path.join(where, name)
                if os.path.islink(path):
                    found[path] = os.readlink(path)
                elif os.path.isfile(path):
                    with open(path, "rb") as f:
                        found[path] = f.read()
        return found

    def run(self, *args, **how):
        return runner.run("--root", self.root, *args, **how)

    def ask(self, *args, code=0, **how):
        r = self.run(*args, "--json", **how)
        return answer(r, code)

    def bad(self, *args, words=(), **how):
        runner.bad("--root", self.root, *args, words=words, **how)
        check_schema(json.loads(self.run(*args, "--json", **how).out), short(args))


def answer(r, code=0):
    """The result of a command, checked."""
    expect(r.rc == code and not r.err, str(r))
    o = check_schema(json.loads(r.out), short(r.args))
    if not o.get("ok"):
        raise ValueError("%s: %s" % (r, r.out))
    return o["result"]


class Kernel(threading.Thread):
    """Does what the kernel does when somebody writes to bind, unbind and drivers_probe.

    @prefers: the driver that a function goes to without an override. @refuses: drivers that take
    nothing. self.log: what was written, as (file, text, driver_override).
    """

    def __init__(self, machine, prefers="e1000e", refuses=()):
        super().__init__(daemon=True)
        self.machine, self.prefers, self.refuses, self.log = machine, prefers, refuses, []
        self.files = {}
        drivers = os.listdir(machine.path("sys/bus/pci/drivers"))
        # In the order in which they must be looked at when several have been written to.
        for name in ["drivers/%s/unbind" % d for d in drivers] + \
                ["drivers/%s/bind" % d for d in drivers] + ["drivers_probe"]:
            path = machine.path("sys/bus/pci/" + name)
            os.unlink(path)
            os.mkfifo(path)
            self.files[os.open(path, os.O_RDWR | os.O_NONBLOCK)] = name
        self.stop = os.pipe()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *what):
        os.write(self.stop[1], b"x")
        self.join()
        for fd, name in self.files.items():
            os.close(fd)
            path = self.machine.path("sys/bus/pci/" + name)
            os.unlink(path)
            self.machine.file("sys/bus/pci/" + name, "")

    def run(self):
        while True:
            ready = select.select([*self.files, self.stop[0]], [], [])[0]
            for fd, name in self.files.items():
                if fd in ready:
                    for address in os.read(fd, 4096).decode().split():
                        self.write(name, address)
                    break  # look anew
            else:
                return

    def write(self, name, address):
        m = self.machine
        override = m.override(address)
        override = "" if override == "(null)" else override
        self.log.append((name, address, override))
        link = m.path("sys/bus/pci/devices/%s/driver" % address)
        parts = name.split("/")
        if parts[-1] == "unbind":
            if m.bound(address) == parts[1]:
                os.unlink(link)
            return
        driver = parts[1] if parts[-1] == "bind" else override or self.prefers
        if override and driver != override or driver in self.refuses or m.bound(address):
            return
        if driver:
            m.link("sys/bus/pci/drivers/" + driver, os.path.relpath(link, m.root))
        group = os.path.basename(os.readlink(m.path(
            "sys/bus/pci/devices/%s/iommu_group" % address)))
        if driver == "vfio-pci":
            m.file("dev/vfio/" + group, "")


def comes_back(m, driver="e1000e"):
    """The function has its driver again, as soon as the thread has come to it."""
    end = time.monotonic() + 10
    while m.bound() != driver and time.monotonic() < end:
        time.sleep(0.01)
    return m.bound() == driver


def as_nobody():
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)


def need_root():
    if not IS_ROOT:
        raise Skip("needs root")


def reachable_by_nobody():
    need_root()
    try:
        subprocess.run([PROGRAM, "--version"], preexec_fn=as_nobody, check=True,
                       stdout=subprocess.DEVNULL)
    except (OSError, subprocess.SubprocessError):
        raise Skip("another user cannot run what is built here") from None


# --- list ---------------------------------------------------------------------------------------

def first_obstacle(m, address=NIC, **how):
    for f in m.ask("list", **how)["functions"]:
        if f["address"] == address:
            return f["obstacles"][0] if f["obstacles"] else None
    raise ValueError("%s is not listed" % address)


@check
def list_names_what_is_in_the_way():
    for want, m in (("bound to e1000e", Machine().function()),
                    ("bound to no driver", Machine().function(driver=None)),
                    ("no IOMMU", Machine().function(group=None)),
                    (None, Machine().function(driver="vfio-pci")),
                    ("group 14 shared with 0000:03:00.1 (e1000e)",
                     Machine().function(driver="vfio-pci").function(MATE))):
        expect(first_obstacle(m) == want, "%r instead of %r" % (first_obstacle(m), want))
        text = m.run("list").out
        expect((want or "nothing") in text, "the table has no %r: %r" % (want, text))


@check
def pollux_drivers():
    """By list, show, doctor and bind: of a card that has one, of one that has none, of a disk."""
    m = Machine().function().function(MATE, device=0x150e, net="lan1", group=15)
    m.function(DISK, "nvme", group=16, cls=0x010802, device=0x0a54)
    want = {NIC: "e1000", MATE: None, DISK: None}
    found = {f["address"]: f["pollux_driver"] for f in m.ask("list", "--all")["functions"]}
    expect(found == want, found)
    for address, name in want.items():
        expect(m.ask("show", address)["pollux_driver"] == name, address)
    text = m.run("list").out
    expect(text.count(" none ") == 1 and text.count("af_packet") == 1, text)
    expect("af_packet" in m.run("show", MATE).out, "show says nothing of af_packet")
    expect("af_packet" not in m.run("show", DISK).out, "af_packet for a disk")
    expect("af_packet" not in Machine().function().run("list").out, "af_packet for a known card")
    with Kernel(m):
        text = m.run("bind", NIC, MATE, "--dry-run").out
        expect("testpmd" not in text and "no driver" not in text, text)
        text = m.run("bind", NIC, MATE).out
        expect("%s is ready: plx-testpmd --port %s\n" % (NIC, NIC) in text, text)
        expect("no driver for " + MATE in text and text.count("testpmd") == 1, text)
        expect("testpmd" not in m.run("unbind", NIC, MATE).out, "unbind offers it, too")


@check
def doctor_counts_cards_that_pollux_drives():
    def cards(m):
        found = m.ask("doctor")
        return next(c for c in found["checks"] if c["name"] == "cards")
    one = cards(Machine().function(driver="vfio-pci").function(MATE, "vfio-pci", device=0x150e))
    expect(one["verdict"] == "ok" and "1 of 2" in one["text"] and NIC + " (e1000)" in one["text"], one)
    one = cards(Machine().function(driver="vfio-pci", device=0x150e).function(
        MATE, device=0x150e, group=15, net="lan1"))
    expect(one["verdict"] == "note" and "0 of 2" in one["text"] and "iface=lan1" in one["fix"], one)
    m = Machine()
    for i in range(16):  # more than a line has room for
        m.function("0000:%02x:00.0" % i, "vfio-pci", vendor=0x10ec, device=0x8139, group=i)
    one = cards(m)
    expect("16 of 16" in one["text"] and one["text"].endswith("(rtl8139)"), one)


@check
def list_knows_default_routes():
    for route, name in (("proc/net/route", DEFAULT4 % "lan0"),
                        ("proc/net/ipv6_route", DEFAULT6 % ("00000003", "lan0"))):
        m = Machine().function(net="lan0")
        m.file(route, name)
        expect(first_obstacle(m) == "has the default route", first_obstacle(m))
    # Not a route: it says that there is none.
    m = Machine().function(net="lan0")
    m.file("proc/net/ipv6_route", DEFAULT6 % ("00200200", "lan0"))
    expect(first_obstacle(m) == "bound to e1000e", first_obstacle(m))
    # Through a VLAN on a bond.
    m.file("proc/net/route", DEFAULT4 % "vlan7")
    m.folder("sys/class/net/lan0/upper_bond0")
    m.folder("sys/class/net/bond0/upper_vlan7")
    expect(first_obstacle(m) == "has the default route", first_obstacle(m))
    # Uppers in a circle.
    m.file("proc/net/route", DEFAULT4 % "else0")
    m.folder("sys/class/net/bond0/upper_lan0")
    expect(first_obstacle(m) == "bound to e1000e", first_obstacle(m))


@check
def list_tells_nics_from_the_rest():
    m = Machine().function().function(DISK, "nvme", 15, cls=0x010802).function(VF, "vfio-pci", 16)
    m.link("sys/bus/pci/devices/" + NIC, "sys/bus/pci/devices/%s/physfn" % VF)
    found = m.ask("list")
    expect([f["address"] for f in found["functions"]] == [NIC, VF], found)
    expect(found["functions"][1]["vf_of"] == NIC, found)
    expect(found["usable"] == 1, found)
    expect(found["problems"] == [], found)
    expect([f["address"] for f in m.ask("list", "--all")["functions"]] == [NIC, VF, DISK], "--all")
    f = found["functions"][0]
    expect((f["vendor"], f["device"], f["class"], f["driver"], f["group"], f["node"], f["iommu"])
           == ("8086", "10d3", "020000", "e1000e", 14, 0, "dmar0"), f)
    expect("82574L" in f["name"] or f["name"] == "8086:10d3", f["name"])


@check
def list_finds_interfaces_of_virtio():
    m = Machine().function(driver="virtio-pci", vendor=0x1af4, device=0x1041)
    m.folder("sys/bus/pci/devices/%s/virtio2/net/ens3" % NIC)
    expect(m.ask("list")["functions"][0]["interfaces"] == ["ens3"], m.ask("list"))


def lacks_everything(m, **how):
    r = m.run("list", **how)
    expect(r.rc == 0 and "no PCI network controller" in r.out, r.out)
    for what in ("IOMMU", "VFIO", "vfio-pci", "/dev/iommu"):
        expect(any(what in line and ": " in line for line in r.out.splitlines()[1:]),
               "%s is not among what is missing: %r" % (what, r.out))
    found = m.ask("list", **how)
    expect(len(found["problems"]) >= 4 and all(p["fix"] for p in found["problems"]), found)


@check
def list_says_what_the_machine_lacks():
    m = Machine(vfio=False)
    lacks_everything(m)
    shutil.rmtree(m.path("sys/bus"))
    found = m.ask("list")
    expect(found["functions"] == [], "a machine without PCI: %r" % found)


@check
def list_says_so_to_ordinary_users():
    m = Machine(vfio=False)
    reachable_by_nobody()
    lacks_everything(m, preexec_fn=as_nobody)


@check
def list_survives_odd_sysfs():
    for name, text in (("vendor", "8086\n"), ("class", "\n"), ("resource", "x\n"),
                       ("vendor", b"\xff\xfe\x00\x1b[2J"), ("numa_node", "99999999999\n")):
        m = Machine().function().function(MATE, group=15)
        m.file("sys/bus/pci/devices/%s/%s" % (NIC, name), text)
        found = m.ask("list")["functions"]
        expect([f["address"] for f in found] == [NIC, MATE], "%s %r: %r" % (name, text, found))
        expect(found[0]["obstacles"] and found[0]["name"] is None, found)
        m.bad("show", NIC, words=[NIC, name])
    m = Machine().function()
    evil = "e\x1b[31m\nx"
    m.driver(evil)
    m.link("sys/bus/pci/drivers/" + evil, "sys/bus/pci/devices/%s/driver" % NIC)
    m.folder("sys/bus/pci/devices/%s/net/\x1bnet" % NIC)
    for command in (["list"], ["show", NIC]):
        r = m.run(*command)
        expect(r.rc == 0 and all(c == "\n" or c.isprintable() for c in r.out), repr(r.out))
        m.ask(*command)
    m.folder("sys/bus/pci/devices/nonsense")
    expect(len(m.ask("list", "--all")["functions"]) == 1, "a folder that is no function")


@check
def list_names_who_has_it_open():
    m = Machine().function(driver="vfio-pci")
    m.folder("proc/4711/fd")
    m.file("proc/4711/comm", "guest\x1b\n")
    os.symlink("/dev/vfio/14", m.path("proc/4711/fd/9"))
    expect(first_obstacle(m) == "in use by guest? (4711)", first_obstacle(m))
    expect(m.ask("show", NIC)["holder"] == {"pid": 4711, "name": "guest?"}, m.ask("show", NIC))
    m.bad("unbind", NIC, words=[NIC, "guest", "4711"])


@check
def list_knows_rights():
    reachable_by_nobody()
    m = Machine().function(driver="vfio-pci")
    os.chmod(m.path("dev/vfio/vfio"), 0o666)
    os.chmod(m.path("dev/vfio/14"), 0o600)
    expect(first_obstacle(m, preexec_fn=as_nobody) == "/dev/vfio/14 may not be opened by this user",
           first_obstacle(m, preexec_fn=as_nobody))
    os.chown(m.path("dev/vfio/14"), NOBODY, -1)
    expect(first_obstacle(m, preexec_fn=as_nobody) is None, "a node of its own")
    os.unlink(m.path("dev/vfio/14"))
    expect(first_obstacle(m) == "/dev/vfio/14 is missing", first_obstacle(m))


# --- show ---------------------------------------------------------------------------------------

@check
def show_tells_all():
    m = Machine().function(driver="vfio-pci").function(MATE).function(BRIDGE, "pcieport",
                                                                      cls=0x060400)
    at = "sys/bus/pci/devices/%s/" % NIC
    m.file(at + "reset_method", "flr bus\n")
    m.file(at + "sriov_totalvfs", "8\n")
    m.file(at + "sriov_numvfs", "1\n")
    m.link("sys/bus/pci/devices/" + VF, at + "virtfn0")
    for address in (NIC, "3:0.0", "03:00.0", "0000:03:00.0"):
        f = m.ask("show", address)
        expect(f["address"] == NIC, f["address"])
    expect([(b["bar"], b["type"], b["size"], b["prefetchable"]) for b in f["bars"]] ==
           [("0", "memory 32", 131072, False), ("1", "memory 64", 131072, True),
            ("3", "I/O ports", 32, False)], f["bars"])
    expect(f["reset_methods"] == "flr bus", f)
    expect(f["sriov"] == {"max": 8, "now": 1, "functions": [VF]}, f["sriov"])
    expect(f["interrupts"] == {"pin": "INTA", "msi": 2, "msix": 5}, f["interrupts"])
    expect([c["name"] for c in f["capabilities"]] ==
           ["power management", "MSI", "PCI Express", "MSI-X", "AER", "serial number"],
           f["capabilities"])
    expect(f["capabilities_complete"], "complete")
    group = f["group"]
    expect((group["number"], group["type"], group["noiommu"]) == (14, "DMA-FQ", False), group)
    expect({(g["address"], g["driver"], g["in_the_way"]) for g in group["members"]} ==
           {(NIC, "vfio-pci", False), (MATE, "e1000e", True), (BRIDGE, "pcieport", False)}, group)
    expect(group["reserved"] == [{"first": "0xfee00000", "last": "0xfeefffff", "type": "msi"}], group)
    text = m.run("show", NIC).out
    for word in (NIC, "INTA", "MSI-X 5", "flr bus", "0xfebc0000", "DMA-FQ", MATE, "msi"):
        expect(word in text, "no %r in %r" % (word, text))


@check
def show_walks_bad_lists_of_capabilities():
    pm = (0x01, 0x40, b"")
    for what, config, names in (
            ("itself", config_space([(0x01, 0x40, b""), (0x05, 0x40, b"")]), None),
            ("into the header", config_space([pm, (0x05, 0x50, b"")])[:0x41] + b"\x10" +
             bytes(0xbe), ["power management"]),
            ("a circle", bytes(bytearray(config_space([pm, (0x11, 0x50, b""), pm]))), None),
            ("of PCI Express in a circle",
             config_space([pm], [(1, 0x100), (3, 0x140), (1, 0x100)], 4096), None),
            ("cut off", config_space([pm])[:64], []),
            ("all ones", b"\xff" * 256, []),
            ("empty", b"", [])):
        m = Machine().function(config=config)
        f = m.ask("show", NIC)
        expect(not f["capabilities_complete"], "%s: complete" % what)
        found = [c["name"] for c in f["capabilities"]]
        expect(len(found) <= 4 and (names is None or found == names), "%s: %r" % (what, found))


@check
def show_of_what_is_not_there():
    m = Machine().function()
    m.bad("show", "0000:09:00.0", words=["0000:09:00.0", "list"])
    f = Machine().function(group=None, driver=None).ask("show", NIC)
    expect(f["group"] is None and f["driver"] is None and f["holder"] is None, f)


# --- bind and unbind ----------------------------------------------------------------------------

def device(address, file):
    return "sys/bus/pci/devices/%s/%s" % (address, file)


def steps_of(m, result):
    return [(s["what"], s["text"], os.path.relpath(s["path"], m.root)) for s in result["steps"]]


@check
def bind_and_unbind():
    m = Machine().function()
    with Kernel(m) as kernel:
        found = m.ask("bind", "3:0.0")
        expect(m.bound() == "vfio-pci" and m.override() == "vfio-pci", m.bound())
        expect(kernel.log == [("drivers/e1000e/unbind", NIC, "vfio-pci"),
                              ("drivers_probe", NIC, "vfio-pci")], kernel.log)
        expect(steps_of(m, found) ==
               [("write", "vfio-pci", device(NIC, "driver_override")),
                ("write", NIC, device(NIC, "driver/unbind")),
                ("write", NIC, "sys/bus/pci/drivers_probe")], found["steps"])
        expect(found["functions"] == [{"address": NIC, "from": "e1000e", "to": "vfio-pci",
                                       "group": 14, "mate_of": None,
                                       "pollux_driver": "e1000"}], found)
        kernel.log.clear()
        r = m.run("bind", NIC)
        expect(r.rc == 0 and "already" in r.out and not kernel.log, str(r) + r.out)
        found = m.ask("unbind", NIC)
        expect(m.bound() == "e1000e" and m.override() == "", (m.bound(), m.override()))
        expect(kernel.log == [("drivers/vfio-pci/unbind", NIC, ""), ("drivers_probe", NIC, "")],
               kernel.log)
        expect(found["functions"][0]["to"] == "e1000e", found)
        m.bad("unbind", NIC, words=[NIC, "e1000e"])


@check
def bind_without_a_driver_before():
    m = Machine().function(driver=None)
    with Kernel(m, prefers="") as kernel:
        m.ask("bind", NIC)
        expect(m.bound() == "vfio-pci" and len(kernel.log) == 1, kernel.log)
        found = m.ask("unbind", NIC)
        expect(m.bound() is None and found["functions"][0]["to"] is None, found)


@check
def bind_takes_the_group_but_no_bridge():
    m = Machine().function().function(MATE).function(BRIDGE, "shpchp", cls=0x060400)
    m.function("0000:03:00.2", None)
    with Kernel(m):
        found = m.ask("bind", NIC)
        expect([(f["address"], f["mate_of"]) for f in found["functions"]] ==
               [(NIC, None), (MATE, NIC)], found)
        expect((m.bound(), m.bound(MATE), m.bound(BRIDGE), m.bound("0000:03:00.2")) ==
               ("vfio-pci", "vfio-pci", "shpchp", None), "who is bound")
        m.ask("unbind", NIC, MATE)
        expect(m.bound() == m.bound(MATE) == "e1000e", "unbound")
        text = m.run("bind", MATE, NIC, MATE).out
        expect(text.count("e1000e -> vfio-pci") == 2 and "shares" not in text, text)
        m.ask("unbind", NIC)
        text = m.run("bind", MATE).out
        expect("%s: e1000e -> vfio-pci, since it shares IOMMU group 14 with %s" % (NIC, MATE) in
               text and "already" in text, text)


@check
def bind_dry_run_writes_nothing():
    m = Machine().function().function(MATE)
    before = m.state()
    for args in (["bind", NIC], ["bind", NIC, "--user", "root"]):
        found = m.ask(*args, "--dry-run")
        expect(found["dry_run"] and len([s for s in found["steps"] if s["what"] == "write"]) == 6,
               found)
        expect(m.state() == before, "%s wrote something" % args)
    text = m.run("bind", NIC, "--dry-run").out
    expect("driver_override" in text and "drivers_probe" in text, text)
    m = Machine().function(driver="vfio-pci")
    before = m.state()
    m.ask("unbind", NIC, "--dry-run")
    expect(m.state() == before, "unbind wrote something")


@check
def bind_undoes_what_it_did():
    # The second function is refused: the first gets its driver back, and its override.
    m = Machine().function().function(DISK, "nvme", 15, cls=0x010802)
    m.file(device(NIC, "driver_override"), "e1000e\n")
    os.unlink(m.path(device(DISK, "driver_override")))
    m.folder(device(DISK, "driver_override"))
    with Kernel(m) as kernel:
        r = m.run("bind", NIC, DISK)
        expect(r.rc == 1 and DISK in r.err and "everything is as it was" in r.err, str(r))
        expect(comes_back(m) and m.override() == "e1000e", (m.bound(), m.override()))
        expect(m.bound(DISK) == "nvme", m.bound(DISK))
        expect(kernel.log == [("drivers/e1000e/unbind", NIC, "vfio-pci"),
                              ("drivers_probe", NIC, "vfio-pci"),
                              ("drivers/vfio-pci/unbind", NIC, "e1000e"),
                              ("drivers/e1000e/bind", NIC, "e1000e")], kernel.log)
    # vfio-pci does not take it.
    m = Machine().function()
    with Kernel(m, refuses=("vfio-pci",)):
        for how in ([], ["--json"]):
            r = m.run("bind", NIC, *how)
            for words in (NIC, "vfio-pci", "dmesg", "everything is as it was"):
                expect(r.rc == 1 and words in r.err, str(r))
            expect(comes_back(m) and m.override() == "", (m.bound(), m.override()))
        check_schema(json.loads(r.out), "bind that is undone")
    # ... and then the old driver does not, either.
    m = Machine().function()
    with Kernel(m, refuses=("vfio-pci", "e1000e")):
        os.unlink(m.path("sys/bus/pci/drivers/e1000e/bind"))
        os.mkdir(m.path("sys/bus/pci/drivers/e1000e/bind"))
        r = m.run("bind", NIC)
        expect(r.rc == 1 and "could not all be undone" in r.err, str(r))
        os.rmdir(m.path("sys/bus/pci/drivers/e1000e/bind"))
        m.file("sys/bus/pci/drivers/e1000e/bind", "")


@check
def bind_refuses():
    m = Machine().function(net="lan0")
    m.file("proc/net/route", DEFAULT4 % "lan0")
    before = m.state()
    m.bad("bind", NIC, words=[NIC, "lan0", "default route", "--force"])
    m.bad("bind", MATE, words=[MATE])
    m.function(MATE)
    m.bad("bind", MATE, words=[NIC, MATE, "default route"])
    shutil.rmtree(m.path("sys/bus/pci/devices/" + MATE))
    os.unlink(m.path("sys/kernel/iommu_groups/14/devices/" + MATE))
    expect(m.state().keys() <= before.keys() | m.state().keys(), "state")
    with Kernel(m):
        m.ask("bind", NIC, "--force")
        expect(m.bound() == "vfio-pci", "--force")
    m = Machine().function(group=None)
    m.bad("bind", NIC, words=[NIC, "IOMMU", "doctor"])
    m = Machine().function()
    m.group(NIC, 14, "0x000000007d000000 0x000000007f7fffff direct\n")
    m.bad("bind", NIC, words=[NIC, "firmware", "1:1"])
    m = Machine(vfio=False).function()
    m.bad("bind", NIC, words=["vfio-pci", "modprobe", "doctor"])
    Machine().function().bad("bind", NIC, "--user", "no such user", words=["no such user"])


@check
def bind_gives_the_node_away():
    need_root()
    m = Machine().function()
    with Kernel(m):
        found = m.ask("bind", NIC, "--user", str(NOBODY))
        st = os.stat(m.path("dev/vfio/14"))
        expect(st.st_uid == NOBODY and st.st_gid == 0, st)
        expect(steps_of(m, found)[-1] == ("chown", str(NOBODY), "dev/vfio/14"), found["steps"])
        m.ask("bind", NIC, "--user", "root")  # also where it is bound already
        expect(os.stat(m.path("dev/vfio/14")).st_uid == 0, "root")
    # A link is not followed.
    m = Machine().function(driver="vfio-pci")
    victim = m.path("victim")
    m.file("victim", "")
    os.unlink(m.path("dev/vfio/14"))
    os.symlink(victim, m.path("dev/vfio/14"))
    m.run("bind", NIC, "--user", str(NOBODY))
    expect(os.stat(victim).st_uid == 0, "the file behind a link was given away")
    # The device's node, too.
    m = Machine().function(driver="vfio-pci")
    m.folder(device(NIC, "vfio-dev/vfio3"))
    m.file("dev/vfio/devices/vfio3", "")
    m.ask("bind", NIC, "--user", str(NOBODY))
    expect(os.stat(m.path("dev/vfio/devices/vfio3")).st_uid == NOBODY, "vfio3")
    expect(m.ask("show", NIC)["device_node"] == "/dev/vfio/devices/vfio3", "show")
    # No node: what was done is undone.
    m = Machine().function()
    with Kernel(m) as kernel:
        kernel.machine.file("dev/vfio/14", "")
        real = m.file
        m.file = lambda path, *rest: None if path == "dev/vfio/14" else real(path, *rest)
        os.unlink(m.path("dev/vfio/14"))
        r = m.run("bind", NIC, "--user", "root")
        m.file = real
        expect(r.rc == 1 and "everything is as it was" in r.err, str(r))
        expect(comes_back(m), m.bound())


@check
def bind_as_an_ordinary_user():
    reachable_by_nobody()
    m = Machine().function()
    before = m.state()
    m.bad("bind", NIC, words=["driver_override", "root"], preexec_fn=as_nobody)
    m = Machine().function(driver="vfio-pci")
    m.bad("unbind", NIC, words=["driver_override", "root"], preexec_fn=as_nobody)
    expect(len(m.state()) and before, "state")
    m.ask("list", preexec_fn=as_nobody)
    m.ask("show", NIC, preexec_fn=as_nobody)


# --- doctor -------------------------------------------------------------------------------------

def verdicts(found):
    return {c["name"]: c["verdict"] for c in found["checks"]}


@check
def doctor_is_content():
    m = Machine().function(driver="vfio-pci")
    m.file("sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "64\n")
    m.file("sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "60\n")
    m.file("dev/iommu", "")
    m.file("sys/kernel/security/lockdown", "[none] integrity confidentiality\n")
    m.file("proc/self/status", "CapEff:\t000001ffffffffff\n")
    found = m.ask("doctor")
    expect(found["usable"] and set(verdicts(found).values()) == {"ok"}, found)
    expect(all(c["fix"] is None for c in found["checks"]), found)


@check
def doctor_finds_each_thing():
    """One thing is wrong; what the check says then, and its fix."""
    def no_iommu(m):
        shutil.rmtree(m.path("sys/kernel/iommu_groups"))

    def firmware(m):
        no_iommu(m)
        m.file("sys/firmware/acpi/tables/DMAR", "")

    def noiommu(m):
        no_iommu(m)
        m.file("sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "Y\n")

    def no_vfio(m):
        shutil.rmtree(m.path("sys/class/vfio"))
        os.unlink(m.path("dev/vfio/vfio"))

    def module(m):
        shutil.rmtree(m.path("sys/bus/pci/drivers/vfio-pci"))
        m.file("lib/modules/6.1.0-test/modules.dep",
               "kernel/drivers/vfio/pci/vfio-pci.ko: kernel/drivers/vfio/vfio.ko\n")

    def no_module(m):
        shutil.rmtree(m.path("sys/bus/pci/drivers/vfio-pci"))

    def lockdown(m):
        m.file("sys/kernel/security/lockdown", "none [integrity] confidentiality\n")

    def unsafe(m):
        m.file("sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "Y\n")

    def taken(m):
        m.file("sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "64\n")
        m.file("sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "0\n")

    for spoil, name, verdict, words in (
            (no_iommu, "iommu", "problem", "VT-d"), (firmware, "iommu", "problem", "intel_iommu=on"),
            (noiommu, "iommu", "note", "unsafe"), (no_vfio, "vfio", "problem", "CONFIG_VFIO"),
            (no_vfio, "nodes", "problem", "/dev/vfio"),
            (module, "vfio-pci", "problem", "modprobe vfio-pci"),
            (no_module, "vfio-pci", "problem", "6.1.0-test"),
            (lockdown, "lockdown", "note", "locked down"),
            (unsafe, "interrupts", "note", "allow_unsafe_interrupts"),
            (taken, "hugepages", "note", "sysctl vm.nr_hugepages=128"),
            (lambda m: None, "iommufd", "note", "type1")):
        m = Machine().function(driver="vfio-pci")
        spoil(m)
        code = 1 if verdict == "problem" else 0
        found = m.ask("doctor", code=code)
        one = next(c for c in found["checks"] if c["name"] == name)
        expect(one["verdict"] == verdict and words in one["text"] + (one["fix"] or ""),
               "%s: %r" % (spoil.__name__, one))
        expect(found["usable"] == (not code), found)
        text = m.run("doctor").out
        expect(one["text"] in text and (one["fix"] or "") in text, text)


@check
def doctor_knows_rights_and_limits():
    reachable_by_nobody()
    m = Machine().function(driver="vfio-pci")
    os.chmod(m.path("dev/vfio/vfio"), 0o666)
    os.chmod(m.path("dev/vfio/14"), 0o600)
    found = m.ask("doctor", code=1, preexec_fn=as_nobody)
    one = next(c for c in found["checks"] if c["name"] == "rights")
    expect(one["verdict"] == "problem" and "plx-dev bind %s --user" % NIC in one["fix"], one)
    os.chown(m.path("dev/vfio/14"), NOBODY, -1)

    def limited(bytes_):
        def go():
            resource.setrlimit(resource.RLIMIT_MEMLOCK, (bytes_, bytes_))
            as_nobody()
        return go
    for bytes_, verdict in ((65536, "problem"), (8 << 20, "note"), (512 << 20, "ok")):
        hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)[1]
        if hard != resource.RLIM_INFINITY and bytes_ > hard:
            continue  # not even root may raise it everywhere
        found = m.ask("doctor", code=int(verdict == "problem"), preexec_fn=limited(bytes_))
        expect(verdicts(found)["memlock"] == verdict, (bytes_, verdicts(found)))


@check
def this_machine():
    """Whatever it is: an answer that the schema knows, as root and as anybody."""
    ways = [{}] + ([{"preexec_fn": as_nobody}] if IS_ROOT else [])
    if IS_ROOT:
        try:
            reachable_by_nobody()
        except Skip:
            ways.pop()
    for how in ways:
        for args in (["list"], ["list", "--all"], ["dma"]):
            answer(runner.run(*args, "--json", **how))
        r = runner.run("doctor", "--json", **how)
        found = answer(r, r.rc)
        expect(r.rc == (0 if found["usable"] else 1), str(r))
        for f in answer(runner.run("list", "--all", "--json", **how))["functions"]:
            answer(runner.run("show", f["address"], "--json", **how))


# --- dma ----------------------------------------------------------------------------------------

OWNERS = ["program", "ring", "pool rx", "map registers", "eight by",
          "39 bytes are what fits in here, no more", "longer than what fits in here, so it is",
          "two?lines"]


@contextlib.contextmanager
def lab(what, **how):
    p = subprocess.Popen([DMA_LAB, what], stdin=subprocess.PIPE, stdout=subprocess.PIPE, **how)
    try:
        expect(p.stdout.readline() == b"ready\n", "dma_lab %s is not ready" % what)
        yield p
    finally:
        p.stdin.close()
        try:
            expect(p.wait(10) in (0, -signal.SIGKILL), "dma_lab ended with %s" % p.returncode)
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()
        p.stdout.close()


def domains_of(pid, *args, **how):
    found = answer(runner.run("dma", *args, "--json", **how))
    return [d for d in found["domains"] if d["process"]["pid"] == pid]


def expected_range(i):
    size = (i % 16 + 1) * 4096
    first = 0x10000000 + i * 0x100000
    return {"first": hex(first), "last": hex(first + size - 1), "length": size,
            "permission": ("read", "write", "read, write")[i % 3], "owner": OWNERS[i % 8]}


TOKEN = {"first": "0x7001000", "last": "0x7001fff", "length": 4096, "permission": "read",
         "owner": "a token's"}


@check
def dma_of_a_program():
    with lab("few") as p:
        domain, = domains_of(p.pid)
        expect(domain["devices"] == [NIC, "sim:dummy,id=5"], domain["devices"])
        expect(domain["process"]["name"] == "dma_lab" and domain["backend"] == "sim", domain)
        expect(domain["ranges"] == [TOKEN] + [expected_range(i) for i in range(8) if i != 3],
               domain["ranges"])
        expect(domain["missing"] == domain["odd"] == 0 and not domain["everything"], domain)
        text = runner.run("dma", "sim:dummy,id=5").out
        for word in ("sim:dummy,id=5", "dma_lab", str(p.pid), "eight by", "read, write",
                     "0x10100000"):
            expect(word in text, "no %r in %r" % (word, text))
        expect(domains_of(p.pid, "sim:dummy,id=6") == [], "another device")
        p.send_signal(signal.SIGKILL)
        p.wait()
        expect(domains_of(p.pid) == [], "the program is dead")


@check
def dma_of_a_device():
    """Opened as programs do it: sim:dummy, over its own IOMMU and over the kernel in memory."""
    for backend in ("sim", "type1", "iommufd"):
        with lab(backend) as p:
            found = domains_of(p.pid, "sim:dummy,id=9")
            if not expect(len(found) == 1, "%s: %d domains" % (backend, len(found))):
                continue
            expect(found[0]["devices"] == ["sim:dummy,id=9"] and found[0]["backend"] == backend,
                   found)
            ranges = found[0]["ranges"]
            queue = [r for r in ranges if r["owner"] == "queue memory"]
            expect(len(queue) == 1 and queue[0]["permission"] == "read, write", ranges)
            expect([r for r in ranges if r not in queue] == [expected_range(i) for i in range(1, 8)],
                   "%s: %r" % (backend, ranges))


@check
def dma_by_group():
    with lab("few") as p:
        m = Machine().function(driver="vfio-pci").function(MATE, "vfio-pci")
        m.function(DISK, "vfio-pci", 15)
        os.rmdir(m.path("proc/net")) if not os.listdir(m.path("proc/net")) else None
        shutil.rmtree(m.path("proc"))
        os.symlink("/proc", m.path("proc"))
        for address, n in ((NIC, 1), (MATE, 1), (DISK, 0)):
            found = [d for d in m.ask("dma", address)["domains"] if d["process"]["pid"] == p.pid]
            expect(len(found) == n, "%s: %d domains" % (address, len(found)))
        m.bad("dma", "0000:0a:00.0", words=["0000:0a:00.0"])


@check
def dma_of_many_and_of_none():
    with lab("many") as p:
        domain, = domains_of(p.pid)
        expect(domain["ranges"] == [TOKEN] + [expected_range(i) for i in range(3000) if i != 3],
               "%d ranges" % len(domain["ranges"]))
    with lab("passing") as p:
        expect(domains_of(p.pid) == [], "no device is left in it")
        expect(not [l for l in os.listdir("/proc/%d/fd" % p.pid) if "pollux-dma" in
                    os.readlink("/proc/%d/fd/%s" % (p.pid, l))], "a ledger without devices")
    # No room for the ledger: the program works all the same.
    with lab("few", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))) as p:
        expect(domains_of(p.pid) == [], "a ledger beyond the limit")
    # ... or not for all of it.
    with lab("many", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE,
                                                           (8192, 8192))) as p:
        domain, = domains_of(p.pid)
        # Two pages: a head, two devices, 125 ranges, one of which was unmapped again.
        expect(len(domain["ranges"]) == 124 and domain["missing"] == 3000 - 124,
               "%d ranges, %d missing" % (len(domain["ranges"]), domain["missing"]))


@check
def dma_while_everything_changes():
    whole = {json.dumps(expected_range(i)) for i in range(500)}
    with lab("churn") as p:
        seen = 0
        for _ in range(15):
            for domain in domains_of(p.pid):
                torn = [r for r in domain["ranges"] if json.dumps(r) not in whole]
                expect(not torn, "torn: %r" % torn[:2])
                seen += len(domain["ranges"])
        expect(seen, "nothing was ever seen")


@check
def dma_of_other_users():
    reachable_by_nobody()
    with lab("few") as p:
        found = answer(runner.run("dma", "--json", preexec_fn=as_nobody))
        expect(not [d for d in found["domains"] if d["process"]["pid"] == p.pid], found)
        expect(found["denied"] > 0, found)
        expect("root" in runner.run("dma", preexec_fn=as_nobody).out, "a hint")


libc = ctypes.CDLL(None, use_errno=True)
MAGIC = 0x414d44584c505631


def head(used, magic=MAGIC, kind=2, backend=5, missing=0, name=b"domain 1"):
    return struct.pack("<QIHHQ40s", magic, used, kind, backend, missing, name)


def record(kind=2, perms=3, iova=0x1000, size=0x1000, text=b"evil", sequence=2):
    return struct.pack("<IHHQQ40s", sequence, kind, perms, iova, size, text)


@contextlib.contextmanager
def forged(content, size=None, name="pollux-dma:forged"):
    fd = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(fd, content)
    if size is not None:
        os.truncate(fd, size)
    try:
        yield fd
    finally:
        os.close(fd)


@check
def dma_trusts_nobody():
    translate = 0  # PLX_DOMAIN_TRANSLATE's number is learnt from what the library writes
    with lab("few") as p:
        for fd in os.listdir("/proc/%d/fd" % p.pid):
            path = "/proc/%d/fd/%s" % (p.pid, fd)
            if "pollux-dma" in os.readlink(path):
                with open(path, "rb") as f:
                    raw = f.read()
                magic, used, translate, backend = struct.unpack("<QIHH", raw[:16])
                expect(magic == MAGIC and used == 12 and backend == 5, raw[:64])
                try:
                    fd = os.open(path, os.O_RDWR)
                    try:
                        os.pwrite(fd, b"x", 64)
                        expect(False, "the ledger can be written to by others")
                    except OSError:
                        pass
                    try:
                        os.ftruncate(fd, 0)
                        expect(False, "the ledger can be cut off by others")
                    except OSError:
                        pass
                    os.close(fd)
                except OSError:
                    pass
    me = os.getpid()
    dev = record(kind=1, text=b"sim:x", iova=7)

    def good(n, **how):
        return head(n, kind=translate, **how)
    for what, content, size, n, odd in (
            ("no head", b"", None, None, None),
            ("half a head", good(1)[:40], None, None, None),
            ("another magic", head(2, magic=MAGIC + 1) + dev, None, None, None),
            ("used 0", good(0) + dev, None, None, None),
            ("more used than there are", good(3) + dev, None, None, None),
            ("far more", good(0xffffffff) + dev, None, None, None),
            ("another type", head(2, kind=77) + dev, None, None, None),
            ("another backend", good(2, backend=99) + dev, None, None, None),
            ("a good one", good(3) + dev + record(), None, 1, 0),
            ("no permission", good(3) + dev + record(perms=0), None, 0, 1),
            ("odd permission", good(3) + dev + record(perms=7), None, 0, 1),
            ("size 0", good(3) + dev + record(size=0), None, 0, 1),
            ("beyond 64 bits", good(3) + dev + record(iova=2**64 - 4096, size=8192), None, 0, 1),
            ("to the end of 64 bits", good(3) + dev + record(iova=2**64 - 4096), None, 1, 0),
            ("huge", good(3) + dev + record(size=2**63), None, 0, 1),
            ("another kind", good(3) + dev + record(kind=9), None, 0, 1),
            ("always changing", good(3) + dev + record(sequence=1), None, 0, 1),
            ("a device without a name", good(3) + dev + record(kind=1, text=b""), None, 0, 1),
            ("text without end", good(3) + dev + record(text=b"a" * 40), None, 1, 0),
            ("codes for terminals", good(3) + dev + record(text=b"\x1b[2J\xff\n"), None, 1, 0),
            ("huge file", good(1 << 20) + dev + record(), 64 << 20, 1, 0),
            ("missing beyond belief", good(2, missing=2**64 - 1) + dev, None, 0, 0)):
        with forged(content, size):
            r = runner.run("dma")
            expect(r.rc == 0 and all(c == "\n" or c.isprintable() for c in r.out), what)
            found = answer(runner.run("dma", "--json"))
            mine = [d for d in found["domains"] if d["process"]["pid"] == me]
            if n is None:
                expect(not mine and found["odd_files"] >= 1, "%s: %r" % (what, mine))
            elif expect(len(mine) == 1, "%s: %d domains" % (what, len(mine))):
                expect((len(mine[0]["ranges"]), mine[0]["odd"]) == (n, odd),
                       "%s: %r" % (what, mine[0]))
    # Files that only have the name.
    path = os.path.join(WORK, "memfd:pollux-dma:x")
    with open(path, "wb") as f:
        f.write(good(2) + dev)
        f.flush()
        expect(not domains_of(me), "a file that is no memfd")


@check
def dma_lists_a_file_once():
    """The child of fork(2) has it, too."""
    code = """
import os, struct, sys, time
fd = os.memfd_create("pollux-dma:twice", os.MFD_ALLOW_SEALING)
os.write(fd, bytes.fromhex(sys.argv[1]))
if os.fork() == 0:
    time.sleep(60)
print("ready", flush=True)
sys.stdin.read()
"""
    content = head(2, kind=0) + record(kind=1, text=b"sim:twice")
    p = subprocess.Popen([sys.executable, "-c", code, content.hex()], stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, start_new_session=True)
    try:
        p.stdout.readline()
        found = answer(runner.run("dma", "sim:twice", "--json"))["domains"]
        expect(len(found) == 1, "%d times" % len(found))
    finally:
        os.killpg(p.pid, signal.SIGKILL)
        p.communicate()


# --- the command line ---------------------------------------------------------------------------

@check
def bad_arguments():
    m = Machine().function()
    for args, words in (
            ([], ["list"]), (["frob"], ["frob"]), (["--frob"], ["--frob"]), (["-x"], ["-x"]),
            (["list", "x"], ["list", "x"]), (["list", "--user", "root"], ["--user", "list"]),
            (["list", "--dry-run"], ["--dry-run"]), (["list", "--force"], ["--force"]),
            (["show"], ["show", "0000:03:00.0"]), (["show", NIC, NIC], ["show"]),
            (["show", "x"], ["x"]), (["show", ""], ["address"]), (["show", "0000:03:00.8"], ["8"]),
            (["show", "0000:03:20.0"], ["20"]), (["show", "../../etc"], ["etc"]),
            (["show", "0000:03:00.0/../x"], ["x"]), (["show", "0000:03:00.0 "], ["03:00.0"]),
            (["show", "-1:0.0"], ["-1"]), (["show", "1" * 300], ["11"]),
            (["show", "\x1b[2J"], ["address"]), (["show", "--all", NIC], ["--all"]),
            (["bind"], ["bind"]), (["bind", "x"], ["x"]), (["bind", NIC, "x"], ["x"]),
            (["bind", NIC, "--all"], ["--all"]), (["bind", NIC, "--user="], ["--user"]),
            (["bind", NIC, "--force=yes"], ["--force"]), (["bind", *[NIC] * 40], ["32"]),
            (["unbind"], ["unbind"]), (["unbind", NIC, "--force"], ["--force"]),
            (["unbind", NIC, "--user", "root"], ["--user"]), (["doctor", NIC], ["doctor"]),
            (["dma", NIC, NIC], ["dma"]), (["dma", "x"], ["x"]),
            (["dma", "sim:" + "x" * 99], ["39"]), (["list", "--completion", "fish"], ["bash"])):
        m.bad(*args, words=words)
        r = m.run(*args)
        expect(r.rc == 2 or (r.rc == 1 and args[:1] == ["show"]), str(r))
    r = m.run("bind", NIC, "--user")
    expect(r.rc == 2 and "--user needs a value" in r.err, str(r))
    runner.bad("--root", "/nonexistent", "list", words=["/nonexistent"])
    runner.bad("--root", PROGRAM, "list", words=["--root"])
    runner.bad("--root", "/" + "x" * 5000, "list", words=["--root"])


@check
def help_and_completion():
    r = runner.run("--help")
    expect(r.rc == 0 and not r.err and "--root" not in r.out, str(r))
    for word in ("list", "show ADDR", "bind ADDR...", "unbind", "doctor", "dma", "--dry-run"):
        expect(word in r.out, "--help has no %s" % word)
    expect(re.fullmatch(r"plx-dev \d+\.\d+\.\d+\n", runner.run("--version").out), "--version")
    man = runner.run("--man").out
    expect(".Dt PLX-DEV 1" in man and "Fl Fl root Ar DIR" in man, "--man")
    script = runner.run("--completion", "bash").out
    tests = (("plx-dev bi", "bind"), ("plx-dev bind --dr", "--dry-run"), ("plx-dev --jso", "--json"))
    for line, want in tests:
        words = line.split()
        done = subprocess.run(
            ["bash", "-euc", script + 'COMP_LINE=$1 COMP_POINT=${#1}; shift; COMP_WORDS=("$@"); '
             'COMP_CWORD=$(($# - 1)); _plx_dev; echo "${COMPREPLY[*]}"', "bash", line, *words],
            capture_output=True, text=True)
        expect(done.stdout.strip() == want, "%r: %r" % (line, done))
    expect("#compdef plx-dev" in runner.run("--completion", "zsh").out, "zsh")


@check
def broken_output():
    for args in (["list"], ["doctor"], ["list", "--json"], ["--help"]):
        with open("/dev/full", "wb") as full:
            r = runner.run(*args, stdout=full)
        expect(r.rc == 1 and "standard output" in r.err, str(r))


@check
def the_schema_refuses_what_is_wrong():
    if not schema.validator:
        raise Skip("no python3-jsonschema")
    for o in ({}, {"version": 1}, {"version": 1, "command": "list", "ok": True},
              {"version": 1, "command": "list", "ok": True, "result": {}},
              {"version": 2, "command": "doctor", "ok": True,
               "result": {"checks": [], "usable": True}}):
        expect(not schema.validator.is_valid(o), "the schema takes %r" % o)
    for path in schema.undescribed(schema.validator.schema):
        expect(False, "%s has no description" % path)


def main():
    if len(sys.argv) != 3 or not os.access(PROGRAM, os.X_OK):
        sys.exit(__doc__)
    shutil.rmtree(WORK, ignore_errors=True)
    os.makedirs(WORK)
    os.umask(0o022)
    os.environ.pop("NO_COLOR", None)
    schema.load("dev.schema.json")
    try:
        return runner.run_checks()
    finally:
        shutil.rmtree(WORK, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
