"""From facts to words: one text per step, in the language of the person who reads it."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from string import Formatter
from types import MappingProxyType

from babel import Locale
from babel.numbers import format_currency, format_decimal

from messages.buttons import Button
from messages.locales import babel_locale, translations
from messages.message import (
    Choice,
    Cost,
    Message,
    Note,
    Notice,
    Offer,
    PictureName,
    Problem,
    Step,
)
from messages.texts import (
    AI_GENERATED,
    CHANGED,
    MADE_FROM,
    MAYBE_PAID,
    MAYBE_TWICE,
    NEW_WORDS,
    NOTES,
    NOTICES,
    OFFERS,
    PICTURE,
    PROBLEMS,
    RATIOS,
    REFUSALS,
    SEPARATOR,
    STRENGTHS,
    SWITCHES,
    THE_PICTURE,
    UNUSABLE,
    WITHOUT_FACTS,
    WORDS,
)


@lru_cache(4096)
def _number(value: float, locale: Locale) -> str:
    return format_decimal(value, format="#,##0.##", locale=locale)


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
        return self._filled(self._texts.gettext(text), facts)

    def _filled(self, text: str, facts: Mapping[str, object]) -> str:
        listed = {
            key: self._texts.gettext(SEPARATOR).join(map(str, value))
            for key, value in facts.items()
            if isinstance(value, list | tuple)
        }
        return text.format_map(_Facts({**facts, **listed}))

    def known(self, text: str, facts: Mapping[str, object]) -> str:
        """As :meth:`say`, without the entries of a list whose facts are not there."""
        lines = [
            self._filled(line, facts)
            for line in self._texts.gettext(text).split("\n")
            if not line.startswith("•") or _placeholders(line) <= facts.keys()
        ]
        return "\n".join(lines)

    def many(self, one: str, several: str, number: float) -> str:
        whole = int(number) if number == int(number) else 2
        translated = self._texts.ngettext(one, several, whole)
        return translated.format(number=self.number(number))

    def number(self, value: float) -> str:
        return _number(value, self._babel)

    def pictures(self, count: float) -> str:
        return self.many("{number} picture", "{number} pictures", count)

    def seconds(self, value: float) -> str:
        return self.many("{number} second", "{number} seconds", round(value))

    def about(self, value: float) -> str:
        """A time to wait, as exactly as it is known: in tens of seconds, or in minutes."""
        if value < 90:
            return self.seconds(max(10, 10 * round(value / 10)))
        return self.many("{number} minute", "{number} minutes", round(value / 60))

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
    """Facts for placeholders; one that is not known shows as a dash."""

    def __missing__(self, key: str) -> str:
        return "–"


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


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
    said = speaker.say(text, _with_cost(problem.facts, speaker))
    if problem.maybe_paid:
        said = join([said, speaker.say(MAYBE_PAID)])
    if problem.explanation:
        said = join([said, speaker.say("“{words}”", {"words": problem.explanation})])
    return said


def join(sentences: Sequence[str]) -> str:
    """Sentences as one text: a space follows one, unless its own full stop is as wide."""
    spaced = [said if said.endswith("。") else f"{said} " for said in sentences[:-1]]
    return "".join([*spaced, *sentences[-1:]])


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


def _with_cost(facts: Mapping[str, object], speaker: _Speaker) -> Mapping[str, object]:
    """Facts in which an ``amount`` of a ``unit`` is a cost."""
    amount, unit = facts.get("amount"), facts.get("unit")
    if not isinstance(amount, int | float) or not isinstance(unit, str):
        return facts
    return {**facts, "cost": speaker.cost(Cost(amount, unit))}


def render_problem(problem: Problem, locale: str) -> str:
    """Why it could not be done and what to do next: two lines."""
    return f"❌ {reason(problem, locale)}\n{advice(problem, locale)}"


def model_name(message: Message, locale: str) -> str:
    """What made the pictures, or is to make them: a model, or the demo, which is none."""
    return _model_name(message, _Speaker(locale))


def summary(message: Message, locale: str) -> str:
    """What a finished picture is, in one line: model · pixels · duration · cost · AI-generated."""
    speaker = _Speaker(locale)
    first = message.pictures[0] if message.pictures else None
    took = "" if message.seconds is None else speaker.number(round(message.seconds))
    parts = [
        _model_name(message, speaker),
        f"{first.width}×{first.height}" if first else message.size,
        speaker.say("{seconds} s", {"seconds": took}) if took else "",
        speaker.cost(message.cost) if message.cost else "",
        "" if message.demo else speaker.say(AI_GENERATED),
    ]
    return " · ".join(part for part in parts if part)


def made_from(message: Message, locale: str) -> str:
    """What a picture was made from: ``picture 2 of 4 from “three cats”``; "" for a new one."""
    return _origin(_named(message), _Speaker(locale)) if message.made_from else ""


def picture_name(message: Message, locale: str) -> str:
    """What the pictures of a message are called: ``“three cats”``, ``2K of “three cats”``."""
    return _name(_named(message), _Speaker(locale))


def _named(message: Message) -> PictureName:
    source, size, ratio = message.made_from, message.size, message.aspect_ratio
    return PictureName(message.prompt, source, size, ratio, message.model)


def _name(picture: PictureName, speaker: _Speaker) -> str:
    if picture.made_from and picture.made_from.how != NEW_WORDS:
        return _origin(picture, speaker)
    return speaker.say("“{words}”", {"words": picture.words})


def _origin(picture: PictureName, speaker: _Speaker) -> str:
    source = picture.made_from
    assert source is not None
    shape = {"number": source.number, "count": source.count}
    facts = {
        "what": speaker.say("“{words}”", {"words": source.words[-1]})
        if source.words
        else speaker.say(THE_PICTURE),
        "which": speaker.say(PICTURE, shape),
        "size": picture.size,
        "ratio": picture.aspect_ratio,
        "model": picture.model,
    }
    one, several = MADE_FROM[source.how]
    return speaker.say(several if source.count > 1 else one, facts)


_RESHAPED = {"larger": "size", "extend": "aspect_ratio"}
"""What of a message a button has changed that says no words of its own."""


def alt_text(message: Message, locale: str, number: int = 1) -> str:
    """What one of the pictures shows, for those who cannot see it: what was asked for first, what
    was changed then, and which of several it is."""
    speaker = _Speaker(locale)
    source = message.made_from
    words = [*source.words] if source else []
    if words[-1:] != [message.prompt]:  # a button repeats the words
        words.append(message.prompt)
    elif source and source.how in _RESHAPED:
        words.append(str(getattr(message, _RESHAPED[source.how])))
    said, *changes = words
    for change in changes:
        said = speaker.say(CHANGED, {"words": said, "change": change})
    count = len(message.pictures)
    if count < 2:
        return said
    facts = {"words": said, "number": number, "count": count}
    return speaker.say("{words}; {number} of {count}", facts)


def about(choice: Choice, locale: str) -> str:
    """What is to be known of an entry before it is chosen: price, duration, what it is good at."""
    speaker = _Speaker(locale)
    strength = STRENGTHS.get(choice.role)
    parts = [
        speaker.cost(choice.cost) if choice.cost else "",
        speaker.range(choice.seconds) if choice.seconds else "",
        speaker.say(strength) if strength else "",
    ]
    return " · ".join(part for part in parts if part)


def _entry(entry: object, locale: str) -> object:
    if not isinstance(entry, Choice):
        return entry
    return " · ".join(part for part in (entry.name, about(entry, locale)) if part)


def ratio_name(ratio: str, locale: str) -> str:
    """A ratio with what it is used for, where it has a name: ``16:9 · Wide · slides``."""
    name = RATIOS.get(ratio)
    return f"{ratio} · {_Speaker(locale).say(name)}" if name else ratio


def refusal(
    code: str, locale: str, facts: Mapping[str, object] = MappingProxyType({})
) -> str | None:
    """Why the web page does not look at a request, if there are words for that code."""
    text = REFUSALS.get(code)
    return _Speaker(locale).say(text, facts) if text else None


def label(button: Button, locale: str, offer: Offer | None = None) -> str:
    """What is written on a button; with an offer, what it would make, and what it would cost where
    that is more than the picture did."""
    speaker = _Speaker(locale)
    if offer is None:
        return speaker.say(button.label)
    text = OFFERS.get(button.value, button.label)
    said = speaker.say(text, {"size": offer.size, "count": offer.count})
    return f"{said} · {speaker.cost(offer.cost)}" if offer.cost else said


def render_note(note: Note, locale: str) -> str:
    """One sentence about something that was done differently than asked."""
    return _Speaker(locale).say(NOTES[note.key], note.facts)


def render_notice(notice: Notice, locale: str, *, words: bool = True) -> str:
    """The text of an answer that is not a picture.

    With ``words`` it ends with what one can say to it, for places that have no buttons for that.
    """
    speaker = _Speaker(locale)
    facts = {key: _shown(key, fact, speaker) for key, fact in notice.facts.items()}
    lines = [
        speaker.say(said[notice.facts[key]])
        for key, said in SWITCHES.items()
        if key in notice.facts
    ]
    if not lines or "choices" in facts:
        lines.insert(0, speaker.known(NOTICES[notice.key], facts))
    entries = facts.get("entries", ())
    if isinstance(entries, list | tuple):
        lines += [f"• {_entry(entry, locale)}" for entry in entries]
    lines += [f"ℹ️ {render_note(note, locale)}" for note in notice.notes]
    if words and notice.key in WORDS:
        lines.append(speaker.say(WORDS[notice.key]))
    return "\n".join(lines)


def answers(notice: Notice, locale: str) -> tuple[str, ...]:
    """What is written on the buttons that answer a notice, the first of them being number 1."""
    speaker = _Speaker(locale)
    return tuple(speaker.say(choice) for choice in notice.choices)


_PICTURES = frozenset({"kept", "references", "today", "month"})
"""Facts of notices that are a number of pictures."""

_SECONDS = frozenset({"took"})
"""Facts of notices that are a number of seconds."""


def _shown(key: str, fact: object, speaker: _Speaker) -> object:
    match fact:
        case list() | tuple():
            return [_shown(key, each, speaker) for each in fact]
        case Cost():
            return speaker.cost(fact)
        case Note():
            return speaker.say(NOTES[fact.key], fact.facts)
        case PictureName():
            return _name(fact, speaker)
        case int() if key in _PICTURES:
            return speaker.pictures(fact)
        case int() if key in _SECONDS:
            return speaker.seconds(fact)
    return speaker.say("automatic") if fact is None else fact


def _acknowledge(message: Message, speaker: _Speaker) -> list[str]:
    said = speaker.say("OK, generating now.")
    if message.follows:
        said = speaker.say("OK, I will change it as soon as the picture is ready.")
    elif message.position and message.starts_in:
        facts = {"position": message.position, "wait": speaker.about(message.starts_in)}
        said = speaker.say("In your queue: number {position}, starts in about {wait}.", facts)
    elif message.position:
        said = speaker.say("In your queue: number {position}.", {"position": message.position})
    return [said, *_notes(message, speaker)]


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
        made_from(message, speaker.locale),
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
    if problem.reason == "confirm_cost":
        asked = speaker.say("💰 Shall I make it?")
        return [asked, reason(problem, locale), advice(problem, locale)]
    return [
        speaker.say("❌ The picture could not be made"),
        speaker.say("• Reason: {reason}", {"reason": reason(problem, locale)}),
        speaker.say("• Advice: {advice}", {"advice": advice(problem, locale)}),
        speaker.say("Shall I try again?") if problem.retryable else "",
    ]


def _model(message: Message, speaker: _Speaker) -> str:
    return speaker.say("• Model: {model}", {"model": _model_name(message, speaker)})


def _model_name(message: Message, speaker: _Speaker) -> str:
    return speaker.say("Demo drawing, no AI") if message.demo else message.model


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
    return speaker.say("• Cost: {cost}", {"cost": speaker.cost(message.cost)})


def _notes(message: Message, speaker: _Speaker) -> list[str]:
    return [f"ℹ️ {render_note(note, speaker.locale)}" for note in message.notes]


_STEPS: Mapping[Step, Callable[[Message, _Speaker], list[str]]] = {
    Step.ACKNOWLEDGE: _acknowledge,
    Step.START: _start,
    Step.PROGRESS: _progress,
    Step.SUCCESS: _success,
    Step.FAILURE: _failure,
}
