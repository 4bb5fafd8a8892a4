"""The buttons under a message, and what is written on them."""

from enum import StrEnum

from messages.texts.shared import N_


class Button(StrEnum):
    """What a person can ask for under a message, in the order in which the buttons stand.

    The value is the button's name on the wire, ``label`` what is written on it, in English.
    """

    _value_: str
    label: str

    def __new__(cls, name: str, label: str = "") -> "Button":
        button = str.__new__(cls, name)
        button._value_ = name
        button.label = label
        return button

    AGAIN = "again", N_("Again")
    RETRY = "retry", N_("Retry")
    EDIT = "edit", N_("Edit")
    PRO = "pro", N_("Pro version")
    LARGER = "larger", N_("Larger")
    SMALLER = "smaller", N_("Smaller size")
    VARY = "vary", N_("Variations")
    DETAILS = "details", N_("Details")
    SETTINGS = "settings", N_("Settings")
    DELETE = "delete", N_("Delete")
    CANCEL = "cancel", N_("Cancel")
    NOTIFY = "notify", N_("Call me when done")
