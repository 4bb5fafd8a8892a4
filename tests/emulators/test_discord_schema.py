"""The quick check of schemas and jsonschema agree about bodies that were broken at random."""

import copy
import os
import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.emulators._discord.schema import Schema

pytestmark = pytest.mark.skipif(
    "DISCORD_OPENAPI" not in os.environ, reason="DISCORD_OPENAPI names no document"
)

Path = tuple[str | int, ...]
BUTTON = {"type": 2, "style": 1, "label": "b", "custom_id": "c"}
SELECT = {"type": 3, "custom_id": "s", "options": [{"label": "a", "value": "b"}]}
GALLERY = {"type": 12, "items": [{"media": {"url": "attachment://a.png"}}]}
CONTAINER = {"type": 17, "components": [{"type": 10, "content": "x"}, GALLERY]}
LABELS = [
    {"type": 18, "label": "l", "component": {"type": 4, "custom_id": "f", "style": 1}},
    {"type": 18, "label": "l", "component": {"type": 19, "custom_id": "u", "max_values": 4}},
]
GOOD: dict[str, dict[str, Any]] = {
    "MessageCreateRequest": {
        "content": "x",
        "nonce": "1",
        "components": [CONTAINER, {"type": 1, "components": [BUTTON, SELECT]}],
        "embeds": [{"title": "t", "fields": [{"name": "n", "value": "v"}]}],
        "attachments": [{"id": "0", "filename": "a", "description": "d"}],
        "allowed_mentions": {"parse": ["users"], "users": ["5"]},
    },
    "ApplicationCommandCreateRequest": {
        "name": "n",
        "description": "d",
        "contexts": [0, 1],
        "name_localizations": {"de": "x"},
        "options": [
            {"type": 3, "name": "o", "description": "d", "choices": [{"name": "a", "value": "b"}]},
            {"type": 11, "name": "i", "description": "d"},
        ],
    },
    "ModalInteractionCallbackRequest": {
        "type": 9,
        "data": {"custom_id": "m", "title": "t", "components": LABELS},
    },
}
VALUES: list[Any] = [
    *(None, True, 0, -1, 5, 99, 1.0, 1.5, 10**20, "", "x", "5", "x" * 101, "x" * 5000),
    *([], [1], ["a", "a"], {}, {"type": 2}),
]


@pytest.fixture(scope="module")
def schema() -> Schema:
    return Schema()


def places(node: Any, path: Path = ()) -> Iterator[Path]:
    inside = node.items() if isinstance(node, dict) else ()
    for key, child in enumerate(node) if isinstance(node, list) else inside:
        yield (*path, key)
        yield from places(child, (*path, key))


def broken(body: Any, chance: random.Random) -> Any:
    made = copy.deepcopy(body)
    path = chance.choice(list(places(made)))
    node: Any = made
    for key in path[:-1]:
        node = node[key]
    action = chance.random()
    if action < 0.2:
        del node[path[-1]]
    elif action < 0.35 and isinstance(node, list):
        node.extend([copy.deepcopy(node[0])] * chance.choice((1, 5, 30)))
    else:
        node[path[-1]] = copy.deepcopy(chance.choice(VALUES))
    return made


@pytest.mark.parametrize("name", GOOD)
def test_both_agree(schema: Schema, name: str) -> None:
    chance = random.Random(name)
    assert schema.part(name, GOOD[name]) == []
    quick, validator = schema._cache["part", name]
    verdicts = []
    for _ in range(400):
        body = broken(GOOD[name], chance)
        verdicts.append(quick(body))
        assert verdicts[-1] is validator.is_valid(body), body
    assert 40 < verdicts.count(False) < 400
