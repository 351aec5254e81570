#!/usr/bin/env python3
"""Runs an example or a program of the guide. Usage: run_program.py SOURCE PROGRAM

It has to exit with 0. Where its source has lines "// Output: ...", they are all that it prints.
With `--lacks WHAT` in place of the program it is skipped, for that reason.
"""
import pathlib
import re
import subprocess
import sys

SKIPPED = 77
OUTPUT = re.compile(r"^// Output: (.*)$", re.MULTILINE)


def main(source, program, *what):
    if program == "--lacks":
        print(f"skipped: {pathlib.Path(source).name} needs {' '.join(what)}, which is not here")
        return SKIPPED
    wanted = OUTPUT.findall(pathlib.Path(source).read_text())
    ended = subprocess.run([program], stdout=subprocess.PIPE, text=True, check=False)
    print(ended.stdout, end="")
    if ended.returncode != 0:
        print(f"exit status {ended.returncode}")
        return 1
    if wanted and ended.stdout.splitlines() != wanted:
        print("its source says that it prints:", *wanted, sep="\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
