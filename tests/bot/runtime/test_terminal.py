"""What reaches a terminal: nothing that it obeys, and everything that it can write."""

import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.runtime.terminal import argument, as_json, clean

ROOT = Path(__file__).parents[3]
noise = st.text(
    st.one_of(
        st.characters(),
        st.characters(categories=["Cc", "Cf", "Cs", "Zl", "Zp"]),
        st.sampled_from('a\\"{[\u4e00🎨'),
    )
)


def obeyed(text: str) -> list[str]:
    return [
        sign
        for sign in text
        if (unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") and sign not in "\n\t")
        or unicodedata.bidirectional(sign) in ("LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI")
        or sign in "\u061c\u200e\u200f\u2068\u2069"
    ]


@given(noise)
def test_nothing_that_is_written_is_obeyed(text: str) -> None:
    assert obeyed(clean(text)) == []
    clean(text).encode()  # can be written


@given(noise)
def test_json_stays_the_same_json(text: str) -> None:
    value = {"text": [text], text: 1}
    for indent in (None, 2):
        made = as_json(value, indent=indent)
        assert obeyed(made) == []
        assert json.loads(made) == json.loads(json.dumps(value))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a cat, 一只猫 🎨, عربي", "a cat, 一只猫 🎨, عربي"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("👩‍🚀 family", "👩‍🚀 family"),
        ("\x1b]0;title\x07\x1b[31mred", "\\u001b]0;title\\u0007\\u001b[31mred"),
        ("\x9b31mred\x7f", "\\u009b31mred\\u007f"),
        ("invoice\u202egnp.exe", "invoice\\u202egnp.exe"),
        ("half \ud83d", "half \\ud83d"),
    ],
)
def test_text_is_text_and_orders_are_numbers(text: str, written: str) -> None:
    assert clean(text) == written


def test_a_word_of_the_command_line_is_utf_8_whatever_the_locale() -> None:
    assert argument("一只猫") == "一只猫"
    assert argument(os.fsdecode("é".encode()) if sys.flags.utf8_mode else "é") == "é"
    assert argument("\udcc3\udca9 \udcff") == "é \ufffd"


def run(*arguments: str, **environment: str) -> str:
    """What the real program prints, as bytes read as ASCII: anything else fails."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        env={
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            "PYTHONPATH": str(ROOT),
            "DEMO_SECONDS": "0",
            "DEFAULT_SIZE": "512",
            **environment,
        },
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    assert b"Traceback" not in done.stderr
    return done.stdout.decode(environment.get("PYTHONIOENCODING", "ascii"))


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_every_command_works_where_the_output_is_not_utf_8(encoding: str) -> None:
    assert "ok Database" in run("doctor", PYTHONIOENCODING=encoding)
    assert "gemini-3-pro-image" in run("models", PYTHONIOENCODING=encoding)
    found = json.loads(run("explain", "一只猫 “é”", "--json", PYTHONIOENCODING=encoding))
    assert found["prompt"] == "一只猫 “é”"
    drawn = json.loads(run("draw", "一只猫 ✓", "--json", PYTHONIOENCODING=encoding))
    assert drawn["mime"] == "image/png"


def test_every_command_works_in_the_c_locale() -> None:
    c = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    assert json.loads(run("explain", "一只猫 é", "--json", **c))["prompt"] == "一只猫 é"
    assert "ok Database" in run("doctor", **c)
