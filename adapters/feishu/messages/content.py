"""What a message says: its words and its pictures, whatever type it is of. Pure.

Mentions stand in the words as ``@_user_1``, and who that is beside them:
https://open.feishu.cn/document/server-docs/im-v1/message-content-description/message_content.
"""

import json
import mimetypes
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Any

from adapters.feishu.events.dispatcher import mapping, text
from adapters.feishu.messages.markup import named, unlinked, unmarked
from bot.domain import Attachment

MOST_MENTIONS = 100
"""So many mentions of a message are read as names; every further one is left out of the words."""

_PLACEHOLDER = r"@_user_\d+"
"""What a mention looks like that the message does not explain."""

_WITHOUT_PICTURE: Mapping[str, str] = {
    "audio": "audio",
    "media": "video",
    "video": "video",
    "sticker": "sticker",
    "folder": "file",
    "vote": "poll",
}
"""What shows something that cannot be worked from, by the type of the message; Feishu hands out
no stickers: https://open.feishu.cn/document/server-docs/im-v1/message/get-2."""

_SAYS_NOTHING = frozenset({"text", "post", "image", "file", "system"})
"""Types of which an empty or a broken message is passed over."""

RECORD = "merge_forward"
"""A forwarded record of a chat: its messages have to be asked for."""

MOST_PICTURES = 14
"""How many pictures of one message are looked at."""

_DEEPEST = 12
"""Levels of a card that are looked at."""


@dataclass(frozen=True, slots=True)
class ReceivedContent:
    """The words and pictures of a message.

    ``unusable`` are the kinds of what else it shows, ``names`` those of the people mentioned: see
    :class:`bot.domain.requests.Incoming`; so are ``people``. With ``record`` it is a forwarded
    record, whose messages are not here. ``author`` and ``chat`` are the open_id of the person who
    wrote it and where, if it was asked for and is no program's.
    """

    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    mentioned: bool = False
    unusable: tuple[str, ...] = ()
    record: bool = False
    names: tuple[str, ...] = ()
    people: Mapping[str, str] = field(default_factory=dict)
    author: str = ""
    chat: str = ""


def read(message: Mapping[str, Any], me: str) -> ReceivedContent:
    """Read ``event.message``; ``me`` is the bot's open_id, empty where nobody is mentioned.

    The bot's own mention and ``@all`` are left out of the words, and others stand there by name.
    """
    keys = {
        text(each, "key"): "" if _is(each, me) else f"@{text(each, 'name')}"
        for each in _mentions(message)[:MOST_MENTIONS]
        if text(each, "key")
    } | {"@_all": ""}
    names = tuple(dict.fromkeys(filter(None, keys.values())))
    people = {
        keys[text(each, "key")]: text(mapping(each, "id"), "open_id")
        for each in _mentions(message)[:MOST_MENTIONS]
        if keys.get(text(each, "key")) and text(mapping(each, "id"), "open_id")
    }
    mentioned = bool(me) and any(_is(each, me) for each in _mentions(message))
    body = _json(text(message, "content"))
    number = text(message, "message_id")
    match text(message, "message_type"):
        case "text":
            words = _spoken(unlinked(text(body, "text")), keys)
            return ReceivedContent(words, mentioned=mentioned, names=names, people=people)
        case "post":
            page = _Page.of(body, keys)
            words = _spoken(page.words, keys)
            pictures = tuple(attachment(number, key) for key in page.keys[:MOST_PICTURES])
            return ReceivedContent(
                words, pictures, mentioned, page.unusable, names=names, people=people
            )
        case "image" if key := text(body, "image_key"):
            return ReceivedContent(attachments=(attachment(number, key),), mentioned=mentioned)
        case "file" if key := text(body, "file_key"):
            file = attachment(number, key, "file", text(body, "file_name"))
            return ReceivedContent(attachments=(file,), mentioned=mentioned)
        case "interactive":
            return _card(number, body, mentioned=mentioned)
        case "merge_forward":
            return ReceivedContent(mentioned=mentioned, record=True)
        case kind if kind in _SAYS_NOTHING:
            return ReceivedContent(mentioned=mentioned)
        case kind:
            shows = _WITHOUT_PICTURE.get(kind, "message")
            return ReceivedContent(mentioned=mentioned, unusable=(shows,))


