"""Components of messages: what the OpenAPI document cannot express, and how Discord returns them.

https://discord.com/developers/docs/components/reference.
"""

from collections.abc import Callable, Iterator
from typing import Any

from tests.emulators._discord.errors import Form

ROW, BUTTON, STRING, INPUT, USERS, ROLES, MENTIONS, CHANNELS = range(1, 9)
SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER = 9, 10, 11, 12, 13, 14, 17
LABEL, UPLOAD, RADIO, CHECKBOXES, CHECKBOX = 18, 19, 21, 22, 23
SELECTS = (STRING, USERS, ROLES, MENTIONS, CHANNELS)
V2 = (SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER)
MOST = 40
MOST_TEXT = 4000
ROWS = 5

Path = tuple[str | int, ...]
Media = Callable[[str], dict[str, Any] | None]


def walk(components: Any, path: Path = ("components",)) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every component with its path, parents first."""
    for index, one in enumerate(components or []):
        if not isinstance(one, dict):
            continue
        here = (*path, index)
        yield here, one
        yield from walk(one.get("components"), (*here, "components"))
        for key in ("accessory", "component"):
            if isinstance(one.get(key), dict):
                yield (*here, key), one[key]


def check(form: Form, components: list[dict[str, Any]], v2: bool, path: Path = ()) -> None:
    """Note what is wrong with the components of a message."""
    everything = list(walk(components, (*path, "components")))
    if not v2:
        words = f"Must be between 1 and {ROWS} in length."
        code = "BASE_TYPE_BAD_LENGTH"
        form.need(len(components) <= ROWS, (*path, "components"), code, words)
    else:
        _check_totals(form, everything, (*path, "components"))
    for here, one in everything:
        needs_flag = one["type"] in V2 and not v2
        words = "This component needs the flag IS_COMPONENTS_V2."
        form.need(not needs_flag, (*here, "type"), "UNION_TYPE_CHOICES", words)
        if one["type"] == ROW:
            _check_row(form, here, one)
        elif one["type"] == BUTTON:
            _check_button(form, here, one)
        elif one["type"] in SELECTS:
            check_select(form, here, one)
    unique(form, everything)


def _check_totals(form: Form, everything: list[tuple[Path, dict[str, Any]]], path: Path) -> None:
    words = f"The maximum number of components is {MOST}, nested ones included."
    form.need(len(everything) <= MOST, path, "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", words)
    total = sum(len(one.get("content") or "") for _, one in everything if one["type"] == TEXT)
    words = f"The text of all components may have {MOST_TEXT} characters."
    code = "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED"
    form.need(total <= MOST_TEXT, path, code, words)


def unique(form: Form, everything: list[tuple[Path, dict[str, Any]]]) -> None:
    """Custom ids and numeric ids appear once in a message or modal."""
    for key, code in (("custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED"), ("id", "COMPONENT_ID")):
        seen: set[Any] = set()
        for here, one in everything:
            value = one.get(key)
            if value in (None, 0):
                continue
            words = f"Component {key.replace('_', ' ')} cannot be duplicated"
            form.need(value not in seen, (*here, key), code, words)
            seen.add(value)


def _check_row(form: Form, path: Path, row: dict[str, Any]) -> None:
    kinds = [one["type"] for one in row["components"]]
    if any(kind in SELECTS for kind in kinds):
        words = "A select menu is alone in its row."
        form.need(len(kinds) == 1, (*path, "components"), "COMPONENT_LAYOUT_WIDTH_EXCEEDED", words)


def _check_button(form: Form, path: Path, button: dict[str, Any]) -> None:
    style, held = button["style"], {key for key, value in button.items() if value is not None}
    required = {5: "url", 6: "sku_id"}.get(style, "custom_id")
    form.need(required in held, (*path, required), "BASE_TYPE_REQUIRED", "This field is required")
    for key in {"url", "sku_id", "custom_id"} - {required}:
        words = "A button has a custom id or a URL, according to its style."
        form.need(key not in held, (*path, key), "BUTTON_COMPONENT_CUSTOM_ID_URL", words)
    if style == 6:
        form.need(not held & {"label", "emoji"}, path, "BASE_TYPE_BAD_TYPE", "No label here")
        return
    words = "A button needs a label or an emoji."
    filled = button.get("label") or button.get("emoji")
    form.need(filled, (*path, "label"), "BUTTON_COMPONENT_LABEL_REQUIRED", words)


def check_select(form: Form, path: Path, select: dict[str, Any]) -> None:
    """Note what is wrong with a select menu, of a message or a modal."""
    least, most = select.get("min_values"), select.get("max_values")
    least, most = 1 if least is None else least, 1 if most is None else most
    words = "min_values cannot be above max_values"
    form.need(least <= most, (*path, "min_values"), "SELECT_COMPONENT_MIN_VALUES", words)
    if select["type"] != STRING:
        return
    options = select["options"]
    words = "Cannot be more than the number of options"
    code = "SELECT_COMPONENT_MAX_VALUES"
    form.need(most <= len(options), (*path, "max_values"), code, words)
    seen: set[str] = set()
    for index, option in enumerate(options):
        code = "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED"
        words = "The specified option value is already used"
        form.need(option["value"] not in seen, (*path, "options", index, "value"), code, words)
        seen.add(option["value"])
    chosen = sum(bool(option.get("default")) for option in options)
    words = "More defaults than max_values"
    form.need(chosen <= most, (*path, "options"), "SELECT_COMPONENT_TOO_MANY_DEFAULTS", words)


def shaped(components: list[dict[str, Any]], media: Media) -> list[dict[str, Any]]:
    """Components as Discord returns them: numbered, with defaults, and with files resolved.

    ``media`` turns an address such as ``attachment://a.png`` into an unfurled media object.
    """
    taken = {one.get("id") for _, one in walk(components)}
    numbers = (number for number in range(1, 10_000) if number not in taken)
    return [_shaped(one, numbers, media) for one in components]


def _shaped(one: dict[str, Any], numbers: Iterator[int], media: Media) -> dict[str, Any]:
    made = {key: value for key, value in one.items() if value is not None}
    made["id"] = made.get("id") or next(numbers)
    kind = made["type"]
    if kind in (ROW, SECTION, CONTAINER):
        made["components"] = [_shaped(child, numbers, media) for child in made["components"]]
    if kind == SECTION:
        made["accessory"] = _shaped(made["accessory"], numbers, media)
    if kind in SELECTS:
        made.pop("required", None)
        made = {"min_values": 1, "max_values": 1} | made
    if kind == STRING:
        made["options"] = [_present(option) for option in made["options"]]
    if kind in (CONTAINER, THUMBNAIL, FILE):
        made.setdefault("spoiler", False)
    if kind == CONTAINER:
        made.setdefault("accent_color", None)
    if kind == SEPARATOR:
        made = {"spacing": 1, "divider": True} | made
    if kind == THUMBNAIL:
        made |= {"media": media(made["media"]["url"]), "description": made.get("description")}
    if kind == FILE:
        made["file"] = media(made["file"]["url"]) or {}
        made |= {"name": made["file"].pop("name", None), "size": made["file"].pop("size", None)}
    if kind == GALLERY:
        made["items"] = [_item(item, media) for item in made["items"]]
    return made


def _item(item: dict[str, Any], media: Media) -> dict[str, Any]:
    found = media(item["media"]["url"]) or {}
    found.pop("name", None)
    found.pop("size", None)
    description = item.get("description")
    return {"media": found, "description": description, "spoiler": bool(item.get("spoiler"))}


def _present(option: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in option.items() if value is not None}


def addresses(components: list[dict[str, Any]]) -> Iterator[tuple[Path, str]]:
    """Every media address in components, with the path of its ``url``."""
    for here, one in walk(components):
        for key in ("media", "file"):
            if isinstance(one.get(key), dict):
                yield (*here, key, "url"), one[key]["url"]
        for index, item in enumerate(one.get("items") or []):
            yield (*here, "items", index, "media", "url"), item["media"]["url"]
