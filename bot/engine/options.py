"""Which model, size, aspect ratio and number of pictures a request gets.

The order is always the same: what was chosen in a form or a command, then what was said, then what
is usual for this person and picture, then what the operator configured. A choice that is not to be
had is refused; words that ask for it get the nearest thing there is, and a note that says so. So
does whoever means a model that another one has replaced: nobody has to know which there are today.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.domain import catalog
from bot.domain.catalog import Match, Model, Predecessor
from bot.domain.failures import Failure, Reason
from bot.domain.image_models import ImageModels
from bot.domain.preferences import Preference
from bot.domain.requests import Options
from bot.language.wording import Reading
from messages import Note


@dataclass(frozen=True, slots=True)
class ChosenOptions:
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
    default: Options,
    models: Sequence[Model],
    *,
    limit: int,
    references: int = 0,
) -> ChosenOptions | Failure:
    """Settle every choice for a request with so many ``references`` and at most ``limit`` pictures.

    ``usual`` is what this person prefers, or what the picture at hand was made with; ``default``
    what an operator configured for everybody. ``models`` are those on offer, the default one first.
    """
    match = _model(options, reading, usual, default, models)
    if isinstance(match, Failure):
        return match
    model = match.model
    if match.replaced or options.model is None:  # nobody chose them for this very model
        reading, options = _loosened(reading, options)
    if references > model.max_references:
        facts = {"count": references, "model": model.name, "limit": model.max_references}
        return Failure(Reason.TOO_MANY_REFERENCES, facts)
    size = _size(options, reading, usual, default, model)
    if isinstance(size, Failure):
        return size
    ratio = _ratio(options, reading, usual, default, model)
    if isinstance(ratio, Failure):
        return ratio
    count = options.count if options.count is not None else reading.count or 1
    if not 1 <= count <= limit:
        return Failure(Reason.BAD_COUNT, {"limit": limit})
    notes = (*match.notes, *_said(reading, size[0], limit), *size[1], *ratio[1])
    return ChosenOptions(model, size[0], ratio[0], count, notes)


def _loosened(reading: Reading, options: Options) -> tuple[Reading, Options]:
    """The same wishes, with the size and the ratio of a form as if they had been said.

    One that no model has stays where it is refused.
    """
    size = catalog.size_of(options.size) if options.size else None
    ratio = options.aspect_ratio if options.aspect_ratio in catalog.RATIOS else None
    said = replace(reading, size=size or reading.size, aspect_ratio=ratio or reading.aspect_ratio)
    return said, replace(
        options,
        size=None if size else options.size,
        aspect_ratio=None if ratio else options.aspect_ratio,
    )


def _said(reading: Reading, size: str | None, limit: int) -> list[Note]:
    facts: dict[str, dict[str, object]] = {
        "size_downgraded": {"size": size},
        "ratio_changed": {"ratio": reading.aspect_ratio},
        "count_limited": {"limit": limit},
        "purpose_ratio": {"ratio": reading.aspect_ratio, "purpose": reading.purpose},
    }
    return [Note(key, facts[key]) for key in reading.notes]


def _model(
    options: Options, reading: Reading, usual: Options, default: Options, models: Sequence[Model]
) -> Match | Failure:
    if options.model is not None:
        return named(options.model, models)
    said = reading.named_model or reading.model
    wanted = said if reading.explicit_model else usual.model or default.model
    found = catalog.resolve(wanted, models) if wanted else None
    return found or Match(models[0])


def named(name: str, models: Sequence[Model]) -> Match | Failure:
    """The model of that name, or a refusal that lists those there are."""
    facts = {"model": name, "models": [model.name for model in models]}
    return catalog.resolve(name, models) or Failure(Reason.UNKNOWN_MODEL, facts)


def preferred(name: str, models: Sequence[Model], known: ImageModels) -> Match:
    """What a model that was chosen once means now; in the place of one not to be had, the first."""
    if match := catalog.resolve(name, models):
        return match
    generation = known.known(name)
    called = generation.name if generation else name
    return Match(models[0], Predecessor(name, called, ended=False))


def today(liked: Preference, models: Sequence[Model]) -> Preference:
    """What a person likes, by what is offered now: for menus, which have no entry for the rest.

    A model that was replaced is its successor, a size or a ratio that no model makes the nearest
    one; a model that nobody knows is no choice.
    """
    model = catalog.find(liked.model, models) if liked.model else None
    usual = model or models[0]
    return replace(
        liked,
        model=model.id if model else None,
        size=size_offered(liked.size, usual, models),
        aspect_ratio=ratio_offered(liked.aspect_ratio, usual, models),
    )


def size_offered(size: str | None, model: Model, models: Sequence[Model]) -> str | None:
    """A size if any model makes it, else the nearest that `model` makes; None if it takes none."""
    if any(size in each.sizes for each in models):
        return size
    return catalog.fit_size(model, size)


def ratio_offered(ratio: str | None, model: Model, models: Sequence[Model]) -> str | None:
    """A ratio if any model makes it, else the nearest that `model` makes."""
    if any(ratio in each.aspect_ratios for each in models):
        return ratio
    return catalog.fit_aspect_ratio(model, ratio)


def _size(
    options: Options, reading: Reading, usual: Options, default: Options, model: Model
) -> tuple[str | None, list[Note]] | Failure:
    if options.size is not None:
        size = catalog.size_of(options.size)
        if size in model.sizes:
            return size, []
        facts = {"model": model.name, "size": options.size, "sizes": model.sizes}
        return Failure(Reason.UNSUPPORTED_SIZE, facts)
    wanted = reading.size or usual.size
    size = catalog.fit_size(model, wanted or default.size)
    if wanted is None or size in (wanted, None):
        return size, []
    facts = {"model": model.name, "asked": wanted, "size": size}
    return size, [Note("size_adjusted", facts)]


def _ratio(
    options: Options, reading: Reading, usual: Options, default: Options, model: Model
) -> tuple[str | None, list[Note]] | Failure:
    asked = options.aspect_ratio
    if asked is not None:
        if asked in model.aspect_ratios:
            return asked, []
        facts = {"model": model.name, "ratio": asked, "ratios": model.aspect_ratios}
        return Failure(Reason.UNSUPPORTED_RATIO, facts)
    wanted = reading.aspect_ratio or usual.aspect_ratio
    ratio = catalog.fit_aspect_ratio(model, wanted or default.aspect_ratio)
    if wanted is None or ratio in (wanted, None):
        return ratio, []
    facts = {"model": model.name, "asked": wanted, "ratio": ratio}
    return ratio, [Note("ratio_adjusted", facts)]
