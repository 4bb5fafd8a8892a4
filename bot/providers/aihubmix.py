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

from bot import catalog
from bot.catalog import Model
from bot.failures import Failure, Reason
from bot.ports import PaidIn, Pictures, Progress, Request, Ticket
from bot.providers._aihubmix_errors import aihubmix_failure, asked_wait
from bot.providers._body import Inline
from bot.providers._catalogue import Catalogue, Offers
from bot.providers._client import Answer, Client, Limits, ProviderSettings
from bot.providers._gemini_models import image_model, in_order
from bot.providers._generate_content import (
    GenerateContent,
    is_picture,
    merged,
    readable,
    together,
)
from bot.settings import Settings
from messages import Cost

DIMENSIONS = {"1:1": "1024x1024", "3:2": "1536x1024", "2:3": "1024x1536"}
"""``size`` of the GPT Image models; without one they choose (``auto``):
https://platform.openai.com/docs/api-reference/images/create#images-create-size"""

ACCEPTED = frozenset({"image/png", "image/jpeg", "image/webp"})
"""https://platform.openai.com/docs/api-reference/images/createEdit#images-createedit-image"""

AT_ONCE = 4
"""Pictures that one call makes at most."""

_FREE = "gpt-image-2-free"
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
    return AIHubMix(AIHubMixSettings())


class AIHubMix:
    """Makes pictures in one long request each, so there is no ticket."""

    name = "aihubmix"
    title = "AIHubMix"
    paid_in: PaidIn = "collect"

    def __init__(
        self,
        settings: AIHubMixSettings,
        *,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        secret = settings.api_key.get_secret_value()
        root = settings.base_url.rstrip("/").removesuffix("/v1")
        self._client = Client(root, {}, limits or Limits(), asked_wait=asked_wait)
        self._content = GenerateContent(
            self._client,
            prefix="/gemini/v1beta",
            headers={"x-goog-api-key": secret, **settings.extra_headers},
            extra_body={},
            secret=secret,
            explain=self._explain,
        )
        built_in = {model.id: model for model in catalog.KNOWN} | {_FREE: _gpt_image(_FREE)}
        self._catalogue = Catalogue(self._ask, built_in, clock=clock)

    async def models(self) -> Sequence[Model]:
        """What AIHubMix lists of both families, Nano Banana 2 first."""
        return list((await self._catalogue.offers()).values())

    async def submit(self, request: Request) -> Ticket | Failure:
        """Nothing is asked yet. Prices are not in the API, but free models say so."""
        models = await self.models()
        model = catalog.find(request.model, models)
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
        if called.startswith("gemini-"):
            yield await self._content.make(request, called)
        else:
            yield await self._predict(request, called)

    async def check(self) -> Failure | None:
        """List the models that the key may use: free."""
        answer = await self._client.call(
            "GET", "/v1/models", headers=self._bearer(), repeatable=True
        )
        return None if isinstance(answer, Answer) and answer.ok else self._failed(answer)

    async def close(self) -> None:
        """Stop asking for the catalogue, and close the connections."""
        await self._catalogue.close()
        await self._client.close()

    # Predictions

    async def _predict(self, request: Request, called: str) -> Pictures | Failure:
        references = await readable(request.references, ACCEPTED)
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
        for extra in (self._settings.extra_body, request.extra):
            asked = merged(asked, extra)
        answer = await self._client.call(
            "POST", path, body={"input": asked}, headers=self._bearer()
        )
        if isinstance(answer, Failure):
            return [answer] * count
        if not answer.ok or not isinstance(answer.body, dict) or answer.body.get("error"):
            return [self._explain(answer, request)] * count
        found = list(_found(answer.body.get("output") or answer.body.get("data"), ""))
        made = await asyncio.gather(*(self._picture(answer, *one) for one in found))
        missing = Failure(Reason.UNUSABLE_ANSWER, detail=f"no picture in {list(answer.body)}")
        return [*made, *[missing] * (count - len(made))]

    async def _picture(self, answer: Answer, kind: str, text: str) -> list[bytes] | Failure:
        """A picture behind a link or a base64 string of an answer."""
        data: bytes | None
        if kind == "link":
            fetched = await self._client.fetcher.fetch(text)
            if isinstance(fetched, Failure):
                gone = fetched.reason is Reason.REFERENCE_UNREACHABLE
                reason = Reason.NETWORK if gone else Reason.UNUSABLE_ANSWER
                return Failure(reason, detail=f"picture: {fetched.reason} {fetched.detail}")
            data = fetched
        else:
            data = answer.picture(text)
        if not is_picture(data):
            return Failure(Reason.UNUSABLE_ANSWER, detail="what should be a picture is none")
        return [data]

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
        return _offers([entry for entry in listed if isinstance(entry, dict)])

    def _failed(self, answer: Answer | Failure) -> Failure:
        nothing = Request(key="", prompt="", model="")
        return answer if isinstance(answer, Failure) else self._explain(answer, nothing)

    def _explain(self, answer: Answer, request: Request) -> Failure:
        models = self._catalogue.last.values()
        names = [model.name for model in models if model.id != request.model]
        return aihubmix_failure(answer, request, names, self._settings.api_key.get_secret_value())


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


_KNOWN = _PICTURES | _LINKS


def _offers(listed: Sequence[dict[str, Any]]) -> Offers:
    """The models of a list that one of the two ways leads to, the Gemini ones first."""
    gemini, others = [], {}
    for entry in listed:
        called = str(entry.get("model_id", ""))
        model = image_model(called)
        if model is not None:
            gemini.append((called, model))
        elif called.startswith("gpt-image-"):
            others[called] = _gpt_image(called)
    return {**in_order(gemini), **others}


def _gpt_image(called: str) -> Model:
    """``gpt-image-2-free`` is "GPT Image 2 (free)"; all of them make pictures of about 1K."""
    name, free, _ = called.partition("-free")
    name = name.replace("gpt-image", "GPT Image").replace("-", " ")
    return Model(
        id=called,
        name=f"{name} (free)" if free else name,
        sizes=("1K",),
        aspect_ratios=tuple(DIMENSIONS),
        max_references=16,
        seconds=(20, 90),
        progress_every=20,
        aliases=(f"openai/{called}",),
        costs=(("", Cost(0, "USD")),) if free else (),
    )
