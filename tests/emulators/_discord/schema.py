"""Bodies against Discord's official OpenAPI document, at the path in ``DISCORD_OPENAPI``.

https://github.com/discord/discord-api-spec. Validators are compiled once per operation. The
document allows unknown fields everywhere; requests are also held against a copy that does not.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from jsonschema.exceptions import ValidationError  # type: ignore[import-untyped]
from jsonschema.validators import extend  # type: ignore[import-untyped]

from tests.emulators._discord.errors import Form
from tests.emulators._discord.quick import Check, Quick, Unknown

MODELS = "#/components/schemas/"
WORDS = {
    "required": ("BASE_TYPE_REQUIRED", "This field is required"),
    "maxLength": ("BASE_TYPE_MAX_LENGTH", "Must be {} or fewer in length."),
    "minLength": ("BASE_TYPE_MIN_LENGTH", "Must be {} or more in length."),
    "maxItems": ("BASE_TYPE_MAX_LENGTH", "Must be {} or fewer in length."),
    "minItems": ("BASE_TYPE_MIN_LENGTH", "Must be {} or more in length."),
    "maximum": ("NUMBER_TYPE_MAX", "int value should be less than or equal to {}."),
    "minimum": ("NUMBER_TYPE_MIN", "int value should be greater than or equal to {}."),
    "enum": ("BASE_TYPE_CHOICES", "Value must be one of {}."),
    "oneOf": ("UNION_TYPE_CHOICES", "Value of field is not one of the allowed kinds."),
    "anyOf": ("UNION_TYPE_CHOICES", "Value of field is not one of the allowed kinds."),
    "uniqueItems": ("SET_TYPE_ALREADY_CONTAINS_VALUE", "The set already contains this value"),
}


def _choice(schema: dict[str, Any], instance: Any) -> dict[str, Any] | None:
    """The alternative that a ``type`` number or ``null`` decides for, if one does."""
    if instance is None:
        return {"type": "null"} if schema.get("type") == "null" else None
    kind = schema.get("properties", {}).get("type", {}) if isinstance(instance, dict) else {}
    return schema if "enum" in kind and instance.get("type") in kind["enum"] else None


def _alternatives(
    validator: Any, schemas: list[dict[str, Any]], instance: Any, schema: dict[str, Any]
) -> Iterator[ValidationError]:
    """``oneOf`` and ``anyOf``, decided by the discriminator where there is one: faster, and the
    errors point into the right alternative."""
    if schemas and all("const" in one for one in schemas):
        if not any(type(instance) is type(s["const"]) and instance == s["const"] for s in schemas):
            yield ValidationError(f"{str(instance)[:40]!r} is not one of the known values")
        return
    real = [one for one in schemas if one.get("type") != "null"]
    if instance is None and len(real) < len(schemas):
        return
    chosen = [one for one in real if _choice(one, instance) is not None]
    chosen = chosen if len(chosen) == 1 else real
    if len(chosen) == 1:
        yield from validator.descend(instance, chosen[0])
    elif not any(validator.evolve(schema=one).is_valid(instance) for one in chosen):
        yield ValidationError("fits none of the alternatives")


_Validator = extend(
    Draft202012Validator, validators={"oneOf": _alternatives, "anyOf": _alternatives}
)


class Schema:
    """The document, with references replaced by what they refer to; absent without the variable.

    ``missing`` tells that there is none, and then everything passes.
    """

    def __init__(self) -> None:
        path = os.environ.get("DISCORD_OPENAPI", "")
        self.missing = not path or not Path(path).is_file()
        self._cache: dict[tuple[str, ...], Any] = {}
        self._quick = Quick()
        if self.missing:
            self.paths: dict[str, Any] = {}
            return
        text = Path(path).read_text("utf-8")
        self._loose = _Resolver(_amended(json.loads(text)), strict=False)
        self._strict = _Resolver(_amended(json.loads(text)), strict=True)
        self.paths = self._loose.document["paths"]

    def request(self, method: str, path: str, body: Any) -> Form:
        """What is wrong with a request's JSON; ``path`` as in the document."""
        return self._form(("request", method, path), body)

    def queries(self, method: str, path: str) -> set[str] | None:
        """The query parameters an endpoint has; ``None`` when that is not known."""
        if self.missing:
            return None
        found = self._loose.solved(self.paths[path])
        listed = found.get("parameters", []) + found[method.lower()].get("parameters", [])
        return {one["name"] for one in listed if one["in"] == "query"}

    def unknown(self, method: str, path: str, body: Any) -> list[str]:
        """Fields a valid body has that the document does not know."""
        return [_where(error) for error in self._errors(("strict", method, path), body)]

    def answer(self, method: str, path: str, status: int, body: Any) -> list[str]:
        """What is wrong with an answer."""
        return [_where(e) for e in self._errors(("answer", method, path, str(status)), body)]

    def part(self, name: str, body: Any) -> list[str]:
        """What is wrong with an object of the named schema, such as ``MessageResponse``."""
        return [_where(error) for error in self._errors(("part", name), body)]

    def _form(self, key: tuple[str, ...], body: Any) -> Form:
        form = Form()
        for error in self._errors(key, body):
            code, words = WORDS.get(str(error.validator), ("BASE_TYPE_BAD_TYPE", error.message))
            where = tuple(error.absolute_path)
            if error.validator == "required":
                where += tuple(n for n in error.validator_value if n not in error.instance)[:1]
            form.add(where or ("body",), code, words.format(str(error.validator_value)[:200]))
        return form

    def _errors(self, key: tuple[str, ...], body: Any) -> list[ValidationError]:
        if self.missing:
            return []
        if key not in self._cache:
            schema = self._schema(key)
            self._cache[key] = None if schema is None else self._compiled(schema)
        if self._cache[key] is None:
            return []
        quick, validator = self._cache[key]
        return [] if quick(body) else list(validator.iter_errors(body))

    def _compiled(self, schema: Any) -> tuple[Check, Any]:
        try:
            return self._quick.compiled(schema), _Validator(schema)
        except Unknown:
            return (lambda _: False), _Validator(schema)

    def _schema(self, key: tuple[str, ...]) -> Any:
        resolver = self._strict if key[0] == "strict" else self._loose
        if key[0] == "part":
            return resolver.at(MODELS + key[1])
        operation = resolver.document["paths"][key[2]][key[1].lower()]
        if key[0] == "answer":
            answers = operation["responses"]
            found = answers.get(key[3]) or answers.get(key[3][0] + "XX") or {}
            found = resolver.solved(found)
        else:
            found = operation.get("requestBody", {})
        content = found.get("content", {}).get("application/json")
        return resolver.solved(content["schema"]) if content else None


