#!/usr/bin/env python3
"""`sluice du`'s options that change what is counted and which lines are printed, against GNU du: byte for byte, with one
thread and with several.
"""

import itertools
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
import treegen
from ducases import TOOL, apparent_sizes, differential
from harness import shown

JOBS = (1, 2, 8)


def linked(rng, root):
    """Hard links between directories chosen by lot, symbolic links between them, and empty and large ones."""
    os.mkdir(root)
    below = ["."]
    for n in range(60):
        below.append(os.path.join(rng.choice(below), f"d{n}"))
        os.mkdir(os.path.join(root, below[-1]))
    for n in range(300):
        name = os.path.join(root, rng.choice(below), f"f{n}")
        with open(name, "wb") as f:
            f.write(b"x" * rng.choice((0, 1, 5000, 20000)))
        for k in range(rng.choice((0, 0, 0, 1, 3))):
            os.link(name, os.path.join(root, rng.choice(below), f"l{n}-{k}"))
    for n in range(40):
        where = rng.choice(below)
        target = os.path.relpath(os.path.join(root, rng.choice(below)), os.path.join(root, where))
        os.symlink(target if n % 4 else target + f"/f{n}", os.path.join(root, where, f"s{n}"))
    with open(os.path.join(root, "d0", "*odd?[x]\\"), "wb"):
        pass


def options(c, scratch):
    flags = ["-a", "-S", "-l", "-c", "-L", "-D", "-s", "-d1", "--inodes", "-b", "-x", "-h", "--si", "-m", "-k",
             "-t20K", "-t-20K", "--exclude=d1*"]
    apparent = apparent_sizes(scratch)
    for n in (1, 2, 3):
        for some in itertools.combinations(flags, n):
            if "-b" in some and not apparent:
                continue
            if n == 3 and random.Random(repr(some)).randrange(8) != 0:
                continue
            differential(c, f"options {' '.join(some)}", [*some, "linked"], scratch,
                         jobs=(random.Random(repr(some)).choice(JOBS),))


def orders(c, scratch):
    """The same tree again and again: whichever thread comes first, the lines are GNU's."""
    for args in ([], ["-a"], ["-aS"], ["-d2"], ["-aL"], ["-lL"], ["-a", "--inodes"]):
        differential(c, f"always in the same order: {' '.join(args) or 'no option'}", [*args, "linked", "more"], scratch,
                     jobs=JOBS * 8)
    differential(c, "12000 names by inode", ["-a", "large"], scratch, jobs=JOBS * 3)
    differential(c, "links of 12000 names by inode", ["large"], scratch, jobs=JOBS * 3)
    differential(c, "3000 subdirectories", ["many"], scratch, jobs=JOBS * 3)
    differential(c, "3000 subdirectories behind others", [], scratch, jobs=(None,) * 40)


def thresholds(c, scratch):
    for size in ("0", "1", "4096", "4097", "4K", "4KB", "4KiB", "-1", "-4096", "-4K", "-0", "1M", "-1M", "K", "kB", " 5",
                 "+5", "x", "1Q", "5B", "1g", "1T", "-K", "--", "", "0x1000", "9223372036854775807", "9223372036854775808",
                 "-9223372036854775808", "-9223372036854775809", "99999999999999999999K", "8E", "-8E", "1iB", "1KD"):
        for form in (["-t", size], [f"--threshold={size}"]):
            differential(c, f"threshold {' '.join(form)}", ["-a", *form, "linked/d0", "linked/d1"], scratch)
    for unit in (["--inodes"], ["--apparent-size"], ["-l"], ["-S"], ["-c"]):
        for size in ("3", "-3", "1", "2", "9K"):
            differential(c, f"threshold {size} with {unit[0]}", ["-a", "-t", size, *unit, "linked/d0"], scratch)


