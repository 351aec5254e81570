#!/usr/bin/env python3
"""Directories that somebody replaces by links while `sluice cp` copies into them. A source that is a FIFO holds the copy
where the test wants it. Whatever follows goes where the directory was when it was looked up, and nothing elsewhere
changes."""

import fcntl
import os
import signal
import sys
import termios

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
from cpcases import Area, called_cp
from cprunning import end_of, start, wait_for
from harness import shown

HELD = b"x" * 100


def state(root):
    """All that can be seen of a tree, and of its root; but not when links were counted."""
    return sorted((b"/".join(names), s.st_ino, s.st_mode, s.st_size, s.st_mtime_ns, s.st_nlink, s.st_uid)
                  for _, names, s in harness.walk(root))


def text_of(path):
    try:
        with open(path) as f:
            return f.read()
    except OSError as e:
        return e.strerror


def unread(fifo):
    return int.from_bytes(fcntl.ioctl(fifo, termios.FIONREAD, bytes(4)), sys.byteorder)


class Race:
    """`to` is copied into, and replaced by a link to `elsewhere`, which holds the same names."""

    def __init__(self, c, scratch, command, name):
        self.c, self.command, self.name = c, command, name
        self.area = Area(os.path.join(scratch, name.replace(" ", "-")))
        self.area.dir("to")
        self.area.dir("elsewhere", 0o711)
        self.fifo = None

    def start(self, args, fifo="fifo"):
        """The copy has made what that FIFO becomes, and waits for more of it."""
        if not os.path.lexists(self.area.path(fifo)):
            os.mkfifo(self.area.path(fifo))
        self.fifo = os.open(self.area.path(fifo), os.O_RDWR)
        os.write(self.fifo, HELD)
        self.process = start(self.command, args, self.area.root)
        self.c.check(f"{self.name}: it waits", wait_for(lambda: unread(self.fifo) == 0))

    def swap(self, which="to", elsewhere="elsewhere"):
        os.rename(self.area.path(which), self.area.path("moved"))
        os.symlink(self.area.path(elsewhere), self.area.path(which))
        self.before = state(self.area.path("elsewhere"))

    def go_on(self):
        os.close(self.fifo)
        self.end(0)

    def end(self, status):
        code, self.out, self.err = end_of(self.process)
        self.c.equal(f"{self.name}: it ends", (code, self.err), (status, b""))
        self.unchanged()

    def unchanged(self):
        now = state(self.area.path("elsewhere"))
        self.c.nothing(f"{self.name}: nothing changes elsewhere",
                       [shown(str(e)) for e in set(now) ^ set(self.before)])

    def made(self, texts):
        got = {name: text_of(self.area.path(name)) for name in texts}
        self.c.equal(f"{self.name}: what is made where it was", got, texts)


