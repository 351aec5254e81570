#!/usr/bin/env python3
"""`sluice serve http` with requests that come byte by byte, and answers that leave through the smallest of buffers."""

import concurrent.futures
import os
import random
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
import webserver
from webserver import MODELS, WAYS, Reader, Server, read_all, request


def dribble(s, data, pause):
    """One byte each `pause` seconds; False if the server ended it before the last one."""
    for i in range(len(data)):
        try:
            s.send(data[i:i + 1])
        except (BrokenPipeError, ConnectionResetError):
            return False
        time.sleep(pause)
    return True


def too_slowly(s):
    """What came, whether it was heard to its end, and after what time it was over."""
    with s.connect() as one:
        began = time.monotonic()
        ended = not dribble(one, request("/small"), 0.05)
        got = read_all(one)
        return got, ended, time.monotonic() - began


def slowly(s):
    """Two requests on one connection."""
    got = []
    with s.connect() as one:
        reader = Reader(one)
        for _ in range(2):
            dribble(one, request("/small"), 0.05)
            got.append(reader.response().body)
    return got


def requests(c, name, root, small):
    # With 34 bytes it would take 1.7 seconds: each byte comes in time, and the head does not.
    with Server(root, "--model", name, "--workers", "4", "--header-timeout", "1", "--metrics-listen", "0") as s, \
            Server(root, "--model", name, "--workers", "4", "--header-timeout", "60", "--idle-timeout", "1") as patient:
        with concurrent.futures.ThreadPoolExecutor() as at_once:
            late = [at_once.submit(too_slowly, s) for _ in range(2)]
            good = [at_once.submit(slowly, patient) for _ in range(2)]
            for got, ended, seconds in (one.result() for one in late):
                c.check(f"{name}: a head byte by byte has a limit", got == b"" and 0.9 <= seconds
                        and (ended or seconds < 20), f"{got} {ended} {seconds}")
            c.equal(f"{name}: they are counted", s.metrics()["sluice_http_timeouts_total"], 2)
            c.equal(f"{name}: below it, it is served", [one.result() for one in good], [[small] * 2] * 2)


def compiled(scratch):
    library = os.path.join(scratch, "small_buffers.so")
    source = os.path.join(os.path.dirname(os.path.abspath(harness.__file__)), "small_buffers.c")
    made = harness.run(["cc", "-shared", "-fPIC", "-o", library, source])
    if made.rc != 0:
        return None
    return library


def answers(c, model, root, large, library):
    env = harness.base_env(LD_PRELOAD=library)
    for way in WAYS:
        with Server(root, "--model", model, "--workers", "2", "--copy", way, env=env) as s, s.connect() as one:
            one.sendall(request("/large") + request("/large", "Range: bytes=5-9,100000-199999", "Connection: close"))
            reader = Reader(one)
            reader.got = one.recv(1000)
            for _ in range(5):  # a reader in no hurry, until the buffers of both sides are full
                time.sleep(0.02)
                reader.got += one.recv(1000)
            whole = reader.response()
            parts = reader.response().body
            c.check(f"{model} {way}: whole through the smallest buffer", whole.status == 200 and whole.body == large,
                    f"{whole.status}, {len(whole.body)} of {len(large)}")
            c.check(f"{model} {way}: and in parts", large[5:10] in parts and large[100_000:200_000] in parts, len(parts))


def test(c, scratch):
    webserver.require()
    root = os.path.join(scratch, "site")
    os.mkdir(root)
    small, large = b"small", random.Random(7).randbytes(1 << 20)
    for name, content in (("small", small), ("large", large)):
        with open(f"{root}/{name}", "wb") as f:
            f.write(content)
    library = compiled(scratch)
    for model in MODELS:
        requests(c, model, root, small)
        if library:
            answers(c, model, root, large, library)
        else:
            c.skip(f"{model}: the smallest buffers", "no C compiler")


if __name__ == "__main__":
    harness.main(test)
