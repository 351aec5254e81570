"""What every black-box test of the `sluice` tool shares.

Checks are printed one a line; the closing line counts them.  Exit status: 0 all passed, 1 something failed, 77 nothing
could be checked here (the reason is printed).
"""

import collections
import contextlib
import ctypes
import os
import re
import resource
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
REPO = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
NOBODY = 65534
ROOT = os.geteuid() == 0
LARGE = os.environ.get("SLUICE_TEST_SIZE") == "large"    # more of everything

# Settings of the caller that would change what du and cp print.
_HIDDEN = ("DU_BLOCK_SIZE", "BLOCK_SIZE", "BLOCKSIZE", "POSIXLY_CORRECT", "LANGUAGE", "SIMPLE_BACKUP_SUFFIX",
           "VERSION_CONTROL")


class Skip(Exception):
    """The whole test cannot run here."""


def pairs_in_help(text):
    """The table of options that can't be combined, pair by pair."""
    pairs, first = [], None
    for line in re.search(r"(?ms)^Not together:?\n(.*?)\n\n", text).group(1).splitlines():
        first = line[:20].strip() or first
        pairs += [(first, other.strip()) for other in line[20:].split(",") if other.strip()]
    return pairs


def shown(data, limit=400):
    """Bytes or text as one printable line."""
    if isinstance(data, str):
        data = os.fsencode(data)
    text = repr(bytes(data))[2:-1]
    return text if len(text) <= limit else text[:limit] + f"... ({len(data)} bytes)"


class Checks:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def check(self, name, ok, detail=""):
        if ok:
            self.passed += 1
            print(f"ok    {name}", flush=True)
        else:
            self.failed += 1
            print(f"FAIL  {name}" + (f": {detail}" if detail else ""), flush=True)
        return bool(ok)

    def equal(self, name, got, want):
        return self.check(name, got == want, f"got {shown(str(got))}, want {shown(str(want))}")

    def nothing(self, name, problems, most=6):
        """Passes when the list of problems is empty."""
        problems = list(problems)
        text = "; ".join(str(p) for p in problems[:most])
        if len(problems) > most:
            text += f"; and {len(problems) - most} more"
        return self.check(name, not problems, text)

    def skip(self, name, reason):
        self.skipped += 1
        print(f"skip  {name}: {reason}", flush=True)

    def finish(self):
        tail = f", {self.skipped} skipped" if self.skipped else ""
        print(f"{self.passed} passed, {self.failed} failed{tail}", flush=True)
        if self.failed:
            return 1
        return 0 if self.passed else 77


def sluice():
    """Absolute path of the tool under test."""
    given = os.environ.get("SLUICE")
    path = os.path.abspath(given) if given else os.path.join(REPO, "build", "release", "sluice")
    if not os.access(path, os.X_OK):
        print(f"FAIL  no executable at {path} (set SLUICE to the binary's path)")
        print("0 passed, 1 failed")
        sys.exit(1)
    return path


def interposable():
    """The same tool, made so that a preloaded library stands between it and the C library."""
    path = os.path.join(os.path.dirname(sluice()), "interposable", "sluice")
    return path if os.access(path, os.X_OK) else sluice()


def base_env(**more):
    env = {k: v for k, v in os.environ.items() if k not in _HIDDEN}
    env["LC_ALL"] = "C"
    env.update(more)
    return env


Result = collections.namedtuple("Result", "rc out err seconds")


