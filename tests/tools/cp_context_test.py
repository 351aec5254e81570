#!/usr/bin/env python3
"""`sluice cp -Z`, `--context` and `--preserve=context`: where there is no SELinux word for word what GNU cp does; where a
system seems to have it, the attribute that holds a context is set. What real policies say: tests/selinux."""

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


def library(scratch, name="selinux.so", source="selinux_calls.c"):
    """What makes a system seem to have SELinux; None where there is no compiler."""
    cc = next((shutil.which(x) for x in (os.environ.get("CC"), "cc", "gcc", "clang") if x and shutil.which(x)), None)
    source = os.path.join(os.path.dirname(os.path.abspath(harness.__file__)), source)
    into = os.path.join(scratch, name)
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
    for way in (["--preserve=context", "--context=x"], ["--context=x", "--preserve=mode,context"]):
        want = harness.run(["/bin/cp", *way, "a", "never"], cwd=where, env=env)
        got = run(*way, "a", "never")
        c.equal(f"{' '.join(way)} as with GNU cp", (got.rc, got.err), (1, b"cp: cannot set target context and preserve it\n"))
        if b"cannot set target" in want.err or not want.err:
            c.equal("... whose words these are", (want.rc, want.err.replace(b"/bin/cp", b"cp")), (got.rc, got.err))


def beside_its_helper(scratch):
    """The tool that can be interposed, in a directory where sluice-label is, too; None where that was not built."""
    helper = os.path.join(os.path.dirname(harness.sluice()), "sluice-label")
    if not os.access(helper, os.X_OK):
        return None
    into = os.path.join(scratch, "helped")
    os.mkdir(into)
    shutil.copy2(helper, into)
    shutil.copy2(harness.interposable(), os.path.join(into, "sluice"))
    return os.path.join(into, "sluice")


def by_policy(c, scratch):
    """-Z without a context, where there is a policy: one of our own, whose types tell what it was asked."""
    where = os.path.join(scratch, "policy")
    os.mkdir(where)
    planted(where)
    at = lambda name: os.path.join(where, name)
    preload, policy, tool = library(scratch), library(scratch, "libselinux.so.1", "selinux_policy.c"), beside_its_helper(scratch)
    try:
        os.setxattr(at("there"), ATTRIBUTE, b"u:r:old:s0:c1,c2\0")
    except OSError as e:
        tool = None
        print(f"      {e}")
    if not (preload and policy and tool):
        c.skip("contexts of a policy", "no compiler, not root, no sluice-label, or a file system without such attributes")
        return
    command = [os.path.join(scratch, "helped", "cp")]
    os.symlink("sluice", command[0])
    env = dict(harness.base_env(), LD_PRELOAD=preload, LD_LIBRARY_PATH=scratch)
    run = lambda *args, cwd=where, **more: harness.run([*command, *args], cwd=cwd, env={**env, **more})
    if b"cannot preserve" in run("--preserve=context", "a", "probe").err:
        c.skip("contexts of a policy", "this build can't be made to see SELinux")
        return
    said = lambda kind, path: f"policy_u:policy_r:{kind},{path}:s9\0".encode()
    for way in (["-Z"], ["--context"], ["-aZ"], ["-Z", "--atomic"], ["-Z", "--preserve=all"]):
        got = run("-r", *way, "t", "new")
        want = {n: said(kind, at("new" + n)) for n, kind in (("", "dir"), ("/f", "file"), ("/l", "link"), ("/d", "dir"), ("/d/g", "file"))}
        c.equal(f"{' '.join(way)}: as the policy has it, by absolute paths", (got.rc, got.err, {n: label_of(at("new" + n)) for n in want}),
                (0, b"", want))
        # And only the type of what has one.
        for n in want:
            os.setxattr(at("new" + n), ATTRIBUTE, b"u:r:old:s0:c1,c2\0", follow_symlinks=False)
        got = run("-rT", *way, "t", "new")
        left = {n: label_of(at("new" + n)) for n in want if n != "/l"}
        c.equal("... where something stands, its type", (got.rc, got.err, left),
                (0, b"", {n: b"u:r:" + want[n].split(b":")[2] + b":s0:c1,c2\0" for n in left}))
        harness.rmtree(at("new"))
    os.symlink("there", at("way"))
    got = run("-Z", "a", at("way"))
    c.equal("what a link leads to is asked for by its own path", (got.rc, got.err, label_of(at("there"))),
            (0, b"", f"u:r:file,{at('there')}:s0:c1,c2\0".encode()))
    got = run("-Z", "../a", "../x", cwd=at("t"))
    c.equal("and so is another directory", (got.rc, got.err, label_of(at("x"))), (0, b"", said("file", at("x"))))
    got = run("-Z", "--parents", "t/d/g", "t/d")
    c.equal("parents have theirs", (got.rc, got.err, [label_of(at(f"t/d/t{n}")) for n in ("", "/d", "/d/g")]),
            (0, b"", [said("dir", at("t/d/t")), said("dir", at("t/d/t/d")), said("file", at("t/d/t/d/g"))]))
    got = run("-Z", "a", "none")
    c.equal("without one for a path the system's stays", (got.rc, got.err, label_of(at("none"))), (0, b"", None))
    got = run("-Z", "--context=mine", "a", "none2")
    c.equal("... or the one that was told", (got.rc, got.err, label_of(at("none2"))), (0, b"", b"mine\0"))
    got = run("-Z", "a", "invalid")
    c.equal("a policy that makes no sense is told", (got.rc, got.err, label_of(at("invalid"))),
            (0, b"cp: failed to set the security context of 'invalid': Invalid argument\n", None))
    ignored = b"cp: warning: ignoring --context: No such file or directory\n"
    got = run("-Z", "a", "bare", FAKE_NO_POLICY="1")
    c.equal("without a policy -Z is ignored", (got.rc, got.err, label_of(at("bare"))), (0, ignored, None))
    os.unlink(os.path.join(scratch, "helped", "sluice-label"))
    got = run("-Z", "a", "bare2")
    c.equal("and where nobody can be asked", (got.rc, got.err, label_of(at("bare2"))), (0, ignored, None))
    got = run("-Z", "--preserve=context", "a", "never", FAKE_NO_POLICY="1")
    c.equal("... it is no contradiction", (got.rc, got.err[:len(ignored)]), (1, ignored))


def test(c, scratch):
    command = called_cp(scratch)
    without(c, scratch, command)
    where_there_is(c, scratch, called_cp(scratch, harness.interposable()))
    by_policy(c, scratch)


if __name__ == "__main__":
    harness.main(test)
