#!/usr/bin/env python3
"""What can't be finished: full disks, targets that are no files, sources that change.  Nothing is removed that `sluice
cp` did not make, and nothing half made is left without a word.
"""

import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
import treecmp
from cpcases import called_cp, intact
from cprunning import names_left
from harness import shown

FULL = b"No space left on device"


class small_disk:
    """A file system of 16 MiB; None where there can't be one."""

    def __init__(self, scratch, kind):
        self.kind, self.at = kind, os.path.join(scratch, f"disk-{kind}")
        self.image, self.device = self.at + ".img", None

    def __enter__(self):
        os.mkdir(self.at)
        if not harness.can_mount():
            return None
        if self.kind == "tmpfs":
            harness.mount_tmpfs(self.at, "size=16m")
            return self.at
        maker = shutil.which("mkfs.ext4") or shutil.which("mke2fs")
        if not maker or not shutil.which("losetup"):
            return None
        with open(self.image, "wb") as f:
            f.truncate(16 << 20)
        made = subprocess.run([maker, "-q", "-t", "ext4", self.image], capture_output=True)
        found = subprocess.run(["losetup", "--find", "--show", self.image], capture_output=True, text=True)
        if made.returncode or found.returncode:
            return None
        self.device = found.stdout.strip()
        try:
            harness.mount(self.device, self.at, "ext4")
        except OSError:
            return None
        return self.at

    def __exit__(self, *_):
        harness.umount(self.at)
        if self.device:
            subprocess.run(["losetup", "--detach", self.device], capture_output=True)


def full_disk(c, scratch, command):
    src = os.path.join(scratch, "src")
    os.makedirs(os.path.join(src, "sub"))
    for n in range(6):
        with open(os.path.join(src, f"large{n}"), "wb") as f:
            f.write(os.urandom(7 << 20))
    for n in range(3):
        os.link(os.path.join(src, "large5"), os.path.join(src, "sub", f"linked{n}"))
    with open(os.path.join(src, "huge"), "wb") as f:
        f.write(os.urandom(20 << 20))
    os.link(os.path.join(src, "huge"), os.path.join(src, "sub", "huge-too"))
    for kind in ("ext4", "tmpfs"):
        with small_disk(scratch, kind) as disk:
            if disk is None:
                c.skip(f"a full disk: {kind}", "needs root, a mount namespace and a loop device")
                continue
            for options in (["-a"], ["-r"], ["-av"], ["-a", "--sparse=always"], ["-a", "--reflink=never"]):
                dst = os.path.join(disk, "copy")
                result = harness.run([*command, *options, src, dst])
                problems = [] if result.rc == 1 else [f"status {result.rc}"]
                problems += [] if FULL in result.err else [f"says {shown(result.err)}"]
                for where, _, files in os.walk(src):
                    for name in files:
                        a = os.path.join(where, name)
                        b = os.path.join(dst, os.path.relpath(a, src))
                        named = os.fsencode(f"/{name}'") in result.err
                        if os.path.lexists(b):
                            same = open(a, "rb").read() == open(b, "rb").read()
                            problems += [] if same else [f"{name} is left, and not whole"]
                        elif not named:
                            problems.append(f"{name} is missing, and nobody says so: {shown(result.err, 900)}")
                problems += [] if not os.path.lexists(os.path.join(dst, "huge")) else ["huge fits"]
                c.nothing(f"a full disk: {kind}, {' '.join(options)}", problems)
                tried = len(re.findall(FULL, result.err))
                c.check(f"a full disk: {kind}, {' '.join(options)}: no more is written",
                        1 <= tried <= 2 * (os.cpu_count() or 1), f"{tried} times: {shown(result.err)}")
                harness.rmtree(dst)

            huge = os.path.join(src, "huge")
            real = os.path.join(disk, "real")
            for what in ("file", "symlink", "hard link"):
                with open(real, "w") as f:
                    f.write("before")
                target = real
                if what != "file":
                    target = os.path.join(disk, "other")
                    os.symlink("real", target) if what == "symlink" else os.link(real, target)
                before = os.lstat(target).st_ino, os.lstat(real).st_ino
                result = harness.run([*command, huge, target])
                after = [os.lstat(p).st_ino if os.path.lexists(p) else None for p in (target, real)]
                c.equal(f"{kind}: an old {what} stays", tuple(after), before)
                c.check(f"{kind}: an old {what} is told to be incomplete",
                        result.rc == 1 and FULL in result.err
                        and f"cp: '{target}' is incomplete\n".encode() in result.err, shown(result.err))
                for path in {target, real}:
                    os.unlink(path)
            with open(os.path.join(disk, "kept"), "w") as f:
                f.write("before")
            result = harness.run([*command, "-bv", huge, os.path.join(disk, "kept")])
            c.equal(f"{kind}: the backup goes back", open(os.path.join(disk, "kept")).read(), "before")


