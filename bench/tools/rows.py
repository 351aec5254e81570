"""What is compared with what, and what it has to reach."""
import dataclasses
import os
import pathlib
import subprocess

from common import make_random_file, make_tree

ARCHIVE = pathlib.Path("/usr/src/linux-source-6.1.tar.xz")
STAND_IN = "a stand-in"
CORES = os.cpu_count() or 1
ONE_CORE = 0.97  # never slower, beyond noise


@dataclasses.dataclass(frozen=True)
class Row:
    where: str                      # a kind of file system, or "own"
    job: str
    source: str
    peer: tuple                     # {from} and {to} stand for the paths
    ours: tuple
    state: str = "warm"             # or "cold"
    wanted: float | None = None     # times as fast as the peer
    most_more: float | None = None  # seconds
    synced: bool = False            # `sync -f` of the destination counts, too
    one_core: bool = False
    rounds: int = 15

    @property
    def name(self):
        parts = [self.where, self.job, self.state] + ["synced"] * self.synced
        return "/".join(parts + ["one-core"] * self.one_core)

    def commands(self, sluice, source, target):
        return [self._whole(words, sluice, source, target) for words in (self.peer, self.ours)]

    def _whole(self, words, sluice, source, target):
        command = [w.format(**{"sluice": sluice, "from": source, "to": target}) for w in words]
        if self.synced:
            command = ["sh", "-c", '"$@" && exec sync -f "$0"', str(target), *command]
        return (["taskset", "-c", "0" if self.one_core else "0,1"] if self.one_core or CORES > 2 else []) + command


def cp(*options):
    return ("cp", *options, "{from}", "{to}"), ("{sluice}", "cp", *options, "{from}", "{to}")


def du(*ours):
    return ("du", "-bs", "{from}"), ("{sluice}", *ours, "{from}")


def rows_of(where, flat):
    """The table of a disk file system; `flat` is what its flat directory has to reach."""
    def row(job, source, commands, state="warm", wanted=None, **more):
        return Row(where, job, source, *commands, state, wanted, **more)
    return [
        row("copy-4k", "tree-4k", cp("-r"), "warm", 1.7),
        row("copy-4k", "tree-4k", cp("-r"), "cold", 1.8),
        row("copy-1m", "tree-1m", cp("-r"), "warm", 1.6),
        row("copy-1m", "tree-1m", cp("-r"), "cold", 1.7),
        row("copy-1m", "tree-1m", cp("-r"), "cold", 1.7, synced=True),
        row("copy-linux-r", "linux", cp("-r"), "warm", 1.7),
        row("copy-linux-r", "linux", cp("-r"), "cold", 1.8),
        row("copy-linux-a", "linux", cp("-a"), "warm", 1.7),
        row("copy-linux-a", "linux", cp("-a"), "cold", 1.8),
        row("copy-4g", "large", cp(), "warm", 1.0),
        row("copy-4g", "large", cp(), "cold", 1.3),
        row("copy-flat", "flat", cp("-r"), "warm", flat),
        row("traverse", "linux", du("traverse"), "warm", 2.0),
        row("du", "linux", du("du", "-bs"), "warm", 2.0),
        row("traverse", "linux", du("traverse"), "cold", 2.3),
        row("du", "linux", du("du", "-bs"), "cold", 2.3),
    ]


def on_one_core(rows):
    return [dataclasses.replace(r, wanted=ONE_CORE, one_core=True) for r in rows]


def reflink_rows():
    where = "xfs-reflink"
    return [Row(where, "copy-1m", "tree-1m", *cp("-r"), wanted=1.6),
            Row(where, "copy-4g", "large", *cp(), most_more=0.005)]


def own_disk_rows():
    """The machine's own disk: anybody's, so nothing is asked of it."""
    jobs = {"copy-4k", "copy-linux-r", "copy-linux-a", "traverse", "du"}
    return [dataclasses.replace(r, where="own", wanted=None)
            for r in rows_of("own", None) if r.job in jobs and not r.synced]


def all_rows():
    two_cores = {"ext4": rows_of("ext4", 1.35), "xfs": rows_of("xfs", 1.2)}
    return (two_cores["ext4"] + on_one_core(two_cores["ext4"]) +
            two_cores["xfs"] + on_one_core(two_cores["xfs"]) + reflink_rows() + own_disk_rows())


def make_linux(path):
    """Debian's source of Linux 6.1; without it a tree of like shape, which is not the same thing."""
    if ARCHIVE.exists():
        path.mkdir()
        subprocess.run(["tar", "-C", path, "--strip-components=1", "-xf", ARCHIVE], check=True)
        return "Debian's linux-source-6.1"
    files = make_tree(path, branches=17, depth=4, file_size=16 << 10)
    return f"{STAND_IN} of {files} files of 16 KiB: {ARCHIVE} is not there"


def make_flat(path):
    path.mkdir()
    for n in range(100_000):
        (path / f"file-{n:06}").touch()
    return "100,000 empty files in one directory"


def make_large(path):
    make_random_file(path, 4 << 30)
    return "one file of 4 GiB"


def make_tree_of(size):
    return lambda path: f"{make_tree(path, file_size=size)} files of {size >> 10} KiB"


SOURCES = {"tree-4k": make_tree_of(4 << 10), "tree-1m": make_tree_of(1 << 20),
           "linux": make_linux, "large": make_large, "flat": make_flat}
