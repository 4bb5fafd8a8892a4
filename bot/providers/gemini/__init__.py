"""Google's Gemini API itself: https://ai.google.dev/gemini-api/docs/image-generation."""

import math
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from pydantic_settings import SettingsConfigDict

from bot.domain import catalog
from bot.domain.catalog import Model
from bot.domain.failures import Failure, Reason
from bot.domain.generation import PaidIn, Pictures, Progress, Request, Ticket
from bot.domain.image_models import IMAGE_MODELS, ImageModels, image_models, list_prices
from bot.providers._google.errors import asked_wait, google_failure, is_final
from bot.providers._google.generate_content import UNCHARGED, GenerateContent
from bot.providers._http.client import (
    REJECTED,
    Client,
    HTTPAnswer,
    ProviderSettings,
    ResponseLimits,
)
from bot.providers._http.model_cache import Catalogue, Offers, each_once
from bot.providers._http.references import GATEWAY, GOOGLE
from bot.providers._http.sizes import size_refusal
from bot.settings import Settings
from messages import Cost


class GeminiSettings(ProviderSettings):
    """``GEMINI_API_KEY``, ``GEMINI_BASE_URL``, ``GEMINI_EXTRA_HEADERS``, ``GEMINI_EXTRA_BODY``."""

    model_config = SettingsConfigDict(env_prefix="GEMINI_")

    base_url: str = "https://generativelanguage.googleapis.com/v1beta"


def create(settings: Settings) -> "Gemini":
    """The provider, by the environment."""
    return Gemini(GeminiSettings(), known=image_models(settings.models_file))


class Gemini:
    """Makes pictures with ``generateContent``: one long request each, so there is no ticket."""

    name = "gemini"
    title = "Gemini"
    paid_in: PaidIn = "collect"

    def __init__(
        self,
        settings: GeminiSettings,
        *,
        known: ImageModels = IMAGE_MODELS,
        limits: ResponseLimits | None = None,
        clock: Callable[[], float] = time.monotonic,
        official: bool | None = None,
    ) -> None:
        """``official`` says whether Google itself is behind the base URL; without it its host
        does. Only there a failed call with status 500 is free, and repeated."""
        self._known = known
        self._key = settings.api_key
        secret = self._key.get_secret_value()
        headers = {"x-goog-api-key": secret, **settings.extra_headers}
        limits = limits or ResponseLimits()
        google = _is_google(settings.base_url, official)
        self._client = Client(
            settings.base_url, headers, limits, asked_wait=asked_wait, final=is_final
        )
        self._content = GenerateContent(
            self._client,
            # As Google's own client asks for it; else the service may give up before we do.
            headers={"X-Server-Timeout": str(math.ceil(limits.paying))},
            extra_body=settings.extra_body,
            secret=secret,
            explain=self._explain,
            uncharged=UNCHARGED if google else REJECTED,
            most=GOOGLE if google else GATEWAY,
        )
        built_in = {model.id: self._priced(model) for model in known.available()}
        self._catalogue = Catalogue(self._ask, built_in, clock=clock)

    async def models(self) -> Sequence[Model]:
        """What Google lists now."""
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
        known = self._known.known(called)
        yield await self._content.make(request, called, known.token_price if known else None)

    async def check(self) -> Failure | None:
        """List one model (https://ai.google.dev/api/models#method:-models.list): free."""
        listed = await self._list(1)
        return listed if isinstance(listed, Failure) else None

    async def refresh(self) -> None:
        await self._catalogue.refresh()

    @property
    def way(self) -> str:
        """By which proxy it is reached, in words; "" for none."""
        return self._client.way

    async def close(self) -> None:
        await self._catalogue.close()
        await self._client.close()

    async def _ask(self) -> Offers | Failure:
        listed = await self._list(1000)
        return listed if isinstance(listed, Failure) else self._read(listed)

    def _read(self, listed: Sequence[dict[str, Any]]) -> Offers:
        """The image models of ``models.list`` (https://ai.google.dev/api/models#Model).

        The list does not say which models make pictures: that is told by what is known, and else
        by the id.
        """
        found = []
        for entry in listed:
            called = str(entry.get("name", "")).removeprefix("models/")
            draws = "generateContent" in (entry.get("supportedGenerationMethods") or ())
            if draws and self._known.is_image_model(called):
                model = self._known.model(called, str(entry.get("displayName") or ""))
                found.append((called, self._priced(model)))
        return each_once(found)

    def _priced(self, model: Model) -> Model:
        return replace(model, costs=list_prices(self._known.known(model.id)))

    async def _list(self, number: int) -> list[dict[str, Any]] | Failure:
        query = {"pageSize": str(number)}
        answer = await self._client.call("GET", "/models", query=query, repeatable=True)
        if isinstance(answer, Failure):
            return answer
        listed = answer.body.get("models") if isinstance(answer.body, dict) else None
        if not answer.ok or not isinstance(listed, list):
            return self._explain(answer, Request(key="", prompt="", model=""))
        return [entry for entry in listed if isinstance(entry, dict)]

    def _explain(self, answer: HTTPAnswer, request: Request) -> Failure:
        models = self._catalogue.last.values()
        names = [model.name for model in models if model.id != request.model]
        failure = google_failure(answer, request, names, self._key.get_secret_value())
        return size_refusal(failure, request, models)


def _is_google(base_url: str, official: bool | None) -> bool:
    if official is not None:
        return official
    return (urlsplit(base_url).hostname or "").endswith(".googleapis.com")


def _quoted(model: Model, request: Request) -> Cost | None:
    """The list price of a request's pictures; a size left to the model is 1K, its default."""
    costs = dict(model.costs)
    one = costs.get(request.size or "1K") or costs.get("")
    return Cost(round(one.amount * request.count, 4), one.unit) if one else None
