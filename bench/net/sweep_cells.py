"""One cell of a sweep: a server in one way, so many clients, files of one size, for some seconds."""
import os
import pathlib
import statistics
import subprocess
import time

from comparison import limit
from rig import Server, measured, resident_bytes

PORT = 7803
# wrk's own summary rounds, and has no 99.9th percentile.
SUMMARY = """
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format("\\nSUMMARY %d %d %d %d %d %d %d %d %d %d %d\\n", summary.requests, summary.bytes,
    summary.duration, latency:percentile(50), latency:percentile(99), latency:percentile(99.9),
    e.connect, e.read, e.write, e.status, e.timeout))
end
"""
NAMES = ("requests", "bytes", "duration", "p50", "p99", "p999", "connect", "read", "write", "status", "timeout")
ERRORS = NAMES[6:]


def prepare(folder, sizes):
    """The files, named by their size, and wrk's script."""
    root = folder / "files"
    root.mkdir()
    for size in sizes:
        (root / str(size)).write_bytes(os.urandom(size))
    (folder / "summary.lua").write_text(SUMMARY)


def lines_of(rig, end, *filters):
    """What ss tells of the connections at one end, without its head."""
    told = subprocess.run(rig.command(end, ["ss", "-Htn", *filters]), capture_output=True, text=True, check=False)
    return told.stdout.splitlines()


class Look:
    """Once, late in the run: the server's memory, and the clients that it has not accepted."""

    def __init__(self, server, after):
        self.server, self.after = server, after
        self.found = {}

    def __call__(self):
        time.sleep(self.after)
        rig = self.server.rig
        port = f":{PORT}"
        line = [int(words.split()[1]) for words in lines_of(rig, 0, "-l", "sport", "=", port)]
        self.found = {"resident_bytes": resident_bytes(self.server.process.pid),
                      "in_line": sum(line),
                      "not_connected": len(lines_of(rig, 1, "state", "syn-sent", "dport", "=", port))}


def duration_of(cell, seconds, largest):
    """Long enough for each client to be given one file at 1 GiB a second, up to `largest` seconds."""
    return max(seconds, min(largest, -(-cell["clients"] * cell["size"] // (1 << 30))))


def run(rig, build, folder, cell, seconds):
    argv = [str(build / "sluice"), "serve", "http", str(folder / "files"), "--listen", f"0.0.0.0:{PORT}",
            "--model", cell["model"], "--copy", cell["copy"]]
    asking = ["wrk", "-t", "1", "-c", str(cell["clients"]), "-d", f"{seconds}s", "-T", "30s", "--latency",
              "-s", str(folder / "summary.lua"), f"http://{rig.host}:{PORT}/{cell['size']}"]
    try:
        with Server(rig, argv, port=PORT) as server:
            look = Look(server, seconds * 0.8)
            ended, used = measured(server, asking, look)
    except (RuntimeError, OSError) as why:
        return failed(str(why))
    told = [line.split()[1:] for line in ended.stdout.splitlines() if line.startswith("SUMMARY")]
    if not told:
        return failed(f"wrk: {ended.stdout}{ended.stderr}")
    return {**look.found, **figures(dict(zip(NAMES, map(int, told[0]), strict=True)), used, cell["size"])}


def failed(why):
    return {"failed": why, "errors": {"failed run": 1}}


def figures(told, used, size):
    """What counts is files, not answers that tell of an error; large ones by their bytes, so that those under
    way at the end are not lost."""
    answers = told["requests"] - told["status"] if size < 64 << 10 else told["bytes"] / size
    seconds, busy = told["duration"] / 1e6, used["server_seconds"]
    late = {f"{name}_us": told[name] if told["requests"] else None for name in ("p50", "p99", "p999")}
    return {"seconds": seconds, "requests": told["requests"], "bytes": told["bytes"],
            "per_second": answers / seconds, "bytes_per_second": told["bytes"] / seconds, **late,
            "cpu_us": busy / answers * 1e6 if answers else None,
            "busy_us": used["machine_busy_seconds"] / answers * 1e6 if answers else None,
            "bytes_per_cpu_second": told["bytes"] / busy if busy else None,
            "server_seconds": busy, "client_seconds": used["client_seconds"],
            "errors": {name: told[name] for name in ERRORS if told[name]},
            "client_share": used["client_seconds"] / used["seconds"], "server_share": busy / used["seconds"]}


def together(cell, runs):
    """The medians of a cell's rounds; errors are those of all of them."""
    well = [run for run in runs if "failed" not in run]
    kinds = dict.fromkeys(kind for run in runs for kind in run["errors"])
    cell = {**cell, "rounds": len(runs), "errors": {kind: sum(run["errors"].get(kind, 0) for run in runs) for kind in kinds}}
    if not well:
        return {**cell, "failed": runs[0]["failed"]}
    found = {}
    for key in (key for key in well[0] if key != "errors"):
        values = [run[key] for run in well if run[key] is not None]
        found[key] = statistics.median(values) if values else None
    return {**cell, **found, "limit": limit(found["client_share"], found["server_share"])}


def sweep(rig, build, folder, cells, seconds, rounds, largest, tell):
    """All cells, in order, so often; each round is told of as it goes."""
    runs = [[] for _ in cells]
    for _ in range(rounds):
        for cell, some in zip(cells, runs, strict=True):
            some.append(run(rig, build, pathlib.Path(folder), cell, duration_of(cell, seconds, largest)))
            tell(together(cell, some[-1:]))
    return [together(cell, some) for cell, some in zip(cells, runs, strict=True)]
