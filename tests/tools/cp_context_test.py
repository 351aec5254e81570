#!/usr/bin/env python3
"""`sluice cp -Z`, `--context` and `--preserve=context`: where there is no SELinux word for word what GNU cp does; where a
system seems to have it, the attribute that holds a context is set."""

import errno
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
from cpcases import called_cp
from harness import shown

ATTRIBUTE = "security.selinux"


def planted(where):
    os.makedirs(os.path.join(where, "t/d"))
    for name in ("a", "t/f", "t/d/g", "there"):
        with open(os.path.join(where, name), "w") as f:
            f.write(name)
    os.symlink("f", os.path.join(where, "t/l"))


def seen(where):
    """Names and contents."""
    return {b"/".join(names): open(os.path.join(os.fsencode(where), *names), "rb").read() if len(names) and
            os.path.isfile(os.path.join(os.fsencode(where), *names)) else None for _, names, _ in harness.walk(where)}


WAYS = (["-Z"], ["--context"], ["--context="], ["--context=x"], ["--context=u:r:t:s0"], ["--cont=x"], ["--preserve=context"],
        ["--preserve=context", "-Z"], ["-Z", "--preserve=context"], ["--preserve=context", "--context=x"], ["-a", "-Z"],
        ["-a", "--context=x"], ["-aZ"], ["-Za"], ["-a"], ["--preserve=all"], ["--preserve=all", "-Z"], ["--preserve=all", "--context=x"],
        ["--preserve=all,context"], ["--preserve=context", "--no-preserve=context"], ["--no-preserve=context"],
        ["--no-preserve=all", "--preserve=context"], ["--preserve=context", "--no-preserve=all"], ["--context=x", "--context=y"],
        ["-Z", "--context=x"], ["--preserve=mode,context"], ["--preserve=context,nothing"], ["--context=x", "--preserve=nothing"],
        ["-l", "--preserve=context"], ["-s", "--context=x"], ["--attributes-only", "-Z"], ["--preserve=context", "-b", "-n"],
        ["--context=x", "-b", "-n"], ["--context=x", "-ls"], ["--parents", "--context=x"], ["-v", "--context=x"], ["-n", "--context=x"])
OPERANDS = (["a", "new"], ["a", "there"], ["-r", "t", "new"], ["a", "nowhere", "t/d"], ["a"], ["nothing", "new"], ["a", "a"])


def without(c, scratch, command):
    if os.path.exists("/sys/fs/selinux") or not os.path.exists("/usr/lib/x86_64-linux-gnu/libselinux.so.1"):
        c.skip("GNU's words without SELinux", "this system has it, or its cp does not know of it")
        return
    problems, said, done = [], 0, 0
    for n, (way, operands) in enumerate((w, o) for w in WAYS for o in OPERANDS):
        results = []
        for tool, run in (("gnu", ["/bin/cp"]), ("ours", command)):
            where = os.path.join(scratch, f"{tool}{n}")
            os.mkdir(where)
            planted(where)
            got = harness.run([*run, *way, *operands], cwd=where)
            # Errors of files that are copied side by side come in any order; and names come by their inodes,
            # of which somebody else may get one in between.
            results.append((got.rc, sorted(got.out.splitlines()), sorted(got.err.replace(b"/bin/cp", b"cp").splitlines()), seen(where)))
            harness.rmtree(where)
        if results[0] != results[1]:
            problems.append(f"{' '.join(way + operands)}: {shown(str(results[1][:3]))}, not {shown(str(results[0][:3]))}")
        said += any(b"SELinux" in line for line in results[0][2])
        done += results[0][0] == 0
    c.nothing(f"as GNU cp without SELinux ({n + 1} command lines)", problems, most=8)
    c.check("... which had something to say, and something to do", said > 30 and done > 30, f"{said}, {done}")


def label_of(path):
    try:
        return os.getxattr(path, ATTRIBUTE, follow_symlinks=False)
    except OSError as e:
        if e.errno != errno.ENODATA:
            raise
        return None


def library(scratch):
    """What makes a system seem to have SELinux; None where there is no compiler."""
    cc = next((shutil.which(x) for x in (os.environ.get("CC"), "cc", "gcc", "clang") if x and shutil.which(x)), None)
    source = os.path.join(os.path.dirname(os.path.abspath(harness.__file__)), "selinux_calls.c")
    into = os.path.join(scratch, "selinux.so")
    built = cc and subprocess.run([cc, "-shared", "-fPIC", "-O1", "-o", into, source, "-ldl"], capture_output=True)
    return into if built and built.returncode == 0 else None


