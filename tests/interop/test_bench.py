#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""plx-bench from outside: usage test_bench.py PLX_BENCH WORKDIR

What it lists, what it writes, how it refuses. Stand-ins for plx-testpmd and dpdk-testpmd crash,
hang or talk nonsense. Nothing here looks at how fast anything is.
"""
import html.parser
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

BENCH, WORK = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
CASES = {"fwd-null-io": (0.14, 0.08), "fwd-null-rxonly": (0.20, 0.10),
         "fwd-null-txonly": (0.15, 0.08), "fwd-null-macswap": (0.22, 0.12),
         "fwd-pcap-csum": (0.45, 0.30), "ring-spsc-bulk32": (0.60, 0.30),
         "ring-mpmc-bulk32": (0.80, 0.50), "pool-cycle-1024": (0.25, 0.12),
         "startup": (0.05, 0.02), "rss": (0.35, 0.15), "insns-null-io": None}
CASES.update({"kernel-%s-%s-%s%s" % (driver, mode, size, suffix): (1.0, 0.67)
              for driver in ("af_packet", "tap") for mode in ("rx", "tx", "io")
              for size in (64, 1500) for suffix in ("", "-time")})
for backend in "type1", "iommufd":
    for size in "4k", "2m", "1g":
        CASES["iommu-%s-%s" % (backend, size)] = (600, 500)
        CASES["iommu-%s-%s-time" % (backend, size)] = None
    CASES["iommu-%s-growth" % backend] = (1.5, 1.2)
    CASES["iommu-%s-burst32" % backend] = CASES["iommu-%s-window" % backend] = None
CASES.update(dict.fromkeys(["iommu-alloc-none", "iommu-alloc-buddy", "iommu-alloc-flex",
                            "iommu-open-sim", "iommu-open-type1", "iommu-open-iommufd",
                            "nic-tick"]))
for mode in "io", "txonly", "macswap":
    CASES.update({"nic-" + mode: (0.40, 0.25), "nic-%s-time" % mode: None})


def path(name):
    return os.path.join(WORK, name)


def bench(*args, status=0, env=None):
    """Run it; it must leave nothing in its TMPDIR."""
    temp = path("tmp")
    os.makedirs(temp, exist_ok=True)
    run = subprocess.run([BENCH, *args], capture_output=True, text=True, timeout=300,
                         env={**os.environ, "TMPDIR": temp, **(env or {})})
    assert run.returncode == status, (args, run)
    assert not os.listdir(temp), (args, os.listdir(temp))
    assert "\033" not in run.stdout + run.stderr, "colours, and no terminal"
    return run


def refused(*args, says, status=2):
    run = bench(*args, status=status)
    assert len(run.stderr.splitlines()) == 1, run.stderr
    assert run.stderr.startswith("plx-bench: ") and says in run.stderr, run.stderr
    return run


def program(name, text):
    """A stand-in, written to the work directory."""
    with open(path(name), "w") as f:
        f.write("#!/bin/sh\n" + text)
    os.chmod(path(name), 0o755)
    return path(name)


def test_list():
    out = bench("--list").stdout
    assert re.findall(r"^([\w-]+) \(", out, re.M) == list(CASES), out
    for kind, needs in ("kernel", "root"), ("nic", "two NICs"):
        on_demand = re.findall(r"^([\w-]+) \(.*\) \[on demand: needs %s" % needs, out, re.M)
        assert on_demand == [name for name in CASES if name.startswith(kind)], out
    for name, target in CASES.items():
        line, = re.findall(r"^%s \(.*" % name, out, re.M)
        what = re.search(r"; (ratio|ours) must be <= ([\d.]+), aim ([\d.]+)", line)
        assert bool(what) == bool(target), line
        if target:
            assert (float(what[2]), float(what[3])) == target, line
            assert (what[1] == "ours") == (target[0] > 2), line
    assert "against DPDK" not in out and "(us, 11 rounds)" in out, out


def test_completion():
    for shell, word in ("bash", "complete -F"), ("zsh", "#compdef plx-bench"):
        script = bench("--completion", shell).stdout
        assert word in script and "--filter" in script, script
    refused("--completion", "fish", says="for bash or zsh")


def test_help_and_man():
    assert "--filter REGEX" in bench("--help").stdout
    page = bench("--man").stdout
    assert ".Sh EXIT STATUS" in page
    assert "the ratio must be at most 0.14, and the aim is 0.08" in page
    assert "ours must be at most 600, and the aim is 500" in page
    assert re.fullmatch(r"plx-bench [\d.]+\n", bench("--version").stdout)


def test_bad_options():
    refused("--filter", "(", says="no regular expression")
    refused("--filter", "nothing-like-this", says="no case")
    refused("--rounds", "0", says="--rounds 0")
    refused("--duration", "0", says="not a number of seconds")
    refused("--no-such-option", says="no option")
    refused("word", says="no option")
    refused("--filter", says="needs a value")
    refused("--nic", "03:00.0", says="two NICs are measured together, not 1")


def test_bad_files():
    refused("--json", path("no/such/directory"), says="cannot be written")
    refused("--report", path("no/such/directory"), says="cannot be written")
    quick = ("--filter", "pool", "--rounds", "1")
    for option in "--json", "--report":
        run = bench(*quick, option, "/dev/full", status=2)
        assert "cannot be written to /dev/full: No space left" in run.stderr, run.stderr
    with open("/dev/full", "w") as full:
        run = subprocess.run([BENCH, "--list"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert run.returncode == 2 and "No space left" in run.stderr, run


def failed(*args, name, says):
    """One line names the case, and the table has it."""
    run = refused(*args, status=1, says=says)
    assert run.stderr.startswith("plx-bench: %s failed: " % name), run.stderr
    assert re.search("^%s .* failed$" % name, run.stdout, re.M), run.stdout


def test_bad_programs():
    case = ("--filter", "^startup$", "--rounds", "1")
    failed(*case, "--testpmd", path("none"), name="startup", says="no program that can be run")
    failed(*case, "--testpmd", program("crash", "kill -SEGV $$\n"),
           name="startup", says="signal 11")
    failed(*case, "--testpmd", program("fails", "echo it hurts >&2; exit 3\n"),
           name="startup", says='status 3; it last said "it hurts"')
    failed(*case, "--testpmd", program("empty", "exit 0\n"),
           name="startup", says="moved no packets")
    failed(*case, "--testpmd", program("odd", "echo '{\"cycles_per_packet\": []}'\n"),
           name="startup", says="moved no packets")
    with open(path("garbage"), "w") as f:
        f.write("\0\1\2")
    os.chmod(path("garbage"), 0o755)
    failed(*case, "--testpmd", path("garbage"), name="startup", says="cannot be run")


# As plx-testpmd says it, fit for every case but those that look at the process itself.
OURS = """echo '{"cycles_per_packet": 10.5, "first_packet_s": 1e12,
               "ports": [{"rx_packets": 64, "tx_packets": 64}]}'\n"""
