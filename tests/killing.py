"""A bot that kills itself at one exact line of the conversation, to be started again.

``python -m tests.killing FOLDER PROMPT [AT]``: the event is delivered at every start, as a platform
does that never got an answer. ``AT`` is ``before:STEP`` (the step begins), ``during:STEP`` (half a
second into it), ``done:STEP`` (it has done its work, and the result is not stored), or
``after:STEP`` (stored). Without ``AT`` it ends with status 0 once the conversation has.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

from bot.app import App
from bot.durable import Durable
from bot.failures import Failure, Reason
from bot.ports import Address, Attachment, Incoming, Receive
from bot.reception import job_id
from bot.settings import Settings
from messages import Message

FOLDER, PROMPT, AT = Path(sys.argv[1]), sys.argv[2], (sys.argv[3:] or [""])[0]


class Paper:
    """A platform on which a message is a file, and every call is a line in a log."""

    platform = "paper"

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
        (FOLDER / f"message-{message.job_id}").write_text(text)
        with (FOLDER / "calls").open("a") as calls:
            calls.write(f"{text}\n")
        return replace(address, message=message.job_id)


def die(moment: str, step: str) -> None:
    if f"{moment}:{step}" == AT:
        os.kill(os.getpid(), signal.SIGKILL)


_step = Durable.step


async def step(self: Durable, function: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
    """One step of the conversation, with the knife beside it."""
    name = function.__name__.lstrip("_")

    @wraps(function)
    async def watched(*arguments: Any) -> Any:
        die("before", name)
        asyncio.get_running_loop().call_later(0.5, die, "during", name)
        result = await function(*arguments)
        die("done", name)
        return result

    result = await _step(self, watched, *arguments)
    die("after", name)
    return result


async def main() -> None:
    app = App(Settings())
    app.adapters = [Paper()]
    await app.start()
    await app.engine.receive(
        Incoming(
            platform="paper",
            event_id="1",
            requester="ada",
            conversation="desk",
            address=Address("paper"),
            text=PROMPT,
        )
    )
    while not (await app.durable.over([job_id("paper", "1")]))[1]:
        await asyncio.sleep(0.05)
    await app.close()


Durable.step = step  # type: ignore[assignment,method-assign]
asyncio.run(main())
