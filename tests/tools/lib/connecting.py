"""Connects in a row to a server: all served, no descriptor and no memory left behind."""

import os
import time

import harness
import webserver

CONNECTS = 100_000
WARMING = 2_000
AT_ONCE = 16
SPARE = 1 << 20  # bytes: less for each connect than the smallest allocation takes


def compiled(scratch):
    program = os.path.join(scratch, "connects")
    source = os.path.join(harness.HERE, "connects.c")
    got = harness.run(["cc", "-O1", "-Wall", "-pthread", "-o", program, source])
    if got.rc != 0:
        raise harness.Skip(f"no C compiler: {harness.first_line(got.err)}")
    return program


def resident(pids):
    pages = 0
    for pid in pids:
        with open(f"/proc/{pid}/statm", encoding="ascii") as f:
            pages += int(f.read().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def connects(c, name, client, s, port, talk, children=()):
    """`children`: processes of the server's own, of which each may keep something."""
    def run(count):
        return harness.run([client, str(port), str(count), str(AT_ONCE), *talk], timeout=600)

    def settled(most):
        return webserver.eventually(lambda: s.descriptors() <= most)
    pids = [s.process.pid, *children]
    idle = s.descriptors()
    first = run(WARMING)  # after them it has all that it keeps
    settled(idle + 2 + 2 * len(children))
    open_before, before = s.descriptors(), resident(pids)
    began = time.monotonic()
    got = run(CONNECTS)
    seconds = time.monotonic() - began
    c.check(f"{name}: {CONNECTS} connects in a row, all served, in {seconds:.1f} s", first.rc == got.rc == 0,
            first.err + got.err)
    c.check(f"{name}: {open_before} descriptors before, no more after", settled(open_before), s.descriptors())
    more = resident(pids) - before
    c.check(f"{name}: {before >> 10} KiB of memory before, {more >> 10} KiB more after",
            more <= SPARE * len(pids))


def site(scratch):
    """A directory to be served."""
    path = os.path.join(scratch, "site")
    os.mkdir(path)
    with open(f"{path}/small", "w", encoding="ascii") as f:
        f.write("small")
    return path
