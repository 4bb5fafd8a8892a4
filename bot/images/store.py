"""Picture files and their JSON sidecars, in a local folder or in an S3-compatible store.

A picture is kept at ``<folder>/YYYY-MM-DD/img_<12 hex>.<ext>``, its sidecar beside it with the
suffix ``.json``. What a picture is, its bytes say: a provider's header or a file's name is not
believed.
"""

import asyncio
import hashlib
import hmac
import json
import os
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import urlsplit
from urllib.request import url2pathname
from uuid import uuid4

from cachetools import TTLCache
from obstore import sign
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, S3Store, from_url

from bot.domain.failures import Failure, Reason
from bot.domain.pictures import IMAGE_ID
from bot.domain.requests import JSON
from bot.images.validation import EXTENSIONS, ValidImage, from_person, from_provider
from messages import Picture

CHUNK = 256 * 1024
"""Bytes per piece when a picture is streamed."""

LINK_DAYS = 7
"""How long a signed link is good for; S3 allows no more."""

LINKS = 10_000
"""So many signed links are remembered."""

Folder = Literal["generated", "references"]

_PATH = re.compile(r"(generated|references)/\d{4}-\d\d-\d\d/img_[0-9a-f]{12}\.(png|jpg|webp|gif)")
_NO_PATH = "Not the path of a kept picture"


def image_id(secret: str, *parts: str) -> str:
    """The id of a picture: the same for the same parts, and not to be guessed without the secret.

    ``parts`` say which picture it is, such as the job's id and the picture's number.
    """
    named = json.dumps(parts).encode()
    return "img_" + hmac.new(secret.encode(), named, hashlib.sha256).hexdigest()[:12]


