"""Settings in pasted data: JSON, or lines of `key: value`. The text itself stays whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

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


def pairs(folded: str) -> list[tuple[str, str]] | None:
    """Return the keys and values of a text that is such data; None when it is not."""
    if _is_json(folded):
        return [
            (match["key"].strip(), (match["text"] or match["bare"] or "").strip())
            for match in _PAIR.finditer(folded)
        ]
    lines = [line.strip() for line in folded.split("\n") if line.strip()]
    found = [match for line in lines if (match := _LINE.fullmatch(line))]
    if len(found) < 2 or 2 * len(found) < len(lines):
        return None
    return [(match["key"].strip(_EDGES), match["value"].strip(_EDGES)) for match in found]


def settings_in(said: Iterable[tuple[str, str]], names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the settings among keys and values, as slots and values.

    `names` says which slot a key is for. Values that are none of a slot's are left alone.
    """
    found = []
    for key, value in said:
        slot = names.get(key.replace(" ", "_"))
        if slot == "aspect_ratio" and (ratio := _RATIO.match(value)):
            found.append((slot, f"{int(ratio[1])}:{int(ratio[2])}"))
        elif slot == "size" and _SIZE.fullmatch(value):
            found.append(("pixels" if re.search("[x×*]", value) else slot, value.upper()))
        elif slot == "count" and _COUNT.fullmatch(value):
            found.append((slot, str(int(value))))
    return found
