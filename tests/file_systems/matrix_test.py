#!/usr/bin/env python3
"""cp and du on file systems of every kind, against GNU's: the same words, the same trees, the same sizes.

Trees are compared by our own comparer, which shares no code with the tool, and by GNU tar.
"""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools", "lib"))
import filesystems
import harness
import treecmp
import treegen
from cpcases import called_cp
from ducases import differential
from harness import shown

WITHIN = (["-a"], ["-r"], ["-a", "--reflink=always"], ["-a", "--sparse=always"], ["-r", "--reflink=never"],
          ["-r", "--sparse=never", "--reflink=never", "--no-preserve=mode"], ["-dR", "--preserve=links,timestamps,xattr"])
ACROSS = (["-a"], ["-rp"])
if not filesystems.LARGE:
    WITHIN, ACROSS = WITHIN[:3], ACROSS[:1]
HUGE = b"-5g"


def keeps_times(options):
    return any(o in ("-a", "-rp") or "timestamps" in o for o in options)


def without_huge(tree):
    """Options that write holes can't be used with gigabytes of them."""
    for where, _, files in os.walk(os.fsencode(tree)):
        for name in files:
            if name.endswith(HUGE):
                os.unlink(os.path.join(where, name))


def same_trees(a, b, times, **options):
    """Their differences, by two comparers that know nothing of each other."""
    return treecmp.compare(a, b, mtime=times, slack=512 * 1024, **options) + filesystems.archives_differ(a, b, times)


def copied_alike(c, name, command, options, source, target, like_source=False):
    """GNU's copy and ours, below `target`. like_source: ours is also compared with the source."""
    there = os.path.join(target, "copy")
    results = []
    for who in (["cp"], command):
        results.append(harness.run([*who, *options, source, there], timeout=120))
        os.path.lexists(there) and os.rename(there, os.path.join(target, f"by-{len(results)}"))
    gnu, ours = (os.path.join(target, f"by-{n}") for n in (1, 2))
    problems = said_alike(*results)
    if results[0].rc != 0 and "--reflink=always" in options:
        pass    # GNU cp leaves empty files where it could not clone
    elif os.path.lexists(gnu) and os.path.lexists(ours):
        problems += same_trees(gnu, ours, keeps_times(options))
        if like_source:
            problems += [f"source: {line}" for line in same_trees(source, ours, True)]
    elif os.path.lexists(gnu) or os.path.lexists(ours):
        problems.append("only one of the tools made a copy")
    c.nothing(f"{name}: cp {' '.join(options)}", problems)
    harness.rmtree(gnu)
    harness.rmtree(ours)


def said_alike(want, got):
    problems = [] if want.rc == got.rc else [f"exit status {got.rc}, GNU {want.rc}"]
    for what in ("out", "err"):
        lines = [getattr(r, what).splitlines() for r in (want, got)]
        problems += [f"std{what}: {p}" for p in harness.multiset_difference(*lines)]
    return problems


def sized_alike(c, name, where):
    for args in (["-a", "src"], ["-abl", "src"], ["--inodes", "src", "src.outside"], ["-sx", "."], ["-aL", "src"]):
        differential(c, f"{name}: du {' '.join(args)}", args, where, jobs=(1, 2, 8))


def flags(c, name, command, where):
    """What must not change: copied as anything else; where a copy would have to change it, GNU's words."""
    area = os.path.join(where, "flags")
    os.makedirs(os.path.join(area, "t", "closed"))
    fixed = [os.path.join(area, n) for n in ("t/fixed", "t/closed")]
    grows = os.path.join(area, "t/grows")
    for path in (fixed[0], grows, os.path.join(fixed[1], "in")):
        with open(path, "w") as f:
            f.write(path)
    if subprocess.run(["chattr", "+i", *fixed], capture_output=True).returncode != 0:
        c.skip(f"{name}: immutable files", "this file system has none")
        return
    try:
        subprocess.run(["chattr", "+a", grows], check=True)
        copied_alike(c, f"{name}, immutable files", command, ["-a"], os.path.join(area, "t"), area, like_source=True)
        new = os.path.join(area, "new")
        os.makedirs(os.path.join(new, "closed"))
        for path in ("fixed", "grows", "closed/in"):
            with open(os.path.join(new, path), "w") as f:
                f.write("newer")
        for options in (["-rT"], ["-rTf"], ["-rTb"], ["-rT", "--remove-destination"]):
            results = [harness.run([*who, *options, new, os.path.join(area, "t")]) for who in (["cp"], command)]
            c.nothing(f"{name}: onto immutable files: cp {' '.join(options)}", said_alike(*results))
        c.equal(f"{name}: an immutable file stays", open(fixed[0]).read(), fixed[0])
    finally:
        subprocess.run(["chattr", "-i", "-a", *fixed, grows], capture_output=True)


