"""Reading what a client sent: JSON or a form, with every size, number and type checked.

Limits: 256 kB of text, 20 MiB a picture, 16 pictures, 32 references, 64 MB altogether.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar, cast

from aiohttp import BodyPartReader, MultipartReader, StreamReader, web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adapters.web.errors import RefusedRequest
from adapters.web.payload import (
    CHUNK,
    LARGEST_BODY,
    LARGEST_TEXT,
    LONGEST_LINE,
    MALFORMED,
    Payload,
    read_small,
    too_large,
)
from bot.domain import Options
from bot.ports import Transfer

LARGEST_PICTURE = 20 * 1024 * 1024
MOST_FILES = 16
MOST_REFERENCES = 32
"""Files, links and ids together; how many a model takes is the bot's to say, and is less."""

MOST_DELETED = 200
"""Pictures that are deleted at once."""

LONGEST_LINK = 2048

_FIELDS = ("text", "options", "reply_to", "number", "event_id")
_MOST_HEADERS = 8
"""Of one part; browsers send two."""

Id = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]*$")]


Number = Annotated[int, Field(ge=1, le=64)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class RequestOptions(_Strict):
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

    ``number`` says which picture of ``reply_to`` is meant, from 1, where it has several.
    ``event_id`` is the same whenever the client sends the same request again: it makes one job.
    """

    text: str = ""
    options: RequestOptions = RequestOptions()
    references: Annotated[
        list[Annotated[str, Field(max_length=LONGEST_LINK)]], Field(max_length=MOST_REFERENCES)
    ] = []
    reply_to: Id | None = None
    number: Number | None = None
    event_id: Id | None = None


class RepeatBody(_Strict):
    """``POST /api/jobs/{id}/{button}``; what is in ``options`` replaces the first request's.

    ``number`` says which of the job's pictures is meant, from 1, where it has several.
    """

    options: RequestOptions = RequestOptions()
    number: Number | None = None
    event_id: Id | None = None


class Likes(_Strict):
    """``PUT /api/preferences``; a field that is not sent stays as it is, ``null`` clears it."""

    model: Annotated[str, Field(max_length=128)] | None = None
    size: Annotated[str, Field(max_length=16)] | None = None
    aspect_ratio: Annotated[str, Field(max_length=16)] | None = None
    language: Annotated[str, Field(max_length=32)] | None = None


class MarkBody(_Strict):
    """``PUT /api/pictures/{image_id}``."""

    favourite: bool


class DeletionBody(_Strict):
    """``POST /api/pictures/delete``."""

    image_ids: Annotated[list[Id], Field(min_length=1, max_length=MOST_DELETED)]


@dataclass(frozen=True, slots=True)
class RequestBody:
    """A request and the files that came with it."""

    ask: Ask
    files: list[bytes] = field(default_factory=list)


M = TypeVar("M", bound=BaseModel)


async def read_json(request: web.Request, model: type[M]) -> M:
    """The body as ``model``; no body at all is an empty object.

    Raises:
        RefusedRequest: 400, 408, 413, 415 or 503.
    """
    body = await read_small(request)
    if not body:
        body = b"{}"
    elif request.content_type != "application/json":
        raise _unsupported("application/json")
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise _invalid(error) from None


async def read_request(request: web.Request, transfer: Transfer) -> RequestBody:
    """The body of ``POST /api/requests``, as JSON or as ``multipart/form-data``.

    The bytes of its files are taken from ``transfer``, which the caller ends once they are kept.
    """
    if request.content_type != "multipart/form-data":
        if request.content_type != "application/json":
            raise _unsupported("application/json or multipart/form-data")
        return RequestBody(await read_json(request, Ask))
    try:
        async with Payload(request, LARGEST_BODY, transfer) as payload:
            return await _WebForm().read(_parts(request, payload))
    except MALFORMED as error:
        raise RefusedRequest(400, "invalid", "The form could not be read.") from error


def _parts(request: web.Request, payload: Payload) -> MultipartReader:
    return MultipartReader(
        request.headers,
        cast(StreamReader, payload),
        max_field_size=LONGEST_LINE,
        max_headers=_MOST_HEADERS,
    )


class _WebForm:
    """The parts of one ``multipart/form-data`` body (https://www.rfc-editor.org/rfc/rfc7578)."""

    def __init__(self) -> None:
        self._fields: dict[str, Any] = {}
        self._links: list[str] = []
        self._files: list[bytes] = []

    async def read(self, reader: MultipartReader) -> RequestBody:
        async for part in reader:
            if not isinstance(part, BodyPartReader):
                raise RefusedRequest(400, "invalid", "A form inside the form is not accepted.")
            await self._take(part)
        fields = dict(self._fields)
        try:
            if "options" in fields:
                fields["options"] = RequestOptions.model_validate_json(fields["options"] or "{}")
            if (number := fields.get("number", "")).isdecimal():
                fields["number"] = int(number)
            return RequestBody(
                Ask.model_validate({**fields, "references": self._links}), self._files
            )
        except ValidationError as error:
            raise _invalid(error) from None

    async def _take(self, part: BodyPartReader) -> None:
        name = part.name or ""
        if name == "references":
            if len(self._files) + len(self._links) >= MOST_REFERENCES:
                raise too_large_number(MOST_REFERENCES)
            await self._refer(part)
        elif name in self._fields:
            raise RefusedRequest(400, "invalid", f"{name}: sent twice")
        elif name in _FIELDS:
            self._fields[name] = (await _bytes(part, LARGEST_TEXT)).decode()
        else:
            raise RefusedRequest(400, "invalid", f"{name[:64] or 'a part without name'}: not known")

    async def _refer(self, part: BodyPartReader) -> None:
        if part.filename is None:
            self._links.append((await _bytes(part, LONGEST_LINK)).decode())
        elif len(self._files) >= MOST_FILES:
            raise too_large_number(MOST_FILES)
        else:
            self._files.append(await _bytes(part, LARGEST_PICTURE))


async def _bytes(part: BodyPartReader, limit: int) -> bytes:
    body = bytearray()
    while chunk := await part.read_chunk(CHUNK):
        body += chunk
        if len(body) > limit:
            raise too_large(limit)
    return bytes(body)


def too_large_number(most: int) -> RefusedRequest:
    """The refusal of more pictures than one request may carry."""
    return RefusedRequest(413, "too_large", why="too_many_pictures", facts={"count": most})


def _invalid(error: ValidationError) -> RefusedRequest:
    """Name the first field that is wrong, and say how; never repeat what was sent."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])[:100]
    return RefusedRequest(400, "invalid", f"{where}: {first['msg']}" if where else first["msg"])


def _unsupported(wanted: str) -> RefusedRequest:
    return RefusedRequest(415, "unsupported_media_type", f"Send the request as {wanted}.")
