"""What the cards look like; each is checked as strictly as Feishu checks it."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.feishu.address import FeishuPlace
from adapters.feishu.cards import cards, elements, panels, questions, values
from adapters.feishu.cards.texts import say
from adapters.feishu.messages import sending
from bot.chat.callbacks import MenuKind
from bot.domain import catalog
from bot.domain.actions import Action
from bot.domain.failures import Failure, Reason
from bot.domain.image_models import NEWEST
from bot.domain.jobs import Job
from bot.domain.preferences import Preference
from bot.domain.requests import Address, Options
from bot.language import wording
from bot.ports import SettingsPanel
from messages import (
    LOCALES,
    Button,
    Choice,
    Cost,
    MadeFrom,
    Message,
    Note,
    Notice,
    Picture,
    Problem,
    Status,
    Step,
    render_notice,
)
from messages.texts import NOTICES, SURFACES
from tests.adapters.feishu.scene import message, words
from tests.emulators._feishu.cards import check_card, walk
from tests.support.model_ids import PRO

HOSTILE = (
    '<at id=all></at> <at user_id="all">x</at>',
    "[click](https://evil.example) **bold** `code` ~~gone~~",
    "![p](img_v3_x) <font color='red'>x</font> <a href='https://evil.example'>x</a>",
    "# title\n> quote\n- list\n| a | b |\n---\n```\ncode\n```",
    "{{percent}} {model} %s \\ \" ' \x00\x07\u202e\ud800 \u200b",
    "字" * 20_000,
    "😀" * 20_000,
    "\n" * 9_000,
)


class Text(str):
    """A text that hypothesis need not write out in full."""

    def __repr__(self) -> str:
        return f"Text({str(self)[:60]!r}…)"


texts = st.one_of(
    st.sampled_from([Text(one) for one in HOSTILE]),
    st.text(st.characters(), max_size=300),
    st.lists(st.sampled_from(HOSTILE), max_size=3).map(lambda some: Text("".join(some))),
)
FINISHED = (Button.EDIT, Button.VARY, Button.LARGER, Button.AGAIN)
MORE = (Button.PRO, Button.WORDS, Button.BEFORE, Button.ORIGINAL, Button.DETAILS, Button.DELETE)
FAILED = (Button.RETRY, Button.SMALLER, Button.SETTINGS, Button.DELETE)
BUTTONS = {Step.SUCCESS: FINISHED, Step.FAILURE: FAILED}


def check(card: dict[str, Any]) -> dict[str, Any]:
    """A card that Feishu takes, without anything in it that is read as markup."""
    check_card(card, lambda key: key.startswith("img_v3_"))
    assert elements.size(card) <= 28 * 1024
    assert json.loads(elements.encoded(card)) == card
    for element in walk(card):
        if element["tag"] == "markdown":
            assert element["content"].startswith(("[🔗", "<local_datetime millisecond='1"))
    assert "lark_md" not in elements.encoded(card)
    return card


def full(step: Step, count: int = 1, **facts: Any) -> Message:
    """A message of a step with everything that may be in it."""
    pictures = tuple(Picture(f"img_{n}", "image/png", 64, 48, 99) for n in range(count))
    usual: dict[str, Any] = {"buttons": BUTTONS.get(step, (Button.CANCEL, Button.NOTIFY))}
    usual |= {"cost": Cost(5, "points"), "percent": 40, "elapsed": 16.0}
    if step is Step.SUCCESS:
        usual |= {"pictures": pictures, "seconds": 12.0, "link": "https://bot.example/media/1"}
        usual["more"] = MORE
    if step in BUTTONS:
        usual["models"] = tuple(Choice(model.id, model.name) for model in NEWEST)
        usual["aspect_ratios"] = NEWEST[0].aspect_ratios
    if step is Step.FAILURE:
        usual["problem"] = Problem("refused", explanation="it said no")
    return message(step, **(usual | facts))


def keys(shown: Message) -> dict[str, str]:
    return {one.image_id: f"img_v3_{one.image_id}" for one in shown.pictures}


@settings(deadline=None)
@given(
    st.sampled_from(Step),
    st.sampled_from(LOCALES),
    st.sampled_from((1, 2, 3, 4, 8)),
    texts,
    texts,
    st.booleans(),
    st.booleans(),
)
def test_every_card_is_one_that_feishu_takes(
    step: Step, locale: str, count: int, prompt: str, said: str, simple: bool, notify: bool
) -> None:
    models = tuple(Choice(f"m{number % 60}", said[:200]) for number in range(80))
    problem = Problem("unknown_model", {"model": said, "models": [said]}, explanation=said)
    shown = full(
        step,
        count,
        prompt=prompt,
        notify=notify,
        models=models if step in BUTTONS else (),
        notes=(Note("ratio_adjusted", {"model": said, "asked": said, "ratio": said}),),
        problem=problem if step is Step.FAILURE else None,
    )
    made = check(cards.card(shown, locale, keys(shown), problem=problem, simple=simple))
    assert made["header"]["title"]["content"]


@pytest.mark.parametrize("locale", LOCALES)
def test_the_steps_look_different(locale: str) -> None:
    colours = []
    for step in Step:
        shown = full(step)
        made = check(cards.card(shown, locale, keys(shown)))
        colours.append(made["header"]["template"])
    assert colours == ["blue", "blue", "wathet", "green", "red"]
    cancelled = full(Step.FAILURE, status=Status.CANCELLED, problem=Problem("cancelled"))
    assert cards.card(cancelled, locale, {})["header"]["template"] == "grey"


def test_progress_is_a_bar_with_percent_and_seconds() -> None:
    text = words(cards.card(full(Step.PROGRESS), "zh_Hans", {}))
    assert "▓▓▓▓▓▓▓▓░░░░░░░░░░░░ 40%" in text
    assert "16" in text
    assert "40" in text


def test_a_result_says_what_it_is() -> None:
    shown = full(Step.SUCCESS, prompt="一只猫 <at id=all></at>")
    made = check(cards.card(shown, "zh_Hans", keys(shown), requester="ou_ann"))
    assert made["header"]["title"]["content"] == "✅ 一只猫 <at id=all></at>"
    assert made["config"]["summary"]["content"] == "✅ 一只猫 <at id=all></at>"
    text = words(made)
    for part in ("Nano Banana 2", "12 秒", "5 积分", "64×48", "AI 生成", "再来一张", "换一批"):
        assert part in text
    assert "图片生成成功" not in text
    assert "也可以直接回复" not in text
    (picture,) = [one for one in walk(made) if one["tag"] == "img"]
    assert picture["img_key"] == "img_v3_img_0"
    assert "一只猫" in picture["alt"]["content"]
    (link,) = [one for one in walk(made) if one["tag"] == "markdown"]
    assert link["content"].endswith("](https://bot.example/media/1)")
    assert [one["user_id"] for one in walk(made) if one["tag"] == "person"] == ["ou_ann"]


def test_change_and_its_field_are_one_line_and_the_rest_is_behind_a_menu() -> None:
    shown = full(Step.SUCCESS)
    made = check(cards.card(shown, "en", keys(shown)))
    (form,) = [one for one in walk(made) if one["tag"] == "form"]
    (line,) = form["elements"]
    assert [column["elements"][0]["tag"] for column in line["columns"]] == ["input", "button"]
    pressed = [one["behaviors"][0]["value"]["a"] for one in walk(made) if one["tag"] == "button"]
    assert pressed == ["edit", "again", "vary", "larger"]
    (menu,) = [one for one in walk(made) if one["tag"] == "overflow"]
    offered = [option["value"] for option in menu["options"]]
    assert offered == ["pro", "ratio", "words", "before", "original", "details", "delete"]
    for option in offered:
        press = values.read({"value": menu["behaviors"][0]["value"], "option": option})
        assert press == values.CardPress(option, "job-1", key="more")
    assert values.read({"value": menu["behaviors"][0]["value"], "option": "set"}) is None


def test_a_title_is_as_short_as_a_title() -> None:
    shown = full(Step.SUCCESS, prompt="a very long\n description " * 40)
    title = cards.card(shown, "en", keys(shown))["header"]["title"]["content"]
    assert len(title) <= 62
    assert title.startswith("✅ a very long description a very")
    nothing = full(Step.SUCCESS, prompt=" ")
    assert (
        cards.card(nothing, "en", {})["header"]["title"]["content"] == "✅ Your picture is ready!"
    )


def test_each_reader_of_a_group_reads_their_own_language() -> None:
    shown = full(Step.SUCCESS, prompt="three cats")
    made = check(cards.card(shown, "en", keys(shown), requester="ou_ann"))
    assert "i18n_content" not in made["header"]["title"]
    said = [one["text"] for one in walk(made) if one["tag"] == "button"]
    assert said[1]["content"] == "Again"
    assert said[1]["i18n_content"]["zh_cn"] == "再来一张"
    assert said[1]["i18n_content"]["ja_jp"] == "もう一度"
    assert {*said[1]["i18n_content"]} == {"en_us", "zh_cn", "zh_hk", "zh_tw", "ja_jp"}
    going = check(cards.card(full(Step.START), "zh_Hans", {}, requester="ou_ann"))
    assert going["header"]["title"]["i18n_content"]["en_us"].startswith("🎨 Generating")
    assert going["config"]["summary"]["i18n_content"]["en_us"].startswith("🎨 Generating")
    alone = cards.card(shown, "en", keys(shown))
    assert "i18n_content" not in elements.encoded(alone)


@pytest.mark.parametrize(
    ("width", "height", "cropped"), [(900, 1600, True), (768, 1024, True), (64, 64, False)]
)
def test_a_tall_picture_is_shown_in_part(width: int, height: int, cropped: bool) -> None:
    tall = (Picture("img_0", "image/png", width, height, 99),)
    shown = full(Step.SUCCESS, pictures=tall)
    (picture,) = [one for one in walk(cards.card(shown, "en", keys(shown))) if one["tag"] == "img"]
    assert picture["preview"] is True
    assert picture["scale_type"] == ("crop_center" if cropped else "fit_horizontal")


def test_a_link_cannot_leave_its_brackets() -> None:
    shown = full(Step.SUCCESS, link="https://bot.example/a)b](c <d>\n")
    made = check(cards.card(shown, "en", keys(shown)))
    (link,) = [one for one in walk(made) if one["tag"] == "markdown"]
    assert link["content"].partition("](")[2] == "https://bot.example/a%29b%5D%28c%20%3Cd%3E%0A)"


def test_of_several_pictures_one_is_chosen_first() -> None:
    shown = full(Step.SUCCESS, 4)
    made = check(cards.card(shown, "en", keys(shown), requester="ou_ann"))
    sent = [b["value"] for one in walk(made) for b in one.get("behaviors", [])]
    assert [one["n"] for one in sent if one["a"] == "choose"] == [1, 2, 3, 4]
    assert [one["a"] for one in sent if one["a"] != "choose"] == ["again", "more"]
    (menu,) = [one for one in walk(made) if one["tag"] == "overflow"]
    offered = [option["value"] for option in menu["options"]]
    assert offered == ["pro", "words", "before", "details", "delete"]


def test_the_card_of_one_of_several_is_about_that_one() -> None:
    shown = full(Step.SUCCESS, 4)
    made = check(cards.card(shown, "en", keys(shown), number=3))
    (picture,) = [one for one in walk(made) if one["tag"] == "img"]
    assert picture["img_key"] == "img_v3_img_2"
    assert "Picture 3 of 4" in words(made)
    assert "s · 5 points ·" in words(cards.card(shown, "en", keys(shown)))
    assert "points ·" not in words(made)
    sent = [b["value"] for one in walk(made) for b in one.get("behaviors", [])]
    assert [(one["a"], one["n"]) for one in sent] == [
        *(("edit", 3), ("vary", 3), ("larger", 3), ("more", 3))
    ]
    (menu,) = [one for one in walk(made) if one["tag"] == "overflow"]
    assert [option["value"] for option in menu["options"]] == ["ratio", "original"]
    (button,) = [one for one in walk(made) if one.get("form_action_type")]
    written = {"instruction": " warmer "}
    for sent_back in ({"value": sent[0]}, {"name": button["name"]}):
        press = values.read({**sent_back, "form_value": written})
        assert press is not None
        assert (press.button, press.number, press.text) == ("edit", 3, "warmer")
    older = {"value": values.value(Button.VARY, "job-1"), "form_value": {"picture": "3"}}
    assert values.read(older) == values.CardPress("vary", "job-1", 3)


def test_a_whole_request_is_filled_in() -> None:
    asked = replace(job("job-1", "a cat " * 400, 1e9), model=PRO)
    made = check(questions.words_card(asked, NEWEST, 4, "en"))
    fields = [one for one in walk(made) if one["tag"] == "input"]
    assert "".join(one["default_value"] for one in fields) == asked.text
    chosen = {
        one["name"]: one["initial_option"] for one in walk(made) if one["tag"] == "select_static"
    }
    assert chosen == {"model": PRO, "ratio": "1:1", "size": "1K", "count": "1"}
    (send,) = [one for one in walk(made) if one["tag"] == "button"]
    form = {one["name"]: one["default_value"] for one in fields} | {"count": "2", "ratio": "16:9"}
    for sent in ({"value": send["behaviors"][0]["value"]}, {"name": send["name"]}):
        press = values.read({**sent, "form_value": form})
        assert press is not None
        assert (press.button, press.key) == (Button.WORDS, values.ASKED)
        assert press.text == asked.text.strip()
        assert press.choices == {"count": "2", "ratio": "16:9"}


def test_a_picture_is_extended_to_another_ratio() -> None:
    four = replace(full(Step.SUCCESS, 4), job_id="job-1", prompt="a cat", aspect_ratio="1:1")
    four = replace(four, aspect_ratios=catalog.RATIOS)
    made = check(questions.ratio_card(four, 2, "zh_Hans"))
    assert "第 2 张（共 4 张） · “a cat”" in str(made)
    (menu,) = [one for one in walk(made) if one["tag"] == "select_static"]
    offered = [option["value"] for option in menu["options"]]
    assert "1:1" not in offered
    assert {*offered[:3]} <= {"3:4", "4:3", "9:16", "16:9"}
    assert menu["behaviors"][0]["value"] == values.value(MenuKind.RATIO, "job-1", 2)


def test_what_is_deleted_is_named_as_it_differs_from_what_it_was_made_from() -> None:
    shown = replace(full(Step.SUCCESS, 1), prompt="three cats", size="2K", made_from=None)
    source = MadeFrom("job-0", 2, 4, "larger", ("three cats",))
    for told, name in (
        (shown, "“three cats”"),
        (replace(shown, made_from=source), "2K of picture 2 of 4 from “three cats”"),
        (replace(shown, made_from=replace(source, how="draw")), "“three cats”"),
    ):
        assert name in str(check(questions.deleting_card(told, "en")))


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 8])
def test_several_pictures_stand_side_by_side(count: int) -> None:
    shown = full(Step.SUCCESS, count)
    made = cards.card(shown, "en", keys(shown))
    tags = [one["tag"] for one in walk(made)]
    assert tags.count("img") == (count == 1)
    assert tags.count("img_combination") == (count > 1)


def test_what_feishu_did_not_take_is_explained() -> None:
    shown = full(Step.SUCCESS, 2)
    problem = Problem("missing_permission", {"permission": "im:resource"})
    text = words(cards.card(shown, "en", {"img_0": "img_v3_0"}, problem=problem))
    assert "could not be shown here" in text
    assert "“im:resource”" in text
    assert "🔗" not in words(cards.card(full(Step.SUCCESS, link=None), "en", {}))
    assert cards.missing(None, "zh_Hans").startswith("⚠️ 画好了，但没能发到这里。图片已保存")


def test_what_runs_can_be_cancelled_and_calls() -> None:
    text = words(cards.card(full(Step.START), "zh_Hans", {}))
    assert "取消" in text
    told = words(cards.card(full(Step.START, notify=True), "zh_Hans", {}))
    assert len(told) > len(text)


def test_menus_shrink_before_the_card_is_too_large() -> None:
    models = tuple(Choice(f"{'m' * 500}{number}", "名" * 60) for number in range(60))
    shown = full(Step.FAILURE, models=models)
    made = check(cards.card(shown, "en", {}))
    menus = [one for one in walk(made) if one["tag"] == "select_static"]
    assert 0 < len(menus[0]["options"]) < 40


# Panels


@pytest.mark.parametrize("locale", LOCALES)
def test_the_settings_card_shows_what_is_chosen(locale: str) -> None:
    liked = Preference(model=PRO, size="2K", language="zh-CN", notify=True)
    offered = (NEWEST, catalog.SIZES, NEWEST[0].aspect_ratios)
    panel = SettingsPanel(liked, *offered, default=Options())
    made = check(panels.settings_card(panel, locale))
    menus = [one for one in walk(made) if one["tag"] == "select_static"]
    chosen = {
        one["behaviors"][0]["value"]["k"]: one["initial_option"]
        for one in menus
        if "initial_option" in one
    }
    assert chosen == {
        "model": PRO,
        "size": "2K",
        "aspect_ratio": "auto",
        "language": "zh-Hans",
        "notify": "on",
        "private": "off",
    }


@settings(deadline=None)
@given(texts, st.sampled_from(LOCALES), st.booleans(), st.integers(0, 5))
def test_the_history_card_pages(prompt: str, locale: str, first: bool, count: int) -> None:
    jobs = [job(f"job-{number}", prompt, 1e9 + number) for number in range(count)]
    older = 1e9 if count == 5 else None
    made = check(panels.history_card(jobs, locale, older=older, first=first))
    assert jobs or render_notice(Notice("history_empty"), locale) in words(made)
    sent = [
        behavior["value"] for element in walk(made) for behavior in element.get("behaviors", [])
    ]
    assert [value["job"] for value in sent if value["a"] == "show"] == [one.id for one in jobs]
    pages = [values.read({"value": value}) for value in sent if value["a"] == "page"]
    assert [page.before for page in pages if page] == (
        ([] if first else [None]) + ([1e9] if older else [])
    )


def job(job_id: str, text: str, at: float) -> Job:
    """A finished job."""
    return Job(
        id=job_id,
        platform="feishu",
        requester="ou_a",
        conversation="oc_a",
        locale="en",
        address=Address("feishu"),
        text=text,
        prompt=text,
        provider="demo",
        model="m",
        model_name="Nano Banana 2",
        size="1K",
        aspect_ratio="1:1",
        count=1,
        seconds=(1, 2),
        progress_every=1,
        created_at=at,
        status=Status.SUCCEEDED,
    )


@pytest.mark.parametrize("locale", ["en", "zh-CN", "ja"])
@pytest.mark.parametrize("key", NOTICES)
def test_every_notice_is_a_card(key: str, locale: str) -> None:
    facts = {"entries": ["<at id=all></at>"] * 99, "text": "字" * 9_000}
    made = check(panels.notice_card(Notice(key, facts), locale))
    assert words(made).strip()
    kinds = [b["value"]["a"] for one in walk(made) for b in one.get("behaviors", [])]
    assert kinds == {"help": ["try", "panel", "panel"], "forget_me": ["forget"]}.get(key, [])


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("key", ["deleted", "cancelled", "forgot_you", "models"])
def test_the_list_of_chats_shows_what_is_said(key: str, locale: str) -> None:
    notice = Notice(key, {"pictures": 2} if key == "forgot_you" else {})
    made = check(panels.notice_card(notice, locale))
    assert made["config"]["summary"]["content"] == render_notice(notice, locale)


@pytest.mark.parametrize("reason", Reason)
def test_every_failure_is_a_card(reason: Reason) -> None:
    for locale in LOCALES:
        check(panels.failure_card(Failure(reason, explanation="<at id=all>" * 99), locale))


# Values and words


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_a_press_is_read_or_is_none_of_ours(value: object) -> None:
    for action in (
        {"value": value},
        {"value": {"a": value}},
        {"value": {"a": "again", "job": value, "n": value, "k": value, "before": value}},
        {"value": {"a": "edit"}, "form_value": {"instruction": value, "picture": value}},
        {"value": {"a": "model"}, "option": value, "form_value": value},
    ):
        press = values.read(action)
        assert press is None or press.number >= 1


@pytest.mark.parametrize("button", Button)
def test_buttons_come_back_as_they_were_sent(button: Button) -> None:
    press = values.read({"value": values.value(button, "job-1", 2)})
    assert press == values.CardPress(button.value, "job-1", 2)
    assert press.button is button
    menu = values.read({"value": values.value(MenuKind.MODEL, "job-1"), "option": "m"})
    assert menu == values.CardPress("model", "job-1", 1, "m")
    assert menu.button is None
    home = values.Home("ou_a", "oc_a:omt_1", p2p=True)
    own = values.read({"value": values.value(values.PAGE, home=home, before=2.5)})
    assert own == values.CardPress("page", before=2.5, home=home)


def test_languages_are_those_of_the_messages() -> None:
    assert tuple(name.replace("-", "_") for name in panels._languages()) == LOCALES


@pytest.mark.parametrize("key", SURFACES["feishu"])
def test_words_are_there_in_every_language(key: str) -> None:
    facts = {"number": 1, "count": 2, "prompt": "x", "words": "y"}
    english, *others = (say(key, each, **facts) for each in LOCALES)
    assert english not in others


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("step", [Step.START, Step.SUCCESS, Step.FAILURE, None])
def test_what_the_hints_say_is_understood(step: Step | None, locale: str) -> None:
    hint = hinted(full(step), locale) if step else say("hint_settings", locale)
    said = re.split(r"[:：]", hint)[-1]
    known = [part for part in re.split(r" · | / |, or |，或", said) if not_what_to_change(part)]
    assert known
    for part in known:
        assert wording.read(part.strip(), image=True).action is not Action.DRAW, part


def not_what_to_change(part: str) -> bool:
    return part not in ("what to change", "说要怎么改", "說要怎麼改")


def hinted(shown: Message, locale: str) -> str:
    """The hint under a card."""
    made = cards.card(shown, locale, keys(shown), simple=True)
    return str(list(walk(made))[-1]["text"]["content"])


def test_hints_offer_what_there_are_buttons_for() -> None:
    assert "放大" in hinted(full(Step.SUCCESS), "zh_Hans")
    largest = full(Step.SUCCESS, buttons=(Button.AGAIN, Button.EDIT), more=(Button.DELETE,))
    assert hinted(largest, "zh_Hans").endswith("：再来一张 · 删除，或说要怎么改")
    assert hinted(full(Step.START, buttons=(Button.CANCEL,)), "en").endswith(": cancel")


def test_what_was_cancelled_is_not_quoted() -> None:
    """The question may have been withdrawn."""
    failed = full(Step.FAILURE, prompt="一只猫")
    assert "一只猫" in words(cards.card(failed, "zh_Hans", {}))
    cancelled = full(
        Step.FAILURE, prompt="一只猫", status=Status.CANCELLED, problem=Problem("cancelled")
    )
    for simple in (False, True):
        assert "一只猫" not in elements.encoded(cards.card(cancelled, "en", {}, simple=simple))


def test_deleting_is_asked_about() -> None:
    made = cards.card(full(Step.FAILURE), "en", {})
    asked = [one["text"]["content"] for one in walk(made) if "confirm" in one]
    assert asked == ["Delete"]


def test_text_names_nobody_but_who_is_meant() -> None:
    content = json.loads(sending.of_text('<at user_id="all">x</at>', "ou_a").text)
    assert content["text"].startswith('<at user_id="ou_a"></at> ')
    assert content["text"].count("<at") == 1


@settings(deadline=None)
@given(texts, texts)
def test_rich_text_is_always_valid(title: str, line: str) -> None:
    page = json.loads(sending.of_lines(title, [line, ""], ["img_v3_a"]).text)["zh_cn"]
    assert [node["tag"] for row in page["content"] for node in row][-1] == "img"


# Addresses


def test_places_come_back_from_their_addresses() -> None:
    place = FeishuPlace(
        *("oc_a", "ou_a", "om_a"),
        images=(("img_1", "img_v3_1"),),
        files=(("img_1", "om_2"),),
        sent=1.5,
        round=2,
    )
    address = place.address("om_9")
    data = json.loads(json.dumps(dict(address.data)))
    assert FeishuPlace.of(Address("feishu", data | {"later": 1}, "om_9")) == place
    with pytest.raises(KeyError):
        FeishuPlace.of(Address("feishu", {}))
