"""What people say → what to do. Pure: no network, no language model, no clock.

`read` decides in this order:

1. a slash command says its action; what follows `/draw` is read on;
2. a whole message that is a known phrase is that command: "stop", 再来一张, "my settings";
3. a whole message that is a lasting wish is a preference: "always use pro", 以后都用竖图; so is
   the bare name of a model where there is no picture to edit;
4. small talk, a greeting and a question that names nothing to draw are no picture either;
5. everything else is a picture to draw — an edit when there is a picture already. Directives are
   taken out of the prompt where they stand as directives (see `directives`); the rest is content.

A directive-only message keeps the person's own words as its prompt, so that an edit always says
what to change. "Again" with settings is an edit when there is a picture, else plainly again.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

from bot.domain import catalog
from bot.domain.actions import Action
from bot.domain.catalog import Model
from bot.domain.image_models import NEWEST
from bot.domain.preferences import Switch
from bot.domain.situation import Situation
from bot.language import certainty, changes, classifier, phrases, pointers, quotes, talk, wanting
from bot.language.directives import Directive, Found, halves, names_settings, search, settings_of
from bot.language.grammar.languages import grammar, languages_of
from bot.language.grammar.templates import words_in
from bot.language.numbers import read_number
from bot.language.purposes import purpose_of, without_purposes
from bot.language.spelling import compiled, fold
from bot.language.tokens import BEST, lexicon, tokenize

TEXT_TO_IMAGE, IMAGE_TO_IMAGE = "text_to_image", "image_to_image"
SIZE_DOWNGRADED = "size_downgraded"  # more than 4K was asked: 4K it is
RATIO_CHANGED = "ratio_changed"  # no model has the ratio that was asked: the nearest it is
PURPOSE_RATIO = "purpose_ratio"  # what the picture is for has chosen its ratio
COUNT_LIMITED = "count_limited"  # more pictures were asked than one request may have


@dataclass(frozen=True, slots=True)
class Reading:
    """What a message says. Only a draw has a task and a prompt.

    Settings of `again` are those to repeat the last request with; it keeps the others. ``language``
    is a preference, and so is ``switch``, one of :data:`SWITCHES` with how it is to stand;
    ``casual`` says that the preference for a model is not said to be a lasting one, and ``assent``
    that small talk could be a yes. ``other_model`` is a repetition with any other model than the
    one before. ``purpose`` is what the picture is for, in the person's words,
    where that has chosen its aspect ratio. ``turn`` is how many pages of the history to go on, or
    back.
    """

    action: Action
    task: str | None = None
    model: str | None = None
    size: str | None = None
    aspect_ratio: str | None = None
    count: int | None = None
    notes: tuple[str, ...] = ()
    prompt: str = ""
    explicit_model: bool = False  # the words chose the model: a stored preference must not
    named_model: str | None = None  # as it was named, where it is the name of another generation
    language: str | None = None
    switch: tuple[str, Switch] | None = None
    turn: int = 0
    other_model: bool = False
    casual: bool = False
    assent: bool = False
    purpose: str = ""


def as_dict(reading: Reading) -> dict[str, object]:
    """Return the reading as plain data, as `banana-bot explain --jsonl` prints it."""
    return {
        "action": reading.action.value,
        "task": reading.task,
        "model": reading.model,
        "size": reading.size,
        "aspect_ratio": reading.aspect_ratio,
        "count": reading.count,
        "notes": list(reading.notes),
        "prompt": reading.prompt,
    }


def read(
    text: str,
    *,
    image: bool = False,
    max_images: int = 4,
    models: Sequence[Model] = NEWEST,
    default_model: str = "",
) -> Reading:
    """Read `text`; `image` says that it comes with, replies to or follows a picture.

    `models` are those offered, the one to use when none is named first, unless `default_model`
    says its id.
    """
    action, text = _slash(text)
    folded = fold(text).text
    is_open = action is None
    choices = ModelChoices(tuple(models), default_model or models[0].id)
    if is_open and (steering := _steering(folded, choices, image=image, max_images=max_images)):
        return steering
    if is_open:
        named = phrases.command(folded)
        action = Action(named) if named else None
    if action is None and not image and (named_model := choices.name_alone(folded)):
        match = catalog.resolve(named_model, models)
        return Reading(
            Action.PREFER,
            model=match.model.id if match else None,
            explicit_model=True,
            named_model=named_model,
            casual=True,
        )
    if action in (None, Action.PREFER):
        wish = _wish(folded, choices, said=action is not None)
        if wish is not None:
            return of_picture(wish, models) if image and wish.casual else wish
    if action not in (None, Action.DRAW):
        return Reading(Action.SETTINGS if action is Action.PREFER else action)
    if is_open and (chat := _chat(text, folded, image=image)):
        return chat
    read_clause = partial(read, image=image, max_images=max_images, models=models)
    if is_open and (aside := _with_remark(folded, read_clause)):
        return aside
    return _draw(text, image=image, max_images=max_images, choices=choices)


def languages_in(text: str) -> tuple[str, ...]:
    """Return the names of the languages that `text` is read with."""
    return tuple(language.name for language in languages_of(fold(text).text))


def prepare(text: str, models: Sequence[Model]) -> None:
    """Load what `text` is read with, and the names of `models`.

    The first reading in a language loads its grammar, which takes tenths of a second; so does the
    first one in several languages together.
    """
    examples = (language.example for language in languages_of(fold(text).text))
    for said in (*examples, text):
        read(said, models=models)
        change_of(said)
        classifier.prepare(said)


def of_picture(wish: Reading, models: Sequence[Model]) -> Reading:
    """Return what a casual wish for a model means about a picture: the same once more, with it."""
    best = catalog.premium(models)
    if best is not None and wish.model == best.id:
        return Reading(Action.PRO)
    return replace(wish, action=Action.AGAIN, casual=False)


def _steering(
    folded: str, choices: ModelChoices, *, image: bool, max_images: int
) -> Reading | None:
    """Read a whole message that says what to do with pictures, or how to answer."""
    if language := talk.spoken_to(folded):
        return None if image else Reading(Action.PREFER, language=language)
    if switch := talk.switched(folded):
        return Reading(Action.PREFER, switch=switch)
    if turn := talk.turned(folded):
        return Reading(Action.HISTORY, turn=turn)
    name = talk.control(folded)
    if name is None:
        return None
    if name == "pro" and not image:  # the picture at hand once more, if there is one
        best = catalog.premium(choices.models)
        model = best.id if best else None
        return Reading(Action.PREFER, model=model, explicit_model=True, casual=True)
    if name == "again_otherwise":
        return Reading(Action.AGAIN, other_model=True)
    if name == "larger":
        return _with_settings(Reading(Action.LARGER), _sizes(folded, choices), choices)
    if name not in ("again", "vary"):
        return Reading(_ANSWERS.get(name) or Action(name))
    count = read_number(talk.plain(folded), grammar(languages_of(folded)).numbers)
    if image and count > 1:
        return None  # so many changes of that picture
    return _counted(Reading(Action(name)), count, max_images)


def _sizes(folded: str, choices: ModelChoices) -> list[Directive]:
    """Return the sizes that a command names: "a 4K one"."""
    if not compiled(_SIZE_SAID).search(folded):
        return []
    tokens = tokenize(folded, lexicon(languages_of(folded), choices.models))
    return [Directive(each.slot, each.value) for each in tokens if each.slot == "size"]


_SIZE_SAID = r"\dk"
_ANSWERS = {"yes": Action.CONFIRM, "no": Action.DECLINE}


def _chat(text: str, folded: str, *, image: bool) -> Reading | None:
    """Read a message that only talks."""
    if talk.is_greeting(folded):
        return Reading(Action.GREETING)
    if talk.is_small_talk(folded):
        return Reading(Action.SMALL_TALK, assent=talk.agrees(folded))
    if talk.asks_what_was_done(folded) or (not image and talk.is_errand(folded)):
        return Reading(Action.QUESTION)
    told, shows_nothing = talk.tells(folded), talk.shows_nothing(folded)
    talks = told or shows_nothing or talk.is_question(folded)
    if not talks or search(text).directives:
        return None
    if told == "remark" and _wants_all_the_same(text):
        return None
    if told != "declined" and _is_surely_wanted(
        text, Situation.ABOUT if image else Situation.NOTHING
    ):
        return None
    if told and (told == "declined" or not talk.wants_otherwise(folded) or not is_change(text)):
        return Reading(Action.GREETING if told == "hello" else Action.QUESTION)
    only_talks = shows_nothing and not talk.wants_otherwise(folded)
    return Reading(Action.QUESTION) if only_talks or not is_change(text) else None


def _is_surely_wanted(text: str, situation: Situation) -> bool:
    """Tell whether what sounds like talk is as good as certain to want a picture."""
    odds = classifier.log_odds(text, situation)
    is_sure = odds is not None and odds >= classifier.SURE
    return is_sure and not wanting.evidence(text).withdrawn


def _wants_all_the_same(text: str) -> bool:
    """Tell whether a remark describes a picture, or says which one and what is to be done to it."""
    said = pointers.pointer(text)
    if said is not None and said.words:
        return wanting.evidence(said.words).alters
    found = wanting.evidence(text)
    return found.ends or (found.changes and is_change(text))


_MARKS = r"[,;!?。、\n]+|\.(?!\d)|…+|(?<=ww) "
_CLAUSES = rf"{_MARKS}|(?<=[\u3040-\u9fff]w) |(?<=[\u3400-\u9fff]) (?=[\u3400-\u9fff])"
"""Marks between clauses; `_MARKS` are those of a text in ASCII."""

_STOPS = re.compile(r"[,.;!?，。；！？、\n]")

_MOST_CLAUSES = 3

_BESIDE_ANYTHING = frozenset(
    {
        Action.DELETE,
        Action.DELETE_ALL,
        Action.ORIGINAL,
        Action.BEFORE,
        Action.RESEND,
        Action.FORGET_ME,
    }
)
"""Beside what costs nothing anything may be said but what asks for a picture."""

_BESIDE_REMARKS = frozenset(
    {
        Action.HELP,
        Action.HISTORY,
        Action.STATUS,
        Action.USAGE,
        Action.NOTIFY,
        Action.OTHER_MODEL,
        Action.OTHER_RATIO,
        Action.CANCEL,
        Action.CANCEL_ALL,
    }
)


def _with_remark(folded: str, read_clause: Callable[[str], Reading]) -> Reading | None:
    """Read a command that is said with a remark: "delete this, my boss must not see it"."""
    if len(folded) > phrases.LONGEST_COMMAND or "\n" in folded.strip():
        return None
    begins = grammar(languages_of(folded)).pattern("asides.begin", "(?<=[^a-z])(?={})")
    marks = compiled(_MARKS if folded.isascii() else _CLAUSES)
    parts = (part for clause in marks.split(folded) for part in begins.split(clause))
    clauses = [part.strip() for part in parts if phrases.trim(part)]
    if not 1 < len(clauses) <= _MOST_CLAUSES:
        return None
    readings = [read_clause(clause) for clause in clauses]
    if (otherwise := _with_other_model(readings, clauses)) is not None:
        return otherwise
    for reading, clause in zip(readings, clauses, strict=True):
        lasting = reading.action is Action.PREFER and not reading.casual
        is_free = reading.action in _BESIDE_ANYTHING or lasting
        if not (is_free or reading.action in _BESIDE_REMARKS or reading.action.spec.repeats):
            continue
        others = [
            (other, beside)
            for other, beside in zip(clauses, readings, strict=True)
            if beside.action is not reading.action
        ]
        if any(beside.action.spec.repeats for _, beside in others):
            continue  # "cancel, again"
        is_clear = len(words_in(clause)) > 1  # not so in "history, a leather book"
        any_words = is_free and is_clear
        is_sigh = reading.action is Action.AGAIN and not is_clear
        if is_sigh and any(wanting.only_talks(other) for other, _ in others):
            continue  # "the dog ate my shoes. again."
        if reading.action is Action.DELETE and any(_is_part(other) for other, _ in others):
            continue  # "the text in the corner, delete it"
        may_point = reading.action.spec.repeats
        if all(
            talk.is_remark(other, any_words=any_words)
            or (may_point and pointers.is_only(other) is not None)
            for other, _ in others
        ):
            return reading
    return None


def _with_other_model(readings: Sequence[Reading], clauses: Sequence[str]) -> Reading | None:
    """Read "once more, try another model": the same again, and not with which model."""
    actions = {reading.action for reading in readings}
    is_both = Action.OTHER_MODEL in actions and not actions.isdisjoint(_ONCE_MORE)
    if not is_both and not any(reading.other_model for reading in readings):
        return None
    beside = [
        clause
        for reading, clause in zip(readings, clauses, strict=True)
        if reading.action not in (*_ONCE_MORE, Action.OTHER_MODEL)
    ]
    if all(talk.is_remark(clause, any_words=False) for clause in beside):
        return Reading(Action.AGAIN, other_model=True)
    return None


_ONCE_MORE = (Action.AGAIN, Action.VARY)


def _is_part(folded: str) -> bool:
    """Tell whether words name a part of a picture, and say nothing of it."""
    return grammar(languages_of(folded)).pattern("asides.part").fullmatch(folded) is not None


def names_nothing(text: str) -> bool:
    """Tell whether a text asks for a picture, or says what one is for, and nothing that it could
    show."""
    folded = fold(text).text
    if len(folded) > phrases.LONGEST_COMMAND:
        return False
    rest = without_purposes(folded)
    if rest is None:
        return talk.only_asks(folded, talks=False) and not wanting.evidence(text).describes
    return not phrases.trim(rest) or talk.only_asks(rest)


@dataclass(frozen=True, slots=True)
class ChangeReading:
    """Whether words ask to change a picture there is, and whether that can hardly be otherwise."""

    change: bool
    sure: bool


def change_of(text: str) -> ChangeReading:
    """Read whether `text` asks to change a picture there is, or to draw a new one.

    Settings alone are a change too: "16:9", 换成竖图.
    """
    words = _words_of_change(text)
    if words is None:
        return ChangeReading(change=True, sure=True)
    change = changes.is_change(words)
    return ChangeReading(change, certainty.is_sure(words, change=change))


def asks_for_another(text: str) -> bool:
    """Tell whether `text` says itself that another picture is wanted, not the one at hand."""
    return changes.asks_for_another(fold(text).text)


def adds(text: str) -> bool:
    """Tell whether `text` adds something that was forgotten to what was asked for."""
    return changes.adds(fold(text).text)


def is_change(text: str) -> bool:
    """Tell whether `text` asks to change a picture there is, not to draw a new one."""
    words = _words_of_change(text)
    return words is None or changes.is_change(words)


def _words_of_change(text: str) -> str | None:
    """Return the folded words beside the settings of a text; None where it says settings only."""
    found = search(text)
    if any(said.value != "1" for said in found.directives) and not found.prompt:
        return None
    return fold(found.prompt or text).text


def read_quoting(
    text: str,
    quoted: str,
    *,
    max_images: int = 4,
    models: Sequence[Model] = NEWEST,
    default_model: str = "",
) -> Reading | None:
    """Read words in reply to somebody's text, if they ask for a picture of that text.

    The prompt is the text as it stands, and what the words say of the style.
    """
    if len(text) > quotes.LONGEST:
        return None
    found = search(text, models)
    said_apart = [] if found.prompt else _STOPS.split(text)
    readings = [found.prompt, *said_apart, *found.bare, text]
    styles = map(quotes.style_of, readings if found.directives else (text,))
    style = next((style for style in styles if style is not None), None)
    if style is None and quoted.strip() and quotes.is_style(text):
        style = text
    if style is None and quoted.strip():
        style = _style_beside(text)
    if style is None and quoted.strip() and _asks_at_last(text):
        style = ""
    if style is None and quoted.strip() and _asks_about_words(text):
        style = found.prompt or text
    if style is None and quoted.strip() and _likely_means_words(text):
        style = found.prompt
    if style is None:
        return None
    choices = ModelChoices(tuple(models), default_model or models[0].id)
    settings = text
    if (said := search(style, models)).directives and not said.prompt:  # "as a square"
        settings, style = style, ""
    reading = _draw(settings, image=True, max_images=max_images, choices=choices)
    prompt = "\n\n".join(filter(None, (quoted.strip(), style)))
    return replace(reading, task=TEXT_TO_IMAGE, prompt=prompt)


def _style_beside(text: str) -> str | None:
    """Return the style that stands behind words that point at others: "draw this, in oils"."""
    pointing, *rest = _STOPS.split(text, maxsplit=1)
    style = rest[0].strip() if rest else ""
    if not style or quotes.style_of(pointing) != "":
        return None
    found = wanting.evidence(style)
    is_style = found.styled and not (found.talks or found.describes)
    return style if is_style else None


def _asks_at_last(text: str) -> bool:
    """Tell whether words ask for a picture of others behind a remark: "so good! draw it"."""
    *before, last = [part.strip() for part in _STOPS.split(text) if part.strip()] or [""]
    if not 0 < len(before) < _MOST_CLAUSES or quotes.style_of(last) != "":
        return False
    return all(
        quotes.points(part) or talk.is_remark(fold(part).text, any_words=False) for part in before
    )


def may_quote(text: str) -> bool:
    """Tell whether `text` may ask for a picture of words, if it replies to some."""
    is_style = quotes.is_style(text) or _style_beside(text) is not None
    is_asked = _asks_at_last(text) or _asks_about_words(text)
    return is_style or is_asked or _likely_means_words(text)


def _asks_about_words(text: str) -> bool:
    if not quotes.points(text) or is_change(text):
        return False
    found = wanting.evidence(text)
    return found.asks or (found.styled and not (found.talks or found.tells))


def _likely_means_words(text: str) -> bool:
    """Tell whether a reply is likely to want a picture, and of the words that it replies to: it
    points at them, or shows nothing itself."""
    odds = classifier.log_odds(text, Situation.REPLY)
    found = wanting.evidence(text)
    if odds is None or found.withdrawn or wanting.denies(text):
        return False
    if quotes.points(text):
        return odds >= _POINTING
    return odds >= classifier.SURE and not (found.wants(Situation.REPLY) or is_change(text))


_POINTING = 1.0
"""The least log odds of a reply that points at words."""


def _slash(text: str) -> tuple[Action | None, str]:
    """Return the action of a slash command and the text after it."""
    folded = fold(text.lstrip())
    name, end = phrases.slash(folded.text)
    if name is None:
        return None, text
    rest = text.lstrip()[folded.origin[end] :]
    if name == "draw" and (label := _PROMPT_LABEL.match(rest)):  # as Midjourney's /imagine has it
        rest = rest[label.end() :]
    is_question = name in ("draw", "prefer") or not rest.strip()
    return (Action(name), rest) if is_question else (_with_rest(name), rest)


_PROMPT_LABEL = re.compile(r"\s*prompt\s*[:：]\s*", re.IGNORECASE)


def is_command(text: str) -> bool:
    """Tell whether a text begins with a slash command: "/draw a fox"."""
    return _slash(text)[0] is not None


def _with_rest(name: str) -> Action:
    """Return what a command means when words follow it: `/model pro` chooses."""
    return Action.PREFER if name in ("models", "settings") else Action(name)


@dataclass(frozen=True, slots=True)
class ModelChoices:
    """The models to choose from, and the settings of one message made concrete."""

    models: tuple[Model, ...]
    default_model: str

    def name_alone(self, folded: str) -> str | None:
        """Return the name of a model that is all of a message, if it is no ordinary word too."""
        name = phrases.trim(folded)
        ordinary = catalog.is_ordinary(name, self.models)
        return name if not ordinary and catalog.find(name, self.models) else None

    def named(self, said: Sequence[Directive]) -> str | None:
        """Return the first name of a model in the words that is one."""
        names = (directive.value for directive in said if directive.slot == "model")
        return next((name for name in names if catalog.find(name, self.models)), None)

    def model(self, said: Sequence[Directive]) -> str | None:
        """Return the model the words name, else the one their quality or budget asks for."""
        if (name := self.named(said)) and (found := catalog.find(name, self.models)):
            return found.id
        for directive in said:
            if directive.slot == "quality":
                best = directive.value == BEST
                wanted = (catalog.premium if best else catalog.standard)(self.models)
                return wanted.id if wanted else self.default_model
        return None

    def size(self, said: Sequence[Directive], model: str | None) -> tuple[str | None, bool]:
        """Return the size asked for or implied by a budget, and whether it was too large."""
        for directive in said:
            if directive.slot in ("size", "pixels"):
                known, reduced = _size(directive)
                if known:
                    return known, reduced
        quality = [directive.value for directive in said if directive.slot == "quality"]
        found = catalog.find(model, self.models) if model else None
        if quality and quality[0] != BEST and found is not None and found.role != "premium":
            return catalog.fit_size(found, catalog.SIZES[0]), False
        return None, False

    def aspect_ratio(self, said: Sequence[Directive]) -> tuple[str | None, bool]:
        """Return the first aspect ratio, else what the first word means, and if it was changed.

        A ratio that no model has becomes the nearest one.
        """
        known = {ratio for model in self.models for ratio in model.aspect_ratios}.union(
            catalog.RATIOS
        )
        for directive in said:
            if directive.slot in ("aspect_ratio", "pixels"):
                nearest, is_exact = _nearest(directive.value, known)
                if nearest:
                    return nearest, directive.slot == "aspect_ratio" and not is_exact
        return next((word.value for word in said if word.slot == "orientation"), None), False


def _size(directive: Directive) -> tuple[str | None, bool]:
    """Return the size of a directive, and whether it had to be reduced to 4K."""
    if directive.slot == "pixels":
        longest = max(map(int, re.findall(r"\d+", directive.value)))
        steps = ((640, "512"), (1440, "1K"), (2600, "2K"), (4100, "4K"))
        return next((size for limit, size in steps if longest <= limit), "4K"), longest > 4100
    if size := catalog.size_of(directive.value):
        return size, False
    thousands = re.fullmatch(r"(\d+(?:\.\d+)?)K", directive.value)
    return ("4K", True) if thousands and float(thousands[1]) > 4 else (None, False)


def _nearest(ratio: str, known: Iterable[str]) -> tuple[str | None, bool]:
    """Return the known ratio nearest to "2:1" or "1920x1080", and whether it is the same one."""
    wanted = _slope(ratio)
    if wanted is None:
        return None, False
    nearest = min(known, key=lambda each: (abs((_slope(each) or 0.0) - wanted), each))
    return nearest, math.isclose(_slope(nearest) or 0.0, wanted, abs_tol=1e-9)


def _slope(ratio: str) -> float | None:
    """Return the logarithm of width / height, so that 2:1 and 1:2 are equally far from 1:1."""
    numbers = [int(number) for number in re.findall(r"\d+", ratio)]
    if len(numbers) != 2 or not all(numbers):
        return None
    return math.log(numbers[0] / numbers[1])


def _wish(folded: str, choices: ModelChoices, *, said: bool) -> Reading | None:
    """Return the preference a whole message states, if it states nothing else."""
    if len(folded) > phrases.LONGEST_COMMAND or not names_settings(folded, choices.models):
        return None
    of = languages_of(folded)
    attempts = [(text, True) for text in (phrases.peeled(folded) if said else ())]
    for text in phrases.peeled(folded):
        attempts += phrases.wishes(text, of)
    for what, firm in attempts:
        found = settings_of(what, of, casual=not firm, models=choices.models)
        if found:
            return replace(_preference(found, choices), casual=not firm)
    return None


def _preference(said: Sequence[Directive], choices: ModelChoices) -> Reading:
    """Read what a lasting wish sets."""
    return _with_settings(Reading(Action.PREFER), said, choices)


def _with_settings(reading: Reading, said: Sequence[Directive], choices: ModelChoices) -> Reading:
    """Return the reading with the model, the size and the ratio that the directives choose."""
    model = choices.model(said)
    size, reduced = choices.size(said, model)
    ratio, changed = choices.aspect_ratio(said)
    return replace(
        reading,
        model=model,
        size=size,
        aspect_ratio=ratio,
        notes=(SIZE_DOWNGRADED,) * reduced + (RATIO_CHANGED,) * changed,
        explicit_model=model is not None,
        named_model=choices.named(said),
    )


def _draw(text: str, *, image: bool, max_images: int, choices: ModelChoices) -> Reading:
    """Read a picture to draw: its settings, and the prompt without them."""
    found = search(text, choices.models)
    said = found.directives
    if not image and (repeated := _repeated(text, found, max_images, choices)):
        return repeated
    reading = _for_purpose(_with_settings(Reading(Action.DRAW), said, choices), text)
    count = _count(said)
    return replace(
        reading,
        task=IMAGE_TO_IMAGE if image else TEXT_TO_IMAGE,
        model=reading.model or choices.default_model,
        count=min(count, max_images),
        notes=reading.notes + (COUNT_LIMITED,) * (count > max_images),
        prompt=found.prompt or text.strip(),
    )


_RATIO_SAID = re.compile(r"(?<!\d)\d{1,2} ?[:x×/比] ?\d{1,2}(?!\d)")


def _for_purpose(reading: Reading, text: str) -> Reading:
    """Return the reading with the ratio of what the picture is for, if it has no other one."""
    if reading.aspect_ratio is not None:
        return reading
    folded = fold(text)
    purpose = purpose_of(folded.text)
    if purpose is None or _RATIO_SAID.search(folded.text):
        return reading
    start, end = folded.origin[purpose.start], folded.origin[purpose.end]
    return replace(
        reading,
        aspect_ratio=purpose.aspect_ratio,
        notes=(*reading.notes, PURPOSE_RATIO),
        purpose=text[start:end].strip(),
    )


_REPEATED = (Action.AGAIN, Action.VARY, Action.LARGER)
"""What is done to a picture with other settings."""


def _repeated(text: str, found: Found, max_images: int, choices: ModelChoices) -> Reading | None:
    """Read a repetition with settings beside it: "one more, but square", "upscale to 2K"."""
    folded = fold(text).text
    if len(folded) > phrases.LONGEST_COMMAND:
        return None
    apart = ((bare, found.directives) for bare in found.bare if found.directives)
    for words, settings in chain(halves(folded, choices.models), apart):
        action = next((each for each in _REPEATED if each == phrases.command(words)), None)
        if action is not None:
            reading = _with_settings(Reading(action), settings, choices)
            return _counted(reading, _count(settings), max_images)
    return None


def _counted(reading: Reading, count: int, max_images: int) -> Reading:
    """Return a repetition with how many pictures are wanted, if more than one is."""
    limited = (COUNT_LIMITED,) * (count > max_images)
    wanted = min(count, max_images) if count > 1 else None
    return replace(reading, count=wanted, notes=reading.notes + limited)


def _count(said: Sequence[Directive]) -> int:
    """Return how many pictures: the first count above one."""
    counts = [int(directive.value) for directive in said if directive.slot == "count"]
    return next((count for count in counts if count > 1), 1)
