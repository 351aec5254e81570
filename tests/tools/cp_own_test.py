#!/usr/bin/env python3
"""What `sluice cp` has beyond GNU's: --dry-run, --exclude, --bwlimit, --progress, --json, --stats, and which go together."""

import base64
import hashlib
import itertools
import json
import os
import random
import re
import select
import stat
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
import terminal
import treegen
from cpcases import T0, Area
from cprunning import slowly
from harness import shown

TOOL = harness.sluice()


def run(*args, cwd, **how):
    return harness.run([TOOL, "cp", *args], cwd=cwd, **how)


def on_terminal(args, cwd, columns=100):
    return terminal.on_terminal(TOOL, ["cp", *args], cwd, columns)


def snapshot(root):
    """All that can be seen of a tree, but for access times."""
    seen = {}
    for depth, names, s in harness.walk(root):
        path = os.path.join(os.fsencode(root), *names)
        text = b""
        if stat.S_ISREG(s.st_mode):
            with open(path, "rb") as f:
                text = hashlib.sha256(f.read()).digest()
        elif stat.S_ISLNK(s.st_mode):
            text = os.readlink(path)
        seen[b"/".join(names)] = (s.st_mode, s.st_uid, s.st_gid, s.st_size, s.st_ino, s.st_nlink, s.st_mtime_ns, s.st_ctime_ns,
                                  text)
    return seen


# ---------------------------------------------------------------------------------------------------------------------
# Dry runs: the words of -v, and nothing done.

def met(area):
    """Sources, and targets of all kinds in their way."""
    area.file("a", "from a", 0o640)
    area.file("b", "from b, longer", 0o604, T0 + 10**9)
    area.file("old", "old", 0o644, T0 - 10**9)
    area.hard("a", "ha")
    area.hard("b", "hb")
    area.link("a", "la")
    area.link("b", "lb")
    area.link("t", "lt")
    area.link("nowhere", "dangling")
    area.link("loop", "loop")
    area.tree("t")
    area.hard("t/f", "t/e/hf")
    area.dir("d")
    area.file("d/a", "in the way", 0o444, T0 - 10**9)
    area.file("d/b", "newer", 0o644, T0 + 10**10)
    area.file("d/b~", "an older one")
    area.file("d/b.~3~", "a numbered one")
    area.dir("d/old")
    area.tree("d/t")
    area.file("d/t/e/g", "in the way", 0o600, T0 - 10**9)
    area.tree("u/t")
    area.file("u/t/other", "other")
    os.mkfifo(area.path("fifo"))


DRY_OPTIONS = ("", "-r", "-a", "-ru", "-rn", "-rb", "-r --backup=numbered", "-rf", "-r --remove-destination", "-au", "-rl", "-rlf",
               "-s", "-rs", "-rL", "-rH", "-rd", "-r --attributes-only", "-rT", "-r --parents", "-rp --parents", "-rx",
               "-r --copy-contents", "-r --strip-trailing-slashes", "-bf", "-r --sparse=always")
DRY_OPERANDS = ("a new", "a b", "a d", "b d", "a b old d", "a a d", "a t/f u/t/f d", "t new", "t d", "t/ d/", "t u/t d", "t u/t new2",
                "t u/t u", "t t d", "t t/new", "t t/e/new", "t t", "t/f a", "ha a", "la a", "a la", "dangling d", "a dangling",
                "lt d", "lt new", "fifo new", "nowhere d", "nowhere a d", "t a", "a t", "a new/", "a no/such", "t no/such", "a hb",
                "t/e/g t/f d", "t/e t/f d", "t/e/g t/e/hf u", "lb la d", "lb new", "loop d", "a loop", "a a", "u/t/other b t d",
                "old d", "t/e t/f u/t/e d")


