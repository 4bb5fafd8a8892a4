"""From facts to words: one text per step, in the language of the person who reads it."""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

from babel.numbers import format_currency, format_decimal

from messages.buttons import Button
from messages.locales import babel_locale, translations
from messages.message import Cost, Message, Note, Notice, Problem, Step
from messages.texts import (
    MAYBE_PAID,
    MAYBE_TWICE,
    NOTES,
    NOTICES,
    PROBLEMS,
    REFUSALS,
    SWITCHES,
    UNUSABLE,
    WITHOUT_FACTS,
    WORDS,
)


class _Speaker:
    """One language: its texts, and how it writes numbers, durations and costs."""

    def __init__(self, locale: str) -> None:
        self.locale = locale
        self._texts = translations(locale)
        self._babel = babel_locale(locale)

    def say(self, text: str, facts: Mapping[str, object] = MappingProxyType({})) -> str:
        if isinstance(kinds := facts.get("unusable"), list | tuple):
            told = [self._texts.gettext(UNUSABLE.get(str(kind), str(kind))) for kind in kinds]
            facts = {**facts, "unusable": told}
        return self._texts.gettext(text).format_map(_Facts(facts))

    def many(self, one: str, several: str, number: float) -> str:
        whole = int(number) if number == int(number) else 2
        translated = self._texts.ngettext(one, several, whole)
        return translated.format(number=self.number(number))

    def number(self, value: float) -> str:
        return format_decimal(value, format="#,##0.##", locale=self._babel)

    def seconds(self, value: float) -> str:
        return self.many("{number} second", "{number} seconds", round(value))

    def range(self, expected: tuple[int, int]) -> str:
        shortest, longest = map(self.number, expected)
        if shortest == longest:
            return self.seconds(expected[1])
        return self.say("{shortest}–{longest} seconds", {"shortest": shortest, "longest": longest})

    def cost(self, cost: Cost) -> str:
        if not math.isfinite(cost.amount):
            return "–"
        if cost.amount == 0:
            return self.say("free")
        if cost.unit == "points":
            return self.many("{number} point", "{number} points", cost.amount)
        return format_currency(
            cost.amount, cost.unit, "¤#,##0.00##", locale=self._babel, currency_digits=False
        )


class _Facts(dict[str, object]):
    """Facts for placeholders: lists are joined, and one that is not known shows as a dash."""

    def __init__(self, facts: Mapping[str, object]) -> None:
        super().__init__(
            (key, ", ".join(map(str, value)) if isinstance(value, list | tuple) else value)
            for key, value in facts.items()
        )

    def __missing__(self, key: str) -> str:
        return "–"


def render(message: Message, locale: str) -> str:
    """The text of a message in one of :data:`messages.LOCALES`, lines separated by newlines."""
    speaker = _Speaker(locale)
    lines = _STEPS[message.step](message, speaker)
    return "\n".join(line for line in lines if line)


def reason(problem: Problem, locale: str) -> str:
    """Why it could not be done, in one sentence; whether it may have been paid for all the same;
    and the provider's own words, if there are any."""
    text, _ = _texts(problem)
    speaker = _Speaker(locale)
    said = speaker.say(text, problem.facts)
    space = "" if said.endswith("。") else " "
    if problem.maybe_paid:
        said = f"{said}{space}{speaker.say(MAYBE_PAID)}"
    return f"{said}{space}“{problem.explanation}”" if problem.explanation else said


def advice(problem: Problem, locale: str) -> str:
    """What to do next, in one sentence."""
    speaker = _Speaker(locale)
    if problem.maybe_paid:
        return speaker.say(MAYBE_TWICE)
    if problem.retry_after and problem.retryable and math.isfinite(problem.retry_after):
        return speaker.many(
            "Try again in {number} second.",
            "Try again in {number} seconds.",
            max(1, round(problem.retry_after)),
        )
    _, text = _texts(problem)
    return speaker.say(text, problem.facts)


def _texts(problem: Problem) -> tuple[str, str]:
    if not problem.facts and problem.reason in WITHOUT_FACTS:
        return WITHOUT_FACTS[problem.reason]
    return PROBLEMS.get(problem.reason, PROBLEMS["unknown"])


def render_problem(problem: Problem, locale: str) -> str:
    """Why it could not be done and what to do next: two lines."""
    return f"❌ {reason(problem, locale)}\n{advice(problem, locale)}"


def summary(message: Message, locale: str) -> str:
    """What a finished picture is, in one line: model · duration · cost · size · ratio."""
    speaker = _Speaker(locale)
    parts = [
        message.model,
        speaker.seconds(message.seconds) if message.seconds is not None else "",
        speaker.cost(message.cost) if message.cost else "",
        message.size or "",
        message.aspect_ratio or "",
    ]
    return " · ".join(part for part in parts if part)


def refusal(code: str, locale: str) -> str | None:
    """Why the web page does not look at a request, if there are words for that code."""
    text = REFUSALS.get(code)
    return _Speaker(locale).say(text) if text else None


