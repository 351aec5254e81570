#!/usr/bin/env python3
"""The test tools tested: the comparer must see every kind of difference, and the generator must repeat itself."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
import treecmp
import treegen


def test(c, scratch):
    a, b = os.path.join(scratch, "a"), os.path.join(scratch, "b")
    treegen.full(11, a)
    again = os.path.join(scratch, "again")
    treegen.full(11, again)
    other = os.path.join(scratch, "other")
    treegen.full(12, other)
    harness.settle(scratch)
    c.nothing("one seed, one tree", treecmp.compare(a, again, holes=True))
    c.check("another seed, another tree", len(treecmp.compare(a, other)) > 100)
    if harness.ROOT:
        subprocess.run(["cp", "-a", a, b], check=True)
        harness.settle(scratch)
        c.nothing("cp -a makes the same tree", treecmp.compare(a, b))
    for profile in ("full", "small"):
        root = os.path.join(scratch, profile)
        getattr(treegen, profile)(5, root, links="none")
        linked = [n for _, n, s in harness.walk(root) if s.st_nlink > 1 and not os.path.isdir(
            os.path.join(os.fsencode(root), *n))]
        c.nothing(f"{profile} without hard links has none", linked)
    got = harness.tally(a)
    want = tuple(int(subprocess.run(["du", "-s0", *opts, a], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
                     .stdout.split(b"\t")[0]) for opts in (["--inodes"], ["-b"], ["-B1"]))
    if harness.ROOT:
        c.equal("the walker counts as du does", got, want)

    five = os.path.join(scratch, "five")
    c.equal("the classical tree has 3905 files", treegen.five_ary(five, 5, 10), 3905)
    c.equal("and 3906 directories", harness.tally(five)[0], 3905 + 3906)

    deep = [os.path.join(scratch, f"deep{n}") for n in range(2)]
    for root in deep:
        treegen.deep(3, root, depth=5000)
    c.nothing("deep trees compare", treecmp.compare(*deep))
    depth = max(d for d, _, _ in harness.walk(deep[0]))
    c.equal("a deep tree is deep", depth, 5000)
    fd = os.open(deep[1], os.O_RDONLY)
    for _ in range(4990):
        below = os.open("ddd", os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = below
    os.utime(fd, ns=(5, 5))
    os.close(fd)
    c.equal("a difference deep down is seen", len(treecmp.compare(*deep)), 1)

    # Each kind of difference, one at a time.
    def make(root):
        os.makedirs(os.path.join(root, "d"))
        for name in ("f", "d/g", "d/h"):
            with open(os.path.join(root, name), "wb") as f:
                f.write(b"0123456789" * 1000)
        with open(os.path.join(root, "s"), "wb") as f:
            f.write(b"q" * 4096)
            f.truncate(8 << 20)
        os.link(os.path.join(root, "f"), os.path.join(root, "d/f2"))
        os.symlink("f", os.path.join(root, "l"))
        os.mkfifo(os.path.join(root, "p"))
        for where, dirs, files in os.walk(root):
            for name in dirs + files:
                os.utime(os.path.join(where, name), ns=(10**18, 10**18 + 1), follow_symlinks=False)
        os.utime(root, ns=(10**18, 10**18))

    x = os.path.join(scratch, "x")
    make(x)
    y = os.path.join(scratch, "y")

    def join(name):
        return os.path.join(y, name)

    def keep_times(action):
        def changed():
            times = {}
            for where, dirs, files in os.walk(y):
                for path in [where] + [os.path.join(where, n) for n in files]:
                    s = os.lstat(path)
                    times[path] = (s.st_atime_ns, s.st_mtime_ns)
            action()
            for path, pair in times.items():
                if os.path.lexists(path):
                    os.utime(path, ns=pair, follow_symlinks=False)
        return changed

    def rewrite(name, at, data):
        with open(join(name), "r+b") as f:
            f.seek(at)
            f.write(data)

    def replace_link():
        os.unlink(join("l"))
        os.symlink("g", join("l"))
        os.utime(join("l"), ns=(10**18, 10**18 + 1), follow_symlinks=False)

    def split_link():
        os.unlink(join("d/f2"))
        with open(join("d/f2"), "wb") as f:
            f.write(b"0123456789" * 1000)

    def join_link():
        os.unlink(join("d/h"))
        os.link(join("d/g"), join("d/h"))

    def swap_type():
        os.unlink(join("p"))
        os.symlink("f", join("p"))

    cases = [
        ("nothing", lambda: None, None),
        ("mode of a file", lambda: os.chmod(join("f"), 0o600), "mode"),
        ("mode of a directory", lambda: os.chmod(join("d"), 0o700), "mode"),
        ("one nanosecond of a file", lambda: os.utime(join("f"), ns=(10**18, 10**18 + 2)), "mtime"),
        ("one nanosecond of a directory", lambda: os.utime(join("d"), ns=(10**18, 10**18)), "mtime"),
        ("time of a symlink", lambda: os.utime(join("l"), ns=(1, 1), follow_symlinks=False), "mtime"),
        ("one byte of content", lambda: rewrite("d/g", 5000, b"!"), "content"),
        ("one byte in a hole", lambda: rewrite("s", 5 << 20, b"!"), "content"),
        ("size", lambda: os.truncate(join("f"), 9999), "size"),
        ("filled holes", lambda: rewrite("s", 4096, bytes((8 << 20) - 4096)), "space"),
        ("link target", replace_link, "link target"),
        ("a link split in two", split_link, "hard links"),
        ("two files made one", join_link, "hard links"),
        ("type", swap_type, "type"),
        ("a name too few", lambda: os.unlink(join("d/g")), "only in A"),
        ("a name too many", lambda: os.mkdir(join("d/new")), "only in B"),
        ("an xattr of a file", lambda: os.setxattr(join("f"), "user.x", b"1"), "xattr"),
        ("an xattr of a directory", lambda: os.setxattr(join("d"), "user.x", b"1"), "xattr"),
        ("an ACL", lambda: os.setxattr(join("d"), "system.posix_acl_default", treegen.SAMPLE_DEFAULT_ACL), "xattr"),
    ]
    if harness.ROOT:
        cases += [
            ("owner", lambda: os.chown(join("f"), 1, -1), "owner"),
            ("group of a symlink", lambda: os.chown(join("l"), -1, 1, follow_symlinks=False), "owner"),
            ("trusted xattr of a symlink", lambda: os.setxattr(join("l"), "trusted.x", b"1", follow_symlinks=False),
             "xattr"),
            ("a capability", lambda: os.setxattr(join("f"), "security.capability", treegen.SAMPLE_CAPABILITY),
             "xattr"),
        ]
    for name, action, word in cases:
        harness.rmtree(y)
        make(y)
        try:
            keep_times(action)() if word not in ("mtime",) else action()
        except OSError as error:
            c.skip(f"sees: {name}", f"cannot make it here: {error.strerror}")
            continue
        harness.settle(y)
        found = treecmp.compare(x, y)
        if word is None:
            c.nothing(f"sees: {name}", found)
        else:
            c.check(f"sees: {name}", found and all(word in line for line in found), "; ".join(found) or "nothing seen")


if __name__ == "__main__":
    harness.main(test)
