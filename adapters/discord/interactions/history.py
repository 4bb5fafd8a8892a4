"""Looking back: a person's history, page by page, and one of its pictures shown again."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from adapters.discord.address import PLATFORM, DiscordPlace
from adapters.discord.context import Context, Interaction
from adapters.discord.delivery.rendering import Row
from adapters.discord.escaping import escape, shorten
from adapters.discord.interactions.drawing import must_be_private
from adapters.discord.interactions.panels import PREFIX
from adapters.discord.interactions.requests import incoming, place_of
from adapters.discord.interactions.responses import defer, language, say, tell, text_of
from adapters.discord.texts import word
from bot.domain.actions import Action
from bot.domain.failures import Failure, Reason
from bot.domain.jobs import Job
from bot.domain.requests import Incoming, Viewer
from messages import Notice, Status

PAGE = 8
"""Entries of one page."""

LAST_PAGE = 60
"""Older pictures are found by their number."""

_SHOWN, _LABEL = 100, 90
"""Characters of a request that an entry and its line in the menu quote."""

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
        private = await must_be_private(context, lambda: make(place_of(interaction)))
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
    """Make the answer show a page of the person's history, from 0."""
    page = min(page, LAST_PAGE)
    alone = Viewer(PLATFORM, str(interaction.user.id), private=True)
    found = await context.bot.history(alone, limit=(page + 1) * PAGE + 1)
    jobs = found.jobs
    here, more = jobs[page * PAGE :][:PAGE], len(jobs) > (page + 1) * PAGE
    locale = await language(context, interaction)
    if not here and not page:
        await say(interaction, text_of(Notice("history_empty"), locale), [])
        return
    lines = [text_of(Notice("history"), locale), *(_line(job) for job in here)]
    await say(interaction, "\n".join(lines), _rows(here, page, more and page < LAST_PAGE, locale))


def _line(job: Job) -> str:
    asked_for = escape(shorten(job.prompt, _SHOWN))
    when = f"<t:{int(job.created_at)}:R>"
    return f"{_MARKS.get(job.status, '⏳')} {when} {asked_for} · {escape(job.model_name)}"


def _rows(jobs: Sequence[Job], page: int, more: bool, locale: str) -> list[Row]:
    rows: list[Row] = []
    if jobs:
        options = [
            {
                "label": shorten(job.prompt, _LABEL) or job.model_name,
                "value": job.id,
                "description": " · ".join(filter(None, (job.model_name, job.size)))[:100],
            }
            for job in jobs
        ]
        menu = {"custom_id": f"{PREFIX}show", "placeholder": word("show", locale)}
        rows.append(_row({"type": _SELECT, **menu, "options": options}))
    if page or more:
        back = _turn("◀", max(0, page - 1), "back", enabled=page > 0)
        rows.append(_row(back, _turn("▶", page + 1, "on", enabled=more)))
    return rows


def _turn(sign: str, page: int, way: str, *, enabled: bool) -> dict[str, Any]:
    custom_id = f"{PREFIX}history:{page}:{way}"
    look = {"type": _BUTTON, "style": _SECONDARY, "label": sign}
    return {**look, "custom_id": custom_id, "disabled": not enabled}


def _row(*components: dict[str, Any]) -> Row:
    return {"type": _ROW, "components": list(components)}
