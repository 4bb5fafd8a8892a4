"""Pictures on their way to Feishu and from it.

Feishu's limits for a picture in a card: https://open.feishu.cn/document/server-docs/im-v1/image/create;
for a file: https://open.feishu.cn/document/server-docs/im-v1/file/create.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import structlog
from cachetools import FIFOCache

from adapters.feishu.api.client import Api, File
from adapters.feishu.api.responses import ApiError
from adapters.feishu.api.transport import TooLarge
from adapters.feishu.messages.content import (
    MOST_PICTURES,
    RECORD,
    ReceivedContent,
    maybe_image,
    read_item,
)
from adapters.feishu.settings import FeishuSettings
from bot.chat import (
    HEAD,
    MAX_BYTES,
    ErrorKind,
    FileKind,
    SizeLimits,
    fit,
    kind_of,
    too_large,
    unusable,
)
from bot.domain import Attachment, Failure, Reason, Viewer
from bot.ports import Bot
from messages import Picture, Problem

log = structlog.get_logger(__name__)

IMAGES = SizeLimits(bytes=10 * 2**20, side=12_000, gif_side=2_000)
"""What a card takes."""

LARGEST_FILE = 30 * 2**20

KEYS_KEPT = 2_000
"""How many image_keys this process remembers, besides those in the addresses of jobs."""

TRIES = 3
"""How often a picture is sent without an answer before the result goes without it."""

SIZES_TRIED, SMALLEST = 3, 100_000
"""How many sizes of a picture are tried where it is refused as too large although it is within the
limit: each has half the bytes of the one before, and none is made of fewer bytes than these."""

_NOT_THERE = frozenset({234001, 234003, 234009, 234040, 234043, 230011, 230110, 99992354})
"""The picture is in no message we can read: https://open.feishu.cn/document/server-docs/im-v1/
message/get-2."""


@dataclass(frozen=True, slots=True)
class UploadedPictures:
    """The image_keys of a message's pictures by image id, and why some are missing.

    ``reduced`` are the image ids of those that were taken only after they had been made smaller.
    """

    keys: Mapping[str, str] = field(default_factory=dict)
    problem: Problem | None = None
    reduced: frozenset[str] = frozenset()


def fits(picture: Picture) -> bool:
    """Whether a card takes the picture as it is."""
    return IMAGES.admit(picture.size, picture.mime, picture.width, picture.height)


class Resources:
    """Uploads and downloads of one app, so many at the same time."""

    def __init__(self, bot: Bot, settings: FeishuSettings, api: Api) -> None:
        self._bot = bot
        self._app_id = settings.feishu_app_id
        self._api = api
        self._slots = asyncio.Semaphore(settings.feishu_uploads)
        self._keys: FIFOCache[str, str] = FIFOCache(KEYS_KEPT)
        self._unanswered: FIFOCache[str, int] = FIFOCache(KEYS_KEPT)
        self._too_large: FIFOCache[str, list[int]] = FIFOCache(KEYS_KEPT)

    async def send(
        self, pictures: Sequence[Picture], known: Mapping[str, str], viewer: Viewer
    ) -> UploadedPictures:
        """Upload those pictures that are not ``known`` yet; what is refused is left out.

        Raises:
            ApiError: there is no answer at the moment.
        """
        sending = (self._send(one, known, viewer) for one in pictures)
        found = await asyncio.gather(*sending, return_exceptions=True)
        if failed := [one for one in found if isinstance(one, BaseException)]:
            raise failed[0]
        keys = {
            picture.image_id: key
            for picture, key in zip(pictures, found, strict=True)
            if isinstance(key, str)
        }
        problems = [one for one in found if isinstance(one, Problem)]
        reduced = frozenset(keys) & frozenset(self._too_large)
        return UploadedPictures(keys, problems[0] if problems else None, reduced)

    async def _send(
        self, picture: Picture, known: Mapping[str, str], viewer: Viewer
    ) -> str | Problem | None:
        image_id = picture.image_id
        if key := known.get(image_id) or self._keys.get(image_id):
            return key
        async with self._slots:
            try:
                key = await self._upload(picture, viewer)
            except ApiError as error:
                return self._refused(picture, error)
            except (ValueError, FileNotFoundError) as error:
                log.warning("picture not usable for a card", image=image_id, error=str(error))
                return None
        self._unanswered.pop(image_id, None)
        if key is not None:
            self._keys[image_id] = key
        return key

    async def _upload(self, picture: Picture, viewer: Viewer) -> str | None:
        """The image_key, if the picture is there and taken: of a smaller copy where it is too
        large, or is said to be. No bytes that were refused so are sent again.

        Raises:
            ApiError: it was refused, or there is no answer.
        """
        data = await self._bytes(picture, viewer)
        if data is None:
            return None
        refused = list(self._too_large.get(picture.image_id, ()))
        while len(refused) < SIZES_TRIED:
            most = min([IMAGES.bytes or 0, *(size // 2 for size in refused)])
            fitted = await fit(data, replace(IMAGES, bytes=most))
            ending = fitted.mime.removeprefix("image/")
            try:
                answer = await self._api.call(
                    "POST",
                    "/open-apis/im/v1/images",
                    body={"image_type": "message"},
                    file=File("image", f"picture.{ending}", fitted.data, fitted.mime),
                )
                return str(answer["image_key"])
            except ApiError as error:
                if error.kind is not ErrorKind.TOO_LARGE:
                    raise
                log.warning("picture too large", image=picture.image_id, bytes=len(fitted.data))
                refused.append(len(fitted.data))
                if len(fitted.data) // 2 < SMALLEST:
                    refused += [0] * SIZES_TRIED  # nothing smaller is tried, now or later
                self._too_large[picture.image_id] = refused
        return None

    def _refused(self, picture: Picture, error: ApiError) -> Problem | None:
        """What to tell about a picture that was not taken.

        Raises:
            ApiError: it may be taken the next time.
        """
        if error.kind is ErrorKind.NOT_SET_UP:
            permission = " / ".join(error.scopes)
            log.error("missing scope: pictures cannot be uploaded", scopes=permission)
            return Failure(Reason.MISSING_PERMISSION, {"permission": permission}).problem
        if error.kind is ErrorKind.RETRY:
            tries = self._unanswered.pop(picture.image_id, 0) + 1
            if tries < TRIES:
                self._unanswered[picture.image_id] = tries
                raise error
        log.warning("picture refused", image=picture.image_id, error=str(error))
        return None

    async def send_file(self, picture: Picture, name: str, viewer: Viewer) -> str | None:
        """Upload the original as a file; its file_key, or ``None`` when it is not there.

        Raises:
            ApiError: it was refused, or there is no answer.
        """
        async with self._slots:
            data = await self._bytes(picture, viewer)
            if data is None:
                return None
            answer = await self._api.call(
                "POST",
                "/open-apis/im/v1/files",
                body={"file_type": "stream", "file_name": name},
                file=File("file", name, data, picture.mime),
            )
        return str(answer["file_key"])

    async def _bytes(self, picture: Picture, viewer: Viewer) -> bytes | None:
        kept = await self._bot.picture(picture.image_id, viewer)
        return await self._bot.read_picture(kept) if kept else None

    async def read(self, attachment: Attachment) -> bytes | Failure | None:
        """The bytes of a picture in somebody's message."""
        data = attachment.data or {}
        if data.get("type") == "parent":
            return await self._read_quoted(str(data["message"]), bool(data.get("needed", True)))
        try:
            return await self._download(data)
        except TooLarge:
            return too_large()
        except ApiError as error:
            if data.get("in") and error.kind not in (ErrorKind.RETRY, ErrorKind.NOT_SET_UP):
                kinds = ["record" if data["in"] == "record" else "message"]
                return Failure(Reason.ATTACHMENT_UNUSABLE, {"unusable": kinds}, detail=str(error))
            return _unreadable(error)

    async def _read_quoted(self, message: str, needed: bool) -> bytes | Failure | None:
        """The first picture in a message; ``None`` where there is none, and none is needed."""
        found = await self.contents(message)
        if isinstance(found, Failure):
            return found if needed else None
        if found.attachments:
            return await self.read(found.attachments[0])
        missing = Failure(Reason.REFERENCE_MISSING)
        if found.unusable:
            missing = Failure(Reason.ATTACHMENT_UNUSABLE, {"unusable": list(found.unusable)})
        return missing if needed else None

    async def _download(self, data: Mapping[str, Any], first: int = 0) -> bytes:
        """The bytes of a picture, or the ``first`` ones.

        What is in a record or card Feishu may hand out as a part of one message or of the other,
        or, if it is the bot's own, by its key alone.

        Raises:
            TooLarge: it has more than :data:`bot.chat.attachments.MAX_BYTES`.
            ApiError: it was refused, or there is no answer.
        """
        key, kind = str(data["key"]), str(data.get("type", "image"))
        resource = "/open-apis/im/v1/messages/:message_id/resources/:file_key"
        messages = dict.fromkeys(str(data[name]) for name in ("message", "within") if name in data)
        ways = [
            (resource, {"message_id": one, "file_key": key}, {"type": kind}) for one in messages
        ]
        if data.get("in") == "card":
            ways.append(("/open-apis/im/v1/images/:image_key", {"image_key": key}, {}))
        for number, (uri, paths, query) in enumerate(ways, start=1):
            try:
                return await self._api.download(
                    uri, paths=paths, query=query, most=MAX_BYTES, first=first
                )
            except ApiError as error:
                if error.kind in (ErrorKind.RETRY, ErrorKind.NOT_SET_UP) or number == len(ways):
                    raise
        raise AssertionError("there is always one way")

    async def contents(self, message: str) -> ReceivedContent | Failure:
        """What a message says and shows; of a record, what all its messages do.

        What is no more there is a failure.
        """
        try:
            answer = await self._api.call(
                "GET", "/open-apis/im/v1/messages/:message_id", paths={"message_id": message}
            )
        except ApiError as error:
            return _unreadable(error)
        items = [one for one in answer.get("items") or [] if isinstance(one, dict)]
        if not items or items[0].get("deleted"):
            return Failure(Reason.REFERENCE_MISSING)
        if items[0].get("msg_type") == RECORD:
            return await self._settled(_together(message, items[1:]))
        found = read_item(items[0])
        sender = items[0].get("sender")
        ours = isinstance(sender, dict) and sender.get("id") == self._app_id
        return replace(found, unusable=()) if ours else await self._settled(found)

    async def settle(self, content: ReceivedContent) -> ReceivedContent:
        """The same with those files left out that are no pictures, whatever they are called."""
        return await self._settled(content)

    async def _settled(self, content: ReceivedContent) -> ReceivedContent:
        kept, others = [], list(content.unusable)
        for one in content.attachments:
            data = one.data or {}
            kind = await self._kind_of(data) if data.get("type") == "file" else FileKind.PICTURE
            if kind is FileKind.PICTURE:
                kept.append(one)
            else:
                others.append(unusable(kind))
        return replace(content, attachments=tuple(kept), unusable=tuple(dict.fromkeys(others)))

    async def _kind_of(self, data: Mapping[str, Any]) -> FileKind:
        """What a file is by its first bytes; where they cannot be had now, its name decides, and
        its bytes do when it is used."""
        try:
            return kind_of(await self._download(data, HEAD))
        except ApiError as error:
            log.info("file not looked at", error=str(error))
            maybe = error.kind is ErrorKind.RETRY and maybe_image(str(data.get("name", "")))
            return FileKind.PICTURE if maybe else FileKind.OTHER


