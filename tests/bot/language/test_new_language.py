"""A language is one file: a small Spanish grammar beside the others, from a folder of its own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from bot.language import phrases
from bot.language.grammar import languages
from bot.language.wording import as_dict, is_change, read
from tests.bot.language.test_wording import agrees

SPANISH = Path(__file__).parent / "spanish"
SAYINGS = [
    json.loads(line)
    for line in (SPANISH / "sayings.jsonl").read_text("utf-8").split("\n")
    if line.strip()
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the languages there are, and of Spanish: loaded once for all tests here."""
    folder = tmp_path_factory.mktemp("languages")
    for file in (*languages.FOLDER.glob("*.toml"), SPANISH / "es.toml"):
        shutil.copy(file, folder)
    return folder


@pytest.fixture
def spanish(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "FOLDER", folder)


@pytest.mark.usefixtures("spanish")
@pytest.mark.parametrize("line", SAYINGS, ids=lambda line: line["text"])
def test_a_file_adds_a_language(line: dict[str, Any]) -> None:
    got = as_dict(read(line["text"])) | {"change": is_change(line["text"])}
    wrong = [key for key, want in line["expect"].items() if not agrees(key, want, got)]
    assert wrong == [], got


@pytest.mark.usefixtures("spanish")
@pytest.mark.parametrize("text", ["a fox, 4K", "画一只狐狸，4K", "狐を描いて、4Kで"])
def test_the_others_are_read_as_before(text: str) -> None:
    assert read(text).size == "4K"


def test_without_the_file_it_is_a_picture() -> None:
    assert read("otra vez").prompt == "otra vez"
    assert phrases.command("cancela") is None


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a fox", ["en"]),
        ("画一只狐狸", ["zh", "en"]),
        ("狐を描いて", ["ja", "en"]),
        ("縦長、4K", ["ja", "en"]),
        ("画一只写着「ラーメン」的碗", ["zh", "en"]),
        ("给我画一只ピカチュウ", ["ja", "zh", "en"]),
    ],
)
def test_the_script_of_a_text_chooses_its_languages(text: str, names: list[str]) -> None:
    assert [language.name for language in languages.languages_of(text)] == names