def operands(c, scratch, command):
    for options in ([], ["-v"], ["--atomic"], ["--atomic", "--fsync"], ["--resume"]):
        r = Race(c, scratch, command, f"operands {''.join(options)}")
        r.area.file("a", "a")
        r.start([*options, "fifo", "a", "to"])
        r.swap()
        r.go_on()
        r.made({"moved/a": "a", "moved/fifo": HELD.decode()})
        if "-v" in options:
            c.equal("names are told as they were given", r.out, b"'fifo' -> 'to/fifo'\n'a' -> 'to/a'\n")

    r = Race(c, scratch, command, "written over")
    for name, text in (("a", "new"), ("to/a", "old"), ("elsewhere/a", "theirs")):
        r.area.file(name, text)
    r.start(["-b", "fifo", "a", "to"])
    r.swap()
    r.go_on()
    r.made({"moved/a": "new", "moved/a~": "old", "elsewhere/a": "theirs"})

    for options in (["--atomic"], ["--atomic", "--fsync"], ["--atomic", "--resume"]):
        r = Race(c, scratch, command, f"a link {''.join(options)}")
        r.area.link("to/real", "name")
        r.area.file("to/real", "old")
        r.area.file("elsewhere/real", "theirs")
        r.start([*options, "fifo", "name"])
        r.swap()
        r.go_on()
        r.made({"moved/real": HELD.decode(), "elsewhere/real": "theirs", "name": "theirs"})
        c.equal(f"{r.name}: nothing is left", os.listdir(r.area.path("moved")), ["real"])

    r = Race(c, scratch, command, "a tree")
    r.area.tree()
    r.start(["-a", "--copy-contents", "fifo", "d", "to"])
    r.swap()
    r.go_on()
    r.made({"moved/d/f": "in f", "moved/d/e/g": "in g"})

    r = Race(c, scratch, command, "without its name")
    r.area.tree()
    r.start(["-a", "--copy-contents", "fifo", "d/e/..", "to"])
    r.swap()
    r.go_on()
    r.made({"moved/f": "in f", "moved/e/g": "in g"})

    r = Race(c, scratch, command, "links")
    r.area.file("a", "ours")
    r.area.hard("a", "b")
    r.area.file("elsewhere/a", "theirs")
    r.start(["-p", "--preserve=links", "a", "fifo", "b", "to"])
    r.swap()
    r.go_on()
    r.made({"moved/a": "ours", "moved/b": "ours"})
    c.equal("links: the other name is one", os.stat(r.area.path("moved/a")).st_nlink, 2)


def one_name(c, scratch, command):
    """What was moved out of the way comes back to where it was."""
    r = Race(c, scratch, command, "a backup")
    r.area.file("to/a", "old")
    r.area.file("elsewhere/a~", "theirs")
    r.start(["-b", "fifo", "to/a"])
    r.swap()
    r.process.send_signal(signal.SIGTERM)
    r.end(-signal.SIGTERM)
    os.close(r.fifo)
    r.made({"moved/a": "old", "elsewhere/a~": "theirs"})


def parents(c, scratch, command):
    for options in ([], ["-p"]):
        r = Race(c, scratch, command, f"parents {''.join(options)}")
        r.area.dir("d/e")
        r.area.file("d/e/a", "a")
        r.area.file("d/b", "b")
        r.area.dir("elsewhere/e", 0o711)
        os.mkfifo(r.area.path("d/e/fifo"))
        os.chmod(r.area.path("d"), 0o750)
        r.start([*options, "--parents", "d/e/fifo", "d/e/a", "d/b", "to"], "d/e/fifo")
        r.swap("to/d")
        r.go_on()
        r.made({"moved/e/a": "a", "moved/b": "b"})
        if options:
            c.equal("parents: they keep their modes", os.stat(r.area.path("moved")).st_mode & 0o777, 0o750)

    r = Race(c, scratch, command, "parents below")
    r.area.file("d/a", "a")
    os.mkfifo(r.area.path("d/fifo"))
    r.start(["-p", "--parents", "d/fifo", "d/a", "to"], "d/fifo")
    r.swap()
    r.go_on()
    r.made({"moved/d/a": "a"})

    few_descriptors(c, scratch, command)
    met_again(c, scratch, command)

    # A link that was there before is the user's.
    r = Race(c, scratch, command, "parents through a link")
    r.area.file("d/a", "a")
    r.area.dir("theirs")
    r.area.link("../theirs", "to/d")
    result = harness.run([*command, "--parents", "d/a", "to"], cwd=r.area.root)
    c.equal("a link that was there is followed", (result.rc, result.err, text_of(r.area.path("theirs/a"))), (0, b"", "a"))


