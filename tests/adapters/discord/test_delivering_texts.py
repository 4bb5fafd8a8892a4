"""What a message looks like: escaping, shortening, buttons, names of files, custom ids."""

import re
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.discord import custom_id
from adapters.discord.address import DiscordPlace
from adapters.discord.delivery import components
from adapters.discord.delivery.files import slug
from adapters.discord.delivery.message_delivery import nonce
from adapters.discord.delivery.rendering import LONGEST, alt_text, bar, render_message
from adapters.discord.escaping import clean, escape, shorten, units
from bot.chat.callbacks import MenuKind, Press
from bot.chat.view import view
from bot.domain.actions import PRESSED
from bot.domain.requests import Address
from messages import (
    Button,
    Choice,
    Cost,
    MadeFrom,
    Message,
    Note,
    Offer,
    Picture,
    Problem,
    Status,
    Step,
    label,
)

JOB = "job_0123456789abcdef01234567"
PLACE = DiscordPlace("1", "2", "3")
DONE = Message(
    JOB,
    Step.SUCCESS,
    Status.SUCCEEDED,
    prompt="a cat",
    model="Nano_Banana*2",
    cost=Cost(5, "points"),
    seconds=3.0,
    pictures=(Picture("img_0123456789ab", "image/png", 8, 8, 99),),
    link="https://pictures.example/media/img_0123456789ab",
    notes=(Note("reduced", {"size_mb": "12.0"}),),
    buttons=(Button.EDIT, Button.VARY, Button.LARGER, Button.AGAIN),
    more=(Button.PRO, Button.WORDS, Button.ORIGINAL, Button.DETAILS, Button.DELETE),
    offers={Button.LARGER: Offer(size="2K", cost=Cost(0.05, "USD"))},
    models=(Choice("flash", "Flash"), Choice("pro", "Pro", (20, 40), Cost(0.13, "USD"))),
    aspect_ratio="1:1",
    aspect_ratios=("1:1", "16:9", "4:5"),
)
MADE_FROM = MadeFrom("job_0", 2, 4, "draw", ("three *cats*",))
FAILED = replace(
    DONE,
    step=Step.FAILURE,
    status=Status.FAILED,
    pictures=(),
    problem=Problem("refused", explanation="too *bold*"),
    buttons=(Button.RETRY, Button.SMALLER, Button.SETTINGS, Button.DELETE),
    models=tuple(Choice(f"model-{n}", f"Model {n}") for n in range(30)),
)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("a cat", "a cat"),
        ("*bold* _it_ ~~no~~ `code`", r"\*bold\* \_it\_ \~\~no\~\~ \`code\`"),
        ("||spoiler||", r"\|\|spoiler\|\|"),
        ("# heading", r"\# heading"),
        ("- list", r"\- list"),
        ("-# small", r"\-# small"),
        ("1. list", r"1\. list"),
        ("> quote", r"\> quote"),
        (">>> quote\nthat goes on", r"\>\>\> quote that goes on"),
        ("```\nblock\n```", r"\`\`\` block \`\`\`"),
        ("[here](https://evil.example)", r"\[here\](https\://evil.example)"),
        ("<https://evil.example>", r"\<https\://evil.example\>"),
        ("https://a.example/b/c", r"https\://a.example\/b\/c"),
        ("discord.gg/abc", r"discord.gg\/abc"),
        ("@everyone @here", "@\u200beveryone @\u200bhere"),
        ("<@123> <@!123> <@&123>", "\\<@\u200b123\\> \\<@\u200b!123\\> \\<@\u200b&123\\>"),
        ("<#123> </draw:1> <id:guide>", r"\<#123\> \</draw:1\> \<id:guide\>"),
        ("<t:0:R> <:a:1> <a:b:2>", r"\<t:0:R\> \<:a:1\> \<a:b:2\>"),
        ("a\\*b", r"a\\\*b"),
        ("one\n\ntwo\tthree\u2028four", "one two three four"),
        ("a\u202eb\u2066c\u200bd\x00e\ufefff", "abcdef"),
        ("\ud800", ""),
        ("👩\u200d🚀 ❤️", "👩\u200d🚀 ❤️"),
        ("نمی\u200cخواهم", "نمی\u200cخواهم"),
        ("e" + "\u0301" * 50, "e" + "\u0301" * 4),
        ("16:9, 2K", "16:9, 2K"),
        ("一只猫", "一只猫"),
    ],
)  # fmt: skip
def test_what_is_typed_is_shown_and_does_nothing(typed: str, shown: str) -> None:
    assert escape(typed) == shown


@given(st.text(alphabet="ab1.*_~`|<>[]()@#&!:/\\- \n\u200b\u202e\u0301é猫🐈\u200d"))
def test_nothing_typed_is_alive(typed: str) -> None:
    shown = escape(typed)
    assert "\n" not in shown
    bare = re.sub(r"\\.", r"\\", shown)
    assert not re.search(r"[*_~`|<>\[\]]|://|@(?!\u200b)", bare)
    assert not re.match(r"[-+#]|\d+[.)]", bare)
    assert re.sub(r"\\(.)", r"\1", shown).replace("@\u200b", "@") == clean(typed)


