"""The rows of the network as a page for people."""
import comparison
import echo_rows
import http_rows
from common import describe

BEGINNING = """# Servers beside others

{machine}.

Server and client have a core each, in network namespaces with cubic. CPU is user and system time of all threads
of the server's processes, io_uring's workers included; machine is what all cores were busy for, the client and
strangers included. Runs alternate; shown are medians, and a verdict's ratio is the median of the ratios of the
same round, the peer's CPU over ours, with quartiles. Where those are further apart than 20 % of the median nothing
was measured; medians of fewer than {rounds} rounds only indicate. "Client-bound": the client's core had no more to give
while the server's had; "both saturated": neither had.
"""


def table(titles, rows):
    """The first column holds words, the others figures, but for notes."""
    rule = "".join("---|" if title in (titles[0], "server", "beside", "verdict", "notes") else "--:|" for title in titles)
    return ["| " + " | ".join(titles) + " |", "|" + rule, *("| " + " | ".join(row) + " |" for row in rows), ""]


def of_verdicts(rows):
    told = []
    for row in rows:
        for asked in row.get("asked", ()):
            r = asked.get("ratio")
            measured = [f"{r['median']:.2f}", f"{r['q1']:.2f}..{r['q3']:.2f}", f">= {asked['wanted']:.1f}"] if r else [""] * 3
            told.append([f"{row['kind']}, {row['row']}", asked["server"], asked.get("beside", ""), *measured,
                         asked["verdict"], ", ".join(asked["notes"])])
        if row["kind"] == "idle":
            told.append([f"idle: {row['row']}", "uring", "", f"{row['bytes_each']:.0f} bytes each", "",
                         f"<= {row['most']} bytes", row["verdict"], f"{row['served']:,} served"])
    return table(["row", "server", "beside", "ratio", "quartiles", "wanted", "verdict", "notes"], told)


def of_echo(rows):
    cells = [[row["row"], name, f"{t['cpu_us']:.2f}", f"{t['best_peer_over_it']:.2f}", f"{t['busy_us']:.2f}",
              f"{t['per_second']:,.0f}", *(f"{t[late]:,.0f}" for late in ("p50_us", "p99_us", "p99.9_us")),
              ", ".join(echo_rows.notes(t))] for row in rows for name, t in row["servers"].items()]
    return table(["row", "server", "CPU µs/message", "best peer/it", "machine µs/message", "messages/s", "p50 µs",
                  "p99 µs", "p99.9 µs", "notes"], cells)


def of_http(rows):
    cells = [[row["row"], name, f"{t['per_cpu_second']:,.0f}", f"{t['nginx_over_it']:.2f}", f"{t['busy_us']:.1f}",
              f"{t['per_second']:,.0f}", ", ".join(http_rows.notes(t))]
             for row in rows for name, t in row["servers"].items()]
    return table(["row", "server", "requests/CPU-second", "nginx/it", "machine µs/request", "requests/s", "notes"], cells)


def markdown(machine, rows):
    lines = BEGINNING.format(machine=describe(machine), rounds=comparison.ROUNDS).splitlines()
    lines += ["", "## What is asked", "", *of_verdicts(rows)]
    kinds = {"echo": ("## Echo, 64 B, 256 connections", of_echo), "http": ("## Files over HTTP", of_http)}
    for kind, (title, draw) in kinds.items():
        some = [row for row in rows if row["kind"] == kind and row["servers"]]
        if some:
            rounds = " and ".join(str(n) for n in sorted({row["rounds"] for row in some}))
            lines += [title, "", f"Medians of {rounds} rounds." + (
                " `nginx+cache` has its `open_file_cache`; ours has no cache." if kind == "http" else ""),
                "", *draw(some)]
    return "\n".join(lines)
