"""File systems of every kind to test on: loop images, mounted in a mount namespace of the test's own.

They are gone when the test is, however it ends: a namespace takes its mounts along, and a loop device that `mount`
made goes with its mount.
"""

import contextlib
import ctypes
import hashlib
import os
import shutil
import struct
import subprocess
import tarfile

import harness
import treecmp

MIB = 1 << 20
# `make test` has a minute for all of them; `make test-file-systems` takes its time.
LARGE = os.environ.get("SLUICE_TEST_SIZE") == "large"


class Missing(Exception):
    """This machine can't have such a file system; the text says why."""


def _command(argv, **how):
    if not shutil.which(argv[0]):
        raise Missing(f"{argv[0]} is not installed")
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, env=harness.base_env(), **how)
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise Missing(f"{argv[0]}: {said[0] if said else f'exit status {done.returncode}'}")


def known_to_kernel(kind):
    with open("/proc/filesystems") as f:
        return kind in f.read().split()


def in_memory(scratch, size=2048 * MIB):
    """A place for images that costs the disk nothing; skips the whole test where nothing can be mounted."""
    if not harness.can_mount():
        raise harness.Skip("needs root and a mount namespace")
    where = os.path.join(scratch, "memory")
    os.mkdir(where)
    harness.mount_tmpfs(where, f"size={size},mode=755")
    return where


# What is made, of how many bytes, and the options of its maker.
_MADE = {
    "ext4": ("ext4", 96 * MIB, ["mkfs.ext4", "-q", "-N", "8192"]),
    "ext4 without d_type": ("ext4", 96 * MIB, ["mkfs.ext4", "-q", "-N", "8192", "-O", "^filetype"]),
    "xfs": ("xfs", 320 * MIB, ["mkfs.xfs", "-q", "-m", "reflink=0"]),
    "xfs with reflink": ("xfs", 320 * MIB, ["mkfs.xfs", "-q", "-m", "reflink=1"]),
    "btrfs": ("btrfs", 256 * MIB, ["mkfs.btrfs", "-q"]),
    "vfat": ("vfat", 96 * MIB, ["mkfs.vfat"]),
    "exfat through FUSE": ("exfat-fuse", 96 * MIB, ["mkfs.exfat"]),
}
# These have no links, no special files, and no owners and modes of their own.
PLAIN = ("vfat", "exfat through FUSE")
KINDS = [*_MADE, "tmpfs", "overlay"]


def _image(where, kind, size=None, options=()):
    system, usual, maker = _MADE[kind]
    if not known_to_kernel("fuseblk" if system == "exfat-fuse" else system):
        raise Missing(f"this kernel has no {system}")
    image = where + ".img"
    with open(image, "wb") as f:
        f.truncate(size or usual)
    _command([*maker, *options, image])
    return system, image


@contextlib.contextmanager
def mounted(scratch, kind, size=None, options=(), mount_options=None, fill=None):
    """A fresh file system; its directory. Raises Missing where there can be none.

    fill(directory): puts what it holds from the start there; of an overlay, that lies in its lower layer.
    """
    if not harness.can_mount():
        raise Missing("needs root and a mount namespace")
    where = os.path.join(scratch, kind.replace(" ", "-"))
    os.makedirs(where)
    try:
        if kind == "tmpfs":
            harness.mount_tmpfs(where, f"size={size or 256 * MIB},mode=755" + (f",{mount_options}" if mount_options else ""))
        elif kind == "overlay":
            parts = _layers(where)
            if fill:
                fill(parts["lowerdir"])
            _mount_overlay(where, parts)
        else:
            system, image = _image(where, kind, size, options)
            _command(["mount", "-t", system, "-o", "loop" + (f",{mount_options}" if mount_options else ""), image, where])
        if fill and kind != "overlay":
            fill(where)
        yield where
    finally:
        while os.path.ismount(where):
            harness.umount(where)
        harness.rmtree(where)
        harness.rmtree(where + ".img")


