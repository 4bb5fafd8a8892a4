"""The grammar as data: every example is read as it says, and what is wrong in a file is told."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.domain.actions import Action
from bot.language.directives import search
from bot.language.grammar.frames import BadFrame, Kinds
from bot.language.grammar.languages import FOLDER, common, grammar, languages
from bot.language.grammar.templates import BadTemplate, Templates

FILES = sorted(FOLDER.glob("*.toml"))
LONGEST_LINE = 120


def frames() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in FILES:
        for frame in tomllib.loads(file.read_text("utf-8")).get("frames", ()):
            yield f"{file.stem}: {frame['name']}", frame


EXAMPLES = [
    pytest.param(text, prompt, id=f"{name}: {text}")
    for name, frame in frames()
    for text, prompt in frame["examples"].items()
]


@pytest.mark.parametrize(("text", "prompt"), EXAMPLES)
def test_the_examples_of_the_frames(text: str, prompt: str) -> None:
    found = search(text)
    assert found.directives
    assert found.prompt == prompt


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_lines_are_short_enough_to_review(file: Path) -> None:
    long = [line for line in file.read_text("utf-8").splitlines() if len(line) > LONGEST_LINE]
    assert long == []


@pytest.mark.parametrize(
    ("template", "pattern"),
    [
        ("a|b", "a|b"),
        ("(a|b)c", "(?:a|b)c"),
        ("re[do]", "re(?:do)?"),
        ("<name>!", "(?:ann|bob)!"),
        ("{2-5: ab}", "(?:ab){2,5}"),
        ("{0-: a|b}", "(?:a|b){0,}"),
        ("{before a|b}", "(?:(?=a|b))"),
        ("{not before a}b", "(?!a)b"),
        ("{after a|bc}", "(?:(?<=a)|(?<=bc))"),
        ("{not after a|bc}", "(?<!a)(?<!bc)"),
        ("{one of a-f}{none of x}", "[a-f][^x]"),
        ("{digit}{what}", r"\d(?P<what>.+?)"),
        (r"\(A\)", r"\(a\)"),
        ("畫", "画"),
    ],
)
def test_templates(template: str, pattern: str) -> None:
    assert Templates({"name": ["ann", "bob"]}).pattern([template]) == pattern


@pytest.mark.parametrize(
    "template",
    [
        "a)",
        "(a",
        "[a",
        "{2-3: a",
        "{before a",
        "<name",
        "<nobody>",
        "<self>",
        "{nothing}",
        "{digit",
    ],
)
def test_what_is_wrong_with_a_template_is_told(template: str) -> None:
    with pytest.raises(BadTemplate):
        Templates({"name": ["ann"], "self": ["a <self>"]}).pattern([template])


KINDS = Kinds(("word", "size", "article"), {"thing": ["word", "size"]})


@pytest.mark.parametrize(
    ("frame", "pattern"),
    [
        ("word", "[a]"),
        ("thing*", "[ab]{0,8}"),
        ("start thing* end", "^[ab]{0,16}$"),
        ("start not(thing)* any+", "^[^ab]{0,}.{1,}"),
        ("not(size | article) any**", "[^bc].{0,}"),
        ("(word | size)? cut( take( size{0,2} ) )", "(?:[a]|[b])?(?P<cut>(?P<take>[b]{0,2}))"),
        ("before(word) not_before(size)", "(?=[a])(?![b])"),
        ("after(word) not_after(size) whole(word)", "(?<=[a])(?<![b])(?>[a])"),
    ],
)
def test_frames(frame: str, pattern: str) -> None:
    assert KINDS.pattern(frame).pattern == pattern


@pytest.mark.parametrize("frame", ["nothing", "word %", "not(nothing)"])
def test_what_is_wrong_with_a_frame_is_told(frame: str) -> None:
    with pytest.raises(BadFrame):
        KINDS.pattern(frame)


def test_every_pattern_of_every_language_compiles() -> None:
    known = grammar(languages())
    for name, phrases in known.phrases.items():
        for phrase in phrases:
            assert re.compile(known.templates.pattern([phrase])), name


SETTINGS = {
    "",
    "model",
    "quality",
    "size",
    "pixels",
    "aspect_ratio",
    "nearest_ratio",
    "orientation",
}


def test_every_word_is_of_a_known_kind() -> None:
    for words in grammar(languages()).words:
        assert words.kind in common().kinds.letters
        assert words.setting in SETTINGS | {"count"}


def test_every_command_is_an_action() -> None:
    known = grammar(languages()).phrases
    named = {name.partition(".")[2] for name in known if name.startswith(("commands.", "slash."))}
    assert named <= set(Action)
