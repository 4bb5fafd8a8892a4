"""What Discord's own menus, forms and panels say.

https://discord.com/developers/docs/interactions/application-commands#application-command-object:
a command or option is called 1 to 32 characters, in lower case, without spaces and punctuation; a
description has at most 100 characters. An entry of a menu may have capitals and spaces.
"""

from collections.abc import Mapping

COMMANDS: Mapping[str, str] = {
    "imagine": "Make a picture from words",
    "edit": "Change a picture: the one you attach, or your most recent one",
    "again": "Make your most recent picture here once more",
    "settings": "Choose your usual model, size, ratio and language",
    "models": "Which models there are, and what they can do",
    "history": "Look through your pictures",
    "show": "Show one of your pictures again, with its buttons",
    "usage": "How much you have used, and your limits",
    "cancel": "Stop what is being made for you: the one, or those you choose",
    "help": "What this bot can do",
    "forget-me": "Delete everything that is stored about you",
}
"""The slash commands: their names, and what they do."""

MENUS = ("Edit picture", "Use as reference", "Picture details")
"""What can be chosen for a message."""

OPTIONS: Mapping[str, str] = {
    "prompt": "What the picture should show",
    "instruction": "What should change",
    "model": "Which model makes it",
    "size": "How large: roughly the longer side in pixels",
    "ratio": "Width to height, such as 16:9",
    "count": "How many pictures",
    "image": "A picture to work from",
    "image2": "A second picture to work from",
    "image3": "A third picture to work from",
    "image4": "A fourth picture to work from",
    "private": "Only you see the answer",
    "spoiler": "Cover the picture until it is clicked",
    "id": "Which one: choose from your pictures, or give its ID",
}
"""The options of the commands: their names, and what they mean."""

PERMISSIONS: Mapping[str, str] = {
    "view_channel": "View Channels",
    "send_messages": "Send Messages",
    "send_messages_in_threads": "Send Messages in Threads",
    "attach_files": "Attach Files",
    "embed_links": "Embed Links",
    "read_message_history": "Read Message History",
}
"""What Discord's settings call a permission, by its name in the API.
https://discord.com/developers/docs/topics/permissions#permissions-bitwise-permission-flags"""

TEXTS: Mapping[str, str] = {
    "edit_title": "Edit picture",
    "edit_instruction": "What should change?",
    "edit_pictures": "More pictures to work from",
    "edit_which": "Which picture?",
    "picture": "Picture {number}",
    "original": "Original",
    "more": "More",
    "picture_of": "Picture {number} of {count}",
    "with_picture": "With picture…",
    "delete_one": "Delete this one",
    "other_model": "Another model…",
    "other_ratio": "Extend to another ratio…",
    "words_title": "Change the words",
    "words_words": "What the picture should show",
    "words_model": "Model",
    "words_ratio": "Ratio",
    "words_size": "Size",
    "words_count": "How many pictures",
    "running": "Being made for you:",
    "cancel_one": "Cancel one of them…",
    "cancel_all": "Cancel all {count}",
    "automatic": "Automatic",
    "model": "Model: {value}",
    "size": "Size: {value}",
    "ratio": "Ratio: {value}",
    "language": "Language: {value}",
    "notify_auto": "🔔 Ping me: after a long wait",
    "notify_on": "🔔 Ping me: always",
    "notify_off": "🔔 Ping me: off",
    "spoiler_on": "Spoiler: on",
    "spoiler_off": "Spoiler: off",
    "private_on": "🔒 Private: on",
    "private_off": "🔒 Private: off",
    "private_settings": "Only you will see your settings.",
    "private_pictures": "Only you will see your pictures.",
    "private_usage": "Only you will see your usage.",
    "reset": "Back to the defaults",
    "undo": "Undo",
    "show": "Show one of them",
    "previous_page": "Previous page",
    "next_page": "Next page",
    "forget": "Delete everything",
    "role": (
        "Discord does not show me what you write to the role with my name.\n"
        "Mention me with the APP badge, not the role, or use /imagine."
    ),
    "help_server": (
        "**I make pictures.** /imagine *a lighthouse at dusk*, or mention me with it: "
        "*a lighthouse at dusk, 16:9*.\n"
        "**Change one:** press ✏️, or reply to it and mention me: *make it warmer*.\n"
        "**Start from your own:** attach it, or hold a picture → Apps → “Edit picture”.\n"
        "/history · /settings · /models · /cancel"
    ),
    "help_direct": (
        "**I make pictures.** Just write what you want to see: *a lighthouse at dusk, 16:9*.\n"
        "**Change one:** press ✏️, or write what to change: *make it warmer*.\n"
        "**Start from your own:** send it, and say what to change.\n"
        "/history · /settings · /models · /cancel"
    ),
    "greeting": (
        "Hi, I make and change pictures: use /imagine, or mention me and say what you want to see. "
        "Questions? Ask whoever added me."
    ),
    "greeting_direct": (
        "Hi, I make and change pictures: just write what you want to see, or send a picture and "
        "say what to change. /help says more."
    ),
    "open_try": "Try a lighthouse at dusk",
    "open_settings": "Settings",
    "open_pictures": "My pictures",
    "open_usage": "My usage",
    "example": "a lighthouse at dusk",
    "answered_alone": "I'll answer you alone, in our direct messages.",
    "closed": (
        "I can't write to you: allow direct messages from the members of this server, or use a "
        "command such as /imagine. Its answer is for you alone."
    ),
    "hidden": (
        "Discord does not let me see the message you replied to.\n"
        "Press and hold it (or right-click), choose Apps, then “Edit picture”."
    ),
    "hidden_words": "If you mean a text, copy it into your message.",
    "give_picture": (
        "Send it to me, reply to it, or hold it and choose Apps, then “Edit picture”. I'll "
        "keep your words for 10 minutes."
    ),
}
