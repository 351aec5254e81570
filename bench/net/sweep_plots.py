"""Draws what sweeps.py found."""
import math
import pathlib

import plots  # its settings are for these, too
from matplotlib import pyplot
from sweep_tables import short

COLOURS = (*plots.COLOURS, "#5a7d2a")
MARKS = "osD^v"


def lines(axes, cells, series, across, value):
    """A line for each name in the order of the cells; where there is no value it has a gap. Steps are alike wide."""
    spots = {n: i for i, n in enumerate(sorted({c[across] for c in cells}))}
    for i, name in enumerate(dict.fromkeys(c[series] for c in cells)):
        mine = [c for c in cells if c[series] == name]
        points = [c.get(value[0]) for c in mine]
        axes.plot([spots[c[across]] for c in mine], [math.nan if p is None else p * value[1] for p in points],
                  color=COLOURS[i], marker=MARKS[i], ms=4, lw=1.5, label=name)


def dress(axes, title, names, log):
    axes.set_title(title, fontsize=10, loc="left")
    axes.set_xticks(range(len(names)), names)
    if log:
        axes.set_yscale("log")
        axes.minorticks_off()
    else:
        axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(lambda y, _: f"{y:,g}")
    axes.grid(axis="y", color="#dddddd", lw=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def save(figure, all_axes, path):
    handles, names = all_axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="upper center", ncols=len(names), fontsize=9, frameon=False)
    figure.tight_layout(rect=(0, 0, 1, 0.92))
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def by_clients(cells, value, label, path, log=False):
    """A panel for each file size."""
    sizes = list(dict.fromkeys(c["size"] for c in cells))
    clients = sorted({c["clients"] for c in cells})
    names = [f"{n:,}" for n in clients]
    figure, axes = pyplot.subplots(1, len(sizes), figsize=(3.1 * len(sizes), 3), squeeze=False,
                                   sharey=log)
    for one, size in zip(axes[0], sizes, strict=True):
        lines(one, [c for c in cells if c["size"] == size], "model", "clients", value)
        dress(one, f"files of {short(size)}", names, log)
        one.set_xlabel("clients", fontsize=8)
    axes[0][0].set_ylabel(label, fontsize=8)
    save(figure, axes[0], path)


def by_size(cells, path):
    """A panel for each model."""
    models = list(dict.fromkeys(c["model"] for c in cells))
    sizes = sorted({c["size"] for c in cells})
    figure, axes = pyplot.subplots(1, len(models), figsize=(4.4 * len(models), 3.2), squeeze=False, sharey=True)
    for one, model in zip(axes[0], models, strict=True):
        lines(one, [c for c in cells if c["model"] == model], "copy", "size",
              ("bytes_per_cpu_second", 1 / (1 << 30)))
        dress(one, model, [short(size) for size in sizes], False)
        one.set_xlabel("size of the file", fontsize=8)
    axes[0][0].set_ylabel("GiB for a second of processor", fontsize=8)
    save(figure, axes[0], path)


def draw(results, folder):
    folder = pathlib.Path(folder)
    if results.get("models"):
        cells = sorted(results["models"], key=lambda c: (c["size"], c["clients"]))
        by_clients(cells, ("per_second", 1e-3), "thousand requests a second", folder / "sweeps-throughput.svg")
        for key, label in (("p50", "median"), ("p99", "99th percentile"), ("p999", "99.9th percentile")):
            by_clients(cells, (f"{key}_us", 1e-3), f"{label} of latency, ms", folder / f"sweeps-{key}.svg", log=True)
        by_clients(cells, ("cpu_us", 1), "µs of processor for a request", folder / "sweeps-cpu.svg")
        by_clients(cells, ("resident_bytes", 1 / (1 << 20)), "MiB of memory", folder / "sweeps-memory.svg", log=True)
    if results.get("copies"):
        by_size(results["copies"], folder / "sweeps-copies.svg")
