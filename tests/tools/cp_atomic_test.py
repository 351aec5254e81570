#!/usr/bin/env python3
"""`sluice cp --atomic`, `--fsync` and `--verify`: what is kept, what is refused, and what is found when
it is read again.  What can be seen meanwhile, and what is synced, have tests of their own.
"""

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
import treecmp
import treegen
from cpcases import called_cp
from cprunning import Place, end_of, names_left, start, wait_for
from harness import shown


ACCESS, DEFAULT = "system.posix_acl_access", "system.posix_acl_default"


def attributes_of(path):
    return {n: os.getxattr(path, n) for n in os.listxattr(path)}


def listed(c, p):
    """Access control lists that a new file has from its directory or its source, as without --atomic."""
    os.mkdir(p.path("shared"))
    p.put("limited", "text")
    try:
        os.setxattr(p.path("shared"), DEFAULT, treegen.SAMPLE_DEFAULT_ACL)
        os.setxattr(p.path("limited"), ACCESS, treegen.SAMPLE_ACL)
    except OSError as e:
        c.skip("lists of new files", str(e))
        return
    for source, options in (("new", []), ("new", ["-p"]), ("limited", []), ("limited", ["-p"])):
        name = f"{' '.join(options)} {source} into a directory with a default list"
        plain, atomic = p.path("shared/plain"), p.path("shared/atomic")
        ends = [p.run(*options, source, plain).rc, p.run("--atomic", *options, source, atomic).rc]
        c.equal(f"{name}: as without --atomic", (ends, attributes_of(atomic), os.lstat(atomic).st_mode),
                ([0, 0], attributes_of(plain), os.lstat(plain).st_mode))
        c.equal(f"{name}: it has a list", ACCESS in attributes_of(atomic), not options or source == "limited")
        os.unlink(plain)
        os.unlink(atomic)


def kept(c, scratch, command):
    p = Place(c, scratch, "kept", command)
    p.put("new", "new text")
    p.put("old", "old text", 0o640)
    if harness.ROOT:
        os.chown(p.path("old"), 12, 34)
    for attribute, value in ((ACCESS, treegen.SAMPLE_ACL), ("user.kept", b"value")):
        try:
            os.setxattr(p.path("old"), attribute, value)
        except OSError as e:
            c.skip(f"{attribute} stays", str(e))
    attributes = attributes_of(p.path("old"))
    before = os.lstat(p.path("old"))
    with open(p.path("old")) as reader:
        result = p.run("--atomic", "new", "old")
        c.equal("who has the old one open goes on reading it", (result.rc, result.err, reader.read()), (0, b"", "old text"))
    after = os.lstat(p.path("old"))
    c.equal("a file is replaced, not written to", (p.text("old"), before.st_ino == after.st_ino), ("new text", False))
    c.equal("mode and owner stay", (after.st_mode, after.st_uid, after.st_gid),
            (before.st_mode, before.st_uid, before.st_gid))
    c.equal("access control lists and attributes stay", attributes_of(p.path("old")), attributes)
    listed(c, p)

    os.mkdir(p.path("far"))
    p.put("far/real", "old", 0o600)
    os.symlink("real", p.path("far/second"))
    os.symlink(p.path("far/second"), p.path("link"))
    result = p.run("--atomic", "new", "link")
    c.equal("a link is followed to its end", (result.rc, result.err, os.path.islink(p.path("link")),
                                              os.path.islink(p.path("far/second")), p.text("far/real"),
                                              stat.S_IMODE(os.lstat(p.path("far/real")).st_mode)),
            (0, b"", True, True, "new text", 0o600))
    result = p.run("--atomic", "-p", "new", "old")
    c.equal("-p keeps the source's mode instead, and that it has no list",
            (result.rc, stat.S_IMODE(os.lstat(p.path("old")).st_mode),
             ACCESS in attributes_of(p.path("old"))), (0, 0o644, False))
    result = p.run("--atomic", "new", "fresh", umask=0o077)
    c.equal("a new file has the usual mode", (result.rc, stat.S_IMODE(os.lstat(p.path("fresh")).st_mode)), (0, 0o600))
    c.equal("nothing is left beside", names_left(p.at), [])


