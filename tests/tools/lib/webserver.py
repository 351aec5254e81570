"""A `sluice serve http` under test, and a client that says exactly what a test wants said."""

import errno
import os
import re
import resource
import select
import signal
import socket
import ssl
import subprocess
import time

import harness

TOOL = harness.sluice()
PROGRAM = os.path.join(os.path.dirname(TOOL), "sluice-serve")
MODELS = ("uring", "epoll", "threads", "processes")
WAYS = ("auto", "rw", "mmap", "sendfile", "splice", "zc")


def require():
    if not os.access(PROGRAM, os.X_OK):
        raise harness.Skip("sluice-serve was not built")


class Server:
    """Started on ports of the system's choice; `with Server(dir, "--list") as s:`."""

    def __init__(self, root, *options, listen=("127.0.0.1:0",), stdout=subprocess.DEVNULL, env=None, limits=None,
                 wrapper=()):
        def child():
            for which, value in (limits or {}).items():
                resource.setrlimit(which, (value, value))
        argv = [*wrapper, TOOL, "serve", "http", root, *options]
        for where in listen:
            argv += ["--listen", where]
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE,
                                        env=env or harness.base_env(), preexec_fn=child)
        self.said = b""
        self.ports = []
        self.metrics_port = None
        wanted = len(listen) + ("--metrics-listen" in options)
        while self.said.count(b"\n") < wanted:
            self._hear(30)
        for line in self.said.decode().splitlines():
            if not re.match("sluice serve: (files|metrics) at ", line):
                self.end(signal.SIGKILL)
                raise RuntimeError(line)
            port = re.search(r"at https?://.*:(\d+)$", line)
            if port and ": metrics at" in line:
                self.metrics_port = int(port[1])
            elif port:
                self.ports.append(int(port[1]))
        self.port = self.ports[0] if self.ports else None

    def _hear(self, seconds):
        ready, _, _ = select.select([self.process.stderr], [], [], seconds)
        more = os.read(self.process.stderr.fileno(), 4096) if ready else b""
        if not more:
            raise RuntimeError(f"the server said only {self.said!r}")
        self.said += more

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end(signal.SIGKILL)

    def tell(self, number):
        self.process.send_signal(number)

    def end(self, number=signal.SIGTERM, seconds=20):
        """The exit status, or "timeout"."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.await_end(seconds)

    def await_end(self, seconds=20):
        """The same for one that was told already."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return "timeout"
        finally:
            self.process.stderr.close()

    def connect(self, port=None, receive_buffer=0):
        s = socket.socket()
        if receive_buffer:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        s.settimeout(20)
        s.connect(("127.0.0.1", port or self.port))
        return s

    def raw(self, data, half_close=False, port=None):
        """All that comes for these bytes until the server closes."""
        with self.connect(port) as s:
            s.sendall(data)
            if half_close:
                s.shutdown(socket.SHUT_WR)
            return read_all(s)

    def get(self, target, *fields, method="GET", port=None):
        with self.connect(port) as s:
            s.sendall(request(target, *fields, "Connection: close", method=method))
            return Reader(s).response(method)

    def metrics(self):
        """{name with labels: value}"""
        lines = self.get("/metrics", port=self.metrics_port).body.decode().splitlines()
        return {k: float(v) for k, _, v in (line.rpartition(" ") for line in lines if not line.startswith("#"))}

    def children(self):
        """The processes that it started, as the model of that name does."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as f:
            return [int(pid) for pid in f.read().split()]

    def descriptors(self):
        """Of all its processes together."""
        return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in [self.process.pid, *self.children()])


def request(target, *fields, method="GET", version="1.1"):
    return "\r\n".join([f"{method} {target} HTTP/{version}", "Host: test", *fields, "", ""]).encode("latin-1")


def read_all(s):
    """Until the end; a reset counts as one."""
    got = b""
    try:
        while more := s.recv(1 << 16):
            got += more
    except ConnectionResetError:
        pass
    return got


class Response:
    def __init__(self, status, fields, body):
        self.status, self.fields, self.body = status, fields, body


class Reader:
    """Responses one after the other from a connection, as strictly as the standard allows."""

    def __init__(self, s):
        self.s, self.got = s, b""

    def _more(self):
        more = self.s.recv(1 << 16)
        if not more:
            raise EOFError(f"the connection ended after {self.got[:200]!r}")
        self.got += more

    def _until(self, mark):
        while mark not in self.got:
            self._more()
        part, _, self.got = self.got.partition(mark)
        return part

    def _exactly(self, n):
        while len(self.got) < n:
            self._more()
        part, self.got = self.got[:n], self.got[n:]
        return part

    def response(self, method="GET"):
        lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        version, status, _ = lines[0].split(" ", 2)
        assert version == "HTTP/1.1", lines[0]
        fields = {}
        for line in lines[1:]:
            name, _, value = line.partition(": ")
            assert name.lower() not in fields, f"{name} twice"
            fields[name.lower()] = value
        status = int(status)
        if method == "HEAD" or status == 304:
            body = b""
        elif fields.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(self._until(b"\r\n"), 16):
                body += self._exactly(size)
                assert self._exactly(2) == b"\r\n"
            assert self._exactly(2) == b"\r\n"
        elif "content-length" in fields:
            body = self._exactly(int(fields["content-length"]))
        else:
            body = self.got + read_all(self.s)
        return Response(status, fields, body)


def eventually(condition, seconds=20):
    """Waits for what happens soon, on a machine that may be busy."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def make_certificate(scratch, name):
    got = harness.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                       "-subj", f"/CN={name}", "-days", "2", "-keyout", f"{scratch}/{name}.key",
                       "-out", f"{scratch}/{name}.pem"])
    if got.rc != 0:
        raise harness.Skip("the openssl command makes no certificate here")


def kernel_has_tls():
    """A socket without a peer is refused for that where there is TLS, and else because there is none."""
    with socket.socket() as s:
        try:
            s.setsockopt(socket.IPPROTO_TCP, 31, b"tls\0")
        except OSError as e:
            return e.errno == errno.ENOTCONN
    return False


def tls_client(oldest=None, newest=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    # Python's own choice, with OpenSSL 3, takes every end for one that was told.
    context.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)
    if newest:
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.minimum_version = oldest
        context.maximum_version = newest
    return context


def sealed(s, context=None):
    """A client that hears whether TLS was ended, or only cut off."""
    return (context or tls_client()).wrap_socket(s.connect(), suppress_ragged_eofs=False)


class Held:
    """A TLS client for a Reader whose records wait until they are sent together: in one segment, as a rule.

    At first that is the last message of the handshake."""

    def __init__(self, s, context=None):
        self.s, self.came, self.waiting = s.connect(), ssl.MemoryBIO(), ssl.MemoryBIO()
        self.records = b""      # all that has come
        context = context or tls_client(newest=ssl.TLSVersion.TLSv1_3, oldest=ssl.TLSVersion.TLSv1_3)
        self.tls = context.wrap_bio(self.came, self.waiting)
        self._until_done(self.tls.do_handshake)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.s.close()

    def _until_done(self, what, *arguments):
        while True:
            try:
                return what(*arguments)
            except ssl.SSLWantReadError:
                self.send()
            more = self.s.recv(1 << 16)
            if not more:
                raise EOFError("the connection ended")
            self.records += more
            self.came.write(more)

    def hold(self, data):
        """As a record of its own."""
        self.tls.write(data)

    def send(self):
        if self.waiting.pending:
            self.s.sendall(self.waiting.read())

    def recv(self, most):
        return self._until_done(self.tls.read, most)
