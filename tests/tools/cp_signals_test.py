#!/usr/bin/env python3
"""Signals during `sluice cp`: it ends by them, quickly, and leaves no half file; what was there before stays."""

import json
import os
import select
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
import terminal
from cpcases import called_cp
from cprunning import ENDING, end_of, slowly, start, wait_for
from harness import shown


def fed_by_fifo(c, scratch, command):
    """A copy that waits for its source: made, not full, and not going on by itself."""
    where = os.path.join(scratch, "fifo")
    os.mkdir(where)
    fifo = os.path.join(where, "fifo")
    os.mkfifo(fifo)
    feed = os.open(fifo, os.O_RDWR)
    os.write(feed, b"x" * 100)
    target = os.path.join(where, "new")
    full = lambda: os.path.exists(target) and os.path.getsize(target) == 100
    for number in ENDING:
        process = start(command, ["fifo", "new"], where)
        began = wait_for(full)
        process.send_signal(number)
        code, _, err = end_of(process)
        c.equal(f"{number.name} ends a copy that waits", (began, code, err), (True, -number, b""))
        c.check(f"{number.name}: no half file", not os.path.lexists(target))
        os.write(feed, b"x" * 100)

    for name, put in (("a file", lambda: open(target, "w").close()),
                      ("a link to a file", lambda: (open(os.path.join(where, "real"), "w").close(),
                                                    os.symlink("real", target))),
                      ("a file of two names", lambda: (open(target, "w").close(),
                                                       os.link(target, os.path.join(where, "second"))))):
        put()
        before = os.lstat(target).st_ino
        process = start(command, ["fifo", "new"], where)
        began = wait_for(full)
        process.send_signal(signal.SIGTERM)
        code, _, err = end_of(process)
        stays = os.path.lexists(target) and os.lstat(target).st_ino == before
        c.equal(f"{name} that was there stays", (began, code, stays, err),
                (True, -signal.SIGTERM, True, b"cp: 'new' is incomplete\n"))
        os.unlink(target)
        os.write(feed, b"x" * 100)

    # The name was given to somebody else meanwhile.
    process = start(command, ["fifo", "new"], where)
    began = wait_for(full)
    os.rename(target, os.path.join(where, "moved"))
    with open(target, "w") as f:
        f.write("another's")
    process.send_signal(signal.SIGINT)
    code, _, err = end_of(process)
    c.equal("another's file of the same name stays", (began, code, open(target).read(), err),
            (True, -signal.SIGINT, "another's", b""))
    os.unlink(target)
    os.write(feed, b"x" * 100)

    process = start(command, ["fifo", "new"], where, ignore=[signal.SIGINT])
    began = wait_for(full)
    process.send_signal(signal.SIGINT)
    ended = wait_for(lambda: process.poll() is not None, 0.5)
    c.equal("a signal that was ignored stays ignored", (began, ended), (True, False))
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    c.equal("another signal is not", end_of(process)[0], -signal.SIGTERM)
    os.close(feed)

    process = start(command, ["fifo", "new"], where)    # nobody will ever open the other side
    opened = wait_for(lambda: any(os.path.exists(f"/proc/{process.pid}/task/{t}/wchan") and
                                  "partner" in open(f"/proc/{process.pid}/task/{t}/wchan").read()
                                  for t in os.listdir(f"/proc/{process.pid}/task")), 2)
    process.send_signal(signal.SIGINT)
    c.equal("a source that can't be opened yet", end_of(process)[0], -signal.SIGINT)


def moved_away(c, scratch, command):
    """What was moved out of the way of a copy that waits, and can't end: it gets its name back, if that is free."""
    where = os.path.join(scratch, "moved")
    os.mkdir(where)
    target, backup = os.path.join(where, "it's\n"), os.path.join(where, "it's\n~")
    os.mkfifo(os.path.join(where, "fifo"))
    feed = os.open(os.path.join(where, "fifo"), os.O_RDWR)
    for taken in (False, True):
        with open(target, "w") as f:
            f.write("before")
        process = start(command, ["-b", "fifo", "it's\n"], where)
        began = wait_for(lambda: os.path.exists(backup) and os.path.exists(target))
        if taken:
            with open(os.path.join(where, "another"), "w") as f:
                f.write("another's")
            os.rename(os.path.join(where, "another"), target)
        process.send_signal(signal.SIGINT)
        code, _, err = end_of(process)
        # It ends in good order if it did not wait yet.
        said = (b"cp: the backup of 'it'\\''s'$'\\012' stays 'it'\\''s'$'\\012''~'\n",
                b"cp: cannot un-backup '''it'\\''s'$'\\n': File exists\n") if taken else (b"",)
        c.equal(f"a backup whose name is {'taken' if taken else 'free'}",
                (began, code, open(target).read(), os.path.exists(backup)),
                (True, -signal.SIGINT, "another's" if taken else "before", taken))
        c.check(f"a backup whose name is {'taken' if taken else 'free'}: what is said", err in said, shown(err))
    os.close(feed)


