"""Server-sent events, cut anywhere."""

import base64
import json
from typing import Any

import pytest

from bot.providers._http.event_stream import Events

PICTURE = bytes(range(256)) * 40
STREAM = (
    b": OPENROUTER PROCESSING\n\n"
    b'event: message\nid: 1\ndata: {"a": 1}\n\n'
    b'data:{"b": "' + base64.b64encode(PICTURE) + b'"}\r\n\r\n'
    b"data: [DONE]\n\n"
    b'data: {"last": '
)


def values(pieces: list[bytes]) -> list[Any]:
    events = Events()
    found = []
    for piece in pieces:
        for value, spill in events.feed(piece):
            if "b" in value:
                assert spill.decode(value["b"]) == PICTURE
                assert len(json.dumps(value)) < 100
                value = "picture"
            found.append(value)
    return found


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000, 10**6])
def test_events_are_the_same_however_the_stream_is_cut(size: int) -> None:
    pieces = [STREAM[start : start + size] for start in range(0, len(STREAM), size)]
    assert values(pieces) == [{"a": 1}, "picture"]


def test_a_picture_that_is_none_is_an_error() -> None:
    with pytest.raises(AssertionError, match="None"):
        values([b'data: {"b": "' + b"A" * 9000, b"!" * 9000 + b'"}\n\n'])


def test_a_line_without_end_is_not_kept() -> None:
    events = Events()
    for _ in range(100):
        assert list(events.feed(b"x" * 100_000)) == []
    assert len(events._line) <= 100_000
    assert [value for value, _ in events.feed(b'\n\ndata: {"a": 1}\n')] == [{"a": 1}]
