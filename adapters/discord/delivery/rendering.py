"""What a request's message looks like on Discord: what it says.

Content and attachments are used rather than "Components V2": its flag can never be taken off a
message again, it allows no content, which is what notifications, the search and screen readers
show, and a picture that nothing refers to is not shown at all, so that one wrong reference would
lose a picture. https://discord.com/developers/docs/components/reference.
"""

from dataclasses import dataclass, replace

import messages
from adapters.discord.address import DiscordPlace
from adapters.discord.delivery import components
from adapters.discord.delivery.components import Row
from adapters.discord.escaping import cut, escape, shorten
from adapters.discord.texts import word
from bot.chat import View, progress_bar, view
from bot.domain import Action
from messages import Message, Problem, Step

LONGEST = 2000
"""The most characters of a message."""

LONGEST_PROMPT = 300
"""So much of the prompt is quoted; the details have all of it."""

LONGEST_WORDS = 600
"""So much is shown of what a provider said about a failure."""

LONGEST_ALT = 1000
"""So much is said of what a picture shows."""

CELLS = 12
"""The length of the bar that shows progress."""


@dataclass(frozen=True, slots=True)
class RenderedMessage:
    """The content of a message (at most 2000 characters), and its rows of components."""

    content: str
    rows: tuple[Row, ...] = ()


def render_message(
    message: Message,
    locale: str,
    place: DiscordPlace,
    before: str = "",
    source: str = "",
    *,
    plain: bool = False,
) -> RenderedMessage:
    """How a message looks; ``locale`` is one of :data:`messages.LOCALES`.

    ``before`` is put above it: why it is shown here and not there. ``source`` is the link to the
    message of the picture it was made from. ``plain`` leaves out what somebody else wrote, links,
    buttons and menus.
    """
    if plain:
        problem = message.problem and replace(message.problem, explanation=None)
        message = replace(message, link=None, problem=problem, made_from=None)
    seen = view(_with_short_explanation(message), locale)
    asked = "" if plain else _asked(message, place)
    lines = [before, asked, _made_from(message, seen, source), *_body(message, seen, locale)]
    content = cut("\n".join(line for line in lines if line), LONGEST)
    return RenderedMessage(content, () if plain else components.under(message, seen, place, locale))


def alt_text(message: Message, locale: str, number: int) -> str:
    """What one of the pictures shows, for those who cannot see it."""
    return shorten(messages.alt_text(message, locale, number), LONGEST_ALT)


def bar(percent: int) -> str:
    """Progress as a row of cells."""
    return progress_bar(percent, "▰", "▱", CELLS)


def _asked(message: Message, place: DiscordPlace) -> str:
    """What was asked for, and in a server by whom; nobody is called by it."""
    prompt = escape(shorten(message.prompt, LONGEST_PROMPT))
    shared = place.guild and not place.private and not place.dm
    who = place.author or (place.user if shared else None)
    by = f"<@{who}>" if who else ""
    quoted = " — ".join(part for part in (prompt, by) if part)
    return f"> {quoted}" if quoted else ""


def _made_from(message: Message, seen: View, source: str) -> str:
    """What the picture was made from, with the way there."""
    if not (message.made_from and seen.made_from):
        return ""
    sign = Action(message.made_from.how).spec.emoji
    link = f"[↗](<{source}>)" if source else ""
    said = shorten(seen.made_from, LONGEST_PROMPT)
    return " ".join(part for part in ("-#", sign, escape(said), link) if part)


def _with_short_explanation(message: Message) -> Message:
    problem = message.problem
    if problem is None or not problem.explanation:
        return message
    said = shorten(problem.explanation, LONGEST_WORDS)
    return replace(message, problem=replace(problem, explanation=said))


def _body(message: Message, seen: View, locale: str) -> list[str]:
    notes = [f"ℹ️ {escape(note)}" for note in seen.notes]
    if message.step is Step.SUCCESS:
        notes += _problem(message.problem, locale) if message.problem else []
        # In angle brackets a link is not unfolded into another copy of the picture.
        link = f" · [{word('original', locale)}](<{message.link}>)" if message.link else ""
        return [f"-# {escape(' '.join(seen.lines))}{link}", *notes]
    lines = [escape(line) for line in (seen.title, *seen.lines)]
    if message.step is Step.PROGRESS:
        lines.insert(1, bar(message.percent))
    return lines + notes


def _problem(problem: Problem, locale: str) -> list[str]:
    return [escape(line) for line in messages.render_problem(problem, locale).split("\n")]