def few_descriptors(c, scratch, command):
    """What was closed meanwhile, and is opened again, has to be the same directory."""
    deep = "d/" + "/".join("abcdefgh")
    few = ["/bin/sh", "-c", 'ulimit -n 14; exec "$0" "$@"', *command]
    r = Race(c, scratch, few, "parents that were closed")
    for name in (f"{deep}/a", "d/b"):
        r.area.file(name, name)
    r.area.dir(f"elsewhere{deep[1:]}")
    os.mkfifo(r.area.path(f"{deep}/fifo"))
    r.start(["--parents", f"{deep}/fifo", "d/b", f"{deep}/a", "to"], f"{deep}/fifo")
    r.swap("to/d")
    os.close(r.fifo)
    code, _, err = end_of(r.process)
    c.check("parents that were closed: they are missed", code == 1 and b"'to/d'" in err, shown(err))
    r.unchanged()


def met_again(c, scratch, command):
    """What an earlier operand's tree made, or an operand that was spelled in another way, passes for nothing else."""
    for name, before, again, swapped in (
            ("made", ["d"], "d/e/a", "d"), ("made below", ["d"], "d/e/a", "d/e"), ("spelled otherwise", ["d"], "./d//e/a", "d/e"),
            ("merged", ["d"], "d/e/a", "d/e"), ("with a slash", ["d/"], "d/e/a", "d"), ("without its name", ["d/."], "d/e/a", "d/e"),
            ("a tree again", ["d"], "d/e/./", "d"), ("parents only", ["d/e/b"], "./d/e/a", "d"),
            ("a tree below", ["d/e"], "d/e/g/a", "d/e/g")):
        r = Race(c, scratch, command, f"met again: {name}")
        for file in ("a", "b", "g/a"):
            r.area.file(f"d/e/{file}", "ours")
            r.area.file(f"elsewhere/{file}", "theirs")
            r.area.file(f"elsewhere/e/{file}", "theirs")
        if name == "merged":
            r.area.dir("to/d/e")
        r.start(["-r", "--copy-contents", "--parents", *before, "fifo", again, "to"])
        r.swap(f"to/{swapped}")
        os.close(r.fifo)
        code, _, err = end_of(r.process)
        last = os.path.basename(swapped)
        c.check(f"{r.name}: it is missed", code == 1 and f"/{last}'".encode() in err, f"{code}: {shown(err)}")
        r.unchanged()

    # A link that the tree brought along is the user's.
    r = Race(c, scratch, command, "a link that was copied")
    r.area.tree()
    r.area.link("e", "d/to-e")
    result = harness.run([*command, "-a", "--parents", "d", "d/to-e/g", "d/e/g", "to"], cwd=r.area.root)
    c.equal("a link that was copied is followed", (result.rc, result.err, text_of(r.area.path("to/d/to-e/g"))), (0, b"", "in g"))


def resumed(c, scratch, command):
    """What an earlier run left is removed where that was."""
    r = Race(c, scratch, command, "resumed")
    r.area.tree()
    args = ["-r", "--copy-contents", "--resume", "--atomic", "fifo", "d", "to"]
    r.start(args)
    r.process.kill()
    end_of(r.process)
    os.close(r.fifo)
    left = [name for name in os.listdir(r.area.path("to")) if name.startswith(".sluice-")]
    c.equal("resumed: a temporary is left", len(left), 1)
    for where in ("to/d", "elsewhere", "elsewhere/d"):
        r.area.file(f"{where}/{left[0]}", "stale")
    os.unlink(r.area.path(f"to/{left[0]}"))
    r.start(args)
    r.swap()
    r.go_on()
    r.made({"moved/d/f": "in f", f"moved/d/{left[0]}": "No such file or directory"})

    r = Race(c, scratch, command, "a journal")
    r.area.file("a", "a")
    for where in ("to/to", "elsewhere/to"):
        r.area.dir(where)
    r.start(["--resume", "fifo", "a", "to/to"])
    r.swap()
    r.go_on()
    r.made({"moved/to/a": "a", "moved/.to.sluice-resume-into": "No such file or directory"})


def all_parts(c, scratch):
    command = called_cp(scratch)
    for part in (operands, one_name, parents, resumed):
        where = os.path.join(scratch, part.__name__)
        os.mkdir(where)
        part(c, where, command)


if __name__ == "__main__":
    harness.main(all_parts)
