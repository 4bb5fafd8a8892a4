"""Text as every database and every client takes it.

PostgreSQL has no NUL in a text (https://www.postgresql.org/docs/current/datatype-character.html),
and a lone surrogate, half of a character that JSON and command lines can hold, is no Unicode text
at all (https://www.rfc-editor.org/rfc/rfc8259#section-8.2): neither driver can encode it.
"""

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, TypeVar

T = TypeVar("T")

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def storable(value: T) -> T:
    """The same without them, in every text that it holds: dataclasses, mappings, lists, tuples."""
    cleaned: T = _cleaned(value)
    return cleaned


def _cleaned(value: Any) -> Any:
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return _UNSTORABLE.sub("", value)
    if isinstance(value, Mapping):
        return {_cleaned(name): _cleaned(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_cleaned(item) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        found = {field.name: getattr(value, field.name) for field in fields(value)}
        cleaned = {name: _cleaned(item) for name, item in found.items()}
        changed = {name: item for name, item in cleaned.items() if item is not found[name]}
        return replace(value, **changed) if changed else value
    return value
