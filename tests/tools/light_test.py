#!/usr/bin/env python3
"""The tool itself is light: it loads no library but the C library's own, whatever its commands are.

That it starts no thread and sets up no ring before there is a need is counted in ../budget/start_test.py.
"""

import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
from harness import shown

LIGHT = re.compile(r"(libc|libm)\.so\.\d+|ld-linux.*\.so\.\d+")


def needed(path):
    """The libraries that a program names."""
    for command in (["readelf", "-d"], ["objdump", "-p"]):
        if shutil.which(command[0]):
            told = subprocess.run([*command, path], env=harness.base_env(), capture_output=True, text=True, check=True).stdout
            return re.findall(r"NEEDED\)? .*?([\w.+-]+\.so[\w.]*)", told)
    raise harness.Skip("neither readelf nor objdump is installed (Debian: binutils)")


def test(c, scratch):
    tool = harness.sluice()
    with open(tool, "rb") as f:
        if re.search(rb"__[amt]san_init|__ubsan_handle", f.read()):
            raise harness.Skip("a sanitizer brings libraries of its own")
    found = needed(sys.executable)
    c.check("what programs need is seen", any(LIGHT.fullmatch(name) for name in found), str(found))
    c.equal("nothing heavy is needed", [name for name in needed(tool) if not LIGHT.fullmatch(name)], [])
    # Nor later, when it knows what it is to do.
    if shutil.which("strace") is None:
        c.skip("what it opens", "strace is not installed")
        return
    os.mkdir(os.path.join(scratch, "tree"))
    for name in ("file", "tree/file"):
        with open(os.path.join(scratch, name), "wb") as f:
            f.write(b"x" * 4096)
    for args in (["cp", "file", "copy"], ["cp", "-a", "tree", "all"], ["du", "-s", "."],
                 ["traverse", "."]):
        log = os.path.join(scratch, "calls")
        run = subprocess.run(["strace", "-f", "-qq", "-e", "trace=open,openat", "-o", log, tool, *args], cwd=scratch,
                             env=harness.base_env(), capture_output=True)
        if not os.path.exists(log):
            c.skip("what it opens", f"strace does not work here: {shown(run.stderr)}")
            return
        with open(log) as f:
            opened = re.findall(r'"([^"]*/([^"/]+\.so[.\d]*))"', f.read())
        c.equal(f"{' '.join(args[:2])} opens nothing heavy",
                [path for path, name in opened if not LIGHT.fullmatch(name) and name != "ld.so.cache"], [])


if __name__ == "__main__":
    harness.main(test)
