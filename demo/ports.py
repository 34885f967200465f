"""Ports for servers that are told theirs before they start."""

import random
import socket
from typing import Final

HOST: Final = "127.0.0.1"
CHOICE: Final = range(20_000, 32_768)
"""Below those that Linux gives to whoever connects: such a one may be taken before its server has started."""


def free_ports(count: int) -> list[int]:
    """Ports of the loopback address that nobody uses now."""
    found: list[int] = []
    for port in random.sample(CHOICE, len(CHOICE)):  # nosec B311 - a port is no secret
        if len(found) == count:
            break
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        found.append(port)
    return found


def free_port() -> int:
    """One of them."""
    (port,) = free_ports(1)
    return port
