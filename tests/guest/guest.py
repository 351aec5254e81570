"""A guest with Debian's kernel, for what the one beneath may not have: QEMU without KVM, a root made here on a disk, and
what it says on its second serial line."""

import glob
import os
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILT = os.path.join(ROOT, "build", "release")
NEEDED = ("qemu-system-x86_64", "mke2fs", "apt-get", "apt-cache", "dpkg-deb", "ldd", "chroot", "tar")
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
exec $b switch_root /new COMMAND
"""


def missing(*programs):
    """What is needed and not there: tools of the system, programs of ours, and root for chroot."""
    lacks = [tool for tool in NEEDED if not shutil.which(tool)]
    lacks += [path for path in (os.path.join(BUILT, p) for p in programs) if not os.path.exists(path)]
    return lacks + (["root"] if os.geteuid() != 0 else [])


def run(*argv, **how):
    return subprocess.run(argv, check=True, **how)


def unpacked(package, into):
    """Into a tree whose /bin, /lib and so on are links, as Debian's are."""
    source = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE)
    run("tar", "--keep-directory-symlink", "-x", "-C", into, stdin=source.stdout)
    source.wait()


def downloaded(work, packages):
    """{package: file} of these, of the kernel and of busybox; and the kernel's name."""
    debs = os.path.join(work, "debs")
    os.makedirs(debs, exist_ok=True)
    kernel = run("apt-cache", "depends", KERNEL, capture_output=True, text=True).stdout.split("Depends: ")[1].split()[0]
    if not glob.glob(os.path.join(debs, kernel + "_*")):
        run("apt-get", "download", *{*packages, "busybox-static", kernel}, cwd=debs)
    return {os.path.basename(d).split("_")[0]: os.path.join(debs, d) for d in os.listdir(debs)}, kernel


def empty_root(root):
    """With the links of Debian's, and nothing else."""
    shutil.rmtree(root, ignore_errors=True)
    for d in ("bin", "sbin", "lib", "lib64"):
        os.makedirs(os.path.join(root, "usr", d))
        os.symlink("usr/" + d, os.path.join(root, d))


def add_libraries(root, programs):
    """What these load, from the machine beneath."""
    for line in subprocess.run(["ldd", *programs], capture_output=True, text=True).stdout.splitlines():
        library = next((word for word in line.split() if word.startswith("/") and not word.startswith(root)), "").rstrip(":")
        to = root + library
        if library and not os.path.exists(to):
            os.makedirs(os.path.dirname(to), exist_ok=True)
            shutil.copy(library, to)


def kernel_files(work, debs, kernel):
    """Where the kernel, its modules and busybox lie."""
    files = os.path.join(work, "kernel")
    shutil.rmtree(files, ignore_errors=True)
    os.makedirs(files)
    for package in (debs[kernel], debs["busybox-static"]):
        unpacked(package, files)
    return files


def boot(work, files, root, command, options="", size="600M", cpu="qemu64"):
    """Runs a command of the tree as the first process of a kernel that lies in `files`; returns what was said."""
    early = os.path.join(work, "early")
    shutil.rmtree(early, ignore_errors=True)
    for d in ("bin", "dev", "proc", "sys", "new"):
        os.makedirs(os.path.join(early, d))
    shutil.copy(os.path.join(files, "bin/busybox"), os.path.join(early, "bin"))
    for m in MODULES:
        shutil.copy(glob.glob(f"{files}/lib/modules/*/kernel/drivers/*/{m}.ko")[0], early)
    with open(os.path.join(early, "init"), "w") as f:
        f.write(INIT.replace("COMMAND", command))
    os.chmod(os.path.join(early, "init"), 0o755)
    with open(os.path.join(work, "early.cpio"), "wb") as f:
        run("sh", "-c", "find . | ./bin/busybox cpio -o -H newc", cwd=early, stdout=f, stderr=subprocess.DEVNULL)
    disk, said = os.path.join(work, "disk.img"), os.path.join(work, "said")
    if os.path.exists(disk):
        os.unlink(disk)
    run("mke2fs", "-q", "-t", "ext4", "-d", root, disk, size)
    subprocess.run(["timeout", "1800", "qemu-system-x86_64", "-m", "1024", "-smp", "2", "-cpu", cpu, "-display", "none",
                    "-monitor", "none", "-no-reboot", "-serial", "file:" + os.path.join(work, "console"),
                    "-serial", "file:" + said, "-drive", f"file={disk},format=raw,if=virtio",
                    "-kernel", glob.glob(f"{files}/boot/vmlinuz-*")[0], "-initrd", os.path.join(work, "early.cpio"),
                    "-append", f"console=ttyS0 quiet panic=-1 {options}"], stdin=subprocess.DEVNULL)
    with open(said, errors="replace") as f:
        return f.read().replace("\r", "")
