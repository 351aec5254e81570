#!/usr/bin/env python3
"""A large directory that several workers fill: empty files, of which many are made in a row, among all others. Nothing is
lost or told twice, with few descriptors too, and what ends the copy in its midst leaves no half file."""

import os
import resource
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
import treecmp
from cprunning import end_of, start
from cpcases import called_cp

NAMES = 6000


def plant(top):
    """Mostly empty files; some have bytes, other names, attributes or another kind."""
    os.mkdir(top)
    for n in range(NAMES):
        path = os.path.join(top, f"name-{n:05}")
        if n % 50 == 7:
            os.symlink("nowhere", path)
        elif n % 50 == 11:
            os.mkfifo(path)
        elif n % 50 == 13:
            os.mkdir(path)
            open(os.path.join(path, "inside"), "w").close()
        elif n % 50 == 18:
            os.link(os.path.join(top, f"name-{n - 2:05}"), path)
        else:
            with open(path, "wb") as f:
                f.write(b"x" * (n * 37 % 9000 if n % 9 == 0 else 0))
            os.chmod(path, 0o600 + n % 0o100)
            os.utime(path, ns=(10**18, 10**18 + n))


def whole(c, scratch, command):
    source = os.path.join(scratch, "source")
    plant(source)
    few = {resource.RLIMIT_NOFILE: 40}
    ways = {"-a": (["-a"], None), "-a with few descriptors": (["-a"], few), "-a with four workers": (["-a", "--jobs=4"], None),
            "-r": (["-r"], None), "-rL with missing targets": (["-rL"], None)}
    for name, (options, limits) in ways.items():
        target = os.path.join(scratch, "target")
        got = harness.run([*command, *options, source, target], limits=limits)
        if "L" in options[0]:
            told = sorted(line.split(b"'")[1] for line in got.err.splitlines())
            want = sorted(os.fsencode(os.path.join(source, f"name-{n:05}")) for n in range(NAMES) if n % 50 == 7)
            c.equal(f"{name}: each is told once", (got.rc, told), (1, want))
            c.equal(f"{name}: and all others are there", len(os.listdir(target)), NAMES - len(want))
        else:
            c.equal(f"{name}: done", (got.rc, got.err), (0, b""))
            kept = options[0] == "-a"
            differences = treecmp.compare(source, target, mtime=kept, links=kept, mode=kept)
            c.equal(f"{name}: the same", differences[:5], [])
        harness.rmtree(target)
    return source


def name_of_another(c, scratch, command, source):
    """Somebody makes a name in the fresh directory that is still to be copied: it is not written over."""
    made, wrong = 0, []
    for attempt in range(12):
        target = os.path.join(scratch, f"met{attempt}")
        process = start(command, ["-r", "--jobs=2", source, target], scratch)
        name = f"name-{NAMES - 1 - attempt * 100:05}"
        first = False
        while process.poll() is None and not first:
            try:
                os.close(os.open(os.path.join(target, name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
                first = True
            except FileNotFoundError:
                pass
            except FileExistsError:
                break
        code, _, err = end_of(process)
        made += first
        if (code, err.count(name.encode())) != ((1, 1) if first else (0, 0)):
            wrong.append((first, code, err[:200]))
        harness.rmtree(target)
    c.equal("a name that somebody has made meanwhile is told, once", wrong, [])
    c.check("somebody was quicker", made > 0, f"{made} of 12")


def ended(c, scratch, command, source):
    """At any time: what is there is whole."""
    wrong, cut = [], 0
    for attempt in range(24):
        target = os.path.join(scratch, f"ended{attempt}")
        process = start(command, ["-r", "--jobs=2", source, target], scratch)
        time.sleep(0.002 * attempt)
        process.send_signal(signal.SIGINT if attempt % 2 else signal.SIGTERM)
        code, _, err = end_of(process)
        cut += code < 0
        if err or code not in (0, -signal.SIGINT, -signal.SIGTERM):
            wrong.append((code, err[:200]))
        for name in os.listdir(target) if os.path.isdir(target) else []:
            theirs, ours = os.lstat(os.path.join(source, name)), os.lstat(os.path.join(target, name))
            if theirs.st_size != ours.st_size and not os.path.isdir(os.path.join(target, name)):
                wrong.append((name, ours.st_size))
        harness.rmtree(target)
    c.equal("a copy that is ended leaves nothing half", wrong[:5], [])
    c.check("copies were ended in their midst", cut > 0, f"{cut} of 24")


def test(c, scratch):
    command = called_cp(scratch)
    source = whole(c, scratch, command)
    name_of_another(c, scratch, command, source)
    ended(c, scratch, command, source)


harness.main(test)
