#!/usr/bin/env python3
"""sluice cp and sluice du beside GNU's, by hyperfine, with warm and, for root, cold caches.

    tool_bench.py [--build build/release] [--rounds 5] [--json FILE] [--raw FOLDER]

hyperfine times one command after the other, and a machine is not the same for long; so each round
is a hyperfine run of both commands, and the one that goes first changes.
"""
import argparse
import json
import os
import pathlib
import shlex
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from common import ROOT, can_drop_caches, make_tree, working_folder  # noqa: E402

DROP = "sync; echo 3 > /proc/sys/vm/drop_caches"
RUNS_A_ROUND = 2


def hyperfine(commands, prepare, raw):
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        told = subprocess.run(
            ["hyperfine", "--style=none", f"--runs={RUNS_A_ROUND}", "--ignore-failure",
             "--export-json", out.name, "--prepare", prepare,
             *[part for name, command in commands for part in ("-n", name, command)]],
            capture_output=True, text=True)
        if told.returncode != 0:
            sys.exit(f"hyperfine failed:\n{told.stdout}{told.stderr}")
        results = json.load(out)["results"]
    raw.append(results)
    return {r["command"]: r["times"] for r in results}


def compare(label, theirs, ours, prepare, rounds, all_raw):
    raw, ratios = [], []
    times = {"gnu": [], "sluice": []}
    for turn in range(rounds):
        commands = [("gnu", theirs), ("sluice", ours)]
        round_times = hyperfine(commands if turn % 2 == 0 else commands[::-1], prepare, raw)
        for name, seconds in round_times.items():
            times[name] += seconds
        ratios.append(statistics.median(round_times["sluice"]) /
                      statistics.median(round_times["gnu"]))
    all_raw[label] = raw
    found = {"what": label,
             "gnu_seconds": statistics.median(times["gnu"]),
             "sluice_seconds": statistics.median(times["sluice"]),
             "ratio": {"median": statistics.median(ratios), "min": min(ratios), "max": max(ratios)}}
    print(f"{label:<34}{found['gnu_seconds']:>9.3f}{found['sluice_seconds']:>9.3f}"
          f"{found['ratio']['median']:>8.2f}   {min(ratios):.2f}..{max(ratios):.2f}", flush=True)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--raw", type=pathlib.Path)
    arguments = parser.parse_args()
    sluice = shlex.quote(str(arguments.build / "sluice"))
    # The page cache of everybody else goes too: only where that was ours to decide.
    caches = [("warm", "true")]
    if can_drop_caches() and os.environ.get("SLUICE_BENCH_COLD", "1") != "0":
        caches.append(("cold", DROP))
    results, raw = [], {}
    with working_folder() as name:
        tree, copy = (shlex.quote(f"{name}/{part}") for part in ("tree", "copy"))
        files = make_tree(pathlib.Path(name) / "tree")
        print(f"{'seconds, medians':<34}{'GNU':>9}{'Sluice':>9}{'ratio':>8}   lowest..highest")
        for state, prepare in caches:
            for label, command in ((f"cp -r, {files} x 4 KiB", f"cp -r {tree} {copy}"),
                                   (f"cp -a, {files} x 4 KiB", f"cp -a {tree} {copy}"),
                                   (f"du -s, {files} files", f"du -s {tree}"),
                                   ("du -s /usr", "du -s /usr"),
                                   ("du -sb /usr", "du -sb /usr")):
                results.append(compare(f"{label}, {state}", command, f"{sluice} {command}",
                                       f"rm -rf {copy}; {prepare}", arguments.rounds, raw))
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n")
    if arguments.raw:
        for number, (label, runs) in enumerate(raw.items()):
            path = arguments.raw / f"hyperfine-{number:02}.json"
            path.write_text(json.dumps({"what": label, "rounds": runs}, indent=1) + "\n")


if __name__ == "__main__":
    main()
