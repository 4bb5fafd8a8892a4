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
    "history": "Look through the pictures you asked for",
    "show": "Show one of your pictures again, with its buttons",
    "cancel": "Stop your request that is running here",
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
    "id": "Which one: choose from your pictures, or give its number",
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
    "automatic": "Automatic",
    "model": "Model: {value}",
    "size": "Size: {value}",
    "ratio": "Aspect ratio: {value}",
    "language": "Language: {value}",
    "notify_on": "Calls me when done: on",
    "notify_off": "Calls me when done: off",
    "spoiler_on": "Covers pictures: on",
    "spoiler_off": "Covers pictures: off",
    "show": "Show one of them",
    "forget": "Delete everything",
    "role": (
        "Discord shows me nothing of what you write to the role with my name.\n"
        "Mention me with the APP badge, not the role, or use /imagine."
    ),
    "commands": "Commands of this bot in Discord:",
    "menus": "On a message, under Apps: {names}",
    "hidden": (
        "Discord does not let me see the message you replied to.\n"
        "Press and hold it (or right-click), choose Apps, then “Edit picture”."
    ),
}
