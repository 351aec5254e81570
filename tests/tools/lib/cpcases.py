"""Cases of `cp`: each is set up twice and done by GNU cp and by ours; then exit status, words and trees are compared."""

import atexit
import os
import re
import stat
import tempfile

import harness
import treecmp
from harness import shown

T0 = 1_200_000_000 * 10**9 + 123_456_789


def called_cp(scratch, tool=None):
    """A link to the tool by which it is cp."""
    tool = tool or harness.sluice()
    path = os.path.join(scratch, "bin" if tool == harness.sluice() else "interposable", "cp")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if not os.path.lexists(path):
        os.symlink(tool, path)
    return [path]


class Area:
    """A directory to set a case up in."""

    def __init__(self, root):
        self.root = root
        os.mkdir(root)

    def path(self, name):
        return os.path.join(self.root, name)

    def file(self, name, text="text", mode=0o644, when=T0):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(text.encode() if isinstance(text, str) else text)
        os.chmod(path, mode)
        os.utime(path, ns=(when, when))
        return path

    def dir(self, name, mode=0o755):
        os.makedirs(self.path(name), exist_ok=True)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def link(self, target, name):
        os.symlink(target, self.path(name))

    def hard(self, old, new):
        os.link(self.path(old), self.path(new))

    def tree(self, name="d"):
        """A little tree: d/{f,e/g,l -> f,empty/}."""
        self.file(f"{name}/f", "in f")
        self.file(f"{name}/e/g", "in g", 0o600)
        self.dir(f"{name}/empty", 0o700)
        self.link("f", f"{name}/l")


def str_or_bytes(value):
    return value if isinstance(value, bytes) else str(value)


def compare_runs(want, got, whole=True):
    problems = []
    if got.rc != want.rc:
        problems.append(f"exit status {got.rc}, GNU {want.rc} ({shown(want.err, 120)}): {shown(got.err, 200)}")
    if whole:
        problems += [f"stdout {p}" for p in
                     harness.multiset_difference(want.out.splitlines(), got.out.splitlines())]
        problems += [f"stderr {p}" for p in
                     harness.multiset_difference(harness.gnu_errors(want.err, "cp"), got.err.splitlines())]
    else:
        first = harness.gnu_errors(harness.first_line(want.err), "cp")
        if [harness.first_line(got.err)] != first:
            problems.append(f"says {shown(harness.first_line(got.err))}, not {shown(first[0]) if first else 'nothing'}")
    return problems


def intact(src, dst, errors):
    """Files of a partial copy that are neither right nor named by a message."""
    problems = []
    for where, _, files in os.walk(src):
        for name in files:
            a = os.path.join(where, name)
            b = os.path.join(dst, os.path.relpath(a, src))
            same = os.path.exists(b) and open(a, "rb").read() == open(b, "rb").read()
            if not same and os.fsencode(name) not in errors:
                problems.append(f"{name} is not copied, and no message names it")
    return problems