def where_there_is(c, scratch, command):
    where = os.path.join(scratch, "selinux")
    os.mkdir(where)
    planted(where)
    at = lambda name: os.path.join(where, name)
    preload = library(scratch)
    try:
        os.setxattr(at("a"), ATTRIBUTE, b"of:a\0")
    except OSError as e:
        preload = None
        print(f"      {e}")
    if not preload:
        c.skip("contexts that are set", "no compiler, not root, or a file system without such attributes")
        return
    env = dict(harness.base_env(), LD_PRELOAD=preload)
    run = lambda *args: harness.run([*command, *args], cwd=where, env=env)
    if b"cannot preserve" in run("--preserve=context", "a", "probe").err:
        c.skip("contexts that are set", "this build can't be made to see SELinux")
        return
    for name in ("t", "t/f", "t/l", "t/d", "t/d/g"):
        os.setxattr(at(name), ATTRIBUTE, f"of:{name}\0".encode(), follow_symlinks=False)
    labels = lambda root: {n: label_of(at(root + n)) for n in ("", "/f", "/l", "/d", "/d/g")}
    own = {n: f"of:t{n}\0".encode() for n in ("", "/f", "/l", "/d", "/d/g")}
    for way in (["-a"], ["-r", "--preserve=context"], ["-r", "--preserve=all"], ["-a", "--atomic"], ["-r", "--preserve=context", "--atomic"]):
        got = run(*way, "t", "new")
        c.equal(f"{' '.join(way)} keeps contexts", (got.rc, got.err, labels("new")), (0, b"", own))
        harness.rmtree(at("new"))
    for way in (["-r"], ["-rp"], ["-a", "--no-preserve=context,xattr"]):
        got = run(*way, "t", "new")
        c.equal(f"{' '.join(way)} does not", (got.rc, got.err, set(labels("new").values())), (0, b"", {None}))
        harness.rmtree(at("new"))
    for way in (["-r", "--context=mine"], ["-a", "--context=mine"], ["-r", "--atomic", "--context=mine"]):
        got = run(*way, "t", "new")
        c.equal(f"{' '.join(way)} gives its own", (got.rc, got.err, set(labels("new").values())), (0, b"", {b"mine\0"}))
        harness.rmtree(at("new"))
    got = run("--context=mine", "a", "there")
    c.equal("... to nothing that was there", (got.rc, label_of(at("there"))), (0, None))
    got = run("--preserve=context", "a", "there")
    c.equal("but what is kept goes there, too", (got.rc, label_of(at("there"))), (0, b"of:a\0"))
    got = run("--parents", "--preserve=context", "t/d/g", "t/f", "t/d")
    c.equal("parents have theirs", (got.rc, got.err, label_of(at("t/d/t")), label_of(at("t/d/t/d")), label_of(at("t/d/t/f"))),
            (0, b"", b"of:t\0", b"of:t/d\0", b"of:t/f\0"))
    with open(at("bare"), "w") as f:
        f.write("bare")
    with open(at("there"), "w") as f:
        f.write("there")
    for to in ("new", "there"):
        got = run("--preserve=context", "bare", to)
        c.equal(f"without one to keep nothing is copied: {to}", (got.rc, got.err, os.path.exists(at("new")), open(at("there")).read()),
                (1, b"cp: failed to get security context of 'bare': No data available\n", False, "there"))
    got = run("-a", "bare", "new")
    c.equal("-a keeps what there is", (got.rc, got.err, label_of(at("new"))), (0, b"", None))
    got = run("-Z", "a", "never")
    c.check("-Z alone is refused, in words", got.rc == 1 and b"use --context=CTX" in got.err and not os.path.exists(at("never")),
            shown(got.err))
    for way in (["--preserve=context", "--context=x"], ["--context=x", "--preserve=mode,context"]):
        want = harness.run(["/bin/cp", *way, "a", "never"], cwd=where, env=env)
        got = run(*way, "a", "never")
        c.equal(f"{' '.join(way)} as with GNU cp", (got.rc, got.err), (1, b"cp: cannot set target context and preserve it\n"))
        if b"cannot set target" in want.err or not want.err:
            c.equal("... whose words these are", (want.rc, want.err.replace(b"/bin/cp", b"cp")), (got.rc, got.err))


def test(c, scratch):
    command = called_cp(scratch)
    without(c, scratch, command)
    where_there_is(c, scratch, called_cp(scratch, harness.interposable()))


if __name__ == "__main__":
    harness.main(test)