def refused(c, scratch, command):
    p = Place(c, scratch, "refused", command)
    p.put("new", "new text")
    p.put("one", "old text")
    os.link(p.path("one"), p.path("two"))
    p.refused("a file of two names is refused", ["--atomic", "new", "one"], b"it has other names", lambda: p.text("two"),
              "old text")
    os.mkfifo(p.path("fifo"))
    p.refused("a fifo is refused", ["--atomic", "new", "fifo"], b"it is not a regular file",
              lambda: stat.S_ISFIFO(os.lstat(p.path("fifo")).st_mode), True)
    if harness.ROOT:
        os.mknod(p.path("null"), 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        p.refused("a device is refused", ["--atomic", "new", "null"], b"it is not a regular file",
                  lambda: os.lstat(p.path("null")).st_rdev, os.makedev(1, 3))
    os.symlink("nowhere", p.path("dangling"))
    p.refused("a dangling link is refused", ["--atomic", "new", "dangling"], b"not writing through dangling symlink",
              lambda: os.path.lexists(p.path("nowhere")), False)
    os.mkdir(p.path("dir"))
    p.refused("a name that has to be a directory's", ["--atomic", "new", "absent/"], b"Not a directory",
              lambda: os.path.lexists(p.path("absent")), False)
    os.symlink("one", p.path("to-one"))
    os.symlink("elsewhere", p.path("other-link"))
    os.link(p.path("other-link"), p.path("its-other-name"), follow_symlinks=False)
    two = lambda: (p.text("one"), p.text("two"), os.lstat(p.path("two")).st_nlink)
    for options, to in ((["-d"], "one"), (["-a"], "one"), (["-f"], "one"), (["-af"], "one"), (["--verify"], "one"),
                        ([], "to-one"), (["-L"], "to-one"), (["--preserve=links"], "to-one")):
        p.refused(f"{options}: a file of two names is refused, by the name {to}", ["--atomic", *options, "new", to],
                  b"it has other names", two, ("old text", "old text", 2))
    p.refused("a link of two names is refused", ["--atomic", "-a", "dangling", "other-link"], b"it has other names",
              lambda: os.readlink(p.path("other-link")), "elsewhere")
    if harness.ROOT:
        os.chmod(p.at, 0o777)
        p.put("readonly", "old text", 0o444)
        result = p.run("--atomic", "new", "readonly", user=harness.NOBODY)
        c.equal("a file that may not be written to is not replaced either", (result.rc, p.text("readonly")), (1, "old text"))
        p.put("theirs", "old text", 0o666)
        result = p.run("--atomic", "new", "theirs", user=harness.NOBODY)
        c.equal("nor is one whose owner can't be kept", (result.rc, p.text("theirs"), os.lstat(p.path("theirs")).st_uid),
                (1, "old text", 0))
        c.equal("nothing is left beside what was refused", names_left(p.at), [])


def linked(c, scratch, command):
    """Link groups: in a fresh copy, again over it, and where a second tree meets the first."""
    p = Place(c, scratch, "linked", command)
    for tree in ("t", "u/t"):
        os.makedirs(p.path(tree))
        p.put(f"{tree}/a", tree)
        os.link(p.path(f"{tree}/a"), p.path(f"{tree}/b"))
        os.link(p.path(f"{tree}/a"), p.path(f"{tree}/c"))
        p.put(f"{tree}/alone", tree)
    group = lambda root: sorted((n, p.text(f"{root}/{n}"), os.lstat(p.path(f"{root}/{n}")).st_nlink) for n in os.listdir(p.path(root)))
    whole = lambda text: [("a", text, 3), ("alone", text, 1), ("b", text, 3), ("c", text, 3)]
    for jobs in (1, 4):
        result = p.run("-a", "--atomic", f"--jobs={jobs}", "t", "new")
        c.equal("a fresh copy has its links", (result.rc, result.err, group("new")), (0, b"", whole("t")))
        result = p.run("-aT", "--atomic", f"--jobs={jobs}", "u/t", "new")
        c.equal("another one over it: all names but those of a group", (result.rc, result.err.count(b"it has other names"), group("new")),
                (1, 3, [(n, "u/t" if n == "alone" else "t", links) for n, _, links in whole("t")]))
        harness.rmtree(p.path("new"))
        os.mkdir(p.path("new"))
        result = p.run("-a", "--atomic", f"--jobs={jobs}", "t", "u/t", "new")
        c.equal("two trees that meet in one run", (result.rc, result.err, group("new/t")), (0, b"", whole("u/t")))
        harness.rmtree(p.path("new"))
    os.mkdir(p.path("new"))
    os.mkfifo(p.path("t/zz"))       # a copy of it as a file waits: the run is interrupted
    if os.listdir(p.path("t"))[0] == "zz":
        c.skip("names that an interrupted run made are no obstacle", "the newest comes first here, which is what interrupts it")
        return
    first = start(command, ["-r", "--preserve=links", "--copy-contents", "--atomic", "--resume", "--jobs=1", "t", "new"], p.at)
    began = wait_for(lambda: os.path.exists(p.path("new/t/c")) and os.path.exists(p.path("new/t/alone")))
    first.send_signal(signal.SIGTERM)
    code = end_of(first)[0]
    os.unlink(p.path("t/zz"))
    result = p.run("-r", "--preserve=links", "--copy-contents", "--atomic", "--resume", "--jobs=1", "t", "new")
    c.equal("names that an interrupted run made are no obstacle", (began, code, result.rc, result.err, group("new/t")),
            (True, -signal.SIGTERM, 0, b"", whole("t")))
    c.equal("nothing is left beside", names_left(p.at), [])


def trees(c, scratch, command):
    p = Place(c, scratch, "trees", command)
    src = p.path("src")
    for n in range(60):
        os.makedirs(os.path.join(src, str(n % 7)), exist_ok=True)
        with open(os.path.join(src, str(n % 7), f"f{n}"), "wb") as f:
            f.write(os.urandom(n * 701))
    for n in range(0, 60, 6):
        os.link(os.path.join(src, str(n % 7), f"f{n}"), os.path.join(src, f"link{n}"))
    os.symlink("0/f0", os.path.join(src, "symlink"))
    os.mkfifo(os.path.join(src, "fifo"))
    for options in (["--atomic"], ["--fsync"], ["--verify"], ["--atomic", "--fsync"], ["--resume"],
                    ["--atomic", "--fsync", "--verify", "--resume"]):
        problems = []
        for run in ("first", "second"):     # over what is there
            result = p.run("-aT", *options, "src", "dst")
            lines = result.err.splitlines()
            if run == "second" and "--atomic" in options:       # the ten groups stay, two names each
                refused = [line for line in lines if b"it has other names" in line]
                problems += [] if len(refused) == 20 and result.rc == 1 else [f"{len(refused)} refused, status {result.rc}"]
                lines = [line for line in lines if line not in refused]
                left = [x for x in names_left(p.at) if not x.endswith(".sluice-resume")]
            else:
                left = names_left(p.at)
                problems += [] if result.rc == 0 else [f"{run} run: {result.rc}"]
            problems += [f"{run} run: {shown(line)}" for line in lines if b"cp: verified " not in line]
            problems += [f"{run} run: {x}" for x in treecmp.compare(src, p.path("dst"))]
            problems += [f"{run} run: left {x}" for x in left]
        c.nothing(f"a tree with {' '.join(options)}, twice", problems)
        harness.rmtree(p.path("dst"))


def shaky_calls(p):
    """A library to be preloaded; None where there is no compiler."""
    cc = next((shutil.which(x) for x in (os.environ.get("CC"), "cc", "gcc", "clang") if x and shutil.which(x)), None)
    source = os.path.join(os.path.dirname(os.path.abspath(harness.__file__)), "shaky_calls.c")
    built = cc and subprocess.run([cc, "-shared", "-fPIC", "-O1", "-o", p.path("shaky.so"), source, "-ldl"],
                                  capture_output=True)
    return p.path("shaky.so") if built and built.returncode == 0 else None


def direct_reads(path):
    """Whether files there can be read past the page cache."""
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_DIRECT))
    except OSError:
        return False
    kind = subprocess.run(["stat", "-f", "-c", "%T", path], capture_output=True).stdout
    return kind.strip() not in (b"tmpfs", b"ramfs")


