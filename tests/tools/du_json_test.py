#!/usr/bin/env python3
"""What `sluice du` has beyond GNU's: --json, --top, --progress, --stats, and their place among GNU's options."""

import base64
import itertools
import json
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
import terminal
import treegen
from ducases import DU, TOOL, apparent_sizes
from harness import shown


def run(*args, cwd):
    return harness.run([TOOL, "du", *args], cwd=cwd)


def lines_of(out):
    """{path: size} of GNU's, in order, from -0."""
    return [(path, int(size)) for size, _, path in (line.partition(b"\t") for line in out.split(b"\0")[:-1])]


def path_of(thing):
    return base64.b64decode(thing["path_base64"]) if "path_base64" in thing else os.fsencode(thing["path"])


def json_lines(c, scratch, name, options):
    got = run("--json", *options, "t", cwd=scratch)
    want = harness.run([DU, "-0", "-B1", *[o for o in options if o[:2] != "-h"], "t"], cwd=scratch)
    things = [json.loads(line) for line in got.out.decode().splitlines()]
    problems = []
    if got.rc != want.rc:
        problems.append(f"exit status {got.rc}")
    named = [(path_of(t) if t["type"] != "total" else b"total", t["size"]) for t in things]
    if named != lines_of(want.out):
        problems.append(f"{len(named)} lines differ from GNU's {len(lines_of(want.out))}")
    for t in things:
        path = None if t["type"] == "total" else path_of(t)
        full = os.path.join(os.fsencode(scratch), path or b"")
        if path is not None and (t["type"] == "directory") != (os.path.isdir(full) and not os.path.islink(full)):
            problems.append(f"{shown(path)} is a {t['type']}")
        if {"size", "allocated", "apparent", "entries"} - t.keys():
            problems.append(f"{shown(path or b'total')} lacks a member")
        if "path_base64" in t:
            try:
                path.decode()
                problems.append(f"{shown(path)} is UTF-8")
            except UnicodeDecodeError:
                pass
    c.nothing(f"--json {name}", problems)
    return things


def objects(c, scratch):
    for options in ([], ["-a"], ["-ac"], ["-s"], ["-S"], ["-d1", "-a"], ["--apparent-size", "-a"], ["--inodes"], ["-b", "-a"],
                    ["-t", "20K"]):
        json_lines(c, scratch, " ".join(options) or "alone", options)
    by_path = {path_of(t): t for t in json_lines(c, scratch, "once more", ["-a"])}
    entry = by_path[b"t/some"]
    s = os.lstat(os.path.join(scratch, "t/some"))
    c.equal("--json tells both sizes", (entry["apparent"], entry["allocated"], entry["entries"]), (s.st_size, s.st_blocks * 512, 1))
    c.check("--json has names that are not UTF-8", any("path_base64" in t for t in by_path.values()))
    got = run("--json", "--time", "t/some", cwd=scratch)
    c.equal("--json --time", json.loads(got.out)["time"], "2001-09-09T01:46:40.000000005Z")
    got = run("--json", "-c", "nowhere", cwd=scratch)
    c.equal("--json of nothing", (got.rc, json.loads(got.out)),
            (1, {"type": "total", "size": 0, "allocated": 0, "apparent": 0, "entries": 0}))


def largest(c, scratch):
    want = lines_of(harness.run([DU, "-a0", "-B1", "t"], cwd=scratch).out)
    want.sort(key=lambda e: -e[1])
    for n in (1, 3, 10, len(want), 10 ** 6):
        for jobs in (1, 8):
            got = run("-a0", "-B1", f"--top={n}", f"--jobs={jobs}", "t", cwd=scratch)
            lines = got.out.split(b"\0")[:-1]
            c.equal(f"--top={n} --jobs={jobs}", [(p, int(s)) for s, _, p in (x.partition(b"\t") for x in lines)], want[:n])
            widths = {len(x.partition(b"\t")[0]) for x in lines}
            c.equal(f"--top={n} --jobs={jobs} is aligned", len(widths), 1)
    got = run("-a", "--top", "2", "-c", "-h", "t", cwd=scratch).out.splitlines()
    c.check("--top with a total", len(got) == 3 and got[-1].endswith(b"\ttotal"), shown(b"|".join(got)))
    got = run("--json", "--top=2", "-c", "t", cwd=scratch).out.splitlines()
    c.check("--top as JSON", len(got) == 3 and json.loads(got[2])["type"] == "total" and
            json.loads(got[0])["size"] >= json.loads(got[1])["size"], shown(b"|".join(got)))
    for bad in ("0", "-1", "x", "", "1K"):
        got = run(f"--top={bad}", "t", cwd=scratch)
        c.check(f"--top={bad} is refused", got.rc == 1 and f"invalid --top argument '{bad}': ".encode() in got.err and not got.out, shown(got.err))


