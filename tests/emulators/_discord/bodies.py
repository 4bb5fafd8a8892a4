"""Request bodies: JSON, or multipart with ``payload_json`` and ``files[n]``.

https://discord.com/developers/docs/reference#uploading-files.
"""

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from tests.emulators._discord.errors import Refused, status_only

LARGEST = 25 * 2**20
"""Bytes of a whole request, in boosted servers as well."""

_SNOWFLAKES = {"message_id", "channel_id", "guild_id", "recipient_id", "sku_id"}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a request."""

    filename: str
    data: bytes


def read(kind: str, data: bytes) -> tuple[Any, dict[int, Upload]]:
    """A body as (JSON, files by index); numbers where ids belong become strings.

    Raises:
        Refused: no JSON, or parts that are neither ``payload_json`` nor ``files[n]``.
    """
    files: dict[int, Upload] = {}
    if kind.startswith("multipart/form-data"):
        text, files = _multipart(kind, data)
    elif not data:
        return None, {}
    elif kind.partition(";")[0] == "application/json":
        text = data
    else:
        raise status_only(415, "Unsupported Media Type")
    try:
        body = json.loads(text) if text else {}
    except ValueError:
        raise Refused(50109) from None
    coerce(body)
    return body, files


def _multipart(kind: str, data: bytes) -> tuple[bytes, dict[int, Upload]]:
    found = re.search(r'boundary="?([^";]+)"?', kind)
    if found is None:
        raise status_only(400, "Bad Request")
    payload, files = b"", {}
    for part in data.split(b"--" + found[1].encode())[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        content = content[:-2]
        words = head.decode("utf-8", "replace")
        name = re.search(r'[; ]name="([^"]*)"', words)
        if name is None:
            raise status_only(400, "Bad Request")
        index = re.fullmatch(r"files\[(\d+)\]", name[1])
        if name[1] == "payload_json":
            payload = content
        elif index:
            files[int(index[1])] = Upload(_filename(words), content)
        else:
            raise Refused(50035, errors={name[1]: _unknown_part()})
    if len(files) > 10:
        raise Refused(50035, errors={"files": _unknown_part()})
    return payload, files


def _unknown_part() -> dict[str, Any]:
    words = "Only payload_json and up to ten files[n] belong here."
    return {"_errors": [{"code": "BASE_TYPE_BAD_TYPE", "message": words}]}


def _filename(words: str) -> str:
    encoded = re.search(r"filename\*=utf-8''([^;\r\n]+)", words, re.IGNORECASE)
    if encoded:
        return unquote(encoded[1])
    plain = re.search(r'filename="((?:[^"\\]|\\.)*)"', words)
    return plain[1] if plain else "unknown"


def safe(filename: str) -> tuple[str, str | None]:
    """A file's name as stored, and its title when that had to differ."""
    stem, dot, suffix = filename.replace(" ", "_").rpartition(".")
    stem, suffix = (re.sub(r"[^A-Za-z0-9._-]", "", part) for part in (stem, suffix))
    kept = f"{stem.lstrip('.') or 'unknown'}.{suffix}" if dot else suffix or "unknown"
    return kept, None if kept == filename else filename.rpartition(".")[0] or filename


def coerce(body: Any) -> None:
    """Discord takes a snowflake as a string or as a number; the document knows strings only."""
    if isinstance(body, list):
        for one in body:
            coerce(one)
        return
    if not isinstance(body, dict):
        return
    for key, value in body.items():
        if key in _SNOWFLAKES and type(value) is int:
            body[key] = str(value)
        elif key in ("attachments", "default_values") and isinstance(value, list):
            _ids(value)
        elif key == "emoji" and isinstance(value, dict):
            _ids([value])
        elif key == "allowed_mentions" and isinstance(value, dict):
            for name in ("users", "roles"):
                if isinstance(value.get(name), list):
                    value[name] = [str(id) if type(id) is int else id for id in value[name]]
        elif key == "default_member_permissions" and isinstance(value, str) and value.isdigit():
            body[key] = int(value)
        if key not in ("allowed_mentions",):
            coerce(value)


def _ids(objects: list[Any]) -> None:
    for one in objects:
        if isinstance(one, dict) and type(one.get("id")) is int:
            one["id"] = str(one["id"])


def limit(files: dict[int, Upload], each: int, refused: dict[str, int] | None = None) -> None:
    """Check the sizes of files; ``refused`` is why any file is refused here (a setting).

    Raises:
        Refused: 40005 with 413: a file above ``each`` bytes, or too much together.
    """
    sizes = [len(file.data) for file in files.values()]
    if any(size > each for size in sizes) or sum(sizes) > LARGEST:
        raise Refused(40005)
    if files and refused:
        raise Refused(refused["code"], status=refused.get("status"))
