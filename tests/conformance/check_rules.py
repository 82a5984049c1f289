#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Has every rule of the DDI contract a test?

    usage: check_rules.py DIRECTORY

A test of rule MAP-7 is a function test_MAP_7_... in DIRECTORY/test_*.c that its program's table of
tests lists as RULE(...). Prints what is missing; exit 1 when something is.
"""
import pathlib
import re
import sys

# Area: number of rules, and those that need no test, with the reason.
RULES = {
    "DOM": (4, {}),
    "MAP": (19, {
        10: "what the caller must not do with pinned memory",
        16: "what hardware may add to permissions",
    }),
    "MIO": (17, {
        15: "what the caller must not do while a device is reset",
    }),
    "PIO": (12, {
        11: "a helper that there is not",
    }),
    "UNM": (7, {}),
    "TOK": (6, {}),
    "DEV": (6, {}),
    "G": (13, {
        1: "every assertion of every test asks for it",
        6: "a fact: which calls are for burst loops",
    }),
    "E": (3, {}),
    "MR": (13, {}),
    "SG": (4, {}),
    "SHM": (4, {4: "asynchronous allocation is not there yet"}),
}


def tests_in(directory):
    """(area, number) of every test that is defined and run; names that are defined only."""
    found, idle = set(), []
    for path in sorted(directory.glob("test_*.c")):
        text = path.read_text(encoding="utf-8")
        run = set(re.findall(r"\bRULE\((\w+)\)", text))
        for name in re.findall(r"^static void (test_\w+)\(void \*\*state\)", text, re.MULTILINE):
            if name not in run:
                idle.append(f"{path.name}: {name} is in no table of tests")
            elif match := re.match(r"test_([A-Z]+)_(\d+)_", name):
                found.add((match[1], int(match[2])))
    return found, idle


def main():
    found, complaints = tests_in(pathlib.Path(sys.argv[1]))
    for area, (count, exempt) in RULES.items():
        for number in range(1, count + 1):
            has = (area, number) in found
            if not has and number not in exempt:
                complaints.append(f"{area}-{number} has no test")
            if has and number in exempt:
                complaints.append(f"{area}-{number} has a test: it is no exception any more")
    for area, number in sorted(found):
        if area in RULES and number > RULES[area][0]:
            complaints.append(f"{area}-{number} is tested, but there is no such rule")
    for line in complaints:
        print("check_rules:", line, file=sys.stderr)
    if complaints:
        return 1
    total = sum(count - len(exempt) for count, exempt in RULES.values())
    print(f"ok: {total} rules, each with a test")
    return 0


if __name__ == "__main__":
    sys.exit(main())
