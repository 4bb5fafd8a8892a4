"""File descriptors: a connection takes one, and many systems give a program 1,024 of them unless it
asks for more (https://man7.org/linux/man-pages/man2/getrlimit.2.html)."""

import sys

WANTED = 65_536

RESERVED = 4608
"""For all but calls to providers: 4,096 connections to the web page, and 512 for the rest."""

FEWEST = 64
"""Calls for which there is room in any case: as many as fit beside few connections to the page."""


def raise_limit() -> None:
    """Have as many as there may be, up to :data:`WANTED`."""
    if sys.platform != "win32":
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = WANTED if hard == resource.RLIM_INFINITY else min(WANTED, hard)
        if soft != resource.RLIM_INFINITY and soft < most:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def limit() -> int:
    """How many this process may have; :data:`WANTED` where there is no limit."""
    if sys.platform == "win32":
        return WANTED
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return WANTED if soft == resource.RLIM_INFINITY else soft


def for_providers() -> int:
    """How many calls to providers may be under way at once."""
    return max(FEWEST, limit() - RESERVED)
