#!/usr/bin/env python3
"""`sluice cp` against GNU cp: each case is set up twice, one copy is made by each tool, then exit status, output,
messages and the whole resulting trees are compared.  What GNU cp cannot do (paths longer than PATH_MAX) is checked
against the source itself.
"""

import os
import resource
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
import treecmp
import treegen
from cpcases import T0, Area, Cases, compare_runs, intact
from harness import shown

TOOL = harness.sluice()

def whole_trees(c, scratch):
    """Large trees of everything, under each way to copy."""
    src = os.path.join(scratch, "src")
    os.mkdir(src)
    treegen.full(41, os.path.join(src, "full"))
    treegen.small(42, os.path.join(src, "small"))
    treegen.five_ary(os.path.join(src, "five"), 4, 4096)
    treegen.flat(43, os.path.join(src, "flat"), 5000, 9)
    os.mkdir(os.path.join(src, "empty"))
    harness.settle(src)
    kept = dict(mtime=True, root=True)
    loose = dict(mtime=False, root=True)
    plan = [("full", ["-a"], kept), ("small", ["-a"], kept), ("five", ["-a"], kept), ("flat", ["-a"], kept),
            ("empty", ["-a"], kept), ("full", ["-r"], loose), ("full", ["-R", "-p"], kept), ("small", ["-r"], loose),
            ("full", ["-dR"], loose), ("full", ["-rP"], loose), ("small", ["-rH"], loose), ("small", ["-rL"], loose),
            ("small", ["-rLp"], loose), ("small", ["-aL"], loose), ("full", ["-av"], kept), ("full", ["-aT"], kept),
            ("full", ["-ax"], kept), ("full", ["-af"], kept), ("small", ["-au"], kept), ("small", ["-an"], kept)]
    for tree, options, how in plan:
        name = " ".join(options)
        out = {}
        for side, command in (("gnu", ["cp"]), ("our", [TOOL, "cp"])):
            where = os.path.join(scratch, f"whole-{side}", f"{tree}{'-'.join(options)}")
            os.makedirs(where)
            out[side] = harness.run([*command, *options, f"../../src/{tree}", "copy"], cwd=where), where
        problems = compare_runs(out["gnu"][0], out["our"][0])
        harness.settle(scratch)
        a, b = (os.path.join(out[s][1], "copy") for s in ("gnu", "our"))
        if os.path.lexists(b) or os.path.lexists(a):
            if not os.path.lexists(b):
                problems.append("nothing was copied")
            else:
                problems += treecmp.compare(a, b, **how)
                if options[0][:2] == "-a" and options != ["-aL"] and harness.ROOT:
                    problems += [f"source: {line}" for line in treecmp.compare(os.path.join(src, tree), b, **how)]
        c.nothing(f"{tree}: cp {name}", problems)
        for _, where in out.values():
            harness.rmtree(where)

    # A second copy over the first changes nothing; a merge keeps what is only in the destination.
    where = os.path.join(scratch, "again")
    os.mkdir(where)
    for n in range(2):
        result = harness.run([TOOL, "cp", "-aT", "../src/five", "copy"], cwd=where)
        problems = [] if result.rc == 0 else [f"exit status {result.rc}: {shown(result.err)}"]
        problems += treecmp.compare(os.path.join(src, "five"), os.path.join(where, "copy"))
        c.nothing(f"five: cp -aT, run {n + 1} into one place", problems)
    harness.rmtree(where)

    # Few descriptors.
    for tree in ("small", "five", "flat", "full"):
        where = os.path.join(scratch, "few")
        os.mkdir(where)
        result = harness.run([TOOL, "cp", "-a", f"../src/{tree}", "copy"], cwd=where,
                             limits={resource.RLIMIT_NOFILE: 16})
        problems = [] if result.rc == 0 and not result.err else [f"exit status {result.rc}: {shown(result.err)}"]
        harness.settle(where)
        if harness.ROOT and os.path.lexists(os.path.join(where, "copy")):
            problems += treecmp.compare(os.path.join(src, tree), os.path.join(where, "copy"))
        c.nothing(f"16 descriptors: {tree}", problems)
        harness.rmtree(where)

    # Many operands at once, and the same file from several of them.
    for side, command in (("gnu", ["cp"]), ("our", [TOOL, "cp"])):
        where = os.path.join(scratch, f"many-{side}")
        os.makedirs(os.path.join(where, "to"))
        out[side] = harness.run([*command, "-a", "../src/small", "../src/small.outside", "../src/five", "to"],
                                cwd=where), where
    harness.settle(scratch)
    c.nothing("hard links across operands", compare_runs(out["gnu"][0], out["our"][0]) + treecmp.compare(
        os.path.join(out["gnu"][1], "to"), os.path.join(out["our"][1], "to"), root=False))
    harness.rmtree(out["gnu"][1])
    harness.rmtree(out["our"][1])

    # Links between directories, some of which are left while others still make links from them.
    crossed = os.path.join(src, "crossed")
    for n in range(400):
        os.makedirs(os.path.join(crossed, f"{n}"))
        with open(os.path.join(crossed, f"{n}/own"), "w") as f:
            f.write(str(n))
    for n in range(400):
        for k in range(20):
            os.link(os.path.join(crossed, f"{n}/own"), os.path.join(crossed, f"{(n * 7 + k * 53 + 1) % 400}/{n}"))
    problems = []
    where = os.path.join(scratch, "crossed-copy")
    for n in range(8):
        result = harness.run([TOOL, "cp", "--jobs=8", "-a", crossed, where], timeout=30)
        problems += [] if result.rc == 0 and not result.err else [f"exit status {result.rc}: {shown(result.err)}"]
        problems += treecmp.compare(crossed, where)
        harness.rmtree(where)
    c.nothing("many hard links across directories", problems)

    # Another file system.
    if harness.can_mount():
        target = os.path.join(scratch, "elsewhere")
        os.mkdir(target)
        harness.mount_tmpfs(target, "size=200m")
        try:
            for side, command in (("gnu", ["cp"]), ("our", [TOOL, "cp"])):
                os.mkdir(os.path.join(target, side))
                out[side] = harness.run([*command, "-a", os.path.join(src, "full"), "copy"],
                                        cwd=os.path.join(target, side))
            c.nothing("full: cp -a to tmpfs", compare_runs(out["gnu"], out["our"]) + treecmp.compare(
                os.path.join(target, "gnu/copy"), os.path.join(target, "our/copy")))
        finally:
            harness.umount(target)
    else:
        c.skip("cp -a to another file system", "needs root and a mount namespace")


