"""What people say: long lists of sentences, the prompts that remain, and what never happens."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain import catalog
from bot.domain.actions import Action
from bot.domain.catalog import Model
from bot.domain.image_models import NEWEST
from bot.language.grammar.languages import grammar, languages
from bot.language.numbers import read_number
from bot.language.wording import Reading, as_dict, is_change, read
from tests.support.model_ids import FLASH, OLD_FLASH, PRO

DATA = Path(__file__).parent / "data"
LISTS = sorted(path.stem for path in DATA.glob("*.jsonl") if path.stem != "known-misses")
MINI = Model(
    id="gemini-mini-image",
    name="Nano Banana Mini",
    sizes=("1K",),
    aspect_ratios=("1:1", "16:9"),
    max_references=14,
    seconds=(5, 10),
    progress_every=5,
    aliases=("mini", "迷你香蕉"),
)


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / f"{name}.jsonl").read_text("utf-8").splitlines()]


def misses(what: str) -> set[tuple[str, bool]]:
    """The sentences whose reading, or what they change, is known to be wrong: only ever fewer."""
    return {(line["text"], line["image"]) for line in lines("known-misses") if line[what]}


def spaces(text: str) -> str:
    return " ".join(text.split())


def bare(text: str) -> str:
    """The text without the marks around it."""
    start, end = 0, len(text := spaces(text))
    while start < end and (text[start] == " " or unicodedata.category(text[start])[0] == "P"):
        start += 1
    while end > start and (text[end - 1] == " " or unicodedata.category(text[end - 1])[0] == "P"):
        end -= 1
    return text[start:end]


def agrees(key: str, want: Any, got: dict[str, Any]) -> bool:
    """Compare one field with what a list says of it.

    The lists name the default model by its id of early 2026; "512" is the smallest size it has.
    """
    if key == "keeps":
        return all(spaces(part) in spaces(got["prompt"]) for part in want)
    if key == "prompt":
        return bare(want) == bare(got["prompt"])
    if key == "model" and want == OLD_FLASH:
        return bool(got["model"] == FLASH)
    if key == "size" and want == "512":
        return got["size"] in ("512", "1K")
    return bool(got[key] == want)


def known(what: str, name: str) -> set[tuple[str, bool]]:
    return misses(what) & {(line["text"], line["image"]) for line in lines(name)}


@pytest.mark.parametrize("name", LISTS)
def test_every_sentence_is_read_as_meant(name: str) -> None:
    """Each that is not is named; one that is known to be missed and is right now is, too."""
    wrong = {
        (line["text"], line["image"]): got
        for line in lines(name)
        if not is_as_meant(line, got := as_dict(read(line["text"], image=line["image"])))
    }
    assert wrong.keys() - known("reading", name) == set(), wrong
    assert known("reading", name) - wrong.keys() == set(), "take them out of known-misses.jsonl"


def is_as_meant(line: dict[str, Any], got: dict[str, Any]) -> bool:
    said = all(agrees(key, want, got) for key, want in line["expect"].items() if key != "change")
    return said and bool(got["task"] != "image_to_image" or got["prompt"])


@pytest.mark.parametrize("name", LISTS)
def test_changes_and_new_pictures_are_told_apart(name: str) -> None:
    """A sentence that came with a picture is a change of it; the newer lists say it themselves."""
    wrong = {
        (line["text"], line["image"])
        for line in lines(name)
        if line["expect"]["action"] == "draw"
        and ("kind" not in line or "change" in line["expect"])
        and is_change(line["text"]) != line["expect"].get("change", line["image"])
    }
    assert wrong - known("change", name) == set()
    assert known("change", name) - wrong == set(), "take them out of known-misses.jsonl"


def test_as_dict_has_the_keys_of_the_list() -> None:
    assert list(as_dict(read("a cat"))) == [*lines("intent")[0]["expect"], "prompt"]


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("a fox, 4K.", "a fox."),
        ("a fox, 16:9, red", "a fox, red"),
        ("a fox (16:9) in snow", "a fox in snow"),
        ("一只狐狸，4K，红色", "一只狐狸，红色"),
        ("一只狐狸（用Pro）", "一只狐狸"),
        ("use nano banana pro to draw a Fox, OIL on canvas", "draw a Fox, OIL on canvas"),
        ("two posters of a jazz band", "posters of a jazz band"),
        ("two pictures of a fox", "a fox"),
        ("画一张4K的狐狸", "画一张狐狸"),
        ("竖屏壁纸，长颈鹿", "壁纸，长颈鹿"),
        ('a sign that says "4K for cheap", 4K', 'a sign that says "4K for cheap"'),
        ("--model nano banana pro a fox --images 3", "a fox"),
        ("a fox --ar 16:9 --size 2K in snow", "a fox in snow"),
        ("a fox\n\n16:9", "a fox"),
        ("  three cats on a sofa ", "three cats on a sofa"),
        ("ﷺ a fox, 4K", "ﷺ a fox"),
        ("a fox, 4\u200bK", "a fox"),
        ("a 4K image of a fox", "image of a fox"),
        ("an 8K picture of a fox", "a picture of a fox"),
        ("Ratio: 21:9. A fox!", "A fox!"),
        ("a fox. 16:9.", "a fox."),
        ("Really? 16:9. A fox.", "Really? A fox."),
        ("a fox (red, 4K)", "a fox (red)"),
        ("a fox / pro / 16:9 / red", "a fox / red"),
        ("画一张狐狸的横图，4K", "画一张狐狸"),
        ("draw a fox, 2K, no wait, 4K", "draw a fox"),
        ("画狐狸，21:9？不，16:9", "画狐狸"),
        ("make it 16:9 and add a hat", "add a hat"),
        ("把香蕉换成苹果，4K", "把香蕉换成苹果"),
        ("a  cat,\twith   HAT", "a  cat,\twith   HAT"),
        ("see https://example.com/16:9 4K", "see https://example.com/16:9"),
    ],
)
def test_the_prompt_keeps_the_content_as_it_was_written(text: str, prompt: str) -> None:
    assert read(text).prompt == prompt


@pytest.mark.parametrize("text", ["换成竖图", "16:9", "用Pro重画", "4K版本", "try a 16:9 version"])
def test_an_edit_that_is_only_settings_keeps_its_words(text: str) -> None:
    reading = read(text, image=True)
    assert reading.task == "image_to_image"
    assert reading.prompt == text


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_nothing_stays_nothing(text: str) -> None:
    reading = read(text)
    assert (reading.action, reading.prompt) == (Action.DRAW, "")


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("/help", Action.HELP),
        ("/settings", Action.SETTINGS),
        ("/settings pro", Action.PREFER),
        ("/models", Action.MODELS),
        ("/model pro", Action.PREFER),
        ("/again", Action.AGAIN),
        ("/cancel please", Action.CANCEL),
        ("/history", Action.HISTORY),
        ("/reset", Action.FORGET_PREFERENCE),
        ("/prefer", Action.SETTINGS),
        ("/prefer a castle", Action.SETTINGS),
        ("/imagine@banana_bot a cat --ar 3:2", Action.DRAW),
        ("/画 一只猫", Action.DRAW),
        ("/unknown a cat", Action.DRAW),
        ("stop, never mind", Action.CANCEL),
        ("cancel, again", Action.DRAW),
        ("stop, " * 20, Action.DRAW),
        ("？", Action.HELP),
        ("请", Action.DRAW),
        ("redo with pro", Action.AGAIN),
        ("再来一张，横图", Action.AGAIN),
    ],
)
def test_actions(text: str, action: Action) -> None:
    assert read(text).action is action


@pytest.mark.parametrize(
    ("text", "image", "action"),
    [("NB2", False, Action.PREFER), ("NB2", True, Action.DRAW), ("banana", False, Action.DRAW)],
)
def test_a_bare_name_is_a_preference_unless_there_is_a_picture(
    text: str, image: bool, action: Action
) -> None:
    assert read(text, image=image).action is action


def test_a_slash_command_keeps_its_settings() -> None:
    reading = read("/imagine a cat --ar 3:2")
    assert (reading.prompt, reading.aspect_ratio) == ("a cat", "3:2")


def test_again_with_settings_is_an_edit_of_the_picture() -> None:
    assert read("再来一张，横图", image=True) == Reading(
        Action.DRAW, "image_to_image", FLASH, None, "16:9", 1, (), "再来一张，横图"
    )


@pytest.mark.parametrize(
    ("text", "model", "explicit"),
    [
        ("a fox", FLASH, False),
        ("a fox, NB2", FLASH, True),
        ("a fox, cheapest", FLASH, True),
        ("a fox, best quality", PRO, True),
        ("nano banana pro, a fox, cheapest", PRO, True),
        ("a fox --model nonsense", FLASH, False),
        ("--model nano banana pro a fox", PRO, True),
    ],
)
def test_the_words_or_the_default_choose_the_model(text: str, model: str, explicit: bool) -> None:
    reading = read(text)
    assert (reading.model, reading.explicit_model) == (model, explicit)


@pytest.mark.parametrize(
    ("text", "size", "ratio", "notes"),
    [
        ("a fox, 1920x1080", "2K", "16:9", ()),
        ("a fox, 1024x1024", "1K", "1:1", ()),
        ("a fox, 9000x9000", "4K", "1:1", ("size_downgraded",)),
        ("a fox, cheapest, 2K", "2K", None, ()),
        ("a fox, pro, cheapest", None, None, ()),
        ("a fox --ar 7:5", None, "4:3", ("ratio_changed",)),
        ("a fox --ar 0:5", None, None, ()),
        ("a fox --size huge", None, None, ()),
        ("a fox, 3K, 2K", "2K", None, ()),
        ("狐狸，竖图，3:4", None, "3:4", ()),
        ("画狐狸，16:9，不对，竖图", None, "9:16", ()),
        ("a fox --res 2K", "2K", None, ()),
        ("always use 8K", "4K", None, ("size_downgraded",)),
    ],
)
def test_sizes(text: str, size: str | None, ratio: str | None, notes: tuple[str, ...]) -> None:
    reading = read(text)
    assert (reading.size, reading.aspect_ratio, reading.notes) == (size, ratio, notes)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("three", "3"), ("a couple of", "2"), ("half a dozen", "6"), ("x4", "4"), ("十二张", "12"),
        ("二十张", "20"), ("一百二十张", "120"), ("两三张", "3"), ("半打", "6"), ("一打", "12"),
        ("百", "100"), ("many", "0"),
    ],
)  # fmt: skip
def test_numbers(text: str, number: str) -> None:
    assert read_number(text, grammar(languages()).numbers) == int(number)


def test_the_limit_of_pictures_is_the_callers() -> None:
    assert read("20 pictures of a fox", max_images=8).count == 8
    assert read("6 pictures of a fox", max_images=8).notes == ()


def test_models_of_a_provider_have_their_own_names() -> None:
    models = (*NEWEST, MINI)
    assert read("use mini to draw a fox", models=models).model == MINI.id
    assert read("用迷你香蕉画一只狐狸", models=models).model == MINI.id
    assert read("always use Nano Banana Mini", models=models).model == MINI.id


@pytest.mark.parametrize(
    ("text", "count", "prompt"),
    [
        ("use Nano Banana 3: a boat", 1, "a boat"),
        ("use Nano Banana 3.5: a boat", 1, "a boat"),
        ("用 Nano Banana 3 画一艘船", 1, "画一艘船"),
        ("用香蕉3画一艘船", 1, "画一艘船"),
        ("use nano banana: 3 pictures of a boat", 3, "a boat"),
        ("用香蕉画3张船", 3, "画船"),
    ],
)
def test_a_generation_that_nobody_knows_is_no_number_of_pictures(
    text: str, count: int, prompt: str
) -> None:
    reading = read(text)
    assert (reading.model, reading.count, reading.prompt) == (NEWEST[0].id, count, prompt)


def test_a_name_without_a_letter_or_number_is_never_said() -> None:
    nameless = replace(MINI, aliases=("_", " - "))
    found = read("a cat - on a_mat", models=(nameless,))
    assert (found.prompt, found.explicit_model) == ("a cat - on a_mat", False)


def test_quality_falls_back_to_the_default_where_its_model_is_missing() -> None:
    reading = read("a fox, best quality", models=(MINI,), default_model=MINI.id)
    assert reading.model == MINI.id
    reading = read("a fox, cheapest", models=(MINI,), default_model=MINI.id)
    assert (reading.model, reading.size) == (MINI.id, "1K")


def test_a_catalog_without_ratios_still_knows_the_usual_ones() -> None:
    bare = Model("x-1", "X One", (), (), 0, (1, 2), 1)
    assert read("a fox, 16:9", models=(bare,), default_model="x-1").aspect_ratio == "16:9"


CHANGES = (
    "make it warmer|make the sky purple|add a hat|remove him|a bit darker|watercolor style"
    "|the dog should be bigger|16:9|4K please|same in 4K|two versions of this|again but with pro"
    "|把猫换成狗|再亮一点|加一顶帽子|换个背景|去掉水印|让它飞|换成竖图|动漫风"
    "|画一张和这张一样的|cheapest, add a scarf|now in the style of Picasso|higher quality"
).split("|")
NEW_PICTURES = (
    "a cat|make a cat|draw a cat; make it blue|tiger|river and mountains|winter|一只猫|加州旅馆"
    "|再会|more cats than you can count|crop circles in a field|给我画只猫|变形金刚"
    "|帮我画一幅山水画"
    "|with Nano Banana Pro, draw a peacock|城堡，横版|give me two pictures of a dog"
).split("|")


@pytest.mark.parametrize("text", CHANGES)
def test_a_change_means_the_picture_just_made(text: str) -> None:
    assert is_change(text)


@pytest.mark.parametrize("text", NEW_PICTURES)
def test_a_new_picture_is_no_change(text: str) -> None:
    assert not is_change(text)


PIECES = (
    "a fox|用|Pro|画|一张|的|横图|16:9|4K|, |，|(|)|“|”|--ar |x4|two |不要|best |pictures of "
    "|always |use |再来|cheapest | please|\n|🙂|…|in |square |logo|nano banana pro|三|张|1"
    "|:|把|it "
)
MIXED = st.lists(st.sampled_from([*PIECES.split("|"), '"']), max_size=40).map("".join)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=200), MIXED), st.booleans(), st.integers(1, 8))
def test_any_text_has_a_sound_reading(text: str, image: bool, max_images: int) -> None:
    is_change(text)
    reading = read(text, image=image, max_images=max_images)
    if reading.action is Action.DRAW:
        assert reading.task == ("image_to_image" if image else "text_to_image")
        assert catalog.find(reading.model or "", NEWEST) is not None
        assert 1 <= (reading.count or 0) <= max_images
        assert bool(reading.prompt) == bool(text.strip()) or text.lstrip()[:1] in "/!／！"
        letters = iter(text)
        assert all(letter in letters for letter in re.sub(r"\s", "", reading.prompt))
    else:
        assert (reading.task, reading.count, reading.prompt) == (None, None, "")


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["a fox on a hill", "三只猫在沙发上", "a clock showing 4:30", "雨中的女孩"]),
    st.lists(st.sampled_from(["16:9", "4K", "best quality", "横图", "最便宜的方式"]), max_size=4),
)
def test_settings_around_a_prompt_come_off_and_nothing_else(content: str, extra: list[str]) -> None:
    once = read(", ".join([*extra, content, *extra]))
    assert once.prompt == content
    assert read(once.prompt).prompt == content


@pytest.mark.parametrize(
    ("text", "ratio", "prompt"),
    [
        ("aspect ratio 4/5, a fig tree in a courtyard", "4:5", "a fig tree in a courtyard"),
        ("ratio 5/4: a cat", "5:4", "a cat"),
        ("gear ratio 4/5 poster", None, "gear ratio 4/5 poster"),
        ("招牌上写着“最高质量，最低价格”", None, "招牌上写着“最高质量，最低价格”"),
        ('a sign says "best quality, lowest price"', None, None),
        ('牌子写着"4K，16:9"，一只猫', None, None),
        ("招牌上写着“今日特价”，横版", "16:9", "招牌上写着“今日特价”"),
    ],
)
def test_a_ratio_with_a_slash_and_words_in_quotation_marks(
    text: str, ratio: str | None, prompt: str | None
) -> None:
    reading = read(text)
    assert (reading.aspect_ratio, reading.size, reading.explicit_model) == (ratio, None, False)
    assert reading.prompt == (text if prompt is None else prompt)
