#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Prints apt sources (deb822): those of this system that have Debian's own suites, with the backports added.

Addresses, keys and options are the system's: no host is named here.
"""
import glob
import re
import shlex
import sys


def codename():
    with open("/etc/os-release", encoding="utf-8") as release:
        facts = dict(line.rstrip("\n").split("=", 1) for line in release if "=" in line)
    if facts.get("ID") != "debian" or "VERSION_CODENAME" not in facts:
        sys.exit("this is not a Debian system with a code name in /etc/os-release")
    return facts["VERSION_CODENAME"].strip('"')


def stanzas(text):
    """The deb822 stanzas of a .sources file as lists of [field, value]; values keep their line breaks."""
    for block in re.split(r"\n\s*\n", text):
        fields = []
        for line in block.splitlines():
            if line.startswith("#") or not line.strip():
                continue
            if line[0].isspace() and fields:
                fields[-1][1] += "\n" + line
            elif ":" in line:
                name, value = line.split(":", 1)
                fields.append([name, value.strip()])
        if fields:
            yield fields


def one_line(line):
    """A line of a .list file as such a stanza, or None."""
    match = re.match(r"\s*deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)\s+([^#]+)", line)
    if not match:
        return None
    options, uri, suite, components = match.groups()
    names = {"signed-by": "Signed-By", "trusted": "Trusted", "check-valid-until": "Check-Valid-Until"}
    fields = [["Types", "deb"], ["URIs", uri], ["Suites", suite], ["Components", components.strip()]]
    for option in shlex.split(options or ""):
        name, _, value = option.partition("=")
        if name.lower() in names:
            fields.append([names[name.lower()], value])
    return fields


def system_stanzas():
    for path in ["/etc/apt/sources.list"] + sorted(glob.glob("/etc/apt/sources.list.d/*")):
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                text = file.read()
        except OSError:
            continue
        if path.endswith(".sources"):
            yield from stanzas(text)
        elif path.endswith(".list"):
            yield from filter(None, map(one_line, text.splitlines()))


def main():
    name = codename()
    backports = name + "-backports"
    printed = set()
    for fields in system_stanzas():
        stanza = {field.lower(): value for field, value in fields}
        suites = stanza.get("suites", "").split()
        if "deb" not in stanza.get("types", "").split() or stanza.get("enabled", "yes").lower() in ("no", "false"):
            continue
        ours = [s for s in suites if s == name or s.startswith((name + "-", name + "/"))]
        if not ours or "main" not in stanza.get("components", "").split():
            continue
        if name in ours and backports not in ours:
            ours.append(backports)
        # The same suite of the same place twice, with other options, would be an error to apt.
        ours = [s for s in ours if (stanza["uris"], s) not in printed]
        printed.update((stanza["uris"], s) for s in ours)
        if not ours:
            continue
        change = {"types": "deb", "suites": " ".join(ours), "components": "main"}
        for field, value in fields:
            print("%s: %s" % (field, change.get(field.lower(), value)))
        print()
    if not any(suite == name for _, suite in printed):
        sys.exit("the system's apt sources have no suite '%s' with the component main" % name)


main()
