#!/usr/bin/env python3
"""Random trees and options, counted by GNU du and by `sluice du`: the same lines in the same order, words and status.

    du_random_test.py [FIRST [COUNT]]     other seeds than those that are always tried

Left out is what differs on purpose (docs/guide/09-trees.md): an empty operand with a slash after it and -L.
"""

import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
from cpcases import Area
from ducases import apparent_sizes, differential
from randomtree import RandomTree, seeds

OPTIONS = ["-a", "-c", "-h", "-H", "-D", "-k", "-l", "-L", "-m", "-P", "-s", "-S", "-x", "-0", "--si", "--inodes", "-B1",
           "-B1000", "-BK", "--block-size=M", "-d0", "-d1", "-d2", "--max-depth=3", "--exclude=a", "--exclude=*~",
           "--exclude=src/b", "-Xpatterns", "-t100", "-t-5000", "--time", "--time=ctime", "--time-style=full-iso",
           "--time-style=+%Y", "--count-links", "--total"]
APPARENT = ["-b", "--apparent-size"]
OPERANDS = [[], ["."], ["src"], ["src", "dst"], ["dst", "src"], ["src", "src"], ["src", "src/a", "src/b"], ["src/a", "src"],
            ["src/", "dst/"], ["src/d", "src/c", "nowhere"], ["src/..", "src"], ["./src", "src/.", "src//"]]
COUNT = 400


def test(c, scratch):
    known = OPTIONS + (APPARENT if apparent_sizes(scratch) else [])
    for seed in seeds(COUNT):
        area = Area(os.path.join(scratch, f"tree{seed}"))
        tree = RandomTree(seed, area, fifos=True)
        tree.source()
        tree.target()
        area.file("patterns", "c\n*h\n")
        rng = random.Random(-1 - seed)
        options, operands = rng.sample(known, rng.randint(0, 4)), rng.choice(OPERANDS)
        if "-L" in options:
            operands = [o.rstrip("/") for o in operands]
        args = [*options, "--", *operands]
        # Some directories are then closed to who counts.
        who = {"user": harness.NOBODY} if harness.ROOT and seed % 3 == 0 else {}
        differential(c, f"seed {seed}: {' '.join(args)}{' as nobody' if who else ''}", args, area.root,
                     jobs=(rng.choice((None, 1, 2, 8)),), **who)
        harness.rmtree(area.root)


if __name__ == "__main__":
    harness.main(test)