def together(c, scratch):
    """Each pair of the table in --help, in both orders, and what it stands for."""
    text = run("--help", cwd=scratch).out.decode()
    pairs = harness.pairs_in_help(text)
    c.check("--help has a table of pairs", len(pairs) >= 5 and ("--json", "--null") in pairs, str(pairs))
    as_given = {"--null": ("-0", "--null"), "--block-size": ("-k", "-m", "-B1", "--block-size=1K"),
                "--human-readable": ("-h", "--human-readable"), "--time-style": ("--time-style=iso",)}
    for one, other in pairs:
        for given in as_given.get(other, (other,)):
            for args in ([one, given], [given, one]):
                got = run(*args, "t", cwd=scratch)
                c.equal(f"{' '.join(args)} is refused", (got.rc, got.out, got.err.decode()),
                        (1, b"", f"sluice du: options {one} and {other} are mutually exclusive\n"
                                 "Try 'sluice du --help' for more information.\n"))
    for one, other in itertools.combinations(("--json", "--top=1", "--progress", "--stats", "--jobs=2", "-b", "--time"), 2):
        got = run(one, other, "t", cwd=scratch)
        c.check(f"{one} {other}", got.rc == 0 and (one != "--json" or json.loads(got.out.splitlines()[0])), shown(got.err))


def watching(c, scratch):
    plain = run("-s", "t", "flat", cwd=scratch)
    got = run("--progress", "-s", "t", "flat", cwd=scratch)
    c.equal("--progress says nothing without a terminal", (got.rc, got.out, got.err), (0, plain.out, b""))
    rc, out, drawn = terminal.on_terminal(TOOL, ["du", "--progress", "-s", "t", "flat"], scratch)
    c.equal("--progress changes no line", (rc, out), (0, plain.out))
    c.check("--progress draws and erases", drawn.startswith(b"\r") and b" entries, " in drawn and drawn.endswith(b"\r\x1b[K"),
            shown(drawn))
    pieces = [p.partition(b"\x1b[K")[0] for p in drawn.split(b"\r")]
    c.check("--progress stays in its line", all(len(p) < 80 and b"\n" not in p for p in pieces), shown(drawn))
    for _ in range(30):     # until it is in time
        rc, _, drawn = terminal.on_terminal(TOOL, ["du", "--progress", "-s", "flat"], scratch, on_drawn=lambda p: p.send_signal(signal.SIGTERM))
        if rc != 0:
            break
    c.check("--progress is erased when it is interrupted", rc == -signal.SIGTERM and drawn.endswith(b"\r\x1b[K"),
            f"status {rc}, {shown(drawn[-100:])}")
    rc, out, drawn = terminal.on_terminal(TOOL, ["du", "-s", "t", "flat"], scratch)
    c.equal("nothing is drawn unasked", drawn, b"")
    got = run("--stats", "-s", "t", cwd=scratch)
    c.check("--stats", got.rc == 0 and b"loops: " in got.err and b"stat" in got.err, shown(got.err))


def names(c, scratch):
    """GNU's options come first: what is an abbreviation of one of them is never one of ours."""
    for args, same in ((["--to", "t"], ["--total", "t"]), (["--js", "t"], ["--json", "t"]), (["--p", "-s", "t"], ["-s", "t"]),
                       (["--jo=2", "t"], ["t"]), (["--", "--json"], ["./--json"])):
        got, want = run(*args, cwd=scratch), run(*same, cwd=scratch)
        out = want.out.replace(b"./--json", b"--json")
        c.equal(f"{' '.join(args)} is {' '.join(same)}", (got.rc, got.out), (want.rc, out))
    for args, word in ((["--j", "t"], b"unrecognized option '--j'"), (["--json=1", "t"], b"--json=1'"),
                       (["--top"], b"option '--top' requires an argument"), (["--t", "t"], b"option '--t' is ambiguous")):
        got = run(*args, cwd=scratch)
        c.check(f"{' '.join(args)} is refused", got.rc == 1 and word in got.err and b"--json'" not in got.err, shown(got.err))
    got = run("--exclude", "--json", "-a", "--", "t", cwd=scratch)
    want = harness.run([DU, "--exclude", "--json", "-a", "--", "t"], cwd=scratch)
    c.equal("an option's argument that looks like ours", got.out, want.out)
    text = run("--help", cwd=scratch).out.decode()
    c.check("--help fits 80 columns", all(len(line) <= 80 for line in text.splitlines()) and "--json" in text)
    wanted = [word.strip(",") for line in harness.run([DU, "--help"]).out.decode().splitlines() for word in line.split()[:2]
              if line.startswith("  ") and word.startswith("-")]
    c.nothing("--help has every option of GNU's",
              [w for w in wanted if w.partition("=")[0].partition("[")[0] not in text])


def test(c, scratch):
    make = lambda name: os.path.join(scratch, name)
    apparent_sizes(scratch)
    treegen.full(5, make("t"))
    treegen.flat(6, make("flat"), 20000)
    with open(make("t/some"), "wb") as f:
        f.write(b"x" * 12345)
    os.utime(make("t/some"), ns=(10 ** 18 + 5, 10 ** 18 + 5))
    with open(make("--json"), "wb"):
        pass
    harness.settle(scratch)
    for part in (objects, together, largest, watching, names):
        part(c, scratch)


if __name__ == "__main__":
    harness.main(test)
