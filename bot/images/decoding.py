"""Pictures are decoded in a process of their own, with limits of memory and time.

A decoder is the largest target a stranger's file has, and the only one whose cost a file decides.
The process is started for one picture and ends with it: it knows none of the bot's secrets, and
takes 20 ms and 15 MB more than the picture. What strangers send waits in one line, what providers
made in another, and in each line owners are served in turn.

The limits are those of https://man7.org/linux/man-pages/man2/getrlimit.2.html, where the system
has them (memory: Linux; processor time: Linux, macOS); everywhere the process is ended when it
takes too long.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO, TypeVar, cast

from bot.images.picture_structure.parts import Piece
from bot.runtime.fair_executor import FairExecutor

T = TypeVar("T")

MIB = 2**20
MAX_ANSWER = 128 * MIB
"""Bytes that are taken from the process."""

_BEHIND = "import os, sys\nif hasattr(os, 'nice'): os.nice(int(sys.argv[1]))\n"
"""First of all: already what is imported takes time, which is the bot's own to have."""

_MAIN = _BEHIND + "from bot.images.decoding_process import main; main()"
_KEPT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME", "SYSTEMROOT")
"""What of the bot's environment the process gets: how to find its libraries, and no secret."""


class Undecodable(OSError):
    """The picture is broken, or the decoder does not know what to do with it."""


class DecodingTooCostly(Undecodable):
    """Decoding the picture took more memory or time than it may."""


@dataclass(frozen=True, slots=True)
class DecodingLimits:
    """Bytes of address space, seconds of processor time, and seconds by the clock.

    ``nice`` is how far the process stays behind the bot's own (https://man7.org/linux/man-pages/
    man2/nice.2.html).
    """

    memory: int
    processor: int
    clock: float
    nice: int = 0


class Lane:
    """One line of pictures to decode, ``at_once`` at a time."""

    def __init__(self, name: str, at_once: int, limits: DecodingLimits) -> None:
        self._executor = FairExecutor(at_once, name)
        self._limits = limits

    async def run(
        self,
        work: str,
        pieces: Iterable[Piece],
        *,
        owner: str | None = None,
        heavy: bool = False,
        **arguments: object,
    ) -> tuple[Mapping[str, Any], bytes]:
        """Have :mod:`bot.images.decoding_process` do something to a picture; says what came of it.

        Pictures of one owner are decoded one after the other, and heavy ones too; without an owner
        it is nobody's. Whoever stops waiting ends the process.

        Raises:
            DecodingTooCostly, Undecodable: see there.
        """
        child = _Child({"work": work, **arguments}, pieces, self._limits, heavy=heavy)
        future = self._executor.submit(owner or object(), child.run, heavy=heavy)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            child.stop()
            raise

    def run_now(
        self, work: str, pieces: Iterable[Piece], **arguments: object
    ) -> tuple[Mapping[str, Any], bytes]:
        """The same for a heavy picture, without waiting in line; to be called in a thread."""
        return _Child({"work": work, **arguments}, pieces, self._limits, heavy=True).run()

    async def run_here(self, work: Callable[..., T], *arguments: object) -> T:
        """Call a function in a thread of this lane, for a picture that is small and judged."""
        call = partial(work, *arguments)
        return await asyncio.wrap_future(self._executor.submit(object(), call))


_ALONE = threading.Lock()
"""Held while a heavy picture is decoded, in whatever lane: one of them is all the memory there is
to spare."""


class _Child:
    """The process for one picture."""

    def __init__(
        self,
        order: Mapping[str, object],
        pieces: Iterable[Piece],
        limits: DecodingLimits,
        *,
        heavy: bool,
    ) -> None:
        limited = {"memory": limits.memory, "processor": limits.processor}
        self._nice = limits.nice
        self._order = {**order, **limited}
        self._pieces = tuple(pieces)
        self._clock = limits.clock
        self._alone: AbstractContextManager[object] = _ALONE if heavy else nullcontext()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False

    def run(self) -> tuple[Mapping[str, Any], bytes]:
        """Start it and wait for it; to be called in a thread."""
        for _ in range(2):
            with self._alone:
                answer, code = self._run()
            if self._stopped:
                raise DecodingTooCostly("It took too long")
            if answer is not None:
                return _read(*answer)
            if code != _KILLED:
                break
            # Not by us: perhaps memory was short, for which others were to blame. Once more.
        if code == _OUT_OF_TIME:
            raise DecodingTooCostly("It took too much processor time")
        raise Undecodable(f"The process ended with {code}")

    def stop(self) -> None:
        """End it, or do not start it."""
        with self._lock:
            self._stopped = True
            if self._process:
                self._process.kill()

    def _run(self) -> tuple[tuple[bytes, bytes] | None, int]:
        with self._lock:
            if self._stopped:
                return None, 0
            self._process = process = _start(self._nice)
        timer = threading.Timer(self._clock, self.stop)
        timer.daemon = True
        timer.start()
        try:
            with process:
                given, taken = cast(BinaryIO, process.stdin), cast(BinaryIO, process.stdout)
                with suppress(OSError):  # it ended before it had read everything
                    given.write(json.dumps(self._order).encode() + b"\n")
                    given.writelines(self._pieces)
                with suppress(OSError):  # what could not be written is still in its buffer
                    given.close()
                head = taken.readline(4096)
                body = taken.read(MAX_ANSWER)
                process.kill()
            done = head.endswith(b"\n")
            return (head, body) if done else None, process.returncode
        finally:
            timer.cancel()


_KILLED = -9
_OUT_OF_TIME = -int(getattr(signal, "SIGXCPU", 24))


def _read(head: bytes, body: bytes) -> tuple[Mapping[str, Any], bytes]:
    answer = json.loads(head)
    if error := answer.get("error"):
        raise (DecodingTooCostly if error == "MemoryError" else Undecodable)(error)
    return answer, body


def _start(nice: int) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(
            [sys.executable, "-S", "-P", "-c", _MAIN, str(nice)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
        )
    except OSError as error:  # no memory, or too many processes
        raise DecodingTooCostly(f"No process could be started: {error.strerror}") from None


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))}


PEOPLE = Lane("people-decoding", 2, DecodingLimits(512 * MIB, processor=20, clock=60, nice=5))
"""For what people send; what they may cost says :data:`bot.images.validation.FROM_PEOPLE`."""

MADE = Lane("made-decoding", 2, DecodingLimits(2048 * MIB, processor=120, clock=180, nice=5))
"""For what providers made, and for what is made of it."""
