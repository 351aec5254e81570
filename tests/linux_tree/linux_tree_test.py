#!/usr/bin/env python3
"""A kernel's source tree: size, count and copy against du and cp.

The archive is /usr/src/linux-source-6.1.tar.xz; it is unpacked below SLUICE_BIG_DIR (default: a fresh directory in
/var/tmp) and all is removed afterwards.
"""

import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools", "lib"))
import harness
import treecmp
from harness import shown

ARCHIVE = "/usr/src/linux-source-6.1.tar.xz"


def test(c, scratch):
    if not os.path.exists(ARCHIVE):
        raise harness.Skip(f"{ARCHIVE} is not there")
    tool = harness.sluice()
    top = os.environ.get("SLUICE_BIG_DIR", "/var/tmp")
    os.makedirs(top, exist_ok=True)
    big = tempfile.mkdtemp(prefix="sluice-linux-", dir=top)
    try:
        subprocess.run(["tar", "-xf", ARCHIVE, "-C", big], check=True)
        src = os.listdir(big)[0]
        harness.settle(big)
        entries, size, _ = harness.tally(os.path.join(big, src))

        gnu, our = (harness.run([*command, "-sb", src], cwd=big) for command in (["du"], [tool, "du"]))
        c.equal("du -sb", (our.rc, our.out, our.err), (gnu.rc, gnu.out, gnu.err))
        gnu, our = (harness.run([*command, "-B1", src], cwd=big) for command in (["du"], [tool, "du"]))
        c.nothing("du of every directory", harness.multiset_difference(gnu.out.splitlines(), our.out.splitlines()))
        our = harness.run([tool, "traverse", src], cwd=big)
        c.check(f"traverse: {entries} files, {size} bytes",
                our.rc == 0 and our.out == b"%d files, %d bytes\n" % (entries, size), shown(our.out + our.err))

        for name, command in (("by-gnu", ["cp"]), ("by-sluice", [tool, "cp"])):
            result = harness.run([*command, "-a", src, name], cwd=big, timeout=900)
            c.check(f"cp -a {name} ends well", result.rc == 0 and not result.err,
                    f"exit status {result.rc}: {shown(result.err)}")
        harness.settle(big)
        where = lambda name: os.path.join(big, name)
        c.nothing("cp -a against the source", treecmp.compare(where(src), where("by-sluice"), most=100))
        c.nothing("cp -a against GNU's copy", treecmp.compare(where("by-gnu"), where("by-sluice"), most=100))
    finally:
        harness.rmtree(big)


if __name__ == "__main__":
    harness.main(test)
