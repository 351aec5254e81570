"""The protocol. Two commands run in pairs whose order alternates. Before every run the destination
is removed and the system synced; for cold runs the caches are dropped as well, for warm ones the
source has been read once. What counts is the median of at least 15 pairs' ratios; see verdicts.py for when
nothing was measured."""
import os
import statistics
import subprocess
import time

import verdicts
from verdicts import quartiles

PAIRS = 15  # medians of fewer only indicate


class Failed(Exception):
    """A command did not do what it was asked for."""


def read_through(path):
    """Statuses, names and bytes, once."""
    subprocess.run(["find", path, "-type", "f", "-size", "+0", "-exec", "cat", "{}", "+"],
                   stdout=subprocess.DEVNULL, check=True)


def prepare(target, cold):
    if target.is_dir():
        subprocess.run(["rm", "-rf", target], check=True)
    else:
        target.unlink(missing_ok=True)
    os.sync()
    if cold:
        with open("/proc/sys/vm/drop_caches", "w") as f:
            f.write("3\n")


def timed(command):
    """Seconds, and those of them on a processor."""
    with open(os.devnull, "wb") as nowhere:
        before = time.perf_counter()
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=nowhere)
        try:
            _, status, used = os.wait4(child.pid, 0)
        except BaseException:  # interrupted: nobody may go on using what is about to be unmounted
            child.kill()
            child.wait()
            raise
        wall = time.perf_counter() - before
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise Failed(f"{command[0]} ended with {child.returncode}")
    return {"wall": wall, "cpu": used.ru_utime + used.ru_stime}


def same_size(source, target):
    sizes = [subprocess.run(["du", "-bs", path], capture_output=True, text=True).stdout.split()[:1]
             for path in (source, target)]
    # Directories may have other sizes: an unused block of names stays.
    return target.is_dir() or sizes[0] == sizes[1]


def by_turns(theirs, ours, target, cold, rounds):
    """All the times, theirs and ours, pair by pair; one pair before them is not counted."""
    pairs = []
    for turn in range(-1, rounds):
        pair = {}
        for who in (("peer", "sluice") if turn % 2 == 0 else ("sluice", "peer")):
            prepare(target, cold)
            pair[who] = timed(theirs if who == "peer" else ours)
        if turn >= 0:
            pairs.append(pair)
    return pairs


def judge(pairs, wanted, most_more=None):
    """`wanted`: so many times as fast as the peer; `most_more`: at most so many seconds more."""
    found = {
        "peer_seconds": quartiles([p["peer"]["wall"] for p in pairs]),
        "sluice_seconds": quartiles([p["sluice"]["wall"] for p in pairs]),
        "times_as_fast": quartiles([p["peer"]["wall"] / p["sluice"]["wall"] for p in pairs]),
        "peer_cpu": statistics.median(p["peer"]["cpu"] for p in pairs),
        "sluice_cpu": statistics.median(p["sluice"]["cpu"] for p in pairs),
    }
    ratio = found["times_as_fast"]
    if most_more is not None:
        found["seconds_more"] = quartiles([p["sluice"]["wall"] - p["peer"]["wall"] for p in pairs])
        met = found["seconds_more"]["median"] <= most_more
        steady = found["seconds_more"]["q3"] - found["seconds_more"]["q1"] <= most_more
    else:
        met = None if wanted is None else ratio["median"] >= wanted
        steady = verdicts.steady(ratio)
    return found | {"verdict": verdicts.word(met, steady, len(pairs) >= PAIRS)}
