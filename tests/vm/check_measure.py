#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""usage: check_measure.py WORK

What measure makes of the guests' results, without booting any: a check that never fails would be worth nothing.
"""
import json
import os
import shutil
import subprocess
import sys

MEASURE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "measure")
WORK = os.path.abspath(sys.argv[1])
n = 0


def check(name, ok, said=""):
    global n
    n += 1
    print("%sok %d - %s" % ("" if ok else "not ", n, name))
    if not ok:
        print("# " + str(said).replace("\n", "\n# "))


def case(name, ours, rival, must=None, aim=None):
    sides = {side: {"median": median, "min": median, "version": "1.2.3"}
             for side, median in (("ours", ours), ("rival", rival))}
    return {"name": name, "ratio": ours / rival if ours and rival else None, "must": must, "aim": aim, **sides}


def guest(name, cases):
    """What a boot leaves: plx-bench's JSON between other lines."""
    folder = os.path.join(WORK, name)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "results"), "w", encoding="utf-8") as file:
        file.write("# a remark\n%s\ndone\n" % json.dumps({"cases": cases}, indent=2))


def results(ours, rival=256, tick=1.0000025, device="e1000e"):
    """One mode has @ours and @rival instructions, the others reach their aim."""
    shutil.rmtree(WORK, ignore_errors=True)
    counts = {"io": (ours, rival), "txonly": (50, 250), "macswap": (60, 270)}
    guest(device + "-icount", [case("nic-tick", tick, None)] +
          [case("nic-" + mode, *counts[mode], 0.40, 0.25) for mode in counts])
    guest(device + "-speed", [case("nic-%s-time" % mode, 5000, 4000) for mode in counts])


def measure(*args, device="e1000e"):
    run = subprocess.run([MEASURE, "nowhere", "--again", "--work", WORK, "--device", device, "--check", *args],
                         capture_output=True, text=True, check=False)
    return run.returncode, run.stdout, run.stderr


def line(table, mode):
    return next((text.split() for text in table.splitlines() if text.split()[2:3] == [mode]), [])


def main():
    results(60)
    status, table, _ = measure()
    check("all is well", status == 0, table)
    check("a line of the table", line(table, "io") ==
          "e1000e 82574L io 60.0 256.0 0.234 0.40 0.25 reaches aim 200 250".split(), table)
    results(100)
    status, table, _ = measure()
    check("between must and aim", status == 0 and "good" in line(table, "io"), table)
    results(103)
    status, table, _ = measure()
    check("a missed must", status == 1 and "misses must" in table, table)
    results(103, None)
    status, table, _ = measure()
    check("no rival, no verdict", status == 2 and "not measured" in table, table)
    results(None, None)
    status, table, _ = measure()
    check("ours failed", status == 2 and "not measured" in table, table)
    for tick, why in (1.01, "a counter that does more"), (0.35, "one that does less"), (None, "none"):
        results(60, tick=tick)
        status, _, error = measure()
        check("not instructions: " + why, status == 2 and "does not count instructions" in error, error)
    results(300, None, device="rtl8139")
    status, table, _ = measure(device="rtl8139")
    check("a device that DPDK has no driver for", status == 0 and line(table, "io")[3:5] == ["300.0", "-"], table)
    results(60)
    status, text, _ = measure("--json", "-")
    first = json.loads(text)["results"][0]
    check("JSON", status == 0 and first["instructions"] == {"ours": 60, "rival": 256} and first["must"] == 0.4 and
          first["pps"] == {"ours": 2e5, "rival": 2.5e5} and first["verdict"] == "reaches aim", text)
    shutil.rmtree(os.path.join(WORK, "e1000e-icount"))
    status, _, error = measure()
    check("a guest that broke", status == 2 and "no results from the guest" in error, error)
    print("1..%d" % n)


main()