def run(argv, cwd=None, env=None, timeout=60, user=None, umask=None, limits=None, ignore=(), stdin=None):
    """Runs a command to its end.  rc is negative for a signal, and "timeout" when it had to be stopped.

    limits: {resource.RLIMIT_X: value}, soft and hard.  user: a uid (and gid) to become.  ignore: signals to ignore.
    """
    def child():
        for which, value in (limits or {}).items():
            resource.setrlimit(which, (value, value))
        if umask is not None:
            os.umask(umask)
        if user is not None:
            os.setgroups([])
            os.setgid(user)
            os.setuid(user)
        for number in ignore:
            signal.signal(number, signal.SIG_IGN)

    if isinstance(stdin, text_input):
        with stdin.open() as file:
            return run(argv, cwd, env, timeout, user, umask, limits, ignore, file)
    began = time.monotonic()
    with within_reach(argv[0] if user is not None else "") as reached:
        process = subprocess.Popen(argv, cwd=cwd, env=env or base_env(), stdin=stdin or subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=child,
                                   start_new_session=True, **reached)
    try:
        out, err = process.communicate(timeout=timeout)
        rc = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        rc = "timeout"
    return Result(rc, out, err, time.monotonic() - began)


@contextlib.contextmanager
def within_reach(program):
    """How Popen starts it for users who may not come to where it lies, as below somebody's home directory."""
    if "/" not in program:
        yield {}
        return
    fd = os.open(program, os.O_PATH)
    try:
        yield {"executable": f"/proc/self/fd/{fd}", "pass_fds": (fd,)}
    finally:
        os.close(fd)


class text_input:
    """Standard input that says this, for each run anew."""

    def __init__(self, text):
        self.text = text

    def open(self):
        file = tempfile.TemporaryFile()
        file.write(self.text.encode())
        file.seek(0)
        return file


@contextlib.contextmanager
def hung_owner(path):
    """Somebody listens at a Unix path, but never accepts, and the queue is full."""
    with contextlib.ExitStack() as held:
        owner = held.enter_context(socket.socket(socket.AF_UNIX))
        owner.bind(path)
        owner.listen(0)
        try:
            while True:
                asking = held.enter_context(socket.socket(socket.AF_UNIX))
                asking.setblocking(False)
                asking.connect(path)
        except BlockingIOError:
            yield
    os.unlink(path)


def normal_exit(result):
    """True when the process ended by itself, with a status a tool chooses (no signal, no sanitizer, no hang)."""
    return isinstance(result.rc, int) and 0 <= result.rc < 100


def gnu_errors(err, tool):
    """GNU's stderr as sluice would say it, as sorted lines."""
    return sorted(re.sub(rb"(?m)^" + tool.encode() + rb": ", b"sluice " + tool.encode() + b": ", err).splitlines())


def first_line(err):
    return err.splitlines()[0] if err else b""


def multiset_difference(want, got, want_name="GNU", got_name="sluice"):
    """Lines one side has and the other has not, as printable problems."""
    a, b = collections.Counter(want), collections.Counter(got)
    problems = [f"only {want_name}: {shown(line, 160)}" for line in (a - b).elements()]
    problems += [f"only {got_name}: {shown(line, 160)}" for line in (b - a).elements()]
    return problems


def status_of(pid, name):
    """A number of /proc/PID/status; sizes in bytes."""
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        for line in f:
            if line.startswith(name + ":"):
                words = line.split()
                return int(words[1]) * (1024 if words[-1] == "kB" else 1)
    raise KeyError(name)


def rmtree(path):
    """Removes a tree of any depth."""
    if not ROOT:
        subprocess.run(["chmod", "-R", "u+rwx", "--", path], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    subprocess.run(["rm", "-rf", "--", path], stderr=subprocess.DEVNULL)


def settle(path):
    """Writes a file system's delayed allocations out, so that block counts stop changing."""
    subprocess.run(["sync", "-f", path], stderr=subprocess.DEVNULL)


# ---------------------------------------------------------------------------------------------------------------------
# Mounts.  They live in a mount namespace of the test's own, so that nothing is left behind whatever happens.

_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNS = 0x00020000
_MS_REC, _MS_PRIVATE, _MS_BIND = 0x4000, 0x40000, 0x1000
_own_namespace = None


def can_mount():
    global _own_namespace
    if _own_namespace is None:
        _own_namespace = bool(ROOT and _libc.unshare(_CLONE_NEWNS) == 0
                              and _libc.mount(b"none", b"/", None, ctypes.c_ulong(_MS_REC | _MS_PRIVATE), None) == 0)
    return _own_namespace


def mount(source, target, kind=None, flags=0, data=None):
    if not can_mount():
        raise OSError("no mount namespace")
    if _libc.mount(os.fsencode(source), os.fsencode(target), kind and kind.encode(), ctypes.c_ulong(flags),
                   data and data.encode()) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), target)


