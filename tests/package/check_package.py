#!/usr/bin/env python3
"""Installs the build to a scratch prefix and builds a foreign program against it.

Four ways: `cmake` (find_package, the library), `core` (find_package of the headers alone, with
liburing out of sight), `conformance` (the suite, run on a space of the consumer's) and `pkgconfig` (no
CMake on the consumer's side).
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

CONSUMER = pathlib.Path(__file__).resolve().parent / "consumer"
SKIPPED = 77
NEEDED_HEADER = {"cmake": "loop.hpp", "pkgconfig": "loop.hpp", "core": "core/task.hpp",
                 "conformance": "conformance/run.hpp"}
COMPONENT = {"cmake": "sluice", "core": "core", "conformance": "conformance"}


def run(*command, **options):
    print("+", *command, flush=True)
    return subprocess.run([str(word) for word in command], check=True, **options)


def build_with_cmake(args, prefix, folder, component):
    environment = dict(os.environ)
    if component == "core":
        environment["PKG_CONFIG_LIBDIR"] = "/nonexistent"
    run(args.cmake, "-S", CONSUMER, "-B", folder, "-G", "Ninja",
        f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCMAKE_CXX_COMPILER={args.compiler}",
        f"-DCMAKE_CXX_FLAGS={args.flags}", f"-DCONSUMER_COMPONENT={component}",
        "--log-level=WARNING", env=environment)
    run(args.cmake, "--build", folder)
    return folder / "consumer"


def build_with_pkgconfig(args, prefix, folder):
    environment = dict(os.environ)
    found = [str(path.parent) for path in prefix.rglob("sluice.pc")]
    environment["PKG_CONFIG_PATH"] = ":".join(found)

    def ask(*question):
        answer = run("pkg-config", *question, "sluice", env=environment,
                     stdout=subprocess.PIPE, text=True)
        return answer.stdout.split()

    flags = ask("--variable=cxxflags") + ask("--cflags")
    program = folder / "consumer"
    run(args.compiler, *args.flags.split(), *flags, CONSUMER / "main.cpp", "-o", program,
        *ask("--libs", "--static"))
    return program


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("way", choices=sorted(NEEDED_HEADER))
    parser.add_argument("--cmake", required=True)
    parser.add_argument("--build-dir", required=True)
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--flags", default="")
    args = parser.parse_args()
    if args.way == "pkgconfig" and not shutil.which("pkg-config"):
        print("skipped: pkg-config is not installed")
        return SKIPPED

    with tempfile.TemporaryDirectory() as scratch:
        prefix = pathlib.Path(scratch) / "prefix"
        folder = pathlib.Path(scratch) / "build"
        folder.mkdir()
        run(args.cmake, "--install", args.build_dir, "--prefix", prefix,
            stdout=subprocess.DEVNULL)
        header = prefix / "include" / "sluice" / NEEDED_HEADER[args.way]
        if not header.exists():
            print(f"skipped: there is no <sluice/{NEEDED_HEADER[args.way]}> yet")
            return SKIPPED
        if args.way == "pkgconfig":
            program = build_with_pkgconfig(args, prefix, folder)
        else:
            program = build_with_cmake(args, prefix, folder, COMPONENT[args.way])
        run(program)
    return 0


if __name__ == "__main__":
    sys.exit(main())
