"""Gemini's image models, by the names under which services list them.

Sizes, ratios and pictures to work from of those that are not in our own catalogue are from
https://ai.google.dev/gemini-api/docs/image-generation#aspect_ratios_and_image_size and #limits.
"""

from collections.abc import Iterable
from dataclasses import replace

from bot import catalog
from bot.catalog import Model
from bot.providers._catalogue import Offers

_LONG = catalog.COMMON_RATIOS + catalog.LONG_RATIOS
_OTHERS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...], int]] = {
    "gemini-3.1-flash-lite-image": ("Nano Banana 2 Lite", ("1K",), _LONG, 14),
    "gemini-2.5-flash-image": ("Gemini 2.5 Flash Image", (), catalog.COMMON_RATIOS, 3),
}


def image_model(called: str, name: str = "") -> Model | None:
    """The image model that a service calls ``called``; ``None`` if it is no such model.

    A preview is the model itself. One that nobody has heard of is taken to be able to do what all
    of them can. ``name`` is the service's display name, unless another model goes by it here.
    """
    own = called.removesuffix("-preview")
    if not own.startswith("gemini-") or "image" not in own:
        return None
    known = catalog.find(own)
    if known is not None and known.id == own:
        return replace(known, aliases=tuple(dict.fromkeys((*known.aliases, called))))
    if not name or catalog.find(name):
        name = own
    name, sizes, ratios, references = _OTHERS.get(own, (name, (), catalog.COMMON_RATIOS, 3))
    return Model(
        id=own,
        name=name,
        sizes=sizes,
        aspect_ratios=ratios,
        max_references=references,
        seconds=(10, 40),
        progress_every=15,
        aliases=(called,),
    )


def in_order(found: Iterable[tuple[str, Model]]) -> Offers:
    """Each model once, by the name it is called by: the known ones first, in our order.

    A model that is listed under its name and as a preview is called by its name.
    """
    best: dict[str, tuple[str, Model]] = {}
    for called, model in found:
        if model.id not in best or called == model.id:
            best[model.id] = (called, model)
    known = [model.id for model in catalog.KNOWN]
    ordered = sorted(best, key=lambda id: known.index(id) if id in known else len(known))
    return dict(best[id] for id in ordered)
