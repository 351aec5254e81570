#!/usr/bin/env python3
"""`sluice du` where a walk could go on for ever: links that are followed, bind mounts that show what is above them."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
from ducases import TOOL, apparent_sizes, differential
from harness import shown

JOBS = (1, 2, 8)
HOWS = (["-a"], ["-aL"], ["-alL"], ["-sL"], ["-slL"], ["-al"], ["-D"], ["-x"], ["-xL"], ["-S"], ["-c", "-L"], ["-s"], ["-L", "--inodes"])


def tree(make, name):
    os.makedirs(make(f"{name}/a/b/c"))
    os.makedirs(make(f"{name}/z"))
    for n, where in enumerate(("a/f", "a/b/f", "a/b/c/f", "z/f")):
        with open(make(f"{name}/{where}"), "wb") as f:
            f.write(b"x" * 5000 * (n + 1))


def links(c, scratch, make):
    tree(make, "links")
    for name, target in (("a/b/c/up", "../.."), ("a/b/self", "."), ("a/top", "../../links"), ("z/to-a", "../a"),
                         ("z/to-f", "f"), ("a/b/to-z", "../../z"), ("z/out", "../../outside"), ("z/loop", "loop"),
                         ("z/one", "other"), ("z/other", "one"), ("a/gone", "nowhere"), ("z/twice", "../a/b/c/up")):
        os.symlink(target, make(f"links/{name}"))
    os.makedirs(make("outside/in"))
    os.symlink("../../links", make("outside/in/back"))
    harness.settle(scratch)
    for how in HOWS:
        for operands in (["links"], ["links/a", "links"], ["links/a/b/c/up"], ["links/z/to-a", "links/a"], ["outside"],
                         ["links/a/b/self", "links/a/b"], ["links/z/loop", "links/z"], ["links/a/top/", "links"]):
            differential(c, f"links {' '.join(how + operands)}", [*how, *operands], scratch, jobs=JOBS)
    # A long chain: each step is a link to a directory.
    for size in (30, 60):
        os.mkdir(make(f"chain{size}"))
        for n in range(size):
            os.mkdir(make(f"chain{size}/d{n}"))
            os.symlink(f"../d{(n + 1) % size}", make(f"chain{size}/d{n}/next"))
    for how in (["-L"], ["-lL"], ["-aL"]):
        differential(c, f"a ring of 30 directories: {how[0]}", [*how, "chain30/d7"], scratch, jobs=JOBS)
        # GNU's gives up after 40 links in one path.
        got = harness.run([TOOL, "du", *how, "chain60/d7"], cwd=scratch)
        c.check(f"a ring of 60 directories: {how[0]}", got.rc == 0 and len(got.out.splitlines()) == 60,
                f"exit status {got.rc}, {len(got.out.splitlines())} lines: {shown(got.err)}")
    # Links to links, more than may be followed.
    os.mkdir(make("sloop"))
    with open(make("sloop/s0"), "wb"):
        pass
    for n in range(60):
        os.symlink(f"s{n}", make(f"sloop/s{n + 1}"))
    for how in (["-aL"], ["-D"]):
        differential(c, f"60 links to links: {how[0]}", [*how, "sloop", "sloop/s60", "sloop/s5"], scratch, jobs=JOBS)


def mounts(c, scratch, make):
    if not harness.can_mount():
        c.skip("bind mounts", "needs root and a mount namespace")
        return
    tree(make, "mounts")
    os.makedirs(make("mounts/a/b/c/here"))
    os.makedirs(make("mounts/beside"))
    with open(make("mounts/single"), "wb"):
        pass
    harness.settle(scratch)
    targets = []
    try:
        for source, target in (("mounts", "mounts/a/b/c/here"), ("mounts/z", "mounts/beside"), ("mounts/z/f", "mounts/single")):
            harness.bind(make(source), make(target))
            targets.append(target)
        for how in HOWS:
            for operands in (["mounts"], ["mounts/a"], ["mounts/a", "mounts/z", "mounts/beside"], ["mounts/a/b/c/here", "mounts"],
                             ["mounts/a/b/c/here/a/b"]):
                differential(c, f"bind mounts {' '.join(how + operands)}", [*how, *operands], scratch, jobs=JOBS)
            differential(c, f"bind mounts, names from a file {' '.join(how)}", [*how, "--files0-from=-"], scratch, jobs=JOBS,
                         stdin=harness.text_input("mounts/a\0mounts/beside\0"))
        harness.mount_tmpfs(make("mounts/z"), "size=1m")
        targets.append("mounts/z")
        with open(make("mounts/z/g"), "wb") as f:
            f.write(b"x" * 50000)
        os.symlink("../../z", make("mounts/a/b/other-fs"))
        for how in HOWS:
            differential(c, f"another file system {' '.join(how)}", [*how, "mounts"], scratch, jobs=JOBS)
            differential(c, f"operands on both {' '.join(how)}", [*how, "mounts/a", "mounts/z", "mounts"], scratch, jobs=JOBS)
    finally:
        for target in reversed(targets):
            harness.umount(make(target))


def test(c, scratch):
    make = lambda name: os.path.join(scratch, name)
    apparent_sizes(scratch)
    links(c, scratch, make)
    mounts(c, scratch, make)


if __name__ == "__main__":
    harness.main(test)
