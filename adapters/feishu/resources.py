"""Pictures on their way to Feishu and from it.

Feishu's limits for a picture in a card: https://open.feishu.cn/document/server-docs/im-v1/image/create;
for a file: https://open.feishu.cn/document/server-docs/im-v1/file/create.
"""

import asyncio
import json
from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from adapters.feishu.api import Api, ApiError, File
from adapters.feishu.codes import Kind
from adapters.feishu.content import MEDIA, attachment, is_image
from adapters.feishu.transport import TooLarge
from bot.app import App
from bot.failures import Failure, Reason
from bot.fitting import Limits, fit
from bot.media import MAX_BYTES, MAX_PIXELS
from bot.ports import Attachment
from messages import Picture, Problem

log = structlog.get_logger(__name__)

IMAGES = Limits(bytes=10 * 2**20, side=12_000, gif_side=2_000)
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
class Sent:
    """The image_keys of a message's pictures by image id, and why some are missing.

    ``reduced`` are the image ids of those that were taken only after they had been made smaller.
    """

    keys: Mapping[str, str] = field(default_factory=dict)
    problem: Problem | None = None
    reduced: frozenset[str] = frozenset()


def fits(picture: Picture) -> bool:
    """Whether a card takes the picture as it is."""
    gif = picture.mime == "image/gif" and IMAGES.gif_side is not None
    side = IMAGES.gif_side if gif else IMAGES.side
    return picture.size <= IMAGES.bytes and max(picture.width, picture.height) <= (side or 0)