def _amended(document: dict[str, Any]) -> dict[str, Any]:
    """With what the documentation has and the document lacks: a reference to what is forwarded
    (…/docs/resources/message#message-reference-types), and the filter of uploads
    (…/docs/components/reference#file-upload)."""
    schemas = document["components"]["schemas"]
    forward = {"title": "FORWARD", "description": "Reference to a snapshot", "const": 1}
    schemas["MessageReferenceType"]["oneOf"].append(forward)
    types = {"type": "array", "items": {"type": "string", "minLength": 1}, "maxItems": 10}
    schemas["FileUploadComponentForModalRequest"]["properties"]["file_types"] = types
    return document


class _Resolver:
    """Replaces ``$ref`` by the referred object, each object once, so that cycles stay finite."""

    def __init__(self, document: dict[str, Any], *, strict: bool) -> None:
        self.document = document
        self._strict = strict
        self._done: set[int] = set()
        self._kept: list[Any] = []

    def at(self, reference: str) -> Any:
        node: Any = self.document
        for key in reference.removeprefix("#/").split("/"):
            node = node[key.replace("~1", "/").replace("~0", "~")]
        return self.solved(node)

    def solved(self, node: Any) -> Any:
        if isinstance(node, dict) and "$ref" in node:
            return self.at(node["$ref"])
        if id(node) in self._done:
            return node
        if isinstance(node, dict):
            self._remember(node)
            if self._strict and node.get("properties") and "additionalProperties" not in node:
                node["additionalProperties"] = False
            for key, child in node.items():
                node[key] = self.solved(child)
        elif isinstance(node, list):
            self._remember(node)
            node[:] = [self.solved(child) for child in node]
        return node

    def _remember(self, node: Any) -> None:
        self._done.add(id(node))
        self._kept.append(node)


def _where(error: ValidationError) -> str:
    path = ".".join(str(key) for key in error.absolute_path)
    return f"{path or 'body'}: {error.message[:200]}"
