#!/usr/bin/env python3
"""Asks once for a file on each of many connections, tells how many were answered, and stays until its input ends.

    idle_client.py HOST PORT COUNT PATH
"""
import resource
import socket
import sys


def answered(peer, path):
    peer.sendall(f"GET /{path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode())
    came = b""
    while b"\r\n\r\n" not in came:
        part = peer.recv(65536)
        if not part:
            return False
        came += part
    head, _, body = came.partition(b"\r\n\r\n")
    length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
    while len(body) < length:
        part = peer.recv(65536)
        if not part:
            return False
        body += part
    return head.startswith(b"HTTP/1.1 200 ")


def main():
    host, port, count, path = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    peers = []
    served = 0
    for _ in range(count):
        peers.append(socket.create_connection((host, port), timeout=30))
        served += answered(peers[-1], path)
    print(served, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
