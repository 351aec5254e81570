#!/usr/bin/env python3
"""What each choice is worth: the same job, done in one way and in others, on a fresh ext4.

    ablation.py [--build build/release] [--rounds 7] [--only NAME]... --into FOLDER

The variants of an experiment run in turns, forwards and backwards; what counts is the median of the
ratios to the first variant's time in the same round. Writes FOLDER/ablation.json, the same as
ablation.md, and plots (by python3-matplotlib; without it there are none). For root.
"""
import argparse
import dataclasses
import json
import pathlib
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "tools"))
import images  # noqa: E402
import pairs  # noqa: E402
from common import ROOT, describe, machine, make_random_file, make_tree, working_folder  # noqa: E402
from rows import make_linux  # noqa: E402

WAYS = ("calls", "ring", "pool", "adaptive")
BLOCKS = (4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20)
LARGE = 128 << 20


def short(size):
    return f"{size >> 20} MiB" if size >= 1 << 20 else f"{size >> 10} KiB"


@dataclasses.dataclass(frozen=True)
class Experiment:
    name: str
    title: str
    source: str
    variants: dict        # what it is called -> the words for one_way
    cold: bool = False


def experiments():
    for cold in (False, True):
        state = "cold" if cold else "warm"
        yield Experiment(f"size-{state}", f"Sizing a kernel's source, {state}", "linux",
                         {w: ("size", w, "{from}") for w in WAYS}, cold)
        yield Experiment(f"copy-{state}", f"Copying 3905 files of 4 KiB, {state}", "tree-4k",
                         {w: ("copy", w, "{from}", "{to}") for w in WAYS}, cold)
    yield Experiment("order-cold", "Reading 20,000 files of a directory, cold", "flat",
                     {"as told": ("read", "told", "{from}"), "by inode": ("read", "inode", "{from}")},
                     True)
    yield Experiment("names-warm", "Reading 20,000 names, by size of the buffer", "flat",
                     {short(b): ("names", str(b), "{from}")
                      for b in (64 << 10, 1 << 10, 4 << 10, 16 << 10, 256 << 10, 1 << 20)})
    for cold in (False, True):
        ways = {"calls, one at a time": ("tasks", "calls", "1", "{from}")}
        ways |= {f"{way}, {count} at a time": ("tasks", way, str(count), "{from}")
                 for way in ("ring", "adaptive") for count in (1, 32, 512)}
        yield Experiment(f"tasks-{'cold' if cold else 'warm'}",
                         f"Reading 20,000 files, a task for each, on one thread, {'cold' if cold else 'warm'}", "flat",
                         ways, cold)
    for cold in (False, True):
        ways = {f"{how} {short(b)}": ("bytes", how, str(b), "{from}", "{to}")
                for how, blocks in (("range", (16 << 20, *BLOCKS)), ("buffer", BLOCKS), ("direct", BLOCKS))
                for b in blocks}
        yield Experiment(f"bytes-{'cold' if cold else 'warm'}",
                         f"Copying a file of {short(LARGE)}, {'cold' if cold else 'warm'}", "large", ways, cold)
    yield Experiment("sqpoll", "5000 random reads of 4 KiB, past the cache", "large",
                     {f"{how}, {depth} at a time": ("random", how, str(depth), "5000", "{from}")
                      for depth in (1, 32) for how in ("enter", "sqpoll")})


def make_flat(path):
    """Names in no order of the inodes'."""
    path.mkdir()
    for n in range(20_000):
        (path / f"{n * 7919 % 20_000:05}-{n * 104729 % 99991:05}").write_bytes(bytes(4096))


SOURCES = {"linux": make_linux, "flat": make_flat,
           "tree-4k": lambda path: make_tree(path, file_size=4 << 10),
           "large": lambda path: make_random_file(path, LARGE)}


def run_one(tool, words, source, target, cold):
    pairs.prepare(target, cold)
    command = [str(tool), *(w.format(**{"from": source, "to": target}) for w in words)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise pairs.Failed(f"{' '.join(command)}: {done.stderr.strip()}")
    return float(done.stdout)


def measure(experiment, tool, place, rounds):
    source, target = place / experiment.source, place / "copy"
    if not source.exists():
        SOURCES[experiment.source](source)
    if not experiment.cold:
        pairs.read_through(source)
    times = {name: [] for name in experiment.variants}
    for turn in range(-1, rounds):
        order = list(experiment.variants.items())
        for name, words in (order if turn % 2 == 0 else order[::-1]):
            seconds = run_one(tool, words, source, target, experiment.cold)
            if turn >= 0:
                times[name].append(seconds)
    pairs.prepare(target, False)
    first = next(iter(times.values()))
    return {"name": experiment.name, "title": experiment.title, "rounds": rounds,
            "variants": [{"name": name, "seconds": statistics.median(some),
                          "times_the_first": pairs.quartiles([s / f for s, f in
                                                              zip(some, first, strict=True)])}
                         for name, some in times.items()]}


def tell(found):
    print(found["title"])
    for v in found["variants"]:
        r = v["times_the_first"]
        print(f"  {v['name']:<22}{v['seconds'] * 1e3:>10.1f} ms{r['median']:>8.2f}   "
              f"{r['q1']:.2f}..{r['q3']:.2f}", flush=True)


def markdown(about, results):
    lines = ["# What each choice is worth", "",
             "Written by `bench/ablation.py`; the plots beside it show the same.", "",
             f"{describe(about)}; ext4 in a file. Ratios are to the first line of each table, in the",
             "same round; medians, and quartiles of the rounds.", ""]
    for found in results:
        lines += [f"## {found['title']}", "", "| | median | ratio | quartiles |", "|---|---|---|---|"]
        for v in found["variants"]:
            r = v["times_the_first"]
            lines.append(f"| {v['name']} | {v['seconds'] * 1e3:.1f} ms | {r['median']:.2f} | "
                         f"{r['q1']:.2f}..{r['q3']:.2f} |")
        lines.append("")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", action="append")
    parser.add_argument("--into", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    try:
        images.enter_own_namespace()
    except images.Unavailable as why:
        sys.exit(f"ablation: only root can mount file systems: {why}")
    arguments.into.mkdir(parents=True, exist_ok=True)
    about = machine()
    results = []
    with working_folder() as folder, images.mounted("ext4", folder) as place:
        for e in experiments():
            if arguments.only and e.name not in arguments.only:
                continue
            results.append(measure(e, arguments.build / "bench" / "one_way", place, arguments.rounds))
            tell(results[-1])
            (arguments.into / "ablation.md").write_text(markdown(about, results))
            whole = {"machine": about, "experiments": results}
            (arguments.into / "ablation.json").write_text(json.dumps(whole, indent=1) + "\n")
    print(describe(about))
    try:
        import plots
    except ImportError as why:
        print(f"no plots: {why}", file=sys.stderr)
    else:
        plots.draw(results, arguments.into)


if __name__ == "__main__":
    main()
