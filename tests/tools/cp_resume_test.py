#!/usr/bin/env python3
"""`sluice cp --resume`: what is done stays as it is, what has changed is copied again, whatever its size; and the journal
is believed only where it may be.
"""

import os
import shutil
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
from cpcases import called_cp
from cprunning import end_of, names_left, start, wait_for
from harness import shown

FILES = 61


def make_source(src):
    for n in range(FILES - 1):
        os.makedirs(os.path.join(src, str(n % 5)), exist_ok=True)
        with open(os.path.join(src, str(n % 5), f"f{n}"), "wb") as f:
            f.write(os.urandom(1000 + n))
    os.link(os.path.join(src, "0", "f0"), os.path.join(src, "1", "second name"))
    os.chmod(os.path.join(src, "2"), 0o500)
    os.chmod(os.path.join(src, "3"), 0o777)


class Interrupted:
    """A copy that has done all but a file that waits for its bytes, and was killed then."""

    def __init__(self, c, scratch, name, command, options, over=False):
        self.c, self.command, self.options = c, command, [*options, "--resume", "-r", "--copy-contents"]
        self.at = os.path.join(scratch, name)
        self.src, self.dst = os.path.join(self.at, "src"), os.path.join(self.at, "dst")
        make_source(self.src)
        if over:
            os.mkdir(self.dst)
        os.mkdir(os.path.join(self.src, "6"))
        fifo = os.path.join(self.src, "6", "fifo")
        os.mkfifo(fifo)
        self.feed = os.open(fifo, os.O_RDWR)
        os.write(self.feed, b"some")
        self.operands = ["src", "dst"] if not over else ["-T", "src", "dst"]
        process = start(command, [*self.options, *self.operands], self.at)
        self.journal = os.path.join(self.at, ".dst.sluice-resume")
        began = wait_for(lambda: self.remembered() >= FILES)
        process.send_signal(signal.SIGKILL)
        code = end_of(process)[0]
        c.equal(f"{name}: interrupted with {FILES} files done", (began, code, process.stderr.closed),
                (True, -signal.SIGKILL, True))
        os.close(self.feed)
        os.unlink(fifo)
        self.before = self.inodes()
        self.before.pop(os.path.join("6", "fifo"), None)

    def remembered(self):
        try:
            with open(self.journal, "rb") as f:
                return sum(line[:2] in (b"f ", b"w ") for line in f)
        except FileNotFoundError:
            return 0

    def inodes(self):
        """Of each file of the copy: what changes when it is written to or replaced."""
        found = {}
        for where, _, files in os.walk(self.dst):
            for name in files:
                s = os.lstat(os.path.join(where, name))
                if not name.startswith("."):
                    found[os.path.relpath(os.path.join(where, name), self.dst)] = (s.st_ino, s.st_mtime_ns)
        return found

    def go_on(self, name, again=(), good=True, options=()):
        result = harness.run([*self.command, *self.options, *options, *self.operands], cwd=self.at)
        after = self.inodes()
        problems = [] if (result.rc == 0) == good else [f"status {result.rc}: {shown(result.err)}"]
        redone = sorted(k for k, v in self.before.items() if after.get(k) != v)
        problems += [] if redone == sorted(again) else [f"done again: {redone[:9]}, not {sorted(again)}"]
        if good:
            problems += self.differences()
            problems += [f"left {x}" for x in names_left(self.at)]
        self.c.nothing(name, problems)
        return result

    def differences(self):
        problems = []
        for where, dirs, files in os.walk(self.src):
            for name in files + dirs:
                a = os.path.join(where, name)
                b = os.path.join(self.dst, os.path.relpath(a, self.src))
                if not os.path.lexists(b):
                    problems.append(f"{b} is not there")
                elif name in files and open(a, "rb").read() != open(b, "rb").read():
                    problems.append(f"{b} is different")
                elif name in dirs and (os.lstat(a).st_mode ^ os.lstat(b).st_mode) & 0o777 & ~umask():
                    problems.append(f"{b} has mode {os.lstat(b).st_mode:o}")
        return problems


def umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def goes_on(c, scratch, command):
    for n, options in enumerate(([], ["--atomic"], ["--fsync"], ["--atomic", "--fsync"], ["--verify"], ["-p"],
                                 ["--atomic", "-p", "--fsync"])):
        name = " ".join(options) or "plain"
        Interrupted(c, scratch, f"on{n}", command, options).go_on(f"{name}: the same command does the rest only")
        i = Interrupted(c, scratch, f"into{n}", command, options, over=True)
        i.go_on(f"{name}: into what was there")


def changed(c, scratch, command):
    i = Interrupted(c, scratch, "changed", command, ["--atomic"])
    same_size = os.path.join(i.src, "1", "f1")
    s = os.lstat(same_size)
    with open(same_size, "r+b") as f:
        f.write(b"\0another")
    os.utime(same_size, ns=(s.st_atime_ns, s.st_mtime_ns))
    replaced = os.path.join(i.src, "1", "f6")
    shutil.copy2(replaced, replaced + ".new")
    os.rename(replaced + ".new", replaced)
    os.utime(os.path.join(i.src, "2", "f2"))
    touched = os.path.join(i.dst, "3", "f3")
    s = os.lstat(touched)
    with open(touched, "r+b") as f:
        f.write(b"\0wrong")
    os.unlink(os.path.join(i.dst, "4", "f4"))
    i.before = {k: v for k, v in i.inodes().items() if k in i.before}
    i.go_on("what changed on either side is done again, though its size and time are what they were",
            ["1/f1", "1/f6", "2/f2", "3/f3"])