RIVAL = """for word in "$@"; do case $word in --forward-mode=*) mode=${word#*=} ;; esac; done
echo "EAL: RTE Version: 'DPDK 1.2.3'"
echo "$mode packet forwarding - ports=2"
read line
echo "  CPU cycles/packet=42.00 (total cycles=4200 / total $mode packets=100) at 1 MHz Clock"\n"""


def stand_ins(*args, status=0, rival=RIVAL):
    name = path("out.json")
    bench("--testpmd", program("ours", OURS), "--dpdk-testpmd", program("rival", rival),
          "--duration", "0.05", "--rounds", "3", "--json", name, *args, status=status)
    with open(name) as f:
        return json.load(f)


def test_two_programs():
    """What the two programs say is read right, and divided."""
    result = stand_ins("--filter", "^fwd")
    assert len(result["cases"]) == 5
    for case in result["cases"]:
        assert case["ours"] == {"median": 10.5, "min": 10.5, "max": 10.5, "rounds": 3}, case
        assert case["rival"] == {"name": "dpdk-testpmd", "version": "1.2.3", "median": 42,
                                 "min": 42, "max": 42, "rounds": 3}, case
        assert case["ratio"] == 0.25, case


def test_check():
    stand_ins("--filter", "csum", "--check")  # 0.25 where 0.45 must be
    stand_ins("--filter", "^fwd-null", "--check", status=1)
    run = bench("--testpmd", path("ours"), "--filter", "^fwd-null-io$", "--rounds", "1",
                "--check", "--json", "-", status=2, env={"PATH": "/nowhere"})
    assert "cannot be checked: dpdk-testpmd is not installed" in run.stderr, run.stderr
    case, = json.loads(run.stdout)["cases"]
    assert case["ratio"] is None and case["rival"]["median"] is None, case
    assert case["ours"]["median"] == 10.5 and "absent" in case["rival"], case