def deep_trees(c, scratch):
    for name, depth, length in (("deep", 5000, 3), ("long-deep", 60, 255)):
        src, dst = os.path.join(scratch, name), os.path.join(scratch, name + "-copy")
        treegen.deep(44, src, depth, length, every=10)
        for few in (False, True):
            result = harness.run([TOOL, "cp", "-a", src, dst], timeout=60,
                                 limits={resource.RLIMIT_NOFILE: 16} if few else None)
            problems = [] if result.rc == 0 else [f"exit status {result.rc}: {shown(result.err)}"]
            if os.path.lexists(dst):
                problems += treecmp.compare(src, dst)
            c.nothing(f"{depth} levels, names of {length} bytes{', 16 descriptors' if few else ''}", problems)
            harness.rmtree(dst)
        harness.rmtree(src)


def semantics(c, scratch):
    cases = Cases(c, scratch)
    run = cases.run
    nobody = harness.NOBODY

    def ab(area):
        area.file("a", "from a", 0o640)
        area.file("b", "from b", 0o600, T0 + 10**9)

    def abd(area):
        ab(area)
        area.dir("d")
        area.tree("t")

    # Files.
    run("a file to a new name", ab, ["a", "new"])
    run("a file over a file", ab, ["a", "b"])
    run("a file into a directory", abd, ["a", "d"])
    run("files into a directory", abd, ["a", "b", "d"])
    run("-v of a file", ab, ["-v", "a", "b"])
    run("-p of a file", ab, ["-p", "a", "new"])
    run("-p of a file over a file", ab, ["-p", "a", "b"])
    run("-v of odd names", lambda s: (s.file("it's", "1"), s.file("two\nlines", "2"), s.file("sp ace", "3"),
                                      s.file("-dash", "4"), s.dir("d")),
        ["-v", "--", "it's", "two\nlines", "sp ace", "-dash", "d"])
    run("a missing source", ab, ["nowhere", "b"])
    run("a missing source among others", abd, ["a", "nowhere", "b", "d"])
    run("a source below a file", ab, ["a/x", "b"])
    run("a name with a slash that is no directory", ab, ["a", "nowhere/"])
    run("into a missing directory", ab, ["a", "nowhere/x"])
    run("several to a file", ab, ["a", "a", "b"], usage=True)
    run("several to a missing name", ab, ["a", "b", "nowhere"], usage=True)
    run("/dev/null makes an empty file", ab, ["/dev/null", "new"])
    run("one name twice", abd, ["a", "a", "d"])
    run("two sources of one name", lambda s: (s.file("x/f", "1"), s.file("y/f", "2"), s.dir("d")), ["x/f", "y/f", "d"])
    run("an empty source name", ab, ["", "new"])

    # Usage.
    run("no operand", ab, [], usage=True)
    run("one operand", ab, ["a"], usage=True)
    run("an unknown option", ab, ["--no-such-option", "a", "b"], usage=True)
    run("an unknown letter", ab, ["-y", "a", "b"], usage=True)
    run("-T with three operands", abd, ["-T", "a", "b", "d"], usage=True)
    run("-T and -t", abd, ["-T", "-t", "d", "a"], usage=True)
    run("-t without sources", abd, ["-t", "d"], usage=True)

    # -n -u -f
    run("-n keeps", ab, ["-n", "a", "b"])
    run("-n copies what is missing", ab, ["-n", "a", "new"])
    run("-n merges a tree", lambda s: (s.tree("d"), s.file("o/d/f", "kept"), s.file("o/d/extra")), ["-rn", "d", "o"])
    run("-u keeps the newer", ab, ["-u", "a", "b"])
    run("-u replaces the older", ab, ["-u", "b", "a"])
    run("-u keeps the same age", lambda s: (s.file("a", "1"), s.file("b", "2")), ["-u", "a", "b"])
    run("-u by a nanosecond", lambda s: (s.file("a", "1", when=T0 + 1), s.file("b", "2")), ["-u", "a", "b"])
    run("-u of a tree", lambda s: (s.tree("d"), s.file("o/d/f", "newer", when=T0 + 5),
                                   s.file("o/d/e/g", "older", when=T0 - 5)), ["-auv", "d", "o"])
    run("-f replaces an unwritable file", lambda s: (ab(s), os.chmod(s.path("b"), 0o400)), ["-f", "a", "b"],
        owner=nobody)
    run("an unwritable file without -f", lambda s: (ab(s), os.chmod(s.path("b"), 0o400)), ["a", "b"], owner=nobody)
    run("-fv says what it removed", lambda s: (ab(s), os.chmod(s.path("b"), 0o400)), ["-fv", "a", "b"], owner=nobody)
    run("-f in an unwritable directory", lambda s: (s.file("a"), s.file("d/b", mode=0o400), s.dir("d", 0o555)),
        ["-f", "a", "d/b"], owner=nobody)
    run("into an unwritable directory", lambda s: (s.file("a"), s.dir("d", 0o555)), ["a", "d/b"], owner=nobody)

    # -T -t
    run("-t", abd, ["-t", "d", "a", "b"])
    run("-rt", abd, ["-r", "-t", "d", "t", "a"])
    run("-t a file", ab, ["-t", "b", "a"], usage=True)
    run("-t a missing name", ab, ["-t", "nowhere", "a"], usage=True)
    run("-T to a new name", abd, ["-rT", "t", "new"])
    run("-T merges", lambda s: (s.tree("t"), s.file("o/f", "older"), s.file("o/mine")), ["-rT", "t", "o"])
    run("-T of a file onto a directory", abd, ["-T", "a", "d"])

    # Directories.
    run("a directory without -r", abd, ["t", "new"])
    run("a directory without -r among files", abd, ["a", "t", "d"])
    run("-r to a new name", abd, ["-r", "t", "new"])
    run("-r into a directory", abd, ["-r", "t", "d"])
    run("-rv", abd, ["-rv", "t", "d"])
    run("-av", lambda s: (s.tree("t"), s.hard("t/f", "t/e/f2")), ["-av", "t", "new"])
    run("merging trees", lambda s: (s.tree("t"), s.file("o/t/f", "older text", 0o600), s.file("o/t/mine"),
                                    s.dir("o/t/e", 0o700)), ["-r", "t", "o"])
    run("merging trees with -a", lambda s: (s.tree("t"), s.file("o/t/f", "older text", 0o600), s.file("o/t/mine"),
                                            s.dir("o/t/e", 0o700)), ["-a", "t", "o"])
    run("a directory over a file", lambda s: (s.tree("t"), s.file("o/t")), ["-r", "t", "o"])
    run("a directory over a file, inside", lambda s: (s.tree("t"), s.file("o/t/e"), s.dir("o/t")), ["-r", "t", "o"])
    run("a file over a directory", lambda s: (s.file("a"), s.dir("o/a")), ["a", "o"])
    run("a file over a directory, inside", lambda s: (s.tree("t"), s.dir("o/t/f")), ["-r", "t", "o"])
    run("a directory over a symlink to one", lambda s: (s.tree("t"), s.dir("o/real"), s.link("real", "o/t")),
        ["-r", "t", "o"])
    run("a symlink over a file", lambda s: (s.tree("t"), s.file("o/t/l", "a file")), ["-a", "t", "o"])
    run("a symlink over a directory", lambda s: (s.tree("t"), s.dir("o/t/l")), ["-a", "t", "o"])
    run("a trailing slash", abd, ["-r", "t/", "new"])
    run("a trailing dot", abd, ["-r", "t/.", "d"])
    run("dot dot", abd, ["-r", "t/e/..", "d"])
    run("to the current directory", abd, ["-r", "t/e", "."])

    # Into itself; the same file.
    def unharmed(area):
        texts = [open(area.path(n)).read() for n in ("d/f", "d/e/g")]
        return [] if texts == ["in f", "in g"] else [f"the source was harmed: {texts}"]

    tree = lambda s: s.tree("d")
    run("into itself", tree, ["-r", "d", "d/new"], tree=False, after=unharmed, timeout=20)
    run("into its own subdirectory", tree, ["-r", "d", "d/e"], tree=False, after=unharmed, timeout=20)
    run("onto itself", tree, ["-r", "d", "."], tree=False, after=unharmed, timeout=20)
    run("into itself through a symlink", lambda s: (s.tree("d"), s.link("d/e", "way")), ["-r", "d", "way"],
        tree=False, after=unharmed, timeout=20)
    run("dot into a subdirectory", tree, ["-a", ".", "d/e/new"], tree=False, after=unharmed, timeout=20)
    run("the same file", ab, ["a", "a"])
    run("the same file by another path", abd, ["a", "d/../a"])
    run("the same file by a hard link", lambda s: (ab(s), s.hard("a", "h")), ["a", "h"])
    run("the same file by a symlink", lambda s: (ab(s), s.link("a", "l")), ["a", "l"])
    run("a symlink onto its target", lambda s: (ab(s), s.link("a", "l")), ["l", "a"])
    run("the same file with -f", ab, ["-f", "a", "a"])
    run("the same file with -a", ab, ["-a", "a", "a"])
    run("-d of a hard link onto the other", lambda s: (ab(s), s.hard("a", "h")), ["-d", "a", "h"])
    run("-P of a symlink onto its target", lambda s: (ab(s), s.link("a", "l")), ["-P", "l", "a"])

    # Symlinks.
    def links(area):
        area.file("t/real", "real")
        area.link("real", "t/good")
        area.link("nowhere", "t/dangling")
        area.link("e", "t/to-dir")
        area.file("t/e/g", "g")
        area.link("t", "top")
        area.link("t/real", "one")

    for options in (["-r"], ["-rP"], ["-rH"], ["-a"], ["-aH"], ["-d"], ["-P"], ["-L"], ["-rLP"], ["-rPL"], ["-rHP"]):
        run(f"{' '.join(options)} of a symlink to a file", links, [*options, "one", "new"])
        run(f"{' '.join(options)} of a symlink to a directory", links, [*options, "top", "new"])
        run(f"{' '.join(options)} of a directory with symlinks", links, [*options, "t", "new"])
    run("-rL", lambda s: (links(s), os.unlink(s.path("t/dangling"))), ["-rL", "t", "new"])
    run("-rL with a dangling link", links, ["-rL", "t", "new"])
    run("-rL with a loop", lambda s: (s.tree("t"), s.link("x", "t/x")), ["-rL", "t", "new"])
    run("-rL with a way back up", lambda s: (s.tree("t"), s.link("..", "t/e/up")), ["-rL", "t", "new"], timeout=20)
    run("through a dangling destination", lambda s: (ab(s), s.link("nowhere", "l")), ["a", "l"])
    run("-f over a dangling destination", lambda s: (ab(s), s.link("nowhere", "l")), ["-f", "a", "l"])
    run("through a destination symlink", lambda s: (ab(s), s.link("b", "l")), ["a", "l"])
    run("-a over a destination symlink", lambda s: (ab(s), s.link("b", "l")), ["-a", "a", "l"])
    run("-a through a destination symlink to a file with several names",
        lambda s: (s.file("t/f", "new"), s.file("r", "old"), s.hard("r", "r2"), s.dir("o/t"), s.link("../../r", "o/t/f")),
        ["-a", "t", "o"])
    run("into a symlink to a directory", lambda s: (ab(s), s.dir("d"), s.link("d", "l")), ["a", "l"])

    # Hard links.
    hard = lambda s: (s.tree("t"), s.hard("t/f", "t/e/f2"), s.hard("t/f", "out"), s.hard("t/e/g", "t/g2"))
    for options in (["-a"], ["-r"], ["-dR"], ["-rp"]):
        run(f"{' '.join(options)} of hard links", hard, [*options, "t", "new"])
    run("-a of hard links over a tree", lambda s: (hard(s), s.file("o/t/f", "x"), s.file("o/t/e/f2", "y")),
        ["-a", "t", "o"])
    run("-a of hard links, again", lambda s: (hard(s), s.file("o/t/f", "in f"), s.hard("o/t/f", "o/t/g2")),
        ["-a", "t", "o"])
    run("-a of a file and then a tree with another name of it", lambda s: (s.tree("t"), s.hard("t/e/g", "f"), s.dir("o")),
        ["-a", "f", "t", "o"])
    run("-a of two trees into one, with the same name of one file",
        lambda s: (s.file("x/d/f", "kept"), s.dir("y/d"), s.hard("x/d/f", "y/d/f"), s.dir("o")), ["-a", "x/d", "y/d", "o"])
    run("-d of two names of one file", lambda s: (ab(s), s.hard("a", "h"), s.dir("d")), ["-d", "a", "h", "d"])

    # Modes.
    def modes(area):
        for mode in (0o777, 0o666, 0o4755, 0o2755, 0o1666, 0o000, 0o400, 0o7777):
            area.file(f"t/{mode:04o}", "m", mode)
            area.dir(f"t/d{mode:04o}", mode | 0o700)
        area.file("old", "old", 0o604)

    for mask in (0o000, 0o022, 0o077, 0o027):
        run(f"umask {mask:03o}: -r", modes, ["-r", "t", "new"], umask=mask)
        run(f"umask {mask:03o}: -a", modes, ["-a", "t", "new"], umask=mask)
        run(f"umask {mask:03o}: a file", modes, ["t/4755", "new"], umask=mask)
    for options in (["-r"], ["-a"]):
        name = f"umask 0300: {options[0]} fills what it makes"
        if harness.ROOT:
            run(name, lambda s: s.tree("t"), [*options, "t", "new"], umask=0o300, owner=nobody)
        else:
            c.skip(name, "only root can then look at it")
    run("umask 022: over a file keeps its mode", modes, ["t/0777", "old"], umask=0o022)
    run("-p over a file takes the mode", modes, ["-p", "t/0777", "old"], umask=0o022)
    run("the destination of a directory keeps its mode",
        lambda s: (s.tree("t"), s.dir("o/t/e", 0o711), s.dir("o/t", 0o751)), ["-r", "t", "o"])
    run("a default ACL of the destination", lambda s: (s.tree("t"), s.dir("o"), os.setxattr(
        s.path("o"), "system.posix_acl_default", treegen.SAMPLE_DEFAULT_ACL)), ["-r", "t", "o"], umask=0o077)
    run("a default ACL of the destination, -a", lambda s: (s.tree("t"), s.dir("o"), os.setxattr(
        s.path("o"), "system.posix_acl_default", treegen.SAMPLE_DEFAULT_ACL)), ["-a", "t", "o"], umask=0o077)

    def listed_fifo(area):
        os.mkfifo(area.path("fifo"))
        os.setxattr(area.path("fifo"), "system.posix_acl_access", treegen.SAMPLE_ACL)

    run("-a of a FIFO with an access control list", listed_fifo, ["-a", "fifo", "new"])
    run("-a of a FIFO into a directory with a default ACL", lambda s: (s.dir("o"), os.mkfifo(s.path("fifo")), os.setxattr(
        s.path("o"), "system.posix_acl_default", treegen.SAMPLE_DEFAULT_ACL)), ["-a", "fifo", "o"])

    def special_modes(area):
        area.file("t/suid", "x", 0o4755)
        area.file("t/sgid", "x", 0o2755)
        area.file("t/plain", "x", 0o644)
        area.dir("t/shared", 0o2775)
        area.foreign = area.path("t")
        area.dir("mine")

    def described(area):
        for mode in (0o644, 0o444, 0o400, 0o2555):
            for path, final in ((area.file(f"t/{mode:o}", "x"), mode), (area.dir(f"t/d{mode:o}"), 0o500)):
                os.setxattr(path, "user.kept", b"value")
                os.chmod(path, final)

    for options in (["-a"], ["-rp"], ["-r", "--preserve=xattr"], ["-r", "--preserve=xattr,ownership"], ["-r", "--preserve=all"]):
        run(f"attributes of what may not be written: {options[-1]}", described, [*options, "t", "new"], owner=nobody)
        run(f"attributes of a file that may not be written: {options[-1]}", described, [*options, "t/444", "new"], owner=nobody)
    run("another user's setuid files with -a", special_modes, ["-a", "t", "mine"], owner=nobody)
    run("another user's setuid files with -p", special_modes, ["-rp", "t", "mine"], owner=nobody)

    # Rights.
    def unreadable(area):
        area.tree("t")
        area.file("t/secret", "x", 0)
        area.file("t/e/secret2", "x", 0)
        area.file("t/closed/x", "x")
        area.dir("t/closed", 0)
        area.dir("o")

    for options in (["-r"], ["-a"], ["-rv"]):
        run(f"unreadable sources go on: {options[0]}", unreadable, [*options, "t", "o"], owner=nobody, tree=True)
    run("an unreadable file among others", lambda s: (ab(s), os.chmod(s.path("a"), 0), s.dir("d")), ["a", "b", "d"],
        owner=nobody)

    # Access times.
    area = Area(os.path.join(scratch, "atime"))
    f = area.file("a", "x")
    now = time.time_ns()
    os.utime(f, ns=(now, T0))       # newer than the change time and today: reading leaves it alone
    for options in (["-p"], ["-a"]):
        harness.run([TOOL, "cp", *options, "a", "b"], cwd=area.root)
        c.equal(f"{options[0]} keeps the access time",
                os.lstat(area.path("b")).st_atime_ns if os.path.exists(area.path("b")) else None, now)

    # One file system.
    if harness.can_mount():
        results = []
        for side, command in (("gnu", ["cp"]), ("our", [TOOL, "cp"])):
            area = Area(os.path.join(scratch, f"x-{side}"))
            area.tree("t")
            area.dir("t/mount")
            harness.mount_tmpfs(area.path("t/mount"), "size=1m")
            area.file("t/mount/hidden")
            try:
                results.append((harness.run([*command, "-ax", "t", "new"], cwd=area.root), area.path("new")))
            finally:
                harness.umount(area.path("t/mount"))
        c.nothing("-x does not enter a mount", compare_runs(results[0][0], results[1][0]) + treecmp.compare(
            results[0][1], results[1][1], mtime=False))
    else:
        c.skip("-x does not enter a mount", "needs root and a mount namespace")


