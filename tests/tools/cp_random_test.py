#!/usr/bin/env python3
"""Random trees and options, copied by GNU cp and by `sluice cp`: the same words, status and trees.

    cp_random_test.py [FIRST [COUNT]]     other seeds than those that are always tried

Left out is what differs on purpose (docs/guide/09-trees.md, "Otherwise than GNU's"): -s, simple backups, set-id bits of
what stands at the target, trees copied into themselves, and links that lead nowhere where a file is to be.
"""

import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
from cpcases import Cases, called_cp
from randomtree import NAMES, RandomTree, seeds

OPTIONS = ["-R", "-a", "-d", "-p", "-P", "-L", "-H", "-f", "-n", "-u", "-v", "-l", "-x", "-T", "--parents", "--update",
           "--no-clobber", "--remove-destination", "--strip-trailing-slashes", "--copy-contents",
           "--backup=numbered", "--backup=none", "--preserve=links", "--preserve=mode", "--preserve=ownership",
           "--preserve=timestamps,ownership", "--preserve=xattr", "--preserve=all", "--no-preserve=mode",
           "--no-preserve=links,timestamps", "--no-preserve=all", "--sparse=always", "--sparse=never", "--reflink=never"]
COUNT = 400


def command_line(seed):
    """Some operands may be missing, or of a kind that the options refuse: then that is what is told."""
    rng = random.Random(-1 - seed)
    options = rng.sample(OPTIONS, rng.randint(1, 4)) + ([rng.choice(("-a", "-r", "-r"))] if rng.random() < .7 else [])
    names = [f"src/{name}" for name in sorted(rng.sample(NAMES, rng.randint(1, 4)))]
    sources = rng.choice((["src"], ["src/"], ["./src"], names, names, names, [names[0], names[0], "src"], ["src", "src"]))
    target = rng.choice(("dst", "dst", "dst", "dst/", "dst/new", "dst/src", "new", "src" if sources == names else "dst"))
    return [*options, "--", *sources, target]


def makes_fifos(args):
    """Only where they are made anew: else somebody waits for their peer."""
    return bool({"-r", "-R", "-a"} & set(args)) and "--copy-contents" not in args


def test(c, scratch):
    cases = Cases(c, scratch, called_cp(scratch), exact=True)
    for seed in seeds(COUNT):
        args = command_line(seed)

        def setup(area):
            tree = RandomTree(seed, area, makes_fifos(args))
            tree.source()
            tree.target()

        cases.run(f"seed {seed}: {' '.join(args)}", setup, args, timeout=10)


if __name__ == "__main__":
    harness.main(test)
