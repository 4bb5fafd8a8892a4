"""Ports for programs that are told which one to serve at.

The kernel gives the ports of its ephemeral range to whoever asks for any, also as the near end of
every outgoing connection (https://www.kernel.org/doc/html/latest/networking/ip-sysctl.html,
``ip_local_port_range``): one that was free a moment ago may be somebody's before a program binds
it. So these are from below that range, and each process of the tests has a block to itself, which
it keeps until it ends by holding the block's first port.
"""

import socket
from functools import cache
from itertools import cycle

HOST = "127.0.0.1"
BLOCKS = range(16384, 32768, 256)
"""The first port of each block. Linux gives out ports from 32768 on, macOS from 49152 on."""


class Block:
    """The ports of this process: each is given in turn, and again only after all others."""

    def __init__(self) -> None:
        self._held, first = _hold()
        self._ports = cycle(range(first + 1, first + BLOCKS.step))

    def take(self) -> int:
        """A port that nobody listens on.

        Raises:
            OSError: all are taken.
        """
        for _ in range(BLOCKS.step - 1):
            if _is_free(port := next(self._ports)):
                return port
        raise OSError("all ports of this process are taken")


def free_port() -> int:
    """A port that nobody listens on, and that nobody else is given."""
    return _block().take()


@cache
def _block() -> Block:
    return Block()


def _hold() -> tuple[socket.socket, int]:
    """Bind the first port of a block that no other process holds; it ends with this process."""
    for first in BLOCKS:
        held = socket.socket()
        try:
            held.bind((HOST, first))
        except OSError:
            held.close()
            continue
        return held, first
    raise OSError("every block of ports is taken")


def _is_free(port: int) -> bool:
    """Whether a server could bind it; one that has just ended is in nobody's way."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError:
            return False
        return True
