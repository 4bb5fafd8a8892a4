"""The bytes of a picture that somebody attached, from Discord's own servers only.

Links to attachments are signed and expire; a message that is fetched again has fresh ones.
https://discord.com/developers/docs/reference#signed-attachment-cdn-urls
"""

import asyncio
import re
from urllib.parse import urlsplit

import aiohttp
import discord
import structlog
from yarl import URL

from adapters.discord.refusals import Refusal
from adapters.discord.rest import Rest
from bot.accepting import MAX_BYTES, MAX_PIXELS
from bot.failures import Failure, Reason
from bot.ports import JSON, Attachment
from bot.settings import Settings

log = structlog.get_logger(__name__)

HOSTS = frozenset({"cdn.discordapp.com", "media.discordapp.net"})
"""Where attachments are; nothing else is ever asked for one."""

AT_ONCE = 4
SECONDS = 20.0
PAUSES = (0.25, 1.0)
_PIECE = 64 * 1024
_GONE = (403, 404, 410)
_ID = re.compile(r"/attachments/\d+/(\d+)/|/ephemeral-attachments/\d+/(\d+)/")


class Reader:
    """Downloads attachments, a few at a time."""

    def __init__(self, settings: Settings, rest: Rest) -> None:
        self._rest = rest
        self._at_once = asyncio.Semaphore(AT_ONCE)
        usual = Settings.model_fields["discord_api_base"].default
        base = settings.discord_api_base
        self._own = _origin(base) if base != usual else None

    async def read(self, attachment: Attachment) -> bytes | Failure:
        """The bytes, at most 20 MiB, or why they cannot be had."""
        data = attachment.data or {}
        url, size = str(data.get("url", "")), data.get("size")
        if isinstance(size, int) and size > MAX_BYTES:
            return _too_large()
        async with self._at_once:
            try:
                async with asyncio.timeout(SECONDS):
                    return await self._read(url, data)
            except (aiohttp.ClientError, discord.DiscordException, TimeoutError) as error:
                return Failure(Reason.REFERENCE_UNREACHABLE, detail=type(error).__name__)

    async def _read(self, url: str, data: "dict[str, JSON] | object") -> bytes | Failure:
        found = await self._download(url)
        if found is None and (fresh := await self._fresh(data, url)):
            found = await self._download(fresh)
        return found if found is not None else Failure(Reason.REFERENCE_MISSING)

    async def _download(self, url: str) -> bytes | Failure | None:
        """One download; ``None`` when the link leads nowhere any more."""
        if not self._allowed(url):
            return Failure(Reason.REFERENCE_UNREACHABLE, detail="not a link to an attachment")
        for pause in (*PAUSES, None):
            try:
                return await self._get(url)
            except aiohttp.ClientError:
                if pause is None:
                    raise
                await asyncio.sleep(pause)
        raise AssertionError("the last try returns or raises")

    async def _get(self, url: str) -> bytes | Failure | None:
        exactly = URL(url, encoded=True)
        async with self._rest.http().get(exactly, allow_redirects=False) as response:
            if response.status in _GONE:
                return None
            if response.status != 200:
                raise aiohttp.ClientError(f"status {response.status}")
            pieces = bytearray()
            async for piece in response.content.iter_chunked(_PIECE):
                pieces += piece
                if len(pieces) > MAX_BYTES:
                    return _too_large()
            return bytes(pieces)

    async def _fresh(self, data: "dict[str, JSON] | object", url: str) -> str | None:
        """The link to the same attachment in the message as it is now."""
        assert isinstance(data, dict)
        channel, message, wanted = data.get("channel"), data.get("message"), _ID.search(url)
        if not channel or not message or not wanted:
            return None
        try:
            found = await self._rest.message(str(channel), str(message))
        except Refusal:
            return None
        links = (each.url for each in found.attachments if str(each.id) in wanted.groups())
        return next(links, None)

    def _allowed(self, url: str) -> bool:
        parts = urlsplit(url)
        if self._own is not None and _origin(url) == self._own:
            return True
        return parts.scheme == "https" and parts.netloc in HOSTS


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _too_large() -> Failure:
    facts = {"limit_mb": MAX_BYTES // 2**20, "limit_megapixels": MAX_PIXELS // 10**6}
    return Failure(Reason.REFERENCE_TOO_LARGE, facts)
