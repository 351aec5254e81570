#!/usr/bin/env python3
"""The choice of the way: calls that become slow in the middle of a run, and quick again, turn it both ways."""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
from harness import shown

TOOL = harness.interposable()

# Stands between the tool and the C library: for a while each statx takes a millisecond longer.
SLOW_STATX = r"""
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec / 1e9; }
static double first;
int statx(int fd, const char* path, int flags, unsigned mask, struct statx* into) {
  const double t = now();
  if (first == 0) first = t;
  if (t - first < atof(getenv("SLOW_SECONDS"))) {
    const struct timespec pause = {0, 1000000};
    nanosleep(&pause, 0);
  }
  return syscall(SYS_statx, fd, path, flags, mask, into);
}
"""


def turns(result):
    """The line of `stat` in --stats: calls, ring, pool, flips."""
    m = re.search(rb"^stat +(\d+) +(\d+) +(\d+) +(\d+)$", result.err, re.M)
    return [int(n) for n in m.groups()] if m else None


def test(c, scratch):
    shim = os.path.join(scratch, "slow.so")
    source = os.path.join(scratch, "slow.c")
    with open(source, "w") as f:
        f.write(SLOW_STATX)
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", shim, source], check=True)
    entries = 1
    for d in range(60):
        where = os.path.join(scratch, "tree", f"d{d:02}")
        os.makedirs(where)
        for n in range(1000):
            os.close(os.open(os.path.join(where, f"f{n}"), os.O_CREAT | os.O_WRONLY))
        entries += 1001

    def run(backend, seconds):
        env = dict(os.environ, SLUICE_BACKEND=backend, LD_PRELOAD=shim, SLOW_SECONDS=str(seconds))
        return harness.run([TOOL, "traverse", "--stats", "tree"], cwd=scratch, env=env)

    for backend in ("pool", "auto"):
        quick = run(backend, 0)
        told = turns(quick)
        c.check(f"{backend}: quick calls stay calls, mostly", told is not None and told[0] > (told[1] + told[2]),
                shown(quick.err))
    both = run("pool", 0.5)
    told = turns(both)
    c.check("slow for half a second: the right answer", both.out.startswith(b"%d files, " % entries), shown(both.out))
    c.check("turned both ways", told is not None and told[3] >= 2, shown(both.err))
    c.check("the slow part went to the pool", told is not None and told[2] > 1000, shown(both.err))
    c.check("the quick part was done by calls", told is not None and told[0] > 10000, shown(both.err))


if __name__ == "__main__":
    harness.main(test)
