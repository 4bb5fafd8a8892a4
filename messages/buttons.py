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

    EDIT = "edit", N_("Edit")
    VARY = "vary", N_("Variations")
    LARGER = "larger", N_("Upscale")
    AGAIN = "again", N_("Again")
    RESEND = "resend", N_("Send again")
    RETRY = "retry", N_("Retry")
    SMALLER = "smaller", N_("Try smaller")
    PRO = "pro", N_("Redo with Pro")
    CHANGE_INSTEAD = "change_instead", N_("Change the last picture instead")
    NEW_INSTEAD = "new_instead", N_("Make a new picture instead")
    ANSWER = "answer", N_("Answer")
    WORDS = "words", N_("Change the words")
    BEFORE = "before", N_("Before")
    ORIGINAL = "original", N_("Original file")
    DETAILS = "details", N_("Details")
    SETTINGS = "settings", N_("Settings")
    DELETE = "delete", N_("Delete")
    CANCEL = "cancel", N_("Cancel")
    NOTIFY = "notify", N_("Notify me when it's done")
