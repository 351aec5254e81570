#!/usr/bin/env python3
"""The core compiles where there is no operating system, heap, exception or run-time type.

One translation unit with every header of include/sluice/core, compiled by both compilers in
freestanding mode; what the compilers really read is compared with allowed_headers.txt.
"""
import fnmatch
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
INCLUDE = HERE.parent.parent / "include"
COMPILERS = ["g++", "clang++-19"]
FLAGS = ["-std=c++23", "-ffreestanding", "-fno-exceptions", "-fno-rtti",
         "-Wall", "-Wextra", f"-I{INCLUDE}"]
SKIPPED = 77


def allowed_patterns():
    lines = (HERE / "allowed_headers.txt").read_text().splitlines()
    return [line.strip() for line in lines if line.strip() and line[0] not in "#["]


def is_allowed(path, patterns):
    if path.is_relative_to(INCLUDE):
        return path.is_relative_to(INCLUDE / "sluice" / "core")
    if path.parent.name == "bits" and "c++" in path.parts:
        return True
    return any(fnmatch.fnmatchcase(path.name, pattern) for pattern in patterns)


def dependencies(make_rule):
    """The files of a rule as -M prints it."""
    words = shlex.split(make_rule.replace("\\\n", " "))    # spaces in names are escaped
    return [pathlib.Path(word).resolve() for word in words[1:]]


def check(compiler, source, patterns):
    command = [compiler, *FLAGS, source]
    built = subprocess.run([*command, "-c", "-o", "/dev/null"], capture_output=True, text=True)
    if built.returncode != 0 or built.stderr:
        print(f"{compiler}: the core does not compile cleanly in freestanding mode\n{built.stderr}")
        return False
    rule = subprocess.run([*command, "-M"], capture_output=True, text=True, check=True).stdout
    files = [f for f in dependencies(rule) if f != pathlib.Path(source).resolve()]
    refused = [f for f in files if not is_allowed(f, patterns)]
    for path in refused:
        print(f"{compiler}: the core reaches <{path.name}> ({path}), "
              f"which tests/freestanding/allowed_headers.txt does not list")
    print(f"{compiler}: {len(files)} headers read, {len(refused)} of them not allowed")
    return not refused


def main():
    headers = sorted((INCLUDE / "sluice" / "core").rglob("*.hpp"))
    if not headers:
        print("skipped: include/sluice/core has no headers yet")
        return SKIPPED
    compilers = [c for c in COMPILERS if shutil.which(c)]
    if not compilers:
        print(f"skipped: none of {', '.join(COMPILERS)} is installed")
        return SKIPPED
    patterns = allowed_patterns()
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "core.cpp"
        source.write_text("".join(f"#include <{h.relative_to(INCLUDE)}>\n" for h in headers))
        results = [check(c, str(source), patterns) for c in compilers]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
