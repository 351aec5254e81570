#!/usr/bin/env python3
"""`sluice du --time` against GNU du: which time, of what, and how it is written."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
from ducases import apparent_sizes, differential

FORMATS = ["%Y", "%s", "%N", "%3N", "%-N", "%_N", "%12N", "%_12N", "%-3N", "%0N", "%1N", "%9N", "%10N", "%:z", "%::z", "%:::z",
           "%z", "%_z", "%10:z", "%_10:z", "%-:z", "%::::z", "%Z", "%^a", "%#Z", "%p", "%P", "%_d", "%-d", "%010Y", "%+Y",
           "%EY", "%Od", "%", "%%", "%%N", "%5", "%Q", "%n%t", "", " ", "a%Fb%Tc", "%c", "%x", "%X", "%j %U %V %u %G %C %e",
           "%D %R %r %I %l %k %h %B", "%EN", "%:N"]


def test(c, scratch):
    make = lambda name: os.path.join(scratch, name)
    os.makedirs(make("t/a/b"))
    os.makedirs(make("t/empty"))
    times = {"t/a/b/f": (100, 1_700_000_000_123_456_789), "t/a/g": (1_600_000_000_000_000_000, 1_200_000_000_000_000_000),
             "t/old": (-5_000_000_001, -100_000_000_000_000_001), "t/x": (1_800_000_000_100_000_000, 1_500_000_000_120_000_000),
             "t/epoch": (0, 0)}
    for name, ns in times.items():
        with open(make(name), "wb") as f:
            f.write(b"x" * 5000)
        os.utime(make(name), ns=ns)
    os.symlink("a/b/f", make("t/link"))
    os.utime(make("t/link"), ns=(10**18, 10**18), follow_symlinks=False)
    for n, name in enumerate(("t/a/b", "t/a", "t/empty", "t")):
        os.utime(make(name), ns=(10**18 + n, 10**17 * (n + 1)))
    harness.settle(scratch)
    apparent_sizes(scratch)

    words = ["", "=atime", "=access", "=use", "=ctime", "=status", "=a", "=at", "=ac", "=u", "=c", "=s", "=st", "=x", "="]
    for word in words:
        for more in ([], ["-a"], ["-s"], ["-S"], ["-ac"], ["-L", "-a"], ["-d1"], ["--inodes", "-h"], ["-0a"]):
            differential(c, f"--time{word} {' '.join(more)}", [f"--time{word}", *more, "t"], scratch, jobs=(1, 2, 8))
    for style in ("full-iso", "long-iso", "iso", "f", "l", "i", "is", "x", "", "locale", "posix-iso", "+%F", "+a\nb"):
        differential(c, f"--time-style={style}", ["-a", "--time", f"--time-style={style}", "t"], scratch)
        differential(c, f"TIME_STYLE={style}", ["-a", "--time", "t"], scratch, env=harness.base_env(TIME_STYLE=style))
        differential(c, f"--time-style={style} alone", [f"--time-style={style}", "t"], scratch)
    differential(c, "TIME_STYLE=posix-posix-iso", ["--time", "t"], scratch, env=harness.base_env(TIME_STYLE="posix-posix-iso"))
    differential(c, "--time-style before TIME_STYLE", ["--time", "--time-style=iso", "t"], scratch,
                 env=harness.base_env(TIME_STYLE="x"))
    for zone in ("UTC", "America/St_Johns", "Asia/Kathmandu", "XYZ5:30:15", "ABC-1DEF", ""):
        env = harness.base_env(TZ=zone)
        differential(c, f"TZ={zone}", ["-a", "--time", "--time-style=full-iso", "t"], scratch, env=env)
        for form in ("%z", "%:z", "%::z", "%:::z", "%Z"):
            differential(c, f"TZ={zone} +{form}", ["-a", "--time", f"--time-style=+{form}", "t"], scratch, env=env)
    for form in FORMATS:
        differential(c, f"+{form}", ["-a", "--time", f"--time-style=+{form}", "t"], scratch, env=harness.base_env(TZ="UTC"))
        differential(c, f"+{form} in {{}}", ["--time=atime", f"--time-style=+{{{form}}}", "t", "t/old"], scratch)
    for what in (["nowhere"], ["t/old"], ["t/old", "t/epoch"], ["t", "t/old"]):
        differential(c, f"the total's time: {' '.join(what)}", ["-c", "--time", "--time-style=full-iso", *what], scratch)
    far = make("far")
    with open(far, "wb"):
        pass
    try:
        os.utime(far, ns=(2**62 // 10**9 * 10**9, 2**33 * 10**9))
        differential(c, "a time after 2038", ["-a", "--time", "far"], scratch)
    except OSError as why:
        c.skip("a time after 2038", str(why))


if __name__ == "__main__":
    harness.main(test)
