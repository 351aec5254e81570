"""Files over HTTP beside nginx: requests, and bytes, for a second of the server's processor. The client of small
files is wrk; of large ones it is bench/peers/http_drain, since wrk's core is busy with copying before the server's
is with sending."""
import os
import re
import shutil
import subprocess

from comparison import beside, by_turns, limit_of, middle, not_there, told
from rig import Server, measured

PORT = 7801
NGINX = """daemon off; worker_processes 1; error_log stderr crit; pid {folder}/nginx.pid;
events {{ worker_connections 4096; }}
http {{
  sendfile on; tcp_nopush on; access_log off; keepalive_requests 1000000000;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  {cache}
  server {{ listen {port}; root {root}; }}
}}
"""
CACHE = "open_file_cache max=1000 inactive=60s; open_file_cache_valid 60s;"
ROWS = (("1 KiB file, 64 clients", "1k", 64, "wrk"), ("1 MiB file, 16 clients", "1m", 16, "http_drain"))


def lacking(build):
    """Why these rows cannot be had; None when they can."""
    for program in ("nginx", "wrk"):
        if not shutil.which(program):
            return f"{program} is not installed (packages-bench.txt)"
    if not (build / "bench" / "http_drain").exists():
        return "http_drain is not built (the target `peers`)"
    if subprocess.run([build / "sluice", "help", "serve"], capture_output=True, check=False).returncode != 0:
        return "this sluice has no command serve"
    return None


def servers(build, folder, root, has_epoll):
    """name -> (arguments, environment)"""
    found = {}
    for model in ("uring", *(["epoll"] if has_epoll else [])):
        found[model] = ([str(build / "sluice"), "serve", "http", str(root), "--listen", f"0.0.0.0:{PORT}",
                         "--model", model], {})
    for name, cache in (("nginx", ""), ("nginx+cache", CACHE)):
        config = folder / f"{name}.conf"
        config.write_text(NGINX.format(folder=folder, cache=cache, port=PORT, root=root))
        found[name] = (["nginx", "-c", str(config), "-p", str(folder)], {})
    return found


def asking(build, rig, client, seconds, path, clients):
    if client == "wrk":
        return ["wrk", "-t", "1", "-c", str(clients), "-d", f"{seconds}s", "--latency", f"http://{rig.host}:{PORT}/{path}"]
    return [str(build / "bench" / client), rig.host, str(PORT), path, str(clients), str(seconds)]


def once(rig, server, command):
    argv, environment = server
    with Server(rig, argv, environment, PORT) as s:
        ended, used = measured(s, command)
    found = re.search(r"(\d+) requests in ", ended.stdout)
    if not found or "Non-2xx" in ended.stdout:
        raise RuntimeError(f"{argv}: {ended.stdout}{ended.stderr}")
    errors = re.search(r"Socket errors: (.*)", ended.stdout)
    requests = int(found[1])
    return {**used, "requests": requests, "errors": errors[1] if errors else "",
            "cpu_us": used["server_seconds"] / requests * 1e6, "per_second": requests / used["seconds"],
            "busy_us": used["machine_busy_seconds"] / requests * 1e6,
            "client_share": used["client_seconds"] / used["seconds"],
            "server_share": used["server_seconds"] / used["seconds"]}


def asked_of(runs):
    """Without a cache of our own we are held to nginx without one; the other is there to look at."""
    asked = [beside(runs, model, "nginx", 1.0) for model in ("uring", "epoll") if model in runs]
    return asked if "epoll" in runs else [*asked, not_there("epoll", "this machine has none")]


def row(rig, all_servers, label, command, rounds):
    runs = by_turns(all_servers, rounds, lambda server: once(rig, server, command))
    peer = middle(runs["nginx"], "cpu_us")
    table = {}
    for name, some in runs.items():
        table[name] = {key: middle(some, key) for key in
                       ("cpu_us", "busy_us", "per_second", "client_share", "server_share")}
        table[name] |= {"per_cpu_second": 1e6 / table[name]["cpu_us"], "nginx_over_it": peer / table[name]["cpu_us"],
                        "limit": limit_of(some), "errors": [run["errors"] for run in some if run["errors"]]}
        show(label, name, table[name])
    asked = asked_of(runs)
    print("".join(f"    {told(one)}\n" for one in asked), end="", flush=True)
    return {"kind": "http", "row": label, "rounds": rounds, "servers": table, "asked": asked, "runs": runs}


def notes(t):
    return [word for word in (t["limit"], *t["errors"]) if word]


def show(label, name, t):
    print(f"{label:<28}{name:<12}{t['per_cpu_second']:>12.0f}{t['nginx_over_it']:>9.2f}{t['busy_us']:>14.1f}"
          f"{t['per_second']:>10.0f}  {', '.join(notes(t))}", flush=True)


def compare(build, rig, has_epoll, rounds, seconds, folder):
    why = lacking(build)
    if why:
        print(f"skipped: the rows of HTTP: {why}")
        return [{"kind": "http", "row": label, "servers": {}, "asked": [not_there("uring and epoll", why)]}
                for label, *_ in ROWS]
    root = folder / "files"
    root.mkdir()
    os.chmod(folder, 0o755)  # nginx's worker is another user
    for name, size in (("1k", 1 << 10), ("1m", 1 << 20)):
        (root / name).write_bytes(os.urandom(size))
    all_servers = servers(build, folder, root, has_epoll)
    print(f"{'HTTP':<28}{'server':<12}{'req/CPU-s':>12}{'nginx/it':>9}{'machine us':>14}{'req/s':>10}")
    return [row(rig, all_servers, label, asking(build, rig, client, seconds, path, clients), rounds)
            for label, path, clients, client in ROWS]
