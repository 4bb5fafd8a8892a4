"""What buttons and menus send back: written, read, and what is asked for by it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.callbacks import MenuKind, Press, chosen, parse, position, write
from bot.domain.preferences import AUTOMATIC, SWITCHES
from bot.domain.requests import Options
from messages import Button

presses = st.builds(
    Press,
    st.sampled_from([*Button, *MenuKind]),
    st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True),
    st.integers(1, 99),
)


@pytest.mark.parametrize(
    ("written", "press"),
    [
        ("banana:again:job_1", Press(Button.AGAIN, "job_1")),
        ("banana:edit:discord-1-2:3", Press(Button.EDIT, "discord-1-2", 3)),
        ("banana:model:job_1", Press(MenuKind.MODEL, "job_1")),
        ("banana:ratio:job_1", Press(MenuKind.RATIO, "job_1")),
        ("banana:delete:job_1:99", Press(Button.DELETE, "job_1", 99)),
    ],
)
def test_what_was_sent_long_ago_is_read_for_ever(written: str, press: Press) -> None:
    assert parse(written) == press
    assert write(press, 100) == written


@given(presses, st.integers(0, 120))
def test_what_is_written_is_read_again_and_within_the_limit(press: Press, most: int) -> None:
    try:
        written = write(press, most)
    except ValueError:
        assert len(write(press, 120)) > most
        return
    assert len(written.encode()) <= most
    assert parse(written) == press


@pytest.mark.parametrize("job_id", ["", "a b", "a:b", "ä", "x" * 65])
def test_what_could_not_be_read_again_is_not_written(job_id: str) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        write(Press(Button.AGAIN, job_id), 1000)


@given(st.text() | presses.map(lambda press: write(press, 100) + ":"))
def test_anything_else_is_nothing(written: str) -> None:
    assert parse(written) is None


@pytest.mark.parametrize(
    ("menu", "value", "expected"),
    [
        (MenuKind.MODEL, "m", Options(model="m")),
        (MenuKind.RATIO, "16:9", Options(aspect_ratio="16:9")),
        (MenuKind.MODEL, None, Options()),
        ("size", "2K", Options(size="2K")),
        ("aspect_ratio", "1:1", Options(aspect_ratio="1:1")),
        ("language", "en", Options(language="en")),
        ("notify", "on", Options(notify=True)),
        ("notify", "off", Options(notify=False)),
        ("notify", "auto", Options(notify="auto")),
        ("spoiler", "on", Options(spoiler=True)),
        ("private", "on", Options(private=True)),
        ("private", "off", Options(private=False)),
        ("page", "1", None),
        ("", None, None),
    ],
)
def test_what_a_choice_asks_for(menu: str, value: str | None, expected: Options | None) -> None:
    assert chosen(menu, value) == expected


@pytest.mark.parametrize("name", SWITCHES)
def test_how_a_setting_stands_can_be_chosen(name: str) -> None:
    for now in SWITCHES[name]:
        wanted = AUTOMATIC if now is None else now
        assert chosen(name, position(now)) == replace(Options(), **{name: wanted})
