"""The same request once more, as it is or with one thing changed."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain import catalog
from bot.domain.actions import Action
from bot.domain.catalog import Model
from bot.domain.jobs import Job
from bot.domain.requests import Options

VARIATIONS = 4
"""How many variations are made, if so many pictures may be asked for at once."""

_LARGER = (
    "Render this very picture again at a higher resolution. Keep the composition, the colors and "
    "every detail as they are, only sharper. It shows: {prompt}"
)
_VARIATION = (
    "Make a variation of this picture: the same subject, style and mood, with another composition "
    "and other details. It shows: {prompt}"
)
_EXTENSION = (
    "Extend this very picture to the aspect ratio {ratio}: keep what it shows as it is, and "
    "continue the scene beyond its edges. It shows: {prompt}"
)


@dataclass(frozen=True, slots=True)
class Repeat:
    """What a repetition changes."""

    options: Options
    prompt: str
    count: int


def repeat(
    first: Job, action: Action, asked: Options, models: Sequence[Model], limit: int
) -> Repeat:
    """How ``action`` repeats ``first``, with what was ``asked`` for besides, and at most ``limit``
    pictures."""
    match action:
        case Action.PRO:
            best = catalog.premium(models)
            return Repeat(Options(model=best.id if best else None), first.prompt, first.count)
        case Action.SMALLER:
            return Repeat(Options(size=smaller(first, models)), first.prompt, first.count)
        case Action.LARGER:
            prompt = _LARGER.format(prompt=first.prompt)
            return Repeat(Options(size=larger(first, models)), prompt, 1)
        case Action.VARY:
            prompt = _VARIATION.format(prompt=first.prompt)
            return Repeat(Options(), prompt, min(VARIATIONS, limit))
        case Action.EXTEND:
            prompt = _EXTENSION.format(ratio=asked.aspect_ratio, prompt=first.prompt)
            return Repeat(Options(), prompt, 1)
        case _:
            return Repeat(Options(), first.prompt, first.count)


def larger(job: Job, models: Sequence[Model]) -> str | None:
    """The next size above a job's that its model makes, if there is one."""
    return _next(job, models, 1)


def smaller(job: Job, models: Sequence[Model]) -> str | None:
    """The next size below a job's that its model makes, if there is one."""
    return _next(job, models, -1)


def _next(job: Job, models: Sequence[Model], step: int) -> str | None:
    model = catalog.find(job.model, models)
    return catalog.next_size(model, job.size, step) if model else None
