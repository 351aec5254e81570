#!/usr/bin/env python3
"""Trees that change under cp, du and traverse: renamed, cut, replaced by links that lead out. Nothing outside is read, written or
linked, the tool ends by itself with its own status, and what nobody changed is untouched."""

import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools", "lib"))
import delays
import filesystems
import harness
import treecmp
import treegen
from cpcases import called_cp
from harness import shown
from mutator import Mutator

OPTIONS = (["-a"], ["-r"], ["-a", "--jobs=8"], ["-rb"], ["-al"], ["-af", "--sparse=always"], ["-r", "--remove-destination"],
           ["-au"], ["-rs"], ["-ab", "--backup=numbered"], ["-r", "--attributes-only"], ["-ax", "--jobs=1"])
ROUNDS = 20 if filesystems.LARGE else 3


class Outside:
    """What nobody may touch: a tree beside, to which the mutators' links lead."""

    def __init__(self, where):
        self.root = os.path.join(where, "outside")
        for sub in ("", "a/b", "0", "1"):       # names that a copy would look for there
            os.makedirs(os.path.join(self.root, sub), exist_ok=True)
            for name in ("SECRET", "file"):
                with open(os.path.join(self.root, sub, name), "w") as f:
                    f.write("stay out")
        self.before = self.state()
        self.inodes = {s.st_ino for _, _, s in harness.walk(self.root)}

    def state(self):
        return {(b"/".join(names), s.st_mode, s.st_size, s.st_mtime_ns, s.st_nlink, s.st_uid, s.st_ino)
                for _, names, s in harness.walk(self.root)}

    def reached(self, copy):
        """What of it a copy holds: by name, as a link to it, or as its bytes."""
        found = []
        for _, names, status in harness.walk(copy):
            if names and (names[-1] == b"SECRET" or status.st_ino in self.inodes):
                found.append(shown(b"/".join(names)))
        return found


def ended(result, most=1):
    return [] if harness.normal_exit(result) and result.rc <= most else [f"{result.rc}: {shown(result.err, 200)}"]


def changing_source(c, where, command, outside, slow, seed, options):
    source, copy = os.path.join(where, "src"), os.path.join(where, "copy")
    treegen.five_ary(source, 3, 3000)
    with Mutator(source, seed, outside.root):
        result = harness.run([*command, *options, source, copy], timeout=60, env=slow(seed))
    problems = ended(result) + (outside.reached(copy) if os.path.lexists(copy) else [])
    c.nothing(f"seed {seed}: a changing source: cp {' '.join(options)}", problems)
    harness.rmtree(source)
    harness.rmtree(copy)


def changing_target(c, where, command, outside, slow, seed, options):
    source, copy, before = (os.path.join(where, n) for n in ("src", "copy", "before"))
    treegen.five_ary(source, 3, 3000)
    treegen.five_ary(copy, 3, 10)
    shutil.copytree(source, before)
    same = dict(mtime=False, links="-al" not in options)
    with Mutator(copy, seed, outside.root):
        result = harness.run([*command, *options, "-T", source, copy], timeout=60, env=slow(seed))
    problems = ended(result)
    if "-al" not in options:        # else the mutator cuts the source's own files, by their other names
        problems += [f"the source: {line}" for line in treecmp.compare(before, source, **same)]
    c.nothing(f"seed {seed}: a changing destination: cp {' '.join(options)}", problems)
    for tree in (source, copy, before):
        harness.rmtree(tree)


def changing_sizes(c, where, outside, slow, seed):
    tree = os.path.join(where, "sizes")
    treegen.five_ary(tree, 3, 3000)
    problems = []
    with Mutator(tree, seed, outside.root):
        for args in (["du", "-a"], ["du", "-s", "--jobs=8"], ["du", "-ab", "--jobs=3"], ["du", "--inodes"], ["traverse"]):
            result = harness.run([harness.interposable(), *args, tree], timeout=60, env=slow(seed))
            problems += ended(result)
            problems += [shown(line) for line in result.out.splitlines() if b"SECRET" in line]
            problems += [] if result.out.count(b"\n") >= 1 else [f"{args}: says nothing"]
    c.nothing(f"seed {seed}: sizes of a changing tree", problems)
    harness.rmtree(tree)


def test(c, scratch):
    command = called_cp(scratch, harness.interposable())
    where = filesystems.in_memory(scratch) if harness.can_mount() else scratch
    outside = Outside(where)
    library = delays.built(scratch)

    def slow(seed):
        """The tool loses time now and then: the tree has to change meanwhile."""
        return delays.environment(library, seed)

    for n in range(ROUNDS):
        for k, options in enumerate(OPTIONS):
            seed = n * len(OPTIONS) + k
            changing_source(c, where, command, outside, slow, seed, options)
            changing_target(c, where, command, outside, slow, seed, options)
            c.nothing(f"seed {seed}: what lies outside", outside.before ^ outside.state())
        changing_sizes(c, where, outside, slow, n)


if __name__ == "__main__":
    harness.main(test)