def odd_targets(c, scratch, command):
    where = os.path.join(scratch, "odd")
    os.mkdir(where)
    with open(os.path.join(where, "a"), "wb") as f:
        f.write(b"x" * 300_000)
    results = [harness.run([*who, "a", "/dev/full"], cwd=where) for who in (["cp"], command)]
    c.equal("/dev/full: as GNU's", (results[1].rc, results[1].err.splitlines()[0]),
            (results[0].rc, results[0].err.splitlines()[0]))
    c.check("/dev/full: stays, and is incomplete",
            os.path.exists("/dev/full") and b"cp: '/dev/full' is incomplete\n" in results[1].err, shown(results[1].err))
    for options in ([], ["-f"]):
        fifo = os.path.join(where, "fifo")
        os.mkfifo(fifo)
        said = []

        def drain():
            with open(fifo, "rb") as f:
                said.append(f.read())

        reader = threading.Thread(target=drain)
        reader.start()
        result = harness.run([*command, *options, "a", "fifo"], cwd=where)
        reader.join(20)
        c.equal(f"a FIFO takes it: {options}", (result.rc, len(said[0]), os.path.exists(fifo)), (0, 300_000, True))
        os.unlink(fifo)
    # What can't be read at its beginning leaves nothing behind, and the message tells of reading.
    result = harness.run([*command, "/proc/self/mem", "new"], cwd=where)
    c.check("a read error tells of reading", result.rc == 1 and b"cp: error reading '/proc/self/mem': " in result.err,
            shown(result.err))
    c.check("a read error leaves no file", not os.path.lexists(os.path.join(where, "new")))