@given(st.text(), st.integers(1, 50))
def test_shortened_text_is_short(text: str, most: int) -> None:
    short = shorten(text, most)
    assert units(short) <= most
    assert short == clean(text) or short.endswith("…")


@given(st.text(max_size=5000), st.text(max_size=5000), st.sampled_from(["en", "zh_Hans"]))
@example("*" * 5000, "\\" * 5000, "en")
@example("🐈" * 5000, "@" * 5000, "zh_Hans")
def test_every_message_fits(prompt: str, words: str, locale: str) -> None:
    failed = replace(FAILED, prompt=prompt, problem=Problem("refused", explanation=words))
    notes = (Note("made_elsewhere", {"provider": words, "wanted": prompt}),)
    for message in (failed, replace(DONE, prompt=prompt, model=words, notes=notes)):
        seen = render_message(message, locale, PLACE, before="why")
        assert 0 < units(seen.content) <= LONGEST
        assert not seen.content.endswith("\\")
        assert units(alt_text(message, locale, 1)) <= 1024


def test_a_result_says_what_it_is() -> None:
    seen = render_message(DONE, "en", PLACE)
    assert seen.content.split("\n") == [
        "> a cat — <@2>",
        r"-# Nano\_Banana\*2 · 8×8 · 3 s · 5 points · AI-generated"
        " · [Original](<https://pictures.example/media/img_0123456789ab>)",
        "ℹ️ The picture is 12.0 MB, more than this chat takes: this is a smaller copy.",
    ]
    [row] = seen.rows
    assert [each["label"] for each in row["components"]] == [
        *("Edit", label(Button.VARY, "en"), "Upscale to 2K · $0.05", "Again", "⋯ More"),
    ]
    first = row["components"][0]
    assert first["custom_id"] == f"banana:edit:{JOB}"
    assert first["emoji"] == {"name": "✏️"}
    assert [each["style"] for each in row["components"]] == [1, 2, 2, 2, 2]


def test_a_result_says_what_it_was_made_from_and_leads_there() -> None:
    shown = replace(DONE, prompt="make it warmer", made_from=MADE_FROM)
    link = "https://discord.com/channels/3/1/9"
    _, line, *_ = render_message(shown, "en", PLACE, source=link).content.split("\n")
    assert line == f"-# ✏️ picture 2 of 4 from “three \\*cats\\*” [↗](<{link}>)"
    _, line, *_ = render_message(shown, "zh_Hans", PLACE).content.split("\n")
    assert line == "-# ✏️ 基于“three \\*cats\\*”的第 2 张（共 4 张）"
    assert "cats" not in render_message(shown, "en", PLACE, plain=True).content
    assert alt_text(shown, "en", 1) == "three *cats*; changed: make it warmer"


def test_what_can_only_be_deleted_by_a_press_on_it_keeps_that_button() -> None:
    unreachable = render_message(DONE, "en", replace(PLACE, reachable=False))
    assert "Delete" in [each["label"] for row in unreachable.rows for each in row["components"]]
    for place in (PLACE, replace(PLACE, reachable=False, private=True)):
        shown = render_message(DONE, "en", place).rows
        assert "Delete" not in [each["label"] for row in shown for each in row["components"]]


@pytest.mark.parametrize("beside", [True, False])
def test_what_stands_behind_more(beside: bool) -> None:
    rows = components.more(DONE, view(DONE, "en"), "en", beside=beside)
    buttons, ratios, models = rows[0]["components"], *(row["components"][0] for row in rows[1:])
    prefix = "beside:" if beside else ""
    ids = [each["custom_id"] for each in buttons]
    assert ids == [
        f"{prefix}banana:{each}"
        for each in (
            *(f"pro:{JOB}", f"words:{JOB}", f"original:{JOB}:1"),
            *(f"details:{JOB}", f"delete:{JOB}"),
        )
    ]
    assert custom_id.job_in(rows) == JOB
    assert ratios["custom_id"] == f"{prefix}banana:ratio:{JOB}:1"
    assert [each["label"] for each in ratios["options"]] == ["16:9 · Wide · slides", "4:5"]
    assert models["options"][1] == {
        "label": "Pro",
        "value": "pro",
        "description": "$0.13 · 20–40 seconds",
    }


@pytest.mark.parametrize(("count", "kinds"), [(4, [2] * 4), (8, [3])])
def test_one_of_several_pictures_is_chosen(count: int, kinds: list[int]) -> None:
    several = replace(DONE, pictures=DONE.pictures * count)
    _, which = render_message(several, "en", PLACE).rows
    assert [each["type"] for each in which["components"]] == kinds
    rows = components.more(several, view(several, "en"), "en", beside=True)
    assert f"beside:banana:original:{JOB}" in str(rows)  # which one is asked then
    assert MenuKind.RATIO not in [
        parsed.button for row in rows for each in row["components"]
        if (parsed := custom_id.parse(each["custom_id"]))
    ]  # fmt: skip
    chosen = components.of_picture(several, view(several, "en"), 3, "en", beside=True)
    written = [each["custom_id"] for row in chosen for each in row["components"]]
    assert written.pop(4) == f"panel:delete:{JOB}:3"
    assert [custom_id.parse(each) for each in written] == [
        Press(each, JOB, 3)
        for each in (Button.EDIT, Button.VARY, Button.LARGER, Button.ORIGINAL, MenuKind.RATIO)
    ]
    asked = components.which(Button.VARY, JOB, count, beside=False)
    assert sum(len(row["components"]) for row in asked) == count


