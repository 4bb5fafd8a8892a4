"""The table of actions: names that are stored and sent stay what they are."""

import pytest

from bot.domain.actions import COMMANDS, MENUS, PRESSED, Action, ActionSpec, Subject, named
from messages import Button, Status
from messages.texts import discord

ABOUT_A_JOB = [action for action in Action if action.spec.subject]


def test_what_every_button_asks_for() -> None:
    assert PRESSED == {
        "again": Action.AGAIN,
        "retry": Action.AGAIN,
        "edit": Action.DRAW,
        "pro": Action.PRO,
        "larger": Action.LARGER,
        "smaller": Action.SMALLER,
        "vary": Action.VARY,
        "words": Action.WORDS,
        "before": Action.BEFORE,
        "original": Action.ORIGINAL,
        "resend": Action.RESEND,
        "details": Action.DETAILS,
        "settings": Action.SETTINGS,
        "delete": Action.DELETE,
        "cancel": Action.CANCEL,
        "notify": Action.NOTIFY,
        "change_instead": Action.CHANGE_INSTEAD,
        "new_instead": Action.NEW_INSTEAD,
        "answer": Action.ANSWER,
    }
    assert PRESSED.keys() == set(Button)


def test_commands_and_menus_in_the_order_in_which_people_read_them() -> None:
    assert " ".join(COMMANDS) == (
        "imagine edit again settings models history show cancel usage help forget-me"
    )
    assert list(MENUS) == ["Edit picture", "Use as reference", "Picture details"]


def test_every_command_and_menu_has_its_texts() -> None:
    assert COMMANDS.keys() == discord.COMMANDS.keys()
    assert MENUS.keys() == set(discord.MENUS)


def test_no_button_stands_for_two_actions() -> None:
    buttons = [button for action in Action for button in action.spec.buttons]
    assert len(buttons) == len(set(buttons))


@pytest.mark.parametrize("action", Action)
def test_every_entry_makes_sense(action: Action) -> None:
    spec = action.spec
    assert Action(action.value) is action
    assert bool(spec.buttons) <= bool(spec.emoji)
    assert spec.repeats <= (spec.subject is not None or spec.asked is not None)
    shows_pictures = action in (Action.DRAW, Action.BEFORE, Action.ORIGINAL)
    assert spec.private is not (spec.repeats or shows_pictures)


def test_what_is_done_to_a_job_only_its_owner_does() -> None:
    own = {action for action in ABOUT_A_JOB if action.spec.subject is Subject.OWN}
    assert own == {Action.CANCEL, Action.NOTIFY, Action.DELETE, Action.RESEND}
    assert {action for action in Action if action.spec.confirm} == {Action.DELETE}


@pytest.mark.parametrize("status", Status)
def test_the_button_of_a_status(status: Status) -> None:
    spec = ActionSpec(running=Button.CANCEL, succeeded=Button.AGAIN, failed=Button.RETRY)
    ended = {Status.SUCCEEDED: Button.AGAIN, Status.FAILED: Button.RETRY}
    ended[Status.CANCELLED] = Button.RETRY
    assert spec.button(status) is ended.get(status, Button.CANCEL)


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("history", Action.HISTORY),
        (" Forget-Me ", Action.FORGET_ME),
        ("draw", None),
        ("keep", None),
        ("words", None),
        ("before", Action.BEFORE),
        ("prefer", None),
        ("dance", None),
        ("", None),
    ],
)
def test_an_action_by_its_name(name: str, action: Action | None) -> None:
    assert named(name) is action
