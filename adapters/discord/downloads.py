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
from adapters.discord.settings import API_BASE, DiscordSettings
from bot.chat import MAX_BYTES, proxy_for, retries, too_large
from bot.domain import JSON, Attachment, Failure, Reason

log = structlog.get_logger(__name__)

HOSTS = frozenset({"cdn.discordapp.com", "media.discordapp.net"})
"""Where attachments are; nothing else is ever asked for one."""

AT_ONCE = 4
SECONDS = 20.0

HEAD_SECONDS = 4.0
"""How long the beginning of a file may take; a person waits for the first answer meanwhile."""

_PIECE = 64 * 1024
_GONE = (403, 404, 410)
_ID = re.compile(r"/attachments/\d+/(\d+)/|/ephemeral-attachments/\d+/(\d+)/")


class AttachmentReader:
    """Downloads attachments, a few at a time."""

    def __init__(self, settings: DiscordSettings, rest: Rest) -> None:
        self._rest = rest
        self._at_once = asyncio.Semaphore(AT_ONCE)
        usual = API_BASE
        base = settings.discord_api_base
        self._own = _origin(base) if base != usual else None

    async def read(self, attachment: Attachment) -> bytes | Failure:
        """The bytes, at most 20 MiB, or why they cannot be had."""
        data = attachment.data or {}
        url, size = self._at_home(str(data.get("url", ""))), data.get("size")
        if isinstance(size, int) and size > MAX_BYTES:
            return too_large()
        async with self._at_once:
            try:
                async with asyncio.timeout(SECONDS):
                    return await self._read(url, data)
            except (aiohttp.ClientError, discord.DiscordException, TimeoutError) as error:
                return Failure(Reason.REFERENCE_UNREACHABLE, detail=type(error).__name__)

    async def head(self, attachment: Attachment, most: int) -> bytes | None:
        """The first bytes, at most ``most``; ``None`` when they cannot be had quickly.

        Any server may answer with more than was asked for.
        https://www.rfc-editor.org/rfc/rfc9110#field.range
        """
        url = self._at_home(str((attachment.data or {}).get("url", "")))
        if not self._allowed(url):
            return None
        asked = {"Range": f"bytes=0-{most - 1}"}
        http = self._rest.http()
        try:
            async with (
                asyncio.timeout(HEAD_SECONDS),
                self._at_once,
                http.get(
                    URL(url, encoded=True),
                    headers=asked,
                    allow_redirects=False,
                    proxy=proxy_for(url),
                ) as response,
            ):
                if response.status not in (200, 206):
                    return None
                pieces = bytearray()
                async for piece in response.content.iter_chunked(most):
                    pieces += piece
                    if len(pieces) >= most:
                        break
                response.close()
                return bytes(pieces[:most])
        except (aiohttp.ClientError, TimeoutError) as error:
            log.info("beginning of a file not read", error=type(error).__name__)
            return None

    def serves(self, url: str) -> bool:
        """Whether it is an address of a file that Discord itself keeps."""
        return self._allowed(url) and _ID.search(url) is not None

    def _at_home(self, url: str) -> str:
        """An address of Discord's, on the server that stands in for it."""
        parts = urlsplit(url)
        if self._own is None or parts.netloc not in HOSTS:
            return url
        return parts._replace(scheme=self._own[0], netloc=self._own[1]).geturl()

    async def _read(self, url: str, data: "dict[str, JSON] | object") -> bytes | Failure:
        found = await self._download(url)
        if found is None and (fresh := await self._fresh(data, url)):
            found = await self._download(fresh)
        return found if found is not None else Failure(Reason.REFERENCE_MISSING)

    async def _download(self, url: str) -> bytes | Failure | None:
        """One download; ``None`` when the link leads nowhere any more."""
        if not self._allowed(url):
            return Failure(Reason.REFERENCE_UNREACHABLE, detail="not a link to an attachment")
        return await retries.DISCORD_DOWNLOAD(aiohttp.ClientError, self._get, url)

    async def _get(self, url: str) -> bytes | Failure | None:
        exactly = URL(url, encoded=True)
        http, proxy = self._rest.http(), proxy_for(url)
        async with http.get(exactly, allow_redirects=False, proxy=proxy) as response:
            if response.status in _GONE:
                return None
            if response.status != 200:
                raise aiohttp.ClientError(f"status {response.status}")
            pieces = bytearray()
            async for piece in response.content.iter_chunked(_PIECE):
                pieces += piece
                if len(pieces) > MAX_BYTES:
                    return too_large()
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
