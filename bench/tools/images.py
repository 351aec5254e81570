"""Fresh file systems in files. They are mounted in a namespace of this process, their loop devices
go when they are unmounted, and the files have no name any more: nothing is left behind, however
this process ends."""
import contextlib
import ctypes
import os
import pathlib
import subprocess
import tempfile

CLONE_NEWNS = 0x20000
SIZE = 22 << 30
# Everything is written now: ext4 would do the rest in the background, while others are timed.
MAKE = {
    "ext4": ["mkfs.ext4", "-q", "-F", "-N", "600000",
             "-E", "lazy_itable_init=0,lazy_journal_init=0,nodiscard"],
    "xfs": ["mkfs.xfs", "-q", "-f", "-K", "-m", "reflink=0"],
    "xfs-reflink": ["mkfs.xfs", "-q", "-f", "-K", "-m", "reflink=1"],
}


class Unavailable(Exception):
    """This machine can't, and why."""


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise Unavailable(f"{command[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


def enter_own_namespace():
    """Mounts are seen by this process and its children only."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS) != 0:
        raise Unavailable(f"unshare: {os.strerror(ctypes.get_errno())}")
    run("mount", "--make-rprivate", "/")


@contextlib.contextmanager
def mounted(kind, folder, direct=True):
    """Where a fresh file system of this kind is mounted. `direct`: past the cache of the file that
    it is in; or everything would be cached twice, and cold would not be cold."""
    with tempfile.TemporaryDirectory(prefix=f"sluice-{kind}-", dir=folder) as name:
        image, mount = (pathlib.Path(name) / part for part in ("image", "mount"))
        mount.mkdir()
        with open(image, "wb") as f:
            f.truncate(SIZE)
        run(*MAKE[kind], image)
        device = run("losetup", "--find", "--show", f"--direct-io={'on' if direct else 'off'}", image)
        try:
            run("mount", device, mount)
        finally:
            run("losetup", "--detach", device)  # once nobody uses it
            image.unlink()
        try:
            yield mount
        finally:
            run("umount", mount)


@contextlib.contextmanager
def own_disk(folder):
    with tempfile.TemporaryDirectory(prefix="sluice-own-", dir=folder) as name:
        yield pathlib.Path(name)
