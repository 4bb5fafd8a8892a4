"""What people get by what they say, from a service that offers Nano Banana 2.1, Lite and Pro."""

import re
from dataclasses import dataclass, replace

from tests.emulators import generate_content
from tests.emulators.process import Remote
from tests.support.model_ids import FLASH, LITE, OLD_FLASH, PRO, lite, old_flash, pro

BEFORE = (old_flash, lite, pro)
"""What was offered in the summer of 2026."""


_SIDES = {"1K": 1024, "2K": 2048}
"""Pixels of a side of a square picture."""


@dataclass(frozen=True, slots=True)
class Got:
    """``price`` is what Google charges for the picture alone, in USD.

    ``replaced`` says that another model was meant, which is no more.
    """

    model: str
    name: str
    size: str
    price: float
    replaced: bool = False

    def paid(self, amount: float) -> bool:
        """Whether that is the price: what is read and thought costs little besides."""
        return self.price <= amount < self.price * 1.05

    def told(self, text: str) -> bool:
        """Whether a message with a picture says all of it, in either language, be it the size or
        the pixels."""
        pixels = f"{_SIDES[self.size]}×"
        shown = re.search(r"\$(\d+\.\d+)", text)
        assert shown, text
        said = "Nano Banana 2 is no longer offered" in text or "Nano Banana 2 已经下线" in text
        return (
            self.name in text
            and any(f" {one}" in text.replace("\n", " ") for one in (f"{self.size} ", pixels))
            and self.paid(float(shown[1]))
            and said == self.replaced
        )


_FLASH = Got(FLASH, "Nano Banana 2.1", "1K", 0.0336)
_OLD = replace(_FLASH, replaced=True)
_LITE = Got(LITE, "Nano Banana 2 Lite", "1K", 0.0336)
_PRO = Got(PRO, "Nano Banana Pro", "1K", 0.134)

SAID = {
    "en": {
        "a lighthouse": _FLASH,
        "use nano banana: a lighthouse": _FLASH,
        "use Nano Banana 2: a lighthouse": _OLD,
        "use flash: a lighthouse": _FLASH,
        "cheapest: a lighthouse": _FLASH,
        "use lite: a lighthouse": _LITE,
        "best quality: a lighthouse": _PRO,
        "a lighthouse, 2K": replace(_FLASH, size="2K", price=0.0504),
    },
    "zh_Hans": {
        "画一座灯塔": _FLASH,
        "用香蕉画一座灯塔": _FLASH,
        "用 Nano Banana 2 画一座灯塔": _OLD,
        "用 flash 画一座灯塔": _FLASH,
        "用最便宜的模型画一座灯塔": _FLASH,
        "用大香蕉画一座灯塔": _PRO,
    },
}
"""By words, in both languages. The price of 2K is the emulator's: Google has published none."""

CHOSEN = {
    "nano banana": _FLASH,
    "flash": _FLASH,
    "Nano Banana 2": _OLD,
    "NB2": _OLD,
    OLD_FLASH: _OLD,
    f"google/{OLD_FLASH}-preview": _OLD,
    "lite": _LITE,
    "pro": _PRO,
}
"""By what is written where a model is chosen."""


def environment(gemini: Remote) -> dict[str, str]:
    """What sets the bot to an emulated Gemini."""
    return {
        "PROVIDER": "gemini",
        "GEMINI_API_KEY": generate_content.KEY,
        "GEMINI_BASE_URL": f"{gemini.url}/v1beta",
    }
