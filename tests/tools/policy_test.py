#!/usr/bin/env python3
"""The choice of the way: whichever becomes slow in the middle of a run is left, and found again when it is quick.

How many operations were done by then and in all is counted; how long they took is not looked at.
"""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
from harness import shown

TOOL = harness.interposable()
WITHIN = 2000       # operations
ATTEMPTS = 4        # on a busy machine both ways are slow for other reasons, too
DIRECTORIES, FILES = 300, 20
STATUSES = 1 + DIRECTORIES * (FILES + 1)
SAMPLES = 16 + STATUSES // 100      # calls while the ring is the way
NEVER = 10**9


def turns(result, kind=b"stat"):
    """The line of a kind of operations in --stats: calls, ring, pool, flips."""
    m = re.search(rb"^" + kind + rb" +(\d+) +(\d+) +(\d+) +(\d+)$", result.err, re.M)
    return [int(n) for n in m.groups()] if m else None


class Runs:
    def __init__(self, scratch):
        self.scratch, self.shim, self.log = scratch, os.path.join(scratch, "slow.so"), os.path.join(scratch, "log")
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib", "slow_ways.c")
        try:
            subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", self.shim, source, "-ldl"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise harness.Skip(f"no C compiler for this machine: {error}") from error
        for d in range(DIRECTORIES):
            where = os.path.join(scratch, "tree", f"d{d:03}")
            os.makedirs(where)
            for n in range(FILES):
                os.close(os.open(os.path.join(where, f"f{n}"), os.O_CREAT | os.O_WRONLY))

    def run(self, backend, **slow):
        """slow: calls, ring or opens, as (from, to, microseconds). The result, and what had been done when they came."""
        if os.path.exists(self.log):
            os.unlink(self.log)
        env = harness.base_env(SLUICE_BACKEND=backend, LD_PRELOAD=self.shim, SLOW_LOG=self.log,
                               **{f"SLOW_{way.upper()}": " ".join(map(str, how)) for way, how in slow.items()})
        result = harness.run([TOOL, "traverse", "--stats", "--jobs=1", "tree"], cwd=self.scratch, env=env)
        moments = {}
        if os.path.exists(self.log):
            with open(self.log) as f:
                for line in f:
                    name, called, submitted = line.split()
                    moments[name.replace("SLOW_", "").lower()] = int(called), int(submitted)
        return result, moments


def flips(c, runs, name, moment, left, flips_at_least, backend="auto", **slow):
    """After the moment, at most WITHIN operations more go the way that is to be left: 0 for calls, 1 for the other."""
    tried = []
    for _ in range(ATTEMPTS):
        result, moments = runs.run(backend, **slow)
        told = turns(result)
        if result.rc != 0 or not result.out.startswith(b"%d files, " % STATUSES) or told is None or moment not in moments:
            return c.check(name, False, f"status {result.rc}, {moments}: {shown(result.out + result.err)}")
        now = told[0], told[1] + told[2]
        before = list(moments[moment])
        if backend == "pool":       # its threads make the same calls, all but the samples
            before = SAMPLES, before[0] - SAMPLES
        more = now[left] - before[left] - (SAMPLES if left == 0 else 0)
        after = sum(now) - sum(moments[moment])
        tried.append(f"{more} of {after} more, {told[3]} flips")
        if more <= WITHIN and after > WITHIN + 1000 and told[3] >= flips_at_least:
            break
    else:
        return c.check(name, False, "; ".join(tried))
    return c.check(f"{name}: {tried[-1]}", True)


def test(c, scratch):
    runs = Runs(scratch)
    for backend in ("pool", "auto"):
        for _ in range(ATTEMPTS):
            quick, _ = runs.run(backend)
            told = turns(quick)
            if told is not None and told[0] > STATUSES * 9 // 10:
                break
        c.check(f"{backend}: quick calls stay calls, mostly", told is not None and told[0] > STATUSES * 9 // 10,
                shown(quick.err))
    flips(c, runs, "the pool: calls that are slow no more are found", "calls.to", 1, 2, backend="pool",
          calls=(0, 2000, 1000))

    told, _ = runs.run("uring")
    if told.rc != 0 or b"io_uring" not in told.err:
        c.skip("the ring", f"there is none here: {shown(told.err)}")
        return
    ring = (0, NEVER, 50)
    flips(c, runs, "calls that become slow are left", "calls.from", 0, 1, calls=(2000, NEVER, 2000), ring=ring)
    flips(c, runs, "calls that are slow no more are found", "calls.to", 1, 2, calls=(0, 2000, 2000), ring=ring)
    steady = (0, NEVER, 100)
    for _ in range(ATTEMPTS):
        result, _ = runs.run("auto", calls=steady, opens=steady, ring=(0, NEVER, 20))
        told = turns(result, b"open")
        if told is not None and told[1] > DIRECTORIES // 2:
            break
    c.check("what is rare finds the ring, too, among many others that share its time",
            told is not None and told[1] > DIRECTORIES // 2, shown(result.err))
    # Below and above what counts as a slow call.
    for calls in (100, 400):
        steady = (0, NEVER, calls)
        flips(c, runs, f"a ring that becomes slow is left, for calls of {calls} microseconds", "ring.from", 1, 2,
              calls=steady, ring=(2000, NEVER, 3000))
        flips(c, runs, f"a ring that is slow no more is found, for calls of {calls} microseconds", "ring.to", 0, 3,
              calls=steady, ring=(1000, 2000, 3000))


if __name__ == "__main__":
    harness.main(test)
