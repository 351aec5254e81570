#!/usr/bin/env python3
"""What `sluice cp --fsync` syncs, when and how many together; and that nothing is synced unasked."""

import collections
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
from cpcases import called_cp
from cprunning import Place

POOL = "pool"       # the backend of which strace sees each call
TOGETHER = 32       # files of a directory


def synced(c, scratch, command):
    if not shutil.which("strace"):
        c.skip("what --fsync syncs", "strace is not installed")
        return
    p = Place(c, scratch, "synced", command)
    for n in range(40):
        os.makedirs(p.path(f"src/{n % 3}"), exist_ok=True)
        p.put(f"src/{n % 3}/f{n}", str(n))
    env = dict(harness.base_env(), SLUICE_BACKEND=POOL)
    for options in ([], ["--atomic"]):
        harness.rmtree(p.path("dst"))
        p.run("-r", "--fsync", *options, "src", "dst", env=env)      # a first time, for the policy's sake
        harness.rmtree(p.path("dst"))
        lines = traced(p, "fsync,linkat", [*command, "-r", "--fsync", *options, "src", "dst"])
        if lines is None:
            c.skip("what --fsync syncs", "strace does not work here")
            return
        found = map(re.compile(r"fsync\(\d+<([^>]*)>").search, lines)
        paths = collections.Counter(m.group(1) for m in found if m)
        dirs = {path: n for path, n in paths.items() if os.path.isdir(path)}
        want = {p.path(d): 1 for d in (".", "dst", "dst/0", "dst/1", "dst/2")}
        c.equal(f"{' '.join(options)} --fsync: each directory once",
                {os.path.normpath(k): v for k, v in dirs.items()},
                {os.path.normpath(k): v for k, v in want.items()})
        c.equal(f"{' '.join(options)} --fsync: each file once", sum(paths.values()) - len(dirs), 40)
        last = {}
        for at, line in enumerate(lines):
            m = re.search(r'linkat\(.*/proc/self/fd/\d+", \d+<([^>]*)>, "([^"]*)"', line)
            if m:
                last[m.group(1)] = at
        late = [d for d, at in last.items() if not any(f"<{d}>" in x and "fsync" in x for x in lines[at:])]
        c.nothing(f"{' '.join(options)} --fsync: a directory after the names in it", late)


def traced(p, calls, command, *inject):
    """The lines of a trace, or None where there can be none."""
    log = p.path("log")
    strace = ["strace", "-f", "-y", "-qq", "-e", f"trace={calls}", *inject, "-o", log]
    got = harness.run([*strace, *command], cwd=p.at, env=harness.base_env(SLUICE_BACKEND=POOL))
    if got.rc != 0:
        return None
    with open(log, encoding="latin-1") as f:
        return f.read().splitlines()


def together(c, scratch, command):
    """A directory's files are filled first and then synced together, so many at a time."""
    p = Place(c, scratch, "together", command)
    os.mkdir(p.path("src"))
    for n in range(2 * TOGETHER + 6):
        p.put(f"src/f{n}", str(n))
    if not shutil.which("strace"):
        c.skip("what is synced together", "strace is not installed")
        return
    for options in ([], ["--atomic"]):
        name = f"{' '.join(options)} --fsync"
        # Each call takes longer than to begin the next one, so that it can be seen whether that is done.
        copy = [*command, "-r", "--jobs=1", "--fsync", *options, "src", "dst"]
        lines = traced(p, "fsync,openat", copy, "-e", "inject=fsync:delay_enter=20000")
        if lines is None:
            c.skip(name, "strace does not work here")
            return
        runs, under_way, most = [], set(), 0
        for line in lines:
            thread = line.split()[0]
            if re.search(r"openat\(.*(O_CREAT|O_TMPFILE)", line):
                runs += [["made", 0]] if not runs or runs[-1][0] != "made" else []
                runs[-1][1] += 1
            elif re.search(r"fsync\(\d+<.*/dst/.*>", line):
                runs += [["synced", 0]] if not runs or runs[-1][0] != "synced" else []
                runs[-1][1] += 1
            if " fsync(" in line and "unfinished" in line:
                under_way.add(thread)
                most = max(most, len(under_way))
            elif "fsync resumed" in line:
                under_way.discard(thread)
        c.equal(f"{name}: filled, then synced", runs,
                [[what, n] for n in (TOGETHER, TOGETHER, 6) for what in ("made", "synced")])
        c.check(f"{name}: several are being synced at the same time", most > 1, str(most))
        harness.rmtree(p.path("dst"))


def unasked(c, scratch, command):
    """Without --fsync nothing is: no call, whichever way calls go, and no file that writes through."""
    p = Place(c, scratch, "unasked", command)
    for n in range(40):
        os.makedirs(p.path(f"src/{n % 3}"), exist_ok=True)
        p.put(f"src/{n % 3}/f{n}", str(n))
    calls = "fsync,fdatasync,sync,syncfs,sync_file_range,msync,openat"
    for options in (["-r"], ["-a"], ["-a", "--atomic"], ["-a", "--resume"], ["-a", "--atomic", "--resume"]):
        name = f"{' '.join(options)}"
        for over in ("nothing", "what is there"):
            if shutil.which("strace"):
                lines = traced(p, calls, [*command, *options, "-T", "src", "dst"])
                c.equal(f"{name} over {over}", lines is not None and len(lines) > 80 and
                        [x for x in lines if "openat" not in x or re.search("O_D?SYNC", x)], [])
            else:
                c.skip(f"{name} over {over}", "strace is not installed")
        harness.rmtree(p.path("dst"))
        rows = {}
        for asked in ([], ["--fsync"]):
            env = harness.base_env(SLUICE_BACKEND="auto")
            told = p.run(*options, *asked, "--stats", "-T", "src", "dst", env=env)
            found = re.search(rb"(?m)^sync +(\d+) +(\d+) +(\d+) ", told.err)
            rows[bool(asked)] = (told.rc, sum(map(int, found.groups())) > 40 if found else 0)
            harness.rmtree(p.path("dst"))
        c.equal(f"{name}: nor by the ring", rows, {False: (0, 0), True: (0, True)})


def test(c, scratch):
    command = called_cp(scratch)
    for part in (synced, together, unasked):
        part(c, scratch, command)


if __name__ == "__main__":
    harness.main(test)
