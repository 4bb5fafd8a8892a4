"""Sayings with what a careful person expects of them, and what became of them. Pure.

A file has one JSON object a line: ``lang``, ``text``, ``context`` (one of :data:`CONTEXTS`),
``paid`` (whether a picture is to be made of it), ``task`` (``new``, ``change``, ``repeat``, or null
where nothing is made), ``kind`` (by which they are counted), ``keeps`` (pieces that the prompt has
to have); and, where it matters, ``picture``: the number of the picture that is worked from, or
``before`` for that of the first of two requests, and ``quoted``: what the other person wrote.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from bot.domain.failures import Failure
from bot.domain.generation import Request
from bot.domain.jobs import Job
from bot.domain.requests import Accepted
from messages import Notice

CONTEXTS = (
    "nothing",
    "recent",
    "four",
    "two_jobs",
    "running",
    "reply_picture",
    "reply_four",
    "reply_text",
    "own_image",
)
"""What there is when it is said: nothing; a picture of the person's made just now; four pictures of
one request; two requests; a request that is still being made; the saying replies to the bot's
message with one picture, with four, to another person's text; or it comes with a photo."""


@dataclass(frozen=True, slots=True)
class Saying:
    """One line of a file."""

    lang: str
    text: str
    context: str
    paid: bool
    task: str | None
    kind: str
    keeps: tuple[str, ...] = ()
    picture: int | str | None = None
    quoted: str = ""

    def __post_init__(self) -> None:
        if self.context not in CONTEXTS:
            raise ValueError(f"{self.text}: no such context: {self.context}")
        if self.paid is not (self.task in ("new", "change", "repeat")):
            raise ValueError(f"{self.text}: what is paid has a task")


def load(path: Path) -> list[Saying]:
    """The sayings of a file, in their order."""
    lines = map(json.loads, filter(str.strip, path.read_text("utf-8").splitlines()))
    return [Saying(**{**line, "keeps": tuple(line.get("keeps", ()))}) for line in lines]


@dataclass(frozen=True, slots=True)
class Happened:
    """What became of a saying.

    ``answer`` is the engine's, ``job`` what was made of it, if anything was, and ``requests`` are
    those that the provider got for it. ``earlier`` are the jobs that there were before. ``seen``
    says that the person sees an answer, a reaction or a picture, ``pictured`` that it is a picture.
    """

    answer: Accepted | Notice | Failure | None
    job: Job | None
    requests: Sequence[Request]
    earlier: Sequence[Job]
    seen: bool
    pictured: bool


class Verdict(StrEnum):
    """How a saying was dealt with; the values are the columns of the table.

    ``ASKED`` is a picture that is wanted and was not drawn, but offered: one press draws it.
    """

    RIGHT = "right"
    UNASKED = "drawn unasked"
    ASKED = "asked about"
    NOT_DRAWN = "not drawn"
    OTHERWISE = "drawn otherwise"
    SILENT = "nothing seen"


@dataclass(frozen=True, slots=True)
class Result:
    """A saying on a platform, and how it was dealt with; ``why`` says what is wrong."""

    platform: str
    saying: Saying
    verdict: Verdict
    why: str = ""


def judge(platform: str, saying: Saying, happened: Happened) -> Result:
    """Compare what became of a saying with what is expected."""
    told = _told(happened)
    if happened.requests and not saying.paid:
        return Result(platform, saying, Verdict.UNASKED, told)
    if saying.paid and not happened.requests:
        answer = happened.answer
        offered = isinstance(answer, Notice) and answer.question is not None
        return Result(platform, saying, Verdict.ASKED if offered else Verdict.NOT_DRAWN, told)
    if saying.paid and (wrong := _otherwise(saying, happened)):
        return Result(platform, saying, Verdict.OTHERWISE, f"{wrong}; {told}")
    if not (happened.pictured if saying.paid else happened.seen):
        return Result(platform, saying, Verdict.SILENT, told)
    return Result(platform, saying, Verdict.RIGHT)


def _otherwise(saying: Saying, happened: Happened) -> str:
    """What is not as it was asked for."""
    job = happened.job
    assert job is not None
    task = task_of(job, happened.earlier)
    wanted = saying.task
    if saying.context == "own_image" and wanted == "repeat":
        wanted = "change"  # what was not made here can only be changed
    if task != wanted:
        return f"{task}, not {wanted}"
    prompts = "\n".join(request.prompt for request in happened.requests)
    if lacking := [part for part in saying.keeps if part not in prompts]:
        return f"lacks {lacking} in {prompts!r}"
    if saying.picture is not None and saying.picture != (found := _picture(job, happened.earlier)):
        return f"picture {found}, not {saying.picture}"
    return ""


def task_of(job: Job, earlier: Sequence[Job]) -> str:
    """What a job does: a repetition has the words of the request that it repeats."""
    if any(job.text == one.text for one in earlier):
        return "repeat"
    return "change" if job.attachments or job.references else "new"


def _picture(job: Job, earlier: Sequence[Job]) -> int | str | None:
    """The picture that a job works from, as a saying names it; what is only made once more works
    from none, and is that of the request that it repeats."""
    if job.parent is None:
        is_first = len(earlier) > 1 and task_of(job, earlier[:1]) == "repeat"
        return "before" if is_first else None
    first = len(earlier) > 1 and job.parent.job_id == earlier[0].id
    return "before" if first else job.parent.number


def _told(happened: Happened) -> str:
    answer = happened.answer
    if isinstance(answer, Notice):
        return answer.key
    if isinstance(answer, Failure):
        return answer.reason.value
    return repr([request.prompt for request in happened.requests])


def table(results: Iterable[Result]) -> str:
    """How many there are of each verdict, by language, kind and platform, and in all."""
    counts: dict[tuple[str, str, str], Counter[Verdict]] = {}
    for result in results:
        lang, kind, platform = result.saying.lang, result.saying.kind, result.platform
        for key in ((lang, kind, platform), (lang, "all", platform), ("all", "all", platform)):
            counts.setdefault(key, Counter())[result.verdict] += 1
    head: list[Any] = ["language", "kind", "platform", "sayings", *Verdict]
    rows = [head]
    for key, found in sorted(counts.items(), key=lambda row: _place(row[0])):
        rows.append([*key, found.total(), *(found[verdict] for verdict in Verdict)])
    widths = [max(len(str(row[column])) for row in rows) for column in range(len(head))]
    lines = ["  ".join(map(_cell, row, widths)).rstrip() for row in rows]
    return "\n".join(lines)


def _place(key: tuple[str, str, str]) -> tuple[Any, ...]:
    """Sums stand below what they sum up."""
    lang, kind, platform = key
    return (lang == "all", lang, kind == "all", kind, platform)


def _cell(value: Any, width: int) -> str:
    return f"{value:>{width}}" if isinstance(value, int) else f"{value:<{width}}"


def misses(results: Iterable[Result]) -> str:
    """Each saying that was not dealt with as expected, a line."""
    return "\n".join(
        f"{one.platform} {one.saying.lang} {one.saying.kind} {one.saying.context}: "
        f"{one.saying.text!r}: {one.verdict} ({one.why})"
        for one in results
        if one.verdict is not Verdict.RIGHT
    )
