"""What a service offers: asked for now and then, known always, never waited for long."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping

import structlog

from bot.domain.catalog import Model
from bot.domain.failures import Failure

log = structlog.get_logger(__name__)

FRESH = 600.0
"""Seconds for which an answer is good."""

AGAIN = 30.0
"""Seconds after which a service that could not say is asked again."""

PATIENCE = 1.0
"""Seconds that the very first question is waited for; later ones are asked in the background."""

Offers = Mapping[str, Model]
"""Models by the name under which the service is called for them; the first one is the default."""


def each_once(found: Iterable[tuple[str, Model]]) -> Offers:
    """Each model once, under the name to call it by: not its preview where both are listed."""
    best: dict[str, tuple[str, Model]] = {}
    for called, model in found:
        if model.id not in best or called == model.id:
            best[model.id] = (called, model)
    return dict(best.values())


class Catalogue:
    """The last answer of ``ask``; before the first one, ``built_in``.

    To be used from one event loop; :meth:`close` it at the end.
    """

    def __init__(
        self,
        ask: Callable[[], Awaitable[Offers | Failure]],
        built_in: Offers,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask = ask
        self._offers = built_in
        self._clock = clock
        self._due = 0.0
        self._first = True
        self._asking: asyncio.Task[None] | None = None

    async def offers(self) -> Offers:
        """What is offered, by the last answer there is."""
        if self._asking is None and (self._first or self._clock() >= self._due):
            self._asking = asyncio.create_task(self._refresh())
        if self._first and self._asking is not None:
            await asyncio.wait({self._asking}, timeout=PATIENCE)
            self._first = False
        return self._offers

    @property
    def last(self) -> Offers:
        """What was offered when it was last asked."""
        return self._offers

    async def called(self, model: str) -> str:
        """The service's own name of a model; one that is not offered is called as it is."""
        offers = await self.offers()
        return next((name for name, offer in offers.items() if offer.id == model), model)

    async def refresh(self) -> None:
        """Ask now, and wait for the answer; one that was asked for before may be out of date."""
        self._first = False
        if self._asking is not None:
            await asyncio.wait({self._asking})
        if self._asking is None:
            self._asking = asyncio.create_task(self._refresh())
        await asyncio.wait({self._asking})

    async def close(self) -> None:
        """Stop asking."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)

    async def _refresh(self) -> None:
        try:
            answer = await self._ask()
        except Exception:
            log.exception("the catalogue could not be read")
            answer = {}
        if isinstance(answer, Failure):
            log.warning("no catalogue", reason=answer.reason.value, detail=answer.detail)
            answer = {}
        self._offers = answer or self._offers
        self._due = self._clock() + (FRESH if answer else AGAIN)
        self._asking = None
