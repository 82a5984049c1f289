#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""usage: modules.py TREE OUT NAME...

Copies kernel modules and those that they depend on from TREE (lib/modules/RELEASE) to OUT, uncompressed, with a file
OUT/deps: "module: its dependencies". For a guest without kmod, and a host without it.
"""
import lzma
import os
import re
import sys


def plain(name):
    return name.replace("-", "_")


def find_modules(tree):
    found = {}
    for folder, _, files in os.walk(tree):
        for file in files:
            if match := re.fullmatch(r"(.+)\.ko(\.xz)?", file):
                found[plain(match[1])] = os.path.join(folder, file)
    return found


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    return lzma.decompress(data) if path.endswith(".xz") else data


def dependencies(data):
    """From the module's own .modinfo: NAME=value strings with zero bytes between."""
    names = []
    for field in re.findall(rb"\0(?:depends=|softdep=pre: )([^\0]*)\0", b"\0" + data):
        names += [plain(n) for n in re.split(r"[ ,]+", field.decode()) if n and ":" not in n]
    return names


def main():
    tree, out = sys.argv[1:3]
    found = find_modules(tree)
    with open(os.path.join(tree, "modules.builtin"), encoding="utf-8") as file:
        builtin = {plain(os.path.basename(line.strip())[: -len(".ko")]) for line in file}
    wanted = [plain(name) for name in sys.argv[3:]]
    done = set()
    with open(os.path.join(out, "deps"), "w", encoding="utf-8") as deps:
        while wanted:
            name = wanted.pop()
            if name in done or name in builtin:
                continue
            done.add(name)
            if name not in found:
                sys.exit("this kernel has no module %s" % name)
            data = read(found[name])
            with open(os.path.join(out, name + ".ko"), "wb") as file:
                file.write(data)
            needs = [n for n in dependencies(data) if n not in builtin]
            deps.write("%s: %s\n" % (name, " ".join(needs)))
            wanted += needs


main()