def test_bad_rival():
    args = ("--testpmd", path("ours"), "--rounds", "1", "--filter", "^fwd-null-io$")
    failed(*args, "--dpdk-testpmd", program("dies", "echo no memory; exit 1\n"),
           name="fwd-null-io", says='it last said "no memory"')
    failed(*args, "--dpdk-testpmd",
            program("mute", 'echo "io packet forwarding - ports=2"; read line\n'),
            name="fwd-null-io", says="did not say how many cycles")
    failed(*args, "--dpdk-testpmd", path("none"),
           name="fwd-null-io", says="no program that can be run")


def test_failed_case():
    """One case that fails is named, and takes no other's result with it."""
    name = path("out.json")
    run = bench("--testpmd", program("some", 'case $* in *csum*) exit 3 ;; esac\n' + OURS),
                "--dpdk-testpmd", program("rival", RIVAL), "--duration", "0.05", "--rounds", "2",
                "--filter", "^fwd", "--json", name, status=1)
    assert run.stderr.startswith("plx-bench: fwd-pcap-csum failed: some ended"), run.stderr
    assert len(re.findall("^fwd-null-.* 0.250 ", run.stdout, re.M)) == 4, run.stdout
    assert re.search("^fwd-pcap-csum .* failed$", run.stdout, re.M), run.stdout
    with open(name) as f:
        cases = json.load(f)["cases"]
    assert [case["name"] for case in cases if "failed" in case] == ["fwd-pcap-csum"], cases
    assert [case["ratio"] for case in cases] == [0.25] * 4 + [None], cases


# They take commands. What they were started with goes to a file.
OURS_NICS = """echo "$*" >"%s"; while read line; do
case $line in
"show config fwd" | "start tx_first" | start) echo '{"command":"'$line'","ok":true}' ;;
stop) echo '{"command":"stop","ok":true,"result":{"cycles_per_packet": 10.5, "first_packet_s": 1,
            "duration_s": 0.5, "ports": [{"rx_packets": 500, "tx_packets": 1000}]}}' | tr -d '\n'; echo ;;
quit) exit 0 ;;
esac; done\n"""
RIVAL_NICS = """echo "$*" >"%s"; %s
printf 'testpmd> '
while read line; do
case $line in
start*) echo "$mode packet forwarding - ports=2" ;;
stop) echo "  CPU cycles/packet=42.00 (total cycles=1 / total $mode packets=100) at 1 MHz Clock" ;;
quit) exit 0 ;;
esac; done\n"""


def test_nics():
    """Both sides have the two NICs, and begin with frames of their own where some must come from."""
    ours = program("ours-nics", OURS_NICS % path("ours-args"))
    rival = program("rival-nics", RIVAL_NICS % (path("rival-args"), RIVAL.splitlines()[0]))
    programs = ("--testpmd", ours, "--dpdk-testpmd", rival, "--duration", "0.05", "--rounds", "1")
    nics = ("--nic", "0000:03:00.0", "--nic", "0000:04:00.0")
    out = path("out.json")
    bench(*programs, *nics, "--filter", "^nic-(tick|macswap|txonly-time)$", "--json", out, "--check")
    with open(out) as f:
        cases = {case["name"]: case for case in json.load(f)["cases"]}
    assert cases["nic-macswap"]["ratio"] == 0.25, cases
    assert cases["nic-txonly-time"]["ours"]["median"] == 5e5, cases  # 0.5 s for 1,000 packets
    assert cases["nic-txonly-time"]["rival"]["median"] > 5e5, cases  # 0.05 s for 100
    assert cases["nic-tick"]["ours"]["median"] > 0.01, cases
    for name, words in ("ours-args", ["--port 0000:03:00.0 --port 0000:04:00.0", "--interactive"]), \
                       ("rival-args", ["--allow=0000:03:00.0 --allow=0000:04:00.0", "--interactive"]):
        with open(path(name)) as f:
            args = f.read()
        assert all(word in args for word in words) and "--no-pci" not in args, args
    run = bench(*programs, "--filter", "^nic-io$")
    assert "nic-io is left out: it takes two NICs that are connected" in run.stderr, run.stderr


def interfaces():
    return [name for name in os.listdir("/sys/class/net") if name.startswith("plxb")]


