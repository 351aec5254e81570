#!/usr/bin/env python3
"""sluice cp, du and traverse beside GNU's cp and du, on fresh file systems: see pairs.py.

    tool_bench.py [--into FOLDER] [--rows GLOB]... [--quick] [--minutes N] [--list]

Each row is written to FOLDER/tools.json when it is done; rows that are there are not measured again,
so an interrupted run goes on where it was. For root: it mounts, and drops everybody's caches. On two
quiet cores and a disk of 1 GB/s the rows of one file system take some 25 minutes.
"""
import argparse
import fnmatch
import itertools
import json
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import images  # noqa: E402
import pairs  # noqa: E402
import report  # noqa: E402
import rows  # noqa: E402
from common import ROOT, end_in_order, machine, working_folder  # noqa: E402

QUICK = 5  # pairs, where the protocol has 15


class Results:
    """What is known so far, on the disk after every row."""

    def __init__(self, folder):
        self.path = folder / "tools.json"
        self.report = folder / "tools.md"
        known = json.loads(self.path.read_text()) if self.path.exists() else {}
        self.machine = known.get("machine") or machine()
        self.sources = known.get("sources", {})
        self.rows = known.get("rows", [])

    def has(self, row):
        return any(r["name"] == row.name and "failed" not in r for r in self.rows)

    def add(self, found):
        self.rows = [r for r in self.rows if r["name"] != found["name"]] + [found]
        whole = {"machine": self.machine, "sources": self.sources, "rows": self.rows}
        self.path.write_text(json.dumps(whole, indent=1) + "\n")
        self.report.write_text(report.markdown(self.machine, self.sources, self.rows))


def source_for(row, place, results):
    path = place / row.source
    if not path.exists():
        results.sources[row.source] = rows.SOURCES[row.source](path)
    return path


def measure(row, place, sluice, results, rounds):
    source, target = source_for(row, place, results), place / "copy"
    theirs, ours = row.commands(sluice, source, target)
    if row.state == "warm":
        pairs.read_through(source)
    begun = time.monotonic()
    # What is asked is asked of the real tree; one that stands in for it is only looked at.
    wanted = None if results.sources[row.source].startswith(rows.STAND_IN) else row.wanted
    found = {"name": row.name, "peer": theirs, "sluice": ours, "wanted": wanted,
             "most_more": row.most_more, "load_before": os.getloadavg()[0]}
    try:
        times = pairs.by_turns(theirs, ours, target, row.state == "cold", rounds)
        if target.exists() and not pairs.same_size(source, target):
            raise pairs.Failed("the copy has another size")
        found |= pairs.judge(times, wanted, row.most_more) | {"pairs": times}
    except pairs.Failed as why:
        found["failed"] = str(why)
    pairs.prepare(target, False)
    found["took_seconds"] = time.monotonic() - begun
    return found


def wanted_rows(arguments):
    for row in rows.all_rows():
        if not arguments.rows or any(fnmatch.fnmatch(row.name, g) for g in arguments.rows):
            yield row


def place_for(where, folder, direct):
    return images.own_disk(folder) if where == "own" else images.mounted(where, folder, direct)


def measure_all(todo, arguments, results):
    end = time.monotonic() + 60 * arguments.minutes
    sluice = (arguments.build / "sluice").resolve()
    with working_folder() as folder:
        for where, some in itertools.groupby(todo, key=lambda r: r.where):
            if time.monotonic() > end:
                return
            with place_for(where, folder, not arguments.loop_cached) as place:
                for row in some:
                    if time.monotonic() > end:
                        return
                    rounds = QUICK if arguments.quick else row.rounds
                    found = measure(row, place, sluice, results, rounds)
                    results.add(found)
                    print(report.aligned(report.cells(found)), flush=True)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release")
    parser.add_argument("--into", type=pathlib.Path, default=pathlib.Path("."),
                        help="folder of the results; rows that are there are done")
    parser.add_argument("--rows", action="append", metavar="GLOB",
                        help="only rows with such names, as in 'ext4/*/cold'; may be given again")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} pairs instead of 15")
    parser.add_argument("--minutes", type=float, default=float("inf"),
                        help="begin no row after so many; the same command goes on from there")
    parser.add_argument("--loop-cached", action="store_true",
                        help="let the files of the file systems be cached, too")
    parser.add_argument("--list", action="store_true", help="the rows, and nothing else")
    return parser.parse_args()


def main():
    arguments = parse()
    chosen = list(wanted_rows(arguments))
    if arguments.list:
        print("\n".join(row.name for row in chosen))
        return 0
    end_in_order()  # mounts and folders go
    try:
        images.enter_own_namespace()
    except images.Unavailable as why:
        print(f"tool_bench: only root can mount file systems: {why}", file=sys.stderr)
        return 1
    arguments.into.mkdir(parents=True, exist_ok=True)
    results = Results(arguments.into)
    results.machine["loop_devices"] = "cached" if arguments.loop_cached else "direct"
    todo = [row for row in chosen if not results.has(row)]
    print(report.aligned(report.TITLES), flush=True)
    for done in results.rows:
        print(report.aligned(report.cells(done)), flush=True)
    begun = time.monotonic()
    try:
        measure_all(todo, arguments, results)
    except images.Unavailable as why:
        print(f"tool_bench: not all can be measured here: {why}", file=sys.stderr)
    except KeyboardInterrupt:
        print("interrupted; --into the same folder goes on", file=sys.stderr)
    minutes = (time.monotonic() - begun) / 60
    left = sum(not results.has(row) for row in chosen)
    print(f"\n{report.summary(results.rows) or 'no rows'}; {left} left; {minutes:.1f} minutes")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
