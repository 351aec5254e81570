"""A copy that is watched while it runs, and interrupted."""

import os
import signal
import subprocess
import time

import harness

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def start(command, args, cwd, ignore=(), stdin=subprocess.DEVNULL):
    def child():
        for number in ENDING:
            signal.signal(number, signal.SIG_IGN if number in ignore else signal.SIG_DFL)
    return subprocess.Popen([*command, *args], cwd=cwd, env=harness.base_env(), stdin=stdin, preexec_fn=child,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def slowly(rate):
    """Options of a copy that takes its time, also where files can share their blocks."""
    return ["--reflink=never", f"--bwlimit={rate}"]


def wait_for(condition, limit=20):
    end = time.monotonic() + limit
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.002)
    return False


def end_of(process, limit=20):
    try:
        out, err = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return "timeout", b"", b""
    return process.returncode, out, err


def names_left(root):
    """What only the tool itself gives names like: temporaries and journals."""
    return [os.path.join(where, name) for where, dirs, files in os.walk(root) for name in dirs + files
            if name.startswith(".sluice-") or ".sluice-resume" in name]


class Place:
    """A fresh directory for a case of safe copies, and what runs in it."""

    def __init__(self, c, scratch, name, command):
        self.c, self.at, self.command = c, os.path.join(scratch, name), command
        os.mkdir(self.at)

    def path(self, name):
        return os.path.join(self.at, name)

    def put(self, name, text, mode=0o644):
        with open(self.path(name), "w") as f:
            f.write(text)
        os.chmod(self.path(name), mode)

    def text(self, name):
        return open(self.path(name), encoding="latin-1").read() if os.path.exists(self.path(name)) else None

    def run(self, *args, **how):
        return harness.run([*self.command, *args], cwd=self.at, **how)

    def refused(self, name, args, words, target, before):
        """It fails with these words, and the target is what it was."""
        result = self.run(*args)
        self.c.equal(name, (result.rc, words in result.err, target() == before, names_left(self.at)),
                     (1, True, True, []))


def waits(pid, where):
    """Whether a thread sleeps in such a function of the kernel's; true where that can't be seen."""
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/wchan") as f:
                found.append(f.read())
        except OSError:
            pass
    return any(where in name for name in found) or not any(name.strip("0") for name in found)