def dry_runs(c, scratch):
    """For each combination, and for each of them as somebody who is not root, too."""
    problems, tried = [], 0
    users = (None, harness.NOBODY) if harness.ROOT else (None,)
    for number, (options, operands) in enumerate(itertools.product(DRY_OPTIONS, DRY_OPERANDS)):
        if number % 5 != 0 and not harness.LARGE:
            continue    # all of them take minutes
        user = users[number % len(users)]
        area = Area(os.path.join(scratch, f"dry{number}"))
        met(area)
        if user is not None or not harness.ROOT:        # whether a target may be written is not tried
            os.chmod(area.path("d/a"), 0o644)
        if user is not None:
            for where, _, files in os.walk(area.root):
                for path in [where] + [os.path.join(where, f) for f in files]:
                    os.chown(path, user, user, follow_symlinks=False)
        if "parents" in options and operands == "t u/t u":
            operands = "t u/t d"        # it would read what it wrote
        args = [*options.split(), *operands.split()]
        before = snapshot(area.root)
        said = run("--dry-run", *args, cwd=area.root, user=user)
        after = snapshot(area.root)
        # A FIFO that is to be read waits for its writer: the true run has none.
        reads_fifo = "fifo" in operands and ("-r" not in options and options != "-au" and "-a" not in options or "contents" in options)
        if reads_fifo and options != "-s":
            real = said
        else:
            real = run("-v", *args, cwd=area.root, user=user)
        tried += 1
        what = f"{options} {operands}".strip()
        if before != after:
            changed = [k for k in before.keys() | after.keys() if before.get(k) != after.get(k)]
            problems.append(f"{what}: changed {changed[:3]}")
        # Errors of files that are copied side by side come in any order.
        if (said.rc, said.out, sorted(said.err.splitlines())) != (real.rc, real.out, sorted(real.err.splitlines())):
            problems.append(f"{what}: {shown(str(said[:3]), 500)}, but really {shown(str(real[:3]), 500)}")
        harness.rmtree(area.root)
    c.nothing(f"--dry-run says what -v says and does nothing ({tried} combinations)", problems, most=12)


def linked_files(root, rng, count):
    """Files in some directories, about half of them further names of others, older and newer."""
    made = []
    for n in range(count):
        path = os.path.join(root, rng.choice(("", "p", "q", "p/r")), f"n{n % (count // 2)}")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if os.path.lexists(path):
            continue
        if made and rng.random() < 0.5:
            os.link(rng.choice(made), path)
        else:
            with open(path, "w") as f:
                f.write(f"{root} {n}")
        made.append(path)
    for path in made:
        when = T0 + rng.randrange(-2, 3) * 10**9
        os.utime(path, ns=(when, when))


LINKED_OPTIONS = ("-au", "-au", "-a", "-auf", "-aub", "-au --backup=numbered", "-au --remove-destination", "-an",
                  "-ru --preserve=links")
LINKED_OPERANDS = ("-T src dst", "-T src dst", "src/. src2/. dst", "src/. src/. dst", "src/p src/q src2/p dst")


def dry_links(c, scratch):
    """Where link groups of the source meet those of the target: what is replaced by a link, and told to be, depends on
    how many names are left of what stands there."""
    problems, replaced, tried = [], 0, 400 if harness.LARGE else 60
    for seed in range(tried):
        rng = random.Random(seed)
        root = os.path.join(scratch, f"links{seed}")
        for name in ("src", "src2", "dst"):
            linked_files(os.path.join(root, name), rng, 14)
            os.makedirs(os.path.join(root, name, "p", "r"), exist_ok=True)
            os.makedirs(os.path.join(root, name, "q"), exist_ok=True)
        args = f"{LINKED_OPTIONS[seed % len(LINKED_OPTIONS)]} {LINKED_OPERANDS[seed % len(LINKED_OPERANDS)]}".split()
        before = snapshot(root)
        said = run("--dry-run", *args, cwd=root)
        problems += [] if snapshot(root) == before else [f"{seed}: something was changed"]
        real = run("-v", *args, cwd=root)
        replaced += real.out.count(b"removed ")
        if (said.rc, said.err) != (real.rc, real.err) or said.out.splitlines() != real.out.splitlines():
            differ = harness.multiset_difference(real.out.splitlines(), said.out.splitlines()) or "the order"
            problems.append(f"{seed}: {' '.join(args)}: {shown(str(differ), 300)} {shown(said.err)} {shown(real.err)}")
        harness.rmtree(root)
    problems += [] if replaced > tried else [f"only {replaced} replaced"]
    c.nothing(f"--dry-run says what -v says of link groups ({tried} trees)", problems, most=12)