def excluded(c, scratch):
    patterns = ["d1", "d*", "*", "f?", "f[0-9]", "[!f]*", "linked", "./linked", "linked/d0", "*/d0", "d0/d1", "d0/*", "?0",
                "l*-*", "\\d1", "d\\1", "nothing", "", "\\*odd*", "*odd[?][[]x]\\", "*\\\\", "*odd?[x]\\", "/", "d0/", ".",
                "*/*/*", "[d", "d[", "s[[:digit:]]"]
    for pattern in patterns:
        for more in ([], ["-a"], ["-a", "-L"]):
            differential(c, f"--exclude={pattern} {' '.join(more)}", [*more, f"--exclude={pattern}", "linked"], scratch)
    differential(c, "two patterns", ["-a", "--exclude=d*", "--exclude", "f1*", "linked"], scratch, jobs=JOBS)
    differential(c, "operands that are excluded", ["-a", "--exclude=d0", "linked/d0", "linked/d0/", "linked/d1"], scratch)
    differential(c, "a path with .", ["-a", "--exclude=./d0", "."], os.path.join(scratch, "linked"))
    differential(c, "hidden names", ["-a", "--exclude=*hidden", "--exclude=?nother", "hidden"], scratch)
    for locale in ("C", "C.UTF-8"):
        differential(c, f"bytes and characters in {locale}", ["-a", "--exclude=caf?", "--exclude=\u4e16?", "hidden"], scratch,
                     env=harness.base_env(LC_ALL=locale))
    # What nobody may look at is no error when it is excluded.
    differential(c, "what is excluded is not looked at", ["-a", "--exclude=s*", "-L", "linked"], scratch)
    for n, text in enumerate((b"d1*\nf2*", b"d1*  \n\n  \nf2*\t\n", b"\n", b"", b"d1\0x\nf2", b" d1\n", b"d1*\r\n")):
        with open(os.path.join(scratch, f"patterns{n}"), "wb") as f:
            f.write(text)
        differential(c, f"patterns from a file: {shown(text)}", ["-a", "-X", f"patterns{n}", "linked"], scratch)
        differential(c, f"patterns from standard input: {shown(text)}", ["-a", "--exclude-from=-", "linked"], scratch,
                     stdin=harness.text_input(text.decode()))
    for bad in ("no such", "a:b", "linked"):
        differential(c, f"patterns from {bad}", ["-X", bad, "linked"], scratch)


def names_from(c, scratch):
    texts = (b"linked\0more\0", b"linked\0more", b"", b"\0", b"linked\0\0more\0", b"linked\0linked\0linked/d0\0",
             b"-\0linked/d0\0", b"nowhere\0linked/d0\0", b"linked/d0//\0", b"linked\n\0", b"linked/d0\0linked")
    for n, text in enumerate(texts):
        with open(os.path.join(scratch, f"names{n}"), "wb") as f:
            f.write(text)
        for more in ([], ["-s"], ["-c"], ["-l", "-c"], ["-L"]):
            differential(c, f"names from a file {' '.join(more)}: {shown(text)}", [*more, f"--files0-from=names{n}"], scratch)
        differential(c, f"names from standard input: {shown(text)}", ["--files0-from=-", "-a"], scratch,
                     stdin=harness.text_input(text.decode()))
    for args in (["--files0-from=nowhere"], ["--files0-from=linked"], ["--files0-from=names0", "more"], ["--files0-from="],
                 ["--files0-from=it's"], ["--files0-from=a:b"], ["--files0-from"]):
        differential(c, f"names from what is none: {' '.join(args)}", args, scratch)


def links(c, scratch):
    os.symlink("linked", os.path.join(scratch, "to-dir"))
    os.symlink("names0", os.path.join(scratch, "to-file"))
    os.symlink("nowhere", os.path.join(scratch, "dangling"))
    os.symlink("loop", os.path.join(scratch, "loop"))
    for name in ("to-dir", "to-dir/", "to-file", "dangling", "loop", "nowhere", "loop/x", "linked"):
        for how in ("-D", "-H", "--dereference-args", "-L", "--dereference", "-P", "--no-dereference", "-LP", "-PD", "-DL"):
            differential(c, f"{how} {name}", [how, "-a", name], scratch)
    differential(c, "a link and what it points to, -D", ["-D", "-a", "to-dir", "linked"], scratch, jobs=JOBS)
    differential(c, "a link and what it points to, -L", ["-L", "-a", "linked/d1", "to-dir", "linked"], scratch, jobs=JOBS)


