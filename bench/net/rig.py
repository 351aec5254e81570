"""Two network namespaces with a cable between them, a server on one core, a client on another, and what
the server has used of the processor."""
import os
import pathlib
import subprocess
import time

ALLOWED = pathlib.Path("/proc/sys/net/ipv4/tcp_allowed_congestion_control")
SERVER_AT, CLIENT_AT = "10.213.7.1", "10.213.7.2"


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True)


def cores():
    """(the server's, the client's): different ones, and not two halves of one where that can be helped."""
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        raise SystemExit("the server and the client need a core each")
    siblings = pathlib.Path(f"/sys/devices/system/cpu/cpu{usable[0]}/topology/thread_siblings_list")
    same = siblings.read_text().strip() if siblings.exists() else ""
    shared = {int(n) for part in same.split(",") if part for n in part.split("-")}
    return usable[0], next((core for core in usable[1:] if core not in shared), usable[1])


class Rig:
    """The namespaces are this process's own and gone with it; without root both ends are on loopback."""

    def __init__(self):
        self.server_core, self.client_core = cores()
        self.names = [f"sluice-bench-{os.getpid()}-{end}" for end in ("server", "client")]
        self.apart = os.geteuid() == 0
        self.allowed = None  # what this machine allowed before

    def __enter__(self):
        if not self.apart:
            print("not root: server and client are in one network namespace, on loopback")
            self.host = "127.0.0.1"
            return self
        try:
            self.set_up()
        except (subprocess.CalledProcessError, FileNotFoundError) as why:
            self.__exit__()
            self.apart = False
            print(f"no network namespaces ({why}): server and client are on loopback")
        self.host = SERVER_AT if self.apart else "127.0.0.1"
        return self

    def set_up(self):
        a, b = self.names
        allowed = ALLOWED.read_text()
        if "cubic" not in allowed.split():  # then namespaces may not have it
            self.allowed = allowed
            ALLOWED.write_text(allowed.strip() + " cubic")
        for name in self.names:
            ip("netns", "add", name)
        pair = (f"sb{os.getpid()}a"[:15], f"sb{os.getpid()}b"[:15])
        ip("link", "add", pair[0], "netns", a, "type", "veth", "peer", "name", pair[1], "netns", b)
        for name, device, address in ((a, pair[0], SERVER_AT), (b, pair[1], CLIENT_AT)):
            ip("-n", name, "addr", "add", f"{address}/24", "dev", device)
            ip("-n", name, "link", "set", device, "up")
            ip("-n", name, "link", "set", "lo", "up")
            self.set_in(name, "ip_local_port_range", "1024 65535")
            self.set_in(name, "tcp_congestion_control", "cubic")
            # Connections of earlier runs keep their ports for a minute, and a client that finds none free
            # searches for them all the time.
            self.set_in(name, "tcp_tw_reuse", "1")

    @staticmethod
    def set_in(name, key, value):
        """Where it is not so already: some kernels allow that only outside of namespaces."""
        sysctl = ["ip", "netns", "exec", name, "sysctl"]
        now = subprocess.run([*sysctl, "-n", f"net.ipv4.{key}"], capture_output=True, text=True, check=True).stdout
        if now.split() != value.split():
            subprocess.run([*sysctl, "-qw", f"net.ipv4.{key}={value}"], check=True, capture_output=True)

    def __exit__(self, *_):
        for name in self.names if self.apart else ():
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)
        if self.allowed:
            ALLOWED.write_text(self.allowed)

    def command(self, end, argv):
        """Both words before the program replace themselves by it: the process is the program."""
        core = self.server_core if end == 0 else self.client_core
        place = ["ip", "netns", "exec", self.names[end]] if self.apart else []
        return [*place, "taskset", "-c", str(core), *argv]


def tree_of(pid):
    """The process and those that descend from it."""
    found = [pid]
    for one in found:
        for thread in pathlib.Path(f"/proc/{one}/task").glob("*/children"):
            found += [int(word) for word in thread.read_text().split()]
    return found


def processor_seconds(pid):
    """User and system time of all threads of the server's processes: io_uring's workers are threads of theirs. Of
    living threads in nanoseconds, by the scheduler; with those that have ended, in ticks: what is more counts."""
    total = 0
    for one in tree_of(pid):
        before = total
        for thread in pathlib.Path(f"/proc/{one}/task").iterdir():
            try:
                total += int((thread / "schedstat").read_text().split()[0])
            except (FileNotFoundError, ProcessLookupError):
                pass
        words = pathlib.Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks = int(words[11]) + int(words[12])
        total = max(total, before + ticks * 1_000_000_000 // os.sysconf("SC_CLK_TCK"))
    return total / 1e9


def machine_seconds():
    """What all cores were busy for since the machine started, interrupts included, in ticks."""
    words = [int(n) for n in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    idle, waiting, stolen = words[3], words[4], words[7]
    return (sum(words[:8]) - idle - waiting - stolen) / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid):
    """Of the server's processes together; pages that they share count once: their proportional part in each."""
    total = 0
    for one in tree_of(pid):
        for line in pathlib.Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total


class Server:
    """Started, and there when something can be connected to; ended at the end."""

    def __init__(self, rig, argv, environment=None, port=None):
        self.rig, self.port = rig, port
        self.process = subprocess.Popen(rig.command(0, argv), env={**os.environ, **(environment or {})},
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.wait()

    def wait(self):
        end = time.monotonic() + 20
        probe = self.rig.command(1, ["bash", "-c", f"exec 3<>/dev/tcp/{self.rig.host}/{self.port}"])
        while subprocess.run(probe, capture_output=True).returncode != 0:
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"no server: {self.process.args}: {self.process.stderr.read()!r}")
            time.sleep(0.05)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stderr.close()


def children_seconds():
    """Of this process's children that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def measured(server, argv, meanwhile=None):
    """Runs a client to its end, calls `meanwhile` while it runs: the client's output, and what was used."""
    mine, used, busy = children_seconds(), processor_seconds(server.process.pid), machine_seconds()
    begun = time.monotonic()
    client = subprocess.Popen(server.rig.command(1, argv), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if meanwhile:
        meanwhile()
    out, err = client.communicate()
    seconds = time.monotonic() - begun
    ended = subprocess.CompletedProcess(client.args, client.returncode, out, err)
    return ended, {"seconds": seconds, "server_seconds": processor_seconds(server.process.pid) - used,
                   "client_seconds": children_seconds() - mine,
                   "machine_busy_seconds": machine_seconds() - busy}
