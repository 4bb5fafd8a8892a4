"""A bot that kills itself at one exact line of the conversation, to be started again.

:func:`run` is the main function of a process of its own. The event is delivered at every start, as
a platform does that never got an answer. ``at`` is ``before:STEP`` (the step begins),
``done:STEP`` (it has done its work, and the result is not stored), or ``after:STEP`` (stored).
Without ``at`` it ends with status 0 once the conversation has.
"""

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

from bot.app import App
from bot.domain import protocol
from bot.domain.failures import Failure, Reason
from bot.domain.jobs import job_id
from bot.domain.requests import Address, Attachment, Incoming
from bot.ports import Receive
from bot.runtime.workflows import Workflows
from bot.settings import Settings
from messages import Message

protocol.LATE_SECONDS = 0.05  # nothing is late here


class Paper:
    """A platform on which a message is a file, and every call is a line in a log."""

    platform = "paper"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def listen(self, receive: Receive) -> None:
        await asyncio.Event().wait()

    async def remove(self, address: Address) -> None:
        """What is written down stays."""

    async def close(self) -> None:
        """Nothing to release."""

    async def read(self, attachment: Attachment) -> Failure:
        return Failure(Reason.REFERENCE_MISSING)

    async def show(self, address: Address, message: Message, locale: str) -> Address:
        content = {
            "step": int(message.step),
            "status": message.status.value,
            "pictures": [picture.image_id for picture in message.pictures],
            "problem": message.problem and message.problem.reason,
        }
        text = json.dumps(content)
        (self._folder / f"message-{message.job_id}").write_text(text)
        with (self._folder / "calls").open("a") as calls:
            calls.write(f"{text}\n")
        return replace(address, message=message.job_id)


class Knife:
    """Beside every line of the conversation, be it a durable step or not."""

    def __init__(self, at: str) -> None:
        self._at = at

    def strike(self, moment: str, step: str) -> None:
        if f"{moment}:{step}" == self._at:
            os.kill(os.getpid(), signal.SIGKILL)

    def beside(self, run: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        """A method of :class:`Workflows` that runs a line, with the knife beside it."""

        async def line(
            workflows: Workflows, function: Callable[..., Awaitable[Any]], *arguments: Any
        ) -> Any:
            name = function.__name__.lstrip("_")

            @wraps(function)
            async def watched(*arguments: Any) -> Any:
                self.strike("before", name)
                result = await function(*arguments)
                self.strike("done", name)
                return result

            result = await run(workflows, watched, *arguments)
            self.strike("after", name)
            return result

        return line


async def converse(folder: Path, prompt: str) -> None:
    app = App(Settings())
    app.adapters = [Paper(folder)]
    await app.start()
    await app.engine.receive(
        Incoming(
            platform="paper",
            event_id="1",
            requester="ada",
            conversation="desk",
            address=Address("paper"),
            text=prompt,
        )
    )
    while not (await app.workflows.over([job_id("paper", "1")]))[1]:
        await asyncio.sleep(0.05)
    await app.close()


def run(folder: Path, prompt: str, at: str, configuration: Mapping[str, str]) -> None:
    """Hold the conversation in this process; its log is the folder's ``program.log``."""
    os.environ.update({"DATA_DIR": str(folder / "data"), **configuration})
    os.chdir(folder)
    with (folder / "program.log").open("ab") as log:
        for stream in (1, 2):
            os.dup2(log.fileno(), stream)
    knife = Knife(at)

    for name in ("line", "step"):
        setattr(Workflows, name, knife.beside(getattr(Workflows, name)))
    asyncio.run(converse(folder, prompt))
