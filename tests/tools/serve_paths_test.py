#!/usr/bin/env python3
"""`sluice serve http` gives nothing from outside its directory, nothing that is no file, and survives files that change."""

import ctypes
import os
import socket
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
import webserver
from webserver import MODELS, WAYS, Server, eventually, read_all, request

WORKERS = 4
ESCAPES = ("/../secret", "/%2e%2e/secret", "/..%2fsecret", "/%2e%2e%2fsecret", "/a/../../secret", "/./../secret",
           "/a/%2e%2e/%2e%2e/secret", "//../secret", "/..\\secret", "/%00/../secret", "/out", "/out-dir/secret",
           "/absolute", "/root-link/etc/passwd", "/up/secret", "/self/root/etc/passwd", "/loop", "/page.html%00",
           "/page.html/../../secret", "http://x/../secret", "/%c0%ae%c0%ae/secret", "/.%2e/secret")


def make_site(top):
    root = f"{top}/site"
    os.makedirs(f"{root}/a")
    with open(f"{top}/secret", "w") as f:
        f.write("SECRET")
    for name, text in (("page.html", "page"), ("a/b", "inner")):
        with open(f"{root}/{name}", "w") as f:
            f.write(text)
    for text, name in (("../secret", "out"), ("..", "out-dir"), (f"{top}/secret", "absolute"), ("/", "root-link"),
                       ("a/../..", "up"), ("/proc/self", "self"), ("loop", "loop"), ("a/b", "inside")):
        os.symlink(text, f"{root}/{name}")
    os.mkfifo(f"{root}/fifo")
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(f"{root}/socket")
    listening.close()
    if harness.ROOT:
        os.mknod(f"{root}/zero", 0o20666, os.makedev(1, 5))
    return root


def outside(c, name, s, links):
    for target in ESCAPES:
        got = s.get(target)
        c.check(f"{name}: {target}", got.status in (400, 404) and b"SECRET" not in got.body, got.status)
    for target in ("/fifo", "/socket") + (("/zero",) if harness.ROOT else ()):
        c.equal(f"{name}: {target}", s.get(target).status, 404)
    c.equal(f"{name}: a link inside", s.get("/inside").status, 200 if links else 404)
    c.equal(f"{name}: deeper", s.get("/a/b").body, b"inner")


def swapped(c, name, s, root):
    """A directory and a link to the outside change places while requests run."""
    os.mkdir(f"{root}/x")
    with open(f"{root}/x/secret", "w") as f:
        f.write("PUBLIC")
    os.symlink("..", f"{root}/y")
    libc = ctypes.CDLL(None, use_errno=True)
    over = threading.Event()

    def swap():
        a, b = f"{root}/x".encode(), f"{root}/y".encode()
        while not over.is_set():
            libc.renameat2(-100, a, -100, b, 2)  # RENAME_EXCHANGE
    swapper = threading.Thread(target=swap)
    swapper.start()
    seen = {}
    with s.connect() as one:
        reader = webserver.Reader(one)
        for _ in range(3000):
            one.sendall(request("/x/secret"))
            got = reader.response()
            key = (got.status, b"SECRET" in got.body)
            seen[key] = seen.get(key, 0) + 1
    over.set()
    swapper.join()
    c.check(f"{name}: never from outside", not any(leaked for _, leaked in seen) and (200, False) in seen, seen)
    for path in ("x", "y"):
        full = f"{root}/{path}"
        os.unlink(full) if os.path.islink(full) else harness.rmtree(full)


def shrinking(c, name, s, root):
    """A file is cut while a client that reads slowly is in the middle of it."""
    size = 64 << 20
    path = f"{root}/large"
    eventually(lambda: len(s.children()) == (WORKERS if name.startswith("processes") else 0))
    children = s.children()     # one that died would be replaced
    with open(path, "wb") as f:
        f.truncate(size)
    with s.connect(receive_buffer=4096) as one:
        one.sendall(request("/large") + request("/page.html"))
        got = one.recv(1000)
        os.truncate(path, 100_001)
        rest = read_all(one)
    c.check(f"{name}: a file that shrinks ends the connection", got.startswith(b"HTTP/1.1 200") and
            len(got) + len(rest) < size and b"page" not in rest, len(rest))
    c.equal(f"{name}: and only that", s.get("/page.html").body, b"page")
    c.equal(f"{name}: nobody died of it", (s.process.poll(), s.children()), (None, children))
    os.unlink(path)


def without_openat2(c, scratch, root):
    """A filter refuses the call, as in old containers."""
    source = os.path.join(scratch, "refuse.c")
    program = os.path.join(scratch, "refuse")
    with open(source, "w") as f:
        f.write(REFUSE)
    if harness.run(["cc", "-o", program, source]).rc != 0:
        c.skip("without openat2", "no C compiler")
        return
    for number in (38, 1):  # ENOSYS, EPERM
        with Server(root, env=harness.base_env(), wrapper=[program, str(number)]) as s:
            outside(c, f"openat2 refused with {number}", s, links=False)
            swapped(c, f"openat2 refused with {number}", s, root)


REFUSE = r"""
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(int argc, char** argv) {
  struct sock_filter code[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | atoi(argv[1])),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  struct sock_fprog program = {4, code};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) return 99;
  execv(argv[2], argv + 2);
  return 98;
}
"""


def test(c, scratch):
    webserver.require()
    root = make_site(scratch)
    for model in MODELS:
        with Server(root, "--model", model, "--list") as s:
            outside(c, model, s, links=True)
            swapped(c, model, s, root)
            c.equal(f"{model}: ends by SIGTERM", s.end(), 0)
    for model in MODELS:
        for way in WAYS:
            with Server(root, "--model", model, "--copy", way, "--workers", str(WORKERS)) as s:
                shrinking(c, f"{model} {way}", s, root)
    without_openat2(c, scratch, root)


if __name__ == "__main__":
    harness.main(test)
