"""The buttons under a question: its answers, each of which carries on with what was asked."""

from collections.abc import Mapping, Sequence
from typing import Any

import discord
import structlog

from adapters.discord import custom_id
from adapters.discord.context import Context, Interaction
from adapters.discord.delivery.components import (
    BUTTON,
    LONGEST_LABEL,
    SECONDARY,
    Row,
    in_rows,
)
from adapters.discord.delivery.questions import with_answer
from adapters.discord.escaping import shorten
from adapters.discord.interactions import more
from adapters.discord.refusals import Refusal
from adapters.discord.rest import MessageDraft
from bot.domain import Failure
from messages import Button, Notice, answers

log = structlog.get_logger(__name__)


def rows_of(answer: Notice | Failure, locale: str) -> list[Row]:
    """The rows of what is told; none where nothing is asked."""
    if isinstance(answer, Failure) or answer.question is None:
        return []
    made = [
        {
            "type": BUTTON,
            "style": SECONDARY,
            "label": shorten(label, LONGEST_LABEL),
            "custom_id": custom_id.write(Button.ANSWER, answer.question, number),
        }
        for number, label in enumerate(answers(answer, locale), start=1)
    ]
    return in_rows(made)


async def close(context: Context, interaction: Interaction, *, answered: bool = True) -> None:
    """Have a question that was answered say its answer instead of offering any: nobody is to answer
    it twice. What one person alone sees is taken away."""
    question = interaction.message
    data: Mapping[str, Any] = interaction.data or {}
    if question is not None:
        context.delivery.questions.forget(str(question.id))
    if question is None or question.flags.ephemeral:
        await more.close(context, interaction)
        return
    label = _label(question.components, str(data.get("custom_id")))
    text = with_answer(question.content, label) if answered else question.content
    draft = MessageDraft(text)
    try:
        await context.delivery.rest.edit(str(question.channel.id), str(question.id), draft)
    except Refusal as refused:
        log.info("question keeps its buttons", message=question.id, code=refused.code)


def _label(components: Sequence[discord.Component], custom_id: str) -> str:
    """What the button says that was pressed."""
    rows = (row for row in components if isinstance(row, discord.ActionRow))
    buttons = (one for row in rows for one in row.children if isinstance(one, discord.Button))
    return next((one.label or "" for one in buttons if one.custom_id == custom_id), "")
