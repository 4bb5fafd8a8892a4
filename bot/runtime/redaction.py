"""What must not be in a log line, taken out of it: the last guard, behind those who write the line.

Configured keys are known; others are recognised by where they stand: in an address, in a header, in
the path of a Discord interaction.
"""

import os
import re
from collections.abc import Iterable, Mapping

from dotenv import dotenv_values

from bot.runtime import env_file

HIDDEN = "***"

SHORTEST = 6
"""Characters. Something shorter would also be found in the middle of ordinary words."""

_NAMES = re.compile(r"_(?:KEY|SECRET|TOKEN|PASSWORD)$")

_PLACES = (
    re.compile(r"(://)[^/\s@'\"]+(?=@)"),  # user and password of an address
    re.compile(
        r"([?&](?:access_token|api_?key|key|password|secret|sig|signature|ticket|token)=)[^&\s'\"]+",
        re.IGNORECASE,
    ),
    re.compile(r"(\b(?:Bearer|Bot|Basic)\s+)[\w.~+/=-]{16,}"),
    # https://discord.com/developers/docs/interactions/receiving-and-responding
    re.compile(r"(/(?:webhooks|interactions)/\d{1,20}/)[\w.-]{8,}"),
)


class Redactor:
    """Takes ``secrets``, and what stands where secrets stand, out of texts."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        long = sorted({one for one in secrets if len(one) >= SHORTEST}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, long))) if long else None

    def __call__(self, text: str) -> str:
        if self._known:
            text = self._known.sub(HIDDEN, text)
        for place in _PLACES:
            text = place.sub(rf"\g<1>{HIDDEN}", text)
        return text


def configured() -> set[str]:
    """The secrets of this configuration: the variables that are named so."""
    everything: Mapping[str, str | None] = {**dotenv_values(env_file.NAME), **os.environ}
    named = (value for name, value in everything.items() if _NAMES.search(name.upper()))
    return {value for value in named if value}
