"""The inbox of the version before: files ``DATA_DIR/inbox/EXECUTOR/ID.json``.

It held the events of Discord that each executor had not dealt with. They are moved to the table
``inbox``, where a process of any name takes up what one that is gone has left.
"""

import asyncio
import json
import shutil
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import structlog

from bot.ports import Event
from bot.storage.inbox import InboxStore

log = structlog.get_logger(__name__)

_PLATFORM = "discord"


async def move(
    folder: Path, inbox: InboxStore, abandoned: Callable[[Iterable[str]], Collection[str]]
) -> None:
    """Move the events of executors that are gone, and this one's, from ``folder`` to ``inbox``.

    An executor that is ``abandoned`` has no process any more; the files of others stay.
    """
    folders = await asyncio.to_thread(_folders, folder)
    gone = await asyncio.to_thread(abandoned, folders.keys() - {inbox.executor}) if folders else ()
    for executor in folders.keys() & {inbox.executor, *gone}:
        events = await asyncio.to_thread(_events, folders[executor])
        for event in events:
            await inbox.put_for(executor, _PLATFORM, event)
        await asyncio.to_thread(_remove, folders[executor])
        log.info("events moved to the database", executor=executor, count=len(events))


def _folders(folder: Path) -> dict[str, Path]:
    """The folder of each executor."""
    return {unquote(path.name): path for path in folder.glob("*/")} if folder.is_dir() else {}


def _events(folder: Path) -> list[Event]:
    return [event for path in sorted(folder.glob("*.json")) if (event := _read(path))]


def _read(path: Path) -> Event | None:
    """The event of a file; ``None`` if it was cut off in the middle."""
    try:
        event = json.loads(path.read_text("utf-8"))
        name, data, at = str(event["name"]), dict(event["data"]), float(event["at"])
        return Event(path.stem, name, _requester(data), json.dumps(data), at)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _requester(data: dict[str, Any]) -> str:
    """Who wrote the message, or used the interaction: in a server as a member of it.

    https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-object
    """
    user = data.get("author") or data.get("user") or data["member"]["user"]
    return str(user["id"])


def _remove(folder: Path) -> None:
    """Remove an executor's folder, and the one that they were all in, once it is empty."""
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        folder.parent.rmdir()
