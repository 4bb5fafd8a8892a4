"""Settings in pasted data: JSON, or lines of `key: value`. The text itself stays whole."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_RATIO = re.compile(r"(\d{1,3}) ?[:x/×比] ?(\d{1,3})(?![\d:])")
_SIZE = re.compile(r"(?:0\.5|\d{1,2}) ?k|512(?: ?px)?|\d{3,4} ?[x×*] ?\d{3,4}(?: ?px)?")
_COUNT = re.compile(r"\d{1,3}")
_PAIR = re.compile(
    r"[\"'“”](?P<key>[^\"'“”\n]{1,40})[\"'“”] ?[:=] ?"
    r"(?:[\"'“”](?P<text>[^\"'“”\n]{0,60})[\"'“”]|(?P<bare>[\d.]{1,8}k?)(?![^\s,}\]]))"
)
_LINE = re.compile(r"[-*• ]{0,3}(?P<key>[^:\n,.;!?。]{1,30}) ?: ?(?P<value>[^\n]+)")
_EDGES = " \t\"'“”,;。."


def _is_json(folded: str) -> bool:
    text = folded.strip().removeprefix("```json").strip("`\n ")
    return text[:1] + text[-1:] in ("{}", "[]") and ":" in text


def _pairs(folded: str) -> Iterator[tuple[str, str]]:
    """Yield the keys and values of a text that is nothing but such data."""
    if _is_json(folded):
        for match in _PAIR.finditer(folded):
            yield match["key"].strip(), (match["text"] or match["bare"] or "").strip()
        return
    lines = [line.strip() for line in folded.split("\n") if line.strip()]
    found = [match for line in lines if (match := _LINE.fullmatch(line))]
    if len(found) > 1 and 2 * len(found) >= len(lines):
        for match in found:
            yield match["key"].strip(_EDGES), match["value"].strip(_EDGES)


def settings_in(folded: str, names: Mapping[str, str]) -> list[tuple[str, str]] | None:
    """Return the settings of pasted data as slots and values; None when it is no such data.

    `names` says which slot a key is for. Values that are none of a slot's are left alone.
    """
    pairs = list(_pairs(folded))
    if len(pairs) < 1 + (not _is_json(folded)):
        return None
    found = []
    for key, value in pairs:
        slot = names.get(key.replace(" ", "_"))
        if slot == "aspect_ratio" and (ratio := _RATIO.match(value)):
            found.append((slot, f"{int(ratio[1])}:{int(ratio[2])}"))
        elif slot == "size" and _SIZE.fullmatch(value):
            found.append(("pixels" if re.search("[x×*]", value) else slot, value.upper()))
        elif slot == "count" and _COUNT.fullmatch(value):
            found.append((slot, str(int(value))))
    return found
