#!/usr/bin/env python3
"""Copies that are killed at random points, and gone on with.  After each: the source is untouched; with --atomic every
name means nothing, what it meant before, or the whole copy; without it no more files are half than there are
jobs, and the next run does the rest.
"""

import os
import random
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
from cpcases import called_cp
from cprunning import end_of, names_left, start
from harness import shown

JOBS = 2
OLD = b"what was there before"


def contents(root):
    """What each name means: bytes, a link's text, or the number of a type; and what must not change besides."""
    found = {}
    for where, dirs, files in os.walk(root):
        for name in files + dirs:
            path = os.path.join(where, name)
            s = os.lstat(path)
            key = os.path.relpath(path, root)
            if os.path.islink(path):
                found[key] = os.readlink(path)
            elif os.path.isfile(path):
                with open(path, "rb") as f:
                    found[key] = f.read()
            else:
                found[key] = s.st_mode >> 12
    return found


def files_of(root):
    return {name: v for name, v in contents(root).items() if isinstance(v, bytes)}


def state(root):
    return {os.path.join(where, name): (s.st_mode, s.st_uid, s.st_size, s.st_mtime_ns, s.st_nlink, s.st_ino)
            for where, dirs, files in os.walk(root) for name in files + dirs
            for s in [os.lstat(os.path.join(where, name))]}


def make_source(src, rng):
    for n in range(160):
        os.makedirs(os.path.join(src, str(n % 13)), exist_ok=True)
        with open(os.path.join(src, str(n % 13), f"f{n}"), "wb") as f:
            f.write(rng.randbytes(2_000_000 if n % 40 == 7 else rng.randint(1, 9000)))
    for n in range(0, 160, 9):
        os.link(os.path.join(src, str(n % 13), f"f{n}"), os.path.join(src, f"link{n}"))
    for n in range(5):
        os.symlink(f"f{n}", os.path.join(src, str(n), "symlink"))


def forget_contents(root):
    """Where what is read has to be waited for, more is under way at once."""
    for where, _, files in os.walk(root):
        for name in files:
            if not os.path.islink(os.path.join(where, name)):
                with open(os.path.join(where, name), "rb") as f:
                    os.fsync(f.fileno())
                    os.posix_fadvise(f.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def make_old(dst, source, rng):
    for name, content in source.items():
        if isinstance(content, bytes) and rng.random() < 0.4:
            os.makedirs(os.path.dirname(os.path.join(dst, name)), exist_ok=True)
            with open(os.path.join(dst, name), "wb") as f:
                f.write(OLD)


def problems_of(dst, source, most, atomic, old):
    """What a copy may not leave when it is killed."""
    half = []
    problems = []
    for name, content in contents(dst).items():
        if os.path.basename(name).startswith(".sluice-"):
            continue
        want = source.get(name)
        if want is None:
            problems.append(f"{name} is nobody's")
        elif content != want and not (old.get(name) == content):
            half.append(name)
    if atomic:
        problems += [f"{name} was there and is gone" for name in old if not os.path.lexists(os.path.join(dst, name))]
    if len(half) > most:
        problems.append(f"{len(half)} are half: {half[:4]}")
    return problems


def killed(c, scratch, command, src, rng, options, rounds):
    source, before = contents(src), state(src)
    atomic, resume = "--atomic" in options, "--resume" in options
    most = 0 if atomic else JOBS
    dst = os.path.join(scratch, "dst")
    args = ["-aT", f"--jobs={JOBS}", *options, src, dst]
    problems = []
    kills = 0
    began = time.monotonic()
    harness.run([*command, *args])
    longest = max(time.monotonic() - began, 0.02)
    done = 0
    # On a busy machine the first run may have taken much longer than the next ones do.
    while done < rounds or (kills * 3 < rounds and done < 4 * rounds):
        n, done = done, done + 1
        harness.rmtree(dst)
        for left in names_left(scratch):
            os.unlink(left)
        old = {}
        if n % 2:
            make_old(dst, source, rng)
            old = files_of(dst)
        number = (signal.SIGKILL, signal.SIGHUP, signal.SIGKILL, signal.SIGTERM, signal.SIGINT)[n % 5]
        if number == signal.SIGKILL:
            forget_contents(src)
        process = start(command, args, scratch)
        time.sleep(rng.random() * longest)
        process.send_signal(number)
        code, _, err = end_of(process)
        here = [] if code in (0, -number) else [f"status {code}: {shown(err)}"]
        kills += code == -number
        longest *= 1 if code == -number else 0.8
        here += problems_of(dst, source, most, atomic, old) if os.path.isdir(dst) else []
        if number != signal.SIGKILL:
            here += [f"left {x}" for x in names_left(dst)]
        if state(src) != before:
            here.append("the source was touched")
        journal = resume and names_left(scratch)
        if resume and not journal and os.path.isdir(dst) and files_of(dst) not in (files_of(src), old):
            here.append("no journal of what is not whole")
        result = harness.run([*command, *args])
        # Without a journal nobody knows whose the groups are that the first run made; one that was whole has none.
        others = [] if not atomic or journal else [x for x in result.err.splitlines() if b"it has other names" in x]
        here += [] if result.rc == (1 if others else 0) else [f"going on: {result.rc}, {shown(result.err)}"]
        # Between its two names a file that replaces another may be caught; only a journal tells whose it is.
        if {k: v for k, v in contents(dst).items() if not os.path.basename(k).startswith(".sluice-")} != source:
            here.append("going on did not complete it")
        if resume and not others:
            here += [f"left at the end: {x}" for x in names_left(scratch)]
        problems += [f"round {n}, {number.name}: {x}" for x in here]
        if problems:
            break
    harness.rmtree(dst)
    name = " ".join(options) or "no options of ours"
    c.nothing(f"{name}: killed {done} times", problems)
    c.check(f"{name}: killed in time often enough", kills * 3 >= rounds, f"{kills} of {done}")


def test(c, scratch):
    command = called_cp(scratch)
    seed = int(os.environ.get("SLUICE_TEST_SEED", random.randrange(1 << 32)))
    print(f"      SLUICE_TEST_SEED={seed}")
    rng = random.Random(seed)
    src = os.path.join(scratch, "src")
    make_source(src, rng)
    for options in ([], ["--resume"], ["--atomic"], ["--atomic", "--resume"], ["--fsync", "--resume"],
                    ["--atomic", "--fsync", "--resume"], ["--atomic", "--verify"]):
        killed(c, scratch, command, src, rng, options, 24 if harness.LARGE else 8)


if __name__ == "__main__":
    harness.main(test)
