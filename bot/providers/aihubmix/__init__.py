"""AIHubMix (https://docs.aihubmix.com/en/api/Image-Gen): two ways to a picture.

OpenAI's image models are behind ``/v1/models/openai/NAME/predictions``. By that page the Gemini
series is not; it is behind a copy of Google's own API (https://docs.aihubmix.com/en/api/
Gemini-Guides), with the same key in Google's header.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from pydantic_settings import SettingsConfigDict

from bot.domain import catalog
from bot.domain.catalog import Model
from bot.domain.failures import Failure, Reason
from bot.domain.generation import PaidIn, Pictures, Progress, Request, Ticket
from bot.domain.image_models import IMAGE_MODELS, ImageModels, image_models
from bot.providers._google.generate_content import (
    GenerateContent,
    merged,
    together,
)
from bot.providers._http.body import Inline
from bot.providers._http.client import (
    Client,
    HTTPAnswer,
    ProviderSettings,
    ResponseLimits,
    in_doubt,
)
from bot.providers._http.model_cache import Catalogue, Offers, each_once
from bot.providers._http.pictures import data_urls, is_picture, unfetched
from bot.providers._http.references import GATEWAY, made_smaller, readable
from bot.providers._http.sizes import size_refusal
from bot.providers.aihubmix.errors import aihubmix_failure, asked_wait, is_final
from bot.settings import Settings
from messages import Cost

DIMENSIONS = {"1:1": "1024x1024", "3:2": "1536x1024", "2:3": "1024x1536"}
"""``size`` of the GPT Image models; without one they choose (``auto``):
https://platform.openai.com/docs/api-reference/images/create#images-create-size"""

ACCEPTED = frozenset({"image/png", "image/jpeg", "image/webp"})
"""https://platform.openai.com/docs/api-reference/images/createEdit#images-createedit-image"""

REMAIN = "/dashboard/billing/remain"
"""What is left of a key's credit: ``{"total_usage"}`` in US dollars, less than 0 without a limit.
``/v1/models`` answers any key, also a wrong one."""

PREDICTED = "gpt-image-"
"""How the names of the models begin that are behind predictions."""

AT_ONCE = 4
"""Pictures that one call makes at most."""

TRIAL = "(free trial, unreliable)"
"""What is said of models that end in ``-free``: they are for trying, with few requests a day."""

_IN_SERVICE = frozenset({"", "0", "none", "null", "active", "normal", "online"})
"""``retire_stage`` of a model that is not being taken away."""
_PICTURES = frozenset({"b64_json", "bytesBase64", "base64", "image", "images"})
_LINKS = frozenset({"url", "urls", "image_url"})


class AIHubMixSettings(ProviderSettings):
    """The keys ``AIHUBMIX_API_KEY``, ``_BASE_URL``, ``_EXTRA_HEADERS`` and ``_EXTRA_BODY``.

    ``extra_body``, such as ``{"quality": "low"}``, is merged into the ``input`` of predictions; the
    Gemini models know no such fields.
    """

    model_config = SettingsConfigDict(env_prefix="AIHUBMIX_")

    base_url: str = "https://aihubmix.com/v1"


def create(settings: Settings) -> "AIHubMix":
    """The provider, by the environment."""
    return AIHubMix(AIHubMixSettings(), known=image_models(settings.models_file))


