#!/usr/bin/env python3
"""Compares two trees, sharing no code with the tool under test.

    treecmp.py [options] A B        A: the reference (the source, or another tool's copy)   B: the copy

Compared: type, mode, owner, group, size, mtime to the nanosecond (directories too), device numbers, which names are
one inode (as a partition of the names), all xattrs (security.* and ACLs too), link targets, content, and that B takes
no more space than A.  One difference a line; exit status 0 same, 1 different, 2 trouble.

Both trees are walked in step, by descriptor and without recursion: paths may be longer than PATH_MAX.
"""

import argparse
import hashlib
import os
import stat
import sys

WINDOW = 64 * 1024
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

DEFAULTS = dict(mode=True, owner=True, mtime=True, atime=False, links=True, xattrs=True, content=True, space=True,
                holes=False, root=True, slack=64 * 1024, most=None)


def escaped(path):
    return repr(path)[2:-1]


def _open_file(name, fd):
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        return os.open(name, flags | os.O_NOATIME, dir_fd=fd)
    except PermissionError:
        return os.open(name, flags, dir_fd=fd)


def data_ranges(fd, size):
    """[(start, end)] of the data of a file."""
    ranges, at = [], 0
    while at < size:
        try:
            start = os.lseek(fd, at, os.SEEK_DATA)
        except OSError:         # ENXIO: only a hole is left
            break
        end = min(os.lseek(fd, start, os.SEEK_HOLE), size)
        if start >= size:
            break
        ranges.append((start, end))
        at = end
    return ranges


def rounded(ranges, grain=4096):
    """Data ranges widened to blocks and joined."""
    joined = []
    for start, end in ranges:
        start, end = start // grain * grain, -(-end // grain) * grain
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def content(fd, size):
    """(digest, ranges): the digest is that of the logical content, however its zeros are stored."""
    digest = hashlib.sha256()
    ranges = data_ranges(fd, size)
    done = 0
    for start, end in ranges:
        at = max(done, start // WINDOW * WINDOW)
        while at < end:
            block = b""
            want = min(WINDOW, size - at)
            while len(block) < want:
                more = os.pread(fd, want - len(block), at + len(block))
                if not more:
                    break
                block += more
            if block.count(0) != len(block):
                digest.update(b"%d:%d:" % (at, len(block)))
                digest.update(block)
            at += WINDOW
        done = max(done, at)
    return digest.hexdigest(), rounded(ranges)


def xattrs(name, fd):
    """All xattrs of an entry of any type, or an error's text."""
    handle = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=fd)
    try:
        magic = f"/proc/self/fd/{handle}"       # reaches the entry itself, symlinks and FIFOs too
        found = {}
        for key in os.listxattr(magic):
            found[key] = os.getxattr(magic, key)
        return found
    except OSError as error:
        return {"(error)": os.strerror(error.errno).encode()}
    finally:
        os.close(handle)


def _kind(mode):
    return {stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink", stat.S_IFIFO: "fifo",
            stat.S_IFSOCK: "socket", stat.S_IFCHR: "char device", stat.S_IFBLK: "block device"}.get(
                stat.S_IFMT(mode), "?")


