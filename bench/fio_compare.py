#!/usr/bin/env python3
"""Random 4 KiB O_DIRECT reads at depth 32: fio's io_uring engine and co_await file.read_at.

    fio_compare.py [--build build/release] [--seconds 5] [--pairs 5] [--json FILE] [--check]

Both read the same file for the same time, by turns, so that what else the machine does meets both.
Kernel entries are counted by perf or strace in short runs of their own. --check fails where Sluice misses
its goals: 0.95 of fio's reads per second, 1.15 of its processor time per read, no more entries.
"""
import argparse
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

from common import ROOT, make_random_file

FILE_SIZE = 1 << 30
DEPTH = 32
# fio's defaults, and fio as somebody would set it who wants the most of it.
FIO = {
    "fio": [],
    "fio tuned": ["--iodepth_batch_submit=32", "--iodepth_batch_complete_min=1",
                  "--iodepth_batch_complete_max=32", "--fixedbufs", "--registerfiles",
                  "--gtod_reduce=1"],
}
OURS = {"sluice": [], "sluice, registered": ["--registered"]}
GOALS = {"iops": (0.95, None), "cpu": (None, 1.15), "entries": (None, 1.0)}


def test_file(folder):
    """1 GiB of random bytes, really written: a hole would be read without the device."""
    path = folder / "random.dat"
    if path.exists() and path.stat().st_size == FILE_SIZE and \
            path.stat().st_blocks * 512 >= FILE_SIZE:
        return path
    folder.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(folder).free < 2 * FILE_SIZE:
        sys.exit(f"fio_compare: {folder} has no room for a file of 1 GiB")
    make_random_file(path, FILE_SIZE)
    return path


def fio_command(path, seconds, extra):
    return ["fio", "--name=random", f"--filename={path}", "--ioengine=io_uring", "--direct=1",
            "--rw=randread", "--bs=4k", f"--iodepth={DEPTH}", "--norandommap", "--time_based",
            f"--runtime={seconds}", "--output-format=json", *extra]


def fio(path, extra, seconds, before=()):
    out = subprocess.run([*before, *fio_command(path, seconds, extra)],
                         capture_output=True, text=True, timeout=seconds + 60)
    if out.returncode != 0:
        sys.exit(f"fio failed:\n{out.stdout}{out.stderr}")
    job = json.loads(out.stdout[out.stdout.index("{"):])["jobs"][0]
    read = job["read"]
    busy = (job["usr_cpu"] + job["sys_cpu"]) / 100 * read["runtime"] * 1000
    return {"iops": read["iops"], "cpu": busy / read["total_ios"], "reads": read["total_ios"]}


def sluice(program, path, extra, seconds, before=()):
    out = subprocess.run([*before, str(program), str(path), "--seconds", str(seconds),
                          "--depth", str(DEPTH), *extra],
                         capture_output=True, text=True, timeout=seconds + 60)
    if out.returncode != 0:
        sys.exit(f"random_read failed:\n{out.stdout}{out.stderr}")
    told = json.loads(out.stdout)
    return {"iops": told["iops"], "cpu": told["cpu_us_per_read"], "reads": told["reads"],
            "with": told["with"]}


ENTER = "syscalls:sys_enter_io_uring_enter"


def counter():
    """What counts kernel entries here: perf, which costs next to nothing, or strace, or nothing."""
    probe = ["perf", "stat", "-e", ENTER, "true"]
    if shutil.which("perf") and subprocess.run(probe, capture_output=True).returncode == 0:
        return "perf"
    return "strace" if shutil.which("strace") else None


def entries_per_read(run, tool):
    """`run` takes what comes before the command, and gives how many reads it made."""
    if tool is None:
        return None
    with tempfile.NamedTemporaryFile() as log:
        if tool == "perf":
            reads = run(["perf", "stat", "-x", ",", "-e", ENTER, "-o", log.name])["reads"]
            counts = [int(line.split(b",")[0]) for line in log if ENTER.encode() in line]
        else:
            reads = run(["strace", "-f", "--seccomp-bpf", "-c", "-e", "trace=io_uring_enter",
                         "-o", log.name])["reads"]
            # % time, seconds, usecs/call, calls, errors (may be empty), syscall
            counts = [int(line.split()[3]) for line in log
                      if line.rstrip().endswith(b"io_uring_enter")]
    return sum(counts) / reads


