"""A size that a service does not take, told from its other complaints about a request."""

import re
from collections.abc import Iterable
from dataclasses import replace

from bot.domain import catalog
from bot.domain.catalog import Model
from bot.domain.failures import Failure, Reason
from bot.domain.generation import Request

_SIZE = re.compile(r"image[ _]?size|resolution", re.IGNORECASE)
"""``imageSize`` of Gemini's ``imageConfig``, ``image_size`` and ``resolution`` of OpenRouter."""


def size_refusal(failure: Failure, request: Request, models: Iterable[Model]) -> Failure:
    """``UNSUPPORTED_SIZE`` where a bad request is bad for its size; else the failure as it is."""
    said = f"{failure.explanation or ''} {failure.detail}"
    if failure.reason is not Reason.BAD_PARAMETERS or not request.size or not _SIZE.search(said):
        return failure
    if _SIZE.search(str(request.extra)):  # it is not the size of the request that was sent
        return failure
    model = catalog.find(request.model, models)
    facts = {
        "model": model.name if model else request.model,
        "size": request.size,
        "sizes": [size for size in (model.sizes if model else ()) if size != request.size],
    }
    return replace(failure, reason=Reason.UNSUPPORTED_SIZE, facts=facts)
