"""What a message looks like: escaping, shortening, buttons, names of files, custom ids."""

import re
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.discord import custom_id
from adapters.discord.address import DiscordPlace
from adapters.discord.delivery.files import slug
from adapters.discord.delivery.message_delivery import nonce
from adapters.discord.delivery.rendering import LONGEST, alt_text, bar, render_message
from adapters.discord.escaping import clean, escape, shorten, units
from bot.chat.callbacks import MenuKind, Press, parse
from bot.domain.actions import PRESSED
from bot.domain.requests import Address
from messages import Button, Choice, Cost, Message, Note, Picture, Problem, Status, Step

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
    buttons=(
        *(Button.AGAIN, Button.EDIT, Button.PRO, Button.LARGER),
        *(Button.VARY, Button.DETAILS, Button.DELETE),
    ),
)
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
        assert units(alt_text(message)) <= 1024


def test_a_result_says_what_it_is() -> None:
    seen = render_message(DONE, "en", PLACE)
    assert seen.content.split("\n") == [
        "> a cat — <@2>",
        r"✅ Nano\_Banana\*2 · 3 seconds · 5 points",
        "ℹ️ The picture has 12.0 MB, more than this chat takes: this is a smaller copy.",
        "🔗 <https://pictures.example/media/img_0123456789ab>",
    ]
    assert [len(row["components"]) for row in seen.rows] == [5, 2]
    first = seen.rows[0]["components"][0]
    assert first["custom_id"] == f"banana:again:{JOB}"
    assert first["label"] == "Again"
    assert first["emoji"] == {"name": "🔁"}


def test_a_person_is_named_only_where_others_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for place in (replace(PLACE, guild=None), replace(PLACE, private=True), replace(PLACE, dm="4")):
        assert render_message(DONE, "en", place).content.startswith("> a cat\n")
    assert (
        render_message(replace(DONE, prompt=""), "en", replace(PLACE, guild=None)).content[0]
        == "✅"
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
    assert [len(row["components"]) for row in render_message(many, "en", PLACE).rows] == [
        5,
        1,
        5,
        5,
        5,
    ]


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
    written = custom_id.write(button, job_id, number)
    assert len(written) <= custom_id.MOST
    assert parse(written) == Press(button, job_id, number)


@pytest.mark.parametrize(
    "text",
    ["", "banana", "banana:again", "banana:again:", "banana:eat:job_1", "other:again:job_1",
     "banana:again:job_1:0", "banana:again:job_1:100", "banana:again:job_1:2:3",
     "banana:again:a b"],
)  # fmt: skip
def test_what_is_no_custom_id_of_ours_is_nothing(text: str) -> None:
    assert parse(text) is None


def test_a_custom_id_that_could_not_be_read_is_not_written() -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        custom_id.write(Button.AGAIN, "job:1")


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("A lighthouse, at dusk!", "a-lighthouse-at-dusk"),
        ("Crème brûlée", "creme-brulee"),
        ("一只猫", "picture"),
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