class Cases:
    def __init__(self, c, scratch, command=None, exact=False):
        """exact: the command calls itself cp, and has to say the very same bytes as GNU's."""
        self.c, self.number = c, 0
        self.scratch = tempfile.mkdtemp(prefix="cases-", dir=scratch)
        os.chmod(self.scratch, 0o755)
        self.ordered = self.scratch
        if exact and harness.can_mount():
            self.ordered = tempfile.mkdtemp(prefix="ordered-", dir=scratch)
            harness.mount_tmpfs(self.ordered, "size=500m,mode=755")
        elif exact and os.access("/dev/shm", os.W_OK):
            self.ordered = tempfile.mkdtemp(prefix="sluice-ordered-", dir="/dev/shm")
            atexit.register(harness.rmtree, self.ordered)
        self.command, self.exact = command or [harness.sluice(), "cp"], exact

    def run(self, name, setup, args, usage=False, tree=True, owner=None, after=None, excused=None, **how):
        """setup(area); args follow `cp`.  usage: only the first line of stderr counts.  tree: compare the results.

        owner: a uid that owns everything and runs the tools.  after(area): a list of problems of sluice's result.
        excused: what GNU's says where it fails for no reason; there ours has to succeed.
        """
        self.number += 1
        areas = []
        results = []
        for side, command in (("gnu", ["cp"]), ("our", self.command)):
            area = self._set_up(side, setup, self.in_order(args) or self.keeps_links(args))
            if owner is not None and harness.ROOT:
                for where, dirs, files in os.walk(area.root):
                    for path in [where] + [os.path.join(where, f) for f in files]:
                        if not getattr(area, "foreign", None) or not path.startswith(area.foreign):
                            mode = os.lstat(path).st_mode
                            os.chown(path, owner, owner, follow_symlinks=False)
                            if not stat.S_ISLNK(mode):
                                os.chmod(path, stat.S_IMODE(mode))
                how["user"] = owner
            areas.append(area)
            results.append(harness.run([*command, *args], cwd=area.root, **how))
        if excused and re.search(excused, results[0].err):
            return self.c.check(f"{name} (where GNU's fails)", results[1].rc == 0, shown(results[1].err))
        if self.exact and not (self.in_order(args) and self.ordered != self.scratch):
            results = [r._replace(**{what: b"".join(sorted(getattr(r, what).splitlines(True)))
                                     for what in ("out", "err")}) for r in results]
        if self.exact:
            problems = [f"{what} {shown(g, 300)}, GNU {shown(w, 300)}" for what, w, g in
                        zip(("exit status", "stdout", "stderr"), map(str_or_bytes, results[0][:3]),
                            map(str_or_bytes, results[1][:3])) if w != g]
        else:
            problems = compare_runs(*results, whole=not usage)
        if tree:
            keeps = any(a in ("-a", "-p") or (a[:1] == "-" and a[1:2] != "-" and ("a" in a or "p" in a)) for a in args)
            options = dict(root=False, mtime=False)
            found = treecmp.compare(areas[0].root, areas[1].root, **options)
            if keeps:       # files' times; directories that the case made are as old as the case
                for path in set(self._made(areas[1].root)):
                    a, b = os.path.join(areas[0].root, path), os.path.join(areas[1].root, path)
                    if os.path.lexists(a) and not os.path.isdir(a) and os.lstat(a).st_mtime_ns // 10**9 < T0 // 10**9 + 10**7 \
                            and os.lstat(a).st_mtime_ns != os.lstat(b).st_mtime_ns:
                        found.append(f"{path}: mtime {os.lstat(a).st_mtime_ns}, {os.lstat(b).st_mtime_ns}")
            problems += [f"result {line}" for line in found]
        if after:
            problems += after(areas[1])
        self.c.nothing(name, problems)

    @staticmethod
    def in_order(args):
        """Whether the options ask for words whose order shows."""
        return any(a != "--backup=none" and a.startswith(("--backup", "-S", "--suffix")) or (a[:1] == "-" and a[1:2] != "-" and set(a) & set("vib"))
                   for a in args)

    @staticmethod
    def keeps_links(args):
        """Whether hard links are kept: then it shows which name is met first, also where no words are asked for."""
        return any(a.startswith(("--preserve", "--archive")) or (a[:1] == "-" and a[1:2] != "-" and set(a) & set("ad"))
                   for a in args)

    def _set_up(self, side, setup, ordered):
        """A fresh area; for cases that show the order, where later files have larger inode numbers."""
        base = self.ordered if ordered else self.scratch
        os.makedirs(os.path.join(base, side), exist_ok=True)
        area = Area(os.path.join(base, side, f"case{self.number}"))
        setup(area)
        return area

    def matrix(self, setup, options, operands, **how):
        """Each of the option lists, in a fresh place."""
        for some in options:
            args = some.split() if isinstance(some, str) else list(some)
            self.run(f"{' '.join(args)} {' '.join(operands)}", setup, [*args, *operands], **how)

    @staticmethod
    def _made(root):
        for where, _, files in os.walk(root):
            for name in files:
                yield os.path.relpath(os.path.join(where, name), root)