def sparse(c, scratch):
    """Files with holes stay as small as they are, and as their bytes say."""
    src = os.path.join(scratch, "sparse")
    os.mkdir(src)
    g = treegen.Generator(45, src)
    g.holes(os.fsencode(src))
    g.finish()
    harness.settle(src)
    for options in (["-a"], ["-r"]):
        for side, command in (("gnu", ["cp"]), ("our", [TOOL, "cp"])):
            result = harness.run([*command, *options, "sparse", f"sparse-{side}"], cwd=scratch, timeout=120)
        harness.settle(scratch)
        problems = [] if result.rc == 0 else [f"exit status {result.rc}: {shown(result.err)}"]
        problems += treecmp.compare(os.path.join(scratch, "sparse-gnu"), os.path.join(scratch, "sparse-our"),
                                    mtime=False, root=False)
        problems += [f"source: {line}" for line in treecmp.compare(src, os.path.join(scratch, "sparse-our"),
                                                                   mtime=options == ["-a"], holes=True, owner=False)]
        c.nothing(f"sparse files: {options[0]}", problems)
        harness.rmtree(os.path.join(scratch, "sparse-gnu"))
        harness.rmtree(os.path.join(scratch, "sparse-our"))


def untrue_sizes(c, scratch):
    """Files of /sys say 4096 and end before."""
    there = [p for p in ("/sys/kernel/fscaps", "/sys/kernel/profiling", "/sys/kernel/mm/transparent_hugepage/enabled")
             if os.access(p, os.R_OK) and os.stat(p).st_size == 4096]
    if not there:
        return c.skip("a file that ends before its size", "/sys has none")
    for options in ([], ["-a"]):
        copy = os.path.join(scratch, "of-sys")
        harness.run([TOOL, "cp", *options, there[0], copy])
        with open(there[0], "rb") as a, open(copy, "rb") as b:
            c.equal(f"a file that ends before its size: cp {' '.join(options)}", b.read(), a.read())
        os.unlink(copy)