def words(c, scratch):
    """Options that are wrong, cut short, or at odds: GNU's words."""
    for args in (["--s"], ["--si"], ["--su"], ["--se"], ["--st"], ["--t"], ["--to"], ["--ti"], ["--tim"], ["--time-"],
                 ["--th=1"], ["--e=x"], ["--exclude-=patterns0"], ["--n"], ["--nu"], ["--no"], ["--d"], ["--dereference"],
                 ["--dereference-"], ["--a"], ["--al"], ["--ap"], ["--b"], ["--bl=1"], ["--by"], ["--i"], ["--m=1"], ["--f=names0"],
                 ["--o"], ["--c"], ["--h"], ["--hu"], ["--x"], ["--all=1"], ["--inodes", "-b"], ["--inodes", "--apparent-size", "-a"],
                 ["--inodes", "-BK"], ["--inodes", "-h"], ["--inodes", "-m"], ["-s", "-a"], ["-s", "-d0"], ["-s", "-d2"],
                 ["-d", "-0"], ["-d", "+1"], ["-d", " 1"], ["-d", "99999999999999999999"], ["-d", "9223372036854775807"],
                 ["-d", "9223372036854775808"], ["-d", "0x1"], ["-d", "x", "-d", "y", "-Q"], ["-X"], ["-t"], ["-Bh"], ["-B", "hum"],
                 ["-B", "s"], ["-B", ""], ["--block-size="], ["--block=x"], ["-b", "-h"], ["-h", "-m"]):
        if args == ["--h"] or args == ["--st"]:
            continue            # help is our own, and so is what begins with "st"
        differential(c, f"words: {' '.join(args)}", [*args, "linked/d0"] if args[0] not in ("-X", "-t") and
                     not args[0].startswith("--f") else args, scratch)


def environment(c, scratch):
    for name in ("DU_BLOCK_SIZE", "BLOCK_SIZE", "BLOCKSIZE"):
        for size in ("1", "512", "K", "MB", "1Q", "Q", "0", "", "hum", "human-readable", "si", "'1", "x", "-1", "3K",
                     "99999999999999999999"):
            for more in ([], ["-b"], ["-BM"], ["--apparent-size"]):
                differential(c, f"{name}={size} {' '.join(more)}", ["-a", *more, "linked/d0"], scratch,
                             env=harness.base_env(**{name: size}))
    both = harness.base_env(DU_BLOCK_SIZE="2K", BLOCK_SIZE="3K", BLOCKSIZE="5K")
    differential(c, "DU_BLOCK_SIZE comes first", ["linked/d0"], scratch, env=both)
    for more in ({}, {"BLOCK_SIZE": "Q"}, {"BLOCKSIZE": "1K"}):
        differential(c, f"POSIXLY_CORRECT {more}", ["linked/d0", "-a"], scratch,
                     env=harness.base_env(POSIXLY_CORRECT="1", **more))
    for locale in ("C", "C.UTF-8"):
        env = harness.base_env(LC_ALL=locale)
        differential(c, f"quotes in {locale}", ["it's", "new\nline", "caf\u00e9", "a:b"], scratch, env=env)
        differential(c, f"words in {locale}", ["-d", "caf\u00e9", "--time=x"], scratch, env=env)


def test(c, scratch):
    os.chdir(scratch)
    linked(random.Random(1), "linked")
    linked(random.Random(2), "more")
    treegen.flat(3, "large", 12000, 9)
    os.mkdir("large/below")
    rng = random.Random(4)
    for n in range(600):
        os.link(f"large/f{rng.randrange(12000):07d}", f"large/{'below/' if n % 2 else ''}link{n}")
    os.mkdir("many")
    for n in range(3000):
        os.mkdir(f"many/{n}")
        if n % 10 == 0:
            os.link("large/f0000001", f"many/{n}/link")
    os.mkdir("hidden")
    for name in (".hidden", ".another", "hidden", "caf\u00e9", b"caf\xe9", "\u4e16\u754c", "\u4e16a"):
        with open(os.path.join(b"hidden", os.fsencode(name)), "wb") as f:
            f.write(b"x" * 5000)
    harness.settle(scratch)
    for part in (options, orders, thresholds, excluded, names_from, links, words, environment):
        part(c, scratch)


if __name__ == "__main__":
    harness.main(test)
