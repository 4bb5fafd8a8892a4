"""What people say → what to do. Pure: no network, no language model, no clock.

`read` decides in this order:

1. a slash command says its action; what follows `/draw` is read on;
2. a whole message that is a known phrase is that command: "stop", 再来一张, "my settings";
3. a whole message that is a lasting wish is a preference: "always use pro", 以后都用竖图; so is
   the bare name of a model where there is no picture to edit;
4. everything else is a picture to draw — an edit when there is a picture already. Directives are
   taken out of the prompt where they stand as directives (see `directives`); the rest is content.

A directive-only message keeps the person's own words as its prompt, so that an edit always says
what to change. "Again" with settings is an edit when there is a picture, else plainly again.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot.domain import catalog
from bot.domain.actions import Action
from bot.domain.catalog import Model
from bot.domain.image_models import NEWEST
from bot.language import changes, phrases
from bot.language.directives import Directive, halves, names_settings, search, settings_of
from bot.language.grammar.languages import languages_of
from bot.language.spelling import fold
from bot.language.tokens import BEST

TEXT_TO_IMAGE, IMAGE_TO_IMAGE = "text_to_image", "image_to_image"
SIZE_DOWNGRADED = "size_downgraded"  # more than 4K was asked: 4K it is
RATIO_CHANGED = "ratio_changed"  # no model has the ratio that was asked: the nearest it is
COUNT_LIMITED = "count_limited"  # more pictures were asked than one request may have


@dataclass(frozen=True, slots=True)
class Reading:
    """What a message says. Only a draw has a task, a count and a prompt.

    Settings of `again` are those to repeat the last request with; it keeps the others.
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
    if action is None:
        named = phrases.command(folded)
        action = Action(named) if named else None
    choices = ModelChoices(tuple(models), default_model or models[0].id)
    if action is None and not image and (named_model := choices.name_alone(folded)):
        match = catalog.resolve(named_model, models)
        return Reading(
            Action.PREFER,
            model=match.model.id if match else None,
            explicit_model=True,
            named_model=named_model,
        )
    if action in (None, Action.PREFER):
        wish = _wish(folded, choices, said=action is not None)
        if wish is not None:
            return wish
    if action not in (None, Action.DRAW):
        return Reading(Action.SETTINGS if action is Action.PREFER else action)
    return _draw(text, image=image, max_images=max_images, choices=choices)


def is_change(text: str) -> bool:
    """Tell whether `text` asks to change a picture there is, not to draw a new one.

    Settings alone are a change too: "16:9", 换成竖图.
    """
    found = search(text)
    if any(said.value != "1" for said in found.directives) and not found.prompt:
        return True
    return changes.is_change(fold(found.prompt or text).text)


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
            return _preference(found, choices)
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
    if not image and (again := _again(text, choices)):
        return again
    found = search(text, choices.models)
    said = found.directives
    if said and not image and any(phrases.command(bare) == Action.AGAIN for bare in found.bare):
        return _with_settings(Reading(Action.AGAIN), said, choices)
    reading = _with_settings(Reading(Action.DRAW), said, choices)
    count = _count(said)
    return replace(
        reading,
        task=IMAGE_TO_IMAGE if image else TEXT_TO_IMAGE,
        model=reading.model or choices.default_model,
        count=min(count, max_images),
        notes=reading.notes + (COUNT_LIMITED,) * (count > max_images),
        prompt=found.prompt or text.strip(),
    )


def _again(text: str, choices: ModelChoices) -> Reading | None:
    """Read "again" with settings behind it: "one more, but square"."""
    folded = fold(text).text
    if len(folded) > phrases.LONGEST_COMMAND:
        return None
    for beginning, settings in halves(folded, choices.models):
        if phrases.command(beginning) == Action.AGAIN:
            return _with_settings(Reading(Action.AGAIN), settings, choices)
    return None


def _count(said: Sequence[Directive]) -> int:
    """Return how many pictures: the first count above one."""
    counts = [int(directive.value) for directive in said if directive.slot == "count"]
    return next((count for count in counts if count > 1), 1)
