"""Reading what a client sent: JSON or a form, with every size and type checked.

Limits: 1 MB of text, 20 MiB a picture, 16 pictures, 64 MB altogether.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

from aiohttp import BodyPartReader, MultipartReader, web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adapters.web.errors import Refused
from bot.ports import Options

LARGEST_TEXT = 1_000_000
LARGEST_PICTURE = 20 * 1024 * 1024
LARGEST_BODY = 64 * 1024 * 1024
MOST_FILES = 16

_CHUNK = 64 * 1024

Id = Annotated[str, Field(min_length=1, max_length=128)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Choices(_Strict):
    """``options`` of a request. Whether a model can do it is the bot's to say, not ours."""

    model: Annotated[str, Field(max_length=128)] | None = None
    size: Annotated[str, Field(max_length=16)] | None = None
    aspect_ratio: Annotated[str, Field(max_length=16)] | None = None
    count: int | None = None

    @property
    def options(self) -> Options:
        return Options(
            model=self.model or None,
            size=self.size or None,
            aspect_ratio=self.aspect_ratio or None,
            count=self.count,
        )


class Ask(_Strict):
    """``POST /api/requests``. ``references`` are https URLs and ids of the person's own pictures.

    ``event_id`` is the same whenever the client sends the same request again: it makes one job.
    """

    text: str = ""
    options: Choices = Choices()
    references: Annotated[list[Annotated[str, Field(max_length=2048)]], Field(max_length=32)] = []
    reply_to: Id | None = None
    event_id: Id | None = None


class Repeat(_Strict):
    """``POST /api/jobs/{id}/again``; what is in ``options`` replaces the first request's."""

    options: Choices = Choices()
    event_id: Id | None = None


class Likes(_Strict):
    """``PUT /api/preferences``; a field that is not sent stays as it is, ``null`` clears it."""

    model: Annotated[str, Field(max_length=128)] | None = None
    size: Annotated[str, Field(max_length=16)] | None = None
    aspect_ratio: Annotated[str, Field(max_length=16)] | None = None
    language: Annotated[str, Field(max_length=32)] | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A request and the files that came with it."""

    ask: Ask
    files: list[bytes] = field(default_factory=list)


M = TypeVar("M", bound=BaseModel)


async def read_json(request: web.Request, model: type[M]) -> M:
    """The body as ``model``; no body at all is an empty object.

    Raises:
        Refused: 400, 413 or 415.
    """
    body = await _read_all(request)
    if not body:
        body = b"{}"
    elif request.content_type != "application/json":
        raise _unsupported("application/json")
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise _invalid(error) from None


async def read_request(request: web.Request) -> Sent:
    """The body of ``POST /api/requests``, as JSON or as ``multipart/form-data``."""
    if request.content_type != "multipart/form-data":
        if request.content_type != "application/json":
            raise _unsupported("application/json or multipart/form-data")
        return Sent(await read_json(request, Ask))
    check_length(request, LARGEST_BODY)
    try:
        return await _Form().read(await request.multipart())
    except (ValueError, AssertionError, LookupError) as error:
        # What aiohttp raises for a malformed body: it has no exception of its own for it.
        raise Refused(400, "invalid", "The form could not be read.") from error


def check_length(request: web.Request, limit: int) -> None:
    """Refuse a body that says it is too large, before it is sent."""
    if request.content_length is not None and request.content_length > limit:
        raise too_large(limit)


def too_large(limit: int) -> Refused:
    """The refusal of a body, or a part of one, above ``limit`` bytes."""
    size = f"{limit // 1024 // 1024} MiB" if limit >= 1024 * 1024 else f"{limit // 1000} kB"
    return Refused(413, "too_large", f"That is too large: at most {size} are accepted.")


async def _read_all(request: web.Request) -> bytes:
    check_length(request, LARGEST_TEXT)
    body = bytearray()
    async for chunk in request.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > LARGEST_TEXT:
            raise too_large(LARGEST_TEXT)
    return bytes(body)


class _Form:
    """The parts of one ``multipart/form-data`` body (https://www.rfc-editor.org/rfc/rfc7578)."""

    def __init__(self) -> None:
        self._fields: dict[str, Any] = {}
        self._links: list[str] = []
        self._files: list[bytes] = []
        self._total = 0

    async def read(self, reader: MultipartReader) -> Sent:
        async for part in reader:
            if not isinstance(part, BodyPartReader):
                raise Refused(400, "invalid", "A form inside the form is not accepted.")
            await self._take(part)
        fields = dict(self._fields)
        try:
            if "options" in fields:
                fields["options"] = Choices.model_validate_json(fields["options"] or "{}")
            return Sent(Ask.model_validate({**fields, "references": self._links}), self._files)
        except ValidationError as error:
            raise _invalid(error) from None

    async def _take(self, part: BodyPartReader) -> None:
        name = part.name or ""
        if name == "references" and part.filename is not None:
            if len(self._files) >= MOST_FILES:
                raise too_large_number()
            self._files.append(await self._bytes(part, LARGEST_PICTURE))
        elif name == "references":
            self._links.append(await self._text(part))
        elif name in self._fields:
            raise Refused(400, "invalid", f"{name}: sent twice")
        elif name in ("text", "options", "reply_to", "event_id"):
            self._fields[name] = await self._text(part)
        else:
            raise Refused(400, "invalid", f"{name[:64] or 'a part without name'}: not known")

    async def _text(self, part: BodyPartReader) -> str:
        return (await self._bytes(part, LARGEST_TEXT)).decode()

    async def _bytes(self, part: BodyPartReader, limit: int) -> bytes:
        body = bytearray()
        while chunk := await part.read_chunk(_CHUNK):
            body += chunk
            self._total += len(chunk)
            if len(body) > limit:
                raise too_large(limit)
            if self._total > LARGEST_BODY:
                raise too_large(LARGEST_BODY)
        return bytes(body)


def too_large_number() -> Refused:
    """The refusal of more files than :data:`MOST_FILES`."""
    return Refused(413, "too_large", f"At most {MOST_FILES} pictures can be sent at once.")


def _invalid(error: ValidationError) -> Refused:
    """Name the first field that is wrong, and say how; never repeat what was sent."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])[:100]
    return Refused(400, "invalid", f"{where}: {first['msg']}" if where else first["msg"])


def _unsupported(wanted: str) -> Refused:
    return Refused(415, "unsupported_media_type", f"Send the request as {wanted}.")
