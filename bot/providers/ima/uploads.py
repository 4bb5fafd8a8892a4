"""Handing pictures to IMA: a token for each, then its bytes to the place that the token names."""

import asyncio
import hashlib
import socket
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from bot.domain.failures import Failure, Reason
from bot.domain.generation import Reference
from bot.images.downloads import is_public
from bot.images.validation import converted
from bot.providers._http.client import Client, is_loopback
from bot.providers.ima.answers import AnswerReader, unbegun
from bot.runtime import retries
from bot.runtime.proxies import proxy_for

TOKEN = "/api/rest/oss/getuploadtoken"

AT_ONCE = 4
"""Pictures that are handed over at the same time."""

_SECONDS = 60.0
"""For the bytes of one picture."""

_PIECE = 64 * 1024

_SUFFIXES = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/gif": "gif"}

NO_KEY = (
    "Pictures to work from cannot be handed to IMA: IMA_APP_KEY is not set. "
    "Whoever runs the bot has to set it; pictures from words alone are possible."
)


class PictureUploads:
    """Hands over pictures. The API key goes to ``client``'s host and nowhere else."""

    def __init__(
        self,
        client: Client,
        reader: AnswerReader,
        *,
        url: str,
        key: str,
        app: tuple[str, str],
        clock: Callable[[], float] = time.time,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._client = client
        self._reader = reader
        self._local = is_loopback(url)
        self._key = key
        self._app = app
        self._clock = clock
        self._environment = environment
        self._session: aiohttp.ClientSession | None = None
        self._proxied: aiohttp.ClientSession | None = None

    def refusal(self, references: Sequence[Reference]) -> Failure | None:
        """Why these pictures cannot be handed over, if they cannot."""
        if references and not self._app[1]:
            return Failure(Reason.REFERENCE_UNUSABLE, explanation=NO_KEY)
        return None

    async def send(
        self, references: Sequence[Reference], accepts: frozenset[str]
    ) -> list[str] | Failure:
        """Hand over pictures, each as one of the types ``accepts``; gives their addresses."""
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(reference: Reference) -> str | Failure:
            async with slots:
                return await self._send(reference, accepts)

        sent = await asyncio.gather(*map(one, references))
        urls = [url for url in sent if isinstance(url, str)]
        return next((failure for failure in sent if isinstance(failure, Failure)), urls)

    async def check(self) -> Failure | None:
        """Ask for a token, which costs nothing, and do not use it."""
        token = await self._token("image/png")
        return token if isinstance(token, Failure) else None

    async def close(self) -> None:
        """Close every connection."""
        await self._client.close()
        for session in (self._session, self._proxied):
            if session is not None:
                await session.close()

    async def _send(self, reference: Reference, accepts: frozenset[str]) -> str | Failure:
        data, mime = reference.data, reference.mime
        if accepts and mime.rpartition("/")[2] not in accepts:
            kind = "PNG" if "png" in accepts else "JPEG"
            if kind.lower() not in accepts:
                types = ", ".join(sorted(accepts))
                said = f"IMA takes only these types: {types}."
                return Failure(Reason.REFERENCE_UNUSABLE, explanation=said)
            try:
                data = await converted(data, kind, reference.image_id)
            except OSError as error:
                return Failure(Reason.REFERENCE_UNUSABLE, detail=type(error).__name__)
            mime = f"image/{kind.lower()}"
        token = await self._token(mime)
        if isinstance(token, Failure):
            return token
        target, address = token
        return await self._put(target, data, mime) or address

    async def _token(self, mime: str) -> tuple[str, str] | Failure:
        """Where to put a picture, and where it is found afterwards."""
        app, secret = self._app
        moment, nonce = str(int(self._clock())), uuid.uuid4().hex[:21]
        form = {
            "appUid": self._key,
            "cmimToken": self._key,
            "appId": app,
            "appKey": secret,
            "timestamp": moment,
            "nonce": nonce,
            "sign": signature(app, secret, moment, nonce),
            "fService": "privite",  # the service spells it so
            "fType": "picture",
            "fSuffix": _SUFFIXES.get(mime, "jpeg"),
            "fContentType": mime,
        }
        answer = await self._client.call("POST", TOKEN, form=form, repeatable=True)
        data = self._reader.data(answer)
        if isinstance(data, Failure):
            return unbegun(data)
        found = data if isinstance(data, dict) else {}
        target, address = found.get("ful"), found.get("fdl")
        if not self._usable(target) or not self._usable(address):
            return _not_handed_over("no usable place in the upload token")
        return str(target), str(address)

    def _usable(self, url: object) -> bool:
        """Whether it is an https URL with a host; on this machine http will do."""
        if not isinstance(url, str):
            return False
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        local = self._local and parts.scheme == "http" and is_loopback(url)
        return (parts.scheme == "https" or local) and bool(parts.hostname) and not parts.username

    async def _put(self, target: str, data: bytes, mime: str) -> Failure | None:
        """Send the bytes. The URL is a credential, so nothing of it but the host is kept."""
        headers = {"Content-Type": mime, "Content-Length": str(len(data))}
        try:
            status = await retries.UPLOAD(_UploadBroken, self._put_once, target, data, headers)
        except _UploadBroken as error:
            wrong = str(error)
        else:
            if 200 <= status < 300:
                return None
            wrong = f"HTTP {status}"
        return _not_handed_over(f"upload to {urlsplit(target).hostname}: {wrong}")

    async def _put_once(self, target: str, data: bytes, headers: Mapping[str, str]) -> int:
        """The status that is answered.

        Raises:
            _UploadBroken: the connection or the server broke.
        """
        try:
            status = await self._sent(target, data, headers)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _UploadBroken(type(error).__name__) from None
        if status >= 500:
            raise _UploadBroken(f"HTTP {status}")
        return status

    async def _sent(self, target: str, data: bytes, headers: Mapping[str, str]) -> int:
        proxy = proxy_for(target, self._environment)
        session = self._by_proxy(target) if proxy else self._connections()
        async with session.put(
            URL(target, encoded=True),  # signed as it is written
            proxy=proxy,
            data=_pieces(data),
            headers=headers,
            allow_redirects=False,
        ) as response:
            return response.status

    def _connections(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = _opened(aiohttp.TCPConnector(socket_factory=self._socket))
        return self._session

    def _by_proxy(self, target: str) -> aiohttp.ClientSession:
        """Connections to a proxy, behind which only a name of the internet's is asked for."""
        host = urlsplit(target).hostname or ""
        try:
            ip_address(host)
        except ValueError:
            if "." in host:
                self._proxied = self._proxied or _opened(aiohttp.TCPConnector())
                return self._proxied
        raise OSError("not a public name")

    def _socket(self, info: aiohttp.AddrInfoType) -> socket.socket:
        """A socket to a public address; a token must not lead into a private network."""
        family, kind, protocol, _, address = info
        target = ip_address(address[0])
        if not (is_public(target) or (self._local and target.is_loopback)):
            raise OSError("not a public address")
        return socket.socket(family, kind, protocol)


class _UploadBroken(Exception):
    """What broke, without the URL."""


def _opened(connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=_SECONDS),
        skip_auto_headers=("User-Agent",),
    )


def signature(app_id: str, app_key: str, timestamp: str, nonce: str) -> str:
    """``UPPER(hex(SHA1("appId|appKey|timestamp|nonce")))``."""
    joined = "|".join((app_id, app_key, timestamp, nonce)).encode()
    return hashlib.sha1(joined, usedforsecurity=False).hexdigest().upper()


def _not_handed_over(detail: str) -> Failure:
    said = "The picture to work from could not be handed over."
    return Failure(Reason.PROVIDER_DOWN, explanation=said, detail=detail)


async def _pieces(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), _PIECE):
        yield data[start : start + _PIECE]