def _together(record: str, items: Sequence[Mapping[str, Any]]) -> ReceivedContent:
    """What the messages of a forwarded record say and show, as one."""
    words: list[str] = []
    pictures: list[Attachment] = []
    others: list[str] = []
    names: dict[str, None] = {}
    for item in items:
        if item.get("msg_type") == RECORD and item.get("message_id") != record:
            continue  # its own messages follow
        found = read_item(item)
        words += [found.text] if found.text else []
        names |= dict.fromkeys(found.names)
        for one in found.attachments:
            data = {**(one.data or {}), "within": record, "in": "record"}
            pictures.append(replace(one, data=data))
        others += found.unusable
    kinds = others if pictures or words or others else ["record"]
    return ReceivedContent(
        "\n".join(words),
        tuple(pictures[:MOST_PICTURES]),
        unusable=tuple(dict.fromkeys(kinds)),
        names=tuple(names),
    )


def _unreadable(error: ApiError) -> Failure:
    """Why a message or a picture in it cannot be read."""
    if error.kind is ErrorKind.NOT_SET_UP:
        permission = " / ".join(error.scopes)
        log.error("missing scope: messages cannot be read", scopes=permission)
        return Failure(Reason.MISSING_PERMISSION, {"permission": permission}, detail=str(error))
    about: dict[str, Any] = {"detail": str(error), "provider_code": str(error.code)}
    if error.kind is ErrorKind.RETRY:
        return Failure(Reason.REFERENCE_UNREACHABLE, **about)
    if error.code in _NOT_THERE or error.kind in (ErrorKind.GONE, ErrorKind.FORBIDDEN):
        return Failure(Reason.REFERENCE_MISSING, **about)
    return Failure(Reason.ATTACHMENT_UNUSABLE, {"unusable": ["message"]}, **about)
