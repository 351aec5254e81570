#!/usr/bin/env python3
"""What starting costs: du of an empty directory and cp of one file, counted beside GNU's.

System calls, and pages that are touched for the first time. In the C locale and in another one, where
GNU's load the locale and ours does not, as long as nothing has to be said. No thread, no ring.
Usage: start_test.py <folder of the programs>; the tool is beside that folder.
"""
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

SKIPPED = 77
MORE_PAGES = 8, 20  # of frames' stacks and the like; and libstdc++'s tables, where the tool loads libraries
THREADS_AND_RINGS = ("clone", "clone3", "io_uring_setup", "epoll_create1", "eventfd2", "signalfd4")
RUNS = 15


def loads_libraries(tool):
    with open(tool, "rb") as f:
        return b"/ld-linux" in f.read(4096)


def clean(folder):
    (folder / "copy").unlink(missing_ok=True)


def environment(locale):
    return {"PATH": os.environ["PATH"], "LC_ALL": locale}


def calls(command, folder, locale):
    clean(folder)
    log = folder / "calls"
    run = subprocess.run(["strace", "-f", "-qq", "-o", str(log), *command], cwd=folder, env=environment(locale),
                         capture_output=True, timeout=60)
    if run.returncode != 0 or not log.exists():
        print(f"skipped: strace does not work here: {run.stderr}")
        sys.exit(SKIPPED)
    # Under strace every call is long enough to ask who waited.
    return [name for name in re.findall(r"(?m)^\d+ +(\w+)\(", log.read_text()) if name != "getrusage"]


def pages(command, folder):
    """The median: where the kernel lays things out is chance."""
    found = []
    for _ in range(RUNS):
        clean(folder)
        child = subprocess.Popen(command, cwd=folder, env=environment("C"), stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            sys.exit(f"{command} failed")
        found.append(used.ru_minflt)
    return statistics.median(found)


def main():
    if shutil.which("strace") is None:
        print("skipped: strace is not installed")
        sys.exit(SKIPPED)
    tool = str((pathlib.Path(sys.argv[1]).parent / "sluice").resolve())
    wrong = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "empty").mkdir()
        (folder / "file").write_bytes(b"x" * 4096)
        for command in (["du", "-s", "empty"], ["cp", "file", "copy"]):
            what = command[0]
            for locale in ("C", "C.UTF-8"):
                gnu, ours = (calls(c, folder, locale) for c in (command, [tool, *command]))
                print(f"{what}, {locale}: {len(ours)} system calls, GNU's {len(gnu)}")
                if len(ours) > len(gnu):
                    wrong.append(f"{what} makes more system calls than GNU's in {locale}")
                heavy = [c for c in ours if c in THREADS_AND_RINGS]
                if heavy:
                    wrong.append(f"{what} makes {heavy}")
            gnu, ours = (pages(c, folder) for c in (command, [tool, *command]))
            print(f"{what}: {ours} pages touched, GNU's {gnu}")
            if ours > gnu + MORE_PAGES[loads_libraries(tool)]:
                wrong.append(f"{what} touches {ours - gnu} pages more than GNU's")
    if wrong:
        sys.exit("; ".join(wrong))


if __name__ == "__main__":
    main()
