#!/usr/bin/env python3
"""The network beside its peers: `make bench-net`, and `make bench-net-full` for longer runs.

    net_bench.py [--build build/release] [--rounds 7] [--seconds 1] [--only echo|idle|http]
                 [--json FILE] [--markdown FILE] [--from FILE]

Server and client are on a core each, in network namespaces with cubic. CPU is user and system time of all
threads of the server's processes, io_uring's workers included; `machine` is what all cores were busy for,
the client, interrupts and strangers included. What is asked, and the verdicts, are in comparison.py. --markdown
writes a page with all of it, --from writes it of what --json wrote before, and measures nothing.
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
import net_report  # noqa: E402
from common import ROOT, describe, end_in_order, machine  # noqa: E402
from rig import Rig  # noqa: E402


def epoll_is_there(build):
    told = subprocess.run([build / "sluice", "--backend-report"], capture_output=True, text=True, check=False,
                          env={**os.environ, "SLUICE_BACKEND": "epoll"})
    return told.returncode == 0 and told.stdout.startswith("epoll")


def measure(arguments):
    end_in_order()  # the namespaces go
    build, wanted = arguments.build.resolve(), arguments.only
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    about = machine()
    print(describe(about))
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
    return {"machine": about, "rows": results}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=1)
    parser.add_argument("--only", choices=("echo", "idle", "http"))
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--markdown", type=pathlib.Path)
    parser.add_argument("--from", dest="found", type=pathlib.Path)
    arguments = parser.parse_args()
    whole = json.loads(arguments.found.read_text()) if arguments.found else measure(arguments)
    if arguments.json:
        arguments.json.write_text(json.dumps(whole, indent=1) + "\n")
    if arguments.markdown:
        arguments.markdown.write_text(net_report.markdown(whole["machine"], whole["rows"]))


if __name__ == "__main__":
    main()
