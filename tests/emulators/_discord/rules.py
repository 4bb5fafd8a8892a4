"""Messages: rules the OpenAPI document cannot express.

https://discord.com/developers/docs/resources/message#create-message.
"""

from typing import Any

from tests.emulators._discord import components
from tests.emulators._discord.bodies import Upload, safe
from tests.emulators._discord.errors import Form, Refused

SUPPRESS_EMBEDS, EPHEMERAL, LOADING, SILENT, VOICE, V2 = 4, 64, 128, 4096, 8192, 32768
CONTENT = 2000
EMBED_TEXT = 6000
LEGACY = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"


def check(
    body: dict[str, Any],
    files: dict[int, Upload],
    *,
    allowed_flags: int,
    path: tuple[str, ...] = (),
    held: dict[str, Any] | None = None,
) -> None:
    """Check the fields of a message about to be created, or edited when ``held`` says what it
    has now: ``flags``, ``content``, ``embeds``, ``components`` and ``attachments`` (ids, names).

    Raises:
        Refused: 50035, or 50006 when nothing would be left to show.
    """
    form = Form()
    flags = body.get("flags") or 0
    words = "Flags that cannot be set here."
    form.need(not flags & ~allowed_flags, (*path, "flags"), "BASE_TYPE_BAD_TYPE", words)
    before = held or {"flags": 0, "content": "", "embeds": [], "components": [], "attachments": {}}
    v2 = bool((flags | before["flags"]) & V2)
    after = {
        key: body[key] or [] if key in body else before[key] for key in ("embeds", "components")
    }
    content = (body["content"] or "") if "content" in body else before["content"]
    form.need(
        len(content) <= CONTENT,
        (*path, "content"),
        "BASE_TYPE_MAX_LENGTH",
        f"Must be {CONTENT} or fewer in length.",
    )
    _check_embeds(form, body.get("embeds") or [], path)
    components.check(form, body.get("components") or [], v2, path)
    if v2:
        _check_legacy(form, body, content, after["embeds"], path)
    names = _check_files(form, body, files, before["attachments"], path)
    _check_addresses(form, body, names, path)
    form.settle()
    if not (content.strip() or after["embeds"] or after["components"] or names):
        if not body.get("sticker_ids") and not body.get("poll"):
            raise Refused(50006)


def _check_legacy(
    form: Form, body: dict[str, Any], content: str, embeds: list[Any], path: tuple[str, ...]
) -> None:
    words = "The '{}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
    blank = "content" in body and body["content"] == ""
    form.need(not content and not blank, (*path, "content"), LEGACY, words.format("content"))
    form.need(not embeds, (*path, "embeds"), LEGACY, words.format("embeds"))
    for key in ("poll", "sticker_ids"):
        form.need(not body.get(key), (*path, key), LEGACY, words.format(key))


def _check_embeds(form: Form, embeds: list[dict[str, Any]], path: tuple[str, ...]) -> None:
    total = 0
    for embed in embeds:
        total += sum(len(embed.get(key) or "") for key in ("title", "description"))
        total += len((embed.get("footer") or {}).get("text") or "")
        total += len((embed.get("author") or {}).get("name") or "")
        for field in embed.get("fields") or []:
            total += len(field["name"]) + len(field["value"])
    words = f"Embed size exceeds maximum size of {EMBED_TEXT}"
    form.need(total <= EMBED_TEXT, (*path, "embeds"), "MAX_EMBED_SIZE_EXCEEDED", words)


def _check_files(
    form: Form,
    body: dict[str, Any],
    files: dict[int, Upload],
    held: dict[str, str],
    path: tuple[str, ...],
) -> set[str]:
    """The names of the files the message will have."""
    listed = body.get("attachments")
    if listed is None:
        return set(held.values()) | {safe(file.filename)[0] for file in files.values()}
    names, seen = set(), set()
    for index, one in enumerate(listed):
        id = one["id"]
        known = id in held or (id.isdigit() and int(id) in files)
        words = f"There is neither an attachment nor a file with the id {id}."
        form.need(known, (*path, "attachments", index, "id"), "ATTACHMENT_NOT_FOUND", words)
        words = "This id is already in the list."
        form.need(id not in seen, (*path, "attachments", index, "id"), "SET_TYPE", words)
        seen.add(id)
        if id in held:
            names.add(held[id])
        elif known:
            names.add(safe(one.get("filename") or files[int(id)].filename)[0])
    for index in files:
        words = "A file that the list of attachments does not mention."
        form.need(str(index) in seen, (*path, "attachments"), "ATTACHMENT_NOT_LISTED", words)
    words = "Must be 10 or fewer in length."
    form.need(len(listed) <= 10, (*path, "attachments"), "BASE_TYPE_MAX_LENGTH", words)
    return names


def _check_addresses(
    form: Form, body: dict[str, Any], names: set[str], path: tuple[str, ...]
) -> None:
    found = [(where, url) for where, url in components.addresses(body.get("components") or [])]
    for index, embed in enumerate(body.get("embeds") or []):
        for key in ("image", "thumbnail"):
            if (embed.get(key) or {}).get("url"):
                found.append((("embeds", index, key, "url"), embed[key]["url"]))
    for where, url in found:
        scheme, _, rest = url.partition("://")
        words = f"Could not find attachment {rest[:60]}"
        if scheme == "attachment":
            code = "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"
            form.need(rest in names, (*path, *where), code, words)
        else:
            words = "Scheme must be one of ('http', 'https', 'attachment')."
            code = "URL_TYPE_INVALID_SCHEME"
            form.need(scheme in ("http", "https"), (*path, *where), code, words)
