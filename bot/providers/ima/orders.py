"""An order at IMA: what is checked before it is paid, what is sent, what a lost answer means."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.domain.failures import Failure, Reason
from bot.domain.generation import Request
from bot.domain.requests import JSON
from bot.providers._http.client import DOUBTFUL
from bot.providers.ima.products import DRAW, EDIT, PricedChoice, Product

UNCERTAIN = (
    "The order was sent, but the answer was lost. Look at https://imagent.bot before asking again."
)

_OWN = frozenset({"prompt", "n", "input_images", "cast"})
"""What a task is made of and paid by; extra parameters do not replace it."""


def task_of(request: Request) -> str:
    """The kind of task: pictures to work from make it an edit."""
    return EDIT if request.references else DRAW


def choose(
    request: Request, product: Product, extra: Mapping[str, Any], size: str | None
) -> PricedChoice | Failure:
    """Check a request against a product; ``size`` is the one to take if it is given."""
    if refusal := _miscounted(request, product):
        return refusal
    asked: dict[str, JSON] = {
        "size": request.size,
        "aspect_ratio": request.aspect_ratio,
        "n": request.count,
    }
    merged = {**extra, **request.extra}
    asked |= {field: value for field, value in merged.items() if field not in _OWN}
    return product.settle(asked | {"size": size} if size else asked)


def body(request: Request, choice: PricedChoice, sources: list[str]) -> Mapping[str, JSON]:
    """The task; its price is stated twice, and its pictures are."""
    product, rule, task = choice.product, choice.rule, task_of(request)
    parameters: dict[str, JSON] = {
        **choice.parameters,
        "prompt": request.prompt,
        "n": request.count,
        "input_images": list[JSON](sources),
        "cast": {"points": rule.points, "attribute_id": rule.attribute_id},
    }
    order: dict[str, JSON] = {
        "attribute_id": rule.attribute_id,
        "model_id": product.model_id,
        "model_name": product.name,
        "model_version": product.id,
        "app": "ima",
        "platform": "web",
        "category": task,
        "credit": rule.points,
        "parameters": parameters,
    }
    return {
        "task_type": task,
        "enable_multi_model": False,
        "src_img_url": list[JSON](sources),
        "parameters": [order],
    }


def uncertain(failure: Failure) -> Failure:
    """What a failed order means: with a lost answer only the person may decide to ask again.

    An HTTP status of 500 and more without a code of IMA's own is of those between us and the
    service, who do not know whether it took the order; 503 says that it did not.
    """
    code = failure.provider_code or ""
    gateway = code.startswith("HTTP 5") and code != "HTTP 503"
    lost = failure.reason in (Reason.TIMEOUT, Reason.UNUSABLE_ANSWER)
    if lost or failure.maybe_paid or (gateway and failure.reason in DOUBTFUL):
        return replace(failure, reason=Reason.NETWORK, explanation=UNCERTAIN, maybe_paid=True)
    return failure


def _miscounted(request: Request, product: Product) -> Failure | None:
    """Why there are too many or too few pictures to work from, if there are."""
    count = len(request.references)
    least, most = product.references or (0, count)
    if count > most:
        facts = {"count": count, "model": product.name, "limit": most}
        return Failure(Reason.TOO_MANY_REFERENCES, facts)
    if count < least:
        said = f"{product.name} needs at least {least} pictures to work from."
        return Failure(Reason.BAD_PARAMETERS, explanation=said)
    return None
