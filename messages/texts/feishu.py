"""What only Feishu's cards say."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    # Under a picture.
    "instruction": "What should change? For example: make it warmer",
    "picture": "Picture {number}",
    "model": "Another model",
    "ratio": "Another aspect ratio",
    "alt": "A picture made for: {prompt}",
    "feishu": "Feishu",
    "lark": "Lark",
    "replaced": "Continued in a newer message.",
    "hint": "Or reply (in groups, mention me): {words}",
    "hint_done": "Or reply (in groups, mention me): {words}, or what to change",
    "delete_title": "Delete it?",
    "delete_text": (
        "The card and its pictures are removed for everybody. An original that followed as a file "
        "stays in the chat where recalling is no longer possible (often after 24 hours)."
    ),
    "follows": "It comes below.",
    "deleted": "Deleted",
    "not_deleted": (
        "I am no longer allowed to take away every message of this picture: an administrator of "
        "the chat can."
    ),
    # The settings card.
    "settings": "Settings",
    "set_model": "Model",
    "set_size": "Size",
    "set_aspect_ratio": "Aspect ratio",
    "set_language": "Language",
    "set_notify": "Call me when a picture is done",
    "auto": "Automatic",
    "on": "Yes",
    "off": "No",
    "reset": "Use the defaults",
    "hint_settings": "You can also say: always use pro · use the default",
    # The history card.
    "history": "Your pictures",
    "show": "Show",
    "older": "Older",
    "newest": "Newest",
    # Other cards.
    "models": "Models",
    "help": "Help",
    "details": "Details",
    "forget": "Delete everything",
    "forget_title": "Delete everything about you?",
    "forget_text": "This cannot be undone.",
    "hint_forget": "Or reply: /forget-me yes",
}
