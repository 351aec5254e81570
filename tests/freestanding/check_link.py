#!/usr/bin/env python3
"""The core runs where there is nothing: examples/freestanding, linked with no library at all.

Both compilers, unoptimised and optimised. What the object that uses the core leaves undefined is
compared with a list: the port's functions, and what compilers call by themselves. Nothing on it
allocates but for frames, by the port. The program reads and writes a device of its own.
"""
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile

from check_core import COMPILERS, FLAGS, SKIPPED

PROGRAM = pathlib.Path(__file__).resolve().parent.parent.parent / "examples" / "freestanding"
SAYS = "the disk did as it was asked, without a system\n"
PORT = r"sluice::v0::(core_domain|port::(panic|current_driver|set_current_driver|allocate_frame|release_frame)\(.*\))"
COMPILER = r"memcpy|memmove|memset|memcmp|__cxa_pure_virtual"
ALLOWED = re.compile(f"({PORT})|({COMPILER})")


def run(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)


def undefined(nm, thing):
    lines = run(nm, "-uC", thing).stdout.splitlines()
    return [line.split(maxsplit=1)[1] for line in lines if line.strip()]


def check(compiler, nm, level, folder):
    what = f"{compiler} {level}"
    objects = []
    for name in ("device", "port"):
        objects.append(folder / f"{name}.o")
        built = run(compiler, *FLAGS, "-Wpedantic", level, "-c", PROGRAM / f"{name}.cpp", "-o", objects[-1])
        if built.returncode != 0 or built.stderr:
            print(f"{what}: {name}.cpp does not compile cleanly\n{built.stderr}")
            return False
    asked = undefined(nm, objects[0])
    print(f"{what}: the core asks for {', '.join(asked)}")
    refused = [name for name in asked if not ALLOWED.fullmatch(name)]
    if refused or not any("allocate_frame" in name for name in asked):
        print(f"{what}: not allowed, or no core in it: {', '.join(refused)}")
        return False
    linked = run(compiler, "-nostdlib", "-static", *objects, "-o", folder / "program")
    if linked.returncode != 0 or undefined(nm, folder / "program"):
        print(f"{what}: does not link without a library\n{linked.stderr}")
        return False
    ended = subprocess.run([folder / "program"], capture_output=True, text=True, timeout=60, check=False)
    print(f"{what}: {ended.stdout.strip()}")
    return ended.returncode == 0 and ended.stdout == SAYS


def main():
    compilers = [c for c in COMPILERS if shutil.which(c)]
    nm = shutil.which("nm") or shutil.which("llvm-nm-19")
    if not compilers or not nm or platform.machine() not in ("x86_64", "aarch64"):
        print(f"skipped: needs one of {', '.join(COMPILERS)}, nm, and a machine that port.cpp knows")
        return SKIPPED
    results = []
    for compiler in compilers:
        for level in ("-O0", "-O2"):
            with tempfile.TemporaryDirectory() as folder:
                results.append(check(compiler, nm, level, pathlib.Path(folder)))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
