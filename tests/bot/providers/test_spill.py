"""JSON with pictures in it, in any pieces."""

import base64
import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.providers._http.json_stream import LONG, MOST_DIGITS, MOST_TEXT, Spill
from bot.providers._http.pictures import data_urls

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**MOST_DIGITS) // 10, 10**MOST_DIGITS - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def read(text: bytes, pieces: int = 7) -> tuple[Any, Spill]:
    spill = Spill()
    for start in range(0, len(text), pieces):
        spill.feed(text[start : start + pieces])
    return spill.close(), spill


@given(values, st.integers(1, 50), st.booleans())
def test_any_json_is_read_as_json_reads_it(value: Any, pieces: int, ascii: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii).encode()
    assert read(text, pieces)[0] == json.loads(text)


@settings(max_examples=60, deadline=None)
@given(st.integers(LONG, 3 * LONG), st.integers(1, 5000), st.sampled_from("p/du"))
def test_a_long_picture_is_decoded_on_the_way(size: int, pieces: int, style: str) -> None:
    data = random.Random(size).randbytes(size)
    encoded = base64.b64encode(data).decode()
    if style == "d":
        encoded = f"data:image/png;base64,{encoded}"
    text = json.dumps({"a": [1, {"url": encoded}, 'x"y\\'], "b": "é"})
    if style == "/":
        text = text.replace("/", "\\/")
    if style == "u":
        text = text.replace("+", "\\u002B")
    value, spill = read(text.encode(), pieces)
    assert value["b"] == "é"
    assert value["a"][2] == 'x"y\\'
    assert len(value["a"][1]["url"]) < 100
    assert spill.decode(value["a"][1]["url"]) == data


def test_short_and_url_safe_pictures() -> None:
    data = bytes(range(256))
    _, spill = read(b"{}")
    assert spill.decode(base64.b64encode(data).decode()) == data
    assert spill.decode(base64.urlsafe_b64encode(data).decode()) == data
    assert spill.decode("data:image/png;base64," + base64.b64encode(data).decode()) == data
    assert spill.decode("https://example.org/a.png") is None
    assert spill.decode("") is None
    long = base64.urlsafe_b64encode(data * 40).decode().rstrip("=")
    value, spill = read(json.dumps(long).encode(), 100)
    assert spill.decode(value) == data * 40


def test_a_long_text_stays_a_text() -> None:
    text = "a story, not a picture. " * 1000
    assert read(json.dumps([text]).encode())[0] == [text]


def test_what_is_no_json_is_said() -> None:
    for text in (b"<html>", b'{"a": "unfinished', b""):
        with pytest.raises(ValueError, match=r"."):
            read(text)


@pytest.mark.parametrize("broken", [b"%%%%%%%%", b"=A===", b"A=", b"AA=A", b"\\u0021"])
@pytest.mark.parametrize("pieces", [7, 100, 4099, 10**6])
def test_a_picture_that_turns_into_something_else_is_none(broken: bytes, pieces: int) -> None:
    value, spill = read(b'["' + b"A" * (LONG + 300) + broken + b'", "b"]', pieces)
    assert value[1] == "b"
    assert spill.decode(value[0]) is None


@settings(max_examples=150, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 3 * LONG), min_size=1, max_size=3),
    pieces=st.integers(1, 9000),
    width=st.sampled_from([0, 60, 76]),
    between=st.sampled_from(["![image](", "Here: ", "<img src='", 'He said "look": ']),
    after=st.sampled_from([")", " and that is it.", "'>", "", "\n\n", "。"]),
    escape=st.sampled_from(["", "/", "ascii"]),
)
def test_pictures_inside_a_text_are_decoded_on_the_way(
    sizes: list[int], pieces: int, width: int, between: str, after: str, escape: str
) -> None:
    made = [random.Random(size).randbytes(size) for size in sizes]
    text = "x " * (LONG // 2 + 1)
    for data in made:
        encoded = base64.b64encode(data).decode()
        if width:
            encoded = "\r\n".join(encoded[n : n + width] for n in range(0, len(encoded), width))
        text += f"{between}data:image/png;base64,{encoded}{after or ' '}"
    raw = json.dumps({"content": text, "end": 1}, ensure_ascii=escape == "ascii")
    raw = raw.replace("/", "\\/") if escape == "/" else raw
    value, spill = read(raw.encode(), pieces)
    assert value["end"] == 1
    links = data_urls(value["content"])
    assert [spill.decode(link) for link in links] == made


@pytest.mark.parametrize("size", [LONG, LONG + 1, LONG + 2, 30, 31, 32])
@pytest.mark.parametrize("pieces", [1, 50, 10**6])
def test_words_on_the_next_line_do_no_harm(size: int, pieces: int) -> None:
    data = random.Random(size).randbytes(size)
    text = f"data:image/png;base64,{base64.b64encode(data).decode()}\nHere it is, enjoy."
    value, spill = read(json.dumps(text).encode(), pieces)
    [link] = data_urls(value)
    found = spill.decode(link)
    assert found is not None
    assert found[: len(data)] == data
    assert len(found) < len(data) + 12


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 400, "9" * 5000]
)
def test_a_number_beyond_all_measure_is_nothing(number: str) -> None:
    """As it is in the middle of an answer that was paid for."""
    value, _ = read(b'{"cost": ' + number.encode() + b', "b": 1}')
    assert value == {"cost": None, "b": 1}


def test_what_no_list_or_answer_needs_is_said() -> None:
    for text in (b"[" * 200_000, b'{"a":' * 100_000, b"[" + b"1," * MOST_TEXT):
        with pytest.raises(ValueError, match=r"deeper|too much"):
            read(text, 65_536)
