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
