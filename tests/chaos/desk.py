"""A platform that is a folder: a request is a file, and so is a message.

``asked/ID.json`` is delivered until it has been answered, and then, as platforms do, now and then
once more. ``messages/JOB.json`` is the one message of a job, ``shown`` has a file for every call.
While there is a file ``platform-away``, nothing can be shown.
"""

import asyncio
import json
import os
import time
from dataclasses import replace
from pathlib import Path

from bot.domain.actions import Action
from bot.domain.failures import Failure, Reason
from bot.domain.requests import Accepted, Address, Attachment, Incoming
from bot.ports import Bot, Receive
from messages import Message
from tests.chaos.counting import folder


class Desk:
    platform = "desk"

    async def listen(self, receive: Receive) -> None:
        while True:
            for path in sorted((folder() / "asked").glob("*.json")):
                await self._deliver(receive, path)
            await asyncio.sleep(0.1)

    async def _deliver(self, receive: Receive, path: Path) -> None:
        asked = json.loads(path.read_text())
        incoming = Incoming(
            platform="desk",
            event_id=path.stem,
            requester=asked["person"],
            conversation=asked["person"],
            address=Address("desk"),
            text=asked["text"],
            action=Action(asked["action"]),
            target=asked.get("target"),
        )
        try:
            answer = await receive(incoming)
        except Exception:
            return  # it is delivered again
        said = answer.job_id if isinstance(answer, Accepted) else type(answer).__name__
        (folder() / "answers" / path.stem).write_text(said)
        if (
            int(path.stem.rpartition("-")[2]) % 5
            or not isinstance(answer, Accepted)
            or (not answer.new)
        ):
            path.unlink()

    async def show(self, address: Address, message: Message, locale: str) -> Address:
        if (folder() / "platform-away").exists():
            raise ConnectionResetError("the platform is away")
        text = json.dumps(
            {
                "job": message.job_id,
                "status": message.status.value,
                "pictures": [picture.image_id for picture in message.pictures],
                "problem": message.problem and message.problem.reason,
            }
        )
        path = folder() / "messages" / f"{message.job_id}.json"
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_text(text)
        draft.rename(path)
        (folder() / "shown" / f"{message.job_id}.{time.monotonic_ns()}").write_text(text)
        return replace(address, message=message.job_id)

    async def remove(self, address: Address) -> None:
        if address.message:
            (folder() / "messages" / f"{address.message}.json").unlink(missing_ok=True)

    async def read(self, attachment: Attachment) -> Failure:
        return Failure(Reason.REFERENCE_MISSING)

    async def close(self) -> None:
        """Nothing to release."""


def create(_bot: Bot) -> Desk:
    return Desk()
