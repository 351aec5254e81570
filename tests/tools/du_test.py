#!/usr/bin/env python3
"""`sluice du` against GNU du, byte for byte: sizes, operands, rights, mounts and limits."""

import os
import resource
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
import treegen
from ducases import DU, TOOL, apparent_sizes, differential
from harness import shown

def test(c, scratch):
    make = lambda name: os.path.join(scratch, name)
    treegen.full(21, make("plain"), links="none")
    treegen.small(22, make("links"))
    treegen.full(23, make("fulllinks"))
    treegen.five_ary(make("five"), 4, 5000)
    treegen.flat(1, make("flat"), 15000, 9)
    treegen.deep(24, make("deep"), depth=5000)
    treegen.deep(25, make("wide-deep"), depth=100, namelen=200, every=7)
    os.mkdir(make("empty"))
    os.mkdir(make("z"))
    for name, size in (("z/nothing", 0), ("z/one", 1), ("z/some", 123456), ("z/-dash", 5000)):
        with open(make(name), "wb") as f:
            f.write(b"x" * size)
    os.link(make("z/some"), make("z/some2"))
    os.symlink("plain", make("to-dir"))
    os.symlink("z/some", make("to-file"))
    os.symlink("nowhere", make("dangling"))
    os.mkfifo(make("fifo"))
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(make("socket"))
    harness.settle(scratch)

    apparent = apparent_sizes(scratch)
    if not apparent:
        c.skip("apparent sizes", "this GNU du counts directories as 0 bytes")

    def usable(options):
        return apparent or not any(o in ("-b", "--apparent-size", "-sb", "--bytes") for o in options)

    # Options on a tree of everything.
    combinations = [
        [], ["-a"], ["-b"], ["-k"], ["-h"], ["-s"], ["-c"], ["-l"], ["-x"], ["--apparent-size"], ["-B1"], ["-B", "1"],
        ["-d", "0"], ["-d0"], ["-d", "1"], ["-d2"], ["--max-depth=1"], ["--max-depth=100"], ["--max-depth", "0"],
        ["-a", "-d", "1"], ["-a", "-b"], ["-a", "-h"], ["-a", "-B1"], ["-s", "-b"], ["-sb"], ["-s", "-h"], ["-s", "-k"],
        ["-s", "-c"], ["-c", "-b"], ["-c", "-h"], ["-a", "-c", "-k"], ["-acb", "-d1"], ["-s", "-d", "0"],
        ["-b", "-k"], ["-k", "-b"], ["-b", "-h"], ["-h", "-b"], ["-h", "--apparent-size"], ["-h", "-k"], ["-k", "-h"],
        ["-B1", "-h"], ["-h", "-B1"], ["--apparent-size", "-B1"], ["--apparent-size", "-k"], ["-a", "-l", "-b"],
        ["-a", "-x", "-b"], ["-ahx"], ["-alxc", "--apparent-size", "-BM"], ["--apparent-size", "-BK", "-a"],
    ]
    for options in combinations:
        if usable(options):
            differential(c, f"all types: {' '.join(options) or 'no option'}", [*options, "-0", "plain"], scratch)
    for options in (["--all", "--bytes"], ["--total"], ["--human-readable"], ["--count-links"], ["--summarize"],
                    ["--one-file-system"], ["--block-size=1"]):
        if usable(options):
            differential(c, f"long names: {' '.join(options)}", [*options, "--null", "plain"], scratch)
    for form in ("1", "3", "512", "1000", "4096", "1048576", "K", "M", "G", "T", "P", "E", "k", "1K", "2K", "1M", "KB",
                 "kB", "MB", "GB", "1kB", "1MB", "KiB", "MiB", "1KiB", "10MiB", "human-readable", "si", "'1", "'1K",
                 "010", "0x10"):
        differential(c, f"-B {form}", ["-a", "-0", "-B", form, "plain"], scratch)
    for form in ("K", "1M", "human-readable", "KB"):
        differential(c, f"--block-size={form}", ["-0", f"--block-size={form}", "plain"], scratch)
        differential(c, f"-B{form} of apparent sizes", ["-a", "-0", "--apparent-size", f"-B{form}", "plain"], scratch)
    for options in (["-l"], ["-a", "-l", "-b"], ["-l", "-h"], ["-s", "-b"], ["-s"], ["-s", "-h"]):
        if usable(options):
            differential(c, f"hard links: {' '.join(options)}", [*options, "-0", "links"], scratch)
            differential(c, f"hard links, full: {' '.join(options)}", [*options, "-0", "fulllinks"], scratch)
    for options in (["-a", "-B1"], ["-B1"]):
        for tree in ("links", "fulllinks"):
            differential(c, f"hard links across directories: {' '.join(options)}", [*options, "-0", tree], scratch,
                         jobs=(1, 2, 8, 8))

    # Shapes.
    differential(c, "newlines in names, without -0", ["-ak", "plain"], scratch)
    for tree in ("five", "flat", "empty"):
        for options in ([], ["-a", "-b"], ["-s", "-b"], ["-a", "-h"], ["-d1", "-c"]):
            if usable(options):
                differential(c, f"{tree}: {' '.join(options) or 'no option'}", [*options, tree], scratch)
    for options in (["-s"], ["-sb"], ["-d", "3", "-B1"]):
        if usable(options):
            differential(c, f"5000 levels: {' '.join(options)}", [*options, "deep"], scratch)
    differential(c, "paths longer than PATH_MAX", ["-a", "-B1", "wide-deep"], scratch)

    # Operands.
    for operands in (["z/nothing"], ["z/one"], ["z/some"], ["to-dir"], ["to-dir/"], ["to-file"], ["dangling"], ["fifo"],
                     ["socket"], ["/dev/null"], ["."], ["empty/"], ["./z"], ["z/../z"], ["z//"],
                     ["z", "five"], ["five", "z", "empty"], ["z/one", "five", "z/nothing"], ["z", "z"],
                     ["z/some", "z/some2"], ["z/some", "z"], ["five/0", "five"], ["five", "five/0"],
                     ["five/0/1", "five/0", "five"], ["z", "./z"], ["z/", "z"], ["nowhere"], ["nowhere", "z"],
                     ["z", "nowhere", "five", "missing/too"], ["z/one/under-a-file"], ["to-dir", "plain"],
                     ["dangling/"], ["z/-dash"], ["--", "-dash"]):
        where = os.path.join(scratch, {"-dash": "z", ".": "five"}.get(operands[-1], ""))
        for options in (["-B1"], ["-a", "-c", "-b"], ["-s"], ["-s", "-l", "-c"]):
            if usable(options):
                differential(c, f"operands {' '.join(operands)}: {' '.join(options)}", [*options, "-0", *operands],
                             where)
    differential(c, "no operand", ["-a"], os.path.join(scratch, "five"))
    differential(c, "no operand, -s", ["-s"], os.path.join(scratch, "z"))
    differential(c, "an empty operand", ["", "z"], scratch)
    differential(c, "an operand with a newline", ["no\nsuch", "qu'ote"], scratch)

    # What is not valid.
    for args in (["--no-such-option"], ["-Q"], ["-d", "x"], ["-d", "-1"], ["--max-depth=1.5"], ["-d"], ["-B"],
                 ["-B", "0"], ["-B", "x"], ["-B", "1Q1"], ["-B", ""], ["-B", "-5"], ["--block-size=nonsense"],
                 ["-B", "99999999999999999999999"], ["-a", "-s"], ["-s", "-d", "2"], ["-s", "-a", "z"]):
        differential(c, f"refused: {' '.join(args) or 'nothing'}", [*args, "z"] if args[-1:] not in (["-d"], ["-B"])
                     else args, scratch, first_error_only=True)
    differential(c, "-s with -d 0 warns", ["-s", "-d", "0", "z"], scratch)
    if os.path.exists("/dev/full"):
        full_output(c, scratch)

    # Rights.
    bad = make("rights")
    os.makedirs(os.path.join(bad, "open", "in"))
    os.makedirs(os.path.join(bad, "closed", "in"))
    os.makedirs(os.path.join(bad, "no-search", "in"))
    os.makedirs(os.path.join(bad, "new\nline"))
    os.makedirs(os.path.join(bad, "it's"))
    for name in ("open/f", "closed/f", "no-search/f"):
        with open(os.path.join(bad, name), "wb") as f:
            f.write(b"x" * 9000)
    for name, mode in (("closed", 0), ("no-search", 0o444), ("new\nline", 0), ("it's", 0)):
        os.chmod(os.path.join(bad, name), mode)
    harness.settle(scratch)
    user = harness.NOBODY if harness.ROOT else None
    for options in ([], ["-a"], ["-s"], ["-a", "-c", "-B1"]):
        differential(c, f"unreadable directories: {' '.join(options) or 'no option'}", [*options, "-0", "rights"],
                     scratch, user=user)
    differential(c, "an unreadable operand", ["rights/closed", "rights/closed/in", "z"], scratch, user=user)
    for name in ("closed", "no-search", "new\nline", "it's"):
        os.chmod(os.path.join(bad, name), 0o700)

    # Mounts.
    if harness.can_mount():
        os.makedirs(make("mounts/over/there"))
        os.makedirs(make("mounts/bound"))
        with open(make("mounts/f"), "wb") as f:
            f.write(b"x" * 10000)
        harness.mount_tmpfs(make("mounts/over/there"), "size=4m")
        harness.bind(make("five/0"), make("mounts/bound"))
        try:
            with open(make("mounts/over/there/g"), "wb") as f:
                f.write(b"x" * 50000)
            harness.settle(scratch)
            for options in ([], ["-x"], ["-a", "-x", "-B1"], ["-s", "-x"], ["-a"]):
                differential(c, f"mounts: {' '.join(options) or 'no option'}", [*options, "mounts"], scratch)
            differential(c, "mounts: -x of several file systems", ["-x", "-s", "mounts", "mounts/over/there"], scratch)
        finally:
            harness.umount(make("mounts/over/there"))
            harness.umount(make("mounts/bound"))
    else:
        c.skip("mounts", "needs root and a mount namespace")

    # Limits.
    few = {resource.RLIMIT_NOFILE: 16}
    for tree, options in (("five", ["-a", "-B1"]), ("flat", ["-s"]), ("plain", ["-a", "-0"]), ("deep", ["-s"]),
                          ("wide-deep", ["-s", "-B1"])):
        differential(c, f"16 descriptors: {tree}", [*options, tree], scratch, limits=few)


def full_output(c, scratch):
    with open("/dev/full", "wb") as full:
        p = subprocess.run([TOOL, "du", "-a", "five"], cwd=scratch, stdout=full, stderr=subprocess.PIPE, timeout=30,
                           env=harness.base_env())
    c.check("output that cannot be written is an error", p.returncode == 1 and p.stderr.startswith(b"sluice du: write error"),
            f"exit status {p.returncode}: {shown(p.stderr)}")


if __name__ == "__main__":
    harness.main(test)
