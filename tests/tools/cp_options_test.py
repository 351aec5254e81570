#!/usr/bin/env python3
"""Options of `sluice cp`, called by the name cp, against GNU cp: the very same words, status and trees."""

import itertools
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
import treegen
from cpcases import T0, Area, Cases, called_cp


def ab(area):
    area.file("a", "from a", 0o640)
    area.file("b", "from b, longer", 0o604, T0 + 10**9)
    area.dir("d")
    area.tree("t")
    area.link("a", "la")
    area.link("t", "lt")
    area.link("nowhere", "dangling")


def usage(c, scratch, command):
    """What is wrong with a command line, abbreviations, and words that are cut short."""
    cases = Cases(c, scratch, command, exact=True)
    none = lambda area: None
    for args in ([], ["a"], ["--no-such", "a", "b"], ["-y", "a", "b"], ["-t"], ["--target-directory"],
                 ["-T", "a", "b", "c"], ["-T", "a", "d/"], ["-T", "a", "none/"], ["-vT", "a", "d/"], ["-T", "-t", "d", "a"], ["-t", "d"], ["-t", "d", "-t", "d", "a"],
                 ["--p", "a", "b"], ["--re", "a", "b"], ["--s", "a", "b"], ["--st", "a/", "new"], ["--no", "a", "b"],
                 ["--a", "a", "new"], ["--arch", "a", "new"], ["--b", "a", "b"], ["--path", "t/f", "d"],
                 ["--verb", "a", "b"], ["--archive=x", "a", "b"], ["--parents", "a", "b"], ["--sparse", "a"],
                 ["--sparse=x", "a", "b"], ["--sparse=", "a", "b"], ["--sparse=a", "a", "b"], ["--sparse=al", "a", "b"],
                 ["--reflink=x", "a", "b"], ["--reflink=a", "a", "b"], ["--reflink=n", "a", "b"],
                 ["--backup=x", "a", "b"], ["--backup=n", "a", "b"], ["--backup=no", "a", "b"], ["--backup=nu", "a", "b"],
                 ["--backup=", "a", "b"], ["--preserve=x", "a", "b"], ["--preserve=", "a", "b"],
                 ["--preserve=mode,", "a", "b"], ["--preserve=m,ti,o", "a", "b"], ["--no-preserve", "a", "b"],
                 ["--no-preserve=z", "a", "b"], ["--preserve=context", "a", "b"], ["--preserve=all,context", "a", "b"],
                 ["-ls", "a", "b"], ["-bn", "a", "b"], ["-nb", "a", "b"], ["-S", ".x", "-n", "a", "b"],
                 ["--reflink", "--sparse=always", "a", "b"], ["--reflink=always", "--sparse=never", "a", "b"],
                 ["-Z", "a", "b"], ["--context", "a", "b"], ["--context=x:y", "a", "b"], ["a", "b", "nowhere"],
                 ["a", "t", "b"], ["-t", "nowhere", "a"], ["-t", "b", "a"], ["-t", "", "a"], ["a", ""], ["", "b"],
                 ["", "a", "d"], ["-t", "--stats", "a"], ["--", "--stats", "d"], ["-t", "--jobs=4", "a"],
                 ["-S", "--jobs", "a", "b"], ["a", "d", "-v"]):
        cases.run(f"usage: {' '.join(args) or 'nothing'}", ab, args)
    for variable, value in (("VERSION_CONTROL", "x"), ("VERSION_CONTROL", "n"), ("VERSION_CONTROL", ""),
                            ("VERSION_CONTROL", "t"), ("VERSION_CONTROL", "off")):
        for option in ("-b", "--backup", "--backup=simple"):
            cases.run(f"{variable}={value} {option}", ab, [option, "a", "b"], env=harness.base_env(**{variable: value}))
    cases.run("POSIXLY_CORRECT ends options at an operand", ab, ["a", "b", "-v"],
              env=harness.base_env(POSIXLY_CORRECT="1"))
    cases.run("POSIXLY_CORRECT writes through dangling links", lambda s: (ab(s), s.link("made", "l")), ["a", "l"],
              env=harness.base_env(POSIXLY_CORRECT="1"))
    for args in (["--st", "a", "b"], ["--stat", "a", "b"]):
        result = harness.run([*command, *args], cwd=scratch)
        c.check(f"an abbreviation of ours alone: {args[0]}", b"ambiguous" not in result.err, repr(result.err))
    for seed, locale in enumerate(("C", "C.UTF-8")):
        rng = random.Random(seed)
        names = [os.fsdecode(bytes(rng.choice(b"''\1\n\377\303\244ab\"$ #~") for _ in range(rng.randint(1, 7)))) for _ in range(500)]
        cases.run(f"quoted names in {locale}", lambda s: s.dir("d"), ["-t", "d", "--", *names],
                  env=harness.base_env(LC_ALL=locale))
    result = harness.run([*command, "--jobs"], cwd=scratch)
    c.equal("--jobs without a number", result.err.splitlines()[0], b"cp: option '--jobs' requires an argument")
    result = harness.run([*command, "--help"], cwd=scratch, stdin=None)
    c.check("--help", result.rc == 0 and b"--remove-destination" in result.out, repr(result.err))
    with open("/dev/full", "wb") as full:
        import subprocess
        told = subprocess.run([*command, "--help"], stdout=full, stderr=subprocess.PIPE, env=harness.base_env())
    c.equal("--help on a full device", (told.returncode, told.stderr), (1, b"cp: write error: No space left on device\n"))


