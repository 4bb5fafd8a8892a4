"""IMA Open API (https://www.imastudio.com): a task is created, looked at, and its pictures fetched.

``submit`` asks for the product list, checks the request against it, hands over the pictures to work
from, and creates the task: from then on it is paid for, and its id is the ticket. ``collect`` looks
at the task until it is finished, however often a look fails. Several pictures are one task.

``IMA_EXTRA_BODY`` and a request's own extra parameters join those of the model (such as
``quality``) in the task.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import cast

import structlog
from pydantic import SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

from bot.domain import catalog
from bot.domain.catalog import Model
from bot.domain.failures import Failure, Reason
from bot.domain.generation import PaidIn, Pictures, Progress, Request, Ticket
from bot.domain.image_models import IMAGE_MODELS, ImageModels, image_models
from bot.providers._http.client import Client, ProviderSettings, ResponseLimits, is_loopback
from bot.providers._http.model_cache import Catalogue, Offers
from bot.providers.ima import products as listing
from bot.providers.ima.answers import AnswerReader, TaskMedia, unbegun
from bot.providers.ima.orders import body, choose, task_of, uncertain
from bot.providers.ima.polling import LOOKS_PER_SECOND, pause, stretch
from bot.providers.ima.products import PricedChoice, Product
from bot.providers.ima.uploads import NO_KEY, PictureUploads
from bot.runtime import retries
from bot.settings import Settings
from messages import Cost, Note

log = structlog.get_logger(__name__)

API = "https://api.imastudio.com"
UPLOAD = "https://imapi.liveme.com"
"""The only two hosts that are given the key, but for this machine."""

LIMITS = ResponseLimits(silence=30, paying=120, total=60)

LIST = "/open/v1/product/list"
CREATE = "/open/v1/tasks/create"
DETAIL = "/open/v1/tasks/detail"

ATTEMPTS = 3
"""How often a task is tried to be created, as by the vendor's own client."""

TROUBLES = 3
"""Refusals in a row after which a paid task is given up; the first ones may be a mistake."""

LATE_LOOKS = 5
"""Looks for pictures that are missing from a task whose others are finished."""

LONGEST_WAIT = 60.0
"""Seconds between two looks, at most, also when the service asks for more."""

EXPECTED = (20, 60)
"""Seconds that a picture takes where the list does not say."""

_PASSING = frozenset(
    {
        Reason.NETWORK,
        Reason.TIMEOUT,
        Reason.PROVIDER_DOWN,
        Reason.RATE_LIMITED,
        Reason.UNUSABLE_ANSWER,
    }
)
"""Reasons for which a task is looked at again."""


class ImaSettings(ProviderSettings):
    """The keys of the environment that begin with ``IMA_``.

    The two URLs can only be changed to this machine's. ``app_id`` and ``app_key`` sign uploads;
    without the second one pictures are made from words only.
    """

    model_config = SettingsConfigDict(env_prefix="IMA_")

    base_url: str = API
    upload_url: str = UPLOAD
    app_id: str = "webAgent"
    app_key: SecretStr = SecretStr("")

    @field_validator("base_url", "upload_url")
    @classmethod
    def _official_or_here(cls, value: str, info: ValidationInfo) -> str:
        official = API if info.field_name == "base_url" else UPLOAD
        url = value.rstrip("/")
        if url != official and not (url.startswith(("http://", "https://")) and is_loopback(url)):
            raise ValueError(
                f"IMA_{str(info.field_name).upper()} can only be {official} or a URL of this "
                "machine (http://127.0.0.1:…), because the API key is sent there"
            )
        return url


def create(settings: Settings) -> "Ima":
    """The provider, configured by the environment.

    Raises:
        ValueError: if a URL is neither the official one nor this machine's.
    """
    try:
        return Ima(ImaSettings(), known=image_models(settings.models_file))
    except ValidationError as error:
        problems = [problem["msg"].removeprefix("Value error, ") for problem in error.errors()]
        raise ValueError("; ".join(problems)) from None


