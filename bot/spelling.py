"""One spelling for matching: width, case, spaces and traditional characters are folded.

Matching happens on the folded text only, which keeps the way back; the person's own
characters are what is kept or cut.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_SIMPLIFIED = str.maketrans(
    "橫豎圖畫張質長寬個兩來幫請給歷設預選擇換誰詞後從現開們這說經濟錢點紙標誌頭條號紀錄記顯機貓"
    "麼樣查強級專業萬億變轉為寫實風車園門問題試別種類間關於過還進隨時間總結數據與讓對幾邊輸產單縱構隻電視貴價頂優鐘",
    "横竖图画张质长宽个两来帮请给历设预选择换谁词后从现开们这说经济钱点纸标志头条号纪录记显机猫"
    "么样查强级专业万亿变转为写实风车园门问题试别种类间关于过还进随时间总结数据与让对几边输产单纵构只电视贵价顶优钟",
)
_PLAIN = str.maketrans({"’": "'", "‘": "'", "–": "-", "‐": "-", "‑": "-", "−": "-", "∶": ":"})
_LONGEST_FOLD = 4  # a few code points unfold to 18 letters; those are nobody's directive

# Text the picture should show, or an address: never a directive, whatever it says.
_PROTECTED = re.compile(
    r'"[^"\n]{1,300}"|“[^”\n]{1,300}”|「[^」\n]{1,300}」|『[^』\n]{1,300}』|《[^》\n]{1,300}》'
    r"|`[^`\n]{1,300}`|(?<![a-z0-9])'[^'\n]{1,200}'(?![a-z0-9])"
    r"|https?://[^\s<>]{1,500}"
    r"|(?<![a-z])(?:says|saying|said|(?:that|which) reads?|labell?ed|titled|entitled|captioned"
    r"|with the (?:texts?|words?|captions?|titles?|labels?)|spelling(?: out)?) [^,.;!?。\n]{1,80}"
    r"|(?:写着|写有|写上|标着|印着|印有|刻着|题为|显示着?(?![器屏卡])|文字[是为]|标题[是为]|内容是文字)"
    r"[^,.;!?。、\n ]{1,40}"
)
PROTECTED = "\ue000"


@dataclass(frozen=True, slots=True)
class Folded:
    """A text folded for matching; `origin[i]` is where folded character i came from."""

    text: str
    origin: tuple[int, ...]  # one longer than `text`: the last entry is the original's length


@lru_cache(maxsize=4096)
def _fold_character(character: str) -> str:
    if unicodedata.category(character) == "Cf" or "\ufe00" <= character <= "\ufe0f":
        return ""
    if character == "\n":
        return "\n"
    if character.isspace():
        return " "
    folded = unicodedata.normalize("NFKC", character).lower()
    if len(folded) > _LONGEST_FOLD:
        return character
    return folded.translate(_SIMPLIFIED).translate(_PLAIN)


def fold(text: str) -> Folded:
    """Fold `text`: NFKC, lower case, simplified characters, single spaces, no invisible ones."""
    characters: list[str] = []
    origin: list[int] = []
    for index, character in enumerate(text):
        for folded in _fold_character(character):
            if folded == " " and characters and characters[-1] == " ":
                continue
            characters.append(folded)
            origin.append(index)
    return Folded("".join(characters), (*origin, len(text)))


def protect(folded: str) -> str:
    """Hide quoted text and addresses behind placeholders of the same length."""
    return _PROTECTED.sub(lambda match: PROTECTED * len(match[0]), folded)
