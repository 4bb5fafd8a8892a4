"""The data about image models: what a file may say, and what is joined with what is offered."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.catalog import RATIOS, find, premium, resolve, standard
from bot.domain.image_models import BUILT_IN, IMAGE_MODELS, NEWEST, BadModelsFile, as_model, load
from tests.support.model_ids import FLASH, LITE, OLD_FLASH, PRO

ROOT = Path(__file__).parents[3]
CODE = [*ROOT.glob("bot/**/*.py"), *ROOT.glob("adapters/**/*.py"), *ROOT.glob("messages/**/*.py")]
CODE += [path for path in ROOT.glob("adapters/**/static/*") if path.suffix in (".js", ".html")]


def test_no_id_of_a_model_stands_in_the_code() -> None:
    known = {spelling for g in IMAGE_MODELS.generations for spelling in (g.id, *g.spellings)}
    pattern = re.compile(
        "|".join(map(re.escape, known)) + r"|gemini-[\w.]*\d[\w.-]*|nano-banana-\d|gpt-image-\d"
    )
    found = [
        (path.name, match[0])
        for path in CODE
        for match in pattern.finditer(re.sub(r'""".*?"""', "", path.read_text("utf-8"), flags=re.S))
    ]
    assert found == []


def test_the_lines_of_today() -> None:
    assert [model.id for model in NEWEST] == [FLASH, LITE, PRO]
    assert (standard(NEWEST), premium(NEWEST)) == (NEWEST[0], NEWEST[2])
    assert [model.sizes for model in NEWEST] == [("1K", "2K", "4K"), ("1K",), ("1K", "2K", "4K")]
    assert [len(model.aspect_ratios) for model in NEWEST] == [14, 14, 10]
    prices = {g.id: dict(g.price).get("1K") for g in IMAGE_MODELS.generations}
    assert (prices[FLASH], prices[OLD_FLASH], prices[PRO]) == (0.0336, 0.067, 0.134)
    assert IMAGE_MODELS.generations == tuple(
        sorted(IMAGE_MODELS.generations, key=lambda g: g.since or date.max, reverse=True)
    )


@pytest.mark.parametrize(
    ("spelling", "model"),
    [
        (FLASH, FLASH),
        ("google/gemini-nano-banana-2.1", FLASH),
        ("gemini-3-pro-image-preview", PRO),
        ("someone/gemini-3-pro-image", PRO),
    ],
)
def test_any_spelling_of_an_id_is_known(spelling: str, model: str) -> None:
    assert IMAGE_MODELS.model(spelling).id == model


@pytest.mark.parametrize(
    ("spelling", "is_one"),
    [
        ("gemini-nano-banana-3", True),
        ("google/gemini-9-image-preview", True),
        ("Nano Banana 7", True),
        ("gemini-2.5-flash", False),
        ("imagen-4.0-generate-001", False),
        ("text-embedding", False),
    ],
)
def test_an_image_model_is_told_from_its_id(spelling: str, is_one: bool) -> None:
    assert IMAGE_MODELS.is_image_model(spelling) is is_one


def test_a_model_that_nobody_knows_has_careful_limits_and_a_name_of_its_own() -> None:
    model = IMAGE_MODELS.model("gemini-nano-banana-9-preview", "Nano Banana Pro")
    assert (model.id, model.name) == ("gemini-nano-banana-9", "gemini-nano-banana-9")
    assert (model.sizes, model.max_references) == ((), 3)
    assert IMAGE_MODELS.model("gemini-nano-banana-9", "Nano Banana 9").name == "Nano Banana 9"


@given(st.sets(st.sampled_from([g.id for g in IMAGE_MODELS.generations]), min_size=1))
def test_whatever_is_offered_every_name_of_its_lines_means_something_offered(ids: set[str]) -> None:
    offered = IMAGE_MODELS.arrange(map(IMAGE_MODELS.model, ids))
    assert {model.id for model in offered} == ids
    lines = {model.line for model in offered}
    for generation in IMAGE_MODELS.generations:
        for name in generation.names:
            match = resolve(name, offered)
            if generation.line not in lines:
                continue
            assert match is not None
            if generation.id in ids:
                assert match.model.line == generation.line
            elif match.replaced:
                assert match.replaced.id == generation.id
                assert match.notes
    for name, line in IMAGE_MODELS.lines.items():
        newest = next(
            (g.id for g in IMAGE_MODELS.generations if g.line == name and g.id in ids), ""
        )
        for alias in line.aliases:
            found = find(alias, offered)
            assert (found.id if found else "") == newest
    assert IMAGE_MODELS.arrange(offered) == offered  # arranging twice changes nothing


def test_the_newest_that_is_offered_is_meant_also_when_it_is_an_old_one() -> None:
    [old] = IMAGE_MODELS.arrange([IMAGE_MODELS.model(OLD_FLASH)])
    assert (old.role, find("nano banana", [old])) == ("default", old)
    match = resolve("Nano Banana 2.1", [old])
    assert match is not None
    assert [note.key for note in match.notes] == ["model_not_offered"]


def write(folder: Path, text: str) -> Path:
    file = folder / "models.toml"
    file.write_text(text, "utf-8")
    return file


def test_a_file_adds_and_overrides(tmp_path: Path) -> None:
    known = load(
        write(
            tmp_path,
            '[lines.flash]\naliases = ["bananissima"]\n'
            '[[models]]\nid = "gemini-nano-banana-3"\nline = "flash"\nname = "Nano Banana 3"\n'
            f'[[models]]\nid = "google/{PRO}"\nseconds = [5, 9]\n',
        )
    )
    first, *_, pro = known.arrange(known.current())
    assert (first.name, first.role) == ("Nano Banana 3", "default")
    assert first.aspect_ratios == RATIOS[:10]
    assert find("bananissima", [first]) is first
    assert (pro.id, pro.seconds, pro.name) == (PRO, (5, 9), "Nano Banana Pro")
    built_in = as_model(next(g for g in IMAGE_MODELS.generations if g.id == PRO))
    assert replace(pro, seconds=built_in.seconds).sizes == built_in.sizes


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("models = 1", "models: Input should be a valid list"),
        ("[[models]\n", "is no TOML"),
        ('[[models]]\nname = "x"', "model 1 has no id"),
        ('[[models]]\nid = "x"\nsize = ["1K"]', "model “x”: size: Extra inputs are not permitted"),
        ('[[models]]\nid = "x"\nsizes = ["8K"]', "model “x”: sizes.0: Input should be '512'"),
        ('[[models]]\nid = "x"\nline = "mega"', "there is no line “mega”; there are flash"),
        ('[[models]]\nid = "x"\nsuccessor = "y"', "its successor “y” is not known"),
        ('[[models]]\nid = "x"\nseconds = [9, 2]', "two numbers of seconds"),
        ('[[models]]\nid = "x"\naspect_ratios = ["wide"]', "“wide” is no ratio such as 16:9"),
        ('[[models]]\nid = "x"\nprice = { "1K" = -1 }', "price.1K: Input should be greater"),
        ('recognize = "("', "recognize is no regular expression"),
        ('[lines.flash]\nrole = "best"', "line “flash”: role: Input should be ''"),
        ('colour = "red"', "colour: Extra inputs are not permitted"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(tmp_path: Path, text: str, said: str) -> None:
    file = write(tmp_path, text)
    with pytest.raises(BadModelsFile) as caught:
        load(file)
    assert said in str(caught.value)
    assert str(file) in str(caught.value)


def test_a_file_that_is_not_there_or_in_another_encoding(tmp_path: Path) -> None:
    with pytest.raises(BadModelsFile, match="cannot be read"):
        load(tmp_path / "none.toml")
    with pytest.raises(BadModelsFile, match="cannot be read"):
        load(tmp_path)
    file = tmp_path / "models.toml"
    file.write_bytes(BUILT_IN.read_text("utf-8").encode("utf-16"))
    with pytest.raises(BadModelsFile, match="not in UTF-8"):
        load(file)
