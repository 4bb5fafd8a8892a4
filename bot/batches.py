"""Work on the database that waits is done together: in one thread, in one transaction.

A transaction of its own for every query costs more than the queries: the way to a thread and back,
and on SQLite the wait for its one lock, which others want too. Under load it is shared by all that
came meanwhile; otherwise a batch has one piece of work, and waits for no other.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, TypeAlias

import sqlalchemy as sa

MOST = 100
"""Pieces of work in one batch, at most."""

Work: TypeAlias = Callable[[sa.Connection], Any]
"""Called again in a transaction of its own if the batch that it was part of has failed."""

_Piece: TypeAlias = tuple[Work, "asyncio.Future[Any]"]
_Outcome: TypeAlias = tuple[Any, BaseException | None]


class Batches:
    """A thread, named ``name``, with one connection."""

    def __init__(self, engine: sa.Engine, name: str) -> None:
        self._engine = engine
        self._name = name
        self._waiting: SimpleQueue[_Piece | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    async def do(self, work: Work) -> Any:
        """What ``work`` returns, once it is committed.

        Whoever is cancelled meanwhile does not learn whether it was.
        """
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()
        future = asyncio.get_running_loop().create_future()
        self._waiting.put((work, future))
        return await future

    async def close(self) -> None:
        """Finish what was begun."""
        if self._thread is not None:
            self._waiting.put(None)
            await asyncio.to_thread(self._thread.join)
            self._thread = None

    def _run(self) -> None:
        while (piece := self._waiting.get()) is not None:
            batch = [piece, *self._more()]
            outcomes = self._together([work for work, _ in batch])
            told = [
                (future, *outcome) for (_, future), outcome in zip(batch, outcomes, strict=True)
            ]
            for loop in {future.get_loop() for _, future in batch}:
                theirs = [one for one in told if one[0].get_loop() is loop]
                with suppress(RuntimeError):  # a loop that is closed: nobody waits there any more
                    loop.call_soon_threadsafe(_tell, theirs)

    def _more(self) -> list[_Piece]:
        """What else waits already, up to the sign to stop."""
        found: list[_Piece] = []
        while len(found) + 1 < MOST:
            try:
                piece = self._waiting.get_nowait()
            except Empty:
                break
            if piece is None:
                self._waiting.put(None)
                break
            found.append(piece)
        return found

    def _together(self, works: Sequence[Work]) -> list[_Outcome]:
        try:
            with self._engine.begin() as connection:
                return [(work(connection), None) for work in works]
        except Exception as error:
            if len(works) == 1:
                return [(None, error)]
        return [self._together([work])[0] for work in works]


def _tell(told: Sequence[tuple["asyncio.Future[Any]", Any, BaseException | None]]) -> None:
    for future, result, error in told:
        if future.done():  # cancelled
            continue
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)