def no_lab():
    """Why there can be no kernel cases at all; they may still be left out one by one."""
    if len(os.sched_getaffinity(0)) < 2:
        return "one CPU"
    probe = ["unshare", "-n", "ip", "link"]
    if os.geteuid() or subprocess.run(probe, capture_output=True).returncode:
        return "no root, no network namespaces or no ip(8)"
    return None if os.access("/dev/net/tun", os.W_OK) else "no /dev/net/tun"


def test_kernel():
    """Real traffic where that is allowed; where it is not the cases are left out with a reason."""
    if len(os.sched_getaffinity(0)) < 2:
        print("SKIP: one CPU")
        return
    name = path("out.json")
    run = subprocess.run([BENCH, "--filter", "^kernel-(af_packet-rx|tap-io)-64", "--rounds", "1",
                          "--duration", "0.2", "--json", name], capture_output=True, text=True,
                         timeout=120, env={**os.environ, "TMPDIR": path("tmp")})
    assert not interfaces() and not os.listdir(path("tmp"))
    assert run.returncode == 0, run
    with open(name) as f:
        cases = {case["name"]: case for case in json.load(f)["cases"]}
    assert len(cases) == 4, cases
    assert no_lab() or all(case["ours"]["rounds"] == 1 for case in cases.values()), cases
    for case in cases.values():
        if case["ours"]["median"] is None:
            assert "%s is left out: " % case["name"] in run.stderr and case["ours"]["absent"]
            assert case["rival"]["median"] is None and case["ratio"] is None, case
            print("SKIP %s: %s" % (case["name"], case["ours"]["absent"]))
        else:
            assert 1 < case["ours"]["median"] < 1e9, case


def test_kernel_without_rights():
    if len(os.sched_getaffinity(0)) < 2:
        print("SKIP: one CPU")
        return
    if os.geteuid():
        command, says = [], "it needs root"
    elif shutil.which("setpriv"):
        command, says = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"], "no network namesp"
    else:
        print("SKIP: there is no setpriv")
        return
    run = subprocess.run([*command, BENCH, "--filter", "^(kernel-tap-tx|pool)", "--rounds", "1"],
                         capture_output=True, text=True, timeout=120,
                         env={**os.environ, "TMPDIR": path("tmp")})
    assert run.returncode == 0, run
    assert run.stderr.count(" is left out: " + says) == 4, run
    assert re.search(r"^pool-cycle-1024 .*[1-9]", run.stdout, re.M), run


def test_kernel_trouble():
    """No interface is left behind where the program is missing, or hangs and we are interrupted."""
    if no_lab():
        print("SKIP:", no_lab())
        return
    args = ("--rounds", "1", "--filter", "^kernel-tap-tx-64$")
    failed(*args, "--testpmd", path("none"), name="kernel-tap-tx-64", says="no program that can be")
    assert not interfaces()
    hang = program("hang", 'echo > "%s"; exec sleep 600\n' % path("begun"))
    if os.path.exists(path("begun")):
        os.unlink(path("begun"))
    run = subprocess.Popen([BENCH, "--testpmd", hang, *args], text=True, stdout=subprocess.DEVNULL,
                           stderr=subprocess.PIPE, env={**os.environ, "TMPDIR": path("tmp")})
    while not os.path.exists(path("begun")) and run.poll() is None:
        time.sleep(0.01)
    run.send_signal(signal.SIGINT)
    _, error = run.communicate(timeout=60)
    assert run.returncode == 2 and error == "plx-bench: interrupted\n", error
    assert not interfaces() and not os.listdir(path("tmp"))


def test_iommu():
    """Both sides are there, none of them DPDK; one case has no rival at all."""
    name, page = path("iommu.json"), path("iommu.html")
    run = bench("--filter", "^iommu-(type1-4k-time|iommufd-2m-time|open|alloc-flex)", "--rounds", "1",
                "--json", name, "--report", page)
    with open(name) as f:
        cases = {case["name"]: case for case in json.load(f)["cases"]}
    assert len(cases) == 6, cases
    for case in cases.values():
        assert case["ours"]["median"] > 0 and case["rival"]["version"] is None, case
        assert case["must"] is None and case["judged"] == "ratio", case
    alone = cases.pop("iommu-open-sim")
    assert alone["rival"]["name"] is None and alone["rival"]["median"] is None, alone
    assert "absent" not in alone["rival"] and alone["ratio"] is None, alone
    for case in cases.values():
        assert case["rival"]["name"] and case["ratio"] > 0, case
    assert "iommu-open-sim" not in run.stderr and not run.stderr, run.stderr
    with open(page) as f:
        assert "iommu-open-sim" in f.read()