def kinds(c, scratch, command):
    """-l, -s, --attributes-only, --remove-destination, --copy-contents and what they meet."""
    cases = Cases(c, scratch, command, exact=True)
    kind = ("-l", "-s", "--attributes-only", "--remove-destination", "", "-P", "-d", "-p")
    more = ("", "-f", "-u", "-v")

    def met(area):
        ab(area)
        area.hard("a", "ha")
        area.link("b", "lb")
        area.link("a", "la2")
        area.hard("b", "hb")
        area.link("nowhere", "dangling2")

    options = [f"{k} {m}".strip() for k, m in itertools.product(kind, more)]
    for source, target in (("a", "new"), ("a", "b"), ("a", "a"), ("a", "ha"), ("a", "la"), ("la", "a"), ("la", "la2"),
                           ("la", "lb"), ("a", "lb"), ("a", "dangling"), ("dangling", "new"), ("a", "d"), ("la", "ha")):
        cases.matrix(met, options, [source, target])

    def trees(area):
        area.tree("t")
        area.hard("t/f", "t/e/again")
        os.mkfifo(area.path("t/fifo"))
        area.file("o/t/f", "older", 0o600, T0 - 10**9)
        area.link("nowhere", "o/t/l")
        area.dir("o/t/e", 0o711)

    options = [f"-r{m}" for m in ("l", "s", "lf", "lP", "lL", "sf", "P", "d", "fP", "p", "u", "n", "v", "lv", "x", "T")]
    options += ["-a --attributes-only", "-r --attributes-only", "-r --remove-destination", "-a --remove-destination",
                "-rv --remove-destination", "-a --no-preserve=links", "-a --no-preserve=mode", "-r --no-preserve=mode",
                "-a --no-preserve=all", "-r --preserve=links", "-r --preserve", "-r --preserve=timestamps",
                "-r --preserve=mode,links", "-Rp --no-preserve=timestamps", "-avu", "-aul", "-auv --remove-destination"]
    # Where -s can't make a link, GNU cp has removed what stood there; ours has not.
    cases.matrix(trees, [o for o in options if o not in ("-rs", "-rsf")], ["t", "o"])
    cases.matrix(trees, options, ["t", "new"])
    cases.matrix(lambda s: (trees(s), s.link("g", "t/e/l")), ["-rl", "-rlv", "-al", "-rlL", "-rlf", "-rlu", "-rlT"], ["t/e", "t"])
    cases.matrix(lambda s: (trees(s), s.link("t", "lt")), ["-rlT", "-rlTL", "-rlTP", "-rlTH"], ["lt", "lt"])
    cases.run("-rs of an absolute source", trees, ["-rs", os.path.join(scratch, "gnu"), "new"], tree=False)
    cases.matrix(ab, ["-s", "-sf", "-sv"], ["t/f", "d/new"])
    cases.matrix(ab, ["-s", "-sT"], ["t/f", "d/it's so"])
    cases.matrix(ab, ["-s", "-sv"], ["a", "./new"])
    cases.matrix(ab, ["--strip-trailing-slashes", "-r --strip-trailing-slashes", "-rP --strip-trailing-slashes", "-rP"],
                 ["lt/", "d"])
    cases.matrix(ab, ["--strip-trailing-slashes -r", "-rT --strip-trailing-slashes"], ["lt/", "new"])

    def fifo(area):
        os.mkfifo(area.path("t"))
        writer = os.open(area.path("t"), os.O_RDWR)
        os.write(writer, b"through a fifo")
        os.close(writer)

    cases.run("a device is read", lambda s: None, ["--copy-contents", "-r", "/dev/null", "new"])
    cases.run("a device is made", lambda s: None, ["-r", "/dev/null", "new"])
    cases.run("a FIFO onto a file", lambda s: (os.mkfifo(s.path("f")), s.file("b")), ["-rL", "f", "b"])
    cases.run("a FIFO onto a file, as links", lambda s: (os.mkfifo(s.path("f")), s.file("b")), ["-rP", "f", "b"])
    # Nobody writes to it: it must not be opened where the target stays.
    for args in (["-n", "f", "b"], ["-u", "f", "b"], ["-nu", "f", "b"], ["-up", "f", "b"], ["-i", "f", "b"], ["f", "f"],
                 ["f", "hf"], ["-p", "f", "hf"], ["f", "d"], ["-b", "f", "f"], ["-n", "f", "lb"]):
        cases.run(f"a FIFO that nobody writes to: {' '.join(args)}", lambda s: (
            os.mkfifo(s.path("f")), os.utime(s.path("f"), ns=(T0, T0)), s.hard("f", "hf"), s.file("b", when=T0 + 10**9),
            s.link("b", "lb"), s.dir("d/f")), args, timeout=5)
    cases.run("asked once about a device", lambda s: s.file("b"), ["-i", "/dev/null", "b"], stdin=harness.text_input("y\n"))
    # What is newer stays, whether or not the link could be made.
    for options in ("-su", "-sn", "-suv", "-rsu", "-sui"):
        cases.run(f"a link that can't be made over what is newer: {options}", lambda s: (
            ab(s), s.file("d/f", "newer", when=T0 + 10**9)), [options, "t/f", "d"], stdin=harness.text_input("n\n"))
    cases.run("a FIFO in an unwritable directory", lambda s: (os.mkfifo(s.path("f")), s.dir("d", 0o555)), ["-r", "f", "d"],
              owner=harness.NOBODY)


