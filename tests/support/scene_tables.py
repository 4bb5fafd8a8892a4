"""What people do and see, as a table in Markdown, for a reader who judges it."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """What was done, what is seen then, and what was asked of the image service for it."""

    did: str
    sees: str
    drew: tuple[str, ...]


def table(rows: Iterable[Row]) -> str:
    """The rows in Markdown."""
    lines = ["| # | did | sees now | drawn |", "|---|---|---|---|"]
    for number, row in enumerate(rows, start=1):
        cells = (str(number), row.did, row.sees, "<br>".join(row.drew))
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(lines)


def section(title: str, rows: Iterable[Row], violations: object) -> str:
    """A table with its heading, and with what the emulator found wrong."""
    return f"## {title}\n\n{table(rows)}\n\nViolations: {violations or 'none'}\n"


def write(sections: Iterable[str], arguments: Sequence[str]) -> None:
    """Write the sections to the file that the arguments name, or to the standard output."""
    written = "\n".join(sections)
    if arguments:
        Path(arguments[0]).write_text(written, encoding="utf-8")
    else:
        sys.stdout.write(written)
