"""What people do and see, as a table in Markdown, for a reader who judges it."""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from bot.settings import Settings
from tests.emulators.process import Remote, launch
from tests.support import scripted


@dataclass(frozen=True, slots=True)
class Row:
    """What was done, what is seen then, and what was asked of the image service for it."""

    did: str
    sees: str
    drew: tuple[str, ...]


class Play(Protocol):
    """People and a bot on an emulated platform; ``rows`` is what they have done so far."""

    rows: list[Row]
    stage: Any


P = TypeVar("P", bound=Play)


def table(rows: Iterable[Row]) -> str:
    """The rows in Markdown."""
    lines = ["| # | did | sees now | drawn |", "|---|---|---|---|"]
    for number, row in enumerate(rows, start=1):
        cells = (str(number), row.did, row.sees, "<br>".join(row.drew))
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(lines)


def main(
    platform: str,
    languages: Iterable[str],
    playing: Callable[[Remote, Settings, str], AbstractAsyncContextManager[P]],
    acts: Sequence[Callable[[P], Awaitable[None]]],
) -> None:
    """Play the acts in each language, and write the tables to the file that the first argument of
    the command names, or to the standard output.

    ``playing`` gives a bot to which nobody is known yet, on the emulator of the platform.
    """
    with launch(platform) as remote:
        sections = [
            f"## {platform.capitalize()}, {language}\n\n"
            + asyncio.run(_played(remote, language, playing, acts))
            for language in languages
        ]
    written = "\n".join(sections)
    if sys.argv[1:]:
        Path(sys.argv[1]).write_text(written, encoding="utf-8")
    else:
        sys.stdout.write(written)


async def _played(
    remote: Remote,
    language: str,
    playing: Callable[[Remote, Settings, str], AbstractAsyncContextManager[P]],
    acts: Sequence[Callable[[P], Awaitable[None]]],
) -> str:
    """The table, with what the emulator found wrong."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), provider=scripted.NAME)
        async with playing(remote, settings, language) as play:
            try:
                for act in acts:
                    await act(play)
            except Exception:
                sys.stderr.write(table(play.rows))
                raise
            violations = await play.stage.violations()
    return f"{table(play.rows)}\n\nViolations: {violations or 'none'}\n"
