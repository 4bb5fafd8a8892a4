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

from bot.domain import catalog
from bot.domain.catalog import COMMON_RATIOS, SIZES, Model
from bot.domain.image_models import UNKNOWN_REFERENCES, ImageModels, as_model
from messages import Cost

Endpoint = Literal["images", "chat"]

AT_ONCE = 6
"""Price lists that are asked for at the same time."""

MOST_REFERENCES = 16
"""``input_references`` of the Image API has at most so many items."""

SECONDS = (5, 60)
"""How long a picture of a model takes of which we know no better."""

PROGRESS_EVERY = 15

VENDOR = "google"
"""Whose models the data knows."""

_RATIO = re.compile(r"[1-9]\d?:[1-9]\d?")


@dataclass(frozen=True, slots=True)
class ModelOffer:
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


def built_in(known: ImageModels) -> list[ModelOffer]:
    """What is offered while OpenRouter cannot be asked."""
    return [ModelOffer(model, f"{VENDOR}/{model.id}") for model in known.available()]


def unlisted(slug: str) -> ModelOffer:
    """A model that is in no list: nothing is known of it."""
    model = Model(slug, slug, (), (), MOST_REFERENCES, SECONDS, PROGRESS_EVERY)
    return ModelOffer(model, slug)


def entries(body: Any) -> list[Mapping[str, Any]]:
    """The models in the answer of a list."""
    return [entry for entry in _list(body, "data") if isinstance(entry, dict)]


def read(
    images: Iterable[Mapping[str, Any]],
    models: Iterable[Mapping[str, Any]],
    patterns: Sequence[str],
    known: ImageModels,
) -> list[ModelOffer]:
    """The offers in the two lists, in OpenRouter's order."""
    both = {str(entry.get("id")): _offer(entry, "images", known) for entry in images}
    for entry in models:
        if "image" in _modalities(entry, "output"):
            both.setdefault(str(entry.get("id")), _offer(entry, "chat", known))
    return [
        offer
        for slug, offer in both.items()
        if any(fnmatchcase(slug, pattern) for pattern in patterns)
        and (not slug.endswith("-preview") or slug.removesuffix("-preview") not in both)
    ]


def _offer(entry: Mapping[str, Any], endpoint: Endpoint, known: ImageModels) -> ModelOffer:
    slug = str(entry.get("id"))
    generation = known.known(slug)
    model = as_model(generation) if generation else _unknown(slug, entry, known)
    text = "text" in _modalities(entry, "output")
    offer = ModelOffer(model, slug, endpoint, text=text)
    parameters = entry.get("supported_parameters")
    return _limited(offer, entry, parameters) if isinstance(parameters, dict) else offer


def _limited(
    offer: ModelOffer, entry: Mapping[str, Any], parameters: Mapping[str, Any]
) -> ModelOffer:
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


def _unknown(slug: str, entry: Mapping[str, Any], known: ImageModels) -> Model:
    return Model(
        id=slug,
        name=_name(slug, str(entry.get("name") or ""), known),
        sizes=(),
        aspect_ratios=COMMON_RATIOS if known.is_image_model(slug) else (),
        max_references=UNKNOWN_REFERENCES if "image" in _modalities(entry, "input") else 0,
        seconds=SECONDS,
        progress_every=PROGRESS_EVERY,
        aliases=(released,) if (released := slug.removesuffix("-preview")) != slug else (),
    )


def prices(body: Any, offer: ModelOffer, known: ImageModels) -> tuple[tuple[str, Cost], ...]:
    """What one picture costs, by size, at the dearest of those who serve the model.

    A price for a token is one for a picture where it is known how many a picture takes.
    """
    generation = known.known(offer.slug)
    tokens = generation.picture_tokens if generation else {}
    found: dict[str, float] = {}
    for price in _output_prices(body):
        for size in offer.model.sizes or ("",):
            if (amount := _amount(price, size, tokens)) is not None:
                found[size] = max(amount, found.get(size, 0.0))
    return tuple((size, Cost(round(amount, 6), "USD")) for size, amount in found.items())


def _output_prices(body: Any) -> list[Mapping[str, Any]]:
    return [
        price
        for endpoint in _list(body, "endpoints")
        for price in _list(endpoint, "pricing")
        if isinstance(price, dict) and price.get("billable") == "output_image"
    ]


def _amount(price: Mapping[str, Any], size: str, tokens: Mapping[Any, int]) -> float | None:
    """The price of one picture of a size, where it can be told from this line."""
    cost, variant = price.get("cost_usd"), price.get("variant")
    if not isinstance(cost, int | float):
        return None
    if price.get("unit") == "image" and (not variant or catalog.size_of(str(variant)) == size):
        return float(cost)
    if price.get("unit") == "token" and size in tokens:
        return float(cost) * tokens[size]
    return None


def _name(slug: str, name: str, known: ImageModels) -> str:
    """A name for people: the one before or in the brackets, if it is not another model's."""
    outside, _, inside = name.rpartition(": ")[2].partition(" (")
    title = slug.rpartition("/")[2].replace("-", " ").title()
    given = (candidate.strip(" )") for candidate in (outside, inside, title))
    return next((one for one in given if one and not known.is_taken(one)), slug)


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
