"""What goes away: each trouble lasts as long as it is told to; then everything is well again."""

import os
import resource
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from random import Random

from tests.support.postgres import Cluster
from tests.support.program import Program

HOURS = (-3, -1, 1, 3)
FULL_BYTES = 4096
"""No file can grow beyond this while the disk is full."""


class Troubles:
    """Troubles of one running program, drawn by ``chance``; ``cluster`` is its database, if it is
    not a file."""

    def __init__(
        self, program: Program, folder: Path, chance: Random, cluster: Cluster | None
    ) -> None:
        self._program = program
        self._folder = folder
        self._chance = chance
        self._cluster = cluster
        self._left: list[Callable[[float], None]] = []
        self.happened: list[str] = []

    def one(self, longest: float) -> None:
        """One trouble of 0.1 to ``longest`` seconds, short ones more often; each kind has its
        turn before one has another."""
        if not self._left:
            self._left = [
                *(self.database, self.store, self.provider, self.platform),
                *(self.clock, self.freeze, self.full, self.stop, self.kill),
            ]
            self._chance.shuffle(self._left)
        kind = self._left.pop()
        seconds = 0.1 * (longest / 0.1) ** self._chance.random()
        beside = self._chance.choice(["", "", "provider-away", "platform-away"])
        self.happened.append(f"{kind.__name__} for {seconds:.1f} s, {beside}")
        with self._sign(beside) if beside else nullcontext():
            kind(seconds)

    def database(self, seconds: float) -> None:
        if self._cluster is not None:
            self._cluster.stop()
            time.sleep(seconds)
            self._cluster.start()
            return
        other = sqlite3.connect(self._folder / "data" / "banana-bot.sqlite3", timeout=30)
        other.isolation_level = None
        other.execute("BEGIN IMMEDIATE")
        time.sleep(seconds)
        other.close()

    def store(self, seconds: float) -> None:
        media = self._folder / "data" / "media"
        media.mkdir(exist_ok=True)
        media.rename(media.with_name("elsewhere"))
        media.write_text("this is no folder")
        time.sleep(seconds)
        media.unlink()
        media.with_name("elsewhere").rename(media)

    def provider(self, seconds: float) -> None:
        with self._sign("provider-away"):
            time.sleep(seconds)

    def platform(self, seconds: float) -> None:
        with self._sign("platform-away"):
            time.sleep(seconds)

    def clock(self, seconds: float) -> None:
        (self._folder / "draft").write_text(str(self._chance.choice(HOURS) * 3600))
        (self._folder / "draft").rename(self._folder / "clock")
        time.sleep(seconds)

    def freeze(self, seconds: float) -> None:
        os.kill(self._program.pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(self._program.pid, signal.SIGCONT)

    def full(self, seconds: float) -> None:
        """The disk is full, as far as the program can tell (setrlimit(2), RLIMIT_FSIZE)."""
        endless = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(self._program.pid, resource.RLIMIT_FSIZE, (FULL_BYTES, endless[1]))
        time.sleep(seconds)
        with suppress(ProcessLookupError):
            resource.prlimit(self._program.pid, resource.RLIMIT_FSIZE, endless)

    def stop(self, seconds: float) -> None:
        assert self._program.stop(signal.SIGTERM) == 0, self._program.log
        time.sleep(seconds)
        self._program.start()

    def kill(self, seconds: float) -> None:
        self._program.stop()
        time.sleep(seconds)
        self._program.start()

    @contextmanager
    def _sign(self, name: str) -> Iterator[None]:
        (self._folder / name).touch()
        yield
        (self._folder / name).unlink(missing_ok=True)
