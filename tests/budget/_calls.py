"""Counting a program's system calls."""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
# Memory is the allocator's, and looking at the clock or at who waited is not for the tree.
APART = ("brk", "mmap", "munmap", "mremap", "madvise", "getrusage")


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


def need_strace():
    if shutil.which("strace") is None:
        skip("strace is not installed")


def calls(program, *arguments):
    """The names of the calls, in no order, and what the program said."""
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder) / "calls"
        run = subprocess.run(["strace", "-f", "-qq", "-o", str(log), str(program), *map(str, arguments)],
                             capture_output=True, text=True, timeout=200)
        if run.returncode != 0 or not log.exists():
            skip(f"strace does not work here: {run.stderr}")
        names = re.findall(r"(?m)^\d+ +(\w+)\(", log.read_text())
    return [name for name in names if name not in APART], run.stdout