def test_a_person_is_named_only_where_others_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for place in (replace(PLACE, guild=None), replace(PLACE, private=True), replace(PLACE, dm="4")):
        assert render_message(DONE, "en", place).content.startswith("> a cat\n")
    assert (
        render_message(replace(DONE, prompt=""), "en", replace(PLACE, guild=None)).content[:2]
        == "-#"
    )


def test_progress_has_a_bar() -> None:
    running = Message(
        JOB, Step.PROGRESS, Status.RUNNING, prompt="a cat", percent=50, elapsed=5,
        expected=(5, 10), buttons=(Button.CANCEL, Button.NOTIFY), notes=(Note("answered_late"),),
    )  # fmt: skip
    lines = render_message(running, "en", PLACE).content.split("\n")
    assert lines[1:3] == ["⏳ Generating… 50%", "▰▰▰▰▰▰▱▱▱▱▱▱"]
    assert lines[-1].startswith("ℹ️ This takes longer")
    assert "正在生成" in render_message(running, "zh_Hans", PLACE).content
    assert bar(-5) == "▱" * 12
    assert bar(400) == "▰" * 12


def test_a_failure_has_a_menu_of_other_models() -> None:
    seen = render_message(replace(FAILED, model="Model 3"), "en", PLACE)
    assert r"too \*bold\*" in seen.content
    [menu] = seen.rows[-1]["components"]
    assert menu["type"] == 3
    assert len(menu["options"]) == 25
    assert "model-3" not in [option["value"] for option in menu["options"]]
    alone = replace(FAILED, model="Model 0", models=FAILED.models[:1])
    assert len(render_message(alone, "en", PLACE).rows) == 1


def test_there_are_never_more_rows_than_discord_takes() -> None:
    many = replace(DONE, pictures=DONE.pictures * 30)
    assert [len(row["components"]) for row in render_message(many, "en", PLACE).rows] == [5, 1]
    all_of_them = replace(FAILED, buttons=tuple(Button) * 2)
    assert len(render_message(all_of_them, "en", PLACE).rows) == 5


def test_every_button_has_an_emoji() -> None:
    assert all(PRESSED[button].spec.emoji for button in Button)


@given(
    st.sampled_from([*Button, *MenuKind]),
    st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True),
    st.integers(1, 99),
)
def test_a_custom_id_is_read_as_it_was_written(
    button: Button | MenuKind, job_id: str, number: int
) -> None:
    for beside in (True, False):
        written = custom_id.write(button, job_id, number, beside=beside)
        assert len(written) <= custom_id.MOST
        assert custom_id.parse(written) == Press(button, job_id, number)


@pytest.mark.parametrize(
    "text",
    ["", "beside:", "banana", "banana:again", "banana:again:", "banana:eat:job_1",
     "other:again:job_1",
     "banana:again:job_1:0", "banana:again:job_1:100", "banana:again:job_1:2:3",
     "banana:again:a b"],
)  # fmt: skip
def test_what_is_no_custom_id_of_ours_is_nothing(text: str) -> None:
    assert custom_id.parse(text) is None


def test_a_custom_id_that_could_not_be_read_is_not_written() -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        custom_id.write(Button.AGAIN, "job:1")


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("A lighthouse, at dusk!", "a-lighthouse-at-dusk"),
        ("Crème brûlée", "creme-brulee"),
        ("一只猫，坐在月亮上", "一只猫-坐在月亮上"),
        ("Café 猫", "café-猫"),
        ("🐈", "picture"),
        ("../../etc/passwd", "etc-passwd"),
        ("", "picture"),
        ("x" * 500, "x" * 60),
    ],
)
def test_a_file_is_named_after_what_it_shows(prompt: str, name: str) -> None:
    assert slug(prompt) == name


def test_an_address_is_a_place_again() -> None:
    place = DiscordPlace("1", "2", token="secret", application="3", expires=4.5, limit=7, late=True)
    assert DiscordPlace.of(place.address("9")) == place
    assert "secret" not in repr(place)
    assert place.address("9").message == "9"
    newer = Address("discord", {**place.address().data, "unheard_of": 1})
    assert DiscordPlace.of(newer) == place


def test_a_nonce_is_short_and_for_one_purpose() -> None:
    made = {nonce(JOB, purpose, of) for purpose in ("answer", "call") for of in ("", "1", "2")}
    assert len(made) == 6
    assert all(len(one) <= 25 for one in made)
    assert nonce(JOB, "answer") == nonce(JOB, "answer")
