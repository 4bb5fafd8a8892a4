"""Alternatives find what one pattern of all their pieces finds, and compile less."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.language.grammar.alternatives import Alternatives
from bot.language.grammar.languages import grammar, languages
from bot.language.grammar.templates import LONGEST_NEED, Piece, Templates, hints
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


@pytest.mark.parametrize(
    ("template", "hinted"),
    [
        ("a fox", {"fox"}),
        ("[please] (draw|paint(ed|ing)) it", {"draw", "pain"}),
        ("draw it|(a|the) <animal>|Paint", {"draw", "a", "the", "pain"}),
        ("{1-2: (a|b)}ox{none of (}", set()),
        ("(a|[b])", set()),
        ("[draw]|it", set()),
        ("{not before fox}<animal>{digit}", set()),
        ("a\\|b", set()),
        ("畫[一隻]狐狸", {"狐狸"}),
    ],
)
def test_what_a_template_hints_at(template: str, hinted: set[str]) -> None:
    assert hints(template) == hinted


def test_every_match_has_what_its_template_hints_at() -> None:
    phrases = sorted({phrase for each in KNOWN.phrases.values() for phrase in each})[::3]
    for phrase in phrases:
        hinted = hints(phrase)
        if hinted:
            pattern = re.compile(KNOWN.templates.piece([phrase]).pattern)
            for text in TEXTS[::8]:
                matched = [match[0] for match in pattern.finditer(text)]
                assert all(any(hint in match for hint in hinted) for match in matched), phrase


def test_a_template_is_read_for_the_first_text_that_has_its_hint() -> None:
    read: list[str] = []

    class Noting(Templates):
        def piece(self, templates: Sequence[str]) -> Piece:
            read.extend(templates)
            return super().piece(templates)

    known = Noting({})
    several = Alternatives([known.later(each) for each in ("a fox", "an owl", "{digit}[ owls]")])
    assert read == ["{digit}[ owls]"]
    assert several.search("a cat") is None
    assert several.fullmatch("a cat") is None
    assert span(several.fullmatch("an owl")) == (0, 6)
    assert span(several.search("an owl")) == (0, 6)
    assert read == ["{digit}[ owls]", "an owl"]
    assert several.compiled(0).pattern == "(?:a fox)"
    assert [match[0] for match in several.finditer("a fox, 3 owls")] == ["a fox", "3 owls"]


def test_every_phrase_can_be_read() -> None:
    for phrases in KNOWN.phrases.values():
        for phrase in phrases:
            found = KNOWN.templates.later(phrase)
            assert isinstance(found, Piece) or isinstance(found.read(), Piece), phrase
