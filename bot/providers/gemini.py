"""Google's Gemini API itself: https://ai.google.dev/gemini-api/docs/image-generation."""

import time
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import replace
from typing import Any

from pydantic_settings import SettingsConfigDict

from bot import catalog
from bot.catalog import Model
from bot.failures import Failure, Reason
from bot.ports import PaidIn, Pictures, Progress, Request, Ticket
from bot.providers._catalogue import Catalogue, Offers
from bot.providers._client import Answer, Client, Limits, ProviderSettings
from bot.providers._gemini_models import image_model, in_order
from bot.providers._generate_content import GenerateContent, Price
from bot.providers._google_errors import asked_wait, google_failure
from bot.settings import Settings
from messages import Cost

# https://ai.google.dev/gemini-api/docs/pricing: the paid tier, for a million tokens, and what
# that makes for one picture of a size.
PRICES = {
    catalog.FLASH: Price(read=0.50, text=3.00, image=60.0),
    catalog.PRO: Price(read=2.00, text=12.00, image=120.0),
}
PICTURE_COSTS = {
    catalog.FLASH: {"512": 0.045, "1K": 0.067, "2K": 0.101, "4K": 0.151},
    catalog.PRO: {"1K": 0.134, "2K": 0.134, "4K": 0.24},
}


class GeminiSettings(ProviderSettings):
    """``GEMINI_API_KEY``, ``GEMINI_BASE_URL``, ``GEMINI_EXTRA_HEADERS``, ``GEMINI_EXTRA_BODY``."""

    model_config = SettingsConfigDict(env_prefix="GEMINI_")

    base_url: str = "https://generativelanguage.googleapis.com/v1beta"


def create(settings: Settings) -> "Gemini":
    """The provider, by the environment."""
    return Gemini(GeminiSettings())


class Gemini:
    """Makes pictures with ``generateContent``: one long request each, so there is no ticket."""

    name = "gemini"
    title = "Gemini"
    paid_in: PaidIn = "collect"

    def __init__(
        self,
        settings: GeminiSettings,
        *,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._key = settings.api_key
        secret = self._key.get_secret_value()
        headers = {"x-goog-api-key": secret, **settings.extra_headers}
        self._client = Client(settings.base_url, headers, limits or Limits(), asked_wait=asked_wait)
        self._content = GenerateContent(
            self._client,
            headers={},
            extra_body=settings.extra_body,
            secret=secret,
            explain=self._explain,
        )
        built_in = {model.id: _with_costs(model) for model in catalog.KNOWN}
        self._catalogue = Catalogue(self._ask, built_in, clock=clock)

    async def models(self) -> Sequence[Model]:
        """What Google lists now, Nano Banana 2 first."""
        return list((await self._catalogue.offers()).values())

    async def submit(self, request: Request) -> Ticket | Failure:
        """Nothing is asked yet; the cost is the list price of the pictures alone."""
        models = await self.models()
        model = catalog.find(request.model, models)
        if model is None:
            facts = {"model": request.model, "models": [model.name for model in models]}
            return Failure(Reason.UNKNOWN_MODEL, facts)
        return Ticket(id="", cost=_quoted(model, request))

    async def collect(
        self, ticket: Ticket, request: Request
    ) -> AsyncGenerator[Progress | Pictures | Failure, None]:
        """Ask, and wait. The cost is what the tokens used cost by the price list."""
        yield Progress()
        called = await self._catalogue.called(request.model)
        yield await self._content.make(request, called, PRICES.get(request.model))

    async def check(self) -> Failure | None:
        """List one model (https://ai.google.dev/api/models#method:-models.list): free."""
        listed = await self._list(1)
        return listed if isinstance(listed, Failure) else None

    async def close(self) -> None:
        await self._catalogue.close()
        await self._client.close()

    async def _ask(self) -> Offers | Failure:
        listed = await self._list(1000)
        return listed if isinstance(listed, Failure) else _offers(listed)

    async def _list(self, number: int) -> list[dict[str, Any]] | Failure:
        query = {"pageSize": str(number)}
        answer = await self._client.call("GET", "/models", query=query, repeatable=True)
        if isinstance(answer, Failure):
            return answer
        listed = answer.body.get("models") if isinstance(answer.body, dict) else None
        if not answer.ok or not isinstance(listed, list):
            return self._explain(answer, Request(key="", prompt="", model=""))
        return [entry for entry in listed if isinstance(entry, dict)]

    def _explain(self, answer: Answer, request: Request) -> Failure:
        models = self._catalogue.last.values()
        names = [model.name for model in models if model.id != request.model]
        return google_failure(answer, request, names, self._key.get_secret_value())


def _quoted(model: Model, request: Request) -> Cost | None:
    """The list price of a request's pictures; a size left to the model is 1K, its default."""
    costs = dict(model.costs)
    one = costs.get(request.size or "1K") or costs.get("")
    return Cost(round(one.amount * request.count, 4), one.unit) if one else None


def _offers(listed: Sequence[dict[str, Any]]) -> Offers:
    """The image models of ``models.list`` (https://ai.google.dev/api/models#Model)."""
    found = []
    for entry in listed:
        called = str(entry.get("name", "")).removeprefix("models/")
        model = image_model(called, str(entry.get("displayName") or ""))
        if model and "generateContent" in (entry.get("supportedGenerationMethods") or ()):
            found.append((called, _with_costs(model)))
    return in_order(found)


def _with_costs(model: Model) -> Model:
    prices = PICTURE_COSTS.get(model.id, {})
    return replace(model, costs=tuple((size, Cost(prices[size], "USD")) for size in prices))
