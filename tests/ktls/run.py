#!/usr/bin/env python3
"""TLS of `sluice serve` where the kernel has TLS of its own: Debian's, in QEMU without KVM. Run by hand (`make test-ktls`):
it downloads 40 MB, needs root for chroot, and takes some minutes. Further arguments are the tests to run instead."""

import glob
import os
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "guest"))
import guest

WORK = os.path.join(guest.ROOT, "build", "ktls")
TESTS = ("serve_kernel_tls_test.py", "serve_tls_test.py")
PROGRAMS = ("sluice", "sluice-serve")
PACKAGES = ("busybox-static", "kmod", "openssl", "libssl3", "python3.11-minimal", "libpython3.11-minimal", "libpython3.11-stdlib")
MODULES = ("kernel/net/tls", "kernel/crypto", "kernel/arch/x86/crypto", "kernel/lib", "modules.*")


def root_tree(debs, files, tests):
    """Python, openssl and what is tested; what else they load is this machine's."""
    root = os.path.join(WORK, "root")
    guest.empty_root(root)
    for package in PACKAGES:
        guest.unpacked(debs[package], root)
    for d in ("dev", "proc", "sys", "tmp", "run", "root", "inside"):
        os.makedirs(os.path.join(root, d), exist_ok=True)
    os.symlink("python3.11", os.path.join(root, "usr/bin/python3"))
    os.symlink("busybox", os.path.join(root, "usr/bin/rm"))
    for part in MODULES:
        for path in glob.glob(os.path.join(files, "lib/modules/*", part)):
            to = root + path.removeprefix(files)
            os.makedirs(os.path.dirname(to), exist_ok=True)
            shutil.copytree(path, to) if os.path.isdir(path) else shutil.copy(path, to)
    ours = [os.path.join(guest.BUILT, p) for p in PROGRAMS]
    for path in [*ours, os.path.join(HERE, "inside.sh")]:
        shutil.copy(path, os.path.join(root, "inside"))
    extensions = glob.glob(root + "/usr/lib/python3.11/lib-dynload/*.so")
    guest.add_libraries(root, [*ours, *(f"{root}/usr/bin/{p}" for p in ("python3.11", "openssl", "kmod")), *extensions])
    guest.run("chroot", root, "/sbin/depmod", os.path.basename(glob.glob(root + "/lib/modules/*")[0]))
    shutil.copytree(os.path.join(guest.ROOT, "tests/tools"), root + "/inside/tests/tools")
    with open(root + "/inside/tests/list", "w") as f:
        f.write("".join(t + "\n" for t in tests))
    return root


def main():
    lacks = guest.missing(*PROGRAMS)
    if lacks:
        return f"Not here, and needed: {', '.join(lacks)}"
    debs, kernel = guest.downloaded(WORK, PACKAGES)
    files = guest.kernel_files(WORK, debs, kernel)
    tests = sys.argv[1:] or TESTS
    root = root_tree(debs, files, tests)
    said = guest.boot(WORK, files, root, "/bin/busybox sh /inside/inside.sh", cpu="max")
    print(said)
    if said.count("=== passed\n") == len(tests) and said.endswith("=== end\n"):
        return 0
    return f"Not all of {', '.join(tests)} passed in the guest; see {WORK}/console"


if __name__ == "__main__":
    sys.exit(main())
