#!/usr/bin/env python3
"""`sluice cp -Z` and its kin beside GNU cp on a kernel with SELinux: Debian's, with Debian's policy, in QEMU without
KVM. Run by hand (`make test-selinux`): it downloads 40 MB, needs root for chroot, and takes some minutes."""

import glob
import os
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "guest"))
import guest

WORK = os.path.join(guest.ROOT, "build", "selinux")
PACKAGES = ("selinux-policy-default", "policycoreutils", "selinux-utils", "libselinux1", "libsemanage2", "libsemanage-common",
            "libsepol2", "libpcre2-8-0", "libaudit1", "libcap-ng0", "libbz2-1.0", "coreutils", "findutils", "grep", "sed", "bash",
            "mount")
COMPILE = "cd /usr/share/selinux/default && semodule -n -X 100 -s default $(for m in $(cat .modules); do echo -i$PWD/$m.pp.bz2; done)"


# What GNU's does there, and ours does not.
KNOWN = {
    "-lfZ -r t /etc/w/m": "sources get the types of the links to them",
    "-Z a /etc/w/link": "the link gets the type, and not what was written to",
    "-Z a t/log /etc/w": "where the policy has no type for a file, that of the file before it is taken",
}


def root_tree(debs):
    """What the guest's root is made of, with its policy compiled; kept, since that takes a minute."""
    root = os.path.join(WORK, "root")
    if os.path.exists(os.path.join(root, "ready")):
        return root
    guest.empty_root(root)
    for package in PACKAGES:
        guest.unpacked(debs[package], root)
    for d in ("dev", "proc", "sys", "tmp", "run", "root", "home/u", "var/log", "var/lib/selinux", "inside"):
        os.makedirs(os.path.join(root, d), exist_ok=True)
    with open(os.path.join(root, "etc/selinux/config"), "w") as f:
        f.write("SELINUX=permissive\nSELINUXTYPE=default\n")
    with open(os.path.join(root, "etc/passwd"), "w") as f:
        f.write("root:x:0:0:root:/root:/bin/bash\n")
    programs = [p for d in ("bin", "sbin", "libexec/selinux/hll") for p in glob.glob(os.path.join(root, "usr", d, "*"))]
    guest.add_libraries(root, [*programs, os.path.join(guest.BUILT, "sluice-label")])
    os.path.lexists(os.path.join(root, "usr/bin/sh")) or os.symlink("bash", os.path.join(root, "usr/bin/sh"))
    guest.run("chroot", root, "/bin/bash", "-c", COMPILE)
    for d in ("man", "doc", "locale"):
        shutil.rmtree(os.path.join(root, "usr/share", d), ignore_errors=True)
    open(os.path.join(root, "ready"), "w").close()
    return root


def boot(files, root, enforcing):
    """Returns what the guest said."""
    for source, to in ((os.path.join(HERE, "inside.sh"), "inside.sh"), (os.path.join(guest.BUILT, "sluice"), "cp"),
                       (os.path.join(guest.BUILT, "sluice-label"), "sluice-label")):
        shutil.copy(source, os.path.join(root, "inside", to))
    return guest.boot(WORK, files, root, f"/bin/bash /inside/inside.sh start {enforcing}", "lsm=selinux selinux=1 enforcing=0")


def compared(said):
    """The number of cases, and of those that differ."""
    parts = said.split("=== ")
    if parts[-1].strip() != "end":
        print(f"The guest did not come to its end; see {WORK}/console and {WORK}/said")
        return 0, 1
    results = [part.partition("\n") for part in parts[1:-1]]
    differ = 0
    for (gnu, _, theirs), (_, _, ours) in zip(results[::2], results[1::2]):
        why = KNOWN.get(gnu.partition(": cp ")[2])
        if theirs == ours or why:
            print(end=f"As known: {gnu}: {why}\n" if theirs != ours else "")
            continue
        differ += 1
        print(gnu)
        for who, these, those in (("gnu ", theirs, ours), ("ours", ours, theirs)):
            print("".join(f"  {who}: {line}\n" for line in these.splitlines() if line not in those.splitlines()), end="")
    return len(results) // 2, differ


def main():
    lacks = guest.missing("sluice", "sluice-label")
    if lacks:
        return f"Not here, and needed: {', '.join(lacks)}"
    debs, kernel = guest.downloaded(WORK, PACKAGES)
    root = root_tree(debs)
    files = guest.kernel_files(WORK, debs, kernel)
    failed = 0
    for enforcing in (1, 0):
        cases, differ = compared(boot(files, root, enforcing))
        print(f"{'enforcing' if enforcing else 'permissive'}: {cases} cases, {differ} not as GNU cp has them")
        failed += differ
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
