"""Files over HTTP beside nginx, by wrk: requests, and bytes, for a second of the server's processor."""
import os
import re
import shutil
import statistics
import subprocess

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
ROWS = (("1 KiB file, 64 clients", "1k", 64), ("1 MiB file, 16 clients", "1m", 16))


def lacking(build):
    """Why these rows cannot be had; None when they can."""
    for program in ("nginx", "wrk"):
        if not shutil.which(program):
            return f"{program} is not installed (packages-bench.txt)"
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


def once(rig, server, seconds, path, clients):
    argv, environment = server
    with Server(rig, argv, environment, PORT) as s:
        ended, used = measured(s, ["wrk", "-t", "1", "-c", str(clients), "-d", f"{seconds}s", "--latency",
                                   f"http://{rig.host}:{PORT}/{path}"])
    found = re.search(r"(\d+) requests in ", ended.stdout)
    if not found or "Non-2xx" in ended.stdout:
        raise RuntimeError(f"{argv}: {ended.stdout}{ended.stderr}")
    errors = re.search(r"Socket errors: (.*)", ended.stdout)
    requests = int(found[1])
    # wrk does not tell what it used; where the server's core was not busy all the time, the client was the limit.
    return {**used, "requests": requests, "errors": errors[1] if errors else "",
            "per_cpu_second": requests / used["server_seconds"], "per_second": requests / used["seconds"],
            "busy_us": used["machine_busy_seconds"] / requests * 1e6,
            "client_bound": used["server_seconds"] < 0.9 * used["seconds"]}


def row(rig, all_servers, label, path, clients, rounds, seconds):
    runs = {name: [] for name in all_servers}
    names = list(all_servers)
    for turn in range(rounds):
        for name in names[turn % len(names):] + names[:turn % len(names)]:
            runs[name].append(once(rig, all_servers[name], seconds, path, clients))
    middle = lambda name, key: statistics.median(run[key] for run in runs[name])
    peer = middle("nginx", "per_cpu_second")
    for name in names:
        bound = sum(run["client_bound"] for run in runs[name]) * 2 > rounds
        errors = [run["errors"] for run in runs[name] if run["errors"]]
        print(f"{label:<28}{name:<12}{middle(name, 'per_cpu_second'):>12.0f}"
              f"{middle(name, 'per_cpu_second') / peer:>9.2f}{middle(name, 'busy_us'):>14.1f}"
              f"{middle(name, 'per_second'):>10.0f}  {'client-bound' if bound else ''} {'; '.join(errors)}", flush=True)
    return {"row": label, "rounds": rounds, "runs": runs}


def compare(build, rig, has_epoll, rounds, seconds, folder):
    why = lacking(build)
    if why:
        print(f"skipped: the rows of HTTP: {why}")
        return [{"row": "http", "skipped": why}]
    root = folder / "files"
    root.mkdir()
    os.chmod(folder, 0o755)  # nginx's worker is another user
    for name, size in (("1k", 1 << 10), ("1m", 1 << 20)):
        (root / name).write_bytes(os.urandom(size))
    all_servers = servers(build, folder, root, has_epoll)
    print(f"{'HTTP':<28}{'server':<12}{'req/CPU-s':>12}{'/nginx':>9}{'machine us':>14}{'req/s':>10}")
    return [row(rig, all_servers, label, path, clients, rounds, seconds) for label, path, clients in ROWS]
