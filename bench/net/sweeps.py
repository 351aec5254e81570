#!/usr/bin/env python3
"""The four models and the five ways of the bytes beside each other: the sweeps of `make bench-net-full`.

    sweeps.py --into FOLDER [--build build/release] [--seconds 2] [--rounds 5] [--only models|copies] [--quick]
              [--guide PAGE] [--from FOLDER/sweeps.json]

wrk asks on one core, `sluice serve http` answers on another, in network namespaces with cubic. A cell in
which many clients ask for much lasts longer, so that each can be answered. The latency is that of requests on
connections: what a client waits for its connection is not in it. A round takes some five minutes; figures are
the medians of the rounds. Writes FOLDER/sweeps.json, the same as sweeps.md, and plots (by python3-matplotlib;
without it there are none). --guide also writes the part of a page between the marks; --from measures nothing and
writes what was found before. For root.
"""
import argparse
import itertools
import json
import pathlib
import resource
import shutil
import sys
import tempfile

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parent.parent)]
import sweep_cells  # noqa: E402
import sweep_tables  # noqa: E402
from common import ROOT, describe, end_in_order, machine  # noqa: E402
from rig import Rig  # noqa: E402

MODELS = ("processes", "threads", "epoll", "uring")
WAYS = ("rw", "mmap", "sendfile", "splice", "zc")
KIB, MIB = 1 << 10, 1 << 20


def cells_of(what, quick):
    """Neighbours differ in what is compared, so that the machine is the same for them."""
    if what == "models":
        sizes, clients = (KIB, 64 * KIB, MIB), (1, 16, 256, 4096, 10000)
        if quick:
            sizes, clients = sizes[:2], (16, 10000)
        return [{"model": model, "copy": "auto", "clients": n, "size": size}
                for size, n, model in itertools.product(sizes, clients, MODELS)]
    models, sizes = ("uring", "epoll"), (4 * KIB, 64 * KIB, MIB, 16 * MIB)
    if quick:
        models, sizes = models[:1], sizes[1:3]
    return [{"model": model, "copy": way, "clients": 16, "size": size}
            for model, size, way in itertools.product(models, sizes, WAYS)]


def tell(cell):
    name = f"{cell['model']:<10}{cell['copy']:<9}{sweep_tables.short(cell['size']):>8}{cell['clients']:>7}"
    cols = sweep_tables.values(cell)
    print(name + "".join(f"{text:>12}" for text in cols[:-1]) + "  " + cols[-1], flush=True)


def measure(arguments):
    end_in_order()  # the namespaces go
    lacking = [program for program in ("wrk", "ss") if not shutil.which(program)]
    if lacking:
        sys.exit(f"sweeps: {', '.join(lacking)} not installed (packages-bench.txt)")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < 21000:
        print(f"a process may have {hard} descriptors: fewer than 10,000 connections and as many files take")
    seconds, largest = (1, 1) if arguments.quick else (arguments.seconds, 10)
    results = {}
    with Rig() as rig, tempfile.TemporaryDirectory(prefix="sluice-bench-") as name:
        folder = pathlib.Path(name)
        grids = {what: cells_of(what, arguments.quick) for what in ("models", "copies")
                 if arguments.only in (None, what)}
        sweep_cells.prepare(folder, {cell["size"] for cells in grids.values() for cell in cells})
        for what, cells in grids.items():
            print(f"{what:<34}" + "".join(f"{text:>12}" for text in sweep_tables.HEAD[:-1]))
            results[what] = sweep_cells.sweep(rig, arguments.build.resolve(), folder, cells, seconds,
                                              arguments.rounds, largest, tell)
    return {"descriptors": hard, "seconds": seconds, "sweeps": results}


def write(about, results, arguments):
    into = arguments.into
    (into / "sweeps.md").write_text(sweep_tables.page(about, results))
    if arguments.guide:
        sweep_tables.put_into(arguments.guide, sweep_tables.part_of_guide(about, results))
    try:
        import sweep_plots
    except ImportError as why:
        print(f"no plots: {why}", file=sys.stderr)
    else:
        sweep_plots.draw(results, into)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--into", type=pathlib.Path, required=True)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release")
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=("models", "copies"))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--guide", type=pathlib.Path)
    parser.add_argument("--from", dest="found", type=pathlib.Path)
    arguments = parser.parse_args()
    arguments.into.mkdir(parents=True, exist_ok=True)
    if arguments.found:
        whole = json.loads(arguments.found.read_text())
    else:
        about = machine()
        print(describe(about))
        whole = {"machine": about, **measure(arguments)}
        (arguments.into / "sweeps.json").write_text(json.dumps(whole, indent=1) + "\n")
    write(whole["machine"], whole["sweeps"], arguments)


if __name__ == "__main__":
    main()