def while_copying(command, where, options, change):
    """Changes a source in the midst of its copy; the result, and whether it was in time."""
    source, target = os.path.join(where, "source"), os.path.join(where, "target")
    with open(source, "wb") as f:
        for _ in range(30):
            f.write(b"0123456789abcdef" * (1 << 19))
    if os.path.exists(target):
        os.unlink(target)
    size = os.path.getsize(source)
    process = subprocess.Popen([*command, *options, source, target], env=harness.base_env(),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while process.poll() is None and not (os.path.exists(target) and os.path.getsize(target) > 0):
        time.sleep(0.0005)
    change(source)
    in_time = os.path.exists(target) and os.path.getsize(target) < size // 2
    _, err = process.communicate(timeout=60)
    return in_time, process.returncode, err, os.path.getsize(target)


def changing_sources(c, scratch, command):
    where = os.path.join(scratch, "changing")
    os.mkdir(where)
    if harness.can_mount():
        harness.mount_tmpfs(where, "size=700m")

    def grow(path):
        with open(path, "ab") as f:
            f.write(b"what came later")

    def shrink(path):
        os.truncate(path, 1000)

    # Through a buffer, and inside the kernel.
    for name, change, options in (("grew", grow, ["--reflink=never"]), ("shrank", shrink, ["--reflink=never"]),
                                  ("grew", grow, []), ("shrank", shrink, [])):
        for _ in range(30):
            in_time, code, err, size = while_copying(command, where, options, change)
            if in_time:
                break
        what = " ".join([name, *options])
        if not in_time:
            c.skip(f"a source that {what}", "the copy was always faster")
            continue
        said = f"cp: warning: '{where}/source' {name} while it was copied\n".encode()
        c.equal(f"a source that {what} is told of", (code, err), (0, said))
        if name == "grew":
            c.equal(f"a source that {what} is copied to its end", size,
                    os.path.getsize(os.path.join(where, "source")))
    if harness.can_mount():
        harness.umount(where)


def coarse_times(c, scratch, command):
    """-u where the target can't hold the source's time: only if times are kept is that looked at."""
    for options in (["-u"], ["-up"]):
        results = []
        for who in (["cp"], command):
            where = os.path.join(scratch, f"coarse-{len(results)}{options[0]}")
            os.mkdir(where)
            for name, when in (("a", 10**18 + 5), ("b", 10**18)):
                with open(os.path.join(where, name), "w") as f:
                    f.write(name)
                os.utime(os.path.join(where, name), ns=(when, when))
            harness.run([*who, *options, "a", "b"], cwd=where)
            results.append(open(os.path.join(where, "b")).read())
        c.equal(f"{options[0]} where the target can hold it", results[1], results[0])


def little_memory(c, scratch, command):
    """Whatever there is no memory for: the command ends, and says so."""
    src = os.path.join(scratch, "linked")
    for n in range(200):
        os.makedirs(os.path.join(src, str(n)))
        with open(os.path.join(src, str(n), "own"), "w") as f:
            f.write(str(n))
    for n in range(200):
        for k in range(10):
            os.link(os.path.join(src, str(n), "own"), os.path.join(src, str((n * 7 + k * 53 + 1) % 200), f"{n}-{k}"))
    problems, ends = [], set()
    for n in range(40):
        dst = os.path.join(scratch, "linked-copy")
        result = harness.run([*command, "--jobs=3", "-a", src, dst], timeout=30,
                             limits={resource.RLIMIT_AS: (8 << 20) + n * (1 << 20)})
        ends.add(result.rc)
        good = result.rc == 0 or (result.rc in (1, 127) and result.err)     # 127: not even the libraries fit
        problems += [] if good else [f"{8 + n} MiB: status {result.rc}, {shown(result.err, 150)}"]
        if result.rc == 0:
            problems += treecmp.compare(src, dst)
        harness.rmtree(dst)
    c.nothing("little memory", problems)
    c.check("little memory: sometimes too little, sometimes enough", {0, 1} <= ends, str(ends))


LIMIT = 1 << 20


def fragments(src, dst):
    """What of a copy is not whole, and what is not even a beginning that the limit allows."""
    halves, wrong = [], []
    for where, _, files in os.walk(dst):
        for name in files:
            at = os.path.join(where, name)
            got, want = open(at, "rb").read(), open(os.path.join(src, os.path.relpath(at, dst)), "rb").read()
            if got != want:
                (halves if len(got) <= LIMIT and want.startswith(got) else wrong).append(name)
    return halves, wrong


def size_limits(c, scratch, command):
    """RLIMIT_FSIZE: an error where its signal is ignored; else the signal ends the copy, as it ends GNU's."""
    src, dst, jobs = os.path.join(scratch, "sizes"), os.path.join(scratch, "limited"), 2
    os.mkdir(src)
    for n in range(12):
        with open(os.path.join(src, f"small{n}"), "wb") as f:
            f.write(b"s" * 3000)
    for n in range(4):
        with open(os.path.join(src, f"large{n}"), "wb") as f:
            f.write(os.urandom(3 * LIMIT))
    as_it_was = f"{src}-as-it-was"
    subprocess.run(["cp", "-a", src, as_it_was], check=True)
    limits = {resource.RLIMIT_FSIZE: LIMIT, resource.RLIMIT_CORE: 0}
    for options in (["-a"], ["-r"], ["-a", "--atomic"], ["-r", "--atomic", "--fsync"]):
        name = f"a file size limit: cp {' '.join(options)}"
        copy = [*command, *options, f"--jobs={jobs}", "-T", src, dst]
        result = harness.run(copy, limits=limits, ignore=[signal.SIGXFSZ])
        problems = [] if result.rc == 1 else [f"exit status {result.rc}"]
        problems += [] if b"File too large" in result.err else [f"says {shown(result.err)}"]
        c.nothing(f"{name}, signal ignored", problems + intact(src, dst, result.err) + names_left(dst))
        harness.rmtree(dst)
        result = harness.run(copy, limits=limits)
        halves, wrong = fragments(src, dst)
        c.equal(f"{name}: ends by the signal, without a word", (result.rc, result.err),
                (-signal.SIGXFSZ, b""))
        c.equal(f"{name}: nothing but beginnings is left", (wrong, names_left(dst)), ([], []))
        most = 0 if "--atomic" in options else jobs
        c.check(f"{name}: one for each job at most", len(halves) <= most, halves)
        again = harness.run(copy)
        c.equal(f"{name}: without a limit it is completed",
                (again.rc, again.err, fragments(src, dst), len(os.listdir(dst))), (0, b"", ([], []), 16))
        harness.rmtree(dst)
    c.nothing("file size limits: the sources are what they were", treecmp.compare(as_it_was, src))


def test(c, scratch):
    command = called_cp(scratch)
    odd_targets(c, scratch, command)
    changing_sources(c, scratch, command)
    coarse_times(c, scratch, command)
    size_limits(c, scratch, command)
    little_memory(c, scratch, command)
    full_disk(c, scratch, command)


if __name__ == "__main__":
    harness.main(test)
