#!/usr/bin/env python3
"""Errors of devices, calls that fail, full file systems: cp goes on, tells each, and leaves no half file."""

import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools", "lib"))
import filesystems
import harness
import treecmp
import treegen
from cpcases import called_cp
from ducases import differential
from filesystems import MIB
from harness import shown

IO_ERROR = b"Input/output error"
NO_SPACE = b"No space left on device"


def copied_or_told(source, target, told):
    """Each file is there and whole, or it is not there and a message names it."""
    problems = []
    for where, _, files in os.walk(source):
        for name in files:
            a = os.path.join(where, name)
            b = os.path.join(target, os.path.relpath(a, source))
            named = os.fsencode(f"/{name}'") in told
            if not os.path.lexists(b):
                problems += [] if named else [f"{name} is missing, and nobody says so"]
            elif os.lstat(a).st_size != os.lstat(b).st_size or open(a, "rb").read() != open(b, "rb").read():
                problems.append(f"{name} is left, and not whole")
            elif named:
                problems.append(f"{name} is there, and called missing")
    return problems


# ---------------------------------------------------------------------------------------------------------------------


def forget(tree):
    """Takes what is clean out of memory, so that it is read from the device again."""
    for where, _, files in os.walk(tree):
        for name in files:
            fd = os.open(os.path.join(where, name), os.O_RDONLY)
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(fd)


def broken_device(c, name, command, scratch, where, break_it):
    """A file system on a device whose later half can't be read any more."""
    source, originals = os.path.join(where, "src"), os.path.join(scratch, "originals")
    for n in range(56):
        os.makedirs(os.path.join(source, f"d{n % 5}"), exist_ok=True)
        with open(os.path.join(source, f"d{n % 5}", f"file{n}"), "wb") as f:
            f.write(os.urandom(MIB + n))
    shutil.copytree(source, originals)
    harness.settle(where)
    break_it()
    results = []
    for who in (["cp"], command, [*command, "--jobs=8"]):
        forget(source)
        copy = os.path.join(scratch, f"copy{len(results)}")
        results.append(harness.run([*who, "-r", source, copy]))
        if len(results) > 1:
            problems = copied_or_told(originals, copy, results[-1].err)
            problems += harness.multiset_difference(results[0].err.splitlines(), results[-1].err.splitlines())
            problems += [] if results[-1].rc == 1 else [f"exit status {results[-1].rc}"]
            c.nothing(f"{name}: {' '.join(who[1:])} -r", problems)
    failed = results[0].err.count(IO_ERROR)
    c.check(f"{name}: some can be read, some can't", 0 < failed < 56, f"{failed} of 56")
    differential(c, f"{name}: du", ["-ab", "src"], where, jobs=(1, 8))


def cut_image(c, command, scratch):
    """A loop device whose file has become shorter: reading what is gone is an I/O error."""
    os.mkdir(os.path.join(scratch, "cut"))
    with filesystems.mounted(scratch, "ext4", options=["-E", "lazy_itable_init=0"]) as where:
        broken_device(c, "a cut image", command, os.path.join(scratch, "cut"), where,
                      lambda: os.truncate(where + ".img", 40 * MIB))


def device_mapper(c, command, scratch):
    """The same with a mapped device, the later half of which becomes an error."""
    asked = subprocess.run(["dmsetup", "version"], capture_output=True, text=True) if shutil.which("dmsetup") else None
    if asked is None or asked.returncode != 0:
        why = asked.stderr.splitlines()[0] if asked and asked.stderr else "dmsetup is not installed"
        return c.skip("I/O errors by device-mapper", why)
    os.mkdir(os.path.join(scratch, "mapped"))
    with filesystems.mapped(scratch) as (where, break_it):
        broken_device(c, "device-mapper", command, os.path.join(scratch, "mapped"), where, break_it)


# ---------------------------------------------------------------------------------------------------------------------

# Calls, for which path below the scratch directory they fail, or for which name, and the file that a message has to be
# about, if any.
EVERYTHING = ["-dR", "--preserve=mode,ownership,timestamps,links,xattr"]     # and a failure where it can't be kept
INJECTED = (
    ("copy_file_range,read,pread64,preadv,preadv2", "src/a/bad", "bad"),
    ("copy_file_range,write,pwrite64,pwritev", "copy/a/bad", "bad"),
    ("openat", "bad", "bad"),
    ("getdents64", "src/a", None),
    ("mkdirat", "a", None),
    ("fchown,fchownat", "copy/a/bad", None),
    ("utimensat", "copy/a/bad", None),
    ("fsetxattr,setxattr", "copy/a/bad", None),
)


