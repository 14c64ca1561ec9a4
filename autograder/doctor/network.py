"""Attacks over the network, and over what works like one."""

# ruff: noqa: PTH123

from __future__ import annotations

import os
import socket


def connects(family: int, address: object) -> bool:
    """Whether somebody listens there and can be reached."""
    with socket.socket(family, socket.SOCK_STREAM) as caller:
        caller.settimeout(0.5)
        caller.connect(address)
    return True


def tcp(told: dict) -> bool:
    """Connect to a server of this machine over TCP."""
    return connects(socket.AF_INET, ("127.0.0.1", told["tcp"]))


def tcp6(told: dict) -> bool:
    """Connect to a server of this machine over TCP and IPv6."""
    return connects(socket.AF_INET6, ("::1", told["tcp6"]))


def udp(told: dict) -> bool:
    """Send a datagram to this machine; where nobody listens, the second one is refused."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as caller:
        caller.connect(("127.0.0.1", told["udp"]))
        return caller.send(b"x") == 1 and caller.send(b"x") == 1


def way_out(told: dict) -> bool:
    """Find a way to other machines; no packet is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as caller:
        caller.connect(("192.0.2.1", 9))
    return True


def name_server(told: dict) -> bool:
    """Reach the machine's name server; no packet is sent."""
    with open("/etc/resolv.conf") as file:
        servers = [line.split()[1] for line in file if line.startswith("nameserver ")]
    for server in servers:
        with socket.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_DGRAM) as caller:
            caller.connect((server, 53))
    return bool(servers)


def unix_socket(told: dict) -> bool:
    """Connect to a Unix socket that has a path, as databases and container engines have."""
    return connects(socket.AF_UNIX, told["planted"] + "/socket")


def abstract_socket(told: dict) -> bool:
    """Connect to a Unix socket that has only a name."""
    return connects(socket.AF_UNIX, "\0" + told["marker"])


def neighbours_socket(told: dict) -> bool:
    """Connect to another submission that listens on a Unix socket."""
    return connects(socket.AF_UNIX, "\0" + told["marker"] + ".left")


def netlink(told: dict) -> bool:
    """Speak to the kernel's network configuration."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as caller:
        caller.bind((0, 0))
    return True


def raw_packets(told: dict) -> bool:
    """Open a socket for packets of one's own making."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW):
        return True


def machine_socket(told: dict) -> bool:
    """Open a socket to the machine that hosts this one."""
    with socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM):
        return True


def crypto_socket(told: dict) -> bool:
    """Open a socket to the kernel's ciphers."""
    with socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET):
        return True


LISTENING: list = []  # keeps the socket open


def leave_socket(told: dict) -> bool:
    """Listen for other submissions."""
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind("\0" + told["marker"] + ".left")
    server.listen()
    LISTENING.append(server)
    return True


def terminal(told: dict) -> bool:
    """Open the terminal that the grader runs in."""
    os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    return True
