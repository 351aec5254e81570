"""Running du both ways: GNU's and ours, whose every byte has to agree."""

import os

import harness
from harness import shown

DU = "du"       # by name, so that its messages begin with "du: "
TOOL = harness.sluice()


def apparent_sizes(scratch):
    """Whether this GNU du counts directories' apparent sizes, as all did before coreutils 9.2."""
    os.makedirs(os.path.join(scratch, "probe"), exist_ok=True)
    size = harness.run([DU, "-bs", "probe"], cwd=scratch).out.split(b"\t")[0]
    return size == str(os.lstat(os.path.join(scratch, "probe")).st_size).encode()


def first_difference(want, got, end):
    a, b = want.split(end), got.split(end)
    for n, (x, y) in enumerate(zip(a, b)):
        if x != y:
            return f"line {n + 1} is {shown(y, 120)}, not {shown(x, 120)}"
    return f"{len(b) - 1} lines, not {len(a) - 1}"


def differential(c, name, args, cwd, jobs=(None,), first_error_only=False, **how):
    """One run of GNU's and one of ours for each number of threads; exit status, lines and words must agree.

    Words of the walk may come in another order. how: what harness.run takes.
    """
    want = harness.run([DU, *args], cwd=cwd, **how)
    end = b"\0" if want.out.endswith(b"\0") else b"\n"
    problems = []
    for n in jobs:
        own = [] if n is None else [f"--jobs={n}"]
        tool = harness.interposable() if "LD_PRELOAD" in (how.get("env") or ()) else TOOL
        got = harness.run([tool, "du", *own, *args], cwd=cwd, **how)
        with_jobs = "" if n is None else f"--jobs={n}: "
        if got.rc != want.rc:
            problems.append(f"{with_jobs}exit status {got.rc}, GNU {want.rc}: {shown(got.err, 200)}")
        wanted = [line.replace(b"'du --help'", b"'sluice du --help'") for line in harness.gnu_errors(want.err, "du")]
        said = sorted(got.err.splitlines())
        if first_error_only:
            wanted = [line.replace(b"du: ", b"sluice du: ", 1) for line in want.err.splitlines()[:1]]
            said = got.err.splitlines()[:1]
        problems += [f"{with_jobs}stderr {p}" for p in harness.multiset_difference(wanted, said)]
        if got.out != want.out:
            problems.append(with_jobs + first_difference(want.out, got.out, end))
    return c.nothing(name, problems)
