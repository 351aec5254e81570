"""Files that are not in memory."""

import os

import harness

MIB = 1 << 20


def places(size):
    """Some, that don't lie where a program begins its pieces."""
    return range(0, size, 7 * MIB // 4 + 4096)


def cached(path):
    """How many of its places are in memory."""
    fd = os.open(path, os.O_RDONLY)
    try:
        found = 0
        for at in places(os.fstat(fd).st_size):
            try:
                found += os.preadv(fd, [bytearray(1)], at, os.RWF_NOWAIT)
            except BlockingIOError:
                pass
        return found
    finally:
        os.close(fd)


def forget(path):
    fd = os.open(path, os.O_RDONLY)
    os.fsync(fd)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(fd)


def make(path, size):
    """A file whose MiBs are all different, not in memory. Skips where there is no such thing."""
    block = os.urandom(MIB)
    with open(path, "wb") as f:
        for n in range(size // MIB):
            f.write(n.to_bytes(8, "big") + block[8:])
        f.write(b"e" * (size % MIB))
    try:
        forget(path)
        left = cached(path)
    except OSError as error:
        raise harness.Skip(f"this file system does not tell what is cached: {error}") from error
    if left > len(places(size)) // 4:
        raise harness.Skip(f"what was written stays in memory here: {left} of {len(places(size))} places")
