#!/usr/bin/env python3
"""`sluice cp --dry-run` says what `sluice cp -v` says, and changes nothing: random trees, options and operands.

Links of all kinds, operands that meet, parents, and targets that refuse. SLUICE_SEED=N is one of the trees again."""

import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
from cpcases import Area, T0
from harness import shown

TOOL = harness.sluice()
OPTIONS = ("-a", "-r", "-ru", "-rn", "-au", "-rf", "-af", "-d", "-rd", "-rL", "-rH", "-rl", "-rlf", "-rs", "-rsf", "-rb", "-ab",
           "-a --backup=numbered", "-r --remove-destination", "-a --remove-destination", "-r --parents", "-a --parents", "--parents",
           "-a --parents --atomic", "-r --attributes-only", "-a --atomic", "-r --atomic", "-rf --atomic", "-au --atomic", "-an --atomic",
           "--atomic", "-L --atomic", "-r --preserve=links", "-rT", "-aT --atomic", "-rT --atomic", "-s", "-l", "-rx", "-rp",
           "-r --no-preserve=mode", "-P", "-r --strip-trailing-slashes")


def planted(root, rng, fifos, depth=0):
    os.makedirs(root)
    for _ in range(rng.randrange(1, 5)):
        path = os.path.join(root, rng.choice("abcdef"))
        kind = rng.random()
        if os.path.lexists(path):
            continue
        if kind < .35:
            with open(path, "w") as f:
                f.write(path)
            when = T0 + rng.randrange(-2, 3) * 10**9
            os.utime(path, ns=(when, when))
        elif kind < .55:
            os.symlink(rng.choice(("a", "b", "../a", "nowhere", "../x", ".")), path)
        elif kind < .6:
            if fifos:
                os.mkfifo(path)
        elif kind < .75:
            files = [x for x in below(root) if os.path.isfile(x) and not os.path.islink(x)]
            if files:
                os.link(rng.choice(files), path)
        elif depth < 2:
            planted(path, rng, fifos, depth + 1)


def below(root):
    return [os.path.join(where, name) for where, dirs, files in sorted(os.walk(root)) for name in sorted(dirs + files)]


def looked_at(root):
    return [(x, os.lstat(x).st_ino, os.lstat(x).st_ctime_ns) for x in below(root)]


def command(where, rng, operands):
    options = rng.choice(OPTIONS).split()
    short = [os.path.relpath(x, where) for tree in ("s", "s2") for x in below(os.path.join(where, tree))]
    recursive = any(o[0] == "-" and o[1] != "-" and set(o) & set("ra") for o in options)
    if not recursive:       # a FIFO would be read
        short = [x for x in short if os.path.isfile(os.path.join(where, x)) or os.path.isdir(os.path.join(where, x))]
    names = ["s", "s/", "s/.", "s2", "s2/.", "./s"] + short
    operands = [rng.choice(names) for _ in range(1 if any("T" in o for o in options) else operands)]
    target = rng.choice(("dst", "dst", "dst/", "new", "dst/a", "dst/x"))
    return [*options, *operands, "dst" if len(operands) > 1 or "--parents" in options else target]


def differing(where, args):
    """What the dry run did or said that it should not, and how the true run, which comes after it, ended."""
    before = looked_at(where)
    said = harness.run([TOOL, "cp", "--dry-run", *args], cwd=where)
    problems = [] if looked_at(where) == before else ["something was changed"]
    real = harness.run([TOOL, "cp", "-v", *args], cwd=where)
    # Errors of files that are copied side by side come in any order.
    if (said.rc, said.out, sorted(said.err.splitlines())) != (real.rc, real.out, sorted(real.err.splitlines())):
        problems.append(f"{shown(str(said[:3]), 600)}, but really {shown(str(real[:3]), 600)}")
    return [f"{' '.join(args)}: {p}" for p in problems], real.rc


def met_again(c, scratch):
    """What the random trees seldom have."""
    area = Area(os.path.join(scratch, "newer"))
    area.dir("dst")
    area.dir("s")
    area.link("nowhere", "s/l")
    c.nothing("a link is not newer than its copy", differing(area.root, ["-ru", "s/l", "s/.", "dst"])[0])
    for what, stands, operand in (("no link takes a directory's place", "dst/a", "s/."),
                                  ("a directory that stays has no other names", "dst/b", "s/a")):
        area = Area(os.path.join(scratch, os.path.basename(stands)))
        area.file("s/b", "b")
        area.hard("s/b", "s/a")
        area.dir(stands)
        problems, status = differing(area.root, ["-au", "s/b", operand, "dst"])
        c.nothing(what, problems)
        c.equal(f"{what}: that is a failure", status, 1)
    area = Area(os.path.join(scratch, "made"))
    area.file("s/b", "b")
    area.hard("s/b", "s/d")
    area.file("s2/d/f", "f")
    problems, _ = differing(area.root, ["-au", "s/b", "s2/.", "s/.", "."])
    c.nothing("nor that of one that was made", problems)
    area = Area(os.path.join(scratch, "over"))
    for name in ("s/a", "s2/a"):
        area.file(name, name)
    area.dir("dst")
    problems, status = differing(area.root, ["-r", "s/a", "s/.", "s2/a", "dst"])
    c.nothing("what is written over stays the same file", problems)
    c.equal("what is written over stays the same file: nobody overwrites it", status, 1)
    area = Area(os.path.join(scratch, "circles"))
    area.dir("s")
    area.link("a", "s/a")
    area.file("s2/a", "a")
    area.dir("dst")
    c.nothing("a link in circles that was made is removed", differing(area.root, ["-af", "s/.", "s2/.", "dst"])[0])
    area = Area(os.path.join(scratch, "upwards"))
    area.file("s/x", "x")
    area.dir("s/d")
    area.link("../x", "s/d/up")
    area.link(".././d/./up", "s/d/again")
    for name in ("up", "again"):
        area.file(f"s2/d/{name}", name)
    area.dir("dst")
    c.nothing("links upwards", differing(area.root, ["-a", "s/.", "dst"])[0])
    harness.rmtree(os.path.join(area.root, "dst"))
    area.dir("dst")
    problems, status = differing(area.root, ["-r", "s/.", "s2/.", "dst"])
    c.nothing("links upwards lead to what was made", problems)
    c.equal("links upwards lead to what was made: all is copied", status, 0)


def test(c, scratch):
    met_again(c, scratch)
    problems, refused, tried = [], 0, 800 if harness.LARGE else 120
    only = os.environ.get("SLUICE_SEED")
    for seed in [int(only)] if only else range(tried):
        rng = random.Random(seed)
        where = os.path.join(scratch, str(seed))
        operands = rng.choice((1, 1, 2, 2, 3))
        for tree in ("s", "s2", "dst"):     # whoever writes to a FIFO waits
            planted(os.path.join(where, tree), rng, fifos=operands == 1 and tree != "dst")
        args = command(where, rng, operands)
        found, status = differing(where, args)
        problems += [f"{seed}: {p}" for p in found]
        refused += status
        harness.rmtree(where)
    c.nothing(f"--dry-run says what -v says ({tried} random trees)", problems, most=8)
    c.check("some of it is refused, and some not", bool(only) or tried // 10 < refused < tried * 9 // 10, str(refused))


if __name__ == "__main__":
    harness.main(test)