class Resources:
    """Uploads and downloads of one app, so many at the same time."""

    def __init__(self, app: App, api: Api) -> None:
        self._app = app
        self._api = api
        self._slots = asyncio.Semaphore(app.settings.feishu_uploads)
        self._keys: OrderedDict[str, str] = OrderedDict()
        self._unanswered: Counter[str] = Counter()
        self._too_large: OrderedDict[str, list[int]] = OrderedDict()

    async def send(self, pictures: Sequence[Picture], known: Mapping[str, str]) -> Sent:
        """Upload those pictures that are not ``known`` yet; what is refused is left out.

        Raises:
            ApiError: there is no answer at the moment.
        """
        sending = (self._send(one, known) for one in pictures)
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
        return Sent(keys, problems[0] if problems else None, reduced)

    async def _send(self, picture: Picture, known: Mapping[str, str]) -> str | Problem | None:
        image_id = picture.image_id
        if key := known.get(image_id) or self._keys.get(image_id):
            return key
        async with self._slots:
            try:
                key = await self._upload(picture)
            except ApiError as error:
                return self._refused(picture, error)
            except (ValueError, FileNotFoundError) as error:
                log.warning("picture not usable for a card", image=image_id, error=str(error))
                return None
        if key is not None:
            self._keys[image_id] = key
            if len(self._keys) > KEYS_KEPT:
                self._keys.popitem(last=False)
        return key

    async def _upload(self, picture: Picture) -> str | None:
        """The image_key, if the picture is there: of a smaller copy where it is too large, or is
        said to be. No bytes that were refused so are sent again.

        Raises:
            ApiError: it was refused, or there is no answer.
        """
        data = await self._bytes(picture)
        if data is None:
            return None
        refused = list(self._too_large.get(picture.image_id, ()))
        while True:
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
                if error.kind is not Kind.TOO_LARGE:
                    raise
                log.warning("picture too large", image=picture.image_id, bytes=len(fitted.data))
                refused.append(len(fitted.data))
                self._remember(picture.image_id, refused)
                if len(refused) >= SIZES_TRIED or len(fitted.data) // 2 < SMALLEST:
                    raise

    def _remember(self, image_id: str, refused: list[int]) -> None:
        self._too_large[image_id] = refused
        if len(self._too_large) > KEYS_KEPT:
            self._too_large.popitem(last=False)

    def _refused(self, picture: Picture, error: ApiError) -> Problem | None:
        """What to tell about a picture that was not taken.

        Raises:
            ApiError: it may be taken the next time.
        """
        if error.kind is Kind.NOT_SET_UP:
            permission = " / ".join(error.scopes)
            log.error("missing scope: pictures cannot be uploaded", scopes=permission)
            return Failure(Reason.MISSING_PERMISSION, {"permission": permission}).problem
        if error.kind is Kind.RETRY:
            self._unanswered[picture.image_id] += 1
            if self._unanswered[picture.image_id] < TRIES:
                raise error
            del self._unanswered[picture.image_id]
        log.warning("picture refused", image=picture.image_id, error=str(error))
        return None

    async def send_file(self, picture: Picture, name: str) -> str | None:
        """Upload the original as a file; its file_key, or ``None`` when it is not there.

        Raises:
            ApiError: it was refused, or there is no answer.
        """
        async with self._slots:
            data = await self._bytes(picture)
            if data is None:
                return None
            answer = await self._api.call(
                "POST",
                "/open-apis/im/v1/files",
                body={"file_type": "stream", "file_name": name},
                file=File("file", name, data, picture.mime),
            )
        return str(answer["file_key"])

    async def _bytes(self, picture: Picture) -> bytes | None:
        kept = await self._app.history.picture(picture.image_id)
        return await self._app.media.read(kept.path) if kept else None

    async def read(self, attachment: Attachment) -> bytes | Failure | None:
        """The bytes of a picture in somebody's message."""
        data = attachment.data or {}
        if data.get("type") == "parent":
            found = await self.parent(str(data["message"]))
            if found and not isinstance(found, Failure):
                return await self.read(found[0])
            missing = found if isinstance(found, Failure) else Failure(Reason.REFERENCE_MISSING)
            return missing if data.get("needed", True) else None
        try:
            return await self._api.download(
                "/open-apis/im/v1/messages/:message_id/resources/:file_key",
                paths={"message_id": str(data["message"]), "file_key": str(data["key"])},
                query={"type": str(data.get("type", "image"))},
                most=MAX_BYTES,
            )
        except TooLarge:
            facts = {"limit_mb": MAX_BYTES // 2**20, "limit_megapixels": MAX_PIXELS // 10**6}
            return Failure(Reason.REFERENCE_TOO_LARGE, facts)
        except ApiError as error:
            return _unreadable(error)

    async def parent(self, message: str) -> tuple[Attachment, ...] | Failure:
        """The pictures in a message, in their order; none when it is words.

        What is something else, or is there no more, is a failure.
        """
        try:
            answer = await self._api.call(
                "GET", "/open-apis/im/v1/messages/:message_id", paths={"message_id": message}
            )
        except ApiError as error:
            return _unreadable(error)
        items = answer.get("items") or []
        if not items or items[0].get("deleted"):
            return Failure(Reason.REFERENCE_MISSING)
        found = tuple(_attachments(items[0]))
        if not found and items[0].get("msg_type") in MEDIA:
            return Failure(Reason.REFERENCE_UNUSABLE)
        return found


def _unreadable(error: ApiError) -> Failure:
    """Why a message or a picture in it cannot be read."""
    if error.kind is Kind.NOT_SET_UP:
        permission = " / ".join(error.scopes)
        log.error("missing scope: messages cannot be read", scopes=permission)
        return Failure(Reason.MISSING_PERMISSION, {"permission": permission}, detail=str(error))
    gone = error.code in _NOT_THERE or error.kind is Kind.FORBIDDEN
    reason = Reason.REFERENCE_MISSING if gone else Reason.REFERENCE_UNREACHABLE
    return Failure(reason, detail=str(error), provider_code=str(error.code))


def _attachments(item: Mapping[str, Any]) -> Iterator[Attachment]:
    """The pictures of a message as the API gives it."""
    message = str(item.get("message_id", ""))
    try:
        content = json.loads(item["body"]["content"])
    except (KeyError, TypeError, ValueError):
        return
    if not isinstance(content, dict):
        return
    match item.get("msg_type"):
        case "image":
            yield attachment(message, str(content.get("image_key")))
        case "file" if is_image(name := str(content.get("file_name", ""))):
            yield attachment(message, str(content.get("file_key")), "file", name)
        case "post":
            for node in _nodes(content):
                if node.get("tag") == "img":
                    yield attachment(message, str(node.get("image_key")))


def _nodes(content: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The nodes of rich text, with or without a level for its language."""
    lines = content.get("content")
    if lines is None:
        lines = next(
            (page.get("content") for page in content.values() if isinstance(page, dict)), []
        )
    for line in lines if isinstance(lines, list) else ():
        if isinstance(line, list):
            yield from (node for node in line if isinstance(node, dict))
