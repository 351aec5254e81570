"""A server of the tool's under test: started, found where it listens, watched and ended."""

import json
import os
import resource
import select
import signal
import subprocess
import time

import harness


def parse(address):
    """What socket.connect takes for "127.0.0.1:80"."""
    host, _, port = address.rpartition(":")
    return host, int(port)


class Server:
    """`argv` prints where it listens as its first line, an object of JSON, and a second one at its end."""

    def __init__(self, argv, env=None, limits=None):
        def child():
            for which, value in (limits or {}).items():
                resource.setrlimit(which, (value, value))
        self.process = subprocess.Popen(argv, env=env or harness.base_env(), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=child,
                                        start_new_session=True)
        ready, _, _ = select.select([self.process.stdout], [], [], 60)
        line = self.process.stdout.readline() if ready else b""
        if not line:
            self.process.kill()
            raise RuntimeError(f"no server: {self.process.communicate()[1]!r}")
        self.told = json.loads(line)
        self.listening = self.told["listening"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.returncode is None:
            self.process.kill()
            self.process.communicate()

    def status(self, name):
        return harness.status_of(self.process.pid, name)

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def end(self, number=signal.SIGTERM):
        """Its exit status, its last line and what it complained."""
        self.process.send_signal(number)
        try:
            out, err = self.process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            out, err = self.process.communicate()
        lines = out.splitlines()
        return self.process.returncode, json.loads(lines[-1]) if lines else None, err


def until(true, seconds=30):
    """Waits for what another process is about to do; False if it does not."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
