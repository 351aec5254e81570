"""Echo: what a message costs the server, beside servers on libuv and Boost.Asio."""
import json
import statistics

from rig import Server, measured

PORT = 7800
CONNECTIONS, SIZE = 256, 64


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
    told = json.loads(ended.stdout.splitlines()[-1])
    elapsed = told["elapsed_ns"] / 1e9
    found = {**used, **told, "per_second": told["messages"] / elapsed,
             "us_per_message": used["server_seconds"] / told["messages"] * 1e6,
             "busy_us_per_message": used["machine_busy_seconds"] / told["messages"] * 1e6,
             "client_share": told["processor_ns"] / told["elapsed_ns"],
             "server_share": used["server_seconds"] / elapsed}
    late = bool(rate) and found["per_second"] < 0.97 * rate
    found["client_bound"] = found["client_share"] > 0.9 and (late or not rate) and found["server_share"] < 0.9
    found["late"] = late
    return found


def middle(runs, key):
    return statistics.median(run[key] for run in runs)


def row(build, rig, all_servers, label, rounds, seconds, rate):
    """Every server once a round, another one first each time."""
    runs = {name: [] for name in all_servers}
    names = list(all_servers)
    for turn in range(rounds):
        for name in names[turn % len(names):] + names[:turn % len(names)]:
            runs[name].append(once(build, rig, all_servers[name], seconds, rate))
    best = min(middle(runs[name], "us_per_message") for name in ("libuv", "Asio"))
    table = {}
    for name in names:
        cost = middle(runs[name], "us_per_message")
        table[name] = {"us_per_message": cost, "best_peer_over_ours": best / cost,
                       "busy_us_per_message": middle(runs[name], "busy_us_per_message"),
                       "per_second": middle(runs[name], "per_second"),
                       "p50_us": middle(runs[name], "p50_ns") / 1e3, "p99_us": middle(runs[name], "p99_ns") / 1e3,
                       "p99.9_us": middle(runs[name], "p99.9_ns") / 1e3,
                       "client_bound": sum(run["client_bound"] for run in runs[name]) * 2 > rounds,
                       "late": sum(run["late"] for run in runs[name]) * 2 > rounds, "runs": runs[name]}
        show(label, name, table[name])
    return {"row": label, "rate": rate, "rounds": rounds, "servers": table}


def head():
    print(f"{'echo 64 B, 256 connections':<28}{'server':<8}{'CPU us/msg':>11}{'best peer/it':>13}{'machine us/msg':>15}"
          f"{'msg/s':>9}{'p50 us':>9}{'p99 us':>10}{'p99.9 us':>10}")


def show(label, name, t):
    notes = [word for word, so in (("client-bound", t["client_bound"]), ("late", t["late"])) if so]
    print(f"{label:<28}{name:<8}{t['us_per_message']:>11.2f}{t['best_peer_over_ours']:>13.2f}"
          f"{t['busy_us_per_message']:>15.2f}{t['per_second']:>9.0f}{t['p50_us']:>9.0f}{t['p99_us']:>10.0f}"
          f"{t['p99.9_us']:>10.0f}  {' '.join(notes)}", flush=True)


def compare(build, rig, has_epoll, rounds, seconds):
    all_servers = servers(build, has_epoll)
    head()
    saturated = row(build, rig, all_servers, "saturated", rounds, seconds, 0)
    most = max(saturated["servers"][name]["per_second"] for name in ("libuv", "Asio"))
    rows = [saturated]
    for share in (0.25, 0.5, 0.75):
        rows.append(row(build, rig, all_servers, f"{share:.0%} of the best peer's most", rounds, seconds,
                        max(1, int(most * share))))
    return rows

