"""What the benchmarks and the demonstration share: trees, and what machine this is."""
import os
import pathlib
import platform
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent


def end_in_order():
    """Ended by a signal, too, a bench takes away what it has set up."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda got, _: sys.exit(128 + got))


def make_tree(top, branches=5, depth=5, file_size=4096):
    """Each directory holds a file and, down to the depth, so many directories: 3905 files."""
    content = os.urandom(file_size)
    files = 0
    todo = [(top, 0)]
    while todo:
        folder, level = todo.pop()
        folder.mkdir(parents=True, exist_ok=True)
        if level > 0:
            (folder / "file").write_bytes(files.to_bytes(8, "little") + content[8:])
            files += 1
        if level < depth:
            todo += [(folder / f"branch{i}", level + 1) for i in range(branches)]
    return files


def make_random_file(path, size):
    """Really written: a hole would be read without the device."""
    with open(path, "wb", buffering=0) as f:
        for _ in range(size >> 22):
            f.write(os.urandom(1 << 22))
        os.fsync(f.fileno())


def working_folder():
    """A temporary folder on the file system that the build is on; /tmp may be memory."""
    base = pathlib.Path(os.environ.get("SLUICE_BENCH_DIR", ROOT / "build"))
    base.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(prefix="sluice-bench-", dir=base)


def output_of(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=20).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def file_system_of(path):
    return output_of("findmnt", "-n", "-o", "FSTYPE,SOURCE,OPTIONS", "-T", str(path))


def machine():
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "virtual": output_of("systemd-detect-virt") or "unknown",
        "kernel": platform.release(),
        "file_system_of_the_build": file_system_of(ROOT),
        "file_system_of_usr": file_system_of("/usr"),
        "compiler": output_of("clang++-19", "--version").splitlines()[:1],
        "coreutils": output_of("cp", "--version").splitlines()[:1],
        "commit": output_of("git", "-C", str(ROOT), "describe", "--always", "--dirty"),
        "load_average": os.getloadavg(),
    }


def describe(m):
    memory = m["memory_bytes"] / (1 << 30)
    return (f"{m['processor']}, {m['cores']} cores, {memory:.0f} GiB, Linux {m['kernel']}, "
            f"{m['file_system_of_the_build'].split()[0] if m['file_system_of_the_build'] else '?'}"
            f", load {m['load_average'][0]:.1f}")


def can_drop_caches():
    return os.geteuid() == 0 and os.access("/proc/sys/vm/drop_caches", os.W_OK)


def remove_tree(path):
    shutil.rmtree(path, ignore_errors=True)
