"""The few words that only Discord's forms and panels need, in each of our languages.

Placeholders are Python's. Everything else that people read comes from :mod:`messages`.
"""

from collections.abc import Mapping

_WORDS: Mapping[str, tuple[str, str]] = {
    "edit_title": ("Edit picture", "修改图片"),
    "edit_instruction": ("What should change?", "要改什么？"),
    "edit_pictures": ("More pictures to work from", "更多参考图片"),
    "edit_which": ("Which picture?", "哪一张？"),
    "picture": ("Picture {number}", "第 {number} 张"),
    "automatic": ("Automatic", "自动"),
    "model": ("Model: {value}", "模型：{value}"),
    "size": ("Size: {value}", "尺寸：{value}"),
    "ratio": ("Aspect ratio: {value}", "比例：{value}"),
    "language": ("Language: {value}", "语言：{value}"),
    "notify_on": ("Calls me when done: on", "完成时提醒我：开"),
    "notify_off": ("Calls me when done: off", "完成时提醒我：关"),
    "spoiler_on": ("Covers pictures: on", "遮住图片：开"),
    "spoiler_off": ("Covers pictures: off", "遮住图片：关"),
    "show": ("Show one of them", "显示其中一张"),
    "forget": ("Delete everything", "全部删除"),
    "role": (
        "Discord shows me nothing of what you write to the role with my name.\n"
        "Mention me with the APP badge, not the role, or use /imagine.",
        "你提及的是与我同名的身份组，Discord 不会让我看到其中的内容。\n"
        "请选择带有“APP”标记的我（不是身份组），或使用 /画图。",
    ),
    "commands": ("Commands of this bot in Discord:", "在 Discord 中可以使用的命令："),
    "menus": ("On a message, under Apps: {names}", "长按或右键点击消息，在“应用”中：{names}"),
    "hidden": (
        "Discord does not let me see the message you replied to.\n"
        "Press and hold it (or right-click), choose Apps, then “Edit picture”.",
        "Discord 不允许我查看你回复的那条消息。\n"
        "请长按（或右键点击）它，选择“应用”，再选“修改图片”。",
    ),
}


def word(key: str, locale: str, **facts: object) -> str:
    """One of these words in one of :data:`messages.LOCALES`."""
    english, chinese = _WORDS[key]
    return (chinese if locale.startswith("zh") else english).format(**facts)
