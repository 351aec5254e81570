"""What the sweeps found, as tables: all of it for a page of its own, and what fits for the guide."""
from common import describe

BEGIN, END = "<!-- sweeps: begin (bench/net/sweeps.py writes this part) -->", "<!-- sweeps: end -->"


def short(size):
    return f"{size >> 20} MiB" if size >= 1 << 20 else f"{size >> 10} KiB"


def number(value, digits=3):
    """With so many digits that count, and commas."""
    if value is None:
        return "–"
    whole = len(str(int(abs(value))))
    return f"{value:,.{max(0, digits - whole)}f}" if whole < digits else f"{round(value, digits - whole):,.0f}"


def latency(us):
    return "–" if us is None else number(us / 1000)


def errors(cell):
    return sum(cell["errors"].values())


def notes(cell):
    """What else has to be said of a cell."""
    told = [f"{n:,} {kind}{'s' if kind.endswith('run') else ' errors'}" for kind, n in cell["errors"].items()]
    if "failed" in cell:
        return f"cannot serve, {', '.join(told)}: " + cell["failed"].replace("|", "/").replace("\n", " ")[:60]
    if not cell["bytes"]:
        told.insert(0, "serves nothing")
    elif not cell["requests"]:
        told.insert(0, "no answer got ready")
    if cell["not_connected"]:
        told.append(f"{cell['not_connected']:,.0f} not connected")
    return ", ".join([*told, cell["limit"]] if cell["limit"] else told)


def aligned(head, rows, left=1):
    """A table whose source reads like one; the first columns are words, the others figures."""
    rows = [[str(cell) for cell in row] for row in rows]
    wide = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    words = [i < left or head[i] == "" or head[i] == "notes" for i in range(len(head))]
    put = lambda row: "| " + " | ".join(c.ljust(w) if word else c.rjust(w)
                                        for c, w, word in zip(row, wide, words, strict=True)).rstrip() + " |"
    rule = "|" + "|".join("-" * (w + 2) if word else "-" * (w + 1) + ":"
                          for w, word in zip(wide, words, strict=True)) + "|"
    return [put(head), rule, *map(put, rows)]


HEAD = ["requests/s", "MiB/s", "p50 ms", "p99 ms", "p99.9 ms", "CPU µs", "machine µs", "memory MiB", "errors", "notes"]


def values(cell):
    if "failed" in cell:
        return ["–"] * 8 + [f"{errors(cell):,}", notes(cell)]
    return [number(cell["per_second"]), number(cell["bytes_per_second"] / (1 << 20)),
            *(latency(cell[key]) for key in ("p50_us", "p99_us", "p999_us")), number(cell["cpu_us"]), number(cell["busy_us"]),
            number(cell["resident_bytes"] / (1 << 20)), f"{errors(cell):,}", notes(cell)]


def of_models(cells):
    ordered = sorted(cells, key=lambda c: (c["size"], c["clients"]))
    rows = [[short(c["size"]), f"{c['clients']:,}", c["model"], *values(c)] for c in ordered]
    return aligned(["file", "clients", "model", *HEAD], rows, 3)


def of_copies(cells):
    """GiB for a second of the server's processor: a row for each model and size, a column for each way."""
    ways = list(dict.fromkeys(c["copy"] for c in cells))
    rows = []
    for model, size in dict.fromkeys((c["model"], c["size"]) for c in cells):
        found = {c["copy"]: c for c in cells if (c["model"], c["size"]) == (model, size)}
        one = lambda way: number(found[way].get("bytes_per_cpu_second", None) and
                                 found[way]["bytes_per_cpu_second"] / (1 << 30))
        rows.append([model, short(size), *(one(way) for way in ways)])
    return aligned(["model", "file", *ways], rows, 2)


def of_copies_in_full(cells):
    rows = [[c["model"], short(c["size"]), c["copy"], *values(c)] for c in cells]
    return aligned(["model", "file", "way", *HEAD], rows, 3)


EXPLAINED = ("CPU is what a request takes of the server's processor, user and system time of all its threads and "
             "processes;", "machine is what all cores were busy for meanwhile, the client and strangers included; "
             "memory is resident, shared", "pages counted once, without the kernel's buffers. Errors are those of all "
             "runs. Not connected are clients that", "found the queue of the listener full when they were looked at, late "
             "in the run. Client-bound: the client's core", "had no more to give, the server's had; both saturated: "
             "neither had.")


def how(about, results):
    rounds = max(c["rounds"] for cells in results.values() for c in cells)
    times = "one run of each" if rounds == 1 else f"medians of {rounds} runs"
    return f"{describe(about)}; a core for the server and one for the client; {times}."


def part_of_guide(about, results):
    """All but the latencies, processor time and memory of each way."""
    lines = [how(about, results), "", *EXPLAINED, ""]
    if results.get("models"):
        lines += [*of_models(results["models"]), ""]
    if results.get("copies"):
        lines += ["GiB of files for a second of the server's processor, 16 clients:", "",
                  *of_copies(results["copies"]), ""]
    return "\n".join(lines)


def page(about, results):
    """Everything."""
    lines = ["# Models and ways, compared", "", "Written by `bench/net/sweeps.py`; the plots beside it show the same.",
             "", part_of_guide(about, results)]
    if results.get("copies"):
        lines += ["The same runs in full:", "", *of_copies_in_full(results["copies"]), ""]
    return "\n".join(lines)


def put_into(guide, text):
    """Between the marks of the page; what stands around them stays."""
    before, rest = guide.read_text().split(BEGIN)
    after = rest.split(END)[1]
    guide.write_text(f"{before}{BEGIN}\n{text}{END}{after}")
