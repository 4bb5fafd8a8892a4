"""Which of Google's image models an emulated service offers, and how they end while it runs.

The models, their sizes, ratios and references are those of late November 2026
(https://ai.google.dev/gemini-api/docs/image-generation, /changelog and /deprecations). Settings of
``POST /_ctl/set``, the same for Gemini, AIHubMix, OpenRouter and IMA; ids are Google's, without the
prefix or suffix by which a service may call them:

* ``offers``: a name of :data:`OFFERS` or a list of ids: what the service lists and serves.
  ``today`` is the default; which models that is differs from service to service.
* ``retired``: ids that are gone, of whatever is offered: they are in no list, and a request for one
  is answered with the service's own "no such model". To be set at any time.
* ``retiring``: ids that are retired by the first request to make a picture with them, as if it had
  happened between the list and that request: it is refused, and so is every later one.
* ``sizes``: ``{id: [sizes]}``: what a model takes when it is asked, whatever a list says of it.
"""

from typing import Any

from aiohttp import web

from tests.emulators.emulator import Emulator

COMMON = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
LONG = ("1:4", "4:1", "1:8", "8:1")
FOURTEEN = COMMON + LONG

NEW = "gemini-nano-banana-2.1"
FLASH, PRO = "gemini-3.1-flash-image", "gemini-3-pro-image"
LITE, OLD = "gemini-3.1-flash-lite-image", "gemini-2.5-flash-image"
NEXT = "gemini-nano-banana-3"
"""A model that is not there yet: nobody's data can know it."""

MODELS: dict[str, dict[str, Any]] = {
    NEW: {"sizes": ("1K", "2K", "4K"), "ratios": FOURTEEN, "references": 14},
    FLASH: {"sizes": ("512", "1K", "2K", "4K"), "ratios": FOURTEEN, "references": 14},
    PRO: {"sizes": ("1K", "2K", "4K"), "ratios": COMMON, "references": 14},
    LITE: {"sizes": ("1K",), "ratios": FOURTEEN, "references": 14},
    OLD: {"sizes": (), "ratios": COMMON, "references": 3},
    NEXT: {"sizes": ("1K", "2K", "4K"), "ratios": FOURTEEN, "references": 14},
}

NAMES = {
    NEW: "Nano Banana 2.1",
    FLASH: "Nano Banana 2",
    PRO: "Nano Banana Pro",
    LITE: "Nano Banana 2 Lite",
    OLD: "Nano Banana",
    NEXT: "Nano Banana 3",
}

TOKENS: dict[str, dict[str, int]] = {
    NEW: {"1K": 1120, "2K": 1680, "4K": 3767},
    FLASH: {"512": 747, "1K": 1120, "2K": 1680, "4K": 2520},
    PRO: {"1K": 1120, "2K": 1120, "4K": 2000},
    LITE: {"1K": 1120},
    OLD: {"1K": 1290},
    NEXT: {"1K": 1120, "2K": 1680, "4K": 3767},
}
"""Image tokens of one picture, by which it is paid. 2.1 costs $0.0336 at 1K and about $0.113 at 4K,
$30 a million; its 2K is not published and taken to be that of Nano Banana 2."""

DOLLARS: dict[str, float] = {NEW: 30, FLASH: 60, PRO: 120, LITE: 30, OLD: 30, NEXT: 30}
"""For a million image tokens."""

OFFERS: dict[str, tuple[str, ...]] = {
    "summer": (OLD, f"{PRO}-preview", PRO, FLASH, LITE),  # of 2026, before 2.1
    "new": (NEW,),
    "old": (FLASH,),
    "both": (NEW, FLASH),
    "lines": (NEW, PRO, LITE),
    "unknown": (NEXT,),
    "next": (NEXT, NEW, PRO, LITE),
}


def released(model: str) -> str:
    """The id of a model that may be called by its preview's."""
    return model.removesuffix("-preview")


class Offering(Emulator):
    """What is offered; a subclass says what that is today, and how it refuses the rest."""

    today: tuple[str, ...] = OFFERS["lines"]

    @property
    def offered(self) -> tuple[str, ...]:
        """The ids that are listed and served now."""
        chosen = self.settings.get("offers", "today")
        if isinstance(chosen, str):
            chosen = self.today if chosen == "today" else OFFERS[chosen]
        gone = self.settings.get("retired", ())
        return tuple(model for model in chosen if released(model) not in gone)

    def gone(self, model: str) -> bool:
        """Whether a request for a model comes too late; the first one of a retiring model does."""
        model = released(model)
        if model in (retiring := self.settings.get("retiring", [])):
            retiring.remove(model)
            self.settings["retired"] = [*self.settings.get("retired", ()), model]
        return model in self.settings.get("retired", ())

    def sizes(self, model: str) -> tuple[str, ...]:
        """The sizes that a model takes when it is asked."""
        model = released(model)
        return tuple(self.settings.get("sizes", {}).get(model, MODELS[model]["sizes"]))

    def bill_made(self, request: web.Request, model: str, size: str | None, made: int) -> float:
        """Note a paid call; gives its dollars for the pictures."""
        self.bill(request, released(model), size, made)
        tokens = TOKENS[released(model)]
        each = tokens.get(size or "1K", tokens["1K"])
        return round(each * made * DOLLARS[released(model)] / 1e6, 6)
