#!/usr/bin/env python3
"""`sluice cp -Z` and its kin beside GNU cp on a kernel with SELinux: Debian's, with Debian's policy, in QEMU without
KVM. Run by hand (`make test-selinux`): it downloads 40 MB, needs root for chroot, and takes some minutes."""

import glob
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILT = os.path.join(ROOT, "build", "release")
WORK = os.path.join(ROOT, "build", "selinux")
NEEDED = ("qemu-system-x86_64", "mke2fs", "apt-get", "apt-cache", "dpkg-deb", "ldd", "chroot", "tar")
PACKAGES = ("selinux-policy-default", "policycoreutils", "selinux-utils", "libselinux1", "libsemanage2", "libsemanage-common",
            "libsepol2", "libpcre2-8-0", "libaudit1", "libcap-ng0", "libbz2-1.0", "coreutils", "findutils", "grep", "sed", "bash",
            "mount")
KERNEL = "linux-image-cloud-amd64"
MODULES = ("virtio_ring", "virtio", "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci", "virtio_blk")
INIT = f"""#!/bin/busybox sh
b=/bin/busybox
$b mount -t devtmpfs dev /dev; $b mount -t proc proc /proc; $b mount -t sysfs sys /sys
for m in {' '.join(MODULES)}
do $b insmod /$m.ko
done
$b mount -t ext4 /dev/vda /new || $b poweroff -f
for d in dev proc sys
do $b mount --move /$d /new/$d
done
exec $b switch_root /new /bin/bash /inside/inside.sh start ENFORCING
"""
COMPILE = "cd /usr/share/selinux/default && semodule -n -X 100 -s default $(for m in $(cat .modules); do echo -i$PWD/$m.pp.bz2; done)"


# What GNU's does there, and ours does not.
KNOWN = {
    "-lfZ -r t /etc/w/m": "sources get the types of the links to them",
    "-Z a /etc/w/link": "the link gets the type, and not what was written to",
    "-Z a t/log /etc/w": "where the policy has no type for a file, that of the file before it is taken",
}


def missing():
    lacks = [tool for tool in NEEDED if not shutil.which(tool)]
    lacks += [path for path in (os.path.join(BUILT, "sluice"), os.path.join(BUILT, "sluice-label")) if not os.path.exists(path)]
    return lacks + (["root"] if os.geteuid() != 0 else [])


def run(*argv, **how):
    return subprocess.run(argv, check=True, **how)


def unpacked(package, into):
    """Into a tree whose /bin, /lib and so on are links, as Debian's are."""
    source = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE)
    run("tar", "--keep-directory-symlink", "-x", "-C", into, stdin=source.stdout)
    source.wait()


def downloaded():
    debs = os.path.join(WORK, "debs")
    os.makedirs(debs, exist_ok=True)
    kernel = run("apt-cache", "depends", KERNEL, capture_output=True, text=True).stdout.split("Depends: ")[1].split()[0]
    if not glob.glob(os.path.join(debs, kernel + "_*")):
        run("apt-get", "download", *PACKAGES, "busybox-static", kernel, cwd=debs)
    return {os.path.basename(d).split("_")[0]: os.path.join(debs, d) for d in os.listdir(debs)}, kernel