def attributes(c, scratch, command):
    """--preserve and --no-preserve under masks and for others' files."""
    cases = Cases(c, scratch, command, exact=True)

    def modes(area):
        for mode in (0o755, 0o4711, 0o600, 0o7777, 0o444):
            area.file(f"t/{mode:o}", "x", mode)
        area.dir("t/closed", 0o2750)
        area.file("old", "y", 0o777)

    options = ["-r --preserve=mode", "-r --no-preserve=mode", "-r --preserve=ownership", "-rp --no-preserve=mode",
               "-a --no-preserve=mode,ownership", "-r --preserve=all", "-r --no-preserve=ownership", "-rp"]
    for mask in (0o000, 0o022, 0o077):
        cases.matrix(modes, options, ["t", "new"], umask=mask)
    cases.matrix(modes, ["-p", "--preserve=mode", "--preserve=ownership", "--no-preserve=mode"], ["t/755", "old"])

    # GNU cp lets set-id bits of the old file stay; a mode that is kept is the source's.
    area = Area(os.path.join(scratch, "set-id"))
    area.file("a", "x", 0o755)
    area.file("old", "y", 0o4777)
    harness.run([*command, "-p", "a", "old"], cwd=area.root)
    c.equal("-p over a set-id file", oct(os.stat(area.path("old")).st_mode), oct(0o100755))

    def foreign(area):
        area.file("t/f", "x", 0o4755)
        area.file("t/g", "x", 0o2755)
        area.file("t/s", "x", 0o1755)
        area.foreign = area.path("t")
        area.file("m/f", "mine", 0o666)

    cases.matrix(foreign, ["-rp", "-a", "-r --preserve=mode", "-r --preserve=ownership", "-r --preserve=all"],
                 ["t", "new"], owner=harness.NOBODY)
    cases.matrix(foreign, ["-p", "-a", "--preserve=mode"], ["t/f", "m/f"], owner=harness.NOBODY)
    if harness.ROOT:
        def others(area):
            area.file("a", "x", 0o4755)
            area.file("b", "y", 0o4777)
            os.chown(area.path("a"), 1234, 1235)
            os.chmod(area.path("a"), 0o4755)
            os.chown(area.path("b"), 4321, 4321)

        cases.matrix(others, ["-p", "-a", "--preserve=mode", "--preserve=ownership", "--preserve=timestamps"], ["a", "b"])

    def xattrs(area):
        os.setxattr(area.file("a", "x"), "user.one", b"1")
        os.setxattr(area.path("a"), "user.two", b"2")
        area.file("b", "y")

    cases.matrix(xattrs, ["--preserve=xattr", "-a", "--preserve=all", "-p", "-a --no-preserve=xattr",
                          "--attributes-only --preserve=xattr"], ["a", "b"])