def deep(c, name, command, where):
    """Deeper than a path can be: GNU cp can't go there, so the source is what it has to be like."""
    tree, copy = os.path.join(where, "deep"), os.path.join(where, "deep-copy")
    treegen.deep(3, tree, 60, 200, 7)
    result = harness.run([*command, "-a", tree, copy])
    problems = [] if (result.rc, result.err) == (0, b"") else [f"status {result.rc}, {shown(result.err)}"]
    c.nothing(f"{name}: deeper than paths are long", problems + treecmp.compare(tree, copy))
    differential(c, f"{name}: du, deeper than paths are long", ["-ab", "deep"], where, jobs=(1, 8))


def plain_kind(c, scratch, command, kind, outside):
    """One that can hold files and directories only: what it can't, both tools tell."""
    with filesystems.mounted(scratch, kind, fill=lambda where: treegen.five_ary(os.path.join(where, "src"), 3, 5000)) as where:
        source = os.path.join(where, "src")
        differential(c, f"{kind}: du -ab", ["-ab", "src"], where, jobs=(1, 2, 8))
        simple = os.path.join(outside, "simple")
        for options in (["-r"], ["-a"], ["-a", "--no-preserve=ownership"]):
            copied_alike(c, kind, command, options, source, where)
            copied_alike(c, f"out of {kind}", command, options, source, outside)
            copied_alike(c, f"into {kind}", command, options, simple, where)
        case_ignored(c, kind, command, where, outside)


def case_ignored(c, name, command, where, outside):
    """Two names that are one there: the second is told, as by GNU's, and overwrites nothing."""
    source = os.path.join(outside, "cases")
    for path in ("f/A", "f/a", "d/D/one", "d/d/two"):
        os.makedirs(os.path.dirname(os.path.join(source, path)), exist_ok=True)
        with open(os.path.join(source, path), "w") as f:
            f.write(path)
    for options in (["-r"], ["-a", "--jobs=8"], ["-rv"]):
        copy = os.path.join(where, "cases-copy")
        result = harness.run([*command, *options, source, copy])
        kept = {os.path.relpath(os.path.join(at, n), copy): open(os.path.join(at, n)).read()
                for at, _, files in os.walk(copy) for n in files}
        c.check(f"{name} ignores case: cp {' '.join(options)}",
                result.rc == 1 and result.err.count(b": File exists\n") == 2 and len(kept) == 2
                and all(path == text for path, text in kept.items()), f"{kept}: {shown(result.err)}")
        harness.rmtree(copy)
    harness.rmtree(source)


def casefold(c, command, scratch, outside):
    """A directory of an ext4 that ignores case, where the kernel has that."""
    with filesystems.mounted(scratch, "ext4", options=["-O", "casefold"]) as where:
        folded = os.path.join(where, "folded")
        os.mkdir(folded)
        subprocess.run(["chattr", "+F", folded], check=True)
        case_ignored(c, "ext4", command, folded, outside)


def one_kind(c, scratch, command, kind, outside):
    def fill(where):
        treegen.full(7, os.path.join(where, "src"))

    with filesystems.mounted(scratch, kind, fill=fill) as where:
        source = os.path.join(where, "src")
        if kind == "ext4 without d_type":
            c.check("its directories tell no types", not filesystems.tells_types(source))
        if kind == "overlay":
            with open(os.path.join(source, "first", "link-a"), "a") as f:
                f.write("copied up")
            os.unlink(os.path.join(source, "first", "size1"))
        harness.settle(where)
        sized_alike(c, kind, where)
        for options in ACROSS:
            copied_alike(c, f"out of {kind}", command, options, source, outside)
            copied_alike(c, f"into {kind}", command, options, os.path.join(outside, "src"), where)
        without_huge(source)
        for options in WITHIN:
            copied_alike(c, kind, command, options, source, where, like_source=options == ["-a"])
        deep(c, kind, command, where)
        flags(c, kind, command, where)


def test(c, scratch):
    command = called_cp(scratch)
    scratch = filesystems.in_memory(scratch)
    outside = os.path.join(scratch, "outside")
    os.mkdir(outside)
    treegen.full(8, os.path.join(outside, "src"))
    treegen.five_ary(os.path.join(outside, "simple"), 3, 5000)
    try:
        casefold(c, command, scratch, outside)
    except filesystems.Missing as reason:
        c.skip("ext4 that ignores case", reason)
    for kind in filesystems.KINDS:
        try:
            one = plain_kind if kind in filesystems.PLAIN else one_kind
            one(c, scratch, command, kind, outside)
        except filesystems.Missing as reason:
            c.skip(kind, reason)


if __name__ == "__main__":
    harness.main(test)
