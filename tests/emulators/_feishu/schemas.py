"""The official schemas of im, cardkit and auth, checked for every request they cover.

They are Feishu's own (npm ``@larksuiteoapi/lark-mcp``), a list of ``{"name", "method", "path",
"schema": {"data", "params", "path"}}``; the environment variable ``LARK_SCHEMAS`` says where.
"""

import json
import os
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator


class Schemas:
    """``present`` is false when ``LARK_SCHEMAS`` is not set: then nothing is checked here."""

    def __init__(self) -> None:
        path = os.environ.get("LARK_SCHEMAS", "")
        self.present = bool(path)
        self._checks: dict[str, dict[str, tuple[Any, Any]]] = {}
        for entry in json.loads(Path(path).read_text("utf-8")) if path else []:
            self._checks[entry["name"]] = {
                part: (schema, Draft202012Validator(schema))
                for part, schema in entry["schema"].items()
            }

    def errors(
        self, name: str, path: dict[str, str], query: dict[str, str], body: Any
    ) -> list[tuple[str, str]]:
        """What is wrong with a request of the call ``name``: fields and words."""
        if name not in self._checks:
            return []
        checks = self._checks[name]
        found = []
        for part, given in (("path", path), ("params", query), ("data", body)):
            schema, validator = checks.get(part, (None, None))
            if validator is None:
                if given:
                    found.append((part, f"{part} is not expected: {given}"[:200]))
                continue
            subject = _typed(schema, query) if part == "params" else given
            if part == "params" and not subject and "anyOf" in schema:
                continue
            for error in validator.iter_errors(subject):
                field = ".".join(map(str, error.absolute_path)) or part
                found.append((field, error.message[:200]))
        return found


def _typed(schema: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
    """Query values as the schema types them."""
    properties: dict[str, Any] = {}
    for option in [schema, *schema.get("anyOf", [])]:
        properties |= option.get("properties", {})
    typed: dict[str, Any] = {}
    for name, value in query.items():
        kind = properties.get(name, {}).get("type")
        typed[name] = int(value) if kind == "number" and value.isdecimal() else value
        if kind == "boolean" and value in ("true", "false"):
            typed[name] = value == "true"
    return typed
