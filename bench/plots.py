#!/usr/bin/env python3
"""Draws what ablation.py found: plots.py ablation.json FOLDER. Bars are times the first variant's
time, with the quartiles of the rounds."""
import json
import pathlib
import sys

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "sluice"  # the same figures give the same file
matplotlib.rcParams["font.family"] = "DejaVu Sans"
from matplotlib import pyplot  # noqa: E402

GROUPS = {
    "ways": ("size-warm", "size-cold", "copy-warm", "copy-cold"),
    "tasks": ("tasks-warm", "tasks-cold"),
    "bytes": ("bytes-warm", "bytes-cold"),
    "details": ("order-cold", "names-warm", "sqpoll"),
}
COLOURS = ("#33658a", "#86bbd8", "#f6ae2d", "#f26419")


def colour_of(name, place):
    kinds = {"range": 0, "buffer": 1, "direct": 2, "calls": 0, "ring": 1, "pool": 2, "adaptive": 3}
    return COLOURS[kinds.get(name.split()[0].rstrip(","), place) % len(COLOURS)]


def bars(axes, found):
    variants = found["variants"]
    spots = range(len(variants))
    ratios = [v["times_the_first"] for v in variants]
    values = [r["median"] for r in ratios]
    spread = [[r["median"] - r["q1"] for r in ratios], [r["q3"] - r["median"] for r in ratios]]
    grouped = any(v["name"].startswith(("buffer", "calls,")) for v in variants)
    colours = [colour_of(v["name"], i if grouped or len(variants) <= 4 else 0)
               for i, v in enumerate(variants)]
    axes.barh(spots, values, xerr=spread, color=colours, height=0.7,
              error_kw={"ecolor": "#444444", "capsize": 2, "lw": 1})
    axes.set_yticks(spots, [v["name"] for v in variants])
    axes.invert_yaxis()
    axes.axvline(1, color="#444444", lw=0.8, ls=":")
    edge = max(r["q3"] for r in ratios)
    far = edge > 8 * min(values)
    for spot, value, r in zip(spots, values, ratios, strict=True):
        beside = max(value, r["q3"])
        axes.text(beside * 1.06 if far else beside + edge * 0.02, spot, f"{value:.2f}",
                  va="center", fontsize=8)
    if far:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(lambda x, _: f"{x:g}")
        axes.set_xlim(min(r["q1"] for r in ratios) / 2, edge * 2)
    else:
        axes.set_xlim(0, edge * 1.18)
    axes.set_title(found["title"], fontsize=10, loc="left")
    axes.tick_params(labelsize=8)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def draw(results, folder):
    by_name = {r["name"]: r for r in results}
    for group, names in GROUPS.items():
        there = [by_name[n] for n in names if n in by_name]
        if not there:
            continue
        heights = [len(r["variants"]) + 1.5 for r in there]
        figure, axes = pyplot.subplots(len(there), 1, figsize=(7, 0.27 * sum(heights) + 0.4),
                                       height_ratios=heights, squeeze=False)
        for one, found in zip(axes[:, 0], there, strict=True):
            bars(one, found)
        axes[-1, 0].set_xlabel("time, as a multiple of the first bar's", fontsize=8)
        figure.tight_layout()
        figure.savefig(pathlib.Path(folder) / f"ablation-{group}.svg", metadata={"Date": None})
        pyplot.close(figure)


if __name__ == "__main__":
    draw(json.loads(pathlib.Path(sys.argv[1]).read_text())["experiments"], sys.argv[2])