def middle(samples):
    return {key: statistics.median(s[key] for s in samples) for key in ("iops", "cpu")}


def spread(values):
    return f"{min(values):.2f}..{max(values):.2f}"


def measure(arguments, program, path):
    def runner(tool, *fixed):
        return lambda before=(), seconds=arguments.seconds: tool(*fixed, seconds, before)

    # Whom we compare with whom runs one after the other.
    runners = {}
    for (theirs, fio_options), (ours, our_options) in zip(FIO.items(), OURS.items()):
        runners[theirs] = runner(fio, path, fio_options)
        runners[ours] = runner(sluice, program, path, our_options)
    samples = {name: [] for name in runners}
    for turn in range(arguments.pairs):
        # The order changes every time: going first is no advantage then.
        names = list(runners) if turn % 2 == 0 else list(reversed(runners))
        for name in names:
            samples[name].append(runners[name]())
            print(f"  {turn + 1}/{arguments.pairs} {name}: {samples[name][-1]['iops']:.0f} reads/s",
                  file=sys.stderr)
    tool = counter()
    entries = {name: entries_per_read(lambda before, r=run: r(before, 2), tool)
               for name, run in runners.items()}
    return samples, entries


def ratios(samples, entries, ours, theirs):
    pairs = list(zip(samples[ours], samples[theirs]))
    found = {}
    for key in ("iops", "cpu"):
        each = [a[key] / b[key] for a, b in pairs]
        found[key] = {"median": statistics.median(each), "min": min(each), "max": max(each)}
    if entries[ours] is not None and entries[theirs]:
        found["entries"] = {"median": entries[ours] / entries[theirs]}
    return found


def report(samples, entries, all_ratios):
    print(f"{'random 4 KiB O_DIRECT reads, depth 32':<38}{'reads/s':>10}{'cpu us/read':>13}"
          f"{'entries/read':>14}")
    for name, runs in samples.items():
        m = middle(runs)
        counted = "-" if entries[name] is None else f"{entries[name]:.4f}"
        print(f"{name:<38}{m['iops']:>10.0f}{m['cpu']:>13.2f}{counted:>14}")
    for label, r in all_ratios.items():
        counted = f"{r['entries']['median']:.3f}" if "entries" in r else "-"
        print(f"{label:<38}{r['iops']['median']:>10.3f}{r['cpu']['median']:>13.3f}{counted:>14}"
              f"   reads/s {spread([r['iops']['min'], r['iops']['max']])},"
              f" cpu {spread([r['cpu']['min'], r['cpu']['max']])}")


def missed(found):
    for key, (least, most) in GOALS.items():
        if key not in found:
            continue
        value = found[key]["median"]
        if least is not None and value < least:
            yield f"{key}: {value:.3f} of fio's, at least {least} is wanted"
        if most is not None and value > most:
            yield f"{key}: {value:.3f} of fio's, at most {most} is wanted"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    if shutil.which("fio") is None:
        print("fio_compare: fio is not installed; skipped")
        return
    program = arguments.build / "bench" / "random_read"
    path = test_file(ROOT / "build" / "bench")
    samples, entries = measure(arguments, program, path)
    all_ratios = {"sluice : fio": ratios(samples, entries, "sluice", "fio"),
                  "sluice, registered : fio tuned":
                      ratios(samples, entries, "sluice, registered", "fio tuned")}
    report(samples, entries, all_ratios)
    if arguments.json:
        arguments.json.write_text(json.dumps(
            {"seconds": arguments.seconds, "depth": DEPTH, "samples": samples,
             "entries_per_read": entries, "ratios": all_ratios}, indent=1) + "\n")
    problems = list(missed(all_ratios["sluice : fio"]))
    for problem in problems:
        print(f"missed: {problem}")
    if arguments.check and problems:
        sys.exit(1)


if __name__ == "__main__":
    main()
