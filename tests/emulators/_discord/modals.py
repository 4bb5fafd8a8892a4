"""Modals: rules the OpenAPI document cannot express.

https://discord.com/developers/docs/components/reference#label and
https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-response-object-modal.
"""

from typing import Any

from tests.emulators._discord import components as parts
from tests.emulators._discord.errors import Form

MOST = 5
Path = tuple[str | int, ...]


def check(modal: dict[str, Any]) -> None:
    """Check the data of a modal.

    Raises:
        Refused: 50035.
    """
    form = Form()
    top = modal["components"]
    words = f"Must be between 1 and {MOST} in length."
    form.need(len(top) <= MOST, ("data", "components"), "BASE_TYPE_BAD_LENGTH", words)
    everything = list(parts.walk(top, ("data", "components")))
    for here, one in everything:
        kind = one["type"]
        if kind == parts.ROW:
            _check_row(form, here, one)
        elif kind == parts.INPUT:
            _check_input(form, here, one, labelled=here[-1] == "component")
        elif kind in parts.SELECTS:
            words = "A select menu of a modal cannot be disabled."
            form.need(not one.get("disabled"), (*here, "disabled"), "BASE_TYPE_BAD_TYPE", words)
            parts.check_select(form, here, one)
        elif kind in (parts.UPLOAD, parts.CHECKBOXES):
            _check_span(form, here, one, "min_values", "max_values")
        if kind == parts.UPLOAD:
            _check_types(form, here, one)
        if kind == parts.UPLOAD and one.get("min_values") == 0:
            words = "An optional component says required: false when min_values is 0."
            form.need(one.get("required") is False, (*here, "required"), "REQUIRED", words)
    parts.unique(form, everything)
    form.settle()


def _check_types(form: Form, path: Path, one: dict[str, Any]) -> None:
    """``file_types``: image, video, audio, or endings with their dot."""
    for index, kind in enumerate(one.get("file_types") or []):
        known = kind in ("image", "video", "audio") or (kind[:1] == "." and len(kind) > 1)
        words = "Must be image, video, audio, or an ending."
        form.need(known, (*path, "file_types", index), "ENUM_TYPE_COERCE", words)


def _check_row(form: Form, path: Path, row: dict[str, Any]) -> None:
    kinds = [one["type"] for one in row["components"]]
    words = "A row of a modal holds one text input."
    form.need(kinds == [parts.INPUT], (*path, "components"), "UNION_TYPE_CHOICES", words)


def _check_input(form: Form, path: Path, one: dict[str, Any], *, labelled: bool) -> None:
    if labelled:
        words = "The label belongs to the surrounding Label."
        form.need(one.get("label") is None, (*path, "label"), "COMPONENT_LABEL", words)
    else:
        words = "This field is required"
        form.need(one.get("label"), (*path, "label"), "BASE_TYPE_REQUIRED", words)
    _check_span(form, path, one, "min_length", "max_length")
    value = one.get("value")
    if value:
        most, least = one.get("max_length") or 4000, one.get("min_length") or 0
        words = f"Must be between {least} and {most} in length."
        form.need(least <= len(value) <= most, (*path, "value"), "BASE_TYPE_BAD_LENGTH", words)


def _check_span(form: Form, path: Path, one: dict[str, Any], least: str, most: str) -> None:
    low, high = one.get(least), one.get(most)
    if low is not None and high is not None:
        words = f"{least} cannot be above {most}"
        form.need(low <= high, (*path, least), "NUMBER_TYPE_MAX", words)
