"""Words as they are read: beside the event loop where they are long, and with what is loaded."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from bot.domain.actions import Action
from bot.domain.catalog import Model
from bot.domain.requests import Incoming
from bot.language import wording
from bot.language.wording import Reading

AT_ONCE = 1_000
"""Characters that are read on the event loop, in a few milliseconds; longer texts in a thread."""

_T = TypeVar("_T")


class Reader:
    """Reads what people write, for as many pictures as one request may ask for."""

    def __init__(self, max_images: int) -> None:
        self._max_images = max_images
        self._prepared: set[tuple[str, ...]] = set()
        self._preparing = asyncio.Lock()

    async def prepare(self, text: str, models: Sequence[Model]) -> None:
        """Load what words are read with in a thread, where they are the first in their languages.

        Longer ones are read in a thread anyway.
        """
        if len(text) > AT_ONCE:
            return
        languages = wording.languages_in(text)
        if languages in self._prepared:
            return
        async with self._preparing:
            if languages not in self._prepared:
                await asyncio.to_thread(wording.prepare, text, models)
                self._prepared.add(languages)

    async def read(self, text: str, models: Sequence[Model], *, image: bool) -> Reading:
        return await self._read(wording.read, text, models, image=image)

    async def read_quoting(self, text: str, quoted: str, models: Sequence[Model]) -> Reading | None:
        """Read words in reply to somebody's text, if they ask for a picture of that text."""
        return await self._read(wording.read_quoting, text, models, quoted=quoted)

    async def _read(
        self, read: Callable[..., _T], text: str, models: Sequence[Model], **about: bool | str
    ) -> _T:
        limits = {"max_images": self._max_images, "default_model": models[0].id}
        return await beside(partial(read, models=models, **limits, **about), text)


async def beside(read: Callable[[str], _T], text: str) -> _T:
    """Read a text; a long one in a thread, so that the event loop goes on meanwhile."""
    return read(text) if len(text) <= AT_ONCE else await asyncio.to_thread(read, text)


def verbatim(prompt: str, model: str) -> Reading:
    """A prompt in which nothing is a setting."""
    return Reading(
        action=Action.DRAW,
        task=None,
        model=model,
        size=None,
        aspect_ratio=None,
        count=None,
        notes=(),
        prompt=prompt,
        explicit_model=False,
    )


def with_settings_of(reading: Reading, incoming: Incoming) -> Incoming:
    """What came in, with the settings that its words name: "again in 2K"."""
    asked = incoming.options
    options = replace(
        asked,
        model=asked.model or reading.named_model or reading.model,
        size=asked.size or reading.size,
        aspect_ratio=asked.aspect_ratio or reading.aspect_ratio,
        count=asked.count or reading.count,
    )
    return replace(incoming, options=options)