def verified(c, scratch, command):
    p = Place(c, scratch, "verified", command)
    p.put("a", "x" * 3_000_000)
    result = p.run("--verify", "a", "b")
    said = re.search(rb"verified 1 file, 3000000 bytes; 3000000 (read [a-z ,]*)\n", result.err)
    c.check("how it was read is told", result.rc == 0 and said, shown(result.err))
    # A file without a name is read as one that has one.
    for over in (False, True):
        result = p.run("--verify", "--atomic", "--json", "a", "b" if over else "fresh")
        plain = p.run("--verify", "--json", "a", "b")
        how = [{k: v for k, v in json.loads(r.out.splitlines()[-1]).items() if k.startswith("verified")} for r in (result, plain)]
        c.equal(f"--atomic --verify {'over a file' if over else 'of a new one'} reads as --verify does", (result.rc, how[0]), (0, how[1]))
        c.check("... past the page cache, where that is possible", how[0]["verified_bytes"] == 3_000_000 and
                (not direct_reads(p.path("a")) or how[0]["verified_direct"] == 3_000_000), str(how))
    result = p.run("--verify", "a", "/dev/null")
    c.equal("what can't be read again is not called verified", (result.rc, b"verified 0 files" in result.err), (0, True))
    shaky = shaky_calls(p)
    if not shaky:
        c.skip("bytes that go wrong", "no C compiler")
        return
    for at in (0, 1_500_000, 2_999_999):
        env = dict(harness.base_env(), LD_PRELOAD=shaky, CORRUPT_AT=str(at))
        p.run("a", "blind", env=env)
        if p.text("blind") == p.text("a"):
            c.skip("bytes that go wrong", "this build can't be made to write them")
            return
        for options in ([], ["--atomic"]):
            for old in (None, "old text"):
                if old:
                    p.put("target", old)
                result = p.run("--verify", *options, "a", "target", env=env)
                name = f"{' '.join(options)} a wrong byte at {at}, over {'a file' if old else 'nothing'}"
                c.equal(name, (result.rc, b"'target' differs from 'a' when read again" in result.err), (1, True))
                if options or not old:
                    c.equal(name + ": what was there before", p.text("target"), old)
                c.equal(name + ": nothing beside", names_left(p.at), [])
                if os.path.lexists(p.path("target")):
                    os.unlink(p.path("target"))
        os.unlink(p.path("blind"))


