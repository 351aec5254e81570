#!/usr/bin/env python3
"""What is over in a moment, beside GNU's: one file of 4 KiB, and the size of an empty directory.

    start_bench.py [--build build/release] [--runs 300] [--json FILE]

Nearly all of it is the time that a process takes to start and to end; GNU's take longer where the locale
has characters of several bytes.
"""
import argparse
import itertools
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import verdicts  # noqa: E402
from common import ROOT, make_random_file, working_folder  # noqa: E402

MOST = 1.0  # of GNU's time
RUNS = 300


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--json", type=pathlib.Path)
    arguments = parser.parse_args()
    build, results = arguments.build.resolve(), {}
    with working_folder() as name:
        place = pathlib.Path(name)
        source, target, empty = place / "source", place / "target", place / "empty"
        make_random_file(source, 4096)
        empty.mkdir()
        jobs = {"cp of 4 KiB": (["cp", source, target], ["--remove", target]),
                "du -s of an empty directory": (["du", "-s", empty], [])}
        for (job, (words, first)), locale in itertools.product(jobs.items(), ("C", "C.UTF-8")):
            told = subprocess.run([build / "bench" / "start_pairs", str(arguments.runs), *first,
                                   "--", build / "sluice", *words, "--", *words],
                                  env=dict(os.environ, LC_ALL=locale), capture_output=True, text=True, check=True)
            found = results[f"{job}, {locale}"] = json.loads(told.stdout)
            ratio = found["ratio"]
            low, high = ratio["quartiles"]
            found["verdict"] = verdicts.word(ratio["median"] <= MOST, high - low <= verdicts.SPREAD * ratio["median"],
                                             arguments.runs >= RUNS)
            print(f"{job:<30}{locale:<8}{found['b_us']:8.0f} us{found['a_us']:8.0f} us  {ratio['median']:.3f} of GNU's "
                  f"time ({low:.3f}..{high:.3f}), {found['verdict']}", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
