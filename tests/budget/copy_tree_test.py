#!/usr/bin/env python3
"""System calls of a plain copy (cp -r) on plain calls: eight for each file, twelve for each directory.

The copy of an empty directory is taken off, so that what starting and ending cost does not count.
Usage: copy_tree_test.py <folder of the programs>
"""
import collections
import pathlib
import sys
import tempfile

from _calls import calls, need_strace

PER_FILE, PER_DIRECTORY = 8, 12


def make(root, directories, files):
    """A tree of so many directories, besides `root`, with so many small files in each."""
    root.mkdir()
    for n in range(directories):
        where = root / f"d{n}"
        where.mkdir()
        for k in range(files):
            (where / f"f{k}").write_bytes(b"x" * (k * 997))


def main():
    need_strace()
    program = pathlib.Path(sys.argv[1]) / "copy_tree"
    over = []
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        make(root / "none", 0, 0)
        few, _ = calls(program, root / "none", root / "none-copy")
        for directories, files in ((300, 0), (30, 40)):
            tree, copy = root / f"of-{files}", root / f"copy-of-{files}"
            make(tree, directories, files)
            many, _ = calls(program, tree, copy)
            names = sorted(p.relative_to(tree) for p in tree.rglob("*"))
            if names != sorted(p.relative_to(copy) for p in copy.rglob("*")):
                sys.exit("that was no copy")
            done = len(many) - len(few)
            budget = PER_FILE * files * directories + PER_DIRECTORY * directories
            print(f"{done} calls for {files * directories} files in {directories} directories, budget {budget}")
            print("   ", collections.Counter(many).most_common(9))
            if done > budget:
                over.append(tree.name)
        if over:
            sys.exit(f"over budget: {', '.join(over)}")


if __name__ == "__main__":
    main()
