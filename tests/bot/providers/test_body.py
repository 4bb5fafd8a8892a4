"""JSON with pictures, written piece by piece, is the JSON it would have been."""

import base64
import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.providers._http.body import PIECE, Body, Inline

pictures = st.builds(
    lambda size, mime: Inline(random.Random(size).randbytes(size), mime),
    st.sampled_from([0, 1, 2, 3, 100, PIECE - 1, PIECE, PIECE + 1]),
    st.sampled_from([None, "image/png"]),
)
values = st.dictionaries(
    st.text(),
    st.recursive(st.text() | st.integers() | pictures, lambda inner: st.lists(inner), max_leaves=6),
)


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, Inline):
        encoded = base64.b64encode(value.data).decode()
        return f"data:{value.mime};base64,{encoded}" if value.mime else encoded
    return value


@given(values)
async def test_the_text_and_its_length(value: dict[str, Any]) -> None:
    body = Body(value)
    for _ in range(2):
        text = b"".join([piece async for piece in body.pieces()])
        assert json.loads(text) == plain(value)
        assert len(text) == len(body)


async def test_nothing_else_becomes_json() -> None:
    with pytest.raises(TypeError, match="bytes is not JSON"):
        Body({"a": b"x"})


def test_a_picture_is_not_in_its_repr() -> None:
    assert "secret" not in repr(Inline(b"secret", "image/png"))
