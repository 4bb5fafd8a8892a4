"""What Feishu writes around people's words: links in texts, Markdown in rich text. Pure.

https://open.feishu.cn/document/server-docs/im-v1/message-content-description/message_content: a
link in a text message arrives as ``[text](url)``; the node ``md`` of rich text holds Markdown,
pictures as ``![image](image_key)`` and mentions as ``<at …>`` among it.
"""

import html
import re
from collections.abc import Callable

IMAGE_LINK = re.compile(
    r"https?://[^\s<>()\[\]]+\.(?:png|jpe?g|webp|gif)(?:\?[^\s<>()\[\]]*)?", re.IGNORECASE
)

_LINK = re.compile(r"\[([^\[\]\n]*)\]\((https?://(?:[^\s()]|\([^\s()]*\))+)\)")
_PICTURE = re.compile(r"!\[[^\[\]\n]*\]\(([^\s()]+)(?: \"[^\"\n]*\")?\)")
_AT = re.compile(r"<at\s+(?:user_id|id)\s*=\s*[\"']?([^\s\"'>]+)[\"']?\s*>(?:[^<]*</at>)?")
_TAG = re.compile(r"</?(?:font|text_tag|b|i|u|s|strong|em|del|ins|br|hr|a)\b[^<>]*>", re.IGNORECASE)
_FENCE = re.compile(r"^[ \t]*(?:`{3,}|~{3,})[^\n`]*$", re.MULTILINE)
_LEADING = re.compile(r"^[ \t]*(?:#{1,6}[ \t]+|>[ \t]?)+", re.MULTILINE)
_RULE = re.compile(r"^[ \t]*(?:-{3,}|\*{3,}|_{3,})[ \t]*$", re.MULTILINE)
_BULLET = re.compile(r"^([ \t]*)[*+-][ \t]+", re.MULTILINE)
_EMPHASIS = (
    re.compile(r"\*\*\*(?=\S)(.+?)(?<=\S)\*\*\*", re.DOTALL),
    re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*", re.DOTALL),
    re.compile(r"(?<!\w)__(?=\S)(.+?)(?<=\S)__(?!\w)", re.DOTALL),
    re.compile(r"~~(?=\S)(.+?)(?<=\S)~~", re.DOTALL),
    re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]+?)(?<=[^\s*])\*(?![\w*])"),
    re.compile(r"(?<!\w)_(?=[^\s_])([^_\n]+?)(?<=[^\s_])_(?!\w)"),
    re.compile(r"`([^`\n]+)`"),
)
_APART = 0xE000
"""The private use area of Unicode, where escaped characters wait that mark nothing up."""

_SET_APART = re.compile("[\ue020-\ue07e]")
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+\-.!~>|])")


def unlinked(text: str) -> str:
    """A text with what its links are called in their place.

    The address of a picture is kept, once, as it is something to work from.
    """
    return _LINK.sub(lambda link: named(link[1], link[2]), text)


def named(words: str, url: str) -> str:
    """A link as words: its own, and its address where a picture is behind it."""
    if not IMAGE_LINK.fullmatch(url):
        return words
    return url if words in ("", url) else f"{words} {url} "


def unmarked(markdown: str, name: Callable[[str], str]) -> tuple[str, list[str]]:
    """The words of Markdown, and the image_keys of its pictures.

    ``name`` gives what stands for a mention of an id.
    """
    keys: list[str] = []

    def picture(found: re.Match[str]) -> str:
        if found[1].startswith(("http://", "https://")):
            return f" {found[1]} "
        keys.append(found[1])
        return ""

    text = _ESCAPED.sub(lambda found: chr(_APART + ord(found[1])), markdown)
    text = _FENCE.sub("", _PICTURE.sub(picture, text))
    text = _AT.sub(lambda at: name(at[1]), unlinked(text))
    text = _TAG.sub("", text)
    for pattern, put in ((_RULE, ""), (_LEADING, ""), (_BULLET, r"\1")):
        text = pattern.sub(put, text)
    for pattern in _EMPHASIS:
        text = pattern.sub(r"\1", text)
    text = _SET_APART.sub(lambda found: chr(ord(found[0]) - _APART), text)
    return html.unescape(text), keys