def not_believed(c, scratch, command):
    i = Interrupted(c, scratch, "boot", command, [])
    with open(i.journal) as f:
        lines = f.read().split("\n")
    with open(i.journal, "w") as f:     # as if the machine had been started again
        f.write("\n".join(line for line in lines if not line.startswith("b ")))
    i.go_on("without --fsync nothing is believed after another start of the machine", list(i.before))

    i = Interrupted(c, scratch, "weaker", command, [])
    i.go_on("what was not synced is not believed with --fsync", list(i.before), options=["--fsync"])

    i = Interrupted(c, scratch, "torn", command, [])
    with open(i.journal, "rb") as f:
        text = f.read()
    lines = text.split(b"\n")
    last = [line for line in lines if line[:2] in (b"f ", b"w ")][-1]
    with open(i.journal, "wb") as f:
        f.write(text[:text.index(last) + len(last) - 3])
    lost = os.fsdecode(last.split(b" ")[-1]).lstrip("/").replace("%20", " ")
    i.go_on("a torn last line is not believed", [lost])

    at = os.path.join(scratch, "foreign")
    os.mkdir(at)
    for name in ("a", ".b.sluice-resume"):
        with open(os.path.join(at, name), "w") as f:
            f.write("a letter to somebody, and no journal, but long enough to be one")
    result = harness.run([*command, "--resume", "a", "b"], cwd=at)
    c.equal("what is no journal stays, and nothing is copied",
            (result.rc, b"is not a journal" in result.err, os.path.exists(os.path.join(at, "b")),
             open(os.path.join(at, ".b.sluice-resume")).read()[:8]), (1, True, False, "a letter"))
    os.unlink(os.path.join(at, ".b.sluice-resume"))
    os.symlink("a", os.path.join(at, ".b.sluice-resume"))
    result = harness.run([*command, "--resume", "a", "b"], cwd=at)
    c.equal("nor is a link to something", (result.rc, os.path.exists(os.path.join(at, "b"))), (1, False))
    if harness.ROOT:
        i = Interrupted(c, scratch, "theirs", command, [])
        os.chown(i.journal, harness.NOBODY, harness.NOBODY)
        result = i.go_on("nor somebody else's", [], good=False)
        c.check("somebody else's is named", b"is not a journal" in result.err, shown(result.err))


def in_use(c, scratch, command):
    at = os.path.join(scratch, "in-use")
    os.mkdir(at)
    os.mkfifo(os.path.join(at, "fifo"))
    feed = os.open(os.path.join(at, "fifo"), os.O_RDWR)
    process = start(command, ["--resume", "fifo", "b"], at)
    wait_for(lambda: os.path.exists(os.path.join(at, "b")))
    with open(os.path.join(at, "a"), "w") as f:
        f.write("a")
    result = harness.run([*command, "--resume", "a", "b"], cwd=at)
    c.equal("two copies don't share a journal", (result.rc, b"in use" in result.err), (1, True))
    process.send_signal(signal.SIGTERM)
    c.equal("the first one ends by its signal", end_of(process)[0], -signal.SIGTERM)
    os.close(feed)
    result = harness.run([*command, "--resume", "a", "b"], cwd=at)
    c.equal("then it can be had", (result.rc, names_left(at)), (0, []))


def temporaries(c, scratch, command):
    i = Interrupted(c, scratch, "temporaries", command, ["--atomic"])
    left = [x for x in names_left(i.dst)]
    c.equal("a killed copy leaves the file it was at", len(left), 1)
    others = os.path.join(i.dst, ".sluice-0123456789abcdef-0")
    with open(others, "w") as f:
        f.write("another copy's")
    result = harness.run([*command, *i.options, *i.operands], cwd=i.at)
    c.equal("the next one removes it, and nobody else's", (result.rc, names_left(i.at)), (0, [others]))


def keeps_it(c, scratch, command):
    at = os.path.join(scratch, "keeps")
    os.makedirs(os.path.join(at, "src"))
    os.makedirs(os.path.join(at, "dst", "bad"))
    for name in ("bad", "good"):
        with open(os.path.join(at, "src", name), "w") as f:
            f.write(name)
    run = lambda: harness.run([*command, "-rT", "--resume", "src", "dst"], cwd=at)
    first = run()
    inode = os.lstat(os.path.join(at, "dst", "good")).st_ino, os.lstat(os.path.join(at, "dst", "good")).st_mtime_ns
    c.equal("after an error the journal stays", (first.rc, len(names_left(at))), (1, 1))
    os.rmdir(os.path.join(at, "dst", "bad"))
    second = run()
    s = os.lstat(os.path.join(at, "dst", "good"))
    c.equal("and the next run does only what is missing",
            (second.rc, second.err, (s.st_ino, s.st_mtime_ns) == inode, names_left(at)), (0, b"", True, []))


def test(c, scratch):
    command = called_cp(scratch)
    for part in (goes_on, changed, not_believed, in_use, temporaries, keeps_it):
        part(c, scratch, command)


if __name__ == "__main__":
    harness.main(test)
