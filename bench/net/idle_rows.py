"""Ten thousand connections, each once active, then idle: who was served, and the server's memory for each."""
import json
import pathlib
import subprocess
import sys
import time

import echo_rows
import http_rows
import verdicts
from rig import Server, resident_bytes

CONNECTIONS = 10_000
CLIENT = pathlib.Path(__file__).resolve().with_name("idle_client.py")


def echoes(build, rig, s):
    """Served, and bytes before and while they are idle."""
    before = resident_bytes(s.process.pid)
    argv = [str(build / "sluice"), "echo", "load", "--json", "-c", str(CONNECTIONS), "-n", "1", "--hold", "3",
            f"{rig.host}:{echo_rows.PORT}"]
    client = subprocess.Popen(rig.command(1, argv), stdout=subprocess.PIPE, text=True)
    client.stdout.readline()
    time.sleep(0.5)
    idle = resident_bytes(s.process.pid)
    last = client.communicate()[0].splitlines()
    served = json.loads(last[-1])["messages"] if last and client.returncode == 0 else 0
    return served, before, idle


def files(build, rig, s):
    before = resident_bytes(s.process.pid)
    argv = [sys.executable, str(CLIENT), rig.host, str(http_rows.PORT), str(CONNECTIONS), "1k"]
    client = subprocess.Popen(rig.command(1, argv), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    told = client.stdout.readline()
    time.sleep(0.5)
    idle = resident_bytes(s.process.pid)
    client.communicate("")
    return int(told or 0), before, idle


def row(name, most, build, rig, server, port, use):
    argv, environment = server
    with Server(rig, argv, environment, port) as s:
        served, before, idle = use(build, rig, s)
    return judged(name, most, served, (idle - before) / CONNECTIONS)


def judged(name, most, served, each):
    """All have to be served before their memory counts."""
    met = served == CONNECTIONS and each <= most
    found = {"kind": "idle", "row": f"{name}, {CONNECTIONS:,} connections, once active, then idle", "served": served,
             "connections": CONNECTIONS, "bytes_each": each, "most": most, "verdict": verdicts.word(met, True, True)}
    print(f"{found['row']}: {served:,} served, {each:.0f} bytes of resident memory each, at most {most}: "
          f"{found['verdict']}", flush=True)
    return found


def compare(build, rig, folder):
    root = folder / "idle"
    root.mkdir()
    (root / "1k").write_bytes(bytes(1 << 10))
    serve = [str(build / "sluice"), "serve", "http", str(root), "--listen", f"0.0.0.0:{http_rows.PORT}",
             "--model", "uring", "--workers", "1"]
    return [row("echo", 1024, build, rig, echo_rows.servers(build, False)["uring"], echo_rows.PORT, echoes),
            row("http", 4096, build, rig, (serve, {}), http_rows.PORT, files)]
