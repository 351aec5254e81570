"""Trees by lot, with few names, so that they meet."""

import os
import random
import sys

from cpcases import T0

NAMES = ["a", "b", "c", "d", "e~", "-f", "g h"]


def seeds(count):
    """Those that are always tried, so many; or FIRST and COUNT of the command line."""
    first, number = [int(word) for word in sys.argv[1:]] + [0, count][len(sys.argv) - 1:]
    return range(first, first + number)


class RandomTree:
    """Of a seed, so that it can be made twice: `src`, and `dst` with much the same names."""

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
