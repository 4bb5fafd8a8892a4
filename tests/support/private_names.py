"""Which private names of others a folder of Python files uses."""

import ast
from collections.abc import Collection
from pathlib import Path

PUBLIC = frozenset({"_replace", "_asdict", "_fields"})
"""Of named tuples: documented, although they begin so."""


def private_names(folder: Path, other_than: Collection[str]) -> list[str]:
    """``file:line name`` of each attribute that begins with ``_`` and is not one's own."""
    return [
        f"{file.relative_to(folder)}:{node.lineno} {node.attr}"
        for file in sorted(folder.rglob("*.py"))
        if str(file.relative_to(folder)) not in other_than
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and not node.attr.startswith("__")
        and node.attr not in PUBLIC
        and not (isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"))
    ]
