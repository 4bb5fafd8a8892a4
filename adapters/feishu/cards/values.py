"""What a card's buttons, menus and forms send back, and how it is read.

A button carries an object, which comes back as ``event.action.value``:
https://open.feishu.cn/document/feishu-cards/card-callback-communication. It says all that is
needed, so that a button works after a restart and in any process.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.chat import MenuKind
from messages import LOCALES, Button

SET, RESET = "set", "reset"
"""The settings card: change one preference, clear them."""

PAGE, SHOW = "page", "show"
"""The history card: another page, one picture again."""

FORGET = "forget"
"""The confirmation to forget everything about the person."""

PANEL = "panel"
"""Open another card: ``settings``, ``history``, ``models`` or ``help``."""

TRY = "try"
"""Draw an example."""

MORE = "more"
"""The menu of what else can be done: a :class:`messages.Button`, or another ratio."""

CHOOSE = "choose"
"""Go on with one of several pictures."""

ASKED = "asked"
"""The key of a button that answers a question whether it shall be done."""

UNDO = "undo"
"""Have the preferences again that were cleared."""

KINDS = frozenset(
    {*Button, *MenuKind, TRY, SET, RESET, UNDO, PAGE, SHOW, FORGET, PANEL, MORE, CHOOSE}
)

_SUBMITTED = re.compile("([a-z]+)(?:_([1-9][0-9]?))?")
"""Names of buttons that submit a form: a button's, and the number of a picture."""

CHOICES = ("model", "ratio", "size", "count")
"""The menus in the form of a whole request."""

PERSONAL = frozenset({SET, RESET, UNDO, PAGE, SHOW, FORGET})
"""What only the owner of a card does with it."""

INSTRUCTION, PICTURE = "instruction", "picture"
"""The fields of the form under a picture: what to change, and which picture. A long text has
further fields, numbered from 2: ``instruction2``."""

LONGEST_TEXT = 4000
"""Characters of an instruction that are read; a field of a card takes fewer."""

MOST_FIELDS = 4
"""Fields for one text."""

JSONObject = dict[str, str | int | float]


@dataclass(frozen=True, slots=True)
class Home:
    """Whose a card is and in which conversation, ``p2p`` if that is theirs alone, and in which of
    :data:`messages.LOCALES`.

    Empty where a card does not say it.
    """

    user: str = ""
    conversation: str = ""
    p2p: bool = False
    locale: str = ""

    def is_elsewhere(self, chat: str) -> bool:
        """Whether a card that is pressed on in ``chat`` was made for another, and forwarded."""
        home = self.conversation.partition(":")[0]
        return home not in ("", "p2p", chat)

    def value(self) -> JSONObject:
        """As a part of a button's object."""
        said: JSONObject = {
            "u": self.user,
            "c": self.conversation,
            "p": int(self.p2p),
            "l": self.locale,
        }
        return {name: each for name, each in said.items() if each}


NOWHERE = Home()
"""Of cards that are nobody's own, and of those that were sent before this was said."""


def value(
    kind: str,
    job: str | None = None,
    number: int = 1,
    *,
    home: Home = NOWHERE,
    **more: str | float,
) -> JSONObject:
    """The object of a button or menu; ``number`` is the picture it is about, from 1."""
    about: JSONObject = {"job": job, "n": number} if job else {}
    return {"a": str(kind), **about, **home.value(), **more}


@dataclass(frozen=True, slots=True)
class CardPress:
    """One press: ``kind`` is a :class:`messages.Button` or one of :data:`KINDS`.

    ``job`` and ``number`` say which picture it is about; ``option`` is what was chosen in a menu,
    ``text`` what was written in the form, ``choices`` what was chosen in its menus, ``key`` which
    preference (or panel) is meant, the answer to a question, or :data:`MORE` or :data:`ASKED`,
    ``before`` where a page of the history begins (seconds since the epoch), ``home`` whose card it
    is.
    """

    kind: str
    job: str | None = None
    number: int = 1
    option: str | None = None
    text: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
    before: float | None = None
    home: Home = NOWHERE

    @property
    def button(self) -> Button | None:
        """The button of the protocol, if it is one."""
        return Button(self.kind) if self.kind in set(Button) else None

    @property
    def names_no_job(self) -> bool:
        """Whether it is a form that came back without the object of its button."""
        return self.key == ASKED and self.job is None


def read(action: Mapping[str, Any]) -> CardPress | None:
    """Read ``event.action`` of a ``card.action.trigger``; ``None`` if it is none of ours.

    A form may come back without the object of the button that submitted it, so that the button's
    name has to say what it is: its job is then that of the card.
    """
    sent, form = action.get("value"), action.get("form_value")
    if not sent and isinstance(form, Mapping):
        sent = _submitted(_text(action.get("name")))
    if not isinstance(sent, Mapping) or _text(sent.get("a")) not in KINDS:
        return None
    form = form if isinstance(form, Mapping) else {}
    before = sent.get("before")
    kind, key = str(sent["a"]), _text(sent.get("k"))
    option = _text(action.get("option")) or _text(sent.get("option")) or None
    if kind == MORE:
        if option not in (*Button, MenuKind.RATIO):
            return None
        kind, key, option = str(option), MORE, None
    return CardPress(
        kind=kind,
        job=_text(sent.get("job")) or None,
        number=_number(form.get(PICTURE), sent.get("n")),
        option=option,
        text=_written(form).strip()[:LONGEST_TEXT],
        choices={name: _text(form[name]) for name in CHOICES if _text(form.get(name))},
        key=key,
        before=float(before) if isinstance(before, int | float) and 0 < before < 1e11 else None,
        home=Home(
            _text(sent.get("u")),
            _text(sent.get("c")),
            sent.get("p") == 1,
            _known(_text(sent.get("l"))),
        ),
    )


def submitter(kind: str, number: int) -> str:
    """The name of a button that submits a form about a picture."""
    return kind if number == 1 else f"{kind}_{number}"


def _submitted(name: str) -> JSONObject:
    found = _SUBMITTED.fullmatch(name)
    if found is None:
        return {}
    return {"a": found[1], "n": int(found[2] or 1), "k": ASKED}


def written_in(number: int) -> str:
    """The name of a field that a text is written in, from 1."""
    return INSTRUCTION if number == 1 else f"{INSTRUCTION}{number}"


def _written(form: Mapping[str, Any]) -> str:
    """What was written, in one field or several."""
    return "".join(_text(form.get(written_in(number))) for number in range(1, MOST_FIELDS + 1))


def _known(locale: str) -> str:
    return locale if locale in LOCALES else ""


def _text(given: object) -> str:
    return given if isinstance(given, str) else ""


def _number(*given: object) -> int:
    """The first that is a number from 1; an integer may come back as text."""
    for one in given:
        if isinstance(one, int) and one > 0:
            return one
        if isinstance(one, str) and one.isdecimal() and int(one[:4]) > 0:
            return int(one[:4])
    return 1
