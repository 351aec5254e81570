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
from cpcases import T0, Cases, called_cp

NAMES = ["a", "b", "c", "d", "e~", "-f", "g h"]
OPTIONS = ["-R", "-a", "-d", "-p", "-P", "-L", "-H", "-f", "-n", "-u", "-v", "-l", "-x", "-T", "--parents", "--update",
           "--no-clobber", "--remove-destination", "--strip-trailing-slashes", "--copy-contents",
           "--backup=numbered", "--backup=none", "--preserve=links", "--preserve=mode", "--preserve=ownership",
           "--preserve=timestamps,ownership", "--preserve=xattr", "--preserve=all", "--no-preserve=mode",
           "--no-preserve=links,timestamps", "--no-preserve=all", "--sparse=always", "--sparse=never", "--reflink=never"]
FIRST, COUNT = 0, 400


class RandomTree:
    """Of a seed, so that it can be made twice. FIFOs only where they are made anew: else somebody waits for their peer."""

    def __init__(self, seed, area, fifos):
        self.rng, self.area, self.fifos = random.Random(seed), area, fifos

    def source(self):
        self.directory("src", 0, targets=("a", "b", "../a", ".", "c", "d", "nowhere", "loop"))

    def target(self):
        self.area.dir("dst")
        if self.rng.random() < .7:
            self.directory("dst", 1)
        if self.rng.random() < .4 and not os.path.lexists(self.area.path("dst/src")):
            self.directory("dst/src", 1)

    def directory(self, path, depth, targets=()):
        self.area.dir(path)
        files = []
        for name in self.rng.sample(NAMES, self.rng.randint(1, 5 if depth < 2 else 2)):
            self.entry(f"{path}/{name}", depth, targets, files)

    def entry(self, path, depth, targets, files):
        rng, kind, when = self.rng, self.rng.random(), T0 + self.rng.randint(0, 5) * 10**9
        if kind < .45:
            special = (0o4755, 0o2755) if targets else ()
            text = bytes(rng.choice([0, 4096, 70000])) if rng.random() < .2 else b""
            self.area.file(path, text + rng.randbytes(rng.choice([0, 1, 100, 5000])),
                           rng.choice((0o644, 0o755, 0o600, 0o000, 0o444, *special)), when)
            files.append(path)
        elif kind < .65 and depth < 3:
            self.directory(path, depth + 1, targets)
            self.area.dir(path, rng.choice((0o755, 0o700, 0o555)))
        elif kind < .8 and targets:
            self.area.link(rng.choice(targets), path)
        elif kind < .9 and files:
            self.area.hard(rng.choice(files), path)
        elif self.fifos and targets:
            os.mkfifo(self.area.path(path))
            os.utime(self.area.path(path), ns=(when, when))


def command_line(seed):
    """Some operands may be missing, or of a kind that the options refuse: then that is what is told."""
    rng = random.Random(-1 - seed)
    options = rng.sample(OPTIONS, rng.randint(1, 4)) + ([rng.choice(("-a", "-r", "-r"))] if rng.random() < .7 else [])
    names = [f"src/{name}" for name in sorted(rng.sample(NAMES, rng.randint(1, 4)))]
    sources = rng.choice((["src"], ["src/"], ["./src"], names, names, names, [names[0], names[0], "src"], ["src", "src"]))
    target = rng.choice(("dst", "dst", "dst", "dst/", "dst/new", "dst/src", "new", "src" if sources == names else "dst"))
    return [*options, "--", *sources, target]


def makes_fifos(args):
    return bool({"-r", "-R", "-a"} & set(args)) and "--copy-contents" not in args


def test(c, scratch):
    cases = Cases(c, scratch, called_cp(scratch), exact=True)
    given = [int(word) for word in sys.argv[1:]]
    first, count = given + [FIRST, COUNT][len(given):]
    for seed in range(first, first + count):
        args = command_line(seed)

        def setup(area):
            tree = RandomTree(seed, area, makes_fifos(args))
            tree.source()
            tree.target()

        cases.run(f"seed {seed}: {' '.join(args)}", setup, args, timeout=10)


if __name__ == "__main__":
    harness.main(test)
