#!/usr/bin/env python3
"""GNU's order where it shows, whichever thread is first: random trees, random options, random delays, one hundred times.

Every line names its seed; `SLUICE_SCHEDULE=17` runs that one alone.
"""

import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools", "lib"))
import delays
import filesystems
import harness
from cpcases import T0, Area, Cases, called_cp
from ducases import differential

SCHEDULES = 100
# Where nobody sees an order (-r, -a) threads share the work; with the others nothing may show that they could.
COPIES = ("-r", "-a", "-rv", "-av", "-rb", "-abv", "-ri", "-aiv", "-au", "-rdn", "-a --backup=numbered", "-rl",
          "-ab --suffix=.old", "-rd --remove-destination")
# Two names of one file that become the same name: GNU cp removes it, and has nothing to link it to then.
LOST = rb"cannot create hard link ('.*') to \1: No such file"
SIZES = ("-a", "-ab", "", "-al", "-S", "-a --inodes", "-c", "-aD", "-d1", "-ac --exclude=*7")


def random_tree(area, rng, files, links):
    """Three operands with many names in common, and link groups within and across them."""
    made = []
    for n in range(files):
        path = f"s{rng.randint(1, 3)}/t/d{rng.randrange(6)}/" + ("e/" if rng.randrange(3) == 0 else "") + f"f{rng.randrange(30)}"
        if not os.path.lexists(area.path(path)):
            area.file(path, f"{path} {n} " * rng.randrange(400), rng.choice((0o644, 0o600)), T0 + rng.randrange(9) * 10**9)
            made.append(path)
    for n in range(links):
        old = rng.choice(made)
        new = os.path.join(os.path.dirname(rng.choice(made)), f"f{rng.randrange(40)}")
        if not os.path.lexists(area.path(new)):
            area.hard(old, new)
    for n in (1, 2, 3):
        name = area.path(f"s{n}/t/link{rng.randrange(3)}")
        os.symlink(rng.choice(made), name)
        os.utime(name, ns=(T0 + n, T0 + n), follow_symlinks=False)
    area.dir("o")


def operands(rng):
    some = ["s1/t", "s2/t", "s3/t"]
    rng.shuffle(some)
    return some + rng.choice(([], ["s1/t/"], ["s2/t/d1"], ["s3/t/d0", "s1/t/d0"]))


def standing(area, rng):
    """Something that stands there already, for backups and questions."""
    for n in range(40):
        area.file(f"o/t/d{rng.randrange(6)}/f{rng.randrange(30)}", f"old {n}", 0o644, T0 + rng.randrange(9) * 10**9)


def one(c, cases, library, seed, command, where):
    rng = random.Random(seed)
    jobs, backend = rng.choice((1, 2, 3, 8)), rng.choice(("auto", "pool"))
    options = COPIES[seed % len(COPIES)]
    env = delays.environment(library, seed, SLUICE_BACKEND=backend)
    tree, chosen = rng.randrange(10**6), operands(rng)

    def setup(area):
        random_tree(area, random.Random(tree), 120, 50)
        if tree % 2 or "b" in options or "i" in options:
            standing(area, random.Random(tree + 1))

    cases.command = [*command, f"--jobs={jobs}"]
    answers = {"stdin": harness.text_input("".join(rng.choice("yn") + "\n" for _ in range(300)))} if "i" in options else {}
    there = [path for path in chosen if path.rstrip("/").endswith("/t")]
    short = seed % 3 == 0 or "u" in options     # -u links what it passes by to other names of it: ours only with -d
    cases.run(f"seed {seed}: --jobs={jobs} {backend}: cp {options} {' '.join(chosen)}", setup,
              [*options.split(), *(chosen if not short else there), "o"], env=env, excused=LOST, **answers)

    for base in {cases.scratch, cases.ordered}:
        for side in ("gnu", "our"):
            harness.rmtree(os.path.join(base, side))

    size = SIZES[seed % len(SIZES)]
    area = Area(os.path.join(where, f"sizes{seed}"))
    random_tree(area, random.Random(tree), 150, 120)
    differential(c, f"seed {seed}: --jobs={jobs} {backend}: du {size} {' '.join(chosen)}", [*size.split(), *chosen],
                 area.root, jobs=(jobs,), env=env)
    harness.rmtree(area.root)


def test(c, scratch):
    where = filesystems.in_memory(scratch)
    library = delays.built(scratch)
    command = called_cp(scratch, harness.interposable())
    cases = Cases(c, where, command, exact=True)
    only = os.environ.get("SLUICE_SCHEDULE")
    for seed in [int(only)] if only else range(SCHEDULES * (5 if filesystems.LARGE else 1)):
        one(c, cases, library, seed, command, where)


if __name__ == "__main__":
    harness.main(test)