def _mount_overlay(where, parts):
    try:
        harness.mount("overlay", where, "overlay", 0, ",".join(f"{k}={v}" for k, v in parts.items()))
    except OSError as error:
        raise Missing(f"no overlay here: {error.strerror}") from error


def _layers(where):
    """The parts of an overlay, on a memory file system that lies at its place before."""
    harness.mount_tmpfs(where, f"size={256 * MIB},mode=755")
    parts = {f"{name}dir": os.path.join(where, name) for name in ("lower", "upper", "work")}
    for path in parts.values():
        os.mkdir(path, 0o755)
    return parts


@contextlib.contextmanager
def mapped(scratch):
    """An ext4 on a device of device-mapper; its directory, and what turns the later half into errors."""
    where, name = os.path.join(scratch, "mapped-here"), f"sluice-test-{os.getpid()}"
    os.mkdir(where)
    _, image = _image(where, "ext4")
    loop = subprocess.run(["losetup", "--find", "--show", image], capture_output=True, text=True, check=True).stdout.strip()
    sectors = os.path.getsize(image) // 512
    good = f"0 {sectors // 2} linear {loop} 0\n"

    def table(rest):
        return good + f"{sectors // 2} {sectors - sectors // 2} {rest}\n"

    def break_it():
        _command(["dmsetup", "reload", name], input=table("error"))
        _command(["dmsetup", "resume", name])

    try:
        _command(["dmsetup", "create", name], input=table(f"linear {loop} {sectors // 2}"))
        _command(["mount", "-t", "ext4", f"/dev/mapper/{name}", where])
        yield where, break_it
    finally:
        harness.umount(where)
        subprocess.run(["dmsetup", "remove", "--retry", name], capture_output=True)
        subprocess.run(["losetup", "--detach", loop], capture_output=True)
        os.unlink(image)


# ---------------------------------------------------------------------------------------------------------------------

_libc = ctypes.CDLL(None, use_errno=True)
_GETDENTS64 = 217


def tells_types(directory):
    """Whether reading this directory tells the types of its entries."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        room = ctypes.create_string_buffer(65536)
        got = _libc.syscall(_GETDENTS64, fd, room, len(room))
        at, kinds = 0, set()
        while at < got:
            _, _, length, kind = struct.unpack_from("<QqHB", room, at)
            kinds.add(kind)
            at += length
        return 0 not in kinds
    finally:
        os.close(fd)


# ---------------------------------------------------------------------------------------------------------------------
# Trees read by GNU tar.

_TAR = ["tar", "--create", "--sort=name", "--format=pax", "--numeric-owner", "--acls", "--xattrs", "--xattrs-include=*",
        "--pax-option=delete=atime,delete=ctime", "--exclude=*-5g", "--file=-", "."]
_NAMES = ("path", "linkpath", "size")     # said of a member already


def archived(tree, times):
    """What an archive says of a tree: {name: type, mode, owner, size, link, device, attributes, bytes, and times}."""
    tar = subprocess.Popen(_TAR, cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=harness.base_env())
    members = {}
    with tarfile.open(fileobj=tar.stdout, mode="r|", errors="surrogateescape") as archive:
        for m in archive:
            digest = hashlib.sha256(archive.extractfile(m).read()).hexdigest() if m.isreg() else None
            more = {k: v for k, v in m.pax_headers.items() if k not in _NAMES and (times or k != "mtime")}
            members[m.name] = (m.type, m.mode, m.uid, m.gid, m.size, m.linkname, m.devmajor, m.devminor,
                               m.mtime if times else None, more, digest)
    tar.stdout.close()
    tar.wait()
    return members


def archives_differ(a, b, times):
    """The differences of two trees as GNU tar sees them."""
    left, right = archived(a, times), archived(b, times)
    return [f"GNU tar: {treecmp.escaped(os.fsencode(name))}: {left.get(name)}, {right.get(name)}"
            for name in sorted({*left, *right}, key=os.fsencode) if left.get(name) != right.get(name)]
