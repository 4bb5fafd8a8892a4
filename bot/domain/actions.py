"""What people can ask for: the one table of actions.

Buttons, slash commands, menus, what a press means and who may ask are all read from it. A new
action is an entry here, its handler in :mod:`bot.engine` and its texts in :mod:`messages`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from messages import Button, Status


class Style(Enum):
    """How a button stands out."""

    NORMAL = auto()
    PRIMARY = auto()
    DANGER = auto()


class Subject(Enum):
    """Which earlier job an action may be about."""

    VISIBLE = auto()
    """One that the person may see."""

    OWN = auto()
    """One of their own, or any in a conversation that they moderate."""


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """What is true of an action wherever it is asked for.

    ``running``, ``succeeded`` and ``failed`` are its buttons under a job that stands so, ``asked``
    is the one under a question; ``emoji`` and ``style`` are how they look. ``more`` says that under
    a picture it may stand behind another button, ``confirm`` that a person is asked once more
    before, and ``chat_only`` that the web page does without the button.

    ``commands`` are its slash commands, and ``menu`` is its entry in the menu of a message.

    ``repeats`` says that it asks for an earlier request once more, ``subject`` which job it needs,
    ``one_picture`` that it works from one of the job's pictures, ``needs_input`` that it cannot be
    asked for alone: it needs words, pictures or a choice. ``private`` says that the answer is for
    the person who asked, where a platform can tell one person alone. ``done`` is the key of the
    notice that says that it has been carried out, where there is one only.
    """

    running: Button | None = None
    succeeded: Button | None = None
    failed: Button | None = None
    asked: Button | None = None
    emoji: str = ""
    style: Style = Style.NORMAL
    more: bool = False
    confirm: bool = False
    chat_only: bool = False
    commands: tuple[str, ...] = ()
    menu: str | None = None
    repeats: bool = False
    subject: Subject | None = None
    one_picture: bool = False
    needs_input: bool = False
    private: bool = True
    done: str | None = None

    def button(self, status: Status) -> Button | None:
        """Its button under a job that stands so."""
        if not status.final:
            return self.running
        return self.succeeded if status is Status.SUCCEEDED else self.failed

    @property
    def buttons(self) -> frozenset[Button]:
        """All of its buttons."""
        return frozenset(filter(None, (self.running, self.succeeded, self.failed, self.asked)))


class Action(StrEnum):
    """What a message asks for: the name that is stored and sent, and what is true of it."""

    _value_: str
    spec: ActionSpec

    def __new__(cls, name: str, spec: ActionSpec = ActionSpec()) -> "Action":
        action = str.__new__(cls, name)
        action._value_ = name
        action.spec = spec
        return action

    DRAW = (
        "draw",
        ActionSpec(
            succeeded=Button.EDIT,
            emoji="✏️",
            style=Style.PRIMARY,
            commands=("imagine", "edit"),
            menu="Edit picture",
            one_picture=True,
            needs_input=True,
            private=False,
        ),
    )
    AGAIN = (
        "again",
        ActionSpec(
            succeeded=Button.AGAIN,
            failed=Button.RETRY,
            emoji="🔁",
            commands=("again",),
            repeats=True,
            subject=Subject.VISIBLE,
            private=False,
        ),
    )
    PRO = (
        "pro",
        ActionSpec(
            succeeded=Button.PRO,
            emoji="💎",
            more=True,
            repeats=True,
            subject=Subject.VISIBLE,
            private=False,
        ),
    )
    LARGER = (
        "larger",
        ActionSpec(
            succeeded=Button.LARGER,
            emoji="⬆️",
            repeats=True,
            subject=Subject.VISIBLE,
            one_picture=True,
            private=False,
        ),
    )
    SMALLER = (
        "smaller",
        ActionSpec(
            failed=Button.SMALLER,
            emoji="⬇️",
            repeats=True,
            subject=Subject.VISIBLE,
            private=False,
        ),
    )
    VARY = (
        "vary",
        ActionSpec(
            succeeded=Button.VARY,
            emoji="🎲",
            repeats=True,
            subject=Subject.VISIBLE,
            one_picture=True,
            private=False,
        ),
    )
    CHANGE_INSTEAD = (
        "change_instead",  # what was read as a new picture changes the last one
        ActionSpec(
            succeeded=Button.CHANGE_INSTEAD,
            emoji="↩️",
            repeats=True,
            subject=Subject.VISIBLE,
            private=False,
        ),
    )
    NEW_INSTEAD = (
        "new_instead",  # what was read as a change makes a new picture
        ActionSpec(
            succeeded=Button.NEW_INSTEAD,
            emoji="🆕",
            repeats=True,
            subject=Subject.VISIBLE,
            private=False,
        ),
    )
    ANSWER = (
        "answer",  # a question is answered, and the request goes on
        ActionSpec(asked=Button.ANSWER, emoji="👉", repeats=True, private=False),
    )
    EXTEND = (
        "extend",  # the same picture in another ratio
        ActionSpec(
            emoji="↔️",
            repeats=True,
            subject=Subject.VISIBLE,
            one_picture=True,
            needs_input=True,
            private=False,
        ),
    )
    WORDS = (
        "words",  # the same request, with other words
        ActionSpec(
            succeeded=Button.WORDS,
            failed=Button.WORDS,
            emoji="📝",
            more=True,
            repeats=True,
            subject=Subject.VISIBLE,
            needs_input=True,
            private=False,
        ),
    )
    BEFORE = (
        "before",  # the picture that this one was made from
        ActionSpec(
            succeeded=Button.BEFORE,
            emoji="↩️",
            more=True,
            subject=Subject.VISIBLE,
            private=False,
        ),
    )
    ORIGINAL = (
        "original",  # the untouched file
        ActionSpec(
            succeeded=Button.ORIGINAL,
            emoji="📎",
            more=True,
            subject=Subject.VISIBLE,
            one_picture=True,
            private=False,
        ),
    )
    RESEND = (
        "resend",  # a result that the chat has refused, delivered anew
        ActionSpec(
            succeeded=Button.RESEND,
            emoji="📨",
            chat_only=True,
            subject=Subject.OWN,
            done="resent",
        ),
    )
    KEEP = (
        "keep",  # pictures are put aside for the next request
        ActionSpec(menu="Use as reference", needs_input=True, done="picture_kept"),
    )
    PREFER = "prefer", ActionSpec(needs_input=True)
    FORGET_PREFERENCE = "forget_preference", ActionSpec()
    SETTINGS = (
        "settings",
        ActionSpec(failed=Button.SETTINGS, emoji="⚙️", commands=("settings",)),
    )
    MODELS = "models", ActionSpec(commands=("models",))
    HISTORY = "history", ActionSpec(commands=("history",))
    DETAILS = (
        "details",
        ActionSpec(
            succeeded=Button.DETAILS,
            emoji="ℹ️",
            more=True,
            commands=("show",),
            menu="Picture details",
            subject=Subject.VISIBLE,
        ),
    )
    CANCEL = (
        "cancel",
        ActionSpec(
            running=Button.CANCEL,
            emoji="✖️",
            style=Style.DANGER,
            commands=("cancel",),
            subject=Subject.OWN,
            done="cancelled",
        ),
    )
    NOTIFY = (
        "notify",
        ActionSpec(
            running=Button.NOTIFY,
            emoji="🔔",
            chat_only=True,
            subject=Subject.OWN,
            done="notified",
        ),
    )
    DELETE = (
        "delete",
        ActionSpec(
            succeeded=Button.DELETE,
            failed=Button.DELETE,
            emoji="🗑️",
            style=Style.DANGER,
            more=True,
            confirm=True,
            subject=Subject.OWN,
            done="deleted",
        ),
    )
    CANCEL_ALL = "cancel_all", ActionSpec(done="cancelled_all")
    DELETE_ALL = "delete_all", ActionSpec()
    OTHER_MODEL = "other_model", ActionSpec(subject=Subject.VISIBLE)
    OTHER_RATIO = "other_ratio", ActionSpec(subject=Subject.VISIBLE)
    STATUS = "status", ActionSpec()
    USAGE = "usage", ActionSpec(commands=("usage",))
    CONFIRM = "confirm", ActionSpec()
    DECLINE = "decline", ActionSpec()
    SMALL_TALK = "smalltalk", ActionSpec()
    GREETING = "greeting", ActionSpec()
    QUESTION = "question", ActionSpec()  # of somebody who has not said what to draw
    HELP = "help", ActionSpec(commands=("help",))
    FORGET_ME = "forget_me", ActionSpec(commands=("forget-me",))


PRESSED: Mapping[str, Action] = {
    button: action for action in Action for button in action.spec.buttons
}
"""What a :class:`~messages.Button` under a message asks for; its job is the ``target``."""

COMMANDS: Mapping[str, Action] = {
    command: action for action in Action for command in action.spec.commands
}
"""What a slash command asks for, by its name in English."""

MENUS: Mapping[str, Action] = {action.spec.menu: action for action in Action if action.spec.menu}
"""What an entry in the menu of a message asks for, by its name in English."""


def named(name: str) -> Action | None:
    """The action of that name, if it can be asked for without anything else.

    A name is written in any case, and with hyphens for underscores.
    """
    name = name.strip().lower().replace("-", "_")
    return next((each for each in Action if each == name and not each.spec.needs_input), None)