class AIHubMix:
    """Makes pictures in one long request each, so there is no ticket."""

    name = "aihubmix"
    title = "AIHubMix"
    paid_in: PaidIn = "collect"
    left = ""  # what the last check found

    def __init__(
        self,
        settings: AIHubMixSettings,
        *,
        known: ImageModels = IMAGE_MODELS,
        limits: ResponseLimits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._known = known
        self._settings = settings
        secret = settings.api_key.get_secret_value()
        root = settings.base_url.rstrip("/").removesuffix("/v1")
        self._client = Client(
            root, {}, limits or ResponseLimits(), asked_wait=asked_wait, final=is_final
        )
        self._content = GenerateContent(
            self._client,
            prefix="/gemini/v1beta",
            headers={"x-goog-api-key": secret, **settings.extra_headers},
            extra_body={},
            secret=secret,
            explain=self._explain,
        )
        built_in = {model.id: model for model in known.available()}
        self._catalogue = Catalogue(self._ask, built_in, clock=clock)

    async def models(self) -> Sequence[Model]:
        """What AIHubMix lists of both families."""
        return list((await self._catalogue.offers()).values())

    async def submit(self, request: Request) -> Ticket | Failure:
        """Nothing is asked yet. Prices are not in the API, but free models say so."""
        models = await self.models()
        model = catalog.find(request.model, models)
        if model is None and request.model.startswith(PREDICTED):  # the list may not be there
            model = _gpt_image(request.model)
        if model is None:
            facts = {"model": request.model, "models": [model.name for model in models]}
            return Failure(Reason.UNKNOWN_MODEL, facts)
        return Ticket(id="", cost=dict(model.costs).get(""))

    async def collect(
        self, ticket: Ticket, request: Request
    ) -> AsyncGenerator[Progress | Pictures | Failure, None]:
        """Ask, and wait."""
        yield Progress()
        called = await self._catalogue.called(request.model)
        if self._known.is_image_model(called):
            made = await self._content.make(request, called)
            if called.endswith("-free") and isinstance(made, Pictures):
                made = replace(made, cost=Cost(0, "USD"))
            yield made
        else:
            yield await made_smaller(
                lambda most: self._predict(request, called, most), request, GATEWAY
            )

    async def check(self) -> Failure | None:
        """Ask what is left of the key's credit: free, and the only list that needs the key."""
        answer = await self._client.call("GET", REMAIN, headers=self._bearer(), repeatable=True)
        if isinstance(answer, Failure) or not answer.ok:
            return self._failed(answer)
        left = answer.body.get("total_usage") if isinstance(answer.body, dict) else None
        if isinstance(left, bool) or not isinstance(left, int | float):
            return Failure(Reason.UNUSABLE_ANSWER, detail="no total_usage in the balance")
        self.left = "this key has no limit" if left < 0 else f"${left:,.2f} left"
        return Failure(Reason.OUT_OF_CREDIT, detail="total_usage is 0") if left == 0 else None

    @property
    def way(self) -> str:
        """By which proxy it is reached, in words; "" for none."""
        return self._client.way

    async def refresh(self) -> None:
        await self._catalogue.refresh()

    async def close(self) -> None:
        """Stop asking for the catalogue, and close the connections."""
        await self._catalogue.close()
        await self._client.close()

    # Predictions

    async def _predict(self, request: Request, called: str, most: int) -> Pictures | Failure:
        references = await readable(request.references, ACCEPTED, most)
        if isinstance(references, Failure):
            return references
        request = replace(request, references=references)
        counts = [min(AT_ONCE, request.count - n) for n in range(0, request.count, AT_ONCE)]
        path = f"/v1/models/openai/{quote(called, safe='')}/predictions"
        made = await asyncio.gather(*(self._call(path, request, count) for count in counts))
        cost = Cost(0, "USD") if called.endswith("-free") else None
        return together([one for ones in made for one in ones], cost)

    async def _call(self, path: str, request: Request, count: int) -> list[list[bytes] | Failure]:
        """One entry for each of ``count`` pictures."""
        asked = _input(request, count)
        asked = merged(asked, self._settings.extra_body, request.extra)
        answer = await self._client.call(
            "POST", path, body={"input": asked}, headers=self._bearer(), pays=True
        )
        if isinstance(answer, Failure):
            return [answer] * count
        if not answer.ok or not isinstance(answer.body, dict) or answer.body.get("error"):
            return [in_doubt(self._explain(answer, request), answer)] * count
        found = list(_found(answer.body.get("output") or answer.body.get("data"), ""))
        made = await asyncio.gather(*(self._picture(answer, *one) for one in found))
        detail = f"no picture in {list(answer.body)}"
        missing = Failure(Reason.UNUSABLE_ANSWER, detail=detail, maybe_paid=True)
        return [*made, *[missing] * (count - len(made))]

    async def _picture(self, answer: HTTPAnswer, kind: str, text: str) -> list[bytes] | Failure:
        """A picture behind a link or a base64 string of an answer."""
        data: bytes | None
        if kind == "link":
            fetched = await self._client.downloader.fetch(text)
            if isinstance(fetched, Failure):
                return unfetched(fetched)
            data = fetched
        else:
            data = answer.picture(text)
        return [data] if is_picture(data) else unfetched(b"")

    def _bearer(self) -> dict[str, str]:
        secret = self._settings.api_key.get_secret_value()
        return {"Authorization": f"Bearer {secret}", **self._settings.extra_headers}

    # The catalogue

    async def _ask(self) -> Offers | Failure:
        """https://docs.aihubmix.com/en/api/Models-API"""
        answer = await self._client.call(
            "GET",
            "/api/v1/models",
            query={"type": "image_generation"},
            headers=self._bearer(),
            repeatable=True,
        )
        if isinstance(answer, Failure):
            return answer
        listed = answer.body.get("data") if isinstance(answer.body, dict) else None
        if not answer.ok or not isinstance(listed, list):
            return self._failed(answer)
        return self._read([entry for entry in listed if isinstance(entry, dict)])

    def _read(self, listed: Sequence[dict[str, Any]]) -> Offers:
        """The models of a list that one of the two ways leads to, Google's first."""
        gemini, others = [], {}
        for entry in listed:
            called = str(entry.get("model_id", ""))
            if str(entry.get("retire_stage") or "").strip().lower() not in _IN_SERVICE:
                continue
            if self._known.is_image_model(called):
                model = self._known.model(called)
                gemini.append((called, _trial(model) if called.endswith("-free") else model))
            elif called.startswith(PREDICTED):
                others[called] = _gpt_image(called)
        return {**each_once(gemini), **others}

    def _failed(self, answer: HTTPAnswer | Failure) -> Failure:
        nothing = Request(key="", prompt="", model="")
        return answer if isinstance(answer, Failure) else self._explain(answer, nothing)

    def _explain(self, answer: HTTPAnswer, request: Request) -> Failure:
        models = self._catalogue.last.values()
        names = [model.name for model in models if model.id != request.model]
        secret = self._settings.api_key.get_secret_value()
        failure = aihubmix_failure(answer, request, names, secret)
        return size_refusal(failure, request, models)


def _input(request: Request, count: int) -> dict[str, Any]:
    """What a prediction takes; one picture to work from as it is, several as a list."""
    asked: dict[str, Any] = {"prompt": request.prompt, "n": count}
    if request.aspect_ratio in DIMENSIONS:
        asked["size"] = DIMENSIONS[request.aspect_ratio]
    images = [Inline(reference.data, reference.mime) for reference in request.references]
    if images:
        asked["image"] = images[0] if len(images) == 1 else images
    return asked


def _found(value: object, name: str) -> Iterator[tuple[str, str]]:
    """The links and base64 strings in an output, whose shape differs from model to model.

    ``{"b64_json": [{"bytesBase64": …}], "urls": []}``, ``[{"b64_json": …}]``, ``[{"url": …}]``
    and ``["https://…"]`` have all been seen.
    """
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _found(inner, key if isinstance(inner, str) or key in _KNOWN else name)
    elif isinstance(value, list):
        for inner in value:
            yield from _found(inner, name)
    elif isinstance(value, str) and value:
        if value[:4].lower() == "http" and (name in _KNOWN or not name):
            yield "link", value
        elif name in _PICTURES or (not name and value[:5].lower() == "data:"):
            yield "base64", value
        else:
            yield from (("base64", url) for url in data_urls(value))


_KNOWN = _PICTURES | _LINKS


def _trial(model: Model) -> Model:
    """A model that costs nothing, and says so, with how little can be expected of it."""
    aliases = (*model.aliases, f"{model.name} free")
    costs = (("", Cost(0, "USD")),)
    return replace(model, name=f"{model.name} {TRIAL}", aliases=aliases, costs=costs)


def _gpt_image(called: str) -> Model:
    """All of them make pictures of about 1K."""
    name, free, _ = called.partition("-free")
    model = Model(
        id=called,
        name=name.replace("gpt-image", "GPT Image").replace("-", " "),
        sizes=("1K",),
        aspect_ratios=tuple(DIMENSIONS),
        max_references=16,
        seconds=(20, 90),
        progress_every=20,
        aliases=(f"openai/{called}",),
    )
    return _trial(model) if free else model
