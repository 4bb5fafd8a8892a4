"""What the API shows of the bot's own types, as JSON."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.domain import JSON, PRESSED, Job, Model, Viewer
from bot.ports import Bot
from messages import (
    Button,
    Cost,
    Message,
    Notice,
    Picture,
    Problem,
    Step,
    alt_text,
    answers,
    made_from,
    model_name,
    render,
    render_notice,
)
from messages import advice as advice_of
from messages import label as label_of
from messages import reason as reason_of
from messages.rendering import render_note

View = dict[str, JSON]


async def job(bot: Bot, found: Job, viewer: Viewer, locale: str) -> View:
    """A job as it stands now. Times are seconds since the epoch, durations are seconds."""
    message = await bot.message(found, viewer)
    assert message is not None  # it was given to this viewer
    made = [item.image_id for item in message.pictures]
    favourites = await bot.favourites(made, viewer) if made else ()
    return {
        "job_id": found.id,
        "status": message.status.value,
        "step": int(message.step),
        "percent": message.percent,
        "elapsed": round(message.elapsed, 1),
        "message": render(message, locale),
        "headline": _headline(message, locale),
        "model": found.model,
        "cost": _cost(message.cost),
        "pictures": [
            {
                **picture(item),
                "alt": alt_text(message, locale, number),
                "favourite": item.image_id in favourites,
            }
            for number, item in enumerate(message.pictures, 1)
        ],
        "failure": _failure(message.problem, locale),
        "model_name": message.model,
        "made_by": model_name(message, locale),
        "demo": message.demo,
        "text": found.text,
        "prompt": found.prompt,
        "words": _words(found),
        "made_from": _made_from(message, locale),
        "size": found.size,
        "aspect_ratio": found.aspect_ratio,
        "count": found.count,
        "created_at": found.created_at,
        "expected": list(found.seconds),
        "seconds": message.seconds,
        "position": message.position,
        "follows": message.follows,
        "notes": [render_note(note, locale) for note in message.notes],
        "buttons": _buttons(message.buttons, message, locale),
        "more": _buttons(message.more, message, locale),
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
        "costs": {size: _cost(cost) for size, cost in found.costs},
    }


def notice(found: Notice, locale: str) -> View:
    """An answer that is no picture; of a question, its id and its answers too."""
    shown: View = {"key": found.key, "text": render_notice(found, locale), "shows": found.shows}
    if found.question is not None:
        shown["question"] = found.question
        labels = enumerate(answers(found, locale), start=1)
        shown["answers"] = [{"number": number, "label": label} for number, label in labels]
        shown["pictures"] = [picture(one) for one in found.pictures]
    return shown


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


def _headline(message: Message, locale: str) -> str:
    """How a request stands, in the words of the chats but for their sign, and for the progress,
    which the page shows in its own way."""
    if message.step is Step.PROGRESS:
        message = replace(message, step=Step.START)
    lines = render(message, locale).split("\n")
    return re.sub(r"^\W+", "", lines[-1 if message.position else 0])


def _words(found: Job) -> str:
    """What the form says that changes a request: without the choices, which it shows beside them;
    and not what a button has told the model about the picture."""
    by = found.parent.by.spec if found.parent else None
    return found.text if by and by.repeats and by.one_picture else found.prompt


def _made_from(message: Message, locale: str) -> JSON:
    source = message.made_from
    if source is None:
        return None
    return {"job_id": source.job_id, "number": source.number, "text": made_from(message, locale)}


def _buttons(buttons: Sequence[Button], message: Message, locale: str) -> JSON:
    """What is asked for: with ``one_picture`` it is about one of several, with ``repeats`` it makes
    a job, of ``count`` pictures if that is known."""
    return [
        {
            "action": button.value,
            "label": label_of(button, locale, offer := message.offers.get(button)),
            "one_picture": PRESSED[button].spec.one_picture,
            "repeats": PRESSED[button].spec.repeats,
            "count": offer.count if offer else None,
        }
        for button in buttons
        if not PRESSED[button].spec.chat_only
    ]


def _references(found: Job) -> JSON:
    """The pictures it works from; those that are still only linked have no address of ours yet."""
    ids: Sequence[str] = found.references or [
        item.image_id for item in found.attachments if item.image_id
    ]
    return [{"image_id": image_id, "image_url": f"/media/{image_id}"} for image_id in ids]