class Ima:
    """Orders pictures from IMA; ``clock`` is in seconds since the epoch."""

    name = "ima"
    title = "IMA"
    paid_in: PaidIn = "submit"

    def __init__(
        self,
        settings: ImaSettings,
        limits: ResponseLimits = LIMITS,
        *,
        known: ImageModels = IMAGE_MODELS,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        key, app_key = settings.api_key.get_secret_value(), settings.app_key.get_secret_value()
        headers = {
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
            "User-Agent": "banana-bot",
            "x-app-source": "ima_skills",
            "x_app_language": "en",
        }
        self._settings = settings
        self._known = known
        self._clock = clock
        self._sleep = sleep
        self._reader = AnswerReader((key, app_key))
        self._client = Client(settings.base_url, headers | settings.extra_headers, limits)
        self._uploads = PictureUploads(
            Client(settings.upload_url, {"User-Agent": "banana-bot"}, limits),
            self._reader,
            url=settings.upload_url,
            key=key,
            app=(settings.app_id, app_key),
            clock=clock,
        )
        built_in = {model.id: model for model in known.available()}
        self._catalogue = Catalogue(self._offers, built_in)
        self._collecting = 0

    async def models(self) -> Sequence[Model]:
        return list((await self._catalogue.offers()).values())

    async def submit(self, request: Request) -> Ticket | Failure:
        choice = await self._choice(request)
        if isinstance(choice, Failure):
            return choice
        sources = await self._uploads.send(request.references, choice.product.accepts)
        if isinstance(sources, Failure):
            return sources
        return await self._place(request, choice, sources)

    async def collect(
        self, ticket: Ticket, request: Request
    ) -> AsyncGenerator[Progress | Pictures | Failure, None]:
        """Look at the task until it is finished; only its caller gives up waiting."""
        began = cast(float, ticket.data.get("began", self._clock()))
        expected = ticket.seconds or EXPECTED
        elapsed = self._clock() - began
        # After a restart it may have been finished for long, and so may others: one by one.
        turn = self._collecting / LOOKS_PER_SECOND
        wait = turn if elapsed > expected[0] else pause(elapsed, expected)
        troubles = late = 0
        self._collecting += 1
        try:
            while True:
                yield Progress()
                await self._sleep(wait)
                found = await self._look(ticket.id)
                if isinstance(found, Failure):
                    troubles = 0 if found.reason in _PASSING else troubles + 1
                    if troubles == TROUBLES:
                        yield found
                        return
                    detail = found.detail
                    log.warning("not seen", task=ticket.id, reason=found.reason, detail=detail)
                elif found and all(media.final for media in found):
                    late += 1
                    if len(found) >= request.count or late > LATE_LOOKS:
                        yield await self._finish(ticket, request, found)
                        return
                asked = found.retry_after if isinstance(found, Failure) else None
                usual = pause(self._clock() - began, expected) * stretch(self._collecting)
                wait = max(usual, min(asked or 0.0, LONGEST_WAIT))
        finally:
            self._collecting -= 1

    async def check(self) -> Failure | None:
        """Ask for the product list, and for an upload that is not made.

        Without ``IMA_APP_KEY`` the failure says that there is no working from pictures.
        """
        found = await self._products(listing.DRAW)
        if isinstance(found, Failure):
            return found
        if not self._settings.app_key.get_secret_value():
            return Failure(Reason.REFERENCE_UNUSABLE, explanation=NO_KEY)
        return await self._uploads.check()

    async def refresh(self) -> None:
        await self._catalogue.refresh()

    @property
    def way(self) -> str:
        """By which proxy it is reached, in words; "" for none."""
        return self._client.way

    async def close(self) -> None:
        await self._catalogue.close()
        await self._uploads.close()
        await self._client.close()

    # What there is

    async def _offers(self) -> Offers | Failure:
        drawing, editing = await asyncio.gather(
            self._products(listing.DRAW), self._products(listing.EDIT)
        )
        if isinstance(drawing, Failure):
            return drawing
        editors = [] if isinstance(editing, Failure) else editing
        return listing.models(drawing, editors, self._known)

    async def _products(self, task: str) -> list[Product] | Failure:
        query = {"app": "ima", "platform": "web", "category": task}
        answer = await self._client.call("GET", LIST, query=query, repeatable=True)
        data = self._reader.data(answer)
        return unbegun(data) if isinstance(data, Failure) else listing.products(data, self._known)

    # Ordering

    async def _choice(self, request: Request, size: str | None = None) -> PricedChoice | Failure:
        """Check a request against the product list of this moment."""
        if refusal := self._uploads.refusal(request.references):
            return refusal
        found = await self._products(task_of(request))
        if isinstance(found, Failure):
            return found
        models = listing.models(found, found, self._known)
        offer = catalog.find(request.model, models.values())
        product = next((p for p in found if offer and models[p.model_id] is offer), None)
        if product is None:
            facts = {"model": request.model, "models": [product.name for product in found]}
            return Failure(Reason.UNKNOWN_MODEL, facts)
        return choose(request, product, self._settings.extra_body, size)

    async def _place(
        self, request: Request, choice: PricedChoice, sources: list[str]
    ) -> Ticket | Failure:
        """Create the task, if need be as IMA's documents recommend after a refusal.

        With 500 too much was asked, so the next smaller size is tried. With 6009 and 6010 the rule
        does not fit: it is chosen again from a new list, then for a smaller size. These are codes
        in the body of an answer; after an HTTP status alone nothing is ordered again.
        """
        asked, renewed = choice.size, False
        for attempt in range(ATTEMPTS):
            made = await self._create(request, choice, sources, asked)
            if isinstance(made, Ticket) or attempt == ATTEMPTS - 1 or not made.retryable:
                return made
            unfitting = _is_unfitting(made)
            if not unfitting and made.provider_code != "500":
                return made
            size = choice.size if unfitting and not renewed else choice.smaller()
            renewed = renewed or unfitting
            again = await self._choice(request, size) if size else made
            if isinstance(again, Failure):  # it may have been withdrawn since it was listed
                return again if again.reason is Reason.UNKNOWN_MODEL else made
            log.warning("ordered again", code=made.provider_code, size=size)
            choice = again
        raise AssertionError("unreachable")

    async def _create(
        self, request: Request, choice: PricedChoice, sources: list[str], asked: str | None
    ) -> Ticket | Failure:
        """Create the task. It is paid for, so nothing is sent again that may have arrived."""
        answer = await self._client.call(
            "POST", CREATE, body=body(request, choice, sources), pays=True
        )
        data = self._reader.data(answer)
        if isinstance(data, Failure):
            return uncertain(data)
        task = data.get("id") if isinstance(data, dict) else None
        if isinstance(task, bool) or not isinstance(task, int | str) or not str(task):
            return uncertain(Failure(Reason.UNUSABLE_ANSWER, detail="no id in the answer"))
        return Ticket(
            id=str(task),
            cost=Cost(choice.rule.points * request.count, "points"),
            seconds=choice.product.seconds or EXPECTED,
            data={
                "began": self._clock(),
                "model": choice.product.name,
                "asked": asked,
                "size": choice.size,
            },
        )

    # Collecting

    async def _look(self, task: str) -> tuple[TaskMedia, ...] | Failure:
        """The pictures of a task as they are now; none while it waits."""
        answer = await self._client.call("POST", DETAIL, body={"task_id": task})
        data = self._reader.data(answer)
        if isinstance(data, Failure):
            return data
        return self._reader.medias(data) if isinstance(data, dict) else ()

    async def _finish(
        self, ticket: Ticket, request: Request, medias: Sequence[TaskMedia]
    ) -> Pictures | Failure:
        """Fetch what there is; if that is nothing, the first reason why."""
        fetched = await asyncio.gather(*map(self._fetch, medias))
        items = tuple(item for item in fetched if isinstance(item, bytes))
        if not items:
            return next(item for item in fetched if isinstance(item, Failure))
        notes = []
        if ticket.data.get("asked") != ticket.data.get("size"):
            facts = {key: ticket.data.get(key) for key in ("model", "asked", "size")}
            notes.append(Note("size_adjusted", facts))
        if len(items) < request.count:
            notes.append(Note("partly_done", {"done": len(items), "count": request.count}))
        return Pictures(items, ticket.cost, tuple(notes))

    async def _fetch(self, media: TaskMedia) -> bytes | Failure:
        if media.failure:
            return media.failure
        try:
            return await retries.RESULT_DOWNLOAD(_NotFetched, self._fetch_once, media.urls)
        except _NotFetched as error:
            return error.failure

    async def _fetch_once(self, urls: Sequence[str]) -> bytes | Failure:
        """What the first of the links leads to that leads anywhere.

        Raises:
            _NotFetched: none does now, but the last one may later.
        """
        failure = Failure(Reason.UNUSABLE_ANSWER)
        for url in urls:
            found = await self._client.downloader.fetch(url)
            if isinstance(found, bytes):
                return found
            failure = _unfetched(found)
        if failure.reason is Reason.NETWORK:
            raise _NotFetched(failure)
        return failure


class _NotFetched(Exception):
    """A result that could not be downloaded, and why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.detail)
        self.failure = failure


def _is_unfitting(failure: Failure) -> bool:
    """Whether the price that was sent is not one for what was ordered."""
    words = (failure.explanation or "").lower()
    return failure.provider_code in ("6009", "6010") or "invalid product attribute" in words


def _unfetched(failure: Failure) -> Failure:
    """A failed download of a result, in words that are not about the person's own pictures."""
    status = failure.facts.get("status")
    passing = failure.reason is Reason.REFERENCE_UNREACHABLE and status != 410
    detail = f"result at {failure.facts.get('host')}: {failure.reason} {status or failure.detail}"
    return Failure(Reason.NETWORK if passing else Reason.UNUSABLE_ANSWER, detail=detail)
