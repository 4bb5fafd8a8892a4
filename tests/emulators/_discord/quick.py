"""Schemas as plain functions that only say yes or no, many times faster than jsonschema.

What they refuse is given to jsonschema, for the words; a keyword not known here makes the whole
schema jsonschema's.
"""

import re
from collections.abc import Callable
from typing import Any

Check = Callable[[Any], bool]

IGNORED = {"title", "description", "format", "default", "examples", "deprecated", "contentEncoding"}
TYPES: dict[str, Check] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "string": lambda value: isinstance(value, str),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: (
        (isinstance(value, int) and not isinstance(value, bool))
        or (isinstance(value, float) and value.is_integer())
    ),
}


class Unknown(Exception):
    """A keyword that is not known here."""


class Quick:
    """Compiles schemas whose references have been resolved; cycles are fine."""

    def __init__(self) -> None:
        self._made: dict[int, Check] = {}
        self._kept: list[Any] = []

    def compiled(self, schema: Any) -> Check:
        """The function of a schema.

        Raises:
            Unknown: it has a keyword that is not known here.
        """
        if isinstance(schema, bool):
            return lambda _: schema
        key = id(schema)
        if key not in self._made:
            self._made[key] = lambda value: self._made[key](value)
            self._kept.append(schema)
            self._made[key] = self._joined(schema)
        return self._made[key]

    def _joined(self, schema: dict[str, Any]) -> Check:
        checks = [
            check
            for keyword, value in schema.items()
            if keyword not in IGNORED and not keyword.startswith("x-")
            for check in [self._keyword(keyword, value, schema)]
            if check is not None
        ]
        if len(checks) == 1:
            return checks[0]
        return lambda value: all(check(value) for check in checks)

    def _keyword(self, keyword: str, given: Any, schema: dict[str, Any]) -> Check | None:
        if keyword == "type":
            kinds = [TYPES[kind] for kind in (given if isinstance(given, list) else [given])]
            if len(kinds) == 1:
                return kinds[0]
            return lambda value: any(kind(value) for kind in kinds)
        if keyword in ("enum", "const"):
            known = given if keyword == "enum" else [given]
            return lambda value: any(type(value) is type(k) and value == k for k in known)
        if keyword in ("oneOf", "anyOf"):
            return self._alternatives(given)
        if keyword == "allOf":
            every = [self.compiled(one) for one in given]
            return lambda value: all(check(value) for check in every)
        if keyword in ("properties", "additionalProperties", "items"):
            return self._inside(keyword, given, schema)
        return _bound(keyword, given)

    def _inside(self, keyword: str, given: Any, schema: dict[str, Any]) -> Check:
        if keyword == "items":
            each = self.compiled(given)
            return lambda value: not isinstance(value, list) or all(each(one) for one in value)
        if keyword == "properties":
            named = {name: self.compiled(one) for name, one in given.items()}
            return lambda value: (
                not isinstance(value, dict)
                or all(key not in named or named[key](one) for key, one in value.items())
            )
        known, rest = set(schema.get("properties", ())), self.compiled(given)
        return lambda value: (
            not isinstance(value, dict)
            or all(key in known or rest(one) for key, one in value.items())
        )

    def _alternatives(self, given: list[dict[str, Any]]) -> Check:
        """By the number in ``type`` where the alternatives have one, otherwise any of them."""
        by_kind: dict[Any, Check] = {}
        others: list[Check] = []
        for one in given:
            kinds = one.get("properties", {}).get("type", {}).get("enum")
            if kinds is None:
                others.append(self.compiled(one))
            for kind in kinds or ():
                by_kind[kind] = self.compiled(one)

        def check(value: Any) -> bool:
            kind = value.get("type") if isinstance(value, dict) else None
            if type(kind) is int and kind in by_kind and by_kind[kind](value):
                return True
            return any(other(value) for other in others)

        return check


def _bound(keyword: str, given: Any) -> Check:
    if keyword == "required":
        names = tuple(given)
        return lambda value: not isinstance(value, dict) or all(name in value for name in names)
    if keyword == "pattern":
        pattern = re.compile(given)
        return lambda value: not isinstance(value, str) or bool(pattern.search(value))
    if keyword == "uniqueItems":
        return lambda value: (
            not isinstance(value, list) or len(value) == len({repr(one) for one in value})
        )
    number, least = TYPES["number"], keyword.startswith("min")
    kind = {"Length": str, "Items": list, "Properties": dict}.get(keyword[3:])
    if kind and least:
        return lambda value: not isinstance(value, kind) or len(value) >= given
    if kind and keyword.startswith("max"):
        return lambda value: not isinstance(value, kind) or len(value) <= given
    if keyword == "minimum":
        return lambda value: not number(value) or value >= given
    if keyword == "maximum":
        return lambda value: not number(value) or value <= given
    raise Unknown(keyword)
