"""The process that decodes one picture: it reads an order and the file, and writes what came of it.

A line of JSON comes first, then bytes, both ways. The order names the ``work``; ``memory`` (bytes)
and ``processor`` (seconds) are this process's limits; the rest are arguments of the work.
The answer has ``error``, the name of an exception, or ``unfit``, or whatever the work says.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from bot.images import imaging


def main() -> None:
    """Do as ordered, once."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the bot's own business
    order = json.loads(sys.stdin.buffer.readline())
    _limit(order.pop("memory"), order.pop("processor"))
    answer, body = _answer(order)
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
    sys.stdout.buffer.write(body)
    sys.stdout.buffer.flush()
    os._exit(0)


def _limit(memory: int, processor: int) -> None:
    """Stay within the limits that this system has."""
    try:
        import resource
    except ImportError:  # Windows
        return
    limits = (
        ("RLIMIT_AS", memory, memory),
        ("RLIMIT_CPU", processor, processor + 1),
        ("RLIMIT_CORE", 0, 0),
        ("RLIMIT_FSIZE", 0, 0),
    )
    for name, soft, hard in limits:
        with suppress(AttributeError, ValueError, OSError):
            resource.setrlimit(getattr(resource, name), (soft, hard))


def _stay_behind(nice: int) -> None:
    if hasattr(os, "nice"):
        os.nice(nice)


def _answer(order: dict[str, Any]) -> tuple[Mapping[str, object], bytes]:
    try:
        work = _WORK[order.pop("work")]
        return work(sys.stdin.buffer.read(), **order)
    except Exception as error:
        # A hostile file makes decoders raise nearly anything, and the message may quote it.
        return {"error": type(error).__name__}, b""


def _check(data: bytes, incomplete: bool) -> tuple[Mapping[str, object], bytes]:
    imaging.check(data, incomplete)
    return {}, b""


def _upright(data: bytes, **arguments: Any) -> tuple[Mapping[str, object], bytes]:
    kind, size, body = imaging.upright(data, **arguments)
    return {"kind": kind, "size": size}, body


def _pixels(data: bytes, incomplete: bool, largest: int) -> tuple[Mapping[str, object], bytes]:
    image = imaging.smaller(imaging.opened(data, incomplete=incomplete), largest)
    return {"mode": image.mode, "size": image.size}, image.tobytes()


def _convert(data: bytes, **arguments: Any) -> tuple[Mapping[str, object], bytes]:
    return {}, imaging.converted(data, **arguments)


def _label(data: bytes, **arguments: Any) -> tuple[Mapping[str, object], bytes]:
    return {}, imaging.labelled(data, **arguments)


def _fit(data: bytes, **arguments: Any) -> tuple[Mapping[str, object], bytes]:
    from bot.images import encoding

    _stay_behind(_SMALLER)  # the picture is there; how well it is shown can wait a little
    try:
        made = encoding.encode(data, **arguments)
    except ValueError as error:
        return {"unfit": str(error)}, b""
    return {"mime": made.mime, "size": (made.width, made.height)}, made.data


_SMALLER = 5

_WORK: Mapping[str, Callable[..., tuple[Mapping[str, object], bytes]]] = {
    "check": _check,
    "upright": _upright,
    "pixels": _pixels,
    "convert": _convert,
    "label": _label,
    "fit": _fit,
}
