"""What commands and options are called in Discord's own menus, in English and in Chinese.

https://discord.com/developers/docs/interactions/application-commands#localization: a client in
another language shows the English names. An interaction always carries the English name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Named:
    """A name and a description: the name is at most 32 characters, the description 100."""

    name: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class LocalizedName:
    """What something is called in English, in simplified and in traditional Chinese."""

    english: Named
    simplified: Named
    traditional: Named

    def called(self, locale: str) -> Named:
        """What people read in one of :data:`messages.LOCALES`."""
        return self.simplified if locale.startswith("zh") else self.english

    def payload(self) -> dict[str, Any]:
        """The names and descriptions as Discord takes them."""
        chinese = {"zh-CN": self.simplified, "zh-TW": self.traditional}
        made: dict[str, Any] = {
            "name": self.english.name,
            "name_localizations": {tag: named.name for tag, named in chinese.items()},
        }
        if self.english.description:
            made["description"] = self.english.description
            made["description_localizations"] = {
                tag: named.description for tag, named in chinese.items()
            }
        return made


def _entry(*words: str) -> LocalizedName:
    """English, simplified and traditional Chinese: name and description, or the name only."""
    step = len(words) // 3
    english, simplified, traditional = (
        Named(*words[at : at + step]) for at in range(0, 3 * step, step)
    )
    return LocalizedName(english, simplified, traditional)


COMMANDS: Mapping[str, LocalizedName] = {
    "imagine": _entry(
        *("imagine", "Make a picture from words"),
        *("画图", "用文字生成图片"),
        *("畫圖", "用文字產生圖片"),
    ),
    "edit": _entry(
        *("edit", "Change a picture: the one you attach, or your most recent one"),
        *("修改", "修改图片：你附上的图片，或你最近的一张"),
        *("修改", "修改圖片：你附上的圖片，或你最近的一張"),
    ),
    "again": _entry(
        *("again", "Make your most recent picture here once more"),
        *("再来一张", "把你在这里的最近一张图片再画一次"),
        *("再來一張", "把你在這裡的最近一張圖片再畫一次"),
    ),
    "settings": _entry(
        *("settings", "Choose your usual model, size, ratio and language"),
        *("设置", "选择你常用的模型、尺寸、比例和语言"),
        *("設定", "選擇你常用的模型、尺寸、比例和語言"),
    ),
    "models": _entry(
        *("models", "Which models there are, and what they can do"),
        *("模型", "有哪些模型，各能做什么"),
        *("模型", "有哪些模型，各能做什麼"),
    ),
    "history": _entry(
        *("history", "Look through the pictures you asked for"),
        *("历史", "浏览你要过的图片"),
        *("歷史", "瀏覽你要過的圖片"),
    ),
    "show": _entry(
        *("show", "Show one of your pictures again, with its buttons"),
        *("显示", "再次显示你的一张图片和它的按钮"),
        *("顯示", "再次顯示你的一張圖片和它的按鈕"),
    ),
    "cancel": _entry(
        *("cancel", "Stop your request that is running here"),
        *("取消", "停止你在这里正在进行的请求"),
        *("取消", "停止你在這裡正在進行的請求"),
    ),
    "help": _entry(
        *("help", "What this bot can do"),
        *("帮助", "这个机器人能做什么"),
        *("說明", "這個機器人能做什麼"),
    ),
    "forget-me": _entry(
        *("forget-me", "Delete everything that is stored about you"),
        *("忘记我", "删除关于你的所有记录"),
        *("忘記我", "刪除關於你的所有記錄"),
    ),
}

MENUS: Mapping[str, LocalizedName] = {
    "Edit picture": _entry("Edit picture", "修改图片", "修改圖片"),
    "Use as reference": _entry("Use as reference", "用作参考图", "用作參考圖"),
    "Picture details": _entry("Picture details", "图片详情", "圖片詳情"),
}

OPTIONS: Mapping[str, LocalizedName] = {
    "prompt": _entry(
        *("prompt", "What the picture should show"),
        *("描述", "图片应该画什么"),
        *("描述", "圖片應該畫什麼"),
    ),
    "instruction": _entry(
        *("instruction", "What should change"),
        *("修改内容", "要改什么"),
        *("修改內容", "要改什麼"),
    ),
    "model": _entry(
        *("model", "Which model makes it"),
        *("模型", "用哪个模型"),
        *("模型", "用哪個模型"),
    ),
    "size": _entry(
        *("size", "How large: roughly the longer side in pixels"),
        *("尺寸", "多大：较长一边大约的像素数"),
        *("尺寸", "多大：較長一邊大約的像素數"),
    ),
    "ratio": _entry(
        *("ratio", "Width to height, such as 16:9"),
        *("比例", "宽高比，例如 16:9"),
        *("比例", "寬高比，例如 16:9"),
    ),
    "count": _entry(
        *("count", "How many pictures"),
        *("数量", "几张图片"),
        *("數量", "幾張圖片"),
    ),
    "image": _entry(
        *("image", "A picture to work from"),
        *("图片", "参考图片"),
        *("圖片", "參考圖片"),
    ),
    "image2": _entry(
        *("image2", "A second picture to work from"),
        *("图片2", "第二张参考图片"),
        *("圖片2", "第二張參考圖片"),
    ),
    "image3": _entry(
        *("image3", "A third picture to work from"),
        *("图片3", "第三张参考图片"),
        *("圖片3", "第三張參考圖片"),
    ),
    "image4": _entry(
        *("image4", "A fourth picture to work from"),
        *("图片4", "第四张参考图片"),
        *("圖片4", "第四張參考圖片"),
    ),
    "private": _entry(
        *("private", "Only you see the answer"),
        *("仅自己可见", "只有你能看到回答"),
        *("僅自己可見", "只有你能看到回答"),
    ),
    "spoiler": _entry(
        *("spoiler", "Cover the picture until it is clicked"),
        *("遮挡", "点击之前遮住图片"),
        *("遮擋", "點擊之前遮住圖片"),
    ),
    "id": _entry(
        *("id", "Which one: choose from your pictures, or give its number"),
        *("编号", "哪一张：从你的图片中选择，或填写编号"),
        *("編號", "哪一張：從你的圖片中選擇，或填寫編號"),
    ),
}
