"""What runs for a person, to stop one of it or all."""

from collections.abc import Sequence

from adapters.discord.address import PLATFORM, message_link
from adapters.discord.context import Context, Interaction
from adapters.discord.custom_id import PANEL
from adapters.discord.delivery import components
from adapters.discord.delivery.components import BUTTON, LONGEST_CHOICE, Row
from adapters.discord.escaping import escape, shorten
from adapters.discord.interactions.responses import (
    answer,
    defer,
    defer_update,
    language,
    say,
    text_of,
)
from adapters.discord.texts import word
from bot.domain import Action, Failure, Job, Reason, Viewer
from messages import Notice

_SHOWN = 80
"""Characters of a prompt that a line quotes."""

_DANGER = 4


async def cancel(context: Context, interaction: Interaction) -> None:
    """Stop what runs; of several, the person chooses."""
    running = await context.bot.unfinished(_viewer(interaction))
    if len(running) < 2:
        target = running[0].id if running else None
        await answer(context, interaction, Action.CANCEL, target=target)
        return
    await defer(interaction, private=True)
    await _show(context, interaction, running)


async def cancel_chosen(context: Context, interaction: Interaction, job_id: str) -> None:
    """Stop one of what runs, or all where ``job_id`` is ``all``, and show what is left."""
    await defer_update(interaction)
    viewer = _viewer(interaction)
    chosen = [job.id for job in await context.bot.unfinished(viewer) if job_id in (job.id, "all")]
    stopped = [each for each in chosen if await context.bot.cancel(each, viewer)]
    left = await context.bot.unfinished(viewer)
    if left:
        await _show(context, interaction, left)
        return
    done = Notice("cancelled") if stopped else Failure(Reason.NOTHING_TO_CANCEL)
    await say(interaction, text_of(done, await language(context, interaction)))


def _viewer(interaction: Interaction) -> Viewer:
    return Viewer(PLATFORM, str(interaction.user.id), private=True)


async def _show(context: Context, interaction: Interaction, running: Sequence[Job]) -> None:
    locale = await language(context, interaction)
    lines = [word("running", locale), *(_line(job) for job in running)]
    await say(interaction, "\n".join(lines), _rows(running, locale))


def _line(job: Job) -> str:
    link = message_link(job)
    said = f"• <t:{int(job.created_at)}:R> {escape(shorten(job.text or job.prompt, _SHOWN))}"
    return f"{said} [↗](<{link}>)" if link else said


def _rows(running: Sequence[Job], locale: str) -> list[Row]:
    options = [
        {
            "label": shorten(job.text or job.prompt, LONGEST_CHOICE) or job.model_name,
            "value": job.id,
        }
        for job in running
    ]
    everything = {
        "type": BUTTON,
        "style": _DANGER,
        "label": word("cancel_all", locale, count=len(running)),
        "custom_id": f"{PANEL}cancel:all",
    }
    menu = components.menu(f"{PANEL}cancel", word("cancel_one", locale), options)
    return [*menu, components.row(everything)]