def as_events(c, scratch, command):
    """A copy that is given up says as objects what any interrupted copy says."""
    where = os.path.join(scratch, "events")
    os.mkdir(where)
    os.mkfifo(os.path.join(where, "fifo"))
    feed = os.open(os.path.join(where, "fifo"), os.O_RDWR)
    for name, key in (("it's \"new\"\n", "target"), (b"\xff\xfe", "target_base64")):
        target = os.path.join(os.fsencode(where), os.fsencode(name))
        os.write(feed, b"x" * 100)
        with open(target, "w") as f:
            f.write("before")
        process = start(command, ["--json", "-v", "fifo", name], where)
        began = wait_for(lambda: os.path.getsize(target) == 100)
        process.send_signal(signal.SIGINT)
        code, out, err = end_of(process)
        events = [json.loads(line) for line in out.splitlines()]
        c.equal(f"{name!r}: a copy that is given up", (began, code, [e["event"] for e in events], err.endswith(b" is incomplete\n")),
                (True, -signal.SIGINT, ["copy", "error", "summary"], True))
        told, summary = events[-2], events[-1]
        c.equal(f"{name!r}: what is incomplete", (told["source"], told.get(key), told["message"].encode() + b"\n"),
                ("fifo", events[0][key], err.partition(b": ")[2]))
        c.equal(f"{name!r}: the summary", {k: summary[k] for k in ("result", "files", "bytes", "errors", "warnings")},
                {"result": "stopped", "files": 0, "bytes": 100, "errors": 1, "warnings": 0})
        os.unlink(target)
    target = os.path.join(where, "kept")
    os.write(feed, b"x" * 100)
    with open(target, "w") as f:
        f.write("before")
    process = start(command, ["--json", "-b", "fifo", "kept"], where)
    began = wait_for(lambda: os.path.exists(target + "~") and os.path.exists(target) and os.path.getsize(target) == 100)
    os.rename(target, os.path.join(where, "taken"))
    open(target, "w").close()
    process.send_signal(signal.SIGINT)
    code, out, err = end_of(process)
    events = [json.loads(line) for line in out.splitlines()]
    # It may just have been able to end by itself, which has other words.
    c.equal("a backup that stays", (began, code, [(e["event"], e.get("target"), e.get("backup", "kept~")) for e in events],
                                    os.path.getsize(target), os.path.getsize(target + "~")),
            (True, -signal.SIGINT, [("error", "kept", "kept~"), ("summary", None, "kept~")], 0, 6))
    # Nobody reads: it ends all the same.
    for name in [f"f{n}" for n in range(3000)]:
        open(os.path.join(where, name), "w").close()
    os.mkdir(os.path.join(where, "into"))
    process = start(command, ["--json", "-v", *[f"f{n}" for n in range(3000)], "into"], where)
    full = wait_for(lambda: "pipe_w" in open(f"/proc/{process.pid}/wchan").read(), 10)
    process.send_signal(signal.SIGTERM)
    ended = wait_for(lambda: process.poll() is not None)
    c.equal("a reader that reads nothing holds up nobody", (ended, process.returncode), (True, -signal.SIGTERM))
    if not full:
        c.skip("... and it was waiting for that reader", "that can't be seen here")
    process.stdout.close()
    process.stderr.close()
    os.close(feed)


def over_what_is_there(c, scratch, command):
    """Stopped in the midst of writing over a file: that can't be undone, and is told, however it ends."""
    where = os.path.join(scratch, "over")
    os.mkdir(where)
    with open(os.path.join(where, "source"), "wb") as f:
        f.write(os.urandom(4_000_000))
    target = os.path.join(where, "target")
    said = b"cp: 'target' is incomplete\n"
    for options, words, left in (([], said, None), (["--json"], said, None), (["-b"], b"", b"before"),
                                 (["--sparse=always"], said, None), (["--atomic"], b"", b"before")):
        with open(target, "w") as f:
            f.write("before")
        process = start(command, [*slowly("500K"), *options, "source", "target"], where)
        began = wait_for(lambda: "--atomic" in options or os.path.exists(target) and os.path.getsize(target) > 6)
        time.sleep(0.05)    # --atomic shows nothing: it may not even have begun
        process.send_signal(signal.SIGINT)
        code, out, err = end_of(process)
        c.equal(f"{options}: an interrupted copy over a file", (began, code, err), (True, -signal.SIGINT, words))
        c.check(f"{options}: what is left", left is None or open(target, "rb").read() == left)
        if "--json" in options:
            events = [json.loads(line) for line in out.splitlines()]
            told = [(e["message"], e["target"]) for e in events if e["event"] == "error"]
            c.equal("as an event, and counted", (told, events[-1]["errors"], events[-1]["result"]),
                    ([("'target' is incomplete", "target")], 1, "stopped"))
    os.unlink(target)
    process = start(command, [*slowly("500K"), "source", "target"], where)
    began = wait_for(lambda: os.path.exists(target) and os.path.getsize(target) > 6)
    process.send_signal(signal.SIGINT)
    code, out, err = end_of(process)
    c.equal("an interrupted copy of its own goes without a word", (began, code, out, err, os.path.exists(target)),
            (True, -signal.SIGINT, b"", b"", False))


