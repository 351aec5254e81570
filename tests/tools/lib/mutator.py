"""A process that keeps changing a tree, at random."""

import os
import random
import signal
import time


class Mutator:
    """Renames, removes, makes, grows, cuts and replaces things in a tree until the with-block ends.

    Directories may be replaced by symlinks to `elsewhere`; entries that a stray tool makes there show that it
    followed one.
    """

    def __init__(self, root, seed, elsewhere):
        self.root, self.seed, self.elsewhere = os.fsencode(root), seed, os.fsencode(elsewhere)

    def __enter__(self):
        self.pid = os.fork()
        if self.pid == 0:
            try:
                parent = os.getppid()
                rng = random.Random(self.seed)
                while os.getppid() == parent:
                    try:
                        self._step(rng)
                    except OSError:
                        pass
            finally:
                os._exit(0)
        return self

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)

    def _pick(self, rng):
        path = self.root
        for _ in range(rng.randint(1, 4)):
            try:
                names = os.listdir(path)
            except OSError:
                break
            if not names:
                break
            path = os.path.join(path, rng.choice(names))
            if os.path.islink(path) or not os.path.isdir(path):
                break
        return path

    def _step(self, rng):
        path = self._pick(rng)
        if path == self.root:
            os.mkdir(os.path.join(path, b"new%d" % rng.randrange(50)))
            return
        where = os.path.dirname(path)
        fresh = os.path.join(where, b"m%d" % rng.randrange(200))
        is_dir = os.path.isdir(path) and not os.path.islink(path)
        what = rng.randrange(8)
        if what == 0:
            os.rename(path, fresh)
        elif what == 1:
            os.rename(path, os.path.join(self.root, b"up%d" % rng.randrange(200)))
        elif what == 2 and not is_dir:
            os.unlink(path)
        elif what == 3 and not is_dir and not os.path.islink(path):
            os.truncate(path, rng.choice((0, 1, 5000, 300000)))
        elif what == 4:
            with open(fresh, "wb") as f:
                f.write(b"x" * rng.choice((0, 10, 70000)))
        elif what == 5:
            os.makedirs(os.path.join(fresh, b"a", b"b"), exist_ok=True)
            with open(os.path.join(fresh, b"a", b"f"), "wb") as f:
                f.write(b"y" * 1000)
        elif what == 6 and is_dir:
            os.rename(path, fresh + b"-was")
            os.symlink(self.elsewhere, path)
            time.sleep(0.0005)
            os.unlink(path)
            os.rename(fresh + b"-was", path)
        elif what == 7 and is_dir:
            os.rename(path, fresh + b"-was")
            with open(path, "wb") as f:
                f.write(b"a file now")
            time.sleep(0.0002)
            os.unlink(path)
            os.rename(fresh + b"-was", path)
