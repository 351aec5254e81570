#!/usr/bin/env python3
"""Somebody changes the source or the destination between any two calls of `sluice cp`: each change is made once before each
call. Nothing outside is read or written, no link is followed, the copy ends by itself, and tells what it could not copy or
what changed meanwhile."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
from cpcases import Area, called_cp
from harness import shown

SECRET = "stay out"
TEXT = "what it says " * 2000
MEANWHILE = "what was written meanwhile"
CHANGED = {"cut": TEXT[:100], "grow": TEXT + MEANWHILE, "rewrite": MEANWHILE + TEXT[len(MEANWHILE):]}
MOST = 150      # calls of one copy


def state(root):
    return {(b"/".join(names), s.st_mode, s.st_size, s.st_mtime_ns, s.st_nlink, s.st_uid, s.st_ino)
            for _, names, s in harness.walk(root)}


class Changes:
    def __init__(self, c, scratch, command):
        self.c, self.command, self.scratch, self.number = c, command, scratch, 0
        self.library = os.path.join(scratch, "change.so")
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib", "change_at.c")
        try:
            subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", self.library, source, "-ldl"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise harness.Skip(f"no C compiler: {error}") from error
        self.outside = Area(os.path.join(scratch, "outside"))
        for name in ("SECRET", "f", "g", "h", "e/g", "d/f", "d/e/g"):
            self.outside.file(name, SECRET)
        self.before = state(self.outside.root)

    def area(self, target):
        """A fresh source, a target as it should be, and things to put in their places."""
        self.number += 1
        area = Area(os.path.join(self.scratch, f"area{self.number}"))
        area.file("src/d/f", TEXT)
        area.file("src/d/e/g", "in g")
        area.file("src/d/h", "in h")
        area.dir("dst")
        if target == "old":
            area.file("dst/d/f", "old f")
            area.file("dst/d/e/g", "old g")
        area.link(os.path.join(self.outside.root, "SECRET"), "to-file")
        area.link(self.outside.root, "to-directory")
        os.mkfifo(area.path("fifo"))
        area.dir("directory/below")
        return area

    def problems(self, area, result, what, name):
        if not harness.normal_exit(result) or result.rc > 1:
            return [f"status {result.rc}: {shown(result.err, 200)}"]
        found = [] if (result.rc == 1) == any(b"warning: " not in line for line in result.err.splitlines()) else \
            [f"status {result.rc}, and says {shown(result.err, 200)}"]
        for _, names, s in harness.walk(area.path("dst")):
            path = os.path.join(os.fsencode(area.path("dst")), *names)
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, "rb") as f:
                    if f.read() == SECRET.encode():
                        found.append(f"{shown(b'/'.join(names))} is from outside")
        if what in CHANGED and name.startswith("src/"):
            with open(area.path("dst/" + name[4:])) as f:
                got = f.read()
            told = f"cp: warning: 'src/./{name[4:]}' {dict(cut='shrank', grow='grew', rewrite='changed')[what]} while it was copied".encode()
            self.told += told in result.err
            if got not in (TEXT, CHANGED[what]) and told not in result.err:
                found.append(f"{name} is neither, and nobody says so: {shown(result.err, 200)}")
        # What nobody touched is there.
        if not name.startswith("dst/") and result.rc == 0 and "e" not in name.split("/"):
            for other, text in (("dst/d/h", "in h"), ("dst/d/e/g", "in g")):
                with open(area.path(other)) as f:
                    found += [] if f.read() == text else [f"{other} is not whole"]
        return found

    def everywhere(self, options, target, what, name, other="nothing"):
        """The change before each call of the copy."""
        title = f"cp {' '.join(options)}, {target} target: {what} {name}{'' if other == 'nothing' else ' for ' + other}"
        found, at, calls, self.told = [], 0, 0, 0
        while at <= calls and at < MOST and len(found) < 4:
            area = self.area(target)
            log = area.path("log")
            env = harness.base_env(LD_PRELOAD=self.library, CHANGE_AT=str(at), CHANGE_LOG=log,
                                   CHANGE=f"{what} {name} {other} away")
            result = harness.run([*self.command, *options, "src/.", "dst"], cwd=area.root, env=env, timeout=20)
            if at == 0:
                with open(log) as f:
                    calls = int(f.read())
            found += [f"before call {at}: {x}" for x in self.problems(area, result, what if at else "", name)]
            now = state(self.outside.root)
            found += [f"before call {at}: outside: {x}" for x in list(self.before ^ now)[:2]]
            self.before = now
            harness.rmtree(area.root)
            at += 1
        self.c.nothing(f"{title}: {at - 1} calls", found)
        self.c.check(f"{title}: all of them", 10 < calls < MOST, f"{calls} calls")
        if what in CHANGED:
            self.c.check(f"{title}: it is told", 1 <= self.told < calls // 2, f"{self.told} times of {calls}")


def test(c, scratch):
    if harness.can_mount():
        harness.mount_tmpfs(scratch, "size=100m,mode=755")
    changes = Changes(c, scratch, called_cp(scratch, harness.interposable()))
    for other in ("to-file", "fifo", "directory", "nothing"):
        changes.everywhere(["-a"], "no", "swap", "src/d/f", other)
    for other in ("to-directory", "fifo", "nothing"):
        changes.everywhere(["-a"], "no", "swap", "src/d/e", other)
    changes.everywhere(["-r", "--atomic"], "old", "swap", "src/d/f", "to-file")
    for what in CHANGED:
        changes.everywhere(["-r"], "no", what, "src/d/f")
    changes.everywhere(["-r", "--reflink=never", "-b"], "old", "cut", "src/d/f")
    for name in ("dst/d", "dst/d/e"):
        for target in ("no", "old"):
            changes.everywhere(["-a"], target, "swap", name, "to-directory")
    for options in (["-r", "--atomic"], ["-rb"], ["-rl"], ["-r", "--remove-destination"]):
        changes.everywhere(options, "old", "swap", "dst/d", "to-directory")
    changes.everywhere(["-a"], "no", "swap", "dst/d/f", "to-file")
    changes.everywhere(["-r", "--remove-destination"], "old", "swap", "dst/d/f", "to-file")
    if harness.can_mount():
        harness.umount(scratch)


if __name__ == "__main__":
    harness.main(test)
