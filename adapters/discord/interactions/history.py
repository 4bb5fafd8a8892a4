"""Looking back: a person's history, page by page, and one of its pictures shown again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog

from adapters.discord.address import PLATFORM, DiscordPlace, message_link
from adapters.discord.context import Context, Interaction
from adapters.discord.custom_id import PANEL
from adapters.discord.delivery.components import NUMBERS, Row
from adapters.discord.escaping import escape, shorten
from adapters.discord.interactions.drawing import is_for_one
from adapters.discord.interactions.requests import incoming, place_of
from adapters.discord.interactions.responses import defer, language, say, tell, text_of
from adapters.discord.rest import Upload
from adapters.discord.texts import word
from bot.chat import SizeLimits, file_name, fit
from bot.domain import Action, Failure, Incoming, Job, Reason, Viewer
from messages import Notice, Status

log = structlog.get_logger(__name__)

PAGE = 8
"""Entries of one page."""

LAST_PAGE = 60
"""Older pictures are found by their number."""

THUMBNAIL = SizeLimits(bytes=256 * 1024, side=320)
"""What a small copy of a picture has at most: bytes, and pixels of a side."""

_SHOWN, _LABEL, _ALT = 100, 90, 1000
"""Characters of a request that an entry, its line in the menu and its thumbnail quote."""

_MARKS = {Status.SUCCEEDED: "✅", Status.FAILED: "❌", Status.CANCELLED: "🚫"}
_ROW, _BUTTON, _SELECT, _SECONDARY = 1, 2, 3, 2


async def show(
    context: Context, interaction: Interaction, job_id: str, *, private: bool | None
) -> None:
    """Show a job as it is now, with buttons that work, and with its author if that is another.

    Whether only the person sees it is what the job says, where they have not said it themselves.
    """

    async def make(place: DiscordPlace) -> Incoming:
        return incoming(interaction, place, Action.DETAILS, target=job_id)

    if private is None:
        private = await is_for_one(context, lambda: make(place_of(interaction)))
    await defer(interaction, private=private)
    place = place_of(interaction, private=private)
    locale = await language(context, interaction)
    request = await make(place)
    viewer = request.viewer
    job = await context.bot.job(job_id, viewer) if job_id else None
    message = await context.bot.message(job_id, viewer) if job else None
    if job is None or message is None or (job.private and not viewer.private):
        await tell(interaction, text_of(Failure(Reason.NOT_FOUND), locale), private=private)
        return
    if job.requester != place.user:
        place = replace(place, author=job.requester)
    await context.delivery.show_copy(place, message, locale)


async def show_history(context: Context, interaction: Interaction, page: int = 0) -> None:
    """Make the answer show a page of the person's history, from 0; the last for one behind it."""
    page = min(page, LAST_PAGE)
    alone = Viewer(PLATFORM, str(interaction.user.id), private=True)
    found = await context.bot.history(alone, limit=(page + 1) * PAGE + 1)
    jobs = found.jobs
    page = min(page, max(0, len(jobs) - 1) // PAGE)
    here, more = jobs[page * PAGE :][:PAGE], len(jobs) > (page + 1) * PAGE
    locale = await language(context, interaction)
    if not here:
        await say(interaction, text_of(Notice("history_empty"), locale), [])
        return
    pictures = await _thumbnails(context, here, alone)
    header = Notice("history_page", {"page": page + 1}) if page else Notice("history")
    lines = [text_of(header, locale)]
    lines += [_line(job, pictures) for job in here]
    rows = _rows(here, page, more and page < LAST_PAGE, locale)
    await say(interaction, "\n".join(lines), rows, list(pictures.values()))


def _line(job: Job, pictures: Mapping[str, Upload]) -> str:
    """What was asked, when by the reader's clock, and the way to its message; which of the
    thumbnails it is, if it is among them."""
    asked_for = escape(shorten(job.text or job.prompt, _SHOWN))
    when = f"<t:{int(job.created_at)}:f>"
    sign = _MARKS.get(job.status, "⏳")
    if job.id in pictures:
        sign = NUMBERS[list(pictures).index(job.id)]
    link = message_link(job)
    there = f" [↗](<{link}>)" if link else ""
    return f"{sign} {when} {asked_for} · {escape(job.model_name)}{there}"


async def _thumbnails(context: Context, jobs: Sequence[Job], viewer: Viewer) -> dict[str, Upload]:
    """Small copies of the first picture of each job that has one, one after the other."""
    found: dict[str, Upload] = {}
    for job in jobs:
        message = await context.bot.message(job, viewer)
        first = message.pictures[:1] if message else ()
        kept = await context.bot.picture(first[0].image_id, viewer) if first else None
        data = await context.bot.read_picture(kept) if kept else None
        if data is None:
            continue
        try:
            small = await fit(data, THUMBNAIL)
        except ValueError as error:
            log.warning("no thumbnail", job_id=job.id, error=str(error))
            continue
        name = file_name("picture", len(found) + 1, small.mime)
        found[job.id] = Upload(name, small.data, shorten(job.text or job.prompt, _ALT))
    return found


def _rows(jobs: Sequence[Job], page: int, more: bool, locale: str) -> list[Row]:
    rows: list[Row] = []
    if jobs:
        options = [
            {
                "label": shorten(job.text or job.prompt, _LABEL) or job.model_name,
                "value": job.id,
                "description": " · ".join(filter(None, (job.model_name, job.size)))[:100],
            }
            for job in jobs
        ]
        menu = {"custom_id": f"{PANEL}show", "placeholder": word("show", locale)}
        rows.append(_row({"type": _SELECT, **menu, "options": options}))
    if page or more:
        previous, following = word("previous_page", locale), word("next_page", locale)
        back = _turn(f"◀ {previous}", max(0, page - 1), "back", enabled=page > 0)
        rows.append(_row(back, _turn(f"{following} ▶", page + 1, "on", enabled=more)))
    return rows


def _turn(label: str, page: int, way: str, *, enabled: bool) -> dict[str, Any]:
    custom_id = f"{PANEL}history:{page}:{way}"
    look = {"type": _BUTTON, "style": _SECONDARY, "label": label}
    return {**look, "custom_id": custom_id, "disabled": not enabled}


def _row(*components: dict[str, Any]) -> Row:
    return {"type": _ROW, "components": list(components)}