def root_tree(debs):
    """What the guest's root is made of, with its policy compiled; kept, since that takes a minute."""
    root = os.path.join(WORK, "root")
    if os.path.exists(os.path.join(root, "ready")):
        return root
    shutil.rmtree(root, ignore_errors=True)
    for d in ("bin", "sbin", "lib", "lib64"):
        os.makedirs(os.path.join(root, "usr", d))
        os.symlink("usr/" + d, os.path.join(root, d))
    for package in PACKAGES:
        unpacked(debs[package], root)
    for d in ("dev", "proc", "sys", "tmp", "run", "root", "home/u", "var/log", "var/lib/selinux", "inside"):
        os.makedirs(os.path.join(root, d), exist_ok=True)
    with open(os.path.join(root, "etc/selinux/config"), "w") as f:
        f.write("SELINUX=permissive\nSELINUXTYPE=default\n")
    with open(os.path.join(root, "etc/passwd"), "w") as f:
        f.write("root:x:0:0:root:/root:/bin/bash\n")
    programs = [p for d in ("bin", "sbin", "libexec/selinux/hll") for p in glob.glob(os.path.join(root, "usr", d, "*"))]
    for line in subprocess.run(["ldd", *programs, os.path.join(BUILT, "sluice-label")], capture_output=True, text=True).stdout.splitlines():
        library = next((word for word in line.split() if word.startswith("/") and not word.startswith(root)), "").rstrip(":")
        to = root + library
        if library and not os.path.exists(to):
            os.makedirs(os.path.dirname(to), exist_ok=True)
            shutil.copy(library, to)
    os.path.lexists(os.path.join(root, "usr/bin/sh")) or os.symlink("bash", os.path.join(root, "usr/bin/sh"))
    run("chroot", root, "/bin/bash", "-c", COMPILE)
    for d in ("man", "doc", "locale"):
        shutil.rmtree(os.path.join(root, "usr/share", d), ignore_errors=True)
    open(os.path.join(root, "ready"), "w").close()
    return root


def boot(debs, kernel, root, enforcing):
    """Returns what the guest said."""
    early, kernel_files = os.path.join(WORK, "early"), os.path.join(WORK, "kernel")
    shutil.rmtree(early, ignore_errors=True)
    for d in ("bin", "dev", "proc", "sys", "new"):
        os.makedirs(os.path.join(early, d))
    os.makedirs(kernel_files, exist_ok=True)
    for package in (debs[kernel], debs["busybox-static"]):
        unpacked(package, kernel_files)
    shutil.copy(os.path.join(kernel_files, "bin/busybox"), os.path.join(early, "bin"))
    for m in MODULES:
        shutil.copy(glob.glob(f"{kernel_files}/lib/modules/*/kernel/drivers/*/{m}.ko")[0], early)
    with open(os.path.join(early, "init"), "w") as f:
        f.write(INIT.replace("ENFORCING", str(enforcing)))
    os.chmod(os.path.join(early, "init"), 0o755)
    with open(os.path.join(WORK, "early.cpio"), "wb") as f:
        run("sh", "-c", "find . | ./bin/busybox cpio -o -H newc", cwd=early, stdout=f, stderr=subprocess.DEVNULL)
    shutil.copy(os.path.join(HERE, "inside.sh"), os.path.join(root, "inside"))
    shutil.copy(os.path.join(BUILT, "sluice"), os.path.join(root, "inside/cp"))
    shutil.copy(os.path.join(BUILT, "sluice-label"), os.path.join(root, "inside"))
    disk, said = os.path.join(WORK, "disk.img"), os.path.join(WORK, "said")
    if os.path.exists(disk):
        os.unlink(disk)
    run("mke2fs", "-q", "-t", "ext4", "-d", root, disk, "600M")
    subprocess.run(["timeout", "1800", "qemu-system-x86_64", "-m", "1024", "-smp", "2", "-display", "none", "-monitor", "none", "-no-reboot",
                    "-serial", "file:" + os.path.join(WORK, "console"), "-serial", "file:" + said, "-drive", f"file={disk},format=raw,if=virtio",
                    "-kernel", os.path.join(kernel_files, "boot/vmlinuz-" + kernel.removeprefix("linux-image-")),
                    "-initrd", os.path.join(WORK, "early.cpio"),
                    "-append", "console=ttyS0 quiet lsm=selinux selinux=1 enforcing=0 panic=-1"], stdin=subprocess.DEVNULL)
    with open(said, errors="replace") as f:
        return f.read().replace("\r", "")


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
    lacks = missing()
    if lacks:
        return f"Not here, and needed: {', '.join(lacks)}"
    debs, kernel = downloaded()
    root = root_tree(debs)
    failed = 0
    for enforcing in (1, 0):
        cases, differ = compared(boot(debs, kernel, root, enforcing))
        print(f"{'enforcing' if enforcing else 'permissive'}: {cases} cases, {differ} not as GNU cp has them")
        failed += differ
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
