#!/usr/bin/env python3
"""Shows what Sluice does beside the usual tools: `make demo`, or demo.py [--build build/release].

Everything happens in a temporary folder below build/ (or $SLUICE_BENCH_DIR), which is removed at
the end, also after Ctrl-C. Each pair of commands runs by turns; the table has the medians.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

from common import ROOT, end_in_order, make_random_file, make_tree, remove_tree, working_folder

ROUNDS = 5
READS = 10_000
READ_FILE = 256 << 20
SECONDS_PER_PART = 20  # fewer rounds on a slow machine


class Mismatch(Exception):
    pass


def paint(text, code):
    colours = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return f"\033[{code}m{text}\033[0m" if colours else text


def say(text):
    print(paint(text, "2"), file=sys.stderr, flush=True)


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    # du tells of what it may not read and goes on; anything else is not worth comparing.
    if done.returncode not in (0, 1):
        raise Mismatch(f"{command[0]} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def by_turns(theirs, ours):
    """Runs both in each round, first one first, then the other; gives the medians of what they tell."""
    samples = ([], [])
    begun = time.monotonic()
    for turn in range(ROUNDS):
        for which in ((0, 1) if turn % 2 == 0 else (1, 0)):
            samples[which].append((theirs, ours)[which]())
        if time.monotonic() - begun > SECONDS_PER_PART:
            break
    return statistics.median(samples[0]), statistics.median(samples[1])


def seconds_of(*command):
    begun = time.perf_counter()
    told = run(*command)
    return time.perf_counter() - begun, told


def compare_copying(sluice, folder):
    source, target = folder / "tree", folder / "copy"
    files = make_tree(source)

    def copy(*command):
        remove_tree(target)
        return seconds_of(*command, "-r", source, target)[0]

    theirs, ours = by_turns(lambda: copy("cp"), lambda: copy(sluice, "cp"))
    remove_tree(target)
    run(sluice, "cp", "-r", source, target)
    if subprocess.run(["diff", "-r", source, target]).returncode != 0:
        raise Mismatch("the copy differs from its source")
    return f"copy {files} files of 4 KiB", "cp -r", theirs, ours


def compare_counting(sluice):
    totals = set()

    def count(*command):
        seconds, told = seconds_of(*command, "-sb", "/usr")
        totals.add(told.split()[0])
        return seconds

    count("du")  # both find the same in the caches
    theirs, ours = by_turns(lambda: count("du"), lambda: count(sluice, "du"))
    if len(totals) != 1:
        raise Mismatch(f"du and sluice du disagree about /usr: {totals}")
    return f"size of /usr ({int(totals.pop()) / 1e9:.1f} GB)", "du -sb", theirs, ours


def compare_reading(reader, folder):
    path = folder / "random.dat"
    make_random_file(path, READ_FILE)
    checksums = set()
    past_cache = subprocess.run([reader, path, "--reads", "1"], capture_output=True).returncode == 0
    how = [] if past_cache else ["--buffered"]

    def read(*options):
        told = json.loads(run(reader, path, "--reads", READS, "--seed", "7", "--check",
                              *how, *options))
        checksums.add(told["checksum"])
        return told["seconds"]

    theirs, ours = by_turns(lambda: read("--plain"), lambda: read("--depth", "32"))
    if len(checksums) != 1:
        raise Mismatch("the two ways of reading found different bytes")
    note = "past the page cache" if past_cache else "from the page cache"
    return f"{READS} random 4 KiB reads, {note}", "pread", theirs, ours


def duration(seconds):
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def table(rows):
    head = ("", "with", "theirs", "Sluice", "")
    cells = [head]
    for what, whose, theirs, ours in rows:
        ratio = theirs / ours
        verdict = f"{ratio:.1f} times as fast" if ratio >= 1 else f"{ratio:.2f} of the speed"
        cells.append((what, whose, duration(theirs), duration(ours), verdict))
    width = [max(len(row[i]) for row in cells) for i in range(len(head))]
    for number, row in enumerate(cells):
        line = (f"{row[0]:<{width[0]}}  {row[1]:<{width[1]}}  {row[2]:>{width[2]}}"
                f"  {row[3]:>{width[3]}}  ")
        if number == 0:
            print(paint(line.rstrip(), "1"))
        else:
            print(line + paint(row[4], "32" if "times" in row[4] else "33"))


def closing(sluice):
    shown = os.path.relpath(sluice)
    print(f"\nThe copies, the totals and the bytes read were the same. Medians of up to {ROUNDS} rounds,"
          f" by turns.\nBackend: {run(sluice, '--backend-report').strip()}")
    print(f"""
On your own files:
  {shown} cp -a SOURCE TARGET
  {shown} du -sh DIRECTORY
  {shown} traverse DIRECTORY""")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release")
    build = parser.parse_args().build
    sluice, reader = build / "sluice", build / "bench" / "random_read"
    for program in (sluice, reader):
        if not program.exists():
            sys.exit(f"demo: {program} is not built; `make demo` does that")
    end_in_order()  # the folder goes
    try:
        with working_folder() as name:
            folder = pathlib.Path(name)
            rows = []
            say("copying a tree ...")
            rows.append(compare_copying(sluice, folder))
            say("counting /usr ...")
            rows.append(compare_counting(sluice))
            say("reading at random ...")
            rows.append(compare_reading(reader, folder))
        print()
        table(rows)
        closing(sluice)
    except Mismatch as why:
        sys.exit(f"demo: {why}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
