"""Echo: what a message costs the server, beside servers on libuv and Boost.Asio."""
import json

from comparison import beside, by_turns, limit_of, middle, not_there, told
from rig import Server, measured

PORT = 7800
CONNECTIONS, SIZE = 256, 64
PEERS = ("libuv", "Asio")
GOAL = 1.1  # what the ring might be worth


def servers(build, has_epoll):
    """name -> (arguments, environment)"""
    ours = [str(build / "sluice"), "echo", "serve", "--listen", f"0.0.0.0:{PORT}"]
    readiness = "epoll" if has_epoll else "pool"
    return {"uring": (ours, {"SLUICE_BACKEND": "uring"}), readiness: (ours, {"SLUICE_BACKEND": readiness}),
            "libuv": ([str(build / "bench" / "echo_uv"), str(PORT)], {}),
            "Asio": ([str(build / "bench" / "echo_asio"), str(PORT)], {})}


def load(build, rig, seconds, rate):
    return [str(build / "sluice"), "echo", "load", "--json", "-c", str(CONNECTIONS), "-s", str(SIZE),
            "-d", str(seconds), "--warmup", "0.3", *(["-r", str(rate)] if rate else []), f"{rig.host}:{PORT}"]


def once(build, rig, server, seconds, rate):
    argv, environment = server
    with Server(rig, argv, environment, PORT) as s:
        ended, used = measured(s, load(build, rig, seconds, rate))
    if ended.returncode != 0:
        raise RuntimeError(f"{argv[0]}: {ended.stdout}{ended.stderr}")
    said = json.loads(ended.stdout.splitlines()[-1])
    elapsed = said["elapsed_ns"] / 1e9  # the time before what is timed included, as in the number of messages
    return {**used, **said, "per_second": said["messages"] / elapsed,
            "cpu_us": used["server_seconds"] / said["messages"] * 1e6,
            "busy_us": used["machine_busy_seconds"] / said["messages"] * 1e6,
            "client_share": said["processor_ns"] / said["elapsed_ns"],
            "server_share": used["server_seconds"] / elapsed,
            "late": bool(rate) and said["messages"] / elapsed < 0.97 * rate}


def asked_of(runs):
    """Our server on readiness beside the better peer, and the one on the ring beside our own."""
    best = min(PEERS, key=lambda name: middle(runs[name], "cpu_us"))
    if "epoll" not in runs:
        return [not_there("epoll", "this machine has none"), not_there("uring", "no epoll to set it beside")]
    return [beside(runs, "epoll", best, 1.0), beside(runs, "uring", "epoll", 1.0, GOAL)]


def row(build, rig, all_servers, label, rounds, seconds, rate):
    runs = by_turns(all_servers, rounds, lambda server: once(build, rig, server, seconds, rate))
    best = min(middle(runs[name], "cpu_us") for name in PEERS)
    table = {}
    for name, some in runs.items():
        table[name] = {key: middle(some, key) for key in
                       ("cpu_us", "busy_us", "per_second", "client_share", "server_share")}
        table[name] |= {f"{late}_us": middle(some, f"{late}_ns") / 1e3 for late in ("p50", "p99", "p99.9")}
        table[name] |= {"best_peer_over_it": best / table[name]["cpu_us"], "limit": limit_of(some),
                        "late": sum(run["late"] for run in some) * 2 > rounds}
        show(label, name, table[name])
    asked = asked_of(runs)
    print("".join(f"    {told(one)}\n" for one in asked), end="", flush=True)
    return {"kind": "echo", "row": label, "rate": rate, "rounds": rounds, "servers": table, "asked": asked,
            "runs": runs}


def head():
    print(f"{'echo 64 B, 256 connections':<28}{'server':<8}{'CPU us/msg':>11}{'best peer/it':>13}{'machine us/msg':>15}"
          f"{'msg/s':>9}{'p50 us':>9}{'p99 us':>10}{'p99.9 us':>10}")


def notes(t):
    return [word for word in (t["limit"], "late" if t["late"] else "") if word]


def show(label, name, t):
    print(f"{label:<28}{name:<8}{t['cpu_us']:>11.2f}{t['best_peer_over_it']:>13.2f}"
          f"{t['busy_us']:>15.2f}{t['per_second']:>9.0f}{t['p50_us']:>9.0f}{t['p99_us']:>10.0f}"
          f"{t['p99.9_us']:>10.0f}  {', '.join(notes(t))}", flush=True)


def compare(build, rig, has_epoll, rounds, seconds):
    all_servers = servers(build, has_epoll)
    head()
    saturated = row(build, rig, all_servers, "saturated", rounds, seconds, 0)
    most = max(saturated["servers"][name]["per_second"] for name in PEERS)
    rows = [saturated]
    for share in (0.25, 0.5, 0.75):
        rows.append(row(build, rig, all_servers, f"{share:.0%} of the best peer's most", rounds, seconds,
                        max(1, int(most * share))))
    return rows
