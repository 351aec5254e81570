"""Runs the tool with a terminal where its diagnostics go."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time

import harness


def on_terminal(tool, args, cwd, columns=0, seconds=60, on_drawn=None):
    """Status, stdout, and what was drawn on stderr, which is a terminal of so many columns; 0: it doesn't say.
    `on_drawn` is called once something is drawn, with the process.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24 if columns else 0, columns, 0, 0))
    p = subprocess.Popen([tool, *args], cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs,
                         env=harness.base_env())
    os.close(theirs)
    drawn = b""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if select.select([ours], [], [], 1)[0]:
            try:
                data = os.read(ours, 65536)
            except OSError:         # everybody has closed it
                break
            if not data:
                break
            drawn += data
            if on_drawn:
                on_drawn(p)
                on_drawn = None
    out = p.stdout.read()
    p.stdout.close()
    os.close(ours)
    return p.wait(timeout=30), out, drawn
