"""What people read: the facts of a message, and the words for them in each language."""

from messages.buttons import Button
from messages.locales import LOCALES, language_names, negotiate, spoken
from messages.message import (
    Choice,
    Cost,
    Message,
    Note,
    Notice,
    Picture,
    Problem,
    Status,
    Step,
)
from messages.rendering import (
    advice,
    label,
    reason,
    refusal,
    render,
    render_note,
    render_notice,
    render_problem,
    summary,
)
from messages.surfaces import text, texts_of, translate

__all__ = [
    "LOCALES",
    "Button",
    "Choice",
    "Cost",
    "Message",
    "Note",
    "Notice",
    "Picture",
    "Problem",
    "Status",
    "Step",
    "advice",
    "label",
    "language_names",
    "negotiate",
    "reason",
    "refusal",
    "render",
    "render_note",
    "render_notice",
    "render_problem",
    "spoken",
    "summary",
    "text",
    "texts_of",
    "translate",
]
