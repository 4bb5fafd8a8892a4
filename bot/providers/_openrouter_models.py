"""What OpenRouter offers: its lists of models, read as ours.

``/images/models`` has the models of the Image API, each with what it accepts
(https://openrouter.ai/docs/api/api-reference/images/list-image-generation-models); ``/models`` has
those that can be asked for pictures in a chat as well.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any, Literal

from bot import catalog
from bot.catalog import COMMON_RATIOS, KNOWN, SIZES, Model
from messages import Cost

Endpoint = Literal["images", "chat"]

AT_ONCE = 6
"""Price lists that are asked for at the same time."""

MOST_REFERENCES = 16
"""``input_references`` of the Image API has at most so many items."""

TOKENS_1K = 1120
"""Image tokens of a 1K picture of Gemini 3; for other sizes no number is documented."""

SECONDS = (5, 60)
"""How long a picture of a model takes of which we know no better."""

PROGRESS_EVERY = 15

_RATIO = re.compile(r"[1-9]\d?:[1-9]\d?")


@dataclass(frozen=True, slots=True)
class Offer:
    """A model as OpenRouter has it.

    ``slug`` is its name there, ``endpoint`` the way to ask it, ``together`` how many pictures one
    call of the Image API makes, ``text`` whether it answers with text as well, ``streams`` whether
    it sends pictures before they are finished.
    """

    model: Model
    slug: str
    endpoint: Endpoint = "images"
    together: int = 1
    text: bool = True
    streams: bool = False


BUILT_IN = tuple(
    Offer(replace(model, aliases=(*model.aliases, f"google/{model.id}")), f"google/{model.id}")
    for model in KNOWN
)
"""What is offered while OpenRouter cannot be asked."""


def unlisted(slug: str) -> Offer:
    """A model that is in no list: nothing is known of it."""
    model = Model(slug, slug, (), (), MOST_REFERENCES, SECONDS, PROGRESS_EVERY)
    return Offer(model, slug)


def entries(body: Any) -> list[Mapping[str, Any]]:
    """The models in the answer of a list."""
    return [entry for entry in _list(body, "data") if isinstance(entry, dict)]


def read(
    images: Iterable[Mapping[str, Any]],
    models: Iterable[Mapping[str, Any]],
    patterns: Sequence[str],
) -> list[Offer]:
    """The offers in the two lists; the models we know first, the others in OpenRouter's order."""
    both = {str(entry.get("id")): _offer(entry, "images") for entry in images}
    for entry in models:
        if "image" in _modalities(entry, "output"):
            both.setdefault(str(entry.get("id")), _offer(entry, "chat"))
    offers = [
        offer
        for slug, offer in both.items()
        if any(fnmatchcase(slug, pattern) for pattern in patterns)
        and (not slug.endswith("-preview") or slug.removesuffix("-preview") not in both)
    ]
    order = [model.id for model in KNOWN]
    return sorted(offers, key=lambda offer: (*order, offer.model.id).index(offer.model.id))


def _offer(entry: Mapping[str, Any], endpoint: Endpoint) -> Offer:
    slug = str(entry.get("id"))
    known = next((model for model in KNOWN if _is(slug, model)), None)
    model = known or Model(
        id=slug,
        name=_name(slug, str(entry.get("name") or "")),
        sizes=(),
        aspect_ratios=COMMON_RATIOS if slug.startswith("google/gemini") else (),
        max_references=3 if "image" in _modalities(entry, "input") else 0,
        seconds=SECONDS,
        progress_every=PROGRESS_EVERY,
    )
    released = slug.removesuffix("-preview")
    names = (released, f"{released}-preview") if known else (released,)
    aliases = (*model.aliases, *(name for name in names if name != model.id))
    text = "text" in _modalities(entry, "output")
    offer = Offer(replace(model, aliases=aliases), slug, endpoint, text=text)
    parameters = entry.get("supported_parameters")
    return _limited(offer, entry, parameters) if isinstance(parameters, dict) else offer


def _limited(offer: Offer, entry: Mapping[str, Any], parameters: Mapping[str, Any]) -> Offer:
    """An offer of the Image API with the limits in its description.

    A parameter is ``{"type": "enum", "values"}``, ``{"type": "range", "min", "max"}`` or
    ``{"type": "boolean"}``; one that is absent is not supported.
    """
    sizes = {catalog.size_of(value) for value in _values(parameters, "resolution")}
    ratios = tuple(v for v in _values(parameters, "aspect_ratio") if _RATIO.fullmatch(v))
    references = 0
    if "input_references" in parameters and "image" in _modalities(entry, "input"):
        references = _most(parameters, "input_references", MOST_REFERENCES)
    model = replace(
        offer.model,
        sizes=tuple(size for size in SIZES if size in sizes),
        aspect_ratios=ratios,
        max_references=max(0, min(references, MOST_REFERENCES)),
    )
    together = max(1, _most(parameters, "n", 1))
    streams = entry.get("supports_streaming") is True
    return replace(offer, model=model, together=together, streams=streams)


def prices(body: Any, offer: Offer) -> tuple[tuple[str, Cost], ...]:
    """What one picture costs, by size, at the dearest of those who serve the model."""
    found: dict[str, float] = {}
    for price in _output_prices(body):
        for size in offer.model.sizes or ("",):
            if (amount := _amount(price, size, offer.slug)) is not None:
                found[size] = max(amount, found.get(size, 0.0))
    return tuple((size, Cost(round(amount, 6), "USD")) for size, amount in found.items())


def _output_prices(body: Any) -> list[Mapping[str, Any]]:
    return [
        price
        for endpoint in _list(body, "endpoints")
        for price in _list(endpoint, "pricing")
        if isinstance(price, dict) and price.get("billable") == "output_image"
    ]


def _amount(price: Mapping[str, Any], size: str, slug: str) -> float | None:
    """The price of one picture of a size, where it can be told from this line."""
    cost, variant = price.get("cost_usd"), price.get("variant")
    if not isinstance(cost, int | float):
        return None
    if price.get("unit") == "image" and (not variant or catalog.size_of(str(variant)) == size):
        return float(cost)
    if price.get("unit") == "token" and size == "1K" and slug.startswith("google/gemini-3"):
        return float(cost) * TOKENS_1K
    return None


def _is(slug: str, model: Model) -> bool:
    """Whether a slug is a model that we know, or the preview that it was once."""
    return slug.removesuffix("-preview") == f"google/{model.id}"


def _name(slug: str, name: str) -> str:
    """A name for people: the one before or in the brackets, if it is not another model's."""
    outside, _, inside = name.rpartition(": ")[2].partition(" (")
    title = slug.rpartition("/")[2].replace("-", " ").title()
    given = (candidate.strip(" )") for candidate in (outside, inside, title))
    return next((known for known in given if known and catalog.find(known) is None), slug)


def _modalities(entry: Mapping[str, Any], direction: str) -> list[Any]:
    return _list(entry.get("architecture"), f"{direction}_modalities")


def _values(parameters: Mapping[str, Any], name: str) -> list[str]:
    return [str(value) for value in _list(parameters.get(name), "values")]


def _list(value: Any, name: str) -> list[Any]:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def _most(parameters: Mapping[str, Any], name: str, otherwise: int) -> int:
    parameter = parameters.get(name)
    most = parameter.get("max") if isinstance(parameter, dict) else None
    return most if isinstance(most, int) else otherwise
