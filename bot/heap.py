"""What the C library holds on to: less, where it is glibc.

https://sourceware.org/glibc/manual/latest/html_node/Malloc-Tunable-Parameters.html
"""

import ctypes
from contextlib import suppress

M_ARENA_MAX = -8


def use_one() -> None:
    """Have all threads share the main heap; each one's own would hold on to memory."""
    with suppress(AttributeError, OSError):  # another C library
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)


def trim() -> None:
    """Give back what starting has left unused."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
