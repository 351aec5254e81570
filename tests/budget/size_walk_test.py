#!/usr/bin/env python3
"""System calls of a size walk on plain calls: one for each file, five for each directory.

The walk of an empty directory is taken off, so that what starting and ending cost does not count.
Usage: size_walk_test.py <folder of the programs>
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

PER_FILE, PER_DIRECTORY = 1, 5
SKIPPED = 77


def calls(program, *arguments):
    """How many, and what the program said."""
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder) / "calls"
        run = subprocess.run(["strace", "-f", "-qq", "-o", str(log), str(program), *map(str, arguments)],
                             capture_output=True, text=True, timeout=200)
        if run.returncode != 0 or not log.exists():
            print(f"skipped: strace does not work here: {run.stderr}")
            sys.exit(SKIPPED)
        # Memory is the allocator's, and looking at the clock or at who waited is not for the tree.
        apart = ("brk", "mmap", "munmap", "mremap", "madvise", "getrusage")
        names = re.findall(r"(?m)^\d+ +(\w+)\(", log.read_text())
    return sum(name not in apart for name in names), int(run.stdout)


def main():
    if shutil.which("strace") is None:
        print("skipped: strace is not installed")
        sys.exit(SKIPPED)
    program = pathlib.Path(sys.argv[1]) / "size_walk"
    over = []
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "none").mkdir()
        directories = 200
        for n in range(directories):
            (root / f"tree/{n % 10}/{n}").mkdir(parents=True)
        directories += 10   # and their ten parents; `tree` itself is there in `none`, too
        files = 0
        for n in range(200):
            for k in range(n % 40):
                (root / f"tree/{n % 10}/{n}/{k}").touch()
                files += 1
        for order in ("any", "names"):
            few, _ = calls(program, root / "none", order)
            many, entries = calls(program, root / "tree", order)
            if entries != directories + files + 1:
                sys.exit(f"{entries} entries counted, not {directories + files + 1}")
            budget = PER_FILE * files + PER_DIRECTORY * directories
            print(f"{order:<6} {many - few} calls for {files} files and {directories} directories, budget {budget}")
            if many - few > budget:
                over.append(order)
    if over:
        sys.exit(f"over budget: {', '.join(over)}")


if __name__ == "__main__":
    main()
