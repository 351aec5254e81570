#!/usr/bin/env python3
"""Signals during `sluice cp` where it writes into what is no file, moves files out of its way, or draws; and two of them."""

import fcntl
import os
import pty
import random
import select
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
import terminal
from cpcases import called_cp
from cprunning import ENDING, end_of, slowly, start, wait_for, waits
from harness import shown

OLD = b"what was there before"


def in_pipe(fd):
    return int.from_bytes(fcntl.ioctl(fd, 0x541B, b"\0" * 4), sys.byteorder)     # FIONREAD


class Stalled:
    """What a copy writes to and nobody takes anything from; it is full when `stands()`."""

    def __init__(self, where, kind):
        self.where, self.kind, self.device = where, kind, None
        self.path = os.path.join(where, kind)

    def __enter__(self):
        if self.kind == "fifo":
            os.mkfifo(self.path)
            self.reader = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
            self.stands = lambda: in_pipe(self.reader) >= 60_000
        elif self.kind == "terminal":
            self.reader, self.other = pty.openpty()
            self.path = os.ttyname(self.other)
            self.stands = lambda: bool(select.select([self.reader], [], [], 0)[0])
        else:
            image = os.path.join(self.where, "image")
            with open(image, "wb") as f:
                f.truncate(8 << 20)
            found = subprocess.run(["losetup", "--find", "--show", image], capture_output=True, text=True) \
                if harness.ROOT and shutil.which("losetup") else None
            if found is None or found.returncode:
                return None
            self.path = self.device = found.stdout.strip()
            self.stands = lambda: os.pread(self.reader, 1, 0) != b"\0"
            self.reader = os.open(self.path, os.O_RDONLY)
        return self

    def __exit__(self, *_):
        if self.device:
            subprocess.run(["losetup", "--detach", self.device], capture_output=True)


def stalled_targets(c, scratch, command):
    """It ends, says that they are incomplete, and they stay."""
    where = os.path.join(scratch, "stalled")
    os.mkdir(where)
    with open(os.path.join(where, "source"), "wb") as f:
        f.write(b"0123456789abcdef\n" * 400_000)
    for kind, options in (("fifo", []), ("fifo", ["-f"]), ("fifo", ["--jobs=3", "-v"]), ("terminal", []),
                          ("device", slowly("200K")), ("device", ["-b", *slowly("200K")])):
        for number in ENDING if not options else ENDING[:1]:
            name = f"{' '.join(['cp', *options])} into a {kind}, {number.name}"
            with Stalled(where, kind) as target:
                if target is None:
                    c.skip(name, "needs root and a loop device")
                    continue
                # -b would move the device's name away; its own name is only seen.
                if "-b" in options:
                    link = os.path.join(where, "link")
                    os.symlink(target.path, link)
                    target.path = link
                before = os.lstat(target.path)
                process = start(command, [*options, "source", target.path], where)
                stands = "-b" in options or wait_for(target.stands)
                if "-b" in options:
                    stands = wait_for(lambda: os.path.lexists(link + "~") and os.path.isfile(link))
                process.send_signal(number)
                code, _, err = end_of(process)
                after = os.lstat(target.path) if os.path.lexists(target.path) else None
                same = after is not None and (after.st_ino, after.st_mode, after.st_rdev) == (before.st_ino, before.st_mode,
                                                                                             before.st_rdev)
                said = b"" if "-b" in options else f"cp: '{target.path}' is incomplete\n".encode()
                c.equal(f"{name}: ends by it, and what was there stays", (stands, code, same, err), (True, -number, True, said))
                if kind == "fifo" or "-b" in options:
                    os.unlink(target.path)


def not_opened_yet(c, scratch, command):
    """A FIFO that nobody reads, as a target: it can't even be opened."""
    where = os.path.join(scratch, "unopened")
    os.mkdir(where)
    with open(os.path.join(where, "source"), "w") as f:
        f.write("text")
    os.mkfifo(os.path.join(where, "fifo"))
    process = start(command, ["source", "fifo"], where)
    waiting = wait_for(lambda: waits(process.pid, "partner"), 2)
    process.send_signal(signal.SIGINT)
    code, _, err = end_of(process)
    c.check(f"a target that can't be opened yet{'' if waiting else ' (not seen to wait)'}",
            code == -signal.SIGINT and os.path.exists(os.path.join(where, "fifo")), f"{code}: {shown(err)}")