class ImageStore:
    """The store. ``url`` is ``file:///folder`` (made if need be) or ``s3://bucket/prefix``.

    S3 credentials, region and endpoint come from the usual ``AWS_*`` variables. Every method that
    takes a path raises :class:`ValueError` for one that :meth:`save` did not return, and for one
    that a symbolic link leads out of the folder; and :class:`OSError` when the store itself
    cannot be reached or written, which is worth another try.
    """

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._root: Path | None = None
        self._links: TTLCache[str, str] = TTLCache(LINKS, LINK_DAYS * 24 * 3600 / 2)
        parts = urlsplit(url)
        if parts.scheme == "file":
            if parts.netloc not in ("", "localhost") or len(parts.path) < 2:
                raise ValueError("MEDIA_URL is not of the form file:///folder")
            folder = Path(url2pathname(parts.path))
            try:
                self._store: ObjectStore = LocalStore(folder, mkdir=True)
            except OSError as error:
                raise OSError(
                    f"the folder of pictures {folder}: {error}. Check MEDIA_URL"
                ) from None
            self._root = folder.resolve()
        elif parts.scheme == "s3":
            # Without limits a store that does not answer is tried for three minutes.
            self._store = from_url(
                url, retry_config={"max_retries": 4, "retry_timeout": timedelta(seconds=30)}
            )
        else:
            raise ValueError("MEDIA_URL begins neither with file:// nor with s3://")

    async def save(
        self,
        data: bytes,
        *,
        image_id: str,
        folder: Folder,
        created_at: float,
        sidecar: Mapping[str, JSON],
        owner: str = "",
        mark: bool = False,
    ) -> tuple[Picture, str] | Failure:
        """Keep a picture and what is known about it; gives the picture and its path.

        ``created_at`` is in seconds since the epoch, ``owner`` is who sent a picture to work from.
        What a provider made gets a ``mark`` that says so, see :mod:`bot.images.provenance`.
        The same id and time again write the same two files. The failure is an ``UNUSABLE_ANSWER``
        for what a provider made; for a picture to work from, the reasons are those of
        :func:`bot.images.validation.from_person`.
        """
        if not IMAGE_ID.fullmatch(image_id):
            raise ValueError("An image id is img_ and twelve hexadecimal digits")
        generated = folder == "generated"
        made = from_provider(data, mark=mark) if generated else from_person(data, owner)
        found = await made
        if isinstance(found, Failure):
            return _unusable_answer(found) if generated else found
        moment = datetime.fromtimestamp(created_at, UTC)
        path = f"{folder}/{moment:%Y-%m-%d}/{image_id}.{found.extension}"
        facts = {**sidecar, **_facts(image_id, path, found, moment)}
        text = json.dumps(facts, ensure_ascii=False, indent=2).encode()
        # The picture first: whoever finds a sidecar finds its picture.
        picture, beside = (path, found.data, found.mime), (_beside(path), text, "application/json")
        await self._put(picture, beside)
        return Picture(image_id, found.mime, found.width, found.height, len(found.data)), path

    async def found(
        self, image_id: str, folder: Folder, created_at: float
    ) -> tuple[Picture, str] | None:
        """A picture that :meth:`save` has kept under that id and time, whatever it is."""
        moment = datetime.fromtimestamp(created_at, UTC)
        for extension in EXTENSIONS:
            path = f"{folder}/{moment:%Y-%m-%d}/{image_id}.{extension}"
            data = await self.read(path)
            kept = await from_provider(data) if data else None
            if data and isinstance(kept, ValidImage):
                return Picture(image_id, kept.mime, kept.width, kept.height, len(data)), path
        return None

    def location(self, path: str) -> str:
        """Where a picture is, for whoever has access to the store: a file's path, or an s3 URL."""
        path = _named(path)
        return str(self._root / path) if self._root else f"{self._url}/{path}"

    @property
    def gives_links(self) -> bool:
        """Whether whoever has a link can look at a picture without this program."""
        return isinstance(self._store, S3Store)

    def signed_link(self, path: str) -> str | None:
        """A link that whoever has it can look at a picture by, for :data:`LINK_DAYS`.

        ``None`` for a folder. The same link is given for half of that time, so that a message
        which holds it stays as it is.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
        """
        if not isinstance(self._store, S3Store):
            return None
        link = self._links.get(_named(path))
        if link is None:
            link = sign(self._store, "GET", path, timedelta(days=LINK_DAYS))
            self._links[path] = link
        return link

    async def read(self, path: str) -> bytes | None:
        """The bytes of a picture, or ``None`` when it is not there (any more)."""
        return await self._get(_named(path))

    async def stream(self, path: str) -> AsyncIterator[bytes]:
        """The bytes of a picture, in pieces of about 256 KiB.

        Raises:
            FileNotFoundError: with the first piece, when it is not there (any more).
        """
        try:
            result = await self._store.get_async(await self._checked(path))
            async for piece in result.stream(min_chunk_size=CHUNK):
                yield bytes(piece)
        except BaseError as error:
            raise _unavailable(error) from None

    async def sidecar(self, path: str) -> dict[str, JSON] | None:
        """What is known about a picture, or ``None``."""
        data = await self._get(_beside(_named(path)))
        return None if data is None else cast(dict[str, JSON], json.loads(data))

    async def delete(self, path: str) -> None:
        """Remove a picture and its sidecar; what is not there is no error."""
        path = await self._checked(path)
        await self._remove(path)
        await self._remove(_beside(path))

    async def check(self) -> None:
        """Write and remove a small object.

        Raises:
            OSError: the store cannot be used; the message says why.
        """
        name = f"check-{uuid4().hex}"
        await self._put((name, b"banana-bot", "text/plain"))
        await self._remove(name)

    async def _checked(self, path: str) -> str:
        if self._root is not None:
            await asyncio.to_thread(self._stay_inside, self._root, _named(path))
        return _named(path)

    def _stay_inside(self, root: Path, path: str) -> Path:
        # The pattern leaves no way out by name; a symbolic link would still be one.
        if not (file := (root / path).resolve()).is_relative_to(root):
            raise ValueError("The path of a kept picture leads out of its folder")
        return file

    async def _put(self, *files: tuple[str, bytes, str]) -> None:
        # Atomic in both stores: a local file is written under another name and renamed. One
        # request even for a large picture: a crash leaves no half of a multipart upload behind.
        try:
            if self._root:
                await asyncio.to_thread(self._write, self._root, files)
                return
            for path, data, mime in files:
                attributes: Any = {"Content-Type": mime}
                await self._store.put_async(path, data, attributes=attributes, use_multipart=False)
        except BaseError as error:
            raise _unavailable(error) from None

    def _write(self, root: Path, files: Sequence[tuple[str, bytes, str]]) -> None:
        for path, data, _ in files:
            file = self._stay_inside(root, path)
            self._store.put(path, data, use_multipart=False)
            _flush(file)

    def _read(self, root: Path, path: str) -> bytes:
        return self._stay_inside(root, path).read_bytes()

    async def _get(self, path: str) -> bytes | None:
        try:
            if self._root:
                return await asyncio.to_thread(self._read, self._root, path)
            result = await self._store.get_async(path)
            return bytes(await result.bytes_async())
        except FileNotFoundError:
            return None
        except BaseError as error:
            raise _unavailable(error) from None

    async def _remove(self, path: str) -> None:
        try:
            await self._store.delete_async(path)
        except FileNotFoundError:
            return
        except BaseError as error:
            raise _unavailable(error) from None


def _facts(image_id: str, path: str, found: ValidImage, moment: datetime) -> dict[str, JSON]:
    """What the store itself says of a picture in its sidecar."""
    return {
        "id": image_id,
        "path": path,
        "mime": found.mime,
        "width": found.width,
        "height": found.height,
        "created_at": moment.isoformat(timespec="milliseconds"),
    }


def _unusable_answer(found: Failure) -> Failure:
    return Failure(Reason.UNUSABLE_ANSWER, detail=f"{found.reason}: {found.detail}")


def _named(path: str) -> str:
    """The path, if it is one of a kept picture."""
    if not _PATH.fullmatch(path):
        raise ValueError(_NO_PATH)
    return path


def _beside(path: str) -> str:
    return path.rpartition(".")[0] + ".json"


def _unavailable(error: BaseError) -> OSError:
    # The first line says what went wrong; those after it are obstore's own state.
    return OSError(str(error).partition("\n")[0])


def _flush(path: Path) -> None:
    """Have a file on the disk itself: a picture that was paid for outlasts a power cut."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
