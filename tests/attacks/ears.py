"""Sockets that must stay silent: whatever arrives there came from a submission."""

from __future__ import annotations

import contextlib
import secrets
import select
import socket
from pathlib import Path

__all__ = ["Ears"]


class Ears:
    """Listens on TCP (IPv4, IPv6), UDP, a path and an abstract name for as long as the ``with`` statement lasts."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / f"ear-{secrets.token_hex(3)}"
        self.sockets: dict[str, socket.socket] = {}

    def __enter__(self) -> Ears:
        self.abstract = f"ear-{secrets.token_hex(8)}"
        listen = {
            "tcp": (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
            "tcp6": (socket.AF_INET6, socket.SOCK_STREAM, ("::1", 0)),
            "udp": (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
            "unix": (socket.AF_UNIX, socket.SOCK_STREAM, str(self.path)),
            "abstract": (socket.AF_UNIX, socket.SOCK_STREAM, f"\0{self.abstract}"),
        }
        for name, (family, kind, address) in listen.items():
            made = socket.socket(family, kind)
            with contextlib.suppress(OSError):  # a machine without IPv6
                made.bind(address)
                if kind == socket.SOCK_STREAM:
                    made.listen(64)
            made.setblocking(False)
            self.sockets[name] = made
        self.path.chmod(0o777)
        return self

    @property
    def addresses(self) -> tuple[int, int, int, str, str]:
        """Ports of tcp, tcp6 and udp, the path, the abstract name."""
        tcp, tcp6, udp = (self.sockets[name].getsockname()[1] for name in ("tcp", "tcp6", "udp"))
        return tcp, tcp6, udp, str(self.path), self.abstract

    def heard(self) -> list[str]:
        """What has arrived, at most 20 of each kind."""
        found = []
        for name, one in self.sockets.items():
            for _ in range(20):
                if not select.select([one], [], [], 0)[0]:
                    break
                if name == "udp":
                    found.append(f"udp: {one.recv(1000)[:200].decode(errors='replace')}")
                else:
                    one.accept()[0].close()
                    found.append(f"{name}: a connection")
        return found

    def __exit__(self, *exc: object) -> None:
        for one in self.sockets.values():
            one.close()
        self.path.unlink(missing_ok=True)