def on_a_terminal(c, scratch, command):
    """What is drawn is taken away before the words that stay."""
    where = os.path.join(scratch, "terminal")
    os.mkdir(where)
    os.mkfifo(os.path.join(where, "fifo"))
    feed = os.open(os.path.join(where, "fifo"), os.O_RDWR)
    for there, words in ((False, b""), (True, b"cp: 'new' is incomplete\r\n")):
        if there:
            open(os.path.join(where, "new"), "w").close()
        rc, _, drawn = terminal.on_terminal(*command, ["--progress", "fifo", "new"], where, 80,
                                            on_drawn=lambda p: p.send_signal(signal.SIGTERM))
        c.check("a line that was drawn is taken away", rc == -signal.SIGTERM and drawn.endswith(b"\r\x1b[K" + words),
                f"status {rc}, {shown(drawn[-100:])}")
    os.close(feed)


SOON = 5    # seconds: ten times the patience that a copy has with what is under way


def promptly(c, scratch, command):
    """Copies that would take minutes, or for ever, end soon: those that go on and those that wait."""
    where = os.path.join(scratch, "promptly")
    os.mkdir(where)
    with open(os.path.join(where, "large"), "wb") as f:
        f.write(os.urandom(8 << 20))
    os.mkdir(os.path.join(where, "many"))
    for n in range(2000):
        with open(os.path.join(where, "many", str(n)), "wb") as f:
            f.write(b"x" * 4096)
    os.mkfifo(os.path.join(where, "fifo"))
    feed = os.open(os.path.join(where, "fifo"), os.O_RDWR)
    size = os.path.getsize
    for name, args, begun in (("a large file", [*slowly("50K"), "large", "new"], lambda p: size(p) > 0),
                              ("many files", ["-r", *slowly("50K"), "many", "new"], lambda p: len(os.listdir(p)) > 1),
                              ("a source that says nothing more", ["fifo", "new"], lambda p: size(p) == 100)):
        for number in ENDING:
            os.write(feed, b"x" * 100 if "fifo" in args else b"")
            target = os.path.join(where, "new")
            process = start(command, args, where)
            began = wait_for(lambda: os.path.exists(target) and begun(target))
            since = time.monotonic()
            process.send_signal(number)
            code, _, _ = end_of(process)
            took = time.monotonic() - since
            c.equal(f"{number.name}, {name}: ends by it", (began, code), (True, -number))
            c.check(f"{number.name}, {name}: soon", took < SOON, f"after {took:.1f} s")
            harness.rmtree(target)
    os.close(feed)


def asked(c, scratch, command):
    where = os.path.join(scratch, "asked")
    os.mkdir(where)
    for name in ("a", "b"):
        with open(os.path.join(where, name), "w") as f:
            f.write(name)
    read, write = os.pipe()
    process = start(command, ["-i", "a", "b"], where, stdin=read)
    ready, _, _ = select.select([process.stderr], [], [], 20)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    code, _, _ = end_of(process)
    c.equal("a signal at a question", (bool(ready), code, open(os.path.join(where, "b")).read()),
            (True, -signal.SIGINT, "b"))
    os.close(read)
    os.close(write)


def at_any_time(c, scratch, command):
    """Whenever the signal comes: each file is whole or missing, and a second run completes the copy."""
    src = os.path.join(scratch, "src")
    for n in range(300):
        os.makedirs(os.path.join(src, str(n % 17)), exist_ok=True)
        with open(os.path.join(src, str(n % 17), str(n)), "wb") as f:
            f.write(os.urandom(1000 if n % 10 else 3_000_000))
    dst = os.path.join(scratch, "dst")
    shell = []
    for n in range(60):
        number = ENDING[n % 3]
        process = start(command, ["-a", src, dst], scratch)
        if not wait_for(lambda: os.path.lexists(dst) or process.poll() is not None):
            shell.append(f"run {n}: nothing begins")
        time.sleep(n * 0.001)
        process.send_signal(number)
        code, _, err = end_of(process)
        if code not in (0, -number) or err:
            shell.append(f"run {n}: status {code}, {err[:200]}")
        for where, _, files in os.walk(dst):
            for name in files:
                at = os.path.join(where, name)
                a = os.path.join(src, os.path.relpath(at, dst))
                if open(a, "rb").read() != open(at, "rb").read():
                    shell.append(f"run {n}: {name} is not whole")
        if n % 10 == 9:
            result = harness.run([*command, "-aT", src, dst])
            shell += [] if result.rc == 0 else [f"run {n}: a second run: {result.err[:200]}"]
        harness.rmtree(dst)
    c.nothing("60 signals at various times", shell)


def test(c, scratch):
    command = called_cp(scratch)
    fed_by_fifo(c, scratch, command)
    moved_away(c, scratch, command)
    as_events(c, scratch, command)
    over_what_is_there(c, scratch, command)
    on_a_terminal(c, scratch, command)
    promptly(c, scratch, command)
    asked(c, scratch, command)
    at_any_time(c, scratch, command)


if __name__ == "__main__":
    harness.main(test)
