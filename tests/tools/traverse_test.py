#!/usr/bin/env python3
"""`sluice traverse` counts entries and apparent bytes: against a walker of our own, and against GNU du."""

import os
import re
import resource
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
import treegen
from harness import shown

TOOL = harness.sluice()
LINE = re.compile(rb"\A(\d+) files, (\d+) bytes\n\Z")


def counted(result):
    match = LINE.match(result.out)
    return (int(match[1]), int(match[2])) if match else None


def traverse(paths, cwd, **how):
    return harness.run([TOOL, "traverse", *paths], cwd=cwd, **how)


def gnu(paths, cwd):
    """What du says of several operands together, hard links and repeated operands once."""
    last = []
    for options in (["--inodes", "-sc0"], ["-bsc0"]):
        result = harness.run(["du", *options, "--", *paths], cwd=cwd)
        last.append(int(result.out.split(b"\0")[-2].split(b"\t")[0]))
    return tuple(last)


def expect(c, name, paths, cwd, want, **how):
    result = traverse(paths, cwd, **how)
    return c.check(name, result.rc == 0 and counted(result) == want,
                   f"exit status {result.rc}, {shown(result.out)}{shown(result.err, 200)}, want {want}")


def test(c, scratch):
    make = lambda name: os.path.join(scratch, name)
    treegen.full(31, make("full"))
    treegen.small(32, make("small"))
    treegen.full(33, make("plain"), links="none")
    treegen.five_ary(make("five"), 5, 4096)
    treegen.flat(34, make("flat"), 15000, 9)
    treegen.deep(35, make("deep"), depth=5000)
    treegen.deep(36, make("long"), depth=100, namelen=255, every=9)
    os.mkdir(make("empty"))
    with open(make("file"), "wb") as f:
        f.write(b"x" * 12345)
    os.link(make("file"), make("file2"))
    os.symlink("five", make("to-dir"))
    os.symlink("file", make("to-file"))
    os.symlink("nowhere", make("dangling"))
    os.mkfifo(make("fifo"))

    same_rules = gnu(["empty"], scratch) == harness.tally(make("empty"))[:2]
    if not same_rules:
        c.skip("equality with du", "this GNU du counts directories as 0 bytes")
    names = ["full", "small", "plain", "five", "flat", "deep", "long", "empty", "file", "to-dir", "to-file",
             "dangling", "fifo", "/dev/null"]
    for name in names:
        want = harness.tally(os.path.join(scratch, name))[:2]
        expect(c, f"{name}: {want[0]} files", [name], scratch, want)
        if same_rules:
            if name in ("full", "small", "plain") and not harness.ROOT:
                continue
            c.equal(f"{name}: du agrees", gnu([name], scratch), want)
    c.equal("the classical tree", harness.tally(make("five"))[0], 3905 + 3906)
    expect(c, "a link with a slash is the directory", ["to-dir/"], scratch, harness.tally(make("five"))[:2])
    expect(c, "the current directory", ["."], make("five"), harness.tally(make("five"))[:2])

    for paths in (["five", "small"], ["file", "file2"], ["small", "small.outside"], ["five", "five"],
                  ["five/0", "five"], ["five", "five/0"], ["full", "file", "empty", "to-file"]):
        if same_rules:
            expect(c, f"together: {' '.join(paths)}", paths, scratch, gnu(paths, scratch))

    for paths, others in ((["nowhere"], None), (["nowhere", "five"], "five"), (["five", "file/below"], "five")):
        result = traverse(paths, scratch)
        bad = [p for p in paths if p != others][0].encode()
        c.check(f"missing: {' '.join(paths)}",
                result.rc == 1 and bad in result.err and result.err.startswith(b"sluice traverse: ")
                and (others is None or counted(result) == harness.tally(make(others))[:2]),
                f"exit status {result.rc}, {shown(result.out)}, {shown(result.err)}")
    result = traverse(["--no-such-option", "five"], scratch)
    c.check("an unknown option is refused", result.rc in (1, 2) and result.err.startswith(b"sluice traverse: "),
            f"exit status {result.rc}: {shown(result.err)}")

    os.makedirs(make("rights/closed/in"))
    os.makedirs(make("rights/open"))
    os.chmod(make("rights/closed"), 0)
    result = traverse(["rights"], scratch, user=harness.NOBODY if harness.ROOT else None)
    size = sum(os.lstat(make(n)).st_size for n in ("rights", "rights/closed", "rights/open"))
    c.check("an unreadable directory is told and counted",
            result.rc == 1 and b"rights/closed" in result.err and b"Permission denied" in result.err
            and counted(result) == (3, size), f"exit status {result.rc}, {shown(result.out)}, {shown(result.err)}")
    os.chmod(make("rights/closed"), 0o700)

    few = {resource.RLIMIT_NOFILE: 16}
    for name in ("full", "five", "flat", "deep", "long"):
        expect(c, f"16 descriptors: {name}", [name], scratch, harness.tally(make(name))[:2], limits=few)

    bad = []
    for n in range(20):
        result = traverse(["five"], scratch)
        if counted(result) != harness.tally(make("five"))[:2]:
            bad.append(f"run {n}: {shown(result.out)}")
    c.nothing("twenty runs, one answer", bad)


if __name__ == "__main__":
    harness.main(test)
