"""What the C library holds on to: less, where it is glibc.

https://sourceware.org/glibc/manual/latest/html_node/Malloc-Tunable-Parameters.html
"""

import ctypes
from contextlib import suppress

M_MMAP_THRESHOLD = -3
M_ARENA_MAX = -8

LARGE = 1024 * 1024
"""Bytes. Whatever is larger, such as a picture, goes back to the system when it is released;
unless it is told, the library learns from pictures to keep room for more of them."""


def use_one() -> None:
    """Have all threads share the main heap, which would hold on to memory if each had its own."""
    with suppress(AttributeError, OSError):  # another C library
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE)


def trim() -> None:
    """Give back what starting has left unused."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
