"""OpenRouter (https://openrouter.ai/docs): the Image API, and pictures in chat completions.

A picture is made in one long request, so there is no ticket: ``submit`` quotes the price and
``collect`` makes the request. Which of the two ways a model is asked, and whether it streams, is in
OpenRouter's own catalogue; ``OPENROUTER_ENDPOINT`` forces one way. No Gemini model streams.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

from pydantic_settings import SettingsConfigDict

from bot.domain import catalog
from bot.domain.catalog import Model
from bot.domain.failures import Failure, Reason
from bot.domain.generation import PaidIn, Pictures, Progress, Request, Ticket
from bot.domain.image_models import IMAGE_MODELS, ImageModels, image_models
from bot.providers._google.generate_content import merged
from bot.providers._http.body import Inline
from bot.providers._http.client import (
    REJECTED,
    Client,
    HTTPAnswer,
    ProviderSettings,
    ResponseLimits,
    in_doubt,
)
from bot.providers._http.explanations import redacted
from bot.providers._http.model_cache import Catalogue, Offers
from bot.providers._http.pictures import embedded, is_picture, linked, unfetched
from bot.providers._http.references import GATEWAY, made_smaller, readable
from bot.providers._http.sizes import size_refusal
from bot.providers.openrouter.answers import Gathering, cost_of, links_of
from bot.providers.openrouter.errors import (
    WRONG_ENDPOINT,
    asked_wait,
    failure_in,
    failure_without_picture,
    informed,
    is_final,
    written,
)
from bot.providers.openrouter.models import (
    AT_ONCE,
    Endpoint,
    ModelOffer,
    built_in,
    entries,
    prices,
    read,
    unlisted,
)
from bot.settings import Settings
from messages import Cost, Note

PATHS: Mapping[Endpoint, str] = {"images": "/images", "chat": "/chat/completions"}

UNCHARGED = REJECTED | {529}
"""Statuses that say that nothing was begun: 529 is an overloaded provider."""

ACCEPTED = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})
"""https://openrouter.ai/docs/guides/overview/multimodal/images#supported-image-content-types"""

CHAT_SIZES = {"512": "0.5K"}
"""Sizes that ``image_config`` spells differently."""


class OpenRouterSettings(ProviderSettings):
    """The keys of the environment that begin with ``OPENROUTER_``.

    ``endpoint`` forces one of the two ways; ``models`` says which models are offered: patterns of
    OpenRouter's names (``*`` is anything), separated by commas.
    """

    model_config = SettingsConfigDict(env_prefix="OPENROUTER_")

    base_url: str = "https://openrouter.ai/api/v1"
    endpoint: Literal["auto", "images", "chat"] = "auto"
    models: str = "google/gemini-*,google/*banana*"


