#!/usr/bin/env python3
"""User-space instructions of an operation, beside a bare liburing loop's.

Each program runs under callgrind with two counts; the difference, divided by the difference of the
counts, is free of what starting and ending cost. A no-op takes the path that read_at takes past the
page cache, so its budget is the budget of what Sluice adds to any operation.
Usage: instructions_test.py <folder of the programs>
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

BUDGET = 100  # instructions per operation more than the bare loop's
TRACE_BUDGET = 500  # what a trace adds to an operation; 460 took 65 ns, and at most 100 were promised
FEW, MANY = 32_000, 96_000
SKIPPED = 77


def instructions(program, count, *arguments):
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out",
             str(program), str(count), *arguments],
            capture_output=True, text=True, timeout=200)
    if run.returncode == SKIPPED:
        print("skipped: this machine refuses io_uring")
        sys.exit(SKIPPED)
    if run.returncode != 0:
        sys.exit(f"{program.name} {count} failed with {run.returncode}:\n{run.stderr}")
    return int(re.search(r"Collected\s*:\s*(\d+)", run.stderr).group(1))


def per_operation(program, *arguments, counts=(FEW, MANY)):
    few, many = (instructions(program, count, *arguments) for count in counts)
    return (many - few) / (counts[1] - counts[0])


def main():
    if shutil.which("valgrind") is None:
        print("skipped: valgrind is not installed")
        sys.exit(SKIPPED)
    folder = pathlib.Path(sys.argv[1])
    bare = per_operation(folder / "nop_bare")
    ours = per_operation(folder / "nop_sluice")
    print(f"bare liburing loop, 32 in flight       {bare:7.1f} instructions per no-op")
    print(f"32 tasks                               {ours:7.1f}   {ours - bare:+.1f}, budget +{BUDGET}")
    for what in ("stop", "deadline"):
        more = per_operation(folder / "nop_sluice", what)
        print(f"32 tasks, each no-op with a {what:<10} {more:7.1f}   {more - bare:+.1f}")
    traced = per_operation(folder / "nop_sluice", "trace")
    print(f"32 tasks, each no-op through a trace      {traced:7.1f}   {traced - ours:+.1f} to the untraced, "
          f"budget +{TRACE_BUDGET}")
    if traced - ours > TRACE_BUDGET:
        sys.exit(f"the trace is over budget by {traced - ours - TRACE_BUDGET:.1f} instructions")
    if ours - bare > BUDGET:
        sys.exit(f"over budget by {ours - bare - BUDGET:.1f} instructions per operation")


if __name__ == "__main__":
    main()
