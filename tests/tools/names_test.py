#!/usr/bin/env python3
"""A name of the tool that ends in `cp` or `du` makes it that command, which says the very same bytes as GNU's."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
from harness import shown

TOOL = harness.sluice()
# What each has to say: results, GNU's diagnostics, and getopt's.
SAID = {"du": (["-sb", "tree"], ["-a", "--apparent-size", "-B1", "tree"], ["missing"], ["--no-such-option"], ["-d", "x"],
               ["--max-depth"], ["-sa", "tree"], ["--t", "tree"], ["-s", "tree", "missing"], ["--inodes", "-b", "-s", "tree"]),
        "cp": (["-v", "tree/f", "copy"], ["missing", "copy"], [], ["tree/f"], ["--no-such-option"], ["--sparse=x", "a", "b"],
               ["tree", "copy"], ["--re", "a", "b"], ["-t"], ["tree/f", "tree/f"])}


def answers(command, args, where, **how):
    p = subprocess.run([*command, *args], cwd=where, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, **how)
    copy = os.path.join(where, "copy")
    copied = os.path.lexists(copy)
    harness.rmtree(copy)
    return p.returncode, p.stdout, p.stderr, copied


def test(c, scratch):
    os.mkdir(os.path.join(scratch, "tree"))
    with open(os.path.join(scratch, "tree", "f"), "w") as f:
        f.write("some text")
    for name, cases in SAID.items():
        folder = os.path.join(scratch, f"bin-{name}")
        os.mkdir(folder)
        link = os.path.join(folder, name)
        os.symlink(TOOL, link)
        env = harness.base_env(PATH=folder + ":" + os.environ["PATH"])
        second = os.path.join(folder, "again")
        os.mkdir(second)
        os.symlink(os.path.join("..", name), os.path.join(second, name))
        ways = {"found in PATH": ([name], dict(env=env)), "a link to a link": ([os.path.join("..", second, name)],
                dict(env=harness.base_env())), "another program's word": ([name], dict(executable=TOOL, env=harness.base_env()))}
        for way, (command, how) in ways.items():
            problems = []
            for args in cases:
                # GNU's writes the whole of argv[0] before its messages: by name that is as short as ours.
                want = answers([name], args, scratch, env=harness.base_env())
                got = answers(command, args, scratch, **how)
                if got != want:
                    problems.append(f"{' '.join(args)}: {shown(str(got), 200)}, GNU {shown(str(want), 200)}")
            c.nothing(f"{name}, {way}", problems)
        help_of = answers([link], ["--help"], scratch, env=harness.base_env())
        c.check(f"{name} --help is about {name}", help_of[0] == 0 and help_of[1].startswith(b"Usage: %s " % name.encode()),
                shown(help_of[1], 100))
        for other in (f"{name}x", f"x{name}", name.upper(), "anything"):
            path = os.path.join(folder, other)
            os.symlink(TOOL, path)
            got = answers([path], ["--version"], scratch, env=harness.base_env())
            c.check(f"a link named {other} is not {name}", got[0] == 0 and got[1].startswith(b"sluice "), shown(str(got)))
            got = answers([path, name], ["missing"], scratch, env=harness.base_env())
            c.check(f"a link named {other} knows the command {name}", got[0] == 1 and
                    got[2].startswith(b"sluice %s: " % name.encode()), shown(str(got)))


if __name__ == "__main__":
    harness.main(test)
