#!/usr/bin/env python3
"""The network beside its peers: `make bench-net`, and `make bench-net-full` for longer runs.

    net_bench.py [--build build/release] [--rounds 7] [--seconds 1] [--json FILE] [--only echo|idle|http]

Server and client are on a core each, in network namespaces with cubic. CPU is user and system time of all
threads of the server's processes, io_uring's workers included; `machine` is what all cores were busy for,
the client, interrupts and strangers included. A row is "client-bound" where the client was out of processor
and the server was not: its throughput then says nothing, its CPU per message still does.
"""
import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parent.parent)]
import echo_rows  # noqa: E402
import http_rows  # noqa: E402
import idle_rows  # noqa: E402
from common import ROOT, describe, machine  # noqa: E402
from rig import Rig  # noqa: E402


def epoll_is_there(build):
    told = subprocess.run([build / "sluice", "--backend-report"], capture_output=True, text=True, check=False,
                          env={**os.environ, "SLUICE_BACKEND": "epoll"})
    return told.returncode == 0 and told.stdout.startswith("epoll")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=1)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--only", choices=("echo", "idle", "http"))
    arguments = parser.parse_args()
    build, wanted = arguments.build.resolve(), arguments.only
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    print(describe(machine()))
    has_epoll = epoll_is_there(build)
    if not has_epoll:
        print("this sluice has no epoll backend: the pool's readiness stands in its rows")
    results = []
    with Rig() as rig, tempfile.TemporaryDirectory(prefix="sluice-bench-") as folder:
        if wanted in (None, "echo"):
            results += echo_rows.compare(build, rig, has_epoll, arguments.rounds, arguments.seconds)
        if wanted in (None, "idle"):
            results += idle_rows.compare(build, rig, pathlib.Path(folder))
        if wanted in (None, "http"):
            results += http_rows.compare(build, rig, has_epoll, arguments.rounds, arguments.seconds,
                                         pathlib.Path(folder))
    if arguments.json:
        arguments.json.write_text(json.dumps({"machine": machine(), "rows": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
