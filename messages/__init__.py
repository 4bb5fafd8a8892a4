"""What people read: the facts of a message, and the words for them in each language."""

from messages.locales import LOCALES, negotiate
from messages.message import (
    Button,
    Cost,
    Message,
    Note,
    Notice,
    Picture,
    Problem,
    Status,
    Step,
)
from messages.rendering import advice, label, reason, render, render_note, render_notice

__all__ = [
    "LOCALES",
    "Button",
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
    "negotiate",
    "reason",
    "render",
    "render_note",
    "render_notice",
]