def label(button: Button, locale: str) -> str:
    """What is written on a button."""
    return _Speaker(locale).say(button.label)


def render_note(note: Note, locale: str) -> str:
    """One sentence about something that was done differently than asked."""
    return _Speaker(locale).say(NOTES[note.key], note.facts)


def render_notice(notice: Notice, locale: str, *, words: bool = True) -> str:
    """The text of an answer that is not a picture.

    With ``words`` it ends with what one can say to it, for places that have no buttons for that.
    """
    speaker = _Speaker(locale)
    facts = {k: _shown(v, speaker) for k, v in notice.facts.items()}
    lines = [
        speaker.say(on if notice.facts[key] else off)
        for key, (on, off) in SWITCHES.items()
        if key in notice.facts
    ]
    if not lines or "choices" in facts:
        lines.insert(0, speaker.say(NOTICES[notice.key], facts))
    entries = notice.facts.get("entries", ())
    if isinstance(entries, list | tuple):
        lines += [f"• {entry}" for entry in entries]
    lines += [f"ℹ️ {render_note(note, locale)}" for note in notice.notes]
    if words and notice.key in WORDS:
        lines.append(speaker.say(WORDS[notice.key]))
    return "\n".join(lines)


def _shown(fact: object, speaker: _Speaker) -> object:
    if isinstance(fact, list | tuple):
        return [_shown(each, speaker) for each in fact]
    if isinstance(fact, Cost):
        return speaker.cost(fact)
    return speaker.say("automatic") if fact is None else fact


def _acknowledge(message: Message, speaker: _Speaker) -> list[str]:
    waiting = ""
    if message.position:
        waiting = speaker.say(
            "You have other requests running; this one is number {position} in your queue.",
            {"position": message.position},
        )
    return [speaker.say("OK, generating now."), *_notes(message, speaker), waiting]


def _start(message: Message, speaker: _Speaker) -> list[str]:
    return [
        speaker.say("🎨 Generating your picture, one moment…"),
        _model(message, speaker),
        _expected(message, speaker),
        _cost(message, speaker),
        *_notes(message, speaker),
    ]


def _progress(message: Message, speaker: _Speaker) -> list[str]:
    longest = message.expected[1] if message.expected else 0
    facts = {
        "percent": message.percent,
        "elapsed": speaker.number(int(message.elapsed)),
        "longest": speaker.number(longest),
    }
    return [
        speaker.say("⏳ Generating… {percent}%", facts),
        speaker.say("{elapsed} s so far, {longest} s at most", facts),
        speaker.say("Almost there, just a moment…") if message.elapsed > longest else "",
    ]


def _success(message: Message, speaker: _Speaker) -> list[str]:
    link = ""
    if message.link:
        link = speaker.say("🔗 Original: {link}", {"link": message.link})
    return [
        speaker.say("✅ Your picture is ready!"),
        _model(message, speaker),
        _took(message, speaker),
        _cost(message, speaker),
        *_notes(message, speaker),
        link,
    ]


def _failure(message: Message, speaker: _Speaker) -> list[str]:
    problem = message.problem or Problem("unknown")
    if problem.reason == "cancelled":
        return [speaker.say("🚫 Cancelled.")]
    locale = speaker.locale
    return [
        speaker.say("❌ The picture could not be made"),
        speaker.say("• Reason: {reason}", {"reason": reason(problem, locale)}),
        speaker.say("• Advice: {advice}", {"advice": advice(problem, locale)}),
        speaker.say("Shall I try again?") if problem.retryable else "",
    ]


def _model(message: Message, speaker: _Speaker) -> str:
    return speaker.say("• Model: {model}", {"model": message.model})


def _expected(message: Message, speaker: _Speaker) -> str:
    if message.expected is None:
        return ""
    return speaker.say("• Expected time: {range}", {"range": speaker.range(message.expected)})


def _took(message: Message, speaker: _Speaker) -> str:
    if message.expected is None or message.seconds is None:
        return ""
    facts = {"range": speaker.range(message.expected), "actual": speaker.seconds(message.seconds)}
    return speaker.say("• Time: {actual} (expected {range})", facts)


def _cost(message: Message, speaker: _Speaker) -> str:
    if message.cost is None:
        return ""
    facts = {"cost": speaker.cost(message.cost)}
    if message.cost.unit == "points":
        return speaker.say("• Credits: {cost}", facts)
    return speaker.say("• Cost: {cost}", facts)


def _notes(message: Message, speaker: _Speaker) -> list[str]:
    return [f"ℹ️ {render_note(note, speaker.locale)}" for note in message.notes]


_STEPS: Mapping[Step, Callable[[Message, _Speaker], list[str]]] = {
    Step.ACKNOWLEDGE: _acknowledge,
    Step.START: _start,
    Step.PROGRESS: _progress,
    Step.SUCCESS: _success,
    Step.FAILURE: _failure,
}
