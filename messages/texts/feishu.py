"""What only Feishu's cards say."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    # Help and greetings.
    "help_group": (
        "Draw: mention me with what you want to see, “a lighthouse at dusk, 16:9”\n"
        "Change: reply to a picture and mention me, “make it warmer”\n"
        "Several: “three pictures of …” · Better: “use Pro”, “4K”\n"
        "Also: settings · history · models · cancel"
    ),
    "help_alone": (
        "Draw: just write what you want to see, “a lighthouse at dusk, 16:9”\n"
        "Change: reply to a picture, or send one and say what to change, “make it warmer”\n"
        "Several: “three pictures of …” · Better: “use Pro”, “4K”\n"
        "Also: settings · history · models · cancel"
    ),
    "greeting_group": (
        "Hi, I make and change pictures: mention me and say what you want to see, or reply to a "
        "picture, mention me and say what to change. Questions? Ask whoever added me."
    ),
    "greeting_alone": (
        "Hi, I make and change pictures: just write what you want to see, or send a picture and "
        "say what to change. Questions? Ask your administrator."
    ),
    "hello": "Hello",
    "try": "Try one",
    "example": "a lighthouse at dusk",
    # Under a picture.
    "instruction": "What should change? e.g. warmer",
    "model": "Another model",
    "ratio": "Extend to another ratio",
    "choose": "Choose one to go on: edit, upscale, variations",
    "picture_of": "Picture {number} of {count}",
    "words": "What the picture should show",
    "words_model": "Model",
    "words_ratio": "Ratio",
    "words_size": "Size",
    "words_count": "How many pictures",
    "count": "Pictures: {number}",
    "make": "Make it",
    "replaced": "Continued in a newer message.",
    "hint": "Or reply: {words}",
    "hint_done": "Or reply: {words}, or what to change",
    "hint_group": "Or reply and mention me: {words}",
    "hint_done_group": "Or reply and mention me: {words}, or what to change",
    "delete_title": "Delete it?",
    "delete_text": (
        "The card and its pictures are removed for everybody. An original that was sent as a "
        "file stays in the chat once it can no longer be recalled (often after 24 hours)."
    ),
    "asked_again": "Asked again below",
    "follows": "It will appear below.",
    "sent_alone": "I have sent it to you alone.",
    "comes_alone": "I'll answer you alone, in our direct messages.",
    "deleted": "Deleted",
    "not_deleted": (
        "I can no longer recall every message of this picture; an administrator of the chat can."
    ),
    # The settings card.
    "settings": "Settings",
    "set_model": "Draw with",
    "set_size": "Draw in this size",
    "set_aspect_ratio": "Draw in this ratio",
    "set_language": "Answer me in",
    "set_notify": "Ping me when a picture is ready",
    "auto": "Automatic",
    "notify_auto": "After a long wait",
    "notify_on": "Always",
    "notify_off": "Never",
    "set_private": "Show what I ask for in a group",
    "private_off": "In the group",
    "private_on": "To me alone",
    "reset": "Back to the defaults",
    "undo": "Undo: back to my choices",
    "hint_settings": "You can also say: always use pro · use the default",
    # The history card.
    "history": "My pictures",
    "show": "Show",
    "older": "Next page",
    "newest": "First page",
    # Other cards.
    "give_picture": (
        "Reply to the picture with what to change, or just send it here. I'll keep your "
        "words for 10 minutes."
    ),
    "help": "Help",
    "forget": "Delete everything",
    "forget_title": "Delete everything about you?",
    "forget_text": "This cannot be undone.",
    "hint_forget": "Or reply: /forget-me yes",
}
