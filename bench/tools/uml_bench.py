#!/usr/bin/env python3
"""`sluice traverse` beside `du -bs` inside user-mode-linux, cold, on an ext2 image.

    uml_bench.py [--build build/release] [--pairs 5] [--core N] [--image FILE] [--json FILE]

A system call costs some twenty times as much there as outside, and one core is all there is: the place
to see whether the choice of the way finds the ring by itself. Needs Debian's packages user-mode-linux
and e2fsprogs; no root. The tree has the names and sizes of a kernel's source (linux-source-6.1), or is
made up where that is not installed; its files are holes, since nobody reads them.

--core keeps all of it on one core of the machine. Otherwise its kernel and its processes, which run in
turns, hop from core to core as the machine's scheduler likes: a system call then costs several times as
much, and each run something else.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tarfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import verdicts  # noqa: E402
from common import ROOT, working_folder  # noqa: E402

ARCHIVE = pathlib.Path("/usr/src/linux-source-6.1.tar.xz")
KERNEL = "linux.uml"
PAIRS = 15
WANTED = 3.0  # times as fast as du
MEMORY = "768M"

# Runs inside, as the first process; the host's files are its root. What the page cache holds of the
# programs goes with everything else, so each is started once before it is timed.
INIT = """#!/bin/bash
fail() {{ echo "FAILED: $*"; echo o > /proc/sysrq-trigger; sleep 9; }}
mount -t proc proc /proc || fail proc
mount -t devtmpfs dev /dev 2>/dev/null
mount -t tmpfs tmp /mnt || fail tmpfs
mkdir /mnt/image && mount -t ext2 -o ro /dev/ubda /mnt/image || fail image
cd /mnt/image/tree || fail tree
echo "BACKEND $({sluice} --backend-report)"
run() {{
  echo 3 > /proc/sys/vm/drop_caches
  "$2" --version > /dev/null
  local name=$1 begun=$EPOCHREALTIME
  shift
  "$@" > /mnt/out 2> /mnt/err || fail "$@"
  local ended=$EPOCHREALTIME
  echo "TIME $name $(( ${{ended/./}} - ${{begun/./}} )) $(tr '\\n\\t' '  ' < /mnt/out)"
  grep -E '^(stat|open|entries) ' /mnt/err | sed "s/^/STATS $name /"
}}
{runs}
echo o > /proc/sysrq-trigger
sleep 9
"""


def outline_of_the_kernel(into):
    """Names and sizes of the archive's files."""
    with tarfile.open(ARCHIVE, "r|xz") as archive:
        for member in archive:
            path = into / member.name
            if member.isdir():
                path.mkdir(parents=True, exist_ok=True)
            elif member.issym():
                path.symlink_to(member.linkname)
            elif member.isfile():
                path.touch()
                os.truncate(path, member.size)


def made_up(into, entries=80_000):
    for n in range(entries // 17):
        where = into / f"{n % 40}" / f"{n % 800}" / f"{n}"
        where.mkdir(parents=True)
        for k in range(16):
            (where / f"file_{k}.c").touch()
            os.truncate(where / f"file_{k}.c", 997 * k)


def make_image(path, scratch):
    tree = scratch / "root" / "tree"
    tree.mkdir(parents=True)
    if ARCHIVE.exists():
        outline_of_the_kernel(tree)
    else:
        made_up(tree)
    subprocess.run(["mkfs.ext2", "-q", "-F", "-N", "120000", "-d", str(tree.parent), str(path), "2G"], check=True)
    shutil.rmtree(tree.parent)


def boot(image, sluice, pairs, core, scratch):
    ours = ("sluice", [str(sluice), "traverse", "--stats", "--", "."])
    theirs = ("du", ["du", "-bs", "."])
    lines = []
    for turn in range(pairs):
        for name, command in ((ours, theirs) if turn % 2 == 0 else (theirs, ours)):
            lines.append(f"run {name} " + " ".join(command))
    init = scratch / "init"
    init.write_text(INIT.format(sluice=sluice, runs="\n".join(lines)))
    init.chmod(0o755)
    kept_on = [] if core is None else ["taskset", "-c", str(core)]
    told = subprocess.run(
        [*kept_on, KERNEL, f"mem={MEMORY}", "root=none", "rootfstype=hostfs", "rw", f"init={init}",
         f"ubd0r={image}", "con=null", "con0=null,fd:1", "quiet"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120 + 60 * pairs,
        env=dict(os.environ, TMPDIR=os.environ.get("TMPDIR", "/tmp")))
    if "FAILED" in told.stdout or "TIME" not in told.stdout:
        sys.exit(f"nothing was measured:\n{told.stdout}{told.stderr}")
    return told.stdout


def judge(output):
    seconds = {"sluice": [], "du": []}
    answers = {"sluice": set(), "du": set()}
    ways = []
    for line in output.splitlines():
        words = line.split()
        if words[:1] == ["TIME"]:
            seconds[words[1]].append(int(words[2]) / 1e6)
            answers[words[1]].add(words[5] if words[1] == "sluice" else words[3])
        elif words[:1] in (["BACKEND"], ["STATS"]):
            ways.append(" ".join(words))
    if len(answers["sluice"] | answers["du"]) != 1:
        sys.exit(f"different answers: {answers}")
    ratios = [d / s for d, s in zip(seconds["du"], seconds["sluice"])]
    faster = verdicts.quartiles(ratios)
    return {"what": "traverse, cold, ext2 image inside user-mode-linux", "against": "du -bs",
            "sluice_seconds": statistics.median(seconds["sluice"]), "du_seconds": statistics.median(seconds["du"]),
            "times_faster": faster, "wanted": WANTED, "pairs": len(ratios), "ways": ways,
            "verdict": verdicts.word(faster["median"] >= WANTED, verdicts.steady(faster), len(ratios) >= PAIRS)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release")
    parser.add_argument("--pairs", type=int, default=PAIRS)
    parser.add_argument("--core", type=int, help="of the machine; without, its scheduler chooses")
    parser.add_argument("--image", type=pathlib.Path, help="made here if it is not there, and then kept")
    parser.add_argument("--json", type=pathlib.Path)
    arguments = parser.parse_args()
    for needed in (KERNEL, "mkfs.ext2"):
        if shutil.which(needed) is None:
            sys.exit(f"not measured: {needed} is not installed")
    with working_folder() as name:
        scratch = pathlib.Path(name)
        image = arguments.image or scratch / "image"
        if not image.exists():
            make_image(image, scratch)
        found = judge(boot(image.resolve(), (arguments.build / "sluice").resolve(), arguments.pairs, arguments.core,
                           scratch))
    faster = found["times_faster"]
    print("\n".join(found["ways"][:4]))
    print(f"sluice {found['sluice_seconds']:.2f} s, du {found['du_seconds']:.2f} s: {faster['median']:.2f} times faster "
          f"({faster['min']:.2f}..{faster['max']:.2f}), at least {WANTED:.1f}: {found['verdict']}")
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
