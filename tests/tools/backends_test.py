#!/usr/bin/env python3
"""The same answers whatever does the I/O: each backend by name, io_uring refused, few descriptors, no locked memory."""

import os
import re
import resource
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
import treecmp
import treegen
from harness import shown

TOOL = harness.sluice()
TREES = ("full", "small", "five", "flat")


def core(c, label, scratch, before, expected, may_refuse=False, **how):
    """du -sb, traverse and cp -a of every tree.

    before: a command that starts the tool.  may_refuse: the backend was asked for by name and is not to be had, so a
    clear refusal is as good as the right answer.
    """
    for tree in TREES:
        entries, size = expected[tree]
        where = os.path.join(scratch, "run")
        os.makedirs(where)
        problems = []
        for name, args in (("du", ["du", "-sb", tree]), ("traverse", ["traverse", tree]),
                           ("cp", ["cp", "-a", tree, "run/copy"])):
            result = harness.run([*before, TOOL, *args], cwd=scratch, **how)
            if result.rc != 0 or result.err:
                if may_refuse and result.rc in (1, 2) and result.err.startswith(b"sluice"):
                    continue
                problems.append(f"{name}: exit status {result.rc}: {shown(result.err, 200)}")
            elif name == "du" and result.out != b"%d\t%s\n" % (size, tree.encode()):
                problems.append(f"du says {shown(result.out)}, not {size}")
            elif name == "traverse" and result.out != b"%d files, %d bytes\n" % (entries, size):
                problems.append(f"traverse says {shown(result.out)}, not {entries} files, {size} bytes")
            elif name == "cp":
                problems += [f"cp: {line}" for line in
                             treecmp.compare(os.path.join(scratch, f"{tree}.reference"), os.path.join(where, "copy"),
                                             slack=1 << 20)]
        c.nothing(f"{label}: {tree}", problems)
        harness.rmtree(where)


def compiler():
    for name in (os.environ.get("CC"), "cc", "gcc", "clang"):
        if name and shutil.which(name):
            return name
    return None


def test(c, scratch):
    make = lambda name: os.path.join(scratch, name)
    if harness.ROOT:
        treegen.full(51, make("full"))
    else:       # without what cannot be read
        treegen.five_ary(make("full"), 2, 100)
    treegen.five_ary(make("five"), 3, 4096)
    treegen.flat(53, make("flat"), 1500, 9)
    os.mkdir(make("small"))
    g = treegen.Generator(52, os.path.join(make("small"), "t"))
    g.begin()
    os.mkdir(g.join(b"other"))
    g.sizes(g.root)
    g.symlinks(g.root)
    g.hard_links(g.root, g.join(b"other"))
    g.finish()
    expected = {}
    for tree in TREES:
        subprocess.run(["cp", "-a", tree, f"{tree}.reference"], cwd=scratch, check=True)
        expected[tree] = harness.tally(make(tree))[:2]
    harness.settle(scratch)

    few = {resource.RLIMIT_NOFILE: 16}
    for backend in ("auto", "pool", "epoll", "uring"):
        env = harness.base_env(SLUICE_BACKEND=backend)
        core(c, backend, scratch, [], expected, env=env)
        core(c, f"{backend}, 16 descriptors", scratch, [], expected, env=env, limits=few)
    env = harness.base_env()
    env.pop("SLUICE_BACKEND", None)
    core(c, "no backend named", scratch, [], expected, env=env)

    result = harness.run([TOOL, "traverse", "five"], cwd=scratch, env=harness.base_env(SLUICE_BACKEND="nonsense"))
    right = b"%d files, %d bytes\n" % expected["five"]
    c.check("an unknown backend is refused or passed over",
            (result.rc == 0 and result.out == right) or (result.rc in (1, 2) and b"nonsense" in result.err),
            f"exit status {result.rc}: {shown(result.out)}{shown(result.err)}")

    for backend in ("auto", "uring"):
        core(c, f"{backend}, no locked memory", scratch, [], expected, env=harness.base_env(SLUICE_BACKEND=backend),
             limits={resource.RLIMIT_MEMLOCK: 0}, may_refuse=not harness.ROOT and backend == "uring")

    cc = compiler()
    if not cc:
        c.skip("io_uring refused", "no C compiler")
        return
    helper = make("refuse_uring")
    built = subprocess.run([cc, "-O1", "-Wall", "-o", helper, os.path.join(harness.HERE, "refuse_uring.c")],
                           stderr=subprocess.PIPE)
    if not c.check("the helper compiles", built.returncode == 0, shown(built.stderr)):
        return
    probe = ("import ctypes; l = ctypes.CDLL(None, use_errno=True); b = ctypes.create_string_buffer(256);"
             "r = [(l.syscall(n, 0, b, 0, 0, 0, 0), ctypes.get_errno()) for n in (425, 426, 427)];"
             "print(r)")
    for error, number in (("EPERM", 1), ("ENOSYS", 38), ("ENOMEM", 12)):
        before = [helper, error]
        result = harness.run([*before, sys.executable, "-c", probe])
        if result.rc == 125:
            c.skip(f"io_uring refused with {error}", f"no seccomp here: {shown(result.err)}")
            continue
        c.check(f"the helper refuses with {error}", result.out.startswith(str([(-1, number)] * 3).encode()),
                shown(result.out + result.err))
        core(c, f"auto, refused with {error}", scratch, before, expected, env=harness.base_env(SLUICE_BACKEND="auto"))
        core(c, f"pool, refused with {error}", scratch, before, expected, env=harness.base_env(SLUICE_BACKEND="pool"))
        result = harness.run([*before, TOOL, "--backend-report"], env=harness.base_env(SLUICE_BACKEND="auto"))
        c.check(f"refused with {error}, epoll takes its place", result.rc == 0 and result.out.startswith(b"epoll: ") and b"io_uring" in result.out,
                shown(result.out + result.err))
        core(c, f"uring, refused with {error}", scratch, before, expected, may_refuse=True,
             env=harness.base_env(SLUICE_BACKEND="uring"))
        core(c, f"auto, refused with {error}, 16 descriptors", scratch, before, expected, limits=few,
             env=harness.base_env(SLUICE_BACKEND="auto"))


if __name__ == "__main__":
    harness.main(test)
