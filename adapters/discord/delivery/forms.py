"""In which form something is shown next, after it was refused on a way that is open.

A message goes as it is; with smaller files if they are too large; then without files, in words;
then with its files and nothing but the bot's own words, as what was quoted may be the reason; then
those words alone. Where that is refused too, it is the way that is closed, and the next way begins
with the whole message again.
"""

from enum import StrEnum


class Form(StrEnum):
    """How much of a message is sent."""

    WHOLE = "whole"
    SMALLER = "smaller"
    """The whole message, its files made smaller."""
    WORDS = "words"
    """The message without its files."""
    BARE = "bare"
    """Its files, and only words of the bot's own: nothing quoted, no link, no buttons."""
    PLAIN = "plain"
    """Only words of the bot's own."""


_WITH_FILES = (Form.WHOLE, Form.WORDS, Form.BARE, Form.PLAIN)
_WITHOUT_FILES = (Form.WHOLE, Form.PLAIN)


def following(form: Form, *, too_large: bool, files: bool) -> Form | None:
    """The form to try on the same way after ``form`` was refused; ``None`` after the last one.

    ``too_large`` says that the bytes of its files were the reason, ``files`` whether it has any:
    they are left out when they cannot be made small enough.
    """
    if too_large and form is Form.WHOLE and files:
        return Form.SMALLER
    forms = _WITH_FILES if files else _WITHOUT_FILES
    if not files and form in (Form.SMALLER, Form.WORDS):
        return Form.PLAIN
    place = forms.index(Form.WHOLE if form is Form.SMALLER else form) + 1
    return forms[place] if place < len(forms) else None
