"""What a message says: its words and its pictures, whatever type it is of. Pure.

Mentions stand in the words as ``@_user_1``, and who that is beside them:
https://open.feishu.cn/document/server-docs/im-v1/message-content-description/message_content.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from adapters.feishu.intake import mapping, text
from bot import phrases, wording
from bot.ports import Attachment
from bot.wording import Action

IMAGE_NAMES = frozenset(
    {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic"}
)

MOST_MENTIONS = 100
"""So many mentions of a message are read as names; every further one is left out of the words."""

_PLACEHOLDER = r"@_user_\d+"
"""What a mention looks like that the message does not explain."""

_IMAGE_LINK = re.compile(r"https?://\S+\.(?:png|jpe?g|webp|gif)(?:\?\S*)?", re.IGNORECASE)

MEDIA = frozenset({"audio", "media", "sticker", "file", "folder", "video"})
"""Types of messages of which a person may believe that they are pictures."""


@dataclass(frozen=True, slots=True)
class Content:
    """``unusable`` is set for a message that shows something which is no picture."""

    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    mentioned: bool = False
    unusable: bool = False


def read(message: Mapping[str, Any], me: str) -> Content:
    """Read ``event.message``; ``me`` is the bot's open_id, empty where nobody is mentioned.

    The bot's own mention and ``@all`` are left out of the words, and others stand there by name,
    unless they are only beside a command.
    """
    names = {
        text(each, "key"): "" if _is(each, me) else f"@{text(each, 'name')}"
        for each in _mentions(message)[:MOST_MENTIONS]
        if text(each, "key")
    } | {"@_all": ""}
    mentioned = bool(me) and any(_is(each, me) for each in _mentions(message))
    body = _json(text(message, "content"))
    number = text(message, "message_id")
    match text(message, "message_type"):
        case "text":
            return Content(_spoken(text(body, "text"), names), mentioned=mentioned)
        case "post":
            words, keys = _post(body, names)
            pictures = tuple(attachment(number, key) for key in keys)
            return Content(_spoken(words, names), pictures, mentioned)
        case "image" if key := text(body, "image_key"):
            return Content(attachments=(attachment(number, key),), mentioned=mentioned)
        case "file" if is_image(name := text(body, "file_name")):
            picture = attachment(number, text(body, "file_key"), "file", name)
            return Content(attachments=(picture,), mentioned=mentioned)
        case kind:
            return Content(mentioned=mentioned, unusable=kind in MEDIA)


def attachment(message: str, key: str, kind: str = "image", name: str = "") -> Attachment:
    """A picture in a message; ``kind`` is the type of its resource, ``image`` or ``file``."""
    return Attachment(name=name, data={"message": message, "key": key, "type": kind, "name": name})


def _mentions(message: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    found = message.get("mentions")
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def _is(mention: Mapping[str, Any], me: str) -> bool:
    return bool(me) and text(mapping(mention, "id"), "open_id") == me


def _json(content: str) -> Mapping[str, Any]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, Mapping) else {}


def _spoken(words: str, names: Mapping[str, str]) -> str:
    """The words with names for placeholders; spaces that are left over go.

    Words may follow a placeholder without a space, even a number: the longest one counts.
    """
    keys = map(re.escape, _longest_first(names))
    words = re.sub("|".join([*keys, _PLACEHOLDER]), lambda it: names.get(it[0], ""), words)
    lines = (re.sub(r"[ \t]{2,}", " ", line).strip() for line in words.splitlines())
    words = "\n".join(lines).strip()
    alone = _alone(words, _longest_first(filter(None, names.values())))
    short = len(alone) <= phrases.LONGEST_COMMAND
    is_command = short and wording.read(alone).action is not Action.DRAW
    return alone if is_command else words


def _alone(words: str, names: Sequence[str]) -> str:
    """The words without the names before and after them."""
    start, end = 0, len(words)
    while name := next((name for name in names if words.startswith(name, start)), ""):
        start += len(name)
        while start < end and words[start].isspace():
            start += 1
    while name := next((name for name in names if words.endswith(name, start, end)), ""):
        end -= len(name)
        while end > start and words[end - 1].isspace():
            end -= 1
    return words[start:end]


def _longest_first(texts: Iterable[str]) -> list[str]:
    return sorted(texts, key=len, reverse=True)


def _post(body: Mapping[str, Any], names: Mapping[str, str]) -> tuple[str, list[str]]:
    """The words and the image keys of a rich text; one that was sent has a level of languages."""
    if "content" not in body:
        body = next((each for each in body.values() if isinstance(each, Mapping)), {})
    lines, keys = [text(body, "title")], []
    content = body.get("content")
    for line in content if isinstance(content, list) else ():
        said = []
        for node in line if isinstance(line, list) else ():
            if isinstance(node, Mapping):
                said.append(_node(node, names))
                if node.get("tag") == "img" and text(node, "image_key"):
                    keys.append(text(node, "image_key"))
        lines.append("".join(said))
    return "\n".join(line for line in lines if line.strip()), keys


def _node(node: Mapping[str, Any], names: Mapping[str, str]) -> str:
    match node.get("tag"):
        case "text" | "code_block" | "md":
            return text(node, "text")
        case "a":
            words, link = text(node, "text"), text(node, "href")
            return f"{words} {link} " if _IMAGE_LINK.fullmatch(link) and link != words else words
        case "at":
            who = text(node, "user_id")
            return names["@_all"] if who == "all" else names.get(who, f"@{_name(node)}")
        case _:
            return ""


def _name(node: Mapping[str, Any]) -> str:
    return text(node, "user_name") or text(node, "user_id")


def is_image(name: str) -> bool:
    """Whether a file of that name is taken for a picture."""
    return PurePath(name).suffix.lower() in IMAGE_NAMES