def sanitized():
    with open(BENCH, "rb") as f:
        return re.search(b"__[at]san_init", f.read())


def test_iommu_instructions():
    """Exact, so the same each time, and what is judged is ours, not the ratio."""
    if sanitized() or not shutil.which("valgrind"):
        print("SKIP: no valgrind, or a sanitizer that does not go with it")
        return
    name = path("iommu.json")
    runs = []
    for _ in range(2):
        bench("--filter", "^iommu-type1-4k$", "--json", name)
        with open(name) as f:
            case, = json.load(f)["cases"]
        runs.append((case["ours"]["median"], case["rival"]["median"]))
        assert (case["must"], case["aim"], case["judged"]) == (600, 500, "ours"), case
    assert runs[0] == runs[1] and 10 < runs[0][1] < runs[0][0], runs
    run = subprocess.run([BENCH, "--filter", "^iommu-type1-4k$", "--check"], text=True,
                         capture_output=True, timeout=300)
    assert run.returncode == (runs[0][0] > 600), run


def test_interrupted():
    """A program that hangs ends with us, and what it started too."""
    hang = program("hang", 'sleep 600 & echo $! > "%s"; wait\n' % path("pid"))
    if os.path.exists(path("pid")):
        os.unlink(path("pid"))
    run = subprocess.Popen([BENCH, "--testpmd", hang, "--filter", "^fwd-pcap"], text=True,
                           stderr=subprocess.PIPE, env={**os.environ, "TMPDIR": path("tmp")})
    deadline = time.monotonic() + 60
    while not (os.path.exists(path("pid")) and os.path.getsize(path("pid"))):
        assert time.monotonic() < deadline and run.poll() is None
        time.sleep(0.01)
    run.send_signal(signal.SIGTERM)
    _, error = run.communicate(timeout=60)
    assert run.returncode == 2 and error == "plx-bench: interrupted\n", error
    assert not os.listdir(path("tmp"))
    with open(path("pid")) as f:
        pid = int(f.read())
    while os.path.exists("/proc/%d/exe" % pid) and alive(pid):
        assert time.monotonic() < deadline, "sleep is still there"
        time.sleep(0.01)


def alive(pid):
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


class Page(html.parser.HTMLParser):
    """Collects what a page would load, and whether its elements nest."""
    VOID = {"meta", "br", "hr", "img", "link", "input"}

    def __init__(self):
        super().__init__()
        self.open, self.loads, self.tags = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.loads += [value for name, value in attrs
                       if name in ("src", "href", "xlink:href", "data", "srcset", "action")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (tag, self.open)
        self.open.pop()


def test_real_run():
    """Our pool, and DPDK's where it is built in: the shape of what is written."""
    page, name = path("out.html"), path("pool.json")
    run = bench("--filter", "pool-cycle", "--rounds", "1", "--json", name, "--report", page)
    assert re.search(r"^pool-cycle-1024 ", run.stdout, re.M), run.stdout
    with open(name) as f:
        result = json.load(f)
    case, = result["cases"]
    assert set(case) == {"name", "unit", "ours", "rival", "ratio", "must", "aim", "judged"}, case
    assert case["judged"] == "ratio"
    assert (case["must"], case["aim"]) == CASES[case["name"]]
    assert case["ours"]["rounds"] == 1 and case["ours"]["median"] > 0
    rival = case["rival"]
    if rival["median"] is None:
        assert case["ratio"] is None and rival["rounds"] == 0 and rival["absent"]
    else:
        assert abs(case["ratio"] - case["ours"]["median"] / rival["median"]) < 1e-6
        assert re.match(r"\d+\.\d+", rival["version"])
    for key in "cpu", "cores", "kernel", "hugepages", "compiler", "commit":
        assert result["machine"][key] not in (None, ""), key
    with open(page) as f:
        text = f.read()
    parser = Page()
    parser.feed(text)
    assert not parser.open and not parser.loads, (parser.open, parser.loads)
    assert parser.tags.count("svg") == 2 and "pool-cycle-1024" in text
    assert not re.search(r"https?:|//|@import|url\(|nan|inf\b", text), "the page needs the world"


for test_name, test in list(globals().items()):
    if test_name.startswith("test_"):
        test()
        print("ok", test_name)