def injected(c, command, scratch):
    """Calls that fail by themselves, once each, as a failing device would have it."""
    if not shutil.which("strace"):
        return c.skip("calls that fail", "strace is not installed")
    source = os.path.join(scratch, "src")
    for n in range(30):
        os.makedirs(os.path.join(source, "abc"[n % 3]), exist_ok=True)
        with open(os.path.join(source, "abc"[n % 3], f"file{n}"), "wb") as f:
            f.write(os.urandom(3000 * n))
    with open(os.path.join(source, "a", "bad"), "wb") as f:
        f.write(os.urandom(300_000))
    os.setxattr(os.path.join(source, "a", "bad"), "user.one", b"1")
    reference = os.path.join(scratch, "reference")
    subprocess.run(["cp", "-a", source, reference], check=True)
    for calls, path, names in INJECTED:
        copy = os.path.join(scratch, "copy")
        if "/" in path:
            path = os.path.join(scratch, path)
        wanted = ",".join(f"?{one}" for one in calls.split(","))
        traced = ["strace", "-f", "-qq", "-o", "/dev/null", "-P", path, "-e", f"trace={wanted}",
                  "-e", f"inject={wanted}:error=EIO"]
        result = harness.run([*traced, *command, *EVERYTHING, "src", "copy"], cwd=scratch,
                             env=harness.base_env(SLUICE_BACKEND="pool"))
        if b"strace" in result.err:
            return c.skip("calls that fail", shown(result.err))
        problems = [] if result.rc == 1 and IO_ERROR in result.err else [f"status {result.rc}: {shown(result.err)}"]
        problems += [] if names is None else copied_or_told(source, copy, result.err)
        for other in "bc":
            problems += treecmp.compare(os.path.join(source, other), os.path.join(copy, other))
        problems += [f"the source: {line}" for line in treecmp.compare(reference, source)]
        c.nothing(f"EIO from {calls.split(',')[0]} of {os.path.basename(path)}", problems)
        harness.rmtree(copy)


# ---------------------------------------------------------------------------------------------------------------------


def small_room(c, command, scratch, kind, how):
    """A file system that has room for some of it."""
    source = os.path.join(scratch, "much")
    with filesystems.mounted(scratch, kind, **how) as where:
        room = os.statvfs(where)
        left = room.f_bavail * room.f_frsize
        if left > 16 * MIB:      # the smallest of its kind is larger: fill it
            with open(os.path.join(where, "filler"), "wb") as f:
                subprocess.run(["fallocate", "-l", str(left - 12 * MIB), f.name], check=True)
            harness.settle(where)
        for options in (["-r"], ["-a", "--jobs=8"]):
            copy = os.path.join(where, "copy")
            result = harness.run([*command, *options, source, copy], timeout=120)
            problems = [] if result.rc == 1 and NO_SPACE in result.err else [f"{result.rc}: {shown(result.err)}"]
            if os.path.isdir(copy):
                problems += copied_or_told(source, copy, result.err)
            c.nothing(f"no room on {kind}: {' '.join(options)}", problems)
            harness.rmtree(copy)
            harness.settle(where)


def full(c, command, scratch):
    source = os.path.join(scratch, "much")
    for n in range(40):
        os.makedirs(os.path.join(source, f"d{n % 4}"), exist_ok=True)
        with open(os.path.join(source, f"d{n % 4}", f"file{n}"), "wb") as f:
            f.write(os.urandom((n % 7) * 400_000 + 5))
    smallest = {"tmpfs": dict(size=16 * MIB), "ext4": dict(size=16 * MIB), "ext4 without d_type": dict(size=16 * MIB),
                "xfs": {}, "xfs with reflink": {}, "btrfs": dict(size=128 * MIB, options=["--mixed"]),
                "vfat": dict(size=16 * MIB)}
    for kind, how in smallest.items():
        try:
            small_room(c, command, scratch, kind, how)
        except filesystems.Missing as reason:
            c.skip(f"no room on {kind}", reason)


def no_inodes(c, command, scratch):
    source = os.path.join(scratch, "names")
    treegen.five_ary(source, 3, 10)
    reference = os.path.join(scratch, "names-before")
    subprocess.run(["cp", "-a", source, reference], check=True)
    for kind, how in (("ext4", dict(size=16 * MIB, options=["-N", "128"])), ("tmpfs", dict(mount_options="nr_inodes=120"))):
        with filesystems.mounted(scratch, kind, **how) as where:
            results = []
            for who in (["cp"], [*command, "--jobs=1"], [*command, "--jobs=8"]):
                copy = os.path.join(where, "copy")
                results.append(harness.run([*who, "-r", source, copy]))
                made = sum(1 for _ in harness.walk(copy))
                said = results[-1].err.count(NO_SPACE)
                if len(results) == 1:
                    wanted = made
                    continue
                problems = [] if results[-1].rc == 1 else [f"status {results[-1].rc}"]
                problems += [] if made == wanted else [f"{made} entries made, GNU {wanted}"]
                problems += [] if said else [f"says {shown(results[-1].err)}"]
                harness.rmtree(copy)
                c.nothing(f"no inodes on {kind}: {who[-1]}", problems)
            harness.rmtree(copy)
    c.nothing("no inodes: the source", treecmp.compare(source, reference))


def test(c, scratch):
    command = called_cp(scratch)
    where = filesystems.in_memory(scratch)
    for part in (cut_image, device_mapper, injected, full, no_inodes):
        try:
            part(c, command, where)
        except filesystems.Missing as reason:
            c.skip(part.__name__, reason)


if __name__ == "__main__":
    harness.main(test)