def create(settings: Settings) -> "OpenRouter":
    """The provider, by the environment."""
    return OpenRouter(OpenRouterSettings(), known=image_models(settings.models_file))


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What one call brought. ``cost`` is in USD; ``again``: the same may succeed at once."""

    items: tuple[bytes, ...] = ()
    failure: Failure | None = None
    cost: float | None = None
    again: bool = False


class OpenRouter:
    """Asks for pictures at OpenRouter."""

    name = "openrouter"
    title = "OpenRouter"
    paid_in: PaidIn = "collect"
    left = ""  # what the last check found

    def __init__(
        self,
        settings: OpenRouterSettings,
        limits: ResponseLimits | None = None,
        clock: Callable[[], float] = time.monotonic,
        *,
        known: ImageModels = IMAGE_MODELS,
    ) -> None:
        self._settings = settings
        self._known = known
        self._key = settings.api_key.get_secret_value()
        headers = {"Authorization": f"Bearer {self._key}"} | settings.extra_headers
        self._client = Client(
            settings.base_url,
            headers,
            limits or ResponseLimits(),
            asked_wait=asked_wait,
            final=is_final,
        )
        self._offers = {offer.slug: offer for offer in built_in(known)}
        self._catalogue = Catalogue(self._list, _models(self._offers), clock=clock)

    async def models(self) -> Sequence[Model]:
        """What is listed now and matches ``OPENROUTER_MODELS``."""
        return tuple((await self._catalogue.offers()).values())

    async def submit(self, request: Request) -> Ticket | Failure:
        """Quote the price, where the catalogue has one."""
        offer = await self._offer(request.model)
        if isinstance(offer, Failure):
            return offer
        costs = dict(offer.model.costs)
        cost = costs.get(request.size or "1K") or costs.get("")
        quoted = Cost(round(cost.amount * request.count, 6), cost.unit) if cost else None
        return Ticket("", quoted, offer.model.seconds)

    async def collect(
        self, ticket: Ticket, request: Request
    ) -> AsyncGenerator[Progress | Pictures | Failure, None]:
        """Make the request: several at once where the model makes one picture a call."""
        offer = await self._offer(request.model)
        if isinstance(offer, Failure):
            yield offer
            return
        news = asyncio.Event()
        make = partial(self._work, request, offer, news.set)
        work = asyncio.create_task(made_smaller(make, request, GATEWAY))
        work.add_done_callback(lambda _: news.set())
        try:
            while not work.done():
                yield Progress()
                await news.wait()
                news.clear()
            yield work.result()
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    async def check(self) -> Failure | None:
        """Ask for the key's own record
        (https://openrouter.ai/docs/api/api-reference/api-keys/get-current-key).

        Its ``limit_remaining`` is of the key's own limit; the account's balance is not told."""
        answer = await self._client.call("GET", "/key", repeatable=True)
        if isinstance(answer, Failure):
            return replace(answer, detail=redacted(answer.detail, self._key))
        if failure := failure_in(answer, self._key):
            return failure
        data = answer.body.get("data")
        left = data.get("limit_remaining") if isinstance(data, dict) else None
        limit = "this key has no limit"
        if isinstance(left, int | float) and not isinstance(left, bool):
            limit = f"${left:,.2f} left of this key's limit"
            if left <= 0:
                return Failure(Reason.OUT_OF_CREDIT, detail="limit_remaining is 0")
        self.left = f"{limit}; the balance is at https://openrouter.ai/settings/credits"
        return None

    async def refresh(self) -> None:
        await self._catalogue.refresh()

    @property
    def way(self) -> str:
        """By which proxy it is reached, in words; "" for none."""
        return self._client.way

    async def close(self) -> None:
        await self._catalogue.close()
        await self._client.close()

    async def _list(self) -> Offers | Failure:
        """Ask for both lists, and for the prices of what is offered."""
        chat = {"output_modalities": "image"}
        images, models = await asyncio.gather(
            self._get("/images/models"), self._get("/models", chat)
        )
        if isinstance(images, Failure):
            return images
        chatting = () if isinstance(models, Failure) else entries(models)
        patterns = [pattern.strip() for pattern in self._settings.models.split(",")]
        slots = asyncio.Semaphore(AT_ONCE)
        offers = read(entries(images), chatting, patterns, self._known)
        priced = await asyncio.gather(*(self._priced(offer, slots) for offer in offers))
        if priced:
            self._offers = {offer.slug: offer for offer in priced}
        return _models({offer.slug: offer for offer in priced})

    async def _get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """What is at a path; nothing where a gateway does not have it."""
        answer = await self._client.call("GET", path, query=query)
        if isinstance(answer, Failure) or answer.status == 404:
            return answer if isinstance(answer, Failure) else {}
        return failure_in(answer, self._key) or answer.body

    async def _priced(self, offer: ModelOffer, slots: asyncio.Semaphore) -> ModelOffer:
        if offer.endpoint != "images":
            return offer
        async with slots:
            body = await self._get(f"/images/models/{offer.slug}/endpoints")
        return replace(offer, model=replace(offer.model, costs=prices(body, offer, self._known)))

    async def _offer(self, name: str) -> ModelOffer | Failure:
        """The model of that name; a name of OpenRouter's that is not listed is tried as it is."""
        models = await self._catalogue.offers()
        slug = name if name in models else None
        if slug is None and (found := catalog.find(name, models.values())):
            slug = next(slug for slug, model in models.items() if model is found)
        if slug is not None:
            return self._offers[slug]
        if "/" in name:
            return unlisted(name)
        facts = {"model": name, "models": [model.name for model in models.values()]}
        return Failure(Reason.UNKNOWN_MODEL, facts)

    def _way(self, offer: ModelOffer) -> Endpoint:
        forced = self._settings.endpoint
        return offer.endpoint if forced == "auto" else forced

    async def _work(
        self, request: Request, offer: ModelOffer, sign: Callable[[], None], most: int
    ) -> Pictures | Failure:
        references = await readable(request.references, ACCEPTED, most)
        if isinstance(references, Failure):
            return references
        request = replace(request, references=references)
        shares = _shares(request.count, offer.together if self._way(offer) == "images" else 1)
        calls = (self._make(_ImageCall(request, offer, share, sign)) for share in shares)
        return _gathered(await asyncio.gather(*calls), request.count)

    async def _make(self, call: "_ImageCall") -> _Outcome:
        """One call; a second one for a model that only talked, or is asked the other way."""
        way = self._way(call.offer)
        outcome = await self._ask(call, way)
        wrong = outcome.failure is not None and outcome.failure.provider_code == WRONG_ENDPOINT
        if wrong and self._settings.endpoint == "auto":
            way = "chat" if way == "images" else "images"
            outcome = await self._ask(call, way)
        if not outcome.again:
            return outcome
        second = await self._ask(call, way)
        return replace(second, cost=_sum((outcome.cost, second.cost)))

    async def _ask(self, call: "_ImageCall", way: Endpoint) -> _Outcome:
        body = _images(call) if way == "images" else _chat(call)
        body = merged(body, self._settings.extra_body, call.request.extra)
        stream = Gathering(call.sign)
        answer = await self._client.call(
            "POST", PATHS[way], body=body, pays=True, uncharged=UNCHARGED, hear=stream.hear
        )
        if isinstance(answer, Failure):
            return _cut_off(replace(answer, detail=redacted(answer.detail, self._key)), way)
        answer = stream.whole(answer)
        if failure := failure_in(answer, self._key):
            # A picture that did not come about is not charged by the Image API, and is a 502.
            again = way == "images" and answer.status == 502 and failure.retryable
            offered = self._catalogue.last.values()
            failure = informed(failure, call.request, call.offer.model, offered)
            failure = size_refusal(failure, call.request, offered)
            return _Outcome(failure=_priced(failure, answer, way), again=again)
        return replace(await self._pictures(answer), cost=cost_of(answer.body))

    async def _pictures(self, answer: HTTPAnswer) -> _Outcome:
        links = links_of(answer.body)
        found = [await self._picture(answer, link) for link in links]
        items = tuple(item for item in found if isinstance(item, bytes))
        if items:
            return _Outcome(items)
        if links:
            failures = (item for item in found if isinstance(item, Failure))
            return _Outcome(failure=next(failures, Failure(Reason.UNUSABLE_ANSWER)))
        text = written(answer.body)
        if inside := embedded(text, answer):
            pictures = tuple(item for item in inside if item is not None)
            return _Outcome(pictures, None if pictures else unfetched(b""))
        if behind := await linked(text, self._client.text_downloader):
            if isinstance(behind, Failure):
                return _Outcome(failure=behind)
            return _Outcome(tuple(behind))
        failure = failure_without_picture(answer.body, self._key)
        again = failure.reason in (Reason.TEXT_INSTEAD, Reason.UNUSABLE_ANSWER)
        return _Outcome(failure=failure, again=again)

    async def _picture(self, answer: HTTPAnswer, link: str) -> bytes | Failure:
        """The bytes behind base64, a data URL, or a link."""
        if not link.lower().startswith(("http://", "https://")):
            data = answer.picture(link)
        else:
            fetched = await self._client.downloader.fetch(link)
            if isinstance(fetched, Failure):
                return unfetched(fetched)
            data = fetched
        return data if is_picture(data) else unfetched(b"")


def _cut_off(failure: Failure, way: Endpoint) -> _Outcome:
    """A call without an answer. The Image API charges nothing for a picture that it could not
    deliver, so it may be asked once more; of a chat nobody knows."""
    if way == "chat" or not failure.maybe_paid:
        return _Outcome(failure=failure)
    broken = failure.reason is Reason.NETWORK
    reason = Reason.PROVIDER_DOWN if broken else failure.reason
    return _Outcome(failure=replace(failure, reason=reason, maybe_paid=False), again=broken)


def _priced(failure: Failure, answer: HTTPAnswer, way: Endpoint) -> Failure:
    """What a failure means for the money: OpenRouter's own errors cost nothing; of a chat that a
    gateway's page answers, or that took too long for one, nobody knows."""
    told = isinstance(answer.body, dict) and "error" in answer.body and answer.status != 524
    return failure if way == "images" or told else in_doubt(failure, answer)


@dataclass(frozen=True, slots=True)
class _ImageCall:
    """A request for ``count`` pictures at once; ``sign`` is called at every sign of life."""

    request: Request
    offer: ModelOffer
    count: int
    sign: Callable[[], None]


def _models(offers: Mapping[str, ModelOffer]) -> Offers:
    return {slug: offer.model for slug, offer in offers.items()}


def _images(call: _ImageCall) -> dict[str, Any]:
    """https://openrouter.ai/docs/api/api-reference/images/generate-an-image"""
    request = call.request
    body: dict[str, Any] = {"model": call.offer.slug, "prompt": request.prompt}
    if request.size:
        body["resolution"] = request.size
    if request.aspect_ratio:
        body["aspect_ratio"] = request.aspect_ratio
    if request.references:
        body["input_references"] = _parts(request)
    if call.count > 1:
        body["n"] = call.count
    elif call.offer.streams:
        body["stream"] = True
    return body


def _chat(call: _ImageCall) -> dict[str, Any]:
    """https://openrouter.ai/docs/api/api-reference/chat/create-a-chat-completion"""
    request, offer = call.request, call.offer
    content = [{"type": "text", "text": request.prompt}, *_parts(request)]
    body: dict[str, Any] = {
        "model": offer.slug,
        "messages": [{"role": "user", "content": content}],
        "modalities": ["image", "text"] if offer.text else ["image"],
        "stream": False,
    }
    config = {}
    if request.aspect_ratio:
        config["aspect_ratio"] = request.aspect_ratio
    if request.size:
        config["image_size"] = CHAT_SIZES.get(request.size, request.size)
    return body | ({"image_config": config} if config else {})


def _parts(request: Request) -> list[dict[str, Any]]:
    """The pictures to work from, as data URLs."""
    return [
        {"type": "image_url", "image_url": {"url": Inline(reference.data, reference.mime)}}
        for reference in request.references
    ]


def _sum(costs: Sequence[float | None]) -> float | None:
    known = [cost for cost in costs if cost is not None]
    return sum(known) if known else None


def _shares(count: int, together: int) -> list[int]:
    """How many pictures each call is asked for."""
    return [min(together, count - start) for start in range(0, count, together)]


def _gathered(outcomes: Sequence[_Outcome], count: int) -> Pictures | Failure:
    """The pictures of all calls, if there is one; what they cost, with those that failed."""
    items = tuple(item for outcome in outcomes for item in outcome.items)[:count]
    if not items:
        failures = [outcome.failure for outcome in outcomes if outcome.failure]
        return failures[0] if failures else Failure(Reason.UNUSABLE_ANSWER)
    cost = _sum([outcome.cost for outcome in outcomes])
    missing = len(items) < count
    notes = (Note("partly_done", {"done": len(items), "count": count}),) if missing else ()
    return Pictures(items, Cost(round(cost, 6), "USD") if cost is not None else None, notes)
