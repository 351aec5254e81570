"""The results as a table for the terminal, and as Markdown."""
from common import describe

TITLES = ("row", "peer", "sluice", "times as fast", "range", "quartiles", "wanted", "verdict")


def seconds(value):
    return f"{value * 1e3:.1f} ms" if value < 1 else f"{value:.2f} s"


def cells(r):
    if "failed" in r:
        return (r["name"], "", "", "", "", "", "", f"failed: {r['failed']}")
    ratio = r["times_as_fast"]
    if r["most_more"] is not None:
        more = r["seconds_more"]
        middle = (f"{more['median'] * 1e3:+.2f} ms", f"{more['min'] * 1e3:+.1f}..{more['max'] * 1e3:+.1f}",
                  f"{more['q1'] * 1e3:+.1f}..{more['q3'] * 1e3:+.1f}",
                  f"<= {r['most_more'] * 1e3:+.0f} ms")
    else:
        middle = (f"{ratio['median']:.2f}", f"{ratio['min']:.2f}..{ratio['max']:.2f}",
                  f"{ratio['q1']:.2f}..{ratio['q3']:.2f}",
                  f">= {r['wanted']:.2f}" if r["wanted"] is not None else "-")
    return (r["name"], seconds(r["peer_seconds"]["median"]), seconds(r["sluice_seconds"]["median"]),
            *middle, r["verdict"])


WIDTHS = (40, 10, 10, 13, 14, 14, 9, 0)


def aligned(some):
    first, *rest = some
    return f"{first:<{WIDTHS[0]}}" + "".join(
        f"{c:>{w}}" if w else f"  {c}" for c, w in zip(rest, WIDTHS[1:], strict=True))


def summary(results):
    counts = {}
    for r in results:
        verdict = "failed" if "failed" in r else r["verdict"]
        counts[verdict] = counts.get(verdict, 0) + 1
    return ", ".join(f"{n} {what}" for what, n in sorted(counts.items()))


def markdown(machine, sources, results):
    lines = ["# The tools beside GNU's", "", describe(machine) + ".", "",
             "A pair's ratio is the peer's time over ours. Shown are the median of the pairs, their "
             "range and quartiles;", "where the quartiles are further apart than 20 % of the median, "
             "nothing was measured. `synced` times `cp && sync -f DST`.", ""]
    lines += [f"- `{name}`: {what}" for name, what in sorted(sources.items())]
    # Shared blocks are another thing than copies: a table of their own.
    shares = [r["name"].startswith("xfs-reflink/") for r in results]
    for title, shared in (("", False), ("Where blocks are shared (XFS with reflink=1):", True)):
        rows = [r for r, so in zip(results, shares, strict=True) if so == shared]
        if not rows:
            continue
        lines += [*(["", title] if title else []), "", "| " + " | ".join(TITLES) + " |", "|" + "---|" * len(TITLES)]
        lines += ["| " + " | ".join(cells(r)) + " |" for r in rows]
    return "\n".join([*lines, "", summary(results), ""])