class _Comparison:
    def __init__(self, options):
        self.o = dict(DEFAULTS)
        unknown = set(options) - set(self.o)
        if unknown:
            raise TypeError(f"unknown options {unknown}")
        self.o.update(options)
        self.found = []
        self.first = ({}, {})           # (dev, ino) -> number of the first name seen with it, in A and in B
        self.number = 0
        self.space = [0, 0]

    def say(self, names, text):
        if self.o["most"] is None or len(self.found) < self.o["most"]:
            path = escaped(b"/".join(names)) or "."
            if len(path) > 300:
                path = f"{path[:120]}...{path[-120:]} ({len(names)} levels)"
            self.found.append(f"{path}: {text}")

    def pair(self, names, name_a, name_b, fd_a, fd_b, a, b, is_root=False):
        """Compares one entry.  True when both are directories."""
        o = self.o
        self.number += 1
        if stat.S_IFMT(a.st_mode) != stat.S_IFMT(b.st_mode):
            self.say(names, f"type: {_kind(a.st_mode)}, {_kind(b.st_mode)}")
            return False
        directory, regular = stat.S_ISDIR(a.st_mode), stat.S_ISREG(a.st_mode)
        link = stat.S_ISLNK(a.st_mode)
        if is_root and not o["root"]:
            return directory
        if o["mode"] and not link and stat.S_IMODE(a.st_mode) != stat.S_IMODE(b.st_mode):
            self.say(names, f"mode: {stat.S_IMODE(a.st_mode):04o}, {stat.S_IMODE(b.st_mode):04o}")
        if o["owner"] and (a.st_uid, a.st_gid) != (b.st_uid, b.st_gid):
            self.say(names, f"owner: {a.st_uid}:{a.st_gid}, {b.st_uid}:{b.st_gid}")
        if o["mtime"] and a.st_mtime_ns != b.st_mtime_ns:
            self.say(names, f"mtime: {a.st_mtime_ns}, {b.st_mtime_ns}")
        if o["atime"] and a.st_atime_ns != b.st_atime_ns:
            self.say(names, f"atime: {a.st_atime_ns}, {b.st_atime_ns}")
        if stat.S_ISCHR(a.st_mode) or stat.S_ISBLK(a.st_mode):
            if a.st_rdev != b.st_rdev:
                self.say(names, f"device: {os.major(a.st_rdev)},{os.minor(a.st_rdev)}, "
                                f"{os.major(b.st_rdev)},{os.minor(b.st_rdev)}")
        if o["links"] and not directory:
            one = self.first[0].setdefault((a.st_dev, a.st_ino), self.number)
            two = self.first[1].setdefault((b.st_dev, b.st_ino), self.number)
            if one != two:
                say = lambda n: "a name of its own" if n == self.number else f"linked to entry {n}"
                self.say(names, f"hard links: {say(one)}, {say(two)}")
        if o["xattrs"]:
            left, right = xattrs(name_a, fd_a), xattrs(name_b, fd_b)
            for key in sorted(set(left) | set(right)):
                if left.get(key) != right.get(key):
                    text = [("none" if v is None else escaped(v)[:100]) for v in (left.get(key), right.get(key))]
                    self.say(names, f"xattr {key}: {text[0]}, {text[1]}")
        if link:
            left, right = os.readlink(name_a, dir_fd=fd_a), os.readlink(name_b, dir_fd=fd_b)
            if left != right:
                self.say(names, f"link target: {escaped(left)[:100]}, {escaped(right)[:100]}")
        if regular:
            self.regular(names, name_a, name_b, fd_a, fd_b, a, b)
        return directory

    def regular(self, names, name_a, name_b, fd_a, fd_b, a, b):
        o = self.o
        if a.st_size != b.st_size:
            self.say(names, f"size: {a.st_size}, {b.st_size}")
            return
        if o["content"] or o["holes"]:
            results = []
            for name, fd, status in ((name_a, fd_a, a), (name_b, fd_b, b)):
                try:
                    handle = _open_file(name, fd)
                except OSError as error:
                    results.append((f"(cannot open: {error.strerror})", None))
                    continue
                try:
                    results.append(content(handle, status.st_size))
                finally:
                    os.close(handle)
            if o["content"] and results[0][0] != results[1][0]:
                self.say(names, f"content: {results[0][0][:16]}, {results[1][0][:16]}")
            if o["holes"] and results[0][1] != results[1][1]:
                self.say(names, f"data ranges: {str(results[0][1])[:120]}, {str(results[1][1])[:120]}")
        left, right = a.st_blocks * 512, b.st_blocks * 512
        self.space[0] += left
        self.space[1] += right
        if o["space"] and right > left + o["slack"] + left // 8:
            self.say(names, f"space: {left}, {right}")

    def trees(self, root_a, root_b):
        root_a, root_b = os.fsencode(root_a), os.fsencode(root_b)
        a, b = os.lstat(root_a), os.lstat(root_b)
        if not self.pair([], root_a, root_b, None, None, a, b, True):
            return
        fd_a, fd_b = os.open(root_a, _DIRECTORY), os.open(root_b, _DIRECTORY)
        names = []
        try:
            stack = [(a, b, self.listing(names, fd_a, fd_b))]
            while stack:
                todo = stack[-1][2]
                if todo:
                    name = todo.pop()
                    a = os.stat(name, dir_fd=fd_a, follow_symlinks=False)
                    b = os.stat(name, dir_fd=fd_b, follow_symlinks=False)
                    names.append(name)
                    if self.pair(names, name, name, fd_a, fd_b, a, b):
                        low_a, low_b = self.enter(name, fd_a), self.enter(name, fd_b)
                        if low_a is None or low_b is None:      # both: as far as we may look, they are the same
                            if low_a is not low_b:
                                self.say(names, "only one of the directories can be read")
                                os.close(low_b if low_a is None else low_a)
                            names.pop()
                            continue
                        os.close(fd_a)
                        os.close(fd_b)
                        fd_a, fd_b = low_a, low_b
                        stack.append((a, b, self.listing(names, fd_a, fd_b)))
                    else:
                        names.pop()
                else:
                    stack.pop()
                    if not stack:
                        break
                    names.pop()
                    fd_a, fd_b = self.up(fd_a, stack[-1][0]), self.up(fd_b, stack[-1][1])
        finally:
            os.close(fd_a)
            os.close(fd_b)
        if self.o["space"]:
            left, right = self.space
            if right > left + (1 << 20) + left // 50:
                self.say([], f"space of all files: {left}, {right}")

    @staticmethod
    def enter(name, fd):
        try:
            return os.open(name, _DIRECTORY, dir_fd=fd)
        except PermissionError:
            return None

    @staticmethod
    def up(fd, want):
        above = os.open("..", _DIRECTORY, dir_fd=fd)
        os.close(fd)
        got = os.fstat(above)
        if (got.st_dev, got.st_ino) != (want.st_dev, want.st_ino):
            # a mount root's ".." or a tree that moved
            raise RuntimeError("the tree moved while it was compared")
        return above

    def listing(self, names, fd_a, fd_b):
        left = set(map(os.fsencode, os.listdir(fd_a)))
        right = set(map(os.fsencode, os.listdir(fd_b)))
        for name in sorted(left - right):
            self.say(names + [name], "only in A")
        for name in sorted(right - left):
            self.say(names + [name], "only in B")
        return sorted(left & right, reverse=True)


def compare(a, b, **options):
    """The differences of two trees, as lines.  Options: see DEFAULTS."""
    comparison = _Comparison(options)
    comparison.trees(a, b)
    return comparison.found


def main():
    parser = argparse.ArgumentParser(description="Compare two directory trees.")
    for what in ("mode", "owner", "mtime", "links", "xattrs", "content", "space", "root"):
        parser.add_argument(f"--no-{what}", dest=what, action="store_false", help=f"do not compare {what}")
    parser.add_argument("--atime", action="store_true", help="compare access times")
    parser.add_argument("--holes", action="store_true", help="data must lie at the same blocks")
    parser.add_argument("--slack", type=int, default=DEFAULTS["slack"], help="bytes a file of B may take more")
    parser.add_argument("a")
    parser.add_argument("b")
    options = vars(parser.parse_args())
    a, b = options.pop("a"), options.pop("b")
    try:
        found = compare(a, b, **options)
    except OSError as error:
        print(f"treecmp: {error}", file=sys.stderr)
        return 2
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