def mount_tmpfs(target, data=None):
    mount("tmpfs", target, "tmpfs", 0, data)


def bind(source, target):
    mount(source, target, None, _MS_BIND)


def umount(target):
    _libc.umount2(os.fsencode(target), 2)


def umount_below(root):
    """What is mounted there would keep it from being removed."""
    if not _own_namespace:
        return
    with open("/proc/self/mounts", encoding="ascii", errors="surrogateescape") as f:
        targets = [line.split()[1] for line in f]
    for target in reversed(targets):
        if target.startswith(root + "/"):
            umount(target)


# ---------------------------------------------------------------------------------------------------------------------
# An independent walker.

def walk(root):
    """Yields (depth, names, status) for every entry below root and root itself, by descriptor, in post-order.

    names is the list of components below root (the same list object each time: join or copy it).  No depth limit.
    """
    root = os.fsencode(root)
    top = os.lstat(root)
    names = []
    if not stat.S_ISDIR(top.st_mode):
        yield 0, names, top
        return
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    fd = os.open(root, flags)
    stack = [(top, list(map(os.fsencode, os.listdir(fd))))]
    try:
        while stack:
            here, todo = stack[-1]
            if todo:
                name = todo.pop()
                status = os.stat(name, dir_fd=fd, follow_symlinks=False)
                if stat.S_ISDIR(status.st_mode):
                    try:
                        below = os.open(name, flags, dir_fd=fd)
                    except PermissionError:     # counted, not entered
                        names.append(name)
                        yield len(names), names, status
                        names.pop()
                        continue
                    os.close(fd)
                    fd = below
                    names.append(name)
                    stack.append((status, list(map(os.fsencode, os.listdir(fd)))))
                else:
                    names.append(name)
                    yield len(names), names, status
                    names.pop()
            else:
                stack.pop()
                yield len(names), names, here
                if stack:
                    above = os.open("..", flags, dir_fd=fd)
                    os.close(fd)
                    fd = above
                    names.pop()
                    got = os.fstat(fd)
                    if (got.st_dev, got.st_ino) != (stack[-1][0].st_dev, stack[-1][0].st_ino):
                        raise RuntimeError("the tree moved while it was read")
    finally:
        os.close(fd)


def tally(*roots):
    """(entries, apparent bytes, allocated bytes) of some trees, hard links once, as du counts."""
    seen = set()
    entries = size = blocks = 0
    for root in roots:
        for _, _, s in walk(root):
            if s.st_nlink > 1 or len(roots) > 1:
                if (s.st_dev, s.st_ino) in seen:
                    continue
                if len(roots) > 1 or not stat.S_ISDIR(s.st_mode):
                    seen.add((s.st_dev, s.st_ino))
            entries += 1
            size += s.st_size
            blocks += s.st_blocks * 512
    return entries, size, blocks


# ---------------------------------------------------------------------------------------------------------------------

def main(test):
    """Runs test(checks, scratch directory) and exits as the convention says."""
    checks = Checks()
    scratch = None
    try:
        os.umask(0o022)
        scratch = os.path.realpath(tempfile.mkdtemp(prefix="sluice-test-"))
        os.chmod(scratch, 0o755)
        test(checks, scratch)
    except Skip as reason:
        print(f"skip: {reason}", flush=True)
        if not checks.failed and not checks.passed:
            sys.exit(77)
        checks.skipped += 1
    except Exception:
        traceback.print_exc(file=sys.stdout)
        checks.check("the test itself ran to its end", False, "exception above")
    finally:
        if scratch and not os.environ.get("SLUICE_TEST_KEEP"):
            umount_below(scratch)
            rmtree(scratch)
        elif scratch:
            print(f"kept {scratch}")
    sys.exit(checks.finish())
