#!/usr/bin/env python3
"""System calls of a size walk on plain calls: one for each file, five for each directory.

The walk of an empty directory is taken off, so that what starting and ending cost does not count.
Usage: size_walk_test.py <folder of the programs>
"""
import pathlib
import sys
import tempfile

from _calls import calls, need_strace

PER_FILE, PER_DIRECTORY = 1, 5


def main():
    need_strace()
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
            if int(entries) != directories + files + 1:
                sys.exit(f"{entries} entries counted, not {directories + files + 1}")
            done = len(many) - len(few)
            budget = PER_FILE * files + PER_DIRECTORY * directories
            print(f"{order:<6} {done} calls for {files} files and {directories} directories, budget {budget}")
            if done > budget:
                over.append(order)
    if over:
        sys.exit(f"over budget: {', '.join(over)}")


if __name__ == "__main__":
    main()
