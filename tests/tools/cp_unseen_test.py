#!/usr/bin/env python3
"""What others see of `sluice cp --atomic`: while it is under way, when interrupted, and in which order."""

import ctypes
import fcntl
import os
import re
import shutil
import signal
import struct
import sys
import termios

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
import treecmp
from cpcases import called_cp
from cprunning import Place, end_of, names_left, start, wait_for


def unseen(c, scratch, command):
    """While a copy is under way, and when it is interrupted."""
    p = Place(c, scratch, "unseen", command)
    os.mkfifo(p.path("fifo"))
    feed = os.open(p.path("fifo"), os.O_RDWR)
    for options in ([], ["--verify"], ["--fsync"]):
        for old in (None, "old text"):
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL):
                if old:
                    p.put("name", old)
                os.write(feed, b"x" * 100)
                process = start(command, ["--atomic", *options, "fifo", "name"], p.at)
                began = wait_for(lambda: taken(feed))       # and it waits for more
                seen = p.text("name")
                process.send_signal(number)
                code = end_of(process)[0]
                left = names_left(p.at) if number != signal.SIGKILL or not options == ["--verify"] else []
                before = "a file" if old else "nothing"
                c.equal(f"{' '.join(options)} {number.name}, {before} before: nothing half",
                        (began, seen, p.text("name"), code, left), (True, old, old, -number, []))
                for name in os.listdir(p.at):
                    if name != "fifo":
                        os.unlink(p.path(name))
                drain(feed)
    # The name is taken meanwhile.
    os.write(feed, b"x" * 100)
    process = start(command, ["--atomic", "fifo", "name"], p.at)
    wait_for(lambda: taken(feed))
    p.put("name", "another's")
    os.close(feed)
    code, _, err = end_of(process)
    c.equal("a name that somebody else took stays theirs", (code, b"File exists" in err, p.text("name")),
            (1, True, "another's"))


def taken(feed):
    """All that was fed has been read."""
    return fcntl.ioctl(feed, termios.FIONREAD, b"\0" * 4) == b"\0" * 4


def drain(feed):
    os.set_blocking(feed, False)
    try:
        while os.read(feed, 65536):
            pass
    except BlockingIOError:
        pass
    os.set_blocking(feed, True)


class Names:
    """Tells in which order names come to directories: it asks the kernel, which misses none."""

    APPEAR = 0x100 | 0x80   # IN_CREATE, IN_MOVED_TO

    def __init__(self, *directories):
        libc = ctypes.CDLL(None, use_errno=True)
        self.fd = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        self.watched = {libc.inotify_add_watch(self.fd, os.fsencode(d), self.APPEAR): d for d in directories}
        if self.fd < 0 or -1 in self.watched:
            raise OSError(ctypes.get_errno(), "inotify")

    def come(self):
        """All the paths until now, and the end of it."""
        paths, data = [], b""
        try:
            while more := os.read(self.fd, 65536):
                data += more
        except BlockingIOError:
            os.close(self.fd)
        while data:
            where, _, _, length = struct.unpack_from("iIII", data)
            name = data[16:16 + length].rstrip(b"\0").decode()
            if not name.startswith(".sluice-"):     # a temporary, where files need names
                paths.append(os.path.join(self.watched[where], name))
            data = data[16 + length:]
        return paths


def waiting(c, scratch, command):
    """Other names of a FIFO that is read: they become links to what comes of it, and nobody opens it again for
    them, which would wait for another writer."""
    group = ["a", "b", "c"]
    for options in ([], ["--atomic"], ["--atomic", "--fsync"]):
        p = Place(c, scratch, "waiting", command)
        os.makedirs(p.path("t"))
        os.makedirs(p.path("new"))
        os.mkfifo(p.path("t/a"))
        for name in group[1:]:
            os.link(p.path("t/a"), p.path(f"t/{name}"))
        watched = Names(p.path("new"))
        feed = os.open(p.path("t/a"), os.O_RDWR)
        os.write(feed, b"x" * 100)
        process = start(command, ["-rv", "--preserve=links", "--copy-contents", *options, "-T", "t", "new"], p.at)
        began = wait_for(lambda: taken(feed))
        seen = 0 if options else 1
        c.equal(f"names of what is under way: {options}", (began, len(os.listdir(p.path("new")))), (True, seen))
        os.close(feed)
        code, out, err = end_of(process)
        told = re.findall(r"-> 'new/(.*)'", out.decode())
        c.equal(f"then the one that was told first, and the others: {options}", (code, err, watched.come()),
                (0, b"", [p.path(f"new/{name}") for name in told]))
        c.equal(f"all names of one file: {options}",
                [(p.text(f"new/{name}"), os.lstat(p.path(f"new/{name}")).st_nlink) for name in group],
                [("x" * 100, 3)] * 3)
        harness.rmtree(p.at)


def followers(c, scratch, command):
    """Groups of names all over a tree: of each the one that is copied is told first, and comes first."""
    p = Place(c, scratch, "followers", command)
    dirs, groups = [f"d{n}" for n in range(8)], 100
    for d in dirs:
        os.makedirs(p.path(f"t/{d}"))
    for n in range(groups):
        p.put(f"t/{dirs[n % 8]}/{n}", "x" * 70_000)
        for other in (f"{dirs[n % 8]}/{n}-too", f"{dirs[n % 8]}/{n}-three", f"{dirs[(n + 3) % 8]}/{n}"):
            os.link(p.path(f"t/{dirs[n % 8]}/{n}"), p.path(f"t/{other}"))
    # While a file is being synced, which takes long, the walk comes by its other names.
    slowly = ["strace", "-f", "-qq", "-o", p.path("log"), "-e", "trace=fsync",
              "-e", "inject=fsync:delay_enter=3000"]
    if not shutil.which("strace") or harness.run([*slowly, "true"]).rc != 0:
        slowly = []
    group_of = lambda path: re.match(r"d\d/(\d+)", path)[1]
    for jobs in (1, 4, 8):
        for d in dirs:
            os.makedirs(p.path(f"new/{d}"))
        watched = Names(*(p.path(f"new/{d}") for d in dirs))
        copy = [*command, "-av", "--atomic", "--fsync", f"--jobs={jobs}", "-T", "t", "new"]
        result = harness.run([*slowly, *copy], cwd=p.at, env=harness.base_env(SLUICE_BACKEND="pool"))
        told, come = {}, {}
        for path in re.findall(r"-> 'new/(d.*/.*)'", result.out.decode()):
            told.setdefault(group_of(path), path)
        for path in watched.come():
            path = os.path.relpath(path, p.path("new"))
            come.setdefault(group_of(path), path)
        c.equal(f"--jobs={jobs}: each group comes", (result.rc, result.err, len(come)), (0, b"", groups))
        c.nothing(f"--jobs={jobs}: the one that was told first comes first",
                  [f"{told.get(n)} was told, {got} came" for n, got in come.items() if told.get(n) != got])
        c.nothing(f"--jobs={jobs}: the copy", treecmp.compare(p.path("t"), p.path("new")) + names_left(p.at))
        harness.rmtree(p.path("new"))


def test(c, scratch):
    command = called_cp(scratch)
    unseen(c, scratch, command)
    waiting(c, scratch, command)
    followers(c, scratch, command)


if __name__ == "__main__":
    harness.main(test)