def dry_questions(c, scratch):
    area = Area(os.path.join(scratch, "asked"))
    met(area)
    before = snapshot(area.root)
    got = run("--dry-run", "-i", "a", "b", "d", cwd=area.root, stdin=harness.text_input("n\nn\n"))
    c.equal("--dry-run -i asks nobody", (got.rc, got.err), (0, b""))
    c.check("--dry-run -i tells what it would ask", b"would ask: " in got.out and got.out.count(b"?") == 2 and
            b"'a' -> 'd/a'\n" in got.out, shown(got.out))
    got = run("--dry-run", "-r", "--bwlimit=10", "t", "new", cwd=area.root)
    c.check("--dry-run does not wait", got.rc == 0 and got.seconds < 10, str(got.seconds))
    got = run("--dry-run", "--json", "-r", "t", "new", cwd=area.root)
    things = [json.loads(line) for line in got.out.splitlines()]
    c.equal("--dry-run --json", [t.get("target") for t in things[:-1] if t["event"] == "copy"][:1], ["new"])
    c.equal("--dry-run --json: summary", (things[-1]["dry_run"], things[-1]["files"], things[-1]["directories"]), (True, 4, 3))
    c.equal("--dry-run and then nothing is different", snapshot(area.root), before)


# ---------------------------------------------------------------------------------------------------------------------
# Excluded names: those that du leaves out.