def twice(c, scratch, command):
    """A second signal ends it at once, whatever the first one waits for."""
    where = os.path.join(scratch, "twice")
    os.mkdir(where)
    os.mkfifo(os.path.join(where, "fifo"))
    feed = os.open(os.path.join(where, "fifo"), os.O_RDWR)
    for first in ENDING:
        for second in ENDING:
            os.write(feed, b"x" * 100)
            target = os.path.join(where, "new")
            process = start(command, ["fifo", "new"], where)
            began = wait_for(lambda: os.path.exists(target) and os.path.getsize(target) == 100)
            time.sleep(0.1)     # until it waits for more: between two reads one signal is enough
            process.send_signal(first)
            heard = wait_for(lambda: not is_pending(process.pid, first))
            process.send_signal(second)
            code, _, err = end_of(process)
            c.equal(f"{first.name}, then {second.name}", (began, heard, code, err), (True, True, -second, b""))
            if os.path.lexists(target):
                os.unlink(target)
    os.close(feed)


def is_pending(pid, number):
    with open(f"/proc/{pid}/status") as f:
        lines = f.read().splitlines()
    if any(line.startswith("State:\tZ") for line in lines):      # the one that it has died of stays
        return False
    return any(int(line.split()[1], 16) & 1 << number - 1 for line in lines if line.startswith(("SigPnd:", "ShdPnd:")))


def twice_on_a_terminal(c, scratch, command):
    """What was drawn is gone also when nothing else is tidied up."""
    where = os.path.join(scratch, "drawn")
    os.mkdir(where)
    os.mkfifo(os.path.join(where, "fifo"))
    feed = os.open(os.path.join(where, "fifo"), os.O_RDWR)
    for numbers in ((signal.SIGINT,), (signal.SIGHUP,), (signal.SIGINT, signal.SIGTERM), (signal.SIGINT, signal.SIGINT)):
        def send_all(process, numbers=numbers):
            for number in numbers:
                process.send_signal(number)
                wait_for(lambda: not is_pending(process.pid, number))

        status, _, drawn = terminal.on_terminal(*command, ["--progress", "fifo", "new"], where, on_drawn=send_all)
        c.check(f"the line is clean after {', '.join(n.name for n in numbers)}",
                status == -numbers[-1] and drawn.endswith(b"\r\x1b[K"), f"status {status}, {shown(drawn[-100:])}")
    os.close(feed)


def backups_at_any_time(c, scratch, command):
    """Whenever the signal comes: each name that was there means what it meant, or the whole copy, and then there is a backup."""
    src, dst = os.path.join(scratch, "b-src"), os.path.join(scratch, "b-dst")
    new = {}
    rng = random.Random(4)
    for n in range(120):
        name = os.path.join(str(n % 7), str(n))
        new[name] = rng.randbytes(1000 if n % 8 else 1_500_000)
        os.makedirs(os.path.join(src, str(n % 7)), exist_ok=True)
        with open(os.path.join(src, name), "wb") as f:
            f.write(new[name])
    problems, stopped = [], 0
    for round_ in range(24):
        harness.rmtree(dst)
        for name in new:
            os.makedirs(os.path.dirname(os.path.join(dst, name)), exist_ok=True)
            with open(os.path.join(dst, name), "wb") as f:
                f.write(OLD)
        number = ENDING[round_ % 3]
        process = start(command, ["-rT", "--reflink=never", *(["-b"], ["--backup=numbered"])[round_ % 2], src, dst], scratch)
        time.sleep(0.002 + 0.0015 * round_)
        process.send_signal(number)
        code, _, err = end_of(process)
        stopped += code == -number
        here = [] if code in (0, -number) and not err else [f"status {code}, {shown(err)}"]
        suffix = ("~", ".~1~")[round_ % 2]
        for name, content in new.items():
            path = os.path.join(dst, name)
            now = read(path)
            kept = read(path + suffix)
            if (now, kept) not in ((OLD, None), (content, OLD)):
                here.append(f"{name} is {'gone' if now is None else len(now)}, its backup {kept}")
        problems += [f"round {round_}, {number.name}: {x}" for x in here]
    c.nothing("a signal while files are moved out of the way", problems)
    c.check("a signal while files are moved out of the way: in time often enough", stopped >= 4, f"{stopped} of 24")
    harness.rmtree(dst)


def read(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except FileNotFoundError:
        return None


def test(c, scratch):
    command = called_cp(scratch)
    for part in (stalled_targets, not_opened_yet, twice, twice_on_a_terminal, backups_at_any_time):
        part(c, scratch, command)


if __name__ == "__main__":
    harness.main(test)
