"""What the API shows of the bot's own types, as JSON."""

from collections.abc import Mapping, Sequence

from bot.domain.actions import PRESSED
from bot.domain.catalog import Model
from bot.domain.jobs import Job
from bot.domain.requests import JSON, Viewer
from bot.ports import Bot
from messages import Cost, Message, Notice, Picture, Problem, render, render_notice
from messages import advice as advice_of
from messages import label as label_of
from messages import reason as reason_of
from messages.rendering import render_note

View = dict[str, JSON]


async def job(bot: Bot, found: Job, viewer: Viewer, locale: str) -> View:
    """A job as it stands now. Times are seconds since the epoch, durations are seconds."""
    message = await bot.message(found, viewer)
    assert message is not None  # it was given to this viewer
    return {
        "job_id": found.id,
        "status": message.status.value,
        "step": int(message.step),
        "percent": message.percent,
        "elapsed": round(message.elapsed, 1),
        "message": render(message, locale),
        "model": found.model,
        "cost": _cost(message.cost),
        "pictures": [picture(item) for item in message.pictures],
        "failure": _failure(message.problem, locale),
        "model_name": message.model,
        "text": found.text,
        "prompt": found.prompt,
        "size": found.size,
        "aspect_ratio": found.aspect_ratio,
        "count": found.count,
        "created_at": found.created_at,
        "expected": list(found.seconds),
        "seconds": message.seconds,
        "position": message.position,
        "notes": [render_note(note, locale) for note in message.notes],
        "buttons": _buttons(message, locale),
        "references": _references(found),
    }


def picture(found: Picture) -> View:
    """A picture, with the addresses to look at it and to keep it."""
    return {
        "image_id": found.image_id,
        "mime": found.mime,
        "width": found.width,
        "height": found.height,
        "size": found.size,
        "image_url": f"/media/{found.image_id}",
        "download_url": f"/download/{found.image_id}",
    }


def model(found: Model) -> View:
    """A model and what can be chosen for it."""
    return {
        "id": found.id,
        "name": found.name,
        "sizes": list(found.sizes),
        "aspect_ratios": list(found.aspect_ratios),
        "max_references": found.max_references,
        "seconds": list(found.seconds),
        "aliases": list(found.aliases),
    }


def notice(found: Notice, locale: str) -> View:
    """An answer that is no picture."""
    return {"key": found.key, "text": render_notice(found, locale)}


def changed(before: Mapping[str, JSON] | None, now: Mapping[str, JSON]) -> bool:
    """Whether there is anything to tell; that time has passed alone is not."""
    if before is None:
        return True
    return any(before[name] != value for name, value in now.items() if name != "elapsed")


def _cost(cost: Cost | None) -> JSON:
    return {"amount": cost.amount, "unit": cost.unit} if cost else None


def _failure(problem: Problem | None, locale: str) -> JSON:
    if problem is None:
        return None
    return {
        "reason": problem.reason,
        "text": reason_of(problem, locale),
        "advice": advice_of(problem, locale),
        "retry_after": problem.retry_after,
        "retryable": problem.retryable,
    }


def _buttons(message: Message, locale: str) -> JSON:
    return [
        {"action": button.value, "label": label_of(button, locale)}
        for button in message.buttons
        if not PRESSED[button].spec.chat_only
    ]


def _references(found: Job) -> JSON:
    """The pictures it works from; those that are still only linked have no address of ours yet."""
    ids: Sequence[str] = found.references or [
        item.image_id for item in found.attachments if item.image_id
    ]
    return [{"image_id": image_id, "image_url": f"/media/{image_id}"} for image_id in ids]
