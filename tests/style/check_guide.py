#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Do the guide's examples compile, and do its programs run?

    usage: check_guide.py COMPILER INCLUDE LIBRARY-DIRECTORY CHAPTER...

Every block marked as C in a chapter is compiled without a warning against INCLUDE: a block that begins
with "/* program */" as it stands, then it is run with libpollux of LIBRARY-DIRECTORY; any other one as the
body of a function that has a device, a domain and a page. What a program prints must stand in
the next block of its chapter when that one follows the words "It prints". A block that begins with
the name of a file of the repository, as "/* lib/io/ports.c */", is a quotation: its lines stand there.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

FRAME = """#include <pollux/pollux.h>
#include <stdio.h>
void snippet(struct plx_dev *dev, struct plx_domain *domain, void *page);
void snippet(struct plx_dev *dev, struct plx_domain *domain, void *page)
{
	(void)dev;
	(void)domain;
	(void)page;
%s
}
"""


def blocks(chapter):
    """(line, C text, expected output or None) of each block marked as C."""
    text = chapter.read_text(encoding="utf-8")
    for match in re.finditer(r"^```c\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        said = re.match(r"\n+It prints\n+```\n(.*?)^```$", text[match.end():], re.MULTILINE | re.DOTALL)
        yield text.count("\n", 0, match.start()) + 2, match[1], said and said[1]


def check_quotation(where, path, lines):
    """The same for a block that quotes a file."""
    if not path.is_file():
        return [f"{where}: there is no {path}"]
    return [] if lines in path.read_text(encoding="utf-8") else [f"{where}: these lines do not stand in {path}"]


def run(command, **kwargs):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **kwargs)


def check(compiler, include, libdir, where, code, expected):
    """What is wrong with a block: a list of sentences."""
    program = code.startswith("/* program */")
    with tempfile.TemporaryDirectory() as work:
        source = pathlib.Path(work) / "example.c"
        source.write_text(code if program else FRAME % code, encoding="utf-8")
        command = compiler.split() + ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-I", include, str(source)]
        binary = work + "/example"
        link = ["-o", binary, "-L", libdir, "-lpollux"] if program else ["-c", "-o", binary]
        done = run(command + link)
        if done.returncode:
            return [f"{where}: does not compile:\n{done.stderr}"]
        if not program:
            return []
        done = run([binary], env={**os.environ, "LD_LIBRARY_PATH": libdir})
        if done.returncode or done.stderr:
            return [f"{where}: ended with {done.returncode}: {done.stderr}"]
        if expected is not None and done.stdout != expected:
            return [f"{where}: printed\n{done.stdout}instead of\n{expected}"]
    return []


def main():
    compiler, include, libdir = sys.argv[1:4]
    complaints, count = [], 0
    for chapter in map(pathlib.Path, sys.argv[4:]):
        for line, code, expected in blocks(chapter):
            count += 1
            where, quotation = f"{chapter.name}:{line}", re.match(r"/\* (\S+\.[ch]) \*/\n", code)
            if quotation:
                complaints += check_quotation(where, chapter.resolve().parents[2] / quotation[1],
                                              code[quotation.end():])
            else:
                complaints += check(compiler, include, libdir, where, code, expected)
    for complaint in complaints:
        print("check_guide:", complaint, file=sys.stderr)
    if complaints or not count:
        return 1
    print(f"ok: {count} examples")
    return 0


if __name__ == "__main__":
    sys.exit(main())
