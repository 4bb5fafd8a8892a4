"""Work on the database is done in threads; what waits there together may share a transaction.

With a transaction for every query, SQLite's one lock is what everybody waits for, and the way to a
thread and back costs more than most queries. Under load both are shared by all that came meanwhile;
otherwise a batch has one piece of work, and waits for no other.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, TypeAlias

import sqlalchemy as sa

CLOSING_SECONDS = 5.0
"""How long closing waits for what was begun: a database may never answer."""

Work: TypeAlias = Callable[[sa.Connection], Any]
"""Called again in a transaction of its own if another piece of its batch has failed; it must not
catch errors of the database itself, which may have undone what came before."""

_Piece: TypeAlias = tuple[Work, "asyncio.Future[Any]"]
_Queue: TypeAlias = "SimpleQueue[_Piece | None]"
_Outcome: TypeAlias = tuple[Any, BaseException | None]


class Batches:
    """``threads`` with a connection each, which take up to ``most`` pieces of work at a time.

    Each thread takes its connection from the pool for every transaction, or ``keeps`` it until
    something has failed. With ``reads``, work is left undone if nobody waits for it any more;
    otherwise whoever is cancelled while their work waits does not learn whether it was done.
    """

    def __init__(
        self,
        engine: sa.Engine,
        name: str,
        *,
        threads: int = 1,
        most: int = 1,
        keeps: bool = False,
        reads: bool = False,
    ) -> None:
        self._engine = engine
        self._name = name
        self._number = threads
        self._most = most
        self._keeps = keeps
        self._reads = reads
        self._waiting: _Queue = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._kept = threading.local()

    async def do(self, work: Work) -> Any:
        """What ``work`` returns, once it is committed.

        Raises:
            Exception: whatever ``work`` or the database raises; then none of it was done, unless
                it was the commit that was not answered.
        """
        if not self._threads:
            self._threads = [self._thread() for _ in range(self._number)]
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        # A thread that is woken at once finds the interpreter busy with whatever goes on here.
        loop.call_soon(self._waiting.put, (work, future))
        return await future

    def _thread(self) -> threading.Thread:
        run, arguments = self._run, (self._waiting,)
        thread = threading.Thread(target=run, args=arguments, name=self._name, daemon=True)
        thread.start()
        return thread

    async def close(self) -> None:
        """Finish what was begun, if the database answers."""
        threads, self._threads = self._threads, []
        waiting, self._waiting = self._waiting, SimpleQueue()
        for _ in threads:
            asyncio.get_running_loop().call_soon(waiting.put, None)
        for thread in threads:
            await asyncio.to_thread(thread.join, CLOSING_SECONDS)

    def _run(self, waiting: _Queue) -> None:
        while (piece := waiting.get()) is not None:
            batch = [piece, *self._more(waiting)]
            if self._reads:
                batch = [(work, future) for work, future in batch if not future.done()]
            outcomes = self._together([work for work, _ in batch])
            told = [(batch[n][1], *outcome) for n, outcome in enumerate(outcomes)]
            for loop in {future.get_loop() for _, future in batch}:
                theirs = [one for one in told if one[0].get_loop() is loop]
                with suppress(RuntimeError):  # a loop that is closed: nobody waits there any more
                    loop.call_soon_threadsafe(_tell, theirs)
        self._let_go()

    def _more(self, waiting: _Queue) -> list[_Piece]:
        """What else waits already, up to the sign to stop."""
        found: list[_Piece] = []
        while len(found) + 1 < self._most:
            try:
                piece = waiting.get_nowait()
            except Empty:
                break
            if piece is None:
                waiting.put(None)
                break
            found.append(piece)
        return found

    def _together(self, works: Sequence[Work]) -> list[_Outcome]:
        """The outcomes of all in one transaction, or of each in its own if one has failed."""
        outcomes: list[_Outcome] = []
        begun = False
        try:
            connection = self._connection()
            with connection.begin():
                begun = True
                for work in works:
                    outcomes.append((work(connection), None))
        except BaseException as error:
            self._let_go()
            # A commit may have been done although it was not answered: it is not done again.
            if begun and len(outcomes) < len(works) and len(works) > 1:
                return [self._together([work])[0] for work in works]
            return [(None, error)] * len(works)
        if not self._keeps:
            self._let_go()
        return outcomes

    def _connection(self) -> sa.Connection:
        """This thread's connection."""
        kept: sa.Connection | None = getattr(self._kept, "connection", None)
        if kept is None:
            kept = self._kept.connection = self._engine.connect()
        return kept

    def _let_go(self) -> None:
        """Give this thread's connection back, if it has one."""
        kept: sa.Connection | None = getattr(self._kept, "connection", None)
        self._kept.connection = None
        if kept is not None:
            kept.close()


def _tell(told: Sequence[tuple["asyncio.Future[Any]", Any, BaseException | None]]) -> None:
    for future, result, error in told:
        if future.done():  # cancelled
            continue
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)
