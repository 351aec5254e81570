#!/usr/bin/env python3
"""Makes directory trees for tests, the same tree for the same seed.

    treegen.py SEED DIR [--profile small|full|flat|deep] [--count N] [--depth N] [--namelen N] [--links KIND]

small: some of everything, about a hundred entries.   full: all of everything.   flat: N entries in one directory.
deep: N directories inside each other.   --links: none, within (one directory), all (also across directories and out of
the tree; the names outside are in DIR.outside).

What a file system or the caller's rights do not allow is left out and told on stderr.
"""

import argparse
import errno
import os
import random
import socket
import stat
import struct
import sys

ROOT = os.geteuid() == 0
GIB = 1 << 30

ACL_USER_OBJ, ACL_USER, ACL_GROUP_OBJ, ACL_GROUP, ACL_MASK, ACL_OTHER = 1, 2, 4, 8, 16, 32
NO_ID = 0xFFFFFFFF


def acl(entries):
    """The xattr value of a POSIX ACL: [(tag, permissions, id)], in the kernel's order."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", t, p, i) for t, p, i in entries)


SAMPLE_ACL = acl([(ACL_USER_OBJ, 6, NO_ID), (ACL_USER, 7, 1234), (ACL_USER, 0, 4321), (ACL_GROUP_OBJ, 4, NO_ID),
                  (ACL_GROUP, 5, 2345), (ACL_MASK, 7, NO_ID), (ACL_OTHER, 1, NO_ID)])
SAMPLE_DEFAULT_ACL = acl([(ACL_USER_OBJ, 7, NO_ID), (ACL_USER, 6, 1234), (ACL_GROUP_OBJ, 5, NO_ID),
                          (ACL_MASK, 7, NO_ID), (ACL_OTHER, 0, NO_ID)])
# A file capability, version 2: cap_net_raw permitted and effective.
SAMPLE_CAPABILITY = struct.pack("<IIIII", 0x02000001, 1 << 13, 0, 0, 0)


def odd_names():
    """Names that break careless tools."""
    names = [b"new\nline", b"\n", b"tab\there", b"-rf", b"--help", b"-", b" ", b" lead", b"trail ", b"quo'te", b'dq"',
             b"back\\slash", b"$HOME", b"`id`", b"*", b"a;b", b"...", b"..x", b".hidden", b"x" * 255,
             "\u00e4\u4e16\U0001f40c".encode(), b"\xc3\x28bad", b"\xff\xfe", b"caf\xe9", b"Case", b"case", b"CASE",
             b"0", b"total", b"\x7f", b"\x1b[31m"]
    return names


def byte_names():
    """Every byte a name can hold, each in a name of its own; and all of them in one."""
    names = [b"b" + bytes([n]) for n in range(1, 256) if n != 0x2F]
    every = bytes(n for n in range(1, 256) if n != 0x2F)
    return names + [every]


class Generator:
    def __init__(self, seed, root, links="all"):
        self.rng = random.Random(seed)
        self.root = os.path.abspath(os.fsencode(root))
        self.outside = self.root + b".outside"
        self.links = links
        self.late = []          # (path, mode, owner, times, capability), applied when all is made
        self.left_out = set()
        self.pairs = 0

    # -- small helpers

    def note(self, what, error):
        text = f"left out: {what}: {error.strerror or error}"
        if text not in self.left_out:
            self.left_out.add(text)
            print(f"treegen: {text}", file=sys.stderr)

    def moment(self):
        kind = self.rng.randrange(10)
        if kind == 0:       # before 1970
            seconds = -self.rng.randrange(1, 2_000_000_000)
        elif kind == 1:     # beyond 2038
            seconds = self.rng.randrange(2**31, 2**31 + 10**8)
        else:
            seconds = self.rng.randrange(0, 1_700_000_000)
        return seconds * 10**9 + self.rng.choice((0, 1, 999_999_999, self.rng.randrange(10**9), 123_456_789))

    def later(self, path, mode=None, capability=False):
        owner = None
        if ROOT and self.rng.randrange(3) == 0:
            owner = (self.rng.choice((0, 1, 1000, 65534, 70000)), self.rng.choice((0, 5, 1001, 65534, 80000)))
        self.late.append((path, mode, owner, (self.moment(), self.moment()), capability))

    def join(self, *parts):
        return os.path.join(self.root, *parts)

    def directory(self, path, mode=0o755):
        os.mkdir(path, 0o700)
        self.later(path, mode)
        return path

    def data(self, size):
        if size <= 4096:
            return self.rng.randbytes(size)
        block = self.rng.randbytes(4096)
        return (block * (size // 4096 + 1))[:size]

    def file(self, path, size=0, mode=None, content=None, capability=False):
        with open(path, "xb", opener=lambda p, f: os.open(p, f, 0o600)) as f:
            f.write(self.data(size) if content is None else content)
        self.later(path, self.rng.choice((0o644, 0o600, 0o755, 0o444, 0o640)) if mode is None else mode, capability)
        return path

    def sparse(self, path, size, pieces):
        """pieces: [(offset, length)] of data; all else is a hole."""
        with open(path, "xb", opener=lambda p, f: os.open(p, f, 0o600)) as f:
            f.truncate(size)
            for offset, length in pieces:
                f.seek(offset)
                f.write(self.rng.randbytes(length).replace(b"\0", b"\1"))
        self.later(path, 0o644)

    def symlink(self, target, path):
        try:
            os.symlink(target, path)
        except OSError as error:
            if error.errno not in (errno.ENAMETOOLONG, errno.EINVAL):
                raise
            self.note(f"symlink of {len(target)} bytes", error)
            return
        self.later(path)

    def special(self, path, kind, major=0, minor=0, mode=0o644):
        try:
            os.mknod(path, kind | 0o600, os.makedev(major, minor))
        except OSError as error:
            self.note(f"node of type {kind:o}", error)
            return
        self.later(path, mode)

    def link(self, old, new):
        os.link(old, new, follow_symlinks=False)

    def xattr(self, path, name, value, follow=False):
        try:
            os.setxattr(path, name, value, follow_symlinks=follow)
        except OSError as error:
            self.note(f"xattr {name} of {len(value)} bytes", error)
            return False
        return True

    # -- groups of entries

    def sizes(self, where, huge=True):
        for size in (0, 1, 4095, 4096, 4097, 128 * 1024 + 1, (1 << 20) + 1):
            self.file(os.path.join(where, b"size%d" % size), size)
        self.file(os.path.join(where, b"zeros"), content=bytes(300000))

    def holes(self, where, huge=True):
        m = 1 << 20
        self.sparse(os.path.join(where, b"hole-start"), 3 * m, [(2 * m, m)])
        self.sparse(os.path.join(where, b"hole-middle"), 3 * m + 5, [(0, 65536), (2 * m + 65536, m - 65531)])
        self.sparse(os.path.join(where, b"hole-end"), 4 * m + 123, [(0, 100000)])
        self.sparse(os.path.join(where, b"hole-all"), 2 * m, [])
        self.sparse(os.path.join(where, b"many-holes"), 64 * 128 * 1024, [(i * 128 * 1024, 65536) for i in range(64)])
        if huge:
            self.sparse(os.path.join(where, b"hole-5g"), 5 * GIB, [])
            self.sparse(os.path.join(where, b"island-5g"), 5 * GIB + 1, [(4 * GIB + 4096, 5000), (5 * GIB, 1)])

    def symlinks(self, where, more=True):
        join = lambda n: os.path.join(where, n)
        self.file(join(b"target"), 77)
        self.symlink(b"target", join(b"good"))
        self.symlink(b"no such file", join(b"dangling"))
        self.symlink(b"loop2", join(b"loop1"))
        self.symlink(b"loop1", join(b"loop2"))
        self.symlink(b"self", join(b"self"))
        self.symlink(b"/dev/null", join(b"absolute"))
        self.symlink(b"/no/such/place", join(b"absolute-dangling"))
        self.symlink(b"../", join(b"up"))
        self.symlink(b".", join(b"here"))
        self.symlink(b"new\nline\xff", join(b"odd"))
        if more:
            for length in (59, 60, 61, 255, 1023, 4095):    # around the borders of inline storage
                self.symlink((b"t/" * 2048)[:length], join(b"long%d" % length))

    def specials(self, where):
        join = lambda n: os.path.join(where, n)
        os.mkfifo(join(b"fifo"), 0o600)
        self.later(join(b"fifo"), 0o622)
        fd = os.open(where, os.O_RDONLY | os.O_DIRECTORY)
        try:    # by descriptor: a socket's address holds 107 bytes only
            with socket.socket(socket.AF_UNIX) as s:
                s.bind(b"/proc/self/fd/%d/socket" % fd)
            self.later(join(b"socket"), 0o755)
        except OSError as error:
            self.note("socket", error)
        finally:
            os.close(fd)
        if ROOT:
            self.special(join(b"char"), stat.S_IFCHR, 1, 3, 0o666)
            self.special(join(b"char-high"), stat.S_IFCHR, 511, 1048575, 0o600)
            self.special(join(b"block"), stat.S_IFBLK, 7, 200, 0o660)

    def hard_links(self, here, there):
        if self.links == "none":
            return
        a = self.file(os.path.join(here, b"link-a"), 5000)
        for n in range(3):
            self.link(a, os.path.join(here, b"link-a%d" % n))
        fifo = os.path.join(here, b"link-fifo")
        os.mkfifo(fifo, 0o600)
        self.link(fifo, fifo + b"2")
        self.later(fifo, 0o644)
        soft = os.path.join(here, b"link-soft")
        self.symlink(b"link-a", soft)
        self.link(soft, soft + b"2")
        if self.links != "all":
            return
        b = self.file(os.path.join(here, b"cross-b"), 123456)
        self.link(b, os.path.join(there, b"cross-b1"))
        self.link(b, os.path.join(there, b"cross-b2"))
        empty = self.file(os.path.join(there, b"cross-empty"), 0)
        self.link(empty, os.path.join(here, b"cross-empty1"))
        os.makedirs(self.outside, exist_ok=True)
        self.pairs += 1
        out = self.file(os.path.join(self.outside, b"original%d" % self.pairs), 7000)
        self.link(out, os.path.join(here, b"leaving1"))
        self.link(out, os.path.join(there, b"leaving2"))
        alone = self.file(os.path.join(self.outside, b"alone%d" % self.pairs), 9000)
        self.link(alone, os.path.join(there, b"leaving-alone"))

    def modes(self, where):
        """What its owner cannot read is made for root only, who can: others meet it in the tests of rights."""
        for mode in (0o4755, 0o2755, 0o1644, 0o6711, 0o7777, 0o000, 0o001, 0o200, 0o444):
            if not ROOT and not mode & 0o400:
                continue
            self.file(os.path.join(where, b"mode%04o" % mode), 10, mode)
        for mode in (0o1777, 0o2775, 0o7755, 0o555, 0o311):
            if not ROOT and not mode & 0o400:
                continue
            d = self.directory(os.path.join(where, b"dir%04o" % mode), mode)
            self.file(os.path.join(d, b"in"), 3)
        if ROOT:
            self.directory(os.path.join(where, b"dir0000"), 0o000)

    def attributes(self, where, more=True):
        join = lambda n: os.path.join(where, n)
        f = self.file(join(b"user-xattrs"), 20)
        self.xattr(f, "user.empty", b"")
        self.xattr(f, "user.binary", bytes(range(256)))
        for n in range(10):
            self.xattr(f, f"user.n{n}", b"v" * n)
        d = self.directory(join(b"xattr-dir"))
        self.xattr(d, "user.on-directory", b"yes")
        self.file(os.path.join(d, b"f"), 1)
        a = self.file(join(b"acl"), 30, 0o644)
        self.late[-1] = self.late[-1][:1] + (None,) + self.late[-1][2:]     # a chmod would change the mask
        self.xattr(a, "system.posix_acl_access", SAMPLE_ACL)
        e = self.directory(join(b"acl-dir"))
        self.late[-1] = self.late[-1][:1] + (None,) + self.late[-1][2:]
        self.file(os.path.join(e, b"before"), 2)
        self.xattr(e, "system.posix_acl_access", SAMPLE_DEFAULT_ACL)
        self.xattr(e, "system.posix_acl_default", SAMPLE_DEFAULT_ACL)
        if more:
            self.file(os.path.join(e, b"after"), 2, 0o640)
            big = self.file(join(b"big-xattr"), 5)
            for size in (60000, 3900, 3000, 1000):      # near the limit, wherever this file system has it
                try:
                    os.setxattr(big, "user.big", self.rng.randbytes(size))
                    break
                except OSError:
                    continue
            n = self.file(join(b"name-xattr"), 5)
            self.xattr(n, "user." + "n" * 250, b"longest name")
            if ROOT:
                t = self.file(join(b"trusted"), 5)
                self.xattr(t, "trusted.sluice", b"\0trusted\xff")
                os.symlink(b"x", join(b"trusted-link"))
                self.xattr(join(b"trusted-link"), "trusted.link", b"on the link itself")
                self.later(join(b"trusted-link"))
                self.file(join(b"capable"), 5, 0o755, capability=True)

    def names(self, where, names):
        for name in names:
            path = os.path.join(where, name)
            try:
                self.file(path, self.rng.randrange(20))
            except OSError as error:
                self.note("a name of odd bytes", error)

    def name_directories(self, where, names):
        for name in names:
            d = self.directory(os.path.join(where, name))
            self.file(os.path.join(d, name[:40]), 2)

    def bushy(self, where, depth, width):
        """A random bush of plain directories and files."""
        for n in range(self.rng.randint(1, width)):
            self.file(os.path.join(where, b"f%d" % n), self.rng.randrange(20000))
        if depth:
            for n in range(self.rng.randint(0, width)):
                self.bushy(self.directory(os.path.join(where, b"d%d" % n)), depth - 1, width)

    # -- whole trees

    def begin(self):
        os.mkdir(self.root, 0o700)
        self.later(self.root, 0o755)

    def finish(self):
        """Owners, modes and times, deepest entries first so that no later change touches them."""
        for path, mode, owner, times, capability in sorted(self.late, key=lambda e: -e[0].count(b"/")):
            is_link = os.path.islink(path)
            if owner is not None:
                os.chown(path, *owner, follow_symlinks=False)
            if mode is not None and not is_link:
                os.chmod(path, mode)
            if capability:
                self.xattr(path, "security.capability", SAMPLE_CAPABILITY)
            try:
                os.utime(path, ns=times, follow_symlinks=False)
            except (OSError, OverflowError) as error:
                if isinstance(error, OSError):
                    self.note("a time", error)
        self.late.clear()

    def small(self):
        self.begin()
        first = self.directory(self.join(b"first"))
        second = self.directory(self.join(b"second"))
        self.sizes(first)
        self.symlinks(second, more=False)
        self.specials(second)
        self.hard_links(first, second)
        self.directory(self.join(b"empty"))
        self.modes(self.directory(self.join(b"modes")))
        self.attributes(self.directory(self.join(b"attributes")), more=False)
        self.holes(self.directory(self.join(b"holes")), huge=False)
        self.bushy(self.directory(self.join(b"bush")), 2, 3)
        self.finish()

    def full(self):
        self.begin()
        first = self.directory(self.join(b"first"))
        second = self.directory(self.join(b"second"))
        third = self.directory(os.path.join(second, b"third"))
        self.sizes(first)
        self.holes(self.directory(self.join(b"holes")))
        self.symlinks(self.directory(self.join(b"symlinks")))
        self.specials(self.directory(self.join(b"specials")))
        self.hard_links(first, third)
        self.hard_links(third, second)
        self.modes(self.directory(self.join(b"modes")))
        self.attributes(self.directory(self.join(b"attributes")))
        self.names(self.directory(self.join(b"bytes")), byte_names())
        odd = self.directory(self.join(b"odd"))
        self.names(odd, odd_names())
        self.name_directories(self.directory(self.join(b"odd-directories")), odd_names())
        empties = self.directory(self.join(b"empty"))
        for n in range(5):
            self.directory(os.path.join(empties, b"e%d" % n))
        self.bushy(self.directory(self.join(b"bush")), 4, 4)
        self.finish()


def small(seed, root, links="all"):
    Generator(seed, root, links).small()


def full(seed, root, links="all"):
    Generator(seed, root, links).full()


def flat(seed, root, count=20000, size=0):
    """count files in one directory; the n-th holds n % (size + 1) bytes."""
    os.mkdir(root)
    fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for n in range(count):
            f = os.open(b"f%07d" % n, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644, dir_fd=fd)
            if size and n % (size + 1):
                os.write(f, b"z" * (n % (size + 1)))
            os.close(f)
    finally:
        os.close(fd)


def five_ary(root, depth=5, filesize=4096):
    """The classical tree: five subdirectories in each directory, `depth` levels; each branch holds one file.

    Depth 5 gives 5 + 25 + 125 + 625 + 3125 = 3905 files.  Returns their number.
    """
    content = (bytes(range(251)) * (filesize // 251 + 1))[:filesize]
    os.mkdir(root)
    made = 0
    todo = [(os.fsencode(root), 0)]
    while todo:
        where, level = todo.pop()
        if level == depth:
            continue
        for n in range(5):
            branch = os.path.join(where, b"%d" % n)
            os.mkdir(branch)
            with open(os.path.join(branch, b"file"), "xb") as f:
                f.write(content)
            made += 1
            todo.append((branch, level + 1))
    return made


def deep(seed, root, depth=5000, namelen=3, every=50):
    """Directories inside each other, made by descriptor so that PATH_MAX does not matter; a file each `every` levels.

    Directory times are set on the way up.
    """
    rng = random.Random(seed)
    name = b"d" * namelen
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    os.mkdir(root)
    fd = os.open(root, flags)
    for level in range(depth):
        if level % every == 0 or level == depth - 1:
            f = os.open(b"file", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640, dir_fd=fd)
            os.write(f, b"level %d\n" % level)
            os.utime(f, ns=(level * 10**9 + 7, level * 10**9 + 7))
            os.close(f)
        os.mkdir(name, 0o755, dir_fd=fd)
        below = os.open(name, flags, dir_fd=fd)
        os.close(fd)
        fd = below
    for level in range(depth, -1, -1):
        moment = rng.randrange(10**9, 17 * 10**8) * 10**9 + rng.randrange(10**9)
        if level:
            above = os.open("..", flags, dir_fd=fd)
            os.utime(fd, ns=(moment, moment))
            os.close(fd)
            fd = above
        else:
            os.utime(fd, ns=(moment, moment))
            os.close(fd)


def main():
    parser = argparse.ArgumentParser(description="Make a directory tree for tests.")
    parser.add_argument("seed", type=int)
    parser.add_argument("dir")
    parser.add_argument("--profile", choices=("small", "full", "flat", "deep", "five"), default="small")
    parser.add_argument("--links", choices=("none", "within", "all"), default="all")
    parser.add_argument("--count", type=int, default=1_000_000, help="entries of a flat tree")
    parser.add_argument("--size", type=int, default=None, help="bytes of a file (five), most bytes (flat)")
    parser.add_argument("--depth", type=int, default=None, help="levels of a deep or five-ary tree")
    parser.add_argument("--namelen", type=int, default=3, help="bytes of a name in a deep tree")
    a = parser.parse_args()
    if a.profile == "flat":
        flat(a.seed, a.dir, a.count, a.size or 0)
    elif a.profile == "deep":
        deep(a.seed, a.dir, a.depth or 5000, a.namelen)
    elif a.profile == "five":
        print(five_ary(a.dir, a.depth or 5, 4096 if a.size is None else a.size))
    else:
        getattr(Generator(a.seed, a.dir, a.links), a.profile)()


if __name__ == "__main__":
    main()
