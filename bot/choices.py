"""Which model, size, aspect ratio and number of pictures a request gets.

The order is always the same: what was chosen in a form or a command, then what was said, then what
is usual for this person and picture, then the provider's own default. A choice that is not to be
had is refused; words that ask for it get the nearest thing there is, and a note that says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot import catalog
from bot.catalog import Model
from bot.failures import Failure, Reason
from bot.ports import Options
from bot.wording import Reading
from messages import Note


@dataclass(frozen=True, slots=True)
class Choices:
    """What was chosen; ``None`` leaves it to the model."""

    model: Model
    size: str | None
    aspect_ratio: str | None
    count: int
    notes: tuple[Note, ...]


def choose(
    options: Options,
    reading: Reading,
    usual: Options,
    models: Sequence[Model],
    *,
    limit: int,
    references: int = 0,
) -> Choices | Failure:
    """Settle every choice for a request with so many ``references`` and at most ``limit`` pictures.

    ``models`` are those on offer, the default one first.
    """
    model = _model(options, reading, usual, models)
    if isinstance(model, Failure):
        return model
    if references > model.max_references:
        facts = {"count": references, "model": model.name, "limit": model.max_references}
        return Failure(Reason.TOO_MANY_REFERENCES, facts)
    size = _size(options, reading, usual, model)
    if isinstance(size, Failure):
        return size
    ratio = _ratio(options, reading, usual, model)
    if isinstance(ratio, Failure):
        return ratio
    count = options.count if options.count is not None else reading.count or 1
    if not 1 <= count <= limit:
        return Failure(Reason.BAD_COUNT, {"limit": limit})
    notes = (*_said(reading, size[0], limit), *size[1], *ratio[1])
    return Choices(model, size[0], ratio[0], count, notes)


def _said(reading: Reading, size: str | None, limit: int) -> list[Note]:
    facts: dict[str, dict[str, object]] = {
        "size_downgraded": {"size": size},
        "count_limited": {"limit": limit},
    }
    return [Note(key, facts[key]) for key in reading.notes]


def _model(
    options: Options, reading: Reading, usual: Options, models: Sequence[Model]
) -> Model | Failure:
    if options.model is not None:
        return named(options.model, models)
    wanted = reading.model if reading.explicit_model else usual.model
    found = catalog.find(wanted, models) if wanted else None
    return found or models[0]


def named(name: str, models: Sequence[Model]) -> Model | Failure:
    """The model of that name, or a refusal that lists those there are."""
    facts = {"model": name, "models": [model.name for model in models]}
    return catalog.find(name, models) or Failure(Reason.UNKNOWN_MODEL, facts)


def _size(
    options: Options, reading: Reading, usual: Options, model: Model
) -> tuple[str | None, list[Note]] | Failure:
    if options.size is not None:
        size = catalog.size_of(options.size)
        if size in model.sizes:
            return size, []
        facts = {"model": model.name, "size": options.size, "sizes": model.sizes}
        return Failure(Reason.UNSUPPORTED_SIZE, facts)
    size = catalog.fit_size(model, reading.size or usual.size)
    if reading.size is None or size in (reading.size, None):
        return size, []
    facts = {"model": model.name, "asked": reading.size, "size": size}
    return size, [Note("size_adjusted", facts)]


def _ratio(
    options: Options, reading: Reading, usual: Options, model: Model
) -> tuple[str | None, list[Note]] | Failure:
    asked = options.aspect_ratio
    if asked is not None:
        if asked in model.aspect_ratios:
            return asked, []
        facts = {"model": model.name, "ratio": asked, "ratios": model.aspect_ratios}
        return Failure(Reason.UNSUPPORTED_RATIO, facts)
    ratio = catalog.fit_aspect_ratio(model, reading.aspect_ratio or usual.aspect_ratio)
    if reading.aspect_ratio is None or ratio in (reading.aspect_ratio, None):
        return ratio, []
    facts = {"model": model.name, "asked": reading.aspect_ratio, "ratio": ratio}
    return ratio, [Note("ratio_adjusted", facts)]