def excluded(c, scratch):
    where = os.path.join(scratch, "excluded")
    os.mkdir(where)
    treegen.small(7, os.path.join(where, "t"), links="none")
    for path in ("t/x/keep.o", "t/x/y.o/inside", "t/.hidden", "t/a b/c", "t/[x]", "t/back\\slash", "t/x/z/x/deep", "t/\xff.o"):
        full = os.path.join(where, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w") as f:
            f.write("text")
    patterns = ("*.o", "x", "t/x", "x/z", "*", ".*", "?b", "a b", "[x]", "\\[x\\]", "back\\\\slash", "*z*", "/x", "t", "t/*", "deep",
                "y.o/inside", "", "x*/inside", "nothing")
    for n, some in enumerate([(p,) for p in patterns] + [("*.o", "deep"), (".hidden", "a b", "x/z")]):
        options = [f"--exclude={p}" for p in some]
        told = harness.run(["du", "-a0", *options, "t"], cwd=where)
        want = sorted(line.partition(b"\t")[2] for line in told.out.split(b"\0")[:-1])
        for jobs in (1, 4):
            got = run("-r", f"--jobs={jobs}", *options, "t", "copy", cwd=where)
            base = os.fsencode(os.path.join(where, "copy"))
            have = sorted(b"/".join([b"t", *names]) for _, names, _ in harness.walk(base)) if os.path.lexists(base) else []
            c.check(f"--exclude {' '.join(some)} with {jobs}", got.rc == 0 and got.err == b"" and have == want,
                    f"{shown(got.err)}; {harness.multiset_difference(want, have)[:4]}")
            harness.rmtree(base.decode())
    os.mkdir(os.path.join(where, "into"))
    got = run("-r", "--exclude", "x", "t/x", "t/.hidden", "into", cwd=where)
    c.equal("an excluded operand is passed by", (got.rc, got.err, os.listdir(os.path.join(where, "into"))), (0, b"", [".hidden"]))
    got = run("--parents", "--exclude", "keep.o", "t/x/keep.o", "t/.hidden", "into", cwd=where)
    c.equal("... with --parents", (got.rc, os.listdir(os.path.join(where, "into/t"))), (0, [".hidden"]))
    # What is excluded is not even looked at.
    if not harness.ROOT:
        os.chmod(os.path.join(where, "t/x"), 0)
    else:
        os.chown(os.path.join(where, "t/x"), harness.NOBODY, harness.NOBODY)
        os.chmod(os.path.join(where, "t/x"), 0)
        os.chmod(where, 0o777)
    got = run("-r", "--exclude=x", "t", "closed", cwd=where, user=harness.NOBODY + 1 if harness.ROOT else None)
    c.check("an excluded directory is not entered", b"t/x" not in got.err, shown(got.err))
    os.chmod(os.path.join(where, "t/x"), 0o755)


# ---------------------------------------------------------------------------------------------------------------------
# A limit to the rate.

def limited(c, scratch):
    """Never faster than told, however the bytes go; a loaded machine may be slower."""
    where = os.path.join(scratch, "limited")
    os.mkdir(where)
    rng = random.Random(3)
    size = 3 << 20
    with open(os.path.join(where, "one"), "wb") as f:
        f.write(rng.randbytes(size))
    os.mkdir(os.path.join(where, "many"))
    for i in range(60):
        with open(os.path.join(where, "many", str(i)), "wb") as f:
            f.write(rng.randbytes(size // 60))
    with open(os.path.join(where, "holes"), "wb") as f:
        f.truncate(1 << 34)
        f.seek(1 << 33)
        f.write(rng.randbytes(size))
    ways = {"inside the kernel": ["one"], "through a buffer": ["--reflink=never", "one"], "without zeros": ["--sparse=always", "one"],
            "many files": ["-r", "many"], "many files in order": ["-rv", "many"], "holes cost nothing": ["holes"]}
    for name, args in ways.items():
        for rate, text in ((2 << 20, "2M"), (4_000_000, "4MB")):
            least = size / rate
            got = run(*slowly(text), *args, "copy", cwd=where)
            # Blocks may be shared by this file system, which takes no time.
            c.check(f"--bwlimit={text}: {name}", got.rc == 0 and got.err == b"" and 0.99 * least <= got.seconds, f"{got.seconds}, not {least}")
            quick_enough = [got.seconds <= 1.05 * least + 0.1]
            while not quick_enough[-1] and len(quick_enough) < 5:
                harness.rmtree(os.path.join(where, "copy"))
                again = run(*slowly(text), *args, "copy", cwd=where)
                quick_enough.append(again.seconds <= 1.05 * least + 0.1)
            c.check(f"--bwlimit={text}: {name}, and not much slower", quick_enough[-1], f"{got.seconds}, not {least}")
            if args[-1] == "one":
                c.check(f"--bwlimit={text}: {name}, the same bytes",
                        open(os.path.join(where, "one"), "rb").read() == open(os.path.join(where, "copy"), "rb").read())
            harness.rmtree(os.path.join(where, "copy"))
    with open(os.path.join(where, "one"), "rb") as source:
        got = harness.run([TOOL, "cp", *slowly("4M"), "/dev/stdin", "copy"], cwd=where, stdin=source)
    c.check("--bwlimit: a stream", got.rc == 0 and got.seconds >= 0.7, str(got.seconds))
    for bad in ("0", "-1", "x", "", "1Q", "1.5M", "10 M", "99999999999999999999"):
        got = run(f"--bwlimit={bad}", "one", "copy", cwd=where)
        c.check(f"--bwlimit={bad} is refused", got.rc == 1 and got.err.count(b"\n") == 1 and f"invalid --bwlimit argument '{bad}': ".encode() in got.err,
                shown(got.err))
    for bad in ("0", "-1", "x", "", "1x", "1.5", " 1", "+1", "201", "99999999999999999999"):
        got = run(f"--jobs={bad}", "one", "nothing", cwd=where)
        c.equal(f"--jobs={bad} is refused", (got.rc, got.err, os.path.exists(os.path.join(where, "nothing"))),
                (1, f"sluice cp: invalid --jobs argument '{bad}': not a number from 1 to 200\n".encode(), False))
    for option in ("--bwlimit", "--jobs", "--exclude"):
        got = run("one", "nothing", option, cwd=where)
        c.equal(f"{option} without a value", (got.rc, got.err.splitlines()[0]),
                (1, f"sluice cp: option '{option}' requires an argument".encode()))
    os.unlink(os.path.join(where, "copy"))
    begun = time.monotonic()
    p = subprocess.Popen([TOOL, "cp", *slowly("1K"), "one", "copy"], cwd=where, env=harness.base_env(),
                         stderr=subprocess.PIPE)
    while not os.path.exists(os.path.join(where, "copy")) and time.monotonic() < begun + 30:
        time.sleep(0.01)
    p.terminate()
    _, err = p.communicate(timeout=30)
    c.equal("a signal while it waits", (p.returncode, err, os.path.exists(os.path.join(where, "copy"))), (-15, b"", False))


# ---------------------------------------------------------------------------------------------------------------------
# JSON.

def member(thing, name):
    return base64.b64decode(thing[name + "_base64"]) if name + "_base64" in thing else os.fsencode(thing[name])


def objects(c, scratch):
    where = os.path.join(scratch, "json")
    os.mkdir(where)
    treegen.small(11, os.path.join(where, "t"))
    for name in (b"some", b"\xff\xfe", b"\xc3\xa4", b"line\nend", b"\"quoted\"", b"\xed\xa0\x80"):
        with open(os.path.join(os.fsencode(where), b"t", name), "wb") as f:
            f.write(b"text")
    got = run("--json", "-r", "t", "plain", cwd=where)
    lines = got.out.splitlines()
    summary = json.loads(lines[-1])
    files = dirs = size = 0
    for _, _, s in harness.walk(os.path.join(where, "plain")):
        if stat.S_ISDIR(s.st_mode):
            dirs += 1
        else:
            files += 1
            size += s.st_size if stat.S_ISREG(s.st_mode) else 0
    c.equal("--json: only a summary", len(lines), 1)
    c.equal("--json: summary", {k: summary[k] for k in ("event", "result", "dry_run", "files", "directories", "bytes", "left", "errors")},
            {"event": "summary", "result": "complete", "dry_run": False, "files": files, "directories": dirs, "bytes": size, "left": 0,
             "errors": 0})
    want = run("-rv", "t", "told", cwd=where)
    got = run("-rv", "--json", "t", "told2", cwd=where)
    things = [json.loads(line) for line in got.out.decode().splitlines()]
    c.equal("--json -v: as many events as lines", len(things) - 1, len(re.findall(rb"(?m)^'.*?' -> |^\".*?\" -> ", want.out)))
    want_paths = sorted(os.path.join(b"told2", *names) for _, names, _ in harness.walk(os.path.join(where, "told2")))
    c.equal("--json -v: every path, each once", sorted(member(t, "target") for t in things if t["event"] == "copy"), want_paths)
    c.check("--json: sources as well", all(member(t, "source") == b"t" + member(t, "target")[5:] for t in things[:-1]))
    odd = [t for t in things if "target_base64" in t]
    c.check("--json: names that are not UTF-8, and no others, as base64", odd and all(not_utf8(member(t, "target")) for t in odd),
            str(len(odd)))
    got = run("--json", "-bv", "--remove-destination", "t/some", "nowhere", "plain", cwd=where)
    again = run("--json", "-bv", "t/some", "plain", cwd=where)
    things = [json.loads(line) for line in got.out.splitlines()]
    failed = [t for t in things if t["event"] == "error"]
    c.equal("--json: an error is an object", [(t["source"], t["errno"], t["message"]) for t in failed],
            [("nowhere", 2, "cannot stat 'nowhere': No such file or directory")])
    c.equal("--json: and a line on standard error", (got.rc, got.err),
            (1, b"sluice cp: cannot stat 'nowhere': No such file or directory\n"))
    c.equal("--json: summary of a failure", (things[-1]["result"], things[-1]["errors"]), ("incomplete", 1))
    c.equal("--json: a backup", [t.get("backup") for t in map(json.loads, again.out.splitlines()) if t["event"] == "copy"], ["plain/some~"])
    got = run("--json", "t/some", "t/some", "plain", cwd=where)
    things = [json.loads(line) for line in got.out.splitlines()]
    c.equal("--json: a warning is no error", (got.rc, [t["event"] for t in things], things[-1]["warnings"], things[-1]["errors"]),
            (0, ["warning", "summary"], 1, 0))
    got = run("--json", "--remove-destination", "-v", "t/some", "plain", cwd=where)
    c.equal("--json: removed", [t["event"] for t in map(json.loads, got.out.splitlines())], ["remove", "copy", "summary"])
    got = run("--json", "-n", "t/some", "plain", cwd=where)
    c.equal("--json: left alone", json.loads(got.out)["left"], 1)
    # As it happens, and not at the end.
    os.mkfifo(os.path.join(where, "fifo"))
    p = subprocess.Popen([TOOL, "cp", "--json", "-v", "t/some", "fifo", "plain"], cwd=where, env=harness.base_env(),
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    ready = select.select([p.stdout], [], [], 30)[0]
    first = p.stdout.readline() if ready else b"{}"
    p.terminate()
    rest, _ = p.communicate(timeout=30)
    c.equal("--json: events come as they happen", json.loads(first).get("source"), "t/some")
    c.check("--json: a copy that is ended says so, if there is time for it",
            not rest or json.loads(rest.splitlines()[-1]).get("result", "stopped") == "stopped", shown(rest))


def not_utf8(name):
    try:
        name.decode()
        return False
    except UnicodeDecodeError:
        return True


# ---------------------------------------------------------------------------------------------------------------------
# Progress.

def watching(c, scratch):
    where = os.path.join(scratch, "watched")
    os.mkdir(where)
    os.mkdir(os.path.join(where, "t"))
    size = 300_000
    for i in range(10):
        with open(os.path.join(where, "t", str(i)), "wb") as f:
            f.write(random.Random(i).randbytes(size))
    got = run("--progress", "-r", "t", "quiet", cwd=where)
    c.equal("--progress without a terminal", (got.rc, got.out, got.err), (0, b"", b""))
    for columns in (100, 40, 20):
        rc, out, drawn = on_terminal(["--progress", *slowly("3MB"), "-r", "t", f"t{columns}"], where, columns)
        c.equal(f"--progress in {columns} columns: nothing on stdout", (rc, out), (0, b""))
        lines = [piece.partition(b"\x1b[K")[0] for piece in drawn.split(b"\r") if b"\x1b[K" in piece]
        lines = [line for line in lines if line]
        c.check(f"--progress in {columns} columns: some lines, none too long",
                len(lines) >= 3 and all(len(line) < columns for line in lines), shown(drawn))
        if columns == 100:
            pattern = rb"^( *\d+% (\[=*>? *\] )?)?[\d.]+[KMG]? of 2\.9M, \d+ of 10 files, [\d.]+[KM]?/s(, \d+:\d\d left)?$"
            told = [line for line in lines if re.match(pattern, line)]
            c.check("--progress: bytes, files, rate and time left", len(told) >= len(lines) // 2 and
                    any(b" left" in line for line in told), shown(b"|".join(lines), 1500))
            parts = [int(line.split(b"%")[0]) for line in told if b"%" in line]
            c.check("--progress grows", parts == sorted(parts) and parts[-1] > parts[0], str(parts))
        c.check(f"--progress in {columns} columns: the end stays", re.search(rb"2\.9M, 10 files, 0:\d\d, [\d.]+[KM]/s\r\n$", drawn),
                shown(drawn[-100:]))
    rc, out, drawn = on_terminal(["--progress", *slowly("3MB"), "-rv", "t", "nowhere", "t100"], where)
    c.check("--progress with words", rc == 1 and out.count(b" -> ") == 11, shown(out))
    last_words = drawn.split(b"sluice cp: cannot stat 'nowhere'")
    c.check("--progress gives words a line of their own", len(last_words) == 2 and
            (last_words[0].endswith(b"\r\x1b[K") or b"\x1b[K" not in last_words[0]), shown(drawn))
    rc, out, drawn = on_terminal(["--progress", "--json", "-r", "t", "as-json"], where)
    c.equal("--progress with --json", (rc, json.loads(out)["bytes"]), (0, 10 * size))


# ---------------------------------------------------------------------------------------------------------------------
# What goes together, and names cut short.

def versions(c, scratch):
    version = harness.run([TOOL, "--version"]).out.decode().split()[1]
    for name in ("cp", "du"):
        where = os.path.join(scratch, f"called-{name}")
        os.mkdir(where)
        os.symlink(TOOL, os.path.join(where, name))
        for command in ([TOOL, name], [os.path.join(where, name)]):
            got = harness.run([*command, "--version"], cwd=where)
            c.equal(f"{' '.join(command[1:] or [name])} --version", (got.rc, got.out.splitlines()[0], got.err),
                    (0, f"{name} (Sluice) {version}".encode(), b""))


def together(c, scratch):
    where = os.path.join(scratch, "together")
    os.mkdir(where)
    open(os.path.join(where, "a"), "w").close()
    text = run("--help", cwd=where).out.decode()
    c.check("--help fits 80 columns", all(len(line) <= 80 for line in text.splitlines()))
    pairs = harness.pairs_in_help(text)
    c.check("--help has a table of pairs", len(pairs) > 15 and ("--json", "--interactive") in pairs and
            ("--fsync", "--dry-run") in pairs, str(pairs))
    for one, other in pairs:
        for args in ([one, other], [other, one]):
            got = run(*args, "a", "b", cwd=where)
            c.check(f"{' '.join(args)} is refused", got.rc == 1 and len(got.err.splitlines()) == 2 and
                    got.err.endswith(b"Try 'sluice cp --help' for more information.\n") and
                    (one.encode() in got.err or b"cannot make both" in got.err or b"--reflink can be used" in got.err) and
                    not os.path.lexists(os.path.join(where, "b")), shown(got.err))
    fine = ("--progress", "--bwlimit=1G", "--dry-run", "--exclude=x", "--stats", "--json", "-v")
    for one, other in itertools.combinations(fine, 2):
        got = run(one, other, "a", "b", cwd=where)
        c.check(f"{one} {other}", got.rc == 0, shown(got.err))
    for short, full in (("--prog", b""), ("--bw=1", b""), ("--dr", b""), ("--exc=x", b""), ("--js", b"")):
        got = run(short, "a", "b", cwd=where)
        c.check(f"{short} is enough", got.rc == 0 and got.err == full, shown(got.err))
    for short in ("--p", "--b", "--d", "--re", "--s", "--v", "--a", "--f"):     # GNU's, or among GNU's
        want = harness.run(["cp", short, "a", "b"], cwd=where)
        got = run(short, "a", "b", cwd=where)
        c.equal(f"{short} means what it means to GNU cp", (got.rc, got.err.replace(b"sluice cp", b"cp")), (want.rc, want.err))
    got = run("-t", "--json", "a", cwd=where)
    c.check("an option's argument may look like one of ours", b"'--json'" in got.err, shown(got.err))
    got = run("--exclude", "--json", "a", "b", cwd=where)
    c.equal("... and so may a pattern", (got.rc, got.out, got.err), (0, b"", b""))


def statistics(c, scratch):
    where = os.path.join(scratch, "statistics")
    os.mkdir(where)
    os.mkdir(os.path.join(where, "t"))
    for i in range(50):
        with open(os.path.join(where, "t", str(i)), "wb") as f:
            f.write(b"x" * 1000)
    got = run("--stats", "--reflink=never", "-r", "t", "copy", cwd=where)
    lines = [line.split() for line in got.err.decode().splitlines()]
    heads = lines[0]
    rows = {line[0]: dict(zip(heads, line)) for line in lines[1:] if len(line) == len(heads)}
    c.check("--stats: a row for each kind", {"open", "close", "read_at", "write_at", "mkdir", "all"} <= rows.keys(), str(rows.keys()))
    c.check("--stats: bytes", int(rows["read_at"]["bytes"]) == int(rows["write_at"]["bytes"]) == 50_000, str(rows))
    ways = lambda row: sum(int(row[way]) for way in ("call", "ring", "pool"))
    c.check("--stats: as many writes as files, by whatever way", ways(rows["write_at"]) == 50, str(rows["write_at"]))
    c.check("--stats: latencies", all(rows[kind][column] != "-" for kind in ("open", "write_at") for column in ("median", "99%")), str(rows))
    c.check("--stats: kernel entries and the backend", b"kernel entries: " in got.err and b"backend: " in got.err and got.out == b"",
            shown(got.err))


def test(c, scratch):
    os.chmod(scratch, 0o777)
    for part in (versions, together, excluded, objects, watching, limited, statistics, dry_questions, dry_links, dry_runs):
        part(c, scratch)


if __name__ == "__main__":
    harness.main(test)
