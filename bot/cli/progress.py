"""One message in a terminal: a progress bar, or plain lines where nobody watches it move."""

import asyncio
import sys
from dataclasses import replace
from types import TracebackType

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from bot.domain.failures import Failure, Reason
from bot.domain.requests import Address, Attachment
from bot.ports import Receive
from bot.runtime.terminal import clean
from messages import Message, Note, Step, render


class Screen:
    """The adapter of ``banana-bot draw``. ``shown`` says whether any step is, and ``finished`` is
    set once the last one is.

    Nothing is shown but the job ``job_id``: a command also closes what others have left that were
    killed.
    """

    platform = "shell"

    def __init__(self, job_id: str, *, quiet: bool = False) -> None:
        self.finished = asyncio.Event()
        self.shown = False
        self._job_id = job_id
        self._quiet = quiet
        self._told: list[Note] = []
        self._bar: Progress | None = None
        if sys.stderr.isatty() and not quiet:
            title = TextColumn("{task.description}", markup=False)
            columns = (title, BarColumn(), TaskProgressColumn())
            self._bar = Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True))

    def __enter__(self) -> "Screen":
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar:
            self._bar.stop()

    async def listen(self, receive: Receive) -> None:
        """Nobody types into a running command."""

    async def read(self, attachment: Attachment) -> Failure:
        """The command line hands over bytes and URLs only."""
        return Failure(Reason.REFERENCE_MISSING)

    async def close(self) -> None:
        """Nothing to release."""

    async def remove(self, address: Address) -> None:
        """What is printed stays."""

    async def show(self, address: Address, message: Message, locale: str) -> Address:
        if message.job_id == self._job_id:
            self.shown = True
            if not self._quiet:
                self._draw(message, locale)
            if message.status.final:
                self.finished.set()
        return Address(self.platform, address.data, message.job_id)

    def _draw(self, message: Message, locale: str) -> None:
        # What is printed stays, so a note is printed with the first step that has it.
        notes = tuple(note for note in message.notes if note not in self._told)
        self._told += notes
        text = clean(render(replace(message, notes=notes), locale))
        if self._bar and message.step is Step.PROGRESS:
            title = text.splitlines()[0].rsplit(" ", 1)[0]
            if not self._bar.tasks:
                self._bar.add_task(title, total=100)
            self._bar.update(self._bar.tasks[0].id, description=title, completed=message.percent)
            return
        if self._bar:
            for task in self._bar.tasks:
                self._bar.remove_task(task.id)
            self._bar.console.print(text, markup=False, highlight=False)
        else:
            typer.echo(text, err=True)