def refused_attributes(c, scratch):
    """A file system that can't have access control lists and extended attributes."""
    if not harness.can_mount():
        return c.skip("refused attributes", "needs root and a mount namespace")
    area = Area(os.path.join(scratch, "refused"))
    os.setxattr(area.file("acl/f"), "system.posix_acl_access", treegen.SAMPLE_ACL)
    os.setxattr(area.file("xattr/f"), "user.x", b"x")
    plain = area.dir("plain")
    harness.mount("ramfs", plain, "ramfs")
    try:
        for tree, option in (("acl", "-a"), ("acl", "-rp"), ("acl", "--preserve=mode"), ("xattr", "-a"),
                             ("xattr", "--preserve=xattr"), ("xattr", "--preserve=all")):
            results = [harness.run([*command, "-r", option, tree, f"plain/{side}"], cwd=area.root)
                       for side, command in (("copy", ["cp"]), ("copy", [TOOL, "cp"]))
                       if harness.rmtree(area.path("plain/copy")) is None]
            c.nothing(f"refused attributes: {option} of {tree}", compare_runs(*results))
    finally:
        harness.umount(plain)


def faults(c, scratch):
    """No room."""
    src = os.path.join(scratch, "fault-src")
    os.mkdir(src)
    for n in range(12):
        with open(os.path.join(src, f"small{n}"), "wb") as f:
            f.write(b"s" * 3000)
    for n in range(2):
        with open(os.path.join(src, f"large{n}"), "wb") as f:
            f.write(os.urandom(3 << 20))
    if harness.can_mount():
        full = os.path.join(scratch, "tiny")
        os.mkdir(full)
        for options, data, what in ((["-a"], "size=1m", "no room"), (["-r"], "size=1m", "no room"),
                                    (["-a"], "nr_inodes=8", "no inodes")):
            harness.mount_tmpfs(full, data)
            try:
                result = harness.run([TOOL, "cp", *options, src, os.path.join(full, "copy")], timeout=60)
                problems = []
                if result.rc != 1:
                    problems.append(f"exit status {result.rc}")
                if b"No space left on device" not in result.err or not result.err.startswith(b"sluice cp: "):
                    problems.append(f"says {shown(result.err)}")
                if what == "no room" and not any(f"large{n}".encode() in result.err for n in range(2)):
                    problems.append(f"names no large file: {shown(result.err)}")
                problems += intact(src, os.path.join(full, "copy"), result.err)
                c.nothing(f"{what}: cp {options[0]}", problems)
            finally:
                harness.umount(full)
    else:
        c.skip("no room", "needs root and a mount namespace")


def test(c, scratch):
    semantics(c, scratch)
    sparse(c, scratch)
    untrue_sizes(c, scratch)
    refused_attributes(c, scratch)
    deep_trees(c, scratch)
    whole_trees(c, scratch)
    faults(c, scratch)


if __name__ == "__main__":
    harness.main(test)
