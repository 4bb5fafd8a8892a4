"""Alternatives find what one pattern of all their pieces finds, and compile less."""

import json
import re
from pathlib import Path

import pytest

from bot.language.grammar.alternatives import Alternatives
from bot.language.grammar.languages import grammar, languages
from bot.language.grammar.templates import LONGEST_NEED, Templates
from bot.language.spelling import fold

DATA = Path(__file__).parent / "data"
TEXTS = sorted(
    {
        fold(json.loads(line)["text"]).text
        for file in ("intent-dev-2.jsonl", "japanese.jsonl", "manners.jsonl", "intent.jsonl")
        for line in (DATA / file).read_text("utf-8").splitlines()
    }
)[::25]
KNOWN = grammar(languages())
NAMES = sorted(
    name
    for name in KNOWN.phrases
    if name.startswith(("changes.", "certainty.", "polite.", "pointers.", "shown.", "wanting."))
)
EDGED = "(?<![a-z])(?:{})(?![a-z])"


def span(match: re.Match[str] | None) -> tuple[int, int] | None:
    return match and match.span()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", ["{}", EDGED])
def test_they_find_what_one_pattern_of_all_does(name: str, form: str) -> None:
    found = KNOWN.pattern(name, form)
    pieces = [KNOWN.templates.piece([phrase]) for phrase in KNOWN.phrases[name]]
    alone = [re.compile(form.format(f"(?:{piece.pattern})")) for piece in pieces]
    named = any(piece.pattern.count("(?P<") for piece in pieces)  # twice is no pattern
    whole = None if named else re.compile(form.format(f"(?:{KNOWN.source(name)})"))
    for text in TEXTS:
        within = found.within(text)
        assert all(
            number in within for number, pattern in enumerate(alone) if pattern.search(text)
        ), (name, text)
        if whole is not None:
            assert span(found.search(text)) == span(whole.search(text)), (name, text)
            assert span(found.search(text, 2, 30)) == span(whole.search(text, 2, 30)), (name, text)
            assert span(found.match(text)) == span(whole.match(text)), (name, text)
            assert span(found.fullmatch(text)) == span(whole.fullmatch(text)), (name, text)


def made(*templates: str) -> Alternatives:
    known = Templates({"animal": ["fox", "kitten"]})
    return Alternatives([known.piece([template]) for template in templates])


def test_of_those_at_one_place_the_first_matches() -> None:
    several = made("a", "ab", "b", "{start}[x]")
    assert [match[0] for match in several.finditer("cabb")] == ["", "a", "b", "b"]
    assert [number for number, _ in made("ab", "a[b]").fullmatches("ab")] == [0, 1]


@pytest.mark.parametrize(
    ("template", "needs"),
    [
        ("a <animal>", {"fox", "kitt"}),
        ("[please] (draw|paint) it", {"draw", "pain"}),
        ("[draw]", set()),
        ("(draw|{digit})", set()),
        ("{2-: ha}", {"ha"}),
        ("{0-2: ha}", set()),
        ("{before draw}{not after x}", set()),
        ("畫狐狸", {"画狐狸"}),
    ],
)
def test_one_of_the_strings_is_in_every_match(template: str, needs: set[str]) -> None:
    piece = Templates({"animal": ["fox", "kitten"]}).piece([template])
    assert piece.needs == needs
    assert all(len(need) <= LONGEST_NEED for need in piece.needs)
