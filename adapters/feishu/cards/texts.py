"""What only cards say, in each of :data:`messages.LOCALES`; all else is in :mod:`messages`."""

from collections.abc import Mapping

from messages import LOCALES

_WORDS: Mapping[str, tuple[str, str]] = {
    # Under a picture.
    "instruction": (
        "What should change? For example: make it warmer",
        "想怎么改？例如：色调暖一点",
    ),
    "picture": ("Picture {number}", "第 {number} 张"),
    "model": ("Another model", "换个模型"),
    "ratio": ("Another aspect ratio", "换个比例"),
    "alt": ("A picture made for: {prompt}", "根据描述生成的图片：{prompt}"),
    "feishu": ("Feishu", "飞书"),
    "lark": ("Lark", "Lark 平台"),
    "replaced": ("Continued in a newer message.", "请看新的消息。"),
    "hint": (
        "Or reply (in groups, mention me): {words}",
        "也可以直接回复（群里请 @我）：{words}",
    ),
    "hint_done": (
        "Or reply (in groups, mention me): {words}, or what to change",
        "也可以直接回复（群里请 @我）：{words}，或说要怎么改",
    ),
    "delete_title": ("Delete it?", "确定删除？"),
    "delete_text": (
        "The card and its pictures are removed for everybody. An original that followed as a file "
        "stays in the chat where recalling is no longer possible (often after 24 hours).",
        "卡片和图片会对所有人移除。超过可撤回时间（通常 24 小时）后，"
        "随后发送的大图文件会留在会话中。",
    ),
    "follows": ("It comes below.", "内容将在下方发送。"),
    "deleted": ("Deleted", "已删除"),
    "not_deleted": (
        "I am no longer allowed to take away every message of this picture: an administrator of "
        "the chat can.",
        "这张图的部分消息已超过可撤回时间，我无法撤回，请联系群管理员。",
    ),
    # The settings card.
    "settings": ("Settings", "设置"),
    "set_model": ("Model", "模型"),
    "set_size": ("Size", "尺寸"),
    "set_aspect_ratio": ("Aspect ratio", "比例"),
    "set_language": ("Language", "语言"),
    "set_notify": ("Call me when a picture is done", "完成后通知我"),
    "auto": ("Automatic", "自动"),
    "on": ("Yes", "是"),
    "off": ("No", "否"),
    "reset": ("Use the defaults", "恢复默认"),
    "hint_settings": (
        "You can also say: always use pro · use the default",
        "也可以直接说：以后都用 Pro / 恢复默认",
    ),
    # The history card.
    "history": ("Your pictures", "我的图片"),
    "show": ("Show", "查看"),
    "older": ("Older", "更早"),
    "newest": ("Newest", "最新"),
    # Other cards.
    "models": ("Models", "模型"),
    "help": ("Help", "帮助"),
    "details": ("Details", "详情"),
    "forget": ("Delete everything", "全部删除"),
    "forget_title": ("Delete everything about you?", "删除你的全部数据？"),
    "forget_text": ("This cannot be undone.", "此操作无法撤销。"),
    "hint_forget": ("Or reply: /forget-me yes", "也可以回复：/forget-me yes"),
}


def say(key: str, locale: str, **facts: object) -> str:
    """A text in one of :data:`messages.LOCALES`, its placeholders filled."""
    text = _WORDS[key][LOCALES.index(locale)]
    return text.format(**facts) if facts else text