def parents(c, scratch, command):
    cases = Cases(c, scratch, command, exact=True)

    def deep(area):
        area.file("a/b/c/f", "x", 0o640)
        area.file("a/b/g", "y")
        for name, mode in (("a", 0o750), ("a/b", 0o700), ("a/b/c", 0o2775)):
            area.dir(name, mode)
        area.dir("d")
        area.dir("half/a", 0o711)
        area.file("wrong/a")
        area.file("full/a/b/g", "old")

    for options in ("", "-v", "-p", "-pv", "-a", "-r", "-b", "-bv", "--preserve=mode", "--preserve=timestamps",
                    "--preserve=ownership", "--no-preserve=mode", "-l", "-u"):
        for where in ("d", "half", "wrong", "full"):
            cases.matrix(deep, [f"{options} --parents"], ["a/b/c/f", "a/b/g", "nowhere/f", where])
    cases.matrix(deep, ["-r --parents", "-a --parents", "-rv --parents"], ["a/b", "d"])
    cases.matrix(deep, ["--parents"], ["a//b/c//f", "d"])
    cases.matrix(deep, ["--parents"], ["./a/b/c/f", "d"])
    cases.matrix(deep, ["--parents", "-v --parents"], ["a/b/../b/g", "d"])
    cases.matrix(deep, ["-r --parents"], ["a/", "d"])
    cases.matrix(deep, ["--parents"], ["a/b/g", "nowhere"])
    cases.matrix(deep, ["--parents -t d", "-v --parents -t d/"], ["a/b/g"])


def collisions(c, scratch, command):
    """Operands that meet; the answer must not depend on who is faster."""
    def setup(area):
        for n in (1, 2, 3):
            area.file(f"s{n}/x", f"x of {n}")
            area.file(f"s{n}/t/f", f"f of {n}")
            area.file(f"s{n}/t/own{n}", "own")
            for k in range(20):
                area.file(f"s{n}/t/many/{k}", f"{n} {k}", when=T0 + n * 10**9)
        area.hard("s1/t/f", "s2/t/linked")
        area.hard("s1/x", "s1/x2")
        area.link("x", "s1/l")
        area.file("o/l", "under the link")
        area.link("../s1/x", "s2/l")
        area.dir("o")

    cases = Cases(c, scratch, command, exact=True)
    lists = [["s1/x", "s2/x", "o"], ["s1/x", "s1/x", "o"], ["s1/t", "s2/t", "s3/t", "o"], ["s1/t", "s1/t/", "o"],
             ["s1/t", "s1/x", "s2/x", "s3/t", "o"], ["s1/x", "s1/x2", "s2/l", "o"], ["s1/l", "s2/l", "o"],
             ["s1/t/f", "s1/t", "o"], ["s1/t/many", "s1/t", "o"], ["s1/t/many", "s1", "o"], ["s1", "s1/t", "o"]]
    for operands in lists:
        cases.matrix(setup, ["-r", "-a", "-rv", "-rd", "-rb", "-rH", "-rl", "-rn", "-ru", "--backup=numbered -r", "-rL",
                             "-rP --remove-destination", "-rf"], operands)
    # What could not be begun was not copied, and may be met again.
    def barred(area):
        setup(area)
        area.file("o/t", "not a directory")
        area.file("o/s1/t", "not a directory")

    for operands in (["s1/t", "s1/t", "s1", "o"], ["s1/t", "s1", "o"], ["s2/t", "s1/t", "s2", "o"], ["s1/t/many", "s1", "o"]):
        cases.matrix(barred, ["-r", "-a", "-rl", "-rL", "--parents -r"], operands)
    cases.matrix(barred, ["-r"], ["s1", "s1/t", "o"])
    cases.matrix(barred, ["--parents -r", "--parents -rn", "--parents -a"], ["s3/t", "s3/t", "s3", "o"])
    shuffled = Cases(c, scratch, command, exact=True)
    for n in range(100):
        operands = lists[n % len(lists)]
        option = ("-r", "-a", "-ru", "-rn", "-rd")[n % 5]
        shuffled.command = [*command, f"--jobs={1 + n * 7 % 8}"]
        shuffled.run(f"schedule {n}: {option} {' '.join(operands)}", setup, [option, *operands])


def test(c, scratch):
    command = called_cp(scratch)
    usage(c, scratch, command)
    kinds(c, scratch, command)
    attributes(c, scratch, command)
    parents(c, scratch, command)
    collisions(c, scratch, command)


if __name__ == "__main__":
    harness.main(test)
