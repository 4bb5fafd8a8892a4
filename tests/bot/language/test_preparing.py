"""What is loaded in a thread, so that nobody waits for the first words in a language."""

import subprocess
import sys

from bot.language import wording
from bot.language.grammar.languages import languages, languages_of
from tests.support.program import ROOT

SCRIPT = """
from bot.domain.image_models import NEWEST
from bot.language import classifier, situations, wording
from bot.language.grammar import languages
from bot.language.tokens import lexicon

def loaded():
    kept = (languages._file, languages.grammar, lexicon, classifier._weights)
    return [each.cache_info().misses for each in kept]

before = loaded()
{prepare}
after = loaded()
for text in ("a red fox, 16:9", "make it warmer"):
    situations.wanted_in(text, wording.read(text, models=NEWEST))
    wording.change_of(text)
print(before != after, after == loaded())
"""


def run(prepare: str) -> str:
    """What a new interpreter says: whether it prepared anything, and loaded nothing later."""
    command = [sys.executable, "-c", SCRIPT.format(prepare=prepare)]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_what_is_prepared_is_not_loaded_when_people_write() -> None:
    assert run("wording.prepare('a cat', NEWEST)") == "True True"
    assert run("") == "False False"


def test_languages_are_known_by_their_words() -> None:
    assert wording.languages_in("a cat") == ("en",)
    assert wording.languages_in("画一只猫")[0] == "zh"
    assert wording.languages_in("猫を描いて")[0] == "ja"


def test_every_language_has_an_example() -> None:
    for language in languages():
        assert languages_of(language.example)[0] == language


def test_several_threads_may_load_at_once() -> None:
    script = """
from concurrent.futures import ThreadPoolExecutor
import sys
sys.setswitchinterval(1e-5)
from bot.domain.image_models import NEWEST
from bot.language import wording
texts = ("make it warmer, 16:9", "画一只猫，竖图", "猫を描いて", "a red fox 2K", "把它调暖一点") * 2
with ThreadPoolExecutor(10) as threads:
    found = list(threads.map(lambda text: wording.read(text, models=NEWEST), texts))
print(found == [wording.read(text, models=NEWEST) for text in texts])
"""
    command = [sys.executable, "-c", script]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "True"
