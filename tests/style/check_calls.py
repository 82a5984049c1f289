#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Do the functions that a chapter names exist, and call each other as it says?

    usage: check_calls.py ROOT CHAPTER...

`lib/io/maps.c:plx_map` names a function that is defined in that file of the repository. An arrow between two names, the
second perhaps without a file, says that the first function calls the second. A table whose first column is "DDI"
must have a row for each of the five, with a driver's function in it.
"""
import pathlib
import re
import sys

DDIS = ["NdisMMapIoSpace", "MmMapIoSpaceEx", "NdisMRegisterIoPortRange", "NdisMAllocateMapRegisters",
        "IOMMU_MAP_LOGICAL_RANGE_EX"]
NAME = r"`([\w/.-]+\.[ch]):(\w+)`"
CALL = NAME + r"\s+→\s+(?=`(?:[\w/.-]+\.[ch]:)?(\w+)`)"


def body(root, path, function):
    """The definition of a function in kernel style: from its name to a brace in the first column. None: there is none."""
    try:
        text = (root / path).read_text(encoding="utf-8")
    except OSError:
        return None
    found = re.search(rf"^\w[\w *]*\b{function}\([^;{{]*\)\n{{\n.*?^}}$", text, re.MULTILINE | re.DOTALL)
    return found and found[0].split("{", 1)[1]


def check_names(root, where, text):
    return [f"{where}: {path} does not define {function}()"
            for path, function in re.findall(NAME, text) if body(root, path, function) is None]


def check_arrows(root, where, text):
    calls = [(path, caller, callee, body(root, path, caller)) for path, caller, callee in re.findall(CALL, text)]
    return [f"{where}: {caller}() of {path} does not call {callee}()" for path, caller, callee, code in calls
            if code is not None and not re.search(rf"\b{callee}\(", code)]


def check_table(where, text):
    table = re.search(r"^\| DDI .*\n\|[-|]+\n((?:\|.*\n)+)", text, re.MULTILINE)
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*)$", table[1], re.MULTILINE)) if table else {}
    return [f"{where}: no driver's function for {ddi}" for ddi in DDIS
            if not re.search(r"`drivers/net/[\w/.-]+\.c:\w+`", rows.get(ddi, ""))]


def main():
    root, complaints = pathlib.Path(sys.argv[1]), []
    for chapter in map(pathlib.Path, sys.argv[2:]):
        text = chapter.read_text(encoding="utf-8")
        complaints += check_names(root, chapter.name, text) + check_arrows(root, chapter.name, text)
        complaints += check_table(chapter.name, text)
    for complaint in complaints:
        print("check_calls:", complaint, file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