def read_item(item: Mapping[str, Any]) -> ReceivedContent:
    """Read a message as the API gives it, with the names of those whom it mentions."""
    mentions = [
        {**each, "id": {"open_id": each.get("id")}}
        for each in item.get("mentions") or ()
        if isinstance(each, Mapping)
    ]
    found = read(
        {
            "message_id": item.get("message_id"),
            "message_type": item.get("msg_type"),
            "content": text(mapping(item, "body"), "content"),
            "mentions": mentions,
        },
        "",
    )
    sender = mapping(item, "sender")
    if text(sender, "sender_type") != "user":
        return found
    return replace(found, author=text(sender, "id"), chat=text(item, "chat_id"))


def attachment(
    message: str, key: str, kind: str = "image", name: str = "", *, shown_in: str = ""
) -> Attachment:
    """A picture in a message; ``kind`` is the type of its resource, ``image`` or ``file``.

    ``shown_in`` says that it is in a ``record`` or a ``card``, from which Feishu may not hand it
    out.
    """
    data = {"message": message, "key": key, "type": kind, "name": name}
    return Attachment(name=name, data={**data, "in": shown_in} if shown_in else data)


def maybe_image(name: str) -> bool:
    """Whether a file of that name may be a picture: any, unless its ending says it is not."""
    ending = PurePath(name.strip()).suffix.lower()
    kind, _ = mimetypes.guess_type(f"file{ending}")
    return kind is None or kind.startswith("image/")


def _card(message: str, body: Mapping[str, Any], *, mentioned: bool) -> ReceivedContent:
    """The pictures of a card, wherever they are in it."""
    keys = list(dict.fromkeys(_image_keys(body, _DEEPEST)))[:MOST_PICTURES]
    found = tuple(attachment(message, key, shown_in="card") for key in keys)
    return ReceivedContent(
        attachments=found, mentioned=mentioned, unusable=() if found else ("card",)
    )


def _image_keys(value: object, deep: int) -> Iterator[str]:
    if deep <= 0:
        return
    if isinstance(value, Mapping):
        for name, each in value.items():
            if name in ("img_key", "image_key") and isinstance(each, str) and each:
                yield each
            else:
                yield from _image_keys(each, deep - 1)
    elif isinstance(value, list):
        for each in value:
            yield from _image_keys(each, deep - 1)


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
    longest_first = map(re.escape, sorted(names, key=len, reverse=True))
    pattern = "|".join([*longest_first, _PLACEHOLDER])
    words = re.sub(pattern, lambda it: names.get(it[0], ""), words)
    lines = (re.sub(r"[ \t]{2,}", " ", line).strip() for line in words.splitlines())
    return "\n".join(lines).strip()


@dataclass(frozen=True, slots=True)
class _Page:
    """What rich text says: its words, the keys of its pictures, and what else it shows."""

    words: str
    keys: list[str]
    unusable: tuple[str, ...] = ()

    @classmethod
    def of(cls, body: Mapping[str, Any], names: Mapping[str, str]) -> "_Page":
        """Read rich text; one that was sent has a level of languages."""
        if "content" not in body:
            body = next((each for each in body.values() if isinstance(each, Mapping)), {})
        lines, keys, videos = [text(body, "title")], [], False
        for line in _lists(body.get("content")):
            said = []
            for node in line if isinstance(line, list) else ():
                if isinstance(node, Mapping):
                    words, found = _node(node, names)
                    said.append(words)
                    keys += found
                    videos |= node.get("tag") == "media"
            lines.append("".join(said))
        words = "\n".join(line for line in lines if line.strip())
        return cls(words, list(dict.fromkeys(keys)), ("video",) if videos else ())


def _lists(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()


def _node(node: Mapping[str, Any], names: Mapping[str, str]) -> tuple[str, list[str]]:
    match node.get("tag"):
        case "text" | "code_block":
            return text(node, "text"), []
        case "md":
            return unmarked(text(node, "text"), _namer(names))
        case "a":
            return named(text(node, "text"), text(node, "href")), []
        case "at":
            return _namer(names, _name(node))(text(node, "user_id")), []
        case "img" if key := text(node, "image_key"):
            return "", [key]
        case _:
            return "", []


def _namer(names: Mapping[str, str], name: str = "") -> Callable[[str], str]:
    """What stands for a mention: nothing for all, the name that the message or the node gives."""

    def named_as(who: str) -> str:
        key = "@_all" if who == "all" else who
        return names.get(key, f"@{name}" if name else "")

    return named_as


def _name(node: Mapping[str, Any]) -> str:
    return text(node, "user_name") or text(node, "user_id")