def without(c, scratch, command):
    """File systems that have less."""
    p = Place(c, scratch, "without", command)
    shaky = shaky_calls(p)
    if not shaky:
        c.skip("file systems that have less", "no C compiler")
        return
    for refuse in ("nameless", "nameless,noreplace"):
        # Through the ring no preloaded function is asked.
        env = dict(harness.base_env(), LD_PRELOAD=shaky, REFUSE=refuse, SLUICE_BACKEND="pool")
        for text in ("first", "second"):
            p.put("a", text)
            result = p.run("--atomic", "a", "b", env=env)
            c.equal(f"without {refuse}: {text}", (result.rc, result.err, p.text("b"), names_left(p.at)),
                    (0, b"", text, []))
            c.equal("one name", os.lstat(p.path("b")).st_nlink, 1)
        os.unlink(p.path("b"))


def elsewhere(c, scratch, command):
    """A file system that has neither nameless files nor links."""
    maker = shutil.which("mkfs.vfat")
    if not maker or not harness.can_mount() or not shutil.which("losetup"):
        c.skip("vfat", "needs root, a mount namespace, losetup and mkfs.vfat")
        return
    p = Place(c, scratch, "elsewhere", command)
    with open(p.path("image"), "wb") as f:
        f.truncate(16 << 20)
    subprocess.run([maker, p.path("image")], capture_output=True, check=True)
    found = subprocess.run(["losetup", "--find", "--show", p.path("image")], capture_output=True, text=True)
    os.mkdir(p.path("disk"))
    try:
        if found.returncode:
            c.skip("vfat", "no loop device")
            return
        try:
            harness.mount(found.stdout.strip(), p.path("disk"), "vfat")
        except OSError as e:
            c.skip("vfat", f"it can't be mounted: {e}")
            return
        p.put("a", "first")
        result = p.run("--atomic", "--fsync", "a", "disk/a")
        c.equal("vfat: a new file", (result.rc, result.err, p.text("disk/a")), (0, b"", "first"))
        p.put("a", "second")
        result = p.run("--atomic", "--fsync", "a", "disk/a")
        c.equal("vfat: an old one", (result.rc, result.err, p.text("disk/a"), os.listdir(p.path("disk"))),
                (0, b"", "second", ["a"]))
        with open(p.path("large"), "wb") as f:
            f.write(os.urandom(20 << 20))
        result = p.run("--atomic", "large", "disk/a")
        c.equal("vfat, full: the old one stays", (result.rc, p.text("disk/a"), os.listdir(p.path("disk"))),
                (1, "second", ["a"]))
    finally:
        harness.umount(p.path("disk"))
        if not found.returncode:
            subprocess.run(["losetup", "--detach", found.stdout.strip()], capture_output=True)


def test(c, scratch):
    command = called_cp(scratch)
    for part in (kept, refused, linked, trees, elsewhere):
        part(c, scratch, command)
    for part in (verified, without):
        part(c, scratch, called_cp(scratch, harness.interposable()))


if __name__ == "__main__":
    harness.main(test)
